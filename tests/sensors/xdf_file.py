"""A minimal writer of XDF files, for tests: chunks as XDF 1.0 lays them out."""

import struct

HEAD = "<?xml version='1.0'?><info><version>1.0</version><datetime>2026-03-01T10:00:00+0100</datetime></info>"


def chunk(tag: int, content: bytes) -> bytes:
    body = struct.pack("<H", tag) + content
    return b"\x04" + struct.pack("<I", len(body)) + body


def stream(number: int, name: str, kind: str, rate_hz: float, labels, form: str = "float32") -> bytes:
    """`labels`: (label, unit) of each channel."""
    channels = "".join(f"<channel><label>{label}</label><unit>{unit}</unit></channel>" for label, unit in labels)
    xml = (
        f"<info><name>{name}</name><type>{kind}</type><channel_count>{len(labels)}</channel_count>"
        f"<nominal_srate>{rate_hz}</nominal_srate><channel_format>{form}</channel_format>"
        f"<desc><channels>{channels}</channels></desc></info>"
    )
    return chunk(2, struct.pack("<I", number) + xml.encode())


def samples(number: int, times_s, values) -> bytes:
    """`values` (time, channel), each row with its own time; a time of None is left to be worked out."""
    rows = [
        (b"\0" if time_s is None else b"\x08" + struct.pack("<d", time_s)) + struct.pack(f"<{len(row)}f", *row)
        for time_s, row in zip(times_s, values, strict=True)
    ]
    return chunk(3, struct.pack("<I", number) + b"\x04" + struct.pack("<I", len(rows)) + b"".join(rows))


def chunked(number: int, times_s, values, size: int = 32) -> bytes:
    return b"".join(
        samples(number, times_s[at : at + size], values[at : at + size]) for at in range(0, len(values), size)
    )


def clock(number: int, at_s: float, offset_s: float) -> bytes:
    return chunk(4, struct.pack("<Idd", number, at_s, offset_s))


def file(*chunks: bytes) -> bytes:
    return b"XDF:" + chunk(1, HEAD.encode()) + b"".join(chunks)
