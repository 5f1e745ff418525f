"""Hindustani, a stylisation: nine ragas over a tanpura drone, in tintal, jhaptal, rupak, dadra and keherwa.

Ascent (aroha), descent (avaroha), catch-phrases (pakad), resting tones and the theka of each tala are general facts
of the practice as primers state them (V. N. Bhatkhande's *Kramik Pustak Malika*; J. Bor et al., *The Raga Guide*,
1999), written down by us. Brightness is our own: it follows interval content, the flat second darkest, after Mathur
et al. 2015 (Frontiers in Psychology 6:513). Meend, andolan and the hour of the day are not in the notes here.
"""

from models.music.drone import DRONE, DRONE_ON_FOURTH, cadences_on, low_tonic, tanpura
from models.music.instruments import CELLO, FLUTE, HARP, NYLON_GUITAR, WARM_PAD
from models.music.tradition import Cycle, Mode, Tradition, beaten, sung

SEVEN = "SRGMPDN"

TODI = Mode(
    name="todi",
    intervals=(0, 1, 3, 6, 7, 8, 11),  # S r g M' P d N
    brightness=-0.95,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 5),
    finals={"authentic": 0, "half": 5, "plagal": 0},
    ascent=(0, 1, 2, 3, 5, 6),
    phrases=sung(SEVEN, "D, N, S R G", "G R S", "R G M D", "M D N S'", "S' N D P", "P M G", "R G R S"),
)
BHAIRAV = Mode(
    name="bhairav",
    intervals=(0, 1, 4, 5, 7, 8, 11),  # S r G M P d N
    brightness=-0.72,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 1, 4, 5),
    finals={"authentic": 0, "half": 5, "plagal": 0},
    phrases=sung(SEVEN, "G M D D P", "G M R R S", "S R G M P", "M P D P", "P D N S'", "S' N D P M", "G M R S"),
)
BHAIRAVI = Mode(
    name="bhairavi",
    intervals=(0, 1, 3, 5, 7, 8, 10),  # S r g M P d n
    brightness=-0.5,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3, 4),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(SEVEN, "M G S R S", "D, N, S", "G M P", "P D N D P", "P M G R S", "N S' R' S'", "G M D P"),
)
MALKAUNS = Mode(
    name="malkauns",
    intervals=(0, 3, 5, 8, 10),  # S g M d n
    brightness=-0.25,
    moves=DRONE_ON_FOURTH,
    cadences=cadences_on("IV5"),
    rests=(0, 1, 2),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    phrases=sung("SGMDN", "D, N, S M", "M G", "G M D N", "N D M", "D N S'", "S' N D M", "M G S", "G M G S"),
)
KAFI = Mode(
    name="kafi",
    intervals=(0, 2, 3, 5, 7, 9, 10),  # S R g M P D n
    brightness=0.0,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 1, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "S S R R G G M M P", "M P D N S'", "N D P M", "P M G R", "R G M P", "G R S"),
)
KHAMAJ = Mode(
    name="khamaj",
    intervals=(0, 2, 4, 5, 7, 9, 10, 11),  # S R G M P D n N
    brightness=0.35,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    ascent=(0, 2, 3, 4, 5, 7),  # S G M P D N: R is left out
    descent=(0, 1, 2, 3, 4, 5, 6),
    phrases=sung("SRGMPDnN", "n D M P D M G", "G M P D N S'", "S' n D P", "M P D", "P M G R S", "N, S G M P"),
)
BHUPALI = Mode(
    name="bhupali",
    intervals=(0, 2, 4, 7, 9),  # S R G P D
    brightness=0.6,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    phrases=sung("SRGPD", "G R S D,", "S R G", "P G", "D P G R S", "S R G P", "G P D S'", "S' D P", "P G D P G"),
)
YAMAN = Mode(
    name="yaman",
    intervals=(0, 2, 4, 6, 7, 9, 11),  # S R G M' P D N
    brightness=0.78,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 6),
    finals={"authentic": 0, "half": 2, "plagal": 0},
    ascent=(0, 1, 2, 3, 5, 6),  # N R G M' D N S': the fifth is left out on the way up
    phrases=sung(SEVEN, "N, R G R", "N, R S", "P M G R", "G M D N", "M D N S'", "S' N D P", "P R", "G R N, R S"),
)
BILAWAL = Mode(
    name="bilawal",
    intervals=(0, 2, 4, 5, 7, 9, 11),  # S R G M P D N
    brightness=0.95,
    moves=DRONE,
    cadences=cadences_on("I5"),
    rests=(0, 2, 4, 5),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "G R G P", "P D N S'", "S' N D P", "M G R", "G M P", "M G R S", "G P D N S'"),
)

