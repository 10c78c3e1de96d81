"""One item of the spool as bytes: a header (mark, checksum, number, length), then the frames with their tables' names.

Records begin at multiples of 4,096 bytes, so that writing one touches no block of another.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import polars as pl

BLOCK = 4096

_MARK = b"item"
_HEADER = struct.Struct("<4sIQQ")
_CHECKED = 8  # offset of what the checksum is of: all that follows it
_FRAME = struct.Struct("<HQ")  # lengths of the table's name and of the rows


@dataclass(frozen=True, slots=True)
class Record:
    """Where in a file an item is: by table the offset and length of its rows, and where the next item may begin."""

    number: int
    frames: Mapping[str, tuple[int, int]]
    end: int


def encode(number: int, frames: Mapping[str, pl.DataFrame], position: int) -> tuple[bytearray, Record]:
    """Return an item as it is written at a position, and where in the file its parts are then."""
    content = bytearray(_HEADER.size)
    where = {}
    for name, frame in frames.items():
        rows, named = pack(frame), name.encode()
        content += _FRAME.pack(len(named), len(rows)) + named
        where[name] = (position + len(content), len(rows))
        content += rows
    length = len(content) - _HEADER.size
    _HEADER.pack_into(content, 0, _MARK, 0, number, length)
    _HEADER.pack_into(content, 0, _MARK, crc32(memoryview(content)[_CHECKED:]), number, length)
    return content, Record(number, where, _aligned(position + len(content)))


def decode(file: int, position: int, size: int) -> Record | None:
    """Return the item at a position of a file of that size, None when there is none or not all of it. OSError."""
    header = os.pread(file, _HEADER.size, position)
    if len(header) < _HEADER.size:
        return None
    mark, check, number, length = _HEADER.unpack(header)
    end = position + _HEADER.size + length
    if mark != _MARK or end > size:
        return None
    content = os.pread(file, end - position, position)
    if len(content) < end - position or crc32(memoryview(content)[_CHECKED:]) != check:
        return None
    where, at = {}, _HEADER.size
    while at < len(content):
        named, rows = _FRAME.unpack_from(content, at)
        begin = at + _FRAME.size + named
        where[content[begin - named : begin].decode()] = (position + begin, rows)
        at = begin + rows
    return Record(number, where, _aligned(end))


def pack(frame: pl.DataFrame) -> bytes:
    """Return a frame's rows as the spool holds them."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()


def unpack(rows: bytes) -> pl.DataFrame:
    """Return the frame that was packed."""
    return pl.read_ipc_stream(rows)


def _aligned(position: int) -> int:
    return -(-position // BLOCK) * BLOCK
