"""Chinese, a stylisation: the five pentatonic modes gong, shang, jue, zhi and yu over open fifths.

The modes are the rotations of one anhemitonic scale, named by their final (Yueji; as in A. Thrasher, *Sizhu
Instrumental Music of South China*, 2008). Melodies rest on the mode's final and its fifth, roles play one melody in
different density (heterophony), a clapper marks ban and a drum yan. Brightness is our own order, by raised degrees;
the old texts give the modes other meanings.
"""

from models.music.instruments import CELESTA, CELLO, FLUTE, HARP, NYLON_GUITAR, STRINGS, WARM_PAD
from models.music.tradition import Cycle, FigureRows, Mode, Tradition, beaten, rung, sung

FIVE = "12345"  # the mode's own tones counted from its final

GONG = Mode(
    name="gong",
    intervals=(0, 2, 4, 7, 9),
    brightness=0.85,
    moves={
        "I5": {"V5": 3, "VI5": 2, "II5": 1, "I5": 2},
        "II5": {"V5": 3, "I5": 2},
        "V5": {"I5": 4, "VI5": 1},
        "VI5": {"I5": 2, "II5": 2, "V5": 1},
    },
    cadences={"authentic": ("V5", "I5"), "half": ("I5", "V5"), "plagal": ("VI5", "I5")},
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "3 4 5 4", "3 2 1", "1 2 3 4", "5 1' 5 4", "4 3 2 3", "2 1 5, 1", "1' 5 4 3 2"),
)
ZHI = Mode(
    name="zhi",
    intervals=(0, 2, 5, 7, 9),
    brightness=0.4,
    moves={
        "I5": {"IV5": 3, "V5": 2, "II5": 1, "I5": 2},
        "II5": {"V5": 2, "I5": 2},
        "IV5": {"I5": 3, "V5": 1},
        "V5": {"I5": 3, "II5": 1},
    },
    cadences={"authentic": ("IV5", "I5"), "half": ("I5", "V5"), "plagal": ("V5", "I5")},
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "1 2 3 2", "3 4 5 4", "5 4 3 2 1", "4 5 1' 5", "3 2 1", "2 3 2 1 5,", "1 5, 1 2"),
)
SHANG = Mode(
    name="shang",
    intervals=(0, 2, 5, 7, 10),
    brightness=-0.05,
    moves={
        "I5": {"IV5": 2, "bVII5": 2, "V5": 2, "I5": 2},
        "IV5": {"I5": 3, "bVII5": 1},
        "V5": {"I5": 3, "IV5": 1},
        "bVII5": {"I5": 2, "IV5": 2},
    },
    cadences={"authentic": ("V5", "I5"), "half": ("I5", "V5"), "plagal": ("bVII5", "I5")},
    rests=(0, 1, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "1 2 3 2", "4 3 2 1", "4 5 1' 5", "5 4 3 4", "2 1 5, 1", "3 2 1 2", "1' 5 4 3"),
)
YU = Mode(
    name="yu",
    intervals=(0, 3, 5, 7, 10),
    brightness=-0.5,
    moves={
        "I5": {"IV5": 3, "bVII5": 2, "bIII5": 1, "I5": 2},
        "bIII5": {"IV5": 2, "I5": 2},
        "IV5": {"I5": 3, "bVII5": 1},
        "bVII5": {"I5": 2, "bIII5": 1},
    },
    cadences={"authentic": ("bVII5", "I5"), "half": ("I5", "IV5"), "plagal": ("IV5", "I5")},
    rests=(0, 1, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "1 2 3 4", "4 3 2 1", "1 5, 1 2", "4 5 4 3 2", "5 1' 5 4", "3 2 1", "2 1 5, 4, 1"),
)
JUE = Mode(
    name="jue",
    intervals=(0, 3, 5, 8, 10),
    brightness=-0.9,
    moves={  # no fifth above this final: the fourth holds it
        "IV5": {"bIII5": 2, "bVII5": 2, "bVI5": 1, "IV5": 2},
        "bIII5": {"IV5": 3, "bVI5": 1},
        "bVI5": {"bIII5": 2, "IV5": 2},
        "bVII5": {"IV5": 3, "bIII5": 1},
    },
    cadences={"authentic": ("bVII5", "IV5"), "half": ("IV5", "bVI5"), "plagal": ("bIII5", "IV5")},
    rests=(0, 1, 2),
    finals={"authentic": 0, "half": 1, "plagal": 0},
    phrases=sung(FIVE, "1 2 1 5,", "3 2 1", "2 3 4 3", "5 4 3 2", "1 5, 4, 1", "4 3 2 1", "1 2 3 2"),
)

BAN_YAN = {"b": ((75, 0.35),), "g": ((36, 0.35),), "w": ((76, 0.25),), "s": ((70, 0.14),)}


def zheng(beats: int) -> FigureRows:
    """Open fifths: held, then broken upwards as on a zither."""
    return (
        (0.2, ((0.0, float(beats), 0), (0.0, float(beats), 1))),
        (0.42, rung((0, 1, 2, 1), beats / 4 * 2 if beats == 4 else 1.0, beats)),
        (0.66, rung((0, 1, 2, 3), 1.0, beats)),
        (1.01, rung((0, 1, 2, 3, 2, 1), 0.5, beats)),
    )


def low(beats: int) -> FigureRows:
    return ((0.5, ((0.0, float(beats), 0),)), (1.01, ((0.0, 2.0, 0), (2.0, beats - 2.0, 1))))


YI_BAN_SAN_YAN = Cycle(
    name="yi ban san yan (4)",
    beats=4,
    bars=1,
    places=(0, 1, 2, 3, 4),
    pulses=4,
    strokes=((-1.0, beaten("bggg", 1.0, BAN_YAN)), (0.6, beaten("-s-w-s-w", 0.5, BAN_YAN))),
    chords=zheng(4),
    bass=low(4),
)
YI_BAN_YI_YAN = Cycle(
    name="yi ban yi yan (2, twice)",
    beats=4,
    bars=1,
    places=(0, 1, 2, 3, 4),
    pulses=4,
    strokes=((-1.0, beaten("bgbg", 1.0, BAN_YAN)), (0.6, beaten("-w-s-w-w", 0.5, BAN_YAN))),
    chords=zheng(4),
    bass=low(4),
)

TRADITION = Tradition(
    name="chinese",
    modes=(GONG, ZHI, SHANG, YU, JUE),
    colours={},
    cycles=(YI_BAN_SAN_YAN, YI_BAN_YI_YAN),
    ensembles={  # dizi and xiao (flute), erhu (cello), guzheng (harp), pipa (guitar), yunluo (celesta)
        "still": ((FLUTE, CELLO, HARP, WARM_PAD), (CELLO, FLUTE, HARP, WARM_PAD)),
        "flowing": ((FLUTE, CELLO, HARP, CELLO), (NYLON_GUITAR, FLUTE, HARP, CELLO)),
        "lively": ((FLUTE, CELESTA, NYLON_GUITAR, CELLO), (STRINGS, FLUTE, HARP, CELLO)),
    },
    counter="heterophony",
)
