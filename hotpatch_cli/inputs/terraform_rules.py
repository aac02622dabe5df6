"""What the provider azurerm itself asks of a machine, apart from what Azure asks: it refuses plans that can be made.

It knows hotpatchable images by publisher, offer and SKU, letter case and all; a gallery image is none of them.
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/windows_virtual_machine#hotpatching_enabled
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/orchestrated_virtual_machine_scale_set
"""

from collections.abc import Iterator

from hotpatch_cli.eligibility.windows import system_of
from hotpatch_cli.model import Facts, Machine

_PUBLISHER, _OFFER = "MicrosoftWindowsServer", "WindowsServer"
_SKUS = frozenset(
    [f"2022-datacenter-azure-edition-{kind}" for kind in ("core", "core-smalldisk", "hotpatch", "hotpatch-smalldisk")]
    + [f"2025-datacenter-azure-edition{kind}" for kind in ("", "-smalldisk", "-core", "-core-smalldisk")]
)
_SHOWN = 10


def refusals(machines: list[Machine], file: str) -> list[str]:
    """A sentence for each machine of a plan that the provider would refuse; the first ten, and how many there are."""
    said = [(machine.name, why) for machine in machines if (why := "; ".join(_wrong(machine.facts)))]
    lines = [f"{file}: the provider azurerm refuses {name}: {why}" for name, why in said[:_SHOWN]]
    return lines + ([f"{file}: ... and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else [])


def _wrong(facts: Facts) -> Iterator[str]:
    if system_of(facts) == "linux" or facts.scale_set == "uniform":
        return
    image, patching = facts.image, facts.patching
    opened = {field for field, _ in facts.unresolved}
    known = image is not None and (image.publisher, image.offer) == (_PUBLISHER, _OFFER) and image.sku in _SKUS
    wanted = patching.hotpatching is True
    if known and not wanted and facts.health_extension is not None and "patching.hotpatching" not in opened:
        yield "a flexible scale set of this image needs hotpatching_enabled = true"
    if (known or wanted) and patching.mode not in (None, "AutomaticByPlatform"):
        yield "patch_mode must be AutomaticByPlatform" + ("" if wanted else ", even without hotpatching")
    if wanted and patching.vm_agent is False:
        yield "provision_vm_agent must be true"
    if wanted and image is not None and not known and "image" not in opened:
        yield "hotpatching_enabled needs an image of its list"
    if known and facts.health_extension is False:
        yield "a flexible scale set of this image needs an extension of application health"
