"""The score of a plan: what the search compares."""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel


class Score(NamedTuple):
    """The score of a plan, less is better: unscheduled tasks, moved starts, weighted end slots."""

    left_out: int
    moved: int
    ends: float


def score(model: SlotModel, starts: Sequence[int], keep: Sequence[int] | None = None) -> Score:
    """The score of a plan in slots; `keep` is an older plan whose starts should stay."""
    left_out = moved = 0
    ends = 0.0
    for task in model.live:
        start = starts[task]
        if start == NOWHERE:
            left_out += 1
        else:
            ends += model.weight[task] * (start + model.duration[task])
            moved += keep is not None and 0 <= keep[task] != start
    return Score(left_out, moved, ends)
