"""The rules generator, judged by what it writes."""

from functools import cache
from itertools import pairwise
from time import perf_counter

import numpy as np
import pytest

from models.music.compose import Waypoint, compose, parse_path
from models.music.generators.rules import Generator
from models.music.harmony import pitch_classes
from models.music.plan import ROLES, Aim, Bar, BarRequest, Chord, MusicPlan, Note, ThemeNote
from models.music.traditions.western import TRADITION

Piece = list[tuple[MusicPlan, Bar]]
AIMS = [(0.7, -0.6), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9), (0.9, -0.9), (0.0, 0.0)]


def piece(valence: float, arousal: float, seed: int, bars: int = 80, roles: tuple[str, ...] = ROLES) -> Piece:
    path = (Waypoint(0, Aim(valence, arousal)),)
    return [(p, b) for p, b, _ in compose(path, bars, seed, Generator(), TRADITION, roles)]


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    """Six moods, three seeds each, 80 bars: 1,440 bars."""
    return [piece(v, a, seed) for v, a in AIMS for seed in range(3)]


def line(music: Piece, role: str) -> list[tuple[float, float, int]]:
    """(start, end, pitch) in beats from the beginning."""
    out, now = [], 0.0
    for plan, bar in music:
        out += [(now + n.start_beat, now + n.start_beat + n.beats, n.pitch) for n in bar.notes if n.role == role]
        now += plan.beats
    return sorted(out)


def parallels(upper: list[tuple[float, float, int]], lower: list[tuple[float, float, int]]) -> int:
    """Consecutive perfect fifths or octaves by similar motion, at every onset of either voice, rests bridged."""
    count = 0
    pairs: list[tuple[int, int]] = []
    for when in sorted({start for start, _, _ in upper + lower}):
        above = [pitch for start, _, pitch in upper if start <= when][-1:]
        below = [pitch for start, _, pitch in lower if start <= when][-1:]
        if above and below:
            pairs.append((above[0], below[0]))
    for (u0, l0), (u1, l1) in pairwise(pairs):
        similar = (u1 - u0) * (l1 - l0) > 0
        count += similar and (u0 - l0) % 12 == (u1 - l1) % 12 and (u1 - l1) % 12 in (0, 7)
    return count


def test_the_outer_voices_never_run_in_parallel_fifths_or_octaves(pieces: list[Piece]) -> None:
    assert sum(parallels(line(music, "melody"), line(music, "bass")) for music in pieces) == 0


def test_the_test_for_parallels_finds_them() -> None:
    assert parallels([(0, 1, 67), (1, 2, 69)], [(0, 1, 48), (1, 2, 50)]) == 1
    assert parallels([(0, 1, 67), (1, 2, 69)], [(0, 1, 48), (1, 2, 45)]) == 0


def test_every_note_lies_in_the_scale_or_in_its_chord(pieces: list[Piece]) -> None:
    for music in pieces:
        for plan, bar in music:
            for note in bar.notes:
                if note.role != "drums":
                    chord = next(c for c in reversed(plan.chords) if c.start_beat <= note.start_beat)
                    assert note.pitch % 12 in {*plan.scale, *chord.pitch_classes}, (plan, note)


def test_chromatic_notes_are_rare_and_belong_to_chromatic_chords(pieces: list[Piece]) -> None:
    notes = [(p, n) for music in pieces for p, bar in music for n in bar.notes if n.role != "drums"]
    outside = [1 for plan, note in notes if note.pitch % 12 not in plan.scale]
    assert len(outside) / len(notes) < 0.02


def test_the_melody_sings_the_theme_as_planned(pieces: list[Piece]) -> None:
    for music in pieces:
        for plan, bar in music:
            sung = [n for n in bar.notes if n.role == "melody"]
            if plan.motif:
                assert [(n.start_beat, n.beats) for n in sung] == [(m.start_beat, m.beats) for m in plan.motif]
                chromatic = any(not set(c.pitch_classes) <= set(plan.scale) for c in plan.chords)
                tones = [plan.scale[m.degree % len(plan.scale)] for m in plan.motif]
                assert chromatic or [n.pitch % 12 for n in sung] == tones


def test_the_melody_keeps_its_contour_across_bars(pieces: list[Piece]) -> None:
    leaps = [abs(b - a) for music in pieces for (_, _, a), (_, _, b) in pairwise(line(music, "melody"))]
    assert np.mean([leap <= 4 for leap in leaps]) > 0.75
    assert np.mean([leap > 12 for leap in leaps]) < 0.005


def test_phrases_end_with_a_rest_in_the_melody_on_a_chord_tone(pieces: list[Piece]) -> None:
    for music in pieces:
        for plan, bar in music:
            if plan.cadence:
                last = max((n for n in bar.notes if n.role == "melody"), key=lambda n: n.start_beat)
                assert last.start_beat + last.beats <= plan.beats - 1
                assert last.pitch % 12 in plan.chords[-1].pitch_classes


def test_the_melody_never_jumps_an_octave_inside_a_phrase_while_the_register_moves() -> None:
    for seed in range(6):
        path = parse_path("0:-0.9,-0.7 80:0.9,-0.3 160:-0.9,0.6")
        music = [(plan, bar) for plan, bar, _ in compose(path, 160, seed, Generator(), TRADITION)]
        sung = [(plan, [n.pitch for n in bar.notes if n.role == "melody"]) for plan, bar in music]
        joins = [abs(now[0] - before[-1]) for (_, before), (plan, now) in pairwise(sung) if plan.phrase_bar]
        assert max(joins) <= 12


