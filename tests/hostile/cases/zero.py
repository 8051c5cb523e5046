"""DeepSpeed's checkpoints: which files there must be, and how what they say of parameters agrees. What would run
something in their pickles is what it is in any checkpoint (torch_calls.py); a few stand here, too."""

from pathlib import Path

from case import Case, Content, Table, Verdict
from cases.torch_calls import CALLS
from dcp_file import archive, entries, floats, listed, size_of
from torch_file import EMPTY_TUPLE, NEWOBJ, NONE, integer, many, mapping, name, storage, tensor, text
from zero_file import STEP, Partition, enumerated, model_state, second, shapes_of, third

VECTORS = Path(__file__).resolve().parents[3] / "tests/data/zero"
# 6 + 2 elements, of two processes; a group that is one parameter, and one that crosses them.
SHAPES = {"a": (2, 3), "b": (2,)}
STATES, RANK = f"{STEP}/mp_rank_00_model_states.pt", f"{STEP}/zero_pp_rank_%d_mp_rank_00_optim_states.pt"
THIRD = {"stage": integer(3)}


def half(*counts: int, **more: object) -> Partition:
    return Partition(counts or (4,), **more)


def good() -> dict[str, bytes]:
    return second(model_state(SHAPES), half(), half())


def of_state(state: bytes) -> dict[str, bytes]:
    return second(state, half(), half())


def of_second(**more: object) -> dict[str, bytes]:
    """With another optimizer's state of the second process."""
    return second(model_state(SHAPES), half(), half(**more))


def of_third(counts: tuple[int, ...] = (4,), shapes: dict | None = None, **more: object) -> dict[str, bytes]:
    states = [model_state(SHAPES if shapes is None else shapes)] * 2
    return third(states, half(*counts, **THIRD), half(*counts, **{**THIRD, **more}))


def frozen(fragments: bytes, shapes: bytes | None = None, **more: bytes) -> bytes:
    said = shapes_of({"c": (2,)}) if shapes is None else shapes
    return model_state(SHAPES, frozen_param_shapes=said, frozen_param_fragments=fragments, **more)


def row(begin: int = 0, count: int = 2, kind: str = "FloatStorage") -> bytes:
    return tensor((count,), (1,), begin, of=storage(count=2, kind=kind))


class Cases:
    def __init__(self) -> None:
        self.table = Table("zero")

    def add(self, called: str, verdict: Verdict, says: str, files: dict[str, bytes]) -> None:
        content: dict[str, Content] = dict(files)
        self.table.cases.append(Case(f"{called}.zero", verdict, says, files=content, model="latest"))

    def unreadable(self, called: str, says: str, files: dict[str, bytes]) -> None:
        self.add(called, Verdict.UNREADABLE, says, files)

    def sound(self, called: str, files: dict[str, bytes]) -> None:
        self.add(called, Verdict.SOUND, "sound", files)


def sound(t: Cases) -> None:
    t.sound("good", good())
    t.sound("stage-1", second(model_state(SHAPES), half(stage=integer(1)), half(stage=integer(1))))
    t.sound("stage-by-getattr", second(model_state(SHAPES), *[half(stage=enumerated("gradients"))] * 2))
    t.sound("counts-in-a-list", second(model_state(SHAPES), *[half(count=listed(integer(2), integer(1)))] * 2))
    t.sound("padding", second(model_state(SHAPES), half(5), half(6)))
    t.sound("third", of_third())
    t.sound("third-padded", of_third((3,), {"a": (5,)}))
    t.sound("third-of-two-groups", of_third((2, 2)))
    t.sound("two-groups", second(model_state({"a": (2, 3)}, {"b": (2,)}), half(3, 1), half(3, 1)))
    t.sound("scalar-and-nothing", second(model_state({"a": (), "b": (0, 3), "c": (7,)}), half(), half()))
    t.sound("shared", of_state(model_state(SHAPES, shared_params=mapping(c=text("b")))))
    t.sound("frozen", of_state(frozen(mapping(c=row()))))
    t.sound("paddings-of-alignment",
            second(model_state(SHAPES), *[half(5, more={"param_alignment_paddings": listed(listed(integer(2), integer(0)))})] * 2))
    t.sound("no-buffers", of_state(model_state(SHAPES, buffer_names=b"", buffers=())))


