"""The registry of report formats: the choices of `--format` are its keys."""

from collections.abc import Callable

from hotpatch_cli.outputs.view_options import Screen
from hotpatch_cli.report import Report


def _table(report: Report, screen: Screen) -> str:
    from hotpatch_cli.outputs.report_table import render_table

    text = render_table(report, screen)
    if report.what_if is None:
        return text
    from hotpatch_cli.outputs.what_if import render_difference

    return f"{text}\n{render_difference(report.what_if, screen)}"


def _json(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_json import render_json

    return render_json(report)


def _csv(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_table import render_csv

    return render_csv(report)


def _ics(report: Report, screen: Screen) -> str:
    from hotpatch_cli.outputs.feeds import render_restarts

    return render_restarts(report, screen)


def _markdown(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_markdown import render_markdown

    return render_markdown(report)


def _sarif(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_sarif import render_sarif

    return render_sarif(report)


def _junit(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_junit import render_junit

    return render_junit(report)


def _github(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_ci import render_github

    return render_github(report)


def _gitlab(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_ci import render_gitlab

    return render_gitlab(report)


def _azure(report: Report, _screen: Screen) -> str:
    from hotpatch_cli.outputs.report_ci import render_azure

    return render_azure(report)


def _html(_report: Report, screen: Screen) -> str:
    from hotpatch_cli.outputs.page.render import render_page

    if screen.page is None:
        raise ValueError("a page needs its contents")
    return render_page(screen.page)


REPORT_FORMATS: dict[str, Callable[[Report, Screen], str]] = {
    "table": _table,
    "json": _json,
    "csv": _csv,
    "ics": _ics,
    "markdown": _markdown,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
    "html": _html,
}
