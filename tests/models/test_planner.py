from dataclasses import replace
from itertools import pairwise

import pytest

from models.music.form import Form
from models.music.harmony import inflected, parse, pitch_classes
from models.music.phrases import TURN
from models.music.plan import ROLES, Aim, MusicPlan, ThemeNote
from models.music.planner import begin, next_bar, tempo_for
from models.music.themes import rhythm
from models.music.traditions.western import TRADITION

CALM, BRIGHT, SAD = Aim(0.7, -0.6), Aim(0.8, 0.7), Aim(-0.7, -0.4)


def planned(aims: list[Aim], seed: int = 1, roles: tuple[str, ...] = ROLES) -> list[MusicPlan]:
    form, plans = begin(seed, TRADITION, roles), []
    for aim in aims:
        form, plan = next_bar(form, aim)
        plans.append(plan)
    return plans


def phrases(plans: list[MusicPlan]) -> list[list[MusicPlan]]:
    """Whole phrases only."""
    starts = [i for i, plan in enumerate(plans) if plan.phrase_bar == 0]
    cut = [plans[a:b] for a, b in zip(starts, [*starts[1:], len(plans)], strict=True)]
    return [phrase for phrase in cut if len(phrase) == phrase[0].phrase_bars]


def plain(numeral: str) -> str:
    return parse(numeral).plain


