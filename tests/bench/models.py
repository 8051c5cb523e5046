"""The files that are measured, made without any library, a block of noise at a time."""

import array
import functools
import json
import math
import os
import random
import struct
import zipfile
from pathlib import Path

BLOCK = os.urandom(8 << 20)
BF16_BYTES = 2
Q4_K, Q6_K, F32 = 12, 14, 0
# Of ggml's types: elements and bytes of a block (src/formats/gguf/FORMAT.md, "Types").
BLOCKS = {Q4_K: (256, 144), Q6_K: (256, 210), F32: (1, 4)}
LAYERS = 16


@functools.cache
def weights() -> bytes:
    """A block of BF16 as trained weights are distributed: it compresses as they do, while noise does not."""
    normal = random.Random(1)
    wide = array.array("f", (normal.gauss(0, 0.02) for _ in range(len(BLOCK) // BF16_BYTES))).tobytes()
    block = bytearray(len(BLOCK))
    block[0::2], block[1::2] = wide[2::4], wide[3::4]
    return bytes(block)


def _put(out, size: int, block: bytes = BLOCK) -> None:
    while size > 0:
        piece = min(size, len(block))
        out.write(block[:piece])
        size -= piece


def llama(size: int) -> list[tuple[str, list[int]]]:
    """147 tensors of a llama model, row-major, whose weights in BF16 take about `size` bytes. Rows are
    multiples of 256 elements, as quantized blocks need."""
    elements = size // BF16_BYTES
    width = 256
    while LAYERS * _of_layer(width + 256) <= elements:
        width += 256
    vocabulary = max(256, (elements - LAYERS * _of_layer(width)) // (2 * width))
    tensors = [("model.embed_tokens.weight", [vocabulary, width])]
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        tensors += [(f"{prefix}self_attn.{name}_proj.weight", [width, width]) for name in "qkvo"]
        tensors += [(f"{prefix}mlp.{name}_proj.weight", [3 * width, width]) for name in ("gate", "up")]
        tensors += [
            (f"{prefix}mlp.down_proj.weight", [width, 3 * width]),
            (f"{prefix}input_layernorm.weight", [width]),
            (f"{prefix}post_attention_layernorm.weight", [width]),
        ]
    return [*tensors, ("model.norm.weight", [width]), ("lm_head.weight", [vocabulary, width])]


def write_small_tensors(path: Path, count: int) -> None:
    """A safetensors file of so many tensors of 4 bytes."""
    header = {
        f"t.{i:06}": {"dtype": "U8", "shape": [4], "data_offsets": [4 * i, 4 * i + 4]} for i in range(count)
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4 * count))


def _of_layer(width: int) -> int:
    """The elements of its matrices."""
    return (4 + 3 * 3) * width * width


def write_safetensors(path: Path, size: int, block: bytes = BLOCK) -> int:
    """As `safetensors` writes it; the number of tensors."""
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in llama(size):
        begin, end = end, end + BF16_BYTES * math.prod(shape)
        head[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        _put(out, end, block)
    return len(head) - 1


def write_npz(path: Path, size: int, method: int = zipfile.ZIP_STORED) -> None:
    """The same tensors in F16, of `size` bytes in all, as `numpy.savez` writes them, or `savez_compressed`."""
    block = weights()
    with zipfile.ZipFile(path, "w", method, allowZip64=True) as archive:
        for name, shape in llama(size):
            text = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {tuple(shape)}, }}".encode()
            text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                member.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text)
                _put(member, BF16_BYTES * math.prod(shape), block)


def write_deflated_npz(path: Path, size: int) -> None:
    write_npz(path, size, zipfile.ZIP_DEFLATED)


def _pickled_tensor(key: int, shape: list[int], by_columns: bool) -> bytes:
    """Of F16, with a storage of its own, as torch.save writes it, in the opcodes of protocol 2."""
    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value: int) -> bytes:
        return b"\x8a\x08" + struct.pack("<q", value)

    def row(values: list[int]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    rest = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    strides = [1, shape[0]] if by_columns and len(shape) == 2 else rest
    storage = b"(" + text("storage") + b"ctorch\nHalfStorage\n" + text(str(key)) + text("cpu")
    storage += number(math.prod(shape)) + b"tQ"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + row(shape) + row(strides)
            + b"\x89ccollections\nOrderedDict\n)RtR")  # fmt: skip


def write_torch(path: Path, size: int, method: int = zipfile.ZIP_STORED, by_columns: int = 0) -> None:
    """The same tensors in F16, of `size` bytes in all, as torch.save writes a state dict. Of `by_columns` matrices one
    lies by columns; 0: none does."""
    block, tensors = weights(), llama(size)
    data = b"\x80\x02}("
    for i, (name, shape) in enumerate(tensors):
        turned = by_columns != 0 and i % by_columns == 0
        data += b"X" + struct.pack("<I", len(name)) + name.encode() + _pickled_tensor(i, shape, turned)
    with zipfile.ZipFile(path, "w", method, allowZip64=True) as archive:
        archive.writestr("m/data.pkl", data + b"u.")
        archive.writestr("m/byteorder", "little")
        for i, (_, shape) in enumerate(tensors):
            with archive.open(f"m/data/{i}", "w", force_zip64=True) as member:
                _put(member, BF16_BYTES * math.prod(shape), block)
        archive.writestr("m/version", "3\n")


