"""Heart: pulse over 10 s, and its variability over 30 to 60 s, from ECG, pulse wave, beat intervals or a watch."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.features.beats import PIECE_S, WAVES, Beat, BeatDetector
from sensors.features.intake import Piece
from sensors.features.intervals import plausible, regular
from sensors.features.quality import Line, Moment, likeness, ramp, stillness
from sensors.features.rhythm import HR_WINDOW_S, HRV_WINDOW_S, NO_RHYTHM, Rhythm, pulse, variability
from sensors.readings import Reading

RHYTHM_GAP_S = 0.5
"""A beat interval that ends this much later than it can reach back to has lost the beat before it."""

SOURCE = {"ecg": "from ECG", "rr": "from beat intervals", "ppg": "from the pulse wave", "hr": "from a pulse number"}


@dataclass(frozen=True)
class Belief:
    """Where quality begins and is full: likeness of the beats, wave between them over height, regularity."""

    likeness: tuple[float, float]
    rest: tuple[float, float]
    regular: tuple[float, float]
    clear: float


BELIEFS = {
    "ecg": Belief(likeness=(0.42, 0.8), rest=(0.36, 0.22), regular=(0.3, 0.6), clear=0.7),
    "ppg": Belief(likeness=(0.5, 0.8), rest=(0.62, 0.45), regular=(0.42, 0.75), clear=0.8),
}
"""Set between noise and real beats, from 40 minutes each of white, pink and brown noise: there 99.9 % of windows
have a likeness below 0.37 (ECG) and 0.67 (pulse wave), and clear, regular intervals below 0.19 and 0.41."""


class HeartWave:
    """ECG or pulse wave."""

    piece_s = PIECE_S

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._kind = info.modality
        self._belief = BELIEFS[info.modality]
        self._detector = BeatDetector(WAVES[info.modality], info.rate_hz)
        self._line = Line(round(HR_WINDOW_S / PIECE_S))
        self._beats: deque[Beat] = deque()

    def reset(self) -> None:
        self._detector.reset()
        self._line.reset()

    def take(self, piece: Piece) -> None:
        self._line.take(piece)
        self._beats.extend(self._detector.take(piece))
        while self._beats and self._beats[0].time_s < piece.times_s[0] - HRV_WINDOW_S - 5:
            self._beats.popleft()

    def readings(self, moment: Moment) -> dict[str, Reading]:
        trouble = self._line.trouble()
        still = stillness(self._kind, moment.movement_g)
        source = SOURCE[self._kind]
        return {
            "hr_bpm": pulse(moment, self._rhythm(moment, HR_WINDOW_S, still), source, trouble),
            **variability(moment, lambda window_s: self._rhythm(moment, window_s, still), source, trouble),
        }

    def _rhythm(self, moment: Moment, window_s: float, still: float) -> Rhythm:
        beats = [beat for beat in self._beats if moment.now_s - window_s < beat.time_s <= moment.now_s]
        if len(beats) < 4:
            return NO_RHYTHM
        times_s = np.array([beat.time_s for beat in beats])
        follows = np.array([beat.follows for beat in beats])
        follows[0] = False
        rr_ms = np.where(follows, np.diff(times_s, prepend=np.nan) * 1000, np.nan)
        shapes = np.array([beat.shape for beat in beats])
        clear, quality = self._clear(beats, shapes)
        usable = follows & plausible(rr_ms) & clear & np.concatenate(([False], clear[:-1]))
        trusted = regular(rr_ms, usable)
        share = trusted.sum() / max(1, follows.sum())
        quality *= ramp(share, *self._belief.regular) * still
        return Rhythm(rr_ms, usable, trusted, follows, quality)

    def _clear(self, beats: list[Beat], shapes: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
        """Which beats look like the others, and how far all of them look like beats."""
        mean = shapes.mean(axis=0)
        alike = shapes @ (mean / (np.sqrt(mean @ mean) or 1.0))
        rests = np.array([beat.rest for beat in beats])
        clear = alike > self._belief.clear
        rest = float(rests[clear].mean()) if clear.any() else 1.0
        return clear, ramp(likeness(shapes), *self._belief.likeness) * ramp(rest, *self._belief.rest)


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
        while self._times_s[0] < piece.times_s[-1] - HRV_WINDOW_S - 5:
            for kept in (self._times_s, self._rr_ms, self._follows):
                kept.popleft()

    def readings(self, moment: Moment) -> dict[str, Reading]:
        still = stillness("rr", moment.movement_g)
        return {
            "hr_bpm": pulse(moment, self._rhythm(moment, HR_WINDOW_S, still), SOURCE["rr"], ""),
            **variability(moment, lambda window_s: self._rhythm(moment, window_s, still), SOURCE["rr"], ""),
        }

    def _rhythm(self, moment: Moment, window_s: float, still: float) -> Rhythm:
        times_s = np.array(self._times_s)
        inside = (times_s > moment.now_s - window_s) & (times_s <= moment.now_s)
        rr_ms, follows = np.array(self._rr_ms)[inside], np.array(self._follows, np.bool_)[inside]
        usable = plausible(rr_ms)
        trusted = regular(rr_ms, usable)
        share = float(trusted.mean()) if len(trusted) else 0.0
        return Rhythm(rr_ms, usable, trusted, follows, ramp(share, 0.35, 0.8) * still)


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
        only = "this sensor sends a pulse number, not single beats"
        return {
            "hr_bpm": hr,
            "rmssd_ms": moment.absent(only, HRV_WINDOW_S),
            "sdnn_ms": moment.absent(only, HRV_WINDOW_S),
        }
