"""One machine on one screen: table, JSON, and Markdown."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hotpatch_cli.json_shapes.show import SHOW
from hotpatch_cli.knowledge.records import PRODUCT_NAMES
from hotpatch_cli.model import GroupRule, Location
from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import (
    markdown,
    markdown_fence,
    markdown_prose,
    markdown_table,
    visible,
)
from hotpatch_cli.outputs.folding import cells
from hotpatch_cli.outputs.machine_rows import verdict_text
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.remedy_commands import Command, filled, names_of, steps
from hotpatch_cli.outputs.report_head import DataAge, age_line
from hotpatch_cli.outputs.restart_text import day_text, next_restart, runner
from hotpatch_cli.outputs.table import STYLES, Column, TextTable, colored, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded, indented
from hotpatch_cli.outputs.windows_listing import COLUMNS, opening_row
from hotpatch_cli.report import Checked, Reason, left_out_note
from hotpatch_cli.use_cases.fix_ranking import blocking_rules
from hotpatch_cli.use_cases.machine_details import FactRow, MachineDetails

_STATES = {
    "inferred": "{} (inferred)",
    "open": "open until deployment: {}",
    "conflict": "unknown, because sources differ: {}",
    "stated": "{}",
}
_BREAKS = {"Bash": " \\", "PowerShell": " `", "Terminal": ""}
"""What ends a line of a command that goes on; one for any shell stays on one line."""
_FENCES = {"Bash": "sh", "PowerShell": "powershell", "Terminal": "sh"}
_FACTS = (Column("fact"), Column("value", colored=False), Column("source", colored=False))
_GAPS = 4
_LEAST = 16


class StepCommand(NamedTuple):
    """A command with its values, in chunks between which a line may break."""

    shell: str
    chunks: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command on one line."""
        return " ".join(map(visible, self.chunks))


class FixStep(NamedTuple):
    """A sentence, and the commands that follow it."""

    prose: str
    commands: tuple[StepCommand, ...]


class Fix(NamedTuple):
    """What to do about a rule."""

    code: str
    name: str
    steps: tuple[FixStep, ...]


class GroupText(NamedTuple):
    """A group, its limit as an inventory has it, and the number of its members."""

    name: str
    share: str | None
    members: int


class ShowView(NamedTuple):
    """The details of a machine, and sentences on the whole run."""

    details: MachineDetails
    notes: tuple[str, ...] = ()


def fixes_of(checked: Checked | None) -> Iterator[Fix]:
    """What to do about each rule that was found, with the names of the machine filled in."""
    for reason in _by_rule(checked.reasons if checked else ()):
        names = names_of(checked.machine, reason.finding.values) if checked else {}
        yield Fix(
            reason.rule.code,
            reason.rule.name,
            tuple(
                FixStep(step.prose, tuple(_filled(made, names) for made in step.commands))
                for step in steps(reason.remedy)
            ),
        )


def _by_rule(reasons: Iterable[Reason]) -> Iterable[Reason]:
    """The first reason of each rule and remedy."""
    found: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        found.setdefault((reason.rule.code, reason.remedy), reason)
    return found.values()


def _filled(command: Command, names: dict[str, str]) -> StepCommand:
    return StepCommand(command.shell, filled(command, names))


# --- JSON ----------------------------------------


def render_json(view: ShowView, _options: ViewOptions) -> str:
    """The machine as JSON."""
    details = view.details
    content = SHOW(
        {
            "as_of": str(details.report.as_of),
            "name": details.machine.label,
            "id": details.machine.id,
            "machine": details.checked,
            "facts": details.facts,
            "groups": _groups(details),
            "ring": details.machine.placement.ring,
            "openings": details.openings,
            "fixes": list(fixes_of(details.checked)),
            "notes": _notes(view),
        }
    )
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _notes(view: ShowView) -> list[str]:
    problems = (problem.message for problem in view.details.problems)
    return [*problems, *left_out_note(view.details.report.left_out), *view.notes]


def _groups(details: MachineDetails) -> list[GroupText]:
    return [GroupText(row.name, _share(row.rule), row.members) for row in details.groups]


def _share(rule: GroupRule) -> str | None:
    if rule.percent is not None:
        return f"{rule.percent}%"
    return str(rule.max_unavailable) if rule.max_unavailable else None


# --- the table ----------------------------------------


def render_table(view: ShowView, options: ViewOptions) -> str:
    """The machine for a terminal, or at full width where it is not one."""
    details = view.details
    report, checked = details.report, details.checked
    age = DataAge.of_report(report)
    parts = [_title(details, options) + age_line(age, report.as_of, options)]
    parts.append(_pairs(_summary(details), options))
    if checked is not None:
        blocking = set(blocking_rules(checked.reasons))
        fixes = {fix.code: fix for fix in reversed(list(fixes_of(checked)))}
        for title, wanted in (("Blocked by", True), ("Other findings", False)):
            reasons = [
                reason for reason in checked.reasons if (reason.rule.code in blocking) is wanted
            ]
            parts.append(_findings(title, reasons, fixes, options))
    parts.append(_heading("Facts", options) + _facts(details.facts, options))
    parts.append(_openings(details, options))
    parts.append("".join(folded(f"{visible(note)}\n", options) for note in _notes(view)))
    return "\n".join(part for part in parts if part)


