"""What a person does, and what they feel, is heard at the next beat; nothing that sounded is changed."""

from __future__ import annotations

import itertools
from math import isclose

import pytest

from therapy_app.playback.groove import found_groove
from therapy_app.session.events import Alarm, body_of
from therapy_app.session.ordered import TURN_S
from therapy_app.session.replay import inputs_of
from therapy_app.session.safety import LOUDER_STEP_DB, Limits
from therapy_app.session.step import GROOVE

AT_S = 60.0


def latest(stage) -> dict:
    return {event.bar.bar: event.bar for event in stage.all("bar")}


def turned_by(stage, *commands, until_s: float = AT_S + 1.0):
    """(the bars as they were to sound, the bar that sounds at the act, as it sounds after it)."""
    stage.play(AT_S)
    before = latest(stage)
    stage.play(until_s, commands)
    changed = next(event.bar for event in stage.all("bar") if event.bar.revision == 1)
    return before, changed


def notes_before(bar, seconds: float) -> list:
    return [(note.role, note.pitch, note.velocity, note.start_s) for note in bar.notes if note.start_s < seconds]


def beat_s(bar) -> float:
    return bar.length_s / bar.beats


def test_softer_is_heard_at_the_next_beat(stage, say):
    before, changed = turned_by(stage(), say("loudness", loudness_db=-6))
    turn = changed.turns[-1]
    heard_s = changed.start_s + turn.start_s
    assert AT_S + TURN_S <= heard_s <= AT_S + TURN_S + 1.05 * beat_s(changed)
    assert changed.gain_db == before[changed.bar].gain_db
    assert turn.gain_db == changed.gain_db - 6


def test_a_livelier_nudge_is_heard_at_the_next_beat_as_tempo_and_force(stage, say):
    before, changed = turned_by(stage(), say("nudge", arousal=0.5))
    was, turn = before[changed.bar], changed.turns[-1]
    assert changed.tempo_bpm > was.tempo_bpm
    assert changed.length_s < was.length_s
    louder = [
        new.velocity - old.velocity
        for new, old in zip(changed.notes, was.notes, strict=True)
        if new.start_s >= turn.start_s
    ]
    assert sum(louder) > 0


def test_what_sounded_before_the_beat_stays_as_it_was(stage, say):
    before, changed = turned_by(stage(), say("nudge", arousal=0.5))
    turn = changed.turns[-1]
    assert changed.start_s == before[changed.bar].start_s
    early = turn.start_s - 0.1
    assert notes_before(changed, early) == notes_before(before[changed.bar], early)
    assert notes_before(changed, early)


def test_the_notes_of_the_bar_that_sounds_stay_the_same_notes(stage, say):
    before, changed = turned_by(stage(), say("nudge", arousal=0.3))
    pitches = [sorted((note.role, note.pitch) for note in bar.notes) for bar in (before[changed.bar], changed)]
    assert pitches[0] == pitches[1]


def test_the_bars_ahead_follow_at_once_in_the_new_spirit(stage, say):
    stage = stage()
    before, changed = turned_by(stage, say("loudness", loudness_db=-9), until_s=AT_S + 0.25)
    ahead = [bar for number, bar in sorted(latest(stage).items()) if number > changed.bar]
    assert len(ahead) >= 2
    for last, bar in itertools.pairwise([changed, *ahead]):
        assert isclose(last.start_s + last.length_s, bar.start_s, abs_tol=1e-3)
        assert bar.gain_db == changed.turns[-1].gain_db
        assert [note.pitch for note in bar.notes] == [note.pitch for note in before[bar.bar].notes]


@pytest.mark.parametrize("moment", [60.0, 60.75, 61.5, 62.25, 63.0, 63.75])
@pytest.mark.parametrize("amount", [-0.6, 0.6])
def test_music_has_no_hole_and_no_overlap_after_acts_at_any_moment(stage, say, moment, amount):
    stage = stage().play(moment).play(moment + 1, [say("nudge", arousal=amount)])
    stage.play(moment + 1.25, [say("loudness", loudness_db=-3)]).play(moment + 20, [say("nudge", valence=0.3)])
    bars = sorted(latest(stage).values(), key=lambda bar: bar.start_s)
    for before, after in itertools.pairwise(bars):
        assert isclose(before.start_s + before.length_s, after.start_s, abs_tol=1e-3)


