"""Rules for Azure: each opens on the days of the rule from which it's made, or is refused."""

from datetime import date, time, timedelta

import pytest

from hotpatch_cli.schedule.azure import AzureRecurrence, parse_azure
from hotpatch_cli.schedule.azure_export import azure_rules, parts, shifted
from hotpatch_cli.schedule.azure_rule import AzureRule, CannotSay, nth
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    Frame,
    Rrules,
    Weekdays,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.ics_events import IcsEvents
from hotpatch_cli.schedule.patch_tuesday import LAST
from hotpatch_cli.schedule.windows import Window

FRAME = Frame(date(2026, 1, 5), date(2032, 1, 4), date(2026, 1, 5))
AZURES = timedelta(hours=3, minutes=55)


def days_of(*rules: DayRule) -> list[date]:
    """The days of rules in six years from a Monday on."""
    return sorted({day for rule in rules for day in rule.dates(FRAME)})


def written_days(made: tuple[AzureRule, ...]) -> list[date]:
    """The days of recurrences, each from its month on, and each from what its text says."""
    frames = [FRAME._replace(anchor=rule.grid_day(FRAME.first) or FRAME.anchor) for rule in made]
    texts = [parse_azure(rule.recurrence.text) for rule in made]
    pairs = zip(texts, frames, strict=True)
    return sorted({day for rule, frame in pairs for day in rule.dates(frame)})


