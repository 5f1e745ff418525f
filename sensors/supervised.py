"""What every sensor with a device and a supervisor of its own has in common."""

from __future__ import annotations

from sensors.blocks import Place, SampleBlock, Status, StreamInfo
from sensors.loop_thread import LoopThread
from sensors.mailbox import Mailbox
from sensors.supervise import Connection, Patience, Supervisor


class Supervised:
    """Lives a connection again and again in a thread of its own; `read` takes what it left in the mailbox.

    An adapter adds `open`, and `describe` where its streams are known only once it is connected.
    """

    def __init__(
        self,
        device: str,
        connection: Connection,
        streams: tuple[StreamInfo, ...],
        place: Place,
        patience: Patience | None = None,
    ) -> None:
        self.device = device
        self._streams = streams
        self._mailbox = Mailbox()
        supervisor = Supervisor(device, place.clock, self._mailbox, patience or Patience())
        self._thread = LoopThread(device.partition(":")[0], supervisor.run(connection))

    def describe(self) -> tuple[StreamInfo, ...]:
        return self._streams

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        self._thread.check()
        return self._mailbox.take()

    def close(self) -> None:
        """Nothing comes after it."""
        self._thread.close()
        self._mailbox.take()
