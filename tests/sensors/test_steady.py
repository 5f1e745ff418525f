"""Samples of a steady rate, placed in time although their stamps jitter."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.steady import Counted, Steady

RATE_HZ = 256.0
SAMPLE_S = 1 / RATE_HZ


def packets(seconds: float, rng: np.random.Generator, late_s: float = 0.04, true_hz: float = RATE_HZ) -> list[float]:
    """Arrival of packets of 12 samples, each up to `late_s` late."""
    count = int(seconds * true_hz / 12)
    return [float((packet + 1) * 12 / true_hz + rng.uniform(0, late_s)) for packet in range(count)]


def placed(steady: Steady, arrivals: list[float], size: int = 12) -> NDArray[np.float64]:
    """When each packet's first sample is said to have been taken."""
    return np.array([steady.place(np.full(size, arrived_s))[0][1] for arrived_s in arrivals])


def test_jitter_of_arrival_is_smoothed_away() -> None:
    starts_s = placed(Steady(RATE_HZ), packets(60, np.random.default_rng(1)))
    off_s = starts_s - np.arange(len(starts_s)) * 12 * SAMPLE_S
    assert np.ptp(off_s[300:]) < 0.008
    assert np.abs(np.diff(starts_s) - 12 * SAMPLE_S).max() < 0.5 * SAMPLE_S


@pytest.mark.parametrize("off", [-0.003, -0.0005, 0.0, 0.0005, 0.003])
def test_a_device_that_runs_fast_or_slow_is_followed_without_a_gap(off: float) -> None:
    rng = np.random.default_rng(8)
    starts_s = placed(Steady(RATE_HZ), packets(120, rng, true_hz=RATE_HZ * (1 + off)))
    assert starts_s[-1] == pytest.approx(len(starts_s) * 12 / (RATE_HZ * (1 + off)), abs=0.08)
    assert np.abs(np.diff(starts_s) - 12 * SAMPLE_S).max() < 0.5 * SAMPLE_S


def test_what_is_missing_for_long_is_a_hole_at_once() -> None:
    steady = Steady(RATE_HZ)
    before_s = placed(steady, packets(5, np.random.default_rng(2)))
    after_s = placed(steady, [before_s[-1] + 2.0])
    assert after_s[0] - before_s[-1] == pytest.approx(2.0 - 12 * SAMPLE_S, abs=0.05)


def test_what_is_missing_for_a_moment_shows_when_the_samples_stay_late() -> None:
    rng = np.random.default_rng(3)
    arrivals = packets(20, rng)
    lost = arrivals[:200] + arrivals[206:]
    starts_s = placed(Steady(RATE_HZ), lost)
    jumps_s = np.diff(starts_s) - 12 * SAMPLE_S
    assert jumps_s.max() == pytest.approx(6 * 12 * SAMPLE_S, abs=0.06)
    assert starts_s[-1] == pytest.approx(arrivals[-1] - 12 * SAMPLE_S, abs=0.06)


def test_a_device_that_pauses_but_counts_has_no_hole() -> None:
    arrivals = packets(20, np.random.default_rng(3))
    paused = [at_s + 0.2 * (at_s > 8) for at_s in arrivals]
    starts_s = placed(Steady(RATE_HZ, counts=True), paused)
    assert np.abs(np.diff(starts_s) - 12 * SAMPLE_S).max() < 0.5 * SAMPLE_S
    assert starts_s[-1] == pytest.approx(paused[-1] - 12 * SAMPLE_S, abs=0.06)


def test_samples_known_to_be_missing_are_skipped() -> None:
    steady = Steady(RATE_HZ, counts=True)
    before_s = placed(steady, packets(5, np.random.default_rng(4)))
    steady.skip(24)
    ((_, after_s),) = steady.place(np.full(12, before_s[-1] + 48 * SAMPLE_S))
    assert after_s - before_s[-1] == pytest.approx(36 * SAMPLE_S, abs=0.5 * SAMPLE_S)


def test_a_hole_within_a_chunk_cuts_it() -> None:
    stamps_s = np.concatenate([np.arange(10), 1000 + np.arange(10)]) / 100
    (first, start_s), (second, later_s) = Steady(100.0).place(stamps_s)
    assert (first, second) == (slice(0, 10), slice(10, 20))
    assert later_s - start_s == pytest.approx(10.0)


def told(counted: Counted, arrivals: list[float]) -> str:
    return [counted.wrong(arrived_s, 12) for arrived_s in arrivals][-1]


@pytest.mark.parametrize("times", [0.5, 0.9, 1.1, 2.0])
def test_a_wrong_rate_is_told(times: float) -> None:
    arrivals = packets(8, np.random.default_rng(5), true_hz=RATE_HZ * times)
    assert told(Counted(RATE_HZ), arrivals).startswith("says 256 Hz, but ")


def test_losses_and_slow_crystals_are_no_wrong_rate() -> None:
    rng = np.random.default_rng(6)
    arrivals = packets(60, rng, true_hz=RATE_HZ * 1.01)
    assert told(Counted(RATE_HZ), arrivals) == ""
    counted, lossy = Counted(RATE_HZ), [at_s for at_s in arrivals if rng.uniform() > 0.02]
    assert {counted.wrong(at_s, 12) for at_s in lossy} == {""}
