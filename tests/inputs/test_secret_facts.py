"""Secrets in facts other than tags: in no output."""

import json
from typing import Any

import pytest

PLANTED = "Pl4ntedS3cretValue0123456789"
SECRET = f"https://x/?sv=1&sig={PLANTED}"
FACTS = ("owner", "region", "os", "zone", "availability_set", "image.sku", "image.id", "built")
DAY = ("--as-of", "2025-12-15")


def row(fact: str) -> dict[str, Any]:
    """A machine with a secret in one fact."""
    group, _, part = fact.partition(".")
    image = {"publisher": "a", "offer": "b", "sku": "c"}
    image = {} if part == "id" else image
    value: Any = image | {part: SECRET} if part else SECRET
    return {"name": "web01", "platform": "azure", group: value}


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_with_a_secret(hotpatch: Any, fact: str) -> None:
    """A secret by its shape is in no output, whatever fact it is in."""
    hotpatch.write("fleet.json", json.dumps({"machines": [row(fact)]}))
    for arguments in (
        ("convert", "fleet.json"),
        ("check", "fleet.json", *DAY),
        ("check", "fleet.json", *DAY, "-f", "json"),
        ("show", "web01", "fleet.json", *DAY),
    ):
        done = hotpatch(*arguments)
        assert PLANTED not in done.out + done.err, arguments
        assert done.code != 70, done.err


def test_a_secret_in_a_table(hotpatch: Any) -> None:
    """The same for a table, which has a path of its own."""
    hotpatch.write("fleet.csv", f"name,platform,os,owner\nweb01,arc,Windows,{SECRET}\n")
    for form in ("table", "json", "jsonl", "csv", "markdown"):
        done = hotpatch("check", "fleet.csv", *DAY, "-f", form)
        assert PLANTED not in done.out + done.err, form


def test_a_column_that_names_a_secret(hotpatch: Any) -> None:
    """A column that names a secret is mapped to no fact but a tag of such a name."""
    hotpatch.write("fleet.csv", f"name,platform,adminPassword\nweb01,arc,{PLANTED}\n")
    for field, code in (("owner", 2), ("tags.note", 2), ("tags.password", 0), ("", 0)):
        done = hotpatch("convert", "fleet.csv", "--map", f"adminPassword={field}")
        assert PLANTED not in done.out + done.err
        assert done.code == code, done.err


def test_other_facts_stay(hotpatch: Any) -> None:
    """What a machine has beside a secret is kept."""
    hotpatch.write("fleet.json", json.dumps({"machines": [row("owner") | {"region": "eastus"}]}))
    assert "region: eastus" in hotpatch("convert", "fleet.json").out
