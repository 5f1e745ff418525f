"""Quarter tones over MIDI: each role keeps a second and third channel whose pitch bend stands still.

A bend moves all that sounds on a channel, so tones of different tuning never share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mido import Message

CHANNELS: Mapping[str, int] = {"melody": 0, "counter": 1, "chords": 2, "bass": 3, "drums": 9}
BENT_CHANNELS: Mapping[str, tuple[int, int]] = {
    "melody": (4, 10),
    "counter": (5, 11),
    "chords": (6, 12),
    "bass": (7, 13),
}
BEND_RANGE_SEMITONES = 2
"""Either way; the General MIDI default, and set all the same by registered parameter 0."""
_RPN_HIGH, _RPN_LOW, _DATA_HIGH, _DATA_LOW, _NONE = 101, 100, 6, 38, 127


def cents_of(role: str, pitch: int, tuning: Sequence[float]) -> float:
    """How far a note lies from equal temperament; drums are never tuned."""
    return tuning[pitch % 12] if tuning and role != "drums" else 0.0


def channels_for(role: str, cents: Sequence[float]) -> dict[float, int]:
    """The role's channel for each of its tunings. Raises ValueError when there are more than two besides 0."""
    bent = sorted({value for value in cents if value})
    if len(bent) > len(BENT_CHANNELS.get(role, ())):
        raise ValueError(
            f"{role} in {len(bent)} tunings ({', '.join(f'{v:g}' for v in bent)} cents); expected at most 2"
        )
    return {0.0: CHANNELS[role], **dict(zip(bent, BENT_CHANNELS.get(role, ()), strict=False))}


def bend(cents: float) -> int:
    """The pitch wheel for `cents`, -8192 to 8191."""
    return max(-8192, min(8191, round(8192 * cents / (100 * BEND_RANGE_SEMITONES))))


def tuned(channel: int, cents: float) -> list[Message]:
    """Sets the channel's bend range, closes the parameter, and bends; nothing where there is nothing to bend."""
    if not cents:
        return []
    controls = (
        (_RPN_HIGH, 0),
        (_RPN_LOW, 0),
        (_DATA_HIGH, BEND_RANGE_SEMITONES),
        (_DATA_LOW, 0),
        (_RPN_HIGH, _NONE),
        (_RPN_LOW, _NONE),
    )
    messages = [Message("control_change", channel=channel, control=number, value=value) for number, value in controls]
    return [*messages, Message("pitchwheel", channel=channel, pitch=bend(cents))]
