"""Descriptions of JSON objects: one gives the value, the text and the JSON Schema."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from json.encoder import encode_basestring
from typing import Any, NamedTuple

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}


def words(*known: str) -> Schema:
    """One of some words."""
    return {"enum": list(known), "type": "string"}


def listed(item: Schema) -> Schema:
    """A list of texts, numbers or words."""
    return {"items": item, "type": "array"}


def nullable(kind: Schema) -> Schema:
    """A value of this kind, or null."""
    return {"anyOf": [kind, {"type": "null"}]}


class Maybe(NamedTuple):
    """An object, or null."""

    shape: "Shape"


class ListOf(NamedTuple):
    """A list of objects."""

    shape: "Shape"


class Property(NamedTuple):
    """A key of an object: its type, and how its value comes from the described value.

    `owner` alone determines the value and is shared by many objects: the text of such keys is made
    once for each owner. A key with `given` is optional: it is left out where `given` is false for
    the value, and where the value is None.
    """

    key: str
    kind: "Schema | Shape | Maybe | ListOf"
    value: Callable[[Any], Any]
    owner: Callable[[Any], object] | None = None
    given: Callable[[Any], object] | None = None


class Shape(NamedTuple):
    """A JSON object: its name in the schema, its description, and its keys in their order."""

    name: str
    meaning: str
    fields: tuple[Property, ...]

    def __call__(self, value: Any) -> dict[str, Any]:
        """The object of a value."""
        return _object(self.fields, value)

    def text_writer(self) -> Callable[[Any], str]:
        """A function that writes the text of `json.dumps` for one value after another.

        It caches the texts of shared objects by identity: the values must outlive it.
        """
        template = ""
        parts: list[tuple[Callable[[Any], Any], Callable[[Any], str]]] = []
        for (owner, given), group in groupby(self.fields, key=lambda field: field[3:]):
            fields = tuple(group)
            if given is not None:
                parts.append((_itself, _optional(given, fields)))
                template += "%s"
            elif owner is not None:
                parts.append((_itself, _shared(owner, fields)))
                template += ", %s"
            else:
                for field in fields:
                    parts.append((field.value, _encoder(field.kind)))
                    template += f', "{field.key}": %s'
        template = f"{{{template.removeprefix(', ')}}}"

        def write(described: Any) -> str:
            return template % tuple([encode(value(described)) for value, encode in parts])

        return write

    def schema(self) -> Schema:
        """The JSON Schema, with the objects in it as definitions."""
        within = {shape.name: shape for shape in self._within()}
        definitions = {name: within[name]._schema() for name in sorted(within)}
        return {"$defs": definitions, **self._schema()}

    def _schema(self) -> Schema:
        properties = {field.key: _property(field) for field in self.fields}
        return {
            **({"description": self.meaning} if self.meaning else {}),
            "properties": properties,
            "required": [field.key for field in self.fields if field.given is None],
            "title": self.name,
            "type": "object",
        }

    def _within(self) -> Iterator["Shape"]:
        for field in self.fields:
            shape = _shape_of(field.kind)
            if shape is not None:
                yield shape
                yield from shape._within()


def _shape_of(kind: "Schema | Shape | Maybe | ListOf") -> Shape | None:
    if isinstance(kind, Maybe | ListOf):
        return kind.shape
    return kind if isinstance(kind, Shape) else None


def _property(field: Property) -> Schema:
    kind = field.kind
    title = field.key.replace("_", " ").title()
    if isinstance(kind, Shape):
        return {"$ref": f"#/$defs/{kind.name}"}
    if isinstance(kind, Maybe):
        return {"anyOf": [{"$ref": f"#/$defs/{kind.shape.name}"}, {"type": "null"}]}
    if isinstance(kind, ListOf):
        kind = listed({"$ref": f"#/$defs/{kind.shape.name}"})
    return dict(sorted({**kind, "title": title}.items()))


def _object(fields: tuple[Property, ...], described: Any) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, kind, value, _, given in fields:
        if given is not None and not given(described):
            continue
        part = value(described)
        if part is None:
            if given is None:
                content[key] = None
        elif isinstance(kind, dict):
            content[key] = part
        elif isinstance(kind, ListOf):
            content[key] = [kind.shape(item) for item in part]
        else:
            content[key] = (kind.shape if isinstance(kind, Maybe) else kind)(part)
    return content


_text = json.JSONEncoder(ensure_ascii=False).encode


def _itself(value: Any) -> Any:
    return value


def _encoder(kind: "Schema | Shape | Maybe | ListOf") -> Callable[[Any], str]:
    """The function that writes a value of this kind; the fastest ones for texts and numbers."""
    if isinstance(kind, Shape):
        return kind.text_writer()
    if isinstance(kind, ListOf):
        write = kind.shape.text_writer()
        return lambda values: f"[{', '.join(map(write, values))}]"
    if isinstance(kind, Maybe):
        return lambda value: _text(kind.shape(value)) if value is not None else "null"
    if kind.get("type") == "string":
        return encode_basestring
    return _scalar


def _scalar(value: object) -> str:
    """The text of a value; null and numbers are written here, which is faster."""
    if value is None:
        return "null"
    return str(value) if type(value) is int else _text(value)


def _shared(owner: Callable[[Any], object], fields: tuple[Property, ...]) -> Callable[[Any], str]:
    """Writes keys that one owner determines: their text is made once for each owner."""
    known: dict[int, str] = {}

    def write(value: Any) -> str:
        identity = id(owner(value))
        text = known.get(identity)
        if text is None:
            text = known[identity] = _text(_object(fields, value))[1:-1]
        return text

    return write


def _optional(given: Callable[[Any], object], fields: tuple[Property, ...]) -> Callable[[Any], str]:
    """Writes keys that most objects do not have, after others."""
    return lambda value: f", {_text(_object(fields, value))[1:-1]}" if given(value) else ""
