"""What the rules see: evidence is the fact as the machine has it, and names mean one Windows."""

from datetime import date

import pytest
from machines import ARC, AZURE, KNOWLEDGE, LOCAL, OLD_HOST, TODAY

from hotpatch_cli.eligibility.product import (
    Named,
    System,
    image_edition,
    listed,
    named_by,
    parse_system,
    suggestion,
)
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.model import (
    AzureLocal,
    Build,
    Enablement,
    Facts,
    Finding,
    HostRelease,
    Image,
    LicenseStatus,
)


def findings(
    facts: Facts, as_of: date = TODAY, knowledge: Knowledge = KNOWLEDGE
) -> dict[str, Finding]:
    """The findings of a machine by code."""
    return {finding.code: finding for finding in Judge(knowledge, as_of).judge(facts).findings}


# --- images ----------------------------------------


@pytest.mark.parametrize(
    ("image", "variant"),
    [(None, "built"), (Image(), "built"), (AZURE.image, "built_on"), (Image(id="/x"), "built_on")],
)
def test_an_image_of_a_pipeline_names_its_base(image: Image | None, variant: str) -> None:
    """HP102 for an image that a pipeline builds names the base image where it's known."""
    assert findings(AZURE._replace(built="Packer", image=image))["HP102"].variant == variant


def test_an_image_is_listed_on_its_platforms() -> None:
    """The matrix has an image for its platforms only, and for any where the platform is unknown."""
    matrix = KNOWLEDGE.matrix
    (row, *others) = matrix.images
    only = matrix._replace(images=(row._replace(platforms=("azure",)), *others))
    image = Image(row.publisher, row.offer, row.sku)
    found = [listed(image, only, platform) for platform in ("azure", "azure-local", None)]
    assert found == [only.images[0], None, only.images[0]]


SKU_2025 = AZURE.image
PLAIN = Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter")


@pytest.mark.parametrize(
    ("facts", "through_arc"),
    [
        (LOCAL._replace(image=PLAIN), True),
        (LOCAL._replace(image=PLAIN._replace(sku="2025-datacenter-g2")), True),
        (LOCAL._replace(image=PLAIN._replace(sku="2022-datacenter")), False),
        (LOCAL._replace(image=PLAIN._replace(publisher="someone")), False),
        (LOCAL._replace(image=PLAIN, os="Windows Server 2025"), False),
        (LOCAL._replace(image=None, os="Windows Server 2025 Standard"), True),
        (LOCAL._replace(image=PLAIN, os="Windows Server 2025 Datacenter"), True),
        (LOCAL._replace(os="Windows Server 2025 Datacenter"), False),
        (LOCAL._replace(image=None), False),
        (LOCAL, False),
    ],
)
def test_a_guest_of_azure_local_that_arc_makes_eligible(facts: Facts, through_arc: bool) -> None:
    """HP104 for Windows Server 2025 Standard or Datacenter on Azure Local, by name or by image.

    https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
    """
    finding = findings(facts).get("HP104")
    assert (finding is not None and finding.variant == "through_arc") == through_arc


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (
            AZURE._replace(
                image=SKU_2025 and SKU_2025._replace(sku="2022-datacenter-azure-edition-core")
            ),
            "image",
        ),
        (
            Facts(
                platform="azure-local",
                os="Windows Server 2022 Datacenter: Azure Edition",
                restored=True,
            ),
            "os",
        ),
    ],
)
def test_the_end_of_hotpatching_shows_the_fact_that_names_the_product(
    facts: Facts, field: str
) -> None:
    """HP108 shows the image, or the operating system where there is no image; it begins on the day
    after the last hotpatch month.
    """
    assert findings(facts, date(2027, 11, 1))["HP108"].evidence[0][0] == field
    assert "HP108" not in findings(facts, date(2027, 10, 31))


# --- prerequisites ----------------------------------------


