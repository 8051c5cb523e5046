"""Distributed checkpoints of PyTorch: what their index says, and how it and the files agree; and indexes that
would run something, of which nothing is run (the suite looks for CANARY, as for those of torch_calls.py)."""

from collections.abc import Callable
from pathlib import Path

from case import Case, Table, Verdict
from cases.torch_calls import CALLS, SYSTEM, in_other_ways
from dcp_file import (
    FIRST,
    SECOND,
    Index,
    Item,
    Numbers,
    archive,
    chunk,
    entries,
    floats,
    listed,
    made,
    place,
    properties,
    size_of,
    stored,
    stored_object,
    where,
)
from torch_file import EMPTY_DICT, EMPTY_TUPLE, NEWOBJ, NONE, STOP, integer, many, mapping, name, tensor, text

VECTORS = Path(__file__).resolve().parents[3] / "tests/data/dcp"
TOP, BOTTOM = ((0, 0), (2, 3)), ((2, 0), (2, 3))
SIZE = (4, 3)
Chunk = tuple[Numbers, Numbers]


def rows(**change: object) -> list[Item]:
    """The items of `a`, of two processes; `change` is of the second."""
    second = Item("a", (2, 0), floats((2, 3), 6), SECOND)
    for key, value in change.items():
        setattr(second, key, value)
    return [Item("a", (0, 0), floats((2, 3))), second]


def number(value: int = 7) -> Item:
    return Item("n", None, archive(integer(value)))


def index(*chunks: Chunk, size: Numbers = SIZE, items: list[Item] | None = None, **more: object) -> Index:
    """A tensor, and an object beside it."""
    keys = [(text("a"), stored(size, *(chunks or (TOP, BOTTOM)))), (text("n"), stored_object())]
    return Index(keys, [*(rows() if items is None else items), number()], **more)


def cut(*chunks: Chunk, size: Numbers = SIZE) -> Index:
    """Cut so, with an item for each chunk."""
    items = [Item("a", begin, floats(sizes)) for begin, sizes in chunks]
    return index(*chunks, size=size, items=items)


def raw(**change: bytes) -> dict[str, bytes]:
    """The state of Metadata with another attribute, or without one."""
    good = index()
    files = good.files()
    places = [
        (place(item.key, item.begin), where(item, 0 if item.file == SECOND or item.key == "a" else len(good.items[0].content)))
        for item in good.items
    ]
    state = {
        "state_dict_metadata": entries(*good.keys), "planner_data": NONE, "storage_data": entries(*places), **change,
    }  # fmt: skip
    made_of = mapping(**{key: value for key, value in state.items() if value})
    return {**files, ".metadata": b"\x80\x04" + made("Metadata", made_of) + STOP}


def replaced(metadata: bytes | Callable[[bytes], bytes]) -> dict[str, bytes]:
    files = index().files()
    files[".metadata"] = metadata(files[".metadata"]) if callable(metadata) else metadata
    return files


def without(name_of: str) -> dict[str, bytes]:
    return {key: content for key, content in index().files().items() if key != name_of}


class Cases:
    def __init__(self) -> None:
        self.table = Table("dcp")

    def add(
        self, called: str, verdict: Verdict, says: str, files: Index | dict[str, bytes], carried: bool = False
    ) -> None:
        made_of = files.files() if isinstance(files, Index) else files
        # Where there is no index, it is the directory.
        model = next((key for key in (".metadata", "__0.metadata") if key in made_of), None)
        self.table.cases.append(Case(f"{called}.dcp", verdict, says, files=dict(made_of), model=model, carried=carried))

    def unreadable(self, called: str, says: str, files: Index | dict[str, bytes]) -> None:
        self.add(called, Verdict.UNREADABLE, says, files)

    def fault(self, called: str, says: str, files: Index | dict[str, bytes]) -> None:
        self.add(called, Verdict.FAULT, says, files)

    def sound(self, called: str, files: Index | dict[str, bytes], says: str = "sound") -> None:
        self.add(called, Verdict.SOUND, says, files)


