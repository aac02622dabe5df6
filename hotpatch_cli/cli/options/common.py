"""Options that mean the same in every command that has them, as data."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from hotpatch_cli.cli.config.config import use_config
from hotpatch_cli.cli.request import option, switch
from hotpatch_cli.documents.codec import parse_date

YEARS = range(2000, 2190)
"""Years that can be asked about: windows are looked at for some years more."""
AZURE_OPTIONS = ("azure", "subscription", "management_group", "cloud")
"""The fields of a request that say what is read from Azure itself."""
_AZURE = "Azure"


def parse_day(text: str) -> date:
    """The day of an option. Raises BadParameter."""
    try:
        day = parse_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if day.year not in YEARS:
        raise typer.BadParameter(f"{day} is not in the years {YEARS[0]} to {YEARS[-1]}.")
    return day


def day_option(name: str, text: str, **more: Any) -> Any:
    """An option that takes a day."""
    return option(name, "DATE", text, parser=parse_day, show_default=False, **more)


def today() -> date:
    """The clock of the program: today in UTC. Nothing else asks for the time."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date()


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
        if re.search(r"[;\n]", text):
            value = re.split(r"[;\n]", text)
        else:
            value = re.findall(r"\S.*?=\S*|\S.*$", text)
    return [ConfiguredMapping(mapping.strip()) for mapping in value if mapping.strip()]


# --- what is read ----------------------------------------

FleetFiles = Annotated[
    list[str] | None,
    typer.Argument(metavar="FLEET", help="Inventories or exports; - is standard input."),
]
InputFormat = Annotated[
    str | None,
    option(
        "--input-format",
        "NAME",
        "Read the files as this file type, instead of detecting it from their content: "
        "{inputs.fleet.READERS}.",
    ),
]
Prefer = Annotated[
    str | None,
    option(
        "--prefer",
        "READER",
        "Whom to believe where sources contradict each other: a reader (inventory, arc, ...) "
        "or one of the files.",
    ),
]
Columns = Annotated[
    list[str] | None,
    option(
        "--map",
        "COLUMN=FIELD",
        "What a column of a table means, such as 'OS build=build'; repeatable.",
        callback=_mappings,
    ),
]
WindowFiles = Annotated[
    list[str] | None,
    option(
        "--windows",
        "FILE",
        "Maintenance configurations of Azure (JSON) as windows; repeatable.",
    ),
]
MatrixFiles = Annotated[
    list[str] | None,
    option("--matrix", "FILE", "Add to the support matrix from a file; repeatable."),
]
ReleaseFiles = Annotated[
    list[str] | None, option("--releases", "FILE", "Add releases from a file; repeatable.")
]

# --- Azure itself as one more source ----------------------------------------

Azure = Annotated[
    bool,
    switch("--azure", "Read from Azure itself; files may be given too.", rich_help_panel=_AZURE),
]
Subscriptions = Annotated[
    list[str] | None,
    option(
        "--subscription",
        "NAME",
        "This subscription (id or name), or all that can be read; repeatable.",
        rich_help_panel=_AZURE,
    ),
]
ManagementGroups = Annotated[
    list[str] | None,
    option(
        "--management-group",
        "ID",
        "All that is under this management group; repeatable.",
        rich_help_panel=_AZURE,
    ),
]
Cloud = Annotated[
    str, option("--cloud", "NAME", "public, usgovernment or china", rich_help_panel=_AZURE)
]

# --- what is asked ----------------------------------------

AsOf = Annotated[
    date | None,
    day_option(
        "--as-of",
        "The day whose world is looked at, such as 2025-12-15; today in UTC if not given.",
    ),
]
Product = Annotated[str, option("--product", "NAME", "ws2022, ws2025 or all")]
WhatIfOption = Annotated[
    list[str] | None,
    option(
        "--what-if",
        "WORLD",
        "The difference in a world with unplanned:2026-02, unplanned:ws2025:2026-02, "
        "freeze:FROM..TO; repeatable.",
        show_default=False,
    ),
]
PlanFrom = Annotated[date | None, day_option("--from", "No restart before this date.")]
PlanUntil = Annotated[date | None, day_option("--until", "No restart after this date.")]
Baseline = Annotated[str | None, option("--baseline", "YYYY-MM", "Month of the baseline.")]
IncludeMonthly = Annotated[
    bool, switch("--include-monthly", "Also plan machines that restart every month.")
]
Deadline = Annotated[str | None, option("--deadline", "DURATION", "After the release: 14d, 48h.")]
AvailabilitySets = Annotated[
    str | None,
    option(
        "--availability-sets",
        "SHARE",
        "Each availability set is a group: at most 1, or 25%, of it down at once.",
    ),
]
Zones = Annotated[
    str | None,
    option(
        "--zones",
        "SHARE",
        "Each zone of a region is a group: at most 3, or 20%, of it down at once.",
    ),
]

# --- what counts ----------------------------------------

FailOn = Annotated[
    str,
    option(
        "--fail-on",
        "LIST",
        "Verdicts (unsupported, action-required, unknown) and track states (behind, baseline-due, "
        "off-track, track:unknown) that give exit code 1; or never.",
    ),
]
WaiverFiles = Annotated[
    list[Path]  # a Path, so that in the variable a colon parts them (on Windows a semicolon)
    | None,
    option(
        "--waivers",
        "FILE",
        "Findings that somebody answers for until a day; repeatable. `hotpatch waive` adds one.",
        show_default=False,
    ),
]
KnownFile = Annotated[
    str | None, option("--known", "FILE", "Fail only on what is not in this file.")
]
WriteKnown = Annotated[
    str | None,
    option("--write-known", "FILE", "Write the findings of today for --known; the exit code is 0."),
]

# --- what is written ----------------------------------------

Output = Annotated[str, option("--output -o", "FILE", "Write here; - is standard output.")]
EveryRow = Annotated[bool, switch("--all", "Show all rows in a terminal.")]
Alarms = Annotated[
    list[str] | None,
    option(
        "--alarm",
        "DURATION",
        "With ics: remind so long before what restarts machines: 7d, 12h; repeatable.",
    ),
]
Previous = Annotated[
    str | None,
    option(
        "--previous",
        "FILE",
        "With ics: the feed published before; what differs from it gets a new SEQUENCE.",
    ),
]
Quiet = Annotated[bool, switch("--quiet -q", "Say nothing on standard error.")]
NoColor = Annotated[bool, switch("--no-color", "No colours; NO_COLOR does the same.")]

# --- the configuration ----------------------------------------

ConfigOption = Annotated[
    str | None,
    option(
        "--config",
        "FILE",
        "hotpatch.toml or pyproject.toml; the nearest one upwards if not given.",
        is_eager=True,
        callback=use_config,
        show_default=False,
        rich_help_panel="Configuration",
    ),
]
"""Its callback takes the configuration before all other options, whose defaults it sets."""
