"""Azure itself as a source, through Microsoft's own client: nothing lost, nothing twice, never a
part for the whole.
"""

import json
import os
import sys
from time import monotonic
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure_stand import OTHER, SUBSCRIPTION, Answer, Azure, subscription, vm

from hotpatch_cli.inputs.live.client import Pace
from hotpatch_cli.inputs.live.error_messages import told
from hotpatch_cli.inputs.live.scope import AzureScope
from hotpatch_cli.outputs.formats import CHECK_FORMATS

DAY = ("--as-of", "2025-12-15", "-f", "json")
OWN = """
windows:
  sunday: {days: [sun], start: "02:00", duration: 4h, timezone: Europe/Berlin}
defaults: {window: sunday}
machines:
  - {name: web01, platform: azure}
"""


def names(done: Any) -> list[str]:
    """The names of a report, each as often as it stands there."""
    return [machine["name"] for machine in done.json["machines"]]


def test_a_vm(hotpatch: Any, azure: Azure) -> None:
    """A VM of Azure is judged as one of an export, and its findings name the resource."""
    azure.tables["resources"] = [vm("web01"), vm("web02", sku="2022-datacenter-azure-edition")]
    done = hotpatch("check", "--azure", *DAY)
    assert done.code == 1
    assert done.machines["web01"]["verdict"] == "ready"
    wrong = done.machines["web02"]
    assert wrong["verdict"] == "unsupported"
    place = wrong["reasons"][0]["location"]
    assert place == {
        "file": f"azure:{azure.tables['resources'][1]['id']}",
        "line": None,
        "column": None,
    }


@pytest.mark.parametrize("count", [1, 9, 10, 11, 25])
def test_every_page_of_azure_is_read_once(hotpatch: Any, azure: Azure, count: int) -> None:
    """Every machine of every page comes once, in pages of ten."""
    azure.tables["resources"] = [vm(f"web{number:03}") for number in range(count)]
    azure.page = 10
    assert names(hotpatch("check", "--azure", *DAY)) == [
        f"web{number:03}" for number in range(count)
    ]


def test_pages_are_in_an_order(hotpatch: Any, azure: Azure) -> None:
    """Every question asks for the order of ids: pages of an unordered result may overlap."""
    azure.tables["resources"] = [vm("web01")]
    hotpatch("check", "--azure", *DAY)
    assert all(asked.body["query"].endswith("| order by id asc") for asked in azure.asked)
    assert [asked.table for asked in azure.asked] == [
        "resourcecontainers",
        "resources",
        "computeresources",
        "extensibilityresources",
        "patchassessmentresources",
        "patchinstallationresources",
        "maintenanceresources",
    ]


def test_nothing_but_queries_is_sent_to_azure(hotpatch: Any, azure: Azure) -> None:
    """Nothing but queries is sent, with the sign-in of the stand-in: no token of a user leaves for
    it.
    """
    azure.tables["resources"] = [vm("web01")]
    hotpatch.monkeypatch.setenv("AZURE_CLIENT_SECRET", "planted-secret")
    done = hotpatch("check", "--azure", *DAY)
    assert {asked.headers["Authorization"] for asked in azure.asked} == {"Bearer loopback"}
    assert "planted" not in str(azure.asked) + done.out + done.err


TROUBLES = {
    "throttled, and told when the quota is full again": Answer(
        429, {}, {"x-ms-user-quota-resets-after": "00:00:00.05"}
    ),
    "throttled, and told when to come back": Answer(429, {}, {"Retry-After": "0.05"}),
    "throttled, with a header of nonsense": Answer(
        429, {}, {"Retry-After": "soon", "x-ms-user-quota-resets-after": "x"}
    ),
    "an error of the service": Answer(500, {"error": {"code": "InternalServerError"}}),
    "a gateway that gives up, with a page of HTML": Answer(
        502, "<html>Bad Gateway</html>", {"Content-Type": "text/html"}
    ),
    "a service that is busy": Answer(503, ""),
    "a gateway that waits no longer": Answer(504, ""),
    "an answer that is cut in its middle": Answer(200, {"data": ["x" * 200]}, cut=50),
    "an answer that is cut at once": Answer(200, {"data": ["x" * 200]}, cut=0),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("before", [1, 2])
def test_a_query_is_repeated_after_a_passing_trouble(
    hotpatch: Any, azure: Azure, trouble: Answer, before: int
) -> None:
    """After a trouble that passes, on the first or the second page, every machine is there once."""
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(25)]
    azure.page = 10
    azure.instead = [*[None] * before, trouble]
    done = hotpatch("check", "--azure", *DAY)
    assert names(done) == [f"web{number:02}" for number in range(25)], done.err
    assert len(azure.asked) == 1 + 3 + 5 + 1


