"""The evaluation's own measures on music whose values are known beforehand."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from models.evaluation.music import likelihood, originality
from models.evaluation.music.apart import auc, auc_of_halves
from models.evaluation.music.composing import fixed, notes_alone, sound, written
from models.evaluation.music.control import Grid, control, heard_ways
from models.evaluation.music.form import closes, in_scale, theme_of_another_returns, theme_returns
from models.evaluation.music.hearing import NAMES as HEARD
from models.evaluation.music.hearing import Passage, features, passage
from models.evaluation.music.quality import NAMES, measures
from models.evaluation.music.raters import Ratings, fit, folds, out_of_fold
from models.evaluation.music.report import Circumstances, report
from models.evaluation.music.speed import figures
from models.evaluation.music.steps import reactions, rising, until
from models.evaluation.music.tables import Figure, Section, Table
from models.evaluation.music.unseen import chorales, four, moves
from models.evaluation.music.wishes import WISHES, obeyed
from models.music.compose import compose_many
from models.music.generators.rules import Generator
from models.music.networks.transformer import Shape, Transformer
from models.music.ngrams import on_line, table
from models.music.plan import Bar, BarRequest, Note
from models.music.tokens import VOCABULARY, WrittenBar
from models.music.traditions.western import TRADITION
from models.training.labels_check import correlation
from models.training.music.windows import Batch

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def bar(pitches: Sequence[int], role: str = "melody", beats: float = 1.0) -> WrittenBar:
    """A bar of 4/4 with a note on each beat."""
    notes = tuple(Note(role, pitch, index * 4 / len(pitches), beats) for index, pitch in enumerate(pitches))
    return WrittenBar(48, 0, (), notes)


# --- control ----------------------------------------------------------------------------------------------------


def test_a_measure_that_is_the_target_has_full_control_and_no_crosstalk() -> None:
    targets = Grid(5, 4, 16).targets
    found = control(targets, 3 * targets + 1, 4)
    assert found.r2 == pytest.approx((1.0, 1.0))
    assert found.crosstalk == pytest.approx((0.0, 0.0), abs=1e-9)
    assert min(found.spearman_cells) > 0.97  # ties between equal targets leave it just below 1


def test_music_that_ignores_its_target_scores_nothing() -> None:
    targets = Grid(5, 8, 16).targets
    found = control(targets, np.random.default_rng(1).normal(size=targets.shape), 8)
    assert max(*found.r2, *map(abs, found.spearman_pieces)) < 0.2


def test_crosstalk_is_the_share_of_the_other_target_in_a_measure() -> None:
    targets = Grid(5, 2, 16).targets
    leaking = np.column_stack([targets[:, 0] + 0.5 * targets[:, 1], targets[:, 1] - 0.1 * targets[:, 0]])
    assert control(targets, leaking, 2).crosstalk == pytest.approx((0.5, 0.1))


def test_notes_alone_have_one_tempo_whatever_is_asked() -> None:
    pieces = compose_many([fixed(0.2, a, 4, 1, TRADITION) for a in (-0.8, 0.8)], Generator())
    ways = heard_ways(pieces)
    assert len({one.tempo_bpm for piece in ways["notes alone"] for one in piece}) == 1
    assert ways["whole"][0][0].tempo_bpm < 0.7 * ways["whole"][1][0].tempo_bpm


# --- steps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0, 1, 3])
def test_a_step_is_there_as_late_as_it_comes(late: int) -> None:
    curve = np.where(np.arange(24) >= 8 + late, 1.0, 0.0) + 0.01 * np.sin(np.arange(24.0))
    assert until(curve, 8) == late + 1


def test_no_step_is_heard_where_there_is_none() -> None:
    assert math.isnan(until(np.random.default_rng(3).normal(size=24), 8))


def test_what_the_form_does_to_rising_and_falling_pieces_cancels_out() -> None:
    form, step = np.linspace(0, 5, 24), np.where(np.arange(24) >= 10, 1.0, -1.0)
    curves = np.stack([form + step, form - step])
    assert rising(curves, np.array([1, -1])) == pytest.approx(step)


def test_tempo_and_loudness_answer_a_step_in_the_same_bar() -> None:
    found = reactions(Generator(), TRADITION, [], seeds=1)
    assert found["arousal", "performance", "tempo and loudness", 10] == 1


# --- wishes -----------------------------------------------------------------------------------------------------


class Asked:
    """Writes as many even notes a bar as its wish for density asks for, and hears no other wish."""

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return [Bar(r.plan.bar, self._notes(r.asked.density or 0.0), "asked") for r in requests]

    def _notes(self, density: float) -> tuple[Note, ...]:
        count = 1 + round(7 * density)
        return tuple(Note("melody", 60 + 2 * (index % 3), index * 0.5, 0.5) for index in range(count))


def test_a_wish_that_is_heard_shows_on_its_own_row_and_others_show_nothing() -> None:
    found = obeyed(Asked(), TRADITION, levels=4, seeds=1)
    assert found[WISHES.index("density"), WISHES.index("density")] == pytest.approx(1.0)
    assert np.abs(found[WISHES.index("register")]).max() == 0.0


# --- the independent judge ----------------------------------------------------------------------------------------


def ratings_by_chance(pieces: int = 60, windows: int = 6) -> Ratings:
    """Windows that betray their piece, with ratings that follow nothing but the piece."""
    rng = np.random.default_rng(5)
    owner = np.repeat(np.arange(pieces), windows)
    rows = rng.normal(size=(pieces, len(HEARD)))[owner] + 0.01 * rng.normal(size=(len(owner), len(HEARD)))
    return Ratings(rows, rng.uniform(-1, 1, size=(pieces, 2))[owner], owner)


def test_no_piece_stands_on_both_sides_of_a_fold() -> None:
    ratings = ratings_by_chance()
    for known, judged in folds(ratings):
        assert not set(ratings.piece[known]) & set(ratings.piece[judged])
    assert sorted(np.concatenate([judged for _, judged in folds(ratings)])) == list(range(len(ratings.piece)))


@pytest.mark.parametrize("kind", ["ridge", "trees"])
def test_a_judge_can_not_know_pieces_by_heart(kind: str) -> None:
    ratings = ratings_by_chance()
    said = out_of_fold(ratings, kind)
    assert max(correlation(said[:, column], ratings.ratings[:, column]) for column in range(2)) < 0.3


def test_a_judge_learns_what_is_there_to_learn_and_says_nothing_of_silence() -> None:
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(400, len(HEARD)))
    judge = fit(Ratings(rows, rows[:, :2] * 0.3, np.arange(400) // 4), "ridge")
    assert min(*judge.r_windows, *judge.r_pieces) > 0.95
    silent = sound(compose_many([fixed(0, 0, 8, 1, TRADITION)], Silence())[0])
    assert np.isnan(judge.of_pieces([silent])).all()


class Silence:
    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        return [Bar(request.plan.bar, (), "silence") for request in requests]


def heard(pitches: Sequence[int], together: bool = False) -> dict[str, float]:
    count = len(pitches)
    start = np.zeros(count) if together else np.arange(count, dtype=float)
    made = Passage(start, np.ones(count), np.array(pitches, float), np.full(count, 64.0), float(count), 60.0)
    return dict(zip(HEARD, features(made), strict=True))


def test_what_the_judge_hears_is_what_is_there() -> None:
    major, minor = heard([60, 64, 67, 65, 69, 72, 67, 71]), heard([60, 63, 67, 65, 68, 72, 67, 71])
    assert major["majorness"] > 0.05 > -0.05 > minor["majorness"]
    assert major["onsets a second"] == 0.0  # one a second, as octaves
    assert heard([60, 61], together=True)["dissonance"] == 1.0
    assert heard([60, 64, 67], together=True)["dissonance"] == 0.0
    assert np.isnan(features(passage(sound(compose_many([fixed(0, 0, 1, 1, TRADITION)], Silence())[0])))).all()


# --- quality ------------------------------------------------------------------------------------------------------


def test_measures_of_a_scale_that_comes_again_worked_by_hand() -> None:
    found = dict(zip(NAMES, measures([bar(SCALE[:4]), bar(SCALE[4:])] * 8), strict=True))
    assert found["density"] == found["polyphony"] == found["structureness"] == found["in-scale rate"] == 1.0
    assert found["groove consistency"] == 1.0
    assert found["empty-bar rate"] == 0.0
    assert found["pitch-class entropy"] == pytest.approx(2.75)  # seven tones, the tonic twice as often
    assert found["different rhythms"] == 1 / 16


def test_noise_is_less_in_scale_and_less_like_itself_than_a_tune() -> None:
    rng = np.random.default_rng(2)
    noise = dict(zip(NAMES, measures([bar(rng.integers(48, 84, size=4).tolist()) for _ in range(16)]), strict=True))
    assert noise["in-scale rate"] < 0.95
    assert noise["structureness"] < 0.95
    with pytest.raises(ValueError, match="no notes to measure"):
        measures([WrittenBar(48, 0, (), ())] * 16)


def works(count: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, list[str]]:
    """Three excerpts of each of these works, alike within a work."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(rng.normal(size=(count, 5)), 3, axis=0)
    return centre + 0.1 * rng.normal(size=centre.shape) + shift, [f"{i // 3}" for i in range(3 * count)]


