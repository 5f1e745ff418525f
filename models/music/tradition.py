"""What a musical tradition is to the planner: modes, the chords that move in them, and how phrases end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.music.plan import FigureNote, Stroke

CADENCES = ("authentic", "half", "plagal")
THEME_BEATS = 4
WIDEST_CENTS = 63
"""What a scale/octave tuning message can say; more than a quarter tone is the next semitone's anyway."""
MOST_TUNINGS = 2
"""Besides equal temperament: a player keeps a channel of each role for every one of them."""
PACES = ("still", "flowing", "lively")

StrokeRows = tuple[tuple[float, tuple[Stroke, ...]], ...]
FigureRows = tuple[tuple[float, tuple[FigureNote, ...]], ...]
Ensemble = tuple[int, int, int, int]  # General MIDI programs of melody, counter, chords, bass


def sung(letters: str, *phrases: str) -> tuple[tuple[int, ...], ...]:
    """Phrases in the tradition's own letters as scale degrees: with 'SRGPD', "D, S R' P" is -1, 0, 6, 3.

    A comma puts the tone an octave lower, an apostrophe an octave higher. Raises ValueError for another letter.
    """
    return tuple(tuple(_degree(word, letters) for word in phrase.split()) for phrase in phrases)


def _degree(word: str, letters: str) -> int:
    letter, marks = word[:1], word[1:]
    if letter not in letters or set(marks) - {"'", ","}:
        raise ValueError(f"tone {word!r}; expected one of {' '.join(letters)}, with ' above or , below")
    return letters.index(letter) + len(letters) * (marks.count("'") - marks.count(","))


def beaten(pattern: str, step: float, sounds: Mapping[str, Sequence[tuple[int, float]]]) -> tuple[Stroke, ...]:
    """Strokes of a pattern: its words, or the letters of a single word, one every `step` beats; '.' and '-' rest.

    `sounds` gives each stroke's drums and accents. Raises ValueError for a stroke that it does not hold.
    """
    words = pattern.split() if " " in pattern else list(pattern)
    if strange := sorted(set(words) - set(sounds) - {".", "-"}):
        raise ValueError(f"strokes {', '.join(strange)}; expected . or - or one of {', '.join(sounds)}")
    return tuple(
        (drum, place * step, accent) for place, word in enumerate(words) for drum, accent in sounds.get(word, ())
    )


def rung(steps: Sequence[int], every: float, beats: int) -> tuple[FigureNote, ...]:
    """A figure of a bar of `beats`: the steps in turn, one `every` so many beats, each ringing to the bar's end."""
    starts = [every * place for place in range(round(beats / every))]
    return tuple((start, beats - start, steps[place % len(steps)]) for place, start in enumerate(starts))


@dataclass(frozen=True)
class Mode:
    """A scale and its chord grammar.

    `intervals` are semitones above the tonic, rising from 0. `brightness` in [-1, 1] is the valence at which the
    mode is at home. `moves` maps a numeral to the numerals that may follow, with weights. `cadences` maps each of
    `CADENCES` to the two numerals that end a phrase. `darker` and `brighter` are borrowed stand-ins for a chord.

    A mode with `rests` is sung by its own grammar instead of by its chords. Scale degrees count from 0: `rests` are
    where long notes stay, `finals` where each cadence ends, `ascent` and `descent` the degrees that may be reached
    from below and from above (empty: all), `phrases` its characteristic turns. `cents` maps an interval to its
    distance from equal temperament.
    """

    name: str
    intervals: tuple[int, ...]
    brightness: float
    moves: Mapping[str, Mapping[str, float]]
    cadences: Mapping[str, tuple[str, str]]
    darker: Mapping[str, str] = field(default_factory=dict)
    brighter: Mapping[str, str] = field(default_factory=dict)
    rests: tuple[int, ...] = ()
    finals: Mapping[str, int] = field(default_factory=dict)
    ascent: tuple[int, ...] = ()
    descent: tuple[int, ...] = ()
    phrases: tuple[tuple[int, ...], ...] = ()
    cents: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rising = list(self.intervals) == sorted(set(self.intervals))
        if not (rising and self.intervals[:1] == (0,) and self.intervals[-1] < 12):
            raise ValueError(f"mode {self.name}: intervals {self.intervals}; expected rising semitones from 0 to 11")
        if not -1 <= self.brightness <= 1:
            raise ValueError(f"mode {self.name}: brightness {self.brightness}; expected -1 to 1")
        if missing := [kind for kind in CADENCES if kind not in self.cadences]:
            raise ValueError(f"mode {self.name}: no cadence {', '.join(missing)}")
        if lost := sorted(self._mentioned() - set(self.moves)):
            raise ValueError(f"mode {self.name}: {', '.join(lost)} lead nowhere; every chord needs a row in moves")
        if self.rests:
            self._check_grammar()

    def _check_grammar(self) -> None:
        size = len(self.intervals)
        if strays := {*self.rests, *self.ascent, *self.descent, *self.finals.values()} - set(range(size)):
            raise ValueError(f"mode {self.name}: degrees {sorted(strays)}; expected 0 to {size - 1}")
        if missing := [kind for kind in CADENCES if kind not in self.finals]:
            raise ValueError(f"mode {self.name}: no final for {', '.join(missing)}")
        if not self.phrases or not all(self.phrases):
            raise ValueError(f"mode {self.name}: no characteristic phrase; expected one or more with tones")
        unreached = set(self.finals.values()) - (set(self.ascent or range(size)) & set(self.descent or range(size)))
        if unreached:
            raise ValueError(f"mode {self.name}: final {sorted(unreached)} lies outside ascent or descent")
        if strays := {interval for interval in self.cents if interval not in self.intervals}:
            raise ValueError(f"mode {self.name}: cents for {sorted(strays)}; expected some of {self.intervals}")
        if wide := [cents for cents in self.cents.values() if abs(cents) > WIDEST_CENTS]:
            raise ValueError(f"mode {self.name}: {wide} cents; expected -{WIDEST_CENTS} to {WIDEST_CENTS}")

    def _mentioned(self) -> set[str]:
        followers = {numeral for row in self.moves.values() for numeral in row}
        return followers | {numeral for pair in self.cadences.values() for numeral in pair}

    @property
    def home(self) -> str:
        """The tonic chord: where an authentic cadence arrives."""
        return self.cadences["authentic"][1]


