"""Heart from what a strap or a watch worked out itself: beat intervals, or only a pulse number."""

from __future__ import annotations

from collections import deque

import numpy as np

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.intervals import Intervals
from sensors.features.quality import Moment, ramp, stillness
from sensors.features.respiration import BREATH_S, breath_of_beats
from sensors.features.rhythm import (
    BEATS_KEPT_S,
    HR_WINDOW_S,
    HRV_WINDOW_S,
    VARIABILITY,
    Rhythm,
    pulse,
    rhythm_of,
    variability,
)
from sensors.readings import Reading

RHYTHM_GAP_S = 0.5
"""A beat interval that ends this much later than it can reach back to has lost the beat before it."""
SOURCE = {"rr": "from beat intervals", "hr": "from a pulse number"}


class BeatIntervals:
    """A strap that sends beat intervals (rr, ms)."""

    def __init__(self, info: StreamInfo) -> None:
        self._times_s: deque[float] = deque()
        self._rr_ms: deque[float] = deque()
        self._follows: deque[bool] = deque()
        self._broken = True

    def reset(self) -> None:
        self._broken = True

    def take(self, piece: Piece) -> None:
        for time_s, rr_ms in zip(piece.times_s.tolist(), piece.samples[:, 0].tolist(), strict=True):
            since = time_s - self._times_s[-1] if self._times_s else np.inf
            self._follows.append(not self._broken and since < rr_ms / 1000 + RHYTHM_GAP_S)
            self._times_s.append(time_s)
            self._rr_ms.append(rr_ms)
            self._broken = False
        while self._times_s[0] < piece.times_s[-1] - BEATS_KEPT_S:
            for kept in (self._times_s, self._rr_ms, self._follows):
                kept.popleft()

    def readings(self, moment: Moment) -> dict[str, Reading]:
        beats = Intervals.of(np.array(self._times_s), np.array(self._rr_ms), np.array(self._follows, np.bool_))
        still = stillness("rr", moment.movement_g)

        def within(window_s: float) -> tuple[Intervals, Rhythm]:
            part = beats.between(moment.now_s - window_s, moment.now_s)
            return part, rhythm_of(
                part, np.ones(len(part.rr_ms), np.bool_), lambda share: ramp(share, 0.35, 0.8) * still
            )

        breath, rhythm = within(BREATH_S)
        hr = pulse(moment, within(HR_WINDOW_S)[1], SOURCE["rr"], "")
        trouble = "" if hr.value is not None else hr.reason
        return {
            "hr_bpm": hr,
            **variability(moment, lambda window_s: within(window_s)[1], SOURCE["rr"], trouble),
            "resp_per_min": breath_of_beats(moment, rhythm, breath.times_s, None, SOURCE["rr"], trouble),
        }


class PulseNumber:
    """A watch that sends only its own pulse number (hr, bpm)."""

    def __init__(self, info: StreamInfo) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=64)

    def reset(self) -> None:
        self._seen.clear()

    def take(self, piece: Piece) -> None:
        self._seen.extend(zip(piece.times_s.tolist(), piece.samples[:, 0].tolist(), strict=True))

    def readings(self, moment: Moment) -> dict[str, Reading]:
        recent = [bpm for at_s, bpm in self._seen if at_s > moment.now_s - HR_WINDOW_S and 30 <= bpm <= 220]
        still = 0.6 * stillness("hr", moment.movement_g)
        why = moment.silence(HR_WINDOW_S, 0.1) or ("" if recent else "no plausible pulse number")
        if why:
            hr = moment.absent(why, HR_WINDOW_S)
        else:
            hr = moment.known(float(np.median(recent)), still, HR_WINDOW_S, SOURCE["hr"])
        only = moment.absent("this sensor sends a pulse number, not single beats", HRV_WINDOW_S)
        return {"hr_bpm": hr, **dict.fromkeys((*VARIABILITY, "resp_per_min"), only)}
