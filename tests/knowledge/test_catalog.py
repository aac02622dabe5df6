"""The rule catalog: its codes, names and levels, and every sentence of it, raised and read."""

import re
from datetime import date
from typing import Any

import pytest

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge, Release, Rule, Source
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    AzureLocal,
    Build,
    Enablement,
    Facts,
    Finding,
    HostRelease,
    Image,
    LicenseStatus,
    Patching,
    PatchMode,
    PendingUpdate,
    RebootSetting,
    Security,
    SecurityType,
    parse_build,
)
from hotpatch_cli.report import sentence

KNOWLEDGE = load_knowledge()
RULES = KNOWLEDGE.rules
PROMISED = """
HP101 image-not-supported, HP102 custom-image, HP103 container-image, HP104
edition-not-supported, HP105 release-not-supported, HP106 scale-set-uniform, HP107 generation-1,
HP108 hotpatch-ended, HP109 region-not-available warning, HP110 image-spelling warning, HP111
in-place-upgrade, HP201 hotpatch-not-enabled, HP202 patch-mode, HP203 vm-agent-off, HP204
safety-checks-bypassed warning, HP205 vbs-not-running, HP206 no-secure-boot, HP207
arc-not-connected, HP208 not-enrolled, HP209 build-too-old, HP210 azure-verification-off, HP211
host-too-old, HP212 health-extension-missing warning, HP213 powered-off warning, HP214
reboot-never warning, HP215 boot-security-off warning, HP216 iso-enablement-off, HP301 behind
note, HP302 baseline-due warning, HP303 off-track warning, HP304 ambiguous-build warning, HP305
unplanned-baseline note, HP306 pending-other-update warning, HP307 build-unknown warning, HP308
restart-pending warning, HP309 release-kind-unknown warning, HP310 release-data-ends warning,
HP311 standard-update-offered warning, HP312 restart-overdue warning, HP313 build-not-given
warning, HP401 image-missing, HP402 os-missing, HP403 build-missing, HP404 patch-mode-missing,
HP405 hotpatching-missing, HP406 vm-agent-missing, HP407 agent-status-missing, HP408
enrolment-missing, HP409 vbs-missing, HP410 secure-boot-missing, HP411 verification-missing,
HP412 host-version-missing, HP413 timezone-missing warning, HP415 os-build-conflict, HP416
iso-enablement-missing, HP501 no-window warning, HP502 window-too-short warning, HP503
window-rule, HP504 schedule-not-run warning, HP505 waits-for-unplaced warning
"""


def test_codes_names_and_levels_are_those_that_are_promised() -> None:
    """The catalog has these rules, and each is an error unless it is called a warning or a
    note.
    """
    promised = re.sub(r"\s+", " ", PROMISED).strip().split(", ")
    rules = [RULES[entry.split()[0]] for entry in promised]
    assert [
        f"{rule.code} {rule.name}" + f" {rule.level}".replace(" error", "") for rule in rules
    ] == promised


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_a_rule_is_whole(rule: Rule) -> None:
    """Title, meaning and remedy are sentences; the source was read; no text but the sentences has a
    gap to fill.
    """
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.meaning.endswith(".")
    assert rule.remedy.endswith(".")
    assert all(
        each.endswith((".", "?")) for each in (*rule.sentences.values(), *rule.remedies.values())
    )
    assert {*rule.levels, *rule.remedies} <= {*rule.sentences}
    assert rule.source.startswith("https://")
    assert date(2020, 1, 1) < rule.read <= date(2026, 11, 23)


@pytest.mark.parametrize("code", re.findall(r"HP4\d\d", PROMISED))
def test_the_remedy_of_a_missing_fact_is_a_command(code: str) -> None:
    """The remedy quotes a command that finds the missing fact, and says where to specify it."""
    assert re.search(r"`[^`]*(az |Get-|Confirm-)[^`]*`", RULES[code].remedy)
    assert re.search(r"[Ss]pecify .*`", RULES[code].remedy)


