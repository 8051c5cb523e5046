"""GGUF files by hand."""

import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
TYPE_F32, TYPE_Q4_0, TYPE_Q4_K, TYPE_I8 = 0, 2, 12, 24


def string(text: str | bytes, length: int | None = None) -> bytes:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(data) if length is None else length) + data


def pair(key: str | bytes, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def array(kind: int, count: int, content: bytes = b"") -> bytes:
    return struct.pack("<IQ", kind, count) + content


def info(name: str | bytes, dims: list[int], kind: int, offset: int, rank: int | None = None) -> bytes:
    return string(name) + struct.pack(
        f"<I{len(dims)}QIQ", len(dims) if rank is None else rank, *dims, kind, offset
    )


LLAMA = pair("general.architecture", STRING, string("llama"))
INFOS = [info("a", [5], TYPE_F32, 0), info("b", [32, 2], TYPE_Q4_0, 32)]
DATA = bytes(range(20)).ljust(32, b"\0") + bytes(range(36)).ljust(64, b"\0")


def file(
    pairs: list[bytes] | None = None,
    infos: list[bytes] | None = None,
    data: bytes = DATA,
    version: int = 3,
    alignment: int = 32,
    tensor_count: int | None = None,
    pair_count: int | None = None,
    pad: bool = True,
) -> bytes:
    pairs = [LLAMA] if pairs is None else pairs
    infos = INFOS if infos is None else infos
    head = b"GGUF" + struct.pack(
        "<IQQ",
        version,
        len(infos) if tensor_count is None else tensor_count,
        len(pairs) if pair_count is None else pair_count,
    )
    head += b"".join(pairs) + b"".join(infos)
    return head + (bytes(-len(head) % alignment) if pad else b"") + data
