"""Everything about one machine: its facts and their sources, what it was judged to be, its place in
the rollout, and the next openings of its windows.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from hotpatch_cli.errors import Problem
from hotpatch_cli.inputs.field_merge import value_of
from hotpatch_cli.inputs.fields import FACTS, IMAGE_PARTS, default_of
from hotpatch_cli.inputs.source import is_written
from hotpatch_cli.model import Fleet, GroupRule, Location, Machine, PendingUpdate
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.windows import OpeningQuery, UpcomingOpening, list_openings

FactState = Literal["stated", "inferred", "open", "conflict"]
"""`inferred`: a source concludes it. `open`: it depends on the deployment. `conflict`: sources
differ, and the fact is unknown.
"""
_CLOSE = 5
_IDENTITY = ("name", "id", "tags", "image")


class FactRow(NamedTuple):
    """A fact of a machine, its value as text, and the place of its source."""

    field: str
    value: str
    place: Location
    state: FactState = "stated"


class GroupRow(NamedTuple):
    """A group of a machine: its rule, and how many members the fleet has."""

    name: str
    rule: GroupRule
    members: int


class MachineDetails(NamedTuple):
    """A machine in its fleet. `checked` is None for one that doesn't run Windows; `problems` say
    why its openings are unknown. `ring` is its place among the rings, from 1.
    """

    machine: Machine
    report: Report
    checked: Checked | None
    facts: tuple[FactRow, ...]
    groups: tuple[GroupRow, ...]
    ring: int | None
    openings: tuple[UpcomingOpening, ...]
    problems: tuple[Problem, ...]


def machine_details(fleet: Fleet, report: Report, query: OpeningQuery) -> MachineDetails:
    """The details of the only machine of a report, in its fleet."""
    checked = report.machines[0] if report.machines else None
    machine = checked.machine if checked else report.skipped[0]
    placement = machine.placement
    members = {
        name: sum(name in other.placement.groups for other in fleet.machines)
        for name in placement.groups
    }
    rings = [ring.name for ring in fleet.rings]
    openings, problems = list_openings(fleet._replace(machines=(machine,)), query)
    return MachineDetails(
        machine,
        report,
        checked,
        tuple(facts_of(machine)),
        tuple(GroupRow(name, fleet.groups[name], members[name]) for name in placement.groups),
        rings.index(placement.ring) + 1 if placement.ring else None,
        openings,
        problems,
    )


# --- the facts ----------------------------------------


def facts_of(machine: Machine) -> Iterator[FactRow]:
    """The facts of a machine, in the order of an inventory, each with the place of its source."""
    disputes = {
        values["field"]: values["said"]
        for values in (dict(finding.values) for finding in machine.disputes)
    }
    open_parts: dict[str, list[str]] = {}
    for field, expression in machine.facts.unresolved:
        open_parts.setdefault(field, []).append(expression)
    found = dict(_values(machine))
    order = [fact.path for fact in FACTS]
    fields = dict.fromkeys((*found, *disputes, *open_parts))
    for field in sorted(fields, key=lambda field: _rank(field, order)):
        place = machine.origin.locate(field)
        if field in found:
            state: FactState = "inferred" if field in machine.supposed else "stated"
            yield FactRow(field, found[field], place, state)
        if field in disputes:
            yield FactRow(field, disputes[field], place, "conflict")
        if field in open_parts:
            yield FactRow(field, "; ".join(open_parts[field]), place, "open")


def _rank(field: str, order: Sequence[str]) -> int:
    path = "tags" if field.startswith("tags.") else field
    return order.index(path) if path in order else len(order)


def _values(machine: Machine) -> Iterator[tuple[str, str]]:
    """(field, text) of each fact that is stated or inferred, except the name and the id."""
    image = machine.facts.image
    if image is not None:
        yield ("container" if image.container else "image"), _image_text(image)
    for fact in FACTS:
        if fact in IMAGE_PARTS or fact.path in (*_IDENTITY, "container"):
            continue
        value = value_of(machine, fact.path)
        if value is None or value == ():
            continue
        if value != default_of(fact) or is_written(machine.origin, fact.path):
            yield fact.path, fact_text(fact.type.write(value))
    for key, text in machine.placement.tags:
        yield f"tags.{key}", text


def _image_text(image: Any) -> str:
    version = f":{image.version}" if image.version and not image.id else ""
    return f"{image}{version}"


def fact_text(value: Any) -> str:
    """A value of an inventory on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(fact_text, value))
    if isinstance(value, Mapping):
        return str(PendingUpdate(**value)) if {*value} <= {*PendingUpdate._fields} else str(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


# --- one machine of many ----------------------------------------


class MachineNotFoundError(LookupError):
    """No machine, or more than one, has a name. `matches` are those that it could mean, or names
    that are close.
    """

    def __init__(self, text: str, matches: Sequence[Machine], close: Sequence[str]) -> None:
        super().__init__(text)
        self.matches = tuple(matches)
        self.close = tuple(close)


def find_machine(machines: Sequence[Machine], text: str) -> Machine:
    """The machine of a name, a resource id, or a part of a name that only one has. Raises
    MachineNotFoundError.
    """
    folded = text.casefold()
    ways = (
        lambda machine: text in (machine.label, machine.id),
        lambda machine: text == machine.name,
        lambda machine: folded in {name.casefold() for name in _names_of(machine)},
        lambda machine: folded in machine.label.casefold(),
    )
    for way in ways:
        found = [machine for machine in machines if way(machine)]
        if len(found) == 1:
            return found[0]
        if found:
            raise MachineNotFoundError(text, found, ())
    labels = {machine.label.casefold(): machine.label for machine in machines}
    near = get_close_matches(folded[:100], labels, n=_CLOSE, cutoff=0.6)
    raise MachineNotFoundError(text, (), [labels[name] for name in near])


def _names_of(machine: Machine) -> Iterator[str]:
    yield from filter(None, (machine.label, machine.id, machine.name, *machine.aliases))
