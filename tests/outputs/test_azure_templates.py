"""Templates for Azure: of the published format, read back by Azure's own models, within limits."""

import json
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from hotpatch_cli.armtemplate import resolve
from hotpatch_cli.errors import InputError
from hotpatch_cli.model import DynamicScope
from hotpatch_cli.outputs.deployment_template import Scope, literal, nested, template_json
from hotpatch_cli.outputs.maintenance_json import window_template
from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.windows import Window
from hotpatch_cli.use_cases.export import ExportedWindow
from tests.armtemplate.trees import NODES, tree
from tests.azure_template import GROUP, deployed
from tests.conftest import Hotpatch

SCHEMA = json.loads((Path(__file__).parent / "azure_template.schema.json").read_text("utf-8"))
VALID = Draft202012Validator(SCHEMA)
PUBLISHED = json.loads((Path(__file__).parent / "microsoft-maintenance.json").read_text("utf-8"))
SUBSCRIPTIONS = [f"{number:08d}-0000-0000-0000-000000000000" for number in (1, 2)]
IDS = [
    f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}"
    for subscription in SUBSCRIPTIONS
    for group in ("rg", "RG (æ)")
    for kind in ("Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines")
]
RING = "patching: {mode: AutomaticByPlatform, hotpatching: true}"
FLEET = f"""
defaults: {{os: Windows Server 2025 Datacenter, timezone: Europe/Stockholm, region: westeurope}}
windows:
  quarter: {{patch_tuesday: 11, start: 22:00, duration: 3h}}
  nights: {{days: [Sat, Sun], start: 02:00, duration: 2h, until: 2027-12-31}}
machines:
  - {{name: a, platform: arc, id: '{IDS[1]}/a', window: quarter, region: swedencentral}}
  - {{name: v, platform: azure, id: '{IDS[0]}/v', window: nights, {RING}}}
  - {{name: w, platform: azure, id: '{IDS[4]}/w', window: nights}}
"""


def problems(template: Any) -> list[str]:
    """What the format doesn't allow in a template."""
    return [f"{error.json_path}: {error.message}" for error in VALID.iter_errors(template)]


def test_the_schema_is_valid_and_strict() -> None:
    """Another key, another mode, and updates that Azure is to choose are refused."""
    Draft202012Validator.check_schema(SCHEMA)
    window = {
        "startDateTime": "2026-12-05 22:00",
        "duration": "03:00",
        "timeZone": "UTC",
        "recurEvery": "Day",
    }
    properties = {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "Platform"},
        "maintenanceWindow": window,
    }
    body = {
        "type": "Microsoft.Maintenance/maintenanceConfigurations",
        "apiVersion": "2023-04-01",
        "name": "w",
        "location": "westeurope",
        "properties": properties,
    }
    head = {"$schema": SCHEMA["properties"]["$schema"]["const"], "contentVersion": "1.0.0.0"}
    assert problems({**head, "resources": [body]}) == []
    installs = {
        "rebootSetting": "IfRequired",
        "windowsParameters": {"classificationsToInclude": []},
    }
    for changed in (
        {**properties, "installPatches": installs},
        {**properties, "extensionProperties": {"InGuestPatchMode": "User"}},
        {**properties, "maintenanceWindow": {**window, "recurEvery": "Month"}},
        {**properties, "maintenanceWindow": {**window, "duration": "04:00"}},
        {**properties, "more": 1},
    ):
        assert problems({**head, "resources": [{**body, "properties": changed}]})


@pytest.mark.parametrize("options", [(), ("--install", "platform"), ("--baseline-months",)])
def test_windows_are_written_in_the_published_format(
    hotpatch: Hotpatch, options: tuple[str, ...]
) -> None:
    """All options give a valid template, as one file and as a folder of templates."""
    fleet = FLEET.replace("days: [Sat, Sun]", "patch_tuesday: 4") if options else FLEET
    name = hotpatch.write("fleet.yaml", fleet)
    command = ("windows", "export", name, "--from", "2026-12-01", *options)
    done = hotpatch(*command)
    assert done.code == 0, done.err
    assert problems(done.json) == []
    (hotpatch.folder / "out").mkdir()
    hotpatch(*command, "-o", "out")
    for file in (hotpatch.folder / "out").iterdir():
        assert problems(json.loads(file.read_text("utf-8"))) == []