def files(t: Cases) -> None:
    def bad(called: str, says: str, without: str = "", **more: bytes) -> None:
        made = {key: content for key, content in good().items() if key != without}
        t.unreadable(called, says, {**made, **{f"{STEP}/{key}.pt": content for key, content in more.items()}})

    bad("no-state", "nothing else says which parameters", STATES)
    bad("no-first-partition", "optimizer's state of process 0 is missing", RANK % 0)
    bad("no-second-partition", "says that there are 2 partitions", RANK % 1)
    part = half().bytes(0, False)
    bad("one-partition-more", "says that there are 2 partitions", zero_pp_rank_2_mp_rank_00_optim_states=part)
    bad("a-partition-far-off", "is missing", zero_pp_rank_7_mp_rank_00_optim_states=part)
    bad("tensor-parallel", "tensor parallel", mp_rank_01_model_states=model_state(SHAPES))
    bad("pipeline", "pipeline", **{"layer_00-model_00-model_states": model_state(SHAPES)})
    bad("experts", "mixture of experts", **{"expert_0_mp_rank_00_model_states": model_state(SHAPES)})
    t.unreadable("no-partitions", "has no *_optim_states.pt", {"latest": STEP.encode(), STATES: model_state(SHAPES)})
    states = [model_state(SHAPES)] * 3
    made = third(states, half(**THIRD), half(**THIRD))
    t.unreadable("third-no-first-state", "is missing",
                 {key: content for key, content in made.items() if "rank_0_mp_rank_00_model" not in key})

    def tag(called: str, says: str, latest: bytes) -> None:
        t.unreadable(called, says, second(model_state(SHAPES), half(), half(), latest=latest))

    tag("tag-up", "leads out of the directory", b"../" + STEP.encode())
    tag("tag-absolute", "is absolute", b"/etc")
    tag("tag-with-a-slash", "is no name of a directory", STEP.encode() + b"/x")
    tag("tag-dot", "is no name of a directory", b".")
    tag("tag-empty", "is empty", b"")
    tag("tag-of-spaces", "is empty", b" \n")
    tag("tag-nul", "", STEP.encode() + b"\0x")
    tag("tag-gone", "which is not there", b"global_step3")
    tag("tag-long", "is no name of a directory", b"x" * 100_000)
    tag("tag-of-terminal-escapes", "which is not there", b"\x1b[2J\xc2\x9b")


def partitions(t: Cases) -> None:
    def bad(called: str, says: str, **more: object) -> None:
        t.unreadable(called, says, of_second(**more))

    bad("another-stage", "another stage", stage=integer(1))
    bad("another-stage-by-getattr", "another stage", stage=enumerated("optimizer_states"))
    bad("stage-0", "no stage of ZeRO", stage=integer(0))
    bad("stage-4", "no stage of ZeRO", stage=integer(4))
    bad("stage-of-2-to-the-40", "no stage of ZeRO", stage=integer(1 << 40))
    bad("stage-a-text", "", stage=text("two"))
    bad("stage-unknown-name", "no stage of ZeRO", stage=enumerated("everything"))
    bad("no-stage", "has no 'zero_stage'", without="zero_stage")
    bad("no-count", "has no 'partition_count'", without="partition_count")
    bad("no-groups", "has no 'single_partition_of_fp32_groups'", without="single_partition_of_fp32_groups")
    bad("count-3", "says that there are 3 partitions", count=integer(3))
    bad("count-1", "says that there are 1 partition", count=integer(1))
    bad("count-negative", "as its partition_count", count=integer(-2))
    bad("count-a-text", "", count=text("2"))
    bad("count-of-texts", "as its partition_count", count=listed(text("2")))
    bad("groups-of-numbers", "where a row of elements should be", groups=listed(integer(1)))
    bad("groups-a-number", "", groups=integer(1))
    bad("no-group", "0 groups", groups=b"]")
    bad("group-outside", "", groups=listed(tensor((8,), (1,), of=storage(count=4))))
    bad("group-outside-by-overflow", "", groups=listed(tensor(((1 << 62),), (1,), 1 << 62, of=storage(count=4))))
    bad("group-with-gaps", "not side by side", groups=listed(tensor((2,), (2,), of=storage(count=4))))
    bad("group-of-halves", "master weights of float16", of=("HalfStorage", 2))
    bad("group-nowhere", "", groups=listed(tensor((4,), (1,), of=storage("9"))))
    t.unreadable("too-short", "fewer elements", second(model_state(SHAPES), half(), half(3)))
    t.unreadable("left-over", "more than padding", second(model_state(SHAPES), half(), half(8)))
    t.unreadable("third-too-short", "fewer elements", of_third((3,)))
    t.unreadable("third-left-over", "more than padding", of_third((5,)))
    t.unreadable("third-of-one-short", "fewer elements",
                 third([model_state(SHAPES)] * 2, half(4, **THIRD), half(3, **THIRD)))
    t.unreadable("groups-differ", "groups", second(model_state(SHAPES), half(4), half(2, 2)))
    t.unreadable("third-names-of-the-second", "has no 'fp32_flat_groups'",
                 of_third(name="single_partition_of_fp32_groups"))
    paddings = {"param_alignment_paddings": listed(listed(integer(9), integer(0)))}
    t.unreadable("paddings-lie", "fewer elements", second(model_state(SHAPES), half(more=paddings), half()))
    paddings = {"param_alignment_paddings": listed(listed(integer((1 << 63) - 1), integer(1)))}
    t.unreadable("paddings-overflow", "fewer elements", second(model_state(SHAPES), half(more=paddings), half()))
    paddings = {"param_alignment_paddings": listed(listed(integer(-1)))}
    t.unreadable("paddings-negative", "as its param_alignment_paddings",
                 second(model_state(SHAPES), half(more=paddings), half()))
    no_state = archive(mapping(x=integer(1)))
    t.unreadable("no-optimizer", "has no 'optimizer_state_dict'", {**good(), RANK % 1: no_state})
    t.unreadable("partition-a-list", "has no 'optimizer_state_dict'", {**good(), RANK % 1: archive(b"]")})
    t.unreadable("partition-no-archive", "", {**good(), RANK % 1: b"hello"})
    t.unreadable("partition-empty", "", {**good(), RANK % 1: b""})
    t.unreadable("partition-cut", "", {**good(), RANK % 1: half().bytes(4, False)[:-30]})
    t.unreadable("partition-another-tensor", "has no 'optimizer_state_dict'", {**good(), RANK % 1: floats((4,))})


