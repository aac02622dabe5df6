"""A plan as a calendar feed: one event for each machine, or for each group and night. What Azure
restarts has no appointments: one event has all days on which it can restart them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from hotpatch_cli.outputs.ics import FeedEvent, feed
from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.outputs.plan_view import (
    PlanNight,
    PlanView,
    certainty,
    end_text,
    moment_text,
    nights,
)
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import Plan, Reboot
from hotpatch_cli.servicing.restart import PLATFORM_DAYS

_COUNTED_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_NAMED = 200  # machines that a group's event names


def render_ics(view: PlanView, options: ViewOptions) -> str:
    """The planned restarts as a feed. A restart keeps its UID when a new plan moves it."""
    plan = view.plan
    own = [reboot for reboot in plan.reboots if reboot.runner == "owner"]
    by_azure = [reboot for reboot in plan.reboots if reboot.runner == "platform"]
    events = _by_group(view, own) if options.feed.by_group else map(_PlanEvents(view), own)
    alarmed = (event._replace(alarms=options.feed.alarms) for event in events)
    platform = [_of_azure(plan, by_azure)] if by_azure else []
    name = f"Restarts of {plan.prepared.fleet.name or 'the fleet'}"
    return feed(name, [*alarmed, *platform], options.feed)


def _of_azure(plan: Plan, reboots: Sequence[Reboot]) -> FeedEvent:
    """All that Azure restarts, on all days on which it can."""
    day = plan.release_day
    first, last = max(day, plan.prepared.as_of), day + PLATFORM_DAYS
    lines = [
        f"Azure restarts them in off-peak hours that it chooses, by {day_text(last)}.",
        _how_certain(reboots, day),
        f"Machines: {and_more([reboot.machine.label for reboot in reboots], _NAMED)}.",
    ]
    count = counted(len(reboots), "machine restarts", "machines restart")
    return FeedEvent(
        identity=("planned by Azure", str(day)),
        start=first,
        end=max(first, last) + timedelta(days=1),
        summary=f"{count} by Azure ({_baseline(reboots, day)})",
        description="\n".join(lines),
        categories=("Restart",),
        certain=False,
        sequence=_number(plan.prepared.release, reboots),
    )


class _PlanEvents:
    """Makes the event of a restart."""

    def __init__(self, view: PlanView) -> None:
        self._plan, self._whys = view.plan, view.whys

    def __call__(self, reboot: Reboot) -> FeedEvent:
        """The event of one restart."""
        machine, day = reboot.machine, self._plan.release_day
        lines = [
            "You run the restart.",
            _how_certain([reboot], day),
            f"Window {reboot.window}: {_span(reboot.start, reboot.end)}.",
            f"Why then: {self._whys[machine.label]}.",
        ]
        if machine.placement.ring:
            lines.append(f"Ring {machine.placement.ring}.")
        if machine.placement.groups:
            lines.append(f"Groups: {', '.join(machine.placement.groups)}.")
        return FeedEvent(
            identity=("planned", machine.identity, str(day)),
            start=reboot.start,
            end=reboot.end,
            summary=f"{machine.label}: restart ({_baseline([reboot], day)})",
            description="\n".join(lines),
            categories=("Restart",),
            certain=reboot.confirmed,
            sequence=_number(reboot.start, [reboot]),
        )


def _by_group(view: PlanView, reboots: Sequence[Reboot]) -> Iterator[FeedEvent]:
    """One event for each group and night, from its first start to its last end; a machine without
    a group has its own.
    """
    plan, event_of = view.plan, _PlanEvents(view)
    taken: set[tuple[str, ...]] = set()
    for night in nights(reboots):
        groups: dict[str, list[Reboot]] = {}
        for reboot in night.reboots:
            if not reboot.machine.placement.groups:
                yield event_of(reboot)
            for name in reboot.machine.placement.groups:
                groups.setdefault(name, []).append(reboot)
        for name, members in groups.items():
            identity: tuple[str, ...] = ("planned group", name, str(plan.release_day))
            if identity in taken:  # the day of the night tells a further night of a group apart
                identity = (*identity, day_text(night.day))
            taken.add(identity)
            yield _of_group(name, identity, night, members, plan)


def _of_group(
    name: str, identity: tuple[str, ...], night: PlanNight, members: Sequence[Reboot], plan: Plan
) -> FeedEvent:
    start, end = min(reboot.start for reboot in members), max(reboot.end for reboot in members)
    day = plan.release_day
    lines = [_member(reboot) for reboot in members[:_NAMED]]
    lines += [f"and {len(members) - _NAMED} more"] if len(members) > _NAMED else []
    count = counted(len(members), "machine restarts", "machines restart")
    return FeedEvent(
        identity=identity,
        start=start,
        end=end,
        summary=f"{name}: {count} ({_baseline(members, day)})",
        description="\n".join(
            [
                "You run the restarts.",
                _how_certain(members, day),
                f"Night of {night.name}.",
                *lines,
            ]
        ),
        categories=("Restart",),
        certain=all(reboot.confirmed for reboot in members),
        sequence=_number(start, members),
    )


def _member(reboot: Reboot) -> str:
    return f"{reboot.machine.label}: {moment_text(reboot.start)}, {certainty(reboot)}"


def _baseline(reboots: Sequence[Reboot], day: date) -> str:
    words = " and ".join(dict.fromkeys(map(certainty, reboots)))
    return f"baseline of {day}, {words}"


def _how_certain(reboots: Sequence[Reboot], day: date) -> str:
    if all(reboot.confirmed for reboot in reboots):
        return f"The baseline of {day_text(day)} is confirmed."
    which = " for some of the machines" if any(reboot.confirmed for reboot in reboots) else ""
    return f"The baseline of {day_text(day)} is a forecast{which}."


def _span(start: datetime, end: datetime) -> str:
    """Local times with their zone: those of the event are in UTC."""
    return f"{moment_text(start)} to {end_text(start, end)} ({start.tzinfo})"


def _number(start: datetime, reboots: Sequence[Reboot]) -> int:
    """A number that grows as the restart moves later, and when its baseline is confirmed."""
    confirmed = all(reboot.confirmed for reboot in reboots)
    return 2 * ((start - _COUNTED_FROM) // timedelta(minutes=1)) + confirmed
