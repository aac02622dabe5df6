"""Capacity bound: whether windows offer each limit enough room, by length alone."""

from hotpatch_cli.scheduler.problem import SchedulingProblem, Task


def exceeds_capacity(problem: SchedulingProblem) -> bool:
    """Whether more tasks need some group or resource than all their windows together can serve."""
    group_users: dict[int, list[Task]] = {}
    resource_users: dict[int, list[Task]] = {}
    for task in problem.tasks:
        for group in task.groups:
            group_users.setdefault(group, []).append(task)
        for resource in set(task.resources):
            resource_users.setdefault(resource, []).append(task)
    return any(
        problem.most_starts(tasks, problem.groups[group]) < len(tasks)
        for group, tasks in group_users.items()
    ) or any(
        problem.most_starts(tasks, problem.resources[resource]) < len(tasks)
        for resource, tasks in resource_users.items()
    )
