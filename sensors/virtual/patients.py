"""The virtual patients, by name: how each of them answers music, and what goes wrong with their sensor."""

from __future__ import annotations

from dataclasses import dataclass

from sensors.blocks import SensorError


@dataclass(frozen=True)
class Patient:
    """`reactivity` is how much activation the most arousing music causes before habituation sets in.

    People differ widely in it, some are not moved at all and some the other way (Mütze et al. 2018).
    """

    name: str
    about: str
    rest_hr_bpm: float = 70.0
    reactivity: float = 0.6
    drift: float = 0.15
    unrest_per_min: float = 0.0
    rsa_ms: float = 45.0
    tonic_us: float = 4.0
    movements_per_min: float = 0.3
    movement_s: float = 3.0
    movement_g: float = 0.05
    silences_per_min: float = 0.0
    loosenings_per_min: float = 0.0


PATIENTS = {
    patient.name: patient
    for patient in (
        Patient("typical", "answers music a little and late, and drifts by themselves"),
        Patient("responder", "answers music clearly", reactivity=0.85, drift=0.1),
        Patient("nonresponder", "does not answer music at all", rest_hr_bpm=76, reactivity=0.0),
        Patient("contrary", "grows calmer with arousing music", rest_hr_bpm=72, reactivity=-0.7),
        Patient("restless", "moves a lot, which spoils the signals", rest_hr_bpm=78, movements_per_min=4.0,
                movement_s=5.0, movement_g=0.35),
        Patient("dropout", "a sensor that falls silent and loses contact", silences_per_min=0.8,
                loosenings_per_min=0.5),
        Patient("distressed", "grows steadily more aroused whatever is played", rest_hr_bpm=74, reactivity=0.2,
                unrest_per_min=0.25, drift=0.1),
    )
}  # fmt: skip
DEFAULT = "typical"


def patient(name: str) -> Patient:
    """Raises SensorError with the names there are."""
    if name not in PATIENTS:
        raise SensorError(f"no virtual patient named {name!r}; there are: {', '.join(PATIENTS)}")
    return PATIENTS[name]
