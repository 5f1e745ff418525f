"""Signs that minutes meant as rest were none, told from how the readings varied in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from sensors.readings import Features

LEAST_SECONDS = 30
"""Of fewer seconds with a reading nothing is said."""


def drift(values: Sequence[float]) -> float:
    """How far the last third lies above the first, by their medians."""
    third = len(values) // 3
    return median(values[-third:]) - median(values[:third])


def spread(values: Sequence[float]) -> float:
    """From the tenth to the ninetieth of a hundred."""
    tenths = quantiles(values, n=10)
    return tenths[-1] - tenths[0]


@dataclass(frozen=True)
class Sign:
    """A reading's measure over the minutes, how large it may be either way, and the words for more."""

    reading: str
    measure: Callable[[Sequence[float]], float]
    most: float
    more: str
    less: str = ""


SIGNS = (
    Sign("hr_bpm", drift, 12.0, "the pulse rose by {:.0f} a minute", "the pulse fell by {:.0f} a minute"),
    Sign("hr_bpm", spread, 24.0, "the pulse went up and down by {:.0f} a minute"),
    Sign("movement_g", median, 0.2, "there was much movement ({:.2f} g)"),
    Sign("scr_per_min", median, 15.0, "the skin responded {:.0f} times a minute, as in alarm"),
)
"""Limits lie a third and more above all that 34 people of Stress-Predict showed in their first three minutes (9.1,
15.5, 0.11, 8), so that hardly anyone is refused who did sit still; `python -m benchmarks.resting` prints them. They
catch who moves, comes from the stairs or is startled, not who is quietly tense: of minutes under stress they refuse
a tenth, of later rest a twentieth. Tonic skin conductance is no sign, as it climbs under every new electrode."""


def unrest(moments: Sequence[Features]) -> str:
    """Why these seconds can't be called rest, in words, or ''."""
    found: dict[str, str] = {}
    for sign in SIGNS:
        value = measured(sign, moments)
        if value is not None and abs(value) > sign.most:
            # One sign of each reading will do: a pulse that falls also goes up and down.
            found.setdefault(sign.reading, (sign.more if value > 0 else sign.less).format(abs(value)))
    return " and ".join(found.values())


def measured(sign: Sign, moments: Sequence[Features]) -> float | None:
    """The sign's measure, None where its reading was not known for long enough."""
    values = [value for moment in moments if (value := moment.value(sign.reading)) is not None]
    return sign.measure(values) if len(values) >= LEAST_SECONDS else None
