"""The virtual patient: what it shows, how it answers music, and what goes wrong with it."""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import find_peaks, periodogram, welch

from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock, SensorError, Status
from sensors.virtual.patients import PATIENTS, patient
from sensors.virtual.physiology import STEP_S, Body
from sensors.virtual.waveforms import Ecg

Heard = Callable[[float], float]


def opened(name: str = "", seed: int = 7, at_s: float = 0.0) -> Sensor:
    return Sensor.open(name, Place(lambda: at_s, np.random.default_rng(seed)))


def blocks_of(arrived: list[SampleBlock | Status], stream: str) -> list[SampleBlock]:
    return [item for item in arrived if isinstance(item, SampleBlock) and item.info.stream == stream]


def signal(arrived: list[SampleBlock | Status], stream: str) -> np.ndarray:
    return np.concatenate([block.samples for block in blocks_of(arrived, stream)])


def lived(name: str, seed: int, minutes: float, arousal: Heard) -> np.ndarray:
    """A body's life as rows of (seconds, activation, heart rate), one per step."""
    body = Body(patient(name), np.random.default_rng(seed))
    rows = []
    for step in range(int(minutes * 60 / STEP_S)):
        at_s = step * STEP_S
        body.hear(at_s, arousal(at_s), 0.0)
        body.step()
        rows.append((at_s, body.activation, body.hr_bpm))
    return np.array(rows)


def mean_change(name: str, arousal: float, after_s: tuple[float, float]) -> float:
    """Beats a minute by which music moves a patient, against the same patient hearing none; over 8 chances."""
    changes = []
    for seed in range(8):
        with_music = lived(name, seed, 4, lambda at_s: arousal if at_s >= 60 else 0.0)
        without = lived(name, seed, 4, lambda _: 0.0)
        when = (with_music[:, 0] >= after_s[0]) & (with_music[:, 0] < after_s[1])
        changes.append(np.mean(with_music[when, 2] - without[when, 2]))
    return float(np.mean(changes))


def test_the_r_peaks_in_the_ecg_are_the_bodys_beats() -> None:
    rng = np.random.default_rng(7)
    body, electrodes, ecg, beats = Body(patient("typical"), rng), Ecg(), [], {}
    for _ in range(120):
        body.step()
        ecg.append(electrodes.step(body, rng)[:, 0])
        beats.update({beat.at_s: beat.rr_s for beat in body.beats})
    peaks_s = find_peaks(np.concatenate(ecg), height=0.5, distance=40)[0] / 130
    beats_s = np.array([at_s for at_s in beats if 0.1 < at_s < 59.9])
    assert len(peaks_s) == pytest.approx(len(beats_s), abs=1)
    assert max(np.min(np.abs(beats_s - peak_s)) for peak_s in peaks_s[1:-1]) < 0.01
    assert 60 / np.mean(np.diff(beats_s)) == pytest.approx(70, abs=4)
    assert 0.015 < np.sqrt(np.mean(np.diff(np.diff(beats_s)) ** 2)) < 0.1


def test_every_beat_of_the_ecg_has_its_pulse_a_quarter_second_later() -> None:
    arrived = opened("responder").read(60.0)
    r_peaks, _ = find_peaks(signal(arrived, "ecg")[:, 0], height=0.5, distance=40)
    pulses, _ = find_peaks(signal(arrived, "ppg")[:, 0], prominence=0.4, distance=25)
    lags = [np.min(np.abs(pulses / 64 - 0.25 - beat / 130)) for beat in r_peaks[1:-2]]
    assert np.median(lags) < 0.03


def test_the_brain_shows_alpha_above_its_background() -> None:
    eeg = signal(opened("nonresponder").read(60.0), "eeg")
    hz, power = welch(eeg, 256, nperseg=512, axis=0)
    alpha = power[(hz >= 9) & (hz <= 11)].mean(axis=0)
    beside = power[(hz >= 13) & (hz <= 15)].mean(axis=0)
    assert (alpha > 3 * beside).all()
    assert eeg.shape[1] == 4
    assert 5 < np.std(eeg[:, 2]) < 60


