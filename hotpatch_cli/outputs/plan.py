"""The plain formats of a plan: CSV, and Markdown as a change request."""

from itertools import chain

from hotpatch_cli.model import Finding, Machine
from hotpatch_cli.outputs.change_request import request_sections
from hotpatch_cli.outputs.escaping import csv_text, markdown, markdown_table
from hotpatch_cli.outputs.night import NAMED
from hotpatch_cli.outputs.phrases import and_more
from hotpatch_cli.outputs.plan_json import reboot_dict
from hotpatch_cli.outputs.plan_view import (
    PlanView,
    certainty,
    difference_sections,
    each_alone,
    moment_text,
    nights,
    who,
)
from hotpatch_cli.outputs.report_markdown import bounded
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import Reboot

_HEADER = (
    "machine",
    "start",
    "end",
    "window",
    "ring",
    "groups",
    "runner",
    "confirmed",
    "why",
)
_MARKDOWN = ("Machine", "Start", "End", "By", "Baseline", "Window", "Ring", "Groups", "Why then")
_WORDS = {True: "true", False: "false"}


def render_csv(view: PlanView, _options: ViewOptions) -> str:
    """The plan as CSV: a line for each restart, then a line without a start for each machine that
    isn't scheduled.
    """
    whys = view.whys
    placed = (_csv_row(reboot, whys[reboot.machine.label]) for reboot in view.plan.reboots)
    return csv_text(
        _HEADER,
        chain(placed, (_left_out(view, machine, why) for machine, why in view.plan.unplaced)),
    )


def _csv_row(reboot: Reboot, why: str) -> list[str | None]:
    row = reboot_dict(reboot)
    groups, confirmed = " ".join(row["groups"]), _WORDS[row["confirmed"]]
    return [
        *(row[name] for name in _HEADER[:5]),
        groups,
        row["runner"],
        confirmed,
        why,
    ]


def _left_out(view: PlanView, machine: Machine, why: Finding) -> list[str | None]:
    placement = machine.placement
    return [
        machine.label,
        None,
        None,
        None,
        placement.ring,
        " ".join(placement.groups),
        None,
        None,
        f"{why.code} {view.message(why)}",
    ]


def render_markdown(view: PlanView, _options: ViewOptions) -> str:
    """The plan as a change request, as long as a comment can be: what a board decides on, then the
    restarts.
    """
    plan = view.plan
    whys = view.whys
    lines = [*request_sections(view), *_unscheduled(view), *_conflicts(view)]
    for heading, changes in difference_sections(view):
        lines += [
            f"## {markdown(heading.rstrip(':'))}",
            "",
            *(f"- {markdown(change)}" for change in changes),
            "",
        ]
    for night in nights(plan.reboots):
        rows = [(*_row(reboot), whys[reboot.machine.label]) for reboot in night.reboots]
        lines += [f"## Night of {night.name}", "", *markdown_table(_MARKDOWN, rows), ""]
    return bounded(lines, "the JSON plan")


def _unscheduled(view: PlanView) -> list[str]:
    """The machines that aren't scheduled, by the reason."""
    if not view.plan.unplaced:
        return []
    sharing: dict[str, list[str]] = {}
    for machine, finding in view.plan.unplaced:
        sharing.setdefault(view.why_left_out(finding), []).append(machine.label)
    rows = [
        f"- {markdown(and_more(names, NAMED))}: {markdown(why)}" for why, names in sharing.items()
    ]
    return ["## Not scheduled", "", *rows, ""]


def _conflicts(view: PlanView) -> list[str]:
    lines = [*(f"{markdown(line)}\n" for line in view.why.resolution)]
    for number, obstacle in enumerate(view.obstacles, 1):
        lines += [f"### Conflict {number}", "", markdown(obstacle.summary), ""]
        lines += ["Causes:", ""]
        lines += [*(f"- {markdown(reason.message)}" for reason in obstacle.reasons), ""]
        if obstacle.helps:
            lines += [each_alone(len(obstacle.helps)), ""]
            lines += [*(f"- {markdown(relaxation.message)}" for relaxation in obstacle.helps), ""]
    return lines


def _row(reboot: Reboot) -> tuple[str, ...]:
    placement = reboot.machine.placement
    return (
        reboot.machine.label,
        moment_text(reboot.start),
        moment_text(reboot.end),
        who(reboot),
        certainty(reboot),
        reboot.window,
        placement.ring or "",
        ", ".join(placement.groups),
    )
