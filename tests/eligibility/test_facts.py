"""What the rules see: evidence is the fact as the machine has it, and names mean one Windows."""

from datetime import date, timedelta

import pytest
from machines import ARC, AZURE, KNOWLEDGE, LOCAL, OLD_HOST, TODAY

from hotpatch_cli.eligibility.os_type import os_type, published_for, system_of
from hotpatch_cli.eligibility.prerequisites import check_arc
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
    Security,
    SecurityType,
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
MATRIX = KNOWLEDGE.matrix
PLAIN = Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter")
EDITION_2022 = "Windows Server 2022 Datacenter: Azure Edition"


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
        ("Windows Server 2025 Standard, once Windows 10", System("server", "2025", "Standard")),
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


@pytest.mark.parametrize(
    ("os", "variant"),
    [
        ("Windows Server", "release"),
        ("Windows", "release"),
        ("Windows Server Datacenter", "release"),
        ("Windows Server 2052 Datacenter", "meant"),
        ("Windows Server 2052 Contoso", "unrecognized"),
        ("a machine", "unrecognized"),
        ("Windows Server 2025", "edition"),
        ("Windows Server 2025 Standard Evaluation", "evaluation"),
        ("Windows Server 2025 Contoso", "other_edition"),
        ("Windows Server 2025 Standrad", "meant"),
        ("Windows Sever 2025 Standard", "meant"),
        (None, "default"),
    ],
)
def test_what_is_unknown_of_a_name(os: str | None, variant: str) -> None:
    """HP402 says what a name lacks: its release, its edition, or what was probably meant."""
    assert findings(ARC._replace(os=os, build=None))["HP402"].variant == variant


@pytest.mark.parametrize(
    ("image", "os", "from_iso"),
    [
        (None, EDITION_2022, False),
        (Image(id="/x"), EDITION_2022, True),
        (Image("someone", "x", "y"), EDITION_2022, False),
        (PLAIN._replace(sku="2019-datacenter"), EDITION_2022, True),
        (PLAIN._replace(sku="2022-datacenter"), EDITION_2022, False),
        (Image(id="/x/marketplaceGalleryImages/y"), EDITION_2022, False),
        (Image(id="/x"), "Windows Server 2022 Datacenter", False),
        (Image(id="/x"), None, False),
    ],
)
def test_a_vm_that_was_installed_from_an_iso(
    image: Image | None, os: str | None, from_iso: bool
) -> None:
    """A VM of Azure Local that runs Windows Server 2022 Azure Edition on an image of its own, or of
    another version, was installed or upgraded from an ISO: its steps must be known.

    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-edition
    """
    facts = OLD_HOST._replace(image=image, os=os)
    assert ("HP416" in findings(facts)) == from_iso


def test_hotpatching_of_an_iso_begins_with_the_first_image_of_its_product() -> None:
    """The first day counts of the images of Windows Server 2022 for Azure Local only."""
    early = [
        row._replace(from_day=date(2020, 1, 1))
        for row in KNOWLEDGE.matrix.images
        if row.product == "ws2025"
    ]
    matrix = KNOWLEDGE.matrix._replace(images=(*early, *KNOWLEDGE.matrix.images))
    knowledge = Knowledge(matrix, KNOWLEDGE.releases, KNOWLEDGE.rules)
    facts = OLD_HOST._replace(image=Image(id="/x"), os=EDITION_2022)
    first = min(
        row.from_day
        for row in KNOWLEDGE.matrix.images
        if row.product == "ws2022" and "azure-local" in row.platforms
    )
    before = findings(facts, first - timedelta(days=1), knowledge)
    assert before["HP101"].variant == "iso_not_yet"
    assert "HP101" not in findings(facts, first, knowledge)