def test_the_codes_are_in_order() -> None:
    """Rules are listed in the order of their codes, wherever the catalog has them."""
    assert list(RULES) == sorted(RULES)


TODAY = date(2026, 8, 20)
IMAGE = Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition")
VM = Facts(
    platform="azure",
    image=IMAGE,
    region="uksouth",
    patching=Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True),
)
LOCAL = Facts(
    platform="azure-local",
    image=IMAGE,
    azure_local=AzureLocal(HostRelease.parse("23H2"), azure_verification=True),
)
ARC = Facts(
    platform="arc",
    os="Windows Server 2025 Datacenter",
    build=Build.parse("26100.33222"),
    arc=Arc(
        ArcStatus.parse("Connected"),
        LicenseStatus.parse("Enabled"),
        None,
        "running",
        secure_boot=True,
        uefi=True,
    ),
)


def image(sku: str, **more: Any) -> Facts:
    """An Azure VM of another SKU."""
    return VM._replace(image=IMAGE._replace(sku=sku), **more)


def patching(**more: Any) -> Facts:
    """An Azure VM with other patch settings."""
    return VM._replace(patching=VM.patching._replace(**more))


def through_arc(**more: Any) -> Facts:
    """An Arc machine of which Arc knows something else."""
    return ARC._replace(arc=ARC.arc._replace(**more))


def from_iso(*, steps: bool | None) -> Facts:
    """A VM of Azure Local that was installed from an ISO, with what is known of the steps of
    Microsoft's page.
    """
    return LOCAL._replace(
        image=Image(id="/x/galleryImages/iso2022"),
        os="Windows Server 2022 Datacenter: Azure Edition",
        azure_local=LOCAL.azure_local._replace(iso_hotpatch=steps),
    )


def ws2022(build: str | None) -> Facts:
    """An Azure VM of Windows Server 2022."""
    return image("2022-datacenter-azure-edition-core", build=Build.parse(build))


