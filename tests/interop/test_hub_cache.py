"""A cache that huggingface_hub itself makes, downloading from a loopback hub, is read where it lies."""

import json

import loopback_hub
import pytest
import safetensors_library as library
from huggingface_hub import save_torch_state_dict
from models import make_many
from round_trip import files_of


@pytest.fixture
def folder(tmp_path):
    """A model of several files, as one uploads it."""
    directory = tmp_path / "model"
    directory.mkdir()
    tensors = make_many(library.GEOMETRY, list(library.TORCH), 700)
    save_torch_state_dict({name: library.to_torch(values) for name, values in tensors.items()}, directory,
                          max_shard_size=3000)
    (directory / "config.json").write_text(json.dumps({"model_type": "little"}))
    assert len(list(directory.glob("model-*.safetensors"))) > 2
    return directory


@pytest.fixture
def repository(folder, tmp_path):
    return loopback_hub.download(folder, tmp_path / "hub")


@pytest.fixture
def snapshot(repository):
    directory = repository / "snapshots" / loopback_hub.COMMIT
    weights = sorted(directory.glob("*.safetensors"))
    assert weights and all(path.is_symlink() for path in weights)
    return directory


def weights_of(folder):
    return {name: data for name, data in files_of(folder).items() if name.startswith("model")}


def test_read_where_it_lies(tool, folder, repository, snapshot):
    tool.sound(snapshot)
    assert tool.tensors(snapshot) == tool.tensors(folder)
    note = tool.run("inspect", "--json", repository)
    assert note.returncode == 0 and loopback_hub.COMMIT in note.stderr.decode()
    assert json.loads(note.stdout)["architecture"] == "little"
    # One file by its link.
    tool.sound(next(snapshot.glob("model-00001-*.safetensors")))


@pytest.mark.parametrize("target", ["model.aero", "set"])
def test_comes_back(tool, folder, snapshot, tmp_path, target):
    packed, back = tmp_path / target, tmp_path / "back"
    back.mkdir()
    if target == "set":
        tool.pack_set(snapshot, packed)
    else:
        tool.convert(snapshot, packed)
    tool.convert(packed, back, "--to", "safetensors")
    assert weights_of(back) == weights_of(folder)


def test_a_flipped_bit_is_found(tool, snapshot):
    """The name of a blob is its SHA-256, which safetensors itself lacks."""
    shard = sorted(snapshot.glob("model-*.safetensors"))[1]
    blob = shard.resolve()
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    for model in (snapshot, shard):
        found = tool.validate(model, "--full")
        assert found.returncode == 1 and "SHA-256" in found.stdout.decode()
