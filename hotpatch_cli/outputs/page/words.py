"""The words of the page: the decision in a heading, the rest in a sentence, four figures."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from hotpatch_cli.gate.outcome import (
    FAILED,
    NEVER,
    PASSED,
    TRACK_CONDITIONS,
    UNDECIDED,
    VERDICT_CONDITIONS,
)
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.report import Checked, Report


class KeyFigure(NamedTuple):
    """A figure of the head of the page, what it counts, and a line of detail."""

    figure: str
    label: str
    detail: str
    tone: str = "plain"


def day_text(day: date | None) -> str:
    """A day as people say it: 13 January 2026."""
    return "no day" if day is None else f"{day.day} {day:%B} {day.year}"


def noun(report: Report) -> str:
    """What the report is about."""
    return "image" if report.image_only else "machine"


# --- the decision ----------------------------------------

_DECISIONS = {PASSED: "Gate passed", FAILED: "Gate failed", UNDECIDED: "Gate undecided"}
_WORST = VERDICT_CONDITIONS
_CONDITIONS = (*VERDICT_CONDITIONS, *TRACK_CONDITIONS)
_MANY = {
    "unsupported": ("isn't eligible for hotpatching", "aren't eligible for hotpatching"),
    "action-required": ("needs a change", "need a change"),
    "unknown": ("has missing facts", "have missing facts"),
}


def headline(report: Report) -> str:
    """The decision of the gate, and the worst of its causes with a count."""
    if not report.machines:
        return f"No {noun(report)} matches"
    cause = _cause(report)
    if NEVER in report.gate.fail_on or not report.gate.fail_on:
        return cause[0].upper() + cause[1:]
    return f"{_DECISIONS[report.gate.exit_code]}: {cause}"


def _cause(report: Report) -> str:
    """How many machines have the worst verdict, of those that decided where the gate failed."""
    decisive = _decisive(report)
    counts = _verdicts(decisive or report.machines)
    total, name = len(report.machines), noun(report)
    verdict = next((verdict for verdict in _WORST if counts[verdict]), None)
    if verdict == "unsupported" and counts[verdict] == total > 1:
        return f"none of {counted(total, name)} is eligible for hotpatching"
    if verdict is not None:
        number = counts[verdict]
        return f"{_of(number, total, name)} {_MANY[verdict][number > 1]}"
    if decisive:
        return _tracks(decisive, total, name)
    return f"the {name} is ready" if total == 1 else f"all {counted(total, name)} are ready"


def _tracks(decisive: Sequence[Checked], total: int, name: str) -> str:
    """How many ready machines fail by their track, and the track where they share it."""
    states = {checked.judgment.track.state or "" for checked in decisive}
    number = len(decisive)
    if len(states) > 1:
        return f"{_of(number, total, name)} {'fails' if number == 1 else 'fail'}"
    return f"{_of(number, total, name)} {'is' if number == 1 else 'are'} {states.pop()}"


def _decisive(report: Report) -> list[Checked]:
    """The machines that made the gate fail, or left it undecided."""
    outcome = {FAILED: "fails", UNDECIDED: "undecided"}.get(report.gate.exit_code)
    return [checked for checked in report.machines if checked.outcome == outcome]


def _verdicts(machines: Sequence[Checked]) -> Counter[str]:
    return Counter(checked.judgment.verdict or "" for checked in machines)


def _of(number: int, total: int, name: str) -> str:
    if number == total:
        return f"the {name}" if total == 1 else f"all {counted(total, name)}"
    return f"{number:,} of {counted(total, name)}"


def rest(report: Report) -> str:
    """What the heading leaves out: the other verdicts, and what fails the gate."""
    counts = report.counts
    worst = _verdicts(_decisive(report) or report.machines)
    said = next((verdict for verdict in _WORST if worst[verdict]), None)
    parts = [
        f"{counts[verdict]:,} {_MANY[verdict][counts[verdict] > 1]}"
        for verdict in _WORST
        if counts[verdict] and verdict != said
    ]
    ready = counts["ready"]
    if ready and (parts or said):
        parts.append(f"{ready:,} {'is' if ready == 1 else 'are'} ready")
    verdicts = _listed(parts) if counts["machines"] > 1 else ""
    sentences = [f"{verdicts}." if verdicts else "", _failing(report)]
    return " ".join(sentence for sentence in sentences if sentence)


def _failing(report: Report) -> str:
    """How many machines fail, and by which conditions."""
    if NEVER in report.gate.fail_on or not report.machines:
        return ""
    number = report.gate.failing
    ordered = [word for word in _CONDITIONS if word in report.gate.fail_on]
    conditions = _listed([f"`{word}`" for word in ordered], "and")
    if not conditions:
        return ""
    verb = "fails" if number < 2 else "fail"  # noqa: PLR2004
    name = noun(report)
    return f"{counted(number, name) if number else f'No {name}'} {verb} the gate ({conditions})."


def _listed(parts: Sequence[str], joint: str = "and") -> str:
    if len(parts) < 2:  # noqa: PLR2004  one part, or none
        return "".join(parts)
    comma = "," if len(parts) > 2 else ""  # noqa: PLR2004
    return f"{', '.join(parts[:-1])}{comma} {joint} {parts[-1]}"


def overdue(report: Report) -> str:
    """The restarts whose last day has passed, in a sentence; the empty text where there is none."""
    late = [checked.restart.by for checked in report.machines if checked.restart.overdue]
    days = [day for day in late if day is not None]
    if not days:
        return ""
    verb = "is" if len(days) == 1 else "are"
    return (
        f"{counted(len(days), 'restart')} {verb} overdue, the oldest since {day_text(min(days))}: "
        "Azure should have restarted the machine by then."
    )


# --- four figures ----------------------------------------


def numbers(report: Report, saved: int, months: int) -> tuple[KeyFigure, ...]:
    """Not ready, ready, the next baseline, and the restarts saved this year."""
    counts = report.counts
    total, ready = counts["machines"], counts["ready"]
    kinds = (("unsupported", "not eligible"), ("action-required", "to change"), ("unknown",) * 2)
    detail = ", ".join(f"{counts[verdict]:,} {word}" for verdict, word in kinds if counts[verdict])
    name = noun(report)
    share = f"{ready / total:.0%} of {counted(total, name)}" if total else f"no {name}"
    return (
        KeyFigure(
            f"{total - ready:,}",
            "not ready",
            detail or "nothing is blocked",
            "bad" if total > ready else "good",
        ),
        KeyFigure(f"{ready:,}", "ready", share, "good" if ready else "plain"),
        _next_baseline(report),
        KeyFigure(
            f"{saved:,}",
            f"restarts saved in {report.as_of.year}",
            f"of {months:,} with monthly updates" if months else "no machine is ready",
        ),
    )


def _next_baseline(report: Report) -> KeyFigure:
    coming = [
        checked.judgment.coming_baseline
        for checked in report.machines
        if checked.judgment.coming_baseline
    ]
    if not coming:
        return KeyFigure("none", "next baseline", "no machine needs one")
    first = min(coming, key=lambda baseline: (baseline.date, not baseline.confirmed))
    machines = sum(baseline.date == first.date for baseline in coming)
    days = (first.date - report.as_of).days
    sure = "confirmed" if first.confirmed else "forecast"
    due = sum(checked.judgment.track.state == "baseline-due" for checked in report.machines)
    late = f"; {counted(due, 'machine')} still due" if due else ""
    detail = f"in {counted(days, 'day')}, {sure}; {counted(machines, 'machine')}{late}"
    return KeyFigure(
        f"{first.date:%a} {first.date.day} {first.date:%b}",
        f"next baseline {first.date:%Y}",
        detail,
    )
