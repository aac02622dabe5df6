"""What a template, a plan or a pipeline will deploy: bodies as Azure writes them, with what stays
open until then.

The bodies are those of exports. What differs is here: an expression that only the deployment
resolves leaves a fact open, and a setting that is left out has the service's default.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.azure_facts import image_of
from hotpatch_cli.inputs.os_names import configured_by, has_value
from hotpatch_cli.inputs.resources import SCALE_SET, VM
from hotpatch_cli.inputs.source import NodeOrigin, dig
from hotpatch_cli.inputs.vm_resources import machine_of, no_machine, without_profile
from hotpatch_cli.model import (
    Facts,
    Image,
    Machine,
    OsType,
    Patching,
    PatchMode,
)

Path = tuple[str, ...]

MACHINE_TYPES = (VM, SCALE_SET)
IMAGE_TEMPLATE = "microsoft.virtualmachineimages/imagetemplates"
_PROFILE = "virtualmachineprofile"
_SETTINGS = ("osprofile", "windowsconfiguration")
_PATCH = (*_SETTINGS, "patchsettings")
_PATHS: dict[str, Path] = {
    "image": ("storageprofile", "imagereference"),
    "patching.mode": (*_PATCH, "patchmode"),
    "patching.hotpatching": (*_PATCH, "enablehotpatching"),
    "patching.vm_agent": (*_SETTINGS, "provisionvmagent"),
    "scale_set": ("orchestrationmode",),
}
DECIDING = ("image", "patching.mode", "patching.hotpatching", "patching.vm_agent")
_IDS = ("id", "sharedgalleryimageid", "communitygalleryimageid")


class Deployed(NamedTuple):
    """A resource to be deployed: its body, and what is open in it, as (path in lower case,
    expression).

    One that exists just as it is written is not `declared` only.
    """

    name: str
    body: Mapping
    open_at: tuple[tuple[Path, str], ...] = ()
    declared: bool = True


def is_machine(body: Mapping) -> bool:
    """Whether a resource is a VM or a scale set."""
    return _kind(body) in MACHINE_TYPES


def _kind(body: Mapping) -> str:
    """The type, without the version of the API that Terraform writes behind it."""
    return str(dig(body, "type")).split("@")[0].lower()


def machines(document: Document, deployed: list[Deployed], notes: list[str]) -> list[Machine]:
    """The machines of resources, in their order. Raises InputError. `notes` collects notes for the
    user.
    """
    log = Log(document)
    result = []
    for resource in deployed:
        kind = _kind(resource.body)
        profile_is_open = any(_PROFILE in path for path, _ in resource.open_at)
        if without_profile(resource.body, kind) and not profile_is_open:
            notes.append(no_machine(document.file, resource.name))
            continue
        machine = machine_of(resource.body, kind, resource.name, log)
        result.append(completed(machine, resource, document, notes))
    log.finish()
    return result


def completed(
    machine: Machine, deployed: Deployed, document: Document, notes: list[str]
) -> Machine:
    """The machine with its open facts open, and the service's defaults where nothing is stated."""
    left_open = dict(_left_open(deployed))
    facts = _facts(machine.facts, deployed, left_open)
    if "scale_set" in left_open:
        expression = left_open.pop("scale_set")
        notes.append(
            f"{document.file}: the orchestration mode of {deployed.name} isn't known until "
            f"deployment ({expression}). A Uniform scale set isn't eligible."
        )
        facts = facts._replace(scale_set=None)
    return machine._replace(facts=facts._replace(unresolved=tuple(left_open.items())))


