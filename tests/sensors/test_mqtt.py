"""MQTT against a real mosquitto: order, duplicates, its restart, what is wrong said in words, passwords kept quiet."""

import getpass
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import paho.mqtt.client as paho
import pytest

from sensors.adapters.mqtt import Broker, Sensor
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.supervise import Patience

BASE = "wearables/1"


class Mosquitto:
    """A broker that can be stopped and started again. It keeps nothing over that, as brokers by default."""

    def __init__(self, program: str, folder: Path, *, guarded: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._program, self._file = program, folder / "mosquitto.conf"
        rules = f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\npersistence false\n"
        if guarded:
            people = folder / "people"
            subprocess.run(["mosquitto_passwd", "-b", "-c", people, "kim", "p@ss:word"], check=True)
            people.chmod(0o644)
            rules += f"allow_anonymous false\npassword_file {people}\n"
        else:
            rules += "allow_anonymous true\n"
        folder.chmod(0o755)
        self._file.write_text(rules)
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([self._program, "-c", self._file], stderr=subprocess.DEVNULL)
        end_s = time.monotonic() + 5
        while time.monotonic() < end_s:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("mosquitto did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(5)


@pytest.fixture
def program(lacking: Callable[[str], NoReturn]) -> str:
    return shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") or lacking("mosquitto")


@pytest.fixture
def broker(program: str, tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(program, tmp_path)
    yield broker
    broker.stop()


class Session:
    def __init__(self, url: str, patience: Patience | None = None) -> None:
        began_s = time.monotonic()
        self.clock = lambda: time.monotonic() - began_s
        place = Place(self.clock, np.random.default_rng(1))
        parsed = Broker.parse(url)
        self.sensor = Sensor(parsed, place, patience) if patience else Sensor.open(url, place)
        self.arrived: list[SampleBlock | Status] = []

    def until(self, found: Callable[[], Any], within_s: float = 6.0) -> Any:
        end_s = time.monotonic() + within_s
        while not (value := found()):
            assert time.monotonic() < end_s, f"not within {within_s} s; so far {self.statuses}"
            self.arrived += self.sensor.read(0.0)
            time.sleep(0.01)
        return value

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(item.state, item.reason) for item in self.arrived if isinstance(item, Status)]

    def blocks(self, stream: str, count: int = 1) -> list[SampleBlock]:
        def found() -> list[SampleBlock]:
            of = [item for item in self.arrived if isinstance(item, SampleBlock) and item.info.stream == stream]
            return of if len(of) >= count else []

        blocks: list[SampleBlock] = self.until(found)
        return blocks

    def until_told(self, state: str, words: str = "") -> str:
        told = self.until(lambda: [why for one, why in self.statuses if one == state and words in why])
        return str(told[-1])


class Device:
    """A device that publishes with QoS 1, and sends again by itself what the broker did not take."""

    def __init__(self, port: int) -> None:
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def publish(self, topic: str, said: Any, *, retain: bool = False) -> paho.MQTTMessageInfo:
        payload = said if isinstance(said, str | bytes) else json.dumps(said)
        return self.client.publish(f"{BASE}/{topic}", payload, qos=1, retain=retain)

    def ecg(self, seq: int, at_ms: float) -> None:
        message = {"rate_hz": 130, "seq": seq, "at_ms": at_ms, "values": [seq + k / 100 for k in range(13)]}
        self.publish("ecg_mv", message).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def device(broker: Mosquitto) -> Iterator[Device]:
    device = Device(broker.port)
    yield device
    device.close()


@pytest.fixture
def session(broker: Mosquitto, device: Device) -> Iterator[Session]:
    session = Session(f"mqtt://127.0.0.1:{broker.port}/{BASE}")
    connected(session, device)
    yield session
    session.sensor.close()


def connected(session: Session, device: Device) -> None:
    """Waits until what is published arrives."""
    end_s = time.monotonic() + 6
    while not any(isinstance(item, SampleBlock) and item.info.stream == "temp" for item in session.arrived):
        assert time.monotonic() < end_s, session.statuses
        device.publish("temp", {"fields": ["temp_c"], "rate_hz": 1, "values": [33]})
        time.sleep(0.05)
        session.arrived += session.sensor.read(0.0)


def test_samples_arrive_in_order_with_the_device_s_own_time(session: Session, device: Device) -> None:
    for seq in range(50):
        device.ecg(seq, 5000 + seq * 100)
    blocks = session.blocks("ecg_mv", 50)
    assert [round(float(block.samples[0, 0])) for block in blocks] == list(range(50))
    assert [block.seq for block in blocks] == list(range(50))
    assert blocks[0].info.clock == "device"
    assert blocks[7].device_s == pytest.approx(5.7)
    assert blocks[0].info in session.sensor.describe()


def test_after_the_broker_restarted_it_goes_on_and_nothing_comes_twice(
    broker: Mosquitto, session: Session, device: Device
) -> None:
    began_ms = time.monotonic() * 1000
    for seq in range(20):
        device.ecg(seq, began_ms + seq * 100)
    session.blocks("ecg_mv", 20)
    broker.stop()
    session.until_told("reconnecting")
    broker.start()
    back_s = time.monotonic()
    session.arrived.clear()
    connected(session, device)
    assert time.monotonic() - back_s < 3
    for seq in (18, 19, 24, 25, 22, 25, 26):
        device.ecg(seq, began_ms + seq * 100)
    blocks = session.blocks("ecg_mv", 3)
    assert [round(float(block.samples[0, 0])) for block in blocks] == [24, 25, 26]
    assert [round(block.gap_s, 1) for block in blocks] == [0.4, 0, 0]
    assert [block.seq for block in blocks] == [20, 21, 22]


def test_what_is_published_while_this_end_is_away_is_kept_by_the_broker(broker: Mosquitto, device: Device) -> None:
    hasty = Patience(first_pause_s=1.0, silence_s=0.4)
    session = Session(f"mqtt://127.0.0.1:{broker.port}/{BASE}", hasty)
    connected(session, device)
    device.ecg(0, 1000)
    session.until_told("reconnecting", "silent")
    for seq in range(1, 6):
        device.ecg(seq, 1000 + seq * 100)
    blocks = session.blocks("ecg_mv", 6)
    assert [round(float(block.samples[0, 0])) for block in blocks] == list(range(6))
    session.sensor.close()


def test_plain_numbers_count_as_what_the_topic_names(session: Session, device: Device) -> None:
    device.publish("hr_bpm", "71.5")
    device.publish("rr_ms", b"840")
    (heart,) = session.blocks("hr_bpm")
    (beat,) = session.blocks("rr_ms")
    assert heart.samples.tolist() == [[71.5]]
    assert heart.times_s is not None
    assert abs(heart.times_s[0] - session.clock()) < 1
    assert heart.info.clock == "host"
    assert heart.device_s is None
    assert beat.info.modality == "rr"


def test_streams_may_be_described_once_and_kept_by_the_broker(broker: Mosquitto, device: Device) -> None:
    streams = [{"stream": "wrist", "fields": ["acc_x_g", "acc_y_g", "acc_z_g"], "rate_hz": 50}]
    device.publish("describe", {"streams": streams}, retain=True).wait_for_publish(5)
    device.publish("hr_bpm", "99", retain=True).wait_for_publish(5)
    session = Session(f"mqtt://127.0.0.1:{broker.port}/{BASE}")
    connected(session, device)
    device.publish("contact", "false")
    device.publish("battery", "0.5")
    device.publish("wrist", {"values": [[0, 0, 1], [0, 0.1, 0.9]], "quality": 0.8})
    (block,) = session.blocks("wrist")
    assert block.samples.shape == (2, 3)
    assert block.contact is False
    assert block.quality == 0.8
    assert 0.5 in [item.battery for item in session.arrived if isinstance(item, Status)]
    of_heart = [item for item in session.arrived if isinstance(item, SampleBlock) and item.info.modality == "hr"]
    assert of_heart == [], "a value that the broker had kept is of who knows when"
    session.sensor.close()


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        ("pulse", "70", "topic 'pulse' says neither field nor rate"),
        ("hr_bpm", "quick", "no JSON"),
        ("ecg_mv", "0.3", "topic 'ecg_mv' says neither field nor rate"),
        ("ecg_mv", '{"rate_hz": 0, "values": [1]}', "rate_hz of ecg_mv 0; expected a number"),
        ("hr_bpm", '{"values": [1e9]}', "reach beyond"),
        ("battery", "87", "level 87; expected a number from 0 to 1"),
        ("describe", "[]", "streams None; expected a list"),
    ],
)
def test_what_is_no_measurement_is_told_in_words(
    session: Session, device: Device, topic: str, payload: str, words: str
) -> None:
    device.publish(topic, payload)
    session.until_told("streaming", words)
    device.publish("hr_bpm", "70")
    session.blocks("hr_bpm")


