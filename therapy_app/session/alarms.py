"""Alarms that stand until their cause is gone: raised once, cleared once."""

from __future__ import annotations

from therapy_app.session.events import Alarm, AlarmCleared
from therapy_app.session.journal import Journal


class Alarms:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._standing: dict[str, Alarm] = {}

    def take(self, notice: Alarm | AlarmCleared, *follows: int) -> None:
        """Writes down an alarm that is new or has changed, or the end of one that stands."""
        if self._standing.get(notice.code) == notice or (
            isinstance(notice, AlarmCleared) and notice.code not in self._standing
        ):
            return
        if isinstance(notice, Alarm):
            self._standing[notice.code] = notice
        else:
            del self._standing[notice.code]
        self._journal.write(notice, *follows)

    def stand(self, alarm: Alarm, stands: bool, *follows: int) -> None:
        """Raises the alarm while `stands`, clears it otherwise."""
        self.take(alarm if stands else AlarmCleared(alarm.code), *follows)