def test_each_edition_begins_on_its_own_day() -> None:
    """HP105 until the day on which an edition is eligible through Azure Arc, at the earliest from
    the first phase on.
    """
    standard, datacenter = KNOWLEDGE.matrix.editions
    later = standard._replace(from_day=date(2025, 3, 1))
    again = datacenter._replace(from_day=date(2025, 6, 1))
    matrix = KNOWLEDGE.matrix._replace(editions=(later, datacenter, again))
    knowledge = Knowledge(matrix, KNOWLEDGE.releases, KNOWLEDGE.rules)
    for edition, first in (("Standard", date(2025, 3, 1)), ("Datacenter", date(2024, 9, 20))):
        facts = ARC._replace(os=f"Windows Server 2025 {edition}")
        assert findings(facts, first - timedelta(days=1), knowledge)["HP105"].variant == (
            "before_preview"
        )
        assert "HP105" not in findings(facts, first, knowledge)


@pytest.mark.parametrize(
    ("facts", "generation", "variant"),
    [
        (AZURE, 1, "image"),
        (AZURE, 2, None),
        (AZURE, None, None),
        (AZURE._replace(image=PLAIN), 1, "default"),
        (AZURE._replace(image=None), 1, "default"),
    ],
)
def test_the_generation_of_a_vm(facts: Facts, generation: int | None, variant: str | None) -> None:
    """HP107 for generation 1; an image of Azure Edition has no generation 1, and HP107 says so."""
    found = findings(facts._replace(generation=generation)).get("HP107")
    assert (found.variant if found else None) == variant


@pytest.mark.parametrize(
    ("hotpatching", "bypass", "raised"),
    [(True, True, True), (False, True, False), (None, True, False), (True, False, False)],
)
def test_bypassed_safety_checks_matter_with_hotpatching(
    hotpatching: bool | None, bypass: bool, raised: bool
) -> None:
    """HP204 where hotpatching is on and the safety checks are bypassed."""
    settings = AZURE.patching._replace(hotpatching=hotpatching, bypass_safety_checks=bypass)
    assert ("HP204" in findings(AZURE._replace(patching=settings))) == raised


@pytest.mark.parametrize(
    ("publisher", "offer", "system"),
    [
        ("Canonical", "ubuntu-24_04-lts", "linux"),
        ("RedHat", "RHEL", "linux"),
        ("MicrosoftWindowsServer", "WindowsServer", "windows"),
        ("microsoftwindowsdesktop", "windows-11", "windows"),
        ("MicrosoftSQLServer", "sql2022-ws2022", "windows"),
        ("MicrosoftSQLServer", "sql2019-ubuntu2004", "linux"),
        ("microsoft-dsvm", "dsvm-win-2022", "windows"),
        ("MicrosoftSQLServer", "sql2022", None),
        ("someone", "ubuntu", None),
        (None, "ubuntu", None),
    ],
)
def test_what_a_publisher_publishes(publisher: str | None, offer: str, system: str | None) -> None:
    """A publisher of Windows or of Linux tells the system; of one of both, the offer does."""
    assert published_for(Image(publisher, offer, "x")) == system


@pytest.mark.parametrize(
    ("facts", "system"),
    [
        (Facts(), None),
        (Facts(os_type="linux", os="Windows Server 2025"), "linux"),
        (Facts(os="Ubuntu", image=PLAIN), "linux"),
        (Facts(os="Windows Server 2025", configured="linux"), "windows"),
        (Facts(os="something", configured="linux"), "linux"),
        (Facts(image=PLAIN, configured="linux"), "windows"),
        (Facts(image=Image("someone", "x", "y"), configured="linux"), "linux"),
    ],
)
def test_the_strongest_sign_of_a_system(facts: Facts, system: str | None) -> None:
    """The type of the disk comes first, then the name, the image's publisher, and the settings."""
    assert system_of(facts) == system


@pytest.mark.parametrize(
    ("word", "system"),
    [
        ("Windows", "windows"),
        (" linux ", "linux"),
        ("0", "windows"),
        ("1", "linux"),
        ("2", None),
        (0, None),
        (None, None),
        (True, None),
    ],
)
def test_the_words_of_sources_for_a_system(word: object, system: str | None) -> None:
    """Azure says Windows and Linux, PowerShell 0 and 1, as text."""
    assert os_type(word) == system


