"""Options of calendar feeds: alarms, one event per machine or group, and the feed that was
published before.
"""

from datetime import date, timedelta
from typing import Annotated

import typer

from hotpatch_cli.outputs.view_options import Feed
from hotpatch_cli.report import Report

ICS = "ics"

Alarms = Annotated[
    list[str] | None,
    typer.Option(
        "--alarm",
        metavar="DURATION",
        envvar="HOTPATCH_ALARM",
        help="With ics: remind so long before what restarts machines: 7d, 12h; repeatable.",
    ),
]
Previous = Annotated[
    str | None,
    typer.Option(
        "--previous",
        metavar="FILE",
        envvar="HOTPATCH_PREVIOUS",
        help="With ics: the feed published before; what differs from it gets a new SEQUENCE.",
    ),
]


def feed_options(
    form: str,
    day: date,
    alarms: list[str] | None = None,
    previous: str | None = None,
    by: str = "machine",
) -> Feed:
    """The options of a feed. Raises BadParameter where another format is asked for, InputError for
    a wrong file.
    """
    from hotpatch_cli.cli.options.gate import known_word

    by_group = known_word(by, ("machine", "group"), "--by") == "group"
    if form != ICS:
        given = [
            name
            for name, used in (("--alarm", alarms), ("--previous", previous), ("--by", by_group))
            if used
        ]
        if given:
            raise typer.BadParameter(
                "only a calendar has it: add --format ics.", param_hint=given[0]
            )
        return Feed()
    return Feed(by_group, tuple(map(_length, alarms or ())), _published(previous), day)


def _length(text: str) -> timedelta:
    from hotpatch_cli.documents.codec import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--alarm") from None


def _published(name: str | None) -> dict[str, object] | None:
    from hotpatch_cli.documents.codec import sentence
    from hotpatch_cli.documents.files import read_text
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.ics import published

    if name is None:
        return None
    try:
        return dict(published(read_text(name)[1]))
    except ValueError as error:
        raise refuse(
            name,
            f"This is no calendar feed: {sentence(error)}",
            "Give the file that was published.",
        ) from None


def tell_left_out(report: Report, *, quiet: bool) -> None:
    """Say on standard error which restarts a feed cannot hold."""
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.outputs.feeds import not_in_feed

    if sentence := not_in_feed(report):
        say(sentence, quiet=quiet)
