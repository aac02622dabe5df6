"""Releases at their edges: the first and the last day, releases of one day, KBs without a build,
and builds of another Windows.
"""

from datetime import date

import pytest
from worlds import (
    APRIL,
    FEBRUARY,
    JANUARY,
    KNOWLEDGE,
    MARCH,
    arc,
    build,
    codes,
    history,
    judge,
    knowing,
    release,
)

from hotpatch_cli.knowledge.records import Knowledge, Release
from hotpatch_cli.model import Facts, Finding, PendingUpdate
from hotpatch_cli.servicing.calendar import calendar, turned
from hotpatch_cli.servicing.history import History, age, before, day_of, qualifies
from hotpatch_cli.servicing.installation import Installed, identify
from hotpatch_cli.servicing.offers import Offers, is_of_system, offered_findings, sorted_offers
from hotpatch_cli.servicing.pending import waiting_findings
from hotpatch_cli.servicing.restart import causes
from hotpatch_cli.servicing.track import Track, standard_update, standing, track

TODAY = date(2026, 11, 23)


def ending_on(day: str) -> Knowledge:
    """The shipped knowledge with another last day of hotpatching for WS2022."""
    rows = tuple(
        row._replace(day=date.fromisoformat(day)) if row.event == "last-hotpatch-month" else row
        for row in KNOWLEDGE.matrix.lifecycle
    )
    matrix = KNOWLEDGE.matrix._replace(lifecycle=rows)
    return Knowledge(matrix, KNOWLEDGE.releases, KNOWLEDGE.rules)


# --- the schedule ----------------------------------------


@pytest.mark.parametrize(("last", "included"), [("2027-10-12", True), ("2027-10-11", False)])
def test_the_last_day_of_hotpatching_is_included(last: str, included: bool) -> None:
    """A baseline of the last day of hotpatching is scheduled, and it's in the calendar."""
    knowledge = ending_on(last)
    following = History(knowledge, "ws2022", date(2027, 9, 30)).planned_after(date(2027, 9, 30))
    assert (following is not None) == included
    days = {entry.date for entry in calendar(knowledge, "ws2022", 2027, date(2027, 9, 30))}
    assert (date(2027, 10, 12) in days) == included


def test_the_first_day_of_a_product_is_included() -> None:
    """A product whose first release is on a planned day has its first baseline on that day."""
    known = history("2024-12-01", JANUARY)
    following = known.planned_after(date(2024, 12, 1))
    assert following is not None
    assert (following.date, following.planned) == (date(2025, 1, 14), True)


@pytest.mark.parametrize(
    ("day", "after", "expected", "planned"),
    [
        ("2025-02-11", "2025-01-20", "2025-02-11", False),
        ("2025-02-11", "2025-02-10", "2025-02-11", False),
        ("2025-02-11", "2025-02-11", "2025-04-08", True),
        ("2025-04-08", "2025-01-20", "2025-04-08", True),
        ("2025-05-13", "2025-01-20", "2025-04-08", True),
    ],
)
def test_a_baseline_of_a_scenario_comes_before_the_planned_one(
    day: str, after: str, expected: str, planned: bool
) -> None:
    """A baseline of a scenario is next where it's after the day and before the planned one."""
    scenario = (release(day, "unplanned-baseline"),)
    following = history("2025-01-20", JANUARY, scenario=scenario).planned_after(
        date.fromisoformat(after)
    )
    assert following is not None
    assert (str(following.date), following.planned) == (expected, planned)


# --- what counts ----------------------------------------


def test_the_latest_release_is_a_baseline_or_a_hotpatch() -> None:
    """Neither a newer standard update nor a baseline of low confidence is the latest release."""
    standard = release("2025-03-11", "standard", "26100.2240", "KB5000009")
    doubtful = release("2025-04-08", "planned-baseline", "26100.2300", "KB5", confidence="low")
    assert history("2025-04-10", JANUARY, FEBRUARY, standard, doubtful).latest("arc") == FEBRUARY


@pytest.mark.parametrize(
    ("text", "above"),
    [("26100.1999", JANUARY), ("26100.2000", None), ("26100.2001", None), ("20348.1", None)],
)
def test_a_baseline_is_above_lower_builds_of_its_windows(text: str, above: Release | None) -> None:
    """A baseline is above a build if it has the same number and a higher revision."""
    assert history("2025-01-20", JANUARY).baseline_above(build(text)) == above


