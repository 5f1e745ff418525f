"""The clinical limits: as rules, and at the output, where they count."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.music.plan import Aim, PerformedBar, PlayedNote
from models.smoothing import TIME_CONSTANT_S
from sensors.blocks import Status
from therapy_app.playback.ceiling import under_ceiling
from therapy_app.session.events import Alarm, AlarmCleared
from therapy_app.session.safety import (
    Limits,
    Steering,
    Watch,
    freshness,
    limit_loudness,
    limit_tempo,
    steer,
    watch,
)

ANY_NUMBER = st.floats(allow_nan=True, allow_infinity=True)
LIMITS = Limits()
SMOOTHING_S = TIME_CONSTANT_S
"""A steady climb is seen this much later."""


@settings(max_examples=300)
@given(st.lists(st.tuples(ANY_NUMBER, ANY_NUMBER, st.booleans()), min_size=1, max_size=60))
def test_whatever_is_wanted_the_aim_stays_in_the_box_and_moves_in_steps(wanted):
    steering = Steering()
    for bar, (valence, arousal, by_person) in enumerate(wanted):
        before = steering.aim
        steering = steer(steering, valence, arousal, bar * 3.0, LIMITS, by_person)
        aim = steering.aim
        assert LIMITS.arousal_low <= aim.arousal <= LIMITS.arousal_high
        assert LIMITS.valence_low <= aim.valence <= LIMITS.valence_high
        if before is not None:
            assert abs(aim.arousal - before.arousal) <= LIMITS.step_per_bar + 1e-4
            assert abs(aim.valence - before.valence) <= LIMITS.step_per_bar + 1e-4


@given(st.lists(ANY_NUMBER, min_size=1, max_size=60))
def test_whatever_tempo_is_wanted_it_stays_in_range_and_moves_in_steps(wanted):
    last = None
    for tempo in wanted:
        allowed = limit_tempo(tempo, last, LIMITS)
        assert LIMITS.tempo_low_bpm <= allowed <= LIMITS.tempo_high_bpm
        assert last is None or abs(allowed - last) <= LIMITS.tempo_step_bpm + 1e-9
        last = allowed


def test_loudness_falls_at_once_and_rises_slowly():
    assert limit_loudness(-40, -6, LIMITS) == -40
    assert limit_loudness(0, -40, LIMITS) == -37
    assert limit_loudness(nan, -6, LIMITS) == -60
    assert limit_loudness(inf, None, LIMITS) == -60


def test_the_music_does_not_swing_faster_than_the_dwell():
    """A person whose body answers the wrong way, late: the aim must not turn more often than once a dwell."""
    steering, turns, last_direction = Steering(), [], 0
    for bar in range(400):
        steering = steer(steering, 0.0, 0.5 if bar % 4 < 2 else -0.5, bar * 3.0, LIMITS, by_person=False)
        if steering.direction != last_direction:
            turns.append(bar * 3.0)
            last_direction = steering.direction
    gaps = [after - before for before, after in pairwise(turns)]
    assert gaps
    assert min(gaps) >= LIMITS.dwell_s


@pytest.mark.parametrize(
    ("age_s", "allows"), [(0, "adapt"), (5, "adapt"), (5.1, "hold"), (15.1, "path"), (nan, "path")]
)
def test_old_estimates_allow_less_and_less(age_s, allows):
    assert freshness(age_s) == allows


def bar_of(*notes: PlayedNote, gain_db: float = 0.0) -> PerformedBar:
    return PerformedBar(0, 0, 0.0, 4.0, 60.0, 4, gain_db, {"melody": 0}, notes)


SOUND = {"pitch": st.integers(0, 127), "velocity": st.integers(-500, 500)}
"""A note that could sound, but for its velocity."""


@given(ANY_NUMBER, st.integers(-500, 500), st.integers(-500, 500), ANY_NUMBER, ANY_NUMBER)
def test_nothing_above_the_ceiling_sounds_whoever_made_it(gain_db, pitch, velocity, start_s, length_s):
    capped = under_ceiling(bar_of(PlayedNote("melody", pitch, velocity, start_s, length_s), gain_db=gain_db), LIMITS)
    assert -inf < capped.gain_db <= LIMITS.gain_high_db
    for note in capped.notes:
        assert 0 <= note.pitch <= 127
        assert 0 < note.length_s < inf


@given(**SOUND)
def test_a_velocity_above_the_ceiling_is_lowered_to_it(pitch, velocity):
    (note,) = under_ceiling(bar_of(PlayedNote("melody", pitch, velocity, 0.0, 1.0)), LIMITS).notes
    assert note.velocity == min(max(velocity, 1), LIMITS.velocity_high)


def test_a_persons_own_limits_hold_in_what_sounds(stage, say):
    """Whatever is wanted: no note louder, no tempo step larger, no tempo outside."""
    mine = Limits(velocity_high=45, tempo_step_bpm=1.0, tempo_low_bpm=60, tempo_high_bpm=80)
    stage = stage(lambda at_s: 0.6, limits=mine).play(60).play(120, [say("nudge", arousal=-1.0)])
    bars = [event.bar for event in stage.all("bar")]
    assert max(note.velocity for bar in bars for note in bar.notes) <= 45
    latest = {event.plan.bar: event.plan.tempo_bpm for event in stage.all("plan")}
    tempos = [latest[bar] for bar in sorted(latest)]
    assert all(60 <= tempo <= 80 for tempo in tempos)
    assert max(abs(after - before) for before, after in pairwise(tempos)) <= 1.0 + 1e-9


def test_limits_that_contradict_themselves_are_refused():
    with pytest.raises(ValueError, match=r"tempo_low_bpm 90.* is not below tempo_high_bpm 80"):
        Limits(tempo_low_bpm=90, tempo_high_bpm=80)
    with pytest.raises(ValueError, match="gain may not exceed 0 dB"):
        Limits(gain_high_db=3)


def test_unknown_neither_worsens_nor_relieves():
    softened = watch(Watch(), 0.0, True)
    assert watch(softened, 100.0, None) == softened


def test_rising_distress_softens_then_asks_then_falls_silent(stage):
    rising = stage(lambda at_s: min(0.9, max(0.0, (at_s - 100) / 60))).play(400)
    softer = rising.between("bar", 150, 400)
    assert min(event.bar.gain_db for event in softer) <= -12
    asked = next(entry for entry in rising.entries if entry.kind == "alarm" and entry.event.code == "distress")
    silenced = next(entry for entry in rising.entries if entry.kind == "silenced")
    crossing_s = 100 + 0.4 * 60 + SMOOTHING_S
    assert crossing_s + 25 <= asked.at_s <= crossing_s + 40
    assert asked.at_s + 20 <= silenced.at_s <= crossing_s + 75
    assert not rising.between("bar", silenced.at_s + 1, 400)


def test_softening_does_not_wait_for_the_bars_that_were_planned(stage):
    rising = stage(lambda at_s: 0.9 if at_s > 100 else 0.0).play(135)
    softer = next(event for event in rising.all("plan") if event.revision == 1)
    assert "softer" in softer.reason
    replaced = next(event for event in rising.all("plan") if event.plan.bar == softer.plan.bar)
    assert softer.loudness_db <= replaced.loudness_db - 6


def test_rising_distress_is_never_matched(stage):
    """From the crossing on the music's arousal does not rise, and half a minute later it is where the goal is."""
    rising = stage(lambda at_s: min(0.9, max(0.0, (at_s - 20) / 60)), length_s=1200).play(110)
    aims = [event.plan.aim.arousal for event in rising.between("plan", 44, 110)]
    assert all(after <= before + 1e-9 for before, after in pairwise(aims))
    assert aims[-1] <= -0.5


