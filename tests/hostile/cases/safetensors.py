"""safetensors: the header's length, its JSON, and how tensors tile the data."""

import json
from typing import Any

from case import Table
from safetensors_file import DATA, SOUND, file, tensor

HIGHEST = (1 << 64) - 1
HALF = 1 << 63
DEEP = 100_000
ZERO = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'


def one(data: bytes = b"", **fields: Any) -> bytes:
    """A single tensor; None leaves a field out."""
    whole = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4], **fields}
    return file({"a": {key: value for key, value in whole.items() if value is not None}}, data or b"1234")


def raw(text: str | bytes, data: bytes = b"") -> bytes:
    return file(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape"), data)


def member(text: str) -> bytes:
    """A field of a tensor, as it stands."""
    return raw('{"a":{"dtype":"U8",' + text + "}}", b"1234")


def named(name: str) -> bytes:
    return raw(
        b'{' + json.dumps(name).encode() + b':{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', b"1234"
    )


def cases() -> Table:
    t = Table("safetensors", prefix="safetensors-")
    good = file()
    length = len(good) - 8 - len(DATA)

    # ---- the header's length
    t.unreadable("empty", "is empty", b"")
    t.unreadable("header-length-of-7-bytes", "a safetensors file begins with 8 bytes", good[:7])
    t.unreadable("header-length-0", "is 8 zero bytes", file(b"", b""))
    t.unreadable("header-length-2-63", "is more than the format allows", file(length=HALF))
    t.unreadable("header-length-2-64-1", "is more than the format allows", file(length=HIGHEST))
    t.unreadable("header-length-overflows", "is more than the format allows", file(length=HIGHEST - 7))
    t.unreadable(
        "header-length-over-the-cap", "header length 100,000,001 is more than", file(length=100_000_001)
    )
    t.unreadable(
        "header-length-at-the-cap", "the header takes 100000000 bytes, but only", file(length=100_000_000)
    )
    t.unreadable(
        "header-past-the-end", f"the header takes {length + 22} bytes, but only", file(length=length + 22)
    )
    t.unreadable("header-length-one-less", "not valid JSON", file(length=length - 1))
    t.unreadable("header-length-one-more", "header:", file(length=length + 1))

    # ---- JSON
    t.unreadable("header-is-an-array", "begins with '['", raw("[]"))
    t.unreadable("header-is-a-string", "begins with '\"'", raw('"x"'))
    t.unreadable("header-is-null", "begins with 'n'", raw("null"))
    t.unreadable("header-is-white-space", "the header is empty", raw("   \n"))
    t.unreadable("header-is-zeros", "begins with", raw(bytes(100)))
    t.unreadable("header-cut-short", "not valid JSON", raw('{"a":'))
    t.unreadable("header-two-documents", "header:", raw("{}{}"))
    t.unreadable("header-nul-behind-it", "header:", raw("{}\0"))
    t.unreadable("header-byte-order-mark", "the header begins with", raw("\ufeff{}"))
    t.unreadable("header-utf-16", "header", raw("{}".encode("utf-16-le")))
    t.unreadable(
        "header-not-utf-8",
        "Invalid encoding",
        raw(b'{"\xff":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    )
    t.unreadable("header-utf-8-overlong", "Invalid encoding", raw(b'{"__metadata__":{"a":"\xc0\xaf"}}'))
    t.unreadable("header-utf-8-surrogate", "Invalid encoding", raw(b'{"__metadata__":{"a":"\xed\xa0\x80"}}'))
    t.unreadable("header-lone-surrogate", "not valid JSON", raw('{"__metadata__":{"a":"\\udc00"}}'))
    t.unreadable("header-control-character-in-a-name", "not valid JSON", raw('{"a\x01":{}}'))
    t.unreadable("header-single-quotes", "not valid JSON", raw("{'a':1}"))
    t.unreadable("header-comment", "not valid JSON", raw("{/* */}"))
    t.unreadable("header-trailing-comma", "not valid JSON", raw("{},"[:1] + '"__metadata__":{},}'))
    t.unreadable("header-nan", "not valid JSON", raw('{"a":NaN}'))
    t.unreadable("header-nested-100000-deep", "nested", raw('{"a":' + "[" * DEEP + "]" * DEEP + "}"))
    t.unreadable("header-objects-nested-100000-deep", "nested", raw('{"a":' * DEEP + "1" + "}" * DEEP))
    t.unreadable("header-nested-and-never-closed", "nested", raw('{"a":' + "[" * DEEP))
    t.unreadable(
        "header-nested-65-deep",
        "nested",
        member('"x":' + "[" * 63 + "]" * 63 + ',"shape":[4],"data_offsets":[0,4]'),
    )
    t.sound(
        "header-nested-64-deep",
        "sound",
        member('"x":' + "[" * 62 + "]" * 62 + ',"shape":[4],"data_offsets":[0,4]'),
    )
    t.unreadable(
        "tensor-name-stands-twice", 'the key "a" is duplicated', raw('{"a":' + ZERO + ',"a":' + ZERO + "}")
    )
    t.unreadable(
        "tensor-name-stands-twice-escaped",
        'the key "a" is duplicated',
        raw('{"a":' + ZERO + ',"\\u0061":' + ZERO + "}"),
    )
    t.unreadable(
        "metadata-stands-twice",
        'the key "__metadata__" is duplicated',
        raw('{"__metadata__":{},"__metadata__":{}}'),
    )
    t.unreadable(
        "metadata-key-stands-twice", 'the key "k" is duplicated', raw('{"__metadata__":{"k":"1","k":"2"}}')
    )
    t.unreadable(
        "dtype-stands-twice",
        'the key "dtype" is duplicated',
        member('"dtype":"U8","shape":[4],"data_offsets":[0,4]'),
    )
    t.unreadable(
        "shape-stands-twice",
        'the key "shape" is duplicated',
        member('"shape":[4],"shape":[4],"data_offsets":[0,4]'),
    )

    # ---- metadata
    t.unreadable("metadata-is-a-string", "__metadata__ is a string", file({"__metadata__": "x", **SOUND}))
    t.unreadable("metadata-is-an-array", "__metadata__ is an array", file({"__metadata__": [], **SOUND}))
    t.unreadable(
        "metadata-value-a-number",
        "the value of 'k' is a number, not a string",
        file({"__metadata__": {"k": 1}, **SOUND}),
    )
    t.unreadable(
        "metadata-value-null", "the value of 'k' is null", file({"__metadata__": {"k": None}, **SOUND})
    )
    t.unreadable(
        "metadata-value-an-object",
        "the value of 'k' is an object",
        file({"__metadata__": {"k": {}}, **SOUND}),
    )
    t.sound("metadata-null", "sound", file({"__metadata__": None, **SOUND}))
    t.sound(
        "metadata-with-terminal-escapes",
        "sound",
        file(
            {
                "__metadata__": {
                    "\x1b]0;k\x07": "\x1b[2J\u009b31m\0",
                    "model_name": "\x1b[31m\n",
                    "architecture": "\x07",
                },
                **SOUND,
            }
        ),
    )
    t.sound("metadata-of-1-mib", "sound", file({"__metadata__": {"k" * (1 << 20): "v" * (1 << 20)}, **SOUND}))

    # ---- a tensor's object
    t.unreadable("tensor-is-null", "its entry in the header is null", raw('{"a":null}'))
    t.unreadable("tensor-is-a-number", "its entry in the header is a number", raw('{"a":1}'))
    t.unreadable("tensor-is-an-array", "its entry in the header is an array", raw('{"a":[]}'))
    t.unreadable("tensor-is-empty", 'its "dtype" is missing', raw('{"a":{}}'))
    t.unreadable("dtype-missing", 'its "dtype" is missing', one(dtype=None))
    t.unreadable("shape-missing", 'its "shape" is missing', one(shape=None))
    t.unreadable("data-offsets-missing", 'its "data_offsets" are missing', one(data_offsets=None))
    t.unreadable("dtype-unknown", "dtype 'F99' is not known", one(dtype="F99"))
    t.unreadable("dtype-lower-case", "dtype 'u8' is not known", one(dtype="u8"))
    t.unreadable("dtype-empty", "dtype '' is not known", one(dtype=""))
    t.unreadable("dtype-a-number", '"dtype" is a number', one(dtype=8))
    t.unreadable("dtype-of-1-mib", "is not known", one(dtype="\x1b" * (1 << 20)))
    t.unreadable("shape-a-number", '"shape" is a number', one(shape=4))
    t.unreadable("shape-an-object", '"shape" is an object', one(shape={}))
    t.unreadable("shape-of-arrays", '"shape" holds an array', one(shape=[[4]]))
    t.unreadable("shape-of-text", '"shape" holds a string', one(shape=["4"]))
    t.unreadable("shape-fraction", '"shape" holds 4.0', one(shape=[4.0]))
    t.unreadable("shape-exponent", '"shape" holds 4e0', member('"shape":[4e0],"data_offsets":[0,4]'))
    t.unreadable("shape-negative", '"shape" holds -4', one(shape=[-4]))
    t.unreadable("shape-minus-zero", '"shape" holds -0', member('"shape":[-0],"data_offsets":[0,0]'))
    t.unreadable("shape-leading-zero", "header:", member('"shape":[04],"data_offsets":[0,4]'))
    t.unreadable("shape-2-64", '"shape" holds 18446744073709551616', one(shape=[1 << 64]))
    t.unreadable(
        "shape-of-a-million-digits",
        "Number too big",
        member('"shape":[' + "9" * 1_000_000 + '],"data_offsets":[0,4]'),
    )
    t.unreadable("shape-2-63", "hold 4 bytes, but U8", one(shape=[HALF]))
    t.unreadable("shape-2-64-1", "hold 4 bytes, but U8", one(shape=[HIGHEST]))
    t.unreadable("shape-2-64-1-of-f64", "has no size in bytes", one(dtype="F64", shape=[HIGHEST]))
    t.unreadable("shape-product-wraps", "has no size in bytes", one(shape=[1 << 32, 1 << 32, 4]))
    t.unreadable(
        "shape-product-wraps-to-the-size", "has no size in bytes", one(dtype="F32", shape=[(1 << 62) + 1])
    )
    t.unreadable(
        "shape-0-behind-an-overflow",
        "the number of elements exceeds 2^64",
        file({"a": tensor("U8", [HIGHEST, HIGHEST, 0], 0, 0)}, b""),
    )
    t.unreadable("rank-256", "256 dimensions; at most 255", one(shape=[1] * 255 + [4]))
    t.sound("rank-255", "sound", one(shape=[1] * 254 + [4]))
    t.unreadable("rank-1000000", "1000000 dimensions", one(shape=[1] * 1_000_000))
    t.unreadable("data-offsets-of-one", "hold 1 number", one(data_offsets=[0]))
    t.unreadable("data-offsets-of-three", "hold 3 numbers", one(data_offsets=[0, 4, 4]))
    t.unreadable("data-offsets-empty", "hold 0 numbers", one(data_offsets=[]))
    t.unreadable("data-offsets-a-number", '"data_offsets" is a number', one(data_offsets=4))
    t.unreadable("data-offsets-fraction", '"data_offsets" holds 0.5', one(data_offsets=[0.5, 4]))
    t.unreadable("data-offsets-negative", '"data_offsets" holds -4', one(data_offsets=[-4, 0]))
    t.unreadable(
        "data-offsets-2-64", '"data_offsets" holds 18446744073709551616', one(data_offsets=[0, 1 << 64])
    )
    t.unreadable("data-offsets-2-63", "hold 9223372036854775808 bytes", one(data_offsets=[0, HALF]))
    t.unreadable("data-offsets-2-64-1", "hold 18446744073709551615 bytes", one(data_offsets=[0, HIGHEST]))
    t.unreadable(
        "data-offsets-begin-2-64-5",
        "cut off",
        one(data_offsets=[HIGHEST - 4, HIGHEST]),
    )
    t.unreadable("data-offsets-backwards", "end before they begin", one(data_offsets=[4, 0]))
    t.unreadable("size-is-not-the-shape-s", "hold 4 bytes, but U8 [5] takes 5", one(shape=[5]))
    t.unreadable("f4-ends-inside-a-byte", "has no size in bytes", one(dtype="F4", shape=[7]))
    t.unreadable("f6-ends-inside-a-byte", "has no size in bytes", one(dtype="F6_E2M3", shape=[5]))
    t.sound("unknown-keys", "sound", one(x=[1, {"y": None}], z="\x1b[2J"))

    # ---- how the tensors tile the data
    t.unreadable(
        "hole",
        "2 bytes of the data section, [4, 6], belong to no tensor",
        file({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [2], 6, 8)}, bytes(8)),
    )
    t.unreadable(
        "hole-at-the-beginning", "[0, 2], belong to no tensor", file({"a": tensor("U8", [4], 2, 6)}, bytes(6))
    )
    t.unreadable(
        "hole-at-the-end", "[4, 5], belong to no tensor", file({"a": tensor("U8", [4], 0, 4)}, bytes(5))
    )
    t.unreadable(
        "overlap",
        "overlap tensor 'a' at [0, 4] by 2 bytes",
        file({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)),
    )
    t.unreadable(
        "two-tensors-share-their-bytes",
        "overlap tensor",
        file({"a": tensor("U8", [4], 0, 4), "b": tensor("I8", [4], 0, 4)}, bytes(4)),
    )
    t.unreadable(
        "tensor-inside-another",
        "overlap tensor 'a'",
        file({"a": tensor("U8", [8], 0, 8), "b": tensor("U8", [1], 3, 4)}, bytes(8)),
    )
    t.unreadable(
        "tensor-of-no-bytes-inside-another",
        "lie inside tensor 'a'",
        file({"a": tensor("U8", [8], 0, 8), "b": tensor("U8", [0], 3, 3)}, bytes(8)),
    )
    t.unreadable("past-the-end", "cut off", file(data=DATA[:-1]))
    t.unreadable("no-data-at-all", "cut off", file(data=b""))
    t.unreadable(
        "tensor-of-no-bytes-past-the-end",
        "cut off",
        file({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [0], 9, 9)}, bytes(4)),
    )
    t.unreadable("data-without-tensors", "the header names no tensors", raw("{}", b"data"))
    t.sound("no-tensors", "sound", raw("{}"))
    t.sound(
        "tensor-of-no-bytes-at-the-end",
        "sound",
        file({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [0], 4, 4)}, bytes(4)),
    )

    # ---- names
    t.sound("name-empty", "sound", named(""))
    t.sound("name-with-a-nul", "sound", named("a\0b"))
    t.sound("name-with-control-characters", "sound", named("a\tb\nc\rd\x07\x7f"))
    t.sound("name-with-terminal-escapes", "sound", named("\x1b]0;gotcha\x07\x1b[2J\u009b31m"))
    t.sound("name-of-1-mib", "sound", named("n" * (1 << 20)))
    t.unreadable(
        "name-of-1-mib-that-cannot-be-read",
        'its "dtype" is missing',
        raw('{"' + "\\u001b" * (1 << 20) + '":{}}'),
    )
    t.unreadable(
        "name-of-1-mib-that-stands-twice",
        "; names must be unique",
        raw(
            ('{"' + "n" * (1 << 20) + '":{},').replace("{}", ZERO) + '"' + "n" * (1 << 20) + '":' + ZERO + "}"
        ),
    )
    t.sound("name-right-to-left", "sound", named("\u202egnp.exe"))
    return t
