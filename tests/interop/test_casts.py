"""Casts and decoded blocks, against ml_dtypes, numpy and the gguf package; NaN are the same whatever their bits."""

import gguf
import gguf_library as library
import ml_dtypes
import numpy
import pytest
import safetensors.numpy

TYPES = {
    "bf16": ml_dtypes.bfloat16,
    "f16": numpy.float16,
    "f8_e5m2": ml_dtypes.float8_e5m2,
    "f8_e4m3": ml_dtypes.float8_e4m3fn,
}
WIDE = {"f32": numpy.float32, "f64": numpy.float64}
LARGEST_E4M3 = 448


def cast(tool, tmp_path, tensors, dtype):
    """The tensors' bytes after convert --dtype, as numbers of the type."""
    source, target = tmp_path / "source.safetensors", tmp_path / "target.safetensors"
    safetensors.numpy.save_file(tensors, source)
    tool.ok("convert", "-q", "--dtype", dtype, source, target)
    return {name: numpy.frombuffer(tensor.data, (TYPES | WIDE)[dtype]) for name, tensor in
            tool.tensors(target).items()}


def expected(values, dtype):
    """One rounding; what F8_E4M3 cannot hold is its largest number, which ml_dtypes makes NaN."""
    with numpy.errstate(all="ignore"):
        rounded = values.astype((TYPES | WIDE)[dtype])
        if dtype == "f8_e4m3":
            lost = numpy.isnan(rounded) & ~numpy.isnan(values)
            rounded[lost] = numpy.copysign(LARGEST_E4M3, values[lost]).astype(rounded.dtype)
    return rounded


def same(found, right):
    unsigned = f"u{right.dtype.itemsize}"
    both_nan = numpy.isnan(found) & numpy.isnan(right)
    return bool(numpy.all((found.view(unsigned) == right.view(unsigned)) | both_nan))


def every_256th_float():
    """2^24 patterns of 32 bits: every sign, exponent and first bits of the fraction, with last bits of all kinds."""
    patterns = numpy.arange(1 << 24, dtype=numpy.uint32) << 8
    return (patterns | (patterns * numpy.uint32(2654435761) >> 24)).view(numpy.float32)


@pytest.mark.parametrize("dtype", TYPES)
def test_floats(tool, tmp_path, dtype):
    values = every_256th_float()
    assert same(cast(tool, tmp_path, {"x": values}, dtype)["x"], expected(values, dtype))


@pytest.mark.parametrize(("source", "dtype"), [(source, dtype) for source in ("bf16", "f16")
                                               for dtype in (*WIDE, *TYPES) if dtype != source])
def test_every_half(tool, tmp_path, source, dtype):
    halves = numpy.arange(1 << 16, dtype=numpy.uint16).view(TYPES[source])
    with numpy.errstate(all="ignore"):
        values = halves.astype(numpy.float32)
    assert same(cast(tool, tmp_path, {"x": halves}, dtype)["x"], expected(values, dtype))


@pytest.mark.parametrize("dtype", ["f16", "f32"])
def test_doubles_are_rounded_once(tool, tmp_path, dtype):
    random = numpy.random.default_rng(17)
    values = random.standard_normal(1 << 20) * 2.0 ** random.integers(-30, 20, 1 << 20)
    # Just beside ties of F16 that F32 would hide.
    values[: 1 << 16] = numpy.arange(1 << 16, dtype=numpy.uint16).view(numpy.float16).astype(numpy.float64)
    with numpy.errstate(all="ignore"):
        values[: 1 << 16] *= 1 + 2.0**-11 + 2.0**-40
    found = cast(tool, tmp_path, {"x": values}, dtype)["x"]
    assert same(found, expected(values, dtype))


@pytest.mark.parametrize("name", sorted(kind.name for kind in gguf.quants._type_traits))
def test_blocks(tool, tmp_path, name):
    """Random blocks: what the package decodes, bit for bit."""
    kind = gguf.GGMLQuantizationType[name]
    elements, size = library.GEOMETRY[name]
    random = numpy.random.default_rng(int(kind))
    blocks = random.integers(0, 256, (64, 8 * size), numpy.uint8)
    source, target = tmp_path / "source.gguf", tmp_path / "target.safetensors"
    writer = gguf.GGUFWriter(source, "llama")
    writer.add_tensor("x.weight", blocks, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tool.ok("convert", "-q", "--dequantize", "--dtype", "f32", source, target)
    found = numpy.frombuffer(tool.tensors(target)["x.weight"].data, numpy.float32)
    with numpy.errstate(all="ignore"):
        right = gguf.quants.dequantize(blocks, kind).astype(numpy.float32).ravel()
    assert found.size == 64 * 8 * elements and same(found, right)
