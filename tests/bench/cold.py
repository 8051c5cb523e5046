"""Files whose pages are not in memory, so that a command has to get them from the disk."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

LEFT = 0.02  # of a file, which the system may keep all the same


class Warm(Exception):
    """The pages of a file stay in memory."""


def _in_memory(path: Path) -> int:
    found = subprocess.run(
        ["fincore", "--bytes", "--noheadings", "--output", "RES", path], capture_output=True, text=True
    )
    return int(found.stdout or 0)


def _drop(path: Path) -> None:
    """Gives back the pages of one file, which needs no rights and leaves alone what others have read. Pages
    that are not on the disk yet stay, so they are written first."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def dropping(path: Path, *, removed: tuple[Path, ...] = ()) -> Callable[[], None]:
    """Before a command: the pages of `path` are given back, and what the last one has written goes. Throws
    Warm where they are not."""

    def drop() -> None:
        for other in removed:
            other.unlink(missing_ok=True)
        _drop(path)
        left = _in_memory(path)
        if left > path.stat().st_size * LEFT:
            raise Warm(f"{left >> 20} MiB of {path.name} stay in memory ({path.parent})")

    return drop


def missing() -> str:
    """Why this machine cannot measure it; empty where it can."""
    if not hasattr(os, "posix_fadvise"):
        return "this system cannot be asked to give pages back"
    for program in ("fincore", "b3sum"):
        if shutil.which(program) is None:
            return f"there is no {program} here"
    return ""
