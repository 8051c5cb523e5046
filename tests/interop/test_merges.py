"""Merges, against mergekit itself, of models that it has not seen before."""

import json
import math

import numpy
import pytest
import torch
from closeness import numbers, too_far
from safetensors.torch import load_file, save_file

VOCABULARY, WIDTH, WIDE, LAYERS, HEADS, KEYS = 331, 64, 172, 4, 4, 2
DTYPES = [torch.float32, torch.bfloat16, torch.float16]
# Round numbers would let sums of halves be 0 but for their rounding, whose sign ties elects.
LINEAR = {"a": 0.7137, "b": -0.2311, "c": 0.4513}
# What tests/data/merge allows. Where mergekit's f32 sums round otherwise than ours, a half is one step off at most.
MOST_OTHER_HALVES = 0.005


def shapes():
    side = WIDTH // HEADS * KEYS
    yield "model.embed_tokens.weight", (VOCABULARY, WIDTH)
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for name, rows in (("q", WIDTH), ("k", side), ("v", side), ("o", WIDTH)):
            yield f"{prefix}self_attn.{name}_proj.weight", (rows, WIDTH)
        for name, shape in (("gate", (WIDE, WIDTH)), ("up", (WIDE, WIDTH)), ("down", (WIDTH, WIDE))):
            yield f"{prefix}mlp.{name}_proj.weight", shape
        for name in ("input", "post_attention"):
            yield f"{prefix}{name}_layernorm.weight", (WIDTH,)
    yield "model.norm.weight", (WIDTH,)
    yield "lm_head.weight", (VOCABULARY, WIDTH)


def save(folder, tensors):
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY,
              "hidden_size": WIDTH, "intermediate_size": WIDE, "num_hidden_layers": LAYERS,
              "num_attention_heads": HEADS, "num_key_value_heads": KEYS, "rms_norm_eps": 1e-5,
              "tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A base and three of its children; and another model, which is far from it. Of all dtypes, every other tensor of
    another one in each model."""
    random = torch.Generator().manual_seed(1701)
    base = {name: torch.randn(shape, generator=random) for name, shape in shapes()}
    models = {"base": base, "far": {name: torch.randn(shape, generator=random) for name, shape in shapes()}}
    for name, distance in (("a", 0.02), ("b", 0.03), ("c", 0.01)):
        models[name] = {key: tensor + distance * torch.randn(tensor.shape, generator=random)
                        for key, tensor in base.items()}
    root = tmp_path_factory.mktemp("models")
    for number, (name, tensors) in enumerate(models.items()):
        save(root / name, {key: tensor.to(DTYPES[(place + place % 2 * number) % 3])
                           for place, (key, tensor) in enumerate(tensors.items())})
    return root


def models(folders, **parameters):
    return [{"model": str(folders / name), "parameters": values} for name, values in parameters.items()]


def configuration(folders, method):
    weights = {name: {"weight": weight} for name, weight in LINEAR.items()}
    with_density = {name: {"weight": weight, "density": density}
                    for (name, weight), density in zip(LINEAR.items(), (0.3, 0.55, 1), strict=True)}
    base = {"base_model": str(folders / "base")}
    return {
        "linear": lambda: {"models": models(folders, **weights)},
        "slerp, line": lambda: {**base, "models": models(folders, base={}, a={}), "parameters": {"t": 0.35}},
        "slerp, arc": lambda: {**base, "models": models(folders, base={}, far={}),
                               "parameters": {"t": [{"filter": "mlp", "value": [0.1, 0.5, 0.9]}, {"value": 0.35}]}},
        "task_arithmetic": lambda: {**base, "models": models(folders, **weights), "parameters": {"lambda": 0.9}},
        "ties": lambda: {**base, "models": models(folders, **with_density)},
    }[method]() | {"merge_method": method.partition(",")[0]}


def hold(tool, folders, merged, mergekits):
    """The tool's file is mergekit's, to a step; how many of the halves are other ones."""
    found, theirs = tool.tensors(merged), tool.tensors(mergekits)
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in found.items()} == {
        name: (tensor.dtype, tensor.shape) for name, tensor in theirs.items()}
    inputs = [load_file(path) for path in sorted(folders.glob("*/model.safetensors"))]
    other = halves = 0
    for name, tensor in found.items():
        largest = numpy.max([model[name].double().abs().numpy().ravel() for model in inputs], axis=0)
        ours, right = numbers(tensor.dtype, tensor.data), numbers(tensor.dtype, theirs[name].data)
        assert ours.size == math.prod(tensor.shape) and numpy.isfinite(right).all()
        far = too_far(tensor.dtype, ours, right, largest)
        assert far.size == 0, f"{name}: {ours[far[0]]!r}, mergekit has {right[far[0]]!r}; {far.size} of {ours.size}"
        if tensor.dtype != "F32":
            halves += ours.size
            other += numpy.count_nonzero(ours != right)
    assert other <= MOST_OTHER_HALVES * halves


def run(tool, merging, folders, tmp_path, config):
    """What the tool and what mergekit makes of a configuration."""
    file, merged, theirs = tmp_path / "merge.yml", tmp_path / "merged.safetensors", tmp_path / "mergekit"
    file.write_text(json.dumps(config))  # all JSON is YAML
    tool.ok("merge", "-q", "--config", file, "-o", merged)
    merging("merge", config, theirs)
    hold(tool, folders, merged, theirs / "model.safetensors")
    return merged


@pytest.mark.parametrize("types", [{"dtype": "float32"}, {"dtype": "float32", "out_dtype": "bfloat16"},
                                   {"dtype": "float32", "out_dtype": "float16"}, {}],
                         ids=["f32", "bf16", "f16", "promoted"])
def test_linear(tool, merging, folders, tmp_path, types):
    merged = run(tool, merging, folders, tmp_path, configuration(folders, "linear") | types)
    if not types:
        assert {entry["dtype"] for entry in tool.entries(merged)} == {"F32", "BF16", "F16"}
    else:
        dtype = {"bfloat16": "bf16", "float16": "f16"}.get(types.get("out_dtype"), "f32")
        assert {entry["dtype"] for entry in tool.entries(merged)} == {dtype.upper()}
        same = tmp_path / "same.safetensors"
        tool.ok("merge", "-q", *(folders / name for name in LINEAR), "-o", same, "--method", "linear",
                "--weight", ",".join(map(str, LINEAR.values())), "--dtype", dtype)
        assert tool.tensors(same) == tool.tensors(merged)


@pytest.mark.parametrize("out", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", ["slerp, line", "slerp, arc", "task_arithmetic", "ties"])
def test_other_methods(tool, merging, folders, tmp_path, method, out):
    run(tool, merging, folders, tmp_path,
        configuration(folders, method) | {"dtype": "float32", "out_dtype": out})
