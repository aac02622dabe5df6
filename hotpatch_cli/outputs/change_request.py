"""What a board decides on: the sections of a change request, in Markdown, before its restarts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hotpatch_cli.model import Fleet
from hotpatch_cli.outputs.escaping import markdown, markdown_table
from hotpatch_cli.outputs.night import (
    NAMED,
    azure_note,
    back_out,
    baseline_texts,
    checks_after,
    checks_before,
    message,
    owners,
    runners,
    spans,
)
from hotpatch_cli.outputs.phrases import and_more, counted
from hotpatch_cli.outputs.plan_view import (
    CUT_SHORT,
    PlanView,
    at_once,
    end_bound_text,
    nights,
    proof,
    proof_sentence,
)
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.runsheet import box, line_text
from hotpatch_cli.planning import Plan, Reboot
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.freezes import Freeze

_ROWS = 30
"""The most rows of a table of groups, and of nights."""
_BLANK = "________"


def request_sections(view: PlanView) -> list[str]:
    """What, why, when, who, risk, order, back-out, checks, communication, proof, approval."""
    plan = view.plan
    lines = [
        f"# Change request: restarts for the baseline of {day_text(plan.release_day)}",
        "",
        *proof(plan).splitlines(),
        "",
    ]
    lines += [*(f"- {markdown(note)}" for note in view.notes), ""]
    if not plan.reboots:
        return lines
    reboots = plan.reboots
    by_azure = azure_note(plan, reboots)
    lines += _section("What", _list(_what(plan)))
    lines += _section("Why", _list(_why(plan)))
    lines += _section("When", _when(plan))
    who = [f"Restarts by: {runners(reboots)}.", *([by_azure] if by_azure else [])]
    lines += _section("Who", _list([*who, f"Owners: {owners(reboots)}."]))
    lines += _section("Risk", _risk(plan))
    lines += _section("Order and rules", _list(_rules(plan)))
    updates = (f"- {line_text(line)}" for line in back_out(plan, reboots))
    lines += _section("Back-out", [*updates, *_list(_BACK_OUT)])
    lines += _section("Checks before", map(box, checks_before(view, reboots)))
    lines += _section("Checks after", map(box, checks_after(plan, reboots)))
    lines += _section("Communication", [f"> {markdown(line)}  " for line in message(plan, reboots)])
    lines += _section("Proof", _list(_proof(plan)))
    return lines + _section("Approval", _APPROVAL)


_BACK_OUT = (
    (
        "A machine that doesn't come back uses a place of its group and limits. The groups after "
        "its group and the next rings don't start. The run sheet of the night has what each "
        "machine blocks."
    ),
    "To stop the change, don't run the restarts that remain. No restart needs a later one.",
)
_APPROVAL = (
    "| Role | Name | Decision | Date | Signature |",
    "| --- | --- | --- | --- | --- |",
    *(
        f"| {role} | {_BLANK} | {_BLANK} | {_BLANK} | {_BLANK} |"
        for role in ("Requested by", "Approved by", "Run by")
    ),
)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def _list(texts: Iterable[str]) -> list[str]:
    return [f"- {markdown(text)}" for text in texts]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, the first of its rows, and how many there are more."""
    found = list(rows)
    lines = markdown_table(header, found[:_ROWS])
    rest = len(found) - _ROWS
    return [*lines, "", f"... and {rest:,} more."] if rest > 0 else lines


def _what(plan: Plan) -> Iterator[str]:
    count = counted(len(plan.reboots), "machine restarts", "machines restart")
    yield f"{count} to install the baseline of {day_text(plan.release_day)}."
    yield from (f"{text}." for text in baseline_texts(plan, plan.reboots))


def _why(plan: Plan) -> Iterator[str]:
    yield "A machine gets no hotpatches until it installs the baseline and restarts."
    states = Counter(reboot.track or "unknown" for reboot in plan.reboots)
    counts = ", ".join(f"{state} {count:,}" for state, count in states.most_common())
    yield f"State of these machines as of {day_text(plan.prepared.as_of)}: {counts}."
    yield (
        f"Exposure of this plan: {plan.exposure:,.1f} weighted hours from the release to the end "
        "of each restart."
    )


