"""OSC over UDP: a Muse's addresses, rates measured, losses seen by the time they leave, whatever bytes there are."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import build_msg
from pythonosc.udp_client import SimpleUDPClient

from sensors.adapters.osc import Sensor
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.push.counted_clock import DRIFT, CountedClock
from sensors.push.members import MessageError
from sensors.push.osc_addresses import Rows, meaning, messages_of
from sensors.push.unstamped import measured_hz, snapped


class Session:
    def __init__(self, port: int) -> None:
        began_s = time.monotonic()
        self.clock = lambda: time.monotonic() - began_s
        self.sensor = Sensor.open(str(port), Place(self.clock, np.random.default_rng(1)))
        self.arrived: list[SampleBlock | Status] = []

    def until(self, found: Callable[[], Any], within_s: float = 5.0) -> Any:
        end_s = time.monotonic() + within_s
        while not (value := found()):
            assert time.monotonic() < end_s, f"not within {within_s} s; so far {self.statuses}"
            self.arrived += self.sensor.read(0.0)
            time.sleep(0.01)
        return value

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(item.state, item.reason) for item in self.arrived if isinstance(item, Status)]

    def samples(self, stream: str, count: int) -> list[SampleBlock]:
        def found() -> list[SampleBlock]:
            of = [item for item in self.arrived if isinstance(item, SampleBlock) and item.info.stream == stream]
            return of if sum(len(block.samples) for block in of) >= count else []

        blocks: list[SampleBlock] = self.until(found)
        return blocks

    def until_told(self, words: str) -> None:
        self.until(lambda: any(words in why for _, why in self.statuses))


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def session(port: int) -> Iterator[Session]:
    session = Session(port)
    session.until_told(f"waits for OSC at UDP port {port} of 127.0.0.1")
    yield session
    session.sensor.close()


@pytest.fixture
def program(port: int) -> Iterator[SimpleUDPClient]:
    program = SimpleUDPClient("127.0.0.1", port)
    yield program
    program._sock.close()


def test_a_muse_is_heard_with_its_fit_and_battery(session: Session, program: SimpleUDPClient) -> None:
    program.send_message("/therapy/rate", ["eeg", 256.0])
    program.send_message("/muse/elements/horseshoe", [1.0, 1.0, 4.0, 2.0])
    program.send_message("/muse/batt", [8342, 3900, 3900, 25])
    for number in range(32):
        program.send_message("/muse/eeg", [800.0 + number, 801.0, 802.0, 803.0, 5.0, 6.0])
    blocks = session.samples("eeg", 32)
    samples = np.concatenate([block.samples for block in blocks])
    assert samples[:, 0].tolist() == [800.0 + number for number in range(32)]
    assert blocks[0].info.channels == ("TP9", "AF7", "AF8", "TP10")
    assert blocks[0].info.rate_hz == 256
    assert blocks[0].contact is True
    assert blocks[0].quality == pytest.approx((1 + 1 + 0 + 2 / 3) / 4)
    assert any(item.battery == 0.8342 for item in session.arrived if isinstance(item, Status))
    assert blocks[0].info in session.sensor.describe()


def test_a_muse_that_is_taken_off_is_told(session: Session, program: SimpleUDPClient) -> None:
    program.send_message("/therapy/rate", ["eeg", 256.0])
    program.send_message("/Person0/elements/touching_forehead", 0)
    program.send_message("/Person0/eeg", [800.0] * 4)
    (block,) = session.samples("eeg", 1)
    assert block.contact is False


def test_the_rate_is_measured_when_nobody_declares_it(session: Session, program: SimpleUDPClient) -> None:
    began_s = time.monotonic()
    for number in range(115):
        time.sleep(max(0.0, began_s + number / 52 - time.monotonic()))
        program.send_message("/muse/acc", [0.0, 0.0, 1.0])
    blocks = session.samples("acc", 110)
    assert blocks[0].info.rate_hz == 52
    assert all(block.gap_s == 0 for block in blocks)
    assert blocks[-1].end_s == pytest.approx(session.clock(), abs=0.3)


def test_a_headband_at_another_rate_is_told(session: Session, program: SimpleUDPClient) -> None:
    began_s = time.monotonic()
    for number in range(23):
        time.sleep(max(0.0, began_s + number / 10 - time.monotonic()))
        program.send_message("/muse/eeg", [800.0] * 4)
    blocks = session.samples("eeg", 20)
    assert blocks[0].info.rate_hz == pytest.approx(10, rel=0.05)
    session.until_told("Hz; expected 256 or 220 or 500 Hz")


def test_events_and_own_fields_come_by_name(session: Session, program: SimpleUDPClient) -> None:
    program.send_message("/therapy/hr_bpm", 71.5)
    program.send_message("/therapy/rate", ["eda_us", 4.0])
    program.send_message("/therapy/eda_us", [2.0, 2.1, 2.2])
    bundle = OscBundleBuilder(IMMEDIATELY)
    bundle.add_content(build_msg("/therapy/rr_ms", [840]))
    program.send(bundle.build())
    (heart,) = session.samples("hr_bpm", 1)
    (skin,) = session.samples("eda_us", 3)
    (beat,) = session.samples("rr_ms", 1)
    assert heart.samples.tolist() == [[71.5]]
    assert heart.info.clock == "host"
    assert skin.samples.shape == (3, 1)
    assert skin.info.rate_hz == 4
    assert skin.end_s == pytest.approx(session.clock(), abs=0.5)
    assert beat.samples.tolist() == [[840.0]]


@pytest.mark.parametrize(
    ("address", "values", "words"),
    [
        ("/muse/acc", [0.0, 0.0, 980.0], "acc of 980; expected g"),
        ("/muse/eeg", [1.0], "eeg with 1 values; expected at least 4"),
        ("/muse/eeg", ["a", "b", "c", "d"], "eeg holds 'a'; expected numbers"),
        ("/therapy/pulse", [1.0], "unknown field 'pulse'"),
        ("/therapy/rate", ["eda_us", -1.0], "rate -1 Hz; expected"),
        ("/muse/batt", [20_000], "batt 20000; expected 0 to 10000"),
    ],
)
def test_what_can_not_be_is_told_in_words(
    session: Session, program: SimpleUDPClient, address: str, values: list[Any], words: str
) -> None:
    program.send_message(address, values)
    session.until_told(words)
    program.send_message("/therapy/hr_bpm", 70.0)
    session.samples("hr_bpm", 1)


def test_two_headbands_at_one_port_do_not_mix(session: Session, program: SimpleUDPClient) -> None:
    program.send_message("/therapy/rate", ["eeg", 256.0])
    program.send_message("/one/eeg", [1.0] * 4)
    program.send_message("/two/eeg", [2.0] * 4)
    program.send_message("/one/eeg", [3.0] * 4)
    blocks = session.samples("eeg", 2)
    assert np.concatenate([block.samples for block in blocks])[:, 0].tolist() == [1.0, 3.0]
    session.until_told("a second headband at the same port")


def test_a_port_that_is_taken_is_told_in_words_and_tried_again(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        session = Session(port)
        session.until_told(f"UDP port {port} is in use by another program")
    session.until_told("waits for OSC")
    session.sensor.close()


@pytest.mark.parametrize("argument", ["there is no such thing", "0", "70000", "example.org:5000"])
def test_what_can_not_be_listened_on_is_refused_with_what_can(argument: str, place: Place) -> None:
    with pytest.raises(SensorError, match=re.escape(repr(argument))) as refused:
        Sensor.open(argument, place)
    assert "'osc:0.0.0.0:5000'" in str(refused.value)


def play(
    clock: CountedClock, rate_hz: float, seconds: float, lost: Callable[[int], bool] = lambda _: False, seed: int = 1
) -> list[tuple[float, float, float]]:
    """(start, missing, truth) of every batch that a device of this true rate sends over a jittery network."""
    rng = np.random.default_rng(seed)
    placed, batch, begins_s = [], 0, 0.0
    next_s = 0.1
    for number in range(int(rate_hz * seconds)):
        taken_s = number / rate_hz
        if lost(number):
            continue
        begins_s = begins_s if batch else taken_s
        batch += 1
        if taken_s >= next_s:
            start_s, missing_s = clock.place(batch, taken_s + 0.01 + float(rng.exponential(0.01)))
            placed.append((start_s, missing_s, begins_s))
            batch, next_s = 0, next_s + 0.1
    return placed


@pytest.mark.parametrize("true_hz", [256.0, 257.0, 253.0])
def test_a_steady_sender_has_no_gaps_and_stays_in_time(true_hz: float) -> None:
    placed = play(CountedClock(256.0), true_hz, 120)
    assert [missing_s for _, missing_s, _ in placed if missing_s] == []
    late_s = np.array([start_s - truth_s for start_s, _, truth_s in placed])
    assert np.ptp(late_s) < 0.05
    steps_s = np.diff([start_s for start_s, _, _ in placed])
    assert steps_s.min() > 0.05


def test_what_is_lost_is_marked_and_the_time_stays_right() -> None:
    placed = play(CountedClock(256.0), 256.0, 60, lost=lambda number: 5000 <= number < 5128 or 9000 <= number < 10_200)
    missing_s = [missing_s for _, missing_s, _ in placed if missing_s]
    assert missing_s == pytest.approx([0.5, 1200 / 256], abs=0.05)
    late_s = [start_s - truth_s for start_s, _, truth_s in placed[-50:]]
    assert max(map(abs, late_s)) < 0.06


def test_steady_loss_of_a_tenth_is_marked_but_for_what_a_rate_may_be_off() -> None:
    rng = np.random.default_rng(3)
    gone = rng.random(256 * 60) < 0.1
    placed = play(CountedClock(256.0), 256.0, 60, lost=lambda number: bool(gone[number]))
    assert sum(missing_s for _, missing_s, _ in placed) == pytest.approx((0.1 - DRIFT) * 60, rel=0.2)


def test_twice_the_declared_rate_is_counted_not_believed() -> None:
    clock = CountedClock(128.0)
    placed = play(clock, 256.0, 30)
    assert clock.ahead > 10
    assert placed[-1][0] < 31


def test_rates_are_measured_and_taken_as_the_known_one_that_is_near() -> None:
    assert measured_hz([0.0, 0.5, 1.0], 1.0) is None
    assert measured_hz([number / 100 for number in range(250)], 2.5) == pytest.approx(100)
    assert measured_hz([number // 4 / 25 for number in range(400)], 4.0) == pytest.approx(100)
    assert snapped(255.1, (256.0, 220.0)) == 256
    assert snapped(219, (256.0, 220.0)) == 220
    assert snapped(133.26, (256.0, 220.0)) == 133


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_no_osc(datagram: bytes) -> None:
    with suppress(MessageError):
        for address, arguments in messages_of(datagram):
            meaning(address, arguments)


ARGUMENTS = st.lists(
    st.integers() | st.floats() | st.sampled_from(["", "eda_us"]) | st.none() | st.booleans(), max_size=5
)


@given(st.sampled_from(["eeg", "acc", "batt", "elements/horseshoe", "rate", "ecg_mv", "x"]), ARGUMENTS)
def test_any_arguments_are_a_measurement_or_told(name: str, arguments: list[Any]) -> None:
    for prefix in ("/muse/", "/therapy/"):
        with suppress(MessageError):
            heard = meaning(prefix + name, arguments)
            assert not isinstance(heard, Rows) or np.isfinite(heard.rows).all()


def test_bundles_in_bundles_without_end_are_refused() -> None:
    datagram = b""
    for _ in range(2000):
        datagram = b"#bundle\x00" + b"\x00" * 7 + b"\x01" + len(datagram).to_bytes(4, "big") + datagram
    with pytest.raises(MessageError, match="no OSC"):
        messages_of(datagram)
