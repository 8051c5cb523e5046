"""The seed corpora of the fuzz targets, made of tests/data: its files, and chunks cut out of them."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def gguf_splits() -> list[bytes]:
    pairs = [
        (gguf_part("0", "2", "3", "a"), gguf_part("1", "2", "3", "b", "c")),
        (gguf_part("0", "2", "1"), gguf_part("1", "2", "1", "a")),
        (gguf_part("0", "3", "2", "a"), gguf_part("1", "3", "2", "a")),
        (gguf_part("0", "u32:2", "u64:2", "a"), gguf_part("-", "2", "-", "b")),
    ]
    return [struct.pack("<I", len(first)) + first + second for first, second in pairs]


def aero_files() -> list[bytes]:
    return small_files("*.aero") + small_files("sharded.ref.aeroset/*.aero")


def seeds(target: str) -> list[bytes]:
    if target == "aero":
        return aero_files()
    if target == "aeroset":
        return small_files("*/model.aeroset.json")
    if target == "safetensors":
        return small_files("*.safetensors")
    if target == "safetensors_index":
        return small_files("*/*.safetensors.index.json")
    if target == "gguf":
        return small_files("*.gguf") + [gguf_part("0", "1", "2", "a", "b")]
    if target == "gguf_split":
        return gguf_splits()
    found = []
    for aero in aero_files():
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


def write(target: str, directory: Path) -> None:
    """Makes the directory anew: a fuzzer may have added to it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for number, content in enumerate(seeds(target)):
        (directory / f"seed-{number:03}").write_bytes(content)
