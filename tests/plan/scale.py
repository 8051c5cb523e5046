"""10,000 parts: how long the plan, the status and publishing take, and how much memory. The limit of time is far from
what is normal."""

import subprocess
import time
from pathlib import Path

import inputs
from harness import Suite
from planned import OUT, PLAN, fresh_work, require
from resident import Watch

COUNT = 10_000
SECONDS = 10.0
EACH, BASE = 512, 64 << 20  # bytes of memory


class Scale:
    def __init__(self, suite: Suite):
        self.suite = suite

    def prepare(self) -> None:
        pass

    def cases(self) -> list[tuple[str, object]]:
        if self.suite.sanitizer:
            self.suite.skip("10,000 parts: a sanitizer has memory and time of its own")
            return []
        return [(f"{COUNT} parts of a set", lambda at: self.case(at, "pack-set", [
            "m.safetensors", OUT, "--max-shard-bytes", "8", "--max-part-shards", "1"]))]

    def case(self, at: Path, command: str, words: list[str]) -> None:
        work = fresh_work(at)
        (work / "m.safetensors").write_bytes(inputs.many_tensors(COUNT))
        every = f"0-{COUNT - 1}"
        require(self.step(work, 0, command, *words) == f"{COUNT}\n", "another number of parts")
        require(self.step(work, 1, command, "--status") == f"{every}\n", "what is missing at first")
        begin = time.monotonic()
        self.step(work, 0, command, "--part", every, limit=120.0)
        print(f"# {COUNT} parts: {time.monotonic() - begin:.1f} s", flush=True)
        require(self.step(work, 0, command, "--status") == "", "what is missing at last")
        self.step(work, 0, command, "--publish")
        require(len(list((work / OUT).iterdir())) == COUNT + 2, "not all files are there")
        self.step(work, 0, command, "--publish")

    def step(self, work: Path, status: int, command: str, *words: str, limit: float = SECONDS) -> str:
        begin = time.monotonic()
        process = subprocess.Popen([self.suite.binary, command, "--plan", PLAN, *words], cwd=work, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with Watch(process.pid) as watch:
            out, err = process.communicate()
        seconds = time.monotonic() - begin
        what = f"{command} {' '.join(words)}"
        print(f"# {what}: {seconds:.2f} s, {watch.most / (1 << 20):.1f} MiB", flush=True)
        require(process.returncode == status, f"{what}: exit status {process.returncode}: {err.strip()[:600]}")
        require(seconds <= limit, f"{what}: {seconds:.1f} s")
        require(watch.most <= BASE + EACH * COUNT, f"{what}: {watch.most / (1 << 20):.1f} MiB")
        return out
