"""Tells a session what is wrong with what a sender sends, now and then: a flood of it is not worth a flood of words."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from sensors.supervise import Link

EVERY_S = 1.0


@dataclass
class Complaints:
    """`count` is of all that was wrong, told or not."""

    count: int = 0
    _told_s: float = -inf

    def tell(self, link: Link, words: str, now_s: float) -> None:
        self.count += 1
        if now_s - self._told_s >= EVERY_S:
            self._told_s = now_s
            link.complain(words)
