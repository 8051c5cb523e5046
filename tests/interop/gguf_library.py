"""The gguf package: writing and reading whole files."""

from pathlib import Path

import gguf
import numpy
from gguf import GGMLQuantizationType, GGUFValueType
from models import Values

# The package's table has a wrong size for Q8_1.
GEOMETRY = {kind.name: size for kind, size in gguf.GGML_QUANT_SIZES.items() if kind.name != "Q8_1"}

NUMPY = {"F32": numpy.float32, "F16": numpy.float16, "F64": numpy.float64, "I8": numpy.int8, "I16": numpy.int16,
         "I32": numpy.int32, "I64": numpy.int64}

# (key, value, type, type of an array's elements): each type of value, and what is awkward in it.
METADATA = [
    ("general.name", "größe \"quoted\" \x00\n\N{GRINNING FACE}", GGUFValueType.STRING, None),
    ("test.u8", 255, GGUFValueType.UINT8, None),
    ("test.i8", -128, GGUFValueType.INT8, None),
    ("test.u16", 65535, GGUFValueType.UINT16, None),
    ("test.i16", -32768, GGUFValueType.INT16, None),
    ("test.u32", 1, GGUFValueType.UINT32, None),
    ("test.i32", -1, GGUFValueType.INT32, None),
    ("test.f32", 1e-45, GGUFValueType.FLOAT32, None),
    ("test.f32.whole", -0.0, GGUFValueType.FLOAT32, None),
    ("test.bool", True, GGUFValueType.BOOL, None),
    ("test.u64", 2**64 - 1, GGUFValueType.UINT64, None),
    ("test.i64", -2**63, GGUFValueType.INT64, None),
    ("test.f64", float("nan"), GGUFValueType.FLOAT64, None),
    ("test.f64.whole", 3.0, GGUFValueType.FLOAT64, None),
    ("test.empty", "", GGUFValueType.STRING, None),
    ("test.not utf-8", b"\xff\xfe\x80", GGUFValueType.STRING, None),
    ("größe.ключ", "key", GGUFValueType.STRING, None),
    ("tokens", ["a", "", b"\xc3", "\N{GRINNING FACE}"], GGUFValueType.ARRAY, GGUFValueType.STRING),
    ("array.bool", [True, False], GGUFValueType.ARRAY, GGUFValueType.BOOL),
    ("array.of.arrays", [[1, 2], [3]], GGUFValueType.ARRAY, GGUFValueType.ARRAY),
    ("array.f32", [float("inf"), 0.1, -0.0], GGUFValueType.ARRAY, GGUFValueType.FLOAT32),
    ("array.f64", [0.1, 2.0], GGUFValueType.ARRAY, GGUFValueType.FLOAT64),
    *((f"array.{kind.name}", [0, 1, 100], GGUFValueType.ARRAY, kind)
      for kind in (GGUFValueType.UINT8, GGUFValueType.INT8, GGUFValueType.UINT16, GGUFValueType.INT16,
                   GGUFValueType.UINT32, GGUFValueType.INT32, GGUFValueType.UINT64, GGUFValueType.INT64)),
]


def write(path: Path, tensors: dict[str, Values], metadata: list | None = None, alignment: int | None = None,
          **options) -> None:
    """Options are those of gguf.GGUFWriter."""
    writer = gguf.GGUFWriter(path, "llama", **options)
    if alignment is not None:
        writer.add_custom_alignment(alignment)
    for key, value, kind, element in metadata or []:
        writer.add_key_value(key, value, kind, element)
    for name, values in tensors.items():
        if values.dtype in NUMPY:
            writer.add_tensor(name, numpy.ndarray(values.shape, NUMPY[values.dtype], bytearray(values.data)))
        else:
            kind = GGMLQuantizationType[values.dtype]
            elements, size = GEOMETRY[values.dtype]
            shape = (*values.shape[:-1], values.shape[-1] // elements * size)
            writer.add_tensor(name, numpy.ndarray(shape, numpy.uint8, bytearray(values.data)), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path) -> dict[str, Values]:
    return {tensor.name: Values(tensor.tensor_type.name, tuple(map(int, reversed(tensor.shape))),
                                tensor.data.tobytes())
            for tensor in gguf.GGUFReader(path).tensors}


def read_metadata(path: Path) -> list[tuple[str, list[GGUFValueType], bytes]]:
    """Key, types and the bytes of each value, in the file's order; without the counts in the header."""
    return [(key, field.types, b"".join(part.tobytes() for part in field.parts))
            for key, field in gguf.GGUFReader(path).fields.items() if not key.startswith("GGUF.")]
