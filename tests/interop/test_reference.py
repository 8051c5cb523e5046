"""Sets on a server, between the tool and the reference implementation of AERO, which reads them by range, too.

It is in no package registry: AEROTOOL_REFERENCE says what pip is to install it from, such as
git+https://github.com/bhuvanprakash/Aero@630e8a4#subdirectory=py; without it the tests are skipped.
"""

import base64
import json
import os
import shutil
import subprocess

import peers
import pytest
from tool import Listed

DATA = peers.ROOT / "tests/data"
INDEX = "model.aeroset.json"

# It asks for a range even where there are no bytes, which no server has.
READ = """
import base64, json, sys
from aerotensor.aeroset import AeroSetReader
with AeroSetReader(sys.argv[1], cache_dir=sys.argv[2]) as model:
    found = {told["name"]: [told["shape"], b"" if 0 in told["shape"] else model.read_tensor_bytes(told["name"])]
             for told in model.list_tensors()}
print(json.dumps({name: [shape, base64.b64encode(data).decode()] for name, (shape, data) in found.items()}))
"""


@pytest.fixture(scope="session")
def reference(pytestconfig):
    """Its interpreter."""
    source = os.environ.get("AEROTOOL_REFERENCE")
    if not source:
        pytest.skip("AEROTOOL_REFERENCE does not say where the reference implementation of AERO can be had")
    try:
        return peers.make("aerotensor-venv", ["-c", str(peers.PINS), "numpy", "msgpack", "blake3", "zstandard"],
                          ["--no-deps", source])
    except peers.Missing as reason:
        pytest.fail(f"the reference implementation of AERO cannot be installed from {source}: {reason}")


@pytest.fixture
def folder(tmp_path):
    directory = tmp_path / "served"
    directory.mkdir()
    return directory


def run(python, *words):
    done = subprocess.run([python, *map(str, words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return done.stdout


def read(python, url, cache):
    """What the reference reads: shape and bytes of each tensor."""
    found = json.loads(run(python, "-c", READ, url, cache))
    return {name: (shape, base64.b64decode(data)) for name, (shape, data) in found.items()}


def plain(tensors: dict[str, Listed]):
    return {name: (listed.shape, listed.data) for name, listed in tensors.items()}


@pytest.mark.parametrize("model", ["sharded/model.safetensors.index.json", "mixed.safetensors", "tiny.gguf"])
@pytest.mark.parametrize("options", [[], ["--tensor-hash"]], ids=["plain", "hashed"])
def test_reads_ours(tool, loopback, reference, folder, tmp_path, model, options):
    tool.pack_set(DATA / model, folder / "set", "--max-shard-bytes", "2048", "--max-part-shards", "2", *options)
    with loopback(folder) as server:
        assert read(reference, f"{server.url}/set/{INDEX}", tmp_path / "cache") == plain(tool.tensors(folder / "set"))
        # The parts are elsewhere.
        tool.pack_set(DATA / model, folder / "far", "--max-shard-bytes", "2048", "--base-url", f"{server.url}/parts", *options)
        (folder / "parts").mkdir()
        for path in (folder / "far").glob("*.aero"):
            shutil.move(path, folder / "parts" / path.name)
        found = read(reference, f"{server.url}/far/{INDEX}", tmp_path / "cache")
        assert found == plain(tool.tensors(f"{server.url}/far/{INDEX}")) == plain(tool.tensors(DATA / model))


def test_ours_reads_its(tool, loopback, reference, folder, tmp_path):
    """Without --tensor-hash: with it, the reference writes sets that it does not read itself."""
    run(reference, "-m", "aerotensor", "convert-safetensors-sharded", DATA / "sharded/model.safetensors.index.json",
        folder / "set", "--max-shard-bytes", "8192")
    with loopback(folder) as server:
        place = f"{server.url}/set/{INDEX}"
        assert tool.run("validate", "--full", place).returncode == 0
        assert tool.tensors(place) == tool.tensors(folder / "set") == tool.tensors(DATA / "sharded")
        assert read(reference, place, tmp_path / "cache") == plain(tool.tensors(place))


def test_the_vector_is_read_alike(tool, loopback, reference, folder, tmp_path):
    shutil.copytree(DATA / "sharded.ref.aeroset", folder / "set")
    with loopback(folder) as server:
        place = f"{server.url}/set/{INDEX}"
        assert read(reference, place, tmp_path / "cache") == plain(tool.tensors(place))
