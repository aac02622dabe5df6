"""Azure resources in all their clothes: az, REST, Resource Graph (both result formats, and CSV), PSRule.

All are the same resource: under `properties` or flattened, in this or that letter case. So keys are looked up in
any case, and every shape is brought to one list of resources first.
"""

import re
from collections import Counter
from collections.abc import Iterator, Set
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping, Number, Sequence, shown
from hotpatch_cli.inputs.reading import actual_key, dig

VM = "microsoft.compute/virtualmachines"
SCALE_SET = "microsoft.compute/virtualmachinescalesets"
MEMBER = "microsoft.compute/virtualmachinescalesets/virtualmachines"
ARC = "microsoft.hybridcompute/machines"
LICENCE = "microsoft.hybridcompute/machines/licenseprofiles"
LOCAL_VM = "microsoft.azurestackhci/virtualmachineinstances"
LOCAL_IMAGES = ("microsoft.azurestackhci/marketplacegalleryimages", "microsoft.azurestackhci/galleryimages")
CONFIGURATION = "microsoft.maintenance/maintenanceconfigurations"
ASSIGNMENT = "microsoft.maintenance/configurationassignments"
PATCHES = re.compile(r"/patch(?:assessment|installation)results(?:/softwarepatches)?$")
_READ = (VM, SCALE_SET, MEMBER, ARC, LICENCE, LOCAL_VM, *LOCAL_IMAGES, CONFIGURATION, ASSIGNMENT)
_CODE = re.compile(r"[A-Za-z]{1,60}")
_BY_PART = {
    "licenseprofile": ARC,
    "ossku": ARC,
    "storageprofile": VM,
    "virtualmachineprofile": SCALE_SET,
    "maintenanceconfigurationid": ASSIGNMENT,
    "maintenancescope": CONFIGURATION,
}
"""Keys in lower case by which a body tells its type. What has none is told from it at once, a million times over."""
_TELLING = _BY_PART.keys() | {"type", "resourcetype", "properties"}


def resources(document: Document) -> Iterator[Mapping]:
    """The resources of an export, whatever wraps them."""
    yield from _unwrapped(document.root)


def _unwrapped(root: Any) -> Iterator[Mapping]:
    if isinstance(root, Sequence):
        for each in root:
            if isinstance(each, Mapping):
                yield from _unwrapped(each) if isinstance(each.get("data"), Mapping) else [each]
    elif isinstance(root, Mapping):
        data = root.get("data")
        if isinstance(data, Mapping) and isinstance(data.get("columns"), Sequence):
            yield from _table(data)
        elif isinstance(data, Sequence) or isinstance(root.get("value"), Sequence):
            listed = data if isinstance(data, Sequence) else root["value"]
            yield from (each for each in listed if isinstance(each, Mapping))
        elif isinstance(body := dig(root, "responses", "200", "body"), Mapping):
            yield from _unwrapped(body)
        else:
            yield root


def _table(data: Mapping) -> Iterator[Mapping]:
    """Resource Graph's table format: columns, then rows of cells."""
    names = [str(dig(column, "name")) for column in data["columns"]]
    rows = data.get("rows")
    for row, mark in zip(rows, rows.marks, strict=True) if isinstance(rows, Sequence) else ():
        if isinstance(row, Sequence):
            resource = Mapping(mark)
            for name, cell, at in zip(names, row, row.marks, strict=False):
                if name not in resource:
                    resource.put(name, cell, at, at)
            yield resource


def kind_of(resource: Mapping) -> str | None:
    """The resource type in lower case; for a resource that does not carry its type, by its parts."""
    if not has_any(resource, _TELLING):
        return None
    named = dig(resource, "type") or dig(resource, "ResourceType")
    if isinstance(named, str) and "/" in named:
        return named.lower()
    body = body_of(resource)
    if not has_any(body, _BY_PART.keys()):
        return None
    return next((kind for key, kind in _BY_PART.items() if dig(body, key) is not None), None)


def has_any(node: Mapping, keys: Set[str]) -> bool:
    """Whether a node has one of some keys, given in lower case, in any letter case."""
    return not keys.isdisjoint(map(str.lower, node))


def body_of(resource: Mapping) -> Mapping:
    """The body of a resource: under `properties`, or the resource itself where az flattened it."""
    found = dig(resource, "properties")
    return found if isinstance(found, Mapping) else resource


