"""Copies are found, named and composed again: on a small corpus made here, and on the index that ships."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from io import BytesIO, StringIO
from itertools import pairwise
from pathlib import Path
from subprocess import run

import mido
import numpy as np
import pytest
from safetensors.numpy import save

from models.music.chance import chance
from models.music.generators import rules
from models.music.ngrams import MOST_WORKS, Melody, ngrams, on_line, packed, table, unpacked
from models.music.original import Original
from models.music.originality import Match, Originality, melody_of
from models.music.plan import Aim, Bar, BarRequest, MusicPlan, Note
from models.music.planner import begin, next_bar
from models.music.tokens import VOCABULARY, WrittenBar, encode
from models.music.traditions.western import TRADITION
from models.shipped import WEIGHTS, WeightsError, enter
from models.training.copying import copied_share, human, share_of_tokens
from models.training.copying import main as copying
from models.training.corpus import manifest
from models.training.corpus.build import build
from models.training.melodies import line_of
from models.training.originality import ADDRESS, composer
from models.training.originality import build as index_of
from models.training.originality import main as indexing

SONGS = "openscore_lieder"
OWN, QUOTED = 24, 12  # notes of each song that are its own, and the notes with which all of them end


def tune(number: int) -> Melody:
    """The melody of song `number`: its own notes, then the ones that every song ends with."""
    notes, at = [], 0.0
    for seed, length in ((number, OWN), (1000, QUOTED)):
        rng = np.random.default_rng(seed)
        for pitch, beats in zip(rng.integers(62, 80, length), rng.choice((0.5, 1.0, 1.5), length), strict=True):
            notes.append((at, int(pitch)))
            at += float(beats)
    return notes


def song(melody: Melody) -> bytes:
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Voice")])
    ends = [beat for beat, _ in melody[1:]] + [melody[-1][0] + 1]
    for (start, pitch), end in zip(melody, ends, strict=True):
        track.append(mido.Message("note_on", note=pitch, velocity=64))
        track.append(mido.Message("note_off", note=pitch, time=round(480 * (end - start))))
    file.tracks.append(track)
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    midi = folder / "data" / SONGS / "midi"
    midi.mkdir(parents=True)
    for number in range(30):
        (midi / f"scores__Abel,_Ada_____Song_{number}__lc{number}.mid").write_bytes(song(tune(number)))
    build(folder / "data", folder / "corpus", [SONGS], 1, StringIO())
    return folder / "corpus"


@pytest.fixture(scope="module")
def weights(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights")
    index_of(corpus, out)
    return out


@pytest.fixture(scope="module")
def index(weights: Path) -> Originality:
    return Originality.load(weights)


@pytest.fixture(scope="module")
def numbers(corpus: Path) -> dict[str, list[int]]:
    """The songs of each split."""
    found: dict[str, list[int]] = {}
    for entry in manifest.read(corpus / "manifest.jsonl"):
        found.setdefault(entry.split, []).append(int(entry.title.removeprefix("Song ")))
    return found


@pytest.fixture(scope="module")
def learned(numbers: dict[str, list[int]]) -> Melody:
    """The own part of the first training work."""
    return tune(numbers["train"][0])[:OWN]


def transposed(melody: Melody, semitones: int) -> Melody:
    return [(beat, pitch + semitones) for beat, pitch in melody]


def at_tempo(melody: Melody, factor: float) -> Melody:
    return [(beat * factor, pitch) for beat, pitch in melody]


def bent(melody: Melody, place: int) -> Melody:
    return [(beat, pitch + (number == place)) for number, (beat, pitch) in enumerate(melody)]


# --- what is found ----------------------------------------------------------------------------------------------


def test_a_melody_from_a_training_work_is_found_and_named(
    index: Originality, learned: Melody, numbers: dict[str, list[int]]
) -> None:
    found = index.copied(learned)
    assert found is not None
    assert (found.notes, found.start_beat) == (OWN, 0.0)
    work = found.work
    assert (work.title, work.composer, work.licence) == (f"Song {numbers['train'][0]}", "Abel, Ada", "CC0-1.0")
    assert (work.corpus, work.credit) == (SONGS, "OpenScore Lieder Corpus")


@pytest.mark.parametrize(("semitones", "factor"), [(-7, 1.0), (5, 2.0), (1, 0.5), (0, 1 / 3)])
def test_it_is_found_in_another_key_and_in_other_note_values(
    index: Originality, learned: Melody, semitones: int, factor: float
) -> None:
    found = index.copied(at_tempo(transposed(learned, semitones), factor))
    assert found is not None
    assert found.notes == OWN


def test_a_run_is_found_wherever_it_stands_in_a_melody(index: Originality, learned: Melody) -> None:
    before: Melody = [(0.0, 60), (0.25, 67), (1.0, 59)]
    later = [(beat + 2.25, pitch) for beat, pitch in learned[4:16]]
    found = index.copied([*before, *later])
    assert found is not None
    assert (found.notes, found.start_beat) == (12, 2.25 + learned[4][0])


def test_nine_notes_are_a_copy_and_eight_are_a_likeness(index: Originality, learned: Melody) -> None:
    nine, eight = index.copied(learned[:9]), index.copied(learned[:8])
    assert nine is not None
    assert nine.notes == 9
    assert eight is None
    likeness = index.nearest(learned[:8])
    assert likeness is not None
    assert (likeness.notes, likeness.work) == (8, nine.work)
    assert index.nearest(learned) == index.copied(learned)
    assert index.nearest(learned[:5]) is None
    assert index.nearest([]) is None


def test_one_altered_note_breaks_a_copy(index: Originality, learned: Melody) -> None:
    assert index.copied(learned[:16]) is not None
    assert index.copied(bent(learned[:16], 8)) is None
    later = [*learned[:8], *((beat + 0.25, pitch) for beat, pitch in learned[8:16])]
    assert index.copied(later) is None


def test_only_a_copy_that_reaches_the_asked_beat_counts(index: Originality, learned: Melody) -> None:
    onwards = [(beat, 40 + number**2 % 11) for number, beat in enumerate(np.arange(learned[-1][0] + 1, 90.0))]
    melody = [*learned, *onwards]
    found = index.copied(melody, since_beat=learned[-1][0])
    assert found is not None
    assert found.notes == OWN
    assert index.copied(melody, since_beat=onwards[0][0]) is None


def test_a_repeated_note_and_a_trill_are_nobodys() -> None:
    still = on_line([(beat, 60) for beat in range(12)])
    trill = on_line([(beat, 60 + beat % 2) for beat in range(12)])
    assert not table([still, trill], 9).holds(ngrams(still, 9)).any()
    assert not len(table([still, trill], 9).hashes)


def test_works_that_were_held_out_are_not_in_the_index(index: Originality, numbers: dict[str, list[int]]) -> None:
    held_out = [*numbers.get("valid", []), *numbers["test"]]
    assert held_out
    assert [index.copied(tune(number)[:OWN]) for number in held_out] == [None] * len(held_out)


def test_of_a_phrase_that_many_works_share_some_are_kept(index: Originality, numbers: dict[str, list[int]]) -> None:
    assert len(numbers["train"]) > MOST_WORKS
    shared = ngrams(on_line(tune(0)[OWN:]), 9)
    assert {len(works) for works in index.tables[9].works_of(shared)} == {MOST_WORKS}


def test_the_melody_of_bars_follows_their_lengths_and_keeps_the_highest_voice() -> None:
    first = Bar(0, (Note("melody", 60, 0, 1), Note("melody", 64, 2, 1), Note("bass", 40, 0, 3)), "hand")
    second = Bar(1, (Note("melody", 62, 0.5, 1), Note("melody", 55, 0.5, 1)), "hand")
    assert melody_of([first, second], 3) == [(0.0, 60), (2.0, 64), (3.5, 55), (3.5, 62)]
    assert melody_of([first, second], [4, 3])[-1] == (4.5, 62)
    assert melody_of([first, second], 2)[-1] == (3.5, 62)  # a bar is as long as its notes need
    assert on_line(melody_of([first, second], 3)).tolist() == [[0, 60], [24, 64], [42, 62]]


def test_a_packed_table_comes_back_as_it_went_in() -> None:
    rng = np.random.default_rng(4)
    lines = [np.stack([np.arange(80) * 3, rng.integers(60, 64, 80)], axis=1) for _ in range(30)]
    for tunes in (lines, lines[:1], []):
        made = table(tunes, 6)
        back = unpacked(packed(made))
        assert all(np.array_equal(getattr(back, name), getattr(made, name)) for name in ("hashes", "starts", "works"))


# --- how much is copied -----------------------------------------------------------------------------------------


def spelled(melody: Melody, notes: int) -> list[tuple[object, ...]]:
    """Every run of notes spelled out: intervals, and gaps as multiples of the first one."""
    runs = [melody[start : start + notes] for start in range(len(melody) - notes + 1)]
    found = []
    for run_ in runs:
        gaps = [Fraction(b[0] - a[0]) for a, b in pairwise(run_)]
        found.append((*(b[1] - a[1] for a, b in pairwise(run_)), *(gap / gaps[0] for gap in gaps)))
    return found


def test_the_human_baseline_counts_what_held_out_works_share(
    corpus: Path, index: Originality, numbers: dict[str, list[int]]
) -> None:
    figures = human(corpus, index)["held-out works"]
    assert isinstance(figures, dict)
    held_out = [*numbers.get("valid", []), *numbers["test"]]
    assert (figures["pieces"], figures["pieces with a run of 9"]) == (len(held_out), len(held_out))  # all end alike
    assert figures["pieces with a run of 24"] == 0
    for notes in (6, 9):
        learned = {one for number in numbers["train"] for one in spelled(tune(number), notes)}
        runs = [one in learned for number in held_out for one in spelled(tune(number), notes)]
        assert figures[f"share of runs of {notes}"] == round(sum(runs) / len(runs), 5)
        assert sum(runs) >= (QUOTED - notes + 1) * len(held_out)


def bars_of(melody: Melody, tonic: int) -> list[WrittenBar]:
    count = int(melody[-1][0] // 4) + 1
    return [
        WrittenBar(
            48, tonic, (), tuple(Note("melody", p, b - 4 * bar, 0.25) for b, p in melody if 0 <= b - 4 * bar < 4)
        )
        for bar in range(count)
    ]


def test_sampled_tokens_that_copy_are_measured_also_when_they_break_off(index: Originality, learned: Melody) -> None:
    whole = encode(bars_of(learned, 2), end=True)
    assert share_of_tokens([whole], index) == 1.0
    assert share_of_tokens([whole[3:-5], np.array([], np.uint16)], index) == 1.0
    assert share_of_tokens([np.concatenate([whole, whole])], index) == 1.0  # a second piece begins after the end
    strange = [len(VOCABULARY) + 7, VOCABULARY.ids["length", 12], VOCABULARY.ids["place", 90]]
    assert share_of_tokens([[*strange, *whole.tolist()]], index) == 1.0
    assert share_of_tokens([], index) == 0.0
    half = [learned, [(0.5 * number, 50 + number**2 % 17) for number in range(OWN)]]
    assert copied_share([on_line(melody) for melody in half], index) == 0.5


def test_tonics_undo_what_key_relative_tokens_shift(learned: Melody) -> None:
    bars = bars_of(learned, 9)
    moved = [replace(bar, tonic=(9, 2)[number % 2]) for number, bar in enumerate(bars)]
    assert line_of(encode(moved), [bar.tonic for bar in moved]).tolist() == on_line(learned).tolist()
    assert line_of(encode(moved)).tolist() != on_line(learned).tolist()


def test_the_commands_print_what_they_found_and_say_what_is_missing(
    corpus: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert copying([str(corpus), "--index", str(weights)]) == 0
    assert json.loads(capsys.readouterr().out)["held-out works"]["share of runs of 9"] > 0
    assert indexing([str(corpus), str(tmp_path / "a")]) == 0
    assert json.loads(capsys.readouterr().out)["ngrams"]["9"] > 0
    assert indexing([str(tmp_path), str(tmp_path / "b")]) == 1
    assert "train.npz" in capsys.readouterr().err
    assert copying([str(corpus), "--index", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err == "no weights named 'originality'; there are: none\n"


# --- the files --------------------------------------------------------------------------------------------------


def test_the_same_corpus_gives_the_same_bytes_and_other_hashes_stay(
    corpus: Path, weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "hashes.json").write_text('{"other": "abc"}')
    index_of(corpus, tmp_path)
    for name in ("originality.safetensors", "works.jsonl.gz"):
        assert (tmp_path / name).read_bytes() == (weights / name).read_bytes()
    hashes = json.loads((tmp_path / "hashes.json").read_text())
    assert sorted(hashes) == ["originality", "other"]


def test_works_are_told_as_people_write_them_and_without_addresses(corpus: Path) -> None:
    entry = manifest.read(corpus / "manifest.jsonl")[0]
    told = ["BachJS", "BeethovenLv", "Mendelssohn-BartholdyF", "Traditional"]
    names = [composer(replace(entry, corpus="mutopia", composer=name)) for name in told]
    assert names == ["Bach, J. S.", "Beethoven, L. v.", "Mendelssohn-Bartholdy, F.", "Traditional"]
    assert composer(replace(entry, composer="MacDowell")) == "MacDowell"
    assert ADDRESS.sub("", "Ann Low <a.low@x.org>, and b@y.net, 1997") == "Ann Low, and b, 1997"


@pytest.mark.parametrize("name", ["originality.safetensors", "works.jsonl.gz"])
@pytest.mark.parametrize(
    ("damage", "told"),
    [("altered", "not the ones that were shipped"), ("cut short", "not the ones"), ("gone", "can't be read: no such")],
)
def test_a_damaged_index_is_refused_in_a_sentence(
    weights: Path, tmp_path: Path, name: str, damage: str, told: str
) -> None:
    for file in weights.iterdir():
        content = file.read_bytes()
        if file.name == name:
            content = {"altered": content[:-1] + bytes([content[-1] ^ 1]), "cut short": content[:-9], "gone": b""}[
                damage
            ]
        (tmp_path / file.name).write_bytes(content)
    if damage == "gone":
        (tmp_path / name).unlink()
    with pytest.raises(WeightsError, match=f"the weights {name} .*{told}"):
        Originality.load(tmp_path)


def test_an_index_that_was_never_listed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights named 'originality'; there are: none"):
        Originality.load(tmp_path)
    (tmp_path / "hashes.json").write_bytes(b'{"originality": \xff')
    with pytest.raises(WeightsError, match=r"the list of hashes hashes\.json is no JSON"):
        Originality.load(tmp_path)


def test_other_weights_under_its_name_are_refused(tmp_path: Path) -> None:
    content = save({"weight": np.zeros(3, np.float16)})
    (tmp_path / "originality.safetensors").write_bytes(content)
    enter("originality", sha256(content).hexdigest(), tmp_path)
    with pytest.raises(WeightsError, match="the weights of 'originality' are no index of melodies"):
        Originality.load(tmp_path)


def test_the_index_needs_no_torch() -> None:
    ask = "import sys, models.music.original; print('torch' in sys.modules)"
    assert run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout == "False\n"


# --- composing again --------------------------------------------------------------------------------------------


class Copyist:
    """Sings a given melody, a bar at a time, when the seed is even, and one of its own when it is odd."""

    def __init__(self, melody: Melody) -> None:
        self.melody = melody
        self.asked: list[int] = []

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        self.asked.append(len(requests))
        return [self._bar(request) for request in requests]

    def _bar(self, request: BarRequest) -> Bar:
        start = 4 * request.plan.bar
        if request.seed % 2:
            rng = chance(request.seed, request.plan.bar, "own")
            notes = tuple(Note("melody", int(rng.integers(60, 80)), beat, 0.5) for beat in np.arange(0, 4, 0.5))
        else:
            notes = tuple(Note("melody", p, b - start, 0.25) for b, p in self.melody if start <= b < start + 4)
        return Bar(request.plan.bar, notes, "copyist")


class Plagiarist(Copyist):
    """Sings the given melody whatever the chance."""

    def _bar(self, request: BarRequest) -> Bar:
        return super()._bar(replace(request, seed=0))


def plan_of(bar: int, treatment: str = "free") -> MusicPlan:
    """A bar of a real plan in 4/4, at this place and with this treatment; free bars have no motif."""
    _, plan = next_bar(begin(3, TRADITION), Aim(0.2, 0.1))
    assert plan.beats == 4
    return replace(plan, bar=bar, treatment=treatment, motif=() if treatment == "free" else plan.motif)


def requests_of(generator: Copyist, bars: int, seeds: Sequence[int], treatment: str = "free") -> list[BarRequest]:
    """One request for each seed, whose `previous` are the melody's bars before `bars`."""
    before = Plagiarist(generator.melody).compose([BarRequest(plan_of(bar), (), 0) for bar in range(bars)])
    return [BarRequest(plan_of(bars, treatment), tuple(before), seed) for seed in seeds]


