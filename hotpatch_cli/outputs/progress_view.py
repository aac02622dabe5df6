"""What the formats of the progress of a plan share: its sentences, and its rows in their order."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.planning.progress import Progress, ProgressShare
from hotpatch_cli.planning.restart_state import MachineProgress, State

_FIRST: tuple[State, ...] = ("failed", "late", "new", "due", "not-needed", "gone", "done")
"""States in the order in which people need them."""
_NAMED = 5
SHARE_HEADER = ("", "done", "percent", "due", "late", "failed", "new")


class ProgressView(NamedTuple):
    """The progress of a plan, the file of the plan, and the sentences on the age of the release
    data.
    """

    progress: Progress
    plan_name: str
    age: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the whole."""
        return (*self.age, *self.progress.notes)


def headline(progress: Progress) -> str:
    """What the plan is for."""
    return f"Progress of the plan for the baseline of {day_text(progress.record.release)}"


def moment_of(progress: Progress) -> str:
    """The moment of the progress, with its offset."""
    return clock_text(progress.at)


def clock_text(moment: datetime) -> str:
    """A moment with its weekday and offset: `Sat 2026-01-17 22:00 +0100`, or with UTC."""
    offset = f"{moment:%z}"
    return f"{moment:%a %Y-%m-%d %H:%M} {'UTC' if offset == '+0000' else offset}"


def summary(progress: Progress) -> str:
    """How many machines are done, and how many have each other state."""
    whole = progress.whole
    percent = f" ({whole.percent:g}%)" if whole.percent is not None else ""
    others = [
        f"{whole.states[state]:,} {state}"
        for state in _FIRST
        if state != "done" and whole.states[state]
    ]
    done = f"{whole.done:,} of {counted(whole.total, 'machine')} done{percent}"
    return ", ".join([done, *others])


def ordered(progress: Progress) -> list[MachineProgress]:
    """The machines: those that need attention first, each state in the order of its starts."""
    return sorted(
        progress.machines,
        key=lambda row: (
            _FIRST.index(row.state),
            row.start.timestamp() if row.start else 0,
            row.name,
        ),
    )


def shares(progress: Progress) -> Iterator[tuple[str, ...]]:
    """The rows of the table of rings and groups, under SHARE_HEADER."""
    for kind, found in (("ring", progress.rings), ("group", progress.groups)):
        for share in found:
            yield (f"{kind} {share.name}", *share_cells(share))


def share_cells(share: ProgressShare) -> tuple[str, ...]:
    """The counts of a ring or a group."""
    percent = "-" if share.percent is None else f"{share.percent:g}%"
    states: tuple[State, ...] = ("due", "late", "failed", "new")
    counts = (str(share.states[state] or "-") for state in states)
    return f"{share.done} of {share.total}", percent, *counts


def planned_text(row: MachineProgress) -> str:
    """The planned start of a machine."""
    return clock_text(row.start) if row.start else "-"


class OpenQuestion(NamedTuple):
    """Machines whose state isn't certain, the rule that explains why, and how to find out."""

    machines: tuple[str, ...]
    rule: str
    remedy: str

    @property
    def names(self) -> str:
        """The first machines, and the number of the rest."""
        return and_more(self.machines, _NAMED)


def open_questions(progress: Progress) -> list[OpenQuestion]:
    """What isn't certain: each way to find out once, with its machines."""
    sharing: dict[tuple[str, str], list[str]] = {}
    for row in ordered(progress):
        if row.rule is not None:
            sharing.setdefault((row.rule[1], row.remedy), []).append(row.name)
    return [OpenQuestion(tuple(names), *way) for way, names in sharing.items()]


def next_steps(progress: Progress) -> str:
    """What may start now, in a sentence without the names."""
    count = len(progress.startable)
    if not count:
        return "No restart may start now."
    return f"{counted(count, 'restart')} may start now, all together:"
