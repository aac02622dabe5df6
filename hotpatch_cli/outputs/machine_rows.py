"""The machines of a report as rows of a table: one a machine, or one for all that are alike."""

from collections.abc import Iterable, Sequence

from hotpatch_cli.outputs.restart_text import (
    day_text,
    is_in_window,
    next_restart,
    offset_text,
    order_of,
    runner,
)
from hotpatch_cli.outputs.table import Column, TextTable, columns, few, fits, is_in_rows, signed
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Checked
from hotpatch_cli.use_cases.fix_ranking import blocking_rules

ATTENTION = {"unsupported": 0, "action-required": 1, "unknown": 2, "ready": 3}
STATES = {"baseline-due": 0, "off-track": 1, "unknown": 2, "behind": 3, "current": 4, None: 5}
COLUMNS = (
    *columns("machine", "verdict"),
    Column("blocked by", 2),
    Column("track", 3),
    Column("next restart"),
    Column("next baseline", 4, prose=True, least=25),
    Column("window", 5),
    Column("offset", 6),
    Column("run by", 7),
    Column("platform", 8),
    Column("product", 9),
    Column("owner", 10),
    Column("codes", 11),
)
_NARROW_COLUMNS = (
    *columns("machine", "verdict"),
    Column("blocked by / track", 2),
    Column("next restart", prose=True, least=27),
)
GROUP_COLUMNS = (
    *columns("machines", "verdict"),
    Column("blocked by / track", 1, prose=True),  # whole: the groups differ in it
    Column("names", 2),
    Column("first restart", 3, prose=True, least=27),
)
NARROW, NAMES = 100, 30
"""Below this width a cell has one name of a list; otherwise this many cells for names."""


def rank(checked: Checked) -> tuple[int, int]:
    """The order in which machines need attention."""
    return ATTENTION[checked.judgment.verdict or "ready"], STATES[checked.judgment.track.state]


def room_for_names(options: ViewOptions) -> int | None:
    """How many cells a list of names gets; None where it gets all."""
    if not options.terminal:
        return None
    return 1 if options.width < NARROW else NAMES


def machine_table(machines: Iterable[Checked], options: ViewOptions) -> TextTable:
    """A row a machine. Where a terminal has no room for two columns, what blocks a machine and the
    track of one that is ready share one; where names leave no room for rows, the table has the
    facts that count, a block for each machine.
    """
    table = TextTable(COLUMNS, [_row(checked, options) for checked in machines])
    first = len(_NARROW_COLUMNS) + 1
    main = TextTable(COLUMNS[:first], [row[:first] for row in table.rows])
    if not options.terminal or fits(main, options.width):
        return table
    rows = [
        (name, verdict, track if blocked_by == "-" else blocked_by, restart)
        for name, verdict, blocked_by, track, restart in main.rows
    ]
    narrow = TextTable(_NARROW_COLUMNS, rows)
    return narrow if is_in_rows(narrow, options.width) else main


def _row(checked: Checked, options: ViewOptions) -> tuple[str, ...]:
    machine, judgment, restart = checked.machine, checked.judgment, checked.restart
    opening = restart.opening if is_in_window(restart) else None
    return (
        machine.label,
        verdict_text(checked, options),
        few(_blocked_by(checked), room_for_names(options)),
        judgment.track.state or "-",
        next_restart(restart),
        _baseline(checked),
        opening.window if opening else "-",
        offset_text(opening.start) if opening else "-",
        runner(restart) or "-",
        machine.facts.platform or "-",
        judgment.product or "-",
        machine.owner or "-",
        " ".join(checked.codes) or "-",
    )


def verdict_text(checked: Checked, options: ViewOptions) -> str:
    """The verdict, in a terminal with its sign, and whether the gate lets it pass."""
    verdict = checked.judgment.verdict or ""
    passed = _passed_by(checked)
    aside = f" ({passed})" if passed else ""
    return (signed(verdict) if options.terminal else verdict) + aside


def _passed_by(checked: Checked) -> str:
    """What lets a machine pass that is not ready: a waiver, or a known finding."""
    return checked.outcome if checked.outcome in ("waived", "known") else ""


def _blocked_by(checked: Checked) -> tuple[str, ...]:
    return tuple(rule.name for rule in blocking_rules(checked.reasons).values())


def _baseline(checked: Checked) -> str:
    """The baseline to install: the next one, or the one that is due with the next one after it."""
    judgment = checked.judgment
    baseline, coming = judgment.next_baseline, judgment.coming_baseline
    if baseline is None:
        return "-"
    day = f"{day_text(baseline.date)}{'' if baseline.confirmed else ' (forecast)'}"
    if judgment.track.state != "baseline-due":
        return day
    return f"due {day}, then {day_text(coming.date)}" if coming else f"due {day}"


class MachineGroup:
    """Machines that are alike in verdict and in what blocks them; ready ones in their track."""

    def __init__(self, first: Checked) -> None:
        self.first = first
        self.total = 0
        self.machines: list[Checked] = []
        self.soonest = first

    def add(self, checked: Checked, machines: int, *, named: bool) -> None:
        """Count a machine, or several that are alike in everything."""
        self.total += machines
        if named:
            self.machines.append(checked)
        if order_of(checked.restart) < order_of(self.soonest.restart):
            self.soonest = checked


_Key = tuple[str, str, tuple[str, ...], str | None]


class MachineGroups:
    """Collects machines that are alike. With `named` it keeps the machines, otherwise counts."""

    def __init__(self, *, named: bool = True) -> None:
        self._named = named
        self._groups: dict[_Key, MachineGroup] = {}

    def add(self, checked: Checked, machines: int = 1) -> None:
        """Count a machine, or several that are alike in everything."""
        judgment = checked.judgment
        key = (
            judgment.verdict or "",
            _passed_by(checked),
            _blocked_by(checked),
            track_if_ready(checked),
        )
        if key not in self._groups:
            self._groups[key] = MachineGroup(checked)
        self._groups[key].add(checked, machines, named=self._named)

    def ranked(self) -> list[MachineGroup]:
        """The groups: what needs attention first, and of that the largest."""
        return sorted(self._groups.values(), key=_group_rank)


def _group_rank(group: MachineGroup) -> tuple[int, int, int]:
    verdict = ATTENTION[group.first.judgment.verdict or "ready"]
    return verdict, STATES[track_if_ready(group.first)], -group.total


def track_if_ready(checked: Checked) -> str | None:
    """The track of a ready machine; the others get the standard update, whatever their track is."""
    judgment = checked.judgment
    return judgment.track.state if judgment.verdict == "ready" else None


def group_table(
    groups: Sequence[MachineGroup], options: ViewOptions, *, named: bool = True
) -> TextTable:
    """A row a group, with the names of its first machines where these are known."""
    table = TextTable(GROUP_COLUMNS, [_group_row(group, options) for group in groups])
    if named:
        return table
    kept = [index for index, column in enumerate(GROUP_COLUMNS) if column.name != "names"]
    rows = [tuple(row[index] for index in kept) for row in table.rows]
    return TextTable(tuple(GROUP_COLUMNS[index] for index in kept), rows)


def _group_row(group: MachineGroup, options: ViewOptions) -> tuple[str, ...]:
    first = group.first
    names = [checked.machine.label for checked in group.machines]
    causes = _blocked_by(first) or tuple(filter(None, [track_if_ready(first)]))
    return (
        f"{group.total:,}",
        verdict_text(first, options),
        " ".join(causes) or "-",
        few(names, room_for_names(options)),
        next_restart(group.soonest.restart),
    )
