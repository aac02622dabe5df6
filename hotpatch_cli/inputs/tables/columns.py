"""From the header of a table to the fields of a machine: what the user chose, then names that are
known.

Every reader of tables maps with `mapped`, whatever engine reads the rows, so that a column means
the same in all of them. Guessed and ignored columns are reported: see `notes_on`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from hotpatch_cli.documents.codec import did_you_mean, plain_name
from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.documents.redaction import names_secret
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.inputs import portal_words
from hotpatch_cli.inputs.fields import BY_PATH, FACTS

TAG = "tags."
_OPTION = "--map"
_NAMES_SHOWN = 20
OS_TYPE = "os_type"
"""What a table has beside the fields of an inventory: Windows or Linux."""
FIELDS = (*(path for path in BY_PATH if BY_PATH[path].written), OS_TYPE)
"""Every field path except tags, of which each table has its own: `tags.env`."""

_IMAGE = frozenset({"image.publisher", "image.offer", "image.sku"})
_BARE = frozenset({"publisher", "offer", "sku"})
"""What queries call the parts of an image; only where all three are there do these words mean them.
"""
_VALUE = re.compile(
    r"(?i)(?:azure|arc|azure-local|kb[0-9]{6,8}|[0-9]+(?:\.[0-9]+)+|true|false|/subscriptions/.*"
    r"|(?:microsoft )?windows.*20[0-9]{2}.*)"
)
"""A cell that no header has."""
_TAGGED = re.compile(r"(?i)tags?\s*[._:/]\s*(\S.*?)\s*")


def _known_names() -> dict[str, str]:
    """Plain name of a column -> field path; queries make columns of Azure's own paths too."""
    names: dict[str, str] = {}
    for fact in FACTS:
        for word in fact.columns:
            names[plain_name(word)] = fact.path
        if fact.azure:
            names[plain_name(fact.azure)] = fact.path
            names[plain_name(f"extended.{fact.azure}")] = fact.path
    return portal_words.COLUMNS | names | _OWN


_OWN = {plain_name(path): path for path in FIELDS}
_KNOWN = _known_names()
_AT_END = {plain_name(fact.azure): fact.path for fact in FACTS if "." in fact.azure}
"""Paths of Azure as the end of a column: `vm.properties.storageProfile.imageReference.sku`."""


class Columns(NamedTuple):
    """What the columns of one header mean.

    `fields` maps a column, as written in the header, to a field path; no two columns mean the same
    field. `guessed` is the part of it with another name than the field's own that the user didn't
    choose. `unknown` are the columns that are not read, and `absent` the chosen ones that this
    header does not have (another table may).
    """

    fields: Mapping[str, str]
    guessed: Mapping[str, str]
    unknown: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def names_machines(self) -> bool:
        """Whether a row of it can be a machine: it has a name or a resource id, and at least one
        fact.
        """
        paths = set(self.fields.values()) - {portal_words.RESOURCE_TYPE}
        return bool(paths & {"name", "id"}) and bool(paths - {"name", "id"})


class ConfiguredMapping(str):
    """A choice for every run, from a variable or the configuration: a table need not have its
    column.
    """

    __slots__ = ()


def parse_map(texts: Iterable[str]) -> dict[str, str]:
    """The choices of `--map COLUMN=FIELD`: column -> field path; `COLUMN=` leaves the column out.

    The last `=` separates the two: columns are named by people, fields are not. Raises InputError
    with every problem.
    """
    chosen: dict[str, str] = {}
    problems: list[Problem] = []
    for text in texts:
        column, parted, field = text.rpartition("=")
        column, path = column.strip(), known_field(field.strip())
        if not parted or not column:
            problems.append(
                _wrong(f"{quoted(text)} isn't a valid mapping.", "Use the format COLUMN=FIELD.")
            )
        elif path is None:
            advice = (
                did_you_mean(field.strip(), FIELDS)
                or f"Fields: {', '.join(FIELDS)}, and tags.NAME."
            )
            problems.append(_wrong(f"Unknown field {quoted(field.strip())}.", advice))
        elif path and names_secret(column) and not names_secret(path):
            problems.append(
                _wrong(
                    f"The column {quoted(column)} names a secret.", "Leave it out, or rename it."
                )
            )
        elif column in chosen:
            problems.append(_wrong(f"The column {quoted(column)} is mapped twice.", "Keep one."))
        elif path and path in chosen.values():
            problems.append(_wrong(f"The field {quoted(path)} is mapped twice.", "Keep one."))
        else:
            chosen[column] = path
    if problems:
        raise InputError(problems)
    return chosen


