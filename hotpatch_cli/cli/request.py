"""What commands are made of: a request, whose fields are the options, and which runs.

A command is a NamedTuple: Typer makes its options of the fields, and the class shows all of them.
A command line becomes one frozen value, and `run` is the command.
"""

from collections.abc import Iterable
from typing import Any

import typer

from hotpatch_cli.cli.help_page import PlainCommand, PlainGroup

OUTPUTS = {"output": "previous", "write_known": "known", "replan": ""}
"""The fields of requests that name files to write, and the field of what such a file was before:
that may be the same file.
"""


def option(names: str, metavar: str | None, text: str, **more: Any) -> Any:
    """An option: `names` are "--output -o", its variable is HOTPATCH_OUTPUT.

    `text` may name a registry, such as {inputs.fleet.READERS}: the help page lists its keys.
    """
    flags = names.split()
    name = flags[0].partition("/")[0].removeprefix("--")
    variable = "HOTPATCH_" + name.replace("-", "_").upper()
    more = {"show_envvar": False} | more  # one sentence of the help page covers all variables
    return typer.Option(*flags, metavar=metavar, help=text, envvar=variable, **more)


def switch(names: str, text: str, **more: Any) -> Any:
    """An option without a value."""
    return option(names, None, text, **more)


def format_option(formats: str | Iterable[str], more: str = "Default: by suffix, or table.") -> Any:
    """`--format`. Its help lists the formats: names, or the registry that has them, such as
    "outputs.formats.PLAN_FORMATS".
    """
    listed = f"{{{formats}}}" if isinstance(formats, str) else ", ".join(formats)
    return option("--format -f", "FORMAT", f"{listed}. {more}", show_default=False)


class RequestCommand(PlainCommand):
    """A command whose callback is the class of its request: the request is made, and then run."""

    def invoke(self, ctx: Any) -> None:
        """Make the request and run it in the context of the command, as a callback would."""
        request = super().invoke(ctx)
        _plan_outputs(request)
        ctx.invoke(request.run)


class RequestGroup(PlainGroup):
    """A group that is a command too where no command follows."""

    def invoke(self, ctx: Any) -> None:
        """Run the command that follows, or the request of the group itself."""
        request = super().invoke(ctx)
        if request is not None:
            _plan_outputs(request)
            ctx.invoke(request.run)


def _plan_outputs(request: Any) -> None:
    """Tell the run which files its options write. Raises InputError for one that can't be written,
    or that the run has read.
    """
    from hotpatch_cli.documents.run_files import files_of_run, plan_outputs, same_file

    for field, read in OUTPUTS.items():
        name = getattr(request, field, None)
        if not isinstance(name, str):  # several outputs are known once they have their formats
            continue
        before = getattr(request, read, None) if read else None
        if before is not None and same_file(name, before):
            files_of_run().replace(name)
        plan_outputs([name], may_be_folder=getattr(request, "writes_folders", False))
