"""The machines of dynamic scopes: table and JSON."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

from hotpatch_cli.model import Fleet, ScopeMembers
from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded

_COLUMNS = (
    Column("configuration"),
    Column("assignment", rank=2),
    Column("filter", rank=1, prose=True),
    Column("takes"),
    Column("machines", rank=1, prose=True),
)
_NAMED = 10


def _taken(fleet: Fleet) -> Counter[str]:
    """How many scopes take each machine."""
    return Counter(chain.from_iterable(scope.machines for scope in fleet.scopes))


def without_scope(fleet: Fleet) -> list[str]:
    """The machines that no scope takes, and that none may take."""
    found = set(_taken(fleet))
    for scope in fleet.scopes:
        found.update(label for label, _ in scope.undecided)
    return [machine.label for machine in fleet.machines if machine.label not in found]


def in_several(fleet: Fleet) -> list[str]:
    """The machines that several scopes take."""
    counts = _taken(fleet)
    return [machine.label for machine in fleet.machines if counts[machine.label] > 1]


def render_table(fleet: Fleet, options: ViewOptions) -> str:
    """A row for each scope, then the machines in none and in several, and what is missing."""
    if not fleet.scopes:
        return "No source has dynamic scopes.\n"
    rows = [
        (
            scope.configuration,
            scope.assignment,
            _filter_text(scope),
            str(len(scope.machines)),
            and_more(list(scope.machines), _NAMED) if scope.machines else "-",
        )
        for scope in fleet.scopes
    ]
    lines = "".join(folded(line + "\n", options) for line in _remarks(fleet))
    return "\n".join(filter(None, (drawn(TextTable(_COLUMNS, rows), options), lines)))


def _remarks(fleet: Fleet) -> Iterator[str]:
    for said, labels in (("In no scope", without_scope(fleet)), ("In several", in_several(fleet))):
        if labels:
            yield f"{said}: {and_more(labels, _NAMED)}."
    for scope in fleet.scopes:
        if scope.undecided:
            facts = sorted(set(chain.from_iterable(missing for _, missing in scope.undecided)))
            labels = [label for label, _ in scope.undecided]
            yield (
                f"{scope.configuration} may take {and_more(labels, _NAMED)}: missing "
                f"{', '.join(facts)}."
            )
    yield "Azure evaluates a scope when its schedule begins: its machines can change until then."


def _filter_text(scope: ScopeMembers) -> str:
    """A filter in words; an empty one takes all machines of its subscription."""
    found = scope.scope
    tags = [f"{name}={'|'.join(values)}" for name, values in found.tags]
    parts = {
        "regions": found.locations,
        "OS": found.os_types,
        "types": found.resource_types,
        "groups": found.resource_groups,
        "any tag" if found.any_tag else "all tags": tuple(tags),
    }
    said = [f"{name}: {', '.join(values)}" for name, values in parts.items() if values]
    return "; ".join(said) or "all machines"


def render_json(fleet: Fleet, _options: ViewOptions) -> str:
    """The scopes as JSON."""
    content = {
        "schema_version": 1,
        "scopes": [_scope_dict(scope) for scope in fleet.scopes],
        "without": without_scope(fleet),
        "in_several": in_several(fleet),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _scope_dict(scope: ScopeMembers) -> dict[str, Any]:
    return {
        "configuration": scope.configuration,
        "assignment": scope.assignment,
        "machines": list(scope.machines),
        "undecided": [
            {"machine": label, "missing": list(missing)} for label, missing in scope.undecided
        ],
        "filter": scope.scope._asdict(),
    }


def decision(fleet: Fleet) -> str:
    """What the scopes take, as a sentence without its full stop."""
    scopes = counted(len(fleet.scopes), "dynamic scope")
    return f"{scopes} with {len(_taken(fleet))} of {counted(len(fleet.machines), 'machine')}"
