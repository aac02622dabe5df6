"""Azure resources in every shape: az, REST, Resource Graph (both result formats, and CSV), PSRule.

All are the same resource: under `properties` or flattened, in this or that letter case. Keys are
looked up in any case, and every shape is converted to one list of resources first.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Set
from collections.abc import Mapping as AnyMapping
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Document, Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.eligibility.os_type import os_type
from hotpatch_cli.inputs.field_types import machine_zone
from hotpatch_cli.inputs.os_names import has_value
from hotpatch_cli.inputs.source import SourceData, actual_key, dig, folded, items
from hotpatch_cli.model import Facts, Machine, OsType

VM = "microsoft.compute/virtualmachines"
SCALE_SET = "microsoft.compute/virtualmachinescalesets"
MEMBER = "microsoft.compute/virtualmachinescalesets/virtualmachines"
ARC = "microsoft.hybridcompute/machines"
LICENSE = "microsoft.hybridcompute/machines/licenseprofiles"
LOCAL_VM = "microsoft.azurestackhci/virtualmachineinstances"
MARKETPLACE_IMAGE = "microsoft.azurestackhci/marketplacegalleryimages"
GALLERY_IMAGE = "microsoft.azurestackhci/galleryimages"
CONFIGURATION = "microsoft.maintenance/maintenanceconfigurations"
ASSIGNMENT = "microsoft.maintenance/configurationassignments"
PATCHES = re.compile(r"/patch(?:assessment|installation)results(?:/softwarepatches)?$")
_READ = frozenset(
    {
        *(VM, SCALE_SET, MEMBER, ARC, LICENSE),
        *(LOCAL_VM, MARKETPLACE_IMAGE, GALLERY_IMAGE),
        *(CONFIGURATION, ASSIGNMENT),
    }
)
_TYPE_IN_ID = re.compile(r"(?i)/.*/providers/([^/]+)/([^/]+)/[^/]+/?")
"""The namespace and the type at the end of a resource id, of types that are no part of another."""
_CODE = re.compile(r"[A-Za-z]{1,60}")
_BY_PART = {
    "licenseprofile": ARC,
    "ossku": ARC,
    "storageprofile": VM,
    "virtualmachineprofile": SCALE_SET,
    "maintenanceconfigurationid": ASSIGNMENT,
    "maintenancescope": CONFIGURATION,
}
"""Keys in lower case that identify the type of a body. A body without any of them is skipped at
once, in exports of a million rows.
"""
_ENVELOPES = frozenset({"data", "value", "responses"})
_TOTALS = ("total_records", "totalRecords", "totalCount", "@odata.count")
"""Keys with the number of rows of the whole result; `count` is that of the page."""
_MORE = ("nextLink", "@odata.nextLink", "skip_token", "$skipToken", "skipToken", "$skip_token")
_CUT = ("resultTruncated", "result_truncated")
_NO_TOKEN = frozenset({"", "false", "null", "none"})
"""What tools write where there is no next page, beside null."""
_TELLING = _BY_PART.keys() | {"type", "resourcetype", "properties", "id"}


def resources(document: Document) -> Iterator[Mapping]:
    """The resources of an export, whatever wraps them."""
    yield from _unwrapped(document.root)


Taker = Callable[[Mapping, str, SourceData, Log], None]
"""Adds what a resource of a kind states to the data of its source, and its problems to the log."""


def read_resources(document: Document, takers: AnyMapping[str, Taker]) -> SourceData:
    """The data of an export: each resource goes to the taker of its kind; others are left out.

    Raises InputError with every problem, also where the export is only a part of the result.
    """
    log, source = Log(document), SourceData(keyed_by_id=True)
    note_truncated(document, log)
    for resource in resources(document):
        kind = kind_of(resource)
        if kind is not None and (take := takers.get(kind)):
            before = len(source.machines), len(log.problems)
            take(resource, kind, source, log)
            if len(log.problems) == before[1]:
                _require_facts(source.machines[before[0] :], resource, log)
    log.finish()
    return source


def _require_facts(machines: list[Machine], resource: Mapping, log: Log) -> None:
    """Note machines of which the export has no fact: such a machine isn't unknown, its export is
    wrong.
    """
    for machine in machines if body_of(resource) is resource else ():
        facts = machine.facts
        if facts == Facts(platform=facts.platform, region=facts.region):
            what = f"The export has no fact of {quoted(machine.name)} beside its name and region."
            log.add(resource.mark, what, _WHOLE_RESOURCES)


_WHOLE_RESOURCES = (
    "Export whole resources: `az vm list`, `az connectedmachine list`, or Resource Graph with "
    "`properties`. `az resource list` leaves them out."
)


def _unwrapped(root: Any) -> Iterator[Mapping]:
    if isinstance(root, Sequence):
        for node in root:
            if isinstance(node, Mapping):
                yield from _of_page(node)
    elif isinstance(root, Mapping):
        # `az stack-hci-vm show` puts the VM beside its attestation
        inner = dig(root, "virtualMachineInstance")
        yield from _of_page(inner if isinstance(inner, Mapping) else root)


def _of_page(node: Mapping) -> Iterator[Mapping]:
    """The resources in an envelope; a mapping that is none is a resource."""
    page = page_of(node)
    if page is None:
        body = dig(node, "responses", "200", "body") if "responses" in node else None
        yield body if isinstance(body, Mapping) else node
    elif isinstance(page.rows, Mapping):
        yield from _table(page.rows)
    else:
        yield from (row for row in page.rows if isinstance(row, Mapping))


class Page(NamedTuple):
    """An envelope: the mapping with the size of the result, and the rows, or Resource Graph's table
    of them.
    """

    node: Mapping
    rows: Any

    @property
    def length(self) -> int:
        """How many rows there are."""
        return (
            len(items(dig(self.rows, "rows"))) if isinstance(self.rows, Mapping) else len(self.rows)
        )


def page_of(node: object) -> Page | None:
    """The envelope that a node is, of REST, az, Resource Graph or PowerShell; None for anything
    else.
    """
    if (
        not isinstance(node, Mapping)
        or "id" in node
        or "properties" in node
        or _ENVELOPES.isdisjoint(map(str.lower, node))
    ):
        return None
    for key in ("data", "value"):
        listed = dig(node, key)
        if isinstance(listed, Sequence) or isinstance(dig(listed, "columns"), Sequence):
            return Page(node, listed)
    return page_of(dig(node, "responses", "200", "body"))


def _table(data: Mapping) -> Iterator[Mapping]:
    """Resource Graph's table format: columns, then rows of cells."""
    names = [str(dig(column, "name")) for column in dig(data, "columns")]
    rows = dig(data, "rows")
    for row, mark in zip(rows, rows.marks, strict=True) if isinstance(rows, Sequence) else ():
        if isinstance(row, Sequence):
            resource = Mapping(mark)
            for name, cell, at in zip(names, row, row.marks, strict=False):
                if name not in resource:
                    resource.put(name, cell, at, at)
            yield resource


