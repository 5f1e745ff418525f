"""The curve of a run: a line of JSON for each look, and its picture as SVG."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from models.training.music import checkpoint

FILE, PICTURE = "curve.jsonl", "curve.svg"
WIDTH, HEIGHT, LEFT, TOP, GAP, LOW = 720, 420, 56, 34, 40, 70  # LOW: height of the panel of copied shares
PAPER, GRID, INK, MUTED = "#FBFAF7", "#DAD7CF", "#1D2327", "#59636B"
COLOURS = {"train_nll": "#C79A4A", "valid_nll": "#0B6E6E", "copied": "#9A4B00"}

Look = Mapping[str, Any]
Point = tuple[float, float]


def read(out: Path) -> list[dict[str, Any]]:
    """The looks of a run so far."""
    if not (out / FILE).is_file():
        return []
    return [json.loads(line) for line in (out / FILE).read_text(encoding="utf-8").splitlines()]


def add(out: Path, look: Look) -> None:
    """One more look, and the picture anew."""
    write(out, [*read(out), look])


def cut(out: Path, step: int) -> None:
    """Only the looks up to this step: a run that was killed after its last checkpoint makes the later ones again."""
    looks = read(out)
    if kept := [look for look in looks if look["step"] <= step]:
        write(out, kept)
    else:
        (out / FILE).unlink(missing_ok=True)
        (out / PICTURE).unlink(missing_ok=True)


def write(out: Path, looks: Sequence[Look]) -> None:
    checkpoint.replace(out / FILE, "".join(json.dumps(look) + "\n" for look in looks).encode())
    checkpoint.replace(out / PICTURE, svg(looks).encode())


def svg(looks: Sequence[Look]) -> str:
    """Nats a token over minutes, below them the share of melody that was copied. Raises ValueError without looks."""
    if not looks:
        raise ValueError("no looks to draw; expected at least one")
    end = max(look["seconds"] for look in looks) / 60 or 1.0
    values = [look[name] for look in looks for name in ("train_nll", "valid_nll")]
    bottom, top = int(min(values) * 5) / 5, int(max(values) * 5 + 1) / 5
    most = max(0.05, *(look["copied"] for look in looks))
    height = HEIGHT - TOP - LOW - 2 * GAP
    panels = (
        (("train_nll", "valid_nll"), TOP, height, bottom, top, "{:.1f}"),
        (("copied",), TOP + height + GAP, LOW, 0.0, most, "{:.0%}"),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="Source Sans 3, sans-serif" role="img" aria-label="Training curve">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        *_legend(),
    ]
    for names, y, tall, low, high, shown in panels:
        parts += _panel(looks, names, y, tall, low, high, end, shown)
    parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - 10, f"minutes, 0 to {end:.3g}", MUTED))
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> Iterator[str]:
    words = {"train_nll": "training, nats a token", "valid_nll": "held-out works", "copied": "melody copied"}
    for index, (name, said) in enumerate(words.items()):
        x = LEFT + index * 190
        yield f'<rect x="{x}" y="12" width="16" height="6" rx="2" fill="{COLOURS[name]}"/>'
        yield _text(x + 22, 20, said, INK)


def _panel(
    looks: Sequence[Look], names: Sequence[str], y: float, tall: float, low: float, high: float, end: float, shown: str
) -> Iterator[str]:
    def place(look: Look, name: str) -> Point:
        x = LEFT + look["seconds"] / 60 / end * (WIDTH - LEFT - 20)
        return x, y + tall * (1 - (look[name] - low) / (high - low))

    for share in (0, 0.5, 1):
        at = y + tall * (1 - share)
        yield f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>'
        yield _text(12, at + 4, shown.format(low + share * (high - low)), MUTED)
    for name in names:
        points = [place(look, name) for look in looks]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        yield f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>'
        for look, (px, py) in zip(looks, points, strict=True):
            radius = 4 if look["best"] else 2
            yield f'<circle cx="{px:.1f}" cy="{py:.1f}" r="{radius}" fill="{COLOURS[name]}"/>'


def _text(x: float, y: float, words: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="13">{escape(words)}</text>'
