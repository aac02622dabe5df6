"""The next restart is never said more surely than it is known, and never lies in the past."""

from typing import Any

import pytest

ENROLLED = (
    "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
)
ARC = f"platform: arc, os: Windows Server 2025 Standard, {ENROLLED}"
NO_VBS = ARC.replace("vbs: running", "vbs: off")
IMAGE = "image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
AUTOMATIC = "mode: AutomaticByPlatform, hotpatching: true, vm_agent: true"
VM = f"platform: azure, {IMAGE}, patching: {{{AUTOMATIC}}}"
VM2022 = VM.replace("2025-datacenter-azure-edition", "2022-datacenter-azure-edition-core")
CUSTOMER = f"platform: azure, {IMAGE}, patching: {{{AUTOMATIC}, bypass_safety_checks: true}}"
MANUAL = f"platform: azure, {IMAGE}, patching: {{mode: Manual, hotpatching: true, vm_agent: true}}"
WINDOWS = """
windows:
  sunday: {days: [Sun], start: 02:00, duration: 4h}
  azures: {azure: 1Week Saturday, start: 23:00, duration: "03:55", runner: azure-update-manager}
defaults: {timezone: Europe/Stockholm, window: sunday}
machines:
"""


@pytest.fixture
def checked(hotpatch: Any) -> Any:
    """One machine, as the report has it."""

    def run(machine: str, as_of: str, *more: str) -> Any:
        done = hotpatch.check(
            f"{WINDOWS}  - {{name: a, {machine}}}\n", "--as-of", as_of, "--quiet", *more
        )
        assert done.code != 2, done.err
        return done.machines["a"]

    return run


def codes(machine: Any) -> list[str]:
    """The codes of its reasons."""
    return [each["code"] for each in machine["reasons"]]


# --- a machine that cannot hotpatch now ----------------------------------------

MONTHLY: dict[str, tuple[str, str, tuple[str | None, str, str, bool]]] = {
    "a baseline behind the standard update": (
        f"{NO_VBS}, build: 26100.33158",
        "2026-08-20",
        ("KB5120233", "2026-08-11", "2026-08-23", True),
    ),
    "the hotpatch of the month": (
        f"{NO_VBS}, build: 26100.33222",
        "2026-08-20",
        ("KB5120233", "2026-08-11", "2026-08-23", True),
    ),
    "the newest already": (
        f"{NO_VBS}, build: 26100.33296",
        "2026-08-20",
        (None, "2026-09-08", "2026-09-13", True),
    ),
    "a baseline month": (
        f"{NO_VBS}, build: 26100.32995",
        "2026-07-20",
        ("KB5099536", "2026-07-14", "2026-07-26", True),
    ),
    "the baseline already": (
        f"{NO_VBS}, build: 26100.33158",
        "2026-07-20",
        (None, "2026-08-11", "2026-08-16", True),
    ),
    "nothing known": (NO_VBS, "2026-08-20", (None, "2026-09-08", "2026-09-13", False)),
    "one of two, both older": (
        f"{NO_VBS}, build: 26100.6905",
        "2026-08-20",
        ("KB5120233", "2026-08-11", "2026-08-23", True),
    ),
    "older than all": (
        f"{NO_VBS}, build: 26100.1743",
        "2026-08-20",
        ("KB5120233", "2026-08-11", "2026-08-23", True),
    ),
    "the data ends": (
        f"{NO_VBS}, build: 26100.33158",
        "2026-11-26",
        (None, "2026-10-13", "2026-11-29", True),
    ),
    "unsupported": (
        "platform: arc, os: Windows Server 2022 Standard, build: 20348.5386",
        "2026-08-20",
        ("KB5120242", "2026-08-11", "2026-08-23", True),
    ),
    "unsupported on the newest": (
        "platform: arc, os: Windows Server 2022 Standard, build: 20348.5499",
        "2026-08-20",
        (None, "2026-09-08", "2026-09-13", True),
    ),
    "unsupported and nothing known": (
        "platform: arc, os: Windows Server 2022 Standard",
        "2026-08-20",
        (None, "2026-09-08", "2026-09-13", False),
    ),
    "of no stated kind": (
        "platform: arc, os: Windows Server 2022 Standard, build: 20348.5499",
        "2026-09-10",
        ("KB5122882", "2026-09-08", "2026-09-13", True),
    ),
    "manual": (
        f"{MANUAL}, build: 26100.33158",
        "2026-08-20",
        ("KB5120233", "2026-08-11", "2026-08-23", True),
    ),
}


