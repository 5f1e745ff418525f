"""When frames' samples were taken: even, whole, and honest about what is missing."""

from itertools import pairwise

import numpy as np
import pytest

from sensors.bluetooth.frame_times import Counted, FrameTimes

COUNT, RATE_HZ = 73, 130.0
FRAME_S = COUNT / RATE_HZ


def placed(stamps_s: list[float], delays_s: float | list[float] = 0.05) -> list[Counted]:
    times = FrameTimes(RATE_HZ)
    delays = np.broadcast_to(delays_s, len(stamps_s))
    arrivals_s = np.maximum.accumulate(np.arange(1, len(stamps_s) + 1) * FRAME_S + delays)
    return [times.place(stamp, COUNT, float(at)) for stamp, at in zip(stamps_s, arrivals_s, strict=True)]


def even(frames: int, rate: float = 1.0) -> list[float]:
    return [1000 + frame * FRAME_S * rate for frame in range(frames)]


@pytest.mark.parametrize("rate", [0.985, 1.0, 1.015])
def test_a_crystal_a_percent_off_misses_nothing(rate: float) -> None:
    found = placed(even(20, rate))
    assert all(frame.missing_s == 0 and not frame.doubtful for frame in found)
    steps_s = [later.first_s - frame.last_s for frame, later in pairwise(found)]
    assert steps_s == pytest.approx([rate / RATE_HZ] * 19, rel=1e-6)


def test_stamps_that_jitter_miss_nothing() -> None:
    rng = np.random.default_rng(3)
    stamps_s = [stamp + rng.uniform(-0.01, 0.01) for stamp in even(50)]
    assert all(frame.missing_s == 0 for frame in placed(stamps_s))


def test_a_burst_after_a_pause_misses_nothing() -> None:
    delays_s = [0.05] * 5 + [3.0, 2.5, 1.9, 1.4, 0.8, 0.3] + [0.05] * 5
    assert all(frame.missing_s == 0 and not frame.doubtful for frame in placed(even(16), delays_s))


def test_two_lost_frames_are_missed_for_as_long_as_they_lasted() -> None:
    times = FrameTimes(RATE_HZ)
    times.place(1000.0, COUNT, 0.05)
    after = times.place(1000 + 3 * FRAME_S, COUNT, 3 * FRAME_S + 0.05)
    assert after.missing_s == pytest.approx(2 * FRAME_S)
    assert after.first_s == pytest.approx(1000 + 2 * FRAME_S + 1 / RATE_HZ)


@pytest.mark.parametrize("jump_s", [2 * FRAME_S, -2 * FRAME_S])
def test_a_stamp_that_jumps_by_two_frames_and_back_is_not_believed(jump_s: float) -> None:
    stamps_s = even(12)
    stamps_s[6] += jump_s
    found = placed(stamps_s)
    assert [frame.doubtful for frame in found] == [at == 6 for at in range(12)]
    assert all(frame.missing_s == 0 for frame in found)
    assert np.diff([frame.last_s for frame in found]) == pytest.approx(FRAME_S)


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
def test_a_clock_that_was_set_is_believed_after_a_while_and_leaves_a_gap(step_s: float) -> None:
    stamps_s = even(6) + [stamp + step_s for stamp in even(12)[6:]]
    found = placed(stamps_s)
    assert [frame.doubtful for frame in found] == [6 <= at < 9 for at in range(12)]
    assert found[9].missing_s > 0
    assert found[-1].last_s == pytest.approx(stamps_s[-1])
    assert found[-1].missing_s == 0
