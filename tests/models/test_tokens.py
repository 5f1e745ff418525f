"""Role tokens: whatever lies on the grid comes back, keys are one, and nothing malformed is read."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.music.harmony import pitch_classes
from models.music.plan import ROLES, Chord, Note
from models.music.tokens import FOLLOWERS, GRID, VOCABULARY, TokenError, WrittenBar, decode, encode, on_grid
from models.music.tokens.vocabulary import CANONICAL, DRUM_PITCHES, LONGEST, NUMERALS
from models.music.traditions.western import TRADITION


@st.composite
def bars(draw: st.DrawFn) -> WrittenBar:
    steps, tonic = draw(st.integers(1, LONGEST // 3)) * 3, draw(st.integers(0, 11))
    places = st.integers(0, steps - 1)
    drums = st.builds(Note, st.just("drums"), st.sampled_from(DRUM_PITCHES), places.map(_beats), st.just(0.25))
    lengths = st.integers(1, LONGEST).map(_beats)
    pitched = st.builds(Note, st.sampled_from(ROLES[:4]), st.integers(21, 108), places.map(_beats), lengths)
    numerals = draw(st.dictionaries(places, st.sampled_from(NUMERALS), max_size=3))
    chords = tuple(Chord(n, pitch_classes(n, tonic), at / GRID, 1.0) for at, n in numerals.items())
    return WrittenBar(steps, tonic, chords, tuple(draw(st.lists(st.one_of(drums, pitched), max_size=12))))


def _beats(steps: int) -> float:
    return steps / GRID


def a_bar(*notes: Note, steps: int = 48, tonic: int = 0, numerals: tuple[str, ...] = ("I",)) -> WrittenBar:
    chords = tuple(Chord(n, pitch_classes(n, tonic), float(2 * i), 2.0) for i, n in enumerate(numerals))
    return WrittenBar(steps, tonic, chords, notes)


TRIAD = tuple(Note("chords", pitch, 0.0, 4.0) for pitch in (55, 60, 64))


@settings(max_examples=200, deadline=None)
@given(st.lists(bars(), min_size=1, max_size=4), st.booleans())
def test_every_bar_on_the_grid_comes_back(music: list[WrittenBar], relative: bool) -> None:
    grid = [on_grid(bar) for bar in music]
    tonics = [bar.tonic for bar in music]
    assert decode(encode(music, relative), tonics, relative) == grid
    assert [on_grid(bar) for bar in grid] == grid


@settings(max_examples=100, deadline=None)
@given(st.lists(bars(), min_size=1, max_size=3))
def test_every_token_may_follow_the_one_before(music: list[WrittenBar]) -> None:
    kinds = ["special", *(VOCABULARY.meanings[token][0] for token in encode(music, end=True))]
    assert all(after in FOLLOWERS[before] for before, after in pairwise(kinds))


def test_notes_that_are_off_the_grid_or_out_of_range_are_brought_onto_it() -> None:
    played = a_bar(Note("melody", 115, 1.02, 0.97, accent=0.9), Note("bass", 9, -0.01, 40.0))
    low, high = on_grid(played).notes
    assert (low.pitch, low.start_beat, low.beats) == (21, 0.0, LONGEST / GRID)
    assert (high.pitch, high.start_beat, high.beats, high.accent) == (103, 1.0, 1.0, 0.5)


def test_the_same_music_in_another_key_has_the_same_tokens() -> None:
    here = a_bar(*TRIAD, Note("melody", 72, 1.0, 1.0), numerals=("I", "V7"))
    for up in range(-5, 7):
        moved = tuple(replace(note, pitch=note.pitch + up) for note in here.notes)
        there = a_bar(*moved, tonic=up % 12, numerals=("I", "V7"))
        assert np.array_equal(encode([here]), encode([there]))
        assert up == 0 or not np.array_equal(encode([here], relative=False), encode([there], relative=False))


def test_a_chord_of_three_tones_shares_one_length() -> None:
    tokens = encode([a_bar(*TRIAD)])
    assert [VOCABULARY.meanings[t][0] for t in tokens] == ["bar", "chord", "chords", "chords", "chords", "length"]


def test_drums_take_neither_length_nor_key() -> None:
    strokes = Note("drums", 36, 0.0, 0.25), Note("drums", 42, 0.5, 0.25)
    kinds = [VOCABULARY.meanings[t][0] for t in encode([a_bar(*strokes, tonic=5, numerals=())])]
    assert kinds == ["bar", "drums", "place", "drums"]
    assert np.array_equal(encode([a_bar(*strokes)]), encode([a_bar(*strokes, tonic=5)]))


def test_every_chord_the_planner_may_ask_for_has_a_token() -> None:
    suffixes = {suffix for rows in TRADITION.colours.values() for _, _, suffix in rows}
    numerals = {numeral for mode in TRADITION.modes for numeral in mode.moves}
    numerals |= {n for mode in TRADITION.modes for row in (mode.darker, mode.brighter) for n in row.values()}
    for numeral in numerals | {n + s for n in numerals for s in suffixes if n.isalpha()}:
        assert pitch_classes(numeral, 0) in CANONICAL, numeral


def test_the_vocabulary_is_one_table_without_doubles() -> None:
    assert len(VOCABULARY) == len(VOCABULARY.ids) == len(set(VOCABULARY.meanings)) < 2**16
    spans = [token for section in VOCABULARY.sections for token in VOCABULARY.span(section.kind)]
    assert spans == list(range(len(VOCABULARY)))
    assert all(VOCABULARY.meanings[t][0] == "chord" for t in VOCABULARY.span("chord"))
    with pytest.raises(LookupError, match="no tokens of kind 'tune'; there are: special, bar"):
        VOCABULARY.span("tune")


BAR, PITCH = VOCABULARY.ids["bar", 48], VOCABULARY.ids["melody", 60]
LENGTH, PLACE, BEYOND = VOCABULARY.ids["length", 6], VOCABULARY.ids["place", 12], VOCABULARY.ids["place", 60]


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        ([PITCH], "token 0 is of kind melody after special; expected bar, special"),
        ([BAR, LENGTH], "token 1 is of kind length after bar"),
        ([BAR, PITCH], "end with a pitch of melody that has no length"),
        ([BAR, PITCH, BAR], "token 2 is of kind bar after melody"),
        (
            [BAR, PLACE, PITCH, LENGTH, PLACE, PITCH, LENGTH],
            "place 12 after 12 in a bar of 48 steps; expected a later one in it",
        ),
        ([BAR, BEYOND, PITCH, LENGTH], "place 60 after 0 in a bar of 48 steps"),
        ([BAR, 60_000], "token 1 is 60000; expected 0 to"),
        ([BAR, BAR], "2 bars but 1 tonics"),
    ],
)
def test_tokens_that_are_no_bars_are_refused_with_the_reason(tokens: list[int], why: str) -> None:
    with pytest.raises(TokenError, match=why):
        decode(tokens, [0])


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda: WrittenBar(50, 0, (), ()), "50 steps; expected a multiple of 3 from 3 to 96"),
        (lambda: WrittenBar(48, 12, (), ()), "tonic 12"),
        (lambda: encode([a_bar(Note("flute", 60, 0.0, 1.0))]), "no role 'flute'; there are: melody"),
        (lambda: encode([a_bar(Note("drums", 20, 0.0, 1.0))]), "drum pitch 20; expected 35 to 81"),
    ],
)
def test_bars_that_have_no_tokens_are_refused_with_the_reason(write: Callable[[], object], why: str) -> None:
    with pytest.raises(TokenError, match=why):
        write()


def test_the_service_can_read_tokens_with_numpy_alone() -> None:
    program = (
        "import sys, models.music.tokens; "
        "print([m for m in ('symusic', 'miditok', 'torch', 'scipy', 'models.training') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
