"""The safetensors library's three doors, for writing and for reading: raw bytes, numpy and torch."""

import ctypes
import json
from math import prod
from pathlib import Path

import ml_dtypes
import numpy
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
from models import Values

# In the format's own order (enum Dtype): how many elements are how many bytes. The library reads F6_* but
# cannot write them.
GEOMETRY = {"BOOL": (1, 1), "F4": (2, 1), "F6_E2M3": (4, 3), "F6_E3M2": (4, 3), "U8": (1, 1), "I8": (1, 1),
            "F8_E5M2": (1, 1), "F8_E4M3": (1, 1), "F8_E8M0": (1, 1), "F8_E4M3FNUZ": (1, 1),
            "F8_E5M2FNUZ": (1, 1), "I16": (1, 2), "U16": (1, 2), "F16": (1, 2), "BF16": (1, 2), "I32": (1, 4),
            "U32": (1, 4), "F32": (1, 4), "C64": (1, 8), "F64": (1, 8), "I64": (1, 8), "U64": (1, 8)}

TORCH = {"BOOL": torch.bool, "F4": torch.float4_e2m1fn_x2, "U8": torch.uint8, "I8": torch.int8,
         "F8_E5M2": torch.float8_e5m2, "F8_E4M3": torch.float8_e4m3fn, "F8_E8M0": torch.float8_e8m0fnu,
         "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz, "I16": torch.int16,
         "U16": torch.uint16, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32,
         "U32": torch.uint32, "F32": torch.float32, "C64": torch.complex64, "F64": torch.float64,
         "I64": torch.int64, "U64": torch.uint64}

NUMPY = {"BOOL": numpy.bool_, "U8": numpy.uint8, "I8": numpy.int8, "I16": numpy.int16, "U16": numpy.uint16,
         "F16": numpy.float16, "I32": numpy.int32, "U32": numpy.uint32, "F32": numpy.float32,
         "C64": numpy.complex64, "F64": numpy.float64, "I64": numpy.int64, "U64": numpy.uint64,
         "BF16": ml_dtypes.bfloat16, "F8_E5M2": ml_dtypes.float8_e5m2, "F8_E4M3": ml_dtypes.float8_e4m3fn,
         "F8_E8M0": ml_dtypes.float8_e8m0fnu, "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
         "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz}


def to_torch(values: Values) -> torch.Tensor:
    dtype, shape = TORCH[values.dtype], list(values.shape)
    if values.dtype == "F4":  # two elements are one of torch's
        shape[-1] //= 2
    if not values.data:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(values.data), dtype=torch.uint8).view(dtype).reshape(shape)


def from_torch(tensor: torch.Tensor) -> Values:
    dtype = next(name for name, known in TORCH.items() if known == tensor.dtype)
    shape = list(tensor.shape)
    if dtype == "F4":
        shape[-1] *= 2
    data = tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    return Values(dtype, tuple(shape), data)


def to_numpy(values: Values) -> numpy.ndarray:
    return numpy.ndarray(values.shape, NUMPY[values.dtype], bytearray(values.data))


def from_numpy(array: numpy.ndarray) -> Values:
    dtype = next(name for name, known in NUMPY.items() if known == array.dtype)
    return Values(dtype, array.shape, array.tobytes())


def write_torch(path: Path, tensors: dict[str, Values], metadata: dict[str, str] | None) -> None:
    safetensors.torch.save_file({name: to_torch(values) for name, values in tensors.items()}, path, metadata)


def write_numpy(path: Path, tensors: dict[str, Values], metadata: dict[str, str] | None) -> None:
    safetensors.numpy.save_file({name: to_numpy(values) for name, values in tensors.items()}, path, metadata)


def write_raw(path: Path, tensors: dict[str, Values], metadata: dict[str, str] | None) -> None:
    kept, specs = [], {}
    for name, values in tensors.items():
        if values.dtype == "F4":
            library_name, shape = "float4_e2m1fn_x2", [*values.shape[:-1], values.shape[-1] // 2]
        else:
            library_name, shape = str(TORCH[values.dtype]).removeprefix("torch."), list(values.shape)
        kept.append(ctypes.create_string_buffer(values.data, max(1, len(values.data))))
        specs[name] = safetensors.TensorSpec(dtype=library_name, shape=shape,
                                             data_ptr=ctypes.addressof(kept[-1]), data_len=len(values.data))
    safetensors.serialize_file(specs, path, metadata)


def write_by_hand(path: Path, tensors: dict[str, Values], metadata: dict[str, str] | None) -> None:
    """As the library would, for the types that it only reads."""
    header: dict = {} if metadata is None else {"__metadata__": metadata}
    begin = 0
    for name, values in sorted(tensors.items(), key=lambda item: item[0].encode()):
        end = begin + len(values.data)
        header[name] = {"dtype": values.dtype, "shape": values.shape, "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(values.data for _, values in sorted(tensors.items(), key=lambda item: item[0].encode()))
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


# How each door writes, and the types that it can.
WRITERS = {"raw": (write_raw, list(TORCH)), "numpy": (write_numpy, list(NUMPY)), "torch": (write_torch, list(TORCH)),
           "by hand": (write_by_hand, ["F6_E2M3", "F6_E3M2"])}


def read_metadata(path: Path) -> dict[str, str] | None:
    with safetensors.safe_open(path, framework="np") as file:
        return file.metadata()


def read_raw(path: Path) -> dict[str, Values]:
    return {name: Values(found["dtype"], tuple(found["shape"]), bytes(found["data"]))
            for name, found in safetensors.deserialize(path.read_bytes())}


def read_torch(path: Path) -> dict[str, Values]:
    return {name: from_torch(tensor) for name, tensor in safetensors.torch.load_file(path).items()}


def read_numpy(path: Path) -> dict[str, Values]:
    return {name: from_numpy(array) for name, array in safetensors.numpy.load_file(path).items()}


# How each door reads, and the types that it can.
READERS = {"raw": (read_raw, list(GEOMETRY)), "torch": (read_torch, list(TORCH)),
           "numpy": (read_numpy, [name for name in NUMPY if not name.startswith("F8")])}
