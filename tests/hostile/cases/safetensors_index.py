"""Sharded safetensors: the index, the paths in it, and how it and its files agree."""

import json
import os
from typing import Any

from case import Case, Content, Table, Verdict
from safetensors_file import file, tensor

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
NAME = "model.safetensors.index.json"


def files(index: Any, **more: Content) -> dict[str, Content]:
    content = {
        NAME: index if isinstance(index, bytes) else json.dumps(index).encode(),
        FIRST: file({"a": tensor("U8", [4], 0, 4)}, b"1234"),
        SECOND: file({"b": tensor("U8", [3], 0, 3)}, b"123"),
    }
    return {**content, **more}


def mapped(weight_map: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"total_size": 7},
        "weight_map": {"a": FIRST, "b": SECOND} if weight_map is None else weight_map,
        **more,
    }


def cases() -> Table:
    t = Table("sharded")

    def add(name: str, verdict: Verdict, says: str, index: Any, **more: Content) -> None:
        t.cases.append(Case(f"{name}.sharded", verdict, says, files=files(index, **more), model=NAME))

    add("sound", Verdict.SOUND, "sound", mapped())
    for name, says, index in (
        ("index-empty", "is empty", b""),
        ("index-an-array", "the index is an array", b"[]"),
        ("index-without-a-map", 'the index has no "weight_map"', b"{}"),
        ("index-nested-100000-deep", "nested deeper", b'{"a":' + b"[" * 100_000),
        ("index-key-stands-twice", "is duplicated", b'{"weight_map":{"a":"x","a":"y"}}'),
        ("map-an-array", '"weight_map" is an array', mapped([])),
        ("map-null", '"weight_map" is null', b'{"weight_map":null}'),
        ("file-a-number", "a number, not a file", mapped({"a": 1, "b": SECOND})),
        ("file-not-there", "is missing", mapped({"a": "nothing.safetensors", "b": SECOND})),
        (
            "tensor-not-in-its-file",
            "where the index says it is",
            mapped({"a": FIRST, "b": SECOND, "c": SECOND}),
        ),
        ("tensor-in-another-file", "but the index says", mapped({"a": SECOND, "b": FIRST})),
        ("path-dot-dot", "leads out of the directory", mapped({"a": "../" + FIRST, "b": SECOND})),
        ("path-absolute", "is absolute", mapped({"a": "/etc/passwd", "b": SECOND})),
        ("path-device", "is absolute", mapped({"a": "/dev/zero", "b": SECOND})),
        ("path-with-a-nul", "has a NUL in it", mapped({"a": FIRST + "\0", "b": SECOND})),
        ("path-empty", "is empty", mapped({"a": "", "b": SECOND})),
        ("path-a-directory", "does not name a regular file", mapped({"a": ".", "b": SECOND})),
        ("path-with-terminal-escapes", "is missing", mapped({"a": "\x1b[2J\u009b", "b": SECOND})),
        ("path-of-1-mib", "is too long", mapped({"a": "\x1b" * (1 << 20), "b": SECOND})),
        (
            "tensor-name-of-1-mib-that-is-not-there",
            "where the index says it is",
            mapped({"a": FIRST, "b": SECOND, "\x1b" * (1 << 20): SECOND}),
        ),
    ):
        add(name, Verdict.UNREADABLE, says, index)
    for name, says, content in (
        ("links-out", "is a symbolic link that leads out", lambda path: os.symlink("/etc/passwd", path)),
        (
            "links-to-a-device",
            "is a symbolic link that leads out",
            lambda path: os.symlink("/dev/zero", path),
        ),
        ("links-in-a-circle", "circle", lambda path: os.symlink(FIRST, path)),
        ("is-a-fifo", "does not name a regular file", os.mkfifo),
        ("is-a-directory", "does not name a regular file", os.mkdir),
        ("links-to-the-other", "is named twice in the index", lambda path: os.symlink(SECOND, path)),
    ):
        add(f"file-{name}", Verdict.UNREADABLE, says, mapped(), **{FIRST: content})
    add(
        "total-size-of-another",
        Verdict.FAULT,
        '"total_size" is 8',
        {**mapped(), "metadata": {"total_size": 8}},
    )
    add(
        "total-size-text",
        Verdict.FAULT,
        '"total_size" is a string',
        {**mapped(), "metadata": {"total_size": "7"}},
    )
    add(
        "tensor-that-the-index-does-not-name",
        Verdict.FAULT,
        "that the index does not name",
        mapped({"a": FIRST, "b": SECOND}),
        **{SECOND: file({"b": tensor("U8", [3], 0, 3), "c": tensor("U8", [0], 3, 3)}, b"123")},
    )
    return t
