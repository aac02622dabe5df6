"""`hotpatch fix`: the changes that make machines ready, as a script to review."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    FleetFiles,
    InputFormat,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WindowFiles,
)
from hotpatch_cli.cli.output_targets import format_for
from hotpatch_cli.cli.request import RequestCommand, format_option, option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.report import Report
    from hotpatch_cli.use_cases.fixes import FleetFixes, Wanted

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class FixRequest(NamedTuple):
    """Show the changes that make machines ready, the most effective first, as a script to review.

    hotpatch never runs it.
    """

    fleet: FleetFiles = None
    form: Annotated[str, format_option("outputs.formats.FIX_FORMATS")] = "table"
    output: Output = "-"
    only: Annotated[
        str | None,
        option("--only", "LIST", "Only these rules, machines, or RULE/MACHINE."),
    ] = None
    as_of: AsOf = None
    input_format: InputFormat = None
    columns: Columns = None
    windows: WindowFiles = None
    prefer: Prefer = None
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the changes. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import Sources, day_of, knowledge_of, source_names, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.formats import FIX_FORMATS
        from hotpatch_cli.use_cases.check import check, require_something
        from hotpatch_cli.use_cases.fix_edits import CodeSources
        from hotpatch_cli.use_cases.fixes import fleet_fixes

        names = source_names(self, self.fleet)
        form = format_for(self, FIX_FORMATS)
        sources = Sources.load(self, names)
        knowledge, day = knowledge_of(self), day_of(self)
        report = check(sources.fleet, knowledge, day)
        require_something(report, names)
        fixes = fleet_fixes(
            report, CodeSources(sources.data), list(_wanted(self.only, report, knowledge))
        )
        tell((*sources.notes, stale(knowledge, day)), quiet=self.quiet)
        view = screen(self.output, no_color=self.no_color)
        deliver(FIX_FORMATS[form](fixes, view), self.output)
        decision = _decision(fixes, narrowed=self.only is not None)
        conclude(decision, [self.output], how=_how(form, fixes), quiet=self.quiet)


def _wanted(only: str | None, report: "Report", knowledge: "Knowledge") -> "Iterator[Wanted]":
    """What --only asks for. Raises BadParameter for what is neither a rule nor a machine."""
    from hotpatch_cli.documents.codec import did_you_mean
    from hotpatch_cli.use_cases.fixes import Wanted

    if only is None:
        return
    words = [word.strip() for word in only.split(",") if word.strip()]
    if not words:
        raise typer.BadParameter("Specify rules or machines.", param_hint="--only")
    rules = {rule.name: code for code, rule in knowledge.rules.items()}
    codes = {code.casefold(): code for code in knowledge.rules} | rules
    machines = report.fleet.machines
    for word in words:
        rule, _, machine = word.partition("/")
        if (wanted := Wanted(None, word)).names_one_of(machines):
            yield wanted
        elif code := codes.get(word.casefold()):
            yield Wanted(code)
        elif (code := codes.get(rule.casefold())) and Wanted(code, machine).names_one_of(machines):
            yield Wanted(code, machine)
        else:
            known = [*knowledge.rules, *rules, *(machine.label for machine in machines)]
            advice = did_you_mean(word, known) or "Specify a rule, a machine, or RULE/MACHINE."
            message = f"{word!r} is neither a rule nor a machine of this fleet. {advice}"
            raise typer.BadParameter(message, param_hint="--only")


def _decision(fixes: "FleetFixes", *, narrowed: bool) -> str:
    """What the changes achieve, in one sentence without its full stop."""
    from hotpatch_cli.outputs.phrases import counted

    ready = sum(batch.makes_ready for batch in fixes.batches)
    total = counted(len(fixes.report.machines), "machine")
    if not fixes.changes:
        return "No change for --only" if narrowed else f"None of {total} needs a change"
    changes = counted(len(fixes.changes), "change")
    verb = "makes" if len(fixes.changes) == 1 else "make"
    return f"{changes} {verb} {ready:,} of {total} ready"


def _how(form: str, fixes: "FleetFixes") -> str:
    """How to go on from a table."""
    if form != "table" or not fixes.changes:
        return ""
    return "For the commands, add -f bash, -f powershell, or -f markdown."
