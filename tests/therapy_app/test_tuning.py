"""Quarter tones in a MIDI file: read back as a synthesiser would, every note sounds where the bar says."""

from collections.abc import Iterator
from io import BytesIO

import mido
import pytest

from models.music.compose import Piece, compose, parse_path
from models.music.generators.rules import Generator
from models.music.traditions.maqam import TRADITION
from therapy_app.playback.midi_file import composed_file
from therapy_app.playback.piano_roll import piano_roll_svg
from therapy_app.playback.tuning import bend, channels_for


def through_all_modes() -> Piece:
    return compose(parse_path("0:-0.95,0.5 200:0.95,0.5"), 200, 3, Generator(), TRADITION)


def heard(track: mido.MidiTrack) -> Iterator[tuple[int, int, float]]:
    """(tick, program, pitch in semitones) of every note, with bend range and bend followed as a synthesiser does."""
    now = 0
    selected: dict[int, list[int]] = {}
    ranges: dict[int, float] = {}
    bends: dict[int, int] = {}
    programs: dict[int, int] = {}
    for message in track:
        now += message.time
        if message.is_meta:
            continue
        channel = message.channel
        if message.type == "control_change" and message.control in (100, 101):
            selected.setdefault(channel, [127, 127])[message.control - 100] = message.value
        if message.type == "control_change" and message.control == 6 and selected.get(channel) == [0, 0]:
            ranges[channel] = message.value
        if message.type == "pitchwheel":
            bends[channel] = message.pitch
        if message.type == "program_change":
            programs[channel] = message.program
        if message.type == "note_on":
            yield now, programs[channel], message.note + bends.get(channel, 0) / 8192 * ranges.get(channel, 2)


def test_every_note_sounds_in_its_tuning_with_its_instrument() -> None:
    music = through_all_modes()
    tracks = {track[0].name: track for track in mido.MidiFile(file=BytesIO(composed_file(music))).tracks}
    quarters = 0
    for role in ("melody", "counter", "chords", "bass"):
        wanted = [
            (bar.programs[role], round(n.pitch + (bar.tuning[n.pitch % 12] if bar.tuning else 0) / 100, 2))
            for *_, bar in music
            for n in bar.notes
            if n.role == role
        ]
        sounding = [(program, round(pitch, 2)) for _, program, pitch in heard(tracks[role])]
        assert sorted(sounding) == sorted(wanted)
        quarters += sum(pitch % 1 == 0.5 for _, pitch in wanted)
    assert quarters > 100


def test_tones_of_different_tuning_never_share_a_channel_and_drums_stay_alone() -> None:
    file = mido.MidiFile(file=BytesIO(composed_file(through_all_modes())))
    used = [{m.channel for m in track if not m.is_meta} for track in file.tracks[1:]]
    assert used[-1] == {9}
    assert len(used[0]) == 3  # quarter tones below and above
    assert sum(len(channels) for channels in used) == len(set.union(*used))
    for track in file.tracks[1:]:
        bends: dict[int, set[int]] = {}
        for message in track:
            if message.type == "pitchwheel":
                bends.setdefault(message.channel, set()).add(message.pitch)
        assert all(len(values) == 1 for values in bends.values())


def test_a_bend_is_a_share_of_two_semitones() -> None:
    assert (bend(0), bend(-50), bend(50), bend(-200), bend(900)) == (0, -2048, 2048, -8192, 8191)


def test_more_tunings_than_channels_are_refused_with_the_tunings() -> None:
    assert channels_for("bass", (0.0, 50.0, -50.0)) == {0.0: 3, -50.0: 7, 50.0: 13}
    assert channels_for("drums", (0.0,)) == {0.0: 9}
    with pytest.raises(ValueError, match=r"melody in 3 tunings \(-50, 10, 50 cents\); expected at most 2"):
        channels_for("melody", (-50.0, 50.0, 10.0))


def test_the_roll_draws_a_quarter_tone_between_the_rows() -> None:
    music = [(plan, bar) for plan, _, bar in compose(parse_path("0:0.6,-0.3"), 4, 1, Generator(), TRADITION)]
    flat = [(plan, type(bar)(**{**vars(bar), "tuning": ()})) for plan, bar in music]
    assert piano_roll_svg(music) != piano_roll_svg(flat)
