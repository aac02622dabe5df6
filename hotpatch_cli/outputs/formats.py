"""The formats of every command, each once and by name: the choices of `--format` are the keys.

A renderer is named here and imported when it is called: a run loads only what it writes. It takes
what there is to show and the options of the view.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hotpatch_cli.outputs.escaping import without_commands

if TYPE_CHECKING:
    from hotpatch_cli.gate.diff import ReportDiff
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.model import Fleet
    from hotpatch_cli.outputs.lint import LintView
    from hotpatch_cli.outputs.matrix import MatrixView
    from hotpatch_cli.outputs.next_restarts import NextView
    from hotpatch_cli.outputs.open_windows import MomentView
    from hotpatch_cli.outputs.page.render import PageContents
    from hotpatch_cli.outputs.plan_review import PlanReview
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.outputs.progress_view import ProgressView
    from hotpatch_cli.outputs.rollback import RollbackView
    from hotpatch_cli.outputs.show import ShowView
    from hotpatch_cli.outputs.trend_view import TrendView
    from hotpatch_cli.outputs.view_options import ViewOptions
    from hotpatch_cli.outputs.windows_listing import ListedOpenings
    from hotpatch_cli.report import Report
    from hotpatch_cli.servicing.calendar import Year
    from hotpatch_cli.use_cases.fixes import FleetFixes


def _lazy(module: str, function: str) -> "Callable[[Any, ViewOptions], Any]":
    """A renderer by its name, which is imported with its first call."""

    def render(content: Any, options: "ViewOptions") -> Any:
        made = getattr(import_module(f"hotpatch_cli.outputs.{module}"), function)(content, options)
        if options.build_log and function == "render_table":  # other formats are for programs
            return without_commands(made)
        return made

    return render


REPORT_FORMATS: "dict[str, Callable[[Report, ViewOptions], str]]" = {
    "table": _lazy("report_table", "render_table"),
    "json": _lazy("report_json", "render_json"),
    "csv": _lazy("report_csv", "render_csv"),
    "ics": _lazy("feeds", "render_restarts"),
    "markdown": _lazy("report_markdown", "render_markdown"),
    "sarif": _lazy("report_sarif", "render_sarif"),
    "junit": _lazy("report_junit", "render_junit"),
    "github": _lazy("report_ci", "render_github"),
    "gitlab": _lazy("report_ci", "render_gitlab"),
    "azure": _lazy("report_ci", "render_azure"),
    "metrics": _lazy("metrics", "render_metrics"),
}
PAGE_FORMATS: "dict[str, Callable[[PageContents, ViewOptions], str]]" = {
    "html": _lazy("page.render", "render_page"),
}
"""A page holds more than the report: the year, the plan, the age of the data."""
CHECK_FORMATS = (*REPORT_FORMATS, *PAGE_FORMATS)
"""What `check` and `image` write."""
CALENDAR_FORMATS: "dict[str, Callable[[Year, ViewOptions], str | bytes]]" = {
    "table": _lazy("calendar", "render_table"),
    "json": _lazy("calendar", "render_json"),
    "csv": _lazy("calendar", "render_csv"),
    "markdown": _lazy("calendar", "render_markdown"),
    "ics": _lazy("feeds", "render_year"),
    "svg": _lazy("pictures", "year_svg"),
    "png": _lazy("pictures", "year_png"),
}
PLAN_FORMATS: "dict[str, Callable[[PlanView, ViewOptions], str | bytes]]" = {
    "table": _lazy("plan_table", "render_table"),
    "json": _lazy("plan_json", "render_json"),
    "csv": _lazy("plan", "render_csv"),
    "markdown": _lazy("plan", "render_markdown"),
    "runsheet": _lazy("runsheet", "render_runsheet"),
    "ics": _lazy("plan_ics", "render_ics"),
    "azure": _lazy("plan_azure", "render_azure"),
    "svg": _lazy("pictures", "plan_svg"),
    "png": _lazy("pictures", "plan_png"),
}
REVIEW_FORMATS: "dict[str, Callable[[PlanReview, ViewOptions], str]]" = {
    "table": _lazy("plan_review", "render_table"),
    "json": _lazy("plan_review", "render_json"),
}
"""What `verify` writes."""
PROGRESS_FORMATS: "dict[str, Callable[[ProgressView, ViewOptions], str]]" = {
    "table": _lazy("progress_table", "render_table"),
    "json": _lazy("progress_json", "render_json"),
    "csv": _lazy("progress_plain", "render_csv"),
    "markdown": _lazy("progress_plain", "render_markdown"),
}
OPENING_FORMATS: "dict[str, Callable[[ListedOpenings, ViewOptions], str]]" = {
    "table": _lazy("windows_listing", "render_table"),
    "json": _lazy("windows_listing", "render_json"),
    "csv": _lazy("windows_listing", "render_csv"),
    "ics": _lazy("feeds", "render_openings"),
}
OPEN_FORMATS: "dict[str, Callable[[MomentView, ViewOptions], str]]" = {
    "table": _lazy("open_windows", "render_table"),
    "json": _lazy("open_windows", "render_json"),
}
SCOPE_FORMATS: "dict[str, Callable[[Fleet, ViewOptions], str]]" = {
    "table": _lazy("scope_listing", "render_table"),
    "json": _lazy("scope_listing", "render_json"),
}
LINT_FORMATS: "dict[str, Callable[[LintView, ViewOptions], str]]" = {
    "table": _lazy("lint", "render_table"),
    "json": _lazy("lint", "render_json"),
}
ROLLBACK_FORMATS: "dict[str, Callable[[RollbackView, ViewOptions], str]]" = {
    "table": _lazy("rollback", "render_table"),
    "json": _lazy("rollback", "render_json"),
}
FIX_FORMATS: "dict[str, Callable[[FleetFixes, ViewOptions], str]]" = {
    "table": _lazy("fix_report", "render_table"),
    "bash": _lazy("fix_script", "render_bash"),
    "powershell": _lazy("fix_script", "render_powershell"),
    "markdown": _lazy("fix_report", "render_markdown"),
    "json": _lazy("fix_report", "render_json"),
}
SHOW_FORMATS: "dict[str, Callable[[ShowView, ViewOptions], str]]" = {
    "table": _lazy("show", "render_table"),
    "json": _lazy("show", "render_json"),
    "markdown": _lazy("show", "render_markdown"),
}
NEXT_FORMATS: "dict[str, Callable[[NextView, ViewOptions], str]]" = {
    "table": _lazy("next_restarts", "render_table"),
    "json": _lazy("next_restarts", "render_json"),
}
DIFF_FORMATS: "dict[str, Callable[[ReportDiff, ViewOptions], str]]" = {
    "table": _lazy("report_diff", "render_table"),
    "json": _lazy("report_diff", "render_json"),
    "markdown": _lazy("report_diff", "render_markdown"),
}
TREND_FORMATS: "dict[str, Callable[[TrendView, ViewOptions], str | bytes]]" = {
    "table": _lazy("trend_text", "render_table"),
    "json": _lazy("trend_text", "render_json"),
    "csv": _lazy("trend_text", "render_csv"),
    "markdown": _lazy("trend_text", "render_markdown"),
    "svg": _lazy("pictures", "trend_svg"),
    "png": _lazy("pictures", "trend_png"),
}
MATRIX_FORMATS: "dict[str, Callable[[MatrixView, ViewOptions], str]]" = {
    "table": _lazy("matrix", "render_table"),
    "json": _lazy("matrix", "render_json"),
    "csv": _lazy("matrix", "render_csv"),
}
RELEASE_FORMATS: "dict[str, Callable[[Knowledge, ViewOptions], str]]" = {
    "table": _lazy("releases", "render_table"),
    "json": _lazy("releases", "render_json"),
    "csv": _lazy("releases", "render_csv"),
}
