"""`therapy train music` as a person types it: whole trainings in seconds, and what it says when it is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from models.checkpoints import read
from models.music.networks.kinds import rebuilt
from therapy_app.cli import main

Therapy = Callable[..., Result]
TINY = ("--width", 32, "--layers", 1, "--threads", 1)


@pytest.fixture(autouse=True)
def threads_stay() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def therapy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Therapy:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THERAPY_VAR", str(tmp_path / "var"))
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def told(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def refused(result: Result) -> str:
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    return result.stderr


@pytest.fixture
def own_pieces(tmp_path: Path, song: Callable[..., None]) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    for seed in (201, 202, 203):
        song(folder / f"{seed}.mid", seed)
    (folder / "broken.mid").write_bytes(b"MThd and no more")
    return folder


@pytest.mark.parametrize("generator", ["transformer", "lstm"])
def test_a_network_is_trained_from_archives_to_weights_with_a_card(
    generator: str, therapy: Therapy, few_scores: Path, tmp_path: Path
) -> None:
    asked = ("train", "music", few_scores, "--generator", generator, "--minutes", 0.05, "--out", "run", *TINY, "--json")
    result = told(therapy(*asked))
    assert result["weights"] == f"run/weights/{generator}.safetensors"
    assert result["steps"] >= 1
    assert 0 < result["valid_nll"] < 8
    checkpoint = read(generator, tmp_path / "run" / "weights")
    assert checkpoint.sha256 == result["weights_sha256"]
    assert rebuilt(checkpoint).shape.width == 32
    card = (tmp_path / "run" / "weights" / f"{generator}.md").read_text()
    assert "| openscore_lieder | 8 | 8 |" in card
    assert f"therapy train music DATA --generator {generator} --width 32 --layers 1 --minutes 0.05 --seed 1" in card
    looks = (tmp_path / "run" / "curve.jsonl").read_text().splitlines()
    assert json.loads(looks[-1])["step"] == result["steps"]
    assert "<polyline" in (tmp_path / "run" / "curve.svg").read_text()

    again = told(therapy(*asked))
    assert again["steps"] == result["steps"]
    assert again["weights_sha256"] == result["weights_sha256"]


def test_the_bar_generator_is_trained_by_the_same_command(therapy: Therapy, few_scores: Path, tmp_path: Path) -> None:
    asked = ("train", "music", few_scores, "--generator", "gan", "--minutes", 0.05, "--threads", 1, "--json")
    result = told(therapy(*asked))
    weights = Path(result["weights"])
    assert weights == tmp_path / "var" / "training" / "gan" / "weights" / "gan.safetensors"
    assert read("gan", weights.parent).sha256 == result["weights_sha256"]
    assert "openscore_lieder" in weights.with_suffix(".md").read_text()


def test_a_clinic_tunes_weights_to_its_own_pieces(
    therapy: Therapy, few_scores: Path, own_pieces: Path, tmp_path: Path
) -> None:
    told(
        therapy("train", "music", few_scores, "--generator", "lstm", "--minutes", 0.05, "--out", "run", *TINY, "--json")
    )
    base = "run/weights/lstm.safetensors"
    asked = ("train", "music", "--from", base, "--pieces", own_pieces, "--style", "folk", "--minutes", 0.04)
    result = told(therapy(*asked, "--threads", 1, "--json"))
    assert result["pieces"] == 3
    assert list(result["skipped"]) == ["broken.mid"]
    assert result["nll_after"] <= result["nll_before"]
    weights = Path(result["weights"])
    assert weights == tmp_path / "var" / "training" / "tuned-lstm" / "weights" / "lstm.safetensors"
    assert rebuilt(read("lstm", weights.parent)).shape.width == 32
    card = weights.with_suffix(".md").read_text()
    assert "3 pieces of a clinic" in card
    assert "the clinic's own and not ours" in card
    mixed = told(therapy(*asked, few_scores, "--out", "mixed", "--threads", 1, "--json"))
    assert read("lstm", Path(mixed["weights"]).parent).about["tuned"]["mixed"] == 0.25


def test_broken_pieces_are_named(therapy: Therapy, few_scores: Path, own_pieces: Path) -> None:
    told(
        therapy("train", "music", few_scores, "--generator", "lstm", "--minutes", 0.03, "--out", "run", *TINY, "--json")
    )
    asked = ("train", "music", "--from", "run/weights/lstm.safetensors", "--minutes", 0.03, "--threads", 1)
    result = therapy(*asked, "--pieces", own_pieces)
    assert "broken.mid is left out: not readable as MIDI" in result.stderr
    for file in own_pieces.glob("20*.mid"):
        file.unlink()
    assert "no piece in" in refused(therapy(*asked, "--pieces", own_pieces))
    assert "no folder nowhere; expected one with pieces" in refused(therapy(*asked, "--pieces", "nowhere"))


def test_a_folder_with_another_run_is_refused_until_it_begins_anew(therapy: Therapy, few_scores: Path) -> None:
    asked = ("train", "music", few_scores, "--generator", "lstm", "--minutes", 0.03, "--threads", 1, "--layers", 1)
    told(therapy(*asked, "--out", "run", "--width", 32, "--json"))
    sentence = refused(therapy(*asked, "--out", "run", "--width", 16))
    assert "the run in run is of another network" in sentence
    assert "expected (16," in sentence
    told(therapy(*asked, "--out", "run", "--width", 16, "--anew", "--json"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nowhere",), "no folder nowhere; expected one with collections of scores"),
        (("empty",), "no score in empty; expected NAME or NAME.tar.gz of: openscore_lieder"),
        ((), "no DATA"),
        (("empty", "--minutes", "0"), "minutes 0; expected a number above 0"),
        (("empty", "--minutes", "-3"), "minutes -3; expected a number above 0"),
        (("empty", "--minutes", "nan"), "minutes nan; expected a number above 0"),
        (("empty", "--width", "30"), "width 30"),
        (("empty", "--generator", "gru"), "'gru' is not one of 'transformer', 'lstm', 'gan'"),
        (("empty", "--generator", "gan", "--width", "32"), "gan has one shape"),
        (("--from", "transformer"), "--from and --pieces belong together"),
        (("--from", "lstm", "--pieces", "empty", "--ship"), "not for --from"),
        (("--from", "somebody", "--pieces", "empty"), "no weights named 'somebody'; there are:"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    words: tuple[str, ...], sentence: str, therapy: Therapy, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert sentence in refused(therapy("train", "music", *words))


def test_a_style_that_is_not_there_is_refused(therapy: Therapy, few_scores: Path, own_pieces: Path) -> None:
    told(
        therapy("train", "music", few_scores, "--generator", "lstm", "--minutes", 0.03, "--out", "run", *TINY, "--json")
    )
    asked = ("train", "music", "--from", "run/weights/lstm.safetensors", "--pieces", own_pieces, "--style", "polka")
    assert "no style 'polka'; there are: song, quartet" in refused(therapy(*asked))


def test_a_file_in_place_of_a_folder_is_refused(therapy: Therapy, few_scores: Path, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    assert "run" in refused(therapy("train", "music", few_scores, "--minutes", 0.03, "--out", "run"))
