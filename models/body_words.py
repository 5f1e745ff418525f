"""What readings say, in words a client may read: 'pulse 9 above your usual level', 'EEG: not worn'."""

from __future__ import annotations

from sensors.readings import Features

WORDS = {
    "hr_bpm": "pulse",
    "rmssd_ms": "beat-to-beat variation",
    "eda_tonic_us": "skin conductance",
    "eda_slope_per_min": "rise of skin conductance",
    "scr_per_min": "skin responses",
    "scr_amplitude_us": "size of skin responses",
    "eeg_theta": "theta waves",
    "eeg_alpha": "slow brain waves",
    "eeg_beta": "fast brain waves",
}
SIGNALS = {"pulse": "hr_bpm", "skin": "eda_tonic_us", "EEG": "eeg_alpha"}
HARDLY = 0.25
"""A distance of fewer spreads is none that is worth a word."""


def compared(name: str, now: float, before: float, spreads: float, against: str) -> str:
    """'pulse 9 above your rest', 'skin conductance up'; `spreads` is how far `now` is from `before`."""
    words = WORDS[name]
    if abs(spreads) < HARDLY:
        return f"{words} as {'at rest' if against == 'your rest' else 'usual'}"
    if name == "hr_bpm":
        return f"pulse {abs(now - before):.0f} {'above' if now > before else 'below'} {against}"
    return f"{words} {'up' if spreads > 0 else 'down'}"


def absences(features: Features) -> list[str]:
    """One phrase for each kind of signal that is connected but gives no number."""
    named = ((kind, features.readings.get(name)) for kind, name in SIGNALS.items())
    return [f"{kind}: {reading.reason}" for kind, reading in named if reading and reading.value is None]
