"""What users would take instead, in an environment of their own under build/."""

from pathlib import Path

import peers
from peers import Missing

__all__ = ["DCP", "DEQUANTIZE", "GGUF", "MERGEKIT", "Missing", "NUMPY", "SAFETENSORS", "TORCH", "ZTENSOR", "mergekit_config",
           "merging_python", "python"]

# Each prints, last, the seconds that its work took.
SAFETENSORS = """
import sys, time
from safetensors.torch import load_file, save_file
begin = time.perf_counter()
save_file(load_file(sys.argv[1]), sys.argv[2])
print(time.perf_counter() - begin)
"""
TORCH = """
import sys, time, torch
from safetensors.torch import save_file
begin = time.perf_counter()
tensors = torch.load(sys.argv[1], weights_only=True)
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, sys.argv[2])
print(time.perf_counter() - begin)
"""
NUMPY = """
import sys, time
from safetensors.numpy import safe_open
begin = time.perf_counter()
with safe_open(sys.argv[1], "numpy") as model:
    for name in model.keys():
        tensor = model.get_tensor(name)
        tensor.min(), tensor.max(), tensor.mean()
print(time.perf_counter() - begin)
"""
DCP = """
import sys, time, warnings
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
warnings.simplefilter("ignore")
begin = time.perf_counter()
dcp_to_torch_save(sys.argv[1], sys.argv[2])
print(time.perf_counter() - begin)
"""
GGUF = """
import sys, time
from gguf import GGUFReader
begin = time.perf_counter()
for tensor in GGUFReader(sys.argv[1]).tensors:
    tensor.name, tensor.shape
print(time.perf_counter() - begin)
"""
DEQUANTIZE = """
import sys, time
from gguf import GGUFReader
from gguf.quants import dequantize
begin = time.perf_counter()
with open(sys.argv[2], "wb") as out:
    for tensor in GGUFReader(sys.argv[1]).tensors:
        dequantize(tensor.data, tensor.tensor_type).tofile(out)
print(time.perf_counter() - begin)
"""
# With one thread: a second one makes these methods no faster, and waits busily.
MERGEKIT = """
import json, sys, time, torch
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
torch.set_num_threads(1)
config = MergeConfiguration.model_validate(json.loads(sys.argv[1]))
begin = time.perf_counter()
run_merge(config, sys.argv[2], options=MergeOptions(copy_tokenizer=False, write_model_card=False, quiet=True))
print(time.perf_counter() - begin)
"""
ZTENSOR = """
import sys, time, ztensor
begin = time.perf_counter()
ztensor.convert(sys.argv[1], sys.argv[2])
print(time.perf_counter() - begin)
"""


def mergekit_config(method: str, base: Path, a: Path, b: Path) -> dict:
    """What the tool is asked for (MERGES in parts.py), for mergekit, computed in F32 as users are told to."""
    weighted = [{"model": str(a), "parameters": {"weight": 0.6}}, {"model": str(b), "parameters": {"weight": 0.4}}]
    return {
        "linear": lambda: {"models": weighted},
        "slerp": lambda: {
            "base_model": str(base),
            "models": [{"model": str(base)}, {"model": str(a)}],
            "parameters": {"t": 0.35},
        },
        "ties": lambda: {"base_model": str(base), "models": weighted, "parameters": {"density": 0.3}},
    }[method]() | {"merge_method": method, "dtype": "float32", "out_dtype": "bfloat16"}


def merging_python() -> str:
    """The interpreter of the environment that has mergekit. Raises Missing."""
    return str(peers.make_merging())


def python() -> str:
    """The interpreter of the environment that has the rest. Raises Missing."""
    packages = ["-c", str(peers.PINS), "numpy", "safetensors", "gguf", "ztensor==2.1.2"]
    return str(peers.make("bench-venv", [peers.TORCH], packages))
