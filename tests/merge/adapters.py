"""Adapters (LoRA) that are merged into their base, by `merge --method lora`.

The sums are made here once more: products in F32 from the first to the last of the rank, all else in F64, rounded
once. So what the tool writes is equal to the last bit.
"""

import json
import math
import pathlib
import random
import struct

F32, BF16, F16 = "F32", "BF16", "F16"


def f32(number: float) -> float:
    return struct.unpack("<f", struct.pack("<f", number))[0]


def bf16_bits(number: float) -> int:
    """Of what is exact in F32, or of a double: rounded to nearest even once."""
    mantissa, exponent = math.frexp(number)
    scaled = round(math.ldexp(mantissa, 8))  # Python rounds halves to even
    bits = struct.unpack("<I", struct.pack("<f", math.ldexp(scaled, exponent - 8)))[0]
    return bits >> 16


def stored(dtype: str, number: float) -> bytes:
    if dtype == BF16:
        return struct.pack("<H", bf16_bits(number))
    return struct.pack("<e" if dtype == F16 else "<f", number)


def as_stored(dtype: str, number: float) -> float:
    if dtype == BF16:
        return struct.unpack("<f", struct.pack("<I", bf16_bits(number) << 16))[0]
    return struct.unpack("<e", struct.pack("<e", number))[0] if dtype == F16 else f32(number)


class Matrix:
    """Numbers as they are stored, row-major."""

    def __init__(self, shape: list[int], values: list[float], dtype: str = F32) -> None:
        self.shape = shape
        self.dtype = dtype
        self.values = [as_stored(dtype, value) for value in values]
        assert len(self.values) == math.prod(shape)

    @staticmethod
    def random(shape: list[int], seed: str, dtype: str = F32) -> "Matrix":
        source = random.Random(seed)
        return Matrix(shape, [source.gauss(0, 0.3) for _ in range(math.prod(shape))], dtype)

    def bytes(self) -> bytes:
        return b"".join(stored(self.dtype, value) for value in self.values)

    def turned(self) -> "Matrix":
        rows, columns = self.shape
        return Matrix([columns, rows], [self.values[r * columns + c] for c in range(columns) for r in range(rows)],
                      self.dtype)

    def reshaped(self, shape: list[int]) -> "Matrix":
        return Matrix(shape, self.values, self.dtype)


def product(left: Matrix, right: Matrix) -> list[float]:
    rows, rank = left.shape
    columns = right.shape[1]
    sums = []
    for row in range(rows):
        for column in range(columns):
            total = 0.0
            for k in range(rank):
                total = f32(total + f32(left.values[row * rank + k] * right.values[k * columns + column]))
            sums.append(total)
    return sums


def merged(base: Matrix, *changes: tuple[float, Matrix, Matrix]) -> Matrix:
    values = list(base.values)
    for factor, left, right in changes:
        values = [value + factor * change for value, change in zip(values, product(left, right))]
    return Matrix(base.shape, values, base.dtype)


