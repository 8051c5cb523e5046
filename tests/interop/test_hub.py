"""What huggingface_hub's own client reads from a hub is what the tool reads by the same names."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
import safetensors_library as library
from huggingface_hub import save_torch_state_dict
from models import make_many

REPOSITORY = "owner/model"

# Its settings are read when it is imported, so it has a process of its own.
CLIENT = """
import hashlib, json, sys
from huggingface_hub import get_safetensors_metadata, hf_hub_download
repository, *names = sys.argv[1:]
files = {name: hashlib.sha256(open(hf_hub_download(repository, name), "rb").read()).hexdigest() for name in names}
told = get_safetensors_metadata(repository)
tensors = {name: [info.dtype, list(info.shape)] for file in told.files_metadata.values()
           for name, info in file.tensors.items()}
print(json.dumps({"files": files, "tensors": tensors, "metadata": told.metadata, "sharded": told.sharded}))
"""


def write_one(folder):
    tensors = make_many(library.GEOMETRY, list(library.NUMPY), 400)
    library.write_numpy(folder / "model.safetensors", tensors, {"format": "pt"})


def write_many(folder):
    tensors = make_many(library.GEOMETRY, list(library.TORCH), 700)
    save_torch_state_dict({name: library.to_torch(values) for name, values in tensors.items()}, folder,
                          max_shard_size=3000)
    assert len(list(folder.glob("model-*.safetensors"))) > 2


@pytest.fixture(params=[write_one, write_many], ids=["one file", "many files"])
def folder(request, tmp_path):
    directory = tmp_path / "model"
    directory.mkdir()
    request.param(directory)
    (directory / "config.json").write_text(json.dumps({"model_type": "little"}))
    return directory


@pytest.fixture(params=[[], ["--hub-inline"]], ids=["redirects", "inline"])
def server(request, loopback, folder):
    with loopback(folder, *request.param) as server:
        yield server


def ask_client(server, folder, cache):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": server.url + "/hub", "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1",
                    "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1"}
    names = sorted(path.name for path in folder.iterdir())
    done = subprocess.run([sys.executable, "-c", CLIENT, REPOSITORY, *names], env=environment, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return json.loads(done.stdout)


def main_file(folder):
    (name,) = [path.name for path in folder.iterdir() if path.name in ("model.safetensors", "model.safetensors.index.json")]
    return name


def test_the_same_bytes(tool, server, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/hub")
    told = ask_client(server, folder, tmp_path / "cache")
    for path in folder.iterdir():
        assert told["files"][path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    for place in (f"hf://{REPOSITORY}/{main_file(folder)}", f"{server.url}/hub/{REPOSITORY}/resolve/main/{main_file(folder)}"):
        listed = {entry["name"]: [entry["dtype"], entry["shape"]] for entry in tool.entries(place)}
        assert listed == told["tensors"]
        assert told["sharded"] == main_file(folder).endswith(".json")
        assert tool.tensors(place) == tool.tensors(folder)
        assert tool.run("validate", "--full", "--quiet", place).returncode == 0


def test_comes_back(tool, server, folder, tmp_path, monkeypatch):
    """What is converted from the hub has the bytes that the client downloads."""
    monkeypatch.setenv("HF_ENDPOINT", server.url + "/hub")
    place = f"hf://{REPOSITORY}/{main_file(folder)}"
    local, remote = tmp_path / "local.aero", tmp_path / "remote.aero"
    tool.convert(folder / main_file(folder), local)
    tool.ok("convert", place, remote)
    assert tool.tensors(remote) == tool.tensors(local) == tool.tensors(folder)
