"""zTensor files: what each release of the library writes, and what the tool writes, also of other formats' files; and
SciPy, which reads the sparse objects that the tool takes out of them."""

import json
from pathlib import Path
from urllib.parse import quote

import gguf_library
import numpy
import peers
import pytest
import safetensors_library
import scipy.sparse
from gguf import GGUFValueType
from models import METADATA, NAMES, Values, make_bytes, make_many, make_tensors
from round_trip import listed, of_aero
from ztensor_library import objects_of, tensors_of
from ztensor_objects import TYPES, WIDTHS, Content, Item, Part, dense, integers, make_coo, make_csr, part_of

DATA = Path(__file__).resolve().parents[1] / "data" / "zt"

ARRAYS = ["0.1.4", "1.0.1", "1.0.2", "1.1.1"]  # these write arrays, and none of rank 0
SPARSE = ["1.0.1", "1.0.2", "1.1.1"]
LAST_1, NEWEST = "1.2.3", "2.1.2"
SEEKABLE = "zt.zstd-seekable/1"

DTYPES = list(WIDTHS)
TYPES_1 = ["f8_e4m3fn", "f8_e5m2", "f8_e4m3fnuz", "f8_e5m2fnuz", "complex64", "complex128"]
BLOCKS = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ1_S", "IQ1_M",
          "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS", "MXFP4"]

ATTRIBUTES = {"text": "größe \"quoted\" \n\N{GRINNING FACE}", "empty": "", "yes": True, "no": False, "nothing": None,
              "zero": 0, "large": 2**63 - 1, "negative": -2**63, "half": 0.5, "tenth": 0.1, "infinite": float("inf"),
              "nan": float("nan"), "minus zero": -0.0, "größe.ключ": "key",
              "list": [1, "two", [3.5, None], {"z": 1, "aa": [], "": {}}]}


def hold(tool, source, content):
    """`source` is what a release wrote."""
    tensors, objects = tensors_of(content), objects_of(content)
    packed, back = source.with_suffix(".aero"), source.with_stem("back")
    assert listed(tool, source) == tensors
    assert listed_objects(tool, source) == objects
    tool.sound(source)
    assert of_aero(tool.convert(source, packed)) == tensors
    assert listed_objects(tool, packed) == objects
    tool.sound(packed)
    tool.convert(packed, back)
    assert back.read_bytes() == source.read_bytes()


def listed_objects(tool, path):
    return {item["name"]: (item["layout"], tuple(item["shape"]), {part["role"] for part in item["parts"]},
                           {pair["key"] for pair in item.get("attributes", [])})
            for item in json.loads(tool.ok("list", "--json", path)).get("objects", [])}


def make(kinds):
    """A tensor for each dtype or type, shape and name that matters."""
    items = {}
    for place, kind in enumerate(kinds):
        elements, size = part_of(kind, b"").geometry()
        tensors = make_tensors("BOOL" if kind == "bool" else kind, elements, size, scalars=elements == 1)
        for name, values in tensors.items():
            # Those of the first one keep the names as they are.
            items[f"{kind} {name}" if place else name] = dense(kind, values.shape, values.data)
    return items


def without_scalars(items):
    """As arrays come out: one of rank 0 has become one of rank 1."""
    return {name: Item(item.shape or (1,), item.parts) for name, item in items.items()}


def make_large():
    """What compresses well, badly and not at all, and takes several blocks."""
    return {"zeros": dense("f32", (500, 250), bytes(500000)),
            "random": dense("u8", (300001,), make_bytes(1, 300001)),
            "words": dense("i16", (40000, 5), make_bytes(2, 400000, highest=3)),
            "ramp": dense("u32", (100000,), integers("u32", range(100000)).data),
            "none": dense("f64", (0, 3), b""),
            "one": dense("u8", (1,), b"\x07")}


def make_sparse(kinds, index="u64", csr="sparse_csr", coo="sparse_coo"):
    """With and without values, of each dtype or type."""
    items = {}
    for kind in kinds:
        for shape in ((9, 7), (1, 300), (4, 0), (0, 5)):
            items[f"{kind} größe/{shape}"] = make_csr(kind, index, shape, csr)
        for shape, count in (((5,), 2), ((5, 3), 4), ((5, 3, 4), 6), ((5, 3, 4, 2), 8), ((3, 4), 0), ((0,), 0)):
            items[f"{kind} {shape} {count}"] = make_coo(kind, index, shape, count, coo)
    return items


