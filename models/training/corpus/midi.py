"""Standard MIDI files to scores, through symusic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from symusic.core import ScoreTick, TrackTick

from models.music.tokens import GRID
from models.training.corpus.score import (
    LONGEST_STEPS,
    MOST_FILE_BYTES,
    MOST_NOTES,
    Refused,
    Score,
    Steps,
    Track,
    checked,
)

SLOWEST, FASTEST = 10.0, 400.0  # beats a minute
STRAIGHT_AND_TRIPLET = np.array([0, 3, 4, 6, 8, 9, 12])  # steps within a beat where a played stroke may stand


def read_midi(content: bytes, played: bool = False) -> Score:
    """A score of the file's bytes; `played` snaps free timing to sixteenths and triplets. Raises Refused."""
    if len(content) > MOST_FILE_BYTES:
        raise Refused(f"{len(content)} bytes; at most {MOST_FILE_BYTES}")
    if content[:4] != b"MThd":
        raise Refused("not a MIDI file: it does not begin with MThd")
    try:
        midi = ScoreTick.from_midi(content)
    except (RuntimeError, ValueError) as reason:
        raise Refused(f"not readable as MIDI: {str(reason)[:80]}") from reason
    if midi.note_num() > MOST_NOTES:
        raise Refused(f"{midi.note_num()} notes; at most {MOST_NOTES}")
    return _score(midi, played)


def _score(midi: ScoreTick, played: bool) -> Score:
    per_step = midi.ticks_per_quarter / GRID
    if per_step <= 0 or midi.end() / per_step > LONGEST_STEPS:
        raise Refused("a length or resolution beyond all bounds")
    sounding = [track for track in midi.tracks if len(track.notes)]
    rows = [_rows(track, index, per_step, played) for index, track in enumerate(sounding)]
    notes = np.concatenate(rows) if rows else np.empty((0, 5), np.int32)
    ordered = notes[np.lexsort((notes[:, 3], notes[:, 2], notes[:, 0]))]
    tracks = tuple(Track(track.name.strip(), track.program, track.is_drum) for track in sounding)
    return checked(Score(ordered, tracks, _metres(midi, per_step), _tempos(midi, per_step)))


def _rows(track: TrackTick, index: int, per_step: float, played: bool) -> Steps:
    columns = track.notes.numpy()
    start = columns["time"] / per_step
    onset = _snapped(start) if played else np.rint(start)
    length = np.maximum(np.rint((columns["time"] + columns["duration"]) / per_step) - onset, 1)
    own = [onset, length, columns["pitch"], np.full(len(onset), index), columns["velocity"]]
    return np.stack(own, axis=1).astype(np.int32)


def _snapped(start: NDArray[np.float64]) -> NDArray[np.float64]:
    beat, within = np.divmod(start, GRID)
    nearest = STRAIGHT_AND_TRIPLET[np.abs(within[:, None] - STRAIGHT_AND_TRIPLET[None, :]).argmin(axis=1)]
    snapped: NDArray[np.float64] = beat * GRID + nearest
    return snapped


def _metres(midi: ScoreTick, per_step: float) -> tuple[tuple[int, int], ...]:
    found = {0: 4 * GRID}
    for signature in midi.time_signatures:
        if signature.numerator > 0 and signature.denominator > 0:
            found[round(signature.time / per_step)] = max(
                3, round(4 * GRID * signature.numerator / signature.denominator)
            )
    return tuple(sorted(found.items()))


def _tempos(midi: ScoreTick, per_step: float) -> tuple[tuple[int, float], ...]:
    found = {round(tempo.time / per_step): min(max(tempo.qpm, SLOWEST), FASTEST) for tempo in midi.tempos}
    return tuple(sorted(found.items()))
