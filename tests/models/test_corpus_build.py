"""The whole pipeline: tiny collections made here, and slices of the real ones where they are at hand."""

import json
import os
import tarfile
from collections import Counter
from io import BytesIO, StringIO
from pathlib import Path

import mido
import numpy as np
import pytest

from models.music.condition import CONTINUOUS, STYLES
from models.music.tokens import VOCABULARY, decode, encode
from models.training.corpus import manifest
from models.training.corpus.__main__ import main
from models.training.corpus.archives import opened
from models.training.corpus.build import build
from models.training.corpus.collections import COLLECTIONS, NOT_SCORES
from models.training.corpus.metre import bar_lines
from models.training.corpus.prepare import from_score
from models.training.corpus.roles import written_bars
from models.training.corpus.score import Refused
from models.training.corpus.shards import LEAST_PAIRS, read_shard
from models.training.corpus.sources import SOURCES
from models.training.tokens_check import sizes

DATA = Path(__file__).parents[3] / "shared" / "data"
MUSIC = DATA / "music"
SONGS, QUARTETS, FOLK, STANDARDS = "openscore_lieder", "openscore_string_quartets", "folk_abc_pd", "openewld_pd"


def song(seed: int, bars: int = 12, bpm: float = 90) -> bytes:
    """A tune over a bass, different for each seed."""
    rng = np.random.default_rng(seed)
    file = mido.MidiFile(ticks_per_beat=480)
    tracks = {"Voice": [(b, 1, 67 + int(rng.integers(0, 8))) for b in range(4 * bars)]}
    tracks["Piano"] = [(b, 4, (48, 53, 55, 48)[b // 4 % 4]) for b in range(0, 4 * bars, 4)]
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))]))
    for name, notes in tracks.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for _, beats, pitch in notes:
            track.append(mido.Message("note_on", note=pitch, velocity=64))
            track.append(mido.Message("note_off", note=pitch, time=480 * beats))
        file.tracks.append(track)
    stream = BytesIO()
    file.save(file=stream)
    return stream.getvalue()


TUNES = """X:1
T:Lament of {number}
M:4/4
L:1/4
K:G
GABc|dcBA|GBdB|AFDF|GABc|dcBA|GBdB|A2G2|
X:2
T:No Tune
M:4/4
K:H
x
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Thirty songs, one the same as another, one broken; a quartet that is also a song; a folk book."""
    folder = tmp_path / "data"
    midi = folder / SONGS / "midi"
    midi.mkdir(parents=True)
    for number in range(30):
        (midi / f"scores__Abel,_Ada__Songs,_Op.{number}__1_First__lc{number}.mid").write_bytes(song(number))
    (midi / "scores__Abel,_Ada_____Twice__lc90.mid").write_bytes(song(3))
    (midi / "scores__Abel,_Ada_____Broken__lc91.mid").write_bytes(song(4)[:200])
    (folder / QUARTETS / "midi").mkdir(parents=True)
    (folder / QUARTETS / "midi" / "Abel,_Ada__Quartet_on_a_Song,_Op.5__sq1.mid").write_bytes(song(77, bars=20))
    with tarfile.open(folder / f"{FOLK}.tar.gz", "w:gz") as tar:
        book = tarfile.TarInfo(f"{FOLK}/book.abc")
        content = TUNES.format(number=1).encode()
        book.size = len(content)
        tar.addfile(book, BytesIO(content))
    return folder


def built(data: Path, out: Path) -> tuple[dict[str, object], list[manifest.Entry]]:
    summary = build(data, out, [SONGS, QUARTETS, FOLK, "groove"], 1, StringIO())
    return summary, manifest.read(out / "manifest.jsonl")


def test_every_file_is_in_the_manifest_and_what_is_left_out_says_why(data: Path, tmp_path: Path) -> None:
    summary, entries = built(data, tmp_path / "out")
    assert len(entries) == 35
    assert summary["pieces"] == len(manifest.used(entries)) == 32
    reasons = {entry.title: entry.skipped for entry in entries if entry.skipped}
    assert reasons["Twice"].startswith("the same music as openscore_lieder/midi/scores__Abel,_Ada__Songs,_Op.3_")
    assert "not readable as MIDI" in reasons["Broken"]
    assert "key 'H'" in reasons["No Tune"]
    first = entries[0]
    assert (first.composer, first.licence, first.formal) == ("Abel, Ada", "CC0-1.0", True)
    assert (len(first.sha256), first.bars, first.notes) == (64, 12, 60)
    assert {entry.formal for entry in entries if entry.corpus == FOLK} == {False}


