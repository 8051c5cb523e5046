"""AERO: zstd frames, the control-plane hash and page hashes."""

import struct
from typing import Any

from aero_file import (
    OPTIONAL,
    TENSORS,
    WEIGHTS,
    ZSTD,
    Chunk,
    compressed,
    controlled_chunks,
    index_chunk,
    model,
    pages,
    with_control_hash,
)
from case import Table, Verdict
from frames import MAGIC, frame, frame_of, header, raw, run
from packing import map_header, pack, text_header

MIB = 1 << 20
GIB = 1 << 30
HIGHEST = (1 << 64) - 1


def with_frame(data: bytes, ulen: int | None = None) -> bytes:
    return model(index=compressed(index_chunk(), data, ulen)).bytes()


def bomb(blocks: list, size: int, window_log: int = 17) -> bytes:
    """A TIDX that is said to hold, and holds, `size` bytes."""
    chunk = Chunk("TIDX", "tensors", frame(blocks, size, window_log), ZSTD | 4, ulen=size, digest=bytes(32))
    return model(index=chunk).bytes()


def mmsg_bomb(blocks: list, size: int, window_log: int = 17) -> bytes:
    file = model(packed_manifest=frame(blocks, size, window_log))
    return file.entry("MMSG", "flags", ZSTD).entry("MMSG", "ulen", size).bytes()


def text_of(length: int) -> list:
    return raw(text_header(length)) + run(b"x", length)


def skipped_text(length: int) -> bytes:
    """{"x": a string of that many bytes, "tensors": []}"""
    blocks = raw(map_header(2) + pack("x")) + text_of(length) + raw(pack("tensors") + b"\x90")
    return bomb(blocks, sum(size for _, _, size in blocks))


def built_texts(count: int, length: int, window_log: int = 17) -> bytes:
    """MMSG's "format", which is always kept while it is read, as an array of large strings."""
    blocks = raw(map_header(1) + pack("format") + bytes([0x90 | count]))
    for _ in range(count):
        blocks += text_of(length)
    return mmsg_bomb(blocks, sum(size for _, _, size in blocks), window_log)


def two_texts() -> bytes:
    """One large text that MMSG is to keep, and one that TIDX is to."""
    blocks = raw(map_header(1) + pack("quant_descriptors")) + text_of(95 * MIB)
    kept = frame(blocks, sum(size for _, _, size in blocks), 24)
    ulen = sum(size for _, _, size in blocks)
    blocks = raw(map_header(1) + pack("tensors") + b"\x91" + map_header(1) + pack("u")) + text_of(95 * MIB)
    size = sum(size for _, _, size in blocks)
    index = Chunk("TIDX", "tensors", frame(blocks, size, 24), ZSTD | 4, ulen=size, digest=bytes(32))
    file = model(index=index, packed_manifest=kept)
    return file.entry("MMSG", "flags", ZSTD).entry("MMSG", "ulen", ulen).bytes()


def json_bomb(blocks: list, digest: bytes = b"\1" * 32) -> bytes:
    size = sum(size for _, _, size in blocks)
    data = frame(blocks, size)
    return model(json_=Chunk("MJSN", "meta.json", data, ZSTD, ulen=size, digest=digest)).bytes()


def controlled(edit: Any = None, pad: bytes | None = None) -> bytes:
    return with_control_hash(controlled_chunks(), edit, pad).bytes()


def flipped(offset: int) -> bytes:
    data = bytearray(controlled())
    data[offset] ^= 0x10
    return bytes(data)


def paged(**keys: Any) -> bytes:
    from blake3 import blake3

    content = {
        "shard_name": "weights.shard0",
        "page_size": 16,
        "digests": [blake3(WEIGHTS[:16]), blake3(WEIGHTS[16:])],
        **keys,
    }
    return model(
        more=[pages(content={key: value for key, value in content.items() if value is not None})]
    ).bytes()


def side(name: str | bytes, data: bytes = b"{}", **more: Any) -> Chunk:
    return Chunk("FILE", name, frame_of(data), ZSTD | OPTIONAL, plain=data, **more)


def beside(*chunks: Chunk) -> bytes:
    return model(more=chunks).bytes()


