"""Joining: what several sources say of one machine becomes one machine, and who said what stays
known.

Machines are the same where their resource ids are, or where a source that has no id gives their
name. A fact on which sources contradict each other is not known: it is told, and nothing is chosen
unless the user says whom to prefer.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import Problem
from hotpatch_cli.inputs.azure_facts import platform_of
from hotpatch_cli.inputs.field_merge import (
    LISTS,
    FieldValues,
    machine_of,
    more_specific,
    stated_fields,
)
from hotpatch_cli.inputs.source import SourceData, group_of
from hotpatch_cli.model import Facts, Finding, Image, Location, Machine, Origin, written

OWN = "inventory"
LOCAL = "azure-local"
NO_IMAGE = Image()


class MachineSource(NamedTuple):
    """One source's words on one machine: the reader and the file, and a machine with what was said."""

    reader: str
    file: str
    machine: Machine


class Joined(NamedTuple):
    """The machines of all sources, and what the user must know of the joining."""

    machines: list[Machine]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def join(readings: Sequence[SourceData], prefer: str | None = None) -> Joined:
    """The machines that readings speak of; `prefer` names the reader or the file that wins where
    they differ.
    """
    people = _MachineIndex()
    for wanted in (True, False):
        for reading in readings:
            for machine in reading.machines:
                if bool(machine.id) is wanted:
                    people.add(MachineSource(reading.reader, reading.file, machine))
    told = [(reading, part) for reading in readings for part in reading.parts]
    strangers = [(reading, part) for reading, part in told if not people.tell(reading, part)]
    people.tell_shared(readings)
    merger = _Merger(prefer)
    machines = [merger.merged(entry) for entry in people.ordered(readings)]
    problems = (*people.problems, *merger.problems, *_homeless(strangers, machines))
    return Joined(machines, (*merger.notes(), *_notes_on(strangers)), problems)


def _homeless(
    strangers: list[tuple[SourceData, Machine]], machines: list[Machine]
) -> Iterator[Problem]:
    """Parts that nobody can place: there is no machine at all, or the source names none."""
    for reading, part in strangers if machines else strangers[:1]:
        if not machines:
            said = "This tells of machines, but not what they are."
            remedy = "Add an inventory or an export that has them, in the same call."
        elif reading.named_by_file:
            said = f"This names no machine, and none is called {quoted(part.name)}, as the file is."
            remedy = "Name the file after its machine, such as web01.json."
        else:
            continue
        yield _problem(part.origin.locate("name"), said, remedy)


def _notes_on(strangers: list[tuple[SourceData, Machine]]) -> tuple[str, ...]:
    if not strangers:
        return ()
    names = ", ".join(dict.fromkeys(part.name for _, part in strangers[:5]))
    more = ", ..." if len(strangers) > 5 else ""
    return (f"Records of {len(strangers)} machines that are not in the fleet: {names}{more}.",)


def _problem(place: Location, message: str, remedy: str) -> Problem:
    return Problem(place.file, place.line, place.column, message, remedy)


# --- who is who -----------------------------------------------------------------------------------


