"""The vocabulary of role tokens as one table, and which kind of token may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from models.music.harmony import pitch_classes

GRID = 12  # steps per beat: sixteenths (3) and triplets (4) both fall on it
LONGEST = 8 * GRID  # of a bar and of a note, in steps
LOWEST, HIGHEST = 21, 108  # MIDI pitches of the pitched roles, A0 to C8
FARTHEST_DOWN, FARTHEST_UP = 5, 6  # semitones by which key-relative pitches are shifted
PITCHED_ROLES = ("melody", "counter", "chords", "bass")
DRUM_PITCHES = range(35, 82)  # General MIDI percussion

ROOTS = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
MAJOR_SUFFIXES = ("", "6", "7", "maj7", "add9", "+", "5", "sus2", "sus4")
MINOR_SUFFIXES = ("", "6", "7", "maj7", "add9", "°", "°7", "ø7")


def _lowered(root: str) -> str:
    return root[:-1].replace("I", "i").replace("V", "v") + root[-1].lower()


NUMERALS = tuple(root + suffix for root in ROOTS for suffix in MAJOR_SUFFIXES) + tuple(
    _lowered(root) + suffix for root in ROOTS for suffix in MINOR_SUFFIXES
)
CANONICAL: Mapping[tuple[int, ...], str] = {pitch_classes(numeral, 0): numeral for numeral in NUMERALS}
"""By pitch classes above the tonic, root first: the one spelling that a chord token has."""

Value = int | str


@dataclass(frozen=True)
class Section:
    """One kind of token: its values in order of their ids, and what they mean."""

    kind: str
    values: tuple[Value, ...]
    meaning: str


_PITCHES = tuple(range(LOWEST - FARTHEST_UP, HIGHEST + FARTHEST_DOWN + 1))
SECTIONS = (
    Section("special", ("pad", "start", "end"), "filling; before the first bar; after the last"),
    Section("bar", tuple(range(3, LONGEST + 1, 3)), "a bar line and the bar's length in steps; the place is 0 again"),
    Section("chord", NUMERALS, "a Roman numeral from this place on, relative to the bar's tonic"),
    Section("place", tuple(range(1, LONGEST)), "steps from the bar line; place 0 is not written"),
    Section("melody", _PITCHES, "MIDI pitch less the key's shift; sounds for the next length"),
    Section("counter", _PITCHES, "as melody"),
    Section("chords", _PITCHES, "as melody: the texture, a token a tone"),
    Section("bass", _PITCHES, "as melody"),
    Section("drums", tuple(DRUM_PITCHES), "a General MIDI percussion stroke; takes no length"),
    Section("length", tuple(range(1, LONGEST + 1)), "steps, of every pitch since the last length or place"),
)
_NEXT = {"place", "bar", "special"}
FOLLOWERS: Mapping[str, frozenset[str]] = {
    "special": frozenset({"bar", "special"}),
    "bar": frozenset({"chord", "drums", *PITCHED_ROLES} | _NEXT),
    "chord": frozenset({"drums", *PITCHED_ROLES} | _NEXT),
    "place": frozenset({"chord", "drums", *PITCHED_ROLES}),
    "drums": frozenset({"drums", *PITCHED_ROLES} | _NEXT),
    **{role: frozenset({*PITCHED_ROLES, "length"}) for role in PITCHED_ROLES},
    "length": frozenset({*PITCHED_ROLES} | _NEXT),
}
"""Which kinds may stand after a kind: the mask of a decoder that can write nothing malformed."""


@dataclass(frozen=True)
class Vocabulary:
    """Ids for kinds and values. `ids[kind, value]` is a token, `meanings[token]` its (kind, value)."""

    sections: tuple[Section, ...]

    @cached_property
    def meanings(self) -> tuple[tuple[str, Value], ...]:
        return tuple((section.kind, value) for section in self.sections for value in section.values)

    @cached_property
    def ids(self) -> Mapping[tuple[str, Value], int]:
        return {meaning: token for token, meaning in enumerate(self.meanings)}

    def __len__(self) -> int:
        return len(self.meanings)

    def span(self, kind: str) -> range:
        """The tokens of a kind."""
        first = 0
        for section in self.sections:
            if section.kind == kind:
                return range(first, first + len(section.values))
            first += len(section.values)
        raise LookupError(f"no tokens of kind {kind!r}; there are: {', '.join(s.kind for s in self.sections)}")


VOCABULARY = Vocabulary(SECTIONS)
