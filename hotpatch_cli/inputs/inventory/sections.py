"""What inventories say beside their machines, as it was written: windows, freezes, groups, rings
and limits.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hotpatch_cli.documents.tree import Mapping
from hotpatch_cli.inputs.source import SourceData

PARTS = ("windows", "freezes", "groups", "rings", "limits")


def kept_parts(readings: Sequence[SourceData], folder: Path) -> dict[str, Any]:
    """The parts of all inventories together; calendar files are named as they are found from a
    folder.
    """
    found: dict[str, Any] = {}
    for reading in readings:
        for key in PARTS:
            if node := reading.kept.get(key):
                _add(found, key, _moved(node, Path(reading.file).parent, folder))
    return found


def _add(found: dict[str, Any], key: str, node: Any) -> None:
    if isinstance(node, dict):
        found[key] = node | found.get(key, {}) if key == "limits" else found.get(key, {}) | node
    else:
        known = found.setdefault(key, [])
        known += [each for each in node if key == "freezes" or each not in known]


def _moved(node: Any, source: Path, folder: Path) -> Any:
    """A part whose `ics` files, named from where the source stands, are named from another folder."""
    if isinstance(node, Mapping):
        return {
            key: os.path.relpath(source / value, folder)
            if key == "ics" and isinstance(value, str)
            else _moved(value, source, folder)
            for key, value in node.items()
        }
    return [_moved(each, source, folder) for each in node] if isinstance(node, list) else node
