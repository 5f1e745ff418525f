"""What streams cost from an adapter's block to readings, a hundred of them at once, and a day under a fast clock."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from itertools import count, pairwise

import numpy as np

from benchmarks import day
from benchmarks.figure import Figure
from sensors.adapters.virtual import Sensor
from sensors.blocks import Place, SampleBlock
from sensors.mailbox import Mailbox
from sensors.numbering import Numbering
from sensors.window import Window

COST_S = 300
PIECES = {"ecg": (1, 1.0), "eeg": (5, 2.0)}
"""Into how many packets a block of half a second is cut, as straps and headbands send them, and the most CPU (%)."""
PERSONS, WORN, CROWD_S = 25, "ecg,ppg,eda,eeg", 20
"""A hundred streams for twenty seconds of real time."""
TICK_S = 0.25
DAY_H = 2.0


def measure() -> list[Figure]:
    blocks = _lived(COST_S, "ecg,ppg,eda,eeg,acc")
    costs = [_cost(blocks, modality) for modality in PIECES]
    return [*costs, _latency(blocks), *_crowd(), *day.figures(DAY_H)]


def _lived(seconds: int, streams: str, seed: int = 7) -> list[list[SampleBlock]]:
    """Blocks of each second."""
    sensor = Sensor.open(f"typical/{streams}", Place(lambda: 0.0, np.random.default_rng(seed)))
    return [[b for b in sensor.read(second + 1.0) if isinstance(b, SampleBlock)] for second in range(seconds)]


def _cut(block: SampleBlock, pieces: int) -> list[SampleBlock]:
    assert block.info.rate_hz is not None
    edges = np.linspace(0, len(block.samples), pieces + 1).round().astype(int)
    return [
        replace(block, start_s=block.start_s + a / block.info.rate_hz, samples=block.samples[a:b])
        for a, b in pairwise(edges.tolist())
    ]


def _cost(blocks: list[list[SampleBlock]], modality: str) -> Figure:
    """CPU of numbering, mailbox, window and a description each second, as a share of a core."""
    pieces, limit = PIECES[modality]
    of_it = [[part for b in second if b.info.modality == modality for part in _cut(b, pieces)] for second in blocks]
    numbering, mailbox, window = Numbering(), Mailbox(), Window()
    begun = time.process_time()
    for second, parts in enumerate(of_it):
        for part in parts:
            mailbox.put(numbering.block(part.info, part.start_s, part.samples, contact=True))
        _take(mailbox, window)
        window.describe(second + 1.0)
    share = 100 * (time.process_time() - begun) / len(of_it)
    info = of_it[0][0].info
    name = f"{len(info.channels)}-channel {info.rate_hz:g} Hz {modality.upper()} stream, block to readings: CPU"
    return Figure(name, round(share, 3), "% of a core", limit)


def _take(mailbox: Mailbox, window: Window) -> int:
    blocks = [arrived for arrived in mailbox.take() if isinstance(arrived, SampleBlock)]
    for block in blocks:
        window.add(block)
    return len(blocks)


def _latency(blocks: list[list[SampleBlock]]) -> Figure:
    """From the arrival of a second's last blocks to all readings of one person who wears everything."""
    window, took_s = Window(), []
    for second, arrived in enumerate(blocks):
        begun = time.perf_counter()
        for block in arrived:
            window.add(block)
        window.describe(second + 1.0)
        took_s.append(time.perf_counter() - begun)
    return Figure("five streams: arrival to readings, p99", round(float(np.percentile(took_s, 99)) * 1000, 2), "ms", 20)


@dataclass
class Wearer:
    """One person's streams on their way."""

    blocks: list[list[SampleBlock]]
    mailbox: Mailbox
    window: Window
    sent: int = 0
    read: int = 0


def _crowd() -> list[Figure]:
    """Everyone's blocks come in real time from a thread, and are read by another, as in a session."""
    wearers = [Wearer(_lived(CROWD_S, WORN, seed), Mailbox(), Window()) for seed in range(PERSONS)]
    begun, used = time.monotonic(), time.process_time()
    sender = threading.Thread(target=_send, args=(wearers, begun), name="sender")
    sender.start()
    took_s, late_s = _listen(wearers, begun)
    sender.join()
    share = 100 * (time.process_time() - used) / CROWD_S
    sent = sum(wearer.sent for wearer in wearers)
    lost = sent - sum(wearer.read for wearer in wearers)
    unused = sum(sum(reasons.values()) for w in wearers for reasons in w.window.dropped.values())
    name = f"{PERSONS * 4} streams of {PERSONS} persons"
    return [
        Figure(f"{name}: blocks of {sent} lost", lost + unused, "", 0),
        Figure(f"{name}: CPU", round(share, 1), "% of a core", 100),
        Figure(f"{name}: a person's arrival to readings, p99", round(1000 * took_s, 2), "ms", 20),
        Figure(f"{name}: a tick begun late, most", round(1000 * late_s, 1), "ms", 1000 * TICK_S),
    ]


def _send(wearers: list[Wearer], begun: float) -> None:
    """Each block when its last sample has been taken."""
    due = sorted(
        ((block.end_s, place, block) for place, w in enumerate(wearers) for second in w.blocks for block in second),
        key=lambda item: item[:2],
    )
    for end_s, place, block in due:
        time.sleep(max(0.0, begun + end_s - time.monotonic()))
        wearers[place].mailbox.put(block)
        wearers[place].sent += 1


def _listen(wearers: list[Wearer], begun: float) -> tuple[float, float]:
    """(p99 of one person's processing in seconds, the latest beginning of a tick)."""
    took_s, late_s = [], 0.0
    for tick in count(1):
        wait_s = begun + tick * TICK_S - time.monotonic()
        late_s = max(late_s, -wait_s)
        time.sleep(max(0.0, wait_s))
        for wearer in wearers:
            since = time.perf_counter()
            wearer.read += _take(wearer.mailbox, wearer.window)
            if tick % round(1 / TICK_S) == 0:
                wearer.window.describe(tick * TICK_S)
                took_s.append(time.perf_counter() - since)
        if tick * TICK_S >= CROWD_S + 2:
            return float(np.percentile(took_s, 99)), late_s
    raise AssertionError("the count of ticks has no end")
