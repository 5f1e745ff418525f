"""The composers' own process: it is killed, stopped and cut off from its weights, and the music goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import checkpoints, shipped
from models.music.networks.transformer import Shape, Transformer
from models.music.plan import Aim, BarRequest
from models.music.planner import begin, next_bar
from models.music.traditions.western import TRADITION
from therapy_app.engine.composer import Commission
from therapy_app.engine.studio import RESTART_AFTER_S, SPARE_S, Studio
from therapy_app.session.events import Alarm, AlarmCleared
from therapy_app.session.tick import COMPOSER

START_S = 60.0
"""A process that imports torch on a busy machine."""


def commission(session_id: int = 1, due_in_s: float = 600.0, generator: str = "transformer") -> Commission:
    _, plan = next_bar(begin(session_id, TRADITION), Aim(0.4, 0.1))
    return Commission(session_id, generator, due_in_s, BarRequest(plan, (), 7))


@pytest.fixture
def studio() -> Iterator[Studio]:
    made = Studio()
    yield made
    made.close()


def answers(studio: Studio, count: int, patience_s: float = START_S) -> list[tuple[int, str]]:
    """(session, generator) of the next answers, waiting on the real clock."""
    found: list[tuple[int, str]] = []
    end_s = time.monotonic() + patience_s
    while len(found) < count and time.monotonic() < end_s:
        found += [(session, bar.generator) for session, bar in studio.collect(time.monotonic())]
        time.sleep(0.02)
    return found


def test_bars_come_from_the_process_and_the_rules_answer_at_once(studio: Studio) -> None:
    now_s = time.monotonic()
    studio.send([commission(1), commission(2, generator="rules"), commission(3)], now_s)
    assert [(session, bar.generator) for session, bar in studio.collect(now_s)] == [(2, "rules")]
    assert studio.waits_for(1)
    assert sorted(answers(studio, 2)) == [(1, "transformer"), (3, "transformer")]
    assert studio.notice("transformer") == AlarmCleared(COMPOSER)


def test_a_bar_that_is_not_there_in_time_is_written_by_the_rules_and_the_late_one_dropped(studio: Studio) -> None:
    studio.send([commission(1)], time.monotonic())
    assert answers(studio, 1) == [(1, "transformer")]
    process = studio.process_id
    assert process
    os.kill(process, signal.SIGSTOP)
    now_s = time.monotonic()
    studio.send([commission(1, due_in_s=2.0)], now_s)
    assert studio.collect(now_s + 2.0 - SPARE_S - 0.01) == []
    assert [bar.generator for _, bar in studio.collect(now_s + 2.0 - SPARE_S)] == ["rules"]
    notice = studio.notice("transformer")
    assert isinstance(notice, Alarm)
    assert "slow" in notice.words
    os.kill(process, signal.SIGCONT)
    studio.send([commission(5)], time.monotonic())
    assert answers(studio, 1) == [(5, "transformer")]
    assert studio.notice("transformer") == AlarmCleared(COMPOSER)


def test_a_killed_process_is_told_replaced_by_the_rules_and_comes_back(studio: Studio) -> None:
    now_s = time.monotonic()
    studio.send([commission(1)], now_s)
    first = studio.process_id
    assert first
    os.kill(first, signal.SIGKILL)
    assert answers(studio, 1) == [(1, "rules")]
    notice = studio.notice("transformer")
    assert isinstance(notice, Alarm)
    assert "rules" in notice.words
    time.sleep(RESTART_AFTER_S)
    studio.send([commission(2)], time.monotonic())
    assert answers(studio, 1) == [(2, "transformer")]
    assert studio.process_id != first
    assert studio.notice("transformer") == AlarmCleared(COMPOSER)


def test_bars_asked_for_while_the_process_rests_are_written_by_the_rules(studio: Studio) -> None:
    now_s = time.monotonic()
    studio.send([commission(1)], now_s)
    assert studio.process_id
    os.kill(studio.process_id, signal.SIGKILL)
    assert answers(studio, 1) == [(1, "rules")]
    studio.send([commission(1)], time.monotonic())
    assert [bar.generator for _, bar in studio.collect(time.monotonic())] == ["rules"]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    shape = {"width": 32, "layers": 1, "heads": 2}
    about = {"kind": "transformer", "shape": shape}
    checkpoints.ship("transformer", Transformer(Shape(**shape)).state_dict(), about, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.unlink(), "can't be read"),
        (lambda file: file.write_bytes(file.read_bytes()[:1000]), "hash differs"),
        (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\x01"), "hash differs"),
    ],
    ids=["missing", "truncated", "altered"],
)
def test_weights_that_are_not_the_shipped_ones_are_refused(
    weights: Path, harm: Callable[[Path], object], words: str
) -> None:
    from models.music.generators import transformer

    assert transformer.Generator(weights).weights_sha256 == shipped.known(weights)["transformer"]
    harm(weights / "transformer.safetensors")
    with pytest.raises(shipped.WeightsError, match=words):
        transformer.Generator(weights)


def test_a_generator_without_usable_weights_leaves_the_music_to_the_rules_and_says_so(studio: Studio) -> None:
    studio.send([commission(1, generator="no such generator")], time.monotonic())
    assert answers(studio, 1) == [(1, "rules")]
    notice = studio.notice("no such generator")
    assert isinstance(notice, Alarm)
    assert "no generator named 'no such generator'" in notice.words
    studio.send([commission(2, generator="no such generator")], time.monotonic())
    assert [bar.generator for _, bar in studio.collect(time.monotonic())] == ["rules"]


def test_a_fault_in_one_bar_does_not_cost_the_generator_for_good(studio: Studio) -> None:
    whole = commission(1)
    no_token_is_so_long = replace(whole.request, plan=replace(whole.request.plan, beats=9))
    studio.send([replace(whole, request=no_token_is_so_long)], time.monotonic())
    assert answers(studio, 1) == [(1, "rules")]
    time.sleep(RESTART_AFTER_S)
    studio.send([commission(2)], time.monotonic())
    assert answers(studio, 1) == [(2, "transformer")]


def test_torch_stays_out_of_the_engine_itself() -> None:
    assert torch.__version__  # this test's own process has it, the engine's must not
    import subprocess
    import sys

    words = "import sys, therapy_app.engine.host; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
