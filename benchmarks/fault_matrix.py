"""The fault matrix: what becomes of readings and estimates when a sensor fails.

A virtual patient lives CLEAN_S seconds, then the fault begins and stays for
FAULT_S seconds. Beside it runs the same body without the fault. Told for every second that lies further behind the
fault's beginning than the deadline:

- *late*: a reading is still given although the fault has destroyed its signal (`DESTROYED` says which it does);
- *wrong*: a reading is given and differs from that of the clean body by more than `CLOSE`;
- *false calm*: an estimate, smoothed as in a session, knows an arousal lower by more than CALM than any on the clean
  body's values of the same readings, or one below the clean body's interval; both within AROUND_S seconds.

The person's rest is set well below the body's state, so that every estimate should show arousal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.affect import Estimator, Interval
from models.person import Baseline, Person, taken_for_rest
from models.smoothing import Smoothing
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock
from sensors.numbering import Numbering
from sensors.readings import Features
from sensors.virtual.faults import EVERY, FAULTS, Fault, Striking
from sensors.virtual.physiology import STEP_S
from sensors.window import Window
from therapy_app import catalog

CLEAN_S, FAULT_S = 75, 60
HEART, SKIN = ("hr_bpm", "rmssd_ms", "sdnn_ms"), ("eda_tonic_us", "scr_per_min")
HEAD = ("eeg_theta", "eeg_alpha", "eeg_beta", "eeg_faa")
READ_FROM: Mapping[str, tuple[str, ...]] = {
    "ecg": HEART, "ppg": HEART, "rr": HEART, "hr": HEART[:1], "eda": SKIN, "eeg": HEAD, "acc": ("movement_g",)
}  # fmt: skip
"""Which readings of each signal are judged."""
DEADLINE_S = {"ecg": 5, "ppg": 5, "rr": 5, "hr": 5, "eda": 10, "eeg": 2, "acc": 10}
LATER_S = {("freeze", "hr"): 30, ("drift", "eda"): 25, ("noise", "rr"): 10}
"""A watch at rest shows one number for many seconds: only half a minute of it tells that it hangs. And it takes
twenty-five seconds to tell a skin's level that slides away from one that comes down after a response, and ten to tell
intervals as if by dice from a heart in fibrillation."""
AROUND_S = 10
"""What is right is what the clean body shows within so many seconds: a fault moves blinks and beats across edges."""

BEATS = ("ecg", "ppg", "rr")
DESTROYED: Mapping[str, tuple[str, ...]] = {
    "off_body": (*BEATS, "hr", "eda", "eeg"),
    "flat": (*BEATS, "hr", "eda", "eeg"),
    "saturated": (*BEATS, "hr", "eda", "eeg"),
    "noise": ("ecg", "ppg", "eda", "eeg"),
    "hum_50": ("eeg",),
    "hum_60": ("eeg",),
    "spikes": (),
    "drift": ("eda",),
    "freeze": (*BEATS, "hr", "eda", "eeg"),
    "loop": (*BEATS, "eda", "eeg"),
    "half_rate": (*BEATS, "eda", "eeg"),
    "double_rate": ("ecg", "ppg", "eda", "eeg"),
    "unit_x1000": ("rr", "hr", "eda", "eeg", "acc"),
    "unit_1000th": ("rr", "hr", "eda", "eeg"),
    "swapped": ("rr", "hr", "eda"),
    "stale": (*BEATS, "hr", "eda", "eeg", "acc"),
    "burst": (),
}
"""Whose signal is gone. Elsewhere a reading may stay, if it stays right: a heart rate needs no unit of voltage."""

CLOSE: Mapping[str, float] = {
    "hr_bpm": 6.0, "rmssd_ms": 0.4, "sdnn_ms": 0.4, "eda_tonic_us": 0.2, "scr_per_min": 4.0,
    "eeg_theta": 0.5, "eeg_alpha": 0.7, "eeg_beta": 0.5, "eeg_faa": 0.6, "movement_g": 0.2,
}  # fmt: skip
RELATIVE = ("rmssd_ms", "sdnn_ms", "eda_tonic_us")
"""Judged by the logarithm of their ratio; the others by their difference."""
TOLD_NOT = {("swapped", "eeg_faa"), *((name, "movement_g") for name in ("noise", "spikes", "saturated", "swapped"))}
"""Left and right in each other's place: no signal can tell. A disturbed accelerometer shows movement, which lowers the
belief in everything else."""
CALM = 0.15
SMOOTHED_S = 40
"""So much of the time before the fault goes into the smoothing too."""
REST_BELOW = {
    "hr_bpm": -8.0, "rmssd_ms": 15.0, "eda_tonic_us": -1.2, "scr_per_min": -2.0, "eeg_alpha": 0.2, "eeg_beta": -0.15
}  # fmt: skip
"""From the body's state to the rest it is compared with."""


