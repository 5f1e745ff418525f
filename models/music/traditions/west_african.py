"""West African and its diaspora, a stylisation: bell timelines, three against two and four, call and response.

The timelines are the six of G. Toussaint, "A mathematical analysis of African, Brazilian, and Cuban clave rhythms"
(BRIDGES 2002), and the standard bell (bembe) of his "Classification and phylogenetic analysis of African ternary
rhythm timelines" (BRIDGES 2003). Cross-rhythm and call and response follow J. H. K. Nketia, *The Music of Africa*
(1974). Scales are five- and seven-tone sets put on equal temperament; many real tunings (near seven equal steps, for
instance) are not. Son, rumba and bossa are named for their homes across the Atlantic. Brightness is our own.
"""

from models.music.instruments import AAH_CHOIR, CELLO, HARP, NYLON_GUITAR, OOH_VOICES, VIBRAPHONE, WARM_PAD
from models.music.tradition import Cycle, FigureRows, Mode, Tradition, beaten, rung, sung

FIVE, SEVEN = "12345", "1234567"

MAJOR_SEVEN = Mode(
    name="seven tones, bright",
    intervals=(0, 2, 4, 5, 7, 9, 11),
    brightness=0.85,
    moves={
        "I": {"IV": 4, "V": 3, "I": 1},
        "IV": {"V": 3, "I": 3},
        "V": {"I": 4, "IV": 2},
    },
    cadences={"authentic": ("V", "I"), "half": ("IV", "V"), "plagal": ("IV", "I")},
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 4, "plagal": 0},
    phrases=sung(SEVEN, "5 6 5 3", "3 4 3 2 1", "1 2 3 5", "5 4 3 2", "1' 7 6 5", "3 2 1", "5, 1 2 3"),
)
MAJOR_FIVE = Mode(
    name="five tones, bright",
    intervals=(0, 2, 4, 7, 9),
    brightness=0.45,
    moves={
        "I5": {"VI5": 2, "V5": 2, "II5": 1, "I5": 1},
        "II5": {"V5": 2, "I5": 2},
        "V5": {"I5": 4, "VI5": 1},
        "VI5": {"II5": 1, "V5": 2, "I5": 2},
    },
    cadences={"authentic": ("V5", "I5"), "half": ("I5", "V5"), "plagal": ("VI5", "I5")},
    rests=(0, 2, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "4 5 4 3", "3 2 1", "1 2 3 4", "1' 5 4 3", "3 4 3 2 1", "5, 1 2 1", "4 3 2 3"),
)
MIXED_SEVEN = Mode(
    name="seven tones, low seventh",
    intervals=(0, 2, 4, 5, 7, 9, 10),
    brightness=0.1,
    moves={
        "I": {"bVII": 3, "IV": 2, "I": 1},
        "IV": {"I": 3, "bVII": 1},
        "bVII": {"I": 3, "IV": 2},
    },
    cadences={"authentic": ("bVII", "I"), "half": ("I", "IV"), "plagal": ("IV", "I")},
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(SEVEN, "5 6 7 6 5", "5 4 3 2 1", "1 2 3 4", "4 3 2 1 7,", "7 6 5 4", "1 7, 1 2", "3 2 1"),
)
MINOR_FIVE = Mode(
    name="five tones, dark",
    intervals=(0, 3, 5, 7, 10),
    brightness=-0.35,
    moves={
        "I5": {"bVII5": 3, "IV5": 2, "bIII5": 1, "I5": 1},
        "bIII5": {"IV5": 2, "bVII5": 1, "I5": 2},
        "IV5": {"I5": 3, "bVII5": 1},
        "bVII5": {"I5": 3, "IV5": 1},
    },
    cadences={"authentic": ("bVII5", "I5"), "half": ("I5", "IV5"), "plagal": ("IV5", "I5")},
    rests=(0, 1, 3),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(FIVE, "4 5 4 3", "3 2 1", "1 2 3 4", "1' 5 4 3", "2 1 5, 1", "4 3 2 1", "3 4 3 2"),
)
MINOR_SEVEN = Mode(
    name="seven tones, dark",
    intervals=(0, 2, 3, 5, 7, 8, 10),
    brightness=-0.85,
    moves={
        "i": {"bVII": 3, "iv": 2, "bVI": 1, "i": 1},
        "iv": {"i": 3, "bVII": 1},
        "bVI": {"bVII": 3, "iv": 1},
        "bVII": {"i": 3, "bVI": 1},
    },
    cadences={"authentic": ("bVII", "i"), "half": ("i", "iv"), "plagal": ("iv", "i")},
    rests=(0, 2, 4),
    finals={"authentic": 0, "half": 3, "plagal": 0},
    phrases=sung(SEVEN, "5 6 5 4 3", "3 2 1", "1 2 3 4 5", "5 4 3 2", "1' 7 6 5", "1 7, 1 2", "4 3 2 1"),
)

