"""Options that mean the same in every command that has them, as data."""

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hotpatch_cli.cli.config.config import use_config
from hotpatch_cli.cli.request import option, switch
from hotpatch_cli.documents.codec import parse_date

YEARS = range(2000, 2190)
"""Years of dates in options: windows are searched for some years more."""
MOST_EFFORT = 10_000
AZURE_OPTIONS = ("azure", "subscription", "management_group", "cloud")
"""The fields of a request that say what is read from Azure itself."""


def parse_day(text: str) -> date:
    """The day of an option. Raises BadParameter."""
    try:
        day = parse_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if day.year not in YEARS:
        message = f"{day} is out of range. Specify a date from {YEARS[0]} to {YEARS[-1]}."
        raise typer.BadParameter(message)
    return day


def parse_effort(text: str | float) -> float:
    """The effort of a search. Raises BadParameter."""
    try:
        effort = float(text)
    except ValueError:
        effort = 0.0
    if not 0 < effort <= MOST_EFFORT:
        raise typer.BadParameter(
            f"{text!r} isn't a number above 0 and up to {MOST_EFFORT:,}. 1 is the default."
        )
    return effort


def day_option(name: str, text: str, **more: Any) -> Any:
    """An option that takes a day."""
    return option(name, "DATE", text, parser=parse_day, show_default=False, **more)


def now() -> datetime:
    """The clock of the program: now in UTC. Nothing else asks for the time."""
    return datetime.now(UTC)


def today() -> date:
    """Today in UTC."""
    return now().date()


def _mappings(
    context: typer.Context, param: typer.CallbackParam, value: list[str] | None
) -> list[str] | None:
    """COLUMN=FIELD, whose columns can have spaces: a variable separates several by ; or lines, or
    by spaces.

    A mapping of a variable or the configuration also applies to tables that lack its column.
    """
    source = context.get_parameter_source(param.name or "")
    if not value or source is None or source.name == "COMMANDLINE":
        return value
    from hotpatch_cli.inputs.tables.columns import ConfiguredMapping

    if source.name == "ENVIRONMENT":
        text = os.environ.get("HOTPATCH_MAP", "")
        if re.search(r"[;\n]", text):
            value = re.split(r"[;\n]", text)
        else:
            value = re.findall(r"\S.*?=\S*|\S.*$", text)
    return [ConfiguredMapping(mapping.strip()) for mapping in value if mapping.strip()]


def _settings(
    context: typer.Context, param: typer.CallbackParam, value: list[str] | None
) -> list[str] | None:
    """FIELD=VALUE, whose values can have spaces: a variable separates several by ; or lines."""
    source = context.get_parameter_source(param.name or "")
    if not value or source is None or source.name != "ENVIRONMENT":
        return value
    parts = re.split(r"[;\n]", os.environ.get("HOTPATCH_SET", ""))
    return [part.strip() for part in parts if part.strip()]


# --- input ----------------------------------------

FleetFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FLEET",
        help="Files, folders, or patterns; - is standard input.",
    ),
]
InputFormat = Annotated[
    str | None,
    option(
        "--input-format",
        "NAME",
        "File type: {inputs.fleet.READERS}.",
    ),
]
Prefer = Annotated[
    str | None,
    option("--prefer", "SOURCE", "Where sources conflict, prefer this file type or file."),
]
Columns = Annotated[
    list[str] | None,
    option(
        "--map",
        "COLUMN=FIELD",
        "Map a column, such as 'OS build=build'. Repeatable.",
        callback=_mappings,
    ),
]
SetFacts = Annotated[
    list[str] | None,
    option(
        "--set",
        "FIELD=VALUE",
        "Add a fact that no source states. Repeatable.",
        callback=_settings,
    ),
]
WindowFiles = Annotated[
    list[str] | None,
    option("--windows", "FILE", "Azure maintenance configurations (JSON). Repeatable."),
]
MatrixFiles = Annotated[
    list[str] | None,
    option("--matrix", "FILE", "Additions to the support matrix. Repeatable."),
]
ReleaseFiles = Annotated[
    list[str] | None, option("--releases", "FILE", "Additions to the release data. Repeatable.")
]

ChangesOnly = Annotated[
    bool,
    switch("--changes-only", "Judge only what a Terraform plan or a what-if changes."),
]
AllowEmpty = Annotated[
    bool, switch("--allow-empty", "Exit with code 0 if there is nothing to check.")
]

