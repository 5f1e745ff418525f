"""Opens the sensors that an order names."""

from __future__ import annotations

import numpy as np

from sensors import spec
from sensors.blocks import Clock, Place, Sensor, SensorError
from therapy_app import catalog
from therapy_app.records.sessions import Order

OPENING_ERRORS = (SensorError, LookupError, ValueError)


def open_sensors(order: Order, clock: Clock) -> list[Sensor]:
    """The order's sensors on the session's clock. Raises one of OPENING_ERRORS, naming what is wrong."""
    opened: list[Sensor] = []
    chances = np.random.SeedSequence(order.seed).spawn(len(order.sensors))
    try:
        for text, chance in zip(order.sensors, chances, strict=True):
            opened.append(open_sensor(text, Place(clock, np.random.default_rng(chance))))
    except OPENING_ERRORS:
        for sensor in opened:
            sensor.close()
        raise
    return opened


def open_sensor(text: str, place: Place) -> Sensor:
    """One sensor from its SPEC."""
    name, argument = spec.parse(text)
    sensor: Sensor = catalog.find("sensor", name).Sensor.open(argument, place)
    return sensor
