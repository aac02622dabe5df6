"""The next restart, line by line of its table: reason, release, the first opening, and who runs
it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from worlds import KNOWLEDGE, arc, azure, judge, knowing, release

from hotpatch_cli.servicing.history import History

HEAD = """
windows:
  sunday: {rrule: FREQ=WEEKLY;BYDAY=SU, start: 02:00, duration: 4h}
defaults: {timezone: Europe/Stockholm, window: sunday}
machines:
"""
PLAIN = "platform: arc"
ENROLLED = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true}"
ARC = f"{PLAIN}, os: Windows Server 2025 Standard, {ENROLLED}"
AZURE = "image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
LOCAL = "azure_local: {version: 23H2, azure_verification: true}"
WAITING = "pending: [{title: a driver, kind: driver}]"


@pytest.fixture
def restart(hotpatch: Any) -> Callable[..., Any]:
    """The next restart of one machine, as the program reports it."""

    def run(machine: str, as_of: str) -> Any:
        done = hotpatch.check(f"{HEAD}  - {{name: a, {machine}}}\n", "--as-of", as_of, "--quiet")
        return done.machines["a"]["next_reboot"]

    return run


MANUAL = f"platform: azure, {AZURE}, patching: {{mode: Manual}}"
CASES: dict[str, tuple[str, str, tuple[str | None, str | None, str | None]]] = {
    "current": (
        f"{ARC}, build: 26100.7392",
        "2025-12-15",
        ("baseline", "2026-01-13", "2026-01-18"),
    ),
    "behind": (f"{ARC}, build: 26100.7092", "2025-12-15", ("baseline", "2026-01-13", "2026-01-18")),
    "unknown": (
        f"{ARC}, build: 26100.6905",
        "2025-12-15",
        ("baseline", "2026-01-13", "2026-01-18"),
    ),
    "due": (
        f"{ARC}, build: 26100.6508",
        "2025-12-15",
        ("baseline-due", "2025-10-14", "2025-12-21"),
    ),
    "due-by-plan": (
        f"{ARC}, build: 26100.33438",
        "2026-11-23",
        ("baseline-due", "2026-10-13", "2026-11-29"),
    ),
    "off": (f"{ARC}, build: 26100.7171", "2025-12-15", ("off-track", "2025-12-09", "2025-12-21")),
    "off-newest": (
        f"{ARC}, build: 26100.7462",
        "2025-12-15",
        ("off-track", "2026-01-13", "2026-01-18"),
    ),
    "off-out-of-band": (
        f"{ARC}, build: 26100.6901",
        "2025-11-01",
        ("off-track", "2025-11-11", "2025-11-16"),
    ),
    "pending": (
        f"{ARC}, build: 26100.7392, {WAITING}",
        "2025-12-15",
        ("pending", None, "2025-12-21"),
    ),
    "action": (MANUAL, "2025-12-15", ("monthly-update", "2026-01-13", "2026-01-18")),
    "unsupported": (
        f"{PLAIN}, os: Windows Server 2022",
        "2025-12-15",
        ("monthly-update", "2026-01-13", "2026-01-18"),
    ),
    "uniform": (
        f"{MANUAL}, scale_set: uniform",
        "2025-12-15",
        ("monthly-update", "2026-01-13", "2026-01-18"),
    ),
    "no-product": (PLAIN, "2025-12-15", (None, None, None)),
    "old-server": (f"{PLAIN}, os: Windows Server 2019 Standard", "2025-12-15", (None, None, None)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_table(restart: Any, name: str) -> None:
    """Each line of the table gives its reason, its release, and the first Sunday after it or after
    the day.
    """
    machine, as_of, (reason, day, opens) = CASES[name]
    found = restart(machine, as_of)
    assert found["reason"] == reason
    assert found["release_date"] == day
    assert (found["window"] or {}).get("start") == (f"{opens}T02:00:00+01:00" if opens else None)


def test_all_reasons_of_one_opening_are_told(restart: Any) -> None:
    """A due baseline and a waiting driver share the first opening, and both reasons are told."""
    found = restart(f"{ARC}, build: 26100.6508, {WAITING}", "2025-12-15")
    assert found["reasons"] == ["baseline-due", "pending"]
    earlier = restart(f"{ARC}, build: 26100.7392, {WAITING}", "2025-12-15")
    assert earlier["reasons"] == ["pending"]


SETTINGS = "patching: {mode: automaticbyplatform, hotpatching: true, vm_agent: true"


@pytest.mark.parametrize(
    ("machine", "runner", "by"),
    [
        (f"platform: azure, {AZURE}, {SETTINGS}}}", "platform", "2026-02-12"),
        (
            f"platform: azure, {AZURE}, {SETTINGS}, bypass_safety_checks: false}}",
            "platform",
            "2026-02-12",
        ),
        (f"platform: azure, {AZURE}, {SETTINGS}, bypass_safety_checks: true}}", "owner", None),
        (f"platform: azure, {AZURE}, patching: {{mode: AutomaticByOS}}", "owner", None),
        (f"platform: azure-local, {LOCAL}, {AZURE}, {SETTINGS}}}", "owner", None),
        (f"{ARC}, build: 26100.7392", "owner", None),
    ],
)
def test_who_runs_it(restart: Any, machine: str, runner: str, by: str | None) -> None:
    """Azure restarts a VM in AutomaticByPlatform that keeps the safety checks, within 30 days; else
    the owner does.
    """
    found = restart(machine, "2025-12-15")
    assert (found["runner"], found["enforced"], found["by"]) == (runner, runner == "owner", by)


def test_the_release_is_out_at_ten_in_redmond() -> None:
    """A planned restart comes after 10:00 in Redmond on the day of release, in winter and in summer
    time.
    """
    winter = judge(arc("26100.7392"), "2025-12-15").causes[0]
    summer = judge(arc("26100.2894"), "2025-03-15").causes[0]
    assert winter.not_before == datetime(2026, 1, 13, 18, tzinfo=UTC)
    assert summer.not_before == datetime(2025, 4, 8, 17, tzinfo=UTC)


def test_a_baseline_of_the_day_is_due_from_its_hour_on() -> None:
    """On the day of a baseline it is due, and no restart is placed before it is out."""
    judgment = judge(arc("26100.7392"), "2026-01-13")
    assert judgment.track.state == "baseline-due"
    assert judgment.causes[0].not_before == datetime(2026, 1, 13, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_of", "day"),
    [
        ("2024-09-25", "2025-01-14"),
        ("2024-12-31", "2025-01-14"),
        ("2025-01-14", "2025-04-08"),
        ("2026-05-20", "2026-07-14"),
        ("2026-06-20", "2026-07-14"),
        ("2026-09-20", "2026-10-13"),
        ("2030-12-31", "2031-01-14"),
    ],
)
def test_the_next_planned_baseline_of_ws2025(as_of: str, day: str) -> None:
    """The plan goes on by quarters, unmoved by unplanned baselines, and begins with the first
    release.
    """
    following = judge(arc(), as_of).next_baseline
    assert following is not None
    assert str(following.date) == day


@pytest.mark.parametrize(
    ("as_of", "after", "day"),
    [
        ("2026-06-28", "2026-07-14", "2026-10-13"),
        ("2026-06-28", "2026-10-13", None),
        ("2026-06-29", "2026-10-13", "2027-01-12"),
        ("2027-09-30", "2027-09-30", "2027-10-12"),
        ("2027-10-12", "2027-10-12", None),
    ],
)
def test_the_plan_of_ws2022_ends(as_of: str, after: str, day: str | None) -> None:
    """The last hotpatch month ends the plan: October 2026 as it was known, October 2027 since
    2026-06-29.
    """
    history = History(KNOWLEDGE, "ws2022", date.fromisoformat(as_of))
    following = history.planned_after(date.fromisoformat(after))
    assert (str(following.date) if following else None) == day


def test_off_track_without_another_baseline_says_so() -> None:
    """After the last planned baseline of WS2022, off-track has no end, and the sentence is another
    one.
    """
    rows = [
        release("2027-10-12", "planned-baseline", "20348.7000", "KB5000001")._replace(
            product="ws2022"
        ),
        release("2027-10-20", "out-of-band", "20348.7001", "KB5000002")._replace(product="ws2022"),
    ]
    judgment = judge(azure("2022", "20348.7001"), "2027-10-25", knowing(*rows))
    assert judgment.track.state == "off-track"
    assert next(each.variant for each in judgment.findings if each.code == "HP303") == "ended"
