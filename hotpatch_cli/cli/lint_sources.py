"""What `windows lint` looks at: its files as one fleet, or each by itself where they cannot be one."""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.azure.schedules import Schedule, schedules_of
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.model import Fleet

STDIN = "-"


class LintSources(NamedTuple):
    """A fleet and its windows, as they were written; what to tell the user of reading them."""

    fleet: Fleet
    schedules: list[Schedule]
    notes: tuple[str, ...]


def load_linted(files: Sequence[str]) -> list[LintSources]:
    """The files together, since a machine's configurations may stand in several; raises InputError.

    Inventories of several teams may give one name to two windows or machines: each file is then
    read by itself, and what is wrong with the files together is raised only where one of them
    cannot stand alone.
    """
    try:
        return [_load(files)]
    except InputError:
        if len(files) == 1 or STDIN in files:
            raise
        try:
            parts = [_load([name]) for name in files]
        except InputError:
            parts = []
        if not parts:
            raise
    told = "The files are not one fleet, for they share names: each is checked by itself."
    return [parts[0]._replace(notes=(told, *parts[0].notes)), *parts[1:]]


def _load(files: Sequence[str]) -> LintSources:
    loaded = load_sources(files, strict=False)
    return LintSources(loaded.fleet, schedules_of(loaded.sources), loaded.notes)