def side_files(t: Table) -> None:
    t.sound("side-file", "sound", beside(side("config.json"), side("a/b/LICENSE", b"")))
    t.sound("side-file-uncompressed", "sound", beside(Chunk("FILE", "config.json", b"{}", OPTIONAL)))
    for name, path, why in (
        ("leads-out", "../../x.json", "leads out of the directory"),
        ("leads-out-later", "a/../../x.json", "leads out of the directory"),
        ("is-absolute", "/etc/x.json", "is absolute"),
        ("has-an-empty-part", "a//b.json", "has a part that is empty or hidden"),
        ("is-a-directory", "a.json/", "has a part that is empty or hidden"),
        ("is-hidden", ".ssh/config.json", "has a part that is empty or hidden"),
        ("is-empty", "", "is empty"),
        ("has-escapes", "\x1b[2J.json", "has a control character"),
        ("has-a-backslash", "a\\b.json", "has a control character or a backslash"),
        ("is-not-utf-8", b"\xff.json", "is not UTF-8"),
        ("is-of-4096-bytes", "x" * 4091 + ".json", "is too long"),
        ("is-weights", "model.safetensors", "does not name a side file"),
        ("is-an-index", "model.safetensors.index.json", "does not name a side file"),
        ("is-an-index-of-a-set", "model.aeroset.json", "does not name a side file"),
        ("is-a-program", "bin/run.sh", "does not name a side file"),
        ("is-a-licence-of-weights", "LICENSE.gguf", "does not name a side file"),
    ):
        t.fault(f"side-file-path-{name}", why, beside(side("README.md"), side(path)))
    t.unreadable("side-file-twice", "two chunks are called FILE a.json", beside(side("a.json"), side("a.json")))
    t.sound("side-file-twice-but-for-case", "sound", beside(side("a.json"), side("A.json")))
    t.fault(
        "side-file-and-directory",
        "'a.json' is a directory of 'a.json/b.json' too",
        beside(side("a.json"), side("a.json/b.json")),
    )
    t.fault(
        "side-file-that-is-required",
        "its flags are 0, those of FILE are 8",
        beside(Chunk("FILE", "config.json", b"{}")),
    )
    t.weights("side-file-of-another-hash", "is corrupt: its BLAKE3 is", beside(side("a.json", digest=b"\1" * 32)))
    t.weights("side-file-that-is-no-frame", "cannot be decompressed", beside(
        Chunk("FILE", "a.json", b"{}", ZSTD | OPTIONAL, ulen=2)))
    t.weights(
        "side-file-that-holds-more",
        "more than the 2 bytes that the TOC says",
        beside(Chunk("FILE", "a.json", frame(run(b" ", GIB), None), ZSTD | OPTIONAL, ulen=2, digest=bytes(32))),
    )
    t.fault(
        "bomb-in-a-side-file",
        "at most 64.0 MiB are carried",
        beside(Chunk("FILE", "a.json", frame(run(b" ", GIB), GIB), ZSTD | OPTIONAL, ulen=GIB, digest=bytes(32))),
    )
    t.fault(
        "bomb-in-side-files",
        "at most 256.0 MiB are carried",
        beside(
            *(
                Chunk("FILE", f"{i}.json", frame(run(b" ", 60 * MIB), 60 * MIB), ZSTD | OPTIONAL, ulen=60 * MIB)
                for i in range(5)
            )
        ),
    )
    t.fault(
        "side-files-of-5000",
        "5,000 side files; at most 4,096 are carried",
        beside(*(side(f"{i}.json") for i in range(5000))),
    )


