"""What is refused, and leaves everything as it was; and what is no reason to refuse."""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import inputs as small_models
from blake3 import blake3
from harness import Files, Result, Suite, contents
from inputs import COUNT, TENSOR
from planned import (ARRAYS, NOTE, OUT, PLAN, RECEIPT, STAGING, Planned, ended, fresh_work, numbers, reference, require,
                     require_same, said_missing)
from same import in_parts
from server import serve

MODEL = "m.safetensors"
PARTS = 8
EIGHT = ["--max-shard-bytes", str(2 * TENSOR), "--max-part-shards", "1"]
STEPS = (["--part", "0"], ["--status"], ["--publish"], ["--clean"])

# Of --part.
NO_PARTS = ("", ",", "a", "-", "3-", "-3", "7-3", "3,,4", "3,", ",3", "1.5", "0x1", "+1", " 1", "1 2", "3-4-5", "-1",
            "99999999999999999999", "18446744073709551616", "0-99999999999999999999", "autos", "auto+", "auto+x",
            "auto-1", "auto+-1", "auto,1", "1,auto", "AUTO", "auto+18446744073709551615")


@dataclass
class Line:
    """A command line that is refused, with the words that it says."""

    name: str
    words: list[str]
    said: str = ""
    command: str = "pack-set"


def lines() -> list[Line]:
    plan = ["--plan", PLAN]
    other = ["--plan", "new.json"]
    found = []
    for step in STEPS:
        name = step[0]
        found += [
            Line(f"{name} with an input", [*plan, *step, MODEL]),
            Line(f"{name} with operands", [*plan, *step, MODEL, OUT]),
            Line(f"{name} without a plan", step, "--plan"),
            Line(f"{name} without a plan, with operands", [*step, MODEL, OUT], "--plan"),
            Line(f"{name} of a plan that is not there", ["--plan", "none.json", *step], "none.json"),
            Line(f"{name} of a directory", ["--plan", ".", *step]),
        ]
        found += [Line(f"{name} with {option[0]}", [*plan, *step, *option], option[0]) for option in (
            ["--max-shard-bytes", "4KiB"], ["--max-part-shards", "2"], ["--force"], ["--name", "x"], ["--tensor-hash"],
            ["--dry-run"], ["--rebuild"], ["--include", "*"], ["--dtype", "bf16"], ["--uuid", "random"],
            ["--no-side-files"])]
        found += [Line(f"{name} and {more[0]}", [*plan, *step, *more]) for more in STEPS if more[0] != name]
        if name != "--publish":
            found.append(Line(f"{name} with --full", [*plan, *step, "--full"], "--full"))
        if name not in ("--status", "--publish"):
            found.append(Line(f"{name} with --json", [*plan, *step, "--json"], "--json"))
    found += [Line(f"--part {which!r}", [*plan, "--part", which]) for which in NO_PARTS]
    found += [Line(f"--part {which}, which is not there", [*plan, "--part", which],
                   f"there is no part {number}: the plan has parts 0 to 7")
              for which, number in (("12", 12), ("8", 8), ("3-8", 8), ("0,12", 12))]
    found += [
        Line("--part auto outside of an array", [*plan, "--part", "auto"], ARRAYS[0]),
        Line("--part auto+1 outside of an array", [*plan, "--part", "auto+1"], ARRAYS[0]),
        Line("--plan with --full alone", [*other, "--full", MODEL, OUT], "--full"),
        Line("--full without a plan", ["--full", MODEL, "new"], "--full"),
        Line("no operands", other),
        Line("no directory", [*other, MODEL]),
        Line("an input that is not there", [*other, "none.safetensors", OUT], "none.safetensors"),
        Line("an input that is no model", [*other, PLAN, OUT], PLAN),
        Line("another plan is there", [*plan, MODEL, OUT, "--max-shard-bytes", "4KiB"], PLAN),
        Line("the plan has the name of the input", ["--plan", MODEL, MODEL, OUT], MODEL),
        Line("the plan has the name of a directory", ["--plan", "models", MODEL, OUT], "models"),
        Line("no directory for the plan", ["--plan", "none/plan.json", MODEL, OUT], "none/plan.json"),
        Line("a dry run", [*other, "-n", MODEL, OUT]),
        Line("standard input", [*other, "-", OUT]),
        Line("a pipe", [*other, "/dev/stdin", OUT]),
        Line("one file by its extension", [*other, MODEL, "b.safetensors"], command="convert"),
        Line("one file by --to", [*other, MODEL, "b", "--to", "aero"], command="convert"),
        Line("standard output", [*other, MODEL, "-", "--to", "aero"], command="convert"),
        Line("zTensor in shards", [*other, MODEL, "b/", "--to", "ztensor", "--max-shard-bytes", "16KiB"],
             command="convert"),
        Line("no format for a directory", [*other, MODEL, "b/"], command="convert"),
        Line("a merge", [*other, MODEL, MODEL, "--method", "linear", "-o", "b/", "--to", "safetensors"],
             command="merge"),
        Line("an extraction", [*other, MODEL, "*", "-o", "b"], command="extract"),
        Line("a model in one file", [*other, "--full", MODEL], command="validate"),
        Line("two models", [*other, "--full", "models/sharded", "models/sharded"], command="validate"),
        Line("a directory that has another model", [*other, MODEL, "models/sharded", "--to", "safetensors"],
             command="convert"),
        Line("a value that does not fit", [*other, MODEL, OUT, "--align", "3"], "--align"),
        Line("a model of another format", [*other, "--from", "gguf", MODEL, OUT], MODEL),
    ]
    for command in ("convert", "validate"):
        found += [Line(f"{step[0]} of a plan of pack-set", [*plan, *step], PLAN, command) for step in STEPS]
    return found


