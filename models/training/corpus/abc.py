"""Tunes in ABC notation to scores: one voice, as the folk collections print it.

Own reader, since the libraries that read ABC bring a notation suite (music21), are no permissive licence (abcMIDI,
verovio) or lose the bar lines with the pickup. Repeats are not played out, grace notes and ornaments are left out.
Standard: abcnotation.com/wiki/abc:standard:v2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from models.music.tokens import GRID
from models.training.corpus.score import LONGEST_STEPS, Refused, Score, Track, checked

WHOLE = 4 * GRID
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARP_ORDER = "FCGDAEB"
ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
SHARPS_OF_MAJOR = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F": -1}
MODE_SHARPS = {
    "maj": 0,
    "ion": 0,
    "": 0,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "mix": -1,
    "dor": -2,
    "phr": -4,
    "lyd": 1,
    "loc": -5,
}
TUPLETS = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}  # p notes in the time of q
TOKEN = re.compile(
    r"(?P<grace>\{[^}]*\})|(?P<text>\"[^\"]*\"|![^!\n]*!|\+[^+\n]*\+)|(?P<inline>\[[A-Za-z]:[^\]]*\])"
    r"|(?P<tuplet>\((?P<p>[2-9])(?::(?P<q>[0-9]?))?(?::(?P<r>[0-9]{0,2}))?)"
    r"|(?P<bar>:*\|[\]|:0-9]*|\[\||\[[0-9]|::)"
    r"|(?P<chord>\[(?P<inside>[^\]]*)\](?P<chordlength>[0-9]{0,4}/{0,4}[0-9]{0,4}))"
    r"|(?P<note>(?P<accidental>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>[0-9]{0,4}/{0,4}[0-9]{0,4}))"
    r"|(?P<rest>[zx](?P<restlength>[0-9]{0,4}/{0,4}[0-9]{0,4}))|(?P<broken>[<>]+)|(?P<tie>-)|(?P<other>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Tune:
    """One tune of a book: its header fields (the first of each letter), all its titles, and its music."""

    number: str
    fields: dict[str, str]
    titles: tuple[str, ...]
    body: str

    @property
    def text(self) -> str:
        return "\n".join(f"{key}:{value}" for key, value in self.fields.items()) + "\n" + self.body


def tunes(book: str) -> Iterator[Tune]:
    """The tunes of a book, in order; what stands before the first X: is skipped."""
    for part in re.split(r"(?m)^(?=X:)", book)[1:]:
        fields: dict[str, str] = {}
        titles, music = [], []
        for line in part.splitlines():
            line = re.sub(r"(?<!\\)%.*", "", line).strip()
            header = re.match(r"([A-Za-z]):\s*(.*)", line)
            if header and not (header[1] == "K" and "K" in fields) and not ("K" in fields and header[1] in "MLK"):
                titles += [header[2].strip()] if header[1] == "T" else []
                fields.setdefault(header[1], header[2].strip())
            elif header:
                music.append(f"[{header[1]}:{header[2]}]")
            else:
                music.append(line.rstrip("\\"))
        yield Tune(fields.get("X", "?"), fields, tuple(titles), "\n".join(music))


def key_signature(text: str) -> dict[str, int]:
    """Semitones by letter: 'Ador', 'F# minor', 'HP'. Raises Refused for what is no key."""
    hit = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", text)
    if text.startswith(("HP", "Hp")):
        return {"F": 1, "C": 1}
    if not hit:
        if not text or text.lower().startswith("none"):
            return {}
        raise Refused(f"key {text!r}; expected such as G, Em or D mix")
    mode = hit[3].lower()[:3] if hit[3] != "M" else ""
    sharps = (
        SHARPS_OF_MAJOR[hit[1]] + {"#": 7, "b": -7, "": 0}[hit[2]] + MODE_SHARPS.get("m" if mode == "m" else mode, 0)
    )
    letters = SHARP_ORDER[:sharps] if sharps > 0 else SHARP_ORDER[::-1][:-sharps]
    return dict.fromkeys(letters, 1 if sharps > 0 else -1)


def _length(text: str) -> Fraction:
    """'2' is 2, '/' a half, '//' a quarter, '3/2' as it says."""
    over, slash, under = text.partition("/")
    below = int(under.lstrip("/") or 2 ** (1 + len(under))) if slash else 1
    return Fraction(int(over or 1), below or 1)


def metre_length(text: str) -> Fraction:
    """The bar in whole notes; 4/4 where the metre is free."""
    named = {"C": "4/4", "C|": "2/2"}.get(text.strip(), text.strip())
    hit = re.match(r"([0-9+]{1,9})/([0-9]{1,3})", named)
    if not hit or int(hit[2]) == 0:
        return Fraction(1)
    return Fraction(sum(int(part) for part in hit[1].split("+") if part), int(hit[2])) or Fraction(1)


@dataclass
class _Reading:
    """Where the reader stands in a tune; lengths in whole notes."""

    unit: Fraction
    signature: dict[str, int]
    at: Fraction = Fraction(0)
    local: dict[str, int] = field(default_factory=dict)
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    broken: Fraction = Fraction(1)
    tied: bool = False
    lines: list[Fraction] = field(default_factory=list)
    notes: list[tuple[Fraction, Fraction, int]] = field(default_factory=list)
    last: int = 0  # index of the first note of the last event
    last_length: Fraction = Fraction(0)


def read_tune(tune: Tune) -> Score:
    """The tune as a score of one track. Raises Refused."""
    bar = metre_length(tune.fields.get("M", "C"))
    unit = _unit(tune.fields.get("L", ""), bar)
    state = _Reading(unit, key_signature(tune.fields.get("K", "")))
    for hit in TOKEN.finditer(tune.body):
        _step(state, hit)
    if not state.notes:
        raise Refused("no notes")
    if state.at * WHOLE > LONGEST_STEPS:
        raise Refused("a length beyond all bounds")
    if not all(0 <= pitch <= 127 for _, _, pitch in state.notes):
        raise Refused("pitches beyond those of MIDI")
    rows = [(round(at * WHOLE), max(1, round(length * WHOLE)), pitch, 0, 64) for at, length, pitch in state.notes]
    metres = ((0, max(3, round(bar * WHOLE))),)
    return checked(
        Score(
            np.array(sorted(rows), dtype=np.int32),
            (Track("melody"),),
            metres,
            _tempo(tune.fields.get("Q", "")),
            lines=_whole_bars([round(line * WHOLE) for line in state.lines], metres[0][1], round(state.at * WHOLE)),
        )
    )


def _whole_bars(lines: list[int], bar: int, end: int) -> tuple[int, ...]:
    """Bar lines without those that only mark a repeat in the middle of a bar."""
    ordered = sorted({0, *lines, end})
    kept = ordered[:1]
    for line, after in zip(ordered[1:], [*ordered[2:], end], strict=False):
        inside = len(kept) > 1 and line - kept[-1] < bar and after - kept[-1] == bar
        kept += [] if inside else [line]
    return tuple(kept[:-1]) if len(kept) > 1 else tuple(kept)


def _unit(text: str, bar: Fraction) -> Fraction:
    hit = re.match(r"([0-9]{1,3})/([0-9]{1,3})", text)
    if hit and int(hit[1]) and int(hit[2]):
        return Fraction(int(hit[1]), int(hit[2]))
    return Fraction(1, 16) if bar < Fraction(3, 4) else Fraction(1, 8)


def _tempo(text: str) -> tuple[tuple[int, float], ...]:
    hit = re.search(r"([0-9]{1,3})/([0-9]{1,3})\s*=\s*([0-9]{1,3})", text)
    if not hit or int(hit[2]) == 0:
        return ()
    return ((0, max(10.0, 4 * int(hit[1]) / int(hit[2]) * int(hit[3]))),)


def _step(state: _Reading, hit: re.Match[str]) -> None:
    name = next(name for name in _READ if hit[name] is not None)
    _READ[name](state, hit)


def _inline(state: _Reading, hit: re.Match[str]) -> None:
    letter, value = hit["inline"][1], hit["inline"][3:-1].strip()
    if letter == "K":
        state.signature = key_signature(value)
    elif letter == "L":
        state.unit = _unit(value, Fraction(1))


def _bar(state: _Reading, hit: re.Match[str]) -> None:
    state.local = {}
    state.lines.append(state.at)


def _tuplet(state: _Reading, hit: re.Match[str]) -> None:
    p = int(hit["p"])
    q = int(hit["q"] or TUPLETS[p])
    state.tuplet = (Fraction(q or 1, p), int(hit["r"] or p))


def _broken(state: _Reading, hit: re.Match[str]) -> None:
    """`a>b`: the first takes half of the second; `<` the other way; `>>` three quarters."""
    signs = hit["broken"]
    part = Fraction(1, 2 ** len(signs))
    longer, shorter = 2 - part, part
    first, state.broken = (longer, shorter) if signs[0] == ">" else (shorter, longer)
    change = state.last_length * (first - 1)
    state.notes[state.last :] = [(at, length + change, pitch) for at, length, pitch in state.notes[state.last :]]
    state.at += change


def _pitch(state: _Reading, hit: re.Match[str]) -> int:
    letter = hit["letter"].upper()
    name = letter + hit["octave"] + hit["letter"]
    if hit["accidental"]:
        state.local[name] = ACCIDENTALS[hit["accidental"]]
    change = state.local.get(name, state.signature.get(letter, 0))
    octave = hit["octave"].count("'") - hit["octave"].count(",") + (1 if hit["letter"].islower() else 0)
    return 60 + LETTERS[letter] + change + 12 * octave


def _sound(state: _Reading, pitches: list[int], length: Fraction) -> None:
    ratio, left = state.tuplet
    whole = length * state.unit * state.broken * (ratio if left else 1)
    state.tuplet, state.broken = (ratio, max(0, left - 1)), Fraction(1)
    held = state.notes[state.last :] if state.tied else []
    if held and [pitch for _, _, pitch in held] == pitches:
        state.notes[state.last :] = [(at, before + whole, pitch) for at, before, pitch in held]
    else:
        state.last = len(state.notes)
        state.notes += [(state.at, whole, pitch) for pitch in pitches]
    state.at, state.last_length, state.tied = state.at + whole, whole, False


def _note(state: _Reading, hit: re.Match[str]) -> None:
    _sound(state, [_pitch(state, hit)], _length(hit["length"]))


def _rest(state: _Reading, hit: re.Match[str]) -> None:
    state.tied = False
    _sound(state, [], _length(hit["restlength"]))


def _chord(state: _Reading, hit: re.Match[str]) -> None:
    inside = [note for note in TOKEN.finditer(hit["inside"]) if note["note"] is not None]
    if inside:
        pitches = [_pitch(state, note) for note in inside]
        _sound(state, pitches, _length(inside[0]["length"]) * _length(hit["chordlength"]))


def _tie(state: _Reading, hit: re.Match[str]) -> None:
    state.tied = True


def _skip(state: _Reading, hit: re.Match[str]) -> None:
    """Grace notes, chord names and ornaments carry no length."""


_READ = {
    "inline": _inline,
    "tuplet": _tuplet,
    "bar": _bar,
    "chord": _chord,
    "note": _note,
    "rest": _rest,
    "broken": _broken,
    "tie": _tie,
    "grace": _skip,
    "text": _skip,
    "other": _skip,
}
