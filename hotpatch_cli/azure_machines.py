"""Machines that Azure Update Manager restarts: their resource ids, and who chooses updates."""

import re
from typing import NamedTuple

from hotpatch_cli.model import Machine

_MACHINE = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/"
    r"((?:Microsoft\.Compute/virtualMachines|Microsoft\.HybridCompute/machines)/[^/]+)",
    re.IGNORECASE,
)


class MachineId(NamedTuple):
    """The parts of a resource id; `path` is the machine within its resource group."""

    subscription: str
    group: str
    path: str


def machine_id(text: str | None) -> MachineId | None:
    """The parts of the id of a virtual machine or an Arc machine, or None."""
    match = _MACHINE.fullmatch(text or "")
    return MachineId(*match.groups()) if match else None


def hotpatches_in_azure(machine: Machine) -> bool:
    """Whether it's a virtual machine of Azure with hotpatching: rule HP204 is about it."""
    return machine.facts.platform == "azure" and bool(machine.facts.patching.hotpatching)
