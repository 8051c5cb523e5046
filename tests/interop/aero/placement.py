"""Where a writer puts tensors and payloads (src/formats/aero/FORMAT.md, "Sharding" and "Order")."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from . import layout
from .container import Chunk, Container, check_zeros
from .faults import Report
from .metadata import Descriptor
from .tensors import AeroTensor

# What tensors can be aligned to when they are written. The file does not say to what they were.
ALIGNMENTS = [1 << bit for bit in range(22)]
USUAL = 16


def check_order(tensors: list[AeroTensor], report: Report) -> None:
    """Tensors stand in name order, and so do their shards and their bytes."""
    for before, after in pairwise(tensors):
        if before.name.encode() >= after.name.encode():
            report.add("TIDX as written: name order", f"{after.name!r} follows {before.name!r}")
        if (after.shard_id, after.offset) < (before.shard_id, before.offset):
            report.add("tensors lie in name order", f"{after.name!r} lies before {before.name!r}")
        if after.shard_id - before.shard_id > 1:
            report.add("every shard holds a tensor", f"none between {before.name!r} and {after.name!r}")


def check_quant_ids(tensors: list[AeroTensor], quants: dict[int, Descriptor], report: Report) -> None:
    """src/formats/aero/FORMAT.md, "dtype codes": ids count from 0 in the order in which types first appear
    in name order."""
    packed = sorted((t for t in tensors if t.quant_id is not None), key=lambda t: t.name.encode())
    report.equal("quant ids in order of first appearance", list(range(len(quants))),
                 list(dict.fromkeys(tensor.quant_id for tensor in packed)))  # fmt: skip
    report.equal("quant_descriptors in order of their ids", list(range(len(quants))), list(quants))


def check_shards(tensors: list[AeroTensor], lengths: dict[int, int], report: Report) -> list[int]:
    """The gaps between tensors and the sharding rule. Gives the alignments that explain the offsets."""
    possible = [a for a in ALIGNMENTS if _misplaced(tensors, a) is None]
    if not possible:
        report.add("tensors follow each other without a gap", str(_misplaced(tensors, USUAL)))
    ends: dict[int, int] = {}
    for tensor in tensors:
        ends[tensor.shard_id] = max(ends.get(tensor.shard_id, 0), tensor.offset + tensor.length)
    for shard, length in lengths.items():
        if shard not in ends:
            report.add("every shard holds a tensor", f"none lies in shard {shard}")
        else:
            report.equal(f"shard {shard} ends with its last tensor", ends[shard], length)
    if possible and not any(_some_cap_explains(tensors, a) for a in possible):
        report.add("sharding", "no max_shard_bytes closes the shards where they are closed")
    return possible


def _misplaced(tensors: Iterable[AeroTensor], alignment: int) -> str | None:
    shard, end = None, 0
    for tensor in tensors:
        if tensor.shard_id != shard:
            shard, end = tensor.shard_id, 0
        expected = layout.align(end, alignment)
        if tensor.offset != expected:
            return f"{tensor.name!r}: expected {expected} (aligned to {alignment}), found {tensor.offset}"
        end = tensor.offset + tensor.length
    return None


def _some_cap_explains(tensors: list[AeroTensor], alignment: int) -> bool:
    """src/formats/aero/FORMAT.md, "Sharding": a tensor goes to the current shard until adding it would pass
    the cap, and an empty shard takes any. The file does not give the cap: it is at least what was let in, and
    less than what was not."""
    let_in, kept_out = 0, None
    for before, tensor in pairwise(tensors):
        end = before.offset + before.length
        if tensor.shard_id == before.shard_id:
            # A shard that has only empty tensors so far has no bytes yet, and may be taken for empty.
            if end > 0:
                let_in = max(let_in, tensor.offset + tensor.length)
        else:
            would_end = layout.align(end, alignment) + tensor.length
            kept_out = would_end if kept_out is None else min(kept_out, would_end)
    return kept_out is None or let_in < kept_out


def check_padding(container: Container, tensors: list[AeroTensor], report: Report) -> None:
    """What lies between the tensors of a shard is zero."""
    shards = {chunk.shard: chunk for chunk in container.of("WTSH") if chunk.toc_index in container.in_bounds}
    ends = dict.fromkeys(shards, 0)
    for tensor in sorted(tensors, key=lambda t: (t.shard_id, t.offset)):
        shard = shards.get(tensor.shard_id)
        if shard is None or tensor.offset + tensor.length > shard.length:
            continue
        end = ends[tensor.shard_id]
        if tensor.offset > end:
            rule = "padding between tensors is zero"
            check_zeros(container.view, shard.offset + end, shard.offset + tensor.offset, rule, report)
        ends[tensor.shard_id] = max(end, tensor.offset + tensor.length)


def check_payloads(
    container: Container, tensors: list[AeroTensor], alignments: list[int], report: Report
) -> None:
    """Payloads follow each other in TOC order, TIDX last where it carries hashes of tensors, each at the next
    multiple of 16, or a shard of the tensors' alignment where that is wider."""
    order = list(container.chunks)
    if any(tensor.hash_b3 for tensor in tensors):
        order.sort(key=lambda chunk: chunk.fourcc == "TIDX")
    misplaced = [_misplaced_payload(container, order, alignment) for alignment in alignments or [USUAL]]
    if all(misplaced):
        report.add("payloads as written", str(misplaced[0]))


def _misplaced_payload(container: Container, order: list[Chunk], alignment: int) -> str | None:
    end = container.payloads_start
    for chunk in order:
        wide = alignment if chunk.fourcc == "WTSH" else 1
        expected = layout.align(end, max(layout.CHUNK_ALIGNMENT, wide))
        if chunk.offset != expected:
            return f"{chunk}: expected offset {expected}, found {chunk.offset}"
        end = chunk.end
    if end != len(container.view):
        return f"the file ends with its last payload: expected {end} bytes, found {len(container.view)}"
    return None
