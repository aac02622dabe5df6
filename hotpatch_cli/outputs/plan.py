"""The registry of plan formats, and the plain ones: CSV and Markdown."""

from collections.abc import Iterable
from itertools import chain

from hotpatch_cli.model import Finding, Machine
from hotpatch_cli.outputs.escaping import csv_text, markdown
from hotpatch_cli.outputs.plan_json import reboot_dict, whys_of
from hotpatch_cli.outputs.plan_view import PlanView, difference_sections, nights, proof
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import Reboot

_HEADER = ("machine", "start", "end", "window", "ring", "groups", "why")


def render_csv(view: PlanView, _options: ViewOptions) -> str:
    """The plan as CSV: one line a restart, then one for each machine that is not placed, without a
    start.
    """
    rows = [reboot_dict(reboot) for reboot in view.plan.reboots]
    whys = whys_of(view.plan)
    placed = (
        [*list(row.values())[:5], " ".join(row["groups"]), whys[row["machine"]]] for row in rows
    )
    return csv_text(
        _HEADER,
        chain(placed, (_left_out(view, machine, why) for machine, why in view.plan.unplaced)),
    )


def _left_out(view: PlanView, machine: Machine, why: Finding) -> list[str | None]:
    groups = " ".join(machine.placement.groups)
    return [
        machine.label,
        None,
        None,
        None,
        machine.placement.ring,
        groups,
        f"{why.code} {view.message(why)}",
    ]


def render_markdown(view: PlanView, _options: ViewOptions) -> str:
    """The plan as Markdown, for a change request."""
    plan = view.plan
    whys = whys_of(plan)
    lines = [
        f"# Restarts for the baseline of {plan.release_day}",
        "",
        *proof(plan).splitlines(),
        "",
    ]
    for night in nights(plan):
        lines += [f"## Night of {night.name}", ""]
        lines += [
            _line(("Machine", "Start", "End", "Window", "Ring", "Why then")),
            _line(["---"] * 6),
        ]
        lines += [_line((*_row(reboot), whys[reboot.machine.label])) for reboot in night.reboots]
        lines.append("")
    if plan.unplaced:
        lines += ["## Not placed", ""]
        for machine, why in plan.unplaced:
            lines.append(f"- {markdown(machine.label)}: {why.code} {markdown(view.message(why))}")
        lines.append("")
    lines += _conflicts(view)
    for heading, changes in difference_sections(view):
        lines += [
            f"## {markdown(heading.rstrip(':'))}",
            "",
            *(f"- {markdown(change)}" for change in changes),
            "",
        ]
    return "\n".join(lines)


def _conflicts(view: PlanView) -> list[str]:
    lines = []
    for number, obstacle in enumerate(view.obstacles, 1):
        lines += [f"### Conflict {number}", "", markdown(obstacle.summary), ""]
        lines += ["All of these together stand in the way:", ""]
        lines += [*(f"- {markdown(reason.message)}" for reason in obstacle.reasons), ""]
        if obstacle.helps:
            lines += ["Each of these alone would help:", ""]
            lines += [*(f"- {markdown(relaxation.message)}" for relaxation in obstacle.helps), ""]
    return lines


def _row(reboot: Reboot) -> tuple[str, ...]:
    start, end = f"{reboot.start:%Y-%m-%d %H:%M %z}", f"{reboot.end:%H:%M %z}"
    return reboot.machine.label, start, end, reboot.window, reboot.machine.placement.ring or ""


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(markdown, cells)) + " |"
