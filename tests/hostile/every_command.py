"""Every command on a bad file: it answers 0, 1 or 2, says in a line what is wrong, and leaves nothing."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from case import Verdict
from process import MOST_KEPT, Outcome, Runner

MOST_LINE = 20_000


@dataclass
class Told:
    """A case as corpus.py tells of it."""

    table: str
    name: str
    model: str
    verdict: str
    says: str
    memory: int
    carried: bool

    @property
    def statuses(self) -> tuple[int, int, int | None]:
        return Verdict[self.verdict].value


def full_status(case: Told) -> int:
    return case.statuses[0]


class Commands:
    """Holds what the commands do with one case to what they may do."""

    def __init__(
        self, runner: Runner, case: Told, scratch: Path, good: Path, limits: bool, brief: bool
    ) -> None:
        """`brief`: no more than reads all that there is once, and writes it once."""
        self._runner, self._case, self._scratch, self._good, self._limits, self._brief = (
            runner,
            case,
            scratch,
            good,
            limits,
            brief,
        )
        self._readable = case.statuses[2] == 0
        self.problems: list[str] = []
        self.verdict_text = ""

    def _run(self, *words: object) -> Outcome:
        outcome = self._runner.run(words)
        memory = self._case.memory if self._limits else None
        problem = outcome.problem(memory) or self._one_clear_line(words, outcome)
        if problem:
            self._problem(problem, *words)
        return outcome

    def _problem(self, problem: str, *words: object) -> None:
        self.problems.append(f"{self._case.table}/{self._case.name}: {' '.join(map(str, words))}: {problem}")

    def _expect(self, outcome: Outcome, statuses: tuple[int, ...], *words: object) -> None:
        if not outcome.late and outcome.status not in statuses:
            self._problem(
                f"exit status {outcome.status}, not {' or '.join(map(str, statuses))}: "
                + outcome.err.decode(errors="replace")[:300],
                *words,
            )

    def _one_clear_line(self, words: tuple[object, ...], outcome: Outcome) -> str:
        command = words[0]
        lines = outcome.err.decode(errors="replace").splitlines()
        longest = max(
            (len(line) for line in lines + outcome.out.decode(errors="replace").splitlines()), default=0
        )
        if longest > MOST_LINE and command == "validate" and "--json" not in words:
            return f"a line of {longest} characters"
        if any(len(line) > MOST_LINE for line in lines):
            return f"a message of {longest} characters"
        errors = [line for line in lines if ": warning: " not in line]
        if any(not line.startswith(f"aerotool: {command}: ") for line in lines):
            return f"a message that is not its own: {lines}"
        if outcome.status == 2 and len(errors) != 1:
            return f"{len(errors)} lines say why: {lines[:5]}"
        if (
            outcome.status == 2
            and Path(self._case.model).name.split("/")[0][:20] not in errors[0]
            and self._case.name[:20] not in errors[0]
        ):
            return f"the message does not name the file: {lines[0][:300]}"
        if outcome.status == 0 and errors:
            return f"succeeds, but complains: {errors[:5]}"
        return ""

    def run(self) -> None:
        self._validate()
        if self._brief:
            if "bomb" not in self._case.name:
                self._writers()
            return
        model = self._case.model
        reads = (0, 2) if self._case.statuses[2] is None else (self._case.statuses[2],)
        self._expect(self._run("list", model), reads, "list", model)
        asked = [["inspect", "--json", "--metadata", "--chunks", "--map", model]]
        if self._readable:
            self._expect(self._run("inspect", model), reads, "inspect", model)
            asked.append(["list", "--json", "--long", model])
            asked.append(["list", "--json", "--tree=all", model])
        for words in asked:
            outcome = self._run(*words)
            # What cannot be read of the metadata is told by who asks for the metadata.
            about_source = "--metadata" in words and self._case.name.startswith("source-")
            self._expect(outcome, (*reads, 2) if about_source else reads, *words)
            if len(outcome.out) < MOST_KEPT and (outcome.status == 0 or words[0] == "inspect"):
                self._json(outcome, *words)
        if "bomb" in self._case.name:
            return  # each run takes its time, and it is the reading that has to bear it
        self._writers()
        answers = (0, 1, 2) if 0 in reads else (2,)
        self._expect(self._run("diff", "--full", model, model), answers, "diff --full", model, model)
        words = ("diff", "--dequantize", "--full", model, model)
        self._expect(self._run(*words), answers, *words)
        words = ("list", "--stats", model)
        self._expect(self._run(*words), (0, 2) if 0 in reads else (2,), *words)
        if self._readable:
            self._expect(self._run("diff", model, self._good), answers, "diff", model)

    def _validate(self) -> None:
        model = self._case.model
        full = self._case.statuses[0]
        outcome = self._run("validate", "--full", model)
        self.verdict_text = (outcome.out + outcome.err).decode(errors="replace")
        self._expect(outcome, (full,), "validate", "--full", model)
        if self._case.says not in self.verdict_text:
            self._problem(
                f"does not say {self._case.says!r}, but: {self.verdict_text[:500]}", "validate --full"
            )
        if self._brief:
            return
        as_json = self._run("validate", "--full", "--json", model)
        answer = self._json(as_json, "validate", "--full", "--json") if len(as_json.out) < MOST_KEPT else None
        if isinstance(answer, dict) and "error" not in answer and answer.get("sound") != (full == 0):
            self._problem(f"sound is {answer.get('sound')}", "validate", "--full", "--json", model)

    def _json(self, outcome: Outcome, *words: object) -> object:
        try:
            return json.loads(outcome.out)
        except ValueError as error:
            self._problem(f"prints what is no JSON ({error})", *words)
            return None

    def _writers(self) -> None:
        """What writes: nothing stays where it fails, and what it writes is sound where it does not."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        model = self._case.model
        written = []
        # What cannot be read is not read whatever is to be made of it.
        others = ["x.safetensors", "x.gguf"] if self._readable else []
        convert = [["convert", model, f"{self._scratch}/{name}"] for name in ["x.aero", *others]]
        all_words = [
            ["extract", model, "*", "-o", f"{self._scratch}/extracted/"],
            *(
                [["extract", "--format", "npz", model, "*", "-o", f"{self._scratch}/archives/"]]
                if self._case.table in ("ztensor-data", "aero-metadata")
                else []
            ),
            *convert,
            ["merge", "-q", model, "--method", "linear", "-o", f"{self._scratch}/merged.aero"],
            ["pack-set", model, f"{self._scratch}/set"],
        ]
        for words in convert[:1] if self._brief else all_words:
            outcome = self._run(*words)
            fails = self._case.statuses[2] == 2
            self._expect(outcome, (2,) if fails else (0, 1, 2), *words)
            if (
                words[0] != "extract"
                and outcome.status == 0
                and self._case.verdict == "WEIGHTS"
                and not self._case.carried
                and "says-nothing-of-tensors" not in self._case.name
            ):
                self._problem("takes a corrupt file for sound", *words)
            left = sorted(
                path.relative_to(self._scratch)
                for path in self._scratch.rglob("*")
                if not any(part in written for part in path.relative_to(self._scratch).parts)
            )
            # Of several files that extract writes, those that were whole before it failed may stay.
            if words[0] == "extract":
                left = [path for path in left if path.name.startswith(".")]
            if outcome.status != 0 and left:
                self._problem(f"leaves {[str(path) for path in left[:5]]}", *words)
            if outcome.status == 0 or words[0] == "extract":
                written.append(Path(str(words[-1])).name)
        models = [f"{self._scratch}/{name}" for name in written if name not in ("extracted", "archives")]
        if models:
            outcome = self._runner.run(["validate", "--full", *models])
            # What is readable is carried along as it is, with its faults.
            if outcome.status not in ((0,) if full_status(self._case) == 0 else (0, 1)):
                self._problem(
                    f"does not write what is sound: {outcome.out.decode(errors='replace')[:500]}", "convert"
                )
        shutil.rmtree(self._scratch, ignore_errors=True)


def check_together(runner: Runner, cases: list[Told]) -> list[str]:
    """`validate` and `validate --control` of all at once: the verdict of each stands in its last line."""
    problems = []
    for option, place in (([], 1), (["--control"], None)):
        outcome = runner.run(["validate", *option, *(case.model for case in cases)], 120)
        problem = outcome.problem(None)
        if problem:
            problems.append(f"validate {option} of all: {problem}")
        lines = outcome.out.decode(errors="replace").splitlines()
        complaints = outcome.err.decode(errors="replace")
        for case in cases:
            path = case.model
            sound = any(line.startswith(f"{path}: sound: ") for line in lines)
            unsound = any(line.startswith(f"{path}: NOT SOUND: ") for line in lines)
            status = (
                0 if sound else 1 if unsound else 2 if f"aerotool: validate: {path}: " in complaints else None
            )
            # Most have no control-plane hash, and nothing checked is never sound.
            wanted = (
                (case.statuses[1],)
                if place is not None
                else (0, 1) if "control-hash" in case.name else (max(case.statuses[0], 1),)
            )
            if status not in wanted:
                problems.append(
                    f"{case.table}/{case.name}: validate {' '.join(option)}: {status}, not {wanted}"
                )
    return problems
