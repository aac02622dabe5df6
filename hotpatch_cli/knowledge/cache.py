"""The shipped knowledge as parsed before: a third of the start-up time would go into reading it each time.

The cache is a JSON file in the user's cache folder, named after the files that it was made from. It is only a
copy: whatever is wrong with it, it is made again, and where it cannot be written nothing is lost.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

from hotpatch_cli import __version__
from hotpatch_cli.knowledge import rows
from hotpatch_cli.model import Build

_CLASSES = {each.__name__: each for each in vars(rows).values() if isinstance(each, type) and hasattr(each, "_fields")}
_CLASSES["Build"] = Build


_DATA = Path(__file__).parent / "data"


def load_knowledge(matrix_files: Sequence[str] = (), release_files: Sequence[str] = ()) -> rows.Knowledge:
    """The shipped rows, from the cache if there is one, then those of the user's files. Raises InputError."""
    shipped = _shipped()
    if not matrix_files and not release_files:
        return shipped
    from hotpatch_cli.knowledge.load import laid_over

    return laid_over(shipped, matrix_files, release_files)


def _shipped() -> rows.Knowledge:
    path = _path()
    try:
        return thawed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        from hotpatch_cli.knowledge import load

        made = load.load_knowledge()
    with suppress(OSError):  # no cache folder: the knowledge is read anew the next time
        _keep(path, frozen(made))
    return made


def _path() -> Path:
    """Where the cache lies; a changed data file or another version of the program gives another name."""
    from platformdirs import user_cache_path

    stats = [(each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in sorted(_DATA.glob("*.yaml"))]
    name = blake2b(repr((__version__, __file__, stats)).encode(), digest_size=12).hexdigest()
    return user_cache_path("hotpatch", appauthor=False) / f"knowledge-{name}.json"


def _keep(path: Path, text: str) -> None:
    """Write the cache, whole or not at all, and take the older ones away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    for other in path.parent.glob("knowledge-*.json"):
        if other != path:
            other.unlink(missing_ok=True)


def frozen(value: rows.Knowledge) -> str:
    """Knowledge as JSON."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if hasattr(value, "_fields"):
        return {"row": type(value).__name__, "of": [_plain(each) for each in value]}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, dict):
        return {"map": [[key, _plain(each)] for key, each in value.items()]}
    return value


def thawed(text: str) -> rows.Knowledge:
    """Knowledge from JSON. Raises ValueError, KeyError or TypeError for anything else."""
    found = json.loads(text, object_hook=_value)
    if not isinstance(found, rows.Knowledge):
        raise TypeError("this is not knowledge")
    return found


def _value(node: dict[str, Any]) -> Any:
    if "day" in node:
        return date.fromisoformat(node["day"])
    if "map" in node:
        return {key: each for key, each in node["map"]}  # noqa: C416  lists of two become keys and values
    return _CLASSES[node["row"]](*(tuple(each) if type(each) is list else each for each in node["of"]))
