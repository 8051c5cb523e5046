"""What the programs of this folder share: the server that fails on request, and runs of the tool that are counted."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MIB = 1 << 20
WORKERS = 8
LIMIT = 100  # seconds; the slowest waits of the tool together take half of them
# What the machine says of proxies, authorities, the hub and the cache is not what is tested.
OUTSIDE = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
           "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE",
           "AEROTOOL_ALLOW_HOSTS", "AEROTOOL_CACHE_DIR")


class Server:
    """range-server, on the loopback device."""

    def __init__(self, directory: Path, *options: str):
        self.process = subprocess.Popen([sys.executable, "-B", HERE / "range-server", *options, directory],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.second = ready["ready"], ready["second"]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.1)  # so that the answers that were not waited for are in the log
        self.process.terminate()
        with self.process.stdout as log:
            self.rest = [json.loads(line) for line in log if line.strip()]
        self.process.wait()

    @property
    def requests(self) -> list[dict]:
        """After its end."""
        return self.rest


class Suite:
    def __init__(self, binary: Path, scratch: Path):
        self.binary = binary
        self.scratch = scratch
        self.models = scratch / "models"
        self.models.mkdir()
        self.passed = self.failed = self.skipped = 0
        self.lock = threading.Lock()

    def check(self, holds: bool, what: str) -> bool:
        with self.lock:
            self.passed += holds
            self.failed += not holds
            if not holds:
                print(f"FAILED: {what}", flush=True)
        return holds

    def skip(self, what: str) -> None:
        self.skipped += 1
        print(f"skipped: {what}", flush=True)

    def each(self, work: Callable[..., None], items: Iterable[tuple]) -> None:
        """Side by side, as most of their time goes into waiting."""
        with ThreadPoolExecutor(WORKERS) as pool:
            for done in pool.map(lambda item: work(*item), items):
                assert done is None

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        return kept | {"LC_ALL": "C", "AEROTOOL_CACHE": "off", "TMPDIR": str(self.scratch)} | variables

    def run(self, *words: object, limit: float = LIMIT, **variables: str) -> subprocess.CompletedProcess:
        try:
            return subprocess.run([self.binary, *map(str, words)], capture_output=True, timeout=limit, check=False,
                                  env=self.environment(**variables), stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, -999, b"", b"it hung")

    def make(self, *words: object) -> None:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr

    def finish(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed or not self.passed else 0
