"""Bars of a shard as rolls, with the wishes, chords and bar before that each is written from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.music.condition import GROUPS
from models.music.harmony import pitch_classes
from models.music.networks.bars import Given
from models.music.plan import ROLES
from models.music.rolls import HARMONY, SLOTS, SOFT_KIT, folded, places, rendered, slot_beats
from models.music.tokens import GRID, VOCABULARY
from models.music.tokens.codec import shift
from models.music.tokens.vocabulary import NUMERALS
from models.music.writing.drums import DRUM_NOTES
from models.training.corpus.shards import Shard
from models.training.music.windows import ROLE_OF, bar_conditions, evened

Ints = NDArray[np.int64]

SHORTEST = 2 * GRID  # steps: pickups and bars of an eighth or two teach no texture
LEFT_OPEN = {"rhythm": 0.6, "theme": 0.3, "roles": 0.05, "syncopation": 0.5, "style": 0.3}
OTHERS_LEFT_OPEN, ALL_LEFT_OPEN = 0.25, 0.1

VALUES = np.array([value if isinstance(value, int) else -1 for _, value in VOCABULARY.meanings])
BARS, PLACES, CHORDS, LENGTHS = (VOCABULARY.span(kind) for kind in ("bar", "place", "chord", "length"))
UP = np.array([shift(tonic) for tonic in range(12)])
STROKES = np.array([DRUM_NOTES.index(SOFT_KIT[pitch]) if pitch in SOFT_KIT else -1 for pitch in range(128)])


def _chord_table() -> NDArray[np.float32]:
    """The harmony of every chord token, and a last row of nothing."""
    table = np.zeros((len(NUMERALS) + 1, HARMONY), dtype=np.float32)
    for index, numeral in enumerate(NUMERALS):
        tones = pitch_classes(numeral, 0)
        table[index, list(tones)] = 1
        table[index, 12 + tones[0]] = 1
    return table


CHORD_TABLE = _chord_table()


@dataclass(frozen=True)
class Notes:
    """All notes of a shard in the order of their bars: index in `ROLES`, slot, slots, MIDI pitch; bar b has those from
    offsets[b] to offsets[b + 1]."""

    offsets: Ints
    role: Ints
    slot: Ints
    length: Ints
    pitch: Ints


class Rolls:
    """Draws bars with what they are written from. Raises ValueError when the shard has no bar of two beats or more."""

    def __init__(self, shard: Shard) -> None:
        first = VALUES[shard.tokens[shard.bar_offsets[:-1]]]
        self._beats = first / GRID
        self._notes, self._chords = read_notes(shard)
        self._up = UP[shard.tonic]
        self._wishes = bar_conditions(shard)
        starts = np.zeros(len(first), dtype=bool)
        starts[shard.piece_offsets[:-1][np.diff(shard.piece_offsets) > 0]] = True
        self._opening = starts
        self.bars = np.flatnonzero((first >= SHORTEST) & (np.diff(self._notes.offsets) > 0))
        if len(self.bars) == 0:
            raise ValueError("no bars to learn from; expected bars of two beats or longer that hold a note")
        self._odds = np.cumsum(evened(shard)[self.bars])

    def drawn(self, rows: int, rng: np.random.Generator) -> tuple[torch.Tensor, Given]:
        """Bars (rows, SLOTS, CHANNELS) and what they are written from, with wishes left open by chance."""
        chosen = np.minimum(np.searchsorted(self._odds, rng.random(rows) * self._odds[-1]), len(self.bars) - 1)
        bar, given = self.of(self.bars[chosen])
        return bar, Given(
            torch.from_numpy(opened(given.wishes.numpy(), rng)), given.harmony, given.places, given.before
        )

    def spread(self, rows: int, between: bool = False) -> tuple[torch.Tensor, Given]:
        """`rows` bars spread evenly over the shard, every wish told; or those that lie `between` these."""
        places = np.linspace(0, len(self.bars) - 1, 2 * rows)[int(between) :: 2]
        return self.of(self.bars[places.astype(np.int64)])

    def of(self, bars: Ints) -> tuple[torch.Tensor, Given]:
        beats, up = self._beats[bars], self._up[bars]
        where = places(beats.tolist())
        before = self._rendered(np.maximum(bars - 1, 0), up, where[..., 0])
        before[self._opening[bars]] = 0
        parts = self._wishes[bars], CHORD_TABLE[self._chords[bars]] * where[..., :1], where, before
        bar = self._rendered(bars, up, where[..., 0])
        return torch.from_numpy(bar), Given(*(torch.from_numpy(part) for part in parts))

    def _rendered(self, bars: Ints, up: Ints, inside: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rolls of bars as seen from the tonics that lie `up` semitones from C."""
        notes = self._notes
        counts = notes.offsets[bars + 1] - notes.offsets[bars]
        owner = np.repeat(np.arange(len(bars)), counts)
        chosen = np.arange(len(owner)) + np.repeat(notes.offsets[bars] - np.cumsum(counts) + counts, counts)
        role, pitch = notes.role[chosen], notes.pitch[chosen]
        row = STROKES[pitch]
        for index, name in enumerate(ROLES[:-1]):
            own = role == index
            row[own] = folded(pitch[own], name, up[owner[own]])
        heard = row >= 0
        owner, role, slot, length, row = (
            column[heard] for column in (owner, role, notes.slot[chosen], notes.length[chosen], row)
        )
        return rendered(len(bars), owner, role, slot, length, row, inside)


