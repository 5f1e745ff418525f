from dataclasses import replace
from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest

from models.music.compose import Waypoint, compose
from models.music.generators.rules import Generator
from models.music.groove import shipped_groove
from models.music.instruments import PALETTES, PIANO, RINGING, SWEEP_PAD, palette_for, programs, touch_of
from models.music.performance import Take, beat_times, length_of, perform, perform_takes
from models.music.plan import Aim, Bar, MusicPlan, Note, PerformedBar
from models.music.traditions.western import TRADITION

SOUND_BANK = {0, 4, 8, 11, 24, 42, 46, 48, 49, 52, 53, 73, 88, 89, 91, 94, 95, 122}


def piece(valence: float, arousal: float, bars: int = 24, seed: int = 2) -> list[tuple[MusicPlan, Bar, PerformedBar]]:
    return compose((Waypoint(0, Aim(valence, arousal)),), bars, seed, Generator(), TRADITION)


CALM, LIVELY = piece(0.7, -0.6), piece(0.7, 0.9)


def again(music: list[tuple[MusicPlan, Bar, PerformedBar]], index: int = 3, **changes: float) -> PerformedBar:
    plan, bar, _ = music[index]
    arguments = {"start_s": 0.0, "revision": 0, "loudness_db": 0.0, "seed": 2, **changes}
    return perform(bar, plan, **arguments)  # type: ignore[arg-type]


def mean(music: list[tuple[MusicPlan, Bar, PerformedBar]], field: str, role: str) -> float:
    return float(np.mean([getattr(n, field) for *_, p in music for n in p.notes if n.role == role]))


def test_bars_join_without_gap_or_overlap() -> None:
    for music in (CALM, LIVELY):
        for (plan, _, before), (_, _, after) in pairwise(music):
            assert before.length_s == plan.length_s == 60 / plan.tempo_bpm * plan.beats
            assert after.start_s == pytest.approx(before.start_s + before.length_s, abs=1e-4)


def test_notes_are_sorted_whole_and_within_reach_of_the_bar() -> None:
    for *_, bar in [*CALM, *LIVELY]:
        starts = [note.start_s for note in bar.notes]
        assert starts == sorted(starts)
        for note in bar.notes:
            assert isinstance(note.velocity, int)
            assert isinstance(note.pitch, int)
            assert 1 <= note.velocity <= 127
            assert 0 <= note.start_s < bar.length_s
            assert note.length_s > 0
            assert note.start_s + note.length_s <= 2 * bar.length_s
            assert (round(note.start_s, 4), round(note.length_s, 4)) == (note.start_s, note.length_s)


def test_a_tone_is_released_before_it_is_struck_again() -> None:
    for *_, bar in [*CALM, *LIVELY]:
        for role, pitch in {(n.role, n.pitch) for n in bar.notes}:
            own = [n for n in bar.notes if (n.role, n.pitch) == (role, pitch)]
            assert all(a.start_s + a.length_s <= b.start_s + 2e-4 or a.length_s <= 0.01 for a, b in pairwise(own))


def test_arousal_makes_notes_louder_and_shorter() -> None:
    assert mean(LIVELY, "velocity", "melody") > mean(CALM, "velocity", "melody") + 20
    sung = {}
    for name, music in (("calm", CALM), ("lively", LIVELY)):
        sounding = mean(music, "length_s", "melody") / 60 * music[0][0].tempo_bpm
        written = np.mean([n.beats for _, bar, _ in music for n in bar.notes if n.role == "melody"])
        sung[name] = sounding / written
    assert sung["calm"] > 1.0 > 0.75 > sung["lively"]


def test_the_melody_leads_the_balance_and_the_phrase_swells_to_its_middle() -> None:
    for music in (CALM, LIVELY):
        assert all(mean(music, "velocity", "melody") > mean(music, "velocity", role) for role in ("chords", "bass"))
    by_bar = {
        i: [n.velocity for p, _, x in CALM for n in x.notes if p.phrase_bar == i and n.role == "bass"] for i in range(4)
    }
    assert np.mean(by_bar[2]) > np.mean(by_bar[0])
    assert np.mean(by_bar[1]) > np.mean(by_bar[3])


def test_the_same_seed_plays_alike_and_another_a_little_differently() -> None:
    one, other = again(CALM), again(CALM, seed=3)
    assert again(CALM) == one
    assert one != other
    shifts = [abs(a.start_s - b.start_s) for a, b in zip(one.notes, other.notes, strict=True)]
    assert 0 < max(shifts) < 0.06


def test_rests_at_a_phrase_end_come_late_but_the_bar_keeps_its_length() -> None:
    index = next(i for i, (plan, _, _) in enumerate(LIVELY) if plan.cadence)
    plan, bar, _ = LIVELY[index]
    late = replace(bar, notes=(Note("melody", 60, 3.0, 0.5),))
    closing = perform(late, plan, 0.0, 0, 0.0, 2)
    running = perform(late, replace(plan, cadence=""), 0.0, 0, 0.0, 2)
    assert closing.notes[0].start_s > running.notes[0].start_s + 0.01
    assert closing.length_s == running.length_s


