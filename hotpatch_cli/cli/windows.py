"""`hotpatch windows`: when machines may restart."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.console import deliver, screen
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
    Previous,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WindowFiles,
    day_option,
    today,
)
from hotpatch_cli.cli.options.feeds import feed_options
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.cli.words import chosen_format, known_word
from hotpatch_cli.errors import InputError, refuse

if TYPE_CHECKING:
    from hotpatch_cli.inputs.azure.schedules import Schedule
    from hotpatch_cli.model import Fleet
    from hotpatch_cli.use_cases.export import Export

app = typer.Typer(add_completion=False, no_args_is_help=True)
STDIN = "-"
MACHINES_IN_A_LINE = 5


@app.callback()
def windows() -> None:
    """Maintenance windows: when they open, whether Azure takes them."""


@app.command(
    "list",
    cls=RequestCommand,
    epilog="Example: hotpatch windows list examples/fleet.yaml --from 2026-01-01 --next 3",
)
class WindowListRequest(NamedTuple):
    """List the next openings of each machine, in local time and UTC, with what a freeze takes of
    them.
    """

    fleet: FleetFiles = None
    most: Annotated[int, option("--next", None, "So many of each machine.", min=1, max=1000)] = 5
    begin: Annotated[
        date | None,
        day_option("--from", "From this day in UTC; today."),
    ] = None
    until: Annotated[date | None, day_option("--until", "All up to this day, included.")] = None
    by: Annotated[str, option("--by", "WORD", "machine, or window with its zone")] = "machine"
    named: Annotated[
        list[str] | None, option("--window", "NAME", "Only this window; repeatable.")
    ] = None
    form: Annotated[str, format_option("outputs.formats.OPENING_FORMATS")] = "table"
    output: Output = "-"
    windows: WindowFiles = None
    previous: Previous = None
    columns: Columns = None
    prefer: Prefer = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the openings. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import Sources, source_names, tell
        from hotpatch_cli.outputs.formats import OPENING_FORMATS
        from hotpatch_cli.use_cases.windows import OpeningQuery, list_openings

        names = source_names(self, self.fleet)
        render, begin = chosen_format(OPENING_FORMATS, self.form), self.begin or today()
        feed = feed_options(self.form, begin, previous=self.previous)
        if self.until is not None and self.until < begin:
            message = f"{self.until} is before {begin}, from which on it lists."
            raise typer.BadParameter(message, param_hint="--until")
        by_window = known_word(self.by, ("machine", "window"), "--by") == "window"
        sources = Sources.load(self, names)
        tell(sources.notes, quiet=self.quiet)
        fleet = sources.fleet
        only = frozenset(known_word(name, fleet.windows, "--window") for name in self.named or ())
        query = OpeningQuery(begin, self.until, self.most, by_window, only)
        openings, problems = list_openings(fleet, query)
        if problems:
            raise InputError(problems)
        if without := sum(not machine.placement.windows for machine in fleet.machines):
            note = "Machines without a window, which are not listed: "
            tell([f"{note}{without} of {len(fleet.machines)}."], quiet=self.quiet)
        view = screen(self.output, no_color=self.no_color)._replace(feed=feed)
        deliver(render(openings, view), self.output)


@app.command(
    "lint",
    cls=RequestCommand,
    epilog="Example: hotpatch windows lint fleet.yaml configurations.json plan.json",
)
class WindowLintRequest(NamedTuple):
    """Check windows against the limits of Azure, where Azure runs them: exit code 1 on findings."""

    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Inventories, maintenance configurations, `terraform show -json`.",
        ),
    ]
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.LINT_FORMATS")] = "table"
    output: Output = "-"
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write what is wrong with the windows. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import day_of, knowledge_of, tell
        from hotpatch_cli.eligibility.verdict import Judge
        from hotpatch_cli.knowledge.limits import load_limits
        from hotpatch_cli.outputs.formats import LINT_FORMATS
        from hotpatch_cli.outputs.lint import LintView
        from hotpatch_cli.use_cases.lint import LimitBreach, Lint

        render = chosen_format(LINT_FORMATS, self.form)
        parts = _lint_sources(self.files)
        tell((note for part in parts for note in part.notes), quiet=self.quiet)
        if not any(part.schedules for part in parts):
            raise refuse(", ".join(self.files), "There is no window in it.", "Nothing was checked.")
        knowledge = knowledge_of(self)
        judge, limits = Judge(knowledge, day_of(self)), load_limits()
        findings: list[LimitBreach] = []
        runs: list[bool] = []
        for part in parts:
            lint = Lint(limits, part.fleet, judge)
            findings += lint.check(part.schedules)
            runs += [lint.runs(schedule) for schedule in part.schedules]
        view = LintView(tuple(findings), len(runs), runs.count(False), knowledge.rules)
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        raise typer.Exit(1 if findings else 0)


class LintSources(NamedTuple):
    """A fleet and its windows, as they were written; what to tell the user of reading them."""

    fleet: "Fleet"
    schedules: "list[Schedule]"
    notes: tuple[str, ...]


def _lint_sources(files: Sequence[str]) -> list[LintSources]:
    """The files together, since a machine's configurations may stand in several; raises InputError.

    Inventories of several teams may give one name to two windows or machines: each file is then
    read by itself, and what is wrong with the files together is raised only where one of them
    cannot stand alone.
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
    note = "The files are not one fleet, for they share names: each is checked by itself."
    return [parts[0]._replace(notes=(note, *parts[0].notes)), *parts[1:]]


