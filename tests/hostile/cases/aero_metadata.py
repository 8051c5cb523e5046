"""AERO: what MJSN, MMSG and TIDX may say."""

from typing import Any

from aero_file import F32, PACKED, TENSORS, U8, Chunk, entry, json_chunk, model, shard
from case import Table
from packing import Pairs, Raw, map_header, pack

HIGHEST = (1 << 64) - 1
HALF = 1 << 63
DEEP = 100_000


def tidx(packed: bytes) -> bytes:
    return model(index=Chunk("TIDX", "tensors", packed, 4)).bytes()


def of(*tensors: Any) -> bytes:
    return model(tensors=list(tensors)).bytes()


def changed(**fields: Any) -> bytes:
    """The first tensor with other fields; None leaves one out."""
    first = {**TENSORS[0], **fields}
    return of({key: value for key, value in first.items() if value is not None}, *TENSORS[1:])


def mmsg(edit: Any) -> bytes:
    return model(edit=edit).bytes()


def raw_mmsg(packed: bytes) -> bytes:
    return model(packed_manifest=packed).bytes()


def mjsn(content: Any) -> bytes:
    return model(json_=json_chunk(content)).bytes()


def setting(*path: Any, to: Any) -> Any:
    """An edit of the manifest; None leaves the key out."""

    def edit(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        if to is None:
            del content[path[-1]]
        else:
            content[path[-1]] = to

    return edit


def source(**keys: Any) -> bytes:
    def edit(content: Any) -> None:
        content["source"] = {"format": "safetensors", **keys}

    return mmsg(edit)


def packed(
    quant_id: Any = 0, params: Any = None, descriptors: Any = None, size: int = 144, shape: Any = None
) -> bytes:
    """One tensor of Q4_K, 256 elements in 144 bytes."""
    tensor = entry(
        "q",
        PACKED,
        shape or [256],
        0,
        size,
        quant_id=quant_id,
        quant_params={"ggml_type": 12} if params is None else params,
    )

    def edit(content: Any) -> None:
        content["quant_descriptors"] = (
            descriptors
            if descriptors is not None
            else [{"id": 0, "quant_name": "Q4_K", "codec": "ggml", "params": {"ggml_type": 12}}]
        )

    return model(tensors=[tensor], shards=[shard(0, bytes(size))], edit=edit).bytes()


def cases() -> Table:
    t = Table("aero")

    # ---- MJSN
    t.unreadable("mjsn-not-json", "not valid JSON", mjsn(b"{"))
    t.unreadable("mjsn-empty", "MJSN 'meta.json'", mjsn(b""))
    t.unreadable("mjsn-an-array", "is not a JSON object", mjsn(b"[]"))
    t.unreadable("mjsn-bytes-behind-it", "MJSN 'meta.json'", mjsn(b"{}{}"))
    t.unreadable("mjsn-key-stands-twice", 'the key "a" is duplicated', mjsn(b'{"a":1,"a":2}'))
    t.unreadable("mjsn-key-stands-twice-deep-down", "is duplicated", mjsn(b'{"x":[{"a":1,"b":2,"a":3}]}'))
    t.unreadable("mjsn-not-utf-8", "Invalid encoding", mjsn(b'{"a":"\xff"}'))
    t.unreadable("mjsn-control-character", "not valid JSON", mjsn(b'{"a":"\x01"}'))
    t.unreadable("mjsn-lone-surrogate", "not valid JSON", mjsn(b'{"a":"\\ud800"}'))
    t.unreadable("mjsn-comment", "not valid JSON", mjsn(b'{/**/}'))
    t.unreadable("mjsn-nan", "not valid JSON", mjsn(b'{"a":NaN}'))
    t.unreadable("mjsn-trailing-comma", "not valid JSON", mjsn(b'{"a":1,}'))
    t.unreadable("mjsn-byte-order-mark", "not valid JSON", mjsn(b'\xef\xbb\xbf{}'))
    t.unreadable("mjsn-nested-100000-deep", "nested", mjsn(b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}"))
    t.unreadable("mjsn-objects-nested-100000-deep", "nested", mjsn(b'{"a":' * DEEP + b"1" + b"}" * DEEP))
    t.unreadable("mjsn-nested-65-deep", "nested", mjsn(b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"))
    t.sound("mjsn-nested-64-deep", "sound", mjsn(b'{"a":' + b"[" * 63 + b"]" * 63 + b"}"))
    t.unreadable(
        "mjsn-number-that-overflows-a-double", "Number too big", mjsn(b'{"a":1e999,"b":' + b"9" * 400 + b"}")
    )
    t.fault(
        "mjsn-nul-and-escapes", "in MJSN 'a\\x00b\\x1b[2Jc'", mjsn(b'{"model_name":"a\\u0000b\\u001b[2Jc"}')
    )
    t.fault(
        "mjsn-another-name-than-mmsg",
        "the model is called 'm', in MJSN 'other'",
        mjsn({"model_name": "other"}),
    )
    t.fault(
        "mjsn-another-architecture-than-mmsg",
        "the architecture is 'llama', in MJSN 'bert'",
        mjsn({"architecture": "bert"}),
    )

    # ---- msgpack in general, in TIDX
    t.unreadable("tidx-empty", "ends too soon", tidx(b""))
    t.unreadable("tidx-cut-short", "ends too soon", tidx(pack({"tensors": TENSORS})[:-1]))
    t.unreadable("tidx-is-nil", "TIDX 'tensors'", tidx(b"\xc0"))
    t.unreadable("tidx-is-an-array", "it is not a map", tidx(b"\x90"))
    t.unreadable("tidx-without-tensors", 'has no "tensors"', tidx(b"\x80"))
    t.unreadable("tidx-reserved-msgpack-byte", "not valid msgpack", tidx(b"\xc1"))
    t.fault(
        "tidx-bytes-behind-it", "bytes follow its msgpack object", tidx(pack({"tensors": TENSORS}) + b"\0")
    )
    t.unreadable("tidx-tensors-is-a-map", '"tensors" is not an array', tidx(pack({"tensors": {}})))
    t.unreadable(
        "tidx-tensors-stands-twice",
        "is duplicated",
        tidx(pack(Pairs((("tensors", TENSORS), ("tensors", TENSORS))))),
    )
    t.unreadable(
        "tidx-key-stands-twice-in-a-tensor",
        'the key "name" is duplicated',
        tidx(pack({"tensors": [Pairs((*TENSORS[0].items(), ("name", "z"))), *TENSORS[1:]]})),
    )
    t.unreadable("tidx-key-is-a-number", "a key is not text", tidx(pack({1: 2})))
    t.unreadable(
        "tidx-promises-more-tensors",
        "does not fit in the bytes left",
        tidx(map_header(1) + pack("tensors") + b"\xdd\xff\xff\xff\xff"),
    )
    t.unreadable(
        "tidx-promises-more-tensors-than-the-cap",
        "TIDX 'tensors'",
        tidx(map_header(1) + pack("tensors") + b"\xdd\x05\xf5\xe1\x01"),
    )
    t.unreadable("tidx-promises-more-keys", "does not fit in the bytes left", tidx(b"\xdf\xff\xff\xff\xff"))
    t.unreadable(
        "tidx-promises-more-text",
        "TIDX 'tensors'",
        tidx(map_header(1) + b"\xdb\xff\xff\xff\xff" + b"tensors"),
    )
    t.unreadable(
        "tidx-promises-more-binary",
        "TIDX 'tensors'",
        tidx(map_header(1) + pack("x") + b"\xc6\xff\xff\xff\xff"),
    )
    t.unreadable(
        "tidx-promises-more-extension",
        "TIDX 'tensors'",
        tidx(map_header(1) + pack("x") + b"\xc9\xff\xff\xff\xff\x01"),
    )
    t.unreadable(
        "tidx-nested-100000-deep",
        "nested deeper than 64 levels",
        tidx(map_header(1) + pack("x") + b"\x91" * DEEP + b"\xc0"),
    )
    t.unreadable(
        "tidx-maps-nested-100000-deep",
        "nested deeper than 64 levels",
        tidx(map_header(1) + pack("x") + b"\x81\xa1k" * DEEP + b"\xc0"),
    )
    t.unreadable(
        "tidx-nested-65-deep",
        "nested deeper than 64 levels",
        model(
            index=Chunk("TIDX", "tensors", pack({"tensors": TENSORS, "x": Raw(b"\x91" * 64 + b"\xc0")}), 4)
        ).bytes(),
    )
    t.sound(
        "tidx-nested-64-deep",
        "sound",
        model(
            index=Chunk("TIDX", "tensors", pack({"tensors": TENSORS, "x": Raw(b"\x91" * 63 + b"\xc0")}), 4)
        ).bytes(),
    )
    t.sound("tidx-unknown-keys", "sound", changed(x=[1, None, {"y": 1.5}], z=b"\xff"))

    # ---- the entries of TIDX
    for key in ("name", "dtype", "shape", "shard_id", "data_off", "data_len"):
        t.unreadable(f"tensor-without-{key}", f'has no "{key}"', changed(**{key: None}))
    t.sound("tensor-without-flags", "sound", changed(flags=None))
    t.sound("tensor-with-flags", "sound", changed(flags=7))
    t.unreadable("tensor-is-a-number", "there is a number where a map is expected", of(7, *TENSORS))
    t.unreadable("tensor-is-an-array", "a tensor's entry is not a map", of([], *TENSORS))
    t.unreadable("tensor-name-a-number", '"name" of a tensor is a number', changed(name=7))
    t.unreadable("tensor-name-binary", '"name" has a value of a wrong type', changed(name=b"a"))
    t.unreadable("tensor-dtype-text", '"dtype" of a tensor is text', changed(dtype="F32"))
    t.unreadable("tensor-dtype-negative", '"dtype" has a value of a wrong type', changed(dtype=-1))
    t.unreadable("tensor-dtype-13", "dtype code 13 is not known", changed(dtype=13))
    t.unreadable("tensor-dtype-0x8001", "dtype code 32769 is not known", changed(dtype=0x8001))
    t.unreadable("tensor-shape-a-number", '"shape" of a tensor is a number', changed(shape=4))
    t.unreadable("tensor-shape-a-map", '"shape" of a tensor is a collection', changed(shape={}))
    t.unreadable("tensor-shape-of-arrays", "TIDX 'tensors'", changed(shape=[[2, 2]]))
    t.unreadable("tensor-shape-of-text", "unexpected text", changed(shape=["2", "2"]))
    t.unreadable(
        "tensor-shape-of-floats", "shape holds something other than counts", changed(shape=[2.0, 2.0])
    )
    t.unreadable("tensor-shape-negative", "shape holds something other than counts", changed(shape=[-2, -2]))
    t.unreadable("tensor-rank-256", "256 dimensions; at most 255", changed(shape=[1] * 254 + [2, 2]))
    t.sound("tensor-rank-255", "sound", changed(shape=[1] * 253 + [2, 2]))
    t.unreadable("tensor-shape-of-2-63", "the number of elements exceeds 2^64", changed(shape=[HALF, 2]))
    t.unreadable("tensor-shape-of-2-64-1", "its size in bytes exceeds 2^64", changed(shape=[HIGHEST]))
    t.unreadable(
        "tensor-shape-product-wraps-to-its-size",
        "the number of elements exceeds 2^64",
        changed(shape=[1 << 32, 1 << 32, 4], data_len=0),
    )
    t.unreadable(
        "tensor-shape-0-times-2-64",
        "data_len is 16, but F32 [0, 18446744073709551615, 18446744073709551615] takes 0",
        changed(shape=[0, HIGHEST, HIGHEST]),
    )
    t.sound("tensor-shape-0", "sound", changed(shape=[0, 5], data_len=0))
    t.unreadable("tensor-size-too-short", "data_len is 15, but F32 [2, 2] takes 16", changed(data_len=15))
    t.unreadable("tensor-size-too-long", "data_len is 20, but F32 [2, 2] takes 16", changed(data_len=20))
    for value, word in ((HALF, "2-63"), (HIGHEST, "2-64-1")):
        t.unreadable(f"tensor-data-len-{word}", f"data_len is {value}", changed(data_len=value))
        t.unreadable(f"tensor-data-off-{word}", "are not inside weights.shard0", changed(data_off=value))
        t.unreadable(
            f"tensor-shard-{word}", f"lies in shard {value}, but there is no chunk", changed(shard_id=value)
        )
        t.unreadable(f"tensor-dtype-{word}", f"dtype code {value} is not known", changed(dtype=value))
        t.sound(f"tensor-flags-{word}", "sound", changed(flags=value))
    t.unreadable("tensor-offset-overflows", "are not inside weights.shard0", changed(data_off=HIGHEST - 15))
    t.unreadable(
        "tensor-past-its-shard",
        "16 bytes at 17 are not inside weights.shard0 of 32 bytes",
        changed(data_off=17),
    )
    t.unreadable(
        "tensor-in-a-shard-that-is-not-there", "lies in shard 1, but there is no chunk", changed(shard_id=1)
    )
    t.unreadable("tensors-overlap", "overlaps tensor 'a'", of(TENSORS[0], entry("b", U8, [5], 15, 5)))
    t.unreadable("tensors-share-their-bytes", "overlaps tensor", of(TENSORS[0], entry("b", F32, [4], 0, 16)))
    t.unreadable("tensor-inside-another", "overlaps tensor 'a'", of(TENSORS[0], entry("b", U8, [1], 3, 1)))
    t.sound("tensor-of-no-bytes-inside-another", "sound", of(TENSORS[0], entry("b", U8, [0], 3, 0)))
    t.unreadable(
        "tensor-names-stand-twice",
        "the name is duplicated in TIDX",
        of(TENSORS[0], entry("a", U8, [5], 16, 5)),
    )
    t.sound("tensor-name-empty", "sound", changed(name=""))
    t.sound("tensor-name-with-a-nul", "sound", changed(name="a\0b"))
    t.sound("tensor-name-with-control-characters", "sound", changed(name="a\tb\nc\rd\x07\x7f"))
    t.sound("tensor-name-with-terminal-escapes", "sound", changed(name="\x1b]0;gotcha\x07\x1b[2J\u009b31m"))
    t.sound("tensor-name-right-to-left", "sound", changed(name="\u202egnp.exe"))
    t.fault("tensor-name-not-utf-8", "its name is not UTF-8", changed(name="\udcff\udcfe"))
    t.fault("tensor-name-utf-8-overlong", "its name is not UTF-8", changed(name="\udcc0\udcaf"))
    t.sound("tensor-name-of-4096-bytes", "sound", changed(name="n" * 4096))
    t.unreadable("tensor-name-of-4097-bytes", "a tensor's name has 4097 bytes", changed(name="n" * 4097))
    t.unreadable(
        "tensor-name-of-1-mib", "a tensor's name has 1048576 bytes", changed(name="\x1b" * (1 << 20))
    )
    t.unreadable("tensor-key-of-1-mib", "a key has 1048576 bytes", changed(**{"k" * (1 << 20): 1}))
    t.sound("tensor-hash-empty", "sound", changed(hash_b3=""))
    t.weights("tensor-hash-wrong", "its bytes are corrupt", changed(hash_b3="00" * 32))
    t.unreadable(
        "tensor-hash-of-63-digits", "hash_b3 is not 64 hexadecimal digits", changed(hash_b3="0" * 63)
    )
    t.unreadable(
        "tensor-hash-of-other-letters", "hash_b3 is not 64 hexadecimal digits", changed(hash_b3="g" * 64)
    )
    t.unreadable("tensor-hash-binary", '"hash_b3" has a value of a wrong type', changed(hash_b3=bytes(32)))
    t.fault("tensor-hash-upper-case", "hash_b3 has upper-case digits", changed(hash_b3=upper_hash()))

    # ---- packed tensors
    t.sound("packed", "sound", packed())
    t.fault(
        "packed-without-quant-id",
        "is packed, but has no quant_id",
        model(
            tensors=[entry("q", PACKED, [256], 0, 144, quant_params={"ggml_type": 12})],
            shards=[shard(0, bytes(144))],
        ).bytes(),
    )
    t.fault("packed-quant-id-without-descriptor", "quant id 1 has no descriptor", packed(quant_id=1))
    t.fault("packed-quant-id-2-64-1", f"quant id {HIGHEST} has no descriptor", packed(quant_id=HIGHEST))
    t.unreadable(
        "packed-quant-params-disagree",
        "but the descriptor of quant id 0 names",
        packed(params={"ggml_type": 14}),
    )
    opaque = [{"id": 0, "quant_name": "V4", "codec": "numpy", "params": {"element_bytes": 4}}]
    t.sound(
        "packed-opaque", "sound", packed(params={"element_bytes": 4}, descriptors=opaque, size=16, shape=[4])
    )
    t.unreadable(
        "packed-opaque-params-disagree",
        "say elements of 8 bytes, but the descriptor of quant id 0 does not",
        packed(params={"element_bytes": 8}, descriptors=opaque, size=16, shape=[4]),
    )
    t.unreadable(
        "packed-opaque-size-disagrees",
        "takes 20 bytes",
        packed(params={"element_bytes": 4}, descriptors=opaque, size=16, shape=[5]),
    )
    t.fault(
        "packed-descriptors-collide",
        "quant id 0 has two descriptors",
        packed(
            descriptors=[{"id": 0, "quant_name": "Q4_K", "codec": "ggml", "params": {"ggml_type": 12}}] * 2
        ),
    )
    t.fault(
        "packed-descriptor-without-an-id",
        "lacks id, codec or quant_name",
        packed(descriptors=[{"quant_name": "Q4_K", "codec": "ggml", "params": {"ggml_type": 12}}]),
    )
    t.unreadable(
        "packed-size-is-not-the-blocks", "data_len is 288, but Q4_K [256] takes 144", packed(size=288)
    )
    t.unreadable(
        "packed-row-is-no-multiple-of-the-block", "is not a multiple of Q4_K's 256", packed(shape=[255])
    )

    # ---- MMSG
    t.unreadable("mmsg-is-nil", "it is not a map", raw_mmsg(b"\xc0"))
    t.unreadable("mmsg-is-an-array", "MMSG 'manifest'", raw_mmsg(b"\x90"))
    t.fault("mmsg-empty-map", '"format" is not', raw_mmsg(b"\x80"))
    t.unreadable("mmsg-cut-short", "ends too soon", raw_mmsg(pack({"x": "yz"})[:-1]))
    t.unreadable(
        "mmsg-key-stands-twice",
        'the key "model" is duplicated',
        mmsg(lambda content: Pairs((*content.items(), ("model", {})))),
    )
    t.unreadable(
        "mmsg-nested-100000-deep",
        "nested deeper than 64 levels",
        raw_mmsg(map_header(1) + pack("x") + b"\x91" * DEEP + b"\xc0"),
    )
    t.fault("mmsg-another-format", '"format" is not', mmsg(setting("format", "name", to="AERE")))
    t.fault("mmsg-another-version", '"format" is not', mmsg(setting("format", "version", to=[0, 2])))
    t.fault("mmsg-no-format", '"format" is not', mmsg(setting("format", to=None)))
    t.unreadable("mmsg-chunks-a-map", '"chunks" is not an array', mmsg(setting("chunks", to={})))
    t.unreadable(
        "mmsg-promises-more-chunks",
        "MMSG 'manifest'",
        raw_mmsg(map_header(1) + pack("chunks") + b"\xdd\xff\xff\xff\xff"),
    )
    t.unreadable(
        "mmsg-toc-index-text", "is malformed", mmsg(setting("chunks", 0, "toc_index", to="0"))
    )
    t.fault(
        "mmsg-lists-a-chunk-less",
        "lists 3 chunks, the TOC has 4",
        mmsg(lambda content: content["chunks"].pop() and None),
    )
    t.fault(
        "mmsg-toc-index-past-the-toc",
        "chunk 0 does not name an entry of the TOC",
        mmsg(setting("chunks", 0, "toc_index", to=4)),
    )
    t.fault(
        "mmsg-toc-index-2-64-1",
        "chunk 0 does not name an entry of the TOC",
        mmsg(setting("chunks", 0, "toc_index", to=HIGHEST)),
    )
    t.fault(
        "mmsg-toc-index-of-another", "chunk 0 names entry 1", mmsg(setting("chunks", 0, "toc_index", to=1))
    )
    t.fault(
        "mmsg-fourcc-of-another",
        "chunk 0 is TIDX, but TOC entry 0 is MJSN",
        mmsg(setting("chunks", 0, "fourcc", to="TIDX")),
    )
    t.fault("mmsg-shard-id-of-another", "chunk 3 is shard 1", mmsg(setting("chunks", 3, "shard_id", to=1)))
    t.fault(
        "mmsg-lists-a-shard-less",
        "lists 0 shards, the TOC has 1",
        mmsg(lambda content: content["shards"].clear()),
    )
    t.fault(
        "mmsg-lists-a-shard-twice",
        "lists weights.shard0 twice",
        mmsg(lambda content: content["shards"].append(content["shards"][0])),
    )
    t.fault(
        "mmsg-shard-that-is-not-there",
        "lists weights.shard9, which the TOC does not have",
        mmsg(setting("shards", 0, "shard_id", to=9)),
    )
    t.fault(
        "mmsg-shard-size",
        "weights.shard0 has 32 bytes, not 31",
        mmsg(setting("shards", 0, "size_bytes", to=31)),
    )
    t.fault(
        "mmsg-shard-size-2-64-1",
        "weights.shard0 has 32 bytes",
        mmsg(setting("shards", 0, "size_bytes", to=HIGHEST)),
    )
    t.fault(
        "mmsg-shard-tensor-count",
        "weights.shard0 holds 3 tensors, not 4",
        mmsg(setting("shards", 0, "tensor_count", to=4)),
    )
    t.fault(
        "mmsg-shard-toc-index",
        "weights.shard0 is TOC entry 3, not 2",
        mmsg(setting("shards", 0, "toc_index", to=2)),
    )

    # ---- MMSG's source
    t.sound("source", "sound", source(metadata={"k": "v"}, order=[2, 1, 0]))
    t.fault("source-is-text", "MMSG", mmsg(setting("source", to="safetensors")))
    t.fault("source-order-names-a-tensor-twice", "does not name every tensor once", source(order=[0, 0, 1]))
    t.fault("source-order-past-the-tensors", "does not name every tensor once", source(order=[0, 1, 3]))
    t.fault("source-order-2-64-1", "does not name every tensor once", source(order=[0, 1, HIGHEST]))
    t.fault("source-order-of-text", "MMSG", source(order=["a", "b", "c"]))
    t.fault("source-gaps-of-text", "MMSG", source(gaps="x"))
    t.fault("source-head-a-number", "MMSG", source(head=7))
    t.fault("source-alignment-text", "MMSG", source(alignment="32"))
    t.fault("source-version-text", "MMSG", source(version="3"))
    t.fault("source-metadata-a-number", "MMSG", source(metadata=3))
    t.fault("source-files-a-map", "MMSG", source(files={}))
    # Where such paths would be written, tests/hostile/paths.py sees to that.
    t.sound(
        "source-file-paths-that-leave",
        "sound",
        source(files=[{"path": "../../x", "order": [0, 1, 2]}], index=b"{}"),
    )
    t.sound(
        "source-file-path-absolute",
        "sound",
        source(files=[{"path": "/etc/passwd", "order": [0, 1, 2]}], index=b"{}"),
    )
    return t


def upper_hash() -> str:
    from aero_file import WEIGHTS
    from blake3 import blake3

    return blake3(WEIGHTS[:16]).hex().upper()
