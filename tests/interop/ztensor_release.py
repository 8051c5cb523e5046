"""Runs in the environment of one release of ztensor, and does there what it is asked for."""

from importlib.metadata import version

import ztensor
from elsewhere import serve
from ztensor_objects import WIDTHS, Content, Item, Part

FAMILY = tuple(map(int, version("ztensor").split(".")[:2]))
NAMES = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "i64": "int64", "i32": "int32",
         "i16": "int16", "i8": "int8", "u64": "uint64", "u32": "uint32", "u16": "uint16", "u8": "uint8", "bool": "bool"}


def array(part: Part, shape: tuple[int, ...] | None = None):
    import ml_dtypes
    import numpy
    dtype = numpy.dtype(ml_dtypes.bfloat16 if part.dtype == "bf16" else NAMES[part.dtype])
    flat = (len(part.data) // WIDTHS[part.dtype],)
    return numpy.ndarray(flat if shape is None else shape, dtype, bytearray(part.data))


def write(path: str, content: Content, **options) -> None:
    """Options are those of the release's writer, and of what adds to it."""
    if FAMILY < (1, 2):
        write_1(path, content, **options)
    elif FAMILY < (2, 0):
        with ztensor.Writer(path) as writer:
            add_1_2(writer, content, **options)
    else:
        write_2(path, content, **options)


def write_1(path: str, content: Content, **options) -> None:
    with ztensor.Writer(path) as writer:
        for name, item in content.items.items():
            parts = item.parts
            if item.layout == "dense":
                writer.add_tensor(name, array(parts["data"], item.shape), **options)
                continue
            values = array(parts["values"])
            if item.layout == "sparse_csr":
                writer.add_sparse_csr(name, values, array(parts["indices"]), array(parts["indptr"]), item.shape)
            else:
                coordinates = array(parts["coords"]).reshape(len(item.shape), -1)
                writer.add_sparse_coo(name, values, coordinates, item.shape)


def add_1_2(writer, content: Content, numpy: bool = False, **options) -> None:
    """With `numpy`, by the door for arrays, which has neither types nor attributes."""
    for name, item in content.items.items():
        if numpy:
            writer.write_numpy(name, array(item.parts["data"], item.shape), **options)
            continue
        components = {role: array(part) for role, part in item.parts.items()}
        types = [part.type for part in item.parts.values() if part.type]
        tensor = ztensor.Tensor(components, shape=item.shape, format=item.layout, type=types[0] if types else None,
                                attributes=item.attributes)
        writer.write(name, tensor, **options)


def append_1_2(path: str, content: Content, **options) -> None:
    writer = ztensor.Writer.append(path)
    add_1_2(writer, content, **options)
    writer.finish()


def replace_1_2(path: str, name: str, item: Item) -> None:
    ztensor.replace_tensor(path, name, array(item.parts["data"], item.shape))


def remove_1_2(path: str, target: str, names: list[str]) -> None:
    ztensor.remove_tensors(path, target, names)


def write_2(path: str, content: Content, encoding: str | None = None, **options) -> None:
    with ztensor.Writer(path, **options) as writer:
        for name, item in sorted(content.items.items(), key=lambda pair: pair[0].encode()):
            parts = {}
            for role, part in item.parts.items():
                # What is a dtype in version 1 is a type here.
                dtype, logical = ("u8", "bool") if part.dtype == "bool" else (part.dtype, part.type)
                described = {"dtype": dtype, "data": part.data, "logical": logical, "encoding": encoding}
                parts[role] = {key: value for key, value in described.items() if value is not None}
            writer.add_object(name, list(item.shape), parts, layout=item.layout, attributes=item.attributes)
        if content.attributes is not None:
            writer.set_attributes(content.attributes)


def read(path: str) -> Content:
    """Without the attributes of objects in version 2, which the release does not tell."""
    if FAMILY < (2, 0):
        return read_1_2(path)
    found = {}
    with ztensor.open(path) as source:
        for name, tensor in source.items():
            parts = {role: tensor[role] for role in tensor.parts}
            found[name] = Item(tuple(tensor.shape), {role: Part(part.dtype, part.tobytes(), part.logical)
                                                     for role, part in parts.items()}, tensor.layout)
        return Content(found, source.attributes)


def read_1_2(path: str) -> Content:
    short = {name: dtype for dtype, name in NAMES.items()}
    found = {}
    reader = ztensor.Reader(path)
    for name in reader.keys():
        known, tensor = reader.metadata(name), reader.read(name)
        parts = {role: Part(short[tensor.components[role].dtype.name], tensor.components[role].tobytes(),
                            component.get("type")) for role, component in known.components.items()}
        found[name] = Item(tuple(known.shape), parts, known.format, known.attributes)
    return Content(found)


def verify(path: str) -> tuple[int, int]:
    """How many parts carry a digest and how many do not."""
    return tuple(ztensor.verify(path, deep=True))


def convert(source: str, target: str, **options) -> None:
    ztensor.convert(source, target, **options)


if __name__ == "__main__":
    serve(globals())