def write_safetensors(path: pathlib.Path, tensors: dict[str, Matrix], metadata: dict | None = None) -> None:
    head: dict = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, matrix in tensors.items():
        raw = matrix.bytes()
        head[name] = {"dtype": matrix.dtype, "shape": matrix.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(head).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_gguf(path: pathlib.Path, keys: dict[str, str | float], tensors: dict[str, Matrix]) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    for key, value in keys.items():
        head += text(key)
        head += struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<If", 6, value)
    data = b""
    for name, matrix in tensors.items():
        kind = {F32: 0, F16: 1, BF16: 30}[matrix.dtype]
        head += text(name) + struct.pack(f"<I{len(matrix.shape)}Q", len(matrix.shape), *reversed(matrix.shape))
        head += struct.pack("<IQ", kind, len(data))
        data += matrix.bytes()
        data += bytes(-len(data) % 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + bytes(-len(head) % 32) + data)


PREFIX = "base_model.model."


class Adapters:
    """`suite` calls the tool and counts (see run)."""

    def __init__(self, suite, read_tensors) -> None:
        self.suite = suite
        self.read_tensors = read_tensors
        self.scratch = suite.scratch / "adapters"
        self.out = self.scratch / "out.safetensors"

    # ---- what is common

    def peft(self, name: str, config: dict, tensors: dict[str, Matrix]) -> pathlib.Path:
        folder = self.scratch / name
        write_safetensors(folder / "adapter_model.safetensors", tensors)
        (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 3, "lora_alpha": 6} | config))
        return folder

    def pair(self, module: str, out: int, columns: int | list[int], rank: int = 3, dtype: str = F32) -> dict:
        """The tensors of a module as PEFT has them, and what they are together."""
        inputs = [columns] if isinstance(columns, int) else columns
        rest = [1] * (len(inputs) - 1)
        return {
            f"{module}.lora_A.weight": Matrix.random([rank, *inputs], module + "A", dtype),
            f"{module}.lora_B.weight": Matrix.random([out, rank, *rest], module + "B", dtype),
        }

    @staticmethod
    def factors(pair: dict[str, Matrix]) -> tuple[Matrix, Matrix]:
        down, up = pair.values()
        return up.reshaped(up.shape[:2]), down.reshaped([down.shape[0], math.prod(down.shape[1:])])

    def expect(self, what: str, words: list, wanted: dict[str, Matrix]) -> None:
        def test() -> str:
            self.suite.call("merge", *words, "--method", "lora", "-o", self.out, "-f")
            made = self.read_tensors(self.out)
            if sorted(made) != sorted(wanted):
                return f"other tensors: {sorted(set(made) ^ set(wanted))}"
            for name, matrix in wanted.items():
                if made[name] != (matrix.dtype, matrix.shape, matrix.values):
                    return f"{name}: {made[name][0]} {made[name][1]} {made[name][2][:4]}, not {matrix.values[:4]}"
            return ""

        self.suite.check(what, test)

    def refuse(self, what: str, words: list, message: str) -> None:
        def test() -> str:
            try:
                self.suite.call("merge", *words, "--method", "lora", "-o", self.scratch / "refused.safetensors")
            except RuntimeError as error:
                return "" if message in str(error) and ": 2: " in str(error) else str(error)
            return "was merged"

        self.suite.check(f"refused: {what}", test)

    def base(self, name: str, tensors: dict[str, Matrix]) -> pathlib.Path:
        path = self.scratch / f"{name}.safetensors"
        write_safetensors(path, tensors)
        return path

    # ---- the adapters

    def of_peft(self) -> None:
        weights = {
            "model.q.weight": Matrix.random([6, 6], "q", BF16), "model.up.weight": Matrix.random([9, 6], "up", F16),
            "model.conv.weight": Matrix.random([4, 2, 3, 3], "conv"), "model.norm.weight": Matrix.random([6], "norm"),
            "model.emb.weight": Matrix.random([7, 6], "emb"), "model.q.bias": Matrix.random([6], "b", BF16),
        }
        base = self.base("peft-base", weights)
        q, up, conv = (self.pair(PREFIX + "model.q", 6, 6, dtype=BF16), self.pair(PREFIX + "model.up", 9, 6, 5),
                       self.pair(PREFIX + "model.conv", 4, [2, 3, 3]))
        words = {f"{PREFIX}model.emb.lora_embedding_A": Matrix.random([3, 7], "eA"),
                 f"{PREFIX}model.emb.lora_embedding_B": Matrix.random([6, 3], "eB")}
        bias = {PREFIX + "model.q.base_layer.bias": Matrix.random([6], "new bias")}
        norm = {PREFIX + "model.norm.modules_to_save.weight": Matrix.random([6], "new norm"),
                PREFIX + "model.norm.original_module.weight": Matrix.random([6], "norm")}
        config = {"rank_pattern": {"up": 5}, "alpha_pattern": {"model.u.": 10, "q": 1}}
        adapter = self.peft("peft", config, q | up | conv | words | bias | norm)
        embedding = words.values()
        down, second = embedding
        scale = {"q": 1 / 3, "up": 2.0, "conv": 2.0, "emb": 2.0}
        wanted = weights | {
            "model.q.weight": merged(weights["model.q.weight"], (scale["q"], *self.factors(q))),
            "model.up.weight": merged(weights["model.up.weight"], (scale["up"], *self.factors(up))),
            "model.conv.weight": merged(weights["model.conv.weight"], (scale["conv"], *self.factors(conv))),
            "model.emb.weight": merged(weights["model.emb.weight"], (scale["emb"], down.turned(), second.turned())),
            "model.q.bias": Matrix([6], next(iter(bias.values())).values, BF16),
            "model.norm.weight": Matrix([6], next(iter(norm.values())).values),
        }
        self.expect("PEFT", [base, adapter], wanted)
        self.expect("PEFT by --base", ["--base", base, adapter], wanted)
        self.expect("PEFT, the file in the folder", [base, adapter / "adapter_model.safetensors"], wanted)
        halved = dict(wanted)
        half = {name: factor * 0.5 for name, factor in scale.items()}
        for name, factors in (("q", self.factors(q)), ("up", self.factors(up)), ("conv", self.factors(conv)),
                              ("emb", (down.turned(), second.turned()))):
            halved[f"model.{name}.weight"] = merged(weights[f"model.{name}.weight"], (half[name], *factors))
        for name, new in (("model.q.bias", bias), ("model.norm.weight", norm)):
            between = zip(weights[name].values, next(iter(new.values())).values)
            halved[name] = Matrix([6], [a + 0.5 * (b - a) for a, b in between], weights[name].dtype)
        self.expect("PEFT, half of it", [base, adapter, "--weight", "0.5"], halved)
        only_q = weights | {"model.q.weight": wanted["model.q.weight"]}
        none = dict(only_q)
        self.expect("PEFT, of one tensor", [base, adapter, "--weight", "0", "--weight", "1:*q.weight"], none)
        self.same_bytes(base, adapter)

        rooted = self.peft("rslora", {"use_rslora": True}, q)
        root = 6 / math.sqrt(3)
        self.expect("rsLoRA", [base, rooted],
                    weights | {"model.q.weight": merged(weights["model.q.weight"], (root, *self.factors(q)))})
        self.expect("two adapters", [base, rooted, adapter, "--weight", "2,0"],
                    weights | {"model.q.weight": merged(weights["model.q.weight"], (2 * root, *self.factors(q)))})
        both = merged(weights["model.q.weight"], (root, *self.factors(q)), (1 / 3, *self.factors(q)))
        self.expect("two adapters of one tensor", [base, rooted, adapter], wanted | {"model.q.weight": both})
        self.fan_in_fan_out()

    def fan_in_fan_out(self) -> None:
        weights = {"c.weight": Matrix.random([6, 8], "c"), "s.weight": Matrix.random([6, 6], "s")}
        base = self.base("turned-base", weights)
        c, s = self.pair(PREFIX + "c", 8, 6), self.pair(PREFIX + "s", 6, 6)

        def turned(pair: dict) -> tuple[Matrix, Matrix]:
            up, down = self.factors(pair)
            return down.turned(), up.turned()

        wanted = {"c.weight": merged(weights["c.weight"], (2.0, *turned(c))),
                  "s.weight": merged(weights["s.weight"], (2.0, *turned(s)))}
        self.expect("fan_in_fan_out", [base, self.peft("turned", {"fan_in_fan_out": True}, c | s)], wanted)
        self.refuse("a square weight that may be turned", [base, self.peft("doubtful", {}, c | s)],
                    "is for a square weight, and fan_in_fan_out is false")

    def same_bytes(self, base: pathlib.Path, adapter: pathlib.Path) -> None:
        call = self.suite.call
        words = [adapter, "--method", "lora", "--to", "safetensors", "-o", "-"]
        first = call("merge", base, *words, "-j", "1")
        shards, aero = self.scratch / "shards", self.scratch / "base.aero"
        call("convert", base, shards, "--to", "safetensors", "--max-shard-bytes", "300", "-f")
        call("convert", base, aero, "-f")
        for what, one in (("-j 4", [base, *words, "-j", "4"]), ("shards", [shards, *words]), ("AERO", [aero, *words])):
            self.suite.check(f"LoRA of {what}", lambda one=one: "" if call("merge", *one) == first else "other bytes")
        self.suite.check("LoRA of a pipe", lambda: "" if call("merge", "-", *words, stdin=base.read_bytes()) == first
                         else "other bytes")

    def of_images(self) -> None:
        weights = {"model.diffusion_model.in_blocks.1.attn.to_q.weight": Matrix.random([6, 6], "1", F16),
                   "model.diffusion_model.in_blocks.11.attn.to_q.weight": Matrix.random([6, 4], "11", F16),
                   "cond.text_model.layers.0.mlp.fc1.weight": Matrix.random([8, 4], "fc", BF16),
                   "cond.text_model.layers.0.mlp.fc1.bias": Matrix.random([8], "fcb", BF16)}
        q, _, fc, _ = names = list(weights)
        base = self.base("image-base", weights)
        of_q, of_fc = self.pair("q", 6, 6, 2, F16), self.pair("fc", 8, 4, 2)
        wanted = weights | {q: merged(weights[q], (0.5, *self.factors(of_q))),
                            fc: merged(weights[fc], (1.0, *self.factors(of_fc)))}

        def named(pair: dict, *new: str) -> dict:
            return dict(zip(new, pair.values()))

        kohya = self.scratch / "kohya.safetensors"
        unet, text = "lora_unet_in_blocks_1_attn_to_q", "lora_te_text_model_layers_0_mlp_fc1"
        tensors = (named(of_q, f"{unet}.lora_down.weight", f"{unet}.lora_up.weight")
                   | {f"{unet}.alpha": Matrix([], [1], F16)}
                   | named(of_fc, f"{text}.lora_down.weight", f"{text}.lora_up.weight"))
        write_safetensors(kohya, tensors)
        self.expect("kohya", [base, kohya], wanted)
        comfy = self.scratch / "comfy.safetensors"
        unet, text = "diffusion_model.in_blocks.1.attn.to_q", "text_model.layers.0.mlp.fc1"
        write_safetensors(comfy, named(of_q, f"{unet}.lora_A.weight", f"{unet}.lora_B.weight")
                          | {f"{unet}.alpha": Matrix([1], [1])}
                          | named(of_fc, f"{text}.lora.down.weight", f"{text}.lora.up.weight"))
        self.expect("ComfyUI", [base, comfy], wanted)
        plain = self.base("unet-base", {name.removeprefix("model.diffusion_model."): matrix
                                        for name, matrix in weights.items() if name in names[:2]})
        diffusers = self.scratch / "diffusers.safetensors"
        module = "unet.in_blocks.1.attn.to_q"
        write_safetensors(diffusers, named(of_q, f"{module}.lora_A.weight", f"{module}.lora_B.weight"),
                          {"lora_adapter_metadata": json.dumps({"unet.r": 2, "unet.lora_alpha": 1})})
        self.expect("diffusers", [plain, diffusers],
                    {name.removeprefix("model.diffusion_model."): wanted[name] for name in names[:2]})

        def broken(what: str, more: dict, message: str) -> None:
            path = self.scratch / "broken.safetensors"
            write_safetensors(path, tensors | more)
            self.refuse(what, [base, path], message)

        small = Matrix.random([2, 2], "small")
        broken("what fits nothing", {"lora_unet_out.lora_down.weight": small, "lora_unet_out.lora_up.weight": small},
               "holds what fits nothing in")
        broken("a matrix alone", {"lora_unet_out.lora_down.weight": small}, "has no second matrix beside it")
        broken("LoHa", {"lora_unet_out.hada_w1_a": small}, "another kind (LoHa)")
        broken("LoKr", {"lora_unet_out.lokr_w1": small}, "another kind (LoKr)")
        broken("DoRA", {"lora_unet_out.dora_scale": small}, "another kind (DoRA)")
        broken("a Tucker decomposition", {"lora_unet_out.lora_mid.weight": small}, "Tucker decomposition")
        broken("a difference", {"lora_unet_out.diff": small}, "another kind (whole differences)")
        broken("something else", {"lora_unet_out.weight": small}, "is no part of a LoRA adapter")
        broken("an infinite alpha", {"lora_unet_in_blocks_1_attn_to_q.alpha": Matrix([], [math.inf])},
               "no finite number")
        broken("an alpha of two", {"lora_unet_in_blocks_1_attn_to_q.alpha": Matrix([2], [1, 1])}, "is no number")
        broken("ambiguous", {"lora_unet_attn_to_q.lora_down.weight": Matrix.random([2, 6], "a"),
                             "lora_unet_attn_to_q.lora_up.weight": Matrix.random([6, 2], "b")}, "may be for '")
        broken("two for one", {"diffusion_model.in_blocks.1.attn.to_q.lora_A.weight": Matrix.random([2, 6], "a"),
                               "diffusion_model.in_blocks.1.attn.to_q.lora_B.weight": Matrix.random([6, 2], "b")},
               "are both for")
        broken("another shape", {"in_blocks.11.attn.to_q.lora_A.weight": Matrix.random([2, 6], "a"),
                                 "in_blocks.11.attn.to_q.lora_B.weight": Matrix.random([6, 2], "b")},
               "their product does not fit")
        broken("another rank", {"in_blocks.11.attn.to_q.lora_A.weight": Matrix.random([3, 4], "a"),
                                "in_blocks.11.attn.to_q.lora_B.weight": Matrix.random([6, 2], "b")},
               "which does not go with")

    def of_gguf(self) -> None:
        weights = {"token_embd.weight": Matrix.random([7, 32], "emb", F16),
                   "blk.0.attn_q.weight": Matrix.random([6, 32], "q", BF16),
                   "blk.0.ffn_up_exps.weight": Matrix.random([2, 5, 32], "exps")}
        base = self.scratch / "base.gguf"
        write_gguf(base, {"general.architecture": "llama"}, weights)
        embedding = Matrix.random([7, 2], "ga"), Matrix.random([32, 2], "gb")
        q = Matrix.random([2, 32], "gc"), Matrix.random([6, 2], "gd")
        experts = Matrix.random([2, 2, 32], "ge"), Matrix.random([2, 5, 2], "gf")
        tensors = {}
        for name, pair in zip(weights, (embedding, q, experts)):
            tensors |= {f"{name}.lora_a": pair[0], f"{name}.lora_b": pair[1]}
        keys = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}
        adapter = self.scratch / "adapter.gguf"
        write_gguf(adapter, keys | {"adapter.lora.alpha": 3.0}, tensors)
        halves = []
        for expert in range(2):
            def part(matrix: Matrix) -> Matrix:
                size = len(matrix.values) // 2
                return Matrix(matrix.shape[1:], matrix.values[expert * size:(expert + 1) * size], matrix.dtype)

            halves.append(merged(part(weights["blk.0.ffn_up_exps.weight"]), (1.5, part(experts[1]), part(experts[0]))))
        wanted = {
            "token_embd.weight": merged(weights["token_embd.weight"], (1.5, embedding[0], embedding[1].turned())),
            "blk.0.attn_q.weight": merged(weights["blk.0.attn_q.weight"], (1.5, q[1], q[0])),
            "blk.0.ffn_up_exps.weight": Matrix([2, 5, 32], halves[0].values + halves[1].values),
        }
        self.expect("GGUF", [base, adapter, "--to", "safetensors"], wanted)
        unscaled = self.scratch / "unscaled.gguf"
        only_q = {name: matrix for name, matrix in tensors.items() if "attn_q" in name}
        write_gguf(unscaled, keys, only_q)
        self.expect("GGUF without alpha", [base, unscaled, "--to", "safetensors"],
                    weights | {"blk.0.attn_q.weight": merged(weights["blk.0.attn_q.weight"], (1.0, q[1], q[0]))})
        write_gguf(unscaled, keys | {"adapter.type": "control_vector"}, only_q)
        self.refuse("a control vector", [base, unscaled], "only lora is")
        self.refuse("GGUF's adapter for other names", [self.scratch / "peft-base.safetensors", adapter],
                    "the adapter has the names of GGUF")
        self.refuse("PEFT's adapter for GGUF", [base, self.scratch / "rslora"], "the base has the names of GGUF")
        alone = self.scratch / "one-expert.gguf"
        weight = {"blk.0.ffn_up_exps.weight": Matrix([1, 5, 32], weights["blk.0.ffn_up_exps.weight"].values[:160])}
        write_gguf(alone, {"general.architecture": "llama"}, weight)
        pair = Matrix([1, 2, 32], experts[0].values[:64]), Matrix([1, 5, 2], experts[1].values[:10])
        write_gguf(unscaled, keys, {f"blk.0.ffn_up_exps.weight.lora_{part}": matrix for part, matrix in zip("ab", pair)})
        flat = Matrix([5, 32], weight["blk.0.ffn_up_exps.weight"].values)
        made = merged(flat, (1.0, pair[1].reshaped([5, 2]), pair[0].reshaped([2, 32])))
        self.expect("GGUF with one expert", [alone, unscaled, "--to", "safetensors"],
                    {"blk.0.ffn_up_exps.weight": Matrix([1, 5, 32], made.values)})
        self.refuse("no adapter", [base, alone], "is no part of a LoRA adapter")

    def refusals_of_peft(self) -> None:
        base = self.scratch / "peft-base.safetensors"
        q = self.pair(PREFIX + "model.q", 6, 6)
        alone = self.peft("alone", {}, q)
        (alone / "adapter_config.json").unlink()
        self.refuse("PEFT without its configuration", [base, alone], "has no adapter_config.json beside it")
        for what, config, message in (
                ("DoRA of PEFT", {"use_dora": True}, "DoRA is not merged"),
                ("another type", {"peft_type": "LOHA"}, "peft_type 'LOHA' is not merged"),
                ("another base", {"init_lora_weights": "pissa"}, "came with a base of its own"),
                ("a bias", {"lora_bias": True}, "lora_bias: such adapters"),
                ("parameters", {"target_parameters": ["x"]}, "target_parameters: such adapters"),
                ("no rank", {"r": 0}, "r is no rank"),
                ("no alpha", {"lora_alpha": "x"}, "lora_alpha is no number"),
                ("another rank than said", {"r": 4}, "has a rank of 3, and"),
                ("a pattern of Python's", {"rank_pattern": {"(?=q)": 3}}, "is not a regular expression of RE2"),
                ("a vast pattern", {"rank_pattern": {"((a{100}){100}){100}": 3}}, "is not a regular expression")):
            self.refuse(what, [base, self.peft("refused", config, q)], message)
        self.refuse("text", [base, self.scratch / "alone"], "adapter_config.json")
        many = {"rank_pattern": {f"m{i}": 3 for i in range(5000)}}
        self.refuse("thousands of patterns", [base, self.peft("many", many, q)], "has more than 4,096 regular")
        long = {PREFIX + "x" + ".base_layer" * 5000 + ".weight": Matrix.random([2], "long")}
        self.refuse("a long name", [base, self.peft("long", {}, q | long)], "holds what fits nothing in")
        words = {PREFIX + "model.emb.weight": Matrix.random([9, 6], "more words")}
        self.refuse("another vocabulary", [base, self.peft("words", {}, q | words)], "has the shape [9, 6]")
        self.refuse("no adapter at all", [base], "at least 1 model beside its base")
        norm = {PREFIX + "model.norm.weight": Matrix.random([6], "n")}
        twice = [self.peft(name, {}, q | norm) for name in ("one", "other")]
        self.refuse("two that take one place", [base, *twice], "as another tensor does")
        self.refuse("a density", [base, twice[0], "--density", "0.5"], "lora has no such parameter")

    def run(self) -> None:
        self.of_peft()
        self.of_images()
        self.of_gguf()
        self.refusals_of_peft()
