"""`hotpatch trend`: the days to a baseline, better and worse, and that a machine stays itself."""

import csv
import io
import json
import random
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hotpatch_cli.documents.files import read_document
from hotpatch_cli.gate.diff import Side, report_diff
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine, read_report
from hotpatch_cli.json_shapes.trend import TREND
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.report_json import render_json
from hotpatch_cli.use_cases.check import check
from hotpatch_cli.use_cases.trend import SavedReport, Trend, past_report, trend
from tests.conftest import Done, Hotpatch

EXAMPLES = Path(__file__).parents[2] / "examples" / "rollout"
DAYS = ("2025-12-15", "2026-01-18", "2026-01-25")
BASELINE, HOTPATCH, OLD, STANDARD = "26100.32230", "26100.7392", "26100.7092", "26100.32234"
KNOWLEDGE = load_knowledge()
FINDINGS = {
    "unsupported": ("HP101",),
    "action-required": ("HP201",),
    "unknown": ("HP405",),
    "ready": (),
}


def machine(
    name: str = "a",
    build: str | None = None,
    *,
    verdict: str = "ready",
    state: str | None = "unknown",
    identity: str | None = None,
    product: str | None = "ws2025",
) -> ReportedMachine:
    """A machine of a report."""
    codes = FINDINGS[verdict]
    return ReportedMachine(
        name,
        identity,
        verdict,
        state,
        tuple((code, "text") for code in codes),
        product,
        (build, None),
        codes,
    )


def made(
    *reports: tuple[str, tuple[ReportedMachine, ...]], newest_release: date | None = None
) -> Trend:
    """The trend of reports, each of a day and its machines."""
    saved = [
        SavedReport(f"{day}.json", PastReport(date.fromisoformat(day), machines, newest_release))
        for day, machines in reports
    ]
    return trend(saved, KNOWLEDGE)


def save_examples(hotpatch: Hotpatch) -> list[str]:
    """The reports of the examples, saved in the folder of the program."""
    names = [f"{day}.json" for day in DAYS]
    for day, name in zip(DAYS, names, strict=True):
        fleet = str(EXAMPLES / f"{day}.csv")
        hotpatch("check", fleet, "--as-of", day, "-f", "json", "-o", name, "-q")
    return names


def report_of(*machines: dict[str, Any], day: str = "2026-01-18", **more: Any) -> str:
    """A JSON report that is written by hand."""
    content = {"schema_version": 1, "as_of": day, "summary": {}, "machines": list(machines)}
    return json.dumps(content | more)


def entry(name: str = "a", **more: Any) -> dict[str, Any]:
    """A machine of such a report."""
    return {"name": name, "verdict": "ready", "reasons": []} | more


# --- the contract ----------------------------------------


def test_the_example(hotpatch: Hotpatch) -> None:
    """Half of the machines that reached January's baseline were first seen with it after 5 days,
    90 % within 12; the machine without it and the one that is new with it are counted apart.
    """
    shown = hotpatch("trend", *save_examples(hotpatch), "-f", "json").json
    assert shown["schema_version"] == 1
    assert [report["as_of"] for report in shown["reports"]] == list(DAYS)
    assert [report["summary"]["ready"] for report in shown["reports"]] == [5, 6, 7]
    assert [report["track"]["off-track"] for report in shown["reports"]] == [1, 0, 1]
    assert shown["reports"][1]["shares"] == {
        "ready": 1.0,
        "on_newest_baseline": 0.5,
        "off_track": 0.0,
    }
    (baseline,) = shown["baselines"]
    assert (baseline["date"], baseline["median_days"], baseline["p90_days"]) == (
        "2026-01-13",
        5.0,
        12.0,
    )
    counts = {key: baseline[key] for key in ("machines", "seen", "missing", "unknown", "new")}
    assert counts == {"machines": 7, "seen": 5, "missing": 1, "unknown": 0, "new": 1}
    assert baseline["releases"][0]["kb"] == "KB5073379"


