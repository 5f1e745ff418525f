"""What ships as weights: listed by hash, small enough, each with a card that names what it was made of."""

from __future__ import annotations

import pytest

from models.checkpoints import LARGEST_BYTES, read
from models.music.networks.kinds import KINDS
from models.shipped import WEIGHTS, content, known
from models.training.corpus.collections import COLLECTIONS
from models.training.emotion.corpora import CORPORA as EMOTION
from therapy_app import catalog

NAMES = sorted(known())


def test_every_generator_has_its_weights_and_nothing_lies_about_unlisted() -> None:
    assert {*catalog.names("generator")} - {"rules"} <= {*NAMES}
    assert {file.stem for file in WEIGHTS.glob("*.safetensors")} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_what_the_list_says_and_small(name: str) -> None:
    assert 1000 < len(content(name)) <= LARGEST_BYTES


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("emotion")])
def test_a_card_names_every_corpus_and_licence(name: str) -> None:
    card = (WEIGHTS / f"{name}.md").read_text(encoding="utf-8").lower()
    used = ["groove"] if name == "groove" else [row.name for row in COLLECTIONS.values()]
    missing = [corpus for corpus in used if corpus not in card and not (name == "originality" and corpus == "groove")]
    assert missing == []
    assert "cc by" in card or "cc-by" in card
    assert "python -m" in card or "therapy train" in card


@pytest.mark.parametrize("name", KINDS)
def test_a_network_says_what_it_was_trained_on_and_how_well_it_does(name: str) -> None:
    about = read(name).about
    assert about["kind"] == name
    assert {"openscore_lieder", "groove"} <= {row["corpus"] for row in about["corpora"]}
    nats = about["nats_a_token"]
    assert nats["test"] < 0.6 * nats["bigram"]


@pytest.mark.parametrize("name", ["emotion_linear", "emotion_network"])
def test_the_card_of_an_estimator_names_its_people_and_their_licences(name: str) -> None:
    card = (WEIGHTS / f"{name}.md").read_text(encoding="utf-8")
    for row in EMOTION.values():
        assert row.name in card
        assert row.licence in card
        assert row.credit in card
    assert "therapy train emotion" in card
    assert known()[name] in card
