"""Settings for some machines, selected by file or by tags. Values only."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hotpatch_cli.gate.outcome import MachineSuppressions, Suppression
from hotpatch_cli.report import Checked


class PathPattern:
    """A pattern of paths such as `prod/**`: * and ? stay within a folder, ** goes through all.

    A path is read once, with all the places of the pattern where it can be: a regular expression
    would try each length of each star.
    """

    def __init__(self, pattern: str) -> None:
        self._parts: list[str] = []
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern):
            self._parts += [part] if part in _SIGNS else list(part)

    def matches(self, path: str) -> bool:
        """Whether the pattern is all of a path."""
        places = self._reached({0})
        for letter in path:
            places = self._reached(set().union(*(self._after(at, letter) for at in places)))
        return len(self._parts) in places

    def _after(self, at: int, letter: str) -> set[int]:
        """The places after a letter; a negative one is within a folder of `**/`."""
        if at < 0:
            return {at} if letter != "/" else {-at - 1}
        part = self._parts[at] if at < len(self._parts) else ""
        match part:
            case "**":
                return {at}
            case "*":
                return {at} if letter != "/" else set()
            case "?":
                return {at + 1} if letter != "/" else set()
            case "**/":
                return {-at - 1} if letter != "/" else set()
        return {at + 1} if part == letter else set()

    def _reached(self, places: set[int]) -> set[int]:
        """The places, and those behind stars that can be empty."""
        reached = set(places)
        for at in places:
            place = at
            while 0 <= place < len(self._parts) and self._parts[place] in _EMPTY:
                place += 1
                reached.add(place)
        return reached


_EMPTY = frozenset({"**/", "**", "*"})
_SIGNS = _EMPTY | {"?"}


class Selector(NamedTuple):
    """Machines from a file that one of `paths` matches, with all `tags`; an empty field matches
    all.

    `named` gives the name of a file relative to the folder of the configuration, like `paths`.
    """

    paths: tuple[PathPattern, ...]
    tags: tuple[tuple[str, str], ...]
    named: Callable[[str], str]

    def holds(self, checked: Checked) -> bool:
        """Whether it matches a machine."""
        machine = checked.machine
        if self.tags and not set(self.tags) <= set(machine.placement.tags):
            return False
        if not self.paths:
            return True
        file = self.named(machine.origin.locate("name").file)
        return any(path.matches(file) for path in self.paths)


class Override(NamedTuple):
    """Conditions that fail for some machines."""

    selector: Selector
    conditions: frozenset[str]


class ByMachine(NamedTuple):
    """Conditions that fail, by machine: those of the last override that matches it, otherwise the
    common ones.
    """

    conditions: frozenset[str]
    overrides: Sequence[Override]

    def failing(self, checked: Checked) -> frozenset[str]:
        """The conditions that fail a machine."""
        for override in reversed(self.overrides):
            if override.selector.holds(checked):
                return override.conditions
        return self.conditions


class ForSome(NamedTuple):
    """A suppression for some machines only."""

    selector: Selector
    suppression: Suppression

    def applies(self, checked: Checked) -> MachineSuppressions:
        """What it suppresses of a machine that it matches; of others nothing."""
        if self.selector.holds(checked):
            return self.suppression.applies(checked)
        return MachineSuppressions()

    def notes(self) -> Iterator[str]:
        """Notes for the owner of the suppression."""
        yield from self.suppression.notes()
