"""What a renderer may know of where its text goes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hotpatch_cli.outputs.page.render import Contents

ROWS = 50


class Feed(NamedTuple):
    """How to publish a calendar: one event per machine or per group, alarms, and what was there
    before.

    `alarms` ring so long before what restarts machines; `previous` has the events of the feed that
    was published before (see ics.published), and `day` is the stamp of events that differ from it.
    """

    by_group: bool = False
    alarms: tuple[timedelta, ...] = ()
    previous: Mapping[str, Any] | None = None
    day: date = date.min


class Screen(NamedTuple):
    """Whether it is a terminal, how wide, in colour or not, and how much the user wants to see;
    what a page holds.
    """

    terminal: bool = False
    width: int = 80
    colour: bool = False
    everything: bool = False
    explain: bool = False
    rows: int = ROWS
    feed: Feed = Feed()
    page: "Contents | None" = None


def folded(prose: str, screen: Screen) -> str:
    """Lines of prose for a terminal: a longer one goes on below itself, two columns further in."""
    if not screen.terminal:
        return prose
    import textwrap

    lines = []
    for line in prose.splitlines():
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        lines += textwrap.wrap(
            line,
            max(screen.width, 40),
            subsequent_indent=inner,
            break_on_hyphens=False,
            break_long_words=False,
        ) or [""]
    return "".join(f"{line}\n" for line in lines)


def indented(text: str, screen: Screen, indent: int = 2) -> str:
    """A paragraph that hangs under something: folded at the width of a terminal, one line where it
    is not one.
    """
    margin = " " * indent
    if not screen.terminal:
        return f"{margin}{text}\n"
    import textwrap

    width = max(screen.width, indent + 30)
    folded = textwrap.wrap(text, width - indent, break_on_hyphens=False, break_long_words=False)
    return "".join(f"{margin}{line}\n" for line in folded)
