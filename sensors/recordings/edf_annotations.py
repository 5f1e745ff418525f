"""Annotations of EDF+ and BDF+ files: lists of a time, perhaps a duration, and texts (Kemp & Olivan 2003)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.recordings import pieces
from sensors.recordings.labels import Meaning, grouped
from sensors.recordings.recording import Signal

SKIP = "BAD_ACQ_SKIP"
"""Begins the text that says where nothing was recorded; MNE leaves such stretches out by itself."""
EVENT_UNITS = {"rr": "ms", "hr": "bpm"}
"""Events are written as annotations such as 'rr 812.5 ms'."""
LATEST_S = 1e9

LIST = re.compile(rb"([+-]\d{1,12}(?:\.\d{0,20})?)(?:\x15(\d{1,12}(?:\.\d{0,20})?))?\x14(.*)\x14", re.DOTALL)
EVENT = re.compile(r"(rr|hr) (\d{1,6}(?:\.\d{0,20})?) (ms|bpm)", re.ASCII)


@dataclass(frozen=True)
class Annotation:
    """`text` is '' for the one that tells when its record began."""

    record: int
    onset_s: float
    duration_s: float
    text: str


def parse(records: NDArray[np.uint8]) -> Iterator[Annotation]:
    """`records` (record, byte); what is no annotation is passed over."""
    for index, record in enumerate(records):
        for part in record.tobytes().split(b"\0"):
            found = LIST.fullmatch(part)
            if found and abs(onset_s := float(found[1])) < LATEST_S:
                for text in found[3].split(b"\x14"):
                    yield Annotation(index, onset_s, float(found[2] or 0), text.decode("utf-8", "replace"))


def events(annotations: list[Annotation]) -> tuple[Signal, ...]:
    """Intervals and pulses that were written as annotations."""
    signals = []
    for modality, unit in EVENT_UNITS.items():
        matches = ((note.onset_s, EVENT.fullmatch(note.text)) for note in annotations)
        rows = sorted((at_s, float(m[2])) for at_s, m in matches if m and (m[1], m[3]) == (modality, unit))
        if rows:
            times_s, values = np.array([row[0] for row in rows]), np.array([row[1:] for row in rows])
            pieces.check_order(times_s, f"annotations {modality}")
            info, _ = grouped([(Meaning(modality, modality), 0.0)])[0]
            cut = pieces.intervals(values, times_s) if modality == "rr" else pieces.events(values, times_s)
            signals.append(Signal(info, cut))
    return tuple(signals)
