"""Small models, written here so that a test says what is in them."""

import json
import random
import struct
import zipfile
from pathlib import Path

import dcp_models

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


def write_adapter(folder: Path) -> None:
    """A LoRA as PEFT writes it, for the largest tensor and a small one."""
    header, data = {}, bytearray()
    for name in ("embedding.weight", "layer.3.weight"):
        for part, shape in (("A", [2, 1]), ("B", [sizes()[name] // 4, 2])):
            size = 4 * shape[0] * shape[1]
            key = f"base_model.model.{name.removesuffix('.weight')}.lora_{part}.weight"
            header[key] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += struct.pack("<f", 0.5) * (size // 4)
    text = json.dumps(header).encode()
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 1}))


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


def write_npz(path: Path, seed: int) -> None:
    """An array by columns, one whose bytes are swapped, and a deflated one among the others."""
    noise = random.Random(seed)
    with zipfile.ZipFile(path, "w") as archive:
        for i, (name, size) in enumerate(sizes().items()):
            descr, columns = (">f4" if i == 1 else "<f4"), i == 2
            shape = f"(4, {size // 16})" if columns else f"({size // 4},)"
            text = f"{{'descr': '{descr}', 'fortran_order': {columns}, 'shape': {shape}, }}".encode()
            text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
            content = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + noise.randbytes(size)
            method = zipfile.ZIP_DEFLATED if i == 3 else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content, method)


def _pickled_tensor(key: str, rows: int, columns: int, by_columns: bool) -> bytes:
    """As torch.save writes one of F32 in a storage of its own, in the opcodes of protocol 2."""
    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    strides = (1, rows) if by_columns else (columns, 1)
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(rows * columns) + b"tQ"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(0) + b"(" + number(rows) + number(columns) + b"t("
            + number(strides[0]) + number(strides[1]) + b"t\x89ccollections\nOrderedDict\n)RtR")


def write_torch(path: Path, seed: int) -> None:
    """A checkpoint with a tensor by columns, and one whose storage is deflated, among the others."""
    noise = random.Random(seed)
    data = b"\x80\x02}("
    for i, (name, size) in enumerate(sizes().items()):
        data += b"X" + struct.pack("<I", len(name)) + name.encode() + _pickled_tensor(str(i), 4, size // 16, i in (2, 8))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("m/data.pkl"), data + b"u.")
        for i, size in enumerate(sizes().values()):
            method = zipfile.ZIP_DEFLATED if i == 3 else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(f"m/data/{i}"), noise.randbytes(size), method)
        archive.writestr(zipfile.ZipInfo("m/version"), "3\n")


def write_distributed(folder: Path, seed: int) -> None:
    """A distributed checkpoint whose tensors are divided by columns between two processes."""
    noise = random.Random(seed)
    folder.mkdir()
    files, tensors = [bytearray(), bytearray()], []
    for name, rows in (("embedding.weight", 1024), ("layer.0.weight", 40), ("layer.1.weight", 3)):
        chunks = []
        for rank, file in enumerate(files):
            item = dcp_models.item(rows, 256, noise.randbytes(2 * rows * 256))
            chunks.append(((0, 256 * rank), (rows, 256), f"__{rank}_0.distcp", len(file), len(item)))
            file += item
        tensors.append((name, (rows, 512), chunks))
    for rank, file in enumerate(files):
        (folder / f"__{rank}_0.distcp").write_bytes(file)
    dcp_models.write_index(folder / ".metadata", tensors)


def _cbor(value: object) -> bytes:
    """Of texts, counts, lists and maps of those."""
    def head(major: int, number: int) -> bytes:
        return bytes([major << 5 | 27]) + struct.pack(">Q", number)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(_cbor, value))
    return head(5, len(value)) + b"".join(_cbor(key) + _cbor(item) for key, item in value.items())


def write_sparse(path: Path, seed: int) -> None:
    """A zTensor file of version 1.2 with a CSR and a COO of several blocks."""
    noise = random.Random(seed)
    rows, columns = 500, 400
    count = rows * columns // 2
    every_second = struct.pack(f"<{columns // 2}I", *range(0, columns, 2))
    objects = {
        "coo": ("sparse_coo", {
            "coords": b"".join(struct.pack("<I", row) * (columns // 2) for row in range(rows)) + every_second * rows}),
        "csr": ("sparse_csr", {
            "indices": every_second * rows,
            "indptr": struct.pack(f"<{rows + 1}I", *range(0, count + 1, columns // 2))})}
    magic, data, index = b"ZTEN1000", bytearray(), {}
    for name, (layout, parts) in objects.items():
        components = {}
        for role, part in {"values": noise.randbytes(4 * count), **parts}.items():
            data += bytes(-(len(magic) + len(data)) % 64)
            components[role] = {"dtype": "f32" if role == "values" else "u32", "offset": len(magic) + len(data),
                                "length": len(part)}
            data += part
        index[name] = {"shape": [rows, columns], "format": layout, "components": components}
    manifest = _cbor({"version": "1.2.0", "objects": index})
    path.write_bytes(magic + data + manifest + struct.pack("<Q", len(manifest)) + magic)
