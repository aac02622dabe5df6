"""iCalendar feeds (RFC 5545): events with an identity that outlives each publication.

The rule of a feed that is published again and again, and that nobody keeps a state for:

- UID is a name-based UUID of what the event is (`FeedEvent.identity`): a product's release of a
  month, a machine's restart for a release. Never of its time, its place in the list, or the moment
  of writing.
- SEQUENCE and DTSTAMP come from what the event says. The number grows with what is known of it (a
  forecast is 0) and, for a restart, with its time; the stamp is the moment at which what it says
  became known. An unchanged feed is therefore the same text, byte for byte, on every machine and at
  any time.
- What no function of the content can know is that an event moved back, or that its words changed.
  Given the feed that was published before (`--previous`), an event that differs from it gets the
  next SEQUENCE and the as-of day as DTSTAMP, and one that does not differ keeps both.

Without a METHOD, DTSTAMP is the time of the last revision (RFC 5545, 3.8.7.2). All times are in
UTC: no client needs our zones.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.view_options import Feed

KNOWN_SINCE = datetime(2022, 2, 16, tzinfo=UTC)
"""The stamp of a forecast: the day since which the cadence is known, that of the first hotpatch
product.
"""

_NAMESPACE = "1f0d3f6e-52a1-5c0f-9d4e-7c1f6c2b9a10"  # of all feeds of this program; never changed
_OWN = ("DTSTAMP", "SEQUENCE")
_LARGEST_FEED = 32 * 1024 * 1024


class FeedEvent(NamedTuple):
    """One event. Days (the end not included) make it last all day, aware moments do not.

    `identity` is what it is, for its UID. `certain` is False for a forecast, and None where it was
    called off.
    """

    identity: tuple[str, ...]
    start: date | datetime
    end: date | datetime
    summary: str
    description: str = ""
    categories: tuple[str, ...] = ()
    certain: bool | None = True
    stamp: datetime = KNOWN_SINCE
    sequence: int = 0
    alarms: tuple[timedelta, ...] = ()

    @property
    def uid(self) -> str:
        """The UID: the same for the same identity, for ever."""
        from uuid import UUID, uuid5

        return str(uuid5(UUID(_NAMESPACE), json.dumps(self.identity)))


class Published(NamedTuple):
    """An event as it was published before: what it said, without its number and stamp, and those
    two.
    """

    content: bytes
    sequence: int
    stamp: datetime


def feed(name: str, events: Iterable[FeedEvent], options: Feed) -> str:
    """A calendar of this name with these events, in the order of their time."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//hotpatch//hotpatch-cli//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", visible(name))
    # How often clients ask again: by RFC 7986, and as Outlook reads it.
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for event in sorted(events, key=lambda event_: (str(_time(event_.start)), event_.uid)):
        calendar.add_component(_component(event, options))
    if not calendar.subcomponents:
        calendar.add_component(_utc())
    text: bytes = calendar.to_ical(sorted=False)
    return text.decode("utf-8")


def _utc() -> Any:
    """The zone of all our times: a calendar without any component is none (RFC 5545, 3.6)."""
    from icalendar import Timezone, TimezoneStandard

    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "Etc/UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001  RFC 5545 wants a local time here
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    zone.add_component(standard)
    return zone


def _component(event: FeedEvent, options: Feed) -> Any:
    from icalendar import Event as Component

    component = Component()
    component.add("uid", event.uid)
    component.add("dtstart", _time(event.start))
    component.add("dtend", _time(event.end))
    component.add("summary", visible(event.summary))
    if event.description:
        component.add("description", "\n".join(map(visible, event.description.split("\n"))))
    if event.categories:
        component.add("categories", list(map(visible, event.categories)))
    component.add(
        "status", {True: "CONFIRMED", False: "TENTATIVE", None: "CANCELLED"}[event.certain]
    )
    component.add("transp", "TRANSPARENT")
    for before in sorted(set(event.alarms), reverse=True):
        component.add_component(_alarm(event, before))
    sequence, stamp = _numbered(event, component.to_ical(sorted=False), options)
    component.add("sequence", sequence)
    component.add("dtstamp", stamp)
    return component


def _time(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _alarm(event: FeedEvent, before: timedelta) -> Any:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add("description", visible(event.summary))
    return alarm


def _numbered(event: FeedEvent, content: bytes, options: Feed) -> tuple[int, datetime]:
    """(SEQUENCE, DTSTAMP) of an event that says this."""
    before = options.previous.get(event.uid) if options.previous else None
    if before is None:
        return event.sequence, event.stamp
    if before.content == content:
        return before.sequence, before.stamp
    today = datetime.combine(options.day, time(), UTC)
    return max(event.sequence, before.sequence + 1), max(event.stamp, before.stamp, today)


def published(text: str) -> dict[str, Published]:
    """The events of a feed by their UID. Raises ValueError where it is none, with the reason."""
    from icalendar import Calendar

    if len(text) > _LARGEST_FEED:
        raise ValueError(
            f"it has {len(text) // 2**20} MB; a feed of ours has at most {_LARGEST_FEED // 2**20}"
        )
    calendar = Calendar.from_ical(text)
    found = {}
    for component in calendar.walk("VEVENT"):
        uid, sequence, stamp = (component.get(key) for key in ("UID", "SEQUENCE", "DTSTAMP"))
        if uid is None or stamp is None:
            raise ValueError("an event in it has no UID or no DTSTAMP")
        for key in _OWN:
            component.pop(key, None)
        content = component.to_ical(sorted=False)
        found[str(uid)] = Published(content, int(sequence or 0), stamp.dt.astimezone(UTC))
    return found