def reaching(melody: Melody) -> int:
    """The first bar by whose end nine notes have sounded, when the bars before it hold fewer."""
    return int(melody[8][0] // 4)


def test_a_bar_that_completes_a_copy_is_composed_again(index: Originality, learned: Melody) -> None:
    original = Original(Copyist(learned), index)
    bar = reaching(learned)
    (request,) = requests_of(Copyist(learned), bar, [4])
    (copy,) = Copyist(learned).compose([request])
    (written,) = original.write([request])
    assert original.found(request, copy) is not None
    assert original.found(request, written.bar) is None
    assert 2 <= written.composed <= 5
    assert written.copied is None
    assert written.bar != copy
    assert original.compose([request]) == [written.bar]


def test_a_bar_before_the_ninth_note_stands(index: Originality, learned: Melody) -> None:
    (request,) = requests_of(Copyist(learned), reaching(learned) - 1, [4])
    (written,) = Original(Copyist(learned), index).write([request])
    assert (written.composed, written.copied) == (1, None)


def test_only_the_bars_that_copy_are_composed_again(index: Originality, learned: Melody) -> None:
    generator = Copyist(learned)
    requests = requests_of(generator, reaching(learned), [1, 4, 3])
    written = Original(generator, index).write(requests)
    assert generator.asked[:2] == [3, 1]
    assert [one.composed > 1 for one in written] == [False, True, False]


def test_a_bar_is_the_same_in_any_batch_and_at_any_time(index: Originality, learned: Melody) -> None:
    original = Original(Copyist(learned), index)
    requests = [r for bar in (0, 1, 2, 3, 4) for r in requests_of(Copyist(learned), bar, [4, 6, 7, 8])]
    alone = [original.compose([request])[0] for request in requests]
    assert original.compose(requests) == alone
    assert original.compose(requests[::-1]) == alone[::-1]
    assert original.compose([]) == []


def test_a_generator_that_can_only_copy_is_told_on(index: Originality, learned: Melody) -> None:
    generator = Plagiarist(learned)
    requests = requests_of(generator, reaching(learned), [4])
    (written,) = Original(generator, index).write(requests)
    assert (written.composed, generator.asked) == (5, [1] * 5)
    assert isinstance(written.copied, Match)
    assert written.copied.notes >= 9
    assert Original(generator, index, tries=0).write(requests)[0].composed == 1
    with pytest.raises(ValueError, match="-1 tries; expected 0 or more"):
        Original(generator, index, tries=-1)


def test_a_theme_that_the_plan_binds_is_tried_once_when_stated_and_not_looked_up_when_it_returns(
    index: Originality, learned: Melody
) -> None:
    generator, bar = Plagiarist(learned), reaching(learned)
    stated = Original(generator, index).write(requests_of(generator, bar, [4], "state"))[0]
    assert stated.copied is not None
    assert stated.composed == 2  # the same again: another try would bring nothing else
    for treatment in ("return", "vary", "develop"):
        (again,) = Original(generator, index).write(requests_of(generator, bar, [4], treatment))
        assert (again.composed, again.copied) == (1, None)


def test_the_least_copied_of_all_tries_is_kept(index: Originality, learned: Melody) -> None:
    class Lessening(Plagiarist):
        """Leaves off after the ninth note at its third try, and copies on at every other."""

        def _bar(self, request: BarRequest) -> Bar:
            whole = super()._bar(request)
            left = 9 - sum(beat < 4 * request.plan.bar for beat, _ in self.melody)
            return replace(whole, notes=whole.notes[:left]) if len(self.asked) == 3 else whole

    requests = requests_of(Copyist(learned), reaching(learned), [4])
    (written,) = Original(Lessening(learned), index).write(requests)
    assert written.composed == 5
    assert written.copied is not None
    assert written.copied.notes == 9
    (whole,) = Plagiarist(learned).compose(requests)
    assert len(written.bar.notes) < len(whole.notes)


# --- the index that ships ---------------------------------------------------------------------------------------

GREENSLEEVES = [  # the English tune of 1580, bars 1 to 4 in 6/4 from the upbeat: beats, MIDI pitches in A minor
    (0, 69), (1, 72), (3, 74), (4, 76), (5.5, 77), (6, 76), (7, 74), (9, 71), (10, 67), (11.5, 69), (12, 71),
    (13, 72), (15, 69),
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> Originality:
    return Originality.load()


def test_a_tune_that_everybody_knows_is_named_in_any_key(shipped: Originality) -> None:
    found = shipped.copied(at_tempo(transposed(GREENSLEEVES, 3), 0.5))
    assert found is not None
    assert found.notes == len(GREENSLEEVES)
    assert "Greensleeves" in found.work.title
    assert found.work.licence == "public domain"


def test_the_shipped_index_is_small_and_names_works_with_composer_licence_and_credit(shipped: Originality) -> None:
    sizes = [(WEIGHTS / name).stat().st_size for name in ("originality.safetensors", "works.jsonl.gz")]
    assert sum(sizes) < 12e6
    assert len(shipped.works) > 6000
    assert all(work.title and work.composer and work.licence and work.credit for work in shipped.works)
    assert all(max(t.works) < len(shipped.works) for t in shipped.tables.values())
    assert all(len(t.hashes) / 2**40 < 1e-6 for t in shipped.tables.values())


def test_melodies_by_chance_are_hardly_ever_found(shipped: Originality) -> None:
    rng = np.random.default_rng(8)
    noise = np.stack([np.cumsum(rng.integers(1, 24, 200_000)), rng.integers(50, 80, 200_000)], axis=1)
    assert shipped.known(noise).sum() <= 3


def test_the_rules_hardly_ever_copy(shipped: Originality) -> None:
    original = Original(rules.Generator(), shipped)
    form, copies = begin(5, TRADITION), 0
    bars: list[Bar] = []
    for number in range(96):
        form, plan = next_bar(form, Aim(0.7, -0.2))
        (written,) = original.write([BarRequest(plan, tuple(bars[-8:]), number)])
        bars.append(written.bar)
        copies += written.copied is not None
    assert copies <= 2