BETWEEN = release("2025-02-20", "out-of-band-hotpatch", "26100.2150", "KB5000004")


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (BETWEEN, True),
        (BETWEEN._replace(platforms=("arc",)), True),
        (BETWEEN._replace(platforms=("azure", "arc")), True),
        (BETWEEN._replace(platforms=("azure", "azure-local")), False),
        (BETWEEN._replace(build=None), False),
        (BETWEEN._replace(component="PowerShell"), False),
        (BETWEEN._replace(confidence="low"), False),
        (BETWEEN._replace(kind="out-of-band"), False),
        (FEBRUARY._replace(build=None), True),
        (FEBRUARY._replace(confidence="low"), False),
    ],
)
def test_the_hotpatches_that_count(row: Release, counts: bool) -> None:
    """An out-of-band hotpatch counts on its platforms, with a build, for the operating system."""
    assert qualifies(row, "arc") == counts


# --- what is installed ----------------------------------------


@pytest.mark.parametrize(
    ("kbs", "waiting"),
    [
        (("KB5000001",), None),
        (("KB5000002",), None),
        (("KB5000001", "KB5000002"), None),
        (("KB5000002", "KB5000003"), MARCH),
        (("KB5000001", "KB5000003"), MARCH),
        (("KB5000003", "KB5000015"), APRIL),
        (("KB5000015", "KB5000003"), APRIL),
    ],
)
def test_a_pending_restart_completes_a_newer_update(
    kbs: tuple[str, ...], waiting: Release | None
) -> None:
    """Of the listed KBs, the pending restart completes one that is newer than the running build."""
    facts = arc("26100.2100", *kbs, restart_pending=True)
    known = history("2025-04-10", JANUARY, FEBRUARY, MARCH, APRIL)
    assert identify(facts, known).waiting == waiting


@pytest.mark.parametrize("kbs", [("KB5000002", "KB5000003"), ("KB5000003",)])
def test_a_kb_without_a_known_build_contradicts_no_build(kbs: tuple[str, ...]) -> None:
    """A listed KB whose build no source states can't be compared with a build on record."""
    rows = (JANUARY, FEBRUARY, MARCH._replace(build=None))
    facts = arc("26100.2100", *kbs)
    assert identify(facts, history("2025-03-20", *rows)).findings == ()
    known = identify(facts, history("2025-03-20", JANUARY, FEBRUARY, MARCH))
    assert [finding.code for finding in known.findings] == ["HP304"]


@pytest.mark.parametrize(
    ("text", "as_of", "variant"),
    [
        ("26100.2200", "2025-03-20", "later"),
        ("26100.1999", "2025-03-20", "older_due"),
        ("26100.2050", "2025-03-20", "unlisted"),
        ("26100.2101", "2025-03-20", "newer"),
        ("26100.5", "2025-01-01", "unlisted"),
        ("26100.9999", "2025-03-20", "newer"),
    ],
)
def test_where_an_unlisted_build_is(text: str, as_of: str, variant: str) -> None:
    """A build off record is of a later release, older or newer than all that are out, or between
    them. A release without a day isn't later.
    """
    undated = FEBRUARY._replace(date=None, build=build("26100.9999"))
    later = MARCH._replace(date=date(2025, 4, 8))
    found = identify(arc(text), history(as_of, JANUARY, FEBRUARY, later, undated))
    finding = found.question or found.settled
    assert finding is not None
    assert (finding.code, finding.variant) == ("HP307", variant)


# --- the track ----------------------------------------


def test_a_release_of_unknown_kind_decides_only_if_it_is_newer() -> None:
    """Beside an installed hotpatch, a release of unknown kind of the same day changes nothing; one
    of the next day may be a baseline.
    """
    beside = release("2025-02-11", None, "26100.2110", "KB5000005")
    newer = beside._replace(date=date(2025, 2, 12))
    assert judge(
        arc("26100.2100"), "2025-02-20", knowing(JANUARY, FEBRUARY, beside)
    ).track.state == ("current")
    assert judge(
        arc("26100.2100"), "2025-02-20", knowing(JANUARY, FEBRUARY, newer)
    ).track.state == ("unknown")


