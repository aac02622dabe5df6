"""What if: the restarts that an unplanned baseline or a freeze would change."""

from collections.abc import Iterable, Sequence
from datetime import date

from hotpatch_cli.knowledge.records import PRODUCTS, Knowledge, Release
from hotpatch_cli.report import Checked, Report, RestartChange, ScenarioDiff
from hotpatch_cli.restarts import Restart, Restarts
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.servicing.calendar import ChangedRelease, Year, YearDifference, restarts
from hotpatch_cli.servicing.history import History
from hotpatch_cli.servicing.restart import Cause
from hotpatch_cli.servicing.scenario import Scenario


def scenario_releases(
    knowledge: Knowledge, as_of: date, releases: Iterable[Release]
) -> tuple[Release, ...]:
    """The releases of a scenario within the hotpatch lifecycle of their product, as known on a
    day.
    """
    histories = {product: History(knowledge, product, as_of) for product in PRODUCTS}
    return tuple(
        row
        for row in releases
        if row.date
        and histories[row.product].first_day <= row.date <= histories[row.product].last_day
    )


def scenario_diff(report: Report, scenario: Scenario) -> ScenarioDiff:
    """What a scenario changes in a report: more restarts, and restarts at another time.

    An unplanned baseline restarts the eligible machines of its product. Others, and those that are
    off track until a later baseline, restart for each month's cumulative update anyway: nothing
    changes for them.
    """
    fleet = report.fleet._replace(freezes=(*report.fleet.freezes, *scenario.freezes))
    other = Restarts(fleet, report.as_of)
    changes: list[RestartChange] = []
    unknown = 0
    for checked in report.machines:
        changed = [*_moved(checked, other), *_added(checked, scenario.releases, other)]
        changes += changed
        if scenario.releases and not changed and checked.judgment.verdict == "unknown":
            unknown += 1
    return ScenarioDiff(scenario.texts, tuple(changes), len(report.machines), unknown)


def _moved(checked: Checked, other: Restarts) -> Iterable[RestartChange]:
    """The next restart of a machine, if freezes move it."""
    after = other.of(checked.machine, checked.judgment.causes)
    if after.opening != checked.restart.opening:
        yield RestartChange(checked, checked.restart, after)


def _added(
    checked: Checked, releases: Sequence[Release], other: Restarts
) -> Iterable[RestartChange]:
    """A restart for each baseline of the scenario that a machine has to install, unless it restarts
    then anyway.
    """
    judgment = checked.judgment
    openings = [_own_opening(other.of(checked.machine, judgment.causes))]
    for release in releases:
        if (
            release.product != judgment.product
            or release.date is None
            or judgment.verdict != "ready"
        ):
            continue
        following = judgment.next_baseline
        off_track = judgment.track.state == "off-track"
        if off_track and (following is None or release.date <= following.date):
            continue
        cause = Cause("baseline", release.date, release_moment(release.date))
        restart = other.of(checked.machine, (cause,))
        opening = _own_opening(restart)
        if opening is None or opening not in openings:
            openings.append(opening)
            yield RestartChange(checked, None, restart)


def _own_opening(restart: Restart) -> Opening | None:
    """The opening of a restart; None where Azure chooses the moment."""
    return restart.opening if restart.runner != "platform" else None


def year_difference(year: Year, scenario: Year, texts: tuple[str, ...]) -> YearDifference:
    """The difference between a year as it is known and the same year in a scenario."""
    changed: list[ChangedRelease] = []
    for product in year.products:
        known = year.entries[product]
        before = {entry.date: entry for entry in known if entry.monthly}
        changed += [
            ChangedRelease(before.get(entry.date), entry)
            for entry in scenario.entries[product]
            if entry not in known
        ]
    counts = {
        product: (restarts(year.entries[product])[0], restarts(scenario.entries[product])[0])
        for product in year.products
    }
    return YearDifference(texts, tuple(changed), counts)
