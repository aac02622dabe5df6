"""The commands and the edits of fixes, with the names of their machines filled in."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from hotpatch_cli.knowledge.records import Setting
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.remedy_commands import (
    Command,
    ScriptCommand,
    command,
    exact_names,
    scripted,
)
from hotpatch_cli.outputs.table import few
from hotpatch_cli.use_cases.fix_edits import CodeEdit, FileDiff
from hotpatch_cli.use_cases.fixes import ChangeOfFleet, FixBatch, MachineFix

Shell = Literal["bash", "powershell"]
RESTARTS = {True: "yes", False: "no", None: "no source states it"}
FINDINGS = 3
NAMED = 60
"""The cells that the names of machines take in a comment."""


class FilledCommand(NamedTuple):
    """A command of a machine; `otherwise` runs where it finds nothing to update."""

    run: ScriptCommand
    otherwise: ScriptCommand | None = None

    @property
    def variables(self) -> frozenset[str]:
        """The blanks that are variables in it."""
        return self.run.variables | (self.otherwise.variables if self.otherwise else frozenset())


def filled_commands(fix: MachineFix, shell: Shell) -> tuple[FilledCommand, ...]:
    """The commands of a machine, in their order: the settings of one command are set together.

    Raises ValueError for a name that no command takes.
    """
    if not fix.has_commands:
        return ()
    settings: dict[str, dict[str, Setting]] = {}
    fallbacks: dict[str, str] = {}
    for change in fix.changes:
        for text in getattr(change, shell):
            settings.setdefault(text, {}).update(change.arm)
            if change.not_found:
                fallbacks[text] = getattr(change.not_found, shell)
    names = exact_names(fix.checked.machine)
    found = []
    for text, properties in settings.items():
        run = scripted(_template(_with_settings(text, properties)), names)
        other = fallbacks.get(text)
        otherwise = scripted(_template(other), names) if other else None
        found.append(FilledCommand(run, otherwise))
    return tuple(found)


@lru_cache(maxsize=256)
def _template(text: str) -> Command:
    """A command with its blanks, which thousands of machines share."""
    return command(text)


def _with_settings(text: str, settings: Mapping[str, Setting]) -> str:
    words = " ".join(f"{path}={_word(value)}" for path, value in settings.items())
    payload = json.dumps({"properties": nested(settings)}, separators=(",", ":"))
    return text.replace("<settings>", words).replace("<payload>", f"'{payload}'")


def _word(value: Setting) -> str:
    return value if isinstance(value, str) else str(value).lower()


def nested(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Settings by their paths as a tree."""
    tree: dict[str, Any] = {}
    for path, value in settings.items():
        branch = tree
        *above, last = path.split(".")
        for key in above:
            branch = branch.setdefault(key, {})
        branch[last] = value
    return tree


# --- sentences ----------------------------------------


def heading(batch: FixBatch) -> str:
    """What a batch does, in one sentence."""
    names = [f"{name} ({code})" for name, code in zip(batch.names, batch.codes, strict=True)]
    effect = f"makes {counted(batch.makes_ready, 'machine')} ready"
    if batch.also:
        effect += f"; {counted(len(batch.machines), 'machine')} also need: {', '.join(batch.also)}"
    elif not batch.whole:
        effect += f"; {counted(len(batch.machines), 'machine')} need more than what --only shows"
    return f"{', then '.join(names)}: {effect}; restart: {RESTARTS[batch.restarts]}"


def sources_of(fixes: Iterable[MachineFix]) -> tuple[str, ...]:
    """The public pages of changes, each once."""
    found: dict[str, None] = {}
    for fix in fixes:
        for change in fix.changes:
            found |= dict.fromkeys(change.source)
    return tuple(found)


def findings_of(fixes: Iterable[MachineFix]) -> tuple[str, ...]:
    """What no setting of a machine answers: the first findings, each once."""
    found: dict[str, None] = {}
    for fix in fixes:
        if fix.is_in_code:  # its edits have them
            continue
        for reason in fix.reasons:
            change = reason.rule.change_of(reason.finding.variant)
            if change is None or change.kind != "setting":
                found[reason.message] = None
    return tuple(map(visible, list(found)[:FINDINGS]))


