"""A model's folder as huggingface_hub writes it, packed into a set for release and restored."""

import json

import matrix as directions
import pytest
import safetensors
import safetensors_library as library
import torch
from huggingface_hub import load_torch_model, save_torch_state_dict
from models import make_many
from round_trip import files_of, hold_folder

FORMAT = "safetensors"


class Model(torch.nn.Module):
    """A little of everything that a real one has: blocks, buffers, several dtypes, tied weights."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(320, 64, dtype=torch.bfloat16)
        self.blocks = torch.nn.ModuleList(
            torch.nn.ModuleDict({"attn": torch.nn.Linear(64, 192, dtype=dtype), "norm": torch.nn.LayerNorm(64),
                                 "mlp": torch.nn.Linear(64, 256, bias=False, dtype=dtype)})
            for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.bfloat16))
        self.scale = torch.nn.Parameter(torch.tensor(0.5, dtype=torch.float64))
        self.register_buffer("position_ids", torch.arange(128)[None])
        self.register_buffer("mask", torch.ones(8, 8, dtype=torch.bool).tril())
        self.head = torch.nn.Linear(64, 320, bias=False, dtype=torch.bfloat16)
        self.head.weight = self.embed.weight


@pytest.fixture
def model():
    torch.manual_seed(4)
    return Model()


@pytest.fixture
def folder(model, tmp_path):
    """As a release has it: the weights in several files, their index, and the files that go with them."""
    directory = tmp_path / "model"
    directory.mkdir()
    save_torch_state_dict(model.state_dict(), directory, max_shard_size="50KB",
                          metadata={"format": "pt"}, shared_tensors_to_discard=["head.weight"])
    (directory / "config.json").write_text(json.dumps({"model_type": "little", "hidden_size": 64}))
    (directory / "tokenizer.json").write_text("{}")
    assert len(list(directory.glob("model-*.safetensors"))) > 3
    return directory


def weights_of(folder):
    return {name: data for name, data in files_of(folder).items() if name.startswith("model")}


def loaded_from(folder):
    loaded = Model()
    # Of tied weights only one name is stored.
    result = load_torch_model(loaded, folder, strict=False)
    assert list(result.missing_keys) == ["head.weight"] and not result.unexpected_keys
    return loaded.state_dict()


def same_state(one, other):
    assert list(one) == list(other)
    for name, tensor in one.items():
        assert other[name].dtype == tensor.dtype and torch.equal(other[name], tensor), name


def test_set_and_back(tool, matrix, model, folder, tmp_path):
    parts, back = tmp_path / "set", tmp_path / "back"
    back.mkdir()
    tensors = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors |= library.read_torch(path)
    with matrix.cell(FORMAT, sorted({values.dtype for values in tensors.values()}), directions.FOLDER):
        packed = tool.pack_set(folder, parts, "--max-shard-bytes", "30KB", "--max-part-shards", 2)
        assert len(packed.parts) > 2
        assert packed.index["model"]["architecture"] == "little"
        tool.sound(parts)
        tool.convert(parts, back, "--to", "safetensors")
        assert files_of(back) == files_of(folder)

        same_state(model.state_dict(), loaded_from(back))
        for path in sorted(back.glob("*.safetensors")):
            same_as_safe_open_has_it(path, folder / path.name)


def same_as_safe_open_has_it(path, original):
    with safetensors.safe_open(path, "pt") as one, safetensors.safe_open(original, "pt") as other:
        assert one.metadata() == other.metadata()
        assert one.keys() == other.keys()
        for name in one.keys():
            assert one.get_slice(name).get_shape() == other.get_slice(name).get_shape()
            assert torch.equal(one.get_tensor(name), other.get_tensor(name))


def test_other_shards(tool, model, folder, tmp_path):
    """Divided again by our writer, as huggingface_hub would divide it."""
    parts, back, expected = tmp_path / "set", tmp_path / "back", tmp_path / "expected"
    tool.pack_set(folder, parts)
    back.mkdir()
    tool.convert(parts, back, "--to", "safetensors", "--max-shard-bytes", "120KB")
    same_state(model.state_dict(), loaded_from(back))
    expected.mkdir()
    state = model.state_dict()
    in_order = {entry["name"]: state[entry["name"]] for entry in tool.entries(folder)}
    save_torch_state_dict(in_order, expected, max_shard_size="120KB", metadata={"format": "pt"})
    ours, theirs = weights_of(back), files_of(expected)
    # The index is as transformers lays it out, with sorted keys; huggingface_hub does not sort them.
    indexes = [json.loads(files.pop("model.safetensors.index.json")) for files in (ours, theirs)]
    assert indexes[0]["weight_map"] == indexes[1]["weight_map"]
    assert indexes[0]["metadata"]["total_size"] == indexes[1]["metadata"]["total_size"]
    assert ours == theirs


def test_every_type(tool, matrix, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    tensors = make_many(library.GEOMETRY, list(library.TORCH), 700)
    save_torch_state_dict({name: library.to_torch(values) for name, values in tensors.items()}, folder,
                          max_shard_size=3000)
    assert len(list(folder.iterdir())) > 3
    hold_folder(tool, matrix, FORMAT, folder, tensors)
