"""PyTorch checkpoints that the tool writes: torch reads them as weights only, mapped and not, value by value."""

import io
import pickletools
import zipfile
from collections import OrderedDict
from math import prod

import pytest
import safetensors_library as library
import torch
from matrix import WRITTEN
from models import METADATA, NAMES, Values, make_bytes, make_many, make_tensors

FORMAT = "PyTorch"
BITS = {torch.complex32: 4, torch.bits8: 1, torch.bits16: 2, torch.bits1x8: 1, torch.bits2x4: 1, torch.bits4x2: 1}


def loaded(path, **options) -> dict[str, torch.Tensor]:
    found = torch.load(path, weights_only=True, **options)
    assert type(found) is OrderedDict
    return found


def bytes_of(tensor: torch.Tensor) -> bytes:
    return bytes(tensor.untyped_storage()) if tensor.numel() else b""


def agrees(path, tensors: dict[str, Values], metadata: dict | None = None) -> None:
    for options in ({}, {"mmap": True}, {"map_location": "cpu"}):
        found = loaded(path, **options)
        assert set(found) == set(tensors)
        assert getattr(found, "metadata", None) == metadata
        for name, tensor in found.items():
            assert tensor.is_contiguous() and not tensor.requires_grad and tensor.storage_offset() == 0, name
            assert library.from_torch(tensor) == tensors[name], name
    # Where nothing is loaded, torch knows no more than the pickle says.
    for name, tensor in loaded(path, map_location="meta").items():
        assert tensor.is_meta and tuple(tensor.shape) == library.to_torch(tensors[name]).shape


def comes_back(tool, path) -> None:
    packed, back = path.with_suffix(".aero"), path.with_stem("back")
    tool.sound(path)
    tool.convert(path, packed)
    tool.convert(packed, back)
    assert back.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dtype", library.TORCH)
def test_every_type(tool, matrix, tmp_path, dtype):
    elements, size = library.GEOMETRY[dtype]
    tensors = make_tensors(dtype, elements, size, scalars=dtype != "F4")
    source, packed = tmp_path / "model.safetensors", tmp_path / "model.aero"
    library.write_raw(source, tensors, None)
    tool.convert(source, packed)
    with matrix.cell(FORMAT, dtype, WRITTEN):
        for number, model in enumerate((source, packed)):
            target = tmp_path / f"{number}.pt"
            tool.convert(model, target)
            agrees(target, tensors)
            comes_back(tool, target)
        assert (tmp_path / "0.pt").read_bytes() == (tmp_path / "1.pt").read_bytes()


@pytest.mark.filterwarnings("ignore:ComplexHalf support")
def test_what_safetensors_has_no_type_for(tool, tmp_path):
    """Out of a checkpoint that torch wrote."""
    given = {"c128": torch.randn(3, 2, dtype=torch.complex128)}
    for dtype, size in BITS.items():
        given[str(dtype)] = torch.frombuffer(bytearray(make_bytes(str(dtype), 6 * size)), dtype=torch.uint8).view(dtype)
    source, target = tmp_path / "given.pt", tmp_path / "written.pt"
    torch.save(given, source)
    tool.convert(source, target)
    for options in ({}, {"mmap": True}):
        found = loaded(target, **options)
        assert list(found) == list(given)
        for name, tensor in given.items():
            assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape
            assert bytes_of(found[name]) == bytes_of(tensor), name
    comes_back(tool, target)


def test_many_of_all_types(tool, tmp_path):
    tensors = make_many(library.GEOMETRY, list(library.TORCH), 3000)
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pt"
    library.write_raw(source, tensors, None)
    tool.convert(source, target)
    agrees(target, tensors)


def test_more_members_than_16_bits_count(tool, tmp_path):
    count = 70_000
    tensors = {f"t{number}": Values("U8", (1,), bytes([number % 251])) for number in range(count)}
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pt"
    library.write_raw(source, tensors, None)
    tool.convert(source, target)
    found = loaded(target)
    assert len(found) == count
    assert all(int(found[f"t{number}"]) == number % 251 for number in range(count))
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == count + 3


