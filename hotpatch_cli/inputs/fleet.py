"""Several sources, one fleet: each is read by the reader that recognizes it, then joined and
cross-checked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

from hotpatch_cli.documents.codec import did_you_mean, plain_name
from hotpatch_cli.documents.redaction import redacted, redacted_value
from hotpatch_cli.documents.tree import Document, Mapping, quoted
from hotpatch_cli.errors import EmptyInputError, InputError, Problem
from hotpatch_cli.inputs.changes import (
    change_counts,
    keep_changes,
    read_deployment,
    remaining,
)
from hotpatch_cli.inputs.checks import fleet_problems, repeated_machines, unused_keys
from hotpatch_cli.inputs.open_source import open_documents
from hotpatch_cli.inputs.others.report import is_report
from hotpatch_cli.inputs.source import (
    INVENTORY,
    Joined,
    LazyReader,
    MaintenanceLinks,
    SourceData,
    group_of,
)
from hotpatch_cli.model import NO_LIMITS, Fleet, GroupRule, Machine, Ring
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window

if TYPE_CHECKING:
    from hotpatch_cli.inputs.default_facts import FactLayer

READERS: dict[str, LazyReader] = {
    "inventory": LazyReader("hotpatch inventory (YAML or JSON)", "inventory.reader"),
    "collected": LazyReader("output of the `hotpatch collect` script", "others.collected"),
    "azure-vms": LazyReader(
        "Azure VMs and scale sets: az vm list/show, REST, Resource Graph, PSRule",
        "azure.vms",
        shares=True,
    ),
    "arc": LazyReader(
        "Azure Arc: az connectedmachine, REST, Resource Graph, license profiles",
        "azure.arc",
        shares=True,
    ),
    "azure-local": LazyReader(
        "Azure Local: VM instances and their images", "azure.azure_local", shares=True
    ),
    "patch-state": LazyReader(
        "patch state: patch assessments and installations, Get-HotFix, Get-ComputerInfo, registry, "
        "systeminfo, win_updates",
        "azure.patch_state",
        shares=True,
    ),
    "maintenance": LazyReader(
        "Azure maintenance configurations and their assignments: az maintenance, REST, "
        "Resource Graph",
        "azure.maintenance",
        shares=True,
    ),
    "terraform": LazyReader(
        "Terraform: terraform show -json of a plan or state, terraform.tfstate", "terraform.plan"
    ),
    "arm-template": LazyReader(
        "ARM templates with an optional parameters file; Bicep",
        "templates.arm_template",
    ),
    "what-if": LazyReader(
        "results of `az deployment group|sub|mg|tenant what-if --no-pretty-print -o json`",
        "templates.what_if",
    ),
    "image-builder": LazyReader(
        "Azure Image Builder templates: az image builder, REST, Resource Graph",
        "others.image_builder",
    ),
    "packer": LazyReader("Packer templates (JSON or HCL) with an Azure builder", "others.packer"),
    "ansible": LazyReader(
        "Ansible: ansible-inventory --list of azure_rm, azure_rm_virtualmachine_info",
        "others.ansible",
    ),
    "table": LazyReader(
        "tables with one machine per row: CSV, TSV, JSON Lines, Excel, Parquet; "
        "--map assigns columns to fields",
        "tables.table",
        last=True,
    ),
}
"""Name -> reader, in the order in which they are asked; a module is imported when its turn comes.
"""


WINDOWS_READER = "windows"
"""Reads what --windows names."""


class LoadedSources(NamedTuple):
    """The fleet of some sources, notes for the user, and the content of each source."""

    fleet: Fleet
    notes: tuple[str, ...]
    sources: list[SourceData]


def load_fleet(
    names: Iterable[str],
    reader: str | None = None,
    prefer: str | None = None,
    windows: Iterable[str] = (),
    columns: Iterable[str] = (),
) -> tuple[Fleet, tuple[str, ...]]:
    """(the fleet of some files, notes for the user); `-` is standard input, `reader` forces how
    they are read.

    `prefer` names the source type or the file that wins where sources conflict; `windows` are files
    of maintenance configurations; `columns` are `COLUMN=FIELD` mappings of tables. Raises
    InputError with the problems of all files.
    """
    loaded = load_sources(names, reader, prefer, windows, columns)
    return loaded.fleet, loaded.notes


def load_sources(
    names: Iterable[str],
    reader: str | None = None,
    prefer: str | None = None,
    windows: Iterable[str] = (),
    columns: Iterable[str] = (),
    *,
    strict: bool = True,
    changes_only: bool = False,
    allow_empty: bool = False,
    facts: "FactLayer | None" = None,
) -> LoadedSources:
    """The fleet, the notes and the sources; parameters as load_fleet has them. Raises InputError.

    If not `strict`, a machine may name a maintenance configuration that can be no window. With
    `changes_only`, machines that a plan doesn't change are left out. With `allow_empty`, a file may
    have nothing in it, and is named in a note. `facts` are those of `--set`.
    """
    sources: list[SourceData] = []
    problems: list[Problem] = []
    notes: list[str] = []
    columns = list(columns)
    column_map = _column_map(columns)
    for files, forced in ((names, reader), (windows, WINDOWS_READER)):
        documents = open_documents(files, problems)
        platform = _default_platform(documents, facts)
        for document in documents:
            document.chosen, document.platform = column_map, platform
            try:
                sources += _read(document, forced)
            except EmptyInputError as error:
                if allow_empty:
                    notes += (f"{document.file}: {problem.message}" for problem in error.problems)
                else:
                    problems += error.problems
            except InputError as error:
                problems += error.problems
    if not problems:  # a file that can't be read may be the table with the column
        problems += _absent_columns(columns, sources)
    changes = change_counts(sources, only=changes_only)
    if changes_only:
        problems += keep_changes(sources)
    if problems:
        raise InputError(problems)
    maintenance = _maintenance(sources, strict=strict)
    joined = _joined_machines(sources, prefer)
    machines, default_notes = _with_defaults(joined, sources, facts)
    problems += joined.problems
    fleet = _fleet_of(machines, sources)._replace(changes=changes)
    scope_notes: tuple[str, ...] = ()
    if maintenance.scopes:
        from hotpatch_cli.inputs.scope_members import with_scopes

        fleet, scope_notes = with_scopes(fleet, maintenance.scopes)
    problems += fleet_problems(fleet, sources, maintenance, strict=strict)
    if problems:
        raise InputError(dict.fromkeys(problems))
    for source in sources:
        notes += source.notes
    notes += [*maintenance.notes, *scope_notes, *joined.notes, *unused_keys(fleet, sources)]
    notes += default_notes
    return LoadedSources(fleet, tuple(notes), sources)


class PlanSides(NamedTuple):
    """The fleets before and after a plan is applied, and notes for the user."""

    before: Fleet
    after: Fleet
    notes: tuple[str, ...]


def load_sides(name: str) -> PlanSides | None:
    """The two sides of a plan; None for a file that states no changes. Raises InputError."""
    problems: list[Problem] = []
    sources: list[SourceData] = []
    for document in open_documents([name], problems):
        sources += _read(document, None)
    if problems:
        raise InputError(problems)
    earlier = [source.before for source in sources if source.before is not None]
    if len(earlier) < len(sources):
        return None
    notes: list[str] = []
    for source in sources:
        source.machines = remaining(source)
        notes += source.notes
    before, after = _side(earlier, notes), _side(sources, notes)
    return PlanSides(before, after, tuple(notes))


def _side(sources: list[SourceData], notes: list[str]) -> Fleet:
    """The machines of one side of a plan. Raises InputError."""
    joined = _joined_machines(sources, None)
    if joined.problems:
        raise InputError(joined.problems)
    notes += joined.notes
    return Fleet(machines=_labelled(joined.machines))


def fleet_with(sources: list[SourceData], facts: "FactLayer | None" = None) -> Fleet:
    """The fleet of sources of which one, a table, has machines; the others have windows, freezes,
    groups, rings, limits and defaults. `facts` are those of `--set`.

    Raises InputError.
    """
    maintenance = _maintenance(sources, strict=True)
    machines: list[Machine] = []
    for source in sources:
        machines += source.machines
    joined = Joined(machines, (), (), frozenset(range(len(machines))))
    machines, _ = _with_defaults(joined, sources, facts)
    fleet = _fleet_of(machines, sources)
    if problems := fleet_problems(fleet, sources, maintenance, strict=True):
        raise InputError(problems)
    return fleet


def _column_map(columns: list[str]) -> dict[str, str]:
    """Column -> field, as the user wants it. Raises InputError."""
    if not columns:
        return {}
    from hotpatch_cli.inputs.tables.columns import parse_map

    return parse_map(columns)


def _absent_columns(columns: list[str], sources: list[SourceData]) -> Iterator[Problem]:
    """Columns that were chosen for this run and that no table has, such as a misspelled one."""
    if not columns:
        return
    from hotpatch_cli.inputs.tables.columns import ConfiguredMapping

    chosen = _column_map([text for text in columns if not isinstance(text, ConfiguredMapping)])
    tables = [source.absent for source in sources if source.absent is not None]
    for column in chosen:
        if all(column in absent for absent in tables):
            message = f"No table has the column {quoted(column)}."
            remedy = "Check the table's header."
            if not tables:
                message = f"No input is a table with the column {quoted(column)}."
                remedy = "Remove this --map, or add the table."
            yield Problem("--map", None, None, message, remedy)


def _read(document: Document, reader: str | None) -> list[SourceData]:
    """The content of one file; an export of Azure can contain several source types."""
    if reader == WINDOWS_READER:
        return _read_windows(document)
    if is_report(document):
        message = "This is a hotpatch report, not an inventory."
        remedy = "Name the inventory or export instead. To compare reports, run `hotpatch diff`."
        raise InputError([Problem(*document.position(document.root_mark), message, remedy)])
    sources: list[SourceData] = []
    asked = READERS if reader is None else {reader: READERS[reader]}
    for key, lazy_reader in asked.items():
        if lazy_reader.last and sources:
            break
        loaded = lazy_reader.load()
        if reader is None and not loaded.recognizes(document):
            continue
        source = loaded.read(document)
        _place(source, key, document)
        if source.planned is not None:
            return _read_deployment(source, document)
        sources.append(source)
        if not lazy_reader.shares:
            return sources
    if not sources:
        from hotpatch_cli.inputs.tables.table import lone_row

        if lone := lone_row(document):
            raise InputError([Problem(*document.position(document.root_mark), *lone)])
        refusal = EmptyInputError if _is_empty(document.root) else InputError
        raise refusal([_unrecognized(document)])
    from hotpatch_cli.inputs.resources import ignored

    sources[0].notes += ignored(document)
    return sources


def _read_windows(document: Document) -> list[SourceData]:
    """The maintenance configurations and assignments of one file, an export, a template or a plan;
    of the last two, machines are left out.
    """
    for key in ("arm-template", "terraform"):
        if READERS[key].load().recognizes(document):
            sources = _read(document, key)
            if any(source.maintenance is not None for source in sources):
                for source in sources:
                    source.machines, source.shared, source.before = [], {}, None
                return sources
    return _read(document, "maintenance")


def _place(source: SourceData, key: str, document: Document) -> None:
    """Note which reader read a source, and of which file; also of its machines before a plan."""
    for side in filter(None, (source, source.before)):
        side.reader, side.file, side.document = key, document.file, document


def _read_deployment(whole: SourceData, document: Document) -> list[SourceData]:
    """The data of a deployment, by the readers of exports."""
    exports = {key: reader.load() for key, reader in READERS.items() if reader.shares}
    sources = read_deployment(whole, exports)
    for source in sources:
        _place(source, source.reader, document)
    return sources


def _maintenance(sources: list[SourceData], *, strict: bool) -> MaintenanceLinks:
    """Maintenance configurations and their assignments, connected over all files."""
    if all(source.maintenance is None for source in sources):
        return MaintenanceLinks()
    from hotpatch_cli.inputs.azure.maintenance_windows import connect

    return connect(sources, strict=strict)


def _joined_machines(sources: list[SourceData], prefer: str | None) -> Joined:
    """The machines of all sources; one source alone has nothing to join."""
    if len(sources) == 1 and not sources[0].parts and not sources[0].shared:
        source = sources[0]
        exported = () if source.reader == INVENTORY else range(len(source.machines))
        problems = tuple(repeated_machines(source))
        return Joined(source.machines, (), problems, frozenset(exported))
    from hotpatch_cli.inputs.join import join

    return join(sources, prefer)


def _default_platform(documents: list[Document], facts: "FactLayer | None") -> str:
    """The platform of rows that name none; empty where there is none."""
    if facts is None and len(documents) == 1:
        return ""
    from hotpatch_cli.inputs.default_facts import default_platform

    return default_platform(documents, facts)


def _with_defaults(
    joined: Joined, sources: list[SourceData], facts: "FactLayer | None"
) -> tuple[list[Machine], tuple[str, ...]]:
    """(the machines with the facts that defaults and `--set` add, notes on them)."""
    defaults = joined.exported and any(source.defaults for source in sources)
    if facts is None and not defaults:
        return joined.machines, ()
    from hotpatch_cli.inputs.default_facts import filled, layers_of, notes_on

    layers, notes = layers_of(sources, facts)
    machines, uses = filled(joined.machines, joined.exported, layers)
    return machines, (*notes, *notes_on(uses, layers, len(machines)))


def _unrecognized(document: Document) -> Problem:
    from hotpatch_cli.inputs.resources import azure_error
    from hotpatch_cli.inputs.tables.table import unnamed_columns

    if code := azure_error(document):
        message = f"This is an error from Azure ({code}), not an export."
        remedy = "Check your permissions and the command, and then export again."
    elif re.match(r"\s*<(?:!doctype )?html\b", document.text[:200], re.IGNORECASE):
        message = "This is a web page, not an export."
        remedy = "Open it in a browser: it might ask you to sign in."
    elif isinstance(document.root, Mapping) and "reboots" in document.root:
        message = "This is a plan, not an inventory."
        remedy = "To check a plan, run `hotpatch verify PLAN FLEET`."
    elif _is_empty(document.root):
        message = "The file contains no data."
        remedy = "Check the export's filter and permissions."
    elif near := _near_section(document.root):
        place = document.position(near.mark)
        message = f"Unknown key {quoted(near.key)} in an inventory."
        return Problem(*place, message, f"Did you mean '{near.section}'?")
    elif header := unnamed_columns(document):
        message, remedy = header
    else:
        message = f"Unrecognized file type. Supported types: {', '.join(READERS)}."
        remedy = "To create an inventory, run `hotpatch init`."
    return Problem(*document.position(document.root_mark), message, remedy)


class _NearSection(NamedTuple):
    """A key that is nearly a section of an inventory, and the section."""

    key: str
    section: str
    mark: int


def _near_section(root: Any) -> _NearSection | None:
    """The first key that is a section of an inventory but for its spelling, or a word for
    machines, such as `servers`.
    """
    from hotpatch_cli.inputs.fields import BY_PATH
    from hotpatch_cli.inputs.inventory.reader import FLEET_FIELDS

    if not isinstance(root, Mapping):
        return None
    machines = {plain_name(f"{word}s") for word in BY_PATH["name"].columns}
    for key, _, mark, _ in root.placed():
        if plain_name(key) in machines:
            return _NearSection(key, "machines", mark)
        for section in FLEET_FIELDS:
            if did_you_mean(key, [section]) and plain_name(key)[:1] == section[:1]:
                return _NearSection(key, section, mark)
    return None


def _is_empty(root: Any) -> bool:
    """Whether this is an empty export, or a text of comments alone."""
    if isinstance(root, Mapping) and any(root.get(key) == [] for key in ("value", "data")):
        return True
    return root in (None, [], {})


class _Cleaner:
    """Takes secrets out of facts; values that machines share are looked at once, and stay shared.

    Names that lead from one thing to another stay: those of machines, windows, groups, and rings.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}  # with the value, so that its number stays its
        self._texts: dict[str, str] = {}

    def cleaned(self, machine: Machine) -> Machine:
        """The machine without secrets."""
        tags = machine.placement.tags
        region = machine.placement.region
        placement = self.shared(
            machine.placement,
            lambda: machine.placement._replace(tags=self._tags(tags), region=self.value(region)),
        )
        changes = {
            "facts": self.shared(machine.facts, lambda: self.value(machine.facts)),
            "placement": placement,
            "owner": self.value(machine.owner),
            "zone": self.value(machine.zone),
            "availability_set": self.value(machine.availability_set),
            "disputes": self.value(machine.disputes),
        }
        same = all(getattr(machine, name) is value for name, value in changes.items())
        return machine if same else machine._replace(**changes)

    def shared(self, value: Any, clean: Callable[[], Any]) -> Any:
        """The clean form of a value, the value itself where it has no secret."""
        known = self._known.get(id(value))
        if known is None:
            made = clean()
            known = self._known[id(value)] = (value, value if made == value else made)
        return known[1]

    def value(self, value: Any) -> Any:
        """A text, or what has texts in it, without secrets: itself where nothing changes."""
        if type(value) is str:
            if value not in self._texts:
                self._texts[value] = redacted(value)
            clean = self._texts[value]
            return value if clean == value else clean
        if not isinstance(value, tuple):
            return value
        parts = [self.value(part) for part in value]
        if all(map(is_, parts, value)):
            return value
        make = getattr(type(value), "_make", type(value))
        return make(parts)

    def _tags(self, tags: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((key, redacted_value(key, value)) for key, value in tags)


def _fleet_of(machines: list[Machine], sources: list[SourceData]) -> Fleet:
    windows: dict[str, Window] = {}
    groups: dict[str, GroupRule] = {}
    freezes: list[Freeze] = []
    rings: dict[Ring, None] = {}
    for source in sources:
        windows |= source.windows
        groups |= source.groups
        freezes += source.freezes
        rings |= dict.fromkeys(source.rings)
    return Fleet(
        machines=_labelled(list(map(_Cleaner().cleaned, machines))),
        name=next((source.name for source in sources if source.name), None),
        windows=windows,
        freezes=tuple(freezes),
        groups=groups,
        rings=tuple(rings),
        limits=next((source.limits for source in sources if source.limits != NO_LIMITS), NO_LIMITS),
    )


def _labelled(machines: list[Machine]) -> tuple[Machine, ...]:
    """Machines with what a person calls them, no two alike if they have resource ids: `group/name`
    where they share a name, `subscription/group/name` where they share that, and otherwise the id.
    """
    labels = [machine.name for machine in machines]
    for label_of in (_name_in_group, _name_in_subscription, _id_of):
        counts = Counter(labels)
        if len(counts) == len(labels):
            break
        labels = [
            label_of(machine) or label if counts[label] > 1 else label
            for machine, label in zip(machines, labels, strict=True)
        ]
    return tuple(
        machine._replace(label=label) for machine, label in zip(machines, labels, strict=True)
    )


def _name_in_group(machine: Machine) -> str:
    group = group_of(machine.id)
    return f"{group}/{machine.name}" if group else ""


def _name_in_subscription(machine: Machine) -> str:
    subscription = re.match(r"/subscriptions/([^/]+)/", machine.id or "", re.IGNORECASE)
    name = _name_in_group(machine)
    return f"{subscription[1]}/{name}" if subscription and name else ""


def _id_of(machine: Machine) -> str:
    return machine.id or ""
