"""`hotpatch windows`: maintenance windows of a fleet."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.console import deliver, screen
from hotpatch_cli.cli.decision import FAIL, PASS, conclude
from hotpatch_cli.cli.help_page import PlainGroup
from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    FleetFiles,
    ManagementGroups,
    NoColor,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WindowFiles,
    day_option,
    today,
)
from hotpatch_cli.cli.output_targets import output_option, renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option, option, switch
from hotpatch_cli.cli.window_query import (
    FirstDay,
    LastDay,
    MostOpenings,
    WindowNames,
    first_day,
    found_openings,
)
from hotpatch_cli.cli.words import known_word
from hotpatch_cli.documents.run_files import is_folder
from hotpatch_cli.errors import InputError, refuse
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from hotpatch_cli.inputs.azure.schedules import Schedule
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.model import Fleet, Machine
    from hotpatch_cli.outputs.lint import LintView
    from hotpatch_cli.use_cases.export import Export

_FIRST_YEAR, _LAST_YEAR = 1990, 2199
_OPEN_AT_ONCE = 100
"""Files that are written together: each is open until all are complete, and systems limit that."""

app = typer.Typer(add_completion=False, no_args_is_help=True, cls=PlainGroup)
STDIN = "-"
MACHINES_IN_A_LINE = 5


@app.callback()
def windows() -> None:
    """List, check, and export maintenance windows, and ask whether one is open."""


@app.command("list", cls=RequestCommand)
class WindowListRequest(NamedTuple):
    """List the next openings of each machine's window, in local time and UTC, and what freezes
    leave of them.
    """

    fleet: FleetFiles = None
    begin: FirstDay = None
    until: LastDay = None
    most: MostOpenings = 5
    named: WindowNames = None
    by: Annotated[
        str, option("--by", "WORD", "One row for each machine, or window with its zone.")
    ] = "machine"
    form: Annotated[str, format_option("outputs.formats.OPENING_FORMATS")] = "table"
    output: Output = "-"
    windows: WindowFiles = None
    columns: Columns = None
    facts: SetFacts = None
    prefer: Prefer = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the openings. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import knowledge_of, tell
        from hotpatch_cli.knowledge.release_age import age_notes, stale
        from hotpatch_cli.outputs.formats import OPENING_FORMATS
        from hotpatch_cli.outputs.windows_listing import ListedOpenings

        render = renderer_for(self, OPENING_FORMATS)
        by_window = known_word(self.by, ("machine", "window"), "--by") == "window"
        openings = found_openings(self, by_window=by_window)
        knowledge, day = knowledge_of(self), first_day(self)
        tell([stale(knowledge, day)], quiet=self.quiet)
        listed = ListedOpenings(openings, age_notes(knowledge, day))
        deliver(render(listed, screen(self.output, no_color=self.no_color)), self.output)
        conclude("", [self.output], quiet=self.quiet)


@app.command("lint", cls=RequestCommand)
class WindowLintRequest(NamedTuple):
    """Check windows against the limits of Azure: what it refuses, never runs, or advises against.

    The exit code is 1 if there are errors or warnings. Notes alone don't change it.
    """

    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Inventories, maintenance configurations, templates, Terraform plans (JSON).",
        ),
    ] = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.LINT_FORMATS")] = "table"
    output: Output = "-"
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the findings on the windows. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import day_of, fleet_files, knowledge_of, tell
        from hotpatch_cli.outputs.formats import LINT_FORMATS

        render = renderer_for(self, LINT_FORMATS)
        files = fleet_files(self.files)
        if not files:
            raise typer.BadParameter("No input. Specify at least one file.", param_hint="FILE")
        parts = _lint_parts(files)
        for part in parts:
            tell(part.notes, quiet=self.quiet)
        view = _lint(parts, knowledge_of(self), day_of(self))
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        conclude(_lint_decision(view), [self.output], quiet=self.quiet)
        raise typer.Exit(1 if view.fails else 0)


def _lint(parts: Sequence["LintSources"], knowledge: "Knowledge", day: date) -> "LintView":
    """The findings on the windows of all parts."""
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.knowledge.limits import load_limits
    from hotpatch_cli.outputs.lint import LintView
    from hotpatch_cli.use_cases.lint import LimitBreach, Lint

    judge, limits = Judge(knowledge, day), load_limits()
    findings: list[LimitBreach] = []
    runs: list[bool] = []
    for part in parts:
        lint = Lint(limits, part.fleet, judge)
        findings += lint.check(part.schedules)
        runs += map(lint.runs, part.schedules)
    return LintView(tuple(findings), len(runs), runs.count(False), knowledge.rules)


def _lint_decision(view: "LintView") -> str:
    from hotpatch_cli.outputs.lint import findings_text

    total = counted(view.windows, "window")
    if not view.found:
        return f"{PASS}: no findings in {total}"
    if not view.fails:
        return f"{PASS}: {findings_text(view)} in {total}"
    rules = {rule.code: rule.name for rule in map(view.rule_of, view.found)}
    names = ", ".join(f"{name} ({code})" for code, name in rules.items())
    return f"{FAIL}: {findings_text(view)} in {total}: {names}"


class LintSources(NamedTuple):
    """A fleet and its windows, as they were written, and notes for the user."""

    fleet: "Fleet"
    schedules: "list[Schedule]"
    notes: tuple[str, ...]


def _lint_parts(files: Sequence[str]) -> list[LintSources]:
    """The parts to check, of which at least one has a window. Raises InputError."""
    parts = _lint_sources(files)
    if not any(part.schedules for part in parts):
        raise refuse(", ".join(files), "No window was found.", "Nothing was checked.")
    return parts


def _lint_sources(files: Sequence[str]) -> list[LintSources]:
    """The files together, since several can have configurations of one machine. Raises InputError.

    Inventories of several teams can give one name to two windows or machines: then each file is
    read by itself, and a problem of the files together is raised only where one of them can't be
    read alone.
    """
    from hotpatch_cli.inputs.azure.schedules import schedules_of
    from hotpatch_cli.inputs.fleet import load_sources

    def load(names: Sequence[str]) -> LintSources:
        fleet, notes, sources = load_sources(names, strict=False)
        return LintSources(fleet, schedules_of(sources), notes)

    try:
        return [load(files)]
    except InputError:
        if len(files) == 1 or STDIN in files:
            raise
        try:
            parts = [load([name]) for name in files]
        except InputError:
            parts = []
        if not parts:
            raise
    note = "The files share names and therefore aren't one fleet. Each file is checked alone."
    return [parts[0]._replace(notes=(note, *parts[0].notes)), *parts[1:]]


@app.command("open", cls=RequestCommand)
class WindowOpenRequest(NamedTuple):
    """Check whether machines may restart at a moment, for a pipeline that is about to restart them.

    The exit code is 0 if all of them may, and 1 otherwise, also if a window or a zone is missing.
    """

    fleet: FleetFiles = None
    at: Annotated[
        str,
        option(
            "--at",
            "MOMENT",
            "Moment with its offset, such as 2026-01-17T22:00+01:00; without one, a local time of "
            "each machine. Default: now.",
        ),
    ] = ""
    machine: Annotated[
        list[str] | None, option("--machine", "NAME", "Check only this machine. Repeatable.")
    ] = None
    length: Annotated[
        int | None,
        option(
            "--for",
            "MINUTES",
            "Minutes that the restart takes. Default: those of each machine.",
            min=1,
            max=10_080,
        ),
    ] = None
    form: Annotated[str, format_option("outputs.formats.OPEN_FORMATS")] = "table"
    output: Output = "-"
    windows: WindowFiles = None
    columns: Columns = None
    facts: SetFacts = None
    prefer: Prefer = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the answers. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import Sources, source_names, tell
        from hotpatch_cli.outputs.formats import OPEN_FORMATS
        from hotpatch_cli.outputs.open_windows import MomentView, decision
        from hotpatch_cli.use_cases.open_windows import open_windows

        render = renderer_for(self, OPEN_FORMATS)
        at = _moment_of(self.at)
        sources = Sources.load(self, source_names(self, self.fleet))
        tell(sources.notes, quiet=self.quiet)
        machines = _named(sources.fleet, self.machine)
        length = None if self.length is None else timedelta(minutes=self.length)
        answers = open_windows(sources.fleet, machines, at, length)
        view = MomentView(at.isoformat(timespec="minutes"), answers)
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        is_open = all(answer.is_open for answer in answers)
        verdict = f"{PASS if is_open else FAIL}: {decision(view)}"
        conclude(verdict, [self.output], quiet=self.quiet)
        raise typer.Exit(0 if is_open else 1)


def _moment_of(text: str) -> datetime:
    """A moment with its offset, or a local time without one; now for no text. Raises
    BadParameter.
    """
    from hotpatch_cli.cli.options.common import now
    from hotpatch_cli.documents.codec import parse_moment

    if not text:
        return now()
    try:
        return parse_moment(text)
    except ValueError as error:
        with suppress(ValueError):
            local = datetime.fromisoformat(text)
            if local.tzinfo is None and _FIRST_YEAR <= local.year <= _LAST_YEAR:
                return local
        raise typer.BadParameter(str(error), param_hint="--at") from None


def _named(fleet: "Fleet", names: Sequence[str] | None) -> "Sequence[Machine]":
    """The machines of some names; all of them for none. Raises BadParameter."""
    if not names:
        return fleet.machines
    by_name = {machine.label: machine for machine in fleet.machines}
    return [by_name[known_word(name, by_name, "--machine")] for name in names]


@app.command("scopes", cls=RequestCommand)
class WindowScopesRequest(NamedTuple):
    """List the machines that each dynamic scope takes, those in none, and those in several."""

    fleet: FleetFiles = None
    form: Annotated[str, format_option("outputs.formats.SCOPE_FORMATS")] = "table"
    output: Output = "-"
    windows: WindowFiles = None
    columns: Columns = None
    facts: SetFacts = None
    prefer: Prefer = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the scopes. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import Sources, source_names, tell
        from hotpatch_cli.outputs.formats import SCOPE_FORMATS
        from hotpatch_cli.outputs.scope_listing import decision

        render = renderer_for(self, SCOPE_FORMATS)
        sources = Sources.load(self, source_names(self, self.fleet))
        tell(sources.notes, quiet=self.quiet)
        fleet = sources.fleet
        deliver(render(fleet, screen(self.output, no_color=self.no_color)), self.output)
        conclude(decision(fleet), [self.output], quiet=self.quiet)


@app.command("export", cls=RequestCommand)
class WindowExportRequest(NamedTuple):
    """Write windows as Azure maintenance configurations, in a template to deploy.

    The exit code is 1 if Azure can't represent a window or a freeze.
    """

    fleet: FleetFiles = None
    to: Annotated[str, option("--to", "PLATFORM", "azure.")] = "azure"
    begin: Annotated[
        date | None,
        day_option("--from", "First date of openings. Default: today."),
    ] = None
    location: Annotated[
        str | None, option("--location", "REGION", "Azure region for the configurations.")
    ] = None
    baseline_months: Annotated[
        bool, switch("--baseline-months", "Only the first openings after planned baselines.")
    ] = False
    install: Annotated[
        str,
        option(
            "--install",
            "UPDATES",
            "security, or platform: Azure chooses the updates of VMs that hotpatch.",
        ),
    ] = "security"
    output: Annotated[str, output_option("json", "Output file, or a folder for one file each.")] = (
        "-"
    )
    windows: WindowFiles = None
    quiet: Quiet = False
    config: ConfigOption = None

    @property
    def writes_folders(self) -> bool:
        """Whether the output can be a folder."""
        return True

    def run(self) -> None:
        """Write the configurations. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import fleet_files, tell
        from hotpatch_cli.inputs.fleet import load_fleet
        from hotpatch_cli.knowledge.limits import load_limits
        from hotpatch_cli.use_cases.export import ExportOptions, export

        known_word(self.to, ("azure",), "--to")
        chosen = known_word(self.install, ("security", "platform"), "--install")
        names = fleet_files(self.fleet)
        if not names:
            raise typer.BadParameter("No input. Specify at least one file.", param_hint="FLEET")
        fleet, notes = load_fleet(names, windows=self.windows or ())
        if not fleet.windows:
            raise refuse(", ".join(names), "No window was found.", "Nothing was written.")
        tell(notes, quiet=self.quiet)
        options = ExportOptions(self.location, self.baseline_months, chosen == "platform")
        exported = export(fleet, load_limits(), self.begin or today(), options)
        _deliver_configurations(exported, self.output)
        tell((f"Not written: {sentence}" for sentence in exported.refused), quiet=False)
        tell(_unassigned_notes(exported), quiet=False)
        tell((*exported.notes, *_flag_notes(exported)), quiet=self.quiet)
        conclude(_export_decision(exported), [self.output], quiet=self.quiet)
        raise typer.Exit(1 if exported.refused else 0)


