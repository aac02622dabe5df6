"""Terraform plans and states: what is read, what stays unknown, and what is never shown."""

import json
from typing import Any

import pytest

Hotpatch = Any

CORE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
    "version": "latest",
}
PLANTED = "Pl4nted-S3cret!"
VM = "azurerm_windows_virtual_machine"
ORCHESTRATED = "azurerm_orchestrated_virtual_machine_scale_set"
READY = {
    "source_image_reference": [CORE],
    "patch_mode": "AutomaticByPlatform",
    "hotpatching_enabled": True,
    "provision_vm_agent": True,
    "location": "uksouth",
    "admin_password": PLANTED,
    "custom_data": PLANTED,
}


def resource(address: str = f"{VM}.web", kind: str = VM, **values: Any) -> dict[str, Any]:
    """A resource as `terraform show -json` has it; values are laid over those of a VM
    that is well.
    """
    laid = {**(READY if kind == VM else {"admin_password": PLANTED}), **values}
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "values": laid,
        "sensitive_values": {},
    }


def plan(*resources: dict[str, Any], modules: Any = (), changes: Any = ()) -> str:
    """A plan."""
    root = {"resources": list(resources), "child_modules": list(modules)}
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "variables": {"password": {"value": PLANTED}},
            "planned_values": {"root_module": root},
            "resource_changes": list(changes),
        },
        indent=1,
    )


def unknown(address: str, after_unknown: Any) -> dict[str, Any]:
    """A change that leaves something open until apply."""
    return {
        "address": address,
        "change": {"actions": ["create"], "after": {}, "after_unknown": after_unknown},
    }


def codes(machine: dict[str, Any]) -> list[str]:
    """The codes of a machine's reasons, but for what concerns builds, zones and windows."""
    found = [reason["code"] for reason in machine["reasons"]]
    return [code for code in found if code not in ("HP307", "HP313", "HP413", "HP501")]


def only(hotpatch: Hotpatch, text: str) -> dict[str, Any]:
    """The only machine of a plan, judged."""
    (machine,) = hotpatch.check(text, name="plan.json").machines.values()
    return machine


def test_a_vm_with_all_settings_is_ready(hotpatch: Hotpatch) -> None:
    """A planned VM whose image and settings are right is ready."""
    assert only(hotpatch, plan(resource()))["verdict"] == "ready"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"patch_mode": None, "hotpatching_enabled": None}, ["HP201", "HP202"]),
        ({"hotpatching_enabled": False}, ["HP201"]),
        ({"patch_mode": "Manual"}, ["HP202"]),
        ({"provision_vm_agent": False}, ["HP203"]),
        ({"source_image_reference": [], "source_image_id": "/subscriptions/0/x"}, ["HP102"]),
        ({"source_image_reference": [], "os_managed_disk_id": "/subscriptions/0/d"}, ["HP102"]),
        ({"source_image_reference": [CORE | {"sku": "2022-datacenter-azure-edition"}]}, ["HP101"]),
        ({"bypass_platform_safety_checks_on_user_schedule_enabled": True}, ["HP204", "HP504"]),
        ({"reboot_setting": "Never"}, ["HP214"]),
    ],
    ids=["defaults", "hotpatching", "mode", "agent", "image-id", "disk", "sku", "bypass", "never"],
)
def test_settings_are_judged_as_of_a_vm(
    hotpatch: Hotpatch, values: dict[str, Any], expected: list[str]
) -> None:
    """Each setting of a windows VM raises the rule that it breaks; what is left out has the
    provider's default.
    """
    assert codes(only(hotpatch, plan(resource(**values)))) == expected


def test_nested_modules_and_indices_keep_their_addresses(hotpatch: Hotpatch) -> None:
    """Resources of nested modules, with count and for_each, are named by their addresses."""
    inner = {
        "address": "module.a.module.b",
        "resources": [resource(f"module.a.module.b.{VM}.x[0]")],
    }
    modules = [
        {
            "address": "module.a",
            "resources": [resource(f'module.a.{VM}.y["k"]')],
            "child_modules": [inner],
        }
    ]
    done = hotpatch.check(plan(resource(), modules=modules), name="plan.json")
    assert list(done.machines) == [
        f"{VM}.web",
        f'module.a.{VM}.y["k"]',
        f"module.a.module.b.{VM}.x[0]",
    ]


