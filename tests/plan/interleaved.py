"""One step is held up at a call of the system, others run to their ends, and it goes on.

Of two attempts at the same each is harmless to the other, and a set is published whole whoever comes in between."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from disturbed import PLACES, Disturbed, Place, Step
from harness import Failure, Suite, spread
from planned import (Planned, Wrong, ended, finish, ranges, require, require_old_or_new, require_same)

POINTS = 24
SHOWN = 3
WAITS = os.WSTOPPED | os.WEXITED | os.WNOWAIT


@dataclass
class Pair:
    """What is held up, and what runs meanwhile; the statuses that they may end with."""

    name: str
    held: str  # as Disturbed calls the step
    meanwhile: list[list[str]]
    held_ends: tuple[int, ...] = (0,)
    others_end: tuple[int, ...] = (0,)


PAIRS = (
    Pair("a part twice", "part", [["--part", "LAST"]]),
    Pair("a part, while the others are made and published", "part", [["--part", "ALL"], ["--publish"]]),
    Pair("a part, and --clean", "part", [["--clean"]], held_ends=(0, 2)),
    Pair("publish, and a part once more", "publish", [["--part", "LAST"]]),
    Pair("publish, and another one", "publish", [["--publish"]], others_end=(0, 2)),
    Pair("publish, and --status", "publish", [["--status"]]),
    Pair("publish, and --clean", "publish", [["--clean"]], held_ends=(0, 1, 2), others_end=(0, 2)),
)
PLANS = Pair("the plan twice", "plan", [["PLAN"]])


class Interleaved:
    def __init__(self, suite: Suite, disturbed: Disturbed):
        self.suite = suite
        self.disturbed = disturbed

    def prepare(self) -> None:
        if not self.disturbed.steps:
            self.disturbed.prepare()

    def cases(self) -> list[tuple[str, object]]:
        if self.suite.shim is None:
            return []
        return [(f"held up: {pair.name}: {place.name}",
                 lambda at, place=place, pair=pair: self.pair(at, place, pair))
                for place in (PLACES[0], PLACES[3]) for pair in (*PAIRS, PLANS)]

    def pair(self, at: Path, place: Place, pair: Pair) -> None:
        step = self.disturbed.steps[place.name, pair.held]
        problems = []
        for number in spread(step.counts["any"], POINTS // (5 if self.suite.quick else 1)):
            try:
                self.hold_up(at, place, pair, step, number)
            except Wrong as wrong:
                problems.append(f"at call {number}: {wrong}")
        require(not problems, f"{len(problems)} problems:\n        " + "\n        ".join(problems[:SHOWN]))

    def hold_up(self, at: Path, place: Place, pair: Pair, step: Step, number: int) -> None:
        planned = self.disturbed.begin(at, step)
        stop = Failure("any", number, f"signal:{signal.SIGSTOP.value}", no_tmpfile=number % 3 == 0)
        held = planned.start(*step.words, failure=stop)
        try:
            os.waitid(os.P_PID, held.pid, WAITS)
            for words in pair.meanwhile:
                result = planned.step(*self.words(planned, place, words))
                require(result.status in pair.others_end,
                        f"{' '.join(words)}: exit status {result.status}: {result.err}")
        finally:
            if held.poll() is None:
                held.send_signal(signal.SIGCONT)
            result = finish(held)
        require(result.status in pair.held_ends, f"held up: exit status {result.status}: {result.err}")
        if pair is PLANS:
            require((planned.at / "plan.json").read_bytes() == step.whole["plan.json"], "another plan")
            return
        require_old_or_new(planned.held(), step.old, step.new, place.index, killed=True)
        self.complete(planned, step)

    @staticmethod
    def words(planned: Planned, place: Place, words: list[str]) -> list[str]:
        if words == ["PLAN"]:
            return planned.words
        last = place.parts - 1
        return [{"LAST": str(last), "ALL": f"0-{last}"}.get(word, word) for word in words]

    def complete(self, planned: Planned, step: Step) -> None:
        """Whatever has happened, what is missing can be made, and the set be published."""
        missing = planned.status()
        if missing:
            ended(planned.part(ranges(missing)), 0)
        ended(planned.publish(), 0)
        ended(planned.step("--clean"), 0)
        require(planned.staging is None, "the staging directory is left")
        require_same(planned.held(), step.new, "not the files of the command without a plan")
        ended(planned.publish(), 0)
