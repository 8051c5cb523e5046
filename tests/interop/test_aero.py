"""AERO files and sets of the suite's own making, which aerotool reads; and what it makes of other files."""

import json
import math
import resource
from dataclasses import replace
from pathlib import Path

import aero
import gguf_library
import matrix as directions
import pytest
import safetensors_library
from aero import ODDITIES, SET_ODDITIES, NewTensor, layout, oddities
from aero.encoding import pack
from models import Values, make_many, make_tensors
from round_trip import listed, of_aero

DATA = Path(__file__).resolve().parents[1] / "data"
FORMAT = "AERO"

# Elements and the bytes that they are, of everything that a tensor of AERO can be; Q8_1 is no type of files.
PLAIN = {dtype: (1, size) for dtype, size in layout.DTYPE_BYTES.items()}
GGML = {
    name: (layout.GGML_TYPES[name].block_elements, layout.GGML_TYPES[name].block_bytes)
    for name in layout.PACKED_GGML
    if name != "Q8_1"
}
SAFETENSORS = {}
for name in layout.PACKED_SAFETENSORS:
    bits = layout.SAFETENSORS_BITS[name]
    SAFETENSORS[name] = (8 // math.gcd(bits, 8), bits // math.gcd(bits, 8))
GEOMETRY = PLAIN | GGML | SAFETENSORS


@pytest.fixture(autouse=True)
def small_files():
    """No file here is large, and a tool that writes without end is not to fill the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def new_tensors(tensors):
    """What models.py makes, for the writer."""
    result = []
    for name, values in tensors.items():
        shape = list(values.shape)
        if values.dtype in PLAIN:
            result.append(NewTensor(name, values.dtype, shape, values.data))
        else:
            codec = "ggml" if values.dtype in GGML else "safetensors"
            result.append(NewTensor(name, layout.PACKED, shape, values.data, codec, values.dtype))
    return result


def make(*dtypes):
    """All shapes and names for each dtype; the names of all but the first dtype begin with theirs."""
    result = {}
    for dtype in dtypes:
        elements, size = GEOMETRY[dtype]
        made = make_tensors(dtype, elements, size, scalars=dtype in PLAIN)
        result |= made if dtype == dtypes[0] else {f"{dtype} {name}": values for name, values in made.items()}
    return result


MIXED = make("F32", "Q4_K", "F8_E4M3", "BOOL", "Q8_0", "F4")
UNPACKED = make("BF16", "I64", "U8", "F64")
SHARD = sum(len(values.data) for values in MIXED.values()) // 7


def tensors_for(oddity):
    """Without MJSN and MMSG there are no descriptors, and so nothing can be packed."""
    return UNPACKED if oddity == "no-json-no-manifest" else MIXED


@pytest.mark.parametrize("dtype", GEOMETRY)
def test_dtype(tool, matrix, tmp_path, dtype):
    tensors, source, copy = make(dtype), tmp_path / "model.aero", tmp_path / "copy.aero"
    assert {len(values.shape) for values in tensors.values()} >= {1, 2, 3, 4}
    aero.write_file(source, new_tensors(tensors), max_shard_bytes=1000, control_hash=True, page_size=4096)
    with matrix.cell(FORMAT, dtype, directions.READ):
        assert listed(tool, source) == tensors
        tool.sound(source)
        tool.ok("validate", "--control", "--quiet", source)
    with matrix.cell(FORMAT, dtype, directions.AERO):
        assert of_aero(tool.convert(source, copy)) == tensors


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity_is_sound(tool, tmp_path, oddity):
    source = tmp_path / "model.aero"
    aero.write_file(source, new_tensors(tensors_for(oddity)), oddities={oddity}, max_shard_bytes=SHARD)
    tool.sound(source)
    tool.ok("validate", "--quiet", source)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity_is_read(tool, tmp_path, oddity):
    tensors, source = tensors_for(oddity), tmp_path / "model.aero"
    aero.write_file(source, new_tensors(tensors), oddities={oddity}, max_shard_bytes=SHARD)
    model = aero.check_file(source, as_written=False)
    assert listed(tool, source) == tensors
    place = {chunk.name: chunk.offset for chunk in model.shards()}
    for entry, tensor in zip(tool.entries(source), model.tensors, strict=True):
        assert (entry["name"], entry.get("blake3", "")) == (tensor.name, tensor.hash_b3)
        assert entry["shard"] == f"weights.shard{tensor.shard_id}"
        assert entry["offset"] == place[entry["shard"]] + tensor.offset


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity_is_inspected(tool, tmp_path, oddity):
    source = tmp_path / "model.aero"
    aero.write_file(source, new_tensors(tensors_for(oddity)), oddities={oddity}, max_shard_bytes=SHARD)
    shown = json.loads(tool.ok("inspect", "--json", "--chunks", "--metadata", source))
    chunks = aero.check_file(source, as_written=False).chunks
    assert [(c["fourcc"], c["name"], c["offset"], c["length"], c["blake3"]) for c in shown["chunks"]] == [
        (c.fourcc, c.name, c.offset, c.stored_length, c.hash.hex()) for c in chunks
    ]
    tool.ok("inspect", "--chunks", "--metadata", source)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity_is_converted(tool, tmp_path, oddity):
    tensors, source = tensors_for(oddity), tmp_path / "model.aero"
    copy, parts, again = tmp_path / "copy.aero", tmp_path / "parts", tmp_path / "again.aero"
    aero.write_file(source, new_tensors(tensors), oddities={oddity}, max_shard_bytes=SHARD)
    options = ["--tensor-hash", "--page-hash=64KiB", "--control-hash", "--max-shard-bytes", SHARD]
    assert of_aero(tool.convert(source, copy)) == tensors
    assert of_aero(tool.pack_set(source, parts, "--max-part-shards=2", *options)) == tensors
    tool.sound(parts)
    assert of_aero(tool.convert(parts, again, *options)) == tensors


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddity_is_converted_to_safetensors(tool, tmp_path, oddity):
    source, target = tmp_path / "model.aero", tmp_path / "model.safetensors"
    aero.write_file(source, new_tensors(UNPACKED), oddities={oddity}, max_shard_bytes=5000)
    tool.convert(source, target, warnings=True)
    assert safetensors_library.read_raw(target) == UNPACKED


def test_oddities_at_once(tool, tmp_path):
    chosen = set(ODDITIES) - {"no-json", "no-manifest", "no-json-no-manifest", "json-empty"}
    source = tmp_path / "model.aero"
    aero.write_file(source, new_tensors(MIXED), oddities=chosen)
    assert listed(tool, source) == MIXED
    tool.sound(source)


@pytest.mark.parametrize("oddity", SET_ODDITIES)
def test_set_oddity(tool, tmp_path, oddity):
    directory, copy, parts = tmp_path / "set", tmp_path / "copy.aero", tmp_path / "parts"
    path = aero.write_set(
        directory,
        [replace(tensor, hash_b3=True) for tensor in new_tensors(MIXED)],
        oddities={oddity},
        max_shard_bytes=SHARD,
        max_part_shards=2,
        page_size=4096,
        control_hash=True,
    )
    model = aero.check_set(directory, as_written=False)
    tool.sound(directory)
    assert listed(tool, directory) == listed(tool, path) == MIXED
    assert [entry["blake3"] for entry in tool.entries(directory)] == [
        tensor.hash_b3 for tensor in model.tensors
    ]
    assert of_aero(tool.convert(directory, copy, warnings=True)) == MIXED
    assert of_aero(tool.pack_set(directory, parts, "--max-shard-bytes", SHARD, warnings=True)) == MIXED


def test_unknown_json_keys_are_kept(tool, tmp_path):
    source, copy = tmp_path / "model.aero", tmp_path / "copy.aero"
    aero.write_file(source, new_tensors(MIXED), oddities={"json-unknown-keys"})
    kept = tool.convert(source, copy).meta
    assert {key: kept[key] for key in oddities.JSON_VALUES} == oddities.JSON_VALUES


@pytest.mark.parametrize("key", oddities.MSGPACK_VALUES)
def test_unknown_manifest_keys_are_kept(tool, tmp_path, key):
    source, copy = tmp_path / "model.aero", tmp_path / "copy.aero"
    aero.write_file(source, new_tensors(MIXED), oddities={"manifest-unknown-keys"})
    was, kept = aero.check_file(source, as_written=False).manifest, tool.convert(source, copy).manifest
    # Packed, because a NaN is not equal to itself.
    assert pack(kept[key]) == pack(was[key])


def test_unknown_chunks_are_kept(tool, tmp_path):
    source, copy = tmp_path / "model.aero", tmp_path / "copy.aero"
    aero.write_file(source, new_tensors(MIXED), oddities={"unknown-chunks"})
    models = aero.check_file(source, as_written=False), tool.convert(source, copy, "--tensor-hash")
    was, kept = (
        [(c.fourcc, c.name, c.flags, c.length, c.hash) for c in model.chunks if c.fourcc not in layout.KINDS]
        for model in models
    )
    assert len(was) == 3 and kept == was


def test_unknown_codec(tool, tmp_path):
    """No size can be held to the shape of a type that nobody knows, but the bytes are there."""
    source = tmp_path / "model.aero"
    made = NewTensor("a", layout.PACKED, [3, 7], b"12345", "nobody's", "X77", params={"any": [1]})
    aero.write_file(source, [made])
    assert listed(tool, source) == {"a": Values("X77", (3, 7), b"12345")}
    tool.sound(source)


CAPS = [1, 16, 17, 600, 601, 1000, 4096, 65536, 1 << 40]


@pytest.mark.parametrize("cap", CAPS)
def test_the_same_chunks_are_written(tool, tmp_path, cap):
    """Two who write by the specification write the same bytes. zstd is free in how it compresses them, and
    MMSG in the keys that it adds."""
    source, copy = tmp_path / "model.aero", tmp_path / "copy.aero"
    made = [replace(tensor, hash_b3=True) for tensor in new_tensors(MIXED)]
    aero.write_file(source, made, max_shard_bytes=cap, page_size=1024, control_hash=True)
    options = ["--max-shard-bytes", cap, "--tensor-hash", "--page-hash=1KiB", "--control-hash"]
    ours, theirs = aero.check_file(source), tool.convert(source, copy, *options)
    for model in (ours, theirs):
        model.chunks = [chunk for chunk in model.chunks if chunk.fourcc != "MMSG"]
    assert [(c.fourcc, c.name, c.flags, c.length) for c in theirs.chunks] == [
        (c.fourcc, c.name, c.flags, c.length) for c in ours.chunks
    ]
    # The digest in IHSH is over lengths and offsets, which are those of zstd.
    assert [c.hash for c in theirs.chunks if c.fourcc != "IHSH"] == [
        c.hash for c in ours.chunks if c.fourcc != "IHSH"
    ]
    assert {key: theirs.manifest[key] for key in ours.manifest} == ours.manifest


def test_ten_thousand_tensors(tool, tmp_path):
    tensors, source = make_many(GEOMETRY, list(GEOMETRY)), tmp_path / "model.aero"
    odd = {"payloads-reversed", "tidx-reversed", "tidx-unknown-keys", "tensors-unaligned", "hashes-for-some"}
    aero.write_file(source, new_tensors(tensors), oddities=odd, max_shard_bytes=100000)
    assert listed(tool, source) == tensors
    tool.sound(source)
    assert of_aero(tool.convert(source, tmp_path / "copy.aero", "--max-shard-bytes=50000")) == tensors


@pytest.mark.parametrize("sizes", [[0], [16, 0]], ids=str)
def test_empty_last_shard(tool, tmp_path, sizes):
    source, parts = tmp_path / "model.aero", tmp_path / "parts"
    aero.write_file(
        source, [NewTensor(str(place), "U8", [size], bytes(size)) for place, size in enumerate(sizes)]
    )
    packed = tool.pack_set(source, parts, "--tensor-hash", "--max-shard-bytes=1")
    assert [tensor.data() for tensor in packed.tensors] == [bytes(size) for size in sizes]


# Names of 4,096 bytes, and those that a path or a pattern could be taken for.
NAMES = ["n" * 4096, "ä" * 2048, "", ".", "/", "a\0b", "\n", "weights.shard0", "*", "\x7f\x80\U0010ffff"]


def test_names(tool, tmp_path):
    source, copy = tmp_path / "model.aero", tmp_path / "copy.aero"
    made = [NewTensor(name, "U8", [3], bytes([place] * 3)) for place, name in enumerate(NAMES)]
    aero.write_file(source, made)
    aero.check_file(source)
    tool.sound(source)
    assert {name: values.data for name, values in listed(tool, source).items()} == {
        t.name: t.data for t in made
    }
    assert [t.data() for t in tool.convert(source, copy).tensors] == [
        t.data for t in sorted(made, key=lambda t: t.key)
    ]


# What the tool is given to convert, and whether it has something to warn of.
SOURCES = {
    path.name: False for path in sorted(DATA.iterdir()) if path.suffix in (".aero", ".safetensors", ".gguf")
}
SOURCES |= {"sharded": False, "sharded.ref.aeroset": False}
SOURCES |= {"tiny.ref.aero": True, "zero-mjsn-hash.ref.aero": True, "align-lies.gguf": True,
            "v2-no-last-padding.gguf": True}  # fmt: skip
OPTIONS = [
    [],
    ["--tensor-hash"],
    ["--page-hash"],
    ["--page-hash=1KiB", "--max-shard-bytes=1000"],
    ["--control-hash"],
    ["--align=1"],
    ["--align=64", "--max-shard-bytes=3000", "--tensor-hash"],
    ["--align=4096", "--control-hash", "--page-hash=4KiB", "--max-shard-bytes=10000"],
    ["--align=2MiB"],
    ["--uuid=000102030405060708090a0b0c0d0e0f", "--name=größe \"\x7f\"", "--architecture=a/b"],
    ["--uuid=random"],
    ["--max-shard-bytes=1"],
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_written(tool, tmp_path, source, options):
    """The checks are in convert and pack_set, which hold all that the tool writes to the specification."""
    warnings = SOURCES[source]
    tensors = {
        name: Values(found.dtype, tuple(found.shape), found.data)
        for name, found in tool.tensors(DATA / source, warnings=warnings).items()
    }
    copy, parts = tmp_path / "copy.aero", tmp_path / "parts"
    written = tool.convert(DATA / source, copy, *options, warnings=warnings)
    assert of_aero(written) == tensors
    packed = tool.pack_set(DATA / source, parts, *options, "--max-part-shards=3", warnings=warnings)
    assert of_aero(packed) == tensors
    wanted = " ".join(options)
    for model in (written, *packed.parts):
        assert ("PHSH" in {chunk.fourcc for chunk in model.chunks}) == (
            "--page-hash" in wanted and bool(model.tensors)
        )
    for model in (written, packed):
        assert all(bool(tensor.hash_b3) == ("--tensor-hash" in wanted) for tensor in model.tensors)
    for model in (written, packed.index_file, *packed.parts):
        assert ("IHSH" in {chunk.fourcc for chunk in model.chunks}) == ("--control-hash" in wanted)


@pytest.mark.parametrize("dtype", sorted(set(GEOMETRY) & set(gguf_library.GEOMETRY)))
def test_to_gguf(tool, tmp_path, dtype):
    elements, size = GEOMETRY[dtype]
    # The package reads no scalars but of types that numpy has.
    tensors = make_tensors(dtype, elements, size, scalars=dtype in gguf_library.NUMPY)
    source, target = tmp_path / "model.aero", tmp_path / "model.gguf"
    aero.write_file(source, new_tensors(tensors))
    tool.convert(source, target, warnings=True)
    assert gguf_library.read(target) == tensors


@pytest.mark.parametrize("dtype", sorted(set(PLAIN | SAFETENSORS)))
def test_to_safetensors(tool, tmp_path, dtype):
    tensors, source, target = make(dtype), tmp_path / "model.aero", tmp_path / "model.safetensors"
    aero.write_file(source, new_tensors(tensors))
    tool.convert(source, target, warnings=True)
    assert safetensors_library.read_raw(target) == tensors
