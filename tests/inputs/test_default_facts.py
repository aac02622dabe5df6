"""Facts that no source states: `--set FIELD=VALUE`, and the defaults of an inventory beside tables
and exports.
"""

import csv
import io
import json
from typing import Any

import pytest

from hotpatch_cli.inputs.default_facts import SETTABLE, parse_set
from hotpatch_cli.inputs.fields import BY_PATH
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.model import Machine

DAY = ("--as-of", "2025-12-15")
OS = "Windows Server 2025 Datacenter"
WINDOWS = """
windows:
  night: {days: [Sat], start: "22:00", duration: 4h}
  weekend: {days: [Sun], start: "02:00", duration: 4h}
groups: {cluster: {}}
rings: [{name: pilot}]
"""
VM = {
    "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1",
    "name": "vm1",
    "type": "Microsoft.Compute/virtualMachines",
    "location": "westeurope",
    "osProfile": {
        "windowsConfiguration": {
            "provisionVMAgent": True,
            "patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": True},
        }
    },
    "storageProfile": {
        "osDisk": {"osType": "Windows"},
        "imageReference": {
            "publisher": "MicrosoftWindowsServer",
            "offer": "WindowsServer",
            "sku": "2025-datacenter-azure-edition",
            "version": "latest",
        },
    },
}


def table(*rows: dict[str, str]) -> str:
    """Rows as CSV, with the columns of the first one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def machines(hotpatch: Any, *names: str, facts: tuple[str, ...] = ()) -> dict[str, Machine]:
    """The machines of files, by name."""
    files = [str(hotpatch.folder / name) for name in names]
    fleet = load_sources(files, facts=parse_set(facts)).fleet
    return {machine.name: machine for machine in fleet.machines}


def content(machine: Machine) -> Any:
    """All of a machine but where it was read."""
    return machine._replace(origin=None, supposed=())  # type: ignore[arg-type]


# --- --set ----------------------------------------


def test_a_table_without_a_platform(hotpatch: Any) -> None:
    """`--set platform=arc` gives it to rows without one; a row that names its own keeps it."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "", "os": OS},
                                  {"name": "b", "platform": "azure-local", "os": OS}))  # fmt: skip
    assert hotpatch("check", "t.csv", *DAY).code == 2
    found = machines(hotpatch, "t.csv", facts=("platform=arc",))
    assert {name: one.facts.platform for name, one in found.items()} == {
        "a": "arc",
        "b": "azure-local",
    }


@pytest.mark.parametrize("path", [path for path in SETTABLE if BY_PATH[path].example])
def test_every_fact_can_be_set(hotpatch: Any, path: str) -> None:
    """A fact that is set makes the machine that a column with the same words makes."""
    hotpatch.write("windows.yaml", WINDOWS)
    platform = "arc" if path.startswith("arc.") else "azure"
    row = {"name": "a", "platform": platform}
    example = {"window": "night", "groups": "cluster", "ring": "pilot"}.get(
        path, BY_PATH[path].example
    )
    hotpatch.write("with.csv", table(row | {path: example}))
    hotpatch.write("without.csv", table(row | {"owner": ""}))
    stated = machines(hotpatch, "with.csv", "windows.yaml")["a"]
    given = machines(hotpatch, "without.csv", "windows.yaml", facts=(f"{path}={example}",))["a"]
    if path != "platform":
        assert content(given) == content(stated)
    assert given.facts.platform == platform


