"""An asyncio loop in a thread of its own, for devices whose libraries want one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any

from sensors.blocks import SensorError

GRACE_S = 5.0
"""How long a device may take to say goodbye."""


class LoopThread:
    """Runs one coroutine until it ends or `close` is called."""

    def __init__(self, name: str, life: Coroutine[Any, Any, None]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        self._life: Future[None] = asyncio.run_coroutine_threadsafe(life, self._loop)

    def add(self, life: Coroutine[Any, Any, None]) -> Future[None]:
        """Another coroutine in the same loop: several sensors behind one port."""
        return asyncio.run_coroutine_threadsafe(life, self._loop)

    def check(self) -> None:
        """Raises SensorError if the coroutine broke: a fault in a device's code must not pass for silence."""
        if self._life.done() and not self._life.cancelled() and (fault := self._life.exception()):
            raise SensorError(f"{self._thread.name} broke: {type(fault).__name__}: {fault}") from fault

    def close(self) -> None:
        """May be called twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(cancel_the_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def cancel_the_others() -> None:
    """Cancel every other task of this loop, and wait for them, but not for ever."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=GRACE_S)
    await asyncio.get_running_loop().shutdown_asyncgens()
