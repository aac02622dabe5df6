"""Updates that are offered to a machine: delivered as a hotpatch, not delivered as a hotpatch, or
taking the machine off the track.

The KB in the release data takes precedence over the title. Titles identify the other updates: they
name hotpatches, and .NET, drivers, and firmware, which aren't updates of Windows.
https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from hotpatch_cli.knowledge.records import STANDARD, Release
from hotpatch_cli.model import Finding, PendingUpdate, make_finding
from hotpatch_cli.schedule.patch_tuesday import PLANNED_BASELINE_MONTHS

Offer = Literal[
    "carried", "other", "standard", "standard-by-title", "open", "untitled", "cumulative"
]
"""What an update is: delivered as a hotpatch; not delivered as one, because it isn't a security
update of Windows; a standard update, by its KB or its title; an update of Windows that is a
baseline or a standard update (open); a KB without a title that isn't in the data (untitled);
another cumulative update in the data, such as a baseline.
"""

_KB = re.compile(r"(?i)(?:\bKB\s?)([0-9]{5,8})\b")
_MONTH = re.compile(r"\b(20[0-9]{2})-(0[1-9]|1[0-2])\b")
_CARRIED = re.compile(r"(?i)hotpatch|servicing stack")
_NOT_CARRIED = re.compile(r"(?i)\.NET\b|\bdrivers?\b|firmware|\bbios\b|\buefi\b|\bpreview\b")
_OF_WINDOWS = re.compile(
    r"(?i)(?:cumulative|security|quality) update for (?:microsoft server operating|windows)"
    r"|^\s*20[0-9]{2}-[0-9]{2} (?:cumulative |security |quality )+update\s*(?:\(|$)"
)


class Offers(NamedTuple):
    """The pending updates, by what they are; `rows` are the cumulative updates among them that are
    in the data.
    """

    others: tuple[PendingUpdate, ...] = ()
    standard: tuple[PendingUpdate, ...] = ()
    by_title: tuple[PendingUpdate, ...] = ()
    open: tuple[PendingUpdate, ...] = ()
    untitled: tuple[PendingUpdate, ...] = ()
    cumulative: tuple[PendingUpdate, ...] = ()
    rows: tuple[Release, ...] = ()

    @property
    def leaves_track(self) -> bool:
        """Whether a standard update is among them."""
        return bool(self.standard or self.by_title)


def is_of_system(title: str) -> bool:
    """Whether a title names an operating-system update, delivered as a hotpatch or not."""
    return bool(_CARRIED.search(title) or _OF_WINDOWS.search(title))


def sorted_offers(pending: Iterable[PendingUpdate], out: Sequence[Release]) -> Offers:
    """The pending updates, sorted by the releases that are out."""
    listed = tuple(pending)
    if not listed:
        return Offers()
    by_kb: dict[str | None, Release] = {row.kb: row for row in out if row.kb}
    sorts: dict[Offer, list[PendingUpdate]] = {}
    rows: dict[Release, None] = {}
    for update in listed:
        row = by_kb.get(_kb_of(update))
        what = _by_title(update, out) if row is None else _by_row(row)
        sorts.setdefault(what, []).append(update)
        if row is not None and what in ("standard", "cumulative"):
            rows[row] = None
    return Offers(
        others=tuple(sorts.get("other", ())),
        standard=tuple(sorts.get("standard", ())),
        by_title=tuple(sorts.get("standard-by-title", ())),
        open=tuple(sorts.get("open", ())),
        untitled=tuple(sorts.get("untitled", ())),
        cumulative=tuple(sorts.get("cumulative", ())),
        rows=tuple(rows),
    )


def _kb_of(update: PendingUpdate) -> str | None:
    """The KB that it has, else the one that its title names."""
    named = re.search(r"[0-9]{5,8}", update.kb or "") or _KB.search(update.title or "")
    return None if named is None else f"KB{named[named.lastindex or 0]}"


def _by_row(row: Release) -> Offer:
    if row.kind in ("hotpatch", "out-of-band-hotpatch"):
        return "carried"
    return "standard" if row.kind in STANDARD else "cumulative"


def _by_title(update: PendingUpdate, out: Sequence[Release]) -> Offer:
    """What an update is that isn't in the data. The kind that its source states comes first."""
    title = update.title or ""
    if update.kind is not None:
        return "other"
    if not title.strip():
        return "untitled"
    if _CARRIED.search(title):
        return "carried"
    if _NOT_CARRIED.search(title) or not _OF_WINDOWS.search(title):
        return "other"
    return _by_month(title, out)


def _by_month(title: str, out: Sequence[Release]) -> Offer:
    """An update of Windows whose title names no hotpatch: the standard update in a hotpatch month
    of the data, the baseline in a planned month whose baseline isn't in the data, otherwise open.
    """
    named = _MONTH.search(title)
    if named is None:
        return "open"
    month = int(named[1]), int(named[2])
    rows = [
        row
        for row in out
        if row.date and (row.date.year, row.date.month) == month and row.identified
    ]
    if any(row.kind == "hotpatch" for row in rows):
        return "standard-by-title"
    if month[1] in PLANNED_BASELINE_MONTHS and not any(row.is_baseline for row in rows):
        return "cumulative"
    return "open"


def offered_findings(offers: Offers) -> Iterator[Finding]:
    """HP311: offered updates that would take a machine off the track, or might."""
    offered = {
        "default": offers.standard,
        "title": offers.by_title,
        "open": offers.open,
        "untitled": offers.untitled,
    }
    for variant, updates in offered.items():
        if updates:
            names = ", ".join(dict.fromkeys(map(_named, updates)))
            yield make_finding("HP311", variant, seen={"pending": names}, updates=names)


def _named(update: PendingUpdate) -> str:
    """Its KB with its title, or the one that is known."""
    kb = _kb_of(update)
    if update.title and kb and kb not in update.title:
        return f"{kb} ({update.title})"
    return update.title or kb or str(update)
