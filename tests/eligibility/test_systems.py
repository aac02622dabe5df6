"""Operating systems under Arc, in the words that people and agents write."""

from datetime import date

import pytest

from hotpatch_cli.eligibility.product import parse_system, suggestion
from hotpatch_cli.eligibility.verdict import Judge
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
    parse_host_release,
)
from hotpatch_cli.report import sentence

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 8, 20)
ENROLLED = Arc(
    ArcStatus.parse("Connected"),
    LicenseStatus.parse("Enabled"),
    None,
    "running",
    secure_boot=True,
    uefi=True,
)

SYSTEMS: dict[str, tuple[str | None, set[str]]] = {
    "Windows Server 2025 Standard": ("ready", set()),
    "Windows Server 2025 Datacenter": ("ready", set()),
    "windows server 2025 datacentre": ("ready", set()),
    "Microsoft Windows Server 2025 Standard": ("ready", set()),
    "Microsoft Windows Server® 2025 Datacenter": ("ready", set()),
    "Windows Server(R) 2025 Standard": ("ready", set()),
    "Windows Server 2025 Datacenter Core": ("ready", set()),
    "Windows Server 2025 Standard (Desktop Experience)": ("ready", set()),
    "WindowsServer2025Datacenter": ("ready", set()),
    "WS2025 Standard": ("ready", set()),
    "WS2025 Standard on VMware": ("ready", set()),
    "Server 2025 Standard, Oracle cluster": ("ready", set()),
    "Windows Server 2025 Standard for Linux people": ("ready", set()),
    "Windows Server 2025 ServerDatacenter": ("ready", set()),
    "SQL Server 2022 on Windows Server 2025 Standard": ("ready", set()),
    "Windows Server 2025 Datacenter: Azure Edition": ("unsupported", {"HP104"}),
    "Windows Server 2025 Datacenter Azure Edition Core": ("unsupported", {"HP104"}),
    "Windows Server 2025 ServerTurbine": ("unsupported", {"HP104"}),
    "Windows Server 2025 Essentials": ("unsupported", {"HP104"}),
    "Windows Server IoT 2025 Standard": ("unsupported", {"HP104"}),
    "Windows Server 2025 IoT Datacenter": ("unsupported", {"HP104"}),
    "Windows Server 2025 Foundation": ("unsupported", {"HP104"}),
    "Windows 11 Enterprise": ("unsupported", {"HP104"}),
    "Windows 11 IoT Enterprise LTSC": ("unsupported", {"HP104"}),
    "Microsoft Windows 10 Pro": ("unsupported", {"HP104"}),
    "Windows 11 Enterprise multi-session": ("unsupported", {"HP104"}),
    "Windows Server 2022 Datacenter": ("unsupported", {"HP105", "HP415"}),
    "Windows Server 2022 Datacenter: Azure Edition": ("unsupported", {"HP104", "HP415"}),
    "Windows Server 2019 Standard": ("unsupported", {"HP105", "HP415"}),
    "Windows Server 2016 Datacenter": ("unsupported", {"HP105", "HP415"}),
    "Windows Server 2012 R2 Standard": ("unsupported", {"HP105", "HP415"}),
    "Windows Server 2008": ("unsupported", {"HP105", "HP415"}),
    "Hyper-V Server 2019": ("unsupported", {"HP105", "HP415"}),
    "Windows Server 2025 Standard Evaluation": ("unknown", {"HP402"}),
    "Microsoft Windows Server 2025 Datacenter Eval": ("unknown", {"HP402"}),
    "Windows Server 2025": ("unknown", {"HP402"}),
    "Windows Server 2025 (Core)": ("unknown", {"HP402"}),
    "Windows Server 2025 Desktop Experience x64": ("unknown", {"HP402"}),
    "Windows Server 2025 24H2 64-bit Build 26100.1742": ("unknown", {"HP402"}),
    "Windows Server": ("unknown", {"HP402"}),
    "Windows Server vNext Datacenter": ("unknown", {"HP402"}),
    "windows": ("unknown", {"HP402"}),
    "SQL Server 2022": ("unknown", {"HP402"}),
    "a server": ("unknown", {"HP402"}),
    "{os}": ("unknown", {"HP402"}),
    "Windows Server Datacenter": ("ready", set()),
    "Windows Server Standard": ("ready", set()),
    "Windows Server 2025 Std": ("unknown", {"HP402"}),
    "Windows Server 2025 Standrad": ("unknown", {"HP402"}),
    "Windows Server 2025 Datacnter": ("unknown", {"HP402"}),
    "Windows Server 2025 DC": ("unknown", {"HP402"}),
    "Windows Server 2025 Enterprise": ("unknown", {"HP402"}),
    "Windows Server 2052 Standard": ("unknown", {"HP402"}),
    "Windows Sever 2025 Standard": ("unknown", {"HP402"}),
    "2025 Standard": ("unknown", {"HP402"}),
    "Azure Stack HCI": ("unsupported", {"HP105"}),
    "Ubuntu 24.04 LTS": (None, set()),
    "Ubuntu Server 2004": (None, set()),
    "SQL Server 2022 on Ubuntu": (None, set()),
    "Red Hat Enterprise Linux Server 7.9": (None, set()),
    "SUSE Linux Enterprise Server 15 SP5": (None, set()),
    "Oracle Linux Server 9": (None, set()),
    "VMware ESXi 8.0": (None, set()),
}


