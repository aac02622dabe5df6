"""Updates as Update Manager and Windows Update list them: their KB, and which of them hotpatch does not carry.

https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch: hotpatch does not carry non-security updates,
.NET updates, and updates of other things than Windows, such as drivers and firmware.
"""

import re

from hotpatch_cli.model import PendingUpdate

_KB = re.compile(r"(?i)\bKB\s?([0-9]{5,8})\b")
_BARE_KB = re.compile(r"(?i)\s*(?:KB)?\s*([0-9]{5,8})\s*")
_HARMLESS = re.compile(r"(?i)defender|antimalware|security intelligence|malicious software removal|definition update")
_TITLES = (
    (re.compile(r"(?i)\.NET\b"), "dotnet"),
    (re.compile(r"(?i)firmware|\bbios\b|\buefi\b"), "firmware"),
    (re.compile(r"(?i)\bdrivers?\b"), "driver"),
    (re.compile(r"(?i)\bpreview\b"), "non-security"),
)
_CARRIED = re.compile(
    r"(?i)hotpatch|(?:cumulative|security) update for (?:microsoft server operating|windows)|servicing stack"
)
_SECURITY = frozenset({"security", "critical", "securityupdates", "criticalupdates"})
_NEVER_RESTARTS = frozenset({"definition", "definitions", "definitionupdates"})


def kb_of(*texts: str | None) -> str | None:
    """The KB that a number, `KB5030211` or a title names: `KB5030211`; None where none does."""
    for text in filter(None, texts):
        if found := _BARE_KB.fullmatch(text) or _KB.search(text):
            return "KB" + found[1]
    return None


def kbs_in(text: str) -> tuple[str, ...]:
    """All KBs that a text names."""
    return tuple(dict.fromkeys("KB" + number for number in _KB.findall(text)))


def waiting(
    title: str | None, kb: str | None, classes: tuple[str, ...] = (), restarts: str | None = None
) -> PendingUpdate | None:
    """An available update as one that waits; None for one that hotpatch carries, or that never needs a restart.

    `classes` are its classifications, `restarts` its reboot behaviour as Azure writes it (NeverReboots, ...).
    """
    words = {re.sub(r"[\s_-]", "", each).lower() for each in classes}
    name = title or ""
    if (restarts or "").lower() == "neverreboots" or _HARMLESS.search(name) or words & _NEVER_RESTARTS:
        return None
    kind = next((kind for pattern, kind in _TITLES if pattern.search(name)), None)
    if kind is None and (_CARRIED.search(name) or (words & _SECURITY and not name)):
        return None
    if kind is None:
        by_class = (
            "driver"
            if words & {"driver", "drivers"}
            else "non-security"
            if words and not words & _SECURITY
            else "other"
        )
        kind = by_class
    return PendingUpdate(title or None, kb, kind)
