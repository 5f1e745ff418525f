"""Labels by the rule alone, conditions by rank, and the changes that make more music of the same."""

import json
from pathlib import Path

import mido
import numpy as np
import pytest

from models.music.measures import Measures, rule_scores
from models.music.plan import ROLES, Chord, Note
from models.music.tokens import WrittenBar, encode
from models.training.augment import loosened, roles_to_drop, stretched, thinned, transposed
from models.training.labels import MEASURES, measured, played, scored, uniform
from models.training.labels_check import compare, rated_pieces

MAJOR, MINOR = (0, 4, 7, 12), (0, 3, 7, 12)


def a_bar(steps: tuple[int, ...] = MAJOR, notes: int = 4, root: int = 60) -> WrittenBar:
    beats = 4 / notes
    line = tuple(Note("melody", root + steps[i % len(steps)], i * beats, beats) for i in range(notes))
    chord = Chord("I" if steps == MAJOR else "i", tuple((root + step) % 12 for step in steps[:3]), 0.0, 4.0)
    return WrittenBar(48, root % 12, (chord,), (*line, Note("bass", root - 24, 0.0, 4.0), Note("drums", 36, 1.5, 0.25)))


def labels(bars: list[WrittenBar], tempos: list[float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    tempos = tempos or [100.0] * len(bars)
    return scored(measured(played(bars, tempos), [True] * len(bars)))


def test_busy_music_is_labelled_more_aroused_and_major_music_brighter() -> None:
    kinds = [(MINOR, 2), (MINOR, 8), (MAJOR, 2), (MAJOR, 8)]
    bars = [a_bar(steps, notes) for steps, notes in kinds for _ in range(8)]
    valence, arousal = (values.reshape(4, 4)[:, 1:3].mean(axis=1) for values in labels(bars))
    assert min(arousal[1], arousal[3]) > max(arousal[0], arousal[2])
    assert valence[2] > valence[0]
    assert valence[3] > valence[1]


def test_labels_are_the_rule_of_the_measures_and_nothing_else() -> None:
    rows = measured(played([a_bar(MAJOR, n) for n in (1, 2, 4, 8)] * 3, [90.0] * 12), [True] * 12)
    assert rows.shape == (6, len(MEASURES))
    expected = rule_scores([Measures(*row) for row in rows])
    assert np.allclose(scored(rows), expected)


def test_an_unknown_tempo_counts_as_the_mean_and_silence_has_no_label() -> None:
    bars = [a_bar(MAJOR, 4)] * 6 + [WrittenBar(48, 0, (), ())] * 4
    rows = measured(played(bars, [np.nan] * 2 + [80.0] * 8), [False] * 2 + [True] * 8)
    tempo = rows[:, MEASURES.index("tempo_bpm")]
    assert np.isnan(tempo[0])
    assert tempo[2] == pytest.approx(80)
    valence, arousal = scored(rows)
    assert np.isnan(valence[-1])
    assert not np.isnan(arousal[:3]).any()


def test_ranks_are_spread_evenly_whatever_the_values_were() -> None:
    spread = uniform(np.array([1000.0, 1.0, np.nan, 2.0, 3.0]))
    assert spread.tolist()[:2] == [0.75, -0.75]
    assert np.isnan(spread[2])
    assert uniform(np.array([5.0, 5.0])).tolist() == [0.0, 0.0]


def test_transposition_moves_all_but_the_drums_and_keeps_the_tokens() -> None:
    bars = [a_bar(), a_bar(MINOR)]
    moved = transposed(bars, 3)
    assert [note.pitch for note in moved[0].notes if note.role == "melody"] == [63, 67, 70, 75]
    assert {note.pitch for bar in moved for note in bar.notes if note.role == "drums"} == {36}
    assert moved[0].chords[0].pitch_classes == (3, 7, 10)
    assert np.array_equal(encode(bars), encode(moved))
    assert transposed(moved, -3) == transposed(bars, 0)
    with pytest.raises(ValueError, match="transposed by 40 semitones; these bars allow -15 to 36"):
        transposed(bars, 40)


def test_stretched_music_has_the_same_notes_at_another_pace() -> None:
    bars = [a_bar(), a_bar(MINOR)]
    slow, fast = stretched(bars, 2.0), stretched(bars, 0.5)
    assert (len(slow), len(fast)) == (4, 1)
    assert [len(bar.notes) for bar in slow] == [4, 2, 4, 2]
    assert [note.start_beat for note in fast[0].notes if note.role == "melody"] == [i / 2 for i in range(8)]
    assert [chord.numeral for bar in slow for chord in bar.chords] == ["I", "I", "i", "i"]
    assert [(chord.numeral, chord.start_beat) for chord in fast[0].chords] == [("I", 0.0), ("i", 2.0)]
    assert stretched(stretched(bars, 2.0), 0.5)[0].notes == transposed(bars, 0)[0].notes
    with pytest.raises(ValueError, match=r"factor 3; expected 0\.5 or 2"):
        stretched(bars, 3)


def test_looser_rhythm_moves_some_notes_by_a_sixteenth_and_loses_none() -> None:
    texture = tuple(Note("chords", 55 + i, 0.5 + i, 0.5) for i in range(4))
    bar = WrittenBar(48, 0, (), (*texture, Note("melody", 72, 0.5, 1.0)))
    (loose,) = loosened([bar], 1.0, np.random.default_rng(1))
    assert sorted(note.pitch for note in loose.notes) == [55, 56, 57, 58, 72]
    moves = {round(after.start_beat * 12) % 12 for after in loose.notes if after.role == "chords"}
    assert moves <= {3, 9}
    assert next(note.start_beat for note in loose.notes if note.role == "melody") == 0.5
    assert loosened([bar], 1.0, np.random.default_rng(1)) == (loose,)
    assert loosened([bar], 0.0, np.random.default_rng(1)) == transposed([bar], 0)
    with pytest.raises(ValueError, match="amount 2; expected 0 to 1"):
        loosened([bar], 2, np.random.default_rng(1))


def test_roles_are_dropped_but_never_all() -> None:
    (thin,) = thinned([a_bar()], ["drums", "bass"])
    assert {note.role for note in thin.notes} == {"melody"}
    with pytest.raises(ValueError, match="no role flute; there are: melody, counter"):
        thinned([a_bar()], ["flute"])
    rng = np.random.default_rng(0)
    drawn = [roles_to_drop(ROLES, rng, share=0.9) for _ in range(200)]
    assert max(map(len, drawn)) == len(ROLES) - 1
    assert {role for roles in drawn for role in roles} >= set(ROLES[:4])


def test_agreement_with_raters_is_measured_bar_by_bar(vgmidi_of_two: Path) -> None:
    pieces = rated_pieces(vgmidi_of_two)
    assert [piece.raters for piece in pieces] == [2, 2]
    figures = compare(pieces)
    assert figures["pieces"] == 2
    agreement = figures["arousal"]
    assert isinstance(agreement, dict)
    assert agreement["pieces"] == 1.0
    assert agreement["pairs_of_bars"] > 0.8
    assert agreement["within_pieces"] is None  # within these pieces nobody's rating changes


@pytest.fixture
def vgmidi_of_two(tmp_path: Path) -> Path:
    """A calm and a busy piece, and two raters who heard them so."""
    (tmp_path / "labelled" / "annotations").mkdir(parents=True)
    (tmp_path / "labelled" / "midi").mkdir()
    told: dict[str, dict[str, object]] = {"pieces": {}, "annotations": {}}
    for index, (name, step, felt) in enumerate((("calm", 480, -0.5), ("busy", 120, 0.5))):
        track = mido.MidiTrack()
        for beat in range(32 * 480 // step):
            track.append(mido.Message("note_on", note=60 + (0, 4, 7)[beat % 3], velocity=64, time=0))
            track.append(mido.Message("note_off", note=60 + (0, 4, 7)[beat % 3], time=step))
        file = mido.MidiFile(ticks_per_beat=480)
        file.tracks.append(track)
        file.save(tmp_path / "labelled" / "midi" / f"{name}.mid")
        told["pieces"][f"piece{index}"] = {"midi": f"{name}.mid", "measures": 8}
        for rater in (1, 2):
            felt_by = [felt + 0.1 * rater] * 8
            told["annotations"][f"piece{index}_{rater}"] = {"valence": felt_by, "arousal": felt_by}
    (tmp_path / "labelled" / "annotations" / "raters.json").write_text(json.dumps(told))
    return tmp_path
