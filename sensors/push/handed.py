"""Samples on the session's clock, ready for a supervisor's link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.blocks import StreamInfo
from sensors.supervise import Link


@dataclass(frozen=True, eq=False)
class Handed:
    """The arguments of `Link.deliver`: `samples` float32 (time, channel), times on the session clock."""

    info: StreamInfo
    start_s: float
    samples: NDArray[np.float32]
    times_s: NDArray[np.float64] | None = None
    missing_s: float = 0.0
    contact: bool | None = None
    device_s: float | None = None
    quality: float | None = None

    def deliver(self, link: Link, missing_s: float = 0.0) -> None:
        """`missing_s` is what the caller knows to be missing before it."""
        link.deliver(
            self.info,
            self.start_s,
            self.samples,
            self.times_s,
            missing_s=max(missing_s, self.missing_s),
            contact=self.contact,
            device_s=self.device_s,
            quality=self.quality,
        )
