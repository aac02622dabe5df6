"""A fleet as an inventory in YAML: readable, and the same to whoever loads it, in any version of
YAML.

Shared settings are written once, in `defaults`. Texts that could be read as a number, a boolean,
or a date are in quotes. Facts on which sources conflict, and facts that a template leaves open, are
comments.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.eligibility.os_type import system_of
from hotpatch_cli.inputs.field_types import write_image
from hotpatch_cli.inputs.fields import FACTS, GETTERS, default_of
from hotpatch_cli.model import Machine
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.schedule.zones import known_zone

Fields = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9_./+@ -]|:(?=\S))*(?<=[A-Za-z0-9_/.)-])")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,8}")
_LONGEST_KEY = 256
_OWN = frozenset({"name", "id"})
_SAID_UNKNOWN = frozenset({("arc", "hotpatch"), ("arc", "enablement")})
"""Fields that have a word for what is not known. Left out, they would say less than that somebody
cannot tell.
"""


def inventory_yaml(
    machines: Sequence[Machine],
    name: str | None,
    kept: Mapping[str, Any],
    files: Iterable[str],
    misfits: Sequence[Mapping["Leaf", Any]] = (),
) -> str:
    """The text of an inventory. `kept` has windows, freezes, groups, rings and limits as they were
    written; `files` are the sources, which a comment names; `misfits` has, for each machine, what
    is left out.
    """
    rows = _unique([fields_of(machine) for machine in machines])
    misfits = misfits or [{}] * len(rows)
    rows = [_less(row, wrong) if wrong else row for row, wrong in zip(rows, misfits, strict=True)]
    defaults = _shared(rows)
    lines = [f"# Written by `hotpatch convert` from {visible(', '.join(files))}."]
    if name:
        lines.append(f"fleet: {_text(name)}")
    if defaults:
        lines += ["defaults:", *_block(_nested(defaults), 1)]
    for key, value in kept.items():
        lines += [
            "",
            f"{key}:",
            *(_block(value, 1) if isinstance(value, Mapping) else _list(value, 1)),
        ]
    lines += ["", "machines:"]
    for machine, row, wrong in zip(machines, rows, misfits, strict=True):
        lines += [f"  # {visible(comment)}" for comment in _comments(machine)]
        lines += [
            f"  # no word for {'.'.join(leaf)}: {quoted(value)}" for leaf, value in wrong.items()
        ]
        first, *rest = _block(_nested(_without(row, defaults)), 2)
        lines += [f"  - {first.strip()}", *rest]
    return "\n".join(lines) + "\n"


def _comments(machine: Machine) -> Iterator[str]:
    for dispute in machine.disputes:
        values = dict(dispute.values)
        yield f"sources disagree on {values['field']}: {values['said']}"
    for field, expression in machine.facts.unresolved:
        yield f"{field} is open: {expression}"


# --- a machine as fields ----------------------------------------


def fields_of(machine: Machine) -> Fields:
    """What an inventory says of a machine; what is not known is left out."""
    fields: Fields = {}
    for fact in FACTS:
        if fact.path not in GETTERS or not fact.written or fact.path == "container":
            continue
        if fact.path in _WRITERS:
            value = _WRITERS[fact.path](machine)
        else:
            value = GETTERS[fact.path](machine)
            value = None if value in (None, default_of(fact)) else fact.type.write(value)
        group, _, key = fact.path.partition(".")
        if key:
            fields.setdefault(group, {})[key] = value
        else:
            fields[fact.path] = value
        if fact.path == "image" and machine.facts.image:
            fields["container"] = machine.facts.image.container
    return _filled(fields)


def _image(machine: Machine) -> Any:
    facts = machine.facts
    if facts.built:
        return {"id": facts.built}
    return write_image(facts.image) if facts.image else None


def _system(machine: Machine) -> str | None:
    """The words for the operating system; its type where what is written beside them would tell
    another one.
    """
    facts = machine.facts
    skipped = system_of(facts) == "linux"
    image = None if facts.built else facts.image
    written = facts._replace(os_type=None, configured=None, image=image)
    if skipped == (system_of(written) == "linux"):
        return facts.os
    return "Linux" if skipped else "Windows"


def _timezone(machine: Machine) -> str | None:
    zone = machine.placement.timezone
    return zone if zone and known_zone(zone) else None


def _tags(machine: Machine) -> dict[str, str]:
    return {key: value for key, value in machine.placement.tags if _is_name(key) and value.strip()}


_WRITERS: dict[str, Callable[[Machine], Any]] = {
    "name": lambda machine: machine.label or machine.name,
    "image": _image,
    "os": _system,
    "timezone": _timezone,
    "tags": _tags,
}
"""Facts that an inventory has otherwise than the model."""


def _is_name(key: str) -> bool:
    return bool(key.strip()) and len(key) <= _LONGEST_KEY and not re.search(r"[\x00-\x1f\x7f]", key)


def _filled(fields: Mapping[str, Any]) -> Fields:
    """Fields that hold something."""
    filled = {}
    for key, value in fields.items():
        inside = _filled(value) if isinstance(value, dict) else value
        if inside not in (None, "", [], {}):
            filled[key] = inside
    return filled


def _unique(rows: list[Fields]) -> list[Fields]:
    """Names are unique in an inventory; machines of one name and no group get a number."""
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["name"]] += 1
        if seen[row["name"]] > 1:
            row["name"] = f"{row['name']} ({seen[row['name']]})"
    return rows


# --- what machines share ----------------------------------------

Leaf = tuple[str, ...]


def leaves(row: Fields) -> dict[Leaf, Any]:
    """The fields of a row, of a mapping each of its own: `("arc", "status")`; an image is one
    value.
    """
    parts: dict[Leaf, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict) and key != "image":
            parts |= {(key, inner): part for inner, part in value.items()}
        else:
            parts[key,] = value
    return parts


def _shared(rows: list[Fields]) -> dict[Leaf, Any]:
    """What every machine states and most state alike: a default, which the others' own word
    replaces.
    """
    if len(rows) < 2:  # noqa: PLR2004  one machine shares nothing
        return {}
    counts: dict[Leaf, Counter[str]] = {}
    values: dict[str, Any] = {}
    for row in rows:
        for leaf, value in leaves(row).items():
            if leaf[0] not in _OWN and not isinstance(value, dict):
                values[repr(value)] = value
                counts.setdefault(leaf, Counter())[repr(value)] += 1
    shared = {}
    for leaf, counter in counts.items():
        text, count = counter.most_common(1)[0]
        if counter.total() == len(rows) and count * 2 > len(rows):
            shared[leaf] = values[text]
    return shared


def _less(row: Fields, wrong: Mapping[Leaf, Any]) -> Fields:
    """A row without what an inventory cannot say."""
    rest: Fields = {}
    for leaf, value in leaves(row).items():
        if leaf in wrong and leaf not in _SAID_UNKNOWN:
            continue
        key, *inner = leaf
        kept = "Unknown" if leaf in wrong else value
        if inner:
            rest.setdefault(key, {})[inner[0]] = kept
        else:
            rest[key] = kept
    return rest


def _without(row: Fields, defaults: Mapping[Leaf, Any]) -> dict[Leaf, Any]:
    return {
        leaf: value
        for leaf, value in leaves(row).items()
        if leaf not in defaults or defaults[leaf] != value
    }


def _nested(leaves: Mapping[Leaf, Any]) -> Fields:
    nested: Fields = {}
    for (key, *inner), value in leaves.items():
        if inner:
            nested.setdefault(key, {})[inner[0]] = _Typed(value)
        else:
            nested[key] = _Typed(value)
    return nested


# --- YAML ----------------------------------------


class _Typed:
    """A value of ours, whose type is known: a text of digits is a text."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _block(node: Mapping[str, Any], depth: int) -> list[str]:
    """The lines of a mapping; a nested value is on the line of its key."""
    return [f"{'  ' * depth}{_text(key)}: {_flow(value)}" for key, value in node.items()]


def _list(node: Any, depth: int) -> list[str]:
    return [f"{'  ' * depth}- {_flow(item)}" for item in node]


def _flow(value: Any) -> str:
    if isinstance(value, _Typed):
        return _typed(value.value)
    if isinstance(value, Mapping):
        parts = (f"{_text(key, flow=True)}: {_flow(part)}" for key, part in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return value  # as it was written: a number is a number for an editor too
    return _typed(value)


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        parts = (f"{_text(key, flow=True)}: {_flow_typed(part)}" for key, part in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow_typed, value)) + "]"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else _text(value)


def _flow_typed(value: Any) -> str:
    return _text(value, flow=True) if isinstance(value, str) else _typed(value)


def _text(text: str, *, flow: bool = False) -> str:
    """A text, in quotes where it could be taken for something else or would not come back."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not (flow and ":" in text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  half of a pair: YAML has no way to write it
        return "\ufffd"
    for mark, digits in (("x", 2), ("u", 4)):
        if code < 16**digits:
            return f"\\{mark}{code:0{digits}x}"
    return f"\\U{code:08x}"
