"""Columns of Azure's portal and of queries whose words mean several facts, or another fact on each
platform.

https://learn.microsoft.com/en-us/azure/update-manager/manage-update-settings
https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
"""

import re
from typing import NamedTuple

from hotpatch_cli.documents.codec import plain_name
from hotpatch_cli.inputs.fields import BY_PATH
from hotpatch_cli.model import PLATFORMS

ORCHESTRATION = "patch_orchestration"
RESOURCE_TYPE = "resource_type"
STATUS = "hotpatch_status"
SWITCH = "hotpatch_enabled"

COLUMNS = {
    "patchorchestration": ORCHESTRATION,
    "patchorchestrationmode": ORCHESTRATION,
    "resourcetype": RESOURCE_TYPE,
    "type": RESOURCE_TYPE,
    "hotpatchstatus": STATUS,
    "hotpatchingstatus": STATUS,
    "hotpatchenabled": SWITCH,
}
"""Plain name of a column -> what it is."""
PATHS = frozenset(COLUMNS.values())

_MODE, _BYPASS = "patching.mode", "patching.bypass_safety_checks"
_HOTPATCHING, _LICENSE, _ENABLEMENT = "patching.hotpatching", "arc.hotpatch", "arc.enablement"
_ORCHESTRATIONS = {
    "customermanagedschedules": ("AutomaticByPlatform", "true"),
    "azuremanagedsafedeployment": ("AutomaticByPlatform", "false"),
    "azureorchestrated": ("AutomaticByPlatform", None),
    "windowsautomaticupdates": ("AutomaticByOS", None),
    "osorchestrated": ("AutomaticByOS", None),
    "manualupdates": ("Manual", None),
    "imagedefault": ("ImageDefault", None),
}
_OF_VM = {"enabled": "true", "disabled": "false"}
_NOTHING = frozenset({"notavailable", "notapplicable", "unavailable", "unknown"})
"""Words for which a machine has no such setting, or the portal doesn't know it."""
_UNDECIDED = frozenset(
    {"inprogress", "pending", "pendingevaluation", "actionrequired", "notenrolled", "canceled"}
) | {"cancelled"}
_OF_LICENSE = {"inprogress": "Pending", "cancelled": "Canceled"}
_OF_ENABLEMENT = {"pendingevaluation": "PendingEvaluation"}
_SWITCHES = {"true": "Enabled", "false": "Disabled", "1": "Enabled", "0": "Disabled"}
_MACHINE_TYPE = re.compile(
    r"(?i)microsoft\.(?:compute/virtualmachine(?:s|scalesets|scalesets/virtualmachines)"
    r"|hybridcompute/machines|azurestackhci/virtualmachineinstances)"
)


class Meaning(NamedTuple):
    """A fact that a word means."""

    path: str
    value: str


def platform_of_type(words: str) -> str | None:
    """The platform of a resource type, as Azure Resource Manager or the portal names it; None for
    another type.
    """
    if "/" in words and not _MACHINE_TYPE.fullmatch(words):
        return None
    convert = BY_PATH["platform"].type.cell
    platform = convert(words) if convert else words
    return platform if platform in PLATFORMS else None


def meanings(path: str, words: str, platform: str) -> list[Meaning]:
    """The facts that a word of a column means for a machine of a platform. An unknown word stays as
    it is: the field's own codec reports it.
    """
    plain = plain_name(words)
    if plain in _NOTHING:
        return []
    if path == ORCHESTRATION:
        return _orchestration(words, plain) if platform == "azure" else []
    if path == SWITCH:
        words = _SWITCHES.get(plain, words)
        plain = plain_name(words)
    if platform == "azure":
        return [] if plain in _UNDECIDED else [Meaning(_HOTPATCHING, _OF_VM.get(plain, words))]
    if platform != "arc":
        return []
    if plain in _OF_ENABLEMENT:
        return [Meaning(_ENABLEMENT, _OF_ENABLEMENT[plain])]
    return [Meaning(_LICENSE, _OF_LICENSE.get(plain, words))]


def _orchestration(words: str, plain: str) -> list[Meaning]:
    mode, bypass = _ORCHESTRATIONS.get(plain, (words, None))
    return [Meaning(_MODE, mode), *([Meaning(_BYPASS, bypass)] if bypass else [])]
