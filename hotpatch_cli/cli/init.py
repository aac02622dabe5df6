"""`hotpatch init`: a commented inventory to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import Quiet

_ADVICE = """# An export does not say when machines may restart. Uncomment what follows and make it yours; then give
# each machine, or all of them under defaults, a `timezone` and a `window`, and where it has them `groups` and a `ring`.
"""

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch init -o fleet.yaml")
def init(
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            envvar="HOTPATCH_OUTPUT",
            help="Write here, if it is not there.",
        ),
    ] = "-",
    exports: Annotated[
        list[str] | None,
        typer.Option(
            "--from-azure",
            metavar="FILE",
            envvar="HOTPATCH_FROM_AZURE",
            help="Start from what Azure exports, such as `az vm list -o json`; repeatable.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a commented starter inventory, or one that has the machines of an export."""
    from hotpatch_cli.cli.console import deliver
    from hotpatch_cli.errors import refuse

    if output != "-" and Path(output).exists():
        raise refuse(
            output, "This file is there already.", "Name another one; nothing was overwritten."
        )
    starter = files("hotpatch_cli.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
    deliver(_started(exports, starter, output, quiet=quiet) if exports else starter, output)


def _started(exports: list[str], starter: str, output: str, *, quiet: bool) -> str:
    """The machines of exports, and above them in comments what no export says: when they may
    restart.
    """
    from hotpatch_cli.cli.convert import converted

    text = converted(exports, output, quiet=quiet)
    if "\nwindows:" in text:  # the export knows maintenance windows
        return text
    times = starter[starter.index("windows:") : starter.index("machines:")].strip()
    commented = "".join(f"# {line}".rstrip() + "\n" for line in times.splitlines())
    return text.replace("\nmachines:\n", f"\n{_ADVICE}{commented}\nmachines:\n", 1)
