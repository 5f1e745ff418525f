"""Scores reduced to roles, and what is heard in them: melody, bass, counter, keys, chords, themes, conditions."""

from itertools import pairwise

import numpy as np
import pytest

from models.music.harmony import Key
from models.music.plan import Chord, Note
from models.music.tokens import WrittenBar
from models.training.corpus.chords import chords_of_bars
from models.training.corpus.conditions import chord_tension, features, rhythm_pattern, scale_masks, syncopation
from models.training.corpus.keys import keys_of_bars
from models.training.corpus.melody import melody, skyline
from models.training.corpus.metre import bar_lines
from models.training.corpus.roles import written_bars
from models.training.corpus.score import Score, Steps, Track
from models.training.corpus.themes import TREATMENTS, treatments
from models.training.separation_check import evaluate

Row = tuple[float, float, int, int]  # beat, beats, pitch, track

TUNE = (72, 74, 76, 77, 79, 77, 76, 74)
ROOTS = {"I": (48, 64, 67), "IV": (53, 65, 69), "V": (55, 62, 71), "vi": (57, 64, 72)}


def a_score(rows: list[Row], tracks: tuple[Track, ...] = (Track(""),)) -> Score:
    notes = sorted((round(at * 12), round(beats * 12), pitch, track, 64) for at, beats, pitch, track in rows)
    ordered = np.array(sorted(notes, key=lambda n: (n[0], n[2])), dtype=np.int32)
    return Score(ordered, tracks, ((0, 48),), ((0, 100.0),))


def a_song(numerals: tuple[str, ...], up: int = 0) -> Score:
    """A tune over a bass and two inner tones, one chord a bar."""
    rows: list[Row] = []
    for bar, numeral in enumerate(numerals):
        bass, *inner = ROOTS[numeral]
        rows.append((4.0 * bar, 4.0, bass + up, 0))
        rows += [(4.0 * bar + beat, 1.0, pitch + up, 0) for beat in (1, 3) for pitch in inner]
        top = [pitch for pitch in (72, 74, 76, 77, 79) if pitch % 12 in {p % 12 for p in ROOTS[numeral]}]
        rows += [(4.0 * bar + beat, 1.0, top[beat % len(top)] + 12 + up, 0) for beat in range(4)]
    return a_score(rows)


def roles_of(score: Score) -> dict[str, set[int]]:
    bars, _ = written_bars(score, bar_lines(score))
    found: dict[str, set[int]] = {}
    for bar in bars:
        for note in bar.notes:
            found.setdefault(note.role, set()).add(note.pitch)
    return found


SONG = ("I", "IV", "V", "I", "vi", "IV", "V", "I")


@pytest.mark.parametrize("up", [0, 3, -4])
def test_key_and_roman_numerals_of_a_plain_song_are_found_in_any_key(up: int) -> None:
    bars, starts = written_bars(a_song(SONG, up), bar_lines(a_song(SONG, up)))
    assert {bar.tonic for bar in bars} == {up % 12}
    assert tuple(bar.chords[0].numeral for bar in bars) == SONG
    assert starts == [48 * bar for bar in range(8)]


def test_tune_bass_and_texture_are_told_apart() -> None:
    roles = roles_of(a_song(SONG))
    assert roles["bass"] == {48, 53, 55, 57}
    assert min(roles["melody"]) >= 84
    assert roles["chords"] <= set(range(60, 73))


def test_a_modulation_is_two_keys_and_not_twenty() -> None:
    there = a_song(SONG, up=6).notes + np.array([48 * 8, 0, 0, 0, 0], dtype=np.int32)
    notes: Steps = np.concatenate([a_song(SONG).notes, there])
    keys = keys_of_bars(notes, np.arange(0, 48 * 17, 48, dtype=np.int32))
    assert keys[0] == Key(0, "major")
    assert keys[-1] == Key(6, "major")
    assert sum(before != after for before, after in pairwise(keys)) == 1


def test_two_chords_in_a_bar_stand_in_its_halves_and_silence_has_none() -> None:
    rows: list[Row] = [(at, 2.0, pitch, 0) for at, root in ((0, "I"), (2, "V")) for pitch in ROOTS[root]]
    score = a_score([*rows, (12.0, 4.0, 48, 0), (12.0, 4.0, 64, 0), (12.0, 4.0, 67, 0)])
    lines = bar_lines(score)
    first, silent, *_ = chords_of_bars(score.notes, lines, [Key(0, "major")] * (len(lines) - 1))
    assert [(chord.numeral, chord.start_beat, chord.beats) for chord in first] == [("I", 0.0, 2.0), ("V", 2.0, 2.0)]
    assert silent == ()


def a_hidden_voice() -> Score:
    """A voice that the piano's broken chords overtop for a sixteenth now and then."""
    rows: list[Row] = [(float(beat), 1.0, TUNE[beat % 8], 0) for beat in range(32)]
    rows += [(beat + 0.75, 0.2, 84 + beat % 2, 1) for beat in range(0, 32, 2)]
    rows += [(beat / 2, 0.5, (48, 55, 60, 55)[beat % 4], 1) for beat in range(64)]
    return a_score(rows, (Track("Voice"), Track("Piano")))


