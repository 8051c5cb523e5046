"""write_file: AERO files as the specification says that they are written, or valid and odd."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from blake3 import blake3

from . import integrity, layout
from .encoding import compress, json_text, pack
from .oddities import (
    JSON_VALUES,
    MSGPACK_VALUES,
    NEEDS_CONTROL_HASH,
    NEEDS_PAGES,
    NEEDS_SEVERAL_SHARDS,
    ODDITIES,
    PAGE_SIZES,
    checked,
)

DEFAULT_UUID = bytes.fromhex("0f1e2d3c4b5a49788796a5b4c3d2e1f0")
STRANGE_BITS = 0x8000_0110
STRANGE_TENSOR_FLAGS = 0x8000_0000_0000_0001


@dataclass
class NewTensor:
    """A tensor to write. `params` of a packed type are those of the specification unless given here; `extra`
    is added to its TIDX entry."""

    name: str
    dtype: str
    shape: list[int]
    data: bytes
    codec: str = ""
    quant_name: str = ""
    params: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    flags: int = 0
    hash_b3: bool = False

    @property
    def key(self) -> bytes:
        return self.name.encode()

    def quant_params(self) -> dict[str, Any]:
        return layout.packed_params(self.codec, self.quant_name) or {} if self.params is None else self.params


@dataclass
class Shard:
    number: int
    content: bytearray = field(default_factory=bytearray)
    tensors: list[tuple[NewTensor, int]] = field(default_factory=list)


@dataclass
class Quant:
    """A descriptor to write."""

    id: int
    quant_name: str
    codec: str
    params: dict[str, Any]

    def entry(self) -> dict[str, Any]:
        return {"id": self.id, "quant_name": self.quant_name, "codec": self.codec, "params": self.params}


@dataclass
class Draft:
    """A chunk on its way into the file."""

    fourcc: str
    name: str
    flags: int
    content: bytes = b""
    shard: int | None = None
    stored: bytes = b""
    offset: int = 0

    def digest(self) -> bytes:
        return blake3(self.content).digest()


def write_file(
    path: str | os.PathLike[str],
    tensors: Iterable[NewTensor],
    *,
    oddities: Iterable[str] = (),
    model_name: str = "written by the suite",
    architecture: str = "interop",
    max_shard_bytes: int = layout.DEFAULT_SHARD_BYTES,
    page_size: int | None = None,
    control_hash: bool = False,
    uuid: bytes | None = None,
    meta_extra: dict[str, Any] | None = None,
    manifest_extra: dict[str, Any] | None = None,
) -> None:
    """Writes a valid file. Without oddities it is one that check_file takes for written by the specification,
    as long as the tensors bring nothing strange themselves."""
    odd = checked(oddities, ODDITIES)
    listed = list(tensors)
    if "hashes-for-some" in odd or "hashes-tidx-early" in odd:
        every = 1 if "hashes-tidx-early" in odd else 2
        listed = [replace(tensor, hash_b3=number % every == 0) for number, tensor in enumerate(listed)]
    if "no-json-no-manifest" in odd and any(tensor.dtype == layout.PACKED for tensor in listed):
        raise ValueError("a packed tensor needs a descriptor in MJSN or MMSG")
    if NEEDS_SEVERAL_SHARDS & odd:
        max_shard_bytes = min(max_shard_bytes, max(1, sum(len(tensor.data) for tensor in listed) // 3))
    FileWriter(
        place(listed, max_shard_bytes, odd),
        quant_table(listed, odd),
        odd,
        model={"name": model_name, "architecture": architecture},
        page_size=page_size,
        control_hash=control_hash,
        uuid=uuid,
        meta_extra=meta_extra,
        manifest_extra=manifest_extra,
    ).write(path)


def place(tensors: list[NewTensor], max_shard_bytes: int, odd: frozenset[str], first: int = 0) -> list[Shard]:
    """src/formats/aero/FORMAT.md, "Sharding"."""
    ordered = sorted(tensors, key=lambda tensor: tensor.key, reverse="tensors-reversed" in odd)
    if "shards-mixed" in odd:
        ordered = [tensor for start in range(3) for tensor in ordered[start::3]]
    first = 7 if "shards-from-seven" in odd else first
    shards: list[Shard] = []
    for tensor in ordered:
        if shards and "shards-small" not in odd:
            begin = _next_offset(shards[-1], odd)
            if begin + len(tensor.data) <= max_shard_bytes:
                _put(shards[-1], tensor, begin)
                continue
        shards.append(Shard(first + len(shards)))
        _put(shards[-1], tensor, _next_offset(shards[-1], odd))
    if "tensors-apart" in odd:
        for shard in shards:
            shard.content += b"after the last"
    if "shards-empty" in odd:
        around = [[Shard(0), shard, Shard(0)] for shard in shards]
        shards = [shard for group in around for shard in group]
        for number, shard in enumerate(shards):
            shard.number = first + number
    return shards


def _next_offset(shard: Shard, odd: frozenset[str]) -> int:
    end = len(shard.content)
    if "tensors-apart" in odd:
        return layout.align(end, layout.CHUNK_ALIGNMENT) + 48
    if "tensors-unaligned" in odd:
        return end | 1
    return layout.align(end, layout.CHUNK_ALIGNMENT)


def _put(shard: Shard, tensor: NewTensor, begin: int) -> None:
    # What lies between tensors is covered by the shard's hash, and need not be zero in a valid file. It is
    # not where an oddity makes the gap wider than the alignment does.
    gap = begin - len(shard.content)
    shard.content += b"\xa5" * gap if gap >= layout.CHUNK_ALIGNMENT else bytes(gap)
    shard.content += tensor.data
    shard.tensors.append((tensor, begin))


def quant_table(tensors: list[NewTensor], odd: frozenset[str]) -> list[Quant]:
    """src/formats/aero/FORMAT.md, "dtype codes": ids count from 0 in the order in which types first appear
    in name order."""
    table: list[Quant] = []
    for tensor in sorted(tensors, key=lambda tensor: tensor.key):
        if tensor.dtype == layout.PACKED and find_quant(table, tensor) is None:
            number = 4_000_000_000 - 7 * len(table) if "quant-ids-sparse" in odd else len(table)
            table.append(Quant(number, tensor.quant_name, tensor.codec, tensor.quant_params()))
    if "quant-unknown-params" in odd:
        for quant in table:
            quant.params = quant.params | {"unknown": MSGPACK_VALUES["nested"]}
    if "quant-unused" in odd:
        table.append(Quant(len(table), "Q77_X", "nobody's", {"unknown": 1}))
    return table


def find_quant(table: list[Quant], tensor: NewTensor) -> Quant | None:
    wanted = (tensor.codec, tensor.quant_name)
    return next((quant for quant in table if (quant.codec, quant.quant_name) == wanted), None)


class FileWriter:
    """Puts one file together: of shards that are filled, or of the tensors of others as an index.aero."""

    def __init__(
        self,
        shards: list[Shard],
        quants: list[Quant],
        odd: frozenset[str],
        *,
        model: dict[str, str],
        page_size: int | None = None,
        control_hash: bool = False,
        uuid: bytes | None = None,
        meta_extra: dict[str, Any] | None = None,
        manifest_extra: dict[str, Any] | None = None,
        is_index: bool = False,
    ):
        self.shards = shards
        self.quants = quants
        self.odd = odd
        self.model = model
        self.meta_extra = meta_extra or {}
        self.manifest_extra = manifest_extra or {}
        self.is_index = is_index
        self.control_hash = control_hash or bool(NEEDS_CONTROL_HASH & odd)
        self.page_size = next((PAGE_SIZES[name] for name in odd if name in PAGE_SIZES), page_size)
        if self.page_size is None and NEEDS_PAGES & odd:
            self.page_size = layout.DEFAULT_PAGE_SIZE
        self.uuid = bytes(16) if "uuid-zero" in odd else uuid or DEFAULT_UUID

    def write(self, path: str | os.PathLike[str]) -> None:
        drafts = self._toc_order(self._drafts())
        for draft in drafts:
            if draft.fourcc == "MMSG":
                draft.content = pack(self._manifest(drafts), self.odd)
            draft.stored = (
                compress(draft.content, self.odd) if draft.flags & layout.COMPRESSED else draft.content
            )
        table, names = self._string_table(drafts)
        toc_offset = 4096 if "toc-later" in self.odd else layout.HEADER_SIZE
        toc_length = layout.TOC_HEADER.size + layout.TOC_ENTRY.size * len(drafts)
        if "toc-spare-room" in self.odd:
            toc_length += 2 * layout.TOC_ENTRY.size
        strings_offset = layout.align(toc_offset + toc_length, layout.STRING_ALIGNMENT)
        if "strings-later" in self.odd:
            strings_offset += 64
        payloads_start = layout.align(strings_offset + len(table), layout.CHUNK_ALIGNMENT)
        size = self._lay_out(drafts, payloads_start)

        control = bytearray(payloads_start)
        layout.HEADER.pack_into(
            control, 0, layout.MAGIC, *layout.VERSION, layout.HEADER_SIZE, toc_offset, toc_length,
            strings_offset, len(table), 0, self.uuid, bytes(28),
        )  # fmt: skip
        layout.TOC_HEADER.pack_into(control, toc_offset, len(drafts), 0, 0)
        control[strings_offset : strings_offset + len(table)] = table
        self._put_entries(control, toc_offset, drafts, names)
        for draft in drafts:
            if draft.fourcc == "IHSH":
                # The digest leaves the hashes of the TOC out, so that IHSH's own can follow it.
                digest = integrity.control_digest(
                    memoryview(control), toc_offset, len(drafts), payloads_start
                )
                draft.content = draft.stored = self._integrity(payloads_start, digest)
        self._put_entries(control, toc_offset, drafts, names)
        with open(path, "wb") as file:
            file.write(control)
            for draft in drafts:
                file.seek(draft.offset)
                file.write(draft.stored)
            file.truncate(size)

    def _drafts(self) -> list[Draft]:
        """The chunks in the TOC order of the specification. MMSG and IHSH tell of the others, and get their
        content later."""
        odd = self.odd
        drafts: list[Draft] = []
        if self.control_hash:
            drafts.append(self._draft("IHSH", self._integrity(0, bytes(layout.HASH_SIZE))))
        no_json = {"no-json", "no-json-no-manifest"} & odd or self.is_index and "index-odd" not in odd
        if not no_json:
            drafts.append(self._draft("MJSN", json_text(self._meta(), odd)))
        if not {"no-manifest", "no-json-no-manifest"} & odd:
            drafts.append(self._draft("MMSG", b""))
        drafts.append(self._draft("TIDX", pack(self._tidx(), odd)))
        for place, shard in enumerate([] if self.is_index else self.shards):
            weights = self._draft("WTSH", bytes(shard.content), shard.number)
            if self.page_size is None or (place > 0 and "phsh-for-one" in odd):
                drafts.append(weights)
                continue
            pages = self._draft(
                "PHSH", pack(self._pages(shard, weights.name, self.page_size), odd), shard.number
            )
            drafts += [pages, weights] if "phsh-first" in odd else [weights, pages]
        if "unknown-chunks" in odd:
            drafts[1:1] = [Draft("XTRA", "tensors", layout.OPTIONAL, b"not a TIDX, whatever its name says")]
            drafts += [
                Draft("XTRA", "größe/ñ 😀", layout.OPTIONAL | layout.COMPRESSED, b"compressed " * 1000),
                Draft("x.1~", "weights.shard0", 0, bytes(range(256))),
            ]
        if "unknown-chunk-empty" in odd:
            drafts.insert(0, Draft("NONE", "nothing", layout.OPTIONAL))
        if "strings-shared" in odd:
            drafts += [Draft(fourcc, "manifest", layout.OPTIONAL, b"shared") for fourcc in ("AAAA", "BBBB")]
        if "unknown-chunk-flags" in odd:
            for draft in drafts:
                draft.flags |= STRANGE_BITS
        return drafts

    def _draft(self, fourcc: str, content: bytes, shard: int | None = None) -> Draft:
        kind = layout.KINDS[fourcc]
        flags = kind.flags
        if "metadata-plain" in self.odd:
            flags &= ~layout.COMPRESSED
        if "json-compressed" in self.odd and fourcc == "MJSN":
            flags |= layout.COMPRESSED
        return Draft(fourcc, kind.name.format(shard), flags, content, shard)

    def _toc_order(self, drafts: list[Draft]) -> list[Draft]:
        if "toc-reversed" in self.odd:
            drafts = drafts[::-1]
        if "ihsh-last" in self.odd:
            drafts = sorted(drafts, key=lambda draft: draft.fourcc == "IHSH")
        return drafts

    def _string_table(self, drafts: list[Draft]) -> tuple[bytes, dict[str, int]]:
        """The table, and where each name stands in it."""
        table = b""
        at: dict[str, int] = {}
        for draft in reversed(drafts) if "strings-reversed" in self.odd else drafts:
            if draft.name not in at:
                at[draft.name] = len(table)
                table += draft.name.encode() + b"\0"
        spare = 4096 if "strings-spare-room" in self.odd else 0
        return table + bytes(-len(table) % layout.STRING_ALIGNMENT + spare), at

    def _lay_out(self, drafts: list[Draft], start: int) -> int:
        """Gives every payload its offset, and says how long the file is."""
        odd = self.odd
        order = list(drafts)
        hashed = any(tensor.hash_b3 for shard in self.shards for tensor, _ in shard.tensors)
        if hashed and "hashes-tidx-early" not in odd:
            order.sort(key=lambda draft: draft.fourcc == "TIDX")
        if "payloads-reversed" in odd:
            order.reverse()
        if "payloads-weights-first" in odd:
            order.sort(key=lambda draft: draft.fourcc != "WTSH")
        apart = 4096 + 16 if "payloads-apart" in odd else 0
        end = start
        for draft in order:
            draft.offset = layout.align(end, layout.CHUNK_ALIGNMENT) + apart
            end = draft.offset + len(draft.stored)
        return end + apart

    def _put_entries(
        self, control: bytearray, toc_offset: int, drafts: list[Draft], names: dict[str, int]
    ) -> None:
        for index, draft in enumerate(drafts):
            at = toc_offset + layout.TOC_HEADER.size + index * layout.TOC_ENTRY.size
            layout.TOC_ENTRY.pack_into(
                control, at, draft.fourcc.encode(), draft.flags, draft.offset, len(draft.stored),
                len(draft.content), names[draft.name], len(draft.name.encode()), 0, draft.digest(),
            )  # fmt: skip

    def _integrity(self, payloads_start: int, digest: bytes) -> bytes:
        value = {"algo": "blake3-256", "covered_ranges": [[0, payloads_start]], "digest": digest}
        return pack(value, self.odd).ljust(layout.INTEGRITY_SIZE, b"\0")

    def _pages(self, shard: Shard, name: str, page_size: int) -> dict[str, Any]:
        pages = [shard.content[at : at + page_size] for at in range(0, len(shard.content), page_size)]
        return {
            "shard_name": name,
            "page_size": page_size,
            "digests": [blake3(page).digest() for page in pages],
        }

    def _meta(self) -> dict[str, Any]:
        if "json-empty" in self.odd:
            return {}
        meta: dict[str, Any] = {
            "architecture": self.model["architecture"],
            "model_name": self.model["name"],
            "source_format": "interop",
        }
        if self.quants:
            meta["quant_descriptors"] = [quant.entry() for quant in self.quants]
        if "json-unknown-keys" in self.odd:
            meta |= JSON_VALUES
        return meta | self.meta_extra

    def _manifest(self, drafts: list[Draft]) -> dict[str, Any]:
        unknown = {"?": MSGPACK_VALUES["nested"]} if "manifest-unknown-keys" in self.odd else {}
        places = {(draft.fourcc, draft.shard): index for index, draft in enumerate(drafts)}
        chunks: list[dict[str, Any]] = []
        for index, draft in enumerate(drafts):
            kind = layout.KINDS.get(draft.fourcc)
            entry = {"role": kind.role if kind else "unknown", "fourcc": draft.fourcc, "toc_index": index}
            chunks.append(entry | ({} if draft.shard is None else {"shard_id": draft.shard}) | unknown)
        shards = [
            {
                "shard_id": shard.number,
                "toc_index": places["WTSH", shard.number],
                "size_bytes": len(shard.content),
                "tensor_count": len(shard.tensors),
                "mmap_critical": True,
            }
            | unknown
            for shard in ([] if self.is_index else self.shards)
        ]
        manifest: dict[str, Any] = {
            "format": {"name": "AERO", "version": list(layout.VERSION)} | unknown,
            "model": self.model | unknown,
            "chunks": chunks,
            "shards": shards,
        }
        if self.quants:
            manifest["quant_descriptors"] = [quant.entry() | unknown for quant in self.quants]
        if unknown:
            manifest |= MSGPACK_VALUES
        return manifest | self.manifest_extra

    def _tidx(self) -> dict[str, Any]:
        placed = [(tensor, offset, shard) for shard in self.shards for tensor, offset in shard.tensors]
        placed.sort(key=lambda item: item[0].key, reverse="tidx-reversed" in self.odd)
        unknown = MSGPACK_VALUES if "tidx-unknown-keys" in self.odd else {}
        entries = [self._entry(tensor, offset, shard) for tensor, offset, shard in placed]
        return {"before": unknown, "tensors": entries} | unknown if unknown else {"tensors": entries}

    def _entry(self, tensor: NewTensor, offset: int, shard: Shard) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "name": tensor.name,
            "dtype": layout.DTYPE_CODES[tensor.dtype],
            "shape": tensor.shape,
            "shard_id": shard.number,
            "data_off": offset,
            "data_len": len(tensor.data),
            "flags": STRANGE_TENSOR_FLAGS if "tensor-flags" in self.odd else tensor.flags,
        }
        if tensor.dtype == layout.PACKED:
            quant = find_quant(self.quants, tensor)
            assert quant is not None, f"no descriptor for {tensor.name!r}"
            entry |= {"quant_id": quant.id, "quant_params": quant.params}
        if tensor.hash_b3:
            entry["hash_b3"] = blake3(tensor.data).hexdigest()
        elif "hashes-empty" in self.odd:
            entry["hash_b3"] = ""
        if "tidx-unknown-keys" in self.odd:
            # A small value here: there may be many tensors, and the large ones stand in the top level.
            entry |= {"?": MSGPACK_VALUES["nested"], "dtype_name": "F77", "nil": None}
        return entry | (tensor.extra or {})