SUPPORTED: dict[str, tuple[DayRule, list[str]]] = {
    "every weekday": (Weekdays(tuple(range(7))), ["Day"]),
    "six weekdays": (
        Weekdays((0, 1, 2, 3, 4, 5)),
        ["Week Monday,Tuesday,Wednesday,Thursday,Friday,Saturday"],
    ),
    "a weekday": (parse_weekdays(["Sat"]), ["Week Saturday"]),
    "patch tuesday": (AfterPatchTuesday(0), ["Month Second Tuesday"]),
    "six days after it": (AfterPatchTuesday(6), ["Month Second Tuesday Offset6"]),
    "seven days after it": (AfterPatchTuesday(7), ["Month Third Tuesday"]),
    "eleven days after it": (AfterPatchTuesday(11), ["Month Third Tuesday Offset4"]),
    "twenty days after it": (AfterPatchTuesday(20), ["Month Fourth Tuesday Offset6"]),
    "six days before it": (AfterPatchTuesday(-6), ["Month Second Tuesday Offset-6"]),
    "seven days before it": (AfterPatchTuesday(-7), ["Month First Tuesday"]),
    "thirteen days before it": (AfterPatchTuesday(-13), ["Month First Tuesday Offset-6"]),
    "daily": (parse_rrule("FREQ=DAILY"), ["Day"]),
    "every third day": (parse_rrule("FREQ=DAILY;INTERVAL=3"), ["3Days"]),
    "weekly": (parse_rrule("FREQ=WEEKLY;BYDAY=SU,MO"), ["Week Monday,Sunday"]),
    "weekly without a day": (parse_rrule("FREQ=WEEKLY"), ["Week Monday"]),
    "Azure's week without a day": (parse_azure("2Weeks"), ["2Weeks Monday"]),
    "weekly from Sunday": (parse_rrule("FREQ=WEEKLY;BYDAY=SU,MO;WKST=SU"), ["Week Monday,Sunday"]),
    "weekly on six days": (
        parse_rrule("FREQ=WEEKLY;BYDAY=SU,SA,FR,TH,WE,TU"),
        ["Week Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday"],
    ),
    "every second week": (parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU"), ["2Weeks Sunday"]),
    "monthly": (parse_rrule("FREQ=MONTHLY"), ["Month day5"]),
    "Azure's month without a day": (parse_azure("Month"), ["Month day5"]),
    "every third month without a day": (parse_azure("3Months"), ["3Months day5"]),
    "days of the month": (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=15,1"), ["Month day1,day15"]),
    "days in another order": (
        parse_rrule("FREQ=MONTHLY;BYMONTHDAY=17,9,25,1,8"),
        ["Month day1,day8,day9,day17,day25"],
    ),
    "every third month": (parse_rrule("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31"), ["3Months day31"]),
    "a numbered weekday": (parse_rrule("FREQ=MONTHLY;BYDAY=4SA"), ["Month Fourth Saturday"]),
    "the last weekday": (parse_rrule("FREQ=MONTHLY;BYDAY=-1SU"), ["Month Last Sunday"]),
    "two numbered weekdays": (
        parse_rrule("FREQ=MONTHLY;BYDAY=1SA,-1SU"),
        ["Month Last Sunday", "Month First Saturday"],
    ),
    "two rules": (
        parse_rrule("FREQ=DAILY\nFREQ=WEEKLY;BYDAY=MO\nFREQ=DAILY"),
        ["Day", "Week Monday"],
    ),
    "from day 1 on": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=1,2,3,4,5,6,7"),
        ["Month First Saturday"],
    ),
    "from day 7 on": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13"),
        ["Month First Sunday Offset6"],
    ),
    "from day 8 on": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=8,9,10,11,12,13,14"),
        ["Month Second Saturday"],
    ),
    "from day 12 on": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=12,13,14,15,16,17,18"),
        ["Month Second Tuesday Offset4"],
    ),
    "from day 22 on": (
        parse_rrule("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=22,23,24,25,26,27,28"),
        ["Month Fourth Friday"],
    ),
    "several weeks and weekdays": (
        parse_azure("Month First,Third Saturday,Sunday"),
        [
            "Month First Saturday",
            "Month First Sunday",
            "Month Third Saturday",
            "Month Third Sunday",
        ],
    ),
    "an offset beyond six": (
        parse_azure("Month First Monday Offset9"),
        ["Month Second Monday Offset2"],
    ),
    "the first months of quarters": (
        parse_rrule("FREQ=YEARLY;BYMONTH=1,4,7,10;BYDAY=3SA"),
        ["3Months Third Saturday"],
    ),
    "the same months, monthly": (
        parse_rrule("FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=3SA"),
        ["3Months Third Saturday"],
    ),
    "every second month by name": (
        parse_rrule("FREQ=YEARLY;BYMONTH=2,4,6,8,10,12;BYDAY=-1FR"),
        ["2Months Last Friday"],
    ),
    "half years": (
        parse_rrule("FREQ=MONTHLY;BYMONTH=5,11;BYMONTHDAY=1,15"),
        ["6Months day1,day15"],
    ),
    "one month": (
        parse_rrule("FREQ=YEARLY;BYMONTH=3;BYDAY=1SU"),
        ["12Months First Sunday"],
    ),
    "months without an interval": (
        parse_rrule("FREQ=MONTHLY;BYMONTH=1,2,7;BYMONTHDAY=10"),
        ["6Months day10", "12Months day10"],
    ),
    "every second year": (
        parse_rrule("FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=1SU"),
        ["24Months First Sunday"],
    ),
    "every second month, of some": (
        parse_rrule("FREQ=MONTHLY;INTERVAL=2;BYMONTH=1,2,3;BYMONTHDAY=9"),
        ["12Months day9", "12Months day9"],
    ),
    "all months of the year": (
        parse_rrule("FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=1SU"),
        ["Month First Sunday"],
    ),
    "a day of each year": (parse_rrule("FREQ=YEARLY"), ["12Months day5"]),
    "a day of all months of the year": (
        parse_rrule("FREQ=YEARLY;BYMONTHDAY=15"),
        ["Month day15"],
    ),
    "the first weekday of the year": (
        parse_rrule("FREQ=YEARLY;BYDAY=1MO"),
        ["12Months First Monday"],
    ),
    "the last weekday of the year": (
        parse_rrule("FREQ=YEARLY;BYDAY=-1FR"),
        ["12Months Last Friday"],
    ),
    "a position": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYSETPOS=3"),
        ["Month Third Saturday"],
    ),
    "the last position": (
        parse_rrule("FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=-1"),
        ["12Months Last Sunday"],
    ),
    "weekdays of days": (parse_rrule("FREQ=DAILY;BYDAY=MO,FR"), ["Week Monday,Friday"]),
    "every such weekday of months": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA"),
        ["Week Saturday"],
    ),
    "every such weekday of years": (parse_rrule("FREQ=YEARLY;BYDAY=SA"), ["Week Saturday"]),
    "two weekdays in seven days": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA,SU;BYMONTHDAY=1,2,3,4,5,6,7"),
        ["Month First Saturday", "Month First Sunday"],
    ),
    "the last seven days": (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=-7,-6,-5,-4,-3,-2,-1"),
        ["Month Last Saturday"],
    ),
    "azure's own": (parse_azure("2Weeks Saturday"), ["2Weeks Saturday"]),
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_a_rule_for_azure_opens_on_the_same_days(name: str) -> None:
    """The recurrences for Azure have the days of the rule, and their text is Azure's."""
    rule, texts = SUPPORTED[name]
    made = azure_rules(rule, FRAME.anchor)
    assert [each.recurrence.text for each in made] == texts
    assert written_days(made) == days_of(rule)


