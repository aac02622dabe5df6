"""The types of the progress of a plan in JSON, from which its JSON Schema is made."""

from typing import Literal

from typing_extensions import TypedDict

StateJson = Literal["done", "due", "late", "failed", "not-needed", "gone", "new"]
ProgressSummaryJson = TypedDict(
    "ProgressSummaryJson",
    {
        "done": int,
        "due": int,
        "late": int,
        "failed": int,
        "not-needed": int,
        "gone": int,
        "new": int,
    },
)


class ProgressPlanJson(TypedDict):
    """The plan: its file, the date that it was made as of, the day of its baseline, and the number
    of its restarts.
    """

    file: str
    as_of: str | None
    release: str
    restarts: int


class FactJson(TypedDict):
    """A fact as a source states it."""

    field: str
    value: str


class PlaceJson(TypedDict):
    """The place of a fact."""

    file: str
    line: int | None
    column: int | None


class MachineProgressJson(TypedDict):
    """The state of a restart, and the fact that shows it.

    `certain` is false where no fact decides; `remedy` is then how to find out, and `rule` the code
    of the rule that explains it. `moved` is true if the fleet no longer allows the planned start,
    and `in_progress` if that has passed and the planned end hasn't.
    `ended` is when a restart that is done ended; `end_assumed` is true where no source states that.
    """

    machine: str
    id: str | None
    state: StateJson
    certain: bool
    evidence: str
    remedy: str | None
    rule: str | None
    fact: FactJson | None
    location: PlaceJson | None
    planned: str | None
    planned_end: str | None
    moved: bool
    in_progress: bool
    ended: str | None
    end_assumed: bool
    ring: str | None
    group: list[str]


class ShareJson(TypedDict):
    """The progress of a ring or a group; `percent` is null where no machine restarts."""

    name: str
    machines: int
    done: int
    percent: float | None
    states: ProgressSummaryJson


class ProgressJson(TypedDict):
    """The progress of `hotpatch progress`. `startable` are the machines that may start at the
    moment `at`, all of them together.
    """

    schema_version: int
    notes: list[str]
    as_of: str
    at: str
    plan: ProgressPlanJson
    on_schedule: bool
    summary: ProgressSummaryJson
    percent: float | None
    rings: list[ShareJson]
    groups: list[ShareJson]
    machines: list[MachineProgressJson]
    startable: list[str]
