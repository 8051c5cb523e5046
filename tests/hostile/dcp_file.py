"""Distributed checkpoints of PyTorch, written by hand: the opcodes of an index, and files of items that lie
behind each other."""

import struct
from dataclasses import dataclass, field

from torch_file import (
    BUILD,
    EMPTY_DICT,
    EMPTY_TUPLE,
    FALSE,
    MARK,
    NEWOBJ,
    NONE,
    SETITEMS,
    STOP,
    Archive,
    Member,
    call,
    integer,
    many,
    mapping,
    name,
    pickle,
    storage,
    tensor,
    text,
)

Numbers = tuple[int, ...]
CLASSES = "torch.distributed.checkpoint.metadata"
FIRST, SECOND = "__0_0.distcp", "__1_0.distcp"


def listed(*items: bytes) -> bytes:
    return b"](" + b"".join(items) + b"e"


def made(class_name: str, state: bytes, module: str = CLASSES) -> bytes:
    return name(module, class_name) + EMPTY_TUPLE + NEWOBJ + state + BUILD


def size_of(numbers: Numbers) -> bytes:
    return call("torch", "Size", many(*map(integer, numbers)))


def entries(*pairs: tuple[bytes, bytes]) -> bytes:
    return EMPTY_DICT + MARK + b"".join(key + value for key, value in pairs) + SETITEMS


def chunk(offsets: Numbers, sizes: Numbers) -> bytes:
    return made("ChunkStorageMetadata", mapping(offsets=size_of(offsets), sizes=size_of(sizes)))


def properties(dtype: str = "float32", memory_format: bytes | None = None) -> bytes:
    if memory_format is None:
        memory_format = call("builtins", "getattr", name(CLASSES, "_MEM_FORMAT_ENCODING"), text("TORCH_CONTIGUOUS_FORMAT"))
    layout = call("torch.serialization", "_get_layout", text("torch.strided"))
    return made("TensorProperties", many(name("torch", dtype), layout, FALSE, memory_format, FALSE))


def stored(size: Numbers, *chunks: tuple[Numbers, Numbers], dtype: str = "float32") -> bytes:
    """A tensor of the state dict."""
    return made(
        "TensorStorageMetadata",
        mapping(properties=properties(dtype), size=size_of(size), chunks=listed(*(chunk(*one) for one in chunks))),
    )


def stored_object() -> bytes:
    return name(CLASSES, "BytesStorageMetadata") + EMPTY_TUPLE + NEWOBJ


def archive(root: bytes, data: bytes | None = None, crc: int | None = None) -> bytes:
    """What torch.save() writes, of a storage at most."""
    members = [Member("archive/data.pkl", pickle(root)), Member("archive/byteorder", b"little")]
    if data is not None:
        members.append(Member("archive/data/0", data, crc=crc))
    return Archive([*members, Member("archive/version", b"3\n")]).bytes()


def floats(size: Numbers, first: int = 0, crc: int | None = None) -> bytes:
    """An item of a chunk, of numbers that count."""
    count, strides = 1, []
    for dimension in reversed(size):
        strides.insert(0, count)
        count *= dimension
    data = struct.pack(f"<{count}f", *range(first, first + count))
    return archive(tensor(size, tuple(strides), of=storage(count=count)), data, crc)


@dataclass
class Item:
    """What lies in a file, and what the index says of it; what is None is as it should be."""

    key: str
    begin: Numbers | None  # of an object none
    content: bytes
    file: str = FIRST
    path: str | None = None
    offset: int | None = None
    length: int | None = None
    transforms: bytes | None = None


@dataclass
class Index:
    keys: list[tuple[bytes, bytes]]
    items: list[Item]
    ways: bytes = NONE
    more_items: list[tuple[bytes, bytes]] = field(default_factory=list)
    class_name: str = "Metadata"

    def files(self) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        places = []
        for item in self.items:
            before = files.get(item.file, b"")
            files[item.file] = before + item.content
            places.append((place(item.key, item.begin), where(item, len(before))))
        files[".metadata"] = self.pickle([*places, *self.more_items])
        return files

    def pickle(self, places: list[tuple[bytes, bytes]]) -> bytes:
        state = mapping(
            state_dict_metadata=entries(*self.keys), planner_data=self.ways, storage_data=entries(*places)
        )
        return b"\x80\x04" + made(self.class_name, state) + STOP


def place(key: str, begin: Numbers | None) -> bytes:
    state = {"fqn": text(key)}
    if begin is not None:
        state["offset"] = size_of(begin)
    return made("MetadataIndex", mapping(**state))


def where(item: Item, begin: int) -> bytes:
    state = {
        "relative_path": text(item.file if item.path is None else item.path),
        "offset": integer(begin if item.offset is None else item.offset),
        "length": integer(len(item.content) if item.length is None else item.length),
    }
    if item.transforms is not None:
        state["transform_descriptors"] = item.transforms
    return made("_StorageInfo", mapping(**state), "torch.distributed.checkpoint.filesystem")
