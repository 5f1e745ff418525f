"""The names of measured values with their units, the same in CSV columns and in messages of phones."""

from __future__ import annotations

import re

from sensors.blocks import SensorError

FIELDS = {
    r"ecg_mv": "ecg",
    r"ppg": "ppg",
    r"eda_us": "eda",
    r"rr_ms": "rr",
    r"hr_bpm": "hr",
    r"temp_c": "temp",
    r"acc_([xyz])_g": "acc",
    r"resp": "resp",
    r"eeg_([A-Za-z0-9.-]+)_uv": "eeg",
}
"""A field's name as a pattern, and its modality; the group is the channel."""
KNOWN = "ecg_mv, ppg, eda_us, rr_ms, hr_bpm, temp_c, acc_x_g, acc_y_g, acc_z_g, resp, eeg_AF7_uv (any site)"
EVENTS = frozenset({"rr", "hr"})
"""Modalities that come when they come; all others are sampled at a rate."""


def field(name: str, called: str = "field") -> tuple[str, str]:
    """(modality, channel) of a field, or what else it is `called`. Raises SensorError with the names there may be."""
    for pattern, modality in FIELDS.items():
        if fitting := re.fullmatch(pattern, name):
            return modality, fitting[1] if fitting.groups() else modality
    meant = next((known for known in KNOWN.split(", ") if name and known.startswith(f"{name}_")), "")
    hint = f" without its unit (do you mean {meant}?)" if meant else ""
    raise SensorError(f"unknown {called} {name[:40]!r}{hint}; {called}s are {KNOWN}")
