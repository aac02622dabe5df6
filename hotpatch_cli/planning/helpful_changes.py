"""Single changes after which machines can be scheduled.

Each is made in the fleet and planned again before it's claimed. Of an amount, the smallest is taken
that a search confirms.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, time, timedelta
from itertools import chain, islice
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.model import Finding, Machine
from hotpatch_cli.planning.conflict_words import ConflictText, day_text, long_text, name_list
from hotpatch_cli.planning.fleet_changes import PlannedFleet, placed_in, single_opening
from hotpatch_cli.planning.prepare import PlanningInput, PlanRequest
from hotpatch_cli.planning.replanning import Replanning
from hotpatch_cli.planning.window_slots import MINUTE, moment
from hotpatch_cli.restarts import RUN_BY_AZURE, relevant, run_windows
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.windows import Opening, Window, ZoneMissing, openings
from hotpatch_cli.schedule.zones import find_zone

DAYS_LATER = 28
"""The most days by which the deadline is extended."""
_LONGER = timedelta(minutes=15)
_LONGEST = timedelta(hours=12)
_AZURE_LONGEST = timedelta(hours=3, minutes=55)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_STEPS = ((3 * _DAY, _DAY), (6 * _HOUR, _HOUR), (timedelta(), 5 * MINUTE))
"""The steps by which soak and settle times of a length are shortened."""
_WINDOWS = 2
"""Windows that are tried, those of most machines first."""
_NEAR = 3
"""Days near the last opening that are tried for one more, apart from the first and the last day."""
_FEW = 6
"""Windows that are tried for a machine without one."""

Reason = tuple[str, str | None]
"""A kind and a name, as the scheduler's `explain` gives them."""


class _Candidate(NamedTuple):
    kind: str
    name: str | None
    message: str
    changed: PlannedFleet


class PlanEnd(NamedTuple):
    """What ends a plan: its last day `until`, or else the deadline; and by how many days it can be
    extended alone.
    """

    until: date | None = None
    days: int = DAYS_LATER


