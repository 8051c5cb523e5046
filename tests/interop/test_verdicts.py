"""The tool and the formats' own libraries agree on which files are valid: on files that are odd or wrong in
every way that somebody thought of, and on some thousands that are so at random."""

import json
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import safetensors
import safetensors_library
import safetensors_variations
from round_trip import listed

AT_ONCE = 1000  # files that one process judges


def judge(tool, folder: Path, extension: str, files: dict[str, bytes]) -> dict[str, tuple[Path, dict]]:
    """Writes the files; where each is, and what the tool says of it."""
    paths = [folder / f"{place}{extension}" for place in range(len(files))]
    for path, data in zip(paths, files.values()):
        path.write_bytes(data)
    found = []
    for begin in range(0, len(paths), AT_ONCE):
        some = paths[begin:begin + AT_ONCE]
        done = tool.run("validate", "--full", "--json", *some)
        answer = json.loads(done.stdout)
        verdicts = answer if isinstance(answer, list) else [answer]
        assert [verdict["path"] for verdict in verdicts] == list(map(str, some))
        # None that could not be judged.
        assert all("sound" in verdict for verdict in verdicts)
        assert done.returncode == (0 if all(verdict["sound"] for verdict in verdicts) else 1)
        found += verdicts
    return dict(zip(files, zip(paths, found)))


def at_once(holds: Callable[[Path], bool], paths: list[Path]) -> list[Path]:
    """Those for which it does not hold; most of the time goes into waiting for processes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [path for path, held in zip(paths, pool.map(holds, paths)) if not held]


def faults(verdict: dict) -> list[str]:
    return [finding["message"] for finding in verdict["findings"] if finding["severity"] == "fault"]


# ---- safetensors

class Members(list):
    """A JSON object as the pairs that it is written as."""


class Number(str):
    """A number as it is written."""


def parse(header: bytes) -> Members:
    return json.loads(header, object_pairs_hook=Members, parse_int=Number, parse_float=Number)


def inside(value: object) -> list:
    """A JSON value and all that it holds."""
    values = [member for _, member in value] if isinstance(value, Members) else value
    values = values if isinstance(values, list) else []
    return [value, *(found for member in values for found in inside(member))]


def levels(value: object) -> int:
    values = [member for _, member in value] if isinstance(value, Members) else value
    return 1 + max(map(levels, values), default=0) if isinstance(value, list) else 0


def entries(header: Members) -> list:
    return [entry for name, entry in header if name != "__metadata__"]


def members(header: Members, key: str) -> list:
    return [value for entry in entries(header) if isinstance(entry, Members) for name, value in entry
            if name == key]


def names_twice(header: Members) -> bool:
    objects = [value for value in inside(header) if isinstance(value, Members)]
    return any(len({key for key, _ in pairs}) != len(pairs) for pairs in objects)


def past_the_parser(number: Number) -> bool:
    digits, _, exponent = number.lower().lstrip("-").partition("e")
    whole, _, fraction = digits.partition(".")
    return int(exponent or 0) > 308 + len(fraction) or math.isinf(float(whole))


# What the library takes and the tool refuses, by the message. Nothing is the other way round.
ON_PURPOSE: dict[str, Callable[[Members], bool]] = {
    # The library takes the last one. Nobody can tell which one was meant.
    "stands twice": names_twice,
    # A cap of the tool's own on all JSON; the library's is 127.
    "nested deeper than 64 levels": lambda header: levels(header) > 64,
    # A cap of the tool's own.
    "dimensions; at most 255 are handled":
        lambda header: any(len(shape) > 255 for shape in members(header, "shape")),
    # The format says objects and strings. That the library takes these besides comes from how its JSON parser
    # reads structures and enumerations of Rust's.
    "its entry in the header is an array, not an object":
        lambda header: any(not isinstance(entry, Members) for entry in entries(header)),
    '"dtype" is an object, not a string':
        lambda header: any(not isinstance(dtype, str) for dtype in members(header, "dtype")),
    # The tool's JSON parser judges exponent and digits each by itself. Such a number stands only where it is
    # ignored.
    "Number too big to be stored in double":
        lambda header: any(past_the_parser(value) for value in inside(header) if isinstance(value, Number)),
}


def library_takes(path: Path, data: bytes) -> bool:
    def takes(read: Callable[[], object]) -> bool:
        try:
            read()
        except safetensors.SafetensorError:
            return False
        return True

    whole = takes(lambda: safetensors.deserialize(data))
    # An empty file cannot be mapped.
    mapped = bool(data) and takes(lambda: safetensors.safe_open(path, framework="np"))
    assert whole == mapped
    return whole


def disagreement(path: Path, data: bytes, verdict: dict) -> str | None:
    """What is not as it should be."""
    if not library_takes(path, data):
        return "sound, but the library refuses it" if verdict["sound"] else None
    header = parse(data[8:8 + int.from_bytes(data[:8], "little")])
    reasons = [reason for reason, applies in ON_PURPOSE.items() if applies(header)]
    if not reasons:
        return None if verdict["sound"] else f"the library takes it, but {faults(verdict)}"
    named = any(reason in fault for reason in reasons for fault in faults(verdict))
    return None if named and not verdict["sound"] else f"not refused for {reasons}, but {faults(verdict)}"


def disagreements(files: dict[str, bytes], judged: dict[str, tuple[Path, dict]]) -> dict[str, tuple[str,
                                                                                                    bytes]]:
    found = {name: (disagreement(path, files[name], verdict), files[name][:500])
             for name, (path, verdict) in judged.items()}
    return {name: (said, data) for name, (said, data) in found.items() if said}


def test_safetensors_written_by_hand(tool, tmp_path):
    files = safetensors_variations.written_by_hand()
    judged = judge(tool, tmp_path, ".safetensors", files)
    assert disagreements(files, judged) == {}
    # Each difference is there, and one that is gone is not to stay in the list.
    said = "\n".join(fault for _, verdict in judged.values() for fault in faults(verdict))
    assert [reason for reason in ON_PURPOSE if reason not in said] == []


    # What both take says the same to both.
    sound = [path for path, verdict in judged.values() if verdict["sound"]]
    assert at_once(lambda path: listed(tool, path) == safetensors_library.read_raw(path), sound) == []
    for path, said in zip(sound, json.loads(tool.ok("inspect", "--json", "--metadata", *sound))):
        metadata = {entry["key"]: entry["value"] for entry in said["metadata"]}
        assert metadata == (safetensors_library.read_metadata(path) or {})


def test_safetensors_longest_header(tool, tmp_path):
    header = safetensors_variations.one(safetensors_variations.entry()).encode()
    for size, sound in ((100_000_000, True), (100_000_001, False)):
        path = tmp_path / "model.safetensors"
        path.write_bytes(safetensors_variations.file_of(header.ljust(size)))
        assert library_takes(path, path.read_bytes()) == sound
        assert tool.validate(path, "--full", "--quiet").returncode == (0 if sound else 1)
        path.unlink()


def test_safetensors_mutated(tool, tmp_path):
    files = safetensors_variations.mutated(seed=1, count=5000)
    judged = judge(tool, tmp_path, ".safetensors", files)
    assert disagreements(files, judged) == {}
    # Enough of both kinds.
    sound = sum(verdict["sound"] for _, verdict in judged.values())
    assert 500 < sound < len(files) - 500
