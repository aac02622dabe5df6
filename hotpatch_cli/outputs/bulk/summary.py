"""The summary of a large table: how many machines are how, what is to be done about it, and the
total.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from hotpatch_cli.model import VERDICTS
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.report_table import ATTENTION, MESSAGES, STATES
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.outputs.table import TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import Checked

_HEADER = ("machines", "verdict", "track", "product", "first restart", "codes")
Key = tuple[str, str | None, str | None, tuple[str, ...]]


class Summary:
    """Counts of machines, from profiles and how many machines each of them is."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.skipped = 0
        self._kinds: Counter[Key] = Counter()
        self._first: dict[Key, str] = {}
        self._codes: Counter[str] = Counter()
        self._titles: dict[str, str] = {}
        self._said: dict[str, set[str]] = {}

    def add(self, judged: Iterable[tuple[int, Checked]]) -> None:
        """Count profiles: (how many machines, judgement)."""
        for machines, checked in judged:
            verdict, state = checked.judgement.verdict or "", checked.judgement.track.state
            key = verdict, state, checked.judgement.product, checked.codes
            self.verdicts[verdict] += machines
            self._kinds[key] += machines
            restart = next_restart(checked.restart)
            if restart != "-":
                self._first[key] = min(self._first.get(key, restart), restart, key=_moment)
            for code in checked.codes:
                self._codes[code] += machines
            for reason in checked.reasons:
                self._titles[reason.rule.code] = reason.rule.title
                said = self._said.setdefault(reason.rule.code, set())
                if reason.finding.values and len(said) <= MESSAGES:
                    said.add(reason.message)

    def render(self, as_of: date, newest: date | None, read: date, screen: ViewOptions) -> str:
        """The summary as text, for a terminal or at full width."""
        ranked = sorted(self._kinds.items(), key=lambda each: (_rank(each[0]), -each[1]))
        rows = ranked if screen.everything or not screen.terminal else ranked[: screen.rows]
        grid = TextTable(columns(*_HEADER), [self._row(key, machines) for key, machines in rows])
        parts = [f"As of {as_of}. Release data up to {newest or 'nothing yet'}, read on {read}.\n"]
        parts.append(drawn(grid, screen))
        if len(rows) < len(ranked):
            parts.append(f"... and {len(ranked) - len(rows)} more kinds: --all shows them.\n")
        return "\n".join(part for part in (*parts, self._legend(screen), self._total()) if part)

    def _row(self, key: Key, machines: int) -> tuple[str, ...]:
        verdict, state, product, codes = key
        return (
            f"{machines}",
            verdict,
            state or "-",
            product or "-",
            self._first.get(key, "-"),
            " ".join(codes),
        )

    def _legend(self, screen: ViewOptions) -> str:
        lines = []
        for code in sorted(self._codes):
            lines.append(f"{code}  {self._codes[code]:>8} x  {self._titles[code]}\n")
            if len(self._said[code]) <= MESSAGES:
                lines += [
                    indented(visible(message), screen, 19) for message in sorted(self._said[code])
                ]
        return "".join(lines) + ("`hotpatch explain CODE` tells what to do.\n" if lines else "")

    def _total(self) -> str:
        total = sum(self.verdicts.values())
        said = ", ".join(f"{self.verdicts[verdict]} {verdict}" for verdict in VERDICTS)
        extra = f"; {self.skipped} skipped (not Windows)" if self.skipped else ""
        return f"{total} machine{'' if total == 1 else 's'}: {said}{extra}.\n"


def _rank(key: Key) -> tuple[int, int]:
    return ATTENTION[key[0] or "ready"], STATES[key[1]]


def _moment(restart: str) -> str:
    """The day and hour in `by 2026-01-13`, `2026-01-13 22:00`, `after 2026-01-13` or `overdue since
    2026-01-13`.
    """
    return restart[restart.find("2") :]
