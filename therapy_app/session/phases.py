"""The minutes of a session: rest, then match, guide, hold and fade."""

from __future__ import annotations

from dataclasses import dataclass

from models.music.guidance import Progress
from therapy_app.session.prescription import Prescription

SHARES = (("match", 0.15), ("guide", 0.55), ("hold", 0.22), ("fade", 0.08))
"""How the time after the baseline is divided; the composite of published sessions in which 50 min are the longest."""
LONGEST_BASELINE_SHARE = 0.3


@dataclass(frozen=True)
class Phase:
    name: str
    start_s: float
    end_s: float

    def progress(self, at_s: float) -> Progress:
        share = (at_s - self.start_s) / (self.end_s - self.start_s)
        return Progress(self.name, min(max(share, 0.0), 1.0))


def phases_of(prescription: Prescription, has_baseline: bool) -> tuple[Phase, ...]:
    """All phases in order; the baseline only when it is prescribed or there is no stored one to use."""
    baseline_s = prescription.baseline_s or (0.0 if has_baseline else 120.0)
    start_s = min(baseline_s, LONGEST_BASELINE_SHARE * prescription.length_s)
    phases = [Phase("baseline", 0.0, start_s)] if start_s else []
    rest_s = prescription.length_s - start_s
    for name, share in SHARES:
        phases.append(Phase(name, start_s, start_s + share * rest_s))
        start_s = phases[-1].end_s
    return tuple(phases)


def phase_at(phases: tuple[Phase, ...], at_s: float) -> Phase:
    """The phase of a moment; the last one lasts until the music is over."""
    return next((phase for phase in phases if at_s < phase.end_s), phases[-1])
