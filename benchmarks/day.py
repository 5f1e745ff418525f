"""A whole day of a worn device under a fast clock, with all that happens to it: `python -m benchmarks.day [HOURS]`.

Blocks of a virtual patient go the way of every device's: numbered, through a mailbox, into a `Window` that is asked
each second. On the way links are lost and come back, blocks are held up and come in bursts, and the reader stands
still until the mailbox overflows. At the end memory must not have grown, the gaps must add up to what was taken away,
and every sample must be accounted for.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import numpy as np

from benchmarks.figure import Figure
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock
from sensors.mailbox import Mailbox
from sensors.numbering import Numbering
from sensors.virtual.physiology import STEP_S
from sensors.window import Window

RECORDED_S = 300
"""The patient's life that is lived again and again; far longer than what the features remember."""
STREAMS = "ecg,rr,eda,eeg"
A_SECOND = round(1 / STEP_S)
SETTLED = 0.25
"""Memory is compared with what it was after this share of the day."""


@dataclass(frozen=True)
class Trouble:
    """What happens to the link, for how long, and how often an hour."""

    name: str
    per_hour: float
    shortest_s: int
    longest_s: int


TROUBLES = (
    Trouble("lost", 6.0, 2, 90),
    Trouble("held up", 6.0, 2, 10),
    Trouble("not read", 3.0, 20, 200),
)
CAPACITY_BLOCKS = 256
"""Small on purpose, so that a reader that stands still for a minute overflows it."""


@dataclass
class Account:
    """Of each stream: seconds taken away, seconds marked as gaps; samples sent, used and dropped."""

    taken_s: Counter[str] = field(default_factory=Counter)
    marked_s: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    overflowed: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    periods_s: dict[str, float] = field(default_factory=dict)
    grown_objects: int = 0
    grown_rss_bytes: int = 0
    asked: int = 0
    known: int = 0

    @property
    def unmarked_samples(self) -> float:
        """The largest difference between what was taken away and what was marked, in samples."""
        return max(abs(self.taken_s[s] - self.marked_s[s]) / period_s for s, period_s in self.periods_s.items())

    @property
    def unaccounted(self) -> int:
        """Samples that were lost without a word, or made up."""
        return sum(abs(self.sent[s] - self.used[s] - self.dropped[s]) for s in self.sent)


class Day:
    """The device, its link and its reader."""

    def __init__(self, seed: int, streams: str) -> None:
        self._rng = np.random.default_rng(seed)
        self._life = _recorded(seed, streams)
        self._numbering, self._mailbox, self._window = Numbering(), Mailbox(CAPACITY_BLOCKS), Window()
        self._held: list[SampleBlock] = []
        self._put: dict[str, deque[SampleBlock]] = defaultdict(deque)
        self._until_s = {trouble.name: -1.0 for trouble in TROUBLES}
        self._was_lost = False
        self.account = Account()
        infos = {block.info for second in self._life for block in second}
        self.account.periods_s = {info.stream: 1 / info.rate_hz for info in infos if info.rate_hz}

    def second(self, at: int) -> None:
        """One second of the device's life, delivered and described."""
        for trouble in TROUBLES:
            if at > 60 and at >= self._until_s[trouble.name] and self._rng.random() < trouble.per_hour / 3600:
                self._until_s[trouble.name] = at + self._rng.integers(trouble.shortest_s, trouble.longest_s)
                self.account.happened[trouble.name] += 1
        lost, held, unread = (at < self._until_s[trouble.name] for trouble in TROUBLES)
        self._send(at, lost)
        if not held:
            self._deliver()
        if not unread:
            self._read(at + 1.0)

    def end(self, at: int) -> None:
        """Everything that is still on its way arrives."""
        self._deliver()
        self._read(float(at))
        self.account.used = Counter(self._window.used)
        assert self.account.overflowed == self._mailbox.dropped, "the mailbox counts what it drops"
        for stream, dropped in self._window.dropped.items():
            assert not any(dropped.values()), f"{stream}: {dropped}"

    def _send(self, at: int, lost: bool) -> None:
        if self._was_lost and not lost:
            self._numbering.hole()
        self._was_lost = lost
        for block in self._life[at % RECORDED_S]:
            if lost:
                self.account.taken_s[block.info.stream] += block.end_s - block.start_s
                continue
            later_s = at - at % RECORDED_S
            start_s, times_s = block.start_s + later_s, None if block.times_s is None else block.times_s + later_s
            self.account.sent[block.info.stream] += len(block.samples)
            self._held.append(self._numbering.block(block.info, start_s, block.samples, times_s, contact=True))

    def _deliver(self) -> None:
        for block in self._held:
            self._put[block.info.stream].append(block)
            self._mailbox.put(block)
        self._held.clear()

    def _read(self, now_s: float) -> None:
        for block in self._mailbox.take():
            assert isinstance(block, SampleBlock)
            self._miss(block)
            self.account.marked_s[block.info.stream] += block.gap_s
            self._window.add(block)
        readings = self._window.describe(now_s).readings
        self.account.asked += len(readings)
        self.account.known += sum(reading.value is not None for reading in readings.values())

    def _miss(self, read: SampleBlock) -> None:
        """What the mailbox dropped was sent and never read; its time is missing like that of a lost link."""
        put = self._put[read.info.stream]
        while put[0].seq != read.seq:
            dropped = put.popleft()
            self.account.overflowed[read.info.stream] += 1
            self.account.dropped[read.info.stream] += len(dropped.samples)
            self.account.taken_s[read.info.stream] += dropped.end_s - dropped.start_s
        put.popleft()


