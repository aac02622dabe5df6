"""Grows a drawing until each of its labels fits, whatever font shows it."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from hotpatch_cli.outputs.charts.room import room

_SVG = "http://www.w3.org/2000/svg"
_MARGIN = 6
_MOVED = re.compile(r"translate\(\s*([-\d.]+)\s*,?\s*([-\d.]+)?\s*\)")
_BOLD = 600

_Box = tuple[float, float, float, float]


def with_room(drawn: str) -> str:
    """The drawing, large enough for every text of it."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own drawing
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    boxes = [*_boxes(root, 0, 0), (0.0, 0.0, width, height)]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    if (left, top, right, bottom) == (0, 0, width, height):
        return drawn
    size = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    root.set("viewBox", " ".join(f"{value:g}" for value in size.values()))
    for key in ("width", "height"):
        root.set(key, f"{size[key]:g}")
    ground = root.find(f"{{{_SVG}}}rect")
    if ground is not None:
        for key, value in size.items():
            ground.set(key, f"{value:g}")
    return ElementTree.tostring(root, encoding="unicode")


def _boxes(element: ElementTree.Element, x: float, y: float) -> Iterator[_Box]:
    """The boxes of the texts below an element."""
    moved = _MOVED.search(element.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2] or 0)
    if element.tag == f"{{{_SVG}}}text":
        yield _box(element, x, y)
        return
    for child in element:
        yield from _boxes(child, x, y)


def _box(text: ElementTree.Element, x: float, y: float) -> _Box:
    size = float(text.get("font-size", "11px").removesuffix("px"))
    weight = text.get("font-weight", "400")
    bold = weight == "bold" or (weight.isdigit() and int(weight) >= _BOLD)
    lines = [text.text or "", *(line.text or "" for line in text)]
    wide = max(room(line, size, bold=bold) for line in lines) + _MARGIN
    tall = size * 1.2 * max(1, len(lines) - 1)
    anchor = text.get("text-anchor", "start")
    begin = x - {"start": 0.0, "middle": wide / 2, "end": wide}.get(anchor, 0.0)
    return begin, y - size * 1.1, begin + wide, y - size * 1.1 + tall + size * 0.4
