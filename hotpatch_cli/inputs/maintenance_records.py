"""Maintenance configurations of Azure Update Manager and their assignments, as they were written.

https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations
"""

import re
from typing import NamedTuple

from hotpatch_cli.inputs.source import NodeOrigin
from hotpatch_cli.model import DynamicScope

GUEST = "InGuestPatch"
"""The scope whose configurations restart guests."""
FIELDS = ("startDateTime", "expirationDateTime", "duration", "timeZone", "recurEvery")
"""The fields of a configuration's window."""
MODE, PATCHES = "InGuestPatchMode", "installPatches"


class Configuration(NamedTuple):
    """A maintenance configuration as it was written; `origin` has the place of each field.

    `starts` and `expires` are local moments in `timezone`; a field that is missing is None, and so
    is one that stays open until `known_after` (`left_open`). `guest_mode` is the
    `InGuestPatchMode`, `installs` whether `installPatches` is present, `location` the region.
    `by_azurerm` is true where the azurerm provider of Terraform sends it to Azure.
    """

    name: str
    id: str | None
    scope: str
    starts: str | None
    expires: str | None
    duration: str | None
    timezone: str | None
    recurs: str | None
    reboot: str | None
    origin: NodeOrigin
    left_open: tuple[str, ...] = ()
    guest_mode: str | None = None
    installs: bool = False
    location: str | None = None
    by_azurerm: bool = False
    known_after: str = "`terraform apply`"

    @property
    def runner(self) -> str:
        """The runner of the window: Azure also chooses its updates in the mode Platform, and in
        the mode User, Azure Update Manager installs those of the owner.
        """
        is_platform = (self.guest_mode or "").casefold() == "platform"
        return "platform" if is_platform else "azure-update-manager"

    @property
    def for_guests(self) -> bool:
        """Whether it restarts guests; the service also returns several scopes in one text. One that
        is open can.
        """
        return "maintenanceScope" in self.left_open or GUEST.lower() in re.split(
            r"[,\s]+", self.scope.lower()
        )


class Assignment(NamedTuple):
    """A configuration's assignment to a machine, by resource ids or addresses; one to a dynamic
    scope has no machine.
    """

    configuration: str
    machine: str | None
    origin: NodeOrigin
    scope: DynamicScope | None = None
    name: str = ""


class Maintenance(NamedTuple):
    """The maintenance data of one file; `alone` where the file contains nothing else."""

    configurations: tuple[Configuration, ...]
    assignments: tuple[Assignment, ...]
    alone: bool
