"""zTensor files of all versions by hand (src/formats/ztensor/FORMAT.md).

A model is a dict of things by their names, of which every version makes a file. Each can be told what to say
instead."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from checksums import crc32c, xxh3
from frames import frame_with_checksum

MAGIC_01, MAGIC_1, MAGIC_2 = b"ZTEN0001", b"ZTEN1000", b"\x89ZT2\r\n\x1a\n"
ALIGNMENT_1, ALIGNMENT_2 = 64, 4096
UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
ZSTD, SEEKABLE = "zstd", "zt.zstd-seekable/1"

OLD_NAMES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16"}


# ---- CBOR


class Cbor(bytes):
    """Bytes that are CBOR already, or are to pass for it."""


class Pairs(tuple):
    """A map by its pairs, in this order, for keys that stand twice or out of order."""


def head(major: int, argument: int, width: int | None = None) -> bytes:
    """The first bytes of an item; `width` bytes of argument where the shortest form is not wanted."""
    if width is None:
        width = next(
            w
            for w, most in ((0, 24), (1, 1 << 8), (2, 1 << 16), (4, 1 << 32), (8, 1 << 64))
            if argument < most
        )
    if width == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | 23 + width.bit_length()]) + argument.to_bytes(width, "big")


def indefinite(major: int, items: Iterable[Any]) -> Cbor:
    """Of an array its elements, of a map its keys and values in turn, of a text or bytes the pieces."""
    return Cbor(bytes([major << 5 | 31]) + b"".join(map(cbor, items)) + b"\xff")


def text(value: str | bytes, width: int | None = None) -> Cbor:
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    return Cbor(head(TEXT, len(data), width) + data)


def number(value: int, width: int) -> Cbor:
    return Cbor(head(UNSIGNED, value, width))


def double(value: float) -> Cbor:
    return Cbor(b"\xfb" + struct.pack(">d", value))


def cbor(value: Any) -> bytes:
    """In the deterministic form; a dict's keys in the order of their encoded bytes."""
    if isinstance(value, Cbor):
        return value
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(UNSIGNED, value) if value >= 0 else head(NEGATIVE, -1 - value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return head(BYTES, len(value)) + value
    if isinstance(value, list):
        return head(ARRAY, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = sorted((cbor(key), cbor(item)) for key, item in value.items())
    else:
        pairs = [(cbor(key), cbor(item)) for key, item in value]
    return head(MAP, len(pairs)) + b"".join(key + item for key, item in pairs)


# ---- zstd


def seek_table(
    entries: list[tuple[int, int]],
    descriptor: int = 0,
    magic: int = 0x8F92EAB1,
    first_magic: int = 0x184D2A5E,
    size: int | None = None,
    count: int | None = None,
) -> bytes:
    body = b"".join(
        struct.pack("<II", *entry) + (bytes(4) if descriptor & 0x80 else b"") for entry in entries
    )
    body += struct.pack("<IBI", len(entries) if count is None else count, descriptor, magic)
    return struct.pack("<II", first_magic, len(body) if size is None else size) + body


def seekable(data: bytes, frame_size: int = 1 << 20, **said: Any) -> bytes:
    pieces = [data[i : i + frame_size] for i in range(0, len(data), frame_size)]
    frames = [frame_with_checksum(piece) for piece in pieces]
    entries = [(len(frame), len(piece)) for frame, piece in zip(frames, pieces, strict=True)]
    return b"".join(frames) + seek_table(entries, **said)


# ---- models


@dataclass
class Part:
    """Its place is the next one, and its length that of the data, where nothing else is said."""

    data: bytes
    dtype: str = "u8"
    offset: int | None = None
    length: int | None = None
    more: dict[str, Any] = field(default_factory=dict)  # keys of the index; None takes one out


@dataclass
class Thing:
    """An object: in version 0.1 a tensor of one part."""

    shape: Any
    parts: dict[Any, Part]
    layout: Any = "dense"
    attributes: Any = None
    more: dict[str, Any] = field(default_factory=dict)


Model = dict[Any, Thing]


def dense(shape: Any, data: bytes, dtype: str = "u8", **said: Any) -> Thing:
    return Thing(shape, {"data": part(data, dtype, **said)})


def part(
    data: bytes, dtype: str = "u8", offset: int | None = None, length: int | None = None, **more: Any
) -> Part:
    return Part(data, dtype, offset, length, more)


def model(**more: Thing) -> Model:
    """A dense tensor of 20 bytes, another of 7, and `more`."""
    return {"a": dense([5], bytes(range(20)), "f32"), "b": dense([7], b"weights"), **more}


def changed(entry: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**entry, **more}.items() if value is not None}


def crc32c_of(data: bytes) -> str:
    return f"crc32c:0x{crc32c(data):08X}"


def xxh3_of(data: bytes) -> str:
    return f"xxh3:{xxh3(data):016x}"


class Blobs:
    """The bytes before the index."""

    def __init__(self, magic: bytes, alignment: int) -> None:
        self.bytes = bytearray(magic)
        self._alignment = alignment

    def place(self, part: Part) -> tuple[int, int]:
        """Lays its data down at the next place, unless it is said to be elsewhere."""
        offset, length = part.offset, part.length
        if offset is None:
            offset = self.align()
            self.bytes += part.data
        return offset, len(part.data) if length is None else length

    def align(self) -> int:
        self.bytes += bytes(-len(self.bytes) % self._alignment)
        return len(self.bytes)


def old_name(dtype: str) -> str:
    if dtype in OLD_NAMES:
        return OLD_NAMES[dtype]
    for short, long in (("i", "int"), ("u", "uint")):
        if dtype[0] == short and dtype[1:].isdigit():
            return long + dtype[1:]
    return dtype


def file_0_1(
    things: Model | None = None,
    index: bytes | None = None,
    size: int | None = None,
    magic: bytes = MAGIC_01,
    end: bytes = b"",
    edit: Any = None,
) -> bytes:
    """`edit` changes the list of tensors; `index` stands for the CBOR of it."""
    blobs = Blobs(magic, ALIGNMENT_1)
    tensors = []
    for name, thing in (model() if things is None else things).items():
        (described,) = thing.parts.values()
        offset, length = blobs.place(described)
        tensors.append(
            changed(
                {
                    "name": name,
                    "offset": offset,
                    "size": length,
                    "dtype": old_name(described.dtype),
                    "layout": thing.layout,
                    "shape": thing.shape,
                    "encoding": "raw",
                },
                {**thing.more, **described.more},
            )
        )
    tensors = tensors if edit is None else edit(tensors)
    index = cbor(tensors) if index is None else index
    return bytes(blobs.bytes) + index + struct.pack("<Q", len(index) if size is None else size) + end


def components(thing: Thing, blobs: Blobs, with_dtype: bool) -> dict[Any, Any]:
    result = {}
    for role, described in thing.parts.items():
        offset, length = blobs.place(described)
        entry: dict[str, Any] = {"offset": offset, "length": length}
        if with_dtype:
            entry["dtype"] = described.dtype
        result[role] = changed(entry, described.more)
    return result


def old_attributes(thing: Thing) -> dict[str, Any]:
    return {} if thing.attributes is None else {"attributes": thing.attributes}


def file_1_0(
    things: Model | None = None,
    root: dict[str, Any] | None = None,
    index: bytes | None = None,
    size: int | None = None,
    end: bytes = b"",
    edit: Any = None,
) -> bytes:
    """`root` are keys of the index that are said instead; None takes one out."""
    blobs = Blobs(MAGIC_1, ALIGNMENT_1)
    objects = {}
    for name, thing in (model() if things is None else things).items():
        dtype = next((part.dtype for role, part in thing.parts.items() if role in ("data", "values")), "u8")
        objects[name] = changed(
            {
                "dtype": old_name(dtype),
                "shape": thing.shape,
                "format": thing.layout,
                "components": components(thing, blobs, False),
                **old_attributes(thing),
            },
            thing.more,
        )
    entries: Any = {"version": "1.0", "generator": "hostile", "attributes": {}, "tensors": objects}
    entries = changed(entries, root or {})
    entries = entries if edit is None else edit(entries)
    index = cbor(entries) if index is None else index
    return bytes(blobs.bytes) + index + struct.pack("<Q", len(index) if size is None else size) + end


def file_1(
    things: Model | None = None,
    root: dict[str, Any] | None = None,
    index: bytes | None = None,
    size: int | None = None,
    magic: bytes = MAGIC_1,
    last_magic: bytes = MAGIC_1,
    edit: Any = None,
) -> bytes:
    """Version 1.2, and 1.1 where `root` says so."""
    blobs = Blobs(magic, ALIGNMENT_1)
    objects = {}
    for name, thing in (model() if things is None else things).items():
        objects[name] = changed(
            {
                "shape": thing.shape,
                "format": thing.layout,
                "components": components(thing, blobs, True),
                **old_attributes(thing),
            },
            thing.more,
        )
    entries: Any = changed({"version": "1.2.0", "objects": objects}, root or {})
    entries = entries if edit is None else edit(entries)
    index = cbor(entries) if index is None else index
    end = struct.pack("<Q", len(index) if size is None else size)
    return bytes(blobs.bytes) + index + end + last_magic


def footer(
    offset: int, length: int, hash: int, version: int = 2, reserved: int = 0, magic: bytes = MAGIC_2
) -> bytes:
    return struct.pack("<QQQII", offset, length, hash, version, reserved) + magic


def objects_2(things: Model, blobs: Blobs) -> dict[Any, Any]:
    objects = {}
    for name, thing in things.items():
        parts = {}
        for role, described in thing.parts.items():
            offset, length = blobs.place(described)
            parts[role] = changed({"blob": [offset, length], "dtype": described.dtype}, described.more)
        objects[name] = changed(
            {"parts": parts, "shape": thing.shape, "layout": thing.layout, **old_attributes(thing)},
            thing.more,
        )
    return objects


def file_2(
    things: Model | None = None,
    root: dict[str, Any] | None = None,
    index: bytes | None = None,
    magic: bytes = MAGIC_2,
    edit: Any = None,
    gap: bytes = b"",
    **said: Any,
) -> bytes:
    """`gap` lies between the blobs and the index; what else is said is of the footer."""
    blobs = Blobs(magic, ALIGNMENT_2)
    entries: Any = changed({"objects": objects_2(model() if things is None else things, blobs)}, root or {})
    entries = entries if edit is None else edit(entries)
    index = cbor(entries) if index is None else index
    blobs.bytes += gap
    described = {"offset": blobs.align(), "length": len(index), "hash": xxh3(index), **said}
    return bytes(blobs.bytes) + index + footer(**described)


def data_shard(*data: bytes, **said: Any) -> bytes:
    """A file of version 2 without an index."""
    blobs = Blobs(MAGIC_2, ALIGNMENT_2)
    for piece in data:
        blobs.align()
        blobs.bytes += piece
    return bytes(blobs.bytes) + footer(**{"offset": 0, "length": 0, "hash": 0, **said})


def with_digest() -> bytes:
    """A file of version 2 of which each byte is held to something."""
    return file_2({"a": dense([7], b"weights", digest=xxh3_of(b"weights"))})