def cases() -> Table:
    t = Table("aero")
    good = index_chunk().stored
    frame_good = frame_of(good)

    # ---- one zstd frame fills the chunk
    t.sound("zstd-frame-of-raw-blocks", "sound", with_frame(frame_good))
    t.sound("zstd-frame-without-content-size", "sound", with_frame(frame(raw(good), None)))
    t.unreadable("zstd-no-frame", "does not begin with a zstd frame", with_frame(good))
    t.unreadable("zstd-frame-empty", "cannot be decompressed", with_frame(b""))
    t.unreadable("zstd-frame-cut-short", "cannot be decompressed", with_frame(frame_good[:-1]))
    t.unreadable("zstd-nothing-but-the-magic", "cannot be decompressed", with_frame(MAGIC))
    t.unreadable(
        "zstd-content-size-too-small",
        f"its zstd frame says {len(good) - 1} bytes",
        with_frame(frame(raw(good), len(good) - 1)),
    )
    t.unreadable(
        "zstd-content-size-too-large",
        f"its zstd frame says {len(good) + 1} bytes",
        with_frame(frame(raw(good), len(good) + 1)),
    )
    t.unreadable(
        "zstd-content-size-2-63",
        f"its zstd frame says {1 << 63} bytes",
        with_frame(frame(raw(good), 1 << 63)),
    )
    # 2^64-1 and 2^64-2 are what libzstd's function says of no size and of an error.
    t.unreadable(
        "zstd-content-size-2-64-1",
        f"its zstd frame says {HIGHEST} bytes",
        with_frame(frame(raw(good), HIGHEST)),
    )
    t.unreadable(
        "zstd-content-size-2-64-2", "cannot be decompressed", with_frame(frame(raw(good), HIGHEST - 1))
    )
    t.unreadable(
        "zstd-holds-more-than-both-sizes-say",
        "cannot be decompressed",
        with_frame(frame(raw(good + b"\0"), len(good)), len(good)),
    )
    t.unreadable(
        "zstd-holds-less-than-both-sizes-say",
        "cannot be decompressed",
        with_frame(frame(raw(good[:-1]), len(good)), len(good)),
    )
    t.unreadable(
        "zstd-holds-more-than-ulen",
        f"more than the {len(good)} bytes that the TOC says",
        with_frame(frame(raw(good + b"\0" * 9), None), len(good)),
    )
    t.unreadable("zstd-holds-less-than-ulen", "TIDX", with_frame(frame(raw(good[:-1]), None), len(good)))
    t.unreadable(
        "zstd-two-frames", "bytes follow the zstd frame", with_frame(frame_good + frame_of(b"x"), len(good))
    )
    t.unreadable(
        "zstd-two-frames-that-make-one",
        "cannot be decompressed",
        with_frame(frame(raw(good[:9]), None) + frame(raw(good[9:]), None), len(good)),
    )
    t.unreadable(
        "zstd-bytes-behind-the-frame",
        "bytes follow the zstd frame",
        with_frame(frame_good + b"\0", len(good)),
    )
    t.unreadable(
        "zstd-skippable-frame-first",
        "cannot be decompressed",
        with_frame(struct.pack("<II", 0x184D2A50, 4) + b"skip" + frame_good, len(good)),
    )
    t.unreadable(
        "zstd-skippable-frame-behind",
        "bytes follow the zstd frame",
        with_frame(frame_good + struct.pack("<II", 0x184D2A50, 4) + b"skip", len(good)),
    )
    t.unreadable(
        "zstd-dictionary-id",
        "cannot be decompressed",
        with_frame(MAGIC + b"\x01\x38\x07" + frame(raw(good), None)[6:], len(good)),
    )
    t.unreadable(
        "zstd-reserved-block-type",
        "cannot be decompressed",
        with_frame(header(None) + struct.pack("<I", 5 << 3 | 3 << 1 | 1)[:3] + bytes(5), len(good)),
    )
    t.unreadable(
        "zstd-block-over-128-kib",
        "cannot be decompressed",
        with_frame(
            header(None) + struct.pack("<I", (128 << 10) + 1 << 3 | 1 << 1 | 1)[:3] + b"x", (128 << 10) + 1
        ),
    )
    t.unreadable(
        "zstd-window-of-2-gib", "cannot be decompressed", with_frame(frame(raw(good), None, 31), len(good))
    )
    t.unreadable(
        "zstd-window-of-16-exbibytes",
        "cannot be decompressed",
        with_frame(MAGIC + b"\x00\xff" + raw_block(good), len(good)),
    )
    t.unreadable("zstd-window-of-128-mib", "cannot be decompressed", with_frame(frame(raw(good), None, 27)))
    t.sound("zstd-window-of-16-mib", "sound", with_frame(frame(raw(good), None, 24)))
    t.unreadable(
        "zstd-endless-empty-blocks",
        "cannot be decompressed",
        with_frame(header(None) + b"\0\0\0" * 100_000, len(good)),
    )

    # ---- what would take much memory or time
    t.unreadable(
        "bomb-of-2-gib-said-to-be-small",
        f"more than the {len(good)} bytes that the TOC says",
        with_frame(frame(run(b"\xc0", 2 * GIB), None), len(good)),
    )
    t.unreadable("bomb-of-2-gib-of-nil", "it is not a map", bomb(run(b"\xc0", 2 * GIB), 2 * GIB))
    t.unreadable("bomb-of-a-text-of-2-gib", "holds a string of more than 96 MiB", skipped_text(2 * GIB - 100))
    t.unreadable("bomb-of-a-text-of-95-mib", "is corrupt: its BLAKE3 is", skipped_text(95 * MIB))
    t.unreadable(
        "bomb-of-100-million-tensors",
        'entry 0 of TIDX has no "name"',
        bomb(
            raw(map_header(1) + pack("tensors") + b"\xdd\x05\xf5\xe1\x00") + run(b"\x80", 100_000_000),
            len(map_header(1) + pack("tensors")) + 5 + 100_000_000,
        ),
    )
    t.unreadable("bomb-of-100-million-numbers-in-an-unknown-key", "takes too much memory", unknown_numbers())
    t.unreadable("bomb-of-keys", "is corrupt: its BLAKE3 is", many_keys())
    t.unreadable("bomb-of-one-built-text", "is corrupt: its BLAKE3 is", built_texts(1, 95 * MIB, 24))
    t.unreadable("bomb-of-built-texts", "takes too much memory", built_texts(15, 95 * MIB, 24))
    t.unreadable(
        "bomb-of-a-built-text-in-mmsg-and-in-tidx", 'the value of "u" takes too much memory', two_texts()
    )
    t.unreadable(
        "bomb-of-built-maps",
        "takes too much memory",
        mmsg_bomb(
            raw(map_header(1) + pack("format") + b"\xdd\x01\x00\x00\x00") + run(b"\x80", 1 << 24),
            len(map_header(1) + pack("format")) + 5 + (1 << 24),
        ),
    )
    for name, last in (("number", b"\x01"), ("map", b"\x80")):
        t.unreadable(
            f"bomb-of-booleans-and-a-{name}",
            "takes too much memory",
            mmsg_bomb(
                raw(map_header(1) + pack("format") + b"\xdd\x01\x00\x00\x01")
                + run(b"\xc3", 1 << 24)
                + raw(last),
                len(map_header(1) + pack("format")) + 5 + (1 << 24) + 1,
            ),
        )
    t.unreadable(
        "bomb-of-empty-texts",
        "takes too much memory",
        mmsg_bomb(
            raw(map_header(1) + pack("format") + b"\xdf\x05\xf5\xe1\x00") + run(b"\xa0", 200_000_000),
            len(map_header(1) + pack("format")) + 5 + 200_000_000,
        ),
    )
    t.unreadable(
        "bomb-of-32-gib-in-tidx", "at most 2147483648 are allowed", bomb(run(b"\x80", 32 * GIB), 32 * GIB)
    )
    t.unreadable(
        "bomb-of-32-gib-in-mmsg",
        "at most 2147483648 are allowed",
        mmsg_bomb(run(b"\x80", 32 * GIB), 32 * GIB),
    )
    t.unreadable(
        "bomb-in-mjsn-of-32-mib",
        "is corrupt: its BLAKE3 is",
        json_bomb(raw(b'{"a":"') + run(b"x", 31 * MIB) + raw(b'"}')),
    )
    # With a hash of zeros, a known defect, it is read: everything has to bear it.
    t.fault(
        "bomb-in-mjsn-of-a-key-of-31-mib",
        "a known defect of one writer",
        json_bomb(raw(b'{"') + run(b"x", 31 * MIB) + raw(b'":1}'), bytes(32)),
    )
    t.unreadable(
        "bomb-in-mjsn-of-digits",
        "is corrupt: its BLAKE3 is",
        json_bomb(raw(b'{"a":') + run(b"1", 31 * MIB) + raw(b'}')),
    )
    t.unreadable("bomb-in-mjsn-of-brackets", "nested deeper", json_bomb(run(b"[", 31 * MIB), bytes(32)))
    t.unreadable("bomb-in-mjsn-over-32-mib", "at most 32.0 MiB are read", json_bomb(run(b" ", 33 * MIB)))
    t.add(
        "bomb-in-an-unknown-chunk",
        Verdict.WEIGHTS,
        "is corrupt: its BLAKE3 is",
        model(
            more=[Chunk("XTRA", "x", frame(run(b"\0", GIB), GIB), ZSTD, ulen=GIB, digest=bytes(32))]
        ).bytes(),
    )
    t.unreadable(
        "bomb-in-an-unknown-chunk-said-to-be-2-64-1",
        "at most 2147483648 are allowed",
        model(
            more=[Chunk("XTRA", "x", frame(run(b"\0", GIB), None), ZSTD, ulen=HIGHEST, digest=bytes(32))]
        ).bytes(),
    )

    # ---- FILE
    side_files(t)

    # ---- IHSH
    t.sound("control-hash", "sound", controlled())
    t.unreadable("control-hash-of-257-bytes", "has 257 bytes, not 256", control_payload(bytes(257)))
    t.unreadable(
        "control-hash-compressed",
        "is compressed, which is not allowed",
        control_payload(frame_of(bytes(256)), ZSTD, 256),
    )
    t.unreadable("control-hash-of-zeros", "IHSH 'control.integrity'", control_payload(bytes(256)))
    t.unreadable("control-hash-not-msgpack", "IHSH 'control.integrity'", control_payload(b"\xc1" * 256))
    t.unreadable(
        "control-hash-another-algorithm",
        "its algorithm is 'sha-256', not blake3-256",
        controlled(lambda content: content.update(algo="sha-256")),
    )
    t.unreadable(
        "control-hash-algorithm-with-escapes",
        "not blake3-256",
        controlled(lambda content: content.update(algo="\x1b[2J")),
    )
    t.unreadable(
        "control-hash-without-digest",
        "it has no digest",
        controlled(lambda content: content.pop("digest") and None),
    )
    t.unreadable(
        "control-hash-digest-of-31-bytes",
        'its "digest" is malformed',
        controlled(lambda content: content.update(digest=bytes(31))),
    )
    t.unreadable(
        "control-hash-digest-wrong",
        "header, TOC or string table are corrupt",
        controlled(lambda content: content.update(digest=bytes(32))),
    )
    t.unreadable(
        "control-hash-covers-nothing",
        "covered_ranges reach to byte 0",
        controlled(lambda content: content.update(covered_ranges=[[0, 0]])),
    )
    t.unreadable(
        "control-hash-without-ranges",
        "covered_ranges",
        controlled(lambda content: content.update(covered_ranges=[])),
    )
    t.unreadable(
        "control-hash-leaves-out-the-header",
        "covered_ranges reach to byte 0",
        controlled(lambda content: content.update(covered_ranges=[[1, content["covered_ranges"][0][1]]])),
    )
    t.unreadable(
        "control-hash-leaves-out-the-string-table",
        "but header, TOC and string table to byte",
        controlled(lambda content: content.update(covered_ranges=[[0, 512]])),
    )
    t.unreadable(
        "control-hash-range-backwards",
        "is not inside the control region",
        controlled(lambda content: content.update(covered_ranges=[[9, 3]])),
    )
    t.unreadable(
        "control-hash-range-to-2-64-1",
        "is not inside the control region",
        controlled(lambda content: content.update(covered_ranges=[[0, HIGHEST]])),
    )
    t.unreadable(
        "control-hash-range-in-pieces",
        "covered_ranges overlap or are cut in pieces",
        controlled(
            lambda content: content.update(covered_ranges=[[0, 96], [96, content["covered_ranges"][0][1]]])
        ),
    )
    t.unreadable(
        "control-hash-range-of-three",
        "are not pairs of numbers",
        controlled(lambda content: content.update(covered_ranges=[[0, 1, 2]])),
    )
    t.unreadable(
        "control-hash-range-of-one",
        "are not pairs of numbers",
        controlled(lambda content: content.update(covered_ranges=[[0]])),
    )
    t.unreadable(
        "control-hash-range-of-text",
        "IHSH",
        controlled(lambda content: content.update(covered_ranges=[["0", "1"]])),
    )
    t.fault("control-hash-bytes-behind-it", "bytes follow its msgpack object", controlled(pad=b"\0\1"))
    t.unreadable("control-hash-uuid-flipped", "header, TOC or string table are corrupt", flipped(52))
    t.unreadable(
        "control-hash-unknown-flag-flipped",
        "header, TOC or string table are corrupt",
        flipped(96 + 16 + 80 * 4 + 4),
    )

    # ---- PHSH
    t.sound("page-hashes", "sound", paged())
    t.weights("page-hash-wrong", "page 1 of weights.shard0", paged(digests=[digest(0), bytes(32)]))
    t.fault("page-size-0", "its page size is 0", paged(page_size=0))
    t.fault(
        "page-size-too-small", "it has 2 digests, but the shard has 32 pages of 1 bytes", paged(page_size=1)
    )
    t.fault("page-size-too-large", "it has 2 digests, but the shard has 1 page of", paged(page_size=32))
    t.fault("page-size-2-63", "it has 2 digests, but the shard has 1 page of", paged(page_size=1 << 63))
    t.fault("page-size-2-64-1", "it has 2 digests, but the shard has 1 page of", paged(page_size=HIGHEST))
    t.fault("page-size-missing", "its page size is 0", paged(page_size=None))
    t.fault("page-size-text", 'its "page_size" is malformed', paged(page_size="16"))
    t.fault("page-size-negative", 'its "page_size" is malformed', paged(page_size=-16))
    t.fault("page-digests-too-few", "it has 1 digest, but the shard has 2 pages", paged(digests=[digest(0)]))
    t.fault("page-digests-missing", "it has 0 digests", paged(digests=None))
    t.fault("page-digest-of-31-bytes", "is malformed", paged(digests=[digest(0), bytes(31)]))
    t.fault("page-digests-text", "is malformed", paged(digests="x"))
    t.fault("page-shard-name-of-another", "it is for 'weights.shard1'", paged(shard_name="weights.shard1"))
    t.fault("page-shard-name-missing", "it is for ''", paged(shard_name=None))
    t.fault(
        "page-hashes-of-no-shard",
        "there is no shard with that name",
        model(more=[pages(7, data=WEIGHTS)]).bytes(),
    )
    t.fault("page-hashes-compressed", "is compressed, which is not allowed", compressed_pages())
    t.fault(
        "page-hashes-promise-more",
        "does not fit in the bytes left",
        model(
            more=[
                Chunk(
                    "PHSH",
                    "weights.shard0.phsh",
                    map_header(1) + pack("digests") + b"\xdd\xff\xff\xff\xff",
                    OPTIONAL,
                )
            ]
        ).bytes(),
    )
    return t


