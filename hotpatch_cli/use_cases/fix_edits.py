"""What to edit where code declares a machine: Terraform, an ARM template, Bicep.

A template in JSON is a file that can be edited in place: its edits are a unified diff. HCL and
Bicep are shown and not rewritten, since neither a plan nor a compiled template has their lines.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any, Literal, NamedTuple

from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.tree import Document
from hotpatch_cli.documents.tree import Mapping as Node
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.source import JoinedOrigin, NodeOrigin, SourceData, actual_key, dig
from hotpatch_cli.knowledge.records import Change, Setting
from hotpatch_cli.model import Location, Machine
from hotpatch_cli.report import Checked, Reason

Tool = Literal["terraform", "arm", "bicep"]
_READERS: Mapping[str, Tool] = {"terraform": "terraform", "arm-template": "arm"}
_RESOURCE = re.compile(r"(?:^|\.)(?P<type>azurerm_\w+)\.(?P<name>[\w-]+)(?:\[.*\])?$", re.DOTALL)
_CONTEXT = 3
_PROFILE = "osprofile"

Settings = dict[str, Setting]


class CodeEdit(NamedTuple):
    """Settings of a resource in code, and the place of the first of them.

    `resource` is its address or its name, `type` the resource type of Terraform. `note` says why an
    edit isn't one of the file itself; `sentences` are findings that no setting answers.
    """

    tool: Tool
    place: Location
    resource: str
    settings: tuple[tuple[str, Setting], ...] = ()
    type: str = ""
    note: str = ""
    sentences: tuple[str, ...] = ()

    @property
    def block(self) -> str:
        """The name of its block in Terraform; empty where its address has none."""
        found = _RESOURCE.search(self.resource)
        return found["name"] if found else ""


class FileDiff(NamedTuple):
    """The edits of a file as a unified diff."""

    file: str
    text: str


class CodeSource(NamedTuple):
    """A machine in code: by which tool, and its name there."""

    tool: Tool
    name: str
    origin: NodeOrigin


class CodeSources:
    """The machines that code declares, by their origins."""

    def __init__(self, sources: Iterable[SourceData] = ()) -> None:
        self._found: dict[int, CodeSource] = {}
        for source in sources:
            tool = _READERS.get(source.reader)
            if tool is None or source.document is None:
                continue
            tool = _tool(tool, source.document)
            for machine in source.machines:
                if isinstance(machine.origin, NodeOrigin):
                    found = CodeSource(tool, machine.name, machine.origin)
                    self._found[id(machine.origin)] = found

    def of(self, machine: Machine) -> CodeSource | None:
        """Where code declares a machine; None where none does."""
        if not self._found:
            return None
        origin = machine.origin
        origins: list[Any] = [origin]
        if isinstance(origin, JoinedOrigin):
            origins = [origin.first, *origin.fields.values()]
        return next((self._found[id(one)] for one in origins if id(one) in self._found), None)


def _tool(tool: Tool, document: Document) -> Tool:
    """The tool; a template that Bicep compiles to is edited as Bicep."""
    generator = str(dig(document.root, "metadata", "_generator", "name")).lower()
    is_bicep = generator == "bicep" or document.file.lower().endswith(".bicep")
    return "bicep" if tool == "arm" and is_bicep else tool


class CodeEdits:
    """Collects edits, and makes a diff of each file that can be edited in place."""

    def __init__(self, sources: CodeSources) -> None:
        self._sources = sources
        self._wanted: dict[int, tuple[Document, dict[int, tuple[Node, dict[str, Any]]]]] = {}

    def of(self, checked: Checked, reasons: Iterable[Reason]) -> tuple[CodeEdit, ...]:
        """What to edit so that changes are made; nothing where no code declares the machine."""
        code = self._sources.of(checked.machine)
        if code is None:
            return ()
        settings: Settings = {}
        sentences: list[str] = []
        places: list[Location] = []
        matched = _RESOURCE.search(code.name) if code.tool == "terraform" else None
        kind = matched["type"] if matched else ""
        note = ""
        for reason in reasons:
            field = reason.finding.evidence[0][0] if reason.finding.evidence else "name"
            places.append(code.origin.locate(field))
            change = reason.rule.change_of(reason.finding.variant)
            found = _settings(change, kind) if change else {}
            settings |= found
            if not found:
                sentences.append(reason.message)
            if change and change.arm and not found:
                note = f"No attribute of {kind} sets this. Use another resource type."
        if not kind:
            prefix = _prefix(code)
            settings = {f"{prefix}{path}": value for path, value in settings.items()}
        if not places:
            return ()
        if code.tool == "arm" and settings:
            note = self._edit(code.origin, settings)
        edit = CodeEdit(
            code.tool,
            places[0],
            code.name,
            tuple(settings.items()),
            kind,
            note,
            tuple(dict.fromkeys(sentences)),
        )
        return (edit,)

    def _edit(self, origin: NodeOrigin, settings: Settings) -> str:
        """Note an edit of a template; why it can't be one of the file, where that is so."""
        tree: dict[str, Any] = {}
        for path, value in settings.items():
            branch = tree
            *above, last = path.split(".")
            for key in above:
                branch = branch.setdefault(key, {})
            branch[last] = value
        document, node = origin.document, origin.node
        try:
            list(_replacements(document, node, tree))
        except _OpenError as error:
            return str(error)
        _, nodes = self._wanted.setdefault(id(document), (document, {}))
        _, known = nodes.setdefault(node.mark, (node, {}))
        _add(known, tree)
        return ""

    def diffs(self) -> tuple[FileDiff, ...]:
        """The diff of each file, in the order in which machines have them."""
        found = []
        for document, nodes in self._wanted.values():
            places: dict[tuple[int, int], str] = {}
            for node, tree in nodes.values():
                for start, end, text in _replacements(document, node, tree):
                    places.setdefault((start, end), text)
            diff = _diff(document, sorted((*place, text) for place, text in places.items()))
            if diff:
                found.append(FileDiff(document.file, diff))
        return tuple(found)


