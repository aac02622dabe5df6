"""A plan as a chart: restarts by night from the release on, with freezes behind; below, each night
by the clock.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from math import ceil, floor
from typing import Any, NamedTuple

from hotpatch_cli.outputs.charts.clock import clock_of, zone_name
from hotpatch_cli.outputs.charts.draw import INKS, Spec
from hotpatch_cli.outputs.charts.nights import ChartLane, ChartNight, ChartSpan, nights
from hotpatch_cli.outputs.charts.room import room, shortened
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.planning import PlanningInput, Reboot
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.freezes import Freeze

NIGHTS = 14
"""The nights that are drawn by the clock; the overview and the table of the plan have all of them.
"""
_DAY = timedelta(days=1)
_LANE, _BAR = 24, 12
_TALL = 40
"""A lane of a telephone has a line of words above its bar."""
_FEW_DAYS = 21
_FREEZES, _TEXT, _LABEL = 6, 11, 12
"""Rows for the names of freezes; the sizes of texts and of the names of lanes."""
_BROAD, _SLIM = 1040, 340
_MOST_NAME, _MOST_WORDS = 270, 400


class _Layout(NamedTuple):
    """The widths of a chart: names of lanes, the axis, and the words beside it."""

    names: float
    width: float
    narrow: bool


def timeline(
    prepared: PlanningInput, reboots: Sequence[Reboot], *, narrow: bool = False, titled: bool = True
) -> Spec:
    """The plan, for a slide or a wide page; or narrow, for a telephone."""
    planned = nights(prepared, reboots)
    layout = _layout(planned[:NIGHTS], narrow=narrow)
    clock = _clock_name(reboots)
    parts = [_overview(prepared, planned, _SLIM if narrow else _BROAD - layout.names)]
    if planned:
        hours = _hours(planned[:NIGHTS])
        parts += [_night(night, hours, layout, clock) for night in planned[:NIGHTS]]
    spec: Spec = {"vconcat": parts, "spacing": 78 if narrow else 64, "bounds": "flush"}
    if titled:
        spec["title"] = {
            "text": f"Restarts for the baseline of {prepared.release_day}",
            "subtitle": [
                "Blue: restarts. Pale blue: openings of the windows. Pale red: freezes.",
                f"All times are in {clock}.",
            ],
        }
    return spec


def _clock_name(reboots: Sequence[Reboot]) -> str:
    """The zone of the chart's one clock."""
    moments = [row.start for row in reboots[:1]]
    zone = clock_of(reboots)
    return visible(zone_name(in_zone(moments[0], zone))) if moments else "UTC"


def _layout(planned: Sequence[ChartNight], *, narrow: bool) -> _Layout:
    """The widest labels decide: names left of the axis, words right of it; none is cut."""
    if narrow:
        return _Layout(0, _SLIM, narrow=True)
    lanes = _lanes(planned)
    names = max((room(_short(lane.label), _LABEL) for lane in lanes), default=0) + 14
    words = max((room(_beside(lane), _TEXT) for lane in lanes), default=0) + 16
    return _Layout(names, _BROAD - names - words, narrow=False)


def _lanes(planned: Sequence[ChartNight]) -> list[ChartLane]:
    """The lanes of all nights."""
    return list(chain.from_iterable(night.lanes for night in planned))


def _short(name: str) -> str:
    return shortened(visible(name), _MOST_NAME, _LABEL)


def _beside(lane: ChartLane) -> str:
    """The words beside a lane: when, and further notes."""
    words = lane.words + (f" · {visible(lane.extra)}" if lane.extra else "")
    return shortened(words, _MOST_WORDS, _TEXT)


def timeline_description(prepared: PlanningInput, reboots: Sequence[Reboot]) -> str:
    """The chart in words, for screen readers."""
    planned = nights(prepared, reboots)
    listed = "; ".join(f"night of {night.day}: {night.restarts}" for night in planned[:NIGHTS])
    more = f"; and {len(planned) - NIGHTS} more nights" if len(planned) > NIGHTS else ""
    clock = f" in {_clock_name(reboots)}" if reboots else ""
    head = f"Restarts for the baseline of {prepared.release_day}, by night{clock}."
    return f"{head} {listed or 'None is scheduled'}{more}."


