"""What users would take instead, in an environment of their own under build/."""

import peers
from peers import Missing

__all__ = ["GGUF", "Missing", "SAFETENSORS", "ZTENSOR", "python"]

# Each prints, last, the seconds that its work took.
SAFETENSORS = """
import sys, time
from safetensors.torch import load_file, save_file
begin = time.perf_counter()
save_file(load_file(sys.argv[1]), sys.argv[2])
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
ZTENSOR = """
import sys, time, ztensor
begin = time.perf_counter()
ztensor.convert(sys.argv[1], sys.argv[2])
print(time.perf_counter() - begin)
"""


def python() -> str:
    """The interpreter of that environment. Raises Missing."""
    packages = ["-c", str(peers.PINS), "numpy", "safetensors", "gguf", "ztensor==2.1.2"]
    return str(peers.make("bench-venv", [peers.TORCH], packages))