@pytest.mark.parametrize("options", [(), ("--install", "platform"), ("--install", "KB5073379")])
def test_a_plan_is_written_in_the_published_format(
    hotpatch: Hotpatch, options: tuple[str, ...]
) -> None:
    """The template of a plan has nested deployments alone: configurations before assignments."""
    name = hotpatch.write("fleet.yaml", FLEET)
    plan = ("plan", name, "--as-of", "2026-12-01", "--include-monthly", "-f", "azure")
    done = hotpatch(*plan, *options)
    assert done.code in {0, 4}, done.err
    assert problems(done.json) == []
    assert [each for _, each in deployed(done.json)]
    named = {
        f"/subscriptions/{each['subscriptionId']}/resourceGroups/{each['resourceGroup']}"
        f"/providers/Microsoft.Resources/deployments/{each['name']}"
        for each in done.json["resources"]
    }
    assert len(named) == len(done.json["resources"])
    for each in done.json["resources"]:
        assert set(each.get("dependsOn", ())) <= named


def _published(part: str, kind: str) -> Draft4Validator:
    """The validator of a resource by Microsoft's schema, in which no other property is allowed."""
    definitions = {
        name: definition if name == "expression" else {**definition, "additionalProperties": False}
        for name, definition in PUBLISHED["definitions"].items()
    }
    return Draft4Validator({**PUBLISHED[part][kind], "definitions": definitions})


@pytest.mark.parametrize(
    "command",
    [
        ("windows", "export", "--from", "2026-12-01"),
        ("windows", "export", "--from", "2026-12-01", "--install", "platform"),
        ("plan", "--as-of", "2026-12-01", "--include-monthly", "-f", "azure"),
    ],
)
def test_resources_are_of_microsofts_schema(hotpatch: Hotpatch, command: tuple[str, ...]) -> None:
    """Each resource has the properties, types, and words of the schema that Microsoft publishes."""
    name = hotpatch.write("fleet.yaml", FLEET)
    at = 2 if command[0] == "windows" else 1
    done = hotpatch(*command[:at], name, *command[at:])
    resources = list(deployed(done.json))
    kinds = set()
    for _, resource in resources:
        kind = resource["type"].rpartition("/")[2]
        kinds.add(kind)
        part = "extension_resourceDefinitions" if "scope" in resource else "resourceDefinitions"
        errors = _published(part, kind).iter_errors(resource)
        assert [f"{error.json_path}: {error.message}" for error in errors] == []
    assert kinds == {"maintenanceConfigurations", "configurationAssignments"}


def test_microsofts_schema_refuses_another_word() -> None:
    """The copy of the schema tells a word of the service from another one."""
    resource = {
        "type": "Microsoft.Maintenance/maintenanceConfigurations",
        "apiVersion": "2023-04-01",
        "name": "w",
        "properties": {"maintenanceScope": "Guest"},
    }
    valid = _published("resourceDefinitions", "maintenanceConfigurations")
    assert not valid.is_valid(resource)
    assert valid.is_valid({**resource, "properties": {"maintenanceScope": "InGuestPatch"}})


TEXTS = st.lists(st.text(max_size=12), max_size=2).map(tuple)
SCOPES = st.builds(
    DynamicScope,
    st.sampled_from(SUBSCRIPTIONS),
    *[TEXTS] * 4,
    st.lists(st.tuples(st.text(max_size=5), TEXTS), max_size=2, unique_by=lambda tag: tag[0]),
    st.booleans(),
)


