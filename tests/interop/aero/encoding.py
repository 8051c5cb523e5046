"""How the writer puts values into bytes: msgpack in any of its forms, zstd frames, JSON texts."""

from __future__ import annotations

import json
import struct
from typing import Any

import msgpack
import zstandard

LEVEL = 6  # src/formats/aero/FORMAT.md, "zstd"


class Raw(bytes):
    """msgpack that is written as it stands."""


def pack(value: Any, odd: frozenset[str] = frozenset()) -> bytes:
    """One object. Only the oddities of a form need more than the msgpack package."""
    out = bytearray()
    _pack(value, odd, out)
    return bytes(out)


def _pack(value: Any, odd: frozenset[str], out: bytearray) -> None:
    wide = "lengths-long" in odd
    if isinstance(value, Raw):
        out += value
    elif isinstance(value, dict):
        items = list(value.items())
        if "keys-reversed" in odd:
            items.reverse()
        out += struct.pack(">BI", 0xDF, len(items)) if wide else msgpack.Packer().pack_map_header(len(items))
        for key, item in items:
            _pack(key, odd, out)
            _pack(item, odd, out)
    elif isinstance(value, list):
        out += (
            struct.pack(">BI", 0xDD, len(value)) if wide else msgpack.Packer().pack_array_header(len(value))
        )
        for item in value:
            _pack(item, odd, out)
    elif isinstance(value, int) and not isinstance(value, bool) and "integers-long" in odd:
        out += struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    elif (
        isinstance(value, int) and not isinstance(value, bool) and "integers-signed" in odd and value < 2**63
    ):
        out += struct.pack(">Bq", 0xD3, value)
    elif isinstance(value, str) and wide:
        out += struct.pack(">BI", 0xDB, len(value.encode())) + value.encode()
    elif isinstance(value, bytes) and wide:
        out += struct.pack(">BI", 0xC6, len(value)) + value
    else:
        out += msgpack.packb(value)


def compress(content: bytes, odd: frozenset[str]) -> bytes:
    level = -5 if "zstd-fastest" in odd else 22 if "zstd-strongest" in odd else LEVEL
    compressor = zstandard.ZstdCompressor(
        level=level, write_checksum="zstd-checksum" in odd, write_content_size="zstd-no-size" not in odd
    )
    if "zstd-blocks" not in odd:
        return compressor.compress(content)
    stream = compressor.compressobj(size=len(content))
    blocks = [content[at : at + 100] for at in range(0, len(content), 100)]
    parts = [stream.compress(block) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for block in blocks]
    return b"".join(parts) + stream.flush()


def json_text(value: dict[str, Any], odd: frozenset[str]) -> bytes:
    """MJSN in the bytes of src/formats/aero/FORMAT.md, "MJSN", or in others that say the same."""
    if "json-spaced" in odd:
        return json.dumps(reversed_keys(value), indent="\t", ensure_ascii=False).encode() + b"\r\n"
    if "json-escaped" in odd:
        return escaped(value).encode()
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def escaped(value: Any) -> str:
    r"""JSON in which each character of a string is written \uXXXX."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{escaped(key)}:{escaped(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(escaped, value)) + "]"
    if isinstance(value, str):
        units = struct.unpack(f"<{len(value.encode('utf-16-le')) // 2}H", value.encode("utf-16-le"))
        return '"' + "".join(f"\\u{unit:04X}" for unit in units) + '"'
    return json.dumps(value)
