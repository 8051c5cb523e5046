"""Holds the suite's own reader of AERO to account: that it passes what is valid, and nothing else."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from aero import (
    ODDITIES,
    SET_ODDITIES,
    Fault,
    NewTensor,
    check_file,
    check_set,
    layout,
    oddities,
    write_file,
    write_set,
    writer,
)

DATA = Path(__file__).resolve().parents[1] / "data"


def packed(name, codec, quant_name, shape):
    size = layout.byte_size(layout.PACKED, codec, quant_name, shape)
    return NewTensor(name, layout.PACKED, shape, bytes(i % 251 for i in range(size)), codec, quant_name)


PLAIN = [
    NewTensor("norm.weight", "F32", [3, 5], bytes(range(60))),
    NewTensor("größe", "I64", [], bytes(range(8))),
    NewTensor("embed", "F16", [7], bytes(range(14))),
    NewTensor("empty", "BF16", [0, 4], b""),
    NewTensor("mask", "BOOL", [3], b"\1\0\1"),
]
TENSORS = [
    *PLAIN,
    packed("q4", "ggml", "Q4_K", [2, 256]),
    packed("q8", "ggml", "Q8_0", [3, 32]),
    packed("f8", "safetensors", "F8_E4M3", [5]),
]


def tensors_for(oddity):
    """Without MJSN and MMSG there are no descriptors, and so nothing can be packed."""
    return PLAIN if oddity == "no-json-no-manifest" else TENSORS


def holds(model, tensors):
    assert {t.name: (t.dtype, t.codec, t.quant_name, t.shape, t.data()) for t in model.tensors} == {
        t.name: (t.dtype, t.codec, t.quant_name, t.shape, t.data) for t in tensors
    }


def faults_of(check, *arguments, **options):
    with pytest.raises(Fault) as caught:
        check(*arguments, **options)
    return caught.value.faults


def names_rule(faults, rule):
    assert any(rule in fault for fault in faults), f"{rule!r} is not in {faults}"


# What the reference implementation wrote: the rule that a file breaks, and the one that it breaks only as a
# file that is written by the specification. None where it keeps them.
VECTORS = {
    "control-pages.ref.aero": (None, "payloads as written"),  # a gap of more than the alignment behind a PHSH
    "escapes.ref.aero": (None, None),
    "make-test-vector.ref.aero": (None, "name order"),
    "mixed-nometa.ref.aero": (None, None),
    "mixed-nometa.shards1k.ref.aero": (None, None),
    "mixed.ref.aero": (None, None),
    "tiny.ref.aero": ("shapes are row-major", None),
    "zero-mjsn-hash.ref.aero": ("BLAKE3 of the uncompressed bytes", None),
    "sharded.ref.aeroset": (None, "the index lists [2, 3], the part has [0, 1]"),
}


def test_every_vector_is_here():
    found = {path.name for path in DATA.iterdir() if path.suffix in (".aero", ".aeroset")}
    assert found == set(VECTORS)


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name):
    broken, not_as_written = VECTORS[name]
    check = check_set if name.endswith(".aeroset") else check_file
    for rule, as_written in ((broken, False), (broken or not_as_written, True)):
        if rule is None:
            assert check(DATA / name, as_written=as_written).tensors
        else:
            names_rule(faults_of(check, DATA / name, as_written=as_written), rule)


@pytest.mark.parametrize(
    "options",
    [{}, {"control_hash": True, "page_size": 64, "max_shard_bytes": 100}, {"max_shard_bytes": 1}],
    ids=["default", "hashes and shards", "a shard for each"],
)
def test_what_is_written_without_oddities(tmp_path, options):
    path = tmp_path / "model.aero"
    write_file(path, [replace(tensor, hash_b3=len(options) == 3) for tensor in TENSORS], **options)
    holds(check_file(path), TENSORS)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity(tmp_path, oddity):
    plain, odd = tmp_path / "plain.aero", tmp_path / "odd.aero"
    tensors = tensors_for(oddity)
    write_file(plain, tensors)
    write_file(odd, tensors, oddities={oddity})
    assert odd.read_bytes() != plain.read_bytes()
    holds(check_file(odd, as_written=False), tensors)
    if oddity in oddities.ALSO_AS_WRITTEN:
        check_file(odd)
    else:
        assert faults_of(check_file, odd)


@pytest.mark.parametrize("oddity", [None, *SET_ODDITIES])
def test_set_oddity(tmp_path, oddity):
    chosen = {oddity} if oddity else set()
    write_set(tmp_path, TENSORS, oddities=chosen, max_shard_bytes=100, max_part_shards=2)
    holds(check_set(tmp_path, as_written=False), TENSORS)
    if chosen <= oddities.SET_ALSO_AS_WRITTEN:
        check_set(tmp_path / "model.aeroset.json")
    else:
        assert faults_of(check_set, tmp_path)


def test_many_oddities_at_once(tmp_path):
    chosen = set(ODDITIES) - {"no-json", "no-manifest", "no-json-no-manifest", "json-empty", "metadata-plain"}
    path = tmp_path / "model.aero"
    write_file(path, TENSORS, oddities=chosen)
    holds(check_file(path, as_written=False), TENSORS)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A file in which every byte is held by some rule: IHSH covers what has no other hash. Nothing is
    compressed, because zstd has more than one form of the bytes that are hashed."""
    path = tmp_path_factory.mktemp("sound") / "model.aero"
    write_file(path, TENSORS[3:6], oddities={"metadata-plain"}, control_hash=True, page_size=256)
    check_file(path, as_written=False)
    return path.read_bytes()


