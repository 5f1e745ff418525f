"""Makes the bars that sessions ask for: one batch for all of them, nearest deadline first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.music.plan import Bar, BarRequest, Generator
from therapy_app import catalog


@dataclass(frozen=True)
class Commission:
    """A session's request to a generator, wanted in `due_in_s`."""

    session_id: int
    generator: str
    due_in_s: float
    request: BarRequest


class Composer:
    """Holds each generator once, however many sessions use it."""

    def __init__(self) -> None:
        self._generators: dict[str, Generator] = {}

    def compose(self, commissions: Sequence[Commission]) -> list[tuple[int, Bar]]:
        """(session, bar) for every commission."""
        urgent = sorted(commissions, key=lambda commission: commission.due_in_s)
        done: list[tuple[int, Bar]] = []
        for name in dict.fromkeys(commission.generator for commission in urgent):
            batch = [commission for commission in urgent if commission.generator == name]
            bars = self._generator(name).compose([commission.request for commission in batch])
            done += [(commission.session_id, bar) for commission, bar in zip(batch, bars, strict=True)]
        return done

    def _generator(self, name: str) -> Generator:
        if name not in self._generators:
            self._generators[name] = catalog.find("generator", name).Generator()
        return self._generators[name]
