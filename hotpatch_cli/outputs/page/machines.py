"""The machines as data for the script of the page: every text once, rows that refer to texts; and
the counts by which the script filters.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.machine_rows import ATTENTION, STATES, MachineGroup, MachineGroups, rank
from hotpatch_cli.outputs.remedy_commands import Blank, Command, forms, names_of, of_finding, steps
from hotpatch_cli.outputs.restart_text import next_restart, order_of, runner
from hotpatch_cli.report import Checked, Reason, Report
from hotpatch_cli.use_cases.fix_ranking import blocking_rules

MOST = 20_000
"""How many machines a page lists; of a larger fleet it shows the kinds of machines, and names a
CSV file with all.
"""
SCREEN, GROUPS, NAMED = 50, 20, 3
"""A fleet of more machines gets a table of groups: how many, and how many names each has."""
BUTTONS = 8
"""A facet with more values is a list to choose from."""
"""Who restarts a machine, in words."""
_NAMES = ("vm", "resource-group", "subscription", "region", "scale-set")
"""The blanks of commands that a machine fills in."""


class MachineKind(NamedTuple):
    """Machines that the page does not list one by one, counted by what they have in common."""

    verdict: str
    track: str
    platform: str
    product: str
    rules: str
    machines: int


class MachineRowGroup(NamedTuple):
    """Machines that are alike in verdict, in what blocks them, and in their track."""

    verdict: str
    blocked_by: str
    track: str
    machines: int
    names: tuple[str, ...]


class FacetValue(NamedTuple):
    """A value that machines share, and how many do; the empty text is none."""

    value: str
    machines: int


class Facet(NamedTuple):
    """A property of machines by which the table is filtered, with its values."""

    key: str
    title: str
    values: tuple[FacetValue, ...]

    @property
    def buttons(self) -> bool:
        """Whether the values are few enough for a button each."""
        return len(self.values) <= BUTTONS


class _Texts:
    """Texts by number, in the order of their first use."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, text: Any) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def listed(self) -> list[Any]:
        return list(self.numbers)


# --- what machines share ----------------------------------------

_PROPERTIES: Mapping[str, tuple[str, Callable[[Checked], Iterable[str]]]] = {
    "verdict": ("Verdict", lambda checked: (checked.judgment.verdict or "",)),
    "track": ("Track", lambda checked: (checked.judgment.track.state or "",)),
    "platform": ("Platform", lambda checked: (checked.machine.facts.platform or "",)),
    "product": ("Product", lambda checked: (checked.judgment.product or "",)),
    "group": ("Group", lambda checked: checked.machine.placement.groups or ("",)),
    "ring": ("Ring", lambda checked: (checked.machine.placement.ring or "",)),
    "owner": ("Owner", lambda checked: (checked.machine.owner or "",)),
    "runner": ("Restarted by", lambda checked: (runner(checked.restart),)),
}
_ORDERS: Mapping[str, Mapping[str, int]] = {
    "verdict": ATTENTION,
    "track": {state or "": order for state, order in STATES.items()},
}


def facets(report: Report) -> tuple[Facet, ...]:
    """What the machines share, with counts; a property that no machine has is left out."""
    found = []
    for key, (title, values_of) in _PROPERTIES.items():
        counted = Counter(
            value for checked in report.machines for value in dict.fromkeys(values_of(checked))
        )
        if any(counted):
            order = _ORDERS.get(key, {})
            values = sorted(counted, key=lambda value: _facet_order(value, counted, order))
            found.append(
                Facet(key, title, tuple(FacetValue(visible(v), counted[v]) for v in values))
            )
    return tuple(found)


def _facet_order(
    value: str, counted: Mapping[str, int], order: Mapping[str, int]
) -> tuple[int, int, str]:
    """The worst first where one is worse; otherwise that of most machines; none last."""
    fixed = order.get(value, len(order))
    return (fixed, 0, value) if order else (not value, -counted[value], value)


# --- the rows ----------------------------------------


