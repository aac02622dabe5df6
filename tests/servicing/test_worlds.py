"""The decision table against an oracle: histories made up by chance, and every world that they may
stand for.
"""

from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import arc, azure, codes, judge, knowing, release

from hotpatch_cli.knowledge.records import Release

QUARTERS = {1, 4, 7, 10}
ROWS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "monthly": st.sampled_from(
            ["as planned", "unplanned-baseline", None, "missing", "schedule only"]
        ),
        "standard": st.booleans(),
        "between": st.sampled_from(
            ["", "", "out-of-band", "out-of-band-hotpatch", "no build", "low", "azure only"]
        ),
    }
)


@cache
def second_tuesday(year: int, month: int) -> date:
    """The second Tuesday of a month, found by counting days."""
    days = [date(year, month, 1) + timedelta(days=n) for n in range(14)]
    return [day for day in days if day.strftime("%a") == "Tue"][1]


def build_history(months: list[dict[str, Any]]) -> list[Release]:
    """Releases from January 2025 on, a month for each choice; the first month has a baseline, so
    that there is one.
    """
    found = [release("2025-01-14", "planned-baseline", "26100.2000", "KB5000001")]
    for number, chosen in enumerate(months, 2):
        year, month = 2025 + (number - 1) // 12, (number - 1) % 12 + 1
        day, build, kb = second_tuesday(year, month), 2000 + 100 * number, 5000000 + 10 * number
        kind = chosen["monthly"]
        planned = "planned-baseline" if month in QUARTERS else "hotpatch"
        if kind == "schedule only":
            found.append(release(str(day), planned, confidence="low"))
        elif kind != "missing":
            named = planned if kind == "as planned" or (month in QUARTERS and kind) else kind
            found.append(release(str(day), named, f"26100.{build}", f"KB{kb}"))
        if (
            chosen["standard"]
            and month not in QUARTERS
            and kind in ("as planned", "missing", "schedule only")
        ):
            found.append(release(str(day), "standard", f"26100.{build + 40}", f"KB{kb + 1}"))
        found += _between(chosen["between"], day + timedelta(days=5), build + 60, kb + 2)
    return found


def _between(chosen: str, day: date, build: int, kb: int) -> list[Release]:
    if not chosen:
        return []
    more: dict[str, Any] = {"confidence": "low"} if chosen == "low" else {}
    more |= {"platforms": ("azure", "azure-local")} if chosen == "azure only" else {}
    kind = "out-of-band" if chosen == "out-of-band" else "out-of-band-hotpatch"
    return [
        release(
            str(day), kind, None if chosen == "no build" else f"26100.{build}", f"KB{kb}", **more
        )
    ]


def baseline_day(world: list[Release], as_of: date) -> date:
    """The day of the newest baseline: of the confirmed ones and of the days on which the plan has
    one, the last.
    """
    first = min(row.date for row in world if row.date)
    every = [first + timedelta(days=n) for n in range(1, (as_of - first).days + 1)]
    planned = [
        day for day in every if day.month in QUARTERS and day == second_tuesday(day.year, day.month)
    ]
    confirmed = [
        row.date
        for row in world
        if row.date and "baseline" in (row.kind or "") and row.confidence != "low"
    ]
    return max(planned + [day for day in confirmed if day <= as_of])


def state_in(world: list[Release], installed: Release, as_of: date, platform: str) -> str:
    """The line of the decision table that a machine is on, in a world where every kind is known."""
    mine = next(row for row in world if row.kb == installed.kb)
    assert mine.date
    if mine.date < baseline_day(world, as_of):
        return "baseline-due"
    if mine.kind in ("standard", "out-of-band"):
        return "off-track"
    for row in world:
        assert row.date
        newer = (row.date, row.build or (0, 0)) > (
            mine.date,
            mine.build or (0, 0),
        ) and row.date > mine.date
        known = row.kb is not None and row.confidence != "low"
        out_of_band = (
            row.kind == "out-of-band-hotpatch"
            and row.build
            and platform in (row.platforms or platform)
        )
        if newer and known and row.date <= as_of and (row.kind == "hotpatch" or out_of_band):
            return "behind"
    return "current"