def sound(t: Cases) -> None:
    t.sound("good", index())
    t.sound("attributes-in-another-order", raw())
    t.sound("empty-chunk", cut(TOP, BOTTOM, ((4, 0), (0, 3))))
    t.sound("grid", cut(((0, 0), (4, 1)), ((0, 1), (1, 2)), ((1, 1), (3, 2))))
    t.sound("in-no-order", cut(BOTTOM, TOP))
    t.sound("no-elements", cut(((0, 0), (0, 3)), size=(0, 3)))
    t.sound("scalar", cut(((), ()), size=()))
    t.sound("columns", index(items=rows(content=archive(
        tensor((2, 3), (1, 2), of=many(text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"),
                                       integer(6)) + b"Q"), bytes(24)))))
    t.sound("an-unnamed-file", {**index().files(), "__7_0.distcp": floats((1,))}, "does not name")
    parts = {
        f"__{rank}.metadata": Index([(text("a"), stored(SIZE, one))], [rows()[rank]]).files()[".metadata"]
        for rank, one in enumerate((TOP, BOTTOM))
    }
    t.sound("an-index-of-each-process", {**without(".metadata"), **parts})
    t.unreadable("an-index-of-a-process-missing", "is missing",
                 {**without(".metadata"), "__0.metadata": parts["__0.metadata"], "__2.metadata": parts["__1.metadata"]})
    t.unreadable("processes-disagree", "different processes",
                 {**without(".metadata"), "__0.metadata": parts["__0.metadata"],
                  "__1.metadata": Index([(text("a"), stored((5, 3), BOTTOM))], [rows()[1]]).files()[".metadata"]})
    # An item may have a name that means something elsewhere.
    t.sound("old-modules", replaced(lambda pickle: pickle.replace(b"torch.distributed.checkpoint.metadata",
                                                                  b"torch.distributed._shard.checkpoint.metadata")))


def chunks(t: Cases) -> None:
    bad = t.unreadable
    bad("overlap", "share elements", cut(TOP, ((1, 0), (3, 3))))
    bad("overlap-with-a-hole", "share elements", cut(TOP, ((1, 0), (2, 3))))
    bad("same-chunk-twice", "", cut(TOP, TOP))
    bad("hole", "of its 12 elements", cut(TOP, ((3, 0), (1, 3))))
    bad("no-chunks", "of its 12 elements", Index([(text("a"), stored(SIZE)), (text("n"), stored_object())], [number()]))
    bad("size-lies", "of its 15 elements", index(size=(5, 3)))
    bad("outside", "is not inside of", cut(TOP, ((2, 0), (3, 3))))
    bad("begins-outside", "is not inside of", cut(TOP, BOTTOM, ((5, 0), (0, 3))))
    bad("negative-offset", "is not inside of", index(TOP, BOTTOM, ((-1, 0), (1, 3))))
    bad("negative-size-of-chunk", "is not inside of", index(TOP, BOTTOM, ((0, 0), (-1, 3))))
    bad("end-overflows", "is not inside of", index(TOP, (((1 << 63) - 1, 0), ((1 << 63) - 1, 3))))
    bad("negative-size", "", index(size=(-4, 3)))
    bad("product-overflows", "", index((((0, 0)), (1 << 40, 1 << 40)), size=(1 << 40, 1 << 40)))
    bad("ranks-differ", "dimension", index(TOP, ((2, 0, 0), (2, 3, 1))))
    bad("chunk-of-two-ranks", "2 offsets and 1 size", index(TOP, ((2, 0), (2,))))
    bad("rank-of-65", "65", index(((0,) * 65, (1,) * 65), size=(1,) * 65))
    bad("unknown-dtype", "which is not known", Index([(text("a"), stored(SIZE, TOP, BOTTOM, dtype="float31"))], rows()))
    bad("quantized-dtype", "is quantized", Index([(text("a"), stored(SIZE, TOP, BOTTOM, dtype="qint8"))], rows()))


def places(t: Cases) -> None:
    t.unreadable("no-item", "has no entry", index(items=rows()[:1]))
    t.fault("no-object", "has no entry", Index([(text("a"), stored(SIZE, TOP, BOTTOM)), (text("n"), stored_object())], rows()))
    t.fault("item-of-nothing", "nothing is made of", index(more_items=[
        (place("b", (0, 0)), where(Item("b", (0, 0), b"", FIRST, offset=0, length=10), 0))]))
    t.unreadable("two-items-of-a-chunk", "has two items", index(items=[*rows(), rows()[1]]))
    t.fault("file-missing", "", without(SECOND))
    for called, length in (("offset-behind-the-file", 0), ("length-behind-the-file", 1)):
        change = {"length": 1 << 30} if length else {"offset": 1 << 30}
        t.fault(called, "and the file has", index(items=rows(**change)))
    t.fault("offset-overflows", "and the file has", index(items=rows(offset=(1 << 63) - 1)))
    t.fault("offset-negative", "and the file has", index(items=rows(offset=-1)))
    t.fault("length-of-2-to-the-64", "and the file has", index(items=rows(length=(1 << 64) - 1)))
    t.fault("item-too-short", "", index(items=rows(length=100)))
    t.fault("item-of-no-bytes", "", index(items=rows(length=0)))
    t.fault("item-a-byte-late", "", index(items=rows(offset=1, length=len(floats((2, 3))) - 1)))
    for called, path in (
        ("path-up", "../" + SECOND), ("path-absolute", "/etc/passwd"), ("path-device", "/dev/zero"),
        ("path-with-a-slash", "x/" + SECOND), ("path-empty", ""), ("path-dot", "."), ("path-nul", SECOND + "\0"),
        ("path-of-the-index", ".metadata"), ("path-of-terminal-escapes", "\x1b[2J\u009b"),
    ):  # fmt: skip
        t.fault(called, "", index(items=rows(path=path)))
    t.fault("transform-unknown", "stream.lz9/1", index(items=rows(transforms=listed(text("stream.lz9/1")))))
    two = listed(text("stream.zstd/1"), text("stream.zstd/1"))
    t.fault("transforms-two", "which is not read", index(items=rows(transforms=two)))
    t.fault("transform-not-done", "no sound zstd frame", index(items=rows(transforms=listed(text("stream.zstd/1")))))


