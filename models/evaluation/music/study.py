"""What is evaluated, on what data, and how much of it; pieces that several parts need are composed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

from models.evaluation.music.composing import composed, fixed
from models.evaluation.music.control import Grid
from models.evaluation.music.excerpts import Work, works
from models.evaluation.music.raters import JUDGE, KINDS, Judge, fit, read_ratings
from models.music.compose import Piece
from models.music.plan import Generator
from models.music.tradition import Tradition
from models.training.corpus.archives import opened

FOLDERS = ("evaluation-only", "music", "")
LONG_BARS = 64
LONG_MOODS = ((-0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (0.5, -0.5))


@dataclass(frozen=True)
class Amount:
    """How much is composed and read: seeds a setting, levels of a wish, batches of a likelihood."""

    grid: Grid
    step_seeds: int
    wish_levels: int
    wish_seeds: int
    long_seeds: int
    scale_seeds: int
    batches: int
    brief: bool


FULL = Amount(Grid(5, 8, 16), 2, 3, 1, 2, 1, 16, brief=False)
QUICK = Amount(Grid(3, 2, 8), 1, 3, 1, 2, 1, 2, brief=True)


@dataclass(frozen=True)
class Study:
    """Generators by name with the module of each, the traditions they are asked for, and where the data are.

    `data` holds the archives, flat or in folders `music` and `evaluation-only`; `corpus` what was prepared from them,
    None where there was nothing to prepare. `western` is what all but the scale test is composed in.
    """

    generators: Mapping[str, Generator]
    modules: Mapping[str, str]
    traditions: Mapping[str, Tradition]
    western: Tradition
    data: Path
    corpus: Path | None
    amount: Amount
    _grids: dict[str, list[Piece]] = field(default_factory=dict)
    _longs: dict[str, list[Piece]] = field(default_factory=dict)

    @contextmanager
    def collection(self, name: str) -> Iterator[Path]:
        """The unpacked archive, wherever below `data` it lies. Raises ArchiveMissing, or Refused for a bomb."""
        places = [self.data / folder for folder in FOLDERS]
        there = [p for p in places if (p / name).is_dir() or (p / f"{name}.tar.gz").is_file()]
        with opened((there or [self.data])[0], name) as folder:
            yield folder

    @cached_property
    def judges(self) -> list[Judge]:
        """Fitted on the raters of VGMIDI; a quick look has one. Raises ArchiveMissing."""
        with self.collection("vgmidi") as folder:
            ratings = read_ratings(folder)
        return [fit(ratings, kind) for kind in (KINDS if not self.amount.brief else (JUDGE,))]

    @cached_property
    def held_out(self) -> list[Work]:
        """The test split; empty without a corpus."""
        return works(self.corpus, "test") if self.corpus else []

    def grid(self, name: str) -> list[Piece]:
        """A piece for every target and seed, in the order of `Grid.targets`."""
        if name not in self._grids:
            self._grids[name] = composed(self.amount.grid.jobs(self.western), self.generators[name])
        return self._grids[name]

    def long(self, name: str) -> list[Piece]:
        """Pieces of 64 bars in four moods, in a quick look in two."""
        if name not in self._longs:
            moods = LONG_MOODS[:2] if self.amount.brief else LONG_MOODS
            asked = product(moods, range(self.amount.long_seeds))
            jobs = [fixed(v, a, LONG_BARS, 1000 + seed, self.western) for (v, a), seed in asked]
            self._longs[name] = composed(jobs, self.generators[name])
        return self._longs[name]
