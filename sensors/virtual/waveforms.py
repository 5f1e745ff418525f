"""What a body's state looks like to electrodes, light and accelerometers: one class per signal."""

from __future__ import annotations

from math import cos, exp, pi
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from sensors.blocks import StreamInfo
from sensors.virtual.physiology import STEP_S, Body

Samples = NDArray[np.float64]


def bumps(at_s: Samples, centres_s: Samples, sizes: Samples, widths_s: Samples) -> Samples:
    """A sum of Gaussian bumps, at the times `at_s` (n) from centres, sizes and widths (m each)."""
    distance = (at_s[:, None] - centres_s) / widths_s
    heights: Samples = np.exp(-0.5 * distance * distance) @ sizes
    return heights


class Waveform(Protocol):
    info: StreamInfo

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        """The samples of the body's present step, (time, channel), in the modality's unit."""
        ...


class Clocked:
    """The times of a step's samples."""

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self.info = info
        self.at_s: Samples = np.arange(round(info.rate_hz * STEP_S)) / info.rate_hz


class Ecg(Clocked):
    """P, Q, R, S and T as Gaussians around each beat (after McSharry et al. 2003), mV."""

    OFFSETS_S = np.array([-0.20, -0.035, 0.0, 0.035, 0.28])
    SIZES_MV = np.array([0.12, -0.12, 1.0, -0.25, 0.30])
    WIDTHS_S = np.array([0.035, 0.012, 0.011, 0.012, 0.055])

    def __init__(self) -> None:
        super().__init__(StreamInfo("ecg", "ecg", ("ecg",), 130.0))

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        noise = rng.standard_normal(len(self.at_s))
        if body.loose:
            return (0.2 * noise)[:, None]
        near = [beat for beat in body.beats if -0.6 < beat.at_s - body.now_s < STEP_S + 0.4]
        stretch = np.sqrt([min(max(beat.rr_s, 0.5), 1.3) for beat in near])
        centres = np.array([beat.at_s - body.now_s for beat in near])[:, None] + stretch[:, None] * self.OFFSETS_S
        count = len(near)
        waves = bumps(self.at_s, centres.ravel(), np.tile(self.SIZES_MV, count), np.tile(self.WIDTHS_S, count))
        wander = 0.05 * np.sin(body.breath() + 2 * pi * body.breath_hz * self.at_s)
        return (waves + wander + (0.01 + 0.6 * body.movement_g) * noise)[:, None]


class Ppg(Clocked):
    """A systolic and a reflected wave after each beat; smaller as the vessels narrow with activation."""

    DELAYS_S = np.array([0.25, 0.48])
    SIZES = np.array([1.0, 0.35])
    WIDTHS_S = np.array([0.07, 0.09])

    def __init__(self) -> None:
        super().__init__(StreamInfo("ppg", "ppg", ("ppg",), 64.0))
        self._shaken = 0.0

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        noise = rng.standard_normal(len(self.at_s))
        shaken, self._shaken = self._shaken, 5 * body.movement_g * rng.standard_normal()
        if body.loose:
            return (0.3 * noise)[:, None]
        near = [beat.at_s - body.now_s for beat in body.beats if -1.0 < beat.at_s - body.now_s < STEP_S]
        centres = (np.array(near)[:, None] + self.DELAYS_S).ravel()
        pulses = bumps(self.at_s, centres, np.tile(self.SIZES, len(near)), np.tile(self.WIDTHS_S, len(near)))
        sway = np.linspace(shaken, self._shaken, len(noise), endpoint=False)
        breath = 0.08 * np.sin(body.breath() + 2 * pi * body.breath_hz * self.at_s)
        narrow = exp(-0.25 * body.activation)
        return (narrow * (pulses - 0.3) + breath + sway + (0.01 + body.movement_g) * noise)[:, None]


class Eda(Clocked):
    """Tonic level plus responses that rise in about a second and fall in four, uS."""

    def __init__(self) -> None:
        super().__init__(StreamInfo("eda", "eda", ("eda",), 4.0))

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        noise = rng.standard_normal(len(self.at_s))
        if body.loose:
            return np.abs(0.02 * noise)[:, None]
        level = body.patient.tonic_us * max(1 + 0.18 * body.activation, 0.3)
        since = body.now_s + self.at_s[:, None] - np.array([seen.at_s for seen in body.responses])
        sizes = np.array([seen.size for seen in body.responses])
        shapes = np.where(since > 0, np.exp(-np.abs(since) / 4) - np.exp(-np.abs(since) / 0.7), 0.0) / 0.6
        phasic: Samples = shapes @ sizes
        conductance: Samples = level + phasic + (0.003 + 0.5 * body.movement_g) * noise
        return conductance[:, None]


