"""What the system has learned of one person from what they said: how far, and how strongly, to move its estimates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt

from models.affect import Affect, Contribution, Interval

SHRINK = 2.0
"""What is learned is shrunk by k/(k+2) after k reports."""
MISS = 0.4
"""SD of a report's distance from a single estimate for reasons that are not the person's: mostly the estimator's own
error. Bias itself differs by an SD of only 0.09 between the 34 people of Stress-Predict."""
CHANCE = 1.5
"""Only what goes beyond this many standard errors is learned. Shrunk means alone made every second person's estimates
worse there; with this hardly anyone's, while people who do differ are followed with more reports. Both constants come
from the people the estimator was trained on: `python -m benchmarks.personal` prints them and what learning does."""
USUAL_SPREAD = 0.3
"""SD of a person's estimates over a session. Two reports this far apart tell as much of gain as of bias."""
LARGEST_BIAS = 0.5
LEAST_GAIN, LARGEST_GAIN = 0.5, 2.0
"""However many reports say otherwise: beyond this the sensors or the sliders are wrong, not the person unusual."""
SURE = 0.01
"""A probability never gets nearer than this to 0 or 1 by being moved."""
WORTH_SAYING = 0.01


@dataclass(frozen=True)
class Told:
    """One report beside the unadapted arousal that was estimated when it was given, both in [-1, 1]."""

    estimated: float
    said: float

    def __post_init__(self) -> None:
        for name in ("estimated", "said"):
            value = getattr(self, name)
            if not (isfinite(value) and -1 <= value <= 1):
                raise ValueError(f"{name} {value}; expected -1 to 1")


@dataclass(frozen=True)
class Personal:
    """A hierarchical Bayesian linear model in closed form: bias is 0 and gain 1 for most people, and some differ.

    With such a (Laplace) prior the most likely correction is the measured one less what chance explains; it is then
    shrunk. Holds the moments of all reports so far, which is all that it depends on. `version` is the stored version
    it grew from, 0 for a person of whom nothing is stored.
    """

    version: int = 0
    reports: int = 0
    mean_estimated: float = 0.0
    mean_said: float = 0.0
    scatter: float = 0.0
    """Sum of squared distances of the estimates from their mean."""
    scatter_with_said: float = 0.0
    """Sum of products of those distances with what was said."""
    moods: int = 0
    mean_mood: float = 0.0

    @property
    def knows(self) -> bool:
        """Whether anything was learned."""
        return bool(self.reports or self.moods)

    @property
    def bias(self) -> float:
        """What is added to arousal where it usually stood when the person spoke."""
        beyond = _beyond_chance(self.mean_said - self.mean_estimated, self.reports)
        return _between(-LARGEST_BIAS, self.reports / (self.reports + SHRINK) * beyond, LARGEST_BIAS)

    @property
    def gain(self) -> float:
        """What distances from there are multiplied with; 1 until reports were given at different estimates."""
        if not self.scatter:
            return 1.0
        beyond = _beyond_chance(self.scatter_with_said / self.scatter - 1, self.scatter)
        shrunk = self.scatter / (self.scatter + SHRINK * USUAL_SPREAD**2) * beyond
        return _between(LEAST_GAIN, 1 + shrunk, LARGEST_GAIN)

    @property
    def usual_valence(self) -> float:
        """What valence is taken to be while nothing recent was said."""
        return self.moods / (self.moods + SHRINK) * self.mean_mood

    def after(self, told: Iterable[Told]) -> Personal:
        """With more reports of arousal; the same reports in any order or portions give the same model."""
        model = self
        for report in told:
            model = model._with(report)
        return model

    def _with(self, report: Told) -> Personal:
        count = self.reports + 1
        distance = report.estimated - self.mean_estimated
        mean_estimated = self.mean_estimated + distance / count
        mean_said = self.mean_said + (report.said - self.mean_said) / count
        return replace(
            self,
            reports=count,
            mean_estimated=mean_estimated,
            mean_said=mean_said,
            scatter=self.scatter + distance * (report.estimated - mean_estimated),
            scatter_with_said=self.scatter_with_said + distance * (report.said - mean_said),
        )

    def after_mood(self, valence: float) -> Personal:
        """With one more report of valence, in [-1, 1]."""
        if not -1 <= valence <= 1:
            raise ValueError(f"valence {valence}; expected -1 to 1")
        count = self.moods + 1
        return replace(self, moods=count, mean_mood=self.mean_mood + (valence - self.mean_mood) / count)

    def adapted(self, affect: Affect) -> Affect:
        """The estimate for this person. Unknown stays unknown, known stays known, and no interval gets narrower.

        Valence is not touched here: `usual_valence` belongs into the prior of `models.valence`.
        """
        if affect.arousal is None or not self.reports:
            return affect
        arousal = self._moved(affect.arousal)
        by = arousal.value - affect.arousal.value
        stress = affect.stress_probability
        return replace(
            affect,
            arousal=arousal,
            # Arousal -0.5 stands for calm and +0.5 for stressed: a step in one is the same step in the other.
            stress_probability=None
            if stress is None
            else _between(min(stress, SURE), stress + by, max(stress, 1 - SURE)),
            contributions=(*affect.contributions, *_what_was_said(by)),
        )

    def _moved(self, arousal: Interval) -> Interval:
        value = self.mean_estimated + self.bias + self.gain * (arousal.value - self.mean_estimated)
        value = _between(-1.0, value, 1.0)
        wider = max(1.0, self.gain)
        low, high = wider * (arousal.value - arousal.low), wider * (arousal.high - arousal.value)
        return Interval(value, max(-1.0, value - low), min(1.0, value + high))


