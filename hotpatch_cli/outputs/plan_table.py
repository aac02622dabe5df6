"""A plan for a terminal: the counts, the notes, each night with its restarts, then what isn't
scheduled and why.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.folding import cells
from hotpatch_cli.outputs.phrases import and_rest, counted
from hotpatch_cli.outputs.plan_view import (
    PlanNight,
    PlanView,
    at_once,
    certainty,
    difference_sections,
    each_alone,
    end_text,
    headline,
    left_out,
    nights,
    proof,
    who,
)
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.planning import Reboot
from hotpatch_cli.schedule.clock import in_zone

_CAUSES = 8
_HOUR = timedelta(hours=1)
_GAP = 2
_LEAST_BAR = 24
_MOST_BAR = 60
_STEPS = (1, 2, 3, 4, 6, 12)
_APART = 4
"""The cells from one hour of the header to the next, at least."""
_COLUMNS = (
    Column("machine"),
    Column("start"),
    Column("end", rank=3),
    Column("by"),
    Column("baseline"),
    Column("window", rank=1),
    Column("ring", rank=2),
    Column("groups", rank=4),
)
_BAR, _WHY = 5, 6
_RUNSHEET = "To print what to do in each night, add `-f runsheet -o night.html`.\n"
_NIGHTS = (
    Column("night"),
    Column("restarts"),
    Column("at once"),
    Column("first start", rank=1),
    Column("last end", rank=2),
)


def render_table(view: PlanView, options: ViewOptions) -> str:
    """The plan by night, then what isn't scheduled, then what changes."""
    plan = view.plan
    every = nights(plan.reboots)
    notes = "".join(folded(f"- {visible(note)}\n", options) for note in view.notes)
    parts = [f"{headline(plan)}.\n" + folded(proof(plan), options), notes]
    if len(every) > 1:
        parts.append(_overview(every, options))
    whys = view.whys
    most = len(plan.reboots) if options.most is None else options.most
    shown = 0
    for night in every:
        rows = night.reboots[: most - shown]
        shown += len(rows)
        if rows:
            parts.append(_night(night, rows, [whys[row.machine.label] for row in rows], options))
    if shown < len(plan.reboots):
        parts.append(and_rest(len(plan.reboots) - shown, "restarts", "--all"))
    parts += [_unplaced(view, options), _conflicts(view, options), *_differences(view, options)]
    if options.terminal and plan.reboots:
        parts.append(folded(_RUNSHEET, options))
    return "\n".join(part for part in parts if part)


def _overview(every: Sequence[PlanNight], options: ViewOptions) -> str:
    """Night by night the number of restarts, the most at once, the first start and the last end."""
    rows = [
        (
            night.name,
            str(len(night.reboots)),
            str(at_once(night.reboots)),
            f"{min(reboot.start for reboot in night.reboots):%a %Y-%m-%d %H:%M %z}",
            f"{max(reboot.end for reboot in night.reboots):%a %Y-%m-%d %H:%M %z}",
        )
        for night in every
    ]
    return drawn(TextTable(_NIGHTS, rows), options)