def test_a_contradiction_of_two_updates_is_found_once() -> None:
    """Of two KBs of different products, the second contradicts the first."""
    first, second = (
        next(row.kb for row in KNOWLEDGE.releases if row.product == product and row.kb)
        for product in ("ws2022", "ws2025")
    )
    facts = ARC._replace(os=None, build=None, kbs=(first, second))
    found = [
        finding
        for finding in Judge(KNOWLEDGE, TODAY).judge(facts).findings
        if (finding.code, finding.variant) == ("HP415", "update")
    ]
    assert [dict(finding.values)["kb"] for finding in found] == [second]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (LOCAL._replace(image=None), "HP216"),
        (LOCAL._replace(image=Image(id="/x")), "HP216"),
        (LOCAL._replace(image=Image(container="x")), "HP103"),
        (LOCAL._replace(image=None, built="Packer"), "HP102"),
    ],
)
def test_a_stated_step_of_an_iso_is_about_a_machine(facts: Facts, code: str) -> None:
    """The steps for an ISO matter to a machine, not to a container or an image that is built."""
    local = facts.azure_local._replace(iso_hotpatch=False)
    found = findings(facts._replace(azure_local=local))
    assert found.keys() & {"HP216", "HP102", "HP103"} == {code}


def test_an_unknown_name_is_of_no_edition_that_begins() -> None:
    """Before hotpatching through Azure Arc began, HP105 says so of a name, not of a missing one."""
    before = date(2024, 9, 19)
    assert findings(ARC, before)["HP105"].variant == "before_preview"
    without = findings(ARC._replace(os=None), before)
    assert "HP105" not in without
    assert "HP402" in without


@pytest.mark.parametrize(
    ("os", "codes"),
    [
        ("Windows Server 2025 Datacenter: Azure Edition", {"HP104"}),
        ("Windows Server 2022 Datacenter: Azure Edition", {"HP104"}),
        ("Windows Server 2052 Datacenter: Azure Edition", {"HP402"}),
        ("Windows Server: Azure Edition", {"HP104"}),
        ("Windows Server 2025 Standard", set()),
    ],
)
def test_azure_edition_is_not_eligible_through_arc(os: str, codes: set[str]) -> None:
    """HP104 for Azure Edition of a released Windows Server; the year may be that of its build."""
    assert findings(ARC._replace(os=os)).keys() & {"HP104", "HP105", "HP402"} == codes


def test_a_matrix_without_hosts_asks_for_none() -> None:
    """HP211 is found only where the matrix states the least version of the host."""
    matrix = KNOWLEDGE.matrix._replace(azure_local_hosts=())
    without = Knowledge(matrix, KNOWLEDGE.releases, KNOWLEDGE.rules)
    assert "HP211" in findings(OLD_HOST)
    assert "HP211" not in findings(OLD_HOST, knowledge=without)


@pytest.mark.parametrize(
    ("as_of", "variant", "values"),
    [
        (date(2025, 1, 1), "preview", {"observed": "Canceled"}),
        (
            date(2025, 8, 1),
            "paid",
            {"observed": "Canceled", "price": "1.50 US dollars per CPU core and month"},
        ),
        (date(2026, 8, 20), "default", {"observed": "Canceled"}),
        (date(2024, 9, 19), "default", {"observed": "Canceled"}),
    ],
)
def test_the_terms_of_an_enrollment(as_of: date, variant: str, values: dict[str, str]) -> None:
    """HP208 has the terms of the day: a preview, a price, or none, and none before the preview.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
    """
    arc = ARC.arc._replace(hotpatch=LicenseStatus.parse("Disabled"))
    found = {finding.code: finding for finding in check_arc(ARC._replace(arc=arc), MATRIX, as_of)}
    assert (found["HP208"].variant, dict(found["HP208"].values)) == (variant, values)
    off = ARC.arc._replace(enablement=Enablement.parse("Disabled"))
    found = {finding.code: finding for finding in check_arc(ARC._replace(arc=off), MATRIX, as_of)}
    phases = [phase for phase in MATRIX.arc_phases if phase.from_day <= as_of]
    terms = phases[-1].terms if phases else "unknown"
    assert (found["HP208"].variant, dict(found["HP208"].values)) == (
        "switched_off",
        {"terms": terms},
    )


