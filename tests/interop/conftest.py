import sys
from pathlib import Path

import gguf_library
import peers
import pytest
import safetensors_library
from elsewhere import Elsewhere
from matrix import MATRIX
from tool import Tool

sys.path.append(str(peers.ROOT / "tests/remote"))

from harness import OUTSIDE, Server  # noqa: E402

HERE = Path(__file__).resolve().parent


def pytest_addoption(parser):
    parser.addoption("--binary", required=True)
    parser.addoption("--require-packages", action="store_true")
    parser.addoption("--require-releases", action="store_true")


@pytest.fixture(scope="session")
def tool(pytestconfig):
    return Tool(pytestconfig.getoption("--binary"))


@pytest.fixture(scope="session")
def matrix():
    MATRIX.order([*reversed(safetensors_library.GEOMETRY), *gguf_library.GEOMETRY])
    return MATRIX


@pytest.fixture(scope="session")
def release(pytestconfig):
    """zTensor's release of a version. A test of one that cannot be had is skipped, or fails."""
    pythons, missing = peers.make_ztensor()
    give_up = pytest.fail if pytestconfig.getoption("--require-releases") else pytest.skip
    running = {}

    def start(version):
        if version in missing:
            reason = next(iter(missing.values()))
            give_up(f"ztensor {', '.join(missing)} cannot be installed here: {reason}")
        if version not in running:
            running[version] = Elsewhere(pythons[version], HERE / "ztensor_release.py")
        return running[version]

    yield start
    for process in running.values():
        process.close()


@pytest.fixture(scope="session")
def merging(pytestconfig):
    """mergekit and peft. Tests of them are skipped, or fail, where they cannot be had."""
    try:
        python = peers.make_merging()
    except peers.Missing as reason:
        give_up = pytest.fail if pytestconfig.getoption("--require-packages") else pytest.skip
        give_up(f"mergekit and peft cannot be installed here: {reason}")
    process = Elsewhere(python, HERE / "merging_packages.py")
    yield process
    process.close()


@pytest.fixture
def loopback(monkeypatch):
    """Makes a server of the files of a folder. What else the machine says of the network does not hold for the tool."""
    for name in OUTSIDE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AEROTOOL_CACHE", "off")
    monkeypatch.setenv("AEROTOOL_ALLOW_HOSTS", "127.0.0.1")  # redirects lead from one port to another
    return Server