def test_a_history_without_a_baseline_says_why_the_track_is_unknown() -> None:
    """Before the first baseline, the track of a standard update is unknown, and the reason names
    the day.
    """
    rows = (FEBRUARY, release("2025-02-11", "standard", "26100.2140", "KB5000006"))
    judgment = judge(arc("26100.2140"), "2025-02-20", knowing(*rows))
    assert judgment.track.state == "unknown"
    assert "2025-02-20" in judgment.track.why
    assert "HP309" in codes(judgment)


def test_a_pending_restart_gets_no_baseline_where_none_is_out() -> None:
    """A restart that completes an update gets the newest baseline only if there is one."""
    waiting = Installed((FEBRUARY,), waiting=MARCH)
    assert not Track("current", possible=waiting).gets_baseline
    known = history("2025-01-20", JANUARY).newest_baseline
    assert Track("current", possible=waiting, baseline=known).gets_baseline


def test_an_older_standard_update_does_not_tempt() -> None:
    """HP302 warns of the standard update that would be installed in the baseline's place only if
    that one is newer than the baseline.
    """
    april = release("2025-04-08", "planned-baseline", "26100.2300", "KB5000007")
    standard = release("2025-03-11", "standard", "26100.2240", "KB5000009")

    def due(as_of: str, *rows: Release) -> Finding:
        judgment = judge(arc("26100.2100"), as_of, knowing(JANUARY, FEBRUARY, april, *rows))
        return next(finding for finding in judgment.findings if finding.code == "HP302")

    older = due("2025-04-10", standard)
    assert (older.variant, "standard" in dict(older.values)) == ("default", False)
    newer = due("2025-05-20", standard._replace(date=date(2025, 5, 13), build=build("26100.2440")))
    assert (newer.variant, dict(newer.values)["standard"]) == ("tempting", "KB5000009")


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("out-of-band", "out-of-band"), "an out-of-band update"),
        (("preview", "preview"), "a preview update"),
        (("standard", "standard"), "a standard cumulative update"),
        (("out-of-band", "standard"), "a standard cumulative update"),
        (("standard", "preview"), "a standard cumulative update"),
    ],
)
def test_off_the_track_names_the_kind_that_all_candidates_share(
    kinds: tuple[str, str], said: str
) -> None:
    """Where two updates have the build, HP303 names the kind of both, otherwise what both are."""
    rows = [
        release("2025-02-20", kind, "26100.2160", f"KB500001{number}")
        for number, kind in enumerate(kinds)
    ]
    judgment = judge(arc("26100.2160"), "2025-02-25", knowing(JANUARY, FEBRUARY, *rows))
    finding = next(finding for finding in judgment.findings if finding.code == "HP303")
    assert dict(finding.values)["kind"] == said


# --- what comes next ----------------------------------------

STANDARD = release("2025-03-11", "standard", "26100.2240", "KB5000009")


def offers_of(*kbs: str, rows: tuple[Release, ...] = (JANUARY, FEBRUARY, STANDARD)) -> Offers:
    """The offers of updates without a title."""
    return sorted_offers([PendingUpdate(None, kb, None) for kb in kbs], rows)


def test_an_offered_baseline_does_not_come_next_on_the_track() -> None:
    """A machine on the track that is offered the baseline it's built on gets no next update."""
    known = history("2025-02-20", JANUARY, FEBRUARY)
    possible = identify(arc("26100.2100"), known)
    place = track(arc("26100.2100"), possible, known, "ready", offers_of("KB5000001"))
    assert place.state == "current"
    assert place.next_update is None


def test_off_the_track_the_newest_update_comes_next() -> None:
    """Off the track, the newest standard update comes next, whichever older one is offered."""
    old = release("2025-02-11", "standard", "26100.2140", "KB5000006")
    rows = (JANUARY, FEBRUARY, old, STANDARD)
    known = history("2025-03-20", *rows)
    facts = arc("26100.2140")
    offers = offers_of("KB5000006", rows=rows)
    place = track(facts, identify(facts, known), known, "ready", offers)
    assert place.state == "off-track"
    assert place.next_update is not None
    assert (place.next_update.kb, place.next_update.reboot) == ("KB5000009", True)


def test_an_offered_standard_update_restarts_the_machine() -> None:
    """What is installed is unknown, and an update is offered: it's next, and it restarts."""
    known = history("2025-03-20", JANUARY, FEBRUARY, STANDARD)
    update = standard_update(Installed(), known, offers_of("KB5000009"))
    assert update is not None
    assert (update.kb, update.reboot) == ("KB5000009", True)


