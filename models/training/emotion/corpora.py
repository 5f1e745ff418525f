"""The recordings of people that estimators learn from: licence, credit, and what else their labels could be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Corpus:
    """`order` says in words what in the protocol competes with the body as an explanation."""

    name: str
    people: str
    labels: str
    licence: str
    credit: str
    order: str


ROWS = (
    Corpus(
        "stress-predict",
        "34 healthy adults, Empatica E4 on the wrist, about 55 minutes each",
        "calm (rest) or stressed (Stroop test, interview, hyperventilation), second by second",
        "MIT, copyright 2022 Talha Iqbal",
        "Iqbal et al. 2022, Sensors 22(21):8135",
        "Everyone had the same order: ten minutes of rest, Stroop, rest, interview, rest, hyperventilation, twenty "
        "minutes of rest. A clock that knows the order tells stress better than any body signal, so whatever drifts "
        "reads the clock. Temperature is left out for that; skin conductance is compared with a level that follows "
        "it. The interview is also speech, and hyperventilation is breathing on command: not everything that is "
        "labelled stress is a feeling.",
    ),
    Corpus(
        "eegmat",
        "36 healthy adults, EEG; F7 F8 T5 T6 taken, which lie nearest to a headband's electrodes",
        "three minutes of rest (the first of them is the baseline), then one minute of subtracting",
        "ODC-By 1.0",
        "Zyma et al. 2019, Data 4(1):14 (PhysioNet EEG During Mental Arithmetic Tasks)",
        "Rest always came first and the task last, in two recordings; the label is mental load, which is not a "
        "feeling; the recordings had been cleaned of blinks. Rest lies closer in time to "
        "the baseline than the task does.",
    ),
)
CORPORA: Mapping[str, Corpus] = {row.name: row for row in ROWS}
