"""How the token networks learn: windows and what is left open in them, the loop, its curve, weights and cards."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.checkpoints import Checkpoint, WeightsError, read
from models.music.condition import GROUPS, SIZE
from models.music.networks.kinds import KINDS, Network, built, rebuilt
from models.music.networks.recurrent import Recurrent
from models.music.networks.transformer import Prompt
from models.music.plan import ROLES
from models.music.tokens import VOCABULARY, decode, encode
from models.training.corpus.shards import Shard, chosen, joined, read_shard
from models.training.music import checkpoint, curve
from models.training.music.course import Order, begin, learn, schedule_for, tune, tuning_for
from models.training.music.floors import floors
from models.training.music.loop import Schedule, State, Watch, likelihood, shortened, train
from models.training.music.pieces import pieces_in, write_corpus
from models.training.music.sampling import sampled
from models.training.music.scores import Scores, scores_in
from models.training.music.windows import PAD, Windows, bar_conditions, evened, leave_open, without

SMALL = {"lstm": {"width": 32, "layers": 1}, "transformer": {"width": 32, "layers": 1}}
CPU = torch.device("cpu")
STEPS = Schedule(minutes=1e6, steps=6, rows=4, length=48, look_minutes=0, look_batches=1)
"""Counted by steps alone, with a look after each."""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def scores(few_scores: Path, tmp_path_factory: pytest.TempPathFactory) -> Scores:
    return scores_in(few_scores, tmp_path_factory.mktemp("run"), False, StringIO())


@pytest.fixture(scope="module")
def shard(scores: Scores) -> Shard:
    return scores.shards["train"]


def small(kind: str = "lstm") -> Network:
    return built(kind, SMALL[kind], 1)


def watched(scores: Scores, out: Path, say: Callable[[str], None] = str, copied: float = 0.0) -> Watch:
    return Watch(Windows(scores.shards["valid"], 48), lambda network: copied, 0.1, out, say)


def looks_of(out: Path) -> list[dict[str, object]]:
    """The curve without the seconds, which are the clock's."""
    return [{name: value for name, value in look.items() if name != "seconds"} for look in curve.read(out)]


# --- windows ----------------------------------------------------------------------------------------------------


def test_a_window_begins_at_a_bar_and_tells_its_bars_conditions(shard: Shard) -> None:
    windows = Windows(shard, 64)
    (batch,) = windows.in_order(rows=8, most=1)
    assert batch.tokens.shape == batch.bar_of.shape == (8, 65)
    assert set(batch.tokens[:, 0].tolist()) <= set(VOCABULARY.span("bar"))
    starts = np.isin(batch.tokens, list(VOCABULARY.span("bar")))
    assert (np.maximum.accumulate(batch.bar_of, axis=1) == batch.bar_of).all()
    assert (batch.bar_of == np.cumsum(starts, axis=1) - 1).all()
    assert batch.conditions[0, 0].tolist() == windows.conditions[0].tolist()


def test_windows_in_order_cover_every_token(shard: Shard) -> None:
    batches = list(Windows(shard, 100).in_order(rows=4, most=1000))
    rows = [row[row != PAD] for batch in batches for row in batch.tokens]
    lines = sum(int(np.isin(row[0], list(VOCABULARY.span("bar")))) for row in rows)
    assert lines == len(rows)
    assert sum(len(row) - 1 for row in rows) >= len(shard.tokens) - len(rows)
    counts = np.bincount(np.concatenate(rows), minlength=len(VOCABULARY))
    assert (counts >= np.bincount(shard.tokens, minlength=len(VOCABULARY))).all()


def test_few_windows_are_spread_over_the_whole_shard(shard: Shard) -> None:
    (batch,) = Windows(shard, 100).in_order(rows=2, most=1)
    ends = [VOCABULARY.ids["special", "end"] in row for row in batch.tokens]
    assert batch.tokens[0, :100].tolist() == shard.tokens[:100].tolist()
    assert ends[-1]


