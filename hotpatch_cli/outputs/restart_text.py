"""The next restart in a few words, and days and moments as every format writes them.

A restart has one text, in a terminal as in a pipe, in CSV, Markdown and on the page: the moment of
a window that somebody runs (`Sun 2026-01-18 02:00`), the last day on which Azure runs it (`Azure,
by Thu 2026-02-12`), a last day that has passed (`overdue since Wed 2025-11-12 (Azure)`), or the
first day on which it is possible (`after Tue 2026-01-13`). Times are those of the machine.
"""

from datetime import date, datetime

from hotpatch_cli.restarts import Restart

_RUNNERS = {"platform": "Azure", "owner": "you"}


def next_restart(restart: Restart) -> str:
    """When the machine restarts next, as short as it is true; `-` where nothing is known."""
    if restart.reason is None:
        return "-"
    return or_now(restart, when(restart))


def when(restart: Restart) -> str:
    """The moment of a restart: never one that has passed, and no window that nobody runs."""
    by_azure = restart.runner == "platform"
    if restart.overdue and restart.by is not None:
        return f"overdue since {day_text(restart.by)} (Azure)"
    if by_azure and restart.by is not None:
        return f"Azure, by {day_text(restart.by)}"
    if is_in_window(restart) and restart.opening is not None:
        return moment_text(restart.opening.start)
    first = f"after {day_text(restart.not_before)}" if restart.not_before else "day unknown"
    return f"Azure, {first}" if by_azure else first


def or_now(restart: Restart, words: str) -> str:
    """The words for a moment, and that it may be now where nothing excludes that."""
    return words if restart.certain else f"{words} or now"


def is_in_window(restart: Restart) -> bool:
    """Whether somebody runs the restart in its window; otherwise the window is only a wish."""
    return restart.opening is not None and bool(restart.enforced) and not restart.overdue


def order_of(restart: Restart) -> str:
    """A key that sorts restarts by their day and time; those of which nothing is known are last."""
    if restart.reason is None:
        return "~"
    if restart.by is not None:
        return f"{restart.by}"
    if is_in_window(restart) and restart.opening is not None:
        return f"{restart.opening.start:%Y-%m-%d %H:%M}"
    return f"{restart.not_before:%Y-%m-%d}" if restart.not_before else "~"


def runner(restart: Restart) -> str:
    """Who restarts the machine, in a word; the empty text where no restart is known."""
    return _RUNNERS.get(restart.runner or "", "")


def day_text(day: date) -> str:
    """A day with its weekday: `Tue 2026-01-13`."""
    return f"{day:%a %Y-%m-%d}"


def moment_text(moment: datetime) -> str:
    """A moment in the time of its machine: `Sun 2026-01-18 02:00`."""
    return f"{moment:%a %Y-%m-%d %H:%M}"


def offset_text(moment: datetime) -> str:
    """The offset of a moment from UTC: `+01:00`."""
    return moment.isoformat()[-6:]
