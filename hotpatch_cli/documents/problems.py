"""Problems of an input: each has a place, a message, and a fix."""

from collections.abc import Iterable
from typing import NamedTuple

SHOWN_AT_MOST = 50


class Problem(NamedTuple):
    """One problem of an input: its place, what is wrong, and the fix.

    `line` and `column` count from 1. They are None for a problem without a place, such as a missing
    file.
    """

    file: str
    line: int | None
    column: int | None
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = ":".join(
            str(part) for part in (self.file, self.line, self.column) if part is not None
        )
        return f"{place}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


class InputError(Exception):
    """Invalid inputs: every problem found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems[:SHOWN_AT_MOST])))


class EmptyInputError(InputError):
    """An input that can be read and has nothing in it, such as the export of an empty group."""


def refuse(file: str, message: str, remedy: str = "") -> InputError:
    """An InputError of one problem that concerns a file or an option as a whole."""
    return InputError([Problem(file, None, None, message, remedy)])
