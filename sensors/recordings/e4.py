"""Empatica E4 folders and zips: one CSV per signal, first line start time (UTC), second line rate (Hz)."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from statistics import median_low
from typing import IO
from zipfile import BadZipFile

from sensors.blocks import StreamInfo
from sensors.recordings import numbers, pieces
from sensors.recordings.files import Allowance, Lines, opened, opened_zip
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal, wall_time

LARGEST_LAG_S = 60.0
"""Files of one recording begin together (HR.csv ten seconds later); one that does not is of another."""
USUAL_HZ = {"BVP.csv": 64.0, "EDA.csv": 4.0, "TEMP.csv": 4.0, "ACC.csv": 32.0}
LARGEST_DIFFERENCE = 0.05
"""Of what its rate line makes a file last, to what the others last."""
SHORTEST_JUDGED_S = 30.0
"""In a shorter recording, files that are started and stopped one by one differ by more than that."""


@dataclass(frozen=True)
class Source:
    """One file of the folder: its signal, and what one count in it is worth in the modality's unit."""

    file: str
    stream: str
    channels: tuple[str, ...]
    worth: float = 1.0
    required: bool = True


INTERVALS = Source("IBI.csv", "rr", ("rr",), worth=1000.0)
SOURCES = (
    Source("BVP.csv", "ppg", ("ppg",)),
    Source("EDA.csv", "eda", ("eda",)),
    Source("TEMP.csv", "temp", ("temp",)),
    Source("ACC.csv", "acc", ("x", "y", "z"), worth=1 / 64),
    Source("HR.csv", "hr", ("hr",), required=False),
    INTERVALS,
)
FILES = tuple(source.file for source in SOURCES)

Members = dict[str, tuple[str, IO[bytes]]]
"""By plain file name: the name it has here, and its bytes."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What one file held. Times count from `began_s`, which is UTC."""

    source: Source
    began_s: float
    rate_hz: float | None
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]

    @property
    def end_s(self) -> float:
        """Of a sampled file: when its last sample ends."""
        assert self.rate_hz is not None
        return self.pieces[-1].start_s + len(self.pieces[-1].samples) / self.rate_hz

    def signal(self, zero_s: float) -> Signal:
        """On a time line that begins at `zero_s`, UTC."""
        event = self.source.stream in pieces.EVENTS
        info = StreamInfo(self.source.stream, self.source.stream, self.source.channels, None if event else self.rate_hz)
        return Signal(info, tuple(piece.later(self.began_s - zero_s) for piece in self.pieces))


def recognises(path: Path) -> bool:
    """A folder or zip with such a file, or without any other that is read. Raises RecordingError for a broken zip."""
    if path.is_dir():
        names = [file.name for file in path.iterdir()]
    elif path.suffix.lower() == ".zip":
        with opened_zip(path) as archive:
            names = [PurePosixPath(inside).name for inside in archive.namelist()]
    else:
        return False
    ours = {name.removesuffix(".gz") for name in names} & set(FILES)
    return bool(ours) or not any(name.lower().endswith((".csv", ".csv.gz", ".hea")) for name in names)


def read(path: Path) -> Recording:
    """Raises RecordingError when no file of it is usable; what single files lack is noted."""
    allowance = Allowance()
    contents: list[Contents] = []
    notes: list[str] = []
    with ExitStack() as stack:
        members = in_zip(path, stack) if path.is_file() else in_folder(path, stack)
        if not members:
            raise RecordingError(
                f"{path.resolve().name} holds no Empatica E4 file; expected some of {', '.join(FILES)}"
            )
        for source in SOURCES:
            if source.file in members:
                name, stream = members[source.file]
                contents.append(read_file(source, Lines(stream, name, allowance)))
            elif source.required:
                notes.append(f"{source.file} is missing")
    return assembled(path.name, contents, notes)


def assembled(name: str, contents: list[Contents], notes: list[str]) -> Recording:
    """All signals on one time line, which begins with the first of them."""
    notes += [note for found in contents for note in found.notes]
    filled = [found for found in contents if found.pieces]
    together = of_one_session(filled, name, notes)
    together = with_their_rate(together, notes)
    began_s = min((found.began_s for found in together), default=0.0)
    signals = tuple(found.signal(began_s) for found in together)
    return Recording(name, signals, wall_time(began_s, name) if signals else None, tuple(notes))


def of_one_session(filled: list[Contents], name: str, notes: list[str]) -> list[Contents]:
    """Those that begin with most of the others. Raises RecordingError where no telling is which belong together."""
    sessions: list[list[Contents]] = []
    for found in sorted(filled, key=lambda found: found.began_s):
        if sessions and found.began_s - sessions[-1][0].began_s <= LARGEST_LAG_S:
            sessions[-1].append(found)
        else:
            sessions.append([found])
    sessions.sort(key=len, reverse=True)
    if len(sessions) > 1 and len(sessions[0]) == len(sessions[1]):
        ones, others = (", ".join(found.source.file for found in session) for session in sessions[:2])
        hours = abs(sessions[1][0].began_s - sessions[0][0].began_s) / 3600
        raise RecordingError(f"{name} mixes two recordings, begun {hours:.1f} h apart: {ones}; and {others}")
    for stray in (found for session in sessions[1:] for found in session):
        lag_s = stray.began_s - sessions[0][0].began_s
        away = f"{lag_s / 3600:+.1f} h" if abs(lag_s) >= 360 else f"{lag_s:+.0f} s"
        notes.append(f"{stray.source.file} begins {away} away from the others and is left out")
    kept = [found for found in filled if found in sessions[0]]
    stamps = {found.began_s for found in kept if found.source.required}
    if len(stamps) > 1:
        notes.append(f"its files begin up to {max(stamps) - min(stamps):g} s apart: are they of one recording?")
    return kept


