"""The functions of template expressions whose result follows from their arguments alone. They
return plain dicts and lists, and raise OpenError, or an error of Python, where there is no result.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from itertools import chain
from math import isinf
from typing import Any
from urllib.parse import quote, unquote, urljoin

from hotpatch_cli.armtemplate.syntax import Open, OpenError

MAX_TEXT = 65_536
MAX_ITEMS = 10_000
MAX_NUMBER = 2**63
"""Numbers of templates are integers of 64 bits."""
_MAX_SEPARATORS = 16
_HOLE = re.compile(r"\{\{|\}\}|\{([0-9]{1,3})(?::(D[0-9]|0{1,9}))?\}")
_DATA_URI = re.compile(r"data:[^,;]*(?:;[^,;]*)*?(;base64)?,(.*)", re.IGNORECASE | re.DOTALL)


def whole(value: Any) -> int:
    """A number, also from its text."""
    if isinstance(value, bool | float | Open):
        raise OpenError
    return int(value)


def truth(value: Any) -> bool:
    """A truth value, also from its text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]


def is_number(value: Any) -> bool:
    """Whether a value is a number: an int, or the text of one, which has a type of its own."""
    if isinstance(value, str):
        return type(value) not in (str, Open)
    return isinstance(value, int) and not isinstance(value, bool)


