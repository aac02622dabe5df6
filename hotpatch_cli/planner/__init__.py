"""Plans restarts and proves how good the plan is: `solve` makes it, `verify` and `cost` judge it.

The core is abstract: it knows tasks, windows, groups, rings and resources, and no fleet, file or clock time.
"""

from hotpatch_cli.planner.plan import Progress, Result, Unsound, solve
from hotpatch_cli.planner.problem import Group, InvalidProblem, Problem, Resource, Ring, Task
from hotpatch_cli.planner.proof import Cost, Violation, cost, verify

__all__ = [
    "Cost",
    "Group",
    "InvalidProblem",
    "Problem",
    "Progress",
    "Resource",
    "Result",
    "Ring",
    "Task",
    "Unsound",
    "Violation",
    "cost",
    "solve",
    "verify",
]
