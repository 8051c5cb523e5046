"""NumPy arrays and archives of them by hand."""

import struct
import zlib
from dataclasses import dataclass, field

DATA = bytes(range(8))


def npy(
    header: str = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    data: bytes = DATA,
    version: tuple[int, int] = (1, 0),
    length: int | None = None,
) -> bytes:
    """An array of two floats, unless told otherwise."""
    text = header.encode("utf-8", "surrogateescape")
    width = "<H" if version[0] == 1 else "<I"
    text += b" " * (-(8 + struct.calcsize(width) + len(text) + 1) % 64) + b"\n"
    stated = len(text) if length is None else length
    return b"\x93NUMPY" + bytes(version) + struct.pack(width, stated) + text + data


def of(descr: str = "'<f4'", order: str = "False", shape: str = "(2,)", data: bytes = DATA) -> bytes:
    return npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}", data)


@dataclass
class Member:
    """A member, and what its two records say otherwise than it is."""

    name: str | bytes = "a.npy"
    content: bytes = field(default_factory=npy)
    deflated: bool = False
    stored: bytes | None = None  # in place of what the content is stored as
    both: dict[str, int] = field(default_factory=dict)
    local: dict[str, int] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    descriptor: bytes | None = None
    before: bytes = b""  # bytes that belong to nothing

    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    def raw(self) -> bytes:
        if self.stored is not None:
            return self.stored
        if not self.deflated:
            return self.content
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        return deflater.compress(self.content) + deflater.flush()

    def fields(self) -> dict[str, int]:
        return {
            "needed": 20,
            "flags": 0 if self.raw_name().isascii() else 0x800,
            "method": 8 if self.deflated else 0,
            "crc": zlib.crc32(self.content),
            "stored_size": len(self.raw()),
            "size": len(self.content),
            **self.both,
        }

    def local_bytes(self) -> bytes:
        own = {**self.fields(), **self.local}
        name = self.raw_name() if self.local_name is None else self.local_name
        head = b"PK\3\4" + struct.pack(
            "<HHHHHIIIHH",
            own["needed"], own["flags"], own["method"], 0, 0x21, own["crc"], own["stored_size"], own["size"],
            own.get("name_length", len(name)), own.get("extra_length", len(self.local_extra)),
        )  # fmt: skip
        return head + name + self.local_extra + self.raw() + (self.descriptor or b"")

    def central_bytes(self, offset: int) -> bytes:
        own = {**self.fields(), "offset": offset, **self.central}
        name = self.raw_name()
        head = b"PK\1\2" + struct.pack(
            "<HHHHHHIIIHHHHHII",
            20, own["needed"], own["flags"], own["method"], 0, 0x21, own["crc"], own["stored_size"],
            own["size"], own.get("name_length", len(name)), own.get("extra_length", len(self.central_extra)),
            own.get("comment_length", 0), own.get("disk", 0), 0, 0, own["offset"],
        )  # fmt: skip
        return head + name + self.central_extra


def archive(
    *members: Member, end: dict[str, int] | None = None, behind: bytes = b"", gap: bytes = b"", comment: bytes = b""
) -> bytes:
    """`end`: what the last record says otherwise; `gap`: before the directory; `behind`: behind it."""
    data, offsets = b"", []
    for member in members:
        data += member.before
        offsets.append(len(data))
        data += member.local_bytes()
    data += gap
    directory = b"".join(map(Member.central_bytes, members, offsets))
    said = {
        "disk": 0, "count": len(members), "size": len(directory), "offset": len(data), "comment": len(comment),
        **(end or {}),
    }  # fmt: skip
    last = b"PK\5\6" + struct.pack(
        "<HHHHIIH", said["disk"], said["disk"], said["count"], said["count"], said["size"], said["offset"],
        said["comment"],
    )  # fmt: skip
    return data + directory + behind + last + comment


def numbers_of_64_bits(*numbers: int) -> bytes:
    return struct.pack("<HH", 1, 8 * len(numbers)) + b"".join(struct.pack("<Q", number) for number in numbers)


def many(path: str, count: int) -> None:
    """So many arrays of 8 bytes in an archive, as they are written."""
    head = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (8,), }", b"")
    offset, directory = 0, []
    with open(path, "wb") as file:
        for i in range(count):
            data = struct.pack("<Q", i) if i % 4 == 0 else b"weights "
            member = Member(f"model.layers.{i:07d}.weight.npy", head + data)
            file.write(member.local_bytes())
            directory.append(member.central_bytes(offset))
            offset += len(directory[-1]) - 46 + 30 + len(head) + 8
        text = b"".join(directory)
        file.write(text)
        end = offset + len(text)
        file.write(b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(text), offset))
        file.write(b"PK\6\7" + struct.pack("<IQI", 0, end, 1))
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, len(text), offset, 0))