def test_an_empty_quota_is_waited_for(hotpatch: Any, azure: Azure) -> None:
    """Where an answer was the last of the quota, the next question comes after it is full again."""
    azure.tables["resources"] = [vm("web01")]
    azure.headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:00.1"}
    began = monotonic()
    hotpatch("check", "--azure", *DAY)
    assert monotonic() - began > 0.1 * len(azure.asked)


REFUSALS = {
    "no right": (
        Answer(403, {"error": {"code": "AuthorizationFailed"}}),
        "AuthorizationFailed",
        "Reader role",
    ),
    "unknown management group": (
        Answer(
            400, {"error": {"code": "BadRequest", "details": [{"code": "InvalidManagementGroup"}]}}
        ),
        "BadRequest, InvalidManagementGroup",
        "--management-group",
    ),
    "a wait of hours": (Answer(429, {}, {"Retry-After": "7200"}), "429", "Try again later"),
    "a quota for days": (
        Answer(429, {}, {"x-ms-user-quota-resets-after": "2.00:00:00"}),
        "429",
        "Try again later",
    ),
    "moved elsewhere": (
        Answer(302, "", {"Location": "http://127.0.0.1:1/"}),
        "302",
        "Try again later",
    ),
    "HTML in place of a result": (Answer(200, "<html>Sign in</html>"), "isn't JSON", "proxy"),
    "HTML that says so": (
        Answer(200, "<html>Sign in</html>", {"Content-Type": "text/html"}),
        "can't be read",
        "prox",
    ),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS.keys())
@pytest.mark.parametrize("before", [0, 3])
def test_a_refusal_of_azure_is_code_2(
    hotpatch: Any, azure: Azure, case: tuple[Answer, str, str], before: int
) -> None:
    """What Azure refuses is exit code 2, nothing on standard output, and a message that says what
    to do.
    """
    answer, said, remedy = case
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(25)]
    azure.page = 10
    azure.instead = [*[None] * before, answer]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert remedy in done.err
    assert len(azure.asked) == before + 1


def cut_short(result: dict[str, Any], _asked: Any) -> Any:
    """A result that says it is not all, and gives no way on."""
    return {key: value for key, value in result.items() if key != "$skipToken"} | {
        "resultTruncated": "true"
    }


def same_token(result: dict[str, Any], _asked: Any) -> Any:
    """A result whose token leads to the same page for ever."""
    return result | {"$skipToken": "10", "resultTruncated": "true"}


def no_rows(result: dict[str, Any], asked: Any) -> Any:
    """A result whose pages are empty, each with a new token."""
    return result | {"data": [], "count": 0, "$skipToken": str(int(asked.token or 0) + 1)}


def lost(result: dict[str, Any], _asked: Any) -> Any:
    """A result that misses a row that it counts in all."""
    return result | {"totalRecords": result["totalRecords"] + 1}


STRANGE = {
    "cut short": (cut_short, "truncated the list"),
    "the same token": (same_token, "never end"),
    "pages without rows": (no_rows, "never end"),
    "a row that is missing": (lost, "changed during the query: 26 of"),
    "another count than rows": (lambda result, _: result | {"count": 7}, "no row count"),
    "no rows at all": (lambda result, _: result | {"data": None, "count": 0}, "no rows"),
    "a table in place of objects": (
        lambda result, _: result | {"data": {"columns": [], "rows": []}},
        "no rows",
    ),
    "rows of text": (lambda result, _: result | {"data": ["x"], "count": 1}, "no id"),
    "rows without an id": (
        lambda result, _: result | {"data": [{"name": "x"}], "count": 1},
        "no id",
    ),
    "an id that is a number": (
        lambda result, _: result | {"data": [{"id": 7}], "count": 1},
        "no id",
    ),
    "a total that is text": (lambda result, _: result | {"totalRecords": "many"}, "can't be read"),
    "a list": (lambda _result, _: [1], "can't be read"),
    "a number": (lambda _result, _: 5, "can't be read"),
    "null": (lambda _result, _: None, "can't be read"),
    "nothing of it": (lambda _result, _: {}, "can't be read"),
}


