"""Carnatic, a stylisation: ten ragas over a tanpura drone, in adi, rupaka, khanda and misra chapu tala.

Ascents and descents are those of PyCarnatic's raga table (naturalstupid/PyCarnatic, MIT; `raaga_list_full.inp`). The
phrases of hanumathodi, hindolam, bhairavi, mohanam, kalyani and shankarabharanam come from its lessons
(`Lessons/Raaga`, `Lessons/Varnam`); those of the other four we wrote within ascent and descent. Brightness is our own:
it follows interval content, a second of one semitone darkest, after Mathur et al. 2015 (Frontiers in Psychology 6:513),
whose 122 listeners heard the minor second as negative. Gamaka, the heart of the music, is not in the notes here.
Resting tones and finals (nyasa) are general textbook facts, written down by us; talas likewise.
"""

from models.music.drone import DRONE, DRONE_ON_FOURTH, cadences_on, low_tonic, tanpura
from models.music.instruments import CELLO, FLUTE, HARP, NYLON_GUITAR, STRINGS, WARM_PAD
from models.music.tradition import Cycle, Mode, Tradition, beaten, sung

SEVEN = "SRGMPDN"

HANUMATHODI = Mode(
    name="hanumathodi",
    intervals=(0, 1, 3, 5, 7, 8, 10),  # S R1 G2 M1 P D1 N2
    brightness=-0.9,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3, 4, 5),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "S' N D P D", "N N D P M G M", "N D P M G R S", "G R S R G M", "D N S' N D", "P M G R S"),
)
MAYAMALAVAGOWLA = Mode(
    name="mayamalavagowla",
    intervals=(0, 1, 4, 5, 7, 8, 11),  # S R1 G3 M1 P D1 N3
    brightness=-0.6,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 5),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "S R G M P", "P M G R S", "G M P D P", "P D N S'", "S' N D P M G", "M G R S R S"),
)
HINDOLAM = Mode(
    name="hindolam",
    intervals=(0, 3, 5, 8, 10),  # S G2 M1 D1 N2
    brightness=-0.35,
    moves=DRONE_ON_FOURTH,
    cadences=cadences_on("IV5"),
    rests=(0, 1, 2, 3),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    phrases=sung(
        "SGMDN", "S G M", "G M D", "N D M", "D N S'", "G' S' N D", "S' N D M", "D M D G", "G M G S", "G S D, N, S"
    ),
)
BHAIRAVI = Mode(
    name="bhairavi",
    intervals=(0, 2, 3, 5, 7, 8, 9, 10),  # S R2 G2 M1 P D1 D2 N2
    brightness=-0.15,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 1, 3, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    ascent=(0, 1, 2, 3, 4, 6, 7),  # S R2 G2 M1 P D2 N2
    descent=(0, 1, 2, 3, 4, 5, 7),  # S N2 D1 P M1 G2 R2
    phrases=sung(
        "SRGMPdDN",
        "S G R G M P d P",
        "P d P M",
        "P G R S",
        "R G M P d M",
        "P D N",
        "D N S'",
        "N d P M G R",
        "P M G R S",
    ),
)
KHARAHARAPRIYA = Mode(
    name="kharaharapriya",
    intervals=(0, 2, 3, 5, 7, 9, 10),  # S R2 G2 M1 P D2 N2
    brightness=0.05,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 1, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "R G M P", "P D N D P", "P M G R", "S R G R S", "D N S'", "S' N D P M", "G R S"),
)
MADHYAMAVATHI = Mode(
    name="madhyamavathi",
    intervals=(0, 2, 5, 7, 10),  # S R2 M1 P N2
    brightness=0.25,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 1, 3),
    finals={"authentic": 0, "half": 3, "plagal": 1},
    phrases=sung("SRMPN", "R M P", "P N P M R", "R M R S", "S R M P N", "N P M R S", "P N S'", "N, S R S"),
)
HARIKAMBHOJI = Mode(
    name="harikambhoji",
    intervals=(0, 2, 4, 5, 7, 9, 10),  # S R2 G3 M1 P D2 N2
    brightness=0.45,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 5),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "G M P D", "P D N D P", "M G R S", "S R G M G", "D N S'", "S' N D P", "P M G R G"),
)
MOHANAM = Mode(
    name="mohanam",
    intervals=(0, 2, 4, 7, 9),  # S R2 G3 P D2
    brightness=0.62,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3, 4),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(
        "SRGPD",
        "G D P",
        "D S' D P G R S",
        "R D, S R G R",
        "G P D S'",
        "P D S' R' G'",
        "G' R' S' D",
        "D P G",
        "P R",
        "G D P G R S",
    ),
)
KALYANI = Mode(
    name="kalyani",
    intervals=(0, 2, 4, 6, 7, 9, 11),  # S R2 G3 M2 P D2 N3
    brightness=0.76,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 6),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(
        SEVEN,
        "G R S N, R",
        "G M R",
        "G M P",
        "P D",
        "N D P M",
        "D N S'",
        "N D P M",
        "G D P M G R",
        "P M G R S N,",
        "R D, N, S",
    ),
)
SHANKARABHARANAM = Mode(
    name="shankarabharanam",
    intervals=(0, 2, 4, 5, 7, 9, 11),  # S R2 G3 M1 P D2 N3
    brightness=0.92,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(
        SEVEN, "S R G M P", "M P D N S'", "S' N D P", "M G M", "N D P M G R S", "S R G M", "M P M G R S", "S D, N, S"
    ),
)