def _recorded(seed: int, streams: str) -> list[list[SampleBlock]]:
    """Blocks of each second, times from 0."""
    sensor = Sensor.open(f"typical/{streams}", Place(lambda: 0.0, np.random.default_rng(seed)))
    return [
        [replace(b, contact=None) for b in sensor.read(second + 1.0) if isinstance(b, SampleBlock)]
        for second in range(RECORDED_S)
    ]


def live(hours: float, seed: int = 7, streams: str = STREAMS) -> Account:
    """So many hours of it."""
    day, seconds = Day(seed, streams), round(hours * 3600)
    for at in range(seconds):
        if at == round(SETTLED * seconds):
            settled, settled_rss = _objects(), _rss_bytes()
        day.second(at)
    day.account.grown_objects = _objects() - settled
    day.account.grown_rss_bytes = _rss_bytes() - settled_rss
    day.end(seconds)
    return day.account


def _objects() -> int:
    """How many blocks of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


def _rss_bytes() -> int:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


def figures(hours: float) -> list[Figure]:
    account = live(hours)
    name, grown_mb = f"{hours:g} h of a worn device", account.grown_rss_bytes / 1e6
    return [
        Figure(f"{name}: missing time not marked", round(account.unmarked_samples, 3), "samples", 1),
        Figure(f"{name}: samples made up or lost without a word", account.unaccounted, "", 0),
        Figure(f"{name}: objects more than after a quarter of it", account.grown_objects, "", 2000),
        Figure(f"{name}: process grown since a quarter of it", round(grown_mb, 1), "MB", 10),
    ]


@click.command()
@click.argument("hours", default=24.0)
def main(hours: float) -> None:
    account = live(hours)
    for name, times in account.happened.items():
        click.echo(f"{name}: {times} times")
    for stream in account.sent:
        click.echo(
            f"{stream}: {account.sent[stream]:,} samples sent, {account.used[stream]:,} used, "
            f"{account.dropped[stream]:,} dropped and counted; {account.taken_s[stream]:,.3f} s missing, "
            f"{account.marked_s[stream]:,.3f} s marked as gaps"
        )
    click.echo(f"{account.known / account.asked:.0%} of {account.asked:,} readings known")
    grown_mb = account.grown_rss_bytes / 1e6
    click.echo(f"since a quarter of the time: {account.grown_objects:+,} objects, process {grown_mb:+.1f} MB")
    raise SystemExit(account.unaccounted > 0 or account.unmarked_samples > 1)


if __name__ == "__main__":
    main()
