"""Azure Image Builder: templates as az, REST and Resource Graph give them, and the files that az
takes.

Within a deployment template they are read with it.
https://learn.microsoft.com/en-us/azure/virtual-machines/linux/image-builder-json
"""

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.deployments import IMAGE_TEMPLATE, Deployed, image_template, numbered
from hotpatch_cli.inputs.resources import (
    ResourceView,
    body_of,
    has_any,
    note_truncated,
    resources,
)
from hotpatch_cli.inputs.source import Reader, SourceData, dig

_TELLING = frozenset({"type", "properties", "source"})
_SOURCES = ("platformimage", "managedimage", "sharedimageversion")


def _is_template(resource: Mapping) -> bool:
    if not has_any(resource, _TELLING):
        return False
    kind = str(dig(resource, "type")).lower()
    return (
        kind == IMAGE_TEMPLATE or str(dig(body_of(resource), "source", "type")).lower() in _SOURCES
    )


def _recognizes(document: Document) -> bool:
    return not dig(document.root, "$schema") and any(map(_is_template, resources(document)))


def _read(document: Document) -> SourceData:
    log, reading = Log(document), SourceData(keyed_by_id=True)
    note_truncated(document, log)
    found = [template for template in resources(document) if _is_template(template)]
    names = [ResourceView(template, log).text("name") or "image" for template in found]
    log.finish()
    for name, template in zip(numbered(names), found, strict=True):
        machine = image_template(Deployed(name, template), document)
        reading.machines.append(machine._replace(id=ResourceView(template, log).text("id")))
    log.finish()
    return reading


READER = Reader(_recognizes, _read)
