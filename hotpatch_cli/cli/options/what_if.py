"""`--what-if`: a scenario with a hypothetical baseline or freeze."""

import re
from collections.abc import Sequence
from datetime import date

import typer

from hotpatch_cli.cli.options.common import YEARS
from hotpatch_cli.documents.codec import parse_date
from hotpatch_cli.knowledge.records import PRODUCTS, Release
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.patch_tuesday import PLANNED_BASELINE_MONTHS, patch_tuesday
from hotpatch_cli.servicing.scenario import Scenario

OPTION = "--what-if"
_UNPLANNED = re.compile(r"unplanned:(?:([a-z0-9]+):)?(\d{4})-(\d{1,2})")
_HOW = "Use unplanned:YYYY-MM, unplanned:PRODUCT:YYYY-MM, or freeze:YYYY-MM-DD..YYYY-MM-DD."


def parse_what_if(texts: Sequence[str] | None, as_of: date) -> Scenario:
    """The scenario of `--what-if` as of a date. Raises BadParameter."""
    scenario = Scenario()
    for text in dict.fromkeys(question.strip() for question in texts or ()):
        if text.startswith("unplanned:"):
            releases = (*scenario.releases, *_unplanned(text, as_of))
            scenario = scenario._replace(releases=releases)
        elif text.startswith("freeze:"):
            scenario = scenario._replace(freezes=(*scenario.freezes, _freeze(text)))
        else:
            raise _bad(f"{text!r} isn't a scenario.", _HOW)
        scenario = scenario._replace(texts=(*scenario.texts, text))
    return scenario


def _unplanned(text: str, as_of: date) -> list[Release]:
    match = _UNPLANNED.fullmatch(text)
    if match is None or not 1 <= int(match[3]) <= 12:  # noqa: PLR2004  months
        raise _bad(f"{text!r} has no valid month.", _HOW)
    products = [product for product in PRODUCTS if match[1] in (None, product)]
    if not products:
        raise _bad(f"{match[1]!r} isn't a product.", f"Specify one of {', '.join(PRODUCTS)}.")
    year, month = int(match[2]), int(match[3])
    if year not in YEARS:
        raise _bad(f"{text!r} is out of range.", _HOW)
    day = patch_tuesday(year, month)
    if day <= as_of:
        raise _bad(
            f"The releases of {year}-{month:02} came out on {day}, not after {as_of}.",
            "Specify a later month.",
        )
    if month in PLANNED_BASELINE_MONTHS:
        raise _bad(
            f"{year}-{month:02} has a planned baseline.",
            "Specify a hotpatch month, such as 2026-02.",
        )
    return [Release(product, "low", (), day, "unplanned-baseline") for product in products]


def _freeze(text: str) -> Freeze:
    first, dots, last = text.removeprefix("freeze:").partition("..")
    if not dots:
        raise _bad(f"{text!r} doesn't have two dates.", _HOW)
    try:
        begin, finish = parse_date(first), parse_date(last)
    except ValueError as error:
        raise _bad(str(error), _HOW) from None
    if finish < begin:
        raise _bad(f"{text!r} ends before it starts.", _HOW)
    if begin.year not in YEARS or finish.year not in YEARS:
        raise _bad(f"{text!r} is out of range.", _HOW)
    return Freeze(f"what if {first}..{last}", begin, finish)


def _bad(what: str, advice: str) -> typer.BadParameter:
    return typer.BadParameter(f"{what} {advice}".strip(), param_hint=OPTION)
