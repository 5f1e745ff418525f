"""The additive rule, and that what is composed says what it was asked to say."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.stats import spearmanr

from models.music.compose import Waypoint, compose
from models.music.generators.rules import Generator
from models.music.measures import Measures, measure, rule_scores
from models.music.plan import Aim, PerformedBar, PlayedNote
from models.music.traditions.western import TRADITION

STEPS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def sounding(pitches: list[int], length_s: float = 1.0, velocity: int = 64, together: bool = False) -> PerformedBar:
    notes = tuple(
        PlayedNote("melody", p, velocity, 0.0 if together else i * 1.0, length_s) for i, p in enumerate(pitches)
    )
    return PerformedBar(0, 0, 0.0, float(len(pitches)), 60.0, len(pitches), 0.0, {"melody": 0}, notes)


def test_features_of_a_passage_worked_by_hand() -> None:
    scale = measure([sounding([60, 62, 64, 65, 67, 69, 71, 72], length_s=0.5, velocity=80)])
    assert scale.onset_density == 1.0
    assert scale.tempo_bpm == 60.0
    assert scale.velocity == 80
    assert scale.pitch == pytest.approx(66.25)
    assert scale.legato == pytest.approx(0.5)


def test_major_and_minor_are_told_apart() -> None:
    major = measure([sounding([60, 64, 67, 65, 69, 72, 67, 71, 62, 60])])
    minor = measure([sounding([60, 63, 67, 65, 68, 72, 67, 71, 62, 60])])
    assert major.majorness > 0.1 > -0.1 > minor.majorness
    assert major.key_clarity > 0.8


def test_semitones_are_rougher_than_fifths() -> None:
    fifth, second = measure([sounding([60, 67], together=True)]), measure([sounding([60, 61], together=True)])
    assert second.dissonance > fifth.dissonance
    assert measure([sounding([60, 67])]).dissonance == 0.0  # one after the other


def test_silence_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="no pitched notes"):
        measure([sounding([])])


@pytest.mark.parametrize(("name", "sign"), [("onset_density", 1), ("tempo_bpm", 1), ("velocity", 1), ("legato", -1)])
def test_arousal_moves_with_each_of_its_cues(name: str, sign: int) -> None:
    plain = Measures(2.0, 80.0, 60.0, 0.9, 62.0, 0.1, 0.2, 0.8)
    moved = replace(plain, **{name: getattr(plain, name) * 1.5})
    _, arousal = rule_scores([plain, moved])
    assert sign * (arousal[1] - arousal[0]) > 0


@pytest.fixture(scope="module")
def grid() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Target valence and arousal, measured valence and arousal: 5 x 5 aims, 4 seeds, 16 bars each; (100,) each."""
    aims = [(v, a) for _ in range(4) for v, a in product(STEPS, STEPS)]
    seeds = [index // 25 for index in range(len(aims))]
    passages = [
        measure([p for *_, p in compose((Waypoint(0, Aim(v, a)),), 16, seed, Generator(), TRADITION)])
        for (v, a), seed in zip(aims, seeds, strict=True)
    ]
    valence, arousal = rule_scores(passages)
    return np.array([v for v, _ in aims]), np.array([a for _, a in aims]), valence, arousal


def test_measured_arousal_follows_the_aim(grid: tuple[np.ndarray, ...]) -> None:
    _, aim, _, measured = grid
    assert spearmanr(aim, measured).statistic >= 0.9


def test_measured_valence_follows_the_aim(grid: tuple[np.ndarray, ...]) -> None:
    aim, _, measured, _ = grid
    assert spearmanr(aim, measured).statistic >= 0.8


def test_moving_one_dimension_hardly_moves_the_other(grid: tuple[np.ndarray, ...]) -> None:
    """The rule itself lets density and tempo speak for valence too, so valence cannot be quite free of arousal."""
    aim_valence, aim_arousal, valence, arousal = grid
    assert abs(spearmanr(aim_valence, arousal).statistic) < 0.25
    assert abs(spearmanr(aim_arousal, valence).statistic) < 0.3
