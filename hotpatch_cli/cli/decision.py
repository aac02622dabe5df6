"""The last line of a run on standard error: the decision, what made it, and what was written."""

from collections.abc import Iterable, Sequence

from hotpatch_cli.cli.console import say
from hotpatch_cli.gate.outcome import FAILED, UNDECIDED, GateCounts, gate_counts
from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.report import Report, left_out_text

PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
_NAMED = 2
"""The most rules that the line names."""


def conclude(decision: str, outputs: Iterable[str] = (), *, how: str = "", quiet: bool) -> None:
    """Say the decision of a run, the files that it wrote, and `how` to go on. Standard output (`-`)
    isn't a file.

    A run that decides nothing and writes no file says nothing.
    """
    files = list(dict.fromkeys(name for name in outputs if name != "-"))
    sentences = [f"{decision}."] if decision else []
    if files:
        sentences.append(f"Wrote {', '.join(files)}.")
    if how:
        sentences.append(how)
    if sentences:
        say(" ".join(sentences), quiet=quiet)


def gate_decision(report: Report, noun: str, *, recorded: bool = False) -> str:
    """What the gate decided on a report, as one sentence without its full stop.

    `recorded` findings are known from now on and don't fail this run.
    """
    return counts_decision(gate_counts(report), noun, recorded=recorded)


def counts_decision(counts: GateCounts, noun: str, *, recorded: bool = False) -> str:
    """The same, from counts."""
    left_out = left_out_text(counts.left_out)
    aside = f"; left out: {left_out}" if left_out else ""
    return _outcome(counts, noun, recorded=recorded) + aside


def _outcome(counts: GateCounts, noun: str, *, recorded: bool) -> str:
    if not counts.total and not counts.exit_code:
        return f"{PASS}: no {noun} to check (--allow-empty)"
    total = counted(counts.total, noun)
    by = f"--fail-on {','.join(counts.fail_on)}"
    if counts.exit_code == FAILED:
        number = f"{counts.fails:,} of {total}" if counts.fails else f"0 of {total}, the run itself"
        return f"{FAIL}: {number} ({by}){rules_text(counts.rules)}"
    if counts.exit_code == UNDECIDED:
        verdict = f"{counts.undecided:,} of {total} with an unknown verdict"
        return f"{UNKNOWN}: {verdict}{rules_text(counts.rules)}; none fails ({by})"
    if recorded:
        return f"{PASS}: {total}, all findings recorded (--write-known)"
    covered = {"waived": counts.waived, "known": counts.known}
    notes = [f"{number:,} {word}" for word, number in covered.items() if number]
    return f"{PASS}: {total} ({'; '.join([by, *notes])})"


def rules_text(rules: Sequence[tuple[str, str]]) -> str:
    """The rules that made a decision, by name and code."""
    if not rules:
        return ""
    return ": " + and_more([f"{name} ({code})" for code, name in rules], _NAMED)
