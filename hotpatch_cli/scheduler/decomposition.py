"""Decomposition: tasks that share no limit and no gate are planned and proved on their own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hotpatch_cli.scheduler.slot_model import Precedence, SlotModel, Use


class ModelPart(NamedTuple):
    """A part of a model as a model of its own.

    `tasks` and `limits` are their numbers in the whole.
    """

    model: SlotModel
    tasks: tuple[int, ...]
    limits: tuple[int, ...] = ()


def split(model: SlotModel) -> list[ModelPart]:
    """The independent parts of a model's live tasks, each in the order of the whole."""
    root = list(range(len(model.duration)))
    first_user: dict[int, int] = {}
    for task in model.live:
        for use in model.uses[task]:
            _join(root, task, first_user.setdefault(use.limit, task))
    live = set(model.live)
    for gate in model.gates:
        together = [task for task in (*gate.before, *gate.after) if task in live]
        for task in together:
            _join(root, task, together[0])
    parts: dict[int, list[int]] = {}
    for task in model.live:
        parts.setdefault(_root(root, task), []).append(task)
    gates: dict[int, list[Precedence]] = {}
    for gate in model.gates:
        # A gate with a task before it that is not live has no live task after it: it binds nothing.
        if all(task in live for task in gate.before):
            gates.setdefault(_root(root, gate.before[0]), []).append(gate)
    return [part_of(model, tasks, gates.get(key, [])) for key, tasks in parts.items()]


def part_of(model: SlotModel, tasks: Sequence[int], gates: Iterable[Precedence]) -> ModelPart:
    """Some tasks, each after those that it depends on, with gates among them."""
    number = {task: new for new, task in enumerate(tasks)}
    limits: dict[int, int] = {}
    shared: dict[int, tuple[Use, ...]] = {}
    for task in tasks:
        uses = model.uses[task]
        if id(uses) not in shared:
            shared[id(uses)] = tuple(
                use._replace(limit=limits.setdefault(use.limit, len(limits))) for use in uses
            )
    renumbered = []
    for gate in gates:
        after = tuple(number[task] for task in gate.after if task in number)
        if after:
            renumbered.append(
                Precedence(tuple(number[task] for task in gate.before), after, gate.lag)
            )
    waits: list[list[int]] = [[] for _ in tasks]
    opens: list[list[int]] = [[] for _ in tasks]
    for index, gate in enumerate(renumbered):
        for task in gate.after:
            waits[task].append(index)
        for task in gate.before:
            opens[task].append(index)
    part = SlotModel(
        model.grid,
        model.per_hour,
        model.weight_unit,
        tuple(model.duration[task] for task in tasks),
        tuple(model.weight[task] for task in tasks),
        tuple(model.windows[task] for task in tasks),
        tuple(shared[id(model.uses[task])] for task in tasks),
        tuple(model.capacity[limit] for limit in limits),
        tuple(renumbered),
        tuple(map(tuple, waits)),
        tuple(map(tuple, opens)),
        tuple(range(len(tasks))),
    )
    return ModelPart(part, tuple(tasks), tuple(limits))


def _join(root: list[int], one: int, other: int) -> None:
    root[_root(root, one)] = _root(root, other)


def _root(root: list[int], task: int) -> int:
    while root[task] != task:
        root[task] = task = root[root[task]]
    return task
