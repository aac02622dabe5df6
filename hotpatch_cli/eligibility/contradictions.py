"""Contradictions between the facts of a machine, checked here and nowhere else, before any rule
runs.

Two facts that name different Windows versions can't both be right. Nothing shows which one is
wrong, and none is preferred: the contradiction is a finding, and the machine has no product and no
track until it is resolved.
"""

from collections.abc import Iterator, Mapping, Sequence

from hotpatch_cli.eligibility.product import OFF_RECORD, Named, named_by
from hotpatch_cli.knowledge.records import Matrix, Product
from hotpatch_cli.model import Facts, Finding, make_finding

_OTHER_EDITIONS = ("Standard", "Essentials", "Foundation", "IoT")
"""Editions that contradict an Azure Edition image. `Datacenter` isn't one of them: it can be short
for Datacenter: Azure Edition.
"""


def confront(facts: Facts, matrix: Matrix, updates: Mapping[str, Product]) -> Iterator[Finding]:
    """HP111 and HP415. `updates` maps a KB to its product.

    https://learn.microsoft.com/en-us/azure/virtual-machines/windows-in-place-upgrade (2025-07-30)
    """
    named = list(named_by(facts, matrix, updates))
    image = next((fact for fact in named if fact.field == "image"), None)
    running = [fact for fact in named if fact.field != "image"]
    if image is not None:
        yield from _image_and_running(image, running, facts)
    yield from _running(running)


def _image_and_running(image: Named, running: Sequence[Named], facts: Facts) -> Iterator[Finding]:
    others = [fact for fact in running if _differ(image, fact)]
    if others:
        upgraded = facts.platform == "azure" and any(fact.windows != OFF_RECORD for fact in others)
        yield make_finding(
            "HP111" if upgraded else "HP415",
            "default" if upgraded else "image",
            seen=_seen([image, *others]),
            image=image.value,
            image_windows=image.windows.name,
            others=" and ".join(map(_told, others)),
        )
        return
    system = next((fact for fact in running if fact.field == "os"), None)
    if (
        image.edition == "azure edition"
        and system is not None
        and system.edition in _OTHER_EDITIONS
    ):
        yield make_finding(
            "HP415", "edition", seen=_seen([image, system]), image=image.value, os=system.value
        )


def _running(running: Sequence[Named]) -> Iterator[Finding]:
    """The operating system against the build, and the KBs against the first of the other facts that
    they contradict.
    """
    systems = [fact for fact in running if fact.field == "os"]
    builds = [fact for fact in running if fact.field == "build"]
    updates = [fact for fact in running if fact.field == "kbs"]
    for system in systems:
        for build in builds:
            if _differ(system, build):
                yield make_finding(
                    "HP415",
                    seen=_seen([system, build]),
                    os=system.value,
                    build=build.value,
                    build_windows=build.windows.name,
                )
    for number, update in enumerate(updates):
        against = [*systems, *builds, *updates[:number]]
        other = next((fact for fact in against if _differ(update, fact)), None)
        if other is not None:
            seen = _seen([update, other])
            yield make_finding(
                "HP415",
                "update",
                seen=seen,
                kb=update.value,
                kb_windows=update.windows.name,
                other=_told(other),
            )


def _differ(one: Named, other: Named) -> bool:
    return (one.windows.family, one.windows.year) != (other.windows.family, other.windows.year)


def _told(named: Named) -> str:
    """`build 26100.33438 belongs to Windows Server 2025`"""
    if named.field == "os":
        return f"the operating system is {named.value}"
    if named.field == "build":
        return f"build {named.value} belongs to {named.windows.name}"
    if named.field == "kbs":
        return f"{named.value} is an update for {named.windows.name}"
    return f"image {named.value} belongs to {named.windows.name}"


def _seen(facts: Sequence[Named]) -> dict[str, object]:
    """Each field with its value; several KBs share one field."""
    seen: dict[str, object] = {}
    for named in facts:
        seen[named.field] = (
            f"{seen[named.field]}, {named.value}" if named.field in seen else named.value
        )
    return seen
