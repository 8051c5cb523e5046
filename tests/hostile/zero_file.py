"""DeepSpeed's checkpoints, written by hand: the model's state, and of each process the optimizer's."""

import struct
from dataclasses import dataclass, field

from dcp_file import archive, entries, listed, size_of
from torch_file import NONE, call, integer, mapping, storage, tensor, text

Shapes = dict[str, tuple[int, ...]]
STEP = "global_step2"


def row(*values: float) -> tuple[bytes, bytes]:
    """The archive's storage, and the flat tensor that is all of it."""
    return struct.pack(f"<{len(values)}f", *values), tensor((len(values),), (1,), of=storage(count=len(values)))


def shapes_of(shapes: Shapes) -> bytes:
    return entries(*((text(key), size_of(size)) for key, size in shapes.items()))


@dataclass
class Partition:
    """The optimizer's state of a process: of each group how many elements, which count on."""

    counts: tuple[int, ...]
    stage: bytes = integer(2)
    count: bytes = integer(2)
    groups: bytes | None = None
    name: str | None = None  # of the list of groups
    more: dict[str, bytes] = field(default_factory=dict)
    without: str = ""
    of: tuple[str, int] = ("FloatStorage", 4)  # the elements' type and their bytes

    def bytes(self, first: int, is_third: bool) -> bytes:
        count = sum(self.counts)
        kind, width = self.of
        data = struct.pack(f"<{count}f", *range(first, first + count)) if width == 4 else bytes(count * width)
        flats, begin = [], 0
        for one in self.counts:
            flats.append(tensor((one,), (1,), begin, of=storage(count=count, kind=kind)))
            begin += one
        called = self.name or ("fp32_flat_groups" if is_third else "single_partition_of_fp32_groups")
        state = {
            "zero_stage": self.stage,
            "partition_count": self.count,
            called: listed(*flats) if self.groups is None else self.groups,
            **self.more,
        }
        state.pop(self.without, None)
        return archive(mapping(optimizer_state_dict=mapping(**state)), data)


def enumerated(stage: str) -> bytes:
    """As Python 3.11 writes DeepSpeed's number of a stage."""
    return call("builtins", "getattr", b"cdeepspeed.runtime.zero.config\nZeroStageEnum\n", text(stage))


def model_state(*shapes: Shapes, buffers: tuple[str, ...] = ("freq",), **more: bytes) -> bytes:
    """What is not asked for by a name of `more`, with one buffer of two elements."""
    data, buffer = row(0.5, 1.5)
    state = {
        "module": mapping(freq=buffer),
        "buffer_names": listed(*map(text, buffers)),
        "param_shapes": listed(*map(shapes_of, shapes)),
        "frozen_param_shapes": NONE,
        "shared_params": b"}",
        "ds_version": text("0.19.8"),
        **more,
    }
    return archive(mapping(**{key: value for key, value in state.items() if value}), data)


def second(states: bytes, *partitions: Partition, latest: bytes = STEP.encode()) -> dict[str, bytes]:
    """Of stage 1 or 2."""
    files = {"latest": latest, f"{STEP}/mp_rank_00_model_states.pt": states}
    first = 0
    for number, partition in enumerate(partitions):
        files[f"{STEP}/zero_pp_rank_{number}_mp_rank_00_optim_states.pt"] = partition.bytes(first, False)
        first += sum(partition.counts)
    return files


def third(states: list[bytes], *partitions: Partition) -> dict[str, bytes]:
    files = {"latest": STEP.encode()}
    first = 0
    for number, state in enumerate(states):
        files[f"{STEP}/zero_pp_rank_{number}_mp_rank_00_model_states.pt"] = state
    for number, partition in enumerate(partitions):
        files[f"{STEP}/bf16_zero_pp_rank_{number}_mp_rank_00_optim_states.pt"] = partition.bytes(first, True)
        first += sum(partition.counts)
    return files
