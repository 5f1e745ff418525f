"""`python -m models.training.tokens_check DATA_DIR`: tokens a note, beside miditok's REMI on the same notes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from miditok import REMI, TokenizerConfig
from symusic.core import NoteTick, ScoreTick, TimeSignatureTick, TrackTick

from models.music.plan import ROLES
from models.music.tokens import GRID, WrittenBar, decode, encode
from models.training.corpus.archives import ArchiveMissing, opened
from models.training.corpus.metre import bar_lines
from models.training.corpus.roles import written_bars
from models.training.corpus.score import Refused
from models.training.corpus.sources import SOURCES

PROGRAMS = {"melody": 73, "counter": 42, "chords": 0, "bass": 32, "drums": 0}  # REMI tells roles apart by these


@dataclass(frozen=True)
class Sizes:
    """Of one collection or of all: how much music, and how many tokens each way of writing takes for it."""

    pieces: int
    bars: int
    notes: int
    tokens: dict[str, int]

    def figures(self) -> dict[str, object]:
        ways: dict[str, object] = {
            name: {"a note": round(count / max(1, self.notes), 2), "a bar": round(count / max(1, self.bars), 1)}
            for name, count in self.tokens.items()
        }
        return {"pieces": self.pieces, "bars": self.bars, "notes": self.notes, **ways}


def remi(velocities: bool) -> Callable[[ScoreTick], int]:
    """Length of the piece in miditok's REMI: bars, positions, programs, pitches, lengths, 12 places a beat."""
    config = TokenizerConfig(
        beat_res={(0, 8): GRID},
        use_velocities=velocities,
        use_programs=True,
        one_token_stream_for_programs=True,
        use_time_signatures=True,
        time_signature_range={4: list(range(1, 9)), 8: list(range(1, 17)), 16: list(range(1, 33)), 2: [1, 2, 3, 4]},
    )
    tokenizer = REMI(config)

    def length(score: ScoreTick) -> int:
        return len(tokenizer.encode(score).ids)

    return length


def as_midi(bars: Sequence[WrittenBar]) -> ScoreTick:
    """The bars' notes at 12 ticks a beat, a track a role and a time signature at each change of length."""
    score = ScoreTick(GRID)
    tracks = {role: TrackTick(role, PROGRAMS[role], role == "drums") for role in ROLES}
    start, before = 0, 0
    for bar in bars:
        if bar.steps != before:
            score.time_signatures.append(TimeSignatureTick(start, bar.steps // 3, 16))
            before = bar.steps
        for note in bar.notes:
            onset, steps = start + round(note.start_beat * GRID), round(note.beats * GRID)
            tracks[note.role].notes.append(NoteTick(onset, steps, note.pitch, 64))
        start += bar.steps
    for track in tracks.values():
        if len(track.notes):
            score.tracks.append(track)
    return score


def sizes(music: Sequence[Sequence[WrittenBar]]) -> Sizes:
    """Tokens of these pieces in every way of writing. Raises ValueError when ours do not come back as they went in."""
    ways = {"REMI": remi(velocities=True), "REMI without velocities": remi(velocities=False)}
    counts = dict.fromkeys(("roles", *ways), 0)
    for bars in music:
        tokens = encode(bars)
        if decode(tokens, [bar.tonic for bar in bars]) != list(bars):
            raise ValueError("a piece did not survive the round trip through its tokens")
        counts["roles"] += len(tokens)
        midi = as_midi(bars)
        for name, length in ways.items():
            counts[name] += length(midi)
    notes = sum(len(bar.notes) for bars in music for bar in bars)
    return Sizes(len(music), sum(map(len, music)), notes, counts)


def pieces(folder: Path, name: str, every: int) -> list[list[WrittenBar]]:
    """Each Nth readable piece of a collection, reduced to roles."""
    music = []
    for index, source in enumerate(SOURCES[name](folder)):
        if index % every:
            continue
        try:
            score = source.read(source.load())
        except Refused:
            continue
        bars, _ = written_bars(score, bar_lines(score))
        music += [bars] if bars else []
    return music


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.tokens_check",
        description="Tokens a note and a bar of the role tokens and of REMI; every piece must survive the round trip.",
        epilog="example: python -m models.training.tokens_check ~/scores --every 20",
    )
    parser.add_argument("data", type=Path, help="folder that holds the collections")
    parser.add_argument("--every", type=int, default=20, metavar="N", help="each Nth piece only")
    chosen = parser.parse_args(arguments)
    found: list[Sizes] = []
    result: dict[str, object] = {}
    for name in SOURCES:
        try:
            with opened(chosen.data, name) as folder:
                found.append(sizes(pieces(folder, name, max(1, chosen.every))))
                result[name] = found[-1].figures()
        except ArchiveMissing as reason:
            sys.stderr.write(f"{reason}\n")
    if not found:
        return 1
    ways = found[0].tokens
    totals = {way: sum(one.tokens[way] for one in found) for way in ways}
    notes, bars = sum(one.notes for one in found), sum(one.bars for one in found)
    result["all"] = Sizes(sum(one.pieces for one in found), bars, notes, totals).figures()
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
