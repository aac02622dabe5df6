"""What `plan` and `verify` share: loading, and searching with progress while Ctrl-C keeps the best
plan so far.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from hotpatch_cli.cli.console import say
from hotpatch_cli.cli.plan_file import ReadPlan
from hotpatch_cli.cli.progress_bar import working
from hotpatch_cli.cli.search_progress import interruptible, shown_progress
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.model import Fleet
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.planning import Plan, PlanningInput, PlanRequest, plan, prepare
from hotpatch_cli.planning.changes import PlanDiff, plan_diff, scenario_plan
from hotpatch_cli.planning.conflicts import plan_conflicts
from hotpatch_cli.planning.implied_groups import Implied, with_implied
from hotpatch_cli.servicing.scenario import NO_SCENARIO, Scenario


class Search(NamedTuple):
    """How to look for a plan, and in which world."""

    as_of: date
    time_limit: float = 10
    keep: ReadPlan | None = None
    world: Scenario = NO_SCENARIO
    quiet: bool = False


class PlanSession(NamedTuple):
    """What was read: the files by name, the fleet in them, and what is known of releases and rules."""

    names: tuple[str, ...]
    fleet: Fleet
    knowledge: Knowledge


class Extras(NamedTuple):
    """Files and words beside the fleet: windows, columns, more of the matrix, more releases, whom
    to believe.
    """

    windows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    matrix: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    prefer: str | None = None

    @classmethod
    def of(cls, *options: Sequence[str] | None) -> "Extras":
        """The values of the options, each perhaps not given."""
        windows, columns, matrix, releases = (tuple(each or ()) for each in options)
        return cls(windows, columns, matrix, releases)


def load(names: Sequence[str], extras: Extras, implied: Implied, *, quiet: bool) -> PlanSession:
    """The fleet, with the groups that availability sets and zones imply, and the knowledge. Raises
    InputError.
    """
    with working("reading", quiet=quiet):
        fleet, notes = load_fleet(names, None, extras.prefer, extras.windows, extras.columns)
    for note in notes:
        say(note, quiet=quiet)
    return PlanSession(
        tuple(names), with_implied(fleet, implied), load_knowledge(extras.matrix, extras.releases)
    )


def problem(
    loaded: PlanSession, wish: PlanRequest, as_of: date, world: Scenario = NO_SCENARIO
) -> PlanningInput:
    """The fleet as a problem in a world. Raises InputError where no baseline is due."""
    try:
        return _prepared(loaded, wish, as_of, world)
    except ValueError as error:
        raise refuse(
            ", ".join(loaded.names), str(error), "Name another month with --release."
        ) from None


def _prepared(
    loaded: PlanSession, wish: PlanRequest, as_of: date, world: Scenario
) -> PlanningInput:
    fleet = loaded.fleet._replace(freezes=(*loaded.fleet.freezes, *world.freezes))
    return prepare(fleet, Judge(loaded.knowledge, as_of, world.releases), wish)


def search(loaded: PlanSession, wish: PlanRequest, options: Search) -> tuple[PlanView, bool]:
    """(the best plan found, whether the user ended the search); in a supposed world with the
    difference to ours.
    """
    if wish.month is None and options.world.releases:
        days = [row.date for row in options.world.releases if row.date]
        wish = wish._replace(month=(min(days).year, min(days).month))
    prepared = problem(loaded, wish, options.as_of, options.world)
    with interruptible() as asked:
        without = _without(loaded, wish, options, asked) if options.world else None
        found = _plan(prepared, options, asked)
    rules = loaded.knowledge.rules
    view = PlanView(found, rules, wish, plan_conflicts(found, rules))
    if options.world:
        view = view._replace(supposed=scenario_plan(options.world.texts, found, without))
    if options.keep is not None:
        kept = plan_diff(found, options.keep.starts, options.keep.unplaced)
        view = view._replace(kept=kept)
        _tell_moved(kept, quiet=options.quiet)
    return view, bool(asked)


def _tell_moved(kept: PlanDiff, *, quiet: bool) -> None:
    names = ", ".join(each.reboot.machine.label for each in kept.moved)
    count = "1 restart" if len(kept.moved) == 1 else f"{len(kept.moved)} restarts"
    say(f"Moved {count}{': ' + names if names else ''}.", quiet=quiet)


def _without(
    loaded: PlanSession, wish: PlanRequest, options: Search, asked: list[bool]
) -> Plan | None:
    """The plan of the world as it is known; None where no baseline is due in it."""
    try:
        prepared = _prepared(loaded, wish, options.as_of, NO_SCENARIO)
    except ValueError:
        return None
    return _plan(prepared, options, asked)


def _plan(prepared: PlanningInput, options: Search, asked: list[bool]) -> Plan:
    with shown_progress(quiet=options.quiet) as show:
        return plan(
            prepared,
            time_limit=options.time_limit,
            should_stop=lambda: bool(asked),
            progress=show,
            keep=options.keep.starts if options.keep else None,
        )
