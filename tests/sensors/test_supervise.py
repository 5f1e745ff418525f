"""The supervisor and what it is made of: back-off, silence, numbers, the mailbox, and the times of beats."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.blocks import SampleBlock, SensorError, Status, StreamInfo
from sensors.bluetooth.beat_times import LATEST_S, BeatTimes
from sensors.loop_thread import LoopThread
from sensors.mailbox import Mailbox
from sensors.numbering import Numbering
from sensors.supervise import Link, LinkLost, Patience, Supervisor

EDA = StreamInfo("eda", "eda", ("eda",), 4.0)
RR = StreamInfo("rr", "rr", ("rr",), None)
QUICK = Patience(first_pause_s=0.01, longest_pause_s=0.04, connect_s=0.3, silence_s=0.1)


def samples(count: int) -> np.ndarray:
    return np.ones((count, 1), dtype=np.float32)


def supervised(
    connection: Callable[[Link], Awaitable[None]], for_s: float, patience: Patience = QUICK
) -> list[SampleBlock | Status]:
    """What a connection leaves in the mailbox within `for_s`."""
    mailbox = Mailbox()
    begun_s = time.monotonic()
    supervisor = Supervisor("strap", lambda: time.monotonic() - begun_s, mailbox, patience)

    async def live() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(supervisor.run(connection), for_s)

    asyncio.run(live())
    return mailbox.take()


def states(arrived: list[SampleBlock | Status]) -> list[str]:
    return [item.state for item in arrived if isinstance(item, Status)]


def test_pauses_double_from_half_a_second_to_two() -> None:
    assert [Patience().pause_s(failures) for failures in range(7)] == [0.5, 1, 2, 2, 2, 2, 2]
    assert Patience().pause_s(100_000) == 2


def test_failing_to_connect_is_told_once_and_tried_again_more_and_more_rarely() -> None:
    tries: list[float] = []

    async def nobody(_: Link) -> None:
        tries.append(time.monotonic())
        raise LinkLost("nobody there")

    arrived = supervised(nobody, 0.5)
    assert states(arrived) == ["connecting", "lost"]
    assert isinstance(arrived[-1], Status)
    assert arrived[-1].reason == "nobody there"
    pauses = np.diff(tries)
    assert 0.009 < pauses[0] < pauses[2]
    assert pauses[3:].min() > 0.039


def test_a_connection_that_never_comes_about_is_lost() -> None:
    async def hangs(_: Link) -> None:
        await asyncio.sleep(60)

    arrived = supervised(hangs, 0.5)
    assert states(arrived) == ["connecting", "lost"]
    assert "no connection within 0.3 s" in [item.reason for item in arrived if isinstance(item, Status)]


def test_a_connection_without_data_is_stale_never_streaming() -> None:
    async def silent(link: Link) -> None:
        link.connected()
        await asyncio.sleep(60)

    assert states(supervised(silent, 0.25))[:3] == ["connecting", "stale", "lost"]


def test_numbers_go_on_over_reconnections_and_every_hole_is_marked() -> None:
    lives = 0

    async def breaks(link: Link) -> None:
        nonlocal lives
        lives += 1
        link.connected()
        for second in range(3):
            link.deliver(EDA, lives * 10 + second, samples(4))
            link.deliver(RR, lives * 10 + second, samples(1), np.array([lives * 10.0 + second]))
        raise LinkLost("torn")

    arrived = supervised(breaks, 0.1)
    for stream, end in (("eda", 3.0), ("rr", 2.0)):
        blocks = [item for item in arrived if isinstance(item, SampleBlock) and item.info.stream == stream]
        assert [block.seq for block in blocks] == list(range(len(blocks)))
        assert [block.gap_s for block in blocks[:6]] == [0, 0, 0, 10 - end, 0, 0]
    assert states(arrived)[:5] == ["connecting", "streaming", "reconnecting", "streaming", "reconnecting"]


def test_a_fault_in_a_devices_code_is_said_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    lives = 0

    async def broken(link: Link) -> None:
        nonlocal lives
        lives += 1
        if lives == 1:
            raise ZeroDivisionError("a bug")
        link.connected()
        link.deliver(EDA, 0.0, samples(4))
        await asyncio.sleep(60)

    arrived = supervised(broken, 0.2)
    assert states(arrived)[:3] == ["connecting", "lost", "streaming"]
    assert "the adapter broke: ZeroDivisionError" in [item.reason for item in arrived if isinstance(item, Status)]
    assert "a bug" in caplog.text


def test_a_change_of_the_battery_is_told_once() -> None:
    async def drains(link: Link) -> None:
        link.connected(0.8)
        link.deliver(EDA, 0.0, samples(4))
        for level in (0.8, 0.795, 0.78, 0.78):
            link.battery(level)
        await asyncio.sleep(60)

    arrived = supervised(drains, 0.08)
    assert [item.battery for item in arrived if isinstance(item, Status)][:3] == [None, 0.8, 0.78]


def test_a_block_keeps_the_devices_own_time_and_its_arrival() -> None:
    async def stamped(link: Link) -> None:
        link.connected()
        link.deliver(EDA, 7.0, samples(4), device_s=1234.5, quality=0.9, flags=frozenset({"replay"}))
        await asyncio.sleep(60)

    (block,) = [item for item in supervised(stamped, 0.08) if isinstance(item, SampleBlock)]
    assert (block.device_s, block.quality, block.flags) == (1234.5, 0.9, {"replay"})
    assert block.arrived_s is not None
    assert 0 <= block.arrived_s < 0.08


def test_a_fault_in_a_thread_reaches_whoever_asks() -> None:
    async def broken() -> None:
        raise ZeroDivisionError("a bug")

    thread = LoopThread("strap", broken())
    with pytest.raises(SensorError, match="strap broke: ZeroDivisionError: a bug"):
        checked_for_a_second(thread)
    thread.close()


def checked_for_a_second(thread: LoopThread) -> None:
    for _ in range(100):
        time.sleep(0.01)
        thread.check()


def test_closing_ends_the_thread_and_lets_the_device_say_goodbye() -> None:
    goodbyes: list[str] = []

    async def device() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            goodbyes.append("bye")

    thread = LoopThread("device under test", device())
    time.sleep(0.05)
    thread.close()
    thread.close()
    thread.check()
    assert goodbyes == ["bye"]
    assert "device under test" not in [running.name for running in threading.enumerate()]


def test_a_full_mailbox_drops_the_oldest_samples_counts_them_and_keeps_every_status() -> None:
    mailbox, numbering = Mailbox(capacity_blocks=4), Numbering()
    for second in range(10):
        mailbox.put(Status("strap", "streaming", second))
        mailbox.put(numbering.block(EDA, second, samples(4)))
    arrived = mailbox.take()
    blocks = [item for item in arrived if isinstance(item, SampleBlock)]
    assert len(states(arrived)) == 10
    assert [block.seq for block in blocks] == [6, 7, 8, 9]
    assert [block.gap_s for block in blocks] == [6.0, 0, 0, 0]
    assert mailbox.dropped == {"eda": 6}
    assert mailbox.take() == []


def test_the_mailbox_keeps_the_order_of_arrival() -> None:
    mailbox, numbering = Mailbox(), Numbering()
    put = [numbering.block(EDA, 0, samples(4)), Status("strap", "stale", 1), numbering.block(EDA, 1, samples(4))]
    for item in put:
        mailbox.put(item)
    assert mailbox.take() == put


def test_samples_that_are_missing_between_blocks_are_marked_and_rounding_is_not() -> None:
    numbering = Numbering()
    gaps = [numbering.block(EDA, start_s, samples(4)).gap_s for start_s in (0.0, 1.0000001, 2.0, 3.5, 4.5)]
    assert gaps == [0, 0, 0, 0.5, 0]


def test_beats_are_placed_backwards_from_arrival() -> None:
    times_s, missing_s = BeatTimes().place(10.0, [800, 700, 900])
    assert times_s == pytest.approx([8.4, 9.1, 10.0])
    assert missing_s == 0


def test_beats_that_follow_are_chained_whatever_the_radio_does() -> None:
    beats = BeatTimes()
    beats.place(10.0, [800])
    assert beats.place(11.9, [750])[0] == pytest.approx([10.75])
    assert beats.place(11.4, [750])[0] == pytest.approx([11.5])


def test_beats_that_were_never_sent_are_missing() -> None:
    beats = BeatTimes()
    beats.place(10.0, [800])
    times_s, missing_s = beats.place(20.0, [800])
    assert times_s == pytest.approx([20.0])
    assert missing_s == pytest.approx(9.2)


@given(
    st.lists(
        st.tuples(st.floats(0, 12), st.lists(st.floats(250, 2000), min_size=1, max_size=4)), min_size=1, max_size=20
    )
)
def test_beat_times_never_go_backwards_and_are_as_far_apart_as_the_intervals(
    packets: list[tuple[float, list[float]]],
) -> None:
    beats, arrived_s, placed, holes = BeatTimes(), 100.0, [], 0
    for wait_s, intervals in packets:
        arrived_s += wait_s
        times_s, missing_s = beats.place(arrived_s, intervals)
        holes += missing_s > 0
        placed += list(times_s)
        assert np.diff(times_s) * 1000 == pytest.approx(intervals[1:])
        assert missing_s == 0 or missing_s > LATEST_S
    assert (np.diff(placed) > 0).all()
    assert holes < len(packets)
