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
    },
)
MovedJson = TypedDict("MovedJson", {"machine": str, "from": str, "to": str})


class ObjectiveJson(TypedDict):
    """Weighted hours from the release to the end of each restart, a proven lower bound of them, and
    the last end.

    `gap` is (exposure_hours - lower_bound) / exposure_hours, 0 when the exposure is 0.
    """

    exposure_hours: float
    lower_bound: float
    gap: float
    makespan: str | None


class SearchJson(TypedDict):
    """How the plan was found; cut_short says that the clock or the user ended the search."""

    engine: str
    work: int
    cut_short: bool


class RebootJson(TypedDict):
    """A restart in the local time of its opening, and why it is then."""

    machine: str
    start: str
    end: str
    window: str
    ring: str | None
    groups: list[str]
    why: str


class CodeJson(TypedDict):
    """The rule that says why a machine is not placed."""

    code: str
    message: str


class UnplacedJson(TypedDict):
    """A machine that is not placed."""

    machine: str
    reasons: list[CodeJson]


class ToldJson(TypedDict):
    """A reason of a conflict, or a change that would help."""

    kind: str
    name: str | None
    message: str


class ConflictJson(TypedDict):
    """Machines that cannot all be placed, the reasons (all are needed), and what would help (any
    one).

    `also` are others that are left out in the same way; `proven` is false where not every plan was
    tried.
    """

    machines: list[str]
    also: list[str]
    summary: str
    reasons: list[ToldJson]
    helps: list[ToldJson]
    proven: bool


class StartJson(TypedDict):
    """A restart that the other plan does not have."""

    machine: str
    start: str


class PlanDiffJson(TypedDict):
    """A plan against another one."""

    moved: list[MovedJson]
    added: list[StartJson]
    gone: list[str]
    no_longer_placed: list[str]
    now_placed: list[StartJson]


class WithoutJson(TypedDict):
    """The plan of the world without the supposition."""

    status: str
    objective: ObjectiveJson
    reboots: int
    unplaced: list[str]


class WhatIfJson(PlanDiffJson):
    """What a supposition changes; without is null where no baseline would be due."""

    questions: list[str]
    without: WithoutJson | None
    exposure_hours: float
    makespan_hours: float | None


class PlanJson(TypedDict):
    """The plan of `hotpatch plan`."""

    schema_version: int
    release: str
    asked: AskedJson
    status: Literal["optimal", "feasible", "infeasible"]
    objective: ObjectiveJson
    search: SearchJson
    left_alone: dict[str, int]
    reboots: list[RebootJson]
    unplaced: list[UnplacedJson]
    conflicts: list[ConflictJson]
    what_if: NotRequired[WhatIfJson]
    kept: NotRequired[PlanDiffJson]
