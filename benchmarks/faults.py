"""No fault may look like calm: every fault on every signal, alone and together, into docs/faults.md.

`python -m benchmarks.faults [SEEDS]`; what is judged, and how, stands in `benchmarks.fault_matrix`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from benchmarks import fault_matrix
from benchmarks.fault_matrix import (
    AROUND_S,
    BEATS,
    CALM,
    CLEAN_S,
    DEADLINE_S,
    DESTROYED,
    FAULT_S,
    LATER_S,
    Tally,
    tally,
)
from sensors.virtual.faults import FAULTS, Fault
from therapy_app import catalog

TABLE = Path(__file__).parents[1] / "docs" / "faults.md"


@click.command()
@click.argument("seeds", default=10)
def main(seeds: int) -> None:
    """Writes docs/faults.md from so many SEEDS."""
    tallies, words = tally(range(seeds))
    TABLE.write_text(table(tallies, seeds))
    click.echo("\n".join([*words, TABLE.read_text()]))
    raise SystemExit(any(tally.late or tally.calm for tally in tallies.values()))


def table(tallies: Mapping[str, Tally], seeds: int) -> str:
    summary, method = (__doc__ or "").partition("\n")[0], (fault_matrix.__doc__ or "").partition("\n")[2]
    deadlines = [f"{modality} {limit} s" for modality, limit in DEADLINE_S.items()]
    deadlines += [f"{modality} with `{name}` {limit} s" for (name, modality), limit in LATER_S.items()]
    judged = sum(tally.judged for tally in tallies.values())
    return "\n".join(
        [
            "# Faults of sensors, and what becomes of them",
            "",
            f"Written by `python -m benchmarks.faults {seeds}`. {summary}",
            "Any fault can be seen live: `therapy sensors test virtual:typical+off_body@20`.",
            "",
            method.strip(),
            "",
            f"CLEAN_S is {CLEAN_S}, FAULT_S {FAULT_S}, AROUND_S {AROUND_S}, CALM {CALM}. "
            f"Deadlines: {', '.join(deadlines)}.",
            "",
            f"{seeds} seeds; {judged:,} readings judged; estimators: {', '.join(catalog.names('estimator'))}.",
            "",
            f"| {' | '.join(COLUMNS)} |",
            "|" + "---|" * len(COLUMNS),
            *(_row(FAULTS[name], tally) for name, tally in tallies.items()),
            "",
            *LIMITS,
            "",
        ]
    )


def _row(fault: Fault, tally: Tally) -> str:
    gone = DESTROYED[fault.name]
    slowest = f"{tally.slowest_s:.0f} s" if set(gone) & {*BEATS, "eeg"} else "–"
    absent = f"{1 - tally.known / max(1, tally.judged):.0%}"
    cells = (fault.kind, f"`{fault.name}`", fault.about, ", ".join(fault.touches), ", ".join(gone) or "–", absent)
    return f"| {' | '.join(cells)} | {slowest} | {tally.late} | {tally.wrong} | {tally.calm} |"


COLUMNS = (
    "kind", "name", "what it is", "on", "signal gone for", "readings absent", "last reading of heart or EEG",
    "late", "wrong", "false calm",
)  # fmt: skip
LIMITS = (
    "What no signal can tell, and is therefore not promised:",
    "",
    "- Left and right electrodes of an EEG in each other's place: the frontal asymmetry turns over (it may move "
    "valence by 0.1 at most, arousal not at all). ECG and pulse wave in each other's place are told by their shape, or "
    "give the same heart rate.",
    "- A watch's pulse number that hangs: half a minute of the same whole number is normal at rest; after that it is "
    "called unchanged.",
    "- A skin level that falls evenly as electrodes dry looks like a body calming down for its first 25 seconds.",
    "- Mains folded down into a skin stream of 4 Hz: the device itself must keep them out.",
    "- An accelerometer that is disturbed shows movement. That lowers the belief in all else, which is the safe side.",
    "- ECG and pulse wave in a wrong unit: a pulse needs none.",
)


if __name__ == "__main__":
    main()