def kind_of(resource: Mapping) -> str | None:
    """The resource type in lower case; of a resource without one, the type that its parts or its
    id imply.
    """
    if not has_any(resource, _TELLING):
        return None
    named = dig(resource, "type") or dig(resource, "ResourceType")
    if isinstance(named, str) and "/" in named:
        return named.lower()
    if (identity := dig(resource, "id")) and (typed := _TYPE_IN_ID.fullmatch(str(identity))):
        return f"{typed[1]}/{typed[2]}".lower()
    body = body_of(resource)
    if not has_any(body, _BY_PART.keys()):
        return None
    return next((kind for key, kind in _BY_PART.items() if dig(body, key) is not None), None)


def has_any(node: Mapping, keys: Set[str]) -> bool:
    """Whether a node has one of some keys, given in lower case, in any writing."""
    if not keys.isdisjoint(map(str.lower, node)):
        return True
    return "_" in "".join(node) and not keys.isdisjoint(map(folded, node))  # asked of every row


def body_of(resource: Mapping) -> Mapping:
    """The body of a resource: under `properties`, or the resource itself where az flattened it."""
    found = dig(resource, "properties")
    return found if isinstance(found, Mapping) else resource


def is_projected(resource: Mapping) -> bool:
    """Whether the row has custom columns in place of the resource: only the table reader can map
    them. One with empty `properties` is a resource, as `az resource list` writes it.
    """
    if (key := actual_key(resource, "properties")) and resource[key] is None:
        return False
    return not any(
        isinstance(value, Mapping) for key, value in resource.items() if key.lower() != "tags"
    )


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
    """Partial data is never taken as complete: the rows are counted against the total in their
    envelope.
    """
    root = document.root
    pages = list(_pages(root))
    listed = [page.rows for page in pages if isinstance(page.rows, Sequence)]
    for rows in [root, *listed] if isinstance(root, Sequence) else listed:
        _note_strangers(rows, log)
    for page in pages:
        _note_short(page, log)
    if pages and (key := _more(pages[-1].node)):
        log.add(
            pages[-1].node.at(key),
            "The export is incomplete: more pages follow.",
            _THE_REST,
        )
    for page, count in _first_of_short(pages):
        key, total = _total(page.node)
        said = f"The export is incomplete: it contains {count} of {total} rows."
        log.add(page.node.at(key), said, _THE_REST)


