"""Names and metadata that are changed on the way: the libraries read them, and all else is as it was."""

import struct

import gguf
import gguf_library
import pytest
import safetensors_library
from models import METADATA, make_tensors

TEMPLATE = "{% for m in messages %}\n{{ m['größe'] }}\t\N{GRINNING FACE}{% endfor %}\n"
KEY = "tokenizer.chat_template"
TEMPLATES = {"new": [], "other": [(KEY, "{{ old }}", gguf.GGUFValueType.STRING, None)]}


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, text: str) -> bytes:
    return string(key) + struct.pack("<I", gguf.GGUFValueType.STRING) + string(text)


def bytes_of(field) -> bytes:
    return b"".join(part.tobytes() for part in field.parts)


def head_with(path, pairs: dict[str, bytes], names=lambda name: name) -> bytes:
    """A file's head with other pairs: in the places of those that have their keys, else at the end; empty: none."""
    reader = gguf.GGUFReader(path)
    old = {key: bytes_of(field) for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    new = [data for key, data in (old | pairs).items() if data]
    infos = b"".join(string(names(tensor.name)) + bytes_of(tensor.field)[8 + len(tensor.name.encode()):]
                     for tensor in reader.tensors)
    head = path.read_bytes()[:16] + struct.pack("<Q", len(new)) + b"".join(new) + infos
    return head + bytes(-len(head) % int(reader.alignment))


def holds(path, head: bytes, source) -> None:
    data = source.read_bytes()[gguf.GGUFReader(source).data_offset:]
    assert path.read_bytes() == head + data


def make(path, metadata, alignment=None):
    elements, size = gguf_library.GEOMETRY["Q4_0"]
    tensors = make_tensors("Q4_0", elements, size, scalars=False)
    gguf_library.write(path, tensors, [*gguf_library.METADATA, *metadata, ("last", 1, gguf.GGUFValueType.INT8, None)],
                       alignment)
    return tensors


@pytest.mark.parametrize("alignment", [None, 8, 4096])
@pytest.mark.parametrize("before", TEMPLATES)
def test_chat_template(tool, tmp_path, before, alignment):
    source, target, template = tmp_path / "model.gguf", tmp_path / "new.gguf", tmp_path / "template.jinja"
    tensors = make(source, TEMPLATES[before], alignment)
    template.write_text(TEMPLATE)
    tool.convert(source, target, "--set", f"{KEY}=@{template}")
    assert gguf.GGUFReader(target).fields[KEY].contents() == TEMPLATE
    assert gguf_library.read(target) == tensors
    holds(target, head_with(source, {KEY: pair(KEY, TEMPLATE)}), source)
    aero, by_aero = tmp_path / "model.aero", tmp_path / "by-aero.gguf"
    tool.convert(source, aero, "--set", f"{KEY}=@{template}")
    tool.convert(aero, by_aero)
    assert by_aero.read_bytes() == target.read_bytes()
    tool.convert(source, source, "--set", f"{KEY}=@{template}")
    assert source.read_bytes() == target.read_bytes()


def test_every_type_of_value(tool, tmp_path):
    """What gguf writes for a value, --set makes of its text."""
    source, target, expected = (tmp_path / name for name in ("model.gguf", "new.gguf", "expected.gguf"))
    kinds = gguf.GGUFValueType
    numbers = {"u8": (kinds.UINT8, [0, 255]), "i8": (kinds.INT8, [-128, 127]), "u16": (kinds.UINT16, [65535]),
               "i16": (kinds.INT16, [-32768]), "u32": (kinds.UINT32, [2**32 - 1]), "i32": (kinds.INT32, [-2**31]),
               "u64": (kinds.UINT64, [2**64 - 1]), "i64": (kinds.INT64, [-2**63]),
               "f32": (kinds.FLOAT32, [0.1, -0.0, 3.4e38, 1e-45, 16777217.0]),
               "f64": (kinds.FLOAT64, [0.1, 1.7976931348623157e308, 5e-324])}
    metadata, words = [], []
    for name, (kind, values) in numbers.items():
        for place, value in enumerate(values):
            metadata.append((f"{name}.{place}", value, kind, None))
            words += ["--set", f"{name}.{place}:{name}={value}"]
        metadata.append((f"{name}.all", values, kinds.ARRAY, kind))
        words += ["--set", f"{name}.all:{name}[]={values}"]
    metadata += [("bool", False, kinds.BOOL, None), ("bools", [True, False], kinds.ARRAY, kinds.BOOL),
                 ("text", TEMPLATE, kinds.STRING, None), ("texts", ["größe", ""], kinds.ARRAY, kinds.STRING)]
    words += ["--set", "bool:bool=false", "--set", "bools:bool[]=[true, false]", "--set", f"text={TEMPLATE}",
              "--set", 'texts:string[]=["gr\\u00f6\\u00dfe", ""]']
    tensors = make_tensors("F32", 1, 4)
    gguf_library.write(source, tensors)
    gguf_library.write(expected, tensors, metadata)
    tool.convert(source, target, *words)
    assert gguf_library.read_metadata(target) == gguf_library.read_metadata(expected)
    assert target.read_bytes() == expected.read_bytes()
    # The same without types, over other values.
    gguf_library.write(source, tensors, [(key, [value[0]] if kind == kinds.ARRAY else type(value)(), kind, element)
                                         for key, value, kind, element in metadata])
    untyped = [word if word == "--set" else word[:word.index("=")].partition(":")[0] + word[word.index("="):]
               for word in words]
    tool.convert(source, target, *untyped)
    assert target.read_bytes() == expected.read_bytes()


def test_keys_that_go(tool, tmp_path):
    source, target = tmp_path / "model.gguf", tmp_path / "new.gguf"
    make(source, [])
    tool.convert(source, target, "--unset", "test.*", "--unset", "array.of.arrays")
    gone = {key: b"" for key in gguf.GGUFReader(source).fields if key.startswith("test.") or key == "array.of.arrays"}
    assert len(gone) > 5
    holds(target, head_with(source, gone), source)


def test_names_in_gguf(tool, tmp_path):
    source, target = tmp_path / "model.gguf", tmp_path / "new.gguf"
    tensors = make(source, [])
    tool.convert(source, target, "--rename", r"s/^(.)/new.\1/")
    assert gguf_library.read(target) == {f"new.{name}": values for name, values in tensors.items()}
    holds(target, head_with(source, {}, lambda name: f"new.{name}"), source)


@pytest.mark.parametrize("dtype", ["F32", "BF16", "U8"])
def test_safetensors(tool, tmp_path, dtype):
    elements, size = safetensors_library.GEOMETRY[dtype]
    source, target = tmp_path / "model.safetensors", tmp_path / "new.safetensors"
    tensors = make_tensors(dtype, elements, size)
    safetensors_library.write_raw(source, tensors, METADATA)
    tool.convert(source, target, "--rename", r"s/^/new./", "--set", "format=np", "--set", "epoch=5", "--unset", "empty")
    assert safetensors_library.read_raw(target) == {f"new.{name}": values for name, values in tensors.items()}
    expected = METADATA | {"format": "np", "epoch": "5"}
    del expected["empty"]
    assert safetensors_library.read_metadata(target) == expected