@pytest.mark.parametrize(("pending", "following"), [(True, None), (False, "KB5000009")])
def test_an_update_that_a_restart_completes_is_not_next(
    pending: bool, following: str | None
) -> None:
    """An ineligible machine isn't offered the update that its pending restart completes."""
    known = history("2025-03-20", JANUARY, FEBRUARY, STANDARD)
    facts = arc("26100.2100", "KB5000002", "KB5000009", restart_pending=pending)
    update = standard_update(identify(facts, known), known, Offers())
    assert (update.kb if update else None) == following


@pytest.mark.parametrize(
    ("installed", "waiting", "as_of", "variant"),
    [
        ("26100.2000", "KB5000002", "2025-02-20", "finish"),
        ("26100.2000", "KB5000002", "2025-04-20", "finish_due"),
        ("26100.2100", "KB5000009", "2025-03-20", "finish_off"),
        ("26100.2100", "KB5000007", "2025-04-20", "finish"),
        ("26100.2100", "KB5000002", "2025-02-20", "default"),
    ],
)
def test_what_a_pending_restart_completes(
    installed: str, waiting: str, as_of: str, variant: str
) -> None:
    """HP308: the restart completes an update, one that is older than the due baseline, or one that
    takes the machine off the track.
    """
    april = release("2025-04-08", "planned-baseline", "26100.2300", "KB5000007")
    rows = knowing(JANUARY, FEBRUARY, STANDARD, april)
    judgment = judge(arc(installed, waiting, restart_pending=True), as_of, rows)
    finding = next(finding for finding in judgment.findings if finding.code == "HP308")
    assert finding.variant == variant
    assert dict(finding.evidence) == {"restart_pending": "true"}


# --- the names of updates ----------------------------------------


@pytest.mark.parametrize(
    ("title", "of_system"),
    [
        ("2026-08 Hotpatch Update", True),
        ("Servicing Stack Update", True),
        ("2026-08 Cumulative Update for Windows Server 2022", True),
        ("2026-08 Security Update for Microsoft server operating system version 24H2", True),
        ("2026-08 Cumulative Update (KB5120233)", True),
        ("2026-08 Cumulative Update for .NET Framework 4.8.1", False),
        ("Intel - net - 1.0", False),
        ("", False),
    ],
)
def test_the_titles_of_operating_system_updates(title: str, of_system: bool) -> None:
    """Hotpatches, servicing stacks and cumulative updates of Windows are updates of the system."""
    assert is_of_system(title) == of_system


@pytest.mark.parametrize(
    ("title", "kb", "name"),
    [
        ("Update", "KB5000009", "KB5000009 (Update)"),
        ("Update (KB5000009)", "KB5000009", "Update (KB5000009)"),
        ("Update (KB5000009)", None, "Update (KB5000009)"),
        (None, "KB5000009", "KB5000009"),
        (None, "5000009", "KB5000009"),
        ("", "KB5000009", "KB5000009"),
        (None, "unreadable", str(PendingUpdate(None, "unreadable", None))),
    ],
)
def test_an_offered_update_is_named_once(title: str | None, kb: str | None, name: str) -> None:
    """HP311 names an update by KB and title, and a KB that the title names only once."""
    offers = sorted_offers([PendingUpdate(title, kb, None)], (STANDARD,))
    (finding,) = offered_findings(offers)
    assert dict(finding.values)["updates"] == name


def test_an_update_with_a_kind_alone_is_not_a_hotpatch() -> None:
    """An update of which only the kind is known isn't delivered as a hotpatch."""
    update = PendingUpdate(None, None, "driver")
    offers = sorted_offers([update], (STANDARD,))
    assert offers.others == (update,)
    (finding,) = waiting_findings(arc(), Track("current"), offers)
    assert finding.code == "HP306"


def test_a_kb_without_a_title_makes_no_restart_certain() -> None:
    """An update off record, of which only the KB is known, may restart the machine earlier."""
    known = history("2025-03-20", JANUARY, FEBRUARY, MARCH)
    facts = arc("26100.2200")
    for kb, certain in (("KB5999999", False), ("KB5000003", True)):
        offers = offers_of(kb, rows=(JANUARY, FEBRUARY, MARCH))
        place = track(facts, identify(facts, known), known, "ready", offers)
        assert {cause.certain for cause in causes("ready", facts, place, known, offers)} == {
            certain
        }


