"""Windows of bars from the shards as batches: tokens, the conditions of their bars, and chance in what is left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.music.condition import CONTINUOUS, EIGHTHS, GROUPS, SIZE, STYLES, THEMES, assembled
from models.music.plan import ROLES
from models.music.tokens import VOCABULARY
from models.training.corpus.shards import Shard

PAD = VOCABULARY.ids["special", "pad"]
NOTHING_ASKED = 0.1  # of windows: the unconditional half of classifier-free guidance
BAR_UNASKED = 0.1  # of bars: a bar asked nothing after bars that were, as guidance asks it
LEFT_OPEN = 0.25  # of single wishes, over a whole window
MOOD_LEFT_OPEN, DETAIL_LEFT_OPEN = 0.2, 0.3  # valence and arousal together; all low-level features together
THINNED = 0.2  # of windows lose a role
RAREST = 4.0  # a window in a thin part of the plane is drawn at most this much more often than the mean
CELLS = 8  # by CELLS: the plane's grid for that

KIND = np.array([("special", "bar", "chord", "place", *("note",) * 5, "length").index(
    "note" if kind in ROLES else kind) for kind, _ in VOCABULARY.meanings])  # fmt: skip
ROLE_OF = np.array([ROLES.index(kind) if kind in ROLES else -1 for kind, _ in VOCABULARY.meanings])
CHORD_TOKENS, PLACE_TOKENS, LENGTH_TOKENS = (VOCABULARY.span(kind) for kind in ("chord", "place", "length"))


@dataclass(frozen=True)
class Batch:
    """`tokens` (rows, T + 1) int64 filled with 0, `conditions` (rows, bars, SIZE), `bar_of` (rows, T + 1)."""

    tokens: NDArray[np.int64]
    conditions: NDArray[np.float32]
    bar_of: NDArray[np.int64]


class Windows:
    """Draws windows of `length` tokens, each from a bar line on; `odds` (bars,) that it is this one, or evened ones.

    Raises ValueError for a shard without bars.
    """

    def __init__(self, shard: Shard, length: int, odds: NDArray[np.float64] | None = None) -> None:
        if not len(shard.style):
            raise ValueError("no bars to draw windows from; expected at least one")
        self._shard, self._length = shard, length
        self.conditions = bar_conditions(shard)
        self._odds = np.cumsum(evened(shard) if odds is None else odds)
        ends = shard.piece_offsets.astype(np.int64)[1:]
        self._end_of = ends[np.searchsorted(ends, np.arange(len(shard.style)), side="right")]

    def drawn(self, rows: int, rng: np.random.Generator) -> Batch:
        """A batch of windows from anywhere, with wishes left open and roles left out by chance."""
        starts = np.searchsorted(self._odds, rng.random(rows) * self._odds[-1])
        windows = [self._window(int(start), rng) for start in starts]
        return self._batch(windows, opened=rng)

    def in_order(self, rows: int, most: int) -> Iterator[Batch]:
        """Windows that cover the shard one after another with every wish told, `most` batches spread over it."""
        starts = []
        bar, bars = 0, len(self._shard.style)
        offsets = self._shard.bar_offsets.astype(np.int64)
        while bar < bars:
            starts.append(bar)
            end = int(np.searchsorted(offsets, offsets[bar] + self._length, side="right")) - 1
            bar = max(bar + 1, min(end, int(self._end_of[bar])))
        spread = np.linspace(0, len(starts) - 1, min(len(starts), rows * most)).round().astype(int)
        chosen = [starts[place] for place in spread]
        for at in range(0, len(chosen), rows):
            yield self._batch([self._window(start, None) for start in chosen[at : at + rows]], opened=None)

    def _window(self, start: int, rng: np.random.Generator | None) -> tuple[NDArray[np.int64], int, str]:
        """(tokens, first bar, role left out)."""
        first = int(self._shard.bar_offsets[start])
        last = min(first + self._length + 1, int(self._shard.bar_offsets[self._end_of[start]]))
        tokens = self._shard.tokens[first:last].astype(np.int64)
        if rng is None or rng.random() >= THINNED:
            return tokens, start, ""
        role = ROLES[int(rng.integers(len(ROLES)))]
        thin = without(tokens, role)
        return (thin, start, role) if (ROLE_OF[thin] >= 0).sum() > len(tokens) // 8 else (tokens, start, "")

    def _batch(self, windows: list[tuple[NDArray[np.int64], int, str]], opened: np.random.Generator | None) -> Batch:
        tokens = np.full((len(windows), self._length + 1), PAD, dtype=np.int64)
        bar_of = np.zeros_like(tokens)
        for row, (own, _, _) in enumerate(windows):
            tokens[row, : len(own)] = own
            bar_of[row] = np.maximum(0, np.cumsum(KIND[tokens[row]] == 1) - 1)
        bars = int(bar_of.max()) + 1
        conditions = np.zeros((len(windows), bars, SIZE), dtype=np.float32)
        for row, (_, start, role) in enumerate(windows):
            own_bars = int(bar_of[row].max()) + 1
            conditions[row, :own_bars] = self.conditions[start : start + own_bars]
            if role:
                conditions[row, :own_bars, GROUPS["roles"].start + ROLES.index(role)] = 0
                for name in ("density", "polyphony", "register", "syncopation", "rhythm"):
                    conditions[row, :, GROUPS[name]] = 0  # measured with the role that is gone
            if opened is not None:
                leave_open(conditions[row], opened)
        return Batch(tokens, conditions, bar_of)


def bar_conditions(shard: Shard) -> NDArray[np.float32]:
    """The whole condition of every bar of a shard, (bars, SIZE)."""
    bars = len(shard.style)
    roles = np.zeros((bars, len(ROLES) + 1), dtype=np.float32)
    offsets = shard.bar_offsets.astype(np.int64)
    owner = np.repeat(np.arange(bars), offsets[1:] - offsets[:-1])
    role = ROLE_OF[shard.tokens]
    roles[owner[role >= 0], role[role >= 0]] = 1
    roles[:, -1] = 1

    def bits(values: NDArray[np.uint16], size: int) -> NDArray[np.float32]:
        known = np.ones((bars, 1), dtype=np.float32)
        return np.concatenate([(values[:, None] >> np.arange(size)) & 1, known], axis=1).astype(np.float32)

    return assembled(
        shard.conditions.astype(np.float32).reshape(bars, len(CONTINUOUS)),
        style=np.eye(len(STYLES), dtype=np.float32)[shard.style],
        scale=bits(shard.scale, 12),
        rhythm=bits(shard.rhythm, EIGHTHS),
        theme=np.eye(len(THEMES), dtype=np.float32)[shard.theme],
        roles=roles,
    )


def evened(shard: Shard) -> NDArray[np.float64]:
    """How often a window may begin at each bar: more often where the valence-arousal plane is thinly filled."""
    mood = np.nan_to_num(shard.conditions[:, :2].astype(np.float64), nan=0.0)
    cell = np.clip(((mood + 1) / 2 * CELLS).astype(int), 0, CELLS - 1) @ [CELLS, 1]
    count = np.bincount(cell, minlength=CELLS * CELLS)
    odds: NDArray[np.float64] = np.minimum(RAREST, len(cell) / (CELLS * CELLS) / np.maximum(1, count))[cell]
    return odds


def leave_open(conditions: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Take wishes away by chance, in place: all, whole bars, mood, detail, or single ones; (bars, SIZE)."""
    if rng.random() < NOTHING_ASKED:
        conditions[:] = 0
        return
    names = list(GROUPS)
    gone = set(np.flatnonzero(rng.random(len(names)) < LEFT_OPEN).tolist())
    if rng.random() < MOOD_LEFT_OPEN:
        gone |= {names.index("valence"), names.index("arousal")}
    if rng.random() < DETAIL_LEFT_OPEN:
        gone |= {index for index, name in enumerate(names) if name not in ("valence", "arousal", "style", "roles")}
    for index in gone:
        conditions[:, GROUPS[names[index]]] = 0
    conditions[rng.random(len(conditions)) < BAR_UNASKED] = 0


def without(tokens: NDArray[np.int64], role: str) -> NDArray[np.int64]:
    """The tokens with one role left out, as they would be written without it: no idle place, length or length twice."""
    gone, length, chord = ROLES.index(role), KIND[LENGTH_TOKENS[0]], KIND[CHORD_TOKENS[0]]
    kept: list[int] = []
    waiting, told = False, -1  # whether a pitch waits for its length; where this place's last length stands
    for token in tokens.tolist():
        kind = KIND[token]
        if ROLE_OF[token] == gone or (kind == length and not waiting):
            continue
        if kind == length:
            if told >= 0 and kept[told] == token:
                del kept[told]
            waiting, told = False, len(kept)
        elif ROLE_OF[token] >= 0:
            waiting = waiting or ROLES[ROLE_OF[token]] != "drums"
        else:
            waiting, told = False, -1
            if kept and kept[-1] in PLACE_TOKENS and kind != chord:
                kept.pop()
        kept.append(token)
    return np.array(kept, dtype=np.int64)