def plan_end(wish: PlanRequest, prepared: PlanningInput) -> PlanEnd:
    """What ends a plan: the earlier of a deadline and a last day. The other one remains."""
    if wish.until is None:
        return PlanEnd()
    if wish.deadline is None:
        return PlanEnd(wish.until)
    more = prepared.release + wish.deadline - prepared.finish
    return PlanEnd(wish.until, min(DAYS_LATER, more // _DAY)) if more else PlanEnd()


class HelpfulChanges:
    """The changes that let some machines of a plan be scheduled, together with all allowed ones.

    `wanted` and `allowed` are tasks of the plan.
    """

    def __init__(
        self,
        replanning: Replanning,
        wanted: Collection[int],
        allowed: Collection[int],
        end: PlanEnd,
    ) -> None:
        self._replanning, self._end = replanning, end
        self._wanted, self._allowed = frozenset(wanted), frozenset(allowed)
        self._now = replanning.now
        self._machines = [self._now.machines[task] for task in sorted(self._wanted)]
        self._cache = replanning.openings

    def of(self, reasons: Collection[Reason], tasks: Sequence[int]) -> tuple[ConflictText, ...]:
        """The changes that resolve a conflict with these reasons between some tasks."""
        machines = [self._now.machines[task] for task in tasks]
        names = {kind: [name or "" for one, name in reasons if one == kind] for kind, _ in reasons}
        unpinned = list(chain.from_iterable(map(self._unpinned, names.get("pinned", ()))))
        found = chain(
            unpinned,
            self._out_of_group(names.get("after", ()), machines),
            self._freezes(names.get("freeze", ()), machines),
            chain.from_iterable(map(self._larger_limit, names.get("resource", ()))),
            chain.from_iterable(map(self._larger_group, names.get("group", ()))),
            chain.from_iterable(map(self._shorter_soak, self._soaking(names, machines))),
            self._later() if "deadline" in names else (),
            # A window isn't changed for a pin that can be moved.
            self._windows(machines) if "windows" in names and not unpinned else (),
        )
        return tuple(ConflictText(*candidate[:3]) for candidate in found)

    def of_fact(self, why: Finding, machines: Sequence[Machine]) -> tuple[ConflictText, ...]:
        """The fact that is missing, where the machines fit once it's known."""
        labels = [machine.label for machine in machines]
        who = name_list(labels)
        if why.code == "HP402":
            candidates = [_Candidate("fact", why.code, f"Specify `os` for {who}.", self._now)]
        elif why.code == "HP413":
            zones = Counter(
                machine.placement.timezone
                for machine in self._now.fleet.machines
                if machine.placement.timezone
            )
            candidates = [
                self._placed(
                    why.code,
                    f"Specify `timezone` for {who}, such as {zone}.",
                    labels,
                    timezone=zone,
                )
                for zone, _ in zones.most_common(_WINDOWS)
            ] or [self._placed(why.code, f"Specify `timezone` for {who}.", labels, timezone="UTC")]
        else:
            windows = Counter(
                chain.from_iterable(
                    machine.placement.windows for machine in self._now.fleet.machines
                )
            )
            ordered = [window for window, _ in windows.most_common()]
            ordered += [window for window in self._now.fleet.windows if window not in windows]
            ordered = [window for window in ordered if self._is_run(window, machines)]
            candidates = [
                self._placed(
                    why.code, f"Specify `window: {window}` for {who}.", labels, windows=(window,)
                )
                for window in ordered[:_FEW]
            ]
        first = next(filter(self._helps, candidates), None)
        return () if first is None else (ConflictText(*first[:3]),)

    def _is_run(self, window: str, machines: Sequence[Machine]) -> bool:
        """Whether somebody restarts all of the machines in a window, if they had it."""
        return all(
            run_windows(
                self._now.fleet, machine.facts, machine.placement._replace(windows=(window,))
            )
            for machine in machines
        )

    def _placed(
        self, code: str, message: str, labels: Collection[str], **placement: object
    ) -> _Candidate:
        changed = self._now.with_machines(
            set(labels), lambda machine: placed_in(machine, **placement)
        )
        return _Candidate("fact", code, message, changed)

    def _helps(self, candidate: _Candidate) -> bool:
        return self._replanning.fits(candidate.changed, self._wanted, self._allowed)

    def _smallest(self, candidate: Callable[[int], _Candidate], most: int) -> Iterator[_Candidate]:
        """The change by the smallest amount up to `most` that a search confirms, if any.

        If all isn't enough, less isn't. The amount is doubled until it's enough, then it's searched
        between the last two.
        """
        if most < 1 or not self._helps(best := candidate(most)):
            return
        low, high = 0, 1
        while high < most:
            if self._helps(smaller := candidate(high)):
                best = smaller
                break
            low, high = high, min(high * 2, most)
        while high - low > 1:
            middle = (low + high) // 2
            if self._helps(smaller := candidate(middle)):
                high, best = middle, smaller
            else:
                low = middle
        yield best

    # --- one kind of change after the other ------------------------------------

    def _unpinned(self, name: str) -> Iterator[_Candidate]:
        """Move a pinned restart to the time that a plan without the pin has for it."""
        machines = self._now.machines
        task = next(task for task in self._allowed if machines[task].label == name)
        changed = self._now.with_machines({name}, lambda machine: machine._replace(reboot_at=None))
        starts = self._replanning.starts(changed, self._wanted, self._allowed)
        if starts is None or (before := machines[task].reboot_at) is None:
            return
        zone = machines[task].placement.timezone
        at = in_zone(starts[task], find_zone(zone) if zone else before.tzinfo)
        message = f"Move `reboot_at` of {name} to {at.isoformat(timespec='minutes')}"
        moved = self._now.with_machines({name}, lambda machine: machine._replace(reboot_at=at))
        yield _Candidate("pinned", name, f"{message}, or remove it.", moved)

    def _out_of_group(
        self, groups: Iterable[str], machines: Sequence[Machine]
    ) -> Iterator[_Candidate]:
        """Take a machine out of a group that starts after another of its groups, or out of that."""
        for name in groups:
            rule = self._now.fleet.groups.get(name)
            for machine in machines:
                mine = machine.placement.groups
                both = [group for group in (rule.after if rule else ()) if group in mine]
                for group in (name, *both) if name in mine and both else ():
                    candidate = self._without_member(machine, group)
                    if self._helps(candidate):
                        yield candidate

    def _without_member(self, machine: Machine, group: str) -> _Candidate:
        kept = tuple(other for other in machine.placement.groups if other != group)
        changed = self._now.with_machines({machine.label}, lambda one: placed_in(one, groups=kept))
        message = f"Remove {machine.label} from the group {group}."
        return _Candidate("after", group, message, changed)

    def _freezes(self, names: Sequence[str], machines: Sequence[Machine]) -> Iterator[_Candidate]:
        freezes = self._now.fleet.freezes
        named = (freeze for freeze in freezes if freeze.name in names)
        found = list(chain.from_iterable(map(self._less_frozen, named)))
        yield from found
        if found or not names:
            return
        applied: dict[str, None] = {}
        for machine in machines:
            applied |= dict.fromkeys(freeze.name for freeze in relevant(freezes, machine.placement))
        if len(applied) > 1:
            message = f"Remove the freezes {name_list(list(applied))}."
            candidate = _Candidate("freeze", names[0], message, self._now.without_freezes(applied))
            if self._helps(candidate):
                yield candidate

    def _less_frozen(self, freeze: Freeze) -> Iterator[_Candidate]:
        """End a freeze earlier, or begin it later, or remove it."""
        name = freeze.name
        removed = _Candidate(
            "freeze", name, f"Remove the freeze {name}.", self._now.without_freezes({name})
        )
        if not self._helps(removed):
            return
        shorter: _Candidate | None = None
        if freeze.events is None:
            first = freeze.from_day or self._replanning.prepared.begin.date()
            last = freeze.to_day or self._now.span.finish.date() + _DAY
            days = (last - first).days
            until = "" if freeze.to_day is None else f" instead of {day_text(last)}"

            def ends(amount: int) -> _Candidate:
                day = last - amount * _DAY
                message = f"End the freeze {name} on {day_text(day)}{until}."
                return _Candidate(
                    "freeze", name, message, self._now.with_freeze_days(name, to_day=day)
                )

            def begins(amount: int) -> _Candidate:
                day = first + amount * _DAY
                message = f"Begin the freeze {name} on {day_text(day)}"
                message += f" instead of {day_text(first)}." if freeze.from_day else "."
                return _Candidate(
                    "freeze", name, message, self._now.with_freeze_days(name, from_day=day)
                )

            shorter = next(self._smallest(ends, days), None)
            shorter = shorter or next(self._smallest(begins, days), None)
        yield shorter or removed

    def _larger_limit(self, name: str) -> Iterator[_Candidate]:
        """Let more restarts run at once: in all, in each region, or for each value of a tag."""
        limits = self._now.fleet.limits
        most = len(self._now.machines)
        kind, _, value = name.partition(" ")
        tag = value.partition("=")[0]

        def larger(amount: int) -> _Candidate:
            if kind == "region" and limits.per_region:
                more = limits.per_region + amount
                text = f"Raise `per_region` to {more}, for {value} and all other regions."
                changed = self._now.with_limits(per_region=more)
            elif kind == "tag":
                each = {one: limit + amount * (one == tag) for one, limit in limits.per_tag}
                text = f"Raise `per_tag` to {each[tag]} for the tag {tag}."
                changed = self._now.with_limits(per_tag=tuple(each.items()))
            else:
                more = (limits.max_concurrent or 0) + amount
                text = f"Raise `max_concurrent` to {more}."
                changed = self._now.with_limits(max_concurrent=more)
            return _Candidate("capacity", name, text, changed)

        yield from self._smallest(larger, most)

    def _larger_group(self, name: str) -> Iterator[_Candidate]:
        """Let more members of a group be down at once, or let them settle for a shorter time."""
        rule = self._now.fleet.groups[name]
        members = sum(name in machine.placement.groups for machine in self._now.fleet.machines)
        share = rule.max_unavailable or members
        if rule.percent is not None:
            share = max(1, members * rule.percent // 100)

        def larger(amount: int) -> _Candidate:
            text = f"Set `max_unavailable: {share + amount}` for the group {name}."
            changed = self._now.with_group(name, max_unavailable=share + amount, percent=None)
            return _Candidate("capacity", name, text, changed)

        def settles(settle: timedelta) -> _Candidate:
            text = _shorter(f"the settle time of the group {name}", rule.settle, settle)
            return _Candidate("settle", name, text, self._now.with_group(name, settle=settle))

        yield from self._smallest(larger, members - share)
        yield from self._shorter_wait(settles, rule.settle)

    def _soaking(
        self, names: Mapping[str, Sequence[str]], machines: Sequence[Machine]
    ) -> dict[str, None]:
        """The rings that start after a soak time: of restarts to plan, or of done ones."""
        earliest = self._replanning.prepared.ring_starts
        done = [ring for one in machines if (ring := one.placement.ring) and ring in earliest]
        return dict.fromkeys([*names.get("ring", ()), *(done if "windows" in names else ())])

    def _shorter_soak(self, name: str) -> Iterator[_Candidate]:
        """Let the ring before this one soak for a shorter time."""
        done = (restart.machine for restart in self._replanning.prepared.done)
        used = {machine.placement.ring for machine in (*self._now.machines, *done)}
        rings = [ring for ring in self._now.fleet.rings if ring.name in used]
        number = next(number for number, ring in enumerate(rings) if ring.name == name)
        before = rings[number - 1]

        def soaks(soak: timedelta) -> _Candidate:
            text = _shorter(f"the soak time of the ring {before.name}", before.soak, soak)
            return _Candidate("soak", before.name, text, self._now.with_soak(before.name, soak))

        yield from self._shorter_wait(soaks, before.soak)

    def _shorter_wait(
        self, candidate: Callable[[timedelta], _Candidate], length: timedelta
    ) -> Iterator[_Candidate]:
        step = next(step for shortest, step in _STEPS if length >= shortest)
        yield from self._smallest(
            lambda amount: candidate(max(timedelta(), length - amount * step)), -(-length // step)
        )

    def _windows(self, machines: Sequence[Machine]) -> Iterator[_Candidate]:
        """Make a window longer, or let it open once more."""
        counts = Counter(chain.from_iterable(machine.placement.windows for machine in machines))
        for name, _ in counts.most_common(_WINDOWS):
            window = self._now.fleet.windows[name]
            yield from self._longer(window)
            yield from self._more_openings(window)
        yield from self._shorter_restart()

    def _longer(self, window: Window) -> Iterator[_Candidate]:
        length = window.duration
        if length is None:
            return
        longest = min(length + _LONGEST, _DAY)
        if window.runner in RUN_BY_AZURE:
            longest = min(longest, _AZURE_LONGEST)

        def longer(amount: int) -> _Candidate:
            more = length + amount * _LONGER
            text = f"Lengthen the window {window.name} from {duration_text(length)} "
            text += f"to {duration_text(more)}."
            return _Candidate("window", window.name, text, self._now.with_length(window.name, more))

        yield from self._smallest(longer, (longest - length) // _LONGER)

    def _shorter_restart(self) -> Iterator[_Candidate]:
        """Correct `reboot_minutes` of machines whose restart is longer than every opening."""
        longest = {machine.label: self._longest_piece(machine) for machine in self._machines}
        too_long = {
            machine.label: longest[machine.label]
            for machine in self._machines
            if timedelta() < longest[machine.label] < machine.placement.reboot
        }
        if not too_long:
            return
        length = min(too_long.values())
        changed = self._now.with_machines(
            set(too_long), lambda machine: placed_in(machine, reboot=length)
        )
        text = (
            f"If a restart takes {duration_text(length)} at most, set "
            f"`reboot_minutes: {length // MINUTE}` for {name_list(list(too_long))}."
        )
        candidate = _Candidate("reboot_minutes", next(iter(too_long)), text, changed)
        if self._helps(candidate):
            yield candidate

    def _longest_piece(self, machine: Machine) -> timedelta:
        pieces = self._replanning.pieces(machine)
        return max(((piece.end - piece.start) * MINUTE for piece in pieces), default=timedelta())

    def _later(self) -> Iterator[_Candidate]:
        """Extend the deadline or the last day of the plan, whichever ends it, up to the other."""
        end = self._end

        def later(days: int) -> _Candidate:
            span = self._now.span
            finish = span.finish + days * _DAY
            longer = span._replace(finish=finish)
            more = counted(days, "day")
            if end.until is not None:
                day, longer = end.until + days * _DAY, span.longer(days * _DAY)
                text = f"Plan until {day_text(day)}, {more} longer (`--until {day}`)."
            else:
                hours = (finish - self._replanning.prepared.release) // _HOUR
                deadline = f"{hours}h" if hours % 24 else f"{hours // 24}d"
                text = f"Extend the deadline by {more}, to {moment(finish)} "
                text += f"(`--deadline {deadline}`)."
            return _Candidate("deadline", None, text, self._now.with_span(longer))

        yield from self._smallest(later, end.days)

    # --- one more opening ----------------------------------------

    def _more_openings(self, window: Window) -> Iterator[_Candidate]:
        """One more opening of a window, on a day without a freeze; some where one isn't enough."""
        users = [machine for machine in self._machines if window.name in machine.placement.windows]
        known = self._known(window, users)
        if not known:
            return
        longest = max(known, key=lambda opening: opening.minutes)
        start = window.start or longest.start.time()
        length = window.duration or longest.minutes * MINUTE
        need = max(machine.placement.reboot for machine in users)
        if length < need:
            length = -(-need // _LONGER) * _LONGER
        freezes = self._now.fleet.freezes
        different = {
            (
                machine.placement.timezone,
                machine.placement.windows,
                relevant(freezes, machine.placement),
            ): machine
            for machine in users
        }.values()
        on_days = (single_opening(window, day, start, length) for day in self._days(known))
        days = [one for one in on_days if all(self._is_free(one, machine) for machine in different)]
        # Days near the others suit best; for an order, only the first or the last might do.
        ends = sorted(days[_NEAR:], key=lambda one: one.from_day or date.max)
        tried = [*days[:_NEAR], *ends[:1], *ends[1:][-1:]]
        several = [tried[:number] for number in range(2, len(tried) + 1)]
        if not tried or not self._helps(self._with_openings(window, tried)):
            return
        every = ([opening] for opening in tried)
        candidates = (self._with_openings(window, more) for more in chain(every, several))
        yield from islice(filter(self._helps, candidates), 1)

    def _with_openings(self, window: Window, more: Sequence[Window]) -> _Candidate:
        changed = self._now
        for opening in more:
            changed = changed.with_opening(window.name, opening)
        start, length = more[0].start or time(), more[0].duration or timedelta()
        days = [day_text(opening.from_day) for opening in more if opening.from_day]
        ordered = sorted(days, key=lambda text: text.split()[1])
        count = "one more time" if len(days) == 1 else f"{len(days)} more times"
        text = (
            f"Open {window.name} {count}, on {name_list(ordered, len(ordered))} "
            f"at {start:%H:%M} for {duration_text(length)}."
        )
        return _Candidate("opening", window.name, text, changed)

    def _known(self, window: Window, users: Sequence[Machine]) -> list[Opening]:
        """The openings of a window for the first of its machines, and after the deadline too."""
        prepared = self._replanning.prepared
        for machine in users[:1]:
            zone = find_zone(machine.placement.timezone) if machine.placement.timezone else None
            until = self._now.span.finish + DAYS_LATER * _DAY
            try:
                return list(self._cache.between(window, zone, prepared.begin, until))
            except ZoneMissing:
                return []
        return []

    def _days(self, known: Sequence[Opening]) -> Iterator[date]:
        """The days of the plan, first those on a weekday of the window, near its last opening."""
        prepared = self._replanning.prepared
        begin, finish = prepared.begin.date(), self._now.span.finish.date() + _DAY
        if self._now.span.now is None:
            # Without a moment, what is left of the as-of date is unknown.
            begin = max(begin, prepared.as_of + _DAY)
        opened = {opening.start.date() for opening in known}
        weekdays = {day.weekday() for day in opened}
        in_time = [day for day in opened if day <= finish] or [finish]
        last = max(in_time)
        days = [begin + number * _DAY for number in range((finish - begin).days + 1)]
        free = [day for day in days if day not in opened]
        return iter(
            sorted(
                free,
                key=lambda day: (day.weekday() not in weekdays, day < last, abs(day - last), day),
            )
        )

    def _is_free(self, window: Window, machine: Machine) -> bool:
        """Whether a machine has this opening whole: in time, outside of freezes and of others."""
        prepared = self._replanning.prepared
        placement = machine.placement
        zone = find_zone(placement.timezone) if placement.timezone else None
        span = self._now.span
        found = list(openings(window, zone, prepared.begin, span.finish))
        if len(found) != 1:
            return False
        (opening,) = found
        if span.within(opening) != (opening.start.astimezone(UTC), opening.end.astimezone(UTC)):
            return False
        freezes = relevant(self._now.fleet.freezes, placement)
        return not cut(opening, freezes)[1] and not any(
            _overlap(opening, piece.opening) for piece in self._replanning.pieces(machine)
        )


def _overlap(one: Opening, two: Opening) -> bool:
    return one.start < two.end and two.start < one.end


def _shorter(what: str, before: timedelta, after: timedelta) -> str:
    if not after:
        return f"Remove {what} ({long_text(before)})."
    return f"Shorten {what} from {long_text(before)} to {long_text(after)}."