def text_of(value: Any) -> str:
    """A value in a text."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int) and not isinstance(value, Open):
        return str(value)
    raise OpenError


def taken(target: Any, key: Any) -> Any:
    """A property, in any letter case, or an item."""
    found = _found(target, key)
    if not found:
        raise OpenError
    return found[0]


def _found(target: Any, key: Any) -> tuple[Any, ...]:
    """The property or the item, if there is one."""
    if isinstance(target, dict):
        name = text_of(key).lower()
        return tuple(value for inner, value in target.items() if inner.lower() == name)[:1]
    if isinstance(target, list):
        return tuple(target[whole(key) : whole(key) + 1]) if whole(key) >= 0 else ()
    raise OpenError


def same(one: Any, other: Any) -> bool:
    """Equality as templates have it: of texts in their letter case, of numbers by value. Trees are
    not compared.
    """
    if isinstance(one, Open | dict | list) or isinstance(other, Open | dict | list):
        raise OpenError
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_number(one) and is_number(other):
        return int(one) == int(other)
    return is_number(one) == is_number(other) and bool(one == other)


def _quotient(one: int, other: int) -> int:
    """The whole quotient, cut toward zero."""
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


# --- texts ----------------------------------------


def _concat(*parts: Any) -> Any:
    if parts and all(isinstance(part, list) for part in parts):
        return _chained(parts)
    return "".join(map(text_of, parts))


def _format(pattern: Any, *values: Any) -> str:
    length = 0

    def filled(hole: re.Match[str]) -> str:
        nonlocal length
        text = content(hole)
        length += len(text)
        if length > MAX_TEXT:
            raise OpenError
        return text

    def content(hole: re.Match[str]) -> str:
        if hole[1] is None:
            return hole[0][0]
        value = values[int(hole[1])]
        if hole[2] is None:
            return "" if value is None else text_of(value)
        width = int(hole[2][1:]) if hole[2].startswith("D") else len(hole[2])
        return str(whole(value)).zfill(width)

    return _HOLE.sub(filled, text_of(pattern))


def _padded(text: Any, width: Any, letter: Any = " ") -> str:
    if whole(width) > MAX_TEXT:
        raise OpenError
    return text_of(text).rjust(whole(width), text_of(letter))


def _substring(text: Any, start: Any, length: Any = None) -> str:
    first = whole(start)
    end = len(text_of(text)) if length is None else first + whole(length)
    if not 0 <= first <= end <= len(text_of(text)):
        raise OpenError
    return text_of(text)[first:end]


def _split(text: Any, marks: Any) -> list[str]:
    separators = marks if isinstance(marks, list) else [marks]
    if len(separators) > _MAX_SEPARATORS:
        raise OpenError
    return re.split("|".join(re.escape(text_of(mark)) for mark in separators), text_of(text))


def _join(values: Any, mark: Any) -> str:
    if len(values) * len(text_of(mark)) > MAX_TEXT:
        raise OpenError
    return text_of(mark).join(map(text_of, values))


def _replaced(text: Any, old: Any, new: Any) -> str:
    if text_of(text).count(text_of(old)) * len(text_of(new)) > MAX_TEXT:
        raise OpenError
    return text_of(text).replace(text_of(old), text_of(new))


def _string(value: Any) -> str:
    """A value as a text; of objects and arrays, their JSON."""
    return _json_text(value, _Work()) if isinstance(value, dict | list) else text_of(value)


class _Work:
    """Limits what a function does: a value that is used many times counts each time."""

    def __init__(self) -> None:
        self.left = MAX_TEXT

    def spend(self, count: int = 1) -> None:
        """Count parts. Raises OpenError where there were too many."""
        self.left -= count
        if self.left < 0:
            raise OpenError


def _json_text(value: Any, work: _Work) -> str:
    """The JSON of a value, whose numbers may be texts of a type of their own."""

    def plain(node: Any) -> Any:
        work.spend()
        if isinstance(node, Open):
            raise OpenError
        if isinstance(node, dict):
            return {name: plain(inner) for name, inner in node.items()}
        if isinstance(node, list):
            return [plain(inner) for inner in node]
        if isinstance(node, str):
            work.spend(len(node))
        return json.loads(node) if isinstance(node, str) and is_number(node) else node

    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _json(text: Any) -> Any:
    return json.loads(text_of(text), parse_constant=_no_constant, parse_float=_finite)


def _finite(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise OpenError
    return value


def _no_constant(_name: str) -> Any:
    raise OpenError


def _base64(text: Any) -> str:
    return base64.b64encode(text_of(text).encode()).decode()


def _decoded(text: Any) -> str:
    try:
        return base64.b64decode(text_of(text), validate=True).decode()
    except binascii.Error:
        raise OpenError from None


def _data(text: Any) -> str:
    """The text of a data URI."""
    match = _DATA_URI.fullmatch(text_of(text))
    if match is None:
        raise OpenError
    return _decoded(match[2]) if match[1] else unquote(match[2])


def _last_index(text: Any, part: Any) -> int:
    return text_of(text).lower().rfind(text_of(part).lower())


# --- objects and arrays ----------------------------------------


def _object(*parts: Any) -> dict[str, Any]:
    return {text_of(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


def _try_get(target: Any, *keys: Any) -> Any:
    """The value under keys; null where the first is missing, or the value is null."""
    first, *others = keys
    if target is None:
        return None
    if not isinstance(target, dict | list):
        raise OpenError
    found = _found(target, first)
    if not found:
        return None
    value = found[0]
    for key in others:
        value = taken(value, key)
    return value


def _from_end(values: Any, number: Any) -> Any:
    """An item counted from the end, from 1."""
    if not isinstance(values, list) or not 1 <= whole(number) <= len(values):
        raise OpenError
    return values[-whole(number)]


def _try_from_end(values: Any, number: Any) -> Any:
    if values is None:
        return None
    within = isinstance(values, list) and 1 <= whole(number) <= len(values)
    return _from_end(values, number) if within else None


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, dict):
        return any(key.lower() == text_of(item).lower() for key in container)
    if isinstance(container, list):
        known = [inner for inner in container if not isinstance(inner, Open | dict | list)]
        if any(same(inner, item) for inner in known):
            return True
        if len(known) < len(container):
            raise OpenError
        return False
    return text_of(item) in text_of(container)


def _chained(parts: Iterable[list[Any]]) -> list[Any]:
    """The items of lists. Raises OpenError for too many."""
    lists = list(parts)
    if sum(map(len, lists)) > MAX_ITEMS:
        raise OpenError
    return list(chain(*lists))


def _union(*parts: Any) -> Any:
    """The items of lists, each once; or objects merged with the objects in them, the last value of
    a name being right.
    """
    work = _Work()
    if all(isinstance(part, list) for part in parts):
        found: dict[Any, Any] = {}
        for item in _chained(parts):
            found.setdefault(_key(item, work), item)
        return list(found.values())
    result: dict[str, Any] = {}
    for part in parts:
        result = _merged(result, part, work)
    return result


def _merged(one: dict[str, Any], other: dict[str, Any], work: _Work) -> dict[str, Any]:
    work.spend(len(one) + len(other))
    result = dict(one)
    names = {name.lower(): name for name in one}
    for key, value in other.items():
        name = names.get(key.lower(), key)
        before = result.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            result[name] = _merged(before, value, work)
        else:
            result[name] = value
    return result


def _shallow(parts: Any) -> dict[str, Any]:
    """Objects merged by their names alone."""
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise OpenError
    work = _Work()
    result: dict[str, Any] = {}
    names: dict[str, str] = {}
    for part in parts:
        work.spend(len(part))
        for key, value in part.items():
            result[names.setdefault(key.lower(), key)] = value
    return result


def _key(item: Any, work: _Work) -> Any:
    """What tells items of lists apart."""
    if isinstance(item, dict | list):
        return _json_text(item, work)
    if isinstance(item, Open):
        raise OpenError
    return type(item) is str, isinstance(item, bool), str(item)


def _intersection(*parts: Any) -> Any:
    first, *others = parts
    work = _Work()
    if all(isinstance(part, list) for part in parts):
        common = [{_key(item, work) for item in part} for part in others]
        return [item for item in first if all(_key(item, work) in keys for keys in common)]
    return {
        name: value
        for name, value in first.items()
        if all(name in part and _key(part[name], work) == _key(value, work) for part in others)
    }


def _flattened(values: Any) -> list[Any]:
    if not isinstance(values, list) or not all(isinstance(value, list) for value in values):
        raise OpenError
    return _chained(values)


def _items(value: dict[str, Any]) -> list[Any]:
    """The entries of an object, in the order of their names."""
    return [{"key": name, "value": inner} for name, inner in sorted(value.items())]


def _range(start: Any, count: Any) -> list[int]:
    if not 0 <= whole(count) <= MAX_ITEMS:
        raise OpenError
    return list(range(whole(start), whole(start) + whole(count)))


def _part(value: Any, low: int | None, high: int | None) -> Any:
    return list(value[low:high]) if isinstance(value, list) else text_of(value)[low:high]


def _numbers(values: tuple[Any, ...]) -> list[int]:
    """The numbers of min and max: the arguments, or the items of the one that is a list."""
    return [whole(value) for value in (values[0] if isinstance(values[0], list) else values)]


HERE = "..."
"""The subscription and the resource group of a deployment, which a template doesn't have."""