CASES: dict[str, tuple[Facts, str, str]] = {
    "HP101 not_listed": (
        image("freebsd"),
        "",
        "isn't in the support matrix. Use MicrosoftWindowsServer:",
    ),
    "HP101 look_alike": (
        image("2025-datacenter"),
        "",
        "isn't eligible for hotpatching: a Datacenter image",
    ),
    "HP101 elsewhere": (
        VM._replace(image=Image("MicrosoftSQLServer", "sql2022-ws2025", "standard-gen2")),
        "",
        "Install the product on a VM from a Marketplace image",
    ),
    "HP101 not_yet": (VM, "2024-10-31", "only from 2024-11-01, after the as-of date 2024-10-31"),
    "HP101 iso_not_yet": (from_iso(steps=True), "2021-06-01", "only from 2022-02-16, after"),
    "HP102 gallery": (
        VM._replace(image=Image(id="/g")),
        "",
        "Image /g is a custom or gallery image",
    ),
    "HP102 restored": (VM._replace(image=None, restored=True), "", "no image reference"),
    "HP102 built": (
        VM._replace(image=None, built="Packer"),
        "",
        "Packer produces a custom image",
    ),
    "HP102 built_on": (
        VM._replace(built="Packer"),
        "",
        "a custom image from MicrosoftWindowsServer:WindowsServer:2025",
    ),
    "HP103 default": (
        VM._replace(image=Image(container="mcr/x")),
        "",
        "Image mcr/x is a Windows container",
    ),
    "HP104 edition": (
        ARC._replace(os="Windows Server 2025 Essentials"),
        "",
        "The edition of Windows Server 2025 Ess",
    ),
    "HP104 client": (ARC._replace(os="Windows 11 Pro"), "", "Windows 11 Pro is a Windows client"),
    "HP104 azure_edition": (
        ARC._replace(os="Windows Server 2025 Azure Edition"),
        "",
        "not through Azure Arc",
    ),
    "HP104 through_arc": (
        LOCAL._replace(image=None, os="Windows Server 2025 Standard"),
        "",
        "is eligible for hotpatching through Azure Arc, not as an Azure Local VM",
    ),
    "HP105 release": (
        ARC._replace(os="Windows Server 2019", build=None),
        "",
        "Windows Server 2019 isn't eligible",
    ),
    "HP105 build": (
        ARC._replace(os="Windows Server Datacenter", build=Build.parse("25398.1085")),
        "",
        "with build 25398.1085 is Windows Server, version 23H2 (annual channel), which",
    ),
    "HP105 host": (
        ARC._replace(os="Azure Stack HCI", build=Build.parse("25398.1085")),
        "",
        "Azure Local updates its nodes",
    ),
    "HP105 before_preview": (
        ARC,
        "2024-09-19",
        "preview on 2024-09-20, after the as-of date 2024-09-19",
    ),
    "HP106 default": (VM._replace(scale_set="uniform"), "", "Uniform orchestration"),
    "HP107 default": (
        ARC._replace(generation=1),
        "",
        "generation 1. Hotpatching needs generation 2",
    ),
    "HP107 image": (VM._replace(generation=1), "", "means generation 2: one of the two is wrong"),
    "HP108 default": (
        ws2022(None),
        "2027-11-01",
        "no hotpatches after October 2027, and the as-of date is 2027-11-01",
    ),
    "HP109 default": (VM._replace(region="swedencentral"), "2024-12-01", "region swedencentral"),
    "HP109 missing": (VM._replace(region=None), "2024-12-01", "Before 2025-01-06"),
    "HP110 default": (
        image("2025 datacenter azure edition"),
        "",
        "Azure accepts only MicrosoftWindowsServer:",
    ),
    "HP110 declared": (
        image("2025 datacenter azure edition", declared=True),
        "",
        "and Azure refuses to deploy it",
    ),
    "HP110 azurerm": (
        image("2025-Datacenter-Azure-Edition", provider="azurerm"),
        "",
        "azurerm provider rejects it for hotpatching. Use ",
    ),
    "HP111 default": (
        image("2022-datacenter-azure-edition-core", build=Build.parse("26100.33222")),
        "",
        (
            "but build 26100.33222 belongs to Windows Server 2025: the VM was upgraded "
            "in place, or one of the two is wrong"
        ),
    ),
    "HP201 default": (patching(hotpatching=False), "", "is false. Set it to true"),
    "HP202 default": (patching(mode=PatchMode.parse("Manual")), "", "Patch mode is Manual"),
    "HP203 default": (patching(vm_agent=False), "", "VM agent is off"),
    "HP204 default": (patching(bypass_safety_checks=True), "", "Sources disagree"),
    "HP204 declared": (
        patching(bypass_safety_checks=True)._replace(declared=True),
        "",
        "a report of 2025-03-31 and a second source of September 2026",
    ),
    "HP205 default": (through_arc(vbs="configured"), "", "is configured but not running"),
    "HP206 secure_boot": (through_arc(secure_boot=False), "", "Secure Boot is off"),
    "HP206 uefi": (through_arc(uefi=False), "", "doesn't start with UEFI"),
    "HP207 default": (through_arc(status=ArcStatus.parse("Expired")), "", "status is Expired"),
    "HP208 default": (
        through_arc(hotpatch=LicenseStatus.parse("Disabled")),
        "",
        "enrollment: Canceled. Hotpatching needs Enabled",
    ),
    "HP208 preview": (
        through_arc(hotpatch=LicenseStatus.parse("Failed")),
        "2025-07-15",
        "needs Enabled. On the as-of date, it's a free",
    ),
    "HP208 paid": (
        through_arc(hotpatch=LicenseStatus.parse("Not Enrolled")),
        "2025-07-16",
        "needs Enabled. On the as-of date, it costs 1.50",
    ),
    "HP208 switched_off": (
        through_arc(enablement=Enablement.parse("Disabled")),
        "2025-12-15",
        (
            "is enrolled, but hotpatching is turned off on it (enablement status "
            "Disabled). Turn it on. Terms on the as-of date: 1.50"
        ),
    ),
    "HP208 action_required": (
        through_arc(enablement=Enablement.parse("ActionRequired")),
        "",
        "Action Required: a prerequisite is missing",
    ),
    "HP209 default": (
        ARC._replace(build=Build.parse("26100.1741")),
        "",
        "Build 26100.1741 is older than 26100.1742",
    ),
    "HP210 default": (
        LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("23H2"), azure_verification=False)),
        "",
        "is off",
    ),
    "HP211 default": (
        LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("22H2"), azure_verification=True)),
        "",
        "22H2. Update it to 23H2",
    ),
    "HP212 default": (
        VM._replace(scale_set="flexible", health_extension=False),
        "",
        "has no Application Health",
    ),
    "HP212 missing": (VM._replace(scale_set="flexible"), "", "No source states whether"),
    "HP213 default": (VM._replace(power="off"), "", "is off"),
    "HP214 default": (
        patching(reboot=RebootSetting.parse("Never")),
        "",
        "is Never, but the planned baseline of 2026-10-13 needs",
    ),
    "HP215 default": (
        VM._replace(security=Security(SecurityType.parse("Standard"), secure_boot=False)),
        "",
        "Boot security: the security type is Standard and Secure Boot is off",
    ),
    "HP216 default": (from_iso(steps=False), "", "the steps of Microsoft's ISO page aren't done"),
    "HP301 default": (
        ARC._replace(build=Build.parse("26100.7092")),
        "2025-12-15",
        "The machine has KB5068966. The newer hotpatch KB5072014",
    ),
    "HP302 default": (
        ARC._replace(build=Build.parse("26100.6508")),
        "2025-10-15",
        "older than the baseline KB5066835 of 2025-10-14",
    ),
    "HP302 tempting": (
        ARC._replace(build=Build.parse("26100.6508")),
        "2025-12-15",
        "Don't install KB5072033, the other cumulative update of December 2025",
    ),
    "HP302 not_known": (
        ARC._replace(build=Build.parse("26100.33438")),
        "2026-11-23",
        "older than the planned baseline of 2026-10-13",
    ),
    "HP303 default": (
        ARC._replace(build=Build.parse("26100.7178")),
        "2025-12-15",
        "KB5072359, an out-of-band update that",
    ),
    "HP303 doubtful": (
        ARC._replace(build=Build.parse("26100.33451")),
        "2026-09-20",
        "has medium confidence, and no source",
    ),
    "HP303 doubtful_ended": (
        ws2022("20348.7002"),
        "2027-10-30",
        "has medium confidence, and no source",
    ),
    "HP303 ended": (
        ws2022("20348.7001"),
        "2027-10-25",
        "KB5000002, a standard cumulative update that",
    ),
    "HP304 shared": (
        ARC._replace(build=Build.parse("26100.6905")),
        "2025-12-15",
        "belongs to KB5070881 and KB5070893",
    ),
    "HP304 listed": (
        ARC._replace(build=Build.parse("26100.6905"), kbs=("KB5070881", "KB5070893")),
        "2025-12-15",
        "KB5070881 and KB5070893 share a build or a release date, and all of them are listed",
    ),
    "HP304 settled": (
        ARC._replace(build=Build.parse("26100.6905")),
        "",
        "All of them give the same track state",
    ),
    "HP304 contradiction_unlisted": (
        ARC._replace(build=Build.parse("26100.33000"), kbs=("KB5099536",)),
        "",
        "Build 26100.33000 is older than KB5099536, but",
    ),
    "HP304 contradiction": (
        ARC._replace(kbs=("KB5122871",)),
        "2026-09-20",
        "belongs to KB5120228, but KB5122871 is listed",
    ),
    "HP305 default": (
        ARC._replace(build=Build.parse("26100.32772")),
        "2026-06-20",
        "June 2026 was planned as a hotpatch month",
    ),
    "HP306 default": (
        VM._replace(pending=(PendingUpdate("x"), PendingUpdate(kind="driver"))),
        "",
        ": x, driver. They",
    ),
    "HP307 older_due": (
        ARC._replace(build=Build.parse("26100.1")),
        "",
        "below build 26100.33158. The machine lacks the baseline KB5099536",
    ),
    "HP307 unlisted_due": (
        ARC._replace(build=Build.parse("26100.8037")),
        "",
        "below build 26100.33158. The machine lacks",
    ),
    "HP307 later_due": (
        ARC._replace(build=Build.parse("26100.33000")),
        "",
        "was released on 2026-08-30, after the as-of date 2026-08-20. It's below build 26100.33158",
    ),
    "HP307 older": (
        ARC._replace(build=Build.parse("26100.1")),
        "2024-12-15",
        "older than 26100.1742, the oldest build",
    ),
    "HP307 newer": (
        ARC._replace(build=Build.parse("26100.99999")),
        "",
        "It might be the newest baseline",
    ),
    "HP307 later": (
        ARC._replace(build=Build.parse("26100.33438")),
        "",
        "released on 2026-09-08, after the as-of date 2026-08-20",
    ),
    "HP307 unlisted": (
        ARC._replace(build=Build.parse("26100.33200")),
        "",
        "It might be a Windows 11 or preview build",
    ),
    "HP307 no_revision": (
        ARC._replace(build=Build.parse("26100")),
        "",
        "Build 26100 has no revision",
    ),
    "HP308 default": (VM._replace(restart_pending=True), "", "A restart is pending"),
    "HP308 finish": (
        ARC._replace(build=Build.parse("26100.32995"), kbs=("KB5099536",), restart_pending=True),
        "",
        "Restart to finish KB5099536: it's installed",
    ),
    "HP308 finish_due": (
        ARC._replace(build=Build.parse("26100.32995"), kbs=("KB5099536",), restart_pending=True),
        "2026-09-20",
        "Then install the baseline KB5122871, which is newer",
    ),
    "HP308 finish_off": (
        ARC._replace(build=Build.parse("26100.33222"), kbs=("KB5120233",), restart_pending=True),
        "",
        (
            "Restart to finish KB5120233: it's installed and takes effect after the "
            "restart. It's a standard update"
        ),
    ),
    "HP309 default": (
        ws2022("20348.5622"),
        "2026-09-20",
        "depends on KB5122882 of 2026-09-08",
    ),
    "HP309 no_baseline": (
        ARC._replace(build=Build.parse("26100.1742")),
        "2024-12-01",
        "known on or before 2024-12-01",
    ),
    "HP311 default": (
        ARC._replace(pending=(PendingUpdate(None, "KB5120233"),)),
        "",
        "A standard update is offered: KB5120233.",
    ),
    "HP311 title": (
        ARC._replace(
            pending=(
                PendingUpdate("2026-08 Cumulative Update for Windows Server 2025", "KB5999999"),
            )
        ),
        "",
        (
            "offered: KB5999999 (2026-08 Cumulative Update for Windows Server "
            "2025). The release data doesn't have its KB"
        ),
    ),
    "HP311 open": (
        ARC._replace(
            pending=(PendingUpdate("Cumulative Update for Windows Server 2025 (KB5999999)"),)
        ),
        "",
        "It's a baseline or a standard update.",
    ),
    "HP311 untitled": (
        ARC._replace(pending=(PendingUpdate(None, "KB5999999"),)),
        "",
        "its title is missing: KB5999999",
    ),
    "HP313 default": (VM, "", "The build and the KBs are missing"),
    "HP313 kbs": (VM._replace(kbs=("KB5999999",)), "", "in the release data (KB5999999)"),
    "HP401 default": (VM._replace(image=None), "", "The image is missing"),
    "HP401 partial": (
        VM._replace(image=Image(sku=IMAGE.sku)),
        "",
        "Also specify its publisher and offer",
    ),
    "HP401 local_copy": (
        LOCAL._replace(image=Image(id="/x/marketplaceGalleryImages/y")),
        "",
        "doesn't identify that image",
    ),
    "HP401 local_list": (
        LOCAL._replace(image=None, unresolved=(("image", "/i"),)),
        "",
        "its image resource /i",
    ),
    "HP401 local": (
        LOCAL._replace(image=None),
        "",
        "`iso_hotpatch` under `azure_local`",
    ),
    "HP401 unresolved": (
        VM._replace(image=None, unresolved=(("image", "[x]"),)),
        "",
        "until deployment: [x]",
    ),
    "HP402 default": (ARC._replace(os=None), "", "is missing"),
    "HP402 release": (
        ARC._replace(os="Windows Server", build=None),
        "",
        "Windows Server has no version",
    ),
    "HP402 edition": (ARC._replace(os="Windows Server 2025"), "", "has no edition"),
    "HP402 meant": (
        ARC._replace(os="Windows Server 2025 Standrad"),
        "",
        "isn't recognized. Did you mean Windows Server 2025 Standard?",
    ),
    "HP402 other_edition": (
        ARC._replace(os="Windows Server 2025 Enterprise"),
        "",
        "Did you mean Standard or Datacenter?",
    ),
    "HP402 evaluation": (
        ARC._replace(os="Windows Server 2025 Standard Evaluation"),
        "",
        "sources conflict",
    ),
    "HP402 unrecognized": (
        ARC._replace(os="{os}"),
        "",
        "The operating system {os} isn't recognized",
    ),
    "HP403 default": (ARC._replace(build=None), "", "The build is missing"),
    "HP403 revision": (
        ARC._replace(build=Build.parse("10.0.26100")),
        "",
        "Build 26100 has no revision",
    ),
    "HP403 unreadable": (ARC._replace(build=Build.parse("x")), "", "Build x isn't a valid build"),
    "HP404 default": (patching(mode=None), "", "patch mode is missing"),
    "HP404 unresolved": (
        patching(mode=None)._replace(unresolved=(("patching.mode", "[m]"),)),
        "",
        "until deployment: [m]",
    ),
    "HP405 default": (patching(hotpatching=None), "", "is missing"),
    "HP405 unresolved": (
        patching(hotpatching=None)._replace(unresolved=(("patching.hotpatching", "[h]"),)),
        "",
        ": [h]",
    ),
    "HP406 default": (patching(vm_agent=None), "", "is missing"),
    "HP406 unresolved": (
        patching(vm_agent=None)._replace(unresolved=(("patching.vm_agent", "[a]"),)),
        "",
        ": [a]",
    ),
    "HP407 default": (through_arc(status=None), "", "is missing"),
    "HP408 default": (through_arc(hotpatch=None), "", "is missing"),
    "HP408 undecided": (
        through_arc(hotpatch=LicenseStatus.parse("Unknown")),
        "",
        "reported as Unknown",
    ),
    "HP409 default": (through_arc(vbs=None), "", "is missing"),
    "HP410 default": (through_arc(secure_boot=None), "", "is missing"),
    "HP411 default": (
        LOCAL._replace(azure_local=AzureLocal(HostRelease.parse("23H2"))),
        "",
        "is missing",
    ),
    "HP412 default": (
        LOCAL._replace(azure_local=AzureLocal(None, azure_verification=True)),
        "",
        "is missing",
    ),
    "HP412 unreadable": (
        LOCAL._replace(
            azure_local=AzureLocal(HostRelease.parse("latest"), azure_verification=True)
        ),
        "",
        "version latest isn't a valid version",
    ),
    "HP415 default": (
        ARC._replace(build=Build.parse("20348.5440")),
        "",
        (
            "is Windows Server 2025 Datacenter, but build 20348.5440 belongs to Windows "
            "Server 2022: one of the two is wrong"
        ),
    ),
    "HP415 update": (
        ARC._replace(kbs=("KB5120229",)),
        "",
        "KB5120229 is an update of Windows Server 2022, but the operat",
    ),
    "HP415 image": (
        LOCAL._replace(os="Windows Server 2022 Datacenter"),
        "",
        "but the operating system is Windows Server 2022",
    ),
    "HP415 edition": (
        VM._replace(os="Windows Server 2025 Standard"),
        "",
        "is of Azure Edition, but the operating system",
    ),
    "HP416 default": (
        from_iso(steps=None),
        "",
        "no source states whether the steps of Microsoft's ISO page are done",
    ),
}