def make_objects_1():
    group = {"bits": 4, "group_size": 32, "packing": "8_per_i32"}
    return {"quantized": Item((4, 32), {"packed_weight": Part("i32", make_bytes(1, 64)),
                                        "scales": Part("f16", make_bytes(2, 8)),
                                        "zeros": Part("i32", make_bytes(3, 16))}, "quantized_group", group),
            "of a type": Item((2, 2), {"data": Part("u8", b"1234", "acme.type")}),
            "own layout": Item((3, 0), {"ключ": Part("u8", b"12"), "a b": Part("f64", b"")}, "acme/1")}


def make_objects_2():
    """Of every layout that the text has, and of one that it has not."""
    group = {"bits": 4, "group_size": 32, "axis": 1, "scale_form": "f16_factors", "zero_point": {"form": "none"},
             "packing": {"word": "u32", "order": "lsb_first", "per_word": 8}}
    codes, factors = Part("u32", make_bytes(1, 128)), Part("f16", make_bytes(2, 16))
    block = {"block_size": 32, "scale_form": "e8m0_exponent"}
    scales = part_of("f8_e8m0", make_bytes(3, 4))
    items = {"group": Item((4, 64), {"data": codes, "scales": factors}, "zt.quant_group/1", group),
             "group with zeros": Item((4, 64), {"data": codes, "scales": factors,
                                                "zeros": Part("u32", make_bytes(4, 4))}, "zt.quant_group/1",
                                      group | {"zero_point": {"form": "tensor", "packing": "same_as_data"}}),
             "mx of f4": Item((2, 64), {"data": part_of("f4_e2m1", make_bytes(5, 64)), "scales": scales},
                              "zt.mx/1", block),
             "mx of f8": Item((2, 64), {"data": part_of("f8_e4m3fn", make_bytes(6, 128)), "scales": scales},
                              "zt.mx/1", block),
             "mx of i8": Item((64, 2), {"data": Part("i8", make_bytes(7, 128)), "scales": scales}, "zt.mx/1",
                              block | {"axis": 0}),
             "of a type": Item((2, 2), {"data": Part("u8", b"1234567", "acme.type")}),
             "own layout": Item((3, 0), {"ключ": Part("u8", b"12"), "a b": Part("f64", b"")}, "acme/1"),
             "dense": dense("f32", (2,), b"12345678", attributes=ATTRIBUTES)}
    for dtype in BLOCKS:
        elements, size = gguf_library.GEOMETRY[dtype]
        items[f"gguf {dtype}"] = dense("u8", (3, 2 * elements), make_bytes(dtype, 6 * size),
                                       layout=f"gguf.{dtype.lower()}/1",
                                       attributes={"elems_per_block": elements, "block_bytes": size})
    return items


def make_sparse_2(kinds, index):
    return make_sparse(kinds, index, "zt.sparse_csr/1", "zt.sparse_coo/1")


# ---- read, and by way of AERO back: versions 0.1 and 1

@pytest.mark.parametrize("version", ARRAYS)
def test_arrays(tool, release, tmp_path, version):
    source, items = tmp_path / "model.zt", make(DTYPES)
    release(version)("write", source, Content(items))
    hold(tool, source, Content(without_scalars(items)))


@pytest.mark.parametrize("version", peers.ZTENSOR)
def test_no_tensors(tool, release, tmp_path, version):
    source = tmp_path / "model.zt"
    release(version)("write", source, Content())
    hold(tool, source, Content())


@pytest.mark.parametrize("version", SPARSE)
def test_sparse(tool, release, tmp_path, version):
    source, content = tmp_path / "model.zt", Content(make_sparse(DTYPES))
    release(version)("write", source, content)
    hold(tool, source, content)


@pytest.mark.parametrize(("version", "compress"), [
    *((version, True) for version in [*SPARSE, LAST_1]),
    *((version, level) for version in ("1.0.2", "1.1.1", LAST_1) for level in (1, 19))])
