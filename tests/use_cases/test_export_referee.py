"""Random windows for Azure: a referee that shares no code with us finds the same openings."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotpatch_cli.knowledge.limits import load_limits
from hotpatch_cli.model import Fleet
from hotpatch_cli.outputs.maintenance_json import window_template
from hotpatch_cli.schedule.azure import WEEK_NAMES
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    Weekdays,
    parse_azure,
    parse_rrule,
)
from hotpatch_cli.schedule.recurrence import RecurrenceError
from hotpatch_cli.schedule.windows import Window, WindowError, openings, validate
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.use_cases.export import Export, ExportOptions, export
from tests.azure_referee import Opening, exists, referee
from tests.azure_template import deployed

LIMITS = load_limits()
TWO_YEARS = timedelta(days=731)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Santiago",
    "UTC",
)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def listed(values: Any, most: int = 3) -> st.SearchStrategy[str]:
    """One to some of the values, with commas."""
    texts = st.sampled_from([str(value) for value in values])
    return st.lists(texts, min_size=1, max_size=most, unique=True).map(",".join)


def seven_days(first: int) -> str:
    """Seven days of a month from the first one on."""
    return ",".join(str(day) for day in range(first, first + 7))


MONTHS = st.one_of(
    st.sampled_from(["1,4,7,10", "2,5,8,11", "3,6,9,12", "1,7", "2,4,6,8,10,12", "3"]),
    listed(range(1, 13), 4),
)
PLACES = st.sampled_from(["1", "2", "3", "4", "-1"])
RRULE_PARTS = st.one_of(
    st.just(""),
    st.tuples(PLACES, st.sampled_from(DAYS)).map(lambda pair: f";BYDAY={pair[0]}{pair[1]}"),
    listed(DAYS).map(lambda days: f";BYDAY={days}"),
    listed(range(1, 32)).map(lambda days: f";BYMONTHDAY={days}"),
    st.tuples(st.integers(1, 25).map(seven_days), st.sampled_from(DAYS)).map(
        lambda pair: f";BYDAY={pair[1]};BYMONTHDAY={pair[0]}"
    ),
    st.tuples(PLACES, st.sampled_from(DAYS)).map(
        lambda pair: f";BYDAY={pair[1]};BYSETPOS={pair[0]}"
    ),
)
RRULES = st.builds(
    lambda freq, interval, months, parts: f"FREQ={freq}{interval}{months}{parts}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.sampled_from(["", "", ";INTERVAL=2", ";INTERVAL=3", ";INTERVAL=6"]),
    st.one_of(st.just(""), MONTHS.map(lambda months: f";BYMONTH={months}")),
    RRULE_PARTS,
)
NUMBERS = st.sampled_from(["", "2", "3", "4", "12"])
OFFSETS = st.one_of(st.just(""), st.integers(-20, 20).map(lambda days: f" Offset{days}"))
AZURES = st.one_of(
    st.sampled_from(["Day", "3Days", "Month", "3Months", "Week", "2Weeks", "8Hours", "12Hours"]),
    st.tuples(NUMBERS, listed(NAMES)).map(lambda pair: f"{pair[0]}Weeks {pair[1]}"),
    st.tuples(NUMBERS, listed(range(1, 32))).map(
        lambda pair: f"{pair[0]}Months {','.join('day' + day for day in pair[1].split(','))}"
    ),
    st.tuples(NUMBERS, listed(WEEK_NAMES.values(), 2), listed(NAMES, 2), OFFSETS).map(
        lambda four: f"{four[0]}Months {four[1]} {four[2]}{four[3]}"
    ),
)


def valid(parse: Callable[[str], DayRule], text: str) -> DayRule | None:
    """The rule of a text, or None if it isn't one."""
    try:
        return parse(text)
    except RecurrenceError:
        return None


