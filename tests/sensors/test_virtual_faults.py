"""The virtual patient's faults: asked for in its SPEC, each does what its name says."""

import numpy as np
import pytest

from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock, SensorError
from sensors.virtual.faults import EVERY, FAULTS

KINDS = {
    "off-body", "flat", "saturated", "noise", "50/60 Hz", "spikes", "drift", "freeze", "half rate", "double rate",
    "wrong unit", "swapped channels", "stale", "burst after a pause",
}  # fmt: skip
ALL = ",".join(EVERY)


def read(argument: str, until_s: float = 40.0, seed: int = 3) -> list[SampleBlock]:
    sensor = Sensor.open(argument, Place(lambda: 0.0, np.random.default_rng(seed)))
    return [arrived for arrived in sensor.read(until_s) if isinstance(arrived, SampleBlock)]


def of(blocks: list[SampleBlock], stream: str, from_s: float = 0.0, to_s: float = 99.0) -> np.ndarray:
    return np.concatenate([b.samples for b in blocks if b.info.stream == stream and from_s <= b.start_s < to_s])


def test_all_fourteen_kinds_are_there() -> None:
    assert {fault.kind for fault in FAULTS.values()} == KINDS


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_begins_when_it_is_asked_to_and_ends_so(name: str) -> None:
    clean, faulty = read(f"typical/{ALL}"), read(f"typical/{ALL}+{name}@20-30")
    for stream in FAULTS[name].touches:
        assert np.array_equal(of(clean, stream, 0, 20), of(faulty, stream, 0, 20)), stream
        assert np.array_equal(of(clean, stream, 30.6), of(faulty, stream, 30.6)), stream
        held = [b for b in faulty if b.info.stream == stream and 20 <= b.start_s < 30]
        if held and name != "burst":
            there = np.concatenate([b.samples for b in held])
            assert there.shape != of(clean, stream, 20, 30).shape or not np.array_equal(
                there, of(clean, stream, 20, 30)
            ), stream


def test_a_fault_can_be_of_one_stream_and_follow_another() -> None:
    clean, faulty = read("typical"), read("typical+flat/ecg@10-20+noise/eda@15")
    assert not of(faulty, "ecg", 10, 20).any()
    assert np.array_equal(of(clean, "ecg", 20), of(faulty, "ecg", 20))
    assert np.array_equal(of(clean, "eda", 0, 15), of(faulty, "eda", 0, 15))
    assert of(faulty, "eda", 15).std() > 0.5
    assert np.array_equal(of(clean, "ppg"), of(faulty, "ppg"))


def test_the_same_chance_gives_the_same_fault() -> None:
    one, same, other = (read("typical+spikes@5", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(of(one, "eeg"), of(same, "eeg"))
    assert not np.array_equal(of(one, "eeg"), of(other, "eeg"))


def test_a_strap_and_a_watch_tell_the_same_heart_as_the_ecg() -> None:
    blocks = read("typical/ecg,rr,hr", 60)
    assert {b.info.stream for b in blocks} == {"ecg", "rr", "hr"}
    intervals_ms, numbers = of(blocks, "rr"), of(blocks, "hr")
    times_s = np.concatenate([b.times_s for b in blocks if b.info.stream == "rr"])
    assert np.diff(times_s) == pytest.approx(intervals_ms[1:, 0] / 1000, abs=0.001)
    assert 60_000 / intervals_ms.mean() == pytest.approx(numbers.mean(), abs=1.5)
    assert (numbers == numbers.round()).all()


def test_after_silence_the_gap_is_marked() -> None:
    ecg = [b for b in read("typical/ecg+stale@10-22.5") if b.info.stream == "ecg"]
    assert [b.gap_s for b in ecg if b.gap_s] == [pytest.approx(12.5)]
    assert [b.seq for b in ecg] == list(range(len(ecg)))


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("typical+offbody@60", "no fault named 'offbody'; there are: off_body, flat"),
        ("typical/ekg", "no virtual stream named 'ekg'; there are: ecg, ppg"),
        ("typical+flat/ekg@3", "no virtual stream named 'ekg'"),
        ("typical+flat@60-20", "flat from 60 s to 20 s; expected an end after it"),
        ("typical+flat@soon", "no fault in 'flat@soon'; expected name"),
        ("typical+", "no fault named ''"),
        ("typcal+flat", "no virtual patient named 'typcal'"),
    ],
)
def test_what_is_not_there_is_refused_with_the_choices(argument: str, words: str) -> None:
    with pytest.raises(SensorError) as refused:
        read(argument)
    assert words in str(refused.value)
