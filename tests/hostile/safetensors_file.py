"""safetensors files by hand."""

import json
import struct
from typing import Any


def tensor(dtype: Any, shape: Any, begin: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end], **more}


SOUND = {"a": tensor("F32", [2, 2], 0, 16), "b": tensor("U8", [5], 16, 21)}
DATA = bytes(range(21))


def file(header: Any = None, data: bytes = DATA, length: int | None = None) -> bytes:
    """`header` is what is dumped as JSON, or the bytes themselves."""
    text = header if isinstance(header, bytes) else json.dumps(SOUND if header is None else header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data
