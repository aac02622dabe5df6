"""Every rule from HP101 to HP413: what raises it, what does not, and what it makes of the
verdict.
"""

from datetime import date
from typing import Any

import pytest
from machines import ARC, AZURE, CORE, KNOWLEDGE, LOCAL, OLD_HOST, TODAY

from hotpatch_cli.eligibility.prerequisites import enrollment
from hotpatch_cli.eligibility.product import parse_system
from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    AzureLocal,
    Build,
    Enablement,
    Facts,
    HostRelease,
    Image,
    LicenseStatus,
    Patching,
    PatchMode,
    PendingUpdate,
    RebootSetting,
    Security,
    SecurityType,
    parse_host_release,
    written,
)


def judge(facts: Facts, as_of: date = TODAY) -> Judgment:
    """The judgment with the shipped knowledge."""
    return Judge(KNOWLEDGE, as_of).judge(facts)


def codes(facts: Facts, as_of: date = TODAY) -> set[str]:
    """The codes of all findings but HP313, which is about the track."""
    return {finding.code for finding in judge(facts, as_of).findings} - {"HP313"}


def sku(
    name: str, publisher: str = "MicrosoftWindowsServer", offer: str = "WindowsServer"
) -> Facts:
    """An Azure VM that is well but for its image."""
    return AZURE._replace(image=Image(publisher, offer, name))


@pytest.mark.parametrize("facts", [AZURE, LOCAL, ARC], ids=["azure", "azure-local", "arc"])
def test_a_machine_whose_facts_are_all_met_is_ready(facts: Facts) -> None:
    """With every deciding fact known and met, the verdict is ready and no error is raised."""
    assert judge(facts).verdict == "ready"
    assert not codes(facts._replace(build=Build.parse("26100.33222")))


