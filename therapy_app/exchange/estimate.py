"""Features and estimated affect of a recording, one row a second."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from math import isfinite
from pathlib import Path

from models.affect import Affect, Estimator, Interval
from models.person import SHORTEST_BASELINE_S, Person, judged
from models.smoothing import Smoothing
from sensors.readings import Features
from sensors.recordings.recording import Recording
from sensors.recordings.seconds import seconds_of
from therapy_app.exchange.whole_file import write_whole

BASELINE_S = 180.0

NUMBERS = (
    "hr_bpm",
    "rmssd_ms",
    "sdnn_ms",
    "eda_tonic_us",
    "scr_per_min",
    "resp_per_min",
    "eeg_theta",
    "eeg_alpha",
    "eeg_beta",
    "eeg_faa",
    "movement_g",
)
"""The readings that others rely on by name. Estimators may use more of them than the table shows."""

COLUMNS = (
    "time_s",
    *NUMBERS,
    "coverage",
    "quality",
    "arousal",
    "arousal_low",
    "arousal_high",
    "valence",
    "valence_low",
    "valence_high",
    "stress_probability",
    "state",
    "reason",
)

Row = dict[str, float | str]
"""One second by column; '' is what is not known, never 0."""


def parse_range(text: str) -> tuple[float, float]:
    """'60:240' as seconds. Raises ValueError that shows the form."""
    start, colon, end = text.partition(":")
    try:
        start_s, end_s = float(start), float(end)
    except ValueError:
        start_s = end_s = float("nan")
    if not (colon and isfinite(start_s) and isfinite(end_s) and end_s - start_s >= SHORTEST_BASELINE_S):
        raise ValueError(
            f"range {text!r}; expected START:END in seconds, at least {SHORTEST_BASELINE_S:g} s apart, like 60:240"
        )
    return start_s, end_s


def estimate_rows(
    recording: Recording, estimator: Estimator, baseline: tuple[float, float] | None = None
) -> Iterator[Row]:
    """One row for each second of the recording; `time_s` is the second's end.

    Rest is `baseline`, or the first 180 s. Raises ValueError when it lies outside the recording.
    """
    moments = seconds_of(recording)
    start_s, end_s = baseline or (recording.start_s, min(recording.start_s + BASELINE_S, recording.end_s))
    if baseline and not recording.start_s - 1 <= start_s < end_s <= recording.end_s + 1:
        raise ValueError(
            f"baseline {start_s:g}:{end_s:g} s; the recording lasts from {recording.start_s:g} to {recording.end_s:g} s"
        )
    resting = [moment for moment in moments if start_s < moment.at_s <= end_s]
    rest = judged(resting, end_s - start_s)
    person = Person(rest.baseline, refused=rest.refused)
    smoothing = Smoothing()
    for moment in moments:
        person = person.after(moment)
        affect, smoothing = smoothing.after(estimator.estimate(moment, person))
        yield row_of(moment, affect)


def row_of(moment: Features, affect: Affect) -> Row:
    """Everything that is known about one second."""
    readings = list(moment.readings.values())
    row: Row = {"time_s": moment.at_s}
    row |= {name: _number(moment.value(name)) for name in NUMBERS}
    row["coverage"] = _number(sum(r.coverage for r in readings) / len(readings) if readings else 0.0)
    row["quality"] = _number(sum(r.quality for r in readings) / len(readings) if readings else 0.0)
    row |= _columns("arousal", affect.arousal) | _columns("valence", affect.valence)
    row["stress_probability"] = _number(affect.stress_probability)
    return row | {"state": affect.state, "reason": affect.reason}


def _columns(name: str, interval: Interval | None) -> Row:
    if interval is None:
        return {name: "", f"{name}_low": "", f"{name}_high": ""}
    return {
        name: _number(interval.value),
        f"{name}_low": _number(interval.low),
        f"{name}_high": _number(interval.high),
    }


def _number(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)


def write_csv(rows: Iterable[Row], path: Path) -> int:
    """Write the table; returns how many seconds it has. Raises FileError."""
    out = StringIO(newline="")
    table = csv.DictWriter(out, COLUMNS)
    table.writeheader()
    count = 0
    for row in rows:
        table.writerow(row)
        count += 1
    write_whole(path, out.getvalue().encode())
    return count