def with_their_rate(contents: list[Contents], notes: list[str]) -> list[Contents]:
    """Without the files that last, by their rate line, otherwise than the others do."""
    lasting = {found.source.file: found.end_s for found in contents if found.source.file in USUAL_HZ}
    wrong = set()
    for found in contents:
        file = found.source.file
        others = [end_s for other, end_s in lasting.items() if other != file]
        if file not in lasting or not others or median_low(others) < SHORTEST_JUDGED_S:
            continue
        usual = found.rate_hz == USUAL_HZ[file]
        agreed = all(differs(others[0], other) <= LARGEST_DIFFERENCE for other in others)
        apart = differs(median_low(others), lasting[file])
        if apart <= LARGEST_DIFFERENCE or not agreed or (len(others) == 1 and usual):
            continue
        said = f"{file} lasts {lasting[file]:.0f} s by its rate of {found.rate_hz:g} Hz, the others {others[0]:.0f} s"
        if usual and lasting[file] < others[0]:
            notes.append(f"{said}: its end is missing")
        else:
            notes.append(f"{said}: the rate can't be right, and it is left out")
            wrong.add(file)
    return [found for found in contents if found.source.file not in wrong]


def differs(one_s: float, other_s: float) -> float:
    """By what share of the longer."""
    return abs(one_s - other_s) / max(one_s, other_s)


def read_file(source: Source, lines: Lines) -> Contents:
    """Raises RecordingError naming the line that is wrong."""
    rest = iter(lines)
    first = next(rest, "").split(",")
    if not first[0].strip():
        return Contents(source, 0.0, None, (), (f"{lines.name} is empty",))
    began_s = heading(first[0], lines.here, "start time")
    wall_time(began_s, lines.here)
    if source is INTERVALS:
        table, notes = numbers.rows(lines, rest, 2)
        kept = table[pieces.usable(table)]
        pieces.check_order(kept[:, 0], lines.name)
        found = pieces.intervals(kept[:, 1:] * source.worth, kept[:, 0])
        return Contents(source, began_s, None, found, notes + unless_filled(found, lines.name))
    second = next(rest, "").split(",")
    if not second[0].strip():
        return Contents(source, began_s, None, (), unless_filled((), lines.name))
    rate_hz = heading(second[0], lines.here, "rate")
    if not 0 < rate_hz <= pieces.FASTEST_HZ:
        raise RecordingError(f"{lines.here}: rate {rate_hz:g} Hz; expected above 0 and at most {pieces.FASTEST_HZ:g}")
    table, notes = numbers.rows(lines, rest, len(source.channels))
    found = pieces.even(table * source.worth, rate_hz, source.stream)
    return Contents(source, began_s, rate_hz, found, notes + unless_filled(found, lines.name))


def heading(cell: str, where: str, name: str) -> float:
    """A finite number of the file's head. Raises RecordingError."""
    try:
        value = numbers.number(cell)
    except ValueError as wrong:
        raise RecordingError(f"{where}: {name} {wrong}") from wrong
    if not isfinite(value):
        raise RecordingError(f"{where}: {name} {value}; expected a finite number")
    return value


def unless_filled(found: tuple[Piece, ...], name: str) -> tuple[str, ...]:
    return () if found else (f"{name} holds no samples",)


def in_folder(path: Path, stack: ExitStack) -> Members:
    """A file may be packed by itself, as `.csv.gz`."""
    there = ((file, path / f"{file}{ending}") for file in FILES for ending in (".gz", ""))
    return {file: (place.name, stack.enter_context(opened(place))) for file, place in there if place.is_file()}


def in_zip(path: Path, stack: ExitStack) -> Members:
    """Files in any one folder of the archive. Raises RecordingError when it holds several recordings."""
    archive = stack.enter_context(opened_zip(path))
    members: Members = {}
    for inside in archive.namelist():
        name = PurePosixPath(inside).name
        file = name.removesuffix(".gz")
        if file not in FILES or inside.startswith("__MACOSX/") or "/__MACOSX/" in inside:
            continue
        if file in members:
            raise RecordingError(f"{path.name} holds {file} more than once; expected one recording")
        try:
            members[file] = (name, stack.enter_context(archive.open(inside)))
        except (BadZipFile, NotImplementedError) as broken:
            raise RecordingError(f"{path.name}: {name} can't be unpacked: {broken}") from broken
    return members
