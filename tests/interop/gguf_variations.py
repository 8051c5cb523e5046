"""GGUF files that are odd or wrong: written by hand, each with a name, and mutated at random from a sound
one. Whether they are sound is not said here."""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import gguf

Named = Iterator[tuple[str, bytes]]

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
WIDTHS = {U8: 1, I8: 1, U16: 2, I16: 2, U32: 4, I32: 4, F32: 4, BOOL: 1, U64: 8, I64: 8, F64: 8}
ODD_TEXT = {"empty": b"", "a NUL": b"a\0b", "not UTF-8": b"a\xffb", "a surrogate": b"\xed\xa0\x80",
            "white space": b" \n", "beyond the BMP": "\U0001f600".encode()}
ODD_NUMBERS = [0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 64, 255, 2**16, 2**31, 2**32 - 1, 2**32, 2**61, 2**62,
               2**63 - 1, 2**63, 2**64 - 32, 2**64 - 1]
DEFAULT_ALIGNMENT = 32


def u32(value: int) -> bytes:
    return (value % 2**32).to_bytes(4, "little")


def u64(value: int) -> bytes:
    return (value % 2**64).to_bytes(8, "little")


def text(value: bytes, length: int | None = None) -> list[bytes]:
    return [u64(len(value) if length is None else length), value]


def pair(key: bytes, kind: int, *value: bytes) -> list[bytes]:
    return [*text(key), u32(kind), *value]


def array(element: int, count: int, *values: bytes) -> list[bytes]:
    return [u32(element), u64(count), *values]


def info(name: bytes, dims: list[int], kind: int, offset: int, rank: int | None = None) -> list[bytes]:
    return [*text(name), u32(len(dims) if rank is None else rank), *map(u64, dims), u32(kind), u64(offset)]


ARCHITECTURE = pair(b"general.architecture", STRING, *text(b"llama"))


@dataclass
class Model:
    """A file in the pieces that a mutation may take it into; sound unless told otherwise."""
    pairs: list[list[bytes]] = field(default_factory=lambda: [ARCHITECTURE])
    infos: list[list[bytes]] = field(default_factory=lambda: [info(b"a", [2], 0, 0)])
    data: bytes = bytes(range(32))
    magic: bytes = b"GGUF"
    version: int = 3
    tensor_count: int | None = None
    pair_count: int | None = None
    alignment: int = DEFAULT_ALIGNMENT

    def head(self) -> list[bytes]:
        tensors = len(self.infos) if self.tensor_count is None else self.tensor_count
        pairs = len(self.pairs) if self.pair_count is None else self.pair_count
        return [self.magic, u32(self.version), u64(tensors), u64(pairs),
                *(piece for pieces in self.pairs + self.infos for piece in pieces)]

    def file(self) -> bytes:
        return with_data(self.head(), self.data, self.alignment)


def with_data(head: list[bytes], data: bytes, alignment: int = DEFAULT_ALIGNMENT) -> bytes:
    joined = b"".join(head)
    return joined + bytes(-len(joined) % alignment) + data


def with_pairs(*pairs: list[bytes], **options) -> bytes:
    return Model(pairs=[ARCHITECTURE, *pairs], **options).file()


def with_infos(*infos: list[bytes], data: bytes = bytes(range(128)), **options) -> bytes:
    return Model(infos=list(infos), data=data, **options).file()


def headers() -> Named:
    whole = Model().file()
    for size in range(len(whole) + 1):
        yield f"the first {size} bytes", whole[:size]
    for size in (1, 31, 32, 33):
        yield f"{size} bytes more", whole + bytes(size)
        yield f"{size} odd bytes more", whole + b"\xff" * size
    for magic in (b"GGUF", b"gguf", b"FUGG", b"GGML", b"GGJT", b"\0\0\0\0"):
        yield f"magic {magic!r}", Model(magic=magic).file()
    for version in (0, 1, 2, 3, 4, 2**16, 2 * 2**24, 3 * 2**24, 3 + 2**16, 2**32 - 1):
        yield f"version {version}", Model(version=version).file()
    for count in (0, 1, 2, 3, 2**32 + 1, 2**63, 2**64 - 1):
        yield f"{count} for 1 tensor", Model(tensor_count=count).file()
        yield f"{count} for 1 pair", Model(pair_count=count).file()
    yield "nothing in it", Model(pairs=[], infos=[], data=b"").file()
    yield "nothing in it and no padding", b"".join(Model(pairs=[], infos=[], data=b"").head())
    yield "no tensors", Model(infos=[], data=b"").file()
    yield "no tensors and no padding", b"".join(Model(infos=[], data=b"").head())
    yield "no tensors, but data", Model(infos=[]).file()
    yield "odd padding behind the head", b"".join(Model().head()).ljust(128, b"\xff") + bytes(32)
    yield "big-endian", struct.pack(">4sIQQ", b"GGUF", 3, 0, 0)


