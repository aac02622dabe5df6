"""Results of `az deployment ... what-if`: what is judged, counted, left open, and refused."""

import json
from typing import Any

import jsonschema
import pytest

Hotpatch = Any

GROUP = "/subscriptions/0/resourceGroups/rg/providers"
VMS = f"{GROUP}/Microsoft.Compute/virtualMachines"
ARC = f"{GROUP}/Microsoft.HybridCompute/machines"
PLANTED = "Pl4nted-S3cret"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
    "version": "latest",
}


def settings(**patch: Any) -> dict[str, Any]:
    """The settings of Windows; those of patches are laid over those of a VM that is well."""
    laid = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True} | patch
    return {"provisionVMAgent": True, "patchSettings": laid}


def vm(name: str = "a", image: Any = None, windows: Any = None, **top: Any) -> dict[str, Any]:
    """A VM as a what-if has it."""
    profile = {"adminPassword": PLANTED, "windowsConfiguration": windows or settings()}
    return {
        "apiVersion": "2024-07-01",
        "id": f"{VMS}/{name}",
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": "westeurope",
        "properties": {
            "storageProfile": {"imageReference": image or IMAGE},
            "osProfile": profile,
        },
    } | top


OFF = vm(windows=settings(enableHotpatching=False))


def change(kind: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    """A change of a resource."""
    body = after or before or {"id": f"{VMS}/a"}
    return {
        "changeType": kind,
        "before": before,
        "after": after,
        "delta": None,
        "resourceId": body["id"],
    } | more


def result(*changes: dict[str, Any], **more: Any) -> str:
    """A result as az prints it."""
    return json.dumps({"status": "Succeeded", "error": None, "changes": changes} | more, indent=1)


def judged(hotpatch: Hotpatch, text: str, *options: str) -> Any:
    """The run of `check --changes-only` on a what-if result."""
    return hotpatch.check(text, "--changes-only", *options, name="what-if.json")


OTHER = change("Create", after=vm("other"))
KINDS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "created": (change("Create", after=vm()), "create", True),
    "modified": (change("Modify", OFF, vm()), "update", True),
    "deployed": (change("Deploy", OFF, vm()), "update", True),
    "ignored": (change("Ignore", vm(), vm()), "unchanged", False),
    "ignored, before alone": (change("Ignore", vm()), "unchanged", False),
    "no change": (change("NoChange", vm(), vm()), "unchanged", False),
    "no effect": (change("NoEffect", vm(), vm()), "unchanged", False),
    "unsupported": (change("Unsupported", unsupportedReason="No."), "unevaluated", True),
    "in lower case": (change("modify", OFF, vm()), "update", True),
    "in upper case": (change("NOCHANGE", vm(), vm()), "unchanged", False),
}


@pytest.mark.parametrize(("entry", "word", "kept"), KINDS.values(), ids=KINDS)
def test_what_is_created_or_modified_is_judged(
    hotpatch: Hotpatch, entry: dict[str, Any], word: str, kept: bool
) -> None:
    """A change type, in any letter case, decides whether its machine is judged; it is counted."""
    done = judged(hotpatch, result(entry, OTHER))
    assert ("a" in done.machines) is kept
    counts = {key: count for key, count in done.json["changes"].items() if count}
    assert counts == ({"create": 2} if word == "create" else {word: 1, "create": 1}) | {
        "only": True
    }
    assert "a" in hotpatch.check(result(entry, OTHER), name="what-if.json").machines


def test_a_deleted_machine_is_counted_and_not_judged(hotpatch: Hotpatch) -> None:
    """Deleted machines are in the count of the table, of JSON, and of the last line."""
    text = result(change("Delete", vm()), OTHER)
    for options in ((), ("--changes-only",)):
        done = hotpatch.check(text, *options, name="what-if.json")
        assert (list(done.machines), done.json["changes"]["destroy"]) == (["other"], 1)
        assert "1 to destroy" in done.err


