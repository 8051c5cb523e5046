"""A hundred files that are no models, made at random with a fixed seed: what they are is said of each."""

import io
import json
import pickle
import random
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

COUNT = 100
SEED = 13
WORDS = "the model of a server is not there and its weights were lost in 4,976 bytes".split()
BROKEN = ("at byte ", "has no end of a zip archive", "data.pkl")


@dataclass
class Foreign:
    """A file, the ending that it would have by rights, and a word that has to be said of it."""

    content: bytes
    ending: str
    says: str  # empty where nothing can be known
    or_says: tuple[str, ...] = ()  # what a reader may say who takes it for a checkpoint: where it is broken


def words(rng: random.Random, most: int = 60) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))


def text(rng: random.Random) -> Foreign:
    lines = "\n".join(words(rng) for _ in range(rng.randint(1, 50)))
    return Foreign(lines.encode(), rng.choice([".txt", ".md", ".yaml"]), "text")


def html(rng: random.Random) -> Foreign:
    begin = rng.choice(["<!DOCTYPE html>\n<html>", "<html lang='en'>", "\n  <!-- x --><!doctype HTML>"])
    return Foreign(f"{begin}<title>{words(rng, 9)}</title>{words(rng)}".encode(), ".html", "HTML page")


def xml(rng: random.Random) -> Foreign:
    error = f"<Error><Code>{rng.choice(['AccessDenied', 'NoSuchKey'])}</Code>{words(rng)}</Error>"
    return Foreign(f'<?xml version="1.0"?>\n{error}'.encode(), ".xml", "error message in XML")


def json_error(rng: random.Random) -> Foreign:
    key = rng.choice(["error", "message", "detail", "errors"])
    return Foreign(json.dumps({key: words(rng), "code": 404}).encode(), ".json", "error message in JSON")


def pointer(rng: random.Random) -> Foreign:
    size = rng.randrange(1 << 40)
    if rng.random() < 0.3:
        return Foreign(f"# xet version 0\nfilesize = {size}\nhash = 'x'\n".encode(), "", f"{size:,} bytes")
    lines = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize {size}\n"
    return Foreign(lines.encode(), "", f"{size:,} bytes")


def pickled(rng: random.Random) -> Foreign:
    value = {words(rng, 3): [rng.random() for _ in range(rng.randint(1, 99))], "w": rng.randbytes(50)}
    return Foreign(pickle.dumps(value, protocol=rng.randint(2, 5)), rng.choice([".pkl", ".pt"]), "pickle")


def torch_pickle(rng: random.Random) -> Foreign:
    """The begin of a checkpoint, and then nothing that makes one."""
    begin = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
    return Foreign(begin + rng.randbytes(rng.randint(0, 5000)), ".bin", "PyTorch checkpoint", BROKEN)


def zipped(rng: random.Random) -> Foreign:
    names, ending, says = rng.choice(
        [
            (["a/data.pkl", "a/data/0", "a/version"], ".pt", "PyTorch checkpoint"),
            (["a/data.pkl", "a/code/__torch__.py", "a/constants.pkl"], ".pt", "PyTorch checkpoint"),
            (["x.jpg", "y.jpg"], ".zip", "zip archive"),
            (["model.gguf"], ".zip", "holds 'model.gguf'"),
        ]
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name in names:
            archive.writestr(name, rng.randbytes(rng.randint(0, 3000)))
    return Foreign(out.getvalue(), ending, says, BROKEN if ending == ".pt" else ())


def broken_zip(rng: random.Random) -> Foreign:
    """Cut, or with bytes of its directory changed."""
    content = bytearray(zipped(rng).content)
    if rng.random() < 0.5:
        return Foreign(bytes(content[: rng.randint(4, len(content))]), ".pt", "is a", BROKEN)
    for _ in range(20):
        content[rng.randrange(max(4, len(content) - 200), len(content))] = rng.randrange(256)
    return Foreign(bytes(content), ".pt", "is a", BROKEN)


def tarred(rng: random.Random) -> Foreign:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(words(rng, 2))
        entry.size = rng.randint(0, 3000)
        archive.addfile(entry, io.BytesIO(rng.randbytes(entry.size)))
    return Foreign(out.getvalue(), ".tar", "tar archive", ("is a tar without a member",))


MAGICS = [
    (b"\x89HDF\r\n\x1a\n", ".h5", "HDF5"),
    (b"lmgg", ".bin", "GGML file (ggml)"),
    (b"tjgg\3\0\0\0", ".bin", "GGML file (ggjt, version 3)"),
    (b"\x1c\0\0\0TFL3", ".tflite", "TensorFlow Lite"),
    (b"\0\5\x16\7\0\2\0\0", "", "AppleDouble"),
    (b"7z\xbc\xaf\x27\x1c", ".7z", "7z archive"),
    (b"Rar!\x1a\7\1\0", ".rar", "RAR archive"),
    (b"\xfd7zXZ\0", ".xz", "xz"),
    (b"\x7fELF\2\1\1", "", "ELF"),
    (b"SQLite format 3\0", ".db", "SQLite"),
    (b"PAR1", ".parquet", "Parquet"),
    (b"\0\0\0\x18ftypmp42", ".mp4", "MP4"),
]
IMAGES = [
    (b"\x89PNG\r\n\x1a\n", ".png", "PNG image"),
    (b"\xff\xd8\xff\xe0", ".jpg", "JPEG image"),
    (b"GIF89a", ".gif", "GIF image"),
    (b"RIFF\x20\0\0\0WEBP", ".webp", "WebP image"),
    (b"%PDF-1.7", ".pdf", "PDF document"),
]


def magic(rng: random.Random) -> Foreign:
    begin, ending, says = rng.choice(MAGICS)
    return Foreign(begin + rng.randbytes(rng.randint(0, 5000)), ending, says)


def image(rng: random.Random) -> Foreign:
    begin, ending, says = rng.choice(IMAGES)
    return Foreign(begin + zlib.compress(rng.randbytes(rng.randint(0, 5000))), ending, says)


def onnx(rng: random.Random) -> Foreign:
    producer = rng.choice([b"pytorch", b"onnx.quantize", b"tf2onnx"])
    begin = bytes([8, rng.randint(3, 12), 0x12, len(producer)]) + producer + b"\x1a\x05"
    return Foreign(begin + rng.randbytes(rng.randint(0, 3000)), ".onnx", "ONNX model")


def zeros(rng: random.Random) -> Foreign:
    size = rng.randint(1, 100_000)
    return Foreign(bytes(size), "", f"{size:,} zero byte")


def empty(rng: random.Random) -> Foreign:
    return Foreign(b"", rng.choice([".bin", ""]), "is empty")


def noise(rng: random.Random) -> Foreign:
    """Nothing that begins like anything, and of which nothing can be said."""
    return Foreign(b"\xf9\xe2" + rng.randbytes(rng.randint(0, 9000)), ".bin", "")


def short_noise(rng: random.Random) -> Foreign:
    return Foreign(b"\xf9" + rng.randbytes(rng.randint(0, 9)), "", "")


KINDS: list[Callable[[random.Random], Foreign]] = [
    text,
    html,
    xml,
    json_error,
    pointer,
    pickled,
    torch_pickle,
    zipped,
    broken_zip,
    tarred,
    magic,
    image,
    onnx,
    zeros,
    empty,
    noise,
    short_noise,
]


def files() -> list[Foreign]:
    """Each kind as often as any other."""
    rng = random.Random(SEED)
    return [KINDS[number % len(KINDS)](rng) for number in range(COUNT)]
