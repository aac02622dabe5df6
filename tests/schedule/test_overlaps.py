"""When two windows of one machine are open at the same time: against every minute, by brute
force.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.schedule.azure import parse_azure
from hotpatch_cli.schedule.overlaps import first_meeting
from hotpatch_cli.schedule.windows import Window, ZoneMissing

BEGIN = datetime(2026, 2, 15, tzinfo=UTC)
DAYS = 60
END = BEGIN + timedelta(days=DAYS)
ZONES = ("UTC", "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe")
MINUTE = timedelta(minutes=1)
FIRST = date(2026, 1, 5)  # a Monday
FRIDAY = 5


def after_second_tuesday(day: date) -> bool:
    """Whether a day is four days after the second Tuesday of its month."""
    counted = day - timedelta(days=4)
    return counted.isoweekday() == 2 and 8 <= counted.day <= 14


def before_last_sunday(day: date) -> bool:
    """Whether a day is six days before the last Sunday of the month of that Sunday."""
    counted = day + timedelta(days=6)
    return counted.isoweekday() == 7 and (counted + timedelta(days=7)).month != counted.month


OPENS: dict[str, Callable[[date], bool]] = {
    "Day": lambda _: True,
    "3Days": lambda day: (day - FIRST).days % 3 == 0,
    "Week Saturday,Sunday": lambda day: day.isoweekday() > FRIDAY,
    "2Weeks Friday": lambda day: day.isoweekday() == FRIDAY and (day - FIRST).days // 7 % 2 == 0,
    "Month day1,day14,day28": lambda day: day.day in (1, 14, 28),
    "Month Second Tuesday Offset4": after_second_tuesday,
    "Month Last Sunday Offset-6": before_last_sunday,
}
"""Rules, and whether they open on a day: no code of the program."""

windows = st.builds(
    lambda text, hour, minute, length, zone, until: Window(
        "",
        parse_azure(text),
        start=time(hour, minute),
        duration=timedelta(minutes=length),
        timezone=zone,
        from_day=FIRST,
        until=until,
    ),
    st.sampled_from(sorted(OPENS)),
    st.integers(0, 23),
    st.sampled_from([0, 1, 30, 59]),
    st.integers(1, 400),
    st.sampled_from(ZONES),
    st.sampled_from([None, date(2026, 3, 1)]),
)


def open_minutes(window: Window) -> set[datetime]:
    """Every minute in UTC at which a window is open, from what its zone's clocks show.

    It asks each day whether the rule holds. A start that the clocks skip begins with the first
    minute after the gap.
    """
    zone = ZoneInfo(window.timezone or "")
    found: set[datetime] = set()
    day = date(2026, 2, 10)
    while day <= (END + timedelta(days=3)).date():
        opens = OPENS[window.rule.text](day)  # type: ignore[union-attr]
        if opens and not (window.until and day > window.until):
            wall = datetime.combine(day, window.start or time())
            moment = first_minute(wall, zone)
            length = int((window.duration or timedelta()) / MINUTE)
            found |= {moment + number * MINUTE for number in range(length)}
        day += timedelta(days=1)
    return {minute for minute in found if BEGIN <= minute < END}


def first_minute(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first minute of UTC, within a day, at which the clocks show this or a later time."""
    offset = wall.replace(tzinfo=zone).utcoffset() or timedelta()
    minute = wall.replace(tzinfo=UTC) - offset - timedelta(hours=2)
    while minute.astimezone(zone).replace(tzinfo=None) < wall:
        minute += MINUTE
    return minute


@settings(max_examples=100, deadline=None)
@given(st.lists(windows, min_size=2, max_size=3))
def test_the_first_meeting_is_that_of_every_minute(found: list[Window]) -> None:
    """Windows meet from the first minute at which two of them are open, or never."""
    named = [window._replace(name=f"w{number}") for number, window in enumerate(found)]
    minutes = [open_minutes(window) for window in named]
    shared = {
        minute
        for number, mine in enumerate(minutes)
        for other in minutes[number + 1 :]
        for minute in mine & other
    }
    meeting = first_meeting(named, None, BEGIN, END - MINUTE)
    if not shared:
        assert meeting is None
        return
    assert meeting is not None
    assert max(meeting.start.astimezone(UTC), BEGIN) == min(shared)
    both = [minutes[int(one.window[1:])] for one in (meeting.earlier, meeting.later)]
    assert max(BEGIN, meeting.start) in both[0] & both[1]
    assert meeting.end.astimezone(UTC) == min(
        one.end.astimezone(UTC) for one in (meeting.earlier, meeting.later)
    )


def test_windows_without_a_zone_take_that_of_the_machine() -> None:
    """Without a zone of the window or the machine, nobody knows when they meet."""
    pair = [
        Window(name, parse_azure("Day"), start=time(hour), duration=timedelta(hours=2))
        for name, hour in (("a", 20), ("b", 21))
    ]
    meeting = first_meeting(pair, ZoneInfo("Europe/Stockholm"), BEGIN, END)
    assert meeting is not None
    assert f"{meeting.start:%Y-%m-%d %H:%M %z}" == "2026-02-15 21:00 +0100"
    with pytest.raises(ZoneMissing):
        first_meeting(pair, None, BEGIN, END)
