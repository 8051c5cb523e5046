"""Instructions that a command executes, as callgrind counts them."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from timing import Failed


def available() -> bool:
    return shutil.which("valgrind") is not None


def count(words: Sequence[object], directory: Path) -> int:
    ended = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *map(str, words)],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    found = re.search(r"Collected : (\d+)", ended.stderr)
    if ended.returncode != 0 or found is None:
        raise Failed(f"{' '.join(map(str, words))}: {ended.stderr[-500:]}")
    return int(found.group(1))
