"""What is particular to each tradition, and the tables' own checks."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models.music.compose import Piece, Waypoint, compose
from models.music.generators.rules import Generator
from models.music.idiom import directed, rested, strokes_at, tuning_of
from models.music.plan import Aim, Bar, ThemeNote
from models.music.themes import placed, rhythm, squeeze
from models.music.tradition import Cycle, Mode, Tradition, beaten, rung, sung
from models.music.traditions import carnatic, chinese, hindustani, maqam, west_african, western

MOHANAM = carnatic.TRADITION.mode("mohanam")
ADI = carnatic.TRADITION.cycles[0]
LIVELY, CALM = Aim(0.4, 0.9), Aim(0.5, -0.4)


def piece(tradition: Tradition, aim: Aim, seed: int = 1, bars: int = 24) -> Piece:
    return compose((Waypoint(0, aim),), bars, seed, Generator(), tradition)


def in_cycle(tradition: Tradition, name: str, aim: Aim = LIVELY, bars: int = 24) -> Piece:
    """A piece in the cycle whose name begins so, whatever seed that takes."""
    only = replace(tradition, cycles=tuple(cycle for cycle in tradition.cycles if cycle.name.startswith(name)))
    return piece(only, aim, bars=bars)


def drums(bar: Bar, *pitches: int) -> list[float]:
    return sorted({round(n.start_beat, 4) for n in bar.notes if n.role == "drums" and n.pitch in pitches})


# --- notation ---------------------------------------------------------------------------------------------------


def test_phrases_are_written_in_the_traditions_letters() -> None:
    assert sung("SRGPD", "D, S R' P") == ((-1, 0, 6, 3),)
    with pytest.raises(ValueError, match="tone 'M'; expected one of S R G P D"):
        sung("SRGPD", "S M")


def test_strokes_are_written_as_letters_or_words() -> None:
    sounds = {"D": ((36, 0.5),), "dha": ((36, 0.5), (76, 0.3))}
    assert beaten("D--D", 0.5, sounds) == ((36, 0.0, 0.5), (36, 1.5, 0.5))
    assert beaten("dha . dha", 1.0, sounds) == ((36, 0, 0.5), (76, 0, 0.3), (36, 2, 0.5), (76, 2, 0.3))
    with pytest.raises(ValueError, match=r"strokes T; expected \. or - or one of D, dha"):
        beaten("DT", 0.5, sounds)


# --- melody -----------------------------------------------------------------------------------------------------


def line(*degrees: int) -> tuple[ThemeNote, ...]:
    return tuple(ThemeNote(degree, float(i), 1.0) for i, degree in enumerate(degrees))


def test_the_way_up_and_the_way_down_have_their_own_tones() -> None:
    mode = replace(MOHANAM, ascent=(0, 2, 3, 4), descent=(0, 1, 3, 4))
    assert [n.degree for n in directed(line(0, 1, 2), mode, None)] == [0, 2, 2]
    assert [n.degree for n in directed(line(4, 2, 0), mode, None)] == [4, 1, 0]
    assert [n.degree for n in directed(line(3, 6), mode, None)] == [3, 7]
    assert [n.degree for n in directed(line(1, 3), mode, 0)] == [2, 3]
    assert [n.degree for n in directed(line(1, 3), mode, None)] == [1, 3]
    assert directed(line(0, 1, 2, 1), MOHANAM, 4) == line(0, 1, 2, 1)


def test_only_long_notes_move_to_a_resting_tone() -> None:
    motif = (ThemeNote(1, 0.0, 1.0), ThemeNote(1, 1.0, 3.0))
    assert [n.degree for n in rested(motif, (0, 3), 5)] == [1, 0]


def test_a_theme_is_laid_into_another_metre() -> None:
    theme = (ThemeNote(0, 0.0, 1.5), ThemeNote(1, 1.5, 0.5), ThemeNote(2, 2.0, 2.0))
    assert squeeze(theme) == placed(theme, (0, 1, 2, 2.5, 3))
    swung = placed(theme, (0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3, 4), pulses=3)
    assert [n.start_beat for n in swung] == [0, pytest.approx(5 / 3), 2]
    seven = placed(theme, (0, 2, 3, 5, 7), pulses=2)
    assert [n.start_beat for n in seven] == [0, 2.5, 3]
    assert seven[-1].start_beat + seven[-1].beats == 7


def test_a_theme_takes_its_turns_from_the_mode_and_comes_back_with_them() -> None:
    one, again = (piece(carnatic.TRADITION, Aim(0.62, -0.2), bars=28) for _ in range(2))
    assert one == again
    stated, returned = ([plan.motif for plan, _, _ in one[start : start + 4]] for start in (0, 24))
    assert [rhythm(motif) for motif in stated[:3]] == [rhythm(motif) for motif in returned[:3]]
    other = piece(carnatic.TRADITION, Aim(-0.6, -0.2), bars=4)
    assert [plan.motif for plan, _, _ in other] != stated


def test_a_lively_melody_sings_whole_characteristic_phrases() -> None:
    """Three or more tones of a phrase in a row, in most bars that have as many; a raga's own, not its neighbour's."""
    mohanam, kalyani = carnatic.TRADITION.mode("mohanam"), carnatic.TRADITION.mode("kalyani")

    def share(music: Piece, mode: Mode) -> float:
        size = len(mode.intervals)
        known = {tuple(d % size for d in p[i : i + 3]) for p in mode.phrases for i in range(len(p) - 2)}
        heard = [
            any(tuple(d % size for d in tones[i : i + 3]) in known for i in range(len(tones) - 2))
            for plan, _, _ in music
            if len(tones := [n.degree for n in plan.motif]) >= 3
        ]
        return float(np.mean(heard))

    own = np.mean([share(piece(carnatic.TRADITION, Aim(0.62, 0.1), seed), mohanam) for seed in range(6)])
    foreign = np.mean([share(piece(carnatic.TRADITION, Aim(0.76, 0.1), seed), mohanam) for seed in range(6)])
    assert own > 0.6
    assert own > foreign + 0.2
    assert kalyani.phrases != mohanam.phrases


# --- India ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tradition", [carnatic.TRADITION, hindustani.TRADITION], ids=lambda t: t.name)
def test_a_flat_second_makes_a_raga_dark(tradition: Tradition) -> None:
    flat = [mode.brightness for mode in tradition.modes if 1 in mode.intervals]
    others = [mode.brightness for mode in tradition.modes if 1 not in mode.intervals]
    assert max(flat) < min(others)
    assert 8 <= len(tradition.modes) <= 12


@pytest.mark.parametrize("tradition", [carnatic.TRADITION, hindustani.TRADITION], ids=lambda t: t.name)
@pytest.mark.parametrize("valence", [-0.9, -0.3, 0.6])
def test_a_drone_holds_the_tonic_through_the_whole_movement(tradition: Tradition, valence: float) -> None:
    music = piece(tradition, Aim(valence, -0.2), bars=72)
    tonic = music[0][0].scale[0]
    for plan, bar, _ in music:
        assert plan.scale[0] == tonic
        assert {n.pitch % 12 for n in bar.notes if n.role == "bass"} == {tonic}
        assert tonic in {n.pitch % 12 for n in bar.notes if n.role == "chords"}
        assert len({n.pitch % 12 for n in bar.notes if n.role == "chords"}) <= 2


def test_tintal_runs_on_through_phrases_of_any_length() -> None:
    music = in_cycle(hindustani.TRADITION, "tintal", Aim(0.5, 0.5), bars=72)
    without_bass = [4 * plan.bar + beat for plan, bar, _ in music for beat in range(4) if beat not in drums(bar, 36)]
    assert without_bass == [16 * cycle + beat for cycle in range(18) for beat in (9, 10, 11, 12)]  # tin tin ta ta


@pytest.mark.parametrize(("name", "beats"), [("rupak", 7), ("jhaptal", 5), ("dadra", 3), ("keherwa", 4)])
def test_a_tala_gives_the_metre(name: str, beats: int) -> None:
    for plan, bar, performed in in_cycle(hindustani.TRADITION, name):
        assert plan.beats == performed.beats == beats
        assert any(n.start_beat >= beats - 2 for n in bar.notes if n.role != "drums")


# --- China ------------------------------------------------------------------------------------------------------


def test_the_chinese_modes_are_one_scale_begun_on_each_tone() -> None:
    gong = chinese.TRADITION.mode("gong").intervals
    turned = [tuple(sorted((tone - start) % 12 for tone in gong)) for start in gong]
    by_name = [chinese.TRADITION.mode(name).intervals for name in ("gong", "shang", "jue", "zhi", "yu")]
    assert turned == by_name


def test_chinese_accompaniment_is_fifths_and_fourths_and_the_second_voice_sings_the_melody() -> None:
    for aim in (CALM, LIVELY):
        for _, bar, _ in piece(chinese.TRADITION, aim):
            melody = {(n.start_beat, n.pitch % 12) for n in bar.notes if n.role == "melody"}
            counter = {(n.start_beat, n.pitch % 12) for n in bar.notes if n.role == "counter"}
            assert len(melody & counter) >= 1
            assert {tone for _, tone in counter} <= {tone for _, tone in melody}


# --- maqam ------------------------------------------------------------------------------------------------------


def test_quarter_tones_stand_on_their_tones_in_every_key() -> None:
    rast = maqam.TRADITION.mode("rast")
    assert tuning_of(rast, 0) == (0, 0, 0, 0, -50, 0, 0, 0, 0, 0, 0, -50)
    assert tuning_of(rast, 2)[6] == tuning_of(rast, 2)[1] == -50
    assert tuning_of(maqam.TRADITION.mode("ajam"), 0) == ()


@pytest.mark.parametrize(("valence", "quarters"), [(0.6, True), (-0.95, True), (0.92, False)])
def test_a_performed_bar_carries_its_tuning(valence: float, quarters: bool) -> None:
    for plan, bar, performed in piece(maqam.TRADITION, Aim(valence, 0.2)):
        assert plan.idiom is not None
        assert performed.tuning == plan.idiom.tuning
        assert bool(performed.tuning) is quarters
        held = {n.pitch % 12 for n in bar.notes if n.role in ("chords", "bass")}
        assert all(performed.tuning[tone] == 0 for tone in held if performed.tuning)


@pytest.mark.parametrize(
    ("name", "beats", "dum", "tak"),
    [("maqsum", 4, [0.0, 2.0], [0.5, 1.5, 3.0]), ("sama'i", 5, [0.0, 2.5, 3.0], [1.5, 3.5])],
)
def test_an_iqa_is_its_dums_and_taks(name: str, beats: int, dum: list[float], tak: list[float]) -> None:
    for plan, bar, _ in in_cycle(maqam.TRADITION, name):
        assert plan.beats == beats
        assert drums(bar, 36) == dum
        assert drums(bar, 76) == tak


# --- West Africa ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bell"), [("son", [0, 3, 6, 10, 12]), ("rumba", [0, 3, 7, 10, 12]), ("gahu", [0, 3, 6, 10, 14])]
)
def test_the_bell_keeps_its_timeline_in_every_bar(name: str, bell: list[int]) -> None:
    for _, bar, _ in in_cycle(west_african.TRADITION, name):
        assert drums(bar, 75) == [pulse / 4 for pulse in bell]


def test_the_standard_bell_has_seven_strokes_in_twelve() -> None:
    for _, bar, _ in in_cycle(west_african.TRADITION, "bembe"):
        assert [round(beat * 3) for beat in drums(bar, 75)] == [0, 2, 4, 5, 7, 9, 11]
        assert all(abs(n.start_beat * 3 - round(n.start_beat * 3)) < 1e-6 for n in bar.notes if n.role == "melody")


@pytest.mark.parametrize(("arousal", "apart"), [(-0.3, 4 / 3), (0.1, 2 / 3)])
def test_three_sound_against_four_and_against_two(arousal: float, apart: float) -> None:
    """The kora's onsets divide the bar in threes while the bass divides it in halves."""
    music = in_cycle(west_african.TRADITION, "son", Aim(0.3, arousal))
    plan, bar, _ = music[0]
    onsets = sorted({n.start_beat for n in bar.notes if n.role == "chords"})
    assert [b - a for a, b in pairwise(onsets)] == pytest.approx([apart] * (len(onsets) - 1))
    assert onsets[-1] + apart == pytest.approx(plan.beats)
    assert {n.start_beat for n in bar.notes if n.role == "bass"} >= {0.0, 2.0}


