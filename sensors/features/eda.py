"""Electrodermal activity: the tonic level over 10 s and skin-conductance responses per minute."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy import signal

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import COLLECTING, GATE, Moment, stillness
from sensors.readings import Reading

TONIC_S = 10.0
RESPONSES_S = 60.0
SHORT_RESPONSES_S = 30.0
LOWEST_US, HIGHEST_US = 0.05, 60.0
STEEPEST_US_PER_S = 10.0
"""Range and slope of a skin that is touched (Kleckner et al. 2018)."""
SMALLEST_US = 0.02
"""Least height of a response, trough to peak. Manuals use 0.01 to 0.05 uS."""
SHORTEST_RISE_S, LONGEST_RISE_S = 0.5, 5.0
FALLEN, SETTLED_S = 0.2, 1.0
"""A peak stands once the wave has fallen by a fifth of its height, or for a second."""
ONSET = 0.1
"""A response begins when the wave last stood below a tenth of its height."""
PHASIC_HZ = (0.05, 1.0)
"""Responses rise within 1-3 s: what is slower is the tonic level, what is faster is not skin."""
SLOWEST_RESPONSES_HZ = 3.0
"""Below this a response can't be told from the level; the level alone can be read."""


class Responses:
    """Foot to peak, sample by sample, on the phasic part. Remembers when each response began."""

    def __init__(self) -> None:
        self.starts_s: deque[float] = deque(maxlen=200)
        self.reset()

    def reset(self) -> None:
        self._rise: deque[tuple[float, float]] = deque()
        self._peak = (-np.inf, -np.inf)

    def take(self, time_s: float, phasic_us: float) -> None:
        if phasic_us >= self._peak[1]:
            self._peak = (time_s, phasic_us)
            self._rise.append(self._peak)
            while self._rise[0][0] < time_s - LONGEST_RISE_S:
                self._rise.popleft()
            return
        foot_us = min(level_us for _, level_us in self._rise)
        height_us = self._peak[1] - foot_us
        if self._peak[1] - phasic_us < FALLEN * height_us and time_s - self._peak[0] < SETTLED_S:
            self._rise.append((time_s, phasic_us))
            return
        start_s = max(at_s for at_s, level_us in self._rise if level_us <= foot_us + ONSET * height_us)
        if height_us >= SMALLEST_US and self._peak[0] - start_s >= SHORTEST_RISE_S:
            self.starts_s.append(start_s)
        self._rise = deque([(time_s, phasic_us)])
        self._peak = (time_s, phasic_us)


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
        self._levels: deque[tuple[float, float]] = deque(maxlen=round(TONIC_S / self._step_s))
        self._bad: deque[float] = deque(maxlen=round(RESPONSES_S / self._step_s))
        self._responses = Responses()

    def reset(self) -> None:
        self._state = None
        self._levels.clear()
        self._responses.reset()

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
            self._responses.reset()
            return
        if not self._fast:
            return
        if self._state is None:
            self._state = signal.sosfilt_zi(self._sos) * levels_us[0]
        phasic_us, self._state = signal.sosfilt(self._sos, levels_us, zi=self._state)
        for time_s, height_us in zip(times_s.tolist(), phasic_us.tolist(), strict=True):
            self._responses.take(time_s, height_us)

    def readings(self, moment: Moment) -> dict[str, Reading]:
        return {"eda_tonic_us": self._tonic(moment), "scr_per_min": self._rate(moment)}

    def _bad_s(self, moment: Moment, window_s: float) -> float:
        return sum(self._step_s for at_s in self._bad if at_s > moment.now_s - window_s)

    def _trouble(self, moment: Moment) -> str:
        """Why this is not a skin, or ''."""
        recent = [level for at_s, level in self._levels if at_s > moment.now_s - TONIC_S]
        if not recent:
            return ""
        if max(recent) == min(recent) and len(recent) * self._step_s >= 3:
            return "flat line: the electrodes don't touch the skin"
        if self._bad_s(moment, TONIC_S) > 0.2 * TONIC_S:
            middle = float(np.median(recent))
            if not LOWEST_US <= middle <= HIGHEST_US:
                return f"skin conductance {middle:.3g} µS is outside {LOWEST_US} to {HIGHEST_US:.0f}"
            return "the electrodes jump on the skin"
        return ""

    def _quality(self, moment: Moment, window_s: float) -> float:
        return (1 - self._bad_s(moment, window_s) / window_s) * stillness("eda", moment.movement_g)

    def _tonic(self, moment: Moment) -> Reading:
        why = moment.silence(TONIC_S, 0.5, self._trouble(moment))
        quality = self._quality(moment, TONIC_S)
        recent = [level for at_s, level in self._levels if at_s > moment.now_s - TONIC_S]
        if not why and not recent:
            why = COLLECTING
        if why or quality < GATE:
            return moment.absent(why or "too much movement", TONIC_S)
        return moment.known(float(np.median(recent)), quality, TONIC_S)

    def _rate(self, moment: Moment) -> Reading:
        if not self._fast:
            return moment.absent(f"sampled too slowly: {SLOWEST_RESPONSES_HZ:g} a second are needed", RESPONSES_S)
        whole = moment.share(RESPONSES_S) >= 0.8
        window_s = RESPONSES_S if whole else SHORT_RESPONSES_S
        why = moment.silence(window_s, 0.8, self._trouble(moment))
        quality = self._quality(moment, window_s) * (1.0 if whole else 0.7)
        if not why and quality < GATE:
            why = "too much movement or too many jumps"
        if why:
            return moment.absent(why, window_s)
        since_s = moment.now_s - window_s
        count = sum(start_s > since_s for start_s in self._responses.starts_s)
        observed_min = window_s * moment.share(window_s) / 60
        return moment.known(count / observed_min, quality, window_s, "" if whole else "short window")
