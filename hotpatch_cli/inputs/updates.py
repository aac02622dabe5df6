"""Updates as Update Manager and Windows Update list them: their KB, what they are of, and whether
they may restart.

Every source of pending updates comes here, so that one update is the same whoever lists it.
https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re
from collections.abc import Iterable

from hotpatch_cli.model import PendingUpdate
from hotpatch_cli.servicing.offers import is_of_system

Restart = tuple[str | None, bool | None]
"""When something was looked at, as the source writes it, and whether a restart was pending then."""

_KB = re.compile(r"(?i)\bKB\s?([0-9]{5,8})\b")
_BARE_KB = re.compile(r"(?i)\s*(?:KB)?\s*([0-9]{5,8})\s*")
_HARMLESS = re.compile(
    r"(?i)defender|antimalware|security intelligence|malicious software removal|definition update"
)
_TITLES = (
    (re.compile(r"(?i)\.NET\b"), "dotnet"),
    (re.compile(r"(?i)firmware|\bbios\b|\buefi\b"), "firmware"),
    (re.compile(r"(?i)\bdrivers?\b"), "driver"),
    (re.compile(r"(?i)\bpreview\b"), "non-security"),
)
_SECURITY = frozenset({"security", "critical", "securityupdates", "criticalupdates"})
_DRIVERS = frozenset({"driver", "drivers"})
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


def kbs_of(texts: Iterable[object]) -> tuple[str, ...]:
    """The KBs that texts name, each once."""
    return tuple(
        dict.fromkeys(kb for text in texts if isinstance(text, str) and (kb := kb_of(text)))
    )


def waiting(
    title: str | None,
    kb: str | None,
    kind: str | None = None,
    classes: tuple[str, ...] = (),
    restarts: str | None = None,
) -> PendingUpdate | None:
    """An available update as a pending one; None for one that never needs a restart.

    `classes` are its classifications, `restarts` its restart behavior as Azure writes it
    (NeverReboots, ...). Updates of the operating system have no kind: their effect on a machine
    depends on the KB, not the title.
    """
    words = {re.sub(r"[\s_-]", "", word).lower() for word in classes}
    name, number = (title or "").strip(), kb_of(kb, title)
    never = (
        (restarts or "").lower() == "neverreboots"
        or _HARMLESS.search(name)
        or words & _NEVER_RESTARTS
    )
    if never and kind is None:
        return None
    return PendingUpdate(name or None, number, kind or _kind(name, words))


def _kind(name: str, words: set[str]) -> str | None:
    """What an update is of, by its title first; None for one of the operating system, and where
    it's unknown.
    """
    if found := next((kind for pattern, kind in _TITLES if pattern.search(name)), None):
        return found
    if is_of_system(name) or not words or (words & _SECURITY and not name):
        return None
    if words & _DRIVERS:
        return "driver"
    return "other" if words & _SECURITY else "non-security"


def pending_of(updates: Iterable[PendingUpdate | None]) -> tuple[PendingUpdate, ...]:
    """The updates that count, each once."""
    return tuple(dict.fromkeys(update for update in updates if update is not None))


def restart_left(status: str | None) -> bool | None:
    """Whether an installation left a restart to be done, by its rebootStatus; None where that
    doesn't decide.
    """
    return {"required": True, "failed": True, "completed": False}.get((status or "").lower())


def newer(one: Restart, other: Restart) -> bool | None:
    """The newer of two (time, whether a restart is pending); without times, whether any has a
    pending restart.
    """
    answers = [answer for _, answer in (one, other) if answer is not None]
    if len(answers) > 1 and one[0] and other[0]:
        return max(one, other, key=lambda restart: restart[0] or "")[1]
    return any(answers) if answers else None
