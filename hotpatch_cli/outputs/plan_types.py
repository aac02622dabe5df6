"""The types of a plan in JSON, from which its JSON Schema is made."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

AskedJson = TypedDict(
    "AskedJson",
    {
        "month": str | None,
        "from": str | None,
        "until": str | None,
        "deadline_hours": float | None,
        "all": bool,
        "begin": str,
        "now": str | None,
        "strict": bool,
        "seen": str | None,
    },
)
PlanStatus = Literal["optimal", "feasible", "incomplete", "infeasible"]
MovedJson = TypedDict("MovedJson", {"machine": str, "from": str, "to": str})


class ObjectiveJson(TypedDict):
    """Weighted hours from the release to the end of each restart, their proven lower bound, and the
    last end.

    `gap` is (exposure_hours - lower_bound) / exposure_hours, 0 when the exposure is 0.
    `most_placed` is true where it is proven that no plan schedules more weight, and of that weight
    more restarts. No plan ends before `end_bound`; it is null unless the goal is the earliest end.
    """

    exposure_hours: float
    lower_bound: float
    gap: float
    makespan: str | None
    most_placed: bool
    end_bound: str | None


class SearchJson(TypedDict):
    """How the plan was found: what made it."""

    engine: str


class RebootJson(TypedDict):
    """A restart in the local time of its opening, and why it is at that time.

    `runner` is `platform` where Azure chooses the moment: the start is then a proposal. `confirmed`
    says whether the release data confirms the baseline. `track` is the track state of the machine
    when the plan was made.
    """

    machine: str
    id: str | None
    start: str
    end: str
    window: str
    ring: str | None
    groups: list[str]
    runner: Literal["owner", "platform"]
    confirmed: bool
    track: Literal["current", "behind", "baseline-due", "off-track", "unknown"] | None
    why: str


class DoneJson(TypedDict):
    """A restart of the plan before this one that is done. `end` is when it ended, as far as that is
    known; `start` is null if it wasn't scheduled.
    """

    machine: str
    id: str | None
    start: str | None
    end: str
    ring: str | None
    groups: list[str]


class CodeJson(TypedDict):
    """The rule that explains why a machine isn't scheduled."""

    code: str
    message: str


class UnplacedJson(TypedDict):
    """A machine that isn't scheduled."""

    machine: str
    reasons: list[CodeJson]


class ToldJson(TypedDict):
    """A cause of a conflict, or a change that resolves it."""

    kind: str
    name: str | None
    message: str


class ConflictJson(TypedDict):
    """Machines that can't all be scheduled, the causes in `reasons`, and the changes in `helps` of
    which each alone resolves the conflict.

    After any of `helps`, all `machines`, all of `also`, and the `dependents` can be scheduled,
    unless these depend on other conflicts too. `also` are other unscheduled machines that the
    causes concern. `dependents` aren't scheduled since they depend on the others. `proven` is false
    where not every plan was tried.
    """

    machines: list[str]
    also: list[str]
    dependents: list[str]
    summary: str
    reasons: list[ToldJson]
    helps: list[ToldJson]
    proven: bool


class StartJson(TypedDict):
    """A restart that the other plan doesn't have."""

    machine: str
    start: str


class PlanDiffJson(TypedDict):
    """The differences from another plan."""

    moved: list[MovedJson]
    added: list[StartJson]
    gone: list[str]
    no_longer_placed: list[str]
    now_placed: list[StartJson]


class WithoutJson(TypedDict):
    """The plan without the scenario."""

    status: PlanStatus
    objective: ObjectiveJson
    reboots: int
    unplaced: list[str]


class WhatIfJson(PlanDiffJson):
    """What a scenario changes; `without` is null where no baseline is due without it."""

    questions: list[str]
    without: WithoutJson | None
    exposure_hours: float
    makespan_hours: float | None


class PlanJson(TypedDict):
    """The plan of `hotpatch plan`. `notes` have the age of the release data, and what else concerns
    the whole plan. `cut_short` is true where a time limit or the user ended the search.
    Where there are several conflicts, each change of `all_fit` alone resolves all.

    `status`: all are scheduled and it is proven that no plan is better (`optimal`); all are
    scheduled (`feasible`); it is proven that not all can be (`infeasible`); otherwise `incomplete`.
    """

    schema_version: int
    notes: list[str]
    as_of: str
    release: str
    asked: AskedJson
    goal: Literal["exposure", "earliest-end"]
    effort: float
    cut_short: bool
    status: PlanStatus
    objective: ObjectiveJson
    search: SearchJson
    left_alone: dict[str, int]
    reboots: list[RebootJson]
    unplaced: list[UnplacedJson]
    conflicts: list[ConflictJson]
    all_fit: list[ToldJson]
    what_if: NotRequired[WhatIfJson]
    kept: NotRequired[PlanDiffJson]
    done: NotRequired[list[DoneJson]]
