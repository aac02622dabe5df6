"""How old the release data is: its newest release, when it was read, and what it has missed."""

from datetime import date

from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday


def newest_release(knowledge: Knowledge, as_of: date) -> date | None:
    """The day of the newest confirmed release that is out."""
    days = (
        row.date for row in knowledge.releases if row.date and row.identified and row.date <= as_of
    )
    return max(days, default=None)


def last_read(knowledge: Knowledge) -> date:
    """The newest day on which a source of the release data was read."""
    return max(
        (source.read for row in knowledge.releases for source in row.source), default=date.min
    )


def missed_patch_tuesday(knowledge: Knowledge, as_of: date) -> date | None:
    """The last Patch Tuesday, where the release data is older than that; None where it is not."""
    last = patch_tuesday(as_of.year, as_of.month)
    if last > as_of:
        year, month = (as_of.year - 1, 12) if as_of.month == 1 else (as_of.year, as_of.month - 1)
        last = patch_tuesday(year, month)
    newest = newest_release(knowledge, as_of)
    return None if newest is not None and newest >= last else last


def missed_patch_tuesdays(newest: date | None, as_of: date) -> int:
    """How many Patch Tuesdays there were after the newest release, up to a day; none where there is
    no release at all.
    """
    if newest is None:
        return 0
    months = range(newest.year * 12 + newest.month - 1, as_of.year * 12 + as_of.month)
    days = (patch_tuesday(month // 12, month % 12 + 1) for month in months)
    return sum(newest < day <= as_of for day in days)


def age_notes(knowledge: Knowledge, as_of: date) -> tuple[str, ...]:
    """The age of the release data in a sentence; where it has missed a Patch Tuesday, in two."""
    newest = newest_release(knowledge, as_of)
    until = f"up to {newest:%a %Y-%m-%d}" if newest else "with no release yet"
    read = f"read on {last_read(knowledge):%a %Y-%m-%d}"
    age = f"As of {as_of:%a %Y-%m-%d}: release data {until}, {read}."
    return tuple(filter(None, (age, stale(knowledge, as_of))))


def stale(knowledge: Knowledge, as_of: date) -> str | None:
    """One sentence where the release data is older than the last Patch Tuesday; None where it is
    not.
    """
    last = missed_patch_tuesday(knowledge, as_of)
    if last is None:
        return None
    newest = newest_release(knowledge, as_of)
    known = f"the newest release it knows is of {newest}" if newest else "it knows no release yet"
    return (
        f"The release data is older than Patch Tuesday {last}: {known}. "
        "Run `hotpatch releases update`, or add rows with --releases FILE; "
        "what follows is a forecast."
    )