@pytest.mark.parametrize(
    ("column", "value", "other"),
    [
        ("timezone", "Europe/Berlin", "UTC"),
        ("reboot_minutes", "15", "40"),
        ("weight", "1", "3"),
        ("restored", "false", "true"),
        ("done", "no", "yes"),
        ("build", "26100.7092", "26100.7392"),
        ("kbs", "KB5066835", "KB5068966"),
        ("arc.vbs", "running", "off"),
        ("tags.env", "prod", "lab"),
    ],
)
def test_a_stated_fact_is_never_overridden(
    hotpatch: Any, column: str, value: str, other: str
) -> None:
    """What a row states stays, also where that is the default of the fact."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc", column: value}))
    before = machines(hotpatch, "t.csv")["a"]
    after = machines(hotpatch, "t.csv", facts=(f"{column}={other}",))["a"]
    assert content(after) == content(before)


def test_a_platform_that_a_table_only_infers_yields(hotpatch: Any) -> None:
    """The user knows better than a guess from columns, and Secure Boot goes where it belongs."""
    row = {
        "name": "a",
        "image": "MicrosoftWindowsServer:WindowsServer:2025-datacenter",
        "Secure Boot": "yes",
    }
    hotpatch.write("t.csv", table(row))
    assert machines(hotpatch, "t.csv")["a"].facts.platform == "azure"
    facts = machines(hotpatch, "t.csv", facts=("platform=azure-local",))["a"].facts
    assert (facts.platform, facts.security.secure_boot) == ("azure-local", True)


def test_a_resource_id_names_the_platform(hotpatch: Any) -> None:
    """The kind of resource in an id isn't a guess."""
    hotpatch.write("t.csv", table({"id": VM["id"], "os": OS}))  # type: ignore[dict-item]
    found = machines(hotpatch, "t.csv", facts=("platform=arc",))
    assert found["vm1"].facts.platform == "azure"


def test_an_export_gets_what_it_lacks(hotpatch: Any) -> None:
    """`az vm list` has no time zone and no window here, but a region and an image."""
    hotpatch.write("vms.json", json.dumps([VM]))
    hotpatch.write("windows.yaml", WINDOWS)
    facts = ("timezone=UTC", "window=night", "region=uksouth", "generation=2")
    vm = machines(hotpatch, "vms.json", "windows.yaml", facts=facts)["vm1"]
    assert vm.placement.timezone == "UTC"
    assert vm.placement.windows == ("night",)
    assert (vm.facts.region, vm.placement.region, vm.facts.generation) == (
        "westeurope",
        "westeurope",
        2,
    )


def test_an_inventory_wins(hotpatch: Any) -> None:
    """A value of an inventory's machine wins; a machine of an inventory alone isn't changed."""
    hotpatch.write("vms.json", json.dumps([VM]))
    hotpatch.write(
        "fleet.yaml",
        "machines: [{name: vm1, platform: azure, timezone: Europe/Berlin}, "
        "{name: own, platform: arc}]",
    )
    facts = ("timezone=UTC", "owner=ops")
    found = machines(hotpatch, "fleet.yaml", "vms.json", facts=facts)
    assert found["vm1"].placement.timezone == "Europe/Berlin"
    assert (found["vm1"].owner, found["own"].owner) == ("ops", None)
    assert found["own"].placement.timezone is None


def test_sources_that_differ_stay_unknown(hotpatch: Any) -> None:
    """A fact on which sources conflict isn't settled by --set: it's stated, twice."""
    row = {"name": "a", "platform": "arc", "build": "26100.7092"}
    hotpatch.write("one.csv", table(row))
    hotpatch.write("two.csv", table(row | {"build": "26100.7392"}))
    machine = machines(hotpatch, "one.csv", "two.csv", facts=("build=26100.7392",))["a"]
    assert machine.facts.build is None
    assert [finding.code for finding in machine.disputes] == ["HP414"]


def test_a_finding_names_its_source(hotpatch: Any) -> None:
    """A finding on a fact of --set has --set as its place, and no line in a file."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc"}))
    done = hotpatch(
        "check", "t.csv", *DAY, "--set", "os=Windows Server 2019 Datacenter", "-f", "json"
    )
    (reason,) = [
        reason for reason in done.machines["a"]["reasons"] if reason["code"] == "HP105"
    ]  # fmt: skip
    assert reason["location"] == {"file": "--set", "line": None, "column": None}
    assert "--set added facts that no source states, of 1 machine: os (1)." in done.err


def test_what_had_no_effect_is_said(hotpatch: Any) -> None:
    """A fact that no machine took is named."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc"}))
    done = hotpatch("check", "t.csv", *DAY, "--set", "platform=azure")
    assert "--set had no effect: platform." in done.err


