"""Electrodermal activity: tonic level over 10 s, its slope over 30 s, and the responses of a minute."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy import signal

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import COLLECTING, GATE, Moment, stillness
from sensors.features.skin_responses import Responses
from sensors.features.skin_signs import not_skin
from sensors.readings import Reading

TONIC_S = 10.0
SLOPE_S = 30.0
RESPONSES_S = 60.0
SHORT_RESPONSES_S = 30.0
LOWEST_US, HIGHEST_US = 0.05, 60.0
STEEPEST_US_PER_S = 10.0
"""Range and slope of a skin that is touched (Kleckner et al. 2018)."""
PHASIC_HZ = (0.05, 1.0)
"""Responses rise within 1-3 s: what is slower is the tonic level, what is faster is not skin."""
MOST_JUMPY = 0.1
"""With more of the window lost to jumps, responses would be missed, and look like calm."""
SLOWEST_RESPONSES_HZ = 3.0
"""Below this a response can't be told from the level; the level alone can be read."""


class Skin:
    """One EDA stream, brought down to about 4 Hz."""

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._every = max(1, round(info.rate_hz / 4))
        self._step_s = self._every / info.rate_hz
        self.piece_s = 4 * self._step_s
        self._fast = 1 / self._step_s >= SLOWEST_RESPONSES_HZ
        if self._fast:
            self._sos = signal.butter(1, PHASIC_HZ, "bandpass", fs=1 / self._step_s, output="sos")
        self._state: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None
        self._levels: deque[tuple[float, float]] = deque(maxlen=round(SLOPE_S / self._step_s))
        self._bad: deque[float] = deque(maxlen=round(RESPONSES_S / self._step_s))
        self.responses = Responses()

    def reset(self) -> None:
        self._state = None
        self._levels.clear()
        self.responses.reset()

    def take(self, piece: Piece) -> None:
        levels_us = piece.samples[:, 0].reshape(-1, self._every).mean(axis=1)
        times_s = piece.times_s[self._every - 1 :: self._every]
        before_us = self._levels[-1][1] if self._levels else levels_us[0]
        self._levels.extend(zip(times_s.tolist(), levels_us.tolist(), strict=True))
        steep = np.abs(np.diff(levels_us, prepend=before_us)) > STEEPEST_US_PER_S * self._step_s
        bad = steep | (levels_us < LOWEST_US) | (levels_us > HIGHEST_US)
        if bad.any():  # what is filtered next must not remember a jump
            self._bad.extend(times_s[bad].tolist())
            self._state = None
            self.responses.reset()
            return
        if not self._fast:
            return
        if self._state is None:
            self._state = signal.sosfilt_zi(self._sos) * levels_us[0]
        phasic_us, self._state = signal.sosfilt(self._sos, levels_us, zi=self._state)
        for time_s, height_us in zip(times_s.tolist(), phasic_us.tolist(), strict=True):
            self.responses.take(time_s, height_us)

    def readings(self, moment: Moment) -> dict[str, Reading]:
        trouble = self._trouble(moment)
        return {
            "eda_tonic_us": self._tonic(moment, trouble),
            "eda_slope_per_min": self._slope(moment, trouble),
            **self._phasic(moment, trouble),
        }

    def _recent(self, moment: Moment, window_s: float) -> list[tuple[float, float]]:
        return [(at_s, level_us) for at_s, level_us in self._levels if at_s > moment.now_s - window_s]

    def _bad_s(self, moment: Moment, window_s: float) -> float:
        return sum(self._step_s for at_s in self._bad if at_s > moment.now_s - window_s)

    def _trouble(self, moment: Moment) -> str:
        """Why this is not a skin, or ''."""
        recent_us = [level_us for _, level_us in self._recent(moment, TONIC_S)]
        if not recent_us:
            return ""
        if max(recent_us) == min(recent_us) and len(recent_us) * self._step_s >= 3:
            return "flat line: the electrodes don't touch the skin"
        if self._bad_s(moment, TONIC_S) > 0.2 * TONIC_S:
            return _out_of_range(float(np.median(recent_us))) or "the electrodes jump on the skin"
        return not_skin(np.array([level_us for _, level_us in self._recent(moment, SLOPE_S)]), self._step_s)

    def _quality(self, moment: Moment, window_s: float) -> float:
        return (1 - self._bad_s(moment, window_s) / window_s) * stillness("eda", moment.movement_g)

    def _tonic(self, moment: Moment, trouble: str) -> Reading:
        quality = self._quality(moment, TONIC_S)
        recent_us = [level_us for _, level_us in self._recent(moment, TONIC_S)]
        why = moment.silence(TONIC_S, 0.5, trouble) or ("" if recent_us else COLLECTING)
        if why or quality < GATE:
            return moment.absent(why or "too much movement", TONIC_S)
        return moment.known(float(np.median(recent_us)), quality, TONIC_S)

    def _slope(self, moment: Moment, trouble: str) -> Reading:
        """The straight line through the levels, as a share of their mean a minute: in microsiemens it would belong to
        the electrode and where it sits. A gap begins it anew."""
        recent = self._recent(moment, SLOPE_S)
        quality = self._quality(moment, SLOPE_S)
        why = moment.silence(SLOPE_S, 0.8, trouble)
        if not why and len(recent) * self._step_s < 0.8 * SLOPE_S:
            why = COLLECTING
        if not why and (quality < GATE or self._bad_s(moment, SLOPE_S)):
            why = "too much movement or too many jumps"
        if why:
            return moment.absent(why, SLOPE_S)
        at_s, levels_us = np.array(recent).T
        at_s = at_s - at_s.mean()
        slope_us_per_s = float(at_s @ levels_us) / float(at_s @ at_s)
        return moment.known(60 * slope_us_per_s / float(levels_us.mean()), quality, SLOPE_S)

    def _phasic(self, moment: Moment, trouble: str) -> dict[str, Reading]:
        """How many responses a minute and how high on average."""
        names = ("scr_per_min", "scr_amplitude_us")
        if not self._fast:
            why = f"sampled too slowly: {SLOWEST_RESPONSES_HZ:g} a second are needed"
            return dict.fromkeys(names, moment.absent(why, RESPONSES_S))
        whole = moment.share(RESPONSES_S) >= 0.8
        window_s = RESPONSES_S if whole else SHORT_RESPONSES_S
        why = moment.silence(window_s, 0.8, trouble)
        quality = self._quality(moment, window_s) * (1.0 if whole else 0.7)
        if not why and (quality < GATE or self._bad_s(moment, window_s) > MOST_JUMPY * window_s):
            why = "too much movement or too many jumps"
        if why:
            return dict.fromkeys(names, moment.absent(why, window_s))
        heights_us = [response.height_us for response in self.responses.since(moment.now_s - window_s)]
        note = "" if whole else "short window"
        rate = len(heights_us) / (window_s * moment.share(window_s) / 60)
        if heights_us:
            amplitude = moment.known(float(np.mean(heights_us)), quality, window_s, note)
        else:
            amplitude = moment.absent("no response in this window", window_s, quality)
        return {"scr_per_min": moment.known(rate, quality, window_s, note), "scr_amplitude_us": amplitude}


def _out_of_range(level_us: float) -> str:
    """'' for a level a skin can have; else the words, with the unit it may have been given in."""
    if LOWEST_US <= level_us <= HIGHEST_US:
        return ""
    units = "nS, kΩ or a raw count" if level_us > HIGHEST_US else "S or mS"
    place = f"outside {LOWEST_US} to {HIGHEST_US:.0f}"
    return f"skin conductance {level_us:.3g} µS is {place}: no skin is touched, or the unit is {units}"