def test_doubtful_releases_are_not_counted_in_how_often_the_plan_changed() -> None:
    """Months count whose kind is known and confirmed, and that aren't planned for a baseline."""
    rows = [
        JANUARY,
        FEBRUARY,
        MARCH._replace(kind="unplanned-baseline"),
        release("2025-05-13", "unplanned-baseline", "26100.2400", "KB5", confidence="low"),
        release("2025-06-10", None, "26100.2500", "KB6"),
        release("2025-07-08", "unplanned-baseline", "26100.2600", "KB7"),
        release("2025-08-12", "hotpatch", "26100.2700", "KB8"),
    ]
    assert turned(knowing(*rows), "ws2025", date(2025, 7, 31)) == (1, 2)
    assert turned(knowing(*rows), "ws2025", date(2025, 8, 12)) == (1, 3)


def test_a_doubtful_baseline_is_above_no_build() -> None:
    """A baseline of low confidence doesn't show that a build lacks it."""
    doubtful = release("2025-04-08", "planned-baseline", "26100.2300", "KB5", confidence="low")
    known = history("2025-04-10", JANUARY, doubtful)
    assert known.baseline_above(build("26100.2100")) is None
    assert known.baseline_above(build("26100.1999")) == JANUARY


def test_the_monthly_update_comes_next_off_the_track() -> None:
    """Off the track, the next update is the newest monthly one, not a newer out-of-band one."""
    old = release("2025-02-11", "standard", "26100.2140", "KB5000006")
    newer = release("2025-03-20", "out-of-band", "26100.2260", "KB5000010")
    known = history("2025-03-25", JANUARY, FEBRUARY, old, STANDARD, newer)
    assert known.newest_standard() == STANDARD
    assert known.newest_standard(out_of_band=True) == newer
    judgment = judge(
        arc("26100.2140"), "2025-03-25", knowing(JANUARY, FEBRUARY, old, STANDARD, newer)
    )
    assert judgment.track.next_update is not None
    assert judgment.track.next_update.kb == "KB5000009"


def test_releases_without_a_day_are_before_none() -> None:
    """A release is before another only if both days are known and the first is earlier."""
    undated = MARCH._replace(date=None)
    assert before(JANUARY, FEBRUARY)
    assert not before(FEBRUARY, JANUARY)
    assert not before(FEBRUARY, FEBRUARY)
    assert not before(undated, FEBRUARY)
    assert not before(FEBRUARY, undated)
    assert not before(undated, undated)


def test_releases_of_one_day_are_in_the_order_of_their_builds() -> None:
    """Of one day, a higher build is newer, and a release without a build is the oldest."""
    higher = FEBRUARY._replace(build=build("26100.2101"))
    without = FEBRUARY._replace(build=None)
    order = sorted([MARCH, higher, FEBRUARY, without, JANUARY], key=age)
    assert order == [JANUARY, without, FEBRUARY, higher, MARCH]


@pytest.mark.parametrize(
    ("text", "kbs", "installed"),
    [
        ("26100.2200", ("KB5000003",), "KB5000003"),
        ("26100.2240", ("KB5000003",), "KB5000009"),
        ("26100.1990", ("KB5000003",), None),
        ("26100.2310", ("KB5000003",), None),
        ("26100.2290", ("KB5000003",), "KB5000003"),
        ("26100.2200", (), None),
    ],
)
def test_a_build_may_belong_to_a_listed_update_without_a_known_build(
    text: str, kbs: tuple[str, ...], installed: str | None
) -> None:
    """A build off record, below all later builds and above all earlier baselines, belongs to the
    listed update whose build no source states. An earlier standard update may have a higher build.
    """
    standard = release("2025-02-11", "standard", "26100.2240", "KB5000009")
    april = release("2025-04-08", "planned-baseline", "26100.2300", "KB5000007")
    rows = (JANUARY, standard, MARCH._replace(build=None), april)
    found = identify(arc(text, *kbs), history("2025-04-10", *rows)).release
    assert (found.kb if found else None) == installed


def test_a_build_of_a_later_release_belongs_to_no_other() -> None:
    """A build that a release of a later day has isn't that of a listed update without a build."""
    february = FEBRUARY._replace(build=None)
    known = history("2025-02-20", JANUARY, february, MARCH)
    found = identify(arc("26100.2200", "KB5000002"), known)
    assert found.release is None
    assert found.question is not None
    assert (found.question.code, found.question.variant) == ("HP307", "later")


