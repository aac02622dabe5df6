"""An empty Typer program of two commands: what any command line built on Typer costs before it does
anything.
"""

import typer

app = typer.Typer()


@app.command()
def first(name: str = "x") -> None:
    """Do nothing."""
    print(name)


@app.command()
def second() -> None:
    """Do nothing."""


app()
