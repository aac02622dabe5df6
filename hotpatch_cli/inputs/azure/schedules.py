"""What the lint of windows looks at: configurations and windows of inventories, with the place of
each field.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.tree import Mapping as MappingNode
from hotpatch_cli.inputs.azure.maintenance import (
    RUNNER,
    RefusedError,
    last_day,
    parts_of,
    window_of,
)
from hotpatch_cli.inputs.azure.maintenance_windows import configuration_names
from hotpatch_cli.inputs.maintenance_records import MODE, PATCHES, Configuration
from hotpatch_cli.inputs.source import NodeOrigin, SourceData, group_of
from hotpatch_cli.model import Location, RebootSetting, SourceValue
from hotpatch_cli.schedule.day_rules import DayRule
from hotpatch_cli.schedule.windows import Window


class Schedule(NamedTuple):
    """A window as it was written. `runner` is None where nobody is named; `broken` has (part,
    reason) of what is wrong.

    `places` has the place of each part: `start`, `duration`, `rule`, `until`, `zone`, `reboot`,
    `mode`, `patches`, and `name`; `scope` is the subscription and region that it counts in, where
    that is known. `configuration` is the configuration that Azure gets as it is, with its `begin`;
    None for a window of an inventory, which an export rewrites for Azure.
    """

    name: str
    runner: str | None
    places: Mapping[str, Location]
    start: time | None = None
    duration: timedelta | None = None
    rule: DayRule | None = None
    until: date | None = None
    reboot: SourceValue[RebootSetting] | None = None
    broken: tuple[tuple[str, str], ...] = ()
    scope: tuple[str, str] | None = None
    configuration: Configuration | None = None
    begin: datetime | None = None


_FIELDS = {
    "start": "startDateTime",
    "duration": "duration",
    "rule": "recurEvery",
    "until": "expirationDateTime",
    "zone": "timeZone",
    "reboot": "rebootSetting",
    "mode": MODE,
    "patches": PATCHES,
    "name": "name",
}
_OF_FIELD = {field: part for part, field in _FIELDS.items()}


def schedules_of(readings: Sequence[SourceData]) -> list[Schedule]:
    """All windows of some sources, in their order; configurations of another scope than the guest's
    are left out.
    """
    names = configuration_names(
        [reading for reading in readings if reading.maintenance is not None]
    )
    schedules: list[Schedule] = []
    for reading in readings:
        schedules += _of_reading(reading, names)
    return schedules


def _of_reading(reading: SourceData, names: Mapping[int, str]) -> Iterator[Schedule]:
    if reading.maintenance is not None:
        for configuration in reading.maintenance.configurations:
            if configuration.for_guests:
                yield _of_configuration(configuration, names[id(configuration)])
        return
    nodes = reading.kept.get("windows")
    for name, window in reading.windows.items():
        node = nodes.get(name) if isinstance(nodes, MappingNode) else None
        if reading.document is not None and isinstance(node, MappingNode):
            yield _of_window(window, NodeOrigin(reading.document, node), node)


def _of_window(window: Window, origin: NodeOrigin, node: MappingNode) -> Schedule:
    rule = next(
        (key for key in ("azure", "patch_tuesday", "rrule", "days", "ics") if key in node), "azure"
    )
    fields = {"rule": rule, "zone": "timezone", "reboot": "runner"}
    places = {part: origin.locate(fields.get(part, part)) for part in _FIELDS}
    return Schedule(
        window.name, window.runner, places, window.start, window.duration, window.rule, window.until
    )


def _of_configuration(configuration: Configuration, name: str) -> Schedule:
    parts = parts_of(configuration)
    broken = parts.refused
    until = None
    try:
        if parts.start is not None and parts.rule is not None:
            until = last_day(parts.start, parts.expires, parts.rule)
        if not broken and not configuration.left_open:
            window_of(configuration)
    except RefusedError as error:
        broken = ((error.field, str(error)),)
    return Schedule(
        name=name,
        runner=RUNNER,
        places={part: configuration.origin.locate(field) for part, field in _FIELDS.items()},
        start=parts.start.time() if parts.start else None,
        duration=parts.duration,
        rule=parts.rule,
        until=until,
        reboot=RebootSetting.parse(configuration.reboot),
        broken=tuple((_OF_FIELD.get(field, "name"), reason) for field, reason in broken),
        scope=_scope(configuration),
        configuration=configuration,
        begin=parts.start,
    )


def _scope(configuration: Configuration) -> tuple[str, str] | None:
    region = configuration.location
    words = (configuration.id or "").lower().split("/")
    if words[1:2] != ["subscriptions"] or not group_of(configuration.id):
        return None
    return (words[2], region.lower()) if region else None
