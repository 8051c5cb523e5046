"""Writes distributed checkpoints with torch's own processes: `distributed_writers.py DIRECTORY`. Each world of
processes is forked from one that has torch, as loading it takes longer than all else here."""

import os
import sys
import traceback
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.bool, torch.complex64, torch.float8_e4m3fn,
    torch.float8_e5m2,
]  # fmt: skip


def numbers(dtype: torch.dtype, *shape: int) -> torch.Tensor:
    """The same in all processes, as all begin with the same seed."""
    size = torch.empty(0, dtype=dtype).element_size()
    raw = torch.randint(0, 120, (torch.Size(shape).numel() * size,), dtype=torch.uint8)
    if dtype == torch.bool:
        raw = raw % 2
    return raw.view(dtype).reshape(shape)


def one_process(directory: Path) -> None:
    state = {str(dtype).removeprefix("torch."): numbers(dtype, 3, 5) for dtype in DTYPES}
    state |= {"scalar": torch.tensor(1.5), "none": torch.empty(0, 4), "columns": numbers(torch.float32, 6, 4).T}
    dcp.save({"state_dict": state, "epoch": 3}, checkpoint_id=directory, no_dist=True)


def fsdp(directory: Path) -> None:
    """A model of FSDP2 and what AdamW keeps of it."""
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.LayerNorm(7), torch.nn.Linear(7, 3, bias=False))
    for layer in model:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    model(torch.ones(2, 5)).sum().backward()
    optimizer.step()
    of_model, of_optimizer = get_state_dict(model, optimizer)
    dcp.save({"model": of_model, "optimizer": of_optimizer, "step": 1}, checkpoint_id=directory)


def rows_and_columns(directory: Path) -> None:
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    state = {}
    for dtype in DTYPES:
        for name, placement in (("rows", Shard(0)), ("columns", Shard(1)), ("all", Replicate())):
            name = f"{name}.{str(dtype).removeprefix('torch.')}"
            whole = numbers(dtype, 7, 5)
            if dtype.itemsize == 1 and dtype.is_floating_point:  # nothing divides them, but rows are views
                placement = Replicate()
            state[name] = distribute_tensor(whole, mesh, [placement], src_data_rank=None)
    state["few"] = distribute_tensor(numbers(torch.float32, 2, 3), mesh, [Shard(0)], src_data_rank=None)
    state["last"] = distribute_tensor(numbers(torch.int16, 2, 3, 10), mesh, [Shard(2)], src_data_rank=None)
    dcp.save(state, checkpoint_id=directory)


def two_dimensions(directory: Path) -> None:
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("dp", "tp"))
    state = {}
    for name, placements in (
        ("both", [Shard(0), Shard(1)]), ("turned", [Shard(1), Shard(0)]), ("tp", [Replicate(), Shard(1)]),
        ("dp", [Shard(0), Replicate()]), ("twice", [Shard(0), Shard(0)]), ("deep", [Shard(2), Shard(1)]),
        ("none", [Replicate(), Replicate()]),
    ):  # fmt: skip
        whole = numbers(torch.bfloat16, 7, 5, 3) if name == "deep" else numbers(torch.float32, 7, 6)
        state[name] = distribute_tensor(whole, mesh, placements, src_data_rank=None)
    dcp.save({"app": {"model": state, "optim": {"lr": 0.1}}}, checkpoint_id=directory)


def world(size: int, top: Path, *makers) -> None:
    processes = []
    for rank in range(size):
        process = os.fork()
        if process == 0:
            try:
                torch.manual_seed(1)
                store = dist.FileStore(str(top / f"store-{size}"), size)
                dist.init_process_group("gloo", store=store, rank=rank, world_size=size)
                for maker in makers:
                    maker(top / f"{maker.__name__}-{size}")
                dist.barrier()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        processes.append(process)
    if any(os.waitpid(process, 0)[1] for process in processes):
        sys.exit(f"a process of {size} failed")


def main() -> None:
    top = Path(sys.argv[1])
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    world(2, top, fsdp, rows_and_columns)
    world(3, top, rows_and_columns)
    world(4, top, fsdp, two_dimensions)
    one_process(top / "one_process-1")


if __name__ == "__main__":
    main()
