"""The limits that windows break as JSON, as `hotpatch windows lint` writes them."""

from operator import attrgetter, itemgetter

from hotpatch_cli.json_shapes.report import LOCATION, SCHEMA_VERSION
from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    TEXT,
    ListOf,
    Property,
    Shape,
    nullable,
    words,
)

LIMIT_SOURCE = Shape(
    "LimitSourceJson",
    "A source, and the date on which it was read.",
    (
        Property("title", TEXT, attrgetter("title")),
        Property("url", nullable(TEXT), attrgetter("url")),
        Property("read", TEXT, lambda source: str(source.read)),
    ),
)
BROKEN_LIMIT = Shape(
    "BrokenLimitJson",
    "The limit of a finding.",
    (
        Property("name", TEXT, attrgetter("name")),
        Property("expected", TEXT, attrgetter("limit")),
    ),
)
LINT_FINDING = Shape(
    "LintFindingJson",
    "A limit that a window breaks. `answer` is what Azure or the provider of Terraform answers; "
    "`threads` show it in public. `machine` is null where the finding is of the window alone.",
    (
        Property("code", words("HP503", "HP504"), itemgetter("code")),
        Property("name", TEXT, itemgetter("name")),
        Property("level", words("error", "warning", "note"), itemgetter("level")),
        Property("window", TEXT, itemgetter("window")),
        Property("machine", nullable(TEXT), itemgetter("machine")),
        Property("limit", BROKEN_LIMIT, itemgetter("limit")),
        Property("observed", TEXT, itemgetter("observed")),
        Property("answer", TEXT, lambda found: found["limit"].answer),
        Property("message", TEXT, itemgetter("message")),
        Property("remedy", TEXT, lambda found: found["limit"].remedy),
        Property("source", nullable(TEXT), lambda found: found["limit"].source[0].url),
        Property("sources", ListOf(LIMIT_SOURCE), lambda found: found["limit"].source),
        Property("threads", ListOf(LIMIT_SOURCE), lambda found: found["limit"].threads),
        Property("location", LOCATION, itemgetter("location")),
    ),
)
LINT_SUMMARY = Shape(
    "LintSummaryJson",
    "How many windows were checked, and how many findings there are of each level.",
    (
        Property("windows", INTEGER, itemgetter("windows")),
        Property("not_run_by_azure", INTEGER, itemgetter("not_run_by_azure")),
        Property("findings", INTEGER, itemgetter("findings")),
        Property("errors", INTEGER, itemgetter("error")),
        Property("warnings", INTEGER, itemgetter("warning")),
        Property("notes", INTEGER, itemgetter("note")),
    ),
)
LINT = Shape(
    "LintJson",
    "What Azure refuses, never runs, or advises against in the windows of some files.",
    (
        Property("schema_version", INTEGER, lambda _: SCHEMA_VERSION),
        Property("summary", LINT_SUMMARY, itemgetter("summary")),
        Property("findings", ListOf(LINT_FINDING), itemgetter("findings")),
    ),
)
