"""Machines that meet every prerequisite, one of each platform."""

from datetime import date

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
)

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 8, 20)
CORE = Image("MicrosoftWindowsServer", "WindowsServer", "2025-datacenter-azure-edition-core")
AZURE = Facts(
    platform="azure",
    image=CORE,
    region="uksouth",
    patching=Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True),
)
LOCAL = Facts(
    platform="azure-local",
    image=CORE,
    azure_local=AzureLocal(HostRelease.parse("23H2"), azure_verification=True),
)
OLD_HOST = LOCAL._replace(
    image=CORE._replace(sku="2022-datacenter-azure-edition-core"),
    azure_local=AzureLocal(HostRelease.parse("22H2"), azure_verification=True),
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