# --- the overview ----------------------------------------


def _overview(prepared: PlanningInput, planned: Sequence[ChartNight], width: float) -> Spec:
    """A bar for each night that has restarts, on a line of days, between the freezes."""
    first = prepared.release_day
    last = max([first + 7 * _DAY, *(night.day for night in planned)]) + 2 * _DAY
    days = {"type": "utc", "domain": [_moment(first), _moment(last)], "nice": False}
    step = 1 if (last - first).days <= _FEW_DAYS else 7
    axis = {
        "title": None,
        "format": "%-d %b",
        "grid": False,
        "ticks": True,
        "tickColor": INKS["line"],
        "values": [
            _moment(first + number * _DAY) for number in range(0, (last - first).days, step)
        ],
        "labelOverlap": True,
        "labelSeparation": 14,
    }
    time = {"type": "temporal", "scale": days, "axis": axis}
    bars = [
        {"day": _hour(night.day, 3), "until": _hour(night.day, 21), "count": night.restarts}
        for night in planned
    ]
    most = max([night.restarts for night in planned], default=1)
    freezes, names = _freezes(prepared, (first, last), width)
    top = max((name["row"] + 15 for name in names), default=0) + 18
    tall = top + 74
    height = {
        "field": "count",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, most], "range": [tall, top]},
    }
    return {
        "width": width,
        "height": tall,
        "title": {
            "text": f"By night, from {_day_text(first)} on",
            "fontSize": 13,
            "frame": "group",
        },
        "layer": [
            *_freeze_layers(freezes, names, time, tall),
            {
                "data": {"values": [{"day": _moment(first), "until": _moment(last)}]},
                "mark": {"type": "rule", "color": INKS["line"]},
                "encoding": {
                    "x": {"field": "day", **time},
                    "x2": {"field": "until"},
                    "y": {"value": tall},
                },
            },
            {
                "data": {"values": bars},
                "mark": {
                    "type": "rect",
                    "color": INKS["restart"],
                    "cornerRadiusTopLeft": 2,
                    "cornerRadiusTopRight": 2,
                },
                "encoding": {
                    "x": {"field": "day", **time},
                    "x2": {"field": "until"},
                    "y": height,
                    "y2": {"datum": 0},
                },
            },
            {
                "data": {
                    "values": [
                        {"day": _hour(night.day, 12), "count": night.restarts, "text": text}
                        for night, text in _counts(planned, width / (last - first).days)
                    ]
                },
                "mark": {"type": "text", "dy": -8, "fontWeight": 600},
                "encoding": {
                    "x": {"field": "day", **time},
                    "y": height,
                    "text": {"field": "text", "type": "nominal"},
                },
            },
        ],
    }


def _counts(planned: Sequence[ChartNight], day: float) -> list[tuple[ChartNight, str]]:
    """The counts over the bars, the largest first, where they don't touch another one."""
    shown: list[tuple[date, float]] = []
    found = []
    for night in sorted(planned, key=lambda night: (-night.restarts, night.day)):
        text = f"{night.restarts:,}"
        half = room(text, _TEXT, bold=True) / 2 + 3
        if all(abs((night.day - other).days) * day >= half + wide for other, wide in shown):
            shown.append((night.day, half))
            found.append((night, text))
    return found


_Rows = list[dict[str, Any]]


def _freezes(prepared: PlanningInput, days: tuple[date, date], width: float) -> tuple[_Rows, _Rows]:
    """The freezes of some days, and their names in rows."""
    first, last = days
    values = []
    for freeze in prepared.fleet.freezes:
        for begin, end in _days(freeze, first, last):
            narrowed = ", ".join((*freeze.groups, *freeze.rings, *freeze.regions))
            name = visible(freeze.name) + (f" ({visible(narrowed)})" if narrowed else "")
            at = width * (begin - first).days / (last - first).days
            values.append({"day": _moment(begin), "until": _moment(end), "name": name, "at": at})
    return values, _named(values, width)


