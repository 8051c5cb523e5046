"""Random schedules, as bad as a cluster may be: parts in any order, several at once and the same one twice, processes
that are killed, publishing too early and twice, over sets that are there already.

A schedule follows from its seed, but for how far a killed process came."""

import random
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from harness import Files, Result, Suite
from planned import (OUT, Planned, Wrong, ended, finish, fresh_work, ranges, reference, require, require_old_or_new,
                     require_same, said_missing)
from same import in_files, in_parts

COUNT = 100
MOST_ROUNDS = 60
COUNTS = (1, 3, 3, 16)
OLD = ("nothing", "the same", "values", "more")  # what is in the directory before


@dataclass
class Kind:
    """A command, and inputs whose sets may be in its directory before."""

    command: str
    model: str
    options: list[str]
    olds: dict[str, str]  # inputs of other sets
    index: str  # the file without which there is no set

    def words(self, inputs: Path, model: str, out: str) -> list[str]:
        return [str(inputs / model), f"{out}/" if self.command == "convert" else out, *self.options]


def kind_of(what: str, count: int) -> Kind:
    if what == "set":
        return Kind("pack-set", "m.safetensors", in_parts(count),
                    {"values": "values.safetensors", "more": "more.safetensors"}, "model.aeroset.json")
    if what == "sharded":
        index = "model.safetensors" if count == 1 else "model.safetensors.index.json"
        return Kind("convert", "m.safetensors", ["--to", "safetensors", *in_files(count)],
                    {"values": "values.safetensors", "more": "more.safetensors"}, index)
    return Kind("convert", "m.gguf", ["--to", "gguf", *in_files(count)],
                {"values": "values.gguf", "more": "more.gguf"}, f"model-00001-of-{count:05d}.gguf")


@dataclass
class Made:
    """A kind, the files of its set, and directories with older ones."""

    kind: Kind
    new: Files
    olds: dict[str, Path | None]


class Schedules:
    def __init__(self, suite: Suite, inputs: Path, first: int):
        self.suite = suite
        self.inputs = inputs
        self.first = first
        self.made: dict[tuple[str, int], Made] = {}
        self.pace = {"part": 0.0, "publish": 0.0}  # seconds that one takes

    def cases(self) -> list[tuple[str, object]]:
        return [(f"schedule of seed {seed}", lambda at, seed=seed: Schedule(self, at, seed).run())
                for seed in range(self.first, self.first + COUNT)]

    def prepare(self) -> None:
        home = self.suite.scratch / "schedules"
        (home / "tmp").mkdir(parents=True)
        for what in ("set", "sharded", "split"):
            for count in sorted(set(COUNTS)):
                kind = kind_of(what, count)
                at = home / f"{what}-{count}"
                at.mkdir()
                new = reference(self.suite, at, kind.command, kind.words(self.inputs, kind.model, OUT))
                olds: dict[str, Path | None] = {"nothing": None}
                for name, model in {**kind.olds, "the same": kind.model}.items():
                    self.suite.make(kind.command, *kind.words(self.inputs, model, str(at / name)))
                    olds[name] = at / name
                self.made[what, count] = Made(kind, new, olds)
        self.measure()

    def measure(self) -> None:
        """How long steps take that nobody kills."""
        work = self.suite.scratch / "schedules/measured"
        work.mkdir()
        kind = kind_of("set", 3)
        planned = Planned(self.suite, work, kind.command, kind.words(self.inputs, kind.model, OUT))
        planned.make()
        for name, words in (("part", ["--part", "0-2"]), ("publish", ["--publish"])):
            begin = time.monotonic()
            ended(finish(planned.start(*words)), 0)
            self.pace[name] = time.monotonic() - begin


