"""Azure Arc: machines and licences in the clothes of az, REST and Resource Graph, and the portal's
own states.
"""

import json
from typing import Any

import pytest

BASE = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.HybridCompute/machines"
SERVER: dict[str, Any] = {
    "osName": "windows",
    "osSku": "Windows Server 2025 Datacenter",
    "osEdition": "serverdatacenter",
    "osVersion": "10.0.26100.7092",
    "status": "Connected",
    "agentVersion": "1.47.02843.1892",
}
FEATURES = [{"name": "WindowsServerAzureArcMgmt", "subscriptionStatus": "Enabled"}]


def rest(name: str = "sql01", kind: str | None = None, **properties: Any) -> dict[str, Any]:
    """A machine as REST answers it; a property that is None is left out."""
    body = {key: value for key, value in {**SERVER, **properties}.items() if value is not None}
    typed = {
        "name": name,
        "id": f"{BASE}/{name}",
        "type": "Microsoft.HybridCompute/machines",
        "location": "uksouth",
    }
    return typed | ({"kind": kind} if kind else {}) | {"properties": body}


def enrolled(licence: str | None, status: str | None) -> dict[str, Any]:
    """The properties of a machine with a licence state and an enablement status."""
    hotpatch = [{"name": "Hotpatch", "subscriptionStatus": licence}] if licence else []
    patch = {
        "patchSettings": {"enableHotpatching": True}
        | ({"status": {"hotpatchEnablementStatus": status}})
    }
    return {
        "licenseProfile": {"productProfile": {"productFeatures": [*FEATURES, *hotpatch]}},
        "osProfile": {"computerName": "SQL01", "windowsConfiguration": patch if status else {}},
    }


def flattened(machine: dict[str, Any]) -> dict[str, Any]:
    """A machine as `az connectedmachine list` prints it: four levels are taken away."""
    flat = {key: value for key, value in machine.items() if key != "properties"} | machine[
        "properties"
    ]
    flat["licenseProfile"] = flat["licenseProfile"]["productProfile"]
    windows = flat["osProfile"]["windowsConfiguration"]
    flat["osProfile"] = flat["osProfile"] | {"windowsConfiguration": windows["patchSettings"]}
    return flat


def table(machine: dict[str, Any]) -> dict[str, Any]:
    """A machine as Resource Graph's table format has it."""
    lower = machine | {"type": machine["type"].lower()}
    return {
        "data": {"columns": [{"name": key} for key in lower], "rows": [list(lower.values())]},
        "count": 1,
    }


def codes(machine: dict[str, Any]) -> set[str]:
    """The codes of a machine of a report."""
    return {reason["code"] for reason in machine["reasons"]}


READY = rest(**enrolled("Enabled", "Enabled"))


@pytest.mark.parametrize(
    "export",
    [
        READY,
        {"value": [READY]},
        [flattened(READY)],
        flattened(READY),
        {
            "data": [READY | {"type": "microsoft.hybridcompute/machines"}],
            "count": 1,
            "skip_token": None,
        },
        table(READY),
    ],
    ids=["show", "rest", "az list", "az show", "graph objects", "graph table"],
)
def test_every_shape_gives_the_same_verdict(hotpatch: Any, export: Any) -> None:
    """A machine that is enrolled and enabled is ready in every shape, and on the track of its
    build.
    """
    machine = hotpatch.check(json.dumps(export), name="arc.json").machines["sql01"]
    assert (machine["verdict"], machine["track"]["state"], machine["platform"]) == (
        "ready",
        "behind",
        "arc",
    )


STATES = [
    ("Enabled", "Enabled", "ready", None),
    ("Enable", "Enabled", "ready", None),
    ("Enabled", "Disabled", "action-required", "Disabled"),
    ("Enabled", "PendingEvaluation", "action-required", "Pending"),
    ("Enabled", "ActionRequired", "action-required", "Action Required"),
    ("Enabled", None, "action-required", "Disabled"),
    ("Disabled", "Enabled", "action-required", "Canceled"),
    ("Enabling", "Enabled", "action-required", "Pending"),
    ("Disabling", None, "action-required", "Disabling"),
    (None, "Enabled", "action-required", "Not Enrolled"),
    (None, None, "action-required", "Not Enrolled"),
]


