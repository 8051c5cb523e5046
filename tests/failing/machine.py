"""Full disks, limits, closed pipes and missing permissions as they really are, not as the shim makes them."""

import os
import subprocess
from pathlib import Path

from calls import Calls
from harness import Failure, Files, Result, Suite, contents, fresh

# Kilobytes of address space, from too few for the loader to plenty.
ADDRESS_SPACES = [*range(8_000, 40_000, 1_500), *range(40_000, 160_000, 8_000), 400_000, 1_000_000]
LIE = Failure("space", 1, "lie", on=True)  # so that the disk is found to be full when it is


class Machine:
    def __init__(self, suite: Suite, calls: Calls, mounts: Path):
        self.suite = suite
        self.at = calls.inputs
        self.mounts = mounts
        self.mounted = (mounts / "small").is_dir()
        self.directory = fresh(suite.scratch / "machine")
        self.seen: set[str] = set()

    def fails(self, what: str, result: Result, *said: str) -> bool:
        """Whether it ended with 2 and one line with those words in it."""
        ok = result.status == 2 and len(result.lines) == 1 and all(word in result.err for word in said)
        return self.suite.check(ok, f"{what}: wanted 2 and one line with {said}\n        "
                                f"{' '.join(result.command)}\n        "
                                f"exit status {result.status}: {result.err.strip()[:600]}", what)

    def same(self, what: str, directory: Path, before: Files) -> None:
        now = contents(directory)
        self.suite.check(now == before, f"{what}: as it was: {Calls.difference(now, before)}")

    def run(self) -> None:
        self.streams()
        self.targets()
        self.file_size()
        self.permissions()
        if self.mounted:
            self.full_disk()
            self.full_spool()
            self.few_files()
            self.read_only()
        else:
            self.suite.skip("no file systems of its own: full disks, read-only ones")
        if self.suite.sanitizer:
            self.suite.skip("limits of memory, descriptors and threads: the sanitizer needs them itself")
        else:
            self.threads()
            self.descriptors()
            self.address_space()

    # ---- streams

    def streams(self) -> None:
        model = str(self.at / "new.aero")
        tensors = ["extract", "-o", "-", model, "layer.*"]
        convert = ["convert", "--to", "gguf", model, "-"]
        full = os.open("/dev/full", os.O_WRONLY)
        for words in (convert, tensors, ["list", model], ["inspect", "--json", model], ["validate", model],
                      ["diff", model, str(self.at / "old.aero")], ["--version"]):
            result = self.suite.run(words, stdout=full)
            self.fails(f"{words[0]} > /dev/full", result, "standard output", "No space left on device")
        os.close(full)
        self.fails("extract -o /dev/full", self.suite.run(["extract", "--concat", "-o", "/dev/full", *tensors[3:]]),
                   "/dev/full", "No space left on device")
        for words, status in ((convert, 2), (tensors, 2), (["list", model], 0), (["inspect", model], 0)):
            # A reader that takes ten bytes and leaves.
            read, write = os.pipe()
            reader = subprocess.Popen(["head", "-c", "10"], stdin=read, stdout=subprocess.DEVNULL)
            os.close(read)
            result = self.suite.run(words, stdout=write)
            os.close(write)
            reader.wait()
            if status == 2:
                self.fails(f"{words[0]} | head", result, "standard output", "Broken pipe")
            else:
                self.suite.check(result.status == 0 and not result.err,
                                 f"{words[0]} | head: {result.status} {result.err}")

    # ---- targets

    def targets(self) -> None:
        out = fresh(self.directory / "targets")
        (out / "new.gguf").mkdir()
        (out / "file").write_bytes(b"a file")
        before = contents(out)
        model = str(self.at / "new.aero")
        for what, words, said in (
                ("convert to a directory", ["convert", model, f"{out}/new.gguf"], "directory"),
                ("extract into a file as if it were a directory",
                 ["extract", "-o", f"{out}/file/", model, "layer.*"], "Not a directory"),
                ("pack-set into a file", ["pack-set", model, f"{out}/file"], "file"),
                ("convert to a file below a file", ["convert", model, f"{out}/file/new.gguf"],
                 "Not a directory"),
                ("convert where there is no directory", ["convert", model, f"{out}/none/new.gguf"],
                 "No such file or directory")):
            self.fails(what, self.suite.run(words), str(out), said)
            self.same(what, out, before)
        self.fails("a TMPDIR that is not there", self.suite.run(
            ["convert", "--to", "aero", str(self.at / "new.gguf.gz"), f"{out}/x.aero"], tmp=out / "none"),
            "none", "No such file or directory")

    def writers(self, out: Path) -> list[tuple[str, list[str]]]:
        gguf, aero = str(self.at / "new.gguf"), str(self.at / "new.aero")
        shards = ["--max-shard-bytes", "100KiB"]
        return [("convert", ["convert", gguf, f"{out}/new.aero"]),
                ("pack-set", ["pack-set", "-q", *shards, "--max-part-shards", "1", gguf, f"{out}/set"]),
                ("convert to a directory", ["convert", "--to", "safetensors", *shards, gguf,
                                            f"{out}/sharded"]),
                ("extract", ["extract", "--concat", "-o", f"{out}/new.aero", aero, "*"])]

    def file_size(self) -> None:
        out = fresh(self.directory / "file-size")
        (out / "new.aero").write_bytes(b"what was here before")
        before = contents(out)
        for what, words in self.writers(out):
            self.fails(f"a limit of size: {what}", self.suite.run(words, limits="--fsize=50000"), str(out),
                       "File too large")
            self.same(f"a limit of size: {what}", out, before)
        result = self.suite.run(["validate", str(self.at / "new.gguf.gz")], limits="--fsize=50000", tmp=out)
        self.fails("a limit of size: a spool", result, "new.gguf.gz", str(out), "File too large")
        self.same("a limit of size: a spool", out, before)

    def permissions(self) -> None:
        if os.geteuid() == 0:
            self.suite.skip("permissions: root has them all")
            return
        out = fresh(self.directory / "permissions")
        (out / "new.aero").write_bytes(b"what was here before")
        before = contents(out)
        out.chmod(0o555)
        for what, words in self.writers(out):
            self.fails(f"in a directory that is not to be written to: {what}", self.suite.run(words),
                       str(out), "Permission denied")
            self.same(what, out, before)
        out.chmod(0o755)
        hidden = out / "hidden.gguf"
        hidden.write_bytes((self.at / "new.gguf").read_bytes())
        hidden.chmod(0)
        for words in (["validate"], ["list"], ["inspect"], ["diff", str(self.at / "new.gguf")]):
            self.fails(f"{words[0]} of a file that is not to be read", self.suite.run([*words, str(hidden)]),
                       str(hidden), "Permission denied")

    # ---- disks

    def full_disk(self) -> None:
        out = self.mounts / "small"
        for lie in (None, LIE):
            for with_old in (False, True):
                for path in list(out.iterdir()):
                    path.unlink()
                if with_old:
                    (out / "new.aero").write_bytes(b"what was here before")
                before = contents(out)
                for what, words in self.writers(out):
                    result = self.suite.run(words, failure=lie)
                    what = f"a full disk{'' if lie is None else ' that says it is empty'}: {what}"
                    self.fails(what, result, str(out), "No space left" if lie else "free")
                    self.same(what, out, before)

    def full_spool(self) -> None:
        tmp = self.mounts / "small"
        out = fresh(self.directory / "spool")
        gzipped = str(self.at / "new.gguf.gz")
        for lie in (None, LIE):
            for path in list(tmp.iterdir()):
                path.unlink()
            for words in (["convert", gzipped, f"{out}/new.aero"], ["validate", "--full", gzipped]):
                result = self.suite.run(words, failure=lie, tmp=tmp)
                said = "No space left" if lie or words[0] == "validate" else "free"
                self.fails(f"no room to unpack: {words[0]}", result, gzipped, str(tmp), said)
                self.same("no room to unpack", tmp, {})
                self.same("no room to unpack", out, {})

    def few_files(self) -> None:
        out = self.mounts / "few-files"
        for what, words in self.writers(out):
            if "directory" not in what and what != "pack-set":
                continue
            self.fails(f"no inodes left: {what}", self.suite.run(words), str(out), "No space left on device")
            self.same(f"no inodes left: {what}", out, {})

    def read_only(self) -> None:
        out = self.mounts / "read-only"
        for what, words in self.writers(out):
            self.fails(f"a read-only disk: {what}", self.suite.run(words), str(out), "Read-only file system")

    # ---- limits

    def limited(self, what: str, limits: str, cases: list[tuple[str, list[str]]], out: Path,
                wanted: dict[str, tuple[int, Files, bytes]]) -> None:
        for name, words in cases:
            for path in sorted(out.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            result = self.suite.run(words, limits=limits, tmp=out)
            # Not our line: there was not enough for the loader.
            if result.status == 127 and "error while loading shared libraries" in result.err:
                continue
            success = result.status == wanted[name][0]
            self.seen.add("success" if success else result.err.split(": ")[-1].strip())
            files = contents(out)
            if success:
                ok = files == wanted[name][1] and result.out == wanted[name][2]
            else:
                ok = result.status == 2 and len(result.lines) == 1 and files == {} and \
                    ("not enough memory" in result.err or "cannot " in result.err)
            self.suite.check(ok, f"{what} {limits}: {name}\n        {' '.join(result.command)}\n        "
                             f"exit status {result.status}: {result.err.strip()[:600]}", f"{what}: {name}")

    def measured(self, cases: list[tuple[str, list[str]]],
                 out: Path) -> dict[str, tuple[int, Files, bytes]]:
        wanted = {}
        for name, words in cases:
            fresh(out)
            result = self.suite.run(words, tmp=out)
            wanted[name] = (result.status, contents(out), result.out)
        return wanted

    def readers(self) -> list[tuple[str, list[str]]]:
        return [("validate a set", ["validate", "--full", str(self.at / "new-set")]),
                ("list", ["list", str(self.at / "new.gguf")]),
                ("inspect a sharded model", ["inspect", str(self.at / "new-sharded")]),
                ("diff", ["diff", "--full", str(self.at / "new.aero"), str(self.at / "old-set")]),
                ("unpack", ["validate", str(self.at / "new.gguf.gz")])]

    def descriptors(self) -> None:
        out = fresh(self.directory / "descriptors")
        cases = [*self.writers(out), *self.readers(),
                 ("from many files", ["convert", str(self.at / "old-larger-set"), f"{out}/one.gguf"])]
        wanted = self.measured(cases, out)
        for number in range(3, 21):
            self.limited("descriptors", f"--nofile={number}", cases, out, wanted)
        self.require_seen("Too many open files")

    def threads(self) -> None:
        if os.geteuid() == 0:
            self.suite.skip("a limit of threads: root has none")
            return
        out = fresh(self.directory / "threads")
        cases = [(name, [*words, "-j", "4"]) for name, words in self.writers(out)]
        wanted = self.measured(cases, out)
        self.limited("threads", "--nproc=1", cases, out, wanted)
        self.require_seen("success")

    def address_space(self) -> None:
        out = fresh(self.directory / "memory")
        cases = [(name, [*words, "-j", "2"]) for name, words in self.writers(out)] + self.readers()
        wanted = self.measured(cases, out)
        for size in ADDRESS_SPACES:
            self.limited("address space", f"--as={size * 1000}", cases, out, wanted)
        self.require_seen("not enough memory")

    def require_seen(self, problem: str) -> None:
        """That the limits were such that something failed, and something did not."""
        self.suite.check({problem, "success"} <= self.seen,
                         f"a limit that is met: {problem} is not among {self.seen}")
        self.seen.clear()