@pytest.mark.parametrize(
    ("kbs", "variant", "evidence"),
    [
        ((), "shared", {"build": "26100.2150"}),
        (("KB5000011",), None, {}),
        (
            ("KB5000011", "KB5000012"),
            "listed",
            {"build": "26100.2150", "kbs": "KB5000011, KB5000012"},
        ),
    ],
)
def test_a_shared_build_shows_what_is_known(
    kbs: tuple[str, ...], variant: str | None, evidence: dict[str, str]
) -> None:
    """HP304 shows the build, and the KBs where there are some. One listed KB decides."""
    rows = [
        release("2025-02-20", kind, "26100.2150", f"KB500001{number}")
        for number, kind in enumerate(("out-of-band", "out-of-band-hotpatch"), 1)
    ]
    known = history("2025-02-25", JANUARY, FEBRUARY, *rows)
    question = identify(arc("26100.2150", *kbs), known).question
    assert (question.variant if question else None) == variant
    assert (dict(question.evidence) if question else {}) == evidence


def test_evidence_lists_kbs_as_words() -> None:
    """Several KBs are shown with commas, on a machine without a build too."""
    facts = arc(None, "KB9999998", "KB9999999")
    question = identify(facts, history("2025-02-25", JANUARY)).question
    assert question is not None
    assert dict(question.evidence)["kbs"] == "KB9999998, KB9999999"
    assert dict(question.values)["kbs"] == "KB9999998, KB9999999"


def test_a_scenario_after_the_end_of_hotpatching_has_no_baseline() -> None:
    """On the last day of hotpatching, no baseline follows, not even one of a scenario."""
    later = release("2027-11-09", "unplanned-baseline")._replace(product="ws2022")
    last = date(2027, 10, 12)
    known = History(ending_on("2027-10-12"), "ws2022", last, (later,))
    assert known.planned_after(last) is None


def test_the_newest_cumulative_update() -> None:
    """Machines without hotpatching get standard updates and baselines, not hotpatches; a baseline
    that is only scheduled counts until a newer update is out.
    """
    february = release("2025-02-11", "standard", "26100.2140", "KB5000006")
    rows = (JANUARY, FEBRUARY, february, MARCH)
    assert history("2025-03-20", *rows).newest_cumulative() == february
    assert history("2025-01-20", *rows).newest_cumulative() == JANUARY
    scheduled = history("2025-04-20", *rows).newest_cumulative()
    assert scheduled is not None
    assert not isinstance(scheduled, Release)
    assert (scheduled.date, scheduled.confirmed) == (date(2025, 4, 8), False)
    for day in ("2025-04-08", "2025-05-13"):
        newer = release(day, "standard", "26100.2440", "KB5000014")
        assert history("2025-05-20", *rows, newer).newest_cumulative() == newer
    without = history("2025-04-20", FEBRUARY, MARCH).newest_cumulative()
    assert without is not None
    assert not isinstance(without, Release)
    unknown = release("2025-05-13", None, "26100.2440", "KB5000014")
    assert history("2025-05-20", *rows, unknown).newest_cumulative() == unknown


def test_the_last_day_of_hotpatching_as_it_was_known() -> None:
    """Before any source stated the last day, it's the one that was stated first."""
    for as_of, last in (
        (date(2021, 9, 1), date(2026, 10, 31)),
        (date(2026, 6, 28), date(2026, 10, 31)),
        (date(2026, 6, 29), date(2027, 10, 31)),
    ):
        assert History(KNOWLEDGE, "ws2022", as_of).last_day == last
    assert History(KNOWLEDGE, "ws2025", TODAY).last_day == date.max


def test_a_release_without_a_day_is_the_oldest() -> None:
    """A release that wasn't seen has the first day of all, and none counts as newer than it."""
    assert day_of(MARCH._replace(date=None)) == date.min
    assert day_of(MARCH) == date(2025, 3, 11)