def test_a_result_that_only_deletes_says_so(hotpatch: Hotpatch) -> None:
    """There is nothing to judge: exit code 2."""
    done = hotpatch.check(result(change("Delete", vm())), name="what-if.json")
    assert (done.code, done.out) == (2, "")
    assert "only destroys 1 machine." in done.err


@pytest.mark.parametrize(
    "text",
    [
        result(OTHER),
        json.dumps({"status": "Succeeded", "properties": {"changes": [OTHER]}}),
        json.dumps({"Status": "Succeeded", "Changes": [{k.title(): v for k, v in OTHER.items()}]})
        .replace('"Changetype"', '"ChangeType"')
        .replace('"Resourceid"', '"ResourceId"'),
        json.dumps({"changes": [OTHER]}),
    ],
    ids=["az", "REST", "other letter case", "changes alone"],
)
def test_every_shape_is_the_same(hotpatch: Hotpatch, text: str) -> None:
    """az has the changes at the top, REST under `properties`, in any letter case."""
    done = judged(hotpatch, text)
    assert {name: machine["verdict"] for name, machine in done.machines.items()} == {
        "other": "ready"
    }


def test_what_a_deployment_leaves_out_has_the_default_of_the_service(hotpatch: Hotpatch) -> None:
    """A created VM without patch settings is judged as a template has it; an export isn't."""
    bare = vm(windows={"provisionVMAgent": True})
    codes = [
        {reason["code"] for reason in judged(hotpatch, text).machines["a"]["reasons"]}
        for text in (result(change("Create", after=bare)), result(change("Modify", vm(), bare)))
    ]
    assert all({"HP201", "HP202"} <= found for found in codes)
    exported = hotpatch.check(result(change("Ignore", bare, bare)), name="what-if.json")
    assert "HP404" in {reason["code"] for reason in exported.machines["a"]["reasons"]}


OPEN = {
    "an image": (vm(image=IMAGE | {"sku": "[reference('x').sku]"}), "HP401"),
    "a mode": (vm(windows=settings(patchMode="[parameters('mode')]")), "HP404"),
    "a profile": (
        vm() | {"properties": vm()["properties"] | {"osProfile": "[reference('x').profile]"}},
        "HP404",
    ),
}


@pytest.mark.parametrize(("body", "code"), OPEN.values(), ids=OPEN)
def test_what_azure_cannot_evaluate_stays_open(
    hotpatch: Hotpatch, body: dict[str, Any], code: str
) -> None:
    """An expression in a predicted resource is no value: the verdict is unknown, and names it."""
    done = judged(hotpatch, result(change("Create", after=body)))
    machine = done.machines["a"]
    (message,) = [each["message"] for each in machine["reasons"] if each["code"] == code]
    assert (done.code, machine["verdict"]) == (3, "unknown")
    assert "[" in message


def test_a_resource_that_what_if_does_not_evaluate_is_unknown(hotpatch: Hotpatch) -> None:
    """An unsupported VM is no pass: nothing of it is known, and the exit code is 3."""
    done = judged(hotpatch, result(change("Unsupported", unsupportedReason=PLANTED), OTHER))
    assert (done.code, done.machines["a"]["verdict"]) == (3, "unknown")
    assert PLANTED not in done.out + done.err


def test_a_scale_set_that_what_if_does_not_evaluate_is_unknown(hotpatch: Hotpatch) -> None:
    """Without its mode, an unsupported scale set isn't taken for a uniform one."""
    entry = change("Unsupported", resourceId=scale_set("")["id"])
    done = judged(hotpatch, result(entry))
    assert (done.code, done.machines["s"]["verdict"]) == (3, "unknown")


