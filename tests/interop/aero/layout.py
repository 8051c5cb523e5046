"""The facts of the format: structs, flags, dtypes, block geometry, names, caps. Nothing here reads a file."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass

# src/formats/aero/FORMAT.md, "File header", "TOC header" and "TOC entry". "<" packs without padding: the
# 64-bit fields from offset 12 are not naturally aligned.
HEADER = struct.Struct("<4sHHIQQQQQ16s28s")
TOC_HEADER = struct.Struct("<IIQ")
TOC_ENTRY = struct.Struct("<4sIQQQIIQ32s")
ENTRY_HASH_OFFSET = 48

MAGIC = b"AERO"
VERSION = (0, 1)
HEADER_SIZE = 96
HASH_SIZE = 32
CHUNK_ALIGNMENT = 16
STRING_ALIGNMENT = 8
INTEGRITY_SIZE = 256

# src/formats/aero/FORMAT.md, "Chunk flags".
COMPRESSED = 0x1
MMAP_CRITICAL = 0x2
INDEX = 0x4
OPTIONAL = 0x8

# src/formats/aero/FORMAT.md, "Limits".
MAX_ENTRIES = 1_000_000
MAX_STRINGS = 536_870_912
MAX_METADATA = 2_147_483_648
MAX_NAME = 4_096
MAX_TENSORS = 100_000_000

DEFAULT_SHARD_BYTES = 2 << 30
DEFAULT_PAGE_SIZE = 4 << 20
DEFAULT_PART_SHARDS = 4  # src/formats/aeroset/FORMAT.md, "Layout"


@dataclass(frozen=True)
class Kind:
    """One row of src/formats/aero/FORMAT.md, "Chunks": `{}` in the name stands for the shard's number."""

    name: str
    flags: int
    role: str
    may_compress: bool


KINDS = {
    "IHSH": Kind("control.integrity", OPTIONAL, "control_integrity", False),
    "MJSN": Kind("meta.json", 0, "json", True),
    "MMSG": Kind("manifest", COMPRESSED, "manifest", True),
    "TIDX": Kind("tensors", COMPRESSED | INDEX, "tensors", True),
    "WTSH": Kind("weights.shard{}", MMAP_CRITICAL, "weights", False),
    "PHSH": Kind("weights.shard{}.phsh", OPTIONAL, "page_hashes", False),
}
SHARD_NAME = re.compile(r"weights\.shard(0|[1-9][0-9]*)")
PAGES_NAME = re.compile(r"weights\.shard(0|[1-9][0-9]*)\.phsh")

