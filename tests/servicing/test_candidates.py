"""The state by elimination: what all releases share that may be installed is certain, and nothing
else is.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import KNOWLEDGE, arc, azure, codes, judge, knowing, release

from hotpatch_cli.eligibility.verdict import Judgment
from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.model import Build, Facts

TODAY = "2026-11-26"


def levels(judgment: Judgment) -> dict[str, str]:
    """The codes of the findings with their levels."""
    return {
        each.code: KNOWLEDGE.rules[each.code].level_of(each.variant) for each in judgment.findings
    }


CASES: list[tuple[Facts, str, str, dict[str, str]]] = [
    (arc("26100.6905"), TODAY, "baseline-due", {"HP302": "warning", "HP304": "note"}),
    (arc("26100.6905"), "2026-01-13", "baseline-due", {"HP302": "warning", "HP304": "note"}),
    (arc("26100.6905"), "2026-01-12", "unknown", {"HP304": "warning"}),
    (arc("26100.6905"), "2025-10-23", "off-track", {"HP303": "warning"}),
    (
        arc("26100.6905", "KB5070881", "KB5070893"),
        TODAY,
        "baseline-due",
        {"HP302": "warning", "HP304": "note"},
    ),
    (arc("26100.6905", "KB5070881", "KB5070893"), "2025-11-01", "unknown", {"HP304": "warning"}),
    (azure("2022", "20348.288"), TODAY, "baseline-due", {"HP302": "warning"}),
    (azure("2022", "20348.1"), TODAY, "baseline-due", {"HP302": "warning", "HP307": "note"}),
    (azure("2022", "20348.5000"), TODAY, "baseline-due", {"HP302": "warning", "HP307": "note"}),
    (azure("2022", "20348.9999"), TODAY, "unknown", {"HP307": "warning"}),
    (arc("26100.1743"), TODAY, "baseline-due", {"HP302": "warning", "HP307": "note"}),
    (arc("26100.9999"), "2026-05-20", "baseline-due", {"HP302": "warning", "HP307": "note"}),
    (arc("26100.33437"), TODAY, "baseline-due", {"HP302": "warning", "HP307": "note"}),
    (arc("26100.33437"), "2026-09-07", "unknown", {"HP307": "warning"}),
    (arc("26100.33500"), TODAY, "unknown", {"HP307": "warning"}),
    (arc("26100.33438"), "2026-09-07", "unknown", {"HP307": "warning"}),
    (arc("26100.2000"), "2024-12-20", "unknown", {"HP307": "warning"}),
]


@pytest.mark.parametrize(("facts", "as_of", "state", "said"), CASES)
def test_the_candidates_decide(facts: Facts, as_of: str, state: str, said: dict[str, str]) -> None:
    """A machine whose installed update cannot be told has the state that every possible one gives,
    or unknown.
    """
    judgment = judge(facts, as_of)
    assert judgment.track.state == state
    assert {code: level for code, level in levels(judgment).items() if code != "HP301"} == said


def test_kbs_that_are_given_are_not_asked_for() -> None:
    """HP304 asks for the KB only where it is not listed."""
    asked = judge(arc("26100.6905"), "2025-11-01")
    given_both = judge(arc("26100.6905", "KB5070881", "KB5070893"), "2025-11-01")
    assert [each.variant for each in asked.findings if each.code == "HP304"] == ["shared"]
    assert [each.variant for each in given_both.findings if each.code == "HP304"] == ["listed"]
    rule = KNOWLEDGE.rules["HP304"]
    assert all("give it" not in rule.sentences[variant] for variant in ("listed", "settled"))


def test_several_newest_kbs_of_one_day_are_candidates() -> None:
    """Two listed updates of one day, neither with a build, are both possible: what they share is
    certain.
    """
    rows = [
        release("2025-01-14", "planned-baseline", "26100.2000", "KB5000001"),
        release("2025-02-11", "hotpatch", None, "KB5000002"),
        release("2025-02-11", "standard", None, "KB5000003"),
    ]
    facts = arc(None, "KB5000002", "KB5000003")
    open_ = judge(facts, "2025-02-20", knowing(*rows))
    assert (open_.track.state, open_.track.installed) == ("unknown", None)
    assert "HP304" in codes(open_)
    assert judge(facts, "2025-04-20", knowing(*rows)).track.state == "baseline-due"


def test_a_kb_that_an_old_build_contradicts_is_told() -> None:
    """A build below a baseline lacks it, and a listed KB that is newer than the build is
    reported.
    """
    judgment = judge(arc("26100.33000", "KB5099536"), "2026-08-20")
    assert judgment.track.state == "baseline-due"
    assert [each.variant for each in judgment.findings if each.code == "HP304"] == [
        "contradiction_unlisted"
    ]


# --- every build on every day, against a referee ----------------------------------------


def referee(build: Build, as_of: date, product: str, platform: str) -> str:
    """The state that all possible releases share, said again in a few lines and nothing of the
    program.
    """
    out = [
        row
        for row in KNOWLEDGE.releases
        if row.product == product and row.date and row.date <= as_of
    ]
    first = min(
        row.date for row in KNOWLEDGE.releases if row.product == product and row.date and ours(row)
    )
    days = [first + timedelta(days=n) for n in range((as_of - first).days + 1)]
    tuesdays = [
        day
        for day in days
        if day.weekday() == 1 and 8 <= day.day <= 14 and day.month in (1, 4, 7, 10)
    ]
    sure = [
        row
        for row in out
        if row.kind and "baseline" in row.kind and row.confidence != "low" and row.kb
    ]
    known = [row.date for row in sure if row.date]
    planned = [
        day
        for day in tuesdays
        if day > max(known, default=first) and not ended(product, day, as_of)
    ]
    newest = max([*known, *planned], default=None)
    rows = [row for row in out if row.build == build]
    if not rows:
        return "baseline-due" if any(row.build and build < row.build for row in sure) else "unknown"
    found = {state_of(row, out, newest, platform) for row in rows}
    return found.pop() if len(found) == 1 else "unknown"


def ours(row: Release) -> bool:
    """Whether a release is of the hotpatch track."""
    return row.kind not in ("standard", "out-of-band", "preview")


def ended(product: str, day: date, as_of: date) -> bool:
    """Whether hotpatch for Windows Server 2022 had ended, as it was known."""
    last = date(2027, 10, 31) if as_of >= date(2026, 6, 29) else date(2026, 10, 31)
    return product == "ws2022" and day > last


def state_of(row: Release, out: list[Release], newest: date | None, platform: str) -> str:
    """The decision table for a release that is known."""
    assert row.date
    if newest and row.date < newest:
        return "baseline-due"
    later = [
        each
        for each in out
        if each.kind is None and each.date and each.date > max(newest or row.date, row.date)
    ]
    if (
        row.kind is None
        or later
        or (newest is None and not (row.kind or "").endswith(("hotpatch", "baseline")))
    ):
        return "unknown"
    if not ours(row):
        return "off-track"
    if row.kind == "general-availability":
        return "unknown"
    hot = [each for each in out if each.kind == "hotpatch" and each.confidence != "low"]
    hot += [
        each
        for each in out
        if each.kind == "out-of-band-hotpatch"
        and each.build
        and each.confidence != "low"
        and not each.component
        if not each.platforms or platform in each.platforms
    ]
    return (
        "behind"
        if any(
            each.date and (each.date, each.build or row.build) > (row.date, row.build)
            for each in hot
        )
        else "current"
    )


BUILDS = sorted({(row.product, row.build) for row in KNOWLEDGE.releases if row.build})
DAYS = sorted({row.date for row in KNOWLEDGE.releases if row.date})


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("day", DAYS[::4])
def test_every_build_has_the_state_that_its_candidates_share(day: date, shift: int) -> None:
    """Around the days of releases, each build on record, and one above it, has the referee's
    state.
    """
    as_of = day + timedelta(days=shift)
    for product, build in BUILDS[::3]:
        for number in (build.revision or 0, (build.revision or 0) + 1):
            check_referee(product, Build(build.number, number), as_of)


@settings(max_examples=150, deadline=None)
@given(
    where=st.sampled_from(BUILDS),
    off=st.integers(-3, 3),
    as_of=st.dates(date(2022, 2, 16), date(2027, 3, 1)),
)
def test_any_build_on_any_day_has_the_state_that_its_candidates_share(
    where: tuple[str, Build], off: int, as_of: date
) -> None:
    """Any build near one on record, on any day, has the referee's state."""
    product, build = where
    check_referee(product, Build(build.number, max(1, (build.revision or 0) + off)), as_of)


def check_referee(product: str, build: Build, as_of: date) -> None:
    """The program's state of a machine that hotpatches is the referee's."""
    facts = azure("2022", str(build)) if product == "ws2022" else azure("2025", str(build))
    judgment = judge(facts, as_of)
    if judgment.track.state is not None:
        assert judgment.track.state == referee(build, as_of, product, "azure"), (
            product,
            str(build),
            as_of,
        )
