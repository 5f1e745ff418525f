"""Draws performed bars as a piano roll: an SVG with roles in colour, bar lines, chords and sections.

Quarter tones stand between the semitones' rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from models.music.plan import ROLES, MusicPlan, PerformedBar, PlayedNote
from therapy_app.playback.tuning import cents_of

BARS_PER_ROW = 16
WIDTH, MARGIN, ROW_GAP, HEAD, DRUM_LANE = 1240, 34, 26, 34, 16
SEMITONE = 4.2
PAPER, LINE, FAINT, INK, MUTED = "#FBFAF7", "#DAD7CF", "#EFEDE6", "#1D2327", "#59636B"
COLOURS = {"melody": "#0B6E6E", "counter": "#2B5FA8", "chords": "#C79A4A", "bass": "#59636B", "drums": "#9A4B00"}

Pair = tuple[MusicPlan, PerformedBar]


def piano_roll_svg(bars: Sequence[Pair]) -> str:
    """The bars in rows of sixteen. Raises ValueError when there are none."""
    if not bars:
        raise ValueError("no bars to draw; expected at least one")
    pitched = [note.pitch for _, bar in bars for note in bar.notes if note.role != "drums"] or [60]
    low, high = min(pitched) - 1, max(pitched) + 1
    row_height = HEAD + (high - low + 1) * SEMITONE + DRUM_LANE + ROW_GAP
    rows = [bars[i : i + BARS_PER_ROW] for i in range(0, len(bars), BARS_PER_ROW)]
    height = MARGIN + row_height * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" font-family="Source Sans 3, sans-serif" role="img" aria-label="Piano roll">',
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="{PAPER}"/>',
        *_legend(bars[0][0]),
    ]
    for index, row in enumerate(rows):
        parts += _row(row, MARGIN + index * row_height, low, high)
    return "\n".join([*parts, "</svg>", ""])


def _legend(plan: MusicPlan) -> Iterator[str]:
    yield _text(12, 20, f"valence {plan.aim.valence:+.2f}, arousal {plan.aim.arousal:+.2f}", INK, 14)
    for index, role in enumerate(ROLES):
        x = 260 + index * 100
        yield f'<rect x="{x}" y="11" width="16" height="8" rx="2" fill="{COLOURS[role]}"/>'
        yield _text(x + 22, 20, role, INK, 14)


def _text(x: float, y: float, words: str, colour: str, size: int) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}">{escape(words)}</text>'


def _row(bars: Sequence[Pair], top: float, low: int, high: int) -> Iterator[str]:
    """One line of the roll: heads (section, key, chords), grid, notes."""
    bar_width = (WIDTH - 2 * 12) / BARS_PER_ROW
    roll_top = top + HEAD
    bottom = roll_top + (high - low + 1) * SEMITONE + DRUM_LANE
    for pitch in range(low, high + 1):
        if pitch % 12 == 0:
            y = roll_top + (high - pitch + 1) * SEMITONE
            yield f'<line x1="12" x2="{WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
    for index, (plan, performed) in enumerate(bars):
        x = 12 + index * bar_width
        new = plan.phrase_bar == 0
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{roll_top:.1f}" y2="{bottom:.1f}" stroke="{INK if new else LINE}"/>'
        yield _text(x + 2, top + 27, " ".join(chord.numeral for chord in plan.chords), MUTED, 12)
        if new or index == 0:
            head = f"{plan.section} {plan.treatment}: {plan.tonic} {plan.mode}, {plan.tempo_bpm:.0f} bpm"
            yield _text(x + 2, top + 12, head, INK, 12)
        for note in performed.notes:
            cents = cents_of(note.role, note.pitch, performed.tuning)
            yield _note(note, x, bar_width / performed.length_s, roll_top - cents / 100 * SEMITONE, high, bottom)


def _note(note: PlayedNote, x: float, per_s: float, top: float, high: int, bottom: float) -> str:
    left, width = x + note.start_s * per_s, max(1.5, note.length_s * per_s - 0.6)
    opacity = 0.35 + 0.65 * note.velocity / 127
    drum = note.role == "drums"
    y = bottom - DRUM_LANE / 2 - 2 + note.pitch % 3 * 3 if drum else top + (high - note.pitch) * SEMITONE
    width = 2.5 if drum else width
    return (
        f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{SEMITONE - 0.6:.1f}" rx="1.2" '
        f'fill="{COLOURS[note.role]}" fill-opacity="{opacity:.2f}"/>'
    )
