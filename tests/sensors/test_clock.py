"""A device's clock on the session's: an hour of drift, jitter and stalls, and what breaks clocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.clock import DeviceClock

BLOCK_S = 73 / 130
LEAST_DELAY_S = 0.03


def an_hour(seed: int, drift_ppm: float = 60.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(device time, arrival, truth) of a strap's frames: jitter of a radio link, one frame in a hundred stalls."""
    rng = np.random.default_rng(seed)
    device_s = np.arange(1, int(3600 / BLOCK_S)) * BLOCK_S
    truth_s = device_s * (1 + drift_ppm * 1e-6)
    delay_s = LEAST_DELAY_S + rng.gamma(1.2, 0.03, len(device_s))
    delay_s += rng.random(len(device_s)) * (rng.random(len(device_s)) < 0.01)
    return device_s, truth_s + delay_s, truth_s


def placed(clock: DeviceClock, device_s: np.ndarray, arrived_s: np.ndarray) -> np.ndarray:
    return np.array([clock.place(d, a) for d, a in zip(device_s.tolist(), arrived_s.tolist(), strict=True)])


@pytest.mark.parametrize("drift_ppm", [60.0, -60.0, 0.0])
@pytest.mark.parametrize("seed", range(4))
def test_over_an_hour_stamps_stay_within_5_ms_of_a_constant_delay(seed: int, drift_ppm: float) -> None:
    device_s, arrived_s, truth_s = an_hour(seed, drift_ppm)
    clock = DeviceClock()
    error_s = (placed(clock, device_s, arrived_s) - truth_s)[200:]  # from the second minute on
    assert np.abs(error_s - np.median(error_s)).max() < 0.005
    assert 0.03 < np.median(error_s) < 0.04
    assert clock.drift_ppm == pytest.approx(drift_ppm, abs=3)
    assert clock.restarts == 0


def test_stamps_never_go_backwards_and_hardly_jump() -> None:
    device_s, arrived_s, _ = an_hour(9)
    steps_s = np.diff(placed(DeviceClock(), device_s, arrived_s))
    assert np.abs(steps_s - BLOCK_S).max() < 0.003


BREAKS = {
    "the machine slept for ten minutes": (600.0, -600.0),
    "the device restarted and counts from zero": (-1800.0, 1800.0),
    "the device was set forward by an hour": (3600.0, -3600.0),
    "this machine's clock was stepped by two seconds": (0.0, 2.0),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_after_a_break_the_map_is_found_again(broken: str) -> None:
    device_jump_s, _ = BREAKS[broken]
    device_s, arrived_s, truth_s = an_hour(3)
    half = len(device_s) // 2
    late = np.arange(len(device_s)) >= half
    host_jump_s = 2.0 if device_jump_s == 0 else 0.0
    clock = DeviceClock()
    found_s = placed(clock, device_s + device_jump_s * late, arrived_s + host_jump_s * late)
    settled = slice(half + 100, None)
    error_s = found_s[settled] - (truth_s + host_jump_s * late)[settled]
    assert clock.restarts == 1
    assert error_s.min() > 0.02
    assert error_s.max() < 0.08
    assert np.abs(error_s[200:] - np.median(error_s[200:])).max() < 0.005


def test_a_stall_of_ten_seconds_is_no_new_clock() -> None:
    device_s, arrived_s, truth_s = an_hour(5)
    stalled = (device_s > 1000) & (device_s < 1010)
    arrived_s[stalled] = truth_s[stalled].max() + LEAST_DELAY_S
    clock = DeviceClock()
    error_s = (placed(clock, device_s, arrived_s) - truth_s)[200:]
    assert clock.restarts == 0
    assert np.abs(error_s - np.median(error_s)).max() < 0.005


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        DeviceClock().place(float("nan"), 1.0)


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(0, 1e9)), max_size=60))
def test_any_stamps_give_finite_times(stamps: list[tuple[float, float]]) -> None:
    clock = DeviceClock()
    assert all(np.isfinite(clock.place(device_s, arrived_s)) for device_s, arrived_s in stamps)
