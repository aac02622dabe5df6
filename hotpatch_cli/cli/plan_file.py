"""A plan that is read back, as `hotpatch plan -f json` writes it and as people edit it."""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.files import read_document
from hotpatch_cli.documents.tree import Log, Mapping, Sequence, quoted
from hotpatch_cli.errors import refuse
from hotpatch_cli.model import TRACK_STATES, Fleet
from hotpatch_cli.outputs.plan_types import PlanStatus
from hotpatch_cli.planning import PlanRequest
from hotpatch_cli.planning.plan_record import PlannedRestart, PlanRecord
from hotpatch_cli.planning.stated_figures import StatedFigures
from hotpatch_cli.scheduler import GOALS
from hotpatch_cli.servicing.restart import start_of

if TYPE_CHECKING:
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.planning.progress import Progress

_MOST_HOURS = 24 * 3660
_MOST_EXPOSURE = 1e15
_MOST_EFFORT = 10_000  # that of --effort
_KEYS = ("machine", "id", "start", "end", "ring", "groups", "track")


class ReadPlan(NamedTuple):
    """The starts of a plan by machine, the ends where it has them, the machines that aren't
    scheduled, and the request. `restarts` has the same restarts with all that is known of them, and
    `done` those of an earlier plan that are done; `release` and `as_of` are None where the file
    doesn't have them. `stated` are the figures of its objective.
    """

    name: str
    starts: Map[str, datetime]
    ends: Map[str, datetime]
    unplaced: frozenset[str]
    wish: PlanRequest
    release: date | None = None
    as_of: date | None = None
    restarts: tuple[PlannedRestart, ...] = ()
    done: tuple[PlannedRestart, ...] = ()
    stated: StatedFigures = StatedFigures()

    def ends_before(self, at: datetime) -> dict[str, datetime]:
        """The ends of restarts by machine, if they are done at a moment: the planned ones, or that
        moment if they are ahead.
        """
        done = {restart.machine: restart.end for restart in self.done if restart.end}
        return {name: min(end, at) for name, end in (*self.ends.items(), *done.items())}

    def require_release(self, day: date, baseline: str | None) -> None:
        """Raise InputError for a plan of another baseline than that of its month, unless --baseline
        asks for another month.
        """
        if baseline is None and self.release not in (day, None):
            raise refuse(
                self.name,
                f"The baseline is of {self.release} (`release`), but that of the month is of "
                f"{day}.",
                "Make a new plan, or undo the change of the file.",
            )

    def record(self) -> PlanRecord:
        """The plan as a record to compare a newer fleet with. Raises InputError for a plan without
        the day of its baseline.
        """
        if self.release is None:
            raise refuse(
                self.name,
                "The plan has no date of its baseline (`release`).",
                "Make a new plan: run `hotpatch plan -f json`.",
            )
        scheduled = {restart.machine for restart in (*self.restarts, *self.done)}
        others = (
            PlannedRestart(name, None) for name in sorted(self.unplaced) if name not in scheduled
        )
        restarts = (*self.done, *self.restarts, *others)
        return PlanRecord(self.release, self.as_of, self.wish, restarts)


def _wish(**values: Any) -> PlanRequest:
    hours, written = values.get("deadline_hours"), values.get("month")
    return PlanRequest(
        None if written is None else (int(written[:4]), int(written[5:])),
        values.get("from"),
        values.get("until"),
        None if hours is None else timedelta(hours=hours),
        bool(values.get("all")),
        begin=values.get("begin"),
        now=values.get("now"),
        strict=bool(values.get("strict")),
        seen=values.get("seen"),
    )


_COMMON = {
    "machine": Field(c.text(), "name of the machine", required=True),
    "id": Field(c.text(), "resource ID of the machine"),
    "end": Field(c.moment, "end with its offset"),
    "ring": Field(c.text(), "ring of the machine"),
    "groups": Field(c.listing(c.text()), "groups of the machine"),
}
_REBOOT: Codec[PlannedRestart] = c.record(
    PlannedRestart,
    {
        **_COMMON,
        "start": Field(c.moment, "start with its offset", required=True),
        "track": Field(c.choice(*TRACK_STATES), "track state of the machine"),
    },
    "a restart",
)
_DONE: Codec[PlannedRestart] = c.record(
    lambda start=None, **values: PlannedRestart(start=start, **values),
    {**_COMMON, "start": Field(c.moment, "start with its offset")},
    "a restart",
)
_MACHINE: Codec[dict[str, str]] = c.record(
    dict,
    {"machine": Field(c.text(), "name of the machine", required=True)},
    "a machine",
)
_ASKED: Codec[PlanRequest] = c.record(
    _wish,
    {
        "month": Field(
            c.text(r"20\d\d-(0[1-9]|1[0-2])", "Use the format YYYY-MM, such as 2026-01."),
            "month of the baseline",
        ),
        "from": Field(c.day, "first day"),
        "until": Field(c.day, "last day"),
        "deadline_hours": Field(c.decimal(0, _MOST_HOURS), "hours after the release"),
        "all": Field(c.boolean, "also machines that restart every month"),
        "begin": Field(c.moment, "moment from which openings count"),
        "now": Field(c.moment, "moment before which nothing starts"),
        "strict": Field(c.boolean, "whether missing facts block others"),
        "seen": Field(c.moment, "moment at which restarts that are done were seen"),
    },
    "the request",
)