REFUSED = {
    "no value": ("os=", "'os=' isn't a valid setting. Use the format FIELD=VALUE"),
    "no field": ("=arc", "'=arc' isn't a valid setting."),
    "no sign": ("arc", "'arc' isn't a valid setting."),
    "unknown field": ("platfrom=arc", "Unknown field 'platfrom'. Did you mean 'platform'?"),
    "a group": ("patching=on", "Unknown field 'patching'."),
    "wrong value": ("platform=aws", "--set platform: 'aws' isn't one of azure, azure-local, arc."),
    "advice": ("platform=Amazon", "use arc."),
    "a missing value": ("owner=n/a", "--set owner: 'n/a' means that there is no value."),
    "an identity": ("name=web01", "The field 'name' identifies one machine."),
    "no window": ("window=nihgt", "The window 'nihgt' isn't defined. Did you mean 'night'?"),
}


@pytest.mark.parametrize(("setting", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_setting_is_refused(hotpatch: Any, setting: str, message: str) -> None:
    """A field or a value that isn't valid is code 2, with one message however many machines."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc"}, {"name": "b", "platform": ""}))
    hotpatch.write("windows.yaml", WINDOWS + "defaults: {platform: arc}\n")
    done = hotpatch("check", "t.csv", "windows.yaml", *DAY, "--set", setting)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_all_wrong_settings_are_told_at_once(hotpatch: Any) -> None:
    """Each has its message in one run; a field that is set twice is one of them."""
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc"}))
    settings = ("--set", "build=x", "--set", "vbs=on", "--set", "os=a", "--set", "os=b")
    lines = hotpatch("check", "t.csv", *DAY, *settings).err.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "--set: The field 'os' is set twice. Keep one."


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "t.csv"),
        ("plan", "t.csv", "--include-monthly"),
        ("convert", "t.csv"),
        ("report", "t.csv", "-o", "page.html"),
        ("rollback", "t.csv", "--machine", "a"),
        ("windows", "list", "t.csv"),
        ("diff", "t.csv", "t.csv"),
        ("feed", "restarts", "t.csv"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_commands_that_read_a_fleet_take_it(hotpatch: Any, arguments: tuple[str, ...]) -> None:
    """A table that is refused without a platform is read with --set, by every such command."""
    hotpatch.write("t.csv", table({"name": "a", "os": OS, "build": "26100.7392"}))
    assert "--set platform=arc" in hotpatch(*arguments).err
    assert hotpatch(*arguments, "--set", "platform=arc").code != 2


def test_settings_of_the_configuration(hotpatch: Any) -> None:
    """[set] is a table of facts, also with dots; a variable separates several by semicolons."""
    hotpatch.write("t.csv", table({"name": "a", "build": "26100.7392"}))
    hotpatch.write("hotpatch.toml", f'[set]\nplatform = "arc"\nos = "{OS}"\ntags.env = "a b"\n')
    text = hotpatch("convert", "t.csv").out
    assert "platform: arc" in text
    assert "tags: {env: a b}" in text
    hotpatch.monkeypatch.setenv("HOTPATCH_SET", f"platform=azure-local; os={OS}")
    assert "platform: azure-local" in hotpatch("convert", "t.csv").out


# --- defaults of an inventory ----------------------------------------


def test_defaults_apply_to_a_table_beside_the_inventory(hotpatch: Any) -> None:
    """Defaults hold under what rows say, before --set, whatever the order of the files."""
    hotpatch.write(
        "fleet.yaml",
        WINDOWS + "defaults: {platform: arc, timezone: UTC, window: night, tags: {env: prod}}\n",
    )
    rows = ({"name": "a", "window": "weekend"}, {"name": "b", "window": ""})
    hotpatch.write("t.csv", table(*rows))
    for names in (("fleet.yaml", "t.csv"), ("t.csv", "fleet.yaml")):
        found = machines(hotpatch, *names, facts=("timezone=Europe/Berlin", "owner=ops"))
        assert {one.facts.platform for one in found.values()} == {"arc"}
        assert {one.placement.timezone for one in found.values()} == {"UTC"}
        assert {one.placement.tags for one in found.values()} == {(("env", "prod"),)}
        assert {one.owner for one in found.values()} == {"ops"}
        assert (found["a"].placement.windows, found["b"].placement.windows) == (
            ("weekend",),
            ("night",),
        )
        assert found["b"].origin.locate("timezone").file.endswith("fleet.yaml")


def test_defaults_apply_to_an_export_beside_the_inventory(hotpatch: Any) -> None:
    """A VM that the inventory doesn't list has its defaults; a note says so."""
    hotpatch.write("fleet.yaml", WINDOWS + "defaults: {timezone: UTC, window: night}\n")
    hotpatch.write("vms.json", json.dumps([VM]))
    done = hotpatch("check", "vms.json", "fleet.yaml", *DAY, "-f", "json")
    assert done.machines["vm1"]["next_reboot"]["window"]["name"] == "night"
    assert "fleet.yaml: the defaults added facts that no source states" in done.err


def test_a_default_is_no_conflict(hotpatch: Any) -> None:
    """Of a machine of both, a table's statement wins over a default, and its own key doesn't."""
    rows = [{"name": "a", "platform": "arc", "build": "26100.7392"}]
    hotpatch.write("t.csv", table(*rows))
    hotpatch.write(
        "fleet.yaml",
        "defaults: {platform: azure, build: 26100.7092, reboot_minutes: 30}\nmachines: [{name: a}]",
    )
    found = machines(hotpatch, "fleet.yaml", "t.csv")["a"]
    assert (found.facts.platform, str(found.facts.build), found.disputes) == (
        "arc",
        "26100.7392",
        (),
    )
    assert found.placement.reboot.total_seconds() == 30 * 60
    hotpatch.write("own.yaml", "machines: [{name: a, platform: arc, build: 26100.7092}]")
    assert machines(hotpatch, "own.yaml", "t.csv")["a"].disputes


def test_defaults_on_which_inventories_differ(hotpatch: Any) -> None:
    """Two inventories with different time zones give none to a table, and a note says so."""
    hotpatch.write("one.yaml", "defaults: {timezone: UTC, owner: ops}\nmachines: []")
    hotpatch.write("two.yaml", "defaults: {timezone: Europe/Berlin}\nmachines: []")
    hotpatch.write("t.csv", table({"name": "a", "platform": "arc"}))
    found = machines(hotpatch, "one.yaml", "two.yaml", "t.csv")["a"]
    assert (found.placement.timezone, found.owner) == (None, "ops")
    done = hotpatch("check", "one.yaml", "two.yaml", "t.csv", *DAY)
    assert "the defaults of one.yaml and two.yaml differ on timezone" in done.err


@pytest.mark.parametrize("source", ["--set", "defaults"])
def test_a_table_as_a_whole(hotpatch: Any, source: str) -> None:
    """A table that is checked as a whole has the same verdicts as one that is read row by row."""
    pytest.importorskip("duckdb")
    hotpatch.write(
        "t.csv",
        table(*({"name": f"m{n}", "os": OS if n % 2 else "", "build": ""} for n in range(20))),
    )
    hotpatch.write("fleet.yaml", f"defaults: {{platform: arc, os: {OS}, arc: {{vbs: off}}}}\n")
    files = ("t.csv",) if source == "--set" else ("t.csv", "fleet.yaml")
    settings = ("--set", "platform=arc", "--set", f"os={OS}", "--set", "arc.vbs=off")
    options = (*files, *DAY, *(settings if source == "--set" else ()), "-f", "csv")
    rows = [
        list(csv.DictReader(io.StringIO(hotpatch("check", *options, mode).out)))
        for mode in ("--bulk", "--no-bulk")
    ]
    verdicts = [{(row["name"], row["verdict"], row["codes"]) for row in found} for found in rows]
    assert verdicts[0] == verdicts[1]
    assert len(verdicts[0]) == 20
