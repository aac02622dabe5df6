"""Fixes as a table, as JSON, and as Markdown for a change request."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hotpatch_cli.outputs.escaping import markdown, markdown_fence, markdown_prose
from hotpatch_cli.outputs.fix_commands import (
    RESTARTS,
    CodeBlock,
    code_blocks,
    diff_lines,
    filled_commands,
    findings_of,
    heading,
    missing_steps,
    names_of_all,
    short_place_of,
    sources_of,
    steps_of,
)
from hotpatch_cli.outputs.fix_table import effect, ways
from hotpatch_cli.outputs.machine_rows import room_for_names
from hotpatch_cli.outputs.remedy_commands import VARIABLES
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.fix_edits import CodeEdit
from hotpatch_cli.use_cases.fixes import ChangeOfFleet, FleetFixes, MachineFix

_COLUMNS = (
    Column("change", colored=False),
    Column("makes ready"),
    Column("restart", 1),
    Column("how", 2, colored=False),
    Column("machines", 3),
)
_RESTARTS = {True: "yes", False: "no", None: "-"}
NOTHING = "Nothing to change.\n"


# --- table ----------------------------------------


def render_table(fixes: FleetFixes, options: ViewOptions) -> str:
    """The changes, best first, and how each is made."""
    if not fixes.changes:
        return NOTHING
    rows = [_row(change, options) for change in fixes.changes]
    return drawn(TextTable(_COLUMNS, rows), options)


def _row(change: ChangeOfFleet, options: ViewOptions) -> tuple[str, ...]:
    fix = change.fix
    return (
        fix.name,
        effect(fix),
        _RESTARTS[fix.restarts],
        _how(change),
        names_of_all(change.machines, room_for_names(options)),
    )


def _how(change: ChangeOfFleet) -> str:
    """What to do first, in a few words: the command, the place in code, or that there are steps."""
    if change.fix.kind == "missing-facts":
        return ways(change.fix)[0]
    for fix in change.machines:
        if fix.edits:
            return f"edit {short_place_of(fix.edits[0])}"
    commands = _texts(change.machines)
    if commands:
        return re.split(r" -", commands[0], maxsplit=1)[0]
    return "steps"


def _texts(fixes: Sequence[MachineFix], shell: Any = "bash") -> list[str]:
    """The commands of machines; a name that no command takes is left out."""
    found = []
    for fix in fixes:
        try:
            found += [one.run.text for one in filled_commands(fix, shell)]
        except ValueError:
            continue
    return found


# --- JSON ----------------------------------------


def render_json(fixes: FleetFixes, _options: ViewOptions) -> str:
    """The changes as JSON, the one that makes most machines ready first."""
    content = {
        "schema_version": 1,
        "as_of": str(fixes.report.as_of),
        "changes": [_change(change) for change in fixes.changes],
        "diffs": [{"file": diff.file, "diff": diff.text} for diff in fixes.diffs],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _change(change: ChangeOfFleet) -> dict[str, Any]:
    fix = change.fix
    is_missing = fix.kind == "missing-facts"
    steps = missing_steps(change) if is_missing else steps_of(change.machines)
    return {
        "rule": fix.codes[0],
        "name": fix.name,
        "rules": list(fix.codes),
        "kind": fix.kind,
        "machines": [one.checked.machine.label for one in change.machines],
        "makes_ready": fix.makes_ready,
        "restarts": fix.restarts,
        "commands": _texts(change.machines),
        "powershell": _texts(change.machines, "powershell"),
        "variables": _variables(change.machines),
        "steps": list(steps),
        "findings": list(findings_of(change.machines)),
        "edits": list(_edits(change.machines)),
        "sources": list(sources_of(change.machines)),
    }


def _variables(fixes: Sequence[MachineFix]) -> list[str]:
    """The variables of the commands, in Bash: values that no source states."""
    found: set[str] = set()
    for fix in fixes:
        try:
            for one in filled_commands(fix, "bash"):
                found |= one.variables
        except ValueError:
            continue
    return [VARIABLES[blank][0] for blank in VARIABLES if blank in found]


def _edits(fixes: Sequence[MachineFix]) -> Iterator[dict[str, Any]]:
    for fix in fixes:
        for edit in fix.edits:
            yield _edit(fix, edit)


def _edit(fix: MachineFix, edit: CodeEdit) -> dict[str, Any]:
    return {
        "machine": fix.checked.machine.label,
        "tool": edit.tool,
        "file": edit.place.file,
        "line": edit.place.line,
        "resource": edit.resource,
        "settings": dict(edit.settings),
        "note": edit.note or None,
        "findings": list(edit.sentences),
    }


# --- Markdown ----------------------------------------


def render_markdown(fixes: FleetFixes, _options: ViewOptions) -> str:
    """The changes as a document for a change request."""
    return "\n".join(_document(fixes)) + "\n"


def _document(fixes: FleetFixes) -> Iterator[str]:
    yield f"## Changes that make machines ready for hotpatching, as of {fixes.report.as_of}\n"
    if not fixes.changes:
        yield NOTHING
        return
    yield "| change | makes ready | restart | machines |\n|---|---|---|---|"
    for change in fixes.changes:
        fix = change.fix
        names = names_of_all(change.machines)
        cells = (fix.name, effect(fix), _RESTARTS[fix.restarts], markdown(names))
        yield f"| {' | '.join(cells)} |"
    for number, batch in enumerate(fixes.batches, 1):
        yield f"\n### {number}. {markdown(heading(batch))}\n"
        yield f"Machines: {markdown(names_of_all(batch.machines, None))}\n"
        yield from _code(code_blocks(batch.machines))
        if in_code := [fix for fix in batch.machines if fix.is_in_code and fix.has_commands]:
            names = markdown(names_of_all(in_code))
            yield f"Edit the code of {names}. Otherwise the next deployment undoes the commands.\n"
        for title, shell in (("Azure CLI", "bash"), ("Azure PowerShell", "powershell")):
            if commands := _texts(batch.machines, shell):
                yield f"{title}:\n"
                yield markdown_fence(shell, "\n".join(commands))
        yield from (f"{markdown(finding)}\n" for finding in findings_of(batch.machines))
        yield from _steps(steps_of(batch.machines))
        sources = ", ".join(sources_of(batch.machines))
        yield f"Restart: {RESTARTS[batch.restarts]}. Sources: {sources}"
    for change in fixes.changes:
        if change.fix.kind != "change":
            yield from _other(change)
    for diff in fixes.diffs:
        yield f"\n### Edits of {markdown(diff.file)}\n"
        yield markdown_fence("diff", "\n".join(diff_lines(diff)))


def _other(change: ChangeOfFleet) -> Iterator[str]:
    codes = ", ".join(change.fix.codes)
    yield f"\n### {markdown(change.fix.name)} ({codes})\n"
    yield f"Machines: {markdown(names_of_all(change.machines, None))}\n"
    yield from _code(code_blocks(change.machines))
    is_missing = change.fix.kind == "missing-facts"
    if not is_missing:
        yield from (f"{markdown(finding)}\n" for finding in findings_of(change.machines))
    yield from _steps(missing_steps(change) if is_missing else steps_of(change.machines))


def _code(blocks: Sequence[CodeBlock]) -> Iterator[str]:
    for block in blocks:
        yield "In code:\n"
        yield from (f"- {markdown(place)}" for place in block.places)
        yield ""
        if block.lines:
            yield markdown_fence(block.language, "\n".join(block.lines))
        yield from (f"- {markdown(note)}" for note in block.notes)
        if block.notes:
            yield ""


def _steps(steps: Sequence[str]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        yield f"{number}. {markdown_prose(step)}"
    if steps:
        yield ""
