"""Release rows that the user imported: a file in the user's data folder that extends the shipped
rows in each run.
"""

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hotpatch_cli.knowledge.records import Knowledge, Release, Source

VARIABLE = "HOTPATCH_DATA"
"""The environment variable that names another folder."""

NAME = "releases.json"


def folder() -> Path:
    """The data folder: that of the variable, otherwise the user data folder of the operating
    system.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("hotpatch", appauthor=False)


def file() -> Path | None:
    """The file of imported rows, if there is one. Raises InputError where its folder can't be
    searched: without the rows, results could differ.
    """
    path = folder() / NAME
    try:
        return path if stat.S_ISREG(path.stat().st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        from hotpatch_cli.errors import refuse

        reason = getattr(error, "strerror", None) or str(error)
        message = f"Can't read the imported releases: {reason}."
        remedy = f"Set {VARIABLE} to a folder that you can read. It can be empty."
        raise refuse(str(path), message, remedy) from None


def over(knowledge: Knowledge, path: Path) -> Knowledge:
    """Knowledge with imported rows; a shipped row that was read later keeps its values. Raises
    InputError.
    """
    from hotpatch_cli.knowledge.release_rows import release_of, row_of
    from hotpatch_cli.release_import import merge_rows

    merged = merge_rows(map(row_of, knowledge.releases), map(row_of, imported(path)))
    return knowledge._replace(releases=tuple(map(release_of, merged.rows)))


def imported(path: Path) -> tuple[Release, ...]:
    """The rows of the file. Raises InputError with the remedy."""
    from hotpatch_cli.documents.files import read_document
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.knowledge.load import read_releases

    try:
        return read_releases(read_document(str(path)))
    except InputError as error:
        remedy = "hotpatch wrote this file. Delete it, and run `hotpatch releases update`."
        raise InputError([problem._replace(remedy=remedy) for problem in error.problems]) from None


def as_text(releases: Iterable[Release]) -> str:
    """The text of the file: a release file in JSON, one row per line."""
    sources: dict[Source, str] = {}
    lines = [json.dumps(_plain(row, sources), ensure_ascii=False) for row in releases]
    named = {key: _source(source) for source, key in sources.items()}
    rows = ",\n  ".join(lines)
    return f'{{"sources": {json.dumps(named, ensure_ascii=False)},\n "releases": [\n  {rows}\n]}}\n'


def _plain(row: Release, sources: dict[Source, str]) -> dict[str, Any]:
    keys = [sources.setdefault(source, f"source-{len(sources) + 1}") for source in row.source]
    values = {key: value for key, value in row._asdict().items() if value not in (None, ())}
    text = {key: str(value) for key, value in values.items() if key not in ("source", "platforms")}
    return text | ({"platforms": list(row.platforms)} if row.platforms else {}) | {"source": keys}


def _source(source: Source) -> dict[str, str]:
    written = {"title": source.title, "read": str(source.read), "url": source.url}
    return {key: value for key, value in written.items() if value is not None}
