"""The track and the next restart, line by line of the decision tables, on the shipped release
data.
"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge, Release, Source
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    Build,
    Facts,
    Image,
    LicenseStatus,
    Patching,
    PatchMode,
    PendingUpdate,
)
from hotpatch_cli.servicing.history import History

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)


def arc(build: str | None = None, *kbs: str, **more: Any) -> Facts:
    """A WS2025 machine under Arc that is ready."""
    known = Arc(
        ArcStatus.parse("Connected"),
        LicenseStatus.parse("Enabled"),
        None,
        "running",
        secure_boot=True,
        uefi=True,
    )
    return Facts(
        platform="arc",
        os="Windows Server 2025 Standard",
        build=Build.parse(build),
        kbs=kbs,
        arc=known,
        **more,
    )


def azure(year: str, build: str | None = None, *kbs: str) -> Facts:
    """An Azure VM of a product that is ready."""
    image = Image(
        "MicrosoftWindowsServer", "WindowsServer", f"{year}-datacenter-azure-edition-core"
    )
    settings = Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True)
    return Facts(
        platform="azure", image=image, patching=settings, build=Build.parse(build), kbs=kbs
    )


def judge(facts: Facts, as_of: date) -> Judgment:
    """The judgment with the shipped knowledge."""
    return Judge(KNOWLEDGE, as_of).judge(facts)


CASES = [
    (arc("26100.6899"), date(2025, 10, 20), "current", set()),
    (arc("26100.6899"), date(2025, 10, 24), "behind", {"HP301"}),
    (arc("26100.7092"), date(2025, 11, 15), "current", set()),
    (arc("26100.7092"), date(2025, 12, 15), "behind", {"HP301"}),
    (arc("26100.7392"), date(2025, 12, 15), "current", set()),
    (arc("26100.7171"), date(2025, 12, 15), "off-track", {"HP303"}),
    (arc("26100.7178"), date(2025, 12, 15), "off-track", {"HP303"}),
    (arc("26100.6508"), date(2025, 12, 15), "baseline-due", {"HP302"}),
    (arc("26100.7392"), date(2026, 1, 13), "baseline-due", {"HP302"}),
    (arc("26100.6905"), date(2025, 11, 1), "unknown", {"HP304"}),
    (arc("26100.6905", "KB5070893"), date(2025, 11, 1), "current", set()),
    (arc("26100.6905", "KB5070881"), date(2025, 11, 1), "off-track", {"HP303"}),
    (arc("26100.6905", "KB5070881", "KB5070893"), date(2025, 11, 1), "unknown", {"HP304"}),
    (arc("26100.6905"), date(2025, 10, 23), "off-track", {"HP303"}),
    (arc("26100.7392", "KB5072033"), date(2025, 12, 15), "current", {"HP304"}),
    (arc(None, "KB5072014"), date(2025, 12, 15), "current", set()),
    (arc(None, "KB5072014", "KB5074204"), date(2025, 12, 15), "current", set()),
    (arc("26100", "KB5072014"), date(2025, 12, 15), "current", set()),
    (arc("26100"), date(2025, 12, 15), "unknown", {"HP307"}),
    (arc("26100.4851"), date(2025, 5, 20), "unknown", {"HP307"}),
    (arc("26100.8037"), date(2026, 3, 20), "baseline-due", {"HP302", "HP307"}),
    (arc("26100.32300"), date(2026, 3, 20), "unknown", {"HP307"}),
    (arc("26100.99999"), date(2026, 3, 20), "unknown", {"HP307"}),
    (arc("26100.3981"), date(2025, 5, 20), "current", set()),
    (azure("2025", "26100.3981"), date(2025, 5, 20), "current", set()),
    (arc("26100.2240"), date(2024, 11, 20), "current", set()),
    (arc("26100.1742"), date(2024, 11, 20), "unknown", {"HP309"}),
    (arc("26100.1742"), date(2025, 2, 20), "baseline-due", {"HP302"}),
    (arc("26100.32772"), date(2026, 6, 20), "baseline-due", {"HP302", "HP305"}),
    (azure("2022", "20348.5440"), date(2026, 8, 20), "current", set()),
    (azure("2022", "20348.5440"), date(2026, 9, 20), "unknown", {"HP309"}),
    (azure("2022", "20348.5622"), date(2026, 9, 20), "unknown", {"HP309"}),
    (azure("2022", "20348.5631"), date(2026, 9, 20), "off-track", {"HP303"}),
    (azure("2022", None, "KB5014677"), date(2022, 6, 20), "current", set()),
    (azure("2022", "20348.707"), date(2022, 5, 20), "unknown", {"HP309"}),
    (azure("2022", "20348.558"), date(2022, 2, 20), "off-track", {"HP303"}),
    (azure("2022", "20348.1311"), date(2022, 12, 1), "off-track", {"HP303"}),
    (azure("2022", "20348.1311"), date(2023, 2, 1), "baseline-due", {"HP302"}),
    (azure("2022", "20348.288"), TODAY, "baseline-due", {"HP302"}),
    (arc("26100.33438"), TODAY, "baseline-due", {"HP302"}),
    (azure("2022", "20348.5622"), TODAY, "baseline-due", {"HP302"}),
    (azure("2022", "20348.2655"), date(2024, 9, 1), "current", set()),
    (azure("2022", "20348.2582"), date(2024, 9, 1), "baseline-due", {"HP302", "HP305"}),
]


@pytest.mark.parametrize(("facts", "as_of", "state", "codes"), CASES)
def test_the_decision_table(facts: Facts, as_of: date, state: str, codes: set[str]) -> None:
    """A build or KB, on a day, gives this state and at least these codes."""
    judgment = judge(facts, as_of)
    assert judgment.track.state == state
    assert codes <= {finding.code for finding in judgment.findings}
    if not codes:
        assert not [finding for finding in judgment.findings if finding.code[2] == "3"]


@pytest.mark.parametrize(
    ("build", "as_of", "variant"),
    [
        ("26100.1", date(2024, 12, 20), "older"),
        ("26100.1", date(2026, 3, 20), "older_due"),
        ("26100.8037", date(2026, 3, 20), "unlisted_due"),
        ("26100.99999", date(2026, 3, 20), "newer"),
        ("26100.4851", date(2025, 5, 20), "later"),
        ("26100.32300", date(2026, 3, 20), "unlisted"),
    ],
)
def test_an_unknown_build_is_called_what_it_is(build: str, as_of: date, variant: str) -> None:
    """A build that no release has is older, newer, of a later day, or just not listed: four
    sentences.
    """
    findings = [each for each in judge(arc(build), as_of).findings if each.code == "HP307"]
    assert [each.variant for each in findings] == [variant]


RESTARTS = [
    (arc("26100.7392"), date(2025, 12, 15), "baseline", date(2026, 1, 13)),
    (arc("26100.7092"), date(2025, 12, 15), "baseline", date(2026, 1, 13)),
    (arc("26100.6508"), date(2025, 12, 15), "baseline-due", date(2025, 10, 14)),
    (arc("26100.7171"), date(2025, 12, 15), "off-track", date(2025, 12, 9)),
    (arc("26100.7462"), date(2025, 12, 15), "off-track", date(2026, 1, 13)),
    (
        arc("26100.7392", pending=(PendingUpdate("x"),)),
        date(2025, 12, 15),
        "baseline",
        date(2026, 1, 13),
    ),
    (
        arc("26100.7392")._replace(
            arc=Arc(ArcStatus.parse("Disconnected"), LicenseStatus.parse("Enabled"))
        ),
        date(2025, 12, 15),
        "monthly-update",
        date(2025, 12, 9),
    ),
    (
        arc("26100.7462")._replace(
            arc=Arc(ArcStatus.parse("Disconnected"), LicenseStatus.parse("Enabled"))
        ),
        date(2025, 12, 15),
        "monthly-update",
        date(2026, 1, 13),
    ),
    (
        arc("20348.4529")._replace(os="Windows Server 2022 Standard"),
        date(2025, 12, 15),
        "monthly-update",
        date(2026, 1, 13),
    ),
    (
        arc("20348.4467")._replace(os="Windows Server 2022 Standard"),
        date(2025, 12, 15),
        "monthly-update",
        date(2025, 12, 9),
    ),
]


@pytest.mark.parametrize(("facts", "as_of", "reason", "release"), RESTARTS)
def test_why_it_restarts_next(facts: Facts, as_of: date, reason: str, release: date) -> None:
    """The first cause of a restart has this reason and this release."""
    cause = judge(facts, as_of).causes[0]
    assert (cause.reason, cause.release_date) == (reason, release)


def test_a_machine_of_unknown_product_has_no_cause() -> None:
    """Without a product nothing says when a machine restarts."""
    assert judge(Facts(platform="arc"), TODAY).causes == ()
    assert judge(arc()._replace(os="Windows Server 2019 Standard"), TODAY).causes == ()


@pytest.mark.parametrize(
    ("as_of", "day", "confirmed"),
    [
        (date(2026, 5, 20), date(2026, 7, 14), False),
        (date(2026, 6, 20), date(2026, 6, 9), True),
        (date(2026, 4, 14), date(2026, 4, 14), True),
        (date(2026, 4, 13), date(2026, 4, 14), False),
    ],
)
def test_nothing_after_the_day_is_known(as_of: date, day: date, confirmed: bool) -> None:
    """The next baseline is the plan's until the day on which data confirms it."""
    build = "26100.32690" if as_of == date(2026, 5, 20) else "26100.32463"
    baseline = judge(arc(build), as_of).next_baseline
    assert baseline is not None
    assert (baseline.date, baseline.confirmed) == (day, confirmed)