@pytest.mark.parametrize(("change", "said"), STRANGE.values(), ids=STRANGE.keys())
def test_a_result_of_azure_that_is_not_whole_is_code_2(
    hotpatch: Any, azure: Azure, change: Any, said: str
) -> None:
    """A result that cannot be all of it, or is none, is exit code 2 with nothing
    written, and ends.
    """
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(26)]
    azure.page = 10
    azure.change = lambda result, asked: (
        change(result, asked) if asked.table == "resources" else result
    )
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, ""), done.out
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(azure.asked) < 20


def test_more_subscriptions_than_azure_answers_for(hotpatch: Any, azure: Azure) -> None:
    """Beyond ten thousand subscriptions Azure leaves some out; that is never taken for all."""
    azure.headers["x-ms-tenant-subscription-limit-hit"] = "true"
    azure.tables["resources"] = [vm("web01")]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "--management-group" in done.err


def test_a_fleet_that_changes_while_it_is_read(hotpatch: Any, azure: Azure) -> None:
    """A machine that comes between two pages makes the list be read again; every machine is there
    once.
    """
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(15)]
    azure.page = 10

    def grow(result: dict[str, Any], asked: Any) -> Any:
        if (
            asked.table == "resources"
            and asked.token is None
            and len(azure.tables["resources"]) == 15
        ):
            azure.tables["resources"].append(vm("web00a"))
        return result

    azure.change = grow
    done = hotpatch("check", "--azure", *DAY)
    assert sorted(names(done)) == sorted([*(f"web{number:02}" for number in range(15)), "web00a"])


@pytest.mark.parametrize("given", [OTHER, OTHER.upper(), "Test lab", "TEST LAB"])
def test_a_subscription(hotpatch: Any, azure: Azure, given: str) -> None:
    """A subscription is named by its id or its name, in any case; only its machines are judged."""
    azure.tables["resourcecontainers"].append(subscription(OTHER, "Test lab"))
    azure.tables["resources"] = [vm("web01"), vm("lab01", owner=OTHER)]
    assert names(hotpatch("check", "--azure", "--subscription", given, *DAY)) == ["lab01"]


def test_an_unknown_subscription(hotpatch: Any, azure: Azure) -> None:
    """A subscription that cannot be read is named, though Azure itself would answer
    with nothing.
    """
    azure.tables["resources"] = [vm("web01")]
    done = hotpatch(
        "check", "--azure", "--subscription", SUBSCRIPTION, "--subscription", "nosuch", *DAY
    )
    assert (done.code, done.out) == (2, "")
    assert "'nosuch' isn't among the 1" in done.err


def test_a_name_of_two_subscriptions(hotpatch: Any, azure: Azure) -> None:
    """A name that two subscriptions have is refused: nobody could tell which is meant."""
    azure.tables["resourcecontainers"].append(subscription(OTHER, "production"))
    done = hotpatch("check", "--azure", "--subscription", "Production", *DAY)
    assert done.code == 2
    assert "2 subscriptions are named" in done.err


def test_a_management_group(hotpatch: Any, azure: Azure) -> None:
    """Every question asks for the management groups that are named."""
    azure.tables["resources"] = [vm("web01")]
    done = hotpatch(
        "check", "--azure", "--management-group", "corp", "--management-group", "lab", *DAY
    )
    assert done.code == 0
    assert all(asked.body["managementGroups"] == ["corp", "lab"] for asked in azure.asked)
    assert not any("subscriptions" in asked.body for asked in azure.asked)


EMPTY = {
    "nobody": ([], "can't read any subscription"),
    "nothing": ([subscription(OTHER, "Lab")], "contain no machine"),
}


@pytest.mark.parametrize(("subscriptions", "said"), EMPTY.values(), ids=EMPTY.keys())
def test_nothing_to_read(hotpatch: Any, azure: Azure, subscriptions: list[Any], said: str) -> None:
    """Nothing to judge is never green: it says what right is missing."""
    azure.tables["resourcecontainers"] = subscriptions
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Reader role" in done.err


