"""Packer templates: whatever the base, what comes out cannot hotpatch, and the base is named."""

import json
from typing import Any

import pytest

Hotpatch = Any
PLANTED = "Pl4nted-S3cret!"
SKU = "2025-datacenter-azure-edition-core"
OLD = {
    "variables": {"sku": SKU, "client_secret": PLANTED},
    "sensitive-variables": ["client_secret"],
    "builders": [
        {
            "type": "azure-arm",
            "client_secret": PLANTED,
            "image_publisher": "MicrosoftWindowsServer",
            "image_offer": "WindowsServer",
            "image_sku": "{{user `sku`}}",
            "os_type": "Windows",
        },
        {"type": "amazon-ebs", "name": "other"},
    ],
    "provisioners": [{"type": "powershell", "environment_vars": [f"P={PLANTED}"]}],
}
HCL = f"""
variable "sku" {{
  type    = string
  default = "{SKU}"
}}
variable "secret" {{
  sensitive = true
  default   = "{PLANTED}"
}}
locals {{
  offer = "WindowsServer"
}}
source "azure-arm" "golden" {{
  client_secret   = var.secret
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = local.offer
  image_sku       = var.sku
  os_type         = "Windows"
  winrm_password  = "{PLANTED}"
}}
build {{
  sources = ["source.azure-arm.golden"]
}}
"""


def only(done: Any) -> dict[str, Any]:
    """The only machine of a report, in which the planted secret must never stand."""
    assert PLANTED not in done.out + done.err
    (machine,) = done.json["machines"]
    return dict(machine)


def new_form(**settings: Any) -> str:
    """A template in the JSON form of HCL."""
    return json.dumps({"source": {"azure-arm": {"golden": {"client_secret": PLANTED, **settings}}}})


@pytest.mark.parametrize(
    ("name", "text", "machine"),
    [
        ("packer.json", json.dumps(OLD, indent=1), "azure-arm"),
        ("golden.pkr.hcl", HCL, "azure-arm.golden"),
    ],
    ids=["json", "hcl"],
)
def test_a_base_of_azure_edition_does_not_help(
    hotpatch: Hotpatch, name: str, text: str, machine: str
) -> None:
    """An image that is built is HP102, and the message names the base with the defaults of
    variables.
    """
    found = only(hotpatch.check(text, name=name))
    (reason,) = found["reasons"]
    assert (found["name"], found["verdict"], reason["code"]) == (machine, "unsupported", "HP102")
    assert f"MicrosoftWindowsServer:WindowsServer:{SKU}" in reason["message"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("p.json", json.dumps(OLD, indent=1)), ("p.pkr.hcl", HCL)],
    ids=["json", "hcl"],
)
def test_the_reason_points_at_the_line_of_the_sku(hotpatch: Hotpatch, name: str, text: str) -> None:
    """The location is the line of image_sku, also in HCL, whose parser keeps no places."""
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "image_sku" in each)
    assert only(hotpatch.check(text, name=name))["reasons"][0]["location"]["line"] == line


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"custom_managed_image_name": "base-image"}, "base-image"),
        ({"image_publisher": "X", "image_offer": "Y", "image_sku": "${var.open}"}, "${var.open}"),
        ({"shared_image_gallery": {"image_name": "g"}}, "Packer"),
    ],
    ids=["custom", "open-variable", "gallery"],
)
def test_other_bases_are_custom_images_too(hotpatch: Hotpatch, settings: Any, named: str) -> None:
    """Whatever names the base, and however little, the outcome is HP102."""
    (reason,) = only(hotpatch.check(new_form(**settings), name="p.pkr.json"))["reasons"]
    assert reason["code"] == "HP102"
    assert named in reason["message"]


def test_a_linux_image_is_skipped(hotpatch: Hotpatch) -> None:
    """A builder for Linux is counted, not judged; alone it leaves nothing to check, which is code
    2.
    """
    done = hotpatch.check(new_form(os_type="Linux", image_publisher="Canonical"), name="p.pkr.json")
    assert done.code == 2
    assert "skipped" in done.err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("p.json", json.dumps({"builders": [{"type": "amazon-ebs"}]}), "'amazon-ebs'"),
        ("p.pkr.hcl", f'source "azure-arm" "x" {{ client_secret = "{PLANTED}"', "1:"),
        ("p.pkr.hcl", f"client_secret = {PLANTED} \x01", "Invalid HCL"),
        ("p.pkr.hcl", 'x = "1"\n', "Builders found: none"),
        ("main.tf", f'password = "{PLANTED}"', "terraform show -json"),
    ],
    ids=["other-builder", "truncated", "control", "no-source", "terraform"],
)
def test_what_cannot_be_read_is_named_and_no_secret_with_it(
    hotpatch: Hotpatch, name: str, text: str, said: str
) -> None:
    """What is no Packer template for Azure is refused with exit code 2."""
    done = hotpatch.check(text, name=name)
    assert done.code == 2
    assert said in done.err
    assert PLANTED not in done.err


def test_files_of_a_folder_share_their_variables(hotpatch: Any) -> None:
    """Packer reads all files of a folder as one template: variables are usually in a second one."""
    (hotpatch.folder / "packer").mkdir()
    hotpatch.write(
        "packer/variables.pkr.hcl", 'variable "sku" {\n  default = "2019-datacenter"\n}\n'
    )
    build = (
        'locals {\n  offer = "WindowsServer"\n}\nsource "azure-arm" "base" {\n'
        '  image_publisher = "MicrosoftWindowsServer"\n  image_offer = local.offer\n'
        "  image_sku = var.sku\n}\n"
    )
    hotpatch.write("packer/build.pkr.hcl", build)
    done = hotpatch("check", "packer", "--as-of", "2025-12-15", "-f", "json")
    (reason,) = done.machines["azure-arm.base"]["reasons"]
    assert "MicrosoftWindowsServer:WindowsServer:2019-datacenter" in reason["message"]
    alone = hotpatch("check", "packer/variables.pkr.hcl", "--as-of", "2025-12-15")
    assert alone.code == 2
