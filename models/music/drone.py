"""The drone of the Indian traditions as data: a tanpura's four strings in any metre, from held to plucked."""

from __future__ import annotations

from collections.abc import Mapping

from models.music.tradition import FigureRows, rung

STRINGS = (-1, 0, 0, -2)  # fifth (or fourth) below, tonic, tonic, low tonic: the order in which they are plucked
DRONE: Mapping[str, Mapping[str, float]] = {"I5": {"I5": 1.0}}
DRONE_ON_FOURTH: Mapping[str, Mapping[str, float]] = {"IV5": {"IV5": 1.0}}  # for modes without the fifth: Ma and Sa


def cadences_on(numeral: str) -> dict[str, tuple[str, str]]:
    """A drone has one chord: phrases end by their melody alone."""
    return dict.fromkeys(("authentic", "half", "plagal"), (numeral, numeral))


def tanpura(beats: int) -> FigureRows:
    """Held at rest; then plucked once a bar, on each beat, and twice a beat."""
    held = ((0.0, float(beats), 0), (0.0, float(beats), -1))
    return (
        (0.15, held),
        (0.42, rung(STRINGS, beats / 4, beats)),
        (0.66, rung(STRINGS, 1.0, beats)),
        (1.01, rung((-1, 0, 0, -2, -1, 2, 0, -2), 0.5, beats)),
    )


def low_tonic(beats: int, pulse_at: tuple[float, ...]) -> FigureRows:
    """The tonic: held, and struck again at the parts of the cycle when lively."""
    ends = (*pulse_at[1:], float(beats))
    struck = tuple((start, end - start, 0) for start, end in zip(pulse_at, ends, strict=True))
    return ((0.6, ((0.0, float(beats), 0),)), (1.01, struck))