@pytest.mark.parametrize(
    ("after_unknown", "gone", "code", "named"),
    [
        (
            {"source_image_reference": [{"sku": True}]},
            ("sku",),
            "HP401",
            "source_image_reference.sku is known only",
        ),
        (
            {"source_image_reference": True},
            ("source_image_reference",),
            "HP401",
            "source_image_reference",
        ),
        ({"patch_mode": True}, ("patch_mode",), "HP404", "patch_mode is known only after apply"),
        ({"hotpatching_enabled": True}, ("hotpatching_enabled",), "HP405", "hotpatching_enabled"),
        ({"provision_vm_agent": True}, ("provision_vm_agent",), "HP406", "provision_vm_agent"),
    ],
    ids=["sku", "image", "mode", "hotpatching", "agent"],
)
def test_what_apply_alone_knows_is_unknown_and_named(
    hotpatch: Hotpatch, after_unknown: Any, gone: tuple[str, ...], code: str, named: str
) -> None:
    """A value in after_unknown gives the verdict unknown, and the attribute is named."""
    planned = resource()
    for key in gone:
        planned["values"].pop(key, None)
    if gone == ("sku",):
        planned["values"]["source_image_reference"] = [
            {key: CORE[key] for key in CORE if key != "sku"}
        ]
    machine = only(hotpatch, plan(planned, changes=[unknown(planned["address"], after_unknown)]))
    (reason,) = [each for each in machine["reasons"] if each["level"] == "error"]
    assert (machine["verdict"], reason["code"]) == ("unknown", code)
    assert named in reason["message"]


def test_an_image_id_that_is_not_known_yet_is_still_a_custom_image(hotpatch: Hotpatch) -> None:
    """source_image_id means a gallery or custom image, whichever it will be."""
    planned = resource(source_image_reference=[])
    text = plan(planned, changes=[unknown(planned["address"], {"source_image_id": True})])
    assert codes(only(hotpatch, text)) == ["HP102"]


def test_a_sensitive_attribute_is_not_read(hotpatch: Hotpatch) -> None:
    """What Terraform marks as sensitive is unknown, and its value stands nowhere."""
    planned = resource(patch_mode=PLANTED)
    planned["sensitive_values"] = {"patch_mode": True}
    done = hotpatch.check(plan(planned), name="plan.json")
    assert (
        "patch_mode is marked as sensitive"
        in done.machines[planned["address"]]["reasons"][0]["message"]
    )
    assert PLANTED not in done.out + done.err


def orchestrated(**settings: Any) -> dict[str, Any]:
    """A flexible scale set."""
    windows = {
        "patch_mode": "AutomaticByPlatform",
        "hotpatching_enabled": True,
        "provision_vm_agent": True,
        **settings,
    }
    profile = [
        {
            "windows_configuration": [{**windows, "admin_password": PLANTED}],
            "linux_configuration": [],
        }
    ]
    extensions = [{"type": "ApplicationHealthWindows", "protected_settings": PLANTED}]
    return {"source_image_reference": [CORE], "os_profile": profile, "extension": extensions}


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (ORCHESTRATED, orchestrated(), []),
        (ORCHESTRATED, orchestrated(hotpatching_enabled=False), ["HP201"]),
        (ORCHESTRATED, orchestrated() | {"extension": []}, ["HP212"]),
        (
            "azurerm_windows_virtual_machine_scale_set",
            {"source_image_reference": [CORE]},
            ["HP106", "HP201", "HP202"],
        ),
        (
            "azurerm_virtual_machine",
            {
                "storage_image_reference": [CORE],
                "os_profile_windows_config": [{"provision_vm_agent": True}],
            },
            ["HP201", "HP202"],
        ),
        (
            "azurerm_virtual_machine",
            {"storage_image_reference": [CORE], "os_profile_windows_config": [{"timezone": ""}]},
            ["HP201", "HP202", "HP203"],
        ),
    ],
    ids=[
        "flexible",
        "flexible-off",
        "flexible-no-health",
        "uniform",
        "old-vm",
        "old-vm-without-agent",
    ],
)
def test_other_types_of_the_provider(
    hotpatch: Hotpatch, kind: str, values: dict[str, Any], expected: list[str]
) -> None:
    """Scale sets and the old VM type are read where they have their settings."""
    assert codes(only(hotpatch, plan(resource("a.b", kind, **values)))) == expected


