"""write_set: AEROSET directories, as the specification says that they are written, or valid and odd."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import layout
from .aeroset import INDEX_NAME
from .encoding import escaped, reversed_keys
from .oddities import JSON_VALUES, SET_ODDITIES, checked
from .writer import FileWriter, NewTensor, Shard, place, quant_table

# What parts are where the set's oddity is theirs.
ODD_PARTS = frozenset({"payloads-reversed", "unknown-chunks", "manifest-unknown-keys", "tidx-unknown-keys"})
ODD_INDEX = frozenset({"index-odd", "unknown-chunks", "manifest-unknown-keys", "tidx-reversed"})


def write_set(
    directory: str | os.PathLike[str],
    tensors: Iterable[NewTensor],
    *,
    oddities: Iterable[str] = (),
    model_name: str = "written by the suite",
    architecture: str = "interop",
    max_shard_bytes: int = layout.DEFAULT_SHARD_BYTES,
    max_part_shards: int = layout.DEFAULT_PART_SHARDS,
    page_size: int | None = None,
    control_hash: bool = False,
) -> Path:
    """Writes a valid set, and gives the path of its JSON index. Every part holds at least one shard."""
    odd = checked(oddities, SET_ODDITIES)
    listed = list(tensors)
    shards = place(listed, max_shard_bytes, frozenset())
    quants = quant_table(listed, frozenset())
    model = {"name": model_name, "architecture": architecture}
    root = Path(directory)
    root.mkdir(parents=True, exist_ok=True)
    parts: list[dict[str, Any]] = []
    for number, group in enumerate(_groups(shards, max_part_shards, odd)):
        path = _part_path(number, odd)
        (root / path).parent.mkdir(exist_ok=True)
        ids = [shard.number for shard in group]
        if "parts-from-zero" in odd:
            group = [Shard(place, shard.content, shard.tensors) for place, shard in enumerate(group)]
        writer = FileWriter(
            group,
            quants,
            ODD_PARTS if "parts-odd" in odd else frozenset(),
            model=model,
            page_size=page_size,
            control_hash=control_hash,
        )
        target = root / path
        if "links-inside" in odd and number == 0:
            target = root / "the real part"
            (root / path).symlink_to(target.name)
        writer.write(target)
        parts.append(_named(root, path, odd) | {"shards": ids})
    if "parts-reordered" in odd:
        parts.reverse()
    index_path = "the index of ünits.aero" if "names-other" in odd else "index.aero"
    index_odd = ODD_INDEX if "index-odd" in odd else frozenset()
    FileWriter(shards, quants, index_odd, model=model, control_hash=control_hash, is_index=True).write(
        root / index_path
    )
    index: dict[str, Any] = {
        "format": {"name": "AEROSET", "version": [0, 2 if {"version-2", "version-2-fields"} & odd else 1]},
        "model": model,
        "parts": parts,
        "global_tidx": _named(root, index_path, odd),
    }
    if "version-2-fields" in odd:
        index |= {
            "base_url": "https://models.invalid/some/where",
            "cache": {"enabled": True, "recommended": False},
        }
    if "unknown-keys" in odd:
        index |= JSON_VALUES
        for item in [index["format"], index["global_tidx"], *parts]:
            item["unknown"] = JSON_VALUES
    json_path = root / INDEX_NAME
    json_path.write_text(_text(index, odd))
    return json_path


def _groups(shards: list[Shard], size: int, odd: frozenset[str]) -> list[list[Shard]]:
    """Which shards lie together in a part."""
    if "parts-scattered" in odd:
        count = -(-len(shards) // size)
        return [shards[start::count] for start in range(count)]
    groups: list[list[Shard]] = []
    at = 0
    while at < len(shards):
        wanted = len(groups) + 1 if "parts-uneven" in odd else size
        groups.append(shards[at : at + wanted])
        at += wanted
    return groups


def _part_path(number: int, odd: frozenset[str]) -> str:
    if "names-other" in odd:
        return f"weights ñ° {number}"
    if "names-nested" in odd:
        return f"sub-{number % 2}/part-{number:03d}.aero"
    return f"part-{number:03d}.aero"


def _named(root: Path, path: str, odd: frozenset[str]) -> dict[str, Any]:
    content = (root / path).read_bytes()
    return {
        "path": f"./{path}" if "names-dot" in odd else path,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
    }


def _text(index: dict[str, Any], odd: frozenset[str]) -> str:
    if "json-compact" in odd:
        return json.dumps(index, separators=(",", ":"), ensure_ascii=False)
    if "json-escaped" in odd:
        return escaped(index)
    if "json-reordered" in odd:
        index = reversed_keys(index)
    return json.dumps(index, indent=2, ensure_ascii=False)
