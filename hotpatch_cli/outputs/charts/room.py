"""The room that labels need in any font: a chart is drawn once, and shown with the fonts of the
viewer.
"""

from unicodedata import east_asian_width

_NARROW, _WIDE = 0.45, 1.05
_THIN = frozenset("ijlftrI1.,:;'|!()[]/- ")
_BROAD = frozenset("mwMW@%—…")
_BOLD = 1.13


def room(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in the widest of the usual fonts: Verdana and DejaVu Sans."""
    ems = sum(map(_ems, text))
    return ems * size * (_BOLD if bold else 1)


def _ems(letter: str) -> float:
    if letter in _THIN:
        return _NARROW
    if letter in _BROAD or east_asian_width(letter) in "WF":
        return _WIDE
    return 0.8 if letter.isupper() or not letter.isascii() else 0.66


def shortened(text: str, most: float, size: float) -> str:
    """The text where there is room for it; otherwise its start and its end, with a sign between."""
    if room(text, size) <= most:
        return text
    kept = max(2, int(len(text) * most / room(text, size)) - 1)
    while kept > 2 and room(text[: kept - kept // 2] + "…" + text[-(kept // 2) :], size) > most:  # noqa: PLR2004
        kept -= 1
    return text[: kept - kept // 2] + "…" + text[-(kept // 2) :]
