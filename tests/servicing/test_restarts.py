"""Restarts of machines in windows: who runs them, when, why, and why there is no opening."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import pytest

from hotpatch_cli.model import Facts, Fleet, Location, Machine, Patching, PatchMode, Placement
from hotpatch_cli.restarts import Restart, Restarts, relevant, windows_of
from hotpatch_cli.schedule.day_rules import parse_azure, parse_rrule
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window
from hotpatch_cli.servicing.restart import Cause

TODAY = date(2025, 12, 15)
NOW = datetime(2025, 12, 15, tzinfo=UTC)
SUNDAY = Window("sunday", parse_rrule("FREQ=WEEKLY;BYDAY=SU"), time(2), timedelta(hours=4))
AZURES = Window(
    "azures",
    parse_azure("Week Saturday"),
    time(23),
    timedelta(hours=3, minutes=55),
    runner="azure-update-manager",
)
NEVER = SUNDAY._replace(name="never", until=date(2025, 1, 1))
WINDOWS = {window.name: window for window in (SUNDAY, AZURES, NEVER)}
DUE = Cause("baseline-due", date(2025, 10, 14), NOW)
NEXT = Cause("baseline", date(2026, 1, 13), datetime(2026, 1, 13, 18, tzinfo=UTC))
PENDING = Cause("pending", None, NOW)


class Origin(NamedTuple):
    """All facts of a machine are on one line."""

    place: Location = Location("fleet.yaml", 1)

    def locate(self, _field: str) -> Location:
        """That line."""
        return self.place


def vm(mode: str | None, *, bypass: bool | None = None, platform: Any = "azure") -> Facts:
    """A machine with patch settings."""
    settings = Patching(PatchMode.parse(mode), bypass_safety_checks=bypass)
    return Facts(platform=platform, patching=settings)


PLATFORM = vm("AutomaticByPlatform")
CUSTOMER = vm("AutomaticByPlatform", bypass=True)
MANUAL = vm("Manual")
ARC = Facts(platform="arc")


def restart(
    *causes: Cause,
    windows: tuple[str, ...] = ("sunday",),
    facts: Facts = ARC,
    freezes: tuple[Freeze, ...] = (),
    **placement: Any,
) -> Restart:
    """The next restart of a machine in these windows."""
    where = Placement(**{"timezone": "UTC", "windows": windows, **placement})
    machine = Machine("a", facts, Origin(), placement=where)
    fleet = Fleet((machine,), windows=WINDOWS, freezes=freezes)
    return Restarts(fleet, TODAY).of(machine, causes)


def codes(found: Restart) -> list[str]:
    """The findings on a restart, as code and variant."""
    return [f"{finding.code} {finding.variant}" for finding in found.findings]


@pytest.mark.parametrize(
    ("causes", "reason", "reasons", "day"),
    [
        ((), None, (), None),
        ((NEXT,), "baseline", ("baseline",), "2026-01-18"),
        ((DUE,), "baseline-due", ("baseline-due",), "2025-12-21"),
        ((NEXT, DUE), "baseline-due", ("baseline-due",), "2025-12-21"),
        ((DUE, PENDING), "baseline-due", ("baseline-due", "pending"), "2025-12-21"),
        ((PENDING, DUE), "pending", ("pending", "baseline-due"), "2025-12-21"),
        ((NEXT, PENDING), "pending", ("pending",), "2025-12-21"),
    ],
)
def test_the_first_cause_and_those_that_share_its_opening(
    causes: tuple[Cause, ...], reason: str | None, reasons: tuple[str, ...], day: str | None
) -> None:
    """The cause with the first opening is the reason; others of the same opening are named too."""
    found = restart(*causes)
    assert (found.reason, found.reasons) == (reason, reasons)
    assert (f"{found.opening.start:%Y-%m-%d}" if found.opening else None) == day


def test_causes_without_an_opening_share_none() -> None:
    """Without a window, the earliest cause is the reason, and no other is said to be with it."""
    found = restart(DUE, PENDING, windows=())
    assert (found.reasons, found.opening) == (("baseline-due",), None)
    later = restart(NEXT, PENDING, windows=())
    assert (later.reason, later.not_before) == ("pending", NOW)


@pytest.mark.parametrize(
    ("facts", "windows", "runner", "window", "expected"),
    [
        (ARC, ("sunday",), "the owner", "sunday", []),
        (ARC, ("azures", "sunday"), "the owner", "azures", []),
        (PLATFORM, ("sunday",), "Azure", "sunday", []),
        (PLATFORM, ("azures",), "Azure", "azures", ["HP504 default"]),
        (PLATFORM, ("azures", "sunday"), "Azure", "azures", ["HP504 default"]),
        (PLATFORM, (), "Azure", None, []),
        (CUSTOMER, ("azures",), "the owner", "azures", []),
        (CUSTOMER, ("sunday",), "the owner", "sunday", []),
        (CUSTOMER, (), "the owner", None, ["HP501 none", "HP504 no_schedule"]),
        (MANUAL, ("sunday",), "the owner", "sunday", []),
        (MANUAL, ("azures",), "nobody", "azures", ["HP504 default"]),
        (MANUAL, ("azures", "sunday"), "the owner", "sunday", ["HP504 default"]),
        (vm(None), ("azures",), "unknown", "azures", ["HP504 unknown"]),
        (vm(None), ("azures", "sunday"), "the owner", "sunday", ["HP504 unknown"]),
        (vm(None), ("sunday",), "the owner", "sunday", []),
        (vm("Manual", platform="azure-local"), ("azures",), "the owner", "azures", []),
    ],
)
def test_who_runs_a_restart_in_which_window(
    facts: Facts,
    windows: tuple[str, ...],
    runner: str,
    window: str | None,
    expected: list[str],
) -> None:
    """Azure restarts a VM in AutomaticByPlatform by itself, and runs its own windows only where the
    safety checks are bypassed. Elsewhere a window of Azure doesn't count if there's another.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-update-settings
    """
    found = restart(NEXT, facts=facts, windows=windows)
    runners = {
        ("owner", True): "the owner",
        ("owner", False): "nobody",
        ("owner", None): "unknown",
        ("platform", False): "Azure",
    }
    assert runners[found.runner or "", found.enforced] == runner
    assert (found.opening.window if found.opening else None) == window
    assert codes(found) == expected


def test_a_machine_without_a_restart_has_the_findings_on_its_windows() -> None:
    """HP504 is about windows, and is found whether a restart is due or not."""
    found = restart(facts=MANUAL, windows=("azures",))
    assert codes(found) == ["HP504 default"]
    assert dict(found.findings[0].evidence) == {
        "window": "azures",
        "patching.mode": "Manual",
        "patching.bypass_safety_checks": "missing",
    }
    lacking = restart(facts=CUSTOMER, windows=())
    assert dict(lacking.findings[0].evidence) == {
        "patching.bypass_safety_checks": "true",
        "window": "missing",
    }


@pytest.mark.parametrize(
    ("causes", "by", "overdue"),
    [
        ((NEXT,), "2026-02-12", False),
        ((DUE,), "2025-11-13", True),
        ((DUE._replace(release_date=date(2025, 11, 15)),), "2025-12-15", False),
        ((DUE._replace(release_date=date(2025, 11, 14)),), "2025-12-14", True),
        ((PENDING,), None, False),
        ((PENDING, NEXT), None, False),
        ((PENDING, DUE), "2025-11-13", True),
        ((PENDING, DUE._replace(release_date=TODAY)), "2026-01-14", False),
        (
            (
                PENDING,
                DUE._replace(release_date=date(2025, 12, 9)),
                DUE._replace(release_date=date(2025, 12, 1)),
            ),
            "2025-12-31",
            False,
        ),
    ],
)
def test_azure_restarts_within_30_days(
    causes: tuple[Cause, ...], by: str | None, overdue: bool
) -> None:
    """Azure installs within 30 days of release; the 30 days of the earliest release that is out run
    beside a cause without one. After them HP312 says so.

    https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching
    """
    found = restart(*causes, facts=PLATFORM)
    assert (str(found.by) if found.by else None, found.overdue) == (by, overdue)
    assert ("HP312 default" in codes(found)) == overdue
    assert restart(*causes).by is None


def test_a_restart_that_is_late_says_since_when() -> None:
    """HP312 has the day by which Azure should have restarted the machine, and the release."""
    (late,) = restart(DUE, facts=PLATFORM).findings
    assert dict(late.evidence) == {"next_reboot.by": "2025-11-13"}
    assert dict(late.values) == {"by": "2025-11-13", "date": "2025-10-14"}


FROZEN = Freeze("all", date(2025, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"timezone": None}, ["HP413 default"]),
        ({"windows": ()}, ["HP501 none"]),
        ({"windows": ("never",)}, ["HP501 never"]),
        ({"freezes": (FROZEN,)}, ["HP501 frozen"]),
        ({"reboot": timedelta(hours=5)}, ["HP502 default"]),
        ({"reboot": timedelta(hours=4)}, []),
    ],
)
def test_why_there_is_no_opening(options: dict[str, Any], expected: list[str]) -> None:
    """No zone, no window, a window that never opens, a freeze and a window that is too short have a
    finding each. Azure needs no window, but its preference needs a zone.
    """
    found = restart(NEXT, **options)
    assert codes(found) == expected
    assert (found.opening is None) == bool(expected)
    by_platform = restart(NEXT, facts=PLATFORM, **options)
    assert codes(by_platform) == [code for code in expected if code.startswith("HP413")]


def test_the_length_that_is_missing() -> None:
    """HP502 has what a restart needs and the longest opening, and the minutes as evidence."""
    (short,) = restart(NEXT, reboot=timedelta(hours=5)).findings
    assert dict(short.values) == {"need": "5 h", "longest": "4 h", "window": "sunday"}
    assert dict(short.evidence) == {"window": "sunday", "reboot_minutes": "300"}
    (none,) = restart(NEXT, windows=()).findings
    assert dict(none.evidence) == {"window": "missing"}
    (never,) = restart(NEXT, windows=("never",)).findings
    assert dict(never.evidence) == {"window": "never"}
    (zone,) = restart(NEXT, timezone=None).findings
    assert dict(zone.evidence) == {"timezone": "missing"}


@pytest.mark.parametrize(
    ("causes", "options", "sentence"),
    [
        (
            (NEXT,),
            {},
            (
                "It restarts for the baseline of 2026-01-13: "
                "in the window sunday, 2026-01-18 02:00 +0000."
            ),
        ),
        (
            (NEXT._replace(certain=False),),
            {},
            (
                "It restarts for the baseline of 2026-01-13: in the window sunday, "
                "2026-01-18 02:00 +0000. "
                "It might be due now because the installed update isn't known."
            ),
        ),
        (
            (DUE,),
            {"windows": ()},
            "It restarts for the due baseline of 2025-10-14: no opening found.",
        ),
        (
            (NEXT,),
            {"facts": PLATFORM, "windows": ()},
            (
                "It restarts for the baseline of 2026-01-13: "
                "Azure chooses off-peak hours by 2026-02-12."
            ),
        ),
        (
            (PENDING,),
            {"facts": PLATFORM},
            (
                "It restarts for pending updates that aren't delivered as hotpatches: Azure "
                "chooses off-peak hours; the window sunday, 2025-12-21 02:00 +0000, "
                "is only a preference."
            ),
        ),
        (
            (DUE,),
            {"facts": PLATFORM, "windows": ()},
            (
                "It restarts for the due baseline of 2025-10-14: "
                "Azure should have restarted it by 2025-11-13."
            ),
        ),
        (
            (NEXT,),
            {"facts": MANUAL, "windows": ("azures",)},
            (
                "It restarts for the baseline of 2026-01-13: Azure doesn't apply the window "
                "azures to this VM."
            ),
        ),
        (
            (NEXT,),
            {"facts": vm(None), "windows": ("azures",)},
            (
                "It restarts for the baseline of 2026-01-13: in the window azures, "
                "2026-01-17 23:00 +0000, if Azure runs it on this VM."
            ),
        ),
        ((), {}, ""),
    ],
)
def test_the_sentence_on_a_restart(
    causes: tuple[Cause, ...], options: dict[str, Any], sentence: str
) -> None:
    """A restart in words: why, when, who runs it, and what isn't certain."""
    assert restart(*causes, **options).sentence == sentence


