"""No fault of a sensor looks like calm: the fault matrix, with few seeds. `python -m benchmarks.faults` has more.

A fault begins after 75 clean seconds. *False calm* is an arousal that an estimator knows, smoothed as in a session, and
that lies more than 0.15 below all it gives on the same body without the fault within ten seconds, or below that body's
interval. *Late* is a reading that is still given more than 5 s (heart), 2 s (EEG) or 10 s (skin) after a fault that
destroys its signal; `benchmarks.fault_matrix` lists which do, and three exceptions. *Wrong* is a reading that
differs from the clean body's where the fault leaves one.
"""

from collections.abc import Iterator

import pytest

from benchmarks import fault_matrix as faults
from sensors.virtual.faults import FAULTS

SEEDS = (1, 2)


@pytest.fixture(scope="module")
def lives() -> list[faults.Life]:
    return [faults.Life(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def felt() -> dict[str, faults.Estimator]:
    return faults.estimators()


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_looks_like_calm_or_lasts(name: str, lives: list[faults.Life], felt) -> None:
    tally, words = faults.Tally(), []
    for life in lives:
        for case in faults.cases(life, FAULTS[name], among_all=False):
            words += tally.add(case, felt, life.person)
    assert (tally.calm, tally.late) == (0, 0), words
    assert tally.wrong <= 0.002 * tally.judged, words
    assert tally.judged > 1000


def test_the_clean_body_is_told_nearly_always(lives: list[faults.Life]) -> None:
    """The matrix would be easily won by saying nothing."""
    known = asked = 0
    for life in lives:
        for seconds in (life.case(FAULTS["stale"]).clean, life.case(FAULTS["stale"], ("ecg",)).clean):
            for features in seconds:
                for name, reading in features.readings.items():
                    asked += name in faults.HEART + faults.SKIN + faults.HEAD[:3]
                    known += name in faults.HEART + faults.SKIN + faults.HEAD[:3] and reading.value is not None
    assert known > 0.95 * asked


@pytest.mark.parametrize("one", ["ecg", "ppg"])
def test_a_sound_signal_stands_in_for_the_one_that_failed(one: str, lives: list[faults.Life]) -> None:
    for case in _struck(lives[0], one):
        told = [features.value("hr_bpm") is not None for features in case.faulty]
        assert sum(told) > 0.9 * len(told), case.fault
        assert not faults.wrong(case), case.fault


def _struck(life: faults.Life, one: str) -> Iterator[faults.Case]:
    for name in ("off_body", "flat", "noise", "freeze", "half_rate", "stale"):
        yield life.case(FAULTS[name], struck=(one,))
