"""Split GGUF: the names of the files, what each says of itself, and how they agree."""

import os
import struct

from case import Case, Content, Table, Verdict
from gguf_file import I32, I64, LLAMA, TYPE_I8, U16, U32, file, info, pair

FIRST, SECOND = "m-00001-of-00002.gguf", "m-00002-of-00002.gguf"


def split(no: int | None, count: int | None, total: int | None) -> list[bytes]:
    """The keys that tell of a part; None leaves one out."""
    keys = (
        ("split.no", U16, "<H", no),
        ("split.count", U16, "<H", count),
        ("split.tensors.count", I32, "<i", total),
    )
    return [
        pair(key, kind, struct.pack(form, value)) for key, kind, form, value in keys if value is not None
    ]


def part(pairs: list[bytes], name: str, alignment: int = 32) -> bytes:
    return file(pairs, [info(name, [4], TYPE_I8, 0)], b"1234".ljust(32, b"\0"), alignment=alignment)


def first(no: int | None = 0, count: int | None = 2, total: int | None = 2) -> bytes:
    return part([LLAMA, *split(no, count, total)], "a")


def second(no: int | None = 1, count: int | None = 2, total: int | None = 2, name: str = "b") -> bytes:
    return part(split(no, count, total), name)


def files(**more: Content) -> dict[str, Content]:
    return {FIRST: first(), SECOND: second(), **more}


def cases() -> Table:
    t = Table("gguf-split")

    def add(name: str, verdict: Verdict, says: str, **more: Content) -> None:
        t.cases.append(Case(f"gguf-{name}.split", verdict, says, files=files(**more), model=FIRST))

    def both(no: bytes) -> dict[str, Content]:
        """A key of the second part that is of another type."""
        return {SECOND: part([no, *split(None, 2, 2)], "b")}

    add("sound", Verdict.SOUND, "sound")
    for name, says, more in (
        ("part-number-of-another", "split.no is 0, but by its name it is part 2", {SECOND: second(no=0)}),
        ("part-number-65535", "split.no is 65535", {SECOND: second(no=65535)}),
        ("part-number-missing", "has no split.no", {SECOND: second(no=None)}),
        ("part-number-u32", "split.no is of type u32, not u16", both(pair("split.no", U32, b"\1\0\0\0"))),
        (
            "part-number-highest-i64",
            "split.no is of type i64, not u16",
            both(pair("split.no", I64, b"\xff" * 7 + b"\x7f")),
        ),
        ("part-count-of-another", "split.count is 3, but by its name", {SECOND: second(count=3)}),
        ("part-count-0", "split.count is 0, but by its name", {FIRST: first(count=0)}),
        ("part-count-65535", "split.count is 65535, but by its name", {FIRST: first(count=65535)}),
        ("part-count-missing", "has no split.count", {FIRST: first(count=None)}),
        ("tensors-count-missing", "has no split.tensors.count", {SECOND: second(total=None)}),
        ("tensors-count-negative", "split.tensors.count is -1", {FIRST: first(total=-1)}),
        ("tensors-count-lowest", "split.tensors.count is -2147483648", {SECOND: second(total=-(2**31))}),
        (
            "tensors-count-highest",
            "split.tensors.count is 2147483647, but the parts hold 2 tensors",
            {FIRST: first(total=2**31 - 1), SECOND: second(total=2**31 - 1)},
        ),
        ("tensors-count-of-another", "split.tensors.count is 3, but the first", {SECOND: second(total=3)}),
        ("tensor-in-two-parts", "is in both", {SECOND: second(name="a")}),
        ("part-twice", "is in both", {SECOND: lambda path: os.symlink(FIRST, path)}),
    ):
        add(name, Verdict.FAULT, says, **more)
    for name, says, more in (
        ("part-is-no-gguf", "is text, not a model", {SECOND: b"something else"}),
        ("part-is-empty", "is empty", {SECOND: b""}),
        ("part-is-cut-short", "cut off", {SECOND: second()[:-40]}),
        (
            "part-links-out",
            "leads out of the directory",
            {SECOND: lambda path: os.symlink("/dev/zero", path)},
        ),
        ("part-is-a-fifo", "does not name a regular file", {SECOND: os.mkfifo}),
        ("part-is-a-directory", "does not name a regular file", {SECOND: os.mkdir}),
    ):
        add(name, Verdict.UNREADABLE, says, **more)
    # A name alone may tell of more files than there can be.
    many = "m-00001-of-99999.gguf"
    t.cases.append(
        Case(
            "gguf-99999-parts-of-which-one-is-there.split",
            Verdict.UNREADABLE,
            "99,998 of 99,999 parts are missing",
            files={many: part([LLAMA, *split(0, 65535, 1)], "a")},
            model=many,
        )
    )
    return t
