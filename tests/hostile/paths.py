"""Names of tensors and files that would lead elsewhere: nothing is written but where it was asked for."""

import json
import os
import stat
from pathlib import Path

import safetensors_file
from aero_file import OPTIONAL, TENSORS, Chunk, model
from process import Outcome, Runner

NAMES = [
    "../../x",
    "../x",
    "/etc/passwd",
    ".",
    "..",
    "",
    "a/b",
    "a//b",
    "/",
    "-o",
    "--help",
    "a\0b",
    "~",
    "$HOME",
    "CON",
    "\x1b[2J",
    "a\nb",
    "\u202e",
    "%2e%2e",
    "%2E%2E%2F",
    ".hidden",
    "x" * 255,
    "x" * 4096,
    "x" * (1 << 20),
    "y" * (1 << 20),
]


def inventory(top: Path) -> dict[str, int]:
    """All that is there, with the time of its last change."""
    return {str(path): path.lstat().st_mtime_ns for path in top.rglob("*") if not path.is_dir()}


def problems_of(outcome: Outcome, statuses: tuple[int, ...], what: str) -> list[str]:
    problem = outcome.problem(None)
    if not problem and outcome.status not in statuses:
        problem = f"exit status {outcome.status}: {outcome.err.decode(errors='replace')[:300]}"
    return [f"{what}: {problem}"] if problem else []


def extract_all(runner: Runner) -> list[str]:
    """Every odd name becomes a file of its own inside of the directory."""
    header = {name: safetensors_file.tensor("U8", [2], 2 * i, 2 * i + 2) for i, name in enumerate(NAMES)}
    data = b"".join(bytes([i, i]) for i in range(len(NAMES)))
    deep = Path("deep/er")
    deep.mkdir(parents=True)
    Path("deep/er/odd.safetensors").write_bytes(safetensors_file.file(header, data))
    before = inventory(Path())
    problems = problems_of(
        runner.run(["extract", "deep/er/odd.safetensors", "*", "-o", "deep/er/out/"]), (0,), "extract *"
    )
    new = sorted(set(inventory(Path())) - set(before))
    contents = sorted(Path(path).read_bytes() for path in new)
    if any(Path(path).parent != Path("deep/er/out") or Path(path).is_symlink() for path in new):
        problems.append(f"extract *: leaves {new}")
    if contents != sorted(bytes([i, i]) for i in range(len(NAMES))):
        problems.append(f"extract *: {len(new)} files for {len(NAMES)} tensors")
    return problems


def extract_one_by_one(runner: Runner) -> list[str]:
    problems = []
    for name in NAMES:
        if len(name) > 100_000 or "\0" in name or not name:
            continue  # no argument holds that
        outcome = runner.run(["extract", "-o", "-", "--", "deep/er/odd.safetensors", name])
        # A name with a star or a bracket is a pattern, and none is here.
        if outcome.status != 0 or len(outcome.out) != 2:
            problems.append(f"extract {name[:50]!r}: {outcome.status}: {outcome.err[:200]!r}")
    return problems


def links_in_the_way(runner: Runner) -> list[str]:
    """No name in the model leads through a link that lies in the directory."""
    Path("target").mkdir()
    Path("linked").mkdir()
    os.symlink("../target", "linked/sub")
    header = {"sub/x": safetensors_file.tensor("U8", [2], 0, 2)}
    Path("links.safetensors").write_bytes(safetensors_file.file(header, b"ab"))
    problems = problems_of(
        runner.run(["extract", "links.safetensors", "*", "-o", "linked/"]), (0,), "extract sub/x"
    )
    return problems + [f"extract sub/x: writes {path} through a link" for path in Path("target").iterdir()]


