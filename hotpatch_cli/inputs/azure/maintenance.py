"""Maintenance configurations of Azure Update Manager as windows, and their assignments to machines.

A configuration's window has its name; its zone is a Windows name, or none, and then that of the
machine rules. Only the scope InGuestPatch restarts guests. A configuration that can't be a window
is refused by name with its reason. The refusal is a note, and a problem where a machine needs the
window or the file contains nothing else.

Source: https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations and
https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from hotpatch_cli.documents.codec import parse_duration, sentence
from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.documents.tree import Mapping as MappingNode
from hotpatch_cli.inputs.dynamic_scopes import scope_of, subscription_in
from hotpatch_cli.inputs.maintenance_records import (
    FIELDS,
    GUEST,
    Assignment,
    Configuration,
    Maintenance,
)
from hotpatch_cli.inputs.maintenance_resources import configuration_of
from hotpatch_cli.inputs.resources import (
    ASSIGNMENT,
    CONFIGURATION,
    ResourceView,
    body_of,
    kind_of,
    name_in,
    note_truncated,
    resources,
)
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig, group_of
from hotpatch_cli.schedule.azure import AzureRecurrence, parse_azure
from hotpatch_cli.schedule.clock import MIDNIGHT
from hotpatch_cli.schedule.windows import Window, validate
from hotpatch_cli.schedule.zones import find_zone

T = TypeVar("T")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::\d\d)?", re.ASCII)
_LAST_MINUTE = (23, 59)
_NEVER_EXPIRES = 2200  # the service itself writes 9999 where there is no end


class RefusedError(ValueError):
    """A field of a configuration cannot be a window's."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


# --- reading ----------------------------------------


def _recognizes(document: Document) -> bool:
    return any(kind_of(resource) in (CONFIGURATION, ASSIGNMENT) for resource in resources(document))


def _read(document: Document) -> SourceData:
    log = Log(document)
    note_truncated(document, log)
    reading = SourceData()
    configurations, assignments, others = [], [], 0
    for resource in resources(document):
        kind = kind_of(resource)
        if kind == CONFIGURATION:
            configurations.append(configuration_of(resource, document, log))
        elif kind == ASSIGNMENT:
            assignments.append(assignment_of(resource, document, log))
        else:
            others += 1
    if not configurations and not assignments:
        log.add(
            document.root_mark,
            "The file contains no maintenance configurations.",
            "Export them with `az maintenance configuration list`.",
        )
    log.finish()
    reading.maintenance = Maintenance(
        tuple(configurations), tuple(filter(None, assignments)), alone=not others
    )
    return reading


def assignment_of(resource: MappingNode, document: Document, log: Log) -> Assignment | None:
    """The assignment of a resource, in REST's shape or as az flattens it; None where it names no
    configuration.
    """
    view = ResourceView(body_of(resource), log)
    own = () if view.body is resource else ("properties",)
    configuration = view.text("maintenanceConfigurationId")
    if configuration is None:
        log.add(
            resource.mark,
            "An assignment has no `maintenanceConfigurationId`.",
            "Include the `properties` column in the export.",
        )
        return None
    top = ResourceView(resource, log)
    identity = top.text("id") or ""
    to = (
        view.text("resourceId")
        or re.split("/providers/microsoft.maintenance/", identity, flags=re.IGNORECASE)[0]
    )
    machine = to if "/providers/" in to.lower() else None
    scope = None
    if machine is None:
        scope = scope_of(dig(view.body, "filter"), subscription_in(to), group_of(to), log)
    return Assignment(
        configuration,
        machine,
        NodeOrigin(
            document,
            resource,
            {"window": (*own, "maintenanceConfigurationId"), "filter": (*own, "filter")},
        ),
        scope=scope,
        name=top.text("name") or name_in(identity),
    )


# --- a configuration as a window ----------------------------------------


class Parts(NamedTuple):
    """What could be read of a configuration, and (field, reason) of what could not."""

    start: datetime | None
    expires: datetime | None
    rule: AzureRecurrence | None
    duration: timedelta | None
    refused: tuple[tuple[str, str], ...]


