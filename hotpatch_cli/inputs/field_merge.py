"""What a source states of a machine, field by field, and one machine from such fields."""

from collections.abc import Sequence
from typing import Any, TypeVar

from hotpatch_cli.inputs.field_types import equal
from hotpatch_cli.inputs.fields import (
    BY_PATH,
    FACTS,
    GETTERS,
    GROUPS,
    Fact,
    attribute_of,
    by_holder,
    default_of,
)
from hotpatch_cli.model import Facts, Machine, PendingUpdate, Placement

T = TypeVar("T")
FieldValues = dict[str, Any]
"""Field -> value, for the fields that were stated: `patching.mode`, `build`, `tags.team`."""

_TAG = "tags."
_ORDER = ("facts", "placement", "machine")
_STATED = sorted(
    (fact for fact in FACTS if fact.joining in ("stated", "union") and fact.path != "tags"),
    key=lambda fact: (_ORDER.index(fact.holder), "." in fact.path),
)
_COMBINED = [fact for fact in FACTS if fact.joining in ("first", "all")]
_NOT_STATED = {attribute_of(fact): default_of(fact) for fact in _STATED if fact.holder == "machine"}


def stated_fields(machine: Machine) -> FieldValues:
    """What a source states of a machine.

    What it does not state, or only concludes from something else, is left out.
    """
    fields: FieldValues = {}
    for fact in _STATED:
        value = GETTERS[fact.path](machine)
        if value is not None and value != ():
            fields[fact.path] = value
    for key, value in machine.placement.tags:
        fields[_TAG + key] = value
    for field in (*machine.supposed, *machine.defaulted):
        fields.pop(field, None)
    return fields


def value_of(machine: Machine, field: str) -> Any:
    """The value that a machine has for a field, stated or by default."""
    if field.startswith(_TAG):
        return dict(machine.placement.tags).get(field.removeprefix(_TAG))
    return GETTERS[field](machine)


def with_values(machine: Machine, values: FieldValues, shared: dict[Any, Any]) -> Machine:
    """A machine with more values; `shared` keeps equal facts one value."""
    fields: FieldValues = {}
    groups: dict[str, FieldValues] = {}
    tags = dict(machine.placement.tags)
    for field, value in values.items():
        place, _, key = field.partition(".")
        if place in GROUPS:
            groups.setdefault(place, {})[key] = value
        elif field.startswith(_TAG):
            tags[field.removeprefix(_TAG)] = value
        else:
            fields[field] = value
    for name, parts in groups.items():
        fields[name] = getattr(machine.facts, name)._replace(**parts)
    holders = by_holder(fields | {"tags": tuple(tags.items())})
    added = holders.facts.pop("others", ())
    facts = machine.facts._replace(
        **holders.facts,
        others=(*machine.facts.others, *added),
        unresolved=tuple(pair for pair in machine.facts.unresolved if pair[0] not in values),
    )
    placement = machine.placement._replace(**holders.placement)
    return machine._replace(
        facts=shared.setdefault(facts, facts),
        placement=shared.setdefault(placement, placement),
        supposed=tuple(field for field in machine.supposed if field not in values),
        **holders.machine,
    )


def is_union(field: str) -> bool:
    """Whether sources add to each other in a field, instead of contradicting each other."""
    fact = BY_PATH.get(field)
    return fact is not None and fact.joining == "union"


def more_specific(field: str, one: Any, other: Any) -> Any:
    """The more specific of two values; None where they conflict."""
    if one == other:
        return one
    fact = BY_PATH.get(field)
    return (fact.type.more_specific if fact else equal)(one, other)


def machine_of(
    first: Machine, values: FieldValues, machines: Sequence[Machine], shared: dict[Any, Any]
) -> Machine:
    """The machine that has these values; facts that sources do not state field by field come from
    all machines.

    `shared` keeps equal facts one value: thousands of machines share a judgment.
    """
    fields: FieldValues = {key: value for key, value in values.items() if key in BY_PATH}
    if "pending" in fields:
        fields["pending"] = _still_pending(fields["pending"], fields.get("kbs", ()))
    for name, group in GROUPS.items():
        prefix = f"{name}."
        parts = {key: fields.pop(key) for key in list(fields) if key.startswith(prefix)}
        if parts:
            fields[name] = group.kind(**{key.removeprefix(prefix): parts[key] for key in parts})
    for fact in _COMBINED:
        fields[fact.path] = _combined(fact, machines)
    tags = tuple(
        (key.removeprefix(_TAG), value) for key, value in values.items() if key.startswith(_TAG)
    )
    holders = by_holder(fields | {"tags": tags})
    facts = Facts(
        **holders.facts,
        configured=_agreed([machine.facts.configured for machine in machines]),
        unresolved=_unresolved(machines, values),
    )
    placement = Placement(**holders.placement)
    return first._replace(
        facts=shared.setdefault(facts, facts),
        placement=shared.setdefault(placement, placement),
        **_NOT_STATED | holders.machine,
    )


def _combined(fact: Fact, machines: Sequence[Machine]) -> Any:
    ordered = sorted(machines, key=lambda machine: fact.path in machine.defaulted)
    values = [GETTERS[fact.path](machine) for machine in ordered]
    if fact.joining == "all":
        return all(values)
    default = default_of(fact)
    return next((value for value in values if value != default), default)


def _unresolved(machines: Sequence[Machine], values: FieldValues) -> tuple[tuple[str, str], ...]:
    """What templates leave open and no source states."""
    pairs: dict[tuple[str, str], None] = {}
    for machine in machines:
        for pair in machine.facts.unresolved:
            if pair[0] not in values:
                pairs[pair] = None
    return tuple(pairs)


def _still_pending(
    updates: Sequence[PendingUpdate], kbs: Sequence[str]
) -> tuple[PendingUpdate, ...]:
    """Updates that no source has as installed; one that several sources list is one, by its KB."""
    by_kb: dict[Any, PendingUpdate] = {}
    for update in updates:
        if update.kb is None or update.kb not in kbs:
            first = by_kb.setdefault(update.kb or update, update)
            if first.title is None:
                by_kb[update.kb or update] = update
    return tuple(by_kb.values())


def _agreed(values: Sequence[T | None]) -> T | None:
    """The value of all that state one; None where they differ, or no source states one."""
    stated = {value for value in values if value is not None}
    return stated.pop() if len(stated) == 1 else None
