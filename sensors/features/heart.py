"""Heart: pulse over 10 s, variability over 30 to 60 s and breath over 32 s, from an ECG or a pulse wave."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.features.beats import LEARN_S, PIECE_S, WAVES, Beat, BeatDetector
from sensors.features.intake import Piece
from sensors.features.intervals import Intervals
from sensors.features.quality import Line, Moment, likeness, ramp, stillness
from sensors.features.respiration import BREATH_S, breath_of_beats
from sensors.features.rhythm import (
    BEATS_KEPT_S,
    HR_WINDOW_S,
    LEAST_NEW,
    NO_RHYTHM,
    SPARSE_S,
    Rhythm,
    pulse,
    rhythm_of,
    sparse_pulse,
    variability,
)
from sensors.readings import Reading

SOURCE = {"ecg": "from ECG", "ppg": "from the pulse wave"}

LONGEST_PAUSE_S = 4.0
"""An interval is known a second after it ended at the latest; even a slow heart has one every two."""


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
        self._since_s = np.inf

    def reset(self) -> None:
        self._since_s = np.inf
        self._detector.reset()
        self._line.reset()

    def take(self, piece: Piece) -> None:
        self._since_s = min(self._since_s, float(piece.times_s[0]))
        self._line.take(piece)
        self._beats.extend(self._detector.take(piece))
        while self._beats and self._beats[0].time_s < piece.times_s[0] - BEATS_KEPT_S:
            self._beats.popleft()

    def readings(self, moment: Moment) -> dict[str, Reading]:
        trouble, source = self._line.trouble(), SOURCE[self._kind]
        still = stillness(self._kind, moment.movement_g)
        beats = [beat for beat in self._beats if beat.time_s <= moment.now_s]
        intervals = _intervals(beats)

        def within(window_s: float) -> Rhythm:
            return self._rhythm(beats, intervals, moment.now_s - window_s, still)

        breath = [beat for beat in beats if beat.time_s > moment.now_s - BREATH_S]
        times_s, heights = np.array([(beat.time_s, beat.height) for beat in breath]).reshape(-1, 2).T
        lately = within(HR_WINDOW_S)
        hr = pulse(moment, lately, source, trouble or self._lost(moment, beats, lately))
        sparse = None if hr.value is not None or trouble else self._sparse(moment, beats, within(SPARSE_S), still)
        trouble = "" if hr.value is not None else hr.reason  # old beats tell nothing once there is no pulse
        breathing = NO_RHYTHM if trouble else within(BREATH_S)
        return {
            "hr_bpm": sparse or hr,
            **variability(moment, within, source, trouble),
            "resp_per_min": breath_of_beats(moment, breathing, times_s, heights, source, trouble),
        }

    def _sparse(self, moment: Moment, beats: list[Beat], rhythm: Rhythm, still: float) -> Reading | None:
        kept = [beat for beat, trusted in zip(beats[::-1], rhythm.trusted[::-1], strict=False) if trusted]
        if len(kept) < LEAST_NEW:
            return None
        rest = ramp(float(np.mean([beat.rest for beat in kept])), *self._belief.rest)
        return sparse_pulse(moment, rhythm, kept[LEAST_NEW - 1].time_s, rest * still, SOURCE[self._kind])

    def _lost(self, moment: Moment, beats: list[Beat], rhythm: Rhythm) -> str:
        """A wave that goes on without clear beats: what the window still holds is over."""
        until_s = moment.now_s - moment.age_s
        if until_s - self._since_s < LEARN_S + LONGEST_PAUSE_S:
            return ""
        newest = sum(beat.time_s > until_s - LONGEST_PAUSE_S for beat in beats)
        usable = rhythm.usable[max(0, len(rhythm.usable) - newest) :]
        expected = LONGEST_PAUSE_S / max(0.3, float(np.nanmedian(rhythm.rr_ms)) / 1000) if rhythm.usable.any() else 4.0
        enough = newest and usable.size and usable.mean() >= 0.5 and usable.sum() >= min(2.0, expected - 1.5)
        return "" if enough else "no clear heartbeat"

    def _rhythm(self, beats: list[Beat], intervals: Intervals, since_s: float, still: float) -> Rhythm:
        beats = [beat for beat in beats if beat.time_s > since_s]
        if len(beats) < 4:
            return NO_RHYTHM
        part = intervals.between(since_s, np.inf)
        part.rr_ms[0], part.follows[0] = np.nan, False  # it began outside
        clear, quality = self._clear(beats, np.array([beat.shape for beat in beats]))
        both = clear & np.concatenate(([False], clear[:-1]))
        return rhythm_of(part, both, lambda share: quality * ramp(share, *self._belief.regular) * still)

    def _clear(self, beats: list[Beat], shapes: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
        """Which beats look like the others, and how far all of them look like beats."""
        mean = shapes.mean(axis=0)
        alike = shapes @ (mean / (np.sqrt(mean @ mean) or 1.0))
        rests = np.array([beat.rest for beat in beats])
        clear = alike > self._belief.clear
        rest = float(rests[clear].mean()) if clear.any() else 1.0
        return clear, ramp(likeness(shapes), *self._belief.likeness) * ramp(rest, *self._belief.rest)


def _intervals(beats: list[Beat]) -> Intervals:
    times_s = np.array([beat.time_s for beat in beats])
    follows = np.array([beat.follows for beat in beats], np.bool_)
    rr_ms = np.where(follows, np.diff(times_s, prepend=np.nan) * 1000, np.nan)
    return Intervals.of(times_s, rr_ms, follows)
