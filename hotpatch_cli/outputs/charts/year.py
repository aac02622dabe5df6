"""The year of baselines and hotpatches as a chart: a lane for each product, a line for the day."""

from datetime import date
from typing import Any

from hotpatch_cli.knowledge.records import BASELINES, PRODUCT_NAMES, Product
from hotpatch_cli.outputs.charts.draw import INKS, Spec
from hotpatch_cli.servicing.calendar import CalendarEntry, Year, restarts

_KINDS = {
    "planned-baseline": ("planned baseline: restart", "baseline", "square", 330),
    "unplanned-baseline": ("unplanned baseline: restart", "unplanned", "diamond", 330),
    "hotpatch": ("hotpatch: no restart", "hotpatch", "circle", 200),
    "out-of-band": ("out-of-band update", "outofband", "triangle-down", 90),
    "out-of-band-hotpatch": ("out-of-band hotpatch", "outofband", "circle", 70),
    None: ("kind not stated", "unknown", "cross", 200),
}
"""Kind -> (words, ink, shape, area). Shape and size say what color says."""

_Kind = tuple[str, str, str, int]
_LANE, _COLUMN, _LENGTH, _HEIGHT = 88, 118, 980, 560
_DECEMBER = 12


def year_chart(year: Year, *, upright: bool = False, titled: bool = True) -> Spec:
    """The year from left to right, for a slide or a wide page; or upright, for a telephone."""
    listed = [product for product in year.products if year.entries[product]]
    marks: list[dict[str, Any]] = []
    bands: list[dict[str, Any]] = []
    for product in listed:
        marks += map(_mark, year.entries[product])
        bands += _bands(year, product)
    time, lane = _axes(year, listed, upright=upright)
    spec: Spec = {
        "width": _COLUMN * len(listed) if upright else _LENGTH,
        "height": _HEIGHT if upright else _LANE * max(len(listed), 1),
        "layer": [
            _quarters(bands, time, lane, upright=upright),
            *(_today(year.as_of, time, upright=upright) if year.as_of.year == year.year else ()),
            *_releases(marks, time, lane, upright=upright),
        ],
    }
    if titled:
        spec["title"] = {
            "text": f"Windows Server hotpatch calendar {year.year}",
            "subtitle": _subtitle(year, listed),
        }
    return spec


def year_description(year: Year) -> str:
    """The chart in words, for screen readers."""
    said = [
        f"{PRODUCT_NAMES[product]}: {_count(year, product)}"
        for product in year.products
        if year.entries[product]
    ]
    return f"Calendar of {year.year} as of {year.as_of}. " + " ".join(f"{text}." for text in said)


def _count(year: Year, product: Product) -> str:
    baselines, unknown = restarts(year.entries[product])
    hotpatches = sum(entry.kind == "hotpatch" for entry in year.entries[product])
    open_months = f", {unknown} of unknown kind" if unknown else ""
    return f"{baselines} baselines, {hotpatches} hotpatch months{open_months}"


def _subtitle(year: Year, listed: list[Product]) -> list[str]:
    counts = "; ".join(f"{PRODUCT_NAMES[product]}: {_count(year, product)}" for product in listed)
    return [
        f"As of {year.as_of}. {counts}.",
        "Filled: released and confirmed. Hollow: forecast, or not confirmed.",
    ]


def _mark(entry: CalendarEntry) -> dict[str, Any]:
    words, _, shape, area = _KINDS[entry.kind]
    label = f"{entry.date.day} {entry.date:%b}" if entry.monthly else ""
    return {
        "lane": PRODUCT_NAMES[entry.product],
        "day": _moment(entry.date),
        "kind": words,
        "solid": 1 if entry.confirmed else 0,
        "shape": shape,
        "area": area,
        "label": label,
        "weight": 700 if entry.kind in BASELINES else 400,
        "monthly": entry.monthly,
    }


def _bands(year: Year, product: Product) -> list[dict[str, Any]]:
    """The spans of the year in which hotpatches build on one baseline."""
    days = [entry.date for entry in year.entries[product] if entry.kind in BASELINES]
    if not days:
        return []  # a year of previews has releases and no baseline
    last = max(entry.date for entry in year.entries[product])
    ends = [*days[1:], last if last.month < _DECEMBER else date(year.year, 12, 31)]
    lane = PRODUCT_NAMES[product]
    return [
        {"lane": lane, "day": _moment(begin), "until": _moment(end)}
        for begin, end in zip(days, ends, strict=True)
        if begin < end
    ]


def _axes(year: Year, listed: list[Product], *, upright: bool) -> tuple[Spec, Spec]:
    """(the encoding of time, the encoding of lanes)"""
    first, last = _moment(date(year.year, 1, 1)), _moment(date(year.year, 12, 31))
    axis = {
        "format": "%b",
        "tickCount": {"interval": "month", "step": 1},
        "labelAlign": "right" if upright else "left",
        "labelBaseline": "top" if upright else "middle",
        "orient": "left" if upright else "top",
        "title": None,
        "grid": True,
    }
    scale = {"type": "utc", "domain": [first, last], "nice": False, "reverse": False}
    if upright:
        scale["range"] = [0, _HEIGHT]
    time = {"type": "temporal", "scale": scale, "axis": axis}
    names = [PRODUCT_NAMES[product] for product in listed]
    lane_axis = {
        "title": None,
        "labelFontWeight": 600,
        "labelColor": INKS["ink"],
        "labelLimit": 0,
    }
    lane_axis["labelExpr"] = "replace(datum.label, 'Windows ', '')"
    if upright:
        lane_axis |= {"orient": "top", "labelAngle": 0}
    return time, {
        "field": "lane",
        "type": "nominal",
        "scale": {"domain": names, "padding": 0},
        "axis": lane_axis,
    }


