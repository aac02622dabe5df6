"""What if: the restarts that an unplanned baseline or a freeze would change, as a difference to
what is known.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import PRODUCTS, Knowledge, Release
from hotpatch_cli.report import Checked, Report, RestartChange, ScenarioDiff
from hotpatch_cli.restarts import Restart, Restarts
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.servicing.calendar import ChangedRelease, Year, YearDifference, restarts
from hotpatch_cli.servicing.history import History
from hotpatch_cli.servicing.restart import Cause


class Scenario(NamedTuple):
    """A supposed world: the questions as they were asked, unplanned baselines, and freezes."""

    texts: tuple[str, ...]
    releases: tuple[Release, ...] = ()
    freezes: tuple[Freeze, ...] = ()


def scenario_releases(
    knowledge: Knowledge, as_of: date, releases: Iterable[Release]
) -> tuple[Release, ...]:
    """Those of some supposed releases that lie in the life of their product's hotpatches, as it is
    known on a day.
    """
    histories = {product: History(knowledge, product, as_of) for product in PRODUCTS}
    return tuple(
        each
        for each in releases
        if each.date
        and histories[each.product].first_day <= each.date <= histories[each.product].last_day
    )


def scenario_diff(report: Report, supposed: Scenario) -> ScenarioDiff:
    """What a supposed world changes in a report: more restarts, and restarts that come at another
    time.

    An unplanned baseline restarts the machines of its product that hotpatch by then. One that does
    not, or that is off the track until a later baseline, restarts for each month's cumulative
    update anyway: for it nothing changes.
    """
    fleet = report.fleet._replace(freezes=(*report.fleet.freezes, *supposed.freezes))
    other = Restarts(fleet, report.as_of)
    changes: list[RestartChange] = []
    unknown = 0
    for checked in report.machines:
        found = [*_moved(checked, other), *_added(checked, supposed.releases, other)]
        changes += found
        unknown += bool(supposed.releases) and not found and checked.judgement.verdict == "unknown"
    return ScenarioDiff(supposed.texts, tuple(changes), len(report.machines), unknown)


def _moved(checked: Checked, other: Restarts) -> Iterable[RestartChange]:
    """The next restart of a machine, where freezes move it."""
    after = other.of(checked.machine, checked.judgement.causes)
    if after.opening != checked.restart.opening:
        yield RestartChange(checked, checked.restart, after)


def _added(
    checked: Checked, releases: Sequence[Release], other: Restarts
) -> Iterable[RestartChange]:
    """A restart for each supposed baseline that a machine would have to install, unless it restarts
    then anyway.
    """
    judgement = checked.judgement
    taken = [_own_opening(other.of(checked.machine, judgement.causes))]
    for release in releases:
        if (
            release.product != judgement.product
            or release.date is None
            or judgement.verdict != "ready"
        ):
            continue
        following = judgement.next_baseline
        off_track = judgement.track.state == "off-track"
        if off_track and (following is None or release.date <= following.date):
            continue
        cause = Cause("baseline", release.date, release_moment(release.date))
        restart = other.of(checked.machine, (cause,))
        opening = _own_opening(restart)
        if opening is None or opening not in taken:
            taken.append(opening)
            yield RestartChange(checked, None, restart)


def _own_opening(restart: Restart) -> Opening | None:
    """The opening in which a restart comes; None where the platform chooses, since it is only a
    wish there.
    """
    return restart.opening if restart.runner != "platform" else None


def year_difference(year: Year, supposed: Year, texts: tuple[str, ...]) -> YearDifference:
    """The difference between a year as it is known and the same year in a supposed world: releases
    of months turn.
    """
    turned = []
    for product in year.products:
        known = year.entries[product]
        before = {entry.date: entry for entry in known if entry.monthly}
        turned += [
            ChangedRelease(before.get(entry.date), entry)
            for entry in supposed.entries[product]
            if entry not in known
        ]
    counts = {
        each: (restarts(year.entries[each])[0], restarts(supposed.entries[each])[0])
        for each in year.products
    }
    return YearDifference(texts, tuple(turned), counts)