class _MachineIndex:
    """The machines that sources speak of, found by id and by name."""

    def __init__(self) -> None:
        self.entries: list[list[MachineSource]] = []
        self.by_id: dict[str, list[MachineSource]] = {}
        self.by_name: dict[str, list[list[MachineSource]]] = {}
        self.problems: list[Problem] = []

    def add(self, source: MachineSource) -> None:
        """Take in a machine: to the entry of its id, or of its name where it has none; otherwise a
        new one.
        """
        machine = source.machine
        entry = self.by_id.get(machine.id.lower()) if machine.id else self._named(machine)
        if entry is None:
            entry = []
            self.entries.append(entry)
        elif twice := next((each for each in entry if _same_source(each, source)), None):
            self._note_twice(machine, twice.machine.origin.locate("name"))
            return
        entry.append(source)
        if machine.id:
            self.by_id[machine.id.lower()] = entry
        for name in {each.casefold() for each in (machine.name, *machine.aliases)}:
            known = self.by_name.setdefault(name, [])
            if not any(each is entry for each in known):
                known.append(entry)

    def tell(self, reading: SourceData, part: Machine) -> bool:
        """Add what a part says to its machine; False where there is none."""
        entry = self.by_id.get(part.id.lower()) if part.id else None
        if entry is None:
            entry = self._named(part, only_without_id=bool(part.id))
        if entry is None and reading.named_by_file and len(self.entries) == 1:
            entry = self.entries[0]
        if entry is not None:
            entry.append(MachineSource(reading.reader, reading.file, part))
        return entry is not None

    def tell_shared(self, readings: Sequence[SourceData]) -> None:
        """Add what a resource says to every machine that refers to it."""
        shared = {
            key: (reading, said) for reading in readings for key, said in reading.shared.items()
        }
        for entry in self.entries if shared else ():
            for reference in dict.fromkeys(
                each.lower() for source in entry for each in source.machine.refers
            ):
                if reference in shared:
                    reading, said = shared[reference]
                    entry.append(MachineSource(reading.reader, reading.file, said))

    def ordered(self, readings: Sequence[SourceData]) -> list[list[MachineSource]]:
        """The entries in the order in which the sources have them."""
        places = {
            id(machine): place
            for place, machine in enumerate(m for each in readings for m in each.machines)
        }
        return sorted(
            self.entries,
            key=lambda entry: min(places.get(id(each.machine), len(places)) for each in entry),
        )

    def _named(
        self, machine: Machine, *, only_without_id: bool = False
    ) -> list[MachineSource] | None:
        """The one entry that goes by a machine's name. A name without its domain is enough where it
        is the only one.
        """
        names = [each.casefold() for each in (machine.name, *machine.aliases)]
        for name in dict.fromkeys((*names, *map(_short, names))):
            found = self.by_name.get(name, [])
            if only_without_id:
                found = [entry for entry in found if not any(source.machine.id for source in entry)]
            if len(found) > 1:
                self._note_ambiguous(machine, found)
                return []
            if found:
                return found[0]
        return None

    def _note_twice(self, machine: Machine, first: Location) -> None:
        message = f"The machine {quoted(machine.name)} stands twice (first in {first.file}, line {first.line})."
        self.problems.append(_problem(machine.origin.locate("name"), message, "Remove one."))

    def _note_ambiguous(self, machine: Machine, found: list[list[MachineSource]]) -> None:
        groups = ", ".join(
            quoted(group_of(entry[0].machine.id) or entry[0].file) for entry in found[:5]
        )
        message = f"{len(found)} machines are called {quoted(machine.name)} (in {groups})."
        self.problems.append(
            _problem(
                machine.origin.locate("name"), message, "Give the `id` of the one that is meant."
            )
        )


def _short(name: str) -> str:
    """A host name without its domain; an address stays what it is."""
    first = name.partition(".")[0]
    return name if first.isdigit() else first


def _same_source(one: MachineSource, other: MachineSource) -> bool:
    """Whether a machine stands twice in what should have it once: one file, or all inventories
    together.

    Two readers of one file are two sources: a VM of Azure Local is also the machine of Azure Arc
    that is its parent.
    """
    return one.reader == other.reader and (one.file == other.file or one.reader == OWN)


# --- what they say --------------------------------------------------------------------------------


class JoinedOrigin:
    """A machine that several sources know: each field stands where the source has it that was
    believed.
    """

    __slots__ = ("fields", "first")

    def __init__(self, first: Origin, fields: dict[str, Origin]) -> None:
        self.first = first
        self.fields = fields

    def locate(self, field: str) -> Location:
        """The place of a field."""
        return self.fields.get(field, self.first).locate(field)


