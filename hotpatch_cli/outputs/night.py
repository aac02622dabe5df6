"""The content of a night: its restarts in their order, what to check before, what a machine
that doesn't come back blocks, and what to tell others.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, tzinfo
from typing import NamedTuple

from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.eligibility.verdict import Judgment
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Product, Release
from hotpatch_cli.outputs.charts.clock import zone_name
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.plan_view import (
    PlanNight,
    PlanView,
    at_once,
    certainty,
    end_text,
    left_out,
    moment_text,
    nights,
    who,
)
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.planning import Plan, Reboot
from hotpatch_cli.planning.contingency import BlockedRestarts, Contingency
from hotpatch_cli.planning.latest_times import latest_times
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.servicing.restart import PLATFORM_DAYS

NAMED = 20
"""How many machines a line of a night names."""
_WAITING = 6
_CODES = ("HP213", "HP207", "HP203", "HP406", "HP407", "HP214", "HP308", "HP306")
"""What can spoil the night of a machine: it's off, its agent isn't connected or its state is
unknown, its restart setting is Never, a restart or other updates are pending already.
"""
ROLLBACK = "hotpatch rollback FLEET --machine NAME"
_NEVER_BACK = (
    "A machine that doesn't come back stays down in its group and limits, and its group and ring "
    "aren't done: the list has what it blocks. All other restarts keep their times."
)
_LATE = (
    "Where the list says to go on if a machine is back by a time, the rest of the night still fits "
    "until then: in its order, each restart as late as it has to be, with all settle and soak "
    "times. Restarts of other nights keep their times."
)


class NightLine(NamedTuple):
    """A line of a sheet: text, then a command and the text after it, where it has one."""

    text: str
    command: str = ""
    rest: str = ""


class NightStep(NamedTuple):
    """A restart of a night: its number, its planned times, who runs it, why then, and what happens
    if the machine doesn't come back.
    """

    number: int
    machine: str
    start: str
    end: str
    by: str
    baseline: str
    window: str
    ring: str
    groups: str
    owner: str
    why: str
    without_it: str


class NightSheet(NamedTuple):
    """A night, ready to be written. `message` is the text for others, line by line. `left_out` has
    the machines that aren't scheduled, on the first sheet.
    """

    name: str
    fleet: str
    summary: str
    times: tuple[str, ...]
    updates: tuple[str, ...]
    message: tuple[str, ...]
    checks: tuple[NightLine, ...]
    steps: tuple[NightStep, ...]
    azure: str
    recovery: tuple[NightLine, ...]
    after: tuple[NightLine, ...]
    left_out: tuple[str, ...] = ()


def night_sheets(view: PlanView) -> list[NightSheet]:
    """The sheets of a plan, night by night."""
    found = nights(view.plan.reboots)
    made = _Sheets(view, found)
    sheets = [made.of(night) for night in found]
    return [sheets[0]._replace(left_out=tuple(not_scheduled(view))), *sheets[1:]] if sheets else []


def not_scheduled(view: PlanView) -> Iterator[str]:
    """The machines that aren't scheduled, by reason."""
    for names, why in left_out(view):
        yield f"{names}: {why}"