@pytest.mark.parametrize("text", SYSTEMS)
def test_what_the_words_mean(text: str) -> None:
    """An operating system that is well otherwise is ready, cannot hotpatch, does not tell, or is
    not Windows.
    """
    verdict, codes = SYSTEMS[text]
    judgment = Judge(KNOWLEDGE, TODAY).judge(
        Facts(platform="arc", os=text, build=Build.parse("26100.33222"), arc=ENROLLED)
    )
    assert judgment.verdict == verdict
    assert {each.code for each in judgment.findings} == codes


@pytest.mark.parametrize(
    "text", ["x" * 5000, "Windows Server 2025 " + "y" * 5000, "\n", "windows " * 3000]
)
def test_long_and_odd_words_are_read_soon(text: str) -> None:
    """Thousands of characters give an answer, and an edition of a length that fits a line."""
    system = parse_system(text)
    assert len(system.edition or "") <= 60


LOCAL = Facts(
    platform="azure-local",
    image=Image("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-azure-edition-core"),
)


@pytest.mark.parametrize(
    ("version", "as_of", "codes"),
    [
        ("21H2", date(2024, 10, 21), set()),
        ("20H2", date(2024, 10, 21), {"HP211"}),
        ("22H2", date(2024, 10, 21), set()),
        ("22H2", date(2024, 10, 22), {"HP211"}),
        ("23H2", date(2024, 10, 22), set()),
        ("10.2311.2.7", TODAY, set()),
        ("2408", TODAY, set()),
        ("24h2", TODAY, set()),
        ("12.2503", TODAY, set()),
        ("12.2510.1002.93", TODAY, set()),
        ("25398.1425", TODAY, {"HP412"}),
        ("2599", TODAY, {"HP412"}),
        ("latest", TODAY, {"HP412"}),
        (None, TODAY, {"HP412"}),
    ],
)
def test_the_release_of_the_host(version: str | None, as_of: date, codes: set[str]) -> None:
    """The host must be of the release that holds on that day; one that cannot be read is a missing
    fact.
    """
    facts = LOCAL._replace(
        azure_local=AzureLocal(HostRelease.parse(version), azure_verification=True)
    )
    found = {each.code for each in Judge(KNOWLEDGE, as_of).judge(facts).findings}
    assert {code for code in found if code[2] in "24"} == codes


def test_the_order_of_host_releases() -> None:
    """22H2 comes before 23H2, that before 24H2, and that before 2503."""
    found = [
        parse_host_release(text) or (0, 0)
        for text in ("21H2", "22H1", "22H2", "23H2", "2311", "24H2", "2503", "12.2506")
    ]
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Windows Server 2025 Std", "Windows Server 2025 Standard"),
        ("Windows Server 2025 Standrad", "Windows Server 2025 Standard"),
        ("Windows Server 2025 Datacnter", "Windows Server 2025 Datacenter"),
        ("Windows Server 2025 DC", "Windows Server 2025 Datacenter"),
        ("Windows Sever 2025 Standard", "Windows Server 2025 Standard"),
        ("2025 Standard", "Windows Server 2025 Standard"),
        ("Windows Server 2205 Standard", "Windows Server 2025 Standard"),
        ("Windows Server 2025 Enterprise", None),
        ("a server", None),
        ("x" * 100_000, None),
    ],
)
def test_words_with_a_slip_are_mended(text: str, meant: str | None) -> None:
    """Words that are almost known give the words that were probably meant; other words give
    none.
    """
    assert suggestion(text) == meant


BUILDS: dict[tuple[str | None, str], tuple[str, str]] = {
    ("Windows Server Datacenter", "10.0.25398.1085"): (
        "HP105",
        "Windows Server, version 23H2 (annual channel)",
    ),
    ("Windows Server Datacenter", "10.0.20348.5440"): ("HP105", "Windows Server 2022"),
    ("Windows Server Standard", "17763.1"): ("HP105", "Windows Server 2019"),
    ("Windows", "14393.1"): ("HP105", "Windows Server 2016"),
    (None, "20348.5440"): ("HP105", "Windows Server 2022"),
    (None, "22631.1"): ("HP105", "a Windows client"),
    ("Windows Server 2025 Std", "20348.5440"): ("HP105", "Windows Server 2022"),
    ("Azure Stack HCI", "10.0.25398.1085"): ("HP105", "Azure Local updates its nodes"),
    ("Azure Stack HCI", "10.0.26100.1742"): ("HP105", "Azure Local updates its nodes"),
    ("Windows Server 2022 Datacenter: Azure Edition", "20348.5440"): (
        "HP104",
        "`platform: azure` or `platform: azure-local`",
    ),
    ("Windows Server, version 23H2 Datacenter", "25398.1"): ("HP105", "23H2"),
}


@pytest.mark.parametrize(("text", "build"), BUILDS)
def test_a_build_of_another_windows_is_not_eligible(text: str | None, build: str) -> None:
    """Under Arc, a build of another Windows is HP105 whatever the words; a node of Azure Local is
    told in its own.
    """
    code, words = BUILDS[text, build]
    judgment = Judge(KNOWLEDGE, TODAY).judge(
        Facts(platform="arc", os=text, build=Build.parse(build), arc=ENROLLED)
    )
    findings = [each for each in judgment.findings if each.code == code]
    assert judgment.verdict == "unsupported"
    assert not {each.code for each in judgment.findings} & {"HP208", "HP209", "HP402", "HP408"}
    assert words in sentence(KNOWLEDGE.rules[code], findings[0])


def test_a_node_of_azure_local_is_not_told_to_enroll() -> None:
    """The remedy of a node is an update by Azure Local, and names no enrollment command."""
    remedy = KNOWLEDGE.rules["HP105"].remedy_of("host")
    assert "Get-SolutionUpdate" in remedy
    assert "don't need to enroll" in remedy