BELL = {"x": ((75, 0.42),)}
DRUMS = {"D": ((36, 0.45),), "d": ((35, 0.3),), "t": ((76, 0.25),), "s": ((70, 0.18),)}
SHAKEN, TALKING = 0.45, 0.65  # from this arousal

# Three against four over the bar when calm, three against two when it flows: the figures step every 4/3 and 2/3 beats.
KORA: FigureRows = (
    (0.15, rung((0, 1), 4.0, 4)),
    (0.4, rung((0, 1, 2), 4 / 3, 4)),
    (0.68, rung((0, 2, 1, 3, 2, 1), 2 / 3, 4)),
    (1.01, rung((0, 2, 1, 3, 2, 4, 1, 3, 2, 1, 3, 2), 1 / 3, 4)),
)
STEADY: FigureRows = (
    (0.3, ((0.0, 4.0, 0),)),
    (0.55, ((0.0, 2.0, 0), (2.0, 2.0, 1))),
    (1.01, ((0.0, 1.5, 0), (1.5, 1.5, 1), (3.0, 1.0, 0))),
)
ROLLING: FigureRows = (
    (0.3, ((0.0, 4.0, 0),)),
    (0.55, ((0.0, 2.0, 0), (2.0, 2.0, 1))),
    (1.01, ((0.0, 1.0, 0), (1.0, 1.0, 1), (2.0, 1.0, 0), (3.0, 1.0, 1))),
)


def timeline(name: str, bell: str) -> Cycle:
    """A timeline of sixteen pulses; the melody keeps to its eighths."""
    return Cycle(
        name=name,
        beats=4,
        bars=1,
        places=(0, 1, 2, 3, 4),
        pulses=4,
        strokes=(
            (-1.0, (*beaten(bell, 0.25, BELL), *beaten("D---", 1.0, DRUMS))),
            (SHAKEN, beaten("s-s-s-s-", 0.5, DRUMS)),
            (SHAKEN, beaten("--d-", 1.0, DRUMS)),
            (TALKING, beaten("--tt--t---tt--t-", 0.25, DRUMS)),
        ),
        chords=KORA,
        bass=STEADY,
    )


BEMBE = Cycle(
    name="bembe (12/8)",
    beats=4,
    bars=1,
    places=(0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3, 4),
    pulses=3,
    strokes=(
        (-1.0, (*beaten("x.x.xx.x.x.x", 1 / 3, BELL), *beaten("D-d-", 1.0, DRUMS))),
        (SHAKEN, beaten("s-s-s-s-s-s-", 1 / 3, DRUMS)),  # six against the four beats
        (TALKING, beaten("--t-t---t-t-", 1 / 3, DRUMS)),
    ),
    chords=KORA,
    bass=ROLLING,
)

TRADITION = Tradition(
    name="west_african",
    modes=(MAJOR_SEVEN, MAJOR_FIVE, MIXED_SEVEN, MINOR_FIVE, MINOR_SEVEN),
    colours={},
    cycles=(
        BEMBE,
        timeline("gahu", "x..x..x...x...x."),
        timeline("soukous", "x..x..x...xx...."),
        timeline("shiko", "x...x.x...x.x..."),
        timeline("son", "x..x..x...x.x..."),
        timeline("rumba", "x..x...x..x.x..."),
        timeline("bossa", "x..x..x...x..x.."),
    ),
    ensembles={  # kora (harp, guitar), balafon (vibraphone), voices
        "still": ((HARP, OOH_VOICES, NYLON_GUITAR, CELLO), (OOH_VOICES, HARP, VIBRAPHONE, WARM_PAD)),
        "flowing": ((NYLON_GUITAR, OOH_VOICES, HARP, CELLO), (VIBRAPHONE, AAH_CHOIR, HARP, CELLO)),
        "lively": ((VIBRAPHONE, AAH_CHOIR, NYLON_GUITAR, CELLO), (NYLON_GUITAR, VIBRAPHONE, HARP, CELLO)),
    },
    counter="response",
    travels=False,
)
