"""The container: header, TOC, string table, where the chunks lie, and their hashes.

The rules: src/formats/aero/FORMAT.md, "Layout" and "Chunks".
"""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass, field

import zstandard
from blake3 import blake3

from . import layout
from .faults import Report

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """A TOC entry. `length` is that of the uncompressed bytes, which are what `hash` is over."""

    fourcc: str
    name: str
    flags: int
    offset: int
    stored_length: int
    length: int
    hash: bytes
    toc_index: int

    @property
    def end(self) -> int:
        return self.offset + self.stored_length

    @property
    def shard(self) -> int | None:
        """The number in the name of a WTSH or PHSH."""
        pattern = {"WTSH": layout.SHARD_NAME, "PHSH": layout.PAGES_NAME}.get(self.fourcc)
        match = pattern.fullmatch(self.name) if pattern else None
        return int(match[1]) if match else None

    def __str__(self) -> str:
        return f"chunk {self.toc_index} ({self.fourcc} {self.name!r})"


@dataclass
class Container:
    """A file whose TOC could be read. `contents` holds the uncompressed bytes of what is not a shard."""

    path: str
    view: memoryview
    uuid: bytes
    flags: int
    toc_offset: int
    toc_length: int
    strings_offset: int
    strings_length: int
    chunks: list[Chunk] = field(default_factory=list)
    contents: dict[int, bytes] = field(default_factory=dict)
    in_bounds: set[int] = field(default_factory=set)

    @property
    def payloads_start(self) -> int:
        return layout.align(self.strings_offset + self.strings_length, layout.CHUNK_ALIGNMENT)

    def of(self, fourcc: str) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.fourcc == fourcc]

    def stored(self, chunk: Chunk) -> memoryview:
        return self.view[chunk.offset : chunk.end]


def read(path: str | os.PathLike[str], report: Report) -> Container:
    """Reads the TOC and the contents of all metadata, and holds them to every rule of the layout."""
    container = _read_header(path, report)
    _read_toc(container, report)
    _check_bounds(container, report)
    _check_uncovered(container, report)
    for chunk in container.chunks:
        if chunk.toc_index in container.in_bounds:
            _read_chunk(container, chunk, report)
    return container


def _map(path: str | os.PathLike[str], report: Report) -> memoryview:
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < layout.HEADER_SIZE:
            report.fatal("file header", f"expected {layout.HEADER_SIZE} bytes, the file is shorter")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _read_header(path: str | os.PathLike[str], report: Report) -> Container:
    view = _map(path, report)
    (magic, major, minor, header_size, toc_offset, toc_length, strings_offset, strings_length, flags, uuid,
     reserved) = layout.HEADER.unpack_from(view)  # fmt: skip
    known = report.equal("magic", layout.MAGIC, magic)
    known &= report.equal("version", layout.VERSION, (major, minor))
    known &= report.equal("header_size", layout.HEADER_SIZE, header_size)
    if not known:
        report.fatal("file header", "nothing more can be read from a file that is not AERO 0.1")
    report.equal("file_flags", 0, flags)
    report.equal("reserved bytes of the file header are zero", bytes(28), reserved)
    return Container(
        os.fspath(path), view, uuid, flags, toc_offset, toc_length, strings_offset, strings_length
    )


