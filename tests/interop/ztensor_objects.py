"""The objects that the tests put into zTensor files. The releases' environments import this too, which have none of
the suite's packages."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

WIDTHS = {"f64": 8, "f32": 4, "f16": 2, "bf16": 2, "i64": 8, "i32": 4, "i16": 2, "i8": 1, "u64": 8, "u32": 4,
          "u16": 2, "u8": 1, "bool": 1}

# The dtype that each type is stored as, and how many elements are how many bytes.
TYPES = {"bool": ("u8", 1, 1), "f8_e4m3fn": ("u8", 1, 1), "f8_e5m2": ("u8", 1, 1), "f8_e4m3fnuz": ("u8", 1, 1),
         "f8_e5m2fnuz": ("u8", 1, 1), "f8_e8m0": ("u8", 1, 1), "f4_e2m1": ("u8", 2, 1), "complex64": ("f32", 1, 8),
         "complex128": ("f64", 1, 16)}


@dataclass(frozen=True)
class Part:
    dtype: str  # one of WIDTHS
    data: bytes
    type: str | None = None  # what the elements are, where the dtype does not say it

    def geometry(self) -> tuple[int, int]:
        """How many elements are how many bytes."""
        return TYPES[self.type][1:] if self.type in TYPES else (1, WIDTHS[self.dtype])


@dataclass(frozen=True)
class Item:
    """What a file has under a name."""
    shape: tuple[int, ...]
    parts: dict[str, Part]
    layout: str = "dense"
    attributes: dict[str, object] | None = None


@dataclass(frozen=True)
class Content:
    items: dict[str, Item] = field(default_factory=dict)
    attributes: dict[str, object] | None = None


def part_of(kind: str, data: bytes) -> Part:
    """`kind` is a type or a dtype."""
    return Part(kind, data) if kind in WIDTHS else Part(TYPES[kind][0], data, kind)


def dense(kind: str, shape: Iterable[int], data: bytes, **options) -> Item:
    return Item(tuple(shape), {"data": part_of(kind, data)}, **options)


def integers(dtype: str, values: Iterable[int]) -> Part:
    return Part(dtype, b"".join(value.to_bytes(WIDTHS[dtype], "little") for value in values))


def make_values(kind: str, count: int, chance: random.Random) -> Part:
    elements, size = part_of(kind, b"").geometry()
    data = chance.randbytes(count * size // elements)
    return part_of(kind, bytes(byte & 1 for byte in data) if kind == "bool" else data)


def make_csr(kind: str, index: str, shape: tuple[int, int], layout: str = "sparse_csr") -> Item:
    """Rows with and without values; the same for the same arguments."""
    chance = random.Random(f"{kind} {shape}")
    columns, ends = [], [0]
    for _ in range(shape[0]):
        columns += sorted(chance.sample(range(shape[1]), chance.randint(0, shape[1])))
        ends.append(len(columns))
    return Item(shape, {"values": make_values(kind, len(columns), chance), "indices": integers(index, columns),
                        "indptr": integers(index, ends)}, layout)


def make_coo(kind: str, index: str, shape: tuple[int, ...], count: int, layout: str = "sparse_coo") -> Item:
    """`count` cells in any order; the same for the same arguments."""
    chance = random.Random(f"{kind} {shape} {count}")
    cells: dict[tuple[int, ...], None] = {}
    while len(cells) < count:
        cells[tuple(chance.randrange(size) for size in shape)] = None
    coordinates = [cell[axis] for axis in range(len(shape)) for cell in cells]
    return Item(shape, {"values": make_values(kind, count, chance), "coords": integers(index, coordinates)}, layout)