@pytest.mark.parametrize(
    ("extension", "variant"), [(None, "missing"), (False, "default"), (True, None)]
)
def test_the_health_extension_of_a_flexible_scale_set(
    extension: bool | None, variant: str | None
) -> None:
    """HP212 says whether the extension is known to be absent or isn't known at all.

    https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching
    """
    facts = AZURE._replace(scale_set="flexible", health_extension=extension)
    finding = findings(facts).get("HP212")
    assert (finding.variant if finding else None) == variant


def test_a_matrix_without_a_least_build_asks_for_none() -> None:
    """HP209 and a missing revision are found only where the matrix states the least build."""
    without = Knowledge(
        KNOWLEDGE.matrix._replace(minimum_build=None), KNOWLEDGE.releases, KNOWLEDGE.rules
    )
    for text, code in (("26100.1741", "HP209"), ("26100", "HP403")):
        facts = ARC._replace(build=Build.parse(text))
        assert code in findings(facts)
        assert code not in findings(facts, knowledge=without)


@pytest.mark.parametrize(("text", "low"), [("26100.1741", True), ("26100.1742", False)])
def test_the_least_build_is_enough(text: str, low: bool) -> None:
    """Build 26100.1742 is the least for hotpatching through Azure Arc, and it's enough.

    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
    """
    assert ("HP209" in findings(ARC._replace(build=Build.parse(text)))) == low


@pytest.mark.parametrize(
    ("version", "as_of", "low"),
    [
        ("21H2", date(2024, 10, 21), False),
        ("22H2", date(2024, 10, 21), False),
        ("22H2", date(2024, 10, 22), True),
        ("23H2", date(2024, 10, 22), False),
        ("24H2", date(2024, 10, 22), False),
    ],
)
def test_the_least_version_of_azure_local(version: str, as_of: date, low: bool) -> None:
    """HP211: the least version of the host on a day is enough."""
    local = AzureLocal(HostRelease.parse(version), azure_verification=True)
    assert ("HP211" in findings(OLD_HOST._replace(azure_local=local), as_of)) == low


@pytest.mark.parametrize(
    ("hotpatch", "enablement", "code", "variant"),
    [
        ("Enabled", None, None, None),
        ("Enabled", "Disabled", "HP208", "switched_off"),
        ("Enabled", "ActionRequired", "HP208", "action_required"),
        ("Enabled", "PendingEvaluation", "HP208", "default"),
        ("Enabled", "?", "HP408", "undecided"),
        ("Unknown", None, "HP408", "undecided"),
        ("Disabled", "Disabled", "HP208", "default"),
        ("Canceled", None, "HP208", "default"),
        (None, None, "HP408", "default"),
    ],
)
def test_license_and_enablement_have_one_finding(
    hotpatch: str | None, enablement: str | None, code: str | None, variant: str | None
) -> None:
    """HP208 where the machine isn't enrolled or hotpatching is off, HP408 where neither is known.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
    """
    arc = ARC.arc._replace(
        hotpatch=LicenseStatus.parse(hotpatch), enablement=Enablement.parse(enablement)
    )
    found = findings(ARC._replace(arc=arc))
    about = {key: found[key].variant for key in ("HP208", "HP408") if key in found}
    assert about == ({code: variant} if code else {})


# --- names ----------------------------------------


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("Windows Server, version 23H2", System("server", "23H2")),
        ("Windows Server 1809", System("server", "1809")),
        ("Windows Server 2012 R2 Standard", System("server", "2012 R2", "Standard")),
        ("ws2022 Datacenter", System("server", "2022", "Datacenter")),
        ("Windows Server Datacenter", System("server", None, "Datacenter")),
        ("Windows 11", System("client")),
        ("Azure Stack HCI", System("host")),
        ("Azure Stack HCI on Windows Server 2025 Standard", System("server", "2025", "Standard")),
        ("Windows", System("windows")),
        ("WINDOWS", System("windows")),
        ("something", System()),
        ("", System()),
        ("Ubuntu", System("other")),
        ("Windows Server 2025 Standard beside Ubuntu", System("server", "2025", "Standard")),
    ],
)
def test_the_parts_of_a_name(text: str, system: System) -> None:
    """A name has a family, and a server's name has a year and an edition where it states them."""
    found = parse_system(text)
    assert found._replace(edition=found.edition if system.edition else None) == system


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Windows Sever 2025 Standard", "Windows Server 2025 Standard"),
        ("2025 Std", "Windows Server 2025 Standard"),
        ("Windows Sever 2025 Contoso", None),
        ("Windows Sever 2052x Standard", None),
        ("Windows Sever vNext Standard", None),
        ("windows server 2025 standard", None),
        (" Windows Server 2025 Standard ", None),
    ],
)
def test_only_a_known_name_is_suggested(text: str, meant: str | None) -> None:
    """A name is suggested if its release and its edition are known, and if it's another name."""
    assert suggestion(text) == meant


