"""Start candidates: the starts that a best plan needs, for parts of few tasks.

Pushed to the left as far as it goes, no plan gets worse. Each start is then that of a window, or a
sum of holds and of ways through gates after one, of each other task at most one.
"""

from collections.abc import Iterable, Iterator, Sequence

from hotpatch_cli.scheduler.slot_model import SlotInterval, SlotModel

MOST_TASKS = 60
"""Tasks up to which candidates are sought: with more, their sums fill all windows."""


def only_candidates(model: SlotModel, candidates: int | None) -> SlotModel:
    """The model with windows that end when the last candidate in them does."""
    if candidates is None:
        return model
    shared: dict[tuple[int, int], tuple[SlotInterval, ...]] = {}
    windows = list(model.windows)
    for task in model.live:
        key = (id(model.windows[task]), model.duration[task])
        if key not in shared:
            shared[key] = tuple(_cut(model.windows[task], model.duration[task], candidates))
        windows[task] = shared[key]
    return model._replace(windows=tuple(windows))


def start_candidates(model: SlotModel, others: Iterable[int] = ()) -> int | None:
    """The slots at which a task may have to start, as bits; None if all slots count.

    `others` are slots at which limits change by other tasks.
    """
    if len(model.live) > MOST_TASKS:
        return None
    windows = [model.windows[task] for task in model.live]
    last = max((of_task[-1][1] for of_task in windows if of_task), default=0)
    mask = (1 << last + 1) - 1
    reached = 0
    for opens in {*(opens for of_task in windows for opens, _ in of_task), *others}:
        reached |= 1 << opens
    for task in model.live:
        steps = {use.hold for use in model.uses[task]}
        steps.update(model.duration[task] + model.gates[gate].lag for gate in model.opens[task])
        before = reached
        for step in steps:
            reached |= before << step & mask
    return reached


def _cut(windows: Sequence[SlotInterval], duration: int, candidates: int) -> Iterator[SlotInterval]:
    for opens, closes in windows:
        width = closes - duration - opens + 1
        inside = candidates >> opens & (1 << max(width, 0)) - 1
        if inside:
            yield opens, opens + inside.bit_length() - 1 + duration
