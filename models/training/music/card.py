"""The card of weights: everything that is said of them comes from what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.training.corpus.shards import SPLITS

TITLES = {"transformer": "Transformer", "lstm": "LSTM"}

About = Mapping[str, Any]


def card(about: About, sha256: str) -> str:
    """The card in Markdown. `about` is what `models.checkpoints.read` gives."""
    return "\n".join([*_head(about, sha256), *_data(about), *_training(about), *_results(about), *_limits(about), ""])


def _head(about: About, sha256: str) -> Iterator[str]:
    shape = ", ".join(f"{name} {value}" for name, value in sorted(about["shape"].items()))
    tuned = ", tuned to a clinic's own pieces" if "tuned" in about else ""
    yield f"# {TITLES[about['kind']]} over role tokens{tuned}"
    yield ""
    yield f"*Made by `{about['made_by']}`; this card comes from the same facts as the weights' own.*"
    yield ""
    yield f"- {about['parameters'] / 1e6:.2f} million parameters in half precision; {shape}."
    yield f"- SHA-256 `{sha256}`."
    yield "- Writes the next role token (`docs/data.md`) from those before and from what the bar is asked to be."


def _data(about: About) -> Iterator[str]:
    yield ""
    yield "## What it learned from"
    yield ""
    yield "| corpus | pieces | works | tokens | licences (pieces) |"
    yield "|---|---|---|---|---|"
    for row in about["corpora"]:
        licences = ", ".join(f"{licence} ({pieces:,})" for licence, pieces in row["licences"].items())
        yield f"| {row['corpus']} | {row['pieces']:,} | {row['works']:,} | {row['tokens']:,} | {licences} |"
    split = about["split"]
    parts = ", ".join(f"{name} {split[name]['works']:,} works ({split[name]['tokens']:,} tokens)" for name in SPLITS)
    yield ""
    yield f"The training part alone. Split by work: {parts}."
    if names := sorted({name for row in about["corpora"] for name in row["credits"]}):
        yield ""
        yield f"Under Creative Commons Attribution: {'; '.join(names)}."
    if any(not row["formal"] for row in about["corpora"]):
        yield ""
        yield "*Informal permission*: distributed by its encoders with their permission, without a licence's text."
    if tuned := about.get("tuned"):
        yield ""
        yield (
            f"Then tuned to {tuned['pieces']:,} pieces of a clinic ({tuned['bars']:,} bars, {tuned['tokens']:,} "
            f"tokens; style *{tuned['style']}*; {tuned['skipped']:,} could not be read). They are the clinic's own "
            "and not ours: what they may be used for is the clinic's to know, and so it is with these weights."
        )


def _training(about: About) -> Iterator[str]:
    yield ""
    yield "## How"
    yield ""
    yield _course(about["training"])
    if tuned := about.get("tuned"):
        mixed = f"; {tuned['mixed']:.0%} of the windows came from the corpus" if tuned["mixed"] else ""
        yield ""
        yield (
            f"Tuned from the weights with the SHA-256 `{about['from']}`. {_course(tuned)[:-1]}{mixed}. On the parts "
            f"that were held out: {tuned['before']:.3f} nats a token before, {tuned['after']:.3f} after."
        )


def _course(training: About) -> str:
    return (
        f"{training['minutes']:g} minutes on {training['device']}: {training['steps']:,} steps of {training['rows']} "
        f"windows of {training['length']} tokens, {training['seen']:,} tokens seen, seed {training['seed']}. It ends "
        "early when neither the likelihood of held-out works nor the share of copied melody gets better."
    )


def _results(about: About) -> Iterator[str]:
    nats = about["nats_a_token"]
    copied = about["copied"]
    yield ""
    yield "## Figures"
    yield ""
    yield "| nats a token | held out, used for stopping | test |"
    yield "|---|---|---|"
    yield f"| single tokens counted | | {nats['unigram']:.3f} |"
    yield f"| pairs counted | | {nats['bigram']:.3f} |"
    yield f"| this network | {nats['valid']:.3f} | {nats['test']:.3f} |"
    yield ""
    yield (
        f"Of runs of nine melody notes that it writes with nothing to hold it back, {copied['share']:.1%} stand in a "
        f"training work; of those that people wrote in the held-out works, {copied['people']:.1%}. Weights above "
        f"{copied['allowed']:.1%} were not kept."
    )
    if "tuned" in about:
        yield ""
        yield "These figures are of the weights it was tuned from."


def _limits(about: About) -> Iterator[str]:
    yield ""
    yield "## Limits"
    yield ""
    yield (
        "Western notated music, mostly of the eighteenth and nineteenth century; valence and arousal are the "
        "literature's additive rule and nobody's ratings; dynamics and timing are not in the tokens. Key, metre and "
        "form are held by the decoder and the plan above it."
    )
