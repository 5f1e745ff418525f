"""What a musical tradition is to the planner: modes, the chords that move in them, and how phrases end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CADENCES = ("authentic", "half", "plagal")


@dataclass(frozen=True)
class Mode:
    """A scale and its chord grammar.

    `intervals` are semitones above the tonic, rising from 0. `brightness` in [-1, 1] is the valence at which the
    mode is at home. `moves` maps a numeral to the numerals that may follow, with weights. `cadences` maps each of
    `CADENCES` to the two numerals that end a phrase. `darker` and `brighter` are borrowed stand-ins for a chord.
    """

    name: str
    intervals: tuple[int, ...]
    brightness: float
    moves: Mapping[str, Mapping[str, float]]
    cadences: Mapping[str, tuple[str, str]]
    darker: Mapping[str, str] = field(default_factory=dict)
    brighter: Mapping[str, str] = field(default_factory=dict)

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

    def _mentioned(self) -> set[str]:
        followers = {numeral for row in self.moves.values() for numeral in row}
        return followers | {numeral for pair in self.cadences.values() for numeral in pair}

    @property
    def home(self) -> str:
        """The tonic chord: where an authentic cadence arrives."""
        return self.cadences["authentic"][1]


@dataclass(frozen=True)
class Tradition:
    """A named set of modes. `colours` maps a chord quality ('major', 'minor') to rows of (valence from, to, suffix)."""

    name: str
    modes: tuple[Mode, ...]
    colours: Mapping[str, tuple[tuple[float, float, str], ...]]

    def mode(self, name: str) -> Mode:
        for mode in self.modes:
            if mode.name == name:
                return mode
        raise LookupError(f"no mode {name!r} in {self.name}; there are: {', '.join(m.name for m in self.modes)}")

    def mode_for(self, valence: float) -> Mode:
        """The mode whose brightness is nearest to `valence`."""
        return min(self.modes, key=lambda mode: abs(mode.brightness - valence))