def test_skin_conductance_is_a_level_with_responses_that_come_more_often_with_activation() -> None:
    def level_and_responses(name: str) -> tuple[float, int]:
        sensor = opened(name)
        eda = np.concatenate([signal(sensor.read(minute * 60.0), "eda")[:, 0] for minute in range(1, 11)])
        smooth = np.convolve(eda, np.ones(4) / 4, "valid")
        return float(np.median(eda)), len(find_peaks(smooth, prominence=0.05)[0])

    rest, distress = level_and_responses("nonresponder"), level_and_responses("distressed")
    assert 3 < rest[0] < 5
    assert 8 <= rest[1] <= 40
    assert distress[0] > rest[0] + 0.5
    assert distress[1] > 1.5 * rest[1]


def test_gravity_and_breath_are_in_the_accelerometer() -> None:
    acc = signal(opened("nonresponder").read(120.0), "acc")
    assert np.median(np.linalg.norm(acc, axis=1)) == pytest.approx(1.0, abs=0.03)
    hz, power = periodogram(acc[:, 2] - acc[:, 2].mean(), 32)
    breath = (hz > 0.15) & (hz < 0.4)
    assert power[breath].max() > 10 * np.median(power[(hz > 1) & (hz < 3)])


def test_arousing_music_moves_a_responder_by_a_few_beats_and_no_more() -> None:
    assert 1.5 < mean_change("typical", 1.0, (120, 180)) < 5
    assert 2.0 < mean_change("responder", 1.0, (120, 180)) < 5
    assert -5 < mean_change("responder", -1.0, (120, 180)) < -2


def test_a_nonresponder_is_not_moved_and_a_contrary_one_the_other_way() -> None:
    assert mean_change("nonresponder", 1.0, (120, 180)) == 0.0
    assert mean_change("contrary", 1.0, (120, 180)) < -1.5


def test_the_answer_is_late_and_slow() -> None:
    assert mean_change("responder", 1.0, (60, 62.5)) == 0.0
    early, late = mean_change("responder", 1.0, (66, 68)), mean_change("responder", 1.0, (120, 130))
    assert 0 < early < late / 3


def test_the_answer_wears_off_while_nothing_changes() -> None:
    answer = lived("responder", 1, 20, lambda _: 1.0)[:, 1] - lived("responder", 1, 20, lambda _: 0.0)[:, 1]
    assert answer[-1] == pytest.approx(0.6 * answer.max(), rel=0.1)


def test_a_distressed_patient_gets_worse_even_with_calm_music() -> None:
    rows = lived("distressed", 3, 10, lambda _: -1.0)
    minutes = rows[:, 2].reshape(10, -1).mean(axis=1)
    assert minutes[-1] > minutes[0] + 8


def test_pleasant_music_leaves_less_alpha_on_the_left() -> None:
    def lean(valence: float) -> float:
        sensor = opened("nonresponder")
        sensor.hear(0.0, 0.0, valence)
        eeg = signal(sensor.read(119.0), "eeg")[60 * 256 :]
        hz, power = welch(eeg, 256, nperseg=512, axis=0)
        alpha = power[(hz >= 8) & (hz <= 12)].sum(axis=0)
        return float(np.log(alpha[1]) - np.log(alpha[0]))

    assert lean(1.0) > lean(-1.0) + 0.2


def heard_in_steps(step_s: float) -> list[SampleBlock | Status]:
    """90 s with music that changes every 10 s, read every `step_s`."""
    sensor, arrived, heard = opened("dropout", at_s=3.25), [], 0
    for tick in range(1, int(90 / step_s) + 1):
        now_s = 3.25 + tick * step_s
        while heard * 10 <= now_s - 3.25:
            sensor.hear(3.25 + heard * 10, (-1) ** heard * 0.8, 0.3)
            heard += 1
        arrived += sensor.read(now_s)
    return arrived