def _export_decision(exported: "Export") -> str:
    written = counted(len(exported.configurations), "maintenance configuration")
    if exported.refused:
        refused = counted(len(exported.refused), "window or freeze", "windows or freezes")
        return f"{FAIL}: Azure can't represent {refused}; {written}"
    return f"{PASS}: {written}"


def _deliver_configurations(exported: "Export", output: str) -> None:
    """Write one template to standard output or a file, or a template for each configuration to a
    folder.
    """
    from hotpatch_cli.cli.atomic_write import write_all
    from hotpatch_cli.outputs.maintenance_json import render_files, render_template

    if output == "-" or not is_folder(output):
        deliver(render_template(exported.configurations), output)
        return
    files = [
        (Path(output) / name, text) for name, text in render_files(exported.configurations).items()
    ]
    for start in range(0, len(files), _OPEN_AT_ONCE):
        write_all(files[start : start + _OPEN_AT_ONCE])


def _unassigned_notes(exported: "Export") -> list[str]:
    """A note on the machines of configurations that aren't assigned to any."""
    from hotpatch_cli.outputs.phrases import and_more
    from hotpatch_cli.use_cases.export import unassigned

    machines = unassigned(exported)
    if not machines:
        return []
    names = and_more([machine.label for machine in machines], MACHINES_IN_A_LINE)
    return [
        f"Not assigned, because their resource ids (`id`) are missing: {names}.",
        "Assign them in Azure, or add the ids with an export, such as `az vm list -o json`.",
    ]


def _flag_notes(exported: "Export") -> list[str]:
    """Notes on machines that Azure patches itself unless a flag names a schedule of yours."""
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.use_cases.export import hotpatched_in_azure

    machines = hotpatched_in_azure(exported)
    if not machines:
        return []
    rule = load_knowledge().rules["HP204"]
    names = ", ".join(machine.label for machine in machines[:MACHINES_IN_A_LINE])
    rest = len(machines) - MACHINES_IN_A_LINE
    more = f" and {rest} more" if rest > 0 else ""
    needed = f"{rule.name} (HP204): {names}{more}: a schedule of yours needs that flag."
    return [
        f"{needed} {rule.sentences['default'].strip()}",
        f"See {rule.source} (read {rule.read}), and `hotpatch explain HP204`.",
    ]
