"""`hotpatch init`: a commented inventory to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import ConfigOption, Quiet
from hotpatch_cli.cli.request import RequestCommand, option

_ADVICE = (
    "# An export does not say when machines may restart. Uncomment what follows and make it yours; "
    "then give\n# each machine, or all of them under defaults, a `timezone` and a `window`, "
    "and where it has them `groups` and a `ring`.\n"
)

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand, epilog="Example: hotpatch init -o fleet.yaml")
class InitRequest(NamedTuple):
    """Write a commented starter inventory, or one that has the machines of an export."""

    output: Annotated[str, option("--output -o", "FILE", "Write here, if it is not there.")] = "-"
    exports: Annotated[
        list[str] | None,
        option(
            "--from-azure",
            "FILE",
            "Start from what Azure exports, such as `az vm list -o json`; repeatable.",
        ),
    ] = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the inventory, and never over a file. Raises InputError."""
        from hotpatch_cli.cli.console import deliver
        from hotpatch_cli.errors import refuse

        if self.output != "-" and Path(self.output).exists():
            advice = "Name another one; nothing was overwritten."
            raise refuse(self.output, "This file is there already.", advice)
        starter = files("hotpatch_cli.cli").joinpath("starter.yaml").read_text(encoding="utf-8")
        text = _from_exports(self.exports, starter, self) if self.exports else starter
        deliver(text, self.output)


def _from_exports(exports: list[str], starter: str, request: InitRequest) -> str:
    """The machines of exports, and above them in comments what no export says: when they may
    restart.
    """
    from hotpatch_cli.cli.convert import ConvertRequest, converted

    convert = ConvertRequest(exports, request.output, quiet=request.quiet)
    text = converted(convert, exports)
    if "\nwindows:" in text:  # the export knows maintenance windows
        return text
    times = starter[starter.index("windows:") : starter.index("machines:")].strip()
    commented = "".join(f"# {line}".rstrip() + "\n" for line in times.splitlines())
    return text.replace("\nmachines:\n", f"\n{_ADVICE}{commented}\nmachines:\n", 1)
