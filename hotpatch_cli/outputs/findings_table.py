"""The findings of a report by rule, each with its number of machines, and its message once."""

from collections import Counter

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Checked
from hotpatch_cli.use_cases.fix_ranking import MISSING_FACTS, is_missing_fact

FINDINGS = 5
"""The number of findings that a terminal shows."""
_COLUMNS = (
    Column("finding", colored=False),
    Column("machines"),
    Column("code", 1),
    Column("message", prose=True, least=28),
)
_LEVELS = {"error": 0, "warning": 1, "note": 2}


class FindingCounts:
    """Collects findings by rule."""

    def __init__(self) -> None:
        self._machines: Counter[str] = Counter()
        self._missing = 0
        self._rules: dict[str, Rule] = {}
        self._blocking: set[str] = set()
        self._levels: dict[str, str] = {}
        self._messages: dict[str, set[str]] = {}

    def add(self, checked: Checked, machines: int = 1) -> None:
        """Count the findings of a machine, or of several that are alike."""
        for code in checked.codes:
            self._machines[code] += machines
        self._missing += machines * any(is_missing_fact(reason.rule) for reason in checked.reasons)
        for reason in checked.reasons:
            code = reason.rule.code
            self._rules[code] = reason.rule
            self._levels[code] = min(
                self._levels.get(code, reason.level), reason.level, key=_LEVELS.__getitem__
            )
            if reason.rule.verdict_of(reason.finding.variant) is not None:
                self._blocking.add(code)
            said = self._messages.setdefault(code, set())
            if len(said) <= 1:  # one message is shown, and two are known to be several
                said.add(reason.message)

    def render(self, options: ViewOptions, *, short: bool) -> str:
        """The findings, the most severe first, and of these what is true of most machines. The
        short form has the first of those that no fix answers.
        """
        codes = sorted(
            (
                code
                for code, rule in self._rules.items()
                if not is_missing_fact(rule) and not (short and code in self._blocking)
            ),
            key=lambda code: (_LEVELS[self._levels[code]], -self._machines[code], code),
        )
        shown = codes[:FINDINGS] if short else codes
        rows = [self._row(code) for code in shown]
        missing = [rule for rule in self._rules.values() if is_missing_fact(rule)]
        if missing and not short:
            rows.append(self._missing_row(missing))
        if not rows:
            return ""
        rest = len(codes) - len(shown)
        more = f"... and {counted(rest, 'more finding')}: --all shows all.\n" if rest else ""
        return drawn(TextTable(_COLUMNS, rows), options) + more

    def _row(self, code: str) -> tuple[str, ...]:
        rule, said = self._rules[code], self._messages[code]
        message = next(iter(said)) if len(said) == 1 else f"{rule.title}."
        return rule.name, f"{self._machines[code]:,}", code, visible(message)

    def _missing_row(self, missing: list[Rule]) -> tuple[str, ...]:
        """All missing facts in one row, with how many machines lack each."""
        ordered = sorted(missing, key=lambda rule: (-self._machines[rule.code], rule.code))
        parts = (f"{_fact(rule)} ({self._machines[rule.code]:,})" for rule in ordered)
        codes = " ".join(sorted(rule.code for rule in ordered))
        return MISSING_FACTS, f"{self._missing:,}", codes, f"No source states: {', '.join(parts)}."


def _fact(rule: Rule) -> str:
    """The missing fact of a rule. The name of a rule stays; its spelling is American in prose."""
    fact = rule.name.removesuffix("-missing").replace("-", " ")
    return fact.replace("enrolment", "enrollment")
