"""Whether the files of an Empatica E4 folder are of one recording, and their rate lines right."""

from __future__ import annotations

from statistics import median_low

from sensors.recordings.e4_files import Contents
from sensors.recordings.recording import RecordingError

LARGEST_LAG_S = 60.0
"""Files of one recording begin together (HR.csv ten seconds later); one that does not is of another."""
USUAL_HZ = {"BVP.csv": 64.0, "EDA.csv": 4.0, "TEMP.csv": 4.0, "ACC.csv": 32.0}
LARGEST_DIFFERENCE = 0.05
"""Of what its rate line makes a file last, to what the others last."""
SHORTEST_JUDGED_S = 30.0
"""In a shorter recording, files that are started and stopped one by one differ by more than that."""


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