def resource_id(parts: list[str], target: tuple[str, str]) -> str:
    """The id of resourceId(): subscription, group, type and names; the first two are those of the
    deployment where they're left out.
    """
    before, namespace, names = _typed(parts)
    subscription, group = (*target[: 2 - len(before)], *before)
    if not group:  # a deployment to a subscription
        return f"/subscriptions/{subscription}/providers/{namespace}{names}"
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}{names}"


def subscription_resource_id(parts: list[str], target: tuple[str, str]) -> str:
    """The id of subscriptionResourceId(): a subscription, the type, and names."""
    before, namespace, names = _typed(parts)
    return f"/subscriptions/{(*before, target[0])[0]}/providers/{namespace}{names}"


def extension_resource_id(parts: list[str], _target: tuple[str, str]) -> str:
    """The id of extensionResourceId(): the id of a resource, the type, and names."""
    base, *others = parts
    _, namespace, names = _typed(others)
    return f"{base.rstrip('/')}/providers/{namespace}{names}"


def _typed(parts: list[str]) -> tuple[list[str], str, str]:
    """(what is before the type, its namespace, pairs of type and name)."""
    at = next((index for index, part in enumerate(parts) if "/" in part), None)
    if at is None or at > 2:  # noqa: PLR2004  a subscription and a group
        raise OpenError
    namespace, *kinds = parts[at].split("/")
    pairs = (f"/{kind}/{name}" for kind, name in zip(kinds, parts[at + 1 :], strict=True))
    return parts[:at], namespace, "".join(pairs)


