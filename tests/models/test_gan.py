"""The bar generator: its rolls, its training against the critic, and what it composes with the shipped weights."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import count, pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.checkpoints import WeightsError, read, ship
from models.music.chance import chance
from models.music.compose import bar_seed
from models.music.condition import Condition
from models.music.generators import gan, rules
from models.music.networks.bars import LOGITS, BarGenerator, Given, Shape, hardened, leaps, likelihood, sounding
from models.music.plan import ROLES, Aim, Bar, BarRequest, Chord, Note
from models.music.planner import begin, next_bar
from models.music.rolls import CHANNELS, SLOTS, SPANS, harmony_of, roll_of, slot_beats
from models.music.tokens import decode
from models.music.tokens.codec import shift
from models.music.tradition import Tradition
from models.music.traditions.hindustani import TRADITION as HINDUSTANI
from models.music.traditions.western import TRADITION as WESTERN
from models.music.writing.melody import write_melody
from models.training.corpus.build import build
from models.training.corpus.shards import read_shard
from models.training.music import adversarial
from models.training.music.adversarial import Contest, curve, prepared, train_gan, trained
from models.training.music.bar_card import main, ship_gan
from models.training.music.likeness import divergence
from models.training.music.rolls import Rolls, opened

SMALL = Shape(width=16, blocks=1, steering=16, chance=4, critic_width=16, critic_blocks=1)


def song(seed: int) -> bytes:
    """A tune over a bass and chords in halves, different for each seed."""
    rng = np.random.default_rng(seed)
    parts = {
        "Voice": [[67 + int(rng.integers(0, 8))] for _ in range(32)],
        "Piano": [
            [60 + tone for tone in ((0, 4, 7), (0, 5, 9), (2, 7, 11), (0, 4, 7))[half % 4]] for half in range(16)
        ],
        "Bass": [[(36, 41, 43, 36)[half % 4]] for half in range(16)],
    }
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(90))]))
    for name, chords in parts.items():
        length = 480 * 32 // len(chords)
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for tones in chords:
            track += [mido.Message("note_on", note=tone, velocity=64) for tone in tones]
            track += [mido.Message("note_off", note=tone, time=length if i == 0 else 0) for i, tone in enumerate(tones)]
        file.tracks.append(track)
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty songs, prepared as the real corpus is; some of their works fall into every split."""
    folder = tmp_path_factory.mktemp("bars")
    midi = folder / "data" / "openscore_lieder" / "midi"
    midi.mkdir(parents=True)
    for number in range(80):
        (midi / f"scores__Abel,_Ada__Songs,_Op.{number}__1_First__lc{number}.mid").write_bytes(song(number))
    build(folder / "data", folder / "corpus", ["openscore_lieder"], 1, StringIO())
    return folder / "corpus"


def ticking() -> Callable[[], float]:
    """A clock on which every look at it takes a second."""
    seconds = count()
    return lambda: float(next(seconds))


def contest(steps: int, seed: int = 1) -> Contest:
    return Contest(minutes=1e6, steps=steps, rows=8, seed=seed, look_minutes=1 / 60, look_rows=16)


def run(corpus: Path, out: Path, steps: int = 6, seed: int = 1) -> dict[str, torch.Tensor]:
    trained(prepared(corpus, out, contest(steps, seed), SMALL, lambda line: None), ticking())
    return load_file(out / "checkpoint.safetensors")


# --- rolls ------------------------------------------------------------------------------------------------------


def test_a_repeated_note_is_not_a_long_one() -> None:
    twice = roll_of([Note("melody", 72, 0.0, 1.0), Note("melody", 72, 1.0, 1.0)], 4, 0)
    once = roll_of([Note("melody", 72, 0.0, 2.0)], 4, 0)
    onsets = [roll[:, SPANS["melody"]][:, :36].sum() for roll in (twice, once)]
    assert onsets == [2, 1]
    assert (sounding(torch.from_numpy(twice)[None]) == sounding(torch.from_numpy(once)[None])).all()


