"""PyTorch's checkpoints: what torch.save writes is read, whatever it holds, and gives safetensors the values that
torch.load gives.

Names are worked out here by themselves (`named`), from src/formats/torch/FORMAT.md, "Names". `torch.load` without
`weights_only` runs what a file says, so it is used on those alone that are made here, and on vectors that are known.
"""

import argparse
import collections
import contextlib
import functools
import hashlib
import io
import json
import math
import shutil
import sys
import types
import warnings
import zipfile

import numpy as np
import peers
import pytest
import safetensors.torch
import scipy.sparse
import torch
from models import make_bytes

DATA = peers.ROOT / "tests/data/pt"
VECTORS = json.loads((DATA / "expected.json").read_text())

# Every type that torch.save writes, by our names, with torch's classes of storages or none.
DTYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int8: "I8", torch.uint8: "U8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64",
    torch.bool: "BOOL", torch.complex64: "C64", torch.complex128: "C128", torch.complex32: "C32",
    torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ", torch.float8_e8m0fnu: "F8_E8M0", torch.float4_e2m1fn_x2: "F4",
    torch.bits8: "bits8", torch.bits16: "bits16", torch.bits1x8: "bits1x8", torch.bits2x4: "bits2x4",
    torch.bits4x2: "bits4x2",
}  # fmt: skip
NOT_IN_SAFETENSORS = {"C128", "C32", "bits8", "bits16", "bits1x8", "bits2x4", "bits4x2"}
# Those of legacy files that torch writes and does not read back itself.
UNTYPED = {dtype for dtype, name in DTYPES.items() if name in NOT_IN_SAFETENSORS - {"C128"}} | {
    torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz,
    torch.float8_e5m2fnuz, torch.float8_e8m0fnu, torch.float4_e2m1fn_x2,
}  # fmt: skip
WRAPPERS = {"state_dict", "model_state_dict", "model", "module", "net", "params", "params_ema", "network_weights"}


# ---- what is expected