WRONG = {
    "no source": ([], "--azure"),
    "an option without --azure": (["f.json", "--subscription", "x"], "Add --azure"),
    "a group without --azure": (["f.json", "--management-group", "x"], "Add --azure"),
    "both scopes": (
        ["--azure", "--subscription", "x", "--management-group", "y"],
        "either --subscription or",
    ),
    "an unknown cloud": (["--azure", "--cloud", "usgoverment"], "usgovernment"),
    "an unknown word in the name of a source": (
        ["azure:?subscripton=x"],
        "Unknown key 'subscripton'",
    ),
    "a broken name of a source": (["azure:?x"], "Use the format azure:?subscription=ID"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_options(hotpatch: Any, azure: Azure, arguments: list[str], said: str) -> None:
    """Options that cannot be meant are refused before anything is asked."""
    done = hotpatch("check", *arguments, *DAY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not azure.asked


@pytest.mark.parametrize(
    "endpoint",
    ["https://example.com", "http://example.com", "http://[", "127.0.0.1", "ftp://127.0.0.1"],
)
def test_endpoints_elsewhere(hotpatch: Any, endpoint: str) -> None:
    """must be an address of this machine can stand in for Azure."""
    hotpatch.monkeypatch.setenv("HOTPATCH_AZURE_ENDPOINT", endpoint)
    done = hotpatch("check", "--azure", *DAY)
    assert done.code == 2
    assert "must be an address of this machine" in done.err


def test_out_of_reach(hotpatch: Any) -> None:
    """Where nobody listens, the network is named."""
    hotpatch.monkeypatch.setattr("hotpatch_cli.inputs.live.client.PACE", Pace(tries=2, between=0))
    hotpatch.monkeypatch.setenv("HOTPATCH_AZURE_ENDPOINT", "http://127.0.0.1:1")
    done = hotpatch("check", "--azure", *DAY)
    assert done.code == 2
    assert "unreachable" in done.err


def test_nobody_signed_in(hotpatch: Any) -> None:
    """Without a sign-in the message says how to sign in, for the cloud that is asked."""
    for variable in [
        each for each in os.environ if each.startswith(("AZURE_", "MSI_", "IDENTITY_"))
    ]:
        hotpatch.monkeypatch.delenv(variable)
    hotpatch.monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    hotpatch.monkeypatch.setenv("PATH", "")
    for cloud, remedy in (
        ("public", "Run `az login`"),
        ("china", "az cloud set --name AzureChinaCloud"),
    ):
        done = hotpatch("check", "--azure", "--cloud", cloud, *DAY)
        assert (done.code, done.out) == (2, "")
        assert "You aren't signed in" in done.err
        assert remedy in done.err
        assert len(done.err.splitlines()) == 1


def test_a_sign_in_that_is_refused() -> None:
    """Entra ID's code is told, for people look it up; what stands behind it is not."""
    said = (
        "Authentication failed: AADSTS7000215: Invalid client secret planted-secret "
        "for app planted-app. AADSTS7000215"
    )
    error = told(ClientAuthenticationError(message=said), AzureScope("azure:"), "subscriptions")
    assert "You aren't signed in to Azure (AADSTS7000215)." in str(error)
    assert "planted" not in str(error)


def test_pages_that_overlap(hotpatch: Any, azure: Azure) -> None:
    """A row that comes on two pages is there once; one that was lost over it makes the run fail,
    not shorter.
    """
    azure.tables["resources"] = [vm(f"web{number:02}") for number in range(25)]
    azure.page = 10

    def again(result: dict[str, Any], asked: Any) -> Any:
        if asked.table != "resources" or asked.token is None:
            return result
        data = [azure.tables["resources"][0], *result["data"]]
        return result | {"data": data, "count": len(data)}

    azure.change = again
    assert names(hotpatch("check", "--azure", *DAY)) == [f"web{number:02}" for number in range(25)]

    def over(result: dict[str, Any], asked: Any) -> Any:
        if asked.table != "resources" or asked.token is None:
            return result
        return result | {"data": [azure.tables["resources"][0], *result["data"][1:]]}

    azure.change = over
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "23 of 25 received" in done.err


def test_a_slow_answer(hotpatch: Any, azure: Azure) -> None:
    """An answer that takes too long is asked for again."""
    hotpatch.monkeypatch.setattr("hotpatch_cli.inputs.live.client.PACE", Pace(answer=0.2))
    azure.tables["resources"] = [vm("web01")]
    azure.instead = [None, Answer(200, {}, wait=0.4)]
    assert names(hotpatch("check", "--azure", *DAY)) == ["web01"]
    assert len(azure.asked) == 8


def test_troubles_that_do_not_pass(hotpatch: Any, azure: Azure) -> None:
    """A service that stays in trouble is asked a bounded number of times, then named."""
    hotpatch.monkeypatch.setattr("hotpatch_cli.inputs.live.client.PACE", Pace(tries=3, between=0))
    azure.instead = [Answer(503, {"error": {"code": "ServerBusy"}})] * 50
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "(503, ServerBusy)" in done.err
    assert len(azure.asked) == 4


def test_without_the_packages(hotpatch: Any) -> None:
    """Without the extra, the message has the command that installs it."""
    for name in [
        each
        for each in sys.modules
        if each.split(".")[0] == "azure" or each.endswith("live.client")
    ]:
        hotpatch.monkeypatch.delitem(sys.modules, name)
    hotpatch.monkeypatch.setitem(sys.modules, "azure.core", None)
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "pip install 'hotpatch-cli[azure]'" in done.err


@pytest.mark.parametrize("command", ["plan", "windows list", "convert", "check"])
def test_files_and_azure_together(hotpatch: Any, azure: Azure, command: str) -> None:
    """Windows from a file and machines from Azure make one fleet, in every command
    that takes one.
    """
    azure.tables["resources"] = [vm("web01")]
    hotpatch.write("own.yaml", OWN)
    day = {"windows list": ["--from", "2025-12-15"], "convert": []}.get(
        command, ["--as-of", "2025-12-15"]
    )
    done = hotpatch(*command.split(), "own.yaml", "--azure", *day)
    assert done.code in (0, 3), done.err
    assert "web01" in done.out
    assert "sunday" in done.out or command == "check"


def test_a_converted_fleet(hotpatch: Any, azure: Azure) -> None:
    """What `convert --azure` writes gives the verdicts that Azure gave."""
    azure.tables["resources"] = [vm("web01"), vm("web02", sku="2022-datacenter-azure-edition")]
    assert hotpatch("convert", "--azure", "-o", "fleet.yaml").code == 0
    verdicts = {
        name: each["verdict"]
        for name, each in hotpatch("check", "fleet.yaml", *DAY).machines.items()
    }
    assert verdicts == {
        name: each["verdict"] for name, each in hotpatch("check", "--azure", *DAY).machines.items()
    }


@pytest.mark.slow
def test_secrets_of_a_resource_are_never_shown(hotpatch: Any, azure: Azure) -> None:
    """Secrets that stand in a resource never stand in an output or a message, also where the
    resource is wrong.
    """
    secret = {
        "adminPassword": "planted-1",
        "customData": "planted-2",
        "secrets": [{"value": "planted-3"}],
    }
    azure.tables["resources"] = [vm("web01", osProfile=secret)]
    for form in CHECK_FORMATS:
        done = hotpatch("check", "--azure", "--explain", "--as-of", "2025-12-15", "-f", form)
        assert done.code in (1, 3), done.err
        assert "web01" in done.out or form in ("ics", "csv", "metrics")
        assert "planted" not in done.out + done.err
    azure.tables["resources"][0]["properties"]["osProfile"]["windowsConfiguration"] = {
        "timeZone": ["planted-4"]
    }
    done = hotpatch("check", "--azure", *DAY)
    assert done.code == 2
    assert "planted" not in done.out + done.err


HOSTILE = {
    "properties that are text": {"properties": "x"},
    "tags that are a list": {"tags": ["a", 1]},
    "a name that is a list": {"name": ["x"]},
    "a type that is a number": {"type": 7},
    "a location that is a mapping": {"location": {"a": 1}},
    "nested deeply": {"properties": json.loads("[" * 200 + "]" * 200)},
    "a text of ten megabytes": {"properties": {"osProfile": {"x": "y" * 10_000_000}}},
    "control codes": {"name": "\x1b[2Jweb\r\n01", "tags": {"\x1b]0;x\x07": "\x1b[31m"}},
    "numbers beyond measure": {
        "properties": {"storageProfile": {"imageReference": {"sku": 10**400}}}
    },
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_rows(hotpatch: Any, azure: Azure, change: dict[str, Any]) -> None:
    """A row that is wrong is judged by what is left of it or named: never a traceback, never a
    control code.
    """
    azure.tables["resources"] = [vm("web01"), vm("web02") | change]
    done = hotpatch("check", "--azure", "--as-of", "2025-12-15")
    assert done.code in (0, 1, 2, 3), done.err
    assert "\x1b" not in done.out + done.err
    assert len(done.err) < 1000


def test_nested_beyond_the_parser(hotpatch: Any, azure: Azure) -> None:
    """An answer nested a hundred thousand levels deep is named, not a crash."""
    azure.instead = [None, Answer(200, '{"data": ' + "[" * 100_000 + "]" * 100_000 + "}")]
    done = hotpatch("check", "--azure", *DAY)
    assert (done.code, done.out) == (2, "")
    assert "can't be read" in done.err