RULES: st.SearchStrategy[DayRule | None] = st.one_of(
    st.integers(-20, 30).map(AfterPatchTuesday),
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: Weekdays(tuple(sorted(days)))),
    RRULES.map(lambda text: valid(parse_rrule, text)),
    RRULES.map(lambda text: valid(parse_rrule, text)),
    AZURES.map(lambda text: valid(parse_azure, text)),
)
TIMES = st.one_of(
    st.sampled_from([time(0), time(0, 30), time(2), time(2, 30), time(3)]),
    st.builds(time, st.integers(0, 22), st.sampled_from([0, 15, 59])),
)


def exported(window: Window, day: date, *, baseline_months: bool = False) -> Export:
    """The export of one window."""
    fleet = Fleet((), windows={window.name: window})
    options = ExportOptions("westeurope", baseline_months=baseline_months)
    return export(fleet, LIMITS, day, options)


def by_referee(found: Export, end: datetime) -> set[Opening]:
    """The openings of all configurations of a template, as the referee finds them."""
    template = json.loads(json.dumps(window_template(found.configurations)))
    return {
        opening
        for _, body in deployed(template)
        for opening in referee(body["properties"]["maintenanceWindow"], end)
    }


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    rule=RULES,
    zone=st.sampled_from(ZONES),
    start=TIMES,
    minutes=st.integers(90, 235),
    begin=st.dates(date(2024, 1, 1), date(2027, 6, 30)),
    until=st.one_of(st.none(), st.dates(date(2028, 1, 1), date(2029, 12, 31))),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_the_referee_finds_the_openings_of_the_window(
    *,
    rule: DayRule | None,
    zone: str,
    start: time,
    minutes: int,
    begin: date,
    until: date | None,
    day: date,
) -> None:
    """Over two years, whatever a template has opens exactly as the window does, and only a first
    start that doesn't exist may be missing. Otherwise the window is refused.
    """
    assume(rule is not None)
    assert rule is not None
    window = Window("w", rule, start, timedelta(minutes=minutes), zone, begin, until)
    try:
        validate(window)
    except WindowError:
        assume(condition=False)
    found = exported(window, day)
    if found.refused:
        assert found.configurations == ()
        return
    here = find_zone(zone)
    after = datetime.combine(day, time(), here).astimezone(UTC)
    end = after + TWO_YEARS
    theirs = by_referee(found, end)
    ours = {
        (opening.start.astimezone(UTC), opening.end.astimezone(UTC))
        for opening in openings(window, here, after, end)
    }
    assert theirs <= ours
    for missing, _ in ours - theirs:
        local = missing.astimezone(here)
        assert not exists(local.date(), start, here) or local.time() != start
        assert any("the clocks skip" in note for note in found.notes)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    days=st.integers(2, 27),
    zone=st.sampled_from(ZONES),
    start=TIMES,
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_baseline_months_have_one_opening_a_quarter(
    days: int, zone: str, start: time, day: date
) -> None:
    """A window that many days after Patch Tuesday opens that many days after each planned
    baseline, and never in between.
    """
    window = Window("w", AfterPatchTuesday(days), start, timedelta(hours=2), zone)
    found = exported(window, day, baseline_months=True)
    if found.refused:
        return
    end = datetime.combine(day, time(), UTC) + TWO_YEARS
    theirs = by_referee(found, end)
    local = sorted(moment.astimezone(find_zone(zone)).date() for moment, _ in theirs)
    assert {(opened - timedelta(days=days)).month for opened in local} <= {1, 4, 7, 10}
    assert all(8 <= (opened - timedelta(days=days)).day <= 14 for opened in local)
    assert 7 <= len(local) <= 9


