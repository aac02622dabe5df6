"""`check` of a large table: the same options and exit codes; a summary, or one row a machine in a
file.

It is `check` itself, not a command of its own: users shouldn't have to know how many machines are
many. Formats that can't have millions of machines, and options about single machines, are refused
by name.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.request import switch

if TYPE_CHECKING:
    from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable

_SMALLEST = 2**20
"""No file of fewer bytes is large; most runs end here."""

FORMATS = ("table", "csv", "jsonl", "parquet")
"""The formats of a table as a whole."""
_ONLY_HERE = frozenset({"jsonl", "parquet"})
"""Formats that no other run has."""

Bulk = Annotated[
    bool | None,
    switch(
        "--bulk/--no-bulk",
        "Check a large table as a whole. Default: by its size.",
        show_default=False,
    ),
]


class BulkRequest(NamedTuple):
    """The options of `check` that apply to a table as a whole."""

    fleet: list[str]
    azure: bool
    subscription: list[str] | None
    management_group: list[str] | None
    cloud: str
    quiet: bool
    no_color: bool
    every: bool
    fail_on: str
    form: list[str] | None = None
    output: list[Path] | None = None
    as_of: date | None = None
    prefer: str | None = None
    columns: list[str] | None = None
    facts: list[str] | None = None
    windows: list[str] | None = None
    allow_empty: bool = False
    only: str | None = None
    matrix: list[str] | None = None
    releases: list[str] | None = None


_HELD = {*BulkRequest._fields, "bulk", "config"}
"""A `config` is possible; only its overrides are about single machines."""


def bulk_request(request: Any) -> BulkRequest:
    """The options of a request of `check` that apply to a table as a whole."""
    return BulkRequest(**{name: getattr(request, name) for name in BulkRequest._fields})


def bulk_table(request: Any) -> "DetectedTable | None":
    """The table to check as a whole: the requested one, or the only one that is large.

    Raises InputError or BadParameter where that isn't possible although it was requested, or the
    table is too large for anything else.
    """
    names, forms = list(request.fleet), list(request.form or ["table"])
    wanted = request.bulk or bool(set(forms) & _ONLY_HERE)
    if request.bulk is False or request.input_format not in (None, "table"):
        return None
    if not (wanted or any(map(_may_be_large, names))):
        return None
    from hotpatch_cli.documents.files import MAX_BYTES
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.tables.bulk.detect import detect
    from hotpatch_cli.inputs.tables.bulk.engine import available

    tables = []
    for name in names:
        table = detect(name)
        if table is not None and (wanted or table.large):
            tables.append(table)
    if len(tables) != 1:
        if not wanted:
            return None
        message = "Only one table can be checked as a whole."
        if not tables:
            message = "None of the files is a table of machines."
        advice = (
            "Specify one CSV, JSON Lines, or Parquet file. The formats jsonl and parquet need one."
        )
        raise refuse("--bulk", message, advice)
    unheld = _unheld(request)
    fits = available() and not unheld and set(forms) <= set(FORMATS)
    if fits or wanted or tables[0].size > MAX_BYTES:
        _refuse_unheld(unheld, forms)
        return tables[0]
    return None


def _unheld(request: Any) -> list[str]:
    """Options of the run that don't apply to a table as a whole."""
    defaults = request._field_defaults
    unheld = [
        name
        for name, value in request._asdict().items()
        if name not in _HELD and value != defaults[name]
    ]
    if current.get().own("overrides"):
        unheld.append("config")
    return unheld


def _refuse_unheld(unheld: Sequence[str], forms: Sequence[str]) -> None:
    for name in unheld:
        option = "[[overrides]] of --config" if name == "config" else "--" + name.replace("_", "-")
        raise typer.BadParameter(
            "It doesn't apply to a table as a whole. Add --no-bulk.", param_hint=option
        )
    for form in forms:
        if form not in FORMATS:
            message = f"A table as a whole has the formats {', '.join(FORMATS)}. "
            raise typer.BadParameter(f"{message}For {form}, add --no-bulk.", param_hint="--format")


def _may_be_large(name: str) -> bool:
    try:
        return Path(name).stat().st_size >= _SMALLEST
    except (OSError, ValueError):
        return False
