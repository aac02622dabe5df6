"""CVRF documents in the layout of MSRC's."""

from typing import Any

NAMES = {
    "11923": "Windows Server 2022",
    "11924": "Windows Server 2022 (Server Core installation)",
    "12436": "Windows Server 2025",
}


def fix(kb: str, build: str, *products: str, kind: str = "Security Update") -> dict[str, Any]:
    """A remedy: a KB with the build that it makes, for products."""
    return {
        "Description": {"Value": kb},
        "FixedBuild": build,
        "ProductID": list(products),
        "SubType": kind,
        "Type": 2,
    }


def document(
    *fixes: dict[str, Any],
    first: str = "2026-10-13",
    now: str = "2026-10-14",
    month: str = "2026-Oct",
) -> dict[str, Any]:
    """A document of a month."""
    return {
        "DocumentTitle": {"Value": f"{month} Security Updates"},
        "DocumentTracking": {
            "Identification": {"ID": {"Value": month}},
            "InitialReleaseDate": f"{first}T07:00:00",
            "CurrentReleaseDate": f"{now}T07:00:00",
        },
        "ProductTree": {
            "FullProductName": [{"ProductID": key, "Value": name} for key, name in NAMES.items()]
        },
        "Vulnerability": [{"CVE": "CVE-2026-0001", "Remediations": list(fixes)}] * 2,
    }


GOOD = document(fix("5199999", "10.0.26100.33500", "12436"))
NOT_UNDERSTOOD: dict[str, Any] = {
    "no update of ours": document(),
    "a first day that is no Patch Tuesday": document(first="2026-10-14"),
    "a third Tuesday": document(first="2026-10-20"),
    "a first Tuesday": document(first="2026-10-06"),
    "a day that is none": document(first="2026-13-01"),
    "no days": GOOD | {"DocumentTracking": {}},
    "tracking that is text": GOOD | {"DocumentTracking": "x"},
    "a product tree that is a list": GOOD | {"ProductTree": [1]},
    "vulnerabilities that are text": GOOD | {"Vulnerability": "x"},
    "vulnerabilities of numbers": GOOD | {"Vulnerability": [1, None, []]},
    "remedies of text": GOOD
    | {"Vulnerability": [{"Remediations": ["x", 5, {"ProductID": 7, "Description": []}]}]},
}
"""Documents that give no row at all."""
