"""The SPEC of a sensor."""

import pytest

from sensors.blocks import SensorError
from sensors.spec import parse, told


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("virtual", ("virtual", "")),
        ("virtual:restless", ("virtual", "restless")),
        ("ble:A0:9E:1A:12:34:56", ("ble", "A0:9E:1A:12:34:56")),
        ("replay:C:/a b@home/S01@2.5", ("replay", "C:/a b@home/S01@2.5")),
        (" osc:9000 ", ("osc", "9000")),
    ],
)
def test_a_spec_is_cut_at_its_first_colon_only(spec: str, parts: tuple[str, str]) -> None:
    assert parse(spec) == parts


@pytest.mark.parametrize("spec", ["", ":", ":auto", "Virtual", "../virtual", "a b"])
def test_a_spec_without_a_name_is_refused_with_an_example(spec: str) -> None:
    with pytest.raises(SensorError, match=r"expected name\[:argument\]"):
        parse(spec)


def test_a_password_in_a_spec_is_not_shown() -> None:
    assert told("mqtt:mqtts://kim:p/a@ss@host:8883/wearables") == "mqtt:mqtts://…@host:8883/wearables"
    assert told("replay:S01.zip@4") == "replay:S01.zip@4"
    with pytest.raises(SensorError) as refused:
        parse("MQTT:mqtt://kim:hush@host/t")
    assert "hush" not in str(refused.value)
