"""A phone or watch over a WebSocket, end to end: real sockets, a phone's own clock, drops and wrong codes."""

import base64
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sensors.adapters import ws
from sensors.adapters.ws import Sensor
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement
from sensors.push.conversation import ENDINGS
from sensors.push.listen_address import listen_address

Call = Callable[..., "Phone"]
ECG = {"stream": "ecg", "fields": ["ecg_mv"], "rate_hz": 130}
RATE_HZ = 130


class Session:
    """A sensor opened in a session whose clock can be turned, and what has arrived of it."""

    def __init__(self, spec: str) -> None:
        self.ahead_s = -time.monotonic()
        self.sensor = Sensor.open(spec, Place(self.clock, np.random.default_rng(1)))
        self.arrived: list[SampleBlock | Status] = []

    def clock(self) -> float:
        return time.monotonic() + self.ahead_s

    def until(self, found: Callable[[], Any], within_s: float = 5.0) -> Any:
        """Reads until something is found."""
        end_s = time.monotonic() + within_s
        while not (value := found()):
            assert time.monotonic() < end_s, f"not within {within_s} s; so far: {self.statuses}"
            self.arrived += self.sensor.read(0.0)
            time.sleep(0.01)
        return value

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(item.state, item.reason) for item in self.arrived if isinstance(item, Status)]

    def blocks(self, stream: str) -> list[SampleBlock]:
        return [item for item in self.arrived if isinstance(item, SampleBlock) and item.info.stream == stream]

    def code(self, after: int = 0) -> str:
        """The newest code that was told after so many statuses."""
        pattern = re.compile(r"pair with the code (\d{4} \d{4})")
        return self.until(
            lambda: next((m[1] for _, words in self.statuses[after:][::-1] if (m := pattern.search(words))), "")
        )

    def until_state(self, state: str, words: str = "", within_s: float = 5.0) -> str:
        """Reads until a status was told, and gives its reason."""
        told = self.until(lambda: [why for one, why in self.statuses if one == state and words in why], within_s)
        return str(told[0])


