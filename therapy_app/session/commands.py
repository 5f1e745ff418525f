"""What people may tell a running session, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

COMMANDS: dict[str, tuple[str, ...]] = {
    "hold": (),
    "release": (),
    "nudge": ("valence", "arousal"),
    "loudness": ("loudness_db",),
    "skip": (),
    "silence": (),
    "resume": (),
    "accept": (),
    "check_in": ("valence", "arousal", "when", "only"),
    "worse": (),
    "rest": (),
    "mark": ("text",),
    "stop": (),
}
"""Every command and the fields it uses.

'worse' is the client's 'I feel worse'; 'accept' takes a suggestion; 'rest' measures rest again; a check-in may be
`only` of valence or arousal.
"""

MOMENTS = ("pre", "during", "post")
PARTS = ("", "valence", "arousal")
RANGES = {"valence": (-1.0, 1.0), "arousal": (-1.0, 1.0), "loudness_db": (-12.0, 6.0)}
LONGEST_TEXT = 500


class CommandError(ValueError):
    """A command that no session could carry out."""


@dataclass(frozen=True)
class Command:
    """One act of one person. `id` is the database's number for it; `actor` is an account's number, never a name."""

    id: int
    actor: str
    name: str
    reason: str = ""
    valence: float = 0.0
    arousal: float = 0.0
    loudness_db: float = 0.0
    when: str = ""
    text: str = ""
    only: str = ""

    def __post_init__(self) -> None:
        if self.name not in COMMANDS:
            raise CommandError(f"no command named {self.name!r}; there are: {', '.join(COMMANDS)}")
        for field, (low, high) in RANGES.items():
            value = getattr(self, field)
            if not (isinstance(value, int | float) and isfinite(value) and low <= value <= high):
                raise CommandError(f"{field} {value!r}; expected a number from {low:g} to {high:g}")
        if "when" in COMMANDS[self.name] and self.when not in MOMENTS:
            raise CommandError(f"when {self.when!r}; expected one of {', '.join(MOMENTS)}")
        if self.only not in PARTS:
            raise CommandError(f"only {self.only!r}; expected valence, arousal or nothing")
        for field in ("reason", "text"):
            if len(getattr(self, field)) > LONGEST_TEXT:
                raise CommandError(f"{field} of {len(getattr(self, field))} characters; at most {LONGEST_TEXT}")
