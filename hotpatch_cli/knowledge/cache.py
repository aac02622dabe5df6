"""The cache of the parsed knowledge: parsing it each time would take a third of the start-up time.

The copy is a JSON file in the folder of Python's compiled modules. It is only a copy: if it is
invalid, it is made again, and if it can't be written, nothing is lost.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from hotpatch_cli import __version__
from hotpatch_cli.documents.new_file import NewFile, clear_leftovers
from hotpatch_cli.knowledge import records as rows
from hotpatch_cli.knowledge import user_data
from hotpatch_cli.model import Build

_CLASSES = {
    kind.__name__: kind
    for kind in vars(rows).values()
    if isinstance(kind, type) and hasattr(kind, "_fields")
}
_CLASSES["Build"] = Build


_DATA = Path(__file__).parent / "data"


def load_knowledge(
    matrix_files: Sequence[str] = (), release_files: Sequence[str] = ()
) -> rows.Knowledge:
    """The shipped rows, from the cache if there is one, then imported rows, then the user's files.

    Raises InputError.
    """
    shipped = _shipped()
    if (imported := user_data.file()) is not None:
        shipped = user_data.over(shipped, imported)
    if not matrix_files and not release_files:
        return shipped
    from hotpatch_cli.knowledge.load import laid_over

    return laid_over(shipped, matrix_files, release_files)


def _shipped() -> rows.Knowledge:
    path = Path(cache_from_source(str(_DATA / "knowledge.py"))).with_suffix(".json")
    mark = _mark()
    try:
        copy_mark, text = path.read_text(encoding="utf-8").split("\n", 1)
        if copy_mark == mark:
            return thawed(text)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        pass  # no copy, or an unreadable one: it is made again
    from hotpatch_cli.knowledge import load

    knowledge = load.load_knowledge()
    # if the folder can't be written, the data files are read again the next time
    with suppress(OSError):
        _keep(path, f"{mark}\n{frozen(knowledge)}")
    return knowledge


def _mark() -> str:
    """What the copy must be made from: this version, and these data files."""
    stats = [file.stat() for file in sorted(_DATA.glob("*.yaml"))]
    return "-".join([__version__, *(f"{stat.st_mtime_ns:x}-{stat.st_size:x}" for stat in stats)])


def _keep(path: Path, text: str) -> None:
    """Write the copy, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_leftovers([path.parent])
    fresh = NewFile(path)
    try:
        fresh.write(text.encode())
        fresh.place()
    finally:
        fresh.discard()


def frozen(value: rows.Knowledge) -> str:
    """Knowledge as two lines of JSON: the sources, which hundreds of rows share, and the rows."""
    sources: dict[rows.Source, int] = {}
    plain = json.dumps(_plain(value, sources), ensure_ascii=False, separators=(",", ":"))
    source_rows = [[title, read.isoformat(), url] for title, read, url in sources]
    return json.dumps(source_rows, ensure_ascii=False) + "\n" + plain


def _plain(value: Any, sources: dict[rows.Source, int]) -> Any:
    if isinstance(value, rows.Source):
        return {"source": sources.setdefault(value, len(sources))}
    if hasattr(value, "_fields"):
        return {"row": type(value).__name__, "of": [_plain(field, sources) for field in value]}
    if isinstance(value, tuple):
        return [_plain(item, sources) for item in value]
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, dict):
        return {"map": [[key, _plain(item, sources)] for key, item in value.items()]}
    return value


def thawed(text: str) -> rows.Knowledge:
    """Knowledge from the two lines of JSON. Raises ValueError, KeyError, IndexError or TypeError
    for anything else.
    """
    source_rows, plain = text.split("\n", 1)
    sources = [
        rows.Source(title, date.fromisoformat(read), url)
        for title, read, url in json.loads(source_rows)
    ]

    def value(node: dict[str, Any]) -> Any:
        if "row" in node:
            fields = (tuple(item) if type(item) is list else item for item in node["of"])
            return _CLASSES[node["row"]](*fields)
        if "source" in node:
            return sources[node["source"]]
        return date.fromisoformat(node["day"]) if "day" in node else dict(node["map"])

    knowledge = json.loads(plain, object_hook=value)
    if not isinstance(knowledge, rows.Knowledge):
        raise TypeError("the cache doesn't contain knowledge")
    return knowledge
