"""msgpack as the format uses it: one object a chunk, no key twice, and which of its forms were written."""

from __future__ import annotations

from typing import Any

import msgpack

from .faults import Report


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} is duplicated in a map")
    return result


def decode(data: bytes, rule: str, report: Report, *, trailing_zeros: bool = False) -> Any:
    """The one object that fills `data`, or None with a fault. IHSH alone may be followed by zeros."""
    unpacker = msgpack.Unpacker(
        raw=False, strict_map_key=False, object_pairs_hook=_unique, max_buffer_size=max(len(data), 1)
    )
    unpacker.feed(data)
    try:
        value = unpacker.unpack()
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        report.add(rule, f"is not msgpack: {type(error).__name__}: {error}")
        return None
    rest = data[unpacker.tell() :]
    if rest and not (trailing_zeros and not any(rest)):
        report.add(rule, f"{len(rest)} bytes follow the msgpack object")
    return value


# Bytes that a form has after its first one. What a map or array holds follows as objects of its own, so that
# the forms of a whole chunk can be walked without a stack.
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}  # bin, str: the length's size
_EXT = {0xC7: 1, 0xC8: 2, 0xC9: 4}  # the length's size, then a byte for the type
_FIXED = {0xCA: 4, 0xCB: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
_UNSIGNED = {0xCC: (1, 0x80), 0xCD: (2, 0x100), 0xCE: (4, 0x1_0000), 0xCF: (8, 0x1_0000_0000)}
# A non-negative number has a shorter unsigned form, or one as short: written signed it is not in the form
# that every msgpack library chooses.
_SIGNED = {0xD0: (1, -0x20), 0xD1: (2, -0x80), 0xD2: (4, -0x8000), 0xD3: (8, -0x8000_0000)}


def long_integers(data: bytes) -> list[tuple[int, int]]:
    """Offset and value of every integer that has a shorter form (src/formats/aero/FORMAT.md, "TIDX")."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(data):
        form = data[at]
        at += 1
        if 0xA0 <= form <= 0xBF:
            at += form & 0x1F
        elif form < 0xC0 or form >= 0xE0:
            continue
        elif form in _SIZED:
            size = _SIZED[form]
            at += size + int.from_bytes(data[at : at + size], "big")
        elif form in _UNSIGNED:
            size, least = _UNSIGNED[form]
            value = int.from_bytes(data[at : at + size], "big")
            if value < least:
                found.append((at - 1, value))
            at += size
        elif form in _SIGNED:
            size, bound = _SIGNED[form]
            value = int.from_bytes(data[at : at + size], "big", signed=True)
            if value >= bound:
                found.append((at - 1, value))
            at += size
        elif form in _EXT:
            size = _EXT[form]
            at += size + 1 + int.from_bytes(data[at : at + size], "big")
        else:
            at += _FIXED.get(form, 0)
    return found


def check_integers(data: bytes, rule: str, report: Report) -> None:
    for offset, value in long_integers(data):
        report.add(f"{rule}: integers in the shortest form", f"{value} at byte {offset} has a shorter one")
