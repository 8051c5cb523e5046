"""safetensors files that are odd or wrong: written by hand, each with a name, and mutated at random from
sound ones. Whether they are sound is not said here."""

import json
import random
import re
from collections.abc import Iterator
from itertools import permutations

import safetensors_library

Named = Iterator[tuple[str, bytes]]

MOST_HEADER_BYTES = 100_000_000
WHITE_SPACE = [" ", "\t", "\n", "\r", " \n\r\t "]
NO_WHITE_SPACE = ["\v", "\f", "\0", "\x1f", "\x7f", "\xa0", "\u2028", "\ufeff", "/**/", "//\n", ","]
NUMBERS = ["2.0", "2e0", "2E0", "0.2e1", "20e-1", "-0", "-2", "+2", "02", "0002", "0x2", "2.", ".2", "2e",
           "2e+", "-", "", "2 0", "2_0", "\u0662", '"2"', "true", "null", "[2]", "{}", "NaN", "Infinity",
           "-Infinity", "1e999", str(2**31), str(2**32 + 2), str(2**53), str(2**53 + 1), str(2**63 - 1),
           str(2**63), str(2**64 - 1), str(2**64), str(2**64 + 2), str(2**128 + 2)]
# Where a number may be anything that JSON allows. What becomes of those at the very edge of a double's range
# differs between parsers, by how they round: there are none here.
IGNORED_NUMBERS = [*NUMBERS, "0", "-0.0", "0e5", "1e308", "1e309", "-1e309", "1.8e308", "17e307", "18e307",
                   "10e308", "0.01e310", "0.1e310", "0e308", "0e309", "0.00e309", "-0e999", "1e-400",
                   "1e-99999999999999999999", "1e99999999999999999999", "9" * 308, "9" * 309,
                   "9" * 309 + "e-5", "9" * 400, "0." + "9" * 400, "0." + "0" * 400 + "1e420"]
STRINGS = [r"\u0000", r"\u0041", r"\u00E9", r"\u00e9", "\xe9", r"\/", r"\b\f\n\r\t\\" r"\"", r"\ud83d\ude00",
           "\U0001f600", r"\uffff", "\uffff", "\ufdd0", "\x7f", "\x80", "\ufeff", r"\ufeff", "\u2028", "",
           " ", "__metadata__ ", r"\ud800", r"\udc00", r"\ud800\ud800", r"\ud800x", r"\ud800\n",
           r"\ude00\ud83d", r"x\udbff", r"\udfffx", r"\u12", r"\u 123", r"\u+123", r"\uG000", r"\U0041",
           r"\x41", r"\a", r"\0", r"\'", "\\\n", "\n", "\t", "\x00", "\x1f"]
BYTES = {"a lone continuation": b"\x80", "cut off": b"\xe2\x82", "overlong NUL": b"\xc0\x80",
         "overlong slash": b"\xe0\x80\xaf", "a surrogate": b"\xed\xa0\x80",
         "a surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80", "past U+10FFFF": b"\xf4\x90\x80\x80",
         "U+10FFFF": b"\xf4\x8f\xbf\xbf", "five bytes": b"\xf8\x88\x80\x80\x80", "0xff": b"\xff"}
SHAPES = ["[]", "[0]", "[0,0]", "[2,0]", "[0,2]", "[1]", "[2]", "[1,2]", "[2,1,1,1,1,1,1,1,1]", "[2,]",
          "[,2]", "[2 2]", "2", "null", "{}", '"[2]"', "[[2]]", "[[]]", "[null]", "[true]",
          "[18446744073709551615,0]", "[0,18446744073709551615]", "[4294967296,4294967296]",
          "[4294967296,4294967296,0]", "[0,4294967296,4294967296]", "[9223372036854775808,2]",
          "[9223372036854775808,0,2]", "[9223372036854775809,2]", "[2305843009213693952]",
          "[18446744073709551616,0]", "[" + "1," * 254 + "2]", "[" + "1," * 255 + "2]",
          "[" + "1," * 400 + "0]"]
DTYPES = ["u8", "U8 ", " U8", "UINT8", "U08", "I4", "F128", "F8", "F6", "BFLOAT16", "bool", "F8_E4M3FN",
          "F8_E4M3fnuz", "C128", "BOOL", "U\\u0038", "", "Q4_0"]
DTYPE_VALUES = ["null", "4", "true", "[]", '["U8"]', "{}", '{"U8":null}', '{"U8":{}}', '{"U8":[]}',
                '{"U8":1}', '{"V8":null}', '{"U8":null,"I8":null}']
