"""The collections of scores, one row each: what they are, under which licence, and who is credited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CC0, CC_BY_4, PUBLIC_DOMAIN, INFORMAL = "CC0-1.0", "CC-BY-4.0", "public domain", "informal permission"


@dataclass(frozen=True)
class Collection:
    """`formal` is whether the encodings carry a licence; the others are distributed with their encoders' permission."""

    name: str
    licence: str
    formal: bool
    credit: str
    source: str


ROWS = (
    Collection("openscore_lieder", CC0, True, "OpenScore Lieder Corpus", "GitHub OpenScore/Lieder"),
    Collection("openscore_string_quartets", CC0, True, "OpenScore String Quartets", "GitHub OpenScore/StringQuartets"),
    Collection("openscore_hauptstimme", CC0, True, "OpenScore Orchestra", "GitHub MarkGotham/Hauptstimme"),
    Collection("mutopia", "per piece", True, "Mutopia Project", "GitHub MutopiaProject/MutopiaProject"),
    Collection(
        "chopin_first_editions",
        CC_BY_4,
        True,
        "Fryderyk Chopin Institute, chopinscores.org",
        "GitHub pl-wnifc/humdrum-chopin-first-editions",
    ),
    Collection("groove", CC_BY_4, True, "Gillick et al. 2019, Groove MIDI Dataset v1", "Magenta Groove MIDI Dataset"),
    Collection("bach_chorales_m21_midi", INFORMAL, False, "music21 corpus, Greentree", "GitHub cuthbertLab/music21"),
    Collection("folk_abc_pd", INFORMAL, False, "music21 corpus and its transcribers", "GitHub cuthbertLab/music21"),
    Collection("openewld_pd", INFORMAL, False, "OpenEWLD, from Wikifonia", "GitHub 00sapo/OpenEWLD"),
)
COLLECTIONS: Mapping[str, Collection] = {row.name: row for row in ROWS}

NOT_SCORES: Mapping[str, str] = {
    "carnatic_pycarnatic": "raga tables and exercises (MIT), for the traditions and not for the notes' corpus",
}

NOT_FREE: Mapping[str, str] = {  # in 'openewld_pd', found by hand: fragment of the file's name, and why
    "Andrew_Lloyd_Webber": "composed 1985",
    "Campino": "composed in the 1990s",
    "Don_George": "words and arrangement 1955",
    "Vladimir_Vavilov": "composed about 1970",
    "Wilhelm_Åström": "the composer's dates are not known",
}
