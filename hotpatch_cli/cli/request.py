"""What commands are made of: a request, whose fields are the options, and which runs.

A command is a NamedTuple: Typer makes its options of the fields, and whoever reads the class knows
all of them. What Typer makes of a command line is one frozen value, and `run` is the command.
"""

from collections.abc import Iterable
from importlib import import_module
from string import Formatter
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

PACKAGE = "hotpatch_cli"


def option(names: str, metavar: str | None, text: str, **more: Any) -> Any:
    """An option: `names` are "--output -o", its variable is HOTPATCH_OUTPUT.

    `text` may name a registry, such as {inputs.fleet.READERS}: the help page lists its keys.
    """
    flags = names.split()
    name = flags[0].partition("/")[0].removeprefix("--")
    variable = "HOTPATCH_" + name.replace("-", "_").upper()
    return typer.Option(*flags, metavar=metavar, help=text, envvar=variable, **more)


def switch(names: str, text: str, **more: Any) -> Any:
    """An option without a value."""
    return option(names, None, text, **more)


def format_option(formats: str | Iterable[str], more: str = "", **settings: Any) -> Any:
    """`--format`. Its help lists the formats: names, or the registry that has them, such as
    "outputs.formats.PLAN_FORMATS".
    """
    listed = f"{{{formats}}}" if isinstance(formats, str) else ", ".join(formats)
    return option("--format -f", "FORMAT", listed + more, **settings)


class RequestCommand(TyperCommand):
    """A command whose callback is the class of its request: the request is made, and then run."""

    def invoke(self, ctx: Any) -> None:
        """Make the request and run it in the context of the command, as a callback would."""
        ctx.invoke(super().invoke(ctx).run)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help page."""
        _fill_in_registries(self)
        super().format_help(ctx, formatter)


class RequestGroup(TyperGroup):
    """A group that is a command too where no command follows."""

    def invoke(self, ctx: Any) -> None:
        """Run the command that follows, or the request of the group itself."""
        request = super().invoke(ctx)
        if request is not None:
            ctx.invoke(request.run)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help page."""
        _fill_in_registries(self)
        super().format_help(ctx, formatter)


def _fill_in_registries(command: Any) -> None:
    """Put the keys of registries into the help texts that name them.

    Only a help page needs them: what renders a plan takes a tenth of a second to import.
    """
    for param in command.params:
        text = getattr(param, "help", None) or ""
        for _, place, _, _ in Formatter().parse(text):
            if place is not None:
                param.help = param.help.replace(f"{{{place}}}", ", ".join(registry(place)))


def registry(place: str) -> Any:
    """A table of the package by its place, such as "outputs.formats.PLAN_FORMATS"."""
    module, _, name = place.rpartition(".")
    return getattr(import_module(f"{PACKAGE}.{module}"), name)
