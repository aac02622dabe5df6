"""The moment of a run: that of --at, the start of the as-of date, or now."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import now
from hotpatch_cli.cli.request import option
from hotpatch_cli.documents.codec import parse_moment
from hotpatch_cli.servicing.restart import start_of


def _moment(text: str) -> datetime:
    """The moment of an option. Raises BadParameter."""
    try:
        return parse_moment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


At = Annotated[
    datetime | None,
    option(
        "--at",
        "MOMENT",
        "Moment with its offset, such as 2026-01-17T22:00+01:00. Default: the start of the as-of "
        "date (UTC), or now.",
        parser=_moment,
        show_default=False,
    ),
]

Now = Annotated[
    datetime | None,
    option(
        "--now",
        "MOMENT",
        "Plan from this moment on. Default without --as-of: now.",
        parser=_moment,
        show_default=False,
    ),
]


def next_minute() -> datetime:
    """The clock of the program, at the next whole minute."""
    minute = timedelta(minutes=1)
    clock = now()
    return clock + minute - timedelta(seconds=clock.second, microseconds=clock.microsecond)


def day_of_now(as_of: date | None, moment: datetime | None) -> date | None:
    """The as-of date of a plan from a moment on: that of the moment in UTC, where there is no
    --as-of. Raises BadParameter where they contradict each other.
    """
    if moment is None:
        return as_of
    day = moment.astimezone(UTC).date()
    if as_of not in (None, day, moment.date()):
        raise typer.BadParameter(
            f"{moment.isoformat()} isn't on the as-of date, {as_of}. Specify one of the two.",
            param_hint="--now",
        )
    return as_of or day


def day_at(as_of: date | None, at: datetime | None) -> date | None:
    """The as-of date of a run: that of the moment, where there is no --as-of. Raises BadParameter
    for a moment before the as-of date.
    """
    if at is None:
        return as_of
    if as_of is None:
        return at.astimezone(UTC).date()
    if at < start_of(as_of):
        raise typer.BadParameter(
            f"{at.isoformat()} is before the as-of date, {as_of}. Specify a later moment.",
            param_hint="--at",
        )
    return as_of


def moment_at(as_of: date | None, at: datetime | None, day: date) -> datetime:
    """The moment of a run on a day: now, if neither a date nor a moment is given."""
    if at is not None:
        return at
    clock = now()
    return clock if as_of is None and clock.date() == day else start_of(day)