class _Axis(NamedTuple):
    """The hours of a night over a bar of `width` cells."""

    begin: datetime
    finish: datetime
    width: int

    def cell(self, moment: datetime) -> int:
        """The cell of a moment."""
        return int((moment - self.begin) / (self.finish - self.begin) * self.width)

    def header(self) -> str:
        """The hours, each where it begins: every one, or every second, third, ... as there is
        room.
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
        """The time of a restart within the night."""
        first = min(self.cell(reboot.start), self.width - 1)
        last = max(
            first + 1, -(-((reboot.end - self.begin) * self.width) // (self.finish - self.begin))
        )
        return "." * first + "#" * (last - first) + "." * (self.width - last)


def _axis(night: PlanNight, width: int) -> _Axis:
    """Whole hours around the restarts of a night, in the zone of the first."""
    zone = night.reboots[0].start.tzinfo
    first = in_zone(min(reboot.start for reboot in night.reboots), zone)
    begin = first.replace(minute=0, second=0)
    finish = max(reboot.end for reboot in night.reboots)
    hours = -(-(finish - begin) // _HOUR)
    return _Axis(begin, begin + hours * _HOUR, width)


def _night(
    night: PlanNight, rows: Sequence[Reboot], whys: Sequence[str], options: ViewOptions
) -> str:
    """The restarts of a night. In a terminal, a bar for each and the reason of its time, as there
    is room; elsewhere the reason alone.
    """
    one_clock = len({reboot.start.utcoffset() for reboot in night.reboots}) == 1
    table = _without_empty(
        TextTable(_COLUMNS, [_row(row, with_offset=not one_clock) for row in rows])
    )
    clock = f" ({night.reboots[0].start:%z})" if one_clock else ""
    room = options.width - _width(table)
    why_width = max(map(cells, (*whys, "why then"))) + _GAP
    with_why = not options.terminal or room >= why_width + _LEAST_BAR + _GAP
    bar = min(_MOST_BAR, room - _GAP - (why_width if with_why else 0))
    if options.terminal and bar >= _LEAST_BAR:
        axis = _axis(night, bar)
        table = _with_column(table, Column(axis.header(), rank=_BAR), map(axis.bar, rows))
        clock = clock or f" (bars in the time of {axis.begin:%z})"
    if with_why:
        table = _with_column(table, Column("why then", rank=_WHY), whys)
    title = f"Night of {night.name}: {counted(len(night.reboots), 'restart')}{clock}\n"
    return folded(title, options) + drawn(table, options)


def _with_column(table: TextTable, column: Column, texts: Iterable[str]) -> TextTable:
    rows = [(*row, text) for row, text in zip(table.rows, texts, strict=True)]
    return TextTable((*table.columns, column), rows)


def _row(reboot: Reboot, *, with_offset: bool) -> tuple[str, ...]:
    """The cells of a restart; the offset where the machines of a night don't share one."""
    offset = f" {reboot.start:%z}" if with_offset else ""
    placement = reboot.machine.placement
    return (
        reboot.machine.label,
        f"{reboot.start:%a %Y-%m-%d %H:%M}{offset}",
        end_text(reboot.start, reboot.end),
        who(reboot),
        certainty(reboot),
        reboot.window,
        placement.ring or "-",
        ", ".join(placement.groups) or "-",
    )


def _without_empty(table: TextTable) -> TextTable:
    """The table without columns in which no row has a value."""
    filled = [
        index for index in range(len(table.columns)) if any(row[index] != "-" for row in table.rows)
    ]
    return TextTable(
        tuple(table.columns[index] for index in filled),
        [tuple(row[index] for index in filled) for row in table.rows],
    )


def _width(table: TextTable) -> int:
    """The cells of all columns beside each other."""
    header = [column.name for column in table.columns]
    columns = zip(header, *table.rows, strict=True)
    widths = [max(map(cells, map(visible, texts))) for texts in columns]
    return sum(widths) + _GAP * (len(widths) - 1)


def _unplaced(view: PlanView, options: ViewOptions) -> str:
    """The machines that aren't scheduled, and why: one line for each reason."""
    if not view.plan.unplaced:
        return ""
    rows = left_out(view, everything=options.everything)
    lines = [f"{names}: {why}" for names, why in rows]
    shown = lines[: options.most]
    listed = "".join(folded(f"  {visible(line)}\n", options, _labels(view)) for line in shown)
    rest = len(lines) - len(shown)
    more = and_rest(rest, "reasons", "--all") if rest else ""
    return f"Not scheduled: {len(view.plan.unplaced)}\n{listed}{more}"


def _conflicts(view: PlanView, options: ViewOptions) -> str:
    """What schedules all machines, then conflict by conflict its causes, and the changes of which
    each resolves it.
    """
    lines = [f"{visible(line)}\n" for line in view.why.resolution]
    for number, obstacle in enumerate(view.obstacles, 1):
        lines.append(f"Conflict {number}: {visible(obstacle.summary)}\n")
        causes = [f"  - cause: {visible(reason.message)}\n" for reason in obstacle.reasons]
        most = len(causes) if options.everything else _CAUSES
        lines += causes[:most]
        if causes[most:]:
            lines.append(f"  {and_rest(len(causes) - most, 'causes', '--all')}")
        if obstacle.helps:
            lines.append(f"  {each_alone(len(obstacle.helps))}\n")
            lines += [f"  + {visible(change.message)}\n" for change in obstacle.helps]
    return "".join(folded(line, options, _labels(view)) for line in lines)


def _labels(view: PlanView) -> list[str]:
    """The machines by their names, which no line folds."""
    machines = [*view.plan.prepared.machines, *(machine for machine, _ in view.plan.unplaced)]
    return [visible(machine.label) for machine in machines]


def _differences(view: PlanView, options: ViewOptions) -> list[str]:
    parts = []
    for heading, lines in difference_sections(view):
        most = len(lines) if options.most is None else options.most
        rest = len(lines) - most
        more = f"  {and_rest(rest, 'changes', '--all')}" if rest > 0 else ""
        parts.append(
            visible(heading)
            + "\n"
            + "".join(
                folded(f"  {visible(line)}\n", options, _labels(view)) for line in lines[:most]
            )
            + more
        )
    return parts
