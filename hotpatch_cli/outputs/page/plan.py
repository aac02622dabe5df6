"""The plan of the page: computed here or given in a file, and judged either way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.charts.nights import night_of
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.page.words import day_text
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.planning import Plan, PlanningInput, Reboot, broken_rules, unscheduled
from hotpatch_cli.planning.conflicts import PlanConflict, plan_conflicts
from hotpatch_cli.report import sentence

ROWS = 500
"""So many restarts are listed under the picture; `hotpatch plan` lists all."""
NAMED = 30


class Left(NamedTuple):
    """Machines that are not placed for one reason; `names` are the first of them."""

    why: str
    names: tuple[str, ...]
    total: int


class PlanPart(NamedTuple):
    """A plan for the page: its restarts, who is not in it and why, the rules that it breaks, and
    its worth in words.
    """

    prepared: PlanningInput
    reboots: tuple[Reboot, ...]
    unplaced: tuple[Left, ...]
    broken: tuple[str, ...]
    worth: str
    obstacles: tuple[PlanConflict, ...] = ()

    @property
    def summary(self) -> str:
        """The plan in a sentence."""
        if not self.reboots:
            return (
                f"No restart is planned for the baseline of {day_text(self.prepared.release_day)}."
            )
        days = sorted({night_of(reboot.start) for reboot in self.reboots})
        nights = counted(len(days), "night")
        when = (
            f"on {day_text(days[0])}"
            if len(days) == 1
            else f"from {day_text(days[0])} to {day_text(days[-1])}"
        )
        baseline = day_text(self.prepared.release_day)
        many = counted(len(self.reboots), "restart")
        return f"{many} in {nights}, {when}, for the baseline of {baseline}."

    @property
    def rows(self) -> list[dict[str, str]]:
        """The restarts as a table, the first of them."""
        return [
            {
                "machine": visible(reboot.machine.label),
                "start": f"{reboot.start:%Y-%m-%d %H:%M %z}",
                "end": f"{reboot.end:%H:%M}",
                "window": visible(reboot.window),
                "ring": visible(reboot.machine.placement.ring or "–"),
                "groups": visible(", ".join(reboot.machine.placement.groups) or "–"),
            }
            for reboot in self.reboots[:ROWS]
        ]


def computed(plan: Plan, rules: Mapping[str, Rule]) -> PlanPart:
    """A plan that was made for the page."""
    left = _by_reason(
        (machine.label, sentence(rules[why.code], why)) for machine, why in plan.unplaced
    )
    worth = _worth(plan) if plan.reboots else ""
    return PlanPart(plan.prepared, plan.reboots, left, (), worth, plan_conflicts(plan, rules))


def _worth(plan: Plan) -> str:
    hours = f"Exposure, the hours from the release to each restart in all, is {plan.exposure:,.0f}"
    if plan.gap <= 0:
        placed = " for what is placed" if plan.unplaced else ""
        return f"{hours}{placed}: no plan has less."
    return f"{hours}, at most {max(plan.gap, 0.001):.1%} more than the best plan possible."


def _by_reason(rows: Iterable[tuple[str, str]]) -> tuple[Left, ...]:
    """Machines by what stands in their way, most of them first."""
    found: dict[str, list[str]] = {}
    for name, why in rows:
        found.setdefault(why, []).append(visible(name))
    ordered = sorted(found.items(), key=lambda reason: -len(reason[1]))
    return tuple(Left(visible(why), tuple(names[:NAMED]), len(names)) for why, names in ordered)


def given(prepared: PlanningInput, starts: Mapping[str, datetime]) -> PlanPart:
    """A plan of a file, held against the rules of the fleet."""
    rows = zip(prepared.machines, prepared.pieces, strict=True)
    reboots = [
        _reboot(machine, pieces, starts[machine.label], prepared)
        for machine, pieces in rows
        if machine.label in starts
    ]
    left = _by_reason(
        (name, "Not in the plan, though a restart is due.")
        for name in unscheduled(prepared, starts)
    )
    broken = tuple(map(visible, broken_rules(prepared, starts)))
    worth = "" if broken else "The plan was checked against the fleet: it keeps every rule."
    return PlanPart(
        prepared, tuple(sorted(reboots, key=lambda reboot: reboot.start)), left, broken, worth
    )


def _reboot(
    machine: Any, pieces: Sequence[Any], start: datetime, prepared: PlanningInput
) -> Reboot:
    """The restart in the zone of its opening; one that lies in none keeps the offset that the file
    gives.
    """
    length = machine.placement.reboot
    begin = (start.astimezone(UTC) - prepared.release) / timedelta(minutes=1)
    end = begin + length / timedelta(minutes=1)
    opening = next(
        (piece.opening for piece in pieces if piece.start <= begin and end <= piece.end), None
    )
    local = start.astimezone(opening.start.tzinfo) if opening else start
    return Reboot(
        machine,
        local,
        (start.astimezone(UTC) + length).astimezone(local.tzinfo),
        opening.window if opening else "–",
    )
