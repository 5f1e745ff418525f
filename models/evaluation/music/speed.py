"""How fast a generator is, in a process of its own: `python -m models.evaluation.music.speed MODULE`, JSON out."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np

from models.music.compose import Job, Piece, Waypoint, compose_many
from models.music.plan import Aim, Bar, BarRequest, Generator

BATCH = 32
LIVELY = Aim(0.4, 0.6)
"""An aim at which all five roles play."""


def speed(module: str, quick: bool = False) -> dict[str, float]:
    """Figures of a generator's module, measured in a fresh process. Raises RuntimeError with what it said."""
    words = [sys.executable, "-m", "models.evaluation.music.speed", module, *(["--quick"] if quick else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} could not be timed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


class Timed:
    """A generator that keeps how long each call took; in here bars are asked for as the engine does."""

    def __init__(self, generator: Generator, clock: Callable[[], float]) -> None:
        self._generator, self._clock = generator, clock
        self.seconds: list[float] = []
        self.tokens = 0
        self.bars: list[Bar] = []

    def compose(self, requests: Sequence[BarRequest]) -> list[Bar]:
        begun = self._clock()
        bars = self._generator.compose(requests)
        self.seconds.append(self._clock() - begun)
        self.tokens += sum(bar.tokens for bar in bars)
        self.bars += bars
        return bars


def figures(module: str, bars: int, batched_bars: int, clock: Callable[[], float]) -> dict[str, float]:
    """Loads the generator and composes alone and in a batch. NaN tokens a second where a generator counts none."""
    from models.music.traditions.western import TRADITION  # counted as part of no load

    begun = clock()
    part = import_module(module)
    imported = clock()
    generator = part.Generator()
    loaded = clock()
    path = (Waypoint(0, LIVELY),)
    alone, batch = Timed(generator, clock), Timed(generator, clock)
    (piece,) = compose_many([Job(path, bars, 1, TRADITION)], alone)
    alone_mb = resident_mb()
    pieces = compose_many([Job(path, batched_bars, seed, TRADITION) for seed in range(BATCH)], batch)
    full = [s for s, bar in zip(alone.seconds, alone.bars, strict=True) if len({n.role for n in bar.notes}) == 5]
    return {
        "import_s": imported - begun,
        "load_s": loaded - imported,
        "first_bar_ms": 1000 * alone.seconds[0],
        "bar_p50_ms": 1000 * float(np.percentile(full or alone.seconds, 50)),
        "bar_p95_ms": 1000 * float(np.percentile(full or alone.seconds, 95)),
        "tokens_a_s_alone": alone.tokens / sum(alone.seconds[1:]) if alone.tokens else float("nan"),
        "tokens_a_s_in_32": batch.tokens / sum(batch.seconds) if batch.tokens else float("nan"),
        "times_real_time": _seconds([piece]) / sum(alone.seconds),
        "times_real_time_in_32": _seconds(pieces) / sum(batch.seconds),
        "resident_mb": alone_mb,
        "resident_mb_in_32": resident_mb(),
    }


def resident_mb() -> float:
    """The most memory this process held. Linux counts it anew for each program; elsewhere a parent's may be in it."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _seconds(pieces: list[Piece]) -> float:
    return sum(performed.length_s for piece in pieces for *_, performed in piece)


if __name__ == "__main__":
    short = "--quick" in sys.argv
    told = figures(sys.argv[1], 8 if short else 48, 2 if short else 6, time.perf_counter)
    sys.stdout.write(json.dumps({name: round(value, 4) for name, value in told.items()}) + "\n")
