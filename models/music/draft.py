"""One bar being written token by token: what may come next, so that nothing malformed or outside its frame can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.music.tokens import GRID, VOCABULARY
from models.music.tokens.codec import ORDER

Mask = NDArray[np.bool_]

SIZE = len(VOCABULARY)
KIND_OF = tuple(kind for kind, _ in VOCABULARY.meanings)
VALUE_OF = tuple(value for _, value in VOCABULARY.meanings)
PLACES, LENGTHS = VOCABULARY.span("place"), VOCABULARY.span("length")
CHORD = -1
"""The order of a chord: before all roles of its place."""
MOST_AT_A_PLACE: Mapping[str, int] = {"drums": 4, "melody": 1, "counter": 1, "chords": 4, "bass": 1}
MOST_TOKENS = 150
"""A bar that has grown this long takes only what is still due."""
IN_HAND = 2
UNDER = frozenset({"counter", "chords"})
"""Roles that keep below the melody's last note."""
BY_ORDER = tuple(sorted(ORDER, key=lambda role: ORDER[role]))


@dataclass(frozen=True)
class Due:
    """Something that must stand at a place: one of the tokens of `mask`, sounding `least` to `most` steps."""

    place: int
    order: int
    mask: Mask
    least: int = 1
    most: int = 96


@dataclass(frozen=True)
class Frame:
    """What is settled of a bar before it is written.

    `steps`: its length on the grid. `opening`: its bar token. `due`: what must stand in it, by place and order.
    `voices`: for each role the model may write, rows of (from this place, tokens that it may sing), (SIZE,) each.
    `silent_from`: the place from which a role rests. `rhythm`: the only places of onsets, None for any.
    `most`: how many notes a role may sing in all; `least`: how many steps each of them sounds at least.
    `passing`: tokens that are not of the sounding chord, which sound `PASSING` steps at most; by place as `voices`.
    """

    steps: int
    opening: int
    due: tuple[Due, ...]
    voices: Mapping[str, tuple[tuple[int, Mask], ...]]
    silent_from: Mapping[str, int] = field(default_factory=dict)
    rhythm: frozenset[int] | None = None
    most: Mapping[str, int] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    passing: tuple[tuple[int, Mask], ...] = ()

    def writable(self, role: str, place: int) -> bool:
        return role in self.voices and place < self.silent_from.get(role, self.steps)


SIXTEENTH, TRIPLET = GRID // 4, GRID // 3
PASSING = GRID * 3 // 2 - 1


def at(rows: tuple[tuple[int, Mask], ...], place: int) -> Mask:
    """The row that holds at a place."""
    return next(mask for start, mask in reversed(rows) if start <= place)


