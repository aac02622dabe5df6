"""Which pending updates hotpatch carries.

Hotpatch does not carry non-security updates, .NET updates, and updates of other things than Windows, such as drivers
and firmware. https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re

from hotpatch_cli.model import PendingUpdate

_SYSTEM = re.compile(
    r"(?i)hotpatch|(?:cumulative|security|quality) update for (?:microsoft server operating|windows)|"
    r"servicing stack|^\s*20\d\d-\d\d (?:cumulative|security|quality) update\s*(?:\(|$)"
)


def is_of_system(title: str) -> bool:
    """Whether a title is that of an update of the operating system."""
    return bool(_SYSTEM.search(title))


def carried(update: PendingUpdate) -> bool:
    """Whether hotpatch carries a pending update, so far as its title tells."""
    return update.kind is None and is_of_system(update.title or "")
