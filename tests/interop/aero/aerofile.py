"""check_file: an AERO file, held to every rule of src/formats/aero/FORMAT.md."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from . import container as containers
from . import integrity, metadata, placement, tensors
from .container import Chunk, Container
from .faults import Report, Unreadable
from .metadata import Descriptor, Manifest
from .tensors import AeroTensor


@dataclass
class AeroFile:
    """What a file holds. `tensors` stand in the order of TIDX."""

    path: str
    uuid: bytes
    flags: int
    chunks: list[Chunk]
    meta: dict[str, Any] | None
    manifest: dict[str, Any] | None
    tensors: list[AeroTensor]
    quants: dict[int, Descriptor] = field(default_factory=dict, repr=False)

    def shards(self) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.fourcc == "WTSH"]


def check_file(path: str | os.PathLike[str], *, as_written: bool = True, standalone: bool = True) -> AeroFile:
    """Reads a file and holds it to the rules that every valid one keeps, and with `as_written` to what the
    specification says of those that are written by it; raises Fault with all that is broken.

    A file that is not `standalone` is one of a set: a part may number its shards from any number on, and an
    index.aero has tensors without shards."""
    report = Report(path)
    file = read_file(path, report, as_written=as_written, standalone=standalone)
    report.raise_if_any()
    assert file is not None  # nothing is unreadable without a fault
    return file


def read_file(
    path: str | os.PathLike[str], report: Report, *, as_written: bool, standalone: bool
) -> AeroFile | None:
    try:
        container = containers.read(path, report)
    except Unreadable:
        return None
    meta = metadata.read_json(container, report, as_written=as_written)
    manifest = metadata.read_manifest(container, report, as_written=as_written)
    quants = metadata.descriptors(manifest, meta, report, as_written=as_written)
    found = tensors.read(container, quants, report, as_written=as_written)
    file = AeroFile(
        container.path, container.uuid, container.flags, container.chunks, meta, manifest, found, quants
    )

    is_index = not standalone and not container.of("WTSH")
    if _has_reversed_shapes(meta, manifest):
        report.add(
            "shapes are row-major",
            "MJSN's source_format is gguf and MMSG has no source: the reference's GGUF converter wrote this, "
            "which reverses the shapes and counts padding into data_len",
        )
    else:
        tensors.check_sizes(found, report)
    if not is_index:
        tensors.check_bytes(container, found, report)
    if manifest is not None:
        counts = Counter(tensor.shard_id for tensor in found)
        Manifest(manifest, container, report, as_written=as_written).check(counts)
    integrity.check(container, report, as_written=as_written)
    if as_written:
        _check_as_written(container, file, report, standalone=standalone, is_index=is_index)
    return file


def _has_reversed_shapes(meta: dict[str, Any] | None, manifest: dict[str, Any] | None) -> bool:
    """src/formats/aero/FORMAT.md, "Files in the wild". A part of a set has no source in its MMSG, and so no
    source_format of gguf in its MJSN either."""
    if meta is None or manifest is None:
        return False
    return meta.get("source_format") == "gguf" and "source" not in manifest


def _check_as_written(
    container: Container, file: AeroFile, report: Report, *, standalone: bool, is_index: bool
) -> None:
    containers.check_as_written(container, report)
    present = {chunk.fourcc for chunk in container.chunks}
    for fourcc in ["MMSG"] if is_index else ["MJSN", "MMSG"]:
        if fourcc not in present:
            report.add("chunks as written", f"there is no {fourcc}")
    model = (file.manifest or {}).get("model")
    if file.meta is not None and isinstance(model, dict):
        report.equal("model of MJSN is that of MMSG", (model.get("name"), model.get("architecture")),
                     (file.meta.get("model_name"), file.meta.get("architecture")))  # fmt: skip
    shards = container.of("WTSH")
    if standalone and shards:
        report.equal("the first shard as written", 0, shards[0].shard)
    placement.check_order(file.tensors, report)
    if standalone or is_index:
        placement.check_quant_ids(file.tensors, file.quants, report)
    if not is_index:
        lengths = {chunk.shard: chunk.length for chunk in shards if chunk.shard is not None}
        alignments = placement.check_shards(file.tensors, lengths, report)
        placement.check_padding(container, file.tensors, report)
        placement.check_payloads(container, file.tensors, alignments, report)
    else:
        placement.check_payloads(container, file.tensors, [], report)