def test_potential_changes_are_judged_and_named(hotpatch: Hotpatch) -> None:
    """What the deployment may or may not create counts; a certain change outweighs it."""
    open_name = vm("[format('{0}', reference('x').name)]")
    open_name["id"] = (
        f"[resourceId('Microsoft.Compute/virtualMachines', {open_name['name'][1:-1]})]"
    )
    entries = [
        change("Create", after=vm("b")),
        change("Unsupported", after=open_name, symbolicName="worker"),
        change("Create", after=OFF | {"id": f"{VMS}/OTHER", "name": "OTHER"}),
    ]
    done = judged(hotpatch, result(OTHER, potentialChanges=entries))
    assert {name: each["verdict"] for name, each in done.machines.items()} == {
        "other": "ready",
        "b": "ready",
        "worker": "ready",
    }
    assert "2 resources: b, worker." in done.err


def test_copies_of_a_loop_share_an_expression_and_are_all_judged(hotpatch: Hotpatch) -> None:
    """Resources whose IDs are the same expression are different resources."""
    body = vm("[format('{0}', reference('x').name)]", id="[resourceId('x', reference('x').name)]")
    entries = [change("Unsupported", after=body) for _ in range(2)]
    done = judged(hotpatch, result(OTHER, potentialChanges=entries))
    assert len(done.machines) == 3


def diagnostic(code: str, level: str = "Warning") -> dict[str, Any]:
    """A diagnostic of a nested deployment."""
    target = f"{GROUP}/Microsoft.Resources/deployments/vms"
    return {"code": code, "level": level, "target": target, "message": PLANTED}


def test_a_result_without_the_resources_of_a_module_is_refused(hotpatch: Hotpatch) -> None:
    """Azure skipped a nested deployment: its machines are missing, and nothing looks green."""
    found = [diagnostic("NestedDeploymentShortCircuited")]
    done = judged(hotpatch, result(OTHER, diagnostics=found))
    assert (done.code, done.out) == (2, "")
    assert "1 nested deployment ('vms')" in done.err
    assert PLANTED not in done.err


def test_other_diagnostics_are_notes(hotpatch: Hotpatch) -> None:
    """A warning is told with its code, information isn't."""
    found = [diagnostic("NestedDeploymentSkippedFromInternalExpansion"), diagnostic("Tip", "Info")]
    done = judged(hotpatch, result(OTHER, diagnostics=found))
    assert done.code == 0
    assert "NestedDeploymentSkippedFromInternalExpansion" in done.err
    assert "Tip" not in done.err
    assert PLANTED not in done.err