def states(rows: list[Release], installed: Release, as_of: date, platform: str) -> set[str]:
    """The states in all worlds: each release of unknown kind is a baseline in one and a standard
    update in another.
    """
    out = [row for row in rows if row.date and row.date <= as_of]
    unknown = [row for row in out if row.kind is None]
    found = set()
    for kinds in product(["unplanned-baseline", "standard"], repeat=len(unknown)):
        given_kinds = dict(zip(unknown, kinds, strict=True))
        world = [row._replace(kind=given_kinds[row]) if row in given_kinds else row for row in out]
        found.add(state_in(world, installed, as_of, platform))
    return found


HISTORIES = st.lists(ROWS, min_size=1, max_size=9).map(build_history)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(rows=HISTORIES, data=st.data())
def test_the_state_is_what_every_world_agrees_on(rows: list[Release], data: st.DataObject) -> None:
    """The track is the state that a machine has whatever kind the unknown releases are of, and
    unknown without one.
    """
    as_of = date(2025, 1, 14) + timedelta(days=data.draw(st.integers(0, 330), label="days"))
    out = [row for row in rows if row.date and row.date <= as_of and row.kb]
    installed = data.draw(st.sampled_from(out), label="installed")
    platform = data.draw(st.sampled_from(["arc", "azure"]), label="platform")
    facts = (arc if platform == "arc" else _azure)(
        str(installed.build or "26100"), installed.kb or ""
    )
    worlds = states(rows, installed, as_of, platform)
    track = judge(facts, as_of, knowing(*rows)).track
    assert track.state == (worlds.pop() if len(worlds) == 1 else "unknown")
    assert track.installed == installed


def _azure(build: str, kb: str) -> Any:
    return azure("2025", build, kb)


@settings(max_examples=60, deadline=None)
@given(rows=HISTORIES, data=st.data())
def test_what_comes_later_changes_nothing(rows: list[Release], data: st.DataObject) -> None:
    """Knowledge of releases after the as-of day changes no part of a judgment on what was out on
    it.
    """
    as_of = date(2025, 1, 14) + timedelta(days=data.draw(st.integers(0, 330), label="days"))
    earlier = [row for row in rows if row.date and row.date <= as_of]
    installed = data.draw(st.sampled_from([row for row in earlier if row.kb]), label="installed")
    facts = arc(str(installed.build or "26100"), installed.kb or "")
    assert judge(facts, as_of, knowing(*rows)) == judge(facts, as_of, knowing(*earlier))


@settings(max_examples=60, deadline=None)
@given(rows=HISTORIES, data=st.data())
def test_the_next_baseline_is_ahead_or_due(rows: list[Release], data: st.DataObject) -> None:
    """The next baseline lies after the as-of day and is a forecast, unless it is due: then it is
    out.
    """
    as_of = date(2025, 1, 14) + timedelta(days=data.draw(st.integers(0, 330), label="days"))
    installed = data.draw(
        st.sampled_from([row for row in rows if row.kb and row.date and row.date <= as_of])
    )
    judgment = judge(
        arc(str(installed.build or "26100"), installed.kb or ""), as_of, knowing(*rows)
    )
    following = judgment.next_baseline
    assert following is not None
    if judgment.track.state == "baseline-due":
        assert following.date == baseline_day(rows, as_of)
        known = [
            row
            for row in rows
            if row.date == following.date and row.kb and "baseline" in (row.kind or "")
        ]
        assert following.confirmed == bool(known)
        assert ("HP305" in codes(judgment)) == (not following.planned)
    else:
        assert following.date > as_of
        assert following.date == second_tuesday(following.date.year, following.date.month)
        assert not following.confirmed
