"""What a channel's label and unit mean: tables for every kind of file that names its channels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sensors.blocks import UNITS, StreamInfo
from sensors.recordings.pieces import EVENTS

VOLTS = {"V": 1.0, "mV": 1e-3, "uV": 1e-6, "nV": 1e-9, "volt": 1.0, "millivolt": 1e-3, "microvolt": 1e-6}
SIEMENS = {"S": 1.0, "mS": 1e-3, "uS": 1e-6, "nS": 1e-9, "siemens": 1.0, "microsiemens": 1e-6, "umho": 1e-6}

Scale = tuple[float, float]
"""(worth, offset): a value in the modality's own unit is value * worth + offset."""


def scaled(units: Mapping[str, float], worth: float) -> dict[str, Scale]:
    return {name: (size * worth, 0.0) for name, size in units.items()}


UNIT_TABLE: Mapping[str, Mapping[str, Scale]] = {
    "ecg": scaled(VOLTS, 1e3),
    "eeg": scaled(VOLTS, 1e6),
    "eda": scaled(SIEMENS, 1e6),
    "acc": {"g": (1.0, 0.0), "mg": (1e-3, 0.0), "m/s^2": (1 / 9.80665, 0.0), "m/s2": (1 / 9.80665, 0.0)},
    "temp": {
        **dict.fromkeys(("C", "degC", "deg C", "°C", "Celsius"), (1.0, 0.0)),
        **dict.fromkeys(("K", "Kelvin"), (1.0, -273.15)),
        **dict.fromkeys(("F", "degF", "°F", "Fahrenheit"), (5 / 9, -160 / 9)),
    },
    "hr": {**dict.fromkeys(("bpm", "1/min", "/min", "beats/min", "min-1"), (1.0, 0.0)), "Hz": (60.0, 0.0)},
    "rr": {"ms": (1.0, 0.0), "s": (1000.0, 0.0), "sec": (1000.0, 0.0)},
}
"""For each modality the units it may come in. One that is not in here has no unit that matters (ppg, resp)."""

SITE = r"(?:Fp|AF|FT|FC|TP|CP|PO|F|T|C|P|O|I|A|M|N)(?:z|10|[1-9])"
REFERENCE = r"(?:[-_/ ](?:Ref|LE|RE|AVG|Av|CAR|CLE|A1|A2|M1|M2|A1A2|A1\+A2|M1M2))?"
LEADS = r"(?:ML)?(?:I{1,3}|V[1-9]|V)|aV[RLF]|D[123]"
REST = r"(?:[ _.:-]+(.*)|(\d+(?:-.*)?|I{1,3}))?"
NO_BRAIN = r"(?:E[COM]G|EKG|LOC|ROC|RESP|PHOTIC|DC)"
"""Electrodes that are not on the head, though some machines write 'EEG' before all of them."""

LABELS: tuple[tuple[str, str], ...] = (
    (rf"EEG[ _.:-]*({SITE}){REFERENCE}", "eeg"),
    (rf"(?:EEG )?(?:ECG|EKG){REST}", "ecg"),
    (rf"EEG(?![ _.:-]*{NO_BRAIN}){REST}", "eeg"),
    (rf"(?:EDA|GSR|SCL?|skin conductance(?: level)?|electrodermal(?: activity)?){REST}", "eda"),
    (rf"(?:PPG|BVP|pleth(?:ysmogra(?:m|ph))?){REST}", "ppg"),
    (rf"(?:resp(?:iration)?|breath(?:ing)?){REST}", "resp"),
    (rf"(?:skin |body )?(?:temp(?:erature)?|SKT){REST}", "temp"),
    (r"acc(?:el(?:erometer|eration)?)?(?: \d)?[ _.:-]*([xyz])", "acc"),
    (r"(?:HR|heart ?rate)", "hr"),
    (r"(?:RR|RRI|IBI|NN)", "rr"),
)
"""A whole label as a pattern, any case, and its modality; the group is the channel. The first that fits counts."""
PLACES: tuple[tuple[str, str], ...] = (
    (rf"((?!(?:A|M|I|N)\d){SITE}){REFERENCE}", "eeg"),
    (rf"({SITE}-{SITE})", "eeg"),
    (rf"({LEADS})", "ecg"),
)
"""Labels that only say where, unless the stream says what: an ECG channel of an EEG stream is ECG, its C3 is EEG."""
SITE_CASE = re.compile(r"(fp|af|ft|fc|tp|cp|po|f|t|c|p|o|i|a|m|n)(z|10|[1-9])", re.IGNORECASE)