@pytest.mark.parametrize("step_s", [0.25, 2.5, 0.3])
def test_it_is_the_same_however_often_it_is_read(step_s: float) -> None:
    often, seldom = heard_in_steps(step_s), heard_in_steps(0.5)
    for stream in ("ecg", "ppg", "eda", "eeg", "acc"):
        one, other = signal(often, stream), signal(seldom, stream)
        assert np.array_equal(one[: len(other)], other[: len(one)])
        assert min(len(one), len(other)) > 60
    assert [item for item in often if isinstance(item, Status)] == [item for item in seldom if isinstance(item, Status)]


def test_another_chance_is_another_hour() -> None:
    one, other = (signal(opened(seed=seed).read(10.0), "ecg") for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_it_does_not_depend_on_what_others_draw_from_the_sessions_chance() -> None:
    place = Place(lambda: 0.0, np.random.default_rng(7))
    sensor = Sensor.open("typical", place)
    place.rng.random(1000)
    assert np.array_equal(signal(sensor.read(5.0), "eeg"), signal(opened().read(5.0), "eeg"))


def test_blocks_follow_each_other_on_the_session_clock() -> None:
    ecg = blocks_of(opened(at_s=12.3).read(20.0), "ecg")
    assert [block.start_s for block in ecg] == pytest.approx(12.3 + 0.5 * np.arange(len(ecg)))
    assert all(block.end_s <= 20.0 for block in ecg)
    assert all(block.flags == {"synthetic"} and block.contact and block.gap_s == 0 for block in ecg)


def test_a_sensor_that_drops_out_tells_it_and_marks_what_is_missing() -> None:
    sensor = opened("dropout")
    arrived = [item for minute in range(1, 11) for item in sensor.read(minute * 60.0)]
    ecg = blocks_of(arrived, "ecg")
    holes = [(before, after) for before, after in pairwise(ecg) if after.gap_s > 0]
    assert len(holes) >= 3
    assert all(after.gap_s == pytest.approx(after.start_s - before.end_s) for before, after in holes)
    assert max(after.gap_s for _, after in holes) > 5
    states = [item.state for item in arrived if isinstance(item, Status)]
    assert states[:4] == ["streaming", "stale", "streaming", "stale"]
    assert [block.seq for block in ecg] == list(range(len(ecg)))
    assert any(block.contact is False for block in ecg)


def test_a_restless_patient_moves_and_spoils_the_pulse() -> None:
    restless, still = (opened(name).read(120.0) for name in ("restless", "nonresponder"))
    assert np.std(np.linalg.norm(signal(restless, "acc"), axis=1)) > 5 * np.std(
        np.linalg.norm(signal(still, "acc"), axis=1)
    )
    assert np.std(signal(restless, "ppg")) > 1.2 * np.std(signal(still, "ppg"))


def test_after_a_jump_of_hours_there_is_a_gap_and_little_to_read() -> None:
    sensor = opened()
    sensor.read(10.0)
    arrived = blocks_of(sensor.read(4 * 3600.0), "ecg")
    assert arrived[0].gap_s > 4 * 3600 - 200
    assert sum(len(block.samples) for block in arrived) <= 121 * 130


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_music_and_times_that_are_no_numbers_are_refused_and_harm_nothing(number: float) -> None:
    sensor = opened()
    for heard in ((number, 0.0, 0.0), (1.0, number, 0.0), (1.0, 0.0, number)):
        with pytest.raises(ValueError, match="expected finite"):
            sensor.hear(*heard)
    with pytest.raises(ValueError, match="expected a finite time"):
        sensor.read(number)
    assert np.array_equal(signal(sensor.read(20.0), "ecg"), signal(opened().read(20.0), "ecg"))


def test_an_unknown_patient_is_refused_with_those_there_are() -> None:
    with pytest.raises(SensorError, match="'typcal'; there are: typical, responder, nonresponder"):
        opened("typcal")


@pytest.mark.parametrize("name", PATIENTS)
def test_half_an_hour_takes_few_seconds(name: str) -> None:
    """At most 2 ms of CPU for each second of all five streams; measured on two minutes."""
    sensor = opened(name)
    begun_s = time.process_time()
    for tick in range(1, 481):
        sensor.read(tick / 4)
    assert (time.process_time() - begun_s) / 120 < 0.002
