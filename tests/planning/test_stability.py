"""Living with a plan: what a supposed world changes, and a plan that moves as little as
possible.
"""

import json
from typing import Any

import pytest

HEAD = """
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: weekend
  reboot_minutes: 30
windows:
  weekend: {days: [Sat, Sun], start: 22:00, duration: 2h}
"""
SAME = ("--as-of", "2025-12-15", "--deadline", "21d")


def planned(hotpatch: Any, body: str, *more: str) -> Any:
    """A plan as JSON for the January baseline."""
    return hotpatch("plan", hotpatch.write("fleet.yaml", HEAD + body), *SAME, "-f", "json", *more)


def starts(done: Any) -> dict[str, str]:
    """The planned starts by machine."""
    return {each["machine"]: each["start"] for each in done.json["reboots"]}


def test_a_freeze_moves_what_it_touches(hotpatch: Any) -> None:
    """A freeze of the first night moves its restarts to the next one, and the exposure says what
    that costs.
    """
    answer = planned(
        hotpatch, "machines: [{name: a}, {name: b}]", "--what-if", "freeze:2026-01-17..2026-01-17"
    )
    told = answer.json["what_if"]
    assert told["questions"] == ["freeze:2026-01-17..2026-01-17"]
    moved = [(each["machine"], each["from"], each["to"]) for each in told["moved"]]
    assert moved == [
        (name, "2026-01-17T22:00:00+01:00", "2026-01-18T22:00:00+01:00") for name in ("a", "b")
    ]
    assert told["exposure_hours"] == 48
    assert told["makespan_hours"] == 24
    assert told["without"]["status"] == "optimal"
    assert starts(answer) == {"a": "2026-01-18T22:00:00+01:00", "b": "2026-01-18T22:00:00+01:00"}


def test_a_freeze_of_all_openings_leaves_machines_unplaced(hotpatch: Any) -> None:
    """Who can be placed only without the freeze is named, and the exit code is that of a plan that
    does not fit.
    """
    answer = planned(
        hotpatch, "machines: [{name: a}]", "--what-if", "freeze:2026-01-13..2026-02-20"
    )
    assert answer.code == 4
    assert answer.json["what_if"]["no_longer_placed"] == ["a"]


def test_an_unplanned_baseline_restarts_what_it_concerns(hotpatch: Any) -> None:
    """A supposed baseline of WS2025 restarts the WS2025 machine in that month, which nothing would
    without it.
    """
    old = (
        "{name: b, os: Windows Server 2022 Datacenter Azure Edition, platform: "
        "azure, build: 20348.4529, "
    )
    old += (
        "image: 'MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest'}"
    )
    answer = planned(
        hotpatch, f"machines: [{{name: a}}, {old}]", "--what-if", "unplanned:ws2025:2026-02"
    )
    assert answer.json["release"] == "2026-02-10"
    assert list(starts(answer)) == ["a"]
    assert answer.json["left_alone"] == {"no baseline in this month": 1}
    told = answer.json["what_if"]
    assert told["without"] is None
    assert [each["machine"] for each in told["added"]] == ["a"]


def test_the_exposure_compares_only_what_both_worlds_place(hotpatch: Any) -> None:
    """A machine that the freeze leaves out does not make the world look better."""
    body = "machines: [{name: a}, {name: b, window: once}]\n"
    body += "windows: {weekend: {days: [Sat, Sun], start: 22:00, duration: 2h}, "
    body += "once: {patch_tuesday: 4, start: 22:00, duration: 2h}}"
    name = hotpatch.write("two.yaml", HEAD.partition("windows:")[0] + body)
    asked = ("--what-if", "freeze:2026-01-17..2026-01-17", "--deadline", "14d", "-f", "json")
    told = hotpatch("plan", name, "--as-of", "2025-12-15", *asked).json["what_if"]
    assert (told["exposure_hours"], told["makespan_hours"]) == (24, None)
    assert told["no_longer_placed"] == ["b"]


@pytest.mark.parametrize(
    ("options", "start"),
    [
        (("--from", "2026-01-18"), "2026-01-18T22:00:00+01:00"),
        (("--until", "2026-01-17"), "2026-01-17T22:00:00+01:00"),
        (("--until", "2026-01-16"), None),
        (("--baseline", "2026-04"), "2026-04-18T22:00:00+02:00"),
    ],
)
def test_first_and_last_day_and_month_are_kept(
    hotpatch: Any, options: tuple[str, ...], start: str | None
) -> None:
    """Nothing restarts before the first day or after the last; the month names the baseline."""
    done = planned(hotpatch, "machines: [{name: a}]", *options)
    assert starts(done).get("a") == start
    assert done.code == (0 if start else 4)


