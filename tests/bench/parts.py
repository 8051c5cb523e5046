"""The parts of the benchmark, each a table."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cold
import dcp_models
import instructions
import libraries
import models
import remote
from resident import Watch
from table import Table, compared, spread
from timing import Contender, Failed, measure, removing

GIB = 1 << 30


@dataclass
class Bench:
    binary: Path
    scratch: Path
    size: int
    rounds: int
    disk: Path  # a directory that is not in memory

    def path(self, name: str) -> Path:
        return self.scratch / name

    def tool(self, *words: object) -> None:
        ended = subprocess.run(
            [self.binary, *map(str, words)], cwd=self.scratch, capture_output=True, text=True
        )
        if ended.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))}: {ended.stderr}")

    def peak(self, *words: object) -> int:
        """The most memory of its own that the tool has, in bytes."""
        process = subprocess.Popen(
            [self.binary, *map(str, words)],
            cwd=self.scratch,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with Watch(process.pid) as watch:
            message = process.communicate()[1]
        if process.returncode != 0:
            raise Failed(f"{' '.join(map(str, words))}: {message}")
        return watch.most

    def ours(self, name: str, *words: object, before: Callable[[], None] = lambda: None) -> Contender:
        return Contender(name, [self.binary, *words], before)

    def time(self, *contenders: Contender, rounds: int | None = None) -> None:
        measure(contenders, rounds or self.rounds, self.scratch)


def convert(bench: Bench) -> Table:
    table = Table("convert to AERO", ["command", "time", "ratio", "budget"])
    out, copy = bench.path("out.aero"), bench.path("copy")
    for name, write in (("model.safetensors", models.write_safetensors), ("model.gguf", models.write_gguf)):
        source = bench.path(name)
        write(source, bench.size)
        floor = Contender(f"cp {name}", ["cp", source, copy], removing(copy, out))
        plain = bench.ours(f"convert {name}", "convert", source, out, before=removing(copy, out))
        hashed = bench.ours(
            f"convert --tensor-hash {name}",
            "convert",
            "--tensor-hash",
            source,
            out,
            before=removing(copy, out),
        )
        bench.time(floor, plain, hashed)
        table.rows += [
            [floor.name, spread(floor.seconds), "", ""],
            compared(plain, floor, "1.0"),
            compared(hashed, floor, "1.25"),
        ]
        removing(source, copy, out)()
    return table


def compute(bench: Bench) -> Table:
    """Weights that are computed on the way, beside cp of the larger side."""
    table = Table("computed weights", ["command", "time", "ratio", "budget", "peak memory"])
    out, copy = bench.path("out.safetensors"), bench.path("copy")

    def row(source: Path, budget: str, *words: str, of_output: bool) -> None:
        call = ["convert", "-q", *words, source, out]
        bench.tool(*call)
        peak = bench.peak(*call)
        # cp of the output: of a file of its size.
        like = bench.path("like")
        if of_output:
            shutil.copy(out, like)
        copied = like if of_output else source
        floor = Contender(f"cp of the {'output' if of_output else 'input'}", ["cp", copied, copy], removing(copy, out))
        ours = bench.ours(f"{' '.join(words)} {source.name}", *call, before=removing(copy, out))
        bench.time(floor, ours)
        table.rows.append([floor.name, spread(floor.seconds), "", "", ""])
        table.rows.append([*compared(ours, floor, budget), f"{peak / (1 << 20):.0f} MiB"])
        removing(like, copy, out)()

    source = bench.path("f32.safetensors")
    models.write_f32(source, bench.size)
    row(source, "0.8", "--dtype", "bf16", of_output=False)
    row(source, "", "--dtype", "f16", of_output=False)
    row(source, "", "--dtype", "f8_e4m3", of_output=False)
    source.unlink()
    source = bench.path("bf16.safetensors")
    models.write_safetensors(source, bench.size // 2)
    row(source, "1.2", "--dtype", "f32", of_output=True)
    source.unlink()
    source = bench.path("q4_k.gguf")
    models.write_gguf(source, bench.size // 4)
    row(source, "1.3", "--dequantize", of_output=True)
    source.unlink()
    source = bench.path("fp8")
    models.write_fp8(source, bench.size // 2)
    row(source, "1.3", "--dequantize", of_output=True)
    shutil.rmtree(source)
    return table


# What is asked of the models that write_family makes.
MERGES = {
    "linear": lambda base, a, b: [a, b, "--weight", "0.6,0.4"],
    "slerp": lambda base, a, b: [a, "--base", base, "--t", "0.35"],
    "ties": lambda base, a, b: [a, b, "--base", base, "--density", "0.3", "--weight", "0.6,0.4"],
}


def merge_words(method: str, family: list[Path], out: Path) -> list[object]:
    return ["merge", "-q", "--method", method, *MERGES[method](*family), "-o", out]


def merge(bench: Bench) -> Table:
    """Of two models in BF16, and with ties of their base, too; content ids of all of them are made on the way."""
    table = Table("merges", ["command", "time", "ratio", "budget", "peak memory"])
    out, copy = bench.path("out.safetensors"), bench.path("copy")
    folders = models.write_family(bench.path("family"), bench.size // 2)
    family = [folder / "model.safetensors" for folder in folders]
    anew = removing(copy, out)
    floor = Contender("cp of one input", ["cp", family[0], copy], anew)
    ours = {method: bench.ours(f"merge --method {method}", *merge_words(method, family, out), before=anew)
            for method in MERGES}
    bench.time(floor, *ours.values())
    table.rows.append([floor.name, spread(floor.seconds), "", "", ""])
    for method, budget in (("linear", "1.6"), ("slerp", "2.2"), ("ties", "6")):
        anew()
        peak = bench.peak(*merge_words(method, family, out))
        table.rows.append([*compared(ours[method], floor, budget), f"{peak / (1 << 20):.0f} MiB"])
    return table


def validate(bench: Bench) -> Table:
    table = Table("validate --full of an AERO file", ["command", "time", "ratio", "budget"])
    if shutil.which("b3sum") is None:
        table.notes.append("skipped: there is no b3sum here")
        return table
    source = bench.path("model.safetensors")
    models.write_safetensors(source, bench.size)
    for name, options, budget in (
        ("one shard", ["--max-shard-bytes", str(bench.size * 2)], "1.05"),
        ("many shards", ["--max-shard-bytes", "16MiB"], "1.05"),
        ("hash_b3 of every tensor", ["--tensor-hash"], "2.05"),
        ("page hashes", ["--page-hash"], "2.05"),
    ):
        aero = bench.path("model.aero")
        bench.tool("convert", source, aero, *options)
        floor = Contender("b3sum", ["b3sum", "--no-mmap", aero])
        mapped = Contender("b3sum, mapped", ["b3sum", aero])
        ours = bench.ours(name, "validate", "--full", aero)
        bench.time(floor, mapped, ours)
        faster = min(floor, mapped, key=lambda contender: contender.median)
        table.rows += [compared(ours, faster, budget)]
        aero.unlink()
    return table


def statistics(bench: Bench) -> Table:
    """What list --stats reads in a second with one thread, and NumPy's min, max and mean of the same arrays."""
    table = Table("list --stats", ["command", "time", "rate", "budget"])

    def row(contender: Contender, model: Path, budget: str = "") -> None:
        rate = f"{model.stat().st_size / contender.median / 1e9:.2f} GB/s"
        table.rows.append([contender.name, spread(contender.seconds), rate, budget])

    bf16, f32 = bench.path("bf16.safetensors"), bench.path("f32.safetensors")
    models.write_safetensors(bf16, bench.size, models.weights())
    ours = bench.ours("list --stats -j1, BF16", "list", "--stats", "-j1", bf16)
    check = bench.ours("validate --values -j1, BF16", "validate", "--values", "-j1", bf16)
    bench.time(ours, check)
    row(ours, bf16, "1.5 GB/s")
    row(check, bf16)
    bf16.unlink()
    models.write_f32(f32, bench.size)
    contenders = [bench.ours("list --stats -j1, F32", "list", "--stats", "-j1", f32)]
    try:
        script = [libraries.python(), "-c", libraries.NUMPY, f32]
        contenders.append(Contender("NumPy: min, max, mean, F32", script, own_clock=True))
    except libraries.Missing as reason:
        table.notes.append(f"NumPy is not compared: it cannot be installed here: {reason}")
    bench.time(*contenders)
    for contender in contenders:
        row(contender, f32)
    f32.unlink()
    return table


