"""The seed corpora of the fuzz targets, made of tests/data: its files, AERO files that the tool makes of
them, and chunks cut out of those."""

import json
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/hostile"))

import foreign_files  # noqa: E402
import ztensor_file  # noqa: E402
from cases import dcp as dcp_cases  # noqa: E402
from cases import npy as npy_cases  # noqa: E402
from cases import npz as npz_cases  # noqa: E402
from cases import torch as torch_cases  # noqa: E402
from cases import torch_calls, ztensor_data  # noqa: E402

DATA = ROOT / "tests/data"

# What the first byte of an input of the target msgpack stands for (msgpack.cpp).
MSGPACK_KINDS = [b"TIDX", b"MMSG", b"PHSH", b"IHSH"]
ZSTD = 0x1
# Whole files beyond this size teach a fuzzer nothing that smaller ones do not, and make it slow.
MOST_BYTES = 20_000


def chunks(aero: bytes) -> Iterator[tuple[bytes, int, bytes, int]]:
    """FourCC, flags, stored bytes and uncompressed length of each chunk of an AERO file."""
    toc = struct.unpack_from("<Q", aero, 12)[0]
    for i in range(struct.unpack_from("<I", aero, toc)[0]):
        fourcc, flags, offset, length, ulen = struct.unpack_from("<4sIQQQ", aero, toc + 16 + 80 * i)
        yield fourcc, flags, aero[offset : offset + length], ulen


def unpacked(stored: bytes, flags: int) -> bytes:
    if not flags & ZSTD:
        return stored
    return subprocess.run(["zstd", "-dcq"], input=stored, stdout=subprocess.PIPE, check=True).stdout


def gguf_part(*arguments: str) -> bytes:
    made = subprocess.run([str(DATA / "make-gguf-part"), *arguments], stdout=subprocess.PIPE, check=True)
    return made.stdout


def small_files(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(DATA.glob(pattern)) if path.stat().st_size <= MOST_BYTES]


def without_crcs(archive: bytes) -> bytes:
    """A CRC-32 of 0 means to torch that there is none: whatever is changed, the pickle is then read."""
    changed = bytearray(archive)
    for signature, place in ((b"PK\1\2", 16), (b"PK\3\4", 14)):
        at = changed.find(signature)
        while at != -1 and at + place + 4 <= len(changed):
            changed[at + place : at + place + 4] = bytes(4)
            at = changed.find(signature, at + 4)
    return bytes(changed)


def checkpoints() -> list[bytes]:
    made = small_files("pt/*.*") + small_files("pt/bad/*.pt") + small_files("pt/sharded-bin/*.bin")
    by_hand = [
        case.content
        for table in (torch_cases.cases(), torch_calls.cases())
        for case in table.cases
        if isinstance(case.content, bytes) and len(case.content) <= MOST_BYTES
    ]
    made = [content for content in made if not content.startswith(b"{")] + by_hand
    return made + [without_crcs(content) for content in made if content.startswith(b"PK")]


def distributed_indexes() -> list[bytes]:
    by_hand = [case.files[case.model] for case in dcp_cases.cases().cases if case.model]
    found = small_files("dcp/*/.metadata") + small_files("dcp/bad/*.metadata")
    return found + [content for content in by_hand if isinstance(content, bytes)]


# The files that the target zero takes, in the order of its first byte (zero.cpp).
ZERO_FILES = [
    "zero2/global_step2/mp_rank_00_model_states.pt",
    "zero2/global_step2/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt",
    "zero3/global_step2/zero_pp_rank_0_mp_rank_00_model_states.pt",
    "zero3/global_step2/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt",
]


def zero_files() -> list[bytes]:
    found = [bytes([way]) + content for way, path in enumerate(ZERO_FILES) for content in small_files(f"zero/{path}")]
    bad = small_files("zero/bad/shapes-lie*/*/*_model_states.pt") + small_files("zero/bad/left-over/*/*_states.pt")
    found += [bytes([way]) + content for way in range(len(ZERO_FILES)) for content in bad]
    return found + [made[:1] + without_crcs(made[1:]) for made in found]


