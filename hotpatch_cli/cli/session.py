"""The data of a run once its options are parsed: a fleet, release data and rules, and the date."""

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import typer

from hotpatch_cli.cli.console import say
from hotpatch_cli.cli.options.common import AZURE_OPTIONS, today
from hotpatch_cli.cli.words import known_input_format, known_source, known_word
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.model import Fleet

if TYPE_CHECKING:
    from hotpatch_cli.inputs.default_facts import FactLayer


class AzureRequest(Protocol):
    """The options of a request that can read from Azure."""

    @property
    def azure(self) -> bool:
        """Whether Azure is a source."""

    @property
    def subscription(self) -> list[str] | None:
        """Names or IDs of subscriptions."""

    @property
    def management_group(self) -> list[str] | None:
        """IDs of management groups."""

    @property
    def cloud(self) -> str:
        """The name of a cloud."""

    @property
    def quiet(self) -> bool:
        """Whether standard error has errors alone."""


class Sources(NamedTuple):
    """The fleet of some sources, the data of each of them, and notes for the user."""

    names: list[str]
    fleet: Fleet
    notes: tuple[str, ...]
    data: list[SourceData]

    @classmethod
    def load(cls, request: AzureRequest, names: Sequence[str]) -> "Sources":
        """The sources of a request. Raises BadParameter and InputError.

        A command without one of the options of reading passes None for it.
        """
        reader = known_input_format(getattr(request, "input_format", None))
        prefer = known_source(getattr(request, "prefer", None), names)
        windows = getattr(request, "windows", None) or ()
        columns = getattr(request, "columns", None) or ()
        only = bool(getattr(request, "changes_only", False))
        with watched(request):
            fleet, notes, data = load_sources(
                names,
                reader,
                prefer,
                windows,
                columns,
                allow_empty=getattr(request, "allow_empty", False),
                facts=set_facts(request),
                changes_only=only,
            )
        return cls(list(names), fleet, notes, data)


class Session(NamedTuple):
    """The sources of a run with release data and rules, and its date."""

    names: list[str]
    fleet: Fleet
    notes: tuple[str, ...]
    knowledge: Knowledge
    day: date

    @classmethod
    def load(cls, request: AzureRequest, names: Sequence[str]) -> "Session":
        """The data of a request. Raises BadParameter and InputError."""
        sources = Sources.load(request, names)
        return cls(
            sources.names, sources.fleet, sources.notes, knowledge_of(request), day_of(request)
        )


def set_facts(request: Any) -> "FactLayer | None":
    """The facts of --set. Raises InputError."""
    texts = getattr(request, "facts", None)
    if not texts:
        return None
    from hotpatch_cli.inputs.default_facts import parse_set

    return parse_set(texts)


def knowledge_of(request: Any) -> Knowledge:
    """The support matrix, rules and releases, with the additions of --matrix and --releases. Raises
    InputError.
    """
    matrix = getattr(request, "matrix", None) or ()
    return load_knowledge(matrix, getattr(request, "releases", None) or ())


def day_of(request: Any) -> date:
    """The as-of date of a request: today in UTC, where it has no --as-of."""
    day: date | None = request.as_of
    return day or today()


def tell(notes: Iterable[str | None], *, quiet: bool) -> None:
    """Write notes to standard error, where there are any."""
    for note in notes:
        if note:
            say(note, quiet=quiet)


def source_names(request: AzureRequest, files: Sequence[str] | None) -> list[str]:
    """The sources of a request: its files, and Azure with --azure.

    Raises BadParameter where there is none, and for options that have no effect.
    """
    if request.azure:
        from hotpatch_cli.inputs.live.scope import CLOUDS, source_name

        known_word(request.cloud, CLOUDS, "--cloud")
        if request.subscription and request.management_group:
            raise typer.BadParameter(
                "Specify either --subscription or --management-group.",
                param_hint="--management-group",
            )
        where = (
            _scope_names("subscription", request.subscription),
            _scope_names("management-group", request.management_group),
        )
        return [*fleet_files(files), source_name(*where, request.cloud)]
    from hotpatch_cli.cli.config.config import current

    for name in AZURE_OPTIONS[1:]:
        if current.get().source_of(name) == "COMMANDLINE":
            raise typer.BadParameter(
                "Add --azure: without it, this option has no effect.",
                param_hint=f"--{name.replace('_', '-')}",
            )
    found = fleet_files(files)
    if not found:
        raise typer.BadParameter(
            "No input. Specify at least one file, or use --azure.", param_hint="FLEET"
        )
    return found


def _scope_names(option: str, given: Sequence[str] | None) -> tuple[str, ...]:
    """The names of an option. A variable that is set and blank is an empty name, not no option."""
    variable = os.environ.get(f"HOTPATCH_{option.upper().replace('-', '_')}")
    if not given and variable is not None and not variable.strip():
        return ("",)
    return tuple(given or ())


def fleet_files(files: Sequence[str] | None) -> list[str]:
    """The files that a command line names, or otherwise the configuration: those of folders and
    patterns too. Raises InputError.
    """
    from hotpatch_cli.cli.config.config import current
    from hotpatch_cli.inputs.source_files import source_files

    return source_files(files or current.get().fleet)


def watched(request: AzureRequest) -> AbstractContextManager[None]:
    """A context in which reading from Azure shows a bar in a terminal."""
    if not request.azure:
        return nullcontext()
    from hotpatch_cli.cli.progress_bar import azure_watched

    return azure_watched(quiet=request.quiet)
