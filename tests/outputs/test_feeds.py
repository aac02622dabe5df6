"""Calendar feeds: valid, stable when published again, and honest about what is a forecast."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.outputs.ics import FeedEvent, feed, published
from hotpatch_cli.outputs.view_options import Feed
from tests.conftest import Done, Hotpatch

ARC = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
OWN = (
    f"platform: arc, os: Windows Server 2025 Datacenter, {ARC}, timezone: Europe/"
    f"Stockholm, window: nights"
)
FLEET = f"""
fleet: contoso
windows:
  nights: {{days: [Sat], start: 22:00, duration: 4h}}
machines:
  - {{name: a, {OWN}, groups: [sql], build: 26100.7092}}
  - {{name: b, {OWN}, groups: [sql], build: 26100.7092}}
  - {{name: c, {OWN}, build: 26100.7092, pending: [{{kind: driver}}]}}
groups:
  sql: {{}}
"""


def events(text: str) -> dict[str, Any]:
    """The events by UID, read by the icalendar library; each UID once, and the same ones by another
    parser.
    """
    calendar = icalendar.Calendar.from_ical(text)
    found = {str(each["UID"]): each for each in calendar.walk("VEVENT")}
    assert len(found) == text.split("\r\n").count("BEGIN:VEVENT")
    other = {each.uid.value: each for each in getattr(vobject.readOne(text), "vevent_list", [])}
    assert {uid: each.summary.value for uid, each in other.items()} == {
        uid: str(each["SUMMARY"]) for uid, each in found.items()
    }
    assert {uid: each.dtstart.value for uid, each in other.items()} == {
        uid: each["DTSTART"].dt for uid, each in found.items()
    }
    return found


def published_again(before: Done, after: Done) -> dict[str, tuple[int, int]]:
    """SEQUENCE before and after of the events that are in both and say another thing."""
    old, new = events(before.out), events(after.out)
    return {
        uid: (int(old[uid]["SEQUENCE"]), int(new[uid]["SEQUENCE"]))
        for uid in old.keys() & new.keys()
        if old[uid].to_ical() != new[uid].to_ical()
    }


def test_without_a_year_the_coming_one_is_in_the_feed(hotpatch: Hotpatch) -> None:
    """Who subscribes in December sees January's baseline; the table stays that of one year."""
    done = hotpatch("calendar", "--as-of", "2025-12-15", "-f", "ics")
    days = {each["DTSTART"].dt for each in events(done.out).values()}
    assert {date(2025, 12, 9), date(2026, 1, 13), date(2026, 12, 8)} <= days
    assert date(2027, 1, 12) not in days
    whole = events(hotpatch("calendar", "--year", "2026", "--as-of", "2025-12-15", "-f", "ics").out)
    assert whole.items() <= events(done.out).items()
    assert hotpatch("calendar", "--as-of", "2025-12-15", "-f", "json").json["year"] == 2025


def test_a_feed_without_events_is_a_calendar(hotpatch: Hotpatch) -> None:
    """RFC 5545, 3.6: a calendar has at least one component; without an event, the zone of all our
    times.
    """
    done = hotpatch("calendar", "--year", "2021", "-f", "ics")
    assert done.code == 0
    assert events(done.out) == {}
    [only] = icalendar.Calendar.from_ical(done.out).subcomponents
    assert only.name == "VTIMEZONE"
    assert vobject.readOne(done.out).vtimezone.tzid.value == "Etc/UTC"
    assert "TZID" not in hotpatch("calendar", "--year", "2025", "-f", "ics").out


def releases(hotpatch: Hotpatch, as_of: str, *options: str) -> Done:
    """The feed of 2026's releases as of a day."""
    done = hotpatch("feed", "releases", "--year", "2026", "--as-of", as_of, *options)
    assert done.code == 0, done.err
    return done


def restarts(
    hotpatch: Hotpatch, *options: str, fleet: str = FLEET, as_of: str = "2025-12-15"
) -> Done:
    """The feed of a fleet's restarts."""
    name = hotpatch.write("fleet.yaml", fleet)
    done = hotpatch("feed", "restarts", name, "--as-of", as_of, *options)
    assert done.code == 0, done.err
    return done


# --- the text ----------------------------------------


