"""What holds for every machine, whatever its facts: facts are drawn by chance."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.load import load_knowledge
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
    meaning_of,
)
from hotpatch_cli.report import sentence

KNOWLEDGE = load_knowledge()
SKUS = [row.sku for row in KNOWLEDGE.matrix.images] + [
    "2022-datacenter-azure-edition",
    "2025 datacenter",
    "2019-Datacenter",
]
FLAG = st.sampled_from([None, True, False])
DAYS = st.dates(date(2021, 1, 1), date(2028, 12, 31))
IMAGES = st.none() | st.builds(
    Image,
    publisher=st.sampled_from(
        ["MicrosoftWindowsServer", "microsoftwindowsserver", "icrosoftWindowsServer", None]
    ),
    offer=st.sampled_from(["WindowsServer", "WindowsServer", "previews"]),
    sku=st.sampled_from(SKUS),
    version=st.none(),
    container=st.sampled_from([None, None, None, "mcr.microsoft.com/windows/servercore:ltsc2025"]),
    id=st.sampled_from([None, None, None, "/subscriptions/0/galleries/g"]),
)
SYSTEMS = st.sampled_from(
    [
        None,
        "?",
        "Windows 11",
        "Windows Server 2022",
        "Windows Server 2025",
        "Windows Server 2025 Standard",
        "Windows Server 2025 Datacenter",
        "Windows Server 2022 Datacenter: Azure Edition",
        "Windows Server Datacenter",
        "Windows Server 2025 Standrad",
        "Azure Stack HCI",
    ]
)
BUILDS = st.sampled_from(
    [
        None,
        "26100",
        "17763.1",
        "25398.1",
        "22631.1",
        "x",
        *(str(row.build) for row in KNOWLEDGE.releases if row.build),
    ]
)
KBS = st.lists(st.sampled_from([row.kb for row in KNOWLEDGE.releases if row.kb]), max_size=3).map(
    tuple
)
FACTS = st.builds(
    Facts,
    others=st.just(()),
    os_type=st.just("windows"),
    configured=st.none(),
    built=st.none(),
    unresolved=st.just(()),
    platform=st.sampled_from(["azure", "azure-local", "arc"]),
    image=IMAGES,
    os=SYSTEMS,
    region=st.sampled_from([None, "uksouth", "West Europe"]),
    generation=st.sampled_from([None, 1, 2]),
    scale_set=st.sampled_from([None, "uniform", "flexible"]),
    restored=st.sampled_from([False, False, True]),
    patching=st.builds(
        Patching,
        mode=st.sampled_from([None, "Manual", "AutomaticByPlatform"]).map(PatchMode.parse),
        hotpatching=FLAG,
        vm_agent=FLAG,
        bypass_safety_checks=FLAG,
        reboot=st.sampled_from([None, "Never", "IfRequired"]).map(RebootSetting.parse),
        assessment=st.none(),
    ),
    arc=st.builds(
        Arc,
        status=st.sampled_from([None, "Connected", "Expired"]).map(ArcStatus.parse),
        hotpatch=st.sampled_from([None, "Enabled", "Disabled", "Unknown"]).map(LicenseStatus.parse),
        enablement=st.sampled_from([None, "Enabled", "ActionRequired"]).map(Enablement.parse),
        vbs=st.sampled_from([None, "running", "configured", "off"]),
        secure_boot=FLAG,
        uefi=FLAG,
        agent=st.none(),
    ),
    azure_local=st.builds(
        AzureLocal,
        version=st.sampled_from([None, "22H2", "2503", "?"]).map(HostRelease.parse),
        azure_verification=FLAG,
        iso_hotpatch=FLAG,
    ),
    security=st.builds(
        Security,
        type=st.sampled_from([None, "Standard", "TrustedLaunch"]).map(SecurityType.parse),
        secure_boot=FLAG,
        vtpm=FLAG,
    ),
    declared=st.booleans(),
    provider=st.sampled_from([None, "azurerm"]),
    health_extension=FLAG,
    power=st.sampled_from([None, "on", "off"]),
    build=BUILDS.map(Build.parse),
    kbs=KBS,
    pending=st.sampled_from([(), (PendingUpdate("a driver"),)]),
    restart_pending=FLAG,
)
SETTINGS = settings(max_examples=200, deadline=None)


def judge(facts: Facts, as_of: date) -> Judgment:
    """The judgment with the shipped knowledge."""
    return Judge(KNOWLEDGE, as_of).judge(facts)


def level(finding: Finding) -> str:
    """The level of a finding."""
    return KNOWLEDGE.rules[finding.code].level_of(finding.variant)


@pytest.mark.slow
@SETTINGS
@given(FACTS, DAYS)
def test_the_verdict_follows_from_the_errors(facts: Facts, as_of: date) -> None:
    """An error of 1xx makes unsupported, else one of 2xx action-required, else one of 4xx unknown,
    else ready.
    """
    judgment = judge(facts, as_of)
    errors = sorted(each.code for each in judgment.findings if level(each) == "error")
    expected = (
        {"1": "unsupported", "2": "action-required", "4": "unknown"}[errors[0][2]]
        if errors
        else "ready"
    )
    assert judgment.verdict == expected


@pytest.mark.slow
@SETTINGS
@given(FACTS, DAYS)
def test_every_finding_can_be_told(facts: Facts, as_of: date) -> None:
    """Each finding has evidence, a sentence without a gap, and a rule of the machine's platform."""
    for finding in judge(facts, as_of).findings:
        rule = KNOWLEDGE.rules[finding.code]
        said = sentence(rule, finding)
        assert finding.evidence
        assert "None" not in said
        assert "{" not in said
        assert facts.platform in rule.platforms, finding