_THE_REST = (
    "Export all rows, as `az vm list` and `az connectedmachine list` do. "
    "`az graph query --first 1000` returns pages: repeat it with --skip-token, "
    "and then join the pages with jq -s '[.[].data[]]'."
)


def _pages(root: Any) -> Iterator[Page]:
    """The envelopes of a document: the whole of it, or the items of a list."""
    for node in root if isinstance(root, Sequence) else [root]:
        page = page_of(node)
        if page is not None:
            yield page


def _note_strangers(rows: Sequence, log: Log) -> None:
    """One problem for the first item that is no resource."""
    other = next(
        (item for item in zip(rows, rows.marks, strict=True) if not isinstance(item[0], Mapping)),
        None,
    )
    if other:
        log.add(
            other[1],
            f"Expected a resource (a mapping), found {quoted(other[0])}.",
            _AGAIN,
        )


def _note_short(page: Page, log: Log) -> None:
    """A page that is cut, or that has fewer rows than it counts."""
    keys = (actual_key(page.node, key) for key in _CUT)
    for cut in (key for key in keys if key and str(page.node[key]).lower() == "true"):
        log.add(
            page.node.at(cut),
            "The export is incomplete: the service truncated it.",
            _THE_REST,
        )
    key = actual_key(page.node, "count")
    count = _number(page.node[key]) if key else None
    if key and count is not None and page.length < count:
        said = f"The export is incomplete: it contains {page.length} of {count} rows."
        log.add(page.node.at(key), said, "Export again without a filter after the export.")


def _more(node: Mapping) -> str | None:
    """The key that leads to the next page; None where there is none, or no next page."""
    keys = (actual_key(node, key) for key in _MORE)
    return next((key for key in keys if key and _leads_on(node[key])), None)


def _leads_on(token: Any) -> bool:
    """Whether a link or a token leads to a next page."""
    return has_value(token) and str(token).strip().lower() not in _NO_TOKEN


def _first_of_short(pages: list[Page]) -> Iterator[tuple[Page, int]]:
    """(first page, rows) of each result that is not here as a whole.

    Pages of one result have the same total. Several results can have it too: the next one begins
    where one is full.
    """
    begun: dict[int, tuple[Page, int]] = {}
    for page in pages:
        _, total = _total(page.node)
        if total is None:
            continue
        first, length = begun.pop(total, (page, 0))
        if length + page.length < total:
            begun[total] = first, length + page.length
    yield from begun.values()


def _total(node: Mapping) -> tuple[str, int | None]:
    """(key, number) of the rows in the whole result, as an envelope states it."""
    keys = (actual_key(node, name) for name in _TOTALS)
    known = [(number, key) for key in keys if key and (number := _number(node[key])) is not None]
    return max(known, default=(None, ""))[::-1]


def _number(value: object) -> int | None:
    """A count as tools write it: `2500`, also `2500.0`, `2,500` and `2.5e3`; None for what is no
    number.
    """
    text = re.sub(r"(?<=[0-9])[,_ ](?=[0-9]{3}\b)", "", str(value).strip())
    return (
        round(float(text))
        if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,6})?(?:[eE]\+?[0-9])?", text)
        else None
    )


