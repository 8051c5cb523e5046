"""Inputs that change while they are read: before each read, and each mapping, the file is cut, grows, gets
other bytes, is replaced by another model or removed. The answer is 2 and one line, never a verdict or a
result that is made of two files, and never a bus error.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from calls import Calls
from harness import Failure, Suite, contents, fresh, spread

MOST = 6
AN_HOUR = 3600


@dataclass
class Reader:
    """A command that reads {in}/NAME and may write to {out}."""

    words: list[str]
    name: str  # a file, or the directory of a set
    victim: str  # what changes: the file itself, or one of the set's
    stdin: bool = False

    def __str__(self) -> str:
        return f"{' '.join(self.words)}{' < ' + self.name if self.stdin else ''}, {self.victim} changes"


class Changing:
    def __init__(self, suite: Suite, calls: Calls):
        self.suite = suite
        self.inputs = calls.inputs

    def readers(self) -> list[Reader]:
        readers = []
        models = [("new.aero", "new.aero"), ("new.gguf", "new.gguf"), ("new.safetensors", "new.safetensors"),
                  ("new.zt", "new.zt"), ("compressed.zt", "compressed.zt"), ("mixed.npz", "mixed.npz"),
                  ("mixed.pt", "mixed.pt"),
                  ("distributed", "distributed/.metadata"), ("distributed", "distributed/__1_0.distcp"),
                  ("new-set", "new-set/part-001.aero"), ("new-set", "new-set/index.aero"),
                  ("new-set", "new-set/model.aeroset.json"),
                  ("new-sharded", "new-sharded/model-00002-of-00003.safetensors"),
                  ("new-split", "new-split/model-00002-of-00003.gguf")]
        for name, victim in models:
            model = "{in}/" + name
            # Of a distributed checkpoint they ask the index alone.
            looks = [] if victim.endswith(".distcp") else [["inspect", model], ["list", model]]
            readers += [Reader(words, name, victim) for words in (
                ["validate", "--full", model], *looks,
                ["convert", "-j", "1", model, "{out}/copy.aero"], ["pack-set", model, "{out}/set"])]
            if victim == name:
                readers.append(Reader(["convert", "--to", "safetensors", model, "-"], name, victim))
                readers.append(Reader(["validate", "--full", "-"], name, victim, stdin=True))
        readers.append(Reader(["extract", "--concat", "-o", "{out}/copy.aero", "{in}/new.aero", "layer.*"], "new.aero",
                              "new.aero"))
        readers.append(Reader(["diff", "--full", "{in}/new.gguf", str(self.inputs / "old.gguf")], "new.gguf",
                              "new.gguf"))
        readers.append(Reader(["convert", "{in}/new.gguf.gz", "{out}/copy.aero"], "new.gguf.gz",
                              "new.gguf.gz"))
        return readers

    def prepare(self, directory: Path, reader: Reader) -> None:
        inputs = fresh(directory / "in")
        source = self.inputs / reader.name
        if source.is_dir():
            shutil.copytree(source, inputs / reader.name)
        else:
            shutil.copy(source, inputs / reader.name)
        other = Path(str(self.inputs / reader.victim).replace("/new", "/old"))
        shutil.copy(other if other.exists() else self.inputs / reader.victim, directory / "other")
        # Times are as coarse as the system's clock ticks.
        victim = inputs / reader.victim
        before = victim.stat().st_mtime - AN_HOUR
        os.utime(victim, (before, before))
        out = fresh(directory / "out")
        (out / "copy.aero").write_bytes(b"what was here before")

    def start(self, directory: Path, reader: Reader, failure: Failure | None, count: Path):
        words = [word.format(**{"in": directory / "in", "out": directory / "out"}) for word in reader.words]
        stdin = directory / "in" / reader.name if reader.stdin else None
        return self.suite.run(words, tmp=directory / "tmp", stdin=stdin, failure=failure, count=count)

    def disturb(self, directory: Path, reader: Reader) -> None:
        count = directory / "count"
        self.prepare(directory, reader)
        whole = self.start(directory, reader, None, count)
        counts = {name: int(number) for name, number in map(str.split, count.read_text().splitlines())}
        expected = contents(directory / "out")
        size = (directory / "in" / reader.victim).stat().st_size
        ways = [*(f"truncate:{length}" for length in (0, 100, size // 2, size - 1)), "grow", "scribble",
                "replace", "remove"]
        # The first read tells only whether it is compressed, and comes before the file is looked at.
        calls = [("read", number + 1) for number in spread(counts["read"] - 1, MOST)]
        calls += [("map", number) for number in spread(counts["map"], MOST)]
        if reader.name != reader.victim:
            # When all the files of a set are open.
            classes = ("map",) if reader.words[0] in ("list", "inspect") else ("read", "map")
            calls = [(cls, counts[cls]) for cls in classes if cls == "map" or counts[cls] > 1]
        for cls, number in calls[:2] if self.suite.quick else calls:
            for way in ways:
                self.prepare(directory, reader)
                count.unlink(missing_ok=True)
                before = contents(directory / "out")
                failure = Failure(cls, number, way, file=directory / "in" / reader.victim,
                                  other=directory / "other")
                result = self.start(directory, reader, failure, count)
                files = contents(directory / "out")
                problem = ""
                is_struck = not count.exists() or "struck 1" in count.read_text()
                if result.status == whole.status and (reader.name.endswith(".gz") or not is_struck):
                    # It may have been unpacked already; and threads that share a decoder read more or less often.
                    problem = "" if files == expected else "another output"
                elif result.status == whole.status and way in ("replace", "remove"):
                    # What is open stays what it was, where nobody can know of the path.
                    if files != expected or not reader.stdin:
                        problem = "it went unnoticed"
                elif result.status == 1 and reader.words[0] == "validate" and reader.name != reader.victim:
                    pass  # it may have been another file when it was opened
                elif result.status != 2:
                    problem = f"exit status {result.status}"
                elif len([line for line in result.lines if ": warning: " not in line]) != 1:
                    problem = f"{len(result.lines)} lines"
                elif str(directory / "in") not in result.err and not reader.stdin:
                    problem = "a message without the file"
                elif files != before:
                    problem = f"the output: {Calls.difference(files, before)}"
                elif list((directory / "tmp").iterdir()):
                    problem = "left something in TMPDIR"
                self.suite.check(not problem, f"{reader} ({way} before {cls} {number}): {problem}\n        "
                                 f"exit status {result.status}: {result.err.strip()[:600]}",
                                 f"{reader} {way.split(':')[0]} {problem}")

    def run(self) -> None:
        self.suite.each(self.disturb, self.readers())
