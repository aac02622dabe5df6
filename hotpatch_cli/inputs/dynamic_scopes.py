"""The filters of dynamic scopes, as Azure writes them; what all sources share of them.

https://learn.microsoft.com/azure/update-manager/dynamic-scope-overview
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hotpatch_cli.documents.tree import Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.inputs.source import actual_key, dig, items
from hotpatch_cli.model import DynamicScope

_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_FILTER_PARTS = {
    "locations": "locations",
    "ostypes": "os_types",
    "resourcetypes": "resource_types",
    "resourcegroups": "resource_groups",
}
_AGAIN = "Correct the value, or export again."


def subscription_in(resource_id: str | None) -> str | None:
    """The subscription of a resource id, in lower case."""
    found = _SUBSCRIPTION.match(resource_id or "")
    return found[1].lower() if found else None


def scope_of(
    node: Any,
    subscription: str | None,
    group: str | None,
    log: Log,
    left_open: Iterable[str] = (),
) -> DynamicScope:
    """The dynamic scope of a `filter` as Azure has it, null where there is none.

    An assignment to a resource group takes machines of that `group` alone.
    """
    if node is not None and not isinstance(node, Mapping):
        log.add(log.document.root_mark, f"Expected a mapping in filter, found {quoted(node)}.", "")
    settings = dig(node, "tagSettings")
    tags = dig(settings, "tags")
    names = list(tags) if isinstance(tags, Mapping) else []
    groups = _words(node, "resourceGroups", log)
    return DynamicScope(
        subscription,
        locations=_each(region, _words(node, "locations", log)),
        os_types=_each(str.lower, _words(node, "osTypes", log)),
        resource_types=_each(str.lower, _words(node, "resourceTypes", log)),
        resource_groups=_each(str.lower, groups or ([group] if group else [])),
        tags=merged_tags((name, _words(tags, name, log)) for name in names),
        any_tag=is_any(dig(settings, "filterOperator")),
        left_open=tuple(left_open),
    )


def region(text: str) -> str:
    """A region in its normal form: `West Europe` is `westeurope`."""
    return text.lower().replace(" ", "")


def is_any(operator: object) -> bool:
    """Whether one of the tags is enough; without an operator, all are needed."""
    return str(operator).lower() == "any"


def merged_tags(
    tags: Iterable[tuple[str, Iterable[str]]],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Tags with the values of each, names in lower case: the name of a tag has no letter case."""
    values: dict[str, dict[str, None]] = {}
    for name, listed in tags:
        values.setdefault(name.lower(), {}).update(dict.fromkeys(listed))
    return tuple((name, tuple(listed)) for name, listed in values.items())


def _each(normal: Callable[[str], str], words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(normal, words)))


def _words(node: Any, key: str, log: Log) -> list[str]:
    """The texts of a list under a key; a text alone is a list of one."""
    actual = actual_key(node, key)
    listed = node[actual] if actual else None
    if isinstance(listed, str) and not isinstance(listed, NumberText):
        return [listed]
    if listed is not None and not isinstance(listed, Sequence):
        what = f"Expected a list in filter.{key}, found {quoted(listed)}."
        log.add(node.at(actual), what, _AGAIN)
    return list(_texts(items(listed), listed, key, log))


def _texts(values: list[Any], listed: Any, key: str, log: Log) -> Iterator[str]:
    for number, value in enumerate(values):
        if isinstance(value, str) and not isinstance(value, NumberText):
            yield value
        else:
            what = f"Expected text in filter.{key}, found {quoted(value)}."
            log.add(listed.marks[number], what, _AGAIN)


def open_parts(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The parts of a filter that are open, by the paths in lower case in its assignment."""
    parts: dict[str, None] = {}
    for path in paths:
        inner = path[1:] if path[:1] == ("properties",) else path
        if inner[:1] in ((), ("filter",)):
            parts |= dict.fromkeys(_parts_at(inner[1:]))
    return tuple(parts)


def _parts_at(path: tuple[str, ...]) -> Iterator[str]:
    """The parts of a filter that are open where a path in it is."""
    if not path:
        yield from (*_FILTER_PARTS.values(), "tags", "any_tag")
    elif path[0] in _FILTER_PARTS:
        yield _FILTER_PARTS[path[0]]
    elif path[0] == "tagsettings":
        operator = path[1:2] == ("filteroperator",)
        yield "any_tag" if operator else "tags"
        if len(path) == 1:
            yield "any_tag"