@dataclass(frozen=True)
class Cycle:
    """A rhythmic cycle: tala, iqa', timeline or metre, `bars` bars of `beats` beats.

    `places` says where the four beats of a theme and its end fall in the bar (five numbers, or nine for half beats);
    onsets are drawn to the nearest of `pulses` per beat. `strokes` are rows of (from this arousal, strokes added), in
    beats of the whole cycle; `chords` and `bass` rows of (up to this density, figure), in beats of each bar.
    """

    name: str
    beats: int
    bars: int
    places: tuple[float, ...]
    pulses: int
    strokes: StrokeRows
    chords: FigureRows
    bass: FigureRows

    def __post_init__(self) -> None:
        if len(self.places) not in (THEME_BEATS + 1, 2 * THEME_BEATS + 1) or list(self.places) != sorted(self.places):
            raise ValueError(f"cycle {self.name}: places {self.places}; expected five or nine numbers that rise")
        if (self.places[0], self.places[-1]) != (0, self.beats):
            raise ValueError(f"cycle {self.name}: places {self.places}; expected 0 first and {self.beats} last")
        if outside := [s for _, row in self.strokes for s in row if not 0 <= s[1] < self.beats * self.bars]:
            raise ValueError(f"cycle {self.name}: strokes {outside} outside its {self.beats * self.bars} beats")
        for rows in (self.chords, self.bass):
            if not rows or rows[-1][0] <= 1:
                raise ValueError(f"cycle {self.name}: figures end at density {rows[-1][0] if rows else 0}; expected 1")
            if long := [note for _, row in rows for note in row if note[0] + note[1] > self.beats + 1e-9]:
                raise ValueError(f"cycle {self.name}: {long} end after the bar's {self.beats} beats")


@dataclass(frozen=True)
class Tradition:
    """A named set of modes. `colours` maps a chord quality ('major', 'minor') to rows of (valence from, to, suffix).

    `cycles` take turns from movement to movement. `ensembles` maps each of `PACES` to rows that take turns from section
    to section. `counter` is a key of `writing.idiomatic.JOINING`. A tradition that does not travel keeps its tonic for
    a whole movement. Without cycles it is written as Western: by metre, texture and counterpoint.
    """

    name: str
    modes: tuple[Mode, ...]
    colours: Mapping[str, tuple[tuple[float, float, str], ...]]
    cycles: tuple[Cycle, ...] = ()
    ensembles: Mapping[str, tuple[Ensemble, ...]] = field(default_factory=dict)
    counter: str = ""
    travels: bool = True

    def __post_init__(self) -> None:
        if self.cycles and (lost := [pace for pace in PACES if not self.ensembles.get(pace)]):
            raise ValueError(f"tradition {self.name}: no ensemble for {', '.join(lost)}")
        if len(tunings := {cents for mode in self.modes for cents in mode.cents.values() if cents}) > MOST_TUNINGS:
            raise ValueError(f"tradition {self.name}: {sorted(tunings)} cents; expected at most {MOST_TUNINGS} values")
        if self.cycles and (bare := [mode.name for mode in self.modes if not mode.rests]):
            raise ValueError(
                f"tradition {self.name}: {', '.join(bare)} without rests; cycles need a mode's own grammar"
            )

    def mode(self, name: str) -> Mode:
        for mode in self.modes:
            if mode.name == name:
                return mode
        raise LookupError(f"no mode {name!r} in {self.name}; there are: {', '.join(m.name for m in self.modes)}")

    def mode_for(self, valence: float) -> Mode:
        """The mode whose brightness is nearest to `valence`."""
        return min(self.modes, key=lambda mode: abs(mode.brightness - valence))
