"""Finds heartbeats in a streaming ECG or pulse wave: one detector, one row of constants per kind of signal."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.features.intake import Piece
from sensors.features.wavelet import Fir, gaussian_derivative

PIECE_S = 0.5
LEARN_S = 3.0
"""After a gap the detector listens this long before it names beats."""
KEPT_S = 5.0
LEVEL_S = 10.0


@dataclass(frozen=True)
class Wave:
    """What a beat looks like. ECG: the R peak. Pulse wave: the steepest rise, sharper than the peak."""

    order: int
    sigma_s: float
    refractory_s: float
    threshold: float
    half_s: float
    guard_s: float


WAVES = {
    "ecg": Wave(order=2, sigma_s=0.02, refractory_s=0.27, threshold=0.55, half_s=0.26, guard_s=0.1),
    "ppg": Wave(order=1, sigma_s=0.045, refractory_s=0.32, threshold=0.45, half_s=0.31, guard_s=0.2),
}


@dataclass(frozen=True, eq=False)
class Beat:
    """One beat: its time, height above zero of the filtered wave, shape (normalised), what rivals it.

    `follows` is False for the first beat after a gap: the time since the beat before means nothing.
    `rest` is the RMS of the filtered wave between this beat and the one before, over the height.
    """

    time_s: float
    height: float
    shape: NDArray[np.float64]
    rest: float
    follows: bool


class BeatDetector:
    """Carries filter state, level and the last seconds of the filtered wave between pieces."""

    def __init__(self, wave: Wave, rate_hz: float) -> None:
        self._wave = wave
        self._rate_hz = rate_hz
        self._fir = Fir(gaussian_derivative(wave.order, wave.sigma_s, rate_hz))
        self._half = max(2, round(wave.half_s * rate_hz))
        self._guard = round(wave.guard_s * rate_hz)
        self._refractory = round(wave.refractory_s * rate_hz)
        self._kept = round(KEPT_S * rate_hz)
        self._sign = 1.0
        self.reset()

    def reset(self) -> None:
        """A gap: nothing before it may touch what comes after."""
        self._fir.reset()
        self._y = np.empty(0)
        self._times_s = np.empty(0)
        self._waiting_s = np.empty(0)
        self._highs: deque[tuple[float, float]] = deque(maxlen=round(LEVEL_S / PIECE_S))
        self._scanned = 1
        self._candidate = -1
        self._last = -1

    def take(self, piece: Piece) -> list[Beat]:
        """The beats that this piece settles, oldest first."""
        y = self._fir(piece.samples[:, 0])
        waiting_s = np.concatenate((self._waiting_s, piece.times_s))
        skip = self._fir.lag if not len(self._times_s) and len(y) else 0
        self._waiting_s = waiting_s[skip + len(y) :]
        if not len(y):
            return []
        self._append(y, waiting_s[skip : skip + len(y)])
        self._highs.append((float(y.max()), float(-y.min())))
        if len(self._highs) < LEARN_S / PIECE_S:
            return []
        return self._scan(self._level())

    def _append(self, y: NDArray[np.float64], times_s: NDArray[np.float64]) -> None:
        drop = max(0, len(self._y) + len(y) - self._kept)
        self._y = np.concatenate((self._y, y))[drop:]
        self._times_s = np.concatenate((self._times_s, times_s))[drop:]
        self._scanned = max(1, self._scanned - drop)
        self._candidate = max(-1, self._candidate - drop)
        self._last = max(-1, self._last - drop)

    def _level(self) -> float:
        """Typical height of a beat: over 10 s, the 35th percentile of the highest point in any 1.5 s.

        Every such stretch holds a beat, but for slow hearts; an artefact of six seconds can't raise it.
        Also turns the wave over when the other side is the taller one (inverted leads, reflectance); once there are
        beats it must be so clearly.
        """
        highs = np.array(self._highs)  # (piece of 0.5 s, side)
        tops = np.sort(np.maximum(np.maximum(highs[:-2], highs[1:-1]), highs[2:]), axis=0)
        up, down = tops[round(0.35 * (len(tops) - 1))]
        margin = 1.25 if self._last >= 0 else 1.0
        if (down if self._sign > 0 else up) > margin * (up if self._sign > 0 else down):
            self._sign = -self._sign
            self._candidate = self._last = -1
        return float(up if self._sign > 0 else down)

    def _scan(self, level: float) -> list[Beat]:
        y = self._sign * self._y
        part = y[self._scanned - 1 :]
        peaks = np.flatnonzero((part[1:-1] > part[:-2]) & (part[1:-1] >= part[2:]))
        peaks = peaks[part[peaks + 1] > self._wave.threshold * level] + self._scanned
        self._scanned = max(self._scanned, len(y) - 1)
        beats = []
        for peak in peaks.tolist():
            if self._candidate < 0:
                self._candidate = peak
            elif peak - self._candidate >= self._refractory:
                beats += self._confirm(y)
                self._candidate = peak
            elif y[peak] > y[self._candidate]:
                self._candidate = peak
        settled = max(self._refractory, self._half + 1)
        if self._candidate >= 0 and len(y) - self._candidate > settled:
            beats += self._confirm(y)
            self._candidate = -1
        return beats

    def _confirm(self, y: NDArray[np.float64]) -> list[Beat]:
        at, half = self._candidate, self._half
        if at < half or at + half >= len(y):
            return []
        shape = y[at - half : at + half + 1]
        shape = shape - shape.mean()
        before, here, after = y[at - 1 : at + 2]
        bend = before - 2 * here + after
        offset = 0.5 * (before - after) / bend if bend < 0 else 0.0
        guard = min(self._guard, 3 * (at - self._last) // 10)
        between = y[max(0, self._last) + guard : at - guard]
        rest = float(np.sqrt(np.mean(between**2))) if self._last >= 0 and len(between) else 0.0
        beat = Beat(
            time_s=float(self._times_s[at] + offset / self._rate_hz),
            height=float(here),
            shape=shape / (np.sqrt(np.dot(shape, shape)) or 1.0),
            rest=rest / here if here > 0 else 1.0,
            follows=self._last >= 0,
        )
        self._last = at
        return [beat]
