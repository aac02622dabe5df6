"""MSRC's CVRF documents (JSON): the month's hotpatch and cumulative update of each product."""

import json
from typing import Any

import pytest

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


def take_in(hotpatch: Any, content: Any) -> Any:
    """Import a document."""
    return hotpatch(
        "releases", "import", hotpatch.write("2026-Oct.json", json.dumps(content)), "--yes"
    )


def rows(hotpatch: Any) -> dict[str, tuple[str, str | None, str]]:
    """Product, kind and build of the releases of October and November 2026, by KB."""
    listed = hotpatch("releases", "-f", "json").json["releases"]
    late = [row for row in listed if row["kb"] and (row["date"] or "") > "2026-10"]
    return {row["kb"]: (row["product"], row["kind"], row["build"]) for row in late}


def test_a_month_of_a_baseline(hotpatch: Any) -> None:
    """A planned month without a hotpatch is a baseline; the core installation is the same product."""
    fixes = (
        fix("5199999", "10.0.26100.33500", "12436"),
        fix("5199998", "10.0.20348.5700", "11923", "11924"),
    )
    done = take_in(hotpatch, document(*fixes))
    assert done.code == 0, done.err
    assert rows(hotpatch) == {
        "KB5199999": ("ws2025", "planned-baseline", "26100.33500"),
        "KB5199998": ("ws2022", "planned-baseline", "20348.5700"),
    }


def test_a_month_of_hotpatch(hotpatch: Any) -> None:
    """Beside a hotpatch, the cumulative update is off the track; later builds of the month are
    told, not taken.
    """
    fixes = [
        fix("5200001", "10.0.26100.33700", "12436"),
        fix("5200002", "10.0.26100.33650", "12436", kind="Security HotPatch Update"),
        fix("5200009", "10.0.26100.33701", "12436"),
    ]
    done = take_in(
        hotpatch, document(*fixes, first="2026-11-10", now="2026-11-12", month="2026-Nov")
    )
    assert rows(hotpatch) == {
        "KB5200001": ("ws2025", "standard", "26100.33700"),
        "KB5200002": ("ws2025", "hotpatch", "26100.33650"),
    }
    assert "Left out: ws2025 KB5200009 (26100.33701): later in the month." in done.out


def test_another_product_is_passed_over(hotpatch: Any) -> None:
    """Remedies of other products, of other builds and without a KB are no releases."""
    fixes = [
        fix("5199999", "10.0.26100.33500", "12436"),
        fix("5199000", "10.0.17763.9000", "11571"),
        fix("5199001", "10.0.17763.9000", "12436"),
        fix("Release Notes", "https://example.org", "12436"),
        fix("5199002", "", "12436"),
    ]
    take_in(hotpatch, document(*fixes))
    assert set(rows(hotpatch)) == {"KB5199999"}


GOOD = document(fix("5199999", "10.0.26100.33500", "12436"))
WRONG = {
    "no update of ours": document(),
    "a first day that is no Patch Tuesday": document(first="2026-10-14"),
    "a day that is none": document(first="2026-13-01"),
    "no days": GOOD | {"DocumentTracking": {}},
    "tracking that is text": GOOD | {"DocumentTracking": "x"},
    "a product tree that is a list": GOOD | {"ProductTree": [1]},
    "vulnerabilities that are text": GOOD | {"Vulnerability": "x"},
    "vulnerabilities of numbers": GOOD | {"Vulnerability": [1, None, []]},
    "remedies of text": GOOD
    | {"Vulnerability": [{"Remediations": ["x", 5, {"ProductID": 7, "Description": []}]}]},
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_understood(hotpatch: Any, content: Any) -> None:
    """A document that is not understood, or has none of our products, changes nothing."""
    done = take_in(hotpatch, content)
    assert (done.code, done.out) == (2, "")
    assert "not understood" in done.err
    assert "Nothing was changed" in done.err
    assert not (hotpatch.folder / "user-data").exists()
