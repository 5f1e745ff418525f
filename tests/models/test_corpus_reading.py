"""Files into scores: MIDI, ABC and archives, whole, broken, huge and hostile."""

import io
import tarfile
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest

from models.training.corpus import archives, midi
from models.training.corpus.abc import read_tune, tunes
from models.training.corpus.archives import ArchiveMissing, beginning_of_musicxml, opened
from models.training.corpus.metre import bar_lines
from models.training.corpus.midi import read_midi
from models.training.corpus.score import Refused, Score, Track
from models.training.corpus.sources import stated_pickup

Notes = list[tuple[float, float, int]]  # (beat, beats, pitch)


def midi_bytes(tracks: dict[str, Notes], metre: tuple[int, int] = (4, 4), bpm: float = 90, channel: int = 0) -> bytes:
    file = mido.MidiFile(ticks_per_beat=480)
    head = mido.MidiTrack()
    head.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
    head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
    file.tracks.append(head)
    for name, notes in tracks.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        events = [(round(at * 480), "note_on", pitch) for at, _, pitch in notes]
        events += [(round((at + beats) * 480), "note_off", pitch) for at, beats, pitch in notes]
        now = 0
        for tick, kind, pitch in sorted(events, key=lambda event: (event[0], event[1] == "note_on")):
            track.append(mido.Message(kind, note=pitch, velocity=70, time=tick - now, channel=channel))
            now = tick
        file.tracks.append(track)
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


SCALE: Notes = [(float(i), 1.0, 60 + step) for i, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12))]


def test_midi_becomes_notes_on_the_grid_with_metre_and_tempo() -> None:
    score = read_midi(midi_bytes({"Voice": SCALE, "Piano": [(0.5, 1 / 3, 48)]}, metre=(3, 4), bpm=72))
    assert score.notes[0].tolist() == [0, 12, 60, 0, 70]
    assert score.notes[1].tolist() == [6, 4, 48, 1, 70]
    assert score.metres == ((0, 36),)
    assert score.tempos == ((0, pytest.approx(72)),)
    assert [track.name for track in score.tracks] == ["Voice", "Piano"]


def test_played_drums_fall_on_sixteenths_and_triplets() -> None:
    late = [(i + late, 0.1, 38) for i, late in enumerate((0.02, 0.27, 0.35, 0.49, 0.68, 0.74, 0.97, 0.0))]
    score = read_midi(midi_bytes({"": sorted(late)}, channel=9), played=True)
    assert score.tracks[0].drums
    assert [onset % 12 for onset in sorted(score.notes[:, 0].tolist())] == [0, 3, 4, 6, 8, 9, 0, 0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not begin with MThd"),
        (b"RIFF....", "does not begin with MThd"),
        (midi_bytes({"": SCALE})[:40], "not readable as MIDI"),
        (midi_bytes({"": SCALE[:3]}), "3 notes; expected 8 or more"),
        (midi_bytes({"": [*SCALE, (90_000.0, 1.0, 60)]}), "beyond all bounds"),
        (midi_bytes({"": [*SCALE, (9_000.0, 1.0, 60)]}, bpm=30), "longer than 4 h"),
    ],
)
def test_what_is_no_score_is_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read_midi(content)


def test_a_file_of_too_many_bytes_or_notes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = midi_bytes({"": SCALE})
    monkeypatch.setattr(midi, "MOST_NOTES", 7)
    with pytest.raises(Refused, match="8 notes; at most 7"):
        read_midi(content)
    monkeypatch.setattr(midi, "MOST_FILE_BYTES", 100)
    with pytest.raises(Refused, match="bytes; at most 100"):
        read_midi(content)


def test_midi_with_bytes_changed_at_random_is_read_or_refused() -> None:
    rng, whole = np.random.default_rng(3), midi_bytes({"": SCALE * 2})
    outcomes = set()
    for _ in range(300):
        broken = bytearray(whole)
        for at in rng.integers(14, len(whole), 4):
            broken[at] = int(rng.integers(256))
        try:
            outcomes.add(read_midi(bytes(broken)).end > 0)
        except Refused:
            outcomes.add(None)
    assert outcomes == {True, None}


BOOK = """% a book
X:1
T:The Test
T:Another Name
M:6/8
L:1/8
Q:3/8=120
K:G
D|GAB c2d|e>f g (3ABc|[1 d2^c =c_B/A/:|[2 {ga}"G"d6-|d3 z2||

X:2
T:Chords
M:C
K:Ddor
[DFA]4 d4|C,D,E,F, G,A,B,c|
"""


def test_a_tune_in_abc_is_read_as_it_is_sung() -> None:
    first, second = tunes(BOOK)
    assert (first.titles, first.number) == (("The Test", "Another Name"), "1")
    score = read_tune(first)
    sung = [(onset, length, pitch) for onset, length, pitch, *_ in score.notes.tolist()]
    assert sung[:6] == [(0, 6, 62), (6, 6, 67), (12, 6, 69), (18, 6, 71), (24, 12, 72), (36, 6, 74)]
    assert sung[6:9] == [(42, 9, 76), (51, 3, 78), (54, 6, 79)]  # dotted; F is sharp in G
    assert sung[9:12] == [(60, 4, 69), (64, 4, 71), (68, 4, 72)]  # a triplet of eighths
    assert [pitch for *_, pitch in sung[12:17]] == [74, 73, 72, 70, 69]  # accidentals
    assert sung[-1][1:] == (54, 74)  # tied over the bar line, the grace notes left out
    assert score.metres == ((0, 36),)
    assert score.tempos == ((0, 180.0),)
    assert read_tune(second).notes[:3, 2].tolist() == [62, 65, 69]
    assert read_tune(second).notes[4, :3].tolist() == [48, 6, 48]  # C, lies an octave below; the unit is an eighth


