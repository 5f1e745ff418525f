"""What a clinic installs: one wheel with three packages, the migrations, the browser's bundle and the soundfont."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from models.shipped import known

REPOSITORY = Path(__file__).parents[1]
CARRIED = (
    "therapy_app/migrations/env.py",
    "therapy_app/web/static/bundle/session.js",
    "therapy_app/web/static/bundle/synth.js",
    "therapy_app/web/static/bundle/ticker.js",
    "therapy_app/web/static/bundle/source-sans-3-400.woff2",
    "therapy_app/web/static/bundle/LICENSES.txt",
    "therapy_app/web/static/soundfont/calm_stereo.sf3",
    "therapy_app/web/static/soundfont/LICENSE",
    "therapy_app/web/templates/session.html",
    "models/music/norms.json",
    "models/weights/hashes.json",
    "models/weights/works.jsonl.gz",
    *(f"models/weights/{name}.safetensors" for name in known()),
)
SHIPPED = ("@fontsource/source-sans-3", "uplot", "spessasynth_lib", "spessasynth_core", "stb-vorbis")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(REPOSITORY)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_has_exactly_three_packages_and_all_they_need(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"therapy_app", "models", "sensors"}
    assert [name for name in CARRIED if name not in names] == []
    assert any(name.startswith("therapy_app/migrations/versions/0001") for name in names)
    assert not any("node_modules" in name or name.endswith((".map", ".pyc")) for name in names)


def test_every_library_in_the_bundle_comes_with_its_licence(wheel: Path) -> None:
    notices = ZipFile(wheel).read("therapy_app/web/static/bundle/LICENSES.txt").decode()
    for name in SHIPPED:
        assert f"\n{name} " in f"\n{notices}"
    assert notices.count("Apache License") >= 2
    assert "SIL OPEN FONT LICENSE" in notices
    assert "Permission is hereby granted" in notices


def test_an_installed_wheel_finds_its_static_files_without_the_repository(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=False)
    python = tmp_path / "fresh/bin/python"
    install = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(install, check=True)
    ask = "import therapy_app, pathlib; print(pathlib.Path(therapy_app.__file__).parent)"
    found = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path)
    installed = Path(found.stdout.strip())
    assert installed.is_relative_to(tmp_path)
    assert all((installed.parent / name).stat().st_size > 0 for name in CARRIED)


def test_the_bundle_is_made_anew_only_when_its_sources_change(tmp_path: Path) -> None:
    parts = ("hatch_build.py", "package.json", "package-lock.json", "therapy_app/web/frontend")
    for part in parts:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        source = REPOSITORY / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    (tmp_path / "node_modules").symlink_to(REPOSITORY / "node_modules")
    make = [sys.executable, "hatch_build.py"]
    session = tmp_path / "therapy_app/web/static/bundle/session.js"

    def made_at() -> int:
        subprocess.run(make, cwd=tmp_path, check=True)
        return session.stat().st_mtime_ns

    first = made_at()
    assert made_at() == first
    with (tmp_path / "therapy_app/web/frontend/session.js").open("a") as source_file:
        source_file.write("\n// changed\n")
    assert made_at() > first


def test_the_lock_file_holds_hashes_and_no_download_addresses() -> None:
    lock = (REPOSITORY / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock
