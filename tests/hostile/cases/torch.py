"""Checkpoints of PyTorch: what their pickles say, and where their bytes lie. Those that would run something
are in torch_calls.py."""

import struct
import zlib

from case import Table
from torch_file import (
    EMPTY_LIST,
    EMPTY_TUPLE,
    MARK,
    NONE,
    POP,
    SETITEM,
    STOP,
    VALUES,
    Archive,
    Member,
    call,
    checkpoint,
    integer,
    legacy,
    many,
    mapping,
    members,
    name,
    pickle,
    storage,
    tensor,
    text,
    whole,
)


def nested(depth: int) -> bytes:
    return EMPTY_LIST * depth + b"a" * (depth - 1)


def doubled(times: int, innermost: bytes) -> bytes:
    """Lists that each hold the one before twice: 2^times paths."""
    made = innermost + b"q\0"
    for i in range(times):
        before = b"h" + bytes([i])
        made += POP + EMPTY_LIST + MARK + before + before + b"e" + b"q" + bytes([i + 1])
    return made


def sound(table: Table) -> None:
    table.sound("good", "sound", checkpoint(mapping(w=tensor())))
    table.sound("good-legacy", "sound", legacy(mapping(w=tensor())))
    table.sound("good-legacy-protocol-3", "sound", legacy(mapping(w=tensor()), protocol=3))
    table.sound("good-legacy-protocol-4", "sound", legacy(mapping(w=tensor()), protocol=4))
    table.sound("no-crc", "sound", Archive([*members(mapping(w=tensor()))[:2], Member("m/data/0", VALUES, crc=0),
                                            Member("m/version", b"3\n")]).bytes())
    table.sound("stride-0", "sound", checkpoint(mapping(w=tensor(size=(1 << 12, 4), stride=(0, 1)))))
    table.sound("inert-class", "left alone", checkpoint(mapping(w=tensor(), a=name("a.b", "C") + EMPTY_TUPLE + b"\x81")))
    table.sound("in-itself", "sound", checkpoint(mapping(w=tensor(), l=EMPTY_LIST + b"q\0h\0a")))
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflated.compress(VALUES) + deflated.flush()
    table.sound("deflated", "sound", Archive([*members(mapping(w=tensor()))[:2],
                                              Member("m/data/0", VALUES, method=8, stored=packed),
                                              Member("m/version", b"3\n")]).bytes())


def tensors(table: Table) -> None:
    def bad(case: str, says: str, made: bytes) -> None:
        table.unreadable(case, says, checkpoint(mapping(w=made)))

    bad("outside-by-begin", "not inside of its storage", tensor(begin=1))
    bad("outside-by-stride", "not inside of its storage", tensor(size=(2, 2), stride=(4, 1)))
    bad("outside-by-overflow", "not inside of its storage", tensor(size=(3, 2), stride=(1 << 62, 1)))
    bad("begin-overflow", "not inside of its storage", tensor(begin=(1 << 63) - 1))
    bad("negative-begin", "as its offset", tensor(begin=-1))
    bad("negative-stride", "as its stride", tensor(stride=(-1,)))
    bad("negative-size", "as its size", tensor(size=(-1,)))
    bad("ranks-differ", "1 dimension and 2 strides", tensor(stride=(1, 1)))
    bad("rank", "rank of 65", tensor(size=(1,) * 65, stride=(1,) * 65))
    bad("size-overflow", "2^64", tensor(size=(1 << 40, 1 << 40), stride=(0, 0)))
    bad("no-storage", "as its storage", tensor(of=NONE))
    bad("few-arguments", "is made of 1 argument", call("torch._utils", "_rebuild_tensor_v2", storage()))
    bad("no-record", "which is not there", tensor(of=storage("1")))
    bad("path-as-key", "which is not there", tensor(of=storage("../../etc/passwd")))
    bad("storage-too-short", "and the pickle says 32", tensor(of=storage(count=8)))
    bad("storage-too-long", "and the pickle says 8", tensor(size=(2,), of=storage(count=2)))
    bad("storage-overflow", "elements", tensor(of=storage(count=(1 << 63) - 1)))
    bad("unknown-storage", "which is not known", tensor(of=storage(kind="OddStorage")))
    bad("two-types-of-a-storage", "is named with", many(tensor(), tensor(of=storage(kind="IntStorage"))))
    bad("setitem-on-tensor", "SETITEM on", tensor() + integer(0) + integer(1) + SETITEM)
    bad("state-of-tensor", "BUILD gives a state", tensor() + mapping() + b"b")
    table.unreadable("two-names", "several tensors have this name",
                     checkpoint(b"}" + text("a.b") + tensor() + SETITEM + text("a") + mapping(b=tensor()) + SETITEM))


def pickles(table: Table) -> None:
    table.unreadable("no-stop", "STOP", Archive(whole(b"\x80\x02}")).bytes())
    table.unreadable("empty-pickle", "", Archive(whole(b"")).bytes())
    table.unreadable("deep", "nested deeper", checkpoint(nested(30_000)))
    table.unreadable("many-paths", "more ways lead to its tensors", checkpoint(doubled(40, tensor())))
    table.sound("many-paths-to-nothing", "sound", checkpoint(mapping(w=tensor(), x=doubled(40, EMPTY_LIST))))
    table.unreadable("memo", "", checkpoint(b"]r\xff\xff\xff\xff"))
    table.fault("rest", "another pickle follows STOP", Archive(whole(pickle(mapping(w=tensor())) + pickle(NONE))).bytes())
    table.fault("left-over", "STOP", Archive(whole(b"\x80\x02N" + mapping(w=tensor()) + STOP)).bytes())
    table.fault("proto-twice", "PROTO", Archive(whole(b"\x80\x02\x80\x02" + mapping(w=tensor()) + STOP)).bytes())


def archives(table: Table) -> None:
    good = members(mapping(w=tensor()))
    pkl, order, data, version = good

    table.unreadable("two-pickles", "same name", Archive([*good, Member("m/data.pkl", pickle(NONE))]).bytes())
    table.unreadable("two-storages", "same name", Archive([*good, Member("m/data/0", VALUES[::-1])]).bytes())
    table.unreadable("other-local-name", "local header calls it",
                     Archive([Member("m/data.pkl", pkl.content, local_name="m/other.pkl"), order, data, version]).bytes())
    table.unreadable("other-local-method", "local header says method",
                     Archive([pkl, order, Member("m/data/0", VALUES, local_method=8), version]).bytes())
    table.unreadable("encrypted", "encrypted", Archive([Member("m/data.pkl", pkl.content, flags=1), *good[1:]]).bytes())
    table.unreadable("bzip2", "method 12", Archive([pkl, order, Member("m/data/0", VALUES, method=12), version]).bytes())
    table.unreadable("bomb-by-size", "cannot inflate",
                     Archive([Member("m/data.pkl", b"x", method=8, size=1 << 30), *good[1:]]).bytes())
    table.unreadable("wrong-crc-of-pickle", "CRC-32", Archive([Member("m/data.pkl", pkl.content, crc=1), *good[1:]]).bytes())
    table.weights("wrong-crc", "CRC-32", Archive([pkl, order, Member("m/data/0", VALUES, crc=1), version]).bytes())
    table.fault("wrong-count", "entries", Archive(good, count=3).bytes())
    table.fault("comment", "a comment", Archive(good, comment=b"hello").bytes())
    table.fault("behind-the-end", "behind its end record", Archive(good, behind=b"hello").bytes())
    table.fault("outside-of-the-folder", "lie outside", Archive([*good, Member("other/x", b"")]).bytes())
    table.fault("no-version", "without which", Archive(good[:3]).bytes())
    table.fault("future-version", "its version is 11", Archive([*good[:3], Member("m/version", b"11\n")]).bytes())
    table.unreadable("byte-order", "byte order", Archive([pkl, Member("m/byteorder", b"middle"), data, version]).bytes())
    table.unreadable("no-pickle", "", Archive(good[1:]).bytes())
    table.unreadable("cut", "no end of a zip archive", Archive(good).bytes()[:-40])
    table.sound("unnamed-storage", "not named by the pickle", Archive([*good, Member("m/data/1", VALUES)]).bytes())


def legacy_files(table: Table) -> None:
    good = mapping(w=tensor())
    table.unreadable("legacy-no-storage", "is not there", legacy(good, keys=EMPTY_LIST, data=b""))
    table.unreadable("legacy-unnamed-storage", "nobody knows", legacy(mapping()))
    table.unreadable("legacy-other-count", "and the pickle says 4", legacy(good, data=struct.pack("<q", 5) + VALUES))
    table.unreadable("legacy-cut", "the file ends before", legacy(good)[:-1])
    table.fault("legacy-behind", "belong to nothing", legacy(good) + b"x")
    table.unreadable("legacy-view-outside", "not inside of it",
                     legacy(mapping(w=tensor(of=many(text("storage"), name("torch", "FloatStorage"), text("0"),
                                                     text("cpu"), integer(4),
                                                     many(text("1"), integer(2), integer(3))) + b"Q"))))


def cases() -> Table:
    table = Table("pt")
    sound(table)
    tensors(table)
    pickles(table)
    archives(table)
    legacy_files(table)
    return table

