"""A board that BrainFlow drives: Muse, OpenBCI, EmotiBit, BrainBit, Unicorn, Callibri and more.

`brainflow:BOARD[:PORT]`, as in `brainflow:muse_2`, `brainflow:cyton:/dev/ttyUSB0`, `brainflow:playback:muse_2:FILE`.
PORT is a serial port, a Bluetooth or IP address, or the name a device gives itself. BrainFlow is an extra of this
package, loaded when the first board is opened. The synthetic board's signals are no body's.
"""

from __future__ import annotations

import asyncio
import importlib.resources
from types import ModuleType
from typing import Any, Self

from sensors.blocks import Clock, Place, SensorError
from sensors.boards.preset import Preset
from sensors.boards.rows import COMMANDS, place_of, recorded, shares
from sensors.boards.session import Session, ended
from sensors.supervise import Link, LinkLost, Patience
from sensors.supervised import Supervised

POLL_S = 0.05
BUFFER_S = 10
"""What is kept while nobody reads; then the oldest samples are lost, which their numbers tell."""
PLAYBACK = "playback"
FLAGS = {"synthetic": frozenset({"synthetic"}), PLAYBACK: frozenset({"replay"})}
NO_BOARDS = ("no", "streaming", "playback_file")
PATIENCE = Patience(connect_s=45.0)
"""Looking for a board by radio takes BrainFlow up to some twenty seconds, and can't be broken off."""

REASONS = {
    1: "its port is in use by another program",
    2: "its port can't be opened: no such port, or Bluetooth is switched off or missing",
    3: "its serial port does not answer as it should",
    4: "it does not take commands",
    6: "it does not answer; is it switched on?",
    7: "not found; switch it on, near this machine, and no other program connected to it",
    10: "it stopped streaming",
    13: "BrainFlow needs to know where it is: brainflow:BOARD:PORT",
    14: "this machine's BrainFlow does not know this board",
    15: "the connection has ended",
    16: "it is already open here",
    18: "it was found but does not answer in time",
}
"""What a person is told for BrainFlow's exit codes."""


def library() -> ModuleType:
    """BrainFlow's board_shim, silent. Raises SensorError where it can't be loaded."""
    try:
        import brainflow.board_shim as shim

        # it looks for its own files as if it were a package, fails on Python 3.11, and would then need pkg_resources,
        # which newer setuptools no longer have
        shim.files = lambda _: importlib.resources.files("brainflow")
        shim.BoardShim.disable_board_logger()
    except (ImportError, OSError, AttributeError) as missing:
        raise SensorError(
            f"BrainFlow can't be loaded ({missing}); expected the extra: pip install 'emotion-music-therapy[brainflow]'"
        ) from missing
    found: ModuleType = shim
    return found


def boards(shim: ModuleType) -> dict[str, int]:
    """Every board by name."""
    named = {board.name.lower().replace("_board", ""): int(board) for board in shim.BoardIds}
    return {name: number for name, number in named.items() if name not in NO_BOARDS}


def numbered(name: str, known: dict[str, int]) -> int:
    if name not in known:
        raise SensorError(f"no board named {name!r}; there are: {PLAYBACK}, {', '.join(sorted(known))}")
    return known[name]


def described(shim: ModuleType, board: int) -> dict[int, dict[str, Any]]:
    """What BrainFlow says of each preset; asking for one that a board lacks would break it for the whole process."""
    presets = shim.BoardShim.get_board_presets(board)
    return {int(preset): shim.BoardShim.get_board_descr(board, preset) for preset in presets}


class Board:
    """The connection to one board. `kind` is the board whose rows it has; a playback has those of another."""

    def __init__(self, shim: ModuleType, number: int, kind: str, where: dict[str, str | int], clock: Clock) -> None:
        self._shim, self._number, self._kind, self._where, self._clock = shim, number, kind, where, clock
        self._told = described(shim, int(where.get("master_board", number)))
        self.shares = shares(kind, self._told)
        played = "master_board" in where
        self._flags = FLAGS[PLAYBACK] if played else FLAGS.get(kind, frozenset())
        self._commands = () if played else tuple(command for name, command in COMMANDS if name == kind)
        if not self.shares:
            raise SensorError(f"the board {kind!r} measures nothing that is used here in a unit that is known")

    async def connection(self, link: Link) -> None:
        session = Session(self._shim, self._number, self._where)
        try:
            await asyncio.to_thread(session.begin, self._samples(), self._commands)
            link.connected()
            await self._stream(link, session)
        except self._shim.BrainFlowError as trouble:
            raise LinkLost(REASONS.get(trouble.exit_code, f"BrainFlow: {trouble}")) from trouble
        finally:
            await ended(session)

    async def _stream(self, link: Link, session: Session) -> None:
        presets = self._presets()
        while True:
            for preset in presets:
                preset.take(link, session.table(preset.preset), self._clock())
            await asyncio.sleep(POLL_S)

    def _presets(self) -> list[Preset]:
        """Anew for every life: a board that starts again counts from the beginning."""
        used = sorted({share.preset for share in self.shares})
        members = {preset: [share for share in self.shares if share.preset == preset] for preset in used}
        return [Preset(self._kind, self._told[preset], members[preset], self._flags) for preset in used]

    def _samples(self) -> int:
        return int(BUFFER_S * max(told["sampling_rate"] for told in self._told.values()))


class Sensor(Supervised):
    """One board, as one stream for each kind of signal. Times are those of arrival, smoothed by counting."""

    @classmethod
    def open(cls, argument: str, place: Place) -> Self:
        """Answers at once and connects in the background. Raises SensorError with the choices."""
        shim = library()
        known = boards(shim)
        name, _, port = argument.partition(":")
        if name == PLAYBACK:
            kind, path = recorded(port)
            where: dict[str, str | int] = {"file": path, "master_board": numbered(kind, known)}
            number = int(shim.BoardIds.PLAYBACK_FILE_BOARD)
        else:
            kind, number, where = name, numbered(name, known), place_of(port)
        board = Board(shim, number, kind, where, place.clock)
        streams = tuple(share.info for share in board.shares)
        return cls(f"brainflow:{argument}", board.connection, streams, place, PATIENCE)