class _Sheets:
    def __init__(self, view: PlanView, found: Sequence[PlanNight]) -> None:
        self.view, self.plan, self.whys = view, view.plan, view.whys
        prepared = view.plan.prepared
        self.tasks = {machine.label: number for number, machine in enumerate(prepared.machines)}
        starts = view.plan.result.starts
        self.contingency = Contingency(prepared.problem, starts)
        of_night: dict[int, int] = {}
        for number, night in enumerate(found):
            of_night |= {self.tasks[reboot.machine.label]: number for reboot in night.reboots}
        self.latest_ends = latest_times(prepared, starts, of_night).ends
        self.rings_of_group: dict[int, set[int | None]] = {}
        for task, start in zip(prepared.problem.tasks, starts, strict=True):
            for group in task.groups if start is not None else ():
                self.rings_of_group.setdefault(group, set()).add(task.ring)

    def of(self, night: PlanNight) -> NightSheet:
        """The sheet of a night."""
        one_clock = len({reboot.start.utcoffset() for reboot in night.reboots}) == 1
        tonight = {self.tasks[reboot.machine.label]: reboot for reboot in night.reboots}
        steps = [
            self._step(number, reboot, tonight, with_offset=not one_clock)
            for number, reboot in enumerate(night.reboots, 1)
        ]
        return NightSheet(
            night.name,
            self.plan.prepared.fleet.name or "",
            _summary(self.plan, night.reboots),
            tuple(spans(night.reboots)),
            tuple(baseline_texts(self.plan, night.reboots)),
            tuple(message(self.plan, night.reboots)),
            tuple(checks_before(self.view, night.reboots)),
            tuple(steps),
            azure_note(self.plan, night.reboots),
            tuple(self._recovery(night)),
            tuple(checks_after(self.plan, night.reboots)),
        )

    def _recovery(self, night: PlanNight) -> Iterator[NightLine]:
        """What to know of machines that don't come back, or late."""
        yield NightLine(_NEVER_BACK)
        tasks = (self.tasks[reboot.machine.label] for reboot in night.reboots)
        if any(task in self.latest_ends for task in tasks):
            yield NightLine(_LATE)
        yield from back_out(self.plan, night.reboots)

    def _step(
        self, number: int, reboot: Reboot, tonight: dict[int, Reboot], *, with_offset: bool
    ) -> NightStep:
        placement = reboot.machine.placement
        offset = f" {reboot.start:%z}" if with_offset else ""
        return NightStep(
            number,
            reboot.machine.label,
            f"{reboot.start:%a %H:%M}{offset}",
            end_text(reboot.start, reboot.end),
            who(reboot),
            certainty(reboot),
            reboot.window,
            placement.ring or "",
            ", ".join(placement.groups),
            reboot.machine.owner or "",
            self.whys[reboot.machine.label],
            self._without(self.tasks[reboot.machine.label], reboot, tonight)
            + self._latest(reboot, tonight, with_offset=with_offset),
        )

    def _latest(self, reboot: Reboot, tonight: Collection[int], *, with_offset: bool) -> str:
        """Until when a restart that blocks others may end so that its night still fits."""
        task = self.tasks[reboot.machine.label]
        minute, blocked = self.latest_ends.get(task), self.contingency.of(task).tasks
        if minute is None or (blocked is not None and not set(blocked) & set(tonight)):
            return ""
        end = in_zone(self.plan.prepared.release + minute * MINUTE, reboot.start.tzinfo)
        offset = f" {end:%z}" if with_offset else ""
        return f" Go on if it's back by {end:%a %H:%M}{offset}."

    def _without(self, task: int, reboot: Reboot, tonight: dict[int, Reboot]) -> str:
        """What a restart blocks, by name or by the group or ring, and how many continue."""
        waiting = self.contingency.of(task)
        names = self._waiting_rules(waiting)
        if waiting.tasks is None:
            names += self._limits(task)
            return _blocks(names)
        alone = [number for number in waiting.tasks if not self._is_covered(number, waiting)]
        now = [self._label(number) for number in alone if number in tonight]
        later = [self._label(number) for number in alone if number not in tonight]
        names = ([and_more(now, _WAITING)] if now else []) + names
        if later:
            names.append(f"on later nights {and_more(later, _WAITING)}")
        following = [number for number, other in tonight.items() if other.start >= reboot.end]
        blocked = set(waiting.tasks)
        free = sum(number not in blocked for number in following)
        others = f" Continue tonight: {free:,} of {len(following):,}." if following else ""
        return f"{_blocks(names)}{others}"

    def _label(self, task: int) -> str:
        return self.plan.prepared.machines[task].label

    def _is_covered(self, task: int, waiting: BlockedRestarts) -> bool:
        """Whether a restart is blocked as a member of a blocked group or ring."""
        found = self.plan.prepared.problem.tasks[task]
        return found.ring in waiting.rings or not waiting.groups.isdisjoint(found.groups)

    def _waiting_rules(self, waiting: BlockedRestarts) -> list[str]:
        """The blocked groups and rings; a group is left out if all of its members are in a blocked
        ring.
        """
        problem = self.plan.prepared.problem
        groups = [
            f"group {problem.groups[number].name}"
            for number in sorted(waiting.groups)
            if not self.rings_of_group[number] <= waiting.rings
        ]
        rings = [f"ring {problem.rings[number].name}" for number in sorted(waiting.rings)]
        return [*([and_more(groups, _WAITING)] if groups else []), *rings]

    def _limits(self, task: int) -> list[str]:
        """The groups and limits that have one place fewer, where each restart isn't named."""
        problem = self.plan.prepared.problem
        found = problem.tasks[task]
        places = [
            (f"the group {problem.groups[number].name}", problem.groups[number].capacity)
            for number in found.groups
        ]
        places += [
            (f"the limit {problem.resources[number].name}", problem.resources[number].capacity)
            for number in dict.fromkeys(found.resources)
        ]
        return [
            f"the rest of {name}" if capacity == 1 else f"one of {capacity:,} places in {name}"
            for name, capacity in places
        ]


def _blocks(names: Sequence[str]) -> str:
    return f"Blocks {', '.join(names)}." if names else "Blocks nothing."


# --- the parts that a change request has too ----------------------------------------


def runners(reboots: Sequence[Reboot]) -> str:
    """Who runs how many restarts: `you 4, Azure 2`."""
    azure = sum(reboot.runner == "platform" for reboot in reboots)
    found = [("you", len(reboots) - azure), ("Azure", azure)]
    return ", ".join(f"{runner} {count:,}" for runner, count in found if count)


