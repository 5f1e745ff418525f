"""Does it hold together? Themes that return, phrases that end as planned, tones that keep to the scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from models.evaluation.music.quality import line
from models.music.compose import Piece
from models.music.plan import Bar, MusicPlan, Note
from models.music.tokens import WrittenBar

PHRASE = 4
LATER = 16
"""Bars after which a phrase that comes again is a return, not a repetition."""
IN_COMMON, ALIKE, LEAST = 0.6, 0.7, 6

Line = list[tuple[float, float, int]]


def theme_returns(bars: Sequence[WrittenBar]) -> bool:
    """Whether the melody of the first four bars comes again from bar 17 on."""
    return theme_of_another_returns(bars, bars)


def theme_of_another_returns(one: Sequence[WrittenBar], other: Sequence[WrittenBar]) -> bool:
    """Whether the first phrase of one piece is found so in another: how often the test says yes by chance."""
    phrase = line(one[:PHRASE], "melody")
    starts = range(LATER, len(other) - PHRASE + 1)
    return any(same_theme(phrase, line(other[at : at + PHRASE], "melody")) for at in starts)


def same_theme(early: Line, late: Line) -> bool:
    """Whether two phrases are one theme, transposed, ornamented or thinned.

    At least six onsets and 60 % of the sparser phrase's are in common, and 70 % of the intervals between
    neighbouring common onsets are equal up to a semitone, so that a theme may pass from major to minor.
    """
    first, second = ({round(12 * at): pitch for at, _, pitch in phrase} for phrase in (early, late))
    common = sorted(first.keys() & second.keys())
    if len(common) < max(LEAST, IN_COMMON * min(len(first), len(second))):
        return False
    equal = [abs((first[b] - first[a]) - (second[b] - second[a])) <= 1 for a, b in pairwise(common)]
    return sum(equal) >= ALIKE * len(equal)


def cadences(piece: Piece) -> tuple[int, int, int]:
    """(phrases that end in their planned cadence, those whose bass also stays there, phrases)."""
    ends = [(plan, bar) for plan, bar, _ in piece if plan.cadence]
    closed = [(plan, bar) for plan, bar in ends if closes(plan, bar)]
    return len(closed), sum(bass_stays(plan, bar) for plan, bar in closed), len(ends)


def closes(plan: MusicPlan, bar: Bar) -> bool:
    """Whether a phrase's last bar arrives at its last chord.

    What the chords sound there are its tones, the bass arrives on its root, the melody comes to rest on one of its
    tones. A role that is silent there breaks nothing, but chords or bass must sound.
    """
    chord = plan.chords[-1]
    tones = set(chord.pitch_classes)
    texture = [note for note in bar.notes if note.role == "chords" and note.start_beat >= chord.start_beat]
    bass = min(_from(bar, "bass", chord.start_beat), key=_beat, default=None)
    melody = max(_from(bar, "melody", 0.0), key=_beat, default=None)
    return (
        bool(texture or bass)
        and all(note.pitch % 12 in tones for note in texture)
        and (bass is None or bass.pitch % 12 == chord.pitch_classes[0])
        and (melody is None or melody.pitch % 12 in tones)
    )


def bass_stays(plan: MusicPlan, bar: Bar) -> bool:
    """Whether the bass also ends the bar on the last chord's root, where it plays."""
    own = _from(bar, "bass", plan.chords[-1].start_beat)
    return not own or max(own, key=_beat).pitch % 12 == plan.chords[-1].pitch_classes[0]


def _from(bar: Bar, role: str, beat: float) -> list[Note]:
    return [note for note in bar.notes if note.role == role and note.start_beat >= beat]


def _beat(note: Note) -> float:
    return note.start_beat


def in_scale(piece: Piece) -> tuple[int, int]:
    """(notes inside the plan's scale or the bar's chords, notes): all roles but the drums."""
    inside = total = 0
    for plan, bar, _ in piece:
        allowed = {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}
        pitched = [note.pitch % 12 in allowed for note in bar.notes if note.role != "drums"]
        inside, total = inside + sum(pitched), total + len(pitched)
    return inside, total