# --- tala: thom is the low head, tha and dhi the high one, nam its rim, chapu a flat stroke ------------------------

MRIDANGAM = {
    "thom": ((36, 0.5),),
    "tham": ((36, 0.5), (76, 0.35)),
    "tha": ((76, 0.3),),
    "dhi": ((75, 0.22),),
    "nam": ((75, 0.3),),
    "chapu": ((40, 0.35),),
    "ka": ((70, 0.15),),
}
HANDS = {"clap": ((40, 0.25),), "wave": ((70, 0.2),), "finger": ((70, 0.12),)}

ADI = Cycle(
    name="adi tala (8: 4 + 2 + 2)",
    beats=4,
    bars=2,
    places=(0, 1, 2, 3, 4),
    pulses=4,
    strokes=(
        (-1.0, beaten("tham . tha dhi tha . chapu . thom . tha dhi nam . tha .", 0.5, MRIDANGAM)),
        (0.45, beaten("clap finger finger finger clap wave clap wave", 1.0, HANDS)),
        (0.65, beaten("ka tha ka dhi ka tha ka nam ka tha ka dhi ka tha thom dhi", 0.5, MRIDANGAM)),
    ),
    chords=tanpura(4),
    bass=low_tonic(4, (0.0, 2.0)),
)
RUPAKA = Cycle(
    name="rupaka tala (6: 2 + 4)",
    beats=3,
    bars=2,
    places=(0, 1, 2, 2.5, 3),
    pulses=4,
    strokes=(
        (-1.0, beaten("tham . tha dhi chapu . thom . tha dhi nam .", 0.5, MRIDANGAM)),
        (0.45, beaten("clap wave clap finger finger finger", 1.0, HANDS)),
        (0.65, beaten("ka tha ka dhi ka tha ka tha ka dhi thom dhi", 0.5, MRIDANGAM)),
    ),
    chords=tanpura(3),
    bass=low_tonic(3, (0.0, 2.0)),
)
KHANDA_CHAPU = Cycle(
    name="khanda chapu (5: 2 + 3)",
    beats=5,
    bars=1,
    places=(0, 1, 2, 3.5, 5),
    pulses=2,
    strokes=(
        (-1.0, beaten("tham . tha . thom tha . dhi nam .", 0.5, MRIDANGAM)),
        (0.45, beaten("clap . clap . clap", 1.0, HANDS)),
        (0.65, beaten("ka tha ka dhi ka tha ka dhi ka tha", 0.5, MRIDANGAM)),
    ),
    chords=tanpura(5),
    bass=low_tonic(5, (0.0, 2.0)),
)
MISRA_CHAPU = Cycle(
    name="misra chapu (7: 3 + 2 + 2)",
    beats=7,
    bars=1,
    places=(0, 2, 3, 5, 7),
    pulses=2,
    strokes=(
        (-1.0, beaten("tham . tha dhi tha . thom . chapu . thom . nam .", 0.5, MRIDANGAM)),
        (0.45, beaten("clap . . clap . clap .", 1.0, HANDS)),
        (0.65, beaten("ka tha ka dhi ka tha ka tha ka dhi ka tha ka dhi", 0.5, MRIDANGAM)),
    ),
    chords=tanpura(7),
    bass=low_tonic(7, (0.0, 3.0, 5.0)),
)

TRADITION = Tradition(
    name="carnatic",
    modes=(
        HANUMATHODI,
        MAYAMALAVAGOWLA,
        HINDOLAM,
        BHAIRAVI,
        KHARAHARAPRIYA,
        MADHYAMAVATHI,
        HARIKAMBHOJI,
        MOHANAM,
        KALYANI,
        SHANKARABHARANAM,
    ),
    colours={},
    cycles=(ADI, RUPAKA, MISRA_CHAPU, KHANDA_CHAPU),
    ensembles={  # flute, violin (cello), veena (guitar), tanpura (harp, pad)
        "still": ((FLUTE, CELLO, HARP, WARM_PAD), (CELLO, NYLON_GUITAR, WARM_PAD, CELLO)),
        "flowing": ((FLUTE, CELLO, HARP, CELLO), (NYLON_GUITAR, FLUTE, HARP, CELLO)),
        "lively": ((FLUTE, STRINGS, NYLON_GUITAR, CELLO), (NYLON_GUITAR, FLUTE, HARP, STRINGS)),
    },
    counter="heterophony",
    travels=False,
)