def wandering(bars: int) -> list[Aim]:
    """Aims that jump about the plane, so that keys, modes and textures change."""
    corners = [Aim(v, a) for v, a in ((0.9, 0.9), (-0.9, 0.8), (-0.8, -0.9), (0.8, -0.8), (0.0, 0.0), (0.3, 0.5))]
    return [corners[bar // 7 % len(corners)] for bar in range(bars)]


def test_the_same_state_and_aim_give_the_same_plan_whatever_was_asked_in_between() -> None:
    form = begin(3, TRADITION)
    for _ in range(10):
        form, _ = next_bar(form, CALM)
    after, plan = next_bar(form, SAD)
    next_bar(form, BRIGHT)
    assert next_bar(form, SAD) == (after, plan)


def test_a_bar_planned_anew_for_another_aim_keeps_its_place_in_the_phrase() -> None:
    form = begin(3, TRADITION)
    for _ in range(2):
        form, _ = next_bar(form, CALM)
    (_, calm), (_, lively) = next_bar(form, CALM), next_bar(form, Aim(0.7, 0.9))
    assert (lively.bar, lively.phrase_bar, lively.mode, lively.section) == (2, 2, calm.mode, calm.section)
    assert lively.tempo_bpm > 1.7 * calm.tempo_bpm
    assert len(lively.motif) > len(calm.motif)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("aims", [[CALM] * 150, [BRIGHT] * 150, [SAD] * 150, wandering(150)])
def test_every_phrase_really_ends_in_its_cadence(seed: int, aims: list[Aim]) -> None:
    whole = phrases(planned(aims, seed))
    assert len(whole) > 20
    for phrase in whole:
        chords = [plain(chord.numeral) for plan in phrase for chord in plan.chords]
        assert "-".join(chords[-2:]) == "-".join(plain(n) for n in phrase[-1].cadence.split("-"))
        assert [plan.cadence for plan in phrase[:-1]] == [""] * (len(phrase) - 1)
        assert 4 <= len(phrase) <= 8


@pytest.mark.parametrize("seed", range(4))
def test_key_and_mode_change_between_phrases_over_a_common_chord_or_far_within(seed: int) -> None:
    changes = 0
    for before, after in pairwise(planned(wandering(400), seed)):
        if (before.tonic, before.mode) == (after.tonic, after.mode):
            continue
        changes += 1
        if abs(bright(after) - bright(before)) >= TURN:  # the aim has gone far: another mode on the same tonic
            assert after.tonic == before.tonic
        else:
            assert after.phrase_bar == 0
            assert set(after.chords[0].pitch_classes) <= set(before.scale)
    assert changes > 20


def bright(plan: MusicPlan) -> float:
    return TRADITION.mode(plan.mode).brightness


def test_a_far_new_aim_changes_the_mode_at_the_next_bar_and_the_phrase_still_closes() -> None:
    plans = planned([Aim(0.8, 0.0)] * 9 + [Aim(-0.8, 0.0)] * 7)
    assert [plan.phrase_bar for plan in plans[8:12]] == [0, 1, 2, 3]
    assert bright(plans[8]) > 0 > bright(plans[9])
    assert plans[9].tonic == plans[8].tonic
    close = plans[11]
    assert close.cadence.endswith(close.chords[-1].numeral)
    assert set(close.chords[-1].pitch_classes) <= {*close.scale, *(tone + 1 for tone in close.scale)}


def test_a_sung_theme_that_rests_for_half_a_bar_can_be_varied_and_developed() -> None:
    short = (ThemeNote(2, 0.0, 1.0), ThemeNote(4, 1.0, 0.5))
    for seed in range(12):  # among them are all variations
        form = begin(seed, TRADITION)
        form = replace(form, themes=tuple(replace(theme, bars=(short,) * 4) for theme in form.themes))
        for _ in range(72):
            form, plan = next_bar(form, Aim(0.4, 0.3))
            assert all(note.beats > 0 for note in plan.motif)


def test_lively_music_is_written_darker_so_that_it_is_not_happier_than_asked() -> None:
    calm, lively = planned([Aim(0.4, -0.8)])[0], planned([Aim(0.4, 0.8)])[0]
    assert bright(calm) > bright(lively)


def test_themes_return_with_the_same_notes_and_the_plan_says_so() -> None:
    plans = planned([CALM] * 80)
    stated = {p.phrase_bar: p.motif for p in plans[:8] if p.theme == "A" and p.treatment == "state"}
    returned = {p.phrase_bar: p.motif for p in plans if p.section == "A" and p.treatment == "return" and p.bar < 40}
    assert returned.keys() == stated.keys()
    assert {bar: rhythm(m) for bar, m in returned.items()} == {bar: rhythm(m) for bar, m in stated.items()}
    treatments = [p.treatment for p in plans]
    assert set(treatments) == {"state", "vary", "return", "develop", "free"}


@pytest.mark.parametrize("seed", range(20))
def test_theme_a_returns_in_every_piece_of_64_bars(seed: int) -> None:
    plans = planned([CALM] * 64, seed)
    first = [plan.motif for plan in plans[:4]]
    again = [plan.motif for plan in plans if plan.bar >= 16 and plan.theme == "A" and plan.treatment == "return"]
    assert all(motif in again for motif in first)


def test_themes_a_and_b_open_with_different_rhythms() -> None:
    for seed in range(30):
        a, b, _ = begin(seed, TRADITION).themes
        assert rhythm(a.bars[0]) != rhythm(b.bars[0])


def test_a_variation_differs_from_the_theme_and_b_from_a() -> None:
    for seed in range(10):
        plans = planned([Aim(0.5, 0.2)] * 32, seed)
        a, varied, b = ([plan.motif for plan in plans[at : at + 4]] for at in (0, 8, 16))
        assert a != varied
        assert a != b


def test_motifs_put_long_notes_on_chord_tones() -> None:
    for plan in planned(wandering(300)):
        for note in plan.motif:
            if note.beats >= 2:
                chord = next(c for c in reversed(plan.chords) if c.start_beat <= note.start_beat)
                tone = plan.scale[note.degree % len(plan.scale)]
                assert inflected(tone, chord.pitch_classes, plan.scale) in chord.pitch_classes


def test_phrases_breathe_at_their_end() -> None:
    for plan in planned(wandering(300)):
        if plan.cadence and plan.motif:
            last = plan.motif[-1]
            assert last.start_beat + last.beats <= plan.beats - 1


def test_chords_fill_the_bar_and_spell_their_numerals() -> None:
    for plan in planned(wandering(300)):
        assert sum(chord.beats for chord in plan.chords) == plan.beats
        assert [c.start_beat for c in plan.chords] == [
            sum(before.beats for before in plan.chords[:i]) for i in range(len(plan.chords))
        ]
        tonic = plan.scale[0]
        assert all(chord.pitch_classes == pitch_classes(chord.numeral, tonic) for chord in plan.chords)


def test_tempo_runs_from_50_to_120_with_arousal() -> None:
    assert tempo_for(Aim(0, -1)) == 50.0
    assert tempo_for(Aim(0, 1)) == 120.0
    assert tempo_for(Aim(0, 0)) == pytest.approx(77.5, abs=0.1)
    tempi = [tempo_for(Aim(0.3, a / 10)) for a in range(-10, 11)]
    assert tempi == sorted(tempi)
    assert tempo_for(Aim(1, 0)) > tempo_for(Aim(-1, 0))


def test_valence_picks_the_mode_and_arousal_fills_the_texture() -> None:
    assert planned([Aim(0.8, 0.0)])[0].mode == "ionian"
    assert planned([Aim(-0.7, 0.0)])[0].mode == "aeolian"
    calm, lively = planned([CALM])[0], planned([Aim(0.7, 0.9)])[0]
    assert lively.density > calm.density
    assert lively.polyphony > calm.polyphony
    assert planned([Aim(0.9, 0)])[0].register > planned([Aim(-0.9, 0)])[0].register


def test_calm_bars_have_no_drums_and_lively_ones_do_when_asked_for() -> None:
    assert all("drums" not in plan.roles for plan in planned([CALM] * 40))
    assert all("drums" in plan.roles for plan in planned([BRIGHT] * 40))
    assert all(plan.roles == ("melody", "bass") for plan in planned([BRIGHT] * 9, roles=("bass", "melody")))
    assert planned([CALM], roles=("drums",))[0].roles == ("drums",)


def test_drums_do_not_flicker_around_their_threshold() -> None:
    aims = [Aim(0.5, 0.4)] * 8 + [Aim(0.5, 0.22), Aim(0.5, 0.28)] * 8
    assert all("drums" in plan.roles for plan in planned(aims))


def test_instruments_change_only_between_sections() -> None:
    for before, after in pairwise(planned(wandering(300))):
        if before.palette != after.palette:
            assert before.section != after.section


def test_an_hour_keeps_its_numbers_in_range_and_its_form_moving() -> None:
    plans = planned(wandering(900), seed=5)
    assert [plan.bar for plan in plans] == list(range(900))
    for plan in plans:
        assert all(0 <= getattr(plan, name) <= 1 for name in ("density", "polyphony", "register", "tension"))
        assert plan.beats in (3, 4)
    assert {plan.beats for plan in plans} == {3, 4}
    assert len({plan.tonic for plan in plans}) > 3
    assert {"C", "C2", "C3"} <= {plan.theme for plan in plans}


def test_bad_roles_and_seeds_are_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="oboe; expected some of melody, counter, chords, bass, drums"):
        begin(1, TRADITION, ("oboe",))
    with pytest.raises(ValueError, match="roles none"):
        begin(1, TRADITION, ())
    with pytest.raises(ValueError, match="seed -1; expected a whole number from 0"):
        begin(-1, TRADITION)


def test_the_form_can_be_taken_up_at_any_bar() -> None:
    form: Form = begin(2, TRADITION)
    states = []
    for _ in range(100):
        states.append(form)
        form, _ = next_bar(form, CALM)
    resumed = replace(states[60])
    for _ in range(40):
        resumed, _ = next_bar(resumed, CALM)
    assert resumed == form
