"""EEG: relative theta, alpha and beta power over 4 s; theta over beta and frontal alpha asymmetry over 10 s."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import COLLECTING, GATE, Moment, stillness
from sensors.readings import Reading

BANDS_HZ = {"eeg_theta": (4.0, 8.0), "eeg_alpha": (8.0, 13.0), "eeg_beta": (13.0, 30.0)}
WHOLE_HZ = (4.0, 30.0)
MUSCLE_HZ = (30.0, 45.0)
MAINS_HZ = ((49.0, 51.0), (59.0, 61.0))
FRONTAL_PAIRS = (("AF7", "AF8"), ("F7", "F8"), ("Fp1", "Fp2"), ("F3", "F4"))
BANDS_S, FRONTAL_S = 4.0, 10.0
THETA, ALPHA, BETA = range(len(BANDS_HZ))

FLAT_UV = 0.5
BLINK_UV = 150.0
"""Peak to peak within two seconds; brain waves of adults at rest stay below 100 uV."""
UNWORN_UV = 600.0
MUSCLE_RATIO = 0.3
"""Power in 30-45 Hz over power in 4-30 Hz. Resting EEG falls with frequency; white noise has 0.58."""
MAINS_RATIO = 10.0
BLINKS, MUSCLE = "blinks", "muscle: speech, jaw or noise"
LASTS = {BLINKS: 3, MUSCLE: 2}
"""A blink shows in two segments, which overlap: what spoils more of them in a row is something else."""
NEWEST_S = 2.5
"""Segments older than this say nothing about now."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Two seconds of every channel: power per band, shape (band, channel), and each channel's state."""

    time_s: float
    power: NDArray[np.float64]
    states: tuple[str, ...]


