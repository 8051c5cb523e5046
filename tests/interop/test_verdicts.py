"""The tool and the formats' own libraries agree on which files are valid: on files that are odd or wrong in
every way that somebody thought of, and on some thousands that are so at random."""

import json
import os
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import isinf, prod
from pathlib import Path

import gguf
import gguf_library
import gguf_variations
import numpy
import pytest
import safetensors
import safetensors_library
import safetensors_variations
from gguf import GGUFValueType
from models import Values
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


def at_once(work: Callable[[Path], object], paths: list[Path]) -> list:
    """What it yields for each; most of the time goes into waiting for processes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, paths))


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
    return int(exponent or 0) > 308 + len(fraction) or isinf(float(whole))


# What the library takes and the tool refuses, by the message. Nothing is the other way round.
ON_PURPOSE: dict[str, Callable[[Members], bool]] = {
    # The library takes the last one. Nobody can tell which one was meant.
    "is duplicated": names_twice,
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
    for path, tensors in zip(sound, at_once(lambda path: listed(tool, path), sound)):
        assert tensors == safetensors_library.read_raw(path)
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
    files = safetensors_variations.mutated(seed=1, count=4000)
    judged = judge(tool, tmp_path, ".safetensors", files)
    assert disagreements(files, judged) == {}
    # Enough of both kinds.
    sound = sum(verdict["sound"] for _, verdict in judged.values())
    assert 500 < sound < len(files) - 500


# ---- GGUF

TYPES = {"u8": GGUFValueType.UINT8, "i8": GGUFValueType.INT8, "u16": GGUFValueType.UINT16,
         "i16": GGUFValueType.INT16, "u32": GGUFValueType.UINT32, "i32": GGUFValueType.INT32,
         "f32": GGUFValueType.FLOAT32, "bool": GGUFValueType.BOOL, "string": GGUFValueType.STRING,
         "array": GGUFValueType.ARRAY, "u64": GGUFValueType.UINT64, "i64": GGUFValueType.INT64,
         "f64": GGUFValueType.FLOAT64}
OWN_KEYS = ("GGUF.version", "GGUF.tensor_count", "GGUF.kv_count")


class Reader(gguf.GGUFReader):
    """The package's, but for this: what lies past the end of the file is not read as if it were empty.
    (It would look there for each of the 2^60 elements that a broken count tells of.)"""

    def _get(self, offset, dtype, count=1, override_order=None):
        found = super()._get(offset, dtype, count, override_order)
        if len(found) != count:
            raise EOFError
        return found


def package_reads(path: Path) -> Reader | None:
    try:
        # Numbers that pass 2^64 are a warning to numpy.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Reader(path)
    except Exception:  # it has none of its own: what is wrong with a file comes up wherever it comes up
        return None


def walk(parts: Iterator, levels: int = 1) -> list[tuple[int, int]]:
    """The type of the elements, and how deep it is, of an array and of those in it."""
    kind, count = int(next(parts)[0]), int(next(parts)[0])
    found = [(kind, levels)]
    for _ in range(count):
        if kind == GGUFValueType.ARRAY:
            found += walk(parts, levels + 1)
        else:
            next(parts)
            if kind == GGUFValueType.STRING:
                next(parts)
    return found


def arrays(reader: Reader) -> list[tuple[int, int]]:
    """Of all pairs. A pair's parts are its key's length and text, its type, and its value's parts."""
    return [found for field in reader.fields.values() if field.types[0] == GGUFValueType.ARRAY
            for found in walk(iter(field.parts[3:]))]


def is_packed(reader: Reader) -> bool:
    expected = 0
    for tensor in reader.tensors:
        if tensor.data_offset != int(reader.data_offset) + expected:
            return False
        expected += tensor.n_bytes + -tensor.n_bytes % int(reader.alignment)
    return True


def booleans(reader: Reader) -> set[int]:
    return {int(byte) for field in reader.fields.values() if field.types[-1] == GGUFValueType.BOOL
            for place in field.data for byte in field.parts[place].view(numpy.uint8)}


# The rules that the package does not look after and the tool does, by the message.
UNCHECKED: dict[str, Callable[[Reader], bool]] = {
    "a big-endian GGUF file; only little-endian ones are read": lambda reader: reader.byte_order != "I",
    "a metadata key is empty": lambda reader: "" in reader.fields,
    "GGUF knows 0 to 12": lambda reader: any(kind > 12 for kind, _ in arrays(reader)),
    "nests arrays deeper than 16 levels": lambda reader: any(levels > 16 for _, levels in arrays(reader)),
    "a boolean that is neither 0 nor 1": lambda reader: not booleans(reader) <= {0, 1},
    "dimensions; GGUF allows at most 4":
        lambda reader: any(len(tensor.shape) > 4 for tensor in reader.tensors),
    "bytes; at most 4096 are read":
        lambda reader: any(len(tensor.name.encode()) > 4096 for tensor in reader.tensors),
    "tensors follow each other, each padded to the alignment": lambda reader: not is_packed(reader),
}