ID_FUNCTIONS: dict[str, Callable[[list[str], tuple[str, str]], str]] = {
    "resourceid": resource_id,
    "subscriptionresourceid": subscription_resource_id,
    "extensionresourceid": extension_resource_id,
}
"""Functions of resource ids: of the arguments, and the (subscription, group) of the deployment."""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda one, other: whole(one) + whole(other),
    "sub": lambda one, other: whole(one) - whole(other),
    "mul": lambda one, other: whole(one) * whole(other),
    "div": lambda one, other: _quotient(whole(one), whole(other)),
    "mod": lambda one, other: whole(one) - whole(other) * _quotient(whole(one), whole(other)),
    "min": lambda *values: min(_numbers(values)),
    "max": lambda *values: max(_numbers(values)),
    "less": lambda one, other: whole(one) < whole(other),
    "lessorequals": lambda one, other: whole(one) <= whole(other),
    "greater": lambda one, other: whole(one) > whole(other),
    "greaterorequals": lambda one, other: whole(one) >= whole(other),
    "equals": same,
    "not": lambda value: not truth(value),
    "bool": truth,
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
    "int": whole,
    "string": _string,
    "json": _json,
    "concat": _concat,
    "format": _format,
    "tolower": lambda text: text_of(text).lower(),
    "toupper": lambda text: text_of(text).upper(),
    "trim": lambda text: text_of(text).strip(),
    "replace": _replaced,
    "substring": _substring,
    "split": _split,
    "join": _join,
    "padleft": _padded,
    "startswith": lambda text, part: text_of(text).lower().startswith(text_of(part).lower()),
    "endswith": lambda text, part: text_of(text).lower().endswith(text_of(part).lower()),
    "indexof": lambda text, part: text_of(text).lower().find(text_of(part).lower()),
    "lastindexof": _last_index,
    "base64": _base64,
    "base64tostring": _decoded,
    "base64tojson": lambda text: _json(_decoded(text)),
    "datauri": lambda text: f"data:text/plain;charset=utf8;base64,{_base64(text)}",
    "datauritostring": _data,
    "uri": lambda base, relative: urljoin(text_of(base), text_of(relative)),
    "uricomponent": lambda text: quote(text_of(text), safe="-_.~"),
    "uricomponenttostring": lambda text: unquote(text_of(text)),
    "contains": _contains,
    "empty": lambda value: value is None or len(value) == 0,
    "length": len,
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "indexfromend": _from_end,
    "tryindexfromend": _try_from_end,
    "tryget": _try_get,
    "take": lambda value, count: _part(value, None, max(whole(count), 0)),
    "skip": lambda value, count: _part(value, max(whole(count), 0), None),
    "array": lambda value: value if isinstance(value, list) else [value],
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "union": _union,
    "intersection": _intersection,
    "shallowmerge": _shallow,
    "flatten": _flattened,
    "items": _items,
    "objectkeys": lambda value: sorted(value.keys()),
    "range": _range,
}
"""Functions by their names in lower case."""

KEEP_OPEN = {"array", "createarray", "createobject"}
"""Functions that put arguments into their result as they are: one that stays open is open there."""
