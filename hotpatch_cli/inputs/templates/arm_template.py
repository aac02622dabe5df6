"""ARM templates and compiled Bicep: the machines, images and maintenance schedules that they
deploy.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax
"""

from collections.abc import Iterator

from hotpatch_cli.armtemplate import (
    Nodes,
    ResolvedTemplate,
    TemplateResource,
    is_template,
    resolve,
)
from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.documents.tree import Document, Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.inputs import deployments
from hotpatch_cli.inputs.azure_local_vms import instance_of, take_image
from hotpatch_cli.inputs.deployments import IMAGE_TEMPLATE, MACHINE_TYPES, Deployed
from hotpatch_cli.inputs.resources import CONFIGURATION, GALLERY_IMAGE, LOCAL_VM, MARKETPLACE_IMAGE
from hotpatch_cli.inputs.source import Reader, SourceData, dig
from hotpatch_cli.inputs.templates import maintenance
from hotpatch_cli.inputs.templates.maintenance import NamedMachine, owner_of, parsed, target_of

_IMAGES = (MARKETPLACE_IMAGE, GALLERY_IMAGE)
_TYPES = (*MACHINE_TYPES, IMAGE_TEMPLATE, LOCAL_VM)
_READ = frozenset((*_TYPES, *_IMAGES, *maintenance.TYPES))
_NODES = Nodes(Mapping, Sequence, NumberText)
_REFERENCE = ("properties", "storageProfile", "imageReference", "id")
_SHOWN = 5
_MAX_EXPRESSION = 200


def _recognizes(document: Document) -> bool:
    return is_template(document.root)


def _read(document: Document) -> SourceData:
    """The machines of a template, with the values of the parameters file that belongs to it."""
    log, source = Log(document), SourceData()
    root = document.root
    if not isinstance(root, Mapping):
        log.add(document.root_mark, f"Expected a template (a mapping), found {quoted(root)}.")
        log.finish()
    parameters = dig(document.companion.root, "parameters") if document.companion else None
    template = resolve(root, parameters, _READ, _NODES)
    for problem in template.problems:
        log.add(*problem)
    others = all(maintenance.kind_in(resource) in _IMAGES for resource in template.resources)
    if others and template.complete:
        log.refuse_empty(document.root_mark, *_refusal(template))
    log.finish()
    if template.linked:
        source.notes.append(
            f"{document.file}: ignored {counted(template.linked, 'linked template')}. "
            "Add them as separate files."
        )
    if _off_machines(template):
        source.notes.append(
            f"{document.file}: ignored {_off(template)}, because of a condition that is false."
        )
    _fill(source, template, document, log)
    log.finish()
    return source


def _fill(source: SourceData, template: ResolvedTemplate, document: Document, log: Log) -> None:
    """Machines first, then images: names are given in the order of the template."""
    kinds = [maintenance.kind_in(resource) for resource in template.resources]
    own = [
        resource
        for resource, kind in zip(template.resources, kinds, strict=True)
        if kind in (*MACHINE_TYPES, IMAGE_TEMPLATE)
    ]
    deployed = _deployed(tuple(own))
    machines = [one for one in deployed if deployments.is_machine(one.body)]
    source.machines = deployments.machines(document, machines, source.notes)
    named = [
        NamedMachine(target_of(resource, maintenance.kind_in(resource)), one.name)
        for resource, one in zip(own, deployed, strict=True)
        if deployments.is_machine(one.body)
    ]
    for resource, kind in zip(template.resources, kinds, strict=True):
        if kind in _IMAGES:
            _image(resource, kind, source, log)
    instances = [
        resource
        for resource, kind in zip(template.resources, kinds, strict=True)
        if kind == LOCAL_VM
    ]
    owners = [(owner_of(resource) or "").rpartition("/")[2] for resource in instances]
    taken = [machine.name for machine in source.machines]
    names = deployments.numbered([*taken, *owners])[len(taken) :]
    for resource, name in zip(instances, names, strict=True):
        named += _instance(resource, name, source, log)
    for one in deployed:
        if not deployments.is_machine(one.body):
            source.machines.append(deployments.image_template(one, document))
    source.maintenance = maintenance.maintenance_in(template.resources, named, document, log)


