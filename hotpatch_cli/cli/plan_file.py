"""A plan that is read back, as `hotpatch plan -f json` writes it and as people edit it."""

from collections.abc import Mapping as Map
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.files import read_document
from hotpatch_cli.documents.tree import Log, Mapping
from hotpatch_cli.errors import refuse
from hotpatch_cli.planning import PlanRequest

_MOST_HOURS = 24 * 3660


class ReadPlan(NamedTuple):
    """The starts of a plan by machine, the ends where it has them, the machines that aren't
    scheduled, and the request.
    """

    starts: Map[str, datetime]
    ends: Map[str, datetime]
    unplaced: frozenset[str]
    wish: PlanRequest


def _wish(**values: Any) -> PlanRequest:
    hours, written = values.get("deadline_hours"), values.get("month")
    return PlanRequest(
        None if written is None else (int(written[:4]), int(written[5:])),
        values.get("from"),
        values.get("until"),
        None if hours is None else timedelta(hours=hours),
        bool(values.get("all")),
    )


_REBOOT: Codec[dict[str, Any]] = c.record(
    dict,
    {
        "machine": Field(c.text(), "name of the machine", required=True),
        "start": Field(c.moment, "start with its offset", required=True),
        "end": Field(c.moment, "end with its offset"),
    },
    "a restart",
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
    },
    "the request",
)


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
    starts: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for node, mark in zip(root["reboots"], root["reboots"].marks, strict=True):
        reboot: dict[str, Any] | None = _REBOOT.read(
            _only(node, mark, ("machine", "start", "end")), mark, log
        )
        if reboot is not None and reboot["machine"] in starts:
            log.add(
                mark,
                f"The machine '{reboot['machine'][:60]}' restarts twice in this plan.",
                "Remove one of the two.",
            )
        elif reboot is not None:
            starts[reboot["machine"]] = reboot["start"]
            if reboot.get("end") is not None:
                ends[reboot["machine"]] = reboot["end"]
    wish = PlanRequest()
    for key, value, _, mark in root.placed():
        if key == "asked" and value is not None:
            wish = _ASKED.read(value, mark, log) or wish
    log.finish()
    return ReadPlan(
        starts,
        ends,
        _unplaced(root),
        wish._replace(month=wish.month or _month(root.get("release"))),
    )


def _unplaced(root: Mapping) -> frozenset[str]:
    rows = root.get("unplaced")
    names = (
        (row.get("machine") for row in rows if isinstance(row, Mapping))
        if isinstance(rows, list)
        else ()
    )
    return frozenset(str(name) for name in names)


def _month(release: object) -> tuple[int, int] | None:
    """The month of the baseline of a plan."""
    try:
        day = c.parse_date(release) if isinstance(release, str) else None
    except ValueError:
        return None
    return (day.year, day.month) if day else None


def _only(node: object, mark: int, keys: tuple[str, ...]) -> Mapping:
    """A restart with the keys that are read; the others are for people."""
    kept = Mapping(mark)
    for key, value, key_mark, value_mark in node.placed() if isinstance(node, Mapping) else ():
        if key in keys:
            kept.put(key, value, key_mark, value_mark)
    return kept
