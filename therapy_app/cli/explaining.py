"""`therapy explain`: why one bar of a stored session is as it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from models.music.explanation import CUES, Contribution, Explanation, signed, told
from models.music.originality import Originality
from models.music.plan import MusicPlan
from models.music.programme_notes import nearest_work
from models.shipped import WeightsError
from therapy_app import catalog
from therapy_app.cli.output import as_json, database_option, progress_bar, settings_for, tell
from therapy_app.engine.retell import Asked, ToldOtherwise, asked_for
from therapy_app.playback.attention_strip import Read, attention_svg
from therapy_app.records.database import open_database
from therapy_app.records.log import StoredEvent
from therapy_app.records.why import StoredBar, bar_of, causes

LAST_BAR = 2**31 - 1


@click.command(epilog="Example: therapy explain 3 --bar 40 --out attention.svg")
@click.argument("session", type=click.IntRange(1))
@click.option("--bar", type=click.IntRange(0, LAST_BAR), required=True, help="Bars count from 0.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Draw its attention over earlier bars.")
@database_option
@as_json
def explain(session: int, bar: int, out: Path | None, database: str | None, as_json: bool) -> None:
    """Say why one bar of a session is as it is.

    What it was to express and why, what is measured in it and how much each cue adds, the events it follows from, who
    wrote it, whose melody it comes near, and with --out what the generator read of the bars before it.
    """
    engine = open_database(settings_for(database).database_url)
    stored = bar_of(engine, session, bar)
    asked, notes = _asked(engine, session, stored)
    nearest = _nearest(asked, notes) if asked else None
    attention = _attention(stored, asked, notes) if out else None
    if out and asked and attention:
        out.write_text(_picture(engine, session, asked, attention), encoding="utf-8")
    explanation = stored.explanation(nearest)
    followed = causes(engine, session, stored.planned_seq)
    rows = [{"seq": event.seq, "kind": event.kind, "at_s": event.at_s} for event in followed]
    result = {"session": session, **told(explanation), "follows": rows, "attention": attention, "notes": notes}
    if not as_json:
        _show(explanation, followed, stored)
    closing = [*notes, *([f"{out}: attention over {len(attention)} earlier bars"] if attention else [])]
    if as_json or closing:
        tell(result, as_json, "\n".join(closing))


def _asked(engine: Engine, session: int, stored: StoredBar) -> tuple[Asked | None, list[str]]:
    """What the generator was asked, from running the session again; or None and a note that says why not."""
    try:
        with progress_bar("running the session again", stored.planned.start_s) as progress:
            return asked_for(engine, session, stored, progress), []
    except (ToldOtherwise, WeightsError, LookupError) as error:
        return None, [str(error)]


def _nearest(asked: Asked, notes: list[str]) -> str | None:
    try:
        index = Originality.load()
    except WeightsError as error:
        notes.append(f"the nearest work is not known: {error}")
        return None
    return nearest_work(index, asked.request.previous, asked.bar, asked.request.plan.beats)


# --- attention --------------------------------------------------------------------------------------------------


def _attention(stored: StoredBar, asked: Asked | None, notes: list[str]) -> list[float] | None:
    """Shares over the bars before, oldest first, from a generator that has any; else None and a note."""
    name = stored.performed.generator
    maker = catalog.find("generator", name).Generator if name in catalog.names("generator") else None
    if not hasattr(maker, "attention"):
        notes.append(f"no picture: {name!r} wrote this bar, and it has no attention to draw")
        return None
    if maker is None or asked is None:
        return None
    if not asked.request.previous:
        notes.append("no picture: no bar comes before this one")
        return None
    shares: list[float] = maker().attention(asked.request, asked.bar)
    return shares


def _picture(engine: Engine, session: int, asked: Asked, attention: Sequence[float]) -> str:
    plan = asked.request.plan
    before = [bar_of(engine, session, bar.bar).planned.plan for bar in asked.request.previous]
    earlier = [Read(old.bar, _label(old), share) for old, share in zip(before, attention, strict=True)]
    return attention_svg(plan.bar, _label(plan), earlier)


TREATMENTS = {"state": "first heard", "return": "comes back", "vary": "varied", "develop": "developed"}


def _label(plan: MusicPlan) -> str:
    """'A comes back', 'free'."""
    treated = TREATMENTS.get(plan.treatment)
    return f"{plan.theme} {treated}" if plan.theme and treated else "free"


# --- on paper ---------------------------------------------------------------------------------------------------


def _show(explanation: Explanation, followed: Sequence[StoredEvent], stored: StoredBar) -> None:
    aim = explanation.aim
    click.echo(f"bar {explanation.bar}, by {explanation.generator}: {explanation.reason}")
    click.echo(f"aim       valence {signed(aim.valence)}, arousal {signed(aim.arousal)}")
    if explanation.valence is None or explanation.arousal is None:
        click.echo("measured  nothing: no pitched note sounds here")
    else:
        click.echo(f"measured  valence {signed(explanation.valence)}, arousal {signed(explanation.arousal)}")
        _table(explanation)
    events = ", ".join(f"{event.seq} {event.kind}" for event in followed)
    click.echo(f"follows from {stored.planned_seq} plan, {events}")
    if explanation.nearest:
        click.echo(f"nearest work: {explanation.nearest}")


HEADS = ("cue", "value", "usual", "unit", "arousal", "valence", "in words")


def _table(explanation: Explanation) -> None:
    """A ruled table on a terminal, columns in a pipe; the last row is the sum."""
    rows = [*map(_row, explanation.contributions), ("sum", "", "", "", *_sums(explanation), "")]
    if sys.stdout.isatty():
        table = Table(*HEADS)
        for row in rows:
            table.add_row(*row)
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    for row in (HEADS, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(part: Contribution) -> tuple[str, ...]:
    cue = CUES[part.cue]
    value, usual = (f"{number:.{cue.digits}f}" for number in (part.value, part.usual))
    return cue.name, value, usual, part.unit, signed(part.arousal), signed(part.valence), part.difference


def _sums(explanation: Explanation) -> tuple[str, str]:
    return signed(explanation.arousal or 0.0), signed(explanation.valence or 0.0)
