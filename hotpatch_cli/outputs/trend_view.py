"""What the formats of a trend share: its notes, its sentences, and the cells of its tables."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hotpatch_cli.inputs.others.report import ReportedMachine
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, PRODUCTS, Rule
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.use_cases.baseline_rollouts import BaselineRollout
from hotpatch_cli.use_cases.trend import Trend, TrendChange, TrendPoint

_SENTENCES = {
    "worse": ("change for the worse", "changes for the worse"),
    "better": ("change for the better", "changes for the better"),
    "changed": ("other change", "other changes"),
    "gone": ("machine is gone", "machines are gone"),
    "new": ("machine is new", "machines are new"),
    "back": ("machine is back", "machines are back"),
}


class TrendView(NamedTuple):
    """A trend, the rules whose names it shows, and a sentence if the release data is too old."""

    trend: Trend
    rules: Mapping[str, Rule]
    stale: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the days must know, and the age of the data."""
        trend = self.trend
        notes = [self.stale] if self.stale else []
        if any(rollout.days for rollout in trend.rollouts):
            gap = trend.longest_gap
            apart = f" Reports are up to {counted(gap, 'day')} apart." if gap else ""
            notes.append(
                "Days are counted from the release to the first report that shows the baseline or "
                f"a later update, and are therefore upper bounds.{apart}"
            )
        forecast = [day_text(row.date) for row in trend.rollouts if not row.confirmed]
        if forecast:
            notes.append(
                f"The release data doesn't have the baseline of {' and '.join(forecast)}: "
                "which machines have it is unknown."
            )
        return tuple(notes)

    def rules_of(self, change: TrendChange) -> str:
        """The names of the rules that made a change, and of those that ended it."""
        came = self._names([code for code, _ in change.raised])
        ended = self._names(change.settled)
        parts = [came, f"no longer {ended}" if ended else ""]
        return "; ".join(part for part in parts if part)

    def _names(self, codes: Sequence[str]) -> str:
        names = (self.rules[code].name if code in self.rules else code for code in codes)
        return ", ".join(dict.fromkeys(names))


def span(trend: Trend) -> str:
    """The number of reports and their days."""
    points = trend.points
    many = counted(len(points), "report")
    if len(points) == 1:
        return f"{many}, as of {day_text(points[0].as_of)}"
    return f"{many}, {day_text(points[0].as_of)} to {day_text(points[-1].as_of)}"


def ready_text(trend: Trend) -> str:
    """The machines that were ready at first, and those that are now."""
    first, last = trend.points[0], trend.points[-1]
    text = f"{last.ready:,} of {counted(last.machines, 'machine')} ready on {last.as_of}"
    if first is last:
        return text
    return f"{text}; {first.ready:,} of {first.machines:,} on {first.as_of}"


def changes_text(trend: Trend) -> str:
    """How many changes there are of each kind, in a sentence."""
    counts = trend.counts
    parts = [counted(count, *_SENTENCES[kind]) for kind, count in counts.items() if count]
    return f"{', '.join(parts)}." if parts else "No machine changed."


def newest_first(changes: Sequence[TrendChange]) -> list[TrendChange]:
    """The changes of the newest report first; those of one report keep their order."""
    return sorted(changes, key=lambda change: change.as_of, reverse=True)


def share_text(point: TrendPoint, number: int) -> str:
    """A number of machines and its share: `5 (45%)`."""
    share = point.share(number)
    return f"{number:,}" if share is None else f"{number:,} ({percent(share)})"


def percent(share: float) -> str:
    """A share in whole percent; neither none nor all of the machines unless it is."""
    if 0 < share < 0.01:  # noqa: PLR2004  less than one percent
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"  # noqa: PLR2004


def days_text(days: float | None) -> str:
    """A number of days: `5`, or `5.5` between two; `-` where none is known."""
    return "-" if days is None else f"{days:,g}"


def products_text(rollout: BaselineRollout) -> str:
    """The products of a baseline with its KBs."""
    parts = []
    for product in PRODUCTS:
        if product not in rollout.releases:
            continue
        release = rollout.releases[product].release
        parts.append(f"{PRODUCT_NAMES[product]} {release.name if release else '(forecast)'}")
    return ", ".join(parts)


def state_text(machine: ReportedMachine | None) -> str:
    """The verdict and the track of a machine: `ready, behind`."""
    if machine is None:
        return "-"
    return machine.verdict if machine.track is None else f"{machine.verdict}, {machine.track}"
