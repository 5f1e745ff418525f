"""What a session makes of the person: their rest, what they say, and what was learned of them before."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from models.affect import Affect
from models.person import Baseline, Person
from models.personal import Personal, Told
from sensors.blocks import SampleBlock, StreamInfo
from sensors.readings import Features
from therapy_app.session.events import Entry, Started, event_from
from therapy_app.session.listening import UNEVEN, Listening
from therapy_app.session.prescription import Prescription

Worn = Callable[[float], Iterable[SampleBlock]]
LEARNED = Personal(version=3).after([Told(0.0, 0.8)] * 2)
REST = Baseline(180.0, {"hr_bpm": 70.0})


def watch(course: Callable[[float], float]) -> Worn:
    """A watch that sends its pulse number once a second."""
    info = StreamInfo("watch", "hr", ("hr",), None)

    def worn(at_s: float) -> list[SampleBlock]:
        return [SampleBlock(info, int(at_s), at_s, np.array([[course(at_s)]], np.float32), np.array([at_s]))]

    return worn


def strap(at_s: float) -> list[SampleBlock]:
    """A strap that sends each beat interval of a steady heart."""
    rr_ms = 1000 + 40 * np.sin(at_s)
    info = StreamInfo("strap", "rr", ("rr",), None)
    return [SampleBlock(info, int(at_s), at_s, np.array([[rr_ms]], np.float32), np.array([at_s + rr_ms / 1000 - 1]))]


FALLING = watch(lambda at_s: 110 - at_s / 4)


def affects(stage) -> list:
    return [event.affect for event in stage.all("affect")]


def test_minutes_that_were_no_rest_are_refused_and_the_alarm_says_why(stage):
    stage = stage(worn=FALLING, baseline=None, baseline_s=120.0, length_s=600.0, judges_rest=True).play(130)
    (taken,) = stage.all("baseline")
    assert (taken.source, taken.baseline) == ("refused", None)
    assert taken.reason == "the pulse fell by 20 a minute"
    (alarm,) = [alarm for alarm in stage.all("alarm") if alarm.code == "rest"]
    assert "no rest: the pulse fell by 20 a minute" in alarm.words
    assert "measured again" in alarm.words


def test_rest_is_measured_again_when_asked_and_the_music_waits_for_it(stage, say):
    worn = watch(lambda at_s: 110 - at_s / 4 if at_s < 130 else 72.0)
    stage = stage(worn=worn, baseline=None, baseline_s=120.0, length_s=600.0, judges_rest=True).play(140)
    stage.play(350, [say("rest")])
    again = stage.all("baseline")[-1]
    assert again.source == "measured"
    assert again.baseline.medians["hr_bpm"] == 72.0
    assert stage.all("alarm_cleared")[-1].code == "rest"
    during = [plan.plan.aim for plan in stage.between("plan", 145, 315)]
    assert len({(aim.valence, aim.arousal) for aim in during}) == 1
    assert "rest is measured again" in stage.between("plan", 145, 315)[-1].reason


def test_a_refused_rest_leaves_the_one_from_before_in_force(stage):
    stage = stage(worn=FALLING, baseline=REST, baseline_s=120.0, length_s=600.0, judges_rest=True).play(130)
    (taken,) = stage.all("baseline")
    assert (taken.source, taken.baseline) == ("stored", REST)
    assert taken.reason == "the pulse fell by 20 a minute; rest of an earlier session"
    assert "The rest from before is used" in stage.all("alarm")[-1].words


def test_a_log_from_before_rest_was_judged_takes_any_minutes(stage):
    assert (
        stage(worn=FALLING, baseline=None, baseline_s=120.0, length_s=600.0).play(130).all("baseline")[0].source
        == "short"
    )


def test_what_was_learned_before_is_in_force_from_the_first_second_and_said(stage):
    stage = stage(lambda at_s: 0.1, personal=LEARNED).play(30)
    assert stage.all("personal")[0].personal == LEARNED
    assert "version 3, from earlier sessions" in stage.all("personal")[0].reason
    assert affects(stage)[-1].arousal.value == pytest.approx(0.1 + LEARNED.bias)
    assert affects(stage)[-1].contributions[-1].name == "personal"


def test_a_check_in_moves_the_estimates_that_follow_by_its_shrunken_share(stage, say):
    stage = stage(lambda at_s: -0.2, personal=Personal()).play(60)
    stage.play(120, [say("check_in", valence=0.3, arousal=1.0, when="during")])
    assert [round(taken.personal.bias, 2) for taken in stage.all("personal")] == [0.0, 0.2]
    assert affects(stage)[-1].arousal.value == pytest.approx(0.0)
    check_in = next(entry for entry in stage.entries if entry.kind == "check_in")
    learned = next(entry for entry in stage.entries if entry.kind == "personal" and entry.seq > check_in.seq)
    assert check_in.seq in learned.follows
    assert learned.seq in stage.entries[_last(stage.entries, "affect")].follows


def _last(entries: list[Entry], kind: str) -> int:
    return max(place for place, entry in enumerate(entries) if entry.kind == kind)


def test_reports_are_held_against_what_was_estimated_before_adapting(stage, say):
    stage = stage(lambda at_s: 0.2, personal=Personal()).play(60)
    for end_s in (70, 80, 90, 100):
        stage.play(end_s, [say("check_in", arousal=0.8, when="during")])
    learned = stage.all("personal")[-1].personal
    assert (learned.reports, learned.mean_estimated) == (4, pytest.approx(0.2))
    assert learned.bias == pytest.approx(4 / 6 * 0.3)


def test_half_a_check_in_teaches_that_half_only(stage, say):
    stage = stage(lambda at_s: 0.2, personal=Personal()).play(60)
    stage.play(62, [say("check_in", valence=0.6, when="during", only="valence")])
    learned = stage.all("personal")[-1].personal
    assert (learned.reports, learned.moods) == (0, 1)
    stage.play(64, [say("check_in", arousal=0.6, when="during", only="arousal")])
    learned = stage.all("personal")[-1].personal
    assert (learned.reports, learned.moods) == (1, 1)
    assert len(stage.session.body.listening._person.reports) == 1


def test_a_report_while_nothing_is_known_teaches_no_arousal(stage, say):
    stage = stage(lambda at_s: None, personal=Personal()).play(60)
    stage.play(70, [say("check_in", arousal=0.8, valence=0.4, when="during")])
    assert stage.all("personal")[-1].personal.reports == 0
    assert {affect.state for affect in affects(stage)} == {"unknown"}


def test_a_log_from_before_there_was_a_personal_model_is_not_adapted(stage, say):
    stage = stage(lambda at_s: 0.2).play(60).play(90, [say("check_in", arousal=0.9, when="during")])
    assert stage.all("personal") == []
    assert affects(stage)[-1].arousal.value == 0.2


def test_an_old_line_of_how_a_session_began_is_still_read(stage):
    old = (
        '{"baseline":null,"estimator":"resting","generator":"rules","prescription":{"authority":"adapt",'
        '"baseline_s":0.0,"goal":"relax","intro":true,"length_s":600.0,"limits":{},"roles":["melody"],'
        '"strategy":"fixed","tradition":"western"},"seed":7}'
    )
    started = event_from("started", old)
    assert isinstance(started, Started)
    assert (started.personal, started.judges_rest, started.uneven_heart) == (None, False, False)


def test_the_usual_mood_stands_in_for_what_nobody_said():
    learned = Personal().after_mood(0.6).after_mood(0.6)
    seen: list[Person] = []

    class Watching:
        def estimate(self, features, person):
            seen.append(person)
            return Affect(features.at_s, "unknown", "only watching")

    Listening(Watching(), Started(Prescription(), 1, "", "", REST, learned)).feel(Features(1.0))
    assert seen[0].usual_valence == pytest.approx(0.3)


def test_with_an_uneven_heart_only_the_pulse_is_used_and_that_is_said(stage):
    even = stage(worn=strap).play(90).all("features")[-1].readings
    uneven = stage(worn=strap, uneven_heart=True).play(90).all("features")[-1].readings
    assert even["rmssd_ms"].value is not None
    assert uneven["hr_bpm"].value == pytest.approx(60, abs=2)
    for name in ("rmssd_ms", "sdnn_ms"):
        assert (uneven[name].value, uneven[name].reason) == (None, UNEVEN)
