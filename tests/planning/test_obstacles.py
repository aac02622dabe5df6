"""Why a machine isn't scheduled: the sentence is true of a pin and of a member of two groups."""

from typing import Any

import pytest

HEAD = """
windows: {w: {days: [Sat], start: '22:00', duration: 1h}}
freezes: [{name: sale, from: 2026-01-31, to: 2026-01-31}]
groups: {db: {max_unavailable: 1, settle: 30m}, app: {after: [db]}}
defaults: {platform: arc, os: Windows Server 2025 Datacenter, timezone: UTC, window: w}
"""
DAY = ("--as-of", "2026-01-14", "--baseline", "2026-01", "--deadline", "28d", "-q")


def planned(hotpatch: Any, machines: str, *more: str) -> Any:
    """A plan of machines for the baseline of January, as JSON."""
    name = hotpatch.write("fleet.yaml", f"{HEAD}machines: [{machines}]")
    return hotpatch("plan", name, *DAY, "-f", "json", *more)


def left_out(done: Any) -> dict[str, tuple[str, str]]:
    """The code and the sentence of each machine that isn't scheduled."""
    rows = {row["machine"]: row["reasons"][0] for row in done.json["unplaced"]}
    return {name: (reason["code"], reason["message"]) for name, reason in rows.items()}


PINS = {
    "between openings": ("2026-01-18T03:10Z", "is outside the openings of w"),
    "at the end of an opening": ("2026-01-17T22:50Z", "is outside the openings of w"),
    "past": ("2026-01-10T22:10Z", "is before the plan begins, Wed 2026-01-14 00:00 UTC"),
    "after the deadline": ("2026-02-14T22:10Z", "ends after the deadline Tue 2026-02-10"),
    "in a freeze": ("2026-01-31T22:10Z", "is in the freeze sale"),
}


@pytest.mark.parametrize("kind", PINS)
def test_a_pin_that_no_plan_keeps_says_why(hotpatch: Any, kind: str) -> None:
    """A restart that is pinned outside of its openings says so, with the pinned time, and the
    advice is another time: with it, the plan has the machine.
    """
    at, words = PINS[kind]
    done = planned(hotpatch, f"{{name: a, reboot_at: '{at}'}}")
    code, message = left_out(done)["a"]
    assert code == "HP502"
    assert words in message
    assert "too short" not in message
    helps = [row["message"] for row in done.json["conflicts"][0]["helps"]]
    assert not [text for text in helps if text.startswith("Lengthen")]
    moved = next(text for text in helps if text.startswith("Move `reboot_at` of a to "))
    time = moved.removeprefix("Move `reboot_at` of a to ").removesuffix(", or remove it.")
    assert planned(hotpatch, f"{{name: a, reboot_at: '{time}'}}").code == 0


def test_two_pins_in_one_group_leave_no_room(hotpatch: Any) -> None:
    """Of two pinned members of a group at one time, one isn't scheduled for lack of room."""
    pins = "{name: a, groups: [db], reboot_at: '2026-01-17T22:00Z'}, "
    pins += "{name: b, groups: [db], reboot_at: '2026-01-17T22:10Z', weight: 2}"
    ((code, message),) = left_out(planned(hotpatch, pins)).values()
    assert code == "HP502"
    assert "Sat 2026-01-17 22:00 +0000, has no room for this restart beside the others" in message


def test_a_member_that_starts_after_itself_says_so(hotpatch: Any) -> None:
    """A member of a group and of one that starts after it depends on itself."""
    code, message = left_out(planned(hotpatch, "{name: a, groups: [app, db]}"))["a"]
    assert code == "HP505"
    assert "after its own restart: it's a member of the groups db and app" in message


def test_a_pin_has_no_seconds(hotpatch: Any) -> None:
    """A restart starts at a whole minute; a pin between two is a problem with its place."""
    done = planned(hotpatch, "{name: a, reboot_at: '2026-01-17T22:10:30Z'}")
    assert done.code == 2
    assert "fleet.yaml:6:33: '2026-01-17T22:10:30Z' isn't a whole minute" in done.err


def test_an_opening_that_is_advised_is_after_the_as_of_date(hotpatch: Any) -> None:
    """What is left of the as-of date is unknown: no opening on it is advised. After a moment of
    that date, one is.
    """
    late = HEAD.replace("[Sat], start: '22:00'", "[Thu], start: '20:00'")
    name = hotpatch.write("fleet.yaml", late + "machines: [{name: a}]")
    two_days = ("--deadline", "48h", "--baseline", "2026-01", "-q", "-f", "json")

    def advised(*begin: str) -> str:
        (conflict,) = hotpatch("plan", name, *begin, *two_days).json["conflicts"]
        return " ".join(row["message"] for row in conflict["helps"])

    assert "Open w" not in advised("--as-of", "2026-01-14")
    assert "on Wed 2026-01-14 at 20:00" in advised("--now", "2026-01-14T08:00Z")
