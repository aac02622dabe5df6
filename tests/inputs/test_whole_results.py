"""Part is never the whole: an envelope that counts more than it holds is refused, wherever it
stands.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from source_samples import ARC, BUILDER, GROUP, arc, scale_set, vm

from tests.conftest import Hotpatch

Wrap = Callable[[dict[str, Any]], Any]
LOCAL = f"{GROUP}/Microsoft.AzureStackHCI"
ROWS: dict[str, list[dict[str, Any]]] = {
    "VMs": [vm("web01")],
    "scale sets": [scale_set("flex", "Flexible")],
    "machines of Arc": [arc("sql01")],
    "Azure Local": [
        {
            "id": f"{ARC}/app01/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
            "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
            "properties": {"storageProfile": {"osDisk": {"osType": "Windows"}}},
        }
    ],
    "image templates": [BUILDER | {"id": "/subscriptions/0/x"}],
    "columns of somebody's choice": [{"name": "web01", "platform": "azure", "osType": "Windows"}],
}
WRAPS: dict[str, Wrap] = {
    "alone": lambda page: page,
    "a list of pages": lambda page: [page],
    "a list after another page": lambda page: [{"value": [vm("other")]}, page],
    "a REST example": lambda page: {"responses": {"200": {"body": page}}},
}


def rows_of(key: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """An envelope of rows, as a list or as Resource Graph's table."""
    if key != "table":
        return {key: rows}
    columns = list(rows[0])
    return {
        "data": {
            "columns": [{"name": each} for each in columns],
            "rows": [list(row.values()) for row in rows],
        }
    }