def test_equal_questions_have_one_answer() -> None:
    """Machines with the same causes, windows and settings share one restart, and others don't."""
    one = Machine("a", ARC, Origin(), placement=Placement("UTC", ("sunday",)))
    fleet = Fleet((one,), windows=WINDOWS)
    restarts = Restarts(fleet, TODAY)
    first = restarts.of(one, (NEXT,))
    assert restarts.of(one._replace(name="b"), (NEXT,)) is first
    assert restarts.of(one, (DUE,)).reason == "baseline-due"
    assert restarts.of(one._replace(facts=PLATFORM), (NEXT,)).runner == "platform"
    elsewhere = one._replace(placement=Placement("Asia/Tokyo", ("sunday",)))
    assert restarts.of(elsewhere, (NEXT,)).opening != first.opening


def test_windows_and_freezes_of_a_machine() -> None:
    """A machine has its own windows, in their order, and the freezes that apply to it."""
    one = Machine("a", ARC, Origin(), placement=Placement("UTC", ("sunday",)))
    fleet = Fleet((one,), windows=WINDOWS)
    names = Placement(windows=("never", "sunday"))
    assert windows_of(fleet, names) == (NEVER, SUNDAY)
    ring = Freeze("ring", rings=("1",))
    tag = Freeze("tag", tags=(("x", "1"),))
    placed = Placement(ring="1", tags=(("x", "2"),))
    assert relevant((FROZEN, ring, tag), placed) == (FROZEN, ring)
