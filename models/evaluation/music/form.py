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


def cadences(piece: Piece) -> tuple[int, int]:
    """(phrases that end in their planned cadence, phrases)."""
    ends = [(plan, bar) for plan, bar, _ in piece if plan.cadence]
    return sum(closes(plan, bar) for plan, bar in ends), len(ends)


def closes(plan: MusicPlan, bar: Bar) -> bool:
    """Whether a phrase's last bar ends on its last chord.

    What the chords and the bass sound there are its tones, the bass ends on its root, the melody rests on one of
    its tones. A role that is silent there breaks nothing, but chords or bass must sound.
    """
    chord = plan.chords[-1]
    tones = set(chord.pitch_classes)
    texture = [note for note in bar.notes if note.role == "chords" and note.start_beat >= chord.start_beat]
    bass, melody = _last(bar, "bass", chord.start_beat), _last(bar, "melody", 0.0)
    return (
        bool(texture or bass)
        and all(note.pitch % 12 in tones for note in texture)
        and (bass is None or bass.pitch % 12 == chord.pitch_classes[0])
        and (melody is None or melody.pitch % 12 in tones)
    )


def _last(bar: Bar, role: str, from_beat: float) -> Note | None:
    own = [note for note in bar.notes if note.role == role and note.start_beat >= from_beat]
    return max(own, key=lambda note: note.start_beat, default=None)


def in_scale(piece: Piece) -> tuple[int, int]:
    """(notes inside the plan's scale or the bar's chords, notes): all roles but the drums."""
    inside = total = 0
    for plan, bar, _ in piece:
        allowed = {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}
        pitched = [note.pitch % 12 in allowed for note in bar.notes if note.role != "drums"]
        inside, total = inside + sum(pitched), total + len(pitched)
    return inside, total
