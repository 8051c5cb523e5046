"""Runs the tool under limits, and tells what became of it."""

import os
import re
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
# C0 but tab and newline, DEL, and C1 as UTF-8: what a terminal could take for an order.
CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
SANITIZER = re.compile(rb"ERROR: \w+Sanitizer|runtime error:|AddressSanitizer")
MOST_KEPT = 16 * MIB


@dataclass
class Outcome:
    status: int  # negative: the signal that ended it
    out: bytes
    err: bytes
    seconds: float
    peak: int  # bytes of memory
    late: bool  # it had to be killed

    def problem(self, memory: int | None) -> str:
        """What no run may do, whatever the file is; empty where it did nothing of it."""
        if self.late:
            return f"still ran after {self.seconds:.0f} s"
        if SANITIZER.search(self.err) or SANITIZER.search(self.out):
            return "a sanitizer has something to say: " + self.err.decode(errors="replace")[:2000]
        if self.status not in (0, 1, 2):
            return f"ended with {self.status}: " + self.err.decode(errors="replace")[:500]
        for stream in (self.out, self.err):
            found = CONTROLS.search(stream)
            if found:
                return f"prints a control character: {stream[max(0, found.start() - 60):found.end() + 20]!r}"
        if memory is not None and self.peak > memory:
            return f"took {self.peak // MIB} MiB, more than {memory // MIB}"
        return ""


class Runner:
    """Runs one binary; from several threads at a time."""

    def __init__(self, binary: Path, seconds: float, asan: bool) -> None:
        self._binary = str(binary)
        self._seconds = seconds
        self._environment = dict(os.environ, LC_ALL="C.UTF-8")
        if asan:
            self._environment["ASAN_OPTIONS"] = "exitcode=99:detect_leaks=0:allocator_may_return_null=1"
        self.highest = (0, "")
        self.longest = (0.0, "")
        self.runs = 0
        self._lock = threading.Lock()
        self._deadlines: dict[int, float | None] = {}
        threading.Thread(target=self._watch, daemon=True).start()

    def run(self, words: Sequence[object], seconds: float | None = None) -> Outcome:
        """In the directory that this process is in."""
        out, err = os.memfd_create("out"), os.memfd_create("err")
        try:
            begin = time.monotonic()
            process = os.posix_spawn(
                self._binary,
                [self._binary, *map(str, words)],
                self._environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, out, 1),
                    (os.POSIX_SPAWN_DUP2, err, 2),
                ],
            )
            with self._lock:
                self._deadlines[process] = begin + (seconds or self._seconds)
            _, status, usage = os.wait4(process, 0)
            with self._lock:
                late = self._deadlines.pop(process) is None
            took = time.monotonic() - begin
            outcome = Outcome(
                os.waitstatus_to_exitcode(status),
                os.pread(out, MOST_KEPT, 0),
                os.pread(err, MOST_KEPT, 0),
                took,
                usage.ru_maxrss * 1024,
                late,
            )
        finally:
            os.close(out)
            os.close(err)
        line = " ".join(map(str, words))[:120]
        with self._lock:
            self.runs += 1
            self.highest = max(self.highest, (outcome.peak, line))
            self.longest = max(self.longest, (took, line))
        return outcome

    def _watch(self) -> None:
        """Ends what runs too long."""
        while True:
            time.sleep(0.2)
            with self._lock:
                for process, deadline in self._deadlines.items():
                    if deadline is not None and deadline < time.monotonic():
                        os.kill(process, signal.SIGKILL)
                        self._deadlines[process] = None
