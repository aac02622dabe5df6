"""What Windows itself prints: systeminfo, `reg query`, .reg files, and lists and tables of
PowerShell, as the tree of names and values.
"""

import re
from collections.abc import Iterator

from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.inputs.console_table import console_header, console_rows
from hotpatch_cli.inputs.systeminfo_words import HOST

_REGISTRY = re.compile(
    r"Windows Registry Editor Version|REGEDIT4|\s*(?:HKEY_LOCAL_MACHINE|HKLM)\\", re.IGNORECASE
)
_QUERIED = re.compile(r"\s{2,}(\S.*?)\s{2,}REG_(\w+)\s+(.*)")
_EXPORTED = re.compile(r'"([^"]+)"=(?:dword:([0-9a-fA-F]{8})|"(.*)")')
_LISTED = re.compile(r"(\S[^:]{0,60}?)\s*: ?(.*)")
_ITEM = re.compile(r"\[\d+\]:\s*(.+)")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,8}")
_CUT_OFF = ("...", "\u2026")
"""How PowerShell ends a value that doesn't fit into its column."""
_FREE_TEXTS = frozenset({"Description", "InstalledBy", "InstalledOn", "RunspaceId"})
"""Columns of Get-HotFix and Invoke-Command that decide nothing."""


def open_text(file: str, text: str) -> Document:
    """The tree of such a text: a mapping, or a list of them where empty lines part several. Raises
    InputError.
    """
    document = Document(file, text)
    log = Log(document)
    if _REGISTRY.match(text.lstrip("\r\n")):
        found = _registry(text)
    elif console_header(text):
        found = _table(text, log)
    else:
        found = _listed(text)
    parts = [part for part in found if part]
    if not parts and not log.problems:
        log.add(
            0,
            "The text contains no recognized values.",
            "Export the key HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion.",
        )
    log.finish()
    document.root = Sequence()
    for part in parts:
        document.root.put(part, part.mark)
    return document


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line.rstrip("\r\n")
        at += len(line)


def _registry(text: str) -> Iterator[Mapping]:
    """The values of a key; subkeys have no value of interest, and the first of two values stays."""
    node = Mapping(0)
    for mark, line in _lines(text):
        if queried := _QUERIED.fullmatch(line):
            _put(node, queried[1], _number(queried[3]), mark)
        elif exported := _EXPORTED.fullmatch(line):
            _put(node, exported[1], str(int(exported[2], 16)) if exported[2] else exported[3], mark)
    yield node


def _number(value: str) -> str:
    return str(int(value, 16)) if _HEX.fullmatch(value.strip()) else value.strip()


def _table(text: str, log: Log) -> Iterator[Mapping]:
    """The rows of tables; a value that is cut off is a problem."""
    for mark, cells in console_rows(list(_lines(text))):
        node = Mapping(mark)
        for name, value in cells.items():
            _put(node, name, value, mark)
            if value.endswith(_CUT_OFF) and name not in _FREE_TEXTS:
                message = f"PowerShell cut off the value {quoted(value)} in the column {name}."
                log.add(mark, message, "Add `| ConvertTo-Json` to the command.")
        yield node


def _listed(text: str) -> Iterator[Mapping]:
    """`Name:  value` lines; indented `[01]: value` lines are items of the name before."""
    node, last = Mapping(0), ""
    for mark, line in _lines(text):
        if not line.strip():
            if not any(word in node for word in HOST):
                yield node
                node = Mapping(mark)
        elif (item := _ITEM.match(line.strip())) and line.startswith(" "):
            _add_item(node, last, item[1], mark)
        elif (found := _LISTED.fullmatch(line)) and not line.startswith(" "):
            if found[1] in HOST and found[1] in node:
                yield node
                node = Mapping(mark)
            last = found[1]
            _put(node, last, found[2].strip(), mark)
    yield node


def _add_item(node: Mapping, name: str, value: str, mark: int) -> None:
    items = node.get(f"{name} []")
    if items is None:
        items = Sequence(mark)
        node.put(f"{name} []", items, mark, mark)
    items.put(value.strip(), mark)


def _put(node: Mapping, name: str, value: str, mark: int) -> None:
    if name not in node:
        node.put(name, value or None, mark, mark)
