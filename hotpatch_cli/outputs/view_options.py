"""How text is to be shown, and prose at the width of a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.outputs.folding import wrapped

ROWS = 50


class Feed(NamedTuple):
    """How to publish a calendar: one event per machine or per group, alarms, and what was there
    before.

    `alarms` are the times from a reminder to a restart; `previous` has the events of the feed that
    was published before (see ics.published), and `day` is the stamp of events that differ from it.
    """

    by_group: bool = False
    alarms: tuple[timedelta, ...] = ()
    previous: Mapping[str, Any] | None = None
    day: date = date.min


class ViewOptions(NamedTuple):
    """How text is shown: for a terminal or not, how wide, in color or not, and how much of it.

    `everything` shows all rows where a terminal would show `rows`, `explain` adds reasons and
    remedies, `feed` is how a calendar is published. `suffix` is that of the file to write, in lower
    case, for a format that is written in two ways. `build_log` means that an agent reads the text.
    """

    terminal: bool = False
    width: int = 80
    color: bool = False
    everything: bool = False
    explain: bool = False
    rows: int = ROWS
    feed: Feed = Feed()
    suffix: str = ""
    build_log: bool = False

    @property
    def most(self) -> int | None:
        """The number of rows that are shown; None where all are: all in a file or a pipe."""
        return self.rows if self.terminal and not self.everything else None


PLAIN = ViewOptions()
"""Text for a file or a pipe."""


def folded(prose: str, options: ViewOptions, whole: Iterable[str] = ()) -> str:
    """Lines of prose for a terminal: a longer one goes on below itself, two columns further in. The
    names of `whole` are folded nowhere.
    """
    if not options.terminal:
        return prose
    names = [name for name in whole if " " in name]
    lines = []
    for line in prose.splitlines():
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        lines += wrapped(line, max(options.width, 40), inner=inner, whole=names)
    return "".join(f"{line}\n" for line in lines)


def in_lines(sentences: Sequence[str], options: ViewOptions) -> str:
    """Sentences on one line, or one a line where a terminal has no room for all: a command in them
    is never folded.
    """
    line = " ".join(sentences)
    if not options.terminal or len(line) <= options.width:
        return f"{line}\n" if line else ""
    return "".join(f"{sentence}\n" for sentence in sentences)


def indented(text: str, options: ViewOptions, indent: int = 2) -> str:
    """An indented paragraph: folded at the width of a terminal, one line elsewhere."""
    margin = " " * indent
    if not options.terminal:
        return f"{margin}{text}\n"
    width = max(options.width, indent + 30)
    folded = wrapped(text, width - indent)
    return "".join(f"{margin}{line}\n" for line in folded)