def test_a_wrong_password_is_told_without_it(program: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broker = Mosquitto(program, tmp_path, guarded=True)
    wrong = Session(f"mqtt://kim:guessed@127.0.0.1:{broker.port}/{BASE}")
    assert "does not accept the user and password" in wrong.until_told("lost")
    wrong.sensor.close()
    right = Session(f"mqtt://kim:p%40ss%3Aword@127.0.0.1:{broker.port}/{BASE}", Patience(silence_s=0.3))
    right.until_told("stale", "connected, but silent")
    right.sensor.close()
    told = repr(wrong.arrived + right.arrived) + caplog.text
    assert not re.search("guessed|p@ss|p%40|kim", told)
    broker.stop()


def test_no_broker_is_told_in_words_and_closing_does_not_wait() -> None:
    session = Session("mqtt://127.0.0.1:9/wearables")
    assert session.until_told("lost") == "no broker answers at 127.0.0.1:9"
    begun_s = time.monotonic()
    session.sensor.close()
    assert time.monotonic() - begun_s < 1


@pytest.mark.parametrize(
    "url",
    [
        "there is no such thing",
        "",
        "mqtt://host",
        "http://host/topic",
        "mqtt:///topic",
        "mqtt://host:x/t",
        "mqtt://h/a/#",
        "mqtt://h/a/+",
    ],
)
def test_what_is_no_broker_and_topic_is_refused_with_what_is(url: str, place: Place) -> None:
    with pytest.raises(SensorError, match=re.escape(repr(url))) as refused:
        Sensor.open(url, place)
    assert "expected mqtt://HOST/TOPIC" in str(refused.value)


def test_a_password_is_not_repeated_in_an_error(place: Place) -> None:
    with pytest.raises(SensorError) as refused:
        Sensor.open("mqtt://kim:hush@host", place)
    assert "hush" not in str(refused.value)
    assert "hush" not in repr(Broker.parse("mqtts://kim:hush@host/t"))


def test_addresses_of_brokers() -> None:
    plain, safe = Broker.parse("mqtt://host/a/b"), Broker.parse("mqtts://kim:p%40ss@host:99/a")
    assert (plain.port, plain.base, plain.tls) == (1883, "a/b", False)
    assert (safe.port, safe.user, safe.password, safe.tls) == (99, "kim", "p@ss", True)
