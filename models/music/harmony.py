"""Roman numerals, scales, cadences and the path of chords that leads to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.music.tradition import Mode, Tradition

TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR_STEPS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
ACCIDENTALS = {"": 0, "b": -1, "#": 1}
NUMERAL = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")

THIRD = {"major": 4, "minor": 3}
SUFFIXES: dict[str, tuple[int | None, ...]] = {  # semitones above the root; None is the third of the case
    "": (0, None, 7),
    "°": (0, 3, 6),
    "+": (0, 4, 8),
    "5": (0, 7),
    "6": (0, None, 7, 9),
    "7": (0, None, 7, 10),
    "maj7": (0, None, 7, 11),
    "°7": (0, 3, 6, 9),
    "ø7": (0, 3, 6, 10),
    "add9": (0, None, 7, 2),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
}
FUNCTIONS = ("tonic", "subdominant", "dominant")
FUNCTION_OF_ROOT = (0, 1, 1, 0, 0, 1, 2, 2, 1, 0, 2, 2)  # index into FUNCTIONS by semitones above the tonic


@dataclass(frozen=True)
class Key:
    """A tonic (pitch class) and the name of a mode."""

    tonic: int
    mode: str


@dataclass(frozen=True)
class Numeral:
    """A Roman numeral taken apart: root in semitones above the tonic, 'major' or 'minor' by its case, suffix."""

    plain: str
    root: int
    quality: str
    suffix: str


def parse(text: str) -> Numeral:
    """Read 'bVIImaj7'. Raises ValueError naming the suffixes there are."""
    match = NUMERAL.fullmatch(text)
    if match is None:
        raise ValueError(f"numeral {text!r}; expected a Roman numeral such as I, bVII or vi7")
    accidental, letters, suffix = match.group(1) or "", match.group(2), match.group(3)
    if suffix not in SUFFIXES:
        raise ValueError(f"numeral {text!r}: no chord {suffix!r}; there are: {', '.join(filter(None, SUFFIXES))}")
    root = (MAJOR_STEPS[letters.upper()] + ACCIDENTALS[accidental]) % 12
    return Numeral(accidental + letters, root, "major" if letters.isupper() else "minor", suffix)


def pitch_classes(numeral: str, tonic: int) -> tuple[int, ...]:
    """The chord's pitch classes, root first."""
    chord = parse(numeral)
    steps = (THIRD[chord.quality] if step is None else step for step in SUFFIXES[chord.suffix])
    return tuple((tonic + chord.root + step) % 12 for step in steps)


def function(numeral: str) -> str:
    """'tonic', 'subdominant' or 'dominant', by the root alone."""
    return FUNCTIONS[FUNCTION_OF_ROOT[parse(numeral).root]]


def scale(mode: Mode, tonic: int) -> tuple[int, ...]:
    """Pitch classes from the tonic upwards."""
    return tuple((tonic + step) % 12 for step in mode.intervals)


@lru_cache(maxsize=4096)
def bends(chord: tuple[int, ...], scale: tuple[int, ...]) -> Mapping[int, int]:
    """Which degrees (0 is the tonic) the chord's root, third or fifth alter, and to which pitch class.

    A root outside the scale is the lowered form of the tone above it, but the raised seventh when that is the tonic.
    Only seven-tone scales spell chords in thirds; others are never bent.
    """
    if len(scale) != 7:
        return {}
    root = chord[0]
    spelled = root if root in scale else (root + 1) % 12 if (root + 1) % 12 != scale[0] else (root - 1) % 12
    if spelled not in scale:
        return {}
    place = scale.index(spelled)
    return {(place + 2 * third) % 7: tone for third, tone in enumerate(chord[:3]) if tone not in scale}


def inflected(pitch_class: int, chord: tuple[int, ...], scale: tuple[int, ...]) -> int:
    """The scale tone as the chord bends it: a raised leading tone or a borrowed third replaces its own degree."""
    return bends(chord, scale).get(scale.index(pitch_class), pitch_class)


def pivots(old_scale: tuple[int, ...], mode: Mode, tonic: int) -> list[str]:
    """Chords of the new key that already lie in the old scale, in the order of the mode's grammar."""
    return [numeral for numeral in mode.moves if set(pitch_classes(numeral, tonic)) <= set(old_scale)]


def progression(
    mode: Mode, start: str, steps: int, cadence: tuple[str, str], rng: np.random.Generator
) -> tuple[str, ...]:
    """`steps` numerals from `start` that end in the two of `cadence`, drawn from the mode's grammar.

    The walk is drawn from the Markov chain of `mode.moves` conditioned on arriving: each step is weighted by the
    chance of still reaching the cadence. Where the grammar cannot arrive in time the cadence is placed all the same.
    """
    if steps < 3:
        raise ValueError(f"{steps} chords; expected 3 or more: a beginning and a cadence")
    numerals = list(mode.moves)
    weights = np.array([[mode.moves[a].get(b, 0.0) for b in numerals] for a in numerals])
    weights = weights / weights.sum(axis=1, keepdims=True)
    arriving = np.zeros(len(numerals))
    arriving[numerals.index(cadence[0])] = 1.0
    reach = [arriving]  # reach[k][i]: chance to stand on cadence[0] after k steps from chord i
    for _ in range(steps - 2):
        reach.append(weights @ reach[-1])
    path = [numerals.index(start)]
    for left in range(steps - 3, 0, -1):
        odds = weights[path[-1]] * reach[left]
        path.append(_draw(odds if odds.any() else weights[path[-1]], rng))
    return (*(numerals[index] for index in path), *cadence)


def _draw(odds: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rng: np.random.Generator) -> int:
    return int(rng.choice(len(odds), p=odds / odds.sum()))


def coloured(
    numeral: str, tradition: Tradition, key: Key, valence: float, rng: np.random.Generator, amount: float
) -> str:
    """The chord with the tone that valence adds, when that tone lies in the scale; `amount` is the share coloured."""
    chord = parse(numeral)
    if chord.suffix or rng.random() >= amount:
        return numeral
    rows = tradition.colours.get(chord.quality, ())
    tones = set(scale(tradition.mode(key.mode), key.tonic)) | set(pitch_classes(numeral, key.tonic))
    fitting = [
        numeral + suffix
        for low, high, suffix in rows
        if low <= valence <= high and set(pitch_classes(numeral + suffix, key.tonic)) <= tones
    ]
    return str(rng.choice(fitting)) if fitting else numeral


def borrowed(numeral: str, mode: Mode, valence: float, slack: float = 0.3) -> str:
    """The stand-in from a darker or brighter mode when valence has left the mode's brightness by more than `slack`."""
    if valence < mode.brightness - slack:
        return mode.darker.get(numeral, numeral)
    if valence > mode.brightness + slack:
        return mode.brighter.get(numeral, numeral)
    return numeral
