"""Texts for people that are mistaken for data, each with the command that gives the data."""

import re
from typing import NamedTuple

from hotpatch_cli.errors import refuse

_LOOKED_AT = 4096
_PLAN = "Run `terraform plan -out tfplan`, and then `terraform show -json tfplan`."


class UnreadText(NamedTuple):
    """A text by what is at its beginning, what it is, and what to do."""

    pattern: re.Pattern[str]
    message: str
    remedy: str


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


def require_data(file: str, text: str) -> None:
    """Raise InputError for a text that is known to have no data."""
    beginning = text[:_LOOKED_AT]
    for unread in _TEXTS:
        if unread.pattern.search(beginning):
            raise refuse(file, unread.message, unread.remedy)