LAST_OF_2022 = (
    ("2027-10-12", "planned-baseline", "20348.7000", "KB5000001"),
    ("2027-10-20", "standard", "20348.7001", "KB5000002"),
)
"""Two more releases of WS2022: the last baseline and an update after it, to say what shipped data
cannot say yet.
"""
DOUBTFUL = Release(
    "ws2022",
    "medium",
    (Source("made up for a test", date(2026, 1, 1)),),
    date(2027, 10, 25),
    "out-of-band",
    "KB5000003",
    parse_build("20348.7002"),
)
OUT_OF_ORDER = Release(
    "ws2025",
    "high",
    (Source("made up for a test", date(2026, 1, 1)),),
    date(2026, 8, 30),
    "out-of-band",
    "KB5000004",
    parse_build("26100.33000"),
)
"""A release of a later day whose build is below a baseline's, as only a wrong row of a user has it.
"""


def more_knowledge() -> Knowledge:
    """The shipped knowledge with two releases of the year in which hotpatch for WS2022 ends."""
    source = (Source("made up for a test", date(2026, 1, 1)),)
    rows = [
        Release("ws2022", "high", source, date.fromisoformat(day), kind, kb, parse_build(build))
        for day, kind, build, kb in LAST_OF_2022
    ]
    return KNOWLEDGE._replace(releases=(*KNOWLEDGE.releases, *rows, DOUBTFUL, OUT_OF_ORDER))