@dataclass(frozen=True)
class Case:
    """One run: which streams are worn, which of them have the fault, what came out a second at a time."""

    fault: str
    worn: tuple[str, ...]
    struck: tuple[str, ...]
    before: list[Features]
    clean: list[Features]
    faulty: list[Features]

    def seconds(self) -> Iterator[tuple[float, list[Features], Features]]:
        """(seconds since the fault began, the clean body around that second, the faulty one)."""
        for at, faulty in enumerate(self.faulty):
            yield faulty.at_s - CLEAN_S, self.clean[max(0, at - AROUND_S) : at + AROUND_S + 1], faulty

    def deadline_s(self, modality: str) -> int:
        return LATER_S.get((self.fault, modality), DEADLINE_S[modality])

    def patience_s(self, reading: str) -> int:
        """The longest deadline of the signals that are worn and give this reading."""
        return max(self.deadline_s(modality) for modality in self.worn if reading in READ_FROM[modality])


class Life:
    """One seed's clean blocks, and windows that have lived through the seconds before the fault."""

    def __init__(self, seed: int, who: str = "typical") -> None:
        self.seed = seed
        sensor = Sensor.open(f"{who}/{','.join(EVERY)}", Place(lambda: 0.0, np.random.default_rng(seed)))
        self._steps: list[list[SampleBlock]] = []
        for step in range(1, round((CLEAN_S + FAULT_S) / STEP_S) + 1):
            arrived = sensor.read(step * STEP_S)
            self._steps.append([block for block in arrived if isinstance(block, SampleBlock)])
        self._ready: dict[tuple[str, ...], tuple[Window, Numbering, list[Features]]] = {}

    def case(self, fault: Fault, worn: tuple[str, ...] = EVERY, struck: tuple[str, ...] = EVERY) -> Case:
        self._begin(worn)
        striking = Striking(fault, CLEAN_S, np.inf, np.random.default_rng([self.seed, 1]), struck)
        faulty = self._live(worn, striking)
        return Case(fault.name, worn, struck, self._ready[worn][2][-SMOOTHED_S:], self._clean(worn), faulty)

    @cached_property
    def person(self) -> Person:
        self._begin(EVERY)
        lived = taken_for_rest(self._ready[EVERY][2][30:], 180.0).baseline
        assert lived is not None
        below = {name: value + REST_BELOW.get(name, 0.0) for name, value in lived.medians.items()}
        return Person(Baseline(180.0, below))

    def _begin(self, worn: tuple[str, ...]) -> None:
        if worn not in self._ready:
            window, numbering = Window(), Numbering()
            self._ready[worn] = window, numbering, list(self._second(window, numbering, worn, None, 0, CLEAN_S))

    def _live(self, worn: tuple[str, ...], striking: Striking | None) -> list[Features]:
        window, numbering, _ = self._ready[worn]
        if striking:  # it must know the last seconds before the fault
            for step in self._steps[: round(CLEAN_S / STEP_S)][-8:]:
                striking.over(step)
        end_s = CLEAN_S + FAULT_S
        return list(self._second(deepcopy(window), deepcopy(numbering), worn, striking, CLEAN_S, end_s))

    def _clean(self, worn: tuple[str, ...]) -> list[Features]:
        key = ("clean", *worn)
        if key not in self._ready:
            self._ready[key] = (*self._ready[worn][:2], self._live(worn, None))
        return self._ready[key][2]

    def _second(
        self, window: Window, numbering: Numbering, worn: tuple[str, ...], striking: Striking | None,
        from_s: int, to_s: int,
    ) -> Iterator[Features]:  # fmt: skip
        a_second = round(1 / STEP_S)
        for second in range(from_s, to_s):
            for step in self._steps[second * a_second : (second + 1) * a_second]:
                for block in striking.over(step) if striking else step:
                    if block.info.modality in worn:
                        window.add(numbering.block(block.info, block.start_s, block.samples, block.times_s))
            yield window.describe(second + 1.0)


def late(case: Case) -> list[str]:
    """Readings of a signal that is worn alone, given after their deadline although the fault destroyed it."""
    (modality,) = case.worn
    if modality not in DESTROYED[case.fault]:
        return []
    return [
        f"{name} {faulty.value(name):.3g} after {since_s:.0f} s"
        for since_s, _, faulty in case.seconds()
        for name in READ_FROM[modality]
        if since_s > case.deadline_s(modality) and faulty.value(name) is not None
    ]


def wrong(case: Case) -> list[str]:
    """Readings that are neither absent nor those of the clean body, after their deadline."""
    found = []
    for since_s, near, faulty in case.seconds():
        for name in {name for modality in case.worn for name in READ_FROM[modality]}:
            value, truths = faulty.value(name), [clean.value(name) for clean in near]
            known = [truth for truth in truths if truth is not None]
            told = (case.fault, name) not in TOLD_NOT and since_s > case.patience_s(name)
            if told and value is not None and known and not any(close(name, value, truth) for truth in known):
                found.append(f"{name} {value:.3g}, not {known[len(known) // 2]:.3g}, after {since_s:.0f} s")
    return found