@pytest.mark.parametrize("kind", ["logistic", "boosting"])
def test_what_is_drawn_from_the_same_works_is_not_told_apart_and_what_differs_is(kind: str) -> None:
    (one, one_groups), (same, same_groups), (other, other_groups) = works(60, 1), works(60, 2), works(60, 3, shift=3)
    assert auc(one, same, one_groups, same_groups, kind) == pytest.approx(0.5, abs=0.15)
    assert auc(one, other, one_groups, other_groups, kind) > 0.95
    assert auc_of_halves(one, one_groups, kind) == pytest.approx(0.5, abs=0.15)
    assert math.isnan(auc(one, same[:3], one_groups, same_groups[:3], kind))


# --- form ---------------------------------------------------------------------------------------------------------

THEME = [(60, 62, 64, 65), (67, 65, 64, 62), (60, 64, 67, 72), (71, 69, 67, 67)]


def piece(*phrases: Sequence[Sequence[int]]) -> list[WrittenBar]:
    return [bar(pitches) for phrase in phrases for pitches in phrase]


def test_a_theme_is_known_again_in_another_key_in_minor_and_with_ornament() -> None:
    other = [(55, 60, 55, 59), (57, 55, 60, 52), (55, 59, 52, 57), (60, 52, 55, 59)]
    minor = [tuple(p - (p % 12 in (4, 9, 11)) for p in row) for row in THEME]
    ornamented = [tuple(p for q in row for p in (q, q + 2)) for row in THEME]
    moved = [tuple(p + 5 for p in row) for row in THEME]
    for again in (THEME, moved, minor, ornamented):
        assert theme_returns(piece(THEME, other, other, other, again))
    assert not theme_returns(piece(THEME, other, other, other, other))
    assert not theme_returns(piece(THEME, THEME, other, other))  # at once is a repetition
    assert not theme_of_another_returns(piece(THEME), piece(other, other, other, other, other))


