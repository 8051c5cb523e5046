"""Calls functions of a script that runs in another environment, by pickles through pipes.

A request is the name of a function with its arguments, on standard input. An answer, on standard output, is what went
wrong, or None, and what came of it.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


class ElsewhereError(Exception):
    """A function refused what it was asked for."""


class Elsewhere:
    """`Elsewhere(python, script)("write", path, content)` calls the script's function `write`."""

    def __init__(self, python: Path, script: Path) -> None:
        self._process = subprocess.Popen([python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, name: str, *words: object, **options: object) -> object:
        words = tuple(str(word) if isinstance(word, Path) else word for word in words)
        pickle.dump((name, words, options), self._process.stdin)
        self._process.stdin.flush()
        problem, result = pickle.load(self._process.stdout)
        if problem:
            raise ElsewhereError(problem)
        return result

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def serve(functions: dict[str, Callable]) -> None:
    """What the script does: answers until there is no more request."""
    # What a library prints is not to come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            name, words, options = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (None, functions[name](*words, **options))
        except Exception as error:  # each library has its own
            answer = (f"{type(error).__name__}: {error}", None)
        pickle.dump(answer, answers)
        answers.flush()