@pytest.mark.parametrize(
    "planned",
    [
        resource(
            "l",
            "azurerm_linux_virtual_machine",
            source_image_reference=[CORE | {"publisher": "Canonical"}],
        ),
        resource(
            "l",
            "azurerm_virtual_machine",
            storage_image_reference=[CORE | {"publisher": "Canonical"}],
        ),
        resource(
            "l",
            "azurerm_virtual_machine",
            os_profile_linux_config=[{"disable_password_authentication": True}],
        ),
        resource("l", ORCHESTRATED, os_profile=[{"linux_configuration": [{"x": 1}]}]),
    ],
    ids=["linux-vm", "publisher", "old-vm", "flexible"],
)
def test_linux_is_skipped(hotpatch: Hotpatch, planned: dict[str, Any]) -> None:
    """A machine that runs Linux is counted as skipped."""
    assert (
        hotpatch.check(plan(resource(), planned), name="plan.json").json["summary"]["skipped"] == 1
    )


BODY = {
    "properties": {
        "storageProfile": {"imageReference": CORE},
        "osProfile": {
            "adminPassword": PLANTED,
            "windowsConfiguration": {
                "patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": True},
            },
        },
    }
}
AZAPI = {
    "type": "Microsoft.Compute/virtualMachines@2024-03-01",
    "name": "vm1",
    "location": "uksouth",
}


@pytest.mark.parametrize("body", [BODY, json.dumps(BODY)], ids=["mapping", "text"])
def test_azapi_bodies_are_read_as_mapping_and_as_text(hotpatch: Hotpatch, body: Any) -> None:
    """An azapi VM is judged by its body, and the service's default has the agent on."""
    done = hotpatch.check(
        plan(resource("azapi_resource.vm", "azapi_resource", **AZAPI, body=body)), name="plan.json"
    )
    assert done.machines["azapi_resource.vm"]["verdict"] == "ready"
    assert PLANTED not in done.out + done.err


def test_an_unknown_part_of_an_azapi_body_is_named(hotpatch: Hotpatch) -> None:
    """after_unknown within a body leaves that fact open."""
    tree = {"body": {"properties": {"storageProfile": {"imageReference": {"sku": True}}}}}
    body = json.loads(json.dumps(BODY))
    del body["properties"]["storageProfile"]["imageReference"]["sku"]
    planned = resource("azapi_resource.vm", "azapi_resource", **AZAPI, body=body)
    machine = only(hotpatch, plan(planned, changes=[unknown("azapi_resource.vm", tree)]))
    assert machine["verdict"] == "unknown"
    assert "imagereference.sku is known only after apply" in machine["reasons"][0]["message"]


def test_a_state_of_terraform_show_is_read(hotpatch: Hotpatch) -> None:
    """`terraform show -json` of a state has values where a plan has planned_values."""
    state = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": [resource()]}},
    }
    assert only(hotpatch, json.dumps(state))["verdict"] == "ready"


def test_a_state_file_is_read(hotpatch: Hotpatch) -> None:
    """A terraform.tfstate gives the same machines, named by module, index and key; data sources are
    left out.
    """
    instances = [
        {"index_key": 0, "attributes": READY},
        {"index_key": "b", "attributes": READY | {"id": "/x/y"}},
    ]
    managed = {
        "mode": "managed",
        "type": VM,
        "name": "web",
        "module": "module.m",
        "instances": instances,
    }
    data = {"mode": "data", "type": VM, "name": "old", "instances": [{"attributes": READY}]}
    state = {"version": 4, "terraform_version": "1.9.0", "resources": [managed, data]}
    done = hotpatch.check(json.dumps(state), name="terraform.tfstate")
    assert list(done.machines) == [f"module.m.{VM}.web[0]", f'module.m.{VM}.web["b"]']


