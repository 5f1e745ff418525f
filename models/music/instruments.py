"""Who plays: for each mood a small ensemble of General MIDI programs that the shipped sound bank holds."""

from __future__ import annotations

from collections.abc import Mapping

from models.music.plan import Aim

PIANO, RHODES, CELESTA, VIBRAPHONE, NYLON_GUITAR, CELLO, HARP = 0, 4, 8, 11, 24, 42, 46
STRINGS, SLOW_STRINGS, AAH_CHOIR, OOH_VOICES, FLUTE = 48, 49, 52, 53, 73
FANTASIA, WARM_PAD, SPACE_VOICE, HALO_PAD, SWEEP_PAD = 88, 89, 91, 94, 95
DRUM_KIT = 0

INSTRUMENTS: Mapping[str, int] = {
    "piano": PIANO,
    "rhodes": RHODES,
    "celesta": CELESTA,
    "vibraphone": VIBRAPHONE,
    "nylon guitar": NYLON_GUITAR,
    "cello": CELLO,
    "harp": HARP,
    "strings": STRINGS,
    "slow strings": SLOW_STRINGS,
    "aah choir": AAH_CHOIR,
    "ooh voices": OOH_VOICES,
    "flute": FLUTE,
    "fantasia": FANTASIA,
    "warm pad": WARM_PAD,
    "space voice": SPACE_VOICE,
    "halo pad": HALO_PAD,
    "sweep pad": SWEEP_PAD,
}
"""Every instrument the music may use, by name, with its General MIDI program."""

LEVEL_DB: Mapping[int, float] = {
    PIANO: -40.5,
    RHODES: -33.8,
    CELESTA: -39.2,
    VIBRAPHONE: -41.1,
    NYLON_GUITAR: -39.2,
    CELLO: -32.1,
    HARP: -38.5,
    STRINGS: -33.4,
    SLOW_STRINGS: -30.6,
    AAH_CHOIR: -32.6,
    OOH_VOICES: -33.9,
    FLUTE: -31.3,
    FANTASIA: -37.3,
    WARM_PAD: -33.0,
    SPACE_VOICE: -32.2,
    HALO_PAD: -33.8,
    SWEEP_PAD: -29.3,
}
"""How loud each program of the shipped bank is at the same velocity (node benchmarks/instruments.mjs)."""
EVEN_DB = -35.0
EVENED = 0.5
"""Share of the difference that is made up for: struck tones count for more than their mean power says."""
DB_PER_DECADE = 40.0
"""SoundFont 2.04, section 9.5.2.5: amplitude goes with the square of the velocity."""


def touch_of(program: int) -> float:
    """By how much a velocity is multiplied so that this instrument neither drowns the others nor is drowned."""
    change_db = EVENED * (EVEN_DB - LEVEL_DB.get(program, EVEN_DB))
    return float(10 ** (change_db / DB_PER_DECADE))


RINGING = frozenset({PIANO, RHODES, CELESTA, VIBRAPHONE, NYLON_GUITAR, HARP})
"""Struck or plucked: they fade by themselves, so at rest they are left to ring."""

PITCHED = ("melody", "counter", "chords", "bass")

PALETTES: Mapping[str, tuple[tuple[int, int, int, int], ...]] = {  # rows take turns from section to section
    "still dark": (
        (FLUTE, CELLO, SLOW_STRINGS, CELLO),
        (PIANO, OOH_VOICES, SPACE_VOICE, CELLO),
    ),
    "still warm": (
        (NYLON_GUITAR, CELESTA, WARM_PAD, CELLO),
        (PIANO, FLUTE, HARP, WARM_PAD),
    ),
    "flowing dark": (
        (CELLO, FLUTE, HARP, CELLO),
        (PIANO, CELLO, SLOW_STRINGS, CELLO),
    ),
    "flowing warm": (
        (PIANO, FLUTE, RHODES, CELLO),
        (FLUTE, VIBRAPHONE, HARP, NYLON_GUITAR),
    ),
    "lively dark": (
        (PIANO, STRINGS, STRINGS, CELLO),
        (STRINGS, PIANO, PIANO, STRINGS),
    ),
    "lively warm": (
        (PIANO, VIBRAPHONE, NYLON_GUITAR, RHODES),
        (FLUTE, PIANO, RHODES, NYLON_GUITAR),
    ),
}
AROUSAL_STEPS = (("still", -1.0, -0.33), ("flowing", -0.33, 0.33), ("lively", 0.33, 1.0))
VALENCE_STEPS = (("dark", -1.0, 0.0), ("warm", 0.0, 1.0))
HYSTERESIS = 0.12


def _step(value: float, steps: tuple[tuple[str, float, float], ...], before: str) -> str:
    for name, low, high in steps:
        if name == before and low - HYSTERESIS <= value <= high + HYSTERESIS:
            return name
    return next(name for name, low, high in steps if low <= value <= high)


def palette_for(aim: Aim, before: str = "") -> str:
    """The palette of an aim; the one `before` is kept while the aim stays within `HYSTERESIS` of its borders."""
    pace, _, tone = before.partition(" ")
    return f"{_step(aim.arousal, AROUSAL_STEPS, pace)} {_step(aim.valence, VALENCE_STEPS, tone)}"


def programs(palette: str, section: str, roles: tuple[str, ...]) -> dict[str, int]:
    """The General MIDI program of each role. A, C and their variants take the first row, B and D the second."""
    if palette not in PALETTES:
        raise LookupError(f"no palette {palette!r}; there are: {', '.join(PALETTES)}")
    rows = PALETTES[palette]
    row = rows[ord(section[:1] or "A") % 2 == 0]
    ensemble = dict(zip(PITCHED, row, strict=True)) | {"drums": DRUM_KIT}
    return {role: ensemble[role] for role in roles}