def test_plucked_chords_are_rolled_from_below_at_rest() -> None:
    plan, bar, _ = CALM[0]
    chord = replace(bar, notes=tuple(Note("chords", pitch, 0.0, 4.0) for pitch in (48, 55, 64)))
    plucked = perform(chord, replace(plan, palette="still warm", section="B"), 0.0, 0, 0.0, 2)
    assert plucked.programs["chords"] in RINGING
    starts = {note.pitch: note.start_s for note in plucked.notes}
    assert starts[48] < starts[55] < starts[64] < 0.15


@pytest.mark.parametrize(
    ("asked", "played"), [(0.0, 0.0), (-12.0, -12.0), (6.0, 0.0), (-90.0, -60.0), (-inf, -60.0), (inf, 0.0)]
)
def test_loudness_never_rises_above_full(asked: float, played: float) -> None:
    assert again(CALM, loudness_db=asked).gain_db == played


@pytest.mark.parametrize("bad", [{"loudness_db": nan}, {"start_s": nan}, {"start_s": inf}])
def test_what_is_not_a_number_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected numbers"):
        again(CALM, **bad)


def test_a_bar_of_another_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="bar 5 for the plan of bar 4"):
        perform(CALM[5][1], CALM[4][0], 0.0, 0, 0.0, 1)


def test_percussion_stops_at_the_next_bar_when_arousal_is_to_fall() -> None:
    plan, bar, _ = LIVELY[4]
    assert any(n.role == "drums" for n in perform(bar, plan, 0.0, 0, 0.0, 1).notes)
    calmed = replace(plan, aim=Aim(0.5, -0.2))
    assert not any(n.role == "drums" for n in perform(bar, calmed, 0.0, 0, 0.0, 1).notes)


def test_roles_that_are_not_planned_stay_silent() -> None:
    plan, bar, _ = LIVELY[4]
    alone = perform(bar, replace(plan, roles=("melody",)), 0.0, 0, 0.0, 1)
    assert {note.role for note in alone.notes} == {"melody"} == set(alone.programs)


def test_every_palette_uses_instruments_of_the_sound_bank() -> None:
    used = {program for rows in PALETTES.values() for row in rows for program in row}
    assert used <= SOUND_BANK
    with pytest.raises(LookupError, match=r"no palette 'loud'; there are: .*still warm"):
        programs("loud", "A", ("melody",))


def test_instruments_stay_for_a_section_and_take_turns_between_sections() -> None:
    by_section: dict[str, set[tuple[int, ...]]] = {}
    for plan, _, bar in CALM:
        by_section.setdefault(plan.section, set()).add((bar.programs["melody"], bar.programs["chords"]))
    assert all(len(ensembles) == 1 for ensembles in by_section.values())
    assert by_section["A"] != by_section["B"]


@pytest.mark.parametrize(
    ("aim", "before", "palette"),
    [
        (Aim(0.7, -0.6), "", "still warm"),
        (Aim(-0.7, -0.6), "", "still dark"),
        (Aim(0.1, 0.0), "", "flowing warm"),
        (Aim(0.1, 0.9), "", "lively warm"),
        (Aim(0.1, 0.4), "flowing warm", "flowing warm"),
        (Aim(-0.05, 0.5), "flowing warm", "lively warm"),
        (Aim(-0.3, 0.5), "flowing warm", "lively dark"),
    ],
)
def test_the_palette_follows_the_aim_with_hysteresis(aim: Aim, before: str, palette: str) -> None:
    assert palette_for(aim, before) == palette


def test_a_quiet_instrument_is_struck_harder_and_a_loud_one_softer() -> None:
    assert touch_of(PIANO) > 1.1
    assert touch_of(SWEEP_PAD) < 0.9
    assert touch_of(120) == 1.0


GROOVE = shipped_groove()


def drums(bar: PerformedBar) -> list[tuple[int, float, int]]:
    return [(note.pitch, note.start_s, note.velocity) for note in bar.notes if note.role == "drums"]


def grooved(arousal: float, groove: bool = True, seed: int = 2) -> list[PerformedBar]:
    plans = [(replace(plan, aim=Aim(0.7, arousal)), bar) for plan, bar, _ in LIVELY]
    return [perform(bar, plan, 0.0, 0, 0.0, seed, GROOVE if groove else None) for plan, bar in plans]


def distance(arousal: float, field: int, role: str = "drums") -> float:
    """How far groove moves strokes on average: field 0 in beats, 1 in velocity."""
    far = []
    for plain, felt, (plan, _, _) in zip(grooved(arousal, False), grooved(arousal), LIVELY, strict=True):
        pairs = zip(*([n for n in bar.notes if n.role == role] for bar in (by_key(plain), by_key(felt))), strict=True)
        for one, other in pairs:
            moved = (other.start_s - one.start_s) * plan.tempo_bpm / 60
            far.append(abs(moved) if field == 0 else abs(other.velocity - one.velocity))
    return float(np.mean(far))