def test_the_difference_stands_in_table_and_markdown(hotpatch: Any) -> None:
    """People read who moves, from when to when."""
    name = hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}]")
    for form in ("table", "markdown"):
        done = hotpatch(
            "plan", name, *SAME, "-f", form, "--what-if", "freeze:2026-01-17..2026-01-17"
        )
        assert "a moves from Sat 2026-01-17 22:00 to Sun 2026-01-18 22:00 +0100." in done.out


def test_a_wrong_question_is_refused(hotpatch: Any) -> None:
    """A question that cannot be meant is code 2, and nothing is written."""
    done = planned(hotpatch, "machines: [{name: a}]", "--what-if", "freeze:tomorrow")
    assert (done.code, done.out) == (2, "")


def test_keep_moves_only_what_must(hotpatch: Any) -> None:
    """After a freeze of the second night only its restart moves; without --keep the best plan would
    move others.
    """
    group = "groups: {sql: {max_unavailable: 1, settle: 20h}}\n"
    body = (
        group
        + "machines: [{name: a, groups: [sql]}, {name: b, groups: [sql]}, {name: c, groups: [sql]}]"
    )
    first = planned(hotpatch, body)
    hotpatch.write("old.json", first.out)
    second = sorted(starts(first).items(), key=lambda each: each[1])[1][0]
    frozen = "freezes: [{name: x, from: 2026-01-18, to: 2026-01-18}]\n" + body
    again = planned(hotpatch, frozen, "--keep", "old.json")
    assert again.code == 0
    assert [each["machine"] for each in again.json["kept"]["moved"]] == [second]
    assert f"Moved 1 restart: {second}." in again.err


def test_keep_names_what_is_new_and_what_is_gone(hotpatch: Any) -> None:
    """A machine that joined restarts too, and one that is done needs none."""
    hotpatch.write("old.json", planned(hotpatch, "machines: [{name: a}, {name: b}]").out)
    told = planned(
        hotpatch,
        "machines: [{name: a, done: true}, {name: b}, {name: c}]",
        "--keep",
        "old.json",
    ).json["kept"]
    assert (told["moved"], told["gone"], [each["machine"] for each in told["added"]]) == (
        [],
        ["a"],
        ["c"],
    )


def test_verify_asks_for_what_the_plan_was_asked_for(hotpatch: Any) -> None:
    """Month and deadline need not be said again: a restart moved beyond the plan's own deadline
    breaks a rule.
    """
    fleet = hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}]")
    day = ("--as-of", "2025-12-15")
    plan = hotpatch(
        "plan", fleet, *day, "--baseline", "2026-04", "--deadline", "10d", "-f", "json"
    ).json
    hotpatch.write("plan.json", json.dumps(plan))
    assert hotpatch("verify", "plan.json", fleet, *day).code == 0
    plan["reboots"][0] |= {"start": "2026-05-02T22:00:00+02:00", "end": "2026-05-02T22:30:00+02:00"}
    hotpatch.write("plan.json", json.dumps(plan))
    broken = hotpatch("verify", "plan.json", fleet, *day)
    assert broken.code == 1
    assert "ends after the deadline" in broken.out
    assert hotpatch("verify", "plan.json", fleet, *day, "--deadline", "30d").code == 0


SETS = """machines:
- name: a
  availability_set: >-
    /subscriptions/0/resourceGroups/g/providers/Microsoft.Compute/availabilitySets/AS1
- name: b
  availability_set: >-
    /subscriptions/0/resourcegroups/g/providers/microsoft.compute/availabilitysets/as1
- {name: c, region: uksouth, zone: 1}
- {name: d, region: uksouth, zone: 1}
- {name: e, region: uksouth, zone: 2}
"""


@pytest.mark.parametrize(
    ("options", "apart"),
    [
        ((), []),
        (("--availability-sets", "1"), ["a b"]),
        (("--zones", "1"), ["c d"]),
        (("--zones", "50%", "--availability-sets", "50%"), ["a b", "c d"]),
    ],
)
def test_availability_sets_and_zones_are_groups_when_asked(
    hotpatch: Any, options: tuple[str, ...], apart: list[str]
) -> None:
    """With a share of one, or a half, two members of a set or a zone do not restart together;
    others do.
    """
    found = starts(planned(hotpatch, SETS, *options))
    pairs = [pair for pair in ("a b", "c d") if found[pair[0]] != found[pair[2]]]
    assert pairs == apart
    assert found["e"] == "2026-01-17T22:00:00+01:00"