@pytest.mark.parametrize(
    ("text", "row", "contradicts"),
    [
        ("26100.2150", JANUARY, False),
        ("26100.2150", FEBRUARY, False),
        ("26100.2150", MARCH, True),
        ("26100.1980", JANUARY, True),
        ("26100.1980", release("2024-11-12", "hotpatch", None, "KB5000016"), False),
        ("26100.1980", release("2025-01-14", "hotpatch", None, "KB5000016"), True),
        ("26100.1980", release("2025-02-10", "hotpatch", None, "KB5000016"), True),
    ],
)
def test_a_listed_update_against_a_build_off_record(
    text: str, row: Release, contradicts: bool
) -> None:
    """An update is newer than a build off record by its build; without one it's newer if the build
    lacks a baseline that isn't newer than the update.
    """
    october = release("2024-10-08", "planned-baseline", "26100.1990", "KB5000019")
    known = history("2025-03-20", *dict.fromkeys((october, JANUARY, FEBRUARY, MARCH, row)))
    found = identify(arc(text, row.kb or ""), known)
    assert found.release is None
    assert [finding.code for finding in found.findings] == (["HP304"] if contradicts else [])
    pending = identify(arc(text, row.kb or "", restart_pending=True), known)
    assert pending.waiting == (row if contradicts else None)
    assert pending.findings == ()


def test_a_pending_restart_where_no_baseline_is_out() -> None:
    """Without a baseline, a restart that completes a hotpatch is late for none."""
    rows = knowing(FEBRUARY, MARCH)
    judgment = judge(arc("26100.2100", "KB5000003", restart_pending=True), "2025-03-20", rows)
    finding = next(finding for finding in judgment.findings if finding.code == "HP308")
    assert finding.variant == "finish"


def test_of_one_day_only_builds_tell_which_is_newer() -> None:
    """A hotpatch of the same day is newer by its build; without a build nothing shows it."""
    beside = release("2025-02-11", "out-of-band-hotpatch", "26100.2110", "KB5000018")
    for installed, state in ((FEBRUARY, "behind"), (FEBRUARY._replace(build=None), "current")):
        known = history("2025-02-20", JANUARY, installed, beside)
        assert standing(installed, known, "arc").state == state


@pytest.mark.parametrize(
    ("facts", "as_of", "following"),
    [
        (arc("26100.2000"), "2025-03-20", ("KB5000003", "hotpatch", False)),
        (arc("26100.2200"), "2025-03-20", None),
        (
            arc("26100.2000", "KB5000001", "KB5000003", restart_pending=True),
            "2025-03-20",
            None,
        ),
        (
            arc("26100.2000", "KB5000001", "KB5000002", restart_pending=True),
            "2025-03-20",
            ("KB5000003", "hotpatch", False),
        ),
        (arc("26100.2200"), "2025-04-10", ("KB5000015", "planned-baseline", True)),
        (
            arc("26100.2100", "KB5000002", "KB5000003", restart_pending=True),
            "2025-04-10",
            ("KB5000015", "planned-baseline", True),
        ),
        (arc("26100.2200", "KB5000003", "KB5000015", restart_pending=True), "2025-04-10", None),
    ],
)
def test_what_comes_next_on_the_track(
    facts: Facts, as_of: str, following: tuple[str, str, bool] | None
) -> None:
    """The newest hotpatch comes next without a restart, a due baseline with one, and neither if the
    pending restart completes it.
    """
    update = judge(facts, as_of, knowing(JANUARY, FEBRUARY, MARCH, APRIL)).track.next_update
    assert ((update.kb, update.kind, update.reboot) if update else None) == following


def test_an_ineligible_machine_gets_the_scheduled_baseline() -> None:
    """A baseline that is due by the schedule is next unless a pending restart completes a release
    of its day or later.
    """
    known = history("2025-04-20", JANUARY, FEBRUARY, MARCH)
    older = identify(arc("26100.2000", "KB5000001", "KB5000003", restart_pending=True), known)
    for possible in (identify(arc("26100.2200"), known), older):
        update = standard_update(possible, known, Offers())
        assert update is not None
        assert (update.kb, update.date, update.kind) == (
            None,
            date(2025, 4, 8),
            "planned-baseline",
        )
    completed = older._replace(waiting=release("2025-04-08", None, "26100.2300", "KB5000020"))
    assert standard_update(completed, known, Offers()) is None


def test_an_out_of_band_update_tempts_too() -> None:
    """HP302 warns of a newer out-of-band update, as of a monthly one."""
    newer = release("2025-04-20", "out-of-band", "26100.2360", "KB5000021")
    judgment = judge(
        arc("26100.2200"), "2025-04-25", knowing(JANUARY, FEBRUARY, MARCH, APRIL, newer)
    )
    finding = next(finding for finding in judgment.findings if finding.code == "HP302")
    assert (finding.variant, dict(finding.values)["standard"]) == ("tempting", "KB5000021")
