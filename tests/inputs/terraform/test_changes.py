"""What a Terraform plan changes: which machines `--changes-only` judges, and which it counts."""

import json
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

Hotpatch = Any

VM = "azurerm_windows_virtual_machine"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
    "version": "latest",
}
READY = {
    "source_image_reference": [IMAGE],
    "patch_mode": "AutomaticByPlatform",
    "hotpatching_enabled": True,
    "provision_vm_agent": True,
}
OFF = READY | {"hotpatching_enabled": False}
LINUX = "azurerm_linux_virtual_machine"
DELETE, CREATE, KEEP = ["delete"], ["create"], ["no-op"]


class Row(NamedTuple):
    """A resource of a plan: its name, the actions on it, and its values before and after."""

    name: str
    actions: Any
    before: Any = None
    after: Any = None
    kind: str = VM
    module: str = ""
    of_change: Any = MappingProxyType({})
    more: Any = MappingProxyType({})

    @property
    def address(self) -> str:
        """The address in its module."""
        return ".".join(filter(None, (self.module, self.kind, self.name)))

    @property
    def resource(self) -> dict[str, Any]:
        """The resource after the plan."""
        return {
            "address": self.address,
            "mode": "managed",
            "type": self.kind,
            "values": self.after,
            "sensitive_values": {},
        }

    @property
    def entry(self) -> dict[str, Any]:
        """What the plan does with it."""
        change = {"actions": self.actions, "before": self.before, "after": self.after}
        whole = {"address": self.address, "mode": "managed", "type": self.kind}
        return whole | {"change": change | {"after_unknown": {}} | self.of_change} | self.more


def plan(*rows: Row, drift: Any = (), **more: Any) -> str:
    """A plan of these resources."""
    modules: dict[str, list[Any]] = {}
    for row in rows:
        if row.after is not None:
            modules.setdefault(row.module, []).append(row.resource)
    children = [
        {"address": name, "resources": resources} for name, resources in modules.items() if name
    ]
    root = {"resources": modules.get("", []), "child_modules": children}
    whole = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": root},
        "resource_drift": list(drift),
        "resource_changes": [row.entry for row in rows],
    }
    return json.dumps(whole | more, indent=1)


def judged(hotpatch: Hotpatch, text: str, *options: str) -> Any:
    """The run of `check --changes-only` on a plan."""
    return hotpatch.check(text, "--changes-only", *options, name="plan.json")


ACTIONS: dict[str, tuple[Row, str, bool]] = {
    "created": (Row("a", CREATE, None, READY), "create", True),
    "updated in place": (Row("a", ["update"], OFF, READY), "update", True),
    "replaced": (Row("a", ["delete", "create"], OFF, READY), "replace", True),
    "replaced, created first": (Row("a", ["create", "delete"], OFF, READY), "replace", True),
    "replaced, and the old one is kept": (
        Row("a", ["create", "forget"], OFF, READY),
        "replace",
        True,
    ),
    "unchanged": (Row("a", KEEP, READY, READY), "unchanged", False),
    "moved": (
        Row("a", KEEP, READY, READY, more={"previous_address": f"{VM}.b"}),
        "unchanged",
        False,
    ),
    "imported": (
        Row("a", KEEP, READY, READY, of_change={"importing": {"id": "/x"}}),
        "unchanged",
        False,
    ),
    "imported and updated": (
        Row("a", ["update"], OFF, READY, of_change={"importing": {"id": "/x"}}),
        "update",
        True,
    ),
    "moved and updated": (
        Row("a", ["update"], OFF, READY, more={"previous_address": "x.b"}),
        "update",
        True,
    ),
    "an action of a newer version": (Row("a", ["retain"], OFF, READY), "unevaluated", True),
    "no action": (Row("a", None, None, READY), "unevaluated", True),
    "in a module, by for_each": (
        Row('a["x.y"]', CREATE, None, READY, module='module.m["a"].module.n'),
        "create",
        True,
    ),
}


@pytest.mark.parametrize(("row", "change", "kept"), ACTIONS.values(), ids=ACTIONS)
def test_what_is_created_replaced_or_updated_is_judged(
    hotpatch: Hotpatch, row: Row, change: str, kept: bool
) -> None:
    """An action decides whether its machine is judged; each machine is counted under it."""
    done = judged(hotpatch, plan(row, Row("other", CREATE, None, READY)))
    assert (row.address in done.machines) is kept
    counts = {key: count for key, count in done.json["changes"].items() if count}
    assert counts.pop("only") is True
    assert counts == ({"create": 2} if change == "create" else {change: 1, "create": 1})


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (Row("a", DELETE, READY), "destroy"),
        (Row("a", ["forget"], READY), "forget"),
        (Row("a", DELETE, READY, more={"deposed": "0a1b2c3d"}), "destroy"),
    ],
    ids=["destroyed", "forgotten", "deposed"],
)
def test_what_a_plan_takes_away_is_counted(hotpatch: Hotpatch, row: Row, change: str) -> None:
    """A machine that is destroyed or forgotten isn't judged: it's counted, also in the table and in
    the last line, with and without the option.
    """
    text = plan(row, Row("other", CREATE, None, READY))
    for options in ((), ("--changes-only",)):
        done = hotpatch.check(text, *options, name="plan.json")
        assert list(done.machines) == [f"{VM}.other"]
        assert done.json["changes"][change] == 1
        words = {"destroy": "1 to destroy", "forget": "1 to remove from the state"}
        assert words[change] in done.err
        assert words[change] in hotpatch.check(text, "-f", "table", *options, name="plan.json").out
    assert words[change] in judged(hotpatch, text, "-f", "markdown").out