class _Merger:
    """Merges what sources say of a machine, and counts on what they differ."""

    def __init__(self, prefer: str | None) -> None:
        self.prefer = prefer
        self.problems: list[Problem] = []
        self.told: list[str] = []
        self.decided = 0
        self.shared: dict[Any, Any] = {}

    def merged(self, entry: list[MachineSource]) -> Machine:
        """One machine from all that is said of it."""
        if len(entry) == 1:
            return entry[0].machine
        said: dict[str, list[tuple[MachineSource, Any]]] = {}
        for source in entry:
            for field, value in stated_fields(source.machine).items():
                said.setdefault(field, []).append((source, value))
        values: FieldValues = {}
        origins: dict[str, Origin] = {}
        disputes: list[Finding] = []
        for field, voices in said.items():
            winner = self._agreed(field, voices)
            if winner is None and field == "platform":
                continue
            if winner is None:
                disputes.append(_dispute(field, voices))
            else:
                values[field] = winner[1]
            origins[field] = (winner or voices[0])[0].machine.origin
        if "platform" not in said:
            values["platform"] = next(
                (each.machine.facts.platform for each in entry if each.machine.supposed), None
            )
        elif "platform" not in values:
            values["platform"] = self._platform(said["platform"], values)
        elif values.get("image", NO_IMAGE).sku and {
            source.reader for source, _ in said["platform"]
        } == {LOCAL}:
            values["platform"] = platform_of(Facts(image=values["image"], os=values.get("os")))
        first = entry[0].machine
        machine = machine_of(first, values, [source.machine for source in entry], self.shared)
        self.told += [f"{first.name}: {_told(each)}" for each in disputes]
        return machine._replace(
            origin=JoinedOrigin(first.origin, origins), disputes=tuple(disputes)
        )

    def _agreed(
        self, field: str, voices: list[tuple[MachineSource, Any]]
    ) -> tuple[MachineSource, Any] | None:
        """The (source, value) that all voices fit; None where they contradict each other and nobody
        is preferred.
        """
        best = voices[0]
        if field in LISTS:
            return best[0], tuple(dict.fromkeys(each for _, value in voices for each in value))
        for voice in voices[1:]:
            chosen = more_specific(field, best[1], voice[1])
            if chosen is None:
                return self._preferred(voices)
            best = best if chosen is best[1] else voice
        return best

    def _preferred(
        self, voices: list[tuple[MachineSource, Any]]
    ) -> tuple[MachineSource, Any] | None:
        if self.prefer is None:
            return None
        found = next(
            (each for each in voices if self.prefer in (each[0].reader, each[0].file)), None
        )
        self.decided += found is not None
        return found

    def _platform(self, named: list[tuple[MachineSource, Any]], values: FieldValues) -> Any:
        """Machines of Arc on Azure Local are judged by their image; any other contradiction has no
        answer.
        """
        if {value for _, value in named} == {"arc", "azure-local"}:
            return platform_of(Facts(image=values.get("image"), os=values.get("os")))
        self.problems.append(
            _problem(
                named[-1][0].machine.origin.locate("platform"),
                f"Sources contradict each other on the platform: {_voices('platform', named)}.",
                "Correct one, or say whom to believe with --prefer.",
            )
        )
        return None

    def notes(self) -> tuple[str, ...]:
        """What is told of contradictions: the first ten, and how many there are."""
        shown_at_most = 10
        lines = [f"Sources disagree: {each}" for each in self.told[:shown_at_most]]
        if len(self.told) > shown_at_most:
            lines.append(
                f"... and {len(self.told) - shown_at_most} more contradictions; the report has them all (HP414)."
            )
        if self.told:
            lines.append(
                "A fact on which sources disagree is taken as not known; --prefer READER or FILE decides."
            )
        if self.decided:
            lines.append(
                f"Sources disagree on {self.decided} facts: decided by --prefer {self.prefer}."
            )
        return tuple(lines)


def _dispute(field: str, voices: list[tuple[MachineSource, Any]]) -> Finding:
    """HP414: who says what of a field."""
    seen = tuple(
        dict.fromkeys(
            (field, f"{written(_value(value))} in {source.file}") for source, value in voices
        )
    )
    return Finding(
        "HP414",
        "default",
        (("field", field), ("said", " and ".join(word for _, word in seen))),
        seen,
    )


def _told(dispute: Finding) -> str:
    said = dict(dispute.values)
    return f"{said['field']} is {said['said']}."


def _voices(field: str, voices: list[tuple[MachineSource, Any]]) -> str:
    return dict(_dispute(field, voices).values)["said"]


def _value(value: Any) -> Any:
    return list(value) if type(value) is tuple else value
