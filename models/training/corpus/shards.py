"""The arrays that training reads: train, valid and test, each one compressed file, and the scale of every condition."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.music.condition import CONTINUOUS, FEATURES, STYLES
from models.training.corpus.prepare import Prepared
from models.training.labels import MEASURES, STRIDE, scored, uniform

Array = NDArray[np.float64]

MAJORNESS = MEASURES.index("majorness")
QUANTILES = np.linspace(0, 1, 101)
LEAST_PAIRS = 200  # pairs of bars that a style must have to be its own norm
SPLITS = ("train", "valid", "test")


def conditions(
    pieces: Sequence[Prepared], styles: Sequence[str]
) -> tuple[list[NDArray[np.float16]], dict[str, object]]:
    """The condition vectors of each piece's bars, (bars, len(CONTINUOUS)), and the scale they were made with.

    Valence, arousal and mode are ranks within the style in [-1, 1], the features ranks in [0, 1], tempo the octaves
    from 100 beats a minute. NaN is 'not known': a model drops that condition.
    """
    vectors: list[NDArray[np.float16]] = [np.empty((0, len(CONTINUOUS)), np.float16)] * len(pieces)
    scales: dict[str, object] = {}
    for norm, members in _norms(pieces, styles).items():
        own = [pieces[index] for index in members]
        measures = np.concatenate([piece.measures for piece in own]).astype(np.float64)
        features = np.concatenate([piece.features for piece in own]).astype(np.float64)
        valence, arousal = scored(measures)
        labels = np.stack([uniform(valence), uniform(arousal), uniform(measures[:, MAJORNESS])], axis=1)
        ranks = np.stack([(uniform(column) + 1) / 2 for column in features.T], axis=1)
        scales[norm] = _scale(measures, features, valence, arousal)
        pairs, bars = 0, 0
        for index, piece in zip(members, own, strict=True):
            label = np.repeat(labels[pairs : pairs + len(piece.measures)], STRIDE, axis=0)[: piece.bars]
            rank = ranks[bars : bars + piece.bars]
            octaves = np.log2(piece.tempo / 100)[:, None]
            whole = np.concatenate([label[:, :2], rank, label[:, 2:], octaves], axis=1)
            vectors[index] = whole.astype(np.float16)
            pairs, bars = pairs + len(piece.measures), bars + piece.bars
    return vectors, {"conditions": CONTINUOUS, "styles": STYLES, "norms": scales}


def _norms(pieces: Sequence[Prepared], styles: Sequence[str]) -> dict[str, list[int]]:
    """Indices of the pieces by the style they are compared with; small styles are compared together."""
    count = {style: sum(len(p.measures) for p, s in zip(pieces, styles, strict=True) if s == style) for style in STYLES}
    norms: dict[str, list[int]] = {}
    for index, style in enumerate(styles):
        norms.setdefault(style if count[style] >= LEAST_PAIRS else "other", []).append(index)
    return norms


def _scale(measures: Array, features: Array, valence: Array, arousal: Array) -> dict[str, object]:
    """What turns a new bar's measures into the same conditions: means, deviations and percentiles."""

    def percentiles(values: Array) -> list[float]:
        known = values[~np.isnan(values)]
        return [round(float(value), 5) for value in np.quantile(known, QUANTILES)] if len(known) else []

    heard = measures[~np.isnan(measures[:, 0])]
    known = len(heard) > 0
    return {
        "measures": list(MEASURES),
        "mean": [round(float(value), 6) for value in _mean(heard)] if known else [],
        "deviation": [round(float(value), 6) for value in _deviation(heard)] if known else [],
        "valence": percentiles(valence),
        "arousal": percentiles(arousal),
        "mode": percentiles(measures[:, MAJORNESS]),
        **{name: percentiles(features[:, column]) for column, name in enumerate(FEATURES)},
    }


def _mean(rows: Array) -> Array:
    counts = (~np.isnan(rows)).sum(axis=0)
    mean: Array = np.nansum(rows, axis=0) / np.maximum(counts, 1)
    return mean


def _deviation(rows: Array) -> Array:
    filled = np.where(np.isnan(rows), _mean(rows), rows)
    deviation: Array = filled.std(axis=0)
    return deviation


