"""A plan as a calendar feed: one event for each machine, or for each group and night."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from hotpatch_cli.outputs.ics import FeedEvent, feed
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.plan_json import whys_of
from hotpatch_cli.outputs.plan_view import PlanNight, PlanView, nights
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import Plan, Reboot

_COUNTED_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_NAMED = 200  # machines that a group's event names


def render_ics(view: PlanView, options: ViewOptions) -> str:
    """The planned restarts as a feed. A restart keeps its UID when it is planned anew, and moves
    with it.
    """
    plan = view.plan
    events = _by_group(plan) if options.feed.by_group else map(_PlanEvents(plan), plan.reboots)
    alarmed = (event._replace(alarms=options.feed.alarms) for event in events)
    return feed(f"Restarts of {plan.prepared.fleet.name or 'the fleet'}", alarmed, options.feed)


class _PlanEvents:
    """Makes the event of a restart."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._whys = plan, whys_of(plan)

    def __call__(self, reboot: Reboot) -> FeedEvent:
        """The event of one restart."""
        machine, day = reboot.machine, self._plan.release_day
        lines = [
            f"Window {reboot.window}: {_span(reboot.start, reboot.end)}.",
            f"Why then: {self._whys[machine.label]}.",
        ]
        if machine.placement.ring:
            lines.append(f"Ring {machine.placement.ring}.")
        if machine.placement.groups:
            lines.append(f"Groups: {', '.join(machine.placement.groups)}.")
        return FeedEvent(
            identity=("planned", (machine.id or machine.label).lower(), str(day)),
            start=reboot.start,
            end=reboot.end,
            summary=f"{machine.label}: restart (baseline of {day})",
            description="\n".join(lines),
            categories=("Restart",),
            sequence=_number(reboot.start),
        )


def _by_group(plan: Plan) -> Iterator[FeedEvent]:
    """One event for each group and night, from its first start to its last end; others have one of
    their own.
    """
    tell = _PlanEvents(plan)
    taken: set[tuple[str, ...]] = set()
    for night in nights(plan):
        groups: dict[str, list[Reboot]] = {}
        for reboot in night.reboots:
            if not reboot.machine.placement.groups:
                yield tell(reboot)
            for name in reboot.machine.placement.groups:
                groups.setdefault(name, []).append(reboot)
        for name, members in groups.items():
            identity: tuple[str, ...] = ("planned group", name, str(plan.release_day))
            if identity in taken:  # a further night of the same group is told apart by its day
                identity = (*identity, night.name)
            taken.add(identity)
            yield _of_group(name, identity, night, members, plan)


def _of_group(
    name: str, identity: tuple[str, ...], night: PlanNight, members: Sequence[Reboot], plan: Plan
) -> FeedEvent:
    start, end = min(reboot.start for reboot in members), max(reboot.end for reboot in members)
    lines = [f"{reboot.machine.label} {reboot.start:%H:%M %z}" for reboot in members[:_NAMED]]
    lines += [f"and {len(members) - _NAMED} more"] if len(members) > _NAMED else []
    count = counted(len(members), "machine restarts", "machines restart")
    return FeedEvent(
        identity=identity,
        start=start,
        end=end,
        summary=f"{name}: {count} (baseline of {plan.release_day})",
        description="\n".join([f"Night of {night.name}.", *lines]),
        categories=("Restart",),
        sequence=_number(start),
    )


def _span(start: datetime, end: datetime) -> str:
    """Local times with their zone: those of the event are in UTC."""
    return f"{start:%Y-%m-%d %H:%M %z} to {end:%H:%M} ({start.tzinfo})"


def _number(start: datetime) -> int:
    """A number that grows as the restart moves later."""
    return (start - _COUNTED_FROM) // timedelta(minutes=1)
