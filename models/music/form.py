"""The form of a long piece: sections in rondo order, and everything the planner remembers between bars."""

from __future__ import annotations

from dataclasses import dataclass

from models.music.harmony import Key
from models.music.plan import ROLES
from models.music.themes import Motif, Theme
from models.music.tradition import Tradition


@dataclass(frozen=True)
class Section:
    """A row of the form: which themes, what is done with them, phrase lengths in bars, how each phrase ends.

    `fifths` is the key's distance from home on the circle of fifths; `lift` is added to density and tension.
    """

    label: str
    themes: str
    treatment: str
    phrases: tuple[int, ...]
    cadences: tuple[str, ...]
    fifths: int
    lift: float


MOVEMENT = (
    Section("A", "A", "state", (4, 4), ("half", "authentic"), 0, 0.0),
    Section("A'", "A", "vary", (4, 4), ("half", "authentic"), 0, 0.04),
    Section("B", "B", "state", (4, 4), ("half", "authentic"), 1, 0.02),
    Section("A", "A", "return", (4, 4), ("half", "authentic"), 0, 0.03),
    Section("C", "C", "state", (8,), ("authentic",), -1, 0.0),
    Section("D", "AB", "develop", (6, 6), ("half", "half"), -2, 0.08),
    Section("B'", "B", "vary", (4, 4), ("half", "authentic"), 0, 0.05),
    Section("A", "A", "return", (4, 4), ("half", "authentic"), 0, 0.03),
    Section("T", "", "free", (4,), ("plagal",), 0, -0.05),
)
"""A movement of 72 bars, four to six minutes; the next one has a new home, a new C and may be in three."""

LAYOUTS: dict[int, tuple[tuple[int, int], ...]] = {  # phrase length: (theme bar, transposition) of each bar
    4: ((0, 0), (1, 0), (2, 0), (3, 0)),
    5: ((0, 0), (1, 0), (2, 0), (2, -1), (3, 0)),
    6: ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (3, 0)),
    7: ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, -1), (3, 0)),
    8: ((0, 0), (1, 0), (2, 0), (2, 1), (0, 0), (1, -1), (2, 0), (3, 0)),
}


@dataclass(frozen=True)
class Phrase:
    """One phrase as decided at its first bar: key, the numerals and raw motif of every bar, and its end."""

    key: Key
    numerals: tuple[tuple[str, ...], ...]
    cadence: tuple[str, str]
    motifs: tuple[Motif, ...]
    theme: str
    treatment: str
    pivot: bool

    @property
    def bars(self) -> int:
        return len(self.numerals)


@dataclass(frozen=True)
class Form:
    """Where the piece stands before a bar: `next_bar` makes the bar and the Form after it.

    `bar` is the next bar's number; `movement`, `section` (row of MOVEMENT), `phrase_index` and `phrase_bar` say
    where it falls. `phrase` is None before the first bar. `cycle` is a row of the tradition's cycles.
    """

    seed: int
    tradition: Tradition
    roles: tuple[str, ...]
    home: int
    themes: tuple[Theme, ...]
    bar: int = 0
    movement: int = 0
    section: int = 0
    phrase_index: int = 0
    phrase_bar: int = 0
    beats: int = 4
    phrase: Phrase | None = None
    palette: str = ""
    drums: bool = False
    cycle: int = 0

    def __post_init__(self) -> None:
        if not self.roles or not set(self.roles) <= set(ROLES):
            raise ValueError(f"roles {', '.join(self.roles) or 'none'}; expected some of {', '.join(ROLES)}")

    @property
    def row(self) -> Section:
        return MOVEMENT[self.section]

    def theme(self, letter: str) -> Theme:
        """The theme under 'A', 'B' or 'C' (the movement's own, named C, C2, C3 ...)."""
        return self.themes["ABC".index(letter)]
