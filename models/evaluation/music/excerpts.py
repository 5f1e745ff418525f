"""Sixteen bars of 4/4 of held-out human works and of what was composed, in the same roles on the same grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.evaluation.music.composing import written
from models.music.compose import Piece
from models.music.tokens import GRID, WrittenBar, decode
from models.training.corpus import manifest
from models.training.corpus.shards import Shard, read_shard

BARS, STEPS = 16, 4 * GRID
MOST_OF_A_WORK = 4
LEAST_SUNG = 8  # bars of an excerpt that have a melody


@dataclass(frozen=True)
class Work:
    """A piece of the corpus without its drums: the name of its work, its style, its bars; -1 to 1 labels of each bar.

    `moods` are (valence, arousal) by the rule within its style, NaN where not known.
    """

    name: str
    style: str
    bars: list[WrittenBar]
    moods: list[tuple[float, float]]


@dataclass(frozen=True)
class Excerpt:
    """Sixteen bars, and whose they are: excerpts of one `group` never stand on both sides of a fold."""

    group: str
    bars: list[WrittenBar]
    mood: tuple[float, float] = (float("nan"), float("nan"))


def works(corpus: Path, split: str) -> list[Work]:
    """The pieces of a split that have more than drums."""
    shard = read_shard(corpus / f"{split}.npz")
    used = manifest.used(manifest.read(corpus / "manifest.jsonl"))
    found = []
    for place, index in enumerate(shard.pieces.tolist()):
        bars = [without_drums(bar) for bar in bars_of(shard, place)]
        if any(bar.notes for bar in bars):
            moods = shard.conditions[shard.bars_of(place), :2].astype(float)
            found.append(Work(used[index].work, used[index].style, bars, [(v, a) for v, a in moods.tolist()]))
    return found


def bars_of(shard: Shard, place: int) -> list[WrittenBar]:
    """The piece at this place of the shard."""
    bars = shard.bars_of(place)
    tokens = shard.tokens_of(bars)
    return decode(tokens, shard.tonic[bars.start : bars.stop].tolist())


def without_drums(bar: WrittenBar) -> WrittenBar:
    return replace(bar, notes=tuple(note for note in bar.notes if note.role != "drums"))


def human(pieces: Sequence[Work]) -> list[Excerpt]:
    """Excerpts that do not overlap, at most four of a work: all bars of four beats, and a melody in half of them."""
    taken: dict[str, int] = {}
    found = []
    for piece in pieces:
        for first in _starts(piece.bars):
            if taken.get(piece.name, 0) < MOST_OF_A_WORK:
                taken[piece.name] = taken.get(piece.name, 0) + 1
                moods = piece.moods[first : first + BARS]
                mood = (sum(v for v, _ in moods) / BARS, sum(a for _, a in moods) / BARS)
                found.append(Excerpt(piece.name, piece.bars[first : first + BARS], mood))
    return found


def _starts(bars: Sequence[WrittenBar]) -> Iterator[int]:
    first = 0
    while first + BARS <= len(bars):
        cut = bars[first : first + BARS]
        sung = sum(any(note.role == "melody" for note in bar.notes) for bar in cut)
        if all(bar.steps == STEPS for bar in cut) and sung >= LEAST_SUNG:
            yield first
            first += BARS
        else:
            first += 1


def generated(pieces: Sequence[Piece], groups: Sequence[str]) -> list[Excerpt]:
    """The first sixteen bars of each piece that has them in four beats."""
    cuts = [(group, written(piece[:BARS])) for group, piece in zip(groups, pieces, strict=True) if len(piece) >= BARS]
    return [Excerpt(group, bars) for group, bars in cuts if all(bar.steps == STEPS for bar in bars)]
