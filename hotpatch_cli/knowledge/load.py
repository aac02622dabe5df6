"""The shipped knowledge, extended by a user's files in the same format."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from importlib.resources import files
from typing import Any, TypeVar

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.files import parse, read_document
from hotpatch_cli.documents.tree import Document, Log, Mapping, quoted
from hotpatch_cli.documents.tree import Sequence as ListNode
from hotpatch_cli.knowledge import records as rows
from hotpatch_cli.knowledge.records import Knowledge, Matrix, Release, Rule, Source
from hotpatch_cli.model import PLATFORMS, TRACK_STATES, VERDICTS, Build, parse_build

Row = TypeVar("Row", bound=tuple[Any, ...])


def load_knowledge(
    matrix_files: Iterable[str] = (), release_files: Iterable[str] = ()
) -> Knowledge:
    """The shipped rows, then those of the user's files in their order. Raises InputError."""
    return laid_over(
        Knowledge(_shipped_matrix(), _shipped_releases(), load_rules()), matrix_files, release_files
    )


def laid_over(
    knowledge: Knowledge, matrix_files: Iterable[str], release_files: Iterable[str]
) -> Knowledge:
    """Knowledge extended by the rows of the user's files, in their order. Raises InputError."""
    matrix, releases, rules = knowledge
    for name in matrix_files:
        matrix = _laid_over(matrix, *_read_matrix(read_document(name)))
    for name in release_files:
        releases = _added(releases, read_document(name))
    return Knowledge(matrix, releases, rules)


def shipped(name: str) -> Document:
    """A data file of the package."""
    return parse(name, files(__package__).joinpath("data", name).read_text(encoding="utf-8"))


def _shipped_matrix() -> Matrix:
    return _read_matrix(shipped("matrix.yaml"))[0]


def _shipped_releases() -> tuple[Release, ...]:
    return _added((), shipped("releases.yaml"))


def load_rules() -> dict[str, Rule]:
    """The rule catalog by code, in the order of codes."""
    document = shipped("rules.yaml")
    log = Log(document)
    rules = c.table(_RULE).read(document.root["rules"], document.root_mark, log) or {}
    log.finish()
    return {
        code: Rule(code, **{"levels": {}, "remedies": {}, "changes": {}, "tracks": {}, **fields})
        for code, fields in sorted(rules.items())
    }


# --- sources ----------------------------------------

_SOURCES = c.table(
    c.record(
        Source,
        {
            "title": Field(c.text(), "title of the source", required=True),
            "url": Field(
                c.text(r"https?://\S+", "Specify an address that begins with https://."),
                "public address",
            ),
            "read": Field(c.day, "date of the source", required=True),
        },
        "a source",
    )
)


def sources_of(document: Document, log: Log) -> dict[str, Source]:
    """The sources that a data file names, by their keys."""
    node = document.root
    if not isinstance(node, Mapping) or node.get("sources") is None:
        return {}
    return _SOURCES.read(node["sources"], node.at("sources"), log) or {}


def source_codec(sources: dict[str, Source]) -> Codec[tuple[Source, ...]]:
    """One key of `sources`, or a list of them, as the sources that they name."""

    def read(value: object, mark: int, log: Log) -> Source | None:
        name = c.text_of(value, mark, log)
        if name is None or name in sources:
            return sources.get(name or "")
        log.add(
            mark,
            f"{quoted(name)} isn't a key of `sources`.",
            c.did_you_mean(name, sources) or "Add it to `sources`.",
        )
        return None

    return c.listing(Codec(read, {"type": "string"}), single=True)


# --- shared columns ----------------------------------------


def _build(text: str) -> Build:
    build = parse_build(text)
    if build is None or build.revision is None:
        raise ValueError(
            f"{quoted(text)} isn't a build with its revision. "
            "Use the format NUMBER.REVISION, such as 26100.7092."
        )
    return build


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{quoted(text)} isn't a valid regular expression: {error}.") from None
    return text