def test_the_order_of_files_makes_no_difference(hotpatch: Hotpatch) -> None:
    """Reports are in the order of their days, and the same report twice counts once."""
    names = save_examples(hotpatch)
    expected = hotpatch("trend", *names, "-f", "json")
    assert expected.code == 0
    for other in ([*reversed(names)], [names[1], names[2], names[0], names[1]]):
        assert hotpatch("trend", *other, "-f", "json").out == expected.out


def test_the_json_is_as_described(hotpatch: Hotpatch) -> None:
    """The JSON is valid by the schema of its description."""
    shown = hotpatch("trend", *save_examples(hotpatch), "-f", "json").json
    Draft202012Validator(TREND.schema()).validate(shown)


def test_a_report_can_come_from_standard_input(hotpatch: Hotpatch) -> None:
    """One of the reports can be standard input, but not two."""
    names = save_examples(hotpatch)
    text = (hotpatch.folder / names[1]).read_bytes()
    expected = hotpatch("trend", *names, "-f", "csv").out.replace(names[1], "<stdin>")
    assert hotpatch("trend", names[0], "-", names[2], "-f", "csv", stdin=text).out == expected
    assert hotpatch("trend", "-", "-", stdin=text).code == 2


def test_a_single_report_is_a_trend(hotpatch: Hotpatch) -> None:
    """One report has no changes, and every format shows it."""
    name = save_examples(hotpatch)[0]
    assert hotpatch("trend", name, "-f", "json").json["changes"] == []
    for form in ("table", "csv", "markdown", "svg"):
        assert hotpatch("trend", name, "-f", form).code == 0


# --- what is refused ----------------------------------------


def refused(hotpatch: Hotpatch, **reports: str) -> Done:
    """`hotpatch trend` on files with these contents: code 2, nothing written."""
    names = [hotpatch.write(f"{name}.json", text) for name, text in reports.items()]
    done = hotpatch("trend", *names)
    assert (done.code, done.out) == (2, "")
    return done


def test_two_reports_of_one_day_are_refused(hotpatch: Hotpatch) -> None:
    """Nothing in two different reports of a day states which is newer: the order of files doesn't
    decide.
    """
    done = refused(hotpatch, one=report_of(entry()), two=report_of(entry(verdict="unknown")))
    assert "two.json: This report and one.json are both of 2026-01-18" in done.err
    assert done.err.count("\n") == 1


def test_reports_of_different_fleets_are_refused(hotpatch: Hotpatch) -> None:
    """A report without a machine of the reports before it is of another fleet."""
    done = refused(
        hotpatch,
        one=report_of(entry("a"), day="2026-01-11"),
        two=report_of(entry("b"), day="2026-01-18"),
        three=report_of(entry("a"), day="2026-01-25"),
    )
    assert re.findall("(?m)^[a-z.]+(?=: This)", done.err) == ["two.json"]
    assert "no machine in common" in done.err


def test_all_problems_are_reported_at_once(hotpatch: Hotpatch) -> None:
    """Each file that isn't a report of this version has its line."""
    done = refused(
        hotpatch,
        version=report_of(entry(), schema_version=2),
        fleet="machines: []",
        day=report_of(entry(), day="9999-12-31"),
        state=report_of(entry(track={"state": "lost"})),
        count=report_of(entry(), summary={"waived": "many"}),
        release=report_of(entry(), knowledge={"newest_release": 7}),
    )
    lines = done.err.splitlines()
    assert [line.split(".json")[0] for line in lines] == [
        "version",
        "fleet",
        "day",
        "state",
        "count",
        "release",
    ]
    assert "schema version '2'" in lines[0]
    assert "hotpatch check FLEET -f json" in lines[1]


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"id": {"a": 1}}, "id"),
        ({"product": []}, "product"),
        ({"track": "current"}, "track"),
        ({"track": {"state": ["current"]}}, "state"),
        ({"track": {"state": "current", "installed": "KB5073379"}}, "installed"),
        ({"track": {"state": "current", "installed": {"kb": {}}}}, "kb"),
    ],
)
def test_a_fact_of_another_type_is_no_missing_fact(
    hotpatch: Hotpatch, facts: dict[str, Any], key: str
) -> None:
    """A fact of a machine that has the wrong type is refused, not left out."""
    assert f"The key '{key}' isn't" in refused(hotpatch, one=report_of(entry(**facts))).err


