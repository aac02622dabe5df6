"""From a fleet to a problem, and from its solution to a plan: when each machine restarts, in which
window, and why.

Times of the problem are minutes since the release (10:00 in Redmond on its day). A plan keeps the
rules of the inventory: windows without freezes, groups, rings, limits, pinned restarts, the
deadline.
"""

from hotpatch_cli.planning.plan import Plan, Reboot, broken_rules, plan, unscheduled
from hotpatch_cli.planning.prepare import PlanningInput, PlanRequest, prepare

__all__ = [
    "Plan",
    "PlanRequest",
    "PlanningInput",
    "Reboot",
    "broken_rules",
    "plan",
    "prepare",
    "unscheduled",
]
