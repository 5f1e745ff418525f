"""Breaths per minute over 32 s: from a belt, or from what breathing does to the beats of the heart."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import COLLECTING, GATE, Line, Moment, ramp, stillness
from sensors.features.rhythm import Rhythm, unsteady
from sensors.readings import Reading

BREATH_S = 32.0
GRID_HZ = 4.0
POINTS, BELT_POINTS = 512, 1024
BREATHS_HZ = (0.1, 0.6)
"""6 to 36 a minute from beats: faster than half the pulse can't be seen in them."""
BELT_HZ = (0.07, 0.8)
NEAR_HZ = 1.5 / BREATH_S
"""Half the width of a steady rhythm's line in the spectrum of this window."""
LEAST_BEATS = 18
INTERVAL_TILT, HEIGHT_TILT, BELT_TILT = 2.0, 1.0, 1.0
"""Spectra are multiplied by frequency to this power, so that slow waves of blood pressure don't pass for breath."""

CLARITY = {1: (0.6, 0.86), 2: (0.42, 0.72)}
BELT_CLARITY = (0.45, 0.65)
"""Where quality begins and is full, by how many series there are: share of power within NEAR_HZ of the peak.
Of random intervals and heights 99 % stay below 0.69 (one) and 0.51 (two), where quality reaches the gate; of white,
pink, brown noise and movement 99.9 % stay below 0.52 on a belt."""

Floats = NDArray[np.float64]


def breath_of_beats(
    moment: Moment, rhythm: Rhythm, times_s: Floats, heights: Floats | None, source: str, trouble: str
) -> Reading:
    """From the rhythm of this window, the beats' times and, where there are any, their heights, shape (beat,)."""
    why = moment.silence(BREATH_S, 0.8, trouble) or unsteady(rhythm, moment)
    kept = rhythm.trusted
    if not why and np.count_nonzero(kept) < LEAST_BEATS:
        why = "too few clear beats to tell the breath from"
    if why:
        return moment.absent(why, BREATH_S)
    series = [(times_s[kept], rhythm.rr_ms[kept], INTERVAL_TILT)]
    if heights is not None:
        series.append((times_s[kept], heights[kept], HEIGHT_TILT))
    line = _common_line(series, moment.now_s)
    return _reading(moment, *line, CLARITY[len(series)], rhythm.quality, source)


def _common_line(series: Sequence[tuple[Floats, Floats, float]], now_s: float) -> tuple[float, float]:
    """The strongest rhythm of all series together: breaths per minute, share of power around it."""
    grid_s = np.arange(now_s - BREATH_S, now_s, 1 / GRID_HZ)
    hz = _frequencies(POINTS, 1 / GRID_HZ)
    inside = (hz >= BREATHS_HZ[0]) & (hz <= BREATHS_HZ[1])
    total = np.zeros(int(inside.sum()))
    for times_s, values, tilt in series:
        power = _power(np.interp(grid_s, times_s, values), POINTS)[inside] * hz[inside] ** tilt
        total += power / (power.sum() or 1.0)
    tilt = float(np.mean([tilt for *_, tilt in series]))
    return _peak(hz[inside], total, tilt, float(total.sum()))


def _frequencies(points: int, step_s: float) -> Floats:
    return np.fft.rfftfreq(points, step_s).astype(np.float64)


def _power(values: Floats, points: int) -> Floats:
    """Spectrum without the straight trend."""
    at = np.arange(len(values)) - (len(values) - 1) / 2
    values = values - values.mean() - at * (at @ values) / (at @ at)
    power: Floats = np.abs(np.fft.rfft(values * np.hanning(len(values)), points)) ** 2
    return power


def _peak(hz: Floats, power: Floats, tilt: float, whole: float) -> tuple[float, float]:
    """Breaths per minute (between the points of the grid, tilt undone) and the share of `whole` around the peak."""
    near = np.abs(hz - hz[power.argmax()]) <= NEAR_HZ
    level, flat = hz[near], power[near] / hz[near] ** tilt
    at = int(np.clip(flat.argmax(), 1, len(flat) - 2))
    before, here, after = np.log(flat[at - 1 : at + 2] + 1e-30)
    bend = before - 2 * here + after
    offset = float(np.clip(0.5 * (before - after) / bend, -1, 1)) if bend < 0 else 0.0
    per_min = 60 * (level[at] + offset * (level[1] - level[0]))
    return float(per_min), float(power[near].sum()) / (whole or 1.0)


def _reading(
    moment: Moment, per_min: float, clarity: float, believed: tuple[float, float], quality: float, source: str
) -> Reading:
    quality *= ramp(clarity, *believed)
    if quality < GATE:
        return moment.absent("no clear rhythm of breathing", BREATH_S, quality)
    return moment.known(per_min, quality, BREATH_S, source)


class Belt:
    """A sensor of the breath itself (resp, no unit), brought down to about 8 Hz."""

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._every = max(1, round(info.rate_hz / 8))
        self._step_s = self._every / info.rate_hz
        self.piece_s = 8 * self._step_s
        self._levels: deque[float] = deque(maxlen=round(BREATH_S / self._step_s))
        self._line = Line(round(BREATH_S / self.piece_s))
        self._hz = _frequencies(BELT_POINTS, self._step_s)
        self._inside = (self._hz >= BELT_HZ[0]) & (self._hz <= BELT_HZ[1])

    def reset(self) -> None:
        self._levels.clear()
        self._line.reset()

    def take(self, piece: Piece) -> None:
        self._line.take(piece)
        self._levels.extend(piece.samples[:, 0].reshape(-1, self._every).mean(axis=1).tolist())

    def readings(self, moment: Moment) -> dict[str, Reading]:
        why = moment.silence(BREATH_S, 0.8, self._line.trouble())
        if not why and len(self._levels) < 0.9 * (self._levels.maxlen or 0):
            why = COLLECTING
        if why:
            return {"resp_per_min": moment.absent(why, BREATH_S)}
        power = _power(np.array(self._levels), BELT_POINTS) * self._hz**BELT_TILT
        whole = float(power[self._hz <= 2].sum())
        per_min, clarity = _peak(self._hz[self._inside], power[self._inside], BELT_TILT, whole)
        still = stillness("resp", moment.movement_g)
        return {"resp_per_min": _reading(moment, per_min, clarity, BELT_CLARITY, still, "from the breath itself")}
