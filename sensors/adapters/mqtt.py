"""Devices that publish at an MQTT broker: JSON messages as phones send them, or plain numbers by topic."""

from __future__ import annotations

import logging
import re
import secrets
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sensors import spec
from sensors.blocks import Clock, Place, SensorError, StreamInfo
from sensors.clock import DeviceClock
from sensors.push.complaints import Complaints
from sensors.push.intake import Intake
from sensors.push.members import MessageError
from sensors.push.messages import MOST_STREAMS, Battery, Contact, Describe
from sensors.push.notifications import HR, RR
from sensors.push.published import Published, read
from sensors.supervise import Link, LinkLost, Patience
from sensors.supervised import Supervised

PORTS = {"mqtt": 1883, "mqtts": 8883}
KEPT_S = 300
"""So long the broker keeps what comes while this end is away."""
MOST_WAITING = 2000
PATIENCE = Patience(silence_s=15.0)
EXPECTED = "expected mqtt://HOST/TOPIC, as in 'mqtt:mqtt://127.0.0.1:1883/wearables/1' (mqtts:// with TLS)"

REASONS = (
    (re.compile(r"refused|111", re.I), "no broker answers at {place}"),
    (re.compile(r"not authori[sz]ed|bad user", re.I), "the broker at {place} does not accept the user and password"),
    (re.compile(r"protocol version", re.I), "the broker at {place} does not speak MQTT 5"),
    (re.compile(r"certificate|ssl", re.I), "the broker at {place} shows no certificate that this machine trusts"),
    (re.compile(r"name|address|resolve", re.I), "{place} is not known on this network"),
    (re.compile(r"timed out|timeout", re.I), "the broker at {place} did not answer in time"),
)
"""What a person is told; the first that fits."""

quiet = logging.getLogger(f"{__name__}.wire")
quiet.disabled = True
"""The status says what is wrong, without the topics."""


@dataclass(frozen=True)
class Broker:
    """Where to subscribe. The password shows nowhere."""

    host: str
    port: int
    base: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises SensorError, without repeating a password."""
        shown = spec.told(url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as wrong:
            raise SensorError(f"{shown!r} is no address of a broker; {EXPECTED}") from wrong
        base = unquote(parts.path).strip("/")
        if parts.scheme not in PORTS or not parts.hostname or not base or {"?", "#"} & set(url):
            raise SensorError(f"{shown!r} is no address of a broker and a topic; {EXPECTED}")
        if {"+", "#", "\0"} & set(base):
            raise SensorError(f"{shown!r} holds a wildcard; streams are the topics below one topic; {EXPECTED}")
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        usual = PORTS[parts.scheme]
        return cls(parts.hostname, usual if port is None else port, base, user, password, parts.scheme == "mqtts")


class Subscription:
    """The connection to one broker, and the streams below one topic."""

    def __init__(self, broker: Broker, clock: Clock, name: str) -> None:
        self._broker, self._clock, self._name = broker, clock, name
        self._clocks: dict[str, DeviceClock] = {}
        self._complaints = Complaints()
        self.intake = Intake(self._offset_s)

    async def connection(self, link: Link) -> None:
        try:
            async with self._client() as client:
                await client.subscribe(f"{self._broker.base}/+", qos=1)
                link.connected()
                async for message in client.messages:
                    self._received(link, message)
        except (aiomqtt.MqttError, OSError) as trouble:
            raise LinkLost(self._words(trouble)) from trouble

    def _client(self) -> aiomqtt.Client:
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        kept.SessionExpiryInterval = KEPT_S
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.user,
            password=broker.password,
            identifier=self._name,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=kept,
            tls_context=ssl.create_default_context() if broker.tls else None,
            keepalive=10,
            timeout=10,
            max_queued_incoming_messages=MOST_WAITING,
            logger=quiet,
        )

    def _words(self, trouble: Exception) -> str:
        said = f"{trouble} {trouble.__cause__ or ''}"
        fitting = (words for pattern, words in REASONS if pattern.search(said))
        return next(fitting, "the connection to the broker at {place} was lost").format(place=self._broker.place)

    def _received(self, link: Link, message: aiomqtt.Message) -> None:
        name = message.topic.value.removeprefix(f"{self._broker.base}/")
        try:
            payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
            said = read(name, payload)
            if not message.retain or isinstance(said, Describe):
                # a retained message is the last one of who knows when
                self._act(link, said)
        except SensorError as wrong:
            self._complaints.tell(link, str(wrong), self._clock())

    def _act(self, link: Link, said: Published | Describe | Contact | Battery) -> None:
        match said:
            case Describe(streams):
                self.intake.describe(streams, MOST_STREAMS)
            case Contact(contact, stream):
                self.intake.wear(contact, stream)
            case Battery(level):
                link.battery(level)
            case Published():
                self._take(link, said)

    def _take(self, link: Link, said: Published) -> None:
        name = said.samples.stream
        if not self.intake.knows(name):
            if said.stream is None:
                raise MessageError(f"topic {name!r} says neither field nor rate; publish 'describe', or add rate_hz")
            self.intake.describe([said.stream], MOST_STREAMS)
        handed = self.intake.take(said.samples, self._clock())
        if handed is not None:
            handed.deliver(link)

    def _offset_s(self, stream: str, newest_s: float, arrived_s: float) -> float:
        return self._clocks.setdefault(stream, DeviceClock()).place(newest_s, arrived_s) - newest_s


class Sensor(Supervised):
    """Streams what is published below one topic. Opening asks nothing of the network."""

    def __init__(self, broker: Broker, place: Place, patience: Patience = PATIENCE) -> None:
        self._subscription = Subscription(broker, place.clock, f"therapy-{secrets.token_hex(8)}")
        super().__init__(f"mqtt:{broker.place}", self._subscription.connection, (HR, RR), place, patience)

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """`argument` is the URL of a broker and a topic."""
        return cls(Broker.parse(argument), place)

    def describe(self) -> tuple[StreamInfo, ...]:
        """What was published so far; until then what most watches publish."""
        return self._subscription.intake.infos or super().describe()
