"""Settings for some machines, selected by file or by tags. Values only."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hotpatch_cli.gate.outcome import MachineSuppressions, Suppression
from hotpatch_cli.report import Checked


class Selector(NamedTuple):
    """Machines from a file that one of `paths` matches, with all `tags`; an empty field matches
    all.

    `named` gives the name of a file relative to the folder of the configuration, like `paths`.
    """

    paths: tuple[re.Pattern[str], ...]
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
        return any(path.fullmatch(file) for path in self.paths)


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


def path_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of paths such as `prod/**`: * and ? stay within a folder, ** goes through all."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    signs = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(signs.get(part) or re.escape(part) for part in parts), re.DOTALL)
