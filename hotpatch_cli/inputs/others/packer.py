"""Packer: what the Azure builders make is a custom image, whatever its base; JSON templates, and
HCL brought to JSON.

https://developer.hashicorp.com/packer/integrations/hashicorp/azure/latest/components/builder/arm
"""

import re
from collections.abc import Iterator
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.eligibility.os_type import os_type
from hotpatch_cli.inputs import deployments
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig, items
from hotpatch_cli.model import Image, Machine

_AZURE = ("azure-arm", "azure-dtl", "azure-chroot")
_PARTS = ("image_publisher", "image_offer", "image_sku", "image_version")
_IDS = ("custom_managed_image_name", "image_url", "source")
_REFERENCE = re.compile(
    r"\{\{\s*user\s+[`'\"]([\w-]+)[`'\"]\s*\}\}|\$\{\s*(?:var|local)\.([\w-]+)\s*\}"
)


def _builders(root: Any) -> Iterator[tuple[str, str, Mapping]]:
    """(kind, name, settings) of the builders: `builders` in the old form, `source` in the new."""
    for builder in items(dig(root, "builders")):
        kind, name = dig(builder, "type"), dig(builder, "name")
        if isinstance(kind, str) and isinstance(builder, Mapping):
            yield kind, name if isinstance(name, str) and name.strip() else kind, builder
    sources = dig(root, "source")
    for kind, named in sources.items() if isinstance(sources, Mapping) else ():
        for name, settings in named.items() if isinstance(named, Mapping) else ():
            if isinstance(settings, Mapping):
                yield kind, f"{kind}.{name}", settings


def _recognizes(document: Document) -> bool:
    root = document.root
    if not isinstance(root, Mapping):
        return False
    listed = root.get("builders")
    old = isinstance(listed, Sequence) and any(
        isinstance(dig(builder, "type"), str) for builder in listed
    )
    return old or isinstance(root.get("source"), Mapping)


def _read(document: Document) -> SourceData:
    log, reading = Log(document), SourceData()
    found = list(_builders(document.root))
    azure = [builder for builder in found if builder[0] in _AZURE]
    if not azure:
        kinds = ", ".join(sorted({quoted(kind) for kind, _, _ in found})[:5]) or "none"
        said = f"The Packer template has no Azure builder. Builders found: {kinds}."
        log.refuse_empty(document.root_mark, said, f"Supported builders: {', '.join(_AZURE)}.")
    log.finish()
    defaults = _defaults(document.root)
    names = deployments.numbered(name for _, name, _ in azure)
    for name, (_, _, settings) in zip(names, azure, strict=True):
        reading.machines.append(_machine(name, settings, defaults, document))
    return reading


def _defaults(root: Any) -> dict[str, str]:
    """Defaults of variables and values of locals, as far as they are plain texts and not secret."""
    found = {}
    hidden = {name for name in items(dig(root, "sensitive-variables")) if isinstance(name, str)}
    for key in ("variables", "locals", "variable"):
        declared = dig(root, key)
        for name, value in declared.items() if isinstance(declared, Mapping) else ():
            default = dig(value, "default") if key == "variable" else value
            if (
                isinstance(default, str)
                and name not in hidden
                and dig(value, "sensitive") is not True
            ):
                found[name] = default
    return found


def _machine(name: str, settings: Mapping, defaults: dict[str, str], document: Document) -> Machine:
    parts = [_text(settings, key, defaults) for key in _PARTS]
    named = next(filter(None, (_text(settings, key, defaults) for key in _IDS)), None)
    base = Image(*parts) if any(parts) else Image(id=named)
    facts = deployments.image_facts("Packer", base, os_type(_text(settings, "os_type", defaults)))
    return Machine(name, facts, NodeOrigin(document, settings, {"image": (_first(settings),)}))


def _first(settings: Mapping) -> str:
    """The setting that names the base, to point at."""
    return next((key for key in ("image_sku", *_PARTS, *_IDS) if key in settings), "image_sku")


def _text(settings: Mapping, key: str, defaults: dict[str, str]) -> str | None:
    """A setting with the defaults of the variables in it; what has none stays as it is written."""
    value = settings.get(key)
    if not isinstance(value, str) or not value.strip():
        return None
    return _REFERENCE.sub(lambda found: defaults.get(found[1] or found[2], found[0]), value)


READER = Reader(_recognizes, _read)
