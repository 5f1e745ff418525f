"""Maqam, a stylisation: seven maqamat with quarter tones over a tonic drone, in five iqa'at.

Ajnas, ghammaz and the rhythms' dum and tak are general facts as S. Marcus (*Music in Egypt*, 2007; "Modulation in
Arab music", Ethnomusicology 36, 1992) and the theory of the 1932 Cairo congress state them, written down by us.
Intervals are put on 24 equal steps; performers' tones lie elsewhere and differ by place and person. Brightness is
our own ordering, by size of second and third. The way of a melody through its ajnas (sayr) is only hinted at.
"""

from models.music.drone import DRONE, cadences_on
from models.music.instruments import CELLO, FLUTE, HARP, NYLON_GUITAR, SLOW_STRINGS, STRINGS
from models.music.tradition import Cycle, FigureRows, Mode, Tradition, beaten, rung, sung

SEVEN = "1234567"
RISING_LEADING = "123456b7"  # b: the lowered seventh of the way down

SABA = Mode(
    name="saba",
    intervals=(0, 2, 3, 4, 7, 8, 10),
    brightness=-0.95,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    phrases=sung(SEVEN, "1 2 3 4 3", "4 3 2 1", "3 4 3 2 3", "3 4 5 4 3", "5 6 5 4 3", "2 3 2 1 7, 1"),
    cents={2: -50.0},
)
HIJAZ = Mode(
    name="hijaz",
    intervals=(0, 1, 4, 5, 7, 9, 10),
    brightness=-0.65,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 3, 4),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(SEVEN, "1 2 3 4", "4 3 2 1", "3 4 5 4", "4 5 6 7 6", "7 6 5 4 3", "5 4 3 2 1", "1 7, 1 2 1"),
    cents={9: -50.0},  # jins rast on the fourth
)
NAHAWAND = Mode(
    name="nahawand",
    intervals=(0, 2, 3, 5, 7, 8, 10, 11),
    brightness=-0.35,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    ascent=(0, 1, 2, 3, 4, 5, 7),
    descent=(0, 1, 2, 3, 4, 5, 6),
    phrases=sung(RISING_LEADING, "1 2 3 4 5", "5 4 3 2 1", "5 6 7 1'", "1' b 6 5", "3 4 3 2", "6 5 4 3", "2 1 7, 1"),
)
BAYATI = Mode(
    name="bayati",
    intervals=(0, 2, 3, 5, 7, 8, 10),
    brightness=-0.05,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(SEVEN, "1 2 3 4", "4 3 2 1", "3 4 5 4", "4 5 6 7 6 5", "5 4 3 2", "3 2 1 7, 1", "7 6 5 4"),
    cents={2: -50.0},
)
SIKAH = Mode(
    name="sikah",
    intervals=(0, 1, 3, 5, 7, 8, 10),  # all but tonic and fifth a quarter tone higher
    brightness=0.25,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    phrases=sung(SEVEN, "1 2 3", "3 2 1", "3 4 5 4 3", "5 6 7 6 5", "3 4 3 2 1", "1 7, 1 2 3"),
    cents={1: 50.0, 3: 50.0, 5: 50.0, 8: 50.0, 10: 50.0},
)
RAST = Mode(
    name="rast",
    intervals=(0, 2, 4, 5, 7, 9, 10, 11),
    brightness=0.6,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    ascent=(0, 1, 2, 3, 4, 5, 7),
    descent=(0, 1, 2, 3, 4, 5, 6),
    phrases=sung(
        RISING_LEADING, "1 2 3 2 1", "1 2 3 4 5", "5 4 3 2 1", "5 6 7 1'", "1' b 6 5", "3 4 5 6 5", "3 2 1 6, 7, 1"
    ),
    cents={4: -50.0, 11: -50.0},
)
AJAM = Mode(
    name="ajam",
    intervals=(0, 2, 4, 5, 7, 9, 11),
    brightness=0.92,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "1 2 3 4 5", "5 4 3 2 1", "5 6 7 1'", "1' 7 6 5", "3 4 5 4 3", "2 3 2 1", "5 6 5 4 3"),
)

# --- iqa': D dum (low), T tak (high), k the light filling of the left hand -----------------------------------------

