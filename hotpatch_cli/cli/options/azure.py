"""Options of every command that takes a fleet: Azure itself as one more source."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

if TYPE_CHECKING:
    from hotpatch_cli.inputs.live import Watcher

_PANEL = "Azure"
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "context": (typer.Context, inspect.Parameter.empty),
    "azure": (
        Annotated[
            bool,
            typer.Option(
                "--azure",
                envvar="HOTPATCH_AZURE",
                help="Read from Azure itself; files may be given too.",
                rich_help_panel=_PANEL,
            ),
        ],
        False,
    ),
    "subscription": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--subscription",
                metavar="NAME",
                envvar="HOTPATCH_SUBSCRIPTION",
                help="This subscription (id or name), or all that can be read; repeatable.",
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "management_group": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--management-group",
                metavar="ID",
                envvar="HOTPATCH_MANAGEMENT_GROUP",
                help="All that is under this management group; repeatable.",
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "cloud": (
        Annotated[
            str,
            typer.Option(
                "--cloud",
                metavar="NAME",
                envvar="HOTPATCH_CLOUD",
                help="public, usgovernment or china",
                rich_help_panel=_PANEL,
            ),
        ],
        "public",
    ),
}


def live(parameter: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command read from Azure: what these options ask for joins the sources of one of its
    parameters.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)

        @wraps(command)
        def run(**values: Any) -> None:
            given = {name: values.pop(name) for name in _OPTIONS}
            values[parameter] = _sources(list(values[parameter] or ()), **given)
            with _watched(wanted=given["azure"] and not values.get("quiet")):
                command(**values)

        parameters = {
            name: each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, each in signature.parameters.items()
        }
        annotation, argument = get_args(parameters[parameter].annotation)
        argument = copy(argument)
        argument.metavar = argument.metavar.removesuffix(
            "..."
        )  # of what may be left out, Typer writes [FLEET]...
        parameters[parameter] = parameters[parameter].replace(
            annotation=Annotated[annotation, argument], default=None
        )
        for name, (annotation, default) in _OPTIONS.items():
            parameters[name] = inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
        run.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]  # Typer reads it
        run.__annotations__ = {name: each.annotation for name, each in parameters.items()}
        return run

    return decorated


def _sources(
    files: list[str],
    context: typer.Context,
    azure: bool,
    subscription: list[str] | None,
    management_group: list[str] | None,
    cloud: str,
) -> list[str]:
    """The sources of a run. Raises BadParameter where there is none, and for options that would do
    nothing.
    """
    from hotpatch_cli.cli.options.gate import known_word
    from hotpatch_cli.inputs.live.scope import CLOUDS, source_name

    if azure:
        known_word(cloud, CLOUDS, "--cloud")
        if subscription and management_group:
            raise typer.BadParameter(
                "it says where in another way than --subscription.", param_hint="--management-group"
            )
        return [
            *files,
            source_name(tuple(subscription or ()), tuple(management_group or ()), cloud),
        ]
    for name in ("subscription", "management_group", "cloud"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter("it needs --azure.", param_hint=f"--{name.replace('_', '-')}")
    if not files:
        raise typer.BadParameter(
            "there is none: name files, or read from Azure with --azure.", param_hint="FLEET"
        )
    return files


@contextmanager
def _watched(*, wanted: bool) -> Iterator[None]:
    """While this lasts, reading from Azure shows a bar, where standard error is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield
        return
    from hotpatch_cli.inputs.live import watching

    token = watching.set(_bar)
    try:
        yield
    finally:
        watching.reset(token)


@contextmanager
def _bar() -> "Iterator[Watcher]":
    """A bar on standard error that goes away when the reading ends."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("Azure: {task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("signing in", total=None)
        yield lambda about, done, total: progress.update(
            task, description=about, completed=done, total=total or None
        )
