"""From the cells of a row to the node of a machine, as an inventory would have it.

All readers of tables go through `node_of`: what a cell means doesn't depend on its file. The node
is read by the inventory's own codecs: a value that is wrong there is wrong here.
"""

import re
from collections.abc import Iterable
from typing import Any

from hotpatch_cli.documents.codec import plain_name
from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.tree import Mapping as Node
from hotpatch_cli.documents.tree import Sequence
from hotpatch_cli.eligibility.os_type import os_type
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.exporter_text import is_object_text
from hotpatch_cli.inputs.fields import BY_PATH, FLAGS, LISTS, TREES, WHOLE_NUMBERS

MISSING = frozenset({"", "-", "n/a", "na", "#n/a", "null", "none", "nan", "<null>", "(null)"})
"""Words, in any letter case, with which exports write that there is no value."""

DECIDES_NOTHING = frozenset({"owner", "tags"})
"""Fields whose cell is left out where an exporter wrote the type of an object."""
PLATFORM_IN_ID = (
    ("azure-local", "/virtualmachineinstances/"),
    ("arc", "/microsoft.hybridcompute/machines/"),
    ("azure", "/microsoft.compute/"),
)
NAME_IN_ID = r"(?i)/(?:machines|virtualmachines)/([^/]+)"
_WHOLE = re.compile(r"[0-9]{1,9}\.0+")
_IMAGE_KEYS = frozenset({"publisher", "offer", "sku", "version", "id"})
_GALLERY_IDS = frozenset({"sharedgalleryimageid", "communitygalleryimageid"})
_KB = r"(?i)(?:kb)?\s*[0-9]{5,8}"
_COUNT = r"[0-9]{1,4}"


def node_of(fields: Iterable[tuple[str, Any]], mark: int) -> Node:
    """The node of a machine from (field path, cell) pairs: dots nest, missing values are left out,
    lists are split.

    A cell is text, True, False, a number, None, a list or mapping, or a tree (of JSON). A missing
    name comes from the resource id, and a missing platform from the kind of resource in the id. All
    marks are the row's.
    """
    node = Node(mark)
    parts: list[tuple[str, Any]] = []
    for path, cell in fields:
        value = value_of(path, cell, mark)
        if value is None:
            continue
        if "." in path:
            parts.append((path, value))
        else:
            node.put(path, value, mark, mark)
    for path, value in parts:
        nest(node, path, value, mark)
    _told_by_id(node, mark)
    return node


def nest(node: Node, path: str, value: Any, mark: int) -> None:
    """Put a value under the path of a part, such as `arc.status`, where there is none yet."""
    key, _, inner = path.partition(".")
    if key not in node:
        node.put(key, Node(mark), mark, mark)
    below = node[key]
    if (
        isinstance(below, Node) and inner not in below
    ):  # a URN in a cell of its own includes its parts
        below.put(inner, value, mark, mark)


def put_system(node: Node, words: Any) -> None:
    """Let a cell of OS types name the operating system, where it has more than the type and nothing
    else names it.
    """
    if "os" not in node and isinstance(words, str) and os_type(words) is None:
        node.put("os", words, node.mark, node.mark)


def _told_by_id(node: Node, mark: int) -> None:
    resource_id = node.get("id")
    if not isinstance(resource_id, str):
        return
    name, platform = name_in(resource_id), platform_in(resource_id)
    if "name" not in node and name:
        node.put("name", name, mark, mark)
    if "platform" not in node and platform:
        node.put("platform", platform, mark, mark)


def name_in(resource_id: str) -> str | None:
    """The name of the machine whose resource id this is."""
    name = re.search(NAME_IN_ID, resource_id)
    return name[1] if name else None


def platform_in(resource_id: str) -> str | None:
    """The platform that the kind of resource in a resource id implies."""
    lower = resource_id.lower()
    return next((platform for platform, part in PLATFORM_IN_ID if part in lower), None)


def value_of(path: str, cell: Any, mark: int) -> Any:
    """The value of a cell under a field: None where it is missing, the words of other tools as an
    inventory has them.
    """
    if not isinstance(cell, str | Node | Sequence):
        cell = placed(cell, mark)
    if not isinstance(cell, str):
        return _image(cell) if path == "image" and isinstance(cell, Node) else cell
    if cell != cell.strip():
        cell = type(cell)(cell.strip())
    if cell.casefold() in MISSING or (path in DECIDES_NOTHING and is_object_text(cell)):
        return None
    if path in TREES and cell[0] in "{[" and cell[-1] in "}]":
        tree = _tree(cell, mark)
        if not isinstance(tree, str):
            return _image(tree) if path == "image" and isinstance(tree, Node) else tree
    return _value_of_text(path, cell, mark)


def _value_of_text(path: str, cell: str, mark: int) -> Any:
    if path in FLAGS:
        return {"1": "true", "0": "false", "1.0": "true", "0.0": "false"}.get(cell, cell)
    if path in WHOLE_NUMBERS and _WHOLE.fullmatch(cell):
        cell = cell.partition(".")[0]
    if path in LISTS:
        return _parted(path, cell, mark)
    if path == "tags":
        return _tags(cell, mark)
    fact = BY_PATH.get(path)
    return fact.type.cell(cell) if fact and fact.type.cell else cell


def _image(reference: Node) -> Node:
    """An image reference as Azure answers it, with the keys of an inventory."""
    image = Node(reference.mark)
    for key, value in reference.items():
        name = plain_name(key)
        if value is None or name == "exactversion":  # Azure adds what `latest` was
            continue
        if name in _GALLERY_IDS:
            name = "id"
        name = name if name in _IMAGE_KEYS else key
        if name not in image:
            image.put(name, value, reference.at(key), reference.mark)
    return image


def _tree(cell: str, mark: int) -> Any:
    """The tree of a cell that holds JSON, all of it at one mark; the text where it is none."""
    try:
        return placed(parse_json("", cell).root, mark)
    except InputError:
        return cell


def placed(value: Any, mark: int) -> Any:
    """A tree with everything at one mark, from one of JSON or of plain dicts, lists and scalars."""
    if isinstance(value, dict):
        node = Node(mark)
        for key, part in value.items():
            node.put(str(key), placed(part, mark), mark, mark)
        return node
    if isinstance(value, list | tuple):
        items = Sequence(mark)
        for item in value:
            items.put(placed(item, mark), mark)
        return items
    if isinstance(value, float) and value.is_integer():  # a whole number, in a column that has gaps
        value = int(value)
    return value if value is None or isinstance(value, bool | str) else str(value)


def _parted(path: str, cell: str, mark: int) -> Sequence | None:
    items = Sequence(mark)
    for part in re.split(BY_PATH[path].type.separator, cell):
        if part.strip():
            item = part.strip() if path != "pending" else placed(_update(part.strip()), mark)
            if item:
                items.put(item, mark)
    return items or None


def _update(words: str) -> dict[str, str]:
    """A pending update in words: a KB alone, or a title. A number such as 3 only counts them."""
    if re.fullmatch(_KB, words):
        return {"kb": words}
    return {} if re.fullmatch(_COUNT, words) else {"title": words}


def _tags(cell: str, mark: int) -> Any:
    """`env=prod; team=a`, as portals print tags."""
    pairs = [part.partition("=") for part in re.split(r"[;,]", cell) if part.strip()]
    if not all(name.strip() and parted for name, parted, _ in pairs):
        return cell
    return placed({name.strip(): value.strip() for name, _, value in pairs}, mark)