def damages() -> dict[str, Callable[[dict], object]]:
    """Plans that are none. What is given back is written as JSON, or as it is."""

    def changed(*path: object, to: object) -> Callable[[dict], object]:
        def change(plan: dict) -> dict:
            inner = plan
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = to
            return plan
        return change

    def without(*path: object) -> Callable[[dict], object]:
        def change(plan: dict) -> dict:
            inner = plan
            for key in path[:-1]:
                inner = inner[key]
            del inner[path[-1]]
            return plan
        return change

    return {
        "empty": lambda plan: b"",
        "no JSON": lambda plan: b"parts: 8\n",
        "cut": lambda plan: json.dumps(plan).encode()[:-40],
        "cut by a byte": lambda plan: json.dumps(plan).encode().rstrip()[:-1],
        "two of them": lambda plan: 2 * json.dumps(plan).encode(),
        "zeros": lambda plan: bytes(4096),
        "nested without end": lambda plan: b"[" * 100_000,
        "not UTF-8": lambda plan: json.dumps(plan).encode().replace(b"pack-set", b"pack-\xff\xfe"),
        "a list": lambda plan: [plan],
        "a number": lambda plan: 1,
        "of version 2": changed("aerotool_plan", to=2),
        "of version 0": changed("aerotool_plan", to=0),
        "of version 1.5": changed("aerotool_plan", to=1.5),
        "of a version in text": changed("aerotool_plan", to="1"),
        "of a version that is too large": changed("aerotool_plan", to=10**40),
        "without a version": without("aerotool_plan"),
        "without a command": without("command"),
        "of a command that is none": changed("command", to="rm"),
        "without operands": without("operands"),
        "without any operand": changed("operands", to=[]),
        "with a number as an operand": changed("operands", to=[1, 2]),
        "with an option that is none": changed("options", "no-such-option", to=["1"]),
        "with an option that is of a step": changed("options", "publish", to=[]),
        "with the option plan": changed("options", "plan", to=["other.json"]),
        "with a value that is none": changed("options", "max-shard-bytes", to=["many"]),
        "with a value that is a list": changed("options", "max-shard-bytes", to=[["4KiB"]]),
        "without parts": without("parts"),
        "with no parts": changed("parts", to=[]),
        "with parts that are text": changed("parts", to="part-000.aero"),
        "with a part less": lambda plan: {**plan, "parts": plan["parts"][:-1]},
        "with a part twice": lambda plan: {**plan, "parts": [*plan["parts"], plan["parts"][0]]},
        "with a file that leads out": changed("parts", 0, "file", to="../evil.aero"),
        "with a file in the root": changed("parts", 0, "file", to="/evil.aero"),
        "with a file without a name": changed("parts", 0, "file", to=""),
        "with a file of another name": changed("parts", 0, "file", to="evil.aero"),
        "with a tensor that is not there": changed("parts", 0, "tensors", to=["evil"]),
        "with bytes beyond all numbers": changed("parts", 0, "bytes", to=10**30),
        "with fewer bytes than none": changed("parts", 0, "bytes", to=-1),
        "without inputs": without("inputs"),
        "with no inputs": changed("inputs", to=[]),
        "with an input of another size": changed("inputs", 0, "size", to=5),
        "with an input of a size beyond all numbers": changed("inputs", 0, "size", to=10**30),
        "with an input of another time": changed("inputs", 0, "modified_ns", to=1),
        "with an index that leads out": changed("closing", to=["../index.aero", "../../evil.json"]),
        "without an index": changed("closing", to=[]),
    }


# Only a look at the inputs, or at what the options mean, tells of these; --status and --clean need not look.
DEEP = {"without any operand", "with an option that is none", "with an option that is of a step",
        "with the option plan", "with a value that is none", "with no parts", "with a part less", "with a part twice",
        "with a file that leads out", "with a file in the root", "with a file without a name",
        "with a file of another name", "with a tensor that is not there", "with no inputs",
        "with an input of another size", "with an input of another time", "with an index that leads out",
        "without an index"}

# What becomes of the receipt of a part.
RECEIPTS: dict[str, Callable[[dict], object]] = {
    "empty": lambda receipt: b"",
    "cut": lambda receipt: json.dumps(receipt).encode()[:-20],
    "no JSON": lambda receipt: b"done\n",
    "a list": lambda receipt: [receipt],
    "nested without end": lambda receipt: b"[" * 100_000,
    "of another version": lambda receipt: {**receipt, "aerotool_receipt": 2},
    "of another plan": lambda receipt: {**receipt, "plan": "0123456789abcdef"},
    "of another file": lambda receipt: {**receipt, "file": "part-003.aero"},
    "of a file that leads out": lambda receipt: {**receipt, "file": "../part-002.aero"},
    "of another size": lambda receipt: {**receipt, "size": receipt["size"] + 1},
    "of a size beyond all numbers": lambda receipt: {**receipt, "size": 10**30},
    "without a size": lambda receipt: {name: value for name, value in receipt.items() if name != "size"},
    "without a SHA-256": lambda receipt: {name: value for name, value in receipt.items() if name != "sha256"},
    "with half a SHA-256": lambda receipt: {**receipt, "sha256": receipt["sha256"][:32]},
    "without a UUID": lambda receipt: {name: value for name, value in receipt.items() if name != "uuid"},
    "without hashes of shards": lambda receipt: {**receipt, "shards": []},
}

