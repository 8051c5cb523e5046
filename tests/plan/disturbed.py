"""Each step is killed at its calls of the system, and each kind of call fails once.

What has to hold of a step that was disturbed:

  - it dies of the signal, or ends with 0 or 2, and with 2 it says one line;
  - until the new set is whole, the directory holds the old one, or no index;
  - no plan and no receipt is half there;
  - the same step, which nobody disturbs, ends as if nothing had been.
"""

import shutil
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from calls import FAILURES, NO_FAILURES, WAYS
from harness import MARK, Failure, Files, Result, Suite, contents, is_hidden, spread
from planned import (NOTE, OUT, PLAN, RECEIPT, STAGING, Planned, Wrong, difference, ended, fresh_work, reference, require,
                     require_old_or_new)
from same import in_files, in_parts

PARTS = 3
# Kills spread over a step, and so many at each of its last calls, which put files in place; of publish in two places
# each call is one.
KILLS, LAST_KILLS = 24, 50
MOST_OF_A_CLASS = 4
SHOWN = 3  # problems of a case
PIECES = 4  # of the kills at each call


@dataclass
class Place:
    """A command, and what is in its directory before."""

    name: str
    command: str
    model: str
    options: list[str]
    index: str
    old: str = ""  # the model of an older set
    old_options: list[str] = field(default_factory=list)
    parts: int = PARTS

    def words(self, inputs: Path) -> list[str]:
        out = f"{OUT}/" if self.command == "convert" else OUT
        return [str(inputs / self.model), out, *self.options]


PLACES = (
    Place("pack-set over a set of more parts", "pack-set", "m.safetensors", [*in_parts(PARTS), "--force"],
          "model.aeroset.json", "more.safetensors", in_parts(PARTS)),
    Place("pack-set over the same structure", "pack-set", "m.safetensors", in_parts(PARTS), "model.aeroset.json",
          "values.safetensors", in_parts(PARTS)),
    Place("sharded safetensors with side files over an older model", "convert", "with side files",
          ["--to", "safetensors", "--force", *in_files(PARTS)], "model.safetensors.index.json", "more.safetensors",
          ["--to", "safetensors", *in_files(PARTS)]),
    Place("split GGUF", "convert", "m.gguf", ["--to", "gguf", *in_files(PARTS)], f"model-00001-of-{PARTS:05d}.gguf"),
    Place("one safetensors over another", "convert", "m.safetensors", ["--to", "safetensors"], "model.safetensors",
          "values.safetensors", ["--to", "safetensors"], parts=1),
)
EACH_CALL = (PLACES[0], PLACES[3])


@dataclass
class Step:
    """A step in one place: where it begins, and where it ends."""

    place: Place
    name: str
    words: list[str]
    start: Path
    old: Files  # of the output directory
    new: Files
    whole: Files = field(default_factory=dict)  # all files, when it has ended
    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} of {self.place.name}"


def without_times(files: Files) -> Files:
    """The note that a plan is published holds the times of files, another one in each run."""
    return {name: b"a note" if Path(name).name == NOTE else data for name, data in files.items()}


