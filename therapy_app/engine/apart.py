"""Keeps the streams of several sensors of one kind apart: two straps both call their stream 'rr'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sensors.blocks import SampleBlock, Sensor, Status, StreamInfo


class Named:
    """One sensor of a session. What it delivers gets `suffix`, as in 'rr 2' of 'ble:auto 2', unless that is ''."""

    def __init__(self, sensor: Sensor, suffix: str = "") -> None:
        self.sensor = sensor
        self._suffix = suffix
        self._infos: dict[StreamInfo, StreamInfo] = {}

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        arrived = self.sensor.read(now_s)
        return [self._named(item) for item in arrived] if self._suffix else arrived

    def close(self) -> None:
        self.sensor.close()

    def _named(self, item: SampleBlock | Status) -> SampleBlock | Status:
        if isinstance(item, Status):
            return replace(item, device=item.device + self._suffix)
        info = item.info
        named = self._infos.setdefault(info, replace(info, stream=info.stream + self._suffix))
        return replace(item, info=named)


def apart(sensors: Iterable[Sensor]) -> Sequence[Named]:
    """Every sensor whose streams another one brings already gets a number."""
    taken: set[str] = set()
    named: list[Named] = []
    for place, sensor in enumerate(sensors, start=1):
        streams = {info.stream for info in sensor.describe()}
        suffix = f" {place}" if streams & taken else ""
        taken |= {stream + suffix for stream in streams}
        named.append(Named(sensor, suffix))
    return named
