"""Two sensors of one kind in one session: their streams stay apart, and one device is worn once."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sensors.blocks import SensorError
from therapy_app.engine.fast import run_fast
from therapy_app.engine.opening import refuse_twice
from therapy_app.engine.verify import verify
from therapy_app.records.demo import simulated_client
from therapy_app.records.log import read_blocks
from therapy_app.records.sessions import request_session

WHEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def run(records, sensors: list[str]) -> int:
    session_id = request_session(
        records.database,
        client_id=simulated_client(records.database),
        protocol="settle",
        seed=7,
        stored_rest=True,
        user_id=None,
        sensors=sensors,
        consent_by="3",
        length_s=60,
        status="running",
    )
    run_fast(records.database, records.recorder(), session_id, WHEN)
    return session_id


def test_two_of_a_kind_are_recorded_side_by_side_and_the_session_verifies(records):
    session = run(records, ["virtual:typical", "virtual:responder"])
    blocks = [block for _, block in read_blocks(records.database, session)]
    streams = {block.info.stream for block in blocks}
    assert {"ecg", "ecg 2", "eda", "eda 2"} <= streams
    for stream in streams:
        numbers = [block.seq for block in blocks if block.info.stream == stream]
        assert numbers == sorted(set(numbers))
    devices = {json.loads(event.body)["status"]["device"] for event in records.events(session, "sensor")}
    assert devices == {"virtual:typical", "virtual:responder 2"}
    assert verify(records.database, session).why == ""


def test_one_device_named_twice_is_refused_in_words(records):
    with pytest.raises(SensorError, match="'virtual:typical' is named twice"):
        run(records, ["virtual:typical", "virtual", "virtual:typical"])


def test_sensors_that_leave_the_device_open_may_stand_there_twice():
    refuse_twice(["ws", "ws", "ble:auto", "ble:auto", "virtual", "virtual"])
