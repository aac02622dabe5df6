"""Images: look-alikes and why they are not it, spellings, dates, the nearest one that is
supported.
"""

from datetime import date
from typing import Any

import pytest

from hotpatch_cli.eligibility.product import product_of
from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.model import Build, Facts, Finding, Image, Patching, PatchMode
from hotpatch_cli.report import sentence

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 8, 20)
PREVIEWS = "MicrosoftWindowsServer:microsoftserveroperatingsystems-previews"
WELL = Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True)
STANDARD = "MicrosoftWindowsServer:WindowsServer:"


def vm(urn: str, **more: Any) -> Facts:
    """An Azure VM from `publisher:offer:sku`, or from a SKU alone of Windows Server's own publisher
    and offer.
    """
    urn = urn if urn.count(":") == 2 else STANDARD + urn
    return Facts(
        platform="azure", image=Image(*urn.split(":", 2)), patching=WELL, region="uksouth"
    )._replace(**more)


def judge(facts: Facts, as_of: date = TODAY) -> Judgment:
    """The judgment with the shipped knowledge."""
    return Judge(KNOWLEDGE, as_of).judge(facts)


def finding(code: str, facts: Facts, as_of: date = TODAY) -> Finding:
    """The finding of a rule, which must be there."""
    return next(each for each in judge(facts, as_of).findings if each.code == code)


def said(code: str, facts: Facts, as_of: date = TODAY) -> str:
    """The sentence of a rule."""
    return sentence(KNOWLEDGE.rules[code], finding(code, facts, as_of))