@pytest.mark.parametrize("share", ["0", "101%", "half", "-1"])
def test_a_share_that_is_none_is_refused(hotpatch: Any, share: str) -> None:
    """A share is a number from 1 or a percentage up to 100."""
    assert planned(hotpatch, "machines: [{name: a}]", f"--zones={share}").code == 2


def test_why_a_restart_is_when_it_is(hotpatch: Any) -> None:
    """The plan says what each start waits for."""
    body = """
rings: [{name: one, soak: 20h}, {name: two}]
groups: {sql: {max_unavailable: 1}, app: {after: [sql]}}
machines:
- {name: first, ring: one}
- {name: soaked, ring: two}
- {name: s1, groups: [sql]}
- {name: s2, groups: [sql]}
- {name: app, groups: [app]}
- {name: pin, reboot_at: 2026-01-18T22:30+01:00}
"""
    done = planned(hotpatch, body)
    whys = {each["machine"]: each["why"] for each in done.json["reboots"]}
    turns = {whys.pop("s1"): "s1", whys.pop("s2"): "s2"}
    first, last = turns.pop("first opening"), *turns.values()
    assert turns == {f"one of the group sql at a time: after {first}": last}
    assert whys == {
        "first": "first opening",
        "soaked": "first opening 20 h after the ring one (first ends last)",
        "app": f"after the group sql ({last} ends last)",
        "pin": "pinned to this time",
    }


def test_verify_names_rule_machines_and_limit(hotpatch: Any) -> None:
    """As JSON each broken rule says which, by whom, and for which limit; a wrong end is one of
    them.
    """
    group = "groups: {sql: {max_unavailable: 1}}\n"
    body = group + "machines: [{name: a, groups: [sql]}, {name: b, groups: [sql]}, {name: c}]"
    plan = planned(hotpatch, body).json
    a, b = (each for each in plan["reboots"] if each["groups"])
    a["start"], a["end"] = b["start"], b["start"]
    plan["reboots"] = [a, b]
    hotpatch.write("plan.json", json.dumps(plan))
    done = hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2025-12-15", "-f", "json")
    assert done.code == 1
    told = {each["rule"]: (sorted(each["machines"]), each["limit"]) for each in done.json["broken"]}
    assert told == {"group": (["a", "b"], "sql"), "duration": ([a["machine"]], None)}
    assert done.json["not_in_the_plan"] == ["c"]


@pytest.mark.parametrize("command", [("plan",), ("verify", "plan.json")])
def test_a_last_day_before_the_first_is_refused(hotpatch: Any, command: tuple[str, ...]) -> None:
    """Days that contradict each other are a mistake of the command line, not a plan that does not
    fit.
    """
    hotpatch.write("plan.json", '{"reboots": []}')
    name = hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}]")
    done = hotpatch(
        *command, name, "--as-of", "2025-12-15", "--from", "2026-02-01", "--until", "2026-01-20"
    )
    assert (done.code, done.out) == (2, "")
    assert "2026-01-20 is before the first" in done.err


def test_a_last_date_before_the_as_of_date_is_refused(hotpatch: Any) -> None:
    """No restart can be planned for the past: code 2, and both dates."""
    name = hotpatch.write("fleet.yaml", "machines: []")
    done = hotpatch("plan", name, "--as-of", "2025-12-15", "--until", "2025-12-01")
    assert (done.code, done.out) == (2, "")
    assert "2025-12-01 is before the as-of date, 2025-12-15" in done.err


@pytest.mark.parametrize("command", [("windows", "list"), ("feed", "openings")])
def test_openings_end_after_they_start(hotpatch: Any, command: tuple[str, ...]) -> None:
    """A last date before the first one, or before today, is refused with code 2."""
    name = hotpatch.write("fleet.yaml", "machines: []")
    for dates in (("--until", "2024-01-01"), ("--from", "2026-02-01", "--until", "2026-01-31")):
        done = hotpatch(*command, name, *dates)
        assert (done.code, done.out) == (2, "")
        assert "is before the first date" in done.err
