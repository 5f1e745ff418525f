"""Every decoder of devices' bytes takes any bytes: a value, or an error of its own in words."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors.bluetooth.heart_rate_measurement import HeartRateMeasurement


def _table() -> ModuleType:
    """What the longer target checks too; loaded by path because tests are no package."""
    place = Path(__file__).parents[1] / "fuzz" / "decoders.py"
    spec = importlib.util.spec_from_file_location("decoders", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["decoders"] = module
    spec.loader.exec_module(module)
    return module


TABLE = _table()


@pytest.mark.parametrize("name", TABLE.DECODERS)
@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=600))
@example(content=b"")
@example(content=HeartRateMeasurement(72, True, 3, (850, 849)).build())
@example(content=b"\x00" + bytes(8) + b"\x80" + bytes(600))
@example(content=b'{"type": "samples", "values": [[1e999]]}')
def test_any_bytes_give_a_value_or_an_error_in_words(name: str, content: bytes) -> None:
    TABLE.check(name, content)
