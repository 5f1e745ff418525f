"""Why a bar is as it is: what each cue adds to the valence and arousal that it measures, and what was wanted.

The sums are exact: the contributions to valence add up to the measured valence, those to arousal to the arousal. They
are on the scale of aims, so that measured and wanted compare; a bar may measure beyond [-1, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.music.measures import Measures, measure
from models.music.norms import Norms, norms_of
from models.music.plan import Aim, MusicPlan, PerformedBar

AROUND = 1
"""Bars on either side that are heard together with a bar, as in the labels of training."""
ADJOINING_S = 0.05
NOTICED = 0.005
"""A difference that adds less than this to valence and to arousal is called usual."""


@dataclass(frozen=True)
class Cue:
    """How a measure is told: its name, its unit, digits worth showing, and words for more and less than usual."""

    name: str
    unit: str
    digits: int
    more: str
    less: str


CUES: Mapping[str, Cue] = {
    "onset_density": Cue("notes", "a second", 1, "more notes a second", "fewer notes a second"),
    "tempo_bpm": Cue("tempo", "bpm", 0, "faster", "slower"),
    "velocity": Cue("loudness", "MIDI velocity", 0, "louder", "softer"),
    "legato": Cue("legato", "of the time to the next note", 2, "more joined", "more detached"),
    "pitch": Cue("pitch", "MIDI pitch", 1, "higher", "lower"),
    "majorness": Cue("mode", "towards major", 2, "more major", "more minor"),
    "dissonance": Cue("roughness", "rough, from −1 to 1", 2, "rougher", "smoother"),
    "key_clarity": Cue("key", "of 1 clear", 2, "clearer in its key", "less clear in its key"),
}
"""Every field of `Measures`."""


@dataclass(frozen=True)
class Contribution:
    """What one cue adds to the measured arousal and valence; `usual` is its value in the middle of the plane."""

    cue: str
    value: float
    unit: str
    usual: float
    arousal: float
    valence: float

    @property
    def difference(self) -> str:
        """'more notes a second than usual', or 'tempo as usual'."""
        cue = CUES[self.cue]
        if max(abs(self.arousal), abs(self.valence)) < NOTICED:
            return f"{cue.name} as usual"
        return f"{cue.more if self.value > self.usual else cue.less} than usual"

    @property
    def words(self) -> str:
        """'more notes a second than usual: arousal +0.21, valence +0.08'."""
        told = [f"{name} {signed(value)}" for name, value in self._parts() if abs(value) >= NOTICED]
        return ": ".join(filter(None, (self.difference, ", ".join(told))))

    def _parts(self) -> tuple[tuple[str, float], tuple[str, float]]:
        return ("arousal", self.arousal), ("valence", self.valence)


@dataclass(frozen=True)
class Explanation:
    """`valence` and `arousal` as measured in bar `bar` and its neighbours, None where nothing pitched sounds there.

    `contributions` are the parts that they are the sums of, the weightiest first. `nearest` is the work of the
    training corpus that the melody comes nearest to, in words, where that is known.
    """

    bar: int
    aim: Aim
    valence: float | None
    arousal: float | None
    contributions: tuple[Contribution, ...]
    reason: str
    generator: str
    nearest: str | None = None


def explain(
    heard: Sequence[PerformedBar], plan: MusicPlan, reason: str, generator: str, nearest: str | None = None
) -> Explanation:
    """The explanation of the planned bar as it sounds among its neighbours; `heard` is what `neighbours` gives."""
    if not any(note.role != "drums" for bar in heard for note in bar.notes):
        return Explanation(plan.bar, plan.aim, None, None, (), reason, generator, nearest)
    parts = contributions(measure(heard), norms_of(plan.tradition))
    valence, arousal = sum(part.valence for part in parts), sum(part.arousal for part in parts)
    return Explanation(plan.bar, plan.aim, valence, arousal, parts, reason, generator, nearest)


def contributions(measures: Measures, norms: Norms) -> tuple[Contribution, ...]:
    """One for each cue, the weightiest first."""
    values, usual = asdict(measures), asdict(norms.mean)
    parts = [
        Contribution(name, values[name], CUES[name].unit, usual[name], arousal, valence)
        for name, (valence, arousal) in norms.shares(measures).items()
    ]
    return tuple(sorted(parts, key=lambda part: -abs(part.arousal) - abs(part.valence)))


def neighbours(bars: Sequence[PerformedBar], index: int) -> list[PerformedBar]:
    """The bar and those around it that adjoin it: none across a silence."""
    heard = [bars[index]]
    for other in reversed(bars[max(0, index - AROUND) : index]):
        if abs(other.start_s + other.length_s - heard[0].start_s) > ADJOINING_S:
            break
        heard.insert(0, other)
    for other in bars[index + 1 : index + 1 + AROUND]:
        if abs(heard[-1].start_s + heard[-1].length_s - other.start_s) > ADJOINING_S:
            break
        heard.append(other)
    return heard


def told(explanation: Explanation) -> dict[str, Any]:
    """The explanation for JSON; each contribution with its words."""
    row = asdict(explanation)
    pairs = zip(row["contributions"], explanation.contributions, strict=True)
    row["contributions"] = [
        {**fields, "name": CUES[part.cue].name, "difference": part.difference, "words": part.words}
        for fields, part in pairs
    ]
    return row


def signed(value: float) -> str:
    """'+0.21', '−0.21', '0.00'."""
    size = f"{abs(value):.2f}"
    return size if float(size) == 0 else ("−" if value < 0 else "+") + size