def _read_toc(container: Container, report: Report) -> None:
    view, size = container.view, len(container.view)
    toc_end = container.toc_offset + container.toc_length
    if container.toc_offset < layout.HEADER_SIZE:
        report.fatal("toc_offset", f"expected at least {layout.HEADER_SIZE}, found {container.toc_offset}")
    if toc_end > size or container.toc_length < layout.TOC_HEADER.size:
        report.fatal("TOC within the file", f"[{container.toc_offset}, {toc_end}) of a file of {size} bytes")
    count, reserved32, reserved64 = layout.TOC_HEADER.unpack_from(view, container.toc_offset)
    report.equal("reserved fields of the TOC header are zero", (0, 0), (reserved32, reserved64))
    if count > layout.MAX_ENTRIES:
        report.fatal("entry_count", f"expected at most {layout.MAX_ENTRIES}, found {count}")
    least = layout.TOC_HEADER.size + layout.TOC_ENTRY.size * count
    if container.toc_length < least:
        report.fatal(
            "toc_length", f"expected at least {least} for {count} entries, found {container.toc_length}"
        )

    strings_end = container.strings_offset + container.strings_length
    report.equal("string table is 8-byte aligned", 0, container.strings_offset % layout.STRING_ALIGNMENT)
    report.equal(
        "string table's length is padded to 8", 0, container.strings_length % layout.STRING_ALIGNMENT
    )
    if container.strings_length > layout.MAX_STRINGS:
        report.fatal(
            "string_table_length", f"expected at most {layout.MAX_STRINGS}, found {container.strings_length}"
        )
    if container.strings_offset < toc_end or strings_end > size:
        report.fatal(
            "string table after the TOC and within the file",
            f"[{container.strings_offset}, {strings_end}), TOC to {toc_end}, file of {size} bytes",
        )
    strings = bytes(view[container.strings_offset : strings_end])
    for index in range(count):
        _read_entry(container, index, strings, report)
    _check_names(container, report)


def _read_entry(container: Container, index: int, strings: bytes, report: Report) -> None:
    at = container.toc_offset + layout.TOC_HEADER.size + index * layout.TOC_ENTRY.size
    fourcc, flags, offset, stored, length, name_off, name_len, reserved, digest = (
        layout.TOC_ENTRY.unpack_from(container.view, at)
    )
    rule = f"TOC entry {index}"
    report.equal(f"{rule}: reserved field is zero", 0, reserved)
    if not fourcc.isascii():
        report.add(f"{rule}: FourCC is ASCII", f"found {fourcc.hex()}")
    name_end = name_off + name_len
    raw = strings[name_off:name_end]
    if name_end > len(strings):
        report.add(
            f"{rule}: name within the string table", f"[{name_off}, {name_end}) of {len(strings)} bytes"
        )
    elif b"\0" in raw or strings[name_end : name_end + 1] not in (b"", b"\0"):
        # name_len does not count the NUL that separates names: it ends the name, and only there.
        report.add(f"{rule}: names are separated by NUL", f"found {strings[name_off : name_end + 1]!r}")
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        report.add(f"{rule}: name is UTF-8", f"found {raw.hex()}")
        name = raw.decode(errors="backslashreplace")
    container.chunks.append(
        Chunk(fourcc.decode("latin-1"), name, flags, offset, stored, length, digest, index)
    )


def _check_names(container: Container, report: Report) -> None:
    """src/formats/aero/FORMAT.md, "Reading rules": who may be there, and how often."""
    seen: set[tuple[str, str]] = set()
    for chunk in container.chunks:
        if (chunk.fourcc, chunk.name) in seen:
            report.add("(fourcc, name) is unique", f"{chunk} is duplicated")
        seen.add((chunk.fourcc, chunk.name))
        kind = layout.KINDS.get(chunk.fourcc)
        if kind is None:
            continue
        if "{}" in kind.name:
            if chunk.shard is None:
                report.add(
                    f"name of a {chunk.fourcc}", f"expected {kind.name!r} with a number, found {chunk.name!r}"
                )
        else:
            report.equal(f"name of the {chunk.fourcc}", kind.name, chunk.name)
        if not kind.may_compress and chunk.flags & layout.COMPRESSED:
            report.add(f"{chunk.fourcc} is never compressed", f"{chunk} has flags {chunk.flags:#x}")
    report.equal("exactly one TIDX", 1, len(container.of("TIDX")))
    for fourcc in ("MJSN", "MMSG", "IHSH"):
        if len(container.of(fourcc)) > 1:
            report.add(f"at most one {fourcc}", f"found {len(container.of(fourcc))}")


