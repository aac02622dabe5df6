"""Patch state: installed updates, pending updates, and the running build, merged into machines that
other sources have.

Patch assessments and installations of Azure (REST and Resource Graph), Get-HotFix,
Get-ComputerInfo, the registry, systeminfo and Ansible's win_updates. Most Windows tools report the
build in three parts. The revision, which decides, is only in the registry's UBR, in PowerShell 7's
WindowsUBR, and in the reports of Azure's agents.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import NamedTuple

from hotpatch_cli.documents.tree import Document, Log, Mapping, quoted
from hotpatch_cli.inputs.azure.patch_runs import Runs, patch_of
from hotpatch_cli.inputs.guest_facts import build_of, by_host, task_results, uefi_of, vbs_of
from hotpatch_cli.inputs.os_names import system_in_words
from hotpatch_cli.inputs.resources import (
    PATCHES,
    GuestView,
    has_any,
    kind_of,
    note_truncated,
    resources,
)
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, actual_key, dig, items
from hotpatch_cli.inputs.systeminfo_words import HOST, SYSTEM, VERSION
from hotpatch_cli.inputs.updates import kb_of, kbs_in, kbs_of, pending_of, restart_left, waiting
from hotpatch_cli.model import (
    Arc,
    Facts,
    Machine,
    PendingUpdate,
)

Paths = dict[str, tuple[str, ...]]


class RecordKind(NamedTuple):
    """A kind of record from a guest: the keys that identify it, those that name its machine, and
    how it is read.

    Of some kinds a machine has `many` records: its hotfixes. Where other tables have the same key,
    its value has the form of `says` and theirs don't; `alone` says what all keys are then like.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    read: Callable[[GuestView], Facts]
    paths: Paths
    many: bool = False
    says: re.Pattern[str] | None = None
    alone: re.Pattern[str] | None = None


def _recognizes(document: Document) -> bool:
    return any(PATCHES.search(kind_of(resource) or "") for resource in resources(document)) or any(
        _records(document)
    )


def _read(document: Document) -> SourceData:
    log = Log(document)
    note_truncated(document, log)
    reading = SourceData(keyed_by_id=True)
    runs = Runs(log)
    for resource in resources(document):
        if PATCHES.search(kind_of(resource) or ""):
            runs.add(resource)
    reading.parts += runs.parts()
    for name, kind, record in _records(document):
        part = _part(name, kind, record, log)
        if not part.name:
            if reading.named_by_file and not kind.many:
                log.add(
                    record.mark,
                    "The file contains more than one record without a machine name.",
                    "Save each record in its own file.",
                )
            reading.named_by_file = True
            part = _named_by_file(part, document.file)
        reading.parts.append(part)
    reading.parts = _by_machine(reading.parts)
    log.finish()
    return reading


# --- records of guests ----------------------------------------


def _records(document: Document) -> Iterator[tuple[str | None, RecordKind, Mapping]]:
    """(name of the machine, kind, node) of each record; Ansible has the name beside it."""
    for node in resources(document):
        if (kind := _kind(node)) is not None:
            yield None, kind, node
        if kind is not None or node is not document.root:
            continue
        results = task_results(node)
        for host, result in by_host(node) if results is None else results:
            if (kind := _kind(result)) is not None:
                yield host, kind, result


def _kind(node: Mapping) -> RecordKind | None:
    if not has_any(node, _TELLING):
        return None
    return next((kind for kind in KINDS if _is_of(node, kind)), None)


def _is_of(node: Mapping, kind: RecordKind) -> bool:
    """Whether a record has a key of a kind, with a value of its form."""
    if kind.alone and not all(map(kind.alone.match, node)):
        return False
    keys = filter(None, (actual_key(node, key) for key in kind.keys))
    return any(kind.says is None or kind.says.fullmatch(str(node[key])) for key in keys)


