"""One session with a board through BrainFlow's library, released whatever happens."""

from __future__ import annotations

import asyncio
from threading import Lock, Thread
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

PATIENT_S, LOOK_S = 4.0, 0.02
"""How long a release is waited for; a Muse takes that long."""


class Session:
    """One session with a board. `begin` and `end` may wait for long; whatever happens, `end` releases the board."""

    def __init__(self, shim: ModuleType, board: int, where: dict[str, str | int]) -> None:
        asked = shim.BrainFlowInputParams()
        for name, value in where.items():
            setattr(asked, name, value)
        # without its farewell: it would release the session of whoever has the same board open
        self._shim = type("Shim", (shim.BoardShim,), {"__del__": lambda _: None})(board, asked)
        self._lock = Lock()
        self._over = self._ours = False

    def begin(self, samples: int, commands: tuple[str, ...]) -> None:
        with self._lock:
            if not self._over:
                self._shim.prepare_session()
                self._ours = True
                for command in commands:
                    self._shim.config_board(command)
                self._shim.start_stream(samples)

    def table(self, preset: int) -> NDArray[np.float64]:
        """What came since the last time, (row, time), without waiting."""
        table: NDArray[np.float64] = self._shim.get_board_data(preset=preset)
        return table

    def end(self) -> None:
        self._over = True
        with self._lock:
            if self._ours and self._shim.is_prepared():
                self._shim.release_session()


async def ended(session: Session) -> None:
    """In a thread that outlives this loop if it must: a board that is not released can't be opened again."""
    ending = Thread(target=session.end, name="releasing a board")
    ending.start()
    for _ in range(round(PATIENT_S / LOOK_S)):
        if not ending.is_alive():
            return
        await asyncio.sleep(LOOK_S)
