"""Polar's raw frames, against golden frames from the specification and from real armbands."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.bluetooth.polar_measurement import FORMS, HEAD, Kind, PolarFrame, PolarFrameError

ECG = bytes.fromhex("0000ca9a3b0000000000d204002efbffffff7f000080")
"""At 1 s: 1234, -1234 and the extremes of three bytes, in uV."""
ACC_RAW = bytes.fromhex("02010000000000000001f4ff1000e8030a00f0ff18fc")
"""At 1 ns: (-12, 16, 1000) and (10, -16, -1000) mG, as an H10 sends them."""
VERITY_ACC = bytes.fromhex(
    """
    02 60 7a 28 7d 9f 26 80 09 80 87 f2 b4 fa 92 f8 08 1b 0a 05 ff ea 18 ff e9 ff f8 29 e9 03 28 fd 02 13 0a 03 df
    fd 19 e1 e5 e5 e6 00 07 1c 02 0e 0e 10 f4 fc eb 0e fe 25 e7 fa f3 f4 f5 05 0a 01 12 16 f4 14 f2 1e cc f7 06 0d
    00 06 09 fe 0c f8 00 e9 ee f8 f0 ff 01 07 1b 16 fd f1 05 fc 1a fb 12 ef 06
    """
)
"""The first package of a frame that Polar took apart in polar-ble-sdk issue 187: 27 differences of 8 bits."""
VERITY_FACTOR = 0.000244140625
"""8 G in 15 bits: what a Verity Sense tells for its range of 8 G."""
VERITY_PPG = bytes.fromhex(
    """
    01 2d 3b ba ac ab 31 18 0b 80 bb 1a f8 7d 9b f8 94 b9 f8 df 20 f6 08 2a cb ea d5 e2 00 d2 de 2c cc da b6 ee f5 d5
    f9 11 17 fa f1 ef bf 99 ca a7 ec 05 e2 4c e2 df e3 fe 19 31 66 36 e8 0e d6 c2 39 cb f6 27 da 2f 2c 11 24 ce d8 e2
    ec 3e 0d 21 1e 0f f1 dd d3 8e 19 2d f9 3f be a3 07 08 f3 30 11 ee 1e 32 cd 06 11 d8 11 12 e0 14 19 c9 05 00 1d 39
    f8 e9 97 8f bb ea 14 f9 db 0e 1c 25 28 fe c7 cb d5 00 34 fc 11 fe ee 16 ff 18 de ec d0 07 e3 db ed 17 5a 3d 66 db
    c5 dc 06 f1 30 1a 9b 1a 03 34 5f 1c eb f0 fb c9 0f 16 fc 3b 18 3b da 1c 1f d5 19 d1 11 11 de 08 f5 29 2a fa fc 0f
    20 e3 0a 07 03 74 af 41 01 f2 f7 d0 bf fc 35 10 e0 c3 fc 2b 88 31 00 03 0b 5c bf c2 01 2b 20 41 80 04 0d 38 50 c3
    fc
    """
)
"""Of a real Verity Sense: packages of 42 differences of 8 bits and 7 of 10 bits, in four channels."""


def test_ecg_is_read_in_millivolts() -> None:
    frame = PolarFrame.parse(ECG)
    assert (frame.kind, frame.stamp_ns) == (Kind.ECG, 1_000_000_000)
    assert frame.values(None)[:, 0] == pytest.approx([1.234, -1.234, 8388.607, -8388.608])
    assert frame.build() == ECG


def test_movement_is_read_in_g() -> None:
    frame = PolarFrame.parse(ACC_RAW)
    assert frame.values(None) == pytest.approx(np.array([[-0.012, 0.016, 1.0], [0.01, -0.016, -1.0]]))
    assert frame.build() == ACC_RAW


def test_movement_of_a_real_armband_at_rest_is_gravity() -> None:
    frame = PolarFrame.parse(VERITY_ACC)
    assert frame.samples[:3].tolist() == [[-3449, -1356, -1902], [-3439, -1351, -1903], [-3461, -1327, -1904]]
    assert frame.samples.shape == (28, 3)
    assert np.linalg.norm(frame.values(VERITY_FACTOR), axis=1) == pytest.approx(1.0, abs=0.06)
    assert frame.build([(8, 27)]) == VERITY_ACC


def test_counts_whose_factor_was_not_told_are_no_movement() -> None:
    with pytest.raises(PolarFrameError, match="no factor was told"):
        PolarFrame.parse(VERITY_ACC).values(None)


def test_compressed_milligravities_need_no_factor() -> None:
    """The first sample of a frame from polar-ble-sdk issue 331."""
    frame = PolarFrame.parse(bytes.fromhex("02 9c 58 29 13 84 57 73 07 81 fa ff 21 00 f4 03"))
    assert frame.values(None) == pytest.approx(np.array([[-0.006, 0.033, 1.012]]))
    assert frame.values(2.0) == pytest.approx(np.array([[-0.012, 0.066, 2.024]]))


def test_the_pulse_wave_of_a_real_armband_is_smooth_across_its_packages() -> None:
    """Read most significant bit first, the second package jumps by 265 where this one moves by 67."""
    frame = PolarFrame.parse(VERITY_PPG)
    assert frame.samples.shape == (50, 4)
    assert frame.samples[0].tolist() == [-517445, -484483, -476780, -646945]
    assert np.abs(np.diff(frame.samples[43:, 0], 2)).max() == 67
    assert frame.build([(8, 42), (10, 7)]) == VERITY_PPG


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"", "0 bytes"),
        (ECG[:10], "10 bytes"),
        (ECG[:-1], "expected 3 for each"),
        (ACC_RAW[:-2], "expected 6 for each"),
        (b"\x03" + ECG[1:], "kind 3"),
        (b"\xff" + ECG[1:], "kind 255"),
        (ECG[:9] + b"\x80" + ECG[10:], "type 0x80"),
        (VERITY_PPG[:-1], "1 are missing"),
        (VERITY_PPG[:22] + b"\x21" + VERITY_PPG[23:], "33 bits"),
    ],
)
def test_what_is_no_frame_is_refused_with_what_was_expected(packet: bytes, why: str) -> None:
    with pytest.raises(PolarFrameError, match=why):
        PolarFrame.parse(packet)


heads = st.builds(HEAD.pack, st.integers(0, 3), st.integers(0, 2**64 - 1), st.sampled_from([0, 1, 2, 0x80, 0x81, 0x83]))


@given(st.binary(max_size=250) | st.builds(bytes.__add__, heads, st.binary(max_size=240)))
def test_any_bytes_are_a_frame_or_refused(packet: bytes) -> None:
    try:
        frame = PolarFrame.parse(packet)
    except PolarFrameError:
        return
    assert frame.samples.shape[1] == FORMS[frame.kind, frame.frame_type].channels
    assert np.isfinite(frame.values(VERITY_FACTOR)).all()


@given(st.sampled_from(list(FORMS)), st.integers(0, 2**64 - 1), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_what_is_built_is_read_back(of: tuple[Kind, int], stamp_ns: int, count: int, seed: int) -> None:
    form = FORMS[of]
    limit = 1 << (8 * form.channel_bytes - 1)
    samples = np.random.default_rng(seed).integers(-limit, limit, (count, form.channels))
    packet = PolarFrame(*(of[0], stamp_ns, of[1]), samples).build([(25, count - 1)] if count > 1 else ())
    frame = PolarFrame.parse(packet)
    assert (frame.kind, frame.stamp_ns, frame.frame_type) == (of[0], stamp_ns, of[1])
    assert np.array_equal(frame.samples, samples)
    assert struct.unpack_from("<Q", packet, 1) == (stamp_ns,)