def values() -> Named:
    for kind in range(15):
        for size in range(13):
            yield f"type {kind} of {size} zeros", with_pairs(pair(b"k", kind, bytes(size)))
            yield f"type {kind} of {size} bytes, at the end", b"".join(Model(
                pairs=[pair(b"k", kind, b"\x01" * size)], infos=[]).head())
            yield f"an empty array of {kind}, {size} bytes more", with_pairs(
                pair(b"k", ARRAY, *array(kind, 0), bytes(size)))
        for count in (1, 2, 3, 100, 2**30, 2**31, 2**61, 2**63, 2**64 - 1):
            yield f"an array of {count} of {kind}", with_pairs(
                pair(b"k", ARRAY, *array(kind, count, bytes(24))))
    for kind in (2**31, 2**32 - 1):
        yield f"type {kind}", with_pairs(pair(b"k", kind, bytes(8)))
        yield f"an array of {kind}", with_pairs(pair(b"k", ARRAY, *array(kind, 1, bytes(8))))
    for value in (0, 1, 2, 127, 128, 255):
        yield f"boolean {value}", with_pairs(pair(b"k", BOOL, bytes([value])))
        yield f"array of booleans with {value}", with_pairs(
            pair(b"k", ARRAY, *array(BOOL, 2, bytes([1, value]))))
    for kind, width in WIDTHS.items():
        for value in (b"\0", b"\x01", b"\x7f", b"\x80", b"\xff"):
            if kind != BOOL:
                yield f"type {kind} of {value!r}", with_pairs(pair(b"k", kind, value * width))
                yield f"array of type {kind} of {value!r}", with_pairs(
                    pair(b"k", ARRAY, *array(kind, 3, value * width * 3)))
    for name, value in ODD_TEXT.items():
        yield f"text: {name}", with_pairs(pair(b"k", STRING, *text(value)))
        yield f"array of text: {name}", with_pairs(
            pair(b"k", ARRAY, *array(STRING, 2, *text(value), *text(b"x"))))
        yield f"key: {name}", with_pairs(pair(value, U8, b"\1"))
    for length in ODD_NUMBERS:
        yield f"text of length {length}", with_pairs(pair(b"k", STRING, *text(b"x" * 40, length)))
        yield f"key of length {length}", with_pairs([u64(length), b"k" * 8, u32(U8), b"\1"])
        yield f"array of text of length {length}", with_pairs(
            pair(b"k", ARRAY, *array(STRING, 1, *text(b"x" * 40, length))))
    for levels in (1, 2, 3, 15, 16, 17, 18, 100):
        nested = array(U16, 2, b"\1\2\3\4")
        for _ in range(levels - 1):
            nested = array(ARRAY, 1, *nested)
        yield f"{levels} levels of arrays", with_pairs(pair(b"k", ARRAY, *nested))
    yield "arrays of different types in an array", with_pairs(
        pair(b"k", ARRAY, *array(ARRAY, 3, *array(U8, 1, b"\7"), *array(STRING, 1, *text(b"x")),
                                 *array(ARRAY, 0))))
    yield "a key twice, the same", with_pairs(pair(b"k", U8, b"\1"), pair(b"k", U8, b"\1"))
    yield "a key twice", with_pairs(pair(b"k", U8, b"\1"), pair(b"k", STRING, *text(b"x")))
    yield "a key of 65535 bytes", with_pairs(pair(b"k" * 65535, U8, b"\1"))
    yield "a key of 65536 bytes", with_pairs(pair(b"k" * 65536, U8, b"\1"))
    for key in ("version", "tensor_count", "kv_count", "other"):
        yield f"the key GGUF.{key}", with_pairs(pair(f"GGUF.{key}".encode(), U8, b"\1"))


