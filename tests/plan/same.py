"""The directory that a plan ends in has the files of the same command without a plan, byte for byte, and no others."""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3
from harness import Suite, contents
from inputs import DATA, TENSOR
from planned import (ARRAYS, NOTE, OUT, PLAN, RECEIPT, STAGING, Planned, ended, finish, fresh_work, reference, require,
                     require_same)

SHARD = ["--max-shard-bytes", str(TENSOR)]
# A part has so many of the sixteen tensors at most, and there are so many parts.
DIVIDED = {1: 16, 3: 6, 16: 1}


@dataclass
class Kind:
    """A command that writes {out}, of inputs in {in}."""

    name: str
    words: list[str]
    command: str = "pack-set"
    parts: int = 0  # 0: whatever there are
    jobs: int = 2

    def planned(self, suite: Suite, at: Path, inputs: Path) -> Planned:
        words = [word.replace("{in}", str(inputs)).replace("{data}", str(DATA)) for word in self.words]
        return Planned(suite, at, self.command, [word.replace("{out}", OUT) for word in words])


def in_parts(count: int, width: int = TENSOR) -> list[str]:
    """The options of pack-set for so many parts of sixteen tensors of that size."""
    return ["--max-shard-bytes", str(width), "--max-part-shards", str(DIVIDED[count])]


def in_files(count: int, width: int = TENSOR) -> list[str]:
    return ["--max-shard-bytes", str(width * DIVIDED[count])]