# --- Azure as one more source ----------------------------------------

Azure = Annotated[
    bool,
    switch("--azure", "Read machines from Azure, in addition to files."),
]
Subscriptions = Annotated[
    list[str] | None,
    option(
        "--subscription",
        "NAME",
        "ID or name. Default: all you can read. Repeatable.",
    ),
]
ManagementGroups = Annotated[
    list[str] | None,
    option(
        "--management-group",
        "ID",
        "Management group. Repeatable.",
    ),
]
Cloud = Annotated[str, option("--cloud", "NAME", "public, usgovernment, or china.")]

# --- scope of a run ----------------------------------------

AsOf = Annotated[
    date | None,
    day_option("--as-of", "Evaluate as of this date. Default: today (UTC)."),
]
Product = Annotated[str, option("--product", "NAME", "ws2022, ws2025, or all.")]
Year = Annotated[
    int | None,
    option("--year", "YEAR", "Default: this year, in a feed also the next.", min=2000, max=2100),
]
WhatIfOption = Annotated[
    list[str] | None,
    option(
        "--what-if",
        "SCENARIO",
        "Try unplanned:[PRODUCT:]YYYY-MM or freeze:FROM..TO.",
        show_default=False,
    ),
]
PlanFile = Annotated[
    str, typer.Argument(metavar="PLAN", help="A plan, as `hotpatch plan -f json` writes it.")
]
PlanFrom = Annotated[date | None, day_option("--from", "First local date of restarts.")]
PlanUntil = Annotated[date | None, day_option("--until", "Last local date of restarts.")]
Baseline = Annotated[
    str | None,
    option("--baseline", "YYYY-MM", "Month of the baseline. Default: the next that is due."),
]
IncludeMonthly = Annotated[
    bool, switch("--include-monthly", "Also plan machines that restart every month.")
]
Deadline = Annotated[
    str | None,
    option("--deadline", "DURATION", "Time allowed after the release, such as 14d or 48h."),
]
Effort = Annotated[
    float,
    option(
        "--effort",
        "N",
        "Search work; 10 is ten times as much.",
        parser=parse_effort,
    ),
]
TimeLimit = Annotated[
    float | None,
    option("--time-limit", "SECONDS", "End the search after this time.", min=0, max=86400),
]
Goal = Annotated[str, option("--goal", "GOAL", "exposure or earliest-end.")]
Strict = Annotated[bool, switch("--strict", "Missing facts of a machine block later ones.")]
AvailabilitySets = Annotated[
    str | None,
    option(
        "--availability-sets",
        "SHARE",
        "Most machines of a set down at once: 1 or 25%.",
    ),
]
Zones = Annotated[
    str | None,
    option("--zones", "SHARE", "Most machines of a zone down at once: 3 or 20%."),
]

# --- the gate ----------------------------------------

FailOn = Annotated[
    str,
    option(
        "--fail-on",
        "LIST",
        "Exit with code 1 for unsupported, action-required, unknown, behind, baseline-due, "
        "off-track, track:unknown; or never.",
    ),
]
WaiverFiles = Annotated[
    list[Path]  # a Path, so that a colon separates files in the variable (a semicolon on Windows)
    | None,
    option(
        "--waivers",
        "FILE",
        "Waivers, as `hotpatch waive` writes them. Repeatable.",
        show_default=False,
    ),
]
KnownFile = Annotated[
    str | None, option("--known", "FILE", "Fail only on findings that aren't in this file.")
]
WriteKnown = Annotated[
    str | None,
    option("--write-known", "FILE", "Write all findings for --known; the exit code is 0."),
]

# --- output ----------------------------------------

Output = Annotated[str, option("--output -o", "FILE", "Output file; - is standard output.")]
EveryRow = Annotated[bool, switch("--all", "Show all rows in a terminal.")]
Quiet = Annotated[bool, switch("--quiet -q", "No messages on standard error, except errors.")]
NoColor = Annotated[bool, switch("--no-color", "No color, as with the variable NO_COLOR.")]

# --- the configuration ----------------------------------------

ConfigOption = Annotated[
    str | None,
    option(
        "--config",
        "FILE",
        "Default: nearest hotpatch.toml or pyproject.toml.",
        is_eager=True,
        callback=use_config,
        show_default=False,
    ),
]
"""Its callback takes the configuration before all other options, whose defaults it sets."""
