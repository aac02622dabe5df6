"""Zones by both of their names."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.zones import UnknownZone, find_zone, iana_name, windows_name


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("GTB Standard Time", "Europe/Bucharest"),
        ("E. Europe Standard Time", "Europe/Chisinau"),
        ("India Standard Time", "Asia/Calcutta"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Eastern Standard Time", "America/New_York"),
        ("UTC-02", "Etc/GMT+2"),
        ("UTC+13", "Etc/GMT-13"),
        ("Lord Howe Standard Time", "Australia/Lord_Howe"),
    ],
)
def test_either_name_finds_the_zone(name: str, iana: str) -> None:
    """An IANA name is taken as it is, and a Windows name by the CLDR table, whatever its case."""
    assert find_zone(name).key == iana


def test_utc_minus_two_is_behind_utc() -> None:
    """Windows writes UTC-02 for a clock two hours behind UTC, although IANA calls it Etc/GMT+2."""
    assert datetime(2026, 1, 1, tzinfo=UTC).astimezone(find_zone("UTC-02")).hour == 22


@pytest.mark.parametrize(
    ("iana", "windows"),
    [
        ("Europe/Stockholm", "W. Europe Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("UTC", "UTC"),
        ("America/Sao_Paulo", "E. South America Standard Time"),
        ("Antarctica/Troll", None),
    ],
)
def test_a_zone_has_a_windows_name(iana: str, windows: str | None) -> None:
    """The Windows name of a zone is CLDR's; a zone without one is None, never guessed."""
    assert windows_name(iana) == windows


def test_windows_names_come_back() -> None:
    """Every Windows name leads to a zone whose Windows name it is."""
    names = {windows_name(iana) for iana in available_timezones()} - {None}
    assert len(names) > 100
    assert {windows_name(iana_name(name)) for name in names if name} == names


def test_every_zone_of_the_database_is_found() -> None:
    """What the zone database lists is found under its own name, except its placeholder Factory."""
    for name in available_timezones() - {"Factory", "localtime"}:
        assert find_zone(name) is ZoneInfo(name)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("Europe/Stokholm", "Europe/Stockholm"),
        ("europe/stockholm", "Europe/Stockholm"),
        ("Stockholm", "Europe/Stockholm"),
        ("W Europe Standard Time", "W. Europe Standard Time"),
        ("Eastern Standard Tme", "Eastern Standard Time"),
        ("new york", "America/New_York"),
        ("Sydney", "Australia/Sydney"),
    ],
)
def test_an_unknown_name_gets_the_nearest(wrong: str, nearest: str) -> None:
    """A misspelled name is refused, and the message suggests the name that was meant."""
    with pytest.raises(UnknownZone, match=rf"Did you mean {nearest}\?"):
        find_zone(wrong)


@pytest.mark.parametrize(
    ("offset", "zone"),
    [("GMT+1", "Etc/GMT-1"), ("UTC-2", "Etc/GMT+2"), ("UTC+01:00", "Etc/GMT-1")],
)
def test_an_offset_gets_the_zone_of_that_offset(offset: str, zone: str) -> None:
    """The Etc zone that an offset gets has this offset, although its name has the other sign."""
    hours = int(offset[3:6])
    with pytest.raises(UnknownZone, match=re.escape(f"specify {zone}") + "$"):
        find_zone(offset)
    assert datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name",
    [
        *("BST", "CST", "IST", "PST", "CEST", "EDT", "AEST", "West", "North", "Central"),
        *("Eastern", "GMT+15", "UTC+5:30", "Etc/GMT+01", "Etc/GMT+1x", "CET/CEST"),
        *("Western Standard Time", "N. Europe Standard Time", "Arabi Standard Time"),
    ],
)
def test_a_zone_that_may_have_another_offset_is_never_suggested(name: str) -> None:
    """An abbreviation, an offset or a name that is near to zones of several offsets gets none."""
    with pytest.raises(UnknownZone) as refused:
        find_zone(name)
    words = set(re.findall(r"[^\s,?()]+", str(refused.value).replace(repr(name), "")))
    assert words.isdisjoint(available_timezones())
    assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../etc/passwd",
            "/etc/localtime",
            "Europe",
            "Europe/",
            "right/UTC",
            "posixrules",
            "tzdata.zi",
            "zone.tab",
        ),
        *("C:\\Windows", ".", "..", "", "x" * 10**6, "a\x00b", "\ud800", "Europe\n/Stockholm"),
    ],
)
def test_hostile_names_are_unknown(name: str) -> None:
    """Paths, folders, control codes and very long names are unknown zones, in one short line."""
    with pytest.raises(UnknownZone) as refused:
        find_zone(name)
    message = str(refused.value)
    assert len(message) < 300
    assert message.isprintable()


@pytest.mark.slow
@given(st.text(max_size=40))
def test_any_text_is_a_zone_or_unknown(name: str) -> None:
    """No text makes anything but a zone or UnknownZone."""
    try:
        assert find_zone(name).key
    except UnknownZone as refused:
        assert str(refused).isprintable()