class Draft:
    """Grows by `write`; `allowed` says what may come. Done when the next bar line is written."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.tokens = [frame.opening]
        self.done = False
        self.place, self._order, self._fresh, self._notes = 0, CHORD, False, 0
        self._due = sorted(frame.due, key=lambda due: (due.place, due.order))
        self._counts: dict[str, int] = {}  # of each role at this place
        self._sung: dict[str, int] = {}  # and in the whole bar
        self._top: int | None = None  # what the melody sang last, as its token's value
        self._sounding: list[int] = []  # tokens that wait for a length
        self._least, self._most = 1, frame.steps

    def allowed(self) -> Mask:
        """The tokens that may come next, (SIZE,); at least one is."""
        due = self._due[0] if self._due and self._due[0].place == self.place else None
        if due is not None and due.order == CHORD:
            return due.mask
        mask = np.zeros(SIZE, dtype=bool)
        self._allow_notes(mask, due)
        if self._sounding:
            mask[LENGTHS.start + self._least - 1 : LENGTHS.start + max(self._least, self._most)] = True
        elif due is None and not self._fresh:
            self._allow_moving_on(mask)
        if not mask.any():
            raise AssertionError(f"nothing may follow {self.tokens} at place {self.place}")
        return mask

    def _allow_notes(self, mask: Mask, due: Due | None) -> None:
        last = due.order if due else len(BY_ORDER)
        for role in BY_ORDER[max(0, self._order) : last]:
            if self._may(role):
                mask |= self._ascending(role)
        if due is not None and self._overlaps(due.least, due.most):
            mask |= due.mask

    def _may(self, role: str) -> bool:
        return (
            len(self.tokens) < MOST_TOKENS
            and self.frame.writable(role, self.place)
            and self._counts.get(role, 0) < MOST_AT_A_PLACE[role]
            and self._left(role, self.place)
            and (self.frame.rhythm is None or self.place in self.frame.rhythm)
        )

    def _left(self, role: str, place: int) -> bool:
        """Whether the role has notes left at a place: they are spread over the bar, with two in hand."""
        most = self.frame.most.get(role)
        return most is None or self._sung.get(role, 0) < min(most, IN_HAND + most * place // self.frame.steps)

    def _ascending(self, role: str) -> Mask:
        """What the role may sing here; a second tone above the first."""
        mask = self._under_melody(role, at(self.frame.voices[role], self.place))
        last = self.tokens[-1]
        if self._counts.get(role, 0):
            mask = mask.copy()
            mask[: (last if KIND_OF[last] == role else self._highest(role)) + 1] = False
        return mask

    def _under_melody(self, role: str, mask: Mask) -> Mask:
        """Without what lies above the melody, unless nothing were left."""
        if self._top is None or role not in UNDER:
            return mask
        below = mask.copy()
        below[VOCABULARY.ids[role, self._top] :] = False
        return below if below.any() else mask

    def _highest(self, role: str) -> int:
        return max(token for token in self.tokens[self._here :] if KIND_OF[token] == role)

    @property
    def _here(self) -> int:
        """Where the tokens of this place begin."""
        return next((i for i in range(len(self.tokens) - 1, 0, -1) if KIND_OF[self.tokens[i]] == "place"), 0)

    def _overlaps(self, least: int, most: int) -> bool:
        return not self._sounding or max(least, self._least) <= min(most, self._most)

    def _allow_moving_on(self, mask: Mask) -> None:
        until = self._due[0].place if self._due else self.frame.steps
        for place in range(self.place + 1, until):
            if (place % SIXTEENTH == 0 or place % TRIPLET == 0) and self._could_write(place):
                mask[PLACES.start + place - 1] = True
        if self._due:
            mask[PLACES.start + until - 1] = True
        elif self._notes or not mask.any():
            mask[self.frame.opening] = True

    def _could_write(self, place: int) -> bool:
        rhythm = self.frame.rhythm
        return (
            len(self.tokens) < MOST_TOKENS - 1
            and (rhythm is None or place in rhythm)
            and any(self._left(role, place) and self.frame.writable(role, place) for role in self.frame.voices)
        )

    def write(self, token: int) -> None:
        """Adds a token that `allowed` allows."""
        kind = KIND_OF[token]
        if kind == "bar":
            self.done = True
            return
        self.tokens.append(token)
        self._fresh = kind == "place"
        if kind == "place":
            self.place, self._order, self._counts = int(VALUE_OF[token]), CHORD, {}
        if kind in ("place", "length"):
            self._sounding, self._least, self._most = [], 1, self.frame.steps - self.place
        elif kind == "chord":
            self._due.pop(0)
        else:
            self._sing(token, kind)

    def _sing(self, token: int, role: str) -> None:
        self._order = ORDER[role]
        self._counts[role] = self._counts.get(role, 0) + 1
        self._sung[role] = self._sung.get(role, 0) + 1
        self._notes += 1
        most = self.frame.steps - self.place
        least = min(self.frame.least.get(role, 1), most)
        due = self._due[0] if self._due else None
        if due is not None and (due.place, due.order) == (self.place, self._order):
            self._due.pop(0)
            least, most = due.least, due.most
        elif role == "melody" and self.frame.passing and at(self.frame.passing, self.place)[token]:
            most = min(most, PASSING)
        if role == "melody":
            self._top = int(VALUE_OF[token])
        if role != "drums":
            self._sounding.append(token)
            self._least, self._most = max(self._least, least), min(self._most, most)
