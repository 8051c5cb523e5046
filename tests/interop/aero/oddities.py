"""What a valid file or set may be that aerotool never writes, each with a name, and the values it takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgpack

from .encoding import Raw

ODDITIES = {
    # The container.
    "toc-later": "the TOC begins at 4096, after zeros",
    "toc-spare-room": "toc_length counts two entries more than there are, all zeros",
    "toc-reversed": "TOC entries in reverse order",
    "strings-later": "the string table begins 64 bytes after the TOC",
    "strings-spare-room": "the string table is 4096 bytes longer than its names",
    "strings-reversed": "the names in the string table in reverse TOC order",
    "strings-shared": "chunks of different FourCCs share one name in the string table",
    "payloads-reversed": "payloads in reverse TOC order",
    "payloads-weights-first": "weights before all metadata",
    "payloads-apart": "zeros between the payloads, before the first and after the last",
    "unknown-chunks": "chunks of unknown FourCCs, compressed and not, twice one FourCC, any name",
    "unknown-chunk-empty": "a chunk of an unknown FourCC without bytes",
    "unknown-chunk-flags": "all chunks have flag bits that no specification knows",
    # The hashes.
    "ihsh-last": "IHSH is the last TOC entry and the last payload",
    "phsh-first": "each PHSH stands before its shard, in the TOC and in the file",
    "phsh-for-one": "only the first of several shards has a PHSH",
    "phsh-odd-pages": "pages of 1000 bytes",
    "phsh-wide-pages": "pages of 1 TiB",
    "hashes-for-some": "every other tensor has a hash_b3",
    "hashes-empty": "hash_b3 is an empty string",
    "hashes-tidx-early": "tensors have hashes, and TIDX lies before the weights all the same",
    # zstd.
    "metadata-plain": "MMSG and TIDX are not compressed",
    "json-compressed": "MJSN is compressed",
    "zstd-no-size": "zstd frames without a content size",
    "zstd-checksum": "zstd frames with a checksum",
    "zstd-fastest": "zstd at level -5",
    "zstd-strongest": "zstd at level 22",
    "zstd-blocks": "zstd frames of many small blocks",
    # MJSN and MMSG.
    "json-spaced": "MJSN indented, keys in reverse order, characters not escaped",
    "json-escaped": "MJSN with every character of its strings escaped, in upper-case hexadecimal",
    "json-unknown-keys": "unknown keys in MJSN, nested and of every type",
    "json-empty": "MJSN is an empty object",
    "no-json": "no MJSN",
    "no-manifest": "no MMSG; MJSN has the quant_descriptors",
    "no-json-no-manifest": "neither MJSN nor MMSG, and nothing packed",
    "manifest-unknown-keys": "unknown keys in MMSG and in all of its maps, of every msgpack type",
    # msgpack.
    "keys-reversed": "all maps of MMSG, TIDX, IHSH and PHSH with their keys in reverse order",
    "integers-long": "every integer in nine bytes",
    "integers-signed": "every integer in the signed form of nine bytes",
    "lengths-long": "every map, array, string and bin with a length of four bytes",
    # TIDX and the shards.
    "tidx-unknown-keys": "unknown keys in TIDX and in its entries, of every msgpack type",
    "tidx-reversed": "TIDX entries in reverse name order",
    "tensor-flags": "tensors with flag bits that no specification knows",
    "tensors-reversed": "tensors lie in the shards in reverse name order",
    "tensors-apart": "bytes that are not zero before, between and after the tensors of a shard",
    "tensors-unaligned": "tensors at odd offsets",
    "shards-empty": "shards that hold nothing, before, between and after the others",
    "shards-mixed": "neighbours in name order lie in different shards",
    "shards-small": "a shard for every tensor",
    "shards-from-seven": "the first shard has the number 7, as in a part of a set",
    "quant-ids-sparse": "quant ids count down from 4000000000",
    "quant-unused": "a descriptor that no tensor refers to, of an unknown codec",
    "quant-unknown-params": "unknown keys in the params of descriptors and entries",
    "uuid-zero": "a UUID of zeros",
}  # fmt: skip

# Those that a file as written may show too; all others break a rule for writing.
ALSO_AS_WRITTEN = {
    "phsh-odd-pages", "phsh-wide-pages", "hashes-for-some", "hashes-empty", "zstd-fastest", "zstd-strongest",
    "zstd-blocks", "json-unknown-keys", "lengths-long", "shards-small", "uuid-zero",
    "tensor-flags",
}  # fmt: skip

# What an oddity needs to show at all.
NEEDS_PAGES = {"phsh-first", "phsh-for-one"}
PAGE_SIZES = {"phsh-odd-pages": 1000, "phsh-wide-pages": 1 << 40}
NEEDS_CONTROL_HASH = {
    "ihsh-last",
    "toc-later",
    "toc-spare-room",
    "toc-reversed",
    "strings-later",
}
NEEDS_SEVERAL_SHARDS = {
    "phsh-for-one",
    "shards-mixed",
    "shards-from-seven",
    "toc-reversed",
    "payloads-reversed",
}

SET_ODDITIES = {
    "parts-from-zero": "every part numbers its shards from 0 again",
    "parts-reordered": "the index lists the parts in reverse order",
    "parts-uneven": "parts with one, two, three, ... shards",
    "parts-scattered": "a part's shards are not neighbours",
    "parts-odd": "parts with payloads reversed, unknown chunks and keys",
    "names-other": "parts and index.aero have other names, one with a space and one that is not ASCII",
    "names-nested": "parts lie in directories below that of the set",
    "names-dot": "paths begin with ./",
    "links-inside": "a part is a symbolic link that stays in the set's directory",
    "version-2": "version [0, 2] though no field needs it",
    "version-2-fields": "version [0, 2] with base_url and cache",
    "unknown-keys": "unknown keys in the index, top-level and nested",
    "json-compact": "the index without white space",
    "json-reordered": "the keys of the index in reverse order",
    "json-escaped": "every character of the index's strings is escaped",
    "index-odd": "index.aero with an MJSN, unknown chunks and its tensors in reverse order",
}

SET_ALSO_AS_WRITTEN = {"links-inside", "version-2-fields"}

# Values of every type that JSON has, for keys that nobody knows.
JSON_VALUES: dict[str, Any] = {
    "array": [[], [[1, 2], {"deep": {"deeper": [None, True, False]}}]],
    "empty key": {"": ""},
    "float": [0.5, -1.25e-7, 1e300, 0.1],
    "integer": [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
    "text": 'ä "quoted" \\ / \x7f \u2028 😀 \x01 \t',
    "zz ünknown": {"b": 1, "a": {"d": 1, "c": 2}},
}

# Values of every type that msgpack has; what Python's packer does not choose is given as bytes.
MSGPACK_VALUES: dict[str, Any] = {
    "nil": None,
    "bool": [True, False],
    "integers": [0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1],
    "negative": [-1, -32, -33, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63)],
    "float32": Raw(b"\xca\x3f\x80\x00\x00"),
    "float64": [1.5, float("inf"), float("-inf"), float("nan")],
    "strings": ["", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "y" * 65536],
    "bins": [b"", bytes(255), bytes(256), bytes(65536)],
    "arrays": [[], [0] * 15, [0] * 16, [0] * 65536],
    "maps": [
        {},
        {str(i): i for i in range(16)},
        {7: "integer", None: "nil", True: "bool", b"bin": "bin", 1.5: ""},
    ],
    "exts": [msgpack.ExtType(i % 128, bytes(i)) for i in (0, 1, 2, 3, 4, 8, 16, 17, 255, 256, 65536)],
    "timestamps": [msgpack.Timestamp(1), msgpack.Timestamp(2**33, 5), msgpack.Timestamp(-1, 999_999_999)],
    "nested": [[[[[[{"a": [[{"b": [None]}]]}]]]]]],
}


def checked(chosen: Iterable[str], known: dict[str, str]) -> frozenset[str]:
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise ValueError(f"no such oddity: {', '.join(unknown)}")
    return frozenset(chosen)