def _part(name: str | None, kind: RecordKind, record: Mapping, log: Log) -> Machine:
    view = GuestView(record, log)
    named = [found for key in kind.names if (found := view.text(key))]
    first, *others = [name, *named] if name else named or [""]
    return Machine(
        first, kind.read(view), NodeOrigin(log.document, record, kind.paths), aliases=tuple(others)
    )


def _named_by_file(part: Machine, file: str) -> Machine:
    """A record that names no machine has that of its file: `web01` in `web01.systeminfo.txt`."""
    names, stem = [], PurePath(file).name
    while stem:
        names.append(stem)
        stem = stem.rpartition(".")[0]
    return part._replace(name=names[-1], aliases=tuple(names))


def _by_machine(parts: list[Machine]) -> list[Machine]:
    """One part for each machine: the rows of a list of hotfixes are one patch state."""
    found: dict[str, Machine] = {}
    for part in parts:
        key = (part.id or part.name).casefold()
        first = found.setdefault(key, part)
        if first is not part:
            kbs = tuple(dict.fromkeys((*first.facts.kbs, *part.facts.kbs)))
            found[key] = first._replace(facts=first.facts._replace(kbs=kbs))
    return list(found.values())


# --- kinds of records ----------------------------------------


def _hotfix(view: GuestView) -> Facts:
    kb = kb_of(view.text("HotFixID"))
    return Facts(kbs=(kb,) if kb else ())


def _computer_info(view: GuestView) -> Facts:
    """Get-ComputerInfo. PowerShell 5.1 knows no revision; WindowsUBR is of PowerShell 7."""
    version = view.text("OsVersion") or view.text("OsBuildNumber")
    revision = view.text("WindowsUBR")
    listed = dig(view.body, "OsHotFixes")
    fixes = [fix if isinstance(fix, str) else dig(fix, "HotFixID") for fix in items(listed)]
    if isinstance(listed, str):  # a list of PowerShell: {KB5054979, KB5072014...}
        fixes = [*kbs_in(listed)]
    words = view.text("OsName") or view.text("WindowsProductName")
    return Facts(
        os=system_in_words(words, view.text("WindowsEditionId"), version),
        build=build_of(version, revision, "OsVersion", view),
        kbs=kbs_of(fixes),
        arc=Arc(
            vbs=vbs_of(view.text("DeviceGuardSmartStatus")),
            uefi=uefi_of(view.text("BiosFirmwareType")),
        ),
    )


def _registry(view: GuestView) -> Facts:
    number = view.text("CurrentBuildNumber") or view.text("CurrentBuild")
    return Facts(
        os=system_in_words(view.text("ProductName"), view.text("EditionID"), number),
        build=build_of(number, view.text("UBR"), "CurrentBuildNumber", view),
    )


def _systeminfo(view: GuestView) -> Facts:
    """`systeminfo`, as a list or as CSV; its version has no revision. KBs are only of hotfixes,
    whatever their key is called.
    """
    version = (_first(view, VERSION) or "").split(" ")[0] or None
    texts: list[object] = []
    for value in view.body.values():
        texts += items(value) or [value]
    security = (view.text("Virtualization-based security") or "").lower()
    vbs = None
    if "status: running" in security:
        vbs = "running"
    elif "not enabled" in security:
        vbs = "off"
    return Facts(
        os=_first(view, SYSTEM),
        build=build_of(version, None, _key(view, VERSION), view),
        kbs=kbs_in(" ".join(text for text in texts if isinstance(text, str))),
        arc=Arc(vbs=vbs),
    )


def _key(view: GuestView, words: tuple[str, ...]) -> str:
    """The first of some keys that a record has; the first of all where it has none."""
    return next((key for word in words if (key := actual_key(view.body, word))), words[0])


def _first(view: GuestView, words: tuple[str, ...]) -> str | None:
    return view.text(_key(view, words))


