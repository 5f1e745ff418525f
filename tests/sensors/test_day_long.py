"""Two hours of a worn device under a fast clock; `python -m benchmarks.day` lives a whole day."""

import pytest

from benchmarks.day import Account, live


@pytest.fixture(scope="module")
def account() -> Account:
    return live(2.0, seed=3, streams="ecg,rr,eda")


def test_everything_that_can_happen_did(account: Account) -> None:
    assert set(account.happened) == {"lost", "held up", "not read"}
    assert sum(account.overflowed.values()) > 20
    assert account.taken_s["ecg"] > 60


def test_every_gap_is_marked_to_the_sample(account: Account) -> None:
    assert account.unmarked_samples < 1


def test_no_sample_is_made_up_and_none_lost_without_a_word(account: Account) -> None:
    assert account.unaccounted == 0
    assert account.used["ecg"] > 0.8 * 2 * 3600 * 130


def test_memory_does_not_grow(account: Account) -> None:
    assert account.grown_objects < 2000
    assert account.grown_rss_bytes < 10e6


def test_most_readings_are_there_all_the_same(account: Account) -> None:
    assert account.known > 0.75 * account.asked