def test_an_output_never_replaces_a_report(hotpatch: Hotpatch) -> None:
    """An output that is an input is refused."""
    name = hotpatch.write("one.json", report_of(entry()))
    assert hotpatch("trend", name, "-f", "json", "-o", name).code == 2
    assert json.loads((hotpatch.folder / name).read_text())["machines"]


# --- days to a baseline ----------------------------------------


ROLLOUTS = {
    "the baseline": ((machine(build=BASELINE),), (1, 0, 0)),
    "a later update": ((machine(build=STANDARD),), (1, 0, 0)),
    "an older update": ((machine(build=HOTPATCH, state="current"),), (0, 1, 0)),
    "no build, on the track": ((machine(state="behind"),), (1, 0, 0)),
    "no build, due": ((machine(state="baseline-due"),), (0, 1, 0)),
    "no build": ((machine(),), (0, 0, 1)),
    "a build that no data has": ((machine(build="26100.99999"),), (0, 0, 1)),
    "not eligible": ((machine(build=BASELINE, verdict="unsupported"),), (0, 0, 0)),
    "no product": ((machine(build=BASELINE, product=None),), (0, 0, 0)),
    "to change": ((machine(build=BASELINE, verdict="action-required"),), (1, 0, 0)),
}


@pytest.mark.parametrize(("machines", "counts"), ROLLOUTS.values(), ids=ROLLOUTS)
def test_what_counts_as_the_baseline(
    machines: tuple[ReportedMachine, ...], counts: tuple[int, int, int]
) -> None:
    """(seen with it, without it, unknown): the installed update decides, otherwise the track."""
    found = made(("2026-01-18", machines)).rollouts
    of_all = [(len(row.days), row.missing, row.unknown) for row in found]
    assert of_all == ([counts] if any(counts) else [])


def test_a_state_says_nothing_of_a_baseline_that_its_report_did_not_know() -> None:
    """Current by older release data doesn't mean the newest baseline."""
    report = ("2026-01-18", (machine(state="current"),))
    assert made(report, newest_release=date(2025, 12, 9)).rollouts[0].unknown == 1
    assert made(report, newest_release=date(2026, 1, 13)).rollouts[0].days == (5,)


def test_due_for_a_newer_baseline_says_nothing_of_an_older_one() -> None:
    """A machine that lacks April's baseline may have January's."""
    found = made(
        ("2026-01-10", (machine(build=HOTPATCH),)),
        ("2026-04-20", (machine(state="baseline-due"),)),
    )
    assert [(row.date.month, row.missing, row.unknown) for row in found.rollouts] == [
        (1, 0, 1),
        (4, 1, 0),
    ]


def test_a_machine_that_was_without_it_and_is_unknown_now_is_unknown() -> None:
    """It may have the baseline by now."""
    found = made(("2026-01-18", (machine(build=OLD),)), ("2026-01-25", (machine(),)))
    assert (found.rollouts[0].missing, found.rollouts[0].unknown) == (0, 1)


def test_a_baseline_long_before_the_first_report_is_left_out() -> None:
    """Its days would only show when the reports began; one of the same month counts."""
    for day, months in (("2026-02-09", [1]), ("2026-02-10", [])):
        found = made((day, (machine(build=BASELINE),)))
        assert [row.date.month for row in found.rollouts] == months


def test_a_baseline_that_only_the_schedule_has_is_a_forecast(hotpatch: Hotpatch) -> None:
    """The days of a baseline that the release data lacks are unknown, and a note says so."""
    hotpatch.write("one.json", report_of(entry(product="ws2025"), day="2031-01-20"))
    shown = hotpatch("trend", "one.json", "-f", "json").json
    (baseline,) = shown["baselines"]
    assert baseline["date"] == "2031-01-14"
    assert (baseline["median_days"], baseline["unknown"]) == (None, 1)
    assert baseline["releases"][0]["confirmed"] is False
    assert any("2031-01-14" in note for note in shown["notes"])