def test_a_reason_points_at_the_attribute(hotpatch: Hotpatch) -> None:
    """The location of a reason is the line of the attribute in the plan."""
    text = plan(resource(patch_mode="Manual"))
    (reason,) = [each for each in only(hotpatch, text)["reasons"] if each["code"] == "HP202"]
    line = next(
        number for number, line in enumerate(text.splitlines(), 1) if '"patch_mode"' in line
    )
    assert reason["location"]["line"] == line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (plan(resource("aws_instance.x", "aws_instance")), "1 of 'aws_instance'"),
        (plan(), "Resources found: none"),
        (plan(resource(patch_mode=5)), "Expected text in patch_mode, found a number"),
        (
            plan(resource(hotpatching_enabled=PLANTED)),
            "Expected true or false in hotpatching_enabled, found text",
        ),
        (plan(resource("z", "azapi_resource", **AZAPI, body=PLANTED)), "isn't JSON"),
        (plan(resource())[:-40], "Invalid JSON"),
        (plan(resource()).replace("[\n", "[" * 100 + "\n", 1), "nesting is deeper"),
    ],
    ids=["other-provider", "empty", "number", "flag", "azapi-body", "truncated", "deep"],
)
def test_what_cannot_be_read_is_named_and_no_secret_with_it(
    hotpatch: Hotpatch, text: str, said: str
) -> None:
    """A plan that cannot be read is refused with exit code 2, one message, and nothing of its
    secrets.
    """
    done = hotpatch.check(text, name="plan.json")
    assert done.code == 2
    assert said in done.err
    assert not done.out
    assert PLANTED not in done.err


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_planted_secrets_stand_in_no_format(hotpatch: Hotpatch, form: str) -> None:
    """Passwords, custom data, protected settings and variables of a plan stand in no output."""
    text = plan(
        resource(),
        resource("s", ORCHESTRATED, **orchestrated()),
        resource("w", VM, patch_mode="Manual"),
    )
    done = hotpatch.check(text, "-f", form, "--explain", name="plan.json")
    assert done.code == 1
    assert PLANTED not in done.out + done.err


OWN_RULES: dict[str, tuple[dict[str, Any], str | None]] = {
    "all is well": ({}, None),
    "another mode": ({"patch_mode": "AutomaticByOS"}, "HP202"),
    "no agent": ({"provision_vm_agent": False}, "HP203"),
    "an image in other letter case": (
        {"source_image_reference": [{**CORE, "sku": CORE["sku"].upper()}]},
        "HP110",
    ),
    "a publisher in other letter case": (
        {"source_image_reference": [{**CORE, "publisher": CORE["publisher"].lower()}]},
        "HP110",
    ),
    "a gallery image": ({"source_image_reference": [], "source_image_id": "/x/images/i"}, "HP102"),
    "another image": ({"source_image_reference": [{**CORE, "sku": "2019-datacenter"}]}, "HP101"),
}


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "markdown", "gitlab"])
@pytest.mark.parametrize(("values", "code"), OWN_RULES.values(), ids=OWN_RULES)
def test_what_the_provider_would_refuse_is_a_finding(
    hotpatch: Hotpatch, values: dict[str, Any], code: str | None, form: str
) -> None:
    """The provider has rules of its own, in the exact letter case; a plan that breaks one fails, in
    every format.
    """
    done = hotpatch.check(plan(resource(**values)), "-f", form, "--explain", name="plan.json")
    assert done.code == (0 if code is None else 1)
    assert code is None or code in done.out


def test_a_state_is_not_refused_for_its_letter_case(hotpatch: Hotpatch) -> None:
    """A VM that exists was not refused: Azure takes any letter case."""
    text = plan(resource(source_image_reference=[{**CORE, "sku": CORE["sku"].upper()}]))
    assert hotpatch.check(text.replace("planned_values", "values"), name="state.json").code == 0