class Eeg(Clocked):
    """Four channels: a 1/f background and theta, alpha and beta whose power follows the body's state, uV.

    Alpha falls and beta rises with activation; pleasantness leaves less alpha on the left than on the right
    forehead (Davidson 1992). Blinks show at the forehead.
    """

    # Smith, Spectral Audio Signal Processing, 'Example: Synthesis of 1/F noise'
    PINK = (
        [0.049922035, -0.095993537, 0.050612699, -0.004408786],
        [1, -2.494956002, 2.017265875, -0.522189400],
    )
    BACKGROUND_UV = 80.0
    BANDS = ((6.0, 5.0), (10.0, 9.0), (20.0, 3.5))
    """Centre (Hz) and size (uV) of theta, alpha and beta at rest."""
    ALPHA_SITES = np.array([0.7, 0.7, 1.3, 1.3])
    BLINK_SITES = np.array([1.0, 1.0, 0.08, 0.08])

    def __init__(self) -> None:
        super().__init__(StreamInfo("eeg", "eeg", ("AF7", "AF8", "TP9", "TP10"), 256.0))
        self._filters = [self.PINK, *(self._resonator(hz) for hz, _ in self.BANDS)]
        self._states = [np.zeros((len(a) - 1, 4)) for _, a in self._filters]

    def _resonator(self, hz: float) -> tuple[list[float], list[float]]:
        """Noise in, a wavering oscillation of about `hz` and size 1 out."""
        assert self.info.rate_hz is not None
        angle, radius = 2 * pi * hz / self.info.rate_hz, 1 - 1.2 * pi / self.info.rate_hz
        gain = (1 - radius**2) * (1 + radius**4 - 2 * radius**2 * cos(2 * angle)) / (1 + radius**2)
        return [gain**0.5], [1, -2 * radius * cos(angle), radius**2]

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        white = rng.standard_normal((len(self.at_s), 5))
        if body.loose:
            return 60 * white[:, :4]
        mixed = 0.7 * (white[:, :4] + white[:, 4:])
        parts = [self._filtered(index, mixed) for index in range(len(self._filters))]
        theta, alpha, beta = self._sizes(body)
        signal = self.BACKGROUND_UV * parts[0] + theta * parts[1] + alpha * parts[2] + beta * parts[3]
        signal += 80 * body.movement_g * white[:, :4]
        if body.blinks:
            centres = np.array([seen.at_s - body.now_s + 0.15 for seen in body.blinks])
            sizes = np.array([seen.size for seen in body.blinks])
            signal += bumps(self.at_s, centres, sizes, np.full(len(sizes), 0.06))[:, None] * self.BLINK_SITES
        return signal

    def _filtered(self, index: int, noise: Samples) -> Samples:
        b, a = self._filters[index]
        out, self._states[index] = lfilter(b, a, noise, axis=0, zi=self._states[index])
        return np.asarray(out)

    def _sizes(self, body: Body) -> tuple[float, Samples, float]:
        (_, theta), (_, alpha), (_, beta) = self.BANDS
        lean = np.exp(0.12 * body.pleasantness * np.array([-1, 1, 0, 0]))
        calm = exp(-0.35 * body.activation)
        return (
            theta * exp(0.1 * body.activation),
            alpha * calm * self.ALPHA_SITES * lean,
            beta * exp(0.25 * body.activation),
        )


class Acc(Clocked):
    """Gravity, the chest's sway with each breath, and movement, g."""

    GRAVITY_G = np.array([0.09, 0.17, 0.98])
    SWAY_G = np.array([0.0, 0.004, 0.010])

    def __init__(self) -> None:
        super().__init__(StreamInfo("acc", "acc", ("x", "y", "z"), 32.0))
        self._state = np.zeros((1, 3))

    def step(self, body: Body, rng: np.random.Generator) -> Samples:
        white = rng.standard_normal((len(self.at_s), 6))
        swing, self._state = lfilter([0.6], [1, -0.8], white[:, 3:], axis=0, zi=self._state)
        sway = np.sin(body.breath() + 2 * pi * body.breath_hz * self.at_s)[:, None] * self.SWAY_G
        moved: Samples = self.GRAVITY_G + sway + 0.002 * white[:, :3] + body.movement_g * swing
        return moved


def every_waveform() -> tuple[Waveform, ...]:
    """Fresh state for one body."""
    return (Ecg(), Ppg(), Eda(), Eeg(), Acc())
