"""Release and edition of Windows in words, from what agents and registries tell: free text, edition id, build."""

from hotpatch_cli.eligibility.product import parse_system
from hotpatch_cli.model import parse_build

_YEARS = {9200: "2012", 9600: "2012 R2", 14393: "2016", 17763: "2019", 20348: "2022", 26100: "2025"}
"""Build number -> release of Windows Server, for machines whose edition says that they are servers."""
_EDITIONS = (("turbine", "Datacenter Azure Edition"), ("datacenter", "Datacenter"), ("standard", "Standard"))


def system_in_words(words: str | None, edition_id: str | None, build: str | None) -> str | None:
    """`Windows Server 2025 Datacenter`. The free text leads; what it leaves out is told by edition id and build.

    None where they do not tell, also where a build alone is known: clients share the numbers of servers.
    """
    edition = _edition(edition_id or "")
    if words is None:
        number = parse_build(build or "")
        server = (edition_id or "").lower().startswith("server")
        year = _YEARS.get(number.number) if number and server else None
        return f"Windows Server {year} {edition or ''}".strip() if year else None
    said = parse_system(words)
    if edition and said.family == "server" and said.edition != parse_system(f"Windows Server 2025 {edition}").edition:
        return f"{words} ({edition})"
    return words


def _edition(edition_id: str) -> str | None:
    """Words for an edition id such as `serverdatacentereval`; ServerTurbine is the Azure Edition."""
    lower = edition_id.lower()
    found = next((words for part, words in _EDITIONS if part in lower), None)
    return f"{found} Evaluation" if found and "eval" in lower else found
