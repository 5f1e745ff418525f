"""How fast a sender is read: what comes too fast waits in the network, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGES_HZ = 100.0
BYTES_HZ = 256 * 1024.0
BURST_S = 5.0
"""So much may come at once, as after a drop."""


@dataclass
class Pace:
    """Two leaky buckets, counted in seconds that the sender is ahead of its allowance."""

    _ahead_s: tuple[float, float] = (0.0, 0.0)
    _last_s: float | None = None

    def wait_s(self, size: int, now_s: float) -> float:
        """How long to wait after a message of `size` bytes before the next is read."""
        passed_s = 0.0 if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        messages_s, bytes_s = (max(0.0, ahead_s - passed_s) for ahead_s in self._ahead_s)
        self._ahead_s = messages_s + 1 / MESSAGES_HZ, bytes_s + size / BYTES_HZ
        return max(0.0, max(self._ahead_s) - BURST_S)
