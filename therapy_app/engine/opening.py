"""Opens the sensors that an order names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sensors import spec
from sensors.adapters.replay import split_speed
from sensors.blocks import Clock, Place, Sensor, SensorError
from therapy_app import catalog
from therapy_app.records.sessions import Order

OPENING_ERRORS = (SensorError, LookupError, ValueError)


def unhurried(text: str) -> tuple[str, float]:
    """A replayed recording's SPEC without its speed, and the speed.

    In a session the clock runs faster, not the samples: compressed samples would be another heart rate.
    """
    name, argument = spec.parse(text)
    if name != "replay":
        return text, 1.0
    path, speed = split_speed(argument)
    return f"{name}:{path}", speed


def speed_of(order: Order) -> float:
    """How much faster than life the session runs: as fast as its fastest recording."""
    return max((unhurried(text)[1] for text in order.sensors), default=1.0)


def open_sensors(order: Order, clock: Clock) -> list[Sensor]:
    """The order's sensors on the session's clock. Raises one of OPENING_ERRORS, naming what is wrong."""
    refuse_twice(order.sensors)
    opened: list[Sensor] = []
    chances = np.random.SeedSequence(order.seed).spawn(len(order.sensors))
    try:
        for text, chance in zip(order.sensors, chances, strict=True):
            opened.append(open_sensor(unhurried(text)[0], Place(clock, np.random.default_rng(chance))))
    except OPENING_ERRORS:
        for sensor in opened:
            sensor.close()
        raise
    return opened


def refuse_twice(texts: Sequence[str]) -> None:
    """One device can't be worn twice. A SPEC that leaves the device open ('ws', 'ble:auto') may stand there twice."""
    named = [text.strip() for text in texts if spec.parse(text)[1] not in ("", "auto")]
    for text in named:
        if named.count(text) > 1:
            raise SensorError(f"the sensor {spec.told(text)!r} is named twice; expected each device once")


def open_sensor(text: str, place: Place) -> Sensor:
    """One sensor from its SPEC."""
    name, argument = spec.parse(text)
    sensor: Sensor = catalog.find("sensor", name).Sensor.open(argument, place)
    return sensor
