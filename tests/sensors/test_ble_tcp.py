"""Three processes: a radio with two controllers, a strap behind one of them, our adapter behind the other."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from sensors.adapters.polar import Sensor
from sensors.blocks import Place, SampleBlock, Status


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Without connecting: a controller takes one connection, the first."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@pytest.fixture
def running() -> Iterator[Any]:
    """Starts Python with some arguments; every process ends with the test."""
    with ExitStack() as processes:

        def start(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
            processes.enter_context(process)
            processes.callback(process.terminate)
            return process

        yield start


def test_a_strap_in_another_process_is_read_through_controllers_over_tcp(running: Any, bumble_radio: Any) -> None:
    ours, theirs = free_port(), free_port()
    running("-m", "bumble.apps.controllers", *(f"tcp-server:127.0.0.1:{port}" for port in (ours, theirs)))
    until_s = time.monotonic() + 15
    while not (is_listening(ours) and is_listening(theirs)):
        assert time.monotonic() < until_s, "the controllers did not start"
        time.sleep(0.05)
    strap = running(bumble_radio.__file__, str(theirs))
    assert strap.stdout.readline() == "advertising\n"
    air = bumble_radio.VirtualRadio(ours)
    sensor = Sensor(bumble_radio.STRAP, Place(time.monotonic, np.random.default_rng(0)), air.radio)
    arrived: list[SampleBlock | Status] = []
    until_s = time.monotonic() + 15
    while len(ecg := [item for item in arrived if isinstance(item, SampleBlock) and item.info.stream == "ecg"]) < 4:
        assert time.monotonic() < until_s, f"no ECG; arrived {arrived}"
        time.sleep(0.05)
        arrived += sensor.read(time.monotonic())
    sensor.close()
    air.close()
    counted = np.concatenate([block.samples for block in ecg[:4]])[:, 0] * 1000
    second = round(counted[0] / 1000)
    expected = [1000 * one + at for one in (second, second + 1) for at in range(130)]
    assert counted == pytest.approx(np.array(expected), abs=0.01)
    assert [block.gap_s for block in ecg[:4]] == [0.0] * 4
    rates = [item.samples[0, 0] for item in arrived if isinstance(item, SampleBlock) and item.info.stream == "hr"]
    assert set(rates) == {75.0}
