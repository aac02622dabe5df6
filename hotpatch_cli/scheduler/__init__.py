"""Schedules tasks in windows, under limits and in order, and proves how good the schedule is.

`solve` makes a plan, `verify` and `cost` check one, and `explain` finds why tasks can't be
scheduled. It's an inner library on tasks, windows, groups, rings, and limits, without machines,
files, or time zones. README.md describes it.
"""

from hotpatch_cli.scheduler.infeasible.conflict import explain
from hotpatch_cli.scheduler.infeasible.constraints import Freezes
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.problem import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)
from hotpatch_cli.scheduler.proof import cost, verify
from hotpatch_cli.scheduler.solver import GOALS, Result, solve

__all__ = [
    "GOALS",
    "Feasibility",
    "Freezes",
    "ResourceLimit",
    "Result",
    "SchedulingProblem",
    "Task",
    "TaskGroup",
    "TaskRing",
    "cost",
    "explain",
    "solve",
    "verify",
]
