"""The calendar feeds: releases, restarts of machines or groups, openings of windows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.knowledge.records import BASELINES, PRODUCT_NAMES, Product
from hotpatch_cli.outputs.ics import KNOWN_SINCE, FeedEvent, feed
from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.outputs.windows_listing import ListedOpenings
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.restarts import Restart
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday, release_moment
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.servicing.calendar import CalendarEntry, Year
from hotpatch_cli.use_cases.windows import UpcomingOpening

DAY = timedelta(days=1)
_COUNTED_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_NAMED = 200  # machines that a group's event names
_NAMED_IN_A_LINE = 10

# --- releases ----------------------------------------

_KINDS = {
    "planned-baseline": ("Baseline", "baseline", "restarts"),
    "unplanned-baseline": ("Unplanned baseline", "UNPLANNED baseline", "restarts"),
    "hotpatch": ("Hotpatch", "hotpatch", "no restart"),
    "out-of-band": ("Out-of-band", "out-of-band update", "restarts"),
    "out-of-band-hotpatch": ("Out-of-band hotpatch", "out-of-band hotpatch", "no restart"),
    None: ("Unknown", "update", "no source states its type"),
}


def render_year(year: Year, options: ViewOptions) -> str:
    """The releases of a year as a feed."""
    entries = ((product, entry) for product in year.products for entry in year.entries[product])
    events = (_release(product, entry, options.feed.alarms) for product, entry in entries)
    return feed("Windows Server hotpatch releases", events, options.feed)


def _release(product: Product, entry: CalendarEntry, alarms: tuple[timedelta, ...]) -> FeedEvent:
    category, kind, effect = _KINDS[entry.kind]
    name = PRODUCT_NAMES[product]
    release = entry.release
    identified = (
        [str(identity) for identity in (release.kb, release.build) if identity] if release else []
    )
    forecast = ""
    if not entry.confirmed:
        forecast = " (forecast)" if release is None else " (not confirmed)"
    summary = " ".join([f"{name}: {kind}", *identified[:1]]) + f", {effect}{forecast}"
    lines = ["Confirmed." if entry.confirmed else "Forecast: no release data confirms it yet."]
    lines += [f"Build {release.build}."] if release and release.build else []
    lines += [f"Confidence: {release.confidence}. {release.notes or ''}".strip()] if release else []
    return FeedEvent(
        identity=("release", product, *_what(entry)),
        start=entry.date,
        end=entry.date + DAY,
        summary=summary,
        description="\n".join(lines),
        categories=(category, name),
        certain=entry.confirmed,
        stamp=release_moment(entry.date) if release else KNOWN_SINCE,
        sequence=0
        if release is None
        else 1 + sum(map(bool, (entry.kind, release.kb, release.build, entry.confirmed))),
        alarms=alarms if entry.kind in BASELINES else (),
    )


def _what(entry: CalendarEntry) -> tuple[str, ...]:
    """The identity of a release: that of a month, of any kind, or an update between two of them."""
    month = f"{entry.date:%Y-%m}"
    if entry.monthly and (
        entry.release is None or entry.date == patch_tuesday(entry.date.year, entry.date.month)
    ):
        return (month, "monthly")
    named = entry.release.kb or entry.release.build if entry.release else None
    return (month, entry.kind or "unknown", str(named or entry.date))


# --- restarts ----------------------------------------


class _Due(NamedTuple):
    """A machine's restart with its start and end. It is `confirmed` where its cause is no forecast,
    and `certain` where also its moment is known: not where Azure chooses it.
    """

    checked: Checked
    start: date | datetime
    end: date | datetime
    confirmed: bool

    @property
    def restart(self) -> Restart:
        return self.checked.restart

    @property
    def certain(self) -> bool:
        return self.confirmed and self.restart.runner != "platform"


def render_restarts(report: Report, options: ViewOptions) -> str:
    """The next restart of each machine, or of each group, as a feed, without the machines that
    have no opening.
    """
    due = [
        placed for checked in report.machines if (placed := _due(checked, report.as_of)) is not None
    ]
    events = _by_group(due) if options.feed.by_group else map(_of_machine, due)
    alarmed = (event._replace(alarms=options.feed.alarms) for event in events)
    return feed("Restarts of " + (report.fleet.name or "the fleet"), alarmed, options.feed)


def not_in_feed(report: Report) -> str | None:
    """A sentence on the machines that restart, but have no known opening; None where there is
    none.
    """
    names = [
        checked.machine.label
        for checked in report.machines
        if checked.restart.reason and _due(checked, report.as_of) is None
    ]
    if not names:
        return None
    count = counted(
        len(names),
        "restart has no known opening and isn't in the feed",
        "restarts have no known opening and aren't in the feed",
    )
    return f"{count}: {and_more(names, _NAMED_IN_A_LINE)}."


def _due(checked: Checked, as_of: date) -> _Due | None:
    """A restart with its time; None where it is overdue, or has no time."""
    restart = checked.restart
    if restart.overdue:
        return None
    confirmed = _is_confirmed(checked)
    if restart.runner == "platform" and restart.by is not None and restart.release_date is not None:
        return _Due(checked, max(restart.release_date, as_of), restart.by + DAY, confirmed)
    if restart.opening is None or not restart.enforced:
        return None
    return _Due(checked, restart.opening.start, restart.opening.end, confirmed)


def _is_confirmed(checked: Checked) -> bool:
    """Whether the update that restarts the machine is released, not only planned."""
    restart, baseline = checked.restart, checked.judgment.next_baseline
    if not restart.certain:
        return False
    if restart.reason == "baseline" or (restart.reason == "baseline-due" and baseline is not None):
        return baseline is not None and baseline.confirmed
    return restart.reason != "monthly-update" and (
        restart.reason != "off-track" or _is_out(checked)
    )


def _is_out(checked: Checked) -> bool:
    following = checked.judgment.track.next_update
    return following is not None and following.date == checked.restart.release_date


def _of_machine(due: _Due) -> FeedEvent:
    machine, restart = due.checked.machine, due.restart
    return FeedEvent(
        identity=("restart", machine.identity, *_cause(restart)),
        start=due.start,
        end=due.end,
        summary=f"{machine.label}: {_restart_words(due)}",
        description="\n".join(_description_lines(due, confirmed=due.confirmed)),
        categories=("Restart",),
        certain=due.certain,
        stamp=_stamp(due),
        sequence=_number(due),
    )


def _by_group(due: Sequence[_Due]) -> Iterator[FeedEvent]:
    """One event for each group, cause and opening; machines without a group have their own."""
    groups: dict[tuple[str, ...], list[_Due]] = {}
    for restart in due:
        names = restart.checked.machine.placement.groups
        if not names:
            yield _of_machine(restart)
        for name in names:
            groups.setdefault(
                (name, *_cause(restart.restart), str(restart.start), str(restart.end)), []
            ).append(restart)
    taken: set[tuple[str, ...]] = set()
    for (name, *_), members in sorted(groups.items()):
        identity = _group_identity(name, members[0])
        if identity in taken:  # the time tells a second opening of group, cause and window apart
            identity = (*identity, str(members[0].start))
        taken.add(identity)
        yield _of_group(name, identity, members)


def _group_identity(name: str, first: _Due) -> tuple[str, ...]:
    opening = first.restart.opening
    place = (opening.window, str(opening.start.tzinfo)) if opening else ("platform",)
    return ("group", name, *_cause(first.restart), *place)


def _of_group(name: str, identity: tuple[str, ...], members: Sequence[_Due]) -> FeedEvent:
    first = members[0]
    names = sorted(restart.checked.machine.label for restart in members)
    listed = and_more(names, _NAMED)
    count = counted(len(names), "machine restarts", "machines restart")
    confirmed = all(restart.confirmed for restart in members)
    certainty = "confirmed" if confirmed else "forecast"
    return _of_machine(first)._replace(
        identity=identity,
        summary=f"{name}: {count}{_by(members)} ({_why(first.restart)}, {certainty})",
        description="\n".join(
            [*_description_lines(first, confirmed=confirmed), f"Machines: {listed}."]
        ),
        certain=all(restart.certain for restart in members),
        sequence=max(map(_number, members)),
    )


def _cause(restart: Restart) -> tuple[str, ...]:
    """What restarts a machine: a release, forecast or confirmed, or pending updates."""
    return (
        ("release", str(restart.release_date))
        if restart.release_date
        else (restart.reason or "pending",)
    )


_WHY = {
    "baseline": "baseline of {day}",
    "baseline-due": "baseline of {day}",
    "off-track": "cumulative update of {day}, off track",
    "pending": "pending updates that aren't hotpatches",
    "restart-pending": "to finish an installed update",
    "monthly-update": "cumulative update of {day}, not eligible for hotpatching",
}


def _restart_words(due: _Due) -> str:
    certainty = "confirmed" if due.confirmed else "forecast"
    return f"restart{_by([due])} ({_why(due.restart)}, {certainty})"


def _by(members: Sequence[_Due]) -> str:
    """Who restarts, for a summary: nothing where you do."""
    return " by Azure" if any(due.restart.runner == "platform" for due in members) else ""


def _why(restart: Restart) -> str:
    return _WHY[restart.reason or "pending"].format(day=restart.release_date)


def _description_lines(due: _Due, *, confirmed: bool) -> Iterator[str]:
    restart = due.restart
    if restart.runner == "platform":
        yield f"Azure restarts it in off-peak hours that it chooses, by {restart.by:%a %Y-%m-%d}."
    elif restart.opening is not None:
        opening = restart.opening
        yield "You run the restart."
        yield f"Window {opening.window}: {_span(opening)}."
        yield from (f"{note[:1].upper()}{note[1:]}." for note in opening.notes)
    if confirmed:
        yield "Confirmed."
    elif due.restart.certain:
        yield "Forecast: no release data confirms it yet."
    else:
        yield "Forecast: what is installed is unknown, and a restart might be due now."


def _span(opening: Opening) -> str:
    """Local times with their zone: those of the event are in UTC."""
    zone = opening.start.tzinfo
    return f"{opening.start:%a %Y-%m-%d %H:%M %z} to {opening.end:%H:%M} ({zone})"


def _stamp(due: _Due) -> datetime:
    released = due.restart.release_date
    return release_moment(released) if due.certain and released else KNOWN_SINCE


def _number(due: _Due) -> int:
    """A number that grows as the restart moves later, and once it is certain."""
    start = due.start if isinstance(due.start, datetime) else release_moment(due.start)
    return 2 * ((start - _COUNTED_FROM) // timedelta(minutes=1)) + due.certain


# --- openings ----------------------------------------


def render_openings(listed: ListedOpenings, options: ViewOptions) -> str:
    """The openings of windows as a feed; one that a freeze removes completely is canceled."""
    events = (
        _opening(opening)._replace(alarms=options.feed.alarms if opening.minutes else ())
        for opening in listed.openings
    )
    return feed("Maintenance windows", events, options.feed)


_RUNNERS = {
    "owner": "You run the restarts in this window.",
    "azure-update-manager": "Azure Update Manager runs the restarts in this window.",
    "platform": "Azure chooses when to restart, and might not use this window.",
    "none": "Azure doesn't run this window on this VM (HP504).",
    "unknown": "Azure runs this window only with the right patch mode, which is missing (HP504).",
}
_NOT_PROMISED = ("platform", "none", "unknown")
"""The runners of windows in which a restart isn't certain."""


def _opening(listed: UpcomingOpening) -> FeedEvent:
    opening = listed.opening
    left = f", {listed.minutes} of {opening.minutes} min left" if listed.removed else ""
    lines = [_RUNNERS[listed.runner], f"{_span(opening)}{left}."]
    lines += [f"Frozen by {cut.freeze}: {cut.minutes} min." for cut in listed.removed]
    lines += [f"{note[:1].upper()}{note[1:]}." for note in opening.notes]
    state = "" if listed.minutes else " (frozen)"
    return FeedEvent(
        identity=(
            "opening",
            listed.machine,
            opening.window,
            opening.start.astimezone(UTC).isoformat(),
        ),
        start=opening.start,
        end=opening.end,
        summary=(f"{listed.machine}: " if listed.machine else "") + opening.window + state,
        description="\n".join(lines),
        categories=("Maintenance window",),
        certain=listed.runner not in _NOT_PROMISED if listed.minutes else None,
        sequence=opening.minutes - listed.minutes,
    )