SOURCE = (Source("made up for a test", date(2026, 1, 1), "https://example.org"),)


@given(
    as_of=st.dates(date(2024, 11, 1), date(2026, 11, 23)),
    build=st.sampled_from([r.build for r in KNOWLEDGE.releases if r.build]),
)
def test_later_knowledge_changes_no_earlier_answer(as_of: date, build: Any) -> None:
    """With every release after the as-of day taken away, the state is the same, but for builds of
    those releases.
    """
    earlier = tuple(row for row in KNOWLEDGE.releases if row.date and row.date <= as_of)
    if build in {row.build for row in KNOWLEDGE.releases if row not in earlier}:
        return
    facts = arc(str(build)) if build.number == 26100 else azure("2022", str(build))
    trimmed = Knowledge(KNOWLEDGE.matrix, earlier, KNOWLEDGE.rules)
    assert Judge(trimmed, as_of).judge(facts).track == judge(facts, as_of).track


@given(as_of=st.dates(date(2024, 11, 1), date(2035, 12, 31)))
def test_the_next_planned_baseline_is_a_second_tuesday_of_a_quarter(as_of: date) -> None:
    """After any day the plan has a baseline on a second Tuesday in January, April, July or October,
    within 100 days.
    """
    following = History(KNOWLEDGE, "ws2025", as_of).planned_after(as_of)
    assert following is not None
    assert following.date.month in (1, 4, 7, 10)
    assert following.date.weekday() == 1
    assert 8 <= following.date.day <= 14
    assert 0 < (following.date - as_of).days <= 100


def test_a_low_confidence_hotpatch_is_nothing_to_catch_up_with() -> None:
    """A row that only a forum names does not make a machine fall behind."""
    row = Release("ws2025", "low", SOURCE, date(2026, 8, 20), "out-of-band-hotpatch", "KB5999999")
    with_row = Knowledge(KNOWLEDGE.matrix, (*KNOWLEDGE.releases, row), KNOWLEDGE.rules)
    assert Judge(with_row, date(2026, 8, 25)).judge(arc("26100.33222")).track.state == "current"
