"""Rows laid over rows: what is new, what a newer reading changes, and what an older one must not."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import CONFIDENCES, STANDARD, Release


class MergedReleases(NamedTuple):
    """All rows afterwards, and the differences: new rows, (before, after), and (known, said by an
    older reading).
    """

    rows: tuple[Release, ...]
    new: tuple[Release, ...]
    changed: tuple[tuple[Release, Release], ...]
    refused: tuple[tuple[Release, Release], ...]

    @property
    def differs(self) -> bool:
        """Whether anything is new or changed."""
        return bool(self.new or self.changed)


def merge_releases(known: Iterable[Release], fresh: Iterable[Release]) -> MergedReleases:
    """Rows with fresher ones over them. None is lost: one of the same update is completed, or
    corrected where the fresh one was read later; a schedule gives way to the update that came. What
    is older than the first row of its product is from before hotpatch, and left out.
    """
    rows, new, changed, refused = list(known), [], [], []
    first: dict[str, date] = {}
    for row in rows:
        if row.date:
            first[row.product] = min(row.date, first.get(row.product, row.date))
    for row in fresh:
        at = next((index for index, each in enumerate(rows) if _same(each, row)), None)
        if at is None:
            if row.date is None or row.date >= first.get(row.product, row.date):
                rows = [each for each in rows if not _is_schedule(each, row)] + [row]
                new.append(row)
            continue
        after = _over(rows[at], row)
        if after != rows[at]:
            changed.append((rows[at], after))
        if _contradicts(after, row):
            refused.append((rows[at], row))
        rows[at] = after
    rows.sort(key=lambda row: (row.product, row.date is None, row.date or date.min))
    return MergedReleases(tuple(rows), tuple(new), tuple(changed), tuple(refused))


def _same(one: Release, other: Release) -> bool:
    """Whether two rows speak of one update: by KB; where one has none, by build and day."""
    if one.product != other.product:
        return False
    if one.kb and other.kb:
        return one.kb == other.kb
    return one.build is not None and (one.build, one.date) == (other.build, other.date)


def _is_schedule(known: Release, row: Release) -> bool:
    """Whether a known row only planned what has come."""
    planned = known.kb is None and known.build is None
    return (
        planned
        and (known.product, known.date) == (row.product, row.date)
        and row.kind not in STANDARD
    )


def _read(row: Release) -> date:
    return max((source.read for source in row.source), default=date.min)


def _over(known: Release, row: Release) -> Release:
    """The known row, completed by the fresh one, or corrected where that was read later."""
    newer = _read(row) > _read(known)
    facts = {
        key: value
        for key in ("date", "kind", "kb", "build")
        if (value := getattr(row, key)) is not None and (newer or getattr(known, key) is None)
    }
    surer = CONFIDENCES.index(row.confidence) < CONFIDENCES.index(known.confidence)
    after = known._replace(**facts)
    if row.kind is not None and row.kind == after.kind:
        after = after._replace(confidence=row.confidence if surer else after.confidence)
        if newer:
            after = after._replace(kind_confidence=row.kind_confidence)
    if after == known:
        return known
    return after._replace(
        source=(*row.source, *(each for each in known.source if each not in row.source))
    )


def _contradicts(after: Release, row: Release) -> bool:
    pairs = [(getattr(after, key), getattr(row, key)) for key in ("date", "kind", "kb", "build")]
    return any(said is not None and kept != said for kept, said in pairs)
