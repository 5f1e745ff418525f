"""What a sensor delivers: the contract between this house and every device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Clock = Callable[[], float]
"""Seconds on the session's monotonic clock."""

UNITS = {
    "ecg": "mV",
    "ppg": "1",
    "rr": "ms",
    "hr": "bpm",
    "eda": "uS",
    "eeg": "uV",
    "acc": "g",
    "temp": "degC",
    "resp": "1",
}
"""Unit of each modality, as it stands in every block."""

TimeSource = Literal["host", "device"]
"""Whose clock stamps a stream: this machine's at arrival, or the device's own, mapped by `sensors.clock`."""

State = Literal["connecting", "streaming", "stale", "reconnecting", "lost", "stopped"]


class SensorError(Exception):
    """A sensor that can't be opened, or bytes that can't be what the device claims."""


@dataclass(frozen=True)
class StreamInfo:
    """One signal of one device. `rate_hz` is None for events that come when they come (rr, hr).

    `uncertainty_s` is how far the stamps may be from when the body did it, beyond a constant delay: a strap sends an
    interval between beats up to some seconds after it.
    """

    stream: str
    modality: str
    channels: tuple[str, ...]
    rate_hz: float | None
    clock: TimeSource = "host"
    uncertainty_s: float = 0.0

    def __post_init__(self) -> None:
        if self.modality not in UNITS:
            raise ValueError(f"unknown modality {self.modality!r}; there are: {', '.join(UNITS)}")
        if self.rate_hz is not None and not 0 < self.rate_hz <= 20_000:
            raise ValueError(f"{self.stream}: rate {self.rate_hz} Hz; expected above 0 and at most 20000")

    @property
    def unit(self) -> str:
        return UNITS[self.modality]


@dataclass(frozen=True, eq=False)
class SampleBlock:
    """Consecutive samples of one stream.

    `samples` is float32 of shape (time, channel). `start_s` is when the first sample was taken, on the
    session clock. Streams of events (rate None) carry each event's time in `times_s`, shape (time,).
    `seq` counts blocks of the stream and is never reused; `gap_s` is how much is missing before this
    block. `contact` is None where the device can't tell whether it is worn, `quality` (0 to 1) where it gives
    none. `device_s` is the first sample on the device's own clock, where it has one; `arrived_s` when the block
    reached this machine, on the session clock.
    """

    info: StreamInfo
    seq: int
    start_s: float
    samples: NDArray[np.float32]
    times_s: NDArray[np.float64] | None = None
    gap_s: float = 0.0
    contact: bool | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
    device_s: float | None = None
    arrived_s: float | None = None
    quality: float | None = None

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.shape[1] != len(self.info.channels):
            raise ValueError(
                f"{self.info.stream} block has shape {self.samples.shape} but names "
                f"{len(self.info.channels)} channels {self.info.channels}; expected (time, channel)"
            )
        if (self.times_s is None) != (self.info.rate_hz is not None):
            raise ValueError(f"{self.info.stream}: event streams, and only they, carry times_s")
        if self.times_s is not None and self.times_s.shape != (len(self.samples),):
            raise ValueError(f"{self.info.stream}: {len(self.samples)} events but {self.times_s.shape} times")
        if self.quality is not None and not 0 <= self.quality <= 1:
            raise ValueError(f"{self.info.stream}: quality {self.quality}; expected 0 to 1")

    @property
    def end_s(self) -> float:
        """When the block's last sample ends."""
        if self.times_s is not None:
            return float(self.times_s[-1]) if len(self.times_s) else self.start_s
        assert self.info.rate_hz is not None
        return self.start_s + len(self.samples) / self.info.rate_hz


@dataclass(frozen=True)
class Status:
    """What became of a device. Never dropped, unlike samples. `battery` is the share of charge left, 0 to 1."""

    device: str
    state: State
    at_s: float
    reason: str = ""
    battery: float | None = None


@dataclass(frozen=True)
class Place:
    """What a sensor may use of the world: the session clock and a source of chance."""

    clock: Clock
    rng: np.random.Generator


class Sensor(Protocol):
    """One device. An adapter hides its own thread or loop; `read` never blocks; `close` may be called twice."""

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """`argument` is what stands after the colon of the sensor's SPEC, '' if nothing does.

        Raises SensorError with the choices when there is no such device, patient or file.
        """
        ...

    def describe(self) -> tuple[StreamInfo, ...]: ...

    def read(self, now_s: float) -> list[SampleBlock | Status]:
        """Everything that arrived up to `now_s`, oldest first."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Listener(Protocol):
    """A sensor that hears the music: the virtual patient. The engine tells it what plays."""

    def hear(self, at_s: float, arousal: float, valence: float) -> None: ...
