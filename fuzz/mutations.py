"""Mutations of an input: of its bytes, of its words and lines, of its tree, of the parts of a zip.

All of them come from one random generator, so that a seed gives the same inputs again.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

Mutation = Callable[[bytes, Random], bytes]

WORDS = (
    *("", " ", "\x00", "\x1b[31m", "\x7f", "\x85", "\u202e", "\u2028", "\ufeff", "\ud800", "İ"),
    *("null", "true", "on", "~", "<<", "*", "&a", "!!python/none", "- ", "{", "}", "[", "]", "|"),
    *("0", "-0", "-1", "1e999", "NaN", "0x10", "1_000", "2" * 30, "9" * 5000, "٣", "½"),
    *("0001-01-01", "9999-12-31", "2025-02-30", "24:00", "23:59:60", "2026-03-29T02:30"),
    *("UTC", "Kamchatka Standard Time", "Europe/Dublin", "../etc/passwd", "America/Nowhere"),
    *("a" * 300, "x" * 5000, "[[[[", "{{{{", "((((", "'", '"', "''", "%", "${", "{{", "{0}", "\\"),
    *("name", "id", "type", "value", "properties", "machines", "windows", "defaults", "tags"),
    *("FREQ=DAILY", "INTERVAL=999", "BYSETPOS=-366", "UNTIL=99991231T235959Z", "COUNT=99999"),
    *("[concat('a')]", "[parameters('x')]", "[variables('x')]", "[copyIndex()]", "[[x]"),
    *("/subscriptions/0", "a:b:c:d", "$schema", "KB5099999", "26100.1", "10.0.99999.1"),
)
_VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 10**30, 0.5, 1e308, float("inf"), [], {})
_TOKEN = re.compile(rb"[A-Za-z]+|\d+|\s+|.", re.DOTALL)
_MOST_NODES = 5000
_DEEP = 60


def of_kind(kind: str, seeds: list[bytes]) -> Mutation:
    """The mutation of a target: of its tree, its text and its bytes, sometimes several times."""
    own = {"json": _tree_json, "yaml": _tree_yaml, "zip": _zip, "text": _text}[kind]

    def mutated(data: bytes, random: Random) -> bytes:
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            change = random.choice((own, own, _text, _bytes))
            if random.random() < 0.1:
                data = _spliced(data, random.choice(seeds), random)
            data = change(data, random)
        return data

    return mutated


# --- bytes and words ----------------------------------------


def _bytes(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((1, 1, 2, 8, 40))
    match random.randrange(5):
        case 0:
            return data[:at] + data[at + size :]
        case 1:
            return data[:at] + random.randbytes(size) + data[at:]
        case 2:
            return data[:at] + data[at : at + size] * random.choice((2, 3, 50)) + data[at + size :]
        case 3:
            changed = bytearray(data)
            if changed:
                changed[at % len(changed)] ^= 1 << random.randrange(8)
            return bytes(changed)
        case _:
            return data[:at]


def _text(data: bytes, random: Random) -> bytes:
    """Another word, or lines that are moved, doubled or missing."""
    if random.random() < 0.3:
        lines = data.splitlines(keepends=True) or [b""]
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        change = random.randrange(3)
        if change == 0:
            lines[at], lines[other] = lines[other], lines[at]
        elif change == 1:
            lines.insert(other, lines[at])
        else:
            del lines[at]
        return b"".join(lines)
    tokens = _TOKEN.findall(data) or [b""]
    at = random.randrange(len(tokens))
    word = random.choice(WORDS).encode("utf-8", "surrogatepass")
    change = random.randrange(4)
    if change == 0:
        tokens[at] = word
    elif change == 1:
        tokens.insert(at, word)
    elif change == 2:
        tokens[at] = tokens[random.randrange(len(tokens))]
    else:
        del tokens[at]
    return b"".join(tokens)


def _spliced(data: bytes, other: bytes, random: Random) -> bytes:
    """The beginning of one input and the end of another."""
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


# --- trees ----------------------------------------


def _tree_json(data: bytes, random: Random) -> bytes:
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return _text(data, random)
    try:
        return json.dumps(_tree(tree, random), ensure_ascii=random.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    except (ValueError, RecursionError):
        return data


def _tree_yaml(data: bytes, random: Random) -> bytes:
    try:
        tree = yaml.load(data, yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _text(data, random)
    try:
        text = yaml.dump(_tree(tree, random), sort_keys=False, width=1000, allow_unicode=True)
    except (yaml.YAMLError, ValueError, RecursionError):
        return data
    return text.encode("utf-8", "surrogatepass")


def _tree(root: Any, random: Random) -> Any:
    """The tree with one node that is another."""
    holder: list[Any] = [root]
    places: list[tuple[Any, Any]] = [(holder, 0)]
    for container, key in places:
        inner = container[key]
        if len(places) < _MOST_NODES and isinstance(inner, dict | list):
            keys = inner if isinstance(inner, dict) else range(len(inner))
            places += [(inner, each) for each in keys]
    container, key = random.choice(places)
    container[key] = _node(container[key], places, random)
    if isinstance(container, dict):
        match random.randrange(6):
            case 0:
                container[random.choice((key.upper(), f"{key} ", random.choice(WORDS)))] = (
                    container.pop(key)
                )
            case 1:
                container[str(key).swapcase()] = container[key]
            case 2:
                del container[key]
    return holder[0]


def _node(value: Any, places: list[tuple[Any, Any]], random: Random) -> Any:  # noqa: PLR0911  one a case
    """Another value for a node."""
    match random.randrange(7):
        case 0:
            return random.choice(_VALUES)
        case 1:
            return random.choice(WORDS)
        case 2:
            other, key = random.choice(places)
            text = json.dumps(other[key]) if key in other or isinstance(other, list) else "0"
            return json.loads(text)
        case 3:
            return [value] if random.random() < 0.5 else {random.choice(WORDS): value}
        case 4 if isinstance(value, str):
            changed = _text(value.encode("utf-8", "surrogatepass"), random)
            return changed.decode("utf-8", "replace")
        case 5 if isinstance(value, list):
            return value * random.choice((2, 20))
        case 6:
            for _ in range(random.choice((2, _DEEP))):
                value = [value]
            return value
        case _:
            return value


# --- parts of a zip ----------------------------------------


def _zip(data: bytes, random: Random) -> bytes:
    """The archive with one part that is another: a whole archive, whose parts a reader reaches."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return _bytes(data, random)
    except Exception as error:
        if type(error).__module__ != "zlib":
            raise
        return _bytes(data, random)
    if not parts:
        return data
    name = random.choice(list(parts))
    if random.random() < 0.05:
        del parts[name]
    else:
        parts[name] = random.choice((_text, _bytes))(parts[name], random)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return stream.getvalue()
