"""The report as metrics: the text format of OpenMetrics, which Prometheus' node exporter reads from
its textfile folder.

https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from hotpatch_cli.knowledge.release_age import missed_patch_tuesdays
from hotpatch_cli.model import TRACK_STATES, VERDICTS
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.restart_text import is_in_window
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.restarts import Restart


class Gauge(NamedTuple):
    """A metric: its name, its meaning, the name of its label (empty where it has none), and its
    samples by label. A metric without a sample is left out.
    """

    name: str
    meaning: str
    label: str
    samples: Mapping[str, int]


def render_metrics(report: Report, _options: ViewOptions = PLAIN) -> str:
    """The metrics of a fleet. The order is fixed, so that equal fleets have equal texts."""
    lines: list[str] = []
    for gauge in _gauges(report):
        lines += _lines(gauge)
    return "".join(f"{line}\n" for line in (*lines, "# EOF"))


def _gauges(report: Report) -> Iterator[Gauge]:
    counts = report.counts
    verdicts: dict[str, int] = {verdict: counts[verdict] for verdict in VERDICTS}
    yield Gauge("hotpatch_machines", "Machines by verdict.", "verdict", verdicts)
    yield Gauge(
        "hotpatch_machines_waived", "Machines that waivers cover.", "", {"": counts["waived"]}
    )
    states = Counter(checked.judgment.track.state for checked in report.machines)
    yield Gauge(
        "hotpatch_track",
        "Machines by state of the hotpatch track. Machines without a track have none.",
        "state",
        {state: states[state] for state in TRACK_STATES},
    )
    yield Gauge(
        "hotpatch_next_restart_timestamp_seconds",
        "Start of the maintenance window in which the machine restarts next.",
        "machine",
        _first_of(report.machines, _window_start),
    )
    yield Gauge(
        "hotpatch_next_restart_deadline_timestamp_seconds",
        "Start (UTC) of the last day on which Azure restarts the machine.",
        "machine",
        _first_of(report.machines, _last_day),
    )
    yield from _age(report)


def _age(report: Report) -> Iterator[Gauge]:
    newest, as_of = report.newest_release, report.as_of
    days = {"": (as_of - newest).days} if newest else {}
    yield Gauge(
        "hotpatch_release_data_age_days",
        "Days from the newest release in the release data to the as-of date.",
        "",
        days,
    )
    yield Gauge(
        "hotpatch_release_data_missed_patch_tuesdays",
        "Patch Tuesdays after the newest release in the release data.",
        "",
        {"": missed_patch_tuesdays(newest, as_of)} if newest else {},
    )
    yield Gauge(
        "hotpatch_as_of_timestamp_seconds",
        "Start (UTC) of the as-of date.",
        "",
        {"": _seconds(_midnight(as_of))},
    )


def _first_of(
    machines: Iterable[Checked], moment: Callable[[Restart], datetime | None]
) -> dict[str, int]:
    """Machine -> the moment in seconds. Names that look alike are one series: the first moment."""
    samples: dict[str, int] = {}
    for checked in machines:
        found = moment(checked.restart)
        if found is not None:
            name, seconds = visible(checked.machine.label), _seconds(found)
            samples[name] = min(seconds, samples.get(name, seconds))
    return samples


def _window_start(restart: Restart) -> datetime | None:
    """The start of a window that somebody runs; of others nothing is certain."""
    return restart.opening.start if is_in_window(restart) and restart.opening else None


def _last_day(restart: Restart) -> datetime | None:
    """The last day on which Azure restarts the machine, also if it has passed."""
    by_azure = restart.runner == "platform" and restart.by is not None
    return _midnight(restart.by) if by_azure and restart.by else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _lines(gauge: Gauge) -> Iterator[str]:
    if not gauge.samples:
        return
    yield f"# HELP {gauge.name} {gauge.meaning}"
    yield f"# TYPE {gauge.name} gauge"
    for value, number in gauge.samples.items():
        label = f'{{{gauge.label}="{_escaped(value)}"}}' if gauge.label else ""
        yield f"{gauge.name}{label} {number}"


def _escaped(text: str) -> str:
    """A label's value: the format escapes backslashes, quotation marks and line ends."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