def _wrong(message: str, remedy: str) -> Problem:
    return Problem(_OPTION, None, None, message, remedy)


def known_field(text: str) -> str | None:
    """A field path as it is written here, `tags.NAME` included; "" for nothing; None for what is no
    field.
    """
    if text.lower().startswith(TAG) and text[len(TAG) :].strip():
        return TAG + text[len(TAG) :].strip()
    lower = text.lower()
    return lower if not lower or lower in FIELDS else None


def mapped(header: Sequence[str], chosen: Mapping[str, str] = MappingProxyType({})) -> Columns:
    """What the columns of a header mean: what was chosen, else a field's own name, else a name that
    is known.

    Of two columns that would mean the same field the first of these wins, and the other is unknown;
    a column without a name is left out. `chosen` is what `parse_map` gives; letter case and outer
    spaces of columns do not matter.
    """
    wanted = {_folded(column): path for column, path in chosen.items()}
    present = {_folded(column) for column in header}
    named = [column for column in header if column.strip()]

    # what the user chose comes first
    fields = {column: wanted[_folded(column)] for column in named if _folded(column) in wanted}
    left = [column for column in named if column not in fields]

    # then a field's own name, and only then a guess: the guess may be wrong
    taken = set(fields.values())
    for meaning in (_own, _guess):
        for column in sorted(left, key=_is_vague):
            path = meaning(column)
            if path in taken and _is_vague(column):
                path = OS_TYPE
            if path is not None and path not in taken and column not in fields:
                fields[column] = path
                taken.add(path)

    if not taken.issuperset(_IMAGE):  # a `sku` alone is as often the size of a machine
        for column in left:
            if plain_name(column) in _BARE:
                fields.pop(column, None)

    read = {column: fields[column] for column in named if fields.get(column)}
    guessed = {column: read[column] for column in left if column in read}
    return Columns(
        fields=read,
        guessed={column: path for column, path in guessed.items() if _own(column) != path},
        unknown=tuple(column for column in named if column not in fields),
        absent=tuple(column for column in chosen if _folded(column) not in present),
    )


def _folded(column: str) -> str:
    """A column without what does not matter in a choice: letter case and outer spaces."""
    return column.strip().casefold()


def _is_vague(column: str) -> bool:
    """Whether a column has the name of a system in some tables, and its type in others."""
    return plain_name(column) == "operatingsystem"


def _own(column: str) -> str | None:
    """The field of that very name, in any letter case and spacing: `Restart Pending`."""
    if column.strip().lower().startswith(TAG):
        return known_field(column.strip())
    return _OWN.get(plain_name(column))


def _guess(column: str) -> str | None:
    """The field that a column of another name means: `OS Build`; `tag_env` is a tag."""
    if tag := _TAGGED.fullmatch(column.strip()):
        return TAG + tag[1]
    plain = plain_name(column)
    # the views of Configuration Manager append 0 to the names of their columns: `Name0`
    spellings = (plain, plain.removeprefix("properties"), plain.removesuffix("0"))
    if known := next((_KNOWN[name] for name in spellings if name in _KNOWN), None):
        return known
    return next((path for end, path in _AT_END.items() if plain.endswith(end)), None)


def column_names(columns: Sequence[str]) -> str:
    """The first columns of a header, quoted."""
    return and_more(list(map(quoted, columns)), _NAMES_SHOWN)


def no_machines_in(columns: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a header that names no machines, and the fix."""
    message = f"No column has the names of machines. Columns: {column_names(columns)}."
    if not mapped(columns).fields and any(map(_VALUE.fullmatch, columns)):
        message = f"The table has no header. Its first row is {column_names(columns)}."
    if any(_KNOWN.get(plain_name(column)) in ("name", "id") for column in columns):
        message = f"No column has facts about the machines. Columns: {column_names(columns)}."
    return message, "Add a header row, or assign columns to fields with --map COLUMN=FIELD."


def notes_on(file: str, columns: Columns) -> tuple[str, ...]:
    """Sentences for the user on one table: what was guessed, and which columns are not read."""
    notes = []
    if columns.guessed:
        pairs = ", ".join(f"{quoted(column)} as {path}" for column, path in columns.guessed.items())
        notes.append(
            f"{file}: mapped columns: {pairs}. To change a mapping, use --map COLUMN=FIELD."
        )
    if columns.unknown:
        notes.append(f"{file}: ignored columns: {', '.join(map(quoted, columns.unknown))}.")
    return tuple(notes)