def _summary(plan: Plan, reboots: Sequence[Reboot]) -> str:
    count = counted(len(reboots), "restart")
    return f"{count} ({runners(reboots)}) for the baseline of {day_text(plan.release_day)}"


def spans(reboots: Sequence[Reboot]) -> Iterator[str]:
    """From the first start to the last end, in each zone that the machines have."""
    start = min(reboot.start for reboot in reboots)
    end = max(reboot.end for reboot in reboots)
    zones: dict[str, tzinfo | None] = {
        zone_name(reboot.start): reboot.start.tzinfo for reboot in reboots
    }
    for name, zone in sorted(zones.items()):
        first, last = in_zone(start, zone), in_zone(end, zone)
        yield f"{moment_text(first)} to {moment_text(last)} ({name})"


def azure_note(plan: Plan, reboots: Sequence[Reboot]) -> str:
    """What to know of the restarts that Azure runs; nothing where there is none."""
    count = sum(reboot.runner == "platform" for reboot in reboots)
    if not count:
        return ""
    last = day_text(plan.release_day + PLATFORM_DAYS)
    noun = counted(count, "restart")
    return (
        f"Azure runs {noun} at a moment that it chooses, by {last}. The start here is a proposal: "
        "check that the machine has restarted before what follows it."
    )


def message(plan: Plan, reboots: Sequence[Reboot]) -> Iterator[str]:
    """A text for the owners and users of the systems."""
    yield f"Restarts for the Windows baseline of {day_text(plan.release_day)}"
    count = len(nights(reboots))
    in_nights = f"in {count:,} nights, " if count > 1 else ""
    for span in spans(reboots):
        yield f"When: {in_nights}{span}"
    longest = max(reboot.machine.placement.reboot for reboot in reboots)
    yield (
        f"What: {counted(len(reboots), 'machine restarts', 'machines restart')} to install "
        f"Windows updates, each for up to {duration_text(longest)}"
    )
    yield f"Systems: {systems(reboots)}"
    azure = sum(reboot.runner == "platform" for reboot in reboots)
    extra = f", not counting {azure:,} that Azure restarts at a moment it chooses" if azure else ""
    own = tuple(reboot for reboot in reboots if reboot.runner == "owner")
    if own:
        yield f"Down at once: at most {at_once(own):,}{extra}"
    else:
        yield "Down at once: unknown, Azure chooses the moments"
    yield f"Owners: {owners(reboots)}"


def systems(reboots: Iterable[Reboot]) -> str:
    """The groups of restarts and their tags, each with its number, and machines without a group."""
    groups: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    alone = []
    for reboot in reboots:
        placement = reboot.machine.placement
        groups.update(placement.groups)
        tags.update(f"{name}={value}" for name, value in placement.tags)
        if not placement.groups:
            alone.append(reboot.machine.label)
    parts = []
    if groups:
        parts.append("groups " + _counts(groups))
    if alone:
        parts.append("machines without a group " + and_more(alone, NAMED))
    if tags:
        parts.append("tags " + _counts(tags))
    return "; ".join(parts)


def _counts(counts: Counter[str]) -> str:
    return and_more([f"{name} ({count:,})" for name, count in counts.most_common()], NAMED)


def owners(reboots: Iterable[Reboot]) -> str:
    """The owners of the machines, with the number of each."""
    counts = Counter(reboot.machine.owner for reboot in reboots)
    unknown = counts.pop(None, 0)
    if not counts:
        return "no source states an owner"
    named = and_more([f"{name} ({count:,})" for name, count in counts.most_common()], NAMED)
    return f"{named}; without an owner {unknown:,}" if unknown else named


def baseline_texts(plan: Plan, reboots: Sequence[Reboot]) -> list[str]:
    """The baseline with its KB and build for each Windows version, and whether the release data
    confirms it.
    """
    found: Counter[str] = Counter()
    for update, reboot in zip(_updates(plan, reboots), reboots, strict=True):
        name = PRODUCT_NAMES[update.product] if update.product else "Windows version unknown"
        release = update.release
        kb = f", {release.name}" if release else ""
        build = f", build {release.build} or later" if release and release.build else ""
        text = f"{name}, baseline of {day_text(update.day)}{kb}{build}, {certainty(reboot)}"
        found[text] += 1
    return [f"{text}: {counted(count, 'machine')}" for text, count in sorted(found.items())]


class _Update(NamedTuple):
    """What a machine restarts for; without a release, its KB isn't known."""

    product: Product | None
    day: date
    release: Release | None