def ignored(document: Document) -> list[str]:
    """A line for each kind of resource that no reader takes, with its count; none for what is no
    export of Azure.
    """
    kinds = Counter(kind_of(resource) for resource in resources(document))
    others = {kind: count for kind, count in kinds.items() if not is_read(kind)}
    if len(others) == len(kinds):
        return []
    lines = ((kind or "other things", count) for kind, count in others.items())
    return [f"{document.file}: ignored {count:,} of {kind}." for kind, count in sorted(lines)]


def is_read(kind: str | None) -> bool:
    """Whether a reader of exports takes resources of a kind."""
    return kind in _READ or bool(kind and PATCHES.search(kind))


def azure_error(document: Document) -> str | None:
    """The code of an error that Azure answered in place of a result; None where this is something
    else.

    The text of the error is left out: it can contain names that don't belong in a log.
    """
    root = document.root
    error = dig(root, "error")
    if not isinstance(root, Mapping) or len(root) != 1 or error is None:
        return None
    code = dig(error, "code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "without a code"


_NAME_OF_TYPE = re.compile(r"(?:System|Microsoft)\.[\w.+]+(?:`[0-9]+)?(?:\[.*\])?|@\{.*\}")
"""What PowerShell writes for an object below the depth of an export."""
_AGAIN = "Correct the value, or export again."


class ResourceView:
    """A resource as a reader of facts sees it: text and flags by path, problems into the log."""

    def __init__(self, body: Mapping, log: Log) -> None:
        self.body = body
        self.log = log

    numbers = False
    """Whether a number is accepted as text."""

    def text(self, *path: str) -> str | None:
        """The text under a path; None where it is missing, null or empty."""
        value = self._value(path)
        if value is None or value == "":
            return None
        if isinstance(value, str) and (self.numbers or not isinstance(value, NumberText)):
            return value
        what = f"the number {value}" if isinstance(value, NumberText) else quoted(value)
        self.log.add(self._mark(path), f"Expected text in {'.'.join(path)}, found {what}.", _AGAIN)
        return None

    def flag(self, *path: str) -> bool | None:
        """The truth under a path; None where it is missing or null."""
        value = self._value(path)
        if isinstance(value, bool):
            return value
        word = self.text(*path)
        if word is None or word.lower() in ("true", "false"):
            return None if word is None else word.lower() == "true"
        self.log.add(
            self._mark(path),
            f"Expected true or false in {'.'.join(path)}, found {quoted(value)}.",
            _AGAIN,
        )
        return None

    def timezone(self, *path: str) -> str | None:
        """The name of a time zone under a path; None where it is missing or obsolete."""
        name = self.text(*path)
        return machine_zone(name, self._mark(path), self.log) if name else None

    def os_type(self, *path: str) -> OsType | None:
        """The OS type under a path: a word, or a number as PowerShell writes it; None where it is
        neither.
        """
        value = dig(self.body, *path)
        return os_type(value if isinstance(value, NumberText) else self.text(*path))

    def _value(self, path: tuple[str, ...]) -> Any:
        """The node under a path; None where it ends. A node on the way that isn't a mapping is
        noted.
        """
        node: Any = self.body
        for depth, key in enumerate(path):
            if isinstance(node, Mapping):
                actual = actual_key(node, key)
                node = None if actual is None else node[actual]
            elif node is not None:
                self._note_no_mapping(path[:depth], node)
                return None
        return node

    def _note_no_mapping(self, path: tuple[str, ...], node: object) -> None:
        where, mark = ".".join(path), self._mark(path)
        if isinstance(node, str) and _NAME_OF_TYPE.fullmatch(node):
            said = f"The content of {where} is missing: PowerShell wrote the name of its type."
            self.log.add(mark, said, "Export again with `ConvertTo-Json -Depth 10`.")
            return
        self.log.add(mark, f"Expected a mapping in {where}, found {quoted(node)}.", _AGAIN)

    def _mark(self, path: tuple[str, ...]) -> int:
        parent = dig(self.body, *path[:-1])
        mark: int = parent.at(actual_key(parent, path[-1]) or "")
        return mark


class GuestView(ResourceView):
    """A record of a guest: PowerShell writes numbers where other tools write text."""

    numbers = True
