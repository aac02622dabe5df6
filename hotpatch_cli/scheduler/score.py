"""The score of a plan: what the search compares."""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel


class Score(NamedTuple):
    """The score of a plan, less is better, the first difference decides.

    `weight_out` and `left_out` are the weight and the number of the unscheduled tasks, `moved` the
    number of moved starts, and `ends` the weighted end slots.
    """

    weight_out: int
    left_out: int
    moved: int
    ends: int

    @property
    def level(self) -> tuple[int, int]:
        """What isn't scheduled: plans of one level compare by their ends."""
        return self.weight_out, self.left_out


def score(model: SlotModel, starts: Sequence[int], keep: Sequence[int] | None = None) -> Score:
    """The score of a plan in slots; `keep` is an older plan whose starts should stay."""
    weight_out = left_out = moved = ends = 0
    for task in model.live:
        start = starts[task]
        if start == NOWHERE:
            weight_out += model.weight[task]
            left_out += 1
        else:
            ends += model.weight[task] * (start + model.duration[task])
            moved += keep is not None and 0 <= keep[task] != start
    return Score(weight_out, left_out, moved, ends)


def closed(model: SlotModel, starts: Sequence[int]) -> list[int]:
    """A plan without the tasks that depend, directly or not, on one that isn't scheduled."""
    kept = list(starts)
    for task in model.live:
        if any(kept[before] == NOWHERE for before in model.tasks_before(task)):
            kept[task] = NOWHERE
    return kept