def test_thin_parts_of_the_plane_are_drawn_more_often_but_not_beyond_all_measure(shard: Shard) -> None:
    mood = np.zeros((100, shard.conditions.shape[1]), dtype=np.float16)
    mood[0, :2] = 0.9
    crowded = replace(shard, conditions=mood)
    odds = evened(crowded)
    assert odds[0] > 10 * odds[1]
    assert odds.max() <= 4.0


def test_a_role_that_is_left_out_leaves_tokens_as_if_it_had_never_been_written(shard: Shard) -> None:
    tokens, tonics = shard.tokens.astype(np.int64), shard.tonic.tolist()
    for role in ROLES:
        thin = without(tokens, role)
        bars = decode(thin, tonics)
        assert not any(note.role == role for bar in bars for note in bar.notes)
        for bar, whole in zip(bars, decode(tokens, tonics), strict=True):
            assert bar.notes == tuple(note for note in whole.notes if note.role != role)
            assert bar.chords == whole.chords
        ends = VOCABULARY.ids["special", "end"]
        assert [token for token in thin.tolist() if token != ends] == encode(bars).tolist()


def test_wishes_are_left_open_by_chance(shard: Shard) -> None:
    told = bar_conditions(shard)[:16]
    rng, left = np.random.default_rng(1), []
    for _ in range(400):
        conditions = told.copy()
        leave_open(conditions, rng)
        left.append(conditions)
    nothing = np.mean([not one.any() for one in left])
    assert 0.06 < nothing < 0.2
    some = [one for one in left if one.any()]
    silent = np.mean([not bar.any() for one in some for bar in one])
    assert 0.06 < silent < 0.16
    for name, place in GROUPS.items():
        if told[:, place].any():
            gone = np.mean([not one[:, place].any() for one in some])
            assert 0.15 < gone < 0.65, name
    assert all((one == told)[one != 0].all() for one in left)


def test_a_shard_without_bars_has_no_windows(shard: Shard) -> None:
    with pytest.raises(ValueError, match="no bars"):
        Windows(chosen(shard, []), 48)


def test_pieces_are_chosen_from_a_shard_and_two_shards_are_joined(scores: Scores) -> None:
    train, valid = scores.shards["train"], scores.shards["valid"]
    both = joined(train, valid)
    assert len(both.pieces) == len(train.pieces) + len(valid.pieces)
    last = chosen(both, [len(both.pieces) - 1])
    assert last.tokens.tolist() == valid.tokens_of(valid.bars_of(1)).tolist()
    assert last.style.tolist() == valid.style[valid.bars_of(1)].tolist()
    assert decode(last.tokens, last.tonic.tolist())


# --- networks ---------------------------------------------------------------------------------------------------


def test_the_lstm_says_the_same_read_at_once_or_token_by_token() -> None:
    network = small().eval()
    assert isinstance(network, Recurrent)
    rng = np.random.default_rng(1)
    tokens = torch.from_numpy(rng.integers(0, len(VOCABULARY), (1, 24)))
    conditions = torch.from_numpy(rng.random((1, 3, SIZE), dtype=np.float32))
    bar_of = torch.arange(24)[None] // 8
    with torch.inference_mode():
        whole = network(tokens, conditions, bar_of)
        logits, state = network.read(tokens[:, :20], conditions, bar_of[:, :20])
        assert torch.allclose(logits, whole[:, :20], atol=1e-5)
        before = Prompt(tokens[0, :20], conditions[0], bar_of[0, :20])
        nothing = Prompt(tokens[0, :0], conditions[0, :0], bar_of[0, :0])
        rows = network.begin([before, nothing], conditions[0, [2, 2, 2, 2]], 4)
        for at in range(20, 24):
            said, state = network.step(tokens[:, at], network.heard(conditions[:, 2]), state)
            assert torch.allclose(said, whole[:, at], atol=1e-5)
            if at == 22:
                rows.keep(torch.tensor([0]))
            first_row = rows.step(tokens[0, at].repeat(4 if at < 22 else 2))[0]
            assert torch.allclose(first_row, said[0], atol=1e-5)


