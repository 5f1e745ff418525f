"""How things are called on the pages: plain words for protocols, sensors, readings, states and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.personal import Personal, briefly, in_words
from sensors.virtual.patients import PATIENTS
from therapy_app import catalog
from therapy_app.records.learned import Version
from therapy_app.session.prescription import PROTOCOLS, Prescription

GOALS = {"relax": "towards calm", "lift": "towards lightness", "focus": "towards steadiness", "sleep": "towards sleep"}
AUTHORITIES = {"observe": "only watches", "suggest": "suggests changes", "adapt": "adapts by itself"}
STRATEGIES = {
    "match-guide-hold": "meets the person where they are, then leads",
    "compensatory": "leads from the start",
    "fixed": "keeps to a fixed course",
}
FORGOTTEN = "Forgotten. A session that is on keeps what it began with until it ends; the next begins with nothing."
UNEVEN = "Pacemaker or irregular heartbeat: beat-to-beat variation is not used"
STATES = {
    "requested": "waiting to begin",
    "running": "playing",
    "finished": "finished",
    "stopped": "stopped early",
    "interrupted": "interrupted",
}
READINGS = {
    "hr_bpm": ("Pulse", "a minute", 0),
    "rmssd_ms": ("Heart-rate variability", "ms", 0),
    "eda_tonic_us": ("Skin conductance", "µS", 1),
    "resp_per_min": ("Breath", "a minute", 0),
}
"""Readings shown to people: (name, unit, decimals)."""
REAL_SENSORS = {
    "ble": "Heart-rate strap over Bluetooth, the nearest one",
    "polar": "Polar strap or armband with its raw signals, the nearest one",
    "ws": "Heart-rate strap connected by this browser, or a phone or watch that is paired",
}
VIRTUAL_SENSORS = {f"virtual:{name}": f"Virtual patient, {name}: {patient.about}" for name, patient in PATIENTS.items()}
SENSORS = {**REAL_SENSORS, **VIRTUAL_SENSORS}
"""What a browser may ask for. A recording is opened by path, so it is left to the command line."""


def minutes(seconds: float | None) -> str:
    return "–" if seconds is None else f"{round(seconds / 60)} min"


def about_protocol(prescription: Prescription) -> str:
    """One line: 'towards calm, 20 min, adapts by itself'."""
    told = (GOALS[prescription.goal], minutes(prescription.length_s), AUTHORITIES[prescription.authority])
    return ", ".join(told)


def protocol_choices() -> dict[str, str]:
    """Every protocol in words, for a form."""
    return {name: f"{title(name)}: {about_protocol(prescription)}" for name, prescription in PROTOCOLS.items()}


def tradition_choices() -> dict[str, str]:
    """Every tradition there is, for a form; their data stay unread in this process."""
    return {name: name.replace("_", " ").title() for name in catalog.names("tradition")}


def title(name: str) -> str:
    """'settle-quiet' as 'Settle quiet'."""
    return name.replace("-", " ").capitalize()


def here(moment: datetime) -> datetime:
    """UTC as stored (SQLite forgets the zone) in the zone of the machine that serves the clinic."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone()


def day(moment: datetime | None) -> str:
    return "–" if moment is None else f"{here(moment).day} {here(moment):%b %Y}"


def hour(moment: datetime | None) -> str:
    return "–" if moment is None else f"{here(moment):%H:%M}"


def span(began: datetime | None, ended: datetime | None) -> str:
    """How long it was in the end."""
    return "–" if began is None or ended is None else minutes((here(ended) - here(began)).total_seconds())


def rest_of(baseline: dict[str, object] | None) -> list[tuple[str, str, str]]:
    """(name, value, unit) of the readings of a stored baseline that people know."""
    medians = (baseline or {}).get("medians")
    if not isinstance(medians, dict):
        return []
    return [
        (name, f"{medians[key]:.{decimals}f}", unit)
        for key, (name, unit, decimals) in READINGS.items()
        if key in medians
    ]


@dataclass(frozen=True)
class Learned:
    """`said` are sentences about what holds now; `versions` (number, when, from what) the newest first."""

    said: list[str]
    versions: list[tuple[int, datetime, str]]
    known: bool


def learned(versions: Sequence[Version]) -> Learned:
    """What was learned of a person, for a page."""
    newest = versions[0].personal if versions else None
    rows = [(version.number, version.at, _whence(version)) for version in versions]
    return Learned(in_words(newest or Personal()), rows, newest is not None)


def _whence(version: Version) -> str:
    if version.personal is None:
        return "All before was forgotten, asked for by a person"
    reports = "1 report" if len(version.reports) == 1 else f"{len(version.reports)} reports"
    return f"{briefly(version.personal)}; from {reports} in session {version.session_id}"


FILTERS = {"day": day, "hour": hour, "minutes": minutes, "title_of": title}
"""Jinja filters."""
