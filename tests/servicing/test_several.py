"""Several releases, days, builds or updates where one alone would do: which of them counts."""

from collections.abc import Iterable
from datetime import date
from itertools import permutations

import pytest
from worlds import (
    APRIL,
    FEBRUARY,
    JANUARY,
    KNOWLEDGE,
    MARCH,
    arc,
    build,
    history,
    judge,
    knowing,
    release,
)

from hotpatch_cli.knowledge.records import STANDARD, Release
from hotpatch_cli.model import Facts, Patching, PatchMode, PendingUpdate, Platform
from hotpatch_cli.servicing.calendar import CalendarEntry, calendar, restarts
from hotpatch_cli.servicing.history import Baseline, History
from hotpatch_cli.servicing.installation import Installed, identify
from hotpatch_cli.servicing.offers import Offers, offered_findings, sorted_offers
from hotpatch_cli.servicing.restart import causes, customer_managed, restarted_by_platform
from hotpatch_cli.servicing.savings import saved_by
from hotpatch_cli.servicing.track import (
    Track,
    no_track,
    standard_update,
    standing,
    track,
    unknown_track,
)

HALF_YEAR = (JANUARY, FEBRUARY, MARCH, APRIL)
FEBRUARY_STANDARD = release("2025-02-11", "standard", "26100.2140", "KB5000006")
MARCH_STANDARD = release("2025-03-11", "standard", "26100.2240", "KB5000009")


def names(rows: Iterable[Release | None]) -> list[str | None]:
    """The KBs of releases."""
    return [row and row.kb for row in rows]


# --- the order of the data ----------------------------------------


@pytest.mark.parametrize("rows", list(permutations((JANUARY, FEBRUARY, MARCH))))
def test_the_order_of_the_release_data_does_not_matter(rows: tuple[Release, ...]) -> None:
    """The first day, the newest baseline, hotpatch and release are by their days, in whatever order
    the data has them.
    """
    known = history("2025-03-20", *rows)
    assert known.first_day == date(2025, 1, 14)
    assert known.newest_known == date(2025, 3, 11)
    assert known.newest_baseline == Baseline(date(2025, 1, 14), planned=True, release=JANUARY)
    assert names(known.hotpatches("arc")) == ["KB5000002", "KB5000003"]
    assert names([known.latest("arc")]) == ["KB5000003"]
    assert standing(JANUARY, known, "arc").state == "behind"


@pytest.mark.parametrize("rows", [(JANUARY, APRIL), (APRIL, JANUARY)])
def test_the_newest_of_several_baselines_counts(rows: tuple[Release, ...]) -> None:
    """Of two baselines that are out, the newest is the one that a machine needs."""
    known = history("2025-04-20", *rows)
    assert known.newest_baseline is not None
    assert known.newest_baseline.release == APRIL
    assert known.baseline_above(build("26100.1999")) == APRIL
    assert known.baseline_above(build("26100.2290")) == APRIL
    assert known.newest_cumulative() == APRIL


@pytest.mark.parametrize(
    "rows", [(FEBRUARY_STANDARD, MARCH_STANDARD), (MARCH_STANDARD, FEBRUARY_STANDARD)]
)
def test_the_newest_of_several_standard_updates_counts(rows: tuple[Release, ...]) -> None:
    """Of two standard updates that are out, machines without hotpatching get the newest."""
    known = history("2025-03-20", JANUARY, *rows)
    assert known.newest_standard() == MARCH_STANDARD
    assert known.newest_standard(out_of_band=True) == MARCH_STANDARD
    assert known.newest_cumulative() == MARCH_STANDARD


def test_a_doubtful_standard_update_is_no_next_update() -> None:
    """A standard update of low confidence isn't what machines without hotpatching get next."""
    doubtful = MARCH_STANDARD._replace(confidence="low")
    known = history("2025-03-20", JANUARY, FEBRUARY_STANDARD, doubtful)
    assert known.newest_standard() == FEBRUARY_STANDARD
    assert known.newest_cumulative() == FEBRUARY_STANDARD
    assert known.newest_known == date(2025, 2, 11)


# --- the schedule ----------------------------------------


