"""One machine as JSON, as `hotpatch show` writes it."""

from operator import attrgetter, itemgetter

from hotpatch_cli.json_shapes.report import LOCATION, MACHINE, SCHEMA_VERSION
from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    TEXT,
    ListOf,
    Maybe,
    Property,
    Shape,
    listed,
    nullable,
    words,
)

FACT = Shape(
    "FactJson",
    "A fact, its value as text, and the place of its source. A fact that is `open` depends on the "
    "deployment; on one in `conflict` sources differ, and it's unknown.",
    (
        Property("field", TEXT, attrgetter("field")),
        Property("value", TEXT, attrgetter("value")),
        Property("state", words("stated", "inferred", "open", "conflict"), attrgetter("state")),
        Property("location", LOCATION, attrgetter("place")),
    ),
)
GROUP = Shape(
    "GroupJson",
    "A group of the machine, its limit as in an inventory, and its members in the fleet.",
    (
        Property("name", TEXT, attrgetter("name")),
        Property("max_unavailable", nullable(TEXT), attrgetter("share")),
        Property("members", INTEGER, attrgetter("members")),
    ),
)
STEP = Shape(
    "StepJson",
    "A step of a fix: what to do, and commands with the names of the machine filled in.",
    (
        Property("text", TEXT, attrgetter("prose")),
        Property("commands", listed(TEXT), lambda step: [line.text for line in step.commands]),
    ),
)
FIX = Shape(
    "FixJson",
    "What to do about a rule.",
    (
        Property("code", TEXT, attrgetter("code")),
        Property("name", TEXT, attrgetter("name")),
        Property("steps", ListOf(STEP), attrgetter("steps")),
    ),
)
FROZEN = Shape(
    "FrozenJson",
    "The minutes of an opening that a freeze removes.",
    (
        Property("freeze", TEXT, attrgetter("freeze")),
        Property("minutes", INTEGER, attrgetter("minutes")),
    ),
)
OPENING = Shape(
    "OpeningJson",
    "An opening of a window, and the minutes that are left of it.",
    (
        Property("window", TEXT, attrgetter("opening.window")),
        Property("start", TEXT, lambda listed_: listed_.opening.start.isoformat()),
        Property("end", TEXT, lambda listed_: listed_.opening.end.isoformat()),
        Property("minutes", INTEGER, attrgetter("minutes")),
        Property("removed", ListOf(FROZEN), attrgetter("removed")),
        Property("notes", listed(TEXT), lambda listed_: list(listed_.opening.notes)),
        Property("runner", TEXT, attrgetter("runner")),
    ),
)
SHOW = Shape(
    "ShowJson",
    "Everything about one machine. `machine` is as in the report; null if it doesn't run Windows.",
    (
        Property("schema_version", INTEGER, lambda _: SCHEMA_VERSION),
        Property("as_of", TEXT, itemgetter("as_of")),
        Property("name", TEXT, itemgetter("name")),
        Property("id", nullable(TEXT), itemgetter("id")),
        Property("machine", Maybe(MACHINE), itemgetter("machine")),
        Property("facts", ListOf(FACT), itemgetter("facts")),
        Property("groups", ListOf(GROUP), itemgetter("groups")),
        Property("ring", nullable(TEXT), itemgetter("ring")),
        Property("openings", ListOf(OPENING), itemgetter("openings")),
        Property("fixes", ListOf(FIX), itemgetter("fixes")),
        Property("notes", listed(TEXT), itemgetter("notes")),
    ),
)