def _freeze_layers(freezes: _Rows, names: _Rows, time: Spec, tall: float) -> Iterator[Spec]:
    yield {
        "data": {"values": freezes},
        "mark": {"type": "rect", "color": INKS["freeze"]},
        "encoding": {
            "x": {"field": "day", **time},
            "x2": {"field": "until"},
            "y": {"value": 0},
            "y2": {"value": tall},
        },
    }
    yield {
        "data": {"values": names},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "top",
            "dx": 4,
            "color": INKS["soft"],
        },
        "encoding": {
            "x": {"field": "day", **time},
            "y": {"field": "row", "type": "quantitative", "scale": None},
            "text": {"field": "name"},
        },
    }


def _named(freezes: _Rows, width: float) -> _Rows:
    """The names of freezes in rows, so that none covers another; a row says how many more there
    are.
    """
    rows: list[list[dict[str, Any]]] = [[] for _ in range(_FREEZES)]
    more: list[dict[str, Any]] = []
    for freeze in sorted(freezes, key=lambda row: float(row["at"])):
        text = shortened(freeze["name"], max(width - freeze["at"] - 8, 60), _TEXT)
        free = next((row for row in rows if not row or row[-1]["end"] <= freeze["at"]), None)
        if free is not None:
            place = {
                "row": 4 + 13 * rows.index(free),
                "end": freeze["at"] + room(text, _TEXT) + 12,
            }
            free.append({"day": freeze["day"], "name": text, **place})
        else:
            more.append(freeze)
    if more:
        last = {"row": 4 + 13 * _FREEZES, "name": f"and {len(more):,} more", "day": more[0]["day"]}
        return [*chain(*rows), last]
    return list(chain(*rows))


