"""Tempo curves: phrases broaden at their ends, bars lead from one tempo to the next, lengths stay exact."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models.music.compose import Waypoint, compose
from models.music.generators.rules import Generator
from models.music.plan import Aim
from models.music.tempo import Passage, pace_of, phrased
from models.music.traditions.western import TRADITION

PIECE = compose((Waypoint(0, Aim(0.5, 0.4)),), 32, 3, Generator(), TRADITION)


def test_the_middle_of_a_phrase_moves_on_and_its_close_broadens() -> None:
    by_place: dict[str, list[float]] = {"middle": [], "close": []}
    for plan, _, _ in PIECE:
        if plan.cadence:
            by_place["close"].append(plan.tempo_bpm)
        elif plan.phrase_bar == plan.phrase_bars // 2:
            by_place["middle"].append(plan.tempo_bpm)
    assert 0.97 < np.mean(by_place["close"]) / np.mean(by_place["middle"]) < 0.99


def test_the_curve_is_gentle() -> None:
    assert all(0.975 < pace_of(plan) <= 1.0 for plan, _, _ in PIECE)
    plan = PIECE[0][0]
    assert phrased(plan).length_s == 60 / phrased(plan).tempo_bpm * plan.beats


@pytest.mark.parametrize("entry_bpm", [40, 66, 70, 74, 160])
def test_a_bar_leads_from_the_tempo_before_it_and_keeps_its_length(entry_bpm: float) -> None:
    passage = Passage(0, 4, 0.0, 60 / 70, 60 / entry_bpm)
    assert passage.at(0) == 0
    assert passage.at(4) == passage.length_s == pytest.approx(4 * 60 / 70)
    times = [passage.at(beat / 12) for beat in range(49)]
    assert all(after > before for before, after in pairwise(times))
    assert passage.beat_s_at(4) == pytest.approx(60 / 70)
    if 0.9 < entry_bpm / 70 < 1.1:
        assert passage.beat_s_at(0) == pytest.approx(60 / entry_bpm)


def test_beats_change_smoothly_across_a_bar_line() -> None:
    slow, quick = Passage(0, 4, 0.0, 60 / 66, 60 / 66), Passage(0, 4, 0.0, 60 / 70, 60 / 66)
    beats = [slow.at(beat + 1) - slow.at(beat) for beat in range(4)]
    beats += [quick.at(beat + 1) - quick.at(beat) for beat in range(4)]
    steps = [abs(after / before - 1) for before, after in pairwise(beats)]
    assert max(steps) < (70 / 66 - 1) * 0.8


def test_a_passage_from_the_middle_of_a_bar_starts_where_it_stands() -> None:
    late = replace(Passage(0, 4, 0.0, 0.8, 0.8), from_beat=2, start_s=1.6)
    assert late.at(2) == 1.6
    assert late.at(4) == pytest.approx(3.2)