def well_formed(text: str) -> None:
    """RFC 5545: CRLF everywhere, at most 75 octets a line, balanced components, the needed
    properties once.
    """
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    for block in re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", text, re.DOTALL):
        for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS"):
            assert len(re.findall(rf"^{name}[:;]", block, re.MULTILINE)) == 1, name
    for name in ("VERSION:2.0", "PRODID:"):
        assert text.count(f"\r\n{name}") == 1


NAMES = st.text(st.characters(codec=None), min_size=1, max_size=60)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    names=st.lists(
        st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=4, unique_by=lambda each: each[0]
    )
)
def test_whatever_the_names_a_feed_is_well_formed_and_read_back(
    names: list[tuple[str, str, str]],
) -> None:
    """Line ends, escapes, controls, half characters and long words survive as something that others
    can read.
    """
    day = date(2026, 1, 13)
    listed = [
        FeedEvent((who,), day, day + timedelta(days=1), what, what, (kind,))
        for who, what, kind in names
    ]
    text = feed(names[0][1], listed, Feed())
    well_formed(text)
    found = events(text)
    assert {each.uid for each in listed} == found.keys()
    for each in listed:
        if each.summary.isprintable():
            assert str(found[each.uid]["SUMMARY"]) == each.summary


def test_identities_do_not_run_into_each_other() -> None:
    """A name with a line end is not two names."""
    day = date(2026, 1, 13)
    one, other = (FeedEvent(identity, day, day, "") for identity in (("a", "b"), ("a\nb",)))
    assert one.uid != other.uid


@pytest.mark.parametrize(
    "command",
    [
        ("feed", "releases", "--year", "2025", "--as-of", "2026-03-01", "--alarm", "7d"),
        ("feed", "restarts", "fleet.yaml", "--as-of", "2025-12-15", "--alarm", "12h"),
        ("feed", "restarts", "fleet.yaml", "--as-of", "2025-12-15", "--by", "group"),
        ("feed", "openings", "fleet.yaml", "--from", "2025-12-15", "--alarm", "1d"),
        ("feed", "openings", "fleet.yaml", "--from", "2025-12-15", "--by", "window"),
        ("calendar", "--year", "2025", "--as-of", "2026-03-01", "-f", "ics"),
        ("check", "fleet.yaml", "--as-of", "2025-12-15", "-f", "ics"),
        ("windows", "list", "fleet.yaml", "--from", "2025-12-15", "-f", "ics"),
    ],
)
def test_every_feed_is_well_formed_and_the_same_each_time(
    hotpatch: Hotpatch, command: tuple[str, ...]
) -> None:
    """Two runs give the same bytes; both parsers read them."""
    hotpatch.write("fleet.yaml", FLEET)
    done, again = hotpatch(*command), hotpatch(*command)
    well_formed(done.out)
    assert len(events(done.out)) > 1
    assert done.out == again.out


# --- releases ----------------------------------------


def test_baselines_stand_out_and_forecasts_are_tentative(hotpatch: Hotpatch) -> None:
    """Summary and category tell a baseline from a hotpatch; what nothing confirms is TENTATIVE."""
    found = events(releases(hotpatch, "2026-02-28", "--product", "ws2025").out).values()
    said = {str(each["DTSTART"].dt): each for each in found}
    january, february, march, april = (
        said[day] for day in ("2026-01-13", "2026-02-10", "2026-03-10", "2026-04-14")
    )
    assert january["SUMMARY"] == "Windows Server 2025: baseline KB5073379, restarts"
    assert str(january["CATEGORIES"].cats[0]) == str(april["CATEGORIES"].cats[0]) == "Baseline"
    assert str(february["CATEGORIES"].cats[0]) == str(march["CATEGORIES"].cats[0]) == "Hotpatch"
    assert [each["STATUS"] for each in (january, march, april)] == [
        "CONFIRMED",
        "TENTATIVE",
        "TENTATIVE",
    ]
    assert april["SUMMARY"] == "Windows Server 2025: baseline, restarts (forecast)"


def test_a_forecast_that_is_confirmed_updates_its_event(hotpatch: Hotpatch) -> None:
    """The UID stays, SEQUENCE grows, and no event is doubled; what did not change keeps its number
    and stamp.
    """
    before, after = releases(hotpatch, "2026-01-01"), releases(hotpatch, "2026-01-14")
    changed = published_again(before, after)
    assert len(changed) == 2
    assert all(old < new for old, new in changed.values())
    assert events(before.out).keys() == events(after.out).keys()


