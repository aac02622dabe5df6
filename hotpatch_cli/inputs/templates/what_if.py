"""Results of `az deployment group|sub|mg|tenant what-if`: resources before and after a deployment.

The two sides become two exports, which the readers of exports read. What Azure can't evaluate
before the deployment stays open: it's left out of the resource and named.
https://learn.microsoft.com/en-us/rest/api/resources/deployments/what-if
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from hotpatch_cli.documents.phrases import and_more, counted
from hotpatch_cli.documents.tree import Document, Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.inputs.resources import PATCHES, SCALE_SET, is_read, kind_of, name_in
from hotpatch_cli.inputs.source import (
    PlannedDeployment,
    PlannedResource,
    Reader,
    SourceData,
    actual_key,
    dig,
    items,
)
from hotpatch_cli.model import PlannedChange

COMMAND = "az deployment group what-if ... --no-pretty-print -o json"
_CHANGES: dict[str, PlannedChange] = {
    "create": "create",
    "delete": "destroy",
    "deploy": "update",
    "ignore": "unchanged",
    "modify": "update",
    "nochange": "unchanged",
    "noeffect": "unchanged",
    "unsupported": "unevaluated",
}
_LISTS = ("changes", "potentialChanges")
_STATES = frozenset({"succeeded", "failed", "canceled"})
_SKIPPED = "nesteddeploymentshortcircuited"
"""The diagnostic of a nested deployment whose resources are missing from the result."""
_UNEVALUATED = "what-if doesn't evaluate this resource"
_SHOWN = 5

Path = tuple[str, ...]
Open = list[tuple[Path, str]]


class DeploymentChange(NamedTuple):
    """An entry of `changes` or `potentialChanges`."""

    change: PlannedChange
    kind: str
    resource_id: str
    before: Mapping | None
    after: Mapping | None
    node: Mapping
    certain: bool


# --- recognizing ----------------------------------------


def _recognizes(document: Document) -> bool:
    root = document.root
    if not isinstance(root, Mapping) or "$schema" in root:
        return False
    result = _result(root)
    entries = [entry for key in _LISTS for entry in items(dig(result, key))[:1]]
    if any(dig(entry, "changeType") is not None for entry in entries):
        return True
    listed = any(actual_key(result, key) is not None for key in _LISTS)
    error = isinstance(dig(root, "error"), Mapping)
    return str(dig(root, "status")).lower() in _STATES and (listed or error)


def _result(root: Mapping) -> Mapping:
    """The mapping with the changes: REST has it under `properties`."""
    properties = dig(root, "properties")
    return properties if isinstance(properties, Mapping) else root


# --- reading ----------------------------------------


def _read(document: Document) -> SourceData:
    """The two sides of a deployment. Raises InputError with every problem."""
    log, source = Log(document), SourceData()
    root = document.root
    if not isinstance(root, Mapping):
        log.add(document.root_mark, f"Expected a what-if result, found {quoted(root)}.", _RUN)
        log.finish()
    _note_failure(root, log)
    result = _result(root)
    changes = list(_changes(result, log))
    source.notes += _diagnostics(result, document, log)
    log.finish()
    source.notes += _potential(changes, document)
    source.planned = _planned(document, changes)
    return source


_RUN = f"Run `{COMMAND}` and use its output."


def _note_failure(root: Mapping, log: Log) -> None:
    """A what-if that failed has no changes. Azure's text can contain names that don't belong in a
    log, and is left out.
    """
    status, error = dig(root, "status"), dig(root, "error")
    failed = isinstance(status, str) and status.lower() in _STATES - {"succeeded"}
    if failed or isinstance(error, Mapping):
        code = dig(error, "code")
        named = f" ({quoted(code)[1:-1]})" if isinstance(code, str) else ""
        log.add(
            root.mark,
            f"The what-if failed{named}, and its result is empty.",
            "Correct the deployment, and run the what-if again.",
        )
        log.finish()


def _changes(result: Mapping, log: Log) -> Iterator[DeploymentChange]:
    """The changes of resources that a reader of exports takes; a certain change outweighs a
    potential one of the same resource.
    """
    seen: set[str] = set()
    for key in _LISTS:
        listed = dig(result, key)
        for entry, mark in (
            zip(listed, listed.marks, strict=True) if isinstance(listed, Sequence) else ()
        ):
            if not isinstance(entry, Mapping):
                log.add(mark, f"Expected a change (a mapping), found {quoted(entry)}.", _RUN)
                continue
            found = _change(entry, log, certain=key == _LISTS[0])
            if found is None:
                continue
            identity = found.resource_id.lower()
            if identity in seen and not found.certain:
                continue
            if identity and not _is_expression(identity):  # copies of a loop share an expression
                seen.add(identity)
            yield found


def _change(entry: Mapping, log: Log, *, certain: bool) -> DeploymentChange | None:
    """One change; None for a resource of another kind."""
    word = dig(entry, "changeType")
    change = _CHANGES.get(str(word).strip().lower())
    if change is None or isinstance(word, NumberText):
        log.add(entry.mark, f"Unknown change type {quoted(word)}.", _RUN)
        return None
    before, after = (_body(dig(entry, side)) for side in ("before", "after"))
    if change == "unchanged":
        before, after = before or after, after or before
    named = dig(entry, "resourceId")
    resource_id = named if isinstance(named, str) else ""
    kind = _kind(resource_id, after or before)
    if not is_read(kind) or PATCHES.search(kind or ""):
        return None
    present = before if change == "destroy" else after
    if present is None and change != "unevaluated":
        log.add(
            entry.mark,
            "The what-if result lists resource IDs without the resources.",
            "Run the what-if again with --result-format FullResourcePayloads.",
        )
        return None
    return DeploymentChange(change, kind or "", resource_id, before, after, entry, certain)


def _body(side: Any) -> Mapping | None:
    return side if isinstance(side, Mapping) else None


def _kind(resource_id: str, body: Mapping | None) -> str | None:
    """The type of a resource: the body's, or the one in the id."""
    kind = kind_of(body) if body is not None else None
    if kind or _is_expression(resource_id):
        return kind
    words = resource_id.lower().rpartition("/providers/")[2].split("/")
    return "/".join([words[0], *words[1::2]]) if words[0] else None


