"""`hotpatch image`: the verdict on images alone, for a pipeline that has no machine yet."""

from typing import Annotated

import typer

from hotpatch_cli.cli.html_report import HTML, beside_all, contents
from hotpatch_cli.cli.options.common import AsOf, MatrixFiles, NoColor, Quiet, ReleaseFiles, today
from hotpatch_cli.cli.options.gate import FAIL_ON, FailOn, known_platform, parse_fail_on
from hotpatch_cli.cli.options.suppressions import (
    KnownFile,
    WaiverFiles,
    WriteKnown,
    judged_by,
    to_write,
    waiving,
)
from hotpatch_cli.cli.output_targets import Formats, Outputs, View, paired, write_all_targets

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Example: hotpatch image MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest"
)
def image(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="URN...", help="publisher:offer:sku[:version], a gallery id; - reads lines."
        ),
    ],
    platform: Annotated[
        str,
        typer.Option(
            "--platform", metavar="NAME", envvar="HOTPATCH_PLATFORM", help="azure or azure-local"
        ),
    ] = "azure",
    as_of: AsOf = None,
    form: Formats = None,
    output: Outputs = None,
    fail_on: FailOn = FAIL_ON,
    waivers: WaiverFiles = None,
    known: KnownFile = None,
    write_known: WriteKnown = None,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Judge images for which there is no machine yet: can what is made from them hotpatch?"""
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.inputs.images import load_images
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_age import stale
    from hotpatch_cli.use_cases import check as use_cases

    asked = waiving(waivers, known, write_known)
    deliveries, failing = paired(form, output), parse_fail_on(fail_on)
    if any(each.form == "ics" for each in deliveries):
        raise typer.BadParameter(
            "an image alone restarts never: a calendar needs machines.", param_hint="--format"
        )
    loaded = load_images(images, known_platform(platform))
    knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
    report = judged_by(use_cases.check_images(loaded, knowledge, day), failing, asked, knowledge)
    use_cases.require_something(report, ["image"])
    for note in (stale(knowledge, day), *report.gate.notes):
        if note:
            say(note, quiet=quiet)
    page = (
        contents(report, knowledge, None) if any(each.form == HTML for each in deliveries) else None
    )
    extra = [*to_write(asked, report), *beside_all(report, deliveries)]
    write_all_targets(report, deliveries, View(no_color, page=page), extra)
    raise typer.Exit(report.gate.exit_code)