def alignments() -> Named:
    key = b"general.alignment"
    for value in (0, 1, 2, 3, 4, 8, 16, 24, 31, 32, 33, 64, 128, 4096, 2**20, 2**31, 2**32 - 1):
        given = min(max(value, 1), 2**20)
        for tensors in (True, False):
            yield f"alignment {value}, {'a tensor' if tensors else 'no tensors'}", with_pairs(
                pair(key, U32, u32(value)), alignment=given,
                **({} if tensors else {"infos": [], "data": b""}))
        yield f"alignment {value}, and not kept", with_pairs(pair(key, U32, u32(value)))
    for kind, width in WIDTHS.items():
        yield f"alignment 32 as type {kind}", with_pairs(pair(key, kind, (32).to_bytes(width, "little")))
    yield "alignment as text", with_pairs(pair(key, STRING, *text(b"32")))
    yield "alignment as an array", with_pairs(pair(key, ARRAY, *array(U32, 1, u32(32))))
    yield "alignment twice", with_pairs(pair(key, U32, u32(32)), pair(key, U32, u32(64)))


def tensors() -> Named:
    f32, f16, q8 = 0, 1, 8
    for rank in range(7):
        yield f"{rank} dimensions", with_infos(info(b"a", [2, 1, 3, 1, 1, 1][:rank], f32, 0), data=bytes(32))
        yield f"{rank} dimensions of blocks", with_infos(info(b"a", [32, 2, 1, 1, 1, 1][:rank], q8, 0),
                                                         data=bytes(96))
    for rank in (2, 255, 2**31, 2**32 - 1):
        yield f"rank {rank} of 1 dimension", with_infos(info(b"a", [2], f32, 0, rank))
    for kind in range(48):
        elements, size = gguf.GGML_QUANT_SIZES.get(kind, (32, 18)) if kind != 9 else (32, 36)
        for row in {0, 1, elements - 1, elements, elements + 1}:
            for dims in ([row], [row, 3], [3, row], [0, row], []):
                data = bytes(range(7)) * (prod(dims) * size // elements // 7 + 1)
                data = data[:prod(dims) * size // elements]
                data += bytes(-len(data) % DEFAULT_ALIGNMENT)
                yield f"ggml type {kind} of {dims}", with_infos(info(b"a", dims, kind, 0), data=data)
    for kind in (2**31, 2**32 - 1, 1000):
        yield f"ggml type {kind}", with_infos(info(b"a", [32], kind, 0))
    for number in ODD_NUMBERS:
        for dims in ([number], [number, 0], [0, number], [number, number], [number, number, 0], [2, number]):
            yield f"F32 of {dims}", with_infos(info(b"a", dims, f32, 0), data=bytes(128))
        yield f"offset {number}", with_infos(info(b"a", [2], f32, number))
        yield f"offset {number} of nothing", with_infos(info(b"a", [0], f32, number))
        yield f"the second at {number}", with_infos(info(b"a", [2], f32, 0), info(b"b", [5], f16, number))
        yield f"the second at {number}, nothing", with_infos(info(b"a", [2], f32, 0),
                                                             info(b"b", [0], f16, number))
        yield f"the first at {number}, the second at 0", with_infos(info(b"a", [2], f32, number),
                                                                    info(b"b", [5], f16, 0))
    yield "two at one place", with_infos(info(b"a", [2], f32, 0), info(b"b", [2], f32, 0))
    yield "one inside another", with_infos(info(b"a", [32], f32, 0), info(b"b", [2], f32, 64))
    yield "a hole", with_infos(info(b"a", [2], f32, 0), info(b"b", [2], f32, 64))
    yield "out of order", with_infos(info(b"a", [2], f32, 32), info(b"b", [2], f32, 0))
    yield "odd padding", with_infos(info(b"a", [2], f32, 0), info(b"b", [2], f32, 32), data=b"\xff" * 64)
    yield "no padding at the end", with_infos(info(b"a", [2], f32, 0), data=bytes(8))
    yield "a byte too few", with_infos(info(b"a", [2], f32, 0), data=bytes(7))
    for name, value in ODD_TEXT.items():
        yield f"tensor name: {name}", with_infos(info(value, [2], f32, 0))
    for size in (1, 63, 64, 65, 4095, 4096, 4097, 70_000):
        yield f"tensor name of {size} bytes", with_infos(info(b"n" * size, [2], f32, 0))
    yield "a tensor twice", with_infos(info(b"a", [2], f32, 0), info(b"a", [2], f32, 32))
    yield "a tensor twice, with nothing in it", with_infos(info(b"a", [0], f32, 0), info(b"a", [0], f32, 0))


def written_by_hand() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for variations in (headers, values, alignments, tensors):
        for name, data in variations():
            assert files.setdefault(name, data) == data, name
    return files


def sound() -> Model:
    q8, f16, bf16, iq4, f32 = 8, 1, 30, 20, 0
    return Model(pairs=[ARCHITECTURE, pair(b"general.alignment", U32, u32(32)), pair(b"k.bool", BOOL, b"\1"),
                        pair(b"k.text", STRING, *text("größe".encode())),
                        pair(b"k.f64", F64, struct.pack("<d", 0.1)),
                        pair(b"k.tokens", ARRAY, *array(STRING, 3, *text(b"a"), *text(b""), *text(b"\xc3"))),
                        pair(b"k.i16", ARRAY, *array(I16, 3, b"\1\2\3\4\5\6")), pair(b"k.i8", I8, b"\x80"),
                        pair(b"k.nested", ARRAY, *array(ARRAY, 2, *array(U8, 1, b"\7"), *array(U8, 0)))],
                 infos=[info(b"a.weight", [32, 2], q8, 0), info(b"b", [5], f16, 96),
                        info(b"c", [2, 3], bf16, 128), info(b"d", [3, 0], f32, 160),
                        info(b"e", [32, 1, 1], iq4, 160), info(b"f", [], f32, 192)],
                 data=bytes(range(224)))


def mutate_bytes(rng: random.Random, head: list[bytes]) -> list[bytes]:
    mutated = bytearray(b"".join(head))
    for _ in range(rng.choice([1, 1, 2, 3])):
        place = rng.randrange(4, len(mutated))
        match rng.randrange(4):
            case 0:
                mutated[place] ^= 1 << rng.randrange(8)
            case 1:
                mutated[place] = rng.choice(b"\0\1\2\3\4\7\x08\x1f\x20\x7f\x80\xff")
            case 2:
                mutated[place] = (mutated[place] + rng.choice([-1, 1])) % 256
            case 3:
                if rng.randrange(2):
                    mutated.insert(place, rng.randrange(256))
                else:
                    del mutated[place]
    return [bytes(mutated)]


def mutate_pieces(rng: random.Random, head: list[bytes]) -> list[bytes]:
    """Other numbers of the same width, other text of the same and of another length."""
    mutated = list(head)
    for _ in range(rng.choice([1, 1, 2, 3])):
        place = rng.randrange(1, len(mutated))
        piece = mutated[place]
        alike = [other for other in mutated if len(other) == len(piece)]
        value = int.from_bytes(piece[:8], "little")
        match rng.randrange(4):
            case 0:
                mutated[place] = rng.choice(alike)
            case 1:
                value = rng.choice([*ODD_NUMBERS, value - 32, value - 1, value + 1, value + 32])
                mutated[place] = (value % 256**len(piece)).to_bytes(len(piece), "little")
            case 2:
                mutated[place] = rng.randbytes(len(piece))
            case 3:
                other = mutated.index(rng.choice(alike))
                mutated[place], mutated[other] = mutated[other], mutated[place]
    return mutated


def mutated(seed: int, count: int) -> dict[str, bytes]:
    rng, base, files = random.Random(seed), sound(), {}
    for place in range(count):
        model = sound()
        if place % 3 == 0:  # pairs and tensors in another order, or not all of them
            rng.shuffle(model.pairs)
            model.pairs = model.pairs[:rng.randrange(1, len(model.pairs) + 1)]
        head = mutate_bytes(rng, model.head()) if place % 2 else mutate_pieces(rng, model.head())
        data = base.data if rng.randrange(10) else base.data[:rng.randrange(len(base.data))]
        files[f"mutation {place}"] = with_data(head, data)
    return files
