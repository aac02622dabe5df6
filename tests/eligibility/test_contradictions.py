"""Facts of one machine that name two Windows versions: always told, never ready, and no track is
made up.
"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.eligibility.product import named_by, product_of, windows_of_build
from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    AzureLocal,
    Build,
    Facts,
    HostRelease,
    Image,
    LicenseStatus,
    Patching,
    PatchMode,
    parse_build,
)
from hotpatch_cli.report import sentence

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 8, 20)
WELL = Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True)
ENROLLED = Arc(
    ArcStatus.parse("Connected"),
    LicenseStatus.parse("Enabled"),
    None,
    "running",
    secure_boot=True,
    uefi=True,
)
VERIFIED = AzureLocal(HostRelease.parse("23H2"), azure_verification=True)
CORE_2022, CORE_2025 = "2022-datacenter-azure-edition-core", "2025-datacenter-azure-edition-core"
OF_2022, OF_2025 = (
    "Windows Server 2022 Datacenter: Azure Edition",
    "Windows Server 2025 Datacenter: Azure Edition",
)


def azure(sku: str | None, **more: Any) -> Facts:
    """An Azure VM that is well but for what contradicts."""
    image = None if sku is None else Image("MicrosoftWindowsServer", "WindowsServer", sku)
    return Facts(platform="azure", image=image, patching=WELL, region="uksouth", **more)


def local(sku: str | None, **more: Any) -> Facts:
    """The same on Azure Local."""
    return azure(sku, **more)._replace(
        platform="azure-local", patching=Patching(), azure_local=VERIFIED
    )


def arc(os: str | None, build: str | None = None, *kbs: str) -> Facts:
    """An enrolled Arc machine."""
    return Facts(platform="arc", os=os, build=Build.parse(build), kbs=kbs, arc=ENROLLED)


def judge(facts: Facts) -> Judgment:
    """The judgment with the shipped knowledge."""
    return Judge(KNOWLEDGE, TODAY).judge(facts)


CONFLICTS: dict[str, tuple[Facts, set[str], str]] = {
    "image, system and build": (
        azure(CORE_2022, os=OF_2025, build=Build.parse("26100.33222")),
        {"HP111"},
        "unsupported",
    ),
    "image and system": (azure(CORE_2022, os=OF_2025), {"HP111"}, "unsupported"),
    "image and build": (
        azure(CORE_2022, build=Build.parse("26100.33222")),
        {"HP111"},
        "unsupported",
    ),
    "image and a build without revision": (
        azure(CORE_2025, build=Build.parse("10.0.20348")),
        {"HP111"},
        "unsupported",
    ),
    "image and KB": (azure(CORE_2022, kbs=("KB5120228",)), {"HP111"}, "unsupported"),
    "image and an older build": (
        azure(CORE_2025, build=Build.parse("17763.7558")),
        {"HP111"},
        "unsupported",
    ),
    "image and a client": (azure(CORE_2025, os="Windows 11 Enterprise"), {"HP111"}, "unsupported"),
    "image and a client's build": (
        azure(CORE_2025, build=Build.parse("26200.8655")),
        {"HP111"},
        "unsupported",
    ),
    "an old image, upgraded": (
        azure("2019-datacenter", os=OF_2022),
        {"HP101", "HP111"},
        "unsupported",
    ),
    "an image of 2012 R2": (
        azure("2012-R2-Datacenter", build=Build.parse("9200.1")),
        {"HP101", "HP111"},
        "unsupported",
    ),
    "image, and system against build": (
        azure(CORE_2025, os=OF_2025, build=Build.parse("20348.5440")),
        {"HP111", "HP415"},
        "unsupported",
    ),
    "edition of the image and of the system": (
        azure(CORE_2025, os="Windows Server 2025 Standard"),
        {"HP415"},
        "unknown",
    ),
    "image and system on Azure Local": (local(CORE_2022, os=OF_2025), {"HP415"}, "unknown"),
    "image and build on Azure Local": (
        local(CORE_2025, build=Build.parse("20348.5440")),
        {"HP415"},
        "unknown",
    ),
    "an image upgraded by ISO on Azure Local": (
        local("2019-datacenter", os=OF_2022),
        {"HP415", "HP416"},
        "unknown",
    ),
    "system and build": (
        arc("Windows Server 2025 Standard", "20348.5440"),
        {"HP105", "HP415"},
        "unsupported",
    ),
    "system and an annual build": (
        arc("Windows Server 2025 Standard", "25398.1"),
        {"HP105", "HP415"},
        "unsupported",
    ),
    "system and a client's build": (
        arc("Windows Server 2025 Standard", "26200.1"),
        {"HP105", "HP415"},
        "unsupported",
    ),
    "an older system and build": (
        arc("Windows Server 2022 Standard", "26100.33222"),
        {"HP105", "HP415"},
        "unsupported",
    ),
    "two older ones": (
        arc("Windows Server 2019 Standard", "20348.5440"),
        {"HP105", "HP415"},
        "unsupported",
    ),
    "a client and a server's build": (
        arc("Windows 11 Pro", "20348.5440"),
        {"HP104", "HP415"},
        "unsupported",
    ),
    "system and KB": (
        arc("Windows Server 2025 Standard", "26100.33222", "KB5120229"),
        {"HP415"},
        "unknown",
    ),
    "KB and KB": (azure(None, kbs=("KB5120229", "KB5120228")), {"HP401", "HP415"}, "unknown"),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_contradiction_is_told(name: str) -> None:
    """Facts that name two Windows versions raise HP111 or HP415, and neither a product nor a track
    is chosen.
    """
    facts, codes, verdict = CONFLICTS[name]
    judgment = judge(facts)
    assert {finding.code for finding in judgment.findings} - {"HP307", "HP313"} == codes
    assert judgment.verdict == verdict
    if not any(finding.variant == "edition" for finding in judgment.findings):
        assert judgment.product is None
        assert judgment.track.state in (None, "unknown")


AGREEING: dict[str, Facts] = {
    "azure": azure(CORE_2022, os=OF_2022, build=Build.parse("20348.5440"), kbs=("KB5120229",)),
    "words without a release": azure(CORE_2025, os="Windows", build=Build.parse("26100.33222")),
    "fewer words": azure(
        CORE_2025, os="Windows Server 2025 Datacenter", build=Build.parse("26100.33222")
    ),
    "azure-local": local(CORE_2025, os=OF_2025, build=Build.parse("26100.33222")),
    "arc": arc("Windows Server 2025 Standard", "26100.33222", "KB5120228"),
    "the build tells the release": arc("Windows Server Datacenter", "26100.33222"),
    "a KB that no row has": arc("Windows Server 2025 Standard", "26100.33222", "KB5099999"),
}


@pytest.mark.parametrize("name", AGREEING)
def test_facts_that_agree_are_no_contradiction(name: str) -> None:
    """Facts that name one Windows, or none, raise no contradiction: the machine stays ready."""
    judgment = judge(AGREEING[name])
    assert not {finding.code for finding in judgment.findings} & {"HP111", "HP415"}
    assert judgment.verdict == "ready"


def test_a_kb_that_a_client_shares_is_no_contradiction() -> None:
    """KBs of Windows Server 2025 were those of Windows 11 24H2 until 2025; those of Windows Server
    2022 are its own.
    """
    client = arc("Windows 11 Pro", "26100.6899", "KB5066835")
    assert {finding.code for finding in judge(client).findings} == {"HP104"}
    assert judge(arc(None, "26100.6899", "KB5066835")).product is None
    assert {finding.code for finding in judge(client._replace(kbs=("KB5066782",))).findings} == {
        "HP104",
        "HP415",
    }


def test_the_sentence_leaves_open_which_fact_is_wrong() -> None:
    """HP111 names each fact that contradicts the image, and says that one of the two may be
    wrong.
    """
    finding = judge(azure(CORE_2022, os=OF_2025, build=Build.parse("26100.33222"))).findings[0]
    said = sentence(KNOWLEDGE.rules["HP111"], finding)
    assert [field for field, _ in finding.evidence] == ["image", "os", "build"]
    assert "or one of the two is wrong" in said
    assert OF_2025 in said
    assert "26100.33222" in said


@pytest.mark.parametrize(
    ("build", "family", "name"),
    [
        ("20348.5440", "server", "Windows Server 2022"),
        ("10.0.26100.33222", "server", "Windows Server 2025"),
        ("26100", "client", "Windows 11 24H2"),
        ("17763.1", "server", "Windows Server 2019"),
        ("14393.1", "server", "Windows Server 2016"),
        ("9600.1", "server", "Windows Server 2012 R2"),
        ("9200", "server", "Windows Server 2012"),
        ("25398.1", "server", "Windows Server, version 23H2 (annual channel)"),
        ("25398.1", "host", "Azure Local 23H2"),
        ("22631.1", None, "a Windows client"),
        ("26100.1", None, None),
        ("99999.1", "server", None),
        ("x", "server", None),
    ],
)
def test_a_build_names_its_windows(build: str, family: str | None, name: str | None) -> None:
    """A build number names one Windows of a family; a number that several share names none without
    a family.
    """
    windows = windows_of_build(parse_build(build), family)
    assert (windows.name if windows else None) == name


SKUS = st.sampled_from([None, CORE_2022, CORE_2025, "2019-datacenter"])
WORDS = st.sampled_from(
    [
        None,
        OF_2022,
        OF_2025,
        "Windows Server 2025 Standard",
        "Windows Server 2019 Standard",
        "Windows 11",
    ]
)
BUILDS = st.sampled_from([None, "20348.5440", "26100.33222", "17763.1", "25398.1", "26200.1"])
UPDATES = st.sampled_from([(), ("KB5120229",), ("KB5120228",), ("KB5120229", "KB5120228")])
YEARS = {
    CORE_2022: "2022",
    CORE_2025: "2025",
    "2019-datacenter": "2019",
    OF_2022: "2022",
    OF_2025: "2025",
    "Windows Server 2025 Standard": "2025",
    "Windows Server 2019 Standard": "2019",
    "Windows 11": "client",
    "20348.5440": "2022",
    "17763.1": "2019",
    "25398.1": "23H2",
    "26200.1": "client",
    "KB5120229": "2022",
    "KB5120228": "2025",
}


@settings(max_examples=300, deadline=None)
@given(SKUS, WORDS, BUILDS, UPDATES, st.sampled_from(["azure", "azure-local", "arc"]))
def test_contradicting_facts_are_never_ready(
    sku: str | None, words: str | None, build: str | None, kbs: tuple[str, ...], platform: Any
) -> None:
    """Whatever the platform, two facts of two Windows versions make a finding, no product, and
    never ready.
    """
    facts = azure(sku, os=words, build=Build.parse(build), kbs=kbs)._replace(
        platform=platform, arc=ENROLLED, azure_local=VERIFIED
    )
    named = {YEARS[fact] for fact in (sku, words, build, *kbs) if fact in YEARS}
    if build == "26100.33222":
        named.add("2025" if words != "Windows 11" else "client")
    if words == "Windows 11" and "KB5120229" not in kbs:
        named = {name for name in named if name != "2025"} | (
            {"2025"} if sku == CORE_2025 else set()
        )
    if kbs == ("KB5120228",) and (sku, words, build) in (
        (None, None, None),
        (None, None, "26100.33222"),
    ):
        named = set()
    if build == "17763.1" and words == "Windows 11":
        named = named - {"2019"} | {"client"} | ({"2019"} if sku == "2019-datacenter" else set())
    judgment = judge(facts)
    if len(named) > 1:
        assert judgment.verdict != "ready"
        assert {finding.code for finding in judgment.findings} & {"HP111", "HP415"}
        assert product_of(facts, KNOWLEDGE.matrix, Judge(KNOWLEDGE, TODAY).updates) is None
    else:
        conflicts = [
            each
            for each in judgment.findings
            if each.code in ("HP111", "HP415") and each.variant != "edition"
        ]
        assert not conflicts


@pytest.mark.parametrize("number", ["26080", "26220", "29531", "99999", "20347"])
@pytest.mark.parametrize("revision", ["", ".1"])
@pytest.mark.parametrize("platform", ["azure", "azure-local", "arc"])
def test_a_number_that_no_windows_has_contradicts_a_product(
    hotpatch: Any, platform: str, number: str, revision: str
) -> None:
    """Windows Server 2022 and 2025 have one build number each: a machine of another number is never
    ready.
    """
    facts = {
        "azure": "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}, image: "
        f"MicrosoftWindowsServer:WindowsServer:{CORE_2025}",
        "azure-local": "azure_local: {version: 24H2, azure_verification: true}, image: "
        f"MicrosoftWindowsServer:WindowsServer:{CORE_2025}",
        "arc": "os: Windows Server 2025 Standard, arc: {status: Connected, hotpatch: Enabled, "
        "vbs: running, "
        "secure_boot: true, uefi: true}",
    }[platform]
    text = (
        f'machines:\n  - {{name: a, platform: {platform}, build: "{number}{revision}", {facts}}}\n'
    )
    machine = hotpatch.check(text, "--as-of", "2026-08-20").machines["a"]
    assert (machine["verdict"], machine["product"]) == ("unknown", None)
    assert "HP415" in [each["code"] for each in machine["reasons"]]


@pytest.mark.parametrize(
    "words", ["Windows Server 2008 R2 Standard", "Windows 11 Enterprise", None]
)
def test_a_number_off_record_contradicts_products_only(words: str | None) -> None:
    """Other Windows have numbers that aren't listed; without a product there is nothing to
    contradict.
    """
    facts = Facts(platform="arc", os=words, build=Build.parse("26220.1"))
    assert not any(each.field == "build" for each in named_by(facts, KNOWLEDGE.matrix))


@pytest.mark.parametrize(
    ("sku", "system", "contradicts"),
    [
        (CORE_2025, "Windows Server 2025 Standard", True),
        (CORE_2025, "Windows Server 2025 Datacenter", False),
        (CORE_2025, OF_2025, False),
        ("2025-datacenter-core", "Windows Server 2025 Standard", False),
        ("2025-datacenter-core", "Windows Server 2025 Datacenter", False),
    ],
)
def test_only_an_azure_edition_image_has_an_edition_to_contradict(
    sku: str, system: str, contradicts: bool
) -> None:
    """SKUs of other images serve more than one edition, and no edition contradicts them."""
    findings = judge(azure(sku, os=system)).findings
    assert any(finding.variant == "edition" for finding in findings) == contradicts


@pytest.mark.parametrize(("kb", "told"), [("KB5120228", True), ("KB9999999", False)])
def test_a_build_off_record_contradicts_the_product_that_a_kb_names(kb: str, told: bool) -> None:
    """Where a KB alone names the product of a Windows Server, a build of no Windows contradicts
    it.
    """
    findings = judge(arc("Windows Server", "27000.1", kb)).findings
    assert any(finding.code in ("HP111", "HP415") for finding in findings) == told
