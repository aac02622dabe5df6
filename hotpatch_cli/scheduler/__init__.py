"""Plans restarts and proves how good the plan is: `solve` makes it, `verify` and `cost` judge it.

The core is abstract: it knows tasks, windows, groups, rings and resources, and no fleet, file or
clock time.
"""

from hotpatch_cli.scheduler.problem import (
    InvalidProblem,
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)
from hotpatch_cli.scheduler.proof import Cost, Violation, cost, verify
from hotpatch_cli.scheduler.solve import Progress, Result, Unsound, solve

__all__ = [
    "Cost",
    "InvalidProblem",
    "Progress",
    "ResourceLimit",
    "Result",
    "SchedulingProblem",
    "Task",
    "TaskGroup",
    "TaskRing",
    "Unsound",
    "Violation",
    "cost",
    "solve",
    "verify",
]