OFFSETS = ["[0,2]", "[0,1]", "[1,2]", "[0,3]", "[2,0]", "[0]", "[]", "[0,2,2]", "[0,2,null]", "[2]",
           "[0,null]", "null", "2", '"0,2"', "{}", '{"begin":0,"end":2}', "[[0,2]]", "[0.0,2]", "[0,2.0]",
           "[-0,2]", "[00,2]", "[0,2,]", "[18446744073709551615,1]",
           "[18446744073709551614,18446744073709551616]", "[0,18446744073709551615]",
           "[9223372036854775808,9223372036854775810]"]
VALUES = ["null", "true", "1", "1.5", '"x"', "[]", "{}", '["x"]', '{"x":"y"}']

TILINGS = [[(0, 2), (2, 4)], [(2, 4), (0, 2)], [(0, 2), (3, 5)], [(1, 2), (2, 4)], [(0, 2), (1, 3)],
           [(0, 2), (0, 2)], [(0, 4), (1, 2)], [(0, 4), (0, 2), (2, 4)], [(0, 2), (2, 4), (4, 4)],
           [(0, 0), (0, 2), (2, 4)], [(0, 2), (0, 0), (2, 4)], [(0, 2), (2, 4), (0, 0)],
           [(0, 2), (2, 2), (2, 2), (2, 4)], [(2, 4), (2, 2), (0, 2)], [(0, 2), (1, 1), (2, 4)],
           [(0, 2), (3, 3), (2, 4)], [(0, 2), (5, 5), (2, 4)], [(0, 2), (4, 4), (2, 4)], [(0, 0)], [(1, 1)],
           [(4, 4)], [(0, 0), (0, 0)], [(0, 0), (4, 4)], [], [(0, 1), (3, 4)], [(0, 2), (4, 4)],
           [(0, 6), (6, 4)], [(4, 4), (0, 4)], [(3, 4), (2, 3), (1, 2), (0, 1)],
           [(0, 1), (2, 3), (1, 2), (3, 4)]]


def file_of(header: str | bytes, data: int = 2, length: int | None = None) -> bytes:
    header = header if isinstance(header, bytes) else header.encode()
    return (len(header) if length is None else length).to_bytes(8, "little") + header + bytes(data)


def entry(dtype: str = '"U8"', shape: str = "[2]", offsets: str = "[0,2]", more: str = "") -> str:
    return f'{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}'


def one(tensor: str, before: str = "") -> str:
    return f'{{{before}"a":{tensor}}}'


def many(*tensors: tuple[int, int], dtype: str = "U8") -> str:
    """Tensors at these offsets, named in that order."""
    return json.dumps({f"t{place}": {"dtype": dtype, "shape": [end - begin], "data_offsets": [begin, end]}
                       for place, (begin, end) in enumerate(tensors)})


def lengths() -> Named:
    for size in range(10):
        yield f"{size} zeros", bytes(size)
        yield f"{size} bytes", (2).to_bytes(8, "little").ljust(size, b"{")[:size]
    header = one(entry())
    size = len(header)
    for length in (0, 1, 2, size - 1, size + 1, size + 2, size + 3, 2**31, 2**32 + size, 2**63, 2**64 - 8,
                   2**64 - 1, MOST_HEADER_BYTES, MOST_HEADER_BYTES + 1):
        yield f"header length {length}", file_of(header, length=length)
    for text in ("", " ", "{", "}", "{}", " {}", "{} ", "{ }"):
        for data in (0, 1, 8):
            yield f"header {text!r}, {data} bytes of data", file_of(text, data)
    yield "cut short", file_of(header)[:-1]
    yield "one byte too many", file_of(header) + b"x"


