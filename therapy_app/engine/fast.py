"""A whole session under a fast clock: no waiting between ticks, stored like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from therapy_app.engine.composer import Composer
from therapy_app.engine.live import Live
from therapy_app.engine.opening import OPENING_ERRORS, open_sensors
from therapy_app.engine.recorder import Recorder
from therapy_app.engine.standing import interrupt, keep_row_true
from therapy_app.records import sessions
from therapy_app.session.events import BarPerformed
from therapy_app.session.tick import TICK_S

COMMIT_TICKS = 240
"""A simulated minute: nobody waits for its commit."""


@dataclass(frozen=True)
class Tally:
    """What a simulated session came to."""

    session: int
    events: int
    bars: int
    late_bars: int
    overrides: int
    alarms: int


def run_fast(
    database: Engine,
    recorder: Recorder,
    session_id: int,
    begins: datetime,
    progress: Callable[[float], None] = lambda at_s: None,
) -> Tally:
    """Runs a requested session to its end. `begins` is the wall time it is recorded under."""
    order = sessions.order(database, session_id)
    now = [0.0]
    recorder.change(partial(sessions.begin, session_id=session_id, at=begins))
    try:
        live = Live(order, open_sensors(order, lambda: now[0]))
    except OPENING_ERRORS as error:
        interrupt(database, recorder, order, str(error), begins)
        raise
    composer, counts = Composer(), Counter[str]()
    while not live.session.ended:
        now[0] = live.next_tick * TICK_S
        record, commission = live.tick(begins + timedelta(seconds=now[0]))
        live.answers += [bar for _, bar in composer.compose([commission] if commission else [])]
        counts.update(entry.kind for entry in record.entries)
        counts["late"] += sum(isinstance(e.event, BarPerformed) and e.event.late for e in record.entries)
        recorder.add(session_id, record)
        keep_row_true(recorder, order, record)
        if live.next_tick % COMMIT_TICKS == 0:
            recorder.commit()
            progress(now[0])
    recorder.commit()
    live.close()
    events = sum(counts.values()) - counts["late"]
    return Tally(session_id, events, counts["bar"], counts["late"], counts["override"], counts["alarm"])
