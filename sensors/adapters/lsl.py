"""A stream of the Lab Streaming Layer on this machine: EEG amplifiers, wearables, other programs.

`lsl:NAME`, or by what it says of itself: `lsl:type=EEG`, `lsl:name=Muse,source_id=abc`; `lsl` is the only one there
is. `unit=` and `rate=` say what a stream leaves out. LSL knows no passwords, so only this machine is searched; whoever
wants the network names a file of LSL's own settings in the environment variable LSLAPICFG.
"""

from __future__ import annotations

import asyncio
import os
import time
from types import ModuleType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import Clock, Place, SensorError, StreamInfo
from sensors.lsl.channels import Share, channels_of, shares
from sensors.lsl.life import Life, Times
from sensors.lsl.wish import Wish, choices, spec_of, words_of
from sensors.recordings.pieces import EVENTS
from sensors.supervise import Link, LinkLost, Patience
from sensors.supervised import Supervised

THIS_MACHINE = """
[multicast]
ResolveScope = machine
[lab]
KnownPeers = {127.0.0.1}
[log]
level = -3
"""
"""LSL's own settings, unless LSLAPICFG names others. It would otherwise log to stderr."""

BUFFER_S = 10
"""What is kept while nobody reads; older samples are dropped, and show as a gap."""
LOOK_S, POLL_S, ATTACH_S, ABSENT_S = 0.1, 0.05, 8.0, 5.0
ECHO_S = 3.0
"""A stream is announced for a while after its end."""
SETTLE_S = 0.7
"""A second stream of the same name answers within this."""
MOST_SAMPLES = 4096
POSSIBLE = tuple(
    StreamInfo(kind, kind, (kind,), None if kind in EVENTS else 1.0, "device")
    for kind in ("eeg", "ecg", "ppg", "eda", "acc", "temp", "resp", "rr", "hr")
)
"""What a stream may turn out to be, until it is there and says so."""


def library() -> ModuleType:
    """pylsl, kept on this machine. Raises SensorError where it or its library is missing."""
    try:
        import pylsl
    except (ImportError, RuntimeError) as missing:
        raise SensorError(f"LSL needs the package pylsl with its library (pip install pylsl): {missing}") from missing
    if "LSLAPICFG" not in os.environ:
        pylsl.set_config_content(THIS_MACHINE)  # heard once, before LSL does anything
    found: ModuleType = pylsl
    return found


def in_reach(seconds: float) -> list[tuple[str, str]]:
    """(SPEC, words) of every stream that answers within `seconds`. Raises SensorError without the library."""
    lsl = library()
    resolver = lsl.ContinuousResolver(forget_after=60.0)
    time.sleep(seconds)
    return sorted((spec_of(told), words_of(told, lsl.cf_string)) for told in resolver.results())


class Attached:
    """One life of an inlet. Every call may wait, up to ATTACH_S."""

    def __init__(self, lsl: ModuleType, told: Any) -> None:
        # without LSL's own recovery, which takes up a stream again without a word about what was lost meanwhile
        self._inlet = lsl.StreamInlet(told, max_buflen=BUFFER_S, recover=False)
        self.told = self._inlet.info(timeout=ATTACH_S)
        self._inlet.open_stream(timeout=ATTACH_S)
        self._inlet.time_correction(timeout=ATTACH_S)
        self._inlet.flush()  # it would give its oldest samples first

    def pull(self) -> tuple[NDArray[Any], Times, Times]:
        """(values (time, channel), their clock's stamps, the same on this machine's LSL clock), without waiting."""
        values, stamps_s = self._inlet.pull_chunk(timeout=0.0, max_samples=MOST_SAMPLES, as_numpy=True)
        return values, stamps_s, stamps_s + self._inlet.time_correction(timeout=ATTACH_S)


class Stream:
    """The connection to one stream; once found, it stays with that stream's source."""

    def __init__(self, lsl: ModuleType, wish: Wish, clock: Clock) -> None:
        self._lsl = lsl
        self._wish = wish
        self._clock = clock
        self._source = ""
        self._lost: dict[str, float] = {}
        self.shares: list[Share] = []

    async def connection(self, link: Link) -> None:
        try:
            await self._stream(link)
        except self._lsl.util.LostError as lost:
            raise LinkLost("the program that sent the stream has ended") from lost
        except (
            self._lsl.util.TimeoutError,
            self._lsl.util.InternalError,
            self._lsl.util.InvalidArgumentError,
        ) as trouble:
            raise LinkLost(f"the stream is announced but can't be had: {trouble}") from trouble

    async def _stream(self, link: Link) -> None:
        told = await self._found()
        attached = await asyncio.to_thread(Attached, self._lsl, told)
        rate_hz = self._wish.rate_hz or told.nominal_srate()
        self.shares, notes = shares(channels_of(attached.told, told.type(), self._wish.unit), rate_hz)
        self._source = told.source_id()
        link.connected()
        if notes:
            link.complain(f"left out: {'; '.join(notes[:3])}")
        life = Life(link, self.shares, rate_hz, self._clock, self._lsl.local_clock)
        try:
            while True:
                life.take(*attached.pull())
                await asyncio.sleep(POLL_S)
        except self._lsl.util.LostError:
            self._lost[told.uid()] = self._clock()
            raise

    async def _found(self) -> Any:
        resolver = self._lsl.ContinuousResolver(forget_after=2.0)
        begun_s = self._clock()
        while not any(map(self._is_meant, resolver.results())):
            if self._clock() - begun_s > ABSENT_S:
                raise LinkLost(f"no LSL stream with {self._wish}; {choices(resolver.results())}")
            await asyncio.sleep(LOOK_S)
        if not self._source:
            await asyncio.sleep(SETTLE_S)
        return self._chosen([told for told in resolver.results() if self._is_meant(told)])

    def _is_meant(self, told: Any) -> bool:
        again = not self._source or told.source_id() == self._source
        dead = self._clock() - self._lost.get(told.uid(), -np.inf) < ECHO_S
        return again and not dead and self._wish.fits(told)

    def _chosen(self, candidates: list[Any]) -> Any:
        """The only one; of several outlets of one source the newest, as the others are dead or dying."""
        signals = [told for told in candidates if told.channel_format() != self._lsl.cf_string]
        if not signals:
            raise LinkLost(f"the stream with {self._wish} sends markers, not a signal")
        sources = {told.source_id() or told.uid() for told in signals}
        if len(sources) > 1:
            raise LinkLost(f"{len(sources)} streams have {self._wish}; {choices(signals)}")
        return max(signals, key=lambda told: told.created_at())


PATIENCE = Patience(longest_pause_s=0.5, connect_s=30.0)
"""Looking again costs nothing on one's own machine, and a stream that is back should not be waited for."""


class Sensor(Supervised):
    """One LSL stream, as one stream of ours for each kind of signal it holds. Times are LSL's, smoothed by counting."""

    def __init__(self, stream: Stream, device: str, place: Place, patience: Patience | None = None) -> None:
        self._stream = stream
        super().__init__(device, stream.connection, POSSIBLE, place, patience or PATIENCE)

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """Answers at once and looks for the stream in the background. Raises SensorError."""
        wish = Wish.parse(argument)
        return cls(Stream(library(), wish, place.clock), f"lsl:{argument}" if argument else "lsl", place)

    def describe(self) -> tuple[StreamInfo, ...]:
        """Once it was found, what it brings; until then, what it may bring."""
        return tuple(share.info for share in self._stream.shares) or self._streams
