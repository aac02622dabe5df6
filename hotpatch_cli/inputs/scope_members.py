"""Which machines of a fleet dynamic scopes take.

Azure evaluates a scope when a schedule begins; these are the machines by the facts of the sources.
What they don't tell is named, and never guessed. Names of tags don't have letter case, their values
do. https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.eligibility.os_type import named_system
from hotpatch_cli.inputs.dynamic_scopes import region, subscription_in
from hotpatch_cli.inputs.source import JoinedOrigin, NodeOrigin, actual_key, group_of
from hotpatch_cli.inputs.tables.cells import PLATFORM_IN_ID
from hotpatch_cli.model import DynamicScope, Fleet, Machine, Origin, Placement, ScopeMembers

Scoped = tuple[str, str, DynamicScope]
_TYPES = {
    "azure": "microsoft.compute/virtualmachines",
    "arc": "microsoft.hybridcompute/machines",
    "azure-local": "microsoft.hybridcompute/machines",
}
"""The resource type of a machine by its platform: a VM of Azure Local is a machine of Arc."""


def with_scopes(fleet: Fleet, scopes: Sequence[Scoped]) -> tuple[Fleet, tuple[str, ...]]:
    """(the fleet, in which machines have the windows of the scopes that take them; notes on what
    is missing).
    """
    if not scopes:
        return fleet, ()
    members = tuple(_members(fleet, *scoped) for scoped in scopes)
    added: dict[str, list[str]] = {}
    for scope in members:
        if scope.configuration in fleet.windows:
            for label in scope.machines:
                added.setdefault(label, []).append(scope.configuration)
    changed: dict[tuple[int, tuple[str, ...]], Placement] = {}
    machines = []
    for machine in fleet.machines:
        names = tuple(dict.fromkeys((*machine.placement.windows, *added.get(machine.label, ()))))
        key = id(machine.placement), names  # machines share placements
        placement = changed.setdefault(key, machine.placement._replace(windows=names))
        machines.append(machine._replace(placement=placement))
    return fleet._replace(machines=tuple(machines), scopes=members), tuple(_notes(members))


def _members(fleet: Fleet, configuration: str, name: str, scope: DynamicScope) -> ScopeMembers:
    taken: list[str] = []
    undecided: list[tuple[str, tuple[str, ...]]] = []
    for machine in fleet.machines:
        answers = dict(_answers(machine, scope))
        if False in answers.values():
            continue
        missing = tuple(fact for fact, answer in answers.items() if answer is None)
        if missing:
            undecided.append((machine.label, missing))
        else:
            taken.append(machine.label)
    return ScopeMembers(configuration, name, scope, tuple(taken), tuple(undecided))


def _answers(machine: Machine, scope: DynamicScope) -> Iterator[tuple[str, bool | None]]:
    """(fact, whether it fits, None where it's missing) for each part of a filter."""
    for part in scope.left_open:
        yield f"the {part} of the scope", None
    subscription = subscription_in(machine.id)
    if scope.subscription is None:
        yield "the subscription of the scope", None
    else:
        yield "id", None if subscription is None else subscription == scope.subscription
    if scope.resource_groups:
        group = group_of(machine.id)
        yield "id", None if group is None else group.lower() in scope.resource_groups
    if scope.locations:
        place = machine.placement.region or machine.facts.region
        yield "region", None if place is None else region(place) in scope.locations
    if scope.resource_types:
        yield "platform", _type_of(machine) in scope.resource_types
    if scope.os_types:
        system = machine.facts.os_type or named_system(machine.facts.os) or "windows"
        yield "os", system in scope.os_types
    if scope.tags:
        yield "tags", _tags_fit(machine, scope)


def _type_of(machine: Machine) -> str:
    """The resource type, by the id where there is one."""
    identity = (machine.id or "").lower()
    platform = next((name for name, part in PLATFORM_IN_ID if part in identity), None)
    return _TYPES[platform or machine.facts.platform or "azure"]


def _tags_fit(machine: Machine, scope: DynamicScope) -> bool | None:
    """Whether the tags of a machine fit; None where no source has its tags."""
    tags = {name.lower(): value for name, value in machine.placement.tags}
    if not tags and not _has_tags(machine.origin):
        return None
    fits = (tags.get(name) in values for name, values in scope.tags)
    return any(fits) if scope.any_tag else all(fits)


def _has_tags(origin: Origin) -> bool:
    """Whether a source of a machine has its tags, also where there are none."""
    if isinstance(origin, JoinedOrigin):
        return any(map(_has_tags, (origin.first, *origin.others)))
    return isinstance(origin, NodeOrigin) and actual_key(origin.node, "tags") is not None


def _notes(members: Iterable[ScopeMembers]) -> Iterator[str]:
    for scope in members:
        if scope.undecided:
            counts = Counter(chain.from_iterable(missing for _, missing in scope.undecided))
            facts = ", ".join(f"{fact} ({count})" for fact, count in sorted(counts.items()))
            machines = counted(len(scope.undecided), "machine")
            yield (
                f"{scope.configuration}: its dynamic scope may take {machines} more. "
                f"Missing: {facts}."
            )
