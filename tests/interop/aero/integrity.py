"""IHSH and PHSH: the hashes beside those of the TOC (src/formats/aero/FORMAT.md, "IHSH" and "PHSH")."""

from __future__ import annotations

from typing import Any

from blake3 import blake3

from . import layout, msgpack_forms
from .container import Chunk, Container
from .faults import Report
from .metadata import is_uint


def check(container: Container, report: Report, *, as_written: bool) -> None:
    for chunk in container.of("IHSH"):
        _check_control(container, chunk, report, as_written=as_written)
    page_sizes = {
        _check_pages(container, chunk, report, as_written=as_written) for chunk in container.of("PHSH")
    }
    if as_written and len(page_sizes) > 1:
        report.add("PHSH: one page_size", f"found {sorted(map(str, page_sizes))}")


def _map(
    container: Container, chunk: Chunk, keys: list[str], report: Report, *, as_written: bool
) -> dict[str, Any]:
    """The chunk's object; an empty map where it is not one, which then lacks every key."""
    content = container.contents.get(chunk.toc_index, b"")
    value = msgpack_forms.decode(content, str(chunk), report, trailing_zeros=chunk.fourcc == "IHSH")
    if not isinstance(value, dict):
        report.add(str(chunk), f"expected a map, found {type(value).__name__}")
        return {}
    if as_written:
        msgpack_forms.check_integers(content, str(chunk), report)
        report.equal(f"{chunk}: keys as written", keys, list(value))
    return value


def control_digest(view: memoryview, toc_offset: int, entries: int, end: int) -> bytes:
    """The digest of [0, end) with the hash of every TOC entry set to zero."""
    control = bytearray(view[:end])
    for index in range(entries):
        at = toc_offset + layout.TOC_HEADER.size + index * layout.TOC_ENTRY.size + layout.ENTRY_HASH_OFFSET
        control[at : at + layout.HASH_SIZE] = bytes(layout.HASH_SIZE)
    return blake3(control).digest()


def _check_control(container: Container, chunk: Chunk, report: Report, *, as_written: bool) -> None:
    value = _map(container, chunk, ["algo", "covered_ranges", "digest"], report, as_written=as_written)
    report.equal("IHSH: algo", "blake3-256", value.get("algo"))
    ranges = value.get("covered_ranges")
    report.equal("IHSH is padded to", layout.INTEGRITY_SIZE, chunk.length)
    if as_written:
        report.equal("IHSH: covered_ranges as written", [[0, container.payloads_start]], ranges)
    # One range from 0 on: whether a pair is begin and end or begin and length makes no difference there, and
    # the specification does not say how several would be put together.
    if not (isinstance(ranges, list) and len(ranges) == 1 and isinstance(ranges[0], list)
            and len(ranges[0]) == 2 and all(map(is_uint, ranges[0])) and ranges[0][0] == 0):  # fmt: skip
        report.add(
            "IHSH: covered_ranges", f"expected [[0, {container.payloads_start}]], found {ranges!r:.200}"
        )
        return
    end = ranges[0][1]
    least = container.strings_offset + container.strings_length
    if not least <= end <= len(container.view):
        report.add(
            "IHSH: covered_ranges cover header, TOC and string table",
            f"expected an end from {least} to the file's {len(container.view)}, found {end}",
        )
        return
    digest = control_digest(container.view, container.toc_offset, len(container.chunks), end)
    report.equal("IHSH: digest", digest, value.get("digest"))


def _check_pages(container: Container, chunk: Chunk, report: Report, *, as_written: bool) -> Any:
    value = _map(container, chunk, ["shard_name", "page_size", "digests"], report, as_written=as_written)
    page_size, digests = value.get("page_size"), value.get("digests")
    if chunk.shard is not None:
        report.equal(
            f"{chunk}: shard_name", layout.KINDS["WTSH"].name.format(chunk.shard), value.get("shard_name")
        )
    shard = next((s for s in container.of("WTSH") if s.name == value.get("shard_name")), None)
    if shard is None:
        report.add(f"{chunk}: shard_name", f"no WTSH is called {value.get('shard_name')!r}")
        return page_size
    if not is_uint(page_size) or page_size == 0:
        report.add(f"{chunk}: page_size", f"expected a number of bytes, found {page_size!r}")
        return page_size
    if shard.toc_index not in container.in_bounds:
        return page_size
    if not isinstance(digests, list):
        report.add(f"{chunk}: digests", f"expected a list, found {digests!r:.200}")
        return page_size
    if report.equal(f"{chunk}: number of pages", -(-shard.length // page_size), len(digests)):
        for page, digest in enumerate(digests):
            begin = shard.offset + page * page_size
            found = blake3(container.view[begin : min(begin + page_size, shard.end)]).digest()
            report.equal(f"{chunk}: digest of page {page}", found, digest)
    return page_size