def test_the_melody_keeps_its_line_where_the_plain_skyline_leaves_it() -> None:
    figures = evaluate([(a_hidden_voice(), 0)])
    plain, kept = figures["skyline"], figures["skyline that keeps its line"]
    assert isinstance(plain, dict)
    assert isinstance(kept, dict)
    assert kept["f1"] > plain["f1"] + 0.1
    assert kept["f1"] > 0.95


def test_a_named_singer_is_the_melody_even_below_the_piano() -> None:
    voice: list[Row] = [(float(beat), 1.0, TUNE[beat % 8] - 12, 0) for beat in range(16)]
    score = a_score([*voice, *((float(beat), 1.0, 84, 1) for beat in range(16))], (Track("Voice"), Track("Piano")))
    assert score.notes[melody(score.notes, score.tracks), 3].tolist() == [0] * 16
    assert score.notes[skyline(score.notes), 3].tolist() == [1] * 16


def test_a_second_voice_that_sings_is_the_counter() -> None:
    violins = [(float(beat), 1.0, TUNE[beat % 8] + 7, 0) for beat in range(16)]
    second = [(beat + 0.5, 1.0, 60 + (0, 2, 4, 2)[beat % 4], 1) for beat in range(15)]
    cello = [(4.0 * bar, 4.0, 43, 2) for bar in range(4)]
    names = tuple(Track(name) for name in ("Violin 1", "Violin 2", "Violoncello"))
    roles = roles_of(a_score([*violins, *second, *cello], names))
    assert roles["counter"] == {60, 62, 64}
    assert roles["bass"] == {43}


def test_doublings_of_an_orchestra_are_left_out() -> None:
    rows: list[Row] = [(float(beat), 1.0, 84 + beat % 3, 0) for beat in range(8)]
    rows += [(float(beat), 1.0, pitch, 1 + t) for beat in range(8) for t in range(4) for pitch in (48, 60, 64, 67)]
    bars, _ = written_bars(a_score(rows, tuple(Track("") for _ in range(5))), np.array([0, 48, 96], dtype=np.int32))
    at_once = [(note.role, note.pitch) for note in bars[0].notes if note.start_beat == 1]
    assert len(at_once) == len(set(at_once))
    assert {pitch for _, pitch in at_once} == {48, 64, 67, 85}  # the octave above the bass goes with them


def melody_bar(*pitches: int, at: tuple[float, ...] = (0, 1, 2, 3)) -> WrittenBar:
    notes = tuple(Note("melody", pitch, start, 1.0) for pitch, start in zip(pitches, at, strict=False))
    return WrittenBar(48, 0, (), notes)


def test_a_theme_is_stated_returns_in_another_key_and_is_varied() -> None:
    theme = [melody_bar(60, 62, 64, 65), melody_bar(67, 65, 64, 62)]
    other = [melody_bar(72, 60, at=(0, 2)), melody_bar(59)]
    higher = [melody_bar(65, 67, 69, 70), melody_bar(72, 70, 69, 67)]
    wider = [melody_bar(60, 64, 67, 72), melody_bar(74, 72, 67, 64)]
    found = treatments([*theme, *other, *higher, *wider])
    names = [(TREATMENTS[kind], back) for kind, back in found]
    assert names[:4] == [("state", 0), ("state", 0), ("free", 0), ("free", 0)]
    assert names[4:] == [("return", 4), ("return", 4), ("vary", 6), ("vary", 6)]


def test_features_of_a_bar_worked_by_hand() -> None:
    chord = Chord("I", (0, 4, 7), 0.0, 4.0)
    notes = (Note("melody", 72, 0.0, 2.0), Note("melody", 76, 2.0, 2.0), Note("bass", 48, 0.0, 4.0))
    density, polyphony, register, tension, off_beat = features(WrittenBar(48, 0, (chord,), notes))
    assert (density, polyphony, tension, off_beat) == (0.5, 2.0, 0.0, 0.0)
    assert register == pytest.approx((72 + 76 + 48) / 3)
    drums = features(WrittenBar(48, 0, (), tuple(Note("drums", 42, float(beat), 0.25) for beat in range(4))))
    assert drums[0] == 1.0
    assert np.isnan(drums[2])
    assert np.isnan(drums[3])


def test_tension_rises_from_tonic_to_dominant_seventh() -> None:
    rising = [chord_tension(numeral) for numeral in ("I", "IV", "V", "V7")]
    assert rising == sorted(rising)
    assert rising[0] == 0
    assert chord_tension("vii°7") > chord_tension("V")
    assert chord_tension("bII") > chord_tension("IV")


def test_syncopation_counts_what_is_held_over_stronger_places() -> None:
    assert syncopation([0, 12, 24, 36], 48) == 0
    assert syncopation([0, 18, 30, 42], 48) > syncopation([0, 18, 36], 48) > 0
    assert syncopation([0, 18, 24, 36], 48) == 0
    assert syncopation([], 48) == 0


def test_rhythm_and_scale_are_written_as_bits() -> None:
    bar = WrittenBar(48, 2, (), (Note("melody", 62, 0.0, 1.0), Note("melody", 66, 1.5, 1.0)))
    assert rhythm_pattern(bar) == 0b1001
    assert scale_masks([bar]) == [0b10001]
    assert scale_masks([WrittenBar(48, 2, (), ())]) == [0xFFF]
