"""The words of the page: days as people say them, the answer in a sentence, its four numbers."""

from datetime import date
from typing import NamedTuple

from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.report import Report


class KeyFigure(NamedTuple):
    """A figure of the head of the page, what it counts, and a line of detail."""

    figure: str
    label: str
    detail: str
    tone: str = "plain"


def day_text(day: date | None) -> str:
    """A day as people say it: 13 January 2026."""
    return "no day" if day is None else f"{day.day} {day:%B} {day.year}"


def answer(report: Report) -> str:
    """The whole report in one sentence."""
    counts = report.counts
    total, ready = counts["machines"], counts["ready"]
    if not total:
        return "No machine is among what was asked for."
    if ready == total:
        return f"{'The machine' if total == 1 else f'All {total:,} machines'} can hotpatch."
    if total == 1:
        return _ALONE[next(verdict for verdict in _ALONE if counts[verdict])]
    rest = [
        _part(counts["action-required"], "needs a change first", "need a change first"),
        _part(counts["unsupported"], "cannot as it is", "cannot as they are"),
        _part(counts["unknown"], "cannot be judged until a missing fact is known"),
    ]
    parts = [part for part in rest if part]
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    able = (
        f"{ready:,} of {counted(total, 'machine')} can hotpatch"
        if ready
        else f"None of {counted(total, 'machine')} can hotpatch"
    )
    return f"{able}; {listed}."


_ALONE = {
    "action-required": "The machine needs a change before it can hotpatch.",
    "unsupported": "The machine cannot hotpatch as it is.",
    "unknown": "Whether the machine can hotpatch is not known: a fact is missing.",
}


def _part(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one}" if number else ""


def numbers(report: Report, saved: int, months: int) -> tuple[KeyFigure, ...]:
    """Ready, in the way, the next baseline, and the restarts saved this year."""
    counts = report.counts
    total, ready = counts["machines"], counts["ready"]
    kinds = (
        ("unsupported", "unsupported"),
        ("action-required", "to change"),
        ("unknown", "unknown"),
    )
    rest = ", ".join(f"{counts[verdict]:,} {word}" for verdict, word in kinds if counts[verdict])
    baseline = _next_baseline(report)
    waiting = total - ready
    return (
        KeyFigure(
            f"{ready:,}",
            f"of {counted(total, 'machine')} ready",
            f"{ready / total:.0%} can hotpatch" if total else "nothing to judge",
            "good" if ready else "plain",
        ),
        KeyFigure(
            f"{waiting:,}",
            "not ready",
            rest or "nothing stands in the way",
            "bad" if waiting else "good",
        ),
        baseline,
        KeyFigure(
            f"{saved:,}",
            f"restarts saved in {report.as_of.year}",
            f"of {months:,} that monthly updates take" if months else "no machine hotpatches",
        ),
    )


def _next_baseline(report: Report) -> KeyFigure:
    coming = [
        checked.judgement.coming_baseline
        for checked in report.machines
        if checked.judgement.coming_baseline
    ]
    if not coming:
        return KeyFigure("none", "next baseline", "no machine waits for one")
    first = min(coming, key=lambda baseline: (baseline.date, not baseline.confirmed))
    machines = sum(baseline.date == first.date for baseline in coming)
    days = (first.date - report.as_of).days
    sure = "" if first.confirmed else ", forecast"
    due = sum(checked.judgement.track.state == "baseline-due" for checked in report.machines)
    late = f"; {counted(due, 'machine')} still due" if due else ""
    label = f"{first.date:%Y}: next baseline"
    detail = f"in {counted(days, 'day')}{sure}; {counted(machines, 'machine')}{late}"
    return KeyFigure(f"{first.date.day} {first.date:%b}", label, detail)