def _settings(change: Change, kind: str) -> Settings:
    """The settings of a change: attributes of a resource type, or properties."""
    return dict(change.terraform.get(kind, {}) if kind else change.arm)


def _prefix(code: CodeSource) -> str:
    """What is above the properties of a VM: `properties.`, also the profile of a scale set."""
    path = code.origin.paths.get("patching.mode") or ("properties", _PROFILE)
    above = [key.lower() for key in path].index(_PROFILE) if _has_profile(path) else 0
    keys = (*(("body",) if code.tool == "terraform" else ()), *path[:above])
    return "".join(f"{key}." for key in keys)


def _has_profile(path: Iterable[str]) -> bool:
    return any(key.lower() == _PROFILE for key in path)


def _add(known: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(known.get(key), dict):
            _add(known[key], value)
        else:
            known[key] = value


# --- edits of a JSON text ----------------------------------------


class _OpenError(Exception):
    """The value isn't a literal of the file."""


Replacement = tuple[int, int, str]
"""The offsets of a part of a text, and what takes its place."""


def _replacements(document: Document, node: Node, tree: Mapping[str, Any]) -> Iterator[Replacement]:
    """The parts of a text to replace so that a mapping has these values. Raises _OpenError where an
    expression has one of them.
    """
    text, missing = document.text, {}
    if not _is_there(document, node):
        raise _OpenError("An expression creates this object. Change what the expression refers to.")
    for key, value in tree.items():
        actual = actual_key(node, key)
        if actual is None:
            missing[key] = value
        elif isinstance(value, dict):
            inner = node[actual]
            if inner is None:
                yield _literal(text, node.at(actual), value)
            elif isinstance(inner, Node):
                yield from _replacements(document, inner, value)
            else:
                raise _OpenError(f"`{actual}` isn't an object in the file.")
        else:
            yield _literal(text, node.at(actual), value)
    if missing:
        yield _insertion(document, node, missing)


def _is_there(document: Document, node: Node) -> bool:
    """Whether a mapping is a part of the text, and not what an expression makes."""
    return node.mark > document.root_mark and document.text[node.mark : node.mark + 1] == "{"


def _literal(text: str, mark: int, value: Any) -> Replacement:
    """The replacement of a literal by a value."""
    try:
        found, end = json.JSONDecoder().raw_decode(text, mark)
    except ValueError:
        raise _OpenError("The value isn't a literal of the file.") from None
    if isinstance(found, str) and found.startswith("[") and not found.startswith("[["):
        raise _OpenError(f"The expression {found} sets the value. Change what it refers to.")
    return mark, end, json.dumps(value)


def _insertion(document: Document, node: Node, missing: Mapping[str, Any]) -> Replacement:
    """New entries at the beginning of an object, indented as its first one."""
    text, start = document.text, node.mark + 1
    margin = re.compile(r"(\s*)").match(text, start)
    space = margin[1] if margin else ""
    follows = text[start + len(space) : start + len(space) + 1]
    comma = "" if follows == "}" else ","
    if "\n" not in space:
        entries = ", ".join(f"{json.dumps(key)}: {json.dumps(missing[key])}" for key in missing)
        return start, start, f"{entries}{comma}{'' if space or not comma else ' '}"
    end = "\r\n" if "\r\n" in space else "\n"
    indent = space.rpartition("\n")[2]
    step = _step(text, node.mark, indent)
    if not comma:
        indent += step
    lines = json.dumps(missing, indent=step).split("\n")[1:-1]
    body = end.join(indent + line.removeprefix(step) for line in lines)
    return start, start, f"{end}{body}{comma}"


def _step(text: str, mark: int, indent: str) -> str:
    """One step of the indentation: what the first entry has more than the line of its brace."""
    line = text.rfind("\n", 0, mark) + 1
    before = re.compile(r"[ \t]*").match(text, line)
    outer = before[0] if before else ""
    if indent.startswith(outer) and indent != outer:
        return indent[len(outer) :]
    return "  "


# --- the diff ----------------------------------------


def _diff(document: Document, replacements: list[Replacement]) -> str:
    """Replacements as a unified diff; empty where they give no JSON, or change nothing."""
    text = document.text
    edited, last = [], 0
    for start, end, fresh in replacements:
        if start < last:
            return ""
        edited += [text[last:start], fresh]
        last = end
    edited.append(text[last:])
    after = "".join(edited)
    try:
        parse_json(document.file, after)
    except InputError:
        return ""
    if after == text:
        return ""
    return "".join(_unified(document.file, text, replacements))


class _Hunk(NamedTuple):
    """Lines from `first` up to `end`, and the lines that take their place."""

    first: int
    end: int
    lines: list[str]


def _unified(file: str, text: str, replacements: list[Replacement]) -> Iterator[str]:
    lines = _lines(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    hunks = list(_hunks(lines, starts, replacements))
    path = file.lstrip("/")
    yield f"--- a/{path}\n+++ b/{path}\n"
    shift = 0
    for group in _groups(hunks):
        first = max(0, group[0].first - _CONTEXT)
        end = min(len(lines), group[-1].end + _CONTEXT)
        more = sum(len(hunk.lines) - (hunk.end - hunk.first) for hunk in group)
        yield f"@@ -{first + 1},{end - first} +{first + 1 + shift},{end - first + more} @@\n"
        shift += more
        at = first
        for hunk in group:
            yield from (_line(" ", line) for line in lines[at : hunk.first])
            yield from (_line("-", line) for line in lines[hunk.first : hunk.end])
            yield from (_line("+", line) for line in hunk.lines)
            at = hunk.end
        yield from (_line(" ", line) for line in lines[at:end])


def _lines(text: str) -> list[str]:
    """The lines of a text as a diff counts them: only a line feed ends one."""
    return list(StringIO(text, newline="\n"))


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"


def _hunks(lines: list[str], starts: list[int], replacements: list[Replacement]) -> Iterator[_Hunk]:
    """The changed lines; replacements on the same lines are one hunk."""
    at = 0
    while at < len(replacements):
        first = bisect_right(starts, replacements[at][0]) - 1
        last, following = first, at
        while following < len(replacements):
            start, end, _ = replacements[following]
            if following > at and bisect_right(starts, start) - 1 > last:
                break
            last = max(last, bisect_right(starts, max(start, end - 1)) - 1)
            following += 1
        base = starts[first]
        old = "".join(lines[first : last + 1])
        parts, done = [], 0
        for start, end, fresh in replacements[at:following]:
            parts += [old[done : start - base], fresh]
            done = end - base
        fresh_text = "".join(parts) + old[done:]
        yield _trimmed(lines, _Hunk(first, last + 1, _lines(fresh_text)))
        at = following


def _trimmed(lines: list[str], hunk: _Hunk) -> _Hunk:
    """A hunk without the lines at its beginning and its end that stay as they are."""
    first, end, fresh = hunk
    while first < end and fresh and lines[first] == fresh[0]:
        first, fresh = first + 1, fresh[1:]
    while first < end and fresh and lines[end - 1] == fresh[-1]:
        end, fresh = end - 1, fresh[:-1]
    return _Hunk(first, end, fresh)


def _groups(hunks: list[_Hunk]) -> Iterator[list[_Hunk]]:
    """Hunks whose context would touch, together."""
    group: list[_Hunk] = []
    for hunk in hunks:
        if group and hunk.first - group[-1].end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group