def test_no_byte_can_be_flipped(tmp_path, sound):
    path = tmp_path / "model.aero"
    for at in range(len(sound)):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        assert faults_of(check_file, path, as_written=False)


def test_no_end_can_be_cut_off(tmp_path, sound):
    path = tmp_path / "model.aero"
    for length in range(0, len(sound), 5):
        path.write_bytes(sound[:length])
        assert faults_of(check_file, path, as_written=False)


def entry(index, field):
    """Where a field of a TOC entry is, in a file whose TOC is where it is written."""
    fields = {"fourcc": 0, "flags": 4, "offset": 8, "length": 24, "name_off": 32, "name_len": 36,
              "reserved": 40, "hash": 48}  # fmt: skip
    return layout.HEADER_SIZE + layout.TOC_HEADER.size + index * layout.TOC_ENTRY.size + fields[field]


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


MJSN, MMSG, TIDX, WTSH = range(4)
LAST = WTSH + 2

# Bytes put into a file of three shards; the rule that they break.
DAMAGES = {
    "magic": (0, b"AERP", "magic"),
    "version": (6, b"\2\0", "version"),
    "header size": (8, b"\x68", "header_size"),
    "toc_offset in the header": (12, u64(80), "toc_offset"),
    "toc_offset behind the end": (12, u64(1 << 63), "TOC within the file"),
    "toc_length": (20, u64(16 + 80), "toc_length"),
    "strings in the TOC": (28, u64(104), "string table after the TOC"),
    "strings not aligned": (28, u64(16 + 96 + 6 * 80 + 4), "string table is 8-byte aligned"),
    "strings too long": (36, u64(1 << 30), "string_table_length"),
    "file flags": (44, b"\1", "file_flags"),
    "reserved in the header": (95, b"\1", "reserved bytes of the file header"),
    "too many entries": (96, u32(1_000_001), "entry_count"),
    "more entries than room": (96, u32(7), "toc_length"),
    "reserved 32 of the TOC": (100, b"\1", "reserved fields of the TOC header"),
    "reserved 64 of the TOC": (111, b"\1", "reserved fields of the TOC header"),
    "reserved of an entry": (entry(MMSG, "reserved"), b"\1", "reserved field is zero"),
    "FourCC is not ASCII": (entry(MJSN, "fourcc"), b"\xff", "FourCC is ASCII"),
    "two TIDX": (entry(MMSG, "fourcc"), b"TIDX", "exactly one TIDX"),
    "no TIDX": (entry(TIDX, "fourcc"), b"XXXX", "exactly one TIDX"),
    "two chunks of one name": (entry(LAST, "name_off"), u32(27), "(fourcc, name) is unique"),
    "name behind the strings": (entry(LAST, "name_off"), u32(1 << 31), "name within the string table"),
    "name over two": (entry(MJSN, "name_len"), u32(12), "names are separated by NUL"),
    "name cut short": (entry(MJSN, "name_len"), u32(8), "names are separated by NUL"),
    "weights compressed": (entry(WTSH, "flags"), b"\3", "WTSH is never compressed"),
    "payload not aligned": (entry(LAST, "offset"), b"\1", "payload is 16-byte aligned"),
    "payload in the TOC": (entry(MJSN, "offset"), u64(96), "payload outside the control region"),
    "payload behind the end": (entry(LAST, "offset"), u64(1 << 40), "payload within the file"),
    "offset + length overflows": (entry(LAST, "offset"), u64((1 << 64) - 16), "payload within the file"),
    "lengths differ": (entry(WTSH, "length"), u64(5), "chunk_ulen of what is not compressed"),
    "chunk_ulen of zstd": (entry(TIDX, "length"), u64(5), "zstd"),
    "metadata over the cap": (entry(TIDX, "length"), u64((2 << 30) + 1), "chunk_ulen: expected at most"),
    "hash": (entry(WTSH, "hash"), bytes(32), "BLAKE3 of the uncompressed bytes"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_container(tmp_path, damage):
    at, put, rule = DAMAGES[damage]
    path = tmp_path / "model.aero"
    write_file(path, TENSORS, max_shard_bytes=300)
    content = bytearray(path.read_bytes())
    assert content[at : at + len(put)] != put
    content[at : at + len(put)] = put
    path.write_bytes(content)
    names_rule(faults_of(check_file, path, as_written=False), rule)


def test_overlapping_payloads(tmp_path):
    path = tmp_path / "model.aero"
    write_file(path, PLAIN, max_shard_bytes=64)
    content = bytearray(path.read_bytes())
    at = entry(WTSH + 1, "offset")
    content[at : at + 8] = content[entry(WTSH, "offset") :][:8]
    path.write_bytes(content)
    names_rule(faults_of(check_file, path, as_written=False), "payloads never overlap")


@pytest.mark.parametrize("where", ["between payloads", "behind the last", "in the string table"])
def test_bytes_that_are_not_zero(tmp_path, where):
    path = tmp_path / "model.aero"
    write_file(path, PLAIN)
    chunks = check_file(path).chunks
    content = bytearray(path.read_bytes())
    strings_end = sum(struct.unpack_from("<QQ", content, 28))
    at = {
        "between payloads": chunks[MJSN].end,
        "behind the last": len(content),
        "in the string table": strings_end - 1,
    }
    content[at[where] :] = b"\1" + content[at[where] + 1 :]
    path.write_bytes(content)
    names_rule(faults_of(check_file, path, as_written=False), "zero")


class Damaged(writer.FileWriter):
    """Writes what `change` makes of a chunk's value, with hashes that fit: rules of values are broken."""

    fourcc = ""
    change = staticmethod(lambda value: None)

    def _changed(self, fourcc, value):
        if fourcc == self.fourcc:
            self.change(value)
        return value

    def _meta(self):
        return self._changed("MJSN", super()._meta())

    def _manifest(self, drafts):
        return self._changed("MMSG", super()._manifest(drafts))

    def _tidx(self):
        return self._changed("TIDX", super()._tidx())

    def _pages(self, shard, name, page_size):
        return self._changed("PHSH", super()._pages(shard, name, page_size))


def set_to(*path_and_value):
    """A change that puts the last argument where the others lead."""
    *path, last, value = path_and_value

    def change(item):
        for key in path:
            item = item[key]
        item[last] = value

    return change


def dropped(*path):
    *path, last = path

    def change(item):
        for key in path:
            item = item[key]
        del item[last]

    return change


# Tensors in name order: embed, empty, f8, größe, mask, norm.weight, q4, q8; with shards of 300 bytes the
# first six lie in shard 0.
CHANGES = {
    "MJSN model_name": ("MJSN", set_to("model_name", 5), "model_name"),
    "MJSN quant_descriptors": ("MJSN", set_to("quant_descriptors", {}), "MJSN: quant_descriptors"),
    "format name": ("MMSG", set_to("format", "name", "AEROSET"), "MMSG: format"),
    "format version": ("MMSG", set_to("format", "version", [0, 2]), "MMSG: format"),
    "no model": ("MMSG", dropped("model"), "MMSG: model"),
    "model name": ("MMSG", set_to("model", "name", None), "MMSG: model name"),
    "a chunk too few": ("MMSG", dropped("chunks", 0), "MMSG: chunks"),
    "toc_index of a chunk": ("MMSG", set_to("chunks", 1, "toc_index", 9), "MMSG: chunks"),
    "FourCC of a chunk": ("MMSG", set_to("chunks", 2, "fourcc", "MJSN"), "MMSG: chunks"),
    "role": ("MMSG", set_to("chunks", 2, "role", "index"), "role"),
    "shard_id of a chunk": ("MMSG", set_to("chunks", 4, "shard_id", 1), "shard_id"),
    "a shard too few": ("MMSG", dropped("shards", 0), "one for each WTSH"),
    "toc_index of a shard": ("MMSG", set_to("shards", 0, "toc_index", 9), "toc_index"),
    "size_bytes": ("MMSG", set_to("shards", 0, "size_bytes", 1), "size_bytes"),
    "tensor_count": ("MMSG", set_to("shards", 0, "tensor_count", 1), "tensor_count"),
    "mmap_critical": ("MMSG", set_to("shards", 0, "mmap_critical", 1), "mmap_critical"),
    "descriptor of the other id": ("MMSG", set_to("quant_descriptors", 1, "id", 0), "is duplicated"),
    "descriptor without codec": ("MMSG", dropped("quant_descriptors", 1, "codec"), "expected id, quant_name"),
    "ggml_type": ("MMSG", set_to("quant_descriptors", 1, "params", {"ggml_type": 13}), "ggml_type"),
    "no tensors": ("TIDX", dropped("tensors"), "TIDX"),
    "no data_len": ("TIDX", dropped("tensors", 0, "data_len"), "has no data_len"),
    "dtype": ("TIDX", set_to("tensors", 0, "dtype", 13), "dtype"),
    "shape": ("TIDX", set_to("tensors", 0, "shape", [8]), "data_len of shape"),
    "negative shape": ("TIDX", set_to("tensors", 0, "shape", [-7, -1]), "a shape of numbers"),
    "shape of floats": ("TIDX", set_to("tensors", 0, "shape", [7.0]), "a shape of numbers"),
    "blocks": ("TIDX", set_to("tensors", 6, "shape", [256, 2]), "blocks of 256 elements"),
    "data_len": ("TIDX", set_to("tensors", 0, "data_len", 13), "data_len of shape"),
    "data_len of a packed one": ("TIDX", set_to("tensors", 6, "data_len", 287), "data_len of shape"),
    "shard_id": ("TIDX", set_to("tensors", 0, "shard_id", 7), "there is no weights.shard7"),
    "data_off": ("TIDX", set_to("tensors", 0, "data_off", 1 << 40), "within its shard"),
    "data_off overflows": ("TIDX", set_to("tensors", 0, "data_off", (1 << 64) - 1), "within its shard"),
    "name twice": ("TIDX", set_to("tensors", 1, "name", "embed"), "names are unique"),
    "name too long": ("TIDX", set_to("tensors", 1, "name", "ä" * 2049), "expected at most 4096 bytes"),
    "name of bytes": ("TIDX", set_to("tensors", 1, "name", b"embed"), "expected a name"),
    "no quant_id": ("TIDX", dropped("tensors", 6, "quant_id"), "quant_id"),
    "quant_id": ("TIDX", set_to("tensors", 6, "quant_id", 9), "quant_id"),
    "quant_params": ("TIDX", set_to("tensors", 6, "quant_params", {"ggml_type": 2}), "quant_params"),
    "hash_b3": ("TIDX", set_to("tensors", 0, "hash_b3", "0" * 64), "hash_b3"),
    "hash_b3 in upper case": ("TIDX", set_to("tensors", 0, "hash_b3", "A" * 64), "lower-case hex digits"),
    "hash_b3 as bin": ("TIDX", set_to("tensors", 0, "hash_b3", bytes(32)), "lower-case hex digits"),
    "page_size": ("PHSH", set_to("page_size", 0), "page_size"),
    "page digest": ("PHSH", set_to("digests", 0, bytes(32)), "digest of page 0"),
    "page digest as text": ("PHSH", set_to("digests", 0, "0" * 64), "digest of page 0"),
    "a page too few": ("PHSH", dropped("digests", 0), "number of pages"),
    "shard_name": ("PHSH", set_to("shard_name", "weights.shard9"), "shard_name"),
}  # fmt: skip

# The same, of rules for writing alone.
WRITTEN_CHANGES = {
    "unknown key in a chunk": ("MMSG", set_to("chunks", 0, "?", 1), "keys as written"),
    "model of MJSN": ("MJSN", set_to("model_name", "another"), "model of MJSN is that of MMSG"),
    "no architecture": ("MJSN", dropped("architecture"), "has no architecture"),
    "descriptors of MJSN": ("MJSN", dropped("quant_descriptors"), "quant_descriptors of MJSN"),
    "unknown codec": ("MMSG", set_to("quant_descriptors", 0, "codec", "ours"), "no type that is packed"),
    "quant ids": ("MMSG", lambda m: m["quant_descriptors"].reverse(), "in order of their ids"),
    "key order of an entry": ("TIDX", lambda t: t["tensors"][0].update(name=t["tensors"][0].pop("name")),
                              "keys as written"),
    "quant_id of what is not packed": ("TIDX", set_to("tensors", 0, "quant_id", 0), "quant_id as written"),
}  # fmt: skip


def write_damaged(path, fourcc, change):
    shards = writer.place(TENSORS, 300, frozenset())
    assert [len(shard.tensors) for shard in shards] == [6, 1, 1]
    quants = writer.quant_table(TENSORS, frozenset())
    model = {"name": "damaged", "architecture": "interop"}
    damaged = Damaged(shards, quants, frozenset(), model=model, page_size=64, control_hash=True)
    damaged.fourcc, damaged.change = fourcc, change
    damaged.write(path)


@pytest.mark.parametrize("name", CHANGES)
def test_damaged_value(tmp_path, name):
    fourcc, change, rule = CHANGES[name]
    path = tmp_path / "model.aero"
    write_damaged(path, fourcc, change)
    names_rule(faults_of(check_file, path, as_written=False), rule)


@pytest.mark.parametrize("name", WRITTEN_CHANGES)
def test_value_not_as_written(tmp_path, name):
    fourcc, change, rule = WRITTEN_CHANGES[name]
    path = tmp_path / "model.aero"
    write_damaged(path, fourcc, change)
    check_file(path, as_written=False)
    names_rule(faults_of(check_file, path), rule)


def compressed(*frames):
    """A change of what zstd makes of a chunk: `frames` are given its content and the compressor."""
    compress = zstandard.ZstdCompressor(level=6).compress
    return lambda content: b"".join(frame(content, compress) for frame in frames)


SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
FRAMES = {
    "two frames": (compressed(lambda c, z: z(c[:9]), lambda c, z: z(c[9:])), "content size"),
    "an empty frame behind": (compressed(lambda c, z: z(c), lambda c, z: z(b"")), "bytes follow the frame"),
    "zeros behind": (compressed(lambda c, z: z(c), lambda c, z: bytes(4)), "bytes follow the frame"),
    "skippable frame before": (compressed(lambda c, z: SKIPPABLE + z(c)), "expected one frame"),
    "skippable frame behind": (compressed(lambda c, z: z(c) + SKIPPABLE), "bytes follow the frame"),
    "frame cut short": (compressed(lambda c, z: z(c)[:-1]), "zstd"),
    "a byte too many": (compressed(lambda c, z: z(c + b"!")), "content size"),
    "not zstd": (compressed(lambda c, z: c), "expected one frame"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_damaged_frame(tmp_path, monkeypatch, name):
    compress, rule = FRAMES[name]
    monkeypatch.setattr(writer, "compress", lambda content, odd: compress(content))
    path = tmp_path / "model.aero"
    write_file(path, TENSORS)
    names_rule(faults_of(check_file, path, as_written=False), rule)


class Rewritten(writer.FileWriter):
    """Writes what `change` makes of a chunk's bytes, with hashes that fit."""

    fourcc = ""
    change = staticmethod(lambda content: content)

    def _toc_order(self, drafts):
        for draft in drafts:
            if draft.fourcc == self.fourcc:
                draft.content = self.change(draft.content)
        return drafts


CONTENTS = {
    "MJSN is an array": ("MJSN", lambda c: b"[]", "expected an object"),
    "MJSN with more behind": ("MJSN", lambda c: c + b"{}", "is not JSON"),
    "MJSN with NaN": ("MJSN", lambda c: c[:-1] + b',"x":NaN}', "is not JSON"),
    "MJSN not UTF-8": ("MJSN", lambda c: c.replace(b"interop", b"inter\xffp"), "is not JSON"),
    "MJSN not JSON": ("MJSN", lambda c: c[:-1], "is not JSON"),
    "TIDX with more behind": ("TIDX", lambda c: c + b"\0", "1 bytes follow the msgpack object"),
    "TIDX cut short": ("TIDX", lambda c: c[:-1], "is not msgpack"),
    "TIDX is an array": ("TIDX", lambda c: b"\x90", "expected a map"),
    "TIDX not UTF-8": ("TIDX", lambda c: c.replace(b"embed", b"emb\xff\xff"), "is not msgpack"),
    "TIDX with a key twice": ("TIDX", lambda c: c.replace(b"\xa5flags", b"\xa5dtype"), "is duplicated"),
    "PHSH with more behind": ("PHSH", lambda c: c + b"\0", "1 bytes follow the msgpack object"),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_damaged_content(tmp_path, name):
    fourcc, change, rule = CONTENTS[name]
    path = tmp_path / "model.aero"
    shards, quants = writer.place(TENSORS, 300, frozenset()), writer.quant_table(TENSORS, frozenset())
    model = {"name": "damaged", "architecture": "interop"}
    rewritten = Rewritten(shards, quants, frozenset(), model=model, page_size=64)
    rewritten.fourcc, rewritten.change = fourcc, change
    rewritten.write(path)
    names_rule(faults_of(check_file, path, as_written=False), rule)


@pytest.mark.parametrize("end, rule", [(b"\1", "follow the msgpack object"), (b"\0\0", "IHSH is padded to")])
def test_end_of_control_hash(tmp_path, end, rule):
    class Ended(writer.FileWriter):
        def _integrity(self, payloads_start, digest):
            return super()._integrity(payloads_start, digest)[:-1] + end

    path = tmp_path / "model.aero"
    model = {"name": "n", "architecture": "a"}
    Ended(writer.place(PLAIN, 300, frozenset()), [], frozenset(), model=model, control_hash=True).write(path)
    names_rule(faults_of(check_file, path, as_written=False), rule)


# Of a file as it is written, one thing that is otherwise: the rule that names it.
ODDITY_RULES = {
    "integers-long": "integers in the shortest form",
    "integers-signed": "integers in the shortest form",
    "json-spaced": "MJSN's exact bytes",
    "json-escaped": "MJSN's exact bytes",
    "json-compressed": "flags as written",
    "metadata-plain": "flags as written",
    "zstd-no-size": "records the content size",
    "zstd-checksum": "without checksum",
    "toc-reversed": "TOC order as written",
    "toc-later": "toc_offset as written",
    "toc-spare-room": "toc_length as written",
    "strings-later": "string table follows the TOC",
    "strings-reversed": "string table as written",
    "payloads-reversed": "payloads as written",
    "payloads-apart": "payloads as written",
    "hashes-tidx-early": "payloads as written",
    "phsh-first": "TOC order as written",
    "tidx-reversed": "name order",
    "tensors-reversed": "tensors lie in name order",
    "tensors-apart": "padding between tensors is zero",
    "tensors-unaligned": "without a gap",
    "shards-empty": "every shard holds a tensor",
    "shards-from-seven": "the first shard as written",
    "quant-ids-sparse": "quant ids in order of first appearance",
    "keys-reversed": "key order",
}


@pytest.mark.parametrize("oddity", ODDITY_RULES)
def test_oddity_is_named(tmp_path, oddity):
    path = tmp_path / "model.aero"
    write_file(path, TENSORS, oddities={oddity})
    names_rule(faults_of(check_file, path), ODDITY_RULES[oddity])


def test_sharding_rule(tmp_path):
    """A shard is closed only where the next tensor would pass the cap, whatever that is."""
    path = tmp_path / "model.aero"
    tensors = [NewTensor(f"t{i}", "U8", [16], bytes(16)) for i in range(4)]
    shards = [writer.Shard(number) for number in range(3)]
    for number, name in enumerate([0, 1, 1, 2]):
        content = shards[name].content
        shards[name].tensors.append((tensors[number], len(content)))
        content += tensors[number].data
    model = {"name": "n", "architecture": "a"}
    writer.FileWriter(shards, [], frozenset(), model=model).write(path)
    check_file(path, as_written=False)
    names_rule(faults_of(check_file, path), "no max_shard_bytes closes the shards")


def test_covered_ranges(tmp_path):
    """[[0, 0]] would have any digest pass."""

    class Uncovered(writer.FileWriter):
        def _integrity(self, payloads_start, digest):
            return super()._integrity(0, writer.blake3(b"").digest())

    path = tmp_path / "model.aero"
    model = {"name": "n", "architecture": "a"}
    Uncovered(writer.place(PLAIN, 300, frozenset()), [], frozenset(), model=model, control_hash=True).write(
        path
    )
    names_rule(faults_of(check_file, path, as_written=False), "cover header, TOC and string table")


def test_gguf_without_source(tmp_path):
    path = tmp_path / "model.aero"
    write_file(path, PLAIN, meta_extra={"source_format": "gguf"})
    names_rule(faults_of(check_file, path, as_written=False), "shapes are row-major")
    write_file(
        path, PLAIN, meta_extra={"source_format": "gguf"}, manifest_extra={"source": {"format": "gguf"}}
    )
    check_file(path)


def test_keys_that_stand_twice(tmp_path):
    path = tmp_path / "model.aero"
    write_file(path, PLAIN, oddities={"json-spaced", "metadata-plain"}, meta_extra={"architecturf": "x"})
    content = path.read_bytes()
    assert content.count(b"architecturf") == 1
    path.write_bytes(content.replace(b"architecturf", b"architecture"))
    names_rule(faults_of(check_file, path, as_written=False), "'architecture' is duplicated")
    write_file(path, PLAIN, oddities={"metadata-plain"}, manifest_extra={"modem": {}})
    path.write_bytes(path.read_bytes().replace(b"modem", b"model"))
    names_rule(faults_of(check_file, path, as_written=False), "'model' is duplicated")


def index_changed(*path_and_value):
    return lambda directory, index: set_to(*path_and_value)(index)


def link_outwards(directory, index):
    part = directory / "part-000.aero"
    part.rename(directory.parent / "outside.aero")
    part.symlink_to(directory.parent / "outside.aero")


def swap_parts(directory, index):
    """Both files are as the index says, but it gives each the other's shards."""
    first, second = index["parts"][:2]
    first["shards"], second["shards"] = second["shards"], first["shards"]


def other_tensors(directory, index):
    """A part that is sound in itself and not the one that index.aero tells of."""
    other = directory.parent / "other"
    hashed = [replace(tensor, hash_b3=True) for tensor in TENSORS]
    path = write_set(other, hashed, max_shard_bytes=100, max_part_shards=2)
    (other / "part-000.aero").rename(directory / "part-000.aero")
    index["parts"][0] = json.loads(path.read_text())["parts"][0]


SET_CHANGES = {
    "format": (index_changed("format", "name", "AERO"), "format name"),
    "version": (index_changed("format", "version", [0, 3]), "format version"),
    "model": (index_changed("model", "name", "another"), "the index's model is index.aero's"),
    "no parts": (index_changed("parts", {}), "parts"),
    "sha256": (index_changed("parts", 1, "sha256", "0" * 64), "part 1: sha256"),
    "no sha256": (lambda directory, index: index["parts"][1].pop("sha256"), "part 1: sha256"),
    "sha256 of the index": (index_changed("global_tidx", "sha256", "0" * 64), "global_tidx: sha256"),
    "size_bytes": (index_changed("parts", 1, "size_bytes", 5), "part 1: size_bytes"),
    "no size_bytes": (lambda directory, index: index["parts"][1].pop("size_bytes"), "part 1: size_bytes"),
    "absolute path": (index_changed("parts", 0, "path", "/etc/passwd"), "leads out of the set's directory"),
    "path upwards": (index_changed("parts", 0, "path", "a/../../b"), "leads out of the set's directory"),
    "link outwards": (link_outwards, "is no file in the set's directory"),
    "directory": (index_changed("parts", 0, "path", "."), "is no file in the set's directory"),
    "missing part": (lambda directory, index: (directory / "part-001.aero").unlink(), "part 1: path"),
    "shard in two parts": (index_changed("parts", 1, "shards", [0, 1]), "a shard lies in two parts"),
    "shards swapped": (swap_parts, "which has its shard, has no such tensor"),
    "a shard too few": (index_changed("parts", 0, "shards", [0]), "the part has [0, 1]"),
    "a part too few": (lambda directory, index: index["parts"].pop(), "no part lists shard"),
    "weights in the index": (lambda directory, index: index.update(global_tidx={
        key: index["parts"][0][key] for key in ("path", "sha256", "size_bytes")}), "index.aero has no WTSH"),
    "tensors differ": (other_tensors, "hash_b3 in part 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", SET_CHANGES)
def test_damaged_set(tmp_path, name):
    change, rule = SET_CHANGES[name]
    directory = tmp_path / "set"
    path = write_set(directory, TENSORS, max_shard_bytes=100, max_part_shards=2)
    index = json.loads(path.read_text())
    change(directory, index)
    path.write_text(json.dumps(index, indent=2))
    names_rule(faults_of(check_set, directory, as_written=False), rule)


def test_part_with_faults_of_its_own(tmp_path):
    """What a set says of a part's hash does not stand for the part's own rules."""
    path = write_set(tmp_path, TENSORS, max_shard_bytes=100, max_part_shards=2)
    part = tmp_path / "part-000.aero"
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(content)
    names_rule(faults_of(check_set, path, as_written=False), "BLAKE3 of the uncompressed bytes")


def test_the_message_names_the_file(tmp_path):
    path = tmp_path / "no model"
    path.write_bytes(b"AERO")
    with pytest.raises(Fault, match="no model: file header: expected 96 bytes"):
        check_file(path)
