"""Draws a bar's attention over the bars before it as a strip: the darker a cell and the larger its number, the more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

CELL, GAP, MARGIN, HEIGHT, TOP, BOTTOM = 96, 4, 16, 192, 72, 120
PAPER, LINE, INK, MUTED, PANEL, ACCENT = "#FBFAF7", "#DAD7CF", "#1D2327", "#59636B", "#FFFFFF", "#0B6E6E"


@dataclass(frozen=True)
class Read:
    """An earlier bar: its number, what it is in a word or two ('A returns'), and its share of the attention."""

    bar: int
    label: str
    share: float


def attention_svg(bar: int, label: str, earlier: Sequence[Read]) -> str:
    """The strip of bar `bar`; the last cell is what it paid to itself. Raises ValueError where no bar comes before."""
    if not earlier:
        raise ValueError(f"bar {bar} has no bar before it; attention over earlier bars needs one")
    own = max(0.0, 1 - sum(read.share for read in earlier))
    width = 2 * MARGIN + (len(earlier) + 1) * (CELL + GAP) + 2 * GAP
    darkest = max(read.share for read in earlier) or 1.0
    told = "; ".join(f"bar {read.bar} ({read.label}) {_percent(read.share)}" for read in earlier)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" '
            'font-family="Source Sans 3, sans-serif" role="img" aria-labelledby="title words">',
            f'<title id="title">What bar {bar} read of the bars before it</title>',
            f'<desc id="words">Shares of attention, oldest bar first: {escape(told)}; itself {_percent(own)}.</desc>',
            f'<rect width="{width}" height="{HEIGHT}" fill="{PAPER}"/>',
            _text(MARGIN, 26, f"Bar {bar}, {label}: attention over the bars before it", INK, 16, "start"),
            *(part for place, read in enumerate(earlier) for part in _cell(place, read, read.share / darkest)),
            *_own(len(earlier), bar, own),
            "</svg>",
            "",
        ]
    )


def _cell(place: int, read: Read, darkness: float) -> Iterator[str]:
    x = _left(place)
    yield _text(x + CELL / 2, 60, f"bar {read.bar}", INK, 14)
    yield _box(x, ACCENT, darkness)
    yield _text(x + CELL / 2, 144, _percent(read.share), INK, 16)
    yield _text(x + CELL / 2, 170, read.label, MUTED, 14)


def _own(place: int, bar: int, share: float) -> Iterator[str]:
    """What the bar paid to its own notes: apart from the others and not on their scale of darkness."""
    x = _left(place) + 2 * GAP
    yield _text(x + CELL / 2, 60, f"bar {bar}", INK, 14)
    yield _box(x, PANEL, 1.0)
    yield _text(x + CELL / 2, 144, _percent(share), INK, 16)
    yield _text(x + CELL / 2, 170, "itself", MUTED, 14)


def _left(place: int) -> int:
    return MARGIN + place * (CELL + GAP)


def _box(x: float, fill: str, opacity: float) -> str:
    return (
        f'<rect x="{x}" y="{TOP}" width="{CELL}" height="{BOTTOM - TOP}" rx="8" fill="{fill}" '
        f'fill-opacity="{opacity:.2f}" stroke="{LINE}"/>'
    )


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _text(x: float, y: float, words: str, colour: str, size: int, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{escape(words)}</text>'
