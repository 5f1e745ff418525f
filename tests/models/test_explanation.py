"""What each cue adds to the valence and arousal of a bar: exact sums on the scale of aims, told in words."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from models.music.compose import Waypoint, compose
from models.music.explanation import CUES, contributions, explain, neighbours, signed, told
from models.music.generators.rules import Generator
from models.music.measures import Measures, rule_scores
from models.music.norms import norms_of, shipped
from models.music.plan import Aim, PerformedBar, PlayedNote
from models.music.programme_notes import explain_piece
from models.music.traditions.western import TRADITION
from models.training.norms import norms_over, passages
from therapy_app import catalog

BRIGHT = Aim(0.6, 0.5)


def piece(aim: Aim = BRIGHT, bars: int = 8, seed: int = 9):
    return compose((Waypoint(0, aim),), bars, seed, Generator(), TRADITION)


def usual(**other: float) -> Measures:
    return replace(norms_of("western").mean, **other)


def test_contributions_add_up_to_the_literatures_rule_exactly():
    """The rule scores passages against one another; against norms of just these passages it must say the same."""
    measured = passages("western", seeds=(5,), bars=3)
    norms = norms_over(measured)
    valence, arousal = rule_scores([measures for _, measures in measured])
    for place, (_, measures) in enumerate(measured):
        parts = contributions(measures, norms)
        assert sum(part.valence for part in parts) == pytest.approx(valence[place] * norms.valence, abs=1e-9)
        assert sum(part.arousal for part in parts) == pytest.approx(arousal[place] * norms.arousal, abs=1e-9)


def test_what_is_measured_is_the_sum_of_what_is_told():
    performed = [bar for *_, bar in piece()]
    for place, (plan, bar, _) in enumerate(piece()):
        explanation = explain(neighbours(performed, place), plan, "because", bar.generator)
        assert explanation.valence == pytest.approx(sum(c.valence for c in explanation.contributions), abs=1e-9)
        assert explanation.arousal == pytest.approx(sum(c.arousal for c in explanation.contributions), abs=1e-9)
        assert {part.cue for part in explanation.contributions} == {*asdict(usual())} == {*CUES}
        assert (explanation.bar, explanation.aim, explanation.generator) == (plan.bar, plan.aim, "rules")


def test_the_weightiest_cue_comes_first():
    explanation = explain([bar for *_, bar in piece()][:2], piece()[0][0], "", "rules")
    weights = [abs(part.arousal) + abs(part.valence) for part in explanation.contributions]
    assert weights == sorted(weights, reverse=True)


def test_more_notes_than_usual_are_told_with_what_they_add():
    norms = norms_of("western")
    (first, *rest) = contributions(usual(onset_density=norms.mean.onset_density + norms.deviation.onset_density), norms)
    assert first.words == (
        f"more notes a second than usual: arousal {signed(0.9 * norms.arousal)}, valence {signed(0.35 * norms.valence)}"
    )
    assert first.usual == norms.mean.onset_density
    assert all(part.words.endswith("as usual") for part in rest)


@pytest.mark.parametrize(
    ("cue", "less"), [("tempo_bpm", "slower"), ("velocity", "softer"), ("majorness", "more minor"), ("pitch", "lower")]
)
def test_less_than_usual_has_its_own_word(cue, less):
    low = usual(**{cue: getattr(usual(), cue) - 2 * getattr(norms_of("western").deviation, cue)})
    first = contributions(low, norms_of("western"))[0]
    assert (first.cue, first.difference) == (cue, f"{less} than usual")
    assert min(first.arousal, first.valence) < 0


def test_lively_bright_music_measures_lively_and_bright():
    def mean(aim: Aim) -> tuple[float, float]:
        rows = explain_piece(piece(aim, bars=16))
        return sum(row["valence"] for row in rows) / 16, sum(row["arousal"] for row in rows) / 16

    bright, lively = mean(Aim(0.9, 0.9))
    dark, still = mean(Aim(-0.9, -0.9))
    assert bright - dark > 0.6
    assert lively - still > 1.2
    assert abs(lively - 0.9) < 0.4, "on the scale of aims"
    assert abs(still + 0.9) < 0.4, "on the scale of aims"


def test_neighbours_are_those_that_adjoin():
    bars = [bar for *_, bar in piece(bars=4)]
    assert neighbours(bars, 0) == bars[:2]
    assert neighbours(bars, 2) == bars[1:]
    late = replace(bars[3], start_s=bars[3].start_s + 5)
    assert neighbours([*bars[:3], late], 2) == bars[1:3], "a silence lies between them"
    assert neighbours([*bars[:3], late], 3) == [late]


def test_a_bar_where_nothing_pitched_sounds_is_said_to_measure_nothing():
    plan, *_ = piece(bars=1)[0]
    stroke = PlayedNote("drums", 36, 60, 0.0, 0.1)
    bar = PerformedBar(0, 0, 0.0, 2.0, 120.0, 4, 0.0, {"drums": 0}, (stroke,))
    explanation = explain([bar], plan, "because", "rules")
    assert (explanation.valence, explanation.arousal, explanation.contributions) == (None, None, ())
    assert told(explanation)["reason"] == "because"


def test_every_tradition_has_norms_and_an_unknown_one_the_norms_of_all():
    assert {*shipped()} == {*catalog.names("tradition"), "any"}
    assert norms_of("martian") == shipped()["any"]
    for norms in shipped().values():
        assert min(norms.valence, norms.arousal, *asdict(norms.deviation).values()) > 0


def test_a_piece_is_explained_bar_by_bar_with_what_its_plan_wanted():
    rows = explain_piece(piece())
    assert [row["bar"] for row in rows] == [*range(8)]
    assert rows[0]["reason"].startswith("Theme A is first heard, bar 1 of 4 in ")
    assert rows[0]["aim"] == {"valence": 0.6, "arousal": 0.5}
    assert {"cue", "value", "unit", "usual", "arousal", "valence", "words"} <= {*rows[0]["contributions"][0]}