def recorded_paths(runner: Runner) -> list[str]:
    """Of the paths that an AERO file carries from its source none that leads out is written."""
    problems = []
    for number, path in enumerate(
        [
            "../../x.safetensors",
            "/tmp/aerotool-x.safetensors",
            "a/../../x.safetensors",
            "",
            ".hidden.safetensors",
            "x\0.safetensors",
            "a//b.safetensors",
            "-o",
        ]
    ):
        weight_map = {tensor["name"]: path for tensor in TENSORS}
        index = json.dumps({"metadata": {}, "weight_map": weight_map}).encode()

        def carry(content: dict, path: str = path, index: bytes = index) -> None:
            content["source"] = {
                "format": "safetensors",
                "files": [{"path": path, "order": [0, 1, 2]}],
                "index": index,
            }

        Path("carries.aero").write_bytes(model(edit=carry).bytes())
        before = inventory(Path())
        outcome = runner.run(["convert", "--to", "safetensors", "carries.aero", f"recorded-{number}/"])
        problems += problems_of(outcome, (2,), f"convert with the path {path!r}")
        left = sorted(set(inventory(Path())) - set(before))
        if left:
            problems.append(f"convert with the path {path!r}: leaves {left}")
    return problems


def side_file_paths(runner: Runner) -> list[str]:
    """Of the side files that an AERO file carries none is written outside, or in the place of weights."""
    problems = []
    for number, path in enumerate(
        [
            "../../x.json",
            "/tmp/aerotool-x.json",
            "a/../../x.json",
            ".hidden.json",
            "a//b.json",
            "model.safetensors",
            "MODEL.safetensors/x.json",
            "model.safetensors.index.json",
            "model.aeroset.json",
        ]
    ):
        side = Chunk("FILE", path, b"{}", OPTIONAL)
        Path("beside.aero").write_bytes(model(more=[side]).bytes())
        before = inventory(Path())
        for words in (
            ["convert", "--to", "safetensors", "beside.aero", f"beside-{number}/"],
            ["extract", "--file=*", "beside.aero", "-o", f"beside-{number}/"],
        ):
            # A path that is only in the way of this one's weights may be extracted.
            statuses = (0, 2) if words[0] == "extract" and path.startswith("MODEL") else (2,)
            problems += problems_of(runner.run(words), statuses, f"{words[0]} with the side file {path!r}")
        left = sorted(set(inventory(Path())) - set(before) - {f"beside-{number}/MODEL.safetensors/x.json"})
        if left:
            problems.append(f"the side file {path!r}: leaves {left}")
    return problems


def dashes(runner: Runner) -> list[str]:
    """Files whose names begin with '-'."""
    Path("-x.safetensors").write_bytes(safetensors_file.file())
    problems = []
    for words in (
        ["list", "./-x.safetensors"],
        ["list", "--", "-x.safetensors"],
        ["validate", "--full", "--", "-x.safetensors"],
        ["inspect", "--", "-x.safetensors"],
        ["convert", "--", "-x.safetensors", "-x.aero"],
        ["diff", "--", "-x.safetensors", "-x.aero"],
        ["pack-set", "--", "-x.aero", "-set"],
        ["extract", "-o", "-out/", "--", "-x.aero", "a"],
    ):
        problems += problems_of(runner.run(words), (0,), " ".join(words))
    problems += problems_of(runner.run(["list", "-x.safetensors"]), (2,), "list -x.safetensors")
    return problems


def things_that_are_no_files(runner: Runner) -> list[str]:
    """Devices and FIFOs that nobody writes to, beside a model and as one."""
    os.mkfifo("fifo.safetensors")
    Path("in-a-directory").mkdir()
    os.mkfifo("in-a-directory/model.safetensors")
    problems = []
    for words in (
        ["validate", "/dev/null"],
        ["validate", "in-a-directory"],
        ["list", "in-a-directory"],
        ["list", "/dev/null"],
        ["validate", "--from", "aero", "/"],
        ["list", "/proc/self/mem"],
    ):
        problems += problems_of(runner.run(words), (1, 2), " ".join(words))
    if not stat.S_ISFIFO(os.stat("fifo.safetensors").st_mode):
        problems.append("a FIFO is replaced")
    return problems


def check(runner: Runner) -> list[list[str]]:
    """The problems of each check, in the directory that this process is in."""
    return [
        part(runner)
        for part in (
            extract_all,
            extract_one_by_one,
            links_in_the_way,
            recorded_paths,
            side_file_paths,
            dashes,
            things_that_are_no_files,
        )
    ]
