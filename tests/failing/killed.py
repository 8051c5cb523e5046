"""Signals at points that are spread over a run: over its calls, not its time, so that they are the same
points in every run.

After SIGINT, SIGTERM and SIGHUP the old target is as it was, nothing else is left, and the process has died
of the signal; a signal that comes too late for that leaves the new target. After SIGKILL there may be a
temporary, which the next run removes, and only that: not what another run has locked, nor what looks alike
and is none.
"""

import fcntl
import signal
from dataclasses import dataclass
from pathlib import Path

from calls import Calls, Case
from harness import MARK, Failure, Files, Suite, contents, fresh, is_hidden, spread

POINTS = 50
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Blow:
    """A signal at a call."""

    number: int
    signal: signal.Signals
    no_tmpfile: bool = False

    def failure(self) -> Failure:
        return Failure("any", self.number, f"signal:{self.signal.value}", no_tmpfile=self.no_tmpfile)


class Killed:
    def __init__(self, suite: Suite, calls: Calls):
        self.suite = suite
        self.calls = calls

    def cases(self) -> list[Case]:
        wanted = ("convert safetensors to AERO -j 1", "pack-set -j 1")
        over_old = ("convert safetensors to AERO -j 2", "convert AERO to GGUF -j 1", "pack-set -j 1",
                    "pack-set -j 2", "pack-set over more parts -j 2", "convert to sharded safetensors -j 1",
                    "extract to a file -j 1", "convert standard input -j 2")
        by_name = {case.name: case for case in self.calls.writing()}
        return [by_name[name] for name in (*wanted, *(f"{name}, over an old one" for name in over_old))]

    def blows(self, case: Case) -> list[Blow]:
        points = POINTS // 5 if self.suite.quick else POINTS
        count = case.counts["any"]
        # And each of the first calls, which make temporaries, and of the last, which put the files in place.
        first = range(1, min(count, 2 * points // 5) + 1)
        last = range(max(1, count - 3 * points // 5), count + 1)
        numbers = sorted({*spread(count, points), *first, *last})
        blows = [Blow(number, signal.SIGKILL, no_tmpfile) for number in numbers
                 for no_tmpfile in (False, True)]
        return blows + [Blow(number, ending) for number in spread(count, points) for ending in ENDING]

    def strike(self, directory: Path, case: Case, blow: Blow) -> None:
        self.calls.prepare(directory, case)
        foreign, held = self.put_foreign(directory / "out", case)
        result = self.calls.start(directory, case, blow.failure())
        files = {name: data for name, data in result.files.items() if name not in foreign}
        problem = ""
        whole = {name: data for name, data in case.expected.items() if name not in foreign}
        if result.status == 0 and files == whole and blow.signal != signal.SIGKILL:
            pass  # it came after the last look
        elif result.status != -blow.signal:
            # With several threads there may be fewer calls.
            if "-j 1" in case.name or result.status != 0:
                problem = f"exit status {result.status}"
        elif blow.signal == signal.SIGKILL:
            problem = self.after_kill(case, files)
        elif files != case.before:
            problem = f"not as it was: {self.calls.difference(files, case.before)}"
        elif result.err:
            problem = "it said something"
        if not problem and any(result.files.get(name) != data for name, data in foreign.items()):
            problem = "it has touched what is not its own"
        if not problem:
            again = self.calls.start(directory, case, None)
            wanted = {**case.expected, **foreign}
            if again.status != 0 or again.files != wanted:
                problem = f"a second run does not set it right: {again.status}, {again.err.strip()}, " \
                          f"{self.calls.difference(again.files, wanted)}"
        held.close()
        for stray in (directory / "tmp").iterdir():
            stray.unlink()
            problem = problem or f"left in TMPDIR: {stray.name}"
        what = f"{case.name}: {blow.signal.name} at call {blow.number}{', no O_TMPFILE' * blow.no_tmpfile}"
        self.suite.check(not problem, f"{what}: {problem}\n        {' '.join(result.command)}\n        "
                         f"{result.err.strip()[:600]}",
                         f"{case.name}: {blow.signal.name}: {problem.split(':')[0]}")

    def put_foreign(self, out: Path, case: Case) -> tuple[Files, object]:
        """Beside the target: what is nearly the name of a temporary, and one that a process has locked."""
        if case.kind == "set":
            (out / "d").mkdir(exist_ok=True)
        beside = out / "d" if case.kind == "set" else out
        target = Path(case.index).name if case.kind == "set" else Path(case.words[-3]).name
        if "extract" in case.name:
            target = "new.aero"
        for name in (f".{target}{MARK}", f".{target}{MARK}mine", f".other.txt{MARK}1-2", f"{target}{MARK}1-2",
                     f".{target}.swp", f".{target}{MARK}1-abcdef"):
            (beside / name).write_bytes(b"not yours")
        held = open(beside / f".{target}{MARK}1-abcdef", "rb")
        fcntl.flock(held, fcntl.LOCK_EX)
        names = {str(path.relative_to(out)) for path in beside.iterdir() if path.read_bytes() == b"not yours"}
        if case.kind == "set" and "d/" not in case.before:
            names.add("d/")
        found = contents(out)
        return {name: found[name] for name in names}, held

    def after_kill(self, case: Case, files: Files) -> str:
        visible = {name: data for name, data in files.items() if not is_hidden(name)}
        strange = [name for name in files if is_hidden(name) and MARK not in name]
        if strange:
            return f"left: {strange}"
        half = [name for name, data in visible.items()
                if data not in (case.before.get(name), case.expected.get(name))]
        if half:
            return f"half a file: {half}"
        if visible in (case.before, case.expected) or case.kind == "files":
            return ""
        if case.kind != "set":
            return f"neither the old nor the new: {sorted(visible)}"
        # While files take their places nothing names them.
        if case.index in visible:
            return f"an index beside files that are not its own: {sorted(visible)}"
        return ""

    def run(self) -> None:
        cases = self.cases()
        self.suite.each(self.calls.whole_run, cases)
        for case in cases:
            self.suite.each(lambda directory, blow, case=case: self.strike(directory, case, blow),
                            self.blows(case))
        self.keeps()

    def keeps(self) -> None:
        """What a killed pack-set has finished is not done again."""
        case = next(case for case in self.calls.writing() if case.name == "pack-set -j 1")
        case.words = [word for word in case.words if word != "-q"]
        directory = self.suite.scratch / "worker-0"
        self.calls.whole_run(directory, case)
        kept = []
        for number in (1, case.counts["any"]):
            fresh(directory / "out")
            self.calls.start(directory, case, Blow(number, signal.SIGKILL, no_tmpfile=True).failure())
            words = self.calls.start(directory, case, None).err.split("kept ")
            kept.append(int(words[1].split()[0]) if len(words) > 1 else 0)
        files = len([name for name in case.expected if not name.endswith("/")])
        self.suite.check(kept[0] == 0 and kept[1] >= files - 1, f"files that were whole are kept: {kept}")