def test_each_machine_of_a_baseline_is_counted_once() -> None:
    """Each machine is in one count, and its days lead to the day of a report."""
    draw = random.Random(15)  # noqa: S311  a test
    builds = (BASELINE, HOTPATCH, OLD, STANDARD, None, "26100.1")
    for _ in range(200):
        days = sorted(draw.sample(range(60), draw.randint(1, 6)))
        reports = [
            (
                str(date(2025, 12, 20) + timedelta(day)),
                tuple(
                    machine(name, draw.choice(builds))
                    for name in "abcdef"
                    if draw.random() < 0.8 or name == "a"
                ),
            )
            for day in days
        ]
        for row in made(*reports).rollouts:
            after = [date.fromisoformat(day) - row.date for day, _ in reports]
            assert set(row.days) <= {gap.days for gap in after if gap.days >= 0}
            assert row.machines <= 6
            assert list(row.days) == sorted(row.days)
            if row.days:
                within = sum(day <= (row.p90_days or 0) for day in row.days)
                assert within >= 0.9 * len(row.days)


def test_a_report_of_this_run_is_what_is_read_back(hotpatch: Hotpatch) -> None:
    """The page takes its own report as its file would be read."""
    for fleet in (EXAMPLES.parent / "fleet.yaml", *sorted(EXAMPLES.glob("*.csv"))):
        made_now, _ = load_fleet([str(fleet)])
        report = check(made_now, KNOWLEDGE, date(2026, 1, 18))
        name = hotpatch.write("report.json", render_json(report))
        document = read_document(str(hotpatch.folder / name))
        assert past_report(report) == read_report(document)


# --- changes ----------------------------------------


KINDS = {
    "is ready now": ("action-required", "current", "ready", "current", "better"),
    "is ready no more": ("ready", "current", "unsupported", None, "worse"),
    "is known no more": ("ready", "current", "unknown", "unknown", "worse"),
    "can change": ("unsupported", None, "action-required", "unknown", "better"),
    "fails in another way": ("unknown", "unknown", "unsupported", None, "changed"),
    "catches up": ("ready", "behind", "ready", "current", "better"),
    "falls behind": ("ready", "current", "ready", "behind", "worse"),
    "is due": ("ready", "behind", "ready", "baseline-due", "worse"),
    "leaves the track": ("ready", "baseline-due", "ready", "off-track", "worse"),
    "is due as all are": ("ready", "off-track", "ready", "baseline-due", "changed"),
    "track found": ("ready", "unknown", "ready", "current", "changed"),
    "stays": ("ready", "current", "ready", "current", None),
    "stays out": ("unsupported", None, "unsupported", "unknown", None),
}


@pytest.mark.parametrize(("was", "before", "now", "after", "kind"), KINDS.values(), ids=KINDS)
def test_better_and_worse(
    was: str, before: str | None, now: str, after: str | None, kind: str | None
) -> None:
    """The verdict decides, and otherwise the track; what is unknown is neither."""
    found = made(
        ("2026-01-18", (machine(verdict=was, state=before),)),
        ("2026-01-25", (machine(verdict=now, state=after),)),
    )
    assert [change.kind for change in found.changes] == ([kind] if kind else [])


def test_a_change_names_the_rules_that_made_it(hotpatch: Hotpatch) -> None:
    """Errors change a verdict, rules of the track a track; other findings aren't named."""
    shown = hotpatch("trend", *save_examples(hotpatch), "-f", "json").json["changes"]
    made_by = {
        (change["as_of"], change["name"]): (
            [reason["code"] for reason in change["raised"]],
            change["settled"],
        )
        for change in shown
    }
    assert made_by["2026-01-18", "app01"] == ([], ["HP205"])
    assert made_by["2026-01-18", "db02"] == (["HP302"], ["HP301"])
    assert made_by["2026-01-25", "app02"] == (["HP303"], ["HP302"])
    table = hotpatch("trend", *[f"{day}.json" for day in DAYS]).out
    assert re.search(r"app01 +better .* no longer vbs-not-running", table)