MORE = more_knowledge()


def told(finding: Finding) -> str:
    """Its sentence."""
    return sentence(RULES[finding.code], finding)


@pytest.mark.parametrize("name", CASES)
def test_a_sentence_is_raised_and_says_what_was_seen(name: str) -> None:
    """Each sentence of a rule is raised by some machine, and names what was seen or what is
    expected.
    """
    facts, day, words = CASES[name]
    findings = Judge(MORE, date.fromisoformat(day) if day else TODAY).judge(facts).findings
    said = [told(each) for each in findings if f"{each.code} {each.variant}" == name]
    assert len(said) == 1
    assert words in said[0]
    assert "None" not in said[0]
    assert said[0].endswith((".", "?"))


WINDOWED = """
windows:
  night: {{days: [Sun], start: 02:00, duration: 1h{window}}}
freezes: [{{name: year end, from: 2026-10-01, to: {frozen}}}]
machines:
  - {{name: a, platform: arc, os: Windows Server 2025 Standard, build: 26100.33222{machine}}}
"""
FITTED: dict[str, tuple[str, str]] = {
    "HP413 default": ("window: night", "Neither the machine nor its window has a time zone"),
    "HP501 none": ("timezone: Europe/Stockholm", "the machine has no maintenance window"),
    "HP501 never": (
        "window: night, timezone: Europe/Stockholm",
        "No further opening of night was found",
    ),
    "HP501 frozen": (
        "window: night, timezone: Europe/Stockholm",
        "Freezes block every opening of night",
    ),
    "HP502 default": (
        "window: night, timezone: Europe/Stockholm, reboot_minutes: 61",
        "takes 1 h 1 min, but the longest",
    ),
}
ELSEWHERE = {
    "HP414 default",
    "HP502 crowded",
    "HP502 pinned",
    "HP502 past",
    "HP502 late",
    "HP502 frozen",
    "HP502 pinned_crowded",
    "HP501 deadline",
    "HP501 platform",
    "HP503 default",
    "HP310 default",
    "HP505 default",
    "HP505 itself",
}
"""Sentences of the readers, of the planner and of the lint of windows, which no machine's own facts
raise.
"""


