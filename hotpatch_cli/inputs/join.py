"""Joining: what several sources state of one machine becomes one machine, and the source of each
fact is kept.

Machines are the same where their resource ids are, or where a source that has no id gives their
name. Between sources, a name is the same in any letter case and with or without its domain. Where
one source has two spellings of a name, they're two machines, and each source means the one that it
spells alike.

A fact on which sources conflict is unknown: the conflict is reported, and nothing is chosen unless
the user prefers a source.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from hotpatch_cli.documents.phrases import and_more, counted
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import Problem
from hotpatch_cli.inputs.azure_facts import platform_of
from hotpatch_cli.inputs.field_merge import (
    FieldValues,
    is_union,
    machine_of,
    more_specific,
    stated_fields,
    value_of,
)
from hotpatch_cli.inputs.source import (
    INVENTORY,
    Joined,
    JoinedOrigin,
    SourceData,
    group_of,
    repeated,
)
from hotpatch_cli.model import Facts, Finding, Image, Location, Machine, Origin, written

AZURE_LOCAL = "azure-local"
NO_IMAGE = Image()
_NAMES_SHOWN = 5
_CONFLICTS_SHOWN = 10


class MachineSource(NamedTuple):
    """What one source states of a machine: the reader, the file, and a machine with those facts.
    `defines` is false for facts about a machine of another source.
    """

    reader: str
    file: str
    machine: Machine
    defines: bool = True


class Claim(NamedTuple):
    """What one source states of one field of a machine."""

    source: MachineSource
    value: Any


Unmatched = list[tuple[SourceData, Machine]]
"""Records of machines that no source has."""


def join(sources: Sequence[SourceData], prefer: str | None = None) -> Joined:
    """The machines of all sources; `prefer` names the reader or the file that wins where they
    differ.
    """
    index = _MachineIndex(sources)
    # machines with an id first: one without is then found by its name
    for with_id in (True, False):
        for source in sources:
            for machine in source.machines:
                if bool(machine.id) is with_id:
                    index.add(MachineSource(source.reader, source.file, machine))
    unmatched: Unmatched = []
    for source in sources:
        for part in source.parts:
            if not index.add_part(source, part):
                unmatched.append((source, part))
    index.add_shared(sources)
    merger = _Merger(prefer)
    entries = index.ordered(sources)
    machines = [merger.merge(entry) for entry in entries]
    exported = frozenset(
        number
        for number, entry in enumerate(entries)
        if any(source.defines and source.reader != INVENTORY for source in entry)
    )
    problems = (*index.problems, *merger.problems, *_unmatched_problems(unmatched, machines))
    notes = (*merger.notes(), *_unmatched_notes(unmatched))
    return Joined(machines, notes, problems, exported)


def _unmatched_problems(unmatched: Unmatched, machines: list[Machine]) -> Iterator[Problem]:
    """Records that belong to no machine: there is no machine at all, or the source names none.

    Assignments of schedules need no machine: the schedules themselves can be listed.
    """
    stated = [one for one in unmatched if one[0].maintenance is None]
    if stated and not machines:
        _, part = stated[0]
        message = "The file has records of machines, but no source defines the machines."
        remedy = "Add an inventory or an export that lists the machines."
        yield _problem(part.origin.locate("name"), message, remedy)
        return
    for source, part in unmatched:
        if source.named_by_file:
            name = quoted(part.name)
            message = f"The file names no machine, and no machine is named {name} like the file."
            remedy = "Save the data in a file that is named after its machine, such as web01.json."
            yield _problem(part.origin.locate("name"), message, remedy)


def _unmatched_notes(unmatched: Unmatched) -> tuple[str, ...]:
    if not unmatched:
        return ()
    names = list(dict.fromkeys(part.name for _, part in unmatched))
    count = counted(len(names), "machine")
    return (f"Ignored records of {count} not in the fleet: {and_more(names, _NAMES_SHOWN)}.",)


def _problem(place: Location, message: str, remedy: str) -> Problem:
    return Problem(place.file, place.line, place.column, message, remedy)


# --- the index of machines ----------------------------------------

Entry = list[MachineSource]
"""All sources of one machine."""
SourceKey = tuple[str, str]


class _MachineIndex:
    """The machines of all sources, by id and by name."""

    def __init__(self, sources: Sequence[SourceData]) -> None:
        self.spellings: dict[tuple[SourceKey, str], set[str]] = {}
        for source in sources:
            for machine in source.machines:
                key = _key(source), machine.name.casefold()
                self.spellings.setdefault(key, set()).add(machine.name)
        self.entries: list[Entry] = []
        self.by_id: dict[str, Entry] = {}
        self.by_name: dict[str, list[Entry]] = {}
        self.problems: list[Problem] = []

    def add(self, source: MachineSource) -> None:
        """Add a machine to the entry of its id, or of its name where it has none; otherwise to a
        new one.
        """
        machine = source.machine
        if machine.id:
            entry = self.by_id.get(machine.id.lower())
        else:
            own = self.spellings[_key(source), machine.name.casefold()]
            entry = self._by_name(machine, own=own)
        if entry is None:
            entry = []
            self.entries.append(entry)
        else:
            for other in entry:
                if _key(other) == _key(source):
                    self._note_repeated(machine, other.machine.origin.locate("name"))
                    return
        entry.append(source)
        if machine.id:
            self.by_id[machine.id.lower()] = entry
        for name in _names_of(machine):
            known = self.by_name.setdefault(name, [])
            if not any(other is entry for other in known):
                known.append(entry)

    def add_part(self, source: SourceData, part: Machine) -> bool:
        """Add what a part states to its machine; False where there is none."""
        entry = self.by_id.get(part.id.lower()) if part.id else None
        if entry is None:
            entry = self._by_name(part, only_without_id=bool(part.id))
        if entry is None and source.named_by_file and len(self.entries) == 1:
            entry = self.entries[0]
        if entry is not None:
            entry.append(MachineSource(source.reader, source.file, part, defines=False))
        return entry is not None

    def add_shared(self, sources: Sequence[SourceData]) -> None:
        """Add what a resource states to every machine that refers to it."""
        shared: dict[str, MachineSource] = {}
        for source in sources:
            for resource_id, machine in source.shared.items():
                shared[resource_id] = MachineSource(
                    source.reader, source.file, machine, defines=False
                )
        if not shared:
            return
        for entry in self.entries:
            references: dict[str, None] = {}
            for machine_source in entry:
                for reference in machine_source.machine.refers:
                    references[reference.lower()] = None
            entry += [shared[reference] for reference in references if reference in shared]

    def ordered(self, sources: Sequence[SourceData]) -> list[Entry]:
        """The entries in the order in which the sources have them."""
        ranks: dict[int, int] = {}
        for source in sources:
            for machine in source.machines:
                ranks[id(machine)] = len(ranks)

        def rank(entry: Entry) -> int:
            return min(ranks.get(id(source.machine), len(ranks)) for source in entry)

        return sorted(self.entries, key=rank)

    def _by_name(
        self,
        machine: Machine,
        *,
        only_without_id: bool = False,
        own: Collection[str] = (),
    ) -> Entry | None:
        """The one entry that goes by a machine's name. A name without its domain is enough where it
        is the only one, and one that is spelled alike wins. `own` are the spellings that the
        machine's source has for the name: if there are several, each is another machine.
        """
        names = _names_of(machine)
        for name in dict.fromkeys((*names, *map(_short, names))):
            entries = self.by_name.get(name, [])
            if only_without_id:
                entries = [
                    entry for entry in entries if not any(source.machine.id for source in entry)
                ]
            entries = _meant(entries, machine.name, own)
            if len(entries) > 1:
                self._note_ambiguous(machine, entries)
                return []
            if entries and len(own) > 1 and _has_other_spelling(entries[0], machine.name):
                self._note_spelling(machine, entries[0], own)
                return []
            if entries:
                return entries[0]
        return None

    def _note_repeated(self, machine: Machine, first: Location) -> None:
        place = machine.origin.locate("name")
        self.problems.append(repeated(machine.name, first.file, first.line, place))

    def _note_spelling(self, machine: Machine, entry: Entry, own: Collection[str]) -> None:
        other = entry[0]
        names = " or ".join(map(quoted, sorted(own)))
        message = f"{quoted(other.machine.name)} of {other.file} can be {names} of this file."
        remedy = "Specify the name in the same letters in both files."
        self.problems.append(_problem(machine.origin.locate("name"), message, remedy))

    def _note_ambiguous(self, machine: Machine, entries: list[Entry]) -> None:
        groups = ", ".join(
            quoted(group_of(entry[0].machine.id) or entry[0].file)
            for entry in entries[:_NAMES_SHOWN]
        )
        message = f"{len(entries)} machines are named {quoted(machine.name)} (in {groups})."
        remedy = "Specify the `id` of the machine."
        self.problems.append(_problem(machine.origin.locate("name"), message, remedy))


def _names_of(machine: Machine) -> list[str]:
    return list(dict.fromkeys(name.casefold() for name in (machine.name, *machine.aliases)))


def _short(name: str) -> str:
    """A host name without its domain; an address stays what it is."""
    first = name.partition(".")[0]
    return name if first.isdigit() else first


def _key(source: SourceData | MachineSource) -> SourceKey:
    """What defines a machine once: a file, or all inventories together.

    Two readers of one file are two sources: a VM of Azure Local is also the machine of Azure Arc
    that is its parent.
    """
    return source.reader, "" if source.reader == INVENTORY else source.file


def _meant(entries: list[Entry], name: str, own: Collection[str]) -> list[Entry]:
    """The machines that a name can mean: not one of another spelling, where one is spelled alike or
    where the source of the name has that spelling too.
    """
    exact = any(_is_spelled(entry, {name}) for entry in entries)
    return [
        entry
        for entry in entries
        if not _has_other_spelling(entry, name) or not (exact or _is_spelled(entry, own))
    ]


def _is_spelled(entry: Entry, names: Collection[str]) -> bool:
    """Whether a source gives a machine one of these names, letter by letter."""
    return any(source.machine.name in names for source in entry)


def _has_other_spelling(entry: Entry, name: str) -> bool:
    """Whether a machine has this name, but in other letters alone."""
    names = {source.machine.name for source in entry}
    return name not in names and name.casefold() in map(str.casefold, names)


# --- merging the claims of sources ----------------------------------------


class _Merger:
    """Merges what sources state of a machine, and counts on what they differ."""

    def __init__(self, prefer: str | None) -> None:
        self.prefer = prefer
        self.problems: list[Problem] = []
        self._conflicts: list[str] = []
        self._decided = 0
        self._shared: dict[Any, Any] = {}

    def merge(self, entry: Entry) -> Machine:
        """One machine from all that is stated of it."""
        if len(entry) == 1:
            return entry[0].machine
        claims: dict[str, list[Claim]] = {}
        for source in entry:
            for field, value in stated_fields(source.machine).items():
                claims.setdefault(field, []).append(Claim(source, value))
        values: FieldValues = {}
        origins: dict[str, Origin] = {}
        conflicts: list[Finding] = []
        for field, field_claims in claims.items():
            winner = self._agreed(field, field_claims)
            if winner is not None:
                values[field] = winner.value
            elif field == "platform":
                continue
            else:
                conflicts.append(_conflict(field, field_claims))
            origins[field] = (winner or field_claims[0]).source.machine.origin
        supposed = _supposed(entry, claims)
        for field, claim in supposed.items():
            values[field], origins[field] = claim.value, claim.source.machine.origin
        values["platform"] = self._platform(claims.get("platform", []), values)
        first = entry[0].machine
        machine = machine_of(first, values, [source.machine for source in entry], self._shared)
        self._conflicts += [f"{first.name}: {_sentence(conflict)}" for conflict in conflicts]
        others = tuple(source.machine.origin for source in entry[1:])
        return machine._replace(
            origin=JoinedOrigin(first.origin, origins, others),
            disputes=tuple(conflicts),
            supposed=tuple(
                field for field, claim in supposed.items() if field in claim.source.machine.supposed
            ),
            defaulted=(),
        )

    def _agreed(self, field: str, claims: list[Claim]) -> Claim | None:
        """The claim that all others fit; None where they contradict each other and none is
        preferred.
        """
        best = claims[0]
        if is_union(field):
            union: dict[Any, None] = {}
            for claim in claims:
                union |= dict.fromkeys(claim.value)
            return Claim(best.source, tuple(union))
        for claim in claims[1:]:
            chosen = more_specific(field, best.value, claim.value)
            if chosen is None:
                return self._preferred(claims)
            if chosen is not best.value:
                best = claim
        return best

    def _preferred(self, claims: list[Claim]) -> Claim | None:
        if self.prefer is None:
            return None
        for claim in claims:
            if self.prefer in (claim.source.reader, claim.source.file):
                self._decided += 1
                return claim
        return None

    def _platform(self, claims: list[Claim], values: FieldValues) -> Any:
        """The platform: a machine of Arc on Azure Local is judged by its image, and any other
        contradiction is a problem.
        """
        if not claims:  # a table inferred it, or it's a default; or no source has it
            return values.get("platform")
        if "platform" in values:
            only_azure_local = {claim.source.reader for claim in claims} == {AZURE_LOCAL}
            if only_azure_local and values.get("image", NO_IMAGE).sku:
                return platform_of(Facts(image=values["image"], os=values.get("os")))
            return values["platform"]
        if {claim.value for claim in claims} == {"arc", "azure-local"}:
            return platform_of(Facts(image=values.get("image"), os=values.get("os")))
        said = dict(_conflict("platform", claims).values)["said"]
        message = f"Sources conflict: platform is {said}."
        remedy = "Correct one of them, or choose a source with --prefer."
        place = claims[-1].source.machine.origin.locate("platform")
        self.problems.append(_problem(place, message, remedy))
        return None

    def notes(self) -> tuple[str, ...]:
        """What is reported of contradictions: the first ten, and how many there are."""
        count = len(self._conflicts)
        lines = [f"Sources conflict: {line}" for line in self._conflicts[:_CONFLICTS_SHOWN]]
        if count > _CONFLICTS_SHOWN:
            more = count - _CONFLICTS_SHOWN
            lines.append(
                f"... and {counted(more, 'more conflict')}. The report lists all of them (HP414)."
            )
        if count:
            lines.append(
                "Facts on which sources conflict are unknown. "
                "To choose a source, use --prefer SOURCE or --prefer FILE."
            )
        if self._decided:
            lines.append(
                f"Sources conflict on {counted(self._decided, 'fact')}. "
                f"Resolved with --prefer {self.prefer}."
            )
        return tuple(lines)


def _supposed(entry: Entry, claims: dict[str, list[Claim]]) -> dict[str, Claim]:
    """Field -> the first claim on it among facts that no source states: the defaults of an
    inventory, then what other sources infer.
    """
    found: dict[str, Claim] = {}
    for fields in ("defaulted", "supposed"):
        for source in entry:
            for field in getattr(source.machine, fields):
                value = value_of(source.machine, field)
                if field not in claims and value is not None and value != ():
                    found.setdefault(field, Claim(source, value))
    return found


def _conflict(field: str, claims: list[Claim]) -> Finding:
    """HP414: which source states what of a field."""
    evidence: dict[tuple[str, str], None] = {}
    for claim in claims:
        value = list(claim.value) if type(claim.value) is tuple else claim.value
        evidence[field, f"{written(value)} in {claim.source.file}"] = None
    said = " and ".join(text for _, text in evidence)
    return Finding("HP414", "default", (("field", field), ("said", said)), tuple(evidence))


def _sentence(conflict: Finding) -> str:
    values = dict(conflict.values)
    return f"{values['field']} is {values['said']}."