def ztensor(bench: Bench) -> Table:
    table = Table("zTensor", ["command", "time", "ratio", "budget"])
    source, raw, aero, copy = (bench.path(name) for name in ("m.safetensors", "m.zt", "m.aero", "copy"))
    models.write_safetensors(source, bench.size)
    bench.tool("convert", source, raw)
    source.unlink()
    anew = removing(copy, aero)
    floor = Contender("cp m.zt", ["cp", raw, copy], anew)
    to_aero = bench.ours("convert m.zt m.aero", "convert", raw, aero, before=anew)
    bench.time(floor, to_aero)
    table.rows += [[floor.name, spread(floor.seconds), "", ""], compared(to_aero, floor, "1.0")]
    removing(copy, aero)()
    bench.tool("convert", raw, aero)
    removing(raw)()
    floor = Contender("cp m.aero", ["cp", aero, copy], removing(copy, raw))
    back = bench.ours("convert m.aero m.zt", "convert", aero, raw, before=removing(copy, raw))
    bench.time(floor, back)
    table.rows += [[floor.name, spread(floor.seconds), "", ""], compared(back, floor, "1.0")]
    removing(copy, aero, raw)()
    models.write_safetensors(source, bench.size)
    bench.tool("convert", source, raw)
    check = bench.ours("validate --full m.zt", "validate", "--full", raw)
    if shutil.which("xxhsum") is not None:
        hashed = Contender("xxhsum -H3 m.zt", ["xxhsum", "-H3", raw])
    elif shutil.which("b3sum") is not None:
        hashed = Contender("b3sum m.zt", ["b3sum", "--no-mmap", raw])
    else:
        hashed = None
        table.notes.append("validate --full is not compared: there is neither xxhsum nor b3sum here")
    if hashed is not None:
        bench.time(hashed, check)
        table.rows += [[hashed.name, spread(hashed.seconds), "", ""], compared(check, hashed, "1.05")]
    removing(raw)()
    models.write_safetensors(source, bench.size, models.weights())
    bench.tool("convert", "--compress=1", source, raw)
    source.unlink()
    one = bench.ours("validate --full -j1 of a compressed file", "validate", "--full", "-j1", raw)
    two = bench.ours("validate --full -j2 of a compressed file", "validate", "--full", "-j2", raw)
    bench.time(one, two)
    table.rows += [[one.name, spread(one.seconds), "", ""], compared(two, one, "0.56")]
    raw.unlink()
    return table


