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


def test_the_unit_of_a_raw_counter_is_doubted():
    raw = 64 * np.random.default_rng(1).standard_normal((640, 3))
    assert describe(raw).value is None
    assert "is the unit g?" in describe(raw).reason