RIQQ = {"D": ((36, 0.5),), "T": ((76, 0.38),), "k": ((54, 0.14),)}
FOUR = (0, 1, 2, 3, 4)


def takht(beats: int, dum: tuple[float, ...]) -> FigureRows:
    """Qanun or oud on tonic and fifth: held, then on the cycle's dums, then plucked through."""
    ends = (*dum[1:], float(beats))
    on_dum = tuple((at, end - at, step) for at, end in zip(dum, ends, strict=True) for step in (0, 1))
    return (
        (0.2, ((0.0, float(beats), 0), (0.0, float(beats), 1))),
        (0.45, on_dum),
        (0.7, rung((0, 1, 2, 1), 1.0, beats)),
        (1.01, rung((0, 2, 1, 2), 0.5, beats)),
    )


def low_string(beats: int, dum: tuple[float, ...]) -> FigureRows:
    """The tonic: held, then on the cycle's dums."""
    ends = (*dum[1:], float(beats))
    return (
        (0.4, ((0.0, float(beats), 0),)),
        (1.01, tuple((at, end - at, 0) for at, end in zip(dum, ends, strict=True))),
    )


MASMUDI = Cycle(
    name="masmudi kabir (8/4)",
    beats=4,
    bars=2,
    places=FOUR,
    pulses=4,
    strokes=((-1.0, beaten("D-D---T-D---T---", 0.5, RIQQ)), (0.6, beaten("-k-kk--k-kk--kkk", 0.5, RIQQ))),
    chords=takht(4, (0.0, 2.0)),
    bass=low_string(4, (0.0, 2.0)),
)
MAQSUM = Cycle(
    name="maqsum (4/4)",
    beats=4,
    bars=1,
    places=FOUR,
    pulses=4,
    strokes=((-1.0, beaten("DT-TD-T-", 0.5, RIQQ)), (0.6, beaten("--k--k-k", 0.5, RIQQ))),
    chords=takht(4, (0.0, 2.0)),
    bass=low_string(4, (0.0, 2.0)),
)
BALADI = Cycle(
    name="baladi (4/4)",
    beats=4,
    bars=1,
    places=FOUR,
    pulses=4,
    strokes=((-1.0, beaten("DD-TD-T-", 0.5, RIQQ)), (0.6, beaten("--k--k-k", 0.5, RIQQ))),
    chords=takht(4, (0.0, 0.5, 2.0)),
    bass=low_string(4, (0.0, 0.5, 2.0)),
)
MALFUF = Cycle(
    name="malfuf (2/4, two to the bar)",
    beats=4,
    bars=1,
    places=FOUR,
    pulses=4,
    strokes=((-1.0, beaten("D--T--T-D--T--T-", 0.25, RIQQ)), (0.6, beaten("-k--k--k-k--k--k", 0.25, RIQQ))),
    chords=takht(4, (0.0, 2.0)),
    bass=low_string(4, (0.0, 2.0)),
)
SAMAI_THAQIL = Cycle(
    name="sama'i thaqil (10/8)",
    beats=5,
    bars=1,
    places=(0, 1.5, 2.5, 3.5, 5),
    pulses=2,
    strokes=((-1.0, beaten("D--T-DDT--", 0.5, RIQQ)), (0.6, beaten("-kk-k---kk", 0.5, RIQQ))),
    chords=takht(5, (0.0, 2.5, 3.0)),
    bass=low_string(5, (0.0, 2.5, 3.0)),
)

TRADITION = Tradition(
    name="maqam",
    modes=(SABA, HIJAZ, NAHAWAND, BAYATI, SIKAH, RAST, AJAM),
    colours={},
    cycles=(MASMUDI, SAMAI_THAQIL, MAQSUM, BALADI, MALFUF),
    ensembles={  # nay (flute), oud (guitar), qanun (harp), violins and cello
        "still": ((FLUTE, CELLO, HARP, CELLO), (NYLON_GUITAR, FLUTE, SLOW_STRINGS, CELLO)),
        "flowing": ((NYLON_GUITAR, CELLO, HARP, CELLO), (FLUTE, NYLON_GUITAR, HARP, CELLO)),
        "lively": ((STRINGS, NYLON_GUITAR, HARP, CELLO), (NYLON_GUITAR, FLUTE, HARP, CELLO)),
    },
    counter="heterophony",
    travels=False,
)
