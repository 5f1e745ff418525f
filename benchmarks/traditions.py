"""What each tradition's music does, measured: `python -m benchmarks.traditions`, with the table for docs/traditions.md.

`--carnatic FOLDER` (an unpacked PyCarnatic) adds the distance of melodic intervals from that book's songs and lessons.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr

from models.music.compose import Piece, Waypoint, compose
from models.music.generators.rules import Generator
from models.music.measures import measure, rule_scores
from models.music.plan import Aim
from models.music.tradition import Mode, Tradition
from therapy_app import catalog

Shares = NDArray[np.float64]
GRID = (-0.9, -0.45, 0.0, 0.45, 0.9)
BARS = 24


def piece(tradition: Tradition, valence: float, arousal: float, seed: int, bars: int = BARS) -> Piece:
    return compose((Waypoint(0, Aim(valence, arousal)),), bars, seed, Generator(), tradition)


def in_scale(music: Piece) -> tuple[int, int]:
    """(notes inside scale or sounding chord, notes): all roles but the drums."""
    inside = total = 0
    for plan, bar, _ in music:
        allowed = {*plan.scale, *(tone for chord in plan.chords for tone in chord.pitch_classes)}
        pitched = [note.pitch % 12 in allowed for note in bar.notes if note.role != "drums"]
        inside, total = inside + sum(pitched), total + len(pitched)
    return inside, total


def steps_kept(music: Piece, tradition: Tradition) -> tuple[int, int]:
    """(steps of the melody that keep to ascent and descent, steps), within phrases, across their bar lines."""
    kept = total = 0
    lines = [(plan, [note.pitch for note in bar.notes if note.role == "melody"]) for plan, bar, _ in music]
    for (plan, line), (next_plan, next_line) in pairwise([*lines, lines[-1]]):
        mode = tradition.mode(plan.mode)
        ways = {1: mode.ascent, -1: mode.descent}
        joined = [*line, *next_line[:1]] if next_plan.bar > plan.bar and next_plan.phrase_bar else line
        for one, other in pairwise(joined):
            allowed = ways.get((other > one) - (other < one), ())
            if allowed:
                kept, total = kept + (plan.scale.index(other % 12) in allowed), total + 1
    return kept, total


def in_narrow_modes(tradition: Tradition, seeds: int) -> list[Piece]:
    """Pieces in each mode whose way up or down leaves tones out; one in another mode where there is none."""
    narrow = [mode for mode in tradition.modes if mode.ascent or mode.descent] or list(tradition.modes[:1])
    return [piece(tradition, mode.brightness, a, seed) for mode in narrow for a in GRID for seed in range(seeds)]


def rows(seeds: int) -> Iterator[tuple[str, ...]]:
    """One row of figures for every tradition."""
    for name in catalog.names("tradition"):
        tradition = catalog.find("tradition", name).TRADITION
        grid = [(v, a, seed) for v in GRID for a in GRID for seed in range(seeds)]
        music = [piece(tradition, *point) for point in grid]
        valence, arousal = rule_scores([measure([bar for *_, bar in one]) for one in music])
        inside, notes = np.sum([in_scale(one) for one in music], axis=0)
        kept, steps = np.sum([steps_kept(one, tradition) for one in in_narrow_modes(tradition, seeds)], axis=0)
        yield (
            name,
            f"{inside / notes:.4f} of {notes}",
            f"{kept / steps:.3f} of {steps}" if steps else "–",
            *_control([v for v, _, _ in grid], valence, seeds),
            *_control([a for _, a, _ in grid], arousal, seeds),
        )


def _control(aims: Sequence[float], scores: Shares, seeds: int) -> tuple[str, str]:
    """Spearman over single pieces, and over the means of the 25 cells."""
    cells = scores.reshape(-1, seeds).mean(axis=1)
    return f"{spearmanr(aims, scores).statistic:.2f}", f"{spearmanr(aims[::seeds], cells).statistic:.2f}"


# --- melodic intervals against PyCarnatic -----------------------------------------------------------------------

SWARA = re.compile(r"([SRGMPDN])\d?([.'^]*)")
STEPS = range(-4, 5)
RAGAS = {  # our mode: songs of the book in the same raga, below Lessons/, none of which gave us phrases
    "mohanam": ("Geetham/mohanam_varaveena", "Varnam/Mohanam_Ninnukori"),
    "kalyani": ("Geetham/KalyAni_Kamalajaatha",),
    "hindolam": ("Geetham/HindoLam_KalaiMahaLe",),
    "shankarabharanam": ("Geetham/ShankaraabharaNaam_ShreeGovindhaa", "Varnam/ShankaraabaraNam_SaamiNinne"),
}


def book_degrees(text: str, letters: str) -> list[int]:
    """Scale degrees of a lesson in PyCarnatic's notation; text in braces, headers and foreign letters are left out."""
    lines = [line for line in re.sub(r"\{[^}]*\}", "", text).splitlines() if not line.startswith("#")]
    found = SWARA.findall(" ".join(lines))
    size = len(letters)
    return [
        letters.index(letter) + size * (marks.count("'") + marks.count("^") - marks.count("."))
        for letter, marks in found
        if letter in letters
    ]


