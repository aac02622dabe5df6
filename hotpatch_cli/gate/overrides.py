"""Settings for some machines, by the file that they stand in or by their tags. Values only."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from hotpatch_cli.report import Checked, Suppressed


class Inner(Protocol):
    """What takes findings away from the machines that it is asked about."""

    def covers(self, checked: Checked) -> tuple[Suppressed | None, Mapping[str, Suppressed]]:
        """(what covers all of a machine, what covers its findings by code)."""

    def notes(self) -> Iterable[str]:
        """What its owner should hear."""


class Selector(NamedTuple):
    """Machines that stand in a file which one of `paths` matches, and that have all `tags`; what is
    empty asks nothing.

    `named` gives the name of a file as the paths are written: relative to the folder of the
    configuration.
    """

    paths: tuple[re.Pattern[str], ...]
    tags: tuple[tuple[str, str], ...]
    named: Callable[[str], str]

    def holds(self, checked: Checked) -> bool:
        """Whether a machine is meant."""
        machine = checked.machine
        if self.tags and not set(self.tags) <= set(machine.placement.tags):
            return False
        if not self.paths:
            return True
        file = self.named(machine.origin.locate("name").file)
        return any(each.fullmatch(file) for each in self.paths)


class Override(NamedTuple):
    """Words that fail for some machines."""

    selector: Selector
    words: frozenset[str]


class ByMachine(NamedTuple):
    """Words that fail, by machine: of the overrides that mean it the last one, otherwise those of
    all.
    """

    words: frozenset[str]
    overrides: Sequence[Override]

    def failing(self, checked: Checked) -> frozenset[str]:
        """The words."""
        return next(
            (each.words for each in reversed(self.overrides) if each.selector.holds(checked)),
            self.words,
        )


class ForSome(NamedTuple):
    """A shield that holds for some machines only."""

    selector: Selector
    inner: Inner

    def covers(self, checked: Checked) -> tuple[Suppressed | None, Mapping[str, Suppressed]]:
        """What the shield says of a machine that is meant; of others nothing."""
        return self.inner.covers(checked) if self.selector.holds(checked) else (None, {})

    def notes(self) -> Iterator[str]:
        """What the shield says."""
        yield from self.inner.notes()


def path_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of paths such as `prod/**`: * and ? stay within a folder, ** goes through all."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    signs = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(signs.get(part) or re.escape(part) for part in parts), re.DOTALL)
