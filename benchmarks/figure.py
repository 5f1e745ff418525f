"""One measured number and what it must stay under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    unit: str
    at_most: float

    @property
    def holds(self) -> bool:
        return self.value <= self.at_most