def items(t: Cases) -> None:
    def bad(called: str, says: str, content: bytes, verdict: Verdict = Verdict.FAULT) -> None:
        carried = verdict == Verdict.WEIGHTS  # torch writes sums that it does not compare, and whoever copies does not
        t.add(called, verdict, says, index(items=rows(content=content)), carried)

    bad("item-of-another-shape", "and the index says", floats((3, 2)))
    bad("item-of-another-dtype", "and the index says", archive(tensor((2, 3), (3, 1), of=many(
        text("storage"), name("torch", "IntStorage"), text("0"), text("cpu"), integer(6)) + b"Q"), bytes(24)))
    bad("item-of-two-tensors", "something else than one tensor",
        archive(many(tensor(), tensor()), bytes(16)))
    bad("item-an-object", "something else than one tensor", archive(integer(1)))
    bad("item-nothing", "", bytes(100))
    bad("item-a-pickle", "", b"\x80\x02N.")
    bad("item-wrong-crc", "CRC-32", floats((2, 3), 6, crc=1), Verdict.WEIGHTS)
    bad("item-outside-of-its-storage", "not inside of its storage", archive(tensor((2, 3), (3, 1), 1, of=many(
        text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), integer(6)) + b"Q"), bytes(24)))
    bad("item-would-run", "os.system", archive(many(tensor(), SYSTEM), bytes(16)))
    t.add("object-would-run", Verdict.WRONG, "os.system",
          Index([(text("a"), stored(SIZE, TOP, BOTTOM)), (text("n"), stored_object())],
                [*rows(), Item("n", None, archive(SYSTEM))]))
    t.add("object-is-no-archive", Verdict.WRONG, "",
          Index([(text("a"), stored(SIZE, TOP, BOTTOM)), (text("n"), stored_object())],
                [*rows(), Item("n", None, b"hello")]))