def documents() -> Named:
    for space in WHITE_SPACE + NO_WHITE_SPACE:
        spaced = re.sub(r'(?=[{}\[\]:,])|(?<=[{}\[\]:,])', lambda _: space, one(entry()))
        yield f"{space!r} before", file_of(space + one(entry()))
        yield f"{space!r} behind", file_of(one(entry()) + space)
        yield f"{space!r} everywhere inside", file_of(spaced)
        yield f"{space!r} in a number", file_of(one(entry(offsets=f"[0,{space}2{space}]")))
    for text in ("[]", '[{"a":1}]', "null", "true", "0", '"{}"', '"a"', "", "{}{}", "{},", "[{}]", "{]",
                 "{a:1}", "{'a':1}", "{\"a\"}", "{1:2}", "{,}", "nul", "{}null", "{}#", "\x00", "{}\x00",
                 "{}\x00{}"):
        yield f"document {text!r}", file_of(text, 0)
    sound = one(entry())
    for text in (sound[:-1], sound + "}", one(entry() + ","), one("," + entry()), sound + "x",
                 one(entry(more=",")), sound.replace(":", "="), sound.replace(",", ";"), sound.upper(),
                 sound.replace('"', "'"), "\ufeff" + sound, one(entry(), "/* */"), sound + "//"):
        yield f"document {text!r}", file_of(text)
    yield "UTF-16", file_of(one(entry()).encode("utf-16-le"))
    for levels in (1, 10, 61, 62, 63, 64, 100, 124, 125, 126, 127, 1000, 100_000):
        for opened, inner, closed in (("[", "", "]"), ('{"k":', "1", "}"), ('[{"k":', "1", "}]")):
            nested = opened * levels + inner + closed * levels
            yield f"{levels} levels of {opened!r}", file_of(one(entry(more=f',"x":{nested}')))


def strings() -> Named:
    for text in STRINGS:
        yield f"name {text!r}", file_of(f'{{"{text}":{entry()}}}')
        yield f"metadata key {text!r}", file_of(f'{{"__metadata__":{{"{text}":"x"}}}}', 0)
        yield f"metadata value {text!r}", file_of(f'{{"__metadata__":{{"x":"{text}"}}}}', 0)
        yield f"ignored key {text!r}", file_of(one(entry(more=f',"{text}":1')))
        yield f"ignored text {text!r}", file_of(one(entry(more=f',"x":["{text}"]')))
        yield f"dtype {text!r}", file_of(one(entry(f'"U8{text}"')))
    for name, text in BYTES.items():
        yield f"name with {name}", file_of(b'{"%b":%b}' % (text, entry().encode()))
        yield f"metadata with {name}", file_of(b'{"__metadata__":{"x":"%b"}}' % text, 0)
        yield f"ignored text with {name}", file_of(one(entry(more=',"x":"@"')).encode().replace(b"@", text))
        yield f"{name} between tokens", file_of(b'{"a"%b:%b}' % (text, entry().encode()))


def keys() -> Named:
    members = {"dtype": '"U8"', "shape": "[2]", "data_offsets": "[0,2]", "more": "0"}
    for size in range(4):
        for order in permutations(members, size + 1):
            yield f"members {', '.join(order)}", \
                file_of(one("{%s}" % ",".join(f'"{key}":{members[key]}' for key in order)))
    yield "no members", file_of(one("{}"))
    for key in ("dtype", "shape", "data_offsets", "more"):
        for value in (members[key], "null", "[0,1]", '"x"'):
            yield f"{key} twice, then {value}", file_of(one(entry(more=f',"more":0,"{key}":{value}')))
        first = f'{{"{key}":{members[key]},'
        yield f"{key} twice, once first", file_of(one(entry(more=',"more":0').replace("{", first, 1)))
    yield "dtype twice, once escaped", file_of(one(entry(more=r',"dt\u0079pe":"U8"')))
    yield "data_offsets escaped", file_of(one(entry()).replace("data_offsets", r"data\u005foffsets"))
    for other in ("Dtype", "DTYPE", "dtype ", "data_offset", "offsets", "Shape"):
        yield f"besides {other!r}", file_of(one(entry(more=f',"{other}":"F64"')))
        yield f"{other!r} for dtype", file_of(one(entry()).replace("dtype", other))
    yield "a name twice, the same", file_of(one(entry(), f'"a":{entry()},'))
    yield "a name twice, the last one wrong", file_of(one(entry(offsets="[0,3]"), f'"a":{entry()},'))
    yield "a name twice, the first one wrong", file_of(one(entry(), '"a":1,'))
    yield "a name twice, side by side in the data", file_of(one(entry(offsets="[2,4]"), f'"a":{entry()},'), 4)
    yield "a name twice, once escaped", file_of(one(entry(), rf'"\u0061":{entry()},'))
    empty = entry(shape="[0]", offsets="[0,0]")
    yield "a name twice among many", file_of("{%s}" % ",".join(f'"{i % 50}":{empty}' for i in range(99)), 0)
    yield "an ignored object with a key twice", file_of(one(entry(more=',"x":{"k":1,"k":2}')))
    yield "ignored objects with the same key", file_of(one(entry(more=',"x":[{"k":1},{"k":2}]')))
    for value in VALUES:
        yield f"tensor {value}", file_of(one(value), 0)
        yield f"ignored member {value}", file_of(one(entry(more=f',"more":{value}')))
    yield "tensor as an array", file_of(one('["U8",[2],[0,2]]'))
    yield "tensor as an array with more", file_of(one('["U8",[2],[0,2],0]'))
    yield "tensor as an array with less", file_of(one('["U8",[2]]'))