RAISED: list[tuple[str, Facts, str]] = [
    ("HP101", sku("2022-datacenter-azure-edition"), "unsupported"),
    ("HP101", sku("2022-datacenter-azure-edition-smalldisk"), "unsupported"),
    ("HP101", sku("2025-datacenter-azure-edition-g2"), "unsupported"),
    ("HP101", sku("2022-datacenter-azure-edition-hotpatch-g2"), "unsupported"),
    ("HP101", sku("2025-datacenter-azure-edition-hotpatch"), "unsupported"),
    ("HP101", sku("2025-Datacenter-Edition"), "unsupported"),
    ("HP101", sku("2019-Datacenter"), "unsupported"),
    ("HP101", sku("Windows Server 2022 Datacenter Azure Edition Hotpatch x64 Gen2"), "unsupported"),
    (
        "HP101",
        sku("2025-datacenter-azure-edition", publisher="icrosoftWindowsServer"),
        "unsupported",
    ),
    ("HP101", sku("windows-server-2025-azure-edition-hotpatch", offer="x-previews"), "unsupported"),
    ("HP102", AZURE._replace(image=Image(id="/subscriptions/0/x")), "unsupported"),
    ("HP102", AZURE._replace(image=None, restored=True), "unsupported"),
    ("HP102", AZURE._replace(built="Packer"), "unsupported"),
    (
        "HP103",
        AZURE._replace(image=Image(container="mcr.microsoft.com/windows/nanoserver:ltsc2025")),
        "unsupported",
    ),
    ("HP104", ARC._replace(os="Windows 10 Enterprise"), "unsupported"),
    ("HP104", ARC._replace(os="Windows Server 2025 Essentials"), "unsupported"),
    ("HP104", ARC._replace(os="Windows Server 2025 Datacenter: Azure Edition"), "unsupported"),
    ("HP105", ARC._replace(os="Windows Server 2022 Datacenter"), "unsupported"),
    ("HP105", ARC._replace(os="Windows Server 2012 R2 Standard"), "unsupported"),
    ("HP106", AZURE._replace(scale_set="uniform"), "unsupported"),
    ("HP107", AZURE._replace(generation=1), "unsupported"),
    ("HP110", sku("2025-datacenter-azure edition–core"), "ready"),
    (
        "HP201",
        AZURE._replace(patching=AZURE.patching._replace(hotpatching=False)),
        "action-required",
    ),
    (
        "HP202",
        AZURE._replace(patching=AZURE.patching._replace(mode=PatchMode.parse("Manual"))),
        "action-required",
    ),
    ("HP203", AZURE._replace(patching=AZURE.patching._replace(vm_agent=False)), "action-required"),
    ("HP204", AZURE._replace(patching=AZURE.patching._replace(bypass_safety_checks=True)), "ready"),
    ("HP205", ARC._replace(arc=ARC.arc._replace(vbs="configured")), "action-required"),
    ("HP206", ARC._replace(arc=ARC.arc._replace(secure_boot=False)), "action-required"),
    ("HP206", ARC._replace(arc=ARC.arc._replace(uefi=False)), "action-required"),
    (
        "HP207",
        ARC._replace(arc=ARC.arc._replace(status=ArcStatus.parse("Disconnected"))),
        "action-required",
    ),
    (
        "HP208",
        ARC._replace(arc=ARC.arc._replace(hotpatch=LicenseStatus.parse("Disabled"))),
        "action-required",
    ),
    (
        "HP208",
        ARC._replace(arc=ARC.arc._replace(enablement=Enablement.parse("ActionRequired"))),
        "action-required",
    ),
    ("HP209", ARC._replace(build=Build.parse("26100.1741")), "action-required"),
    (
        "HP210",
        LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("23H2"), azure_verification=False)),
        "action-required",
    ),
    (
        "HP211",
        LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("22H2"), azure_verification=True)),
        "action-required",
    ),
    ("HP212", AZURE._replace(scale_set="flexible"), "ready"),
    ("HP213", AZURE._replace(power="off"), "ready"),
    (
        "HP214",
        AZURE._replace(patching=AZURE.patching._replace(reboot=RebootSetting.parse("NeverReboot"))),
        "ready",
    ),
    ("HP306", AZURE._replace(pending=(PendingUpdate("a driver", None, "driver"),)), "ready"),
    ("HP308", AZURE._replace(restart_pending=True), "ready"),
    ("HP401", AZURE._replace(image=None), "unknown"),
    ("HP401", AZURE._replace(image=Image(sku="2025-datacenter-azure-edition")), "unknown"),
    ("HP402", ARC._replace(os=None), "unknown"),
    ("HP402", ARC._replace(os="Windows Server"), "unknown"),
    ("HP402", ARC._replace(os="Windows Server 2025"), "unknown"),
    ("HP402", ARC._replace(os="Windows Server 2025 Standard Evaluation"), "unknown"),
    ("HP403", ARC._replace(build=None), "unknown"),
    ("HP403", ARC._replace(build=Build.parse("10.0.26100")), "unknown"),
    ("HP404", AZURE._replace(patching=AZURE.patching._replace(mode=None)), "unknown"),
    ("HP405", AZURE._replace(patching=AZURE.patching._replace(hotpatching=None)), "unknown"),
    ("HP406", AZURE._replace(patching=AZURE.patching._replace(vm_agent=None)), "unknown"),
    ("HP407", ARC._replace(arc=ARC.arc._replace(status=None)), "unknown"),
    ("HP408", ARC._replace(arc=ARC.arc._replace(hotpatch=None)), "unknown"),
    ("HP409", ARC._replace(arc=ARC.arc._replace(vbs=None)), "unknown"),
    ("HP410", ARC._replace(arc=ARC.arc._replace(secure_boot=None)), "unknown"),
    ("HP411", LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("23H2"), None)), "unknown"),
    ("HP412", LOCAL._replace(azure_local=AzureLocal(None, azure_verification=True)), "unknown"),
]


@pytest.mark.parametrize(
    ("code", "facts", "verdict"),
    RAISED,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(RAISED)],
)
def test_a_rule_is_raised(code: str, facts: Facts, verdict: str) -> None:
    """One fact that is unmet or missing raises its rule, and the verdict follows from the rule's
    hundred and level.
    """
    judgment = judge(facts)
    found = {finding.code for finding in judgment.findings}
    assert code in found
    assert judgment.verdict == verdict