@pytest.mark.parametrize("name", MONTHLY)
def test_a_machine_that_cannot_hotpatch_gets_the_standard_update(checked: Any, name: str) -> None:
    """It restarts next for the update that is out and not installed, else after the next Patch
    Tuesday.
    """
    machine, as_of, (kb, day, opens, certain) = MONTHLY[name]
    found = checked(machine, as_of)
    restart, update = found["next_reboot"], found["track"]["next_update"]
    assert (restart["reason"], restart["release_date"], restart["certain"]) == (
        "monthly-update",
        day,
        certain,
    )
    assert restart["window"]["start"].startswith(opens)
    assert "HP301" not in codes(found)
    assert (update or {}).get("kb") == kb
    if update:
        assert update["reboot"] is True
        assert "hotpatch" not in update["kind"]


# --- installed, and waiting for the restart ----------------------------------------

WAITING: dict[str, tuple[str, str, str | None, str]] = {
    "the baseline": (
        f"{ARC}, build: 26100.32995, kbs: [KB5099536]",
        "2026-07-20",
        "KB5099536",
        "baseline-due",
    ),
    "the baseline, its build listed": (
        f"{ARC}, build: 26100.32995, kbs: [KB5094125, KB5099536]",
        "2026-07-20",
        "KB5099536",
        "baseline-due",
    ),
    "an older baseline": (
        f"{ARC}, build: 26100.32995, kbs: [KB5099536]",
        "2026-11-26",
        "KB5099536",
        "baseline-due",
    ),
    "an Azure VM": (
        f"{VM}, build: 26100.32995, kbs: [KB5099536]",
        "2026-07-20",
        "KB5099536",
        "baseline-due",
    ),
    "a standard update": (
        f"{ARC}, build: 26100.33222, kbs: [KB5120233]",
        "2026-08-20",
        "KB5120233",
        "current",
    ),
    "a build of no release": (
        f"{ARC}, build: 26100.33000, kbs: [KB5099536]",
        "2026-07-20",
        "KB5099536",
        "baseline-due",
    ),
    "one of two builds": (
        f"{ARC}, build: 26100.6905, kbs: [KB5073379]",
        "2026-01-20",
        "KB5073379",
        "baseline-due",
    ),
    "a KB that runs": (
        f"{ARC}, build: 26100.33158, kbs: [KB5099536]",
        "2026-07-20",
        None,
        "current",
    ),
    "no KB": (f"{ARC}, build: 26100.33158", "2026-07-20", None, "current"),
}


@pytest.mark.parametrize("name", WAITING)
def test_an_update_that_waits_for_its_restart_is_named(checked: Any, name: str) -> None:
    """The state is that of the running build; HP308 alone speaks, and the restart is the next
    opening.
    """
    machine, as_of, kb, state = WAITING[name]
    found = checked(f"{machine}, restart_pending: true", as_of)
    assert found["track"]["state"] == state
    assert found["track"]["pending_restart"] == kb
    assert {"HP302", "HP304"}.isdisjoint(codes(found))
    (message,) = [each["message"] for each in found["reasons"] if each["code"] == "HP308"]
    assert (f"Restart to finish {kb}" in message) == (kb is not None)
    restart = found["next_reboot"]
    assert (restart["reason"], restart["release_date"], restart["by"]) == (
        "restart-pending",
        None,
        None,
    )
    assert as_of < restart["window"]["start"][:10] <= "2026-11-29"


def test_without_the_restart_the_two_contradict_each_other(checked: Any) -> None:
    """The same machine that waits for no restart has a KB that its build denies."""
    machine = f"{ARC}, build: 26100.32995, kbs: [KB5099536]"
    for more in ("", ", restart_pending: false"):
        found = checked(machine + more, "2026-07-20")
        assert {"HP302", "HP304"} <= set(codes(found))
        assert found["track"]["pending_restart"] is None


