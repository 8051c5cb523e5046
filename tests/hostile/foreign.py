"""Every command on files that are no models: given as a file, as a shard of an index, and as an index.

Each ends with 1 or 2 and says in one line what the file is, where that can be known."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import foreign_files
from foreign_files import Foreign
from process import MIB, Outcome, Runner

DATA = Path(__file__).resolve().parents[1] / "data"
# What a file of weights may be called, whatever is in it; "" is what it is called by rights.
NAMES = ["", "model.safetensors", "model.gguf", "model.aero", "model", "model.bin"]
MOST_MEMORY = 256 * MIB


def as_file(content: bytes, place: Path, number: int, foreign: Foreign) -> str:
    model = place / (NAMES[number % len(NAMES)] or f"model{foreign.ending}")
    model.write_bytes(content)
    return str(model)


def as_shard(content: bytes, place: Path, number: int, _: Foreign) -> str:
    if number % 2:
        shutil.copytree(DATA / "sharded.ref.aeroset", place, dirs_exist_ok=True)
        shard = place / ["part-001.aero", "index.aero"][number // 2 % 2]
    else:
        shutil.copytree(DATA / "sharded", place, dirs_exist_ok=True)
        shard = place / "model-00002-of-00003.safetensors"
    shard.unlink()
    shard.write_bytes(content)
    return str(place)


def as_index(content: bytes, place: Path, number: int, _: Foreign) -> str:
    index = place / ["model.safetensors.index.json", "model.aeroset.json"][number % 2]
    index.write_bytes(content)
    return str([place, index][number // 2 % 2])


def commands(model: str, place: Path) -> list[list[str]]:
    return [
        ["validate", "--full", model],
        ["list", model],
        ["inspect", "--json", model],
        ["extract", model, "*", "-o", f"{place}.out/"],
        ["convert", model, f"{place}.out.aero"],
        ["pack-set", model, f"{place}.set"],
        ["diff", model, model],
    ]


def problem(words: list[str], outcome: Outcome, foreign: Foreign) -> str:
    wrong = outcome.problem(MOST_MEMORY)
    if wrong:
        return wrong
    if outcome.status == 0:
        return "succeeds"
    if outcome.status == 1 and words[0] != "validate":
        return "exit status 1"
    lines = outcome.err.decode(errors="replace").splitlines()
    errors = [line for line in lines if ": warning: " not in line]
    if outcome.status == 2 and len(errors) != 1:
        return f"{len(errors)} lines say why: {lines[:5]}"
    if any(not line.startswith(f"aerotool: {words[0]}: {Path(words[1]).parts[0]}") for line in errors):
        if words[0] not in ("validate", "inspect"):
            return f"a message that does not name the file: {lines[:5]}"
    said = (outcome.out + outcome.err).decode(errors="replace")
    if "\\u" not in said and foreign.says not in said and not any(other in said for other in foreign.or_says):
        return f"does not say {foreign.says!r}, but: {said[:500]}"
    return ""


def check(runner: Runner, jobs: int, few: bool) -> tuple[int, list[str]]:
    """How many runs there were, and what was wrong. `few`: two of the commands for each file, not all."""
    asked = []
    for number, foreign in enumerate(foreign_files.files()):
        for form in (as_file, as_shard, as_index):
            place = Path(f"{form.__name__}-{number}")
            place.mkdir()
            words = commands(form(foreign.content, place, number, foreign), place)
            chosen = [words[number % len(words)], words[(number + 3) % len(words)]] if few else words
            asked += [(one, foreign) for one in chosen]

    def one(run: tuple[list[str], Foreign]) -> str:
        words, foreign = run
        wrong = problem(words, runner.run(words), foreign)
        return wrong and f"{' '.join(words)}: {wrong}"

    with ThreadPoolExecutor(jobs) as pool:
        problems = [wrong for wrong in pool.map(one, asked) if wrong]
    left = [str(path) for path in Path().glob("*.out*")] + [str(path) for path in Path().glob("*.set")]
    written = [path for path in left if Path(path).is_file() or any(Path(path).iterdir())]
    if written:
        problems.append(f"what fails leaves {written[:5]}")
    return len(asked), problems
