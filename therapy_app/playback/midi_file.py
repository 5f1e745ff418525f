"""Writes performed bars as a Standard MIDI File: tempo and plan markers on track 0, then one track per role."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from mido import Message, MetaMessage, MidiFile, MidiTrack

from models.music.plan import ROLES, Bar, MusicPlan, PerformedBar
from therapy_app.playback.tuning import cents_of, channels_for, tuned

TICKS_PER_BEAT = 480
PANS: Mapping[str, int] = {"melody": 64, "counter": 84, "chords": 46, "bass": 64, "drums": 64}
PAN, EXPRESSION = 10, 11
SLOWEST_US_PER_BEAT = 0xFFFFFF
OFF_BEFORE_ON = {"note_off": 0, "program_change": 1, "control_change": 2, "pitchwheel": 2, "note_on": 3}


@dataclass(frozen=True)
class Measure:
    """A bar on the file's clock: its first tick, its length in ticks, its tempo in microseconds per beat."""

    tick: int
    ticks: int
    us_per_beat: int
    plan: MusicPlan
    performed: PerformedBar

    def tick_at(self, seconds: float) -> int:
        """The tick at `seconds` from the bar's start; past the bar's end it counts on at the bar's tempo."""
        return self.tick + round(seconds * 1e6 / self.us_per_beat * TICKS_PER_BEAT)


def composed_file(piece: Sequence[tuple[MusicPlan, Bar, PerformedBar]]) -> bytes:
    """The file of what `models.music.compose.compose` returned."""
    return session_file([(plan, performed) for plan, _, performed in piece])


def session_file(bars: Sequence[tuple[MusicPlan, PerformedBar]]) -> bytes:
    """The file of a session's bars with their plans, in any order; a bar's highest revision counts.

    Silence between bars stays silent; the first bar stands at the file's start. The same bars give the same bytes.
    Raises ValueError when there are no bars, or two overlap by more than a millisecond.
    """
    measures = _measures(_latest(bars))
    roles = [role for role in ROLES if any(role in measure.performed.programs for measure in measures)]
    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    file.tracks.append(_conductor(measures))
    file.tracks.extend(_track(role, measures) for role in roles)
    out = BytesIO()
    file.save(file=out)
    return out.getvalue()


def _latest(bars: Iterable[tuple[MusicPlan, PerformedBar]]) -> list[tuple[MusicPlan, PerformedBar]]:
    """One entry per bar number, the highest revision, in order of time."""
    by_number: dict[int, tuple[MusicPlan, PerformedBar]] = {}
    for plan, performed in sorted(bars, key=lambda pair: pair[1].revision):
        by_number[performed.bar] = (plan, performed)
    return sorted(by_number.values(), key=lambda pair: pair[1].start_s)


def _measures(bars: Sequence[tuple[MusicPlan, PerformedBar]]) -> list[Measure]:
    """Bars on the tick clock. Each bar's tempo absorbs the rounding before it, so that an hour does not drift."""
    if not bars:
        raise ValueError("no bars to write; expected at least one")
    first_s, now_us, tick = bars[0][1].start_s, 0, 0
    measures: list[Measure] = []
    for plan, performed in bars:
        start_us = (performed.start_s - first_s) * 1e6
        if start_us - now_us < -1000:
            raise ValueError(f"bar {performed.bar} starts at {performed.start_s} s, before the bar ahead of it ends")
        if measures:
            us = measures[-1].us_per_beat
            gap = max(0, int((start_us - now_us) / us * TICKS_PER_BEAT))
            tick, now_us = tick + gap, now_us + round(gap * us / TICKS_PER_BEAT)
        length_us = start_us + performed.length_s * 1e6 - now_us
        us = min(SLOWEST_US_PER_BEAT, round(length_us / performed.beats))
        ticks = performed.beats * TICKS_PER_BEAT
        measures.append(Measure(tick, ticks, us, plan, performed))
        tick, now_us = tick + ticks, now_us + us * performed.beats
    return measures


# --- track 0 ----------------------------------------------------------------------------------------------------


def marker(plan: MusicPlan) -> str:
    """The plan of a bar as one line of JSON."""
    return json.dumps(
        {
            "bar": plan.bar,
            "valence": round(plan.aim.valence, 4),
            "arousal": round(plan.aim.arousal, 4),
            "key": plan.tonic,
            "mode": plan.mode,
            "chord": " ".join(chord.numeral for chord in plan.chords),
            "section": plan.section,
            "theme": plan.theme,
            "tempo_bpm": plan.tempo_bpm,
        }
    )


def _conductor(measures: Sequence[Measure]) -> MidiTrack:
    events: list[tuple[int, MetaMessage]] = [(0, MetaMessage("track_name", name="plan"))]
    metre, tempo = 0, 0
    for measure in measures:
        beats = measure.performed.beats
        if beats != metre:
            events.append((measure.tick, MetaMessage("time_signature", numerator=beats, denominator=4)))
        if measure.us_per_beat != tempo:
            events.append((measure.tick, MetaMessage("set_tempo", tempo=measure.us_per_beat)))
        metre, tempo = beats, measure.us_per_beat
        # MIDI text is Latin-1; json.dumps escapes what is not ASCII
        events.append((measure.tick, MetaMessage("marker", text=marker(measure.plan))))
    return _timed(events, measures[-1].tick + measures[-1].ticks)


# --- role tracks ------------------------------------------------------------------------------------------------


def _track(role: str, measures: Sequence[Measure]) -> MidiTrack:
    """One role; its quarter tones sound on channels of their own, with the same program and loudness."""
    cents = {cents_of(role, n.pitch, m.performed.tuning) for m in measures for n in m.performed.notes if n.role == role}
    events: list[tuple[int, Message]] = []
    for value, channel in channels_for(role, sorted(cents)).items():
        events += [(0, message) for message in tuned(channel, value)]
        events += _settings(role, channel, measures) + _notes(role, channel, value, measures)
    events.sort(key=lambda event: (event[0], OFF_BEFORE_ON[event[1].type]))
    named: list[tuple[int, Message | MetaMessage]] = [(0, MetaMessage("track_name", name=role)), *events]
    return _timed(named, max(named[-1][0], measures[-1].tick + measures[-1].ticks))


def _settings(role: str, channel: int, measures: Sequence[Measure]) -> list[tuple[int, Message]]:
    """Pan, and the program and loudness of each bar where they change."""
    events: list[tuple[int, Message]] = [(0, Message("control_change", channel=channel, control=PAN, value=PANS[role]))]
    program, expression = -1, -1
    for measure in measures:
        performed = measure.performed
        wanted = performed.programs.get(role, program if program >= 0 else _first_program(role, measures))
        if wanted != program:
            events.append((measure.tick, Message("program_change", channel=channel, program=wanted)))
        for start_s, gain_db in ((0.0, performed.gain_db), *((turn.start_s, turn.gain_db) for turn in performed.turns)):
            if (loud := expression_for(gain_db)) != expression:
                change = Message("control_change", channel=channel, control=EXPRESSION, value=loud)
                events.append((measure.tick_at(start_s), change))
            expression = loud
        program = wanted
    return events


def _first_program(role: str, measures: Sequence[Measure]) -> int:
    return next(m.performed.programs[role] for m in measures if role in m.performed.programs)


def expression_for(gain_db: float) -> int:
    """General MIDI expression: gain = 40 log10(value / 127)."""
    return round(127 * 10 ** (min(0.0, gain_db) / 40))


def _notes(role: str, channel: int, cents: float, measures: Sequence[Measure]) -> list[tuple[int, Message]]:
    """On and off of the role's notes in one tuning; a tone still ringing ends where the same tone is struck again."""
    spans = sorted(
        (measure.tick_at(note.start_s), note.pitch, note.velocity, measure.tick_at(note.start_s + note.length_s))
        for measure in measures
        for note in measure.performed.notes
        if note.role == role and cents_of(role, note.pitch, measure.performed.tuning) == cents
    )
    struck_again: dict[int, int] = {}
    events: list[tuple[int, Message]] = []
    for start, pitch, velocity, end in reversed(spans):
        end = max(start + 1, min(end, struck_again.get(pitch, end)))
        struck_again[pitch] = start
        events.append((start, Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((end, Message("note_off", channel=channel, note=pitch, velocity=0)))
    return events[::-1]


def _timed(events: Sequence[tuple[int, Message | MetaMessage]], end: int) -> MidiTrack:
    """Events at absolute ticks as a track of differences, closed at `end`."""
    track, now = MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(MetaMessage("end_of_track", time=max(0, end - now)))
    return track
