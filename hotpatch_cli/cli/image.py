"""`hotpatch image`: the verdict on images alone, for a pipeline without machines."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude, gate_decision
from hotpatch_cli.cli.options.common import (
    AllowEmpty,
    AsOf,
    ConfigOption,
    FailOn,
    KnownFile,
    MatrixFiles,
    NoColor,
    Quiet,
    ReleaseFiles,
    WaiverFiles,
    WriteKnown,
)
from hotpatch_cli.cli.options.gate import judged_by, known_findings, waiving
from hotpatch_cli.cli.output_targets import Delivery, Formats, Outputs, paired, write_all_targets
from hotpatch_cli.cli.request import RequestCommand, option
from hotpatch_cli.cli.words import FAIL_ON, known_platform, parse_fail_on
from hotpatch_cli.outputs.view_options import ViewOptions

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class ImageRequest(NamedTuple):
    """Show which images are eligible for hotpatching, for pipelines without machines."""

    images: Annotated[
        list[str],
        typer.Argument(
            metavar="URN",
            help="URN (publisher:offer:sku), alias of az, or gallery ID; - reads lines.",
        ),
    ]
    platform: Annotated[str, option("--platform", "NAME", "azure or azure-local.")] = "azure"
    as_of: AsOf = None
    form: Formats = None
    output: Outputs = None
    fail_on: FailOn = FAIL_ON
    allow_empty: AllowEmpty = False
    waivers: WaiverFiles = None
    known: KnownFile = None
    write_known: WriteKnown = None
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Check the images. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.html_report import contents, machine_tables
        from hotpatch_cli.cli.session import day_of, knowledge_of, tell
        from hotpatch_cli.inputs.images import load_images
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.use_cases.check import check_images, require_something

        asked = waiving(self.waivers, self.known, self.write_known)
        targets, failing = _targets(self), parse_fail_on(self.fail_on)
        platform = known_platform(self.platform)
        images = load_images(self.images, platform, allow_empty=self.allow_empty)
        knowledge, day = knowledge_of(self), day_of(self)
        checked = check_images(images, knowledge, day)
        report = judged_by(checked, failing, asked, knowledge)
        if not self.allow_empty:
            require_something(report, ["image"])
        tell((stale(knowledge, day), *report.gate.notes), quiet=self.quiet)
        pages = [target.output for target in targets if target.form == "html"]
        page = contents(report, knowledge, None) if pages else None
        extra = [*known_findings(asked, report), *machine_tables(report, pages)]
        view = ViewOptions(color=not self.no_color)
        written = write_all_targets(report, targets, view, page, extra)
        decision = gate_decision(report, "image", recorded=self.write_known is not None)
        conclude(decision, written, quiet=self.quiet)
        raise typer.Exit(report.gate.exit_code)


def _targets(request: ImageRequest) -> tuple[Delivery, ...]:
    """The formats and their outputs. Raises BadParameter, also for a calendar and for metrics."""
    targets = paired(request.form, request.output)
    if any(target.form == "ics" for target in targets):
        message = "An image never restarts. For a calendar, use `hotpatch feed restarts`."
        raise typer.BadParameter(message, param_hint="--format")
    if any(target.form == "metrics" for target in targets):
        message = "Metrics are about machines. To write them, use `hotpatch check -f metrics`."
        raise typer.BadParameter(message, param_hint="--format")
    return targets