def named(facts: Facts) -> list[Named]:
    """What names a Windows."""
    updates = Judge(KNOWLEDGE, TODAY).updates
    return list(named_by(facts, KNOWLEDGE.matrix, updates))


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        (Facts(), []),
        (Facts(azure_local=AzureLocal(iso_hotpatch=True)), ["azure_local.iso_hotpatch"]),
        (Facts(azure_local=AzureLocal(iso_hotpatch=False)), ["azure_local.iso_hotpatch"]),
        (Facts(azure_local=AzureLocal(iso_hotpatch=True), os="Windows"), []),
        (Facts(azure_local=AzureLocal(iso_hotpatch=True), build=Build.parse("x")), []),
        (
            Facts(
                azure_local=AzureLocal(iso_hotpatch=True),
                build=Build.parse("20348.1"),
                os="Windows Server 2022",
            ),
            ["os", "build"],
        ),
        (Facts(azure_local=AzureLocal(iso_hotpatch=True), image=PLAIN), ["image"]),
        (Facts(image=PLAIN, built="Packer"), []),
        (Facts(os="Windows Server 2052"), []),
        (Facts(os="Windows 11"), ["os"]),
    ],
)
def test_the_facts_that_name_a_windows(facts: Facts, fields: list[str]) -> None:
    """Each fact names a Windows by itself. The steps for an ISO name one only where no other fact
    could.
    """
    assert [fact.field for fact in named(facts)] == fields


def test_updates_of_components_name_no_product() -> None:
    """A KB of PowerShell isn't a KB of Windows, and a release without a KB has none."""
    updates = Judge(KNOWLEDGE, TODAY).updates
    expected = {row.kb for row in KNOWLEDGE.releases if row.kb and row.component is None}
    components = {row.kb for row in KNOWLEDGE.releases if row.component}
    assert updates.keys() == expected
    assert components
    assert components.isdisjoint(updates)


@pytest.mark.parametrize(
    ("sku", "edition"),
    [
        ("2025-datacenter-azure-edition-core", "azure edition"),
        ("2022-datacenter-azure-edition-g2", "azure edition"),
        ("2025-datacenter", None),
        ("datacenter-azure-edition", None),
    ],
)
def test_the_edition_of_an_image(sku: str, edition: str | None) -> None:
    """An image of a known release is of Azure Edition if its SKU says so; else it isn't known."""
    assert image_edition(PLAIN._replace(sku=sku), KNOWLEDGE.matrix) == edition
    assert image_edition(None, KNOWLEDGE.matrix) is None


@pytest.mark.parametrize(
    ("os", "build", "codes"),
    [
        ("Windows Server Datacenter", "26100.33222", set()),
        ("Windows Server Datacenter", "20348.1", {"HP105"}),
        ("Windows Server Datacenter", "26200.1", {"HP105"}),
        ("Windows Server Datacenter", None, {"HP402"}),
        ("Windows Server 2019 Datacenter", "26100.33222", {"HP105"}),
        ("Windows Server", "26100.33222", {"HP402"}),
        (None, "20348.1", {"HP105"}),
        (None, "26100.33222", {"HP402"}),
    ],
)
def test_a_name_without_a_year_gets_it_from_the_build(
    os: str | None, build: str | None, codes: set[str]
) -> None:
    """Windows Server without a year is of the year of its build, and only then eligible."""
    found = findings(ARC._replace(os=os, build=Build.parse(build)))
    assert found.keys() & {"HP104", "HP105", "HP402"} == codes