def test_compressed(tool, release, tmp_path, version, compress):
    source, content = tmp_path / "model.zt", Content(make_large())
    release(version)("write", source, content, compress=compress)
    assert source.stat().st_size < 1000000
    hold(tool, source, content)


@pytest.mark.parametrize("numpy", [False, True], ids=["tensors", "arrays"])
def test_dense_of_1_2(tool, release, tmp_path, numpy):
    source, items = tmp_path / "model.zt", make(DTYPES)
    release(LAST_1)("write", source, Content(items), numpy=numpy)
    hold(tool, source, Content(without_scalars(items) if numpy else items))


@pytest.mark.parametrize("kind", TYPES_1)
def test_type_of_1_2(tool, release, tmp_path, kind):
    source, content = tmp_path / "model.zt", Content(make([kind]) | make_sparse([kind]))
    release(LAST_1)("write", source, content)
    hold(tool, source, content)


@pytest.mark.parametrize("index", ["u64", "i32"])
def test_sparse_of_1_2(tool, release, tmp_path, index):
    source, content = tmp_path / "model.zt", Content(make_sparse(DTYPES, index))
    release(LAST_1)("write", source, content)
    hold(tool, source, content)


@pytest.mark.parametrize("compress", [False, True], ids=["raw", "zstd"])
@pytest.mark.parametrize("checksum", ["crc32c", "sha256"])
def test_checksum_of_1_2(tool, release, tmp_path, checksum, compress):
    source, content = tmp_path / "model.zt", Content(make(["f16"]) | make_sparse(["f32"]) | make_large())
    release(LAST_1)("write", source, content, checksum=checksum, compress=compress)
    hold(tool, source, content)


def test_attributes_of_1_2(tool, release, tmp_path):
    source = tmp_path / "model.zt"
    content = Content(make_objects_1() | {
        "dense": dense("f32", (2,), b"12345678", attributes=ATTRIBUTES | {"": "no key", "bytes": b"\x00\xff"}),
        "größe": dense("u8", (), b"1", attributes={"a": {"b": {"c": []}}})})
    release(LAST_1)("write", source, content)
    hold(tool, source, content)


def test_changed_by_1_2(tool, release, tmp_path):
    library, source, target = release(LAST_1), tmp_path / "model.zt", tmp_path / "less.zt"
    items = make(["f32"])
    library("write", source, Content(items), checksum="sha256")
    more = {"appended": dense("f64", (3,), make_bytes(1, 24)), "csr": make_csr("f32", "u64", (3, 4))}
    library("append_1_2", source, Content(more), compress=True)
    items |= more
    hold(tool, source, Content(items))
    items["rank1.5"] = dense("f32", (5,), make_bytes(2, 20))
    library("replace_1_2", source, "rank1.5", items["rank1.5"])
    hold(tool, source, Content(items))
    library("remove_1_2", source, target, ["rank1.5", "appended"])
    del items["rank1.5"], items["appended"]
    hold(tool, target, Content(items))


def test_by_way_of_a_set(tool, release, tmp_path):
    source, parts, back = tmp_path / "model.zt", tmp_path / "model.set", tmp_path / "back.zt"
    content = Content(make(["f16"]) | make_sparse(["f32"]) | make_large() | make_objects_1())
    release(LAST_1)("write", source, content, checksum="sha256", compress=19)
    assert of_aero(tool.pack_set(source, parts, "--max-shard-bytes", 100000)) == tensors_of(content)
    assert listed_objects(tool, parts) == objects_of(content)
    tool.convert(parts, back)
    assert back.read_bytes() == source.read_bytes()


def test_back_to_1_2(tool, release, tmp_path):
    """The release reads what came back by way of AERO."""
    library, source = release(LAST_1), tmp_path / "model.zt"
    packed, back = tmp_path / "model.aero", tmp_path / "back.zt"
    content = Content(make(["bf16"]) | make_sparse(["i16"]) | make_large() | make_objects_1()
                      | {"f8": dense("f8_e5m2", (2, 2), b"1234")})
    library("write", source, content, checksum="crc32c", compress=True)
    tool.convert(source, packed)
    tool.convert(packed, back)
    assert library("read", back) == content


