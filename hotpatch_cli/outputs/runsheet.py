"""The run sheets of a plan, one a night: Markdown with boxes to tick, or HTML to print."""

from collections.abc import Iterable, Iterator
from itertools import chain

from hotpatch_cli.outputs.escaping import markdown, markdown_code
from hotpatch_cli.outputs.night import NightLine, NightSheet, NightStep, night_sheets, not_scheduled
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.view_options import ViewOptions

_BLANK = "________"


def render_runsheet(view: PlanView, options: ViewOptions) -> str:
    """The sheets as HTML for a file with that suffix, otherwise as Markdown."""
    sheets = night_sheets(view)
    if options.suffix in (".html", ".htm"):
        from hotpatch_cli.outputs.page.runsheet import runsheet_page

        return runsheet_page(view, sheets)
    if not sheets:
        lines = ["# Run sheet", "", "The plan has no restart.", *_left_out(not_scheduled(view))]
        return "\n".join(lines) + "\n"
    return "\n---\n\n".join("\n".join(_sheet(sheet)) + "\n" for sheet in sheets)


def _sheet(sheet: NightSheet) -> Iterator[str]:
    fleet = f"{sheet.fleet}: " if sheet.fleet else ""
    yield f"# Run sheet: {markdown(fleet)}night of {sheet.name}"
    yield ""
    yield f"{markdown(sheet.summary)}."
    yield ""
    yield from (f"- {markdown(times)}" for times in sheet.times)
    if sheet.azure:
        yield f"- {markdown(sheet.azure)}"
    yield from (f"- {markdown(update)}" for update in sheet.updates)
    yield from _left_out(sheet.left_out)
    yield from _section("Before the night", map(box, sheet.checks))
    yield from _section("Tell others", (f"> {markdown(line)}  " for line in sheet.message))
    yield f"> Contact: {_BLANK}"
    steps = chain.from_iterable(map(_step, sheet.steps))
    yield from _section("Restarts in their order", steps)
    recovery = (f"- {line_text(line)}" for line in sheet.recovery)
    yield from _section("If a machine doesn't come back", recovery)
    yield from _section("After the night", map(box, sheet.after))
    yield ""
    yield f"Run by {_BLANK} Signed {_BLANK} Date {_BLANK}"


def _left_out(rows: Iterable[str]) -> Iterator[str]:
    """The machines that aren't scheduled, if there are any."""
    lines = [f"- {markdown(row)}" for row in rows]
    if lines:
        yield from _section("Not scheduled", lines)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from lines


def line_text(line: NightLine) -> str:
    """A line in Markdown, its command as code."""
    command = f" {markdown_code(line.command)}" if line.command else ""
    return f"{markdown(line.text)}{command}{markdown(line.rest)}"


def box(line: NightLine) -> str:
    """A line to tick."""
    return f"- [ ] {line_text(line)}"


def _step(step: NightStep) -> Iterator[str]:
    """A box for a restart, why then, and what happens without it; room for what was done."""
    rules = [f"window {step.window}"]
    rules += [f"ring {step.ring}"] if step.ring else []
    rules += [f"groups {step.groups}"] if step.groups else []
    rules += [f"owner {step.owner}"] if step.owner else []
    machine, by = markdown(step.machine), markdown(step.by)
    yield f"- [ ] {step.number}. {step.start} to {step.end}: **{machine}** ({by})"
    yield f"  - Why then: {markdown(step.why)}; {markdown(', '.join(rules))}"
    yield f"  - If it doesn't come back: {markdown(step.without_it)}"
    yield f"  - Start {_BLANK} End {_BLANK} Initials {_BLANK} Remark {_BLANK}"
