"""What a file breaks: the exception, and the collector that the checks write to."""

from __future__ import annotations

import os
from typing import Any, NoReturn

SHOWN = 25  # so that a file with thousands of broken entries still gives a message that one can read


class Fault(Exception):
    """A file or set that breaks rules of the specification. `faults` holds a line for each of them."""

    def __init__(self, faults: list[str]):
        self.faults = faults
        shown = faults[:SHOWN]
        if len(faults) > SHOWN:
            shown = shown + [f"and {len(faults) - SHOWN} more faults"]
        super().__init__("\n".join(shown))


class Unreadable(Exception):
    """Raised inside a check where nothing more can be found; the fault is in the report already."""


class Report:
    """Collects the faults of one file, so that one broken rule does not hide the next."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = os.fspath(path)
        self.faults: list[str] = []

    def add(self, rule: str, detail: str) -> None:
        self.faults.append(f"{self.path}: {rule}: {detail}")

    def equal(self, rule: str, expected: Any, found: Any) -> bool:
        """Holds one value to what the rule says. A bool is not an integer here, as it is not in msgpack."""
        if expected == found and isinstance(expected, bool) == isinstance(found, bool):
            return True
        self.add(rule, f"expected {show(expected)}, found {show(found)}")
        return False

    def fatal(self, rule: str, detail: str) -> NoReturn:
        self.add(rule, detail)
        raise Unreadable

    def raise_if_any(self) -> None:
        if self.faults:
            raise Fault(self.faults)


def show(value: Any) -> str:
    """A value as a message shows it: bytes in hexadecimal, and nothing at any length."""
    text = value.hex() if isinstance(value, (bytes, bytearray, memoryview)) else repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
