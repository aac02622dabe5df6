"""`hotpatch diff`: who wins, who loses, and that the same machine is compared with itself."""

import json
import re
from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")
SKU = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition"
PATCHING = "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}"


def vm(
    name: str = "a", sku: str = f"{SKU}-hotpatch", patching: str = PATCHING, more: str = ""
) -> str:
    """An Azure VM that can hotpatch, unless something else is given."""
    return f"{{name: {name}, platform: azure, image: '{sku}', {patching}, build: 20348.4467{more}}}"


READY, LOST = vm(), vm(sku=SKU)
OFF = vm(patching=PATCHING.replace("hotpatching: true", "hotpatching: false"))
UNSURE = vm(patching="patching: {mode: AutomaticByPlatform, vm_agent: true}")


def difference(hotpatch: Any, old: str, new: str, *options: str) -> Any:
    """`hotpatch diff` on two inventories of machines, as JSON unless the options say otherwise."""
    hotpatch.write("old.yaml", f"machines: [{old}]")
    hotpatch.write("new.yaml", f"machines: [{new}]")
    form = () if "-f" in options else ("-f", "json")
    return hotpatch("diff", "old.yaml", "new.yaml", *DAY, *form, *options)


CASES = {
    "loses by its image": (READY, LOST, "loses", 1),
    "loses by a setting": (READY, OFF, "loses", 1),
    "is not known any more": (READY, UNSURE, "loses", 1),
    "wins": (LOST, READY, "wins", 0),
    "is known now": (UNSURE, READY, "wins", 0),
    "changes from bad to worse": (OFF, LOST, "changed", 0),
    "changes its track": (READY, READY.replace("20348.4467", "20348.4294"), "changed", 0),
    "stays": (READY, READY, "same", 0),
    "stays out": (LOST, LOST, "same", 0),
}


@pytest.mark.parametrize(("old", "new", "change", "code"), CASES.values(), ids=CASES)
def test_what_becomes_of_a_machine(
    hotpatch: Any, old: str, new: str, change: str, code: int
) -> None:
    """Ready and then not, or not known to be, is lost: code 1; the other way it wins; all else is
    0.
    """
    done = difference(hotpatch, old, new)
    assert done.code == code
    assert {key: count for key, count in done.json["summary"].items() if count} == {change: 1}
    assert [each["change"] for each in done.json["machines"]] == (
        [] if change == "same" else [change]
    )


def test_the_reasons_are_those_that_came_and_went(hotpatch: Any) -> None:
    """What is said now and was not stands with its message; what is no longer said by its code."""
    (machine,) = difference(hotpatch, OFF, LOST).json["machines"]
    assert [each["code"] for each in machine["raised"]] == ["HP101"]
    assert "2022-datacenter-azure-edition-hotpatch" in machine["raised"][0]["message"]
    assert machine["settled"] == ["HP201"]
    assert (machine["old"]["verdict"], machine["new"]["verdict"]) == (
        "action-required",
        "unsupported",
    )


def test_new_and_gone_machines_are_told_and_lose_nothing(hotpatch: Any) -> None:
    """A machine on one side alone is new or gone, whatever its verdict, and the code is 0."""
    done = difference(hotpatch, vm("a"), vm("b", SKU))
    assert done.code == 0
    assert {each["name"]: each["change"] for each in done.json["machines"]} == {
        "a": "gone",
        "b": "new",
    }


ID = "/subscriptions/1/resourceGroups/{}/providers/Microsoft.Compute/virtualMachines/{}"
ONE, OTHER = f", id: {ID.format('one', 'a')}", f", id: {ID.format('other', 'a')}"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (vm("a", more=ONE), vm("b", more=ONE.upper().replace("ID:", "id:")), {"same": 1}),
        (vm("a", more=ONE), vm("a", more=OTHER), {"new": 1, "gone": 1}),
        (vm("a", more=ONE), vm("a"), {"same": 1}),
        (vm("a"), vm("a", more=ONE), {"same": 1}),
        (vm("a", more=ONE), f"{vm('a')}, {vm('b', more=ONE)}", {"same": 1, "new": 1}),
        (
            f"{vm('a')}, {vm('b', more=ONE)}",
            f"{vm('b')}, {vm('a', more=ONE)}",
            {"same": 1, "new": 1, "gone": 1},
        ),
    ],
)
def test_a_machine_is_found_by_its_id_and_otherwise_by_name(
    hotpatch: Any, old: str, new: str, changes: dict[str, int]
) -> None:
    """The id in any letter case outweighs the name, which counts where one side has no id."""
    done = difference(hotpatch, old, new)
    assert {key: count for key, count in done.json["summary"].items() if count} == changes


