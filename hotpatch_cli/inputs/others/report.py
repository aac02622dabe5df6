"""A JSON report of `check` or `image`, read back: its data on each machine."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from hotpatch_cli.documents.codec import parse_date
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.json_shapes.report import SCHEMA_VERSION, VERDICTS


class ReportedMachine(NamedTuple):
    """A machine in a report: verdict, track state, and (code, message) of the reasons."""

    name: str
    id: str | None
    verdict: str
    track: str | None
    reasons: tuple[tuple[str, str], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once."""
        return tuple(dict.fromkeys(code for code, _ in self.reasons))


class PastReport(NamedTuple):
    """A report that was read: its day and its machines."""

    as_of: date
    machines: tuple[ReportedMachine, ...]


def is_report(document: Document) -> bool:
    """Whether a document is a report of ours."""
    root = document.root
    return (
        isinstance(root, Mapping)
        and {"schema_version", "as_of", "machines", "summary"} <= root.keys()
    )


def read_report(document: Document) -> PastReport:
    """The report. Raises InputError with every problem found."""
    log, root = Log(document), document.root
    if root["schema_version"] != str(SCHEMA_VERSION):
        log.add(
            root.at("schema_version"),
            f"The report has the schema version {quoted(root['schema_version'])}.",
            f"Supported version: {SCHEMA_VERSION}.",
        )
    day = date.min
    try:
        day = parse_date(str(root["as_of"]))
    except ValueError as error:
        log.add(root.at("as_of"), str(error))
    machines = tuple(_machines(root, log))
    log.finish()
    return PastReport(day, machines)


def _machines(root: Mapping, log: Log) -> Iterator[ReportedMachine]:
    listed = root["machines"]
    if not isinstance(listed, Sequence):
        log.add(root.at("machines"), f"Expected a list of machines, found {quoted(listed)}.")
        return
    for value, mark in zip(listed, listed.marks, strict=True):
        if not isinstance(value, Mapping):
            log.add(mark, f"Expected a machine (a mapping), found {quoted(value)}.")
            continue
        name, verdict, identity = (
            _text(value, "name", log),
            _text(value, "verdict", log),
            value.get("id"),
        )
        if verdict is not None and verdict not in VERDICTS:
            log.add(
                value.at("verdict"),
                f"Unknown verdict {quoted(verdict)}.",
                f"Verdicts: {', '.join(VERDICTS)}.",
            )
        track = value.get("track")
        state = track.get("state") if isinstance(track, Mapping) else None
        reasons = tuple(_reasons(value, log))
        if name is not None and verdict is not None:
            yield ReportedMachine(name, _or_none(identity), verdict, _or_none(state), reasons)


def _reasons(machine: Mapping, log: Log) -> Iterator[tuple[str, str]]:
    listed = machine.get("reasons")
    if not isinstance(listed, Sequence):
        log.add(machine.mark, "The key 'reasons' of a machine isn't a list.")
        return
    for value, mark in zip(listed, listed.marks, strict=True):
        if not isinstance(value, Mapping):
            log.add(mark, f"Expected a reason (a mapping), found {quoted(value)}.")
            continue
        code, message = _text(value, "code", log), _text(value, "message", log)
        if code is not None and message is not None:
            yield code, message


def _text(value: Mapping, key: str, log: Log) -> str | None:
    found = value.get(key)
    if isinstance(found, str):
        return found
    log.add(
        value.at(key),
        f"The key '{key}' isn't text.",
        "Create the report with `hotpatch check --format json`.",
    )
    return None


def _or_none(value: Any) -> str | None:
    return str(value) if isinstance(value, str) else None
