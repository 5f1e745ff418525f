"""What reaches the ear, measured: bars played through the product's own player in a real browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

REPOSITORY = Path(__file__).parents[2]
BENCH = Path(__file__).parent / "bench"
PIANO, CHOIR, WARM_PAD = 0, 52, 89
SILENT = 1e-4
LIMITER_S = 0.006
"""A DynamicsCompressorNode looks this far ahead, so everything is heard this much later."""

Bar = dict[str, Any]


def note(pitch: int, start_s: float, length_s: float, role: str = "chords", velocity: int = 80) -> dict[str, Any]:
    return {"role": role, "pitch": pitch, "velocity": velocity, "start_s": start_s, "length_s": length_s}


def bar(number: int, notes: list[dict[str, Any]], program: int = WARM_PAD, **more: Any) -> Bar:
    return {
        "bar": number,
        "revision": 0,
        "start_s": 2.0 * number,
        "length_s": 2.0,
        "tempo_bpm": 120,
        "beats": 4,
        "gain_db": -6.0,
        "programs": {"chords": program},
        "notes": notes,
        **more,
    }


def held(number: int, program: int = WARM_PAD, **more: Any) -> Bar:
    """A bar with one chord that lasts as long as the bar."""
    return bar(number, [note(pitch, 0, 2.0) for pitch in (48, 55, 60, 64)], program, **more)


class Heard:
    """What the recorder heard: `at_s` on the session clock, `rms` and `peak` of every 5 ms."""

    def __init__(self, result: dict[str, Any]) -> None:
        heard = np.array(result["heard"])
        self.at_s: NDArray[np.float64] = heard[:, 0]
        self.rms: NDArray[np.float64] = heard[:, 1]
        self.peak: NDArray[np.float64] = heard[:, 2]
        self.done: dict[str, float] = result["done"]
        self.said: list[str] = result["said"]
        self.sounding: int | None = result["sounding"]

    def loudness(self, from_s: float, until_s: float, window_s: float = 0.1) -> NDArray[np.float64]:
        """RMS of consecutive windows."""
        inside = (self.at_s >= from_s) & (self.at_s < until_s)
        energy = self.rms[inside] ** 2
        count = max(1, round(window_s / np.median(np.diff(self.at_s))))
        windows: NDArray[np.float64] = energy[: len(energy) // count * count].reshape(-1, count).mean(axis=1)
        return np.sqrt(windows)


Perform = Callable[..., Heard]


@pytest.fixture(scope="module")
def perform(chromium: Browser, served: tuple[Path, str]) -> Iterator[Perform]:
    folder, address = served
    bundler = [str(REPOSITORY / "node_modules/esbuild/bin/esbuild"), str(BENCH / "bench.js"), "--bundle"]
    made = [*bundler, "--format=esm", f"--outfile={folder / 'bench.js'}", "--log-level=warning"]
    node = shutil.which("node") or str(Path(sys.executable).parent / "node")
    subprocess.run([node, *made], check=True, cwd=REPOSITORY)
    shutil.copy(BENCH / "recorder.js", folder)
    (folder / "bench.html").write_text(
        '<!doctype html><title>Bench</title><script type="module" src="bench.js"></script>'
    )
    page = chromium.new_page()
    page.goto(f"{address}/bench.html")
    page.wait_for_function("window.ready")

    def run(bars: list[Bar], seconds: float, *acts: list[Any]) -> Heard:
        return Heard(page.evaluate("([bars, seconds, acts]) => perform(bars, seconds, acts)", [bars, seconds, acts]))

    yield run
    page.close()


def test_notes_sound_where_they_are_written(perform: Perform) -> None:
    clicks = [bar(n, [note(84, 0.5 * i, 0.05, velocity=104) for i in range(4)], PIANO, gain_db=0.0) for n in range(3)]
    heard = perform(clicks, 5)
    late_s = []
    for written_s in np.arange(2.5, 4.9, 0.5):
        around = (heard.at_s > written_s - 0.2) & (heard.at_s < written_s + 0.2)
        rise = np.diff(heard.peak[around], prepend=heard.peak[around][0])
        late_s.append(heard.at_s[around][rise.argmax()] - written_s - LIMITER_S)
    assert max(map(abs, late_s)) < 0.010, late_s


def test_bars_follow_without_a_gap_and_new_instruments_come_without_a_dip(perform: Perform) -> None:
    bars = [held(n, WARM_PAD if n < 3 else CHOIR) for n in range(5)]
    heard = perform(bars, 9)
    steady = heard.loudness(2.5, 5.5)
    assert steady.min() > 0.5 * np.median(steady), "a gap at a bar line"
    before, after = np.median(heard.loudness(4.5, 5.9)), np.median(heard.loudness(7.5, 8.8))
    assert heard.loudness(5.9, 7.2).min() > 0.7 * min(before, after), "a dip in the crossfade"


def test_a_bar_planned_anew_takes_over_without_a_dip(perform: Perform) -> None:
    heard = perform([held(n) for n in range(4)], 6, [2.8, "offer", [held(2, revision=1), held(3, revision=1)]])
    steady = heard.loudness(2.5, 5.8)
    assert steady.min() > 0.5 * np.median(steady)
    assert "repeating" not in heard.said


def test_softer_is_heard_at_the_beat_of_the_bar_that_sounds_without_a_cut(perform: Perform) -> None:
    turned = held(1, revision=1, turns=[{"beat": 2, "start_s": 1.0, "gain_db": -18.0}])
    ahead = [held(n, revision=1, gain_db=-18.0) for n in (2, 3)]
    heard = perform([held(n) for n in range(4)], 5, [2.4, "offer", [turned, *ahead]])
    before, after = heard.loudness(2.6, 2.98), heard.loudness(3.1, 3.9)
    assert 20 * np.log10(np.median(before) / np.median(after)) == pytest.approx(12, abs=3)
    assert after.min() > 0.5 * np.median(after)
    assert before.min() > 0.5 * np.median(before)


def test_notes_of_a_turned_bar_come_at_their_new_times_each_once(perform: Perform) -> None:
    def clicks(number: int, times: list[float], **more: Any) -> Bar:
        return bar(number, [note(84, at, 0.05, velocity=104) for at in times], PIANO, **{"gain_db": 0.0, **more})

    turn = [{"beat": 2, "start_s": 1.0, "gain_db": 0.0}]
    turned = clicks(1, [0, 0.5, 1.0, 1.7], revision=1, length_s=2.4, turns=turn)
    follow = clicks(2, [0, 0.5, 1.0, 1.5], revision=1, start_s=4.4)
    heard = perform([clicks(n, [0, 0.5, 1.0, 1.5]) for n in range(3)], 5.2, [2.3, "offer", [turned, follow]])
    inside = heard.at_s > 2.3
    at_s, rise = heard.at_s[inside], np.diff(heard.peak[inside], prepend=0.0)
    onsets: list[float] = []
    for moment in at_s[rise > 0.3 * rise.max()]:
        if not onsets or moment - onsets[-1] > 0.15:
            onsets.append(float(moment) - LIMITER_S)
    assert onsets == pytest.approx([2.5, 3.0, 3.7, 4.4, 4.9], abs=0.02)


def test_stop_is_silent_within_a_tenth_of_a_second_and_stays_so(perform: Perform) -> None:
    heard = perform([held(n) for n in range(4)], 4.2, [3.1, "halt", None])
    stopped_s = heard.done["halt"]
    assert heard.loudness(stopped_s - 0.5, stopped_s).min() > 100 * SILENT
    loud = heard.at_s[heard.peak > SILENT]
    assert loud.max() - stopped_s < 0.1, f"silent after {loud.max() - stopped_s:.3f} s"


def test_loudness_never_exceeds_full_scale_and_wrong_numbers_are_not_played(perform: Perform) -> None:
    wrong = [note(60, 0, 2.0), {**note(62, 0, 2.0), "velocity": 1e9}, {**note(64, 0, 2.0), "pitch": 4000}]
    crowd = [note(pitch, 0, 2.0, velocity=127) for pitch in range(36, 96, 2)]
    heard = perform([bar(0, crowd, gain_db=60.0), bar(1, [*crowd, *wrong], gain_db=60.0)], 4)
    assert 0.05 < heard.peak.max() <= 1.0


def test_without_new_bars_the_last_repeats_softer(perform: Perform) -> None:
    heard = perform([held(0), held(1)], 8)
    repeats = [np.median(heard.loudness(start, start + 1.5)) for start in (2.4, 4.4, 6.4)]
    assert "repeating" in heard.said
    assert all(later < earlier for earlier, later in pairwise(repeats)), repeats
    assert repeats[-1] > 100 * SILENT


def test_a_page_that_slept_goes_on_where_the_session_is(perform: Perform) -> None:
    heard = perform([held(n) for n in range(10)], 3.5, [2.5, "catchUp", 14.5])
    assert heard.sounding == 7
    assert heard.loudness(3.0, 3.4).min() > 100 * SILENT


def test_a_page_that_is_a_little_late_is_left_alone(perform: Perform) -> None:
    heard = perform([held(n) for n in range(4)], 2.6, [2.2, "catchUp", 3.0])
    assert heard.sounding == 1
