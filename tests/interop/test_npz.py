"""NumPy's arrays and archives: what NumPy and ml_dtypes write is read, and what is written NumPy reads."""

import io
import subprocess
import sys
import zipfile

import ml_dtypes
import numpy as np
import pytest
from models import make_bytes

DTYPES = {
    "F16": "<f2", "F32": "<f4", "F64": "<f8", "I8": "|i1", "I16": "<i2", "I32": "<i4", "I64": "<i8", "U8": "|u1",
    "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "|b1", "C64": "<c8", "C128": "<c16",
}  # fmt: skip
SHAPES = {"scalar": (), "row": (7,), "matrix": (3, 5), "empty": (2, 0, 3), "deep": (2, 1, 3, 2, 1), "läyer/0 x": (1,)}


def arrays(descr: str) -> dict[str, np.ndarray]:
    found = {}
    for number, (name, shape) in enumerate(SHAPES.items()):
        dtype = np.dtype(descr)
        count = int(np.prod(shape, dtype=int))
        raw = make_bytes(number + 1, count * dtype.itemsize)
        if descr == "|b1":
            raw = bytes(byte & 1 for byte in raw)
        found[name] = np.frombuffer(raw, dtype).reshape(shape)
    return found


def loaded(path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype.newbyteorder("<") and found[name].shape == array.shape
        assert found[name].tobytes() == array.astype(array.dtype.newbyteorder("<")).tobytes(), name


def listed(tool, path, expected: dict[str, np.ndarray], dtype: str) -> None:
    found = tool.tensors(path)
    assert set(found) == set(expected)
    for name, array in expected.items():
        little = array.astype(array.dtype.newbyteorder("<"))
        assert found[name].dtype == dtype and tuple(found[name].shape) == array.shape
        assert found[name].data == little.tobytes(), name


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["little", "big", "columns", "both"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_numpy_writes(tool, tmp_path, dtype, order, save):
    given = arrays(DTYPES[dtype])
    if order in ("big", "both"):
        given = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in given.items()}
    if order in ("columns", "both"):
        given = {name: np.asfortranarray(array) for name, array in given.items()}
    source, written, packed = tmp_path / "m.npz", tmp_path / "w.npz", tmp_path / "m.aero"
    save(source, **given)
    listed(tool, source, given, dtype)
    tool.sound(source)
    tool.convert(source, written)
    same(loaded(written), given)
    tool.sound(written)
    # By way of AERO the same bytes come back.
    tool.convert(written, packed)
    back = tmp_path / "back.npz"
    tool.convert(packed, back)
    assert back.read_bytes() == written.read_bytes()
    assert loaded(back).keys() == loaded(written).keys()


@pytest.mark.parametrize("dtype", DTYPES)
def test_single_arrays(tool, tmp_path, dtype):
    for name, array in arrays(DTYPES[dtype]).items():
        source, target = tmp_path / "a.npy", tmp_path / "b.npy"
        np.save(source, array)
        assert np.load(source).tobytes() == tool.extract(source, ["a"])
        tool.convert(source, target)
        # The header is NumPy's own, to the last byte.
        assert target.read_bytes() == source.read_bytes(), name
        source.unlink()
        target.unlink()


def test_headers_are_those_that_numpy_writes(tool, tmp_path):
    source, target = tmp_path / "m.npz", tmp_path / "w.npz"
    for dtype in DTYPES.values():
        given = arrays(dtype)
        np.savez(source, **given)
        tool.ok("convert", "--force", source, target)
        with zipfile.ZipFile(source) as theirs, zipfile.ZipFile(target) as ours:
            assert ours.testzip() is None
            assert sorted(ours.namelist()) == sorted(theirs.namelist())
            for info in ours.infolist():
                assert ours.read(info) == theirs.read(info.filename)
                assert info.compress_type == zipfile.ZIP_STORED and info.date_time == (1980, 1, 1, 0, 0, 0)


def test_bfloat16(tool, tmp_path):
    given = np.arange(12).astype(ml_dtypes.bfloat16).reshape(3, 4)
    source, target, tensors = tmp_path / "m.npz", tmp_path / "w.npz", tmp_path / "m.safetensors"
    np.savez(source, w=given)
    assert tool.entries(source)[0]["dtype"] == "BF16"
    tool.convert(source, tensors)
    done = tool.run("convert", tensors, target)
    assert done.returncode == 0 and b"BF16, written as '<V2'" in done.stderr
    assert np.array_equal(loaded(target)["w"].view(ml_dtypes.bfloat16), given)
    with zipfile.ZipFile(source) as theirs, zipfile.ZipFile(target) as ours:
        assert ours.read("w.npy") == theirs.read("w.npy")


def test_small_floats(tool, tmp_path):
    given = np.arange(6).astype(ml_dtypes.float8_e5m2)
    source, target = tmp_path / "w.npy", tmp_path / "v.npy"
    np.save(source, given)
    assert tool.entries(source)[0]["dtype"] == "F8_E5M2"
    done = tool.run("convert", source, target)
    assert done.returncode == 0 and b"written as '<f1'" in done.stderr
    assert target.read_bytes() == source.read_bytes()
    # Nothing in the file says what these are.
    np.save(source, np.arange(6).astype(ml_dtypes.float8_e4m3fn))
    assert tool.entries(source)[0]["dtype"] == "V1"
    assert tool.extract(source, ["w"]) == np.arange(6).astype(ml_dtypes.float8_e4m3fn).tobytes()


def test_old_headers(tool, tmp_path):
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    for version in ((1, 0), (2, 0), (3, 0)):
        path = tmp_path / "a.npy"
        with open(path, "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        assert tool.extract(path, ["a"]) == array.tobytes()
        tool.sound(path)


def test_archives_that_are_streamed(tool, tmp_path):
    """To a pipe zipfile puts sizes and CRCs behind the data."""
    given = arrays("<f4")
    for save in ("savez", "savez_compressed"):
        code = (f"import numpy as np, sys; z = np.load({str(tmp_path / 'm.npz')!r}); "
                f"np.{save}(sys.stdout.buffer, **z)")  # fmt: skip
        np.savez(tmp_path / "m.npz", **given)
        made = subprocess.run([sys.executable, "-c", f"{code}"], stdout=subprocess.PIPE, check=True)
        (tmp_path / "s.npz").write_bytes(made.stdout)
        listed(tool, tmp_path / "s.npz", given, "F32")
        tool.sound(tmp_path / "s.npz")


def test_to_a_pipe(tool, tmp_path):
    source, target = tmp_path / "m.npz", tmp_path / "w.npz"
    np.savez(source, **arrays("<f4"))
    tool.convert(source, target)
    streamed = tool.ok("convert", "--to", "npz", source, "-")
    assert streamed == target.read_bytes()
    same(loaded(io.BytesIO(streamed)), arrays("<f4"))


def test_python_objects_are_never_read(tool, tmp_path):
    path = tmp_path / "o.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    done = tool.run("list", path)
    assert done.returncode == 2 and b"are a pickle and not read" in done.stderr
    np.savez(tmp_path / "o.npz", o=np.array([None], dtype=object), a=np.zeros(3))
    assert tool.run("validate", tmp_path / "o.npz").returncode == 1