def test_a_waiting_baseline_fails_where_baseline_due_does(hotpatch: Any) -> None:
    """With --fail-on baseline-due it is HP308 that counts, in JSON as in every format."""
    text = (
        f"{WINDOWS}  - "
        f"{{name: a, {ARC}, build: 26100.32995, kbs: [KB5099536], restart_pending: true}}\n"
    )
    more = ("--as-of", "2026-07-20", "--fail-on", "baseline-due")
    done = hotpatch.check(text, *more)
    assert done.code == 1
    assert [each["code"] for each in done.machines["a"]["reasons"] if each.get("counts")] == [
        "HP308"
    ]
    for form in ("github", "azure", "junit", "sarif", "markdown", "gitlab"):
        assert "HP308" in hotpatch.check(text, *more, "-f", form).out


def test_an_unsupported_machine_that_waits_restarts_next_too(checked: Any) -> None:
    """A restart that waits comes first, whatever the verdict."""
    found = checked(
        "platform: arc, os: Windows Server 2022 Standard, restart_pending: true", "2026-08-20"
    )
    assert (found["verdict"], found["next_reboot"]["reason"]) == ("unsupported", "restart-pending")


# --- nothing that is next lies before the day ----------------------------------------


@pytest.mark.parametrize(
    ("machine", "as_of", "by", "overdue"),
    [
        (f"{VM}, build: 26100.33158", "2026-11-26", "2026-11-12", True),
        (f"{VM}, build: 26100.33158", "2026-11-13", "2026-11-12", True),
        (f"{VM}, build: 26100.33158", "2026-11-12", "2026-11-12", False),
        (f"{VM}, build: 26100.32995", "2026-08-20", "2026-08-13", True),
        (f"{VM}, build: 26100.7178", "2025-12-15", "2026-01-08", False),
        (f"{VM}, build: 26100.7178", "2026-01-10", "2026-01-08", True),
        (f"{VM}, build: 26100.33222", "2026-08-20", "2026-11-12", False),
        (f"{CUSTOMER}, build: 26100.33158", "2026-11-26", None, False),
        (f"{ARC}, build: 26100.33158", "2026-11-26", None, False),
    ],
)
def test_a_restart_that_azure_missed_is_overdue(
    checked: Any, machine: str, as_of: str, by: str | None, overdue: bool
) -> None:
    """After the 30 days of the platform the restart is overdue since their last day, and HP312 says
    so.
    """
    found = checked(machine, as_of)
    restart = found["next_reboot"]
    assert (restart["by"], restart["overdue"]) == (by, overdue)
    assert ("HP312" in codes(found)) == overdue
    if overdue:
        assert f"overdue since {by}" in next(
            each["message"] for each in found["reasons"] if each["code"] == "HP312"
        )
    assert restart["window"]["start"][:10] >= as_of


def test_an_overdue_restart_is_in_no_calendar(hotpatch: Any) -> None:
    """No event of a feed begins before the as-of day; a restart that is overdue is told on standard
    error.
    """
    text = (
        f"{WINDOWS}  - {{name: late, {VM}, build: 26100.33158}}\n  - "
        f"{{name: soon, {VM}, build: 26100.7178}}\n"
    )
    done = hotpatch.check(text, "--as-of", "2026-11-26", "-f", "ics")
    assert "BEGIN:VEVENT" not in done.out
    assert "late" in done.err
    open_ = hotpatch.check(text, "--as-of", "2026-10-20", "-f", "ics")
    starts = [
        line.partition(":")[2] for line in open_.out.splitlines() if line.startswith("DTSTART")
    ]
    assert starts == ["20261020"]
    assert "2 machines restart by Azure" in open_.out