def steps_of(fixes: Iterable[MachineFix]) -> tuple[str, ...]:
    """The steps of machines, each once."""
    found: dict[str, None] = {}
    for fix in fixes:
        settings: dict[str, Setting] = {}
        for change in fix.changes:
            settings |= change.arm
        words = ", ".join(f"`{path}` to `{_word(value)}`" for path, value in settings.items())
        found |= dict.fromkeys(step.replace("<settings>", words) for step in fix.steps)
    return tuple(found)


def missing_steps(change: ChangeOfFleet) -> tuple[str, ...]:
    """How to find the missing facts of a change."""
    from hotpatch_cli.outputs.fix_table import ways

    return tuple(f"Run `{way}`." for way in ways(change.fix))


def names_of_all(fixes: Iterable[MachineFix], room: int | None = NAMED) -> str:
    """The names of machines on one line."""
    return few([visible(fix.checked.machine.label) for fix in fixes], room)


# --- code ----------------------------------------


class CodeBlock(NamedTuple):
    """An edit as text: the places and resources that it concerns, in which language it is, its
    lines, and what else to know.
    """

    places: tuple[str, ...]
    language: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def code_blocks(fixes: Iterable[MachineFix]) -> tuple[CodeBlock, ...]:
    """The edits of machines; equal ones are one, with all of their places."""
    found: dict[CodeBlock, dict[str, None]] = {}
    for fix in fixes:
        for edit in fix.edits:
            found.setdefault(_block(edit), {})[place_of(edit)] = None
    return tuple(block._replace(places=tuple(places)) for block, places in found.items())


def place_of(edit: CodeEdit) -> str:
    """The resource to edit, and where it was read: a plan is no file to edit."""
    return visible(f"{edit.resource} ({_line_of(edit)})")


def short_place_of(edit: CodeEdit) -> str:
    """The line to edit, or the resource where a plan declares it."""
    return visible(edit.resource if edit.tool == "terraform" else _line_of(edit))


def _line_of(edit: CodeEdit) -> str:
    return f"{edit.place.file}:{edit.place.line}" if edit.place.line else edit.place.file


def _block(edit: CodeEdit) -> CodeBlock:
    language, lines = _lines(edit) if edit.settings else ("", ())
    return CodeBlock((), language, tuple(lines), tuple(_notes(edit)))


def _notes(edit: CodeEdit) -> Iterator[str]:
    yield from map(visible, edit.sentences)
    if edit.note:
        yield visible(edit.note)
    if edit.tool == "bicep":
        yield "Edit the Bicep file. Compiling it writes its JSON file again."


def _lines(edit: CodeEdit) -> tuple[str, Iterable[str]]:
    """The language of an edit, and its lines."""
    if edit.type:
        return "hcl", _hcl(edit)
    if edit.tool == "bicep":
        return "bicep", _bicep(nested(dict(edit.settings)), "")
    return "", (f"{path} = {json.dumps(value)}" for path, value in edit.settings)


def diff_lines(diff: FileDiff) -> Iterator[str]:
    """A diff to look at. Its text in the JSON is that which can be applied, with every letter."""
    for line in diff.text.rstrip("\n").split("\n"):
        yield "\t".join(map(visible, line.removesuffix("\r").split("\t")))


def _hcl(edit: CodeEdit) -> tuple[str, ...]:
    """Attributes in the block of a resource."""
    name = edit.block or "..."
    body = _hcl_body(nested(dict(edit.settings)), "  ")
    return f'resource "{edit.type}" "{name}" {{', *body, "}"


def _hcl_body(tree: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    width = max((len(key) for key, value in tree.items() if not isinstance(value, dict)), default=0)
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", *_hcl_body(value, f"{indent}  "), f"{indent}}}"]
        else:
            lines.append(f"{indent}{key.ljust(width)} = {json.dumps(value)}")
    return lines


def _bicep(tree: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}: {{", *_bicep(value, f"{indent}  "), f"{indent}}}"]
        else:
            text = f"'{value}'" if isinstance(value, str) else _word(value)
            lines.append(f"{indent}{key}: {text}")
    return lines
