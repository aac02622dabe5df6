"""The tables of a configuration that aren't options: [severity] and [[overrides]]."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from hotpatch_cli.cli.config.file import ConfigFile, file_path
from hotpatch_cli.cli.words import parse_fail_on
from hotpatch_cli.documents.codec import did_you_mean
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import Problem
from hotpatch_cli.gate.overrides import PathPattern, Selector
from hotpatch_cli.report import Severity

LEVELS = ("error", "warning", "note", "off")
_SEVERITY = ("level", "reason")
_OVERRIDE = ("paths", "tags", "fail-on", "waivers")


def problems_of_tables(file: ConfigFile) -> Iterator[Problem]:
    """All problems of [severity] and [[overrides]]."""
    yield from _severity_problems(file, file.table.get("severity", {}))
    overrides = file.table.get("overrides", [])
    if not isinstance(overrides, list) or not all(isinstance(row, dict) for row in overrides):
        yield file.problem(("overrides",), "Overrides must be a list of tables: [[overrides]].")
        return
    for at, override in enumerate(overrides):
        for key, message in _override_problems(override):
            yield file.problem(("overrides", str(at), *((key,) if key else ())), message)


def _severity_problems(file: ConfigFile, table: Any) -> Iterator[Problem]:
    if not isinstance(table, dict):
        yield file.problem(
            ("severity",),
            'Levels must be a table, such as HP201 = {level = "warning", reason = "..."}.',
        )
        return
    from hotpatch_cli.knowledge.cache import load_knowledge

    rules = load_knowledge().rules if table else {}
    for code, row in table.items():
        place = ("severity", code)
        if code.upper() not in rules:
            yield file.problem(
                place,
                f"{quoted(code)} isn't a rule.",
                did_you_mean(code, rules) or "To list the rules, run `hotpatch explain`.",
            )
        elif not isinstance(row, dict) or set(row) - set(_SEVERITY):
            yield file.problem(place, f"{code} must be a table with level and reason.")
        elif row.get("level") not in LEVELS:
            yield file.problem(place, f"The level of {code} must be one of {', '.join(LEVELS)}.")
        elif not isinstance(row.get("reason"), str) or not row["reason"].strip():
            yield file.problem(
                place,
                f"A reason for the level of {code} is missing.",
                'Add `reason = "..."`.',
            )


def _override_problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, problem) of one of the overrides."""
    for key in table:
        if key.replace("_", "-") not in _OVERRIDE:
            yield (
                key,
                f"{quoted(key)} isn't a key of overrides. {did_you_mean(key, _OVERRIDE)}".rstrip(),
            )
    if not table.get("paths") and not table.get("tags"):
        yield "", "The override names no machines. Add paths or tags."
    if not _texts(table.get("paths", [])):
        yield "paths", 'paths must be a list of patterns, such as ["prod/**"].'
    tags = table.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        yield "tags", 'tags must be a table of texts, such as {env = "prod"}.'
    if not {key.replace("_", "-") for key in table} & {"fail-on", "waivers"}:
        yield "", "The override sets nothing. Add fail-on or waivers."
    yield from _setting_problems({key.replace("_", "-"): value for key, value in table.items()})


def _setting_problems(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not _texts(table.get("waivers", [])):
        yield "waivers", "waivers must be a file or a list of files."
    words = table.get("fail-on", "never")
    try:
        parse_fail_on(",".join(_listed(words)) if _texts(words) else "")
    except typer.BadParameter as error:
        yield "fail-on", error.message


def _texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(text, str) for text in value)
    )


def severities(table: dict[str, Any] | None) -> dict[str, Severity]:
    """Code -> level and reason, of a table without problems."""
    return {
        code.upper(): Severity(row["level"], row["reason"]) for code, row in (table or {}).items()
    }


def overrides_of(
    file: ConfigFile, *, heed_words: bool
) -> list[tuple[Selector, frozenset[str], tuple[str, ...]]]:
    """(machines, words that fail for them, waiver files for them) of each override, of a file
    without problems.

    Without `heed_words` there are no words: --fail-on of the command line or of the environment
    overrides the file.
    """
    overrides = []
    for written in file.table.get("overrides", []):
        table = {key.replace("_", "-"): value for key, value in written.items()}
        words = table.get("fail-on")
        failing = frozenset[str]()
        if words is not None and heed_words:
            failing = parse_fail_on(",".join(_listed(words)))
        waivers = tuple(file_path(name, file.folder) for name in _listed(table.get("waivers", [])))
        overrides.append((selector(table, file.folder), failing, waivers))
    return overrides


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def selector(table: dict[str, Any], folder: Path) -> Selector:
    """The machines of an override."""
    near = os.path.relpath(folder)

    def named(file: str) -> str:
        try:
            return Path(os.path.relpath(file, near)).as_posix()
        except ValueError:  # another drive of Windows
            return file

    return Selector(
        tuple(map(PathPattern, _listed(table.get("paths", [])))),
        tuple(table.get("tags", {}).items()),
        named,
    )
