"""The clinical limits, all of them, in one place. Pure. Enforced here on the plan, and again where sound is made."""

from __future__ import annotations

from dataclasses import dataclass

from models.music.plan import Aim

HOLD_WITHIN_S = 5.0
"""Data older than this: the music holds where it is."""
PATH_WITHIN_S = 15.0
"""No estimate for this long: the music follows the planned path without feedback."""
SOFTEN_DB = -6.0
ASK_AFTER_S = 30.0
SILENCE_AFTER_S = 60.0
RECOVERED_AFTER_S = 30.0
NEUTRAL = Aim(valence=0.2, arousal=-0.3)
"""Where a value that is no number leads."""


@dataclass(frozen=True)
class Limits:
    """What one person's music may never exceed. Tempo in beats per minute, gain in dB below full scale."""

    tempo_low_bpm: float = 48.0
    tempo_high_bpm: float = 112.0
    tempo_step_bpm: float = 4.0
    arousal_low: float = -1.0
    arousal_high: float = 0.6
    valence_low: float = -0.5
    valence_high: float = 1.0
    step_per_bar: float = 0.15
    dwell_s: float = 20.0
    gain_high_db: float = 0.0
    velocity_high: int = 104

    def __post_init__(self) -> None:
        for low, high in (
            ("tempo_low_bpm", "tempo_high_bpm"),
            ("arousal_low", "arousal_high"),
            ("valence_low", "valence_high"),
        ):
            if not getattr(self, low) < getattr(self, high):
                raise ValueError(f"{low} {getattr(self, low)} is not below {high} {getattr(self, high)}")
        if not (self.tempo_low_bpm >= 30 and self.tempo_high_bpm <= 180):
            raise ValueError(
                f"tempo {self.tempo_low_bpm:g} to {self.tempo_high_bpm:g}; expected within 30 to 180 bpm"
            )
        if self.gain_high_db > 0 or not 1 <= self.velocity_high <= 127:
            raise ValueError("gain may not exceed 0 dB nor velocity 127")
