"""Groups that the inventory doesn't define: availability sets and zones."""

from collections import Counter
from typing import NamedTuple

from hotpatch_cli.model import Fleet, GroupRule, Machine


class Implied(NamedTuple):
    """The share of each availability set, and of each zone of a region, that may be down at once;
    None: no limit.
    """

    availability_sets: GroupRule | None = None
    zones: GroupRule | None = None


def with_implied(fleet: Fleet, implied: Implied) -> Fleet:
    """The fleet with a group for each availability set and each zone, where they are asked for."""
    names = _set_names(fleet)
    groups = dict(fleet.groups)
    machines = []
    for machine in fleet.machines:
        more = []
        if implied.availability_sets and machine.availability_set:
            name = _free(names[machine.availability_set.casefold()], fleet)
            groups[name] = implied.availability_sets
            more.append(name)
        if implied.zones and machine.zone:
            name = _free(f"zone {_region(machine)}{machine.zone}", fleet)
            groups[name] = implied.zones
            more.append(name)
        placement = machine.placement
        machines.append(
            machine._replace(placement=placement._replace(groups=(*placement.groups, *more)))
        )
    return fleet._replace(machines=tuple(machines), groups=groups)


def _region(machine: Machine) -> str:
    region = machine.placement.region or machine.facts.region
    return f"{region}/" if region else ""


def _set_names(fleet: Fleet) -> dict[str, str]:
    """Short names of availability sets, which Azure compares without case: the whole id where a
    name is not enough.
    """
    ids = {
        machine.availability_set.casefold(): machine.availability_set
        for machine in fleet.machines
        if machine.availability_set
    }
    short = Counter(_last(key) for key in ids)
    return {
        key: f"availability set {_last(written) if short[_last(key)] == 1 else written}"
        for key, written in ids.items()
    }


def _last(resource: str) -> str:
    return resource.rstrip("/").rpartition("/")[2]


def _free(name: str, fleet: Fleet) -> str:
    """A name that no group of the inventory has."""
    while name in fleet.groups:
        name += "'"
    return name
