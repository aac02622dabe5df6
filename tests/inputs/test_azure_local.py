"""Azure Local: VMs joined with their images and with the machine of Azure Arc that they extend."""

import json
from typing import Any

import pytest

GROUP = "/subscriptions/0/resourceGroups/rg/providers"
MACHINE = f"{GROUP}/Microsoft.HybridCompute/machines/app01"
IMAGES = f"{GROUP}/Microsoft.AzureStackHCI"
ENROLLED = {
    "licenseProfile": {
        "productProfile": {
            "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enabled"}]
        }
    },
    "osProfile": {
        "windowsConfiguration": {
            "patchSettings": {"status": {"hotpatchEnablementStatus": "Enabled"}}
        },
    },
}
HOST = (
    "machines: [{name: APP01, platform: azure-local, azure_local: {version: 2503, "
    "azure_verification: true}}]"
)


def instance(image: str = "marketplaceGalleryImages/2025-core", **profile: Any) -> dict[str, Any]:
    """A VM instance as REST lists it."""
    reference = {"imageReference": {"id": f"{IMAGES}/{image}"}} if image else {}
    return {
        "id": f"{MACHINE}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
        "name": "default",
        "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
        "properties": {
            "storageProfile": reference | profile,
            "osProfile": {"adminPassword": "SECRET"},
        },
    }


def image(
    kind: str = "marketplaceGalleryImages",
    name: str = "2025-core",
    sku: str | None = None,
    **more: Any,
) -> Any:
    """An image as REST lists it."""
    names = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": sku}
    identifier = {"identifier": names} if sku else {}
    typed = {
        "id": f"{IMAGES.lower()}/{kind}/{name}",
        "name": name,
        "type": f"Microsoft.AzureStackHCI/{kind}",
    }
    return typed | {
        "properties": {"osType": "Windows", "version": {"name": "1"}} | identifier | more
    }


def parent(**properties: Any) -> dict[str, Any]:
    """The machine of Azure Arc under which the VM stands."""
    kind = "microsoft.hybridcompute/machines"
    return {
        "id": MACHINE,
        "name": "app01",
        "type": kind,
        "kind": "HCI",
        "location": "uksouth",
        "properties": properties,
    }


def check(hotpatch: Any, *sources: Any) -> Any:
    """The report on sources: JSON values, or the text of an inventory."""
    names = [
        hotpatch.write(
            f"{n}.{'yaml' if isinstance(each, str) else 'json'}",
            each if isinstance(each, str) else json.dumps(each),
        )
        for n, each in enumerate(sources)
    ]
    return hotpatch("check", *names, "-f", "json", "--as-of", "2025-12-15")


def codes(machine: dict[str, Any]) -> set[str]:
    """The codes of a machine of a report."""
    return {reason["code"] for reason in machine["reasons"]}


CORE = "2025-datacenter-azure-edition-core"


@pytest.mark.parametrize("name", ["marketplaceGalleryImages/2025-core", "galleryImages/mine"])
def test_without_the_image_list_the_answer_is_unknown(hotpatch: Any, name: str) -> None:
    """A VM alone is unknown, and the reason names the image and the list that would settle it."""
    machine = check(hotpatch, [instance(name)]).machines["app01"]
    message = next(reason["message"] for reason in machine["reasons"] if reason["code"] == "HP401")
    assert machine["verdict"] == "unknown"
    assert name.split("/")[1] in message
    assert "az stack-hci-vm image list" in message


@pytest.mark.parametrize(
    ("listed", "verdict", "code"),
    [
        (image(sku=CORE), "unknown", None),
        (image(sku="2025-datacenter-azure-edition-hotpatch"), "unsupported", "HP101"),
        (image(sku=CORE, hyperVGeneration="V1"), "unsupported", "HP107"),
        (image(), "unknown", "HP401"),
    ],
    ids=["azure edition", "no azure edition", "generation 1", "no names"],
)
def test_the_image_list_settles_it(
    hotpatch: Any, listed: Any, verdict: str, code: str | None
) -> None:
    """Publisher, offer and SKU come from the image that the VM refers to, in any letter case of its
    id.
    """
    machine = check(hotpatch, {"value": [instance()]}, {"value": [listed]}).machines["app01"]
    assert machine["verdict"] == verdict
    assert codes(machine) & {"HP101", "HP102", "HP107", "HP401"} == ({code} if code else set())