def test_a_hotpatch_month_that_became_a_baseline_is_one_event(hotpatch: Hotpatch) -> None:
    """June 2026 was planned as a hotpatch and became an unplanned baseline: the same
    event says so.
    """
    before, after = (
        releases(hotpatch, day, "--product", "ws2025") for day in ("2026-05-20", "2026-06-20")
    )
    june = [
        uid for uid, each in events(before.out).items() if str(each["DTSTART"].dt) == "2026-06-09"
    ]
    assert len(june) == 1
    assert "UNPLANNED baseline" in events(after.out)[june[0]]["SUMMARY"]


@pytest.mark.parametrize("alarms", [["7d"], ["7d", "12h"]])
def test_alarms_ring_before_baselines_only(hotpatch: Hotpatch, alarms: list[str]) -> None:
    """Each baseline has all of them; a hotpatch has none."""
    options = [word for each in alarms for word in ("--alarm", each)]
    for each in events(releases(hotpatch, "2026-02-28", *options).out).values():
        baseline = "baseline" in each["SUMMARY"].lower()
        assert len(each.walk("VALARM")) == (len(alarms) if baseline else 0)
        assert all(alarm["TRIGGER"].dt < timedelta() for alarm in each.walk("VALARM"))


# --- restarts ----------------------------------------


def test_each_machine_has_its_next_restart(hotpatch: Hotpatch) -> None:
    """An event lies where the machine's window opens; the forecast of a baseline is TENTATIVE."""
    found = {
        str(each["SUMMARY"]).split(":")[0]: each for each in events(restarts(hotpatch).out).values()
    }
    assert found["a"]["DTSTART"].dt == datetime(2026, 1, 17, 21, tzinfo=UTC)
    assert found["a"]["DTEND"].dt == datetime(2026, 1, 18, 1, tzinfo=UTC)
    assert "Europe/Stockholm" in found["a"]["DESCRIPTION"]
    assert (found["a"]["STATUS"], found["c"]["STATUS"]) == ("TENTATIVE", "CONFIRMED")


def test_a_group_has_one_event_for_each_opening(hotpatch: Hotpatch) -> None:
    """Members that restart together share an event that names them; a machine without a group has
    its own.
    """
    found = sorted(
        str(each["SUMMARY"]) for each in events(restarts(hotpatch, "--by", "group").out).values()
    )
    assert found == [
        "c: restart (pending updates that aren't hotpatches, confirmed)",
        "sql: 2 machines restart (baseline of 2026-01-13, forecast)",
    ]


def test_two_zones_of_a_group_are_two_events(hotpatch: Hotpatch) -> None:
    """The same window opens at another moment in another zone."""
    fleet = FLEET.replace("name: b, platform: arc", "name: b, platform: arc").replace(
        "Stockholm, window: nights, groups: [sql], build: 26100.7092}\n  - {name: c",
        "Lisbon, window: nights, groups: [sql], build: 26100.7092}\n  - {name: c",
    )
    assert fleet != FLEET
    assert len(events(restarts(hotpatch, "--by", "group", fleet=fleet).out)) == 3


@pytest.mark.parametrize("by", ["machine", "group"])
def test_a_restart_that_moves_later_updates_its_event(hotpatch: Hotpatch, by: str) -> None:
    """A freeze moves January's restart: the same UID, a higher SEQUENCE, no second event."""
    frozen = FLEET + "freezes: [{name: stop, from: 2026-01-17, to: 2026-01-19}]\n"
    before, after = restarts(hotpatch, "--by", by), restarts(hotpatch, "--by", by, fleet=frozen)
    assert events(before.out).keys() == events(after.out).keys()
    changed = published_again(before, after)
    assert changed
    assert all(old < new for old, new in changed.values())


def test_the_day_of_publishing_changes_nothing(hotpatch: Hotpatch) -> None:
    """Nothing happened between two days: the feed is the same, byte for byte."""
    fleet = FLEET.replace(", pending: [{kind: driver}]", "")
    assert (
        restarts(hotpatch, fleet=fleet).out
        == restarts(hotpatch, fleet=fleet, as_of="2025-12-20").out
    )


