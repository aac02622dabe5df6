"""Several files, one fleet: what they share must agree, and a file that cannot be read is told."""

import json
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import READERS

WINDOW = "windows: {{w: {{days: [{day}], start: 1:00, duration: 1h}}}}\n"
ARC = "machines: [{{name: {name}, platform: arc{rest}}}]\n"


def two(hotpatch: Any, first: str, second: str) -> Any:
    """The run on two files."""
    return hotpatch(
        "check",
        hotpatch.write("a.yaml", first),
        hotpatch.write("b.yaml", second),
        "-f",
        "json",
        "-q",
    )


def arc(name: str, rest: str = "") -> str:
    """An inventory of one machine."""
    return ARC.format(name=name, rest=rest)


def test_two_files_are_one_fleet_in_their_order(hotpatch: Any) -> None:
    """The machines of both files are judged, in the order of the command line."""
    assert list(two(hotpatch, arc("z"), arc("a")).machines) == ["z", "a"]


def test_a_file_may_hold_the_windows_of_another(hotpatch: Any) -> None:
    """A file without machines gives its windows to the machines of the other."""
    done = two(hotpatch, WINDOW.format(day="Sat"), arc("a", ", window: w"))
    assert (done.code, list(done.machines)) == (3, ["a"])


def test_the_same_window_twice_is_fine(hotpatch: Any) -> None:
    """A window that both files describe alike is one window."""
    window = WINDOW.format(day="Sat")
    assert (
        two(hotpatch, window + arc("a", ", window: w"), window + arc("b", ", window: w")).code == 3
    )


CONFLICTS = {
    "window": (
        WINDOW.format(day="Sat"),
        WINDOW.format(day="Sun"),
        "b.yaml:1:11: The window 'w' is defined differently",
    ),
    "group": (
        "groups: {g: {settle: 1h}}\n",
        "groups: {g: {settle: 2h}}\n",
        "b.yaml:1:10: The group 'g' is defined differently",
    ),
    "ring": (
        "rings: [{name: r}]\n",
        "rings: [{name: r, soak: 1h}]\n",
        "b.yaml:1:9: The ring 'r' is defined differently",
    ),
    "order": (
        "rings: [{name: r}, {name: s}]\n",
        "rings: [{name: s}, {name: r}]\n",
        "b.yaml:1:20: The ring 's' comes before",
    ),
    "limits": (
        "limits: {max_concurrent: 1}\n",
        "limits: {max_concurrent: 2}\n",
        "b.yaml:1:9: The limits differ from the limits in a.yaml",
    ),
    "machine": (
        "",
        arc("a"),
        "b.yaml:1:19: The machine 'a' is defined twice (first in a.yaml, line 1)",
    ),
    "circle": (
        "groups: {g: {after: [h]}, h: {}}\n",
        "groups: {h: {after: [g]}, g: {}}\n",
        "another file",
    ),
}


@pytest.mark.parametrize(("first", "second", "said"), CONFLICTS.values(), ids=CONFLICTS)
def test_files_that_disagree_are_refused(hotpatch: Any, first: str, second: str, said: str) -> None:
    """What two files say differently is code 2, at its place in the second one."""
    done = two(hotpatch, first + arc("a"), second + ("" if "machines" in second else arc("b")))
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_problems_of_all_files_are_told_at_once(hotpatch: Any) -> None:
    """A missing file and a wrong one are two problems of one run."""
    done = hotpatch("check", "none.yaml", hotpatch.write("b.yaml", "machines: [{name: a}]"))
    assert done.code == 2
    assert "none.yaml: The file doesn't exist." in done.err
    assert "b.yaml:1:12: The key 'platform'" in done.err


VM = (
    '[{{"name": "vm", "id": "/subscriptions/1/resourceGroups/{}'
    '/providers/Microsoft.Compute/virtualMachines/vm",'
    ' "type": "Microsoft.Compute/virtualMachines", "storageProfile": {{}}}}]'
)


@pytest.mark.parametrize(("group", "names"), [("g2", ["g1/vm", "g2/vm"]), ("G1", ["vm"])])
def test_exports_are_keyed_by_resource_id(hotpatch: Any, group: str, names: list[str]) -> None:
    """Two VMs of one name stay two; one VM in two exports is one machine, in any letter case of its
    id.
    """
    done = two(hotpatch, VM.format("g1"), VM.format(group))
    assert list(done.machines) == names


