"""Fixes as a script to review, for Bash or PowerShell. Nothing here runs it.

The script is a dry run until the user changes one word. Whatever a name holds, a command gets it as
one argument, and a comment is one line.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.fix_commands import (
    FilledCommand,
    Shell,
    code_blocks,
    diff_lines,
    filled_commands,
    findings_of,
    heading,
    missing_steps,
    names_of_all,
    sources_of,
    steps_of,
)
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.remedy_commands import VARIABLES, ScriptCommand
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.fixes import ChangeOfFleet, FixBatch, FleetFixes, MachineFix

_MEANING = {
    "subscription": "the ID of the subscription",
    "resource-group": "the resource group",
    "region": "the Azure region",
}
_UNSET = "Set these variables at the top of the script"
_BASH_HEAD = """#!/usr/bin/env bash
# {title}
# Written by `hotpatch fix` and run by nobody yet. Review it before you run it.
set -euo pipefail

# Dry run: prints each command and changes nothing.
# To make the changes, remove the word echo in the next line.
AZ="echo az"
echo() { printf '%q ' "$@"; printf '\\n'; }  # in a form that you can paste
"""
_BASH_NOT_FOUND = """
# True where az found nothing to update. Stops on every other error.
nothing_to_update() {
    case $1 in *"Not Found"* | *NotFound*) return 0 ;; esac
    printf '%s\\n' "$1" >&2
    exit 1
}
"""
_POWERSHELL_HEAD = """# {title}
# Written by `hotpatch fix` and run by nobody yet. Review it before you run it.
# Needs Az.Accounts and Az.ConnectedMachine 1.1 or later. Sign in first: Connect-AzAccount.
$ErrorActionPreference = 'Stop'

# Dry run: prints each command and changes nothing.
# To make the changes, replace $true with $false in the next line.
$DryRun = $true