def test_the_order_of_machines_changes_nothing(hotpatch: Hotpatch) -> None:
    """Nor does the order in which an export has them."""
    head, a, b, c, tail = re.split(r"(?m)^(?=  - |groups)", FLEET)
    assert restarts(hotpatch).out == restarts(hotpatch, fleet=head + c + b + a + tail).out


def test_given_the_feed_before_any_change_counts(hotpatch: Hotpatch) -> None:
    """A restart that moves back gets the next number and the as-of day; the others keep theirs."""
    frozen = FLEET + "freezes: [{name: stop, from: 2026-01-17, to: 2026-01-19}]\n"
    before = restarts(hotpatch, fleet=frozen)
    hotpatch.write("old.ics", before.out)
    after = restarts(hotpatch, "--previous", "old.ics")
    changed = published_again(before, after)
    assert len(changed) == 2
    assert all(new == old + 1 for old, new in changed.values())
    stamps = {uid: each["DTSTAMP"].dt for uid, each in events(after.out).items()}
    assert {stamps[uid] for uid in changed} == {datetime(2025, 12, 15, tzinfo=UTC)}
    hotpatch.write("old.ics", after.out)
    assert restarts(hotpatch, "--previous", "old.ics").out == after.out


def test_what_has_no_opening_is_said(hotpatch: Hotpatch) -> None:
    """A machine without a window is not in the feed, and named on standard error."""
    done = restarts(hotpatch, fleet=FLEET.replace("window: nights, build", "build"))
    assert "1 restart has no known opening and isn't in the feed: c." in done.err


def test_where_azure_decides_the_event_lasts_until_the_last_day(hotpatch: Hotpatch) -> None:
    """No hour is invented: an all-day, tentative event from the release to the day by which Azure
    restarts.
    """
    fleet = """
machines:
  - name: web
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition
    patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}
    build: 26100.7092
"""
    [event] = events(restarts(hotpatch, fleet=fleet).out).values()
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 1, 13), date(2026, 2, 13))
    assert event["STATUS"] == "TENTATIVE"


def test_what_azure_restarts_for_a_release_is_one_event(hotpatch: Hotpatch) -> None:
    """A hundred machines that Azure restarts are no hundred events of a month; the event of a
    release stays the same one, however many machines there are.
    """
    fleets = {}
    for count in (1, 100):
        machines = (
            f"""
  - name: web{at:02}
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition
    patching: {{mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}
    build: 26100.7092"""
            for at in range(count)
        )
        fleets[count] = events(restarts(hotpatch, fleet=f"machines:{''.join(machines)}\n").out)
    (uid,) = fleets[100]
    assert list(fleets[1]) == [uid]
    assert fleets[100][uid]["SUMMARY"].startswith("100 machines restart by Azure")


def test_a_feed_says_how_often_to_ask_again(hotpatch: Hotpatch) -> None:
    """Clients that subscribe know the interval, by the standard and as Outlook reads it."""
    calendar = icalendar.Calendar.from_ical(restarts(hotpatch, fleet=FLEET).out)
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=12)
    assert calendar["X-PUBLISHED-TTL"] == "PT12H"


# --- openings ----------------------------------------


def test_an_opening_that_a_freeze_takes_is_called_off(hotpatch: Hotpatch) -> None:
    """Its UID stays, so that who had it loses it."""
    hotpatch.write("fleet.yaml", FLEET)
    listing = ("windows", "list", "fleet.yaml", "--from", "2026-01-12", "--next", "1", "-f", "ics")
    before = hotpatch(*listing)
    hotpatch.write(
        "fleet.yaml", FLEET + "freezes: [{name: stop, from: 2026-01-17, to: 2026-01-19}]\n"
    )
    after = hotpatch(*listing)
    assert len(published_again(before, after)) == 3
    assert {str(each["STATUS"]) for each in events(after.out).values()} == {"CANCELLED"}
    assert "Frozen by stop: 240 min." in after.out.replace("\r\n ", "")


