"""The metrics of a fleet: valid OpenMetrics, and the numbers of the report."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

EXAMPLES = Path(__file__).parents[2] / "examples"
FLEETS = {"fleet": "fleet.yaml", "large": "large.yaml", "exports": "az-vm-list.json"}
DAY = ("--as-of", "2025-12-15")
WINDOWS = {"windows": {"n": {"days": ["Sat"], "start": "22:00", "duration": "4h"}}}
MACHINE = {
    "platform": "arc",
    "os": "Windows Server 2025 Datacenter",
    "build": "26100.7392",
    "arc": {
        "status": "Connected",
        "hotpatch": "Enabled",
        "vbs": "running",
        "secure_boot": True,
        "uefi": True,
    },
    "window": "n",
    "timezone": "UTC",
}
Samples = dict[tuple[str, str], float]


def samples(text: str) -> Samples:
    """(metric, label's value) -> value, as both parsers of Prometheus read them."""
    parsed: list[Samples] = []
    for parse in (openmetrics, prometheus):
        families = list(parse(text))
        assert all(family.type == "gauge" and family.documentation for family in families)
        parsed.append(
            {
                (sample.name, next(iter(sample.labels.values()), "")): sample.value
                for family in families
                for sample in family.samples
            }
        )
    assert parsed[0] == parsed[1]
    return parsed[0]


@pytest.mark.parametrize("name", FLEETS.values(), ids=FLEETS)
def test_metrics_are_the_numbers_of_the_report(hotpatch: Any, name: str) -> None:
    """Verdicts, track states and restarts are those of the JSON report of the same run."""
    file = str(EXAMPLES / name)
    hotpatch("check", file, *DAY, "-f", "json", "-o", "r.json", "-f", "metrics", "-o", "m.prom")
    found = samples((hotpatch.folder / "m.prom").read_text())
    report = json.loads((hotpatch.folder / "r.json").read_text())
    for verdict in ("ready", "action-required", "unsupported", "unknown"):
        assert found["hotpatch_machines", verdict] == report["summary"][verdict]
    for state in ("current", "behind", "baseline-due", "off-track", "unknown"):
        machines = [one for one in report["machines"] if one["track"]["state"] == state]
        assert found["hotpatch_track", state] == len(machines)
    starts = {
        one["name"]: datetime.fromisoformat(one["next_reboot"]["window"]["start"]).timestamp()
        for one in report["machines"]
        if one["next_reboot"]["window"] and one["next_reboot"]["enforced"]
    }
    deadlines = {
        one["name"]: datetime.fromisoformat(one["next_reboot"]["by"]).replace(tzinfo=UTC)
        for one in report["machines"]
        if one["next_reboot"]["runner"] == "platform" and one["next_reboot"]["by"]
    }
    restart = "hotpatch_next_restart_timestamp_seconds"
    assert {key[1]: value for key, value in found.items() if key[0] == restart} == starts
    deadline = "hotpatch_next_restart_deadline_timestamp_seconds"
    assert {key[1]: value for key, value in found.items() if key[0] == deadline} == {
        machine: moment.timestamp() for machine, moment in deadlines.items()
    }
    newest = date.fromisoformat(report["knowledge"]["newest_release"])
    assert found["hotpatch_release_data_age_days", ""] == (date(2025, 12, 15) - newest).days


def test_old_release_data(hotpatch: Any) -> None:
    """The age of the release data and the missed Patch Tuesdays grow with the as-of date."""
    file = hotpatch.write("f.yaml", "machines: [{name: a, platform: arc}]")
    texts = [
        hotpatch("check", file, "--as-of", day, "-f", "metrics").out
        for day in ("2031-01-01", "2031-03-01")
    ]
    first, later = map(samples, texts)
    age = ("hotpatch_release_data_age_days", "")
    missed = ("hotpatch_release_data_missed_patch_tuesdays", "")
    assert later[age] - first[age] == 59
    assert later[missed] - first[missed] == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
def test_hostile_names(hotpatch: Any, names: list[str]) -> None:
    """Whatever a name holds, both parsers read as many machines as there are."""
    machines = [MACHINE | {"name": name} for name in names if name.strip()]
    fleet = WINDOWS | {"machines": machines}
    done = hotpatch.check(json.dumps(fleet), "-f", "metrics", name="f.json")
    if done.code == 2:  # a name that an inventory refuses
        return
    found = samples(done.out)
    assert sum(value for key, value in found.items() if key[0] == "hotpatch_machines") == len(
        machines
    )
    assert done.out.endswith("# EOF\n")


def test_names_that_look_alike_are_one_series(hotpatch: Any) -> None:
    """Two series of one name would make the whole file invalid."""
    fleet = WINDOWS | {"machines": [MACHINE | {"name": name} for name in ("a\x01", "a\\x01")]}
    done = hotpatch.check(json.dumps(fleet), "-f", "metrics", name="f.json")
    assert done.out.count("hotpatch_next_restart_timestamp_seconds{") == 1
    assert samples(done.out)["hotpatch_machines", "ready"] == 2


def test_an_empty_fleet_has_zeros(hotpatch: Any) -> None:
    """With --allow-empty each verdict and state has a sample, so that no series disappears."""
    hotpatch.write("f.json", "[]")
    found = samples(hotpatch("check", "f.json", *DAY, "--allow-empty", "-f", "metrics").out)
    assert found["hotpatch_machines", "ready"] == found["hotpatch_track", "current"] == 0


def test_the_suffix_and_the_image(hotpatch: Any) -> None:
    """`.prom` chooses the format, a contradiction is refused, and an image has no metrics."""
    file = hotpatch.write("f.yaml", "machines: [{name: a, platform: arc}]")
    hotpatch("check", file, *DAY, "-o", "m.prom")
    assert (hotpatch.folder / "m.prom").read_text().startswith("# HELP hotpatch_machines ")
    assert hotpatch("check", file, *DAY, "-f", "csv", "-o", "m.prom").code == 2
    done = hotpatch("image", "a:b:c", "-f", "metrics")
    assert (done.code, "hotpatch check -f metrics" in done.err) == (2, True)
