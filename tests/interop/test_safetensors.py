"""safetensors files as the library writes them, for every type and by every door of the library."""

import gguf_library
import matrix as directions
import pytest
import safetensors_library as library
from models import METADATA, Values, make_bytes, make_many, make_tensors
from round_trip import hold, listed

FORMAT = "safetensors"
CASES = [(door, dtype) for door, (_, dtypes) in library.WRITERS.items() for dtype in library.GEOMETRY if dtype in dtypes]


def agrees_with(tensors, metadata):
    """That each door of the library reads these from a file, wherever it can read the types."""
    def agrees(path):
        assert library.read_metadata(path) == metadata
        for read, dtypes in library.READERS.values():
            if all(values.dtype in dtypes for values in tensors.values()):
                assert read(path) == tensors
    return agrees


def make(dtype):
    elements, size = library.GEOMETRY[dtype]
    return make_tensors(dtype, elements, size, scalars=elements == 1)


@pytest.mark.parametrize("metadata", [None, METADATA, {}], ids=["no metadata", "metadata", "empty metadata"])
@pytest.mark.parametrize(("door", "dtype"), CASES)
def test_dtype(tool, matrix, tmp_path, door, dtype, metadata):
    tensors, source = make(dtype), tmp_path / "model.safetensors"
    library.WRITERS[door][0](source, tensors, metadata)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, metadata))


def test_all_types_in_one_file(tool, matrix, tmp_path):
    tensors = {f"{dtype} {name}": values for dtype in library.TORCH for name, values in make(dtype).items()}
    source = tmp_path / "model.safetensors"
    library.write_torch(source, tensors, METADATA)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, METADATA), 10000)


def test_no_tensors(tool, matrix, tmp_path):
    for metadata in (None, METADATA):
        source = tmp_path / "model.safetensors"
        library.write_torch(source, {}, metadata)
        hold(tool, matrix, FORMAT, source, {}, agrees_with({}, metadata))


def test_one_tensor(tool, matrix, tmp_path):
    tensors = {"only one": Values("F32", (1,), make_bytes(1, 4))}
    source = tmp_path / "model.safetensors"
    library.write_numpy(source, tensors, None)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, None))


def test_ten_thousand_tensors(tool, matrix, tmp_path):
    tensors, source = make_many(library.GEOMETRY, list(library.TORCH)), tmp_path / "model.safetensors"
    library.write_raw(source, tensors, METADATA)
    hold(tool, matrix, FORMAT, source, tensors, agrees_with(tensors, METADATA), 100000)


@pytest.mark.parametrize("dtype", sorted(set(library.GEOMETRY) & set(gguf_library.GEOMETRY)))
def test_to_gguf(tool, matrix, tmp_path, dtype):
    # The package cannot read a scalar that is not of one of numpy's own types.
    tensors = {name: values for name, values in make(dtype).items() if values.shape or dtype in gguf_library.NUMPY}
    source, target = tmp_path / "model.safetensors", tmp_path / "model.gguf"
    library.write_raw(source, tensors, METADATA)
    with matrix.cell(FORMAT, dtype, directions.OTHER):
        # An empty key has no place in GGUF, which is said.
        tool.convert(source, target, "--architecture", "llama", warnings=True)
        assert gguf_library.read(target) == tensors
        assert listed(tool, target) == tensors


@pytest.mark.parametrize("dtype", sorted(set(library.GEOMETRY) - set(gguf_library.GEOMETRY)))
def test_what_gguf_cannot_hold(tool, tmp_path, dtype):
    source, target = tmp_path / "model.safetensors", tmp_path / "model.gguf"
    write = library.write_raw if dtype in library.TORCH else library.write_by_hand
    write(source, make(dtype), None)
    done = tool.run("convert", "--architecture", "llama", source, target)
    assert done.returncode == 2 and dtype in done.stderr.decode()
    assert not target.exists()


def test_one_by_one(tool, tmp_path):
    """Each name can be asked for, also one that reads like a pattern, an option or a path."""
    tensors, source, folder = make("I16"), tmp_path / "model.safetensors", tmp_path / "out"
    library.write_raw(source, tensors, None)
    folder.mkdir()
    for name, values in tensors.items():
        assert tool.ok("extract", "-o", "-", source, "--", name) == values.data
    tool.ok("extract", source, "**", "-o", f"{folder}/")
    assert sorted(path.read_bytes() for path in folder.iterdir()) == sorted(v.data for v in tensors.values())