def test_the_lstm_hears_its_condition() -> None:
    network = small().eval()
    tokens, bar_of = torch.ones(1, 8, dtype=torch.long), torch.zeros(1, 8, dtype=torch.long)
    first, second = (network(tokens, torch.full((1, 1, SIZE), value), bar_of) for value in (0.0, 1.0))
    assert not torch.allclose(first, second, atol=1e-3)


def test_the_shipped_shapes_keep_their_bounds() -> None:
    assert sum(value.numel() for value in built("lstm", {}, 1).parameters()) <= 6_000_000
    assert sum(value.numel() * 2 for value in built("transformer", {}, 1).parameters()) <= 25 * 2**20
    with pytest.raises(LookupError, match="no network named 'gru'; there are: transformer, lstm"):
        built("gru", {}, 1)
    with pytest.raises(ValueError, match="width 30"):
        built("lstm", {"width": 30}, 1)


def test_weights_that_are_of_no_network_are_refused() -> None:
    tensors = dict(small().state_dict())
    about = {"kind": "lstm", "shape": {"width": 64, "layers": 1}}
    for strange in (about, {"kind": "rules", "shape": {}}, {}, {"kind": "lstm", "shape": {"depth": 3}}):
        with pytest.raises(WeightsError, match="of no network over role tokens"):
            rebuilt(Checkpoint("mine", "", strange, tensors))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_a_network_writes_by_itself_is_well_formed(kind: str, scores: Scores) -> None:
    (asked,) = Windows(scores.shards["valid"], 48).in_order(rows=4, most=1)
    rows = sampled(small(kind), asked, 60, np.random.default_rng(1))
    again = sampled(small(kind), asked, 60, np.random.default_rng(1))
    assert [row.tolist() for row in rows] == [row.tolist() for row in again]
    for row in rows:
        bars = int(np.isin(row, list(VOCABULARY.span("bar"))).sum())
        if bars > 1 or len(row) < 60:
            assert len(decode(row, [0] * bars)) == bars


# --- the loop ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_learned_lowers_the_loss_on_held_out_works(kind: str, scores: Scores, tmp_path: Path) -> None:
    network, windows = small(kind), Windows(scores.shards["valid"], 48)
    before = likelihood(network, windows.in_order(4, 4), CPU)
    schedule = replace(STEPS, steps=40, look_minutes=1e5)
    state = train(network, Windows(scores.shards["train"], 48), watched(scores, tmp_path), schedule)
    assert before > math.log(len(VOCABULARY)) - 0.5
    assert likelihood(network, windows.in_order(4, 4), CPU) < before - 1
    assert (state.step, state.worse) == (40, 0)
    assert len(curve.read(tmp_path)) == 1
    assert (tmp_path / "curve.svg").read_text().startswith("<svg")