def _left_open(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """(field, expression) of each fact that is open: its own path is, or one around it, or, of an
    image, a part.
    """
    for field, path in _PATHS.items():
        said = []
        for at, expression in deployed.open_at:
            inner = _inner(at)
            if path[: len(inner)] == inner:
                said.append(expression)
            elif (
                field == "image" and inner[: len(path)] == path and _decides(inner[-1], expression)
            ):
                said.append(f"{inner[-1]} = {expression}")
        if said:
            yield field, "; ".join(said)


def _decides(part: str, expression: str) -> bool:
    """Whether a part of an image decides; an id is of a custom image, whichever it will be, if it
    is not null.
    """
    return part != "version" and (part not in _IDS or "null()" in expression)


def _inner(path: Path) -> Path:
    """A path without what wraps the body of a VM."""
    return tuple(key for key in path if key not in ("properties", _PROFILE))


def _facts(facts: Facts, deployed: Deployed, left_open: dict[str, str]) -> Facts:
    body = _body(deployed.body)
    image = facts.image or _image_by_open_id(deployed)
    return facts._replace(
        configured=_configured(body, deployed.open_at),
        declared=deployed.declared,
        image=image,
        restored=facts.restored and image is None and "image" not in left_open,
        patching=_patching(facts.patching, body, left_open),
    )


def _configured(body: Any, open_at: Iterable[tuple[Path, str]]) -> OsType | None:
    """Which operating system is set up. A configuration that is open in part has a value."""
    within = {key for at, _ in open_at for key in at[:-1]}
    systems: tuple[OsType, ...] = ("windows", "linux")
    profile = dig(body, "osProfile")
    for system in systems:
        block = f"{system}configuration"
        if block in within or has_value(dig(profile, block)):
            return system
    return configured_by(profile)


def _body(resource: Mapping) -> Any:
    properties = dig(resource, "properties")
    profile = dig(properties, "virtualMachineProfile")
    return profile if isinstance(profile, Mapping) else properties


def _image_by_open_id(deployed: Deployed) -> Image | None:
    """The image of a reference by an id that is open."""
    for at, expression in deployed.open_at:
        if at[-2:-1] == ("imagereference",) and at[-1] in _IDS and not _decides(at[-1], expression):
            return Image(id=expression)
    return None


def _patching(patching: Patching, body: Any, left_open: dict[str, str]) -> Patching:
    """Settings with the service's defaults, where an operating system is set up at all.

    https://learn.microsoft.com/en-us/rest/api/compute/virtual-machines/create-or-update#windowsconfiguration
    """
    mode, hotpatching, agent = patching.mode, patching.hotpatching, patching.vm_agent
    if isinstance(dig(body, "osProfile"), Mapping):
        automatic = dig(body, *_SETTINGS, "enableAutomaticUpdates")
        by_os = str(automatic).lower() != "false"
        mode = mode or PatchMode.parse("AutomaticByOS" if by_os else "Manual")
        hotpatching, agent = bool(hotpatching), agent is not False
    return patching._replace(
        mode=None if "patching.mode" in left_open else mode,
        hotpatching=None if "patching.hotpatching" in left_open else hotpatching,
        vm_agent=None if "patching.vm_agent" in left_open else agent,
    )


def image_template(deployed: Deployed, document: Document) -> Machine:
    """What an Azure Image Builder template makes: a custom image; its base is named.

    https://learn.microsoft.com/en-us/azure/virtual-machines/linux/image-builder-json
    """
    flattened = not isinstance(
        dig(deployed.body, "properties"), Mapping
    )  # as `az image builder show` gives it
    path = ("source",) if flattened else ("properties", "source")
    source = dig(deployed.body, *path)
    words = (_word(dig(source, key)) for key in ("publisher", "offer", "sku", "version"))
    publisher, offer, sku, version = words
    identity = _word(dig(source, "imageId")) or _word(dig(source, "imageVersionId"))
    base = image_of(publisher, offer, sku, version, identity) or Image()
    origin = NodeOrigin(document, deployed.body, {"image": path})
    return Machine(deployed.name, image_facts("Azure Image Builder", base), origin)


def image_facts(builder: str, base: Image, system: OsType | None = None) -> Facts:
    """The facts of an image that a pipeline builds."""
    return Facts(platform="azure", os_type=system, image=base, built=builder, declared=True)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def numbered(names: Iterable[str]) -> list[str]:
    """Names, made different where a template has several of one name: `web`, `web (2)`."""
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    result = []
    for name in names:
        fresh = name
        while fresh in taken:
            seen[name] += 1
            fresh = f"{name} ({seen[name] + 1})"
        taken.add(fresh)
        result.append(fresh)
    return result
