"""Distributed checkpoints: what torch's processes write is read as torch's own tool puts it together."""

import hashlib
import json
import subprocess
import sys
import warnings
from pathlib import Path

import peers
import pytest
import torch
from safetensors.torch import load_file

DATA = peers.ROOT / "tests/data/dcp"
# The dict around a model's tensors, which is left out of their names.
WRITTEN = {
    "fsdp-2": "model.", "fsdp-4": "model.", "rows_and_columns-2": "", "rows_and_columns-3": "",
    "two_dimensions-4": "app.model.", "one_process-1": "state_dict.",
}  # fmt: skip
VECTORS = {
    "replicated": "", "dim0": "", "dim1": "", "mesh2x2": "", "trainer": "", "no-planner-data": "",
    "fsdp1-sharded": "model.", "single": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Checkpoints of worlds of one to four processes."""
    directory = tmp_path_factory.mktemp("distributed")
    done = subprocess.run(
        [sys.executable, "-B", Path(__file__).with_name("distributed_writers.py"), directory],
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return directory


def flattened(value: object, way: str = "") -> dict[str, torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return {way: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    return {name: tensor for key, one in items for name, tensor in flattened(one, f"{way}.{key}" if way else str(key)).items()}


def as_torch_reads(directory: Path, scratch: Path) -> dict[str, torch.Tensor]:
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp_to_torch_save(directory, scratch / "whole.pt")
        return flattened(torch.load(scratch / "whole.pt", weights_only=False))


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape, name
        given, wanted = (one.contiguous().reshape(-1).view(torch.uint8) for one in (found[name], tensor))
        assert torch.equal(given, wanted), name


def held(tool, directory: Path, wrapper: str, scratch: Path) -> None:
    whole = as_torch_reads(directory, scratch)
    assert any(name.startswith(wrapper) for name in whole)
    expected = {name.removeprefix(wrapper): tensor for name, tensor in whole.items()}
    assert len(expected) == len(whole)
    tool.ok("validate", "--full", "--quiet", directory, warnings=True)
    tool.convert(directory, scratch / "m.safetensors", warnings=True)
    same(load_file(scratch / "m.safetensors"), expected)
    packed = scratch / "m.aero"
    tool.convert(directory, packed, warnings=True)
    tool.convert(packed, scratch / "back.safetensors", warnings=True)
    same(load_file(scratch / "back.safetensors"), expected)
    if wrapper:
        tool.convert(directory, scratch / "model.safetensors", "--key", wrapper.rstrip("."), warnings=True)
        model = {name.removeprefix(wrapper): tensor for name, tensor in whole.items() if name.startswith(wrapper)}
        same(load_file(scratch / "model.safetensors"), model)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_torch_writes(tool, tmp_path, written, name):
    held(tool, written / name, WRITTEN[name], tmp_path)


@pytest.mark.parametrize("name", VECTORS)
def test_vectors(tool, tmp_path, name):
    held(tool, DATA / name, VECTORS[name], tmp_path)
    expected = json.loads((DATA / "expected.json").read_text())[name]["tensors"]
    found = tool.tensors(DATA / name, warnings=True)  # a note names --key
    assert len(found) == len(expected)
    for key, about in expected.items():
        listed = found[key.removeprefix(VECTORS[name])]
        assert (listed.dtype, listed.shape) == (about["dtype"], about["shape"])
        assert hashlib.sha256(listed.data).hexdigest() == about["sha256"]


@pytest.mark.parametrize("bad", sorted((DATA / "bad").glob("*.metadata")), ids=lambda path: path.stem)
def test_what_torch_reads_and_is_not_read_here(tool, tmp_path, bad):
    """Some of these torch's tool makes into wrong tensors without a word."""
    for file in (DATA / "dim0").glob("__*"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / ".metadata").write_bytes(bad.read_bytes())
    assert tool.run("validate", "--full", tmp_path).returncode == 1
    assert tool.run("convert", tmp_path, tmp_path / "m.safetensors").returncode == 2
    assert not (tmp_path / "m.safetensors").exists()