@pytest.mark.parametrize(("licence", "status", "verdict", "shown"), STATES)
def test_the_states_of_the_portal(
    hotpatch: Any, licence: str | None, status: str | None, verdict: str, shown: str | None
) -> None:
    """Licence and enablement give the state that Update Manager's own query shows; another feature
    is no licence.
    """
    done = hotpatch.check(json.dumps(rest(**enrolled(licence, status))), name="arc.json")
    machine = done.machines["sql01"]
    said = [reason["message"] for reason in machine["reasons"] if reason["code"] == "HP208"]
    assert machine["verdict"] == verdict
    assert bool(said) is (shown is not None)
    assert shown is None or shown in said[0]


SYSTEMS = [
    ("Windows Server 2025 Standard", "serverstandard", "10.0.26100.7092", None),
    (None, "serverstandard", "10.0.26100.7092", None),
    (None, "serverdatacentercore", "10.0.26100.7092", None),
    ("Windows Server 2025 Datacenter", "serverdatacentereval", "10.0.26100.7092", "HP402"),
    (None, "serverstandardeval", "10.0.26100.7092", "HP402"),
    ("Windows Server 2025 Datacenter", "serverturbine", "10.0.26100.7092", "HP104"),
    ("Windows Server 2025 Datacenter Azure Edition", None, "10.0.26100.7092", "HP104"),
    ("Windows 10 Enterprise", "enterprise", "10.0.19045.5011", "HP104"),
    ("Windows Server 2022 Datacenter", "serverdatacenter", "10.0.20348.2762", "HP105"),
    (None, "serverstandard", "10.0.17763.7558", "HP105"),
    (None, "Standard", "10.0.26100.7092", "HP402"),
    (None, None, None, "HP402"),
]


@pytest.mark.parametrize(("sku", "edition", "build", "code"), SYSTEMS)
def test_the_operating_system_is_told_by_text_edition_and_build(
    hotpatch: Any, sku: str | None, edition: str | None, build: str | None, code: str | None
) -> None:
    """The agent's free text leads; edition id and build fill in what it leaves out; a client is
    never a server.
    """
    properties = enrolled("Enabled", "Enabled") | {
        "osSku": sku,
        "osEdition": edition,
        "osVersion": build,
    }
    machine = hotpatch.check(json.dumps(rest(**properties)), name="arc.json").machines["sql01"]
    assert codes(machine) & {"HP104", "HP105", "HP402"} == ({code} if code else set())


def test_a_linux_machine_is_skipped(hotpatch: Any) -> None:
    """A machine that runs Linux is counted, not judged."""
    linux = rest("web", osName="linux", osSku="Ubuntu 22.04", osEdition=None)
    summary = hotpatch.check(json.dumps([READY, linux]), name="arc.json").json["summary"]
    assert (summary["machines"], summary["skipped"]) == (1, 1)


def test_what_nobody_exported_is_unknown(hotpatch: Any) -> None:
    """A projection without licence, profile and status leaves enrolment, agent, VBS and Secure Boot
    unknown.
    """
    machine = hotpatch.check(json.dumps(rest(status=None)), name="arc.json").machines["sql01"]
    assert machine["verdict"] == "unknown"
    assert codes(machine) >= {"HP407", "HP408", "HP409", "HP410"}


def test_enabled_is_evidence_for_vbs_and_secure_boot(hotpatch: Any) -> None:
    """Arc's own Enabled stands for virtualization-based security and Secure Boot; without it both
    are asked for.
    """
    enabled = hotpatch.check(json.dumps(READY), name="a.json").machines["sql01"]
    pending = rest(**enrolled("Enabled", "PendingEvaluation"))
    assert not codes(enabled) & {"HP409", "HP410"}
    assert codes(hotpatch.check(json.dumps(pending), name="b.json").machines["sql01"]) >= {
        "HP409",
        "HP410",
    }


