"""The verdicts in full, as they were reviewed: expected/TABLE.txt."""

from pathlib import Path

HERE = Path(__file__).resolve().parent / "expected"
MOST_LINES = 8
MOST_CHARACTERS = 400


def shown(text: str) -> str:
    """A verdict as it is kept: of what is very long the beginning."""
    lines = [
        line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} (of {len(line)} characters)"
        for line in text.splitlines()
    ]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"({len(lines) - MOST_LINES} lines)", lines[-1]]
    return "".join(line + "\n" for line in lines)


def read(table: str) -> dict[str, str]:
    path = HERE / f"{table}.txt"
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    name = ""
    for line in path.read_text().splitlines(keepends=True):
        if line.startswith("== "):
            name = line[3:].rstrip("\n")
            found[name] = ""
        else:
            found[name] += line
    return found


def write(table: str, verdicts: dict[str, str]) -> None:
    HERE.mkdir(exist_ok=True)
    (HERE / f"{table}.txt").write_text("".join(f"== {name}\n{text}" for name, text in verdicts.items()))
