"""Tempo curves: a phrase broadens at its ends, a bar leads from the tempo before it to its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.music.expression import clamp
from models.music.plan import MusicPlan

EDGE_SLOWER = 0.008
"""Share of the tempo that a phrase's first and last bar are slower than its middle."""
CLOSE_SLOWER = 0.012
"""As much again in the bar of the cadence."""
WIDEST_PASSAGE = 0.15
"""A bar begins at most this far from its own tempo, as a share; beyond it the change is a step."""


def pace_of(plan: MusicPlan) -> float:
    """The bar's tempo as a share of what its aim alone asks: a gentle arch over the phrase, broad at its close."""
    place = (plan.phrase_bar + 0.5) / plan.phrase_bars
    return 1 - EDGE_SLOWER * (2 * place - 1) ** 2 - (CLOSE_SLOWER if plan.cadence else 0.0)


def phrased(plan: MusicPlan) -> MusicPlan:
    """The plan with its phrase's tempo curve; the bar is as long as the new tempo says."""
    return replace(plan, tempo_bpm=round(plan.tempo_bpm * pace_of(plan), 2))


@dataclass(frozen=True)
class Passage:
    """Beats `from_beat` to `until_beat` in one tempo, entered from another.

    Together they take exactly `beat_s` each. The first lasts about `entry_beat_s`, the last `beat_s`; between them the
    tempo goes beyond its own by a third of the change, which makes up for the entry.
    """

    from_beat: float
    until_beat: float
    start_s: float
    beat_s: float
    entry_beat_s: float

    @property
    def length_s(self) -> float:
        return (self.until_beat - self.from_beat) * self.beat_s

    def at(self, beat: float) -> float:
        """Seconds from the bar line at a beat."""
        place = (beat - self.from_beat) / (self.until_beat - self.from_beat)
        return self.start_s + self.length_s * (place + self._excess * place * (1 - place) ** 2)

    def beat_s_at(self, beat: float) -> float:
        """How long a beat is just there."""
        place = (beat - self.from_beat) / (self.until_beat - self.from_beat)
        return self.beat_s * (1 + self._excess * (1 - place) * (1 - 3 * place))

    @property
    def _excess(self) -> float:
        return clamp(self.entry_beat_s / self.beat_s - 1, -WIDEST_PASSAGE, WIDEST_PASSAGE)