@pytest.mark.parametrize("days", [("2025-02-20", "2025-03-20"), ("2025-03-20", "2025-02-20")])
def test_the_first_of_several_baselines_of_a_scenario_is_next(days: tuple[str, str]) -> None:
    """Of two baselines of a scenario before the planned one, the earlier is next."""
    scenario = tuple(release(day, "unplanned-baseline") for day in days)
    known = history("2025-01-20", JANUARY, scenario=scenario)
    following = known.planned_after(date(2025, 1, 20))
    assert following == Baseline(date(2025, 2, 20), planned=False)
    assert known.planned_after(date(2025, 2, 20)) == Baseline(date(2025, 3, 20), planned=False)
    assert known.planned_after(date(2025, 3, 20)) == Baseline(date(2025, 4, 8), planned=True)


def test_every_scheduled_baseline_up_to_the_day_is_due() -> None:
    """Where the data ends long before the day, the newest scheduled baseline is due, not the
    first.
    """
    known = history("2025-10-14", JANUARY)
    assert known.newest_baseline == Baseline(date(2025, 10, 14), planned=True)
    day_before = history("2025-10-13", JANUARY)
    assert day_before.newest_baseline == Baseline(date(2025, 7, 8), planned=True)


@pytest.mark.parametrize(
    ("first", "following"),
    [("2025-01-14", "2025-01-14"), ("2025-01-13", "2025-01-14"), ("2025-01-15", "2025-04-08")],
)
def test_no_baseline_is_scheduled_before_the_first_release(first: str, following: str) -> None:
    """The first scheduled baseline is on the day of a product's first release or later."""
    known = history("2024-12-01", JANUARY._replace(date=date.fromisoformat(first)))
    scheduled = known.planned_after(date(2024, 12, 1))
    assert scheduled == Baseline(date.fromisoformat(following), planned=True)


def test_a_product_without_hotpatches_has_the_planned_schedule() -> None:
    """Where only standard updates are known, the planned baselines are the schedule."""
    known = history("2025-02-20", FEBRUARY_STANDARD)
    assert known.planned_after(date(2025, 2, 20)) == Baseline(date(2025, 4, 8), planned=True)


def test_the_calendar_begins_on_the_first_day_of_the_product() -> None:
    """The calendar has the first release of a product before it's out, and no month before it."""
    entries = calendar(knowing(FEBRUARY), "ws2025", 2025, date(2024, 12, 1))
    assert entries[0].date == date(2025, 2, 11)
    assert [entry.date.month for entry in entries] == list(range(2, 13))


def test_the_calendar_is_in_the_order_of_days() -> None:
    """Releases and scheduled months are one list by day, with the kind of each."""
    between = release("2025-03-25", "out-of-band", "26100.2250", "KB5000007")
    unknown = release("2025-05-13", None, "26100.2400", "KB5000008")
    entries = calendar(
        knowing(unknown, between, *reversed(HALF_YEAR)), "ws2025", 2025, date(2025, 5, 20)
    )
    days = [entry.date for entry in entries]
    assert days == sorted(days)
    assert [(entry.kind, entry.reboot) for entry in entries[:7]] == [
        ("planned-baseline", True),
        ("hotpatch", False),
        ("hotpatch", False),
        ("out-of-band", True),
        ("planned-baseline", True),
        (None, None),
        ("hotpatch", False),
    ]
    assert restarts(entries) == (4, 1)


# --- several candidates ----------------------------------------

TWINS = (
    release("2025-02-20", "out-of-band-hotpatch", "26100.2150", "KB5000011"),
    release("2025-03-20", "out-of-band", "26100.2150", "KB5000012"),
)
"""Two updates that have one build, a month apart."""


@pytest.mark.parametrize(
    ("candidates", "other", "lacks"),
    [
        ((), MARCH, False),
        ((JANUARY,), FEBRUARY, True),
        ((FEBRUARY,), FEBRUARY, False),
        ((MARCH,), FEBRUARY, False),
        ((JANUARY, FEBRUARY), MARCH, True),
        ((JANUARY, MARCH), FEBRUARY, False),
        ((MARCH, JANUARY), FEBRUARY, False),
        ((JANUARY, FEBRUARY), FEBRUARY, False),
    ],
)
def test_an_update_is_missing_if_every_candidate_is_older(
    candidates: tuple[Release, ...], other: Release, lacks: bool
) -> None:
    """One candidate that is as new as an update means that the update may be installed."""
    assert Installed(candidates).lacks_release(other) == lacks