class Disturbed:
    def __init__(self, suite: Suite, inputs: Path):
        self.suite = suite
        self.inputs = inputs
        self.steps: dict[tuple[str, str], Step] = {}

    def cases(self) -> list[tuple[str, object]]:
        if self.suite.shim is None:
            self.suite.skip("calls that fail: the shim needs a C compiler")
            return []
        found: list[tuple[str, object]] = []
        for place in PLACES:
            for name in ("plan", "part", "publish", "clean"):
                if name == "clean" and place is not PLACES[0]:
                    continue
                where = (place.name, name)
                pieces = PIECES if name == "publish" and place in EACH_CALL else 1
                for piece in range(pieces):
                    of = f", {piece + 1} of {pieces}" if pieces > 1 else ""
                    found.append((f"{name} killed: {place.name}{of}",
                                  lambda at, where=where, piece=piece: self.kills(at, self.steps[where], piece)))
                found.append((f"{name} ended by signals: {place.name}",
                              lambda at, where=where: self.ended_by_signals(at, self.steps[where])))
                found.append((f"{name}, a call fails: {place.name}",
                              lambda at, where=where: self.fails(at, self.steps[where])))
            found.append((f"--clean after a publish that was killed: {place.name}",
                          lambda at, place=place: self.clean_between(at, place)))
        return found

    # ---- where steps begin

    def prepare(self) -> None:
        home = self.suite.scratch / "disturbed"
        for i, place in enumerate(PLACES):
            at = home / str(i)
            (at / "tmp").mkdir(parents=True)
            new = reference(self.suite, at, place.command, place.words(self.inputs))
            begin = at / "plan"
            begin.mkdir()
            if place.old:
                out = begin / OUT
                self.suite.make(place.command, self.inputs / place.old, f"{out}/", *place.old_options)
            planned = Planned(self.suite, begin, place.command, place.words(self.inputs))
            old = planned.held()
            names = []
            last = [("clean", ["--clean"])] if place is PLACES[0] else []
            for name, words in (("plan", planned.words), ("part", ["--part", str(place.parts - 1)]),
                                ("publish", ["--publish"]), *last):
                start = at / name
                if name != "plan":
                    before = at / {"part": "plan", "publish": "part", "clean": "publish"}[name]
                    shutil.copytree(before, start)
                    self.advance(Planned(self.suite, start, place.command, planned.words), name, place.parts)
                self.steps[place.name, name] = Step(place, name, words, start, old, new)
                names.append(name)
            for name in names:
                self.whole_run(at, self.steps[place.name, name])

    @staticmethod
    def advance(planned: Planned, name: str, parts: int) -> None:
        """To where a step begins, from where the one before did."""
        if name == "part":
            require(planned.make() == parts, f"not {parts} parts")
        elif name == "publish":
            ended(planned.part(f"0-{parts - 1}"), 0)

    def whole_run(self, at: Path, step: Step) -> None:
        work = fresh_work(at)
        planned = self.begin(at, step)
        ended(planned.step(*step.words, count=at / "count"), 0)
        step.whole = without_times(contents(work))
        step.counts = self.counted(at / "count")
        require(step.counts.get("any"), f"{step}: no calls are counted")

    @staticmethod
    def counted(path: Path) -> dict[str, int]:
        return {name: int(number) for name, number in map(str.split, path.read_text().splitlines())}

    def begin(self, at: Path, step: Step) -> Planned:
        work = fresh_work(at)
        shutil.copytree(step.start, work, dirs_exist_ok=True)
        return Planned(self.suite, work, step.place.command, step.place.words(self.inputs))

    # ---- disturbances

    def kills(self, at: Path, step: Step, piece: int) -> None:
        count = step.counts["any"]
        every = step.name == "publish" and step.place in EACH_CALL
        less = 5 if self.suite.quick else 1
        last = range(max(1, count - LAST_KILLS // less), count + 1)
        some = sorted({*spread(count, KILLS // less), *(last if step.name == "publish" else ())})
        numbers = (range(1, count + 1) if every and not self.suite.quick else some)[piece::PIECES if every else 1]
        failures = [Failure("any", number, f"signal:{signal.SIGKILL.value}", no_tmpfile=number % 3 == 0)
                    for number in numbers]
        self.all(at, step, failures)

    def ended_by_signals(self, at: Path, step: Step) -> None:
        """Those that a process has the time to answer: nothing of its own is left."""
        numbers = spread(step.counts["any"], KILLS // 2)
        ways = (signal.SIGTERM, signal.SIGINT)
        self.all(at, step, [Failure("any", number, f"signal:{ways[i % 2].value}", no_tmpfile=i % 3 == 0)
                            for i, number in enumerate(numbers)])

    def fails(self, at: Path, step: Step) -> None:
        failures = []
        for cls, ways in WAYS.items():
            if cls == "memory" and self.suite.sanitizer:
                continue
            most = 1 if self.suite.quick else MOST_OF_A_CLASS * (3 if cls == "memory" else 1)
            failures += [Failure(cls, number, way) for number in spread(step.counts.get(cls, 0), max(2, most))
                         for way in ways]
        self.all(at, step, failures)

    def all(self, at: Path, step: Step, failures: Iterable[Failure]) -> None:
        problems = []
        for failure in failures:
            try:
                self.disturb(at, step, failure)
            except Wrong as wrong:
                problems.append(f"{step}: {failure}{', no O_TMPFILE' * failure.no_tmpfile}: {wrong}")
        shown = "\n        ".join(problems[:SHOWN])
        require(not problems, f"{len(problems)} problems:\n        {shown}")

    def disturb(self, at: Path, step: Step, failure: Failure) -> None:
        planned = self.begin(at, step)
        count = at / "count"
        count.unlink(missing_ok=True)
        result = planned.step(*step.words, failure=failure, count=count)
        killed = failure.how == f"signal:{signal.SIGKILL.value}"
        met = not count.exists() or self.counted(count).get("struck") == 1
        said = f"exit status {result.status}: {result.err.strip()[:600]}"
        try:
            self.ends(planned, step, failure, result, killed, met)
            self.holds(planned, step, result, killed, failure.cls == "unlink")
        except Wrong as wrong:
            raise Wrong(f"{wrong}\n        {said}") from wrong
        ended(planned.step(*step.words), 0)
        again = without_times(contents(planned.at))
        # publish and --clean remove what was left, but not what could not be removed while the set was complete.
        if step.name in ("plan", "part") or failure.cls == "unlink":
            again = {name: data for name, data in again.items() if not self.is_temporary(name)}
        require(again == step.whole, f"the step again does not set it right: {difference(again, step.whole)}\n"
                f"        {said}")

    @staticmethod
    def is_temporary(name: str) -> bool:
        return is_hidden(name) and MARK in Path(name).name and not Path(name).name.startswith(STAGING)

    def ends(self, planned: Planned, step: Step, failure: Failure, result: Result, killed: bool, met: bool) -> None:
        way = (failure.cls, failure.how)
        if failure.how.startswith("signal:"):
            late = result.status == 0 and (not killed or not met)
            require(late or result.status == -int(failure.how.split(":")[1]), "it does not die of the signal")
            return
        require(result.status in (0, 2), "neither 0 nor 2")
        if result.status == 2:
            ended(result, 2)
            require(way not in NO_FAILURES, "this is no failure")
            return
        # Of a set that is there, what cannot be read is written anew.
        lenient = failure.cls == "read" and step.place.old
        require(not met or way not in FAILURES or lenient, "it went unnoticed")
        now = without_times(contents(planned.at))
        if failure.cls == "unlink":
            now = {name: data for name, data in now.items() if name in step.whole}
        require(now == step.whole, f"it has ended otherwise: {difference(now, step.whole)}")

    def holds(self, planned: Planned, step: Step, result: Result, killed: bool, stays: bool) -> None:
        """`stays`: something could not be removed."""
        files = contents(planned.at)
        left = [name for name in files if self.is_temporary(name)]
        require(killed or stays or step.name == "publish" or not left, f"left: {left}")
        outside = {name: data for name, data in files.items()
                   if "/" not in name.rstrip("/") and name != f"{OUT}/" and not self.is_temporary(name)}
        if step.name == "publish":
            outside.pop(NOTE, None)
        wanted = {PLAN: step.whole[PLAN]}
        require(outside == wanted or step.name == "plan" and outside == {}, f"beside: {sorted(outside)}")
        held = planned.held()
        if step.name == "publish":
            if not stays or any(held.get(name) != data for name, data in step.new.items()):
                require_old_or_new(held, step.old, step.new, step.place.index, killed or stays)
            return
        visible = {name: data for name, data in held.items() if not self.is_temporary(name)}
        require(visible == step.old, f"the directory: {difference(visible, step.old)}")
        if step.name != "plan":
            # A receipt alone is as if there were none.
            planned.require_receipts(files=step.name != "clean")
            for name, data in planned.staged().items():
                if not is_hidden(name):
                    whole = self.steps[step.place.name, "publish"].start / OUT / planned.staging.name / name
                    require(whole.read_bytes() == data, f"another {name}")
        if step.name == "part" and result.status == 0:
            staged = planned.staged()
            require(planned.parts[-1] + RECEIPT in staged, "success without a receipt")

    # ----

    def clean_between(self, at: Path, place: Place) -> None:
        """What --clean takes away is written again, and older parts go."""
        step = self.steps[place.name, "publish"]
        for number in spread(step.counts["any"], KILLS):
            planned = self.begin(at, step)
            planned.step("--publish", failure=Failure("any", number, f"signal:{signal.SIGKILL.value}"))
            ended(planned.step("--clean"), 0)
            require(planned.staging is None, f"killed at call {number}: --clean leaves the staging directory")
            require_old_or_new(planned.held(), step.old, step.new, place.index, killed=True)
            ended(planned.part(f"0-{place.parts - 1}"), 0)
            ended(planned.publish(), 0)
            found = without_times(contents(planned.at))
            require(found == step.whole, f"killed at call {number}, --clean, and all again: "
                    f"{difference(found, step.whole)}")
