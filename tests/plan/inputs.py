"""Small models, whose tensors have one size each, so that a limit of bytes says how many parts there are."""

import json
import math
import random
import shutil
import struct
from collections.abc import Callable, Container
from pathlib import Path

import gguf_file
import safetensors_file

DATA = Path(__file__).resolve().parents[1] / "data"
COUNT = 16
ROWS = 32
TENSOR = 4 * ROWS * ROWS  # bytes, in F32
SIDE_FILES = {
    "config.json": b'{"model_type": "llama"}\n',
    "tokenizer.json": b'{"version": "1.0"}\n' * 40,
    "README.md": b"# A model\n",
    "LICENSE": b"yours\n",
    "extra/chat.jinja": b"{{ messages }}",
}
LLAMA = gguf_file.pair("general.architecture", gguf_file.STRING, gguf_file.string("llama"))


def name_of(i: int) -> str:
    return f"layer.{i:02d}.weight"


def safetensors(count: int = COUNT, seed: int = 1, first: int = 0, size: int = TENSOR,
                nan_in: Container[int] = ()) -> bytes:
    noise = random.Random(seed)
    head: dict[str, object] = {"__metadata__": {"format": "pt", "seed": str(seed)}}
    for i in range(count):
        shape = [ROWS, size // (4 * ROWS)] if size % (4 * ROWS) == 0 else [size // 4]
        head[name_of(first + i)] = safetensors_file.tensor("F32", shape, size * i, size * (i + 1))
    nan = struct.pack("<f", math.nan) * 2
    return safetensors_file.file(head, b"".join(nan * (i in nan_in) + floats(noise, size - len(nan) * (i in nan_in))
                                                for i in range(count)))


def floats(noise: random.Random, size: int) -> bytes:
    """Noise that is finite in every type, so that a cast has nothing to warn of."""
    data = bytearray(noise.randbytes(size))
    data[3::4] = bytes([0x3F]) * (size // 4)
    return bytes(data)


def write_sharded(folder: Path, files: int = 3, seed: int = 2) -> None:
    folder.mkdir()
    held, at = {}, 0
    for i in range(files):
        count = (COUNT + i) // files
        name = f"model-{i + 1:05d}-of-{files:05d}.safetensors"
        (folder / name).write_bytes(safetensors(count, seed + i, first=at))
        held |= {name_of(at + k): name for k in range(count)}
        at += count
    index = {"metadata": {"total_size": COUNT * TENSOR}, "weight_map": held}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def gguf(count: int = COUNT, seed: int = 3) -> bytes:
    noise = random.Random(seed)
    pairs = [LLAMA, gguf_file.pair("general.name", gguf_file.STRING, gguf_file.string(f"seed {seed}"))]
    infos = [gguf_file.info(name_of(i), [ROWS, ROWS], gguf_file.TYPE_F32, TENSOR * i) for i in range(count)]
    return gguf_file.file(pairs, infos, b"".join(floats(noise, TENSOR) for _ in range(count)))


def many_tensors(count: int) -> bytes:
    """With eight bytes each."""
    head = {f"t{i:06d}": safetensors_file.tensor("U8", [8], 8 * i, 8 * i + 8) for i in range(count)}
    return safetensors_file.file(head, b"weights " * count)


def write_all(folder: Path, make: Callable[..., None]) -> None:
    """All that the cases read; `make` runs the tool."""
    folder.mkdir()
    single = folder / "m.safetensors"
    single.write_bytes(safetensors())
    (folder / "values.safetensors").write_bytes(safetensors(seed=9))  # the same structure, other values
    (folder / "few.safetensors").write_bytes(safetensors(6, seed=4, first=40))  # other names
    (folder / "more.safetensors").write_bytes(safetensors(20, seed=5))
    (folder / "m.gguf").write_bytes(gguf())
    (folder / "values.gguf").write_bytes(gguf(seed=8))
    (folder / "more.gguf").write_bytes(gguf(20, seed=7))
    write_sharded(folder / "sharded")
    full = folder / "with side files"
    full.mkdir()
    for name, content in SIDE_FILES.items():
        (full / name).parent.mkdir(exist_ok=True)
        (full / name).write_bytes(content)
    shutil.copy(single, full / "model.safetensors")
    odd = folder / "it's \"odd\"\n$HOME größe"
    odd.mkdir()
    shutil.copy(single, odd / "a model's.safetensors")
    for kind in ("gptq", "fp8-block"):  # beside them is what they are decoded to
        shutil.copytree(DATA / "dequant/safetensors" / kind, folder / kind,
                        ignore=shutil.ignore_patterns("expected*"))
    make("convert", single, folder / "m.aero", "--tensor-hash")
    make("convert", single, folder / "chunk-hash.aero")
    make("convert", single, folder / "shards.aero", "--max-shard-bytes", TENSOR)
    make("convert", single, folder / "pages.aero", "--page-hash=1KiB", "--control-hash")
    make("pack-set", folder / "m.gguf", folder / "set", "--max-shard-bytes", TENSOR, "--max-part-shards", 5,
         "--tensor-hash")
    make("convert", single, folder / "m.zt")