def write_torch_by_columns(path: Path, size: int) -> None:
    write_torch(path, size, by_columns=1)


def write_deflated_torch(path: Path, size: int) -> None:
    write_torch(path, size, zipfile.ZIP_DEFLATED)


def write_f32(path: Path, size: int) -> None:
    """The same tensors in F32, of `size` bytes in all."""
    head: dict[str, object] = {}
    end = 0
    for name, shape in llama(size // 2):
        begin, end = end, end + 4 * math.prod(shape)
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(head, separators=(",", ":")).encode()
    normal = random.Random(1)
    block = array.array("f", (normal.gauss(0, 0.02) for _ in range(1 << 20))).tobytes()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        _put(out, end, block)


def write_fp8(folder: Path, size: int) -> None:
    """Weights in F8_E4M3 of `size` bytes in all, with a scale for 128 x 128 of them, as DeepSeek publishes them."""
    head: dict[str, object] = {}
    codes, scales = [], []
    for name, shape in llama(2 * size):
        if len(shape) != 2:
            continue
        codes.append((name, "F8_E4M3", shape, math.prod(shape)))
        blocks = [-(-side // 128) for side in shape]
        scales.append((name + "_scale_inv", "F32", blocks, 4 * math.prod(blocks)))
    end = 0
    for name, dtype, shape, count in codes + scales:
        begin, end = end, end + count
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(head, separators=(",", ":")).encode()
    folder.mkdir()
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        _put(out, sum(count for *_, count in codes), BLOCK.replace(b"\x7f", b"\x3f").replace(b"\xff", b"\xbf"))
        _put(out, sum(count for *_, count in scales), struct.pack("<f", 0.01) * 1024)
    config = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}
    (folder / "config.json").write_text(json.dumps({"quantization_config": config}))


def write_family(folder: Path, size: int) -> list[Path]:
    """Folders of a base and of two models that were made of it, in BF16 of `size` bytes each."""
    normal = random.Random(2)
    tuned = array.array("f", (normal.gauss(0, 0.02) for _ in range(1 << 18)))
    vocabulary, width = llama(size)[0][1]
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": 3 * width,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": width // 64,
        "num_key_value_heads": width // 64,
        "tie_word_embeddings": False,
    }
    made = []
    for name, distance in (("base", 0.0), ("a", 0.002), ("b", 0.003)):
        wide = array.array("f", (x + normal.gauss(0, distance) for x in tuned)).tobytes()
        block = bytearray(len(wide) // 2)
        block[0::2], block[1::2] = wide[2::4], wide[3::4]
        made.append(folder / name)
        made[-1].mkdir(parents=True)
        write_safetensors(made[-1] / "model.safetensors", size, bytes(block))
        (made[-1] / "config.json").write_text(json.dumps(config))
    return made


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def write_gguf(path: Path, size: int) -> int:
    """Of quantized blocks: matrices in Q4_K and Q6_K, vectors in F32; the number of tensors."""
    per_block, bytes_of_block = BLOCKS[Q4_K]
    infos, sizes, offset = [], [], 0
    for number, (name, shape) in enumerate(llama(size * BF16_BYTES * per_block // bytes_of_block)):
        kind = F32 if len(shape) == 1 else Q6_K if number % 8 == 0 else Q4_K
        per_block, bytes_of_block = BLOCKS[kind]
        count = math.prod(shape) // per_block * bytes_of_block
        dims = shape[::-1]
        infos.append(_string(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset))
        sizes.append(count)
        offset += (count + 31) // 32 * 32
    tokens = b"".join(_string(f"token{i}") for i in range(32_000))
    pairs = [
        _string("general.architecture") + struct.pack("<I", 8) + _string("llama"),
        _string("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 32_000) + tokens,
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(pairs)) + b"".join(pairs) + b"".join(infos)
    with open(path, "wb") as out:
        out.write(head + bytes(-len(head) % 32))
        for count in sizes:
            _put(out, count)
            out.write(bytes(-count % 32))
    return len(infos)


def write_small(path: Path, count: int) -> None:
    """Tensors of 32 bytes, with names as models have them."""
    names = [f"model.layers.{i // 8}.block.{i % 8}.weight" for i in range(count)]
    with open(path, "wb") as out:
        if path.suffix == ".gguf":
            infos = (_string(name) + struct.pack("<IQIQ", 1, 8, F32, 32 * i) for i, name in enumerate(names))
            head = b"GGUF" + struct.pack("<IQQ", 3, count, 0) + b"".join(infos)
            out.write(head + bytes(-len(head) % 32))
        else:
            entries = (
                f'"{name}":{{"dtype":"F32","shape":[8],"data_offsets":[{32 * i},{32 * i + 32}]}}'
                for i, name in enumerate(names)
            )
            text = ("{" + ",".join(entries) + "}").encode()
            text += b" " * (-len(text) % 8)
            out.write(struct.pack("<Q", len(text)) + text)
        _put(out, 32 * count)
