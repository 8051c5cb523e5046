"""Runs the binary. Every AERO file and AEROSET that it writes here goes through the independent reader."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import aero


@dataclass
class Listed:
    name: str
    dtype: str
    shape: list[int]
    data: bytes


class Tool:
    def __init__(self, binary: str) -> None:
        self._binary = binary

    def run(self, *words: object, stdin: bytes = b"") -> subprocess.CompletedProcess:
        return subprocess.run([self._binary, *map(str, words)], input=stdin, capture_output=True, check=False)

    def ok(self, *words: object, warnings: bool = False) -> bytes:
        """What the command printed; it has to succeed, and unless `warnings` are expected without a word."""
        done = self.run(*words)
        assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr.decode(errors='replace')}"
        assert warnings or done.stderr == b"", done.stderr.decode(errors="replace")
        return done.stdout

    def entries(self, model: Path, **options) -> list[dict]:
        return json.loads(self.ok("list", "--json", model, **options))["tensors"]

    def extract(self, model: Path, names: list[str], **options) -> bytes:
        """The raw bytes of the tensors, one after another."""
        return self.ok("extract", model, *names, "-o", "-", **options) if names else b""

    def tensors(self, model: Path, **options) -> dict[str, Listed]:
        """What list and extract say of each tensor, by name."""
        listed = self.entries(model, **options)
        data = self.extract(model, ["**"], **options) if listed else b""
        found, begin = {}, 0
        for entry in listed:
            end = begin + entry["size"]
            found[entry["name"]] = Listed(entry["name"], entry["dtype"], entry["shape"], data[begin:end])
            begin = end
        assert len(found) == len(listed) and begin == len(data)
        return found

    def validate(self, model: Path, *options: str) -> subprocess.CompletedProcess:
        return self.run("validate", *options, model)

    def sound(self, model: Path) -> None:
        self.ok("validate", "--full", "--quiet", model)

    def convert(self, inputs: Path | list[Path], output: Path, *options: object, warnings: bool = False):
        """Converts; the independent reader's view of `output`, if that is an AERO file or a set."""
        inputs = inputs if isinstance(inputs, list) else [inputs]
        self.ok("convert", *options, *inputs, output, warnings=warnings)
        return aero.check_file(output) if output.suffix == ".aero" else None

    def pack_set(self, inputs: Path | list[Path], directory: Path, *options: object, warnings: bool = False):
        inputs = inputs if isinstance(inputs, list) else [inputs]
        self.ok("pack-set", *options, *inputs, directory, warnings=warnings)
        return aero.check_set(directory)
