import json
from dataclasses import replace
from io import BytesIO
from operator import itemgetter
from xml.etree import ElementTree

import mido
import pytest

from models.music.compose import Waypoint, compose, parse_path
from models.music.generators.rules import Generator
from models.music.plan import Aim, Bar, MusicPlan, PerformedBar, Turn
from models.music.traditions.western import TRADITION
from therapy_app.playback.midi_file import composed_file, session_file
from therapy_app.playback.piano_roll import piano_roll_svg

Piece = list[tuple[MusicPlan, Bar, PerformedBar]]


def piece(path: str = "0:0.7,-0.6", bars: int = 32, seed: int = 1) -> Piece:
    return compose(parse_path(path), bars, seed, Generator(), TRADITION)


def read(content: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(content))


def seconds(file: mido.MidiFile) -> list[tuple[float, mido.Message]]:
    """Every message of the file at its time in seconds; mido follows the tempo changes."""
    out, now = [], 0.0
    for message in file:
        now += message.time
        out.append((now, message))
    return out


WANDERING = piece("0:-0.8,-0.9 24:0.9,0.9 48:0.2,-0.3", bars=64, seed=4)


def test_the_same_music_gives_the_same_bytes() -> None:
    assert composed_file(piece()) == composed_file(piece())
    assert composed_file(piece()) != composed_file(piece(seed=2))


def test_the_file_is_laid_out_as_promised() -> None:
    file = read(composed_file(WANDERING))
    assert file.type == 1
    names = [next(m.name for m in track if m.type == "track_name") for track in file.tracks]
    assert names[1:] == ["melody", "counter", "chords", "bass", "drums"]
    channels = [{m.channel for m in track if not m.is_meta} for track in file.tracks]
    assert channels == [set(), {0}, {1}, {2}, {3}, {9}]
    for track in file.tracks[1:]:
        kinds = [m.type for m in track]
        assert kinds.index("program_change") < kinds.index("note_on")


def test_each_bar_has_a_marker_with_its_plan_and_its_tempo() -> None:
    conductor = read(composed_file(WANDERING)).tracks[0]
    plans = [json.loads(m.text) for m in conductor if m.type == "marker"]
    assert len(plans) == len(WANDERING)
    for written, (plan, _, _) in zip(plans, WANDERING, strict=True):
        assert list(written) == [
            "bar",
            "valence",
            "arousal",
            "key",
            "mode",
            "chord",
            "section",
            "theme",
            "tempo_bpm",
        ]
        assert (written["bar"], written["key"], written["mode"]) == (plan.bar, plan.tonic, plan.mode)
        assert written["tempo_bpm"] == plan.tempo_bpm
    tempi = [mido.tempo2bpm(m.tempo) for m in conductor if m.type == "set_tempo"]
    assert min(tempi) == pytest.approx(min(p.tempo_bpm for p, _, _ in WANDERING), rel=1e-3)
    assert max(tempi) == pytest.approx(max(p.tempo_bpm for p, _, _ in WANDERING), rel=1e-3)


def test_every_note_is_there_at_its_time_within_a_tick() -> None:
    played = sorted(
        (bar.start_s + note.start_s, note.role, note.pitch, note.velocity)
        for *_, bar in WANDERING
        for note in bar.notes
    )
    roles = {0: "melody", 1: "counter", 2: "chords", 3: "bass", 9: "drums"}
    file = read(composed_file(WANDERING))
    written = [
        (when, roles[m.channel], m.note, m.velocity) for when, m in seconds(file) if m.type == "note_on" and m.velocity
    ]
    tick_s = 60 / 50 / file.ticks_per_beat
    assert len(written) == len(played)
    by_voice = itemgetter(1, 2, 0)
    for (wanted, *what), (found, *got) in zip(sorted(played, key=by_voice), sorted(written, key=by_voice), strict=True):
        assert what == got
        assert found == pytest.approx(wanted, abs=tick_s)


