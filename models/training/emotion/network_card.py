"""The card of the recurrent estimator: everything in it comes from what the weights say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from models.network_weights import Weights
from models.recent import STEP_S, STEPS
from models.training.emotion.card import About, calibrated, data, limits, results


def card(weights: Weights, about: About, sha256: str) -> str:
    """In Markdown."""
    parts = (*_head(about, sha256), *_networks(weights), *data(about), *results(about), *limits(), *_own_limits(), "")
    return "\n".join(parts)


def _head(about: About, sha256: str) -> Iterator[str]:
    yield "# emotion_network: arousal from the last minute of heart, skin and EEG"
    yield ""
    yield f"*Made by `{about['made_by']}`; this card comes from the same facts as the weights' own.*"
    yield ""
    yield f"- SHA-256 `{sha256}`."
    yield f"- Read by `models/emotion/network.py`. Readings came from the sensors' code with hash `{about['sensors']}`."
    yield "- Seeded, on one thread: the same data and code give the same weights on the same machine."


def _networks(weights: Weights) -> Iterator[str]:
    yield ""
    yield "## What it is"
    yield ""
    yield (
        f"Two GRUs over {STEPS} steps of {STEP_S} s, one for the body and one for the brain; what enters are distances "
        "from the usual level over spreads, at most ±1.5. No torch is needed to run it. Gaps, and what lies before a "
        "beginning, are as what follows them; a signal that is absent now is absent throughout."
    )
    yield ""
    yield "| readings | signals | spreads | width |"
    yield "|---|---|---|---|"
    for one in weights.networks:
        spreads = ", ".join(f"{spread:.3f}" for spread in one.spreads.tolist())
        yield f"| {', '.join(one.readings)} | {', '.join(one.signals)} | {spreads} | {len(one.cell.said)} |"
    yield ""
    yield from calibrated(weights.calibrations)
    yield ""
    yield (
        "Contributions are Shapley values over the readings, each as it was or at its usual level throughout the "
        "minute; what is said of the usual level itself is shared evenly. They add up to arousal."
    )


def _own_limits() -> Iterator[str]:
    yield (
        "- It had one setting and no search, and some seventy people to learn from. Nothing makes it rise and fall "
        "with a reading as a logistic must: in rare situations it may do so the other way round."
    )
    yield (
        "- In eegmat calm and task are one recording each: part of what it reads there may be how a recording begins "
        "rather than load."
    )