def _check_bounds(container: Container, report: Report) -> None:
    size = len(container.view)
    for chunk in container.chunks:
        report.equal(f"{chunk}: payload is 16-byte aligned", 0, chunk.offset % layout.CHUNK_ALIGNMENT)
        if not chunk.flags & layout.COMPRESSED:
            report.equal(f"{chunk}: chunk_ulen of what is not compressed", chunk.stored_length, chunk.length)
        if chunk.offset < container.payloads_start:
            report.add(
                f"{chunk}: payload outside the control region",
                f"expected an offset of at least {container.payloads_start}, found {chunk.offset}",
            )
        if chunk.end > size:
            report.add(f"{chunk}: payload within the file", f"[{chunk.offset}, {chunk.end}) of {size} bytes")
        elif chunk.fourcc != "WTSH" and chunk.length > layout.MAX_METADATA:
            report.add(
                f"{chunk}: chunk_ulen", f"expected at most {layout.MAX_METADATA}, found {chunk.length}"
            )
        else:
            container.in_bounds.add(chunk.toc_index)
    placed = sorted((c for c in container.chunks if c.stored_length), key=lambda c: c.offset)
    reach: Chunk | None = None
    for chunk in placed:
        if reach is not None and chunk.offset < reach.end:
            report.add(
                "payloads never overlap", f"{chunk} begins at {chunk.offset}, {reach} ends at {reach.end}"
            )
        if reach is None or chunk.end > reach.end:
            reach = chunk


def _check_uncovered(container: Container, report: Report) -> None:
    """src/formats/aero/FORMAT.md, "Reading rules": bytes that no chunk covers are zero. So are those of the
    control region that are neither header, TOC entry nor name."""
    toc_used = layout.TOC_HEADER.size + layout.TOC_ENTRY.size * len(container.chunks)
    covered = [
        (0, layout.HEADER_SIZE),
        (container.toc_offset, container.toc_offset + toc_used),
        (container.strings_offset, container.strings_offset + container.strings_length),
    ]
    covered += [(c.offset, c.end) for c in container.chunks if c.toc_index in container.in_bounds]
    at = 0
    for begin, end in sorted(covered) + [(len(container.view), len(container.view))]:
        if begin > at:
            check_zeros(container.view, at, begin, "bytes covered by no chunk are zero", report)
        at = max(at, end)

    strings = bytearray(container.view[container.strings_offset :][: container.strings_length])
    for index in range(len(container.chunks)):
        entry = container.toc_offset + layout.TOC_HEADER.size + index * layout.TOC_ENTRY.size
        _, _, _, _, _, name_off, name_len, _, _ = layout.TOC_ENTRY.unpack_from(container.view, entry)
        used = len(strings[name_off : name_off + name_len])
        strings[name_off : name_off + used] = bytes(used)
    check_zeros(memoryview(strings), 0, len(strings), "string table is zero outside of the names", report)


def check_zeros(view: memoryview, begin: int, end: int, rule: str, report: Report) -> None:
    for at in range(begin, end, BLOCK):
        block = bytes(view[at : min(at + BLOCK, end)])
        if block.count(0) != len(block):
            offset = next(i for i, byte in enumerate(block) if byte)
            report.add(rule, f"found {block[offset]:#04x} at byte {at + offset}")
            return


def _read_chunk(container: Container, chunk: Chunk, report: Report) -> None:
    content: bytes | memoryview | None = container.stored(chunk)
    if chunk.flags & layout.COMPRESSED:
        content = _decompress(bytes(container.stored(chunk)), chunk, report)
    if content is None:
        return
    report.equal(f"{chunk}: BLAKE3 of the uncompressed bytes", chunk.hash, blake3(content).digest())
    if chunk.fourcc != "WTSH":
        container.contents[chunk.toc_index] = bytes(content)


