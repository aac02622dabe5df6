"""What kind of text a source is, by how it begins."""

import re
from pathlib import Path
from typing import Literal

_LOOKED_AT = 4096
_HEADER = re.compile(
    r"(?:#TYPE [^\n]*\n)?\"?[\w .()-]+\"?[,;\t](?:\"?[\w .()-]+\"?[,;\t])*\"?[\w .()-]+\"?\r?\n"
)
"""The first line of a table: names between commas, semicolons or tabs."""
_GUEST = re.compile(
    r"(?im)\A\s*(?:Windows Registry Editor Version|REGEDIT4|HKEY_LOCAL_MACHINE\\|HKLM\\)"
    r"|^(?:Host Name|OS Version): {2,}\S"
    r"|^(?:CurrentBuildNumber|UBR|HotFixID|OsHotFixes|WindowsBuildLabEx) *: "
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
    return "guest" if _GUEST.search(text, 0, _LOOKED_AT) else "yaml"
