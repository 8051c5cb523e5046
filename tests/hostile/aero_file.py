"""AERO files by hand: a sound one of which every part can be replaced, and whose fields can be overwritten
afterwards. Metadata is not compressed unless a frame is given."""

import json
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3
from packing import pack

HEADER, TOC_HEADER, TOC_ENTRY, HASH = 96, 16, 80, 48
ZSTD, MMAP, INDEX, OPTIONAL = 1, 2, 4, 8
AT = {
    "magic": 0,
    "major": 4,
    "minor": 6,
    "header_size": 8,
    "toc_offset": 12,
    "toc_length": 20,
    "string_offset": 28,
    "string_length": 36,
    "file_flags": 44,
    "uuid": 52,
    "reserved": 68,
}
IN_ENTRY = {
    "fourcc": (0, "4s"),
    "flags": (4, "<I"),
    "offset": (8, "<Q"),
    "length": (16, "<Q"),
    "ulen": (24, "<Q"),
    "name_off": (32, "<I"),
    "name_len": (36, "<I"),
    "reserved": (40, "<Q"),
    "hash": (48, "32s"),
}


@dataclass
class Chunk:
    fourcc: str
    name: str | bytes
    stored: bytes
    flags: int = 0
    plain: bytes | None = None  # what `stored` decompresses to, where it is compressed
    ulen: int | None = None
    digest: bytes | None = None
    align: int = 16
    before: bytes = b""  # put between the chunk before it and this one

    @property
    def name_bytes(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def hash(self) -> bytes:
        return (
            blake3(self.plain if self.plain is not None else self.stored)
            if self.digest is None
            else self.digest
        )

    @property
    def length(self) -> int:
        if self.ulen is not None:
            return self.ulen
        return len(self.plain if self.plain is not None else self.stored)


@dataclass
class File:
    """The bytes of a file, and where its parts are."""

    data: bytearray
    chunks: list[Chunk]
    offsets: list[int] = field(default_factory=list)  # of the payloads
    strings: int = 0
    strings_length: int = 0

    def put(self, offset: int, new: bytes) -> "File":
        self.data[offset : offset + len(new)] = new
        return self

    def header(self, name: str, value: int) -> "File":
        width = {"major": "<H", "minor": "<H", "header_size": "<I"}.get(name, "<Q")
        return self.put(AT[name], struct.pack(width, value))

    def index(self, which: str | int) -> int:
        if isinstance(which, int):
            return which
        return next(i for i, chunk in enumerate(self.chunks) if which in (chunk.fourcc, chunk.name))

    def entry(self, which: str | int, name: str, value: int | bytes) -> "File":
        """Overwrites a field of a TOC entry, named by its number, FourCC or name."""
        offset, form = IN_ENTRY[name]
        begin = HEADER + TOC_HEADER + TOC_ENTRY * self.index(which) + offset
        return self.put(begin, struct.pack(form, value))

    def payload(self, which: str | int) -> int:
        return self.offsets[self.index(which)]

    def bytes(self) -> bytes:
        return bytes(self.data)


def align(value: int, to: int) -> int:
    return -(-value // to) * to


def lay_out(chunks: list[Chunk], tail: bytes = b"", count: int | None = None) -> File:
    """The file of these chunks, as they stand."""
    toc_length = TOC_HEADER + TOC_ENTRY * len(chunks)
    strings = b"".join(chunk.name_bytes + b"\0" for chunk in chunks)
    strings += bytes(-len(strings) % 8)
    strings_at = align(HEADER + toc_length, 8)
    payloads = align(strings_at + len(strings), 16)
    body, offsets = bytearray(), []
    for chunk in chunks:
        body += chunk.before
        body += bytes(-(payloads + len(body)) % chunk.align)
        offsets.append(payloads + len(body))
        body += chunk.stored
    out = bytearray(payloads)
    struct.pack_into(
        "<4sHHIQQQQQ16s",
        out,
        0,
        b"AERO",
        0,
        1,
        HEADER,
        HEADER,
        toc_length,
        strings_at,
        len(strings),
        0,
        b"hostile-file\x80\0\0\1",
    )
    struct.pack_into("<IIQ", out, HEADER, len(chunks) if count is None else count, 0, 0)
    name_at = 0
    for i, (chunk, offset) in enumerate(zip(chunks, offsets, strict=True)):
        struct.pack_into(
            "<4sIQQQIIQ32s",
            out,
            HEADER + TOC_HEADER + TOC_ENTRY * i,
            chunk.fourcc.encode("latin-1"),
            chunk.flags,
            offset,
            len(chunk.stored),
            chunk.length,
            name_at,
            len(chunk.name_bytes),
            0,
            chunk.hash,
        )
        name_at += len(chunk.name_bytes) + 1
    out[strings_at : strings_at + len(strings)] = strings
    return File(out + body + tail, chunks, offsets, strings_at, len(strings))


def entry(name: Any, dtype: Any, shape: Any, offset: Any, length: Any, shard: Any = 0, **more: Any) -> dict:
    """An entry of TIDX; None leaves a key out."""
    whole = {
        "name": name,
        "dtype": dtype,
        "shape": shape,
        "shard_id": shard,
        "data_off": offset,
        "data_len": length,
        "flags": 0,
        **more,
    }
    return {key: value for key, value in whole.items() if value is not None}


F16, F32, U8, PACKED = 0, 1, 5, 0x8000
WEIGHTS = bytes(range(32))
TENSORS = [entry("a", F32, [2, 2], 0, 16), entry("b", U8, [5], 16, 5), entry("c", F16, [3], 24, 6)]
ROLES = {
    "IHSH": "control_integrity",
    "MJSN": "json",
    "MMSG": "manifest",
    "TIDX": "tensors",
    "WTSH": "weights",
    "PHSH": "page_hashes",
    "FILE": "side_file",
}


def json_chunk(content: Any = None) -> Chunk:
    if content is None:
        content = {"architecture": "llama", "model_name": "m", "source_format": "safetensors"}
    text = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":")).encode()
    return Chunk("MJSN", "meta.json", text)