# What becomes of its file; and whether it takes hashes to tell.
FILES: dict[str, tuple[Callable[[bytes], bytes | None], bool]] = {
    "cut": (lambda data: data[:-1], False),
    "longer": (lambda data: data + b"x", False),
    "empty": (lambda data: b"", False),
    "gone": (lambda data: None, False),
    "other weights": (lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:], True),
    "another head": (lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:], True),
}


class Refusals:
    def __init__(self, suite: Suite, inputs: Path):
        self.suite = suite
        self.inputs = inputs
        self.wanted: Files = {}
        self.url = ""

    def prepare(self) -> None:
        at = self.suite.scratch / "refusals/work"
        (at.parent / "tmp").mkdir(parents=True)
        at.mkdir()
        self.wanted = reference(self.suite, at, "pack-set", [str(self.inputs / MODEL), OUT, *EIGHT])

    def cases(self) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = [("refused command lines", self.all_lines)]
        found += [(f"a plan {name}", lambda at, name=name, change=change: self.damaged_plan(at, name, change))
                  for name, change in damages().items()]
        found += [(f"a receipt {name}", lambda at, change=change: self.damaged_receipt(at, change))
                  for name, change in RECEIPTS.items()]
        found += [(f"a part's file: {name}", lambda at, change=change: self.damaged_file(at, *change))
                  for name, change in FILES.items()]
        found += [(f"a changed input: {name}", lambda at, change=change: self.changed(at, change))
                  for name, change in CHANGES.items()]
        found += [
            ("a changed input: a file of a sharded model", self.changed_shard),
            ("a changed input: a side file", self.changed_side_file),
            ("a changed input: at a URL", self.changed_at_a_url),
            ("a changed input: a file that an option reads", self.changed_option_file),
            ("a random UUID", self.random_uuid),
            ("another working directory", self.other_place),
            ("a path that is not UTF-8", self.not_utf8),
            ("a SHA-256 that the input does not have", self.wrong_sum),
            ("a compressed input", self.compressed),
            ("common options of each step", self.common_options),
            ("--part auto", self.auto),
            ("--plan - of each step", self.plan_of_standard_input),
            ("a part that is there already", self.there_already),
            ("publish before there is a part", self.publish_nothing),
            ("--status in JSON", self.status_json),
            ("a set that is published", self.published),
            ("--clean", self.clean),
            ("files of others in the staging directory", self.foreign),
            ("a staging directory that leads elsewhere", self.linked_staging),
            ("a part that leads elsewhere", self.linked_part),
            ("a file in the place of the staging directory", self.file_as_staging),
            ("two plans for one directory", self.two_plans),
            ("another model in the directory", self.other_model),
            ("the directory is gone", self.directory_gone),
            ("the directory is a file", self.directory_is_a_file),
            ("in the place of its own source", self.in_place),
            ("a newer set of the same structure", self.same_structure),
            ("a plan that is newer than its set", self.copied_plan),
            ("a user who may not write", self.no_permission),
        ]
        return found

    # ---- places

    def planned(self, at: Path, parts: str = "", options: list[str] | None = None) -> Planned:
        """A plan of eight parts beside its input, with some of them made."""
        work = fresh_work(at)
        shutil.copy2(self.inputs / MODEL, work / MODEL)
        planned = Planned(self.suite, work, "pack-set", [MODEL, OUT, *(options or EIGHT)])
        planned.make()
        if parts:
            ended(planned.part(parts), 0)
        return planned

    def publishes(self, planned: Planned) -> None:
        ended(planned.publish("--full"), 0)
        require(planned.staging is None, "the staging directory is left")
        require_same(planned.held(), self.wanted, "not the files of the command without a plan")

    @staticmethod
    def unchanged(planned: Planned, before: Files, what: object) -> None:
        require_same(contents(planned.at), before, f"{what} has changed something")

    # ---- command lines

    def all_lines(self, at: Path) -> None:
        planned = self.planned(at, "1")
        models = planned.at / "models"
        models.mkdir()
        shutil.copytree(self.inputs / "sharded", models / "sharded")
        (models / "file").write_bytes(b"a file")
        before = contents(planned.at)
        problems = []
        for line in lines():
            read = write = None
            if line.name == "a pipe":
                read, write = os.pipe()
                os.close(write)
            source = read if read is not None else planned.at / MODEL
            result = self.suite.run([line.command, *line.words], cwd=planned.at, tmp=at / "tmp", stdin=source)
            if read is not None:
                os.close(read)
            now = contents(planned.at)
            ok = result.status == 2 and line.said in result.err and now == before and len(result.lines) == 1
            if not ok:
                problems.append(f"{line.name}: {' '.join(result.command[1:])}: wanted {line.said!r}\n        "
                                f"exit status {result.status}: {result.out.decode()}{result.err.strip()[:300]}"
                                f"{'' if now == before else '; something has changed'}")
            if now != before:
                shutil.rmtree(planned.at)
                planned = self.planned(at, "1")
                models.mkdir()
                shutil.copytree(self.inputs / "sharded", models / "sharded")
                (models / "file").write_bytes(b"a file")
        require(not problems, f"{len(problems)} of {len(lines())}:\n        " + "\n        ".join(problems))

    def common_options(self, at: Path) -> None:
        common = ["-j", "2", "-q", "--progress=never", "--color=never", "--offline"]
        planned = self.planned(at)
        ended(planned.step("--status", *common), 1)
        for some in (common, ["-v"], ["-vv", "-j1"]):
            ended(planned.part("0-7", *some), 0)
        ended(planned.step("--status", *common, "--json"), 0)
        ended(planned.publish(*common), 0)
        ended(planned.step("--clean", *common), 0)
        require_same(planned.held(), self.wanted, "not the files of the command without a plan")

    def auto(self, at: Path) -> None:
        planned = self.planned(at)
        for environment, which, part in (
            ({ARRAYS[0]: "0"}, "auto", 0),
            ({ARRAYS[1]: "1"}, "auto", 1),
            ({ARRAYS[2]: "2"}, "auto", 2),
            ({ARRAYS[0]: "3", ARRAYS[1]: "7", ARRAYS[2]: "7"}, "auto", 3),
            ({ARRAYS[1]: "4", ARRAYS[2]: "7"}, "auto", 4),
            ({ARRAYS[0]: "0"}, "auto+5", 5),
            ({ARRAYS[2]: "6"}, "auto+0", 6),
        ):
            missing = planned.missing_on_disk()
            ended(planned.part(which, environment=environment), 0)
            require(missing - planned.missing_on_disk() == {part}, f"{environment} {which}: not part {part}")
        before = contents(planned.at)
        for value, which, said in (("8", "auto", "there is no part 8: the plan has parts 0 to 7"),
                                   ("7", "auto+1000", "there is no part 1007: the plan has parts 0 to 7"),
                                   ("x", "auto", ARRAYS[0]), ("-1", "auto", ARRAYS[0]), ("3-4", "auto", ARRAYS[0]),
                                   ("1 ", "auto", ARRAYS[0]), ("99999999999999999999", "auto", ARRAYS[0]),
                                   ("18446744073709551615", "auto+1", "")):
            ended(planned.part(which, environment={ARRAYS[0]: value}), 2, said)
        self.unchanged(planned, before, "a part that is not there")

    def plan_of_standard_input(self, at: Path) -> None:
        planned = self.planned(at)
        plan = planned.at / PLAN
        kept = at / "kept.json"
        shutil.copy(plan, kept)
        ended(planned.run("--plan", "-", "--status", stdin=kept), 1)
        ended(planned.run("--plan", "-", "--part", "0-7", stdin=kept), 0)
        require(planned.status() == set(), "parts are missing")
        ended(planned.run("--plan", "-", "--status", stdin=kept), 0)
        ended(planned.run("--plan", "-", "--publish", stdin=kept), 0)
        require_same(planned.held(), self.wanted, "not the files of the command without a plan")
        ended(planned.run("--plan", "-", "--clean", stdin=kept), 0)
        result = ended(planned.run("--plan", "-", "--status", stdin=None), 2)
        require("standard input" in result.err, f"of what is empty: {result.err}")

    # ---- plans

    def damaged_plan(self, at: Path, name: str, change: Callable[[dict], object]) -> None:
        planned = self.planned(at, "1")
        made = change(planned.plan)
        (planned.at / PLAN).write_bytes(made if isinstance(made, bytes) else json.dumps(made).encode())
        for evil in (planned.at / "evil.json", planned.directory / "evil.aero"):
            evil.write_bytes(b"mine")
        before = contents(planned.at)
        for step in (["--part", "0"], ["--status"], ["--publish"], ["--publish", "--full"], ["--clean"]):
            result = planned.step(*step)
            if name in DEEP and step[0] != "--part" and result.status in (0, 1):
                self.unchanged(planned, before, step)
                continue
            ended(result, 2)
            require(PLAN in result.err or MODEL in result.err, f"no file is named: {result.err}")
            self.unchanged(planned, before, step)
        if isinstance(made, dict):
            self.cleans_nothing_else(planned)

    @staticmethod
    def cleans_nothing_else(planned: Planned) -> None:
        """With a staging directory of its own, a plan may lead to other files."""
        text = (planned.at / PLAN).read_bytes()
        own = planned.directory / f"{STAGING}{blake3(text).hex()[:16]}"
        own.mkdir()
        evil = planned.directory / ("evil.aero" + RECEIPT)
        evil.write_bytes(b"mine")
        for step in (["--publish", "--full"], ["--clean"]):
            planned.step(*step)
            require(evil.exists() and (planned.directory / "evil.aero").exists() and
                    (planned.at / "evil.json").exists(), f"{step} removes what is not its own")

    # ---- receipts and parts

    def spoil(self, planned: Planned, name: str, made: object) -> None:
        path = planned.staging / name
        if made is None:
            path.unlink()
        else:
            path.write_bytes(made if isinstance(made, bytes) else json.dumps(made).encode())

    def names_part_2(self, planned: Planned, result: Result) -> None:
        require(result.status in (1, 2), f"it went unnoticed: exit status {result.status}")
        if " of 8 " in result.err:
            require(said_missing(result) == (1, PARTS, {2}), f"not part 2: {result.err}")
        else:
            require("part-002.aero" in result.err or "part 2" in result.err, f"part 2 is not named: {result.err}")
        require(planned.held() == {}, f"in the directory: {sorted(planned.held())}")

    def damaged_receipt(self, at: Path, change: Callable[[dict], object]) -> None:
        planned = self.planned(at, "0-7")
        name = planned.parts[2] + RECEIPT
        self.spoil(planned, name, change(json.loads((planned.staging / name).read_bytes())))
        result = planned.publish()
        if result.status == 0:  # of what publishing does not need
            require_same(planned.held(), self.wanted, "not the files of the command without a plan")
            return
        self.names_part_2(planned, result)
        require(planned.status() == {2}, "status does not say that the part is missing")
        ended(planned.part("0-7"), 0)
        self.publishes(planned)

    def damaged_file(self, at: Path, change: Callable[[bytes], bytes | None], hashes: bool) -> None:
        planned = self.planned(at, "0-7")
        name = planned.parts[2]
        self.spoil(planned, name, change((planned.staging / name).read_bytes()))
        self.names_part_2(planned, planned.publish(*["--full"] * hashes))
        require(planned.status() == {2}, "status does not say that the part is missing")
        ended(planned.part("0-7"), 0)
        self.publishes(planned)

    def there_already(self, at: Path) -> None:
        planned = self.planned(at, "3")
        path = planned.staging / planned.parts[3]
        before = [path.stat(), (planned.staging / (planned.parts[3] + RECEIPT)).stat()]
        result = ended(planned.part(3), 0, "part 3 is there already")
        require(result.out == b"", f"on standard output: {result.out}")
        require(ended(planned.part(3, "-q"), 0).err == "", "-q says it all the same")
        after = [path.stat(), (planned.staging / (planned.parts[3] + RECEIPT)).stat()]
        require([(s.st_ino, s.st_mtime_ns) for s in after] == [(s.st_ino, s.st_mtime_ns) for s in before],
                "it is written again")
        result = ended(planned.part("2-4"), 0, "part 3 is there already")
        require("part 2" not in result.err and "part 4" not in result.err, f"others are not: {result.err}")

    # ---- inputs

    def changed(self, at: Path, change: Callable[[Path], None]) -> None:
        for made, step in (("0-3", ["--part", "5"]), ("0-7", ["--publish"]), ("0-7", ["--publish", "--full"])):
            planned = self.planned(at, made)
            change(planned.at / MODEL)
            before = contents(planned.at)
            ended(planned.step(*step), 2, MODEL)
            self.unchanged(planned, before, step)

    def changed_shard(self, at: Path) -> None:
        for victim in ("model-00002-of-00003.safetensors", "model.safetensors.index.json"):
            for change in CHANGES.values():
                work = fresh_work(at)
                shutil.copytree(self.inputs / "sharded", work / "in")
                planned = Planned(self.suite, work, "pack-set", ["in", OUT, *in_parts(16)])
                count = planned.make()
                reading = next(i for i, part in enumerate(planned.plan["parts"])
                               if small_models.name_of(COUNT // 2) in part["tensors"])
                ended(planned.part("0-3"), 0)
                change(work / "in" / victim)
                before = contents(work)
                ended(planned.part(reading), 2, victim)
                self.unchanged(planned, before, f"--part after another {victim}")
                shutil.rmtree(work / "in")
                shutil.copytree(self.inputs / "sharded", work / "in")
                ended(planned.part(f"0-{count - 1}"), 0)
                change(work / "in" / victim)
                before = contents(work)
                ended(planned.publish(), 2, victim)
                self.unchanged(planned, before, f"--publish after another {victim}")

    def changed_side_file(self, at: Path) -> None:
        work = fresh_work(at)
        shutil.copytree(self.inputs / "with side files", work / "in")
        planned = Planned(self.suite, work, "pack-set", ["in", OUT, *in_parts(3)])
        planned.make()
        ended(planned.part("0-2"), 0)
        with open(work / "in/config.json", "ab") as file:
            file.write(b"\n")
        before = contents(work)
        ended(planned.publish(), 2, "config.json")
        self.unchanged(planned, before, "--publish after another side file")

    def changed_option_file(self, at: Path) -> None:
        work = fresh_work(at)
        template = work / "chat.jinja"
        template.write_bytes(b"{{ messages }}")
        words = [str(self.inputs / "m.gguf"), OUT, *EIGHT, "--set", "tokenizer.chat_template=@chat.jinja"]
        planned = Planned(self.suite, work, "pack-set", words)
        planned.make()
        ended(planned.part("0-7"), 0)
        template.write_bytes(b"{{ Messages }}")
        before = contents(work)
        ended(planned.publish(), 2, template.name)
        self.unchanged(planned, before, "--publish after another template")

    def random_uuid(self, at: Path) -> None:
        """All parts have the same one, or there is no such plan."""
        work = fresh_work(at)
        planned = Planned(self.suite, work, "pack-set", [str(self.inputs / MODEL), OUT, *EIGHT, "--uuid", "random"])
        result = planned.write()
        if result.status == 2:
            ended(result, 2, "--uuid")
            return
        for part in range(PARTS):
            ended(planned.part(part), 0)
        ended(planned.publish(), 0)
        shown = [self.suite.run(["inspect", "--json", str(path)]) for path in sorted((work / OUT).glob("part-*"))]
        found = {json.loads(result.out)["uuid"] for result in shown}
        require(len(found) == 1, f"UUIDs of the parts: {found}")

    def other_place(self, at: Path) -> None:
        """Where its inputs are not, a plan leaves nothing."""
        planned = self.planned(at)
        elsewhere = planned.at / "elsewhere"
        elsewhere.mkdir()
        result = self.suite.run(["pack-set", "--plan", f"../{PLAN}", "--part", "0"], cwd=elsewhere)
        ended(result, 2, MODEL)
        require(contents(elsewhere) == {}, f"left: {sorted(contents(elsewhere))}")

    def not_utf8(self, at: Path) -> None:
        work = fresh_work(at)
        name = os.fsdecode(b"m\xff.safetensors")
        shutil.copy2(self.inputs / MODEL, work / name)
        planned = Planned(self.suite, work, "pack-set", [name, OUT, *EIGHT])
        result = planned.write()
        if result.status != 0:
            ended(result, 2, "UTF-8")
            require(not (work / PLAN).exists(), "a plan is written all the same")
            return
        ended(planned.part("0-7"), 0)
        ended(planned.publish(), 0)

    def wrong_sum(self, at: Path) -> None:
        planned = self.planned(at, options=[*EIGHT, "--sha256", 64 * "0"])
        ended(planned.part("0-7"), 2, MODEL)
        require(planned.status() == set(range(PARTS)), "parts are there")
        ended(planned.publish(), 1)
        require(planned.held() == {}, "something is published")
        right = hashlib.sha256((self.inputs / MODEL).read_bytes()).hexdigest()
        planned = self.planned(at, "0-7", [*EIGHT, "--sha256", right])
        self.publishes(planned)

    def compressed(self, at: Path) -> None:
        """It cannot be read in parts."""
        work = fresh_work(at)
        (work / "m.safetensors.gz").write_bytes(gzip.compress((self.inputs / MODEL).read_bytes()))
        before = contents(work)
        planned = Planned(self.suite, work, "pack-set", ["m.safetensors.gz", OUT, *EIGHT])
        ended(planned.write(), 2, "m.safetensors.gz")
        self.unchanged(planned, before, "--plan")

    def changed_at_a_url(self, at: Path) -> None:
        work = fresh_work(at)
        served = work / "served"
        served.mkdir()
        shutil.copy2(self.inputs / MODEL, served / MODEL)
        url = serve(served)
        planned = Planned(self.suite, work, "pack-set", [f"{url}/{MODEL}", OUT, *EIGHT])
        os.environ["AEROTOOL_CACHE"] = "off"
        planned.make()
        ended(planned.part("0-6"), 0)
        (served / MODEL).write_bytes(small_models.safetensors(20))
        before = contents(work)
        ended(planned.part(7), 2, MODEL)
        self.unchanged(planned, before, "--part after another file at the URL")
        shutil.copy2(self.inputs / MODEL, served / MODEL)
        ended(planned.part(7), 0)
        (served / MODEL).write_bytes(small_models.safetensors(20))
        ended(planned.publish(), 2, MODEL)
        shutil.copy2(self.inputs / MODEL, served / MODEL)
        self.publishes(planned)

    # ---- steps

    def publish_nothing(self, at: Path) -> None:
        planned = self.planned(at)
        before = contents(planned.at)
        told = said_missing(ended(planned.publish(), 1))
        require(told == (PARTS, PARTS, set(range(PARTS))), f"publish names {told}")
        self.unchanged(planned, before, "--publish")
        ended(planned.part("1-6"), 0)
        before = contents(planned.at)
        result = ended(planned.publish("--full"), 1, f"2 of {PARTS} parts are missing: 0,7")
        require(result.out == b"", f"on standard output: {result.out}")
        self.unchanged(planned, before, "--publish")

    def status_json(self, at: Path) -> None:
        planned = self.planned(at)
        for made, missing in (("", range(8)), ("3", (0, 1, 2, 4, 5, 6, 7)), ("0-2,4-6", (7,)), ("7", ())):
            if made:
                ended(planned.part(made), 0)
            text = ended(planned.step("--status"), 1 if missing else 0)
            require(numbers(text.out.decode().strip()) == set(missing), f"missing are {text.out}")
            result = ended(planned.step("--status", "--json"), 1 if missing else 0)
            told = json.loads(result.out)
            require(result.out.count(b"\n") <= 1 or told, "no document")
            values = [value for value in told.values() if isinstance(value, list)]
            require(any(value == list(missing) for value in values) or text.out.decode().strip() in told.values(),
                    f"{told} does not say that {list(missing)} are missing")
            require(PARTS in told.values(), f"{told} does not say how many there are")

    def published(self, at: Path) -> None:
        planned = self.planned(at, "0-7")
        result = ended(planned.publish(), 0)
        require(result.out == b"", f"on standard output: {result.out}")
        before = contents(planned.at)
        ended(planned.publish(), 0, "published already")
        ended(planned.publish("--full"), 0)
        require(planned.status() == set(), "parts are missing")
        ended(planned.part(3), 0)
        ended(planned.part("0-7"), 0)
        ended(planned.step("--clean"), 0)
        require(planned.make() == PARTS, "the plan is there")
        self.unchanged(planned, before, "a step after publishing")
        # Nothing is told of a set that somebody has changed since then.
        with open(planned.directory / "part-002.aero", "r+b") as file:
            file.truncate(100)
        result = planned.publish()
        require(result.status != 0, "a set that is damaged counts as published")
        ended(planned.step("--clean"), 0)
        require(not (planned.at / NOTE).exists(), "--clean leaves a note that does not hold")

    def clean(self, at: Path) -> None:
        planned = self.planned(at)
        before = contents(planned.at)
        result = ended(planned.step("--clean"), 0)
        require(result.out == b"", f"on standard output: {result.out}")
        self.unchanged(planned, before, "--clean of nothing")
        (planned.directory).mkdir()
        (planned.directory / "notes.txt").write_bytes(b"mine")
        before = contents(planned.at)
        ended(planned.part("0-3"), 0)
        ended(planned.step("--clean"), 0)
        self.unchanged(planned, before, "--clean")
        require(planned.status() == set(range(PARTS)), "parts are there after --clean")
        ended(planned.part("0-7"), 0)
        ended(planned.publish(), 0)
        require_same(planned.held(), {**self.wanted, "notes.txt": b"mine"}, "the set after --clean")

    def foreign(self, at: Path) -> None:
        """What no plan has put there stays, whatever it is called."""
        mine = {"mine.txt": b"1", ".mine": b"2", "part-000.aero.txt": b"3", "other.aero": b"4",
                "other.aero" + RECEIPT: b"{}", ".other.aero.aerotool-1-2": b"5", "part-008.aero": b"6",
                "part-008.aero" + RECEIPT: b"7", "folder/": b"", "folder/part-000.aero": b"8"}
        for last in (["--clean"], ["--publish"], ["--publish", "--full"]):
            planned = self.planned(at, "0-7")
            (planned.staging / "folder").mkdir()
            for name, data in mine.items():
                if not name.endswith("/"):
                    (planned.staging / name).write_bytes(data)
            ended(planned.step(*last), 0)
            require(planned.staging is not None, f"{last}: the directory of others' files is gone")
            require_same(planned.staged(), mine, f"{last}: files of others")
            require_same(planned.held(), {} if last == ["--clean"] else self.wanted, f"{last}: the directory")
            if last != ["--clean"]:
                ended(planned.publish(), 0)
                require(planned.status() == set(), "parts are missing of a set that is published")

    def linked_staging(self, at: Path) -> None:
        """A link in the place of the staging directory is not followed, or what it leads to is left alone."""
        planned = self.planned(at, "0-7")
        name = planned.staging.name
        elsewhere = planned.at / "elsewhere"
        shutil.move(planned.staging, elsewhere)
        (elsewhere / "part-000.aero.precious").write_bytes(b"mine")
        (planned.directory / name).symlink_to("../elsewhere")
        before = contents(elsewhere)
        for step in (["--clean"], ["--part", "0"], ["--publish"]):
            result = planned.step(*step)
            require(result.status in (0, 2), f"{step}: exit status {result.status}: {result.err}")
            require_same(contents(elsewhere), before, f"{step} through a link")

    def linked_part(self, at: Path) -> None:
        planned = self.planned(at, "0-6")
        precious = planned.at / "precious"
        precious.write_bytes(b"mine")
        for name in (planned.parts[7], planned.parts[7] + RECEIPT):
            (planned.staging / name).symlink_to("../../precious")
        require(planned.status() == {7}, "a link counts as a part")
        ended(planned.part(7), 0)
        require(precious.read_bytes() == b"mine", "a part is written through a link")
        self.publishes(planned)

    def file_as_staging(self, at: Path) -> None:
        planned = self.planned(at, "0")
        staging = planned.staging
        shutil.rmtree(staging)
        staging.write_bytes(b"a file")
        before = contents(planned.at)
        ended(planned.part(0), 2, staging.name)
        for step in (["--status"], ["--publish"], ["--clean"]):
            result = planned.step(*step)
            require(result.status in ((0, 2) if step == ["--clean"] else (1, 2)),
                    f"{step}: exit status {result.status}")
        self.unchanged(planned, before, "a step")

    def two_plans(self, at: Path) -> None:
        """Each has its own staging directory. The one that is published last has the directory."""
        planned = self.planned(at, "0-7")
        first = planned.staging
        other = Planned(self.suite, planned.at, "pack-set", [MODEL, OUT, *in_parts(3), "--force"])
        ended(other.run("--plan", "other.json", *other.words), 0)
        ended(other.run("--plan", "other.json", "--part", "0-2"), 0)
        held = contents(first)
        require(len(list(planned.directory.glob(f"{STAGING}*"))) == 2, "not two staging directories")
        ended(other.run("--plan", "other.json", "--publish"), 0)
        require_same(contents(first), held, "the parts of the other plan")
        ended(other.run("--plan", "other.json", "--clean"), 0)
        require_same(contents(first), held, "the parts of the other plan after --clean")
        require(planned.status() == set(), "parts of the first plan are missing")
        before = planned.held()
        result = planned.publish()
        # It was planned without --force, for a directory in which there was nothing.
        require(result.status in (0, 2), f"exit status {result.status}: {result.err}")
        require_same(planned.held(), self.wanted if result.status == 0 else before, "the set of the first plan")

    def other_model(self, at: Path) -> None:
        """As without a plan, another model is replaced with --force alone."""
        work = fresh_work(at)
        self.suite.make("pack-set", self.inputs / "more.safetensors", work / OUT, *in_parts(3))
        before = contents(work / OUT)
        planned = Planned(self.suite, work, "pack-set", [str(self.inputs / MODEL), OUT, *EIGHT])
        result = planned.write()
        if result.status == 0:
            ended(planned.part("0-7"), 0)
            result = planned.publish()
        ended(result, 2, "another model", "--force")
        require_same(planned.held(), before, "the other model")
        (work / PLAN).unlink(missing_ok=True)
        planned.words.append("--force")
        planned.make()
        ended(planned.part("0-7"), 0)
        require_same(planned.held(), before, "the other model")
        ended(planned.publish(), 0)
        require_same(planned.held(), self.wanted, "not the files of the command without a plan")

    def directory_is_a_file(self, at: Path) -> None:
        work = fresh_work(at)
        (work / OUT).write_bytes(b"a file")
        planned = Planned(self.suite, work, "pack-set", [str(self.inputs / MODEL), OUT, *EIGHT])
        result = planned.write()
        ended(planned.part(0) if result.status == 0 else result, 2, OUT)
        require((work / OUT).read_bytes() == b"a file", "the file")

    def directory_gone(self, at: Path) -> None:
        planned = self.planned(at, "0-7")
        shutil.rmtree(planned.directory)
        require(planned.status() == set(range(PARTS)), "what is missing")
        require(said_missing(ended(planned.publish(), 1))[0] == PARTS, "what publish names")
        ended(planned.step("--clean"), 0)
        ended(planned.part("0-7"), 0)
        self.publishes(planned)

    def in_place(self, at: Path) -> None:
        """Parts could not be made again of a source that has been replaced."""
        work = fresh_work(at)
        self.suite.make("pack-set", self.inputs / "m.gguf", work / OUT, *in_parts(16))
        before = contents(work)
        planned = Planned(self.suite, work, "pack-set", [OUT, OUT, *in_parts(3), "--tensor-hash"])
        ended(planned.write(), 2, OUT)
        self.unchanged(planned, before, "--plan")

    def same_structure(self, at: Path) -> None:
        """A set with the same tensors that another plan publishes is not that of this one."""
        work = fresh_work(at)
        for name in (MODEL, "values.safetensors"):
            shutil.copy2(self.inputs / name, work / name)
        planned = Planned(self.suite, work, "pack-set", [MODEL, OUT, *EIGHT])
        planned.make()
        other = Planned(self.suite, work, "pack-set", ["values.safetensors", OUT, *EIGHT])
        ended(other.run("--plan", "other.json", *other.words), 0)
        ended(other.run("--plan", "other.json", "--part", "0-7"), 0)
        ended(other.run("--plan", "other.json", "--publish"), 0)
        require(planned.status() == set(range(PARTS)), "parts of another plan count")
        require(said_missing(ended(planned.publish(), 1))[2] == set(range(PARTS)), "what publish names")
        ended(planned.part("0-7"), 0)
        self.publishes(planned)

    def copied_plan(self, at: Path) -> None:
        """A plan is what is in it, and what is noted beside it; through a pipe nobody knows that it is published."""
        planned = self.planned(at, "0-7")
        ended(planned.publish(), 0)
        os.utime(planned.at / PLAN)
        require(planned.status() == set(), "parts are missing of a set that is published")
        ended(planned.part(0), 0)
        require(planned.staging is None, "a part of a set that is published is written again")
        ended(planned.run("--plan", "-", "--status", stdin=planned.at / PLAN), 1)
        first = planned.directory / planned.parts[0]
        os.utime(first)
        require(planned.status() == set(range(PARTS)), "a file that has changed is published")
        (planned.at / NOTE).write_bytes(b"{}")
        ended(planned.step("--clean"), 0)
        require((planned.at / NOTE).read_bytes() == b"{}", "what is no note of the plan is removed")

    def no_permission(self, at: Path) -> None:
        if os.geteuid() == 0:
            return
        planned = self.planned(at, "0-6")
        planned.staging.chmod(0o555)
        try:
            ended(planned.part(7), 2, "Permission denied")
            require(planned.status() == {7}, "what is missing")
        finally:
            planned.staging.chmod(0o755)
        ended(planned.part(7), 0)
        self.publishes(planned)


def _grow(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b" ")


def _later(path: Path) -> None:
    now = path.stat()
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns + 1))


def _replace(path: Path) -> None:
    """By another of the same size, which is older."""
    data = path.read_bytes()
    now = path.stat()
    path.unlink()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns - 10**9))


CHANGES: dict[str, Callable[[Path], None]] = {
    "longer": _grow,
    "shorter": lambda path: os.truncate(path, path.stat().st_size - 1),
    "of a nanosecond later": _later,
    "replaced": _replace,
    "gone": Path.unlink,
}
