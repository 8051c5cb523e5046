"""DeepSpeed's checkpoints: what is read of them is what DeepSpeed's own zero_to_fp32 makes of them."""

import hashlib
import json
import subprocess

import peers
import pytest
import torch
from safetensors.torch import load_file

DATA = peers.ROOT / "tests/data/zero"
VECTORS = json.loads((DATA / "expected.json").read_text())


@pytest.mark.parametrize("name", VECTORS)
def test_what_was_recorded(tool, tmp_path, name):
    tool.ok("validate", "--full", "--quiet", DATA / name, warnings=True)
    found = tool.tensors(DATA / name)
    expected = VECTORS[name]["tensors"]
    assert found.keys() == expected.keys()
    for key, about in expected.items():
        assert (found[key].dtype, found[key].shape) == (about["dtype"], about["shape"])
        assert hashlib.sha256(found[key].data).hexdigest() == about["sha256"], key


MAKES = """
import sys, torch
from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint as made
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    torch.save({name: tensor.contiguous() for name, tensor in made(source).items()}, target)
"""


@pytest.fixture(scope="module")
def made(pytestconfig, tmp_path_factory):
    """Where what DeepSpeed makes of each vector is. Skipped, or failed, where it cannot be had."""
    try:
        python = peers.make_deepspeed()
    except peers.Missing as reason:
        give_up = pytest.fail if pytestconfig.getoption("--require-packages") else pytest.skip
        give_up(f"deepspeed cannot be installed here: {reason}")
    directory = tmp_path_factory.mktemp("deepspeed")
    words = [word for name in VECTORS for word in (DATA / name, directory / f"{name}.pt")]
    done = subprocess.run([python, "-c", MAKES, *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return directory


@pytest.mark.parametrize("name", VECTORS)
def test_what_deepspeed_makes_of_it(tool, tmp_path, made, name):
    expected = torch.load(made / f"{name}.pt")
    tool.convert(DATA / name, tmp_path / "m.safetensors", warnings=True)
    found = load_file(tmp_path / "m.safetensors")
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        assert found[key].dtype == tensor.dtype and torch.equal(found[key], tensor), key


@pytest.mark.parametrize("bad", sorted(path.name for path in (DATA / "bad").iterdir()))
def test_bad_ones(tool, tmp_path, bad):
    assert tool.run("validate", "--full", DATA / "bad" / bad).returncode == 1
    assert tool.run("convert", DATA / "bad" / bad, tmp_path / "m.safetensors").returncode == 2
    assert not (tmp_path / "m.safetensors").exists()