def from_disk(bench: Bench) -> Table:
    size = min(bench.size, GIB // 2)
    table = Table(f"from a cold disk, {size / GIB:g} GiB", ["command", "time", "ratio", "budget"])
    if reason := cold.missing():
        table.notes.append(f"not measured: {reason}")
        return table
    with tempfile.TemporaryDirectory(prefix="aerotool-bench-", dir=bench.disk) as directory:
        source, aero, out, copy = (
            Path(directory) / name for name in ("m.safetensors", "m.aero", "out.aero", "copy")
        )
        models.write_safetensors(source, size)
        bench.tool("convert", source, aero)
        again, anew = cold.dropping(aero), cold.dropping(source, removed=(out, copy))
        floor = Contender("b3sum", ["b3sum", "--no-mmap", aero], again)
        mapped = Contender("b3sum, mapped", ["b3sum", aero], again)
        check = bench.ours("validate --full", "validate", "--full", aero, before=again)
        copied = Contender("cp && sync", ["sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", source, copy], anew)
        ours = bench.ours("convert", "convert", source, out, before=anew)
        try:
            bench.time(floor, mapped, check)
            bench.time(copied, ours)
        except cold.Warm as reason:
            table.notes.append(f"not measured: {reason}; --disk names a directory on a disk")
            return table
        faster = min(floor, mapped, key=lambda contender: contender.median)
        table.rows = [
            [faster.name, spread(faster.seconds), "", ""],
            compared(check, faster, "1.05"),
            [copied.name, spread(copied.seconds), "", ""],
            compared(ours, copied, "1.0"),
        ]
    return table


def pack_set(bench: Bench) -> Table:
    table = Table("pack-set", ["command", "time", "ratio", "budget"])
    source, parts = bench.path("model.safetensors"), bench.path("set")
    models.write_safetensors(source, bench.size)
    options = ["--max-shard-bytes", str(bench.size // 8), "--max-part-shards", "1"]
    bench.tool("pack-set", source, parts, *options)
    files = sorted(parts.glob("part-*.aero"))
    jobs = min(len(files), len(os.sched_getaffinity(0)))
    floor = Contender(
        f"sha256sum of the parts, {jobs} side by side",
        ["sh", "-c", f"cd set && printf '%s\\0' part-*.aero | xargs -0 -n 1 -P {jobs} sha256sum"],
    )
    fresh = bench.path("fresh")
    ours = bench.ours("pack-set", "pack-set", source, fresh, *options, before=lambda: _remove_tree(fresh))
    check = bench.ours("validate --full of the set", "validate", "--full", parts)
    bench.time(floor, ours, check)
    table.rows = [
        [floor.name, spread(floor.seconds), "", ""],
        compared(ours, floor, "1.1"),
        compared(check, floor),
    ]
    return table


def plan(bench: Bench) -> Table:
    """A set in parts: beside pack-set, by two processes, and with 10,000 parts."""
    table = Table("a set in parts", ["command", "time", "ratio", "budget"])
    source, fresh, file = bench.path("model.safetensors"), bench.path("fresh"), bench.path("plan.json")
    models.write_safetensors(source, bench.size)
    options = ["--max-shard-bytes", str(bench.size // 8), "--max-part-shards", "1"]

    def clear() -> None:
        _remove_tree(fresh)
        file.unlink(missing_ok=True)

    def planned() -> None:
        clear()
        bench.tool("pack-set", "--plan", file, source, fresh, *options)

    step = f"{shlex.quote(str(bench.binary))} pack-set --plan plan.json"
    words = shlex.join(map(str, [source, fresh, *options]))
    plain = bench.ours("pack-set", "pack-set", source, fresh, *options, before=clear)
    parts = Contender(
        "plan, a process for each of 9 parts, as many at a time as cores, publish",
        [
            "sh",
            "-ec",
            f"{step} {words}; seq 0 8 | xargs -n 1 -P $(nproc) {step} -j 1 --part; {step} --publish",
        ],
        clear,
    )
    bench.time(plain, parts)
    # The last part is small.
    one = Contender("parts, one process with -j 1", ["sh", "-ec", f"{step} -j 1 --part 0-8"], planned)
    two = Contender(
        "parts, two processes with -j 1",
        ["sh", "-ec", f"{step} -j 1 --part 0-3 & {step} -j 1 --part 4-8; wait"],
        planned,
    )
    bench.time(one, two)
    table.rows = [
        [plain.name, spread(plain.seconds), "", ""],
        compared(parts, plain, "1.05"),
        [one.name, spread(one.seconds), "", ""],
        compared(two, one),
    ]
    clear()
    many = bench.path("many.safetensors")
    models.write_small_tensors(many, 10_000)
    small = ["pack-set", "--plan", file]
    made = [*small, many, fresh, "--max-shard-bytes", "1", "--max-part-shards", "1"]
    peaks = {"plan": bench.peak(*made)}
    bench.tool(*small, "--part", "0-9999")
    peaks["status"] = bench.peak(*small, "--status")
    status = bench.ours("status of 10,000 parts", *small, "--status")
    again = bench.ours("plan of 10,000 parts", *made, before=lambda: file.unlink(missing_ok=True))
    bench.time(status, again, rounds=3)
    shutil.copytree(fresh, bench.path("staged"))
    seconds = []
    for _ in range(3):
        _remove_tree(fresh)
        shutil.copytree(bench.path("staged"), fresh)
        begin = time.monotonic()
        peaks["publish"] = bench.peak(*small, "--publish")
        seconds.append(time.monotonic() - begin)
    for name, times in (("plan", again.seconds), ("status", status.seconds), ("publish", seconds)):
        table.rows.append([f"{name} of 10,000 parts", spread(times), f"{peaks[name] / 2**20:.0f} MiB", "2 s, 64 MiB"])
    return table


def _remove_tree(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)


def urls(bench: Bench) -> Table:
    size = min(bench.size, GIB)
    table = Table(f"models behind URLs, {size / GIB:g} GiB", ["command", "time", "ratio", "budget"])
    if reason := remote.missing():
        table.notes.append(f"not measured: {reason}")
        return table
    source, aero, out, copy = (bench.path(name) for name in ("m.safetensors", "m.aero", "out.aero", "copy"))
    models.write_safetensors(source, size)
    bench.tool("convert", source, aero)
    anew = removing(out, copy)
    with remote.nginx(bench.scratch) as server:
        for file, commands in ((source, ["convert"]), (aero, ["convert", "validate --full"])):
            url = f"{server.plain}/{file.name}"
            floor = Contender(f"curl -o of {file.name}", remote.curl(url, copy), anew)
            outputs = {"convert": [out], "validate --full": []}
            ours = [
                bench.ours(f"{name} {file.name}", *name.split(), url, *outputs[name], before=anew)
                for name in commands
            ]
            bench.time(floor, *ours)
            table.rows.append([floor.name, spread(floor.seconds), "", ""])
            table.rows += [compared(contender, floor, "1.15") for contender in ours]
    removing(source, aero, copy, out)()
    models.write_safetensors(source, min(size, remote.SLOW_BYTES))
    bench.tool("convert", source, aero)
    pieces = [bench.path(f"copy.{number}") for number in range(remote.RANGES)]
    anew = removing(out, *pieces)
    with remote.slow(bench.scratch) as base:
        url = f"{base}/{aero.name}"
        words = remote.curl_by_ranges(url, aero.stat().st_size, copy)
        floor = Contender("curl by 4 ranges, 100 MB/s and 50 ms", words, anew)
        check = bench.ours("validate --full, 100 MB/s and 50 ms", "validate", "--full", "-j4", url, before=anew)
        write = bench.ours("convert, 100 MB/s and 50 ms", "convert", "-j4", url, out, before=anew)
        bench.time(floor, check, write, rounds=min(bench.rounds, 3))
        table.rows += [
            [floor.name, spread(floor.seconds), "", ""],
            compared(check, floor, "1.02"),
            compared(write, floor, "1.02"),
        ]
    anew()
    return table


def metadata(bench: Bench) -> Table:
    table = Table("many small tensors, into /dev/null", ["command", "time", "budget"])
    budgets = {("list", 100_000): "60 ms", ("inspect", 100_000): "30 ms"}
    start = bench.ours("--version", "--version")
    bench.time(start, rounds=bench.rounds * 3)
    table.rows.append([start.name, spread(start.seconds), "10 ms"])
    for count in (100_000, 1_000_000):
        made = []
        for extension in ("safetensors", "gguf"):
            models.write_small(bench.path(f"{count}.{extension}"), count)
            made.append(bench.path(f"{count}.{extension}"))
        made.append(bench.path(f"{count}.aero"))
        bench.tool("convert", made[0], made[-1])
        commands = [
            bench.ours(f"{command} {model.name}", command, model)
            for model in made
            for command in ("inspect", "list", "validate")
        ]
        bench.time(*commands)
        for contender in commands:
            budget = budgets.get((contender.name.split()[0], count), "")
            table.rows.append([contender.name, spread(contender.seconds), budget])
    return table


def memory(bench: Bench) -> Table:
    table = Table("peak memory beside mapped pages", ["command", "model", "memory", "budget"])
    for size in (bench.size // 2, bench.size):
        source, aero, parts = (bench.path(name) for name in ("m.safetensors", "m.aero", "set"))
        models.write_safetensors(source, size)
        for words in (
            ["convert", source, aero],
            ["convert", "--tensor-hash", "--page-hash", "--control-hash", source, aero],
            ["validate", "--full", aero],
            ["diff", "--full", source, aero],
            ["pack-set", source, parts],
            ["validate", "--full", parts],
        ):
            most = bench.peak(*words)
            shown = " ".join(str(word) for word in words if isinstance(word, str))
            shown += " of the set" if words[-1] == parts and words[0] == "validate" else ""
            table.rows.append([shown, f"{size / GIB:g} GiB", f"{most / (1 << 20):.1f} MiB", "64 MiB"])
        removing(source, aero)()
        _remove_tree(parts)
        _computed_memory(bench, table, size)
    return table


def _computed_memory(bench: Bench, table: Table, size: int) -> None:
    """The rows of what is computed, of inputs and outputs of up to `size` bytes."""
    out, made = bench.path("out.safetensors"), bench.path("computed")

    def row(shown: str, *words: object) -> None:
        most = bench.peak(*words)
        removing(out)()
        table.rows.append([shown, f"{size / GIB:g} GiB", f"{most / (1 << 20):.1f} MiB", "64 MiB"])

    for name, write, weights, options in (
        ("f32.safetensors", models.write_f32, size, ["--dtype", "bf16"]),
        ("q4_k.gguf", models.write_gguf, size // 4, ["--dequantize"]),
        ("fp8", models.write_fp8, size // 2, ["--dequantize"]),
    ):
        made.mkdir()
        write(made / name, weights)
        row(f"convert {' '.join(options)} {name}", "convert", "-q", *options, made / name, out)
        shutil.rmtree(made)
    family = [folder / "model.safetensors" for folder in models.write_family(made, size // 2)]
    for method in MERGES:
        row(f"merge --method {method}", *merge_words(method, family, out))
    shutil.rmtree(made)


def scaling(bench: Bench) -> Table:
    table = Table("convert, by size", ["weights", "time", "GiB a second", "ratio"])
    out, copy, source = bench.path("out.aero"), bench.path("copy"), bench.path("m.safetensors")
    for factor in (0.5, 1, 2, 4):
        size = int(bench.size * factor)
        if shutil.disk_usage(bench.scratch).free < 2 * size + GIB:
            table.notes.append(f"No room for {size / GIB:g} GiB in {bench.scratch.parent}.")
            break
        models.write_safetensors(source, size)
        floor = Contender("cp", ["cp", source, copy], removing(copy, out))
        ours = bench.ours("convert", "convert", source, out, before=removing(copy, out))
        bench.time(floor, ours)
        rate = f"{size / GIB / ours.median:.2f}"
        table.rows.append([f"{size / GIB:g} GiB", spread(ours.seconds), rate, f"{ours.over(floor):.2f} x cp"])
        removing(source, copy, out)()
    return table


def jobs(bench: Bench) -> Table:
    table = Table("by --jobs", ["jobs", "convert", "validate --full"])
    source, aero, out = (bench.path(name) for name in ("m.safetensors", "m.aero", "out.aero"))
    models.write_safetensors(source, bench.size)
    bench.tool("convert", source, aero)
    counts = sorted({1, 2, 4, len(os.sched_getaffinity(0))})
    pairs = [
        (
            bench.ours(f"{n}", "convert", "-j", n, source, out, before=removing(out)),
            bench.ours(f"{n}", "validate", "--full", "-j", n, aero),
        )
        for n in counts
    ]
    bench.time(*(contender for pair in pairs for contender in pair))
    table.rows = [[a.name, spread(a.seconds), spread(b.seconds)] for a, b in pairs]
    return table


def count_instructions(bench: Bench) -> Table:
    table = Table("instructions, which repeat where seconds do not", ["command", "model", "instructions"])
    if not instructions.available():
        table.notes.append("skipped: there is no valgrind here")
        return table
    small, count = 64 << 20, 100_000
    models.write_safetensors(bench.path("m.safetensors"), small)
    models.write_gguf(bench.path("m.gguf"), small)
    bench.tool("convert", bench.path("m.safetensors"), bench.path("m.aero"))
    for extension in ("safetensors", "gguf"):
        models.write_small(bench.path(f"{count}.{extension}"), count)
    bench.tool("convert", bench.path(f"{count}.safetensors"), bench.path(f"{count}.aero"))
    for words in (
        ["convert", "-j1", "m.safetensors", "out.aero"],
        ["convert", "-j1", "m.gguf", "out.aero"],
        ["validate", "--full", "-j1", "m.aero"],
        *(
            [command, f"{count}.{extension}"]
            for extension in ("safetensors", "gguf", "aero")
            for command in ("inspect", "list")
        ),
    ):
        found = instructions.count([bench.binary, *words], bench.scratch)
        table.rows.append([words[0], next(w for w in words if "." in w), f"{found / 1e6:,.1f} million"])
    return table


def compare_libraries(bench: Bench) -> Table:
    table = Table("beside the libraries", ["what", "time", "ratio"])
    try:
        python = libraries.python()
    except libraries.Missing as reason:
        table.notes.append(f"skipped: the libraries cannot be installed here: {reason}")
        return table
    source, quantized, out, other = (bench.path(name) for name in ("m.safetensors", "m.gguf", "out.aero", "other"))

    def library(name: str, script: str, *words: object) -> Contender:
        return Contender(name, [python, "-c", script, *words], removing(other), own_clock=True)

    models.write_safetensors(source, bench.size)
    _beside(
        bench,
        table,
        bench.ours("convert m.safetensors out.aero", "convert", source, out, before=removing(out)),
        library("safetensors.torch: load_file, save_file", libraries.SAFETENSORS, source, other),
        library("ztensor: convert", libraries.ZTENSOR, source, other),
    )
    removing(source, out, other)()
    models.write_gguf(quantized, bench.size // 2)
    _beside(
        bench,
        table,
        bench.ours("list m.gguf", "list", quantized),
        library("gguf: GGUFReader, names and shapes", libraries.GGUF, quantized),
    )
    # What takes the libraries minutes.
    models.write_gguf(quantized, bench.size // 16)
    out = bench.path("out.safetensors")
    words = ["convert", "-q", "--dequantize", "--dtype", "f32", quantized, out]
    _beside(
        bench,
        table,
        bench.ours("convert --dequantize --dtype f32 m.gguf", *words, before=removing(out)),
        library("gguf: dequantize, tofile", libraries.DEQUANTIZE, quantized, other),
    )
    removing(quantized, out, other)()
    _beside_mergekit(bench, table)
    table.notes.append("The libraries' times are without the interpreter's start and imports.")
    return table


def _beside(bench: Bench, table: Table, ours: Contender, *theirs: Contender) -> None:
    bench.time(ours, *theirs, rounds=min(bench.rounds, 3))
    table.rows.append([f"aerotool {ours.name}", spread(ours.seconds), ""])
    for contender in theirs:
        table.rows.append([contender.name, spread(contender.seconds), f"{contender.over(ours):.1f} x aerotool"])


def _beside_mergekit(bench: Bench, table: Table) -> None:
    try:
        python = libraries.merging_python()
    except libraries.Missing as reason:
        table.notes.append(f"mergekit is not compared: it cannot be installed here: {reason}")
        return
    folders = models.write_family(bench.path("family"), bench.size // 8)
    out, other = bench.path("out.safetensors"), bench.path("merged")
    for method in MERGES:
        words = merge_words(method, [folder / "model.safetensors" for folder in folders], out)
        config = json.dumps(libraries.mergekit_config(method, *folders))
        _beside(
            bench,
            table,
            bench.ours(f"merge --method {method}", *words, before=removing(out)),
            Contender(
                f"mergekit: {method}",
                [python, "-c", libraries.MERGEKIT, config, other],
                lambda: shutil.rmtree(other, ignore_errors=True),
                own_clock=True,
            ),
        )


def npz(bench: Bench) -> Table:
    """NumPy's archives: stored ones beside cp of the source, deflated ones beside unzip of all members."""
    table = Table("NumPy archives", ["command", "time", "ratio", "budget"])
    stored, deflated = bench.path("stored.npz"), bench.path("deflated.npz")
    tensors, out, copy = bench.path("m.safetensors"), bench.path("out.safetensors"), bench.path("copy")
    written = bench.path("out.npz")
    models.write_npz(stored, bench.size // 2)
    models.write_deflated_npz(deflated, bench.size // 8)
    bench.tool("convert", stored, tensors)
    clean = removing(copy, out, written)
    floor = Contender("cp stored.npz", ["cp", stored, copy], clean)
    read = bench.ours("convert stored.npz to safetensors", "convert", stored, out, before=clean)
    write = bench.ours("convert safetensors to npz", "convert", tensors, written, before=clean)
    again = bench.ours("convert stored.npz to npz", "convert", stored, written, before=clean)
    check = bench.ours("validate --full stored.npz", "validate", "--full", stored)
    bench.time(floor, read, write, again, check)
    table.rows.append([floor.name, spread(floor.seconds), "", ""])
    table.rows += [compared(one, floor, "1.0") for one in (read, write, again, check)]
    clean()
    unzip = Contender("unzip -p deflated.npz", ["unzip", "-p", deflated], clean)
    inflate = bench.ours("convert deflated.npz", "convert", deflated, out, before=clean)
    bench.time(unzip, inflate)
    table.rows.append([unzip.name, spread(unzip.seconds), "", ""])
    table.rows.append(compared(inflate, unzip, "1.1"))
    return table


def torch(bench: Bench) -> Table:
    """PyTorch's checkpoints beside cp, and beside torch itself where it is to be had."""
    table = Table("PyTorch checkpoints", ["command", "time", "ratio", "budget"])
    out, copy, other = bench.path("out.safetensors"), bench.path("copy"), bench.path("other")
    clean = removing(copy, out, other)
    try:
        python = libraries.python()
    except libraries.Missing as reason:
        python = None
        table.notes.append(f"torch is not compared: it cannot be installed here: {reason}")
    for name, by_columns, budget in (("rows.pt", 0, "1.0"), ("half-by-columns.pt", 2, "1.5")):
        source = bench.path(name)
        models.write_torch(source, bench.size, by_columns=by_columns)
        floor = Contender(f"cp {name}", ["cp", source, copy], clean)
        ours = bench.ours(f"convert {name} to safetensors", "convert", source, out, before=clean)
        contenders = [floor, ours]
        if python is not None:
            words = [python, "-c", libraries.TORCH, source, other]
            theirs = Contender(f"torch: load {name}; safetensors: save_file", words, clean, own_clock=True)
            contenders.append(theirs)
        bench.time(*contenders)
        table.rows.append([floor.name, spread(floor.seconds), "", ""])
        table.rows.append(compared(ours, floor, budget))
        if python is not None:
            at_least = "at least 3" if by_columns == 0 else ""
            faster = f"{theirs.over(ours):.1f} x convert"
            table.rows.append([theirs.name, spread(theirs.seconds), faster, at_least])
        clean()
        source.unlink()
    return table


def dcp(bench: Bench) -> Table:
    """Distributed checkpoints that four processes have columns of, beside cp of their files, and torch's own tool."""
    table = Table("Distributed checkpoints", ["command", "time", "ratio", "budget"])
    source, out, copy, other = (bench.path(name) for name in ("step", "out.safetensors", "copy", "other"))
    dcp_models.write_columns(source, bench.size)

    def clean() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        removing(out, other)()

    floor = Contender("cp -r step", ["cp", "-r", source, copy], clean)
    ours = bench.ours("convert step to safetensors", "convert", source, out, before=clean)
    contenders = [floor, ours]
    try:
        theirs = Contender("torch: dcp_to_torch_save", [libraries.python(), "-c", libraries.DCP, source, other], clean,
                           own_clock=True)
        contenders.append(theirs)
    except libraries.Missing as reason:
        table.notes.append(f"torch is not compared: it cannot be installed here: {reason}")
    bench.time(*contenders)
    table.rows += [[floor.name, spread(floor.seconds), "", ""], compared(ours, floor, "1.5")]
    if len(contenders) == 3:
        table.rows.append([theirs.name, spread(theirs.seconds), f"{theirs.over(ours):.1f} x convert", ""])
    clean()
    return table


PARTS: dict[str, Callable[[Bench], Table]] = {
    "convert": convert,
    "compute": compute,
    "merge": merge,
    "validate": validate,
    "statistics": statistics,
    "ztensor": ztensor,
    "npz": npz,
    "torch": torch,
    "dcp": dcp,
    "cold": from_disk,
    "pack-set": pack_set,
    "plan": plan,
    "urls": urls,
    "metadata": metadata,
    "memory": memory,
    "scaling": scaling,
    "jobs": jobs,
    "instructions": count_instructions,
    "libraries": compare_libraries,
}
