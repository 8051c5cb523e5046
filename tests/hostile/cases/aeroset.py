"""AEROSET: the index, the paths in it, and how it and its files agree."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aero_file import PACKED, TENSORS, U8, File, compressed, entry, lay_out, model, shard
from case import Case, Content, Table, Verdict
from frames import frame, run
from frames import raw as raw_blocks
from packing import Raw, array_header

DEEP = 100_000
HIGHEST = (1 << 64) - 1


def second_tensor() -> dict[str, Any]:
    return entry("d", U8, [32], 0, 32, shard=1)


def files() -> dict[str, bytes]:
    """A sound set of two parts, but for the index."""
    return {
        "index.aero": model(tensors=[*TENSORS, second_tensor()], shards=[]).bytes(),
        "part-000.aero": model().bytes(),
        "part-001.aero": model(tensors=[second_tensor()], shards=[shard(1)]).bytes(),
    }


def described(name: str, data: bytes, **more: Any) -> dict[str, Any]:
    return {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data), **more}


def index(parts: dict[str, bytes]) -> dict[str, Any]:
    return {
        "format": {"name": "AEROSET", "version": [0, 1]},
        "model": {"name": "m", "architecture": "llama"},
        "parts": [described(f"part-00{i}.aero", parts[f"part-00{i}.aero"], shards=[i]) for i in range(2)],
        "global_tidx": described("index.aero", parts["index.aero"]),
    }


def a_set(
    edit: Callable[[Any], Any] | None = None,
    change: Callable[[dict[str, Content]], Any] | None = None,
    raw: bytes | None = None,
) -> dict[str, Content]:
    """The set with its index edited, and then its files changed."""
    parts: dict[str, Any] = files()
    content: Any = index(parts)
    if edit is not None:
        changed = edit(content)
        content = content if changed is None else changed
    parts["model.aeroset.json"] = json.dumps(content, indent=2).encode() if raw is None else raw
    if change is not None:
        change(parts)
    return parts


def setting(*path: Any, to: Any) -> Callable[[Any], None]:
    """An edit of the index; None leaves the key out."""

    def edit(content: Any) -> None:
        for key in path[:-1]:
            content = content[key]
        if to is None:
            del content[path[-1]]
        else:
            content[path[-1]] = to

    return edit


def link(target: str) -> Content:
    return lambda path: os.symlink(target, path)


def special(make: Callable[[Path], None]) -> Content:
    return make


def with_nils(file: File, count: int) -> bytes:
    """The file with MMSG compressed, which has that many nils in a row."""
    chunks = list(file.chunks)
    number = file.index("MMSG")
    before, after = chunks[number].stored.split(b"\xc0" * count)
    blocks = raw_blocks(before) + run(b"\xc0", count) + raw_blocks(after)
    size = len(chunks[number].stored)
    chunks[number] = compressed(chunks[number], frame(blocks, size), size)
    return lay_out(chunks).bytes()


def set_of_descriptors(in_index: bool) -> dict[str, Content]:
    """Each of the parts describes a type, the same one, that takes 10 MB in memory and 100 KB of MMSG, which
    pack into a few bytes. The index describes that one too, or another."""
    count, nils = 40, 100_000

    def describe(content: dict[str, Any], params: dict[str, Any]) -> None:
        content["quant_descriptors"] = [{"id": 0, "quant_name": "Q", "codec": "c", "params": params}]

    def edit(content: dict[str, Any]) -> None:
        describe(content, {"k": Raw(array_header(nils) + b"\xc0" * nils)})

    def tensor(number: int, shard_id: int) -> dict[str, Any]:
        return entry(f"t{number:02}", PACKED, [32], 0, 32, shard_id, quant_id=0)

    tensors = [tensor(i, i) for i in range(count)]
    parts: dict[str, Any] = {
        "index.aero": with_nils(model(tensors=tensors, shards=[], edit=edit), nils)
        if in_index
        else model(tensors=tensors, shards=[], edit=lambda content: describe(content, {})).bytes()
    }
    # All of them number their shards from 0, and so have the same MMSG.
    for i in range(count):
        parts[f"part-{i:03}.aero"] = with_nils(model(tensors=[tensor(i, 0)], edit=edit), nils)
    content = index(parts)
    content["parts"] = [
        described(f"part-{i:03}.aero", parts[f"part-{i:03}.aero"], shards=[i]) for i in range(count)
    ]
    parts["model.aeroset.json"] = json.dumps(content, indent=2).encode()
    return parts


def cases() -> Table:
    t = Table("set")

    def add(name: str, verdict: Verdict, says: str, content: dict[str, Content]) -> None:
        t.cases.append(Case(f"{name}.set", verdict, says, files=content, model="model.aeroset.json"))

    def unreadable(
        name: str,
        says: str,
        edit: Callable[[Any], Any] | None = None,
        change: Callable[[dict[str, Content]], Any] | None = None,
    ) -> None:
        add(name, Verdict.UNREADABLE, says, a_set(edit, change))

    def fault(name: str, says: str, edit: Callable[[Any], Any]) -> None:
        add(name, Verdict.FAULT, says, a_set(edit))

    def raw(name: str, says: str, text: bytes) -> None:
        add(name, Verdict.UNREADABLE, says, a_set(raw=text))

    def renamed(new: str) -> Callable[[dict[str, Content]], None]:
        """The first part is under another name."""

        def change(parts: dict[str, Content]) -> None:
            parts[new] = parts.pop("part-000.aero")

        return change

    def replaced(name: str, content: Content) -> Callable[[dict[str, Content]], None]:
        def change(parts: dict[str, Content]) -> None:
            parts[name] = content

        return change

    add("sound", Verdict.SOUND, "sound", a_set())
    # ---- the index's JSON
    raw("index-empty", "is empty", b"")
    raw("index-cut-short", "not valid JSON", b'{"format": {"name": "AEROSET"')
    raw("index-an-array", "is not a JSON object", b"[]")
    raw("index-nested-100000-deep", "nested deeper", b'{"a":' + b"[" * DEEP)
    raw("index-not-utf-8", "Invalid encoding", b'{"format": "\xff"}')
    raw("index-key-stands-twice", 'the key "a" is duplicated', b'{"a": 1, "a": 2}')
    unreadable("format-missing", "is not the index of an AEROSET", setting("format", to=None))
    unreadable("format-of-another", "is not the index of an AEROSET", setting("format", "name", to="AERO"))
    unreadable("version-0.3", "AEROSET version 0.3", setting("format", "version", to=[0, 3]))
    unreadable("version-0.0", "AEROSET version 0.0", setting("format", "version", to=[0, 0]))
    unreadable("version-1.1", "AEROSET version 1.1", setting("format", "version", to=[1, 1]))
    unreadable("version-of-one-number", "has no version made of two numbers", setting("format", "version", to=[0]))
    unreadable("version-text", "has no version made of two numbers", setting("format", "version", to="0.1"))
    unreadable("parts-missing", '"parts" is missing', setting("parts", to=None))
    unreadable("parts-an-object", '"parts" is missing or not an array', setting("parts", to={}))
    unreadable("parts-of-numbers", "part 0 does not name a file", setting("parts", to=[1]))
    unreadable("global-tidx-missing", '"global_tidx" is missing', setting("global_tidx", to=None))
    unreadable("global-tidx-a-number", '"global_tidx" does not name a file', setting("global_tidx", to=7))
    fault("model-missing", '"model" is missing', setting("model", to=None))
    fault("model-name-of-another", "the model's name is 'other'", setting("model", "name", to="other"))
    fault("model-name-with-escapes", "the model's name is '\\x1b[2J'", setting("model", "name", to="\x1b[2J"))
    fault("sha256-missing", "has no sha256", setting("parts", 0, "sha256", to=None))
    fault("sha256-upper-case", "sha256 is not 64 lower-case", setting("parts", 0, "sha256", to="A" * 64))
    fault("sha256-of-63-digits", "sha256 is not 64 lower-case", setting("parts", 0, "sha256", to="a" * 63))
    fault("size-missing", "has no size_bytes", setting("parts", 0, "size_bytes", to=None))
    fault("size-negative", "size_bytes is not a number of bytes", setting("parts", 0, "size_bytes", to=-1))
    fault("size-fraction", "size_bytes is not a number of bytes", setting("parts", 0, "size_bytes", to=1.5))
    unreadable("size-of-another", "bytes, the index says 7", setting("parts", 0, "size_bytes", to=7))
    unreadable(
        "size-2-64-1", f"bytes, the index says {HIGHEST}", setting("parts", 0, "size_bytes", to=HIGHEST)
    )
    add(
        "sha256-of-a-part",
        Verdict.WEIGHTS,
        "its SHA-256 is",
        a_set(setting("parts", 0, "sha256", to="0" * 64)),
    )
    unreadable("sha256-of-the-index", "its SHA-256 is", setting("global_tidx", "sha256", to="0" * 64))
    # ---- which shards
    unreadable("shards-missing", '"shards" is missing', setting("parts", 0, "shards", to=None))
    unreadable(
        "shards-of-text",
        '"shards" is missing or not an array of numbers',
        setting("parts", 0, "shards", to=["0"]),
    )
    unreadable(
        "shard-listed-twice", "lists shard 0, which is already listed", setting("parts", 1, "shards", to=[0])
    )
    unreadable("shard-too-many", "holds 1 shard, the index lists 2", setting("parts", 0, "shards", to=[0, 2]))
    unreadable("shard-2-64-1", "", setting("parts", 0, "shards", to=[HIGHEST]))
    unreadable("part-missing", "", lambda content: content["parts"].pop() and None)
    unreadable(
        "part-named-twice",
        "is named twice in the index",
        lambda content: content["parts"].append(content["parts"][0]),
    )
    # ---- paths
    for name, path, says in (
        ("dot-dot", "../part-000.aero", "leads out of the directory"),
        ("dot-dot-inside", "x/../part-000.aero", "leads out of the directory"),
        ("absolute", "/etc/passwd", "is absolute"),
        ("device-zero", "/dev/zero", "is absolute"),
        ("with-a-nul", "part-000.aero\0", "has a NUL in it"),
        ("empty", "", "does not name a file"),
        ("a-directory", ".", "does not name a regular file"),
        ("not-there", "nothing.aero", "is missing"),
        ("with-terminal-escapes", "\x1b[2J\u009b", "is missing"),
        ("of-1-mib", "x" * (1 << 20), "is too long"),
        ("of-1-mib-of-escapes", "\x1b" * (1 << 20), "is too long"),
        ("remote", "https://example.com/part-000.aero", "is on a server; --fetch reads it from there"),
        ("remote-file", "file:///etc/passwd", "is missing"),
    ):
        unreadable(f"part-path-{name}", says, setting("parts", 0, "path", to=path))
        unreadable(f"index-path-{name}", says, setting("global_tidx", "path", to=path))
    unreadable("part-path-a-number", "part 0 does not name a file", setting("parts", 0, "path", to=7))
    for name, target, says in (
        ("out", "/etc/passwd", "is a symbolic link that leads out"),
        ("to-a-device", "/dev/zero", "is a symbolic link that leads out"),
        ("up-and-out", "../../../../../../../../etc/passwd", "is a symbolic link that leads out"),
        ("in-a-circle", "part-000.aero", "leads into a circle of symbolic links"),
        ("to-nothing", "nothing", "names a file that is missing"),
        ("to-the-other-part", "part-001.aero", "is named twice in the index"),
    ):
        unreadable(f"part-links-{name}", says, change=replaced("part-000.aero", link(target)))
    add(
        "part-links-inside",
        Verdict.SOUND,
        "sound",
        a_set(
            change=lambda parts: (
                renamed("other.aero")(parts),
                replaced("part-000.aero", link("other.aero"))(parts),
            )
        ),
    )
    unreadable(
        "directory-links-out",
        "is a symbolic link that leads out",
        setting("parts", 0, "path", to="up/passwd"),
        replaced("up", link("/etc")),
    )
    unreadable(
        "part-is-a-fifo", "does not name a regular file", change=replaced("part-000.aero", special(os.mkfifo))
    )
    unreadable(
        "part-is-a-directory", "does not name a regular file", change=replaced("part-000.aero", special(os.mkdir))
    )
    unreadable("part-is-the-index", "", setting("parts", 0, "path", to="index.aero"))
    unreadable("part-is-the-json", "", setting("parts", 0, "path", to="model.aeroset.json"))
    unreadable("part-is-no-aero", "is text, not a model", change=replaced("part-000.aero", b"x" * 1088))
    add(
        "part-name-that-begins-with-a-dash",
        Verdict.SOUND,
        "sound",
        a_set(setting("parts", 0, "path", to="-o"), renamed("-o")),
    )
    # ---- what adds up
    add("descriptors-of-all-parts-bomb", Verdict.SOUND, "sound", set_of_descriptors(in_index=True))
    add(
        "descriptors-that-are-not-the-indexs-bomb",
        Verdict.UNREADABLE,
        "take more than 32",
        set_of_descriptors(in_index=False),
    )
    return t