def _when(plan: Plan) -> list[str]:
    rows = []
    for night in nights(plan.reboots):
        count, times = f"{len(night.reboots):,}", "; ".join(spans(night.reboots))
        rows.append((night.name, count, runners(night.reboots), times))
    return _table(("Night", "Restarts", "By", "From and to"), rows)


def _risk(plan: Plan) -> list[str]:
    reboots = plan.reboots
    by_azure = any(reboot.runner == "platform" for reboot in reboots)
    proposed = ", if Azure restarts its machines at the proposed times" if by_azure else ""
    texts = [f"At most {counted(at_once(reboots), 'restart')} in progress at once{proposed}."]
    alone = _single_points(plan.prepared.fleet, reboots)
    if alone:
        texts.append(f"No other member of a group serves while they restart: {alone}.")
    lines = _list(texts)
    members: dict[str, list[Reboot]] = {}
    for reboot in reboots:
        for name in reboot.machine.placement.groups:
            members.setdefault(name, []).append(reboot)
    if not members:
        return lines
    capacity = {group.name: group.capacity for group in plan.prepared.problem.groups}
    rows = [
        (name, f"{len(rows):,}", f"{capacity[name]:,}", f"{at_once(tuple(rows)):,}")
        for name, rows in members.items()
    ]
    header = ("Group", "Restarts", "May be down at once", "Down at once in this plan")
    return [*lines, "", *_table(header, rows)]


def _single_points(fleet: Fleet, reboots: Iterable[Reboot]) -> str:
    """The machines in no group, or alone in each of their groups."""
    members: Counter[str] = Counter()
    for machine in fleet.machines:
        members.update(machine.placement.groups)
    names = [
        reboot.machine.label
        for reboot in reboots
        if all(members[name] == 1 for name in reboot.machine.placement.groups)
    ]
    return and_more(names, NAMED)


def _rules(plan: Plan) -> Iterator[str]:
    """The order of rings and groups, the limits, and the freezes that concern these restarts."""
    prepared, fleet = plan.prepared, plan.prepared.fleet
    used = {reboot.machine.placement.ring for reboot in plan.reboots}
    rings = [
        ring.name + (f" (soak {duration_text(ring.soak)})" if ring.soak else "")
        for ring in fleet.rings
        if ring.name in used
    ]
    if rings:
        yield f"Rings in this order: {and_more(rings, NAMED)}."
    groups = set().union(*(reboot.machine.placement.groups for reboot in plan.reboots))
    ordered = [
        f"{name} after {', '.join(rule.after)}"
        for name, rule in fleet.groups.items()
        if rule.after and name in groups
    ]
    if ordered:
        yield f"Groups in order: {and_more(ordered, NAMED)}."
    limits = [f"{limit.name} {limit.capacity:,}" for limit in prepared.problem.resources]
    if limits:
        yield f"Limits: {and_more(limits, NAMED)}."
    placements = {reboot.machine.placement for reboot in plan.reboots}
    freezes: set[str] = set()
    for placement in placements:
        freezes.update(freeze.name for freeze in relevant(_freezes_in_range(plan), placement))
    if freezes:
        yield f"No restart in the freezes {and_more(sorted(freezes), NAMED)}."
    yield "Each restart is inside one opening of its machine's window."


def _freezes_in_range(plan: Plan) -> tuple[Freeze, ...]:
    """The freezes that a day of the plan can be in."""
    first, last = plan.prepared.begin.date(), plan.prepared.finish.date()
    return tuple(
        freeze
        for freeze in plan.prepared.fleet.freezes
        if (freeze.from_day or first) <= last and (freeze.to_day or last) >= first
    )


def _proof(plan: Plan) -> Iterator[str]:
    yield proof_sentence(plan)
    if bound := end_bound_text(plan):
        yield f"Goal: the earliest end. No plan that schedules as much ends before {bound}."
    if plan.result.cut_short:
        yield CUT_SHORT
    yield "After the search, each restart was checked against every rule of the fleet."
    yield "To check a plan file again, run hotpatch verify."