# --- tala: theka in bols; ge is the bass drum, na and tin the treble, dha and dhin both ----------------------------

TABLA = {
    "dha": ((36, 0.5), (76, 0.35)),
    "dhin": ((36, 0.45), (75, 0.3)),
    "dhi": ((36, 0.45), (75, 0.3)),
    "ge": ((36, 0.4),),
    "na": ((76, 0.32),),
    "ta": ((76, 0.32),),
    "tin": ((75, 0.28),),
    "ti": ((75, 0.28),),
    "ka": ((40, 0.25),),
    "ke": ((40, 0.2),),
    "te": ((70, 0.15),),
}

TINTAL = Cycle(
    name="tintal (16: 4 + 4 + 4 + 4)",
    beats=4,
    bars=4,
    places=(0, 1, 2, 3, 4),
    pulses=4,
    strokes=(
        (-1.0, beaten("dha dhin dhin dha dha dhin dhin dha dha tin tin ta ta dhin dhin dha", 1.0, TABLA)),
        (0.7, beaten(". te . te . te ge te " * 4, 0.5, TABLA)),
    ),
    chords=tanpura(4),
    bass=low_tonic(4, (0.0, 2.0)),
)
JHAPTAL = Cycle(
    name="jhaptal (10: 2 + 3 + 2 + 3)",
    beats=5,
    bars=2,
    places=(0, 1, 2, 3.5, 5),
    pulses=2,
    strokes=(
        (-1.0, beaten("dhi na dhi dhi na ti na dhi dhi na", 1.0, TABLA)),
        (0.7, beaten(". te . te . te . te ge te " * 2, 0.5, TABLA)),
    ),
    chords=tanpura(5),
    bass=low_tonic(5, (0.0, 2.0)),
)
RUPAK = Cycle(
    name="rupak (7: 3 + 2 + 2)",
    beats=7,
    bars=1,
    places=(0, 2, 3, 5, 7),
    pulses=2,
    strokes=(
        (-1.0, beaten("tin tin na dhi na dhi na", 1.0, TABLA)),
        (0.7, beaten(". te . te . te . te ge te . te ge te", 0.5, TABLA)),
    ),
    chords=tanpura(7),
    bass=low_tonic(7, (0.0, 3.0, 5.0)),
)
DADRA = Cycle(
    name="dadra (6: 3 + 3)",
    beats=3,
    bars=2,
    places=(0, 1, 2, 2.5, 3),
    pulses=4,
    strokes=(
        (-1.0, beaten("dha dhi na dha tin na", 1.0, TABLA)),
        (0.7, beaten(". te . te ge te " * 2, 0.5, TABLA)),
    ),
    chords=tanpura(3),
    bass=low_tonic(3, (0.0, 2.0)),
)
KEHERWA = Cycle(
    name="keherwa (8: 4 + 4)",
    beats=4,
    bars=1,
    places=(0, 1, 2, 3, 4),
    pulses=4,
    strokes=(
        (-1.0, beaten("dha ge na ti na ka dhin na", 0.5, TABLA)),
        (0.7, beaten(". te . te . te . te . te . te . te ge te", 0.25, TABLA)),
    ),
    chords=tanpura(4),
    bass=low_tonic(4, (0.0, 2.0)),
)

TRADITION = Tradition(
    name="hindustani",
    modes=(TODI, BHAIRAV, BHAIRAVI, MALKAUNS, KAFI, KHAMAJ, BHUPALI, YAMAN, BILAWAL),
    colours={},
    cycles=(TINTAL, KEHERWA, DADRA, RUPAK, JHAPTAL),
    ensembles={  # bansuri (flute), sarangi (cello), sitar and sarod (guitar), tanpura (harp, pad)
        "still": ((FLUTE, CELLO, HARP, WARM_PAD), (CELLO, FLUTE, HARP, WARM_PAD)),
        "flowing": ((FLUTE, CELLO, HARP, CELLO), (NYLON_GUITAR, FLUTE, HARP, WARM_PAD)),
        "lively": ((NYLON_GUITAR, FLUTE, HARP, CELLO), (FLUTE, NYLON_GUITAR, HARP, CELLO)),
    },
    counter="heterophony",
    travels=False,
)
