"""The session from its ticks: what it plays, whom it obeys, when it ends."""

from __future__ import annotations

import itertools
from math import isclose

import pytest

from therapy_app.session.commands import Command, CommandError
from therapy_app.session.events import Entry, TicksMissed, body_of, event_from
from therapy_app.session.score import PASS_S


def sounding(stage) -> list:
    """The bars that play: of each the highest revision, in order of time."""
    latest = {event.bar.bar: event.bar for event in stage.all("bar")}
    return sorted(latest.values(), key=lambda bar: bar.start_s)


def test_the_first_bar_is_ready_within_a_second_of_start(stage):
    first = stage().play(5).all("bar")[0].bar
    assert first.start_s <= 1.0
    assert first.notes


def test_music_never_runs_dry_and_never_overlaps(stage):
    bars = sounding(stage().play(300))
    for before, after in itertools.pairwise(bars):
        assert isclose(before.start_s + before.length_s, after.start_s, abs_tol=1e-4)
    assert bars[-1].start_s + bars[-1].length_s >= 300


def test_two_whole_bars_are_always_composed_ahead(stage):
    stage = stage()
    for second in range(5, 200):
        stage.play(second)
        ahead = [bar for bar in sounding(stage) if bar.start_s > second - 0.25]
        assert len(ahead) >= 2, f"at {second} s only {len(ahead)} bars are ready"


def test_a_session_ends_when_its_time_and_its_music_are_over(stage):
    stage = stage(length_s=60).play(90)
    assert [event.how for event in stage.all("ended")] == ["finished"]
    end = stage.entries[-1]
    last = sounding(stage)[-1]
    assert end.kind == "ended"
    assert end.at_s >= last.start_s + last.length_s


