"""Options of calendar feeds: alarms, one event per machine or group, and the feed that was
published before.
"""

from datetime import date, timedelta

import typer

from hotpatch_cli.cli.words import known_word
from hotpatch_cli.outputs.view_options import Feed

ICS = "ics"


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
    by_group = known_word(by, ("machine", "group"), "--by") == "group"
    if form != ICS:
        options = {"--alarm": alarms, "--previous": previous, "--by": by_group}
        for name, used in options.items():
            if used:
                raise typer.BadParameter(
                    "only a calendar has it: add --format ics.", param_hint=name
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
