"""The fleet as a planning problem, by the options that `plan`, `verify` and `feed plan` share."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import typer

from hotpatch_cli.cli.progress_bar import working
from hotpatch_cli.cli.session import AzureRequest, Session, tell
from hotpatch_cli.documents.codec import parse_duration
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.knowledge.release_age import stale
from hotpatch_cli.model import GroupRule
from hotpatch_cli.planning import PlanningInput, PlanRequest, prepare
from hotpatch_cli.planning.implied_groups import Implied, with_implied
from hotpatch_cli.servicing.scenario import Scenario

_MOST = 1_000_000


class ImpliedRequest(Protocol):
    """The options of a request that make availability sets and zones groups."""

    @property
    def availability_sets(self) -> str | None:
        """The share of an availability set that can be down at once."""

    @property
    def zones(self) -> str | None:
        """The share of a zone that can be down at once."""


class LimitsRequest(AzureRequest, ImpliedRequest, Protocol):
    """The options of a request that limit a plan."""

    @property
    def baseline(self) -> str | None:
        """The month of the baseline."""

    @property
    def as_of(self) -> date | None:
        """The as-of date; None for today."""

    @property
    def begin(self) -> date | None:
        """The first date, in the zone of each opening."""

    @property
    def until(self) -> date | None:
        """The last date, included, in the zone of each opening."""

    @property
    def deadline(self) -> str | None:
        """How long after the release."""

    @property
    def include_monthly(self) -> bool:
        """Whether machines that restart every month are planned too."""


def plan_request(request: LimitsRequest) -> PlanRequest:
    """The limits of a plan. Raises BadParameter."""
    begin, until = request.begin, request.until
    if begin and until:
        require_order(until, begin, "the first date")
    return PlanRequest(
        parse_month(request.baseline),
        begin,
        until,
        parse_deadline(request.deadline),
        request.include_monthly,
    )


def require_order(until: date, begin: date, what: str) -> None:
    """Raise BadParameter where the last date of --until is before another one."""
    if until < begin:
        message = f"{until} is before {what}, {begin}. Specify a later date."
        raise typer.BadParameter(message, param_hint="--until")


def parse_month(text: str | None) -> tuple[int, int] | None:
    """A month from `2026-01`. Raises BadParameter."""
    if text is None:
        return None
    match = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} isn't a valid month. Use the format YYYY-MM, such as 2026-01.",
            param_hint="--baseline",
        )
    return int(match[1]), int(match[2])


def parse_deadline(text: str | None) -> timedelta | None:
    """A deadline from `14d`. Raises BadParameter."""
    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--deadline") from None


def implied_groups(request: ImpliedRequest) -> Implied:
    """Availability sets and zones as groups. Raises BadParameter."""
    return Implied(
        parse_share(request.availability_sets, "--availability-sets"),
        parse_share(request.zones, "--zones"),
    )


def parse_share(text: str | None, option: str) -> GroupRule | None:
    """How many of a group can be down at once, from `1` or `25%`. Raises BadParameter."""
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,7})(%?)", text.strip())
    if match is None or not 0 < int(match[1]) <= (100 if match[2] else _MOST):
        raise typer.BadParameter(
            f"{text!r} isn't a number of machines or a percentage, such as 1 or 25%.",
            param_hint=option,
        )
    number = int(match[1])
    return GroupRule(percent=number) if match[2] else GroupRule(max_unavailable=number)


def load(
    request: AzureRequest, names: Sequence[str], implied: Implied, moment: datetime | None = None
) -> Session:
    """The session of a request, with availability sets and zones as groups. Prints the notes of its
    sources and the age of old release data. Raises BadParameter and InputError, also for restarts
    that are done after a moment: that of the request, or the end of its day.
    """
    with working("reading the fleet", quiet=request.quiet):
        session = Session.load(request, names)
    if problems := list(_done_ahead(session, moment)):
        raise InputError(problems)
    age = stale(session.knowledge, session.day)
    tell((*session.notes, age), quiet=request.quiet)
    return session._replace(fleet=with_implied(session.fleet, implied))


def _done_ahead(session: Session, moment: datetime | None) -> Iterator[Problem]:
    """A problem for each restart that is done in the future. A day ends in the zone of the
    restart, or in UTC.
    """
    end = f"the as-of date, {session.day}" if moment is None else f"{moment:%a %Y-%m-%d %H:%M %z}"
    for machine in session.fleet.machines:
        done = machine.done
        if not isinstance(done, datetime):
            continue
        if moment is not None:
            ahead = done > moment
        else:
            ahead = min(done.date(), done.astimezone(UTC).date()) > session.day
        if ahead:
            place = machine.origin.locate("done")
            yield Problem(
                place.file,
                place.line,
                place.column,
                f"The machine {quoted(machine.label)}: `done` is {done.isoformat()}, "
                f"which is after {end}.",
                "Specify when the restart ended, or a later date or moment of the plan.",
            )


def planning_input(
    session: Session,
    wish: PlanRequest,
    scenario: Scenario,
    ends: Mapping[str, datetime] | None = None,
) -> PlanningInput:
    """The fleet as a problem in a scenario, with the ends of restarts that an older plan has.
    Raises ValueError where no baseline is due.
    """
    freezes = (*session.fleet.freezes, *scenario.freezes)
    judge = Judge(session.knowledge, session.day, scenario.releases)
    return prepare(session.fleet._replace(freezes=freezes), judge, wish, ends)


def required_input(
    session: Session,
    wish: PlanRequest,
    scenario: Scenario,
    ends: Mapping[str, datetime] | None = None,
) -> PlanningInput:
    """The same; raises InputError where no baseline is due."""
    try:
        prepared = planning_input(session, wish, scenario, ends)
    except ValueError as error:
        raise refuse(
            ", ".join(session.names), str(error), "Specify another month with --baseline."
        ) from None
    if wish.until and prepared.finish <= prepared.release:
        day = f"{prepared.release_day:%a %Y-%m-%d}"
        raise typer.BadParameter(
            f"the last date, {wish.until}, is before the release of the baseline on {day}. "
            "Specify a later date.",
            param_hint="--until",
        )
    return prepared
