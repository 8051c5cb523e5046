"""TIDX: which tensors there are, of what type, and where their bytes lie.

The rules: src/formats/aero/FORMAT.md, "TIDX".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from blake3 import blake3

from . import layout, msgpack_forms
from .container import Container
from .faults import Report
from .metadata import Descriptor, is_uint

REQUIRED_KEYS = ["name", "dtype", "shape", "shard_id", "data_off", "data_len", "flags"]
ENTRY_KEYS = REQUIRED_KEYS + ["quant_id", "quant_params", "hash_b3"]
HEX_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass
class AeroTensor:
    """A tensor of a file. `offset` is that in its shard; the shape is row-major."""

    name: str
    dtype: str
    codec: str
    quant_name: str
    shape: list[int]
    shard_id: int
    offset: int
    length: int
    hash_b3: str
    quant_id: int | None = None
    quant_params: dict[str, Any] | None = None
    flags: int = 0
    # Where the bytes are to be read; nothing in an index.aero, which has no shards.
    path: str | None = field(default=None, repr=False)
    position: int = field(default=0, repr=False)

    def data(self) -> bytes:
        if self.path is None:
            raise ValueError(f"{self.name!r}: the file has the tensor's entry, not its bytes")
        with open(self.path, "rb") as file:
            file.seek(self.position)
            content = file.read(self.length)
        if len(content) != self.length:
            raise ValueError(f"{self.path}: {self.name!r} ends behind the file's end")
        return content


def read(
    container: Container, quants: dict[int, Descriptor], report: Report, *, as_written: bool
) -> list[AeroTensor]:
    chunks = container.of("TIDX")
    content = container.contents.get(chunks[0].toc_index) if chunks else None
    if content is None:
        return []
    value = msgpack_forms.decode(content, "TIDX", report)
    if as_written:
        msgpack_forms.check_integers(content, "TIDX", report)
    entries = value.get("tensors") if isinstance(value, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        report.add("TIDX", f"expected a map with a list of maps at 'tensors', found {value!r:.200}")
        return []
    if len(entries) > layout.MAX_TENSORS:
        report.add("TIDX tensors", f"expected at most {layout.MAX_TENSORS}, found {len(entries)}")
        return []
    if as_written:
        report.equal("TIDX: keys as written", "tensors", next(iter(value)))
    tensors = [_read_entry(index, entry, quants, report, as_written) for index, entry in enumerate(entries)]
    result = [tensor for tensor in tensors if tensor is not None]
    for name, times in Counter(tensor.name for tensor in result).items():
        if times > 1:
            report.add("TIDX: names are unique", f"{name!r} stands {times} times")
    return result


def _read_entry(
    index: int, entry: dict[str, Any], quants: dict[int, Descriptor], report: Report, as_written: bool
) -> AeroTensor | None:
    name = entry.get("name")
    rule = f"TIDX entry {index} ({name!r:.80})"
    missing = [key for key in REQUIRED_KEYS if key not in entry]
    if missing:
        report.add(rule, f"has no {', '.join(missing)}")
        return None
    if as_written:
        # Unknown keys, carried over from another file, have no place in this order, which leaves the end.
        known = [key for key in ENTRY_KEYS if key in entry]
        report.equal(f"{rule}: keys as written", known, list(entry)[: len(known)])
    numbers = {key: entry[key] for key in ("dtype", "shard_id", "data_off", "data_len", "flags")}
    shape = entry["shape"]
    wrong = [key for key, value in numbers.items() if not is_uint(value)]
    if wrong or not isinstance(shape, list) or not all(map(is_uint, shape)) or not isinstance(name, str):
        report.add(rule, f"expected a name, numbers and a shape of numbers, found {entry!r:.300}")
        return None
    if len(name.encode()) > layout.MAX_NAME:
        report.add(f"{rule}: name", f"expected at most {layout.MAX_NAME} bytes, found {len(name.encode())}")
    if numbers["dtype"] not in layout.DTYPE_NAMES:
        report.add(f"{rule}: dtype", f"found {numbers['dtype']}, which is no code")
        return None
    tensor = AeroTensor(
        name, layout.DTYPE_NAMES[numbers["dtype"]], "", "", shape, numbers["shard_id"], numbers["data_off"],
        numbers["data_len"], "", flags=numbers["flags"],
    )  # fmt: skip
    _read_hash(tensor, entry, rule, report)
    _read_quant(tensor, entry, quants, rule, report, as_written)
    return tensor


def _read_hash(tensor: AeroTensor, entry: dict[str, Any], rule: str, report: Report) -> None:
    digest = entry.get("hash_b3", "")
    if isinstance(digest, str) and (digest == "" or HEX_HASH.fullmatch(digest)):
        tensor.hash_b3 = digest
    else:
        report.add(
            f"{rule}: hash_b3", f"expected 64 lower-case hex digits or an empty string, found {digest!r:.200}"
        )


def _read_quant(
    tensor: AeroTensor, entry: dict[str, Any], quants: dict[int, Descriptor], rule: str, report: Report,
    as_written: bool,
) -> None:  # fmt: skip
    params = entry.get("quant_params")
    if params is not None and not isinstance(params, dict):
        report.add(f"{rule}: quant_params", f"expected a map, found {params!r:.200}")
    if tensor.dtype != layout.PACKED:
        if as_written and ("quant_id" in entry or "quant_params" in entry):
            report.add(f"{rule}: quant_id as written", f"a tensor of {tensor.dtype} is not packed")
        return
    quant_id = entry.get("quant_id")
    descriptor = quants.get(quant_id) if is_uint(quant_id) else None
    if descriptor is None:
        report.add(
            f"{rule}: quant_id", f"expected one of quant_descriptors {sorted(quants)}, found {quant_id!r}"
        )
        return
    tensor.quant_id, tensor.quant_params = quant_id, params
    tensor.codec, tensor.quant_name = descriptor.codec, descriptor.quant_name
    if as_written:
        # Those carried over from another file may follow.
        known = dict(list(params.items())[: len(descriptor.params)]) if isinstance(params, dict) else params
        report.equal(f"{rule}: quant_params as written", descriptor.params, known)
    elif isinstance(params, dict):
        for key, value in (layout.packed_params(descriptor.codec, descriptor.quant_name) or {}).items():
            if key in params:
                report.equal(f"{rule}: quant_params: {key}", value, params[key])


def check_sizes(tensors: list[AeroTensor], report: Report) -> None:
    """data_len is what dtype and shape make."""
    for tensor in tensors:
        if tensor.dtype == layout.PACKED and not tensor.codec:
            continue  # the entry names no type that could give a size; that is a fault already
        size = layout.byte_size(tensor.dtype, tensor.codec, tensor.quant_name, tensor.shape)
        if isinstance(size, str):
            report.add(f"tensor {tensor.name!r}: shape", size)
        elif size is not None:
            report.equal(f"tensor {tensor.name!r}: data_len of shape {tensor.shape}", size, tensor.length)


def check_bytes(container: Container, tensors: list[AeroTensor], report: Report) -> None:
    """Every tensor lies in its shard and has the hash that its entry gives."""
    shards = {chunk.shard: chunk for chunk in container.of("WTSH")}
    for tensor in tensors:
        shard = shards.get(tensor.shard_id)
        if shard is None:
            report.add(f"tensor {tensor.name!r}: shard_id", f"there is no weights.shard{tensor.shard_id}")
            continue
        end = tensor.offset + tensor.length
        if end > shard.length:
            report.add(
                f"tensor {tensor.name!r} within its shard",
                f"[{tensor.offset}, {end}) of {shard.name}'s {shard.length} bytes",
            )
            continue
        if shard.toc_index not in container.in_bounds:
            continue
        tensor.path, tensor.position = container.path, shard.offset + tensor.offset
        if tensor.hash_b3:
            found = blake3(container.view[tensor.position : tensor.position + tensor.length]).hexdigest()
            report.equal(f"tensor {tensor.name!r}: hash_b3", tensor.hash_b3, found)