# --- options ----------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--alarm", "soon"), "duration"),
        (("--by", "moon"), "isn't valid"),
        (("--by", "window"), "isn't valid"),
        (("--previous", "fleet.yaml"), "isn't a calendar feed"),
        (("--previous", "nowhere.ics"), "nowhere.ics"),
        (("-o", "restarts.json"), "doesn't write json"),
    ],
)
def test_a_wrong_option_is_refused(hotpatch: Hotpatch, options: tuple[str, ...], said: str) -> None:
    """Code 2, and what to do."""
    done = hotpatch("feed", "restarts", hotpatch.write("fleet.yaml", FLEET), *options)
    assert done.code == 2
    assert said in done.err


PLAIN = {
    "releases": ("calendar", "--as-of", "2025-12-15"),
    "restarts": ("check", "fleet.yaml", "--as-of", "2025-12-15"),
    "openings": ("windows", "list", "fleet.yaml", "--from", "2025-12-15"),
}


@pytest.mark.parametrize(("name", "command"), PLAIN.items(), ids=PLAIN)
def test_the_plain_feed_is_that_of_the_other_command(
    hotpatch: Hotpatch, name: str, command: tuple[str, ...]
) -> None:
    """`-f ics` of check, calendar and windows list is the feed without options."""
    hotpatch.write("fleet.yaml", FLEET)
    words = [word for word in command[1:] if word != "list"]
    assert hotpatch("feed", name, *words).out == hotpatch(*command, "-f", "ics").out


@pytest.mark.parametrize("command", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("option", ["--alarm", "--previous"])
def test_only_a_feed_has_the_options_of_feeds(
    hotpatch: Hotpatch, command: tuple[str, ...], option: str
) -> None:
    """Elsewhere they are unknown."""
    hotpatch.write("fleet.yaml", FLEET)
    done = hotpatch(*command, "-f", "ics", option, "7d")
    assert (done.code, done.out) == (2, "")
    assert "isn't an option" in done.err


def test_alarms_ring_before_openings_that_are_left(hotpatch: Hotpatch) -> None:
    """An opening has the reminders that are asked for; one that a freeze takes has none."""
    frozen = FLEET + "freezes: [{name: stop, from: 2026-01-17, to: 2026-01-19}]\n"
    hotpatch.write("fleet.yaml", frozen)
    dates = ("--from", "2026-01-12", "--next", "2")
    done = hotpatch("feed", "openings", "fleet.yaml", *dates, "--alarm", "1d")
    for event in events(done.out).values():
        assert len(event.walk("VALARM")) == (0 if event["STATUS"] == "CANCELLED" else 1)


def test_a_feed_is_read_back_as_it_was_written() -> None:
    """Numbers and stamps survive; an unchanged event gets none of its own."""
    day = date(2026, 1, 13)
    event = FeedEvent(
        ("a",),
        day,
        day + timedelta(days=1),
        "ä, ;\\ " + "long " * 40,
        "one\ntwo",
        ("x", "y"),
        certain=False,
    )
    text = feed("f", [event], Feed(alarms=(timedelta(days=7),)))
    assert feed("f", [event], Feed(previous=published(text), day=date(2030, 1, 1))) == text


@pytest.mark.parametrize("names", [("WEB01", "web01"), ("Straße", "STRASSE")])
@pytest.mark.parametrize("command", ["check", "plan"])
def test_two_machines_are_two_events(hotpatch: Any, command: str, names: tuple[str, str]) -> None:
    """Names in another letter case are two machines: no event of one
    takes the place of the other's.
    """
    machine = (
        "{name: %s, platform: arc, os: Windows Server 2025 Standard, build: 26100.1742,"
        " timezone: Europe/Berlin, window: night, arc: {status: Connected, hotpatch: Enabled,"
        " enablement: Enabled, vbs: running, secure_boot: true, uefi: true}}"
    )
    text = (
        "windows: {night: {days: [sat, sun], start: '22:00', duration: 3h}}\n"
        f"machines: [{machine % names[0]}, {machine % names[1]}]\n"
    )
    fleet = hotpatch.write("fleet.yaml", text)
    out = hotpatch(command, fleet, "--as-of", "2025-12-15", "-f", "ics").out
    events = icalendar.Calendar.from_ical(out).walk("VEVENT")
    assert len(events) == 2
    assert len({str(event["UID"]) for event in events}) == 2