def shown_of(facts: Facts, path: str) -> set[str]:
    """How evidence may show a fact: an image by its id or its container, too."""
    found: Any = facts
    for name in path.split("."):
        found = getattr(found, name)
    parts = (found.id, found.container) if isinstance(found, Image) else ()
    return {written(found), *filter(None, parts)}


@pytest.mark.parametrize(
    ("code", "facts"),
    [(code, facts) for code, facts, _ in RAISED if code != "HP306"],
    ids=[f"{row[0]}-{number}" for number, row in enumerate(RAISED) if row[0] != "HP306"],
)
def test_evidence_is_the_fact_of_the_machine(code: str, facts: Facts) -> None:
    """What a finding shows as evidence is what the machine's facts have, or that it's missing."""
    finding = next(found for found in judge(facts).findings if found.code == code)
    assert finding.evidence
    for path, shown in finding.evidence:
        assert shown in shown_of(facts, path)


@pytest.mark.parametrize(
    "row", RAISED, ids=[f"{row[0]}-{number}" for number, row in enumerate(RAISED)]
)
def test_every_sentence_can_be_filled(row: tuple[str, Facts, str]) -> None:
    """The sentence of every finding takes its values, and no placeholder is left."""
    from hotpatch_cli.report import sentence

    for finding in judge(row[1]).findings:
        said = sentence(KNOWLEDGE.rules[finding.code], finding)
        assert said
        assert "{" not in said


@pytest.mark.parametrize("name", [row.sku for row in KNOWLEDGE.matrix.images])
@pytest.mark.parametrize(
    "change", [str.upper, str.title, lambda text: f"  {text} "], ids=["upper", "title", "spaces"]
)
def test_letter_case_and_outer_spaces_do_not_matter(name: str, change: Any) -> None:
    """A supported SKU in any letter case, or with spaces around it, is supported and no spelling is
    remarked.
    """
    assert not codes(sku(change(name))) & {"HP101", "HP110"}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("2022-datacenter-azure-edition", "2022-datacenter-azure-edition-hotpatch"),
        ("2025-datacenter-azure-edition-hotpatch", "2025-datacenter-azure-edition"),
        ("2022-datacenter-g2", "2022-datacenter-azure-edition"),
        ("2025-datacenter-azure-edition-core-g2", "2025-datacenter-azure-edition-core"),
    ],
)
def test_the_nearest_sku_is_named(name: str, nearest: str) -> None:
    """HP101 names a supported SKU of the same year."""
    values = dict(next(each.values for each in judge(sku(name)).findings if each.code == "HP101"))
    assert nearest in values["nearest"]


@pytest.mark.parametrize(
    "facts", [sku("2019-Datacenter"), ARC._replace(os="Windows Server 2022 Standard")]
)
def test_nothing_is_raised_for_what_is_unsupported(facts: Facts) -> None:
    """Once image or release is unsupported, no prerequisite, track or missing fact is raised."""
    bare = facts._replace(patching=Patching(), arc=Arc(), build=None)
    assert all(code.startswith("HP1") for code in codes(bare))
    assert judge(bare).track.state is None


def test_all_obstacles_show_at_once() -> None:
    """A uniform scale set of generation 1 with wrong settings shows all of it, and the worst gives
    the verdict.
    """
    facts = AZURE._replace(
        scale_set="uniform",
        generation=1,
        patching=Patching(PatchMode.parse("Manual"), hotpatching=False),
    )
    assert {"HP106", "HP107", "HP201", "HP202", "HP406"} <= codes(facts)
    assert judge(facts).verdict == "unsupported"


def test_enabled_by_arc_is_evidence_for_vbs_and_secure_boot() -> None:
    """An enablement status of Enabled stands for VBS and Secure Boot that are not stated, not
    against what is.
    """
    proven = ARC._replace(
        arc=Arc(
            ArcStatus.parse("Connected"),
            LicenseStatus.parse("Enabled"),
            Enablement.parse("Enabled"),
        )
    )
    assert judge(proven).verdict == "ready"
    assert "HP205" in codes(proven._replace(arc=proven.arc._replace(vbs="off")))


