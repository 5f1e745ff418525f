"""The values that music is made of, from the aim of a bar to the notes that sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from models.music.condition import NOTHING_ASKED, ROLES, Condition

__all__ = ["ROLES"]


@dataclass(frozen=True)
class Aim:
    """What one bar should express, after guidance and safety have spoken. All within [-1, 1]."""

    valence: float
    arousal: float

    def __post_init__(self) -> None:
        for name in ("valence", "arousal"):
            value = getattr(self, name)
            if not (isfinite(value) and -1 <= value <= 1):
                raise ValueError(f"{name} {value}; expected a number from -1 to 1")


@dataclass(frozen=True)
class Chord:
    """A chord of the plan: its Roman numeral, pitch classes with the root first, and where it stands in the bar."""

    numeral: str
    pitch_classes: tuple[int, ...]
    start_beat: float
    beats: float


@dataclass(frozen=True)
class ThemeNote:
    """A note of a theme, free of key: scale degree (0 is the tonic, 7 the one above), place and length in beats."""

    degree: int
    start_beat: float
    beats: float


Stroke = tuple[int, float, float]
"""A percussion stroke: General MIDI drum note, beat, accent in [0, 1]."""
FigureNote = tuple[float, float, int]
"""Beat, beats, step: steps climb the tones of the sounding chord, 0 is its root, after the last comes the octave."""


@dataclass(frozen=True)
class Idiom:
    """What a tradition asks of one bar beyond scale and chords, taken from its tables by the planner.

    `cycle` names the rhythmic cycle and `strokes` its percussion in this bar. `chords` and `bass` are the figures
    those roles play. `counter` is a key of `writing.idiomatic.JOINING`. `programs` gives each role its General MIDI
    program. `tuning` holds cents away from equal temperament by pitch class (12 from C), or is empty.
    """

    cycle: str
    strokes: tuple[Stroke, ...]
    chords: tuple[FigureNote, ...]
    bass: tuple[FigureNote, ...]
    counter: str
    programs: Mapping[str, int]
    tuning: tuple[float, ...] = ()


@dataclass(frozen=True)
class MusicPlan:
    """What one bar should be. The generator writes notes for it, the performance layer plays them.

    `scale` holds pitch classes from the tonic upwards. `theme` names the theme ('A', 'B'); `treatment`
    says what is done with it ('state', 'return', 'vary', 'develop', 'free'); `motif` is the bar's share
    of the theme, already varied, empty when the melody is free. `theme_bar` is the bar of the theme that is stated
    here for the first time, None elsewhere: a generator may then sing its own instead of `motif`. `cadence` is the
    numeral pair that ends the phrase in this bar ('' elsewhere). `density`, `register`, `polyphony` and `tension` are
    in [0, 1].
    `palette` names the row of `instruments.PALETTES` that this section keeps ('' lets the aim choose).
    `idiom` is what a tradition adds; Western bars have none.
    """

    bar: int
    aim: Aim
    tradition: str
    tonic: str
    mode: str
    scale: tuple[int, ...]
    beats: int
    tempo_bpm: float
    chords: tuple[Chord, ...]
    section: str
    phrase_bar: int
    phrase_bars: int
    cadence: str
    theme: str
    treatment: str
    motif: tuple[ThemeNote, ...]
    density: float
    polyphony: float
    register: float
    tension: float
    roles: tuple[str, ...]
    palette: str = ""
    idiom: Idiom | None = None
    theme_bar: int | None = None

    @property
    def length_s(self) -> float:
        return self.beats * 60 / self.tempo_bpm


@dataclass(frozen=True)
class Note:
    """A written note: MIDI pitch, beats from the bar line, accent in [0, 1]."""

    role: str
    pitch: int
    start_beat: float
    beats: float
    accent: float = 0.5


@dataclass(frozen=True)
class Bar:
    """The composed bar `bar`: notes without tempo or loudness, and who wrote them.

    `own_melody` says that the melody is the generator's own where the plan had a motif for it. `plan` is what it was
    written for: a generator that listens back needs it.
    """

    bar: int
    notes: tuple[Note, ...]
    generator: str
    tokens: int = 0
    own_melody: bool = False
    plan: MusicPlan | None = None


@dataclass(frozen=True)
class BarRequest:
    """A bar to be written: its plan, the bars before it (oldest first) and the chance it may use.

    `asked` holds wishes beyond the plan; each that is given stands in place of what the plan implies.
    """

    plan: MusicPlan
    previous: tuple[Bar, ...]
    seed: int
    asked: Condition = NOTHING_ASKED


class Generator(Protocol):
    """Writes bars. Stateless between calls: what it must remember stands in `previous`."""

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]: ...


@dataclass(frozen=True)
class PlayedNote:
    """A note as it sounds: seconds from the bar's start, MIDI pitch and velocity."""

    role: str
    pitch: int
    velocity: int
    start_s: float
    length_s: float


@dataclass(frozen=True)
class Turn:
    """Where a bar that sounded already was played anew: from `beat` on, `start_s` seconds after the bar line."""

    beat: int
    start_s: float
    gain_db: float


@dataclass(frozen=True)
class PerformedBar:
    """A bar as it sounds, complete: `start_s` on the session clock, `programs` the General MIDI program of each role.

    `revision` counts how often this bar was planned anew; the highest revision of a bar is the one that plays.
    `gain_db` is at most 0. `tuning` holds cents away from equal temperament by pitch class (12 from C) for all roles
    but the drums; empty means none. `gain_db` holds from the bar line, then that of each of `turns`, in order of time;
    `tempo_bpm` is the one in which the bar ends.
    """

    bar: int
    revision: int
    start_s: float
    length_s: float
    tempo_bpm: float
    beats: int
    gain_db: float
    programs: Mapping[str, int]
    notes: tuple[PlayedNote, ...]
    tuning: tuple[float, ...] = ()
    turns: tuple[Turn, ...] = ()
