"""How to roll back an update: the update to uninstall, the last good baseline, and the opening for
the restart.

There is no automatic rollback of hotpatches: uninstall the latest update, install the last
functional baseline, and restart. Source:
https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.model import Facts, Fleet, Machine
from hotpatch_cli.restarts import relevant, run_windows, windows_of
from hotpatch_cli.schedule.fit import Fit, OpeningCache, first_fit
from hotpatch_cli.schedule.windows import Opening, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.history import History

HOTPATCHES = ("hotpatch", "out-of-band-hotpatch")


class RollbackStep(NamedTuple):
    """An instruction, with the command that does it."""

    text: str
    command: str | None = None

    def __str__(self) -> str:
        """The instruction and its command in one line."""
        return f"{self.text}: {self.command}" if self.command else self.text


class Rollback(NamedTuple):
    """The rollback of one machine.

    `uninstall` is its newest update, None where that is unknown; `baseline` is the newest baseline
    before it, None where the release data has none. `steps` are the instructions in order;
    `opening` is the next one that the restart fits into; `why` explains what is missing or
    different.
    """

    machine: Machine
    uninstall: Release | None
    baseline: Release | None
    steps: tuple[RollbackStep, ...]
    opening: Opening | None
    why: str = ""


def rollbacks(
    fleet: Fleet, judge: Judge, names: Iterable[str], kb: str | None
) -> tuple[Rollback, ...]:
    """The rollbacks of the named machines, or of all with an installed update. Raises KeyError for
    an unknown name.
    """
    wanted = {name.casefold(): name for name in names}
    known: set[str] = set()
    for machine in fleet.machines:
        known |= {machine.label.casefold(), machine.name.casefold()}
    for name in sorted(wanted.keys() - known):
        raise KeyError(wanted[name])
    openings = OpeningCache()
    found = []
    for machine in fleet.machines:
        judgment = judge.judge(machine.facts)
        if judgment.verdict is None or (
            wanted and wanted.keys().isdisjoint({machine.label.casefold(), machine.name.casefold()})
        ):
            continue
        if kb is None or _has(machine.facts, judgment, kb):
            found.append(_rollback(fleet, machine, judgment, judge, kb, openings))
    return tuple(found)


def _has(facts: Facts, judgment: Judgment, kb: str) -> bool:
    possible = judgment.track.possible
    has = possible.waiting or possible.release
    return kb in facts.kbs or (
        has is not None and judgment.track.state is not None and has.kb == kb
    )


def _rollback(  # noqa: PLR0917  one machine in its fleet, on a day
    fleet: Fleet,
    machine: Machine,
    judgment: Judgment,
    judge: Judge,
    kb: str | None,
    openings: OpeningCache,
) -> Rollback:
    opening = _opening(fleet, machine, judge.as_of, openings)
    possible = judgment.track.possible
    tracked = judgment.track.state is not None
    installed = (possible.waiting or possible.release) if tracked else None
    history = judge.history(judgment.product) if judgment.product else None
    if installed is None or history is None:
        why = (
            possible.why
            or judgment.track.why
            or "the installed update is unknown, or the machine isn't eligible for hotpatching"
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
        why = f"{installed.name} is newer than {kb}, and the newest update is uninstalled first"
    else:
        why = ""
    baseline = _baseline_before(installed, history)
    return Rollback(
        machine, installed, baseline, tuple(_steps(installed.name, baseline)), opening, why
    )


def _baseline_before(installed: Release, history: History) -> Release | None:
    """The newest baseline before an update."""
    before = [
        row
        for row in history.out
        if row.is_baseline and row.identified and row.date and row is not installed
    ]
    earlier = [row for row in before if row.date and installed.date and row.date < installed.date]
    return max(earlier, key=lambda row: row.date or date.min, default=None)


def _steps(name: str, baseline: Release | None) -> Iterable[RollbackStep]:
    yield RollbackStep(f"Find the package of {name}", "DISM /Online /Get-Packages /Format:Table")
    remove = "DISM /Online /Remove-Package /PackageName:<package> /NoRestart"
    yield RollbackStep("Uninstall it", remove)
    if baseline is not None:
        build = f", build {baseline.build}" if baseline.build else ""
        yield RollbackStep(
            f"Install the baseline {baseline.name} of {baseline.date:%a %Y-%m-%d}{build}, "
            "unless the machine already runs it."
        )
    yield RollbackStep("Restart in the window. The rollback is complete only after the restart.")
    yield RollbackStep(
        f"Decline {name}, or exclude it in the schedule. Otherwise it's installed again."
    )


NOTES = (
    "Hotpatches have no automatic rollback.",
    (
        "wusa.exe /uninstall can't remove a package that includes a servicing stack update. "
        "The servicing stack update stays installed."
    ),
)


def _opening(fleet: Fleet, machine: Machine, as_of: date, openings: OpeningCache) -> Opening | None:
    placement = machine.placement
    zone = find_zone(placement.timezone) if placement.timezone else None
    begin = datetime.combine(as_of, time(), UTC)
    freezes = relevant(fleet.freezes, placement)
    run = placement._replace(windows=run_windows(fleet, machine.facts, placement))
    try:
        fit = first_fit(
            windows_of(fleet, run), zone, freezes, placement.reboot, begin, cache=openings
        )
    except ZoneMissing:
        return None
    return fit.opening if isinstance(fit, Fit) else None
