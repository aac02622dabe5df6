"""The report as a table: what needs attention first, the reasons below, a summary last."""

from collections import Counter

from hotpatch_cli.outputs.escaping import csv_text, visible
from hotpatch_cli.outputs.phrases import and_rest
from hotpatch_cli.outputs.restart_text import next_restart, or_now
from hotpatch_cli.outputs.table import TextTable, columns, plain, terminal
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions, indented
from hotpatch_cli.report import Checked, Report

ATTENTION = {"unsupported": 0, "action-required": 1, "unknown": 2, "ready": 3}
STATES = {"baseline-due": 0, "off-track": 1, "unknown": 2, "behind": 3, "current": 4, None: 5}
_WORDS = {True: "true", False: "false"}
MESSAGES = 3
"""So many different messages of one rule are shown; with more, its title has to do."""
_HEADER = ("machine", "verdict", "track", "next restart", "codes")
_WIDE = (
    *_HEADER[:3],
    "next baseline",
    "next restart",
    "window",
    "by",
    "codes",
    "platform",
    "product",
)
CSV_COLUMNS = (
    "name",
    "id",
    "platform",
    "product",
    "verdict",
    "track",
    "next_baseline",
    "restart_reason",
    "restart_start",
    "restart_end",
    "window",
    "runner",
    "by",
    "certain",
    "overdue",
    "pending_restart",
    "coming_baseline",
    "codes",
    "messages",
    "outcome",
)


def render_table(report: Report, options: ViewOptions) -> str:
    """The table for a terminal, or at full width where it is not one."""
    ranked = sorted(report.machines, key=rank)
    shown = ranked[: options.most]
    parts = [_head(report)]
    if options.explain:
        from hotpatch_cli.outputs.finding_text import explained

        header, row = (_HEADER[:-1], _row) if options.terminal else (_WIDE, _wide_row)
        parts.append(
            explained(header, (row(checked)[: len(header)] for checked in shown), shown, options)
        )
    elif options.terminal:
        grid = TextTable(columns(*_HEADER), [_row(checked) for checked in shown])
        parts.append(terminal(grid, options.width, color=options.color))
    else:
        parts.append(plain(TextTable(columns(*_WIDE), [_wide_row(checked) for checked in shown])))
    if len(shown) < len(ranked):
        parts.append(and_rest(len(ranked) - len(shown), "machines", "--all"))
    parts += [
        "" if options.explain else _legend(report, options),
        _run(report, options),
        _summary(report),
    ]
    if report.what_if is not None:
        from hotpatch_cli.outputs.what_if import render_difference

        parts.append(render_difference(report.what_if, options))
    return "\n".join(part for part in parts if part)


def _head(report: Report) -> str:
    newest = report.newest_release or "nothing yet"
    older = f": older than Patch Tuesday {report.missed}" if report.missed else ""
    return f"As of {report.as_of}. Release data up to {newest}, read on {report.read}{older}.\n"


def rank(checked: Checked) -> tuple[int, int]:
    """The order in which machines need attention."""
    return ATTENTION[checked.judgement.verdict or "ready"], STATES[checked.judgement.track.state]


def _row(checked: Checked) -> tuple[str, ...]:
    judgement = checked.judgement
    verdict, state = judgement.verdict or "", judgement.track.state or "-"
    return checked.machine.label, verdict, state, next_restart(checked.restart), _codes(checked)


def _codes(checked: Checked) -> str:
    """The codes, and whether the gate lets them pass."""
    word = {"waived": "(waived)", "known": "(known)"}.get(checked.outcome, "")
    return " ".join(filter(None, (*checked.codes, word)))


def _wide_row(checked: Checked) -> tuple[str, ...]:
    name, verdict, state, restart, codes = _row(checked)
    opening = checked.restart.opening
    promised = opening is not None and not checked.restart.overdue
    start = (
        or_now(checked.restart, f"{opening.start:%Y-%m-%d %H:%M %z}")
        if opening and promised
        else restart
    )
    day = _baseline(checked)
    window, by = opening.window if opening else "-", str(checked.restart.by or "-")
    platform, product = checked.machine.facts.platform or "-", checked.judgement.product or "-"
    return name, verdict, state, day, start, window, by, codes or "-", platform, product


def _baseline(checked: Checked) -> str:
    """The baseline to install: the next one, or the one that is due with the next one after it."""
    judgement = checked.judgement
    baseline, coming = judgement.next_baseline, judgement.coming_baseline
    if baseline is None:
        return "-"
    day = f"{baseline.date}{'' if baseline.confirmed else ' (forecast)'}"
    if judgement.track.state != "baseline-due":
        return day
    return f"due {day}, then {coming.date}" if coming else f"due {day}"


def _run(report: Report, options: ViewOptions) -> str:
    """What is said of the whole run, and not of a machine."""
    lines = [f"{reason.rule.code}  {reason.level}: {reason.message}" for reason in report.general]
    return "".join(indented(line, options, 0) for line in lines)


def _legend(report: Report, options: ViewOptions) -> str:
    """Each rule that spoke: how often, what it means, and its sentences where these are few."""
    sentences: dict[str, dict[str, None]] = {}
    counts: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for checked in report.machines:
        counts.update(checked.codes)
        for reason in checked.reasons:
            titles[reason.rule.code] = reason.rule.title
            of_rule = sentences.setdefault(reason.rule.code, {})
            if reason.finding.values:  # without values the sentence says what the title says
                of_rule[reason.message] = None
    lines = []
    for code in sorted(counts):
        lines.append(f"{code}  {counts[code]:>4} x  {titles[code]}\n")
        if len(sentences[code]) <= MESSAGES:
            lines += [indented(visible(message), options, 15) for message in sentences[code]]
    return "".join(lines) + ("`hotpatch explain CODE` tells what to do.\n" if lines else "")


def _summary(report: Report) -> str:
    counts = dict(report.counts)
    total, skipped, waived = counts.pop("machines"), counts.pop("skipped"), counts.pop("waived")
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    extra = (f"; {skipped} skipped (not Windows)" if skipped else "") + (
        f"; {waived} waived" if waived else ""
    )
    return f"{total} machine{'' if total == 1 else 's'}: {said}{extra}.\n"


def render_csv(report: Report, _options: ViewOptions = PLAIN) -> str:
    """The report as CSV, one line a machine in the order of the input."""
    return csv_text(CSV_COLUMNS, map(csv_row, report.machines))


def csv_row(checked: Checked) -> tuple[object, ...]:
    """The cells of a machine under CSV_COLUMNS; None where there is nothing to say."""
    machine, judgement, restart = checked.machine, checked.judgement, checked.restart
    opening, baseline = restart.opening, judgement.next_baseline
    pending, coming = judgement.track.pending_restart, judgement.coming_baseline
    return (
        machine.label,
        machine.id,
        machine.facts.platform,
        judgement.product,
        judgement.verdict,
        judgement.track.state,
        baseline.date if baseline else None,
        restart.reason,
        opening.start.isoformat() if opening else None,
        opening.end.isoformat() if opening else None,
        opening.window if opening else None,
        restart.runner,
        restart.by,
        None if restart.reason is None else _WORDS[restart.certain],
        None if restart.reason is None else _WORDS[restart.overdue],
        pending.kb if pending else None,
        coming.date if coming else None,
        " ".join(checked.codes),
        " | ".join(f"{reason.rule.code} {reason.message}" for reason in checked.reasons),
        checked.outcome,
    )
