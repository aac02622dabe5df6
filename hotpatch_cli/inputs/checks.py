"""Checks over all sources of a fleet: parts that two files have, names that aren't defined, and
groups that depend on each other.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import Problem
from hotpatch_cli.inputs.source import MaintenanceLinks, SourceData, repeated
from hotpatch_cli.model import NO_LIMITS, Fleet, Location, Machine, Placement

Sources = Sequence[SourceData]
_NAMES_SHOWN = 10


def fleet_problems(
    fleet: Fleet, sources: Sources, maintenance: MaintenanceLinks, *, strict: bool
) -> list[Problem]:
    """All that is wrong with the parts of a fleet together.

    If not `strict`, a machine may name a maintenance configuration that can be no window.
    """
    return [
        *_different_parts(sources),
        *_unknown_names(fleet, sources, maintenance, strict=strict),
        *_circles(fleet, sources),
    ]


def repeated_machines(source: SourceData) -> Iterator[Problem]:
    """Machines that are defined twice in one source."""
    machines: dict[str, Machine] = {}
    for machine in source.machines:
        by_id = source.keyed_by_id and machine.id
        key = machine.id.lower() if by_id and machine.id else machine.name
        first = machines.setdefault(key, machine)
        if first is not machine:
            place = first.origin.locate("name")
            yield repeated(machine.name, place.file, place.line, machine.origin.locate("name"))


def _problem(place: Location, message: str, remedy: str = "") -> Problem:
    return Problem(place.file, place.line, place.column, message, remedy)


# --- parts that two files have ----------------------------------------


def _different_parts(sources: Sources) -> Iterator[Problem]:
    """Parts of a fleet that two files have; one that is the same in both is fine."""
    for kind in ("window", "group"):
        known: dict[str, Any] = {}
        for source in sources:
            for name, part in getattr(source, f"{kind}s").items():
                if known.setdefault(name, part) != part:
                    yield _another_one(kind, name, source)
    yield from _different_rings(sources)
    yield from _different_limits(sources)


def _another_one(kind: str, name: str, source: SourceData) -> Problem:
    message = f"The {kind} {quoted(name)} is defined differently in another file."
    return _problem(source.places[kind, name], message, "Rename or remove one.")


def _different_rings(sources: Sources) -> Iterator[Problem]:
    """Rings that another file defines differently or lists in another order."""
    known: dict[str, Any] = {}
    for source in sources:
        for ring in source.rings:
            if known.setdefault(ring.name, ring) != ring:
                yield _another_one("ring", ring.name, source)
    order = {name: number for number, name in enumerate(known)}
    for source in sources:
        for ring, following in pairwise(source.rings):
            if order[ring.name] > order[following.name]:
                message = (
                    f"The ring {quoted(ring.name)} comes before {quoted(following.name)} here, "
                    "but after it in another file."
                )
                place = source.places["ring", following.name]
                yield _problem(place, message, "List the rings in the same order in all files.")


def _different_limits(sources: Sources) -> Iterator[Problem]:
    with_limits = [source for source in sources if source.limits != NO_LIMITS]
    for source in with_limits:
        if source.limits != with_limits[0].limits:
            file = with_limits[0].places["limits", ""].file
            message = f"The limits differ from the limits in {file}."
            yield _problem(source.places["limits", ""], message, "Keep one.")
            return


# --- names that aren't defined ----------------------------------------


class _NameUse(NamedTuple):
    """A use of a name; the place is looked up only for a problem."""

    kind: str
    name: str
    locate: Callable[[], Location]


def _unknown_names(
    fleet: Fleet, sources: Sources, maintenance: MaintenanceLinks, *, strict: bool
) -> Iterator[Problem]:
    """Windows, groups, and rings that are used but not defined, or refused."""
    known = {
        "window": set(fleet.windows),
        "group": set(fleet.groups),
        "ring": {ring.name for ring in fleet.rings},
    }
    inventories = {source.file for source in sources if source.reader == "inventory"}
    reported: set[tuple[str, str, str]] = set()
    for kind, name, locate in _name_uses(fleet, sources):
        if name in known[kind]:
            continue
        place = locate()
        if place.file not in inventories:
            # all rows of a table are mended in one place
            if (kind, name, place.file) in reported:
                continue
            reported.add((kind, name, place.file))
        if kind == "window" and name in maintenance.refused:
            if strict:
                yield _problem(place, maintenance.refused[name].problem().message)
            continue
        where = "" if place.file in inventories else " in an inventory, and specify that file too"
        yield _problem(
            place,
            f"The {kind} {quoted(name)} isn't defined.",
            did_you_mean(name, known[kind]) or _defined(kind, sorted(known[kind]), where),
        )


def _defined(kind: str, names: list[str], where: str) -> str:
    """The names of a kind to choose from, or where to define one."""
    if not names:
        azure = ", or specify its maintenance configuration with --windows FILE"
        return f"Define it under '{kind}s'{where}{azure if where and kind == 'window' else ''}."
    return f"Defined {kind}s: {and_more(names, _NAMES_SHOWN)}."


def _name_uses(fleet: Fleet, sources: Sources) -> Iterator[_NameUse]:
    """Each use of a window, a group or a ring.

    Machines whose placement uses only defined names are skipped: thousands share one.
    """
    described = _described_placements(fleet)
    for machine in fleet.machines:
        placement, locate = machine.placement, machine.origin.locate
        if placement in described:
            continue
        for kind, field, names in (
            ("window", "window", placement.windows),
            ("group", "groups", placement.groups),
            ("ring", "ring", filter(None, (placement.ring,))),
        ):
            for name in names:
                yield _NameUse(kind, name, partial(locate, field))
    for name, group in fleet.groups.items():
        for other in group.after:
            yield _NameUse("group", other, partial(_place, sources, "group", name))
    for freeze in fleet.freezes:
        where = partial(_place, sources, "freeze", freeze.name)
        for kind, names in (("group", freeze.groups), ("ring", freeze.rings)):
            for name in names:
                yield _NameUse(kind, name, where)


def _described_placements(fleet: Fleet) -> set[Placement]:
    rings = {ring.name for ring in fleet.rings} | {None}
    return {
        placement
        for placement in {machine.placement for machine in fleet.machines}
        if placement.ring in rings
        and fleet.windows.keys() >= set(placement.windows)
        and fleet.groups.keys() >= set(placement.groups)
    }


def _place(sources: Sources, kind: str, name: str) -> Location:
    return next(source.places[kind, name] for source in sources if (kind, name) in source.places)


# --- groups that depend on each other ----------------------------------------


def _circles(fleet: Fleet, sources: Sources) -> Iterator[Problem]:
    """Groups that depend on each other."""
    done: set[str] = set()
    for start in fleet.groups:
        path = _circle_from(start, fleet, done)
        if path:
            way = " after ".join(map(quoted, path))
            yield _problem(
                _place(sources, "group", path[0]),
                f"Groups depend on each other: {way}.",
                "Remove one `after`.",
            )
            return


def _circle_from(start: str, fleet: Fleet, done: set[str]) -> list[str]:
    """A path of groups that comes back to itself, found depth first without recursion; otherwise
    empty.
    """
    path: list[str] = []
    stack: list[tuple[str, bool]] = [(start, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            done.add(path.pop())
        elif name in path:
            return [*path[path.index(name) :], name]
        elif name not in done and name in fleet.groups:
            path.append(name)
            stack.append((name, True))
            stack += [(other, False) for other in fleet.groups[name].after]
    return []


# --- keys without effect ----------------------------------------


def unused_keys(fleet: Fleet, sources: Sources) -> Iterator[str]:
    """Notes on keys that have no effect: the soak time of the last ring."""
    if fleet.rings and fleet.rings[-1].soak:
        name = fleet.rings[-1].name
        place = _place(sources, "ring", name)
        yield (
            f"{place.file}:{place.line}: The soak time of the ring {quoted(name)} has no effect, "
            "because it's the last ring. Remove `soak`."
        )
