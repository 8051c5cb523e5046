"""Every call of the system fails once, for every command that reads or writes models.

For each command an undisturbed run counts the calls of each class; then there is one run for each of many
calls, or of all with --every, and each way in which it may fail. What has to hold of a run that was disturbed:

  - it ends with 2, or as if nothing had been; never otherwise, and never by a signal;
  - with 2 it says one line, which names a file and the reason;
  - then the old target is as it was; else it is the new one, byte for byte;
  - no input has changed, and nothing else is left, neither beside the target nor in TMPDIR;
  - EINTR, and transfers of half the bytes, are no failures;
  - EIO, ENOSPC, ... are failures wherever something depends on the call;
  - where the files are not those from before, a run that nobody disturbs sets them right.
"""

import gzip
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from harness import Failure, Files, Result, Suite, contents, fresh, is_hidden, spread
from models import (write_adapter, write_distributed, write_gguf, write_npz, write_safetensors, write_sparse,
                    write_torch)
from server import serve

# How each class fails: the errors that POSIX or Linux has for it.
WAYS: dict[str, list[str]] = {
    "read": ["EIO", "EINTR", "short"],
    "write": ["EIO", "ENOSPC", "EDQUOT", "EINTR", "short"],
    "sync": ["EIO", "ENOSPC", "EINTR"],
    "dirsync": ["EIO", "EINTR", "EINVAL"],
    "open": ["EIO", "EMFILE", "EACCES", "EINTR"],
    "opendir": ["EIO", "EMFILE", "EINTR"],
    "create": ["ENOSPC", "EACCES", "EROFS", "EINTR"],
    "tmpfile": ["EOPNOTSUPP", "EISDIR", "ENOSPC", "EINTR"],
    "mkdir": ["ENOSPC", "EACCES"],
    "rename": ["EIO", "ENOSPC", "EACCES"],
    "link": ["EIO", "ENOSPC", "EXDEV", "ENOENT"],
    "unlink": ["EIO", "EACCES"],
    "truncate": ["EIO", "ENOSPC", "EINTR"],
    "close": ["EIO", "EINTR"],
    "map": ["ENOMEM", "lost"],
    "thread": ["EAGAIN"],
    "stat": ["EIO"],
    "space": ["EIO"],
    "lock": ["ENOLCK"],
    "mode": ["EPERM"],
    "seek": ["ESPIPE"],
    "dup": ["EMFILE"],
    "list": ["EIO"],
    "poll": ["EINTR", "ENOMEM"],
    "memory": ["ENOMEM"],
}
# The disk fails for good, at each of its calls.
DISK = ("read", "write", "sync", "rename", "link", "unlink", "create", "tmpfile", "truncate")

NO_FAILURES = {(cls, how) for cls in ("read", "write") for how in ("EINTR", "short")} | {
    (cls, "EINTR") for cls in ("sync", "dirsync", "open", "opendir", "create", "tmpfile", "truncate", "poll",
                               "close")
} | {("map", "ENOMEM"), ("thread", "EAGAIN"), ("tmpfile", "EOPNOTSUPP"), ("tmpfile", "EISDIR"),
     ("lock", "ENOLCK"), ("dirsync", "EINVAL"), ("space", "EIO")}
FAILURES = {(cls, how) for cls in ("read", "write", "sync", "truncate", "rename")
            for how in ("EIO", "ENOSPC", "EDQUOT", "EACCES")} | {("dirsync", "EIO")}
# After these the new files may have their places already.
LATE = {"dirsync", "close", "unlink"}

# Of a class's calls so many are disturbed, spread over the run; with --every all of them are.
MOST_OF_MEMORY = 40
MOST_OF_A_CLASS = 16


@dataclass
class Case:
    """A command. In its words {out} is the directory that it writes to."""

    name: str
    words: list[str]
    kind: str  # what it writes: "file", "files" (each for itself), "set" (all together), "stream", "answer"
    old: Path | None = None  # what {out} holds before
    stdin: Path | None = None
    index: str = ""  # of a set: the file without which there is none
    cache: str = ""  # of a URL: AEROTOOL_CACHE
    expected: Files = field(default_factory=dict)
    before: Files = field(default_factory=dict)
    whole: Result | None = None
    counts: dict[str, int] = field(default_factory=dict)


