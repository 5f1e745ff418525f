"""Western: five church modes and harmonic minor, with common-practice and modal cadences.

Brightness follows Temperley & Tan 2013 (Music Perception 30:237): listeners hear modes as happier the more their
degrees are raised, except that Lydian stands below Ionian. Numerals are read against the major scale (bVI is the
flattened sixth), capitals are major. The grammar's weights are our own, from textbook practice: stepwise and
falling-fifth roots are common, a dominant goes home, a subdominant prepares it.
"""

from models.music.tradition import Mode, Tradition

IONIAN = Mode(
    name="ionian",
    intervals=(0, 2, 4, 5, 7, 9, 11),
    brightness=0.8,
    moves={
        "I": {"IV": 4, "V": 3, "vi": 2, "ii": 1, "iii": 0.5},
        "ii": {"V": 5, "IV": 1},
        "iii": {"vi": 2, "IV": 5},
        "IV": {"I": 4, "V": 4, "ii": 1},
        "V": {"I": 6, "vi": 2, "IV": 1},
        "vi": {"IV": 5, "ii": 2, "V": 2, "I": 1},
    },
    cadences={"authentic": ("V", "I"), "half": ("IV", "V"), "plagal": ("IV", "I")},
    darker={"IV": "iv", "ii": "ii°", "vi": "bVI"},
)

LYDIAN = Mode(
    name="lydian",
    intervals=(0, 2, 4, 6, 7, 9, 11),
    brightness=0.5,
    moves={
        "I": {"II": 4, "vi": 3, "iii": 2, "V": 2},
        "II": {"I": 3, "V": 3, "vi": 2, "iii": 1},
        "iii": {"vi": 4, "II": 2},
        "V": {"I": 5, "vi": 2, "II": 2},
        "vi": {"II": 3, "V": 3, "iii": 1, "I": 1},
    },
    cadences={"authentic": ("V", "I"), "half": ("II", "V"), "plagal": ("II", "I")},
)

MIXOLYDIAN = Mode(
    name="mixolydian",
    intervals=(0, 2, 4, 5, 7, 9, 10),
    brightness=0.25,
    moves={
        "I": {"IV": 3, "bVII": 2, "vi": 2, "ii": 2, "v": 3},
        "ii": {"IV": 1, "bVII": 2, "v": 3, "vi": 1},
        "IV": {"I": 4, "bVII": 2, "ii": 2, "v": 2},
        "v": {"IV": 3, "I": 2, "vi": 2, "ii": 1},
        "vi": {"IV": 4, "ii": 2, "bVII": 1},
        "bVII": {"IV": 4, "I": 4},
    },
    cadences={"authentic": ("bVII", "I"), "half": ("IV", "v"), "plagal": ("IV", "I")},
    darker={"IV": "iv"},
    brighter={"v": "V"},
)

DORIAN = Mode(
    name="dorian",
    intervals=(0, 2, 3, 5, 7, 9, 10),
    brightness=-0.15,
    moves={
        "i": {"IV": 4, "bVII": 3, "v": 2, "ii": 1, "bIII": 2},
        "ii": {"v": 3, "IV": 1, "bIII": 1},
        "bIII": {"IV": 3, "bVII": 3, "i": 1},
        "IV": {"i": 4, "bVII": 2, "v": 2, "ii": 1},
        "v": {"i": 4, "IV": 2, "bVII": 1},
        "bVII": {"i": 3, "IV": 3, "bIII": 2},
    },
    cadences={"authentic": ("v", "i"), "half": ("IV", "v"), "plagal": ("IV", "i")},
    darker={"IV": "iv"},
)

AEOLIAN = Mode(
    name="aeolian",
    intervals=(0, 2, 3, 5, 7, 8, 10),
    brightness=-0.55,
    moves={
        "i": {"iv": 4, "bVI": 3, "bVII": 2, "v": 1, "ii°": 1},
        "ii°": {"V": 4, "v": 1},
        "bIII": {"bVI": 3, "iv": 2, "bVII": 2},
        "iv": {"V": 3, "i": 3, "bVII": 2, "ii°": 1},
        "v": {"i": 3, "bVI": 3},
        "V": {"i": 5, "bVI": 2},
        "bVI": {"iv": 3, "bIII": 2, "bVII": 2, "V": 1},
        "bVII": {"i": 3, "bIII": 3, "bVI": 1},
    },
    cadences={"authentic": ("V", "i"), "half": ("iv", "V"), "plagal": ("iv", "i")},
    darker={"bVII": "v"},
    brighter={"iv": "IV", "v": "V"},
)

HARMONIC_MINOR = Mode(
    name="harmonic minor",
    intervals=(0, 2, 3, 5, 7, 8, 11),
    brightness=-0.95,
    moves={
        "i": {"iv": 5, "ii°": 3, "vii°": 2, "V": 1, "bVI": 1},
        "ii°": {"i": 3, "V": 2, "vii°": 1},
        "iv": {"i": 5, "ii°": 2, "V": 1},
        "V": {"i": 5},
        "bVI": {"iv": 3, "ii°": 1},
        "vii°": {"i": 4},
    },
    cadences={"authentic": ("V", "i"), "half": ("ii°", "V"), "plagal": ("iv", "i")},
)

TRADITION = Tradition(
    name="western",
    modes=(LYDIAN, IONIAN, MIXOLYDIAN, DORIAN, AEOLIAN, HARMONIC_MINOR),
    colours={
        "major": ((0.2, 1.0, "add9"), (0.35, 1.0, "6"), (0.35, 0.7, "maj7"), (-1.0, -0.4, "maj7")),
        "minor": ((-0.1, 1.0, "7"), (-1.0, -0.3, "add9"), (-1.0, -0.2, "7")),
    },
)