# --- the sides as exports ----------------------------------------


def _planned(document: Document, changes: list[DeploymentChange]) -> PlannedDeployment:
    before, after = _export(document), _export(document)
    resources: dict[int, PlannedResource] = {}
    for number, change in enumerate(changes, 1):
        if change.before is not None:
            _add(before, change, change.before, number, resources)
        if change.change == "unevaluated" and change.after is None:
            _add(after, change, Mapping(change.node.mark), number, resources)
        elif change.after is not None and change.change != "destroy":
            _add(after, change, change.after, number, resources)
    return PlannedDeployment(before, after, resources)


def _export(document: Document) -> Document:
    """A document with the same text, whose tree is a list of resources."""
    side = Document(document.file, document.text)
    side.root = Sequence(document.root_mark)
    return side


def _add(
    side: Document,
    change: DeploymentChange,
    body: Mapping,
    number: int,
    resources: dict[int, PlannedResource],
) -> None:
    """Add a resource to a side: known values only, with a name and a type."""
    left_open: Open = []
    known = _known(body, (), left_open)
    at = change.node.mark
    is_set = change.kind == SCALE_SET
    if not known.keys():
        properties = Mapping(at)
        known.put("properties", properties, at, at)
        parts = ("storageprofile", "osprofile", "orchestrationmode")
        left_open += [((part,), _UNEVALUATED) for part in parts[: 3 if is_set else 2]]
    for key, value in (
        ("id", None if _is_expression(change.resource_id) else change.resource_id or None),
        ("name", _name(change, number)),
        ("type", change.kind),
    ):
        if value and actual_key(known, key) is None:
            known.put(key, value, at, at)
    side.root.put(known, body.mark)
    resources[id(known)] = PlannedResource(change.change, tuple(left_open))


def _name(change: DeploymentChange, number: int) -> str:
    """The name of a resource; of one whose name is an expression, its symbol, or its type and
    number.
    """
    if change.resource_id and not _is_expression(change.resource_id):
        return name_in(change.resource_id)
    symbol = dig(change.node, "symbolicName")
    return symbol if isinstance(symbol, str) and symbol else f"{name_in(change.kind)} {number}"


def _is_expression(value: object) -> bool:
    """Whether a value is an expression that only the deployment evaluates."""
    return (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and not value.startswith("[[")
    )


def _known(node: Mapping, path: Path, left_open: Open) -> Mapping:
    """A mapping without its expressions, which are noted with their paths."""
    result = Mapping(node.mark)
    for key, value, key_mark, mark in node.placed():
        at = (*path, key.lower())
        if _is_expression(value):
            left_open.append((at, quoted(value, 200)[1:-1]))
        else:
            inner = _known(value, at, left_open) if isinstance(value, Mapping) else value
            result.put(key, inner, key_mark, mark)
    return result


# --- notes ----------------------------------------


def _potential(changes: list[DeploymentChange], document: Document) -> Iterator[str]:
    """Resources that the deployment may or may not change."""
    names = [
        _name(change, number)
        for number, change in enumerate(changes, 1)
        if not change.certain and change.change != "unchanged"
    ]
    if names:
        count = counted(len(names), "resource")
        yield (
            f"{document.file}: Azure can't tell before the deployment whether it changes {count}: "
            f"{and_more(names, _SHOWN)}."
        )


def _diagnostics(result: Mapping, document: Document, log: Log) -> Iterator[str]:
    """A problem for nested deployments that are missing from the result, and a note on other
    warnings. Azure's texts are left out.
    """
    found: Counter[str] = Counter()
    missing: dict[str, None] = {}
    for diagnostic in items(dig(result, "diagnostics")):
        code, target = dig(diagnostic, "code"), dig(diagnostic, "target")
        if str(dig(diagnostic, "level")).lower() == "info" or not isinstance(code, str):
            continue
        if code.lower() == _SKIPPED:
            missing[name_in(str(target))] = None
        else:
            found[quoted(code)[1:-1]] += 1
    if missing:
        names = and_more([quoted(name) for name in missing], _SHOWN)
        log.add(
            document.root_mark,
            "The what-if is incomplete: Azure skipped the resources of "
            f"{counted(len(missing), 'nested deployment')} ({names}).",
            "Set the parameters of these modules to values that are known before the deployment, "
            "or check the compiled template (`bicep build`) instead.",
        )
    for code, count in found.items():
        yield f"{document.file}: Azure reported {code} ({counted(count, 'time')})."


READER = Reader(_recognizes, _read)
