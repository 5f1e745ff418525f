"""`python -m models.training.groove DATA_DIR`: learn groove from performances, and check it on ones held out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from symusic.core import ScoreTick

from models.checkpoints import ship
from models.music.groove import FAMILIES, NAME, PARTS, PLACES, TABLES, Groove, part_of
from models.training.corpus.archives import ArchiveMissing, opened
from models.training.corpus.score import Refused
from models.training.corpus.sources import SOURCES, Source
from models.training.corpus.works import split_of

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

STYLES = {
    "straight": ("rock", "pop", "punk", "country", "dance"),
    "backbeat": ("funk", "soul", "hiphop", "gospel"),
    "afro-latin": ("latin", "afrocuban", "afrobeat", "highlife", "reggae"),
    "swing": ("jazz", "blues", "neworleans", "middleeastern"),
}
"""Which of the performances' styles each family is learned from."""
FAMILY_OF_STYLE = {style: family for family, styles in STYLES.items() for style in styles}
DOUBT = 20.0  # performances' worth of belief in the wider table, before a place has its own
SATURATION = 8.0  # strokes of one performance at one place that count half of a whole vote
COMMON = 100  # strokes of a family at one place that tell its spread
FEWEST = 8  # strokes at one place, before its mean and spread within a performance say anything
TO_SIGMA = 1.4826  # from a median absolute deviation