@pytest.mark.parametrize("name", FITTED)
def test_a_sentence_on_windows_is_raised(name: str, hotpatch: Any) -> None:
    """Each sentence on the window of a restart is raised by a machine that is ready, and says what
    to do.
    """
    machine, words = FITTED[name]
    known = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true}"
    window = ", until: 2026-01-01" if name == "HP501 never" else ""
    frozen = "2060-01-01" if name == "HP501 frozen" else "2026-10-02"
    text = WINDOWED.format(window=window, frozen=frozen, machine=f", {known}, {machine}")
    reasons = hotpatch.check(text, "--as-of", "2026-08-20").machines["a"]["reasons"]
    assert [each["code"] for each in reasons] == [name.split(maxsplit=1)[0]]
    assert words in reasons[0]["message"]


VM_TEXT = """
windows:
  night: {{days: [Sun], start: 02:00, duration: 3h, timezone: UTC, runner: azure-update-manager}}
machines:
  - {{name: a, platform: azure, image: '{urn}', build: {build}, {more}}}
"""
ON_AZURE: dict[str, tuple[str, str, str]] = {
    "HP504 default": (
        "26100.33222",
        "window: night, patching: {mode: Manual, hotpatching: true, vm_agent: true}",
        "The patch mode is Manual and the bypass flag is missing",
    ),
    "HP504 unknown": (
        "26100.33222",
        "window: night",
        "The patch mode of this VM isn't known",
    ),
    "HP504 no_schedule": (
        "26100.33222",
        (
            "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: "
            "true, bypass_safety_checks: true}"
        ),
        "Without a schedule, the VM is never patched",
    ),
    "HP312 default": (
        "26100.32995",
        "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}",
        "has been overdue since 2026-08-13",
    ),
}


