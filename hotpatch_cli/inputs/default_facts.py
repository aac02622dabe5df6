"""Facts for machines of tables and exports whose sources don't state them: the defaults of an
inventory beside them, and `--set FIELD=VALUE`.

A stated fact is never overridden. The defaults of an inventory come before `--set`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.phrases import and_more, counted
from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.documents.tree import Mapping as Node
from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.inputs.field_merge import FieldValues, more_specific, value_of, with_values
from hotpatch_cli.inputs.field_types import PLATFORM
from hotpatch_cli.inputs.fields import BY_PATH, FACTS, GROUPS, default_of
from hotpatch_cli.inputs.images import FixedOrigin
from hotpatch_cli.inputs.inventory.machines import DEFAULT_FIELDS
from hotpatch_cli.inputs.source import JoinedOrigin, SourceData, is_written
from hotpatch_cli.inputs.tables.cells import node_of
from hotpatch_cli.inputs.tables.columns import TAG, known_field
from hotpatch_cli.model import Location, Machine, Origin

OPTION = "--set"
SETTABLE = tuple(
    fact.path
    for fact in FACTS
    if fact.written and fact.path.partition(".")[0] not in ("name", "id")
)
"""Fields that many machines can share: all but those that identify one."""
_MISSING = (None, ())
_NAMES_SHOWN = 10


class FactLayer(NamedTuple):
    """Facts that apply where no source states them: those of an inventory or of `--set`."""

    name: str
    values: FieldValues
    origin: Origin


class Filled(NamedTuple):
    """Machines with the facts of layers, and how many machines use each fact, by (name of the
    layer, field).
    """

    machines: list[Machine]
    uses: Counter[tuple[str, str]]


def parse_set(texts: Iterable[str]) -> FactLayer | None:
    """The facts of `--set FIELD=VALUE`; None where there are none. Raises InputError with every
    problem.
    """
    pairs: dict[str, str] = {}
    problems: list[Problem] = []
    for text in texts:
        field, parted, value = text.partition("=")
        path = known_field(field.strip())
        if not parted or not field.strip() or not value.strip():
            advice = "Use the format FIELD=VALUE, such as platform=arc."
            problems.append(_problem("", f"{quoted(text)} isn't a valid setting.", advice))
        elif path in ("name", "id"):
            message = f"The field '{path}' identifies one machine. Machines can't share it."
            problems.append(_problem("", message, f"Map a column with --map COLUMN={path}."))
        elif path is None or not (path in SETTABLE or path.startswith(TAG)):
            advice = did_you_mean(field.strip(), SETTABLE)
            advice = advice or f"Fields: {', '.join(SETTABLE)}, and tags.NAME."
            problems.append(_problem("", f"Unknown field {quoted(field.strip())}.", advice))
        elif path in pairs:
            problems.append(_problem("", f"The field {quoted(path)} is set twice.", "Keep one."))
        else:
            pairs[path] = value.strip()
            problems += _value_problems(path, value.strip())
    if problems:
        raise InputError(problems)
    if not pairs:
        return None
    values = field_values(_read(node_of(pairs.items(), 0), _log()))
    return FactLayer(OPTION, values, FixedOrigin(Location(OPTION)))


def _value_problems(path: str, text: str) -> list[Problem]:
    """What is wrong with the value of one field."""
    node, log = node_of([(path, text)], 0), _log()
    if path.partition(".")[0] not in node:
        message = f"{quoted(text)} means that there is no value."
        return [_problem(path, message, "Specify a value, or remove this --set.")]
    _read(node, log)
    return [_problem(path, problem.message, problem.remedy) for problem in log.problems]


def _read(node: Node, log: Log) -> dict[str, Any]:
    return {key: DEFAULT_FIELDS[key].codec.read(value, 0, log) for key, value in node.items()}


def _log() -> Log:
    return Log(Document(OPTION, ""))


def _problem(path: str, message: str, advice: str) -> Problem:
    return Problem(f"{OPTION} {path}".rstrip(), None, None, message, advice)


def field_values(record: Mapping[str, Any]) -> FieldValues:
    """The facts of a record as an inventory has them, by their paths."""
    values: FieldValues = {}
    for key, value in record.items():
        if key in GROUPS and value is not None:
            parts = value._asdict().items()
            values |= {f"{key}.{part}": fact for part, fact in parts if fact is not None}
        elif key == "tags":
            values |= {TAG + name: text for name, text in value or ()}
        elif key == "container":
            values |= {"image": value} if value else {}
        elif value not in _MISSING:
            values[key] = value
    return values


# --- the layers of a run ----------------------------------------


def default_platform(documents: Iterable[Document], given: FactLayer | None) -> str:
    """The platform of rows that name none: that of the inventories' defaults, otherwise of `--set`;
    empty where neither has one, or where inventories differ.
    """
    named = set()
    for document in documents:
        defaults = document.root.get("defaults") if isinstance(document.root, Node) else None
        text = defaults.get("platform") if isinstance(defaults, Node) else None
        if text is not None:
            named.add(PLATFORM.codec.read(text, 0, Log(document)))
    if named:
        return (named.pop() or "") if len(named) == 1 else ""
    return str(given.values.get("platform", "")) if given else ""


def platform_of_rows(sources: Sequence[SourceData], given: FactLayer | None) -> str:
    """The same, of sources that are already read."""
    documents = (source.document for source in sources if source.document)
    return default_platform(documents, given)


def layers_of(
    sources: Sequence[SourceData], given: FactLayer | None
) -> tuple[list[FactLayer], list[str]]:
    """(the layers of a run, the strongest first; notes on defaults on which inventories differ)."""
    layers = [
        FactLayer(source.file, field_values(source.defaults), source.defaults_origin)
        for source in sources
        if source.defaults and source.defaults_origin
    ]
    values: dict[str, set[Any]] = {}
    for layer in layers:
        for field, value in layer.values.items():
            values.setdefault(field, set()).add(value)
    differing = [field for field, stated in values.items() if len(stated) > 1]
    notes = []
    if differing:
        files = " and ".join(layer.name for layer in layers)
        which = f"the defaults of {files} differ on {', '.join(differing)}"
        notes = [f"Not applied to machines of other files, because {which}."]
        layers = [
            layer._replace(
                values={key: layer.values[key] for key in layer.values if key not in differing}
            )
            for layer in layers
        ]
    return [*layers, *([given] if given else [])], notes


def filled(
    machines: Sequence[Machine], exported: Collection[int], layers: Sequence[FactLayer]
) -> Filled:
    """The machines, of which those at the positions `exported` have what the layers add."""
    filler = _Filler(layers)
    result = [
        filler.fill(machine) if number in exported else machine
        for number, machine in enumerate(machines)
    ]
    return Filled(result, filler.uses)


class _Filler:
    """Adds facts to machines, and counts them. Machines that are alike share their facts again."""

    def __init__(self, layers: Sequence[FactLayer]) -> None:
        self.uses: Counter[tuple[str, str]] = Counter()
        self._layers = layers
        self._shared: dict[Any, Any] = {}

    def fill(self, machine: Machine) -> Machine:
        """A machine with the facts that it lacks."""
        values: FieldValues = {}
        origins: dict[str, Origin] = {}
        for layer in self._layers:
            for field, value in layer.values.items():
                if field not in values and _is_added(machine, field, value):
                    values[field], origins[field] = value, layer.origin
                    self.uses[layer.name, field] += 1
        if not values:
            return machine
        changed = with_values(machine, values, self._shared)
        return changed._replace(origin=JoinedOrigin(machine.origin, origins))


def _is_added(machine: Machine, field: str, value: Any) -> bool:
    """Whether a machine takes a fact of a layer: no source states it, and sources don't differ on
    it. A fact that a source infers isn't stated; of one that it leaves open in part, the rest is.
    """
    if field in machine.supposed:
        return True
    if any(dict(finding.values).get("field") == field for finding in machine.disputes):
        return False
    fact, stated = BY_PATH.get(field), value_of(machine, field)
    if stated in _MISSING or (fact is not None and stated == default_of(fact)):
        return not is_written(machine.origin, field)
    is_open = field in dict(machine.facts.unresolved)
    return is_open and more_specific(field, value, stated) == value != stated


def notes_on(
    uses: Counter[tuple[str, str]], layers: Sequence[FactLayer], machines: int
) -> tuple[str, ...]:
    """Sentences on the facts that layers added: which, and to how many machines."""
    notes = []
    for layer in layers:
        used = {field: uses[layer.name, field] for field in layer.values}
        fields = [f"{field} ({number:,})" for field, number in used.items() if number]
        if fields:
            what = OPTION if layer.name == OPTION else f"{layer.name}: the defaults"
            total = counted(machines, "machine")
            notes.append(
                f"{what} added facts that no source states, of {total}: "
                f"{and_more(fields, _NAMES_SHOWN)}."
            )
        unused = [field for field, number in used.items() if not number]
        if layer.name == OPTION and unused:
            notes.append(
                f"{OPTION} had no effect: {and_more(unused, _NAMES_SHOWN)}. "
                "Sources state these facts, or no machine comes from a table or an export."
            )
    return tuple(notes)
