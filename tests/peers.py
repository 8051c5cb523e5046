"""Virtual environments, under build/, for the suites that need the formats' own libraries."""

import fcntl
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "tests/interop/requirements.txt"
# Elsewhere than on Linux on x86-64 the registry's build is the CPU's. There it brings gigabytes of CUDA, and is taken
# where no index that pip knows has the other one.
REGISTRY_TORCH = "torch==2.13.0"
TORCH = REGISTRY_TORCH + ("+cpu" if (sys.platform, platform.machine()) == ("linux", "x86_64") else "")
INTEROP = ("interop-venv", [TORCH], ["-r", str(PINS)])  # for make()
# What mergekit and peft import beside interop's packages, torch among them. The rest of what they name is for training.
MERGING = (
    "accelerate==1.15.0",
    "annotated-types==0.8.0",
    "immutables==0.21",
    "mergekit==0.1.5",
    "peft==0.21.2",
    "psutil==7.2.2",
    "pydantic==2.14.4",
    "pydantic_core==2.50.5",
    "regex==2026.11.19",
    "tokenizers==0.23.3",
    "transformers==5.24.0",
    "typing-inspection==0.4.5",
)
# Made from its sources, of which nothing is compiled, with torch there already.
DEEPSPEED = (
    "annotated-types==0.8.0",
    "deepspeed==0.19.8",
    "einops==0.8.2",
    "hjson==3.1.0",
    "psutil==7.2.2",
    "py-cpuinfo==9.0.0",
    "pydantic==2.14.4",
    "pydantic_core==2.50.5",
    "typing-inspection==0.4.5",
)
# An environment holds one release of a package, so each of these has its own. Some of them need cffi and ml_dtypes.
ZTENSOR = ("0.1.4", "1.0.1", "1.0.2", "1.1.1", "1.2.3", "2.1.2")
WITH_ZTENSOR = ["-c", str(PINS), "numpy", "ml_dtypes", "cffi==2.1.1", "pycparser==3.12"]


class Missing(Exception):
    """The packages cannot be had here; says why in one line."""


def enter(script: str, name: str, *steps: list[str]) -> None:
    """Runs `script` again, with the same arguments, inside the environment build/`name`; returns where that
    is done. Raises Missing."""
    if Path(sys.prefix).resolve() == (ROOT / "build" / name).resolve():
        return
    python = make(name, *steps)
    os.execv(python, [str(python), script, *sys.argv[1:]])


def make_ztensor() -> tuple[dict[str, Path], dict[str, Missing]]:
    """The interpreter for each of zTensor's releases that can be had here; why not, for the others."""
    pythons, missing = {}, {}
    for version in ZTENSOR:
        try:
            pythons[version] = make(f"ztensor-venv-{version}", [*WITH_ZTENSOR, f"ztensor=={version}"])
        except Missing as reason:
            missing[version] = reason
    return pythons, missing


def make_merging() -> Path:
    """The interpreter of the environment that has mergekit and peft. Raises Missing."""
    # transformers alone is 5,000 files, of which a merge imports few.
    return make("merging-venv", ["--no-deps", "--no-compile", *MERGING], beneath=make(*INTEROP))


def make_deepspeed() -> Path:
    """The interpreter of the environment that has DeepSpeed. Raises Missing."""
    os.environ.setdefault("DS_BUILD_OPS", "0")
    words = ["--no-deps", "--no-compile", "--no-build-isolation"]
    return make("deepspeed-venv", [*words, *DEEPSPEED], beneath=make(*INTEROP))


def make(name: str, *steps: list[str], beneath: Path | None = None) -> Path:
    """The interpreter of the environment build/`name`. Each step is what one call of pip is to install. What it lacks
    is that of the environment whose interpreter is `beneath`. Raises Missing."""
    directory = ROOT / "build" / name
    directory.parent.mkdir(exist_ok=True)
    python = directory / "bin" / "python"
    ready = directory / "ready"
    wanted = f"{sys.version}\n{steps}\n{PINS.read_text()}"
    with open(directory.with_name(f"{name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            _make(directory, python, steps, beneath)
            ready.write_text(wanted)
    return python


def _install(python: Path, step: list[str]) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, *step], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except subprocess.CalledProcessError:
        if step != [TORCH] or TORCH == REGISTRY_TORCH:
            raise
        _install(python, [REGISTRY_TORCH])


def _packages(python: Path) -> Path:
    """The directory in which its packages are."""
    script = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout.strip())


def _make(directory: Path, python: Path, steps: tuple[list[str], ...], beneath: Path | None) -> None:
    try:
        venv.create(directory, with_pip=beneath is None, clear=True)
        if beneath is not None:
            # pip is found there, too.
            (_packages(python) / "beneath.pth").write_text(f"{_packages(beneath)}\n")
        for step in steps:
            _install(python, step)
    except subprocess.CalledProcessError as error:
        errors = [line for line in str(error.stderr).splitlines() if line.startswith("ERROR: ")]
        raise Missing(errors[-1][len("ERROR: "):] if errors else f"exit status {error.returncode}") from error
    except OSError as error:
        raise Missing(str(error)) from error


def finish_without(reason: Missing, what: str, required: bool) -> int:
    """The exit status, and the suite's last lines, of a suite that could not run."""
    print(f"{'FAILED' if required else 'skipped'}: {what} cannot be installed here: {reason}")
    print("0 passed, 1 failed" if required else "0 passed, 0 failed, 1 skipped")
    return 1 if required else 0
