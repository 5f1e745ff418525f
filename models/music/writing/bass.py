"""The bass: roots and fifths in a rhythm for the density, each placed so that it never runs parallel to the melody."""

from __future__ import annotations

from collections.abc import Sequence

from models.music.plan import Bar, Chord, MusicPlan, Note
from models.music.writing.idiomatic import BASS_LOW, write_figure
from models.music.writing.voices import at, last_pitch, parallel

LOW, HIGH = 33, 55
DARKEST, BRIGHTEST = 40, 47  # the pitch the bass likes to be around

# (beat within the chord, chord tone wanted: 0 root, 1 third, 2 fifth)
Figure = tuple[tuple[float, int], ...]
FIGURES: tuple[tuple[float, Figure, Figure], ...] = (  # up to this density: for chords over 2 beats, for shorter ones
    (0.36, ((0, 0),), ((0, 0),)),
    (0.55, ((0, 0), (2, 2)), ((0, 0),)),
    (0.75, ((0, 0), (1.5, 2), (2, 0)), ((0, 0), (1, 2))),
    (1.01, ((0, 0), (1, 2), (2, 0), (3, 1)), ((0, 0), (1, 2), (1.5, 0))),
)


def write_bass(plan: MusicPlan, previous: Sequence[Bar], melody: Sequence[Note]) -> list[Note]:
    """The bar's bass; at a cadence one long root."""
    if plan.idiom:
        return write_figure("bass", plan.idiom.bass, BASS_LOW, plan, melody)
    above_before = last_pitch(previous, "melody")
    before = last_pitch(previous, "bass")
    ceiling = min((note.pitch for note in melody), default=HIGH + 4) - 4
    centre = DARKEST + (BRIGHTEST - DARKEST) * plan.register
    notes: list[Note] = []
    for chord, start, end, tone in _onsets(plan):
        above = (at(melody, start - 1e-3, above_before), at(melody, start, above_before))
        pitch = _placed(chord, tone, before, above, centre, ceiling)
        notes.append(Note("bass", pitch, start, end - start, 0.6 if start == chord.start_beat else 0.4))
        before = pitch
    return notes


def _onsets(plan: MusicPlan) -> list[tuple[Chord, float, float, int]]:
    """(chord, start, end, chord tone) of every bass note in the bar."""
    long, short = next((long, short) for limit, long, short in FIGURES if plan.density < limit)
    wanted = []
    for chord in plan.chords:
        figure = ((0.0, 0),) if plan.cadence else long if chord.beats > 2 else short
        wanted += [(chord, chord.start_beat + beat, tone) for beat, tone in figure if beat < chord.beats]
    ends = [start for _, start, _ in wanted[1:]] + [float(plan.beats)]
    return [(chord, start, end, tone) for (chord, start, tone), end in zip(wanted, ends, strict=True)]


def _placed(
    chord: Chord,
    tone: int,
    before: int | None,
    above: tuple[int | None, int | None],
    centre: float,
    ceiling: int,
) -> int:
    """The wanted tone in the octave that moves least; another octave or tone where it would run parallel."""
    order = [tone, *(i for i in (0, 1, 2) if i != tone)]

    def cost(option: tuple[int, int]) -> float:
        rank, pitch = option
        runs = before is not None and above[0] is not None and above[1] is not None
        forbidden = runs and parallel((above[0] or 0, above[1] or 0), (before or 0, pitch))
        move = 0 if before is None else abs(pitch - before)
        crossing = 6 * max(0, pitch - ceiling)
        return 100 * forbidden + 14 * rank + 0.6 * move + 0.5 * abs(pitch - centre) + crossing

    options = [
        (rank, pitch)
        for rank, index in enumerate(order)
        if index < len(chord.pitch_classes)
        for pitch in range(LOW, HIGH + 1)
        if pitch % 12 == chord.pitch_classes[index]
    ]
    return min(options, key=lambda option: (cost(option), option))[1]
