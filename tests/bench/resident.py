"""The memory of a process that is its own: files that are mapped are not."""

import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from timing import Failed


def peak(words: Sequence[object], directory: Path) -> int:
    """The highest RssAnon, in bytes, looked at every two milliseconds."""
    process = subprocess.Popen(
        [str(word) for word in words],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    most = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            try:
                for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                    if line.startswith("RssAnon:"):
                        most = max(most, int(line.split()[1]) * 1024)
            except OSError:
                return
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, message = process.communicate()
    done.set()
    watcher.join()
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: {message.decode(errors='replace')}")
    return most
