"""`hotpatch progress`: a plan against the fleet as it is now, and the plan of the rest."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import FAIL, PASS, conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    AvailabilitySets,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    Deadline,
    Effort,
    EveryRow,
    FleetFiles,
    InputFormat,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    PlanFile,
    PlanUntil,
    Prefer,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WindowFiles,
    Zones,
)
from hotpatch_cli.cli.options.moment import At
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from hotpatch_cli.cli.plan_file import ReadPlan
    from hotpatch_cli.cli.session import Session
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.outputs.progress_view import ProgressView
    from hotpatch_cli.planning.progress import Progress

app = typer.Typer(add_completion=False)
LATE = 1
NO_PLAN = 4


@app.command(cls=RequestCommand)
class ProgressRequest(NamedTuple):
    """Compare a plan with the fleet as it is now: restarts that are done, due, late, or failed, and
    those that may start now.

    The exit code is 1 if a restart is late or failed.
    """

    plan: PlanFile
    fleet: FleetFiles = None
    as_of: AsOf = None
    at: At = None
    form: Annotated[str, format_option("outputs.formats.PROGRESS_FORMATS")] = "table"
    output: Output = "-"
    replan: Annotated[
        str | None,
        option(
            "--replan",
            "FILE",
            "Write a plan of the restarts that remain; what can stay keeps its time.",
            show_default=False,
        ),
    ] = None
    until: PlanUntil = None
    deadline: Deadline = None
    every: EveryRow = False
    quiet: Quiet = False
    input_format: InputFormat = None
    columns: Columns = None
    windows: WindowFiles = None
    prefer: Prefer = None
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    availability_sets: AvailabilitySets = None
    zones: Zones = None
    effort: Effort = 1.0
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the progress, and the plan of the rest. Raises InputError and BadParameter."""
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.console import screen
        from hotpatch_cli.cli.options.moment import day_at
        from hotpatch_cli.cli.output_targets import renderer_for
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import source_names
        from hotpatch_cli.outputs.formats import PROGRESS_FORMATS

        request = self._replace(as_of=day_at(self.as_of, self.at))
        names = source_names(self, self.fleet)
        render = renderer_for(self, PROGRESS_FORMATS)
        form = _plan_format(self)
        implied = planning_input.implied_groups(self)
        read = read_plan(self.plan)
        session = planning_input.load(request, names, implied, self.at)
        view = _compare(request, session, read)
        rest = _remaining(self, session, view.progress) if self.replan else None
        look = screen(self.output, no_color=self.no_color, everything=self.every)
        _write(self, render(view, look), rest, form)
        decision = _decision(view.progress, rest)
        conclude(decision, [self.output, self.replan or "-"], quiet=self.quiet)
        raise typer.Exit(_exit_code(view.progress, rest))


def _plan_format(request: ProgressRequest) -> str:
    """The format of the plan of the rest, by its suffix. Raises BadParameter."""
    from hotpatch_cli.cli.config.config import current
    from hotpatch_cli.cli.output_targets import suffix_format
    from hotpatch_cli.outputs.formats import PLAN_FORMATS

    target = request.replan
    if target is None:
        for name in ("until", "deadline"):
            if current.get().source_of(name) == "COMMANDLINE":
                message = "Add --replan: without it, this option has no effect."
                raise typer.BadParameter(message, param_hint=f"--{name}")
        return "json"
    if target == "-":
        raise typer.BadParameter("Specify a file.", param_hint="--replan")
    return suffix_format(target, PLAN_FORMATS, "json")


def _compare(request: ProgressRequest, session: "Session", read: "ReadPlan") -> "ProgressView":
    """The plan against the fleet. Raises InputError."""
    from hotpatch_cli.cli.options.moment import moment_at
    from hotpatch_cli.cli.plan_file import progress_of
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.knowledge.release_age import age_notes
    from hotpatch_cli.outputs.progress_view import ProgressView

    at = moment_at(request.as_of, request.at, session.day)
    judge = Judge(session.knowledge, session.day)
    found = progress_of(read, session.fleet, judge, at)
    return ProgressView(found, read.name, age_notes(session.knowledge, session.day))


def _remaining(request: ProgressRequest, session: "Session", progress: "Progress") -> "PlanView":
    """The plan of the restarts that remain. Raises BadParameter and InputError."""
    from hotpatch_cli.cli.planning_input import parse_deadline
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.knowledge.release_age import age_notes
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.planning import PlanRequest
    from hotpatch_cli.planning.changes import plan_diff
    from hotpatch_cli.planning.conflicts import with_conflicts
    from hotpatch_cli.planning.plan import SearchOptions
    from hotpatch_cli.planning.remaining_plan import remaining_plan

    judge = Judge(session.knowledge, session.day)
    limits = PlanRequest(until=request.until, deadline=parse_deadline(request.deadline))
    try:
        with working("planning the rest", quiet=request.quiet):
            options = SearchOptions(request.effort)
            rest = remaining_plan(session.fleet, judge, progress, limits=limits, options=options)
    except ValueError as error:
        raise refuse(request.plan, str(error), "Make a new plan: run `hotpatch plan`.") from None
    rules = session.knowledge.rules
    found, why = with_conflicts(rest.plan, rules, rest.wish)
    return PlanView(
        found,
        rules,
        rest.wish,
        why,
        kept=plan_diff(found, rest.starts, _unscheduled(progress)),
        age=age_notes(session.knowledge, session.day),
        done=rest.done,
    )


def _unscheduled(progress: "Progress") -> frozenset[str]:
    """The machines that the plan doesn't schedule."""
    return frozenset(row.name for row in progress.machines if row.planned and not row.start)


def _write(request: ProgressRequest, text: str, rest: "PlanView | None", form: str) -> None:
    """Write the progress and the plan of the rest, both or none."""
    from hotpatch_cli.cli.atomic_write import write_all
    from hotpatch_cli.cli.console import at_place, deliver
    from hotpatch_cli.outputs.formats import PLAN_FORMATS
    from hotpatch_cli.outputs.view_options import PLAIN

    files: list[tuple[str, str | bytes]] = []
    if request.output != "-":
        files.append((request.output, text))
    if rest is not None and request.replan is not None:
        plan = PLAN_FORMATS[form](rest, at_place(request.replan, PLAIN))
        files.append((request.replan, plan))
    write_all(files)
    if request.output == "-":
        deliver(text, request.output)


def _exit_code(progress: "Progress", rest: "PlanView | None") -> int:
    """1 where something is late or failed; 4 where the plan of the rest isn't complete."""
    if not progress.on_schedule:
        return LATE
    return NO_PLAN if rest is not None and rest.plan.unplaced else 0


def _decision(progress: "Progress", rest: "PlanView | None") -> str:
    """Whether the plan is on schedule, and how much of it is done."""
    whole = progress.whole
    behind = [f"{whole.states[state]:,} {state}" for state in ("late", "failed")]
    done = f"{whole.done:,} of {counted(whole.total, 'machine')} done"
    if progress.on_schedule:
        outcome = f"{PASS}: on schedule, {done}"
    else:
        outcome = f"{FAIL}: {', '.join(part for part in behind if part[0] != '0')}; {done}"
    if rest is None:
        return outcome
    moved, left = len(rest.kept.moved) if rest.kept else 0, len(rest.plan.unplaced)
    counts = [counted(len(rest.plan.reboots), "restart"), f"{moved:,} moved"]
    if left:
        counts.append(f"{left:,} not scheduled")
    return f"{outcome}. Plan of the rest: {', '.join(counts)}"