@app.command(
    "export",
    cls=RequestCommand,
    epilog="Example: hotpatch windows export fleet.yaml --to azure --output configurations.json",
)
class WindowExportRequest(NamedTuple):
    """Write windows as Azure takes them: maintenance configurations; exit code 1 where one cannot
    be said.
    """

    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ]
    to: Annotated[str, option("--to", "PLATFORM", "azure")] = "azure"
    begin: Annotated[
        date | None,
        day_option("--from", "The first opening, from this day; today."),
    ] = None
    location: Annotated[
        str | None, option("--location", "REGION", "Where the configurations lie.")
    ] = None
    output: Annotated[str, option("--output -o", "FILE|DIR", "A file, or one each in it.")] = "-"
    windows: WindowFiles = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the configurations. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import tell
        from hotpatch_cli.inputs.fleet import load_fleet
        from hotpatch_cli.knowledge.limits import load_limits
        from hotpatch_cli.use_cases.export import export

        known_word(self.to, ("azure",), "--to")
        fleet, notes = load_fleet(self.fleet, windows=self.windows or ())
        if not fleet.windows:
            raise refuse(", ".join(self.fleet), "There is no window in it.", "Nothing was written.")
        tell(notes, quiet=self.quiet)
        exported = export(fleet, load_limits(), self.begin or today(), self.location)
        _deliver_configurations(exported, self.output)
        tell((f"Not written: {sentence}" for sentence in exported.refused), quiet=False)
        tell((*exported.notes, *_flag_notes(exported)), quiet=self.quiet)
        raise typer.Exit(1 if exported.refused else 0)


def _deliver_configurations(exported: "Export", output: str) -> None:
    """A list to standard output or a file; a file for each configuration into a folder that is
    there.
    """
    from hotpatch_cli.cli.atomic_write import write_whole
    from hotpatch_cli.outputs.maintenance_json import render_files, render_list

    if output == "-" or not Path(output).is_dir():
        deliver(render_list(exported.configurations), output)
        return
    for name, text in render_files(exported.configurations).items():
        write_whole(Path(output) / name, text)


def _flag_notes(exported: "Export") -> list[str]:
    """Notes on machines that Azure hotpatches itself unless a flag says that a schedule does."""
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.use_cases.export import hotpatched_in_azure

    machines = hotpatched_in_azure(exported)
    if not machines:
        return []
    rule = load_knowledge().rules["HP204"]
    names = ", ".join(machine.label for machine in machines[:MACHINES_IN_A_LINE])
    rest = len(machines) - MACHINES_IN_A_LINE
    more = f" and {rest} more" if rest > 0 else ""
    needed = f"HP204 ({names}{more}): a schedule of yours needs that flag."
    return [
        f"{needed} {rule.sentences['default'].strip()}",
        f"See {rule.source} (read {rule.read}), and `hotpatch explain HP204`.",
    ]