@pytest.mark.parametrize(("firmware", "raised"), [("EFI", False), ("BIOS", True), (None, False)])
def test_firmware_that_is_not_uefi_is_told(
    hotpatch: Any, firmware: str | None, raised: bool
) -> None:
    """A machine whose firmware profile is BIOS cannot have Secure Boot."""
    machine = rest(
        **enrolled("Enabled", "Enabled"), firmwareProfile={"type": firmware} if firmware else None
    )
    assert (
        "HP206" in codes(hotpatch.check(json.dumps(machine), name="arc.json").machines["sql01"])
    ) is raised


def profile(machine: str, *features: tuple[str, str]) -> dict[str, Any]:
    """A licence profile as REST answers it."""
    listed = [{"name": name, "subscriptionStatus": status} for name, status in features]
    kind = "Microsoft.HybridCompute/machines/licenseProfiles"
    identifier = f"{BASE.upper()}/{machine}/licenseProfiles/default"
    return {
        "id": identifier,
        "name": "default",
        "type": kind,
        "properties": {"productProfile": {"productFeatures": listed}},
    }


@pytest.mark.parametrize(
    ("features", "code"),
    [
        ([("WindowsServerAzureArcMgmt", "Enabled"), ("Hotpatch", "Enabled")], None),
        ([("hotpatch", "Disabled")], "HP208"),
        ([("WindowsServerAzureArcMgmt", "Enabled")], "HP208"),
    ],
)
def test_a_licence_in_another_file_is_joined(
    hotpatch: Any, features: list[tuple[str, str]], code: str | None
) -> None:
    """A licence profile belongs to the machine whose id begins its own, in any letter case."""
    properties = enrolled(None, "Enabled") | {"licenseProfile": None}
    machines = hotpatch.write("arc.json", json.dumps([rest(**properties)]))
    licences = hotpatch.write(
        "licences.json", json.dumps({"value": [profile("sql01", *features)]}, indent=1)
    )
    machine = hotpatch("check", machines, licences, "-f", "json", "--as-of", "2025-12-15").machines[
        "sql01"
    ]
    reasons = {reason["code"]: reason for reason in machine["reasons"]}
    assert machine["verdict"] == ("action-required" if code else "ready")
    assert (code in reasons) if code else "HP208" not in reasons
    assert code is None or reasons[code]["location"]["file"] == "licences.json"


def test_a_licence_is_more_than_none_in_the_machines_own_record(hotpatch: Any) -> None:
    """A machine record without a Hotpatch licence does not contradict a licence profile that has
    one.
    """
    machines = hotpatch.write("arc.json", json.dumps([rest(**enrolled(None, "Enabled"))]))
    licences = hotpatch.write(
        "licences.json", json.dumps([profile("sql01", ("Hotpatch", "Enabled"))])
    )
    done = hotpatch("check", machines, licences, "-f", "json", "--as-of", "2025-12-15")
    assert done.machines["sql01"]["verdict"] == "ready"
    assert "disagree" not in done.err


def test_licences_alone_are_no_fleet(hotpatch: Any) -> None:
    """Licence profiles without the machines that they belong to are code 2 and say
    what is missing.
    """
    done = hotpatch.check(
        json.dumps([profile("sql01", ("Hotpatch", "Enabled"))]), name="licences.json"
    )
    assert (done.code, done.out) == (2, "")
    assert "Add an inventory or an export that lists the machines" in done.err


def test_a_reason_stands_where_the_export_has_it(hotpatch: Any) -> None:
    """The place of HP208 is the line of the feature's state, that of HP207 the line of the agent's
    status.
    """
    machine = rest(**enrolled("Disabled", "Enabled"), status="Expired")
    text = json.dumps([machine], indent=1)
    reasons = hotpatch.check(text, name="arc.json").machines["sql01"]["reasons"]
    lines = {each["code"]: text.splitlines()[each["location"]["line"] - 1] for each in reasons}
    assert '"Disabled"' in lines["HP208"]
    assert '"Expired"' in lines["HP207"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"osSku": {"a": 1}}, "Expected text in osSku, found a mapping"),
        ({"status": ["Connected"]}, "Expected text in status, found a list"),
        (
            {
                "licenseProfile": {
                    "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": [1]}]
                }
            },
            "Expected text",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    hotpatch: Any, change: dict[str, Any], said: str
) -> None:
    """A list or a mapping where text belongs is code 2 at its place."""
    done = hotpatch.check(json.dumps(rest(**change)), name="arc.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
