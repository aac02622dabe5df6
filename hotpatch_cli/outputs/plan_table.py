"""A plan for a terminal: a bar for each restart, night by night, then what stands in the way, then
the proof.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import and_rest, counted
from hotpatch_cli.outputs.plan_view import (
    PlanNight,
    PlanView,
    at_once,
    difference_sections,
    nights,
    proof,
)
from hotpatch_cli.outputs.table import TextTable, cells, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded, indented
from hotpatch_cli.planning import Reboot
from hotpatch_cli.planning.conflicts import name_list

_HOUR = timedelta(hours=1)
_LEAST_BAR = 24
_MOST_BAR = 60
_STEPS = (1, 2, 3, 4, 6, 12)
_APART = 4
"""So many cells from one hour that is written to the next."""


def render_table(view: PlanView, options: ViewOptions) -> str:
    """The plan by night, with a bar for each restart, then what could not be placed, then the
    proof.
    """
    plan = view.plan
    every = nights(plan)
    parts = [f"Restarts for the baseline of {plan.release_day}.\n"]
    if len(every) > 1:
        parts.append(_overview(every, options))
    most = len(plan.reboots) if options.most is None else options.most
    shown = 0
    for night in every:
        rows = night.reboots[: most - shown]
        shown += len(rows)
        if rows:
            parts.append(_night(night, rows, options))
    if shown < len(plan.reboots):
        parts.append(and_rest(len(plan.reboots) - shown, "restarts", "-o FILE"))
    parts += [
        _unplaced(view, options),
        _conflicts(view, options),
        *_differences(view, options),
        folded(proof(plan), options),
    ]
    return "\n".join(part for part in parts if part)


def _overview(every: Sequence[PlanNight], options: ViewOptions) -> str:
    """Night by night how many restart, at most at once, from when to when."""
    rows = [
        (
            night.name,
            str(len(night.reboots)),
            str(at_once(night.reboots)),
            f"{min(reboot.start for reboot in night.reboots):%H:%M %z}",
            f"{max(reboot.end for reboot in night.reboots):%H:%M %z}",
        )
        for night in every
    ]
    return drawn(
        TextTable(columns("night", "restarts", "at once", "first start", "last end"), rows), options
    )


class _Axis(NamedTuple):
    """The hours of a night over a bar of `width` cells."""

    begin: datetime
    finish: datetime
    width: int

    def cell(self, moment: datetime) -> int:
        """The cell that a moment lies in."""
        return int((moment - self.begin) / (self.finish - self.begin) * self.width)

    def header(self) -> str:
        """The hours, each written where it begins: every one, or every second, third, ... as there
        is room.
        """
        hours = (self.finish - self.begin) // _HOUR
        step = next((step for step in _STEPS if step * self.width >= _APART * hours), hours)
        text = ""
        for hour in range(0, hours, step):
            moment = self.begin + hour * _HOUR
            cell = self.cell(moment)
            if cell + 2 <= self.width:
                text = text.ljust(cell) + f"{moment:%H}"
        return text.ljust(self.width)

    def bar(self, reboot: Reboot) -> str:
        """Where in the night a restart lies."""
        first = min(self.cell(reboot.start), self.width - 1)
        last = max(
            first + 1, -(-((reboot.end - self.begin) * self.width) // (self.finish - self.begin))
        )
        return "." * first + "#" * (last - first) + "." * (self.width - last)


def _axis(night: PlanNight, width: int) -> _Axis:
    """Whole hours around the restarts of a night, in the zone of the first."""
    zone = night.reboots[0].start.tzinfo
    begin = (
        min(reboot.start for reboot in night.reboots).astimezone(zone).replace(minute=0, second=0)
    )
    finish = max(reboot.end for reboot in night.reboots).astimezone(zone)
    hours = -(-(finish - begin) // _HOUR)
    return _Axis(begin, begin + hours * _HOUR, width)


def _night(night: PlanNight, rows: Sequence[Reboot], options: ViewOptions) -> str:
    head: tuple[str, ...] = ("machine", "local time", "window", "ring")
    cells_of: list[tuple[str, ...]] = [
        (
            reboot.machine.label,
            f"{reboot.start:%H:%M}-{reboot.end:%H:%M}",
            reboot.window,
            reboot.machine.placement.ring or "-",
        )
        for reboot in rows
    ]
    ringless = all(row[3] == "-" for row in cells_of)
    if ringless:
        head, cells_of = head[:3], [row[:3] for row in cells_of]
    axis = _axis(night, _bar_width([head, *cells_of], options))
    bars = [(*row, axis.bar(reboot)) for row, reboot in zip(cells_of, rows, strict=True)]
    zones = {reboot.start.utcoffset() for reboot in night.reboots}
    clock = f"{axis.begin:%z}" if len(zones) == 1 else f"bars by the clock of {axis.begin:%z}"
    many = counted(len(night.reboots), "restart")
    title = f"Night of {night.name}: {many} ({clock})"
    header = (*head, axis.header())
    return drawn(TextTable(columns(*header), bars, title=title), options)


def _bar_width(rows: Sequence[tuple[str, ...]], options: ViewOptions) -> int:
    """What the other columns leave of a terminal, within reason."""
    taken = sum(
        max(cells(visible(row[column])) for row in rows) + 2 for column in range(len(rows[0]))
    )
    return max(_LEAST_BAR, min(_MOST_BAR, (options.width if options.terminal else 80) - taken - 2))


def _unplaced(view: PlanView, options: ViewOptions) -> str:
    """Who is left out and why: line by line for a file, in a terminal once for all that share the
    reason.
    """
    if not view.plan.unplaced:
        return ""
    sharing: dict[str, list[str]] = {}
    for machine, finding in view.plan.unplaced:
        sharing.setdefault(f"{finding.code} {view.message(finding)}", []).append(machine.label)
    if options.terminal:
        lines = [f"{name_list(names)}: {why}" for why, names in sharing.items()]
    else:
        lines = [f"{name}: {why}" for why, names in sharing.items() for name in names]
    shown = "".join(
        indented(visible(line), options)
        for line in lines[: options.rows if options.terminal else None]
    )
    return f"Not placed: {len(view.plan.unplaced)}\n{shown}"


def _conflicts(view: PlanView, options: ViewOptions) -> str:
    """What stands in the way, conflict by conflict: all of its reasons are needed, any one help is
    enough.
    """
    lines = []
    for number, obstacle in enumerate(view.obstacles, 1):
        lines.append(indented(f"Conflict {number}: {visible(obstacle.summary)}", options, 0))
        lines += [indented(f"- {visible(reason.message)}", options) for reason in obstacle.reasons]
        if obstacle.helps:
            lines.append(
                "  What would help, each alone:\n"
                if len(obstacle.helps) > 1
                else "  What would help:\n"
            )
            lines += [
                indented(f"+ {visible(relaxation.message)}", options)
                for relaxation in obstacle.helps
            ]
    return "".join(lines)


def _differences(view: PlanView, options: ViewOptions) -> list[str]:
    parts = []
    for heading, lines in difference_sections(view):
        most = len(lines) if options.most is None else options.most
        rest = len(lines) - most
        more = f"  ... and {rest} more: -o FILE shows all.\n" if rest > 0 else ""
        parts.append(
            visible(heading)
            + "\n"
            + "".join(indented(visible(line), options) for line in lines[:most])
            + more
        )
    return parts
