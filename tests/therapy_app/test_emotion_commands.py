"""`therapy train emotion` and `evaluate emotion` on a handful of people made up, in the files of the corpora."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models import network_weights
from models.linear_weights import NAME, read
from models.shipped import known
from models.training.emotion import network
from therapy_app.cli import main

PEOPLE = 7
BEGAN_S, LENGTH_S = 1_644_000_000, 660


def a_wrist(folder: Path, number: int) -> list[str]:
    """An E4 folder with skin and a pulse number; returns its rows of labels: stressed in minutes 5-6 and 9-10."""
    rng = np.random.default_rng(number)
    place = folder / "Raw_data" / f"S{number:02d}"
    place.mkdir(parents=True)
    seconds = np.arange(LENGTH_S)
    labels = np.isin(seconds // 120, (2, 4)).astype(int)
    pulse = 70 + number + 9 * labels + rng.integers(-2, 3, LENGTH_S)
    skin = np.repeat(1.0 + 0.5 * labels, 4) + 0.01 * rng.normal(size=4 * LENGTH_S)
    for name, rate_hz, values in (("EDA", 4, skin), ("HR", 1, pulse)):
        lines = "\n".join([f"{BEGAN_S}.0", f"{rate_hz}.0", *(f"{value:.4f}" for value in values)])
        (place / f"{name}.csv.gz").write_bytes(gzip.compress(lines.encode()))
    return [f"{number},{pulse[s]},12,{BEGAN_S + s},{labels[s]}" for s in range(LENGTH_S)]


def a_head(folder: Path, number: int) -> None:
    """Two recordings at 128 Hz: in the task the alpha rhythm is weaker."""
    rng = np.random.default_rng(100 + number)
    names = np.array(["F7", "F8", "T5", "T6"])
    for part, length_s, alpha_uv in ((1, 150, 12.0), (2, 62, 5.0)):
        t = np.arange(128 * length_s) / 128
        waves = 4 * rng.normal(size=(4, len(t))).cumsum(axis=1) * 0.1 + alpha_uv * np.sin(2 * np.pi * 10 * t)
        waves += 3 * np.sin(2 * np.pi * 6 * t + rng.uniform(0, 6)) + rng.normal(size=waves.shape)
        x = np.round(10 * (waves - waves.mean(axis=1, keepdims=True))).astype(np.int16)
        np.savez(folder / f"Subject{number:02d}_{part}.npz", x=x, ch=names, scale_uV=0.1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    wrists, heads = folder / "stress-predict", folder / "eegmat"
    heads.mkdir()
    rows = [row for number in range(PEOPLE) for row in a_wrist(wrists, number)]
    table = "\n".join(["Participant,HR,respr,Time(sec),Label", *rows])
    (wrists / "Processed_data").mkdir()
    labels = wrists / "Processed_data" / "Improved_All_Combined_hr_rsp_binary.csv.gz"
    labels.write_bytes(gzip.compress(table.encode()))
    for number in range(PEOPLE):
        a_head(heads, number)
    return folder


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readings are kept from one test to the next."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested is the command; how well the network learns is for `test_emotion_network.py`."""
    monkeypatch.setattr(network, "ROUNDS", 10)


def run(*words: object) -> dict[str, object]:
    done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_training_writes_weights_that_load_and_a_card_and_the_report_follows(
    data: Path, work: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    trained = run("train", "emotion", data, "--work", work, "--out", weights, "--json")
    terms = {term.reading: term.weight for term in read(folder=weights).terms}
    assert terms["hr_bpm"] > 0
    assert terms["eda_tonic_us"] > 0
    assert terms["eeg_alpha"] < 0
    card = (weights / f"{NAME}.md").read_text()
    assert str(trained["weights_sha256"]) in card
    assert str(data) not in card
    again = run("train", "emotion", data, "--work", work, "--out", tmp_path / "again", "--json")
    assert again["weights_sha256"] == trained["weights_sha256"], "no chance is involved"
    report = tmp_path / "emotion.md"
    figures = run("evaluate", "emotion", data, "--work", work, "--out", report, "--json")["figures"]
    assert isinstance(figures, dict)
    assert figures["stress-predict: balanced accuracy"]["value"] > 0.8
    text = report.read_text()
    for words in (
        "elapsed time alone",
        "always calm",
        "`network`",
        "ensemble of `linear` and `network`",
        "It earns its place where",
        "random body",
        "turned round in time",
        "Not measured: case-annotations",
        "What else could explain it",
        "A warning, no result",
        "2 a state",
    ):
        assert words in text, words
    assert str(tmp_path) not in text


def test_the_network_is_trained_where_it_is_asked_for(data: Path, work: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    trained = run("train", "emotion", data, "--estimator", "network", "--work", work, "--out", weights, "--json")
    assert trained["estimator"] == "network"
    assert [*known(weights)] == [network_weights.NAME]
    card = (weights / f"{network_weights.NAME}.md").read_text()
    assert str(trained["weights_sha256"]) in card
    assert "--estimator network" in card
    assert len(network_weights.read(folder=weights).networks) == 2


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["train", "emotion", str(tmp_path), "--work", str(tmp_path / "w")])
    assert done.exit_code == 1
    assert "no stress-predict or stress-predict.tar.gz" in done.stderr


def test_a_folder_of_ones_own_or_the_package_but_not_both(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["train", "emotion", str(tmp_path), "--ship", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "exclude each other" in done.output