@pytest.mark.parametrize(
    ("other", "lacks"), [(JANUARY, False), (FEBRUARY, False), (APRIL, True), (MARCH, True)]
)
def test_what_lacks_a_baseline_lacks_all_newer_updates(other: Release, lacks: bool) -> None:
    """A build below that of a baseline lacks the baseline and what is as new or newer, and nothing
    shows whether it lacks an older update.
    """
    baseline = MARCH._replace(kind="unplanned-baseline")
    assert Installed(lacks=baseline).lacks_release(other) == lacks


@pytest.mark.parametrize(
    ("day", "waiting"),
    [
        ("2025-02-19", False),
        ("2025-02-20", False),
        ("2025-03-10", False),
        ("2025-03-20", False),
        ("2025-03-21", True),
    ],
)
def test_a_pending_update_is_newer_than_every_candidate(day: str, waiting: bool) -> None:
    """Where two updates have the running build, a listed update without a build is surely pending
    only if it is newer than both.
    """
    row = release(day, "hotpatch", None, "KB5000013")
    known = history("2025-03-25", JANUARY, *TWINS, row)
    facts = arc("26100.2150", "KB5000013", restart_pending=True)
    assert identify(facts, known).waiting == (row if waiting else None)


@pytest.mark.parametrize(
    ("day", "contradicts"),
    [("2025-02-19", False), ("2025-03-10", False), ("2025-03-20", True), ("2025-03-21", True)],
)
def test_a_listed_update_contradicts_every_candidate_or_none(day: str, contradicts: bool) -> None:
    """Where two updates have the build and neither is listed, a listed update contradicts them only
    if it isn't older than one of them.
    """
    row = release(day, "hotpatch", "26100.2120", "KB5000013")
    known = history("2025-03-25", JANUARY, *TWINS, row)
    found = identify(arc("26100.2150", "KB5000013"), known)
    assert names(found.candidates) == ["KB5000011", "KB5000012"]
    assert [finding.code for finding in found.findings] == ["HP304"] * contradicts


def test_a_candidate_without_a_kb_cannot_be_missing_from_the_list() -> None:
    """An update without a KB is never listed, so a list without it contradicts nothing."""
    nameless = TWINS[1]._replace(kb=None)
    row = release("2025-03-21", "hotpatch", "26100.2120", "KB5000013")
    known = history("2025-03-25", JANUARY, TWINS[0], nameless, row)
    assert identify(arc("26100.2150", "KB5000013"), known).findings == ()


def test_two_candidates_have_the_state_that_both_share() -> None:
    """Before the next baseline, one of two updates of a build is on the track and one off it; after
    the baseline both are due.
    """
    rows = (JANUARY, FEBRUARY, MARCH, *TWINS)
    assert judge(arc("26100.2150"), "2025-03-25", knowing(*rows)).track.state == "unknown"
    later = judge(arc("26100.2150"), "2025-04-20", knowing(*rows, APRIL)).track
    assert (later.state, later.next_update and later.next_update.kb) == ("baseline-due", APRIL.kb)


@pytest.mark.parametrize(
    ("kbs", "installed"),
    [
        (("KB5000001", "KB5000002", "KB5000003"), ["KB5000003"]),
        (("KB5000003", "KB5000001"), ["KB5000003"]),
        (("KB5000003", "KB5000009"), ["KB5000009"]),
        (("KB5000011", "KB5000002", "KB5000014"), ["KB5000011", "KB5000014"]),
        (("KB5000014", "KB5000001"), ["KB5000014"]),
    ],
)
def test_without_a_build_the_newest_listed_updates_are_possible(
    kbs: tuple[str, ...], installed: list[str]
) -> None:
    """The newest of the listed KBs is installed: by its day, on one day by its build, and without
    any difference each of them.
    """
    rows = (
        JANUARY,
        FEBRUARY,
        MARCH,
        MARCH_STANDARD,
        release("2025-02-20", "out-of-band-hotpatch", None, "KB5000011"),
        release("2025-02-20", "out-of-band", None, "KB5000014"),
    )
    found = identify(arc(None, *kbs), history("2025-03-20", *rows))
    assert names(found.candidates) == installed
    assert (found.question is None) == (len(installed) == 1)