def test_both_baselines_are_told_while_one_is_due(checked: Any, hotpatch: Any) -> None:
    """`next_baseline` is the one to install, `coming_baseline` comes after the day; tables and the
    page say both.
    """
    found = checked(f"{VM}, build: 26100.33158", "2026-11-26")
    assert found["next_baseline"] == {"date": "2026-10-13", "kind": "planned", "confirmed": False}
    assert found["coming_baseline"] == {"date": "2027-01-12", "kind": "planned", "confirmed": False}
    text = f"{WINDOWS}  - {{name: a, {VM}, build: 26100.33158}}\n"
    table = hotpatch.check(text, "--as-of", "2026-11-26", "-f", "table").out
    assert "due Tue 2026-10-13 (forecast), then Tue 2027-01-12" in table
    assert "overdue since Thu 2026-11-12 (Azure)" in table
    page = hotpatch.check(text, "--as-of", "2026-11-26", "-f", "html").out
    assert "next baseline 2027" in page
    assert "in 47 days" in page
    assert "1 machine still due" in page


# --- how sure it is ----------------------------------------


@pytest.mark.parametrize(
    ("machine", "as_of", "certain"),
    [
        (VM, "2026-08-20", False),
        (f"{ARC}, build: 26100.33222", "2026-08-20", True),
        (f"{ARC}, build: 26100.99999", "2026-08-20", False),
        (f"{ARC}, build: 26100.6905", "2025-12-15", False),
        (f"{ARC}, build: 26100.6905", "2026-08-20", True),
        (f"{ARC}, build: 26100.1742", "2024-12-01", True),
        (f"{VM2022}, build: 20348.5440", "2026-09-20", False),
    ],
)
def test_an_unknown_track_makes_the_restart_uncertain(
    checked: Any, machine: str, as_of: str, certain: bool
) -> None:
    """Where the track is unknown and a baseline is out, the machine may be due now: the restart is
    not certain.
    """
    found = checked(machine, as_of)
    assert found["next_reboot"]["certain"] is certain
    assert ("might be due now" in found["next_reboot"]["sentence"]) != certain


# --- what is known is not asked for ----------------------------------------


@pytest.mark.parametrize(
    ("machine", "as_of", "asked", "state"),
    [
        (f"{ARC}, kbs: [KB5066835, KB5068966]", "2025-11-20", [], "current"),
        (f"{ARC}, kbs: [KB5091470]", "2026-04-20", [], "current"),
        (f"{ARC}, build: 26100, kbs: [KB5068966]", "2025-11-20", [], "current"),
        (f"{ARC}, kbs: [KB5999999]", "2025-11-20", ["HP313", "HP403"], "unknown"),
        (f"{ARC}, kbs: [KB5074204]", "2025-12-20", ["HP313", "HP403"], "unknown"),
        (ARC, "2025-11-20", ["HP313", "HP403"], "unknown"),
        (VM, "2025-11-20", ["HP313"], "unknown"),
        (f"{VM}, kbs: [KB5068966]", "2025-11-20", [], "current"),
        ("platform: arc", "2025-11-20", ["HP313", "HP403"], "unknown"),
    ],
)
def test_a_kb_proves_the_build(
    checked: Any, machine: str, as_of: str, asked: list[str], state: str
) -> None:
    """HP403 and HP313 ask for the build only where no KB of the data proves it."""
    found = checked(machine, as_of)
    assert sorted({"HP313", "HP403"} & set(codes(found))) == asked
    assert found["track"]["state"] == state


@pytest.mark.parametrize(
    "form",
    ["table", "csv", "github", "azure", "gitlab", "junit", "sarif", "markdown", "json", "html"],
)
def test_an_unknown_track_fails_by_its_finding_in_every_format(hotpatch: Any, form: str) -> None:
    """With --fail-on track:unknown a VM without build and KB fails by HP313, and no format hides
    it.
    """
    text = f"{WINDOWS}  - {{name: a, {VM}}}\n"
    done = hotpatch.check(text, "--fail-on", "track:unknown", "-f", form)
    assert done.code == 1
    assert "HP313" in done.out
    assert "track-unknown" not in done.out


# --- windows that nobody runs ----------------------------------------