def test_relief_brings_the_music_back(stage):
    passing = stage(lambda at_s: 0.9 if 100 < at_s < 115 else 0.0).play(300)
    assert not passing.all("silenced")
    assert passing.all("bar")[-1].bar.gain_db == passing.between("bar", 50, 90)[-1].bar.gain_db


def test_feeling_worse_asks_at_once(stage, say):
    stage = stage().play(60).play(62, [say("worse")])
    alarm = next(entry for entry in stage.entries if entry.kind == "alarm")
    assert alarm.event.level == "urgent"
    assert alarm.at_s <= 61


def test_lost_signals_hold_the_music_and_then_leave_it_to_the_plan(stage):
    stage = stage(lambda at_s: 0.5 if at_s < 200 else None).play(320)
    held = {event.plan.aim.arousal for event in stage.between("plan", 206, 214)}
    assert len(held) == 1
    words = [event.words for event in stage.between("alarm", 200, 220) if event.code == "signal"]
    assert len(words) == 2
    assert "holds" in words[0]
    assert "plan" in words[1]
    reasons = [event.reason for event in stage.between("plan", 216, 320)]
    assert all("follows the plan" in reason for reason in reasons[1:])
    assert stage.all("plan")[-1].plan.aim.arousal < min(held)


def test_what_was_felt_long_ago_no_longer_bends_the_path(stage):
    def silent_after(end_s):
        return lambda at_s: 0.35 if at_s < 95 else (0.9 if at_s < end_s else None)

    long_ago = stage(silent_after(96)).play(160).all("target")[-1].wanted
    lately = stage(silent_after(130)).play(160).all("target")[-1].wanted
    assert lately.arousal == pytest.approx(long_ago.arousal, abs=0.03)


def test_a_sensor_that_is_lost_is_told_and_the_alarm_ends_with_its_return(stage):
    stage = stage().play(20)
    for state, at_s in (("lost", 20.0), ("streaming", 30.0)):
        stage.session.body.arrive([Status("ble:auto", state, at_s, "out of range")])
        stage.play(at_s + 5)
    alarm = next(event for event in stage.all("alarm") if event.code == "sensor ble:auto")
    assert "lost: out of range" in alarm.words
    assert "The music goes on." in alarm.words
    assert [event.code for event in stage.all("alarm_cleared")] == ["sensor ble:auto"]


def test_signals_that_return_clear_the_alarm(stage):
    stage = stage(lambda at_s: None if 200 < at_s < 230 else 0.2).play(260)
    assert [event.code for event in stage.all("alarm_cleared")] == ["signal"]


def test_nothing_changes_by_itself_while_it_can_not_be_recorded(stage, say):
    full = Alarm("disk", "urgent", "The disk is full.")
    stage = stage(lambda at_s: 0.5).play(150).play(250, notices=[full])
    aims = {event.plan.aim for event in stage.between("plan", 155, 250)}
    assert len(aims) == 1
    stage.play(350, notices=[AlarmCleared("disk")])
    assert stage.all("plan")[-1].plan.aim != aims.pop()


def test_an_aim_that_is_no_number_can_not_be_made():
    with pytest.raises(ValueError, match="valence nan; expected a number from -1 to 1"):
        Aim(nan, 0.0)
