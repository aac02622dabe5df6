"""Options that mean the same in every command."""

import os
import re
from datetime import date
from typing import Annotated, Any

import typer

from hotpatch_cli.documents.codec import parse_date

YEARS = range(2000, 2190)
"""Years that can be asked about: windows are looked at for some years more."""


def _day(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if day.year not in YEARS:
        raise typer.BadParameter(f"{day} is not in the years {YEARS[0]} to {YEARS[-1]}.")
    return day


AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=_day,
        metavar="DATE",
        envvar="HOTPATCH_AS_OF",
        help="The day whose world is looked at, such as 2025-12-15; today in UTC if not given.",
        show_default=False,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        envvar="HOTPATCH_OUTPUT",
        help="Write here; - is standard output.",
    ),
]
MatrixFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--matrix",
        metavar="FILE",
        envvar="HOTPATCH_MATRIX",
        help="Add to the support matrix from a file; repeatable.",
    ),
]
ReleaseFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--releases",
        metavar="FILE",
        envvar="HOTPATCH_RELEASES",
        help="Add releases from a file; repeatable.",
    ),
]
WindowFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--windows",
        metavar="FILE",
        envvar="HOTPATCH_WINDOWS",
        help="Maintenance configurations of Azure (JSON) as windows; repeatable.",
    ),
]
READER_NAMES = (
    *("inventory", "collected", "azure-vms", "arc", "azure-local", "patch-state", "maintenance"),
    *("terraform", "arm-template", "image-builder", "packer", "ansible", "table"),
)
"""The names of the readers, for the help. The readers are imported when one is needed: start-up
time is a promise.
"""
FromReader = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="READER",
        envvar="HOTPATCH_FROM",
        help=f"Force a reader instead of finding it by content: {', '.join(READER_NAMES)}.",
    ),
]


def _mappings(
    context: typer.Context, param: typer.CallbackParam, value: list[str] | None
) -> list[str] | None:
    """COLUMN=FIELD, whose columns may have spaces: a variable holds several, parted by ; or lines,
    or by spaces.

    What a variable or the configuration says stands for tables that lack its column, too.
    """
    source = context.get_parameter_source(param.name or "")
    if not value or source is None or source.name == "COMMANDLINE":
        return value
    from hotpatch_cli.inputs.tables.columns import ConfiguredMapping

    if source.name == "ENVIRONMENT":
        text = os.environ.get("HOTPATCH_MAP", "")
        value = (
            re.split(r"[;\n]", text)
            if re.search(r"[;\n]", text)
            else re.findall(r"\S.*?=\S*|\S.*$", text)
        )
    return [ConfiguredMapping(each.strip()) for each in value if each.strip()]


Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        envvar="HOTPATCH_MAP",
        callback=_mappings,
        help="What a column of a table means, such as 'OS build=build'; repeatable.",
    ),
]
Prefer = Annotated[
    str | None,
    typer.Option(
        "--prefer",
        metavar="READER",
        envvar="HOTPATCH_PREFER",
        help="Whom to believe where sources contradict each other: a reader (inventory, arc, ...) or one of the files.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", envvar="HOTPATCH_QUIET", help="Say nothing on standard error."),
]
NoColor = Annotated[
    bool,
    typer.Option(
        "--no-color", envvar="HOTPATCH_NO_COLOR", help="No colours; NO_COLOR does the same."
    ),
]


def day_option(name: str, variable: str, text: str) -> Any:
    """An option that takes a day."""
    return typer.Option(
        name, parser=_day, metavar="DATE", envvar=variable, help=text, show_default=False
    )


def today() -> date:
    """The clock of the program: today in UTC. Nothing else asks for the time."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date()
