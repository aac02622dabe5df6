"""`--allow-empty`: an input with nothing to judge passes, and the decision says why."""

import json
from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                {"address": "random_id.a", "mode": "managed", "type": "random_id", "name": "a",
                 "provider_name": "registry.terraform.io/hashicorp/random", "values": {}}
            ]
        }
    },
    "resource_changes": [],
}  # fmt: skip
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}
NOTHING = {
    "list.json": "[]",
    "page.json": '{"value": []}',
    "rows.json": '{"count": 0, "data": [], "total_records": 0}',
    "header.csv": "name,platform\n",
    "fleet.yaml": "machines: []\n",
    "comments.yaml": "# no machine yet\n",
    "linux.csv": "name,platform,os\nweb01,azure,Ubuntu\n",
    "plan.json": json.dumps(PLAN),
    "main.json": json.dumps(TEMPLATE),
}
"""Files that can be read and have no machine to judge."""


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_judge_is_allowed_only_on_request(hotpatch: Any, name: str) -> None:
    """A file without a machine to judge is code 2; with the option 0, which the decision says."""
    hotpatch.write(name, NOTHING[name])
    assert hotpatch("check", name, *DAY).code == 2
    done = hotpatch("check", name, *DAY, "--allow-empty")
    assert done.code == 0
    assert done.err.splitlines()[-1] == "PASS: no machine to check (--allow-empty)."


def test_the_empty_file_is_named(hotpatch: Any) -> None:
    """Beside other files, a note names the one that has nothing in it."""
    hotpatch.write("list.json", "[]")
    done = hotpatch.check(
        "machines: [{name: a, platform: arc}]", "list.json", "--allow-empty", "--fail-on", "never"
    )
    assert (done.code, list(done.machines)) == (0, ["a"])
    assert "list.json: The file contains no data." in done.err


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "sarif", "junit", "html"])
def test_every_format_holds_an_empty_report(hotpatch: Any, form: str) -> None:
    """A report without machines is written in each format."""
    hotpatch.write("list.json", "[]")
    done = hotpatch("check", "list.json", *DAY, "--allow-empty", "-f", form)
    assert (done.code, bool(done.out)) == (0, True)


@pytest.mark.parametrize(
    ("content", "message"),
    {"no bytes": ("", "The file is empty."), "cut off": ('[{"name"', "")}.values(),
)
def test_a_broken_file_is_never_allowed(hotpatch: Any, content: str, message: str) -> None:
    """A file of 0 bytes, or one that is cut off, isn't an empty export: it stays code 2."""
    hotpatch.write("list.json", content)
    done = hotpatch("check", "list.json", *DAY, "--allow-empty")
    assert done.code == 2
    assert message in done.err


def test_images(hotpatch: Any) -> None:
    """A list without an image, or an empty one, passes."""
    for lines in ("", "# none\n"):
        assert hotpatch("image", "-", *DAY, stdin=lines).code == 2
        done = hotpatch("image", "-", *DAY, "--allow-empty", stdin=lines)
        assert (done.code, done.err) == (0, "PASS: no image to check (--allow-empty).\n")


def test_a_plan_without_restarts(hotpatch: Any) -> None:
    """A fleet of which no machine needs a baseline has an empty plan."""
    hotpatch.write("fleet.yaml", "machines: []\n")
    assert hotpatch("plan", "fleet.yaml", *DAY).code == 2
    done = hotpatch("plan", "fleet.yaml", *DAY, "--allow-empty", "-f", "json")
    assert (done.code, done.json["reboots"], done.json["unplaced"]) == (0, [], [])
    assert done.err.splitlines()[-1] == "PASS: nothing to schedule (--allow-empty)."


def test_the_first_machine_of_a_repository(hotpatch: Any) -> None:
    """A difference may start from nothing: the new machine doesn't lose eligibility."""
    hotpatch.write("old.json", "[]")
    hotpatch.write("new.yaml", "machines: [{name: a, platform: arc}]")
    assert hotpatch("diff", "old.json", "new.yaml", *DAY).code == 2
    assert hotpatch("diff", "old.json", "new.yaml", *DAY, "--allow-empty").code == 0