def is_projected(resource: Mapping) -> bool:
    """Whether columns of somebody's choice stand in place of the resource: only the reader of tables can know them."""
    return not any(isinstance(value, Mapping) for key, value in resource.items() if key.lower() != "tags")


def tags_of(resource: Mapping) -> tuple[tuple[str, str], ...]:
    """The tags of a resource."""
    tags = dig(resource, "tags")
    if not isinstance(tags, Mapping):
        return ()
    return tuple((key, value) for key, value in tags.items() if isinstance(value, str))


def name_in(resource_id: str) -> str:
    """The last word of a resource id: the name of what it names."""
    return resource_id.rstrip("/").rpartition("/")[2]


def note_truncated(document: Document, log: Log) -> None:
    """Part of the data is never taken for all of it."""
    root = document.root
    for listed in (root, dig(root, "value"), dig(root, "data")):
        items = zip(listed, listed.marks, strict=True) if isinstance(listed, Sequence) else ()
        other = next(((each, mark) for each, mark in items if not isinstance(each, Mapping)), None)
        if other:
            log.add(other[1], f"Expected a resource (a mapping), found {shown(other[0])}.", "Export it again.")
    if not isinstance(root, Mapping):
        return
    truncated = str(root.get("resultTruncated")).lower() == "true"
    more = next((key for key in ("nextLink", "skip_token", "$skipToken", "skipToken") if root.get(key)), None)
    if truncated or more:
        log.add(
            root.at(more or "resultTruncated"),
            "This is only a part of the result: more pages follow.",
            "Make one list of them: `az vm list` does; pages of `az graph query` are joined by jq -s '[.[].data[]]'.",
        )


def ignored(document: Document) -> list[str]:
    """A line for each kind of resource that no reader takes, with its count; none for what is no export of Azure."""
    kinds = Counter(kind_of(each) for each in resources(document))
    others = {kind: count for kind, count in kinds.items() if not _is_read(kind)}
    if len(others) == len(kinds):
        return []
    lines = ((kind or "other things", count) for kind, count in others.items())
    return [f"{document.file}: ignored {count} of {kind}" for kind, count in sorted(lines)]


def _is_read(kind: str | None) -> bool:
    return kind in _READ or bool(kind and PATCHES.search(kind))


def azure_error(document: Document) -> str | None:
    """The code of an error that Azure answered in place of a result; None where this is something else.

    The text of the error is left out: it may name what nobody wants in a log.
    """
    root = document.root
    error = dig(root, "error")
    if not isinstance(root, Mapping) or len(root) != 1 or error is None:
        return None
    code = dig(error, "code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "without a code"


class View:
    """A resource as a reader of facts sees it: text and flags by path, problems into the log."""

    def __init__(self, body: Mapping, log: Log) -> None:
        self.body = body
        self.log = log

    numbers = False
    """Whether a number may stand where text belongs."""

    def text(self, *path: str) -> str | None:
        """The text under a path; None where it is missing, null or empty."""
        value = self._value(path)
        if value is None or value == "":
            return None
        if isinstance(value, str) and (self.numbers or not isinstance(value, Number)):
            return value
        what = f"the number {value}" if isinstance(value, Number) else shown(value)
        self.log.add(self._mark(path), f"Expected text in {'.'.join(path)}, found {what}.")
        return None

    def flag(self, *path: str) -> bool | None:
        """The truth under a path; None where it is missing or null."""
        value = self._value(path)
        if isinstance(value, bool):
            return value
        word = self.text(*path)
        if word is None or word.lower() in ("true", "false"):
            return None if word is None else word.lower() == "true"
        self.log.add(self._mark(path), f"Expected true or false in {'.'.join(path)}, found {shown(value)}.")
        return None

    def _value(self, path: tuple[str, ...]) -> Any:
        """What stands under a path; None where it ends. What is no mapping on the way there is noted."""
        node: Any = self.body
        for depth, key in enumerate(path):
            if isinstance(node, Mapping):
                actual = actual_key(node, key)
                node = None if actual is None else node[actual]
            elif node is not None:
                said = f"Expected a mapping in {'.'.join(path[:depth])}, found {shown(node)}."
                self.log.add(self._mark(path[:depth]), said)
                return None
        return node

    def _mark(self, path: tuple[str, ...]) -> int:
        parent = dig(self.body, *path[:-1])
        mark: int = parent.at(next(key for key in parent if key.lower() == path[-1].lower()))
        return mark


class GuestView(View):
    """A record of a guest: PowerShell writes numbers where other tools write text."""

    numbers = True
