"""The view of `check --explain`: under each machine its reasons, what to do, and where the cause
is.
"""

from collections.abc import Sequence

from hotpatch_cli.model import Location
from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.machine_rows import MachineGroups, track_if_ready, verdict_text
from hotpatch_cli.outputs.phrases import and_rest, counted
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.outputs.table import STYLES, colored, few
from hotpatch_cli.outputs.view_options import ViewOptions, folded, indented
from hotpatch_cli.report import Checked, Reason

MESSAGES = 3
"""The number of different messages of one rule that a group of machines shows."""


def explained(machines: Sequence[Checked], options: ViewOptions) -> str:
    """The machines, each with its explanation under it. In a terminal many machines that are alike
    are explained once, and a remedy is given in full the first time.
    """
    remedies: dict[str, None] = {}
    if options.most is None or len(machines) <= options.most:
        return "\n".join(_explained([checked], options, remedies) for checked in machines)
    groups = MachineGroups()
    for checked in machines:
        groups.add(checked)
    ranked = groups.ranked()
    shown = ranked[: options.most]
    parts = [_explained(group.machines, options, remedies) for group in shown]
    rest = len(ranked) - len(shown)
    return "\n".join([*parts, *([and_rest(rest, "groups", "--all")] if rest else [])])


def _explained(machines: Sequence[Checked], options: ViewOptions, remedies: dict[str, None]) -> str:
    """Machines that are alike: who they are, why, and what to do."""
    lines = [_title(machines, options)]
    sentences = {checked.restart.sentence for checked in machines}
    if len(sentences) == 1 and (said := sentences.pop()):
        lines.append(indented(visible(said), options))
    by_rule: dict[str, dict[str, list[Reason]]] = {}
    for checked in machines:
        for reason in checked.reasons:
            text = " ".join(filter(None, (reason.message, aside(reason))))
            by_rule.setdefault(reason.rule.code, {}).setdefault(text, []).append(reason)
    for messages in by_rule.values():
        lines += _rule_lines(messages, len(machines), options, remedies)
    return "".join(lines)


def _title(machines: Sequence[Checked], options: ViewOptions) -> str:
    first = machines[0]
    verdict = verdict_text(first, options)
    if options.color:
        verdict = colored(verdict, STYLES.get(first.judgment.verdict or "", ""))
    several = len(machines) > 1
    state = track_if_ready(first) if several else first.judgment.track.state
    track = f", track {state}" if state else ""
    names = [visible(checked.machine.label) for checked in machines]
    if several:
        room = max(options.width - 30, 20)
        return f"{counted(len(machines), 'machine')}: {verdict}{track}\n" + indented(
            few(names, room), options
        )
    restart = next_restart(first.restart)
    when = "" if restart == "-" else f", next restart: {restart}"
    return folded(f"{names[0]}: {verdict}{track}{when}", options) or "\n"


def _rule_lines(
    messages: dict[str, list[Reason]],
    machines: int,
    options: ViewOptions,
    remedies: dict[str, None],
) -> list[str]:
    """The messages of one rule, each with its places, and then the remedies."""
    lines = []
    for text, reasons in list(messages.items())[:MESSAGES]:
        rule = reasons[0].rule
        of_machines = f" ({counted(len(reasons), 'machine')})" if machines > 1 else ""
        lines.append(
            indented(
                visible(f"{rule.code} {rule.name}, {reasons[0].level}{of_machines}: {text}"),
                options,
            )
        )
        places = [visible(_where(reason.location)) for reason in reasons]
        lines.append(indented(_places(places), options, 4))
    rest = len(messages) - MESSAGES
    if rest > 0:
        lines.append(indented(f"... and {counted(rest, 'more message')} of this rule", options, 4))
    for reasons in messages.values():
        remedy = reasons[0].remedy
        again = options.terminal and remedy in remedies
        text = f"as above, {reasons[0].rule.code}" if again else remedy
        lines.append(indented(f"To do: {text}", options, 4))
        remedies[remedy] = None
    return list(dict.fromkeys(lines))


def _places(places: Sequence[str]) -> str:
    rest = len(places) - 1
    return f"{places[0]} and {counted(rest, 'more place')}" if rest else places[0]


def _where(place: Location) -> str:
    """A place as editors understand it; a resource of Azure has no line."""
    return ":".join(str(part) for part in place if part is not None)
