"""Machines over time: which machine of a report is which one of the reports before it."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

from hotpatch_cli.inputs.others.report import ReportedMachine


class MachineHistory:
    """One machine over time: each report that has it, by number, and the machine in it."""

    __slots__ = ("identity", "seen")

    def __init__(self) -> None:
        self.identity: str | None = None
        self.seen: list[tuple[int, ReportedMachine]] = []

    def add(self, number: int, machine: ReportedMachine) -> None:
        """The machine is in a report."""
        self.seen.append((number, machine))
        if machine.id:
            self.identity = machine.id.lower()

    @property
    def last(self) -> int:
        """The number of the last report that has the machine."""
        return self.seen[-1][0]

    @property
    def name(self) -> str:
        """The name of the machine in that report."""
        return self.seen[-1][1].name


_Queues = defaultdict[str, deque[MachineHistory]]


class _HistoryIndex:
    """Histories by resource ID and by name. Each entry is looked at once: growth is linear."""

    def __init__(self, histories: Iterable[MachineHistory] = ()) -> None:
        self._by_id: _Queues = defaultdict(deque)
        self._by_name: _Queues = defaultdict(deque)
        self._without_id: _Queues = defaultdict(deque)
        for history in histories:
            self.add(history)

    def add(self, history: MachineHistory) -> None:
        """A history that can be found from now on."""
        self._by_name[history.name].append(history)
        if history.identity is None:
            self._without_id[history.name].append(history)
        else:
            self._by_id[history.identity].append(history)

    def by_id(self, machine: ReportedMachine, before: int) -> MachineHistory | None:
        """The first history with the ID of a machine that ends before a report."""
        if not machine.id:
            return None
        queue = self._by_id.get(machine.id.lower())
        return _first(queue, lambda history: history.last < before)

    def by_name(self, machine: ReportedMachine, before: int) -> MachineHistory | None:
        """The same by name, if one of the two has no ID."""
        queues = self._without_id if machine.id else self._by_name
        return _first(
            queues.get(machine.name),
            lambda history: (
                history.last < before
                and history.name == machine.name
                and not (machine.id and history.identity)
            ),
        )


def _first(
    queue: deque[MachineHistory] | None, fits: Callable[[MachineHistory], bool]
) -> MachineHistory | None:
    """The first history of a queue that fits, taken out of it with all before it."""
    while queue:
        history = queue.popleft()
        if fits(history):
            return history
    return None


class Roster:
    """All machines so far. A machine of the next report is found by its resource ID, or by its name
    where one of the two has no ID; those of the report before come first.
    """

    def __init__(self) -> None:
        self.histories: list[MachineHistory] = []
        self._present: list[MachineHistory] = []
        self._gone = _HistoryIndex()

    def match(
        self, number: int, machines: Sequence[ReportedMachine]
    ) -> tuple[list[MachineHistory], list[MachineHistory]]:
        """(the histories of the machines of a report, those of machines that are gone with it)"""
        present = _HistoryIndex(self._present)
        matched: list[MachineHistory | None] = [None] * len(machines)
        # By ID first: a name must not claim a machine that matches another by ID.
        for find in (_HistoryIndex.by_id, _HistoryIndex.by_name):
            for index, before in ((present, number), (self._gone, number - 1)):
                for place, machine in enumerate(machines):
                    history = find(index, machine, before) if matched[place] is None else None
                    if history is not None:
                        history.add(number, machine)
                        matched[place] = history
        histories = []
        for history, machine in zip(matched, machines, strict=True):
            histories.append(history or self._begun(number, machine))
        gone = [history for history in self._present if history.last < number]
        for history in gone:
            self._gone.add(history)
        self._present = histories
        return histories, gone

    def _begun(self, number: int, machine: ReportedMachine) -> MachineHistory:
        history = MachineHistory()
        history.add(number, machine)
        self.histories.append(history)
        return history
