"""The shipped knowledge as parsed before: a third of the start-up time would go into reading it
each time.

The copy is a JSON file that lies where Python keeps compiled modules. It is only a copy: whatever
is wrong with it, it is made again, and where it cannot be written nothing is lost.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from importlib.util import cache_from_source
from os import getpid
from pathlib import Path
from typing import Any

from hotpatch_cli import __version__
from hotpatch_cli.knowledge import records as rows
from hotpatch_cli.knowledge import user_data
from hotpatch_cli.model import Build

_CLASSES = {
    each.__name__: each
    for each in vars(rows).values()
    if isinstance(each, type) and hasattr(each, "_fields")
}
_CLASSES["Build"] = Build


_DATA = Path(__file__).parent / "data"


def load_knowledge(
    matrix_files: Sequence[str] = (), release_files: Sequence[str] = ()
) -> rows.Knowledge:
    """The shipped rows, from the cache if there is one, those that were imported, then those of the
    user's files.

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
        found, text = path.read_text(encoding="utf-8").split("\n", 1)
        if found == mark:
            return thawed(text)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        pass  # no copy, or none that can be read: it is made anew
    from hotpatch_cli.knowledge import load

    made = load.load_knowledge()
    with suppress(
        OSError
    ):  # a folder that cannot be written: the knowledge is read anew the next time
        _keep(path, f"{mark}\n{frozen(made)}")
    return made


def _mark() -> str:
    """What the copy must be made from: this version, and these data files."""
    stats = [each.stat() for each in sorted(_DATA.glob("*.yaml"))]
    return "-".join([__version__, *(f"{stat.st_mtime_ns:x}-{stat.st_size:x}" for stat in stats)])


def _keep(path: Path, text: str) -> None:
    """Write the copy, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def frozen(value: rows.Knowledge) -> str:
    """Knowledge as two lines of JSON: the sources, which hundreds of rows share, and the rows."""
    sources: dict[rows.Source, int] = {}
    plain = json.dumps(_plain(value, sources), ensure_ascii=False, separators=(",", ":"))
    listed = [[title, read.isoformat(), url] for title, read, url in sources]
    return json.dumps(listed, ensure_ascii=False) + "\n" + plain


def _plain(value: Any, sources: dict[rows.Source, int]) -> Any:
    if isinstance(value, rows.Source):
        return {"source": sources.setdefault(value, len(sources))}
    if hasattr(value, "_fields"):
        return {"row": type(value).__name__, "of": [_plain(each, sources) for each in value]}
    if isinstance(value, tuple):
        return [_plain(each, sources) for each in value]
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, dict):
        return {"map": [[key, _plain(each, sources)] for key, each in value.items()]}
    return value


def thawed(text: str) -> rows.Knowledge:
    """Knowledge from the two lines of JSON. Raises ValueError, KeyError, IndexError or TypeError
    for anything else.
    """
    listed, plain = text.split("\n", 1)
    sources = [
        rows.Source(title, date.fromisoformat(read), url) for title, read, url in json.loads(listed)
    ]

    def value(node: dict[str, Any]) -> Any:
        if "row" in node:
            return _CLASSES[node["row"]](
                *(tuple(each) if type(each) is list else each for each in node["of"])
            )
        if "source" in node:
            return sources[node["source"]]
        return date.fromisoformat(node["day"]) if "day" in node else dict(node["map"])

    found = json.loads(plain, object_hook=value)
    if not isinstance(found, rows.Knowledge):
        raise TypeError("this is not knowledge")
    return found
