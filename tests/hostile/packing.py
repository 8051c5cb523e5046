"""The msgpack that the cases need: shortest forms, text as str, bytes as bin, and raw bytes as they are."""

import struct
from typing import Any


class Raw(bytes):
    """Bytes that are msgpack already."""


def array_header(count: int) -> Raw:
    return Raw(struct.pack(">BI", 0xDD, count) if count > 15 else bytes([0x90 | count]))


def map_header(count: int) -> Raw:
    return Raw(struct.pack(">BI", 0xDF, count) if count > 15 else bytes([0x80 | count]))


def text_header(length: int) -> Raw:
    if length < 32:
        return Raw(bytes([0xA0 | length]))
    return Raw(struct.pack(">BI", 0xDB, length))


def _integer(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes([value])
    if value < 0:
        return struct.pack(">Bq", 0xD3, value)
    for code, form, most in ((0xCC, "B", 8), (0xCD, "H", 16), (0xCE, "I", 32), (0xCF, "Q", 64)):
        if value < 1 << most:
            return struct.pack(">B" + form, code, value)
    raise OverflowError(value)


def pack(value: Any) -> bytes:
    if isinstance(value, Raw):
        return value
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
        return text_header(len(data)) + data
    if isinstance(value, bytes):
        return struct.pack(">BI", 0xC6, len(value)) + value
    if isinstance(value, list):
        return array_header(len(value)) + b"".join(map(pack, value))
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(value)  # pairs, for keys that stand twice
    return map_header(len(items)) + b"".join(pack(key) + pack(item) for key, item in items)


class Pairs(tuple):
    """A map by its pairs."""
