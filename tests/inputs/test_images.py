"""Images on the command line: URNs, ids, and the aliases of Azure CLI."""

import re
from typing import Any

import pytest

from hotpatch_cli.knowledge.image_aliases import load_image_aliases

DAY = ("--as-of", "2025-12-15")
ALIASES = load_image_aliases()


def verdict(hotpatch: Any, text: str) -> tuple[Any, ...]:
    """The verdict, the product and the codes of an image, or that it was skipped."""
    done = hotpatch("image", text, *DAY, "-f", "json", "--allow-empty")
    return tuple(
        (one["verdict"], one["product"], [reason["code"] for reason in one["reasons"]])
        for one in done.json["machines"]
    )


@pytest.mark.parametrize("alias", ALIASES.values(), ids=lambda alias: alias.alias)
def test_an_alias_is_the_image_that_it_means(hotpatch: Any, alias: Any) -> None:
    """An alias in any letter case has the verdict of its URN."""
    assert verdict(hotpatch, alias.alias.swapcase()) == verdict(hotpatch, alias.urn)


def test_aliases_have_a_source_and_a_date() -> None:
    """Each alias says where Azure CLI has it, and when that was read."""
    for alias in ALIASES.values():
        assert alias.source[0].url.startswith("https://github.com/Azure/azure-cli/")
        assert alias.source[0].read
        assert re.fullmatch(r"[^:]+:[^:]+:[^:]+:latest", alias.urn)


def test_an_alias_that_az_does_not_know(hotpatch: Any) -> None:
    """A word that is no alias of az is refused like any other text that is no image."""
    done = hotpatch("image", "Win2025Datacenter", *DAY)
    assert done.code == 2
    assert "'Win2025Datacenter' isn't a valid image. Use the format publisher:offer:sku" in done.err


def test_an_alias_is_eligible(hotpatch: Any) -> None:
    """The alias of the Azure Edition is, that of Datacenter isn't; the table shows the alias."""
    done = hotpatch("image", "Win2022AzureEditionCore", "Win2022Datacenter", *DAY, "-f", "json")
    found = {name: machine["verdict"] for name, machine in done.machines.items()}
    assert found == {"Win2022AzureEditionCore": "ready", "Win2022Datacenter": "unsupported"}