class Phone:
    """A phone whose clock is off by `skew_s`. Answers the clock as soon as it reads."""

    def __init__(self, socket: ClientConnection, skew_s: float = 0.0) -> None:
        self.skew_s = skew_s
        self.socket = socket

    def now_ms(self) -> float:
        return (time.monotonic() + self.skew_s) * 1000

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def until(self, kind: str, within_s: float = 5.0) -> dict[str, Any]:
        """The next message of a kind; the clock is answered meanwhile."""
        while True:
            said: dict[str, Any] = json.loads(self.socket.recv(within_s))
            received_ms = self.now_ms()
            if said["type"] == "clock":
                self.say(type="clock", id=said["id"], received_ms=received_ms, sent_ms=self.now_ms())
            if said["type"] == kind:
                return said

    def listen(self, for_s: float) -> None:
        """Answers the clock at once, as an app's reading thread does."""
        end_s = time.monotonic() + for_s
        with suppress(TimeoutError):
            while (left_s := end_s - time.monotonic()) > 0:
                self.until("clock", left_s)

    def pair(self, code: str, streams: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        return self._enter(streams or [ECG], code=code)

    def come_back(self, token: str, streams: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        return self._enter(streams or [ECG], token=token)

    def _enter(self, streams: list[dict[str, Any]], **key: str) -> dict[str, Any]:
        self.say(type="hello", version=1, **key)
        welcome = self.until("welcome")
        self.say(type="describe", streams=streams)
        self.until("described")
        return welcome

    def send_ecg(self, seq: int, at_ms: float, count: int = 13) -> None:
        self.say(type="samples", stream="ecg", seq=seq, at_ms=at_ms, values=[seq + k / 100 for k in range(count)])

    def refusal(self) -> dict[str, Any]:
        said = self.until("error")
        with pytest.raises(ConnectionClosed):
            self.socket.recv(5)
        return said


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def session(port: int) -> Iterator[Session]:
    session = Session(str(port))
    yield session
    session.sensor.close()


@pytest.fixture
def call(port: int) -> Iterator[Call]:
    """Connects a phone, and hangs up in the end."""
    with ExitStack() as calls:

        def connected(skew_s: float = 0.0, **options: Any) -> Phone:
            return Phone(calls.enter_context(connect(f"ws://127.0.0.1:{port}", close_timeout=1, **options)), skew_s)

        yield connected


@pytest.fixture
def phone(session: Session, call: Call) -> Phone:
    session.code()
    return call()


def test_a_phone_pairs_with_the_code_that_is_shown_and_its_samples_arrive(session: Session, phone: Phone) -> None:
    assert len(phone.pair(session.code())["token"]) > 30
    began_ms = phone.now_ms() - 2000
    for seq in range(10):
        phone.send_ecg(seq, began_ms + seq * 100)
    blocks = session.until(lambda: session.blocks("ecg")[9:] and session.blocks("ecg"))
    assert [block.seq for block in blocks] == list(range(10))
    assert np.allclose(blocks[3].samples[:, 0], [3 + k / 100 for k in range(13)])
    assert all(block.gap_s == 0 for block in blocks)
    assert blocks[0].info.clock == "device"
    assert blocks[0].device_s == pytest.approx(began_ms / 1000)
    assert blocks[0].info in session.sensor.describe()
    assert phone.until("ack")["seq"] == 0
    assert ("streaming", "") in session.statuses


def test_a_wrong_code_is_refused_and_after_five_everybody_waits(call: Call, session: Session) -> None:
    right = session.code()
    wrong = "0000 0000" if right != "0000 0000" else "1111 1111"
    for _ in range(5):
        stranger = call()
        stranger.say(type="hello", version=1, code=wrong)
        assert stranger.refusal()["reason"] == "code"
    late = call()
    late.say(type="hello", version=1, code=right)
    refused = late.refusal()
    assert refused["reason"] == "wait"
    assert 50 < refused["retry_s"] <= 60


def test_a_code_ends_after_ten_minutes_and_a_new_one_is_shown(call: Call, session: Session) -> None:
    old = session.code()
    told = len(session.statuses)
    session.ahead_s += 601
    new = session.code(after=told)
    assert new != old
    late = call()
    late.say(type="hello", version=1, code=old)
    assert late.refusal()["reason"] == "code"
    call().pair(new)


def test_a_code_is_good_once_of_two_phones_the_first_has_it(call: Call, session: Session, phone: Phone) -> None:
    code = session.code()
    phone.pair(code)
    second = call()
    second.say(type="hello", version=1, code=code)
    assert second.refusal()["reason"] == "code"
    phone.send_ecg(0, phone.now_ms())
    session.until(lambda: session.blocks("ecg"))


def test_a_phone_that_leaves_during_the_clock_exchange_does_not_use_up_the_pairing(
    call: Call, session: Session
) -> None:
    code, told = session.code(), len(session.statuses)
    hasty = call()
    hasty.say(type="hello", version=1, code=code)
    hasty.socket.close()
    call().pair(session.code(after=told))


def test_after_a_drop_the_token_opens_within_three_seconds_and_what_was_missed_is_sent_again(
    call: Call, session: Session, phone: Phone
) -> None:
    welcome = phone.pair(session.code())
    began_ms = phone.now_ms() - 2000
    for seq in range(5):
        phone.send_ecg(seq, began_ms + seq * 100)
    session.until(lambda: session.blocks("ecg")[4:])
    phone.socket.socket.shutdown(socket.SHUT_RDWR)
    session.until_state("reconnecting")
    dropped_s = time.monotonic()
    back = call()
    acked = back.come_back(welcome["token"])["acked"]
    assert acked == {"ecg": 4}
    for seq in range(3, 10):
        back.send_ecg(seq, began_ms + seq * 100)
    blocks = session.until(lambda: session.blocks("ecg")[9:] and session.blocks("ecg"))
    assert time.monotonic() - dropped_s < 3
    assert [round(float(block.samples[0, 0])) for block in blocks] == list(range(10))
    assert [block.seq for block in blocks] == list(range(10))
    times_s = np.array([block.start_s for block in blocks])
    assert np.allclose(np.diff(times_s), 0.1, atol=0.01)
    assert sum(block.gap_s for block in blocks) < 0.01


def test_the_newer_connection_of_one_phone_counts(call: Call, session: Session, phone: Phone) -> None:
    token = phone.pair(session.code())["token"]
    newer = call()
    newer.come_back(token)
    assert phone.refusal()["reason"] == "replaced"
    newer.send_ecg(0, newer.now_ms())
    session.until(lambda: session.blocks("ecg"))


def test_after_the_engine_restarted_the_token_is_refused_and_a_new_code_pairs(
    call: Call, port: int, session: Session
) -> None:
    code = session.code()
    phone = call()
    token = phone.pair(code)["token"]
    session.sensor.close()
    assert phone.until("error")["message"] == "the session has ended"
    with pytest.raises(ConnectionClosed) as ended:
        phone.socket.recv(5)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1001
    anew = Session(str(port))
    code = anew.code()
    phone = call()
    phone.say(type="hello", version=1, token=token)
    refused = phone.refusal()
    assert refused["reason"] == "token"
    assert "pair again" in refused["message"]
    assert call().pair(code)["acked"] == {}
    anew.sensor.close()


@pytest.mark.parametrize("skew_s", [-3600.0, 1.7e9])
def test_a_phone_whose_clock_is_off_is_placed_to_a_few_milliseconds(
    call: Call, session: Session, skew_s: float
) -> None:
    code = session.code()
    phone = call(skew_s=skew_s)
    phone.pair(code)
    taken_s, stamp_ms = session.clock(), phone.now_ms()
    time.sleep(0.3)
    phone.send_ecg(0, stamp_ms)
    (block,) = session.until(lambda: session.blocks("ecg"))
    assert abs(block.start_s - taken_s) < 0.005
    assert block.device_s == pytest.approx(stamp_ms / 1000)
    assert block.arrived_s is not None
    assert block.arrived_s - taken_s > 0.29


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_meanwhile_is_noticed_and_asked_again(
    session: Session, phone: Phone, step_s: float
) -> None:
    phone.pair(session.code())
    began_s, skew_s = session.clock(), phone.skew_s - session.ahead_s
    for seq in range(25):
        if seq == 5:
            phone.skew_s += step_s
            skew_s += step_s
        phone.listen(began_s + (seq + 1) / 10 - session.clock())
        phone.send_ecg(seq, (began_s + seq / 10 + skew_s) * 1000)
    blocks = session.until(lambda: session.blocks("ecg")[24:] and session.blocks("ecg"))
    errors_s = [abs(block.start_s - began_s - seq / 10) for seq, block in enumerate(blocks)]
    assert max(errors_s) < 0.05
    assert max(errors_s[-3:]) < 0.005


def test_what_comes_twice_is_dropped_what_is_missing_is_marked(session: Session, phone: Phone) -> None:
    phone.pair(session.code())
    began_ms = phone.now_ms() - 2000
    for seq in (0, 1, 1, 4, 3, 4, 5):
        phone.send_ecg(seq, began_ms + seq * 100)
    blocks = session.until(lambda: session.blocks("ecg")[3:] and session.blocks("ecg"))
    assert [round(float(block.samples[0, 0])) for block in blocks] == [0, 1, 4, 5]
    assert [round(block.gap_s, 2) for block in blocks] == [0, 0, 0.2, 0]
    acks = [phone.until("ack")["seq"] for _ in range(7)]
    assert acks == [0, 1, 1, 4, 4, 4, 5]


def test_an_app_that_counts_anew_is_heard(session: Session, phone: Phone) -> None:
    phone.pair(session.code())
    began_ms = phone.now_ms() - 5000
    for seq, at_ms in ((70, 0), (71, 100), (0, 1000), (1, 1100)):
        phone.send_ecg(seq, began_ms + at_ms)
    blocks = session.until(lambda: session.blocks("ecg")[3:] and session.blocks("ecg"))
    assert [round(block.gap_s, 1) for block in blocks] == [0, 0, 0.8, 0]


def test_a_message_that_is_wrong_is_answered_in_words_and_the_next_one_counts(session: Session, phone: Phone) -> None:
    phone.pair(session.code())
    for text, words in (
        ("{", "no JSON"),
        ('{"type": "sing"}', "type 'sing'; expected one of hello"),
        ('{"type": "samples", "stream": "eeg", "seq": 0, "at_ms": 1, "values": [1]}', "'eeg' was not described"),
        ('{"type": "samples", "stream": "ecg", "seq": 0, "at_ms": 1, "values": [1, "2"]}', "expected numbers"),
        ('{"type": "samples", "stream": "ecg", "seq": 0, "at_ms": 1, "values": [[1, 2]]}', "rows of 2; expected 1"),
        ('{"type": "samples", "stream": "ecg", "seq": -1, "at_ms": 1, "values": [1]}', "seq -1; expected a whole"),
        ('{"type": "ble", "characteristic": "2a38", "bytes": "", "at_ms": 1}', "decoded are: 2a37"),
        ('{"type": "describe", "streams": [{"stream": "x", "fields": ["pulse"]}]}', "unknown field 'pulse'"),
        ('{"type": "hello", "version": 1, "code": "1"}', "paired already"),
    ):
        phone.socket.send(text)
        assert words in phone.until("error")["message"]
    phone.send_ecg(0, phone.now_ms())
    session.until(lambda: session.blocks("ecg"))
    assert any("no JSON" in why for _, why in session.statuses)


def test_nothing_that_is_said_ends_the_sensor(session: Session, phone: Phone) -> None:
    phone.pair(session.code())
    rng = np.random.default_rng(8)
    good = [b'{"type":"samples","stream":"ecg","seq":0,"at_ms":1,"values":[1]}', b'{"type":"battery","level":0.5}']
    good += [b'{"type":"ble","characteristic":"2a37","bytes":"AAAA","at_ms":1}', b'{"type":"contact","contact":true}']
    for _ in range(300):
        text = bytearray(good[rng.integers(4)])
        for _ in range(rng.integers(1, 4)):
            text[rng.integers(len(text))] = rng.integers(256)
        phone.socket.send(bytes(text))
        phone.say(type="battery", level=0.5)
    phone.send_ecg(10**6, phone.now_ms())
    session.until(lambda: any(block.samples.shape == (13, 1) for block in session.blocks("ecg")))
    assert all(np.isfinite(block.samples).all() for block in session.blocks("ecg"))


def test_twenty_wrong_messages_in_a_row_end_the_connection(session: Session, phone: Phone) -> None:
    phone.pair(session.code())
    for _ in range(20):
        phone.say(type="nonsense")
    session.until_state("lost", "20 messages in a row were wrong")


def test_a_message_of_a_megabyte_ends_the_connection_in_words(call: Call, session: Session, phone: Phone) -> None:
    token = phone.pair(session.code())["token"]
    phone.send_ecg(0, phone.now_ms())
    phone.until("ack")
    phone.say(type="samples", stream="ecg", seq=1, at_ms=phone.now_ms(), values=[1.0] * 200_000)
    session.until_state("reconnecting", ENDINGS[1009])
    call().come_back(token)


def test_raw_packets_of_a_strap_are_decoded_here(session: Session, phone: Phone) -> None:
    phone.pair(session.code(), [{"stream": "acc", "fields": ["acc_x_g", "acc_y_g", "acc_z_g"], "rate_hz": 50}])
    for seq, beat in enumerate((800, 810, 790)):
        packet = HeartRateMeasurement(75, contact=True, rr_ticks=(beat,)).build()
        raw = base64.b64encode(packet).decode()
        phone.say(type="ble", characteristic="2A37", bytes=raw, at_ms=phone.now_ms(), seq=seq)
    rr = session.until(lambda: session.blocks("rr")[2:] and session.blocks("rr"))
    assert [float(block.samples[0, 0]) for block in rr] == [t * 1000 / 1024 for t in (800, 810, 790)]
    assert all(block.contact for block in session.blocks("hr"))
    assert phone.until("ack") == {"type": "ack", "stream": "ble:2a37", "seq": 0}
    assert {info.stream for info in session.sensor.describe()} == {"acc", "hr", "rr"}


def test_wear_battery_and_events_are_told(session: Session, phone: Phone) -> None:
    phone.pair(session.code(), [ECG, {"stream": "hr", "fields": ["hr_bpm"]}])
    phone.say(type="battery", level=0.42)
    phone.say(type="contact", contact=False)
    at_ms = [phone.now_ms() - 900, phone.now_ms()]
    phone.say(type="samples", stream="hr", seq=0, at_ms=at_ms, values=[61, 62], quality=0.5)
    (block,) = session.until(lambda: session.blocks("hr"))
    assert block.contact is False
    assert block.quality == 0.5
    assert block.times_s is not None
    assert np.diff(block.times_s)[0] == pytest.approx(0.9, abs=0.01)
    assert [item.battery for item in session.arrived if isinstance(item, Status) and item.battery] == [0.42] * 2


def test_two_sensors_share_a_port_and_the_code_says_which_is_meant(call: Call, port: int) -> None:
    sessions = [Session(str(port)), Session(str(port))]
    phones = [call() for session in sessions if session.code()]
    for number, (session, phone) in enumerate(zip(sessions, phones, strict=True)):
        phone.pair(session.code())
        phone.send_ecg(number, phone.now_ms())
    for number, session in enumerate(sessions):
        (block,) = session.until(lambda here=session: here.blocks("ecg"))
        assert round(float(block.samples[0, 0])) == number
    sessions[0].sensor.close()
    phones[1].send_ecg(2, phones[1].now_ms())
    sessions[1].until(lambda: sessions[1].blocks("ecg")[1:])
    assert ws.in_reach(0) == [(f"ws:127.0.0.1:{port}", "waits for a phone to pair")]
    sessions[1].sensor.close()
    assert ws.in_reach(0) == []
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_told_in_words_and_tried_again(port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        session = Session(str(port))
        assert "in use by another program" in session.until_state("lost")
    assert session.code()
    session.sensor.close()


def test_pages_of_other_origins_do_not_get_in(call: Call, port: int, session: Session) -> None:
    session.code()
    with pytest.raises(InvalidStatus) as refused:
        call(origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403
    call(origin=f"http://127.0.0.1:{port}").pair(session.code())


def test_a_phone_that_says_nothing_is_turned_away_and_one_that_measures_nothing_is_stale(call: Call, port: int) -> None:
    began_s = time.monotonic()
    place = Place(lambda: time.monotonic() - began_s, np.random.default_rng(1))
    session = Session.__new__(Session)
    session.arrived = []
    session.sensor = Sensor("127.0.0.1", port, place, ws.Patience(connect_s=1e9, silence_s=0.3))
    phone = call() if session.code() else None
    assert phone is not None
    phone.pair(session.code())
    phone.send_ecg(0, phone.now_ms())
    session.until_state("stale")
    session.sensor.close()


@pytest.mark.parametrize("argument", ["there is no such thing", "70000", "0", "example.org:8765", "1.2.3:4", "8_765"])
def test_what_can_not_be_listened_on_is_refused_with_what_can(argument: str, place: Place) -> None:
    with pytest.raises(SensorError, match=re.escape(repr(argument))) as refused:
        Sensor.open(argument, place)
    assert "'ws:0.0.0.0:8765'" in str(refused.value)


def test_where_it_listens() -> None:
    asked = ("", "9000", "0.0.0.0:8765", "[::1]:8765", "localhost:1")
    there = [("127.0.0.1", 8765), ("127.0.0.1", 9000), ("0.0.0.0", 8765), ("::1", 8765), ("127.0.0.1", 1)]
    assert [listen_address(argument, ws.PORT, ws.EXPECTED) for argument in asked] == there
