"""What the tool is to make of the objects that zTensor's releases write."""

from math import prod

from models import Values
from ztensor_objects import TYPES, WIDTHS, Content, Item, Part

# What the tool calls the types; a dtype has its own name.
TOOL_NAMES = {"bool": "BOOL", "f8_e4m3fn": "F8_E4M3", "f8_e5m2": "F8_E5M2", "f8_e4m3fnuz": "F8_E4M3FNUZ",
              "f8_e5m2fnuz": "F8_E5M2FNUZ", "f8_e8m0": "F8_E8M0", "f4_e2m1": "F4", "complex64": "C64",
              "complex128": "C128"}


def name_of(part: Part) -> str:
    return TOOL_NAMES.get(part.type, part.dtype.upper())


def ggml_type(item: Item) -> str | None:
    return item.layout.split("/")[0].removeprefix("gguf.").upper() if item.layout.startswith("gguf.") else None


def is_typed(part: Part, shape: tuple[int, ...]) -> bool:
    """Whether the tool has a dtype for so many elements of the type."""
    elements, _ = part.geometry()
    return part.type is None or (part.type in TYPES and prod(shape) % elements == 0)


def is_tensor(item: Item) -> bool:
    """Whether a tensor says all that there is to it."""
    is_plain = item.layout == "dense" and item.attributes is None
    return bool(ggml_type(item)) or (is_plain and is_typed(item.parts["data"], item.shape))


def tensors_of(content: Content) -> dict[str, Values]:
    """What the tool is to make of it."""
    found = {}
    for name, item in content.items.items():
        for role, part in item.parts.items():
            if ggml_type(item):
                found[name] = Values(ggml_type(item), item.shape, part.data)
            elif item.layout != "dense":
                elements, size = part.geometry()
                found[f"{name}.{role}"] = Values(name_of(part), (len(part.data) // size * elements,), part.data)
            elif is_typed(part, item.shape):
                found[name] = Values(name_of(part), item.shape, part.data)
            else:
                found[name] = Values(part.dtype.upper(), (len(part.data) // WIDTHS[part.dtype],), part.data)
    return found


def objects_of(content: Content) -> dict[str, tuple[str, tuple[int, ...], set[str], set[str]]]:
    """The layout, the shape, the roles and the attributes' keys of what is more than a tensor."""
    return {name: (item.layout, item.shape, set(item.parts), set(item.attributes or {}))
            for name, item in content.items.items() if not is_tensor(item)}
