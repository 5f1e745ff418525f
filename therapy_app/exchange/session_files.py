"""One session as a file for other programs: a CSV table with one row a second, its music, its raw signals."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from sqlalchemy import Engine

from models.music.plan import MusicPlan, PerformedBar
from sensors.readings import READINGS
from therapy_app.exchange.signals import ExportError
from therapy_app.exchange.signals_csv import signal_tables_of
from therapy_app.exchange.signals_edf import edf_of
from therapy_app.playback.midi_file import session_file
from therapy_app.records.log import StoredEvent, all_events
from therapy_app.records.sessions import status_of
from therapy_app.session.events import BarPerformed, BarPlanned, Ended, Silenced, event_from

COLUMNS = (
    "time_s",
    "wall",
    "phase",
    *READINGS,
    "arousal",
    "arousal_low",
    "arousal_high",
    "valence",
    "valence_low",
    "valence_high",
    "state",
    "reason",
    "target_valence",
    "target_arousal",
    "bar",
    "tempo_bpm",
    "key",
    "mode",
    "note",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Export:
    """A form of file: how it is written, its ending and its type."""

    write: Callable[[Engine, int], bytes]
    ending: str
    mimetype: str


def music_of(database: Engine, session_id: int) -> bytes:
    """Standard MIDI File of what sounded: bars that were planned anew or silenced before they began are left out."""
    status_of(database, session_id)
    bars = sounded(database, session_id)
    if not bars:
        raise ExportError(f"session {session_id} has no music to write")
    return session_file(bars)


def sounded(database: Engine, session_id: int) -> list[tuple[MusicPlan, PerformedBar]]:
    """Every bar that began to sound, with its plan."""
    plans: dict[tuple[int, int], MusicPlan] = {}
    bars: dict[int, tuple[MusicPlan, PerformedBar]] = {}
    for stored in all_events(database, session_id):
        match event_from(stored.kind, stored.body) if stored.kind in ("plan", "bar", "silenced", "ended") else None:
            case BarPlanned(revision=revision, plan=plan):
                plans[plan.bar, revision] = plan
            case BarPerformed(bar=bar):
                bars[bar.bar] = (plans[bar.bar, bar.revision], bar)
            case Silenced() | Ended():
                bars = {n: pair for n, pair in bars.items() if pair[1].start_s <= stored.at_s}
    return list(bars.values())


def table_of(database: Engine, session_id: int) -> bytes:
    """CSV, UTF-8: one row a second with what was sensed, estimated, aimed at and played; absent numbers are empty."""
    status_of(database, session_id)
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in _rows(all_events(database, session_id)):
        writer.writerow({column: _cell(row.get(column)) for column in COLUMNS})
    return out.getvalue().encode()


def _rows(events: Iterator[StoredEvent]) -> Iterator[dict[str, Any]]:
    """A row is closed by each second's affect; what happened since the row before stands in `note`."""
    standing: dict[str, Any] = {}
    notes: list[str] = []
    for stored in events:
        body = json.loads(stored.body)
        if stored.kind == "affect":
            row = {**standing, "time_s": stored.at_s, "wall": _utc(stored.wall), **_affect(body["affect"])}
            yield {**row, "note": "; ".join(notes)}
            notes = []
        elif stored.kind in STANDING:
            standing.update(STANDING[stored.kind](body))
        elif stored.kind in NOTED:
            notes.append(NOTED[stored.kind](body))
    if notes:
        yield {**standing, "note": "; ".join(notes)}


def _utc(wall: datetime) -> str:
    """SQLite forgets the zone; the record is in UTC."""
    return wall.replace(tzinfo=UTC).isoformat()


def _features(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body["readings"].get(name, {}).get("value") for name in READINGS}


def _affect(affect: Mapping[str, Any]) -> dict[str, Any]:
    row = {"state": affect["state"], "reason": affect["reason"]}
    for name in ("arousal", "valence"):
        interval = affect[name] or {}
        row |= {name: interval.get("value"), f"{name}_low": interval.get("low"), f"{name}_high": interval.get("high")}
    return row


def _plan(body: Mapping[str, Any]) -> dict[str, Any]:
    plan = body["plan"]
    return {"bar": plan["bar"], "tempo_bpm": plan["tempo_bpm"], "key": plan["tonic"], "mode": plan["mode"]}


STANDING: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "phase": lambda body: {"phase": body["phase"]},
    "features": _features,
    "target": lambda body: {"target_valence": body["aim"]["valence"], "target_arousal": body["aim"]["arousal"]},
    "plan": _plan,
}
"""Events whose values hold until the next of their kind."""

NOTED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "sensor": lambda body: f"sensor {body['status']['state']}",
    "override": lambda body: " ".join(filter(None, (body["command"]["name"], body["command"]["reason"]))),
    "check_in": lambda body: "check-in {when}: valence {valence}, arousal {arousal}".format_map(body["command"]),
    "marker": lambda body: f"mark: {body['command']['text']}",
    "alarm": lambda body: f"alarm {body['code']}",
    "silenced": lambda body: "silence",
    "ended": lambda body: f"ended: {body['how']}",
}
"""Events that happen once, in a few words."""


def _cell(value: object) -> object:
    """What a cell holds; text that a spreadsheet would take for a formula is quoted."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


EXPORTS: Mapping[str, Export] = {
    "csv": Export(table_of, "csv", "text/csv; charset=utf-8"),
    "midi": Export(music_of, "mid", "audio/midi"),
    "edf": Export(edf_of, "edf", "application/octet-stream"),
    "signals": Export(signal_tables_of, "zip", "application/zip"),
}
"""Every form a session can be written in."""
