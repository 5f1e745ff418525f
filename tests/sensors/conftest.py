"""Shared by the sensors' tests: a session clock that stands still, and the virtual radio."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sensors.blocks import Place


@pytest.fixture
def place() -> Place:
    """A session that began at 100 s on its clock."""
    return Place(clock=lambda: 100.0, rng=np.random.default_rng(7))


def beside(name: str) -> ModuleType:
    """A support module beside this file; it is loaded by path because tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def bumble_radio() -> ModuleType:
    return beside("bumble_radio")


@pytest.fixture(scope="session")
def xdf_file() -> ModuleType:
    return beside("xdf_file")


@pytest.fixture
def strap(bumble_radio: ModuleType) -> Iterator[Any]:
    """A virtual strap in range, worn and silent until it is told to beat."""
    strap = bumble_radio.VirtualStrap()
    yield strap
    strap.close()


@pytest.fixture
def h10(bumble_radio: ModuleType) -> Iterator[Any]:
    """A virtual Polar H10 in range."""
    polar = bumble_radio.VirtualPolar()
    yield polar
    polar.close()