def step_shares(degrees: Sequence[int]) -> Shares:
    """Shares of melodic steps of -4 to 4 degrees, repeats left out."""
    counts = Counter(other - one for one, other in pairwise(degrees) if other != one and abs(other - one) in STEPS)
    total = sum(counts.values())
    return np.array([counts[step] / total for step in STEPS])


def our_degrees(mode: Mode, tradition: Tradition, seeds: int) -> list[int]:
    """The melody of lively pieces in a mode as degrees."""
    degrees = []
    for seed in range(seeds):
        for plan, bar, _ in piece(tradition, mode.brightness, 0.6, seed, 64):
            for note in (note for note in bar.notes if note.role == "melody"):
                octave, step = divmod(note.pitch - plan.scale[0], 12)
                degrees.append(len(plan.scale) * octave + mode.intervals.index(step))
    return degrees


def distances(book: Path, seeds: int) -> Iterator[tuple[str, str, str, str]]:
    """Raga, Jensen-Shannon distance (base 2, 0 to 1) of steps to the book, to an even spread, notes in the book."""
    tradition: Tradition = catalog.find("tradition", "carnatic").TRADITION
    for name, files in RAGAS.items():
        mode = tradition.mode(name)
        letters = "SRGMPDN" if len(mode.intervals) == 7 else {"mohanam": "SRGPD", "hindolam": "SGMDN"}[name]
        lessons = [(book / "carnatic" / "Lessons" / f"{file}.cmn").read_text(encoding="cp1252") for file in files]
        theirs = [degree for text in lessons for degree in book_degrees(text, letters)]
        book_shares, ours = step_shares(theirs), step_shares(our_degrees(mode, tradition, seeds))
        even = np.array([step != 0 for step in STEPS]) / (len(STEPS) - 1)
        near, far = (float(jensenshannon(book_shares, other, base=2)) for other in (ours, even))
        yield name, f"{near:.2f}", f"{far:.2f}", str(len(theirs))


def _table(heads: Sequence[str], lines: Iterator[tuple[str, ...]]) -> None:
    click.echo("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for line in lines:
        click.echo("| " + " | ".join(line) + " |")


@click.command()
@click.option("--seeds", default=4, show_default=True, help="Pieces for each of the 25 aims.")
@click.option("--carnatic", type=click.Path(exists=True, file_okay=False, path_type=Path), help="PyCarnatic's folder.")
def main(seeds: int, carnatic: Path | None) -> None:
    """Measure every tradition over a grid of 25 aims, 24 bars each."""
    heads = ("tradition", "in scale or chord", "way up and down kept", "valence ρ", "of means", "arousal ρ", "of means")
    _table(heads, rows(seeds))
    if carnatic:
        click.echo()
        _table(("raga", "to the book", "even spread to the book", "tones in the book"), distances(carnatic, seeds))


if __name__ == "__main__":
    main()