def test_a_build_that_two_of_three_updates_explain() -> None:
    """Of three updates with one build, the listed ones are possible; without any listed, all."""
    rows = [
        release("2025-02-20", kind, "26100.2150", f"KB500001{number}")
        for number, kind in enumerate(("out-of-band", "out-of-band-hotpatch", "preview"), 1)
    ]
    known = history("2025-02-25", JANUARY, FEBRUARY, *rows)
    for kbs, possible in (
        (("KB5000011", "KB5000013"), ["KB5000011", "KB5000013"]),
        ((), ["KB5000011", "KB5000012", "KB5000013"]),
        (("KB5000002",), ["KB5000011", "KB5000012", "KB5000013"]),
    ):
        found = identify(arc("26100.2150", *kbs), known)
        assert names(found.candidates) == possible
        assert found.question is not None
        assert found.question.variant == ("listed" if len(possible) == 2 else "shared")
        assert found.name == " or ".join(map(str, possible))


# --- builds off record ----------------------------------------


@pytest.mark.parametrize(
    ("text", "as_of", "variant", "value"),
    [
        ("26100.1500", "2025-03-20", "older_due", ("oldest", "26100.2000")),
        ("26100.2900", "2025-03-20", "newer", ("newest", "26100.2200")),
        ("26100.2150", "2025-03-20", "unlisted", None),
        ("26200.2150", "2025-03-20", "unlisted", None),
        ("26100.2300", "2025-03-20", "later", ("date", "2025-04-08")),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_an_unlisted_build_is_compared_with_all_builds_of_its_windows(
    text: str, as_of: str, variant: str, value: tuple[str, str] | None, turn: int
) -> None:
    """HP307 names the oldest or the newest build of the same Windows, or the first day of a release
    that has the build.
    """
    again = APRIL._replace(date=date(2025, 4, 22), kb="KB5000016")
    other = FEBRUARY._replace(build=build("20348.9000"), kb="KB5000017")
    rows = (JANUARY, FEBRUARY, MARCH, APRIL, again, other)[::turn]
    found = identify(arc(text), history(as_of, *rows))
    finding = found.question or found.settled
    assert finding is not None
    assert finding.variant == variant
    if value is not None:
        assert str(dict(finding.values)[value[0]]) == value[1]


@pytest.mark.parametrize(
    ("text", "installed"),
    [
        ("26100.2150", "KB5000018"),
        ("26100.2010", None),
        ("26100.1990", None),
        ("26100.2210", None),
        ("26100.2310", None),
    ],
)
def test_a_listed_update_without_a_build_fits_between_all_others(
    text: str, installed: str | None
) -> None:
    """A build belongs to a listed update without a known build only if it's above every older
    baseline and below every newer build.
    """
    second = release("2025-01-20", "unplanned-baseline", "26100.2050", "KB5000019")
    row = release("2025-02-20", "out-of-band-hotpatch", None, "KB5000018")
    known = history("2025-04-20", JANUARY, second, MARCH, APRIL, row)
    found = identify(arc(text, "KB5000018"), known)
    assert (found.release.kb if found.release else None) == installed


# --- several updates on offer ----------------------------------------


def offers_of(*kbs: str, rows: tuple[Release, ...]) -> Offers:
    """The offers of updates without a title."""
    return sorted_offers([PendingUpdate(None, kb, None) for kb in kbs], rows)


ON_OFFER = (JANUARY, FEBRUARY, FEBRUARY_STANDARD, MARCH, MARCH_STANDARD)


@pytest.mark.parametrize("kbs", [("KB5000006", "KB5000009"), ("KB5000009", "KB5000006")])
def test_the_newest_of_several_offered_updates_comes_next(kbs: tuple[str, ...]) -> None:
    """Of two offered standard updates, the newest is installed next, on the track and where what is
    installed is unknown.
    """
    known = history("2025-03-20", *ON_OFFER)
    offers = offers_of(*kbs, rows=ON_OFFER)
    facts = arc("26100.2100")
    on_track = track(facts, identify(facts, known), known, "ready", offers).next_update
    unknown = standard_update(Installed(), known, offers)
    assert [update and update.kb for update in (on_track, unknown)] == ["KB5000009"] * 2


def test_an_offered_hotpatch_is_no_cumulative_update() -> None:
    """A hotpatch on offer isn't what a machine without hotpatching gets next, whatever else is
    offered.
    """
    known = history("2025-03-20", *ON_OFFER)
    alone = offers_of("KB5000003", rows=ON_OFFER)
    assert alone == Offers()
    assert standard_update(Installed(), known, alone) is None
    beside = offers_of("KB5000003", "KB5000006", rows=ON_OFFER)
    update = standard_update(Installed(), known, beside)
    assert update is not None
    assert update.kb == "KB5000006"


@pytest.mark.parametrize(
    "title",
    [
        "Security Intelligence Update for Microsoft Defender Antivirus",
        "2025-03 Security Update for SQL Server 2022",
        "2025-03 Update for Microsoft Edge Stable Channel",
        "Windows Malicious Software Removal Tool x64",
        "2025-03 Cumulative Update Preview for Windows Server 2025",
    ],
)
def test_an_update_of_another_program_takes_no_machine_off_the_track(title: str) -> None:
    """An update whose title names no cumulative update of Windows is one that a hotpatch doesn't
    replace: HP306, not HP311.
    """
    update = PendingUpdate(title, None, None)
    offers = sorted_offers([update], ON_OFFER)
    assert offers == Offers(others=(update,))
    assert not list(offered_findings(offers))


def test_offered_updates_are_each_named_once() -> None:
    """HP311 names every offered standard update, in the order in which they are offered."""
    offers = offers_of("KB5000009", "KB5000006", "KB5000009", rows=ON_OFFER)
    (finding,) = offered_findings(offers)
    assert dict(finding.values)["updates"] == "KB5000009, KB5000006"


@pytest.mark.parametrize(
    ("title", "kb", "name"),
    [
        ("Update for KB5000006", "KB5000009", "KB5000009 (Update for KB5000006)"),
        ("2025-03 Cumulative Update for Windows", None, "2025-03 Cumulative Update for Windows"),
    ],
)
def test_an_update_with_one_of_title_and_kb(title: str, kb: str | None, name: str) -> None:
    """An update whose title has another KB is named by both, and one without a KB by its title."""
    (finding,) = offered_findings(
        sorted_offers([PendingUpdate(title, kb, None)], (MARCH_STANDARD,))
    )
    assert dict(finding.values)["updates"] == name


@pytest.mark.parametrize(
    ("month", "sort"),
    [
        ("2025-03", "by_title"),
        ("2025-02", "open"),
        ("2025-04", "open"),
        ("2025-07", "cumulative"),
        ("2025-05", "open"),
        ("2024-03", "open"),
    ],
)
def test_what_the_month_of_a_title_means(month: str, sort: str) -> None:
    """A cumulative update is the standard one in a month with a hotpatch, whatever else that month
    has, the baseline in a planned month without one on record, and open in all others.
    """
    rows = (
        JANUARY,
        FEBRUARY._replace(confidence="low"),
        release("2025-02-20", "out-of-band", "26100.2160", "KB5000011"),
        MARCH_STANDARD,
        MARCH,
        release("2025-04-22", "out-of-band", "26100.2350", "KB5000012"),
        APRIL,
        release("2025-07-22", "out-of-band", "26100.2550", "KB5000013"),
    )
    title = f"{month} Cumulative Update for Windows Server 2025"
    update = PendingUpdate(title, None, None)
    assert getattr(sorted_offers([update], rows), sort) == (update,)


@pytest.mark.parametrize(
    ("kinds", "restarts_machine"),
    [
        (("planned-baseline", None), True),
        ((None, "planned-baseline"), True),
        ((None,), True),
        (("planned-baseline",), False),
        (("planned-baseline", "unplanned-baseline"), False),
    ],
)
def test_one_offered_update_of_unknown_kind_restarts_the_machine(
    kinds: tuple[str | None, ...], restarts_machine: bool
) -> None:
    """Of several offered updates, one whose kind no source states is enough for a restart."""
    rows = tuple(
        release(f"2025-01-{14 + number}", kind, f"26100.{2000 + number}", f"KB500010{number}")
        for number, kind in enumerate(kinds)
    )
    known = history("2025-02-20", *HALF_YEAR)
    offers = offers_of(*(row.kb or "" for row in rows), rows=rows)
    reasons = [cause.reason for cause in causes("ready", arc(), Track("current"), known, offers)]
    assert ("pending" in reasons) == restarts_machine


@pytest.mark.parametrize(
    ("text", "reasons"),
    [("26100.2140", ["off-track"]), ("26100.2200", ["baseline", "pending"])],
)
def test_an_offered_standard_update_is_the_one_of_a_machine_off_the_track(
    text: str, reasons: list[str]
) -> None:
    """Off the track, the standard update on offer is the cause of the restart already; on the track
    it is another one.
    """
    known = history("2025-03-20", *ON_OFFER)
    facts, offers = arc(text), offers_of("KB5000009", rows=ON_OFFER)
    place = track(facts, identify(facts, known), known, "ready", offers)
    assert [cause.reason for cause in causes("ready", facts, place, known, offers)] == reasons


# --- machines that get the monthly update ----------------------------------------


@pytest.mark.parametrize(
    ("possible", "known", "certain"),
    [
        (Installed((MARCH_STANDARD,)), ON_OFFER, True),
        (Installed((MARCH_STANDARD, FEBRUARY_STANDARD)), ON_OFFER, False),
        (Installed((FEBRUARY_STANDARD, MARCH_STANDARD)), ON_OFFER, False),
        (Installed(), ON_OFFER, False),
    ],
)
def test_the_monthly_restart_is_certain_if_no_candidate_lacks_the_update(
    possible: Installed, known: tuple[Release, ...], certain: bool
) -> None:
    """The next monthly update restarts an ineligible machine, unless it may lack the one that is
    out.
    """
    place = no_track(possible=possible)
    found = causes("unsupported", arc(), place, history("2025-03-20", *known), Offers())
    assert [(cause.reason, cause.release_date, cause.certain) for cause in found] == [
        ("monthly-update", date(2025, 4, 8), certain)
    ]


@pytest.mark.parametrize(
    ("candidates", "missing"),
    [
        ((FEBRUARY, MARCH), True),
        ((MARCH, release("2025-04-08", "hotpatch", "26100.2310", "KB5000020")), False),
        ((release("2025-04-08", "hotpatch", "26100.2310", "KB5000020"), MARCH), False),
        ((release("2025-04-09", "hotpatch", "26100.2310", "KB5000020"),), False),
    ],
)
def test_a_scheduled_baseline_is_missing_if_every_candidate_is_older(
    candidates: tuple[Release, ...], missing: bool
) -> None:
    """An ineligible machine surely lacks the scheduled baseline only if all releases that it may
    have are older.
    """
    known = history("2025-04-20", JANUARY, FEBRUARY, MARCH)
    update = standard_update(Installed(candidates), known, Offers())
    assert (update is not None) == missing


@pytest.mark.parametrize(
    ("waiting", "gets"), [(None, False), (FEBRUARY, False), (MARCH, False), (APRIL, True)]
)
def test_a_pending_restart_gets_the_baseline_that_it_completes(
    waiting: Release | None, gets: bool
) -> None:
    """A restart that completes an update from before the baseline leaves the baseline due."""
    due = history("2025-04-20", *HALF_YEAR).newest_baseline
    assert (
        Track("baseline-due", possible=Installed(waiting=waiting), baseline=due).gets_baseline
        == gets
    )


def test_no_baseline_restarts_a_machine_after_the_last_one() -> None:
    """In the last month of hotpatching, after its baseline, a machine has no next restart."""
    last_month = History(KNOWLEDGE, "ws2022", date(2027, 10, 20))
    assert causes("ready", arc(), Track("current"), last_month, Offers()) == ()
    before = History(KNOWLEDGE, "ws2022", date(2027, 10, 11))
    (cause,) = causes("ready", arc(), Track("current"), before, Offers())
    assert (cause.reason, cause.release_date) == ("baseline", date(2027, 10, 12))


@pytest.mark.parametrize(
    ("day", "text", "tempts"),
    [
        ("2025-04-08", None, False),
        ("2025-04-08", "26100.2290", False),
        ("2025-04-08", "26100.2310", True),
        ("2025-04-09", None, True),
    ],
)
def test_a_standard_update_of_the_day_of_a_baseline(
    day: str, text: str | None, tempts: bool
) -> None:
    """A standard update of the baseline's own day is newer than it only by a higher build."""
    standard = release(day, "standard", text, "KB5000021")
    judgment = judge(arc("26100.2200"), "2025-04-20", knowing(*HALF_YEAR, standard))
    finding = next(finding for finding in judgment.findings if finding.code == "HP302")
    assert finding.variant == ("tempting" if tempts else "default")


# --- several findings on the track ----------------------------------------


@pytest.mark.parametrize("turn", [1, -1])
def test_the_newest_release_of_unknown_kind_is_named(turn: int) -> None:
    """Of two releases of unknown kind that are newer than the baseline, HP309 names the last."""
    unknown = [
        release("2025-02-20", None, "26100.2160", "KB5000011"),
        release("2025-03-20", None, "26100.2260", "KB5000012"),
    ]
    judgment = judge(arc("26100.2100"), "2025-03-25", knowing(JANUARY, FEBRUARY, *unknown[::turn]))
    finding = next(finding for finding in judgment.findings if finding.code == "HP309")
    assert dict(finding.values)["kb"] == "KB5000012"


@pytest.mark.parametrize(
    ("text", "state", "following"),
    [("26100.2200", "current", None), ("26100.2140", "off-track", "KB5000009")],
)
def test_a_standard_update_comes_next_only_off_the_track(
    text: str, state: str, following: str | None
) -> None:
    """A machine with the newest hotpatch gets no standard update of the same day, whose build is
    higher.
    """
    place = judge(arc(text), "2025-03-20", knowing(*ON_OFFER)).track
    assert place.state == state
    assert (place.next_update.kb if place.next_update else None) == following


@pytest.mark.parametrize(
    ("platform", "mode", "bypassed", "managed", "by_azure"),
    [
        ("azure", "AutomaticByPlatform", True, True, False),
        ("azure", "AutomaticByPlatform", False, False, True),
        ("azure", "AutomaticByPlatform", None, False, True),
        ("azure", "AutomaticByOS", True, False, False),
        ("azure", "Manual", True, False, False),
        ("azure", None, True, False, False),
        ("arc", "AutomaticByPlatform", True, False, False),
        ("arc", "AutomaticByPlatform", False, False, False),
    ],
)
def test_whose_schedule_restarts_a_vm(
    platform: Platform, mode: str | None, bypassed: bool | None, managed: bool, by_azure: bool
) -> None:
    """With AutomaticByPlatform, Azure restarts a VM at its own moment, or by the customer's
    schedule if the safety checks are bypassed; with any other mode neither does.
    """
    parsed = PatchMode.parse(mode) if mode else None
    patching = Patching(parsed, bypass_safety_checks=bypassed)
    facts = Facts(platform=platform, patching=patching)
    assert customer_managed(facts) == managed
    assert restarted_by_platform(facts) == by_azure


def test_a_machine_two_hotpatches_behind_gets_the_newest() -> None:
    """A machine of the baseline is behind, and the newest hotpatch is what it lacks."""
    rows = (JANUARY, FEBRUARY, MARCH, release("2025-03-20", "hotpatch", "26100.2250", "KB5000011"))
    judgment = judge(arc("26100.2000"), "2025-03-25", knowing(*rows))
    (finding,) = (finding for finding in judgment.findings if finding.code == "HP301")
    assert dict(finding.values)["latest"] == "KB5000011"
    assert judgment.track.next_update is not None
    assert judgment.track.next_update.kb == "KB5000011"


@pytest.mark.parametrize(
    ("build_text", "kbs", "evidence"),
    [
        ("26100.2000", ("KB5000001",), {"build": "26100.2000"}),
        ("26100.2000", (), {"build": "26100.2000"}),
        (None, ("KB5000001",), {"kbs": "KB5000001"}),
    ],
)
@pytest.mark.parametrize(("as_of", "code"), [("2025-03-25", "HP301"), ("2025-04-20", "HP302")])
def test_the_evidence_of_a_state_is_what_the_machine_has(
    build_text: str | None, kbs: tuple[str, ...], evidence: dict[str, str], as_of: str, code: str
) -> None:
    """A finding on the track shows the build, or without one the KBs, from which it follows."""
    judgment = judge(arc(build_text, *kbs), as_of, knowing(*HALF_YEAR))
    finding = next(finding for finding in judgment.findings if finding.code == code)
    assert dict(finding.evidence) == evidence


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (arc("26100.2000"), False),
        (arc(None, "KB5000001"), False),
        (arc("26100.2000", "KB5000001"), False),
        (arc(), True),
    ],
)
def test_what_is_installed_is_asked_for_where_nothing_shows_it(facts: Facts, asked: bool) -> None:
    """On a machine of an unknown product, HP313 asks for build and KBs only where both are
    missing.
    """
    place = unknown_track(facts, "the product is unknown")
    assert (place.state, place.why) == ("unknown", "the product is unknown")
    assert [(finding.code, dict(finding.evidence)) for finding in place.findings] == (
        [("HP313", {"build": "missing", "kbs": "missing"})] if asked else []
    )