def exported(
    number: int, location: str | None, scopes: list[DynamicScope], *, platform: bool
) -> ExportedWindow:
    """A window that opens on Saturdays."""
    rule = AzureRecurrence("Week", weekdays=(5,))
    window = Window(
        "w", rule, time(22), timedelta(hours=2), "UTC", date(2026, 12, 5), runner="azure"
    )
    name = f"w-{number}"
    return ExportedWindow(name, "w", window, rule, location, (), tuple(scopes), platform)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["westeurope", "uksouth", None]),
            st.lists(SCOPES, max_size=3),
            st.booleans(),
        ),
        max_size=3,
    )
)
def test_any_dynamic_scope_is_written_in_the_published_format(
    rows: list[tuple[str | None, list[DynamicScope], bool]],
) -> None:
    """Filters of any text are in nested deployments to their subscriptions."""
    windows = [
        exported(number, location, scopes, platform=platform)
        for number, (location, scopes, platform) in enumerate(rows)
    ]
    template = json.loads(json.dumps(window_template(windows)))
    assert problems(template) == []
    written = [
        each["properties"]["filter"]
        for _, each in deployed(template)
        if "filter" in each["properties"]
    ]
    given_tags = sum(bool(scope.tags) for window in windows for scope in window.scopes)
    assert len(written) == sum(len(window.scopes) for window in windows)
    assert sum("tagSettings" in content for content in written) == given_tags


@pytest.mark.parametrize(
    ("text", "once", "twice"),
    [("[x]", "[[x]", "[[[x]"), ("[x", "[x", "[x"), ("x", "x", "x"), ("[]", "[[]", "[[[]")],
)
def test_brackets_are_no_expression(text: str, once: str, twice: str) -> None:
    """Each template around a text removes one bracket of a text in brackets."""
    assert (literal(text), literal(text, depth=2)) == (once, twice)


def test_a_region_that_is_unknown_is_asked_for() -> None:
    """The parameter has a default only where every configuration has a region."""
    known, other = (exported(number, "westeurope", [], platform=False) for number in (1, 2))
    template = window_template([known, other._replace(location="uksouth"), known])
    assert template["parameters"]["location"]["defaultValue"] == "westeurope"
    places = [resource["location"] for resource in template["resources"]]
    assert places == ["[parameters('location')]", "uksouth", "[parameters('location')]"]
    template = window_template([known, other._replace(location=None)])
    assert "defaultValue" not in template["parameters"]["location"]
    places = [resource["location"] for resource in template["resources"]]
    assert places == ["westeurope", "[parameters('location')]"]


def test_a_deployment_has_at_most_800_resources() -> None:
    """More are several deployments, with names of their own of at most 64 characters."""
    scope = Scope(SUBSCRIPTIONS[0], "g" * 90)
    resources = [{"type": "t", "name": "n", "scope": str(number)} for number in range(1601)]
    found = nested(scope, resources, ["x"])
    sizes = [len(each["properties"]["template"]["resources"]) for each in found]
    assert sizes == [800, 800, 1]
    assert len({each["name"] for each in found}) == 3
    assert max(len(each["name"]) for each in found) == 64


def test_a_template_that_azure_would_refuse_is_not_written() -> None:
    """Spaces go first. A template over 4 MB, or with more than 800 resources, is refused."""
    content = window_template([exported(1, "westeurope", [], platform=False)])
    whole = template_json(content)
    size = len(whole.encode())
    assert template_json(content, size) == whole
    smaller = template_json(content, size - 1)
    assert json.loads(smaller) == json.loads(whole)
    assert len(smaller) < size - 1
    with pytest.raises(InputError, match="Azure accepts 800 resources and 100 bytes"):
        template_json(content, 100)
    template_json({**content, "resources": content["resources"] * 800})
    with pytest.raises(InputError, match="It has 801 resources"):
        template_json({**content, "resources": content["resources"] * 801})


def test_each_machine_is_assigned_where_it_is(hotpatch: Hotpatch) -> None:
    """An assignment is in its machine's resource group, after its configuration."""
    done = hotpatch("windows", "export", hotpatch.write("fleet.yaml", FLEET))
    found = {
        each["properties"]["resourceId"]: (at, each["properties"]["maintenanceConfigurationId"])
        for at, each in deployed(done.json)
        if each["type"].endswith("configurationAssignments")
    }
    configuration = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations"
    assert {machine.rpartition("/")[2]: window for machine, (_, window) in found.items()} == {
        "a": f"{configuration}/quarter",
        "v": f"{configuration}/nights",
        "w": f"{configuration}/nights",
    }
    for machine, (at, _) in found.items():
        assert at.lower() == machine.lower()
    assert "nights: its machines are in 2 subscriptions" in done.err
    assert "quarter: its machines" not in done.err


