"""`--what-if` in check and calendar: the difference that an unplanned baseline or a freeze would
make.
"""

import re
from datetime import date
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
import yaml

from hotpatch_cli.outputs.schemas import SCHEMAS
from tests.conftest import Done, Hotpatch

ARC = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
READY = (
    f"platform: arc, os: Windows Server 2025 Datacenter, {ARC}, timezone: Europe/"
    f"Stockholm, window: nights"
)
IMAGE = "image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core"
AZURE = (
    f"platform: azure, {IMAGE}, patching: {{mode: AutomaticByPlatform, hotpatching: "
    f"true, vm_agent: true}}"
)
FLEET = f"""
windows:
  nights: {{days: [Sat], start: 22:00, duration: 4h}}
machines:
  - {{name: hot, {READY}, build: 26100.7392}}
  - {{name: off, {READY}, build: 26100.7462}}
  - {{name: old, platform: arc, os: Windows Server 2019 Standard, timezone: UTC, window: nights}}
  - {{name: two, {AZURE}}}
  - {{name: dark, platform: arc, os: Windows Server 2025 Standard, timezone: UTC, window: nights}}
"""


def asked(hotpatch: Hotpatch, *questions: str, form: str = "json", fleet: str = FLEET) -> Done:
    """`check` of the fleet in a supposed world, as of 2025-12-15."""
    options = [word for each in questions for word in ("--what-if", each)]
    name = hotpatch.write("fleet.yaml", fleet)
    return hotpatch(
        "check", name, "--as-of", "2025-12-15", "-f", form, "--fail-on", "never", *options
    )


def changes(done: Done) -> dict[str, Any]:
    """The changes by machine."""
    assert done.code == 0, done.err
    return {each["machine"]: each for each in done.json["what_if"]["changes"]}


def test_an_unplanned_baseline_restarts_what_hotpatches(hotpatch: Hotpatch) -> None:
    """Machines of the product restart in the first opening after its release; before, nothing
    restarted them then.
    """
    found = changes(asked(hotpatch, "unplanned:ws2025:2026-02"))
    assert found.keys() == {"hot", "off"}  # by February the one off the track is on it again
    assert found["hot"]["without"] is None
    assert found["hot"]["with"]["release_date"] == "2026-02-10"
    assert found["hot"]["with"]["window"]["start"] == "2026-02-14T22:00:00+01:00"


def test_without_a_product_both_are_meant(hotpatch: Hotpatch) -> None:
    """Where Azure chooses the moment, the day by which it restarts is told."""
    found = changes(asked(hotpatch, "unplanned:2026-02"))
    assert found.keys() == {"hot", "off", "two"}
    assert found["two"]["with"]["by"] == "2026-03-12"


def test_off_the_track_a_machine_restarts_each_month_anyway(hotpatch: Hotpatch) -> None:
    """A month before the baseline that ends it changes nothing for it."""
    fleet = FLEET.replace("26100.7392", "26100.7092").replace("2025-12-15", "2025-12-15")
    options = (
        "--what-if",
        "unplanned:ws2025:2025-12",
        "--as-of",
        "2025-12-01",
        "-f",
        "json",
        "--fail-on",
        "never",
    )
    done = hotpatch(
        "check", hotpatch.write("fleet.yaml", fleet.replace("26100.7462", "26100.7178")), *options
    )
    assert "off" not in changes(done)
    assert "hot" in changes(done)


def test_a_restart_that_comes_anyway_is_not_one_more(hotpatch: Hotpatch) -> None:
    """A freeze holds January's restart back until after February's release: one restart installs
    both.
    """
    freeze = "freezes: [{name: ice, from: 2026-01-01, to: 2026-02-12}]\n"
    assert not changes(asked(hotpatch, "unplanned:ws2025:2026-02", fleet=FLEET + freeze))


def test_two_baselines_in_one_opening_are_one_restart(hotpatch: Hotpatch) -> None:
    """So it is for two supposed ones: the first opening after both has one restart."""
    freeze = "freezes: [{name: ice, from: 2026-01-20, to: 2026-03-12}]\n"
    done = asked(
        hotpatch, "unplanned:ws2025:2026-02", "unplanned:ws2025:2026-03", fleet=FLEET + freeze
    )
    machines = [each["machine"] for each in done.json["what_if"]["changes"]]
    assert machines == ["hot", "off"]


def test_a_freeze_moves_restarts(hotpatch: Hotpatch) -> None:
    """The next restart of each machine, without and with it; what it does not touch
    is not listed.
    """
    found = changes(asked(hotpatch, "freeze:2026-01-17..2026-01-19"))
    assert found["hot"]["without"]["window"]["start"] == "2026-01-17T22:00:00+01:00"
    assert found["hot"]["with"]["window"]["start"] == "2026-01-24T22:00:00+01:00"
    assert "two" not in found


def test_the_report_itself_stays_that_of_the_known_world(hotpatch: Hotpatch) -> None:
    """All other keys are as they are without the question, and the schema describes the new one."""
    with_it = asked(hotpatch, "unplanned:2026-02").json
    difference = with_it.pop("what_if")
    assert with_it == asked(hotpatch).json
    assert difference["questions"] == ["unplanned:2026-02"]
    assert difference["summary"]["not_known"] == 1
    jsonschema.validate(asked(hotpatch, "unplanned:2026-02").json, SCHEMAS["report"]())