@pytest.mark.parametrize(
    ("vbs", "observed"),
    [("configured", "configured but not running"), ("off", "off"), ("running", None)],
)
def test_what_is_observed_of_vbs(vbs: str, observed: str | None) -> None:
    """HP205 says that VBS is configured without running, or off."""
    found = findings(ARC._replace(arc=ARC.arc._replace(vbs=vbs))).get("HP205")
    assert (dict(found.values)["observed"] if found else None) == observed


@pytest.mark.parametrize(
    ("security", "observed"),
    [
        (Security(), None),
        (Security(SecurityType.parse("TrustedLaunch"), secure_boot=True, vtpm=True), None),
        (Security(SecurityType.parse("Standard")), "the security type is Standard"),
        (Security(secure_boot=False), "Secure Boot is off"),
        (Security(vtpm=False), "the virtual TPM is off"),
        (Security(secure_boot=False, vtpm=False), "Secure Boot is off and the virtual TPM is off"),
        (
            Security(SecurityType.parse("Standard"), vtpm=False),
            "the security type is Standard and the virtual TPM is off",
        ),
    ],
)
def test_what_is_observed_of_boot_security(security: Security, observed: str | None) -> None:
    """HP215 names each part of boot security that is off.

    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
    """
    found = findings(AZURE._replace(security=security)).get("HP215")
    assert (dict(found.values)["observed"] if found else None) == observed


def test_a_build_that_a_client_shares_counts_against_updates_of_another_product() -> None:
    """Build 26100 may be of Windows 11; beside a KB of another product, it's that of Windows Server
    2025, whatever the other KBs are.
    """
    first, second = (
        next(row.kb for row in KNOWLEDGE.releases if row.product == product and row.kb)
        for product in ("ws2022", "ws2025")
    )
    build = Build.parse("26100.1742")
    assert [fact.field for fact in named(Facts(build=build, kbs=(second,)))] == []
    for kbs in ((first,), (first, second)):
        fields = [fact.field for fact in named(Facts(build=build, kbs=kbs))]
        assert fields == ["build", *["kbs"] * len(kbs)]


@pytest.mark.parametrize(
    ("facts", "variant"),
    [
        (LOCAL._replace(image=None), "local"),
        (LOCAL._replace(image=None, unresolved=(("image", "win25"),)), "local_list"),
        (AZURE._replace(image=None), "default"),
        (AZURE._replace(image=None, unresolved=(("image", "x"),)), "unresolved"),
        (AZURE._replace(image=Image(sku="2025-datacenter-azure-edition")), "partial"),
        (
            AZURE._replace(
                image=Image(sku="2025-datacenter-azure-edition"), unresolved=(("image", "x"),)
            ),
            "unresolved",
        ),
    ],
)
def test_what_is_unknown_of_an_image(facts: Facts, variant: str) -> None:
    """HP401 says what is known of the image: a name, an expression, a part, or nothing."""
    finding = findings(facts)["HP401"]
    assert finding.variant == variant
    if variant == "local_list":
        assert dict(finding.values) == {"image": "win25"}


def test_a_publisher_that_is_near_to_one_of_the_matrix_is_a_slip() -> None:
    """An image has no nearest one if its publisher is near to none of the matrix."""
    (row, *others) = MATRIX.images
    matrix = MATRIX._replace(images=(row._replace(publisher="Contoso"), *others))
    knowledge = Knowledge(matrix, KNOWLEDGE.releases, KNOWLEDGE.rules)
    for publisher, variant in (
        ("Contos", "look_alike"),
        ("MicrosoftWindowsServe", "look_alike"),
        ("MicrosoftWindowsSe", "look_alike"),
        ("MicrosoftWindowsS", "elsewhere"),
        (None, "look_alike"),
        ("someone", "elsewhere"),
    ):
        facts = AZURE._replace(image=Image(publisher, "contoso", "2025-edition"))
        assert findings(facts, knowledge=knowledge)["HP101"].variant == variant