def write_shards(
    out: Path,
    pieces: Sequence[Prepared],
    styles: Sequence[str],
    splits: Sequence[str],
    vectors: Sequence[NDArray[np.float16]],
    scale: Mapping[str, object],
) -> dict[str, int]:
    """Write `train/valid/test.npz` and `conditions.json`; bytes by file name."""
    for split in SPLITS:
        chosen = [index for index, own in enumerate(splits) if own == split]
        arrays = _arrays([pieces[i] for i in chosen], [styles[i] for i in chosen], [vectors[i] for i in chosen])
        np.savez_compressed(out / f"{split}.npz", **arrays, pieces=np.array(chosen, dtype=np.uint32))
    (out / "conditions.json").write_text(json.dumps(scale) + "\n", encoding="utf-8")
    names = [*(f"{split}.npz" for split in SPLITS), "conditions.json"]
    return {name: (out / name).stat().st_size for name in names}


def _arrays(
    pieces: Sequence[Prepared], styles: Sequence[str], vectors: Sequence[NDArray[np.float16]]
) -> dict[str, Any]:
    """Rows of all bars one after the other; piece p has bars piece_offsets[p] to [p + 1], and so tokens of bars."""

    def rows(name: str, kind: type[np.generic]) -> NDArray[np.generic]:
        parts = [getattr(piece, name) for piece in pieces]
        return np.concatenate(parts) if parts else np.empty(0, kind)

    lengths = rows("lengths", np.uint16).astype(np.uint32)
    bars = [piece.bars for piece in pieces]
    return {
        "tokens": rows("tokens", np.uint16),
        "bar_offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32),
        "piece_offsets": np.concatenate([[0], np.cumsum(bars)]).astype(np.uint32),
        "conditions": np.concatenate([*vectors, np.empty((0, len(CONTINUOUS)), np.float16)]),
        "style": np.repeat([STYLES.index(style) for style in styles], bars).astype(np.uint8),
        "tonic": rows("tonic", np.uint8),
        "scale": rows("scale", np.uint16),
        "rhythm": rows("rhythm", np.uint16),
        "theme": rows("treatment", np.uint8),
        "theme_back": rows("back", np.uint16),
    }


@dataclass(frozen=True)
class Shard:
    """One split in memory: bars one after the other, rows of `write_shards`; see `docs/data.md` for the arrays."""

    tokens: NDArray[np.uint16]
    bar_offsets: NDArray[np.uint32]
    piece_offsets: NDArray[np.uint32]
    pieces: NDArray[np.uint32]
    conditions: NDArray[np.float16]
    style: NDArray[np.uint8]
    tonic: NDArray[np.uint8]
    scale: NDArray[np.uint16]
    rhythm: NDArray[np.uint16]
    theme: NDArray[np.uint8]
    theme_back: NDArray[np.uint16]

    def bars_of(self, piece: int) -> range:
        """The bars of the piece at this place in the shard."""
        return range(int(self.piece_offsets[piece]), int(self.piece_offsets[piece + 1]))

    def tokens_of(self, bars: range) -> NDArray[np.uint16]:
        """The tokens of consecutive bars, (n,)."""
        return self.tokens[self.bar_offsets[bars.start] : self.bar_offsets[bars.stop]]


def read_shard(path: Path) -> Shard:
    """A shard that `write_shards` wrote. Raises FileNotFoundError, or KeyError naming an array that is not there."""
    with np.load(path, allow_pickle=False) as stored:
        return Shard(**{field.name: stored[field.name] for field in fields(Shard)})


def chosen(shard: Shard, places: Sequence[int]) -> Shard:
    """The shard of these pieces alone, given by their places in it."""
    bars = np.concatenate([np.empty(0, np.int64), *(np.array(shard.bars_of(place)) for place in places)]).astype(int)
    lengths = shard.bar_offsets[1:].astype(np.int64) - shard.bar_offsets[:-1]
    tokens = [shard.tokens_of(shard.bars_of(place)) for place in places]
    by_bar = ("conditions", "style", "tonic", "scale", "rhythm", "theme", "theme_back")
    return Shard(
        tokens=np.concatenate([np.empty(0, np.uint16), *tokens]),
        bar_offsets=np.concatenate([[0], np.cumsum(lengths[bars])]).astype(np.uint32),
        piece_offsets=np.cumsum([0, *(len(shard.bars_of(place)) for place in places)]).astype(np.uint32),
        pieces=shard.pieces[list(places)],
        **{name: getattr(shard, name)[bars] for name in by_bar},
    )


def joined(first: Shard, second: Shard) -> Shard:
    """Both, one after the other."""
    own = {
        field.name: np.concatenate([getattr(first, field.name), getattr(second, field.name)]) for field in fields(Shard)
    }
    for name, before in (("bar_offsets", len(first.tokens)), ("piece_offsets", len(first.style))):
        own[name] = np.concatenate([getattr(first, name), getattr(second, name)[1:] + before]).astype(np.uint32)
    return Shard(**own)
