"""Makes the bars that sessions ask for: one batch for all of them, nearest deadline first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models.music.original import Original
from models.music.originality import Originality
from models.music.plan import Bar, BarRequest, Generator
from models.shipped import WeightsError
from therapy_app import catalog

LAST_RESORT = "rules"
"""The generator that needs no weights, never stalls and stands in for any other."""
LARGEST_BATCH = 32


@dataclass(frozen=True)
class Commission:
    """A session's request to a generator, wanted in `due_in_s`."""

    session_id: int
    generator: str
    due_in_s: float
    request: BarRequest


@cache
def found_index() -> tuple[Originality | None, str]:
    """(the index of training works, ''), or (None, why nothing is looked up in it)."""
    try:
        return Originality.load(), ""
    except WeightsError as error:
        return None, f"Melodies are not looked up among the training works: {error}."


class Composer:
    """Holds each generator once, however many sessions use it; all they write is looked up among the training works."""

    def __init__(self) -> None:
        self._generators: dict[str, Generator] = {}

    def compose(self, commissions: Sequence[Commission]) -> list[tuple[int, Bar]]:
        """(session, bar) for every commission. Raises WeightsError when a generator can't be had."""
        urgent = sorted(commissions, key=lambda commission: commission.due_in_s)
        done: list[tuple[int, Bar]] = []
        for name in dict.fromkeys(commission.generator for commission in urgent):
            own = [commission for commission in urgent if commission.generator == name]
            for first in range(0, len(own), LARGEST_BATCH):
                batch = own[first : first + LARGEST_BATCH]
                bars = self.generator(name).compose([commission.request for commission in batch])
                done += [(commission.session_id, bar) for commission, bar in zip(batch, bars, strict=True)]
        return done

    def generator(self, name: str) -> Generator:
        """The generator of this name, made when it is first asked for. Raises LookupError or WeightsError."""
        if name not in self._generators:
            made: Generator = catalog.find("generator", name).Generator()
            index, _ = found_index()
            self._generators[name] = Original(made, index) if index else made
        return self._generators[name]
