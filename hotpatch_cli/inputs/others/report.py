"""A JSON report of `check` or `image`, read back: its data on each machine."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from hotpatch_cli.documents.codec import parse_date
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.json_shapes.report import SCHEMA_VERSION, VERDICTS
from hotpatch_cli.model import TRACK_STATES

_COUNT = re.compile(r"[0-9]{1,9}")
_CREATE = "Create the report with `hotpatch check --format json`."


class ReportedMachine(NamedTuple):
    """A machine in a report: verdict, track state, and (code, message) of the reasons.

    `installed` is the build and the KB of its update, and `errors` are the codes of the reasons
    that the catalog calls errors.
    """

    name: str
    id: str | None
    verdict: str
    track: str | None
    reasons: tuple[tuple[str, str], ...]
    product: str | None = None
    installed: tuple[str | None, str | None] = (None, None)
    errors: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once."""
        return tuple(dict.fromkeys(code for code, _ in self.reasons))


class PastReport(NamedTuple):
    """A report that was read: its day, its machines, and the newest release that it knew.

    `waived` machines are among the machines; `skipped` ones aren't.
    """

    as_of: date
    machines: tuple[ReportedMachine, ...]
    newest_release: date | None = None
    waived: int = 0
    skipped: int = 0


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
    day = _day(root, "as_of", log)
    data = root.get("knowledge")
    newest = _day(data, "newest_release", log) if isinstance(data, Mapping) else None
    machines = tuple(_machines(root, log))
    waived, skipped = (_count(root["summary"], key, log) for key in ("waived", "skipped"))
    log.finish()
    return PastReport(day or date.min, machines, newest, waived, skipped)


def _day(within: Mapping, key: str, log: Log) -> date | None:
    found = within.get(key)
    if found is None and key != "as_of":
        return None
    try:
        return parse_date(str(found))
    except ValueError as error:
        log.add(within.at(key), str(error))
        return None


def _count(summary: Any, key: str, log: Log) -> int:
    found = summary.get(key) if isinstance(summary, Mapping) else None
    if found is None:
        return 0
    if isinstance(found, str) and _COUNT.fullmatch(found):
        return int(found)
    log.add(summary.at(key), f"Expected a whole number of machines, found {quoted(found)}.")
    return 0


def _machines(root: Mapping, log: Log) -> Iterator[ReportedMachine]:
    listed = root["machines"]
    if not isinstance(listed, Sequence):
        log.add(root.at("machines"), f"Expected a list of machines, found {quoted(listed)}.")
        return
    for value, mark in zip(listed, listed.marks, strict=True):
        if not isinstance(value, Mapping):
            log.add(mark, f"Expected a machine (a mapping), found {quoted(value)}.")
            continue
        name, verdict = _text(value, "name", log), _text(value, "verdict", log)
        identity, product = (_text_or_none(value, key, log) for key in ("id", "product"))
        if verdict is not None and verdict not in VERDICTS:
            log.add(
                value.at("verdict"),
                f"Unknown verdict {quoted(verdict)}.",
                f"Verdicts: {', '.join(VERDICTS)}.",
            )
        state, installed = _track(value, log)
        reasons = tuple(_reasons(value, log))
        if name is not None and verdict is not None:
            yield ReportedMachine(
                name,
                identity,
                verdict,
                state,
                reasons,
                product,
                installed,
                _errors(value),
            )


def _track(machine: Mapping, log: Log) -> tuple[str | None, tuple[str | None, str | None]]:
    """The track state, and the build and the KB that are installed."""
    track = _mapping_or_none(machine, "track", log)
    if track is None:
        return None, (None, None)
    state = _text_or_none(track, "state", log)
    if state is not None and state not in TRACK_STATES:
        known = f"Track states: {', '.join(TRACK_STATES)}."
        log.add(track.at("state"), f"Unknown track state {quoted(state)}.", known)
    release = _mapping_or_none(track, "installed", log)
    if release is None:
        return state, (None, None)
    return state, (_text_or_none(release, "build", log), _text_or_none(release, "kb", log))


def _errors(machine: Mapping) -> tuple[str, ...]:
    """The codes of reasons that are errors in the catalog, whatever level a policy gives them."""
    found, listed = [], machine.get("reasons")
    for reason in listed if isinstance(listed, Sequence) else ():
        if isinstance(reason, Mapping):
            severity = reason.get("severity")
            changed = severity.get("catalogue") if isinstance(severity, Mapping) else None
            if (changed or reason.get("level")) == "error":
                found.append(str(reason.get("code")))
    return tuple(dict.fromkeys(found))


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
    if value.get(key) is None:
        log.add(value.at(key), f"The key '{key}' isn't text.", _CREATE)
    return _text_or_none(value, key, log)


def _text_or_none(value: Mapping, key: str, log: Log) -> str | None:
    """The text of a key that may be missing."""
    found = value.get(key)
    if found is None or isinstance(found, str):
        return found
    log.add(value.at(key), f"The key '{key}' isn't text.", _CREATE)
    return None


def _mapping_or_none(value: Mapping, key: str, log: Log) -> Mapping | None:
    """The mapping of a key that may be missing."""
    found = value.get(key)
    if found is None or isinstance(found, Mapping):
        return found
    log.add(value.at(key), f"The key '{key}' isn't a mapping.", _CREATE)
    return None
