"""The clock of a plan: one zone for all of its restarts, whatever the zones of the machines are."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from hotpatch_cli.planning import Reboot
from hotpatch_cli.schedule.clock import in_zone


def clock_of(reboots: Sequence[Reboot]) -> tzinfo:
    """The zone of most restarts; UTC where there is none."""
    zones = {zone_name(row.start): row.start.tzinfo for row in reboots}
    counted = Counter(zone_name(row.start) for row in reboots)
    most = min(counted, key=lambda name: (-counted[name], name), default=None)
    return (zones[most] if most else None) or UTC


def zone_name(moment: datetime) -> str:
    """The name of the zone of a moment: `Europe/Stockholm`, or `UTC+01:00` without a name."""
    zone = moment.tzinfo
    return getattr(zone, "key", None) or str(zone or UTC)


def zones_of(reboots: Sequence[Reboot]) -> int:
    """How many zones the restarts have."""
    return len({zone_name(row.start) for row in reboots})


def on_clock(reboots: Sequence[Reboot], clock: tzinfo) -> tuple[Reboot, ...]:
    """The restarts with their moments in one zone, in their order."""
    moved = (
        row._replace(start=in_zone(row.start, clock), end=in_zone(row.end, clock))
        for row in reboots
    )
    return tuple(sorted(moved, key=lambda row: (row.start, row.machine.label)))
