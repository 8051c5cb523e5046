"""AERO: header, TOC, string table, and where payloads lie."""

import struct

from aero_file import Chunk, File, OPTIONAL, TENSORS, ZSTD, entry, lay_out, model, shard, F32, U8
from case import Table
from frames import frame_of

HIGHEST = (1 << 64) - 1
HALF = 1 << 63


def put(offset: int, new: bytes) -> bytes:
    return model().put(offset, new).bytes()


def header(name: str, value: int) -> bytes:
    return model().header(name, value).bytes()


def toc(which: str, name: str, value: int | bytes) -> bytes:
    return model().entry(which, name, value).bytes()


def table(name: str | bytes) -> bytes:
    """A chunk of an unknown kind with this name."""
    return model(more=[Chunk("XTRA", name, b"extra", OPTIONAL)]).bytes()


def moved_table(begin: int, length: int | None = None) -> bytes:
    """The string table said to lie elsewhere."""
    file = model().header("string_offset", begin)
    return (file if length is None else file.header("string_length", length)).bytes()


def unaligned_strings() -> bytes:
    """The string table begins at an odd place, all else is as it should be."""
    file = model()
    end = file.strings + file.strings_length
    room = file.offsets[0] - end
    assert room >= 0
    names = bytes(file.data[file.strings : end])
    # Its last bytes are padding: shifted by one it still holds all names.
    assert names.endswith(b"\0\0")
    file.put(file.strings, b"\0" + names[:-1])
    return (
        file.header("string_offset", file.strings + 1)
        .header("string_length", file.strings_length - 1)
        .bytes()
    )


def short_table() -> bytes:
    file = model()
    return file.header("string_length", file.strings_length - 1).bytes()


def toc_after_the_payloads() -> bytes:
    """Readers find the TOC by its offset: it may lie at the end."""
    file = model()
    length = struct.unpack_from("<Q", file.data, 20)[0]
    toc_bytes = bytes(file.data[96 : 96 + length])
    file.put(96, bytes(length))
    at = len(file.data) + -len(file.data) % 16
    file.data += bytes(at - len(file.data)) + toc_bytes
    return file.header("toc_offset", at).bytes()


def shared_strings() -> bytes:
    """Two entries with one name in the table; their FourCCs differ."""
    file = model(more=[Chunk("XTRA", "weights.shard0", b"extra", OPTIONAL)])
    return file.entry(
        "XTRA", "name_off", struct.unpack_from("<I", file.data, 96 + 16 + 80 * 3 + 32)[0]
    ).bytes()


def payload_at(which: str, offset: int) -> bytes:
    return toc(which, "offset", offset)


def aliasing(first: str, second: str) -> bytes:
    """The two chunks share a payload."""
    file = model(shards=[shard(0), shard(1)], tensors=[*TENSORS, entry("d", U8, [3], 0, 3, shard=1)])
    return file.entry(second, "offset", file.payload(first)).bytes()


def many_entries(count: int) -> bytes:
    return lay_out([Chunk("TIDX", "tensors", b"\x81\xa7tensors\x90")], count=count).bytes()


def doubled(fourcc: str, name: str) -> bytes:
    return model(more=[Chunk(fourcc, name, b"\x80")]).bytes()