def test_new_gone_and_back() -> None:
    """A machine that a report lacks is gone, and back with the next one that has it."""
    found = made(
        ("2026-01-04", (machine("a"), machine("b"))),
        ("2026-01-11", (machine("a"),)),
        ("2026-01-18", (machine("a"), machine("b"), machine("c"))),
    )
    assert [(str(row.since)[5:], row.machine.name, row.kind) for row in found.changes] == [
        ("01-04", "b", "gone"),
        ("01-11", "c", "new"),
        ("01-04", "b", "back"),
    ]


def test_a_report_without_machines_is_a_report() -> None:
    """It has no shares, and its machines are gone and back."""
    found = made(
        ("2026-01-04", (machine("a"),)), ("2026-01-11", ()), ("2026-01-18", (machine("a"),))
    )
    assert [change.kind for change in found.changes] == ["gone", "back"]
    assert found.points[1].share(0) is None


def random_machines(draw: random.Random) -> tuple[ReportedMachine, ...]:
    """Machines of which some share a name, and some an ID in another letter case."""
    return tuple(
        machine(draw.choice("abc"), identity=draw.choice((None, None, "/x", "/X", "/y", "/z")))
        for _ in range(draw.randint(1, 6))
    )


def test_machines_are_matched_as_diff_matches_them() -> None:
    """Of two reports, trend and diff pair the same machines."""
    draw = random.Random(4)  # noqa: S311  a test
    compared = 0
    for _ in range(500):
        old, new = random_machines(draw), random_machines(draw)
        pairs = report_diff(
            Side("old", date(2026, 1, 4), old), Side("new", date(2026, 1, 11), new)
        ).counts
        if pairs["new"] == len(new):
            continue  # no machine in common: another fleet
        found = made(("2026-01-04", old), ("2026-01-11", new)).counts
        assert (found["new"], found["gone"]) == (pairs["new"], pairs["gone"])
        compared += 1
    assert compared > 300


def test_growth_is_linear() -> None:
    """Thousands of machines of one name, without IDs and with new ones, take time that grows with
    their number.
    """

    def seconds(number: int) -> float:
        same = tuple(machine("a", identity=None) for _ in range(number))
        reports = []
        for week in range(6):
            fresh = tuple(
                machine("a", identity=f"/{week}/{place}", build=HOTPATCH) for place in range(number)
            )
            reports.append((str(date(2025, 12, 1) + timedelta(7 * week)), (*same, *fresh)))
        began = process_time()
        made(*reports)
        return process_time() - began

    seconds(100)
    small = min(seconds(500) for _ in range(3))
    assert min(seconds(4000) for _ in range(2)) < 8 * 4 * small + 0.5


# --- formats ----------------------------------------


HOSTILE = ("=cmd()", "<script>alert(1)</script>", "a|b", "\u202egnp.exe", "[x](y)", "a\nb")


def test_hostile_names_stay_text_in_every_format(hotpatch: Hotpatch) -> None:
    """No name adds a formula, an element, a cell, a link or a line."""
    names = [
        hotpatch.write(
            f"{number}.json",
            report_of(entry("common"), *(entry(name) for name in HOSTILE[: number * 6]), day=day),
        )
        for number, day in enumerate(("2026-01-18", "2026-01-25"))
    ]
    table, markdown = (hotpatch("trend", *names, "-f", form).out for form in ("table", "markdown"))
    assert "\u202e" not in table + markdown
    assert "a\\nb" in table
    assert "<script>" not in markdown
    assert {line.count("|") for line in markdown.splitlines() if "| new |" in line} == {7}
    shown = hotpatch("trend", *names, "-f", "json").json["changes"]
    assert [change["name"] for change in shown] == list(HOSTILE)
    assert hotpatch("trend", *names, "-f", "svg").code == 0


def test_a_hostile_file_name_is_no_formula(hotpatch: Hotpatch) -> None:
    """The file of a report is a text in CSV."""
    name = hotpatch.write("=x.json", report_of(entry()))
    rows = list(csv.DictReader(io.StringIO(hotpatch("trend", name, "-f", "csv").out)))
    assert rows[0]["file"] == "'=x.json"


