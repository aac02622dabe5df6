"""Dynamic scopes: which machines of a fleet their filters take, and what isn't known."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Done, Hotpatch

SUBSCRIPTION = "/subscriptions/s1"
CONFIGURATION = (
    f"{SUBSCRIPTION}/resourceGroups/ops/providers/Microsoft.Maintenance/"
    "maintenanceConfigurations/night"
)
NIGHT = {
    "id": CONFIGURATION,
    "name": "night",
    "type": "Microsoft.Maintenance/maintenanceConfigurations",
    "location": "westeurope",
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2026-01-10 22:00",
            "duration": "03:00",
            "timeZone": "UTC",
            "recurEvery": "Month Second Saturday",
        },
        "installPatches": {"rebootSetting": "IfRequired"},
    },
}
_NO_TAGS = object()


def scope(name: str = "prod", subscription: str = SUBSCRIPTION, **filtered: Any) -> dict[str, Any]:
    """A dynamic scope of the configuration."""
    return {
        "id": f"{subscription}/providers/Microsoft.Maintenance/configurationAssignments/{name}",
        "name": name,
        "type": "Microsoft.Maintenance/configurationAssignments",
        "properties": {"maintenanceConfigurationId": CONFIGURATION, "filter": filtered},
    }


def tagged(operator: str, **tags: list[str]) -> dict[str, Any]:
    """The tags of a filter."""
    return {"tagSettings": {"filterOperator": operator, "tags": tags}}


def vm(
    name: str = "a",
    group: str = "web",
    location: str | None = "westeurope",
    tags: Any = None,
    subscription: str = SUBSCRIPTION,
) -> dict[str, Any]:
    """A VM that Azure patches by the schedules of its owner."""
    patching = {
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": True,
        "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
    }
    resource = {
        "id": f"{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/"
        f"virtualMachines/{name}",
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": location,
        "tags": tags,
        "properties": {
            "storageProfile": {
                "osDisk": {"osType": "Windows"},
                "imageReference": {
                    "publisher": "MicrosoftWindowsServer",
                    "offer": "WindowsServer",
                    "sku": "2022-datacenter-azure-edition-core",
                },
            },
            "osProfile": {
                "windowsConfiguration": {"provisionVMAgent": True, "patchSettings": patching}
            },
        },
    }
    if tags is _NO_TAGS:
        del resource["tags"]
    return resource


def listed(hotpatch: Hotpatch, *resources: dict[str, Any]) -> Done:
    """The scopes of an export."""
    hotpatch.write("all.json", json.dumps([NIGHT, *resources]))
    return hotpatch("windows", "scopes", "all.json", "-f", "json")


FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool | None]] = {
    "nothing": ({}, {}, True),
    "its region": ({"locations": ["West Europe"]}, {}, True),
    "another region": ({"locations": ["northeurope"]}, {}, False),
    "a region that nobody knows": ({"locations": ["westeurope"]}, {"location": None}, None),
    "its group": ({"resourceGroups": ["WEB"]}, {}, True),
    "another group": ({"resourceGroups": ["db"]}, {}, False),
    "its type": ({"resourceTypes": ["microsoft.compute/VirtualMachines"]}, {}, True),
    "Arc": ({"resourceTypes": ["Microsoft.HybridCompute/machines"]}, {}, False),
    "Windows": ({"osTypes": ["WINDOWS"]}, {}, True),
    "Linux": ({"osTypes": ["Linux"]}, {}, False),
    "its tag": (tagged("All", env=["prod"]), {"tags": {"Env": "prod"}}, True),
    "another value": (tagged("All", env=["prod"]), {"tags": {"env": "Prod"}}, False),
    "all of two tags": (
        tagged("All", env=["prod"], a=["1", "2"]),
        {"tags": {"env": "prod"}},
        False,
    ),
    "any of two tags": (tagged("Any", env=["prod"], a=["1", "2"]), {"tags": {"A": "2"}}, True),
    "none of two tags": (tagged("Any", env=["prod"], a=["1"]), {"tags": {"b": "1"}}, False),
    "no tags": (tagged("Any", env=["prod"]), {"tags": {}}, False),
    "tags that no source has": (tagged("Any", env=["prod"]), {"tags": _NO_TAGS}, None),
    "missing tags, another region": (
        {**tagged("Any", env=["prod"]), "locations": ["eastus"]},
        {"tags": _NO_TAGS},
        False,
    ),
    "another subscription": ({}, {"subscription": "/subscriptions/s2"}, False),
}


@pytest.mark.parametrize(("filtered", "machine", "expected"), FILTERS.values(), ids=FILTERS)
def test_what_a_filter_takes(
    hotpatch: Hotpatch, filtered: dict[str, Any], machine: dict[str, Any], expected: bool | None
) -> None:
    """A filter takes a machine, or not, or a fact is missing that would tell."""
    done = listed(hotpatch, scope(**filtered), vm(**machine))
    (found,) = done.json["scopes"]
    undecided = [row["machine"] for row in found["undecided"]]
    assert (found["machines"], undecided) == (
        ["a"] if expected else [],
        ["a"] if expected is None else [],
    )
    assert bool(done.json["without"]) is (expected is False)


def test_none_one_and_several(hotpatch: Hotpatch) -> None:
    """Machines in no scope and in several are listed by themselves."""
    one, two = scope("one", resourceGroups=["web", "db"]), scope("two", resourceGroups=["db"])
    machines = [vm("w", "web"), vm("d", "db"), vm("x", "other")]
    content = listed(hotpatch, one, two, *machines).json
    assert [(row["assignment"], row["machines"]) for row in content["scopes"]] == [
        ("one", ["w", "d"]),
        ("two", ["d"]),
    ]
    assert (content["without"], content["in_several"]) == (["x"], ["d"])


def test_a_scope_gives_its_window(hotpatch: Hotpatch) -> None:
    """A machine that a scope takes has the window of the configuration, in each command."""
    hotpatch.write("all.json", json.dumps([NIGHT, scope(), vm()]))
    openings = hotpatch("windows", "list", "all.json", "--from", "2026-01-05", "-f", "json").json
    assert {row["window"] for row in openings["openings"]} == {"night"}
    report = hotpatch("check", "all.json", "--as-of", "2026-01-05", "-f", "json")
    assert report.machines["a"]["next_reboot"]["window"]["name"] == "night"


def test_the_table_of_scopes(hotpatch: Hotpatch) -> None:
    """People read the filter, what it takes, and what is missing."""
    hotpatch.write(
        "all.json",
        json.dumps(
            [NIGHT, scope(**tagged("Any", env=["prod"])), vm(tags=_NO_TAGS), vm("b", tags={})]
        ),
    )
    done = hotpatch("windows", "scopes", "all.json")
    assert "any tag: env=prod" in done.out
    assert "In no scope: b." in done.out
    assert "night may take a: missing tags." in done.out
    assert done.err.splitlines()[-1] == "1 dynamic scope with 0 of 2 machines."


WORDS = st.sampled_from(["a", "b", "c"])
TAGS = st.dictionaries(WORDS, WORDS, max_size=3)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(WORDS, max_size=2),
    st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=2), max_size=2),
    st.booleans(),
    st.lists(st.tuples(WORDS, TAGS), min_size=1, max_size=4),
)
def test_a_scope_takes_what_a_referee_takes(
    hotpatch: Hotpatch,
    groups: list[str],
    tags: dict[str, list[str]],
    is_any: bool,
    machines: list[tuple[str, dict[str, str]]],
) -> None:
    """Groups and tags by plain comparison, for many small fleets."""
    filtered: dict[str, Any] = {"resourceGroups": groups} if groups else {}
    if tags:
        filtered |= tagged("Any" if is_any else "All", **tags)
    rows = [vm(f"m{at}", group, tags=owned) for at, (group, owned) in enumerate(machines)]
    (found,) = listed(hotpatch, scope(**filtered), *rows).json["scopes"]
    expected = []
    for at, (group, owned) in enumerate(machines):
        fits = [owned.get(name) in values for name, values in tags.items()]
        tag_fits = not tags or (any(fits) if is_any else all(fits))
        if tag_fits and (not groups or group in groups):
            expected.append(f"m{at}")
    assert found["machines"] == expected


@pytest.mark.parametrize(
    ("resources", "limit", "observed"),
    [
        (
            [scope(**tagged("Any", **{f"t{at}": ["x"] for at in range(51)}))],
            "scope-tags",
            "51 tags",
        ),
        (
            [scope(resourceGroups=[f"g{at}" for at in range(51)])],
            "scope-groups",
            "51 resource groups",
        ),
        ([scope(f"s{at}") for at in range(201)], "scopes-of-schedule", "201 dynamic scopes"),
        (
            [scope(), *(vm(f"m{at}") for at in range(1001))],
            "scope-machines",
            "1001 machines in prod",
        ),
        ([scope(f"s{at}") for at in range(251)], "scopes", "251 in s1, westeurope"),
    ],
)
def test_a_scope_above_a_limit_of_azure(
    hotpatch: Hotpatch, resources: list[dict[str, Any]], limit: str, observed: str
) -> None:
    """Each limit of dynamic scopes is a finding on its schedule, and one less is none."""
    hotpatch.write("all.json", json.dumps([NIGHT, *resources]))
    found = hotpatch("windows", "lint", "all.json", "-f", "json", "--as-of", "2026-01-05").json
    assert (limit, observed) in {
        (row["limit"]["name"], row["observed"]) for row in found["findings"]
    }
    hotpatch.write("all.json", json.dumps([NIGHT, scope(), vm()]))
    found = hotpatch("windows", "lint", "all.json", "-f", "json", "--as-of", "2026-01-05").json
    assert limit not in {row["limit"]["name"] for row in found["findings"]}


def test_a_scope_is_exported_as_a_scope(hotpatch: Hotpatch) -> None:
    """What a scope takes isn't assigned machine by machine: the scope is written."""
    hotpatch.write("all.json", json.dumps([NIGHT, scope(resourceGroups=["web"]), vm(), vm("b")]))
    done = hotpatch("windows", "export", "all.json", "--from", "2026-01-05")
    assert done.code == 0, done.err
    assert '"filter"' in done.out
    assert "virtualMachines/a" not in done.out