LOOKALIKES = {
    "2022-datacenter-azure-edition": (
        "has no hotpatching",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "2022-Datacenter-Azure-Edition-smalldisk": (
        "has no hotpatching",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "2022 datacenter azure edition": (
        "has no hotpatching",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "2022–datacenter–azure–edition": (
        "has no hotpatching",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "2025-datacenter-azure-edition-g2": ("no -g2 form", "2025-datacenter-azure-edition"),
    "2022-datacenter-azure-edition-hotpatch-g2": (
        "no -g2 form",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "2025-datacenter-azure-edition-core-gensecond": (
        "no -g2 form",
        "2025-datacenter-azure-edition-core",
    ),
    "2025-datacenter-azure-edition-hotpatch": (
        "every 2025 Azure Edition",
        "2025-datacenter-azure-edition",
    ),
    "2025-Datacenter-Edition": ("never offered", "2025-datacenter-azure-edition"),
    "2025-Standard-Edition": ("never offered", "2025-datacenter-azure-edition"),
    "2025-datacenter": ("isn't Azure Edition", "2025-datacenter-azure-edition"),
    "2022-datacenter-core-g2": ("isn't Azure Edition", "2022-datacenter-azure-edition-core"),
    "2019-datacenter-gensecond": ("2022 and 2025 only", "-datacenter-azure-edition"),
    "Windows Server 2022 Datacenter: Azure Edition Hotpatch": (
        "display name",
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "icrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition": (
        "its publisher is icrosoftWindowsServer, expected MicrosoftWindowsServer",
        "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition",
    ),
    "icrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition": (
        (
            "has no hotpatching; the SKU with -hotpatch in its name has it, and "
            "its publisher is icrosoftWindowsServer"
        ),
        "2022-datacenter-azure-edition-hotpatch",
    ),
    "MicrosoftWindowsServer:windowsserver-gen2preview:2025-datacenter-azure-edition": (
        "its offer is windowsserver-gen2preview, expected WindowsServer",
        "2025-datacenter-azure-edition",
    ),
    f"{PREVIEWS}:windows-server-2025-azure-edition-hotpatch": (
        "retired preview offer",
        "2025-datacenter-azure-edition",
    ),
}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_look_alike_is_told_why(name: str) -> None:
    """HP101 says of a look-alike why it is not it, and names a supported image of the same year."""
    facts = vm(name)
    why, nearest = LOOKALIKES[name]
    assert why in said("HP101", facts)
    assert nearest in dict(finding("HP101", facts).values)["nearest"]
    assert judge(facts).verdict == "unsupported"


NEAREST = {
    "2022-datacenter": "2022-datacenter-azure-edition-hotpatch",
    "2022-datacenter-g2": "2022-datacenter-azure-edition-hotpatch",
    "2022-Datacenter-SmallDisk": "2022-datacenter-azure-edition-hotpatch-smalldisk",
    "2022-datacenter-smalldisk-g2": "2022-datacenter-azure-edition-hotpatch-smalldisk",
    "2022-datacenter-core": "2022-datacenter-azure-edition-core",
    "2022-datacenter-core-smalldisk-g2": "2022-datacenter-azure-edition-core-smalldisk",
    "2022-datacenter-azure-edition": "2022-datacenter-azure-edition-hotpatch",
    "2022-datacenter-azure-edition-smalldisk": "2022-datacenter-azure-edition-hotpatch-smalldisk",
    "2025-datacenter": "2025-datacenter-azure-edition",
    "2025-datacenter-g2": "2025-datacenter-azure-edition",
    "2025-datacenter-smalldisk-g2": "2025-datacenter-azure-edition-smalldisk",
    "2025-datacenter-core-g2": "2025-datacenter-azure-edition-core",
    "2025-datacenter-core-smalldisk": "2025-datacenter-azure-edition-core-smalldisk",
    "2025-datacenter-azure-edition-core-g2": "2025-datacenter-azure-edition-core",
    "2019-datacenter": "2025-datacenter-azure-edition",
    "2019-Datacenter-Core-smalldisk": "2025-datacenter-azure-edition-core-smalldisk",
    "2016-datacenter-server-core-g2": "2025-datacenter-azure-edition-core",
}


@pytest.mark.parametrize("sku", NEAREST)
def test_the_nearest_image_is_chosen_by_meaning(sku: str) -> None:
    """The nearest image is of the same year, Desktop or Core as it was, with a small disk as it
    was.
    """
    assert dict(finding("HP101", vm(sku)).values)["nearest"] == STANDARD + NEAREST[sku]


@pytest.mark.parametrize(
    "urn",
    [
        "MicrosoftWindowsDesktop:windows-11:win11-24h2-ent",
        "MicrosoftSQLServer:sql2022-ws2025:standard-gen2",
        "MicrosoftSharePoint:MicrosoftSharePointServer:sp2019",
        "MicrosoftVisualStudio:VisualStudio:VS-2022-Ent-WS2022",
        "cis:cis-windows-server:cis-windows-server2022-l1-gen2",
    ],
)
def test_an_image_of_another_publisher_has_no_nearest(urn: str) -> None:
    """For a client or another publisher no image is named; it says to install the product on Azure
    Edition.
    """
    facts = vm(urn)
    assert finding("HP101", facts).variant == "elsewhere"
    assert "Install the product on a VM from a Marketplace image" in said("HP101", facts)
    assert "nearest" not in dict(finding("HP101", facts).values)


@pytest.mark.parametrize(
    ("sku", "more", "variant", "verdict"),
    [
        ("2025 datacenter azure edition", {}, "default", "ready"),
        ("2025 datacenter azure edition", {"declared": True}, "declared", "unsupported"),
        ("2025-Datacenter-Azure-Edition", {"declared": True}, None, "ready"),
        (
            "2025-Datacenter-Azure-Edition",
            {"declared": True, "provider": "azurerm"},
            "azurerm",
            "unsupported",
        ),
        ("2025-datacenter-azure-edition", {"declared": True, "provider": "azurerm"}, None, "ready"),
    ],
)
def test_a_spelling_is_an_error_where_it_would_be_refused(
    sku: str, more: dict[str, Any], variant: str | None, verdict: str
) -> None:
    """Azure refuses other dashes and spaces, azurerm also another letter case, of a VM that is only
    declared.
    """
    judgment = judge(vm(sku, **more))
    assert [each.variant for each in judgment.findings if each.code == "HP110"] == (
        [variant] if variant else []
    )
    assert judgment.verdict == verdict


def test_a_refused_spelling_hides_no_other_obstacle() -> None:
    """The image behind a spelling is known, so settings and track are judged beside it."""
    well = vm("2025-Datacenter-Azure-Edition", provider="azurerm", build=Build.parse("26100.33222"))
    judgment = judge(
        well._replace(patching=Patching(PatchMode.parse("Manual"), hotpatching=True, vm_agent=True))
    )
    assert [each.code for each in judgment.findings] == ["HP110", "HP202"]
    assert judgment.track.state == "current"


@pytest.mark.parametrize(
    "sku",
    ["2025-datacenter-azure-edition-turbo", "freebsd", "x" * 5000, "20255", "[a-z]+(", "{why}"],
)
def test_any_other_name_has_a_nearest_image(sku: str) -> None:
    """A SKU like no other, however long or odd, is told the nearest supported image, and shown as
    it stands.
    """
    found = finding(
        "HP101", vm("a")._replace(image=Image("MicrosoftWindowsServer", "WindowsServer", sku))
    )
    assert found.variant == "not_listed"
    assert dict(found.values)["nearest"].startswith(STANDARD)
    assert sku in sentence(KNOWLEDGE.rules["HP101"], found)


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ("2025 datacenter azure edition", "2025-datacenter-azure-edition"),
        ("2025–datacenter—azure‑edition", "2025-datacenter-azure-edition"),
        ("2022-datacenter- azure-edition -hotpatch", "2022-datacenter-azure-edition-hotpatch"),
        (
            "Microsoft Windows Server:Windows Server:2025-datacenter-azure-edition",
            "2025-datacenter-azure-edition",
        ),
    ],
)
def test_another_spelling_is_recognised_and_remarked(written: str, exact: str) -> None:
    """An image that is recognised only after folding can hotpatch, and HP110 gives the exact
    spelling.
    """
    assert judge(vm(written)).verdict == "ready"
    assert dict(finding("HP110", vm(written)).values)["exact"] == STANDARD + exact


@pytest.mark.parametrize(
    "written", ["2025-Datacenter-Azure-Edition", " 2025-datacenter-azure-edition\t"]
)
def test_case_and_outer_spaces_are_not_remarked(written: str) -> None:
    """Letter case and outer spaces make no finding at all."""
    assert not judge(vm(written)._replace(build=Build.parse("26100.33222"))).findings


@pytest.mark.parametrize(
    ("name", "as_of", "nearest"),
    [
        ("2022-datacenter-azure-edition", date(2023, 1, 1), "2022-datacenter-azure-edition-core"),
        ("2025-datacenter-azure-edition", date(2024, 10, 31), "2022-datacenter-azure-edition"),
        ("2025-datacenter-azure-edition-core", date(2021, 1, 1), "none"),
    ],
)
def test_what_is_named_is_offered_on_that_day(name: str, as_of: date, nearest: str) -> None:
    """The image that HP101 names is one that is offered on the as-of day."""
    named = dict(finding("HP101", vm(name), as_of).values)["nearest"].rsplit(":", 1)[-1]
    assert named.startswith(nearest)
    assert all(row.from_day <= as_of for row in KNOWLEDGE.matrix.images if row.sku == named)


@pytest.mark.parametrize("name", ["2019-datacenter", "2025-datacenter-azure-edition-g2"])
def test_an_unsupported_image_does_not_hide_the_shape(name: str) -> None:
    """Scale set and generation are obstacles of their own, shown beside an image that cannot
    hotpatch.
    """
    found = judge(
        vm(name, scale_set="uniform", generation=1, patching=Patching(PatchMode.parse("Manual")))
    )
    assert [each.code for each in found.findings] == ["HP101", "HP106", "HP107"]


@pytest.mark.parametrize(
    ("image", "missing"),
    [
        (Image("MicrosoftWindowsServer"), "offer and sku"),
        (Image(sku="2025-datacenter-azure-edition"), "publisher and offer"),
        (Image(sku="2025 Datacenter Azure Edition"), "publisher and offer"),
        (Image("MicrosoftWindowsServer", "WindowsServer"), "sku"),
    ],
)
def test_an_incomplete_image_is_a_missing_fact(image: Image, missing: str) -> None:
    """Parts that could still be a supported image make HP401, which names what is missing."""
    facts = vm("a")._replace(image=image)
    assert judge(facts).verdict == "unknown"
    assert dict(finding("HP401", facts).values)["missing"] == missing


@pytest.mark.parametrize(
    "image",
    [Image(sku="2022-datacenter-azure-edition"), Image("MicrosoftSQLServer"), Image(offer="x")],
)
def test_an_incomplete_image_that_cannot_be_supported_is_unsupported(image: Image) -> None:
    """Where what is stated fits no row, nothing that is missing could help."""
    assert judge(vm("a")._replace(image=image)).verdict == "unsupported"


def test_a_copy_on_azure_local_does_not_tell_its_image() -> None:
    """The id of a marketplace image on Azure Local is a missing fact; one of a gallery image there
    is custom.
    """
    at = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.AzureStackHCI"
    local = vm("a")._replace(platform="azure-local")
    assert (
        judge(local._replace(image=Image(id=f"{at}/marketplaceGalleryImages/win25"))).verdict
        == "unknown"
    )
    assert (
        judge(local._replace(image=Image(id=f"{at}/galleryImages/win25"))).verdict == "unsupported"
    )
    assert (
        judge(vm("a")._replace(image=Image(id=f"{at}/marketplaceGalleryImages/win25"))).verdict
        == "unsupported"
    )


@pytest.mark.parametrize(
    ("facts", "product"),
    [
        (vm("2022-datacenter-g2"), "ws2022"),
        (vm("2025-datacenter-azure-edition-g2"), "ws2025"),
        (vm("2019-datacenter"), None),
        (vm("20255-datacenter"), None),
        (vm("icrosoftWindowsServer:WindowsServer:2025-Datacenter"), "ws2025"),
        (
            vm("MicrosoftWindowsServer:previews:windows-server-2025-azure-edition-hotpatch"),
            "ws2025",
        ),
        (vm("MicrosoftSQLServer:sql2019-ws2022:standard"), "ws2022"),
        (vm("someone:something:2025"), None),
        (vm("a", image=Image(id="/x"), os="Windows Server 2022 Datacenter"), "ws2022"),
        (vm("a", image=Image(id="/x")), None),
    ],
)
def test_the_product_of_an_image_that_cannot_hotpatch(facts: Facts, product: str | None) -> None:
    """The product is known where publisher and SKU, a guest offer or the operating system name its
    year.
    """
    assert product_of(facts, KNOWLEDGE.matrix) == product


def test_an_image_alone_is_judged_by_nothing_else() -> None:
    """Without a machine no setting is missing, no track is judged, and the next baseline stands."""
    facts = Facts(platform="azure", image=vm("2025-datacenter-azure-edition").image)
    judgment = Judge(KNOWLEDGE, TODAY, image_only=True).judge(facts)
    assert judgment.verdict == "ready"
    assert judgment.findings == ()
    assert judgment.track.state is None
    assert judgment.next_baseline is not None


def test_the_region_note_names_the_day_it_ended() -> None:
    """HP109 names the regions that worked and the day from which all did; without a region it says
    that.
    """
    well = vm("2025-datacenter-azure-edition", region="swedencentral")
    text = said("HP109", well, date(2024, 12, 1))
    assert "2025-01-06" in text
    assert "uksouth" in text
    assert "The region is missing" in said("HP109", well._replace(region=None), date(2024, 12, 1))
    assert judge(well, date(2024, 12, 1)).verdict == "ready"
