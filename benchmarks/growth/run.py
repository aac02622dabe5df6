"""How readers and writers grow: the seconds of an input, and of the same input at twice the size.

`python benchmarks/growth/run.py [NAME...]` runs the program in this process, on inputs of a folder
that is removed at the end. A ratio of 2 is linear growth, 4 is quadratic.
"""

import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
VM = "Microsoft.Compute/virtualMachines"


class Growth(NamedTuple):
    """A case: the files of a size, the size to begin with, and the arguments."""

    files: Callable[[int], dict[str, str]]
    size: int
    arguments: tuple[str, ...]


def _machines(count: int) -> Iterator[str]:
    """Machines of an inventory, a line each."""
    for number in range(count):
        yield f"- {{name: m{number}, platform: arc, os: Windows Server 2025, window: w}}\n"


def _fleet(count: int) -> dict[str, str]:
    windows = "{w: {days: [Sat], start: 1:00, duration: 2h, timezone: UTC}}"
    return {"f.yaml": f"windows: {windows}\nmachines:\n{''.join(_machines(count))}"}


def _repeated_keys(count: int) -> dict[str, str]:
    different = "".join(f"  x-{number}: a\n" for number in range(count))
    return {"f.yaml": f"machines:\n- name: a\n{different}{different}"}


def _excluded_days(count: int) -> dict[str, str]:
    days = "".join(f"  - EXDATE:{2000 + number % 90}0101\n" for number in range(count))
    rule = f"windows:\n w:\n  start: 1:00\n  duration: 1h\n  rrule:\n  - FREQ=DAILY\n{days}"
    return {"f.yaml": rule + "machines:\n- {name: a, platform: arc, window: w}\n"}


def _wrong_zones(count: int) -> dict[str, str]:
    zones = "".join(
        f"- {{name: m{number}, platform: arc, timezone: Europe/Stokholm}}\n"
        for number in range(count)
    )
    return {"f.yaml": f"machines:\n{zones}"}


def _vms(count: int) -> dict[str, str]:
    vms = [
        {
            "id": f"/subscriptions/0/resourceGroups/rg/providers/{VM}/m{number}",
            "name": f"m{number}",
            "type": VM,
            "location": "westeurope",
            "properties": {"osProfile": {"windowsConfiguration": {"timeZone": "UTC"}}},
        }
        for number in range(count)
    ]
    return {"f.json": json.dumps(vms)}


def _csv_rows(count: int) -> dict[str, str]:
    rows = "".join(f"m{number},arc,Windows Server 2025\n" for number in range(count))
    return {"f.csv": f"name,platform,os\n{rows}"}


def _csv_columns(count: int) -> dict[str, str]:
    names = ",".join(f"tags.t{number}" for number in range(count))
    return {"f.csv": f"name,platform,{names}\na,arc{',x' * count}\n"}


def _template(text: str, count: int) -> dict[str, str]:
    variables = {"long": "x" * 30_000, "all": f"[{text}]"}
    vm = {"type": VM, "name": "a", "properties": {"p": "[variables('all')]"}}
    copy = {"name": "loop", "count": count}
    resources = [vm | {"name": "[copyIndex()]", "copy": copy, "location": f"[{text}]"}]
    return {
        "f.json": json.dumps({"$schema": SCHEMA, "variables": variables, "resources": resources})
    }


def _format_holes(count: int) -> dict[str, str]:
    return _template(f"format('{'{0}' * count}', variables('long'))", 100)


def _copies(count: int) -> dict[str, str]:
    return _template("toLower(variables('long'))", count)


def _azapi(count: int) -> dict[str, str]:
    keys = {f"k{number}": True for number in range(count)}
    values = {"type": f"{VM}@2024-03-01", "name": "a", "body": {"properties": keys}}
    resource = {"address": "azapi_resource.a", "mode": "managed", "type": "azapi_resource"}
    change = {"actions": ["create"], "after_unknown": {"body": {"properties": keys}}}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [resource | {"values": values}]}},
        "resource_changes": [resource | {"change": change}],
    }
    return {"f.json": json.dumps(plan)}


