"""Writes events down in order and remembers the newest of each kind, so that the next ones can say what they follow."""

from __future__ import annotations

from therapy_app.session.events import Entry, Event


class Journal:
    """The growing log of one session. `seq` counts from 1 without gaps."""

    def __init__(self) -> None:
        self._seq = 0
        self._newest: dict[str, int] = {}
        self._fresh: list[Entry] = []
        self._tick = 0
        self._at_s = 0.0

    def turn_to(self, tick: int, at_s: float) -> None:
        self._tick, self._at_s = tick, at_s

    def write(self, event: Event, *follows: int) -> int:
        """Returns the event's seq."""
        self._seq += 1
        entry = Entry(self._seq, self._tick, self._at_s, event, tuple(sorted({f for f in follows if f})))
        self._newest[entry.kind] = self._seq
        self._fresh.append(entry)
        return self._seq

    def newest(self, kind: str) -> int:
        """Seq of the newest event of a kind, 0 when there is none."""
        return self._newest.get(kind, 0)

    def take(self) -> tuple[Entry, ...]:
        """What was written since the last take."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh
