"""How a tradition's roles are written: figures over a drone or open fifths, and a second voice that joins the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from models.music.fitting import chord_at
from models.music.plan import Bar, FigureNote, MusicPlan, Note
from models.music.writing.voices import voice

CHORDS_LOW, BASS_LOW = 43, 33
COUNTER_LOW, COUNTER_HIGH = 43, 79
ALL_FROM_POLYPHONY, GRACED_FROM_POLYPHONY = 0.52, 0.68
MAIN_BEATS = 1.5
GRACE_BEATS = 0.25
RESPONSE_STEPS = -2


def write_figure(
    role: str, figure: Sequence[FigureNote], low: int, plan: MusicPlan, melody: Sequence[Note]
) -> list[Note]:
    """The role's figure on the bar's chords, from the root at or above `low`, folded under the melody."""
    ceiling = min((note.pitch for note in melody), default=127)
    notes = []
    for start, beats, step in figure:
        chord = chord_at(plan.chords, start)
        tones = _from_tonic(chord.pitch_classes, plan.scale[0])
        octave, tone = divmod(step, len(tones))
        root = low + (tones[0] - low) % 12
        pitch = root + (tones[tone] - tones[0]) % 12 + 12 * octave
        while pitch >= ceiling and pitch - 12 >= low - 7:
            pitch -= 12
        length = min(beats, chord.start_beat + chord.beats - start)
        notes.append(Note(role, pitch, start, length, 0.55 if start == 0 else 0.4))
    return sorted({(n.pitch, n.start_beat): n for n in notes}.values(), key=lambda n: (n.start_beat, n.pitch))


def _from_tonic(tones: tuple[int, ...], tonic: int) -> tuple[int, ...]:
    """An open fifth below the tonic becomes the fourth above it: a drone keeps its ground."""
    return tones[::-1] if len(tones) == 2 and tones[1] == tonic else tones


def heterophony(plan: MusicPlan, previous: Sequence[Bar], melody: Sequence[Note]) -> list[Note]:
    """The same melody an octave below in another density: its main tones, all of them, or all and early."""
    line = voice(melody, "melody")
    if not line:
        return _drone(plan)
    chosen = line if plan.polyphony >= ALL_FROM_POLYPHONY else _main_tones(line)
    last_end = min(plan.beats, max(plan.beats - 0.25, chosen[-1].start_beat + 0.25))
    ends = [*(note.start_beat for note in chosen[1:]), last_end]
    sung = [
        replace(note, role="counter", pitch=_below(note.pitch), beats=end - note.start_beat, accent=0.35)
        for note, end in zip(chosen, ends, strict=True)
    ]
    return _anticipated(sung) if plan.polyphony >= GRACED_FROM_POLYPHONY else sung


def _main_tones(line: Sequence[Note]) -> list[Note]:
    """Tones at least `MAIN_BEATS` apart."""
    chosen: list[Note] = []
    for note in line:
        if not chosen or note.start_beat - chosen[-1].start_beat >= MAIN_BEATS:
            chosen.append(note)
    return chosen


def _anticipated(line: Sequence[Note]) -> list[Note]:
    """Where a tone lasts a beat or longer the next is touched before its time: an ornament that no mode forbids."""
    graced: list[Note] = []
    for note, after in zip(line, [*line[1:], None], strict=True):
        if after is None or note.beats < 1 or note.pitch == after.pitch:
            graced.append(note)
            continue
        early = replace(after, start_beat=after.start_beat - GRACE_BEATS, beats=GRACE_BEATS, accent=0.2)
        graced += [replace(note, beats=note.beats - GRACE_BEATS), early]
    return graced


def _below(pitch: int) -> int:
    return pitch - 12 if pitch - 12 >= COUNTER_LOW else pitch


def _drone(plan: MusicPlan) -> list[Note]:
    """The tonic, held: what the second voice does when there is nothing to join."""
    pitch = COUNTER_LOW + 7 + (plan.scale[0] - COUNTER_LOW - 7) % 12
    return [Note("counter", pitch, 0.0, float(plan.beats), 0.3)]


def response(plan: MusicPlan, previous: Sequence[Bar], melody: Sequence[Note]) -> list[Note]:
    """The others' answer: in every second bar the call of the bar before, lower in the scale; they close together."""
    if plan.cadence:
        return heterophony(plan, previous, melody)
    if melody and plan.phrase_bar % 2 == 0:
        return []
    call = voice(previous[-1].notes, "melody") if previous else []
    answers = [note for note in call if 1 <= note.start_beat < plan.beats] or call[-1:]
    return [
        Note(
            "counter",
            _stepped(note.pitch, RESPONSE_STEPS, plan),
            note.start_beat,
            min(note.beats, plan.beats - note.start_beat),
            0.5,
        )
        for note in answers
        if note.start_beat < plan.beats
    ] or _drone(plan)


def _stepped(pitch: int, steps: int, plan: MusicPlan) -> int:
    """So many steps of the scale from the tone at or below `pitch`, within the voice."""
    ladder = [p for p in range(COUNTER_LOW - 12, COUNTER_HIGH + 12) if p % 12 in plan.scale]
    place = max((i for i, p in enumerate(ladder) if p <= pitch), default=0) + steps
    found = ladder[max(0, min(len(ladder) - 1, place))]
    return found if found >= COUNTER_LOW else found + 12


Joining = Callable[[MusicPlan, Sequence[Bar], Sequence[Note]], list[Note]]
JOINING: Mapping[str, Joining] = {"heterophony": heterophony, "response": response}
"""How a second voice joins the melody, by the word in `Tradition.counter`."""