def test_a_phrase_closes_on_its_chord_with_the_root_in_the_bass() -> None:
    composed = compose_many([fixed(0.4, 0.1, 8, 4, TRADITION)], Generator())[0]
    plan, closing, _ = composed[7]
    assert plan.cadence
    assert closes(plan, closing)
    wrong = tuple(
        Note("bass", note.pitch + 1, note.start_beat, note.beats) if note.role == "bass" else note
        for note in closing.notes
    )
    assert not closes(plan, Bar(closing.bar, wrong, "x"))
    assert not closes(plan, Bar(closing.bar, (), "x"))
    inside, notes = in_scale(composed)
    assert inside == notes > 50


# --- originality --------------------------------------------------------------------------------------------------


def melody(seed: int, notes: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return on_line([(float(beat), int(pitch)) for beat, pitch in enumerate(rng.integers(55, 80, size=notes))])


def test_a_copy_is_known_in_any_key_and_a_new_melody_is_not() -> None:
    known = table([melody(1), melody(2)], originality.NOTES)
    copy = melody(2) + np.array([0, 3])
    assert originality.copied([copy], known).of_runs == 1.0
    assert originality.copied([melody(9)], known).of_runs == 0.0
    assert originality.copied([copy, melody(9)], known, same_tunes=False).pieces == 1
    assert originality.longest(known.holds(np.empty(0, np.uint64))) == 0


def test_composed_melodies_are_read_over_their_bar_lines() -> None:
    composed = compose_many([fixed(0.4, 0.1, 8, 4, TRADITION)], Generator())
    (line,) = originality.lines_of(composed)
    assert line[-1, 0] > 7 * 48
    assert len(line) == sum(note.role == "melody" for one in written(composed[0]) for note in one.notes)


# --- likelihood ---------------------------------------------------------------------------------------------------


def batch(tokens: Sequence[int]) -> Batch:
    rows = np.array([tokens], dtype=np.int64)
    return Batch(rows, np.zeros((1, 1, Shape().condition), np.float32), np.zeros_like(rows))


def test_a_network_that_expects_all_tokens_alike_is_as_surprised_as_there_are_tokens() -> None:
    network = Transformer(Shape(width=32, layers=1, heads=2))
    torch.nn.init.zeros_(network.embedding.weight)
    note = VOCABULARY.ids["melody", 60]
    found = likelihood.surprise(network, [batch([3, note, note, 0])], conditions=False)
    assert found.nats_a_token == pytest.approx(math.log(len(VOCABULARY)), rel=1e-3)
    assert (found.tokens, found.notes) == (2, 2)
    assert found.bits_a_note == pytest.approx(math.log2(len(VOCABULARY)), rel=1e-3)


def test_pairs_expect_a_pattern_that_single_tokens_can_not() -> None:
    counts = likelihood.Counts(np.tile(np.array([10, 11, 12, 13], np.uint16), 500))
    told = [batch([10, 11, 12, 13] * 4)]
    assert counts.unigram(told).nats_a_token == pytest.approx(math.log(4), abs=0.3)
    assert counts.bigram(told).nats_a_token < 0.1


def test_chorales_are_read_in_four_voices_and_known_ones_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    frames = [[p, 60, 55, 48] for p in rng.integers(64, 76, size=60).tolist() for _ in range(4)]
    other = [[p, 60, 55, 48] for p in rng.integers(64, 76, size=60).tolist() for _ in range(4)]
    (tmp_path / "jsb-chorales-16th.json").write_text(json.dumps({"test": [frames, other]}))
    tune = on_line([(float(beat), frame[0] + 2) for beat, frame in enumerate(frames[::4])])
    unseen = chorales(tmp_path, np.unique(moves(tune)))
    assert unseen.known == (True, False)
    assert len(unseen.shard().pieces) == 2
    assert len(unseen.shard(only_new=True).pieces) == 1
    assert four([69.0, 54.0, 51.0]) == [69, 54, 0, 51]
    assert four([]) == [0, 0, 0, 0]


# --- speed and report ---------------------------------------------------------------------------------------------


def test_every_figure_of_speed_is_there_and_rules_count_no_tokens() -> None:
    found = figures("models.music.generators.rules", 4, 1, time.perf_counter)
    assert found["times_real_time"] > 20
    assert 0 < found["bar_p50_ms"] <= found["bar_p95_ms"]
    assert math.isnan(found["tokens_a_s_alone"])
    assert found["resident_mb"] > 10


def test_the_report_says_what_is_reached_what_not_and_what_is_left_out() -> None:
    section = Section(
        "Control",
        "Left out: no vgmidi.",
        (Table(("who", "r"), (("rules", "0.50"),)),),
        (
            Figure("rules", "control", 0.95, 0.9),
            Figure("rules", "apart", 0.99, 0.75, False),
            Figure("rules", "x", math.nan, 1),
        ),
    )
    made = Circumstances("2030-01-02", "a machine", "therapy evaluate music DATA", 61.0, {"lstm": "no weights"}, {})
    text = report([section], made, [("Bright", "../a.svg")], quick=True)
    assert "| control | ≥ 0.9 | 0.95 ✓ |" in text
    assert "`rules` reaches 1 of 2 figures. Not reached: apart. Could not be measured: x." in text
    assert "`lstm` is not in here: no weights." in text
    assert "A quick look" in text
    with pytest.raises(ValueError, match="expected 2 cells"):
        Table(("a", "b"), (("1",),))


def test_notes_alone_keep_the_notes() -> None:
    (composed,) = compose_many([fixed(-0.5, 0.7, 4, 2, TRADITION)], Generator())
    kept = [(n.role, n.pitch) for one in notes_alone(composed) for n in one.notes if n.role != "drums"]
    assert sorted(kept) == sorted((n.role, n.pitch) for one in sound(composed) for n in one.notes if n.role != "drums")