class Brain:
    """One headband. A segment of 2 s every second: averaged, they are Welch's method over the window."""

    piece_s = 1.0

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._half: NDArray[np.float64] | None = None
        length = 2 * round(info.rate_hz)
        self._taper = np.hanning(length)[:, None]
        self._ramp = np.linspace(-1.0, 1.0, length)[:, None]
        frequencies_hz = np.fft.rfftfreq(length, 1 / info.rate_hz)
        rows = [*BANDS_HZ.values(), WHOLE_HZ, MUSCLE_HZ, *MAINS_HZ]
        self._bands = np.array([(frequencies_hz >= a) & (frequencies_hz < b) for a, b in rows], np.float64)
        self._segments: deque[Segment] = deque(maxlen=round(FRONTAL_S))
        self._pair = _frontal(info.channels)
        self._all = tuple(range(len(info.channels)))

    def reset(self) -> None:
        self._half = None

    def take(self, piece: Piece) -> None:
        before, self._half = self._half, piece.samples
        if before is None:
            return
        x = np.concatenate((before, piece.samples))
        edges = np.maximum((x == x.max(axis=0)).mean(axis=0), (x == x.min(axis=0)).mean(axis=0))
        x = x - x.mean(axis=0)
        x = x - self._ramp * (self._ramp.T @ x) / (self._ramp.T @ self._ramp)  # a line that drifts is no blink
        finite = np.isfinite(x).all(axis=0)
        x = np.where(finite, x, 0.0)
        spectrum = np.abs(np.fft.rfft(x * self._taper, axis=0)) ** 2
        power = self._bands @ spectrum + 1e-12
        span_uv = np.ptp(x, axis=0)
        self._segments.append(Segment(float(piece.times_s[-1]), power, _states(finite, span_uv, edges, power)))

    def readings(self, moment: Moment) -> dict[str, Reading]:
        out = self._band_readings(moment)
        out["eeg_theta_beta"] = self._theta_beta(moment)
        if self._pair:
            out["eeg_faa"] = self._asymmetry(moment, *self._pair)
        return out

    def _recent(self, moment: Moment, window_s: float) -> list[Segment]:
        """Segments that lie whole within the window and the latency of one piece."""
        since_s = moment.now_s - window_s + 1.0
        return [segment for segment in self._segments if segment.time_s > since_s]

    def _gone(self, moment: Moment, channels: tuple[int, ...], spared: int) -> str:
        """Why more than `spared` of these channels show no brain now, whatever the window still holds; or ''.

        A blink passes, muscle may (LASTS); what else there is ends the readings at once.
        """
        if not self._segments or self._segments[-1].time_s < moment.now_s - NEWEST_S:
            return COLLECTING
        newest = list(self._segments)[-max(LASTS.values()) :]
        gone = 0
        for channel in channels:
            states = [segment.states[channel] for segment in newest]
            needed = LASTS.get(states[-1], 1)
            gone += bool(states[-1]) and len(states) >= needed and all(states[-needed:])
        return _commonest(newest[-1:], channels) if gone > spared else ""

    def _band_readings(self, moment: Moment) -> dict[str, Reading]:
        segments = self._recent(moment, BANDS_S)
        good = np.array([[state == "" for state in segment.states] for segment in segments], np.bool_)
        share = float(good.mean()) if good.size else 0.0
        quality = share * stillness("eeg", moment.movement_g)
        why = moment.silence(BANDS_S, 0.5, self._gone(moment, self._all, len(self._all) // 2))
        if not why and (quality < GATE or good.any(axis=1).sum() < 2):
            why = (_commonest(segments) if share < 0.5 else "too much movement") or COLLECTING
        if why:
            return {name: moment.absent(why, BANDS_S, quality) for name in BANDS_HZ}
        power = np.array([segment.power for segment in segments])  # (segment, band, channel)
        seen = good.any(axis=0)
        mean = (power * good[:, None, :]).sum(axis=0)[:, seen] / good.sum(axis=0)[seen]
        relative = np.log(mean[: len(BANDS_HZ)] / mean[len(BANDS_HZ)]).mean(axis=1)
        return {
            name: moment.known(value, quality, BANDS_S) for name, value in zip(BANDS_HZ, relative.tolist(), strict=True)
        }

    def _asymmetry(self, moment: Moment, left: int, right: int) -> Reading:
        """ln alpha right - ln alpha left: above 0 means more left-sided activity (weakly tied to approach)."""
        segments = self._recent(moment, FRONTAL_S)
        both = [s for s in segments if not s.states[left] and not s.states[right]]
        share = len(both) / max(1, len(segments))
        quality = share * stillness("eeg", moment.movement_g)
        why = moment.silence(FRONTAL_S, 0.5, self._gone(moment, (left, right), 0))
        if not why and (quality < GATE or len(both) < 3):
            why = _commonest(segments, (left, right)) or "too much movement"
        if why:
            return moment.absent(why, FRONTAL_S, quality)
        value = np.log(sum(s.power[ALPHA, right] for s in both) / sum(s.power[ALPHA, left] for s in both))
        return moment.known(float(value), quality, FRONTAL_S)

    def _theta_beta(self, moment: Moment) -> Reading:
        """ln theta - ln beta of the frontal pair, or of all channels where there is none."""
        segments = self._recent(moment, FRONTAL_S)
        channels = self._pair or self._all
        good = np.array([[not s.states[i] for i in channels] for s in segments], np.bool_)
        share = float(good.mean()) if good.size else 0.0
        quality = share * stillness("eeg", moment.movement_g)
        why = moment.silence(FRONTAL_S, 0.5, self._gone(moment, channels, len(channels) // 2))
        if not why and (quality < GATE or len(segments) < 3):
            why = _commonest(segments, channels) or "too much movement"
        if why:
            return moment.absent(why, FRONTAL_S, quality)
        power = np.array([s.power[:, channels] for s in segments])  # (segment, band, channel)
        total = (power * good[:, None, :]).sum(axis=0)[:, good.any(axis=0)]
        return moment.known(float(np.log(total[THETA] / total[BETA]).mean()), quality, FRONTAL_S)


def _states(
    finite: NDArray[np.bool_], span_uv: NDArray[np.float64], edges: NDArray[np.float64], power: NDArray[np.float64]
) -> tuple[str, ...]:
    """What is wrong with each channel, '' for nothing. Rules from the grossest to the finest."""
    _, _, _, whole, muscle, mains_50, mains_60 = power
    rules = (
        (~finite, "samples are missing"),
        (span_uv < FLAT_UV, "flat line: not worn, or the unit is not µV"),
        (span_uv > UNWORN_UV, "not worn"),
        (np.maximum(mains_50, mains_60) > MAINS_RATIO * whole, "mains hum: poor contact"),
        (edges > 0.05, "the signal is cut off at the limits of its range"),
        (muscle > MUSCLE_RATIO * whole, MUSCLE),
        (span_uv > BLINK_UV, BLINKS),
    )
    names = [""] * len(finite)
    for broken, name in reversed(rules):
        names = [name if hit else kept for hit, kept in zip(broken.tolist(), names, strict=True)]
    return tuple(names)


def _commonest(segments: list[Segment], channels: tuple[int, ...] | None = None) -> str:
    """The trouble met most often."""
    met = [state for s in segments for i, state in enumerate(s.states) if state and (not channels or i in channels)]
    return max(sorted(set(met)), key=met.count) if met else "" if segments else COLLECTING


def _frontal(channels: tuple[str, ...]) -> tuple[int, int] | None:
    """Indices of the first frontal pair that is there; 'EEG Fp1-A2' and 'FP1' are Fp1 too."""
    places = [re.split(r"[-_. ]", re.sub(r"^EEG[-_. ]*", "", name.strip(), flags=re.I))[0].upper() for name in channels]
    for left, right in FRONTAL_PAIRS:
        if left.upper() in places and right.upper() in places:
            return places.index(left.upper()), places.index(right.upper())
    return None