def kinds() -> list[Kind]:
    found = []
    for count in DIVIDED:
        pack = in_parts(count)
        halves = in_parts(count, TENSOR // 2)
        files = in_files(count)
        several = f"{count} part{'s' if count > 1 else ''}"
        found += [
            Kind(f"one safetensors, {several}", ["{in}/m.safetensors", "{out}", *pack], parts=count),
            Kind(f"sharded safetensors, {several}", ["{in}/sharded", "{out}", *pack], parts=count),
            Kind(f"GGUF, {several}", ["{in}/m.gguf", "{out}", *pack], parts=count),
            Kind(f"AERO, {several}", ["{in}/m.aero", "{out}", *pack], parts=count),
            Kind(f"AERO with hashes of pages, {several}", ["{in}/pages.aero", "{out}", *pack], parts=count),
            Kind(f"an AEROSET, {several}", ["{in}/set", "{out}", *pack], parts=count),
            Kind(f"hashes of tensors, pages and heads, {several}",
                 ["{in}/m.safetensors", "{out}", *pack, "--tensor-hash", "--page-hash=1KiB", "--control-hash"],
                 parts=count),
            Kind(f"hashes of an AEROSET's tensors, {several}", ["{in}/set", "{out}", *pack, "--tensor-hash"],
                 parts=count),
            Kind(f"side files, {several}", ["{in}/with side files", "{out}", *pack], parts=count),
            Kind(f"another dtype, {several}", ["{in}/m.gguf", "{out}", *halves, "--dtype", "bf16"], parts=count),
            Kind(f"other names and metadata, {several}",
                 ["{in}/m.safetensors", "{out}", *pack, "--rename", "s/^layer/blk/", "--set", "general.name=It's",
                  "--unset", "seed", "--name", "named", "--architecture", "mine"], parts=count),
            Kind(f"sharded safetensors of safetensors, {several}",
                 ["{in}/m.safetensors", "{out}/", "--to", "safetensors", *files], "convert", count),
            Kind(f"sharded safetensors of a directory with side files, {several}",
                 ["{in}/with side files", "{out}/", "--to", "safetensors", *files], "convert", count),
            Kind(f"sharded safetensors of GGUF with casts and names, {several}",
                 ["{in}/m.gguf", "{out}/", "--to", "safetensors", *in_files(count, TENSOR // 2), "--dtype", "f16",
                  "--rename", "s/^layer/model.layers/"], "convert", count),
            Kind(f"sharded safetensors of an AEROSET, {several}",
                 ["{in}/set", "{out}/", "--to", "safetensors", *files], "convert", count),
            Kind(f"split GGUF of GGUF, {several}",
                 ["{in}/m.gguf", "{out}/", "--to", "gguf", *files], "convert", count),
            Kind(f"split GGUF of AERO, {several}",
                 ["{in}/m.aero", "{out}/", "--to", "gguf", "--architecture", "llama", *files], "convert", count),
        ]
    found += [
        Kind("some tensors", ["{in}/m.gguf", "{out}", *in_parts(3), "--include", "layer.0*", "--exclude",
                              "*.05.*"], parts=2),
        Kind("decoded weights", ["{data}/dequant/blocks.gguf", "{out}", "--max-shard-bytes", "4KiB",
                                 "--max-part-shards", "2", "--dequantize"]),
        Kind("decoded weights in other files", ["{in}/gptq", "{out}/", "--to", "safetensors",
                                                "--max-shard-bytes", "1KiB", "--dequantize"], "convert"),
        Kind("weights of FP8 in blocks", ["{in}/fp8-block", "{out}", "--max-shard-bytes", "1KiB",
                                          "--max-part-shards", "1", "--dequantize", "--dtype", "f32"]),
        Kind("blocks as they are", ["{data}/tiny.gguf", "{out}", "--max-shard-bytes", "4KiB", "--max-part-shards",
                                    "2", "--tensor-hash"]),
        Kind("several inputs", ["{in}/m.safetensors", "{in}/few.safetensors", "{out}", *in_parts(16)], parts=22),
        Kind("several inputs in other files", ["{in}/few.safetensors", "{in}/m.gguf", "{out}/", "--to", "safetensors",
                                               *in_files(3), "--name", "both"], "convert", parts=4),
        Kind("no side files", ["{in}/with side files", "{out}", *in_parts(3), "--no-side-files"], parts=3),
        Kind("an odd path", ["{in}/it's \"odd\"\n$HOME größe/a model's.safetensors", "{out}", *in_parts(3)], parts=3),
        Kind("a UUID and an address", ["{in}/m.gguf", "{out}", *in_parts(3), "--uuid", "0" * 31 + "1", "--base-url",
                                       "https://example.org/m", "--align", "64"], parts=3),
        Kind("every dtype of safetensors", ["{data}/wide-dtypes.safetensors", "{out}", "--max-shard-bytes", "16",
                                            "--max-part-shards", "1"]),
        Kind("an AEROSET of others", ["{data}/sharded.ref.aeroset", "{out}", "--max-shard-bytes", "4KiB"]),
        Kind("a distributed checkpoint", ["{data}/dcp/dim0", "{out}", "--max-shard-bytes", "128", "--max-part-shards",
                                          "1"]),
        Kind("a checkpoint of DeepSpeed", ["{data}/zero/zero2", "{out}/", "--to", "safetensors", "--max-shard-bytes",
                                           "256"], "convert"),
        Kind("a checkpoint in shards", ["{data}/pt/sharded-bin", "{out}", "--max-shard-bytes", "64",
                                        "--max-part-shards", "1"]),
        Kind("zTensor in shards", ["{data}/zt/v2-sharded", "{out}", "--max-shard-bytes", "1KiB", "--max-part-shards",
                                   "1"]),
        Kind("a template from a file", ["{in}/m.gguf", "{out}", *in_parts(3), "--set",
                                        "tokenizer.chat_template=@{in}/with side files/extra/chat.jinja"], parts=3),
        Kind("zTensor", ["{in}/m.zt", "{out}", *in_parts(3)], parts=3),
        Kind("NumPy", ["{data}/npz/stored.npz", "{out}", "--max-shard-bytes", "64", "--max-part-shards", "1"]),
        Kind("a checkpoint", ["{data}/pt/views.pt", "{out}", "--max-shard-bytes", "64", "--max-part-shards", "1"]),
        Kind("a set by convert", ["{in}/m.gguf", "{out}/", "--to", "aeroset", *in_parts(3)], "convert", parts=3),
        Kind("shards that came as they are", ["{in}/sharded", "{out}/", "--to", "safetensors"], "convert", parts=3),
    ]
    return found


class Same:
    def __init__(self, suite: Suite, inputs: Path):
        self.suite = suite
        self.inputs = inputs

    def prepare(self) -> None:
        pass

    def cases(self) -> list[tuple[str, object]]:
        by_name = {f"the same bytes: {kind.command} of {kind.name}": kind for kind in kinds()}
        found = [(name, lambda at, kind=kind: self.same(at, kind)) for name, kind in by_name.items()]
        for name, kind in by_name.items():
            if name.endswith(("one safetensors, 16 parts", "safetensors of GGUF with casts and names, 3 parts",
                              "split GGUF of AERO, 16 parts")):
                found += [(f"-j {jobs}: {name}", lambda at, kind=kind, jobs=jobs: self.jobs(at, kind, jobs))
                          for jobs in (1, 4)]
        found.append(("modes of the files, and a link to the directory", self.modes))
        return found

    def modes(self, at: Path) -> None:
        """Who may read the files is the same, too; and a link to the directory stays one."""
        for umask in (0o022, 0o027, 0o077):
            work = fresh_work(at)
            planned = Planned(self.suite, work, words=[str(self.inputs / "with side files"), OUT, *in_parts(3)])
            (work / "real").mkdir()
            (work / OUT).symlink_to("real")
            for step in (planned.words, ["--part", "0-2"], ["--publish"]):
                ended(finish(planned.start(*step, umask=umask)), 0)
            plain = [self.suite.binary, "pack-set", planned.words[0], "plain", *in_parts(3)]
            require(subprocess.run(plain, cwd=work, check=False, umask=umask).returncode == 0, "without a plan")
            require((work / OUT).is_symlink(), "the link to the directory is replaced")
            found = {path.name: path.stat().st_mode for path in (work / "real").iterdir()}
            wanted = {path.name: path.stat().st_mode for path in (work / "plain").iterdir()}
            require(found == wanted, f"modes with the umask {umask:o}: {found}, not {wanted}")
            require_same(contents(work / "real"), contents(work / "plain"), "behind a link")

    def same(self, at: Path, kind: Kind) -> None:
        work = fresh_work(at)
        planned = kind.planned(self.suite, work, self.inputs)
        wanted = reference(self.suite, work, kind.command, planned.words)
        count = planned.make()
        require(kind.parts in (0, count), f"{count} parts, not {kind.parts}")
        self.describes(planned, kind, set(wanted))
        require(planned.held() == {}, f"a plan writes nothing else: {sorted(planned.held())}")
        require(planned.status() == set(range(count)), "what is missing before there are parts")
        self.every_part(planned, count)
        if count == 3:
            self.receipts(planned)
        require(planned.status() == set(), "what is missing when all parts are there")
        ended(planned.publish("--full") if count == 3 else planned.publish(), 0)
        require(planned.staging is None, "the staging directory is left")
        require_same(planned.held(), wanted, "not the files of the command without a plan")
        require(sorted(path.name for path in work.iterdir()) == [OUT, PLAN, NOTE], "what is beside the plan")

    def every_part(self, planned: Planned, count: int) -> None:
        """In each of the ways that a part can be asked for."""
        if count == 1:
            ended(planned.part(0), 0)
        elif count < 16:
            for i in range(count):
                ended(planned.part("auto", environment={ARRAYS[i % 3]: str(i)}), 0)
        else:
            ended(planned.part("12,2-4"), 0)
            ended(planned.part("auto+7", environment={ARRAYS[1]: "1"}), 0)
            ended(planned.part("5-11", "-j1"), 0)
            ended(planned.part(f"0-{count - 1}", "-j4"), 0)

    def describes(self, planned: Planned, kind: Kind, wanted: set[str]) -> None:
        """What the plan says, which is the same however often it is asked, and takes the plan itself as an answer."""
        plan = planned.plan
        require(plan["aerotool_plan"] == 1 and plan["command"] == kind.command, "what the plan is")
        require({*planned.parts, *plan["closing"]} <= wanted, f"files that are not to be: {planned.parts}, "
                f"{plan['closing']}")
        rest = {name for name in wanted if name.endswith((".aero", ".aeroset.json", ".safetensors", ".gguf",
                                                          ".safetensors.index.json"))}
        require({*planned.parts, *plan["closing"]} >= rest, f"files that are not named: {planned.parts}, "
                f"{plan['closing']}")
        names = [name for part in plan["parts"] for name in part["tensors"]]
        require(len(set(names)) == len(names), "a tensor in two parts")
        before = (planned.at / PLAN).read_bytes()
        ended(planned.write(), 0)
        require((planned.at / PLAN).read_bytes() == before, "another plan the second time")
        shown = ended(planned.run("--plan", "-", *planned.words), 0)
        require(shown.out == before, "another plan on standard output")

    def receipts(self, planned: Planned) -> None:
        planned.require_receipts(temporaries=False)
        staged = planned.staged()
        identity = blake3((planned.at / PLAN).read_bytes()).hex()[:16]
        require(planned.staging.name == f"{STAGING}{identity}", f"{planned.staging.name}, not of {identity}")
        for name in planned.parts:
            receipt = json.loads(staged[name + RECEIPT])
            require(receipt["aerotool_receipt"] == 1 and receipt["file"] == name, f"{name}: what the receipt is")
            require(receipt["plan"] == identity, f"{name}: the plan in its receipt: {receipt['plan']}")
            require(receipt["sha256"] == hashlib.sha256(staged[name]).hexdigest(), f"{name}: its SHA-256")
            require(receipt["size"] == len(staged[name]), f"{name}: its size")

    def jobs(self, at: Path, kind: Kind, jobs: int) -> None:
        work = fresh_work(at)
        planned = kind.planned(self.suite, work, self.inputs)
        wanted = reference(self.suite, work, kind.command, planned.words)
        number = f"-j{jobs}"
        count = planned.make(number)
        ended(planned.part(f"0-{count - 1}", number), 0)
        ended(planned.publish("--full", number), 0)
        require(planned.staging is None, "the staging directory is left")
        require_same(planned.held(), wanted, "not the files of the command without a plan")