def _updates(plan: Plan, reboots: Iterable[Reboot]) -> Iterator[_Update]:
    judgments = _judgments(plan)
    day = plan.release_day
    identified = {(product, day): row for product, row in plan.prepared.released.items()}
    for judgment in judgments.values():
        due = judgment.next_baseline
        if due and due.release and judgment.product:
            identified[judgment.product, due.date] = due.release
    for reboot in reboots:
        product, day = _baseline(judgments.get(reboot.machine.label), plan.release_day)
        yield _Update(product, day, identified.get((product, day)) if product else None)


def back_out(plan: Plan, reboots: Sequence[Reboot]) -> Iterator[NightLine]:
    """The updates to uninstall, and the command that lists the steps for a machine."""
    updates = dict.fromkeys(_updates(plan, reboots))
    known = [
        f"{update.release.name} ({PRODUCT_NAMES[update.product]})"
        for update in updates
        if update.release and update.product
    ]
    texts = []
    if known:
        texts.append(f"To back out, uninstall {', '.join(known)} and restart the machine.")
    if any(update.release is None for update in updates):
        texts.append("The KB of a forecast is known once it's released.")
    texts.append("For the steps, export the fleet again and run")
    yield NightLine(" ".join(texts), ROLLBACK, ".")


def _baseline(judgment: Judgment | None, day: date) -> tuple[Product | None, date]:
    """What a machine restarts for: the baseline of the plan, or an earlier one that is due."""
    if judgment is None:
        return None, day
    due = judgment.next_baseline
    return judgment.product, min(day, due.date) if due else day


def _judgments(plan: Plan) -> dict[str, Judgment]:
    prepared = plan.prepared
    pairs = zip(prepared.machines, prepared.judgments, strict=True)
    return {machine.label: judgment for machine, judgment in pairs}


def checks_before(view: PlanView, reboots: Sequence[Reboot]) -> Iterator[NightLine]:
    """What to check before restarts: the release data, the baseline, and what the facts of the
    machines say.
    """
    yield NightLine("Run", "hotpatch releases update", ". ".join(["", *view.age]))
    forecast = [reboot.machine.label for reboot in reboots if not reboot.confirmed]
    day = day_text(view.plan.release_day)
    if forecast:
        yield NightLine(
            f"The baseline of {day} is a forecast for {and_more(forecast, NAMED)}. "
            "Once it's released, make the plan again with",
            "--keep",
            ".",
        )
    else:
        yield NightLine(f"The baseline of {day} is confirmed.")
    yield from _machine_checks(view, reboots)
    yield NightLine(
        "Export the fleet again. To list the restarts that may start, run",
        "hotpatch progress PLAN FLEET --at MOMENT",
        ".",
    )
    yield NightLine("Check the newest backup of each machine.")
    yield NightLine("Tell the owners and users of the systems.")


def _machine_checks(view: PlanView, reboots: Sequence[Reboot]) -> Iterator[NightLine]:
    """What the facts of the machines say, and those that aren't ready."""
    judgments = _judgments(view.plan)
    by_code: dict[str, list[str]] = {}
    by_verdict: dict[str, dict[str, set[str]]] = {}
    for reboot in reboots:
        name = reboot.machine.label
        judgment = judgments.get(name)
        if judgment is None:
            continue
        codes = dict.fromkeys(finding.code for finding in judgment.findings)
        for code in codes:
            by_code.setdefault(code, []).append(name)
        if judgment.verdict not in ("ready", None):
            rules = {view.rules[code].name for code in codes if view.rules[code].level == "error"}
            by_verdict.setdefault(judgment.verdict, {})[name] = rules
    for code in _CODES:
        if code in by_code:
            rule = view.rules[code]
            names = and_more(by_code[code], NAMED)
            yield NightLine(f"{rule.title} ({rule.name}, {code}): {names}.")
    for verdict, found in sorted(by_verdict.items()):
        blocking = sorted(set().union(*found.values()))
        why = f" (blocked by {and_more(blocking, _WAITING)})" if blocking else ""
        yield NightLine(f"Verdict {verdict}{why}: {and_more(list(found), NAMED)}.")


def _build_text(update: _Update) -> str:
    """The build after a restart."""
    if update.product and update.release and update.release.build:
        return f"{update.release.build} or later ({PRODUCT_NAMES[update.product]})"
    return f"that of the baseline of {day_text(update.day)}"


def checks_after(plan: Plan, reboots: Sequence[Reboot]) -> Iterator[NightLine]:
    """What to check after the restarts."""
    yield NightLine("Each machine answers, and its services run.")
    builds = dict.fromkeys(map(_build_text, _updates(plan, reboots)))
    yield NightLine(
        "Export the fleet again. Each restart of the night has the state done in",
        "hotpatch progress PLAN FLEET",
        f": the build is {', '.join(builds)}.",
    )
    yield NightLine(
        "To plan what is late or failed, run", "hotpatch progress PLAN FLEET --replan FILE", "."
    )
    yield NightLine("Tell the owners and users what is done and what isn't.")