def states(t: Cases) -> None:
    def bad(called: str, says: str, state: bytes) -> None:
        t.unreadable(called, says, of_state(state))

    bad("no-shapes", "has no 'param_shapes'", model_state(SHAPES, param_shapes=b""))
    bad("shapes-a-number", "", model_state(param_shapes=integer(1)))
    bad("shapes-of-numbers", "", model_state(param_shapes=listed(integer(1))))
    bad("shapes-of-numbered-names", "as a name in its param_shapes",
        model_state(param_shapes=listed(entries((integer(1), size_of((8,)))))))
    bad("shape-negative", "as its param_shapes", model_state({"a": (-8,)}))
    bad("shape-of-texts", "as its param_shapes", model_state(param_shapes=listed(mapping(a=many(text("8"))))))
    bad("shape-overflow", "has no size", model_state({"a": (1 << 40, 1 << 40)}))
    bad("shape-of-2-to-the-62", "", model_state({"a": (1 << 62,)}))
    bad("rank-of-65", "has no size", model_state({"a": (1,) * 65}))
    bad("shapes-lie", "fewer elements", model_state({"a": (2, 3), "b": (3,)}))
    bad("shapes-leave-over", "more than padding", model_state({"a": (4,)}))
    bad("name-twice", "is there twice", model_state(param_shapes=listed(entries(
        (text("a"), size_of((6,))), (text("a"), size_of((2,)))))))
    bad("name-of-a-buffer", "is there twice", model_state({"a": (2, 3), "freq": (2,)}))
    bad("two-groups-said", "groups", model_state({"a": (2, 3)}, {"b": (2,)}))
    bad("shared-with-nothing", "which is not there", model_state(SHAPES, shared_params=mapping(c=text("x"))))
    bad("frozen-not-there", "has no 'c'", frozen(b"}"))
    bad("frozen-a-number", "where a row of elements should be", frozen(mapping(c=integer(1))))
    bad("frozen-too-few", "fewer elements", frozen(mapping(c=row()), shapes_of({"c": (3,)})))
    bad("frozen-outside", "", frozen(mapping(c=row(begin=1))))
    bad("frozen-no-fragments", "has no 'frozen_param_fragments'",
        model_state(SHAPES, frozen_param_shapes=shapes_of({"c": (2,)})))
    bad("state-a-list", "has no 'param_shapes'", archive(b"]"))
    bad("state-no-archive", "", b"hello")
    bad("state-empty", "", b"")
    bad("buffer-outside", "not inside of its storage", model_state(
        SHAPES, module=mapping(freq=tensor((9,), (1,), of=storage(count=2)))))


def calls(t: Cases) -> None:
    for called in ("os.system", "builtins.getattr", "torch.load", "evil.unknown.function"):
        made = model_state(SHAPES, client=CALLS[called])
        t.add(f"state-calls-{called.replace('.', '-')}", Verdict.WRONG, called, of_state(made))
        of_it = half(more={"client": CALLS[called]})
        t.add(f"partition-calls-{called.replace('.', '-')}", Verdict.WRONG, called,
              second(model_state(SHAPES), half(), of_it))
    t.add("stage-calls", Verdict.WRONG, "os.system", of_second(stage=CALLS["os.system"]))
    t.sound("inert-class", of_state(model_state(SHAPES, client=name("a.b", "C") + EMPTY_TUPLE + NEWOBJ)))
    t.sound("client-state", of_state(model_state(SHAPES, client=mapping(note=text("x"), seen=NONE))))


def vectors(t: Cases) -> None:
    for directory in sorted([*VECTORS.glob("zero?"), *VECTORS.glob("bad/*")]):
        made = {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
        good = directory.parent == VECTORS
        t.add(f"vector-{directory.name}", Verdict.SOUND if good else Verdict.UNREADABLE, "", made)


def cases() -> Table:
    t = Cases()
    sound(t)
    files(t)
    partitions(t)
    states(t)
    calls(t)
    vectors(t)
    return t.table
