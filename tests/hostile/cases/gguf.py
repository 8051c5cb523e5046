"""GGUF: header, metadata, tensor infos and where tensors lie."""

from case import Table, Verdict
from gguf_file import (
    ARRAY,
    BOOL,
    DATA,
    INFOS,
    LLAMA,
    STRING,
    TYPE_F32,
    TYPE_I8,
    TYPE_Q4_0,
    U8,
    U32,
    U64,
    array,
    file,
    info,
    pair,
    string,
    u32,
    u64,
)

HIGHEST = (1 << 64) - 1
HALF = 1 << 63


def meta(*pairs: bytes) -> bytes:
    return file([LLAMA, *pairs])


def first(
    dims: list[int] | None = None,
    kind: int = TYPE_F32,
    offset: int = 0,
    rank: int | None = None,
    name: str | bytes = "a",
) -> bytes:
    return file(infos=[info(name, [5] if dims is None else dims, kind, offset, rank), INFOS[1]])


def nested(depth: int) -> bytes:
    """An array of an array of ... of no bytes."""
    return array(ARRAY, 1) * (depth - 1) + array(U8, 0)


def alignment(kind: int, value: bytes) -> bytes:
    return meta(pair("general.alignment", kind, value))


def cases() -> Table:
    t = Table("gguf", prefix="gguf-")
    good = file()

    # ---- the header
    t.unreadable("empty", "is empty", b"")
    t.unreadable("header-cut-short", "the file ends inside the file header", good[:7])
    t.unreadable(
        "header-of-16-bytes", "the number of tensors: a count of 2, but only 0 bytes are left", good[:16]
    )
    t.unreadable("magic", "not a GGUF file", b"GGUE" + good[4:])
    t.unreadable("version-0", "GGUF version 0", file(version=0))
    t.unreadable("version-1", "GGUF version 1", file(version=1))
    t.unreadable("version-4", "GGUF version 4", file(version=4))
    t.unreadable("version-highest", "GGUF version 4294967295", file(version=(1 << 32) - 1))
    t.unreadable("big-endian", "a big-endian GGUF file", file(version=3 << 24))
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1"), (1 << 32, "2-32"), (1000, "that-do-not-fit")):
        t.unreadable(
            f"tensor-count-{word}", f"the number of tensors: a count of {value}", file(tensor_count=value)
        )
        t.unreadable(
            f"pair-count-{word}", f"the number of metadata pairs: a count of {value}", file(pair_count=value)
        )
    t.unreadable("tensor-count-of-one-more", "", file(tensor_count=3, data=bytes(96)))
    t.unreadable("pair-count-of-one-more", "", file(pair_count=2))
    t.unreadable("pair-count-of-one-less", "", file(pair_count=0))

    # ---- metadata
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1"), (1 << 20, "past-the-end")):
        t.unreadable(
            f"key-length-{word}",
            "the file ends inside a metadata key",
            file([string(b"", value)], pair_count=1),
        )
        t.unreadable(
            f"string-length-{word}",
            "the file ends inside the value of 'k'",
            meta(pair("k", STRING, u64(value))),
        )
        t.unreadable(f"array-count-{word}", f"a count of {value}", meta(pair("k", ARRAY, array(U8, value))))
        t.unreadable(
            f"array-of-strings-count-{word}",
            f"a count of {value}",
            meta(pair("k", ARRAY, array(STRING, value))),
        )
        t.unreadable(
            f"array-of-arrays-count-{word}",
            f"a count of {value}",
            meta(pair("k", ARRAY, array(ARRAY, value))),
        )
        t.unreadable(
            f"array-of-u64-count-{word}", f"a count of {value}", meta(pair("k", ARRAY, array(U64, value)))
        )
    t.unreadable(
        "array-count-times-8-wraps",
        "a count of 2305843009213693953",
        meta(pair("k", ARRAY, array(U64, (1 << 61) + 1))),
    )
    t.unreadable(
        "array-string-length-2-64-1",
        "the file ends inside the value of 'k'",
        meta(pair("k", ARRAY, array(STRING, 1, u64(HIGHEST)))),
    )
    t.fault("key-empty", "a metadata key is empty", meta(pair("", U8, b"\1")))
    t.fault(
        "key-stands-twice",
        "the metadata key 'k' is duplicated",
        meta(pair("k", U8, b"\1"), pair("k", U8, b"\1")),
    )
    t.fault(
        "key-stands-twice-architecture", "the metadata key 'general.architecture' is duplicated", meta(LLAMA)
    )
    t.sound("key-with-a-nul", "sound", meta(pair("a\0b", U8, b"\1")))
    t.sound(
        "key-with-terminal-escapes", "sound", meta(pair("\x1b]0;k\x07", STRING, string("\x1b[2J\u009b31m")))
    )
    t.sound("key-not-utf-8", "sound", meta(pair(b"\xff\xfe", STRING, string(b"\xc0\xaf\xed\xa0\x80"))))
    t.sound("key-of-1-mib", "sound", meta(pair("k" * (1 << 20), U8, b"\1")))
    t.fault(
        "key-of-1-mib-that-stands-twice", "is duplicated", meta(*[pair("\x1b" * (1 << 20), U8, b"\1")] * 2)
    )
    t.unreadable("value-type-13", "has type 13; GGUF knows 0 to 12", meta(pair("k", 13, b"\1")))
    t.unreadable("value-type-highest", "has type 4294967295", meta(pair("k", (1 << 32) - 1, b"\1")))
    t.unreadable("element-type-13", "has type 13", meta(pair("k", ARRAY, array(13, 1, b"\1"))))
    t.fault("bool-2", "neither 0 nor 1", meta(pair("k", BOOL, b"\2")))
    t.fault("bool-255-in-an-array", "neither 0 nor 1", meta(pair("k", ARRAY, array(BOOL, 3, b"\0\1\xff"))))
    t.sound("array-nested-16-deep", "sound", meta(pair("k", ARRAY, nested(16))))
    t.unreadable(
        "array-nested-17-deep", "nests arrays deeper than 16 levels", meta(pair("k", ARRAY, nested(17)))
    )
    t.unreadable(
        "array-nested-100000-deep",
        "nests arrays deeper than 16 levels",
        meta(pair("k", ARRAY, nested(100_000))),
    )
    t.unreadable(
        "array-of-2-million-arrays",
        "take more than 64.0 MiB of memory",
        meta(pair("k", ARRAY, array(ARRAY, 2_000_000, array(U8, 0) * 2_000_000))),
    )
    t.unreadable("alignment-0", "general.alignment is 0", alignment(U32, u32(0)))
    t.unreadable("alignment-3", "general.alignment is 3", alignment(U32, u32(3)))
    t.unreadable("alignment-highest", "general.alignment is 4294967295", alignment(U32, u32((1 << 32) - 1)))
    t.unreadable("alignment-2-31", "a", alignment(U32, u32(1 << 31)))
    t.unreadable(
        "alignment-of-another-type", "general.alignment is of type u64, not u32", alignment(U64, u64(32))
    )
    t.unreadable("alignment-text", "general.alignment is of type string", alignment(STRING, string("32")))
    t.sound("architecture-a-number", "sound", file([pair("general.architecture", U32, u32(1))]))
    t.sound("name-with-terminal-escapes", "sound", meta(pair("general.name", STRING, string("\x1b[2J\n\0x"))))

    # ---- tensor infos
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1"), (1 << 20, "past-the-end")):
        t.unreadable(
            f"tensor-name-length-{word}",
            "the file ends inside the tensor infos",
            file(infos=[u64(value), INFOS[1]]),
        )
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1")):
        t.unreadable(f"dims-{word}", "", first([value]))
        t.unreadable(f"offset-{word}", "", first(offset=value))
        t.unreadable(f"offset-{word}-aligned", "", first(offset=value // 32 * 32))
    t.unreadable("dims-overflow", "exceeds 2^64", first([1 << 32, 1 << 32]))
    t.unreadable("dims-overflow-to-their-size", "exceeds 2^64", first([1 << 32, 1 << 32, 5]))
    t.unreadable("dims-times-4-overflows", "exceeds 2^64", first([(1 << 62) + 5]))
    t.unreadable("dims-overflow-behind-0", "", first([0, HIGHEST, HIGHEST]))
    t.fault("rank-5", "5 dimensions; GGUF allows at most 4", first([5, 1, 1, 1, 1]))
    t.unreadable("rank-33", "33 dimensions; GGUF allows at most 4", first([1] * 33))
    t.unreadable("rank-highest", "4294967295 dimensions; GGUF allows at most 4", first(rank=(1 << 32) - 1))
    t.unreadable("rank-of-one-more", "", first(rank=2))
    t.sound("rank-0", "sound", file(infos=[info("a", [], TYPE_F32, 0)], data=bytes(32)))
    for kind in (4, 5, 31, 32, 33, 36, 37, 38):
        t.fault(f"tensor-type-{kind}-removed", f"ggml type {kind} ", first(kind=kind))
    for kind in (43, 255, (1 << 31), (1 << 32) - 1):
        t.fault(f"tensor-type-{kind}", f"ggml type {kind} is not known", first(kind=kind))
    for kind in (97, 139, 156, 230, 399):
        t.fault(f"tensor-type-{kind}-of-a-fork", "ids of 97 and up are those of forks", first(kind=kind))
    t.unreadable(
        "tensor-of-a-fork-s-type-past-the-end",
        "tensor 'b' is cut off",
        file(infos=[INFOS[0], info("b", [256, 2], 156, 32)], data=bytes(200)),
    )
    t.unreadable(
        "tensor-of-unknown-type-past-the-end",
        "tensor 'b' is cut off",
        file(infos=[INFOS[0], info("b", [256, 2], 500, HALF)], data=bytes(200)),
    )
    t.unreadable("dims-of-unknown-type-overflow", "exceeds 2^64", first([1 << 32, 1 << 32], kind=500))
    t.unreadable(
        "a-thousand-and-one-unknown-types",
        "more than 1,000 types that GGUF does not define",
        file(infos=[info(f"t{i}", [8], 1000 + i, 32 * i) for i in range(1001)], data=bytes(32 * 1001)),
    )
    t.fault(
        "unknown-types-that-share-their-offset",
        "ggml type 500",
        file(infos=[info("a", [8], 500, 0), info("b", [0], 501, 0), info("c", [8], 502, 32)], data=bytes(64)),
    )
    t.unreadable(
        "row-is-no-multiple-of-the-block",
        "33 elements a row is not a multiple of Q4_0's 32",
        first([33], TYPE_Q4_0),
    )
    t.unreadable(
        "row-of-one-element-of-a-block",
        "1 element a row is not a multiple of Q4_0's 32",
        first([1, 32], TYPE_Q4_0),
    )
    t.unreadable(
        "tensor-names-stand-twice",
        "two tensors have this name",
        file(infos=[INFOS[0], info("a", [32, 2], TYPE_Q4_0, 32)]),
    )
    t.sound("tensor-name-empty", "sound", first(name=""))
    t.sound("tensor-name-with-a-nul", "sound", first(name="a\0b"))
    t.sound("tensor-name-with-control-characters", "sound", first(name="a\tb\nc\rd\x07\x7f"))
    t.sound("tensor-name-with-terminal-escapes", "sound", first(name="\x1b]0;gotcha\x07\x1b[2J\u009b31m"))
    t.sound("tensor-name-not-utf-8", "sound", first(name=b"\xff\xfe\xc0\xaf"))
    t.sound("tensor-name-of-4096-bytes", "sound", first(name="n" * 4096))
    t.unreadable("tensor-name-of-4097-bytes", "a tensor's name has 4097 bytes", first(name="n" * 4097))
    t.unreadable("tensor-name-of-1-mib", "a tensor's name has 1048576 bytes", first(name="\x1b" * (1 << 20)))

    # ---- where tensors lie
    t.fault(
        "offset-off-its-alignment",
        "begins at byte 33 of the data section, but 32 was expected",
        file(infos=[INFOS[0], info("b", [32, 2], TYPE_Q4_0, 33)], data=DATA + bytes(32)),
    )
    t.fault(
        "hole",
        "begins at byte 64 of the data section, but 32 was expected",
        file(infos=[INFOS[0], info("b", [32, 2], TYPE_Q4_0, 64)], data=DATA[:32] + bytes(32) + DATA[32:]),
    )
    t.fault(
        "not-in-the-order-of-the-data",
        "but 0 was expected",
        file(infos=[info("a", [5], TYPE_F32, 64), info("b", [32, 2], TYPE_Q4_0, 0)], data=bytes(96)),
    )
    t.fault(
        "first-tensor-not-at-0",
        "begins at byte 32 of the data section, but 0 was expected",
        file(infos=[info("a", [5], TYPE_F32, 32)], data=bytes(64)),
    )
    t.unreadable(
        "overlap",
        "inside tensor 'b'",
        file(infos=[info("a", [5], TYPE_F32, 32), info("b", [32, 2], TYPE_Q4_0, 0)], data=bytes(64)),
    )
    t.unreadable(
        "tensors-share-their-bytes", "inside tensor 'a'", file(infos=[INFOS[0], info("b", [20], TYPE_I8, 0)])
    )
    t.unreadable("past-the-end", "is cut off", good[:-40])
    t.unreadable("no-data-at-all", "are cut off", file(data=b""))
    t.unreadable(
        "tensor-of-no-bytes-past-the-end",
        "is cut off",
        file(infos=[INFOS[0], info("b", [0], TYPE_F32, 320)]),
    )
    t.add("last-padding-missing", Verdict.SOUND, "the file ends without its last padding", good[:-28])
    t.add("last-padding-short", Verdict.SOUND, "the file ends without its last padding", good[:-1])
    t.unreadable("last-tensor-lacks-a-byte", "is cut off", good[:-29])
    t.sound("no-tensors", "sound", file(infos=[], data=b""))
    t.sound("no-tensors-and-no-padding", "", file(infos=[], data=b"", pad=False))
    return t
