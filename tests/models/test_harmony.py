from itertools import pairwise

import numpy as np
import pytest

from models.music.harmony import (
    Key,
    borrowed,
    coloured,
    function,
    inflected,
    parse,
    pitch_classes,
    pivots,
    progression,
    scale,
)
from models.music.tradition import CADENCES, Mode
from models.music.traditions.western import TRADITION

C, D, E_FLAT, E, F, F_SHARP, G, A_FLAT, A, B_FLAT, B = 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
IONIAN = TRADITION.mode("ionian")
AEOLIAN = TRADITION.mode("aeolian")


@pytest.mark.parametrize(
    ("numeral", "tones"),
    [
        ("I", (C, E, G)),
        ("ii7", (D, F, A, C)),
        ("V7", (G, B, D, F)),
        ("bVImaj7", (A_FLAT, C, E_FLAT, G)),
        ("vii°", (B, D, F)),
        ("#iv°", (F_SHARP, A, C)),
        ("iadd9", (C, E_FLAT, G, D)),
        ("bVII", (B_FLAT, D, F)),
    ],
)
def test_a_numeral_becomes_its_pitch_classes_root_first(numeral: str, tones: tuple[int, ...]) -> None:
    assert pitch_classes(numeral, C) == tones
    assert pitch_classes(numeral, D) == tuple((tone + 2) % 12 for tone in tones)


def test_a_numeral_that_is_none_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"VIII"):
        parse("VIII")
    with pytest.raises(ValueError, match=r"no chord '13'; there are: .*maj7"):
        parse("V13")
    with pytest.raises(ValueError, match="Q"):
        parse("Q")


def test_functions_follow_the_root() -> None:
    assert [function(n) for n in ("I", "vi", "IV", "ii", "V7", "bVII")] == [
        "tonic",
        "tonic",
        "subdominant",
        "subdominant",
        "dominant",
        "dominant",
    ]


@pytest.mark.parametrize("mode", TRADITION.modes, ids=lambda mode: mode.name)
def test_every_chord_of_a_mode_lies_in_its_scale_but_for_the_raised_leading_tone(mode: Mode) -> None:
    tones = set(scale(mode, D))
    outside = {numeral: set(pitch_classes(numeral, D)) - tones for numeral in mode.moves}
    leading_tone = {(D + 11) % 12}
    assert all(not tone or tone == leading_tone for tone in outside.values()), outside


@pytest.mark.parametrize("mode", TRADITION.modes, ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", CADENCES)
@pytest.mark.parametrize("steps", [3, 4, 8, 15])
def test_a_progression_starts_where_told_obeys_the_grammar_and_ends_in_its_cadence(
    mode: Mode, kind: str, steps: int
) -> None:
    for seed in range(10):
        path = progression(mode, mode.home, steps, mode.cadences[kind], np.random.default_rng(seed))
        assert len(path) == steps
        assert path[0] == mode.home
        assert path[-2:] == mode.cadences[kind]
        if steps > 4:  # shorter ways may not exist in the grammar; the cadence comes all the same
            assert all(after in mode.moves[before] for before, after in pairwise(path[:-1])), path


def test_a_progression_too_short_for_a_cadence_is_refused() -> None:
    with pytest.raises(ValueError, match="2 chords; expected 3 or more"):
        progression(IONIAN, "I", 2, ("V", "I"), np.random.default_rng(0))


def test_a_raised_leading_tone_bends_the_scale_tone_beside_it_and_no_other() -> None:
    minor = scale(AEOLIAN, C)
    dominant = pitch_classes("V", C)
    assert inflected(B_FLAT, dominant, minor) == B
    assert [inflected(tone, dominant, minor) for tone in (C, D, E_FLAT, F, G)] == [C, D, E_FLAT, F, G]
    assert inflected(B_FLAT, pitch_classes("vii°", C), minor) == B
    assert inflected(A_FLAT, pitch_classes("IV", C), minor) == A
    major = scale(IONIAN, C)
    assert [inflected(tone, pitch_classes("bVI", C), major) for tone in (D, E, G, A)] == [D, E_FLAT, G, A_FLAT]


def test_distant_keys_share_no_pivot_and_relatives_share_all_triads() -> None:
    c_major = scale(IONIAN, C)
    assert pivots(c_major, AEOLIAN, C) == ["V"]  # the dominant leads to both
    assert pivots(c_major, AEOLIAN, F_SHARP) == []
    assert set(pivots(c_major, AEOLIAN, A)) == set(AEOLIAN.moves) - {"V"}


def test_colour_follows_valence_and_stays_in_the_scale() -> None:
    rng = np.random.default_rng(1)
    bright = {coloured("I", TRADITION, Key(C, "ionian"), 0.8, rng, 1.0) for _ in range(40)}
    assert bright == {"Iadd9", "I6"}
    assert {coloured("iii", TRADITION, Key(C, "ionian"), 0.8, rng, 1.0) for _ in range(40)} == {"iii7"}  # no F#
    assert coloured("I", TRADITION, Key(C, "ionian"), 0.8, rng, 0.0) == "I"


def test_chords_are_borrowed_only_when_valence_has_left_the_mode() -> None:
    assert borrowed("IV", IONIAN, 0.7) == "IV"
    assert borrowed("IV", IONIAN, -0.2) == "iv"
    assert borrowed("iv", AEOLIAN, 0.4) == "IV"


def test_a_mode_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="ii lead nowhere"):
        Mode("broken", (0, 4, 7), 0.0, {"I": {"ii": 1}}, dict.fromkeys(CADENCES, ("I", "I")))
    with pytest.raises(ValueError, match="expected rising semitones"):
        Mode("broken", (0, 7, 4), 0.0, {"I": {"I": 1}}, dict.fromkeys(CADENCES, ("I", "I")))


def test_brighter_valence_never_means_a_darker_mode() -> None:
    brightness = [TRADITION.mode_for(valence).brightness for valence in np.linspace(-1, 1, 41)]
    assert brightness == sorted(brightness)
    assert len(set(brightness)) == len(TRADITION.modes)
    with pytest.raises(LookupError, match=r"no mode 'blues' in western; there are: .*dorian"):
        TRADITION.mode("blues")
