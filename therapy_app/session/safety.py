"""The clinical limits, all of them, in one place. Pure. Enforced here on the plan, and again where sound is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

from models.music.plan import Aim

HOLD_WITHIN_S = 5.0
"""Data older than this: the music holds where it is."""
PATH_WITHIN_S = 15.0
"""No estimate for this long: the music follows the planned path without feedback."""
SOFTEN_DB = -6.0
SILENT_DB = -60.0
LOUDER_STEP_DB = 3.0
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
            raise ValueError(f"tempo {self.tempo_low_bpm:g} to {self.tempo_high_bpm:g}; expected within 30 to 180 bpm")
        if self.gain_high_db > 0 or not 1 <= self.velocity_high <= 127:
            raise ValueError("gain may not exceed 0 dB nor velocity 127")


@dataclass(frozen=True)
class Steering:
    """The last aim that was allowed, which way arousal was moving and since when."""

    aim: Aim | None = None
    direction: int = 0
    since_s: float = 0.0


def steer(before: Steering, valence: float, arousal: float, at_s: float, limits: Limits, by_person: bool) -> Steering:
    """The aim that is allowed when this one is wanted: inside the box, one step on at most, no turn within the dwell.

    A person may turn at once (`by_person`), but neither leave the box nor jump. NaN and infinity lead to NEUTRAL.
    """
    if not (isfinite(valence) and isfinite(arousal)):
        valence, arousal = NEUTRAL.valence, NEUTRAL.arousal
    valence = _within(valence, limits.valence_low, limits.valence_high)
    arousal = _within(arousal, limits.arousal_low, limits.arousal_high)
    if before.aim is None:
        return Steering(Aim(valence, arousal), 0, at_s)
    last = before.aim
    direction = _direction(arousal - last.arousal)
    turns = direction * before.direction < 0
    if turns and not by_person and at_s - before.since_s < limits.dwell_s:
        arousal, direction = last.arousal, before.direction
    aim = one_step(Aim(valence, arousal), last, limits)
    since_s = at_s if direction and direction != before.direction else before.since_s
    return Steering(aim, direction or before.direction, since_s)


def limit_tempo(tempo_bpm: float, last_bpm: float | None, limits: Limits) -> float:
    """The tempo that is allowed: in range, at most one step from the last bar's."""
    wanted = tempo_bpm if isfinite(tempo_bpm) else (last_bpm or limits.tempo_low_bpm)
    wanted = _within(wanted, limits.tempo_low_bpm, limits.tempo_high_bpm)
    if last_bpm is None:
        return wanted
    return _within(wanted, last_bpm - limits.tempo_step_bpm, last_bpm + limits.tempo_step_bpm)


def limit_loudness(gain_db: float, last_db: float | None, limits: Limits) -> float:
    """Down at once, up at most LOUDER_STEP_DB a bar; silence for what is no number."""
    wanted = _within(gain_db if isfinite(gain_db) else SILENT_DB, SILENT_DB, limits.gain_high_db)
    return wanted if last_db is None else min(wanted, last_db + LOUDER_STEP_DB)


def freshness(age_s: float) -> str:
    """What an estimate of this age still allows: 'adapt', 'hold' or 'path'."""
    if not isfinite(age_s) or age_s > PATH_WITHIN_S:
        return "path"
    return "hold" if age_s > HOLD_WITHIN_S else "adapt"


LEVELS = ("calm", "soften", "ask", "silence")


@dataclass(frozen=True)
class Watch:
    """How far the worsening rule has gone, since when distress stands and since when it does not."""

    level: str = "calm"
    distress_since_s: float | None = None
    relief_since_s: float | None = None


def distress_above(goal: Aim, first_felt: float | None) -> float:
    """The arousal above which a person counts as distressed: well above the goal and above how they came."""
    return max(0.4, goal.arousal + 0.3, (first_felt if first_felt is not None else -1.0) + 0.15)


def watch(before: Watch, at_s: float, distressed: bool | None) -> Watch:
    """Soften at once, ask after ASK_AFTER_S, silence after SILENCE_AFTER_S; back only after lasting relief.

    None (not known) neither worsens nor relieves. From silence only a person leads back.
    """
    if distressed is None or before.level == "silence":
        return before
    if distressed:
        since_s = at_s if before.distress_since_s is None else before.distress_since_s
        reached = _level_after(at_s - since_s)
        return Watch(max(before.level, reached, key=LEVELS.index), since_s)
    if before.level == "calm":
        return Watch()
    relief_s = at_s if before.relief_since_s is None else before.relief_since_s
    if at_s - relief_s >= RECOVERED_AFTER_S:
        return Watch()
    return replace(before, distress_since_s=None, relief_since_s=relief_s)


def worse(before: Watch, at_s: float) -> Watch:
    """A person said 'I feel worse': ask at once, whatever the sensors say."""
    return replace(before, level=max(before.level, "ask", key=LEVELS.index), distress_since_s=at_s)


def one_step(wanted: Aim, last: Aim, limits: Limits) -> Aim:
    """The aim at most one step from the last. Rounded: four decimals are far below what can be heard."""
    valence, arousal = (
        round(_within(new, old - limits.step_per_bar, old + limits.step_per_bar), 4)
        for new, old in ((wanted.valence, last.valence), (wanted.arousal, last.arousal))
    )
    return Aim(valence, arousal)


def _level_after(lasting_s: float) -> str:
    if lasting_s >= SILENCE_AFTER_S:
        return "silence"
    return "ask" if lasting_s >= ASK_AFTER_S else "soften"


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _direction(change: float) -> int:
    """-1, 0 or 1; changes too small to hear have no direction."""
    return 0 if abs(change) < 0.02 else (1 if change > 0 else -1)
