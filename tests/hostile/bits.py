"""Every bit of small files flipped, and each cut at every byte: a program that writes them, and the check."""

import ctypes
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf_file
import npz_file
import torch_file
import ztensor_file
from process import Runner

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BATCH = 1000
HEADER, TOC_HEADER, TOC_ENTRY, KNOWN_FLAGS, ZSTD = 96, 16, 80, 0xF, 1


def write(original: Path, prefix: str, every: int) -> None:
    """Beside the original: PREFIX-cut-LENGTH and PREFIX-flip-BYTE-BIT, of the bits every `every`-th."""
    data = original.read_bytes()
    end = original.name[original.name.index(".") :]
    for length in range(len(data)):
        (original.parent / f"{prefix}-cut-{length}{end}").write_bytes(data[:length])
    for bit in range(0, 8 * len(data), every):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        (original.parent / f"{prefix}-flip-{bit // 8}-{bit % 8}{end}").write_bytes(changed)


def entries(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Of each chunk of an AERO file: where its entry is, flags, offset, stored length."""
    for i in range(struct.unpack_from("<I", data, HEADER)[0]):
        at = HEADER + TOC_HEADER + TOC_ENTRY * i
        yield at, *struct.unpack_from("<IQQ", data, at + 4)


class Zstd:
    """The library that the tool links to, by itself."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libzstd.so.1")
        self._library.ZSTD_decompress.restype = ctypes.c_size_t

    def decompress(self, frame: bytes) -> bytes:
        room = ctypes.create_string_buffer(1 << 20)
        size = self._library.ZSTD_decompress(
            room, ctypes.c_size_t(len(room)), frame, ctypes.c_size_t(len(frame))
        )
        return b"an error" if self._library.ZSTD_isError(ctypes.c_size_t(size)) else room.raw[:size]


def same_content(original: bytes, changed: bytes) -> bool:
    """Whether the changed byte lies in a zstd frame that decodes to the same content, by libzstd's word."""
    at = next(i for i in range(len(original)) if original[i] != changed[i])
    for _, flags, offset, length in entries(original):
        if flags & ZSTD and offset <= at < offset + length:
            zstd = Zstd()
            before = zstd.decompress(original[offset : offset + length])
            return before != b"an error" and before == zstd.decompress(changed[offset : offset + length])
    return False


def may_pass_with_control_hash(original: bytes, changed: bytes) -> bool:
    return len(original) == len(changed) and same_content(original, changed)


def may_pass(original: bytes, changed: bytes) -> bool:
    """Without a control-plane hash: also the UUID, and flag bits that nobody knows."""
    if len(original) != len(changed):
        return False
    at = next(i for i in range(len(original)) if original[i] != changed[i])
    if 52 <= at < 68:
        return True
    for entry, *_ in entries(original):
        if entry + 4 <= at < entry + 8:
            flags = [
                struct.unpack_from("<I", data, entry + 4)[0] & KNOWN_FLAGS for data in (original, changed)
            ]
            return flags[0] == flags[1]
    return same_content(original, changed)


def may_pass_as_json(original: bytes, changed: bytes) -> bool:
    return json.loads(original) == json.loads(changed)


def may_pass_without_hashes(original: bytes, changed: bytes) -> bool:
    """Any change may; but not a cut, other than of a GGUF's last padding."""
    if len(original) == len(changed):
        return True
    return (
        original.startswith(b"GGUF")
        and not any(original[len(changed) :])
        and len(original) - len(changed) < 32
    )


def may_pass_as_ztensor(original: bytes, changed: bytes) -> bool:
    """Of version 2 all is hashed that is made so, but for a field that is reserved, and padding is zero."""
    if len(original) != len(changed):
        return False
    reserved = range(len(original) - 12, len(original) - 8)
    return next(i for i in range(len(original)) if original[i] != changed[i]) in reserved


def may_pass_as_old_ztensor(original: bytes, changed: bytes) -> bool:
    """The index of versions 0.1 and 1 has no hash. Cut inside its first padding, version 0.1 may be a file
    without tensors."""
    return len(original) == len(changed) or changed == b"ZTEN0001" + bytes(8)


def may_pass_as_npz(original: bytes, changed: bytes) -> bool:
    """Every byte of a member has a CRC-32; nothing says what versions, times and attributes should be, nor the
    last bits of the deflated member, which comes last."""
    if len(original) != len(changed):
        return False
    at = next(i for i in range(len(original)) if original[i] != changed[i])
    free = []
    for magic, ranges in ((b"PK\3\4", [(4, 6), (10, 14)]), (b"PK\1\2", [(4, 8), (12, 16), (34, 42)])):
        begin = original.find(magic)
        while begin >= 0:
            free += [range(begin + first, begin + last) for first, last in ranges]
            begin = original.find(magic, begin + 1)
    ends_deflated = at == original.index(b"PK\1\2") - 1
    return ends_deflated or any(at in places for places in free)