def test_what_python_says_of_the_archive(tool, tmp_path):
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pth"
    library.write_raw(source, make_tensors("BF16", 1, 2), METADATA)
    tool.convert(source, target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[:3] == ["archive/data.pkl", "archive/byteorder", "archive/version"]
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED and info.date_time == (1980, 1, 1, 0, 0, 0)
            with archive.open(info) as member:
                member.read(0)
                assert member._orig_compress_start % 64 == 0
        pickled = archive.read("archive/data.pkl")
    opcodes = {opcode.name for opcode, _, _ in pickletools.genops(pickled)}
    assert not opcodes & {"BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"}
    pickletools.dis(pickled, io.StringIO())
    assert len(pickled) < 512 * len(names)


def test_metadata(tool, tmp_path):
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pt"
    tensors = make_tensors("F32", 1, 4)
    library.write_raw(source, tensors, METADATA)
    tool.convert(source, target)
    agrees(target, tensors, METADATA)
    comes_back(tool, target)
    # What a checkpoint holds beside its tensors.
    given = {"state_dict": {"w": torch.arange(3.0)}, "epoch": 3, "step": 1 << 40, "huge": (1 << 64) - 1, "lr": 1e-3,
             "none": None, "flag": True, "name": "größe", "raw": b"\x80\xff", "list": [1, [2.5, "x"], {}],
             "minus": -(1 << 33), "nested": {"a": {"b": -1}}}
    torch.save(given, tmp_path / "given.pt")
    tool.convert(tmp_path / "given.pt", target)
    found = loaded(target)
    assert list(found) == ["w"] and torch.equal(found["w"], given["state_dict"]["w"])
    assert found.metadata == {key: value for key, value in given.items() if key != "state_dict"}
    comes_back(tool, target)
    assert tool.ok("inspect", "--metadata", target).count(b"\n") == tool.ok("inspect", "--metadata", tmp_path / "given.pt").count(b"\n")  # fmt: skip


def test_a_module_takes_it(tool, tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    torch.save(module.state_dict(), tmp_path / "given.pt")
    tool.convert(tmp_path / "given.pt", tmp_path / "model.safetensors")
    tool.ok("convert", "--set", "author=me", tmp_path / "model.safetensors", tmp_path / "written.pt")
    found = loaded(tmp_path / "written.pt")
    assert found.metadata["author"] == "me"
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    other.load_state_dict(found, strict=True)
    given = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(other.eval()(given), module.eval()(given))


def test_views_and_tied_tensors_are_written_out(tool, tmp_path):
    base = torch.arange(24.0)
    given = {"a": base.reshape(4, 6).t(), "b": base[3:9], "c": base.expand(2, 24), "d": base, "e": base}
    torch.save(given, tmp_path / "given.pt")
    tool.convert(tmp_path / "given.pt", tmp_path / "written.pt")
    for options in ({}, {"mmap": True}):
        found = loaded(tmp_path / "written.pt", **options)
        assert list(found) == list(given)
        for name, tensor in given.items():
            assert torch.equal(found[name], tensor) and found[name].is_contiguous()
            assert len(found[name].untyped_storage()) == found[name].numel() * 4
    comes_back(tool, tmp_path / "written.pt")


def test_to_a_pipe(tool, tmp_path):
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pt"
    tensors = {name: Values("F16", (2, 5), make_bytes(name, 20)) for name in NAMES}
    library.write_raw(source, tensors, METADATA)
    tool.convert(source, target)
    assert tool.ok("convert", "--to", "pytorch", source, "-") == target.read_bytes()
    found = torch.load(io.BytesIO(target.read_bytes()), weights_only=True)
    assert {name: library.from_torch(tensor) for name, tensor in found.items()} == tensors


def test_ranks_up_to_64(tool, tmp_path):
    tensors = {f"r{rank}": Values("I32", (1,) * rank, make_bytes(rank, 4)) for rank in range(65)}
    assert prod(tensors["r64"].shape) == 1
    source, target = tmp_path / "model.safetensors", tmp_path / "model.pt"
    library.write_by_hand(source, tensors, None)
    tool.convert(source, target)
    found = loaded(target)
    assert {name: library.from_torch(tensor) for name, tensor in found.items()} == tensors
