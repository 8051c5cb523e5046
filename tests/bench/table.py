"""What is printed: lines about the machine, and Markdown tables."""

import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from timing import Contender


@dataclass
class Table:
    title: str
    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def render(table: Table) -> str:
    widths = [max(len(row[i]) for row in [table.head, *table.rows]) for i in range(len(table.head))]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    lines = [f"### {table.title}", "", line(table.head), rule, *map(line, table.rows)]
    if table.notes:
        lines += ["", *table.notes]
    return "\n".join(lines) + "\n"


def seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2f} s"


def spread(values: list[float]) -> str:
    """The median, and how far the others lie from it."""
    return f"{seconds(statistics.median(values))} ({seconds(min(values))} to {seconds(max(values))})"


def compared(contender: Contender, floor: Contender, budget: str = "") -> list[str]:
    return [contender.name, spread(contender.seconds), f"{contender.over(floor):.2f} x {floor.name}", budget]


def machine(size: int, rounds: int) -> str:
    model = platform.processor() or "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return (
        f"{model}, {len(os.sched_getaffinity(0))} processors, Linux {platform.release()}; "
        f"models of {size / (1 << 30):g} GiB, medians of {rounds} rounds\n"
    )
