"""A plan of restarts: table by night, JSON, CSV and Markdown."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.rows import Rule
from hotpatch_cli.model import Finding
from hotpatch_cli.outputs.grid import Grid, plain, terminal
from hotpatch_cli.outputs.safe import csv_text, visible
from hotpatch_cli.outputs.screen import Screen, indented
from hotpatch_cli.planning import Plan, Reboot
from hotpatch_cli.planning.conflicts import Obstacle

_BAR = 24
_HEADER = ("machine", "start", "end", "window", "ring", "groups")


class PlanView(NamedTuple):
    """A plan with the catalogue that explains what is left out, and what stands in the way of it."""

    plan: Plan
    rules: Mapping[str, Rule]
    obstacles: tuple[Obstacle, ...] = ()

    def message(self, finding: Finding) -> str:
        """The sentence of a finding."""
        return self.rules[finding.code].sentences[finding.variant].format_map(dict(finding.values))


def plan_dict(view: PlanView) -> dict[str, Any]:
    """The plan as it stands in JSON."""
    plan = view.plan
    return {
        "schema_version": 1,
        "release": str(plan.release_day),
        "status": plan.status,
        "objective": {
            "exposure_hours": round(plan.exposure, 6),
            "lower_bound": round(plan.lower_bound, 6),
            "gap": round(plan.gap, 6),
            "makespan": plan.makespan.isoformat() if plan.makespan else None,
        },
        "search": {"engine": plan.result.engine, "work": plan.result.work, "cut_short": plan.result.cut_short},
        "left_alone": dict(plan.alone),
        "reboots": [_reboot(each) for each in plan.reboots],
        "unplaced": [
            {"machine": machine.label, "reasons": [{"code": finding.code, "message": view.message(finding)}]}
            for machine, finding in plan.unplaced
        ],
        "conflicts": [_obstacle(each) for each in view.obstacles],
    }


def _obstacle(obstacle: Obstacle) -> dict[str, Any]:
    return {
        "machines": list(obstacle.machines),
        "also": list(obstacle.also),
        "summary": obstacle.summary,
        "reasons": [each._asdict() for each in obstacle.reasons],
        "helps": [each._asdict() for each in obstacle.helps],
        "proven": obstacle.proven,
    }


def _reboot(reboot: Reboot) -> dict[str, Any]:
    placement = reboot.machine.placement
    return {
        "machine": reboot.machine.label,
        "start": reboot.start.isoformat(),
        "end": reboot.end.isoformat(),
        "window": reboot.window,
        "ring": placement.ring,
        "groups": list(placement.groups),
    }


def render_json(view: PlanView, _screen: Screen) -> str:
    """The plan as JSON."""
    return json.dumps(plan_dict(view), ensure_ascii=False, indent=1) + "\n"


def render_table(view: PlanView, screen: Screen) -> str:
    """The plan by night, with a bar for each restart, then what could not be placed, then the proof."""
    plan = view.plan
    parts = [f"Restarts for the baseline of {plan.release_day}.\n"]
    nights = [(night, list(rows)) for night, rows in groupby(plan.reboots, key=_night)]
    shown = nights if screen.everything or not screen.terminal else _first_rows(nights, screen.rows)
    parts += [_night_table(night, rows, screen) for night, rows in shown]
    hidden = len(plan.reboots) - sum(len(rows) for _, rows in shown)
    if hidden:
        parts.append(f"... and {hidden} more restarts: --all shows them.\n")
    parts += [_unplaced(view, screen), _conflicts(view, screen), _proof(plan)]
    return "\n".join(part for part in parts if part)


def _night(reboot: Reboot) -> str:
    """The night that a restart belongs to: hours before noon are the night of the day before."""
    hours = reboot.start.hour
    day = reboot.start.toordinal() - (hours < _NOON)
    return datetime.fromordinal(day).strftime("%Y-%m-%d")


_NOON = 12


def _first_rows(nights: list[tuple[str, list[Reboot]]], most: int) -> list[tuple[str, list[Reboot]]]:
    shown = []
    for night, rows in nights:
        if most <= 0:
            break
        shown.append((night, rows[:most]))
        most -= len(rows)
    return shown


def _night_table(night: str, rows: list[Reboot], screen: Screen) -> str:
    begin = min(each.start for each in rows)
    finish = max(each.end for each in rows)
    cells = [
        (
            each.machine.label,
            f"{each.start:%H:%M}-{each.end:%H:%M}",
            each.window,
            each.machine.placement.ring or "-",
            _bar(each, begin, finish),
        )
        for each in rows
    ]
    title = f"Night of {night}: {len(rows)} restarts, {begin:%Y-%m-%d %H:%M %z} to {finish:%H:%M %z}"
    grid = Grid(("machine", "local time", "window", "ring", "night"), cells, whole=("local time", "night"), title=title)
    return terminal(grid, screen.width, colour=screen.colour) if screen.terminal else plain(grid)


def _bar(reboot: Reboot, begin: datetime, finish: datetime) -> str:
    """Where in the night a restart lies, as a bar of a fixed width."""
    whole = max((finish - begin).total_seconds(), 1)
    first = int((reboot.start - begin).total_seconds() / whole * _BAR)
    last = max(first + 1, round((reboot.end - begin).total_seconds() / whole * _BAR))
    return "." * first + "#" * (last - first) + "." * (_BAR - last)


def _unplaced(view: PlanView, screen: Screen) -> str:
    if not view.plan.unplaced:
        return ""
    lines = [f"Not placed: {len(view.plan.unplaced)}\n"]
    rows = view.plan.unplaced if screen.everything or not screen.terminal else view.plan.unplaced[: screen.rows]
    for machine, finding in rows:
        lines.append(indented(visible(f"{machine.label}: {finding.code} {view.message(finding)}"), screen))
    if len(rows) < len(view.plan.unplaced):
        lines.append(f"  ... and {len(view.plan.unplaced) - len(rows)} more: --all shows them.\n")
    return "".join(lines)


def _conflicts(view: PlanView, screen: Screen) -> str:
    """What stands in the way, conflict by conflict: all of its reasons are needed, any one help is enough."""
    lines = []
    for number, obstacle in enumerate(view.obstacles, 1):
        lines.append(f"Conflict {number}: {visible(obstacle.summary)}\n")
        lines += [indented(f"- {visible(each.message)}", screen) for each in obstacle.reasons]
        if obstacle.helps:
            lines.append("  What would help, each alone:\n" if len(obstacle.helps) > 1 else "  What would help:\n")
            lines += [indented(f"+ {visible(each.message)}", screen) for each in obstacle.helps]
    return "".join(lines)


def _proof(plan: Plan) -> str:
    alone = "".join(f", {count} {why}" for why, count in sorted(plan.alone.items()))
    last = f"; the last restart ends {plan.makespan:%Y-%m-%d %H:%M %z}" if plan.makespan else ""
    short = " The search was cut short: more time may find a better plan." if plan.result.cut_short else ""
    return (
        f"{len(plan.reboots)} planned, {len(plan.unplaced)} not placed{alone}.\n"
        f"{plan.status}: {plan.exposure:.1f} weighted hours of exposure, at least {plan.lower_bound:.1f} "
        f"(gap {plan.gap:.1%}){last}.{short}\n"
    )


def render_csv(view: PlanView, _screen: Screen) -> str:
    """The plan as CSV, one line a restart."""
    rows = [_reboot(each) for each in view.plan.reboots]
    return csv_text(_HEADER, ([*list(row.values())[:5], " ".join(row["groups"])] for row in rows))


def render_markdown(view: PlanView, _screen: Screen) -> str:
    """The plan as Markdown, for a change request."""
    plan = view.plan
    lines = [f"# Restarts for the baseline of {plan.release_day}", "", *_proof(plan).splitlines(), ""]
    for night, rows in groupby(plan.reboots, key=_night):
        lines += [f"## Night of {night}", "", _line(("Machine", "Start", "End", "Window", "Ring")), _line(["---"] * 5)]
        lines += [_line(_markdown_row(each)) for each in rows]
        lines.append("")
    if plan.unplaced:
        lines += ["## Not placed", ""]
        lines += [
            f"- {_escaped(machine.label)}: {each.code} {_escaped(view.message(each))}"
            for machine, each in plan.unplaced
        ]
    for number, obstacle in enumerate(view.obstacles, 1):
        lines += [
            "",
            f"### Conflict {number}",
            "",
            _escaped(obstacle.summary),
            "",
            "All of these together stand in the way:",
            "",
        ]
        lines += [f"- {_escaped(each.message)}" for each in obstacle.reasons]
        if obstacle.helps:
            lines += [
                "",
                "Each of these alone would help:",
                "",
                *(f"- {_escaped(each.message)}" for each in obstacle.helps),
            ]
    return "\n".join(lines) + "\n"


def _markdown_row(reboot: Reboot) -> tuple[str, ...]:
    start, end = f"{reboot.start:%Y-%m-%d %H:%M %z}", f"{reboot.end:%H:%M %z}"
    return reboot.machine.label, start, end, reboot.window, reboot.machine.placement.ring or ""


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(text: str) -> str:
    """Text that Markdown and the HTML in it leave alone."""
    return "".join("\\" + letter if letter in "\\`*_{}[]<>#|" else letter for letter in visible(text))


def _svg(view: PlanView, _screen: Screen) -> str:
    from hotpatch_cli.outputs.charts.draw import svg
    from hotpatch_cli.outputs.charts.timeline import timeline

    return svg(timeline(view.plan.prepared, view.plan.reboots)) + "\n"


def _png(view: PlanView, _screen: Screen) -> bytes:
    from hotpatch_cli.outputs.charts.draw import png
    from hotpatch_cli.outputs.charts.timeline import timeline

    return png(timeline(view.plan.prepared, view.plan.reboots))


PLAN_FORMATS: dict[str, Callable[[PlanView, Screen], str | bytes]] = {
    "table": render_table,
    "json": render_json,
    "csv": render_csv,
    "markdown": render_markdown,
    "svg": _svg,
    "png": _png,
}