def test_a_missing_collection_is_named_and_the_rest_is_made(data: Path, tmp_path: Path) -> None:
    summary, _ = built(data, tmp_path / "out")
    assert summary["missing"] == {"groove": f"no groove or groove.tar.gz in {data}"}
    assert summary["not_read"] == NOT_SCORES


def test_a_collection_whose_index_is_broken_is_named_and_the_rest_is_made(data: Path, tmp_path: Path) -> None:
    (data / "mutopia" / "pd").mkdir(parents=True)
    (data / "mutopia" / "index.jsonl").write_text('{"midi": ["pd/a.mid"]}\n')
    (data / "groove" / "groove").mkdir(parents=True)
    (data / "groove" / "groove" / "info.csv").write_text("drummer,style\n")
    (data / f"{STANDARDS}.tar.gz").write_bytes(b"no archive")
    summary = build(data, tmp_path / "out", ["mutopia", "groove", STANDARDS, QUARTETS], 1, StringIO())
    assert summary["pieces"] == 1
    missing = summary["missing"]
    assert isinstance(missing, dict)
    assert "index.jsonl is broken" in missing["mutopia"]
    assert missing["groove"] == "info.csv lacks the columns beat_type, bpm, midi_filename, session"
    assert "not readable as an archive" in missing[STANDARDS]


def test_a_work_never_stands_in_two_splits(data: Path, tmp_path: Path) -> None:
    _, entries = built(data, tmp_path / "out")
    splits: dict[str, set[str]] = {}
    for entry in manifest.used(entries):
        splits.setdefault(entry.work, set()).add(entry.split)
    assert all(len(own) == 1 for own in splits.values())
    assert {entry.corpus for entry in entries if entry.work == "abel a|op5"} == {SONGS, QUARTETS}
    assert {entry.split for entry in manifest.used(entries)} == {"train", "test"}  # no work here falls into valid


def test_the_shards_hold_the_bars_of_the_pieces_in_the_manifest(data: Path, tmp_path: Path) -> None:
    _, entries = built(data, tmp_path / "out")
    used = manifest.used(entries)
    total = 0
    for split in ("train", "valid", "test"):
        with np.load(tmp_path / "out" / f"{split}.npz", allow_pickle=False) as shard:
            own = [used[index] for index in shard["pieces"]]
            assert {entry.split for entry in own} <= {split}
            bars = np.diff(shard["piece_offsets"])
            assert bars.tolist() == [entry.bars for entry in own]
            assert shard["tokens"].dtype == np.uint16
            assert shard["conditions"].shape == (bars.sum(), len(CONTINUOUS))
            assert [STYLES[style] for style in shard["style"][shard["piece_offsets"][:-1]]] == [e.style for e in own]
            starts = shard["tokens"][shard["bar_offsets"][:-1]]
            assert set(starts.tolist()) <= set(VOCABULARY.span("bar"))
            music = decode(shard["tokens"], shard["tonic"].tolist())
            assert sum(len(bar.notes) for bar in music) == sum(entry.notes for entry in own)
            total += len(own)
    assert total == len(used)


def test_a_shard_gives_the_bars_of_a_piece(data: Path, tmp_path: Path) -> None:
    _, entries = built(data, tmp_path / "out")
    shard = read_shard(tmp_path / "out" / "train.npz")
    for place, index in enumerate(shard.pieces[:5]):
        bars, entry = shard.bars_of(place), manifest.used(entries)[index]
        tokens = shard.tokens_of(bars)
        music = decode(tokens, shard.tonic[bars.start : bars.stop].tolist())
        assert (len(music), len(tokens)) == (entry.bars, entry.tokens)
        assert VOCABULARY.meanings[tokens[-1]] == ("special", "end")