def raw_block(data: bytes) -> bytes:
    return struct.pack("<I", len(data) << 3 | 1)[:3] + data


def digest(page: int) -> bytes:
    from blake3 import blake3

    return blake3(WEIGHTS[16 * page : 16 * page + 16])


def compressed_pages() -> bytes:
    chunk = pages()
    return model(more=[compressed(chunk, frame_of(chunk.stored))]).bytes()


def control_payload(payload: bytes, flags: int = 0, ulen: int | None = None) -> bytes:
    from aero_file import lay_out

    return lay_out(
        [Chunk("IHSH", "control.integrity", payload, OPTIONAL | flags, ulen=ulen), *controlled_chunks()]
    ).bytes()


def unknown_numbers() -> bytes:
    """A tensor with an unknown key that holds 100 million numbers."""
    first = pack(TENSORS[0])
    head = (
        map_header(1)
        + pack("tensors")
        + b"\x91"
        + bytes([first[0] + 1])
        + first[1:]
        + pack("x")
        + b"\xdd\x05\xf5\xe1\x00"
    )
    return bomb(raw(head) + run(b"\x01", 100_000_000), len(head) + 100_000_000)


def many_keys() -> bytes:
    """A map of 100 million pairs of nil in an unknown key."""
    head = map_header(1) + pack("x") + b"\xdf\x05\xf5\xe1\x00"
    return bomb(raw(head) + run(b"\xc0", 200_000_000), len(head) + 200_000_000)
