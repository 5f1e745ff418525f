"""When the samples of a device's frames were taken, by its own clock: counted, and checked against the frames' stamps.

Straps stamp a frame's last sample. Stamps tell the true rate (some are 1 % off, some devices declare another one than
they keep) and the frames that were lost; and some are wrong, jumping by two frames and back (polar-ble-sdk issue 387).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

SLACK_SAMPLES, SLACK_SHARE = 1.5, 0.03
"""A frame may come this much later than its samples count, before samples are missing: jitter and a slow crystal."""
AHEAD_S = 0.25
"""No frame is this much quicker than the quickest of the last ones: its stamp is ahead of its time."""
BELIEVED = 4
"""So many wrong stamps in a row are a clock that was set."""
REMEMBERED = 64


@dataclass(frozen=True)
class Counted:
    """A frame's place on the device's clock, in seconds. `doubtful` when its stamp was not believed."""

    first_s: float
    last_s: float
    missing_s: float = 0.0
    doubtful: bool = False


class FrameTimes:
    """One stream of one device, as long as the link holds; `break_off` when it is lost."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1 / rate_hz
        self._last_s: float | None = None
        self._wrong = 0
        self._delays_s: deque[float] = deque(maxlen=REMEMBERED)

    def break_off(self) -> None:
        self._last_s, self._wrong = None, 0

    def place(self, stamp_s: float, count: int, arrived_s: float) -> Counted:
        """A frame of `count` samples; `stamp_s` is its last one's, on the device's clock, `arrived_s` on ours."""
        if self._last_s is None:
            return self._believe(stamp_s, count, arrived_s, 0.0)
        late_s = stamp_s - self._last_s - count * self._period_s
        slack_s = (SLACK_SAMPLES + SLACK_SHARE * count) * self._period_s
        if abs(late_s) <= slack_s:
            return self._follow(stamp_s, count, arrived_s)
        if late_s > 0 and arrived_s - stamp_s > min(self._delays_s) - AHEAD_S:
            return self._believe(stamp_s, count, arrived_s, late_s)
        self._wrong += 1
        if self._wrong >= BELIEVED:
            return self._believe(stamp_s, count, arrived_s, max(late_s, slack_s))
        return self._count(count)

    def _follow(self, stamp_s: float, count: int, arrived_s: float) -> Counted:
        """Nothing is missing: the samples are spread evenly since the last frame."""
        assert self._last_s is not None
        first_s = self._last_s + (stamp_s - self._last_s) / count
        self._settle(stamp_s, arrived_s)
        return Counted(first_s, stamp_s)

    def _believe(self, stamp_s: float, count: int, arrived_s: float, missing_s: float) -> Counted:
        if self._wrong >= BELIEVED:
            self._delays_s.clear()
        self._settle(stamp_s, arrived_s)
        return Counted(stamp_s - (count - 1) * self._period_s, stamp_s, missing_s)

    def _count(self, count: int) -> Counted:
        assert self._last_s is not None
        first_s = self._last_s + self._period_s
        self._last_s += count * self._period_s
        return Counted(first_s, self._last_s, doubtful=True)

    def _settle(self, stamp_s: float, arrived_s: float) -> None:
        self._last_s, self._wrong = stamp_s, 0
        self._delays_s.append(arrived_s - stamp_s)