def _instance(
    resource: TemplateResource, name: str, source: SourceData, log: Log
) -> Iterator[NamedMachine]:
    """Add a VM of Azure Local: an extension of the machine of Azure Arc in its `scope`."""
    target = parsed(owner_of(resource))
    if target is None:
        log.add(
            resource.body.mark,
            "A VM instance has no `scope` with a machine of Azure Arc.",
            "Specify the scope of the resource.",
        )
        return
    machine = instance_of(resource.body, name, log)
    reference = maintenance.text_at(resource, *_REFERENCE)
    open_image = reference and not machine.refers
    facts = machine.facts._replace(declared=True)
    if open_image and reference:
        facts = facts._replace(unresolved=(("image", reference.rpartition("/")[2]),))
    source.machines.append(
        machine._replace(
            id=None,
            facts=facts,
            refers=(reference,) if open_image and reference else machine.refers,
        )
    )
    yield NamedMachine(target, name)


def _image(resource: TemplateResource, kind: str, source: SourceData, log: Log) -> None:
    """Add the image of an Azure Local VM, by the id that the template's expressions come to."""
    subscription, group = resource.target
    name = target_of(resource, kind).name
    whole = Mapping(resource.body.mark)
    for key, value, key_mark, mark in resource.body.placed():
        whole.put(key, value, key_mark, mark)
    identity = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"
    whole.put("id", identity, whole.mark, whole.mark)
    take_image(whole, kind, source, log)
    key = identity.lower()
    if key in source.shared:  # the id is none of Azure's
        source.shared[key] = source.shared[key]._replace(id=None)


def _deployed(resources: tuple[TemplateResource, ...]) -> list[Deployed]:
    """Resources with their names, each of its own: templates often leave names open."""
    names = deployments.numbered(
        "/".join((*resource.nested_in, resource.label)) for resource in resources
    )
    result = []
    for name, resource in zip(names, resources, strict=True):
        open_at = (
            (path, quoted(expression, _MAX_EXPRESSION)[1:-1])
            for path, expression in resource.open_at
        )
        result.append(Deployed(name, resource.body, tuple(open_at)))
    return result


def _off_machines(template: ResolvedTemplate) -> int:
    """The number of machines and images whose condition is false."""
    return sum(template.off.get(kind, 0) for kind in _TYPES)


def _off(template: ResolvedTemplate) -> str:
    count = _off_machines(template)
    if count:
        return counted(count, "virtual machine or image", "virtual machines or images")
    return counted(template.off.get(CONFIGURATION, 0), "maintenance configuration")


def _refusal(template: ResolvedTemplate) -> tuple[str, str]:
    """The message for a template without a machine, and what to do."""
    if count := _off_machines(template) or template.off.get(CONFIGURATION, 0):
        verb = "its condition is" if count == 1 else "their conditions are"
        message = f"The template contains {_off(template)}, but {verb} false."
        return message, "Add a parameters file that makes the condition true."
    counts = sorted(template.other_types.items())[:_SHOWN]
    there = ", ".join(f"{count} of {quoted(kind)}" for kind, count in counts)
    linked = f" Ignored {counted(template.linked, 'linked template')}." if template.linked else ""
    off = counted(template.off_nested, "nested deployment")
    nested = f" Ignored {off} whose condition is false." if template.off_nested else ""
    message = (
        "The template contains no virtual machine. "
        f"Resources found: {there or 'none'}.{linked}{nested}"
    )
    return message, f"Supported types: {', '.join(_TYPES)}."


READER = Reader(_recognizes, _read)
