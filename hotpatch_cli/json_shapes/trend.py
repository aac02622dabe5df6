"""The JSON of `trend`: the reports in the order of their days, the baselines, and the changes."""

from operator import attrgetter, itemgetter
from typing import Any

from hotpatch_cli.json_shapes.report import SUMMARY, VERDICTS
from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    NUMBER,
    TEXT,
    TRUTH,
    ListOf,
    Maybe,
    Property,
    Shape,
    listed,
    nullable,
    words,
)
from hotpatch_cli.model import TRACK_STATES


def _share(number: str) -> Any:
    def value(point: Any) -> float | None:
        share = point.share(getattr(point, number))
        return None if share is None else round(share, 4)

    return value


TRACKS = Shape(
    "TrackCountsJson",
    "The number of machines in each track state; a machine that isn't eligible can have none.",
    tuple(Property(state, INTEGER, itemgetter(state)) for state in TRACK_STATES),
)
SHARES = Shape(
    "SharesJson",
    "Shares of all machines, from 0 to 1; null for a report without machines. "
    "`on_newest_baseline` counts the track states current and behind.",
    (
        Property("ready", nullable(NUMBER), _share("ready")),
        Property("on_newest_baseline", nullable(NUMBER), _share("on_baseline")),
        Property("off_track", nullable(NUMBER), _share("off_track")),
    ),
)
POINT = Shape(
    "TrendReportJson",
    "One of the reports.",
    (
        Property("as_of", TEXT, lambda point: str(point.as_of)),
        Property("file", TEXT, attrgetter("name")),
        Property("summary", SUMMARY, attrgetter("summary")),
        Property("track", TRACKS, attrgetter("states")),
        Property("shares", SHARES, lambda point: point),
    ),
)
RELEASE = Shape(
    "BaselineReleaseJson",
    "The baseline of one product; no KB and no build where only the schedule has it.",
    (
        Property("product", TEXT, itemgetter(0)),
        Property("kind", words("planned", "unplanned"), lambda pair: pair[1].kind),
        Property("confirmed", TRUTH, lambda pair: pair[1].confirmed),
        Property("kb", nullable(TEXT), lambda pair: pair[1].release and pair[1].release.kb),
        Property(
            "build",
            nullable(TEXT),
            lambda pair: (
                str(pair[1].release.build) if pair[1].release and pair[1].release.build else None
            ),
        ),
    ),
)
ROLLOUT = Shape(
    "TrendBaselineJson",
    "A baseline and the machines of its products. The days run from the release to the first "
    "report that shows a machine with the baseline or a later update: they are upper bounds. "
    "`seen` machines have such a report; `missing` ones don't; `unknown` ones lack the facts; "
    "`new` ones had it when they were first seen. Only `seen` machines count for the days.",
    (
        Property("date", TEXT, lambda rollout: str(rollout.date)),
        Property("median_days", nullable(NUMBER), attrgetter("median_days")),
        Property("p90_days", nullable(NUMBER), attrgetter("p90_days")),
        Property("machines", INTEGER, attrgetter("machines")),
        Property("seen", INTEGER, lambda rollout: len(rollout.days)),
        Property("missing", INTEGER, attrgetter("missing")),
        Property("unknown", INTEGER, attrgetter("unknown")),
        Property("new", INTEGER, attrgetter("new_with_it")),
        Property("releases", ListOf(RELEASE), lambda rollout: rollout.releases.items()),
    ),
)
STATE = Shape(
    "TrendStateJson",
    "",
    (
        Property("verdict", words(*VERDICTS), attrgetter("verdict")),
        Property("track", nullable(words(*TRACK_STATES)), attrgetter("track")),
    ),
)
RAISED = Shape(
    "RaisedJson",
    "",
    (Property("code", TEXT, itemgetter(0)), Property("message", TEXT, itemgetter(1))),
)
CHANGE = Shape(
    "TrendChangeJson",
    "A change of a machine from the report of the day `since` to that of `as_of`, with the "
    "findings that made it: new ones (`raised`), and codes of those that ended (`settled`). A "
    "machine that is `back` was missing in reports between the two.",
    (
        Property("as_of", TEXT, lambda change: str(change.as_of)),
        Property("since", TEXT, lambda change: str(change.since)),
        Property("name", TEXT, attrgetter("machine.name")),
        Property("id", nullable(TEXT), attrgetter("machine.id")),
        Property(
            "change",
            words("worse", "better", "changed", "gone", "new", "back"),
            attrgetter("kind"),
        ),
        Property("old", Maybe(STATE), attrgetter("old")),
        Property("new", Maybe(STATE), attrgetter("new")),
        Property("raised", ListOf(RAISED), attrgetter("raised")),
        Property("settled", listed(TEXT), lambda change: list(change.settled)),
    ),
)
TREND = Shape(
    "TrendJson",
    "The trend of a fleet, as `hotpatch trend` writes it.",
    (
        Property("schema_version", INTEGER, lambda _: 1),
        Property("notes", listed(TEXT), lambda view: list(view.notes)),
        Property("reports", ListOf(POINT), attrgetter("trend.points")),
        Property("baselines", ListOf(ROLLOUT), attrgetter("trend.rollouts")),
        Property("changes", ListOf(CHANGE), attrgetter("trend.changes")),
    ),
)
"""Its value is a `TrendView`."""
