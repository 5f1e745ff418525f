"""Programs that send OSC over UDP: a Muse through Mind Monitor or MuseIO, or anything as /therapy/FIELD."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Self

from sensors.blocks import Clock, Place, SensorError, StreamInfo
from sensors.push.complaints import Complaints
from sensors.push.listen_address import HOST, is_everywhere, listen_address
from sensors.push.members import MessageError
from sensors.push.messages import MOST_STREAMS, Battery
from sensors.push.osc_addresses import OWN, PATH, Fit, Heard, Rate, Rows, meaning, messages_of
from sensors.push.unstamped import Unstamped
from sensors.supervise import Link, LinkLost, Patience
from sensors.supervised import Supervised

PORT = 5000
"""Mind Monitor's."""
EXPECTED = "expected a UDP port or ADDRESS:PORT of this machine, as in 'osc', 'osc:5001' or 'osc:0.0.0.0:5000'"
LOOK_S, LOOKS = 0.02, 5
"""To wake up for each of a headband's datagrams would cost far more than to read them; a block every LOOKS looks."""
MOST_DATAGRAMS = 1000
LARGEST_DATAGRAM = 64 * 1024
UNTIL_SENT_S = 1e9
PATIENCE = Patience(connect_s=UNTIL_SENT_S)
USUAL = (
    StreamInfo("eeg", "eeg", ("TP9", "AF7", "AF8", "TP10"), 256.0),
    StreamInfo("acc", "acc", ("x", "y", "z"), 52.0),
)

BIND_ERRORS = {
    errno.EADDRINUSE: "UDP port {port} is in use by another program; give another one, as in 'osc:5001'",
    errno.EACCES: "this program may not listen on UDP port {port}; give one above 1023",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine",
}


class Ears:
    """The port, and the streams that come in at it from one sender."""

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self._host, self._port, self._clock = host, port, clock
        self._sender = ""
        self._name = ""
        self._streams: dict[str, Unstamped] = {}
        self._rates: dict[str, float] = {}
        self._fit = Fit(True, None)
        self._complaints = Complaints()

    @property
    def infos(self) -> tuple[StreamInfo, ...]:
        return tuple(stream.info for stream in list(self._streams.values()) if stream.info is not None)

    async def connection(self, link: Link) -> None:
        self._sender = self._name = ""
        with self._bound() as port:
            link.complain(f"waits for OSC at UDP port {self._port} of {self._where}")
            while True:
                for _ in range(LOOKS):
                    await asyncio.sleep(LOOK_S)
                    self._drain(port, link)
                self._hand_over(link)

    def _bound(self) -> socket.socket:
        """Raises LinkLost when the port can't be had."""
        port = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_DGRAM)
        port.setblocking(False)
        try:
            port.bind((self._host, self._port))
        except OSError as trouble:
            port.close()
            words = BIND_ERRORS.get(trouble.errno or 0, "UDP port {port} of {host} can't be listened on")
            raise LinkLost(words.format(host=self._host, port=self._port)) from trouble
        return port

    def _drain(self, port: socket.socket, link: Link) -> None:
        for _ in range(MOST_DATAGRAMS):
            try:
                datagram, (sender, *_rest) = port.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            self.hear(link, datagram, sender)

    @property
    def _where(self) -> str:
        return "this machine" if is_everywhere(self._host) else self._host

    def hear(self, link: Link, datagram: bytes, sender: str) -> None:
        """Takes a datagram in. The first sender is the one; a second one is somebody else's body."""
        try:
            if self._sender not in ("", sender):
                raise MessageError("a second sender at the same port; its values are left out")
            for address, arguments in messages_of(datagram):
                heard = meaning(address, arguments)
                if heard is not None and self._is_ours(address):
                    self._sender = self._sender or sender
                    self._take(link, heard)
        except SensorError as wrong:
            self._complaints.tell(link, str(wrong), self._clock())

    def _is_ours(self, address: str) -> bool:
        """Whether it is of the headband that came first; two may send through one phone."""
        found = PATH.fullmatch(address)
        name = found[1] if found else ""
        if name == OWN:
            return True
        self._name = self._name or name
        if self._name != name:
            raise MessageError("a second headband at the same port; its values are left out")
        return True

    def _take(self, link: Link, heard: Heard) -> None:
        if not link.is_connected:
            link.connected()
        match heard:
            case Rows():
                self._add(heard)
            case Fit():
                self._fit = Fit(heard.contact, heard.quality if heard.quality is not None else self._fit.quality)
                for stream in self._streams.values():
                    self._tell_fit(stream)
            case Battery(level):
                link.battery(level)
            case Rate(stream, rate_hz):
                self._rates[stream] = rate_hz
                if len(self._rates) > MOST_STREAMS:
                    self._rates.pop(next(iter(self._rates)))

    def _add(self, rows: Rows) -> None:
        stream = self._streams.get(rows.stream)
        if stream is None:
            if len(self._streams) >= MOST_STREAMS:
                raise MessageError(f"{rows.stream} would be stream {MOST_STREAMS + 1}; expected at most {MOST_STREAMS}")
            stream = self._streams[rows.stream] = Unstamped(rows, self._rates.get(rows.stream))
            self._tell_fit(stream)
        stream.add(rows, self._clock())

    def _tell_fit(self, stream: Unstamped) -> None:
        """The horseshoe is about electrodes."""
        if stream.like.modality == "eeg" and self._fit != Fit(True, None):
            stream.contact, stream.quality = self._fit.contact, self._fit.quality

    def _hand_over(self, link: Link) -> None:
        now_s = self._clock()
        for stream in self._streams.values():
            begins = stream.info is None
            handed = stream.hand_over(now_s)
            if handed is None:
                continue
            handed.deliver(link)
            if begins and (note := stream.note()):
                self._complaints.tell(link, note, now_s)


class Sensor(Supervised):
    """Streams what is sent, placed by counting: UDP loses without a word, so holes show by the time they leave."""

    def __init__(self, host: str, port: int, place: Place, patience: Patience = PATIENCE) -> None:
        self._ears = Ears(host, port, place.clock)
        name = "osc" if (host, port) == (HOST, PORT) else f"osc:{port}"
        super().__init__(name, self._ears.connection, USUAL, place, patience)

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """'' (127.0.0.1, port 5000), PORT, or ADDRESS:PORT."""
        return cls(*listen_address(argument, PORT, EXPECTED), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        """What comes; until then what a Muse sends."""
        return self._ears.infos or super().describe()
