"""The other sections of inventories, as they were written: windows, freezes, groups, rings and
limits.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hotpatch_cli.documents.tree import Mapping
from hotpatch_cli.inputs.source import SourceData

PARTS = ("windows", "freezes", "groups", "rings", "limits")


def kept_parts(sources: Sequence[SourceData], folder: Path) -> dict[str, Any]:
    """The parts of all inventories together; calendar files are named as a folder has them."""
    parts: dict[str, Any] = {}
    for source in sources:
        for key in PARTS:
            if node := source.kept.get(key):
                _add(parts, key, _moved(node, Path(source.file).parent, folder))
    return parts


def _add(parts: dict[str, Any], key: str, node: Any) -> None:
    if isinstance(node, dict):
        known = parts.get(key, {})
        parts[key] = node | known if key == "limits" else known | node  # the first limits count
        return
    items = parts.setdefault(key, [])
    for item in node:
        if key == "freezes" or item not in items:
            items.append(item)


def _moved(node: Any, source: Path, folder: Path) -> Any:
    """A part whose `ics` files are named from another folder than that of its source."""
    if isinstance(node, list):
        return [_moved(item, source, folder) for item in node]
    if not isinstance(node, Mapping):
        return node
    moved = {}
    for key, value in node.items():
        if key == "ics" and isinstance(value, str):
            moved[key] = os.path.relpath(source / value, folder)
        else:
            moved[key] = _moved(value, source, folder)
    return moved
