"""Small histories made up for tests, and machines that meet every prerequisite."""

from datetime import date
from typing import Any

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.records import Knowledge, Release, Source
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    Build,
    Facts,
    Image,
    LicenseStatus,
    Patching,
    PatchMode,
    parse_build,
)
from hotpatch_cli.servicing.history import History

KNOWLEDGE = load_knowledge()
SOURCE = (Source("made up for a test", date(2026, 1, 1), "https://example.org"),)


def release(
    day: str, kind: str | None, build: str | None = None, kb: str | None = None, **more: Any
) -> Release:
    """A release of WS2025; the confidence is high unless said otherwise."""
    number = parse_build(build) if build else None
    more = {"confidence": "high", "source": SOURCE, **more}
    return Release("ws2025", date=date.fromisoformat(day), kind=kind, build=number, kb=kb, **more)


def knowing(*releases: Release) -> Knowledge:
    """The shipped matrix and rules with these releases alone."""
    return Knowledge(KNOWLEDGE.matrix, releases, KNOWLEDGE.rules)


def arc(build: str | None = None, *kbs: str, **more: Any) -> Facts:
    """A WS2025 machine under Arc that is ready."""
    known = Arc(
        ArcStatus.parse("Connected"),
        LicenseStatus.parse("Enabled"),
        None,
        "running",
        secure_boot=True,
        uefi=True,
    )
    return Facts(
        platform="arc",
        os="Windows Server 2025 Standard",
        build=Build.parse(build),
        kbs=kbs,
        arc=known,
    )._replace(**more)


def azure(year: str, build: str | None = None, *kbs: str) -> Facts:
    """An Azure VM of a product that is ready."""
    image = Image(
        "MicrosoftWindowsServer", "WindowsServer", f"{year}-datacenter-azure-edition-core"
    )
    settings = Patching(PatchMode.parse("AutomaticByPlatform"), hotpatching=True, vm_agent=True)
    return Facts(
        platform="azure", image=image, patching=settings, build=Build.parse(build), kbs=kbs
    )


def judge(facts: Facts, as_of: str | date, knowledge: Knowledge = KNOWLEDGE) -> Judgment:
    """The judgment on a day, by the shipped knowledge unless other is given."""
    day = as_of if isinstance(as_of, date) else date.fromisoformat(as_of)
    return Judge(knowledge, day).judge(facts)


def codes(judgment: Judgment) -> set[str]:
    """The codes of all findings."""
    return {finding.code for finding in judgment.findings}


JANUARY = release("2025-01-14", "planned-baseline", "26100.2000", "KB5000001")
FEBRUARY = release("2025-02-11", "hotpatch", "26100.2100", "KB5000002")
MARCH = release("2025-03-11", "hotpatch", "26100.2200", "KB5000003")
APRIL = release("2025-04-08", "planned-baseline", "26100.2300", "KB5000015")


def history(as_of: str, *rows: Release, scenario: tuple[Release, ...] = ()) -> History:
    """The history of WS2025 with these releases alone."""
    return History(knowing(*rows), "ws2025", date.fromisoformat(as_of), scenario)


def build(text: str) -> Build:
    """A build that is valid."""
    found = parse_build(text)
    assert found is not None
    return found