def by_key(bar: PerformedBar) -> PerformedBar:
    """The bar with its notes in an order that a small shift does not change."""
    return replace(bar, notes=tuple(sorted(bar.notes, key=lambda n: (n.role, n.pitch, n.start_s))))


def test_groove_moves_percussion_by_the_learned_place_and_force() -> None:
    assert 0.004 < distance(0.9, 0) < 0.03
    assert 2 < distance(0.9, 1) < 12


def test_groove_grows_with_arousal() -> None:
    assert distance(0.9, 0) > 1.3 * distance(0.05, 0)


def test_the_accompaniment_follows_from_afar_and_the_melody_is_free() -> None:
    assert 0 < distance(0.9, 0, "bass") < 0.5 * distance(0.9, 0)
    assert 0 < distance(0.9, 1, "chords") < 0.5 * distance(0.9, 1)
    assert distance(0.9, 0, "melody") == distance(0.9, 1, "melody") == 0


def test_groove_is_the_same_for_the_same_seed() -> None:
    assert grooved(0.8) == grooved(0.8)
    assert grooved(0.8) != grooved(0.8, seed=3)


def test_with_groove_bars_keep_their_length_and_notes_their_place() -> None:
    for bar in grooved(1.0):
        assert all(0 <= note.start_s < bar.length_s for note in bar.notes)
    assert [bar.length_s for bar in grooved(1.0)] == [plan.length_s for plan, _, _ in LIVELY]


def turned(beat: int, tempo: float = 0.95, arousal: float = 0.7, index: int = 3) -> tuple[PerformedBar, PerformedBar]:
    """(the bar as planned, the bar turned at a beat to another tempo and arousal, 6 dB softer)."""
    plan, bar, _ = LIVELY[index]
    new = replace(plan, aim=Aim(0.7, arousal), tempo_bpm=plan.tempo_bpm * tempo)
    takes = (Take(plan, 0.0), Take(new, -6.0, beat))
    return (
        perform(bar, plan, 0.0, 0, 0.0, 2, GROOVE),
        perform_takes(bar, takes, 0.0, 1, 2, GROOVE),
    )


@pytest.mark.parametrize("beat", [1, 2, 3])
def test_what_stands_before_the_turn_is_played_as_it_was(beat: int) -> None:
    was, now = turned(beat)
    cut = now.turns[0].start_s - 0.1
    early = [[(n.role, n.pitch, n.start_s, n.velocity) for n in bar.notes if n.start_s < cut] for bar in (was, now)]
    assert early[0] == early[1]
    assert early[0]


@pytest.mark.parametrize("beat", [1, 2, 3])
def test_a_turned_bar_is_as_long_as_its_beats_in_both_tempos(beat: int) -> None:
    was, now = turned(beat, tempo=0.9)
    beat_s = was.length_s / was.beats
    assert now.length_s == pytest.approx(beat * beat_s + (was.beats - beat) * beat_s / 0.9, abs=1e-3)
    assert now.turns[0].beat == beat
    assert now.turns[0].start_s == pytest.approx(beat * beat_s, abs=1e-3)
    assert (now.gain_db, now.turns[0].gain_db) == (0.0, -6.0)
    assert all(0 <= note.start_s < now.length_s for note in now.notes)


def test_a_calmer_turn_plays_the_rest_of_the_bar_more_softly() -> None:
    was, now = turned(2, arousal=0.2)
    cut = now.turns[0].start_s + 0.05
    after = [np.mean([n.velocity for n in bar.notes if n.start_s > cut]) for bar in (was, now)]
    assert after[1] < after[0] - 5


def test_percussion_falls_silent_at_the_turn_when_arousal_is_to_be_low() -> None:
    was, now = turned(2, arousal=-0.1)
    assert max(start for _, start, _ in drums(now)) < now.turns[0].start_s
    assert max(start for _, start, _ in drums(was)) > now.turns[0].start_s


def test_the_beats_of_a_turned_bar_can_be_told_without_playing_it() -> None:
    plan = LIVELY[3][0]
    takes = (Take(plan, 0.0), Take(replace(plan, tempo_bpm=plan.tempo_bpm * 0.9), 0.0, 2))
    times = beat_times(takes)
    assert times[2] == pytest.approx(turned(2, tempo=0.9)[1].turns[0].start_s, abs=1e-4)
    assert times[2] == pytest.approx(120 / plan.tempo_bpm, abs=1e-4)
    assert length_of(takes) == turned(2, tempo=0.9)[1].length_s
    assert list(times) == sorted(times)


@pytest.mark.parametrize("beats", [(1,), (0, 0), (0, 3, 2), (0, 4)])
def test_takes_that_do_not_follow_each_other_are_refused(beats: tuple[int, ...]) -> None:
    plan, bar, _ = LIVELY[3]
    with pytest.raises(ValueError, match="expected 0 first, then rising within 4"):
        perform_takes(bar, [Take(plan, 0.0, beat) for beat in beats], 0.0, 0, 2)
