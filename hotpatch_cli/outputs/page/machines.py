"""The machines as data for the script of the page: every text once, rows that point to texts."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.report_table import rank
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.report import Checked, Report

MOST = 20_000
"""So many machines a page holds; of a larger fleet it shows the kinds of machines, and names a CSV
file with all.
"""


class MachineKind(NamedTuple):
    """Machines that the page does not list one by one, counted by what they have in common."""

    verdict: str
    track: str
    platform: str
    product: str
    codes: str
    machines: int


class _Texts:
    """Texts by number, in the order of their first use."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, text: Any) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def listed(self) -> list[Any]:
        return list(self.numbers)


def machine_data(report: Report, saved: Mapping[int, int]) -> str:
    """The rows as JSON that cannot end a script element: what needs attention first. `saved` is by
    position.
    """
    texts, reasons = _Texts(), _Texts()
    order = sorted(range(len(report.machines)), key=lambda number: rank(report.machines[number]))
    rows = [_row(report.machines[number], saved.get(number, 0), texts, reasons) for number in order]
    content = {"texts": texts.listed, "reasons": reasons.listed, "rows": rows}
    return _inert(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def _row(checked: Checked, saved: int, texts: _Texts, reasons: _Texts) -> list[Any]:
    machine, judgement, restart = checked.machine, checked.judgement, checked.restart
    placement = machine.placement
    words = (
        judgement.verdict or "",
        judgement.track.state or "",
        machine.facts.platform or "",
        judgement.product or "",
        placement.ring or "",
        next_restart(checked.restart),
        restart.sentence,
        checked.outcome if checked.outcome in ("waived", "known") else "",
    )
    return [
        visible(machine.label),
        *(texts(visible(word)) for word in words),
        [texts(visible(group)) for group in placement.groups],
        saved,
        [
            reasons(
                (reason.rule.code, reason.level, visible(reason.message), visible(aside(reason)))
            )
            for reason in checked.reasons
        ],
    ]


def _inert(text: str) -> str:
    """JSON in which nothing is markup, and which is the same JSON."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def kinds(report: Report) -> tuple[MachineKind, ...]:
    """The machines of a large fleet by kind, the most numerous first."""
    counted: Counter[tuple[str, str, str, str, str]] = Counter()
    for checked in report.machines:
        judgement = checked.judgement
        verdict, state, codes = (
            judgement.verdict or "-",
            judgement.track.state or "-",
            " ".join(checked.codes),
        )
        counted[
            verdict, state, checked.machine.facts.platform or "-", judgement.product or "-", codes
        ] += 1
    return tuple(MachineKind(*words, machines=number) for words, number in counted.most_common())
