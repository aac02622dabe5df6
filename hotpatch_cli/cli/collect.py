"""`hotpatch collect`: a PowerShell script that writes what a machine knows of itself, for `check`
to read.
"""

from importlib.resources import files
from typing import NamedTuple

import typer

from hotpatch_cli.cli.options.common import ConfigOption, Output
from hotpatch_cli.cli.request import RequestCommand

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand, epilog="Example: hotpatch collect -o collect.ps1")
class CollectRequest(NamedTuple):
    """Write a read-only PowerShell script that collects what check asks of a machine, as JSON."""

    output: Output = "-"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the script. Raises InputError."""
        from hotpatch_cli.cli.console import deliver

        script = files("hotpatch_cli.cli").joinpath("collect.ps1")
        deliver(script.read_text(encoding="utf-8"), self.output)
