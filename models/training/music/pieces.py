"""A clinic's own pieces, MIDI and ABC, as a small corpus of one style."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np

from models.music.condition import STYLES
from models.training.corpus import manifest
from models.training.corpus.abc import read_tune, tunes
from models.training.corpus.archives import content
from models.training.corpus.manifest import Entry
from models.training.corpus.midi import read_midi
from models.training.corpus.prepare import Prepared, from_score
from models.training.corpus.score import Refused, Score
from models.training.corpus.shards import conditions, write_shards
from models.training.music.windows import ROLE_OF

ENDINGS = (".mid", ".midi", ".abc")
EVERY = 5  # one part in so many is held out: a piece, or with fewer pieces than that a fifth of each
LEAST_BARS = 8
LICENCE = "the clinic's own"


@dataclass(frozen=True)
class Piece:
    """A file, or a tune of a book, with its arrays or the reason why it was skipped."""

    file: str
    sha256: str
    prepared: Prepared | None
    skipped: str


def pieces_in(folder: Path) -> list[Piece]:
    """Every MIDI file and ABC tune below the folder, in order of their names. Raises ValueError when none is read."""
    if not folder.is_dir():
        raise ValueError(f"no folder {folder}; expected one with pieces ({', '.join(ENDINGS)})")
    found = [
        piece for file in sorted(folder.rglob("*")) if file.suffix.lower() in ENDINGS for piece in _read(file, folder)
    ]
    if not any(piece.prepared for piece in found):
        why = "; ".join(f"{piece.file}: {piece.skipped}" for piece in found[:5])
        raise ValueError(
            f"no piece in {folder} can be read; expected {', '.join(ENDINGS)}" + (f" ({why})" if why else "")
        )
    return found


def _read(file: Path, folder: Path) -> Iterator[Piece]:
    name = file.relative_to(folder).as_posix()
    try:
        whole = content(file)
    except (Refused, OSError) as reason:
        yield Piece(name, "", None, str(reason))
        return
    if file.suffix.lower() != ".abc":
        yield _piece(name, whole, partial(read_midi, whole))
        return
    book = list(tunes(whole.decode("utf-8", "replace")))
    if not book:
        yield Piece(name, "", None, "no tune in it; expected one that begins with X:")
    for tune in book:
        yield _piece(f"{name}#{tune.number}", tune.text.encode(), partial(read_tune, tune))


def _piece(name: str, whole: bytes, read: Callable[[], Score]) -> Piece:
    try:
        return Piece(name, sha256(whole).hexdigest(), from_score(read()), "")
    except Refused as reason:
        return Piece(name, sha256(whole).hexdigest(), None, str(reason))


def write_corpus(pieces: Sequence[Piece], style: str, out: Path) -> None:
    """Shards and manifest of the pieces in `out`, in the form of any prepared corpus; `test` stays empty.

    Moods are ranks among these pieces. Raises ValueError for a strange style or too few bars.
    """
    if style not in STYLES:
        raise ValueError(f"no style {style!r}; there are: {', '.join(STYLES)}")
    read = [(piece, piece.prepared) for piece in pieces if piece.prepared is not None]
    if (bars := sum(own.bars for _, own in read)) < LEAST_BARS:
        raise ValueError(f"{bars} bars in all; expected {LEAST_BARS} or more")
    vectors, scale = conditions([own for _, own in read], [style] * len(read))
    parts = [
        (piece, _part(own, bars), vector[bars.start : bars.stop])
        for (piece, own), vector in zip(read, vectors, strict=True)
        for bars in _parts(own.bars, 1 if len(read) >= EVERY else EVERY)
    ]
    splits = ["valid" if place % EVERY == EVERY - 1 else "train" for place in range(len(parts))]
    out.mkdir(parents=True, exist_ok=True)
    own = [part for _, part, _ in parts]
    write_shards(out, own, [style] * len(own), splits, [vector for *_, vector in parts], scale)
    manifest.write(
        [_entry(piece, part, style, split) for (piece, part, _), split in zip(parts, splits, strict=True)],
        out / "manifest.jsonl",
    )


def _parts(bars: int, count: int) -> list[range]:
    edges = np.linspace(0, bars, min(count, bars) + 1).round().astype(int).tolist()
    return [range(first, last) for first, last in pairwise(edges)]


def _part(whole: Prepared, bars: range) -> Prepared:
    ends = np.concatenate([[0], np.cumsum(whole.lengths.astype(np.int64))])
    tokens = whole.tokens[ends[bars.start] : ends[bars.stop]]
    by_bar = ("lengths", "tonic", "treatment", "scale", "rhythm", "back", "tempo", "features")
    return replace(
        whole,
        tokens=tokens,
        measures=whole.measures[bars.start // 2 : -(-bars.stop // 2)],
        notes=int((ROLE_OF[tokens] >= 0).sum()),
        **{name: getattr(whole, name)[bars.start : bars.stop] for name in by_bar},
    )


def _entry(piece: Piece, part: Prepared, style: str, split: str) -> Entry:
    return Entry(
        corpus="own pieces",
        file=piece.file,
        work=piece.file,
        title=Path(piece.file).stem,
        composer="",
        licence=LICENCE,
        formal=False,
        credit="",
        style=style,
        sha256=piece.sha256,
        bars=part.bars,
        notes=part.notes,
        tokens=len(part.tokens),
        split=split,
        skipped="",
    )
