"""Small models, written here so that a test says what is in them."""

import json
import random
import struct
from pathlib import Path

LARGE = (1 << 20) + 100_000  # more than a block of the tool's copying
SMALL = 40_000


def sizes() -> dict[str, int]:
    """Bytes by name: one tensor of several blocks among small ones."""
    named = {f"layer.{i}.weight": SMALL + 400 * i for i in range(8)}
    named["embedding.weight"] = LARGE
    return named


def write_safetensors(path: Path, seed: int) -> None:
    noise = random.Random(seed)
    header, data = {"__metadata__": {"seed": str(seed)}}, bytearray()
    for name, size in sizes().items():
        header[name] = {"dtype": "F32", "shape": [size // 4], "data_offsets": [len(data), len(data) + size]}
        data += noise.randbytes(size)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def _gguf_string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def write_gguf(path: Path, seed: int) -> None:
    noise = random.Random(seed)
    string, f32 = 8, 0
    head = b"GGUF" + struct.pack("<IQQ", 3, len(sizes()), 2)
    head += _gguf_string("general.architecture") + struct.pack("<I", string) + _gguf_string("llama")
    head += _gguf_string("general.name") + struct.pack("<I", string) + _gguf_string(f"seed {seed}")
    data = bytearray()
    for name, size in sizes().items():
        head += _gguf_string(name) + struct.pack("<IQIQ", 1, size // 4, f32, len(data))
        data += noise.randbytes(size)
        data += bytes(-len(data) % 32)
    path.write_bytes(head + bytes(-len(head) % 32) + data)
