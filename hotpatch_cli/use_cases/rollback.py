"""How to go back from an update: what to uninstall, the last good baseline, and when the restart
has room.

Hotpatches are never rolled back automatically: the latest update is uninstalled, the last
functional baseline is installed again, and the machine restarts. Source:
https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge, Judgement
from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.model import Facts, Fleet, Machine
from hotpatch_cli.restarts import relevant, windows_of
from hotpatch_cli.schedule.fit import Fit, OpeningCache, first_fit
from hotpatch_cli.schedule.windows import Opening, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.history import History

HOTPATCHES = ("hotpatch", "out-of-band-hotpatch")


class Rollback(NamedTuple):
    """The way back of one machine.

    `uninstall` is the newest update that it has, None where nothing tells which; `baseline` is the
    newest baseline before it, None where none is on record. `steps` are what to do, in order;
    `opening` is the next one in which the restart fits; `why` is what else is to be known.
    """

    machine: Machine
    uninstall: Release | None
    baseline: Release | None
    steps: tuple[str, ...]
    opening: Opening | None
    why: str = ""


def rollbacks(
    fleet: Fleet, judge: Judge, names: Iterable[str], kb: str | None
) -> tuple[Rollback, ...]:
    """The way back of the machines named, or of all that have an update installed. Raises KeyError
    for a name.
    """
    wanted = {name.casefold(): name for name in names}
    known: set[str] = set()
    for machine in fleet.machines:
        known |= {machine.label.casefold(), machine.name.casefold()}
    for name in sorted(wanted.keys() - known):
        raise KeyError(wanted[name])
    openings = OpeningCache()
    ways_back = []
    for machine in fleet.machines:
        judgement = judge.judge(machine.facts)
        if judgement.verdict is None or (
            wanted and wanted.keys().isdisjoint({machine.label.casefold(), machine.name.casefold()})
        ):
            continue
        if kb is None or _has(machine.facts, judgement, kb):
            ways_back.append(_rollback(fleet, machine, judgement, judge, kb, openings))
    return tuple(ways_back)


def _has(facts: Facts, judgement: Judgement, kb: str) -> bool:
    possible = judgement.track.possible
    has = possible.waiting or possible.release
    return kb in facts.kbs or (
        has is not None and judgement.track.state is not None and has.kb == kb
    )


def _rollback(  # noqa: PLR0917  one machine in its fleet, on a day
    fleet: Fleet,
    machine: Machine,
    judgement: Judgement,
    judge: Judge,
    kb: str | None,
    openings: OpeningCache,
) -> Rollback:
    opening = _opening(fleet, machine, judge.as_of, openings)
    possible = judgement.track.possible
    tracked = judgement.track.state is not None
    installed = (possible.waiting or possible.release) if tracked else None
    history = judge.history(judgement.product) if judgement.product else None
    if installed is None or history is None:
        why = (
            possible.why
            or judgement.track.why
            or "what it has installed is not known, or it does not hotpatch"
        )
        sharing = possible.candidates
        baselines = {_baseline_before(row, history) for row in sharing} if history else set()
        if len(baselines) != 1:
            return Rollback(machine, None, None, (), opening, why)
        baseline = baselines.pop()
        return Rollback(
            machine,
            None,
            baseline,
            tuple(_steps(" or ".join(row.name for row in sharing), baseline)),
            opening,
            why,
        )
    if kb is not None and installed.kb != kb:
        why = f"{installed.name} is newer than {kb}, and what is newest is uninstalled first"
    else:
        why = ""
    baseline = _baseline_before(installed, history)
    return Rollback(
        machine, installed, baseline, tuple(_steps(installed.name, baseline)), opening, why
    )


def _baseline_before(installed: Release, history: History) -> Release | None:
    """The newest baseline that was out before an update: what it builds on, or came from."""
    before = [
        row
        for row in history.out
        if row.is_baseline and row.identified and row.date and row is not installed
    ]
    earlier = [row for row in before if row.date and installed.date and row.date < installed.date]
    return max(earlier, key=lambda row: row.date or date.min, default=None)


def _steps(name: str, baseline: Release | None) -> Iterable[str]:
    yield f"Find the package of {name}: DISM /Online /Get-Packages /Format:Table"
    yield "Uninstall it: DISM /Online /Remove-Package /PackageName:<its name> /NoRestart"
    if baseline is not None:
        build = f", build {baseline.build}" if baseline.build else ""
        yield (
            f"Install the baseline {baseline.name} of {baseline.date}{build}, "
            "unless the machine is on it again."
        )
    yield "Restart in the window: the machine is not back before it has restarted."
    yield f"Hold {name} back (decline it, or exclude it in the schedule), or it is installed again."


NOTES = (
    "There is no automatic rollback of hotpatches.",
    (
        "wusa.exe /uninstall does not take a package that carries a servicing stack update; "
        "the servicing stack stays."
    ),
)


def _opening(fleet: Fleet, machine: Machine, as_of: date, openings: OpeningCache) -> Opening | None:
    placement = machine.placement
    zone = find_zone(placement.timezone) if placement.timezone else None
    begin = datetime.combine(as_of, time(), UTC)
    freezes = relevant(fleet.freezes, placement)
    try:
        fit = first_fit(
            windows_of(fleet, placement), zone, freezes, placement.reboot, begin, cache=openings
        )
    except ZoneMissing:
        return None
    return fit.opening if isinstance(fit, Fit) else None