@pytest.mark.parametrize(
    ("licence", "enablement", "state"),
    [
        ("Enabled", "Enabled", "Enabled"),
        ("Enabled", "Disabled", "Disabled"),
        ("Enabled", "PendingEvaluation", "Pending"),
        ("Enabled", "ActionRequired", "Action Required"),
        ("Disabled", "Enabled", "Canceled"),
        ("Enabling", None, "Pending"),
        ("Disabling", None, "Disabling"),
        ("Failed", None, "Failed"),
        ("Not Enrolled", None, "Not Enrolled"),
        ("Unknown", "Enabled", None),
        (None, None, None),
    ],
)
def test_the_enrollment_states_of_the_portal(
    licence: str | None, enablement: str | None, state: str | None
) -> None:
    """Licence and enablement give the state that Azure Update Manager shows."""
    assert enrollment(LicenseStatus.parse(licence), Enablement.parse(enablement)) == state


@pytest.mark.parametrize(
    ("facts", "as_of", "code", "raised"),
    [
        (
            AZURE._replace(image=CORE._replace(sku="2022-datacenter-azure-edition-core")),
            date(2022, 2, 15),
            "HP101",
            True,
        ),
        (
            AZURE._replace(image=CORE._replace(sku="2022-datacenter-azure-edition-core")),
            date(2022, 2, 16),
            "HP101",
            False,
        ),
        (sku("2022-datacenter-azure-edition-hotpatch"), date(2023, 7, 17), "HP101", True),
        (sku("2022-datacenter-azure-edition-hotpatch"), date(2023, 7, 18), "HP101", False),
        (AZURE, date(2024, 10, 31), "HP101", True),
        (AZURE, date(2024, 11, 1), "HP101", False),
        (AZURE._replace(region="westeurope"), date(2025, 1, 5), "HP109", True),
        (AZURE._replace(region="westeurope"), date(2025, 1, 6), "HP109", False),
        (AZURE._replace(region="UK South"), date(2024, 12, 1), "HP109", False),
        (ARC, date(2024, 9, 19), "HP105", True),
        (ARC, date(2024, 9, 20), "HP105", False),
        (sku("2022-datacenter-azure-edition-core"), date(2027, 10, 31), "HP108", False),
        (sku("2022-datacenter-azure-edition-core"), date(2027, 11, 1), "HP108", True),
        (OLD_HOST, date(2024, 10, 21), "HP211", False),
        (OLD_HOST, date(2024, 10, 22), "HP211", True),
    ],
)
def test_knowledge_is_dated(facts: Facts, as_of: date, code: str, raised: bool) -> None:
    """A rule holds from its day on and until its day, and not a day longer."""
    assert (code in codes(facts, as_of)) == raised


@pytest.mark.parametrize(
    ("as_of", "variant"),
    [
        (date(2025, 7, 15), "preview"),
        (date(2025, 7, 16), "paid"),
        (date(2026, 5, 18), "paid"),
        (date(2026, 5, 19), "default"),
    ],
)
def test_the_price_of_arc_is_dated(as_of: date, variant: str) -> None:
    """HP208 speaks of the preview, then of the price, then of neither."""
    findings = judge(
        ARC._replace(arc=ARC.arc._replace(hotpatch=LicenseStatus.parse("Not Enrolled"))), as_of
    ).findings
    assert next(each.variant for each in findings if each.code == "HP208") == variant


@pytest.mark.parametrize(
    "text", ["Ubuntu 22.04 LTS", "Red Hat Enterprise Linux 9", "SLES 15", "Debian GNU/Linux 12"]
)
def test_what_is_not_windows_is_skipped(text: str) -> None:
    """A machine that runs something else has no verdict."""
    assert judge(ARC._replace(os=text)).verdict is None