def test_conditions_are_ranks_and_an_unknown_one_is_nan(data: Path, tmp_path: Path) -> None:
    built(data, tmp_path / "out")
    with np.load(tmp_path / "out" / "train.npz", allow_pickle=False) as shard:
        conditions = {name: shard["conditions"][:, column] for column, name in enumerate(CONTINUOUS)}
        style = shard["style"]
    for name in ("valence", "arousal", "mode"):
        assert -1 <= np.nanmin(conditions[name]) < -0.5 < 0.5 < np.nanmax(conditions[name]) <= 1
    for name in ("density", "register", "polyphony", "tension", "syncopation"):
        assert np.nanmin(conditions[name]) >= 0
        assert np.nanmax(conditions[name]) <= 1
    tempo = conditions["tempo"]
    assert np.allclose(tempo[style == STYLES.index("song")], np.log2(0.9), atol=1e-3)
    assert np.isnan(tempo[style == STYLES.index("folk")]).all()
    scale = json.loads((tmp_path / "out" / "conditions.json").read_text())
    assert scale["conditions"] == list(CONTINUOUS)
    assert list(scale["norms"]) == ["other"]  # no style here has as many as LEAST_PAIRS
    assert LEAST_PAIRS > 6 * 32
    assert all(len(scale["norms"]["other"][name]) == 101 for name in ("valence", "arousal", "density"))


def test_the_same_files_give_the_same_bytes_and_only_new_ones_are_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    built(data, out)
    names = ["train.npz", "valid.npz", "test.npz", "conditions.json", "manifest.jsonl"]
    before = {name: (out / name).read_bytes() for name in names}
    built(data, tmp_path / "again")
    assert {name: (tmp_path / "again" / name).read_bytes() for name in names} == before

    added = data / SONGS / "midi" / "scores__Abel,_Ada__Songs,_Op.99__1_New__lc99.mid"
    added.write_bytes(song(99))
    read: list[int] = []
    monkeypatch.setattr(
        "models.training.corpus.prepare.from_score", lambda score: (read.append(len(score.notes)), from_score(score))[1]
    )
    summary, _ = built(data, out)
    assert summary["pieces"] == 33
    assert len(read) == 1


def test_the_command_says_what_it_made_and_what_is_wrong(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(data), str(tmp_path / "out"), "--only", SONGS, FOLK, "--formal-only"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["informal"]["pieces"] == 0
    assert summary["skipped"] == {"not readable as MIDI": 1, "the same music": 1}
    assert main([str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 1
    assert "nowhere" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([str(data), str(tmp_path / "out"), "--only", "billboard"])


def test_every_collection_has_a_reader_and_a_licence() -> None:
    assert set(SOURCES) == set(COLLECTIONS)
    assert not set(NOT_SCORES) & set(COLLECTIONS)
    assert {row.name for row in COLLECTIONS.values() if not row.formal} == {"bach_chorales_m21_midi", FOLK, STANDARDS}


def real(name: str) -> Path:
    """An unpacked or packed collection of the shared data; skipped without it, but never when all is required."""
    if not ((MUSIC / name).is_dir() or (MUSIC / f"{name}.tar.gz").is_file()):
        if os.environ.get("REQUIRE_ALL") == "1" and DATA.is_dir():
            pytest.fail(f"no {name} in {MUSIC}")
        pytest.skip(f"no {name} in {MUSIC}")
    return MUSIC


# Pieces taken of each collection: so few that all stay quick, so many that each reader meets several.
EVERY = {
    SONGS: 300, QUARTETS: 100, "openscore_hauptstimme": 60, "mutopia": 150, "chopin_first_editions": 60,
    "groove": 200, "bach_chorales_m21_midi": 80, FOLK: 400, STANDARDS: 20,
}  # fmt: skip


@pytest.mark.parametrize("name", list(COLLECTIONS))
def test_a_slice_of_the_real_collection_survives_its_tokens(name: str, tmp_path: Path) -> None:
    music, titles = [], Counter[str]()
    with opened(real(name), name) as folder:
        for source in list(SOURCES[name](folder))[3 :: EVERY[name]]:
            try:
                score = source.read(source.load())
            except Refused:
                continue
            bars, starts = written_bars(score, bar_lines(score))
            tonics = [bar.tonic for bar in bars]
            assert decode(encode(bars), tonics) == bars
            assert decode(encode(bars, relative=False), tonics, relative=False) == bars
            onsets = {int(onset) for onset in score.notes[:, 0]}
            kept = {
                at + round(note.start_beat * 12) for bar, at in zip(bars, starts, strict=True) for note in bar.notes
            }
            assert len(kept & onsets) >= 0.98 * len(onsets), source.file
            titles[source.title] += 1
            music.append(bars)
    assert len(titles) >= 1
    figures = sizes(music[:2])
    assert figures.tokens["roles"] < 0.75 * figures.tokens["REMI"]