def test_a_gallery_image_without_names_is_a_custom_image(hotpatch: Any) -> None:
    """A disk of the user's own that names no marketplace image is HP102, with its place in the
    image list.
    """
    machine = check(
        hotpatch, [instance("galleryImages/mine")], [image("galleryImages", "mine")]
    ).machines["app01"]
    reason = next(reason for reason in machine["reasons"] if reason["code"] == "HP102")
    assert machine["verdict"] == "unsupported"
    assert reason["location"]["file"] == "1.json"


def test_an_inventory_adds_what_azure_does_not_say(hotpatch: Any) -> None:
    """Host release and verification come from an inventory, by the name of the machine in any
    letter case.
    """
    machine = check(hotpatch, [instance()], [image(sku=CORE)], HOST).machines["app01"]
    assert (machine["verdict"], machine["platform"], machine["product"]) == (
        "ready",
        "azure-local",
        "ws2025",
    )


def test_the_parent_machine_tells_the_build(hotpatch: Any) -> None:
    """An Azure Edition of kind HCI is judged as Azure Local, with the build that its
    agent reports.
    """
    arc = parent(
        osSku="Windows Server 2025 Datacenter Azure Edition",
        osVersion="10.0.26100.7392",
        status="Connected",
    )
    machine = check(hotpatch, [arc], [instance()], [image(sku=CORE)], HOST).machines["app01"]
    assert (machine["platform"], machine["verdict"], machine["track"]["state"]) == (
        "azure-local",
        "ready",
        "current",
    )


@pytest.mark.parametrize(
    "sources", [0, 1, 2], ids=["machine alone", "with the VM", "with VM and image"]
)
def test_another_edition_is_judged_by_the_rules_of_arc(hotpatch: Any, sources: int) -> None:
    """A machine of kind HCI that runs Standard or Datacenter hotpatches through Azure Arc."""
    arc = parent(
        osSku="Windows Server 2025 Datacenter",
        osVersion="10.0.26100.7392",
        status="Connected",
        **ENROLLED,
    )
    more = [[instance()], [image(sku="2025-datacenter-g2")]][:sources]
    machine = check(hotpatch, [arc], *more).machines["app01"]
    assert (machine["platform"], machine["verdict"], machine["track"]["state"]) == (
        "arc",
        "ready",
        "current",
    )


def test_a_machine_of_which_nothing_is_known_is_judged_as_azure_local(hotpatch: Any) -> None:
    """A fresh row of kind HCI that names no system waits for its image: unknown."""
    machine = check(hotpatch, [parent(osType="Windows", osProfile={})]).machines["app01"]
    assert (machine["platform"], machine["verdict"]) == ("azure-local", "unknown")
    assert "HP401" in codes(machine)


def test_a_linux_vm_is_skipped(hotpatch: Any) -> None:
    """A VM whose disk is Linux is counted and not judged."""
    done = check(hotpatch, [instance(osDisk={"osType": "Linux"})])
    assert done.code == 2
    assert "The only machine was skipped because it doesn't run Windows." in done.err


def test_a_vm_without_an_id_is_refused(hotpatch: Any) -> None:
    """Without its id nobody can tell which machine a VM instance is."""
    done = check(hotpatch, [instance() | {"id": None}])
    assert (done.code, done.out) == (2, "")
    assert "0.json:1:2: A VM instance has no machine id." in done.err


def test_no_password_is_told(hotpatch: Any) -> None:
    """What stands beside the fields that are read never comes out."""
    done = check(hotpatch, [instance()], [image(sku=CORE)])
    assert "SECRET" not in done.out + done.err


def test_one_vm_as_az_shows_it(hotpatch: Any) -> None:
    """`az stack-hci-vm show` puts the VM beside its attestation, without a type."""
    owner = "/subscriptions/0/resourceGroups/r/providers/Microsoft.HybridCompute/machines/web01"
    instance = f"{owner}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
    shown = {
        "attestationStatus": None,
        "virtualmachineinstance": {
            "id": instance,
            "name": "default",
            "properties": {"storageProfile": {"imageReference": {"id": "/images/i"}}},
        },
    }
    done = hotpatch.check(json.dumps(shown), name="vm.json")
    assert done.machines["web01"]["platform"] == "azure-local"
