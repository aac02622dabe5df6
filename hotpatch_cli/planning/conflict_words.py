"""The causes of a conflict in words, in the terms of the inventory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.model import GroupRule, Machine
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, WindowSlots, moment
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.scheduler import ResourceLimit, SchedulingProblem, Task, TaskGroup

_NAMED = 4
_SHOWN = 3


class ConflictText(NamedTuple):
    """A cause or a change in words.

    Kinds of causes are those of the scheduler's `explain`, and `fact`; `name` is that of the
    machine, group, ring, limit, or freeze.
    """

    kind: str
    name: str | None
    message: str


class CauseWords:
    """Words the reasons of a conflict.

    `problem` and `later` have the openings after the deadline too. `calendar` has the openings
    before the end of the plan as freezes cut them, and `uncut` all of them.
    """

    def __init__(
        self,
        prepared: PlanningInput,
        problem: SchedulingProblem,
        calendar: WindowSlots,
        uncut: WindowSlots,
        later: WindowSlots,
    ) -> None:
        self._prepared, self._problem = prepared, problem
        self._calendar, self._uncut, self._later = calendar, uncut, later
        self._machine = {machine.label: machine for machine in prepared.machines}
        self._group = {group.name: group for group in problem.groups}
        self._limit = {limit.name: limit for limit in problem.resources}
        self._before = f"before {moment(prepared.finish)}"

    def of(
        self, reasons: Collection[tuple[str, str | None]], tasks: Sequence[Task]
    ) -> tuple[ConflictText, ...]:
        """The reasons of a conflict between some tasks, windows first."""
        in_windows = {name for kind, name in reasons if kind == "windows"}
        found = self._windows([task for task in tasks if task.name in in_windows])
        others = [
            ConflictText(kind, name, self._message(kind, name or "", tasks))
            for kind, name in reasons
            if kind != "windows"
        ]
        return (*found, *others)

    def _message(self, kind: str, name: str, tasks: Sequence[Task]) -> str:
        if kind == "deadline":
            return f"Every restart must end by {moment(self._prepared.finish)}."
        if kind == "pinned":
            when = self._machine[name].reboot_at
            return f"{name} is pinned to {when:%a %Y-%m-%d %H:%M %z} (`reboot_at`)."
        if kind == "freeze":
            return self._freeze(name, tasks)
        if kind == "ring":
            return self._ring(name)
        if kind == "after":
            return self._after(name, tasks)
        return self._share(kind, name, tasks)

    # --- openings and freezes ----------------------------------------

    def _windows(self, tasks: Sequence[Task]) -> list[ConflictText]:
        """The openings of some machines, one sentence for all that share them."""
        sharing: dict[tuple[object, ...], list[Task]] = {}
        for task in tasks:
            placement = self._machine[task.name].placement
            # A machine without an opening may differ from others in the length of its restart.
            length = 0 if task.windows else task.duration
            sharing.setdefault((task.windows, placement.windows, length), []).append(task)
        return [
            ConflictText("windows", same[0].name, self._openings(same)) for same in sharing.values()
        ]

    def _openings(self, tasks: Sequence[Task]) -> str:
        names = [task.name for task in tasks]
        machine = self._machine[names[0]]
        windows = name_list(machine.placement.windows) if machine.placement.windows else "a window"
        who = f"{name_list(names)} {'has' if len(names) == 1 else 'have'}"
        opened = self._problem.open_intervals(tasks)
        need = min(task.duration for task in tasks)
        opened = [(start, end) for start, end in opened if end - start >= need]
        if not opened:
            return self._no_opening(tasks, who, windows)
        zone = self._zone(names[0])
        spans = [
            f"{self._at(start, zone)} to {self._at(end, zone, start)}"
            for start, end in opened[:_SHOWN]
        ]
        more = f" and {len(opened) - _SHOWN} more" if len(opened) > _SHOWN else ""
        more += self._soaked(machine)
        total = duration_text(sum(end - start for start, end in opened) * MINUTE)
        many = counted(len(opened), "opening")
        in_all = "" if len(opened) == 1 else " in all"
        shown = "; ".join(spans)
        return f"{who} {many} of {windows} {self._before}, {total}{in_all}: {shown}{more}."

    def _no_opening(self, tasks: Sequence[Task], who: str, windows: str) -> str:
        """Why no opening is long enough: there's none in time, or it's too short."""
        task = tasks[0]
        machine = self._machine[task.name]
        soaked = self._prepared.ring_starts.get(machine.placement.ring, 0)
        lengths = [
            piece.end - max(piece.start, soaked)
            for piece in self._calendar.of(machine.placement)
            if piece.end > soaked
        ]
        outside = " outside freezes" if self._is_frozen(task.name) else ""
        if lengths:
            need = duration_text(task.duration * MINUTE)
            of_whom = name_list([task.name for task in tasks])
            return (
                f"The restart of {of_whom} takes {need}; the longest opening of {windows} "
                f"{self._before}{outside} lasts {duration_text(max(lengths) * MINUTE)}."
            )
        later = ""
        if task.windows and not outside:
            first = self._at(task.windows[0][0], self._zone(task.name))
            later = f"; the next one is on {first}"
        elif not task.windows:
            longest = max(
                (piece.end - piece.start for piece in self._later.of(machine.placement)), default=0
            )
            if longest:
                need = duration_text(task.duration * MINUTE)
                later = f"; later ones last {duration_text(longest * MINUTE)} at most, "
                later += f"and the restart takes {need}"
        return (
            f"{who} no opening of {windows} {self._before}{outside}{self._soaked(machine)}{later}."
        )

    def _soaked(self, machine: Machine) -> str:
        """From when the soak time of restarts that are done lets a machine restart."""
        minute = self._prepared.ring_starts.get(machine.placement.ring)
        if minute is None:
            return ""
        return f", from {moment(self._prepared.release + minute * MINUTE)} (end of the soak time)"

    def _is_frozen(self, name: str) -> bool:
        placement = self._machine[name].placement
        return self._calendar.of(placement) != self._uncut.of(placement)

    def _freeze(self, name: str, tasks: Sequence[Task]) -> str:
        """Which openings a freeze blocks, and which it shortens."""
        freeze = next(one for one in self._prepared.fleet.freezes if one.name == name)
        openings: dict[Opening, bool] = {}
        longest = timedelta()
        for task in tasks:
            placement = self._machine[task.name].placement
            if freeze not in relevant((freeze,), placement):
                continue
            for piece in self._uncut.of(placement):
                left, removed = cut(piece.opening, (freeze,))
                if removed:
                    openings[piece.opening] = not left
                    longest = max([longest, *(part.length for part in left)])
        text = f"The freeze {freeze_text(freeze)}"
        if not openings:
            return f"{text} applies."
        blocked = sum(openings.values())
        windows = name_list(list(dict.fromkeys(opening.window for opening in openings)))
        shortened = len(openings) - blocked
        if not shortened:
            return f"{text} blocks {counted(blocked, 'opening')} of {windows} {self._before}."
        what = f"shortens {counted(shortened, 'opening')} of {windows} {self._before}"
        also = f" and blocks {blocked} more" if blocked else ""
        return f"{text} {what} to {duration_text(longest)} at most{also}."

    def _zone(self, name: str) -> datetime:
        """A moment in the zone of a machine's first opening."""
        pieces = self._later.of(self._machine[name].placement)
        return pieces[0].opening.start if pieces else self._prepared.release

    def _at(self, minutes: int, zone: datetime, since: int | None = None) -> str:
        when = in_zone(self._prepared.release + minutes * MINUTE, zone.tzinfo)
        first = (
            None if since is None else in_zone(self._prepared.release + since * MINUTE, zone.tzinfo)
        )
        if (
            first is not None
            and first.utcoffset() == when.utcoffset()
            and when - first < timedelta(days=1)
        ):
            return f"{when:%H:%M}"
        return f"{when:%a %Y-%m-%d %H:%M %z}"

    def settling(self, tasks: Sequence[Task]) -> Iterator[ConflictText]:
        """Until when restarts that are done occupy their groups."""
        ends_of: dict[int, list[int]] = {}
        for task in tasks:
            for number in task.groups:
                ends_of.setdefault(number, []).append(task.windows[0][1])
        for number, ends in ends_of.items():
            group = self._problem.groups[number]
            until = moment(self._prepared.release + (max(ends) + group.settle) * MINUTE)
            text = f"{counted(len(ends), 'member')} of {group.name} restarted before, "
            text += f"and the settle time ends {until}."
            yield ConflictText("settling", group.name, text)

    # --- order ----------------------------------------

    def _ring(self, name: str) -> str:
        rings = self._problem.rings
        first = next(
            first for first, then in self._problem.ring_steps() if rings[then].name == name
        )
        before = rings[first]
        soak = f"{long_text(before.soak * MINUTE)} after" if before.soak else "after"
        return f"The ring {name} starts {soak} the last restart of the ring {before.name}."

    def _after(self, name: str, tasks: Sequence[Task]) -> str:
        group = self._group.get(name)
        if group is None:
            return f"{name} starts after other restarts."
        before = [self._problem.groups[number].name for number in group.after]
        for task in tasks:
            mine = self._machine[task.name].placement.groups
            own = [other for other in before if other in mine]
            if name in mine and own:
                return (
                    f"{task.name} is a member of {own[0]} and of {name}, which starts after "
                    f"{own[0]}. It would have to start after its own restart."
                )
        return f"The group {name} starts after the last restart of {name_list(before)}."

    # --- groups and limits ----------------------------------------

    def _share(self, kind: str, name: str, tasks: Sequence[Task]) -> str:
        """How many restarts a group or a limit allows, how much time they need, and for how many
        there's room.
        """
        limits: Mapping[str, TaskGroup | ResourceLimit]
        limits = self._group if kind == "group" else self._limit
        limit = limits[name]
        settle = limit.settle if isinstance(limit, TaskGroup) else 0
        users = [task for task in tasks if self._uses(task, limit)]
        at_once = "one at a time" if limit.capacity == 1 else f"at most {limit.capacity} at once"
        resting = f" with {duration_text(settle * MINUTE)} to settle" if settle else ""
        who = f"members of {name}" if kind == "group" else self._users(name)
        rule = f"{at_once}{resting} (`{self._rule(kind, name)}`)"
        if len(users) == 1:
            return f"{who[0].upper()}{who[1:]} restart {rule}."
        text = f"{len(users)} {who} restart {rule}"
        opened = self._problem.open_intervals(users)
        offered = sum(end - start for start, end in opened)
        needed = -(-sum(task.duration + settle for task in users) // limit.capacity) - settle
        places = self._problem.most_starts(users, limit) if users else 0
        if places >= len(users):
            return f"{text}."
        offer = f"their {counted(len(opened), 'opening')} {self._before}"
        verb = "offers" if len(opened) == 1 else "offer"
        left = len(users) - places
        room = f"room for {places} at most; {left} can't restart"
        if needed > offered:
            return (
                f"{text}. All of them take {duration_text(needed * MINUTE)}; {offer} {verb} "
                f"{duration_text(offered * MINUTE)}, {room}."
            )
        return f"{text}; {offer} {verb} {room}."

    @staticmethod
    def _users(name: str) -> str:
        kind, _, value = name.partition(" ")
        if kind == "region":
            return f"machines in region {value}"
        return f"machines with the tag {value}" if kind == "tag" else "machines"

    def _rule(self, kind: str, name: str) -> str:
        """The line of the inventory that sets a limit."""
        if kind == "group":
            return _group_rule(self._prepared.fleet.groups[name])
        limits = self._prepared.fleet.limits
        one, _, value = name.partition(" ")
        if one == "region" and limits.per_region:
            return f"per_region: {limits.per_region}"
        if one == "tag":
            tag = value.partition("=")[0]
            return f"per_tag: {{{tag}: {dict(limits.per_tag)[tag]}}}"
        return f"max_concurrent: {limits.max_concurrent}"

    def _uses(self, task: Task, limit: TaskGroup | ResourceLimit) -> bool:
        if isinstance(limit, TaskGroup):
            return any(self._problem.groups[group] is limit for group in task.groups)
        return any(self._problem.resources[number] is limit for number in task.resources)


def _group_rule(rule: GroupRule) -> str:
    share = f"{rule.percent}%" if rule.percent is not None else str(rule.max_unavailable)
    return f"max_unavailable: {share}"


def freeze_text(freeze: Freeze) -> str:
    """A freeze with its days."""
    if freeze.events is not None:
        return f"{freeze.name} (a calendar file)"
    if freeze.from_day and freeze.from_day == freeze.to_day:
        return f"{freeze.name} (on {day_text(freeze.from_day)})"
    first = f"from {day_text(freeze.from_day)}" if freeze.from_day else ""
    last = f"to {day_text(freeze.to_day)}" if freeze.to_day else ""
    days = " ".join(_given(first, last))
    return f"{freeze.name} ({days})" if days else freeze.name


def _given(*texts: str) -> Iterator[str]:
    return (text for text in texts if text)


def day_text(day: date) -> str:
    """A day with its weekday: `Tue 2026-01-13`."""
    return f"{day:%a %Y-%m-%d}"


def long_text(length: timedelta) -> str:
    """A duration in words, of whole days from two days on: `36 h`, `10 days`."""
    days, rest = divmod(length, timedelta(days=1))
    return duration_text(length) if rest or days <= 1 else counted(days, "day")


def name_list(names: Sequence[str], most: int = _NAMED) -> str:
    """Some names in words: the first few, and how many more."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
