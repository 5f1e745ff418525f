"""The sensor of docs/adding-a-sensor.md, as it stands there, installed as a package of its own."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "adding-a-sensor.md"
LONGEST_LINES = 45


def files_of_the_guide() -> dict[str, str]:
    """Each block of code that has a file's name."""
    return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the package installed."""
    source, installed = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name, text in files_of_the_guide().items():
        (source / name).write_text(text)
    quietly = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *quietly, "--target", str(installed), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}


def run(surroundings: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], env=surroundings, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_guide_shows_a_whole_adapter_that_is_short() -> None:
    files = files_of_the_guide()
    assert set(files) == {"pulse.py", "pyproject.toml"}
    assert len(files["pulse.py"].splitlines()) <= LONGEST_LINES


def test_it_is_one_of_the_sensors_once_it_is_installed(surroundings: dict[str, str]) -> None:
    listed = run(surroundings, "therapy_app.cli", "parts", "sensor").stdout
    assert re.search(r"sensor +pulse +A pulse sensor of one's own making", listed)


def test_its_samples_arrive(surroundings: dict[str, str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        port = device.getsockname()[1]
    command = [sys.executable, "-m", "therapy_app.cli", "sensors", "test", f"pulse:{port}", "--seconds", "2", "--json"]
    watching = subprocess.Popen(command, env=surroundings, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        while watching.poll() is None:
            device.sendto(b"800", ("127.0.0.1", port))
            time.sleep(0.2)
    told = json.loads(watching.communicate()[0])
    assert told["state"] == "streaming"
    assert [(row["stream"], row["unit"]) for row in told["streams"]] == [("rr", "ms")]


def test_it_is_held_to_the_contract(surroundings: dict[str, str]) -> None:
    contract = ("tests/contracts/test_every_sensor.py", "-k", "pulse", "-q", "-p", "no:cacheprovider")
    held = run(surroundings, "pytest", *contract)
    assert re.search(r"^7 passed, \d+ deselected", held.stdout, re.MULTILINE), held.stdout
