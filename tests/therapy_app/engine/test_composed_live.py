"""Live sessions whose bars come from the composers' process, on the machine's own clock."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime

import pytest

from models.music.originality import Originality
from models.shipped import WeightsError
from therapy_app.engine import composer
from therapy_app.engine.conductor import Conductor
from therapy_app.engine.verify import verify
from therapy_app.records.sessions import send

PATIENCE_S = 60.0


@pytest.fixture
def engine(records):
    """A conductor on the real clock; it lets the process load before a session begins, as the engine does."""

    made = Conductor(records.database, records.recorder(), time.monotonic, lambda: datetime.now(UTC))
    made.begin()
    yield made
    made.close()


def generators(records, session):
    return [json.loads(event.body)["generator"] for event in records.events(session, "bar")]


def run_until(engine, condition, what):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, f"waited {PATIENCE_S:g} s for {what}"
        engine.turn()
        time.sleep(0.05)


def test_the_composer_is_killed_and_the_music_goes_on_and_the_session_can_be_computed_again(records, engine):
    first, second = (records.ask(minutes=10, generator="transformer", seed=seed) for seed in (3, 4))
    for session in (first, second):
        run_until(engine, lambda session=session: "transformer" in generators(records, session), "its first bars")
    os.kill(engine._studio.process_id, signal.SIGKILL)
    run_until(engine, lambda: any("started again" in e.body for e in records.events(first, "alarm")), "the alarm")
    told = [event.seq for event in records.events(first, "alarm")][-1]
    run_until(engine, lambda: any(e.seq > told for e in records.events(first, "alarm_cleared")), "it to come back")
    run_until(engine, lambda: generators(records, first)[-1] == "transformer", "its next bar")
    for session in (first, second):
        send(records.database, session, key=f"s{session}", actor="3", name="stop", fields={})
    run_until(engine, lambda: records.events(second)[-1].kind == "ended", "the end")
    for session in (first, second):
        bars = [json.loads(event.body)["bar"] for event in records.events(session, "bar")]
        starts = {bar["bar"]: bar for bar in bars}
        ends = [bar["start_s"] + bar["length_s"] for _, bar in sorted(starts.items())]
        following = [bar["start_s"] for _, bar in sorted(starts.items())][1:]
        assert [abs(end - start) < 0.01 for end, start in zip(ends, following, strict=False)] == [True] * len(following)
        assert verify(records.database, session).why == ""


def test_a_simulated_session_by_the_transformer_comes_out_the_same(records):
    tally = records.run(minutes=1, generator="transformer")
    assert set(generators(records, tally.session)) == {"transformer"}
    assert verify(records.database, tally.session).why == ""


def test_a_missing_index_is_told_and_stops_nothing(records, monkeypatch):
    def missing() -> Originality:
        raise WeightsError("the list of training works can't be read")

    monkeypatch.setattr(Originality, "load", missing)
    composer.found_index.cache_clear()
    try:
        tally = records.run(minutes=1)
    finally:
        composer.found_index.cache_clear()
    assert "not looked up among the training works" in records.events(tally.session, "alarm")[0].body
    assert tally.bars > 5
