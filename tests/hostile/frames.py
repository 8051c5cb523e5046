"""zstd frames by hand (RFC 8878): blocks that are raw or one byte over and over."""

import struct
from collections.abc import Iterable

from checksums import xxh64

MAGIC = b"\x28\xb5\x2f\xfd"
MOST_BLOCK = 128 << 10
RAW, RUN = 0, 1

Block = tuple[int, bytes, int]  # kind, bytes, regenerated size


def raw(data: bytes) -> list[Block]:
    pieces = [data[i : i + MOST_BLOCK] for i in range(0, len(data), MOST_BLOCK)] or [b""]
    return [(RAW, piece, len(piece)) for piece in pieces]


def run(byte: bytes, count: int) -> list[Block]:
    whole, rest = divmod(count, MOST_BLOCK)
    return [(RUN, byte, MOST_BLOCK)] * whole + ([(RUN, byte, rest)] if rest else [])


def header(content_size: int | None, window_log: int = 17, checksum: bool = False) -> bytes:
    """Not of a single segment: the window is given apart from the size of the content."""
    window = bytes([(window_log - 10) << 3])
    flag = 4 if checksum else 0
    if content_size is None:
        return MAGIC + bytes([flag]) + window
    return MAGIC + bytes([0xC0 | flag]) + window + struct.pack("<Q", content_size)


def frame(blocks: Iterable[Block], content_size: int | None, window_log: int = 17) -> bytes:
    blocks = list(blocks)
    out = [header(content_size, window_log)]
    for i, (kind, data, size) in enumerate(blocks):
        last = 1 if i == len(blocks) - 1 else 0
        out.append(struct.pack("<I", size << 3 | kind << 1 | last)[:3] + data)
    return b"".join(out)


def frame_with_checksum(data: bytes) -> bytes:
    """Without the size of its content, as streams are."""
    body = frame(raw(data), None)[len(header(None)) :]
    return header(None, checksum=True) + body + struct.pack("<I", xxh64(data) & 0xFFFFFFFF)


def frame_of(data: bytes, window_log: int = 17) -> bytes:
    return frame(raw(data), len(data), window_log)
