"""A plan as a picture: restarts by night from the release on, with freezes behind; below, each
night by the clock.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from math import ceil, floor
from typing import Any

from hotpatch_cli.outputs.charts.draw import INKS, Spec
from hotpatch_cli.outputs.charts.nights import ChartLane, ChartNight, ChartSpan, nights
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.planning import PlanningInput, Reboot
from hotpatch_cli.schedule.freezes import Freeze

NIGHTS = 14
"""So many nights are drawn by the clock; all of them stand in the overview and in the table of the
plan.
"""
_DAY = timedelta(days=1)
_LANE, _BAR = 24, 12
_FEW_DAYS = 21
_WRITTEN_OUT, _WIDE = 999, 500
_NAMES, _LETTER = 6, 6.5
"""Rows for the names of freezes, and how wide a letter of them is about."""


def timeline(
    prepared: PlanningInput, reboots: Sequence[Reboot], *, narrow: bool = False, titled: bool = True
) -> Spec:
    """The plan, for a slide or a wide page; or narrow, for a telephone."""
    planned = nights(prepared, reboots)
    width = 230 if narrow else 860
    parts = [_overview(prepared, planned, width)]
    if planned:
        hours = _hours(planned[:NIGHTS])
        parts += [_night(night, hours, width, narrow=narrow) for night in planned[:NIGHTS]]
    spec: Spec = {"vconcat": parts, "spacing": 22}
    if titled:
        spec["title"] = {
            "text": f"Restarts for the baseline of {prepared.release_day}",
            "subtitle": ["Blue: restarts. Pale blue: openings of the windows. Pale red: freezes."],
        }
    return spec


def timeline_description(prepared: PlanningInput, reboots: Sequence[Reboot]) -> str:
    """The picture in words, for who cannot see it."""
    planned = nights(prepared, reboots)
    listed = "; ".join(f"night of {night.day}: {night.restarts}" for night in planned[:NIGHTS])
    more = f"; and {len(planned) - NIGHTS} more nights" if len(planned) > NIGHTS else ""
    head = f"Restarts for the baseline of {prepared.release_day}, by night."
    return f"{head} {listed or 'None is planned'}{more}."


# --- the overview ----------------------------------------


def _overview(prepared: PlanningInput, planned: Sequence[ChartNight], width: int) -> Spec:
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
    }
    time = {"type": "temporal", "scale": days, "axis": axis}
    bars = [
        {"day": _hour(night.day, 3), "until": _hour(night.day, 21), "count": night.restarts}
        for night in planned
    ]
    most = max([night.restarts for night in planned], default=1)
    short = (
        ".2~s" if most > _WRITTEN_OUT and width < _WIDE else ","
    )  # 3.2k over the narrow bars of a telephone
    height = {
        "field": "count",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, most * 1.25]},
    }
    return {
        "width": width,
        "height": 96,
        "title": {
            "text": f"By night, from {_day_text(first)} on",
            "fontSize": 13,
            "frame": "group",
        },
        "layer": [
            *_freezes(prepared, (first, last), time, width),
            {
                "data": {"values": [{"day": _moment(first), "until": _moment(last)}]},
                "mark": {"type": "rule", "color": INKS["line"]},
                "encoding": {
                    "x": {"field": "day", **time},
                    "x2": {"field": "until"},
                    "y": {"value": 96},
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
                        bar | {"day": _hour(night.day, 12)}
                        for bar, night in zip(bars, planned, strict=True)
                    ]
                },
                "mark": {"type": "text", "dy": -8, "fontWeight": 600},
                "encoding": {
                    "x": {"field": "day", **time},
                    "y": height,
                    "text": {"field": "count", "format": short},
                },
            },
        ],
    }


def _freezes(
    prepared: PlanningInput, days: tuple[date, date], time: Spec, width: int
) -> Iterator[Spec]:
    first, last = days
    values = []
    for freeze in prepared.fleet.freezes:
        for begin, end in _days(freeze, first, last):
            narrowed = ", ".join((*freeze.groups, *freeze.rings, *freeze.regions))
            name = visible(freeze.name)[:40] + (f" ({visible(narrowed)[:30]})" if narrowed else "")
            at = width * (begin - first).days / (last - first).days
            values.append({"day": _moment(begin), "until": _moment(end), "name": name, "at": at})
    yield {
        "data": {"values": values},
        "mark": {"type": "rect", "color": INKS["freeze"]},
        "encoding": {
            "x": {"field": "day", **time},
            "x2": {"field": "until"},
            "y": {"value": 0},
            "y2": {"value": 96},
        },
    }
    yield {
        "data": {"values": _named(values, width)},
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


def _named(freezes: list[dict[str, Any]], width: int) -> list[dict[str, Any]]:
    """The names of freezes in rows, so that none stands on another; for what has no room a row says
    how many more.
    """
    rows: list[list[dict[str, Any]]] = [[] for _ in range(_NAMES)]
    more: list[dict[str, Any]] = []
    for freeze in sorted(freezes, key=lambda row: float(row["at"])):
        room = max(int((width - freeze["at"]) / _LETTER) - 1, 3)
        name = freeze["name"]
        text = name if len(name) <= room else name[: room - 1] + "…"
        free = next((row for row in rows if not row or row[-1]["end"] <= freeze["at"]), None)
        if free is not None:
            place = {
                "row": 4 + 13 * rows.index(free),
                "end": freeze["at"] + (len(text) + 2) * _LETTER,
            }
            free.append({"day": freeze["day"], "name": text, **place})
        else:
            more.append(freeze)
    if more:
        last = {"row": 4 + 13 * _NAMES, "name": f"and {len(more):,} more", "day": more[0]["day"]}
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
    spans: list[ChartSpan] = []
    for night in planned:
        for lane in night.lanes:
            spans += (*lane.bars, *lane.openings)
    begin, end = min(span.begin for span in spans), max(span.end for span in spans)
    return ChartSpan(max(floor(begin), -12), min(ceil(end), 48))


def _night(night: ChartNight, hours: ChartSpan, width: int, *, narrow: bool) -> Spec:
    step = 1 if hours.end - hours.begin <= (7 if narrow else 16) else 3
    axis = {
        "title": None,
        "values": list(range(int(hours.begin), int(hours.end) + 1, step)),
        "labelExpr": _CLOCK,
        "grid": True,
        "labelOverlap": True,
    }
    time = {
        "type": "quantitative",
        "scale": {"domain": [hours.begin, hours.end], "nice": False},
        "axis": axis,
    }
    names = [_name(lane, number) for number, lane in enumerate(night.lanes)]
    lane_axis = {
        "title": None,
        "labelLimit": 90 if narrow else 160,
        "labelPadding": 7,
        "labelExpr": _LABEL,
    }
    lane_axis["labelColor"] = INKS["ink"]
    words = _words(night, hours, narrow=narrow)
    lanes = {
        "field": "lane",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names},
        "axis": lane_axis,
    }
    behind = [(shape, INKS["window"]) for shape in _values(night, "openings")]
    behind += [(shape, INKS["freeze"]) for shape in _values(night, "frozen")]
    return {
        "width": width,
        "height": _LANE * len(night.lanes),
        "title": {"text": _title(night, narrow=narrow), "fontSize": 13, "frame": "group"},
        "layer": [
            _bars([value | {"ink": ink} for value, ink in behind], time, lanes, _LANE - 4),
            _bars(
                [value | {"ink": INKS["restart"]} for value in _values(night, "bars")],
                time,
                lanes,
                _BAR,
            ),
            *(_bar_labels(words, time, lanes, side, width) for side in _SIDES),
        ],
    }


_SIDES: dict[str, Spec] = {
    "right": {"dx": 6, "align": "left"},
    "left": {"dx": -6, "align": "right"},
    "inside": {"dx": 6, "align": "left", "color": INKS["paper"]},
}
"""Where the words of a bar stand: beside it where there is room, otherwise on it."""


def _bar_labels(
    words: list[dict[str, Any]], time: Spec, lanes: Spec, side: str, width: int
) -> Spec:
    """The words of the bars that have them on this side."""
    values = [text for text in words if text["side"] == side]
    edge = "end" if side == "right" else "begin"
    return {
        "data": {"values": values},
        "mark": {"type": "text", "baseline": "middle", "limit": width * 0.6, **_SIDES[side]},
        "encoding": {"x": {"field": edge, **time}, "y": lanes, "text": {"field": "words"}},
    }


_CLOCK = "(((datum.value + 12) % 24) < 10 ? '0' : '') + ((datum.value + 12) % 24) + ':00'"
_LABEL = "slice(datum.label, indexof(datum.label, '\\t') + 1)"


def _title(night: ChartNight, *, narrow: bool) -> str:
    after = night.day + _DAY
    many = counted(night.restarts, "restart")
    if narrow:
        return f"Night of {_day_text(night.day)}: {many}"
    span = f"{night.day:%a} {_day_text(night.day)} to {after:%a} {_day_text(after)}"
    return f"Night of {span}: {many}, local time"


def _day_text(day: date) -> str:
    return f"{day.day} {day:%B}"


def _name(lane: ChartLane, number: int) -> str:
    """The name of a lane, unique in its night: the number before the tab is not shown."""
    return f"{number}\t{visible(lane.label)}"


def _values(night: ChartNight, field: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, lane in enumerate(night.lanes):
        name = _name(lane, number)
        spans = getattr(lane, field)
        rows += [{"lane": name, "begin": span.begin, "end": span.end} for span in spans]
    return rows


def _words(night: ChartNight, hours: ChartSpan, *, narrow: bool) -> list[dict[str, Any]]:
    room = (hours.end - hours.begin) * (0.6 if narrow else 0.3)
    return [
        {
            "lane": _name(lane, number),
            "begin": lane.bars[0].begin,
            "end": lane.bars[-1].end,
            "words": visible(lane.words.split("  ")[0] if narrow else lane.words),
            "side": _side(ChartSpan(lane.bars[0].begin, lane.bars[-1].end), hours, room),
        }
        for number, lane in enumerate(night.lanes)
    ]


def _side(bar: ChartSpan, hours: ChartSpan, room: float) -> str:
    if bar.end <= hours.end - room:
        return "right"
    return (
        "left"
        if bar.begin >= hours.begin + min(room, (hours.end - hours.begin) * 0.4)
        else "inside"
    )


def _bars(values: list[dict[str, Any]], time: Spec, lanes: Spec, size: int) -> Spec:
    return {
        "data": {"values": values},
        "mark": {"type": "bar", "size": size, "cornerRadius": 2},
        "encoding": {
            "x": {"field": "begin", **time},
            "x2": {"field": "end"},
            "y": lanes,
            "color": {"field": "ink", "type": "nominal", "scale": None},
        },
    }
