"""Options of calendar feeds: reminders, one event for each machine, group or window, and the feed
that was published before.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import typer

from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import option
from hotpatch_cli.cli.words import known_word
from hotpatch_cli.outputs.view_options import Feed

ICS = "ics"

Alarms = Annotated[
    list[str] | None,
    option("--alarm", "DURATION", "Reminder before each restart: 7d or 12h. Repeatable."),
]
Previous = Annotated[
    str | None,
    option("--previous", "FILE", "Feed published before; changed events get a new SEQUENCE."),
]
ByGroup = Annotated[str, option("--by", "WORD", "One event for each machine or group.")]
ByWindow = Annotated[str, option("--by", "WORD", "One event for each machine or window.")]
FeedOutput = Annotated[str, output_option("ics")]


def feed_options(
    day: date,
    alarms: Sequence[str] | None = None,
    previous: str | None = None,
    *,
    by_group: bool = False,
) -> Feed:
    """The options of a feed. Raises BadParameter, and InputError for a wrong file."""
    return Feed(by_group, tuple(map(_length, alarms or ())), _published(previous), day)


def is_by(word: str, wanted: str) -> bool:
    """Whether events are by group or by window (`wanted`) instead of by machine. Raises
    BadParameter for another word.
    """
    return known_word(word, ("machine", wanted), "--by") == wanted


def _length(text: str) -> timedelta:
    from hotpatch_cli.documents.codec import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--alarm") from None


def _published(name: str | None) -> dict[str, object] | None:
    from hotpatch_cli.documents.codec import sentence
    from hotpatch_cli.documents.files import read_text
    from hotpatch_cli.documents.run_files import files_of_run
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.ics import published

    if name is None:
        return None
    with files_of_run().reading_older():
        text = read_text(name)[1]
    try:
        return dict(published(text))
    except ValueError as error:
        message = f"This isn't a calendar feed: {sentence(error)}"
        raise refuse(name, message, "Specify the feed that was published.") from None
