"""Patch assessments and installations of many machines, as Resource Graph lists them: summaries and
single patches.

https://learn.microsoft.com/en-us/azure/update-manager/query-logs
"""

import re
from typing import NamedTuple

from hotpatch_cli.documents.tree import Log, Mapping, Sequence
from hotpatch_cli.inputs.resources import GuestView, body_of, name_in
from hotpatch_cli.inputs.source import NodeOrigin, dig
from hotpatch_cli.inputs.updates import Restart, kb_of, newer, restart_left, waiting
from hotpatch_cli.model import Facts, Machine, OsType, PendingUpdate

_RESULTS = re.compile(r"/patch(assessment|installation)results/.*", re.IGNORECASE)


class Row(NamedTuple):
    """One row: of which machine, whether of an installation, and its fields."""

    id: str
    installing: bool
    node: Mapping
    view: GuestView


class State:
    """The patch state of one machine, from all its rows."""

    __slots__ = ("assessed", "installed", "node", "os_type", "paths", "run", "waiting")

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.installed: dict[str, None] = {}
        self.waiting: dict[PendingUpdate, None] = {}
        self.assessed: Restart = (None, None)
        self.run: Restart = (None, None)
        self.paths: dict[str, tuple[str, ...]] = {}
        self.os_type: OsType | None = None

    def take(self, patch: "Patch") -> None:
        """Take in a single patch: installed, or pending where it may need a restart."""
        if patch.installed and patch.kb:
            self.installed[patch.kb] = None
        elif not patch.installed and patch.update:
            self.waiting[patch.update] = None


class Runs:
    """Collects rows by machine. Of several installations, the newest decides if a restart is
    pending.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.states: dict[str, State] = {}
        self.ids: dict[str, str] = {}

    def add(self, resource: Mapping) -> None:
        """Take in a row."""
        identifier = GuestView(resource, self.log).text("id") or ""
        found = _RESULTS.search(identifier)
        if found is None:
            self.log.add(
                resource.mark, "A patch result has no id.", "Include the `id` column in the export."
            )
            return
        owner = identifier[: found.start()]
        self.ids.setdefault(owner.lower(), owner)
        state = self.states.setdefault(owner.lower(), State(resource))
        view = GuestView(body_of(resource), self.log)
        installing = found[1].lower() == "installation"
        state.os_type = state.os_type or view.os_type("osType")
        if "/softwarepatches/" in found[0].lower():
            state.take(patch_of(view))
        elif installing:
            run = (_time(view), restart_left(view.text("rebootStatus")))
            state.run = max(state.run, run, key=lambda moment: moment[0] or "")
        else:
            state.node, state.assessed = resource, (_time(view), view.flag("rebootPending"))
            state.paths = {"restart_pending": (*_prefix(resource), "rebootPending")}

    def parts(self) -> list[Machine]:
        """The patch state of each machine, from its rows."""
        return [self._part(key, state) for key, state in self.states.items()]

    def _part(self, key: str, state: State) -> Machine:
        facts = Facts(
            os_type=state.os_type,
            kbs=tuple(state.installed),
            pending=tuple(update for update in state.waiting if update.kb not in state.installed),
            restart_pending=newer(state.assessed, state.run),
        )
        owner = self.ids[key]
        return Machine(
            name_in(owner), facts, NodeOrigin(self.log.document, state.node, state.paths), id=owner
        )


def _time(view: GuestView) -> str | None:
    return view.text("lastModifiedDateTime") or view.text("startDateTime")


def _prefix(resource: Mapping) -> tuple[str, ...]:
    return () if body_of(resource) is resource else ("properties",)


class Patch(NamedTuple):
    """A patch of a result: its KB, whether it's installed, and the update if it's pending."""

    kb: str | None
    installed: bool
    update: PendingUpdate | None


def patch_of(view: GuestView) -> Patch:
    """The patch state in a row of patches."""
    title = view.text("patchName") or view.text("name")
    kb = kb_of(view.text("kbId"), title)
    listed = dig(view.body, "classifications")
    classes = tuple(map(str, listed)) if isinstance(listed, Sequence) else ()
    installed = (view.text("installationState") or "").lower() == "installed"
    return Patch(kb, installed, waiting(title, kb, None, classes, view.text("rebootBehavior")))
