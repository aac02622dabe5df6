"""Rows laid over rows: nothing is lost, the newer page prevails, a schedule gives way."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.release_import import MergedRows, PageSource, ReleaseRow, merge_rows

KNOWN_DAY, NEWER, OLDER = date(2026, 10, 15), date(2026, 10, 20), date(2026, 10, 10)


def row(read: date = KNOWN_DAY, **facts: Any) -> ReleaseRow:
    """October's baseline of Windows Server 2025 as it stood on a page of a day."""
    source = (PageSource(f"page of {read}", read),)
    baseline = ReleaseRow(
        "ws2025",
        "high",
        source,
        date=date(2026, 10, 13),
        kind="planned-baseline",
        kb="KB5199999",
        build="26100.33500",
    )
    return baseline._replace(**facts)


def merged(known: ReleaseRow, fresh: ReleaseRow) -> MergedRows:
    """One row laid over one."""
    return merge_rows([known], [fresh])


def test_a_newer_page_corrects_a_row() -> None:
    """What differs is changed, and the newer source stands first."""
    result = merged(row(), row(NEWER, build="26100.33501"))
    (after,) = result.rows
    assert after.build == "26100.33501"
    assert [source.read for source in after.source] == [NEWER, KNOWN_DAY]
    assert result.changed == ((row(), after),)
    assert result.differs


@pytest.mark.parametrize("read", [OLDER, KNOWN_DAY])
def test_an_older_page_is_refused(read: date) -> None:
    """A page that is not newer never replaces what is known, and the difference is kept apart."""
    fresh = row(read, build="26100.33501")
    result = merged(row(), fresh)
    assert result.rows == (row(),)
    assert result.refused == ((row(), fresh),)
    assert not result.differs


def test_an_older_page_completes_a_row() -> None:
    """A fact that was missing is taken from any page."""
    result = merged(row(build=None), row(OLDER))
    assert result.rows[0].build == "26100.33500"
    assert result.refused == ()


def test_rows_without_a_kb_are_the_same_by_build_and_day() -> None:
    """A row that has a build and a day, and no KB, is given its KB."""
    result = merged(row(kb=None), row(NEWER))
    assert [after.kb for after in result.rows] == ["KB5199999"]


def test_a_schedule_gives_way_to_the_update() -> None:
    """A row that only planned a day is replaced by what came then, unless that is off the track."""
    schedule = row(kb=None, build=None, confidence="medium")
    assert merged(schedule, row(NEWER)).rows == (row(NEWER),)
    assert len(merged(schedule, row(NEWER, kind="out-of-band")).rows) == 2


def test_what_is_from_before_hotpatch_is_left_out() -> None:
    """An update older than the first row of its product is no row."""
    old = row(NEWER, kb="KB1", build="26100.1", date=date(2020, 1, 14))
    assert merged(row(), old).rows == (row(),)


def test_a_surer_page_raises_the_confidence() -> None:
    """The same kind, stated with more confidence, is surer afterwards."""
    result = merged(row(confidence="low"), row(OLDER))
    assert result.rows[0].confidence == "high"


def test_other_fields_are_kept() -> None:
    """Platforms, component and notes of a known row pass through."""
    known = row(platforms=("azure",), component="x", notes="y")
    (after,) = merged(known, row(NEWER, build="26100.33501")).rows
    assert (after.platforms, after.component, after.notes) == (("azure",), "x", "y")


ROWS = st.builds(
    lambda kb, build, read: row(read, kb=kb, build=build),
    st.sampled_from(["KB1000001", "KB1000002", "KB1000003"]),
    st.sampled_from(["26100.1", "26100.2"]),
    st.sampled_from([OLDER, KNOWN_DAY, NEWER]),
)


@given(st.lists(ROWS, max_size=6), st.lists(ROWS, max_size=6))
def test_merging_twice_changes_nothing(known: list[ReleaseRow], fresh: list[ReleaseRow]) -> None:
    """No update is lost, and the same page again is all known."""
    start = merge_rows([], known).rows
    once = merge_rows(start, fresh)
    assert {r.kb for r in start} | {r.kb for r in fresh} == {r.kb for r in once.rows}
    again = merge_rows(once.rows, fresh)
    assert {r.kb for r in again.rows} == {r.kb for r in once.rows}
    assert again.new == ()
