"""Azure VMs and scale sets, the model and the members: az, REST, Resource Graph, PSRule."""

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.resources import (
    SCALE_SET,
    ResourceView,
    is_projected,
    kind_of,
    read_resources,
    resources,
)
from hotpatch_cli.inputs.source import Reader, SourceData
from hotpatch_cli.inputs.vm_resources import TYPES, machine_of, no_machine, without_profile
from hotpatch_cli.model import Facts, Machine, Placement


def _recognizes(document: Document) -> bool:
    return any(
        kind_of(resource) in TYPES and not is_projected(resource)
        for resource in resources(document)
    )


def _read(document: Document) -> SourceData:
    return read_resources(document, dict.fromkeys(TYPES, _take))


def _take(resource: Mapping, kind: str, source: SourceData, log: Log) -> None:
    """Add a VM or a scale set, and what a scale set states of its members."""
    name = ResourceView(resource, log).text("name")
    name = name or ResourceView(resource, log).text("ResourceName")
    if name is None:
        log.add(resource.mark, "A VM has no name.", "Include the `name` column in the export.")
        return
    machine = machine_of(resource, kind, name, log)
    machine = machine._replace(id=ResourceView(resource, log).text("id"))
    if without_profile(resource, kind):
        source.notes.append(no_machine(log.document.file, name))
    else:
        source.machines.append(machine)
    # Members of a set often leave out what only the set states.
    if kind == SCALE_SET and machine.id:
        source.shared[machine.id.lower()] = _of_members(machine)


def _of_members(scale_set: Machine) -> Machine:
    """What a scale set states of its members."""
    facts = Facts(
        scale_set=scale_set.facts.scale_set, health_extension=scale_set.facts.health_extension
    )
    return scale_set._replace(facts=facts, placement=Placement())


READER = Reader(_recognizes, _read)
