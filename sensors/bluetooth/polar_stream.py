"""One raw signal of a Polar device: its frames become blocks, at the rate they come at, with the lost ones marked."""

from __future__ import annotations

from collections.abc import Mapping

from sensors.blocks import Clock, StreamInfo
from sensors.bluetooth.frame_times import FrameTimes
from sensors.bluetooth.polar_measurement import Kind, PolarFrame
from sensors.clock import DeviceClock
from sensors.supervise import Link

CHANNELS = {Kind.ECG: ("ecg",), Kind.PPG: ("ppg0", "ppg1", "ppg2", "ambient"), Kind.ACC: ("x", "y", "z")}
RATES_HZ: Mapping[Kind, tuple[float, ...]] = {
    Kind.ECG: (130,),
    Kind.PPG: (28, 44, 55, 135, 176),
    Kind.ACC: (25, 26, 50, 52, 100, 104, 200, 208, 416),
}
"""What Polar's devices measure at."""
OFF = 0.1
"""A device further off its declared rate keeps another one: a Verity Sense declares 135 Hz and sends 55 (Polar's
KnownIssues)."""
JUDGED_FRAMES = 4
"""The rate is settled from so many frames when the first two do not agree with the declared one."""


def info(kind: Kind, rate_hz: float) -> StreamInfo:
    name = kind.name.lower()
    return StreamInfo(name, name, CHANNELS[kind], rate_hz, clock="device")


class RawStream:
    """Over all links to its device. `contact` is what the heart rate service last said of the skin."""

    def __init__(self, kind: Kind, clock: Clock) -> None:
        self.kind = kind
        self.info: StreamInfo | None = None
        self.heard_s = 0.0
        self._now = clock
        self._clock = DeviceClock()
        self._times: FrameTimes | None = None
        self._waiting: list[tuple[PolarFrame, float]] = []
        self._last: PolarFrame | None = None
        self._declared_hz = 0.0
        self._factor: float | None = None

    def begin(self, declared_hz: float, factor: float | None) -> None:
        """A new link: the device has said what it is going to send."""
        if declared_hz != self._declared_hz:
            self._declared_hz, self.info, self._times = declared_hz, None, None
        self._factor, self.heard_s, self._last = factor, self._now(), None
        self._waiting.clear()
        if self._times:
            self._times.break_off()

    def take(self, frame: PolarFrame, link: Link, contact: bool | None) -> None:
        """Raises PolarFrameError for a frame whose unit is not known."""
        frame.values(self._factor)
        if self._last and frame.is_same(self._last):
            link.complain(f"a frame of {self.kind.name} came twice and counts once")
            return
        arrived_s = self._now()
        self.heard_s, self._last = arrived_s, frame
        self._waiting.append((frame, arrived_s))
        if self._times is None and (rate_hz := self._rate_hz()):
            self.info, self._times = info(self.kind, rate_hz), FrameTimes(rate_hz)
        if self._times and self.info:
            for frame, arrived_s in self._waiting:
                self._deliver(frame, arrived_s, self._times, self.info, link, contact)
            self._waiting.clear()
        link.alive()

    def _rate_hz(self) -> float | None:
        """What the stamps say, as soon as they say it; None until then."""
        stamps_s = [frame.stamp_ns / 1e9 for frame, _ in self._waiting]
        seen = [
            len(frame.samples) / (later - earlier)
            for earlier, later, (frame, _) in zip(stamps_s, stamps_s[1:], self._waiting[1:], strict=False)
            if later > earlier
        ]
        if any(near(rate_hz, self._declared_hz) for rate_hz in seen):
            return self._declared_hz
        if len(self._waiting) < JUDGED_FRAMES:
            return None
        kept = [rate_hz for rate_hz in RATES_HZ[self.kind] if seen and near(max(seen), rate_hz)]
        return kept[0] if kept else self._declared_hz

    def _deliver(
        self, frame: PolarFrame, arrived_s: float, times: FrameTimes, info: StreamInfo, link: Link, contact: bool | None
    ) -> None:
        counted = times.place(frame.stamp_ns / 1e9, len(frame.samples), arrived_s)
        late_s = self._clock.place(counted.last_s, arrived_s) - counted.last_s
        link.deliver(
            info,
            counted.first_s + late_s,
            frame.values(self._factor),
            missing_s=counted.missing_s,
            contact=contact,
            flags=frozenset({"doubtful_stamp"} if counted.doubtful else ()),
            device_s=counted.first_s,
            counted=True,
        )


def near(rate_hz: float, other_hz: float) -> bool:
    return abs(rate_hz / other_hz - 1) <= OFF