def _beyond_chance(difference: float, information: float) -> float:
    """What is left of a difference once CHANCE standard errors are taken off it."""
    chance = CHANCE * MISS / sqrt(information) if information else inf
    return max(0.0, difference - chance) + min(0.0, difference + chance)


def _between(low: float, value: float, high: float) -> float:
    return min(high, max(low, value))


def _what_was_said(by: float) -> tuple[Contribution, ...]:
    if abs(by) < WORTH_SAYING:
        return (Contribution("personal", by, "what you said before: as estimated"),)
    return (Contribution("personal", by, f"what you said before: {'livelier' if by > 0 else 'calmer'} than estimated"),)


def in_words(personal: Personal) -> list[str]:
    """What was learned, in sentences with numbers for the person it is about."""
    if not personal.knows:
        return ["Nothing has been learned yet: estimates are the same as for everyone."]
    return [*_energy(personal), *_mood(personal)]


def briefly(personal: Personal) -> str:
    """'energy moved by +0.12, ups and downs times 0.90, usual mood +0.20'."""
    parts = [
        f"energy moved by {personal.bias:+.2f}" if personal.reports else "",
        f"ups and downs times {personal.gain:.2f}" if abs(personal.gain - 1) >= WORTH_SAYING else "",
        f"usual mood {personal.usual_valence:+.2f}" if personal.moods else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing yet"


def _energy(personal: Personal) -> list[str]:
    if not personal.reports:
        return []
    times = _times(personal.reports)
    sentences = [
        f"Energy, calm (-1) to lively (+1): told {times}, {personal.mean_said:+.2f} on average where "
        f"{personal.mean_estimated:+.2f} was estimated. {_moved_by(personal.bias)}"
    ]
    if abs(personal.gain - 1) >= WORTH_SAYING:
        weaker = "stronger" if personal.gain > 1 else "weaker"
        sentences.append(f"Ups and downs are felt {weaker} than estimated: they are multiplied by {personal.gain:.2f}.")
    return sentences


def _moved_by(bias: float) -> str:
    if abs(bias) < WORTH_SAYING:
        return "Chance explains as much, so estimates stay as they are."
    return f"Estimates are now moved by {bias:+.2f}: what chance does not explain, and less after few reports."


def _mood(personal: Personal) -> list[str]:
    if not personal.moods:
        return []
    return [
        f"Mood, low (-1) to good (+1): told {_times(personal.moods)}, {personal.mean_mood:+.2f} on average. "
        f"Without a recent word it is taken to be {personal.usual_valence:+.2f}, with a wide interval."
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"
