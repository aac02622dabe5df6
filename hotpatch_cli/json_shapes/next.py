"""What comes next as JSON, as `hotpatch next` writes it."""

from operator import attrgetter, itemgetter

from hotpatch_cli.json_shapes.report import RESTART, SCHEMA_VERSION
from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    TEXT,
    TRUTH,
    ListOf,
    Property,
    Shape,
    nullable,
    words,
)

NEXT_BASELINE = Shape(
    "NextBaselineJson",
    "The first baseline of a product from the as-of date on; no date after the end of hotpatching.",
    (
        Property("product", words("ws2022", "ws2025"), attrgetter("product")),
        Property(
            "date", nullable(TEXT), lambda row: str(row.baseline.date) if row.baseline else None
        ),
        Property("days", nullable(INTEGER), attrgetter("days")),
        Property(
            "kind",
            nullable(words("planned", "unplanned")),
            lambda row: row.baseline.kind if row.baseline else None,
        ),
        Property(
            "confirmed",
            nullable(TRUTH),
            lambda row: row.baseline.confirmed if row.baseline else None,
        ),
    ),
)
NEXT_RESTART = Shape(
    "NextRestartJson",
    "The next restart of a machine, as text and as in the report.",
    (
        Property("machine", TEXT, itemgetter(0)),
        Property("id", nullable(TEXT), itemgetter(1)),
        Property("text", TEXT, itemgetter(2)),
        Property("next_reboot", RESTART, itemgetter(3)),
    ),
)
NEXT = Shape(
    "NextJson",
    "The next baselines, and the restarts of the fleet in the order of their time.",
    (
        Property("schema_version", INTEGER, lambda _: SCHEMA_VERSION),
        Property("as_of", TEXT, lambda content: str(content["as_of"])),
        Property("baselines", ListOf(NEXT_BASELINE), itemgetter("baselines")),
        Property("restarts", ListOf(NEXT_RESTART), itemgetter("restarts")),
    ),
)