def test_the_others_answer_what_the_leader_called() -> None:
    answers = 0
    for (_, before, _), (plan, bar, _) in pairwise(piece(west_african.TRADITION, LIVELY, bars=32)):
        melody = [n for n in bar.notes if n.role == "melody"]
        counter = [n for n in bar.notes if n.role == "counter"]
        if plan.phrase_bar % 2 == 0:
            assert not counter
        elif not plan.cadence:
            called = [round(n.start_beat, 4) for n in before.notes if n.role == "melody" and n.start_beat >= 1]
            assert len(melody) == 1
            assert [round(n.start_beat, 4) for n in counter] == called
            answers += bool(called)
    assert answers >= 6


# --- tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"rests": (0, 9)}, r"degrees \[9\]; expected 0 to 4"),
        ({"finals": {"authentic": 0}}, "no final for half, plagal"),
        ({"phrases": ()}, "no characteristic phrase"),
        ({"ascent": (1, 2)}, "lies outside ascent or descent"),
        ({"cents": {1: -50.0}}, r"cents for \[1\]; expected some of"),
        ({"cents": {2: 150.0}}, "expected -63 to 63"),
    ],
)
def test_a_mode_with_a_broken_grammar_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(MOHANAM, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"places": (0, 1, 2, 4)}, "expected five or nine numbers that rise"),
        ({"places": (0, 1, 2, 3, 5)}, "expected 0 first and 4 last"),
        ({"strokes": ((-1.0, ((36, 8.0, 0.5),)),)}, "outside its 8 beats"),
        ({"chords": ((0.5, ()),)}, "figures end at density 0.5; expected 1"),
        ({"bass": ((1.01, ((3.0, 2.0, 0),)),)}, "end after the bar's 4 beats"),
    ],
)
def test_a_cycle_that_does_not_fit_its_bar_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(ADI, **changes)  # type: ignore[arg-type]


