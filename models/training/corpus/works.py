"""Which work a piece belongs to, and which share of the split that work falls in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256

SPLITS = (("train", 90), ("valid", 95), ("test", 100))  # up to this percentile of the work's hash
CATALOGUE = re.compile(
    r"(?<![a-z])(?P<list>op|bwv|kv|k|d|hob|woo|hwv|rv|sz|wab|als)[ ._]{0,2}"
    r"(?P<number>anh\.?[0-9]+|(?:[ivxl]+[a-z]?:?)?[0-9]+)"
)
ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "der",
        "die",
        "das",
        "ein",
        "eine",
        "le",
        "la",
        "les",
        "l",
        "il",
        "lo",
        "of",
        "de",
        "du",
        "des",
        "und",
        "and",
    ]
)
NOBODY = frozenset({"", "anonymous", "anon", "traditional", "unknown", "trad"})
LISTS = {"kv": "k"}
ALSO_CALLED = {"mendelssohnbartholdy": "mendelssohn", "tschaikowsky": "tchaikovsky", "rachmaninow": "rachmaninoff"}


def plain(text: str) -> str:
    """Lower case, no accents, words of letters and digits only; what stands in brackets is dropped."""
    bare = unicodedata.normalize("NFKD", re.sub(r"[(\[].*?[)\]]", " ", text))
    ascii_only = "".join(letter for letter in bare if not unicodedata.combining(letter)).lower()
    return " ".join(re.findall(r"[a-z0-9]+", ascii_only))


def composer_key(composer: str) -> str:
    """Surname and first initial of 'Schubert, Franz', 'Franz Schubert' or Mutopia's 'SchubertF'; '' for nobody."""
    mutopia = re.fullmatch(
        r"(?P<surname>(?:van|von|de)?[A-Z][a-z]+(?:-?[A-Z][a-z]+)*)(?P<initials>[A-Z][A-Za-z]*)", composer
    )
    if mutopia:
        surname, first = mutopia["surname"], mutopia["initials"]
    elif "," in composer:
        surname, _, first = composer.partition(",")
    else:
        first, _, surname = composer.strip().rpartition(" ")
    if plain(surname) in NOBODY or plain(composer) in NOBODY:
        return ""
    name = plain(surname).replace(" ", "")
    return f"{ALSO_CALLED.get(name, name)} {plain(first)[:1]}".strip()


def title_key(title: str) -> str:
    return " ".join(word for word in plain(title).split() if word not in ARTICLES)


def catalogue_keys(text: str) -> list[str]:
    """'op18', 'bwv232', 'd911' … as far as the text names them."""
    bare = unicodedata.normalize("NFKD", text).lower().replace("°", "")
    found = (
        LISTS.get(hit["list"], hit["list"]) + re.sub(r"[.:]", "", hit["number"]) for hit in CATALOGUE.finditer(bare)
    )
    return sorted(set(found))


def work_keys(composer: str, titles: Sequence[str]) -> tuple[str, ...]:
    """Names under which a piece's work may be met; catalogue numbers where there are any, else normalised titles.

    A whole opus is one work: its songs or movements never stand on both sides of a split.
    """
    who = composer_key(composer)
    numbers = [key for title in titles for key in catalogue_keys(title)] if who else []
    names = numbers or [key for title in titles if (key := title_key(title))]
    return tuple(sorted({f"{who or 'traditional'}|{name}" for name in names}))


def split_of(work: str) -> str:
    """train, valid or test (90/5/5): a pure function of the work's name."""
    percent = int.from_bytes(sha256(work.encode()).digest()[:8], "big") % 100
    return next(name for name, below in SPLITS if percent < below)


def joined(keys_by_piece: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The work of each piece: pieces that share a key, also through others, are one work, named by its first key."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for keys in keys_by_piece.values():
        for key in keys[1:]:
            first, second = sorted((root(keys[0]), root(key)))
            parent[second] = first
    return {piece: root(keys[0]) for piece, keys in keys_by_piece.items()}