class Calls:
    def __init__(self, suite: Suite):
        self.suite = suite
        self.inputs = suite.scratch / "inputs"
        self.inputs.mkdir()
        self.names: list[str] = []
        self.url = ""

    # ---- the commands

    def make_inputs(self) -> None:
        write_safetensors(self.inputs / "new.safetensors", 1)
        write_safetensors(self.inputs / "old.safetensors", 2)
        write_adapter(self.inputs / "adapter")
        write_gguf(self.inputs / "new.gguf", 3)
        write_gguf(self.inputs / "old.gguf", 4)
        write_sparse(self.inputs / "sparse.zt", 5)
        write_npz(self.inputs / "mixed.npz", 6)
        write_torch(self.inputs / "mixed.pt", 7)
        write_distributed(self.inputs / "distributed", 8)
        at, make = self.inputs, self.suite.make
        shards = ["--max-shard-bytes", "256KiB"]
        for name in ("new", "old"):
            make("convert", "--tensor-hash", *shards, at / f"{name}.gguf", at / f"{name}.aero")
            make("pack-set", *shards, "--max-part-shards", "2", at / f"{name}.gguf", at / f"{name}-set")
            make("convert", "--to", "safetensors", *shards, at / f"{name}.safetensors",
                 at / f"{name}-sharded")
            make("convert", "--to", "gguf", *shards, at / f"{name}.gguf", at / f"{name}-split")
            make("convert", at / f"{name}.safetensors", at / f"{name}.zt")
            make("convert", "--to", "ztensor", *shards, at / f"{name}.safetensors", at / f"{name}-shards")
            (at / f"{name}-tensors").mkdir()
            make("extract", "-o", at / f"{name}-tensors", at / f"{name}.aero", "layer.*")
        make("pack-set", "--max-shard-bytes", "100KiB", "--max-part-shards", "1", at / "old.gguf",
             at / "old-larger-set")
        (at / "new.gguf.gz").write_bytes(gzip.compress((at / "new.gguf").read_bytes(), 1))
        make("convert", "--compress", at / "new.safetensors", at / "compressed.zt")
        make("convert", "--tensor-hash", at / "sparse.zt", at / "sparse.aero")
        for name in ("new.aero", "new.gguf", "new.safetensors", "new.zt", "new.npz", "new.pt"):
            (at / "old-file").mkdir(exist_ok=True)
            (at / "old-file" / name).write_bytes(b"what was here before")
        os.chmod(at / "old-file/new.aero", 0o640)
        (at / "template.jinja").write_text("{{ messages }}" * 1000)
        self.names = [str(at), *(path.name for path in at.iterdir())]

    def writing(self) -> list[Case]:
        at = self.inputs
        shards = ["--max-shard-bytes", "256KiB"]
        old_file = at / "old-file"
        cases = []

        def add(name: str, words: list[object], kind: str, old: Path | None = None, stdin: Path | None = None,
                index: str = "", jobs: tuple[int, ...] = (1, 2)) -> None:
            for count in jobs:
                for before in (None, old) if old is not None else (None,):
                    label = f"{name} -j {count}{'' if before is None else ', over an old one'}"
                    full = [*map(str, words), "-j", str(count)]
                    cases.append(Case(label, full, kind, before, stdin, index))

        add("convert safetensors to AERO", ["convert", *shards, at / "new.safetensors", "{out}/new.aero"],
            "file", old_file)
        add("convert AERO to GGUF", ["convert", at / "new.aero", "{out}/new.gguf"], "file", old_file)
        add("convert AERO to safetensors", ["convert", at / "new.aero", "{out}/new.safetensors"], "file",
            old_file, jobs=(2,))
        add("convert AERO to zTensor", ["convert", at / "new.aero", "{out}/new.zt"], "file", old_file)
        add("convert to npz", ["convert", at / "mixed.npz", "{out}/new.npz"], "file", old_file)
        add("convert npz", ["convert", at / "mixed.npz", "{out}/new.aero"], "file", old_file, jobs=(2,))
        add("convert a checkpoint", ["convert", at / "mixed.pt", "{out}/new.aero"], "file", old_file)
        add("convert npz to standard output", ["convert", "--to", "npz", at / "mixed.npz", "-"], "stream", jobs=(2,))
        add("convert a distributed checkpoint", ["convert", at / "distributed", "{out}/new.aero"], "file", old_file,
            jobs=(2,))
        add("convert to PyTorch", ["convert", at / "new.safetensors", "{out}/new.pt"], "file", old_file)
        add("convert to PyTorch on standard output", ["convert", "--to", "pytorch", at / "new.safetensors", "-"],
            "stream", jobs=(2,))
        add("convert with other names", ["convert", "--rename", "s/^/x./", at / "new.gguf", "{out}/new.gguf"], "file",
            old_file)
        add("convert with other metadata",
            ["convert", "--set", f"tokenizer.chat_template=@{at}/template.jinja", at / "new.gguf", "{out}/new.gguf"],
            "file", old_file)
        add("convert to compressed zTensor", ["convert", "--compress", at / "new.safetensors", "{out}/new.zt"],
            "file", old_file, jobs=(2,))
        add("convert to zTensor 1.2", ["convert", "--to", "ztensor-1.2", "--compress", "--tensor-hash",
                                       at / "new.safetensors", "{out}/new.zt"], "file", old_file, jobs=(2,))
        add("convert compressed zTensor", ["convert", at / "compressed.zt", "{out}/new.aero"], "file", old_file,
            jobs=(2,))
        add("convert a set to GGUF", ["convert", at / "new-set", "{out}/new.gguf"], "file", old_file,
            jobs=(2,))
        add("convert to sharded safetensors",
            ["convert", "--force", "--to", "safetensors", *shards, at / "new.safetensors", "{out}/d"], "set",
            self.around("d", at / "old-sharded"), index="d/model.safetensors.index.json")
        add("convert to split GGUF", ["convert", "--force", "--to", "gguf", *shards, at / "new.gguf", "{out}/d"],
            "set", self.around("d", at / "old-split"), index="d/model-00001-of-00003.gguf", jobs=(2,))
        add("convert to zTensor in shards",
            ["convert", "--force", "--to", "ztensor", *shards, at / "new.safetensors", "{out}/d"], "set",
            self.around("d", at / "old-shards"), index="d/model.zt", jobs=(2,))
        merge = ["merge", "-q", at / "old.safetensors", "--base", at / "new.safetensors", "--method", "ties",
                 "--density", "0.5"]
        add("merge to a file", [*merge, "-o", "{out}/new.safetensors"], "file", old_file)
        add("merge an adapter", ["merge", "-q", at / "new.safetensors", at / "adapter", "--method", "lora", "-o",
                                 "{out}/new.safetensors"], "file", old_file, jobs=(2,))
        add("merge to standard output", [*merge, "--to", "safetensors", "-o", "-"], "stream")
        pack = ["pack-set", "-q", "--force", *shards, "--max-part-shards", "2"]
        add("pack-set", [*pack, at / "new.gguf", "{out}/d"], "set",
            self.around("d", at / "old-set"), index="d/model.aeroset.json")
        add("pack-set over more parts", [*pack, at / "new.gguf", "{out}/d"], "set",
            self.around("d", at / "old-larger-set"), index="d/model.aeroset.json", jobs=(2,))
        cases = [case for case in cases if "more parts" not in case.name or case.old is not None]
        add("extract to a file", ["extract", "--concat", "-o", "{out}/new.aero", at / "new.aero", "layer.*", "embed*"],
            "file", old_file)
        add("extract to a directory", ["extract", "-o", "{out}/d/", at / "new.aero", "layer.*"], "files",
            self.around("d", at / "old-tensors"))
        add("extract to standard output", ["extract", "-o", "-", at / "new.aero", "layer.*"], "stream")
        add("extract npz to a file", ["extract", "-o", "{out}/new.npz", at / "sparse.aero", "csr"], "file", old_file,
            jobs=(2,))
        add("extract npz to standard output", ["extract", "--format", "npz", "-o", "-", at / "sparse.aero", "coo"],
            "stream", jobs=(2,))
        add("convert to standard output", ["convert", "--to", "aero", at / "new.safetensors", "-"], "stream")
        add("convert AERO to standard output", ["convert", "--to", "gguf", at / "new.aero", "-"], "stream",
            jobs=(2,))
        add("convert standard input", ["convert", "--to", "aero", "-", "{out}/new.aero"], "file", old_file,
            stdin=at / "new.safetensors", jobs=(2,))
        add("convert to zTensor on standard output", ["convert", "--to", "ztensor", at / "new.safetensors", "-"],
            "stream", jobs=(2,))
        # The server is not disturbed. libcurl and the C library try some of what fails again, or do without it.
        for cache in ("off", "all"):
            words = ["convert", *shards, f"{self.server()}/new.safetensors", "{out}/new.aero", "-j", "2"]
            cases.append(Case(f"convert a URL, cache {cache}", list(map(str, words)), "file", old_file, cache=cache))
        add("convert a .gz", ["convert", at / "new.gguf.gz", "{out}/new.aero"], "file", jobs=(2,))
        return cases

    def server(self) -> str:
        """The URL of the inputs, on a server that runs until the suite ends."""
        self.url = self.url or serve(self.inputs)
        return self.url

    def around(self, name: str, directory: Path) -> Path:
        """A directory that holds a copy of another."""
        holder = self.inputs / f"around-{directory.name}"
        if not holder.exists():
            holder.mkdir()
            fresh(holder / name, directory)
        return holder

    def reading(self) -> list[Case]:
        at = self.inputs
        cases = []
        models = ["new.aero", "new.gguf", "new.safetensors", "new-set", "new-sharded", "new-split",
                  "new.zt", "compressed.zt", "new-shards", "mixed.npz", "mixed.pt", "distributed"]
        for model in models:
            for words in (["validate", "--full", "-j", "2"], ["inspect", "--chunks", "--map", "--metadata"],
                          ["list", "--long"]):
                cases.append(Case(f"{' '.join(words)} {model}", [*words, str(at / model)], "answer"))
        cases.append(Case("list --tree", ["list", "--tree", str(at / "new.aero")], "answer"))
        cases.append(Case("validate --control", ["validate", "--json", str(at / "new.aero")], "answer"))
        cases.append(Case("validate several", ["validate", *(str(at / m) for m in models)], "answer"))
        for one, two in (("new.aero", "new.gguf"), ("old.aero", "new-set"),
                         ("new.safetensors", "new-sharded")):
            words = ["diff", "--full", str(at / one), str(at / two)]
            cases.append(Case(f"diff {one} {two}", words, "answer"))
        cases.append(Case("diff --numeric", ["diff", "--numeric", "--full", str(at / "old.aero"),
                                             str(at / "new.aero")], "answer"))
        cases.append(Case("diff --dequantize", ["diff", "--dequantize", "--full", str(at / "old.aero"),
                                                str(at / "new.aero")], "answer"))
        cases.append(Case("list --stats", ["list", "--stats", "-j", "2", str(at / "new.aero")], "answer"))
        cases.append(Case("validate a URL", ["validate", "--full", f"{self.server()}/new.aero"], "answer", cache="heads"))
        cases.append(Case("validate standard input", ["validate", "--full", "-"], "answer",
                          stdin=at / "new.aero"))
        return cases

    # ---- one run

    def start(self, directory: Path, case: Case, failure: Failure | None,
              count: Path | None = None) -> Result:
        out = directory / "out"
        words = [word.replace("{out}", str(out)) for word in case.words]
        if case.stdin is None:
            cache = {"AEROTOOL_CACHE": case.cache, "AEROTOOL_CACHE_DIR": str(directory / "cache")}
            result = self.suite.run(words, tmp=directory / "tmp", failure=failure, count=count,
                                    environment=cache if case.cache else None)
        else:
            # A pipe: a file would be read as it is.
            read, write = os.pipe()

            def feed() -> None:
                try:
                    with os.fdopen(write, "wb") as sink:
                        sink.write(case.stdin.read_bytes())
                except BrokenPipeError:
                    pass

            feeder = threading.Thread(target=feed)
            feeder.start()
            result = self.suite.run(words, tmp=directory / "tmp", stdin=read, failure=failure, count=count)
            os.close(read)
            feeder.join()
        result.files = contents(out)
        return result

    def prepare(self, directory: Path, case: Case) -> None:
        fresh(directory / "out", case.old)

    def whole_run(self, directory: Path, case: Case) -> None:
        self.prepare(directory, case)
        count = directory / "count"
        case.before = contents(directory / "out")
        result = self.start(directory, case, None, count)
        case.whole = result
        case.expected = result.files
        case.counts = {name: int(number) for name, number in map(str.split, count.read_text().splitlines())}
        hidden = [name for name in result.files if is_hidden(name)]
        self.suite.check(result.status in (0, 1) and not hidden, f"{case.name}: an undisturbed run succeeds: "
                         f"{result.status} {result.err} {hidden}")

    def failures(self, case: Case) -> list[Failure]:
        failures = []
        for cls, ways in WAYS.items():
            most = MOST_OF_MEMORY if cls == "memory" else MOST_OF_A_CLASS
            if self.suite.quick:
                most //= 5
            if self.suite.every:
                most = case.counts.get(cls, 0)
            if cls == "memory" and self.suite.sanitizer:
                continue
            # With several threads the number of calls may differ from run to run.
            for number in spread(case.counts.get(cls, 0), most):
                failures += [Failure(cls, number, way) for way in ways]
                if cls in DISK and case.kind != "answer":
                    failures.append(Failure(cls, number, "EIO", on=True))
                if cls == "memory":
                    failures.append(Failure(cls, number, "ENOMEM", on=True))
        return failures

    def disturb(self, directory: Path, case: Case, failure: Failure) -> None:
        count = directory / "count"
        count.unlink(missing_ok=True)
        result = self.start(directory, case, failure, count)
        # With several threads, or a pipe, there may have been fewer calls than before.
        met = not count.exists() or "struck 1" in count.read_text()
        problem = self.problem_of(case, failure, result, directory, met)
        changed = result.files != case.before
        if changed and not problem and case.kind != "answer" and result.status != 0:
            again = self.start(directory, case, None)
            if again.status != case.whole.status or again.files != case.expected:
                problem = f"a second run does not set it right: {again.status}, {again.err.strip()}, " \
                          f"{sorted(again.files)}"
        if changed:
            self.prepare(directory, case)
        strays = list((directory / "tmp").iterdir())
        for stray in strays:
            stray.unlink()
        if strays and not problem and not (failure.cls == "unlink" or failure.on):
            problem = f"left in TMPDIR: {strays}"
        kind = f"{case.name}: {failure.cls} {failure.how}: {problem.split(':')[0]}"
        self.suite.check(not problem, f"{case.name}: {failure}: {problem}\n        "
                         f"{' '.join(result.command)}\n        exit status {result.status}: "
                         f"{result.err.strip()[:600]}", kind)

    # ---- what has to hold

    def problem_of(self, case: Case, failure: Failure, result: Result, directory: Path, met: bool) -> str:
        way = (failure.cls, failure.how)
        if case.cache:
            return self.problem_of_url(case, failure, result)
        if result.status == case.whole.status:
            if met and way in FAILURES and not self.harmless(case, failure):
                return "it went unnoticed"
            if result.out != case.whole.out:
                return "another standard output"
            if result.err != case.whole.err:
                return "another standard error"
            if result.files != case.expected and not self.only_strays(case, failure, result):
                return f"not the files of an undisturbed run: {self.difference(result.files, case.expected)}"
            return ""
        if result.status != 2:
            return f"exit status {result.status}"
        if way in NO_FAILURES and not failure.on:
            return "this is no failure"
        return (self.message_problem(case, failure, result, directory)
                or self.target_problem(case, failure, result))

    def problem_of_url(self, case: Case, failure: Failure, result: Result) -> str:
        """Right, perhaps with a warning that the cache is of no use; or one line, and the old target."""
        # GnuTLS, which libcurl brings, says so by itself while it is loaded.
        others = (": warning: ", "Error in GnuTLS initialization")
        lines = [line for line in result.lines if not any(other in line for other in others)]
        if result.status == case.whole.status:
            if result.out != case.whole.out or (lines and not case.whole.lines):
                return "another answer"
            if result.files != case.expected and not self.only_strays(case, failure, result):
                return f"not the files of an undisturbed run: {self.difference(result.files, case.expected)}"
            return ""
        if result.status != 2:
            return f"exit status {result.status}"
        if len(lines) != 1:
            return f"{len(lines)} lines on standard error"
        return self.target_problem(case, failure, result)

    def harmless(self, case: Case, failure: Failure) -> bool:
        """Files that are there already, and may be kept, are written anew where they cannot be read."""
        return failure.cls == "read" and case.words[0] == "pack-set" and case.old is not None

    def only_strays(self, case: Case, failure: Failure, result: Result) -> bool:
        """A removal that failed can leave what it was to remove."""
        return failure.cls == "unlink" and all(result.files.get(name) == data
                                               for name, data in case.expected.items())

    def message_problem(self, case: Case, failure: Failure, result: Result, directory: Path) -> str:
        lines = result.lines
        if failure.how == "lost":  # zeros may earn a warning before they are known for what they are
            lines = [line for line in lines if ": warning: " not in line]
        if len(lines) != 1:
            return f"{len(lines)} lines on standard error"
        line = lines[0]
        early = failure.cls == "memory" and line.startswith("aerotool: ")
        if not early and not line.startswith(f"aerotool: {case.words[0]}: "):
            return "no message of the command"
        if failure.cls == "memory":
            return "" if "memory" in line else "a message that does not say that there is no memory"
        names = ["standard input", "standard output", str(directory), *self.names]
        if not any(name in line for name in names):
            return "a message without a file"
        if failure.how.startswith("E") and os.strerror(failure.error()) not in line:
            return "a message without the reason"
        return ""

    def target_problem(self, case: Case, failure: Failure, result: Result) -> str:
        files = result.files
        if files == case.before:
            return ""
        hidden = [name for name in files if is_hidden(name)]
        left = failure.cls == "unlink" or failure.on
        visible = {name: data for name, data in files.items() if not is_hidden(name)}
        if case.kind == "set":
            moved = [name for name, data in visible.items() if case.before.get(name) != data]
            gone = [name for name in case.before if name not in visible and name != case.index]
            if visible == case.expected:
                # What takes memory after the files have their places tells of them.
                ok = failure.cls in {*LATE, "memory"} or failure.on
                return "" if ok and (left or not hidden) else f"the new files, but {hidden}"
            if not left and not moved and not gone:
                return f"the old set is no longer whole: {self.difference(files, case.before)}"
            strange = [name for name in moved if case.expected.get(name) != visible[name]]
            if strange:
                return f"half a file: {strange}"
            # What could not be removed may stay, and is named.
            rest = {name: data for name, data in visible.items() if name in case.expected}
            if failure.cls == "unlink" and rest == case.expected:
                return ""
            if case.index in visible:
                return f"an index beside files that are not its own: {self.difference(visible, case.before)}"
            aside = [name for name in hidden if not name.startswith(f"d/.{Path(case.index).name}.aerotool-")]
            if aside and not left:
                return f"left: {aside}"
            return ""
        if hidden and not left:
            return f"left: {hidden}"
        for name in {*case.before, *visible}:
            if name.endswith("/"):
                continue
            old, new = case.before.get(name), case.expected.get(name)
            here = visible.get(name)
            if here not in (old, new):
                return f"half a file: {name}"
            if here != old and case.kind == "file" and failure.cls not in LATE and not failure.on:
                return "the new file has the place of the old one although it failed"
        extra = [name for name in visible if name.endswith("/") and name not in case.before
                 and not any(other.startswith(name) and other != name for other in visible)]
        return f"an empty directory was left: {extra}" if extra and not left else ""

    @staticmethod
    def difference(found: Files, wanted: Files) -> str:
        return ", ".join([f"no {name}" for name in wanted if name not in found]
                         + [f"{name} as well" for name in found if name not in wanted]
                         + [f"another {name}" for name, data in found.items()
                            if data != wanted.get(name, data)])

    # ----

    def run(self, only: str = "") -> None:
        cases = [case for case in self.writing() + self.reading() if only in case.name]
        untouched = contents(self.inputs)
        self.suite.each(self.whole_run, cases)
        for case in cases:
            def prepare(directory: Path, _: object, case: Case = case) -> None:
                self.prepare(directory, case)

            for directory in list(self.suite.directories.queue):
                prepare(directory, None)
            self.suite.each(lambda directory, failure, case=case: self.disturb(directory, case, failure),
                            self.failures(case))
            self.suite.check(contents(self.inputs) == untouched, f"{case.name}: the inputs are as they were")
