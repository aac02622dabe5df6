"""What a template, a plan or a pipeline will deploy: bodies as Azure writes them, with what stays
open until then.

The bodies are read by the reader of exports. What differs is here: an expression that only the
deployment resolves leaves a fact open, and a setting that is left out has the service's default.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Document, Mapping, Sequence
from hotpatch_cli.inputs.azure import vms as azure_vms
from hotpatch_cli.inputs.os_names import configured_by, has_value
from hotpatch_cli.inputs.source import NodeOrigin, dig
from hotpatch_cli.model import Facts, Image, Machine, OsType, Patching, PatchMode

Path = tuple[str, ...]

MACHINE_TYPES = ("microsoft.compute/virtualmachines", "microsoft.compute/virtualmachinescalesets")
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
    return str(dig(body, "type")).split("@")[0].lower() in MACHINE_TYPES


def machines(document: Document, deployed: list[Deployed], notes: list[str]) -> list[Machine]:
    """The machines of resources, in their order. Raises InputError. `notes` takes what the user
    should hear.
    """
    shadow = Document(document.file, document.text)
    shadow.root = Sequence()
    found = []
    for each in deployed:
        resource = _nameable(each)
        if azure_vms.without_profile(resource) and not any(
            _PROFILE in at for at, _ in each.open_at
        ):
            notes.append(azure_vms.no_machine(document.file, each.name))
        else:
            shadow.root.put(resource, each.body.mark)
            found.append(each)
    read = azure_vms.READER.read(shadow).machines if found else []
    return [
        _completed(machine, each, document, notes)
        for machine, each in zip(read, found, strict=True)
    ]


def _nameable(deployed: Deployed) -> Mapping:
    """The body with a plain type and its name, which the reader of exports asks for."""
    result = Mapping(deployed.body.mark)
    kind = str(dig(deployed.body, "type")).split("@")[0]
    for key, value, key_mark, mark in deployed.body.placed():
        if key.lower() not in ("name", "type", "id"):
            result.put(key, value, key_mark, mark)
    result.put("type", kind, deployed.body.mark, deployed.body.mark)
    at = deployed.body.at("name")
    result.put("name", deployed.name, at, at)
    return result


def _completed(
    machine: Machine, deployed: Deployed, document: Document, notes: list[str]
) -> Machine:
    """The machine with its open facts open, and with the service's defaults where nothing is said."""
    left_open = dict(_left_open(deployed))
    facts = _facts(machine.facts, deployed, left_open)
    if "scale_set" in left_open:
        notes.append(
            f"{document.file}: the orchestration mode of {deployed.name} stands only after deployment "
            f"({left_open.pop('scale_set')}); with Uniform it could not hotpatch"
        )
        facts = facts._replace(scale_set=None)
    origin = machine.origin
    if isinstance(origin, NodeOrigin):
        origin = NodeOrigin(document, origin.node, origin.paths)
    return machine._replace(
        facts=facts._replace(unresolved=tuple(left_open.items())), origin=origin
    )


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
    """Which operating system is set up. A configuration of which only a part is open has a value."""
    within = {key for at, _ in open_at for key in at[:-1]}
    systems: tuple[OsType, ...] = ("windows", "linux")
    partly = (each for each in systems if f"{each}configuration" in within)
    filled = (each for each in systems if has_value(dig(body, "osProfile", f"{each}configuration")))
    return min((*partly, *filled), key=systems.index, default=configured_by(dig(body, "osProfile")))


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
    parts = [_word(dig(source, key)) for key in ("publisher", "offer", "sku", "version")]
    named = _word(dig(source, "imageId")) or _word(dig(source, "imageVersionId"))
    base = Image(id=named) if named else Image(*parts)
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
