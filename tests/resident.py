"""The memory of a process that is its own (RssAnon): files that are mapped are not."""

import threading
import time
from pathlib import Path


class Watch:
    """Looks every two milliseconds while it is entered; `most` is the highest found, in bytes."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._status = Path(f"/proc/{pid}/status")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.is_set():
            try:
                for line in self._status.read_text().splitlines():
                    if line.startswith("RssAnon:"):
                        self.most = max(self.most, int(line.split()[1]) * 1024)
            except OSError:
                return
            time.sleep(0.002)
