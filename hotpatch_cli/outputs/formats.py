"""The registry of report formats: the choices of `--format` are its keys."""

from collections.abc import Callable

from hotpatch_cli.app import Report
from hotpatch_cli.outputs.screen import Screen


def _table(report: Report, screen: Screen) -> str:
    from hotpatch_cli.outputs.report_table import render_table

    return render_table(report, screen)


def _json(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_json import render_json

    return render_json(report)


def _csv(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_table import render_csv

    return render_csv(report)


def _ics(report: Report, screen: Screen) -> str:
    from hotpatch_cli.outputs.feeds import render_restarts

    return render_restarts(report, screen)


REPORT_FORMATS: dict[str, Callable[[Report, Screen], str]] = {"table": _table, "json": _json, "csv": _csv, "ics": _ics}
