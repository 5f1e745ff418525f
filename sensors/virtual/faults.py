"""What goes wrong between a body and a machine: each fault by name, as a function over the blocks of a stream.

A fault changes what arrives and nothing else: the body lives on, and no contact bit tells of it, so that it must be
told from the signal itself. What cannot be told from any signal: left and right electrodes of an EEG that change places
(the asymmetry turns over, the bands stay right), and a pulse number that stays the same for half a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import SampleBlock, SensorError

Samples = NDArray[np.float64]
WAVES = ("ecg", "ppg", "eda", "eeg", "acc")
HUMMED = ("ecg", "ppg", "eeg")
EVERY = (*WAVES, "rr", "hr")
LOOP_S = 4.0
PAUSE_S, FLOW_S = 8.0, 2.0
"""A burst's rhythm: so long is nothing sent, then all at once, then so long as usual."""
SIZE = {"ecg": 1.0, "ppg": 1.0, "eda": 1.0, "eeg": 60.0, "acc": 0.5, "rr": 400.0, "hr": 40.0}
"""What a disturbance measures in each modality's unit: about as much as the signal."""
RAIL = {"ecg": 1.5, "ppg": 1.5, "eda": 25.0, "eeg": 180.0, "acc": 2.0, "rr": 63_999.0, "hr": 255.0}
SWAPS = {"ecg": "ppg", "ppg": "ecg", "eda": "ppg", "rr": "hr", "hr": "rr"}
"""Whose signal a stream shows when plugs or columns are mixed up."""


class Memory:
    """What one fault may use: chance, when it began, the last seconds before it, the step's other streams."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.begun_s: float | None = None
        self.past: dict[str, Samples] = {}
        self.step: Mapping[str, SampleBlock] = {}
        self.sent: dict[str, int] = {}
        self.held: dict[str, list[SampleBlock]] = {}

    def see(self, block: SampleBlock) -> None:
        """A block from before the fault."""
        stream, kept = block.info.stream, round(LOOP_S * (block.info.rate_hz or 1.0))
        before = self.past.get(stream, np.empty((0, len(block.info.channels))))
        self.past[stream] = np.concatenate((before, block.samples.astype(np.float64)))[-kept:]


Strike = Callable[[SampleBlock, Memory], list[SampleBlock]]
Alter = Callable[[Samples, Samples, str, Memory], Samples]
"""(samples (time, channel), seconds since the fault began (time, 1), modality, memory) -> samples."""


@dataclass(frozen=True)
class Fault:
    """`kind` is one of the fourteen; `touches` are the modalities that can have it."""

    name: str
    kind: str
    about: str
    strike: Strike
    touches: tuple[str, ...] = EVERY


def times_of(block: SampleBlock) -> Samples:
    """When each sample was taken, shape (time,)."""
    if block.times_s is not None:
        return block.times_s
    assert block.info.rate_hz is not None
    times: Samples = block.start_s + np.arange(len(block.samples)) / block.info.rate_hz
    return times


def altering(alter: Alter) -> Strike:
    """A fault that changes values, one for one."""

    def strike(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
        since_s = times_of(block)[:, None] - (memory.begun_s or 0.0)
        samples = alter(block.samples.astype(np.float64), since_s, block.info.modality, memory)
        return [replace(block, samples=samples.astype(np.float32))]

    return strike


def _off_body(x: Samples, _: Samples, kind: str, memory: Memory) -> Samples:
    """Electrodes and light in the air; a strap that finds beats in noise; a watch that finds none."""
    noise = memory.rng.standard_normal(x.shape)
    if kind == "acc":
        return np.asarray(0.002 * noise + np.array([0.0, 0.0, 1.0])[: x.shape[1]])
    if kind == "rr":
        return np.asarray(250 * 10 ** memory.rng.random(x.shape))
    levels = {"ecg": 0.2 * noise, "ppg": 0.3 * noise, "eda": np.abs(0.02 * noise), "eeg": 60 * noise}
    return np.asarray(levels.get(kind, 0.0 * x))


def _taken_off(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    return [replace(struck, contact=None) for struck in altering(_off_body)(block, memory)]


def _saturated(x: Samples, t_s: Samples, kind: str, _: Memory) -> Samples:
    rail = RAIL[kind]
    if kind in ("eda", "rr", "hr"):
        return np.full_like(x, rail)
    return np.clip(8 * x + 3 * rail * np.sin(0.4 * t_s), -rail, rail)


def _noise(x: Samples, _: Samples, kind: str, memory: Memory) -> Samples:
    return x + SIZE[kind] * memory.rng.standard_normal(x.shape)


def _hum(hz: float) -> Alter:
    """The mains, folded down where a stream is sampled too slowly for them.

    Skin streams are left out: at 4 Hz what is folded down is as slow as a response, and nothing could tell it.
    """

    def alter(x: Samples, t_s: Samples, kind: str, _: Memory) -> Samples:
        return x + (3 if kind == "eeg" else 1) * SIZE[kind] * np.sin(2 * pi * hz * t_s)

    return alter


def _spikes(x: Samples, t_s: Samples, kind: str, memory: Memory) -> Samples:
    """About one a second, one sample long; one event in five."""
    chance = 0.2 if kind in ("rr", "hr") else 1 / max(1.0, 2 * len(t_s))
    hit = memory.rng.random(len(x)) < chance
    size = SIZE[kind] * memory.rng.uniform(3, 10, len(x)) * memory.rng.choice([-1.0, 1.0], len(x))
    spiked: Samples = x + (hit * size)[:, None]
    return spiked if kind not in ("rr", "hr") else np.abs(spiked)


def _drift(x: Samples, t_s: Samples, kind: str, _: Memory) -> Samples:
    """Electrodes that dry: the skin's level falls by two thirds in a minute; other lines wander off."""
    if kind == "eda":
        return np.asarray(x * np.exp(-t_s / 60))
    return x + SIZE[kind] * (0.2 * t_s + 0.3 * np.sin(2 * pi * 0.3 * t_s))


