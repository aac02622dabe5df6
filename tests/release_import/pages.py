"""Release-information pages in the layout of the real one, in Markdown and HTML, from the same
rows.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

BASELINE, HOTPATCH = "Baseline (Restart)", "Hotpatch"
NUMBERS = {"2025": 26100, "2022": 20348}


class Row(NamedTuple):
    """An update: its name such as `2026-10 B`, day, build and KB; `type` where it is a row of the
    calendar.
    """

    update: str
    day: str
    build: str
    kb: str
    type: str | None = None


class Content(NamedTuple):
    """What a page says: its day, and rows by release of Windows Server (2025, 2022) in history and
    calendar.
    """

    updated: str
    history: dict[str, Sequence[Row]]
    calendar: dict[str, Sequence[Row]]


OCTOBER = Content(
    "2026-10-14",
    {
        "2025": [Row("2026-10 B", "2026-10-13", "26100.33500", "KB5199999")],
        "2022": [Row("2026-10 B", "2026-10-13", "20348.5700", "KB5199998")],
    },
    {
        "2025": [
            Row("2026.10 B", "2026-10-13", "26100.33500", "KB5199999", BASELINE),
            Row("2026.11 B", "", "", "", HOTPATCH),
        ],
        "2022": [Row("2026.10 B", "2026-10-13", "20348.5700", "KB5199998", BASELINE)],
    },
)
"""A page of the month after the newest shipped row."""

_HISTORY = ("Servicing option", "Update type", "Availability date", "Build", "KB article")
_CALENDAR = ("Month", "Update type", "Type", "Availability date", "Build", "KB article")


def _cells(row: Row, link: Callable[[str], str]) -> tuple[str, ...]:
    kb = link(row.kb) if row.kb else ""
    if row.type is None:
        return ("LTSC", row.update, row.day, row.build, kb)
    return ("October", row.update, row.type, row.day, row.build, kb)


def markdown(content: Content) -> str:
    """The page as Markdown."""

    def table(header: Sequence[str], rows: Sequence[Row]) -> str:
        lines = [
            header,
            ["---"] * len(header),
            *(_cells(row, lambda kb: f"[{kb}](https://example.org/{kb})") for row in rows),
        ]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    front = f"---\nlayout: Conceptual\nupdated_at: {content.updated}T02:11:00.0000000Z\n---\n"
    head = f"{front}\n# Windows Server release information\n"
    parts = [head, "## Windows Server release history\n"]
    for year, rows in content.history.items():
        parts.append(
            f"**Windows Server {year} (OS build {NUMBERS[year]})**\n\n{table(_HISTORY, rows)}\n"
        )
    parts.append("## Windows Server hotpatch calendar\n")
    for year, rows in content.calendar.items():
        named = f"**Windows Server {year} (OS build {NUMBERS[year]})**\n\n**Calendar year 2026**\n"
        parts.append(f"{named}\n{table(_CALENDAR, rows)}\n")
    return "\n".join(parts)


def html(content: Content) -> str:
    """The page as HTML."""

    def table(header: Sequence[str], rows: Sequence[Row]) -> str:
        lines = [
            _cells(row, lambda kb: f"<a href='https://example.org/{kb}'>{kb}</a>") for row in rows
        ]
        names = "".join(f"<th>{escape(name)}</th>" for name in header)
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>\n" for line in lines
        )
        return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"

    parts = [
        "<!DOCTYPE html><html><head>",
        f'<meta name="updated_at" content="{content.updated}T02:11:00Z"></head><body>',
        "<h1>Windows Server release information</h1><h2 id='h'>Windows Server release history</h2>",
    ]
    for year, rows in content.history.items():
        named = f"<strong>Windows Server {year} (OS build {NUMBERS[year]})</strong>"
        parts.append(f"<p>{named}</p>{table(_HISTORY, rows)}")
    parts.append("<h2>Windows Server hotpatch calendar</h2>")
    for year, rows in content.calendar.items():
        named = f"<strong>Windows Server {year} (OS build {NUMBERS[year]})</strong>"
        parts.append(f"{named}<p><strong>Calendar year 2026</strong></p>{table(_CALENDAR, rows)}")
    return "\n".join([*parts, "</body></html>"])


def changed_october(old: str, new: str) -> str:
    """The page of October with a change in its text."""
    text = markdown(OCTOBER)
    assert old in text
    return text.replace(old, new)


UNDATED = {"2022": [Row("2026.12 B", "", "", "", BASELINE)]}
NOT_UNDERSTOOD = {
    "another page": "# Release notes\n\n| Date | Text |\n| --- | --- |\n| 2026-10-13 | x |\n",
    "a page that asks for a sign-in": (
        "<!DOCTYPE html><html><body><h1>Sign in</h1><form></form></body></html>"
    ),
    "prose": "Nothing to see here.",
    "one product only": markdown(OCTOBER._replace(history={"2025": OCTOBER.history["2025"]})),
    "no calendar": markdown(OCTOBER._replace(calendar={})),
    "no history": markdown(OCTOBER._replace(history={})),
    "no dated row": markdown(OCTOBER._replace(calendar=OCTOBER.calendar | UNDATED)),
    "a column that is called otherwise": changed_october("Availability date", "Released"),
    "a column that is missing": changed_october("| Type ", "| Sort "),
    "another build in a heading": changed_october("(OS build 20348)", "(OS build 20349)"),
    "a day in another format": changed_october("| 2026-10-13 |", "| 13 Oct 2026 |"),
    "a day that does not exist": changed_october("| 2026-10-13 |", "| 2026-10-32 |"),
    "a day long ago": changed_october("| 2026-10-13 |", "| 1999-10-13 |"),
    "an update that is called otherwise": changed_october("| 2026-10 B |", "| October update |"),
    "a type that is new": changed_october(BASELINE, "Restartless"),
}
"""Pages that give no row at all, since half a page would look like all of it."""
