"""GGUF files as the gguf package writes them, for every type of tensor and of metadata."""

import gguf
import gguf_library as library
import matrix as directions
import numpy
import pytest
import safetensors_library
from models import Values, make_bytes, make_many, make_tensors
from round_trip import hold, hold_folder

FORMAT = "GGUF"
QUANTIZABLE = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"]
DEQUANTIZABLE = list(dict.fromkeys([*QUANTIZABLE, *(kind.name for kind in gguf.quants._type_traits)]))


def make(dtype):
    elements, size = library.GEOMETRY[dtype]
    return make_tensors(dtype, elements, size, scalars=dtype in library.NUMPY)


def agrees_with(tensors, metadata):
    def agrees(path):
        assert library.read(path) == tensors
        assert library.read_metadata(path) == metadata
    return agrees


@pytest.mark.parametrize("metadata", [None, library.METADATA], ids=["no metadata", "metadata"])
@pytest.mark.parametrize("dtype", library.GEOMETRY)
def test_dtype(tool, matrix, tmp_path, dtype, metadata):
    tensors, source = make(dtype), tmp_path / "model.gguf"
    library.write(source, tensors, metadata)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, library.read_metadata(source)))


@pytest.mark.parametrize("alignment", [8, 256, 4096])
def test_alignment(tool, matrix, tmp_path, alignment):
    tensors, source = make("F16") | make("Q6_K"), tmp_path / "model.gguf"
    library.write(source, tensors, library.METADATA, alignment)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, library.read_metadata(source)))


def test_no_tensors(tool, matrix, tmp_path):
    source = tmp_path / "model.gguf"
    library.write(source, {}, library.METADATA)
    hold(tool, matrix, FORMAT, source, {}, agrees_with({}, library.read_metadata(source)))


def test_one_tensor(tool, matrix, tmp_path):
    tensors, source = {"only one": Values("F32", (1,), make_bytes(1, 4))}, tmp_path / "model.gguf"
    library.write(source, tensors)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, library.read_metadata(source)))


def test_ten_thousand_tensors(tool, matrix, tmp_path):
    tensors, source = make_many(library.GEOMETRY, list(library.GEOMETRY)), tmp_path / "model.gguf"
    library.write(source, tensors, library.METADATA)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, library.read_metadata(source)), 100000)


@pytest.mark.parametrize("small_first", [False, True], ids=["split", "split, metadata alone first"])
def test_split(tool, matrix, tmp_path, small_first):
    dtypes, folder = list(library.GEOMETRY), tmp_path / "model"
    tensors = make_many(library.GEOMETRY, dtypes, 500)
    folder.mkdir()
    library.write(folder / "model.gguf", tensors, library.METADATA, split_max_tensors=90,
                  small_first_shard=small_first)
    assert len(list(folder.iterdir())) == 6 + small_first
    hold_folder(tool, matrix, FORMAT, folder, tensors)


@pytest.mark.parametrize("dtype", sorted(set(library.GEOMETRY) & set(safetensors_library.GEOMETRY)))
def test_to_safetensors(tool, matrix, tmp_path, dtype):
    tensors, source, target = make(dtype), tmp_path / "model.gguf", tmp_path / "model.safetensors"
    library.write(source, tensors)
    with matrix.cell(FORMAT, dtype, directions.OTHER):
        tool.convert(source, target)
        assert safetensors_library.read_raw(target) == tensors
        assert safetensors_library.read_metadata(target)["general.architecture"] == "llama"


@pytest.mark.parametrize("dtype", sorted(set(library.GEOMETRY) - set(safetensors_library.GEOMETRY)))
def test_what_safetensors_cannot_hold(tool, tmp_path, dtype):
    source, target = tmp_path / "model.gguf", tmp_path / "model.safetensors"
    library.write(source, make(dtype))
    done = tool.run("convert", source, target)
    assert done.returncode == 2 and dtype in done.stderr.decode()
    assert not target.exists()


@pytest.mark.parametrize("dtype", DEQUANTIZABLE)
def test_values(tool, matrix, tmp_path, dtype):
    """The package's own dequantization of what came back is that of what went in."""
    kind = gguf.GGMLQuantizationType[dtype]
    elements, size = library.GEOMETRY[dtype]
    random = numpy.random.default_rng(int(kind))
    if dtype in QUANTIZABLE:
        blocks = gguf.quants.quantize(random.standard_normal((6, 4 * elements), numpy.float32), kind)
    else:
        blocks = random.integers(0, 256, (6, 4 * size), numpy.uint8)
    tensors = {"blk.0.weight": Values(dtype, (6, 4 * elements), blocks.tobytes())}
    source, packed, back = tmp_path / "model.gguf", tmp_path / "model.aero", tmp_path / "back.gguf"
    library.write(source, tensors)
    with matrix.cell(FORMAT, dtype, directions.VALUES):
        tool.convert(source, packed)
        tool.convert(packed, back)
        expected, found = dequantized(source), dequantized(back)
        assert found.shape == (6, 4 * elements)
        assert numpy.array_equal(found, expected, equal_nan=True)


def dequantized(path):
    tensor, = gguf.GGUFReader(path).tensors
    with numpy.errstate(all="ignore"):
        return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


def test_big_endian_is_refused(tool, tmp_path):
    source = tmp_path / "model.gguf"
    library.write(source, {}, endianess=gguf.GGUFEndian.BIG)
    done = tool.run("list", source)
    assert done.returncode == 2 and "big-endian" in done.stderr.decode()