def _heading(text: str, options: ViewOptions) -> str:
    return f"{colored(text, 'bold') if options.color else text}\n"


def _title(details: MachineDetails, options: ViewOptions) -> str:
    name = visible(details.machine.label)
    day = f"As of {day_text(details.report.as_of)}.\n"
    if details.checked is None:
        return f"{name}: skipped, because it doesn't run Windows\n{day}"
    verdict = verdict_text(details.checked, options)
    if options.color:
        verdict = colored(verdict, STYLES.get(details.checked.judgment.verdict or "", ""))
    state = details.checked.judgment.track.state
    return f"{name}: {verdict}{f', track {state}' if state else ''}\n{day}"


def _summary(details: MachineDetails) -> Iterator[tuple[str, str]]:
    """What is known of the machine as a whole, as (label, text)."""
    machine, checked = details.machine, details.checked
    product = checked.judgment.product if checked else None
    where = filter(None, (machine.facts.platform, product and PRODUCT_NAMES[product]))
    yield "machine", ", ".join(where)
    yield "id", machine.id or ""
    if checked is not None:
        yield from _servicing(checked)
    yield "groups", "; ".join(map(_group_text, _groups(details)))
    ring, rings = machine.placement.ring, len(details.report.fleet.rings)
    yield "ring", f"{ring} ({details.ring} of {rings})" if ring else ""
    yield "waiver", "; ".join(_waivers(checked) if checked else ())


def _servicing(checked: Checked) -> Iterator[tuple[str, str]]:
    track, judgment, restart = checked.judgment.track, checked.judgment, checked.restart
    yield "track", f"{track.state or ''}{f': {track.why}' if track.why else ''}"
    if track.installed is not None:
        yield "installed", _release(track.installed.kb, track.installed.build)
    if track.latest is not None:
        yield "latest", f"{_release(track.latest.kb, track.latest.build)}, {track.latest.date}"
    update = track.next_update
    if update is not None:
        kind = update.kind.replace("-", " ")
        restarts = "with a restart" if update.reboot else "without a restart"
        named = _release(update.kb, update.build)
        yield "next update", f"{named}, {kind} of {day_text(update.date)}, {restarts}"
    for label, baseline in (
        ("next baseline", judgment.next_baseline),
        ("then", judgment.coming_baseline),
    ):
        if baseline is not None and (label != "then" or baseline != judgment.next_baseline):
            sure = "" if baseline.confirmed else " (forecast)"
            yield label, f"{day_text(baseline.date)}, {baseline.kind}{sure}"
    if restart.reason is not None:
        yield "next restart", next_restart(restart)
        yield "run by", runner(restart)
        yield "why", restart.sentence


def _release(kb: str | None, build: object) -> str:
    named = " ".join(filter(None, (kb, f"({build})" if build else "")))
    return named or "KB not in the release data"


def _group_text(group: GroupText) -> str:
    limit = f"{group.share} at once, " if group.share else ""
    return f"{group.name} ({limit}{counted(group.members, 'machine')})"


def _waivers(checked: Checked) -> Iterator[str]:
    for reason in checked.reasons:
        waiver = reason.suppressed
        if waiver is not None and waiver.kind == "waived":
            yield (f"{reason.rule.code} until {waiver.expires} by {waiver.owner}: {waiver.reason}")


def _pairs(pairs: Iterable[tuple[str, str]], options: ViewOptions) -> str:
    """Labels and texts, a line each; in a terminal a long text goes on below itself."""
    rows = [(label, visible(text)) for label, text in pairs if text]
    width = max((len(label) for label, _ in rows), default=0)
    return "".join(_pair(label.ljust(width), text, options) for label, text in rows)