def test_a_deposed_object_does_not_hide_the_change_of_its_resource(hotpatch: Hotpatch) -> None:
    """What an earlier replacement left is another machine at the same address."""
    text = plan(
        Row("a", ["update"], OFF, READY), Row("a", DELETE, READY, more={"deposed": "0a1b2c3d"})
    )
    done = judged(hotpatch, text)
    assert list(done.machines) == [f"{VM}.a"]
    assert (done.json["changes"]["update"], done.json["changes"]["destroy"]) == (1, 1)


def test_other_systems_and_data_sources_are_not_counted(hotpatch: Hotpatch) -> None:
    """A count is of Windows machines that the plan manages."""
    text = plan(
        Row("a", CREATE, None, READY),
        Row("l", DELETE, READY, kind=LINUX),
        Row("d", DELETE, READY, more={"mode": "data"}),
        Row("n", DELETE, {"name": "x"}, kind="azurerm_virtual_network"),
    )
    assert judged(hotpatch, text).json["changes"]["destroy"] == 0


def test_drift_is_not_judged(hotpatch: Hotpatch) -> None:
    """What has changed already is no part of the plan."""
    drift = [Row("a", ["update"], READY, OFF).entry]
    done = judged(hotpatch, plan(Row("a", ["update"], OFF, READY), drift=drift))
    assert done.machines[f"{VM}.a"]["verdict"] == "ready"


def test_a_value_that_only_apply_knows_stays_open(hotpatch: Hotpatch) -> None:
    """A changed machine whose setting is known only after apply has the verdict unknown."""
    after = {key: value for key, value in READY.items() if key != "patch_mode"}
    row = Row("a", ["update"], READY, after, of_change={"after_unknown": {"patch_mode": True}})
    done = judged(hotpatch, plan(row))
    assert (done.code, done.machines[row.address]["verdict"]) == (3, "unknown")


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([Row(name, DELETE, READY) for name in "abc"], (), "The plan only destroys 3 machines."),
        (
            [Row("a", DELETE, READY)],
            ("--changes-only",),
            "The plan only destroys 1 machine.",
        ),
        (
            [Row("a", KEEP, READY, READY), Row("b", DELETE, READY)],
            ("--changes-only",),
            "(1 unchanged, 1 to destroy)",
        ),
        ([Row("a", ["forget"], READY)], (), "(1 to remove from the state)"),
        (
            [Row("a", CREATE, None, READY, kind=LINUX)],
            ("--changes-only",),
            "The only machine was skipped",
        ),
    ],
    ids=["destroys", "destroys one", "changes nothing", "forgets", "linux"],
)
def test_a_plan_without_a_machine_to_judge_says_why(
    hotpatch: Hotpatch, rows: list[Row], options: tuple[str, ...], said: str
) -> None:
    """There is nothing to judge: exit code 2, and what the plan does instead."""
    done = hotpatch.check(plan(*rows), *options, name="plan.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err


FLEET = "machines: [{name: a, platform: arc, os: Windows Server 2025 Datacenter}]"
STATE = json.dumps(
    {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [Row("s", KEEP, None, READY).resource]}},
    }
)


def test_files_that_state_no_changes_are_refused_by_name(hotpatch: Hotpatch) -> None:
    """With the option, each file with machines must state changes; all others are named."""
    for name, text in (("fleet.yaml", FLEET), ("state.json", STATE)):
        hotpatch.write(name, text)
    hotpatch.write("plan.json", plan(Row("a", CREATE, None, READY)))
    done = hotpatch("check", "fleet.yaml", "plan.json", "state.json", "--changes-only")
    assert (done.code, done.out) == (2, "")
    assert [line.split(": ")[0] for line in done.err.splitlines() if "state changes" in line] == [
        "fleet.yaml",
        "state.json",
    ]


def test_files_without_machines_add_their_facts(hotpatch: Hotpatch) -> None:
    """Windows of an inventory without machines are read beside a plan."""
    hotpatch.write("plan.json", plan(Row("a", CREATE, None, READY)))
    hotpatch.write("windows.yaml", "windows: {w: {days: [Sat], start: 1:00, duration: 2h}}")
    done = hotpatch("check", "plan.json", "windows.yaml", "--changes-only", "--as-of", "2025-12-15")
    assert done.code == 0
