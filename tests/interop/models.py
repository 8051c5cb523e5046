"""The tensors that the tests put into files: bytes, with every shape and name that matters."""

import random
from dataclasses import dataclass
from math import prod

# Every rank from 0 to 4, tensors without elements and with one.
SHAPES = [[], [5], [3, 4], [2, 3, 4], [2, 1, 3, 2], [0], [0, 2], [3, 0, 2], [1], [1, 1, 1]]

NAMES = ["model.layers.0.q_proj.weight", "two words", "a/b/c", "say \"so\"", "it's", "größe.ñ", "重み", "Ω≈ç√",
         "\N{GRINNING FACE}", "back\\slash", "..", "-o", "*", "[a-z]?", "%41", "#", ".hidden"]

METADATA = {"format": "pt", "größe": "naïve \"quoted\" \\ / \x7f \N{GRINNING FACE}", "empty": "", "": "no key",
            "lines": "one\ntwo\r\n\tthree\x00\x1f"}


@dataclass(frozen=True)
class Values:
    """A tensor's bytes, and what they are."""
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def make_bytes(seed: object, size: int, highest: int = 255) -> bytes:
    """Any bytes, NaNs among them; the same for the same seed."""
    data = random.Random(str(seed)).randbytes(size)
    return data if highest == 255 else bytes(byte % (highest + 1) for byte in data)


def make_tensors(dtype: str, elements: int, size: int, scalars: bool = True) -> dict[str, Values]:
    """A tensor for each shape and for each name. `elements` of the type are `size` bytes; the last dimension
    counts in such groups, so that without `scalars` there is none of rank 0."""
    shapes = [[*shape[:-1], shape[-1] * elements] if shape else shape for shape in SHAPES if shape or scalars]
    named = {f"rank{len(shape)}.{'x'.join(map(str, shape))}": shape for shape in shapes}
    named |= {name: shapes[place % 4] for place, name in enumerate(NAMES)}
    return {name: Values(dtype, tuple(shape), make_bytes((dtype, name), prod(shape) * size // elements,
                                                         1 if dtype == "BOOL" else 255))
            for name, shape in named.items()}


def make_many(geometry: dict[str, tuple[int, int]], dtypes: list[str], count: int = 10000) -> dict[str, Values]:
    """Many small tensors, one in seven of them empty, of all `dtypes`; how many elements of a type are how many
    bytes says `geometry`."""
    tensors = {}
    for place in range(count):
        dtype = dtypes[place % len(dtypes)]
        elements, size = geometry[dtype]
        rows = place % 7
        name = f"model.layers.{place}.{'größe' if place % 3 else 'a b/c'}"
        data = make_bytes(place, rows * size, 1 if dtype == "BOOL" else 255)
        tensors[name] = Values(dtype, (rows, elements), data)
    return tensors
