"""Merged rows: new rows, changes from a newer page, and contradictions of an older page."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hotpatch_cli.release_import.rows import ReleaseRow

_CONFIDENCES = ("high", "medium", "low")
_STANDARD = ("standard", "out-of-band", "preview")
_FACTS = ("date", "kind", "kb", "build")


class MergedRows(NamedTuple):
    """All rows afterwards, and the differences: new rows, (before, after), and (known, what an
    older page states).
    """

    rows: tuple[ReleaseRow, ...]
    new: tuple[ReleaseRow, ...]
    changed: tuple[tuple[ReleaseRow, ReleaseRow], ...]
    refused: tuple[tuple[ReleaseRow, ReleaseRow], ...]

    @property
    def differs(self) -> bool:
        """Whether anything is new or changed."""
        return bool(self.new or self.changed)


def merge_rows(known: Iterable[ReleaseRow], fresh: Iterable[ReleaseRow]) -> MergedRows:
    """Known rows merged with fresh ones. No row is lost: a row of the same update is completed, or
    corrected where the fresh one was read later; a release replaces its schedule. Rows older than
    the first row of their product predate hotpatching and are left out.
    """
    rows = list(known)
    new: list[ReleaseRow] = []
    changed: list[tuple[ReleaseRow, ReleaseRow]] = []
    refused: list[tuple[ReleaseRow, ReleaseRow]] = []
    first_day: dict[str, date] = {}
    for row in rows:
        if row.date:
            first_day[row.product] = min(row.date, first_day.get(row.product, row.date))
    for row in fresh:
        place = next((at for at, other in enumerate(rows) if _is_same_update(other, row)), None)
        if place is None:
            if row.date is None or row.date >= first_day.get(row.product, row.date):
                rows = [other for other in rows if not _is_schedule_of(other, row)]
                rows.append(row)
                new.append(row)
            continue
        before = rows[place]
        after = _completed(before, row)
        if after != before:
            changed.append((before, after))
        if _contradicts(after, row):
            refused.append((before, row))
        rows[place] = after
    rows.sort(key=lambda row: (row.product, row.date is None, row.date or date.min))
    return MergedRows(tuple(rows), tuple(new), tuple(changed), tuple(refused))


def _is_same_update(one: ReleaseRow, other: ReleaseRow) -> bool:
    """Whether two rows are of one update: by KB; where one has none, by build and day."""
    if one.product != other.product:
        return False
    if one.kb and other.kb:
        return one.kb == other.kb
    return one.build is not None and (one.build, one.date) == (other.build, other.date)


def _is_schedule_of(known: ReleaseRow, row: ReleaseRow) -> bool:
    """Whether a known row is only the schedule of a release."""
    if known.kb is not None or known.build is not None or row.kind in _STANDARD:
        return False
    return (known.product, known.date) == (row.product, row.date)


def _last_read(row: ReleaseRow) -> date:
    return max((source.read for source in row.source), default=date.min)


def _completed(known: ReleaseRow, row: ReleaseRow) -> ReleaseRow:
    """The known row, completed by the fresh one, or corrected where that was read later."""
    newer = _last_read(row) > _last_read(known)
    facts = {}
    for key in _FACTS:
        value = getattr(row, key)
        if value is not None and (newer or getattr(known, key) is None):
            facts[key] = value
    after = known._replace(**facts)
    if row.kind is not None and row.kind == after.kind:
        if _CONFIDENCES.index(row.confidence) < _CONFIDENCES.index(known.confidence):
            after = after._replace(confidence=row.confidence)
        if newer:
            after = after._replace(kind_confidence=row.kind_confidence)
    if after == known:
        return known
    older_sources = [source for source in known.source if source not in row.source]
    return after._replace(source=(*row.source, *older_sources))


def _contradicts(after: ReleaseRow, row: ReleaseRow) -> bool:
    """Whether the fresh row states a fact that the merged row doesn't have."""
    for key in _FACTS:
        value = getattr(row, key)
        if value is not None and getattr(after, key) != value:
            return True
    return False
