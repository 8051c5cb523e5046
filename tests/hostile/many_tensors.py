"""Many tensors: time grows with their number, and memory by 512 bytes a tensor at most.

What is measured is the memory of the process itself (RssAnon), as files that are mapped are not its own; it
is looked at every few milliseconds while the tool runs."""

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import npz_file  # noqa: E402
import torch_file  # noqa: E402
import ztensor_file  # noqa: E402
from resident import Watch  # noqa: E402

MIB = 1 << 20
MANY = 400_000
PART = 4  # of many there are few, too
MOST_RATIO = 6.0  # for so many times as many
MOST_ROUNDS = 5
BASE, EACH = 64 * MIB, 512


def weights(i: int) -> bytes:
    """Of three in four the same, which zTensor stores once; each other one takes a block of the disk there."""
    return struct.pack("<Q", i) if i % 4 == 0 else b"weights "


def write_safetensors(path: Path, count: int) -> None:
    entries = (
        f'"model.layers.{i:07d}.weight":{{"dtype":"U8","shape":[8],"data_offsets":[{8 * i},{8 * i + 8}]}}'
        for i in range(count)
    )
    text = ("{" + ",".join(entries) + "}").encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(map(weights, range(count))))


def write_gguf(path: Path, count: int) -> None:
    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, count, 1) + string("general.architecture")
    head += struct.pack("<I", 8) + string("llama")
    infos = (
        string(f"model.layers.{i:07d}.weight") + struct.pack("<IQIQ", 1, 8, 24, 32 * i) for i in range(count)
    )
    with open(path, "wb") as file:
        begin = head + b"".join(infos)
        file.write(begin + bytes(-len(begin) % 32))
        file.write(b"weights ".ljust(32, b"\0") * count)


def write_ztensor(path: Path, count: int) -> None:
    """Version 1.2. Nothing here hashes an index of version 2 with XXH3, so that aerotool has to write that."""
    text = ztensor_file.cbor
    entries = (
        text(f"model.layers.{i:07d}.weight")
        + b"\xa3"
        + text("shape")
        + b"\x81\x08"
        + text("format")
        + text("dense")
        + text("components")
        + b"\xa1"
        + text("data")
        + text({"dtype": "u8", "offset": 64 * (i + 1), "length": 8})
        for i in range(count)
    )
    index = (
        b"\xa2"
        + text("version")
        + text("1.2.0")
        + text("objects")
        + ztensor_file.head(ztensor_file.MAP, count)
    )
    index += b"".join(entries)
    with open(path, "wb") as file:
        file.write(ztensor_file.MAGIC_1.ljust(64, b"\0") + b"weights ".ljust(64, b"\0") * count)
        file.write(index + struct.pack("<Q", len(index)) + ztensor_file.MAGIC_1)


@dataclass
class Measure:
    status: int
    seconds: float  # of the processor
    memory: int
    message: str


def measure(words: Sequence[str], environment: dict[str, str]) -> Measure:
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    with Watch(process.pid) as watch:
        assert process.stderr is not None
        message = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measure(process.returncode, usage.ru_utime + usage.ru_stime, watch.most, message)


def commands(extension: str) -> list[list[str]]:
    if extension == "pt":
        # What reads it; the writers have had their turns.
        return [["inspect", "{}"], ["list", "--json", "{}"], ["validate", "--full", "{}"], ["convert", "{}", "out.aero"]]
    return [
        ["inspect", "{}"],
        ["list", "--json", "--long", "{}"],
        ["validate", "--full", "{}"],
        ["diff", "{}", "{}"],
        ["convert", "{}", "out.safetensors" if extension == "aero" else "out.aero"],
        ["convert", "--tensor-hash", "{}", "other.aero"],
        ["convert", "{}", "out.zt"],
        ["convert", "{}", "out.npz"],
    ]


def takes_too_long(few: Measure, many: Measure) -> bool:
    return many.seconds > MOST_RATIO * few.seconds + 0.2


def measure_both(
    binary: Path, form: list[str], extension: str, environment: dict[str, str], counts: tuple[int, int]
) -> tuple[Measure, Measure]:
    """Again where many take too long, for which a machine that does something else is reason enough: work only
    ever seems more than it is, so that the least of all rounds is the nearest."""

    def words(count: int) -> list[str]:
        return [str(binary), *(word.format(f"{count}.{extension}") for word in form)]

    few, many = (measure(words(count), environment) for count in counts)
    for _ in range(MOST_ROUNDS - 1):
        if many.status != 0 or not takes_too_long(few, many):
            break
        again = measure(words(counts[0]), environment), measure(words(counts[1]), environment)
        few.seconds = min(few.seconds, again[0].seconds)
        many.seconds = min(many.seconds, again[1].seconds)
    return few, many


def check(binary: Path, directory: Path, count_of_many: int) -> tuple[list[list[str]], list[str]]:
    """The problems of each command, and lines to print; in that directory."""
    results, told = [], []
    counts = (count_of_many // PART, count_of_many)
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    os.chdir(directory)
    subprocess.run([sys.executable, "-B", HERE / "many_tensors.py", *map(str, counts)], check=True)
    for count in counts:
        for extension in ("aero", "zt", "npz"):
            done = measure(
                [str(binary), "convert", f"{count}.safetensors", f"{count}.{extension}"], environment
            )
            results.append([] if done.status == 0 else [f"convert: {done.message}"])
    for extension in ("safetensors", "gguf", "aero", "1.zt", "zt", "1.npz", "npz", "pt"):
        for form in commands(extension):
            few, many = measure_both(binary, form, extension, environment, counts)
            line = f"{' '.join(form).format(*[f'{counts[1]}.{extension}'] * 2)}"
            problems = []
            if many.status != 0:
                problems.append(f"{line}: exit status {many.status}: {many.message[:300]}")
            if takes_too_long(few, many):
                problems.append(f"{line}: {many.seconds:.2f} s, but {few.seconds:.2f} s for 1/{PART}")
            models = form.count("{}")
            most = BASE + EACH * counts[1] * models
            if many.memory > most:
                problems.append(f"{line}: {many.memory // MIB} MiB, more than {most // MIB}")
            results.append(problems)
            told.append(
                f"{line}: {few.seconds:.2f} s -> {many.seconds:.2f} s, {many.memory / MIB:.0f} MiB, "
                f"{(many.memory - few.memory) / (counts[1] - counts[0]):.0f} bytes a tensor"
            )
    return results, told


if __name__ == "__main__":
    for number in map(int, sys.argv[1:]):
        write_safetensors(Path(f"{number}.safetensors"), number)
        write_gguf(Path(f"{number}.gguf"), number)
        write_ztensor(Path(f"{number}.1.zt"), number)
        npz_file.many(f"{number}.1.npz", number)
        torch_file.write_many(Path(f"{number}.pt"), number)