def read_notes(shard: Shard) -> tuple[Notes, Ints]:
    """The notes of a shard's tokens, and the chord of every slot (bars, SLOTS): a row of `CHORD_TABLE`."""
    tokens, offsets = shard.tokens.astype(np.int64), shard.bar_offsets.astype(np.int64)
    bars = len(offsets) - 1
    bar_of = np.repeat(np.arange(bars), np.diff(offsets))
    number = np.arange(len(tokens))
    placed = ((tokens >= BARS.start) & (tokens < BARS.stop)) | ((tokens >= PLACES.start) & (tokens < PLACES.stop))
    latest = np.maximum.accumulate(np.where(placed, number, 0))
    is_place = (tokens >= PLACES.start) & (tokens < PLACES.stop)
    place = np.where(is_place[latest], VALUES[tokens[latest]], 0)
    measured = (tokens >= LENGTHS.start) & (tokens < LENGTHS.stop)
    following = np.minimum.accumulate(np.where(measured, number, len(tokens) - 1)[::-1])[::-1]
    steps = VALUES[tokens[offsets[:-1]]]
    grid = np.array([slot_beats(length / GRID) * GRID for length in steps.tolist()])
    slots = np.minimum(SLOTS, np.ceil(steps / grid)).astype(np.int64)
    slot = np.minimum(np.rint(place / grid[bar_of]).astype(np.int64), slots[bar_of] - 1)
    role = ROLE_OF[tokens]
    length = np.where(role == ROLES.index("drums"), 1, np.rint(VALUES[tokens[following]] / grid[bar_of]))
    pitched = (role >= 0) & (role < ROLES.index("drums"))
    pitch = VALUES[tokens] + np.where(pitched, UP[shard.tonic][bar_of], 0)
    kept = role >= 0
    counts = np.bincount(bar_of[kept], minlength=bars)
    notes = Notes(
        np.concatenate([[0], np.cumsum(counts)]),
        role[kept],
        slot[kept],
        np.maximum(1, length[kept]).astype(np.int64),
        pitch[kept],
    )
    return notes, _chord_slots(tokens, bar_of, slot, bars)


def _chord_slots(tokens: Ints, bar_of: Ints, slot: Ints, bars: int) -> Ints:
    """Each chord stands until the next one in its bar."""
    chords = np.full((bars, SLOTS), -1, dtype=np.int64)
    own = np.flatnonzero((tokens >= CHORDS.start) & (tokens < CHORDS.stop))
    chords[bar_of[own], slot[own]] = tokens[own] - CHORDS.start
    last = np.maximum.accumulate(np.where(chords >= 0, np.arange(SLOTS), 0), axis=1)
    return np.take_along_axis(chords, last, axis=1)


def opened(wishes: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The wishes (n, SIZE) with some left open by chance: all of a bar's, or single ones."""
    left = wishes.copy()
    for name, span in GROUPS.items():
        left[rng.random(len(left)) < LEFT_OPEN.get(name, OTHERS_LEFT_OPEN), span] = 0
    roles = GROUPS["roles"]
    nothing = rng.random(len(left)) < ALL_LEFT_OPEN
    left[nothing, : roles.start] = 0
    return left
