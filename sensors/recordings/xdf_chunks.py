"""The chunks of an XDF file, checked: what a reader may be given without it reading past their ends.

XDF 1.0: https://github.com/sccn/xdf/wiki/Specifications
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from sensors.recordings.recording import RecordingError

MAGIC = b"XDF:"
LENGTHS = {1: "<B", 4: "<I", 8: "<Q"}
FORMATS = {"double64": 8, "float32": 4, "int64": 8, "int32": 4, "int16": 2, "int8": 1}
FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET = 1, 2, 3, 4
MOST_CHANNELS = 1024
MOST_STREAMS = 1000
LARGEST_XML_BYTES = 2**22


@dataclass
class Parts:
    """The whole chunks of a file by stream, each with the stream's head as XML first, and in words what was damaged."""

    head: bytes = b""
    xml: dict[int, str] = field(default_factory=dict)
    chunks: dict[int, list[bytes]] = field(default_factory=dict)
    offsets: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    text_streams: int = 0
    notes: list[str] = field(default_factory=list)

    def alone(self, stream: int) -> bytes:
        """A file with this stream only."""
        return MAGIC + b"".join(self.chunks[stream])


class Broken(ValueError):
    """A chunk whose content is not what it says."""


def parts(content: bytes, name: str) -> Parts:
    """Raises RecordingError for what is no XDF at all."""
    if content[: len(MAGIC)] != MAGIC:
        raise RecordingError(f"{name} is no XDF file: it begins with {content[:4]!r}; expected {MAGIC!r}")
    found, widths, damaged = Parts(), dict[int, int](), 0
    for whole, body in chunks(content, name, found.notes):
        try:
            sort(whole, body, found, widths)
        except (Broken, struct.error, UnicodeDecodeError):
            damaged += 1
    found.text_streams = sum(width < 0 for width in widths.values())
    if damaged:
        found.notes.append(f"{name}: {damaged} damaged parts are left out")
    return found


def chunks(content: bytes, name: str, notes: list[str]) -> Iterator[tuple[bytes, bytes]]:
    """(the chunk with its length, the chunk without), up to the one that does not fit into the file."""
    at = len(MAGIC)
    while at < len(content):
        try:
            length, begin = length_at(content, at)
            if length < 2 or begin + length > len(content):
                raise Broken
        except (Broken, struct.error):
            notes.append(f"{name}: its last part is cut short and left out")
            return
        yield content[at : begin + length], content[begin : begin + length]
        at = begin + length


def length_at(content: bytes, at: int) -> tuple[int, int]:
    """(a length, where it ends). Raises Broken and struct.error."""
    layout = LENGTHS.get(content[at]) if at < len(content) else None
    if layout is None:
        raise Broken
    (length,) = struct.unpack_from(layout, content, at + 1)
    return int(length), at + 1 + content[at]


def sort(whole: bytes, body: bytes, found: Parts, widths: dict[int, int]) -> None:
    """Puts a chunk where it belongs; footers and boundaries are not needed. Raises Broken and struct.error.

    `widths` collects each stream's bytes a sample, -1 for text.
    """
    (tag,) = struct.unpack_from("<H", body)
    if tag == FILE_HEADER:
        found.head = body[2:]
    if tag not in (STREAM_HEADER, SAMPLES, CLOCK_OFFSET):
        return
    (stream,) = struct.unpack_from("<I", body, 2)
    content = body[6:]
    if tag == STREAM_HEADER:
        begin(stream, content, found, widths)
    elif widths.get(stream, 0) <= 0:
        return
    elif tag == SAMPLES:
        check_samples(content, widths[stream])
    else:
        at_s, offset_s = struct.unpack("<dd", content)
        if not (isfinite(at_s) and isfinite(offset_s)):
            raise Broken
        found.offsets[stream].append((at_s, offset_s))
    if widths[stream] > 0:
        found.chunks[stream].append(whole)


def begin(stream: int, xml: bytes, found: Parts, widths: dict[int, int]) -> None:
    """Raises Broken."""
    if stream in widths or len(widths) >= MOST_STREAMS:
        raise Broken
    widths[stream] = sample_width(xml)
    if widths[stream] > 0:
        found.xml[stream], found.chunks[stream], found.offsets[stream] = xml.decode("utf-8"), [], []


def sample_width(xml: bytes) -> int:
    """Bytes of one sample, -1 for a stream of text. Raises Broken."""
    text = xml.decode("utf-8")
    if len(xml) > LARGEST_XML_BYTES or "<!" in text:  # a declaration could make a small text a huge one
        raise Broken
    count = re.search(r"<channel_count>\s*(\d{1,6})\s*</channel_count>", text, re.ASCII)
    kind = re.search(r"<channel_format>\s*(\w+)\s*</channel_format>", text, re.ASCII)
    if not count or not kind or not 0 < int(count[1]) <= MOST_CHANNELS:
        raise Broken
    return int(count[1]) * FORMATS[kind[1]] if kind[1] in FORMATS else -1


def check_samples(body: bytes, width: int) -> None:
    """Raises Broken unless the samples fill the chunk to its end."""
    count, at = length_at(body, 0)
    if count * (1 + width) > len(body):
        raise Broken
    for _ in range(count):
        if at >= len(body):
            raise Broken
        at += 1 + width + (8 if body[at] else 0)
    if at != len(body):
        raise Broken
