"""Several sources, one fleet: each is read by the reader that recognizes it, then joined and
cross-checked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.tree import Document, Mapping, quoted
from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.inputs.open_source import open_documents
from hotpatch_cli.inputs.others.report import is_report
from hotpatch_cli.inputs.source import LazyReader, MaintenanceLinks, SourceData, group_of
from hotpatch_cli.model import NO_LIMITS, Fleet, Limits, Location, Machine, Placement

READERS: dict[str, LazyReader] = {
    "inventory": LazyReader("our own format (YAML or JSON)", "inventory.reader"),
    "collected": LazyReader("what the script of `hotpatch collect` wrote", "others.collected"),
    "azure-vms": LazyReader(
        "az vm list/show, REST, Resource Graph, PSRule, scale sets", "azure.vms", shares=True
    ),
    "arc": LazyReader(
        "Azure Arc: az connectedmachine, REST, Resource Graph, licence profiles",
        "azure.arc",
        shares=True,
    ),
    "azure-local": LazyReader(
        "Azure Local: VM instances and their images", "azure.azure_local", shares=True
    ),
    "patch-state": LazyReader(
        "patch assessments and installations, Get-HotFix, Get-ComputerInfo, registry, systeminfo, win_updates",
        "azure.patch_state",
        shares=True,
    ),
    "maintenance": LazyReader(
        "maintenance configurations of Azure and their assignments: az maintenance, REST, Resource Graph",
        "azure.maintenance",
        shares=True,
    ),
    "terraform": LazyReader(
        "terraform show -json of a plan or state, terraform.tfstate", "terraform.plan"
    ),
    "arm-template": LazyReader(
        "ARM templates, with a parameters file beside them; compiled Bicep",
        "templates.arm_template",
    ),
    "image-builder": LazyReader(
        "Azure Image Builder templates: az image builder, REST, Resource Graph",
        "others.image_builder",
    ),
    "packer": LazyReader(
        "Packer templates (JSON and HCL) with a builder for Azure", "others.packer"
    ),
    "ansible": LazyReader(
        "ansible-inventory --list of azure_rm, and azure_rm_virtualmachine_info", "others.ansible"
    ),
    "table": LazyReader(
        "tables with one machine a row: CSV, TSV, JSON Lines, Excel, Parquet; --map says what a column means",
        "tables.table",
        last=True,
    ),
}
"""Name -> reader, in the order in which they are asked; a module is imported when its turn comes.
"""


def load_fleet(
    names: Iterable[str],
    reader: str | None = None,
    prefer: str | None = None,
    windows: Iterable[str] = (),
    columns: Iterable[str] = (),
) -> tuple[Fleet, tuple[str, ...]]:
    """(the fleet of some files, notes for the user); `-` is standard input, `reader` forces how
    they are read.

    `prefer` names the reader or the file to believe where sources contradict each other; `windows`
    are files of maintenance configurations; `columns` say `COLUMN=FIELD` of tables. Raises
    InputError with the problems of all files.
    """
    fleet, notes, _ = load_sources(names, reader, prefer, windows, columns)
    return fleet, notes


def load_sources(
    names: Iterable[str],
    reader: str | None = None,
    prefer: str | None = None,
    windows: Iterable[str] = (),
    columns: Iterable[str] = (),
    *,
    strict: bool = True,
) -> tuple[Fleet, tuple[str, ...], list[SourceData]]:
    """The fleet and the notes, as load_fleet gives them, and what each source holds. Raises
    InputError.

    If not `strict`, a machine may name a maintenance configuration that can be no window.
    """
    readings: list[SourceData] = []
    problems: list[Problem] = []
    columns = list(columns)
    chosen = _chosen(columns)
    for sources, forced in ((names, reader), (windows, "maintenance")):
        for document in open_documents(sources, problems):
            document.chosen = chosen
            try:
                readings += _read(document, forced)
            except InputError as error:
                problems += error.problems
    problems += _absent(columns, readings)
    if problems:
        raise InputError(problems)
    maintenance = _maintenance(readings, strict=strict)
    machines, notes, problems = _machines(readings, prefer)
    notes = (*maintenance.notes, *notes)
    fleet = _joined(machines, readings)
    problems += [*_repeated(readings), *_unknown_names(fleet, readings, maintenance, strict=strict)]
    problems += _circles(fleet, readings)
    if problems:
        raise InputError(problems)
    return fleet, (*(note for reading in readings for note in reading.notes), *notes), readings


def fleet_with(readings: list[SourceData]) -> Fleet:
    """The fleet of sources of which one holds machines; the others have windows, freezes, groups,
    rings and limits.

    Raises InputError.
    """
    maintenance = _maintenance(readings, strict=True)
    fleet = _joined([machine for reading in readings for machine in reading.machines], readings)
    problems = [*_repeated(readings), *_unknown_names(fleet, readings, maintenance, strict=True)]
    problems += _circles(fleet, readings)
    if problems:
        raise InputError(problems)
    return fleet


def _chosen(columns: list[str]) -> dict[str, str]:
    """Column -> field, as the user wants it. Raises InputError."""
    if not columns:
        return {}
    from hotpatch_cli.inputs.tables.columns import parse_map

    return parse_map(columns)


def _absent(columns: list[str], readings: list[SourceData]) -> Iterator[Problem]:
    """Columns that were chosen for this run and that no table has: a word that is misspelt."""
    if not columns:
        return
    from hotpatch_cli.inputs.tables.columns import ConfiguredMapping

    chosen = _chosen([each for each in columns if not isinstance(each, ConfiguredMapping)])
    tables = [reading.absent for reading in readings if reading.absent is not None]
    for column in chosen:
        if all(column in absent for absent in tables):
            where = "No table has" if tables else "There is no table that could have"
            yield Problem(
                "--map", None, None, f"{where} the column {quoted(column)}.", "Look at the header."
            )


def _read(document: Document, reader: str | None) -> list[SourceData]:
    """What one file holds; an export of Azure may have something for several readers."""
    if is_report(document):
        said, advice = (
            "This is a report of hotpatch.",
            "Give the fleet that it was made of; `hotpatch diff` takes reports.",
        )
        raise InputError([Problem(*document.position(document.root_mark), said, advice)])
    readings: list[SourceData] = []
    for key, each in READERS.items() if reader is None else ((reader, READERS[reader]),):
        if each.last and readings:
            break
        actual = each.load()
        if reader is not None or actual.recognizes(document):
            reading = actual.read(document)
            reading.reader, reading.file, reading.document = key, document.file, document
            readings.append(reading)
            if not each.shares:
                return readings
    if not readings:
        raise InputError([_not_recognized(document)])
    from hotpatch_cli.inputs.resources import ignored

    readings[0].notes += ignored(document)
    return readings


def _maintenance(readings: list[SourceData], *, strict: bool) -> MaintenanceLinks:
    """Maintenance configurations and their assignments, connected over all files."""
    if all(reading.maintenance is None for reading in readings):
        return MaintenanceLinks()
    from hotpatch_cli.inputs.azure.maintenance_windows import connect

    return connect(readings, strict=strict)


def _machines(
    readings: list[SourceData], prefer: str | None
) -> tuple[list[Machine], tuple[str, ...], list[Problem]]:
    """(machines, notes, problems) of all sources; one source alone has nothing to join."""
    if len(readings) == 1 and not readings[0].parts and not readings[0].shared:
        return readings[0].machines, (), list(_twice_in(readings[0]))
    from hotpatch_cli.inputs.join import join

    joined = join(readings, prefer)
    return joined.machines, joined.notes, list(joined.problems)


def _not_recognized(document: Document) -> Problem:
    file, line, column = document.position(document.root_mark)
    from hotpatch_cli.inputs.resources import azure_error

    if code := azure_error(document):
        said = f"This is an error that Azure answered ({code}), not a result."
        return Problem(
            file, line, column, said, "Look at the rights and at the command, and export again."
        )
    if re.match(r"\s*<(?:!doctype )?html\b", document.text[:200], re.IGNORECASE):
        return Problem(
            file,
            line,
            column,
            "This is a web page, not an export.",
            "It may ask to sign in: look at it.",
        )
    if _is_empty(document.root):
        return Problem(
            file,
            line,
            column,
            "There is nothing in it.",
            "Look at the filter of the export, and at its rights.",
        )
    return Problem(
        file,
        line,
        column,
        f"This is none of the sources that are read: {', '.join(READERS)}.",
        "An inventory has the key 'machines'; `hotpatch init` writes one to start from.",
    )


def _is_empty(root: Any) -> bool:
    """Whether this is an export, or a text of comments alone, that holds nothing."""
    listed = (
        [root[key] for key in ("value", "data") if key in root] if isinstance(root, Mapping) else []
    )
    return root is None or root in ([], {}) or [] in listed


def _joined(machines: list[Machine], readings: list[SourceData]) -> Fleet:
    return Fleet(
        machines=_labelled(machines),
        name=next((reading.name for reading in readings if reading.name), None),
        windows=_union(reading.windows for reading in readings),
        freezes=tuple(freeze for reading in readings for freeze in reading.freezes),
        groups=_union(reading.groups for reading in readings),
        rings=tuple(dict.fromkeys(ring for reading in readings for ring in reading.rings)),
        limits=next(_limits(readings), NO_LIMITS),
    )


def _limits(readings: list[SourceData]) -> Iterator[Limits]:
    return (reading.limits for reading in readings if reading.limits != NO_LIMITS)


def _union(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


def _labelled(machines: list[Machine]) -> tuple[Machine, ...]:
    """Machines with what a person calls them: `group/name` where two share a name."""
    counts = Counter(machine.name for machine in machines)
    return tuple(
        machine._replace(label=_full_name(machine) if counts[machine.name] > 1 else machine.name)
        for machine in machines
    )


def _full_name(machine: Machine) -> str:
    group = group_of(machine.id)
    return f"{group}/{machine.name}" if group else machine.name


# --- checks over all files ------------------------------------------------------------------------


def _problem(place: Location, message: str, remedy: str = "") -> Problem:
    return Problem(place.file, place.line, place.column, message, remedy)


def _repeated(readings: list[SourceData]) -> Iterator[Problem]:
    """Parts of a fleet that two files have; one that is the same in both is fine."""
    for kind in ("windows", "groups"):
        yield from _different(readings, kind)
    yield from _rings(readings)
    if len(set(_limits(readings))) > 1:
        one, *others = [reading for reading in readings if reading.limits != NO_LIMITS]
        place = next(other.places["limits", ""] for other in others if other.limits != one.limits)
        file = one.places["limits", ""].file
        yield _problem(place, f"These limits are others than those in {file}.", "Keep one of them.")


def _twice_in(reading: SourceData) -> Iterator[Problem]:
    """Machines that stand twice in one file."""
    machines: dict[str, Machine] = {}
    for machine in reading.machines:
        first = machines.setdefault(
            machine.id.lower() if reading.keyed_by_id and machine.id else machine.name, machine
        )
        if first is not machine:
            yield _twice(machine, first.origin.locate("name"))


def _twice(machine: Machine, first: Location) -> Problem:
    message = f"The machine {quoted(machine.name)} stands twice (first in {first.file}, line {first.line})."
    return _problem(machine.origin.locate("name"), message, "Remove one.")


def _different(readings: list[SourceData], kind: str) -> Iterator[Problem]:
    known: dict[str, Any] = {}
    for reading in readings:
        for name, value in getattr(reading, kind).items():
            if known.setdefault(name, value) != value:
                word = kind[:-1]
                place = reading.places[word, name]
                yield _problem(
                    place,
                    f"The {word} {quoted(name)} is another one in another file.",
                    "Rename one.",
                )


def _rings(readings: list[SourceData]) -> Iterator[Problem]:
    known: dict[str, Any] = {}
    for reading in readings:
        for ring in reading.rings:
            if known.setdefault(ring.name, ring) != ring:
                place = reading.places["ring", ring.name]
                yield _problem(
                    place,
                    f"The ring {quoted(ring.name)} is another one in another file.",
                    "Rename one.",
                )
    yield from _ring_order(list(known), readings)


def _ring_order(order: list[str], readings: list[SourceData]) -> Iterator[Problem]:
    """Rings that stand in another order than in the files before: nobody could tell which comes
    first.
    """
    for reading in readings:
        for ring, following in pairwise(reading.rings):
            if order.index(ring.name) > order.index(following.name):
                place = reading.places["ring", following.name]
                said = f"The ring {quoted(ring.name)} stands before {quoted(following.name)}, in another file after it."
                yield _problem(place, said, "Give the rings one order.")


def _unknown_names(
    fleet: Fleet, readings: list[SourceData], maintenance: MaintenanceLinks, *, strict: bool
) -> Iterator[Problem]:
    """Windows, groups and rings that are used and nowhere described, or described as none."""
    known = {
        "window": set(fleet.windows),
        "group": set(fleet.groups),
        "ring": {ring.name for ring in fleet.rings},
    }
    for kind, name, place in _used_names(fleet, readings):
        if kind == "window" and name in maintenance.refused and name not in fleet.windows:
            refusal = maintenance.refused[name]
            if not strict:
                continue
            yield _problem(
                place(),
                f"The window {quoted(name)} is a maintenance configuration, but: {refusal.reason}",
            )
        elif name not in known[kind]:
            advice = did_you_mean(name, known[kind]) or f"Describe it under '{kind}s'."
            yield _problem(place(), f"The {kind} {quoted(name)} is described nowhere.", advice)


def _used_names(
    fleet: Fleet, readings: list[SourceData]
) -> Iterator[tuple[str, str, Callable[[], Location]]]:
    """(kind, name, where) of each use; the place is looked up only for a problem.

    Machines with a placement that was found in order before are passed over: thousands share one.
    """
    fine = _placements_in_order(fleet)
    for machine in fleet.machines:
        placement, locate = machine.placement, machine.origin.locate
        if placement in fine:
            continue
        yield from (("window", name, partial(locate, "window")) for name in placement.windows)
        yield from (("group", name, partial(locate, "groups")) for name in placement.groups)
        if placement.ring is not None:
            yield "ring", placement.ring, partial(locate, "ring")
    for name, group in fleet.groups.items():
        yield from (
            ("group", other, partial(_place, readings, "group", name)) for other in group.after
        )
    for freeze in fleet.freezes:
        where = partial(_place, readings, "freeze", freeze.name)
        yield from (("group", name, where) for name in freeze.groups)
        yield from (("ring", name, where) for name in freeze.rings)


def _placements_in_order(fleet: Fleet) -> set[Placement]:
    rings = {ring.name for ring in fleet.rings} | {None}
    return {
        each
        for each in {machine.placement for machine in fleet.machines}
        if each.ring in rings
        and fleet.windows.keys() >= set(each.windows)
        and fleet.groups.keys() >= set(each.groups)
    }


def _place(readings: list[SourceData], kind: str, name: str) -> Location:
    return next(
        reading.places[kind, name] for reading in readings if (kind, name) in reading.places
    )


def _circles(fleet: Fleet, readings: list[SourceData]) -> Iterator[Problem]:
    """Groups that wait for each other."""
    done: set[str] = set()
    for start in fleet.groups:
        path = _circle_from(start, fleet, done)
        if path:
            way = " after ".join(map(quoted, path))
            yield _problem(
                _place(readings, "group", path[0]),
                f"Groups wait for each other: {way}.",
                "Take one `after` out.",
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