class Killed(BaseException):
    """As if the process had ended here."""


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(scores: Scores, tmp_path: Path) -> None:
    windows = Windows(scores.shards["train"], 48)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    train(small(), windows, watched(scores, whole), STEPS)

    def die(words: str) -> None:
        if words.startswith("step 3,"):
            raise Killed

    with pytest.raises(Killed):  # after the curve was written, before the checkpoint
        train(small(), windows, watched(scores, broken, say=die), STEPS)
    assert checkpoint.resume(broken, small(), [])["step"] == 2
    said: list[str] = []
    state = train(small(), windows, watched(scores, broken, say=said.append), STEPS)
    assert state.step == 6
    assert said[0].startswith("step 3,")
    assert looks_of(broken) == looks_of(whole)
    for name in (checkpoint.FILE, checkpoint.BEST):
        first, second = load_file(whole / name), load_file(broken / name)
        assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_disk_that_is_full_leaves_the_checkpoint_that_was(
    scores: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = small()
    checkpoint.keep(tmp_path, network, [], {"step": 1})
    before = (tmp_path / checkpoint.FILE).read_bytes()

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as refused:
        checkpoint.keep(tmp_path, network, [], {"step": 2})
    assert refused.value.filename == str(tmp_path / checkpoint.FILE)
    assert (tmp_path / checkpoint.FILE).read_bytes() == before
    assert checkpoint.resume(tmp_path, network, []) == {"step": 1}
    assert sorted(file.name for file in tmp_path.iterdir()) == [checkpoint.FILE, checkpoint.STANDING]


def test_a_run_of_another_shape_is_refused_by_name(scores: Scores, tmp_path: Path) -> None:
    checkpoint.keep(tmp_path, small(), [], {"step": 1})
    with pytest.raises(ValueError, match="of another network: blocks"):
        train(small("transformer"), Windows(scores.shards["train"], 48), watched(scores, tmp_path), STEPS)
    (tmp_path / checkpoint.FILE).write_bytes(b"cut short")
    with pytest.raises(ValueError, match=r"is broken.*--anew"):
        checkpoint.resume(tmp_path, small(), [])


def test_weights_that_copy_are_never_kept_and_the_run_ends(scores: Scores, tmp_path: Path) -> None:
    windows = Windows(scores.shards["train"], 48)
    state = train(small(), windows, watched(scores, tmp_path, copied=0.2), replace(STEPS, steps=50))
    assert (state.step, state.worse) == (STEPS.patience, STEPS.patience)
    assert not any(look["best"] for look in curve.read(tmp_path))
    with pytest.raises(ValueError, match="copied little enough"):
        checkpoint.put_best(tmp_path, small())


def test_the_clock_ends_a_run(scores: Scores, tmp_path: Path) -> None:
    ticks = iter(range(10_000))
    schedule = replace(STEPS, minutes=0.5, steps=1000, look_minutes=0.2)
    clock: Callable[[], float] = lambda: 4.0 * next(ticks)  # noqa: E731
    state = train(small(), Windows(scores.shards["train"], 48), watched(scores, tmp_path), schedule, clock)
    assert state.seconds >= 30
    assert 5 <= state.step <= 8


@pytest.mark.parametrize("minutes", [0, -1, math.nan, math.inf])
def test_minutes_are_a_number_above_nothing(minutes: float) -> None:
    with pytest.raises(ValueError, match=f"minutes {minutes:g}; expected a number above 0"):
        Schedule(minutes=minutes)


def test_a_short_run_still_looks_five_times_and_the_rate_rises_and_falls() -> None:
    short = shortened(Schedule(minutes=80), 0.5)
    assert short.look_minutes == pytest.approx(0.1)
    rates = [short.rate_at(share / 100) for share in range(101)]
    assert rates.index(max(rates)) == 2
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert schedule_for("lstm", None, 3) == replace(schedule_for("lstm", 15, 3))


# --- floors, curves ---------------------------------------------------------------------------------------------


def test_counting_pairs_beats_counting_tokens_and_both_beat_knowing_nothing(scores: Scores) -> None:
    batches = list(Windows(scores.shards["test"], 100).in_order(4, 100))
    found = floors(scores.shards["train"].tokens, batches)
    assert found["bigram"] < found["unigram"] - 1
    assert found["unigram"] < math.log(len(VOCABULARY))
    certain = floors(
        np.tile(np.array([3, 300], dtype=np.uint16), 5000), [replace(batches[0], tokens=np.tile([3, 300], (2, 9)))]
    )
    assert certain["bigram"] < 0.01
    assert certain["unigram"] == pytest.approx(math.log(2), abs=0.2)


def test_a_curve_is_drawn_with_its_best_look() -> None:
    look = {"step": 1, "tokens": 9, "seconds": 60, "train_nll": 3.0, "valid_nll": 2.5, "copied": 0.1, "best": True}
    drawn = curve.svg([look, {**look, "seconds": 120, "valid_nll": 2.7, "best": False}])
    assert drawn.count("<polyline") == 3
    assert drawn.count('r="4"') == 3
    assert "minutes, 0 to 2" in drawn
    with pytest.raises(ValueError, match="no looks"):
        curve.svg([])


# --- whole trainings --------------------------------------------------------------------------------------------


def ordered(out: Path, schedule: Schedule) -> Order:
    begin(out, anew=False)
    return Order(schedule, out, out / "weights", "therapy train music DATA", str)


@pytest.fixture(scope="module")
def base(scores: Scores, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    out = tmp_path_factory.mktemp("base")
    learn(small(), scores, ordered(out, replace(STEPS, steps=60, look_minutes=1e5)))
    return read("lstm", out / "weights")


def test_a_training_ends_with_weights_that_say_what_they_are(base: Checkpoint) -> None:
    about = base.about
    assert (about["kind"], about["shape"]["width"], about["training"]["steps"]) == ("lstm", 32, 60)
    assert about["parameters"] == sum(value.numel() for value in rebuilt(base).parameters())
    (corpus,) = about["corpora"]
    assert (corpus["corpus"], corpus["licences"], corpus["pieces"]) == ("openscore_lieder", {"CC0-1.0": 8}, 8)
    assert {name: own["works"] for name, own in about["split"].items()} == {"train": 8, "valid": 2, "test": 2}
    nats = about["nats_a_token"]
    assert nats["test"] < nats["unigram"]


def test_a_run_that_is_over_only_ships_again(scores: Scores, tmp_path: Path) -> None:
    order = ordered(tmp_path, replace(STEPS, steps=3))
    first = learn(small(), scores, order)
    again = learn(small(), scores, order)
    assert (again.sha256, again.state.step) == (first.sha256, 3)
    assert json.loads((tmp_path / "weights" / "hashes.json").read_text()) == {"lstm": first.sha256}
    card = (tmp_path / "weights" / "lstm.md").read_text()
    assert "| openscore_lieder | 8 | 8 |" in card
    assert "CC0-1.0 (8)" in card
    assert first.sha256 in card
    assert str(tmp_path) not in card
    begin(tmp_path, anew=True)
    assert not checkpoint.there(tmp_path)
    assert curve.read(tmp_path) == []


@pytest.fixture
def own_pieces(tmp_path: Path, song: Callable[..., None]) -> Path:
    folder = tmp_path / "own"
    (folder / "more").mkdir(parents=True)
    for seed in (201, 202):
        song(folder / f"{seed}.mid", seed)
    song(folder / "more" / "203.MID", 203)
    (folder / "broken.mid").write_bytes(b"MThd and no more")
    (folder / "book.abc").write_text("X:1\nT:Ours\nM:4/4\nL:1/4\nK:G\nGABc|dcBA|GBdB|AFDF|\nX:2\nT:None\nK:H\nx\n")
    (folder / "empty.abc").write_text("no tune\n")
    (folder / "notes.txt").write_text("not a piece")
    return folder


def test_own_pieces_are_read_and_the_broken_ones_named(own_pieces: Path) -> None:
    pieces = pieces_in(own_pieces)
    assert [piece.file for piece in pieces if piece.prepared] == ["201.mid", "202.mid", "book.abc#1", "more/203.MID"]
    skipped = {piece.file: piece.skipped for piece in pieces if not piece.prepared}
    assert set(skipped) == {"broken.mid", "book.abc#2", "empty.abc"}
    assert "not readable as MIDI" in skipped["broken.mid"]
    assert "X:" in skipped["empty.abc"]


def test_some_of_every_piece_is_held_out_when_they_are_few(own_pieces: Path, tmp_path: Path) -> None:
    pieces = [piece for piece in pieces_in(own_pieces) if piece.file in ("201.mid", "202.mid")]
    write_corpus(pieces, "folk", tmp_path / "made")
    train_part, held_out = (read_shard(tmp_path / "made" / f"{split}.npz") for split in ("train", "valid"))
    bars = [piece.prepared.bars for piece in pieces if piece.prepared]
    assert len(train_part.style) + len(held_out.style) == sum(bars)
    assert len(held_out.pieces) == 2
    whole = np.concatenate([piece.prepared.tokens for piece in pieces if piece.prepared])
    assert len(train_part.tokens) + len(held_out.tokens) == len(whole)
    assert decode(held_out.tokens, held_out.tonic.tolist())
    with pytest.raises(ValueError, match="no style 'polka'; there are: song"):
        write_corpus(pieces, "polka", tmp_path / "made")


def test_a_folder_without_pieces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        pieces_in(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no piece in .* can be read; expected \.mid"):
        pieces_in(tmp_path)
    (tmp_path / "bad.mid").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=r"bad\.mid: not a MIDI file"):
        pieces_in(tmp_path)


@pytest.mark.parametrize("mixed", [False, True])
def test_tuning_to_own_pieces_makes_them_likelier(
    mixed: bool, base: Checkpoint, scores: Scores, own_pieces: Path, tmp_path: Path
) -> None:
    schedule = replace(STEPS, steps=40, rate=3e-3, look_minutes=1e5)
    order = ordered(tmp_path / "tuned", schedule)
    trained = tune(base, pieces_in(own_pieces), "folk", scores if mixed else None, order)
    tuned = trained.about["tuned"]
    assert tuned["after"] < tuned["before"] - 0.05
    assert (tuned["pieces"], tuned["skipped"], tuned["style"]) == (4, 3, "folk")
    assert tuned["mixed"] == (0.25 if mixed else 0)
    assert trained.about["from"] == base.sha256
    held_out = Windows(read_shard(tmp_path / "tuned" / "pieces" / "valid.npz"), 48)
    now = likelihood(rebuilt(read("lstm", tmp_path / "tuned" / "weights")), held_out.in_order(4, 1), CPU)
    assert now == pytest.approx(tuned["after"], abs=0.02)
    card = (tmp_path / "tuned" / "weights" / "lstm.md").read_text()
    assert "4 pieces of a clinic" in card
    assert "the clinic's own and not ours" in card


def test_tuning_that_makes_nothing_better_gives_the_weights_back(
    base: Checkpoint, own_pieces: Path, tmp_path: Path
) -> None:
    schedule = replace(STEPS, steps=3, rate=10.0)
    trained = tune(base, pieces_in(own_pieces), "folk", None, ordered(tmp_path / "out", schedule))
    assert trained.about["tuned"]["after"] == trained.about["tuned"]["before"]
    kept = read("lstm", tmp_path / "out" / "weights")
    assert all(torch.equal(kept.tensors[name], base.tensors[name]) for name in base.tensors)


# --- scores -----------------------------------------------------------------------------------------------------


def test_a_prepared_corpus_is_taken_as_it_is(scores: Scores, tmp_path: Path) -> None:
    said = StringIO()
    again = scores_in(scores.folder, tmp_path, False, said)
    assert said.getvalue() == ""
    assert again.folder == scores.folder
    assert again.shards["train"].tokens.tolist() == scores.shards["train"].tokens.tolist()
    assert not (tmp_path / "corpus").exists()


def test_a_folder_without_scores_is_refused(tmp_path: Path, song: Callable[..., None]) -> None:
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        scores_in(tmp_path / "nowhere", tmp_path, False, StringIO())
    (tmp_path / "empty").mkdir()
    said = StringIO()
    with pytest.raises(ValueError, match=r"no score in .*; expected NAME or NAME\.tar\.gz of: openscore_lieder"):
        scores_in(tmp_path / "empty", tmp_path / "out", False, said)
    assert "mutopia is left out: no mutopia or mutopia.tar.gz" in said.getvalue()
    one = tmp_path / "one" / "openscore_lieder" / "midi"
    one.mkdir(parents=True)
    song(one / "scores__Abel,_Ada__Songs,_Op.1__1_First__lc1.mid", 1)
    with pytest.raises(ValueError, match="no works for valid, test in"):
        scores_in(tmp_path / "one", tmp_path / "out", False, StringIO())


def test_tuning_is_slower_than_learning() -> None:
    assert tuning_for(None, 1).minutes == 3
    assert tuning_for(1, 1).rate < schedule_for("transformer", 1, 1).rate / 5
    assert State().share(tuning_for(1, 1)) == 0