def made(seed: object, dtype: torch.dtype, *shape: int) -> torch.Tensor:
    """Any bytes, NaNs among them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some types are experimental
        data = make_bytes(seed, math.prod(shape) * torch.empty(0, dtype=dtype).element_size(),
                          1 if dtype == torch.bool else 255)
        if not data:
            return torch.empty(*shape, dtype=dtype)
        return torch.frombuffer(bytearray(data), dtype=torch.uint8).view(dtype).reshape(shape)


def raw(tensor: torch.Tensor) -> bytes:
    """The bytes of the values, row-major."""
    tensor = tensor.detach()
    # What copies types that it does not know fails of some; the elements' bytes are all it has to move.
    if not tensor.is_conj() and not tensor.is_neg():
        size = tensor.element_size()
        plain = tensor.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[size]) if size <= 8 else tensor
        tensor = plain
    dense = tensor.resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format).reshape(-1)
    return dense.view(torch.uint8).numpy().tobytes() if dense.numel() else b""


def key_text(key: object) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, type):
        return f"{key.__module__}.{key.__qualname__}"
    return str(key)


def named(value: object, path: tuple[str, ...] = ()) -> dict[str, torch.Tensor]:
    """Of each tensor in dicts, lists and objects the full path."""
    if isinstance(value, torch.Tensor):
        return {".".join(path) if path else "tensor": value}
    if isinstance(value, torch.nn.Module):
        return {".".join((*path, name)): tensor for name, tensor in value.state_dict(keep_vars=True).items()}
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    elif isinstance(value, argparse.Namespace | types.SimpleNamespace):
        pairs = vars(value).items()
    else:
        return {}
    found = {}
    for key, item in pairs:
        found |= named(item, (*path, key_text(key)))
    return found


def unwrapped(root: object) -> dict[str, torch.Tensor]:
    """The names that the tool gives: one wrapper of the root goes."""
    found = named(root)
    if not isinstance(root, dict) or any(isinstance(value, torch.Tensor) for value in root.values()):
        return found
    wrappers = [key for key in root if key in WRAPPERS and isinstance(root[key], dict) and named(root[key])]
    if len(wrappers) != 1:
        return found
    short = {name.removeprefix(f"{wrappers[0]}."): tensor for name, tensor in found.items()}
    return short if len(short) == len(found) else found


def our_shape(tensor: torch.Tensor) -> tuple[int, ...]:
    shape = tuple(tensor.shape)
    return (*shape[:-1], 2 * shape[-1]) if tensor.dtype == torch.float4_e2m1fn_x2 else shape


def hold(tool, source, expected: dict[str, torch.Tensor], warned: bool = False) -> None:
    """The file is sound, and list, extract, convert to safetensors and by way of AERO give what is expected."""
    tool.ok("validate", "--full", "--quiet", source, warnings=warned)
    found = tool.tensors(source, warnings=warned)
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        ours = found[name]
        assert ours.dtype == DTYPES[tensor.dtype] and tuple(ours.shape) == our_shape(tensor), name
        assert ours.data == raw(tensor), name
    directory = source.parent
    converted, packed = directory / "out.safetensors", directory / "out.aero"
    tool.ok("convert", "--force", source, packed, warnings=True)
    again = tool.tensors(packed)
    assert {name: (t.dtype, t.shape, t.data) for name, t in again.items()} == {
        name: (t.dtype, t.shape, t.data) for name, t in found.items()}
    left_out = [name for name, tensor in expected.items() if DTYPES[tensor.dtype] in NOT_IN_SAFETENSORS]
    wanted = {name: tensor for name, tensor in expected.items() if name not in left_out}
    if left_out and not wanted:
        return
    words = [word for name in left_out for word in ("--exclude", name)]
    tool.ok("convert", "--force", *words, source, converted, warnings=True)
    loaded = safetensors.torch.load_file(converted)
    assert set(loaded) == set(wanted)
    for name, tensor in wanted.items():
        assert loaded[name].dtype == tensor.dtype and loaded[name].shape == tensor.shape, name
        assert raw(loaded[name]) == raw(tensor), name


def load(path, weights_only: bool = True) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(path, weights_only=weights_only)


@pytest.fixture
def save(tmp_path):
    """Saves an object and gives the path; torch tells of types that are new to it."""
    def saved(value: object, name: str = "m.pt", **options) -> object:
        path = tmp_path / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.save(value, path, **options)
        return path
    return saved


# ---- types and views


def layouts(dtype: torch.dtype) -> dict[str, torch.Tensor]:
    whole = made((str(dtype), 0), dtype, 6, 4)
    row = made((str(dtype), 1), dtype, 4)
    cube = made((str(dtype), 2), dtype, 2, 3, 4)
    found = {
        "contiguous": whole, "tied": whole, "row": row, "scalar": row[2], "one": made(str(dtype), dtype, 1, 1, 1),
        "rows": whole[2:5], "last": whole[5], "empty": made(0, dtype, 0, 3), "empty.mid": made(0, dtype, 2, 0, 4),
    }  # fmt: skip
    if dtype == torch.float4_e2m1fn_x2:  # two values in an element: it takes a last dimension for them
        del found["scalar"]
    else:
        found |= {
            "transposed": whole.t(), "columns": whole[:, 1:3], "strided": whole[::2], "both": whole[1::2, ::3],
            "permuted": cube.permute(2, 0, 1), "inner": cube.transpose(1, 2), "expanded": row.expand(3, 4),
            "expanded.inner": row.unsqueeze(1).expand(4, 3), "windows": row.as_strided((3, 2), (1, 1)),
            "diagonal": whole.as_strided((4,), (5,)), "offset": cube[1].t(),
        }  # fmt: skip
    return {f"{name} {DTYPES[dtype]}": tensor for name, tensor in found.items()}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("dtype", DTYPES, ids=DTYPES.get)
def test_types_and_views(tool, save, dtype, legacy):
    given = layouts(dtype)
    source = save(given, _use_new_zipfile_serialization=not legacy)
    expected = given if legacy and dtype in UNTYPED else load(source)
    hold(tool, source, expected)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_protocols(tool, save, protocol, legacy):
    given = collections.OrderedDict(layouts(torch.float32))
    given["größe/重み \"q\"\n"] = given[""] = made("odd names", torch.int16, 3)
    source = save({"state_dict": given, "n": 3}, pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
    hold(tool, source, unwrapped(load(source, weights_only=False)))


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype != torch.float4_e2m1fn_x2], ids=DTYPES.get)
def test_big_endian(tool, save, tmp_path, dtype):
    """As a machine of that order writes it: torch reverses what has a class of storages of its own. Of the others it
    reverses nothing, neither there nor here."""
    given = {name: tensor for name, tensor in layouts(dtype).items() if tensor.numel()}
    source, target = save(given), tmp_path / "big.pt"
    width = torch.empty(0, dtype=dtype).element_size()
    half = width // 2 if dtype.is_complex else width
    with zipfile.ZipFile(source) as little, zipfile.ZipFile(target, "w") as big:
        for info in little.infolist():
            content = little.read(info)
            if info.filename.endswith("/byteorder"):
                content = b"big"
            elif "/data/" in info.filename:
                content = np.frombuffer(content, f"V{half}")
                content = content.view("u1").reshape(-1, half)[:, ::-1].tobytes()
            big.writestr(zipfile.ZipInfo(info.filename), content)
    hold(tool, target, given if dtype in UNTYPED else load(target))
    assert all(raw(tensor) == raw(given[name]) for name, tensor in given.items())


# ---- what torch.save makes of tensors that are more than their bytes


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(6, 4)
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 4))
        self.head = torch.nn.Linear(4, 6, bias=False)
        self.head.weight = self.embed.weight
        self.scale = torch.nn.Parameter(made("scale", torch.float64).reshape(()), requires_grad=False)
        self.register_buffer("kept", torch.arange(3))
        self.register_buffer("dropped", torch.arange(4), persistent=False)
        self.register_buffer("none", None)
        self.running = torch.nn.Buffer(made("running", torch.bfloat16, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body[2](x) * self.kept.sum()


@pytest.fixture
def net():
    torch.manual_seed(18)
    return Net()


def test_parameters_and_buffers(tool, save, net):
    weight = torch.nn.Parameter(made("w", torch.float32, 3, 4))
    weight.note = "an attribute of a parameter"
    noted = made("t", torch.float32, 2)
    noted.note = made("inside", torch.float32, 2)
    grown = made("g", torch.float32, 2).requires_grad_()
    given = {"weight": weight, "view": weight.detach().t(), "noted": noted, "grown": grown,
             "buffer": torch.nn.Buffer(made("b", torch.int64, 3)), "state": net.state_dict()}
    for legacy in (False, True):
        hold(tool, save(given, _use_new_zipfile_serialization=not legacy), named(given))


def test_subclasses_are_named_and_not_read(tool, save):
    class Other(torch.Tensor):
        pass

    Other.__qualname__ = "Other"
    setattr(sys.modules[__name__], "Other", Other)
    source = save({"w": made(0, torch.float32, 2), "other": made(1, torch.float32, 2).as_subclass(Other)})
    assert [entry["name"] for entry in tool.entries(source, warnings=True)] == ["w"]
    done = tool.run("convert", source, source.with_suffix(".aero"))
    assert done.returncode == 2 and b"'other'" in done.stderr and b"test_torch.Other" in done.stderr
    tool.ok("convert", "--exclude", "other", source, source.with_suffix(".aero"), warnings=True)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128], ids=DTYPES.get)
def test_conjugate_and_negative(tool, save, dtype):
    given = made(str(dtype), dtype, 4, 3)
    # What torch shows as another type it saves of a storage of its own.
    parts = {name: made((name, str(dtype)), dtype, 4, 3).conj() for name in ("neg", "neg.t", "imag")}
    views = {"plain": given, "conj": given.conj(), "conj.t": given.t().conj(), "adjoint": given.mH,
             "neg": parts["neg"].imag, "neg.t": parts["neg.t"].imag.t(), "imag": parts["imag"].conj().imag,
             "both": torch._neg_view(given.conj()), "part": given[1:, ::2].conj()}
    assert views["neg"].is_neg() and views["conj"].is_conj() and views["both"].is_conj() and views["both"].is_neg()
    source = save(views)
    hold(tool, source, load(source))


def test_meta_has_no_bytes(tool, save):
    source = save({"w": made(0, torch.float32, 2), "ghost": torch.empty(3, 2, device="meta", dtype=torch.float16)})
    assert [entry["name"] for entry in tool.entries(source)] == ["w", "ghost"]
    target = source.with_suffix(".safetensors")
    done = tool.run("convert", source, target)
    assert done.returncode == 2 and b"tensor 'ghost'" in done.stderr and not target.exists()
    tool.ok("convert", "--exclude", "ghost", source, target)
    assert list(safetensors.torch.load_file(target)) == ["w"]


def parts(tool, source) -> dict[str, torch.Tensor]:
    target = source.with_suffix(".parts.safetensors")
    tool.ok("convert", "--force", "--components", source, target, warnings=True)
    return safetensors.torch.load_file(target)


def same(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return found.dtype == expected.dtype and raw(found) == raw(expected)


def test_sparse(tool, save):
    dense = torch.tensor([[0, 1.5, 0, 0], [0, 0, 0, -2.0], [3.25, 0, 0, 0], [0, 0, 5, 0]], dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # layouts in beta
        given = {"coo": dense.to_sparse_coo(), "csr": dense.to_sparse_csr(), "csc": dense.to_sparse_csc(),
                 "bsr": dense.to_sparse_bsr((2, 2)), "bsc": dense.to_sparse_bsc((2, 2)),
                 "hybrid": dense.to_sparse(1), "batch": torch.stack([dense, dense]).to_sparse_csr()}
    source = save(given)
    tool.sound(source)
    found = parts(tool, source)
    assert same(found["coo.coords"], given["coo"].coalesce().indices())
    assert same(found["hybrid.indices"], given["hybrid"].coalesce().indices())
    for name, first, second in (("csr", "crow_indices", "col_indices"), ("bsr", "crow_indices", "col_indices"),
                                ("batch", "crow_indices", "col_indices"), ("csc", "ccol_indices", "row_indices"),
                                ("bsc", "ccol_indices", "row_indices")):
        assert same(found[f"{name}.{'indptr' if name == 'csr' else first}"], getattr(given[name], first)()), name
        assert same(found[f"{name}.{'indices' if name == 'csr' else second}"], getattr(given[name], second)()), name
    for name, tensor in given.items():
        values = tensor.coalesce().values() if tensor.layout == torch.sparse_coo else tensor.values()
        assert same(found[f"{name}.values"], values), name
    # As scipy reads them.
    for name in ("coo", "csr"):
        target = source.parent / f"{name}.npz"
        tool.ok("extract", source, name, "--format", "npz", "-o", target)
        assert np.array_equal(scipy.sparse.load_npz(target).toarray(), dense.numpy())


@pytest.mark.filterwarnings("ignore")  # torch says that these are to go
def test_quantized(tool, save):
    plain = torch.linspace(-4, 4, 12).reshape(3, 4)
    scales, zeros = torch.tensor([0.5, 0.25, 0.125], dtype=torch.float64), torch.tensor([1, 0, -2])
    given = {
        "qint8": torch.quantize_per_tensor(plain, 0.5, 3, torch.qint8),
        "quint8": torch.quantize_per_tensor(plain, 0.25, 128, torch.quint8),
        "qint32": torch.quantize_per_tensor(plain, 0.125, 0, torch.qint32),
        "channels": torch.quantize_per_channel(plain, scales, zeros, 0, torch.qint8),
        "transposed": torch.quantize_per_tensor(plain, 0.5, 3, torch.qint8).t(),
    }
    source = save(given)
    tool.sound(source)
    found = parts(tool, source)
    for name, tensor in given.items():
        assert same(found[f"{name}.int_repr"], tensor.int_repr()), name
    assert same(found["channels.scales"], scales) and same(found["channels.zero_points"], zeros)
    told = json.loads(tool.ok("inspect", "--json", source))
    assert "torch.per_tensor_affine" in json.dumps(told)
    packed = source.with_suffix(".aero")
    tool.convert(source, packed)
    assert parts(tool, packed).keys() == found.keys()


# ---- whole checkpoints


class Callback:
    """Stands for those of a trainer, which name themselves by their class."""


class Options:
    def __init__(self) -> None:
        self.rate, self.table = 0.5, {"deep": [made("deep", torch.float32, 2)]}


def trained(net: Net) -> dict[str, object]:
    optimizer = torch.optim.AdamW([{"params": net.body.parameters()}, {"params": net.head.parameters(), "lr": 0.5}])
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter) if parameter.requires_grad else None
    optimizer.step()
    return {
        "epoch": 3, "global_step": 2**40, "state_dict": net.state_dict(), "optimizer_states": [optimizer.state_dict()],
        "callbacks": {Callback: {"best": made("best", torch.float32).reshape(())}},
        "hparams": argparse.Namespace(lr=0.1, layers=(1, 2), hidden=made("hidden", torch.float16, 3)),
        "best": np.float64(0.75), "when": np.int64(7), "curve": np.arange(4, dtype=np.float32),
        "seen": collections.Counter("aab"), "groups": collections.defaultdict(list, a=[made("g", torch.int8, 2)]),
        "rng": torch.get_rng_state(), "size": torch.Size([2, 3]), "device": torch.device("cpu"),
        "dtype": torch.bfloat16, "none": None, "raw": b"\0\xff", 7: {True: made("seven", torch.uint8, 1)},
        "tuple": (made("first", torch.bool, 3), "text", {"x": made("second", torch.bool, 2)}),
    }  # fmt: skip


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_training_checkpoints(tool, save, net, legacy):
    source = save(trained(net), _use_new_zipfile_serialization=not legacy)
    with pytest.raises(Exception, match="[Ww]eights.only"):
        load(source)
    expected = named(load(source, weights_only=False))
    assert len(expected) > 40
    hold(tool, source, expected, warned=True)


def test_metadata(tool, save, net):
    source = save(trained(net))
    told = json.loads(tool.ok("inspect", "--json", "--metadata", source, warnings=True))["metadata"]
    told = {entry["key"]: entry["value"] for entry in told}
    assert told["epoch"] == 3 and told["global_step"] == 2**40 and told["best"] == 0.75 and told["when"] == 7
    assert told["hparams"]["lr"] == 0.1 and told["hparams"]["layers"] == [1, 2] and told["seen"] == {"a": 2, "b": 1}


def test_one_wrapper_goes(tool, save):
    weights = {"a.weight": made("a", torch.float32, 2, 3), "b": {"bias": made("b", torch.float32, 3)}}
    for wrapper in sorted(WRAPPERS):
        for root in ({wrapper: weights}, {wrapper: weights, "epoch": 3, "optimizer": {"exp": made(0, torch.float32, 2)}}):
            source = save(root)
            assert "a.weight" in unwrapped(root)
            hold(tool, source, unwrapped(load(source)))
    for root in ({"state_dict": weights, "model": weights}, {"state_dict": weights, "w": made(1, torch.float32, 1)},
                 {"other": weights}, [weights, weights], {"state_dict": weights, "a": {"weight": made(2, torch.int8, 1)}}):
        source = save(root)
        hold(tool, source, unwrapped(load(source)))


def test_keys_choose(tool, save, net):
    source = save(trained(net))
    target = source.with_suffix(".safetensors")
    root = load(source, weights_only=False)
    for key, expected in (("state_dict", net.state_dict()), ("hparams", named(root["hparams"])), ("rng", {"rng": root["rng"]}),
                          ("optimizer_states.0", named(root["optimizer_states"][0]))):
        tool.ok("convert", "--force", "--key", key, source, target, warnings=True)
        loaded = safetensors.torch.load_file(target)
        assert set(loaded) == set(expected)
        assert all(same(loaded[name], tensor) for name, tensor in expected.items())


def test_roots_of_other_kinds(tool, save):
    bare = made("bare", torch.float32, 2, 3)
    for root in (bare, torch.nn.Parameter(bare), [bare, {"x": bare.t()}], (bare,), {}, [], 3, None):
        source = save(root)
        hold(tool, source, unwrapped(load(source)))
    options = save({"options": Options()})
    hold(tool, options, {"options.table.deep.0": made("deep", torch.float32, 2)}, warned=True)


def test_whole_modules(tool, save, net):
    source = save(net)
    hold(tool, source, dict(net.state_dict()), warned=True)


@pytest.mark.filterwarnings("ignore")  # torch says that TorchScript is to go
def test_torchscript(tool, tmp_path, net):
    source = tmp_path / "m.pt"
    scripted = torch.jit.trace(net, torch.ones(2, 4))
    torch.jit.save(scripted, source)
    expected = dict(torch.jit.load(source).state_dict())
    found = tool.tensors(source, warnings=True)
    # A buffer that is not persistent is an attribute like any other in such a file.
    assert set(found) == set(expected) | {"dropped"} or set(found) == set(expected)
    assert all(found[name].data == raw(tensor) for name, tensor in expected.items())
    tool.ok("validate", "--full", "--quiet", source, warnings=True)
    tool.convert(source, tmp_path / "m.safetensors", warnings=True)
    loaded = safetensors.torch.load_file(tmp_path / "m.safetensors")
    assert all(same(loaded[name], tensor) for name, tensor in expected.items())


# ---- archives of other kinds


def test_archives_that_were_packed_again(tool, save, tmp_path):
    given = layouts(torch.bfloat16) | {"large": made("large", torch.float32, 300, 1000)}
    given |= {"large.t": given["large"].t(), "large.row": given["large"][7]}
    source, packed = save(given), tmp_path / "packed.pt"
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for info in archive.infolist():
            again.writestr(info.filename, archive.read(info))
    hold(tool, packed, load(packed))


def test_archives_without_checksums(tool, save):
    given = layouts(torch.float32)
    torch.serialization.set_crc32_options(False)
    try:
        source = save(given)
    finally:
        torch.serialization.set_crc32_options(True)
    with zipfile.ZipFile(source) as archive:
        assert not any(info.CRC for info in archive.infolist() if "/data/" in info.filename)
    hold(tool, source, load(source))


def test_archives_with_holes(tool, save):
    with torch.serialization.skip_data():
        source = save({"w": torch.ones(3, 4)})
    hold(tool, source, {"w": torch.zeros(3, 4)})


def test_archives_of_buffers(tool, tmp_path):
    buffer = io.BytesIO()
    given = layouts(torch.float32)
    torch.save(given, buffer)
    source = tmp_path / "model.bin"
    source.write_bytes(buffer.getvalue())
    hold(tool, source, load(source))


def test_shards(tool, tmp_path):
    """As transformers wrote them: an index beside, and a tied tensor in two files or named once."""
    files = {"pytorch_model-00001-of-00002.bin": {"a": made("a", torch.bfloat16, 4, 4), "tied": made("tied", torch.float32, 3)},
             "pytorch_model-00002-of-00002.bin": {"b": made("b", torch.float32, 4, 4).t(), "c": made("c", torch.int64, 2)}}
    index = {name: file for file, tensors in files.items() for name in tensors}
    expected = files["pytorch_model-00001-of-00002.bin"] | files["pytorch_model-00002-of-00002.bin"]
    folder = tmp_path / "model"
    folder.mkdir()
    for legacy in (False, True):
        for file, tensors in files.items():
            torch.save(tensors, folder / file, _use_new_zipfile_serialization=not legacy)
        text = json.dumps({"metadata": {"total_size": 124}, "weight_map": index})
        (folder / "pytorch_model.bin.index.json").write_text(text)
        for source in (folder, folder / "pytorch_model.bin.index.json"):
            tool.ok("validate", "--full", "--quiet", source)
            target = tmp_path / "m.safetensors"
            tool.ok("convert", "--force", source, target, warnings=True)
            loaded = safetensors.torch.load_file(target)
            assert set(loaded) == set(expected)
            assert all(same(loaded[name], tensor) for name, tensor in expected.items())
        again = tmp_path / f"sharded-{legacy}"
        tool.ok("convert", "--to", "safetensors", "--max-shard-bytes", "64", folder, again, warnings=True)
        shards = sorted(again.glob("*.safetensors"))
        assert len(shards) > 1 and (again / "model.safetensors.index.json").exists()
        loaded = functools.reduce(lambda a, b: a | b, map(safetensors.torch.load_file, shards))
        assert all(same(loaded[name], tensor) for name, tensor in expected.items())


# ---- the vectors


GOOD = {name: told for name, told in VECTORS["good"].items()
        if told.get("tensors") and "expect" not in told and not name.endswith("/")}
WITH_CLASSES = {"module.pt", "foreign-classes.ckpt"}


def our_name(tensor: dict) -> str:
    return tensor.get("name_unwrapped", tensor["name"])


@pytest.mark.parametrize("name", GOOD)
def test_vectors(tool, tmp_path, name):
    source = DATA / name
    dense = {our_name(tensor): tensor for tensor in GOOD[name]["tensors"] if "unsupported" not in tensor}
    warned = name in WITH_CLASSES
    tool.ok("validate", "--full", "--quiet", source, warnings=warned)
    found = tool.entries(source, warnings=warned)
    listed = {entry["name"]: entry for entry in found}
    for entry, expected in dense.items():
        ours = listed[entry]
        assert ours["dtype"] == expected["dtype"] and ours["shape"] == expected["shape"]
        data = tool.ok("extract", source, "-o", "-", "--", entry.replace("\\", "\\\\"), warnings=warned)
        assert hashlib.sha256(data).hexdigest() == expected["sha256"], entry
    if name == "not-dense.pt":
        return
    assert set(listed) == set(dense)
    left_out = [word for entry, told in dense.items() if told["dtype"] in NOT_IN_SAFETENSORS
                for word in ("--exclude", entry)]
    tool.ok("convert", *left_out, source, tmp_path / "m.safetensors", warnings=True)
    loaded = safetensors.torch.load_file(tmp_path / "m.safetensors")
    wanted = {entry: told for entry, told in dense.items() if told["dtype"] not in NOT_IN_SAFETENSORS}
    assert set(loaded) == set(wanted)
    for entry, told in wanted.items():
        assert hashlib.sha256(raw(loaded[entry])).hexdigest() == told["sha256"], entry
    # torch itself, where it can load the file; TorchScript is an object of another kind, and Lightning is not here.
    with contextlib.suppress(ModuleNotFoundError):
        theirs = unwrapped(load(source, weights_only=False)) if name != "torchscript.pt" else {}
        assert not theirs or set(theirs) == set(dense)
        for entry in theirs.keys() & loaded.keys():
            assert same(loaded[entry], theirs[entry]), entry


def test_vector_of_a_folder(tool, tmp_path):
    shutil.copytree(DATA / "sharded-bin", tmp_path / "model")
    tool.ok("validate", "--full", "--quiet", tmp_path / "model")
    tool.ok("convert", tmp_path / "model", tmp_path / "m.safetensors", warnings=True)
    loaded = safetensors.torch.load_file(tmp_path / "m.safetensors")
    expected = {tensor["name"]: tensor["sha256"] for tensor in VECTORS["good"]["sharded-bin/"]["tensors"]}
    assert {name: hashlib.sha256(raw(tensor)).hexdigest() for name, tensor in loaded.items()} == expected


@pytest.mark.parametrize("name", [f"bad/{name}" for name in VECTORS["bad"]] + ["collide.pt"])
def test_vectors_that_are_bad(tool, name):
    done = tool.run("validate", "--full", DATA / name)
    assert done.returncode == 1 and b"fault " in done.stdout and done.stderr == b""


@pytest.mark.parametrize("name, says", [("other/exported.pt2", b"torch.export"), ("other/package.pt", b"torch.package"),
                                        ("other/plain.pkl", b"is a pickle")])
def test_vectors_of_other_kinds(tool, tmp_path, name, says):
    done = tool.run("convert", DATA / name, tmp_path / "m.safetensors")
    assert done.returncode == 2 and says in done.stderr and not list(tmp_path.iterdir())