def gguf_splits() -> list[bytes]:
    pairs = [
        (gguf_part("0", "2", "3", "a"), gguf_part("1", "2", "3", "b", "c")),
        (gguf_part("0", "2", "1"), gguf_part("1", "2", "1", "a")),
        (gguf_part("0", "3", "2", "a"), gguf_part("1", "3", "2", "a")),
        (gguf_part("0", "u32:2", "u64:2", "a"), gguf_part("-", "2", "-", "b")),
    ]
    return [struct.pack("<I", len(first)) + first + second for first, second in pairs]


def safetensors_file(name: str, numbers: list[int]) -> bytes:
    entry = {"dtype": "U8", "shape": [len(numbers)], "data_offsets": [0, len(numbers)]}
    header = json.dumps({"__metadata__": {"format": "pt"}, name: entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(numbers)


def models_in_files(directory: Path) -> list[Path]:
    """Small models that lie in several files: their AERO files carry more than those of others."""
    split = directory / "split"
    split.mkdir()
    (split / "m-00001-of-00002.gguf").write_bytes(gguf_part("0", "2", "3", "a"))
    (split / "m-00002-of-00002.gguf").write_bytes(gguf_part("1", "2", "3", "b", "c") + b"more")
    sharded = directory / "sharded"
    sharded.mkdir()
    files = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    for name, file in files.items():
        (sharded / file).write_bytes(safetensors_file(name, [1, 2, 3]))
    index = {"metadata": {"total_size": 6}, "weight_map": files}
    (sharded / "model.safetensors.index.json").write_text(json.dumps(index))
    return [split, sharded]


def converted(tool: Path) -> list[bytes]:
    """AERO files with all that the tool can put into one."""
    variants = [[], ["--tensor-hash", "--page-hash=1024", "--control-hash", "--max-shard-bytes=2048"]]
    made = []
    with tempfile.TemporaryDirectory() as directory:
        models = [path for path in sorted(DATA.glob("*.*")) if path.suffix in (".gguf", ".safetensors")]
        models = [path for path in models if path.stat().st_size <= MOST_BYTES]
        for model in models + models_in_files(Path(directory)):
            for options in variants:
                output = Path(directory) / "made.aero"
                subprocess.run([str(tool), "convert", *options, str(model), str(output)], check=True)
                made.append(output.read_bytes())
    return made


def aero_files(tool: Path) -> list[bytes]:
    return small_files("*.aero") + small_files("sharded.ref.aeroset/*.aero") + converted(tool)


def foreign_seeds() -> list[bytes]:
    """A byte that says what the file is called (foreign.cpp), then content that is no model."""
    names = 12
    return [
        bytes([number % names]) + file.content[:MOST_BYTES]
        for number, file in enumerate(foreign_files.files())
    ]


def ztensor_seeds() -> list[bytes]:
    """What the releases wrote, and of every version a file with sparse objects and encoded parts."""
    found = small_files("zt/*.zt") + small_files("zt/bad/*.zt")
    data = bytes(range(200))
    for name, make in ztensor_data.FILES.items():
        found += [make(), make({}), ztensor_data.encoded(name, ztensor_data.stored(name, data))]
        if name != "v01":
            found += [ztensor_data.csr(name), ztensor_data.coo(name)]
    found += [ztensor_data.quant_group(), ztensor_data.mx(), ztensor_data.ggml()]
    return [*found, ztensor_file.data_shard(b"weights")]


def made_by(cases: ModuleType) -> list[bytes]:
    """The bad files of a table that are not made by a function, as those are large."""
    return [case.content for case in cases.cases().cases if isinstance(case.content, bytes)]


def url_seeds() -> list[bytes]:
    """A URL, and below it a path in a set (url.cpp)."""
    return [
        b"https://user:password@host:8443/a/./b/../model.gguf?key=value#fragment\npart-000.aero",
        b"https://host/base/?key=value\nsub/part%20000.aero",
        b"http://[2001:db8::a]:80/%2e%2e/x\nhttps://host/y",
        b"//host/a",
        b"/a?b",
        b"../../a",
        b"localhost, 10.0.0.1,[::1]",
    ]


def hub_seeds() -> list[bytes]:
    """A name, and below it a list of files as the hub has it and as it is kept (hub.cpp)."""
    listed = [
        {"type": "directory", "oid": "0", "size": 0, "path": "sub"},
        {"type": "file", "size": 5, "path": "sub/m.gguf", "lfs": {"oid": "ab" * 32, "size": 5, "pointerSize": 134}},
        {"type": "file", "size": 12, "path": "config.json", "security": {"tags": []}},
    ]
    return [
        b"hf://owner/name@refs/pr/1/sub/m.gguf\n" + json.dumps(listed).encode(),
        b"hf://datasets/owner/name@a%2Fb:Q4_K_M\n[]",
        b"hf://spaces/o/n.x_y/a/b\n5 " + b"ab" * 32 + b" sub/m.gguf\n12 - config.json\n",
    ]


def merge_configs() -> list[bytes]:
    """What mergekit's schema has and tests/data/merge does not, and aliases."""
    return [
        b"merge_method: ties\nbase_model: b\nmodels:\n- model: x\n  parameters: {weight: [0.1, 0.9], density: "
        b"[{filter: mlp, value: 0.5}, {value: 1}]}\n- model: y\nparameters: {weight: 1, normalize: true}\n",
        b"slices:\n- sources: &s\n  - {model: x, layer_range: [0, 2]}\n- sources: *s\nmerge_method: passthrough\n"
        b"dtype: bfloat16\nout_dtype: ~\n",
        b'{"merge_method":"slerp","base_model":"A","models":[{"model":"A"},{"model":"B"}],"parameters":{"t":0.5}}',
    ]


def plan_documents() -> list[bytes]:
    """What the steps of a plan write: a plan, receipts, a verdict (set_plan.cpp)."""
    hexadecimal = "0123456789abcdef" * 4
    plan = {"aerotool_plan": 1, "command": "pack-set", "operands": ["m", "d\u00e9"],
            "options": {"max-shard-bytes": ["8K"], "set": ["a=1", "b=2"]},
            "inputs": [{"path": "m", "size": 3, "modified_ns": -5},
                       {"path": "u", "size": 4, "etag": "\"t\"", "sha256": hexadecimal}],
            "side_files": [{"path": "config.json", "size": 1, "modified_ns": 2}],
            "parts": [{"file": "part-000.aero", "bytes": 10, "tensors": ["x", "y"]}],
            "closing": ["index.aero", "model.aeroset.json"]}
    receipt = {"aerotool_receipt": 1, "plan": "0123456789abcdef", "file": "part-000.aero", "size": 7,
               "sha256": hexadecimal, "uuid": "u", "shards": [hexadecimal], "tensors": [hexadecimal] * 2}
    hit = {"names": ["x"], "offsets": [1], "sizes": [2]}
    finding = {"severity": "fault", "code": "hash", "message": "m", "path": "p", "offset": 1, "tensor": "x",
               "hit": hit}
    values = {"tensors": 2, "names": ["x"], "blocks": [False], "nan": [1], "first_nan": [3], "infinite": [0],
              "first_infinite": [0], "all_zero": [False]}
    verdict = {"aerotool_verdict": 1, "plan": "0123456789abcdef", "file": "f", "size": 3,
               "findings": [finding, {"severity": "warning", "code": "hash", "message_hex": "ff"}], "omitted": 1,
               "omitted_faults": 1, "sha256_files": 1, "values": values}
    return [json.dumps(document).encode() for document in (plan, receipt, verdict)]


def seeds(target: str, tool: Path) -> list[bytes]:
    if target == "aero":
        return aero_files(tool)
    if target == "aeroset":
        return small_files("*/model.aeroset.json")
    if target == "safetensors":
        return small_files("*.safetensors")
    if target == "safetensors_index":
        return small_files("*/*.safetensors.index.json")
    if target == "gguf":
        return small_files("*.gguf") + [gguf_part("0", "1", "2", "a", "b")]
    if target == "npy":
        return small_files("npz/*.npy") + small_files("npz/bad/*.npy") + made_by(npy_cases)
    if target in ("npz", "zip"):
        return small_files("npz/*.npz") + small_files("npz/bad/*.npz") + made_by(npz_cases)
    if target == "ztensor":
        return ztensor_seeds()
    if target == "foreign":
        return foreign_seeds()
    if target == "hub":
        return hub_seeds()
    if target == "adapter":
        return list(adapters())
    if target == "merge_config":
        return small_files("merge/*/config.yml") + merge_configs()
    if target == "set_plan":
        return plan_documents()
    if target == "quantized":
        return list(quantized_models())
    if target == "pickle":
        return [bytes([way]) + made for made in small_files("pickle/*.pkl") for way in range(2)]
    if target == "torch":
        return checkpoints()
    if target == "dcp":
        return distributed_indexes()
    if target == "zero":
        return zero_files()
    if target == "url":
        return url_seeds()
    if target == "gguf_split":
        return gguf_splits()
    found = []
    for aero in aero_files(tool):
        for fourcc, flags, stored, ulen in chunks(aero):
            if target == "zstd" and flags & ZSTD:
                found.append(struct.pack("<I", ulen) + stored)
            if target == "json" and fourcc == b"MJSN":
                found.append(unpacked(stored, flags))
            if target == "msgpack" and fourcc in MSGPACK_KINDS:
                found.append(bytes([MSGPACK_KINDS.index(fourcc)]) + unpacked(stored, flags))
    if target == "json":
        found += small_files("*/*.json")
        for model in small_files("*.safetensors"):
            found.append(model[8 : 8 + struct.unpack_from("<Q", model)[0]])
    return found


def adapters() -> Iterator[bytes]:
    """A configuration, metadata, the tensors of an adapter and of a base, and bytes (adapter.cpp)."""

    def described(config: dict, metadata: dict, adapter: list[str], base: list[str]) -> bytes:
        lines = [json.dumps(config) if config else "", json.dumps(metadata) if metadata else ""]
        return "\n".join([*lines, *adapter, "", *base, "", ""]).encode() + bytes(range(0, 256, 3))

    base = ["a.q.weight F32 4,4", "a.up.weight BF16 6,4", "a.e.weight F16 5,4", "a.c.weight F32 4,2,3", "a.q.bias F32 4"]
    prefix = "base_model.model.a."
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_rslora": True, "fan_in_fan_out": True}
    peft = [
        f"{prefix}q.lora_A.weight F32 2,4",
        f"{prefix}q.lora_B.weight F32 4,2",
        f"{prefix}up.lora_A.weight BF16 3,4",
        f"{prefix}up.lora_B.weight BF16 6,3",
        f"{prefix}e.lora_embedding_A F16 2,5",
        f"{prefix}e.lora_embedding_B F16 4,2",
        f"{prefix}q.base_layer.bias F32 4",
    ]
    yield described(config | {"rank_pattern": {"up": 3}, "alpha_pattern": {"a.[uv]p": 1}}, {}, peft, base)
    kohya = ["lora_unet_a_c.lora_down.weight F32 2,2,3", "lora_unet_a_c.lora_up.weight F32 4,2,1", "lora_unet_a_c.alpha F32 "]
    yield described({}, {}, kohya, base)
    diffusers = ["unet.a.q.lora.down.weight F32 2,4", "unet.a.q.lora.up.weight F32 4,2"]
    said = json.dumps({"unet.r": 2, "unet.lora_alpha": 3})
    yield described({}, {"lora_adapter_metadata": said}, diffusers, base)
    ggml = ["token_embd.weight F32 5,4", "blk.0.q.weight Q8_0 4,32", "blk.0.up_exps.weight F32 2,3,4"]
    of_ggml = [
        "token_embd.weight.lora_a F32 5,2",
        "token_embd.weight.lora_b F32 4,2",
        "blk.0.q.weight.lora_a F32 2,32",
        "blk.0.q.weight.lora_b F32 4,2",
        "blk.0.up_exps.weight.lora_a F32 2,2,4",
        "blk.0.up_exps.weight.lora_b F32 2,3,2",
    ]
    keys = {"general.type": "adapter", "adapter.type": "lora", "adapter.lora.alpha": 2}
    yield described({}, keys, of_ggml, ggml)


def quantized_model(config: dict[str, object], tensors: dict[str, tuple[str, list[int]]], data: bytes) -> bytes:
    """A configuration, tensors and the bytes of all of them (quantized.cpp)."""
    lines = [json.dumps({"quantization_config": config})]
    lines += [f"{name} {dtype} {','.join(map(str, shape))}" for name, (dtype, shape) in tensors.items()]
    return "\n".join([*lines, "", ""]).encode() + data


def quantized_models() -> Iterator[bytes]:
    for folder in sorted((DATA / "dequant/safetensors").iterdir()):
        model = (folder / "model.safetensors").read_bytes()
        length = struct.unpack_from("<Q", model)[0]
        header = json.loads(model[8 : 8 + length])
        config = json.loads((folder / "config.json").read_text())["quantization_config"]
        tensors = {name: (of["dtype"], of["shape"]) for name, of in header.items() if name != "__metadata__"}
        yield quantized_model(config, tensors, model[8 + length :][:256])
    fp8 = ("F8_E4M3", [4, 64])
    exponents = ("U8", [4, 2])
    yield quantized_model({"quant_method": "fp8"}, {"m.weight": fp8, "m.scale": exponents}, bytes(range(256)))
    by_row = {"type": "float", "num_bits": 8, "strategy": "channel"}
    compressed = {"quant_method": "compressed-tensors", "config_groups": {"g": {"weights": by_row}}}
    rows = {"m.weight": fp8, "m.weight_scale": ("F32", [4, 1])}
    yield quantized_model(compressed | {"format": "float-quantized"}, rows, bytes(range(256)))
    by_group = {"type": "int", "num_bits": 4, "strategy": "group", "group_size": 32, "symmetric": False}
    compressed["config_groups"] = {"g": {"weights": by_group}}
    packed = {
        "m.weight_packed": ("I32", [4, 8]),
        "m.weight_scale": ("F16", [4, 2]),
        "m.weight_zero_point": ("I32", [1, 2]),
        "m.weight_shape": ("I64", [2]),
        "m.weight_g_idx": ("I32", [64]),
    }
    # The shape comes where the bytes that all tensors share begin for the fourth of them.
    shape = b"\0\0\0" + struct.pack("<QQ", 4, 64)
    yield quantized_model(compressed | {"format": "pack-quantized"}, packed, shape + bytes(240))
    integers = {"m.weight": ("I8", [4, 64]), "m.SCB": ("F32", [4])}
    yield quantized_model({"quant_method": "bitsandbytes", "load_in_8bit": True}, integers, bytes(range(256)))
    state = json.dumps({"quant_type": "nf4", "blocksize": 64, "shape": [4, 64]}).encode()
    nf4 = {
        "m.weight.quant_state.bitsandbytes__nf4": ("U8", [len(state)]),
        "m.weight": ("U8", [128, 1]),
        "m.weight.absmax": ("F32", [4]),
        "m.weight.quant_map": ("F32", [16]),
    }
    yield quantized_model({"quant_method": "bitsandbytes", "load_in_4bit": True}, nf4, state)


def write(target: str, tool: Path, directory: Path) -> None:
    """Makes the directory anew, as a fuzzer may have added to it. `tool` is aerotool."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for number, content in enumerate(seeds(target, tool)):
        (directory / f"seed-{number:03}").write_bytes(content)
