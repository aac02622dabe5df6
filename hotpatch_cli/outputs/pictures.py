"""The charts of a year, a plan and a trend as files: SVG and PNG."""

from hotpatch_cli.outputs.charts.draw import png, svg
from hotpatch_cli.outputs.charts.timeline import timeline
from hotpatch_cli.outputs.charts.trend import trend_chart
from hotpatch_cli.outputs.charts.year import year_chart
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.trend_view import TrendView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.servicing.calendar import Year


def year_svg(year: Year, _options: ViewOptions) -> str:
    """The year as SVG. Raises InputError if the library for charts isn't installed."""
    return svg(year_chart(year)) + "\n"


def year_png(year: Year, _options: ViewOptions) -> bytes:
    """The year as PNG. Raises InputError if the library for charts isn't installed."""
    return png(year_chart(year))


def plan_svg(view: PlanView, _options: ViewOptions) -> str:
    """The plan as SVG. Raises InputError if the library for charts isn't installed."""
    return svg(timeline(view.plan.prepared, view.plan.reboots)) + "\n"


def plan_png(view: PlanView, _options: ViewOptions) -> bytes:
    """The plan as PNG. Raises InputError if the library for charts isn't installed."""
    return png(timeline(view.plan.prepared, view.plan.reboots))


def trend_svg(view: TrendView, _options: ViewOptions) -> str:
    """The trend as SVG. Raises InputError if the library for charts isn't installed."""
    return svg(trend_chart(view.trend)) + "\n"


def trend_png(view: TrendView, _options: ViewOptions) -> bytes:
    """The trend as PNG. Raises InputError if the library for charts isn't installed."""
    return png(trend_chart(view.trend))
