"""What all tests share: how a missing part is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Corpora beside the project; a public machine has none of them, and then nobody can ask for them."""


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Skips the test for want of a part; under REQUIRE_ALL=1 it fails instead."""

    def tell(what: str) -> NoReturn:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"required and not there: {what}")
        pytest.skip(what)

    return tell


@pytest.fixture(scope="session")
def shared(lacking: Callable[[str], NoReturn]) -> Callable[[str], Path]:
    """The path of an archive of the shared data, or the test is skipped; it fails when only this archive is missing."""

    def find(name: str) -> Path:
        if not SHARED.exists():
            pytest.skip(f"the shared data are not here, so not {name} either")
        if not (SHARED / name).exists():
            lacking(f"{name} of the shared data")
        return SHARED / name

    return find
