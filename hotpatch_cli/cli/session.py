"""What a command works with once its options are parsed: a fleet, what is known, and the day."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any, NamedTuple, Protocol

import typer

from hotpatch_cli.cli.console import say
from hotpatch_cli.cli.options.common import AZURE_OPTIONS, today
from hotpatch_cli.cli.words import known_input_format, known_source, known_word
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.model import Fleet


class AzureRequest(Protocol):
    """What a request that may read from Azure says of it."""

    @property
    def azure(self) -> bool:
        """Whether Azure is a source."""

    @property
    def subscription(self) -> list[str] | None:
        """Names or ids of subscriptions."""

    @property
    def management_group(self) -> list[str] | None:
        """Ids of management groups."""

    @property
    def cloud(self) -> str:
        """The name of a cloud."""

    @property
    def quiet(self) -> bool:
        """Whether nothing is said on standard error."""


class Sources(NamedTuple):
    """The fleet of some sources, what each of them holds, and notes for the user."""

    names: list[str]
    fleet: Fleet
    notes: tuple[str, ...]
    data: list[SourceData]

    @classmethod
    def load(cls, request: AzureRequest, names: Sequence[str]) -> "Sources":
        """What the sources of a request say. Raises BadParameter and InputError.

        A command without --input-format, --prefer, --map or --windows passes None for it.
        """
        reader = known_input_format(getattr(request, "input_format", None))
        prefer = known_source(getattr(request, "prefer", None), names)
        windows = getattr(request, "windows", None) or ()
        columns = getattr(request, "columns", None) or ()
        with watched(request):
            fleet, notes, data = load_sources(names, reader, prefer, windows, columns)
        return cls(list(names), fleet, notes, data)


class Session(NamedTuple):
    """The sources of a run with what is known of releases and rules on its day."""

    names: list[str]
    fleet: Fleet
    notes: tuple[str, ...]
    knowledge: Knowledge
    day: date

    @classmethod
    def load(cls, request: AzureRequest, names: Sequence[str]) -> "Session":
        """What a request asks for. Raises BadParameter and InputError."""
        sources = Sources.load(request, names)
        return cls(
            sources.names, sources.fleet, sources.notes, knowledge_of(request), day_of(request)
        )


def knowledge_of(request: Any) -> Knowledge:
    """The support matrix, rules and releases, with what --matrix and --releases of a request add.
    Raises InputError.
    """
    matrix = getattr(request, "matrix", None) or ()
    return load_knowledge(matrix, getattr(request, "releases", None) or ())


def day_of(request: Any) -> date:
    """The day whose world a request looks at: today in UTC, where it has no --as-of."""
    day: date | None = request.as_of
    return day or today()


def tell(notes: Iterable[str | None], *, quiet: bool) -> None:
    """Say notes on standard error, where there is something to say."""
    for note in notes:
        if note:
            say(note, quiet=quiet)


def source_names(request: AzureRequest, files: Sequence[str] | None) -> list[str]:
    """The sources of a request: its files, and Azure where it is asked for.

    Raises BadParameter where there is none, and for options that would do nothing.
    """
    if request.azure:
        from hotpatch_cli.inputs.live.scope import CLOUDS, source_name

        known_word(request.cloud, CLOUDS, "--cloud")
        if request.subscription and request.management_group:
            raise typer.BadParameter(
                "it says where in another way than --subscription.", param_hint="--management-group"
            )
        where = tuple(request.subscription or ()), tuple(request.management_group or ())
        return [*(files or ()), source_name(*where, request.cloud)]
    from hotpatch_cli.cli.config.config import current

    for name in AZURE_OPTIONS[1:]:
        if current.get().source_of(name) == "COMMANDLINE":
            raise typer.BadParameter("it needs --azure.", param_hint=f"--{name.replace('_', '-')}")
    if not files:
        raise typer.BadParameter(
            "there is none: name files, or read from Azure with --azure.", param_hint="FLEET"
        )
    return list(files)


def watched(request: AzureRequest) -> AbstractContextManager[None]:
    """A context in which reading from Azure shows a bar, where standard error is a terminal."""
    if not request.azure:
        return nullcontext()
    from hotpatch_cli.cli.progress import azure_watched

    return azure_watched(quiet=request.quiet)