def test_formats_agree(hotpatch: Hotpatch) -> None:
    """CSV and table have the counts of the JSON."""
    names = save_examples(hotpatch)
    shown = hotpatch("trend", *names, "-f", "json").json
    rows = list(csv.DictReader(io.StringIO(hotpatch("trend", *names, "-f", "csv").out)))
    for row, report in zip(rows, shown["reports"], strict=True):
        assert row["as_of"] == report["as_of"]
        for key, number in report["summary"].items():
            assert row[key.replace("-", "_")] == str(number)
        for key, number in report["track"].items():
            assert row[f"track_{key.replace('-', '_')}"] == str(number)
    table = hotpatch("trend", *names).out
    kinds = Counter(change["change"] for change in shown["changes"])
    assert Counter(re.findall(r"(?m)^\w{3} \S+ +\S+ +(worse|better|changed|new)\b", table)) == kinds


def test_markdown_fits_a_comment(hotpatch: Hotpatch) -> None:
    """What is too long for a comment loses its end and says so."""
    many = [entry(f"machine-{number}") for number in range(3000)]
    names = [
        hotpatch.write("a.json", report_of(entry(), day="2026-01-18")),
        hotpatch.write("b.json", report_of(entry(), *many, day="2026-01-25")),
    ]
    text = hotpatch("trend", *names, "-f", "markdown").out
    assert len(text) < 65_536
    assert text.endswith("... the rest is too long for a comment.\n")
    assert "3,000 machines are new." in text


def test_the_decision_line(hotpatch: Hotpatch) -> None:
    """The last line on standard error says how many machines are ready, and names the file."""
    names = save_examples(hotpatch)
    done = hotpatch("trend", *names, "-o", "trend.svg")
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        "7 of 7 machines ready on 2026-01-25; 5 of 6 on 2025-12-15. Wrote trend.svg.\n"
    )
    assert hotpatch("trend", *names, "-q").err == ""


# --- the page ----------------------------------------


def test_the_page_has_a_section(hotpatch: Hotpatch) -> None:
    """`report --trend` adds the saved reports, and the report of the page as the newest."""
    names = save_examples(hotpatch)
    page = ("report", str(EXAMPLES / f"{DAYS[2]}.csv"), "--as-of", DAYS[2], "--no-plan")
    without = hotpatch(*page)
    assert 'id="trend"' not in without.out
    two = hotpatch(*page, "--trend", names[0], "--trend", names[1])
    assert (two.code, two.out.count('id="trend"')) == (0, 1)
    assert "3 reports from 15 December 2025 to 25 January 2026." in two.out
    three = hotpatch(*page, *(word for name in names for word in ("--trend", name)))
    assert section(three.out) == section(two.out)


def section(page: str) -> str:
    """The section of the trend."""
    found = re.search(r'<section aria-labelledby="trend">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_the_page_refuses_another_fleet(hotpatch: Hotpatch) -> None:
    """A saved report of other machines is refused, and nothing is written."""
    name = hotpatch.write("other.json", report_of(entry("other"), day="2025-12-15"))
    done = hotpatch(
        *("report", str(EXAMPLES / f"{DAYS[2]}.csv"), "--as-of", DAYS[2], "--no-plan"),
        *("--trend", name, "-o", "page.html"),
    )
    assert done.code == 2
    assert "no machine in common" in done.err
    assert not (hotpatch.folder / "page.html").exists()


def test_hostile_names_stay_text_on_the_page(hotpatch: Hotpatch) -> None:
    """The section has no element that a name makes."""
    inventory = "machines: [{name: common, platform: arc, os: Windows Server 2019 Datacenter}]"
    hotpatch.write("fleet.yaml", inventory)
    name = hotpatch.write(
        "old.json", report_of(entry("common"), *map(entry, HOSTILE), day="2025-12-15")
    )
    done = hotpatch("report", "fleet.yaml", "--as-of", "2026-01-25", "--trend", name)
    assert done.code == 0, done.err
    assert "alert(1)</script>" not in done.out
    assert "\u202e" not in done.out
    assert "&lt;script&gt;alert(1)" in section(done.out)