class Schedule:
    def __init__(self, schedules: Schedules, at: Path, seed: int):
        self.schedules = schedules
        self.random = random.Random(seed)
        self.count = self.random.choice(COUNTS)
        made = schedules.made[self.random.choice(("set", "sharded", "split")), self.count]
        self.kind, self.new = made.kind, made.new
        self.before = self.random.choice(OLD)
        self.work = fresh_work(at)
        self.planned = Planned(schedules.suite, self.work, self.kind.command,
                               self.kind.words(schedules.inputs, self.kind.model, OUT))
        if made.olds[self.before] is not None:
            shutil.copytree(made.olds[self.before], self.planned.directory)
        if self.random.random() < 0.3:
            self.planned.directory.mkdir(exist_ok=True)
            (self.planned.directory / "notes.txt").write_bytes(b"mine")
            self.new = {**self.new, "notes.txt": b"mine"}
        self.old = self.planned.held()
        self.done: set[int] = set()
        self.tried: set[int] = set()
        self.said = [f"{self.kind.command} in {self.count} parts over {self.before}"]

    def run(self) -> None:
        try:
            self.plan()
            self.build()
            self.publish()
            self.after()
        except Wrong as wrong:
            steps = "\n        ".join(self.said)
            raise Wrong(f"{wrong}\n        {steps}") from wrong

    def say(self, what: str) -> None:
        self.said.append(what)

    # ---- steps

    def plan(self) -> None:
        words = self.planned.words
        if self.before == "more":
            self.planned.words = [*words, "--force"]
        if self.random.random() < 0.2:
            running = [self.planned.start(*self.planned.words) for _ in range(3)]
            for process in running:
                ended(finish(process), 0)
        require(self.planned.make() == self.count, f"not {self.count} parts")

    def build(self) -> None:
        for _ in range(MOST_ROUNDS):
            missing = self.planned.missing_on_disk()
            if not missing and self.random.random() < 0.5:
                break
            action = self.random.choices(("parts", "publish early", "status", "clean"), (8, 2, 2, 0.3))[0]
            if action == "parts":
                self.parts(sorted(missing))
            elif action == "status":
                self.status()
            elif action == "clean":
                self.say("clean")
                ended(self.planned.step("--clean"), 0)
                require(self.planned.staging is None, "--clean leaves the staging directory")
                self.done, self.tried = set(), set()
            elif missing:
                self.publish_early(missing)
            require_same(self.planned.held(), self.old, f"the directory has changed after {action}")
        missing = self.status()
        if missing:
            self.say(f"all that are missing: {ranges(missing)}")
            ended(self.planned.part(ranges(missing)), 0)
        require(self.status() == set(), "parts are missing when all are there")

    def parts(self, missing: list[int]) -> None:
        """Some processes at once. One in three is killed, at some time."""
        asked: list[list[int]] = []
        for _ in range(self.random.randint(1, 4)):
            some = missing if missing and self.random.random() < 0.8 else range(self.count)
            asked.append(sorted(self.random.sample(list(some), min(len(some), self.random.choice((1, 1, 2, 6))))))
            if self.random.random() < 0.3:
                asked.append(asked[-1])
        self.run_at_once([["--part", ranges(parts)] for parts in asked], "part", asked)

    def run_at_once(self, words: list[list[str]], pace: str, parts: list[list[int]]) -> list[Result]:
        """Starts steps, kills some of them, and waits for all. A step that was not killed has to succeed."""
        most = 1.3 * self.schedules.pace[pace]
        kills = {i: self.random.uniform(0, most) for i in range(len(words)) if self.random.random() < 0.35}
        self.say(", ".join(f"{' '.join(some)}{f' killed after {1000 * kills[i]:.1f} ms' if i in kills else ''}"
                           for i, some in enumerate(words)))
        running = [self.planned.start(*some) for some in words]
        begin = time.monotonic()
        for i, after in sorted(kills.items(), key=lambda item: item[1]):
            time.sleep(max(0.0, begin + after - time.monotonic()))
            running[i].kill()
        results = [finish(process) for process in running]
        for i, result in enumerate(results):
            if i not in kills or result.status != -signal.SIGKILL:
                ended(result, 0)
                self.done |= set(parts[i])
            self.tried |= set(parts[i])
        self.planned.require_receipts()
        return results

    def status(self) -> set[int]:
        missing = self.planned.status()
        self.say(f"status: {ranges(missing)}")
        every = set(range(self.count))
        require(missing == self.planned.missing_on_disk(), f"missing are {ranges(self.planned.missing_on_disk())}")
        require(not missing & self.done, f"done, and missing: {ranges(missing & self.done)}")
        require(missing >= every - self.tried, f"never made, and there: {ranges(every - self.tried - missing)}")
        return missing

    def publish_early(self, missing: set[int]) -> None:
        self.say("publish early")
        before = {name: data for name, data in self.planned.staged().items() if not name.startswith(".")}
        result = ended(self.planned.publish(), 1)
        told = said_missing(result)
        require(told == (len(missing), self.count, missing), f"wanted {ranges(missing)}: {result.err.strip()}")
        after = {name: data for name, data in self.planned.staged().items() if not name.startswith(".")}
        require_same(after, before, "the parts after publishing too early")

    def publish(self) -> None:
        """Killed some times, and completed."""
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            after = self.random.uniform(0, 1.2 * self.schedules.pace["publish"])
            self.say(f"publish killed after {1000 * after:.1f} ms")
            process = self.planned.start("--publish")
            time.sleep(after)
            process.kill()
            result = finish(process)
            if result.status != -signal.SIGKILL:
                ended(result, 0)
            require_old_or_new(self.planned.held(), self.old, self.new, self.kind.index, killed=True)
            if self.random.random() < 0.3:
                self.say("status")
                require(self.planned.status() == set(), "parts are missing after a publish that was killed")
            if self.random.random() < 0.3:
                part = self.random.randrange(self.count)
                self.say(f"part {part} again")
                ended(self.planned.part(part), 0)
                require_old_or_new(self.planned.held(), self.old, self.new, self.kind.index, killed=True)
        at_once = self.random.choice(([], [], [["--publish"]], [["--part", str(self.random.randrange(self.count))]]))
        self.say(f"publish, at once with {at_once}")
        running = [self.planned.start(*words) for words in ([["--publish"], *at_once])]
        results = [finish(process) for process in running]
        if at_once:
            # A second one may be refused, as may be a part whose place goes away.
            for result in results:
                ended(result, result.status if result.status in (0, 2) else 0)
            require(results[0].status == 0 or at_once == [["--publish"]] and results[1].status == 0,
                    f"no publish succeeds: {[result.err.strip() for result in results]}")
            require_same({name: data for name, data in self.planned.held().items()}, self.new, "the set")
            ended(self.planned.publish(), 0)
            ended(self.planned.step("--clean"), 0)
        else:
            ended(results[0], 0)

    def after(self) -> None:
        require(self.planned.staging is None, "the staging directory is left")
        require_same(self.planned.held(), self.new, "not the files of the command without a plan")
        require(self.planned.status() == set(), "parts are missing of a set that is published")
        ended(self.planned.publish(), 0)
        ended(self.planned.part(self.random.randrange(self.count)), 0)
        require(self.planned.staging is None, "a part of a set that is published is written again")
        require_same(self.planned.held(), self.new, "the set after another publish")
