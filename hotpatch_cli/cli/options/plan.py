"""Options that `plan` and `verify` share, and how they are read."""

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hotpatch_cli.model import GroupRule

_MOST = 1_000_000
MonthOption = Annotated[
    str | None,
    typer.Option(
        "--release", metavar="YYYY-MM", envvar="HOTPATCH_RELEASE", help="Month of the baseline."
    ),
]
Deadline = Annotated[
    str | None,
    typer.Option(
        "--deadline",
        metavar="DURATION",
        envvar="HOTPATCH_DEADLINE",
        help="After the release: 14d, 48h.",
    ),
]
AvailabilitySets = Annotated[
    str | None,
    typer.Option(
        "--availability-sets",
        metavar="SHARE",
        envvar="HOTPATCH_AVAILABILITY_SETS",
        help="Each availability set is a group: at most 1, or 25%, of it down at once.",
    ),
]
Zones = Annotated[
    str | None,
    typer.Option(
        "--zones",
        metavar="SHARE",
        envvar="HOTPATCH_ZONES",
        help="Each zone of a region is a group: at most 3, or 20%, of it down at once.",
    ),
]


def month(text: str | None) -> tuple[int, int] | None:
    """A month from `2026-01`. Raises BadParameter."""
    if text is None:
        return None
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if found is None:
        raise typer.BadParameter(
            f"{text!r} is not a month. Write it as 2026-01.", param_hint="--release"
        )
    return int(found[1]), int(found[2])


def length(text: str | None) -> timedelta | None:
    """A deadline from `14d`. Raises BadParameter."""
    from hotpatch_cli.documents.codec import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--deadline") from None


def in_order(begin: date | None, until: date | None) -> None:
    """Refuse a last day before the first one: no plan could fit. Raises BadParameter."""
    if begin and until and until < begin:
        raise typer.BadParameter(
            f"the last day, {until}, is before the first, {begin}.", param_hint="--until"
        )


def share(text: str | None, option: str) -> "GroupRule | None":
    """How many of a group may be down at once, from `1` or `25%`. Raises BadParameter."""
    from hotpatch_cli.model import GroupRule

    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,7})(%?)", text.strip())
    if found is None or not 0 < int(found[1]) <= (100 if found[2] else _MOST):
        raise typer.BadParameter(
            f"{text!r} is no share. Write a number such as 1, or 25%.", param_hint=option
        )
    return (
        GroupRule(percent=int(found[1])) if found[2] else GroupRule(max_unavailable=int(found[1]))
    )
