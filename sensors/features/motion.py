"""Movement: RMS of the acceleration that is not gravity, over 10 s."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy import signal

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import Moment
from sensors.readings import Reading

WINDOW_S = 10.0
GRAVITY_BELOW_HZ = 0.5
LARGEST_G = 16.0
HEAVIEST_G = 3.0
"""Gravity is 1 g, or 0 where the device takes it off; a stream in m/s2 shows 9.8."""


class Motion:
    """One accelerometer."""

    piece_s = 1.0

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        self._sos = signal.butter(2, GRAVITY_BELOW_HZ, "highpass", fs=info.rate_hz, output="sos")
        self._powers: deque[tuple[float, float]] = deque(maxlen=round(WINDOW_S / self.piece_s))
        self._gravity_g = 0.0
        self.reset()

    def reset(self) -> None:
        self._state: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None = None

    def take(self, piece: Piece) -> None:
        if self._state is None:  # as if it had rested like this forever: no start-up swing
            self._state = signal.sosfilt_zi(self._sos)[:, :, None] * piece.samples[0]
        dynamic_g, self._state = signal.sosfilt(self._sos, piece.samples, axis=0, zi=self._state)
        self._gravity_g = float(np.linalg.norm(piece.samples.mean(axis=0)))
        power = float(np.mean(np.sum(dynamic_g**2, axis=1)))
        self._powers.append((float(piece.times_s[-1]), power))

    def readings(self, moment: Moment) -> dict[str, Reading]:
        recent = [power for at_s, power in self._powers if at_s > moment.now_s - WINDOW_S]
        why = moment.silence(WINDOW_S, 0.3) or ("" if recent else "collecting")
        movement_g = float(np.sqrt(np.mean(recent))) if recent else 0.0
        if not why and (movement_g > LARGEST_G or self._gravity_g > HEAVIEST_G):
            why = f"{max(movement_g, self._gravity_g):.3g} g is more than a body can bear; is the unit g?"
        if why:
            return {"movement_g": moment.absent(why, WINDOW_S)}
        return {"movement_g": moment.known(movement_g, 1.0, WINDOW_S)}