def test_a_tradition_must_be_complete() -> None:
    with pytest.raises(ValueError, match="no ensemble for flowing, lively"):
        replace(carnatic.TRADITION, ensembles={"still": ((73, 42, 46, 89),)})
    with pytest.raises(ValueError, match="mohanam without rests"):
        replace(carnatic.TRADITION, modes=(replace(MOHANAM, rests=()),))
    bent = tuple(replace(MOHANAM, cents={2: cents}) for cents in (-50.0, -30.0, 20.0))
    with pytest.raises(ValueError, match="expected at most 2 values"):
        replace(carnatic.TRADITION, modes=bent)


def test_of_two_strokes_at_once_the_stronger_sounds() -> None:
    rows = ((-1.0, ((36, 0.0, 0.2),)), (0.5, ((36, 0.0, 0.6), (75, 5.0, 0.3))))
    cycle = Cycle("x", 4, 2, (0, 1, 2, 3, 4), 4, rows, ((1.01, rung((0,), 4.0, 4)),), ((1.01, ()),))
    assert strokes_at(cycle, 0, 0.0) == ((36, 0.0, 0.2),)
    assert strokes_at(cycle, 0, 0.9) == ((36, 0.0, 0.6),)
    assert strokes_at(cycle, 3, 0.9) == ((75, 1.0, 0.3),)


def test_western_bars_have_no_idiom() -> None:
    plan, _, performed = piece(western.TRADITION, CALM, bars=1)[0]
    assert plan.idiom is None
    assert performed.tuning == ()
