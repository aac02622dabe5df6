"""Objects that an exporter wrote as text: the name of their type, or `@{name=value}`.

ConvertTo-Json does so below its depth, and Export-Csv with every object in a column.
"""

import re

from hotpatch_cli.documents.codec import plain_name
from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.inputs.fields import FACTS

_OBJECT = r"@\{[^{}\"]*\}|(?:System|Microsoft)(?:\.\w+)+(?:`[0-9]+)?(?:\[[^\"]*\])?(?:\[\])?"
_OBJECT_TEXT = re.compile(_OBJECT)
_LEAST_DOTS = 2
"""Dots in the name of a type: `Microsoft.Web` can be a person's own word."""
_PARTS = sorted(set(".".join(fact.azure.rpartition(".")[0] for fact in FACTS).split(".")) - {""})
_PARTS += ["properties"]
_DECIDING = frozenset(map(plain_name, _PARTS))
_IN_JSON = re.compile(rf'(?i:"({"|".join(_PARTS)})")\s*:\s*"(?:{_OBJECT})"')
_LOOKED_AT = 2**20
_NAMES_SHOWN = 5
REMEDY = (
    "Export with `| ConvertTo-Json -Depth 10`. For CSV, select the values inside: "
    "Select-Object Name, @{n='patchMode'; e={$_.OSProfile.WindowsConfiguration.PatchSettings."
    "PatchMode}}."
)


def is_object_text(value: object) -> bool:
    """Whether a value is an object as text."""
    if not isinstance(value, str) or not value.startswith(("@{", "System.", "Microsoft.")):
        return False
    text = value.strip()
    if not _OBJECT_TEXT.fullmatch(text):
        return False
    return text[0] == "@" or text.endswith("]") or text.count(".") >= _LEAST_DOTS


def is_deciding_object(column: str) -> bool:
    """Whether a column has the name of an object of Azure that has facts: `StorageProfile`."""
    return plain_name(column) in _DECIDING


def message_on(columns: list[str], value: str) -> str:
    """What is wrong with columns of objects as text, the first of which is given."""
    names = and_more(list(map(quoted, columns)), _NAMES_SHOWN)
    of = "column" if len(columns) == 1 else "columns"
    return f"PowerShell cut off the objects in the {of} {names}: found {quoted(value)}."


def cut_object(text: str) -> tuple[str, int] | None:
    """(key, place) of the first object of facts that is text in JSON; None where there is none."""
    found = _IN_JSON.search(text, 0, _LOOKED_AT)
    if found is None:
        return None
    return next(part for part in _PARTS if part.lower() == found[1].lower()), found.start(1)