def _days(freeze: Freeze, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days of a freeze that the picture shows, from the first to the one after the last."""
    if freeze.events is None:
        spans = [(freeze.from_day or first, (freeze.to_day or last) + _DAY)]
    else:
        begin, finish = (
            datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last)
        )
        around = freeze.events.around(begin, finish, UTC)
        spans = [
            (span.start.date(), (span.end - timedelta.resolution).date() + _DAY) for span in around
        ]
    for begins, ends in spans:
        if begins < last and ends > first:
            yield max(begins, first), min(ends, last)


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _hour(day: date, hour: int) -> str:
    return f"{day.isoformat()}T{hour:02}:00:00Z"


# --- a night ----------------------------------------


def _hours(planned: Sequence[ChartNight]) -> ChartSpan:
    """The hours that all nights share, whole ones, so that nights can be compared."""
    lanes = _lanes(planned)
    bars = list(chain.from_iterable(lane.bars for lane in lanes))
    openings = list(chain.from_iterable(lane.openings for lane in lanes))
    begin = min(max(min((span.begin for span in openings), default=0), -1), *_begins(bars))
    end = max(min(max((span.end for span in openings), default=0), 25), *_ends(bars))
    return ChartSpan(floor(begin), ceil(end))


def _begins(spans: Sequence[ChartSpan]) -> list[float]:
    return [span.begin for span in spans]


def _ends(spans: Sequence[ChartSpan]) -> list[float]:
    return [span.end for span in spans]


def _night(night: ChartNight, hours: ChartSpan, layout: _Layout, clock: str) -> Spec:
    narrow = layout.narrow
    step = 1 if (hours.end - hours.begin) * 48 <= layout.width else 3
    axis = {
        "title": None,
        "values": list(range(int(hours.begin), int(hours.end) + 1, step)),
        "labelExpr": _CLOCK,
        "grid": True,
        "labelOverlap": True,
        "labelSeparation": 8,
        "labelFlush": True,
    }
    time = {
        "type": "quantitative",
        "scale": {"domain": [hours.begin, hours.end], "nice": False},
        "axis": axis,
    }
    names = [_name(lane, number) for number, lane in enumerate(night.lanes)]
    lane_axis = {
        "title": None,
        "labelLimit": 0,
        "labelPadding": 7,
        "labelExpr": _SHOWN,
        "labelColor": INKS["ink"],
        "minExtent": layout.names,
        "maxExtent": layout.names,
    }
    lanes = {
        "field": "lane",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names},
        "axis": None if narrow else lane_axis,
    }
    behind = [(shape, INKS["window"]) for shape in _values(night, "openings", hours)]
    behind += [(shape, INKS["freeze"]) for shape in _values(night, "frozen", hours)]
    bars = [value | {"ink": INKS["restart"]} for value in _values(night, "bars", hours)]
    down = 9 if narrow else 0
    return {
        "width": layout.width,
        "height": (_TALL if narrow else _LANE) * len(night.lanes),
        "title": {"text": _title(night, clock, narrow=narrow), "fontSize": 13, "frame": "group"},
        "layer": [
            _bars([value | {"ink": ink} for value, ink in behind], time, lanes, 20 - down, down),
            _bars(bars, time, lanes, _BAR - down // 2, down),
            *(_above(night, lanes) if narrow else [_words(night, lanes, layout.width)]),
        ],
    }


_CLOCK = "(((datum.value + 36) % 24) < 10 ? '0' : '') + ((datum.value + 36) % 24) + ':00'"
_SHOWN = "slice(datum.label, indexof(datum.label, '\\t') + 1)"


def _title(night: ChartNight, clock: str, *, narrow: bool) -> str | list[str]:
    after = night.day + _DAY
    many = counted(night.restarts, "restart")
    if narrow:
        return [f"Night of {night.day:%a} {_day_text(night.day)}: {many}", f"in {clock}"]
    span = f"{night.day:%a} {_day_text(night.day)} to {after:%a} {_day_text(after)}"
    return f"Night of {span}: {many}, in {clock}"


def _day_text(day: date) -> str:
    return f"{day.day} {day:%B}"


def _name(lane: ChartLane, number: int) -> str:
    """The name of a lane, unique in its night: the number before the tab is not shown."""
    return f"{number}\t{_short(lane.label)}"


def _values(night: ChartNight, field: str, hours: ChartSpan) -> list[dict[str, Any]]:
    """The stretches of the lanes, within the hours that are shown."""
    rows: list[dict[str, Any]] = []
    for number, lane in enumerate(night.lanes):
        name = _name(lane, number)
        for span in getattr(lane, field):
            begin, end = max(span.begin, hours.begin), min(span.end, hours.end)
            if begin < end:
                rows.append({"lane": name, "begin": begin, "end": end})
    return rows


def _words(night: ChartNight, lanes: Spec, width: float) -> Spec:
    """The words of the lanes, in a column right of the axis."""
    values = [
        {"lane": _name(lane, number), "words": _beside(lane)}
        for number, lane in enumerate(night.lanes)
    ]
    return _texts(values, lanes, {"value": width}, {"dx": 10, "align": "left"})


def _above(night: ChartNight, lanes: Spec) -> list[Spec]:
    """The name of each lane above its bar, and when it restarts."""
    names, words = [], []
    for number, lane in enumerate(night.lanes):
        left = _SLIM - room(lane.words, _TEXT) - 12
        name = shortened(visible(lane.label), left, _TEXT)
        names.append({"lane": _name(lane, number), "words": name})
        words.append({"lane": _name(lane, number), "words": lane.words})
    return [
        _texts(names, lanes, {"value": 0}, {"dy": -8, "align": "left"}),
        _texts(words, lanes, {"value": _SLIM}, {"dy": -8, "align": "right"}),
    ]


def _texts(values: list[dict[str, Any]], lanes: Spec, x: Spec, look: Spec) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", "limit": 0, **look},
        "encoding": {"x": x, "y": lanes, "text": {"field": "words"}},
    }


def _bars(values: list[dict[str, Any]], time: Spec, lanes: Spec, size: int, down: int) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "bar", "size": size, "cornerRadius": 2, "yOffset": down},
        "encoding": {
            "x": {"field": "begin", **time},
            "x2": {"field": "end"},
            "y": lanes,
            "color": {"field": "ink", "type": "nominal", "scale": None},
        },
    }
