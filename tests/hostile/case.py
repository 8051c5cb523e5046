"""What a case is: a bad file, and what the specification says of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

MIB = 1 << 20


class Verdict(Enum):
    """What `validate --full`, `validate` and a command that reads the metadata exit with."""

    UNREADABLE = (1, 1, 2)  # a part cannot be read right: nothing is done with the file
    FAULT = (1, 1, 0)  # against the rules, but readable
    WEIGHTS = (1, 0, 0)  # only who reads everything can see it
    SOUND = (0, 0, 0)  # allowed, however odd
    WRONG = (1, 1, None)  # a fault; whether there is anything to use does not matter
    NOTHING = (2, 2, 2)  # the bytes could not be read, or nothing says what they should be


Content = bytes | Callable[[Path], None]  # a callable writes the file itself


@dataclass
class Case:
    name: str  # of the file; after the rule that it breaks
    verdict: Verdict
    says: str  # stands in what validate --full says
    content: Content | None = None
    files: dict[str, Content] = field(default_factory=dict)  # in a directory of its own, beside the model
    model: str | None = None  # the path that is given to the tool, where it is not the file's
    memory: int = 320 * MIB  # that a command may take
    carried: bool = False  # of WEIGHTS: what copies the file copies the fault, and need not see it


@dataclass
class Table:
    """The cases of one format, in the order of its specification."""

    extension: str
    prefix: str = ""  # of the names of all files
    cases: list[Case] = field(default_factory=list)

    def add(
        self,
        name: str,
        verdict: Verdict,
        says: str,
        content: Content,
        memory: int = 320 * MIB,
        carried: bool = False,
    ) -> None:
        file = f"{self.prefix}{name}.{self.extension}"
        self.cases.append(Case(file, verdict, says, content, memory=memory, carried=carried))

    def unreadable(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.UNREADABLE, says, content)

    def fault(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.FAULT, says, content)

    def wrong(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.WRONG, says, content)

    def weights(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.WEIGHTS, says, content)

    def carried(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.WEIGHTS, says, content, carried=True)

    def sound(self, name: str, says: str, content: Content) -> None:
        self.add(name, Verdict.SOUND, says, content)
