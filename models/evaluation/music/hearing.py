"""A passage as numbers, made apart from `models.music.measures`: what the independent judge hears.

Key by the Kostka-Payne profiles (Temperley 2007), where the rule takes Krumhansl's; roughness by interval class only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.plan import PerformedBar

Array = NDArray[np.float64]

NAMES = (
    "onsets a second", "notes a second", "tempo", "velocity", "spread of velocity", "pitch", "lowest pitches",
    "highest pitches", "note length", "articulation", "majorness", "key clarity", "dissonance", "pitch-class entropy",
    "polyphony", "spread of pitch", "unevenness", "melodic interval",
)  # fmt: skip
MAJOR = np.array([0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400])
MINOR = np.array([0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330])
ROUGH = np.array([0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5, 1.0])
"""By interval modulo 12: seconds, sevenths and the tritone."""
SAME_ONSET_S = 0.04
FRAME_S = 0.05


@dataclass(frozen=True)
class Passage:
    """Pitched notes as columns (n,): start and length in seconds, MIDI pitch, velocity; how long; beats a minute."""

    start_s: Array
    length_s: Array
    pitch: Array
    velocity: Array
    seconds: float
    tempo_bpm: float


def passage(bars: Sequence[PerformedBar]) -> Passage:
    """Consecutive bars, drums left out."""
    rows = [
        (bar.start_s + note.start_s - bars[0].start_s, note.length_s, note.pitch, note.velocity)
        for bar in bars
        for note in bar.notes
        if note.role != "drums"
    ]
    columns = np.array(sorted(rows), dtype=float).reshape(-1, 4).T
    seconds = sum(bar.length_s for bar in bars)
    tempo = sum(bar.tempo_bpm * bar.length_s for bar in bars) / seconds
    return Passage(columns[0], columns[1], columns[2], columns[3], seconds, tempo)


def features(heard: Passage) -> Array:
    """`NAMES` of the passage, (18,); all NaN where nothing sounds. Rates, tempo and lengths as octaves (log 2)."""
    if not len(heard.pitch):
        return np.full(len(NAMES), np.nan)
    onsets = _onsets(heard)
    gaps = np.diff(onsets) if len(onsets) > 2 else np.array([heard.seconds, heard.seconds])
    major, minor, entropy = _key(heard)
    top = np.array([heard.pitch[np.abs(heard.start_s - at) < SAME_ONSET_S].max() for at in onsets])
    return np.array([
        np.log2(len(onsets) / heard.seconds),
        np.log2(len(heard.pitch) / heard.seconds),
        np.log2(heard.tempo_bpm),
        heard.velocity.mean(),
        heard.velocity.std(),
        heard.pitch.mean(),
        np.percentile(heard.pitch, 10),
        np.percentile(heard.pitch, 90),
        np.log2(max(heard.length_s.mean(), 0.02)),
        _articulation(heard, onsets),
        major - minor,
        max(major, minor),
        _dissonance(heard),
        entropy,
        np.log2(max(heard.length_s.sum() / heard.seconds, 0.1)),
        heard.pitch.std(),
        gaps.std() / gaps.mean(),
        np.abs(np.diff(top)).mean() if len(top) > 1 else 0.0,
    ])  # fmt: skip


def _onsets(heard: Passage) -> Array:
    """Moments at which something begins; notes less than 40 ms apart begin together."""
    distinct = np.concatenate([[True], np.diff(heard.start_s) >= SAME_ONSET_S])
    onsets: Array = heard.start_s[distinct]
    return onsets


def _key(heard: Passage) -> tuple[float, float, float]:
    """Correlation of the histogram with the best major and the best minor key, and its entropy in bits."""
    histogram = np.bincount(heard.pitch.astype(int) % 12, weights=heard.length_s, minlength=12)
    share = histogram[histogram > 0] / histogram.sum()
    entropy = float(-(share * np.log2(share)).sum())
    if np.ptp(histogram) == 0:
        return 0.0, 0.0, entropy
    turned = np.stack([np.roll(histogram, -tonic) for tonic in range(12)])
    turned = (turned - turned.mean()) / turned.std()
    major, minor = ((turned @ ((p - p.mean()) / p.std())).max() / 12 for p in (MAJOR, MINOR))
    return float(major), float(minor), entropy


def _articulation(heard: Passage, onsets: Array) -> float:
    """Mean of a note's length over the time to the next onset of any note, at most 2 each."""
    after = np.searchsorted(onsets, heard.start_s + SAME_ONSET_S)
    followed = after < len(onsets)
    if not followed.any():
        return 1.0
    gap = onsets[after[followed]] - heard.start_s[followed]
    return float(np.minimum(2.0, heard.length_s[followed] / gap).mean())


def _dissonance(heard: Passage) -> float:
    """Mean roughness of all pairs of pitch classes that sound in the same twentieth of a second."""
    frames = np.arange(0.0, heard.seconds, FRAME_S)
    sounding = np.zeros((len(frames), 12))
    first = np.searchsorted(frames, heard.start_s)
    last = np.searchsorted(frames, heard.start_s + heard.length_s)
    for begin, end, pitch in zip(first, last, heard.pitch.astype(int) % 12, strict=True):
        sounding[begin:end, pitch] = 1.0
    together = np.einsum("fi,fj->ij", sounding, sounding)
    distance = (np.arange(12)[:, None] - np.arange(12)[None, :]) % 12
    pairs = together * (distance > 0)
    return float((pairs * ROUGH[distance]).sum() / pairs.sum()) if pairs.any() else 0.0
