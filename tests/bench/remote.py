"""Servers that models are read from, on the loopback device."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REMOTE = Path(__file__).resolve().parents[1] / "remote"
sys.path.append(str(REMOTE))

from daemons import Nginx  # noqa: E402

# A link of 100 MB/s with 50 ms of delay, for whoever has four requests under way.
DELAY_MS, RATE, RANGES = 50, 25_000_000, 4
SLOW_BYTES = 128 << 20  # of a model that comes over it


def missing() -> str:
    """Why nothing can be measured here; empty where it can."""
    if shutil.which("curl") is None:
        return "there is no curl here"
    return "" if Nginx.path() else "there is no nginx here"


def nginx(folder: Path) -> Nginx:
    return Nginx(folder, folder / "nginx")


@contextmanager
def slow(folder: Path) -> Iterator[str]:
    """The URL of a server behind such a link."""
    words = [sys.executable, "-B", REMOTE / "range-server", "--delay", str(DELAY_MS), "--rate", str(RATE), folder]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            url = json.loads(process.stdout.readline())["ready"]
            # Nobody reads the log; a pipe would fill up.
            drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
            yield url
        finally:
            process.terminate()
            drain.wait()


def curl(url: str, out: Path) -> list[object]:
    return ["curl", "-sSf", "-o", out, url]


def curl_by_ranges(url: str, size: int, out: Path) -> list[object]:
    """As many ranges as the link has room for, side by side."""
    words: list[object] = ["curl", "-sSf", "-Z"]
    for number in range(RANGES):
        begin, end = size * number // RANGES, size * (number + 1) // RANGES
        words += ["-r", f"{begin}-{end - 1}", "-o", f"{out}.{number}", url, "--next", "-sSf"]
    return words[:-2]
