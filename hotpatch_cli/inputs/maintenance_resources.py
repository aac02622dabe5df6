"""Maintenance configurations as Azure writes them, in exports, templates and plans.

https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations
"""

from collections.abc import Iterable, Iterator

from hotpatch_cli.documents.tree import Document, Log
from hotpatch_cli.documents.tree import Mapping as MappingNode
from hotpatch_cli.inputs.maintenance_records import FIELDS, MODE, PATCHES, Configuration
from hotpatch_cli.inputs.resources import ResourceView, body_of, name_in
from hotpatch_cli.inputs.source import NodeOrigin, dig

_WINDOW = "maintenancewindow"


def configuration_of(resource: MappingNode, document: Document, log: Log) -> Configuration:
    """The configuration of a resource, in REST's shape or as az flattens it."""
    view = ResourceView(body_of(resource), log)
    own = () if view.body is resource else ("properties",)
    nested = isinstance(dig(view.body, "maintenanceWindow"), MappingNode)
    inner = ("maintenanceWindow",) if nested else ()
    window = dict(zip(FIELDS, (view.text(*inner, field) for field in FIELDS), strict=True))
    paths = {field: (*own, *inner, field) for field in FIELDS}
    paths |= {
        "maintenanceScope": (*own, "maintenanceScope"),
        "rebootSetting": (*own, PATCHES, "rebootSetting"),
        PATCHES: (*own, PATCHES),
        MODE: (*own, "extensionProperties", MODE),
    }
    top = ResourceView(resource, log)
    resource_id = top.text("id")
    name = top.text("name") or (name_in(resource_id) if resource_id else None)
    if name is None:
        log.add(
            resource.mark,
            "A maintenance configuration has no name.",
            "Include the `name` or `id` column in the export.",
        )
    return Configuration(
        name or "",
        resource_id,
        view.text("maintenanceScope") or "none",
        window["startDateTime"],
        window["expirationDateTime"],
        window["duration"],
        window["timeZone"],
        window["recurEvery"],
        view.text(PATCHES, "rebootSetting") if dig(view.body, PATCHES) else None,
        NodeOrigin(document, resource, paths),
        guest_mode=view.text("extensionProperties", MODE),
        installs=dig(view.body, PATCHES) is not None,
        location=top.text("location"),
    )


def open_fields(paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The fields of a configuration that are open, by the paths in lower case in its resource."""
    fields: dict[str, None] = {}
    for path in paths:
        fields |= dict.fromkeys(_fields_at(path))
    return tuple(fields)


def _fields_at(path: tuple[str, ...]) -> Iterator[str]:
    fields = {field.lower(): field for field in FIELDS}
    inner = path[1:] if path[:1] == ("properties",) else path
    words = inner[1:] if inner[:1] == (_WINDOW,) else inner
    if not words:
        yield from FIELDS
    if not inner:
        yield from (MODE, PATCHES, "maintenanceScope")
    elif inner == ("maintenancescope",):
        yield "maintenanceScope"
    elif inner == (PATCHES.lower(),):
        yield PATCHES
    elif inner[0] == "extensionproperties" and inner[1:] in ((), (MODE.lower(),)):
        yield MODE
    elif words and words[0] in fields:
        yield fields[words[0]]