def test_chords_keep_their_common_tones_and_move_little() -> None:
    moves, kept = [], []
    for valence, arousal in [(0.7, -0.6), (-0.9, -0.9), (0.9, -0.9)]:
        music = piece(valence, arousal, 0)
        held = [sorted(n.pitch for n in bar.notes if n.role == "chords" and n.start_beat == 0) for _, bar in music]
        for before, after in pairwise(held):
            common = {p % 12 for p in before} & {p % 12 for p in after}
            if len(before) == len(after) == 3 and 0 < len(common) < 3:
                moves += [abs(a - b) for a, b in zip(before, after, strict=True)]
                kept.append(bool(set(before) & set(after)))
    assert len(kept) > 50
    assert np.mean(kept) > 0.92
    assert np.mean(moves) < 2


def test_voices_stay_in_their_order(pieces: list[Piece]) -> None:
    crossings = []
    for music in pieces:
        for _, bar in music:
            bass = [n.pitch for n in bar.notes if n.role == "bass"]
            melody = [n.pitch for n in bar.notes if n.role == "melody"]
            crossings.append(bool(bass and melody) and max(bass) >= min(melody))
    assert np.mean(crossings) < 0.001


def test_calm_music_is_sparse_without_drums_and_lively_music_is_not(pieces: list[Piece]) -> None:
    calm, lively = pieces[0], pieces[3]
    assert not any(n.role == "drums" for _, bar in calm for n in bar.notes)
    assert any(n.role == "drums" for _, bar in lively for n in bar.notes)
    per_bar = [np.mean([len({n.start_beat for n in bar.notes}) for _, bar in music]) for music in (calm, lively)]
    assert per_bar[0] < 4.5
    assert per_bar[1] > 7


def test_the_counter_melody_is_under_the_melody_when_both_begin_together(pieces: list[Piece]) -> None:
    pairs = [
        (low.pitch, high.pitch)
        for music in pieces
        for _, bar in music
        for low in bar.notes
        for high in bar.notes
        if low.role == "counter" and high.role == "melody" and low.start_beat == high.start_beat
    ]
    assert len(pairs) > 500
    assert np.mean([low < high for low, high in pairs]) > 0.98


@cache
def opening() -> MusicPlan:
    return piece(0.5, 0.2, 4, bars=1)[0][0]


def request(**changes: object) -> BarRequest:
    plan = opening()
    return BarRequest(MusicPlan(**{**vars(plan), **changes}), (), 11)  # type: ignore[arg-type]


def test_the_same_request_gives_the_same_bar_alone_or_in_a_batch() -> None:
    asked = [request(), request(motif=()), request(density=0.9)]
    alone = [Generator().compose([one])[0] for one in asked]
    assert Generator().compose(asked) == alone
    assert Generator().compose(asked[::-1]) == alone[::-1]


def test_another_seed_gives_another_free_melody() -> None:
    one = request(motif=())
    bars = {Generator().compose([BarRequest(one.plan, (), seed)])[0].notes for seed in range(20)}
    assert len(bars) > 5


@pytest.mark.parametrize("roles", [("melody",), ("counter",), ("chords",), ("bass",), ("drums",), ("counter", "bass")])
def test_any_role_can_be_written_without_the_others(roles: tuple[str, ...]) -> None:
    (bar,) = Generator().compose([request(roles=roles)])
    assert {note.role for note in bar.notes} == set(roles)


@pytest.mark.parametrize("density", [0.0, 0.2, 0.36, 0.55, 0.75, 1.0])
@pytest.mark.parametrize("polyphony", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("register", [0.0, 1.0])
def test_extreme_plans_are_answered(density: float, polyphony: float, register: float) -> None:
    for tones in ((0, 4, 7), (11, 2, 5), (1, 5, 8, 0), (0, 7)):
        chord = Chord("I", tones, 0.0, 4.0)
        for motif in ((), (ThemeNote(-9, 0.0, 4.0),), (ThemeNote(16, 0.0, 0.5), ThemeNote(-7, 0.5, 3.5))):
            one = request(
                density=density, polyphony=polyphony, register=register, chords=(chord,), motif=motif, roles=ROLES
            )
            (bar,) = Generator().compose([one])
            assert {note.role for note in bar.notes} == set(ROLES)
            assert all(0 <= n.pitch <= 127 and n.beats > 0 and 0 <= n.start_beat < 4 for n in bar.notes)


def test_a_bar_takes_less_than_five_milliseconds() -> None:
    music = piece(0.9, 0.9, 1)
    asked = [BarRequest(plan, tuple(b for _, b in music[:i]), 7) for i, (plan, _) in enumerate(music)]
    seconds = []
    for one in asked:
        start = perf_counter()
        Generator().compose([one])
        seconds.append(perf_counter() - start)
    assert np.median(seconds) < 0.005


def test_a_borrowed_chord_bends_the_melody_instead_of_clashing() -> None:
    minor_fourth = Chord("iv", pitch_classes("iv", 0), 0.0, 4.0)
    one = request(
        scale=(0, 2, 4, 5, 7, 9, 11), tonic="C", chords=(minor_fourth,), motif=(ThemeNote(5, 0.0, 4.0),), roles=ROLES
    )
    (bar,) = Generator().compose([one])
    melody = [note for note in bar.notes if note.role == "melody"]
    assert [note.pitch % 12 for note in melody] == [8]
    assert all(isinstance(note, Note) for note in bar.notes)