# src/formats/aero/FORMAT.md, "dtype codes".
DTYPES = ["F16", "F32", "BF16", "F64", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL"]
DTYPE_BYTES = dict(zip(DTYPES, [2, 4, 2, 8, 1, 1, 2, 2, 4, 4, 8, 8, 1], strict=True))
PACKED = "PACKED"
PACKED_CODE = 0x8000
DTYPE_CODES = {name: code for code, name in enumerate(DTYPES)} | {PACKED: PACKED_CODE}
DTYPE_NAMES = {code: name for name, code in DTYPE_CODES.items()}


@dataclass(frozen=True)
class GgmlType:
    id: int
    block_elements: int
    block_bytes: int


# src/formats/gguf/FORMAT.md, "Types".
GGML_TYPES = {
    "F32": GgmlType(0, 1, 4),
    "F16": GgmlType(1, 1, 2),
    "Q4_0": GgmlType(2, 32, 18),
    "Q4_1": GgmlType(3, 32, 20),
    "Q5_0": GgmlType(6, 32, 22),
    "Q5_1": GgmlType(7, 32, 24),
    "Q8_0": GgmlType(8, 32, 34),
    "Q8_1": GgmlType(9, 32, 36),
    "Q2_K": GgmlType(10, 256, 84),
    "Q3_K": GgmlType(11, 256, 110),
    "Q4_K": GgmlType(12, 256, 144),
    "Q5_K": GgmlType(13, 256, 176),
    "Q6_K": GgmlType(14, 256, 210),
    "Q8_K": GgmlType(15, 256, 292),
    "IQ2_XXS": GgmlType(16, 256, 66),
    "IQ2_XS": GgmlType(17, 256, 74),
    "IQ3_XXS": GgmlType(18, 256, 98),
    "IQ1_S": GgmlType(19, 256, 50),
    "IQ4_NL": GgmlType(20, 32, 18),
    "IQ3_S": GgmlType(21, 256, 110),
    "IQ2_S": GgmlType(22, 256, 82),
    "IQ4_XS": GgmlType(23, 256, 136),
    "I8": GgmlType(24, 1, 1),
    "I16": GgmlType(25, 1, 2),
    "I32": GgmlType(26, 1, 4),
    "I64": GgmlType(27, 1, 8),
    "F64": GgmlType(28, 1, 8),
    "IQ1_M": GgmlType(29, 256, 56),
    "BF16": GgmlType(30, 1, 2),
    "TQ1_0": GgmlType(34, 256, 54),
    "TQ2_0": GgmlType(35, 256, 66),
    "MXFP4": GgmlType(39, 32, 17),
    "NVFP4": GgmlType(40, 64, 36),
    "Q1_0": GgmlType(41, 128, 18),
    "Q2_0": GgmlType(42, 64, 18),
}

# src/formats/safetensors/FORMAT.md, "dtypes".
SAFETENSORS_BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip

# What is packed: "whatever has no code of its own" (src/formats/aero/FORMAT.md, "dtype codes").
PACKED_GGML = [name for name in GGML_TYPES if name not in DTYPE_CODES]
PACKED_SAFETENSORS = [name for name in SAFETENSORS_BITS if name not in DTYPE_CODES]
# With the one that only zTensor has.
SMALL_BITS = SAFETENSORS_BITS | {"C128": 128}
# Types of which only the size is known.
TORCH_BYTES = {"C32": 4, "bits8": 1, "bits16": 2, "bits1x8": 1, "bits2x4": 1, "bits4x2": 1}


def align(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


def packed_params(codec: str, quant_name: str) -> dict[str, object] | None:
    """The params of a type that the specification names, None for any other."""
    if codec == "ggml" and quant_name in GGML_TYPES:
        return {"ggml_type": GGML_TYPES[quant_name].id}
    if codec == "safetensors" and quant_name in SMALL_BITS:
        return {"dtype": quant_name}
    if codec == "torch" and quant_name in TORCH_BYTES:
        return {"element_bytes": TORCH_BYTES[quant_name]}
    if codec == "numpy" and re.fullmatch("V[1-9][0-9]{0,4}", quant_name):
        return {"element_bytes": int(quant_name[1:])}
    return None


def byte_size(dtype: str, codec: str, quant_name: str, shape: list[int]) -> int | str | None:
    """A tensor's size: a number, None where the type is not one that the specification knows, and a sentence
    where the type cannot have this shape."""
    elements = math.prod(shape)
    if dtype != PACKED:
        return elements * DTYPE_BYTES[dtype]
    if codec == "ggml" and quant_name in GGML_TYPES:
        kind = GGML_TYPES[quant_name]
        # Row-major: what GGUF calls dims[0], the fastest-varying one, stands last.
        if not shape or shape[-1] % kind.block_elements:
            return (
                f"{quant_name} has blocks of {kind.block_elements} elements, shape {shape} does not fill them"
            )
        return elements // kind.block_elements * kind.block_bytes
    if codec == "safetensors" and quant_name in SMALL_BITS:
        bits = elements * SMALL_BITS[quant_name]
        return f"{quant_name} of shape {shape} does not end on a byte" if bits % 8 else bits // 8
    params = packed_params(codec, quant_name)
    if params is not None:
        return elements * params["element_bytes"]
    return None
