"""How an aim becomes tempo, density, texture and register: one additive line each.

Listeners' judgements are linear in the cues, without interactions (Eerola, Friberg & Bresin 2013), so every
line is a sum. Arousal is carried by onset density, tempo, loudness and short notes; valence by mode first,
then density, pitch and tempo (re-analysis in Eerola's cue order; signs as in the additive rule of `measures`).
"""

from __future__ import annotations

from math import pow

from models.music.measures import VALENCE_WEIGHTS
from models.music.plan import Aim

SLOWEST_BPM = 50.0
FASTEST_BPM = 120.0
VALENCE_TEMPO_SHARE = 0.04
CARRIED_BY_AROUSAL = VALENCE_WEIGHTS["onset_density"] + VALENCE_WEIGHTS["tempo_bpm"] - VALENCE_WEIGHTS["legato"]
CARRIED_BY_COLOUR = (
    VALENCE_WEIGHTS["majorness"]
    + VALENCE_WEIGHTS["pitch"]
    + VALENCE_WEIGHTS["key_clarity"]
    - VALENCE_WEIGHTS["dissonance"]
)
"""By the literature's rule: what of valence the cues of arousal move too, and what mode, register and chords move."""
DRUMS_FROM_AROUSAL = 0.3
DRUMS_UNTIL_AROUSAL = 0.15


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return min(high, max(low, value))


def tempo_for(aim: Aim) -> float:
    """Beats a minute: 50 at arousal -1, 77 at 0, 120 at +1 (equal steps are equal ratios), +-4 % with valence."""
    ratio = FASTEST_BPM / SLOWEST_BPM
    bpm = SLOWEST_BPM * pow(ratio, (aim.arousal + 1) / 2)
    return round(bpm * (1 + VALENCE_TEMPO_SHARE * aim.valence), 2)


def density_for(aim: Aim) -> float:
    return clamp(0.45 + 0.42 * aim.arousal + 0.12 * aim.valence)


def polyphony_for(aim: Aim) -> float:
    return clamp(0.50 + 0.35 * aim.arousal)


def register_for(aim: Aim) -> float:
    return clamp(0.48 + 0.38 * aim.valence - 0.12 * aim.arousal)


def brightness_for(aim: Aim) -> float:
    """How bright mode and chords are to be: what more notes, more tempo and shorter notes say of valence is taken off.

    So that music that grows livelier does not also grow happier than it was asked to.
    """
    return clamp(aim.valence - CARRIED_BY_AROUSAL / CARRIED_BY_COLOUR * aim.arousal, -1.0, 1.0)


def drums_play(aim: Aim, already: bool) -> bool:
    """Percussion raises skin conductance (van der Zwaag 2011): only above a threshold, with hysteresis."""
    return aim.arousal >= (DRUMS_UNTIL_AROUSAL if already else DRUMS_FROM_AROUSAL)