_OBJECTIVE: Codec[StatedFigures] = c.record(
    lambda exposure_hours=None, makespan=None: StatedFigures(exposure_hours, makespan),
    {
        "exposure_hours": Field(c.decimal(0, _MOST_EXPOSURE), "exposure in weighted hours"),
        "makespan": Field(c.moment, "end of the last restart"),
    },
    "the objective",
)
_GOAL: Codec[str] = c.choice(*GOALS)
_VERSION = 1
_STATUS: Codec[str] = c.choice(*get_args(PlanStatus))
_EFFORT: Codec[float] = c.decimal(0, _MOST_EFFORT)


def read_plan(name: str) -> ReadPlan:
    """The starts of a plan (JSON) by machine. Raises InputError."""
    document = read_document(name)
    log = Log(document)
    root = document.root
    if not isinstance(root, Mapping) or not isinstance(root.get("reboots"), list):
        is_fleet = isinstance(root, Mapping) and "machines" in root
        raise refuse(
            name,
            "This isn't a plan: it has no list `reboots`.",
            "Specify the plan first, and then the fleet."
            if is_fleet
            else "To write one, run `hotpatch plan -f json`.",
        )
    restarts = list(_restarts(root, "reboots", _REBOOT, log))
    done = list(_restarts(root, "done", _DONE, log)) if root.get("done") is not None else []
    _note_repeated([*done, *restarts], log)
    wish, goal, days = PlanRequest(), PlanRequest().goal, dict[str, date | None]()
    stated = StatedFigures()
    for key, value, _, mark in root.placed():
        if key == "asked" and value is not None:
            wish = _ASKED.read(value, mark, log) or wish
        elif key in ("release", "as_of") and value is not None:
            days[key] = c.day.read(value, mark, log)
        elif key == "objective" and value is not None:
            figures = _only(value, mark, ("exposure_hours", "makespan"))
            stated = _OBJECTIVE.read(figures, mark, log) or stated
        elif key == "goal" and value is not None:
            goal = _GOAL.read(value, mark, log) or goal
        elif value is not None:
            _check(key, value, mark, log)
    unplaced = _unplaced(root, log)
    release, as_of = days.get("release"), days.get("as_of")
    month = (release.year, release.month) if release else None
    if month is not None and wish.month not in (month, None):
        log.add(
            root.at("release"),
            f"The baseline is of {release} (`release`), but the plan was asked for "
            f"{wish.month[0]}-{wish.month[1]:02} (`asked`).",
            "Make a new plan, or undo the change of the file.",
        )
    log.finish()
    planned = tuple(restart for restart, _ in restarts)
    # Restarts that are past now were ahead when the plan was made.
    made = start_of(as_of) if as_of else None
    begin, seen = wish.begin or made, wish.seen or wish.now or made
    return ReadPlan(
        name,
        {restart.machine: restart.start for restart in planned if restart.start},
        {restart.machine: restart.end for restart in planned if restart.end},
        unplaced,
        wish._replace(month=wish.month or month, begin=begin, goal=goal, seen=seen),
        release,
        as_of,
        planned,
        tuple(restart for restart, _ in done),
        stated,
    )


def _check(key: str, value: object, mark: int, log: Log) -> None:
    """Note a value that no plan has, of a key whose value isn't needed."""
    if key == "status":
        _STATUS.read(value, mark, log)
    elif key == "effort":
        _EFFORT.read(value, mark, log)
    elif key == "schema_version" and value != str(_VERSION):
        log.add(
            mark,
            f"Expected a plan of `schema_version` {_VERSION}, found {quoted(value)}.",
            "Make a new plan: run `hotpatch plan -f json`.",
        )


def _restarts(
    root: Mapping, key: str, codec: Codec[PlannedRestart], log: Log
) -> Iterator[tuple[PlannedRestart, int]]:
    """The restarts of a list, each with its place; the log has what is wrong with the others."""
    rows = root[key]
    if not isinstance(rows, Sequence):
        log.add(root.at(key), f"Expected a list of restarts, found {quoted(rows)}.")
        return
    for node, mark in zip(rows, rows.marks, strict=True):
        restart = codec.read(_only(node, mark, _KEYS), mark, log)
        if restart is not None:
            yield restart, mark


def _note_repeated(restarts: list[tuple[PlannedRestart, int]], log: Log) -> None:
    known: set[str] = set()
    for restart, mark in restarts:
        if restart.machine in known:
            log.add(
                mark,
                f"The machine {quoted(restart.machine)} restarts twice in this plan.",
                "Remove one of the two.",
            )
        known.add(restart.machine)


def _unplaced(root: Mapping, log: Log) -> frozenset[str]:
    """The machines that the plan doesn't schedule."""
    rows = root.get("unplaced")
    if rows is None:
        return frozenset()
    if not isinstance(rows, Sequence):
        log.add(root.at("unplaced"), f"Expected a list of machines, found {quoted(rows)}.")
        return frozenset()
    read = [
        _MACHINE.read(_only(node, mark, ("machine",)), mark, log)
        for node, mark in zip(rows, rows.marks, strict=True)
    ]
    return frozenset(row["machine"] for row in read if row is not None)


def _only(node: object, mark: int, keys: tuple[str, ...]) -> Mapping:
    """A restart with the keys that are read; the others are for people."""
    kept = Mapping(mark)
    for key, value, key_mark, value_mark in node.placed() if isinstance(node, Mapping) else ():
        if key in keys:
            kept.put(key, value, key_mark, value_mark)
    return kept


def progress_of(read: ReadPlan, fleet: Fleet, judge: "Judge", at: datetime) -> "Progress":
    """The progress of a plan: its state in a newer fleet. Raises InputError."""
    from hotpatch_cli.planning.progress import progress
    from hotpatch_cli.planning.restart_state import PlanMismatch

    try:
        return progress(fleet, judge, read.record(), at)
    except PlanMismatch as error:
        raise refuse(read.name, str(error), error.remedy) from None