@pytest.mark.parametrize(
    ("confidences", "variant"),
    [
        (("high", "high"), "default"),
        (("high", "medium"), "doubtful"),
        (("medium", "high"), "doubtful"),
    ],
)
def test_one_doubtful_candidate_makes_the_state_doubtful(
    confidences: tuple[str, str], variant: str
) -> None:
    """Off the track, HP303 has the confidence of the candidate whose kind is in doubt."""
    rows = [
        release("2025-02-20", "out-of-band", "26100.2160", f"KB500001{n}", confidence=confidence)
        for n, confidence in enumerate(confidences)
    ]
    judgment = judge(arc("26100.2160"), "2025-02-25", knowing(JANUARY, FEBRUARY, *rows))
    finding = next(finding for finding in judgment.findings if finding.code == "HP303")
    assert finding.variant == variant
    assert dict(finding.values).get("confidence") == ("medium" if variant == "doubtful" else None)


# --- restarts saved ----------------------------------------


def year(*months: int) -> tuple[CalendarEntry, ...]:
    """Hotpatches on the tenth of these months of 2025."""
    return tuple(
        CalendarEntry("ws2025", date(2025, month, 10), "hotpatch", False, True) for month in months
    )


@pytest.mark.parametrize(
    ("place", "following", "saved"),
    [
        (Track("current", JANUARY), None, 4),
        (Track("off-track", FEBRUARY_STANDARD), date(2025, 4, 8), 2),
        (Track("off-track", FEBRUARY_STANDARD), date(2025, 5, 10), 1),
        (Track("off-track", FEBRUARY_STANDARD), date(2025, 5, 9), 2),
        (Track("off-track", FEBRUARY_STANDARD), None, 0),
        (Track("off-track"), date(2025, 5, 9), 3),
        (Track("baseline-due", JANUARY, baseline=Baseline(date(2025, 2, 28), True)), None, 2),
        (Track("unknown", baseline=Baseline(date(2025, 2, 28), True)), None, 4),
    ],
)
def test_the_months_without_hotpatches_are_not_saved(
    place: Track, following: date | None, saved: int
) -> None:
    """Off the track, no month saves a restart from the installed update until the next baseline;
    while a baseline is due, none does from its month until today.
    """
    baseline = following and Baseline(following, planned=True)
    assert saved_by(place, baseline, year(2, 3, 5, 6), date(2025, 3, 10)) == saved


def test_standard_updates_are_of_three_kinds() -> None:
    """Monthly, out-of-band and preview updates take a machine off the track once it has a
    baseline.
    """
    known = history("2025-02-25", JANUARY, FEBRUARY)
    for kind in STANDARD:
        row = release("2025-02-20", kind, "26100.2160", "KB5000011")
        assert standing(row, known, "arc").state == "off-track"
