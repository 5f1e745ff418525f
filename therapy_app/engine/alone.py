"""One session on the machine's clocks in this process, without the web."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from therapy_app.engine.conductor import Conductor
from therapy_app.engine.host import TURN_S, alone, wall_clock
from therapy_app.engine.recorder import Recorder, Reserve
from therapy_app.engine.standing import close_left_behind
from therapy_app.records.database import open_database
from therapy_app.records.sessions import OPEN, send, status_of
from therapy_app.settings import Settings


def play_alone(settings: Settings, session_id: int, progress: Callable[[float], None]) -> None:
    """Plays a requested session to its end; Ctrl-C is its STOP. Raises EngineError when an engine is running."""
    with alone(settings):
        database = open_database(settings.database_url)
        recorder = Recorder(database, Reserve(settings.var / "reserve"))
        close_left_behind(database, recorder, wall_clock())
        conductor = Conductor(database, recorder, time.monotonic, wall_clock)
        conductor.begin()
        begun = time.monotonic()
        while status_of(database, session_id) in OPEN:
            try:
                conductor.turn()
                progress(time.monotonic() - begun)
                time.sleep(TURN_S)
            except KeyboardInterrupt:
                send(database, session_id, key=uuid4().hex, actor="self", name="stop", fields={})
        conductor.close()