SCHEDULES: dict[str, tuple[str, bool, bool | None]] = {
    "manual": (f"{MANUAL}, build: 26100.33222, window: azures", True, False),
    "the platform's": (f"{VM}, build: 26100.33222, window: azures", True, False),
    "manual, beside the owner's": (
        f"{MANUAL}, build: 26100.33222, window: [azures, sunday]",
        True,
        True,
    ),
    "manual, in the owner's": (f"{MANUAL}, build: 26100.33222", False, True),
    "the customer's": (f"{CUSTOMER}, build: 26100.33222, window: azures", False, True),
    "the customer's without one": (f"{CUSTOMER}, build: 26100.33222, window: null", True, True),
    "arc": (f"{ARC}, build: 26100.33222, window: azures", False, True),
    "mode not known": (
        f"platform: azure, {IMAGE}, build: 26100.33222, window: azures",
        True,
        None,
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_that_azure_does_not_run_is_not_promised(checked: Any, name: str) -> None:
    """HP504 where Azure runs the window and not on this VM, where that is unknown, or where the VM
    waits for a schedule and has none.
    """
    machine, raised, promised = SCHEDULES[name]
    found = checked(machine, "2026-08-20")
    assert ("HP504" in codes(found)) == raised
    if found["next_reboot"]["reason"]:
        assert found["next_reboot"]["enforced"] is promised


def test_the_owners_window_is_taken_where_azures_is_not_run(checked: Any) -> None:
    """Of two windows the one that is run has the restart."""
    found = checked(f"{MANUAL}, build: 26100.33222, window: [azures, sunday]", "2026-08-20")
    assert found["next_reboot"]["window"]["name"] == "sunday"


# --- the KB to install ----------------------------------------

REMEDIES: dict[str, tuple[str, str, str]] = {
    "a newer hotpatch": ("26100.7092", "2025-12-15", "KbNumbersToInclude KB5072014"),
    "a baseline of the release data": ("26100.6508", "2025-12-15", "-include KB5066835"),
    "a baseline that only the schedule has": (
        "26100.33438",
        "2026-11-26",
        "`hotpatch releases update`",
    ),
}


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_names_the_kb_or_how_to_find_it(checked: Any, name: str) -> None:
    """The commands of HP301 and HP302 have the KB in them; an unknown KB is to be looked up."""
    build, as_of, words = REMEDIES[name]
    reasons = checked(f"{ARC}, build: {build}", as_of)["reasons"]
    (remedy,) = [
        reason["remedy"] for reason in reasons if reason["name"] in ("behind", "baseline-due")
    ]
    assert words in remedy
    assert "<kb>" not in remedy


# --- once for the run ----------------------------------------


def test_what_the_data_lacks_is_said_once_for_the_run(hotpatch: Any) -> None:
    """HP310 is no reason of a machine: every format has it once, however many machines are due."""
    machines = "".join(f"  - {{name: m{n}, {ARC}, build: 26100.33438}}\n" for n in range(5))
    more = ("--as-of", "2026-11-26")
    report = hotpatch.check(WINDOWS + machines, *more).json
    assert [(each["code"], each["level"]) for each in report["run_reasons"]] == [
        ("HP310", "warning")
    ]
    assert all("HP310" not in codes(each) for each in report["machines"])
    for form in ("table", "github", "azure", "gitlab", "junit", "markdown", "html"):
        assert (
            hotpatch.check(WINDOWS + machines, *more, "-f", form).out.count(
                "The date of a planned baseline has passed"
            )
            == 1
        )
    run = hotpatch.check(WINDOWS + machines, *more, "-f", "sarif").json["runs"][0]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (notification["descriptor"]["id"], notification["level"]) == ("HP310", "warning")
    for form in ("csv", "ics"):
        done = hotpatch.check(WINDOWS + machines, *more, "-f", form)
        assert (done.out + done.err).count("HP310") == 1


def test_both_products_are_named_in_one_finding(hotpatch: Any) -> None:
    """A fleet of both products hears of both in one sentence; a fleet of one, of that one."""
    both = f"{WINDOWS}  - {{name: a, {ARC}, build: 26100.33438}}\n  - {{name: b, {VM2022}}}\n"
    (found,) = hotpatch.check(both, "--as-of", "2026-11-26").json["run_reasons"]
    assert "Windows Server 2022: 2026-10-13 and Windows Server 2025: 2026-10-13" in found["message"]
    assert hotpatch.check(both, "--as-of", "2026-09-20").json["run_reasons"] == []


# --- what is offered, installed already, or overdue beside another reason -------------------------

STANDARD = (
    "pending: [{title: 2026-08 Cumulative Update for Microsoft server operating "
    "system, kb: KB5120233}]"
)
NO_FACTS = "platform: arc, os: Windows Server 2025 Standard"

INSTALLED_ALREADY: dict[str, tuple[str, str, str, str]] = {
    "a hotpatch": (
        f"{ARC}, build: 26100.33158, kbs: [KB5120228]",
        "2026-08-20",
        "behind",
        "KB5120228",
    ),
    "a standard update": (
        f"{ARC}, build: 26100.33158, kbs: [KB5120233]",
        "2026-08-20",
        "behind",
        "KB5120233",
    ),
    "off the track": (
        f"{ARC}, build: 26100.7171, kbs: [KB5072033]",
        "2025-12-15",
        "off-track",
        "KB5072033",
    ),
    "an out-of-band hotpatch": (
        f"{ARC}, build: 26100.6899, kbs: [KB5070893]",
        "2025-11-05",
        "behind",
        "KB5070893",
    ),
}


@pytest.mark.parametrize("case", INSTALLED_ALREADY)
def test_what_the_restart_brings_is_not_offered_again(checked: Any, case: str) -> None:
    """An update that is installed and waits for the restart is pending_restart, and never
    next_update too.
    """
    machine, as_of, state, kb = INSTALLED_ALREADY[case]
    track = checked(f"{machine}, restart_pending: true", as_of)["track"]
    assert (track["state"], track["pending_restart"], track["next_update"]) == (state, kb, None)


def test_an_older_update_that_waits_leaves_the_newest_to_install(checked: Any) -> None:
    """A restart that brings an older standard update doesn't bring the newest one."""
    machine = f"{ARC}, build: 26100.7171, kbs: [KB5072359], restart_pending: true"
    track = checked(machine, "2025-12-15")["track"]
    assert (track["pending_restart"], track["next_update"]["kb"]) == ("KB5072359", "KB5072033")


def test_a_standard_update_offered_to_a_machine_of_unknown_verdict_comes_next(checked: Any) -> None:
    """What is offered comes next, also where a fact of the verdict is missing: no hotpatch is
    promised instead.
    """
    machine = checked(f"{NO_FACTS}, build: 26100.33158, {STANDARD}", "2026-08-20")
    assert machine["verdict"] == "unknown"
    assert (machine["track"]["next_update"]["kb"], machine["track"]["next_update"]["reboot"]) == (
        "KB5120233",
        True,
    )


@pytest.mark.parametrize(
    ("pending", "as_of", "kb"),
    [
        ("{kb: KB5099536}", "2026-08-20", "KB5099536"),
        (
            "{title: 2026-10 Cumulative Update for Microsoft server operating system (KB5200000)}",
            "2026-11-26",
            None,
        ),
    ],
)
def test_a_baseline_that_is_offered_restarts_a_machine_of_unknown_track(
    checked: Any, pending: str, as_of: str, kb: str | None
) -> None:
    """Where nothing tells what is installed, an offered baseline is a restart at the next
    opening.
    """
    machine = checked(f"{VM}, pending: [{pending}]", as_of)
    assert machine["track"]["state"] == "unknown"
    assert machine["next_reboot"]["reason"] == "pending"
    assert (machine["track"]["next_update"] or {}).get("kb") == kb


def test_a_restart_that_waits_does_not_hide_that_azure_is_late(checked: Any) -> None:
    """The 30 days of a baseline that is due run also beside a restart that waits."""
    machine = checked(f"{VM}, build: 26100.32995, restart_pending: true", "2026-08-20")
    restart = machine["next_reboot"]
    assert restart["reasons"] == ["restart-pending", "baseline-due"]
    assert (restart["by"], restart["overdue"], restart["release_date"]) == (
        "2026-08-13",
        True,
        None,
    )
    assert "HP312" in codes(machine)


def test_a_restart_that_waits_has_no_day_of_a_baseline_to_come(checked: Any) -> None:
    """The 30 days of a release that isn't out say nothing of a restart that waits now."""
    restart = checked(f"{VM}, build: 26100.33222, restart_pending: true", "2026-08-20")[
        "next_reboot"
    ]
    assert (restart["reason"], restart["by"], restart["overdue"]) == (
        "restart-pending",
        None,
        False,
    )