def test_the_music_fades_before_the_end(stage):
    bars = sounding(stage(length_s=300).play(320))
    assert bars[-1].gain_db < bars[len(bars) // 2].gain_db - 10


def test_an_excited_person_is_met_and_led_to_calm(stage):
    tempos = [bar.tempo_bpm for bar in sounding(stage(lambda at_s: 0.5 - at_s / 800).play(590))]
    assert tempos[0] > 85
    assert tempos[-1] < 65


def test_someone_who_does_not_respond_is_not_held_where_they_are(stage):
    stage = stage(lambda at_s: 0.3).play(540)
    assert stage.all("target")[-1].aim.arousal == pytest.approx(-0.6, abs=0.05)


def test_nothing_happens_before_its_cause(stage, say):
    stage = stage().play(60).play(120, [say("nudge", arousal=0.3)])
    seen: set[int] = set()
    for entry in stage.entries:
        assert set(entry.follows) <= seen, f"{entry.kind} {entry.seq} follows something that had not happened"
        seen.add(entry.seq)
    assert [entry.seq for entry in stage.entries] == list(range(1, len(stage.entries) + 1))


def test_a_change_of_the_music_leads_back_to_the_act_that_caused_it(stage, say):
    stage = stage().play(60).play(70, [say("nudge", arousal=0.4, reason="too sleepy")])
    by_seq = {entry.seq: entry for entry in stage.entries}
    act = next(entry for entry in stage.entries if entry.kind == "override")
    after = next(entry for entry in stage.entries if entry.kind == "bar" and entry.seq > act.seq)

    def causes(entry: Entry) -> set[int]:
        return {entry.seq}.union(*(causes(by_seq[seq]) for seq in entry.follows))

    assert act.seq in causes(after)


def test_a_nudge_brings_new_notes_with_the_next_bar_that_can_still_be_composed(stage, say):
    stage = stage().play(60)
    before = {bar.bar: bar for bar in sounding(stage)}
    stage.play(75, [say("nudge", arousal=0.5)])
    first_free = next(bar.bar for bar in before.values() if bar.start_s > 60 + PASS_S)
    composed_anew = [e.bar.bar for e in stage.all("bar") if e.tokens == 0 and e.bar.bar == first_free]
    assert len(composed_anew) >= 2
    now = {bar.bar: bar for bar in sounding(stage)}
    assert now[first_free].tempo_bpm > before[first_free].tempo_bpm


def test_softer_keeps_the_notes_and_lowers_the_gain(stage, say):
    stage = stage(lambda at_s: None).play(60)
    before = {bar.bar: bar for bar in sounding(stage)}
    stage.play(64, [say("loudness", loudness_db=-6)])
    again = next(event.bar for event in stage.all("bar") if event.bar.revision == 1)
    assert [note.pitch for note in again.notes] == [note.pitch for note in before[again.bar].notes]
    assert again.gain_db == before[again.bar].gain_db - 6


def test_skip_brings_other_themes_without_a_hole(stage, say):
    stage = stage().play(60).play(90, [say("skip")])
    bars = sounding(stage)
    for before, after in itertools.pairwise(bars):
        assert isclose(before.start_s + before.length_s, after.start_s, abs_tol=1e-4)
    plans = stage.all("plan")
    skipped = next(plan for plan in plans if plan.revision == 1)
    assert skipped.plan.tonic != plans[0].plan.tonic or skipped.plan.motif != plans[0].plan.motif


def test_hold_keeps_the_aim_until_released(stage, say):
    stage = stage(lambda at_s: 0.5).play(120).play(200, [say("hold")])
    held = {(p.plan.aim.valence, p.plan.aim.arousal) for p in stage.between("plan", 125, 200)}
    assert len(held) == 1
    stage.play(320, [say("release")])
    assert stage.all("plan")[-1].plan.aim.arousal < min(held)[1] - 0.1


def test_silence_drops_what_has_not_begun_and_resume_goes_on(stage, say):
    stage = stage().play(60).play(80, [say("silence")])
    assert stage.all("silenced")
    assert not stage.between("bar", 61, 80)
    stage.play(90, [say("resume")])
    resumed = stage.between("bar", 80, 90)
    assert resumed[0].bar.start_s >= 80


def test_stop_ends_the_session_in_that_very_tick(stage, say):
    stage = stage().play(60).play(70, [say("stop", reason="enough")])
    assert stage.entries[-1].kind == "ended"
    assert stage.entries[-1].at_s == 60
    assert stage.all("ended")[0].how == "stopped"
    assert not stage.play(80).between("bar", 60.25, 80)


def test_observe_plays_the_plan_whatever_is_felt(stage):
    excited = stage(lambda at_s: 0.6, authority="observe").play(200).all("plan")
    calm = stage(lambda at_s: -0.6, authority="observe").play(200).all("plan")
    assert [plan.plan.aim for plan in excited] == [plan.plan.aim for plan in calm]


def test_suggest_waits_for_a_person(stage, say):
    stage = stage(lambda at_s: 0.4, authority="suggest").play(300)
    offered = stage.all("suggestion")[-1]
    assert len({(plan.plan.aim.valence, plan.plan.aim.arousal) for plan in stage.all("plan")}) == 1
    stage.play(360, [say("accept")])
    assert stage.all("plan")[-1].plan.aim.arousal == pytest.approx(offered.aim.arousal, abs=0.1)


def test_rest_is_measured_under_quiet_music_when_it_is_prescribed(stage):
    stage = stage(baseline=None, baseline_s=60.0).play(75)
    assert [event.phase for event in stage.all("phase")] == ["baseline", "match"]
    assert stage.all("baseline")[0].source == "none"
    assert {alarm.code for alarm in stage.all("alarm")} >= {"rest"}
    quiet = stage.between("bar", 0, 50)
    assert max(event.bar.gain_db for event in quiet) <= -9


def test_a_quiet_baseline_has_no_music(stage):
    stage = stage(baseline=None, baseline_s=60.0, intro=False).play(70)
    assert not stage.between("bar", 0, 60)
    assert stage.between("bar", 60, 70)


@pytest.mark.parametrize("intro", [True, False])
def test_a_silence_that_a_person_asked_for_outlasts_the_baseline(stage, say, intro):
    stage = stage(baseline=None, baseline_s=60.0, intro=intro).play(20).play(80, [say("silence")])
    assert not stage.between("bar", 25, 80)
    assert stage.play(90, [say("resume")]).between("bar", 80, 90)


def test_a_check_in_is_written_down_and_reaches_the_estimator(stage, say):
    stage = stage().play(30).play(40, [say("check_in", valence=-0.5, arousal=0.2, when="pre")])
    assert stage.all("check_in")[0].command.valence == -0.5
    person = stage.session.body.listening._person
    assert person.reports[0].valence == -0.5


def test_missed_ticks_are_written_down(stage):
    stage = stage().play(10)
    stage.number += 4 * 3600
    stage.play(stage.number * 0.25 + 5, notices=[TicksMissed(4 * 3600)])
    assert stage.all("missed")[0].count == 4 * 3600


def test_every_event_survives_being_written_and_read(stage, say):
    stage = stage().play(60).play(70, [say("nudge", valence=0.1), say("mark", text="tears")]).play(75, [say("stop")])
    for entry in stage.entries:
        assert event_from(entry.kind, body_of(entry.event)) == entry.event


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "explode"}, "no command named 'explode'; there are: hold"),
        ({"name": "nudge", "arousal": float("nan")}, "arousal nan; expected a number from -1 to 1"),
        ({"name": "loudness", "loudness_db": 60.0}, "loudness_db 60.0; expected a number from -12 to 6"),
        ({"name": "check_in", "when": "later"}, "when 'later'; expected one of pre, during, post"),
        ({"name": "mark", "text": "x" * 501}, "text of 501 characters; at most 500"),
    ],
)
def test_a_command_that_can_not_be_carried_out_says_why(fields, words):
    with pytest.raises(CommandError, match=words):
        Command(1, "3", **fields)
