"""zTensor: layouts, encodings, digests, shards, and what only reading the data shows."""

import hashlib
import os
import struct
from collections.abc import Callable
from typing import Any

from case import Case, Content, Table, Verdict
from frames import frame, frame_of, frame_with_checksum, raw, run
from ztensor_file import (
    SEEKABLE,
    ZSTD,
    Part,
    Thing,
    crc32c_of,
    data_shard,
    dense,
    file_0_1,
    file_1,
    file_1_0,
    file_2,
    part,
    seek_table,
    seekable,
    xxh3_of,
)

HIGHEST = (1 << 64) - 1
MIB = 1 << 20
GIB = 1 << 30
FILES: dict[str, Callable[..., bytes]] = {"v01": file_0_1, "v10": file_1_0, "v12": file_1, "v2": file_2}


def u64(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *(value & HIGHEST for value in values))


def u32(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def weights_of(count: int) -> bytes:
    return b"".join(struct.pack("<f", i) for i in range(count))


# ---- dense objects


def of_dense(t: Table) -> None:
    for name in ("v10", "v12", "v2"):
        t.fault(
            f"{name}-dense-of-another-role",
            "LayoutRule: the layout needs a part 'data'",
            FILES[name]({"a": Thing([7], {"weights": part(b"weights")})}),
        )
        t.fault(
            f"{name}-dense-of-two-parts",
            "LayoutRule: the layout has no part 'more'",
            FILES[name]({"a": Thing([7], {"data": part(b"weights"), "more": part(b"more")})}),
        )
        t.sound(
            f"{name}-layout-unknown",
            "sound",
            FILES[name]({"a": Thing([7], {"x": part(b"xy"), "y": part(b"z")}, "vendor.q3/1", {"k": "v"})}),
        )
        t.sound(f"{name}-layout-empty", "sound", FILES[name]({"a": Thing([7], {"x": part(b"xy")}, "")}))
        t.sound(
            f"{name}-layout-with-terminal-escapes",
            "sound",
            FILES[name]({"a": Thing([7], {"x": part(b"xy")}, "\x1b[2J")}),
        )
    for name in ("v10", "v12"):
        t.fault(f"{name}-dense-of-no-parts", "LayoutRule", FILES[name]({"a": Thing([7], {})}))
        t.sound(f"{name}-no-parts-in-an-unknown-layout", "sound", FILES[name]({"a": Thing([7], {}, "x")}))
        t.sound(
            f"{name}-quantized-group-without-rules",
            "sound",
            FILES[name]({"a": Thing([7], {"packed_weight": part(b"x")}, "quantized_group")}),
        )
        t.sound(
            f"{name}-layouts-of-version-2",
            "sound",
            FILES[name]({"a": Thing([7], {"x": part(b"x")}, "zt.sparse_csr/1")}),
        )
    t.sound("v2-layouts-of-version-1", "sound", file_2({"a": Thing([7], {"x": part(b"x")}, "sparse_csr")}))
    t.sound("v01-layout-unknown", "sound", file_0_1({"a": Thing([7], {"data": part(b"weights")}, "sparse")}))


# ---- sparse objects


def csr(
    name: str,
    shape: Any = None,
    values: Part | None = None,
    indices: Part | None = None,
    indptr: Part | None = None,
    leave_out: str = "",
    attributes: Any = None,
    **more: Part,
) -> bytes:
    """A matrix of 3 rows and 4 columns with 3 values, or something else instead."""
    parts = {
        "values": part(weights_of(3), "f32") if values is None else values,
        "indices": part(u64(0, 3, 2), "u64") if indices is None else indices,
        "indptr": part(u64(0, 2, 2, 3), "u64") if indptr is None else indptr,
        **more,
    }
    parts.pop(leave_out, None)
    layout = "zt.sparse_csr/1" if name == "v2" else "sparse_csr"
    return FILES[name]({"m": Thing([3, 4] if shape is None else shape, parts, layout, attributes)})


def coo(
    name: str,
    shape: Any = None,
    values: Part | None = None,
    coords: Part | None = None,
    leave_out: str = "",
    attributes: Any = None,
    **more: Part,
) -> bytes:
    """A matrix of 3 rows and 4 columns with 2 values, or something else instead."""
    parts = {
        "values": part(weights_of(2), "f32") if values is None else values,
        "coords": part(u64(0, 2, 3, 1), "u64") if coords is None else coords,
        **more,
    }
    parts.pop(leave_out, None)
    layout = "zt.sparse_coo/1" if name == "v2" else "sparse_coo"
    return FILES[name]({"m": Thing([3, 4] if shape is None else shape, parts, layout, attributes)})


def of_csr(t: Table) -> None:
    for name in ("v10", "v12", "v2"):
        t.sound(f"{name}-csr", "sound", csr(name))
        for word, shape in (("of-rank-1", [3]), ("of-rank-3", [3, 4, 1]), ("of-a-scalar", [])):
            t.fault(f"{name}-csr-{word}", "LayoutRule: the layout is for matrices", csr(name, shape))
        for role in ("values", "indices", "indptr"):
            t.fault(
                f"{name}-csr-without-{role}",
                f"LayoutRule: the layout needs a part '{role}'",
                csr(name, leave_out=role),
            )
        t.fault(f"{name}-csr-with-another-part", "LayoutRule", csr(name, more=part(b"x")))
        t.fault(f"{name}-csr-of-more-rows", "LayoutRule: 'indptr' has 32 bytes", csr(name, [4, 4]))
        t.fault(f"{name}-csr-of-2-64-1-rows", "LayoutRule", csr(name, [HIGHEST, 1]))
        t.fault(f"{name}-csr-of-2-61-rows", "LayoutRule", csr(name, [1 << 61, 1]))
        t.fault(
            f"{name}-csr-of-fewer-values",
            "LayoutRule: 'values' has 8 bytes",
            csr(name, values=part(weights_of(2), "f32")),
        )
        t.fault(
            f"{name}-csr-indices-of-half-an-element",
            "LayoutRule: 'indices' has 20 bytes, which is no multiple",
            csr(name, indices=part(bytes(20), "u64")),
        )
        for word, says, said in (
            ("indptr-begins-at-1", "indptr[0] is not 0", {"indptr": u64(1, 2, 2, 3)}),
            ("indptr-decreases", "indptr[2] is less than", {"indptr": u64(0, 2, 1, 3)}),
            ("indptr-ends-too-soon", "indptr ends with 2", {"indptr": u64(0, 2, 2, 2)}),
            ("indptr-past-the-values", "indptr[3] is more than", {"indptr": u64(0, 2, 2, 4)}),
            ("indptr-highest", "indptr[1] is more than", {"indptr": u64(0, HIGHEST, HIGHEST, 3)}),
            ("column-4", "indices[1] is no column", {"indices": u64(0, 4, 2)}),
            ("column-highest", "indices[2] is no column", {"indices": u64(0, 3, HIGHEST)}),
            ("column-twice", "LayoutData", {"indices": u64(3, 3, 2)}),
            ("columns-descending", "LayoutData", {"indices": u64(3, 0, 2)}),
        ):
            parts = {role: part(data, "u64") for role, data in said.items()}
            t.carried(f"{name}-csr-{word}", says, csr(name, **parts))
        t.sound(f"{name}-csr-column-of-an-earlier-row", "sound", csr(name, indices=part(u64(0, 3, 0), "u64")))
        nothing = part(b"", "u64")
        t.sound(
            f"{name}-csr-of-no-rows",
            "sound",
            csr(name, [0, 4], part(b"", "f32"), nothing, part(u64(0), "u64")),
        )
        t.carried(
            f"{name}-csr-of-no-columns",
            "is no column: there are 0",
            csr(name, [3, 0]),
        )
    for word, dtype in (("i32", "i32"), ("f64", "f64")):
        says = "has to be of u32 or u64"
        data = bytes(12) if dtype == "i32" else bytes(24)
        t.fault(f"v2-csr-indices-of-{word}", says, csr("v2", indices=part(data, dtype)))
    t.fault(
        "v2-csr-indices-of-another-width",
        "LayoutRule: 'indices' and 'indptr' are of different dtypes",
        csr("v2", indices=part(u32(0, 3, 2), "u32")),
    )
    t.sound(
        "v2-csr-of-u32",
        "sound",
        csr("v2", None, None, part(u32(0, 3, 2), "u32"), part(u32(0, 2, 2, 3), "u32")),
    )
    t.fault(
        "v2-csr-indices-with-a-type",
        "LayoutRule: 'indices' has to be",
        csr("v2", indices=part(u64(0, 3, 2), "u64", type="vendor")),
    )
    t.fault(
        "v2-csr-with-attributes", "LayoutRule: the layout has no attributes", csr("v2", attributes={"k": 1})
    )
    t.sound("v2-csr-with-no-attributes-said", "sound", csr("v2", attributes={}))
    t.sound("v12-csr-with-attributes", "sound", csr("v12", attributes={"k": 1}))
    t.sound("v12-csr-of-i32", "sound", csr("v12", indices=part(u32(0, 3, 2), "i32")))
    t.carried("v12-csr-column-negative", "is no column", csr("v12", indices=part(u32(0, 1 << 31, 2), "i32")))
    t.fault("v12-csr-indices-of-f64", "has to be of integers", csr("v12", indices=part(bytes(24), "f64")))
    t.sound(
        "v2-csr-of-f4",
        "sound",
        csr("v2", values=part(b"12", "u8", type="f4_e2m1")),
    )


def of_coo(t: Table) -> None:
    for name in ("v10", "v12", "v2"):
        t.sound(f"{name}-coo", "sound", coo(name))
        t.sound(f"{name}-coo-in-another-order", "sound", coo(name, coords=part(u64(2, 0, 1, 3), "u64")))
        t.fault(f"{name}-coo-of-a-scalar", "LayoutRule: the layout is not for scalars", coo(name, []))
        for role in ("values", "coords"):
            t.fault(
                f"{name}-coo-without-{role}",
                f"LayoutRule: the layout needs a part '{role}'",
                coo(name, leave_out=role),
            )
        t.fault(f"{name}-coo-with-another-part", "LayoutRule", coo(name, more=part(b"x")))
        t.fault(
            f"{name}-coo-coords-of-half-a-place",
            "LayoutRule: 'coords' has 24 bytes, which is no multiple of 16",
            coo(name, coords=part(u64(0, 2, 3), "u64")),
        )
        t.fault(
            f"{name}-coo-of-fewer-values",
            "LayoutRule: 'values' has 4 bytes",
            coo(name, values=part(weights_of(1), "f32")),
        )
        for word, coords in (
            ("row-3", u64(0, 3, 3, 1)),
            ("column-4", u64(0, 2, 4, 1)),
            ("row-highest", u64(HIGHEST, 2, 3, 1)),
            ("cell-twice", u64(2, 2, 1, 1)),
        ):
            t.carried(f"{name}-coo-{word}", "LayoutData", coo(name, coords=part(coords, "u64")))
        # Places whose product with the row wraps to the same number.
        t.sound(
            f"{name}-coo-of-2-64-1-cells",
            "sound",
            coo(name, [(1 << 32) - 1, (1 << 32) + 1], coords=part(u64(0, (1 << 32) - 2, 0, 1 << 32), "u64")),
        )
        t.unreadable(f"{name}-coo-of-2-64-cells", "Shape", coo(name, [1 << 32, 1 << 32]))
        t.carried(f"{name}-coo-of-no-columns", "is outside of the shape", coo(name, [3, 0]))
        t.sound(
            f"{name}-coo-of-no-values",
            "sound",
            coo(name, [3, 0], part(b"", "f32"), part(b"", "u64")),
        )
        t.sound(
            f"{name}-coo-of-64-dimensions",
            "sound",
            coo(name, [1] * 64, part(weights_of(1), "f32"), part(u64(*[0] * 64), "u64")),
        )
    t.fault("v2-coo-coords-of-i64", "has to be of u32 or u64", coo("v2", coords=part(u64(0, 2, 3, 1), "i64")))
    t.fault(
        "v2-coo-with-attributes", "LayoutRule: the layout has no attributes", coo("v2", attributes={"k": 1})
    )
    t.sound("v12-coo-of-i8", "sound", coo("v12", coords=part(bytes([0, 2, 3, 1]), "i8")))
    t.carried("v12-coo-row-negative", "LayoutData", coo("v12", coords=part(bytes([0, 255, 3, 1]), "i8")))


# ---- objects in blocks


def quant_group(
    edit: Callable[[dict[str, Any]], Any] = lambda attributes: None,
    shape: Any = None,
    **parts: Part | None,
) -> bytes:
    """16 x 8 codes of 4 bits, in groups of 4 along the second dimension."""
    attributes: dict[str, Any] = {
        "bits": 4,
        "group_size": 4,
        "axis": 1,
        "packing": {"word": "u32", "order": "lsb_first", "per_word": 8},
        "scale_form": "f16_factors",
        "zero_point": {"form": "tensor", "packing": "same_as_data"},
    }
    edit(attributes)
    made = {
        "data": part(bytes(64), "u32"),
        "scales": part(bytes(64), "f16"),
        "zeros": part(bytes(16), "u32"),
        **parts,
    }
    kept = {role: value for role, value in made.items() if value is not None}
    return file_2({"q": Thing([16, 8] if shape is None else shape, kept, "zt.quant_group/1", attributes)})


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets an attribute, or what is inside of one; None takes it out."""

    def edit(attributes: dict[str, Any]) -> None:
        *outer, key = path.split("/")
        for word in outer:
            attributes = attributes[word]
        attributes[key] = value
        if value is None:
            del attributes[key]

    return edit


def of_quant_group(t: Table) -> None:
    name = "v2-quant-group"
    t.sound(name, "sound", quant_group())
    for path, values in (
        ("bits", (None, 0, 1, 7, 9, HIGHEST, -4, "4")),
        ("group_size", (None, 3, 16, HIGHEST, -4, "4")),
        ("axis", (None, 2, HIGHEST, -1, "1")),
        ("packing", (None, 7, [], {})),
        ("packing/word", (None, "u8", "i32", "f32", 32)),
        ("packing/order", (None, "first", 1)),
        ("packing/per_word", (None, 0, 4, HIGHEST, "8")),
        ("scale_form", (None, "f64_factors", "e8m0_exponent", 1)),
        ("zero_point", (None, "tensor", {})),
        ("zero_point/form", (None, "none", "other", 1)),
        ("zero_point/packing", (None, "plain", "other", 1)),
    ):
        for value in values:
            word = "missing" if value is None else str(value).strip("{}").replace("'", "").replace(": ", "-")
            word = "2-64-1" if value == HIGHEST else word or "empty"
            t.fault(f"{name}-{path.replace('/', '-')}-{word}", "LayoutRule", quant_group(put(path, value)))
    # Of 3, 5 and 6 bits none fills a word.
    for bits in (3, 5, 6):
        t.fault(
            f"{name}-of-{bits}-bits",
            "LayoutRule: the attribute packing does not fit",
            quant_group(put("bits", bits)),
        )
    for role in ("data", "scales", "zeros"):
        t.fault(f"{name}-without-{role}", f"needs a part '{role}'", quant_group(**{role: None}))
        t.fault(f"{name}-{role}-too-short", f"LayoutRule: '{role}' has", quant_group(**{role: shorter(role)}))
    t.fault(f"{name}-with-another-part", "LayoutRule: the layout has no part", quant_group(more=part(b"x")))
    t.fault(
        f"{name}-no-attributes",
        "LayoutRule",
        file_2({"q": Thing([2], {"data": part(b"x")}, "zt.quant_group/1")}),
    )
    t.fault(f"{name}-of-a-scalar", "LayoutRule", quant_group(put("axis", 0), []))
    t.sound(f"{name}-group-size-0", "sound", quant_group(put("group_size", 0), scales=part(bytes(32), "f16")))
    t.sound(f"{name}-of-signed-words", "sound", quant_group(data=part(bytes(64), "i32")))


def shorter(role: str) -> Part:
    dtype = {"data": "u32", "scales": "f16", "zeros": "u32"}[role]
    return part(bytes({"data": 60, "scales": 62, "zeros": 12}[role]), dtype)


def mx(attributes: dict[str, Any] | None = None, shape: Any = None, **parts: Part | None) -> bytes:
    """2 x 64 numbers of 4 bits in blocks of 32."""
    said: dict[str, Any] = {"block_size": 32, "scale_form": "e8m0_exponent", **(attributes or {})}
    made = {
        "data": part(bytes(64), type="f4_e2m1"),
        "scales": part(bytes(4), type="f8_e8m0"),
        **parts,
    }
    kept = {role: value for role, value in made.items() if value is not None}
    said = {key: value for key, value in said.items() if value is not None}
    return file_2({"q": Thing([2, 64] if shape is None else shape, kept, "zt.mx/1", said)})


def of_mx(t: Table) -> None:
    t.sound("v2-mx", "sound", mx())
    t.sound("v2-mx-of-i8", "sound", mx(data=part(bytes(128), "i8")))
    for key, values in (
        ("block_size", (None, 0, 1, 3, 128, HIGHEST, -32, "32")),
        ("scale_form", (None, "f32_factors", 1)),
        ("axis", (2, HIGHEST, -1, "1")),
    ):
        for value in values:
            word = "missing" if value is None else "2-64-1" if value == HIGHEST else value
            t.fault(f"v2-mx-{key}-{word}", "LayoutRule", mx({key: value}))
    t.sound("v2-mx-axis-0", "sound", mx({"axis": 0, "block_size": 2}, scales=part(bytes(64), type="f8_e8m0")))
    for role, data in (
        ("data", part(bytes(63), type="f4_e2m1")),
        ("scales", part(bytes(5), type="f8_e8m0")),
    ):
        t.fault(f"v2-mx-without-{role}", f"needs a part '{role}'", mx(**{role: None}))
        t.fault(f"v2-mx-{role}-of-another-size", f"LayoutRule: '{role}' has", mx(**{role: data}))
    t.fault(
        "v2-mx-scales-without-a-type", "LayoutRule: 'scales' has to be of f8_e8m0", mx(scales=part(bytes(4)))
    )
    t.fault("v2-mx-data-of-u8", "LayoutRule: 'data' is of a type", mx(data=part(bytes(128))))
    t.fault("v2-mx-of-a-scalar", "LayoutRule", mx(shape=[]))


def ggml(layout: str = "gguf.q4_0/1", shape: Any = None, data: Part | None = None, **said: Any) -> bytes:
    attributes = {"elems_per_block": 32, "block_bytes": 18, **said}
    attributes = {key: value for key, value in attributes.items() if value is not None}
    parts = {"data": part(bytes(36)) if data is None else data}
    return file_2({"q": Thing([2, 32] if shape is None else shape, parts, layout, attributes)})


def of_ggml(t: Table) -> None:
    t.sound("v2-ggml", "sound", ggml())
    for key in ("elems_per_block", "block_bytes"):
        for value in (None, 0, -1, "18"):
            word = "missing" if value is None else value
            t.fault(f"v2-ggml-{key}-{word}", "LayoutRule: the attributes", ggml(**{key: value}))
    t.fault("v2-ggml-elems_per_block-highest", "LayoutRule: 64 elements", ggml(elems_per_block=HIGHEST))
    t.fault("v2-ggml-block_bytes-highest", "LayoutRule: the size of 'data'", ggml(block_bytes=HIGHEST))
    t.fault("v2-ggml-no-whole-block", "LayoutRule: 33 elements", ggml(shape=[33]))
    t.fault("v2-ggml-of-another-size", "LayoutRule: 'data' has 35 bytes", ggml(data=part(bytes(35))))
    t.fault("v2-ggml-of-i8", "LayoutRule: 'data' has to be u8", ggml(data=part(bytes(36), "i8")))
    t.fault(
        "v2-ggml-with-a-type", "LayoutRule: 'data' has to be u8", ggml(data=part(bytes(36), type="f8_e5m2"))
    )
    t.sound("v2-ggml-with-another-attribute", "sound", ggml(more="x"))
    t.sound("v2-ggml-type-of-other-blocks", "sound", ggml("gguf.q8_0/1"))
    # What is no profile of the format is the vendor's own.
    t.sound("v2-ggml-type-unknown", "sound", ggml("gguf.vendor/1", block_bytes=None))
    t.sound("v2-ggml-version-2", "sound", ggml("gguf.q4_0/2", block_bytes=None))


# ---- encodings


def encoded(name: str, stored: bytes, size: int = 200, **said: Any) -> bytes:
    """A tensor of so many bytes that is stored like this."""
    if name == "v2":
        more = {"encoding": SEEKABLE, "decoded_length": size, **said}
    else:
        more = {"encoding": ZSTD, **({"uncompressed_length": size} if name == "v12" else {}), **said}
    return FILES[name]({"a": dense([size], stored, **more)})


def stored(name: str, data: bytes) -> bytes:
    """In the encoding that the version has."""
    return seekable(data) if name == "v2" else frame_of(data)


def of_encodings(t: Table) -> None:
    data = bytes(range(200))
    good = frame_of(data)
    for name in ("v01", "v10", "v12"):
        t.unreadable(
            f"{name}-encoding-unknown", "Encoding: the encoding 'gzip'", encoded(name, data, encoding="gzip")
        )
        t.unreadable(
            f"{name}-encoding-of-version-2", "Encoding: the encoding", encoded(name, data, encoding=SEEKABLE)
        )
        t.sound(f"{name}-encoding-raw", "sound", FILES[name]({"a": dense([200], data, encoding="raw")}))
        t.sound(f"{name}-zstd", "sound", encoded(name, good))
        t.sound(f"{name}-zstd-without-its-size", "sound", encoded(name, frame(raw(data), None)))
        t.sound(f"{name}-zstd-with-a-checksum", "sound", encoded(name, frame_with_checksum(data)))
        broken = bytearray(frame_with_checksum(data))
        broken[-1] ^= 1
        for word, stored in (
            ("checksum-wrong", bytes(broken)),
            ("of-other-bytes", data),
            ("empty", b""),
            ("cut-short", good[:-1]),
            ("magic-alone", good[:4]),
            ("bytes-follow", good + b"\0"),
            ("two-frames", good[:-200] + good),
            ("frames-that-add-up", frame_of(data[:100]) + frame_of(data[100:])),
            ("a-byte-less", frame_of(data[:-1])),
            ("a-byte-more", frame_of(data + b"\0")),
            ("nothing-in-it", frame_of(b"")),
            ("a-skippable-frame", b"\x50\x2a\x4d\x18\0\0\0\0"),
            ("size-lies", frame(raw(data), 100)),
            ("large-window", frame(raw(data), None, 31)),
        ):
            t.weights(f"{name}-zstd-{word}", "Encoding", encoded(name, stored))
        t.sound(f"{name}-zstd-of-nothing", "sound", encoded(name, frame_of(b""), 0))
        t.weights(f"{name}-zstd-of-something-where-nothing-is-said", "Encoding", encoded(name, good, 0))
    t.unreadable("v12-uncompressed-length-lies", "DenseSize", encoded("v12", good, uncompressed_length=199))
    t.unreadable(
        "v12-uncompressed-length-of-raw",
        "Encoding",
        file_1({"a": dense([200], data, uncompressed_length=199)}),
    )
    t.sound("v12-uncompressed-length-missing", "sound", encoded("v12", good, uncompressed_length=None))
    t.unreadable(
        "v01-zstd-big-endian",
        "Schema: a big-endian order",
        file_0_1({"a": dense([50], good, "f32", encoding=ZSTD, data_endianness="big")}),
    )
    table = seek_table
    stored = frame_with_checksum(data)
    both = frame_with_checksum(data[:128]) + frame_with_checksum(data[128:])
    sizes = [(len(frame_with_checksum(data[:128])), 128), (len(frame_with_checksum(data[128:])), 72)]
    one = [(len(stored), 200)]
    t.sound("v2-seekable", "sound", encoded("v2", seekable(data)))
    t.sound("v2-seekable-of-two-frames", "sound", encoded("v2", seekable(data, 128)))
    t.sound("v2-seekable-with-checksums", "sound", encoded("v2", seekable(data, descriptor=0x80)))
    t.sound("v2-seekable-of-nothing", "sound", encoded("v2", seekable(b""), 0))
    broken = bytearray(stored)
    broken[-1] ^= 1
    for word, content in (
        ("of-other-bytes", data),
        ("empty", b""),
        ("table-missing", stored),
        ("table-alone", table([])),
        ("table-magic", stored + table(one, magic=0x8F92EAB2)),
        ("table-first-magic", stored + table(one, first_magic=0x184D2A50)),
        ("table-size", stored + table(one, size=18)),
        ("table-size-2-32-1", stored + table(one, size=(1 << 32) - 1)),
        ("table-count-of-one-more", stored + table(one, count=2)),
        ("table-count-of-one-less", stored + table(one, count=0)),
        ("table-count-2-32-1", stored + table(one, count=(1 << 32) - 1)),
        ("table-count-2-20", stored + table(one, count=1 << 20)),
        ("table-descriptor", stored + table(one, descriptor=1)),
        ("table-descriptor-reserved", stored + table(one, descriptor=0x40)),
        ("table-cut-short", seekable(data)[:-1]),
        ("bytes-follow", seekable(data) + b"\0"),
        ("bytes-before", b"\0" + seekable(data)),
        ("stored-size-of-one-more", stored + table([(len(stored) + 1, 200)])),
        ("stored-size-of-one-less", stored + table([(len(stored) - 1, 200)])),
        ("decoded-size-of-one-more", stored + table([(len(stored), 201)])),
        ("decoded-size-of-one-less", stored + table([(len(stored), 199)])),
        ("frame-of-nothing", stored + frame_of(b"") + table([*one, (len(frame_of(b"")), 0)])),
        ("second-frame-larger", both + table([(sizes[0][0], 72), (sizes[1][0], 128)])),
        ("first-frame-of-another-size", both + table([(sizes[0][0], 100), (sizes[1][0], 100)])),
        ("frames-swapped", both + table([sizes[1], sizes[0]])),
        ("frame-over-16-mib", stored + table([(len(stored), (16 * MIB) + 1)])),
        ("frame-without-a-checksum", frame_of(data) + table([(len(frame_of(data)), 200)])),
        ("frame-checksum-wrong", bytes(broken) + table(one)),
        ("frame-of-other-bytes", data + table([(200, 200)])),
        ("frames-of-one-entry", both + table([(len(both), 200)])),
    ):
        t.weights(f"v2-seekable-{word}", "Encoding", encoded("v2", content))
    t.unreadable("v2-decoded-length-lies", "DenseSize", encoded("v2", seekable(data), decoded_length=199))
    t.weights("v2-seekable-of-fewer-bytes", "Encoding", encoded("v2", seekable(data[:-1])))
    t.weights("v2-seekable-of-more-bytes", "Encoding", encoded("v2", seekable(data + b"\0")))
    t.weights("v2-encoding-unknown", "Encoding", encoded("v2", data, encoding="zt.vendor/1"))
    t.weights("v2-encoding-raw", "Encoding", encoded("v2", data, encoding="raw"))
    # The lengths of parts in version 1 that no shape tells.
    for name in ("v10", "v12"):
        said = {"encoding": ZSTD}
        t.sound(
            f"{name}-csr-indices-of-zstd",
            "sound",
            csr(name, indices=part(frame_of(u64(0, 3, 2)), "u64", **said)),
        )
        t.unreadable(
            f"{name}-csr-indices-of-no-zstd", "Encoding", csr(name, indices=part(u64(0, 3, 2), "u64", **said))
        )


def of_digests(t: Table) -> None:
    data = bytes(range(200))
    sha256 = "sha256:" + hashlib.sha256(data).hexdigest()
    for name, key in (("v01", "checksum"), ("v10", "digest"), ("v12", "digest")):
        right, wrong = crc32c_of(data), crc32c_of(data[:-1])

        def file(digest: str, stored: bytes = data, name: str = name, key: str = key, **more: Any) -> bytes:
            return FILES[name]({"a": dense([200], stored, **{key: digest}, **more)})

        t.sound(f"{name}-crc32c", "sound", file(right))
        t.sound(f"{name}-crc32c-lower-case", "sound", file(right.lower()))
        t.sound(f"{name}-crc32c-0X", "sound", file(right.replace("0x", "0X")))
        t.weights(f"{name}-crc32c-wrong", "Digest", file(wrong))
        frame_ = frame_of(data)
        t.sound(f"{name}-crc32c-of-the-frame", "sound", file(crc32c_of(frame_), frame_, encoding=ZSTD))
        t.weights(f"{name}-crc32c-of-what-is-decoded", "Digest", file(right, frame_, encoding=ZSTD))
        t.sound(
            f"{name}-crc32c-of-nothing",
            "sound",
            FILES[name]({"a": dense([0], b"", **{key: "crc32c:0x00000000"})}),
        )
        t.weights(
            f"{name}-crc32c-of-nothing-wrong",
            "Digest",
            FILES[name]({"a": dense([0], b"", **{key: "crc32c:0x00000001"})}),
        )
        t.sound(f"{name}-sha256", "sound", file(sha256))
        t.weights(f"{name}-sha256-wrong", "Digest", file("sha256:" + 64 * "0"))
    t.weights(
        "v01-crc32c-of-big-endian-wrong",
        "Digest",
        file_0_1({"a": dense([50], data, "f32", checksum=crc32c_of(data[:-1]), data_endianness="big")}),
    )
    t.sound(
        "v01-crc32c-of-big-endian",
        "sound",
        file_0_1({"a": dense([50], data, "f32", checksum=crc32c_of(data), data_endianness="big")}),
    )
    t.sound("v2-xxh3", "sound", file_2({"a": dense([200], data, digest=xxh3_of(data))}))
    t.sound("v2-sha256", "sound", file_2({"a": dense([200], data, digest=sha256)}))
    t.sound("v2-xxh3-of-nothing", "sound", file_2({"a": dense([0], b"", digest=xxh3_of(b""))}))
    t.weights("v2-xxh3-of-nothing-wrong", "Digest", file_2({"a": dense([0], b"", digest=xxh3_of(b"x"))}))
    t.weights("v2-xxh3-wrong", "Digest", file_2({"a": dense([200], data, digest=xxh3_of(data[:-1]))}))
    t.weights("v2-sha256-wrong", "Digest", file_2({"a": dense([200], data, digest="sha256:" + 64 * "0")}))
    t.sound("v2-xxh3-of-what-is-decoded", "sound", encoded("v2", seekable(data), digest=xxh3_of(data)))
    t.weights(
        "v2-xxh3-of-the-frames", "Digest", encoded("v2", seekable(data), digest=xxh3_of(seekable(data)))
    )
    t.weights(
        "v2-aliased-of-another-digest",
        "Digest",
        file_2(
            {
                "a": dense([200], data, digest=xxh3_of(data)),
                "b": dense([200], b"", offset=4096, length=200, digest=xxh3_of(b"")),
            }
        ),
    )
    t.weights(
        "v2-digest-of-a-sparse-part-wrong",
        "Digest",
        csr("v2", values=part(weights_of(3), "f32", digest=xxh3_of(b""))),
    )


# ---- what only the data shows


def of_data(t: Table) -> None:
    t.sound("v2-bool", "sound", file_2({"a": dense([4], bytes([0, 1, 1, 0]), type="bool")}))
    for value in (2, 255):
        t.carried(
            f"v2-bool-{value}",
            "LayoutData: element 2 is neither 0 nor 1",
            file_2({"a": dense([4], bytes([0, 1, value, 0]), type="bool")}),
        )
    t.carried(
        "v2-bool-2-in-frames",
        "LayoutData: element 2 is neither 0 nor 1",
        file_2(
            {"a": dense([4], seekable(bytes([0, 1, 2, 0])), type="bool", encoding=SEEKABLE, decoded_length=4)}
        ),
    )
    t.carried(
        "v2-f4-odd-with-a-last-half",
        "LayoutData",
        file_2({"a": dense([3], b"\x21\x43", type="f4_e2m1")}),
    )
    for name, alignment in (("v01", 64), ("v10", 64), ("v12", 64), ("v2", 4096)):
        for word, at in (("first", 7), ("last", alignment - 1)):
            padded = bytearray(b"weights".ljust(alignment, b"\0"))
            padded[at] = 1
            t.carried(
                f"{name}-padding-{word}-byte",
                "Padding",
                FILES[name]({"a": dense([7], bytes(padded), length=7), "b": dense([3], b"abc")}),
            )
        made = bytearray(FILES[name]())
        made[alignment - 1] = 1
        t.carried(f"{name}-padding-before-the-first-blob", "Padding", bytes(made))
    t.carried("v2-padding-before-the-index", "Padding", file_2({"a": dense([7], b"weights")}, gap=b"\1"))
    padding_of_nothing = bytearray(file_2({}))
    padding_of_nothing[100] = 1
    t.carried("v2-padding-of-no-blobs", "Padding", bytes(padding_of_nothing))


# ---- shards


def of_shards(t: Table) -> None:
    good = data_shard(b"weights".ljust(4096, b"\0"), b"more")

    def root(entry: Any = None, name: Any = "s", part_says: Any = "s", **said: Any) -> bytes:
        entry = {"size": len(good), "digest": xxh3_of(good)} if entry is None else entry
        things = {
            "a": dense([3], b"abc"),
            "b": dense([7], b"", offset=4096, length=7, shard=part_says),
            "c": dense([4], b"", offset=8192, length=4, shard=part_says),
        }
        return file_2(things, {"shards": {name: entry}, **said})

    def add(name: str, verdict: Verdict, says: str, root_: bytes, **files: Content) -> None:
        shards: dict[str, Content] = {f"m-{shard}.zt": content for shard, content in files.items()}
        t.cases.append(
            Case(f"zt-shard-{name}.d", verdict, says, files={"m.zt": root_, **shards}, model="m.zt")
        )

    add("good", Verdict.SOUND, "sound", root(), s=good)
    other = file_2({"x": dense([7], b"weights"), "y": dense([4], b"more")})
    add(
        "that-is-a-file-of-its-own",
        Verdict.SOUND,
        "sound",
        root({"size": len(other), "digest": xxh3_of(other)}),
        s=other,
    )
    alone = file_2({"a": dense([3], b"abc")}, {"shards": {"s": {"size": len(good), "digest": xxh3_of(good)}}})
    add("that-no-part-is-in", Verdict.SOUND, "sound", alone, s=good)
    for word, name in (
        ("empty", ""),
        ("with-a-dot-first", ".s"),
        ("of-65-bytes", "s" * 65),
        ("with-a-slash", "a/b"),
        ("that-leads-out", "../s"),
        ("with-a-space", "a b"),
        ("with-a-nul", "a\0"),
        ("with-an-umlaut", "\u00e4"),
    ):
        add(f"name-{word}", Verdict.UNREADABLE, "ShardName", root(None, name, name), s=good)
    long = "s" * 64
    add("name-of-64-bytes", Verdict.SOUND, "sound", root(None, long, long), **{long: good})
    add("name-a-number", Verdict.UNREADABLE, "Schema", root(None, 7), s=good)
    add("that-is-not-listed", Verdict.UNREADABLE, "ShardRef", root(None, "s", "t"), s=good, t=good)
    add("of-no-list", Verdict.UNREADABLE, "ShardRef", root(shards=None), s=good)
    digest = xxh3_of(good)
    for word, entry, says in (
        ("without-a-size", {"digest": digest}, "Schema"),
        ("without-a-digest", {"size": len(good)}, "Schema"),
        ("size-mistyped", {"size": "1", "digest": digest}, "Schema"),
        ("digest-mistyped", {"size": len(good), "digest": 7}, "Schema"),
        ("entry-a-number", 7, "Schema"),
        ("size-past-the-blob", {"size": 8192 + 3 + 40, "digest": digest}, "BlobBounds"),
        ("size-past-the-file", {"size": len(good) + 1, "digest": digest}, "BlobBounds: the shard has"),
        ("size-highest", {"size": HIGHEST, "digest": digest}, "BlobBounds: the shard has"),
        ("size-47", {"size": 47, "digest": digest}, "Schema"),
    ):
        add(word, Verdict.UNREADABLE, says, root(entry), s=good)
    add("digest-malformed", Verdict.FAULT, "Schema", root({"size": len(good), "digest": "xxh3"}), s=good)
    add("digest-wrong", Verdict.WEIGHTS, "Digest", root({"size": len(good), "digest": xxh3_of(b"")}), s=good)
    add("digest-unknown", Verdict.SOUND, "sound", root({"size": len(good), "digest": "blake9:00"}), s=good)
    at = len(good) - 40
    versioned = good[: at + 24] + b"\3" + good[at + 25 :]
    for word, says, content in (
        ("missing", "", None),
        ("empty", "", b""),
        ("too-short", "FileTooSmall", good[:47]),
        ("cut-short", "FooterMagic", good[:-1]),
        ("of-another-magic", "FooterMagic", good[:-1] + b"\0"),
        ("of-version-3", "Version", versioned),
        ("of-text", "", b"something else\n" * 100),
        ("links-out", "", lambda path: os.symlink("/dev/zero", path)),
        ("a-fifo", "", os.mkfifo),
        ("a-directory", "", os.mkdir),
        ("links-to-the-root", "BlobBounds", lambda path: os.symlink("m.zt", path)),
    ):
        files: dict[str, Content] = {} if content is None else {"s": content}
        add(word, Verdict.UNREADABLE, says, root(), **files)
    unaligned = file_2(
        {"b": dense([7], b"", offset=4100, length=7, shard="s")},
        {"shards": {"s": {"size": len(good), "digest": digest}}},
    )
    add("blob-off-its-alignment", Verdict.FAULT, "BlobAlignment", unaligned, s=good)
    overlap = file_2(
        {f"b{i}": dense([i], b"", offset=4096, length=i, shard="s") for i in (7, 8)},
        {"shards": {"s": {"size": len(good), "digest": digest}}},
    )
    add("blobs-overlap", Verdict.FAULT, "overlap in part in the shard 's'", overlap, s=good)
    padded = data_shard(b"weights\1".ljust(4096, b"\0"), b"more")
    t.cases.append(
        Case(
            "zt-shard-padding.d",
            Verdict.WEIGHTS,
            "Padding",
            files={"m.zt": root({"size": len(padded), "digest": xxh3_of(padded)}), "m-s.zt": padded},
            model="m.zt",
            carried=True,
        )
    )
    entry = {"size": 48, "digest": "blake9:00"}
    crowd = file_2({"a": dense([3], b"abc")}, {"shards": {f"{i:04}": entry for i in range(2000)}})
    add("missing-2000-times", Verdict.UNREADABLE, "", crowd)
    add("there-2000-times", Verdict.SOUND, "sound", crowd, **{f"{i:04}": data_shard() for i in range(2000)})


# ---- what would take much memory or time


def colliding_names(length: int) -> bytes:
    """Parts whose tensors all want the same name, of dots alone."""
    entry = {"dtype": "u8", "offset": 64, "length": 1}
    things = {
        "." * i: {"shape": [1], "format": "x", "components": {"." * (length - 1 - i): entry}}
        for i in range(1, length - 1)
    }
    return file_1(
        {"a": dense([1], b"x")}, edit=lambda root: {**root, "objects": {**root["objects"], **things}}
    )


def of_bombs(t: Table) -> None:
    zeros = frame(run(b"\0", 4 * GIB), None)
    for name in ("v10", "v12"):
        indices = part(frame(run(b"\0", 40 * GIB), None), "u64", encoding=ZSTD)
        t.unreadable(
            f"{name}-bomb-in-indices", "Encoding: the zstd frame decodes to more", csr(name, indices=indices)
        )
    for name in ("v01", "v10", "v12"):
        # Of the older ones the shape alone says what it decodes to.
        add = t.unreadable if name == "v12" else t.weights
        add(
            f"{name}-bomb-of-2-60-bytes-that-is-small",
            "Encoding",
            encoded(name, frame_of(bytes(200)), 1 << 60),
        )
        t.weights(f"{name}-bomb-of-200-bytes-that-is-large", "Encoding", encoded(name, zeros, 200))
    count = 1 << 16
    stored = frame_with_checksum(bytes(200))
    entries = [(len(stored), 16 * MIB)] + [(1, 16 * MIB)] * (count - 1)
    t.unreadable(
        "v2-bomb-of-1-tib-that-is-small",
        "Encoding",
        encoded("v2", stored + bytes(count - 1) + seek_table(entries), count * 16 * MIB),
    )
    # Places in eight dimensions, which lie far from each other in a stream.
    values = 1 << 24
    t.carried(
        "v12-bomb-in-coords",
        "LayoutData: a cell is there twice",
        coo(
            "v12",
            [8] * 8,
            part(frame(run(b"\0", values), None), encoding=ZSTD, uncompressed_length=values),
            part(frame(run(b"\0", 64 * values), None), "u64", encoding=ZSTD, uncompressed_length=64 * values),
        ),
    )
    t.sound("v12-bomb-of-names", "sound", colliding_names(4000))


def cases() -> Table:
    t = Table("zt", prefix="zt-")
    for add in (
        of_dense,
        of_csr,
        of_coo,
        of_quant_group,
        of_mx,
        of_ggml,
        of_encodings,
        of_digests,
        of_data,
        of_shards,
        of_bombs,
    ):
        add(t)
    return t