def cases() -> Table:
    t = Table("aero")
    good = model()

    # ---- the file header
    t.unreadable("empty", "is empty", b"")
    t.unreadable("header-of-95-bytes", "an AERO header takes 96", good.bytes()[:95])
    t.unreadable("nothing-but-a-header", "the TOC (336 bytes at 96) is not inside", good.bytes()[:96])
    t.unreadable("magic", "does not begin with 'AERO'", put(0, b"AERo"))
    t.unreadable("version-0.0", "AERO version 0.0", header("minor", 0))
    t.unreadable("version-0.2", "AERO version 0.2", header("minor", 2))
    t.unreadable("version-1.1", "AERO version 1.1", header("major", 1))
    t.unreadable("version-highest", "AERO version 65535.65535", put(4, b"\xff" * 4))
    t.unreadable("header-size-95", "header_size is 95, not 96", header("header_size", 95))
    t.unreadable("header-size-0", "header_size is 0, not 96", header("header_size", 0))
    t.unreadable("header-size-highest", "header_size is 4294967295", header("header_size", (1 << 32) - 1))
    t.unreadable("file-flags-1", "file_flags is 1", header("file_flags", 1))
    t.unreadable("file-flags-2-63", f"file_flags is {HALF}", header("file_flags", HALF))
    t.fault("header-reserved-first", "reserved header bytes are not zero", put(68, b"\1"))
    t.fault("header-reserved-last", "reserved header bytes are not zero", put(95, b"\x80"))

    # ---- where the TOC and the string table lie
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1")):
        t.unreadable(f"toc-offset-{word}", "is not inside the file", header("toc_offset", value))
        t.unreadable(f"toc-length-{word}", "is not inside the file", header("toc_length", value))
        t.unreadable(f"string-table-offset-{word}", "is not inside the file", header("string_offset", value))
        t.unreadable(
            f"string-table-length-{word}", "at most 536870912 are allowed", header("string_length", value)
        )
    t.unreadable("toc-offset-overflows", "is not inside the file", header("toc_offset", HIGHEST - 335))
    t.unreadable(
        "string-table-offset-overflows",
        "is not inside the file",
        header("string_offset", HIGHEST - good.strings_length + 1),
    )
    t.unreadable("toc-overlaps-the-header", "the TOC overlaps the header", header("toc_offset", 95))
    t.unreadable("toc-at-0", "the TOC overlaps the header", header("toc_offset", 0))
    t.unreadable(
        "toc-length-15", "toc_length is 15, but the TOC's header alone takes 16", header("toc_length", 15)
    )
    t.unreadable("toc-length-0", "toc_length is 0", header("toc_length", 0))
    t.unreadable("toc-length-lacks-a-byte", "4 entries take 336", header("toc_length", 335))
    t.unreadable(
        "toc-length-and-the-string-table", "the string table overlaps the TOC", header("toc_length", 337)
    )
    t.unreadable("string-table-overlaps-the-header", "the string table overlaps the header", moved_table(88))
    t.unreadable(
        "string-table-overlaps-the-toc", "the string table overlaps the TOC", moved_table(good.strings - 8)
    )
    t.unreadable(
        "string-table-past-the-end",
        "is not inside the file",
        header("string_length", len(good.data) - good.strings + 8),
    )
    t.unreadable(
        "string-table-over-the-cap", "at most 536870912 are allowed", header("string_length", 536_870_920)
    )
    t.unreadable(
        "string-table-over-payloads",
        "overlaps the string table",
        header("string_length", good.strings_length + 64),
    )
    t.fault("string-table-off-its-alignment", "the string table is not 8-byte aligned", unaligned_strings())
    t.fault("string-table-length-no-multiple-of-8", "length is not a multiple of 8", short_table())
    t.fault(
        "string-table-padding",
        "the padding of the string table is not zero",
        put(good.strings + good.strings_length - 1, b"x"),
    )
    t.sound("toc-behind-the-payloads", "sound", toc_after_the_payloads())

    # ---- the TOC header
    t.unreadable("entry-count-of-one-more", "5 entries take 416", many_entries_of(good, 5))
    t.unreadable("entry-count-over-the-cap", "at most 1000000 are allowed", many_entries(1_000_001))
    t.unreadable("entry-count-at-the-cap", "1000000 entries take 80000016", many_entries(1_000_000))
    t.unreadable("entry-count-highest", "the TOC has 4294967295 entries", many_entries((1 << 32) - 1))
    t.unreadable("entry-count-0", "there is no TIDX chunk", many_entries_of(good, 0))
    t.unreadable(
        "entry-count-of-one-less", "the padding of the string table is not zero", many_entries_of(good, 3)
    )
    t.fault("toc-header-reserved-first", "reserved bytes of the TOC header", put(100, b"\1"))
    t.fault("toc-header-reserved-last", "reserved bytes of the TOC header", put(111, b"\1"))

    # ---- TOC entries
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1")):
        t.unreadable(f"chunk-offset-{word}", "cut off", toc("WTSH", "offset", value))
        t.unreadable(f"chunk-length-{word}", "cut off", toc("WTSH", "length", value))
        t.unreadable(f"chunk-ulen-{word}", "its two lengths differ", toc("WTSH", "ulen", value))
        t.unreadable(f"metadata-ulen-{word}", "at most 2147483648 are allowed", toc("MMSG", "ulen", value))
        t.fault(f"chunk-reserved-{word}", "its reserved field is not zero", toc("WTSH", "reserved", value))
    t.unreadable("chunk-offset-overflows", "cut off", payload_at("WTSH", HIGHEST - 31))
    t.unreadable("chunk-offset-at-the-end", "cut off", payload_at("WTSH", len(good.data)))
    t.unreadable(
        "chunk-length-one-more-than-the-file",
        "cut off",
        model().entry("WTSH", "length", 33).entry("WTSH", "ulen", 33).bytes(),
    )
    t.unreadable(
        "metadata-ulen-over-the-cap",
        "at most 2147483648 are allowed",
        model().entry("TIDX", "flags", ZSTD).entry("TIDX", "ulen", (1 << 31) + 1).bytes(),
    )
    t.unreadable(
        "name-offset-highest", "its name is outside the string table", toc("WTSH", "name_off", (1 << 32) - 1)
    )
    t.unreadable(
        "name-offset-one-past-the-table",
        "its name is outside the string table",
        toc("WTSH", "name_off", good.strings_length - 13),
    )
    t.unreadable(
        "name-length-highest", "its name is outside the string table", toc("WTSH", "name_len", (1 << 32) - 1)
    )
    t.unreadable("name-length-over-the-cap", "its name has 4097 bytes", table("x" * 4097))
    t.sound("name-length-at-the-cap", "sound", table("x" * 4096))
    t.unreadable("name-of-1-mib", "its name has 1048576 bytes", table("x" * (1 << 20)))
    t.fault("name-without-nul", "its name does not end with a NUL", toc("MJSN", "name_len", 8))
    t.fault("name-with-a-nul", "its name is not UTF-8 text", table("a\0b"))
    t.fault("name-that-is-not-utf-8", "its name is not UTF-8 text", table(b"\xff\xfe"))
    t.fault("name-utf-8-overlong", "its name is not UTF-8 text", table(b"\xc0\xaf"))
    t.fault("name-utf-8-surrogate", "its name is not UTF-8 text", table(b"\xed\xa0\x80"))
    t.sound("name-with-control-characters", "sound", table("a\tb\n\x07\x7f"))
    t.sound("name-with-terminal-escapes", "sound", table("\x1b]0;gotcha\x07\x1b[2J\x1b[31m\u009b31m"))
    t.sound("name-empty", "sound", table(""))
    t.fault("mjsn-not-called-meta.json", "not 'meta.json'", renamed("MJSN", "meta.jsoN"))
    t.fault("mmsg-not-called-manifest", "not 'manifest'", renamed("MMSG", "manifesT"))
    t.fault("tidx-not-called-tensors", "not 'tensors'", renamed("TIDX", "tensorS"))
    t.unreadable(
        "shard-not-called-weights", "there is no chunk 'weights.shard0'", renamed("WTSH", "weightz.shard0")
    )
    t.unreadable(
        "shard-number-with-a-leading-zero",
        "there is no chunk 'weights.shard0'",
        renamed("WTSH", "weights.shar00"),
    )
    t.unreadable("fourcc-with-a-nul", "is not ASCII", toc("WTSH", "fourcc", b"WTS\0"))
    t.unreadable("fourcc-with-an-escape", "is not ASCII", toc("WTSH", "fourcc", b"\x1b[2J"))
    t.unreadable("fourcc-of-high-bytes", "is not ASCII", toc("WTSH", "fourcc", b"\xff\xff\xff\xff"))
    t.sound("fourcc-unknown", "sound", table("extra"))
    t.sound("flag-bits-unknown", "sound", toc("WTSH", "flags", 0xFFFFFFF0 | 2))
    t.fault("flags-of-a-shard-none", "its flags are 0, those of WTSH are 2", toc("WTSH", "flags", 0))
    t.fault("flags-of-a-shard-optional", "its flags are 10, those of WTSH are 2", toc("WTSH", "flags", 10))
    t.fault("flags-of-tidx-none", "its flags are 0, those of TIDX are 4", toc("TIDX", "flags", 0))
    t.fault("flags-of-mmsg-mmap-critical", "its flags are 2, those of MMSG are 0", toc("MMSG", "flags", 2))
    t.fault("flags-of-mjsn-optional", "its flags are 8, those of MJSN are 0", toc("MJSN", "flags", 8))
    t.unreadable(
        "shard-flagged-compressed", "is flagged as compressed, which weights never are", toc("WTSH", "flags", 3)
    )
    t.unreadable("two-lengths-differ", "its two lengths differ (32 and 31)", toc("WTSH", "ulen", 31))
    t.unreadable("two-lengths-differ-of-metadata", "its two lengths differ", toc("MJSN", "ulen", 1))
    t.unreadable(
        "two-lengths-differ-of-an-unknown-chunk",
        "its two lengths differ",
        model(more=[Chunk("XTRA", "x", b"extra", ulen=6)]).bytes(),
    )

    # ---- which chunks there are
    t.unreadable(
        "two-chunks-of-one-name",
        "two chunks are called WTSH weights.shard0",
        model(shards=[shard(0), shard(0)]).bytes(),
    )
    t.unreadable("two-tidx", "there are 2 TIDX chunks", doubled("TIDX", "tensors2"))
    t.unreadable("two-mmsg", "there are 2 MMSG chunks", doubled("MMSG", "manifest2"))
    t.unreadable("two-mjsn", "there are 2 MJSN chunks", doubled("MJSN", "meta2.json"))
    t.unreadable(
        "two-ihsh",
        "there are 2 IHSH chunks",
        model(more=[Chunk("IHSH", "a", bytes(256)), Chunk("IHSH", "b", bytes(256))]).bytes(),
    )
    t.fault("no-mmsg-but-a-chunk-of-its-name", "there is no MMSG chunk, but LMSG has its name", toc("MMSG", "fourcc", b"LMSG"))
    t.unreadable("no-tidx", "there is no TIDX chunk", toc("TIDX", "fourcc", b"XIDX"))
    t.fault(
        "no-mjsn-where-mmsg-names-one",
        "chunk 0 is MJSN, but TOC entry 0 is XJSN",
        toc("MJSN", "fourcc", b"XJSN"),
    )

    # ---- payloads
    t.unreadable("toc-entry-overlaps-header", "overlaps the header", payload_at("WTSH", 80))
    t.unreadable("toc-entry-overlaps-the-toc", "overlaps the TOC", payload_at("WTSH", 96 + 16))
    t.unreadable(
        "toc-entry-overlaps-the-string-table",
        "overlaps the string table",
        payload_at("WTSH", good.strings // 16 * 16),
    )
    t.unreadable("payload-at-0", "overlaps the header", payload_at("WTSH", 0))
    t.unreadable("shards-overlap", "share the bytes", overlapping_shards())
    t.unreadable("shards-share-one-payload", "share the bytes", aliasing("weights.shard0", "weights.shard1"))
    t.unreadable(
        "shard-over-metadata", "share the bytes", payload_at("WTSH", good.payload("MMSG") // 16 * 16)
    )
    t.unreadable("metadata-chunks-share-bytes", "share the bytes", shared_metadata())
    t.fault("payload-off-its-alignment", "its payload is not 16-byte aligned", odd_payload())
    t.fault("bytes-behind-the-last-chunk", "lies outside every chunk", model(tail=b"more").bytes())
    t.sound("zeros-behind-the-last-chunk", "sound", model(tail=bytes(100)).bytes())
    t.fault("bytes-between-chunks", "lies outside every chunk", gap(b"\0\0\0\1"))
    t.fault("bytes-behind-the-string-table", "lies outside every chunk", behind_the_table())
    t.unreadable("payload-cut-short", "cut off", good.bytes()[:-1])
    t.weights("hash-of-a-shard", "is corrupt: its BLAKE3 is", toc("WTSH", "hash", bytes(32)))
    t.unreadable("hash-of-mmsg", "is corrupt: its BLAKE3 is", toc("MMSG", "hash", bytes(32)))
    t.unreadable("hash-of-tidx", "is corrupt: its BLAKE3 is", toc("TIDX", "hash", b"\xff" * 32))
    t.unreadable("hash-of-mjsn", "is corrupt: its BLAKE3 is", toc("MJSN", "hash", b"\xff" * 32))
    t.fault("hash-of-mjsn-zero", "a known defect of one writer", toc("MJSN", "hash", bytes(32)))
    t.weights(
        "hash-of-an-unknown-chunk",
        "is corrupt: its BLAKE3 is",
        model(more=[Chunk("XTRA", "x", b"extra", digest=b"\1" * 32)]).bytes(),
    )
    t.weights(
        "unknown-chunk-that-is-no-frame",
        "cannot be decompressed",
        model(more=[Chunk("XTRA", "x", b"extra", ZSTD, ulen=5)]).bytes(),
    )
    t.sound(
        "unknown-chunk-compressed",
        "sound",
        model(more=[Chunk("XTRA", "x", frame_of(b"extra"), ZSTD, plain=b"extra")]).bytes(),
    )
    t.sound(
        "empty-shard", "sound", model(tensors=[entry("a", F32, [0], 0, 0)], shards=[shard(0, b"")]).bytes()
    )
    t.sound("no-shards-and-no-tensors", "sound", model(tensors=[], shards=[]).bytes())
    return t


def many_entries_of(file: File, count: int) -> bytes:
    return model().put(96, struct.pack("<I", count)).bytes()


def renamed(fourcc: str, name: str) -> bytes:
    """The bytes of the name overwritten in the table."""
    file = model()
    chunk = file.chunks[file.index(fourcc)]
    at = bytes(file.data).index(chunk.name_bytes, file.strings)
    return file.put(at, name.encode()).bytes()


def overlapping_shards() -> bytes:
    """The second begins in the last 16 bytes of the first."""
    file = model(shards=[shard(0), shard(1)], tensors=[*TENSORS, entry("d", U8, [3], 0, 3, shard=1)])
    return file.entry("weights.shard1", "offset", file.payload("weights.shard0") + 16).bytes()


def odd_payload() -> bytes:
    skewed = shard(0)
    skewed.align = 1
    skewed.before = b"\0"
    file = model(shards=[skewed])
    while file.payload("WTSH") % 16 == 0:
        skewed.before += b"\0"
        file = model(shards=[skewed])
    return file.bytes()


def gap(stray: bytes) -> bytes:
    late = shard(0)
    late.before = bytes(60) + stray
    return model(shards=[late]).bytes()


def shared_metadata() -> bytes:
    file = model(more=[Chunk("XTRA", "x", b"extra extra")])
    return file.entry("XTRA", "offset", file.payload("MJSN")).bytes()


def behind_the_table() -> bytes:
    """The string table is followed by padding up to the payloads; here that is not zero."""
    file = model(more=[Chunk("XTRA", "x" * 8, b"extra")])
    end = file.strings + file.strings_length
    assert file.offsets[0] - end == 8, file.offsets[0] - end
    return file.put(end, b"\1").bytes()
