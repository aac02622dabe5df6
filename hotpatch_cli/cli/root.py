"""The root command. Commands are imported when they are called: start-up time is a promise."""

import os
from importlib import import_module
from typing import Annotated, Any

import typer

from hotpatch_cli import __version__
from hotpatch_cli.cli.config.config import where_set
from hotpatch_cli.cli.help_page import PlainGroup
from hotpatch_cli.cli.help_panels import guided

_COMPLETING = "_HOTPATCH_COMPLETE"
"""The variable by which a shell asks for completions."""

COMMANDS = (
    "check",
    "show",
    "image",
    "fix",
    "report",
    "diff",
    "trend",
    "waive",
    "calendar",
    "next",
    "windows",
    "plan",
    "verify",
    "progress",
    "rollback",
    "feed",
    "init",
    "convert",
    "collect",
    "schema",
    "explain",
    "matrix",
    "releases",
)
"""Commands in the order of the help page; each is a module of this package."""


class LazyGroup(PlainGroup):
    """A group that imports a command's module only when the command is called."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """All commands, in their order."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"hotpatch_cli.cli.{cmd_name}").app)
        command.name = cmd_name
        if _COMPLETING in os.environ:
            from hotpatch_cli.cli.completion import completed

            return completed(command)
        return guided(command, cmd_name)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a refused value of the configuration is shown with its file and line."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message += where_set(error)
            raise


app = typer.Typer(
    name="hotpatch",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hotpatch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Check whether Windows Server machines are eligible for hotpatching, see what blocks the rest,
    and schedule the restarts that you can't avoid.
    """
