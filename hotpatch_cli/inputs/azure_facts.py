"""Single facts in Azure's words, as exports, templates, plans and playbooks all write them."""

from hotpatch_cli.eligibility.product import hyphenated, parse_system
from hotpatch_cli.model import Facts, Image, Platform

_POWERED_OFF = frozenset({"deallocated", "deallocating", "stopped", "stopping"})
_POWERED_ON = frozenset({"running", "starting"})
_GENERATIONS = {"v1": 1, "v2": 2}


def image_of(
    publisher: str | None,
    offer: str | None,
    sku: str | None,
    version: str | None = None,
    identity: str | None = None,
) -> Image | None:
    """The image that an id names, else the one of a publisher; None where nothing names any."""
    if identity:
        return Image(id=identity)
    image = Image(publisher, offer, sku, version)
    return None if image == Image() else image


def generation_of(word: str | None) -> int | None:
    """The generation of `hyperVGeneration`: V1 or V2."""
    return _GENERATIONS.get((word or "").lower())


def power_of(word: str | None) -> str | None:
    """`on` or `off` for a power state of Azure such as `deallocated`; None for any other word."""
    state = (word or "").lower()
    if state in _POWERED_OFF:
        return "off"
    return "on" if state in _POWERED_ON else None


def platform_of(facts: Facts) -> Platform:
    """By whose rules a VM of Azure Local is judged that is also a machine of Azure Arc.

    By those of Azure Local where its image or its edition is an Azure Edition, or where neither is
    known; by Arc's otherwise.
    """
    image, edition = facts.image, parse_system(facts.os).edition if facts.os else None
    if edition == "azure edition" or (image and "azure-edition" in hyphenated(image.sku or "")):
        return "azure-local"
    return "azure-local" if image is None and facts.os is None else "arc"
