"""What kind of text a source is, by how it begins."""

import re
from pathlib import Path
from typing import Literal

from hotpatch_cli.inputs.console_table import console_header
from hotpatch_cli.inputs.systeminfo_words import HOST, VERSION

_LOOKED_AT = 4096
_CELL = r"(?:\"[^\"\r\n]{1,200}\"|[\w .()-]+)"
_HEADER = re.compile(rf"(?:#TYPE [^\n]*\n|sep=.\r?\n)?{_CELL}(?:[,;\t]{_CELL})+\r?\n")
"""The first line of a table: names between commas, semicolons or tabs."""
_GUEST_COLUMNS = frozenset(
    {
        *("currentbuildnumber", "hotfixid", "osbuildnumber", "oshotfixes", "osversion", "ubr"),
        *("windowsbuildlabex", "windowsproductname"),
    }
)
"""Names, in lower case, that Get-HotFix, Get-ComputerInfo and the registry have."""
_GUEST = re.compile(
    r"(?im)\A\s*(?:Windows Registry Editor Version|REGEDIT4|HKEY_LOCAL_MACHINE\\|HKLM\\)"
    rf"|^(?:{'|'.join(map(re.escape, (*HOST, *VERSION)))}): {{2,}}\S"
    rf"|^(?:{'|'.join(sorted(_GUEST_COLUMNS))}) *: "
)
"""How systeminfo, the registry's tools and PowerShell's Format-List begin."""

TextKind = Literal["csv", "guest", "json", "jsonl", "yaml"]


def text_kind(file: str, text: str) -> TextKind:
    """The kind of a text: JSON, a table or what Windows prints, by how it begins; otherwise YAML.

    The beginning of the text is enough.
    """
    from hotpatch_cli.documents.json_text import is_json_lines

    suffix = Path(file).suffix.lower()
    if text.lstrip()[:1] in ("{", "["):
        if suffix in (".yaml", ".yml"):
            return "yaml"
        return "jsonl" if suffix in (".jsonl", ".ndjson") or is_json_lines(text) else "json"
    if suffix in (".csv", ".tsv") or _HEADER.match(text):
        return "csv"
    return "guest" if is_guest_text(text) else "yaml"


def is_guest_text(text: str) -> bool:
    """Whether Windows printed the text about itself."""
    table = console_header(text[:_LOOKED_AT])
    if table is not None:
        return any(name.lower() in _GUEST_COLUMNS for name in table.columns)
    return _GUEST.search(text, 0, _LOOKED_AT) is not None
