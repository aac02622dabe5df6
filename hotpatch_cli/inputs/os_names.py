"""The operating system: version and edition of Windows in words, and the configured OS."""

from collections.abc import Mapping
from typing import Any

from hotpatch_cli.eligibility.product import parse_system
from hotpatch_cli.inputs.source import dig
from hotpatch_cli.model import OsType, parse_build

_YEARS = {9200: "2012", 9600: "2012 R2", 14393: "2016", 17763: "2019", 20348: "2022", 26100: "2025"}
"""Build number -> release of Windows Server, for machines with a server edition."""
_EDITIONS = (
    ("turbine", "Datacenter Azure Edition"),
    ("datacenter", "Datacenter"),
    ("standard", "Standard"),
)


def system_in_words(words: str | None, edition_id: str | None, build: str | None) -> str | None:
    """`Windows Server 2025 Datacenter`. The free text leads; edition id and build supply the rest.
    None where they don't suffice, and also where only a build is known: clients share the numbers
    of servers.
    """
    edition = _edition(edition_id or "")
    if words is None:
        number = parse_build(build or "")
        server = (edition_id or "").lower().startswith("server")
        year = _YEARS.get(number.number) if number and server else None
        return f"Windows Server {year} {edition or ''}".strip() if year else None
    said = parse_system(words)
    if (
        edition
        and said.family == "server"
        and said.edition != parse_system(f"Windows Server 2025 {edition}").edition
    ):
        return f"{words} ({edition})"
    return words


def _edition(edition_id: str) -> str | None:
    """Words for an edition id such as `serverdatacentereval`; ServerTurbine is Azure Edition."""
    lower = edition_id.lower()
    found = next((words for part, words in _EDITIONS if part in lower), None)
    return f"{found} Evaluation" if found and "eval" in lower else found


def configured_by(profile: object) -> OsType | None:
    """Which operating system an osProfile sets up: the configuration with a value, of Windows
    first.

    One that is empty counts only where the other one is not filled. An unresolved expression is
    text, not a configuration.
    """
    systems: tuple[OsType, ...] = ("windows", "linux")
    there = {
        system: node
        for system in systems
        if isinstance(node := dig(profile, f"{system}Configuration"), Mapping)
    }
    filled = (system for system, node in there.items() if has_value(node))
    return next(iter((*filled, *there)), None)


def has_value(node: Any) -> bool:
    """Whether there is a value. Modules write what they don't mean as null or full of nulls."""
    if isinstance(node, Mapping):
        return any(map(has_value, node.values()))
    if isinstance(node, list):
        return any(map(has_value, node))
    return node is not None and node != ""
