"""The next restart in a few words, as tables have room for."""

from hotpatch_cli.restarts import Restart


def next_restart(restart: Restart) -> str:
    """When the machine restarts next, as short as it is true: a moment, a last or a first day."""
    if restart.reason is None:
        return "-"
    return or_now(restart, when(restart))


def when(restart: Restart) -> str:
    """The moment of a restart: never one that has passed, and no window that nobody runs."""
    if restart.overdue:
        return f"overdue since {restart.by}"
    if restart.by is not None:
        return f"by {restart.by}"
    if restart.opening is not None and restart.enforced:
        return f"{restart.opening.start:%Y-%m-%d %H:%M}"
    return f"after {restart.not_before:%Y-%m-%d}"


def or_now(restart: Restart, words: str) -> str:
    """The words for a moment, and that it may be now where nothing excludes that."""
    return words if restart.certain else f"{words} or now"
