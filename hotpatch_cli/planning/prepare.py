"""From a fleet to a problem: which machines restart for a baseline, and the rules for these
restarts.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.records import PRODUCTS, Product, Release
from hotpatch_cli.model import Facts, Finding, Fleet, Machine, make_finding, meaning_of
from hotpatch_cli.planning.blocked import dependents
from hotpatch_cli.planning.done_restarts import (
    DoneRestart,
    done_restart,
    ring_starts,
    settling_tasks,
)
from hotpatch_cli.planning.rules import Shut, problem_of, with_fixed_starts
from hotpatch_cli.planning.window_slots import (
    MINUTE,
    PlanSpan,
    SlotPiece,
    WindowSlots,
    whole_minutes,
)
from hotpatch_cli.restarts import findings_on_windows, run_windows
from hotpatch_cli.schedule.clock import midnight
from hotpatch_cli.schedule.patch_tuesday import (
    next_patch_tuesday,
    next_planned_baseline,
    patch_tuesday,
    release_moment,
)
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.scheduler import SchedulingProblem, Task
from hotpatch_cli.servicing.restart import restarted_by_platform, start_of

HORIZON = timedelta(days=45)
"""The length of a plan without a deadline or a last day: each monthly window opens once."""
FACTS = ("HP402", "HP413")
"""Findings on a fact that is missing: whether the machine can be scheduled is then unknown."""
DONE = ("done", "already installed")
"""Reasons why a machine needs no restart that show that it has restarted."""
NO_BASELINE = "no baseline in this month"
_LONGEST_OPENING = timedelta(days=62)
"""An opening that began before this isn't looked for."""


class PlanRequest(NamedTuple):
    """What to plan: the baseline (None: the next one), from when, until when, and which machines.

    `deadline` is counted from the release. `from_day` and `until` are the first and the last day,
    included, in the zone of each opening, as the as-of date is. `everything` also plans machines
    that restart every month: unsupported ones and those off the track. With `allow_empty`, the plan
    may have no restart. `begin` is the moment from which openings count, for a plan that was made
    earlier. `now` is the moment before which nothing starts; what is left of an opening counts.
    With `strict`, restarts depend on those whose facts are missing too. `goal` is what the search
    minimizes. `seen` is the moment at which the restarts that are done were seen, for a plan that
    was made earlier.
    """

    month: tuple[int, int] | None = None
    from_day: date | None = None
    until: date | None = None
    deadline: timedelta | None = None
    everything: bool = False
    allow_empty: bool = False
    begin: datetime | None = None
    now: datetime | None = None
    strict: bool = False
    goal: str = "exposure"
    seen: datetime | None = None


