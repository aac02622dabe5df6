"""The page as one file: escaped by Jinja2, with a policy that lets in nothing but its own style and
script.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from hotpatch_cli.errors import missing_package
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Knowledge
from hotpatch_cli.outputs.calendar import entry_dict
from hotpatch_cli.outputs.charts.draw import INKS, Spec, svg
from hotpatch_cli.outputs.charts.timeline import timeline, timeline_description
from hotpatch_cli.outputs.charts.year import year_chart, year_description
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.page import words
from hotpatch_cli.outputs.page.blockers import blockers
from hotpatch_cli.outputs.page.content import knowledge_age, saved_restarts
from hotpatch_cli.outputs.page.fixes import fix_first
from hotpatch_cli.outputs.page.machines import MOST, facets, groups, kinds, machine_data
from hotpatch_cli.outputs.page.plan import NAMED, PlanPart
from hotpatch_cli.outputs.page.progress import progress_part
from hotpatch_cli.outputs.page.trend import TrendPart
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.plan_view import each_alone
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Report, left_out_note
from hotpatch_cli.servicing.calendar import Year

if TYPE_CHECKING:
    from jinja2 import Environment


_BLANK = re.compile(r"(<[a-z][a-z -]*>)")


class PageContents(NamedTuple):
    """What a page is made of. `csv` names a file with all machines, where there are too many for a
    page; `plan` is a sentence where no plan could be made.
    """

    report: Report
    year: Year
    knowledge: Knowledge
    stale: str | None = None
    csv: str | None = None
    most: int = MOST
    plan: PlanPart | str | None = None
    trend: TrendPart | None = None


class Picture(NamedTuple):
    """A chart for a wide page and for a telephone, and the chart in words."""

    wide: Any
    narrow: Any
    words: str


def render_page(contents: PageContents, _options: ViewOptions = PLAIN) -> str:
    """The page. Raises InputError if a library for it isn't installed."""
    templates = environment()
    style, script = asset("page.css") + _dark_inks(), asset("page.js")
    report, year = contents.report, contents.year
    saved = saved_restarts(report, year)
    many = len(report.machines) > contents.most
    return templates.get_template("page.html").render(
        policy=trusted(policy(style, script)),
        style=trusted(style),
        script=trusted(script),
        fleet=visible(report.fleet.name or ""),
        report=report,
        left_out=left_out_note(report.left_out),
        counts=report.counts,
        answer=words.headline(report),
        rest=words.rest(report),
        noun=words.noun(report),
        overdue=words.overdue(report),
        numbers=words.numbers(report, saved.total, saved.months),
        calendar=picture(
            year_chart(year, titled=False),
            year_chart(year, upright=True, titled=False),
            year_description(year),
        ),
        releases=[
            entry_dict(entry) | {"product": PRODUCT_NAMES[product]}
            for product in year.products
            for entry in year.entries[product]
        ],
        year=year,
        fixes=fix_first(report),
        obstacles=blockers(report),
        **_plan(contents.plan),
        trend=contents.trend,
        trend_chart=picture(*contents.trend.charts) if contents.trend else None,
        saved=saved,
        data=None if many else trusted(machine_data(report, saved.by_machine)),
        kinds=kinds(report) if many else (),
        groups=((), 0) if many else groups(report),
        facets=facets(report),
        csv=contents.csv,
        age=knowledge_age(report, contents.knowledge, contents.stale),
    )


def _plan(part: PlanPart | str | None) -> dict[str, Any]:
    if not isinstance(part, PlanPart):
        return {
            "plan": None,
            "no_plan": part,
            "timeline": None,
            "named": NAMED,
            "progress": None,
        }
    wide, narrow = (
        timeline(part.prepared, part.reboots, narrow=upright, titled=False)
        for upright in (False, True)
    )
    drawn = (
        picture(wide, narrow, timeline_description(part.prepared, part.reboots))
        if part.reboots
        else None
    )
    return {
        "plan": part,
        "no_plan": None,
        "timeline": drawn,
        "named": NAMED,
        "progress": progress_part(part.progress) if part.progress else None,
    }


def picture(wide: Spec, narrow: Spec, said: str) -> Picture:
    """A chart drawn for a wide page and for a telephone."""
    return Picture(trusted(_inline(svg(wide))), trusted(_inline(svg(narrow))), said)


def _inline(drawn: str) -> str:
    """SVG as a part of the page: screen readers read the label of its figure and skip the rest."""
    quiet = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", drawn)
    return quiet.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def trusted(text: str) -> Any:
    """Our own style and script, a drawing of the library, JSON made inert: what must not be escaped
    again.
    """
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  what was read from an input comes here escaped


def policy(style: str, script: str) -> str:
    """Nothing is loaded from anywhere; the style and the script are known by their hashes."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def asset(name: str) -> str:
    """A file of the page: a template, the style, the script."""
    return files("hotpatch_cli.outputs.page").joinpath("assets", name).read_text(encoding="utf-8")


def _dark_inks() -> str:
    """Charts carry the colors of daylight; on the page each gives way to the variable of its
    meaning.
    """
    return "".join(
        f'.chart [fill="{ink}"]{{fill:var(--{name})}}'
        f'.chart [stroke="{ink}"]{{stroke:var(--{name})}}\n'
        for name, ink in INKS.items()
    )


def environment(what: str = "The page") -> "Environment":
    """The templates. Raises InputError if the library isn't installed; `what` requires it."""
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError:
        raise missing_package("report", what, "report") from None
    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day_text": words.day_text,
        "count": counted,
        "code": code,
        "chunk": chunk,
        "each_alone": each_alone,
        "visible": visible,
        "link": link,
    }
    return made


def code(text: str) -> Any:
    """Prose whose parts between backticks are code."""
    from markupsafe import Markup, escape

    parts: Sequence[Any] = [escape(part) for part in visible(text).split("`")]
    return Markup("").join(
        _code(part)
        if number % 2 and number < len(parts) - 1
        else ("`" if number % 2 else "") + part
        for number, part in enumerate(parts)
    )


def _code(text: Any) -> Any:
    """Code that breaks at its spaces, not inside a word such as an option."""
    from markupsafe import Markup

    made = Markup("<span>{}</span>")
    spaced = (
        Markup(" ").join(made.format(word) for word in text.split(" ")) if " " in text else text
    )
    return Markup("<code>{}</code>").format(spaced)


def chunk(text: str) -> Any:
    """A part of a command, with its blanks marked."""
    from markupsafe import Markup, escape

    marked = Markup("<i>{}</i>")
    return Markup("").join(
        marked.format(part) if number % 2 else escape(part)
        for number, part in enumerate(_BLANK.split(text))
    )


def link(address: str | None) -> str | None:
    """An address that a page may link to: one of the web, no script."""
    return address if address and address.startswith(("https://", "http://")) else None
