"""NumPy archives: what a zip may say twice and differently, and the arrays in it."""

import struct
import zlib
from pathlib import Path

from case import MIB, Table, Verdict
from npz_file import Member, archive, npy, numbers_of_64_bits, of

HIGHEST = (1 << 64) - 1
ELSEWHERE = 0xFFFFFFFF


def bomb(path: Path) -> None:
    """A member that inflates to 256 MiB of zeros, as it says."""
    size = 256 * MIB
    head = of("'|u1'", shape=f"({size},)", data=b"")
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc = zlib.crc32(head)
    stored = deflater.compress(head)
    block = bytes(16 * MIB)
    for _ in range(size // len(block)):
        crc = zlib.crc32(block, crc)
        stored += deflater.compress(block)
    stored += deflater.flush()
    path.write_bytes(
        archive(
            Member(stored=stored, deflated=True, both={"crc": crc, "size": len(head) + size}),
        )
    )


def overlapping() -> bytes:
    """Two names of one array."""
    first, second = Member("a.npy"), Member("b.npy", central={"offset": 0})
    return archive(first, second)


def quoted_member() -> bytes:
    """A whole archive inside of a member of another: the directory alone decides."""
    return archive(Member("inner.npy", archive(Member("evil.npy"))), Member("a.npy"))


def cases() -> Table:
    t = Table("npz", prefix="npz-")
    good = archive(Member())
    one = Member()
    size = len(npy())

    # ---- the end, and the directory
    t.unreadable("cut-short", "has no end of a zip archive", good[:-1])
    t.unreadable("no-directory", "has no end of a zip archive", one.local_bytes())
    t.sound("no-members", "", archive())
    t.unreadable("directory-past-the-end", "does not lie before", archive(one, end={"offset": 1 << 30}))
    t.unreadable("directory-offset-highest", "", archive(one, end={"offset": ELSEWHERE}))
    t.unreadable("directory-size-too-large", "does not lie before", archive(one, end={"size": 1 << 20}))
    t.unreadable("directory-elsewhere", "", archive(one, end={"offset": 3}))
    t.unreadable("several-disks", "in several files", archive(one, end={"disk": 1}))
    t.fault("count-too-large", "says 9 entries", archive(one, end={"count": 9}))
    t.fault("count-too-small", "says 0 entries", archive(one, end={"count": 0}))
    t.fault("comment", "a comment of 5 bytes", archive(one, comment=b"hello"))
    t.unreadable("comment-past-the-end", "passes its end", archive(one, end={"comment": 7}))
    t.fault("bytes-behind-the-end", "behind its end record", good + b"more")
    t.fault("bytes-behind-the-directory", "between its directory", archive(one, behind=b"more"))
    t.fault("bytes-before-the-directory", "before its directory", archive(one, gap=b"more"))
    t.fault("bytes-between", "before it", archive(one, Member("b.npy", before=b"more")))
    t.unreadable("entry-cut-short", "", archive(one, end={"size": 20}))
    t.unreadable("entry-name-too-long", "", archive(Member(central={"name_length": 60_000})))
    t.unreadable("end-of-64-bits-missing", "", archive(one, end={"size": ELSEWHERE}))
    t.unreadable(
        "end-of-64-bits-elsewhere", "",
        archive(one, behind=b"PK\6\7" + struct.pack("<IQI", 0, HIGHEST, 1)),
    )  # fmt: skip

    # ---- two records of one member
    t.unreadable("two-members-of-a-name", "has the same name", archive(one, Member(content=of("'<i4'"))))
    t.unreadable("members-of-one-array", "are one array's", archive(one, Member("a")))
    t.unreadable("name-differs", "its local header calls it", archive(Member(local_name=b"b.npy")))
    t.fault("method-differs", "says method 8", archive(Member(local={"method": 8})))
    t.fault("flags-differ", "has the flags 2", archive(Member(local={"flags": 2})))
    t.fault("sizes-differ", "its local header says", archive(Member(local={"size": 4})))
    t.fault("crc-differs", "another CRC-32 than the directory", archive(Member(local={"crc": 1})))
    t.unreadable("overlap", "", overlapping())
    t.unreadable("local-header-elsewhere", "no local header stands", archive(Member(central={"offset": 5}), gap=bytes(100)))
    t.unreadable("local-header-past-the-end", "does not lie before", archive(Member(central={"offset": 1 << 31})))
    t.unreadable("local-name-too-long", "do not end before", archive(Member(local={"name_length": 60_000})))
    t.unreadable("encrypted", "it is encrypted", archive(Member(both={"flags": 1})))
    t.unreadable("method-12", "compressed by method 12", archive(Member(both={"method": 12})))
    t.unreadable("stored-in-fewer-bytes", "it is stored", archive(Member(both={"size": size + 1})))
    t.unreadable("stored-size-too-large", "", archive(Member(both={"stored_size": 1 << 30, "size": 1 << 30})))
    t.unreadable(
        "sizes-of-64-bits-missing", "are missing",
        archive(Member(central={"size": ELSEWHERE, "stored_size": ELSEWHERE})),
    )  # fmt: skip
    t.unreadable(
        "sizes-of-64-bits-highest", "",
        archive(
            Member(
                central={"size": ELSEWHERE, "stored_size": ELSEWHERE},
                central_extra=numbers_of_64_bits(HIGHEST, HIGHEST),
            )
        ),
    )  # fmt: skip
    t.fault("extra-field-cut-short", "cut short", archive(Member(central_extra=b"\1\0\xff\0")))
    t.fault(
        "extra-field-twice", "several fields",
        archive(
            Member(
                central={"size": ELSEWHERE},
                central_extra=numbers_of_64_bits(size) + numbers_of_64_bits(size + 1),
            )
        ),
    )  # fmt: skip
    t.fault("descriptor-missing", "no descriptor", archive(Member(both={"flags": 8})))
    t.fault(
        "descriptor-differs", "no descriptor",
        archive(Member(both={"flags": 8}, descriptor=b"PK\7\x08" + struct.pack("<III", 1, 2, 3))),
    )  # fmt: skip
    t.sound(
        "sizes-of-64-bits", "",
        archive(
            Member(
                local={"size": ELSEWHERE, "stored_size": ELSEWHERE},
                local_extra=numbers_of_64_bits(size, size),
                central={"size": ELSEWHERE, "stored_size": ELSEWHERE, "offset": ELSEWHERE},
                central_extra=numbers_of_64_bits(size, size, 0),
            )
        ),
    )  # fmt: skip

    # ---- the bytes of members
    t.weights("crc", "it has CRC-32", archive(Member(both={"crc": 1})))
    t.weights("crc-of-columns", "it has CRC-32", archive(Member(content=of("'>f2'", "True", "(2, 2)"), both={"crc": 1})))
    deflated = Member(deflated=True)
    t.sound("deflated", "", archive(deflated))
    t.unreadable("deflated-crc", "it has CRC-32", archive(Member(deflated=True, both={"crc": 1})))
    t.unreadable("deflated-to-more", "inflates to more", archive(Member(deflated=True, both={"size": size - 1})))
    t.unreadable("deflated-to-fewer", "inflates to", archive(Member(deflated=True, both={"size": size + 1})))
    t.unreadable("deflated-garbage", "", archive(Member(deflated=True, stored=bytes(range(200, 250)))))
    t.unreadable("deflated-cut-short", "", archive(Member(deflated=True, stored=deflated.raw()[:-9])))
    t.unreadable("deflated-and-more", "", archive(Member(deflated=True, stored=deflated.raw() + b"xyz")))
    t.unreadable(
        "deflated-to-a-terabyte", "cannot inflate to",
        archive(
            Member(
                deflated=True, central={"size": ELSEWHERE}, central_extra=numbers_of_64_bits(1 << 40),
            )
        ),
    )  # fmt: skip
    t.add("bomb", Verdict.SOUND, "", bomb)

    # ---- the arrays
    t.unreadable("array-of-objects", "are a pickle and not read", archive(Member(content=of("'|O'"))))
    t.unreadable("array-of-code", "is no dictionary", archive(Member(content=npy("__import__('os')"))))
    t.unreadable("array-cut-short", "of data, and its header says", archive(Member(content=npy()[:-1])))
    t.fault("array-and-more", "1 byte behind the array", archive(Member(content=npy() + b"x")))
    t.unreadable("array-header-too-long", "at most 10,000", archive(Member(content=npy(length=65_535))))
    t.sound("no-array", "is no array, and not read", archive(one, Member("notes.txt", b"hello")))
    t.sound("archive-in-an-archive", "is no array, and not read", quoted_member())
    t.sound("name-that-leads-out", "", archive(Member("../../a.npy")))
    t.sound("name-of-control-characters", "", archive(Member("a\x1b[2J\n.npy")))
    t.sound("name-that-is-empty", "", archive(Member(".npy")))
    return t