COMMON: dict[str, tuple[str, str]] = {
    "a month without a day": ("rrule: FREQ=MONTHLY, from: 2026-12-05", "Month day5"),
    "Azure's month without a day": ("azure: Month, from: 2026-12-05", "Month day5"),
    "Azure's quarter without a day": ("azure: 3Months, from: 2026-12-05", "3Months day5"),
    "a fleet that hotpatches": (
        "rrule: 'FREQ=YEARLY;BYMONTH=1,4,7,10;BYDAY=3SA'",
        "3Months Third Saturday",
    ),
    "eleven days after Patch Tuesday": ("patch_tuesday: 11", "Month Third Tuesday Offset4"),
    "the last weekday of quarters": (
        "rrule: 'FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1SU'",
        "3Months Last Sunday",
    ),
}


@pytest.mark.parametrize("name", COMMON)
def test_common_windows_are_what_azure_takes(hotpatch: Any, name: str) -> None:
    """Each is one configuration, and the referee opens it as `windows list` does."""
    rule, text = COMMON[name]
    fleet = f"""
windows: {{w: {{{rule}, start: 22:00, duration: 2h, timezone: Europe/Berlin}}}}
machines: [{{name: a, platform: arc, os: Windows Server 2025, region: westeurope, window: w}}]
"""
    file = hotpatch.write("fleet.yaml", fleet)
    done = hotpatch("windows", "export", file, "--from", "2026-12-01")
    assert done.code == 0, done.err
    ((_, body),) = deployed(done.json)
    window = body["properties"]["maintenanceWindow"]
    assert window["recurEvery"] == text
    days = ("--from", "2026-12-01", "--until", "2028-11-30", "--next", "999")
    listing = hotpatch("windows", "list", file, *days, "-f", "json").json["openings"]
    ours = [datetime.fromisoformat(row["start"]).astimezone(UTC) for row in listing]
    end = datetime(2028, 11, 30, 23, 59, tzinfo=UTC)
    assert [moment for moment, _ in referee(window, end)] == ours


def test_a_first_start_is_never_in_the_hour_that_the_clocks_skip() -> None:
    """The configuration begins with the next opening, and a note says so."""
    rule = parse_rrule("FREQ=MONTHLY;BYDAY=-1SU")
    window = Window("w", rule, time(2, 30), timedelta(hours=2), "Europe/Berlin")
    found = exported(window, date(2027, 3, 20))
    (configuration,) = found.configurations
    assert configuration.window.from_day == date(2027, 4, 25)
    assert "w: the clocks skip 02:30 on Sun 2027-03-28: " in " ".join(found.notes)


@pytest.mark.parametrize(
    ("rule", "text", "first"),
    [
        ("FREQ=MONTHLY;BYDAY=3SA", "3Months Third Saturday", date(2027, 1, 16)),
        ("FREQ=MONTHLY;BYDAY=1SA", "3Months First Saturday", date(2027, 2, 6)),
        ("FREQ=MONTHLY;BYDAY=1SA,3SA", "3Months Third Saturday", date(2027, 1, 16)),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "3Months day15", date(2027, 1, 15)),
        ("FREQ=YEARLY;BYMONTH=1,4,7,10;BYDAY=3SA", "3Months Third Saturday", date(2027, 1, 16)),
    ],
)
def test_baseline_months_begin_after_a_baseline(rule: str, text: str, first: date) -> None:
    """The first opening is the first one after a planned baseline, in its month or in the next."""
    window = Window("w", parse_rrule(rule), time(22), timedelta(hours=2), "Europe/Berlin")
    found = exported(window, date(2026, 12, 1), baseline_months=True)
    (configuration,) = found.configurations
    assert (configuration.recurrence.text, configuration.window.from_day) == (text, first)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (Weekdays((5,)), "only a monthly recurrence becomes one for baseline months"),
        (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=10"), "aren't three months apart"),
    ],
)
def test_what_has_no_baseline_months_is_refused(rule: DayRule, why: str) -> None:
    """Weeks have none, and day 10 is before Patch Tuesday in some months."""
    window = Window("w", rule, time(22), timedelta(hours=2), "Europe/Berlin")
    found = exported(window, date(2026, 12, 1), baseline_months=True)
    assert (found.configurations, len(found.refused)) == ((), 1)
    assert why in found.refused[0]