def parts_of(configuration: Configuration) -> Parts:
    """A configuration field by field: each is read, or refused with its reason; one that is left
    open is neither.
    """
    refused: list[tuple[str, str]] = []

    def read(field: str, text: str | None, parse: Callable[[str], T]) -> T | None:
        if field in configuration.left_open:
            return None
        try:
            if text is None:
                raise ValueError(f"`{field}` is missing.")  # noqa: TRY301  every reason is noted in one place
            return parse(text)
        except ValueError as error:
            refused.append((field, sentence(error)))
            return None

    if configuration.timezone is not None:
        read("timeZone", configuration.timezone, find_zone)
    return Parts(
        start=read("startDateTime", configuration.starts, _moment),
        expires=read("expirationDateTime", configuration.expires, _moment)
        if configuration.expires
        else None,
        rule=read("recurEvery", configuration.recurs, parse_azure),
        duration=read("duration", configuration.duration, parse_duration),
        refused=tuple(refused),
    )


def window_of(configuration: Configuration, name: str | None = None) -> Window:
    """The window that a configuration describes. Raises RefusedError with field and reason."""
    after = configuration.known_after
    if "maintenanceScope" in configuration.left_open:
        field = "maintenanceScope"
        raise RefusedError(field, f"{field} is known only after {after}.")
    if not configuration.for_guests:
        raise RefusedError(
            "maintenanceScope", f"The scope is {configuration.scope}. Only {GUEST} restarts guests."
        )
    for field in filter(FIELDS.__contains__, configuration.left_open):
        raise RefusedError(field, f"{field} is known only after {after}.")
    start, expires, rule, duration, refused = parts_of(configuration)
    if start is None or rule is None or duration is None or refused:
        raise RefusedError(*refused[0])
    window = Window(
        name or configuration.name,
        rule,
        start=start.time(),
        duration=duration,
        timezone=configuration.timezone,
        from_day=start.date(),
        until=last_day(start, expires, rule),
        runner=configuration.runner,
    )
    try:
        validate(window)
    except ValueError as error:
        raise RefusedError("recurEvery", sentence(error)) from None
    return window


def last_day(start: datetime, expires: datetime | None, rule: AzureRecurrence) -> date | None:
    """The last day on which it opens: that of its expiration, or the day before where its start
    would come later.

    Of an hour recurrence, the openings of a day on which it expires are kept where that day is also
    the first, and left out otherwise, unless it expires in the last minute.
    """
    if expires is None or expires.year >= _NEVER_EXPIRES:
        return None
    if expires < start:
        raise RefusedError(
            "expirationDateTime", f"It expires on {expires:%Y-%m-%d %H:%M}, before it starts."
        )
    cut = expires.time() < start.time()
    if rule.unit == "Hour":
        cut = expires.date() > start.date() and (expires.hour, expires.minute) < _LAST_MINUTE
    return expires.date() - timedelta(days=1) if cut else expires.date()


def partial_day(configuration: Configuration) -> str | None:
    """What becomes of the day on which an hour recurrence expires, since a window ends with a whole
    one; else None.
    """
    start, expires, rule, *_ = parts_of(configuration)
    if (
        start is None
        or expires is None
        or rule is None
        or rule.unit != "Hour"
        or expires.year >= _NEVER_EXPIRES
    ):
        return None
    until = last_day(start, expires, rule)
    whole = until == expires.date() and (expires.hour, expires.minute) >= _LAST_MINUTE
    if whole or (until != expires.date() and expires.time() == MIDNIGHT):
        return None
    kept = "Every" if until == expires.date() else "No"
    return (
        f"expires on {expires:%Y-%m-%d} at {expires:%H:%M}, but a window ends with a whole day. "
        f"{kept} opening on that day is included."
    )


def _moment(text: str) -> datetime:
    found = _MOMENT.fullmatch(text.strip())
    try:
        return (
            datetime.fromisoformat(f"{found[1]} {found[2]}")
            if found
            else datetime.fromisoformat("")
        )
    except ValueError:
        raise ValueError(
            f"{quoted(text)} isn't a valid local time. Use the format YYYY-MM-DD HH:MM."
        ) from None


READER = Reader(_recognizes, _read)