@pytest.mark.parametrize("name", ON_AZURE)
def test_a_sentence_on_azures_restarts_is_raised(name: str, hotpatch: Any) -> None:
    """Each sentence on the restarts that Azure runs, or does not run, is raised by a VM."""
    build, more, words = ON_AZURE[name]
    text = VM_TEXT.format(urn=IMAGE, build=build, more=more)
    reasons = hotpatch.check(text, "--as-of", "2026-08-20").machines["a"]["reasons"]
    (message,) = [each["message"] for each in reasons if each["code"] == name.split(maxsplit=1)[0]]
    assert words in message


def test_no_sentence_is_left_out() -> None:
    """The cases raise every sentence of the catalog, so that none is dead and none was
    forgotten.
    """
    listed = {f"{rule.code} {variant}" for rule in RULES.values() for variant in rule.sentences}
    assert listed == {*CASES, *FITTED, *ON_AZURE} | ELSEWHERE


def test_an_unsupported_machine_is_not_asked_for_its_time_zone(hotpatch: Any) -> None:
    """HP413 is a missing fact, and none is raised once image or release is unsupported; HP501 is
    none.
    """
    text = (
        "machines: [{name: a, platform: arc, os: ws2022, window: w}, {name: b, "
        "platform: arc, os: ws2022}]\n"
    )
    text += "windows: {w: {days: [Sun], start: 02:00, duration: 4h}}\n"
    machines = hotpatch.check(text, "--as-of", "2026-08-20").machines
    assert [each["code"] for each in machines["a"]["reasons"]] == ["HP105"]
    assert [each["code"] for each in machines["b"]["reasons"]] == ["HP105", "HP501"]
    assert machines["a"]["next_reboot"]["reason"] == "monthly-update"
