"""Writes the corpus: `corpus.py DIRECTORY` makes the files of every table there, and cases.json that tells of
them. A program of its own, so that whoever runs the cases stays small: what a child takes is measured, and a
child begins with its parent's size."""

import json
import sys
from pathlib import Path

from case import Case, Content, Table


def tables() -> dict[str, Table]:
    from cases import (
        aero_chunks,
        aero_container,
        aero_metadata,
        aeroset,
        dcp,
        gguf,
        gguf_split,
        npy,
        npz,
        safetensors,
        safetensors_index,
        torch,
        torch_calls,
        zero,
        ztensor,
        ztensor_data,
    )

    return {
        "aero-container": aero_container.cases(),
        "aero-metadata": aero_metadata.cases(),
        "aero-chunks": aero_chunks.cases(),
        "aeroset": aeroset.cases(),
        "safetensors": safetensors.cases(),
        "safetensors-index": safetensors_index.cases(),
        "gguf": gguf.cases(),
        "gguf-split": gguf_split.cases(),
        "npy": npy.cases(),
        "npz": npz.cases(),
        "torch": torch.cases(),
        "torch-calls": torch_calls.cases(),
        "dcp": dcp.cases(),
        "zero": zero.cases(),
        "ztensor": ztensor.cases(),
        "ztensor-data": ztensor_data.cases(),
    }


def write(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)


def lay_down(case: Case, directory: Path) -> str:
    """The path of the model, from the corpus' directory."""
    if case.content is not None:
        write(directory / case.name, case.content)
        return case.name
    for name, content in case.files.items():
        write(directory / case.name / name, content)
    return f"{case.name}/{case.model}" if case.model else case.name


def main() -> None:
    top = Path(sys.argv[1])
    told, seen = [], set()
    for title, table in tables().items():
        directory = top / title
        directory.mkdir()
        for case in table.cases:
            if (title, case.name) in seen:
                raise ValueError(f"{title}: two cases are called {case.name}")
            seen.add((title, case.name))
            model = lay_down(case, directory)
            told.append(
                {
                    "table": title,
                    "name": case.name,
                    "model": model,
                    "verdict": case.verdict.name,
                    "says": case.says,
                    "memory": case.memory,
                    "carried": case.carried,
                }
            )
    (top / "cases.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