def _quarters(bands: list[dict[str, Any]], time: Spec, lane: Spec, *, upright: bool) -> Spec:
    along, across = ("y", "x") if upright else ("x", "y")
    return {
        "data": {"values": bands},
        "mark": {"type": "bar", "size": 8, "color": INKS["band"], "cornerRadius": 4},
        "encoding": {
            along: {"field": "day", **time},
            f"{along}2": {"field": "until"},
            across: lane,
        },
    }


def _releases(marks: list[dict[str, Any]], time: Spec, lane: Spec, *, upright: bool) -> list[Spec]:
    along, across = ("y", "x") if upright else ("x", "y")
    places = {along: {"field": "day", **time}, across: lane}
    aside = "xOffset" if upright else "yOffset"
    kinds = [kind for kind in _KINDS.values() if any(mark["kind"] == kind[0] for mark in marks)]
    monthly = [mark for mark in marks if mark["monthly"]]
    label = (
        {"dx": 14, "align": "left", "baseline": "middle"}
        if upright
        else {"dy": -18, "align": "center"}
    )
    layers = []
    for shift, chosen in _rows(marks, upright=upright):
        layers += [
            _ground(chosen, places, {aside: shift}),
            _symbols(chosen, places, {aside: shift}, kinds, columns=1 if upright else 6),
        ]
    return [*layers, *_labels(monthly, places, label)]


def _labels(marks: list[dict[str, Any]], places: Spec, look: Spec) -> list[Spec]:
    """The days beside the marks, those of baselines bold."""
    return [
        {
            "data": {"values": [mark for mark in marks if mark["weight"] == weight]},
            "mark": {"type": "text", "fontWeight": weight, **look},
            "encoding": {**places, "text": {"field": "label"}},
        }
        for weight in (400, 700)
    ]


def _rows(marks: list[dict[str, Any]], *, upright: bool) -> list[tuple[int, list[dict[str, Any]]]]:
    """Monthly releases on the lane, others beside it. Both kinds of these can come on one day, and
    each has its row.
    """
    near, far = (-17, -30) if upright else (20, 33)
    standard = _KINDS["out-of-band"][0]
    between = [mark for mark in marks if not mark["monthly"]]
    return [
        (near, [mark for mark in between if mark["kind"] == standard]),
        (far, [mark for mark in between if mark["kind"] != standard]),
        (0, [mark for mark in marks if mark["monthly"]]),
    ]


def _ground(marks: list[dict[str, Any]], places: Spec, aside: Spec) -> Spec:
    """Paper under every symbol, so that a hollow one is hollow on its band too."""
    return {
        "data": {"values": marks},
        "mark": {"type": "point", "filled": True, "opacity": 1, "color": INKS["paper"], **aside},
        "encoding": {
            **places,
            "shape": {"field": "shape", "type": "nominal", "scale": None},
            "size": {"field": "area", "type": "quantitative", "scale": None, "legend": None},
        },
    }


def _symbols(
    marks: list[dict[str, Any]], places: Spec, aside: Spec, kinds: list[_Kind], *, columns: int
) -> Spec:
    names = [words for words, *_ in kinds]
    inks = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": names, "range": [INKS[ink] for _, ink, *_ in kinds]},
    }
    legend = {"symbolSize": 110, "offset": 18 if columns == 1 else 30, "columns": columns}
    shapes = {"domain": names, "range": [shape for _, _, shape, _ in kinds]}
    return {
        "data": {"values": marks},
        "mark": {"type": "point", "strokeWidth": 2, "opacity": 1, **aside},
        "encoding": {
            **places,
            "shape": {"field": "kind", "type": "nominal", "scale": shapes, "legend": legend},
            "stroke": inks,
            "fill": inks,
            "fillOpacity": {
                "field": "solid",
                "type": "quantitative",
                "scale": None,
                "legend": None,
            },
            "size": {"field": "area", "type": "quantitative", "scale": None, "legend": None},
        },
    }


def _today(day: date, time: Spec, *, upright: bool) -> list[Spec]:
    along = "y" if upright else "x"
    data = {"values": [{"day": _moment(day), "label": f"as of {day.day} {day:%b}"}]}
    place = {along: {"field": "day", **time}}
    edge = {"x": {"value": "width"}} if upright else {"y": {"value": "height"}}
    right = day.month >= _DECEMBER - 1
    offset: Spec = {"align": "right" if right else "left", "dx": 6 if right else -6, "dy": 12}
    if upright:
        offset = {"align": "left", "dx": 4, "dy": 0}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": INKS["today"], "strokeWidth": 1.5},
            "encoding": place,
        },
        {
            "data": data,
            "mark": {"type": "text", "color": INKS["today"], "fontWeight": 600, **offset},
            "encoding": {**place, **edge, "text": {"field": "label"}},
        },
    ]


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
