"""What a session is for and how far it may go: goal, strategy, authority, length, limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from models.music.guidance import STRATEGIES
from models.music.plan import ROLES, Aim
from therapy_app.session.safety import Limits

GOALS = {
    "relax": Aim(valence=0.5, arousal=-0.6),
    "lift": Aim(valence=0.7, arousal=0.4),
    "focus": Aim(valence=0.3, arousal=0.0),
    "sleep": Aim(valence=0.3, arousal=-0.9),
}
AUTHORITIES = ("observe", "suggest", "adapt")
ARMS = {"adaptive": "match-guide-hold", "compensatory": "compensatory", "fixed": "fixed"}
"""Arms of a comparison: the same prescription under another strategy."""


def _one_of(what: str, value: str, choices: Collection[str]) -> None:
    if value not in choices:
        raise ValueError(f"no {what} named {value!r}; there are: {', '.join(choices)}")


@dataclass(frozen=True)
class Prescription:
    """`baseline_s` of 0 uses the stored baseline; otherwise rest is measured first, under quiet music if `intro`."""

    goal: str = "relax"
    strategy: str = "match-guide-hold"
    authority: str = "adapt"
    length_s: float = 1200.0
    baseline_s: float = 180.0
    intro: bool = True
    tradition: str = "western"
    roles: tuple[str, ...] = ROLES
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        _one_of("goal", self.goal, GOALS)
        _one_of("strategy", self.strategy, STRATEGIES)
        _one_of("authority", self.authority, AUTHORITIES)
        for role in self.roles:
            _one_of("role", role, ROLES)
        if not 60 <= self.length_s <= 4 * 3600:
            raise ValueError(f"length {self.length_s:g} s; expected 60 s to 4 hours")
        if not 0 <= self.baseline_s <= 600:
            raise ValueError(f"baseline {self.baseline_s:g} s; expected 0 (use the stored one) to 600")

    @property
    def target(self) -> Aim:
        return GOALS[self.goal]

    def in_arm(self, arm: str) -> Prescription:
        _one_of("arm", arm, ARMS)
        return replace(self, strategy=ARMS[arm])


PROTOCOLS = {
    "settle": Prescription(),
    "settle-quiet": Prescription(baseline_s=300, intro=False),
    "home": Prescription(baseline_s=120),
    "lift": Prescription(goal="lift"),
    "focus": Prescription(goal="focus"),
    "sleep": Prescription(goal="sleep", length_s=1800),
    "watch-only": Prescription(authority="observe"),
    "suggest": Prescription(authority="suggest"),
}
"""Ready-made prescriptions by name."""


def protocol(name: str) -> Prescription:
    """Raises LookupError with the names there are."""
    if name not in PROTOCOLS:
        raise LookupError(f"no protocol named {name!r}; there are: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
