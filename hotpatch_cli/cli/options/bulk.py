"""`check` of a large table: the same question, options and exit codes; a summary, or one row a
machine in a file.

It is `check` itself, not a command of its own: nobody should have to know how many machines are
many. What a report of millions of machines cannot hold is refused by name: formats other than
these, and options that look at single machines.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hotpatch_cli.cli.config.config import current

if TYPE_CHECKING:
    from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable

_SMALLEST = 2**20
"""No file of fewer bytes is large: most runs end here."""

_HELD = frozenset(
    {
        "fleet",
        "as_of",
        "form",
        "output",
        "prefer",
        "columns",
        "windows",
        "only",
        "fail_on",
        "every",
        "matrix",
    }
    | {"releases", "quiet", "no_color", "context"}
)
"""Parameters of `check` that mean the same for a large table."""

_FORMATS = ("csv", "jsonl", "parquet")
_ONLY_HERE = frozenset({"jsonl", "parquet"})
"""Formats that no other run has."""

_OPTION = Annotated[
    bool | None,
    typer.Option(
        "--bulk/--no-bulk",
        envvar="HOTPATCH_BULK",
        help="Take a table (CSV, JSON Lines, Parquet) as a whole, or machine by machine; by its size, if not given. "
        "As a whole the formats are table, csv, jsonl and parquet.",
        show_default=False,
    ),
]


def bulk(command: Callable[..., None]) -> Callable[..., None]:
    """Let `check` hand large tables over to the code below."""

    signature = inspect.signature(command)

    @wraps(command)
    def run(**values: Any) -> None:
        wanted: bool | None = values.pop("bulk")
        unheld = [
            name
            for name, value in values.items()
            if name not in _HELD and value != signature.parameters[name].default
        ]
        if current.get().own("overrides"):
            unheld.append("config")
        found = None if wanted is False else _taken(values, unheld, wanted=wanted)
        if found is None:
            command(**values)
        else:
            from hotpatch_cli.cli.bulk_check import run_bulk
            from hotpatch_cli.cli.output_targets import paired

            run_bulk(found, paired(values["form"], values["output"], ("table", *_FORMATS)), values)

    parameters = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in signature.parameters.values()
    ]
    option = inspect.Parameter(
        "bulk", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_OPTION
    )
    run.__signature__ = signature.replace(parameters=[*parameters, option])  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {each.name: each.annotation for each in (*parameters, option)}
    return run


def _taken(
    values: dict[str, Any], unheld: list[str], *, wanted: bool | None
) -> "DetectedTable | None":
    """The table that is to be taken as a whole: the one that was asked for, or the only one that is
    large.

    Raises InputError or BadParameter where it was asked for, or is too large for anything else, and
    cannot be.
    """
    names, forms = list(values["fleet"] or ()), list(values["form"] or ["table"])
    wanted = wanted or bool(set(forms) & _ONLY_HERE)
    if values.get("reader") not in (None, "table") or not (
        wanted or any(map(_may_be_large, names))
    ):
        return None
    from hotpatch_cli.documents.files import MAX_BYTES
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.tables.bulk.detect import detect
    from hotpatch_cli.inputs.tables.bulk.engine import available

    tables = [
        found for found in map(detect, names) if found is not None and (wanted or found.large)
    ]
    if len(tables) != 1:
        if not wanted:
            return None
        said = (
            "None of the files is a table of machines."
            if not tables
            else "Tables are taken as a whole one at a time."
        )
        raise refuse(
            "--bulk",
            said,
            "Name one CSV, JSON Lines or Parquet file; jsonl and parquet are written of those.",
        )
    fits = available() and not unheld and set(forms) <= {"table", *_FORMATS}
    if fits or wanted or tables[0].size > MAX_BYTES:
        _refuse_unheld(unheld, forms)
        return tables[0]
    return None


def _refuse_unheld(unheld: list[str], forms: list[str]) -> None:
    for name in unheld:
        option = "[[overrides]] of --config" if name == "config" else "--" + name.replace("_", "-")
        raise typer.BadParameter(
            "it looks at single machines: not for a table as a whole.", param_hint=option
        )
    for form in forms:
        if form not in ("table", *_FORMATS):
            said = f"of a table as a whole, {', '.join(('table', *_FORMATS))} are written; for {form}, add --no-bulk."
            raise typer.BadParameter(said, param_hint="--format")


def _may_be_large(name: str) -> bool:
    try:
        return Path(name).stat().st_size >= _SMALLEST
    except (OSError, ValueError):
        return False