@pytest.mark.parametrize(
    ("text", "year", "edition"),
    [
        ("Windows Server 2025 Standard", "2025", "Standard"),
        ("Microsoft Windows Server 2025 Datacenter (Desktop Experience)", "2025", "Datacenter"),
        ("Windows Server 2025 Datacenter Core", "2025", "Datacenter"),
        ("Windows Server 2012 R2 Datacenter", "2012 R2", "Datacenter"),
        ("Windows Server 2025 Standard Evaluation", "2025", "Evaluation"),
        ("Windows Server 2025 Datacenter Azure Edition", "2025", "azure edition"),
        ("Windows Server 2025", "2025", None),
    ],
)
def test_release_and_edition_are_read_from_words(text: str, year: str, edition: str | None) -> None:
    """The words of an operating system give its release and its edition."""
    system = parse_system(text)
    assert (system.family, system.year, system.edition) == ("server", year, edition)


@pytest.mark.parametrize(("declared", "verdict"), [(False, "ready"), (True, "action-required")])
@pytest.mark.parametrize("bypass", [True, False, None])
def test_bypassed_checks_weigh_more_where_a_vm_is_only_declared(
    *, declared: bool, verdict: str, bypass: bool | None
) -> None:
    """HP204 warns of a VM that exists with both, and is an error where a template or a plan only
    declares them.
    """
    facts = AZURE._replace(
        declared=declared, patching=AZURE.patching._replace(bypass_safety_checks=bypass)
    )
    assert judge(facts).verdict == (verdict if bypass else "ready")
    assert ("HP204" in codes(facts)) == bool(bypass)


@pytest.mark.parametrize(
    ("security", "raised"),
    [
        (Security(), False),
        (Security(SecurityType.parse("Standard")), True),
        (Security(SecurityType.parse("standard")), True),
        (Security(SecurityType.parse("TrustedLaunch"), secure_boot=True, vtpm=True), False),
        (Security(SecurityType.parse("TrustedLaunch"), secure_boot=False, vtpm=True), True),
        (Security(SecurityType.parse("ConfidentialVM"), vtpm=False), True),
        (Security(None, secure_boot=False), True),
    ],
)
@pytest.mark.parametrize("facts", [AZURE, LOCAL, ARC], ids=["azure", "azure-local", "arc"])
def test_boot_security_that_is_off_is_a_warning(
    security: Security, *, raised: bool, facts: Facts
) -> None:
    """HP215 warns on Azure and Azure Local where a source says that boot security is off; the
    verdict stays.
    """
    secured = facts._replace(security=security)
    assert ("HP215" in codes(secured)) == (raised and facts.platform != "arc")
    assert judge(secured).verdict == "ready"


ISO = "Windows Server 2022 Datacenter: Azure Edition"
GALLERY = Image(id="/subscriptions/0/providers/Microsoft.AzureStackHCI/galleryImages/iso")
COPY = Image(id="/subscriptions/0/providers/Microsoft.AzureStackHCI/marketplaceGalleryImages/m")
OLD_SKU = Image("MicrosoftWindowsServer", "WindowsServer", "2019-datacenter")


@pytest.mark.parametrize(
    ("image", "system", "steps", "raised", "verdict"),
    [
        (GALLERY, ISO, None, {"HP416"}, "unknown"),
        (GALLERY, ISO, False, {"HP216"}, "action-required"),
        (GALLERY, ISO, True, set(), "ready"),
        (GALLERY, None, True, set(), "ready"),
        (GALLERY, None, None, {"HP102"}, "unsupported"),
        (GALLERY, "Windows Server 2025 Datacenter: Azure Edition", True, {"HP102"}, "unsupported"),
        (GALLERY, "Windows Server 2022 Datacenter", True, {"HP102"}, "unsupported"),
        (None, ISO, True, set(), "ready"),
        (None, ISO, False, {"HP216"}, "action-required"),
        (None, ISO, None, {"HP401"}, "unknown"),
        (None, None, True, set(), "ready"),
        (COPY, ISO, None, {"HP401"}, "unknown"),
        (CORE, None, True, set(), "ready"),
        (CORE._replace(sku="2022-datacenter-azure-edition"), ISO, True, {"HP101"}, "unsupported"),
        (OLD_SKU, ISO, False, {"HP216", "HP415"}, "action-required"),
        (OLD_SKU, None, None, {"HP101"}, "unsupported"),
    ],
)
def test_a_vm_from_an_iso_needs_the_steps(
    image: Image | None, system: str | None, *, steps: bool | None, raised: set[str], verdict: str
) -> None:
    """Azure Edition of 2022 on Azure Local that was installed or upgraded from an ISO hotpatches
    after the steps.
    """
    local = LOCAL.azure_local._replace(iso_hotpatch=steps)
    facts = LOCAL._replace(image=image, os=system, azure_local=local)
    assert codes(facts) - {"HP313"} == raised
    assert judge(facts).verdict == verdict
    assert "HP216" not in codes(facts._replace(platform="azure", patching=AZURE.patching))