def pickles(t: Cases) -> None:
    t.add("unfinished", Verdict.NOTHING, "unfinished", {**without(".metadata"), ".metadata.tmp": index().files()[".metadata"]})
    t.add("no-index", Verdict.NOTHING, "unfinished", without(".metadata"))
    t.unreadable("index-empty", "", replaced(b""))
    t.unreadable("index-cut", "", replaced(lambda pickle: pickle[:-40]))
    t.unreadable("index-no-stop", "STOP", replaced(lambda pickle: pickle[:-1]))
    t.unreadable("index-of-nothing", "not of an index", replaced(b"\x80\x04N."))
    t.unreadable("index-a-dict", "not of an index", replaced(b"\x80\x04}."))
    t.fault("index-and-more", "follows STOP", replaced(lambda pickle: pickle + b"\x80\x04N."))
    t.unreadable("index-json", "", replaced(b"{}"))
    t.unreadable("key-twice", "is there twice",
                 Index([(text("a"), stored(SIZE, TOP, BOTTOM))] * 2, rows()))
    t.unreadable("key-a-number", "a key of the state dict is", Index([(integer(1), stored(SIZE, TOP, BOTTOM))], rows()))
    t.unreadable("key-of-a-number", "under the key", Index([(text("a"), stored(SIZE, TOP, BOTTOM)), (text("n"), integer(1))], rows()))
    t.unreadable("no-keys", "state_dict_metadata", raw(state_dict_metadata=b""))
    t.unreadable("keys-a-list", "state_dict_metadata", raw(state_dict_metadata=b"]"))
    t.unreadable("no-items", "storage_data", raw(storage_data=b""))
    t.unreadable("items-a-list", "storage_data", raw(storage_data=b"]"))
    t.unreadable("items-of-numbers", "", raw(storage_data=entries((integer(1), integer(2)))))
    t.sound("ways-of-unknown-keys", raw(planner_data=mapping(x=many(text("model"), text("x")))))
    t.sound("ways-a-number", raw(planner_data=integer(1)))

    def keys(called: str, says: str, value: bytes) -> None:
        t.unreadable(called, says, raw(state_dict_metadata=entries((text("a"), value))))

    size = size_of(SIZE)
    keys("tensor-no-chunks", "has no 'chunks'", made("TensorStorageMetadata", mapping(properties=properties(), size=size)))
    keys("tensor-no-size", "has no 'size'", made("TensorStorageMetadata", mapping(properties=properties(), chunks=listed(chunk(*TOP)))))
    keys("tensor-no-properties", "has no 'properties'", made("TensorStorageMetadata", mapping(size=size, chunks=listed(chunk(*TOP)))))
    keys("tensor-chunks-of-numbers", "as a chunk",
         made("TensorStorageMetadata", mapping(properties=properties(), size=size, chunks=listed(integer(1)))))
    keys("tensor-size-a-number", "", made("TensorStorageMetadata", mapping(properties=properties(), size=integer(4), chunks=b"]")))
    keys("tensor-size-of-texts", "", made("TensorStorageMetadata", mapping(properties=properties(), size=many(text("4")), chunks=b"]")))
    keys("tensor-state-a-tuple", "has no attributes", made("TensorStorageMetadata", many(integer(1))))
    keys("tensor-in-itself", "", name("torch.distributed.checkpoint.metadata", "TensorStorageMetadata") + EMPTY_TUPLE + NEWOBJ
         + b"q\0" + mapping(properties=properties(), size=size, chunks=b"](h\0e") + b"b")
    keys("dtype-a-number", "as its dtype", made("TensorStorageMetadata", mapping(
        properties=made("TensorProperties", many(integer(1))), size=size, chunks=b"]")))
    keys("chunk-no-sizes", "has no 'sizes'", made("TensorStorageMetadata", mapping(
        properties=properties(), size=size, chunks=listed(made("ChunkStorageMetadata", mapping(offsets=size))))))

    def harms(called: str, says: str, value: bytes) -> None:
        """What would run something stands in the dict of keys, behind what is right."""
        t.unreadable(called, says, raw(more=value))

    for called, value in CALLS.items():
        harms(f"calls-{called.replace('.', '-')}", called, value)
    for called, value in in_other_ways().items():
        harms(f"calls-{called}", "", value)
    harms("getattr-of-os", "getattr", b"cbuiltins\ngetattr\n" + many(name("os", "path"), text("join")) + b"R")
    harms("getattr-of-torch", "getattr", b"cbuiltins\ngetattr\n" + many(name("torch", "float32"), text("x")) + b"R")
    harms("unknown-global", "evil.Thing", name("evil", "Thing"))
    harms("unknown-object", "evil.Thing", name("evil", "Thing") + EMPTY_TUPLE + NEWOBJ + EMPTY_DICT + b"b")
    harms("dtype-called", "", name("torch", "float32") + EMPTY_TUPLE + b"R")
    t.unreadable("calls-first", "os.system", replaced(lambda pickle: b"\x80\x04" + SYSTEM + b"0" + pickle[2:]))
    t.add("calls-in-a-second-pickle", Verdict.WRONG, "", replaced(lambda pickle: pickle + b"\x80\x02" + SYSTEM + STOP))
    t.unreadable("calls-and-nonsense", "os.system", replaced(b"\x80\x04" + SYSTEM + b"\xff\xff"))
    t.unreadable("names-and-nonsense", "os.system", replaced(b"\x80\x04" + name("os", "system") + b"\xff\xff"))


def vectors(t: Cases) -> None:
    """The project's, of which each has the files of one that is sound."""
    good = {path.name: path.read_bytes() for path in (VECTORS / "dim0").iterdir()}
    t.sound("vector", good)
    for bad in sorted((VECTORS / "bad").glob("*.metadata")):
        t.add(f"vector-{bad.stem}", Verdict.WRONG, "", {**good, ".metadata": bad.read_bytes()})
    t.add("vector-no-metadata", Verdict.NOTHING, "unfinished",
          {key: content for key, content in good.items() if key != ".metadata"})
    t.fault("vector-file-missing", "is missing", {key: content for key, content in good.items() if key != SECOND})


def cases() -> Table:
    t = Cases()
    sound(t)
    chunks(t)
    places(t)
    items(t)
    pickles(t)
    vectors(t)
    return t.table