def test_one_vm_twice_in_one_export_is_refused(hotpatch: Any) -> None:
    """An export that has the same id twice is code 2."""
    done = hotpatch.check(f"[{VM.format('g1')[1:-1]}, {VM.format('G1')[1:-1]}]", name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "The machine 'vm' is defined twice" in done.err


FILES = {
    "empty": (b"", "The file is empty."),
    "blank": (b" \n\n", "The file is empty."),
    "mark only": (b"\xef\xbb\xbf", "The file is empty."),
    "binary": (bytes(range(256)), "The file isn't text in UTF-8 or UTF-16."),
    "nul": (
        b"machines: [{name: a\0, platform: arc}]",
        "The file is binary, or UTF-16 without a byte order mark.",
    ),
    "latin": (
        "machines:\n - {name: \xe4}\n".encode("latin-1"),
        ":2: The file isn't text in UTF-8 or UTF-16.",
    ),
    "no mark": ("machines: []".encode("utf-16-le"), "UTF-16 without a byte order mark"),
    "odd": (
        b"\xff\xfe" + "machines: []".encode("utf-16-le") + b"x",
        "The file isn't text in UTF-8 or UTF-16.",
    ),
    "half a pair": (
        b"\xff\xfe" + "machines: [".encode("utf-16-le") + b"\x00\xd8]\x00",
        "isn't text",
    ),
    "utf-32": ("machines: []".encode("utf-32"), "The file is binary"),
}


@pytest.mark.parametrize(("content", "said"), FILES.values(), ids=FILES)
def test_a_file_that_is_not_text_is_refused(hotpatch: Any, content: bytes, said: str) -> None:
    """Bytes that are not text in UTF-8, or in UTF-16 with its mark, are code 2."""
    done = hotpatch.check(content)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.yaml", "The file doesn't exist."),
        (".", "The folder has no file of a supported type."),
        ("", "The file name is empty."),
        ("a\0b", "Can't read the file"),
        ("x" * 5000, "Can't read the file"),
        ("a\n\x1b[31m", r"a\n\x1b[31m: The file doesn't exist."),
    ],
)
def test_a_name_that_is_no_file_is_refused(hotpatch: Any, name: str, said: str) -> None:
    """A name of nothing, of a directory, or that cannot be one is code 2, told on one safe line."""
    done = hotpatch("check", name)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_standard_input_is_a_file_too(hotpatch: Any) -> None:
    """`-` reads the fleet from standard input, and its places name it."""
    done = hotpatch("check", "-", "-f", "json", stdin=arc("a"))
    assert done.machines["a"]["reasons"][0]["location"]["file"] == "<stdin>"


def test_standard_input_without_anything_is_refused(hotpatch: Any) -> None:
    """Nothing on standard input is code 2."""
    assert hotpatch("check", "-").code == 2


def test_the_help_names_every_reader(hotpatch: Any) -> None:
    """The names in --help are those of the readers."""
    shown = " ".join(hotpatch("check", "--help").out.replace("│", " ").split())
    assert ", ".join(READERS) in shown


def test_no_two_machines_have_one_label(hotpatch: Any) -> None:
    """Machines of one name are told apart by their group, then by their subscription, then by
    their id: no plan, calendar or metric has two of them under one name.
    """
    path = "/subscriptions/{}/resourceGroups/{}/providers/{}/{}"
    vm, arc = "Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"
    where = [("a", "prod", vm), ("b", "prod", vm), ("b", "test", vm), ("b", "prod", arc)]
    machines = [
        {
            "id": path.format(subscription, group, kind, "web01"),
            "name": "web01",
            "type": kind,
            "properties": {"osName": "windows"}
            if kind == arc
            else {"storageProfile": {"osDisk": {"osType": "Windows"}}},
        }
        for subscription, group, kind in where
    ]
    done = hotpatch.check(json.dumps(machines), "-f", "json", name="all.json")
    assert [machine["name"] for machine in done.json["machines"]] == [
        "a/prod/web01",
        path.format("b", "prod", vm, "web01"),
        "test/web01",
        path.format("b", "prod", arc, "web01"),
    ]
