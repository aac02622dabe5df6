"""The trend of saved reports on the page: reports, baselines, and the newest changes."""

from typing import Any, NamedTuple

from hotpatch_cli.outputs.charts.trend import trend_chart, trend_description
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.page.words import day_text
from hotpatch_cli.outputs.trend_view import (
    TrendView,
    changes_text,
    days_text,
    newest_first,
    products_text,
    share_text,
    state_text,
)

ROWS = 200
"""How many reports and changes the page lists; `hotpatch trend` lists all."""


class TrendPart(NamedTuple):
    """A trend for the page."""

    view: TrendView

    @property
    def summary(self) -> str:
        """The days of the reports, and what changed between them."""
        points = self.view.trend.points
        if len(points) == 1:
            return f"One report, of {day_text(points[0].as_of)}."
        days = f"from {day_text(points[0].as_of)} to {day_text(points[-1].as_of)}"
        return f"{len(points):,} reports {days}. {changes_text(self.view.trend)}"

    @property
    def charts(self) -> tuple[Any, Any, str]:
        """The chart for a wide page and for a telephone, and in words."""
        trend = self.view.trend
        wide, narrow = (
            trend_chart(trend, narrow=upright, titled=False) for upright in (False, True)
        )
        return wide, narrow, trend_description(trend)

    @property
    def reports(self) -> list[dict[str, str]]:
        """The newest reports in the order of their days."""
        return [
            {
                "day": day_text(point.as_of),
                "machines": f"{point.machines:,}",
                "ready": share_text(point, point.ready),
                "baseline": share_text(point, point.on_baseline),
                "off": share_text(point, point.off_track),
                "due": f"{point.states['baseline-due']:,}",
            }
            for point in self.view.trend.points[-ROWS:]
        ]

    @property
    def baselines(self) -> list[dict[str, str]]:
        """The baselines, and how their machines reached them."""
        return [
            {
                "day": day_text(rollout.date),
                "releases": products_text(rollout),
                "median": days_text(rollout.median_days),
                "most": days_text(rollout.p90_days),
                "seen": f"{len(rollout.days):,} of {rollout.machines:,}",
                "missing": f"{rollout.missing:,}",
                "unknown": f"{rollout.unknown:,}",
                "new": f"{rollout.new_with_it:,}",
            }
            for rollout in self.view.trend.rollouts
        ]

    @property
    def changes(self) -> list[dict[str, str]]:
        """The newest changes."""
        return [
            {
                "day": day_text(change.as_of),
                "machine": visible(change.machine.name),
                "kind": change.kind,
                "old": state_text(change.old),
                "new": state_text(change.new),
                "rules": visible(self.view.rules_of(change) or "-"),
            }
            for change in newest_first(self.view.trend.changes)[:ROWS]
        ]

    @property
    def more(self) -> int:
        """How many changes aren't listed."""
        return max(0, len(self.view.trend.changes) - ROWS)