@pytest.mark.parametrize("moment", [60.0, 61.0, 62.0, 63.0])
def test_however_often_people_steer_each_bar_stays_within_a_step_of_the_last(stage, say, moment):
    limits = Limits(tempo_step_bpm=2.0)
    stage = stage(limits=limits).play(moment)
    for number in range(24):
        fields = {"arousal": 0.4} if number % 5 else {"arousal": -0.8}
        stage.play(moment + number / 2, [say("nudge", **fields), say("loudness", loudness_db=3)])
    plans = {event.plan.bar: event for event in stage.all("plan")}
    for before, after in itertools.pairwise(plans[bar] for bar in sorted(plans)):
        assert abs(after.plan.tempo_bpm - before.plan.tempo_bpm) <= limits.tempo_step_bpm + 1e-9
        assert abs(after.plan.aim.arousal - before.plan.aim.arousal) <= limits.step_per_bar + 1e-3
        assert after.loudness_db <= before.loudness_db + LOUDER_STEP_DB + 1e-9


def test_music_has_no_hole_when_the_composer_takes_its_time_over_an_answer(stage, say):
    stage = stage().play(AT_S)
    while not stage.answers:
        stage.play(stage.number * 0.25 + 0.25)
    late, stage.answers = stage.answers, ()
    asked_s = stage.number * 0.25
    stage.play(asked_s + 2.5, [say("nudge", arousal=0.3)], generator=False)
    stage.answers = late
    stage.play(asked_s + 30)
    bars = sorted(latest(stage).values(), key=lambda bar: bar.start_s)
    for before, after in itertools.pairwise(bars):
        assert isclose(before.start_s + before.length_s, after.start_s, abs_tol=1e-3)
    assert not [event for event in stage.all("bar") if event.late]
    assert bars[-1].tempo_bpm > next(bar for bar in bars if bar.start_s > asked_s - 4).tempo_bpm


def test_louder_rises_at_most_a_step_at_the_next_beat(stage, say):
    before, changed = turned_by(stage(), say("loudness", loudness_db=6))
    assert changed.turns[-1].gain_db == before[changed.bar].gain_db + LOUDER_STEP_DB


def test_softening_for_distress_is_heard_at_the_next_beat(stage):
    rising = stage(lambda at_s: 0.9 if at_s > 100 else 0.0).play(140)
    first = next(entry for entry in rising.entries if entry.kind == "bar" and entry.event.bar.turns)
    turn, bar = first.event.bar.turns[-1], first.event.bar
    assert turn.gain_db <= bar.gain_db - 6
    assert bar.start_s + turn.start_s <= first.at_s + TURN_S + 1.05 * beat_s(bar)


def test_a_feeling_that_leaps_turns_the_bar_that_sounds(stage):
    leaping = stage(lambda at_s: -0.2 if at_s < 150 else 0.35, strategy="compensatory", length_s=1200).play(190)
    turned = [entry for entry in leaping.entries if entry.kind == "bar" and entry.event.bar.turns]
    assert turned
    assert turned[0].at_s > 150


def test_music_that_follows_its_plan_is_not_turned(stage):
    calm = stage(lambda at_s: 0.4 - at_s / 1000).play(500)
    assert not [event for event in calm.all("bar") if event.bar.turns]


def test_a_turn_is_written_down_as_plan_and_bar_with_its_cause(stage, say):
    stage = stage().play(AT_S).play(AT_S + 0.25, [say("loudness", loudness_db=-6)])
    act = next(entry for entry in stage.entries if entry.kind == "override")
    plans = {(e.event.plan.bar, e.event.revision): e for e in stage.entries if e.kind == "plan"}
    for entry in (e for e in stage.entries if e.kind == "bar" and e.seq > act.seq):
        plan = plans[entry.event.bar.bar, entry.event.bar.revision]
        assert plan.seq in entry.follows
        assert act.seq in plan.follows


def test_the_same_acts_turn_alike(stage, say):
    def told() -> list[str]:
        played = stage().play(AT_S).play(AT_S + 8, [say("nudge", arousal=0.4)])
        return [body_of(entry.event) for entry in played.entries if entry.kind in ("plan", "bar")]

    assert told() == told()


def test_hold_keeps_what_sounds(stage, say):
    stage = stage(lambda at_s: 0.5 - at_s / 400).play(200)
    sounds = max((b for b in latest(stage).values() if b.start_s <= 200), key=lambda bar: bar.start_s)
    stage.play(230, [say("hold")])
    held = latest(stage)[max(latest(stage))]
    assert abs(held.tempo_bpm / sounds.tempo_bpm - 1) < 0.03


def test_without_the_learned_groove_the_session_plays_on_and_says_so(stage, tmp_path):
    groove, without = found_groove(tmp_path)
    assert groove is None
    notice = Alarm(GROOVE, "notice", without)
    stage = stage(lambda at_s: 0.5).play(20, notices=[notice])
    assert stage.all("bar")
    assert [alarm.words for alarm in stage.all("alarm") if alarm.code == GROOVE] == [without]
    assert "no weights named 'groove'" in without
    assert inputs_of(stage.entries)[0].notices == (notice,)
