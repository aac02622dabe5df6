"""The head of a report: of what and when it is, how old its data is, what the gate decided, and how
many machines have each verdict. What comes next is at its end.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePath
from typing import NamedTuple

from hotpatch_cli.knowledge.records import PRODUCT_NAMES, PRODUCTS, Knowledge
from hotpatch_cli.knowledge.release_age import (
    last_read,
    missed_patch_tuesday,
    missed_patch_tuesdays,
    newest_release,
)
from hotpatch_cli.model import VERDICTS
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.folding import cells
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import STYLES, colored, signed
from hotpatch_cli.outputs.view_options import ViewOptions, folded, in_lines
from hotpatch_cli.report import Checked, GateResult, Report
from hotpatch_cli.servicing.history import Baseline
from hotpatch_cli.use_cases.planned_changes import changes_sentence

_GAP = "  "


class DataAge(NamedTuple):
    """The newest release of the data, the day on which it was read, and whether it is old."""

    newest: date | None
    read: date
    old: bool

    @classmethod
    def of_report(cls, report: Report) -> "DataAge":
        """The age of the data that a report was made with."""
        return cls(report.newest_release, report.read, report.missed is not None)

    @classmethod
    def of_data(cls, knowledge: Knowledge, as_of: date) -> "DataAge":
        """The age of the data as of a date."""
        missed = missed_patch_tuesday(knowledge, as_of)
        return cls(newest_release(knowledge, as_of), last_read(knowledge), missed is not None)


def fleet_name(report: Report) -> str:
    """What a fleet is called: its own name, its file, or how many files it is made of."""
    if report.fleet.name:
        return report.fleet.name
    files = dict.fromkeys(checked.machine.origin.locate("name").file for checked in report.machines)
    if len(files) == 1:
        return PurePath(next(iter(files))).name or next(iter(files))
    return counted(len(files), "file") if files else "fleet"


def head(report: Report, options: ViewOptions) -> str:
    """Of what and when the report is, the age of its data, the decision, and the counts."""
    codes = (reason.rule.code for reason in report.general if reason.level == "error")
    machines = len(report.machines)
    changes = changes_sentence(report.fleet.changes)
    if report.image_only:
        first = f"{counted(machines, 'image')}, as of {day_text(report.as_of)}\n"
    else:
        first = title(fleet_name(report), machines, report.as_of)
    return (
        first
        + age_line(DataAge.of_report(report), report.as_of, options)
        + "\n"
        + counts_line(decision(report.gate, codes), report.counts, options)
        + (folded(f"{changes}\n", options) if changes else "")
    )


def title(name: str, machines: int, as_of: date) -> str:
    """The first line: `contoso: 15 machines, as of Thu 2026-11-26`."""
    return f"{visible(name)}: {counted(machines, 'machine')}, as of {day_text(as_of)}\n"


def age_line(age: DataAge, as_of: date, options: ViewOptions) -> str:
    """How old the release data is, and what to do where it is old."""
    if age.newest is None:
        line = "! There is no release data yet."
    elif age.old:
        missed = missed_patch_tuesdays(age.newest, as_of)
        days = counted(missed, "Patch Tuesday")
        verb = "is" if missed == 1 else "are"
        line = f"! Release data ends {day_text(age.newest)}; {days} {verb} missing."
    else:
        return f"Release data up to {day_text(age.newest)}.\n"
    sentence = folded(line, options).rstrip("\n")
    shown = in_lines([sentence, "Run: hotpatch releases update"], options)
    if not options.color:
        return shown
    return "".join(f"{colored(part, STYLES['warning'])}\n" for part in shown.splitlines())


def decision(gate: GateResult, codes: Iterable[str] = ()) -> str:
    """What the gate decided; empty where nothing was asked of it. `codes` are rules of the whole
    run that fail where no machine does.
    """
    if not gate.fail_on:
        return ""
    if gate.exit_code == 1:
        return f"GATE FAILED ({f'{gate.failing:,}' if gate.failing else ' '.join(codes)})"
    return f"GATE UNDECIDED ({gate.undecided:,})" if gate.exit_code else "GATE PASSED"


def counts_line(decided: str, counts: Mapping[str, int], options: ViewOptions) -> str:
    """The decision and the verdicts: in a terminal with signs, on as many lines as they take."""
    extra = [
        f"{counts[word]:,} {text}"
        for word, text in (("waived", "waived"), ("skipped", "skipped (not Windows)"))
        if counts[word]
    ]
    if not options.terminal:
        parts = [f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS]
        return ", ".join([*parts, *extra]) + f".{f' {decided}.' if decided else ''}\n"
    shown = [(decided, _DECISIONS.get(decided.split(" (", maxsplit=1)[0], ""))] if decided else []
    for verdict in VERDICTS:
        sign, word = signed(verdict).split()
        shown.append((f"{sign} {counts[verdict]:,} {word}", STYLES[verdict]))
    shown += [(text, "") for text in extra]
    return _in_lines(shown, options)


_DECISIONS = {
    "GATE FAILED": "bold red",
    "GATE UNDECIDED": "bold magenta",
    "GATE PASSED": "bold green",
}


def _in_lines(parts: Iterable[tuple[str, str]], options: ViewOptions) -> str:
    lines: list[str] = []
    used = 0
    for text, style in parts:
        shown = colored(text, style) if options.color else text
        if lines and used + len(_GAP) + cells(text) <= options.width:
            lines[-1] += _GAP + shown
            used += len(_GAP) + cells(text)
        else:
            lines.append(shown)
            used = cells(text)
    return "".join(f"{line}\n" for line in lines)


class ComingBaselines:
    """The first baselines after the as-of day, by product."""

    def __init__(self) -> None:
        self._found: dict[str, Baseline] = {}

    def add(self, checked: Checked) -> None:
        """Note the baseline that a machine gets next."""
        product, coming = checked.judgment.product, checked.judgment.coming_baseline
        if product and coming:
            self._found.setdefault(product, coming)

    def line(self, as_of: date, options: ViewOptions) -> str:
        """The next baseline, with its days and whether it is certain; empty where none is known."""
        days = {
            product: _coming(self._found[product], as_of)
            for product in PRODUCTS
            if product in self._found
        }
        if not days:
            return ""
        if len(set(days.values())) == 1:
            return folded(f"Next baseline: {next(iter(days.values()))}.\n", options)
        lines = (f"Next baseline of {PRODUCT_NAMES[name]}: {days[name]}.\n" for name in days)
        return "".join(folded(line, options) for line in lines)


def _coming(baseline: Baseline, as_of: date) -> str:
    days = (baseline.date - as_of).days
    sure = "" if baseline.confirmed else " (forecast)"
    return f"{day_text(baseline.date)}, in {counted(days, 'day')}{sure}"