# ---- read, and by way of AERO back: version 2

WAYS = {"canonical": {}, "not canonical": {"canonical": False, "align": 4096},
        "zstd": {"canonical": False, "encoding": SEEKABLE}}


@pytest.mark.parametrize("way", WAYS)
def test_dense_of_2(tool, release, tmp_path, way):
    # Encoded, each MiB is a frame.
    frames = {f"bytes/{size}": dense("u8", (size,), make_bytes(size, size, highest=7))
              for size in (2**20 - 1, 2**20, 2**20 + 1, 5 * 2**19)}
    source, content = tmp_path / "model.zt", Content(make(DTYPES) | make_large() | frames, ATTRIBUTES)
    release(NEWEST)("write", source, content, **WAYS[way])
    hold(tool, source, content)


@pytest.mark.parametrize("kind", TYPES)
def test_type_of_2(tool, release, tmp_path, kind):
    items = make([kind]) | ({} if kind == "f4_e2m1" else make_sparse_2([kind], "u32"))
    source, content = tmp_path / "model.zt", Content(items)
    release(NEWEST)("write", source, content)
    hold(tool, source, content)


@pytest.mark.parametrize("index", ["u32", "u64"])
def test_sparse_of_2(tool, release, tmp_path, index):
    source, content = tmp_path / "model.zt", Content(make_sparse_2(DTYPES, index))
    release(NEWEST)("write", source, content, canonical=False, align=4096)
    hold(tool, source, content)


@pytest.mark.parametrize("way", WAYS)
def test_objects_of_2(tool, release, tmp_path, way):
    source, content = tmp_path / "model.zt", Content(make_objects_2())
    release(NEWEST)("write", source, content, **WAYS[way])
    hold(tool, source, content)


def test_appended_by_2(tool, release, tmp_path):
    library, source = release(NEWEST), tmp_path / "model.zt"
    items, more = make(["f32"]), {"appended": dense("f64", (3,), make_bytes(1, 24))} | make_objects_2()
    library("write", source, Content(items, ATTRIBUTES), canonical=False)
    library("write", source, Content(more), canonical=False, append=True)
    hold(tool, source, Content(items | more))


# ---- written: what the newest release makes of the same file

# Without what it writes and then refuses, or refuses to write.
TEXTS = {key: text for key, text in METADATA.items() if key}
PAIRS = [pair for pair in gguf_library.METADATA if pair[0] not in ("test.not utf-8", "tokens")]
FROM_SAFETENSORS = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL",
                    "F8_E4M3", "F8_E5M2", "F8_E8M0"]
FROM_GGUF = [*gguf_library.NUMPY, "BF16", *BLOCKS]


def hold_to_reference(tool, release, source, tensors, align=None):
    ours, theirs, packed = source.with_suffix(".zt"), source.with_stem("theirs"), source.with_suffix(".aero")
    options = [f"--align={align}"] if align else []
    tool.convert(source, ours, *options)
    release(NEWEST)("convert", source, theirs, align=align)
    assert ours.read_bytes() == theirs.read_bytes()
    assert release(NEWEST)("verify", ours) == (len(tensors), 0)
    assert listed(tool, ours) == tensors
    tool.sound(ours)
    tool.convert(source, packed)
    ours.unlink()
    tool.convert(packed, ours, *options)
    assert ours.read_bytes() == theirs.read_bytes()


def of_every_shape(dtype, geometry, scalars=True):
    tensors = make_tensors(dtype, *geometry[dtype], scalars=scalars)
    return {name: values for name, values in tensors.items() if name.startswith("rank")}


@pytest.mark.parametrize("dtype", FROM_SAFETENSORS)
def test_safetensors(tool, release, tmp_path, dtype):
    source, tensors = tmp_path / "model.safetensors", of_every_shape(dtype, safetensors_library.GEOMETRY)
    safetensors_library.write_raw(source, tensors, TEXTS)
    hold_to_reference(tool, release, source, tensors)