@pytest.mark.slow
@SETTINGS
@given(FACTS, DAYS)
def test_nothing_builds_on_what_is_unsupported(facts: Facts, as_of: date) -> None:
    """Once an image or release is unsupported, only rules of 1xx and contradictions speak, with no
    track.
    """
    judgment = judge(facts, as_of)
    gates = {"HP101", "HP102", "HP103", "HP104", "HP105", "HP108", "HP111"}
    if gates & {each.code for each in judgment.findings}:
        assert all(
            each.code.startswith("HP1") or each.code == "HP415" for each in judgment.findings
        )
        assert judgment.track.state is None
        assert judgment.next_baseline is None
    else:
        assert judgment.track.state is not None


DECIDING: dict[str, tuple[tuple[str, str | None], ...]] = {
    "azure": (
        ("image", None),
        ("patching", "mode"),
        ("patching", "hotpatching"),
        ("patching", "vm_agent"),
    ),
    "azure-local": (
        ("image", None),
        ("azure_local", "version"),
        ("azure_local", "azure_verification"),
    ),
    "arc": (
        ("os", None),
        ("build", None),
        *(("arc", part) for part in ("status", "hotpatch", "vbs", "secure_boot")),
    ),
}


def without(facts: Facts, key: str, part: str | None) -> Facts:
    """The same machine with one fact missing."""
    missing: Any = None if part is None else getattr(facts, key)._replace(**{part: None})
    return facts._replace(**{key: missing})


@SETTINGS
@given(FACTS, DAYS, st.data())
def test_to_know_less_never_makes_ready(facts: Facts, as_of: date, data: st.DataObject) -> None:
    """A machine of which a deciding fact is missing is never ready, unless Arc's own Enabled, or
    the steps for a VM built from an ISO, stand for the fact.
    """
    key, part = data.draw(st.sampled_from(DECIDING[facts.platform or "arc"]))
    proven = (
        part in ("vbs", "secure_boot") and meaning_of(facts.arc.enablement) is Enablement.ENABLED
    )
    proven |= key == "image" and bool(facts.azure_local.iso_hotpatch)
    verdict = judge(without(facts, key, part), as_of).verdict
    assert verdict != "ready" or proven or (part == "secure_boot" and facts.arc.uefi is False)


READY = {
    "azure": Facts(
        platform="azure",
        image=Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition"),
        patching=Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True),
    ),
    "azure-local": Facts(
        platform="azure-local",
        image=Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition"),
        azure_local=AzureLocal(HostRelease.parse("23H2"), azure_verification=True),
    ),
    "arc": Facts(
        platform="arc",
        os="Windows Server 2025 Standard",
        build=Build.parse("26100.33222"),
        arc=Arc(
            ArcStatus.parse("Connected"),
            LicenseStatus.parse("Enabled"),
            None,
            "running",
            secure_boot=True,
        ),
    ),
}


def test_each_deciding_fact_decides() -> None:
    """A ready machine that loses any one fact that decides is unknown, and one 4xx error says
    which.
    """
    for platform, facts in READY.items():
        assert judge(facts, date(2026, 8, 20)).verdict == "ready"
        for key, part in DECIDING[platform]:
            judgment = judge(without(facts, key, part), date(2026, 8, 20))
            errors = [each for each in judgment.findings if level(each) == "error"]
            assert judgment.verdict == "unknown", (platform, key, part)
            assert [each.evidence[0][0] for each in errors] == [
                key if part is None else f"{key}.{part}"
            ]


@pytest.mark.slow
@SETTINGS
@given(FACTS, DAYS)
def test_findings_are_in_order_and_told_once(facts: Facts, as_of: date) -> None:
    """Errors come first, then warnings, then notes, by code in each; no finding stands twice."""
    findings = judge(facts, as_of).findings
    weights = [("error", "warning", "note").index(level(each)) for each in findings]
    assert weights == sorted(weights)
    assert len(set(findings)) == len(findings)
