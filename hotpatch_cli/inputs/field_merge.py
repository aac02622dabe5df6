"""What a source says of a machine, field by field, as an inventory names the fields; and back
again.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hotpatch_cli.eligibility.product import parse_system
from hotpatch_cli.model import (
    Arc,
    AzureLocal,
    Build,
    Facts,
    Image,
    LicenseStatus,
    Machine,
    Patching,
    PendingUpdate,
    Placement,
    Security,
    SourceValue,
)
from hotpatch_cli.schedule.zones import find_zone

T = TypeVar("T")
FieldValues = dict[str, Any]
"""Field -> value, for the fields that were said: `patching.mode`, `build`, `tags.team`."""

LISTS = frozenset({"kbs", "pending", "groups"})
"""Fields in which sources add to each other."""
_NESTED: dict[str, Any] = {
    "patching": Patching,
    "arc": Arc,
    "azure_local": AzureLocal,
    "security": Security,
}
_APART = (*_NESTED, "configured", "restored", "unresolved", "region", "declared", "provider")
_FACTS = tuple(key for key in Facts._fields if key not in _APART)
_PLACED = ("timezone", "ring", "region")
_OWN = ("zone", "availability_set", "reboot_at", "owner")


def stated_fields(machine: Machine) -> FieldValues:
    """What a source says of a machine; what it does not say, or only supposes, is left out."""
    facts, placement = machine.facts, machine.placement
    said: FieldValues = {
        key: value for key in _FACTS if (value := getattr(facts, key)) not in (None, ())
    }
    for name in _NESTED:
        nested = getattr(facts, name)
        said |= {
            f"{name}.{key}": value for key, value in nested._asdict().items() if value is not None
        }
    said |= {key: value for key in _PLACED if (value := getattr(placement, key)) is not None}
    said |= {key: value for key in _OWN if (value := getattr(machine, key)) is not None}
    said |= {f"tags.{key}": value for key, value in placement.tags}
    said |= {
        key: value
        for key, value in (("window", placement.windows), ("groups", placement.groups))
        if value
    }
    if facts.region is not None:
        said["region"] = facts.region
    for field in machine.supposed:
        said.pop(field, None)
    return said


def machine_of(
    first: Machine, values: FieldValues, machines: Sequence[Machine], shared: dict[Any, Any]
) -> Machine:
    """The machine that has these values; what is no field by field matter comes from all that speak
    of it.

    `shared` keeps equal facts one value: thousands of machines share a judgement.
    """
    nested = {name: kind(**_under(name, values)) for name, kind in _NESTED.items()}
    known = [each.facts for each in machines]
    if "pending" in values:
        values = values | {"pending": _still_pending(values["pending"], values.get("kbs", ()))}
    facts = Facts(
        **{key: values[key] for key in _FACTS if key in values},
        **nested,
        region=values.get("region"),
        configured=_agreed([each.configured for each in known]),
        restored=any(each.restored for each in known),
        declared=all(each.declared for each in known),
        provider=next((each.provider for each in known if each.provider), None),
        unresolved=tuple(
            dict.fromkeys(
                pair for each in known for pair in each.unresolved if pair[0] not in values
            )
        ),
    )
    placement = Placement(
        timezone=values.get("timezone"),
        windows=values.get("window", ()),
        groups=values.get("groups", ()),
        ring=values.get("ring"),
        region=values.get("region"),
        tags=tuple(_under("tags", values).items()),
        reboot=max(
            (each.placement.reboot for each in machines),
            key=lambda each: each != Placement().reboot,
        ),
    )
    return first._replace(
        id=next((each.id for each in machines if each.id), None),
        facts=shared.setdefault(facts, facts),
        placement=shared.setdefault(placement, placement),
        weight=next((each.weight for each in machines if each.weight != 1), 1.0),
        done=any(each.done for each in machines),
        zone=values.get("zone"),
        availability_set=values.get("availability_set"),
        reboot_at=values.get("reboot_at"),
        owner=values.get("owner"),
    )


def _still_pending(
    updates: Sequence[PendingUpdate], kbs: Sequence[str]
) -> tuple[PendingUpdate, ...]:
    """Updates that no source has as installed; one that several sources list is one, by its KB."""
    found: dict[Any, PendingUpdate] = {}
    for update in updates:
        if update.kb is None or update.kb not in kbs:
            first = found.setdefault(update.kb or update, update)
            if first.title is None:
                found[update.kb or update] = update
    return tuple(found.values())


def _agreed(words: Sequence[T | None]) -> T | None:
    """The word of all that say one; None where they differ, or nobody says one."""
    said = {word for word in words if word is not None}
    return said.pop() if len(said) == 1 else None


def _under(name: str, values: FieldValues) -> FieldValues:
    return {
        key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{name}.")
    }


def more_specific(field: str, one: Any, other: Any) -> Any:
    """Which of two values says more, where they do not contradict each other; None where they do."""
    if one == other:
        return one
    compare = _COMPARED.get(field)
    if compare is not None:
        return compare(one, other)
    return one if _plain(one) == _plain(other) else None


def _plain(value: Any) -> Any:
    value = value.text if isinstance(value, SourceValue) else value
    return re.sub(r"\s", "", value).casefold() if isinstance(value, str) else value


def _build(one: SourceValue[Build], other: SourceValue[Build]) -> SourceValue[Build] | None:
    """Builds agree where their numbers do; the one with a revision says more, and one that is no
    build says nothing.
    """
    first, second = one.meaning, other.meaning
    if first is None or second is None:
        return one if second is None else other
    if first.revision is None or second.revision is None:
        longer = other if first.revision is None else one
        return longer if first.number == second.number else None
    return one if first == second else None


def _system(one: str, other: str) -> str | None:
    """Names of an operating system agree where release and edition do, so far as they are named."""
    return _named(one, other, parse_system(one), parse_system(other))


def _image(one: Image, other: Image) -> Image | None:
    """Images agree where publisher, offer and SKU do, in any letter case; a version is not what
    decides.
    """
    if bool(one.id) != bool(other.id):
        return None
    first, second = (
        [_plain(part) for part in each._replace(version=None)] for each in (one, other)
    )
    return _named(one, other, first, second)


def _named(one: T, other: T, first: Sequence[Any], second: Sequence[Any]) -> T | None:
    """The one with more parts, where no part contradicts the other's."""
    if any(None not in pair and pair[0] != pair[1] for pair in zip(first, second, strict=True)):
        return None
    named = [sum(part is not None for part in parts) for parts in (first, second)]
    return one if named[0] >= named[1] else other


def _zone(one: str, other: str) -> str | None:
    """Names of a time zone agree where they name the same zone."""
    try:
        return one if find_zone(one) == find_zone(other) else None
    except ValueError:
        return None


def _license(
    one: SourceValue[LicenseStatus], other: SourceValue[LicenseStatus]
) -> SourceValue[LicenseStatus] | None:
    """A machine's own record may not have its license yet: what a license says is more than that
    there is none.
    """
    if one.meaning is LicenseStatus.NOT_ENROLLED:
        return other
    if other.meaning is LicenseStatus.NOT_ENROLLED:
        return one
    return one if _plain(one) == _plain(other) else None


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "build": _build,
    "os": _system,
    "image": _image,
    "timezone": _zone,
    "arc.hotpatch": _license,
}