def _azure_result(view: GuestView) -> Facts:
    """The answer of assessPatches or installPatches, which names no machine."""
    listed = [*items(dig(view.body, "patches")), *items(dig(view.body, "availablePatches"))]
    patches = [patch_of(GuestView(node, view.log)) for node in listed if isinstance(node, Mapping)]
    left = restart_left(view.text("rebootStatus"))
    return Facts(
        kbs=kbs_of([kb for kb, installed, _ in patches if installed]),
        pending=pending_of(update for _, installed, update in patches if not installed),
        restart_pending=view.flag("rebootPending") if left is None else left,
    )


def _win_updates(view: GuestView) -> Facts:
    """The result of Ansible's win_updates: updates with title and KBs, found or installed."""
    kbs: list[str | None] = []
    updates: list[PendingUpdate | None] = []
    listed = dig(view.body, "updates")
    for key, node in listed.items() if isinstance(listed, Mapping) else ():
        if not isinstance(node, Mapping):
            said = f"Expected an update (a mapping), found {quoted(node)}."
            view.log.add(listed.at(key), said, "Run win_updates again and save its result.")
            continue
        update = GuestView(node, view.log)
        numbers = [kb_of(str(number)) for number in items(dig(node, "kb"))]
        if update.flag("installed"):
            kbs += numbers
        else:
            classes = tuple(str(word) for word in items(dig(node, "categories")))
            updates.append(
                waiting(update.text("title"), numbers[0] if numbers else None, None, classes)
            )
    return Facts(
        kbs=kbs_of(kbs), pending=pending_of(updates), restart_pending=view.flag("reboot_required")
    )


_INFO_NAMES = ("CsDNSHostName", "CsName", "PSComputerName")
_INFO_PATHS: Paths = {
    "os": ("OsName",),
    "build": ("OsVersion",),
    "kbs": ("OsHotFixes",),
    "arc.vbs": ("DeviceGuardSmartStatus",),
}
_INFO_KEY = re.compile(
    r"(?:Bios|Cs|DeviceGuard|Hyper|KeyboardLayout|Os|PS|Runspace|TimeZone|Windows)(?:[A-Z]|\Z)"
)
"""How the properties of Get-ComputerInfo begin. Other exports have an OS version too."""
_WITH_BUILD = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+ .*[0-9]{4,6}")
"""The version of systeminfo: `10.0.26100 N/A Build 26100`, with the words of its language."""

KINDS = (
    RecordKind(
        ("HotFixID",),
        ("PSComputerName", "Source", "CSName", "__SERVER"),
        _hotfix,
        {"kbs": ("HotFixID",)},
        many=True,
    ),
    RecordKind(
        ("OsBuildNumber", "OsHotFixes", "WindowsBuildLabEx"),
        _INFO_NAMES,
        _computer_info,
        _INFO_PATHS,
    ),
    RecordKind(
        ("OsName", "OsVersion", "WindowsProductName"),
        _INFO_NAMES,
        _computer_info,
        _INFO_PATHS,
        alone=_INFO_KEY,
    ),
    RecordKind(
        ("CurrentBuildNumber", "UBR"),
        ("PSComputerName", "ComputerName"),
        _registry,
        {"os": ("ProductName",), "build": ("CurrentBuildNumber",)},
    ),
    RecordKind(
        VERSION,
        HOST,
        _systeminfo,
        {"os": ("OS Name",), "build": ("OS Version",), "kbs": ("Hotfix(s)",)},
        says=_WITH_BUILD,
    ),
    RecordKind(
        ("installationActivityId", "assessmentActivityId", "availablePatches"),
        (),
        _azure_result,
        {"kbs": ("patches",), "pending": ("patches",), "restart_pending": ("rebootStatus",)},
    ),
    RecordKind(
        ("found_update_count", "installed_update_count", "reboot_required"),
        (),
        _win_updates,
        {"kbs": ("updates",), "pending": ("updates",), "restart_pending": ("reboot_required",)},
    ),
)

_TELLING = frozenset(key.lower() for kind in KINDS for key in kind.keys)

READER = Reader(_recognizes, _read)