def _pair(label: str, text: str, options: ViewOptions) -> str:
    if not options.terminal:
        return f"{label}  {text}\n"
    import textwrap

    margin = " " * (len(label) + 2)
    lines = textwrap.wrap(
        text,
        max(options.width - len(margin), _LEAST),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"{label}  " + f"\n{margin}".join(lines) + "\n"


# --- findings ----------------------------------------


def _findings(
    title: str, reasons: Sequence[Reason], fixes: dict[str, Fix], options: ViewOptions
) -> str:
    """The findings under a title, each with its place and its fix."""
    if not reasons:
        return ""
    lines = [_heading(title, options)]
    told: set[str] = set()
    for reason in reasons:
        rule = reason.rule
        text = " ".join(filter(None, (reason.message, aside(reason))))
        lines.append(
            indented(visible(f"{rule.name} ({rule.code}), {reason.level}: {text}"), options)
        )
        lines.append(indented(visible(place_text(reason.location)), options, 4))
        if rule.code not in told:
            lines += _steps(fixes[rule.code].steps, options)
        told.add(rule.code)
    return "".join(lines)


def _steps(found: Sequence[FixStep], options: ViewOptions) -> Iterator[str]:
    for number, step in enumerate(found):
        prose = f"To do: {step.prose}".replace(": Run:", ":") if number == 0 else step.prose
        if prose:
            yield indented(visible(prose), options, 4)
        for made in step.commands:
            yield from (f"      {line}\n" for line in command_lines(made, options, 6))


def command_lines(made: StepCommand, options: ViewOptions, margin: int = 0) -> list[str]:
    """A command, on several lines where a terminal has no room for one: it breaks between options,
    with the sign by which its shell goes on.
    """
    sign = _BREAKS[made.shell]
    room = options.width - margin - len(sign)
    if not options.terminal or not sign or cells(made.text) <= options.width - margin:
        return [made.text]
    lines: list[str] = []
    for chunk in map(visible, made.chunks):
        if lines and cells(f"{lines[-1]} {chunk}") <= room:
            lines[-1] += f" {chunk}"
        else:
            lines.append(f"  {chunk}" if lines else chunk)
    return [f"{line}{sign}" for line in lines[:-1]] + lines[-1:]


# --- facts and openings ----------------------------------------


def place_text(place: Location) -> str:
    """A place as editors understand it; a resource of Azure, or an option, has no line."""
    return place.file if place.line is None else f"{place.file}:{place.line}"


def fact_value(row: FactRow) -> str:
    """The value of a fact, and whether a source states it."""
    return _STATES[row.state].format(row.value)


def _facts(facts: Sequence[FactRow], options: ViewOptions) -> str:
    """The facts as a table; a value without room in it has lines of its own below."""
    rows = [(row.field, fact_value(row), place_text(row.place)) for row in facts]
    if not rows:
        return "No source states a fact.\n"
    if not options.terminal:
        return drawn(TextTable(_FACTS, rows), options)
    room = (
        options.width - _GAPS - sum(max(cells(visible(row[at])) for row in rows) for at in (0, 2))
    )
    short = [row for row in rows if cells(visible(row[1])) <= room]
    table = drawn(TextTable(_FACTS, short), options) if short else ""
    return table + "".join(
        f"{visible(field)}\n{indented(visible(value), options)}{indented(visible(place), options)}"
        for field, value, place in rows
        if cells(visible(value)) > room
    )


def _openings(details: MachineDetails, options: ViewOptions) -> str:
    heading = _heading("Next openings", options)
    if not details.openings:
        named = bool(details.machine.placement.windows) and not details.problems
        return f"{heading}No window opens.\n" if named else ""
    rows = [opening_row(opening, by_machine=True)[1:] for opening in details.openings]
    return heading + drawn(TextTable(COLUMNS, rows), options)


# --- Markdown ----------------------------------------


def _markdown_openings(details: MachineDetails) -> Sequence[str]:
    """The next openings, with remarks where an opening has some."""
    rows = [opening_row(opening, by_machine=True)[1:] for opening in details.openings]
    remarked = any(remarks for *_, remarks in rows)
    header = ("window", "start", "minutes left", *(("remarks",) if remarked else ()))
    cells = [
        (window, start, minutes, *((remarks,) if remarked else ()))
        for window, start, _, minutes, remarks in rows
    ]
    return markdown_table(header, cells)


def render_markdown(view: ShowView, _options: ViewOptions) -> str:
    """The machine for an issue or a wiki."""
    details, plain = view.details, ViewOptions()
    title, day = _title(details, plain).splitlines()
    lines = [f"## {markdown(title)}", "", day, ""]
    for label, text in _summary(details):
        if text:
            lines.append(f"- {label}: {markdown(text)}")
    checked = details.checked
    fixes = {fix.code: fix for fix in reversed(list(fixes_of(checked)))}
    for reason in _by_rule(checked.reasons if checked else ()):
        rule = reason.rule
        said = " ".join(filter(None, (reason.message, aside(reason))))
        lines += ["", f"### {rule.name} ({rule.code}), {reason.level}", ""]
        lines += [f"{markdown(said)} ({markdown(place_text(reason.location))})", ""]
        lines += _markdown_steps(fixes[rule.code].steps)
    facts = [(row.field, fact_value(row), place_text(row.place)) for row in details.facts]
    lines += ["", "### Facts", "", *markdown_table(("fact", "value", "source"), facts)]
    if details.openings:
        lines += ["", "### Next openings", "", *_markdown_openings(details)]
    lines += ["", *(f"- {markdown(note)}" for note in _notes(view))] if _notes(view) else []
    return "\n".join(lines) + "\n"


def _markdown_steps(found: Sequence[FixStep]) -> Iterator[str]:
    for step in found:
        if step.prose:
            yield markdown_prose(step.prose)
        for made in step.commands:
            yield "\n" + markdown_fence(_FENCES[made.shell], made.text).rstrip("\n")
        yield ""