# --- Azure's own models ----------------------------------------

_MODELS = "azure-mgmt-maintenance isn't installed"


def test_azures_models_have_the_names_of_the_schema() -> None:
    """Each object of the schema has the keys and values of the model of the same name."""
    models = pytest.importorskip("azure.mgmt.maintenance.models", reason=_MODELS)
    definitions = SCHEMA["$defs"]
    for name in (
        "InputPatchConfiguration",
        "InputWindowsParameters",
        "ConfigurationAssignmentFilterProperties",
        "TagSettingsProperties",
    ):
        keys = {row["key"] for row in getattr(models, name)._attribute_map.values()}
        assert definitions[name]["properties"].keys() <= keys, name
    flattened = {
        "MaintenanceConfigurationProperties": (models.MaintenanceConfiguration, "properties."),
        "MaintenanceWindow": (models.MaintenanceConfiguration, "properties.maintenanceWindow."),
        "ConfigurationAssignmentProperties": (models.ConfigurationAssignment, "properties."),
    }
    for name, (model, prefix) in flattened.items():
        keys = {
            row["key"].removeprefix(prefix).partition(".")[0]
            for row in model._attribute_map.values()
            if row["key"].startswith(prefix)
        }
        assert definitions[name]["properties"].keys() == keys, name
    enums = {
        models.RebootOptions: definitions["InputPatchConfiguration"]["properties"]["rebootSetting"],
        models.TagOperators: definitions["TagSettingsProperties"]["properties"]["filterOperator"],
        models.Visibility: definitions["MaintenanceConfigurationProperties"]["properties"][
            "visibility"
        ],
    }
    for enum, listed in enums.items():
        assert {member.value for member in enum} == set(listed["enum"])
    assert models.MaintenanceScope.IN_GUEST_PATCH.value == "InGuestPatch"


def test_azures_models_read_what_is_written(hotpatch: Hotpatch) -> None:
    """A resource that Azure's models read and write again is the same, without a loss."""
    models = pytest.importorskip("azure.mgmt.maintenance.models", reason=_MODELS)
    done = hotpatch("windows", "export", hotpatch.write("fleet.yaml", FLEET))
    scope = DynamicScope(
        SUBSCRIPTIONS[0], ("westeurope",), ("Windows",), ("rg",), tags=(("ring", ("a", "b")),)
    )
    scoped = window_template([exported(1, "westeurope", [scope], platform=True)])
    rows = [*deployed(done.json), *deployed(scoped)]
    assert len(rows) == 7
    for _, resource in rows:
        kind = resource["type"].rpartition("/")[2]
        name = {
            "maintenanceConfigurations": "MaintenanceConfiguration",
            "configurationAssignments": "ConfigurationAssignment",
        }[kind]
        read = getattr(models, name).deserialize(resource)
        assert read.name == resource["name"]
        again = read.serialize()
        assert again["location"] == resource["location"]
        assert again["properties"] == resource["properties"]


# --- our own reader of templates ----------------------------------------


def test_our_reader_of_templates_resolves_every_expression(hotpatch: Hotpatch) -> None:
    """Nested deployments included, nothing stays open, and an assignment names a configuration."""
    done = hotpatch("windows", "export", hotpatch.write("fleet.yaml", FLEET))
    types = {
        "microsoft.maintenance/maintenanceconfigurations",
        "microsoft.maintenance/configurationassignments",
    }
    read = resolve(tree(done.json), None, types, NODES)
    assert (read.problems, read.linked, read.other_types) == ((), 0, {})
    assert [resource.open_at for resource in read.resources] == [()] * 5
    named = {resource.name for resource in read.resources if not resource.nested_in}
    assigned = [resource.body["properties"] for resource in read.resources if resource.nested_in]
    assert named == {"quarter", "nights"}
    targets = [properties["maintenanceConfigurationId"] for properties in assigned]
    assert {target.rpartition("/")[2] for target in targets} == named
