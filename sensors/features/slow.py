"""A signal sampled too slowly to say anything: its readings are absent and say so."""

from __future__ import annotations

from collections.abc import Mapping

from sensors.blocks import StreamInfo
from sensors.features.intake import Piece
from sensors.features.quality import Moment
from sensors.readings import Reading

HEART = ("hr_bpm", "rmssd_ms", "sdnn_ms", "rr_corrected", "resp_per_min")
SLOWEST: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "ecg": (50.0, HEART),
    "ppg": (15.0, HEART),
    "eda": (0.5, ("eda_tonic_us", "eda_slope_per_min", "scr_per_min", "scr_amplitude_us")),
    "eeg": (64.0, ("eeg_theta", "eeg_alpha", "eeg_beta", "eeg_theta_beta", "eeg_faa")),
    "acc": (4.0, ("movement_g",)),
    "resp": (2.0, ("resp_per_min",)),
}
"""For each modality the least samples a second that its readings need, and what those readings are."""
WINDOW_S = 10.0


def too_slow(info: StreamInfo) -> bool:
    return info.rate_hz is not None and info.rate_hz < SLOWEST[info.modality][0]


class TooSlow:
    """Stands in for the signal of such a stream."""

    def __init__(self, info: StreamInfo) -> None:
        assert info.rate_hz is not None
        slowest_hz, self._names = SLOWEST[info.modality]
        self._why = f"sampled {info.rate_hz:g} times a second; {slowest_hz:g} are needed"
        self.piece_s = max(1.0, 4 / info.rate_hz)

    def take(self, piece: Piece) -> None:
        """Nothing can be learned from it."""

    def reset(self) -> None:
        """There is no state."""

    def readings(self, moment: Moment) -> dict[str, Reading]:
        return {name: moment.absent(self._why, WINDOW_S) for name in self._names}