def _decompress(data: bytes, chunk: Chunk, report: Report) -> bytes | None:
    """src/formats/aero/FORMAT.md, "zstd": one frame fills the chunk, its size is absent or chunk_ulen."""
    rule = f"{chunk}: zstd"
    if not data.startswith(ZSTD_MAGIC):
        report.add(rule, f"expected one frame, found bytes that begin {data[:4].hex()}")
        return None
    output = bytearray()
    try:
        declared = zstandard.get_frame_parameters(data).content_size
        if declared not in (zstandard.CONTENTSIZE_UNKNOWN, chunk.length):
            report.add(rule, f"expected content size {chunk.length} or none, found {declared}")
        frame = zstandard.ZstdDecompressor().decompressobj()
        for at in range(0, len(data), BLOCK):
            output += frame.decompress(data[at : at + BLOCK])
            if frame.eof or len(output) > chunk.length:  # bounded by chunk_ulen, whatever the frame says
                break
    except zstandard.ZstdError as error:
        report.add(rule, str(error))
        return None
    if not report.equal(f"{rule} gives chunk_ulen bytes", chunk.length, len(output)):
        return None
    if not frame.eof:
        report.add(rule, "the frame does not end in the chunk")
    elif frame.unused_data or at + BLOCK < len(data):
        report.add(rule, "bytes follow the frame")
    return bytes(output)


def check_as_written(container: Container, report: Report) -> None:
    """What the specification says of the layout as it is written; where payloads lie is placement.py's."""
    count = len(container.chunks)
    report.equal("toc_offset as written", layout.HEADER_SIZE, container.toc_offset)
    report.equal(
        "toc_length as written", layout.TOC_HEADER.size + layout.TOC_ENTRY.size * count, container.toc_length
    )
    report.equal(
        "string table follows the TOC",
        layout.align(container.toc_offset + container.toc_length, layout.STRING_ALIGNMENT),
        container.strings_offset,
    )
    names = b"".join(chunk.name.encode() + b"\0" for chunk in container.chunks)
    report.equal(
        "string table as written: the names in TOC order",
        names + bytes(-len(names) % layout.STRING_ALIGNMENT),
        bytes(container.view[container.strings_offset :][: container.strings_length]),
    )
    for chunk in container.chunks:
        kind = layout.KINDS.get(chunk.fourcc)
        if kind is None:
            continue
        report.equal(f"{chunk}: flags as written", kind.flags, chunk.flags)
        if chunk.flags & layout.COMPRESSED and chunk.toc_index in container.contents:
            frame = zstandard.get_frame_parameters(bytes(container.stored(chunk)[:32]))
            report.equal(f"{chunk}: zstd records the content size", chunk.length, frame.content_size)
            report.equal(f"{chunk}: zstd without checksum", False, frame.has_checksum)
            report.equal(f"{chunk}: zstd without dictionary", 0, frame.dict_id)
    _check_toc_order(container, report)


def _check_toc_order(container: Container, report: Report) -> None:
    """src/formats/aero/FORMAT.md, "Order": (IHSH), MJSN, MMSG, TIDX, WTSH 0, (PHSH 0), WTSH 1, ...

    The specification gives chunks that it does not know no place in this order, which leaves the end."""
    present = [chunk.fourcc for chunk in container.chunks]
    expected: list[str] = [f for f in ("IHSH", "MJSN", "MMSG", "TIDX") if f in present]
    for _ in container.of("WTSH"):
        expected += ["WTSH", "PHSH"] if "PHSH" in present else ["WTSH"]
    expected += [fourcc for fourcc in present if fourcc not in layout.KINDS]
    report.equal("TOC order as written", expected, present)
    numbers = [chunk.shard for chunk in container.of("WTSH") if chunk.shard is not None]
    first = numbers[0] if numbers else 0
    report.equal("shards in the TOC count up", list(range(first, first + len(numbers))), numbers)
    if "PHSH" in present:
        report.equal("a PHSH follows its shard", numbers, [chunk.shard for chunk in container.of("PHSH")])
