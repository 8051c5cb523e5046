"""Distributed checkpoints as torch writes them, without torch: classes of its names stand for what is pickled, so
that Python's own pickle has every opcode and every memo of a real index."""

import enum
import os
import pickle
import sys
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "hostile"))

from dcp_file import archive  # noqa: E402
from torch_file import storage, tensor  # noqa: E402

METADATA = "torch.distributed.checkpoint.metadata"
WIDTH = 2  # bytes of an element of BF16
ROWS = COLUMNS = 4096
PROCESSES = 4


class Made:
    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


def _class(module: str, name: str, base: type = Made) -> type:
    return type(name, (base,), {"__module__": module, "__qualname__": name})


class _Reduced:
    """What a call makes, or a global of that name."""

    def __init__(self, made: object) -> None:
        self._made = made

    def __reduce__(self) -> object:
        return self._made


Metadata = _class(METADATA, "Metadata")
TensorStorageMetadata = _class(METADATA, "TensorStorageMetadata")
ChunkStorageMetadata = _class(METADATA, "ChunkStorageMetadata")
MetadataIndex = _class(METADATA, "MetadataIndex")
StorageInfo = _class("torch.distributed.checkpoint.filesystem", "_StorageInfo")


class TensorProperties:
    def __getstate__(self) -> tuple:
        return DTYPE, _Reduced((GET_LAYOUT, ("torch.strided",))), False, MemoryFormat.TORCH_CONTIGUOUS_FORMAT, False


class Size(tuple):
    def __reduce__(self) -> tuple:
        return Size, (tuple(self),)


class MemoryFormat(enum.Enum):
    TORCH_CONTIGUOUS_FORMAT = 0


def GET_LAYOUT() -> None:  # noqa: N802
    pass


DTYPE = _Reduced("bfloat16")
DTYPE.__module__ = "torch"
NAMES = {
    TensorProperties: (METADATA, "TensorProperties"), Size: ("torch", "Size"),
    MemoryFormat: (METADATA, "_MEM_FORMAT_ENCODING"), GET_LAYOUT: ("torch.serialization", "_get_layout"),
}  # fmt: skip
for made, (module, name) in NAMES.items():
    made.__module__, made.__name__, made.__qualname__ = module, name, name


@contextmanager
def _modules() -> Iterator[None]:
    """Where pickle looks whether a name is what it says."""
    made = [Metadata, TensorStorageMetadata, ChunkStorageMetadata, MetadataIndex, StorageInfo, *NAMES]
    before = dict(sys.modules)
    try:
        for one in made:
            parts = one.__module__.split(".")
            for i in range(1, len(parts) + 1):
                sys.modules[".".join(parts[:i])] = types.ModuleType(".".join(parts[:i]))
        for one in made:
            setattr(sys.modules[one.__module__], one.__qualname__, one)
        sys.modules["torch"].bfloat16 = DTYPE
        yield
    finally:
        for name in set(sys.modules) - set(before):
            del sys.modules[name]
        sys.modules.update(before)


Stored = tuple[tuple[int, ...], tuple[int, ...], str, int, int]  # offsets, sizes, file, offset, length


def write_index(path: Path, tensors: Iterable[tuple[str, tuple[int, ...], list[Stored]]]) -> None:
    keys, items, paths = {}, {}, {}
    for key, size, chunks in tensors:
        paths[key] = (key,)
        keys[key] = TensorStorageMetadata(
            properties=TensorProperties(), size=Size(size),
            chunks=[ChunkStorageMetadata(offsets=Size(begin), sizes=Size(sizes)) for begin, sizes, *_ in chunks],
        )  # fmt: skip
        for number, (begin, _, file, offset, length) in enumerate(chunks):
            index = MetadataIndex(fqn=key, offset=Size(begin), index=number)
            items[index] = StorageInfo(relative_path=file, offset=offset, length=length)
    whole = Metadata(state_dict_metadata=keys, planner_data=paths, storage_data=items, storage_meta=None, version="1.0.0")
    with _modules(), open(path, "wb") as file:
        pickle.dump(whole, file, protocol=4)


def item(rows: int, columns: int, data: bytes) -> bytes:
    made = storage(count=rows * columns, kind="BFloat16Storage")
    return archive(tensor((rows, columns), (columns, 1), of=made), data)


def write_columns(directory: Path, size: int, processes: int = PROCESSES) -> None:
    """Matrices of random bytes, `size` of them, each divided by columns; of rows in a real model, too."""
    directory.mkdir()
    columns = COLUMNS // processes
    files = [open(directory / f"__{rank}_0.distcp", "wb") for rank in range(processes)]
    tensors = []
    for number in range(max(1, size // (ROWS * COLUMNS * WIDTH))):
        chunks: list[Stored] = []
        for rank, file in enumerate(files):
            content = item(ROWS, columns, os.urandom(ROWS * columns * WIDTH))
            chunks.append(((0, rank * columns), (ROWS, columns), Path(file.name).name, file.tell(), len(content)))
            file.write(content)
        tensors.append((f"layers.{number}.weight", (ROWS, COLUMNS), chunks))
    for file in files:
        file.close()
    write_index(directory / ".metadata", tensors)


def write_many_chunks(directory: Path, count: int, of_a_tensor: int = 1024) -> None:
    """An index alone, of tensors that many processes have rows of."""
    directory.mkdir()

    def tensors() -> Iterator[tuple[str, tuple[int, ...], list[Stored]]]:
        for number in range(count // of_a_tensor):
            yield f"layers.{number}.weight", (8 * of_a_tensor, 4096), [
                ((8 * rank, 0), (8, 4096), f"__{rank}_0.distcp", number * 67_072, 67_072) for rank in range(of_a_tensor)
            ]

    write_index(directory / ".metadata", tensors())