def _freeze(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    before = memory.past.get(block.info.stream)
    if before is None or not len(before):
        memory.see(block)
        return [block]
    return [replace(block, samples=np.tile(before[-1], (len(block.samples), 1)).astype(np.float32))]


def _loop(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    """A buffer that is sent again and again."""
    before = memory.past.get(block.info.stream)
    if before is None or not len(before):
        memory.see(block)
        return [block]
    sent = memory.sent.get(block.info.stream, 0)
    memory.sent[block.info.stream] = sent + len(block.samples)
    rows = (sent + np.arange(len(block.samples))) % len(before)
    return [replace(block, samples=before[rows].astype(np.float32))]


def _half_rate(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    sent = memory.sent.get(block.info.stream, 0)
    memory.sent[block.info.stream] = sent + len(block.samples)
    kept = slice(sent % 2, None, 2)
    times_s = None if block.times_s is None else block.times_s[kept]
    return [replace(block, samples=block.samples[kept], times_s=times_s)]


def _double_rate(block: SampleBlock, _: Memory) -> list[SampleBlock]:
    if block.times_s is not None:
        return [replace(block, samples=block.samples.repeat(2, 0), times_s=block.times_s.repeat(2))]
    at = np.arange(2 * len(block.samples)) / 2
    twice = [np.interp(at, np.arange(len(block.samples)), column) for column in block.samples.T]
    return [replace(block, samples=np.stack(twice, 1).astype(np.float32))]


def _swapped(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    if len(block.info.channels) > 1:
        return [replace(block, samples=block.samples[:, ::-1])]
    other = memory.step.get(SWAPS[block.info.modality])
    if other is None:
        return []
    if block.times_s is not None:
        return [replace(block, samples=other.samples, times_s=other.times_s)]
    at_s = np.clip(times_of(block), None, times_of(other)[-1])
    return [replace(block, samples=np.interp(at_s, times_of(other), other.samples[:, 0])[:, None].astype(np.float32))]


def _burst(block: SampleBlock, memory: Memory) -> list[SampleBlock]:
    """Stamped when it arrives, as by a host that knows no better."""
    stream = block.info.stream
    held = memory.held.setdefault(stream, [])
    if (block.start_s - (memory.begun_s or 0.0)) % (PAUSE_S + FLOW_S) < PAUSE_S:
        held.append(block)
        return []
    late = [_stamped(old, block.start_s + 0.001 * place) for place, old in enumerate(held)]
    held.clear()
    return [*late, block]


def _stamped(block: SampleBlock, start_s: float) -> SampleBlock:
    times_s = None if block.times_s is None else start_s + 0.0001 * np.arange(len(block.times_s), dtype=np.float64)
    return replace(block, start_s=start_s, times_s=times_s)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("off_body", "off-body", "taken off, without a contact bit to tell it", _taken_off),
        Fault("flat", "flat", "a line at zero", altering(lambda x, *_: 0 * x)),
        Fault("saturated", "saturated", "at the limits of the amplifier", altering(_saturated)),
        Fault("noise", "noise", "white noise as large as the signal", altering(_noise)),
        Fault("hum_50", "50/60 Hz", "the mains of most of the world", altering(_hum(49.97)), HUMMED),
        Fault("hum_60", "50/60 Hz", "the mains of the Americas", altering(_hum(60.03)), HUMMED),
        Fault("spikes", "spikes", "about one a second", altering(_spikes)),
        Fault("drift", "drift", "the line wanders off; skin dries", altering(_drift), WAVES),
        Fault("freeze", "freeze", "the last value for ever", _freeze),
        Fault("loop", "freeze", f"the last {LOOP_S:.0f} s again and again", _loop, (*WAVES, "rr")),
        Fault("half_rate", "half rate", "every second sample only", _half_rate),
        Fault("double_rate", "double rate", "twice as many samples as declared", _double_rate),
        Fault("unit_x1000", "wrong unit", "a thousand times too large", altering(lambda x, *_: 1000 * x)),
        Fault("unit_1000th", "wrong unit", "a thousand times too small", altering(lambda x, *_: x / 1000)),
        Fault("swapped", "swapped channels", "plugs or columns mixed up", _swapped),
        Fault("stale", "stale", "connected, and nothing comes", lambda block, memory: []),
        Fault("burst", "burst after a pause", f"{PAUSE_S:.0f} s of nothing, then all at once", _burst),
    )
}  # fmt: skip


def fault(name: str) -> Fault:
    """Raises SensorError with the names there are."""
    if name not in FAULTS:
        raise SensorError(f"no fault named {name!r}; there are: {', '.join(FAULTS)}")
    return FAULTS[name]


class Striking:
    """One fault at work on the streams it concerns, from `from_s` until `to_s` on the session clock."""

    def __init__(
        self, fault: Fault, from_s: float, to_s: float, rng: np.random.Generator, only: tuple[str, ...] = ()
    ) -> None:
        self._fault, self._from_s, self._to_s = fault, from_s, to_s
        self._concerned = only or fault.touches
        self._memory = Memory(rng)

    def over(self, blocks: list[SampleBlock]) -> list[SampleBlock]:
        """What becomes of one step's blocks, one of each stream at most."""
        self._memory.step = {block.info.modality: block for block in blocks}
        return [arrived for block in blocks for arrived in self._struck(block)]

    def _struck(self, block: SampleBlock) -> list[SampleBlock]:
        if block.info.modality not in self._concerned or block.info.modality not in self._fault.touches:
            return [block]
        if block.start_s < self._from_s - 1e-6:
            self._memory.see(block)
            return [block]
        if block.start_s >= self._to_s - 1e-6:
            return [block]
        self._memory.begun_s = self._from_s
        return self._fault.strike(block, self._memory)