def test_reports_and_fleets_can_be_mixed(hotpatch: Any) -> None:
    """A JSON report stands for the fleet that it was made of, on either side, and from standard
    input.
    """
    expected = difference(hotpatch, READY, LOST)
    for name in ("old", "new"):
        hotpatch("check", f"{name}.yaml", *DAY, "-f", "json", "-o", f"{name}.json")
    for old, new in (("old.json", "new.yaml"), ("old.yaml", "new.json"), ("old.json", "new.json")):
        done = hotpatch("diff", old, new, *DAY, "-f", "json")
        assert (done.code, done.json["machines"]) == (1, expected.json["machines"])
    for name in ("old.yaml", "old.json"):
        done = hotpatch(
            "diff", "-", "new.yaml", *DAY, "-f", "json", stdin=(hotpatch.folder / name).read_bytes()
        )
        assert (done.code, done.json["machines"]) == (1, expected.json["machines"])


def test_images_are_compared_by_their_reports(hotpatch: Any) -> None:
    """Reports of `image` are reports: the same URN is ready until its product ends."""
    for day in ("2025-12-15", "2028-01-15"):
        hotpatch("image", f"{SKU}-hotpatch", "--as-of", day, "-f", "json", "-o", f"{day}.json")
    done = hotpatch("diff", "2025-12-15.json", "2028-01-15.json", "-f", "json")
    assert (done.code, done.json["summary"]["loses"]) == (1, 1)
    assert [done.json[side]["as_of"] for side in ("old", "new")] == ["2025-12-15", "2028-01-15"]


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_each_format_tells_who_loses_and_has_the_same_code(hotpatch: Any, form: str) -> None:
    """The machine, the change and the code stand in each format, and the exit code does not depend
    on it.
    """
    done = difference(hotpatch, f"{READY}, {vm('b', SKU)}", f"{LOST}, {vm('b')}", "-f", form)
    assert done.code == 1
    words = ("loses", "wins" if form == "json" else "gains")
    assert all(re.search(rf"\b{word}\b", done.out) for word in (*words, "HP101", "a", "b"))


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_name_is_text(hotpatch: Any, form: str) -> None:
    """A hostile name brings no line, no cell and no markup."""
    name = json.dumps("a|b\n<b>@me`x`\x1b[31m")
    out = difference(hotpatch, vm(name), vm(name, SKU), "-f", form).out
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", out)
    if form == "markdown":
        (row,) = [line for line in out.splitlines() if line.startswith("| loses |")]
        assert (row.count("|"), "<b>" in out, "`x`" in out) == (7, False, False)


def test_markdown_fits_into_a_comment(hotpatch: Any) -> None:
    """However many lose it, the comment is short enough, closed, and ends with the sum."""
    names = [f"machine{at:04}" for at in range(900)]
    out = difference(
        hotpatch,
        ", ".join(map(vm, names)),
        ", ".join(vm(name, SKU) for name in names),
        "-f",
        "markdown",
    ).out
    assert len(out) < 65_536
    assert out.endswith("900 machines lose eligibility.\n")
    assert out.count("<details>") == out.count("</details>")


HEAD = '{"schema_version": 1, "as_of": "2025-12-15", "summary": {}, "machines": '


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "[]}", "The report has no machines."),
        (HEAD + "3}", "Expected a list of machines"),
        (HEAD + "[3]}", "Expected a machine (a mapping), found '3'."),
        (HEAD + '[{"name": "a", "verdict": "fine", "reasons": []}]}', "Unknown verdict 'fine'."),
        (HEAD + '[{"verdict": "ready", "reasons": []}]}', "The key 'name' isn't text."),
        (
            HEAD + '[{"name": "a", "verdict": "ready"}]}',
            "The key 'reasons' of a machine isn't a list.",
        ),
        (
            HEAD + '[{"name": "a", "verdict": "ready", "reasons": [{}]}]}',
            "The key 'code' isn't text.",
        ),
        (HEAD.replace("1", "2", 1) + "[]}", "The report has the schema version '2'."),
        (HEAD.replace("2025-12-15", "soon") + "[]}", "isn't a valid date"),
        ('{"schema_version": 1}', "Unrecognized file type"),
        ("machines: []", "No machine"),
        ("", "The file is empty."),
    ],
)
def test_what_cannot_be_compared_is_code_2(hotpatch: Any, text: str, said: str) -> None:
    """A report that is none, or in which nothing is, says so, and nothing looks green."""
    hotpatch.write("old.json", text)
    hotpatch.write("new.yaml", f"machines: [{READY}]")
    done = hotpatch("diff", "old.json", "new.yaml", *DAY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_side_that_is_missing_is_code_2(hotpatch: Any) -> None:
    """A file that is not there, and standard input for both, are refused."""
    hotpatch.write("new.yaml", f"machines: [{READY}]")
    assert hotpatch("diff", "none.yaml", "new.yaml").code == 2
    assert hotpatch("diff", "-", "-").code == 2
    assert hotpatch("diff", "new.yaml").code == 2
