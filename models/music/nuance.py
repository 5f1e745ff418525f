"""What a score does not say of one note: how strongly it is struck, how long it sounds, just when it comes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.music.expression import clamp
from models.music.groove import NO_FEEL, Feel, Groove, part_of
from models.music.instruments import RINGING, touch_of
from models.music.plan import MusicPlan, Note, PlayedNote
from models.music.tempo import Passage

SOFTEST_VELOCITY, LOUDEST_VELOCITY = 40, 92  # of a melody note at arousal -1 and +1, before accent
ROLE_BALANCE = {"melody": 6, "counter": -6, "chords": -12, "bass": -4, "drums": -14}
ACCENT_SPAN = 22  # velocity between accent 0 and 1
PHRASE_SPAN = 8  # velocity between the edge and the middle of a phrase
HAND_SPAN = 1.8  # velocity, one standard deviation
LEGATO, DETACHED = 1.02, 0.62  # sounding share of a note's length at arousal -1 and +1
STEADY_ROLES = frozenset({"chords", "bass"})
JITTER_S = 0.006
ROLL_S = 0.045  # between the tones of a chord, at rest
CLOSE_STRETCH = 0.03  # of the bar: how far the last beats of a phrase come late
FOLLOWED_PART = {"bass": "kick", "chords": "hat", "counter": "hat"}
"""The part of the kit whose groove a role follows; the melody has its own freedom."""
FOLLOWED_SHARE = 0.4
RESTFUL_GROOVE = 0.3  # share of the learned groove at arousal -1; all of it at +1
SPREAD_SHARE = 0.3  # of the learned spread: it holds many hands and whole pieces, one bar needs less
FURTHEST_BEATS = 0.06  # that groove moves a note


@dataclass(frozen=True)
class Hand:
    """What stands behind every note of one take: the plan, its tempo curve, each role's program, and groove if any."""

    plan: MusicPlan
    passage: Passage
    programs: Mapping[str, int]
    groove: Groove | None

    def play(self, note: Note, bar: Sequence[Note], time: float, force: float) -> PlayedNote:
        """The note as it sounds; `bar` holds its neighbours, `time` and `force` are chance, standard normal."""
        program, feel = self.programs[note.role], _feel(note, self.plan, self.groove)
        touch = 1.0 if note.role == "drums" else touch_of(program)
        velocity = round(clamp(_velocity(note, self.plan, feel, force) * touch, 1, 127))
        start_s = _start_s(note, bar, self.plan, self.passage, program, feel, time)
        return PlayedNote(note.role, note.pitch, velocity, start_s, _length_s(note, self.plan, program))


def _feel(note: Note, plan: MusicPlan, groove: Groove | None) -> Feel:
    """The learned place and force of a stroke, more of it the livelier; the accompaniment follows from afar."""
    part = part_of(note.pitch) if note.role == "drums" else FOLLOWED_PART.get(note.role)
    if groove is None or part is None:
        return NO_FEEL
    share = RESTFUL_GROOVE + (1 - RESTFUL_GROOVE) * (plan.aim.arousal + 1) / 2
    share *= 1.0 if note.role == "drums" else FOLLOWED_SHARE
    return groove.feel(plan.tradition, part, note.start_beat, plan.beats).scaled(share)


# --- loudness ---------------------------------------------------------------------------------------------------


def _velocity(note: Note, plan: MusicPlan, feel: Feel, chance: float) -> float:
    """Arousal sets the level; accent, phrase arch, role, groove and hand move it."""
    level = SOFTEST_VELOCITY + (LOUDEST_VELOCITY - SOFTEST_VELOCITY) * (plan.aim.arousal + 1) / 2
    accent = ACCENT_SPAN * (note.accent - 0.5)
    place = (plan.phrase_bar + note.start_beat / plan.beats) / plan.phrase_bars
    arch = PHRASE_SPAN * (1 - (2 * place - 1) ** 2) - PHRASE_SPAN / 2
    force = 1 + feel.force + SPREAD_SHARE * feel.force_spread * chance
    return (level + ROLE_BALANCE[note.role] + accent + arch) * force + HAND_SPAN * chance


# --- touch ------------------------------------------------------------------------------------------------------


def _length_s(note: Note, plan: MusicPlan, program: int) -> float:
    """Legato at rest, detached when lively; plucked and struck tones ring on at rest."""
    beat_s = 60 / plan.tempo_bpm
    lively = (plan.aim.arousal + 1) / 2
    detached = DETACHED + (0.2 if note.role in STEADY_ROLES else 0.0)
    share = LEGATO + (detached - LEGATO) * lively
    ring_s = 0.5 * (1 - lively) * beat_s if program in RINGING and note.role != "drums" else 0.0
    longest = plan.length_s - note.start_beat * beat_s + plan.length_s / 2
    return round(min(max(note.beats * beat_s * share + ring_s, 0.05), longest), 4)


# --- timing -----------------------------------------------------------------------------------------------------


def _start_s(
    note: Note, bar: Sequence[Note], plan: MusicPlan, passage: Passage, program: int, feel: Feel, chance: float
) -> float:
    """The written place on the tempo curve, stretched at a phrase's end, with chords rolled from below, and felt."""
    place = note.start_beat / plan.beats
    stretch = CLOSE_STRETCH * place * place * (1 - place) * 4 if plan.cadence else 0.0
    restful = (1 - plan.aim.arousal) / 2
    roll = _roll_s(note, bar) * restful if program in RINGING and note.role == "chords" else 0.0
    drummed = note.role == "drums"
    jitter = 0.0 if drummed else JITTER_S * (0.4 + 0.6 * restful) * chance
    felt = feel.offset + (SPREAD_SHARE * feel.offset_spread * chance if drummed else 0.0)
    felt_s = clamp(felt, -FURTHEST_BEATS, FURTHEST_BEATS) * 60 / plan.tempo_bpm
    start = passage.at(note.start_beat) + stretch * plan.length_s + roll + jitter + felt_s
    return round(clamp(start, 0.0, passage.start_s + passage.length_s - 0.002), 4)


def _roll_s(note: Note, bar: Sequence[Note]) -> float:
    """Later for each tone of the same chord below this one."""
    below = sum(
        other.role == note.role and other.start_beat == note.start_beat and other.pitch < note.pitch for other in bar
    )
    return ROLL_S * below
