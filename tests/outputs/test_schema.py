"""The schema of the inventory: an editor that reads YAML its own way flags what is wrong and
nothing else.
"""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def validator(hotpatch: Any) -> Any:
    """A validator of the inventory schema."""
    schema = hotpatch("schema", "inventory").json
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_an_editor(text: str) -> Any:
    """YAML as an editor reads it (YAML 1.2 core): numbers and truths by their looks; dates stay
    text.
    """
    loader = type("Editor", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in (
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("merge", r"^<<$", "<"),
    ):
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))  # type: ignore[attr-defined]
    return yaml.load(text, loader)  # noqa: S506  a safe loader with fewer guesses


FULL = """\
fleet: 2025
defaults: {timezone: UTC, window: w, reboot_minutes: 20, patching: {mode: Manual}, container: null}
windows:
  w: {rrule: FREQ=WEEKLY;BYDAY=SU, start: 02:00, duration: 4h, exdates: 2025-12-21}
  v: {patch_tuesday: 4, start: 2:00, duration: "03:55", runner: owner}
  u: {days: [Sat, Sun], start: 22:00, duration: 90m, from: 2025-01-01, until: 2026-01-01}
freezes: [{name: 2025, from: 2025-12-15, to: 2026-01-06, tags: {tier: 1}}]
groups: {web: {max_unavailable: 25%, settle: 30m}, sql: {max_unavailable: 1, after: [web]}}
rings: [{name: 1, soak: 24h}]
limits: {max_concurrent: 10, per_tag: {rack: 1}}
machines:
  - {name: 12, platform: azure, build: 20348.4346, kbs: [5068840], zone: 1, generation: 2,
     power: off, weight: 1.5}
  - {name: a, platform: azure-local, image: {sku: 2025},
     azure_local: {version: 2503, azure_verification: yes}}
  - {name: b, platform: arc, tags: {rack: 7, env: true}, ring: 1, window: [w, v],
     groups: web, done: no}
  - {name: c, platform: arc, arc: null, build: 26100, restart_pending: "on"}
  - {name: 22:00, platform: arc, x-mine: {a: [1, b]}, reboot_at: 2026-01-17T22:00:00+01:00}
"""


@pytest.mark.parametrize("name", ["fleet.yaml", "large.yaml"])
def test_the_examples_are_valid_in_an_editor(validator: Any, name: str) -> None:
    """An editor flags nothing in the examples."""
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert [error.message for error in validator.iter_errors(as_an_editor(text))] == []


def test_the_starter_is_valid_in_an_editor_and_in_the_program(
    hotpatch: Any, validator: Any
) -> None:
    """What `hotpatch init` writes is an inventory, for the schema and for check."""
    text = hotpatch("init").out
    assert [error.message for error in validator.iter_errors(as_an_editor(text))] == []
    assert hotpatch.check(text).code in (0, 1, 3)


def test_what_the_program_reads_the_schema_takes(hotpatch: Any, validator: Any) -> None:
    """An inventory in every spelling that check reads is valid for an editor, where words look like
    other things.
    """
    assert hotpatch.check(FULL).code in (0, 1, 3), hotpatch.check(FULL).err
    assert [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(as_an_editor(FULL))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        "machines: [{name: a}]",
        "machines: [{name: a, platform: azur}]",
        "machines: [{name: a, platform: arc, bild: x}]",
        "machines: [{name: a, platform: arc, generation: 3}]",
        "machines: [{name: [a], platform: arc}]",
        "machines: {a: b}",
        "windos: {}\nmachines: []",
    ],
)
def test_the_schema_refuses_what_the_program_refuses(
    hotpatch: Any, validator: Any, text: str
) -> None:
    """A wrong key, word or type is flagged by the schema and refused by check."""
    assert not validator.is_valid(as_an_editor(text))
    assert hotpatch.check(text).code == 2