KINDS: Mapping[str, str] = {
    "eeg": "eeg",
    "ecg": "ecg",
    "ekg": "ecg",
    "eda": "eda",
    "gsr": "eda",
    "ppg": "ppg",
    "bvp": "ppg",
    "acc": "acc",
    "accelerometer": "acc",
    "resp": "resp",
    "respiration": "resp",
    "temp": "temp",
    "temperature": "temp",
    "hr": "hr",
    "heartrate": "hr",
    "rr": "rr",
    "ibi": "rr",
}
"""What a stream says it is, in lower case, for labels that say nothing."""


ANY_CASE = frozenset({"hr", "rr", "temp"})
"""Modalities among whose units capitals make no difference, as they do between mV and MV."""
TOGETHER = frozenset({"eeg", "acc"})
"""Modalities whose channels are of one device."""


class LabelError(ValueError):
    """A channel that can't be told to be one of ours, and why."""


@dataclass(frozen=True)
class Meaning:
    """A channel's modality and name, and how its values become the modality's unit."""

    modality: str
    channel: str
    worth: float = 1.0
    offset: float = 0.0


def meaning(label: str, unit: str, kind: str = "") -> Meaning:
    """`kind` is what the whole stream says it is, '' if nothing does. Raises LabelError."""
    modality, channel = named(label.strip(" ."), kind)
    return Meaning(modality, channel, *scale(modality, unit))


def named(label: str, kind: str = "") -> tuple[str, str]:
    """(modality, channel). Raises LabelError."""
    said = KINDS.get(kind.strip().lower(), "")
    for pattern, modality in (*LABELS, *PLACES):
        fitting = re.fullmatch(pattern, label, re.IGNORECASE)
        if fitting and ((pattern, modality) in LABELS or said in ("", modality)):
            return modality, channel_name(next(filter(None, fitting.groups()), "")) or modality
    if not said:
        raise LabelError("is none of the signals that are used here")
    if said == "acc" and label[-1:].lower() not in tuple("xyz"):
        raise LabelError("has no axis in its name; expected x, y and z")
    return said, channel_name(label[-1:] if said == "acc" else label) or said


def channel_name(text: str) -> str:
    """Without blanks; sites and axes in their usual case (FP1 is Fp1, X is x)."""
    plain = "-".join(text.split())
    if re.fullmatch("[xyz]", plain, re.IGNORECASE):
        return plain.lower()
    return SITE_CASE.sub(_site, plain) if re.fullmatch(rf"{SITE}(?:-{SITE})?", plain, re.IGNORECASE) else plain


def _site(found: re.Match[str]) -> str:
    area = found[1].upper()
    return ("Fp" if area == "FP" else area) + found[2].lower()


def scale(modality: str, unit: str) -> Scale:
    """Raises LabelError for a unit that is missing or not the modality's."""
    known = UNIT_TABLE.get(modality)
    if known is None:
        return (1.0, 0.0)
    plain = unit.strip().replace("µ", "u").replace("μ", "u")
    for name, worth in known.items():
        any_case = modality in ANY_CASE or len(name) > 3
        if plain == name or (any_case and plain.lower() in (name.lower(), f"{name.lower()}s")):
            return worth
    told = f"has the unit {unit.strip()[:20]!r}" if plain else "has no unit"
    raise LabelError(f"{told}, so it can't be put into {UNITS[modality]}; expected one of {', '.join(known)}")


def grouped(found: Sequence[tuple[Meaning, float]]) -> list[tuple[StreamInfo, list[int]]]:
    """Streams of channels with these meanings and rates, and which channels each has.

    EEG channels of one rate are one stream, so are the axes of an accelerometer; all others stand alone, and so does
    a channel whose name comes a second time.
    """
    groups: list[tuple[str, float, list[int]]] = []
    for index, (meant, rate_hz) in enumerate(found):
        for modality, rate, members in groups:
            fits = (modality, rate) == (meant.modality, rate_hz) and modality in TOGETHER
            if fits and meant.channel not in {found[member][0].channel for member in members}:
                members.append(index)
                break
        else:
            groups.append((meant.modality, rate_hz, [index]))
    streams = [
        StreamInfo(kind, kind, tuple(found[member][0].channel for member in members), None if kind in EVENTS else rate)
        for kind, rate, members in groups
    ]
    return list(zip(numbered(streams), [members for _, _, members in groups], strict=True))


def numbered(streams: Sequence[StreamInfo]) -> list[StreamInfo]:
    """Named by their modality, and by a number from the second one on."""
    count = Counter[str]()
    names = []
    for info in streams:
        count[info.modality] += 1
        names.append(info.modality if count[info.modality] == 1 else f"{info.modality}-{count[info.modality]}")
    return [replace(info, stream=name) for info, name in zip(streams, names, strict=True)]
