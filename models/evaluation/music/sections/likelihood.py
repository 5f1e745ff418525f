"""Likelihood: how well the networks expect music they never met."""

from __future__ import annotations

from collections.abc import Iterator

from models.checkpoints import read
from models.evaluation.music.likelihood import LENGTH, Counts, Surprise, batches, surprise
from models.evaluation.music.study import Study
from models.evaluation.music.tables import Section, Table, bare, told
from models.evaluation.music.unseen import Unseen, chorales, known_moves, nottingham
from models.music.networks.kinds import KINDS, Network, rebuilt
from models.shipped import WeightsError
from models.training.corpus.archives import ArchiveMissing
from models.training.corpus.score import Refused
from models.training.corpus.shards import Shard, read_shard

HEADS = ("music", "tokens", "model", "nats a token", "bits a note", "nats, nothing told", "bits, nothing told")


def section(study: Study) -> Section:
    words = (
        f"Windows of {LENGTH} role tokens from bar lines on, each read without what went before it, so these are upper "
        "bounds. Conditions are measured on the music itself and say much about it; 'nothing told' is the fair "
        "figure. The chorales and tunes are reduced to the same roles (JSB has no held notes; Nottingham's chord "
        "names are left out), so the figures compare models here and not with published ones on other encodings. "
        "'New' leaves out pieces of which half of all runs of ten melodic moves stand in training works."
    )
    if study.corpus is None:
        return Section("Likelihood", f"{words} Left out: no corpus, so nothing to count or to read.")
    train = read_shard(study.corpus / "train.npz")
    sets, lacking = _sets(study, train)
    models, untrained = _models(study)
    counts = Counts(train.tokens)
    rows: list[tuple[str, ...]] = []
    for name, shard in sets.items():
        told_batches = batches(shard, study.amount.batches)
        size = str(counts.unigram(told_batches).tokens)
        rows += [
            (name, size, "unigram", "–", "–", *_cells(counts.unigram(told_batches))),
            (name, size, "bigram", "–", "–", *_cells(counts.bigram(told_batches))),
        ]
        for model, net in models.items():
            both = (_cells(surprise(net, told_batches, conditions)) for conditions in (True, False))
            rows.append((name, size, model, *(cell for cells in both for cell in cells)))
    remarks = " ".join([*lacking, *untrained])
    return Section("Likelihood", f"{words} {remarks}".strip(), (Table(HEADS, tuple(rows)),))


def _cells(found: Surprise) -> tuple[str, str]:
    return told(found.nats_a_token, 3), told(found.bits_a_note)


def _sets(study: Study, train: Shard) -> tuple[dict[str, Shard], list[str]]:
    assert study.corpus is not None
    known = known_moves(train)
    found = {"test split": read_shard(study.corpus / "test.npz")}
    lacking = []
    for name, reader in (("jsb", chorales), ("nottingham", nottingham)):
        try:
            with study.collection(name) as folder:
                unseen = reader(folder, known)
        except (ArchiveMissing, Refused, FileNotFoundError) as reason:
            lacking.append(f"{name} is missing: {bare(str(reason))}.")
            continue
        found |= dict(_parts(unseen))
    return {name: shard for name, shard in found.items() if len(shard.style)}, lacking


def _parts(unseen: Unseen) -> Iterator[tuple[str, Shard]]:
    new = unseen.known.count(False)
    yield f"{unseen.name}, {len(unseen.pieces)} pieces", unseen.shard()
    if 0 < new < len(unseen.pieces):
        yield f"{unseen.name}, {new} new", unseen.shard(only_new=True)


def _models(study: Study) -> tuple[dict[str, Network], list[str]]:
    found: dict[str, Network] = {}
    untrained = []
    for name in KINDS:
        if name in study.generators:
            try:
                found[name] = rebuilt(read(name))
            except WeightsError as reason:
                untrained.append(f"No likelihood of `{name}`: {reason}.")
        else:
            untrained.append(f"`{name}` is not among the generators evaluated.")
    return found, untrained