class PlanningInput(NamedTuple):
    """A fleet as a problem: task by task the machine and its pieces of openings.

    `missing` has, by the number of a task, why no plan can schedule it: it has no window, no zone,
    no product. Such a task stays in the problem, since others can depend on it; those of `left_out`
    don't take part in the search: a fact of theirs is missing, or with `strict` they depend on such
    a task. `confirmed` has for each task whether the release data confirms what it restarts for.
    `needless` has the machines that need no restart for this baseline, with the reason. Restarts
    are within `span`. `judgments` has the judgment of each machine on the as-of date. `done` are
    the restarts that are done; `settling` has those whose groups they still occupy, and
    `ring_starts` the first minute that they allow for a ring. `running` has the start of each task
    that is in progress by an older plan. `seen` is the moment at which restarts that are done at an
    unknown moment have ended. `released` has the baseline of each product, where the release data
    identifies it.
    """

    release_day: date
    release: datetime
    span: PlanSpan
    problem: SchedulingProblem
    machines: tuple[Machine, ...]
    pieces: tuple[tuple[SlotPiece, ...], ...]
    missing: Mapping[int, Finding]
    left_out: frozenset[int]
    confirmed: tuple[bool, ...]
    needless: Mapping[str, str]
    fleet: Fleet
    as_of: date
    done: tuple[DoneRestart, ...]
    settling: tuple[Task, ...]
    ring_starts: Mapping[str | None, int]
    strict: bool
    judgments: tuple[Judgment, ...]
    running: Mapping[int, int]
    seen: datetime | None
    released: Mapping[Product, Release]

    @property
    def begin(self) -> datetime:
        """The moment from which openings count."""
        return self.span.begin

    @property
    def finish(self) -> datetime:
        """The moment by which every restart ends."""
        return self.span.finish

    def minutes(self, starts: Mapping[str, datetime]) -> tuple[int | None, ...]:
        """The starts of a plan by machine as those of the tasks."""
        found = (starts.get(machine.label) for machine in self.machines)
        return tuple(None if start is None else (start - self.release) // MINUTE for start in found)

    @property
    def not_needed(self) -> dict[str, int]:
        """How many machines need no restart for this baseline, by reason."""
        return dict(Counter(self.needless.values()))

    @property
    def lacking(self) -> frozenset[int]:
        """The tasks for which a fact is missing."""
        return frozenset(task for task, why in self.missing.items() if why.code in FACTS)


def prepare(
    fleet: Fleet,
    judge: Judge,
    request: PlanRequest,
    ends: Mapping[str, datetime] | None = None,
) -> PlanningInput:
    """The fleet as a problem for the baseline that is asked for.

    `ends` has the ends of restarts that an older plan has, by machine. Raises ValueError where no
    baseline is due.
    """
    fleet, not_run = _with_run_windows(fleet)
    judged = [(machine, judge.judge(machine.facts)) for machine in fleet.machines]
    day = _release_day(judged, judge, request)
    release = release_moment(day)
    span = _span(fleet, release, judge.as_of, request)
    calendar = WindowSlots(fleet, release, span)
    seen = _seen(request, judge.as_of, release)
    missing: dict[int, Finding] = {}
    machines: list[Machine] = []
    confirmed: list[bool] = []
    needless: dict[str, str] = {}
    done: list[DoneRestart] = []
    judgments: list[Judgment] = []
    concerned = products_with_baseline(judge, day)
    planned_ends = ends or {}
    for machine, judgment in judged:
        why = why_not_needed(machine, judgment, day, concerned, everything=request.everything)
        if why is not None:
            needless[machine.label] = why
            end = planned_ends.get(machine.label)
            of_older = why == NO_BASELINE or is_installed(machine.facts, judgment, day)
            if why in DONE or (end is not None and of_older):
                moment = done_at(machine, judgment, day, concerned)
                done.append(done_restart(machine, moment, end, seen, release))
            continue
        impossible = unknown_product(machine, judgment) or not_run.get(machine.label)
        impossible = impossible or _no_opening(machine, calendar)
        if impossible is not None:
            missing[len(machines)] = impossible
        machines.append(machine)
        confirmed.append(_is_confirmed(judgment, judge, day, concerned))
        judgments.append(judgment)
    prepared = PlanningInput(
        release_day=day,
        release=release,
        span=span,
        problem=SchedulingProblem(()),
        machines=tuple(machines),
        pieces=tuple(
            () if task in missing else calendar.of(machine.placement)
            for task, machine in enumerate(machines)
        ),
        missing=missing,
        left_out=frozenset(),
        confirmed=tuple(confirmed),
        needless=needless,
        fleet=fleet,
        as_of=judge.as_of,
        done=tuple(done),
        settling=(),
        ring_starts={},
        strict=request.strict,
        judgments=tuple(judgments),
        running={},
        seen=seen,
        released=_released(judge, day, concerned),
    )
    return _with_problem(prepared, calendar)


def _with_run_windows(fleet: Fleet) -> tuple[Fleet, dict[str, Finding]]:
    """The fleet without the windows that Azure doesn't run on their machines, and HP504 for each
    machine that has no other. A window of which it's unknown whether Azure runs it stays.
    """
    not_run: dict[str, Finding] = {}
    machines: list[Machine] = []
    for machine in fleet.machines:
        placement = machine.placement
        windows = run_windows(fleet, machine.facts, placement)
        findings = () if windows else findings_on_windows(fleet, machine.facts, placement)
        if any(finding.variant == "unknown" for finding in findings):
            windows = placement.windows
        elif findings:
            not_run[machine.label] = findings[0]
        run = placement._replace(windows=windows)
        machines.append(machine if run == placement else machine._replace(placement=run))
    return fleet._replace(machines=tuple(machines)), not_run


def _seen(request: PlanRequest, as_of: date, release: datetime) -> datetime:
    """The moment at which restarts that are done at an unknown moment have ended: that from which
    the plan is made, and which `verify` reads from it. On the day of the release or later, they
    ended after it.
    """
    at = request.seen or request.now or start_of(as_of)
    return max(at, release) if at.astimezone(UTC).date() >= release.date() else at


def _with_problem(prepared: PlanningInput, calendar: WindowSlots) -> PlanningInput:
    """The same with its problem, in which restarts that are done count for the others."""
    lacking, release = prepared.lacking, prepared.release
    prepared = prepared._replace(ring_starts=earliest_starts(prepared, prepared.fleet))
    problem = _problem(prepared, calendar, prepared.missing)
    settling = settling_tasks(
        problem, prepared.done, release, whole_minutes(release, prepared.begin)
    )
    left_out = frozenset(lacking | (dependents(problem, lacking) if prepared.strict else set()))
    return prepared._replace(problem=problem, settling=tuple(settling), left_out=left_out)


def earliest_starts(prepared: PlanningInput, fleet: Fleet) -> dict[str | None, int]:
    """For each ring of a fleet the first minute that the restarts allow that are done."""
    lacking = prepared.lacking
    rings = [
        machine.placement.ring
        for task, machine in enumerate(prepared.machines)
        if prepared.strict or task not in lacking
    ]
    return ring_starts(fleet, rings, prepared.done, prepared.release)


def _problem(
    prepared: PlanningInput, calendar: WindowSlots, shut: Collection[int]
) -> SchedulingProblem:
    left_out = () if prepared.strict else prepared.lacking
    problem = problem_of(
        prepared.fleet,
        prepared.machines,
        calendar,
        Shut(shut, left_out),
        prepared.ring_starts,
    )
    return with_fixed_starts(problem, prepared.running)


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


def _span(fleet: Fleet, release: datetime, as_of: date, request: PlanRequest) -> PlanSpan:
    """The time of a plan, from the days and moments of its request."""
    zones, now = _zones(fleet), request.now
    first, begin = request.from_day, release
    if request.begin is not None:
        begin = max(release, request.begin.astimezone(UTC))
    elif now is not None:
        begin = max(release, now.astimezone(UTC) - _LONGEST_OPENING)
    else:
        first = max(as_of, first or as_of)
    if first is not None:
        begin = max(begin, min(midnight(first, zone) for zone in zones))
    ends = [release + request.deadline] if request.deadline is not None else []
    if request.until is not None:
        after = request.until + timedelta(days=1)
        ends.append(max(midnight(after, zone) for zone in zones))
    start = max(begin, start_of(first or as_of), now or begin)
    finish = min(ends) if ends else start.astimezone(UTC) + HORIZON
    return PlanSpan(begin, finish, first, request.until, now)


def _zones(fleet: Fleet) -> list[tzinfo]:
    """The zones of a fleet; UTC where it has none."""
    named = {machine.placement.timezone for machine in fleet.machines}
    named |= {window.timezone for window in fleet.windows.values()}
    return [find_zone(name) for name in sorted(filter(None, named))] or [UTC]


def why_not_needed(
    machine: Machine,
    judgment: Judgment,
    day: date,
    concerned: Collection[Product],
    *,
    everything: bool,
) -> str | None:
    """Why a machine needs no restart for this baseline; None where it needs one, or where that is
    unknown.
    """
    if judgment.verdict is None:
        return "not Windows"
    if is_done(machine, judgment, day, concerned):
        return "done"
    if judgment.verdict == "unsupported":
        return None if everything else "unsupported"
    if is_installed(machine.facts, judgment, day):
        return "already installed"
    state = judgment.track.state
    anyway = state == "baseline-due" or (everything and state == "off-track")
    if judgment.product is None or judgment.product in concerned or anyway:
        return None
    return NO_BASELINE


def is_done(
    machine: Machine, judgment: Judgment, day: date, concerned: Collection[Product]
) -> bool:
    """Whether the inventory says that the machine has restarted for this baseline: a restart before
    the release can't be that one.
    """
    return machine.done is True or done_at(machine, judgment, day, concerned) is not None


def done_at(
    machine: Machine, judgment: Judgment, day: date, concerned: Collection[Product]
) -> datetime | None:
    """When the machine restarted for this baseline, by the moment of `done`: None without one, and
    for a moment before the release of the baseline of the day, or of the older one that is due.
    """
    if not isinstance(machine.done, datetime):
        return None
    due = judgment.next_baseline
    older = due is not None and judgment.product not in concerned
    released = release_moment(min(day, due.date) if due and older else day)
    return machine.done if machine.done >= released else None


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


def _released(judge: Judge, day: date, concerned: Iterable[Product]) -> dict[Product, Release]:
    """The baseline of a day by product, where the release data identifies it."""
    found: dict[Product, Release] = {}
    for product in concerned:
        rows = (row for row in judge.history(product).out if row.date == day)
        row = next((row for row in rows if row.is_baseline and row.identified), None)
        if row is not None:
            found[product] = row
    return found


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


def full_problem(prepared: PlanningInput) -> SchedulingProblem:
    """The problem whose windows restarts that are done don't cut."""
    if not prepared.ring_starts:
        return prepared.problem
    calendar = WindowSlots(prepared.fleet, prepared.release, prepared.span)
    return _problem(prepared._replace(ring_starts={}), calendar, prepared.missing)
