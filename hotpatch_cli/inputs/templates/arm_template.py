"""ARM templates and compiled Bicep: the machines and images that they deploy.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax
"""

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
from hotpatch_cli.inputs.deployments import IMAGE_TEMPLATE, MACHINE_TYPES, Deployed
from hotpatch_cli.inputs.source import Reader, SourceData, dig

_TYPES = (*MACHINE_TYPES, IMAGE_TEMPLATE)
_NODES = Nodes(Mapping, Sequence, NumberText)
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
    template = resolve(root, parameters, _TYPES, _NODES)
    for problem in template.problems:
        log.add(*problem)
    if not template.resources and template.complete:
        log.refuse_empty(document.root_mark, *_refusal(template))
    log.finish()
    if template.linked:
        source.notes.append(
            f"{document.file}: ignored {counted(template.linked, 'linked template')}. "
            "Add them as separate files."
        )
    if template.off:
        source.notes.append(
            f"{document.file}: ignored {_off(template)}, because of a condition that is false."
        )
    # Machines first, then images: names are given in the order of the template.
    deployed = _deployed(template.resources)
    machines = [resource for resource in deployed if deployments.is_machine(resource.body)]
    source.machines = deployments.machines(document, machines, source.notes)
    for resource in deployed:
        if not deployments.is_machine(resource.body):
            source.machines.append(deployments.image_template(resource, document))
    return source


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


def _off(template: ResolvedTemplate) -> str:
    return counted(template.off, "virtual machine or image", "virtual machines or images")


def _refusal(template: ResolvedTemplate) -> tuple[str, str]:
    """The message for a template without a machine, and what to do."""
    if template.off:
        verb = "its condition is" if template.off == 1 else "their conditions are"
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
