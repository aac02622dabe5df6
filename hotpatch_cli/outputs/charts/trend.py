"""The trend of a fleet as a chart: shares of machines over time, and the releases of baselines."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from hotpatch_cli.outputs.charts.draw import INKS, Spec
from hotpatch_cli.outputs.charts.room import room
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.trend_view import days_text, percent
from hotpatch_cli.use_cases.baseline_rollouts import BaselineRollout
from hotpatch_cli.use_cases.trend import Trend, TrendPoint

_SERIES = (
    ("ready", "ready", "ready", "circle", [1, 0]),
    ("on newest baseline", "on_baseline", "baseline", "square", [7, 3]),
    ("off track", "off_track", "offtrack", "triangle-up", [2, 2]),
)
"""(words, attribute of a point, ink, shape, dashes). Shape and dashes say what color says."""
_BROAD, _SLIM, _HEIGHT = 860, 300, 260
_TEXT, _AXIS = 11, 12
_ROW, _APART = 15, 14
_FEW = 60
"""With more reports than this, symbols would hide the lines."""


def trend_chart(trend: Trend, *, narrow: bool = False, titled: bool = True) -> Spec:
    """The trend, for a slide or a wide page; or narrow, for a telephone."""
    width = _SLIM if narrow else _BROAD
    days = _TimeAxis([point.as_of for point in trend.points], width)
    marks = list(_marks(trend.points))
    spec: Spec = {
        "width": width,
        "height": _HEIGHT,
        "layer": [
            *_baselines(trend.rollouts, days, narrow=narrow),
            *_lines(marks, days),
            _symbols(marks, days, columns=1 if narrow else 3),
            _ends(trend.points[-1], width, narrow=narrow),
        ],
    }
    if titled:
        spec["title"] = {"text": "Hotpatch trend", "subtitle": _subtitle(trend)}
    return spec


def trend_description(trend: Trend) -> str:
    """The chart in words, for screen readers."""
    first, last = trend.points[0], trend.points[-1]
    parts = [
        f"{words} {_share(first, name)} at first and {_share(last, name)} at last"
        for words, name, *_ in _SERIES
    ]
    many = counted(len(trend.points), "report")
    return f"Trend of {many} from {first.as_of} to {last.as_of}: {'; '.join(parts)}."


def _share(point: TrendPoint, name: str) -> str:
    share = point.share(getattr(point, name))
    return "of no machine" if share is None else percent(share)


def _subtitle(trend: Trend) -> list[str]:
    first, last = trend.points[0], trend.points[-1]
    many = counted(len(trend.points), "report")
    machines = f"{counted(last.machines, 'machine')} in the newest"
    lines = [f"Share of all machines. {many}, {first.as_of} to {last.as_of}, {machines}."]
    if trend.rollouts:
        lines.append(
            "Vertical lines: baselines, with the median days until machines had them (at most)."
        )
    return lines


class _TimeAxis:
    """The axis of time: labels of reports that have room beside each other, in any font."""

    def __init__(self, days: Sequence[date], width: float) -> None:
        self.first, self.last = days[0], days[-1]
        self._width = width
        shown = [days[0]]
        for day in days[1:-1]:
            if self._is_apart(shown[-1], day) and self._is_apart(day, days[-1]):
                shown.append(day)
        if days[-1] != days[0]:
            shown.append(days[-1])
        self.encoding = {
            "type": "temporal",
            "scale": {"type": "utc", "domain": self._domain, "nice": False},
            "axis": {
                "title": None,
                "values": list(map(_moment, shown)),
                "format": "%-d %b %Y",
                "labelOverlap": False,
                "labelFlush": False,
                "labelPadding": 8,
                "grid": False,
                "ticks": True,
                "tickColor": INKS["line"],
            },
        }

    @property
    def _domain(self) -> list[str]:
        """From the first day to the last; a single day gets a day on either side."""
        if self.first < self.last:
            return [_moment(self.first), _moment(self.last)]
        single = self.first.toordinal()
        return [_moment(date.fromordinal(day)) for day in (single - 1, single + 1)]

    def at(self, day: date) -> float:
        """The place of a day between the left and the right edge."""
        length = (self.last - self.first).days
        return self._width * ((day - self.first).days / length if length else 0.5)

    def _is_apart(self, day: date, other: date) -> bool:
        return self.at(other) - self.at(day) >= room("28 Mmm 2026", _AXIS) + 12


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _marks(points: Sequence[TrendPoint]) -> Iterator[dict[str, Any]]:
    for point in points:
        for words, name, *_ in _SERIES:
            share = point.share(getattr(point, name))
            if share is not None:
                yield {"day": _moment(point.as_of), "share": round(share * 100, 2), "what": words}


def _places(days: _TimeAxis) -> Spec:
    axis = {
        "title": None,
        "values": [0, 25, 50, 75, 100],
        "labelExpr": "datum.value + '%'",
        "labelPadding": 8,
        "grid": True,
    }
    return {
        "x": {"field": "day", **days.encoding},
        "y": {
            "field": "share",
            "type": "quantitative",
            "scale": {"domain": [0, 100]},
            "axis": axis,
        },
    }


def _lines(marks: Sequence[dict[str, Any]], days: _TimeAxis) -> Iterator[Spec]:
    for words, _, ink, _, dashes in _SERIES:
        yield {
            "data": {"values": [mark for mark in marks if mark["what"] == words]},
            "mark": {
                "type": "line",
                "color": INKS[ink],
                "strokeWidth": 2,
                "strokeDash": dashes,
            },
            "encoding": _places(days),
        }


def _symbols(marks: Sequence[dict[str, Any]], days: _TimeAxis, *, columns: int) -> Spec:
    names = [words for words, *_ in _SERIES]
    colors = {"domain": names, "range": [INKS[ink] for _, _, ink, *_ in _SERIES]}
    shapes = {"domain": names, "range": [shape for *_, shape, _ in _SERIES]}
    legend = {"symbolSize": 90, "columns": columns, "offset": 14}
    field = {"field": "what", "type": "nominal"}
    return {
        "data": {"values": list(marks)},
        "mark": {
            "type": "point",
            "filled": True,
            "opacity": 1,
            "size": 70 if len(marks) <= _FEW * len(_SERIES) else 8,
        },
        "encoding": {
            **_places(days),
            "color": {**field, "scale": colors, "legend": legend},
            "shape": {**field, "scale": shapes, "legend": legend},
        },
    }


def _ends(point: TrendPoint, width: float, *, narrow: bool) -> Spec:
    """The last share of each series right of its line; those that are near each other are moved
    apart. On a telephone the key alone has the words.
    """
    labels: list[dict[str, Any]] = []
    for words, name, *_ in _SERIES:
        share = point.share(getattr(point, name))
        if share is not None:
            text = percent(share) if narrow else f"{percent(share)} {words}"
            labels.append({"y": _HEIGHT * (1 - share), "text": text})
    labels.sort(key=lambda label: label["y"])
    lowest = _HEIGHT - 6.0
    for label in reversed(labels):
        label["y"] = lowest = min(label["y"], lowest)
        lowest -= _APART
    highest = 0.0
    for label in labels:
        label["y"] = highest = max(label["y"], highest)
        highest += _APART
    return {
        "data": {"values": labels},
        "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 12},
        "encoding": {
            "x": {"value": width},
            "y": {"field": "y", "type": "quantitative", "scale": None},
            "text": {"field": "text"},
        },
    }


def _baselines(
    rollouts: Sequence[BaselineRollout], days: _TimeAxis, *, narrow: bool
) -> Iterator[Spec]:
    """A line for the release of each baseline, and its day above the chart."""
    shown = [rollout for rollout in rollouts if days.first <= rollout.date <= days.last]
    if not shown:
        return
    place = {"x": {"field": "day", **days.encoding}}
    yield {
        "data": {"values": [{"day": _moment(rollout.date)} for rollout in shown]},
        "mark": {"type": "rule", "color": INKS["today"], "strokeWidth": 1.2},
        "encoding": place,
    }
    rows: list[float] = []
    for rollout in shown:
        text = _baseline_text(rollout, narrow=narrow)
        row = _row_of(rows, days.at(rollout.date), room(text, _TEXT))
        yield {
            "data": {"values": [{"day": _moment(rollout.date), "text": text}]},
            "mark": {
                "type": "text",
                "align": "left",
                "dy": -18 - _ROW * row,
                "color": INKS["today"],
            },
            "encoding": {**place, "y": {"value": 0}, "text": {"field": "text"}},
        }


def _baseline_text(rollout: BaselineRollout, *, narrow: bool) -> str:
    day = f"{rollout.date.day} {rollout.date:%b}"
    if narrow or not rollout.days:
        return day
    return f"{day}: {days_text(rollout.median_days)} days"


def _row_of(rows: list[float], begin: float, wide: float) -> int:
    """The first row with room for a label. `rows` has the right edge of each row."""
    row = next((row for row, end in enumerate(rows) if end <= begin), len(rows))
    rows[row : row + 1] = [begin + wide + 10]
    return row
