"""Where generators with weights work: a process of their own, so that a slow or dead one stops nothing else.

The rules write at once, here; every other commission goes to the process. What is not back in time is written by the
rules, and what comes back after that is dropped. A process that dies is started again.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from models.music.plan import Bar, BarRequest
from models.shipped import WeightsError
from therapy_app.engine.composer import LAST_RESORT, Commission, Composer
from therapy_app.records.sessions import LIVE_GENERATOR
from therapy_app.session.events import Alarm, AlarmCleared
from therapy_app.session.tick import COMPOSER

LOG = logging.getLogger(__name__)
SPARE_S = 0.45
"""How long before it sounds a bar must be there: a tick, its commit and the way to the page."""
RESTART_AFTER_S = 2.0
READY_WITHIN_S = 30.0
GONE = "The composer stopped and is being started again. Until then the rules compose."
SLOW = "The composer is slow; the rules write the bars it does not finish in time."


@dataclass(frozen=True)
class Pending:
    """A commission that is with the process until `until_s` on the engine's clock."""

    commission: Commission
    until_s: float


@dataclass(frozen=True)
class Refusal:
    """Why a generator can't be had at all."""

    generator: str
    why: str


class Studio:
    """All commissions of an engine. `send` and `collect` never wait for the process."""

    def __init__(self, composer: Composer | None = None) -> None:
        self._rules = composer or Composer()
        self._ready: list[tuple[int, Bar]] = []
        self._pending: dict[int, Pending] = {}
        self._refused: dict[str, str] = {}
        self._alarm: Alarm | AlarmCleared = AlarmCleared(COMPOSER)
        self._numbers = 0
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._rest_until_s = 0.0

    @property
    def process_id(self) -> int | None:
        """The process that composes, None while there is none."""
        return self._process.pid if self._process else None

    def notice(self, generator: str) -> Alarm | AlarmCleared:
        """What a session that uses this generator should know of it now."""
        if generator == LAST_RESORT:
            return AlarmCleared(COMPOSER)
        if generator in self._refused:
            return Alarm(COMPOSER, "notice", f"The rules compose: {self._refused[generator]}.")
        return self._alarm

    def waits_for(self, session_id: int) -> bool:
        """Whether a bar of this session is still with the process."""
        return any(pending.commission.session_id == session_id for pending in self._pending.values())

    def send(self, commissions: Sequence[Commission], now_s: float) -> None:
        """Takes commissions on."""
        away = [c for c in commissions if c.generator != LAST_RESORT and c.generator not in self._refused]
        self._write_here([c for c in commissions if c not in away])
        if away and self._at_work(now_s):
            numbered = {}
            for commission in away:
                self._numbers += 1
                numbered[self._numbers] = commission
                self._pending[self._numbers] = Pending(commission, now_s + commission.due_in_s - SPARE_S)
            self._post(list(numbered.items()), now_s)
        else:
            self._write_here(away)

    def collect(self, now_s: float) -> list[tuple[int, Bar]]:
        """(session, bar) of all that is ready: by their generators, or by the rules where time is up."""
        self._listen(now_s)
        late = [number for number, pending in self._pending.items() if pending.until_s <= now_s]
        if late:
            if self._alarm == AlarmCleared(COMPOSER):
                self._alarm = Alarm(COMPOSER, "notice", SLOW)
            self._write_here([self._pending.pop(number).commission for number in late])
        ready, self._ready = self._ready, []
        return ready

    def _write_here(self, commissions: Sequence[Commission]) -> None:
        self._ready += self._rules.compose([replace(c, generator=LAST_RESORT) for c in commissions])

    def _listen(self, now_s: float) -> None:
        try:
            while self._pipe is not None and self._pipe.poll():
                self._hear(self._pipe.recv())
        except (EOFError, OSError):
            self._lose(now_s)

    def _hear(self, answer: Refusal | list[tuple[int, Bar]]) -> None:
        if isinstance(answer, Refusal):
            LOG.warning("the generator %s can't be had: %s", answer.generator, answer.why)
            self._refused[answer.generator] = answer.why
            lost = [n for n, p in self._pending.items() if p.commission.generator == answer.generator]
            self._write_here([self._pending.pop(number).commission for number in lost])
            return
        self._alarm = AlarmCleared(COMPOSER)
        for number, bar in answer:
            if pending := self._pending.pop(number, None):
                self._ready.append((pending.commission.session_id, bar))

    # --- the process --------------------------------------------------------------------------------------------

    def begin(self, now_s: float) -> None:
        """Starts the process before anyone needs it, and waits until it is ready (or too long)."""
        if self._at_work(now_s) and self._pipe is not None:
            self._pipe.poll(READY_WITHIN_S)
            self._listen(now_s)

    def _at_work(self, now_s: float) -> bool:
        """Starts the process where there is none; False while it may not be started again yet."""
        if self._process is None and now_s >= self._rest_until_s:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=work, args=(theirs,), name="composer", daemon=True)
            self._process.start()
            theirs.close()
        return self._process is not None

    def _post(self, numbered: list[tuple[int, Commission]], now_s: float) -> None:
        assert self._pipe is not None
        try:
            self._pipe.send(numbered)
        except OSError:
            self._lose(now_s)

    def _lose(self, now_s: float) -> None:
        """The process has died: the rules write what was with it, and it comes back after a rest."""
        LOG.warning("the composer's process died")
        self.close()
        self._rest_until_s = now_s + RESTART_AFTER_S
        self._alarm = Alarm(COMPOSER, "notice", GONE)
        pending, self._pending = self._pending, {}
        self._write_here([one.commission for one in pending.values()])

    def close(self) -> None:
        """Ends the process."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process, self._pipe = None, None


def work(pipe: Connection) -> None:
    """The process: takes all commissions that wait, answers them as one batch, ends when nobody listens any more."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait must not hold the cores others need
    composer = Composer()
    with suppress(WeightsError):  # who asks for it is told why
        composer.generator(LIVE_GENERATOR)
    pipe.send([])
    while True:
        try:
            waiting: list[tuple[int, Commission]] = pipe.recv()
            while pipe.poll():
                waiting += pipe.recv()
            for name in dict.fromkeys(commission.generator for _, commission in waiting):
                own = {number: commission for number, commission in waiting if commission.generator == name}
                pipe.send(_answer(composer, name, own))
        except (EOFError, OSError, KeyboardInterrupt):
            return


def _answer(composer: Composer, name: str, own: dict[int, Commission]) -> Refusal | list[tuple[int, Bar]]:
    """The bars, or why there is no such generator. A fault while it composes ends the process, which begins anew."""
    try:
        generator = composer.generator(name)
    except (WeightsError, LookupError) as error:
        return Refusal(name, str(error.args[0]) if error.args else str(error))
    urgent = sorted(own, key=lambda number: own[number].due_in_s)
    requests: list[BarRequest] = [own[number].request for number in urgent]
    return list(zip(urgent, generator.compose(requests), strict=True))
