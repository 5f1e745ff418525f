"""Movement is what is left of the acceleration without gravity."""

import numpy as np
import pytest

from sensors.blocks import SampleBlock, StreamInfo
from sensors.window import Window

RATE_HZ = 32.0


def describe(acc_g, channels=("x", "y", "z")):
    info, window = StreamInfo("wrist", "acc", channels, RATE_HZ), Window()
    acc_g = np.asarray(acc_g, np.float32)
    for k in range(len(acc_g) // 32):
        window.add(SampleBlock(info, k, float(k), acc_g[32 * k : 32 * (k + 1)]))
        seen = window.describe(k + 1.0)
    return seen.readings["movement_g"]


def held(direction, length_s=20):
    return np.tile(np.asarray(direction, float), (int(length_s * RATE_HZ), 1))


@pytest.mark.parametrize("direction", [(0, 0, 1), (0.6, -0.8, 0), (-1, 0, 0)])
def test_a_still_hand_does_not_move_however_it_is_held(direction):
    assert describe(held(direction)).value == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("size_g", [0.05, 0.5])
def test_shaking_is_measured_in_g(size_g):
    t = np.arange(int(20 * RATE_HZ)) / RATE_HZ
    shaken = held((0, 0, 1)) + size_g * np.sin(2 * np.pi * 4 * t)[:, None] * np.array([1, 0, 0])
    assert describe(shaken).value == pytest.approx(size_g / np.sqrt(2), rel=0.05)


def test_one_axis_is_enough():
    assert describe(held((1,)), ("x",)).value == pytest.approx(0, abs=1e-4)


def test_metres_per_second_squared_are_no_g():
    assert describe(9.81 * held((0, 0, 1))).value is None
    assert "is the unit g?" in describe(9.81 * held((0, 0, 1))).reason


def test_a_device_that_takes_gravity_off_can_still_tell_movement():
    assert describe(0 * held((0, 0, 1))).value == 0


@pytest.mark.parametrize(("size_g", "quality"), [(0.0, (0.9, 1.0)), (0.15, (0.6, 0.95)), (2.0, (0.0, 0.3))])
def test_movement_lowers_the_belief_in_a_pulse_wave(size_g, quality):
    """The wave itself is clean: what lowers it is the accelerometer beside it."""
    rng, t = np.random.default_rng(2), np.arange(20 * 64) / 64
    ppg = np.sin(2 * np.pi * 1.2 * t) + 0.3 * np.sin(4 * np.pi * 1.2 * t) + 0.01 * rng.standard_normal(len(t))
    acc = held((0, 0, 1)) + size_g * rng.standard_normal((int(20 * RATE_HZ), 3)) / 3**0.5
    light, moved = StreamInfo("light", "ppg", ("ppg",), 64.0), StreamInfo("wrist", "acc", ("x", "y", "z"), 32.0)
    window = Window()
    for k in range(20):
        window.add(SampleBlock(light, k, float(k), ppg[64 * k : 64 * (k + 1), None].astype(np.float32)))
        window.add(SampleBlock(moved, k, float(k), acc[32 * k : 32 * (k + 1)].astype(np.float32)))
        hr = window.describe(k + 1.0).readings["hr_bpm"]
    assert quality[0] <= hr.quality <= quality[1]
    assert hr.value == pytest.approx(72, abs=1) if size_g < 1 else hr.reason == "too much movement"


def test_the_unit_of_a_raw_counter_is_doubted():
    raw = 64 * np.random.default_rng(1).standard_normal((640, 3))
    assert describe(raw).value is None
    assert "is the unit g?" in describe(raw).reason
