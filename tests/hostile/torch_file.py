"""Checkpoints of PyTorch, written by hand: pickles by their opcodes, and archives byte by byte."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

MARK, STOP, POP, DUP, NONE, TUPLE, REDUCE, BUILD, APPEND = b"(", b".", b"0", b"2", b"N", b"t", b"R", b"b", b"a"
EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, SETITEM, SETITEMS, BINPERSID = b"}", b"]", b")", b"s", b"u", b"Q"
NEWOBJ, NEWOBJ_EX, STACK_GLOBAL, TRUE, FALSE = b"\x81", b"\x92", b"\x93", b"\x88", b"\x89"
PROTO = b"\x80\x02"


def text(value: str) -> bytes:
    """BINUNICODE"""
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def integer(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)


def name(module: str, attribute: str) -> bytes:
    """GLOBAL"""
    return f"c{module}\n{attribute}\n".encode()


def many(*items: bytes) -> bytes:
    """A tuple."""
    return MARK + b"".join(items) + TUPLE


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    return name(module, attribute) + many(*arguments) + REDUCE


def mapping(**items: bytes) -> bytes:
    return EMPTY_DICT + MARK + b"".join(text(key) + value for key, value in items.items()) + SETITEMS


def storage(key: str = "0", count: int = 4, kind: str = "FloatStorage") -> bytes:
    return many(text("storage"), name("torch", kind), text(key), text("cpu"), integer(count)) + BINPERSID


def hooks() -> bytes:
    return name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE


def tensor(
    size: tuple[int, ...] = (4,),
    stride: tuple[int, ...] = (1,),
    begin: int = 0,
    of: bytes | None = None,
    more: bytes = b"",
) -> bytes:
    return call(
        "torch._utils",
        "_rebuild_tensor_v2",
        storage() if of is None else of,
        integer(begin),
        many(*map(integer, size)),
        many(*map(integer, stride)),
        FALSE,
        hooks(),
        *([more] if more else []),
    )


def pickle(root: bytes) -> bytes:
    return PROTO + root + STOP


@dataclass
class Member:
    """An entry of an archive; what is None is as it should be."""

    name: str
    content: bytes
    method: int = 0
    flags: int = 0
    crc: int | None = None
    local_name: str | None = None
    local_method: int | None = None
    stored: bytes | None = None
    size: int | None = None


@dataclass
class Archive:
    members: list[Member] = field(default_factory=list)
    before: bytes = b""
    behind: bytes = b""
    comment: bytes = b""
    count: int | None = None

    def bytes(self) -> bytes:
        out = bytearray(self.before)
        directory = bytearray()
        for member in self.members:
            stored = member.content if member.stored is None else member.stored
            crc = zlib.crc32(member.content) if member.crc is None else member.crc
            size = len(member.content) if member.size is None else member.size
            numbers = struct.pack("<III", crc, len(stored), size)
            local = (member.name if member.local_name is None else member.local_name).encode()
            method = member.method if member.local_method is None else member.local_method
            offset = len(out)
            out += b"PK\3\4" + struct.pack("<HHHHH", 20, member.flags, method, 0, 33)
            # The data begins at a multiple of 64.
            pad = -(len(out) + 12 + 4 + len(local) + 4) % 64
            out += numbers + struct.pack("<HH", len(local), 4 + pad) + local
            out += b"FB" + struct.pack("<H", pad) + b"Z" * pad + stored
            encoded = member.name.encode()
            directory += b"PK\1\2" + struct.pack("<HHHHHH", 0, 20, member.flags, member.method, 0, 33)
            directory += numbers + struct.pack("<HHHHHII", len(encoded), 0, 0, 0, 0, 0, offset) + encoded
        begin = len(out)
        count = len(self.members) if self.count is None else self.count
        out += directory
        out += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), begin, len(self.comment))
        return bytes(out) + self.comment + self.behind


VALUES = struct.pack("<4f", 1, 2, 3, 4)


def members(root: bytes, **storages: bytes) -> list[Member]:
    """Those of a checkpoint whose pickle is given without its PROTO and STOP."""
    return whole(pickle(root), **storages)


def whole(data: bytes, **storages: bytes) -> list[Member]:
    records = storages or {"_0": VALUES}
    return [
        Member("m/data.pkl", data),
        Member("m/byteorder", b"little"),
        *(Member(f"m/data/{key.lstrip('_')}", content) for key, content in records.items()),
        Member("m/version", b"3\n"),
    ]


def checkpoint(root: bytes, **storages: bytes) -> bytes:
    return Archive(members(root, **storages)).bytes()


LEGACY_NUMBER = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."


def legacy(root: bytes, keys: bytes | None = None, data: bytes | None = None, protocol: int = 2) -> bytes:
    if keys is None:
        keys = EMPTY_LIST + text("0") + APPEND
    if data is None:
        data = struct.pack("<q", 4) + VALUES
    machine = mapping(protocol_version=integer(1001), little_endian=TRUE)
    frame = b"\x95" + struct.pack("<Q", len(LEGACY_NUMBER)) if protocol >= 4 else b""
    magic = b"\x80" + bytes([protocol]) + frame + LEGACY_NUMBER
    return magic + b"".join(map(pickle, (integer(1001), machine, root, keys))) + data


def write_many(path: Path, count: int) -> None:
    """So many tensors of 8 bytes, each with a storage of its own, as a state dict has them. What is the same of all
    is memoized, as pickle does it."""
    shared = (
        name("torch._utils", "_rebuild_tensor_v2"), text("storage"), name("torch", "LongStorage"), text("cpu"),
        name("collections", "OrderedDict"),
    )  # fmt: skip
    first = [item + b"q" + bytes([i]) for i, item in enumerate(shared)]
    again = [b"h" + bytes([i]) for i in range(len(shared))]

    def pickled(i: int) -> bytes:
        call, kind, of, on, ordered = first if i == 0 else again
        place = MARK + kind + of + text(str(i)) + on + integer(1) + TUPLE + BINPERSID
        size = MARK + integer(1) + TUPLE
        more = FALSE + ordered + EMPTY_TUPLE + REDUCE
        return text(f"model.layers.{i:07d}.weight") + call + MARK + place + integer(0) + 2 * size + more + TUPLE + REDUCE

    data = pickle(EMPTY_DICT + MARK + b"".join(map(pickled, range(count))) + SETITEMS)
    entries: list[bytes] = []
    with open(path, "wb", buffering=1 << 20) as out:
        at = 0

        def put(key: str, content: bytes) -> None:
            nonlocal at
            encoded = f"m/{key}".encode()
            sizes = struct.pack("<III", zlib.crc32(content), len(content), len(content))
            head = struct.pack("<HHHHH", 20, 0, 0, 0, 33) + sizes + struct.pack("<HH", len(encoded), 0)
            out.write(b"PK\3\4" + head + encoded + content)
            entries.append(b"PK\1\2" + struct.pack("<H", 45) + head + struct.pack("<HHHII", 0, 0, 0, 0, at) + encoded)
            at += 30 + len(encoded) + len(content)

        put("data.pkl", data)
        put("byteorder", b"little")
        for i in range(count):
            put(f"data/{i}", struct.pack("<q", i))
        put("version", b"3\n")
        directory = b"".join(entries)
        out.write(directory)
        end = at + len(directory)
        number = len(entries)
        out.write(b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, number, number, len(directory), at))
        out.write(b"PK\6\7" + struct.pack("<IQI", 0, end, 1))
        shown = min(number, 0xFFFF)
        out.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, shown, shown, len(directory), at, 0))


def around(root: bytes, size: int) -> tuple[bytes, bytes]:
    """What stands before and behind the only storage of a checkpoint, of so many bytes, of which nobody has computed
    a CRC-32. All is as torch writes it: what is large is said in 64 bits."""
    data, large = pickle(root), 0xFFFFFFFF
    name, path = b"m/data.pkl", b"m/data/0"
    sizes = struct.pack("<HHQQ", 1, 16, size, size)

    def fields(crc: int, length: int, called: bytes, extra: bytes) -> bytes:
        return struct.pack("<HHHHIIIHH", 0, 0, 0, 0x21, crc, length, length, len(called), len(extra))

    small = fields(zlib.crc32(data), len(data), name, b"")
    head = b"PK\3\4" + struct.pack("<H", 45) + small + name + data
    begin = len(head)
    # The weights begin with a page of their own.
    pad = -(begin + 30 + len(path) + len(sizes) + 4) % 4096
    extra = sizes + b"FB" + struct.pack("<H", pad) + b"Z" * pad
    head += b"PK\3\4" + struct.pack("<H", 45) + fields(0, large, path, extra) + path + extra
    version, text_of = b"m/version", b"3\n"
    last = fields(zlib.crc32(text_of), len(text_of), version, b"")
    tail = b"PK\3\4" + struct.pack("<H", 45) + last + version + text_of
    at = len(head) + size
    place = struct.pack("<HHQ", 1, 8, at)
    last = fields(zlib.crc32(text_of), len(text_of), version, place)
    directory = b""
    for shared, called, more, offset in ((small, name, b"", 0), (fields(0, large, path, sizes), path, sizes, begin),
                                         (last, version, place, large)):
        directory += b"PK\1\2" + struct.pack("<HH", 45, 45) + shared
        directory += struct.pack("<HHHII", 0, 0, 0, 0, offset) + called + more
    where = at + len(tail)
    end = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 3, 3, len(directory), where)
    locator = struct.pack("<IQI", 0, where + len(directory), 1)
    short = struct.pack("<HHHHIIH", 0, 0, 3, 3, len(directory), large, 0)
    return head, tail + directory + b"PK\6\6" + end + b"PK\6\7" + locator + b"PK\5\6" + short