def metadata() -> Named:
    empty = entry(shape="[0]", offsets="[0,0]")
    for value in VALUES:
        yield f"__metadata__ {value}", file_of(f'{{"__metadata__":{value}}}', 0)
        yield f"__metadata__ {value} behind a tensor", file_of(f'{{"a":{empty},"__metadata__":{value}}}', 0)
        yield f"__metadata__ with {value}", file_of(f'{{"__metadata__":{{"x":{value}}}}}', 0)
        yield f"__metadata__ with text and {value}", file_of(f'{{"__metadata__":{{"x":"y","z":{value}}}}}', 0)
        yield f"__metadata__ twice, then {value}", \
            file_of(f'{{"__metadata__":{{}},"a":{empty},"__metadata__":{value}}}', 0)
        yield f"__metadata__ twice, first {value}", \
            file_of(f'{{"__metadata__":{value},"__metadata__":{{}}}}', 0)
    yield "__metadata__ with a key twice", file_of('{"__metadata__":{"x":"y","x":"y"}}', 0)
    yield "__metadata__ with a key twice, once wrong", file_of('{"__metadata__":{"x":1,"x":"y"}}', 0)
    yield "__metadata__ as a tensor", file_of('{"__metadata__":%s}' % entry())
    yield "__metadata__ escaped", file_of(r'{"__metadat\u0061__":{"x":"y"}}', 0)
    yield "__metadata__ escaped, twice", file_of(r'{"__metadata__":{},"__metadat\u0061__":{}}', 0)
    yield "__METADATA__", file_of('{"__METADATA__":{"x":"y"}}', 0)
    yield "__metadata__ in a tensor", file_of(one(entry(more=',"__metadata__":{"x":1}')))


def numbers() -> Named:
    for number in NUMBERS:
        yield f"shape of {number}", file_of(one(entry(shape=f"[{number}]")))
        yield f"shape of {number} and 0", file_of(one(entry(shape=f"[{number},0]", offsets="[0,0]")), 0)
        last = entry(shape="[0]", offsets=f"[{number},2]")
        yield f"begin {number}", file_of(many((0, 2))[:-1] + f',"a":{last}}}')
        yield f"end {number}", file_of(one(entry(offsets=f"[0,{number}]")))
    for number in IGNORED_NUMBERS:
        shown = number if len(number) < 40 else f"{number[:4]}... of {len(number)} digits, {number[-4:]}"
        yield f"ignored {shown}", file_of(one(entry(more=f',"x":{number}')))
        yield f"ignored {shown} inside", file_of(one(entry(more=f',"x":[{{"y":{number}}}]')))
        yield f"metadata {shown}", file_of(f'{{"__metadata__":{{"x":{number}}}}}', 0)


