"""The JSON Schemas of what the program reads and writes, made from the code that does so."""

import json
from typing import Any

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def _inventory() -> dict[str, Any]:
    from hotpatch_cli.inputs.inventory.reader import SCHEMA

    return SCHEMA


def _report() -> dict[str, Any]:
    from hotpatch_cli.json_shapes.report import REPORT

    return {**_DIALECT, **REPORT.schema(), "title": "hotpatch report"}


def _plan() -> dict[str, Any]:
    from pydantic import TypeAdapter

    from hotpatch_cli.outputs.plan_types import PlanJson

    return {**_DIALECT, **TypeAdapter(PlanJson).json_schema(), "title": "hotpatch plan"}


def _progress() -> dict[str, Any]:
    from pydantic import TypeAdapter

    from hotpatch_cli.outputs.progress_types import ProgressJson

    return {**_DIALECT, **TypeAdapter(ProgressJson).json_schema(), "title": "hotpatch progress"}


def _lint() -> dict[str, Any]:
    from hotpatch_cli.json_shapes.lint import LINT

    return {**_DIALECT, **LINT.schema(), "title": "hotpatch windows lint"}


SCHEMAS = {
    "inventory": _inventory,
    "report": _report,
    "plan": _plan,
    "progress": _progress,
    "lint": _lint,
}


def schema_text(name: str) -> str:
    """One of the schemas as JSON."""
    return json.dumps(SCHEMAS[name](), ensure_ascii=False, indent=1) + "\n"
