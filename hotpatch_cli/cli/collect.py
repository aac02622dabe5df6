"""`hotpatch collect`: a PowerShell script that collects the facts of a machine for `check`."""

from importlib.resources import files
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import ConfigOption, Quiet
from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import RequestCommand

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class CollectRequest(NamedTuple):
    """Write a read-only PowerShell script that collects the facts of a machine as JSON."""

    output: Annotated[str, output_option("powershell")] = "-"
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the script. Raises InputError."""
        from hotpatch_cli.cli.console import deliver

        script = files("hotpatch_cli.cli").joinpath("collect.ps1")
        deliver(script.read_text(encoding="utf-8"), self.output)
        conclude("", [self.output], quiet=self.quiet)