def test_the_table_says_the_same(hotpatch: Hotpatch) -> None:
    """Below the report: how many restarts more, and when."""
    text = asked(hotpatch, "unplanned:ws2025:2026-02", form="table").out
    assert "What if unplanned:ws2025:2026-02: 2 more restarts, 0 moved, of 5 machines." in text
    assert re.search(r"hot +no restart +Sat 2026-02-14 22:00 +nights", text)


def calendar(hotpatch: Hotpatch, *options: str) -> Done:
    """`calendar` of 2026 as of 2025-12-15."""
    done = hotpatch("calendar", "--year", "2026", "--as-of", "2025-12-15", *options)
    assert done.code == 0, done.err
    return done


def test_the_calendar_shows_what_would_turn(hotpatch: Hotpatch) -> None:
    """The month's hotpatch becomes a baseline, and the year has a restart more; the releases stay
    the known ones.
    """
    done = calendar(hotpatch, "-f", "json", "--what-if", "unplanned:ws2025:2026-02").json
    [change] = done["what_if"]["changes"]
    assert (change["without"]["kind"], change["with"]["kind"]) == ("hotpatch", "unplanned-baseline")
    assert change["with"]["date"] == "2026-02-10"
    assert done["what_if"]["restarts"] == {
        "ws2022": {"without": 4, "with": 4},
        "ws2025": {"without": 4, "with": 5},
    }
    assert done["releases"] == calendar(hotpatch, "-f", "json").json["releases"]


def test_releases_that_stay_are_no_change(hotpatch: Hotpatch) -> None:
    """A year with two out-of-band releases of a product on one day: only the month that is asked
    about turns.
    """
    options = ("--year", "2026", "--as-of", "2026-11-23", "-f", "json", "--quiet")
    done = hotpatch("calendar", *options, "--what-if", "unplanned:ws2025:2026-12").json
    rare = [each for each in done["releases"] if "out-of-band" in (each["kind"] or "")]
    days = [(each["product"], each["date"]) for each in rare]
    assert len(set(days)) < len(days)  # what this is about
    [change] = done["what_if"]["changes"]
    assert (change["with"]["date"], change["without"]["kind"]) == ("2026-12-08", "hotpatch")


def test_after_the_last_hotpatch_month_nothing_turns(hotpatch: Hotpatch) -> None:
    """A product whose hotpatches have ended has no unplanned baselines."""
    done = hotpatch(
        "calendar", "--year", "2028", "-f", "json", "--what-if", "unplanned:ws2022:2028-02"
    )
    assert done.json["what_if"]["changes"] == []


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_the_calendar_says_it_in_words(hotpatch: Hotpatch, form: str) -> None:
    """One line for the release, one for the restarts."""
    text = calendar(hotpatch, "-f", form, "--what-if", "unplanned:ws2025:2026-02").out
    assert "2026-02-10 Windows Server 2025: hotpatch -> UNPLANNED baseline, with a restart" in text
    assert "Windows Server 2025: 4 -> 5 restarts in the year" in text


def counted(product: str) -> dict[str, int]:
    """(hotpatch months, those that became baselines) of a product up to 2025-12-15, from the data
    as it stands.
    """
    rows = yaml.safe_load(
        files("hotpatch_cli.knowledge").joinpath("data/releases.yaml").read_text("utf-8")
    )["releases"]
    told = [
        row["kind"]
        for row in rows
        if row["product"] == product
        and row.get("date")
        and row["date"] <= date(2025, 12, 15)
        and row["date"].month not in (1, 4, 7, 10)
        and (row.get("kb") or row.get("build"))
        and row["confidence"] != "low"
        and row.get("kind") in ("hotpatch", "unplanned-baseline")
    ]
    return {"hotpatch_months": len(told), "became_baselines": told.count("unplanned-baseline")}


def test_how_often_hotpatch_months_became_baselines(hotpatch: Hotpatch) -> None:
    """Per product, in the formats for people and for programs, as the rows of the data say."""
    found = calendar(hotpatch, "-f", "json").json["history"]
    assert found == {product: counted(product) for product in ("ws2022", "ws2025")}
    assert found["ws2022"]["became_baselines"] > 0
    for form in ("table", "markdown"):
        text = calendar(hotpatch, "-f", form).out
        for each in found.values():
            assert (
                f"So far, {each['became_baselines']} of {each['hotpatch_months']} "
                f"hotpatch months became"
            ) in text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("check", "fleet.yaml", "--what-if", "rain"), "isn't a scenario"),
        (("check", "fleet.yaml", "--what-if", "unplanned:2025-11"), "came out on 2025-11-11"),
        (("check", "fleet.yaml", "--what-if", "unplanned:2026-04"), "planned baseline"),
        (
            ("check", "fleet.yaml", "--what-if", "unplanned:2026-02", "-f", "csv"),
            "table and json",
        ),
        (
            ("calendar", "--what-if", "unplanned:2026-02", "-f", "ics"),
            "table, json, and markdown",
        ),
        (("calendar", "--what-if", "freeze:2026-01-01..2026-01-02"), "no freeze"),
    ],
)
def test_a_wrong_question_is_refused(
    hotpatch: Hotpatch, command: tuple[str, ...], said: str
) -> None:
    """Code 2, with what to do."""
    hotpatch.write("fleet.yaml", FLEET)
    done = hotpatch(*command, "--as-of", "2025-12-15")
    assert (done.code, done.out) == (2, "")
    assert said in re.sub(r"[\s│]+", " ", done.err)
