"""One plan and its steps, and what has to hold of the directory meanwhile."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from harness import MARK, Failure, Files, Result, Suite, contents, is_hidden

PLAN = "plan.json"
NOTE = "plan.json.published"
OUT = "out"
STAGING = ".aerotool-plan-"
RECEIPT = ".receipt.json"
LIMIT = 60  # seconds
ARRAYS = ("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX")


class Wrong(Exception):
    """What a case found."""


def require(holds: object, what: str) -> None:
    if not holds:
        raise Wrong(what)


def require_same(found: Files, wanted: Files, what: str) -> None:
    require(found == wanted, f"{what}: {difference(found, wanted)}")


def difference(found: Files, wanted: Files) -> str:
    return ", ".join([f"no {name}" for name in wanted if name not in found]
                     + [f"{name} as well" for name in found if name not in wanted]
                     + [f"another {name}" for name, data in found.items() if data != wanted.get(name, data)])


def ended(result: Result, status: int, *said: object) -> Result:
    """Requires that a run ended so, and says these words on standard error."""
    shown = f"{' '.join(result.command[1:])}\n        exit status {result.status}: {result.err.strip()[:600]}"
    require(result.status == status, f"wanted exit status {status}: {shown}")
    for word in said:
        require(str(word) in result.err, f"wanted {str(word)!r} on standard error: {shown}")
    if status == 2:
        lines = [line for line in result.lines if ": warning: " not in line]
        require(len(lines) == 1 and lines[0].startswith("aerotool: "), f"wanted one line: {shown}")
    return result


def numbers(text: str) -> set[int]:
    """Of "3,17-19"."""
    found: set[int] = set()
    for piece in filter(None, text.split(",")):
        first, _, last = piece.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def ranges(parts: Iterable[int]) -> str:
    """As --part takes them."""
    text: list[str] = []
    first = last = None
    for part in [*sorted(parts), None]:
        if last is not None and part == last + 1:
            last = part
            continue
        if last is not None:
            text.append(str(first) if first == last else f"{first}-{last}")
        first = last = part
    return ",".join(text)


def said_missing(result: Result) -> tuple[int, int, set[int]]:
    """What a refused --publish names: how many of how many, and which."""
    told = re.search(r"(\d+) of (\d+) parts? (?:is|are) (?:missing|damaged): ([\d,-]+)", result.err)
    require(told, f"no parts are named: {result.err.strip()}")
    return int(told[1]), int(told[2]), numbers(told[3])


@dataclass
class Planned:
    """A plan in `at`, which is the working directory of every step, and its set in `at`/out."""

    suite: Suite
    at: Path
    command: str = "pack-set"
    words: list[str] = field(default_factory=list)  # operands and options
    out: str = OUT

    def run(self, *words: object, environment: dict[str, str] | None = None, failure: Failure | None = None,
            count: Path | None = None, stdin: Path | None = None) -> Result:
        return self.suite.run([self.command, *map(str, words)], cwd=self.at, tmp=self.at.parent / "tmp",
                              environment=environment, failure=failure, count=count, stdin=stdin)

    def write(self, *more: object) -> Result:
        return self.run("--plan", PLAN, *self.words, *more)

    def step(self, *words: object, **more: object) -> Result:
        return self.run("--plan", PLAN, *words, **more)

    def part(self, which: object, *more: object, **rest: object) -> Result:
        return self.step("--part", which, *more, **rest)

    def publish(self, *more: object, **rest: object) -> Result:
        return self.step("--publish", *more, **rest)

    def start(self, *words: object, umask: int = -1, failure: Failure | None = None) -> subprocess.Popen:
        """A step that goes on by itself."""
        environment = dict(os.environ, LC_ALL="C", TMPDIR=str(self.at.parent / "tmp"))
        if failure is not None:
            preloads = [self.suite.sanitizer] if self.suite.sanitizer else []
            environment |= failure.environment() | {"LD_PRELOAD": ":".join([*preloads, str(self.suite.shim)])}
        return subprocess.Popen([self.suite.binary, self.command, "--plan", PLAN, *map(str, words)], cwd=self.at,
                                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, umask=umask)

    def make(self, *more: object) -> int:
        """Writes the plan; the number of parts."""
        result = ended(self.write(*more), 0)
        require(re.fullmatch(rb"[1-9]\d*\n", result.out), f"no bare number of parts: {result.out!r}")
        count = int(result.out)
        require(count == len(self.parts), f"{count} parts printed, {len(self.parts)} in the plan")
        return count

    @property
    def plan(self) -> dict:
        return json.loads((self.at / PLAN).read_text())

    @property
    def parts(self) -> list[str]:
        """The names of their files."""
        return [part["file"] for part in self.plan["parts"]]

    @property
    def directory(self) -> Path:
        return self.at / self.out

    @property
    def staging(self) -> Path | None:
        found = sorted(self.directory.glob(f"{STAGING}*")) if self.directory.exists() else []
        require(len(found) <= 1, f"several staging directories: {found}")
        return found[0] if found else None

    def staged(self) -> Files:
        """What the staging directory holds; nothing where there is none."""
        return contents(self.staging) if self.staging else {}

    def held(self) -> Files:
        """What the output directory holds beside the staging directory; temporaries, too."""
        found = contents(self.directory) if self.directory.exists() else {}
        return {name: data for name, data in found.items() if not name.startswith(STAGING)}

    def missing_on_disk(self) -> set[int]:
        staged = self.staged()
        return {i for i, name in enumerate(self.parts) if name not in staged or name + RECEIPT not in staged}

    def status(self, *more: object) -> set[int]:
        result = self.step("--status", *more)
        missing = numbers(result.out.decode().strip())
        ended(result, 1 if missing else 0)
        require(not missing or result.out.decode() == ranges(missing) + "\n", f"not in short: {result.out!r}")
        return missing

    def require_receipts(self, temporaries: bool = True, files: bool = True) -> None:
        """What has its name is whole: a receipt can be read, and has a file of that size beside it."""
        staged = self.staged()
        for name, data in staged.items():
            if is_hidden(name):
                require(temporaries and MARK in name, f"left in the staging directory: {name}")
            elif name.endswith(RECEIPT):
                try:
                    receipt = json.loads(data)
                except ValueError as error:
                    raise Wrong(f"half a receipt: {name}") from error
                part = staged.get(receipt["file"])
                require(not files or part is not None and len(part) == receipt["size"], f"{name} without its file")
            else:
                require(name in self.parts or name == "publishing", f"in the staging directory: {name}")


def finish(process: subprocess.Popen) -> Result:
    try:
        out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise Wrong(f"it hung: {' '.join(map(str, process.args))}") from error
    return Result([str(word) for word in process.args], process.returncode, out, err.decode(errors="replace"))


def fresh_work(directory: Path) -> Path:
    """An empty working directory for a case."""
    work = directory / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    return work


def reference(suite: Suite, at: Path, command: str, words: list[str], out: str = OUT) -> Files:
    """What the same command without a plan makes of it, in a directory of its own."""
    plain = [word if word.rstrip("/") != out else f"plain{word[len(out):]}" for word in words]
    ended(suite.run([command, *plain], cwd=at, tmp=at.parent / "tmp"), 0)
    files = contents(at / "plain")
    shutil.rmtree(at / "plain")
    return files


def require_old_or_new(files: Files, old: Files, new: Files, index: str, killed: bool) -> None:
    """Of a directory without its staging directory: the old set, the new one, or parts of both and no index. An old
    index may be set aside then. Folders of side files are made before."""
    visible = {name: data for name, data in files.items() if not is_hidden(name) and not name.endswith("/")}
    hidden = [name for name in files if is_hidden(name) and name not in old]
    left = [name for name in hidden if not (name.startswith(f".{index}{MARK}") or killed and MARK in name)]
    require(not left, f"left: {left}")
    old = {name: data for name, data in old.items() if not is_hidden(name) and not name.endswith("/")}
    new = {name: data for name, data in new.items() if not name.endswith("/")}
    if visible in (old, new):
        return
    half = [name for name, data in visible.items() if data not in (old.get(name), new.get(name))]
    require(not half, f"neither old nor new: {half}")
    require(index not in visible, f"an index beside files that are not its own: beside the old, "
            f"{difference(visible, old)}; beside the new, {difference(visible, new)}")