REFUSED: dict[str, DayRule] = {
    "a position in all months of the year": parse_rrule("FREQ=YEARLY;BYDAY=SA;BYSETPOS=3"),
    "a position of several weekdays": parse_rrule("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1"),
    "a position from the end": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYSETPOS=-2"),
    "every such weekday of a month": parse_rrule("FREQ=YEARLY;BYMONTH=3;BYDAY=SU"),
    "every such weekday of some months": parse_rrule("FREQ=MONTHLY;INTERVAL=2;BYDAY=SU"),
    "days of an interval": parse_rrule("FREQ=DAILY;INTERVAL=2;BYDAY=MO"),
    "weeks of a month": parse_rrule("FREQ=WEEKLY;BYMONTH=3;BYDAY=SU"),
    "the twentieth weekday of the year": parse_rrule("FREQ=YEARLY;BYDAY=20MO"),
    "an interval of more than three digits": parse_rrule("FREQ=MONTHLY;INTERVAL=997;BYMONTH=1"),
    "a calendar": IcsEvents(()),
    "an excluded day": parse_rrule("FREQ=DAILY\nEXDATE:20260101"),
    "COUNT": parse_rrule("FREQ=DAILY;COUNT=5"),
    "UNTIL": parse_rrule("FREQ=DAILY;UNTIL=20270101"),
    "days of the year": parse_rrule("FREQ=YEARLY;BYYEARDAY=1"),
    "weeks of the year": parse_rrule("FREQ=YEARLY;BYWEEKNO=1"),
    "positions of days": parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1,15;BYSETPOS=1"),
    "days of the month, daily": parse_rrule("FREQ=DAILY;BYMONTHDAY=1"),
    "every second week from Sunday": parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU"),
    "days from the end": parse_rrule("FREQ=MONTHLY;BYMONTHDAY=-1"),
    "days from both ends": parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1,-1"),
    "the fifth weekday": parse_rrule("FREQ=MONTHLY;BYDAY=5SA"),
    "a fourth and a fifth weekday": parse_rrule("FREQ=MONTHLY;BYDAY=4SA,5SA"),
    "a numbered weekday and every such weekday": parse_rrule("FREQ=MONTHLY;BYDAY=1SA,SU"),
    "the last but one": parse_rrule("FREQ=MONTHLY;BYDAY=-2SA"),
    "a numbered weekday on a day": parse_rrule("FREQ=MONTHLY;BYDAY=1SA;BYMONTHDAY=1,2,3,4,5,6,7"),
    "six days": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=1,2,3,4,5,6"),
    "eight days": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=1,2,3,4,5,6,7,8"),
    "seven days with a gap": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=1,2,3,4,5,6,8"),
    "two days six days apart": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=1,7"),
    "seven days from both ends": parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=-1,1,2,3,4,5,6"),
    "twenty-one days after Patch Tuesday": AfterPatchTuesday(21),
    "fourteen days before Patch Tuesday": AfterPatchTuesday(-14),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_azure_does_not_support_is_refused(name: str) -> None:
    """A rule that no recurrence of Azure has is refused, never approximated."""
    with pytest.raises(CannotSay):
        azure_rules(REFUSED[name], FRAME.anchor)


def test_the_last_weekday_has_an_offset_of_its_own() -> None:
    """The last weekday of a month isn't a numbered one: only its own offset moves it."""
    for offset in (-6, 6):
        rule = AzureRecurrence("Month", offset=offset)
        made = nth(rule, LAST, 5)
        assert (made.weeks, made.weekdays, made.offset) == ((LAST,), (5,), offset)
    for offset in (-7, 7):
        with pytest.raises(CannotSay):
            nth(AzureRecurrence("Month", offset=offset), LAST, 5)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("Week Saturday,Sunday", "Week Monday,Sunday"),
        ("Week Monday", "Week Tuesday"),
        ("Month Second Tuesday", "Month Second Tuesday Offset1"),
        ("Month Second Tuesday Offset6", "Month Third Tuesday"),
        ("Month Last Sunday", "Month Last Sunday Offset1"),
        ("3Months First Monday", "3Months First Monday Offset1"),
    ],
)
def test_a_second_part_on_the_next_day(text: str, moved: str) -> None:
    """A part that starts after midnight has the rule of the next day."""
    later = shifted(parse_azure(text), 1)
    assert later.text == moved
    before = [day + timedelta(days=1) for day in days_of(parse_azure(text))]
    assert set(days_of(later)) - {FRAME.first} == set(before) - {FRAME.last + timedelta(days=1)}