def test_a_roll_looks_the_same_in_every_key() -> None:
    in_d = roll_of([Note("chords", 62 + step, 0.0, 4.0) for step in (0, 4, 7)], 4, 2)
    in_c = roll_of([Note("chords", 60 + step, 0.0, 4.0) for step in (0, 4, 7)], 4, 0)
    assert np.array_equal(in_c, in_d)


def test_a_note_beyond_its_roles_window_is_folded_in_by_octaves() -> None:
    roll = roll_of([Note("bass", 88, 0.0, 1.0), Note("melody", 21, 0.0, 1.0)], 4, 0)
    assert roll[0, SPANS["bass"]][:36].argmax() % 12 == (88 - 28) % 12
    assert roll[0, SPANS["melody"]][:36].argmax() % 12 == (21 - 55) % 12


def test_a_long_bar_has_coarser_slots_and_a_short_one_fewer() -> None:
    assert [slot_beats(beats) for beats in (2, 3, 4, 5, 8, 16)] == [0.25, 0.25, 0.25, 0.5, 0.5, 1.0]
    three = roll_of([Note("bass", 36, 0.0, 3.0)], 3, 0)
    assert three.shape == (SLOTS, CHANNELS)
    assert three[:12].any()
    assert not three[12:].any()


def test_harmony_is_told_over_the_slots_of_its_chord() -> None:
    chords = (Chord("I", (2, 6, 9), 0.0, 2.0), Chord("V7", (9, 1, 4, 7), 2.0, 2.0))
    told = harmony_of(chords, 2, 4)
    assert np.flatnonzero(told[7]).tolist() == [0, 4, 7, 12]
    assert np.flatnonzero(told[8]).tolist() == [2, 5, 7, 11, 12 + 7]


def test_rolls_of_a_shard_are_those_of_its_decoded_bars(corpus: Path) -> None:
    shard = read_shard(corpus / "train.npz")
    rolls, music = Rolls(shard), decode(shard.tokens, shard.tonic.tolist())
    for bar in rolls.bars[:200]:
        found, given = rolls.of(np.array([bar]))
        up = shift(music[bar].tonic)
        assert np.array_equal(found[0].numpy(), roll_of(music[bar].notes, music[bar].steps / 12, up))
        opening = bar in shard.piece_offsets
        before = np.zeros((SLOTS, CHANNELS)) if opening else roll_of(music[bar - 1].notes, music[bar].steps / 12, up)
        assert np.array_equal(given.before[0].numpy(), before)


def test_the_likeliest_bar_of_certain_logits_is_that_bar(corpus: Path) -> None:
    bar, given = Rolls(read_shard(corpus / "train.npz")).spread(8)
    lines = bar[..., :114].unflatten(-1, (3, 38))
    kinds = torch.cat([lines[..., :36], lines[..., :36].sum(dim=-1, keepdim=True), lines[..., 36:]], dim=-1)
    begun, held = bar[..., SPANS["chords"]].chunk(2, dim=-1)
    said = [kinds.flatten(-2), begun.amax(dim=-1, keepdim=True), begun, held, bar[..., SPANS["drums"]]]
    logits = 40 * (torch.cat(said, dim=-1) - 0.5)
    assert torch.equal(hardened(logits, given), bar)
    assert likelihood(logits, bar, given).max() < 1e-3
    assert likelihood(-logits, bar, given).min() > 100


def test_leaps_are_counted_in_octaves_between_tones_that_follow() -> None:
    bar = roll_of([Note("bass", 36, 0.0, 1.0), Note("bass", 48, 1.0, 1.0), Note("bass", 36, 3.0, 1.0)], 4, 0)
    moved = leaps(sounding(torch.from_numpy(bar)[None]))[0, :, 2]
    assert moved.nonzero().flatten().tolist() == [4]
    assert moved[4] == pytest.approx(1)


def test_wishes_are_left_open_but_the_roles_are_mostly_told() -> None:
    wishes = opened(np.ones((2000, 126), dtype=np.float32), np.random.default_rng(0))
    told = wishes.mean(axis=0)
    assert 0.5 < told[0] < 0.8
    assert told[-1] > 0.9


