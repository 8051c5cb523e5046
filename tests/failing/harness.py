"""What the parts of the suite share: running the tool on a machine that fails, and counting."""

import errno
import os
import queue
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
INTERPOSED_LIMIT = 60  # seconds; a run takes milliseconds
Files = dict[str, bytes]

# The names of temporaries: ".NAME.aerotool-PID-RANDOM".
MARK = ".aerotool-"


def compile_shim(scratch: Path, asan: bool) -> Path:
    shim = scratch / "shim.so"
    flags = ["-DWITH_SANITIZER"] if asan else []
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", *flags, "-o", shim, HERE / "shim.c", "-ldl"], check=True)
    return shim


def runtime_of(binary: Path) -> str:
    """The sanitizer's library, which has to be loaded before the shim."""
    libraries = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    paths = [line.split()[2] for line in libraries.splitlines() if "libasan" in line]
    return paths[0] if paths else ""


def contents(directory: Path) -> Files:
    """Every file below it, hidden ones too; a directory has a name that ends in a slash."""
    found: Files = {}
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_dir():
            found[name + "/"] = b""
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = b"(no file)"
    return found


def is_hidden(name: str) -> bool:
    return Path(name).name.startswith(".")


@dataclass
class Failure:
    """What the shim does to one call."""

    cls: str
    number: int
    how: str  # as the shim's FAILING_HOW, errno by name: "EIO", "short", "signal:9"
    on: bool = False  # and to all later ones
    file: Path | None = None
    other: Path | None = None
    no_tmpfile: bool = False

    def environment(self) -> dict[str, str]:
        how = f"errno:{getattr(errno, self.how)}" if hasattr(errno, self.how) else self.how
        variables = {"FAILING_CLASS": self.cls, "FAILING_AT": str(self.number), "FAILING_HOW": how}
        for name, value in (("ON", self.on), ("FILE", self.file), ("OTHER", self.other),
                            ("NO_TMPFILE", self.no_tmpfile)):
            if value:
                variables[f"FAILING_{name}"] = str(value)
        return variables

    def error(self) -> int:
        return getattr(errno, self.how)

    def __str__(self) -> str:
        return f"{self.cls} {self.number}{' and on' if self.on else ''}: {self.how}"


@dataclass
class Result:
    command: list[str]
    status: int
    out: bytes
    err: str
    files: Files = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


class Suite:
    """Counts; runs works side by side, each in a directory of its own; runs the tool."""

    MOST_OF_A_KIND = 3

    def __init__(self, scratch: Path, binary: Path, shim: Path | None, sanitizer: str, workers: int,
                 every: bool = False):
        self.scratch = scratch
        self.binary = binary
        self.shim = shim
        self.sanitizer = sanitizer  # the runtime, which has to be loaded first
        self.workers = workers
        self.every = every
        self.passed = self.failed = self.skipped = 0
        self.kinds: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.directories: queue.Queue[Path] = queue.Queue()
        for i in range(workers):
            directory = scratch / f"worker-{i}"
            (directory / "tmp").mkdir(parents=True)
            self.directories.put(directory)

    @property
    def quick(self) -> bool:
        """A sanitizer is slow, and a part of the calls is enough for it."""
        return bool(self.sanitizer)

    def check(self, holds: bool, what: str, kind: str = "") -> bool:
        """Counts one check; of those that fail alike only a few are printed."""
        with self.lock:
            if holds:
                self.passed += 1
                return True
            self.failed += 1
            kind = kind or what
            self.kinds[kind] += 1
            if self.kinds[kind] <= self.MOST_OF_A_KIND:
                print(f"FAILED: {what}", flush=True)
            return False

    def skip(self, what: str) -> None:
        self.skipped += 1
        print(f"skipped: {what}", flush=True)

    def finish(self) -> None:
        for kind, count in self.kinds.items():
            if count > self.MOST_OF_A_KIND:
                print(f"FAILED: and {count - self.MOST_OF_A_KIND} more like that: {kind}")

    def each(self, work: Callable[[Path, object], None], items: Iterable[object]) -> None:
        """Calls `work` with a directory that no other has meanwhile."""

        def one(item: object) -> None:
            directory = self.directories.get()
            try:
                work(directory, item)
            finally:
                self.directories.put(directory)

        with ThreadPoolExecutor(self.workers) as pool:
            for done in pool.map(one, items):
                assert done is None

    def run(self, words: list[str], *, tmp: Path | None = None, stdin: Path | int | None = None,
            failure: Failure | None = None, count: Path | None = None, limits: str = "",
            stdout: int | None = None, cwd: Path | None = None,
            environment: dict[str, str] | None = None) -> Result:
        """Runs the tool; `limits` is an option of prlimit, such as "--nofile=10"."""
        variables = dict(os.environ, LC_ALL="C", **(environment or {}))
        variables["ASAN_OPTIONS"] = "allocator_may_return_null=1:verify_asan_link_order=0"
        if tmp is not None:
            variables["TMPDIR"] = str(tmp)
        preload = [self.sanitizer] if self.sanitizer else []
        if failure is not None:
            variables.update(failure.environment())
        if count is not None:
            variables["FAILING_COUNT"] = str(count)
        if failure is not None or count is not None:
            variables["LD_PRELOAD"] = ":".join([*preload, str(self.shim)])
        command = [str(self.binary), *words]
        if limits:
            command = ["prlimit", limits, "--", *command]
        source = open(stdin, "rb") if isinstance(stdin, Path) else stdin
        try:
            run = subprocess.run(command, env=variables, check=False, cwd=cwd, timeout=INTERPOSED_LIMIT,
                                 stdin=subprocess.DEVNULL if source is None else source,
                                 stdout=subprocess.PIPE if stdout is None else stdout,
                                 stderr=subprocess.PIPE)
            return Result(command, run.returncode, run.stdout or b"", run.stderr.decode(errors="replace"))
        except subprocess.TimeoutExpired:
            return Result(command, -999, b"", "it hung")
        finally:
            if isinstance(stdin, Path):
                source.close()

    def make(self, *words: object) -> None:
        """Runs the tool to make what a test needs."""
        result = self.run([str(word) for word in words], tmp=self.scratch)
        if result.status != 0:
            raise RuntimeError(f"{words}: {result.status}: {result.err}")


def fresh(directory: Path, model: Path | None = None) -> Path:
    """An empty directory, or a copy of one."""
    if directory.exists():
        shutil.rmtree(directory)
    if model is None:
        directory.mkdir()
    else:
        shutil.copytree(model, directory)
    return directory


def spread(count: int, most: int) -> list[int]:
    """The numbers from 1 to `count`, or `most` of them, evenly."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + i * (count - 1) // (most - 1) for i in range(most)})


