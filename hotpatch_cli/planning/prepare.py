"""From a fleet to a problem: which machines restart for a baseline, and the rules for these
restarts.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.records import PRODUCTS, Product
from hotpatch_cli.model import Facts, Finding, Fleet, Machine, TrackState, make_finding, meaning_of
from hotpatch_cli.planning.rules import problem_of
from hotpatch_cli.planning.window_slots import SlotPiece, WindowSlots
from hotpatch_cli.schedule.patch_tuesday import (
    next_patch_tuesday,
    next_planned_baseline,
    patch_tuesday,
    release_moment,
)
from hotpatch_cli.scheduler import SchedulingProblem
from hotpatch_cli.servicing.restart import restarted_by_platform

HORIZON = timedelta(days=45)
"""The length of a plan without a deadline or a last day: each monthly window opens once."""


class PlanRequest(NamedTuple):
    """What to plan: the baseline (None: the next one), from when, until when, and which machines.

    `deadline` is counted from the release; `until` is the last day, included, in UTC; `everything`
    also plans machines that restart every month: unsupported ones and those off the track. With
    `allow_empty`, the plan may have no restart. `begin` is the moment from which openings count,
    for a plan that was made earlier; by default it's the as-of date.
    """

    month: tuple[int, int] | None = None
    from_day: date | None = None
    until: date | None = None
    deadline: timedelta | None = None
    everything: bool = False
    allow_empty: bool = False
    begin: datetime | None = None


class PlanningInput(NamedTuple):
    """A fleet as a problem: task by task the machine and its pieces of openings.

    `missing` has, by the number of a task, why no plan can schedule it: it has no window, no zone,
    no product. Such a task stays in the problem, since others can depend on it. `confirmed` has for
    each task whether the release data confirms what it restarts for. `not_needed` counts the
    machines that need no restart for this baseline, by reason. Restarts are from `begin` to
    `finish`. `states` has the track state of each machine on the as-of date.
    """

    release_day: date
    release: datetime
    begin: datetime
    finish: datetime
    problem: SchedulingProblem
    machines: tuple[Machine, ...]
    pieces: tuple[tuple[SlotPiece, ...], ...]
    missing: Mapping[int, Finding]
    confirmed: tuple[bool, ...]
    not_needed: Mapping[str, int]
    fleet: Fleet
    as_of: date
    states: tuple[TrackState | None, ...]


def prepare(fleet: Fleet, judge: Judge, request: PlanRequest) -> PlanningInput:
    """The fleet as a problem for the baseline that is asked for. Raises ValueError where there is
    none.
    """
    judged = [(machine, judge.judge(machine.facts)) for machine in fleet.machines]
    day = _release_day(judged, judge, request)
    release = release_moment(day)
    begin, finish = _range(release, judge.as_of, request)
    calendar = WindowSlots(fleet, release, begin, finish)
    missing: dict[int, Finding] = {}
    machines: list[Machine] = []
    confirmed: list[bool] = []
    states: list[TrackState | None] = []
    not_needed: Counter[str] = Counter()
    concerned = products_with_baseline(judge, day)
    for machine, judgment in judged:
        why = why_not_needed(machine, judgment, day, concerned, everything=request.everything)
        if why is not None:
            not_needed[why] += 1
            continue
        impossible = unknown_product(machine, judgment) or _no_opening(machine, calendar)
        if impossible is not None:
            missing[len(machines)] = impossible
        machines.append(machine)
        confirmed.append(_is_confirmed(judgment, judge, day, concerned))
        states.append(judgment.track.state)
    problem = problem_of(fleet, machines, calendar, shut=missing)
    pieces = tuple(
        () if task in missing else calendar.of(machine.placement)
        for task, machine in enumerate(machines)
    )
    return PlanningInput(
        day,
        release,
        begin,
        finish,
        problem,
        tuple(machines),
        pieces,
        missing,
        tuple(confirmed),
        dict(not_needed),
        fleet,
        judge.as_of,
        tuple(states),
    )


def _release_day(
    judged: Iterable[tuple[Machine, Judgment]], judge: Judge, request: PlanRequest
) -> date:
    """The day of the baseline: that of the month asked for, or the first that a machine of the
    fleet needs.
    """
    days = {judgment.next_baseline.date for _, judgment in judged if judgment.next_baseline}
    if request.month is None:
        if days:
            return min(days)
        if request.everything:
            return next_patch_tuesday(judge.as_of)
        if request.allow_empty:
            return next_planned_baseline(judge.as_of)
        raise ValueError("No machine of the fleet needs a baseline.")
    for product in PRODUCTS:
        days |= _baselines(judge, product, request.month)
    wanted = [day for day in days if (day.year, day.month) == request.month]
    if wanted:
        return min(wanted)
    if request.everything:
        # No baseline, but machines that are not eligible restart every month.
        return patch_tuesday(*request.month)
    raise ValueError(
        f"No baseline is released or planned in {request.month[0]}-{request.month[1]:02}."
    )


def products_with_baseline(judge: Judge, day: date) -> list[Product]:
    """The products that have a baseline on a day."""
    month = day.year, day.month
    return [product for product in PRODUCTS if day in _baselines(judge, product, month)]


def _baselines(judge: Judge, product: Product, month: tuple[int, int]) -> set[date]:
    """The baselines of a product in a month: those that are out, and those that are planned or
    of a scenario.
    """
    history = judge.history(product)
    days = {row.date for row in history.out if row.date and row.is_baseline}
    before = max(date(*month, 1) - timedelta(days=1), judge.as_of)
    planned = history.planned_after(before)
    days |= {planned.date} if planned else set()
    newest = history.newest_baseline
    days |= {newest.date} if newest else set()
    return {day for day in days if (day.year, day.month) == month}


def _range(release: datetime, as_of: date, request: PlanRequest) -> tuple[datetime, datetime]:
    begin = max(
        release, _midnight(as_of), _midnight(request.from_day) if request.from_day else release
    )
    ends = [release + request.deadline] if request.deadline is not None else []
    ends += [_midnight(request.until + timedelta(days=1))] if request.until is not None else []
    finish = min(ends) if ends else begin + HORIZON
    if request.begin is not None:
        first = _midnight(request.from_day) if request.from_day else release
        begin = max(release, request.begin.astimezone(UTC), first)
    return begin, finish


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def why_not_needed(
    machine: Machine,
    judgment: Judgment,
    day: date,
    concerned: Iterable[Product],
    *,
    everything: bool,
) -> str | None:
    """Why a machine needs no restart for this baseline; None where it needs one, or where that is
    unknown.
    """
    if judgment.verdict is None:
        return "not Windows"
    if machine.done:
        return "done"
    if judgment.verdict == "unsupported":
        return None if everything else "unsupported"
    if is_installed(machine.facts, judgment, day):
        return "already installed"
    state = judgment.track.state
    anyway = state == "baseline-due" or (everything and state == "off-track")
    if judgment.product is None or judgment.product in concerned or anyway:
        return None
    return "no baseline in this month"


def is_installed(facts: Facts, judgment: Judgment, day: date) -> bool:
    """Whether all releases that a machine may have installed are of a day or later.

    A listed KB without a build takes effect only after a pending restart.
    """
    build = meaning_of(facts.build)
    if facts.restart_pending and (build is None or build.revision is None):
        return False
    candidates = judgment.track.possible.candidates
    return bool(candidates) and all(row.date is not None and row.date >= day for row in candidates)


def _is_confirmed(
    judgment: Judgment, judge: Judge, day: date, concerned: Collection[Product]
) -> bool:
    """Whether the release data confirms what a machine restarts for: the baseline of the day, a
    baseline that is due from before, or that month's cumulative update.
    """
    product, baseline = judgment.product, judgment.next_baseline
    has_baseline = product in concerned
    if baseline is not None and baseline.date < day and not has_baseline:
        return baseline.confirmed
    histories = map(judge.history, (product,) if product else PRODUCTS)
    released = chain.from_iterable(history.out for history in histories)
    return any(
        row.date == day and row.identified and (row.is_baseline or not has_baseline)
        for row in released
    )


def unknown_product(machine: Machine, judgment: Judgment) -> Finding | None:
    """HP402 for a machine that can't be scheduled, because its product is unknown."""
    # What is not eligible restarts for the standard update, whatever its product is.
    if judgment.product or judgment.verdict == "unsupported":
        return None
    return make_finding("HP402", seen={"os": machine.facts.os})


def _no_opening(machine: Machine, calendar: WindowSlots) -> Finding | None:
    """Why no opening is known. Without a window, a restart that Azure runs has no start to propose;
    nobody misses a restart.
    """
    finding = calendar.missing(machine.placement)
    windowless = finding is not None and (finding.code, finding.variant) == ("HP501", "none")
    if windowless and restarted_by_platform(machine.facts):
        return make_finding("HP501", "platform", seen={"window": None})
    return finding
