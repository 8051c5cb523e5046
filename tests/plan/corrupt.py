"""Sources that do not hold to their own hashes: a part that reads what is wrong is refused, other parts are made, and
nothing is published."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from harness import Suite
from inputs import COUNT, name_of
from planned import OUT, RECEIPT, Planned, ended, fresh_work, require, said_missing
from same import in_files, in_parts

VICTIM = 7  # the tensor that is wrong


def flip(path: Path, at: int) -> None:
    """A bit of a byte; size and time stay."""
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


class Corrupt:
    def __init__(self, suite: Suite, inputs: Path):
        self.suite = suite
        self.inputs = inputs

    def prepare(self) -> None:
        pass

    def cases(self) -> list[tuple[str, object]]:
        return [
            ("a corrupt source: AERO with hashes of tensors",
             lambda at: self.case(at, "m.aero", "m.aero", in_parts(16))),
            ("a corrupt source: AERO with a shard for each tensor",
             lambda at: self.case(at, "shards.aero", "shards.aero", in_parts(16))),
            ("a corrupt source: AERO with hashes of tensors, several parts",
             lambda at: self.case(at, "m.aero", "m.aero", in_parts(3))),
            ("a corrupt source: AERO with hashes of pages",
             lambda at: self.case(at, "pages.aero", "pages.aero", in_parts(16), touched=range(COUNT))),
            ("a corrupt source: AERO with the hash of its shard alone",
             lambda at: self.case(at, "chunk-hash.aero", "chunk-hash.aero", in_parts(16), touched=range(COUNT))),
            ("a corrupt source: an AEROSET's part",
             lambda at: self.case(at, "set", "set/part-001.aero", in_parts(16), touched=range(5, 10))),
            ("a corrupt source: AERO to sharded safetensors",
             lambda at: self.case(at, "m.aero", "m.aero", ["--to", "safetensors", *in_files(16)], "convert")),
            ("a corrupt source: it becomes so between two parts", self.between),
        ]

    def place_of(self, source: Path, model: Path) -> int:
        """Where the tensor's bytes begin in its file."""
        result = self.suite.run(["list", "--json", str(source)])
        listed = json.loads(result.out)
        tensors = listed["tensors"] if isinstance(listed, dict) else listed
        tensor = next(tensor for tensor in tensors if tensor["name"] == name_of(VICTIM))
        require(Path(tensor.get("path", str(model))).name == model.name, f"{name_of(VICTIM)} is in {tensor}")
        return tensor["offset"]

    def start(self, at: Path, model: str, options: list[str], command: str = "pack-set") -> Planned:
        work = fresh_work(at)
        source = self.inputs / model
        if source.is_dir():
            shutil.copytree(source, work / model)
        else:
            shutil.copy2(source, work / model)
        return Planned(self.suite, work, command, [model, f"{OUT}/" if command == "convert" else OUT, *options])

    def damage(self, planned: Planned, model: str, victim: str) -> None:
        path = planned.at / victim
        flip(path, self.place_of(planned.at / model, path) + 100)

    @staticmethod
    def part_of(planned: Planned) -> int:
        """The one that reads the tensor."""
        return next(i for i, part in enumerate(planned.plan["parts"]) if name_of(VICTIM) in part["tensors"])

    def case(self, at: Path, model: str, victim: str, options: list[str], command: str = "pack-set",
             touched: Iterable[int] = (VICTIM,)) -> None:
        """`touched` are the tensors whose parts may notice, as one hash holds more than one tensor."""
        planned = self.start(at, model, options, command)
        self.damage(planned, model, victim)
        count = planned.make()
        bad = self.part_of(planned)
        names = {name_of(i) for i in touched}
        refused = set()
        for i, part in enumerate(planned.plan["parts"]):
            result = planned.part(i)
            if i == bad or result.status == 2 and names & set(part["tensors"]):
                ended(result, 2, Path(victim).name)
                refused.add(i)
            else:
                ended(result, 0)
        self.refused(planned, count, refused)

    def refused(self, planned: Planned, count: int, bad: set[int]) -> None:
        require(planned.status() == bad, "what is missing")
        planned.require_receipts(temporaries=False)
        staged = planned.staged()
        for part in bad:
            name = planned.parts[part]
            require(name not in staged and name + RECEIPT not in staged, f"{name} is there")
        told = said_missing(ended(planned.publish(), 1))
        require(told == (len(bad), count, bad), f"publish names {told}")
        require(planned.held() == {}, f"the directory: {sorted(planned.held())}")

    def between(self, at: Path) -> None:
        """Size and time stay; the hashes tell."""
        planned = self.start(at, "m.aero", in_parts(16))
        count = planned.make()
        bad = self.part_of(planned)
        other = (bad + 1) % count
        ended(planned.part(other), 0)
        source = planned.at / "m.aero"
        before = source.stat()
        self.damage(planned, "m.aero", "m.aero")
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
        ended(planned.part(bad), 2, name_of(VICTIM))
        ended(planned.part(f"0-{count - 1}"), 2, name_of(VICTIM))
        require(bad in planned.status(), "the part is there")
        ended(planned.publish(), 1)