def _reports(count: int) -> dict[str, str]:
    machine = {"name": "same", "id": None, "platform": "arc", "product": None}
    judged = machine | {"verdict": "ready", "track": {"state": "current"}, "reasons": []}
    summary = {"machines": count, "ready": count, "action-required": 0, "unsupported": 0}
    summary |= {"unknown": 0, "waived": 0, "skipped": 0}
    report = {
        "schema_version": 1,
        "as_of": "2025-12-15",
        "summary": summary,
        "machines": [judged] * count,
    }
    text = json.dumps(report)
    return {"f.json": text, "g.json": text}


def _calendar_events(count: int) -> dict[str, str]:
    event = "BEGIN:VEVENT\nUID:{0}\nDTSTART:20260101T010000Z\nDTEND:20260101T020000Z\nEND:VEVENT\n"
    events = "".join(event.format(number) for number in range(count))
    calendar = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{events}END:VCALENDAR\n"
    machines = "machines:\n- {name: a, platform: arc, window: w}\n"
    return {"f.yaml": f"windows: {{w: {{ics: f.ics}}}}\n{machines}", "f.ics": calendar}


def _host_groups(count: int) -> dict[str, str]:
    compute = f"/subscriptions/0/resourceGroups/rg/providers/{VM}"
    hosts = {f"h{number}": {"id": f"{compute}/h{number}"} for number in range(count)}
    return {"f.json": json.dumps({"_meta": {"hostvars": hosts}})}


CHECK = ("check", "f.yaml", "--as-of", "2025-12-15", "--quiet", "--format")
CASES = {
    **{
        f"write {form}": Growth(_fleet, 2_000, (*CHECK, form))
        for form in ("table", "json", "csv", "sarif", "junit", "markdown", "html", "metrics")
    },
    "write report": Growth(_fleet, 2_000, ("report", "f.yaml", "-o", "report.html")),
    "write inventory": Growth(_vms, 2_000, ("convert", "f.json")),
    "write windows": Growth(_fleet, 2_000, ("windows", "list", "f.yaml", "--next", "2")),
    "write fixes": Growth(_fleet, 2_000, ("fix", "f.yaml")),
    "repeated keys": Growth(_repeated_keys, 20_000, ("check", "f.yaml")),
    "excluded days": Growth(_excluded_days, 10_000, ("check", "f.yaml")),
    "wrong zones": Growth(_wrong_zones, 5_000, ("check", "f.yaml")),
    "Azure VMs": Growth(_vms, 2_000, ("check", "f.json")),
    "CSV rows": Growth(_csv_rows, 5_000, ("check", "f.csv")),
    "CSV columns": Growth(_csv_columns, 900, ("check", "f.csv")),
    "CSV columns, too many": Growth(_csv_columns, 20_000, ("check", "f.csv")),
    "ARM format": Growth(_format_holes, 1_000, ("check", "f.json")),
    "ARM copies": Growth(_copies, 400, ("check", "f.json")),
    "azapi paths": Growth(_azapi, 4_000, ("check", "f.json")),
    "Ansible hosts": Growth(_host_groups, 2_000, ("check", "f.json")),
    "iCalendar events": Growth(_calendar_events, 1_000, ("check", "f.yaml")),
    "equal names": Growth(_reports, 5_000, ("diff", "f.json", "g.json")),
}


def seconds(growth: Growth, size: int, folder: Path) -> tuple[float, object]:
    """(the seconds of a run at a size, its exit code)."""
    from hotpatch_cli.cli import main

    for name, text in growth.files(size).items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.argv = ["hotpatch", *growth.arguments]
    code: object = 0
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    begin = time.perf_counter()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    return time.perf_counter() - begin, code


def run() -> None:
    """Print a line for each case."""
    wanted = sys.argv[1:]
    print(f"{'case':24} {'size':>7} {'s':>7} {'2 x':>7} {'4 x':>7} {'ratios':>11}  exit code")
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        for case, growth in CASES.items():
            if wanted and case not in wanted:
                continue
            seconds(growth, 1, Path(name))  # imports what it needs
            runs = [seconds(growth, growth.size * times, Path(name)) for times in (1, 2, 4)]
            first, second, third = (taken for taken, _ in runs)
            codes = "/".join(str(code) for code in dict.fromkeys(code for _, code in runs))
            times = f"{first:7.2f} {second:7.2f} {third:7.2f}"
            ratios = f"{second / first:5.2f} {third / second:5.2f}"
            print(f"{case:24} {growth.size:7} {times} {ratios:>11}  {codes}", flush=True)


if __name__ == "__main__":
    run()
