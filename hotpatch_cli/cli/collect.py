"""`hotpatch collect`: a PowerShell script that writes what a machine knows of itself, for `check`
to read.
"""

from importlib.resources import files

import typer

from hotpatch_cli.cli.options.common import Output

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch collect -o collect.ps1")
def collect(output: Output = "-") -> None:
    """Write a read-only PowerShell script that collects what check asks of a machine, as JSON."""
    from hotpatch_cli.cli.console import deliver

    deliver(files("hotpatch_cli.cli").joinpath("collect.ps1").read_text(encoding="utf-8"), output)