@pytest.mark.parametrize("text", ["2Weeks Saturday", "Week", "Month", "Month day1", "Hour"])
def test_a_rule_that_has_no_next_day_is_refused(text: str) -> None:
    """Azure's intervals and days of the month can't be moved by a day."""
    assert shifted(parse_azure(text), 0) == parse_azure(text)
    with pytest.raises(CannotSay, match="3 h 55 min"):
        shifted(parse_azure(text), 1)


def test_every_day_is_the_same_a_day_later() -> None:
    """A daily rule has no other days when it moves."""
    assert shifted(parse_azure("3Days"), 1) == parse_azure("3Days")


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("22:00", 3, [("22:00", "3:00:00", 0)]),
        ("22:00", 3 + 55 / 60, [("22:00", "3:55:00", 0)]),
        ("22:00", 4, [("22:00", "2:00:00", 0), ("00:00", "2:00:00", 1)]),
        ("20:10", 8, [("20:10", "2:40:00", 0), ("22:50", "2:40:00", 0), ("01:30", "2:40:00", 1)]),
        ("23:59", 4 + 1 / 60, [("23:59", "2:00:00", 0), ("01:59", "2:01:00", 1)]),
        ("00:00", 7 + 50 / 60, [("00:00", "3:55:00", 0), ("03:55", "3:55:00", 0)]),
    ],
)
def test_a_long_window_has_parts(
    start: str, hours: float, expected: list[tuple[str, str, int]]
) -> None:
    """A window longer than Azure's limit is made of parts within the limit that follow each other,
    in whole minutes.
    """
    duration = timedelta(minutes=round(hours * 60))
    window = Window("w", parse_weekdays(["Sat"]), time.fromisoformat(start), duration)
    made = list(parts(window, AZURES))
    assert [(f"{part.start:%H:%M}", str(part.duration), days) for part, days in made] == expected
    assert sum((part.duration or timedelta() for part, _ in made), timedelta()) == duration


def test_a_window_without_times_has_no_parts() -> None:
    """A window of a calendar file has no times of its own."""
    window = Window("w", parse_weekdays(["Sat"]), time(2), timedelta(hours=1))
    for without in (window._replace(start=None), window._replace(duration=None)):
        with pytest.raises(CannotSay, match="`start` and `duration`"):
            list(parts(without, AZURES))


def test_a_rule_is_a_union_once() -> None:
    """Equal recurrences of a rule are one."""
    rule = parse_rrule("FREQ=WEEKLY;BYDAY=SA\nFREQ=WEEKLY;BYDAY=SA;WKST=SU")
    assert isinstance(rule, Rrules)
    assert len(azure_rules(rule)) == 1
