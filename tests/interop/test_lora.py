"""LoRA adapters merged into their base, against merge_and_unload of peft, which has written them."""

import math

import numpy
import pytest
from closeness import numbers, too_far

PLAIN = {"r": 4, "lora_alpha": 6}
CASES = {
    "linear": {"target_modules": ["q_proj", "v_proj"]},
    "embedding": {"target_modules": ["embed_tokens", "q_proj"]},
    "transposed": {"target_modules": ["c_fc"], "fan_in_fan_out": True},
    "rslora": {"target_modules": ["q_proj"], "use_rslora": True},
    # peft takes the first that matches, in the order of the file, which is that of the alphabet.
    "patterns": {"target_modules": ["q_proj", "v_proj", "head"],
                 "rank_pattern": {"layers.1.q_proj": 2, r"layers\.[2-4]\.v_proj": 3, "^layers.5.v_proj": 7},
                 "alpha_pattern": {"v_proj": 9, "layers.1.q_proj": 5, "1.q_proj": 11, "ead": 13}},
    "patterns of rslora": {"target_modules": ["q_proj"], "use_rslora": True, "rank_pattern": {"1.q_proj": 2},
                           "alpha_pattern": {"q_proj": 3}},
    "modules to save": {"target_modules": ["q_proj"], "modules_to_save": ["head", "norm"]},
    "all biases": {"target_modules": ["q_proj", "v_proj"], "bias": "all"},
    "biases of adapted modules": {"target_modules": ["q_proj"], "bias": "lora_only"},
}


def hold(tool, folder, merged, theirs):
    """The merged tensors are peft's, to a step, and the adapters have changed something."""
    base, found, right = (tool.tensors(path) for path in (folder / "base.safetensors", merged, theirs))
    assert {name: (tensor.dtype, tensor.shape) for name, tensor in found.items()} == {
        name: (tensor.dtype, tensor.shape) for name, tensor in right.items()}
    for name, tensor in found.items():
        ours, peft, before = (numbers(tensor.dtype, model[name].data) for model in (found, right, base))
        assert ours.size == math.prod(tensor.shape) and numpy.isfinite(peft).all()
        change = numpy.abs(peft - before)
        # peft rounds the change of a half before it adds it; and products cancel in F32, their terms being of the size
        # of the largest change.
        terms = numpy.maximum(numpy.abs(before), change)
        far = too_far(tensor.dtype, ours, peft, change.max(initial=0) / 4, terms)
        assert far.size == 0, f"{name}: {ours[far[0]]!r}, peft has {peft[far[0]]!r}; {far.size} of {ours.size}"
    return {name for name in base if right[name] != base[name]}


def merge(tool, folder, merged, adapters, *options):
    tool.ok("merge", "-q", folder / "base.safetensors", *(folder / f"adapter{number}" for number in range(adapters)),
            "-o", merged, "--method", "lora", *options)


@pytest.mark.parametrize(("case", "dtype"), [*((case, dtype) for case in CASES for dtype in ("float32", "bfloat16")),
                                             ("linear", "float16")])
def test_one_adapter(tool, merging, tmp_path, case, dtype):
    merging("train", tmp_path, dtype, [PLAIN | CASES[case]])
    merged = tmp_path / "ours.safetensors"
    merge(tool, tmp_path, merged, 1)
    for safe in (True, False):
        changed = hold(tool, tmp_path, merged, merging("adapted", tmp_path, dtype, [1.0], safe))
        targets = CASES[case]["target_modules"] + CASES[case].get("modules_to_save", [])
        assert {target for target in targets if any(f"{target}.weight" in name for name in changed)} == set(targets)
        if "bias" in CASES[case]:
            assert any(name.endswith("q_proj.bias") for name in changed)


def test_several_adapters_with_weights(tool, merging, tmp_path):
    """In F32: peft rounds after each of them."""
    options = [PLAIN | CASES["linear"], {"r": 3, "target_modules": ["q_proj", "head"], "use_rslora": True}]
    merging("train", tmp_path, "float32", options)
    merged = tmp_path / "ours.safetensors"
    for weights in ([1.0, 1.0], [0.75, -0.4]):
        merge(tool, tmp_path, merged, 2, "--weight", ",".join(map(str, weights)), "-f")
        assert hold(tool, tmp_path, merged, merging("adapted", tmp_path, "float32", weights, True))


@pytest.mark.parametrize(("options", "named"), [
    ({"use_dora": True}, "DoRA"),
    ({"trainable_token_indices": {"embed_tokens": [3, 5]}}, "trainable_token"),
], ids=["DoRA", "trained tokens"])
def test_what_is_no_product_is_refused(tool, merging, tmp_path, options, named):
    merging("train", tmp_path, "float32", [PLAIN | CASES["linear"] | options])
    merged = tmp_path / "ours.safetensors"
    done = tool.run("merge", tmp_path / "base.safetensors", tmp_path / "adapter0", "-o", merged, "--method", "lora")
    assert done.returncode == 2 and named in done.stderr.decode() and not merged.exists()