def test_every_note_ends_and_no_tone_is_struck_while_it_sounds() -> None:
    for track in read(composed_file(WANDERING)).tracks[1:]:
        sounding: set[int] = set()
        for message in track:
            if message.type == "note_on":
                assert message.note not in sounding
                sounding.add(message.note)
            if message.type == "note_off":
                sounding.remove(message.note)
        assert not sounding


def test_an_hour_does_not_drift() -> None:
    hour = compose((Waypoint(0, Aim(0.3, -0.37)),), 900, 1, Generator(), TRADITION, ("bass",))
    last = hour[-1][2]
    starts = [when for when, m in seconds(read(composed_file(hour))) if m.type == "note_on"]
    final = max(n.start_s for n in last.notes)
    assert starts[-1] == pytest.approx(last.start_s + final, abs=0.002)


def test_silence_between_a_sessions_bars_stays_silent() -> None:
    bars = [(plan, bar) for plan, _, bar in piece(bars=4)]
    late = [(plan, replace(bar, start_s=bar.start_s + (7.3 if bar.bar >= 2 else 0.0) + 100)) for plan, bar in bars]
    times = [when for when, m in seconds(read(session_file(late))) if m.type == "marker"]
    assert times == pytest.approx([bar.start_s - 100 for _, bar in late], abs=0.002)


def test_only_the_last_revision_of_a_bar_is_written() -> None:
    bars = [(plan, bar) for plan, _, bar in piece(bars=4)]
    plan, bar = bars[2]
    revised = replace(bar, revision=1, notes=bar.notes[:1])
    shuffled = [(plan, revised), bars[3], bars[0], (plan, bar), bars[1]]
    file = read(session_file(shuffled))
    notes = [m for _, m in seconds(file) if m.type == "note_on"]
    assert len(notes) == sum(len(b.notes) for _, b in bars) - len(bar.notes) + 1


def test_softer_bars_are_softer_in_the_file() -> None:
    bars = [(plan, replace(bar, gain_db=-12.0 if bar.bar == 1 else 0.0)) for plan, _, bar in piece(bars=3)]
    values = [m.value for m in read(session_file(bars)).tracks[1] if m.type == "control_change" and m.control == 11]
    assert values == [127, 64, 127]  # 40 log10(64 / 127) = -11.9 dB


def test_a_bar_turned_softer_is_softer_from_its_beat_on() -> None:
    plan, _, first = piece()[0]
    turned = replace(first, turns=(Turn(2, first.length_s / 2, -12.0),))
    heard = seconds(read(session_file([(plan, turned)])))
    changes = [(at, m.value) for at, m in heard if m.type == "control_change" and m.control == 11 and m.channel == 0]
    assert [value for _, value in changes] == [127, 64]
    assert changes[1][0] == pytest.approx(first.length_s / 2, abs=0.005)


def test_no_bars_and_bars_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="no bars to write"):
        session_file([])
    bars = [(plan, bar) for plan, _, bar in piece(bars=2)]
    with pytest.raises(ValueError, match="bar 1 starts at"):
        session_file([bars[0], (bars[1][0], replace(bars[1][1], start_s=0.5))])


def test_the_piano_roll_shows_every_note_chord_and_section() -> None:
    music = [(plan, bar) for plan, _, bar in piece(bars=20)]
    drawing = piano_roll_svg(music)
    root = ElementTree.fromstring(drawing)
    namespace = {"svg": "http://www.w3.org/2000/svg"}
    drawn = [r for r in root.findall(".//svg:rect", namespace) if r.get("fill-opacity")]
    words = [text.text or "" for text in root.findall(".//svg:text", namespace)]
    assert len(drawn) == sum(len(bar.notes) for _, bar in music)
    assert sum(word.startswith(("A ", "A' ", "B ")) for word in words) >= 5
    assert all(chord.numeral in " ".join(words) for plan, _ in music for chord in plan.chords)
    assert piano_roll_svg(music) == drawing
    with pytest.raises(ValueError, match="no bars to draw"):
        piano_roll_svg([])