@pytest.mark.parametrize("metadata", [None, {}, TEXTS], ids=["no metadata", "empty metadata", "metadata"])
def test_few_tensors(tool, release, tmp_path, metadata):
    for tensors in ({}, {"only one": Values("F32", (1,), b"1234")}, {"empty": Values("F32", (0,), b"")}):
        source = tmp_path / "model.safetensors"
        # The library's own header is not JSON where there are no tensors and no metadata.
        safetensors_library.write_by_hand(source, tensors, metadata)
        hold_to_reference(tool, release, source, tensors)


def test_names(tool, release, tmp_path):
    """Blobs lie in the order of the names' bytes, and the index is in the order of their lengths first."""
    lengths = [1, 2, 3, 22, 23, 24, 25, 254, 255, 256, 257, 1022, 1023, 1024]
    names = [letter * length for length in lengths for letter in "azB"]
    names += [letter * (length // len(letter.encode())) for length in (24, 256, 1024)
              for letter in ("é", "重", "\N{GRINNING FACE}")]
    tensors = {name: Values("U8", (2,), place.to_bytes(2, "little")) for place, name in enumerate([*names, *NAMES])}
    source = tmp_path / "model.safetensors"
    safetensors_library.write_raw(source, tensors, {name: name for name in names})
    hold_to_reference(tool, release, source, tensors)


def test_equal_bytes(tool, release, tmp_path):
    """They are there once, whatever they are."""
    data, empty = make_bytes(1, 40000), {f"empty.{place}": Values("F32", (place, 0), b"") for place in range(3)}
    almost = bytearray(data)
    almost[20000] ^= 1
    tensors = {"z": Values("F32", (10000,), data), "a": Values("U8", (200, 200), data),
               "m": Values("F8_E8M0", (40000,), data), "almost": Values("F32", (10000,), bytes(almost)),
               "shorter": Values("U8", (39996,), data[:-4]), "zero": Values("I8", (), b"\x00"),
               "no": Values("BOOL", (1,), b"\x00"), **empty}
    source = tmp_path / "model.safetensors"
    safetensors_library.write_raw(source, tensors, None)
    hold_to_reference(tool, release, source, tensors)


@pytest.mark.parametrize("align", [4096, 16384, 2097152])
def test_align(tool, release, tmp_path, align):
    tensors = make_many(safetensors_library.GEOMETRY, FROM_SAFETENSORS, 1000 if align == 4096 else 20)
    source = tmp_path / "model.safetensors"
    safetensors_library.write_raw(source, tensors, TEXTS)
    hold_to_reference(tool, release, source, tensors, align)


@pytest.mark.parametrize("rank", [5, 23, 24, 64])
def test_rank(tool, release, tmp_path, rank):
    tensors = {"a": Values("I16", (1,) * (rank - 1) + (3,), b"123456"), "b": Values("I16", (0,) * rank, b""),
               "c": Values("I16", (2**60, 0) + (1,) * (rank - 2), b"")}
    source = tmp_path / "model.safetensors"
    safetensors_library.write_by_hand(source, tensors, None)
    hold_to_reference(tool, release, source, tensors)


@pytest.mark.parametrize("dtype", FROM_GGUF)
def test_gguf(tool, release, tmp_path, dtype):
    tensors = of_every_shape(dtype, gguf_library.GEOMETRY, scalars=dtype in gguf_library.NUMPY)
    source = tmp_path / "model.gguf"
    gguf_library.write(source, tensors)
    hold_to_reference(tool, release, source, tensors)


# Floats go into the fewest bytes that hold them.
FLOATS = [0.0, -0.0, 1.0, 0.1, float("inf"), float("-inf"), float("nan"), 65504.0, 65505.0, 65520.0, 2.0**-24, 2.0**-25,
          1 + 2.0**-10, 1 + 2.0**-11, 2.0**-126, 2.0**-149, 2.0**-150, 3.4028234663852886e38, 1e300, 5e-324]
ODD_PAIRS = [
    *((f"f64.{place}", value, GGUFValueType.FLOAT64, None) for place, value in enumerate(FLOATS)),
    *((f"f32.{place}", value, GGUFValueType.FLOAT32, None) for place, value in enumerate(FLOATS) if value != 1e300),
    *((f"u64.{bits}.{less}", 2**bits - less, GGUFValueType.UINT64, None)
      for bits in (0, 5, 8, 16, 32, 63) for less in (0, 1)),
    *((f"i64.{bits}.{less}", less - 2**bits, GGUFValueType.INT64, None)
      for bits in (0, 5, 8, 16, 32, 63) for less in (0, 1)),
    *((f"array.{count}", [7] * count, GGUFValueType.ARRAY, GGUFValueType.INT16)
      for count in (23, 24, 255, 256, 65535, 65536)),
    *((letter * length, letter, GGUFValueType.STRING, None)
      for length in (1, 23, 24, 255, 256, 1024) for letter in "ba"),
    ("texts", ["größe", "", "\N{GRINNING FACE}", "a\x00b"], GGUFValueType.ARRAY, GGUFValueType.STRING)]


@pytest.mark.parametrize("pairs", [None, PAIRS, ODD_PAIRS], ids=["no metadata", "metadata", "odd metadata"])
def test_metadata_of_gguf(tool, release, tmp_path, pairs):
    for tensors in ({}, {"only one": Values("F32", (1,), b"1234")}):
        source = tmp_path / "model.gguf"
        gguf_library.write(source, tensors, pairs, 256 if tensors else None)
        hold_to_reference(tool, release, source, tensors)


@pytest.mark.parametrize("way", WAYS)
def test_written_anew(tool, release, tmp_path, way):
    """A file of version 2 becomes the canonical one."""
    library, source = release(NEWEST), tmp_path / "model.zt"
    ours, theirs = tmp_path / "ours.zt", tmp_path / "theirs.zt"
    items = make(DTYPES) | make(TYPES) | make_large() | make_objects_2() | make_sparse_2(["f32"], "u32")
    library("write", source, Content(items, ATTRIBUTES), **WAYS[way])
    tool.convert(source, ours)
    library("convert", source, theirs)
    assert ours.read_bytes() == theirs.read_bytes()


# ---- written: the newest release accepts it

def hold_to_verify(tool, release, path, expected):
    """`expected` are the tensors of the model that `path` was made of."""
    content = release(NEWEST)("read", path)
    assert tensors_of(content) == expected
    assert release(NEWEST)("verify", path) == (len(expected), 0)
    assert listed(tool, path) == expected
    tool.sound(path)
    return content


LAYOUTS_2 = {"sparse_csr": "zt.sparse_csr/1", "sparse_coo": "zt.sparse_coo/1"}
VECTORS = [path for path in sorted(DATA.glob("*.zt")) if path.name != "v12-dense.zt"]


@pytest.mark.parametrize("source", [*VECTORS, DATA / "v2-sharded/model.zt"], ids=lambda path: path.stem)
def test_vector(tool, release, tmp_path, source):
    written = tmp_path / "written.zt"
    tool.convert(source, written)
    content = hold_to_verify(tool, release, written, listed(tool, source))
    objects = listed_objects(tool, source)
    assert set(objects) <= set(content.items)
    for name, (layout, shape, roles, _) in objects.items():
        item = content.items[name]
        assert (item.shape, set(item.parts)) == (shape, roles)
        assert item.layout in (layout, LAYOUTS_2.get(layout))


def test_vector_without_a_name(tool, tmp_path):
    done = tool.run("convert", DATA / "v12-dense.zt", tmp_path / "written.zt")
    assert done.returncode == 2 and "a tensor's name is empty" in done.stderr.decode()
    assert not (tmp_path / "written.zt").exists()


@pytest.mark.parametrize("version", SPARSE)
def test_anew_from_1(tool, release, tmp_path, version):
    source, written = tmp_path / "model.zt", tmp_path / "written.zt"
    release(version)("write", source, Content(make(DTYPES) | make_sparse(DTYPES)), compress=True)
    tool.convert(source, written)
    hold_to_verify(tool, release, written, listed(tool, source))


@pytest.mark.parametrize("index", ["u64", "u32", "i32"])
def test_anew_from_1_2(tool, release, tmp_path, index):
    source, written = tmp_path / "model.zt", tmp_path / "written.zt"
    items = make([*DTYPES, *TYPES_1]) | make_sparse([*DTYPES, *TYPES_1], index) | make_objects_1()
    items["dense"] = dense("f32", (2,), b"12345678", attributes=ATTRIBUTES)
    release(LAST_1)("write", source, Content(items))
    tool.convert(source, written)
    found = hold_to_verify(tool, release, written, tensors_of(Content(items))).items
    # Version 2 has no sparse layout with such indexes.
    layouts = {} if index == "i32" else LAYOUTS_2
    assert {name: item.layout for name, item in found.items()} == {
        name: layouts.get(item.layout, item.layout) for name, item in items.items()}


@pytest.mark.parametrize("dtype", ["F4", "C64", "F8_E4M3FNUZ", "F8_E5M2FNUZ"])
def test_safetensors_beyond_the_reference(tool, release, tmp_path, dtype):
    elements, size = safetensors_library.GEOMETRY[dtype]
    tensors = make_tensors(dtype, elements, size, scalars=elements == 1)
    source, written = tmp_path / "model.safetensors", tmp_path / "written.zt"
    safetensors_library.write_raw(source, tensors, TEXTS)
    tool.convert(source, written)
    hold_to_verify(tool, release, written, tensors)


@pytest.mark.parametrize("dtype", sorted({"TQ1_0", "TQ2_0", "NVFP4", "Q1_0"} & set(gguf_library.GEOMETRY)))
def test_gguf_beyond_the_reference(tool, release, tmp_path, dtype):
    tensors = make_tensors(dtype, *gguf_library.GEOMETRY[dtype], scalars=False)
    source, written = tmp_path / "model.gguf", tmp_path / "written.zt"
    gguf_library.write(source, tensors)
    tool.convert(source, written)
    hold_to_verify(tool, release, written, tensors)


@pytest.mark.parametrize("options", [[], ["--compress"], ["--tensor-hash=sha256"]], ids=lambda words: "".join(words))
def test_in_shards(tool, release, tmp_path, options):
    source, written = tmp_path / "model.zt", tmp_path / "written"
    content = Content(make(DTYPES) | make_sparse_2(DTYPES, "u32") | make_large())
    release(NEWEST)("write", source, content)
    tool.convert(source, written, "--to", "ztensor", "--max-shard-bytes", "256KiB", "--align", 4096, *options)
    assert len(list(written.iterdir())) > 2
    found = hold_to_verify(tool, release, written / "model.zt", tensors_of(content)).items
    assert {name: item.layout for name, item in found.items()} == {
        name: item.layout for name, item in content.items.items()}


def test_parts_as_tensors(tool, release, tmp_path):
    """Parts of objects that went into a format without objects come from there as tensors."""
    library, source = release(NEWEST), tmp_path / "model.zt"
    between, written = tmp_path / "model.safetensors", tmp_path / "written.zt"
    content = Content(make(["f32"]) | make_sparse_2(["f16"], "u32"))
    library("write", source, content)
    tool.convert(source, between, "--components", warnings=True)
    tool.convert(between, written)
    hold_to_verify(tool, release, written, tensors_of(content))


# ---- for SciPy: what `extract --format npz` writes of sparse objects

FOR_SCIPY = [dtype for dtype in DTYPES if dtype not in ("bf16", "f16")]
NUMPY_TYPES = {"bool": "?", "complex64": "<c8", "complex128": "<c16"}


def numbers_of(part):
    kind = part.type or part.dtype
    return numpy.frombuffer(part.data, NUMPY_TYPES.get(kind) or f"<{kind[0]}{WIDTHS[kind]}")


def hold_to_scipy(tool, source, items, directory):
    """SciPy reads each of them; into a stream go the same bytes as into a file."""
    tool.ok("extract", source, "*", "--format", "npz", "-o", f"{directory}/")
    assert {path.name for path in directory.iterdir()} == {quote(name, safe="") + ".npz" for name in items}
    for name in list(items)[-3:]:
        stream = tool.ok("extract", source, name, "--format", "npz", "-o", "-")
        assert stream == (directory / (quote(name, safe="") + ".npz")).read_bytes()
    for name, item in items.items():
        read, parts = scipy.sparse.load_npz(directory / (quote(name, safe="") + ".npz")), item.parts
        assert read.shape == item.shape
        assert read.data.tobytes() == parts["values"].data
        assert read.data.dtype == numbers_of(parts["values"]).dtype
        if "indptr" in parts:
            assert read.format == "csr"
            assert read.indices.tolist() == numbers_of(parts["indices"]).tolist()
            assert read.indptr.tolist() == numbers_of(parts["indptr"]).tolist()
            read.check_format(full_check=True)
        else:
            assert read.format == "coo"
            coordinates = numbers_of(parts["coords"]).reshape(len(item.shape), -1)
            assert [axis.tolist() for axis in read.coords] == coordinates.tolist()


def make_large_sparse(kind, index):
    """Of several blocks."""
    return {"large csr": make_csr(kind, index, (700, 800)), "large coo": make_coo(kind, index, (999, 1001), 150000),
            "large cube": make_coo(kind, index, (99, 101, 103), 150000)}


@pytest.mark.parametrize("version", SPARSE)
def test_scipy_reads_1(tool, release, tmp_path, version):
    source, items = tmp_path / "model.zt", make_sparse(FOR_SCIPY)
    release(version)("write", source, Content(items))
    hold_to_scipy(tool, source, items, tmp_path / "npz")


@pytest.mark.parametrize("index", ["u64", "i32"])
def test_scipy_reads_1_2(tool, release, tmp_path, index):
    source, items = tmp_path / "model.zt", make_sparse([*FOR_SCIPY, "complex64", "complex128"], index)
    release(LAST_1)("write", source, Content(items))
    hold_to_scipy(tool, source, items, tmp_path / "npz")


@pytest.mark.parametrize("checksum", ["crc32c", "sha256"])
def test_scipy_reads_compressed(tool, release, tmp_path, checksum):
    source, items = tmp_path / "model.zt", make_large_sparse("f32", "u64")
    release(LAST_1)("write", source, Content(items), checksum=checksum, compress=True)
    hold_to_scipy(tool, source, items, tmp_path / "npz")


@pytest.mark.parametrize("index", ["u32", "u64"])
def test_scipy_reads_2(tool, release, tmp_path, index):
    layouts = {"csr": "zt.sparse_csr/1", "coo": "zt.sparse_coo/1"}
    items = make_sparse([*FOR_SCIPY, "complex64"], index, **layouts)
    items |= {name: Item(item.shape, item.parts, layouts[item.layout.removeprefix("sparse_")])
              for name, item in make_large_sparse("f64", index).items()}
    source, packed, parts = tmp_path / "model.zt", tmp_path / "model.aero", tmp_path / "model.set"
    release(NEWEST)("write", source, Content(items))
    hold_to_scipy(tool, source, items, tmp_path / "npz")
    tool.convert(source, packed, "--tensor-hash", "--page-hash")
    hold_to_scipy(tool, packed, items, tmp_path / "of aero")
    tool.pack_set(source, parts, "--max-shard-bytes", 100000)
    hold_to_scipy(tool, parts, items, tmp_path / "of a set")


def test_types_that_scipy_has_not(tool, release, tmp_path):
    """SciPy makes no COO of f16, and NumPy has no bf16; for all else the tool would be too strict."""
    source, items = tmp_path / "model.zt", make_sparse(["f16", "bf16"])
    release(LAST_1)("write", source, Content(items))
    for name, item in items.items():
        done = tool.run("extract", source, name, "-o", tmp_path / "m.npz")
        if item.parts["values"].dtype == "f16" and "indptr" in item.parts:
            assert done.returncode == 0
            assert scipy.sparse.load_npz(tmp_path / "m.npz").data.tobytes() == item.parts["values"].data
            (tmp_path / "m.npz").unlink()
        else:
            assert done.returncode == 2 and done.stderr.count(b"\n") == 1
            assert not (tmp_path / "m.npz").exists()
    with pytest.raises(ValueError, match="float16"):
        scipy.sparse.coo_array((numpy.zeros(1, "f2"), ([0], [0])), shape=(1, 1))
