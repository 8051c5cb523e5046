"""check_set: an AEROSET directory, held to every rule of src/formats/aeroset/FORMAT.md."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import placement
from .aerofile import AeroFile, read_file
from .container import Chunk
from .faults import Report, Unreadable
from .metadata import is_uint, unique_object
from .tensors import AeroTensor

INDEX_NAME = "model.aeroset.json"
KEYS = ["format", "model", "parts", "global_tidx"]
PART_KEYS = ["path", "sha256", "size_bytes", "shards"]
FILE_KEYS = ["path", "sha256", "size_bytes"]
SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass
class AeroSet:
    """A set. `tensors` are those of index.aero, in its order, with their bytes in the parts."""

    index: dict[str, Any]
    index_file: AeroFile
    parts: list[AeroFile]
    tensors: list[AeroTensor]


def check_set(directory: str | os.PathLike[str], *, as_written: bool = True) -> AeroSet:
    """Reads a set, named by its directory or its JSON index, with every part in full; raises Fault."""
    path = Path(directory)
    json_path = path / INDEX_NAME if path.is_dir() else path
    report = Report(json_path)
    result: AeroSet | None = None
    with contextlib.suppress(Unreadable):
        result = _Checker(json_path, report, as_written).check()
    report.raise_if_any()
    assert result is not None  # nothing is unreadable without a fault
    return result


class _Checker:
    def __init__(self, json_path: Path, report: Report, as_written: bool):
        self.directory = json_path.parent
        self.json_path = json_path
        self.report = report
        self.as_written = as_written

    def check(self) -> AeroSet | None:
        index = self._read_json()
        self._check_format(index)
        parts_listed = index.get("parts")
        if not isinstance(parts_listed, list) or not all(isinstance(part, dict) for part in parts_listed):
            self.report.fatal("parts", f"expected a list of objects, found {parts_listed!r:.200}")
        tidx = index.get("global_tidx")
        if not isinstance(tidx, dict):
            self.report.fatal("global_tidx", f"expected an object, found {tidx!r:.200}")
        shards = [self._shard_list(number, part) for number, part in enumerate(parts_listed)]
        flat = [shard for listed in shards for shard in listed]
        if len(set(flat)) != len(flat):
            self.report.add("parts: shards", f"a shard lies in two parts: {flat}")
        if self.as_written:
            self._check_index_as_written(index, shards)

        index_file = self._read_file("global_tidx", tidx)
        parts = [self._read_file(f"part {number}", part) for number, part in enumerate(parts_listed)]
        if index_file is None or None in parts:
            return None
        self._check_index_file(index, index_file)
        read = [part for part in parts if part is not None]
        self._check_agreement(index_file, read, shards)
        if self.as_written:
            self._check_parts_as_written(index_file, read, shards)
        return AeroSet(index, index_file, read, index_file.tensors)

    def _read_json(self) -> dict[str, Any]:
        try:
            text = self.json_path.read_bytes().decode()
            value = json.loads(text, object_pairs_hook=unique_object)
        except (OSError, ValueError, RecursionError) as error:
            self.report.fatal("index", str(error))
        if not isinstance(value, dict):
            self.report.fatal("index", f"expected an object, found {type(value).__name__}")
        if self.as_written:
            # How characters are escaped, and whether a newline ends the file, is not specified.
            forms = [json.dumps(value, indent=2, ensure_ascii=ascii_only) for ascii_only in (False, True)]
            if text.removesuffix("\n") not in forms:
                self.report.add("index as written", "is not indented by two spaces")
        return value

    def _check_format(self, index: dict[str, Any]) -> None:
        form, model = index.get("format"), index.get("model")
        if not isinstance(form, dict) or not self.report.equal("format name", "AEROSET", form.get("name")):
            self.report.fatal("format", f"expected name and version, found {form!r:.200}")
        if form.get("version") not in ([0, 1], [0, 2]):
            self.report.fatal(
                "format version", f"expected [0, 1] or [0, 2], found {form.get('version')!r:.200}"
            )
        if form["version"] == [0, 2]:
            if not isinstance(index.get("base_url", ""), str):
                self.report.add("base_url", f"expected a string, found {index['base_url']!r:.200}")
            cache = index.get("cache", {})
            if not isinstance(cache, dict) or not all(
                isinstance(cache.get(key, False), bool) for key in ("enabled", "recommended")
            ):
                self.report.add(
                    "cache", f"expected enabled and recommended, true or false, found {cache!r:.200}"
                )
        if not isinstance(model, dict) or not all(
            isinstance(model.get(k), str) for k in ("name", "architecture")
        ):
            self.report.add("model", f"expected name and architecture, found {model!r:.200}")

    def _shard_list(self, number: int, part: dict[str, Any]) -> list[int]:
        shards = part.get("shards")
        if isinstance(shards, list) and all(map(is_uint, shards)):
            return shards
        self.report.add(f"part {number}: shards", f"expected a list of numbers, found {shards!r:.200}")
        return []

    def _check_index_as_written(self, index: dict[str, Any], shards: list[list[int]]) -> None:
        equal = self.report.equal
        equal("index as written: key order", KEYS, [key for key in index if key in KEYS])
        for key in set(index) - set(KEYS) - {"base_url", "cache"}:
            self.report.add("index as written", f"{key!r} is no key of the specification")
        uses_new = "base_url" in index or "cache" in index
        equal("format version as written", [0, 2] if uses_new else [0, 1], index["format"]["version"])
        for number, part in enumerate(index["parts"]):
            equal(f"part {number}: keys as written", PART_KEYS, list(part))
            equal(f"part {number}: name as written", f"part-{number:03d}.aero", part.get("path"))
        equal("global_tidx: keys as written", FILE_KEYS, list(index["global_tidx"]))
        equal("global_tidx: name as written", "index.aero", index["global_tidx"].get("path"))
        flat = [shard for listed in shards for shard in listed]
        equal("shard ids count over the whole set", list(range(len(flat))), flat)
        if shards:
            # How many shards a part takes is not in the set, but only the last part may take fewer.
            counts = [len(listed) for listed in shards]
            equal("parts are filled one after the other", [counts[0]] * (len(counts) - 1), counts[:-1])
            if not 0 < counts[-1] <= counts[0]:
                self.report.add("parts are filled one after the other", f"found shards {counts}")

    def _resolve(self, rule: str, path: Any) -> Path | None:
        """src/formats/aeroset/FORMAT.md, "The index": a path in an index is hostile input."""
        if not isinstance(path, str) or not path or "\0" in path:
            self.report.add(f"{rule}: path", f"expected a relative path, found {path!r:.200}")
        elif path.startswith(("http://", "https://")):
            self.report.add(f"{rule}: path", f"{path!r:.200} is not on this machine and cannot be checked")
        elif os.path.isabs(path) or ".." in Path(path).parts:
            self.report.add(f"{rule}: path", f"{path!r:.200} leads out of the set's directory")
        else:
            try:
                full = (self.directory / path).resolve(strict=True)
            except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
                self.report.add(f"{rule}: path", str(error))
                return None
            if full.is_relative_to(self.directory.resolve()) and full.is_file():
                return full
            self.report.add(f"{rule}: path", f"{path!r:.200} is no file in the set's directory")
        return None

    def _read_file(self, rule: str, entry: dict[str, Any]) -> AeroFile | None:
        path = self._resolve(rule, entry.get("path"))
        if path is None:
            return None
        with open(path, "rb") as file:
            self.report.equal(f"{rule}: size_bytes", os.fstat(file.fileno()).st_size, entry.get("size_bytes"))
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        given = entry.get("sha256")
        if not isinstance(given, str) or not SHA256.fullmatch(given):
            self.report.add(f"{rule}: sha256", f"expected 64 hex digits, found {given!r:.200}")
        else:
            self.report.equal(f"{rule}: sha256", digest, given if self.as_written else given.lower())
        part = Report(path)
        result = read_file(path, part, as_written=self.as_written, standalone=False)
        self.report.faults += part.faults
        return result

    def _check_index_file(self, index: dict[str, Any], index_file: AeroFile) -> None:
        report = self.report
        if index_file.shards():
            report.add("index.aero has no WTSH", f"found {len(index_file.shards())}")
        if index_file.manifest is None:
            report.add("index.aero has an MMSG", "found none")
            return
        names = ("name", "architecture")
        ours, theirs = index.get("model"), index_file.manifest.get("model")
        if isinstance(ours, dict) and isinstance(theirs, dict):
            report.equal("the index's model is index.aero's", [theirs.get(n) for n in names],
                         [ours.get(n) for n in names])  # fmt: skip

    def _part_shards(self, number: int, part: AeroFile, listed: list[int]) -> dict[int, Chunk]:
        """The chunk of each shard that the index lists for a part: by the set-wide number where the part has
        it, and else by place, where it numbers its shards from 0 again."""
        own = {chunk.shard: chunk for chunk in part.shards() if chunk.shard is not None}
        if set(own) == set(listed):
            return {shard: own[shard] for shard in listed}
        from_zero = set(own) == set(range(len(listed)))
        if self.as_written or not from_zero:
            self.report.add(f"part {number}: shards", f"the index lists {listed}, the part has {sorted(own)}")
        if not from_zero:
            return {}
        return {shard: own[place] for place, shard in enumerate(listed)}

    def _check_agreement(self, index_file: AeroFile, parts: list[AeroFile], shards: list[list[int]]) -> None:
        """Index and parts agree tensor by tensor; the index's tensors are told where their bytes are."""
        home: dict[int, tuple[int, Chunk]] = {}
        for number, (part, listed) in enumerate(zip(parts, shards, strict=True)):
            for shard, chunk in self._part_shards(number, part, listed).items():
                home[shard] = (number, chunk)
        in_parts = [{tensor.name: tensor for tensor in part.tensors} for part in parts]
        claimed: set[tuple[int, str]] = set()
        for tensor in index_file.tensors:
            rule = f"index.aero: tensor {tensor.name!r}"
            if tensor.shard_id not in home:
                self.report.add(rule, f"no part lists shard {tensor.shard_id}")
                continue
            number, chunk = home[tensor.shard_id]
            own = in_parts[number].get(tensor.name)
            if own is None:
                self.report.add(rule, f"part {number}, which has its shard, has no such tensor")
                continue
            claimed.add((number, tensor.name))
            self.report.equal(f"{rule}: shard in part {number}", own.shard_id, chunk.shard)
            for key in ("dtype", "codec", "quant_name", "shape", "offset", "length", "hash_b3"):
                self.report.equal(f"{rule}: {key} in part {number}", getattr(own, key), getattr(tensor, key))
            if tensor.offset + tensor.length <= chunk.length:
                tensor.path, tensor.position = parts[number].path, chunk.offset + tensor.offset
            else:
                self.report.add(f"{rule} within its shard", f"ends behind {chunk.length} bytes")
        for number, own_tensors in enumerate(in_parts):
            for name in own_tensors:
                if (number, name) not in claimed:
                    self.report.add(
                        f"part {number}: tensor {name!r}", "index.aero does not give it to this part"
                    )

    def _check_parts_as_written(
        self, index_file: AeroFile, parts: list[AeroFile], shards: list[list[int]]
    ) -> None:
        if index_file.meta is not None:
            self.report.add("index.aero as written", "has an MJSN, which stands in the parts")
        lengths: dict[int, int] = {}
        for number, part in enumerate(parts):
            if part.manifest is not None and "source" in part.manifest:
                self.report.add(f"part {number}: source as written", "stands in index.aero alone")
            self.report.equal(
                f"part {number}: quant_descriptors repeat the set's", index_file.quants, part.quants
            )
            lengths |= {chunk.shard: chunk.length for chunk in part.shards() if chunk.shard is not None}
        # Shards are cut over the whole set: a part alone does not show why its last one ends.
        placement.check_shards(index_file.tensors, lengths, self.report)