def _near(text: str) -> date:
    """A day in the range that the calendar supports."""
    day = c.parse_date(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{day} isn't in the years {_FIRST_YEAR} to {_LAST_YEAR}.")
    return day


_FIRST_YEAR, _LAST_YEAR = 2000, 2189
_DAY = c.parsed(_near, "a date", c.day.schema)
_PRODUCT = c.choice(*rows.PRODUCTS)
_PLATFORMS = c.listing(c.choice(*PLATFORMS))
_WORDS = c.text()


def _columns(source: Codec[Any], **columns: Field) -> dict[str, Field]:
    return {**columns, "source": Field(source, "keys of `sources`", required=True)}


def _needed(codec: Codec[Any], doc: str) -> Field:
    return Field(codec, doc, required=True)


# --- releases ----------------------------------------


def _release_codec(sources: dict[str, Source]) -> Codec[Release]:
    columns = _columns(
        source_codec(sources),
        product=_needed(_PRODUCT, "ws2022 or ws2025"),
        date=Field(_DAY, "day of release"),
        kind=Field(c.choice(*rows.KINDS), "kind of release; omitted where no source states it"),
        kb=Field(c.text(r"KB\d{6,8}", "Use the format KB and number, such as KB5072033."), "KB"),
        build=Field(c.parsed(_build, "a build"), "operating-system build with revision"),
        confidence=_needed(
            c.choice(*rows.CONFIDENCES), "confidence in KB, build, and date: high, medium, or low"
        ),
        kind_confidence=Field(
            c.choice(*rows.CONFIDENCES), "confidence in the kind, where it is lower"
        ),
        platforms=Field(_PLATFORMS, "platforms, if not all"),
        component=Field(_WORDS, "updated component, if not the operating system"),
        notes=Field(_WORDS, "notes"),
    )
    return c.record(Release, columns, "a release")


def read_releases(document: Document) -> tuple[Release, ...]:
    """The rows of a release file, unchanged. Raises InputError."""
    rows: tuple[Release, ...] = _release_file(document, Log(document))["releases"]
    return rows


def _release_file(document: Document, log: Log) -> dict[str, Any]:
    """The parts of a release file. Raises InputError."""
    sources = sources_of(document, log)
    columns = {
        "replace": Field(c.boolean, "true: these rows replace the shipped ones"),
        "sources": Field(_SOURCES, "sources by key"),
        "releases": _needed(c.listing(_release_codec(sources)), "the rows"),
    }
    codec: Codec[dict[str, Any]] = c.record(dict, columns, "the release data")
    parts = codec.read(document.root, document.root_mark, log)
    log.finish()
    return parts or {}


def _added(releases: tuple[Release, ...], document: Document) -> tuple[Release, ...]:
    """Releases with those of a document. A known row without KB or kind is replaced; a duplicate is
    a problem.
    """
    log = Log(document)
    parts = _release_file(document, log)
    known = [] if parts.get("replace") else list(releases)
    marks = document.root["releases"].marks
    fresh: list[Release] = []
    for row, mark in zip(parts["releases"], marks, strict=True):
        known = [release for release in known if not _gives_way(release, row)]
        if any(_same(release, row) for release in (*known, *fresh)):
            log.add(
                mark,
                f"The release {row.name} of {row.product} already exists.",
                "Remove it, or specify `replace: true`.",
            )
        fresh.append(row)
    log.finish()
    return tuple(sorted((*known, *fresh), key=_order))


def _order(row: Release) -> tuple[str, bool, Any]:
    return row.product, row.date is None, row.date


def _gives_way(known: Release, row: Release) -> bool:
    if known.product != row.product:
        return False
    schedule = (
        not known.kb
        and not known.build
        and known.date == row.date
        and row.kind not in rows.STANDARD
    )
    nameless = (
        known.kb is not None and known.kb == row.kb and (known.kind is None or known.date is None)
    )
    return schedule or nameless


def _same(one: Release, other: Release) -> bool:
    if one.product != other.product:
        return False
    if one.kb or other.kb:
        return one.kb == other.kb
    return (one.date, one.kind) == (other.date, other.kind)


# --- the matrix ----------------------------------------


def _matrix_columns(
    sources: dict[str, Source],
) -> dict[str, tuple[Callable[..., Any], dict[str, Field]]]:
    columns = partial(_columns, source_codec(sources))
    product = _needed(_PRODUCT, "ws2022 or ws2025")
    text = _needed(_WORDS, "the statement")
    since = _needed(_DAY, "first day on which it is valid")
    until = Field(_DAY, "last day on which it is valid")
    platform = _needed(c.choice(*PLATFORMS), "azure, azure-local, or arc")
    names = c.listing(_WORDS)
    image = {"product": product} | {
        key: _needed(_WORDS, key) for key in ("publisher", "offer", "sku")
    }
    event = _needed(c.choice(*rows.EVENTS), "event")
    notes = Field(_WORDS, "notes")
    rule = Field(c.text(r"HP\d{3}"), "rule code")
    known = _needed(names, "Azure region names")
    minimum = _needed(_WORDS, "Azure Local version of the host")
    return {
        "images": (
            rows.ImageRow,
            columns(**image, platforms=_needed(_PLATFORMS, "platforms"), **{"from": since}),
        ),
        "lookalikes": (
            rows.Lookalike,
            columns(
                pattern=_needed(c.parsed(_pattern, "a pattern"), "pattern of the SKU"), why=text
            ),
        ),
        "editions": (
            rows.EditionRow,
            columns(product=product, edition=_needed(_WORDS, "edition"), **{"from": since}),
        ),
        "azure_local_hosts": (
            rows.HostRow,
            columns(minimum=minimum, until=until, **{"from": since}),
        ),
        "regions": (
            rows.RegionRow,
            columns(
                product=product, known=known, until=until._replace(required=True), **{"from": since}
            ),
        ),
        "lifecycle": (
            rows.LifecycleRow,
            columns(
                product=product,
                event=event,
                day=_needed(_DAY, "date of the event"),
                until=until,
                notes=notes,
                **{"from": since},
            ),
        ),
        "prerequisites": (rows.Statement, columns(platform=platform, rule=rule, text=text)),
        "orchestration": (_tool, columns(platform=platform, tool=text)),
        "behaviour": (rows.Statement, columns(platform=platform, text=text)),
        "not_carried": (rows.Statement, columns(text=text)),
        "rollback": (rows.Statement, columns(text=text)),
    }


def _tool(platform: str, tool: str, source: tuple[Source, ...]) -> rows.Statement:
    return rows.Statement(tool, source, platform)


def _dated(make: Callable[..., Row], **columns: Any) -> Row:
    """A row whose `from` becomes from_day, because `from` is a Python keyword."""
    if "from" in columns:
        columns["from_day"] = columns.pop("from")
    return make(**columns)


def _arc_codec(sources: dict[str, Source]) -> Codec[dict[str, Any]]:
    phase = {
        "phase": _needed(c.choice("preview", "paid", "free"), "preview, paid, or free"),
        "terms": _needed(_WORDS, "price and terms"),
        "from": _needed(_DAY, "first day"),
        "until": Field(_DAY, "last day"),
    }
    phases = c.listing(
        c.record(
            partial(_dated, rows.ArcPhase), _columns(source_codec(sources), **phase), "a phase"
        )
    )
    fields = {
        "minimum_build": Field(c.parsed(_build, "a build"), "minimum build"),
        "phases": Field(phases, "phases over time"),
    }
    return c.record(dict, fields, "arc")


def _read_matrix(document: Document) -> tuple[Matrix, bool]:
    """(the matrix of a document, whether it replaces the one below)."""
    log = Log(document)
    sources = sources_of(document, log)
    fields = {
        name: Field(c.listing(c.record(partial(_dated, make), columns, f"a row of {name}")), "rows")
        for name, (make, columns) in _matrix_columns(sources).items()
    }
    fields |= {
        "replace": Field(c.boolean, "true: this matrix replaces the shipped one"),
        "sources": Field(_SOURCES, "sources by key"),
        "arc": Field(_arc_codec(sources), "terms of hotpatching through Azure Arc over time"),
    }
    codec: Codec[dict[str, Any]] = c.record(dict, fields, "the matrix")
    tables = codec.read(document.root, document.root_mark, log) or {}
    log.finish()
    for name, table in tables.items():
        if isinstance(document.root[name], ListNode):
            _note_repeated(name, table, document.root[name].marks, log)
    log.finish()
    arc = tables.pop("arc", {})
    replaces = bool(tables.pop("replace", False))
    tables.pop("sources", None)
    return Matrix(arc.get("minimum_build"), arc_phases=arc.get("phases", ()), **tables), replaces


def _identity(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The identity of a row: an image without its dates; of other rows, all fields."""
    if isinstance(row, rows.ImageRow):
        return row.urn.lower(), row.platforms
    return tuple(row)


def _note_repeated(
    name: str, table: Sequence[tuple[Any, ...]], marks: Iterable[int], log: Log
) -> None:
    seen = set()
    for row, mark in zip(table, marks, strict=True):
        if _identity(row) in seen:
            log.add(mark, f"This row of `{name}` is defined twice.", "Remove one.")
        seen.add(_identity(row))


def _laid_over(below: Matrix, above: Matrix, replaces: bool) -> Matrix:  # noqa: FBT001  read from the file
    if replaces:
        return above
    joined: dict[str, Any] = {"minimum_build": above.minimum_build or below.minimum_build}
    for name in Matrix._fields[1:]:
        fresh = {_identity(row) for row in getattr(above, name)}
        kept = [row for row in getattr(below, name) if _identity(row) not in fresh]
        joined[name] = (*kept, *getattr(above, name))
    return Matrix(**joined)


# --- the rule catalog ----------------------------------------

_LEVEL = c.choice("error", "warning", "note")
_TRACK = c.choice(*TRACK_STATES)


def _setting(value: object, mark: int, log: Log) -> rows.Setting | None:
    """The value of a setting: true, false, or text."""
    text = c.text_of(value, mark, log)
    return text == "true" if text in ("true", "false") else text


def _change(**fields: Any) -> rows.Change:
    return rows.Change(**{"arm": {}, "terraform": {}, **fields})


_SETTINGS = c.table(Codec(_setting, c.text_schema()))
_LINES = c.listing(_WORDS)
_CHANGE = c.record(
    _change,
    {
        "kind": _needed(c.choice(*rows.CHANGE_KINDS), "setting, step, upgrade, or new-machine"),
        "order": Field(c.number(0, 99), "place among the changes of one machine"),
        "done_with": Field(c.text(r"HP\d{3}"), "rule whose change makes this one, too"),
        "restarts": Field(c.boolean, "whether it restarts the machine"),
        "source": Field(c.listing(c.text(r"https?://\S+"), single=True), "public pages"),
        "bash": Field(_LINES, "commands of the Azure CLI"),
        "powershell": Field(_LINES, "commands of Azure PowerShell"),
        "not_found": Field(
            c.record(
                rows.Fallback,
                {"bash": _needed(_WORDS, "command"), "powershell": _needed(_WORDS, "command")},
                "a fallback",
            ),
            "commands where there is nothing to update",
        ),
        "steps": Field(_LINES, "what no command does"),
        "scale_set": Field(_LINES, "steps on a scale set"),
        "arm": Field(_SETTINGS, "properties of the resource"),
        "terraform": Field(c.table(_SETTINGS), "attributes by resource type"),
    },
    "a change",
)
_RULE: Codec[dict[str, Any]] = c.record(
    dict,
    {
        "name": _needed(c.text(r"[a-z0-9-]+"), "the rule's name"),
        "level": _needed(_LEVEL, "severity"),
        "levels": Field(c.table(_LEVEL), "level of a sentence, if different"),
        "verdict": Field(c.choice(*VERDICTS), "the verdict of an error"),
        "stops": Field(
            c.boolean, "whether rules that depend on image or version are skipped after it"
        ),
        "track": Field(_TRACK, "track state that it explains"),
        "tracks": Field(c.table(_TRACK), "track state of a sentence, if different"),
        "platforms": _needed(_PLATFORMS, "platforms it can be raised for"),
        "title": _needed(_WORDS, "one line"),
        "meaning": _needed(_WORDS, "what it means and why"),
        "sentences": _needed(c.table(_WORDS), "templates of the message"),
        "remedy": _needed(_WORDS, "what to do"),
        "remedies": Field(c.table(_WORDS), "remedy of a sentence, if different"),
        "fix": Field(_WORDS, "what to change so that a machine can be scheduled"),
        "change": Field(_CHANGE, "what makes a machine ready that the rule blocks"),
        "changes": Field(c.table(_CHANGE), "change of a sentence, if different"),
        "source": _needed(c.text(r"https?://\S+"), "public page"),
        "read": _needed(c.day, "the day of that page"),
        "wrong": _needed(_WORDS, "example that raises the rule"),
        "right": _needed(_WORDS, "corrected example"),
    },
    "a rule",
)
