"""validate in parts says what validate --full says of the same model, and takes the same status."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from corrupt import flip
from harness import Suite, contents
from inputs import COUNT, DATA, TENSOR, safetensors
from planned import (PLAN, STAGING, Planned, Wrong, ended, fresh_work, numbers, ranges, require, require_same,
                     said_missing)
from same import in_files, in_parts

MODELS = {
    "an AEROSET": ("set", "part-001.aero"),
    "an AEROSET with hashes": ("hashed", "part-001.aero"),
    "sharded safetensors": ("sharded", "model-00002-of-00003.safetensors"),
    "split GGUF": ("split", "model-00002-of-00003.gguf"),
}
OTHERS = {"torch-shards": "pt/sharded-bin", "ztensor-shards": "zt/v2-sharded", "distributed": "dcp/dim0"}
DIVIDED = "torch-shards"  # the others are checked as one
MANY = 1200  # tensors, of a third of which values are NaN
HEAD, WEIGHTS = 40, -2000  # where a byte is wrong


def flipped(at: int) -> Callable[[Path], None]:
    return lambda path: flip(path, at if at >= 0 else path.stat().st_size + at)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - TENSOR)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "wrong weights": flipped(WEIGHTS),
    "a wrong head": flipped(HEAD),
    "a wrong first byte": flipped(0),
    "a file that is cut": cut,
    "an empty file": lambda path: os.truncate(path, 0),
    "a file that is missing": Path.unlink,
    "a file of another part": lambda path: shutil.copy(path.with_name(path.name.replace("2", "1", 1).replace(
        "-001.", "-000.")), path) and None,
}


class Verdicts:
    def __init__(self, suite: Suite, inputs: Path):
        self.suite = suite
        self.inputs = inputs
        self.models = suite.scratch / "verdicts"

    def prepare(self) -> None:
        make, at, held = self.suite.make, self.models, self.inputs
        at.mkdir()
        make("pack-set", held / "with side files", at / "set", *in_parts(3))
        make("pack-set", held / "m.gguf", at / "hashed", *in_parts(3), "--tensor-hash", "--page-hash=1KiB",
             "--control-hash")
        (at / "many.safetensors").write_bytes(safetensors(MANY, size=128, nan_in=range(0, MANY, 3)))
        make("pack-set", at / "many.safetensors", at / "many", *in_parts(3, 128 * MANY // COUNT), "--tensor-hash")
        make("convert", at / "many.safetensors", f"{at / 'values'}/", "--to", "safetensors", "--max-shard-bytes",
             128 * MANY // 3)
        for name, source in OTHERS.items():
            shutil.copytree(DATA / source, at / name)
        make("convert", held / "with side files", f"{at / 'sharded'}/", "--to", "safetensors", *in_files(3))
        make("convert", held / "m.gguf", f"{at / 'split'}/", "--to", "gguf", *in_files(3))

    def cases(self) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        for name, (model, victim) in MODELS.items():
            found.append((f"validate in parts: {name}", lambda at, model=model: self.case(at, model)))
            found += [(f"validate in parts: {name}, {what}",
                       lambda at, model=model, victim=victim, damage=damage: self.case(at, model, victim, damage))
                      for what, damage in DAMAGES.items()]
            found.append((f"validate in parts: {name}, a file changes between plan and part",
                          lambda at, model=model, victim=victim: self.changes(at, model, victim)))
            found.append((f"validate in parts: {name}, verdicts are missing",
                          lambda at, model=model: self.missing(at, model)))
        found += [
            ("validate in parts: a wrong index of an AEROSET",
             lambda at: self.case(at, "set", "index.aero", flipped(-20))),
            ("validate in parts: the index of an AEROSET has another size of a part",
             lambda at: self.case(at, "set", "model.aeroset.json", edited('"size_bytes": ', '"size_bytes": 1'))),
            ("validate in parts: the index of an AEROSET has another hash",
             lambda at: self.case(at, "set", "model.aeroset.json", edited('"sha256": "', '"sha256": "0', drop=1))),
            ("validate in parts: another total size",
             lambda at: self.case(at, "sharded", "model.safetensors.index.json",
                                  edited('"total_size": ', '"total_size": 1'))),
            ("validate in parts: a tensor in another file",
             lambda at: self.case(at, "sharded", "model.safetensors.index.json", edited("-00002-of", "-00001-of"))),
            ("validate in parts: shards of PyTorch", lambda at: self.case(at, DIVIDED)),
            ("validate in parts: models that are checked as one", self.as_one),
            ("validate in parts: the model by its index", self.by_index),
            ("validate in parts: more faults than are shown", self.many_faults),
            ("validate in parts: values of an AEROSET", lambda at: self.values(at, "many")),
            ("validate in parts: values of sharded safetensors", lambda at: self.values(at, "values")),
            ("validate in parts: --clean", self.clean),
            ("validate in parts: verdicts that are damaged", self.damaged),
            ("validate in parts: refused command lines", self.refused),
        ]
        return found

    def start(self, at: Path, model: str, *words: str) -> Planned:
        work = fresh_work(at)
        shutil.copytree(self.models / model, work / model)
        return Planned(self.suite, work, "validate", [*(words or ("--full",)), model], out=".")

    def case(self, at: Path, model: str, victim: str = "", damage: Callable[[Path], None] | None = None) -> None:
        planned = self.start(at, model)
        if damage is not None:
            damage(planned.at / model / victim)
        self.compare(planned, model, ["--full"])

    def compare(self, planned: Planned, model: str, level: list[str]) -> None:
        """Of a plan that there is not yet."""
        whole = planned.run(*level, model)
        document = planned.run(*level, "--json", model)
        require(whole.status in (0, 1), f"validate itself: {whole.err}")
        before = contents(planned.at / model)
        written = planned.write()
        if written.status != 0:
            # Of what has no parts, a plan says the same at once.
            require(whole.status == 1 and written.status in (1, 2) and (written.err or written.out),
                    f"no plan: exit status {written.status}: {written.err}")
            require(not (planned.at / PLAN).exists(), "a plan is written all the same")
            return
        count = int(written.out)
        require(count == len(planned.parts), f"{count} parts printed, {len(planned.parts)} in the plan")
        statuses = [self.part(planned, part) for part in range(count)]
        require(planned.status() == set(), "verdicts are missing")
        require(whole.status == 1 or not any(statuses), f"parts of a sound model end with {statuses}")
        for _ in range(2):  # the verdicts stay
            answer = planned.publish()
            require(answer.status == whole.status, f"exit status {answer.status}, not {whole.status}: "
                    f"{answer.out.decode()}{answer.err}")
            require(answer.out == whole.out and answer.err == whole.err,
                    f"another answer: {answer.out.decode()}{answer.err}        not\n{whole.out.decode()}{whole.err}")
        answer = planned.publish("--json")
        require(answer.status == whole.status, f"--json: exit status {answer.status}")
        require(json.loads(answer.out) == json.loads(document.out),
                f"another document: {answer.out.decode()}\n        not {document.out.decode()}")
        require_same(contents(planned.at / model), before, "the model")
        ended(planned.step("--clean"), 0)
        require(planned.staging is None, "--clean leaves the verdicts")

    @staticmethod
    def part(planned: Planned, part: int) -> int:
        result = planned.part(part)
        require(result.status in (0, 1), f"part {part}: exit status {result.status}: {result.err}")
        if result.status == 1:
            require(result.out or result.err, f"part {part}: a fault without a finding")
        return result.status

    def changes(self, at: Path, model: str, victim: str) -> None:
        planned = self.start(at, model)
        count = planned.make()
        bad = next(i for i, name in enumerate(planned.parts) if Path(name).name == victim)
        with open(planned.at / model / victim, "ab") as file:
            file.write(b"x")
        ended(planned.part(bad), 2, victim)
        require(planned.status() == set(range(count)), "a verdict is there")
        shutil.copy2(self.models / model / victim, planned.at / model / victim)
        ended(planned.part(f"0-{count - 1}"), 0)
        os.utime(planned.at / model / victim, (1, 1))
        ended(planned.publish(), 2, victim)

    def missing(self, at: Path, model: str) -> None:
        planned = self.start(at, model)
        count = planned.make()
        ended(planned.part(1), 0)
        wanted = set(range(count)) - {1}
        require(planned.status() == wanted, "what is missing")
        for more in ([], ["--json"]):
            result = ended(planned.publish(*more), 1)
            require(said_missing(result) == (count - 1, count, wanted), f"publish names {result.err}")
            require(not result.out, f"an answer without all verdicts: {result.out!r}")
        ended(planned.part(ranges(wanted)), 0)
        ended(planned.publish(), 0)

    def by_index(self, at: Path) -> None:
        for model, index in (("set", "model.aeroset.json"), ("sharded", "model.safetensors.index.json")):
            planned = self.start(at, model)
            planned.words = ["--full", f"{model}/{index}"]
            whole = planned.run("--full", f"{model}/{index}")
            count = planned.make()
            ended(planned.part(f"0-{count - 1}", "-j4"), 0)
            require(ended(planned.publish(), 0).out == whole.out, "another answer")

    def values(self, at: Path, model: str) -> None:
        """NaN, infinities and zeros are found by the parts, and counted over the model."""
        planned = self.start(at, model, "--values")
        self.compare(planned, model, ["--values"])

    def many_faults(self, at: Path) -> None:
        """All weights are others, in all parts."""
        planned = self.start(at, "many")
        for path in sorted((planned.at / "many").glob("part-*.aero")):
            data = path.read_bytes()
            kept = len(data) // 3
            path.write_bytes(data[:-kept] + bytes(byte ^ 1 for byte in data[-kept:]))
        told = json.loads(planned.run("--full", "--json", "many").out)
        require(told["omitted"] > 0, f"only {told['faults']} faults")
        self.compare(planned, "many", ["--full"])

    def as_one(self, at: Path) -> None:
        for name in OTHERS:
            if name != DIVIDED:
                planned = self.start(at, name)
                ended(planned.write(), 2, "is checked as one")
                require(not (planned.at / PLAN).exists(), "a plan is written all the same")

    def clean(self, at: Path) -> None:
        planned = self.start(at, "set")
        count = planned.make()
        before = contents(planned.at)
        ended(planned.step("--clean"), 0)
        require_same(contents(planned.at), before, "--clean of nothing")
        ended(planned.part(f"0-{count - 1}"), 0)
        require(planned.staging is not None and planned.staging.parent == planned.at, "where the verdicts are")
        (planned.staging / "mine.txt").write_bytes(b"mine")
        ended(planned.step("--clean"), 0)
        require_same(planned.staged(), {"mine.txt": b"mine"}, "a file of others")
        (planned.staging / "mine.txt").unlink()
        planned.staging.rmdir()
        require_same(contents(planned.at), before, "--clean")
        require(planned.status() == set(range(count)), "verdicts are there after --clean")

    def damaged(self, at: Path) -> None:
        """A verdict that is none is missing."""
        planned = self.start(at, "sharded")
        count = planned.make()
        ended(planned.part(f"0-{count - 1}"), 0)
        whole = contents(planned.at)
        verdicts = [path for path in planned.staging.iterdir() if path.name.startswith("1.")]
        require(len(verdicts) == 1, f"verdicts: {sorted(whole)}")
        for text in (b"", b"sound", b"[]", b"{}", verdicts[0].read_bytes()[:-9], b"[" * 100_000):
            verdicts[0].write_bytes(text)
            result = planned.publish()
            try:
                require(said_missing(ended(result, 1))[:2] == (1, count), "not one part")
            except Wrong as wrong:
                raise Wrong(f"a verdict {text[:20]!r}: {wrong}") from wrong
            ended(planned.part(numbers(planned.step("--status").out.decode().strip()).pop()), 0)
            ended(planned.publish(), 0)

    def refused(self, at: Path) -> None:
        planned = self.start(at, "set")
        planned.make()
        before = contents(planned.at)
        plan, other = ["--plan", PLAN], ["--plan", "other.json"]
        lines = [[*plan, step, *more] for step, *more in (
            ["--part", "0", "set"], ["--status", "set"], ["--publish", "set"], ["--clean", "set"],
            ["--part", "0", "--json"], ["--part", "0", "--full"], ["--part", "0", "--values"], ["--part", "99"],
            ["--publish", "--status"], ["--clean", "--json"])]
        lines += [["--status"], ["--publish"], ["--clean"], ["--part", "0"], other, [*other, "--full"],
                  [*other, "--full", "-r", "set"], [*other, "--full", "set", "set"],
                  [*other, "--full", "set/part-000.aero"], [*other, "--full", "none"], [*other, "--control", "set"],
                  ["--plan", "-", "--status"], ["--plan", "-", "--part", "0"], ["--plan", "-", "--publish"]]
        problems = []
        for line in lines:
            result = self.suite.run(["validate", *line], cwd=planned.at, tmp=at / "tmp", stdin=planned.at / PLAN)
            if result.status != 2 or contents(planned.at) != before:
                problems.append(f"{' '.join(line)}: exit status {result.status}: {result.out.decode()}{result.err}")
        require(not problems, f"{len(problems)} problems:\n        " + "\n        ".join(problems))
        require(not list(planned.at.glob(f"{STAGING}*")), "there is a staging directory")


def edited(old: str, new: str, drop: int = 0) -> Callable[[Path], None]:
    """Of a text: the first place changes; so many characters behind it go."""
    def edit(path: Path) -> None:
        head, _, tail = path.read_text().partition(old)
        path.write_text(head + new + tail[drop:])
    return edit