def index_chunk(tensors: Any = None) -> Chunk:
    content = {"tensors": TENSORS if tensors is None else tensors}
    return Chunk("TIDX", "tensors", pack(content), INDEX)


def shard(number: int = 0, data: bytes = WEIGHTS) -> Chunk:
    return Chunk("WTSH", f"weights.shard{number}", data, MMAP)


def pages(number: int = 0, size: Any = 16, data: bytes = WEIGHTS, content: Any = None) -> Chunk:
    if content is None:
        digests = [blake3(data[i : i + size]) for i in range(0, len(data), size)]
        content = {"shard_name": f"weights.shard{number}", "page_size": size, "digests": digests}
    return Chunk("PHSH", f"weights.shard{number}.phsh", pack(content), OPTIONAL)


def number_of(chunk: Chunk) -> int:
    return int(chunk.name_bytes.split(b"shard")[1].split(b".")[0])


def manifest(chunks: list[Chunk], tensors: Any) -> dict[str, Any]:
    """The manifest of the chunks in TOC order, MMSG among them."""
    lines, shards = [], []
    for i, chunk in enumerate(chunks):
        line: dict[str, Any] = {
            "role": ROLES.get(chunk.fourcc, "unknown"),
            "fourcc": chunk.fourcc,
            "toc_index": i,
        }
        if chunk.fourcc in ("WTSH", "PHSH"):
            line["shard_id"] = number_of(chunk)
        lines.append(line)
        if chunk.fourcc == "WTSH":
            count = sum(
                1
                for tensor in tensors
                if isinstance(tensor, dict) and tensor.get("shard_id") == number_of(chunk)
            )
            shards.append(
                {
                    "shard_id": number_of(chunk),
                    "toc_index": i,
                    "size_bytes": chunk.length,
                    "tensor_count": count,
                    "mmap_critical": True,
                }
            )
    return {
        "format": {"name": "AERO", "version": [0, 1]},
        "model": {"name": "m", "architecture": "llama"},
        "chunks": lines,
        "shards": shards,
    }


def model(
    tensors: Any = None,
    shards: Iterable[Chunk] | None = None,
    json_: Chunk | None = None,
    index: Chunk | None = None,
    more: Iterable[Chunk] = (),
    tail: bytes = b"",
    edit: Callable[[dict[str, Any]], Any] | None = None,
    packed_manifest: bytes | None = None,
) -> File:
    """A sound file, but for the parts that are given. `edit` changes the manifest, or returns another one."""
    tensors = TENSORS if tensors is None else tensors
    index = index or index_chunk(tensors)
    chunks = [
        json_ or json_chunk(),
        Chunk("MMSG", "manifest", b""),
        index,
        *(shards if shards is not None else [shard()]),
        *more,
    ]
    content: Any = manifest(chunks, tensors if isinstance(tensors, list) else [])
    if edit is not None:
        changed = edit(content)
        content = content if changed is None else changed
    chunks[1].stored = packed_manifest if packed_manifest is not None else pack(content)
    return lay_out(chunks, tail)


def compressed(chunk: Chunk, frame: bytes, ulen: int | None = None) -> Chunk:
    """The chunk with a zstd frame in the place of its bytes."""
    return Chunk(chunk.fourcc, chunk.name, frame, chunk.flags | ZSTD, plain=chunk.stored, ulen=ulen)


def with_control_hash(
    chunks: list[Chunk], edit: Callable[[dict[str, Any]], Any] | None = None, pad: bytes | None = None
) -> File:
    """The chunks behind an IHSH that covers them."""
    control = Chunk("IHSH", "control.integrity", bytes(256), OPTIONAL)
    file = lay_out([control, *chunks])
    end = align(file.strings + file.strings_length, 16)
    # The digest is over hashes of zeros, and IHSH's own length is known: it can be made at once.
    region = bytearray(file.data[:end])
    for i in range(len(file.chunks)):
        begin = HEADER + TOC_HEADER + TOC_ENTRY * i + HASH
        region[begin : begin + 32] = bytes(32)
    content: Any = {"algo": "blake3-256", "covered_ranges": [[0, end]], "digest": blake3(bytes(region))}
    if edit is not None:
        changed = edit(content)
        content = content if changed is None else changed
    packed = pack(content)
    control.stored = (packed + (pad or b"")).ljust(256, b"\0")
    return lay_out([control, *chunks])


def controlled_chunks() -> list[Chunk]:
    """The chunks of a sound file whose MMSG counts an IHSH before them."""
    chunks = [json_chunk(), Chunk("MMSG", "manifest", b""), index_chunk(), shard()]
    chunks[1].stored = pack(manifest([Chunk("IHSH", "control.integrity", b""), *chunks], TENSORS))
    return chunks
