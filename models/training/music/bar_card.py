"""`python -m models.training.music.bar_card CORPUS`: what the shipped bar generator can do on the test works."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.checkpoints import WEIGHTS, read, ship
from models.music.generators.gan import GUIDANCE, rebuilt
from models.music.networks.bars import BarGenerator, Shape
from models.training.corpus import manifest
from models.training.corpus.collections import COLLECTIONS
from models.training.corpus.shards import SPLITS, read_shard
from models.training.music import checkpoint
from models.training.music.adversarial import curve
from models.training.music.likeness import held_out, steered
from models.training.music.rolls import Rolls

NAME = "gan"
TEST_ROWS = 4096
INDENT = "    "
MEASURED = {
    "density": "pitched onsets a bar",
    "polyphony": "pitched slots sounding or begun a bar",
    "register": "mean MIDI pitch, in C",
}


def ship_gan(out: Path, corpus: Path, seed: int, folder: Path = WEIGHTS, shape: Shape | None = None) -> str:
    """Ship the best generator of the run in `out`, with its card; its SHA-256.

    Raises FileNotFoundError when the run has none yet: its contest had not begun.
    """
    if not (out / checkpoint.BEST).is_file():
        raise FileNotFoundError(f"no best weights in {out}; a run has some when its contest has begun")
    looks = curve(out)
    best = next(look for look in reversed(looks) if look["best"])
    before = next((look for look in reversed(looks) if "critic" not in look), looks[0])
    generator = BarGenerator(shape or Shape())
    checkpoint.put_best(out, generator)
    minutes = round(looks[-1]["seconds"] / 60, 1)
    about = {
        "kind": NAME,
        "made_by": f"therapy train music DATA --generator {NAME} --minutes {minutes:g} --seed {seed} --threads 1",
        "shape": asdict(generator.shape),
        "trained": {
            "minutes": minutes,
            "steps": int(looks[-1]["step"]),
            "best_step": int(best["step"]),
            "apart": {"before_contest": before["apart"], "best": best["apart"], "last": looks[-1]["apart"]},
            "seed": seed,
            "bars": {split: len(read_shard(corpus / f"{split}.npz").style) for split in SPLITS},
            "corpora": _corpora(corpus),
        },
    }
    digest = ship(NAME, generator.state_dict(), about, folder)
    (folder / f"{NAME}.md").write_text(card(folder, measured(corpus, folder)), encoding="utf-8")
    return digest


def _corpora(corpus: Path) -> dict[str, dict[str, int]]:
    """Bars by collection and split."""
    counts: dict[str, Counter[str]] = {}
    for entry in manifest.used(manifest.read(corpus / "manifest.jsonl")):
        counts.setdefault(entry.corpus, Counter())[entry.split] += entry.bars
    return {name: dict(counts[name]) for name in COLLECTIONS if name in counts}


def measured(corpus: Path, folder: Path = WEIGHTS, rows: int = TEST_ROWS) -> dict[str, Any]:
    """The shipped generator on bars of the test works, which neither training nor its choice of weights has seen."""
    generator = rebuilt(read(NAME, folder))
    test = Rolls(read_shard(corpus / "test.npz"))
    rows = min(rows, len(test.bars))
    return {
        "bars": rows,
        "guidance": GUIDANCE,
        **held_out(generator, test, rows, GUIDANCE),
        "steered": {wish: steered(generator, test, rows, wish, GUIDANCE) for wish in MEASURED},
    }


def card(folder: Path, figures: Mapping[str, Any]) -> str:
    """The card of the shipped weights as text."""
    shipped = read(NAME, folder)
    about, generator = shipped.about, rebuilt(shipped)
    apart = about["trained"]["apart"]
    trained, size = about["trained"], (folder / f"{NAME}.safetensors").stat().st_size
    parameters = sum(value.numel() for value in generator.parameters())
    steered_rows = "\n".join(
        f"| {wish} | {MEASURED[wish]} | {' | '.join(f'{value:.2f}' for value in values)} |"
        for wish, values in figures["steered"].items()
    )
    credits = "; ".join(COLLECTIONS[name].credit for name in trained["corpora"])
    return f"""# gan

One bar of five roles at a time, after MuseGAN (Dong et al. 2018): a generator of {parameters:,} parameters, trained
against a critic. It reads the wishes of `models/music/condition.py`, the chords of the plan and the bar before, and
writes what may begin, sound on or rest at each sixteenth (an eighth where the bar is longer than four beats); no
triplets. Code: `models/music/networks/bars.py`, `models/training/music/contest.py`, `models/music/generators/gan.py`.
{size / 1e6:.1f} MB in half precision.

## What it is for

Accompaniment and free bars of Western music within a plan. Themes are sung as the rules sing them; a tradition with
figures of its own (`plan.idiom`) is left to the rules whole, and so is a bar that comes out empty. It hears one bar
back, so it holds no longer thought than the plan's. Percussion was learned from drummers alone and is written apart.

## Trained on

| collection | licence of the encoding | bars: train | valid | test |
|---|---|---|---|---|
{_corpus_rows(trained["corpora"])}

Credits: {credits}.
`docs/data.md` says where each comes from. Works never stand in two splits. Bars shorter than two beats are left out.
Nothing is fitted on evaluation-only data.

{INDENT}{about["made_by"]}

{trained["minutes"]:g} minutes on one core of a busy machine, {trained["steps"]:,} steps of 64 bars, bfloat16; first on
likelihood with a recogniser of the chance, then against the critic. The averaged weights of step
{trained["best_step"]:,} are those that stood nearest to the held-out works at a look: `apart` on the valid split
{apart["best"]:.3f} bits, {apart["before_contest"]:.3f} before the contest began, {apart["last"]:.3f} at its end.

## Figures

{INDENT}python -m models.training.music.bar_card CORPUS        # of python -m models.training.corpus DATA CORPUS

{figures["bars"]:,} bars of the test works, guidance {figures["guidance"]:g}:

| | |
|---|---|
| `apart`: mean Jensen-Shannon divergence from human bars of the test works, bits | {figures["apart"]:.3f} |
| the same between two sets of human bars of the test works | {figures["floor"]:.3f} |
| `obeyed`: rank correlation of pitched onsets with those of the bar whose wishes were told | {figures["obeyed"]:.2f} |

`apart` is over histograms of tones, slots, onsets a bar, leaps and sounding slots, by role. One wish moved, all that is
measured with it left open, the rest as these bars have it. These are figures of the network; it is then held to the
plan's chords, scale, cadence and registers, with a little chance in each tone (`models/music/writing/rolled.py`).

| wish | what is measured | 0.1 | 0.5 | 0.9 |
|---|---|---|---|---|
{steered_rows}
"""


def _corpus_rows(corpora: Mapping[str, Mapping[str, int]]) -> str:
    rows = []
    for name, bars in corpora.items():
        collection = COLLECTIONS[name]
        licence = collection.licence if collection.formal else f"**{collection.licence}**"
        rows.append(f"| {name} | {licence} | {' | '.join(f'{bars.get(split, 0):,}' for split in SPLITS)} |")
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.training.music.bar_card", description=__doc__)
    parser.add_argument("corpus", type=Path, help="folder that models.training.corpus wrote")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights")
    parser.add_argument("--rows", type=int, default=TEST_ROWS, help="bars of the test works")
    chosen = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(measured(chosen.corpus, chosen.weights, chosen.rows), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