def test_bar_lines_of_a_tune_stand_where_they_are_printed() -> None:
    assert bar_lines(read_tune(next(tunes(BOOK))))[:4].tolist() == [0, 6, 42, 72]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("H", "key 'H'; expected such as G"),
        ("C\nzzzz", "no notes"),
        ("C\nABC", "3 notes; expected 8"),
        ("C\n" + "A9999" * 100, "beyond all bounds"),
        ("C\nABCDEFG C,,,,,,,", "pitches beyond those of MIDI"),
    ],
)
def test_a_tune_that_cannot_be_read_is_refused(key: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read_tune(next(tunes(f"X:1\nM:4/4\nK:{key}\n")))


def test_a_song_in_three_with_an_upbeat_is_barred_after_it() -> None:
    bass = [(1 + 3 * bar, 3.0, 43) for bar in range(8)]
    tune = [(float(beat), 1.0, 67 + beat % 5) for beat in range(24)]
    score = read_midi(midi_bytes({"": tune, "b": bass}, metre=(3, 4)))
    assert bar_lines(score)[:3].tolist() == [0, 12, 48]
    assert bar_lines(Score(score.notes, score.tracks, score.metres, (), pickup=24))[:3].tolist() == [0, 24, 60]


def test_bars_are_never_longer_than_a_token_can_say() -> None:
    long = Score(np.array([[0, 600, 60, 0, 64]], dtype=np.int32), (Track(""),), ((0, 240),), ())
    lengths = np.diff(bar_lines(long))
    assert lengths.max() <= 96
    assert lengths.sum() == 720  # three bars of twenty quarters
    assert not (lengths % 3).any()


def tar_of(path: Path, members: dict[str, bytes], link: tuple[str, str] | None = None) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        if link:
            entry = tarfile.TarInfo(link[0])
            entry.type, entry.linkname = tarfile.SYMTYPE, link[1]
            tar.addfile(entry)


def test_a_folder_and_its_archive_are_the_same(tmp_path: Path) -> None:
    tar_of(tmp_path / "songs.tar.gz", {"songs/a.mid": b"one"})
    with opened(tmp_path, "songs") as folder:
        assert (folder / "a.mid").read_bytes() == b"one"
    assert not folder.exists()
    (tmp_path / "songs").mkdir()
    with opened(tmp_path, "songs") as folder:
        assert folder == tmp_path / "songs"
    with pytest.raises(ArchiveMissing, match=r"no tunes or tunes\.tar\.gz in"), opened(tmp_path, "tunes"):
        pass


def test_an_archive_that_is_a_bomb_or_leaves_its_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar_of(tmp_path / "out.tar.gz", {"../../outside.mid": b"x"})
    tar_of(tmp_path / "cut.tar.gz", {"cut/a.mid": bytes(5000)})
    whole = (tmp_path / "cut.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    for name in ("out", "cut"):
        with pytest.raises(Refused, match="not readable as an archive"), opened(tmp_path, name):
            pass
    assert not (tmp_path.parent / "outside.mid").exists()
    tar_of(tmp_path / "bomb.tar.gz", {"bomb/zeros": bytes(20_000)})
    monkeypatch.setattr(archives, "MOST_ARCHIVE_BYTES", 10_000)
    with pytest.raises(Refused, match="unpacks to more than 10000 bytes"), opened(tmp_path, "bomb"):
        pass


def test_links_in_an_archive_are_left_out(tmp_path: Path) -> None:
    tar_of(tmp_path / "songs.tar.gz", {"songs/a.mid": b"one"}, link=("songs/passwords", "/etc/passwd"))
    with opened(tmp_path, "songs") as folder:
        assert [path.name for path in folder.iterdir()] == ["a.mid"]


MUSICXML = """<score-partwise><part><measure number="0"><attributes><divisions>4</divisions></attributes>
<note><grace/><duration>9</duration></note><note><duration>2</duration></note><note><chord/><duration>2</duration></note>
<backup><duration>2</duration></backup><note><duration>4</duration></note></measure><measure number="1"/>"""


def test_the_pickup_is_what_the_first_measure_of_the_musicxml_lasts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "song.mxl", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("META-INF/container.xml", "<container/>")
        packed.writestr("song.xml", MUSICXML + " " * 5_000_000)
    text = beginning_of_musicxml(tmp_path / "song.mxl")
    assert len(text) == 2**18
    assert stated_pickup(text) == 12
    assert stated_pickup(text[:100]) is None
    (tmp_path / "no.mxl").write_bytes(b"nothing")
    with pytest.raises(Refused, match="not readable as compressed MusicXML"):
        beginning_of_musicxml(tmp_path / "no.mxl")
