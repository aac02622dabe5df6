"""The JSON Schemas describe what the program reads and writes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hotpatch_cli.documents.files import read_document
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.inputs.others.report import read_report
from hotpatch_cli.json_shapes.report import REPORT
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.report_json import render_json
from hotpatch_cli.outputs.schemas import schema_text
from hotpatch_cli.use_cases.check import check

ROOT = Path(__file__).parents[2]
FLEETS = [str(ROOT / "examples" / name) for name in ("fleet.yaml", "large.yaml", "az-vm-list.json")]


@pytest.mark.parametrize("name", FLEETS)
def test_a_report_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    """The report on each example validates against `hotpatch schema report`, its text equals its
    value, and it is read back.
    """
    report = check(load_fleet([name])[0], load_knowledge(), date(2026, 2, 20))
    written = json.loads(render_json(report))
    jsonschema.validate(written, json.loads(schema_text("report")))
    assert written == json.loads(json.dumps(REPORT(report)))
    file = tmp_path / "report.json"
    file.write_text(render_json(report), encoding="utf-8")
    machines = read_report(read_document(str(file))).machines
    assert [
        (machine.name, machine.verdict, machine.track, machine.codes) for machine in machines
    ] == [
        (
            checked.machine.label,
            checked.judgment.verdict,
            checked.judgment.track.state,
            checked.codes,
        )
        for checked in report.machines
    ]


def test_an_inventory_is_as_its_schema_says() -> None:
    """An inventory validates, with a build as text or as an editor reads it, and an unknown key
    does not.
    """
    schema = json.loads(schema_text("inventory"))
    machine: dict[str, Any] = {"name": "a", "platform": "arc", "build": 26100.7092, "x-mine": 1}
    jsonschema.validate({"machines": [machine, machine | {"build": "26100.7092"}]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"machines": [machine | {"buid": "26100.7092"}]}, schema)