@pytest.mark.parametrize(
    ("image", "system", "raised"),
    [
        (None, "Windows Server 2025 Standard", {"HP104"}),
        (None, "Windows Server 2025 Datacenter", {"HP104"}),
        (GALLERY, "Windows Server 2025 Datacenter", {"HP104"}),
        (CORE._replace(sku="2025-datacenter-g2"), None, {"HP104"}),
        (CORE, "Windows Server 2025 Datacenter", set()),
        (None, "Windows Server 2025 Datacenter: Azure Edition", {"HP401"}),
        (None, "Windows Server 2022 Datacenter", {"HP401"}),
        (CORE._replace(sku="2022-datacenter-g2"), None, {"HP101"}),
    ],
)
def test_a_guest_that_arc_hotpatches_is_told_so(
    image: Image | None, system: str | None, raised: set[str]
) -> None:
    """2025 Standard and Datacenter on Azure Local are eligible through Azure Arc: HP104 says so,
    and asks no image.
    """
    assert codes(LOCAL._replace(image=image, os=system)) - {"HP313"} == raised


@pytest.mark.parametrize(
    ("license_state", "enablement", "variant"),
    [
        ("Enabled", "Disabled", "switched_off"),
        ("Enabled", "ActionRequired", "action_required"),
        ("Enabled", "PendingEvaluation", "default"),
        ("Disabled", "Enabled", "default"),
        ("Disabling", "Enabled", "default"),
        ("Not Enrolled", "Disabled", "default"),
        ("Failed", None, "default"),
    ],
)
def test_enrolled_and_switched_off_has_its_own_remedy(
    license_state: str, enablement: str | None, variant: str
) -> None:
    """A machine that is enrolled and switched off is turned on again; one that isn't enrolled is
    enrolled.
    """
    facts = ARC._replace(
        arc=ARC.arc._replace(
            hotpatch=LicenseStatus.parse(license_state), enablement=Enablement.parse(enablement)
        )
    )
    finding = next(each for each in judge(facts).findings if each.code == "HP208")
    rule = KNOWLEDGE.rules["HP208"]
    assert finding.variant == variant
    again = "don't need to enroll" in rule.remedy_of(variant)
    assert again == (variant != "default")


def test_host_releases_have_an_order() -> None:
    """Releases of Azure Local are compared by their time, however they are written."""
    texts = ["21H2", "22H2", "23H2", "24H2", "2503", "12.2506.1001.1"]
    found = [parse_host_release(text) for text in texts]
    assert None not in found
    assert found == sorted(found)  # type: ignore[type-var]  # no None among them, as the line above says
    assert parse_host_release("12.2503") == parse_host_release("2503")
    assert parse_host_release("latest") is None


def test_a_vm_from_an_iso_is_not_ready_before_hotpatch_was_offered() -> None:
    """In 2021 no image hotpatched, so the steps for an ISO do not help: HP101."""
    iso = LOCAL._replace(
        image=None, azure_local=LOCAL.azure_local._replace(iso_hotpatch=True), os=None
    )
    assert codes(iso, date(2021, 6, 1)) == {"HP101"}
    assert judge(iso, date(2021, 6, 1)).verdict == "unsupported"
    assert "HP101" not in codes(iso, date(2022, 2, 16))
