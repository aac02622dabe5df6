"""Files of the gate: waivers (YAML, by hand), and known findings (JSON, by `--write-known`)."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from hotpatch_cli.documents.codec import (
    Codec,
    Field,
    day,
    did_you_mean,
    listing,
    parsed,
    record,
    text,
)
from hotpatch_cli.documents.files import read_document
from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.model import Location, Waiver

ALL = "*"


def read_waivers(names: Iterable[str], codes: Iterable[str]) -> tuple[Waiver, ...]:
    """The waivers of some files; `codes` are the rules that exist. Raises InputError with the
    problems of all files.
    """
    found: list[Waiver] = []
    problems: list[Problem] = []
    for name in names:
        try:
            found += waivers_in(read_document(name), codes)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)


def waivers_in(document: Document, codes: Iterable[str]) -> tuple[Waiver, ...]:
    """The waivers of a document. Raises InputError."""
    log = Log(document)
    found: tuple[Waiver, ...] = ()
    if document.root is not None:  # comments alone
        listed = record(
            _listed,
            {"waivers": Field(listing(_waiver(tuple(codes))), "list of waivers")},
            "a waiver file",
        )
        found = listed.read(document.root, document.root_mark, log) or ()
    log.finish()
    return found


def _listed(waivers: tuple[Waiver, ...] = ()) -> tuple[Waiver, ...]:
    return waivers


def parse_rule(word: str, codes: Iterable[str]) -> str:
    """A code of the catalog in any letter case, or *. Raises ValueError."""
    code, known = word.strip().upper(), (*codes, ALL)
    if code not in known:
        advice = (
            did_you_mean(code, known)
            or "To list the rules, run `hotpatch explain`. * matches all rules."
        )
        raise ValueError(f"The rule {quoted(word)} doesn't exist. {advice}")
    return code


def _waiver(codes: tuple[str, ...]) -> Codec[Waiver]:
    fields = {
        "machine": Field(text(), "machine name, pattern, or resource id", required=True),
        "rule": Field(
            parsed(lambda word: parse_rule(word, codes), "a rule"),
            "rule code such as HP101, or * for all rules",
            required=True,
        ),
        "reason": Field(text(), "why the finding is accepted", required=True),
        "owner": Field(text(), "who owns the decision", required=True),
        "expires": Field(day, "last day of the waiver", required=True),
    }
    inner = record(_made, fields, "a waiver")

    def read(value: Any, mark: int, log: Log) -> Waiver | None:
        waiver = inner.read(value, mark, log)
        return waiver and waiver._replace(location=Location(*log.document.position(mark)))

    return Codec(read, inner.schema)


def _made(machine: str, rule: str, reason: str, owner: str, expires: date) -> Waiver:
    return Waiver(machine, rule, reason, owner, expires, Location(""))


def read_known(name: str) -> tuple[tuple[str, str, str | None], ...]:
    """(machine, rule, resource id) of each finding in a file that `--write-known` wrote. Raises
    InputError.
    """
    document = read_document(name)
    log = Log(document)
    found = _KNOWN.read(document.root, document.root_mark, log)
    log.finish()
    return found or ()


def _one(machine: str, rule: str, id: str | None = None) -> tuple[str, str, str | None]:  # noqa: A002  the key of the file
    return machine, rule, id


def _known(
    schema_version: str, known: tuple[tuple[str, str, str | None], ...], as_of: date | None = None
) -> tuple[tuple[str, str, str | None], ...]:
    del schema_version, as_of
    return known


_KNOWN = record(
    _known,
    {
        "schema_version": Field(text("1", "Only version 1 is supported."), "1", required=True),
        "as_of": Field(day, "day of the report"),
        "known": Field(
            listing(
                record(
                    _one,
                    {
                        "machine": Field(text(), "machine name", required=True),
                        "rule": Field(text(), "rule code", required=True),
                        "id": Field(text(), "resource id of the machine"),
                    },
                    "a known finding",
                )
            ),
            "known findings",
            required=True,
        ),
    },
    "a file of known findings",
)


def known_text(as_of: date, known: Iterable[tuple[str, str, str | None]]) -> str:
    """The file of known findings, one a line and sorted, so that a change is a line of a diff."""
    lines = [
        json.dumps({"machine": machine, "rule": rule, "id": identity}, ensure_ascii=True)
        for machine, rule, identity in sorted(
            set(known), key=lambda finding: (finding[0], finding[1], finding[2] or "")
        )
    ]
    listed = ",\n".join(lines)
    return f'{{"schema_version": 1, "as_of": "{as_of}", "known": [\n{listed}\n]}}\n'