SHORT: dict[str, tuple[str, dict[str, Any]]] = {
    "total_records": ("data", {"count": 1, "total_records": 2500}),
    "totalRecords": ("table", {"count": 1, "totalRecords": 2500, "resultTruncated": "false"}),
    "a total in text": ("data", {"count": 1, "total_records": "2500"}),
    "count": ("data", {"count": 1000, "total_records": 1000}),
    "count of a list": ("value", {"count": 2}),
    "@odata.count": ("value", {"@odata.count": 3}),
    "nextLink": ("value", {"nextLink": "https://management.azure.com/x?$skiptoken=SECRET"}),
    "@odata.nextLink": ("value", {"@odata.nextLink": "https://x"}),
    "skip_token": ("data", {"count": 1, "total_records": 1, "skip_token": "SECRET"}),
    "$skipToken": ("table", {"count": 1, "$skipToken": "SECRET"}),
    "skipToken": ("data", {"count": 1, "skipToken": "SECRET"}),
    "resultTruncated": ("table", {"count": 1, "resultTruncated": "true"}),
    "resultTruncated as truth": ("data", {"count": 1, "resultTruncated": True}),
    "PowerShell": ("Data", {"SkipToken": "SECRET"}),
    "PowerShell's count": ("value", {"Count": 7}),
    "a total that contradicts another": ("data", {"total_records": 1, "totalRecords": 2500}),
    "a total with separators": ("data", {"total_records": "2,500"}),
    "a total as a decimal": ("data", {"total_records": 2500.0}),
    "a count as a power": ("data", {"count": "2.5e3"}),
    "result_truncated": ("data", {"count": 1, "result_truncated": "true"}),
}
WHOLE: dict[str, tuple[str, dict[str, Any]]] = {
    "Resource Graph": (
        "data",
        {"count": 1, "total_records": 1, "skip_token": None, "result_truncated": "false"},
    ),
    "a table": ("table", {"count": 1, "totalRecords": 1, "resultTruncated": "false"}),
    "REST": ("value", {"nextLink": None}),
    "an empty link": ("value", {"nextLink": ""}),
    "PowerShell": ("Data", {"SkipToken": None}),
    "a count that is too small": ("value", {"count": 0}),
    "a total that is too small": ("value", {"total_records": 0}),
    "a blank link": ("value", {"nextLink": " "}),
    "no token": ("data", {"skip_token": False}),
    "a null in text": ("data", {"skipToken": "null"}),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize(("key", "said"), SHORT.values(), ids=SHORT)
def test_a_part_is_refused(
    hotpatch: Hotpatch, rows: list[dict[str, Any]], wrap: Wrap, key: str, said: dict[str, Any]
) -> None:
    """It is code 2 with the place and the way to the rest; nothing is written, and no token is
    told.
    """
    page = {**said, **rows_of(key, rows)}
    done = hotpatch.check(json.dumps(wrap(page)), name="export.json")
    assert (done.code, done.out) == (2, "")
    assert "The export is incomplete" in done.err
    assert "export.json:1:" in done.err
    assert "xport" in done.err.split("incomplete")[1]
    assert "SECRET" not in done.err


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize(("key", "said"), WHOLE.values(), ids=WHOLE)
def test_a_whole_result_is_read(
    hotpatch: Hotpatch, rows: list[dict[str, Any]], wrap: Wrap, key: str, said: dict[str, Any]
) -> None:
    """An envelope that holds what it counts is read, whatever it is wrapped in."""
    done = hotpatch.check(json.dumps(wrap({**said, **rows_of(key, rows)})), name="export.json")
    assert done.code in (0, 1, 3), done.err
    assert done.json["summary"]["machines"] >= 1


def test_one_resource_is_no_envelope(hotpatch: Hotpatch) -> None:
    """A REST example may answer one resource."""
    done = hotpatch.check(
        json.dumps({"responses": {"200": {"body": vm("web01")}}}), name="export.json"
    )
    assert list(done.machines) == ["web01"]


def pages(*lengths: int, total: int | None = None, last: str | None = None) -> list[dict[str, Any]]:
    """Pages of Resource Graph; all but the last one lead to a next one."""
    found, number = [], 0
    for index, length in enumerate(lengths):
        rows = [vm(f"m{number + each}") for each in range(length)]
        number += length
        token = last if index == len(lengths) - 1 else "NEXT"
        said = {} if total is None else {"total_records": total}
        found.append({"count": length, "data": rows, "skip_token": token, **said})
    return found


@pytest.mark.parametrize(
    ("listed", "machines"),
    [
        (pages(2, 1, total=3), 3),
        (pages(2, 1), 3),
        (pages(2, 1, total=4), None),
        (pages(2, 1, total=3, last="NEXT"), None),
        (pages(2, 1, last="NEXT"), None),
        (pages(2, total=2), 2),
        ([*pages(2, total=2), {"total_records": 2, "data": [vm("o1"), vm("o2")]}], 4),
        ([*pages(2, total=2), {"total_records": 2, "data": [vm("other")]}], None),
        (pages(3, total=2), 3),
    ],
)
def test_pages_are_counted_together(
    hotpatch: Hotpatch, listed: list[dict[str, Any]], machines: int | None
) -> None:
    """Pages of one result in one file are a whole where their rows are as many as the total, and
    the last one ends.
    """
    done = hotpatch.check(json.dumps(listed), name="pages.json")
    assert done.code == 2 if machines is None else done.json["summary"]["machines"] == machines


def test_json_lines_of_pages_are_counted(hotpatch: Hotpatch) -> None:
    """A page on each line is the same list of pages."""
    lines = "".join(json.dumps(page) + "\n" for page in pages(2, 1, total=5))
    done = hotpatch.check(lines, name="pages.jsonl")
    assert (done.code, done.out) == (2, "")
    assert "it contains 3 of 5 rows" in done.err


def test_licenses_and_patch_states_are_counted(hotpatch: Hotpatch) -> None:
    """What only adds to machines is no smaller fleet, but a fact is missing: it is refused too."""
    hotpatch.write("arc.json", json.dumps([arc("sql01")]))
    kind = "microsoft.hybridcompute/machines/patchassessmentresults"
    row = {
        "id": f"{ARC}/sql01/patchAssessmentResults/latest",
        "type": kind,
        "properties": {"rebootPending": True},
    }
    hotpatch.write("state.json", json.dumps({"count": 1, "data": [row], "total_records": 9}))
    done = hotpatch("check", "arc.json", "state.json")
    assert (done.code, done.out) == (2, "")
    assert "state.json:1:" in done.err


def test_maintenance_is_counted(hotpatch: Hotpatch) -> None:
    """A part of the configurations would be a part of the windows."""
    row = {"id": f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/m", "name": "m"}
    row |= {"type": "Microsoft.Maintenance/maintenanceConfigurations"}
    hotpatch.write(
        "mc.json", json.dumps({"value": [row | {"properties": {}}], "nextLink": "https://x"})
    )
    done = hotpatch("windows", "lint", "mc.json")
    assert (done.code, done.out) == (2, "")
    assert "The export is incomplete" in done.err
