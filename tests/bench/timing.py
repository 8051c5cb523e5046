"""Wall time of commands, one after the other and again: what a machine does beside them hits all alike."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class Failed(Exception):
    """A command that is measured did not succeed."""


@dataclass
class Contender:
    name: str
    words: Sequence[object]
    before: Callable[[], None] = lambda: None  # outside the time
    own_clock: bool = False  # prints the seconds that count as its last line
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def over(self, other: "Contender") -> float:
        """The median of the ratios within each round."""
        return statistics.median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))

    def run(self, directory: Path) -> float:
        self.before()
        begin = time.perf_counter()
        ended = subprocess.run(
            [str(word) for word in self.words],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.own_clock else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C.UTF-8", AEROTOOL_CACHE="off"),
        )
        took = time.perf_counter() - begin
        if ended.returncode != 0:
            said = ended.stderr.decode(errors="replace")[-500:]
            raise Failed(f"{self.name}: exit status {ended.returncode}: {said}")
        return float(ended.stdout.split()[-1]) if self.own_clock else took


def measure(contenders: Sequence[Contender], rounds: int, directory: Path) -> None:
    """One round more than is counted: the first warms up. Each round begins with another one."""
    for number in range(rounds + 1):
        shift = number % len(contenders)
        for contender in [*contenders[shift:], *contenders[:shift]]:
            took = contender.run(directory)
            if number > 0:
                contender.seconds.append(took)


def removing(*paths: Path) -> Callable[[], None]:
    def remove() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    return remove
