"""The next openings of a fleet's machines, and what freezes leave of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple

from hotpatch_cli.documents.tree import shown
from hotpatch_cli.errors import Problem
from hotpatch_cli.model import Fleet, Machine, Placement
from hotpatch_cli.restarts import relevant, windows_of
from hotpatch_cli.schedule.fit import HORIZON, Openings
from hotpatch_cli.schedule.freezes import Removed, cut
from hotpatch_cli.schedule.windows import Opening, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone


class Listed(NamedTuple):
    """An opening of a machine's window: the real minutes that freezes leave, and what each of them takes."""

    machine: str
    opening: Opening
    minutes: int
    removed: tuple[Removed, ...]


class Question(NamedTuple):
    """Which openings: from the start of a day in UTC, to the end of another or so many, by machine or by window."""

    from_day: date
    until: date | None = None
    most: int = 5
    by_window: bool = False


def list_openings(fleet: Fleet, question: Question) -> tuple[tuple[Listed, ...], tuple[Problem, ...]]:
    """(the openings, machine by machine in the order of the fleet; machines whose zone is not known, as problems).

    Openings are computed once for each distinct window, zone and set of freezes, however many machines share them.
    """
    known: dict[tuple[object, ...], tuple[Listed, ...]] = {}
    expansion, found, problems = Openings(), [], []
    seen: set[tuple[object, ...]] = set()
    for machine in fleet.machines:
        key = (machine.placement.windows, machine.placement.timezone, relevant(fleet.freezes, machine.placement))
        if question.by_window and key in seen:
            continue
        seen.add(key)
        try:
            if key not in known:
                known[key] = tuple(_openings(fleet, machine.placement, question, expansion))
        except ZoneMissing as error:
            problems.append(_zone_missing(machine, error))
            continue
        name = "" if question.by_window else machine.label
        found += [each._replace(machine=name) for each in known[key]]
    if question.by_window:
        found = sorted(dict.fromkeys(found), key=lambda each: (each.opening.window, each.opening.start))
    return tuple(found), tuple(problems)


def _zone_missing(machine: Machine, error: ZoneMissing) -> Problem:
    place = machine.origin.locate("timezone")
    return Problem(place.file, place.line, place.column, f"The machine {shown(machine.label)}: {error}.")


def _openings(fleet: Fleet, placement: Placement, question: Question, expansion: Openings) -> Iterator[Listed]:
    zone = find_zone(placement.timezone) if placement.timezone else None
    begin = datetime.combine(question.from_day, time(), UTC)
    end = begin + HORIZON
    if question.until is not None:
        end = datetime.combine(question.until + timedelta(days=1), time(), UTC) - timedelta.resolution
    opened = [each for window in windows_of(fleet, placement) for each in expansion.between(window, zone, begin, end)]
    ordered = sorted(opened, key=lambda opening: opening.start)
    freezes = relevant(fleet.freezes, placement)
    for opening in ordered if question.until is not None else islice(ordered, question.most):
        pieces, removed = cut(opening, freezes)
        left = sum((piece.length for piece in pieces), timedelta())
        yield Listed("", opening, left // timedelta(minutes=1), removed)