def may_pass_as_torch(original: bytes, changed: bytes) -> bool:
    """As of any archive; and nothing says what the padding is that brings data to its place."""
    if len(original) != len(changed):
        return False
    at = next(i for i in range(len(original)) if original[i] != changed[i])
    padding = []
    begin = original.find(b"PK\3\4")
    while begin >= 0:
        name, extra = struct.unpack_from("<HH", original, begin + 26)
        padding.append(range(begin + 30 + name, begin + 30 + name + extra))
        begin = original.find(b"PK\3\4", begin + 1)
    return any(at in places for places in padding) or may_pass_as_npz(original, changed)


def verdicts(runner: Runner, files: list[str]) -> tuple[dict[str, bool], list[str]]:
    """Of each file whether it is sound by validate --full, and what no run may do."""
    sound, problems = {}, []
    for begin in range(0, len(files), BATCH):
        batch = files[begin : begin + BATCH]
        outcome = runner.run(["validate", "--full", *batch], 200)
        problem = outcome.problem(None)
        if problem:
            problems.append(f"validate --full of {batch[0]} to {batch[-1]}: {problem}")
        if outcome.err:
            problems.append(f"validate --full complains: {outcome.err[:500]!r}")
        for line in outcome.out.decode(errors="replace").splitlines():
            name, _, rest = line.partition(": ")
            if rest.startswith(("sound: ", "NOT SOUND: ")):
                sound[name] = rest.startswith("sound: ")
    problems += [f"{name}: no verdict" for name in files if name not in sound]
    return sound, problems


def check(
    runner: Runner, original: Path, prefix: str, may: Callable[[bytes, bytes], bool], every: int
) -> tuple[int, list[str]]:
    """How many files, and what is wrong. In the directory of the original."""
    subprocess.run(
        [sys.executable, "-B", HERE / "bits.py", original.resolve(), prefix, str(every)], check=True
    )
    files = sorted(path.name for path in Path().glob(f"{prefix}-*"))
    sound, problems = verdicts(runner, [original.name, *files])
    if not sound.get(original.name):
        problems.append(f"{original.name} itself is not sound")
    data = original.read_bytes()
    for name in files:
        if sound.get(name) and not may(data, Path(name).read_bytes()):
            problems.append(f"{name} of {original.name} is taken for sound")
    for name in files:
        Path(name).unlink()
    return len(files), problems[:20]


def originals(runner: Runner) -> list[tuple[Path, str, Callable[[bytes, bytes], bool], int]]:
    """Made in the directory that this process is in, by the tool itself and from tests/data. The number says
    which bits are flipped: every one, but of a file that is padding for the most part."""
    data = ROOT / "tests/data"
    Path("small.safetensors").write_bytes((data / "escapes.safetensors").read_bytes())
    Path("vocab.gguf").write_bytes((data / "vocab-only.gguf").read_bytes())
    Path("small.gguf").write_bytes(gguf_file.file())
    Path("old.zt").write_bytes(ztensor_file.file_0_1())
    Path("one.zt").write_bytes(ztensor_file.file_1())
    Path("two.zt").write_bytes(ztensor_file.with_digest())
    columns = npz_file.of("'>f2'", "True", "(2, 2)")
    Path("small.npz").write_bytes(
        npz_file.archive(npz_file.Member(), npz_file.Member("c", columns), npz_file.Member("b.npy", deflated=True))
    )
    rows = torch_file.tensor((2, 2), (1, 2))
    Path("small.pt").write_bytes(torch_file.checkpoint(torch_file.mapping(w=torch_file.tensor(), t=rows)))
    for words in (
        ["convert", "small.safetensors", "plain.aero"],
        [
            "convert",
            "--control-hash",
            "--tensor-hash",
            "--page-hash=1KiB",
            "small.safetensors",
            "control.aero",
        ],
        ["pack-set", "small.safetensors", "set"],
    ):
        outcome = runner.run(words)
        assert outcome.status == 0, outcome.err
    return [
        (Path("control.aero"), "c", may_pass_with_control_hash, 1),
        (Path("plain.aero"), "p", may_pass, 1),
        (Path("small.safetensors"), "s", may_pass_without_hashes, 1),
        (Path("small.gguf"), "g", may_pass_without_hashes, 1),
        (Path("vocab.gguf"), "v", may_pass_without_hashes, 1),
        (Path("old.zt"), "o", may_pass_as_old_ztensor, 1),
        (Path("one.zt"), "n", may_pass_as_old_ztensor, 1),
        (Path("two.zt"), "t", may_pass_as_ztensor, 7),
        (Path("small.npz"), "z", may_pass_as_npz, 5),
        (Path("small.pt"), "k", may_pass_as_torch, 5),
        (Path("set/model.aeroset.json"), "j", may_pass_as_json, 1),
    ]


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