@dataclass(frozen=True)
class Strokes:
    """One row a stroke. `offset` in beats from its sixteenth, less the performance's mean: a drummer who is early
    everywhere is only early against the click. `force` is the velocity over the performance's mean of that part, - 1.
    """

    performance: Codes
    family: Codes
    part: Codes
    place: Codes
    offset: Array
    force: Array
    held_out: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> Strokes:
        return Strokes(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def strokes_of(sources: Sequence[Source]) -> Strokes:
    """The strokes of all readable 'beat' performances in four; fills have no groove to learn."""
    rows: list[list[Array]] = []
    for source in sources:
        if " beat at " not in source.title or not source.file.endswith("_4-4.mid"):
            continue
        try:
            rows.append(_performance(len(rows), source))
        except Refused:
            continue
    if not rows:
        raise Refused("no performance in four")
    performance, family, part, place, offset, force, held_out = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    whole = [column.astype(np.int64) for column in (performance, family, part, place)]
    return Strokes(whole[0], whole[1], whole[2], whole[3], offset, force, held_out.astype(bool))


def _performance(number: int, source: Source) -> list[Array]:
    midi = ScoreTick.from_midi(source.load())
    tracks = [track.notes.numpy() for track in midi.tracks]
    notes = np.concatenate([[track["time"], track["pitch"], track["velocity"]] for track in tracks], axis=1)
    beat = notes[0] / midi.ticks_per_quarter
    sixteenth = np.rint(4 * beat)
    part = np.array([PARTS.index(part_of(int(pitch))) for pitch in notes[1]])
    late = beat - sixteenth / 4
    usual = np.bincount(part, notes[2], len(PARTS)) / np.maximum(np.bincount(part, minlength=len(PARTS)), 1)
    style = source.work.rpartition("|")[2].partition("/")[0]
    same = np.ones(len(part))
    family = FAMILIES.index(FAMILY_OF_STYLE[style])
    held_out = float(split_of(source.work) != "train")
    force = notes[2] / usual[part] - 1
    return [same * number, same * family, part, sixteenth % PLACES, late - late.mean(), force, same * held_out]


# --- learning ---------------------------------------------------------------------------------------------------


def learn(strokes: Strokes) -> Groove:
    """Means from wide to narrow: of the part, of its places, of its places in a family, each doubted at first."""
    tables = [_means(strokes, strokes.offset), _spread(strokes, strokes.offset)]
    tables += [_means(strokes, strokes.force), _spread(strokes, strokes.force)]
    return Groove(*(table.astype(np.float32) for table in tables))


def _means(strokes: Strokes, values: Array) -> Array:
    """Shape (families, parts, PLACES); the family 'all' stays at what its places say together."""
    table = np.zeros((len(FAMILIES), len(PARTS), PLACES))
    family, part, place = strokes.family, strokes.part, strokes.place
    everywhere, anywhere = np.zeros_like(family), np.zeros_like(place)
    for narrow in ((everywhere, part, anywhere), (everywhere, part, place), (family, part, place)):
        change = _voted(strokes.performance, narrow, values - table[family, part, place])
        wide = change[:1] if narrow[0] is everywhere else change
        table += wide[:, :, :1] if narrow[2] is anywhere else wide
    return table


def _voted(performance: Codes, cell: tuple[Codes, Codes, Codes], values: Array) -> Array:
    """Mean of each cell over performances; one with few strokes there has less than a vote, and DOUBT votes for 0."""
    shape = (len(FAMILIES), len(PARTS), PLACES)
    flat = np.ravel_multi_index(cell, shape)
    pairs, own = np.unique(np.stack([flat, performance]), axis=1, return_inverse=True)
    count = np.bincount(own.ravel())
    mean = np.bincount(own.ravel(), values) / count
    vote = count / (count + SATURATION)
    size = int(np.prod(shape))
    total = np.bincount(pairs[0], vote * mean, size)
    result: Array = (total / (np.bincount(pairs[0], vote, size) + DOUBT)).reshape(shape)
    return result


def _spread(strokes: Strokes, values: Array) -> Array:
    """Typical distance of a stroke from its own performance's mean at that place; that of the part where few play."""
    _, own, count = np.unique(
        np.stack([strokes.performance, strokes.part, strokes.place]), axis=1, return_inverse=True, return_counts=True
    )
    own = own.ravel()
    far = np.abs(values - (np.bincount(own, values) / count)[own])
    enough = count[own] >= FEWEST
    table = np.zeros((len(FAMILIES), len(PARTS), PLACES))
    for family in range(len(FAMILIES)):
        for part in range(len(PARTS)):
            in_part = enough & (strokes.part == part) & ((strokes.family == family) | (family == 0))
            wide = float(np.median(far[in_part])) if in_part.any() else 0.0
            for place in range(PLACES):
                here = far[in_part & (strokes.place == place)]
                table[family, part, place] = np.median(here) if len(here) >= COMMON else wide
    return table * TO_SIGMA


# --- checking ---------------------------------------------------------------------------------------------------


def check(groove: Groove, strokes: Strokes) -> dict[str, object]:
    """Of held-out performances: mean absolute error of each stroke against the floors, and how well the table knows
    a performance's own mean at a place (correlation over places with at least FEWEST strokes)."""
    cell = (strokes.family, strokes.part, strokes.place)
    figures: dict[str, object] = {"performances": len(np.unique(strokes.performance)), "strokes": len(strokes.part)}
    for name, values, table in (("offset", strokes.offset, groove.offset), ("force", strokes.force, groove.force)):
        predicted = table[cell].astype(np.float64)
        figures[name] = {
            "error of the table": _rounded(np.abs(values - predicted).mean()),
            "error of none (0)": _rounded(np.abs(values).mean()),
            "error explained": _rounded(1 - ((values - predicted) ** 2).sum() / (values**2).sum()),
            "places: correlation": _rounded(_of_places(strokes, values, predicted)),
        }
    return figures


def _of_places(strokes: Strokes, values: Array, predicted: Array) -> float:
    key = np.stack([strokes.performance, strokes.part, strokes.place])
    _, own, count = np.unique(key, axis=1, return_inverse=True, return_counts=True)
    means = [(np.bincount(own.ravel(), column) / count)[count >= FEWEST] for column in (values, predicted)]
    return float(np.corrcoef(means[0], means[1])[0, 1])


def _rounded(value: float) -> float:
    return round(float(value), 4)


def about(learnt: Strokes, figures: dict[str, object]) -> dict[str, object]:
    return {
        "families": {family: list(styles) for family, styles in STYLES.items()},
        "parts": PARTS,
        "performances": len(np.unique(learnt.performance)),
        "strokes": len(learnt.part),
        "held out": figures,
        "source": "Gillick et al. 2019, Groove MIDI Dataset v1, CC BY 4.0",
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.groove",
        description="Learn timing and velocity from the groove collection and print how well they hold on works apart.",
        epilog="example: python -m models.training.groove ~/scores --ship",
    )
    parser.add_argument("data", type=Path, help="folder that holds the collection 'groove'")
    parser.add_argument("--ship", action="store_true", help="also write models/weights/groove.safetensors")
    chosen = parser.parse_args(arguments)
    try:
        with opened(chosen.data, NAME) as folder:
            strokes = strokes_of(list(SOURCES[NAME](folder)))
    except (ArchiveMissing, Refused) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    learnt = strokes.where(~strokes.held_out)
    groove = learn(learnt)
    figures = check(groove, strokes.where(strokes.held_out))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    if chosen.ship:
        ship(NAME, {name: torch.from_numpy(getattr(groove, name)) for name in TABLES}, about(learnt, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