@dataclass
class Told:
    """What the tool says of a sound file."""
    tensors: dict[str, Values]
    entries: list[dict]
    metadata: list[dict]


def is_past_numpy(entry: dict) -> bool:
    elements, size = gguf_library.GEOMETRY[entry["dtype"]]
    *rows, row = entry["shape"] or [1]
    return prod(max(1, dimension) for dimension in [*rows, row // elements]) * size >= 2**63


# What is sound and the package does not read.
BEYOND_THE_PACKAGE: dict[str, Callable[[Told], bool]] = {
    # ggml takes them as bytes, and so does the tool.
    "a key or a name that is not UTF-8": lambda told: any("key_hex" in pair for pair in told.metadata)
    or any("name_hex" in entry for entry in told.entries),
    # The package keeps the header's numbers under these keys.
    "a key of the package's own": lambda told: any(pair["key"] in OWN_KEYS for pair in told.metadata),
    "a type that the package does not know": lambda told: any(
        entry["dtype"] not in gguf.GGMLQuantizationType.__members__ for entry in told.entries),
    "a scalar of a type that numpy does not have": lambda told: any(
        not entry["shape"] and entry["dtype"] not in gguf_library.NUMPY for entry in told.entries),
    # The tensor has no elements: another of its dimensions is 0.
    "dimensions that numpy cannot hold": lambda told: any(
        is_past_numpy(entry) for entry in told.entries if entry["dtype"] in gguf_library.GEOMETRY),
}


def leaves(value: object) -> list:
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


def squeezed(text: str) -> str:
    return re.sub("\ufffd+", "\ufffd", text)


def is_leaf(part: numpy.ndarray, value: object) -> bool:
    """Whether a value from the tool's JSON is what the package reads."""
    if part.dtype.kind == "f":
        expected, found = part[0], part.dtype.type(float(value))
        return expected == found or bool(numpy.isnan(expected) and numpy.isnan(found))
    if isinstance(value, str):  # how many U+FFFD stand for what is not UTF-8 is left open
        return squeezed(part.tobytes().decode(errors="replace")) == squeezed(value)
    return part[0] == value


def same_metadata(reader: Reader, metadata: list[dict]) -> bool:
    fields = {key: field for key, field in reader.fields.items() if key not in OWN_KEYS}
    same_keys = list(fields) == [pair["key"] for pair in metadata]
    return same_keys and all(map(same_pair, fields.values(), metadata))


def same_pair(field: gguf.ReaderField, pair: dict) -> bool:
    types = [TYPES[pair["type"]]]
    if pair["type"] == "array" and pair["value"]:
        types.append(TYPES[pair["element_type"]])
    expected, found = [field.parts[place] for place in field.data], leaves(pair["value"])
    if pair["type"] == "string" and "value_hex" in pair:
        return expected[0].tobytes() == bytes.fromhex(pair["value_hex"])
    return (field.types[:len(types)] == types and len(expected) == len(found)
            and all(map(is_leaf, expected, found)))


def gguf_disagreement(path: Path, verdict: dict, told: Told | None) -> str | None:
    """What is not as it should be."""
    reader = package_reads(path)
    types = {tensor.tensor_type.name for tensor in reader.tensors} if reader else set()
    if "Q8_1" in types | {entry["dtype"] for entry in (told.entries if told else [])}:
        return None  # the package's table has a wrong size for it
    beyond = [reason for reason, applies in BEYOND_THE_PACKAGE.items() if told and applies(told)]
    if not reader:
        return "sound, but the package cannot read it" if told and not beyond else None
    broken = [rule for rule, applies in UNCHECKED.items() if applies(reader)]
    if not told:
        named = any(rule in fault for rule in broken for fault in faults(verdict))
        return None if named else f"the package reads it and {broken} are broken, but {faults(verdict)}"
    if broken or beyond:
        return f"sound and read, but {broken + beyond}"
    expected = {tensor.name: Values(tensor.tensor_type.name, tuple(map(int, reversed(tensor.shape))),
                                    tensor.data.tobytes()) for tensor in reader.tensors}
    if told.tensors != expected:
        return f"not the same tensors: {told.tensors} and {expected}"
    return None if same_metadata(reader, told.metadata) else f"not the same metadata: {told.metadata}"


def tell(tool, paths: list[Path]) -> list[Told]:
    inspected = json.loads(tool.ok("inspect", "--json", "--metadata", *paths))
    entries = at_once(tool.entries, paths)
    return [Told(tensors_of(some, path.read_bytes()), some, said["metadata"])
            for path, some, said in zip(paths, entries, inspected)]


def tensors_of(entries: list[dict], file: bytes) -> dict[str, Values]:
    """By where the tool says that they lie: `extract` would be another process for each file."""
    return {entry["name"]: Values(entry["dtype"], tuple(entry["shape"]),
                                  file[entry["offset"]:entry["offset"] + entry["size"]]) for entry in entries}


def gguf_disagreements(tool, judged: dict[str, tuple[Path, dict]]) -> dict[str, str]:
    sound = [path for path, verdict in judged.values() if verdict["sound"]]
    told = dict(zip(sound, tell(tool, sound)))
    found = {name: gguf_disagreement(path, verdict, told.get(path))
             for name, (path, verdict) in judged.items()}
    return {name: said for name, said in found.items() if said}


def test_gguf_written_by_hand(tool, tmp_path):
    judged = judge(tool, tmp_path, ".gguf", gguf_variations.written_by_hand())
    assert gguf_disagreements(tool, judged) == {}
    said = "\n".join(fault for _, verdict in judged.values() for fault in faults(verdict))
    assert [rule for rule in UNCHECKED if rule not in said] == []


def test_gguf_mutated(tool, tmp_path):
    files = gguf_variations.mutated(seed=1, count=2500)
    judged = judge(tool, tmp_path, ".gguf", files)
    assert gguf_disagreements(tool, judged) == {}
    sound = sum(verdict["sound"] for _, verdict in judged.values())
    assert 250 < sound < len(files) - 250


# ---- sharded safetensors

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
VALUES = Values("U8", (2,), b"ab")
FILES = {FIRST: ["a", "b"], SECOND: ["c"]}
MAP = {"a": FIRST, "b": FIRST, "c": SECOND}
INDEX = {"metadata": {"total_size": 6}, "weight_map": MAP}

# The tensors in each file, the index, and the fault. What loads such a folder by its index alone finds less.
SHARDED: dict[str, tuple[dict, object, str | None]] = {
    "sound": (FILES, INDEX, None),
    "no metadata": (FILES, {"weight_map": MAP}, None),
    "metadata without total_size": (FILES, {"metadata": {"other": 1}, "weight_map": MAP}, None),
    "more in the index": (FILES, {"more": [{}], **INDEX}, None),
    "a file that nobody names": ({**FILES, "other.safetensors": ["a"]}, INDEX, None),
    "nothing": ({}, {"weight_map": {}}, None),
    "a missing file": ({FIRST: ["a", "b"]}, INDEX, SECOND),
    "a tensor that is in no file": (FILES, {"weight_map": {**MAP, "d": SECOND}}, f"is not in '{SECOND}'"),
    "a tensor that is in another file": (FILES, {"weight_map": {**MAP, "b": SECOND}}, f"is in '{FIRST}'"),
    "a tensor that the index does not name":
        (FILES, {"weight_map": {"a": FIRST, "c": SECOND}}, "that the index does not name"),
    "a tensor in two files": ({FIRST: ["a", "b"], SECOND: ["b", "c"]}, {"weight_map": MAP}, FIRST),
    "a tensor in two files, the second named":
        ({FIRST: ["a", "b"], SECOND: ["b", "c"]}, {"weight_map": {**MAP, "b": SECOND}}, FIRST),
    "a wrong total_size": (FILES, {**INDEX, "metadata": {"total_size": 7}}, "total_size"),
    "a total_size that is no number": (FILES, {**INDEX, "metadata": {"total_size": "6"}}, "total_size"),
    "no weight_map": (FILES, {"metadata": {"total_size": 6}}, "weight_map"),
    "a weight_map that is none": (FILES, {"weight_map": []}, "weight_map"),
    "a file that is no text": (FILES, {"weight_map": {**MAP, "b": 1}}, "not a file"),
    "a path out of the folder": (FILES, {"weight_map": {**MAP, "b": f"../{FIRST}"}}, f"../{FIRST}"),
    "no object": (FILES, [], "not a JSON object"),
}


@pytest.mark.parametrize("name", SHARDED)
def test_sharded(tool, tmp_path, name):
    files, index, fault = SHARDED[name]
    for file, tensors in files.items():
        safetensors_library.write_raw(tmp_path / file, dict.fromkeys(tensors, VALUES), None)
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    done = tool.validate(path, "--full", "--json")
    said = faults(json.loads(done.stdout))
    assert done.returncode == (1 if fault else 0) and bool(said) == bool(fault)
    assert fault is None or any(fault in message for message in said), said