@pytest.mark.parametrize(
    ("os", "build", "windows"),
    [
        ("Windows Server 2025 Standard", "20348.1", "Windows Server 2022"),
        (None, "20348.1", "Windows Server 2022 or Azure Stack HCI 21H2"),
        ("Windows", "20348.1", "Windows Server 2022 or Azure Stack HCI 21H2"),
        ("Windows Server 2025 Standard", "20349.1", "Azure Stack HCI 22H2"),
        ("Windows Server 2025 Standard", "26200.1", "a Windows client"),
    ],
)
def test_the_windows_of_another_build(os: str | None, build: str, windows: str) -> None:
    """HP105 names the Windows of a build: the server where the machine is said to be one."""
    found = findings(ARC._replace(os=os, build=Build.parse(build)))["HP105"]
    assert dict(found.values)["windows"] == windows


@pytest.mark.parametrize(
    ("os", "build", "variant"),
    [
        ("Windows Server 2019 Standard", "17763.1", "release"),
        ("Windows Server 2019 Standard", "26100.33222", "release"),
        ("Windows Server 2025 Standard", "17763.1", "build"),
        ("Windows Server 2052 Standard", "17763.1", "build"),
        (None, "17763.1", "build"),
        ("Azure Stack HCI", "17763.1", "host"),
    ],
)
def test_a_release_that_is_named_is_the_reason(os: str | None, build: str, variant: str) -> None:
    """HP105 names the release where the name states an ineligible one, otherwise the build's."""
    assert findings(ARC._replace(os=os, build=Build.parse(build)))["HP105"].variant == variant


def test_a_region_matters_to_the_product_that_lacks_it() -> None:
    """HP109 is for Windows Server 2025, whose images some regions lacked until January 2025."""
    image = AZURE.image
    assert image is not None
    older = image._replace(sku="2022-datacenter-azure-edition-core")
    for facts, raised in ((AZURE, True), (AZURE._replace(image=older), False)):
        found = findings(facts._replace(region="westeurope"), date(2024, 12, 1))
        assert ("HP109" in found) == raised


def test_words_come_before_the_image_in_the_family_of_a_build() -> None:
    """A build that Windows 11 shares with Windows Server 2025 is of what the words name."""
    client = Facts(os="Windows 11", image=PLAIN, build=Build.parse("26100.1742"))
    families = {fact.field: fact.windows.family for fact in named(client)}
    assert families == {"image": "server", "os": "client", "build": "client"}
    nameless = client._replace(os=None)
    families = {fact.field: fact.windows.family for fact in named(nameless)}
    assert families == {"image": "server", "build": "server"}


def test_a_build_off_record_contradicts_servers_only() -> None:
    """An unlisted build on a client names nothing, even beside a KB of Windows Server."""
    kb = next(row.kb for row in KNOWLEDGE.releases if row.product == "ws2025" and row.kb)
    facts = Facts(os="Windows 11", build=Build.parse("99999.1"), kbs=(kb,))
    assert [fact.field for fact in named(facts)] == ["os"]
    server = facts._replace(os="Windows Server 2025 Standard")
    assert [fact.field for fact in named(server)] == ["os", "build", "kbs"]


@pytest.mark.parametrize(
    ("os", "build", "other"),
    [
        (
            "Windows Server 2025 Standard",
            None,
            "the operating system is Windows Server 2025 Standard",
        ),
        (None, "26100.33222", "build 26100.33222 belongs to Windows Server 2025"),
    ],
)
def test_what_an_update_contradicts(os: str | None, build: str | None, other: str) -> None:
    """HP415 names the fact that a KB contradicts, in words of its own."""
    kb = next(row.kb for row in KNOWLEDGE.releases if row.product == "ws2022" and row.kb)
    facts = ARC._replace(os=os, build=Build.parse(build), kbs=(kb,))
    found = [
        finding
        for finding in Judge(KNOWLEDGE, TODAY).judge(facts).findings
        if (finding.code, finding.variant) == ("HP415", "update")
    ]
    assert [dict(finding.values)["other"] for finding in found] == [other]
