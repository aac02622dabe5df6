"""Single facts in the words of Windows itself, as its tools and our script write them, and what
Ansible printed of hosts.
"""

import re
from collections.abc import Iterator
from typing import Any

from hotpatch_cli.documents.tree import Mapping, quoted
from hotpatch_cli.inputs.resources import GuestView
from hotpatch_cli.inputs.source import dig, items
from hotpatch_cli.model import Build, SourceValue, parse_build

_VBS = {
    "0": "off",
    "off": "off",
    "1": "configured",
    "configured": "configured",
    "2": "running",
    "running": "running",
}
_REVISION = re.compile(r"[0-9]{1,9}")
_UEFI = {"1": False, "bios": False, "2": True, "uefi": True}


def vbs_of(status: str | None) -> str | None:
    """The state of virtualization-based security: a word of PowerShell, or its number."""
    return _VBS.get((status or "").lower())


def uefi_of(firmware: str | None) -> bool | None:
    """Whether the firmware is UEFI: a word of PowerShell, or its number."""
    return _UEFI.get((firmware or "").lower())


def build_of(
    number: str | None, revision: str | None, key: str, view: GuestView
) -> SourceValue[Build] | None:
    """A build from its parts; one without a revision has three parts and isn't specific enough."""
    if number is None:
        return None
    build = parse_build(number)
    if build is None or (revision is not None and not _REVISION.fullmatch(revision)):
        said = quoted(number if build is None else revision)
        view.log.add(
            view.body.at(key),
            f"{said} isn't a valid build.",
            "Use the format BUILD.REVISION, such as 26100.7092.",
        )
        return None
    return Build.parse(f"{build.number}.{int(revision)}" if revision is not None else str(build))


def by_host(hosts: Any) -> Iterator[tuple[str, Mapping]]:
    """(host, its variables or result) of a mapping of hosts, as Ansible writes them."""
    for host, result in hosts.items() if isinstance(hosts, Mapping) else ():
        if isinstance(result, Mapping):
            yield host, result


def task_results(root: Any) -> list[tuple[str, Mapping]] | None:
    """(host, result) of each task that a play of Ansible printed; None where there is no task."""
    tasks: list[Any] = []
    for play in items(dig(root, "plays")):
        tasks += items(dig(play, "tasks"))
    if not tasks:
        return None
    results: list[tuple[str, Mapping]] = []
    for task in tasks:
        results += by_host(dig(task, "hosts"))
    return results