def machine_data(report: Report, saved: Mapping[int, int]) -> str:
    """The rows as JSON that cannot end a script element: what needs attention first. `saved` is by
    position.
    """
    texts, reasons, remedies = _Texts(), _Texts(), _Texts()
    order = sorted(range(len(report.machines)), key=lambda number: rank(report.machines[number]))
    rows = []
    for number in order:
        checked = report.machines[number]
        why = [reasons(_reason(reason, remedies)) for reason in checked.reasons]
        rows.append(_row(checked, saved.get(number, 0), why, texts))
    content = {
        "texts": texts.listed,
        "remedies": [_remedy(remedy) for remedy in remedies.listed],
        "reasons": reasons.listed,
        "rows": rows,
    }
    return _inert(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def _reason(reason: Reason, remedies: _Texts) -> tuple[Any, ...]:
    """A finding: its rule, whether it blocks, its words, its remedy, and the KB that it names."""
    rule = reason.rule
    blocks = rule.verdict_of(reason.finding.variant) is not None
    update = of_finding(reason.finding.values).get("kb", "")
    return (
        rule.code,
        rule.name,
        reason.level,
        int(blocks),
        visible(reason.message),
        visible(aside(reason)),
        remedies(reason.remedy),
        update,
    )


def _remedy(text: str) -> list[Any]:
    """The steps of a remedy: [sentence, [[shell, [chunk, ...]], ...]]."""
    return [[step.prose, list(map(_command, step.commands))] for step in steps(text)]


def _command(command: Command) -> list[Any]:
    return [
        command.shell,
        [
            [[piece.name, piece.form] if isinstance(piece, Blank) else piece for piece in chunk]
            for chunk in command.chunks
        ],
    ]


def _row(checked: Checked, saved: int, why: list[int], texts: _Texts) -> list[Any]:
    machine, judgment, restart = checked.machine, checked.judgment, checked.restart
    placement = machine.placement
    words = (
        judgment.verdict or "",
        judgment.track.state or "",
        machine.facts.platform or "",
        judgment.product or "",
        placement.ring or "",
        machine.owner or "",
        runner(restart),
        next_restart(restart),
        order_of(restart),
        restart.sentence,
        checked.outcome if checked.outcome in ("waived", "known") else "",
    )
    names = names_of(machine)
    return [
        visible(machine.label),
        *(texts(visible(word)) for word in words),
        [texts(visible(group)) for group in placement.groups],
        saved,
        why,
        [texts(forms(names[name])) if name in names else -1 for name in _NAMES],
    ]


def _inert(text: str) -> str:
    """JSON in which nothing is markup, and which is the same JSON."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def groups(report: Report) -> tuple[tuple[MachineRowGroup, ...], int]:
    """The groups of a fleet of more machines than one screen lists, the worst first, and how many
    groups are left out.
    """
    if len(report.machines) <= SCREEN:
        return (), 0
    found = MachineGroups()
    for checked in report.machines:
        found.add(checked)
    ranked = found.ranked()
    return tuple(map(_group, ranked[:GROUPS])), max(0, len(ranked) - GROUPS)


def _group(group: MachineGroup) -> MachineRowGroup:
    first = group.first
    names = (visible(checked.machine.label) for checked in group.machines[:NAMED])
    return MachineRowGroup(
        first.judgment.verdict or "",
        ", ".join(rule.name for rule in blocking_rules(first.reasons).values()) or "–",
        first.judgment.track.state or "–",
        group.total,
        tuple(names),
    )


def kinds(report: Report) -> tuple[MachineKind, ...]:
    """The machines of a large fleet by kind, the most numerous first."""
    counted: Counter[tuple[str, str, str, str, str]] = Counter()
    for checked in report.machines:
        judgment = checked.judgment
        rules = dict.fromkeys(reason.rule.name for reason in checked.reasons)
        counted[
            judgment.verdict or "-",
            judgment.track.state or "-",
            checked.machine.facts.platform or "-",
            judgment.product or "-",
            ", ".join(rules),
        ] += 1
    return tuple(MachineKind(*words, machines=number) for words, number in counted.most_common())