def close(name: str, value: float, truth: float) -> bool:
    apart = np.log(max(value, 1e-6) / max(truth, 1e-6)) if name in RELATIVE else value - truth
    return bool(abs(apart) <= CLOSE[name])


def false_calm(case: Case, estimator: Estimator, person: Person) -> list[str]:
    pairs = list(zip(case.clean, case.faulty, strict=True))
    smoothing = Smoothing()
    for features in case.before:
        _, smoothing = smoothing.after(estimator.estimate(features, person))

    def shown(seconds: Iterable[Features]) -> list[Interval | None]:
        return _shown(estimator, person, seconds, smoothing)

    felt = shown(case.faulty)
    same = shown([_as_far_as(faulty, clean) for clean, faulty in pairs])
    whole = shown(case.clean)
    deadline_s, found = max(case.deadline_s(modality) for modality in case.worn), []
    for at, (now, faulty) in enumerate(zip(felt, case.faulty, strict=True)):
        around = slice(max(0, at - AROUND_S), at + AROUND_S + 1)
        floors = [it.value - CALM for it in same[around] if it], [it.low for it in whole[around] if it]
        least = max((min(floor) for floor in floors if floor), default=-1.0)
        if now and faulty.at_s - CLEAN_S > deadline_s and now.value < least:
            found.append(f"arousal {now.value:.2f}, at least {least:.2f}, after {faulty.at_s - CLEAN_S:.0f} s")
    return found


def _shown(
    estimator: Estimator, person: Person, seconds: Iterable[Features], smoothing: Smoothing
) -> list[Interval | None]:
    """Arousal of each second as a session shows and uses it: smoothed."""
    shown = []
    for features in seconds:
        affect, smoothing = smoothing.after(estimator.estimate(features, person))
        shown.append(affect.arousal)
    return shown


def _as_far_as(faulty: Features, clean: Features) -> Features:
    """The clean body's values of what the faulty one still says to know."""
    known = {name: reading for name, reading in clean.readings.items() if faulty.value(name) is not None}
    return Features(clean.at_s, known)


def estimators() -> dict[str, Estimator]:
    return {name: catalog.find("estimator", name).Estimator() for name in catalog.names("estimator")}


ALONE = tuple((modality,) for modality in EVERY)


def cases(life: Life, fault: Fault, among_all: bool = True) -> Iterator[Case]:
    """The fault on each signal worn alone, on all at once, and on each while the others stay sound."""
    for worn in ALONE:
        if worn[0] in fault.touches:
            yield life.case(fault, worn)
    yield life.case(fault)
    if among_all:
        for modality in fault.touches:
            yield life.case(fault, struck=(modality,))


@dataclass
class Tally:
    """What one fault did over all seeds and signals."""

    judged: int = 0
    known: int = 0
    late: int = 0
    wrong: int = 0
    calm: int = 0
    slowest_s: float = 0.0

    def add(self, case: Case, felt: Mapping[str, Estimator], person: Person) -> list[str]:
        """Returns what went wrong, in words."""
        alone = len(case.worn) == 1
        told = {"late": late(case) if alone else [], "wrong": wrong(case)}
        told["calm"] = [f"{name}: {text}" for name, made in felt.items() for text in false_calm(case, made, person)]
        names = {name for modality in case.worn for name in READ_FROM[modality]}
        self.judged += sum(name in clean.readings for clean in case.clean for name in names)
        self.known += sum(faulty.value(name) is not None for faulty in case.faulty for name in names)
        self.late, self.wrong = self.late + len(told["late"]), self.wrong + len(told["wrong"])
        self.calm += len(told["calm"])
        if alone and case.worn[0] in DESTROYED[case.fault] and case.worn[0] in (*BEATS, "eeg"):
            given = [since_s for since_s, _, faulty in case.seconds() if any(faulty.value(name) for name in names)]
            self.slowest_s = max([self.slowest_s, *given])
        place = f"{case.fault} on {','.join(case.struck if not alone else case.worn)}"
        return [f"{place}: {kind}: {text}" for kind, texts in told.items() for text in texts]


def tally(seeds: Sequence[int], among_all: bool = True) -> tuple[dict[str, Tally], list[str]]:
    """Each fault's tally, and everything that went wrong."""
    felt, tallies, words = estimators(), {name: Tally() for name in FAULTS}, []
    for seed in seeds:
        life = Life(seed)
        for name, fault in FAULTS.items():
            for case in cases(life, fault, among_all):
                words += [f"seed {seed}: {text}" for text in tallies[name].add(case, felt, life.person)]
    return tallies, words
