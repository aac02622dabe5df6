"""Texts for people that are mistaken for data, each with the command that gives the data."""

import re
from typing import NamedTuple

from hotpatch_cli.documents.tree import Document
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.console_table import ConsoleHeader, console_header
from hotpatch_cli.inputs.exporter_text import cut_object
from hotpatch_cli.inputs.text_kind import is_guest_text

_LOOKED_AT = 4096
_PLAN = "Run `terraform plan -out tfplan`, and then `terraform show -json tfplan`."


class Refusal(NamedTuple):
    """What a text is, and what to do."""

    message: str
    remedy: str


class UnreadText(NamedTuple):
    """A text by what is at its beginning."""

    pattern: re.Pattern[str]
    message: str
    remedy: str

    @property
    def refusal(self) -> Refusal:
        """What it is, and what to do."""
        return Refusal(self.message, self.remedy)


_COLOR = r"(?:\x1b\[[0-9;]*m)*"
_TEXTS = (
    UnreadText(
        re.compile(r"\A\s*\[command\]"),
        "The first line is from the wrapper of setup-terraform.",
        "Set `terraform_wrapper: false`, or run `terraform-bin show -json tfplan`.",
    ),
    UnreadText(
        re.compile(r"\A\s*\{[^\n]*\"@level\"\s*:"),
        "This is the log of `terraform plan -json`, not a plan.",
        _PLAN,
    ),
    UnreadText(
        re.compile(
            rf"(?m)^{_COLOR}(?:Terraform|OpenTofu) (?:used the selected providers|will perform the)"
            rf"|^{_COLOR}No changes\.{_COLOR} Your infrastructure matches the configuration"
        ),
        "This is the text of `terraform plan`, not a plan.",
        _PLAN,
    ),
    UnreadText(
        re.compile(
            rf"(?m)^{_COLOR}Resource and property changes are indicated with th"
            rf"|^{_COLOR}The deployment will update the following scope"
        ),
        "This is the text of a what-if, not its result.",
        "Run the same command with --no-pretty-print -o json.",
    ),
    UnreadText(
        re.compile(r"\A(?:WARNING: [^\n]*\n)+\s*[\[{]"),
        "The first line is a warning of az, not data.",
        "Run az with --only-show-errors, and redirect only its standard output.",
    ),
)


_DEEP = "| ConvertTo-Json -Depth 10`, and save its output."
_LISTS = (
    ("AgentConfigurationMode", "Get-AzConnectedMachine"),
    ("AdFqdn", "Get-AzConnectedMachine"),
    ("HardwareProfile", "Get-AzVM"),
    ("VmId", "Get-AzVM"),
    ("ResourceId", "Search-AzGraph -Query QUERY"),
    ("tenantId", "Search-AzGraph -Query QUERY"),
)
"""Names in lists of PowerShell, and the command that has them."""
_LISTED = re.compile(r"(?m)^([A-Za-z]\w*) +: ")
_TABLES = (
    (frozenset({"VmSize", "NIC"}), "Get-AzVM"),
    (frozenset({"OSName", "Status", "ProvisioningState"}), "Get-AzConnectedMachine"),
    (frozenset({"OSType", "Status", "ProvisioningState"}), "Get-AzConnectedMachine"),
)
"""Columns of PowerShell's tables, and the command that prints them."""
_RULE_OF_AZ = re.compile(r"-+(?:  -+)+")
"""az fills its columns with dashes; PowerShell has as many as the name has letters."""


def _printed(beginning: str) -> Refusal | None:
    """What is wrong with a list or table that a command prints; None for anything else."""
    if is_guest_text(beginning):
        return None
    table = console_header(beginning)
    if table is not None and len(table.columns) > 1:
        return _of_table(table)
    names = set(_LISTED.findall(beginning))
    command = next((command for name, command in _LISTS if name in names), None)
    if command is None or not _LISTED.match(beginning.lstrip()):
        return None
    return _of_command(command, "list")


def _of_table(table: ConsoleHeader) -> Refusal:
    command = next((name for columns, name in _TABLES if columns <= set(table.columns)), None)
    if command:
        return _of_command(command, "table")
    if _RULE_OF_AZ.fullmatch(table.rule):
        message = "This is the table that az prints with `-o table`, not an export."
        return Refusal(message, "Run the same command with -o json.")
    message = "This is a table that PowerShell prints, not an export."
    return Refusal(message, f"Run the same command with `{_DEEP}")


def _of_command(command: str, form: str) -> Refusal:
    message = f"This is the {form} that {command.split(' ', maxsplit=1)[0]} prints, not an export."
    return Refusal(message, f"Run `{command} {_DEEP}")


def require_data(file: str, text: str) -> None:
    """Raise InputError for a text that is known to have no data."""
    beginning = text[:_LOOKED_AT]
    cut = cut_object(text) if text.lstrip()[:1] in ("{", "[") else None
    if cut:
        message = f"The content of {cut[0]} is missing: PowerShell wrote the name of its type."
        place = Document(file, text).position(cut[1])
        remedy = "Export again with `ConvertTo-Json -Depth 10`."
        raise InputError([Problem(*place, message, remedy)])
    known = (unread.refusal for unread in _TEXTS if unread.pattern.search(beginning))
    if refusal := next(known, None) or _printed(beginning):
        raise refuse(file, *refusal)