def test_divergence_is_nothing_for_the_same_and_one_for_nothing_shared() -> None:
    assert divergence(np.array([1.0, 2, 3]), np.array([2.0, 4, 6])) == pytest.approx(0)
    assert divergence(np.array([1.0, 0]), np.array([0, 3.0])) == pytest.approx(1)
    assert divergence(np.zeros(2), np.array([0, 3.0])) == 1


# --- training ---------------------------------------------------------------------------------------------------


def test_training_learns_the_bars_and_stays_finite_against_its_critic(corpus: Path, tmp_path: Path) -> None:
    run(corpus, tmp_path, steps=40)
    looks = curve(tmp_path)
    assert [look["step"] for look in looks] == list(range(1, 41))
    assert np.mean([look["likelihood"] for look in looks[-5:]]) < 0.9 * looks[0]["likelihood"]
    assert all("critic" in look for look in looks[20:])
    assert all(np.isfinite(value) for look in looks for value in look.values())
    assert (tmp_path / "best.safetensors").is_file()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(corpus: Path, tmp_path: Path) -> None:
    one, same, other = (run(corpus, tmp_path / name, 4, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_was_broken_off_goes_on_as_if_it_had_not_been(corpus: Path, tmp_path: Path) -> None:
    whole = run(corpus, tmp_path / "whole", 6)

    def break_off(line: str) -> None:
        if line.startswith("step 4,"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(prepared(corpus, tmp_path / "broken", contest(6), SMALL, break_off), ticking())
    resumed = run(corpus, tmp_path / "broken", 6)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert [look["step"] for look in curve(tmp_path / "broken")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("minutes", "seed", "said"), [(0, 1, "minutes 0"), (float("nan"), 1, "nan"), (1, -1, "seed -1")]
)
def test_no_time_or_seed_is_refused(corpus: Path, tmp_path: Path, minutes: float, seed: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train_gan(corpus, tmp_path, minutes, seed, lambda line: None)


def test_a_missing_corpus_and_a_run_of_another_shape_are_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"train\.npz"):
        train_gan(tmp_path / "nowhere", tmp_path / "out", 1, 1, lambda line: None)
    run(corpus, tmp_path / "run", 1)
    wider = prepared(corpus, tmp_path / "run", contest(2), replace(SMALL, width=32), lambda line: None)
    with pytest.raises(ValueError, match="another network"):
        trained(wider)


def test_a_run_is_shipped_with_a_card_that_names_its_corpora(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(corpus, tmp_path / "run", 6)
    digest = ship_gan(tmp_path / "run", corpus, 1, tmp_path / "weights", SMALL)
    card = (tmp_path / "weights" / "gan.md").read_text()
    assert "| openscore_lieder | CC0-1.0 |" in card
    assert "OpenScore Lieder Corpus" in card
    assert gan.Generator(tmp_path / "weights").weights_sha256 == digest
    assert main([str(corpus), "--weights", str(tmp_path / "weights")]) == 0
    assert '"apart"' in capsys.readouterr().out


def test_a_run_without_a_contest_has_nothing_to_ship(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no best weights"):
        ship_gan(tmp_path, corpus, 1, tmp_path / "weights")
    assert adversarial.curve(tmp_path) == []


def test_missing_or_altered_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights named 'gan'"):
        gan.Generator(tmp_path)
    ship("gan", BarGenerator(SMALL).state_dict(), {"shape": vars(SMALL)}, tmp_path)
    file = tmp_path / "gan.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match="their hash differs"):
        gan.Generator(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    ship("gan", torch.nn.Linear(2, 2).state_dict(), {"shape": vars(SMALL)}, tmp_path)
    with pytest.raises(WeightsError, match="of no bar generator"):
        gan.Generator(tmp_path)


def test_a_run_that_ends_before_its_contest_still_has_weights_to_ship(corpus: Path, tmp_path: Path) -> None:
    """As on a slow machine, where a step takes longer than the whole run may."""
    hasty = replace(contest(100), minutes=1e-9)
    state = trained(prepared(corpus, tmp_path, hasty, SMALL, lambda line: None), ticking())
    assert state.step == 1
    assert (tmp_path / "best.safetensors").is_file()


# --- composing --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator() -> gan.Generator:
    return gan.Generator()


def music(
    generator: gan.Generator, aim: Aim, bars: int, seed: int, tradition: Tradition = WESTERN, **changes: object
) -> list[tuple[BarRequest, Bar]]:
    form, out = begin(seed, tradition), []
    for number in range(bars):
        form, plan = next_bar(form, aim)
        plan = replace(plan, **changes)  # type: ignore[arg-type]
        request = BarRequest(plan, tuple(bar for _, bar in out[-8:]), bar_seed(seed, number))
        out.append((request, generator.compose([request])[0]))
    return out


FREE: dict[str, object] = {"motif": (), "roles": ("melody", "counter", "chords", "bass")}


def onsets(piece: list[tuple[BarRequest, Bar]], *roles: str) -> float:
    return float(np.mean([sum(note.role in roles for note in bar.notes) for _, bar in piece]))


def test_a_denser_plan_has_more_onsets_and_a_higher_register_higher_notes(generator: gan.Generator) -> None:
    def piece(density: float, register: float) -> list[tuple[BarRequest, Bar]]:
        wishes = {**FREE, "density": density, "register": register}
        return [pair for seed in range(4) for pair in music(generator, Aim(0, 0), 8, seed, **wishes)]

    thin, full, high = piece(0.1, 0.2), piece(0.9, 0.2), piece(0.1, 0.9)
    assert onsets(full, *ROLES) > 1.25 * onsets(thin, *ROLES)
    pitch = [np.mean([n.pitch for _, bar in part for n in bar.notes]) for part in (thin, high)]
    assert pitch[1] > pitch[0] + 2


def test_a_theme_is_sung_as_the_rules_sing_it(generator: gan.Generator) -> None:
    for request, bar in music(generator, Aim(0.3, 0.2), 12, 3):
        plan = request.plan
        assert plan.motif
        sung = write_melody(plan, request.previous, chance(request.seed, plan.bar, "melody"))
        assert [n for n in bar.notes if n.role == "melody"] == sung
        assert bar.generator == "gan"
        assert bar.plan == plan


@pytest.mark.parametrize("aim", [Aim(0.6, 0.6), Aim(-0.7, -0.2)], ids=str)
def test_harmony_is_told_where_a_chord_begins(generator: gan.Generator, aim: Aim) -> None:
    for request, bar in music(generator, aim, 12, 5, **FREE):
        for chord in request.plan.chords:
            begun = [n for n in bar.notes if n.start_beat == chord.start_beat]
            assert {n.pitch % 12 for n in begun} <= set(chord.pitch_classes)
            assert any(n.role == "bass" for n in begun)
            assert len({n.pitch % 12 for n in begun if n.role == "chords"}) >= min(3, len(chord.pitch_classes))


def test_a_phrase_closes_on_the_chord_with_the_root_below(generator: gan.Generator) -> None:
    closing = [pair for seed in range(6) for pair in music(generator, Aim(0.2, 0.3), 8, seed, **FREE)]
    closing = [(request, bar) for request, bar in closing if request.plan.cadence]
    assert closing
    for request, bar in closing:
        last, home = request.plan.chords[-1], request.plan.cadence.endswith(("-I", "-i"))
        melody, bass = ([n for n in bar.notes if n.role == role] for role in ("melody", "bass"))
        assert melody[-1].pitch % 12 in last.pitch_classes[: 1 if home else 3]
        assert melody[-1].start_beat + melody[-1].beats <= request.plan.beats - 1
        assert bass[-1].pitch % 12 == last.pitch_classes[0]
        assert bass[-1].start_beat + bass[-1].beats <= request.plan.beats


@pytest.mark.parametrize("beats", [2, 3, 5, 7])
def test_every_metre_can_be_written(generator: gan.Generator, beats: int) -> None:
    (request, _), *_ = music(generator, Aim(0.5, 0.8), 1, 2, motif=())
    chord = replace(request.plan.chords[0], start_beat=0.0, beats=float(beats))
    plan = replace(request.plan, beats=beats, chords=(chord,), roles=ROLES)
    (bar,) = generator.compose([replace(request, plan=plan)])
    assert {"melody", "chords", "bass"} <= {note.role for note in bar.notes}
    assert all(note.start_beat + note.beats <= beats for note in bar.notes)


def test_a_rhythm_that_is_asked_for_is_kept_but_for_the_theme(generator: gan.Generator) -> None:
    requests = [
        replace(r, asked=Condition(rhythm=frozenset({0, 3, 6}))) for r, _ in music(generator, Aim(0, 0.5), 8, 1)
    ]
    for bar in generator.compose(requests):
        others = [note for note in bar.notes if note.role != "melody" and bar.generator == "gan"]
        assert {note.start_beat for note in others} <= {0.0, 1.5, 3.0}


def test_voices_stay_apart(generator: gan.Generator) -> None:
    """The counter is under the melody, a chord has no tone twice, and a line sounds one tone at a time."""
    for _, bar in music(generator, Aim(0.4, 0.9), 16, 8):
        top = [n.pitch for n in bar.notes if n.role == "melody"]
        assert all(n.pitch < max(top) for n in bar.notes if n.role == "counter")
        struck = [(n.start_beat, n.pitch) for n in bar.notes if n.role == "chords"]
        assert len(struck) == len(set(struck))
        for role in ("counter", "bass"):
            line = [n for n in bar.notes if n.role == role]
            assert all(a.start_beat + a.beats <= b.start_beat for a, b in pairwise(line))


def test_bars_do_not_depend_on_the_batch_they_are_asked_in(generator: gan.Generator) -> None:
    requests = [request for seed in range(5) for request, _ in music(generator, Aim(0.5, 0.8), 3, seed)]
    together = generator.compose(requests)
    assert generator.compose(requests[::-1]) == together[::-1]
    assert [generator.compose([request])[0] for request in requests] == together


def test_another_seed_gives_another_bar(generator: gan.Generator) -> None:
    (request, _), *_ = music(generator, Aim(0.2, 0.4), 1, 1, **FREE)
    bars = {generator.compose([replace(request, seed=seed)])[0].notes for seed in range(20)}
    assert len(bars) > 10


def test_a_traditions_bar_is_left_to_the_rules_which_say_so(generator: gan.Generator) -> None:
    for request, bar in music(generator, Aim(0.3, 0.6), 6, 2, HINDUSTANI):
        assert bar == rules.Generator().compose([request])[0]
        assert bar.generator == "rules"


def test_a_bar_that_comes_out_empty_is_written_by_the_rules(tmp_path: Path) -> None:
    """A network that always rests: only what a chord's beginning demands is left, and without that nothing is."""
    network = BarGenerator(SMALL)
    torch.nn.init.zeros_(network.out.weight)
    bias = torch.full((LOGITS,), -1.0)
    bias[[38, 77, 116]] = 1.0  # the rests of the three lines
    network.out.bias.data = bias
    ship("gan", network.state_dict(), {"shape": vars(SMALL)}, tmp_path)
    silent = gan.Generator(tmp_path)
    (request, bar), *_ = music(silent, Aim(0.5, 0.9), 1, 2)
    assert {note.role for note in bar.notes} >= {"melody", "chords", "bass"}
    for role in ("counter", "drums"):
        alone = replace(request, plan=replace(request.plan, roles=(role,)))
        (rescued,) = silent.compose([alone])
        assert rescued.generator == "rules"
        assert rescued.notes


def test_the_shipped_weights_say_what_they_were_trained_on() -> None:
    about = read("gan").about
    assert about["trained"]["seed"] >= 0
    assert about["trained"]["bars"]["train"] > 300_000
    assert {"openscore_lieder", "groove"} <= set(about["trained"]["corpora"])
    given = Given(
        torch.zeros(1, 126), torch.zeros(1, SLOTS, 24), torch.ones(1, SLOTS, 5), torch.zeros(1, SLOTS, CHANNELS)
    )
    network = BarGenerator(Shape(**about["shape"]))
    network.load_state_dict(dict(read("gan").tensors))
    assert network(torch.zeros(1, network.shape.chance), given).shape == (1, SLOTS, LOGITS)
    assert sum(value.numel() for value in network.parameters()) < 3_000_000