REFUSED: dict[str, tuple[str, str]] = {
    "failed": (
        json.dumps({"status": "Failed", "error": {"code": "InvalidTemplate", "message": PLANTED}}),
        "The what-if failed (InvalidTemplate)",
    ),
    "failed without a code": (json.dumps({"status": "Failed", "changes": None}), "what-if failed,"),
    "IDs alone": (
        result(change("Deploy"), change("Create")),
        "--result-format FullResourcePayloads",
    ),
    "unknown type": (result(change("Explode", after=vm())), "Unknown change type 'Explode'."),
    "a number as type": (
        result(change("0", after=vm())).replace('"0"', "0"),
        "Unknown change type '0'.",
    ),
    "no mapping": (result(OTHER).replace('"changes": [', '"changes": [3,'), "found '3'"),
    "nothing changes": (result(), "No machine was found."),
    "no machine changes": (
        result(change("Create", after={"id": f"{GROUP}/Microsoft.Network/virtualNetworks/n"})),
        "No machine was found.",
    ),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_judged_is_named(hotpatch: Hotpatch, text: str, said: str) -> None:
    """A result without machines is refused with exit code 2 and one sentence."""
    done = hotpatch.check(text, name="what-if.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert PLANTED not in done.err


# --- other machines ----------------------------------------


def scale_set(mode: str) -> dict[str, Any]:
    """A scale set."""
    inner = vm()["properties"] | {
        "extensionProfile": {"extensions": [{"properties": {"type": "ApplicationHealthWindows"}}]}
    }
    return {
        "id": f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/s",
        "name": "s",
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "properties": {"orchestrationMode": mode, "virtualMachineProfile": inner},
    }


@pytest.mark.parametrize(("mode", "verdict"), [("Flexible", "ready"), ("Uniform", "unsupported")])
def test_scale_sets_are_judged_as_in_exports(hotpatch: Hotpatch, mode: str, verdict: str) -> None:
    """A scale set is read where it has its settings."""
    done = judged(hotpatch, result(change("Create", after=scale_set(mode))))
    assert done.machines["s"]["verdict"] == verdict


def arc_machine(**more: Any) -> dict[str, Any]:
    """A machine of Azure Arc that only lacks its license."""
    patch = {"patchSettings": {"status": {"hotpatchEnablementStatus": "Enabled"}}}
    return {
        "id": f"{ARC}/sql",
        "name": "sql",
        "type": "Microsoft.HybridCompute/machines",
        "properties": {
            "osSku": "Windows Server 2025 Datacenter",
            "status": "Connected",
            "osProfile": {"windowsConfiguration": patch},
        }
        | more,
    }


def license_profile(state: str) -> dict[str, Any]:
    """The license profile of that machine."""
    features = [{"name": "Hotpatch", "subscriptionStatus": state}]
    return {
        "id": f"{ARC}/sql/licenseProfiles/default",
        "name": "sql/default",
        "type": "Microsoft.HybridCompute/machines/licenseProfiles",
        "properties": {"productProfile": {"productFeatures": features}},
    }


def test_a_license_changes_its_machine(hotpatch: Hotpatch) -> None:
    """A machine whose license profile is deployed is updated, also where Azure ignores the machine
    itself.
    """
    text = result(
        change("Ignore", arc_machine(), arc_machine()),
        change("Modify", license_profile("Disabled"), license_profile("Enabled")),
    )
    done = judged(hotpatch, text)
    assert done.json["changes"]["update"] == 1
    assert "HP207" not in {reason["code"] for reason in done.machines["sql"]["reasons"]}
    (machine,) = hotpatch("diff", "what-if.json", "--as-of", "2025-12-15", "-f", "json").json[
        "machines"
    ]
    assert machine["old"]["codes"] != machine["new"]["codes"]


def test_azure_local_vms_are_read_with_their_image(hotpatch: Hotpatch) -> None:
    """A VM instance and the marketplace image that it's made from are read together."""
    image = f"{GROUP}/Microsoft.AzureStackHCI/marketplaceGalleryImages/ws2025"
    instance = {
        "id": f"{ARC}/app/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
        "name": "default",
        "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
        "properties": {"storageProfile": {"imageReference": {"id": image}}},
    }
    gallery = {
        "id": image,
        "name": "ws2025",
        "type": "Microsoft.AzureStackHCI/marketplaceGalleryImages",
        "properties": {"identifier": IMAGE, "osType": "Windows"},
    }
    done = judged(hotpatch, result(change("Create", after=instance), change("Ignore", gallery)))
    assert done.machines["app"]["product"] == "ws2025"


def test_a_finding_refers_to_the_line_of_its_value(hotpatch: Hotpatch) -> None:
    """The location of a reason is the line in the what-if result."""
    text = result(change("Create", after=vm(windows=settings(patchMode="Manual"))))
    machine = judged(hotpatch, text).machines["a"]
    (reason,) = [each for each in machine["reasons"] if each["code"] == "HP202"]
    line = next(at for at, line in enumerate(text.splitlines(), 1) if '"patchMode"' in line)
    assert reason["location"]["line"] == line


def test_the_schema_describes_the_changes(hotpatch: Hotpatch) -> None:
    """A report with changes is valid by the schema of reports."""
    done = judged(hotpatch, result(OTHER, change("Delete", vm())))
    schema = hotpatch("schema", "report").json
    jsonschema.Draft202012Validator(schema).validate(done.json)
    assert "changes" in schema["properties"]
