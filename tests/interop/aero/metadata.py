"""MJSN and MMSG: what the file says of its model (src/formats/aero/FORMAT.md, "MJSN" and "MMSG")."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, TypeGuard

from . import layout, msgpack_forms
from .container import Container
from .faults import Report

MANIFEST_KEYS = ["format", "model", "chunks", "shards", "quant_descriptors"]
SHARD_KEYS = ["shard_id", "toc_index", "size_bytes", "tensor_count", "mmap_critical"]
DESCRIPTOR_KEYS = ["id", "quant_name", "codec", "params"]


def is_uint(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@dataclass(frozen=True)
class Descriptor:
    """What a quant_id stands for."""

    id: int
    quant_name: str
    codec: str
    params: dict[str, Any]


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no key is duplicated: readers do not agree on which of the two counts."""
    repeated = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    if repeated:
        raise ValueError(f"the key {repeated[0]!r} is duplicated in an object")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class _Number(str):
    """A number as it stands in the text: its value says nothing of how it was written."""


def exact_json(text: str) -> str:
    """The bytes that are prescribed for what `text` says (src/formats/aero/FORMAT.md, "MJSN")."""

    def write(value: Any) -> str:
        if isinstance(value, _Number):
            return value
        if isinstance(value, dict):
            # UTF-8 keeps the order of code points, by which Python sorts.
            return "{" + ",".join(f"{write(key)}:{write(value[key])}" for key in sorted(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(write, value)) + "]"
        # json's ASCII form is the prescribed one: lower-case hex, surrogate pairs, 0x7f escaped, / not.
        return json.dumps(value)

    return write(json.loads(text, parse_int=_Number, parse_float=_Number))


def read_json(container: Container, report: Report, *, as_written: bool) -> dict[str, Any] | None:
    content = _content(container, "MJSN")
    if content is None:
        return None
    try:
        text = content.decode()
        value = json.loads(text, object_pairs_hook=unique_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        report.add("MJSN", f"is not JSON: {error}")
        return None
    if not isinstance(value, dict):
        report.add("MJSN", f"expected an object, found {type(value).__name__}")
        return None
    for key in ("architecture", "model_name", "source_format"):
        if key in value and not isinstance(value[key], str):
            report.add(f"MJSN: {key}", f"expected a string, found {value[key]!r}")
    if as_written:
        report.equal("MJSN's exact bytes", exact_json(text), text)
        for key in ("architecture", "model_name"):
            if key not in value:
                report.add("MJSN as written", f"has no {key}")
    return value


def read_manifest(container: Container, report: Report, *, as_written: bool) -> dict[str, Any] | None:
    content = _content(container, "MMSG")
    if content is None:
        return None
    value = msgpack_forms.decode(content, "MMSG", report)
    if as_written:
        msgpack_forms.check_integers(content, "MMSG", report)
    if not isinstance(value, dict):
        report.add("MMSG", f"expected a map, found {type(value).__name__}")
        return None
    return value


def _content(container: Container, fourcc: str) -> bytes | None:
    chunks = container.of(fourcc)
    return container.contents.get(chunks[0].toc_index) if chunks else None


class Manifest:
    """Holds an MMSG to the TOC and, given how many tensors each shard has, to TIDX."""

    def __init__(self, value: dict[str, Any], container: Container, report: Report, *, as_written: bool):
        self.value = value
        self.container = container
        self.report = report
        self.as_written = as_written

    def check(self, tensor_counts: Counter[int]) -> None:
        known = [key for key in self.value if key in MANIFEST_KEYS]
        if self.as_written:
            self.report.equal("MMSG: key order", [k for k in MANIFEST_KEYS if k in self.value], known)
        self._check_format()
        self._check_chunks()
        self._check_shards(tensor_counts)

    def _list(self, key: str) -> list[dict[str, Any]] | None:
        """A list of maps; None, with a fault, where it is anything else."""
        value = self.value.get(key)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self.report.add(f"MMSG: {key}", f"expected a list of maps, found {value!r:.200}")
        return None

    def _keys(self, rule: str, expected: list[str], found: dict[str, Any]) -> None:
        if self.as_written:
            self.report.equal(f"{rule}: keys as written", expected, list(found))

    def _check_format(self) -> None:
        for key, names in (("format", ["name", "version"]), ("model", ["name", "architecture"])):
            part = self.value.get(key)
            if not isinstance(part, dict):
                self.report.add(f"MMSG: {key}", f"expected a map, found {part!r}")
                continue
            self._keys(f"MMSG: {key}", names, part)
            if key == "format":
                self.report.equal(
                    "MMSG: format", ("AERO", list(layout.VERSION)), (part.get("name"), part.get("version"))
                )
            else:
                for name in names:
                    if not isinstance(part.get(name), str):
                        self.report.add(f"MMSG: model {name}", f"expected a string, found {part.get(name)!r}")

    def _check_chunks(self) -> None:
        entries = self._list("chunks")
        if entries is None:
            return
        self.report.equal(
            "MMSG: chunks, one for each TOC entry in TOC order",
            [(chunk.toc_index, chunk.fourcc) for chunk in self.container.chunks],
            [(entry.get("toc_index"), entry.get("fourcc")) for entry in entries],
        )
        for entry, chunk in zip(entries, self.container.chunks):
            rule = f"MMSG: entry of {chunk}"
            kind = layout.KINDS.get(chunk.fourcc)
            if kind is None:
                if not isinstance(entry.get("role"), str):
                    self.report.add(f"{rule}: role", f"expected a string, found {entry.get('role')!r}")
                continue
            self.report.equal(f"{rule}: role", kind.role, entry.get("role"))
            keys = ["role", "fourcc", "toc_index"]
            if chunk.shard is not None:
                self.report.equal(f"{rule}: shard_id", chunk.shard, entry.get("shard_id"))
                keys.append("shard_id")
            self._keys(rule, keys, entry)

    def _check_shards(self, tensor_counts: Counter[int]) -> None:
        entries = self._list("shards")
        if entries is None:
            return
        shards = {chunk.shard: chunk for chunk in self.container.of("WTSH") if chunk.shard is not None}
        found: list[Any] = [entry.get("shard_id") for entry in entries]
        if not all(map(is_uint, found)):
            self.report.add("MMSG: shards", f"shard_id is a number, found {found!r:.200}")
            return
        expected = list(shards)
        if not self.as_written:
            expected, found = sorted(expected), sorted(found)
        if not self.report.equal("MMSG: shards, one for each WTSH", expected, found):
            return
        for entry in entries:
            shard = entry["shard_id"]
            rule = f"MMSG: shard {shard}"
            chunk = shards[shard]
            self._keys(rule, SHARD_KEYS, entry)
            self.report.equal(f"{rule}: toc_index", chunk.toc_index, entry.get("toc_index"))
            self.report.equal(f"{rule}: size_bytes", chunk.length, entry.get("size_bytes"))
            self.report.equal(f"{rule}: tensor_count", tensor_counts[shard], entry.get("tensor_count"))
            critical = entry.get("mmap_critical")
            if self.as_written or not isinstance(critical, bool):
                self.report.equal(f"{rule}: mmap_critical", True, critical)


def descriptors(
    manifest: dict[str, Any] | None, meta: dict[str, Any] | None, report: Report, *, as_written: bool
) -> dict[int, Descriptor]:
    """What the quant ids stand for. MMSG says it and MJSN repeats it: a file without MMSG can be read too."""
    lists = {
        name: source["quant_descriptors"]
        for name, source in (("MMSG", manifest), ("MJSN", meta))
        if source is not None and "quant_descriptors" in source
    }
    tables = {
        name: _read_descriptors(value, name, report, as_written=as_written) for name, value in lists.items()
    }
    if as_written and manifest is not None and meta is not None:
        report.equal("quant_descriptors of MJSN are those of MMSG", tables.get("MMSG"), tables.get("MJSN"))
    return tables.get("MMSG", tables.get("MJSN", {}))


def _read_descriptors(value: Any, name: str, report: Report, *, as_written: bool) -> dict[int, Descriptor]:
    table: dict[int, Descriptor] = {}
    rule = f"{name}: quant_descriptors"
    if not isinstance(value, list):
        report.add(rule, f"expected a list, found {value!r:.200}")
        return table
    for item in value:
        if not isinstance(item, dict):
            report.add(rule, f"expected a map, found {item!r:.200}")
            continue
        quant_id, quant_name, codec, params = (item.get(key) for key in DESCRIPTOR_KEYS)
        if not (
            is_uint(quant_id)
            and isinstance(quant_name, str)
            and isinstance(codec, str)
            and isinstance(params, dict)
        ):
            report.add(rule, f"expected id, quant_name, codec and params, found {item!r:.200}")
            continue
        descriptor = Descriptor(quant_id, quant_name, codec, params)
        if descriptor.id in table:
            report.add(rule, f"the id {descriptor.id} is duplicated")
        table[descriptor.id] = descriptor
        _check_params(descriptor, rule, report, as_written=as_written)
        if as_written and name == "MMSG":
            report.equal(f"{rule}: keys as written", DESCRIPTOR_KEYS, list(item))
    if as_written:
        named = [(d.codec, d.quant_name) for d in table.values()]
        if len(set(named)) != len(named):
            report.add(rule, f"a type has two ids: {named}")
        if not table:
            report.add(rule, "expected none where nothing is packed, found an empty list")
    return table


def _check_params(descriptor: Descriptor, rule: str, report: Report, *, as_written: bool) -> None:
    expected = layout.packed_params(descriptor.codec, descriptor.quant_name)
    if expected is None:
        if as_written:
            report.add(rule, f"{descriptor.codec} {descriptor.quant_name!r} is no type that is packed")
        return
    rule = f"{rule}: params of {descriptor.quant_name}"
    for key, value in expected.items():
        if as_written or key in descriptor.params:
            report.equal(f"{rule}: {key}", value, descriptor.params.get(key))
    if as_written:
        report.equal(rule, expected, descriptor.params)
        if descriptor.quant_name in layout.DTYPE_CODES:
            report.add(rule, f"{descriptor.quant_name} has a dtype code of its own, and is not packed")
