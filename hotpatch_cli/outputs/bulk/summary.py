"""The summary of a large table: the screen of `check`, with machines counted and not named."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from hotpatch_cli.gate.outcome import GateCounts
from hotpatch_cli.model import VERDICTS
from hotpatch_cli.outputs.findings_table import FindingCounts
from hotpatch_cli.outputs.fix_table import fix_table
from hotpatch_cli.outputs.machine_rows import MachineGroups, group_table
from hotpatch_cli.outputs.phrases import and_rest
from hotpatch_cli.outputs.report_head import (
    ComingBaselines,
    DataAge,
    age_line,
    counts_line,
    decision,
    title,
)
from hotpatch_cli.outputs.table import drawn
from hotpatch_cli.outputs.view_options import ViewOptions, in_lines
from hotpatch_cli.report import Checked, GateResult
from hotpatch_cli.use_cases.fix_ranking import FixRanking


class Summary:
    """Counts of machines, from profiles and how many machines each of them is."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.skipped = 0
        self._fixes = FixRanking(named=False)
        self._groups = MachineGroups(named=False)
        self._findings = FindingCounts()
        self._coming = ComingBaselines()
        self._rule = ""

    def add(self, judged: Iterable[tuple[int, Checked]]) -> None:
        """Count profiles: (number of machines, judgment)."""
        for machines, checked in judged:
            self.verdicts[checked.judgment.verdict or ""] += machines
            self._fixes.add(checked, machines)
            self._groups.add(checked, machines)
            self._findings.add(checked, machines)
            self._coming.add(checked)
            if checked.reasons:
                self._rule = self._rule or checked.reasons[0].rule.name

    def render(
        self, name: str, as_of: date, age: DataAge, gated: GateCounts, options: ViewOptions
    ) -> str:
        """The summary as text, for a terminal or at full width."""
        groups = self._groups.ranked()
        shown = groups[: options.most]
        rest = len(groups) - len(shown)
        more = and_rest(rest, "groups", "--all") if rest else ""
        gate = GateResult(
            gated.fail_on, gated.exit_code, failing=gated.fails, undecided=gated.undecided
        )
        counts: dict[str, int] = {verdict: self.verdicts[verdict] for verdict in VERDICTS}
        counts |= {"waived": gated.waived, "skipped": self.skipped}
        parts = (
            title(name, sum(self.verdicts.values()), as_of)
            + age_line(age, as_of, options)
            + "\n"
            + counts_line(decision(gate), counts, options),
            fix_table(self._fixes.ranked(), options),
            drawn(group_table(shown, options, named=False), options) + more if shown else "",
            self._findings.render(options, short=options.most is not None),
            self._coming.line(as_of, options) + self._hint(options),
        )
        return "\n".join(part for part in parts if part)

    def _hint(self, options: ViewOptions) -> str:
        ways = ["A row for each machine: -f csv, jsonl, or parquet."]
        if self._rule:
            ways.append(f"A rule: hotpatch explain {self._rule}")
        return in_lines(ways, options)
