"""`hotpatch trend`: saved reports over time."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    ConfigOption,
    EveryRow,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class TrendRequest(NamedTuple):
    """Show saved reports over time: shares of machines, days to a baseline, and changes.

    Save a report with `hotpatch check FLEET -f json -o FILE`, such as once a week.
    """

    reports: Annotated[
        list[str],
        typer.Argument(
            metavar="REPORT",
            help="JSON reports of one fleet, in any order; - is standard input.",
        ),
    ]
    form: Annotated[str, format_option("outputs.formats.TREND_FORMATS")] = "table"
    output: Output = "-"
    every: EveryRow = False
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the trend. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.saved_reports import saved_reports, trend_view
        from hotpatch_cli.cli.session import knowledge_of
        from hotpatch_cli.outputs.formats import TREND_FORMATS
        from hotpatch_cli.outputs.trend_view import ready_text

        render = renderer_for(self, TREND_FORMATS)
        view = trend_view(saved_reports(self.reports), knowledge_of(self))
        options = screen(self.output, no_color=self.no_color, everything=self.every)
        deliver(render(view, options), self.output)
        conclude(ready_text(view.trend), [self.output], quiet=self.quiet)