function Invoke-Change([scriptblock] $Change, [scriptblock] $OrCreate) {
    if ($DryRun) { "$Change".Trim(); return }
    try {
        $answer = & $Change
        if ($answer.StatusCode -ge 400) { throw "$($answer.StatusCode) $($answer.Content)" }
    } catch {
        if (-not $OrCreate -or "$_" -notmatch 'Not ?Found') { throw }
        $answer = & $OrCreate
    }
    $answer
}
"""


class _Syntax(NamedTuple):
    """What differs between the shells."""

    shell: Shell
    head: str
    variable: int


_BASH = _Syntax("bash", _BASH_HEAD, 0)
_POWERSHELL = _Syntax("powershell", _POWERSHELL_HEAD, 1)


def render_bash(fixes: FleetFixes, _options: ViewOptions) -> str:
    """The changes as a script of the Azure CLI."""
    return _script(fixes, _BASH)


def render_powershell(fixes: FleetFixes, _options: ViewOptions) -> str:
    """The changes as a script of Azure PowerShell, in ASCII."""
    text = _script(fixes, _POWERSHELL)
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _script(fixes: FleetFixes, syntax: _Syntax) -> str:
    parts = [_batch(number, batch, syntax) for number, batch in enumerate(fixes.batches, 1)]
    written = list(chain.from_iterable(parts))
    commands = [part for part in written if isinstance(part, _Command)]
    lines = [syntax.head.replace("{title}", _title(fixes))]
    lines += _variables(commands, syntax)
    if syntax.shell == "bash" and any(one.filled.otherwise for one in commands):
        lines.append(_BASH_NOT_FOUND)
    lines += [f"{part}\n" for part in map(str, written)]
    lines += [f"{line}\n" for line in (*_rest(fixes), *_diffs(fixes))]
    if not written and not fixes.changes:
        lines.append("\n# Nothing to change.\n")
    return "".join(lines)


def _title(fixes: FleetFixes) -> str:
    name = visible(fixes.report.fleet.name or "")
    fleet = f" of {name}" if name else ""
    return f"Changes that make machines{fleet} ready for hotpatching, as of {fixes.report.as_of}."


# --- variables ----------------------------------------


def _variables(commands: Sequence["_Command"], syntax: _Syntax) -> Iterator[str]:
    """The values that no source states: each has to be set."""
    needed: dict[str, list[MachineFix]] = {blank: [] for blank in VARIABLES}
    for one in commands:
        for blank in one.filled.variables:
            needed[blank].append(one.fix)
    asked = {blank: machines for blank, machines in needed.items() if machines}
    if not asked:
        return
    yield "\n# Values that no source states. Set them all.\n"
    for blank, machines in asked.items():
        variable = VARIABLES[blank][syntax.variable]
        yield f"# {_MEANING[blank]} of {names_of_all(machines)}\n"
        yield f'{variable}=""\n' if syntax.shell == "bash" else f"${variable} = ''\n"
    yield "# If they differ between machines, specify `id` and `region` in the inventory instead.\n"
    names = [VARIABLES[blank][syntax.variable] for blank in asked]
    yield from _checks(names, syntax)


def _checks(names: Sequence[str], syntax: _Syntax) -> Iterator[str]:
    if syntax.shell == "bash":
        listed = " ".join(names)
        yield f"unset_variables=\nfor name in {listed}; do\n"
        yield '    [ -n "${!name}" ] || unset_variables="$unset_variables $name"\ndone\n'
        yield 'if [ -n "$unset_variables" ]; then\n'
        yield f"    printf '%s\\n' \"{_UNSET}:$unset_variables\" >&2\n    exit 2\nfi\n"
        return
    listed = ", ".join(f"'{name}'" for name in names)
    yield f"$Unset = @({listed}) | Where-Object {{ -not (Get-Variable -Name $_ -ValueOnly) }}\n"
    yield 'if ($Unset) { throw "' + _UNSET + ': $Unset" }\n'


# --- a batch ----------------------------------------


class _Command(NamedTuple):
    """A command in a script, and its machine."""

    fix: MachineFix
    filled: FilledCommand
    text: str

    def __str__(self) -> str:
        return self.text


def _batch(number: int, batch: FixBatch, syntax: _Syntax) -> Iterator["str | _Command"]:
    yield f"\n# {number}. {heading(batch)}"
    yield from (f"#    {source}" for source in sources_of(batch.machines))
    in_code = [fix for fix in batch.machines if fix.is_in_code]
    yield from _code(in_code)
    for fix in batch.machines:
        yield from _machine(fix, syntax)
    if steps := steps_of(batch.machines):
        yield f"# Steps that no command does, on {names_of_all(batch.machines)}:"
        yield from (f"# {finding}" for finding in findings_of(batch.machines))
        yield from (f"# - {visible(step)}" for step in steps)


def _code(fixes: Sequence[MachineFix]) -> Iterator[str]:
    """What to edit where code declares machines."""
    for block in code_blocks(fixes):
        yield "# In code:"
        yield from (f"# - {place}" for place in block.places)
        yield from (f"#   {line}" for line in (*block.lines, *block.notes))


def _machine(fix: MachineFix, syntax: _Syntax) -> Iterator["str | _Command"]:
    name = visible(fix.checked.machine.label)
    try:
        commands = filled_commands(fix, syntax.shell)
    except ValueError:
        yield f"# Machine {name}: left out, because no resource of Azure has such a name."
        return
    if not commands:
        return
    if fix.is_in_code:
        yield f"# Machine {name}: edit the code. Otherwise the next deployment undoes this command:"
        for one in commands:
            yield f"#   {visible(one.run.text)}"
        return
    # never the name alone: PowerShell takes some comments for a signature
    yield f"# Machine {name}"
    for one in commands:
        yield _Command(fix, one, _statement(one, syntax))


def _statement(filled: FilledCommand, syntax: _Syntax) -> str:
    if syntax.shell == "powershell":
        create = f" {{ {filled.otherwise.text} }}" if filled.otherwise else ""
        return f"Invoke-Change {{ {filled.run.text} }}{create}"
    if filled.otherwise is None:
        return _az(filled.run)
    return (
        f"if answer=$({_az(filled.run)} 2>&1); then\n"
        "    printf '%s\\n' \"$answer\"\n"
        'elif nothing_to_update "$answer"; then\n'
        f"    {_az(filled.otherwise)}\n"
        "fi"
    )


def _az(command: ScriptCommand) -> str:
    return "$AZ" + command.text.removeprefix("az")


# --- what no change of the machine does ----------------------------------------


def _rest(fixes: FleetFixes) -> Iterator[str]:
    """Missing facts, upgrades and new machines, as comments."""
    for change in fixes.changes:
        if change.fix.kind == "change":
            continue
        codes = ", ".join(change.fix.codes)
        yield f"\n# {change.fix.name} ({codes}): {_need(change)}, {names_of_all(change.machines)}"
        yield from _code(change.machines)
        steps = steps_of(change.machines)
        if change.fix.kind == "missing-facts":
            steps = missing_steps(change)
        else:
            yield from (f"# {finding}" for finding in findings_of(change.machines))
        yield from (f"# - {visible(step)}" for step in steps)


def _diffs(fixes: FleetFixes) -> Iterator[str]:
    """The edits of files, as comments."""
    for diff in fixes.diffs:
        yield f"\n# Edits of {visible(diff.file)}:"
        yield from (f"# {line}" for line in diff_lines(diff))


def _need(change: ChangeOfFleet) -> str:
    total = counted(change.fix.total, "machine")
    return {
        "missing-facts": f"facts of {total} are missing",
        "upgrade": f"{total} to upgrade",
        "new-machine": f"{total} to replace",
        "change": total,
    }[change.fix.kind]
