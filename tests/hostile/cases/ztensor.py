"""zTensor: the container, the index and where blobs lie, in all versions."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from case import Table
from ztensor_file import (
    ARRAY,
    MAGIC_1,
    MAGIC_2,
    MAP,
    TEXT,
    Cbor,
    Model,
    Pairs,
    Thing,
    cbor,
    data_shard,
    dense,
    double,
    file_0_1,
    file_1,
    file_1_0,
    file_2,
    footer,
    head,
    indefinite,
    model,
    number,
    part,
    text,
    xxh3,
)

DATA = Path(__file__).resolve().parents[2] / "data/zt/bad"
HIGHEST = (1 << 64) - 1
HALF = 1 << 63
MIB = 1 << 20
FILES: dict[str, Callable[..., bytes]] = {
    "v01": file_0_1,
    "v10": file_1_0,
    "v12": file_1,
    "v2": file_2,
}
OBJECTS = {"v10": "tensors", "v12": "objects", "v2": "objects"}
ALIGNMENT = {"v01": 64, "v10": 64, "v12": 64, "v2": 4096}


def changed_byte(data: bytes, at: int, value: int = 1) -> bytes:
    made = bytearray(data)
    made[at] ^= value
    return bytes(made)


# ---- the container


def of_container(t: Table) -> None:
    t.unreadable("empty", "is empty", b"")
    t.unreadable("magic-cut-short", "", MAGIC_2[:7])
    for name, make in FILES.items():
        good = make()
        t.sound(f"{name}-good", "sound", good)
        t.unreadable(f"{name}-magic-alone", "FileTooSmall", good[:8])
        t.unreadable(f"{name}-magic-and-a-byte", "FileTooSmall", good[:9])
        for at in (0, 7):
            t.unreadable(f"{name}-first-magic-{at}", "", changed_byte(good, at))
        t.unreadable(f"{name}-last-byte-missing", "", good[:-1])
        t.unreadable(f"{name}-a-byte-more", "", good + b"\0")
        t.unreadable(f"{name}-8-bytes-more", "", good + bytes(8))
    t.sound("v01-no-tensors", "sound", file_0_1({}))
    t.sound("v01-size-0", "sound", file_0_1({}, index=b""))
    t.sound("v10-no-tensors", "sound", file_1_0({}))
    t.sound("v12-no-tensors", "sound", file_1({}))
    t.sound("v2-no-tensors", "sound", file_2({}))
    t.unreadable("v2-of-47-bytes", "FileTooSmall", MAGIC_2 + footer(0, 0, 0)[1:])
    t.sound("v2-data-shard", "W-PART-ALONE", data_shard(b"weights"))
    t.sound("v2-data-shard-of-48-bytes", "W-PART-ALONE", data_shard())

    # The size of the index, where versions 0.1 and 1 have it.
    for name in ("v01", "v10", "v12"):
        make = FILES[name]
        for value, word in ((HIGHEST, "2-64-1"), (HALF, "2-63"), (MIB, "past-the-start")):
            t.unreadable(f"{name}-index-size-{word}", "", make(size=value))
        size = len(make()) - 8 - (8 if name == "v12" else 0)
        t.unreadable(f"{name}-index-size-into-the-magic", "", make(size=size - 7))
        t.unreadable(f"{name}-index-size-up-to-the-magic", "", make(size=size - 8))
        t.unreadable(f"{name}-index-size-of-one-less", "", make(size=index_size(name) - 1))
        t.unreadable(f"{name}-index-size-of-one-more", "", make(size=index_size(name) + 1))
        t.unreadable(f"{name}-index-size-0", "ManifestBounds", make(size=0))
        t.unreadable(f"{name}-index-over-1-gib", "ManifestTooLarge", large_index(name))
    t.unreadable("v12-last-magic", "FooterMagic", file_1(last_magic=b"ZTEN1001"))
    t.unreadable("v12-last-magic-of-0-1", "FooterMagic", file_1(last_magic=b"ZTEN0001"))
    t.unreadable("v12-last-magic-missing", "", file_1(last_magic=b""))
    t.unreadable("v10-last-magic-of-1-1", "", file_1_0(end=MAGIC_1))

    # The footer of version 2.
    t.unreadable("v2-last-magic", "FooterMagic", file_2(magic=MAGIC_2)[:-1] + b"\0")
    for version in (0, 1, 3, (1 << 32) - 1):
        t.unreadable(f"v2-version-{version}", f"Version: version {version}", file_2(version=version))
    t.sound("v2-reserved", "a reserved field of the footer is not 0", file_2(reserved=1))
    t.sound("v2-reserved-highest", "a reserved field of the footer is not 0", file_2(reserved=(1 << 32) - 1))
    index_at = 3 * 4096
    for word, said in (
        ("offset-2-64-1", {"offset": HIGHEST}),
        ("offset-2-63", {"offset": HALF}),
        ("offset-aligned-highest", {"offset": HIGHEST // 4096 * 4096}),
        ("offset-past-the-end", {"offset": index_at + 4096}),
        ("offset-0", {"offset": 0}),
        ("length-of-the-rest-and-one", {"length": 1 + len(file_2()) - index_at - 40}),
        ("length-past-the-end", {"length": MIB}),
        ("length-0", {"length": 0}),
        ("length-0-offset-0", {"length": 0, "offset": 0}),
        ("length-0-hash-0", {"length": 0, "hash": 0}),
    ):
        t.unreadable(f"v2-index-{word}", "ManifestBounds", file_2(**said))
    for word, length in (("over-1-gib", (1 << 30) + 1), ("2-63", HALF), ("2-64-1", HIGHEST)):
        t.unreadable(f"v2-index-length-{word}", "ManifestTooLarge", file_2(length=length))
    t.unreadable("v2-index-of-1-gib", "ManifestBounds", file_2(length=1 << 30))
    t.unreadable("v2-index-off-its-alignment", "BlobAlignment", moved_index(64))
    t.unreadable("v2-index-off-by-one", "BlobAlignment", moved_index(1))
    t.unreadable("v2-index-hash", "ManifestHash", file_2(hash=1))
    t.unreadable("v2-index-hash-0", "ManifestHash", file_2(hash=0))
    t.unreadable("v2-index-byte-changed", "ManifestHash", changed_byte(file_2(), index_at + 3))
    t.unreadable("v2-index-one-byte-short", "ManifestHash", file_2(length=len(cbor_of_2()) - 1))


def cbor_of_2() -> bytes:
    return file_2()[3 * 4096 : -40]


def index_size(name: str) -> int:
    data = FILES[name]()
    return struct.unpack_from("<Q", data, len(data) - (16 if name == "v12" else 8))[0]


def large_index(name: str) -> Callable[[Path], None]:
    """A hole of more than 1 GiB that the size says is the index."""

    def write(path: Path) -> None:
        with open(path, "wb") as file:
            file.write(b"ZTEN0001" if name == "v01" else MAGIC_1)
            file.seek((1 << 30) + 64)
            file.write(struct.pack("<Q", (1 << 30) + 1) + (MAGIC_1 if name == "v12" else b""))

    return write


def moved_index(by: int) -> bytes:
    data = file_2()
    index = cbor_of_2()
    return data[: 3 * 4096] + bytes(by) + index + footer(3 * 4096 + by, len(index), xxh3(index))


# ---- CBOR


def with_extra(name: str, key: Any, value: Any) -> bytes:
    """A key that nobody knows in the index; in version 0.1, whose index is an array, in its first tensor."""
    if name == "v01":
        return file_0_1(edit=lambda tensors: [{**tensors[0], key: value}, *tensors[1:]])
    return FILES[name](root={key: value})


def nested(depth: int) -> Cbor:
    return Cbor(b"\x81" * (depth - 1) + b"\x80")


def of_cbor(t: Table) -> None:
    t.unreadable("v01-index-a-map", "Schema", file_0_1(index=b"\xa0"))
    for name in ("v10", "v12", "v2"):
        t.unreadable(f"{name}-index-an-array", "Schema", FILES[name](index=b"\x80"))
        t.unreadable(f"{name}-index-a-number", "Schema", FILES[name](index=b"\0"))
        t.unreadable(f"{name}-index-an-empty-map", "Schema", FILES[name](index=b"\xa0"))
    for name in FILES:
        for word, item in (
            ("text-of-2-63-bytes", Cbor(head(TEXT, HALF))),
            ("text-of-2-64-1-bytes", Cbor(head(TEXT, HIGHEST))),
            ("array-of-2-63", Cbor(head(ARRAY, HALF))),
            ("array-of-2-64-1", Cbor(head(ARRAY, HIGHEST))),
            ("map-of-2-63", Cbor(head(MAP, HALF))),
            ("map-of-2-64-1", Cbor(head(MAP, HIGHEST))),
            ("reserved-head-28", Cbor(b"\x1c")),
            ("reserved-head-30", Cbor(b"\xfe")),
            ("break-alone", Cbor(b"\xff")),
            ("simple-in-two-bytes", Cbor(b"\xf8\x14")),
            ("number-of-indefinite-length", Cbor(b"\x1f")),
        ):
            t.unreadable(f"{name}-cbor-{word}", "CborSyntax", with_extra(name, "x", item))
        t.unreadable(f"{name}-cbor-bytes-follow", "CborSyntax", bytes_follow(name))
        # Version 0.1 has a level more above it.
        most = {"v01": 199, "v2": 32}.get(name, 200)
        t.sound(f"{name}-cbor-as-deep-as-may-be", "sound", with_extra(name, "x", nested(most)))
        t.unreadable(f"{name}-cbor-a-level-deeper", "CborDepth", with_extra(name, "x", nested(most + 1)))
        t.unreadable(f"{name}-cbor-100000-deep", "CborDepth", with_extra(name, "x", nested(100_000)))
        t.sound(f"{name}-cbor-unknown-keys", "sound", with_extra(name, "zzz", {"a": [1, -1, 0.0 == 0, None]}))
        t.sound(f"{name}-cbor-key-that-is-a-number", "sound", with_extra(name, 7, "seven"))
        t.sound(f"{name}-cbor-negative-highest", "sound", with_extra(name, "x", -(1 << 64)))
    # What version 2 refuses and the older ones read.
    for word, rule, key, item in (
        ("indefinite-array", "CborSyntax", "x", indefinite(ARRAY, [1, 2])),
        ("indefinite-map", "CborSyntax", "x", indefinite(MAP, ["a", 2])),
        ("indefinite-text", "CborSyntax", "x", indefinite(TEXT, ["a", "b"])),
        ("indefinite-bytes", "CborSyntax", "x", indefinite(2, [b"a", b"b"])),
        ("tag", "CborSyntax", "x", Cbor(b"\xc1\x00")),
        ("undefined", "CborSyntax", "x", Cbor(b"\xf7")),
        ("simple-255", "CborSyntax", "x", Cbor(b"\xf8\xff")),
        ("number-in-two-bytes", "CborDeterminism", "x", number(23, 1)),
        ("number-in-three-bytes", "CborDeterminism", "x", number(255, 2)),
        ("number-in-five-bytes", "CborDeterminism", "x", number(65535, 4)),
        ("number-in-nine-bytes", "CborDeterminism", "x", number((1 << 32) - 1, 8)),
        ("length-in-two-bytes", "CborDeterminism", "x", text("abc", 1)),
        ("key-length-in-two-bytes", "CborDeterminism", text("x", 1), 1),
        ("double-that-is-a-half", "CborDeterminism", "x", double(1.5)),
        ("double-that-is-a-single", "CborDeterminism", "x", double(1 + 2**-20)),
        ("single-that-is-a-half", "CborDeterminism", "x", Cbor(b"\xfa" + struct.pack(">f", -2.0))),
        ("single-that-is-a-small-half", "CborDeterminism", "x", Cbor(b"\xfa" + struct.pack(">f", 2.0**-24))),
        ("infinite-double", "CborDeterminism", "x", double(float("inf"))),
        ("nan-with-a-payload", "CborDeterminism", "x", Cbor(b"\xf9\x7e\x01")),
        ("nan-that-signals", "CborDeterminism", "x", Cbor(b"\xf9\x7c\x01")),
        ("negative-nan", "CborDeterminism", "x", Cbor(b"\xf9\xfe\x00")),
        ("nan-in-a-single", "CborDeterminism", "x", Cbor(b"\xfa\x7f\xc0\x00\x00")),
        ("nan-in-a-double", "CborDeterminism", "x", double(float("nan"))),
        ("key-twice-inside", "CborDuplicateKey", "x", Cbor(cbor(Pairs([("k", 1), ("k", 2)])))),
        ("keys-out-of-order-inside", "CborDeterminism", "x", Cbor(cbor(Pairs([("b", 1), ("a", 2)])))),
        ("text-not-utf-8", "CborSyntax", "x", text(b"\xff\xfe")),
    ):
        for name in ("v01", "v10", "v12"):
            t.sound(f"{name}-cbor-{word}", "sound", with_extra(name, key, item))
        t.unreadable(f"v2-cbor-{word}", rule, with_extra("v2", key, item))
    for word, item in (
        ("half", Cbor(b"\xf9\x3e\x00")),
        ("small-half", Cbor(b"\xf9\x00\x01")),
        ("infinite-half", Cbor(b"\xf9\x7c\x00")),
        ("nan", Cbor(b"\xf9\x7e\x00")),
        ("single", Cbor(b"\xfa" + struct.pack(">f", 1 + 2**-20))),
        ("double", double(0.1)),
        ("bytes", b"\xff"),
    ):
        t.sound(f"v2-cbor-{word}", "sound", with_extra("v2", "x", item))
    t.unreadable(
        "v2-cbor-root-of-indefinite-length",
        "CborSyntax",
        file_2(edit=lambda root: indefinite(MAP, [item for pair in root.items() for item in pair])),
    )
    t.unreadable(
        "v2-cbor-root-key-twice",
        "CborDuplicateKey",
        file_2(edit=lambda root: Pairs([*root.items(), *root.items()])),
    )
    for name in ("v10", "v12"):
        t.sound(f"{name}-cbor-all-indefinite", "sound", FILES[name](edit=all_indefinite))
        t.sound(
            f"{name}-cbor-keys-descending",
            "sound",
            FILES[name](edit=lambda root: Pairs(sorted(root.items(), reverse=True))),
        )
        t.unreadable(
            f"{name}-cbor-root-key-twice",
            "CborDuplicateKey",
            FILES[name](edit=lambda root: Pairs([*root.items(), ("version", "1.0")])),
        )
    t.sound("v01-cbor-all-indefinite", "sound", file_0_1(edit=all_indefinite))
    t.unreadable(
        "v01-cbor-key-twice",
        "CborDuplicateKey",
        file_0_1(edit=lambda tensors: [Pairs([*tensors[0].items(), ("size", 20)])]),
    )
    # Of all sizes up to the whole the index is cut short.
    for name in FILES:
        for left in (1, 2, 10, 40):
            t.unreadable(f"{name}-cbor-cut-at-{left}", "CborSyntax", FILES[name](index=index_of(name)[:left]))
        t.unreadable(f"{name}-cbor-last-byte-missing", "CborSyntax", FILES[name](index=index_of(name)[:-1]))


def index_of(name: str) -> bytes:
    if name == "v2":
        return cbor_of_2()
    data = FILES[name]()
    end = len(data) - (16 if name == "v12" else 8)
    return data[end - index_size(name) : end]


def bytes_follow(name: str) -> bytes:
    return FILES[name](index=index_of(name) + b"\0")


def all_indefinite(value: Any) -> Any:
    if isinstance(value, dict):
        return indefinite(MAP, [all_indefinite(item) for pair in value.items() for item in pair])
    if isinstance(value, list):
        return indefinite(ARRAY, [all_indefinite(item) for item in value])
    if isinstance(value, str):
        return indefinite(TEXT, [value[:1], value[1:]])
    return value


def in_order(*names: Any) -> Callable[[Any], Any]:
    """Edits an index so that its map of objects has these names in this order."""

    def edit(root: dict[str, Any]) -> dict[str, Any]:
        key = "objects" if "objects" in root else "tensors"
        (described,) = root[key].values()
        return {**root, key: Pairs([(name, described) for name in names])}

    return edit


def one() -> Model:
    return {"a": dense([7], b"weights")}


# ---- what the index says


def of_schema(t: Table) -> None:
    wrong = {"text": 7, "number": "7", "list": {}, "map": [], "any": 7}
    root = {
        "v10": {"version": "text", "generator": "text", "attributes": "map", "tensors": "map"},
        "v12": {"version": "text", "objects": "map"},
        "v2": {"objects": "map"},
    }
    for name, keys in root.items():
        for key, kind in keys.items():
            t.unreadable(
                f"{name}-index-without-{key}",
                f"Schema: the index has no '{key}'",
                FILES[name](root={key: None}),
            )
            t.unreadable(f"{name}-index-{key}-mistyped", "Schema", FILES[name](root={key: wrong[kind]}))
            t.unreadable(f"{name}-index-{key}-null", "Schema", FILES[name](root={key: Cbor(b"\xf6")}))
    for name in ("v12", "v2"):
        t.unreadable(f"{name}-attributes-mistyped", "Schema", FILES[name](root={"attributes": []}))
    for name in ("v10", "v12", "v2"):
        t.unreadable(f"{name}-attributes-key-a-number", "Schema", FILES[name](root={"attributes": {7: 7}}))
        t.unreadable(f"{name}-object-name-a-number", "Schema", FILES[name]({7: dense([7], b"weights")}))
        t.unreadable(
            f"{name}-part-name-a-number", "Schema", FILES[name]({"a": Thing([7], {7: part(b"weights")})})
        )
        t.unreadable(f"{name}-object-a-number", "Schema", FILES[name](root={OBJECTS[name]: {"a": 7}}))
        t.unreadable(
            f"{name}-part-a-number",
            "Schema",
            FILES[name]({"a": Thing([7], {}, more={PARTS[name]: {"data": 7}})}),
        )
        t.unreadable(f"{name}-object-attributes-mistyped", "Schema", FILES[name](first(attributes="text")))
    t.unreadable("v01-tensor-a-number", "Schema", file_0_1(edit=lambda tensors: [7]))
    of_objects = {
        "v01": {"name": "text", "shape": "list"},
        "v10": {"dtype": "text", "shape": "list", "format": "text", "components": "map"},
        "v12": {"shape": "list", "format": "text", "components": "map"},
        "v2": {"parts": "map", "shape": "list", "layout": "text"},
    }
    of_parts = {
        "v01": {"offset": "number", "size": "number", "dtype": "text", "encoding": "text"},
        "v10": {"offset": "number", "length": "number"},
        "v12": {"offset": "number", "length": "number", "dtype": "text"},
        "v2": {"blob": "list", "dtype": "text"},
    }
    for name, keys in of_objects.items():
        for key, kind in keys.items():
            t.unreadable(f"{name}-object-without-{key}", f"has no '{key}'", FILES[name](first(**{key: None})))
            t.unreadable(f"{name}-object-{key}-mistyped", "Schema", FILES[name](first(**{key: wrong[kind]})))
    for name, keys in of_parts.items():
        for key, kind in keys.items():
            t.unreadable(
                f"{name}-part-without-{key}", f"has no '{key}'", FILES[name](with_part(**{key: None}))
            )
            t.unreadable(
                f"{name}-part-{key}-mistyped", "Schema", FILES[name](with_part(**{key: wrong[kind]}))
            )
            if kind == "number":
                t.unreadable(f"{name}-part-{key}-negative", "Schema", FILES[name](with_part(**{key: -1})))
                t.unreadable(
                    f"{name}-part-{key}-a-float", "Schema", FILES[name](with_part(**{key: double(64.0)}))
                )
    optional = {
        "v01": ("layout", "data_endianness", "checksum"),
        "v10": ("encoding", "digest"),
        "v12": ("encoding", "digest", "type", "uncompressed_length"),
        "v2": ("type", "shard", "digest", "encoding", "decoded_length"),
    }
    for name, words in optional.items():
        for key in words:
            t.unreadable(f"{name}-part-{key}-mistyped", "Schema", FILES[name](with_part(**{key: []})))
    for name in FILES:
        for word, dtype in (("unknown", "f12"), ("empty", ""), ("escapes", "\x1b[2J"), ("upper-case", "F32")):
            t.unreadable(f"{name}-dtype-{word}", "Schema: the dtype", FILES[name](with_dtype(name, dtype)))
        shapes: tuple[tuple[str, Any], ...] = (
            ("of-text", ["7"]),
            ("of-negative", [-7]),
            ("of-floats", [double(0.1)]),
            ("nested", [[7]]),
        )
        for word, shape in shapes:
            t.unreadable(f"{name}-shape-{word}", "Schema", FILES[name]({"a": dense(shape, b"weights")}))
    t.unreadable("v01-dtype-of-1-1", "Schema: the dtype 'f32'", file_0_1(with_dtype("v01", "f32")))
    t.unreadable("v10-dtype-of-1-1", "Schema: the dtype 'f32'", file_1_0(with_dtype("v10", "f32")))
    t.unreadable("v12-dtype-of-1-0", "Schema: the dtype 'float32'", file_1(with_dtype("v12", "float32")))
    t.unreadable("v12-dtype-of-the-text-alone", "Schema: the dtype", file_1(with_dtype("v12", "f8_e4m3")))
    t.unreadable("v2-dtype-bool", "Schema: the dtype 'bool'", file_2(with_dtype("v2", "bool")))
    t.sound("v12-dtype-bool", "sound", file_1({"a": dense([7], bytes([0, 1] * 3 + [1]), "bool")}))
    t.unreadable("v01-endianness-unknown", "Schema", file_0_1(with_part(data_endianness="middle")))
    t.sound("v01-endianness-big", "sound", file_0_1(first(data_endianness="big")))
    t.unreadable("v01-endianness-big-of-bytes", "Schema", file_0_1(with_part(data_endianness="big")))
    t.sound("v01-layout-missing", "sound", file_0_1(first(layout=None)))
    # A logical type on another dtype than its own.
    for name in ("v12", "v2"):
        for kind, dtype in (
            ("complex64", "f64"),
            ("complex128", "f32"),
            ("f8_e5m2", "i8"),
            ("f8_e4m3fn", "f16"),
        ):
            t.unreadable(
                f"{name}-type-{kind}-on-{dtype}",
                f"Schema: the type '{kind}'",
                FILES[name]({"a": dense([2], bytes(32), dtype, type=kind)}),
            )
        t.sound(
            f"{name}-type-unknown", "sound", FILES[name]({"a": dense([7], b"weights", type="vendor.q3/1")})
        )
    t.unreadable(
        "v2-type-bool-on-i8", "Schema: the type 'bool'", file_2({"a": dense([1], b"\1", "i8", type="bool")})
    )
    t.unreadable("v2-type-f4-on-u16", "Schema", file_2({"a": dense([4], b"12", "u16", type="f4_e2m1")}))
    t.sound("v2-type-unknown-of-another-size", "sound", file_2({"a": dense([9], b"weights", type="x")}))
    t.sound("v12-type-bool-is-unknown", "sound", file_1({"a": dense([7], b"weights", type="bool")}))
    for word, blob in (("empty", []), ("one", [4096]), ("three", [4096, 7, 0]), ("text", ["4096", 7])):
        t.unreadable(f"v2-blob-of-{word}", "Schema", file_2(with_part(blob=blob)))
    t.unreadable("v2-no-parts", "Schema: the object 'a' has no parts", file_2({"a": Thing([], {})}))
    t.unreadable("v2-decoded-length-without-encoding", "Schema", file_2(with_part(decoded_length=7)))
    t.unreadable("v2-encoding-without-decoded-length", "Schema", file_2(with_part(encoding="zt.x/1")))
    digests = {
        "no-colon": "xxh3",
        "empty": "",
        "no-algorithm": ":00",
        "no-digits": "xxh3:",
        "upper-case": "xxh3:6DA3B4498170DC6B",
        "short": "xxh3:6da3b4498170dc6",
        "long": "xxh3:6da3b4498170dc6b0",
        "no-hex": "xxh3:6da3b4498170dc6g",
        "upper-case-algorithm": "XXH3:6da3b4498170dc6b",
        "unknown-with-upper-case": "blake9:AB",
        "escapes": "\x1b[2J:\x1b",
        "sha256-short": "sha256:00",
    }
    for word, digest in digests.items():
        t.unreadable(f"v2-digest-{word}", "Schema: the digest", file_2(with_part(digest=digest)))
    t.sound("v2-digest-of-an-unknown-algorithm", "sound", file_2(with_part(digest="blake9:00")))
    for name, key in (("v01", "checksum"), ("v10", "digest"), ("v12", "digest")):
        for word, digest in (
            ("no-colon", "crc32c"),
            ("without-0x", "crc32c:00000000"),
            ("short", "crc32c:0x0000000"),
            ("long", "crc32c:0x000000000"),
            ("no-hex", "crc32c:0x0000000g"),
        ):
            t.unreadable(
                f"{name}-digest-{word}", "Schema: the digest", FILES[name](with_part(**{key: digest}))
            )
        t.sound(f"{name}-digest-of-an-unknown-algorithm", "sound", FILES[name](with_part(**{key: "md9:Zz"})))
    t.unreadable("v12-sha256-short", "Schema: the digest", file_1(with_part(digest="sha256:00")))
    # Versions that nobody looks at, and what is shown of them.
    for word, version in (
        ("9", "9.0.0"),
        ("empty", ""),
        ("escapes", "\x1b[2J\n"),
        ("long", "1." + "2" * 100_000),
    ):
        t.sound(f"v12-version-{word}", "sound", file_1(root={"version": version}))
    t.sound("v12-version-1-1", "zTensor 1.1", file_1(root={"version": "1.1.0"}))


PARTS = {"v10": "components", "v12": "components", "v2": "parts"}


def first(**said: Any) -> Model:
    """The model with these keys of its first tensor."""
    thing = dense([5], bytes(range(20)), "f32")
    thing.more = said
    return {**model(), "a": thing}


def with_part(**said: Any) -> Model:
    """A tensor of bytes with these keys of its part."""
    thing = dense([7], b"weights")
    thing.parts["data"].more = said
    return {"a": thing}


def with_dtype(name: str, dtype: str) -> Model:
    if name == "v10":
        return {"a": Thing([7], {"data": part(b"weights")}, more={"dtype": dtype})}
    return with_part(dtype=dtype)


def of_names(t: Table) -> None:
    def called(name: str, object_name: Any) -> bytes:
        return FILES[name]({object_name: dense([7], b"weights")})

    def with_role(name: str, role: Any) -> bytes:
        return FILES[name]({"a": Thing([7], {role: part(b"weights")}, "vendor/1")})

    long = {"v01": 1 << 20, "v10": 1 << 20, "v12": 1 << 20, "v2": 1024}
    for name in FILES:
        t.sound(f"{name}-name-of-{long[name]}-bytes", "sound", called(name, "n" * long[name]))
        t.sound(
            f"{name}-name-with-terminal-escapes", "sound", called(name, "\x1b]0;gotcha\x07\x1b[2J\u009b31m")
        )
        t.sound(f"{name}-name-with-control-characters", "sound", called(name, "a\tb\nc\rd\x07\x7f"))
        t.unreadable(f"{name}-name-not-utf-8", "", called(name, text(b"\xff\xfe\xc0\xaf")))
        t.unreadable(f"{name}-name-a-surrogate", "", called(name, text(b"\xed\xa0\x80")))
    for name in ("v01", "v10", "v12"):
        t.sound(f"{name}-name-empty", "sound", called(name, ""))
        t.sound(f"{name}-name-with-a-nul", "sound", called(name, "a\0b"))
    for name in ("v10", "v12"):
        t.sound(f"{name}-role-empty", "sound", with_role(name, ""))
        t.sound(f"{name}-role-of-1-mib", "sound", with_role(name, "r" * MIB))
    t.unreadable("v2-name-empty", "Name: a name is empty", called("v2", ""))
    t.unreadable("v2-name-with-a-nul", "Name: a name has a NUL", called("v2", "a\0b"))
    t.unreadable("v2-name-of-1025-bytes", "Name: a name has 1025 bytes", called("v2", "n" * 1025))
    t.unreadable("v2-role-empty", "Name: a name is empty", with_role("v2", ""))
    t.unreadable("v2-role-with-a-nul", "Name: a name has a NUL", with_role("v2", "\0"))
    t.unreadable("v2-role-of-1025-bytes", "Name: a name has 1025 bytes", with_role("v2", "r" * 1025))
    t.sound("v2-role-of-1024-bytes", "sound", with_role("v2", "r" * 1024))
    for word, key in (("empty", ""), ("with-a-nul", "\0"), ("of-1025-bytes", "k" * 1025)):
        t.unreadable(f"v2-attribute-key-{word}", "Name", file_2(root={"attributes": {key: 1}}))
        t.unreadable(f"v2-object-attribute-key-{word}", "Name", file_2(first(attributes={key: 1})))
    t.sound("v2-attribute-key-empty-inside", "sound", file_2(root={"attributes": {"a": {"": 1, 7: 2}}}))
    for name in ("v10", "v12"):
        t.sound(f"{name}-attribute-key-empty", "sound", FILES[name](root={"attributes": {"": "1"}}))
        t.unreadable(f"{name}-name-twice", "CborDuplicateKey", FILES[name](one(), edit=in_order("a", "a")))
        t.unreadable(
            f"{name}-name-twice-in-another-encoding",
            "CborDuplicateKey",
            FILES[name](one(), edit=in_order(text("a", 1), indefinite(TEXT, ["", "a"]))),
        )
        t.unreadable(
            f"{name}-part-twice",
            "CborDuplicateKey",
            FILES[name](one(), edit=part_twice),
        )
        t.unreadable(
            f"{name}-part-twice-in-an-unknown-layout",
            "CborDuplicateKey",
            FILES[name]({"a": Thing([7], {"data": part(b"weights")}, "x")}, edit=part_twice),
        )
    t.unreadable(
        "v01-name-twice", "CborDuplicateKey", file_0_1(one(), edit=lambda tensors: [tensors[0], tensors[0]])
    )
    t.unreadable("v2-name-twice", "CborDuplicateKey", file_2(one(), edit=in_order("a", "a")))
    t.unreadable("v2-cbor-keys-by-bytes", "CborDeterminism", file_2(one(), edit=in_order("aa", "b")))
    t.unreadable("v2-cbor-keys-descending", "CborDeterminism", file_2(one(), edit=in_order("b", "a")))
    t.sound("v2-cbor-keys-shorter-first", "sound", file_2(one(), edit=in_order("b", "aa")))
    t.sound("v10-names-descending", "sound", file_1_0(one(), edit=in_order("b", "a")))


def part_twice(root: dict[str, Any]) -> dict[str, Any]:
    """Edits the index of version 1 so that the only object has its part twice."""
    key = "objects" if "objects" in root else "tensors"
    ((name, described),) = root[key].items()
    parts = Pairs([*described["components"].items()] * 2)
    return {**root, key: {name: {**described, "components": parts}}}


# ---- shapes and blobs


def of_shapes(t: Table) -> None:
    for name in FILES:

        def shaped(shape: Any, data: bytes = b"weights", dtype: str = "u8", name: str = name) -> bytes:
            return FILES[name]({"a": dense(shape, data, dtype)})

        t.unreadable(f"{name}-shape-overflows", "Shape", shaped([1 << 32, 1 << 32]))
        t.unreadable(f"{name}-shape-overflows-to-its-size", "Shape", shaped([1 << 32, 1 << 32, 7]))
        t.unreadable(f"{name}-shape-overflows-before-0", "Shape", shaped([HALF, 4, 0], b""))
        t.sound(f"{name}-shape-of-0-before-much", "sound", shaped([0, HALF, 4], b""))
        t.unreadable(f"{name}-shape-times-width-overflows", "Shape", shaped([1 << 62], bytes(8), "f64"))
        t.unreadable(f"{name}-shape-highest", "", shaped([HIGHEST]))
        t.unreadable(f"{name}-shape-of-65-dimensions", "Shape", shaped([1] * 65, b"x"))
        t.unreadable(f"{name}-shape-of-50000-dimensions", "Shape", shaped([1] * 50_000, b"x"))
        t.sound(f"{name}-shape-of-64-dimensions", "sound", shaped([1] * 64, b"x"))
        t.sound(f"{name}-shape-of-a-scalar", "sound", shaped([], b"x"))
        for word, data in (("a-byte-less", b"weight"), ("a-byte-more", b"weights!"), ("nothing", b"")):
            t.unreadable(f"{name}-size-{word}", "DenseSize", shaped([7], data))
        t.unreadable(f"{name}-size-of-no-elements", "DenseSize", shaped([0], b"x"))
        t.unreadable(f"{name}-size-of-half-an-element", "DenseSize", shaped([2], b"weights", "f32"))
    for name in ("v12", "v2"):
        for kind, dtype, size in (
            ("complex64", "f32", 16),
            ("complex128", "f64", 32),
            ("f8_e4m3fn", "u8", 2),
        ):
            t.sound(
                f"{name}-size-of-{kind}",
                "sound",
                FILES[name]({"a": dense([2], bytes(size), dtype, type=kind)}),
            )
            t.unreadable(
                f"{name}-size-of-{kind}-as-its-dtype-has",
                "DenseSize",
                FILES[name]({"a": dense([2], bytes(size // 2), dtype, type=kind)}),
            )
    t.sound("v2-size-of-f4", "sound", file_2({"a": dense([4], b"12", type="f4_e2m1")}))
    t.sound("v2-size-of-f4-odd", "sound", file_2({"a": dense([3], b"1\2", type="f4_e2m1")}))
    t.unreadable(
        "v2-size-of-f4-without-its-last", "DenseSize", file_2({"a": dense([3], b"1", type="f4_e2m1")})
    )
    t.unreadable("v2-size-of-f4-as-bytes", "DenseSize", file_2({"a": dense([4], b"1234", type="f4_e2m1")}))


def of_blobs(t: Table) -> None:
    def at(name: str, offset: int, length: int | None = 7, size: int | None = None) -> bytes:
        """The second tensor is there; of `size` elements, where that is not its length."""
        elements = (length or 0) if size is None else size
        return FILES[name](
            {"a": dense([20], bytes(range(20))), "b": dense([elements], b"", offset=offset, length=length)}
        )

    for name, alignment in ALIGNMENT.items():
        end = 2 * alignment  # of what "a" and its padding take
        for word, offset in (("by-one", alignment + 1), ("by-half", alignment + alignment // 2)):
            t.fault(
                f"{name}-blob-off-its-alignment-{word}",
                "BlobAlignment",
                FILES[name]({"a": dense([7], b"", offset=offset, length=7), "b": dense([end], bytes(end))}),
            )
        t.fault(f"{name}-blob-of-nothing-off-its-alignment", "BlobAlignment", at(name, alignment + 1, 0))
        t.fault(f"{name}-blob-at-0", "BlobAlignment", at(name, 0, 7))
        t.fault(f"{name}-blob-of-nothing-at-0", "BlobAlignment", at(name, 0, 0))
        for word, offset, length in (
            ("past-the-end", 1 << 20, 7),
            ("far-past-the-end", HALF, 7),
            ("offset-highest", HIGHEST // alignment * alignment, 7),
            ("end-wraps", HIGHEST // alignment * alignment, alignment + 7),
            ("length-highest", alignment, HIGHEST),
            ("length-past-the-end", alignment, 1 << 20),
            ("of-nothing-past-the-end", 1 << 20, 0),
        ):
            t.unreadable(f"{name}-blob-{word}", "BlobBounds", at(name, offset, length))
        # Identical or disjoint.
        t.sound(f"{name}-blobs-aliased", "sound", at(name, alignment, 20))
        t.sound(f"{name}-blob-of-nothing-inside-another", "sound", at(name, alignment, 0))
        t.fault(f"{name}-blobs-overlap-at-their-begin", "BlobOverlap", at(name, alignment, 19))
        big = dense([2 * alignment], bytes(2 * alignment))
        t.fault(
            f"{name}-blob-inside-another",
            "BlobOverlap: blobs of 'a' and 'b' overlap in part",
            FILES[name]({"a": big, "b": dense([7], b"", offset=2 * alignment, length=7)}),
        )
        t.fault(
            f"{name}-blob-reaches-into-the-next",
            "BlobOverlap",
            FILES[name](
                {
                    "a": dense([alignment + 1], bytes(alignment), length=alignment + 1),
                    "b": dense([7], b"weights"),
                }
            ),
        )
        t.fault(
            f"{name}-blobs-overlap-a-thousand-times",
            "BlobOverlap",
            FILES[name](
                {f"{i:04}": dense([9 + i], b"", offset=alignment, length=9 + i) for i in range(1001)}
                | {"z": dense([2000], bytes(2000))}
            ),
        )
        t.sound(
            f"{name}-hole",
            "sound",
            FILES[name](
                {"a": dense([7], b"weights".ljust(2 * alignment, b"\0"), length=7), "b": dense([3], b"abc")}
            ),
        )
        t.sound(
            f"{name}-hole-with-bytes-of-no-blob",
            "sound",
            FILES[name](
                {
                    "a": dense([7], b"weights".ljust(alignment, b"\0") + b"nobody's", length=7),
                    "b": dense([3], b"abc"),
                }
            ),
        )
        t.sound(
            f"{name}-not-in-order",
            "sound",
            FILES[name](
                {
                    "b": dense([7], b"weights"),
                    "a": dense([3], b"abc"),
                }
            ),
        )
    # Against the index.
    for name in ("v01", "v10", "v12"):
        t.unreadable(f"{name}-blob-into-the-index", "BlobBounds", at(name, 64, 65))
    index_at = 2 * 4096
    for word, offset, length in (("into", 4096, 4097), ("inside", index_at, 7)):
        t.fault(f"v2-blob-{word}-the-index", "BlobOverlap", at("v2", offset, length))
    t.unreadable("v2-blob-into-the-footer", "BlobBounds", at("v2", index_at, 4096))
    t.sound("v2-blob-that-is-the-index", "sound", with_index_as_blob())
    t.sound("v2-appended", "sound", appended())
    t.unreadable("v2-appended-footer-not-at-the-end", "FooterMagic", appended()[:-41])
    # Many of them.
    t.fault(
        "v12-1500-blobs-off-their-alignment",
        "BlobAlignment",
        file_1(
            {"a": dense([70], bytes(70))}
            | {f"{i}": dense([1], b"", offset=65, length=1) for i in range(1_500)}
        ),
    )
    t.unreadable(
        "v12-1500-blobs-past-the-end",
        "BlobBounds",
        file_1({f"{i}": dense([1], b"", offset=1 << 40, length=1) for i in range(1_500)}),
    )
    t.unreadable(
        "v12-2500-names-twice",
        "CborDuplicateKey",
        file_1(one(), edit=in_order(*(name for i in range(2_500) for name in [str(i)] * 2))),
    )


def with_index_as_blob() -> bytes:
    """A tensor whose bytes are the index, which says so."""
    length = 0
    while True:
        index = cbor({"objects": {"a": described(4096, length)}})
        if len(index) == length:
            break
        length = len(index)
    return MAGIC_2.ljust(4096, b"\0") + index + footer(4096, length, xxh3(index))


def described(offset: int, length: int) -> dict[str, Any]:
    return {
        "parts": {"data": {"blob": [offset, length], "dtype": "u8"}},
        "shape": [length],
        "layout": "dense",
    }


def appended() -> bytes:
    """A file of version 2 to which a tensor was appended: the old index and footer stay."""
    data = file_2(one())
    blob_at = len(data) + -len(data) % 4096
    data = data.ljust(blob_at, b"\0") + b"more"
    data = data.ljust(blob_at + 4096, b"\0")
    index = cbor({"objects": {"a": described(4096, 7), "b": described(blob_at, 4)}})
    return data + index + footer(blob_at + 4096, len(index), xxh3(index))


def of_other_files(t: Table) -> None:
    """Those that were made to hold readers to (tests/data/zt/bad), with the verdict that came with them."""
    sound = {"v12-good": "sound", "v2-good": "sound", "v2-zstd-good": "sound", "v2-hole": "sound"}
    sound["v2-reserved"] = "warning W-RESERVED"
    weights = {
        "v12-crc32c-wrong": "Digest",
        "v12-zstd-uncompressed-length-lies": "Encoding",
        "v01-crc32c-wrong": "Digest",
        "v2-digest-wrong": "Digest",
        "v2-zstd-decoded-length": "Encoding",
    }
    carried = {
        "v12-csr-index-out-of-range": "LayoutData",
        "v2-csr-index-out-of-range": "LayoutData",
        "v2-padding-not-zero": "Padding",
    }
    fault = {
        "v12-overlap": "BlobOverlap",
        "v12-unaligned-raw": "BlobAlignment",
        "v2-overlap": "BlobOverlap",
        "v2-unaligned": "BlobAlignment",
    }
    unreadable = {
        "v12-footer-magic": "FooterMagic",
        "v12-manifest-size-past-start": "ManifestBounds",
        "v12-duplicate-name": "CborDuplicateKey",
        "v12-size-mismatch": "DenseSize",
        "v2-unsorted": "CborDeterminism",
        "v2-bytewise-not-length-first": "CborDeterminism",
        "v2-indefinite": "CborSyntax",
        "v2-manifest-hash": "ManifestHash",
    }
    for add, files in (
        (t.sound, sound),
        (t.weights, weights),
        (t.carried, carried),
        (t.fault, fault),
        (t.unreadable, unreadable),
    ):
        for name, says in files.items():
            add(f"given-{name}", says, (DATA / f"{name}.zt").read_bytes())


def cases() -> Table:
    t = Table("zt", prefix="zt-")
    of_container(t)
    of_cbor(t)
    of_schema(t)
    of_names(t)
    of_shapes(t)
    of_blobs(t)
    of_other_files(t)
    return t