def shapes() -> Named:
    for shape in SHAPES:
        name = f"shape {shape[:40]} of {len(shape)}"
        for size in range(4):
            yield f"{name}, {size} bytes", file_of(one(entry(shape=shape, offsets=f"[0,{size}]")), size)
        for dtype in ("F64", "F4"):
            yield f"{name}, {dtype}, 0 bytes", file_of(one(entry(f'"{dtype}"', shape, "[0,0]")), 0)
    for dtype in [*safetensors_library.GEOMETRY, *DTYPES]:
        elements, size = safetensors_library.GEOMETRY.get(dtype, (1, 1))
        for count in range(9 if elements > 1 else 3):
            taken = -(-count * size // elements)
            header = one(entry(f'"{dtype}"', f"[{count}]", f"[0,{taken}]"))
            yield f"{count} of {dtype!r}", file_of(header, taken)
        yield f"a scalar {dtype!r}", file_of(one(entry(f'"{dtype}"', "[]", f"[0,{size}]")), size)
        header = one(entry(f'"{dtype.lower()}"', f"[{elements}]", f"[0,{size}]"))
        yield f"{dtype!r} in lower case", file_of(header, size)
    for dtype in DTYPE_VALUES:
        yield f"dtype {dtype}", file_of(one(entry(dtype)))
    yield "rows of F4 that end inside a byte", file_of(one(entry('"F4"', "[2,1]", "[0,1]")), 1)
    yield "rows of F6 that end inside a byte", file_of(one(entry('"F6_E2M3"', "[4,1]", "[0,3]")), 3)


def places() -> Named:
    for offsets in OFFSETS:
        for shape in ("[2]", "[0]"):
            yield f"offsets {offsets} for {shape}", file_of(one(entry(shape=shape, offsets=offsets)))
    for tiling in TILINGS:
        for size in (0, 3, 4, 5):
            if all(begin <= end for begin, end in tiling):
                yield f"tensors at {tiling} of {size}", file_of(many(*tiling), size)
        alike = re.sub(r"\[-?\d+\]", "[2]", many(*tiling))
        yield f"tensors at {tiling} of 4, all of shape [2]", file_of(alike, 4)


def written_by_hand() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for variations in (lengths, documents, strings, keys, metadata, numbers, shapes, places):
        for name, data in variations():
            assert files.setdefault(name, data) == data, name
    return files


SOUND = ['{"__metadata__":{"format":"pt","größe":"\\ud83d\\ude00"},'
         '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},'
         '"a":{"dtype":"F4","shape":[3,4],"data_offsets":[8,14]},'
         '"c":{"dtype":"U8","shape":[2],"data_offsets":[14,16]}}  ',
         ' {"x":{"data_offsets":[16,16],"shape":[0,7],"dtype":"I64",'
         '"more":{"k":[1,-2.5e3,null,true,{"k":"v"}]}},\n'
         '"\\n":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]},'
         '"y":{"dtype":"I8","shape":[5,3],"data_offsets":[1,16]}}',
         '{"a":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]},'
         '"":{"dtype":"F6_E2M3","shape":[4,4],"data_offsets":[0,12]},'
         '"__metadata__":null,"b":{"dtype":"BF16","shape":[2,1],"data_offsets":[12,16],"":0}}']
DATA = 16
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.0-9eE]+|[a-z]+|\s+|.', re.DOTALL)
POOL = ['"dtype"', '"shape"', '"data_offsets"', '"__metadata__"', '"U8"', '"F4"', '"I64"', '"a"', '"b"', '""',
        '"\\u0061"', "0", "1", "2", "4", "8", "12", "14", "16", "0.0", "-1", "1e2", str(2**63), str(2**64),
        "null", "true", "{", "}", "[", "]", ":", ",", " ", "\n", "[]", "{}", '"x":0,', '"x":{},', '"x":[[]],',
        "0,", ",0", "1,", ",1"]
MEMBERS = ['"more":0,', '"more":{"a":[]},', '"more":"x",',
           '"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},']
LETTERS = b'{}[]:,"\\ \n0123456789-+.eEuU8F4_adtn\x00\x1f\x7f\x80\xc3\xff'


def mutate_bytes(rng: random.Random, header: bytes) -> bytes:
    mutated = bytearray(header)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        place, letter = rng.randrange(len(mutated)), rng.choice(LETTERS)
        match rng.randrange(5):
            case 0:
                mutated[place] ^= 1 << rng.randrange(8)
            case 1:
                mutated[place] = letter
            case 2:
                mutated.insert(place, letter)
            case 3:
                del mutated[place:place + rng.choice([1, 1, 1, 2, 5, 40])]
            case 4:
                mutated[place:place] = mutated[place:place + rng.choice([1, 1, 2, 5, 40])]
    return bytes(mutated)


def mutate_tokens(rng: random.Random, header: str) -> bytes:
    tokens = TOKEN.findall(header)
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        place, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
        match rng.randrange(8):
            case 0:
                tokens[place] = rng.choice(POOL)
            case 1:
                tokens.insert(place, rng.choice(POOL))
            case 2:
                del tokens[place]
            case 3:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 4:
                tokens[place] = tokens[other]
            case 5:  # of the same kind, which is more often sound
                alike = [token for token in tokens if token[0].isdigit() == tokens[place][0].isdigit()
                         and token[0] in '"0123456789']
                tokens[place] = rng.choice(alike) if tokens[place][0] in '"0123456789' else tokens[place]
            case 6:
                tokens.insert(place, rng.choice(WHITE_SPACE))
            case 7:
                place = rng.choice([place for place, token in enumerate(tokens) if token == "{"])
                tokens.insert(place + 1, rng.choice(MEMBERS))
    return "".join(tokens).encode()


def mutated(seed: int, count: int) -> dict[str, bytes]:
    rng, files = random.Random(seed), {}
    for place in range(count):
        base = rng.choice(SOUND)
        header = mutate_bytes(rng, base.encode()) if place % 3 == 0 else mutate_tokens(rng, base)
        length = None if rng.randrange(20) else rng.choice([len(header) - 1, len(header) + 1])
        files[f"mutation {place}"] = file_of(header, DATA, length)
    return files
