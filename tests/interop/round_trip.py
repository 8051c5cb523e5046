"""The way there and back that every file of the tests goes."""

from collections.abc import Callable
from pathlib import Path

import aero
import matrix as directions
from matrix import Matrix
from models import Values
from tool import Tool


def listed(tool: Tool, model: Path) -> dict[str, Values]:
    return {name: Values(found.dtype, tuple(found.shape), found.data) for name, found in tool.tensors(model).items()}


def of_aero(model: "aero.AeroFile | aero.AeroSet") -> dict[str, Values]:
    return {tensor.name: Values(tensor.quant_name or tensor.dtype, tuple(tensor.shape), tensor.data())
            for tensor in model.tensors}


def hold(tool: Tool, matrix: Matrix, format_name: str, source: Path, tensors: dict[str, Values],
         agrees: Callable[[Path], None], max_shard_bytes: int = 1000) -> None:
    """`source` is what a library wrote `tensors` to; `agrees` asserts that the library reads them, and the
    metadata, from the file it is given."""
    dtypes = list(dict.fromkeys(values.dtype for values in tensors.values()))
    packed, parts, back = source.with_suffix(".aero"), source.with_suffix(".set"), source.with_stem("back")
    agrees(source)
    with matrix.cell(format_name, dtypes, directions.READ):
        assert listed(tool, source) == tensors
        tool.sound(source)
    with matrix.cell(format_name, dtypes, directions.AERO):
        options = ["--tensor-hash", "--page-hash=64KiB", "--control-hash"] if len(tensors) % 2 else []
        assert of_aero(tool.convert(source, packed, *options)) == tensors
        assert listed(tool, packed) == tensors
        tool.sound(packed)
    with matrix.cell(format_name, dtypes, directions.BACK):
        tool.convert(packed, back)
        agrees(back)
    with matrix.cell(format_name, dtypes, directions.BYTES):
        assert back.read_bytes() == source.read_bytes()
    with matrix.cell(format_name, dtypes, directions.SET):
        options = ["--max-shard-bytes", max_shard_bytes, "--max-part-shards", 2]
        assert of_aero(tool.pack_set(source, parts, *options)) == tensors
        tool.sound(parts)
        tool.convert(parts, back)
        assert back.read_bytes() == source.read_bytes()


def hold_folder(tool: Tool, matrix: Matrix, format_name: str, folder: Path, tensors: dict[str, Values]) -> None:
    """A model in several files, by way of an AERO file and of an AEROSET: the same files again."""
    dtypes = list(dict.fromkeys(values.dtype for values in tensors.values()))
    target = {"safetensors": "safetensors", "GGUF": "gguf"}[format_name]
    packed, parts = folder.with_suffix(".aero"), folder.with_suffix(".set")
    with matrix.cell(format_name, dtypes, directions.FOLDER):
        assert listed(tool, folder) == tensors
        tool.sound(folder)
        assert of_aero(tool.convert(folder, packed)) == tensors
        assert of_aero(tool.pack_set(folder, parts, "--max-shard-bytes", 5000, "--max-part-shards", 2)) == tensors
        for model in (packed, parts):
            back = model.with_suffix(model.suffix + ".back")
            back.mkdir()
            tool.convert(model, back, "--to", target)
            assert files_of(back) == files_of(folder)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
