"""What a machine is offered: by its KB first, by its title second, and never by a guess."""

import pytest
from worlds import arc, codes, judge

from hotpatch_cli.eligibility.verdict import Judgment
from hotpatch_cli.model import Arc, ArcStatus, Facts, LicenseStatus, PendingUpdate

DAY = "2026-08-20"
LCU = (
    "2026-08 Cumulative Update for Microsoft server operating system version 24H2 for "
    "x64-based Systems"
)
NO_VBS = Arc(
    ArcStatus.parse("Connected"),
    LicenseStatus.parse("Enabled"),
    None,
    "off",
    secure_boot=True,
    uefi=True,
)


def offered(
    *updates: tuple[str | None, str | None, str | None], build: str = "26100.33158", day: str = DAY
) -> Judgment:
    """The judgment on a machine of July's baseline to which updates (title, KB, kind) are
    offered.
    """
    return judge(arc(build, pending=tuple(PendingUpdate(*each) for each in updates)), day)


SORTS: dict[str, tuple[tuple[str | None, str | None, str | None], str | None, str | None]] = {
    "standard by its KB": ((LCU, "KB5120233", None), "HP311 default", "pending"),
    "standard by the KB of its title": (
        (f"{LCU} (KB5120233)", None, None),
        "HP311 default",
        "pending",
    ),
    "standard though its title says hotpatch": (
        ("2026-08 Hotpatch Update", "KB5120233", None),
        "HP311 default",
        "pending",
    ),
    "standard though its source has a kind": (
        (LCU, "KB5120233", "other"),
        "HP311 default",
        "pending",
    ),
    "a KB alone": ((None, "KB5120233", None), "HP311 default", "pending"),
    "an out-of-band update": ((None, "KB5091157", None), "HP311 default", "pending"),
    "hotpatch by its KB": (("2026-08 Update", "KB5120228", None), None, None),
    "hotpatch by its KB though its title says cumulative": ((LCU, "KB5120228", None), None, None),
    "hotpatch though its source has a kind": ((None, "KB5120228", "non-security"), None, None),
    "hotpatch by its title": (
        ("2026-08 Hotpatch Update (KB5999999)", "KB5999999", None),
        None,
        None,
    ),
    "hotpatch of PowerShell": ((None, "KB5074204", None), None, None),
    "a servicing stack": (
        ("2026-08 Servicing Stack Update for Windows Server 2025 (KB5999999)", None, None),
        None,
        None,
    ),
    "the baseline": ((None, "KB5099536", None), None, None),
    ".NET": (
        ("2026-08 Cumulative Update for .NET Framework 3.5 and 4.8.1", "KB5999998", "dotnet"),
        "HP306 default",
        "pending",
    ),
    ".NET by its title": (
        (
            (
                "2026-08 Cumulative Update for .NET Framework 4.8.1 for Microsoft "
                "server operating system"
            ),
            "KB5999998",
            None,
        ),
        "HP306 default",
        "pending",
    ),
    "a driver": (("Intel - System - 10.1", None, "driver"), "HP306 default", "pending"),
    "firmware by its title": (("Surface firmware", None, None), "HP306 default", "pending"),
    "a preview": (
        ("2026-08 Cumulative Update Preview for Windows Server 2025 (KB5999997)", None, None),
        "HP306 default",
        "pending",
    ),
    "no update of Windows": (
        ("SQL Server 2022 CU 20", "KB5999996", "other"),
        "HP306 default",
        "pending",
    ),
    "not in the data, of a hotpatch month": ((LCU, "KB5999999", None), "HP311 title", "pending"),
    "not in the data, named as since 2025": (
        ("2026-08 Security Update (KB5999999) (26100.33300)", None, None),
        "HP311 title",
        "pending",
    ),
    "not in the data, of no month": (
        ("Cumulative Update for Windows Server 2025 (KB5999999)", None, None),
        "HP311 open",
        "pending",
    ),
}


@pytest.mark.parametrize("name", SORTS)
def test_an_offer_is_known_by_its_kb_and_then_by_its_title(name: str) -> None:
    """A standard update, another one, and one that hotpatch carries are told apart: HP311, HP306
    and nothing.
    """
    update, finding, reason = SORTS[name]
    judgment = offered(update)
    said = [
        f"{each.code} {each.variant}"
        for each in judgment.findings
        if each.code in ("HP306", "HP311")
    ]
    assert said == ([finding] if finding else [])
    assert [each.reason for each in judgment.causes] == ["baseline", *([reason] if reason else [])]
    assert judgment.track.state == "behind"


def test_what_is_offered_restarts_at_the_next_opening() -> None:
    """The cause of a standard update lies on the as-of day, and it is what Windows Update offers
    next.
    """
    judgment = offered((LCU, "KB5120233", None))
    assert str(judgment.causes[1].not_before) == "2026-08-20 00:00:00+00:00"
    update = judgment.track.next_update
    assert update is not None
    assert (update.kb, update.kind, update.reboot) == ("KB5120233", "standard", True)


def test_the_month_of_an_unlisted_update_decides() -> None:
    """Of a month with a planned baseline that the data lacks it is that; of one that the data has
    otherwise, open.
    """
    title = "{} Cumulative Update for Windows Server 2025 (KB5999999)"
    october = offered((title.format("2026-10"), None, None), build="26100.33438", day="2026-11-26")
    assert "HP311" not in codes(october)
    november = offered((title.format("2026-11"), None, None), build="26100.33438", day="2026-11-26")
    assert [each.variant for each in november.findings if each.code == "HP311"] == ["open"]
    july = offered((title.format("2026-07"), None, None))
    assert [each.variant for each in july.findings if each.code == "HP311"] == ["open"]


@pytest.mark.parametrize(
    "facts",
    [
        arc("26100.33158", arc=NO_VBS),
        arc("26100.33158", arc=NO_VBS._replace(vbs=None)),
        arc("26100.33296"),
    ],
    ids=["not ready", "not known", "off the track"],
)
def test_a_standard_update_is_normal_off_the_track(facts: Facts) -> None:
    """A machine that is not ready, or that is off the track, is offered the standard update as it
    should be.
    """
    waiting = (PendingUpdate(LCU, "KB5120233"),)
    assert "HP311" not in codes(judge(facts._replace(pending=waiting), DAY))


def test_a_release_of_a_later_day_is_not_known_yet() -> None:
    """On 2026-08-10 the data has no KB of August: the title is all there is."""
    judgment = offered((LCU, "KB5120233", None), day="2026-08-10")
    assert [each.variant for each in judgment.findings if each.code == "HP311"] == ["open"]


def test_an_offer_proves_that_it_is_not_installed() -> None:
    """A machine that cannot hotpatch, of which no build is known, is due for the standard update
    that it is offered.
    """
    facts = arc(None, arc=NO_VBS, pending=(PendingUpdate(LCU, "KB5120233"),))
    judgment = judge(facts, DAY)
    cause = judgment.causes[0]
    assert (cause.reason, str(cause.release_date), str(cause.not_before.date())) == (
        "monthly-update",
        "2026-08-11",
        "2026-08-20",
    )


def test_a_kb_without_a_title_that_the_data_lacks_says_nothing() -> None:
    """It may be a hotpatch or restart the machine: HP311 asks for its title, and the next restart
    is not certain.
    """
    judgment = offered((None, "KB5999999", None))
    assert [each.variant for each in judgment.findings if each.code == "HP311"] == ["untitled"]
    assert "HP306" not in codes(judgment)
    assert not any(cause.certain for cause in judgment.causes)
